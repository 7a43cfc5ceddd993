//! A step of the native engine allocates nothing: counted in the allocator, whatever the threads.

use std::alloc::System;

use pentathlon_physics::native::{Worlds, WorldsOptions};
use pentathlon_physics::robots::{
    PushedBox, QUADRUPED_STAND, QUADRUPED_STAND_HEIGHT, arm_with_box, level_floor, quadruped,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use wide::f32x8;

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
    let mut legged = quadruped();
    legged.scene.push(level_floor(0.8));
    for model in [legged, arm_with_box(PushedBox::default())] {
        for threads in [1, 2] {
            let options = WorldsOptions { num_worlds: 40, threads, substeps: 4, ..WorldsOptions::default() };
            let mut worlds = Worlds::<f32x8>::new(&model, options).expect("the model is sound");
            if model.actuators.len() == 12 {
                let trunk = [0.0, 0.0, QUADRUPED_STAND_HEIGHT, 1.0, 0.0, 0.0, 0.0];
                let start: Vec<f64> = trunk.into_iter().chain(QUADRUPED_STAND).collect();
                (0..40).for_each(|world| worlds.set_state(world, &start, &[0.0; 18]).expect("it exists"));
            }
            let controls = vec![0.1; 40 * model.actuators.len()];
            worlds.step();
            let before = allocations();
            for _ in 0..50 {
                worlds.set_controls(&controls).expect("one value an actuator");
                worlds.step();
            }
            assert_eq!(allocations() - before, 0, "{}, {threads} threads", model.name);
            assert!(worlds.mean_contacts() > 0.0, "{} touches nothing", model.name);
        }
    }
}
