//! A step allocates nothing: counted in the allocator, whatever the threads.

mod corridor;

use std::alloc::System;

use corridor::Corridor;
use pentathlon_engine::Batch;
use pentathlon_gym::{Actions, AutoresetMode, BuildOptions, Device, GeneratorKind, Levels, VectorEnv};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations and reallocations so far.
fn allocations() -> usize {
    let stats = ALLOCATOR.stats();
    stats.allocations + stats.reallocations
}

// One test, so that nothing else in the process allocates while it counts.
#[test]
fn a_step_allocates_nothing() {
    let counted = allocations();
    drop(std::hint::black_box(Box::new(1)));
    assert!(allocations() > counted, "the counter counts");
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
                let before = allocations();
                let mut ended = 0;
                for _ in 0..300 {
                    let step = batch.step_with(Actions::Discrete(&actions)).expect("steps");
                    ended += step.info.episodes.len();
                }
                let allocated = allocations() - before;
                assert!(ended > 10);
                assert_eq!(
                    allocated, 0,
                    "{num_envs} environments, {threads} threads, {levels:?}, {autoreset:?}"
                );
            }
        }
    }
}
