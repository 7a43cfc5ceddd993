//! A step through wrappers allocates nothing once their buffers have grown to size.

mod corridor;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use corridor::Corridor;
use pentathlon_gym::{
    AutoresetMode, VectorEnv,
    wrappers::{
        ActionMask, Autoreset, FlattenObservation, FrameStack, MaskSource, NormalizeObservation,
        NormalizeReward, OnMasked, Padding, ScaleReward, TimeLimit,
    },
};

/// Counts the allocations of the current thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(batch: &mut dyn VectorEnv) -> usize {
    batch.reset(0).unwrap();
    let rows = batch.num_envs() * batch.spec().num_agents;
    let mut actions = vec![0; rows];
    let mut episodes = 0;
    let mut before = 0;
    for step in 0..600 {
        if step == 200 {
            before = ALLOCATIONS.get();
            episodes = 0;
        }
        for (row, action) in actions.iter_mut().enumerate() {
            *action = i32::from((row + step) % 4 > 0);
        }
        episodes += batch.step(&actions).unwrap().info.episodes.len();
    }
    assert!(episodes > 50, "{episodes}");
    ALLOCATIONS.get() - before
}

#[test]
fn steps_allocate_nothing() {
    for mode in [AutoresetMode::NextStep, AutoresetMode::SameStep] {
        let batch = Corridor::with_agents(8, 2, AutoresetMode::Disabled);
        let batch = TimeLimit::wrap(batch, 15).unwrap();
        let field = MaskSource::Observation("action_mask".into());
        let batch = ActionMask::wrap(batch, field, OnMasked::Replace).unwrap();
        let batch = ScaleReward::wrap(batch, 0.5).unwrap();
        let batch = NormalizeReward::wrap(batch, 0.99).unwrap();
        let batch = FrameStack::wrap(batch, 4, Padding::Repeat).unwrap();
        let batch = NormalizeObservation::wrap(batch).unwrap();
        let batch = FlattenObservation::wrap(batch).unwrap();
        let mut batch = Autoreset::wrap(batch, mode).unwrap();
        assert_eq!(allocations(&mut batch), 0, "{mode:?}");
    }
}

#[test]
fn allocations_are_counted() {
    let before = ALLOCATIONS.get();
    drop(std::hint::black_box(vec![1u8; 100]));
    assert_eq!(ALLOCATIONS.get() - before, 1);
}
