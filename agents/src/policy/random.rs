//! Uniformly random actions.

use pentathlon_gym::seeding::Random;
use pentathlon_gym::seeding::philox::Philox;
use pentathlon_gym::{ActionBuffer, Array, Space, VectorEnv};

use super::{Policy, continuous_actions, discrete_actions};
use crate::Error;
use crate::networks::ACTION_MASK;
use crate::random::{Purpose, stream};

/// Every action with equal chance: of discrete ones, where there is an observation `action_mask`, every allowed one; of
/// real ones every number within the bounds of their [`Space::Box`]. Bounds that are infinite are drawn beyond as
/// [`Space::sample`] does.
#[derive(Clone, Debug)]
pub struct RandomPolicy {
    random: Philox,
    /// Whether an `action_mask` counts.
    is_masked: bool,
    /// Room for real-valued actions of one agent.
    drawn: Array,
}

impl RandomPolicy {
    /// A policy that draws from the stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self { random: stream(seed, Purpose::Evaluation), is_masked: true, drawn: Array::F32(Vec::new()) }
    }

    /// A policy that draws from the stream of `seed`, of all discrete actions whatever an `action_mask` says: for actions
    /// that are drawn before the steps in which they are made, when nobody knows yet what will be allowed.
    pub fn of_all_actions(seed: u64) -> Self {
        Self { is_masked: false, ..Self::new(seed) }
    }

    fn draw_allowed(&mut self, allowed: impl Iterator<Item = bool> + Clone) -> Option<i32> {
        let count = allowed.clone().filter(|&allowed| allowed).count();
        if count == 0 {
            return None;
        }
        let nth = self.random.int(0, count as i32) as usize;
        allowed.enumerate().filter(|&(_, allowed)| allowed).nth(nth).map(|(action, _)| action as i32)
    }

    /// Draws the discrete actions of environment `index` into `row`.
    fn draw_discrete(&mut self, env: &dyn VectorEnv, index: usize, row: &mut [i32]) {
        match &env.spec().action_space {
            Space::Discrete { n, start } => {
                let count = *n as usize;
                let mask = self.is_masked.then(|| env.observation().get(ACTION_MASK)).flatten();
                let first_agent = index * row.len();
                for (agent, action) in row.iter_mut().enumerate() {
                    let first = (first_agent + agent) * count;
                    let allowed = mask
                        .and_then(|mask| self.draw_allowed((first..first + count).map(|i| is_set(mask, i))));
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
}

impl Policy for RandomPolicy {
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut ActionBuffer) -> Result<(), Error> {
        let space = &env.spec().action_space;
        let width = env.spec().action_numbers().max(1);
        if let Space::Box { element, .. } = space {
            if self.drawn.element() != *element || self.drawn.len() != width {
                self.drawn = Array::zeros(*element, width);
            }
            let rows = continuous_actions(env, actions)?.chunks_exact_mut(width).zip(active);
            for (row, _) in rows.filter(|(_, active)| **active) {
                space.sample_into(&mut self.random, &mut self.drawn);
                row.iter_mut().enumerate().for_each(|(at, action)| *action = self.drawn.value(at) as f32);
            }
            return Ok(());
        }
        let rows = discrete_actions(env, actions)?.chunks_exact_mut(width).enumerate();
        for (index, row) in rows.filter(|(index, _)| active[*index]) {
            self.draw_discrete(env, index, row);
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

#[cfg(test)]
mod tests {
    use pentathlon_envs::classic_control::PENDULUM;
    use pentathlon_gym::BuildOptions;

    use super::*;

    #[test]
    fn real_actions_are_uniform_within_their_bounds_and_those_of_the_seed() {
        let options = BuildOptions { num_envs: 500, ..BuildOptions::default() };
        let env = pentathlon_envs::registry().make(PENDULUM, &options).unwrap();
        let drawn = |seed: u64, active: &[bool]| -> Vec<f32> {
            let mut actions = ActionBuffer::of(&*env).unwrap();
            RandomPolicy::new(seed).act(&*env, active, &mut actions).unwrap();
            actions.as_continuous().unwrap().to_vec()
        };
        let torques = drawn(7, &[true; 500]);
        assert!(torques.iter().all(|torque| (-2.0..=2.0).contains(torque)));
        for quarter in [-2.0_f32, -1.0, 0.0, 1.0] {
            let count = torques.iter().filter(|torque| (quarter..quarter + 1.0).contains(*torque)).count();
            assert!((90..160).contains(&count), "{count} from {quarter} on");
        }
        assert_eq!(drawn(7, &[true; 500]), torques);
        assert_ne!(drawn(8, &[true; 500]), torques);
        // Environments that do not act keep what is there and draw nothing.
        let mut half = [false; 500];
        half[250..].fill(true);
        let later = drawn(7, &half);
        assert!(later[..250] == [0.0; 250] && later[250..] == torques[..250]);
    }
}
