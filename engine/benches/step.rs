//! Steps per second of the toy domain, natively: what the engine itself costs.
//! `cargo bench -p pentathlon-engine`.

#[path = "../tests/corridor/mod.rs"]
mod corridor;

use std::time::Instant;

use corridor::Corridor;
use pentathlon_engine::Batch;
use pentathlon_gym::{Actions, AutoresetMode, BuildOptions, Device, Levels, VectorEnv};

/// Environments that one window of time measurement steps, at least.
const WINDOW: usize = 16_384;

fn main() {
    println!("million steps/s of the best and of the median of 300 short windows");
    for (num_envs, threads) in
        [(1, 1), (16, 1), (64, 1), (1024, 1), (1024, 2), (4096, 1), (4096, 2), (65536, 1), (65536, 2)]
    {
        let (best, median) = steps_per_second(num_envs, threads);
        println!(
            "{num_envs:>6} environments, {threads} threads: {:>7.2} {:>7.2}, {:>9.2} us a step",
            best / 1e6,
            median / 1e6,
            num_envs as f64 / best * 1e6
        );
    }
}

fn steps_per_second(num_envs: usize, threads: usize) -> (f64, f64) {
    let options = BuildOptions {
        num_envs,
        threads,
        device: Device::Native,
        autoreset: AutoresetMode::SameStep,
        levels: Some(Levels::Fixed(512)),
        ..BuildOptions::default()
    };
    let mut batch = Batch::new(Corridor::new(1, 200), options).expect("builds");
    let env: &mut dyn VectorEnv = &mut batch;
    env.reset(7).expect("resets");
    let mut word = 1u32;
    let actions: Vec<Vec<i32>> = (0..16)
        .map(|_| {
            let mut draw = || {
                word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (word >> 16) as i32 % 3
            };
            (0..num_envs).map(|_| draw()).collect()
        })
        .collect();
    let steps = WINDOW.div_ceil(num_envs);
    let mut windows: Vec<f64> = (0..300)
        .map(|_| {
            let start = Instant::now();
            for step in 0..steps {
                env.step_with(Actions::Discrete(&actions[step % 16])).expect("steps");
            }
            (steps * num_envs) as f64 / start.elapsed().as_secs_f64()
        })
        .collect();
    windows.sort_by(f64::total_cmp);
    (windows[windows.len() - 1], windows[windows.len() / 2])
}
