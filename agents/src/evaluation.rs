//! How good a policy is: success, return and length over fresh levels, and single episodes to look at.

use pentathlon_gym::{ActionBuffer, AutoresetMode, BuildOptions, Step, VectorEnv};
use serde::{Deserialize, Serialize};

use crate::policy::Policy;
use crate::{Error, MakeBatch};

/// Environments that play at the same time.
const BATCH: usize = 256;

/// What a policy reached.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Episodes played.
    pub episodes: usize,
    /// Fraction of them that achieved the task.
    pub success_rate: f64,
    /// Mean sum of rewards.
    pub mean_return: f64,
    /// Mean number of steps.
    pub mean_length: f64,
}

/// Plays `episodes` episodes of `id`, built with `options`, whose `num_envs` and `autoreset` are chosen
/// here. The levels are those of `options.seed`.
///
/// Every environment contributes a number of episodes that is fixed beforehand, its first ones: were the
/// first to end counted, short episodes would be too many among them.
///
/// # Errors
/// Those of the environment and of the policy.
pub fn evaluate(
    policy: &mut dyn Policy,
    make: MakeBatch<'_>,
    id: &str,
    options: &BuildOptions,
    episodes: usize,
) -> Result<Evaluation, Error> {
    evaluate_and_look(policy, make, id, options, episodes, &mut |_, _| {})
}

/// [`evaluate`], showing every step to `look` together with the environments whose episodes still count.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_and_look(
    policy: &mut dyn Policy,
    make: MakeBatch<'_>,
    id: &str,
    options: &BuildOptions,
    episodes: usize,
    look: &mut dyn FnMut(&Step<'_>, &[bool]),
) -> Result<Evaluation, Error> {
    let envs = episodes.clamp(1, BATCH);
    let options = BuildOptions { num_envs: envs, autoreset: AutoresetMode::SameStep, ..options.clone() };
    let mut env = make(id, &options)?;
    let env = env.as_mut();
    env.reset(options.seed)?;

    let mut left: Vec<usize> =
        (0..envs).map(|env| episodes / envs + usize::from(env < episodes % envs)).collect();
    let mut active: Vec<bool> = left.iter().map(|&left| left > 0).collect();
    // Environments that have played all their episodes go on with what was last done there.
    let mut actions = ActionBuffer::of(env)?;
    let (mut successes, mut returns, mut lengths) = (0, 0.0, 0_u64);
    while active.contains(&true) {
        policy.act(env, &active, &mut actions)?;
        let step = env.step(&actions)?;
        look(&step, &active);
        for episode in step.info.episodes {
            policy.forget(episode.env);
            if left[episode.env] > 0 {
                left[episode.env] -= 1;
                active[episode.env] = left[episode.env] > 0;
                successes += usize::from(episode.success);
                returns += f64::from(episode.episode_return);
                lengths += u64::from(episode.length);
            }
        }
    }
    let count = episodes.max(1) as f64;
    Ok(Evaluation {
        episodes,
        success_rate: successes as f64 / count,
        mean_return: returns / count,
        mean_length: lengths as f64 / count,
    })
}

/// One episode, as its actions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedEpisode {
    /// Seed that the environment was reset with.
    pub seed: u64,
    /// Actions, step by step; `numbers of one action` each.
    pub actions: ActionBuffer,
    /// Sum of rewards.
    pub episode_return: f32,
    /// Whether the task was achieved.
    pub success: bool,
}

/// Plays one episode of `env` from a reset with `seed`, and shows the batch to `look` after the reset and
/// after every step, for pictures. `env` has one environment and [`AutoresetMode::Disabled`], so that the
/// last look is at the last state of the episode.
///
/// # Errors
/// A batch of another size or mode, and the errors of the environment, the policy and `look`.
pub fn play_episode<E: From<Error>>(
    policy: &mut dyn Policy,
    env: &mut dyn VectorEnv,
    seed: u64,
    look: &mut dyn FnMut(&dyn VectorEnv) -> Result<(), E>,
) -> Result<RecordedEpisode, E> {
    play_episode_and_look(policy, env, seed, &mut |sight| look(sight.batch))
}

/// What is to be seen of an episode after its reset or one of its steps.
pub struct Sight<'a> {
    /// The batch of one environment.
    pub batch: &'a dyn VectorEnv,
    /// The subgoal event of every agent in the step, -1 for none; empty after the reset.
    pub events: &'a [i32],
    /// What the policy says that the agents are at.
    pub caption: Option<String>,
}

/// [`play_episode`] that shows `look` more than the batch.
///
/// # Errors
/// As [`play_episode`].
pub fn play_episode_and_look<E: From<Error>>(
    policy: &mut dyn Policy,
    env: &mut dyn VectorEnv,
    seed: u64,
    look: &mut dyn FnMut(Sight<'_>) -> Result<(), E>,
) -> Result<RecordedEpisode, E> {
    if env.num_envs() != 1 || env.autoreset() != AutoresetMode::Disabled {
        return Err(E::from(Error::Unsupported {
            id: env.spec().id.clone(),
            reason: format!(
                "an episode is played in a batch of 1 with autoreset disabled, and this one has {} and {:?}",
                env.num_envs(),
                env.autoreset()
            ),
        }));
    }
    let environment = |error: pentathlon_gym::Error| E::from(Error::from(error));
    env.reset(seed).map_err(environment)?;
    policy.forget(0);
    look(Sight { batch: env, events: &[], caption: None })?;
    let mut action = ActionBuffer::of(env).map_err(environment)?;
    let actions = ActionBuffer::empty(env.spec()).map_err(environment)?;
    let mut episode = RecordedEpisode { seed, actions, episode_return: 0.0, success: false };
    loop {
        policy.act(env, &[true], &mut action)?;
        episode.actions.extend((&action).into());
        let step = env.step(&action).map_err(environment)?;
        episode.episode_return += step.reward.iter().sum::<f32>();
        episode.success = step.info.success[0];
        let ended = step.terminated[0] || step.truncated[0];
        let events = step.info.subgoal.to_vec();
        look(Sight { batch: env, events: &events, caption: policy.caption(0) })?;
        if ended {
            return Ok(episode);
        }
    }
}
