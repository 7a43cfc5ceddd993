//! A step allocates nothing: counted in the allocator, whatever the threads.

mod corridor;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicUsize, Ordering},
};

use corridor::Corridor;
use pentathlon_engine::Batch;
use pentathlon_gym::{Actions, AutoresetMode, BuildOptions, Device, GeneratorKind, Levels, VectorEnv};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// One test, so that nothing else in the process allocates while it counts.
#[test]
fn a_step_allocates_nothing() {
    let counted = ALLOCATIONS.load(Ordering::Relaxed);
    drop(std::hint::black_box(Box::new(1)));
    assert!(ALLOCATIONS.load(Ordering::Relaxed) > counted, "the counter counts");
    for autoreset in [AutoresetMode::NextStep, AutoresetMode::SameStep] {
        for (generator, levels) in [
            (GeneratorKind::Fast, Levels::Fixed(100)),
            (GeneratorKind::Fast, Levels::Fresh),
            (GeneratorKind::Reference, Levels::Fresh),
        ] {
            for (num_envs, threads) in [(1, 1), (3000, 1), (3000, 2)] {
                let options = BuildOptions {
                    num_envs,
                    threads,
                    autoreset,
                    generator,
                    levels: Some(levels),
                    device: Device::Native,
                    observations: vec!["view".into(), "position".into()],
                    ..BuildOptions::default()
                };
                let mut batch = Batch::new(Corridor::new(1, 20), options).expect("builds");
                (&mut batch as &mut dyn VectorEnv).reset(1).expect("resets");
                let actions = vec![2; num_envs];
                batch.step_with(Actions::Discrete(&actions)).expect("steps");
                let before = ALLOCATIONS.load(Ordering::Relaxed);
                let mut ended = 0;
                for _ in 0..300 {
                    let step = batch.step_with(Actions::Discrete(&actions)).expect("steps");
                    ended += step.info.episodes.len();
                }
                let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
                assert!(ended > 10);
                assert_eq!(
                    allocations, 0,
                    "{num_envs} environments, {threads} threads, {levels:?}, {autoreset:?}"
                );
            }
        }
    }
}
