//! Microseconds per frame of the learner's parts, on rows like those of `MiniGrid` with random cells.
//!
//! ```text
//! cargo run --release -p pentathlon-agents --example learner_speed [-- field=value...]
//! ```

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use burn::module::Module;
use pentathlon_agents::Config;
use pentathlon_agents::networks::{EncodedRows, Input, ObservationLayout, Perspective};
use pentathlon_agents::ppo::{Learner, Rollout};
use pentathlon_agents::random::{Purpose, stream};
use pentathlon_gym::seeding::Random;
use rayon::prelude::*;

const CELLS: usize = 49;

fn main() -> Result<(), Box<dyn Error>> {
    let overrides: Vec<String> = std::env::args().skip(1).collect();
    let config = Config::from_toml("", &overrides)?;
    let layout = ObservationLayout {
        inputs: vec![
            (String::from("image"), Input::Cells { at: 0, cells: CELLS }),
            (String::from("direction"), Input::Category { at: CELLS, from: 0, start: 0, n: vec![4] }),
        ],
        masked: false,
        actions: 7,
        choices: vec![7],
        first_action: 0,
        agents: 1,
        indices: CELLS + 1,
        numbers: 0,
        perspective: Perspective::Agent,
        critic: None,
    };
    let frames = config.frames_per_update() as usize;
    let pool = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(config.threads).build()?);
    let mut learner = Learner::new(layout.clone(), &config.network, &config.ppo, 1, pool.clone())?;
    let mut rollout = random_rollout(&layout, frames);
    let (steps, remembered) = (learner.sequence_steps(), learner.network.memory_len());
    rollout.last_values = vec![0.0; config.environment.num_envs];
    rollout.done = vec![false; frames];
    rollout.memories = vec![0.0; frames / steps * remembered];
    println!(
        "{} parameters, {frames} frames a rollout, {} threads",
        learner.network.num_params(),
        pool.current_num_threads()
    );

    let network = learner.network.inference();
    let rows = config.ppo.inference_rows;
    let (mut logits, mut values) = (vec![0.0; frames * 7], vec![0.0; frames]);
    let seconds = best_of(5, || {
        pool.install(|| {
            let parts = logits.par_chunks_mut(rows * 7).zip(values.par_chunks_mut(rows)).enumerate();
            parts.for_each(|(part, (logits, values))| {
                let range = part * rows..part * rows + values.len();
                let mut memory = vec![0.0; values.len() * remembered];
                network.evaluate(&layout, &rollout.observations, range, &mut memory, logits, values);
            });
        });
    });
    println!("inference, {rows} rows at once: {:.2} us a frame", seconds / frames as f64 * 1e6);

    let mut failed = None;
    let seconds = best_of(3, || {
        if let Err(error) = learner.update(&rollout, 1e-4) {
            failed = Some(error);
        }
    });
    if let Some(error) = failed {
        return Err(error.into());
    }
    let passes = (frames * config.ppo.epochs) as f64;
    println!(
        "update: {:.2} us a frame and epoch, {:.2} us a frame",
        seconds / passes * 1e6,
        seconds / frames as f64 * 1e6
    );
    Ok(())
}

fn random_rollout(layout: &ObservationLayout, frames: usize) -> Rollout {
    let mut random = stream(1, Purpose::Evaluation);
    let mut observations = EncodedRows { rows: frames, ..EncodedRows::default() };
    for _ in 0..frames {
        observations.indices.extend((0..CELLS).map(|_| random.int(0, 264) as u16));
        observations.indices.push(random.int(0, 4) as u16);
    }
    let mut floats = || -> Vec<f32> { (0..frames).map(|_| random.float() as f32).collect() };
    let mut rollout = Rollout::default();
    rollout.observations = observations;
    rollout.values = floats();
    rollout.returns = floats();
    rollout.advantages = floats();
    rollout.log_probabilities = vec![(1.0 / 7.0_f32).ln(); frames];
    rollout.actions = (0..frames).map(|frame| (frame % layout.actions) as i32).collect();
    rollout
}

fn best_of(rounds: usize, mut work: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..rounds {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}
