//! A MiniGrid step allocates nothing, resets included: counted in the allocator.

use std::alloc::System;

use pentathlon_envs::{minigrid::tasks::all_tasks, registry};
use pentathlon_gym::{Actions, AutoresetMode, BuildOptions, Device, GeneratorKind, Levels, OptionValue};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations and reallocations so far.
fn allocations() -> usize {
    let stats = ALLOCATOR.stats();
    stats.allocations + stats.reallocations
}

/// Steps 40 environments of `id` and asserts that no step allocates.
fn assert_steps_do_not_allocate(id: &str, build: BuildOptions, steps: usize) {
    let build = BuildOptions { num_envs: 40, threads: 1, device: Device::Native, ..build };
    let mut batch = registry().make(id, &build).unwrap_or_else(|error| panic!("{error}"));
    batch.reset(1).expect("resets");
    let count = batch.spec().action_names.len() as u32;
    let mut word = 1u32;
    let mut actions = vec![0; 40];
    let mut draw = |actions: &mut Vec<i32>| {
        for action in actions {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *action = ((word >> 16) % count) as i32;
        }
    };
    draw(&mut actions);
    batch.step_with(Actions::Discrete(&actions)).expect("steps");
    let (mut ended, mut allocated) = (0, 0);
    for _ in 0..steps {
        draw(&mut actions);
        let before = allocations();
        ended += batch.step_with(Actions::Discrete(&actions)).expect("steps").info.episodes.len();
        allocated += allocations() - before;
    }
    assert!(ended > 0, "{id}: episodes must end for resets to be counted");
    assert_eq!(allocated, 0, "{id} with {build:?}");
}

// One test, so that nothing else in the process allocates while it counts.
#[test]
fn a_step_allocates_nothing() {
    let counted = allocations();
    drop(std::hint::black_box(Box::new(1)));
    assert!(allocations() > counted, "the counter counts");
    for task in all_tasks() {
        let levels = Some(Levels::Fixed(8));
        let build = BuildOptions { levels, max_episode_steps: Some(30), ..BuildOptions::default() };
        assert_steps_do_not_allocate(task.id, build, 100);
    }
    // New levels at every reset, from both generators.
    for id in ["MiniGrid-DoorKey-8x8-v0", "MiniGrid-Empty-Random-6x6-v0"] {
        for generator in [GeneratorKind::Fast, GeneratorKind::Reference] {
            let build = BuildOptions { generator, max_episode_steps: Some(30), ..BuildOptions::default() };
            assert_steps_do_not_allocate(id, build, 100);
        }
    }
    // Every observation, the options that draw numbers, and final observations.
    let everything = BuildOptions {
        levels: Some(Levels::Fixed(8)),
        max_episode_steps: Some(30),
        autoreset: AutoresetMode::SameStep,
        observations: [
            "image",
            "direction",
            "mission",
            "full",
            "one_hot",
            "symbolic",
            "flat",
            "rgb",
            "rgb_partial",
            "goal_direction",
            "action_mask",
            "position",
        ]
        .map(String::from)
        .to_vec(),
        options: [
            ("no_death".to_owned(), OptionValue::from("lava")),
            ("stochastic_action".to_owned(), OptionValue::from(0.5)),
            ("view_size".to_owned(), OptionValue::from(9)),
        ]
        .into(),
        ..BuildOptions::default()
    };
    assert_steps_do_not_allocate("MiniGrid-LavaCrossingS9N1-v0", everything, 100);
}
