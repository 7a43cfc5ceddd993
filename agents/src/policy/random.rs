//! Uniformly random actions.

use pentathlon_gym::seeding::Random;
use pentathlon_gym::seeding::philox::Philox;
use pentathlon_gym::{Array, Space, VectorEnv};

use super::{Policy, action_numbers};
use crate::Error;
use crate::networks::ACTION_MASK;
use crate::random::{Purpose, stream};

/// Every action with equal chance; where there is an observation `action_mask`, every allowed one.
#[derive(Clone, Debug)]
pub struct RandomPolicy {
    random: Philox,
}

impl RandomPolicy {
    /// A policy that draws from the stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { random: stream(seed, Purpose::Evaluation) }
    }

    fn draw_allowed(&mut self, allowed: impl Iterator<Item = bool> + Clone) -> Option<i32> {
        let count = allowed.clone().filter(|&allowed| allowed).count();
        if count == 0 {
            return None;
        }
        let nth = self.random.int(0, count as i32) as usize;
        allowed.enumerate().filter(|&(_, allowed)| allowed).nth(nth).map(|(action, _)| action as i32)
    }
}

impl Policy for RandomPolicy {
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut [i32]) -> Result<(), Error> {
        let width = action_numbers(env)?;
        let mask = env.observation().get(ACTION_MASK);
        for (index, row) in actions.chunks_exact_mut(width).enumerate().filter(|(index, _)| active[*index]) {
            match &env.spec().action_space {
                Space::Discrete { n, start } => {
                    let count = *n as usize;
                    for (agent, action) in row.iter_mut().enumerate() {
                        let first = (index * width + agent) * count;
                        let allowed = mask.and_then(|mask| {
                            self.draw_allowed((first..first + count).map(|i| is_set(mask, i)))
                        });
                        *action = start + allowed.unwrap_or_else(|| self.random.int(0, *n as i32));
                    }
                }
                Space::MultiDiscrete { n } => {
                    for (action, n) in row.iter_mut().zip(n.iter().cycle()) {
                        *action = self.random.int(0, *n as i32);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn is_set(mask: &Array, i: usize) -> bool {
    match mask {
        Array::U8(v) => v[i] != 0,
        Array::I32(v) => v[i] != 0,
        Array::F32(v) => v[i] != 0.0,
    }
}
