//! How good a learner is when it may decide only every so many steps.

use pentathlon_gym::{AutoresetMode, BuildOptions};

use super::{ContinuousLearner, Control};
use crate::{Error, MakeBatch};

/// Mean return of one episode in each of `episodes` environments when `learner` decides at every `interval`-th step:
/// it plays what it laid out, and repeats the last of it where that is not enough.
///
/// # Errors
/// An environment that does not fit the learner, and those of the environment.
pub fn return_at(
    learner: &mut dyn ContinuousLearner,
    make: MakeBatch<'_>,
    id: &str,
    options: &BuildOptions,
    episodes: usize,
    interval: u32,
) -> Result<f64, Error> {
    let options =
        BuildOptions { num_envs: episodes.max(1), autoreset: AutoresetMode::SameStep, ..options.clone() };
    let mut env = make(id, &options)?;
    let env = env.as_mut();
    env.reset(options.seed)?;
    let control = Control::of(env)?;
    control.check(env, learner)?;
    let (state, action, rows) = (control.shape.state, control.shape.action, env.num_envs());
    let (horizon, interval) = (learner.horizon(), interval.max(1) as usize);
    let mut states = vec![0.0; rows * state];
    let (mut decided, mut given) = (vec![0.0; horizon * rows * action], vec![0.0; rows * action]);
    let (mut running, mut total) = (vec![true; rows], 0.0);
    for step in 0.. {
        // Episodes of all environments begin at the same time, and only their first ones count.
        if step % interval == 0 {
            control.write_states(env.observation(), &mut states);
            learner.decide(&states, &mut decided);
        }
        let at = (step % interval).min(horizon - 1) * rows * action;
        given.iter_mut().zip(&decided[at..]).for_each(|(given, decided)| *given = control.given(*decided));
        let made = env.step(&given)?;
        for episode in made.info.episodes {
            if std::mem::take(&mut running[episode.env]) {
                total += f64::from(episode.episode_return);
            }
        }
        if !running.contains(&true) {
            break;
        }
    }
    Ok(total / rows as f64)
}
