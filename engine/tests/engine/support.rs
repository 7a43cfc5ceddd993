//! Building batches and driving them with repeatable actions.

use pentathlon_engine::Batch;
use pentathlon_gym::{AutoresetMode, BuildOptions, Device, Levels, VectorEnv};

use crate::corridor::Corridor;

pub fn options(num_envs: usize, autoreset: AutoresetMode, levels: Levels) -> BuildOptions {
    BuildOptions {
        num_envs,
        autoreset,
        levels: Some(levels),
        threads: 1,
        device: Device::Native,
        ..BuildOptions::default()
    }
}

pub fn build(walkers: usize, options: BuildOptions) -> Batch<Corridor> {
    Batch::new(Corridor::new(walkers, 20), options).expect("builds")
}

/// Actions of environment `env` in step `step`, the same whatever the batch: mostly forth.
pub fn action(env: usize, step: usize, agent: usize) -> i32 {
    let word = (env as u32 + 1).wrapping_mul(0x9e37_79b9)
        ^ (step as u32 + 1).wrapping_mul(0x85eb_ca6b)
        ^ (agent as u32).wrapping_mul(0xc2b2_ae35);
    [2, 2, 0, 1, 2][(word.wrapping_mul(0x27d4_eb2f) >> 16) as usize % 5]
}

pub fn actions(env: &dyn VectorEnv, step: usize) -> Vec<i32> {
    let agents = env.spec().num_agents;
    (0..env.num_envs() * agents).map(|row| action(row / agents, step, row % agents)).collect()
}

/// What a step showed of one environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub view: Vec<u8>,
    pub reward: Vec<f32>,
    pub subgoal: Vec<i32>,
    pub flags: [bool; 4],
    pub episode: Option<(f32, u32, bool)>,
}

/// Steps once and takes apart what came back, by environment.
pub fn step(env: &mut dyn VectorEnv, actions: &[i32]) -> Vec<Seen> {
    let (num_envs, agents) = (env.num_envs(), env.spec().num_agents);
    let step = env.step(actions).expect("steps");
    let view = step.observation["view"].bytes();
    let width = view.len() / num_envs;
    (0..num_envs)
        .map(|e| Seen {
            view: view[e * width..][..width].to_vec(),
            reward: step.reward[e * agents..][..agents].to_vec(),
            subgoal: step.info.subgoal[e * agents..][..agents].to_vec(),
            flags: [step.terminated[e], step.truncated[e], step.info.success[e], step.info.was_reset[e]],
            episode: step
                .info
                .episodes
                .iter()
                .find(|record| record.env == e)
                .map(|record| (record.episode_return, record.length, record.success)),
        })
        .collect()
}

/// The first `steps` steps of every environment, after a reset with `seed`.
pub fn play(env: &mut dyn VectorEnv, seed: u64, steps: usize) -> Vec<Vec<Seen>> {
    env.reset(seed).expect("resets");
    (0..steps)
        .map(|index| {
            let actions = actions(env, index);
            step(env, &actions)
        })
        .collect()
}
