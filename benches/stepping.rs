//! How fast a native batch steps and resets on one thread: random actions, the default observations and
//! autoreset included. `pentathlon bench` measures the same for any id, device and batch.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pentathlon::{
    ActionBuffer, AutoresetMode, Device, VectorEnv,
    agents::{Policy, RandomPolicy},
};

/// Environments in the batch.
const NUM_ENVS: usize = 4096;
/// Steps' worth of actions drawn beforehand.
const DRAWN_STEPS: usize = 64;

fn batch(id: &str, num_envs: usize) -> Box<dyn VectorEnv> {
    let mut batch = pentathlon::make(id)
        .and_then(|builder| {
            let builder = builder.num_envs(num_envs).device(Device::Native).threads(1);
            builder.autoreset(AutoresetMode::SameStep).build()
        })
        .expect("the id is registered and runs natively");
    batch.reset(7).expect("levels can be generated");
    batch
}

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    group.throughput(Throughput::Elements(NUM_ENVS as u64));
    for id in ["MiniGrid-DoorKey-8x8-v0", "MiniGrid-KeyCorridorS3R3-v0"] {
        let mut batch = batch(id, NUM_ENVS);
        let mut policy = RandomPolicy::new(1);
        let active = vec![true; NUM_ENVS];
        let room = ActionBuffer::of(&*batch).expect("actions are numbers");
        let mut actions = vec![room; DRAWN_STEPS];
        for row in &mut actions {
            policy.act(&*batch, &active, row).expect("every action can be drawn");
        }
        let mut drawn = actions.iter().cycle();
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                let actions = drawn.next().expect("a cycle does not end");
                let step = batch.step(actions).expect("actions are allowed");
                black_box(step.reward[0]);
            });
        });
    }
    group.finish();
}

fn resets(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("reset");
    group.throughput(Throughput::Elements(NUM_ENVS as u64));
    let id = "MiniGrid-DoorKey-8x8-v0";
    let mut batch = batch(id, NUM_ENVS);
    group.bench_function(id, |bencher| {
        bencher.iter(|| {
            black_box(batch.reset(None).expect("levels can be generated"));
        });
    });
    group.finish();
}

criterion_group!(benches, steps, resets);
criterion_main!(benches);
