//! What agents did in pursuit of their subgoals, to learn the low level from, and the same again as if they had
//! pursued what they achieved (hindsight, after Andrychowicz et al., 2017).

use std::ops::Range;

use super::intrinsic::PursuitStep;
use super::low_level::LowLevel;
use crate::networks::{EncodedRows, Input, ObservationLayout};
use crate::options::{Aftermath, Scene};
use crate::ppo::{Rollout, Trajectories, generalized_advantage};

/// Steps of all agents, `[steps, num_envs, num_agents]` throughout. A pursuit is what an agent does from the choice of
/// a subgoal to its end.
#[derive(Clone, Debug, Default)]
pub struct Pursuits {
    /// What the low level saw, subgoals included.
    pub observations: EncodedRows,
    /// What agents saw as plain numbers.
    pub features: Vec<f32>,
    /// Indices of the actions.
    pub actions: Vec<i32>,
    /// Logarithms of the chances that they had.
    pub log_probabilities: Vec<f32>,
    /// Values of what was seen.
    pub values: Vec<f32>,
    /// Subgoals pursued.
    pub subgoals: Vec<i32>,
    /// What the rewards follow from.
    pub steps: Vec<PursuitStep>,
    /// Intrinsic rewards; of the last step of a pursuit that was cut off, with the value of what followed.
    pub rewards: Vec<f32>,
    /// Subgoal events, -1 for none.
    pub events: Vec<i32>,
    /// Whether the pursuit ended with the step.
    pub done: Vec<bool>,
    /// Agents of the whole batch.
    agents: usize,
}

/// One pursuit, or the part of it that was seen: an agent and its first and last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pursuit {
    place: usize,
    first: usize,
    last: usize,
}

impl Pursuits {
    /// Writes down what is acted on in this step.
    pub(super) fn begin_step(
        &mut self,
        layout: &ObservationLayout,
        rows: &EncodedRows,
        scene: Scene<'_>,
        current: &[i32],
        actions: &[i32],
        values: &[f32],
    ) {
        debug_assert!(layout.indices * rows.rows == rows.indices.len(), "rows of this layout");
        self.agents = current.len();
        self.observations.append(rows);
        self.features.extend_from_slice(scene.features);
        self.actions.extend_from_slice(actions);
        self.values.extend_from_slice(values);
        self.subgoals.extend_from_slice(current);
    }

    /// Writes down how the step ended; the rewards of it have been. Agents in `cut` were cut off at a situation whose
    /// value stands at the same place in `values`.
    pub(super) fn end_step(&mut self, aftermath: &Aftermath<'_>, cut: &[usize], values: &[f32], gamma: f32) {
        let first = self.rewards.len() - self.agents;
        for (&place, value) in cut.iter().zip(values) {
            self.rewards[first + place] += gamma * value;
        }
        self.events.extend_from_slice(aftermath.scene.events);
        self.done.extend(aftermath.ends.iter().map(Option::is_some));
    }

    /// Share of the pursuits that ended here which achieved their subgoal, by subgoal; `None` where none ended.
    pub fn success_rates(&self, subgoals: usize) -> Vec<Option<f64>> {
        let mut counts = vec![(0_u32, 0_u32); subgoals];
        for (index, step) in self.steps.iter().enumerate().filter(|(index, _)| self.done[*index]) {
            let count = &mut counts[self.subgoals[index] as usize];
            count.0 += u32::from(step.achieved);
            count.1 += 1;
        }
        let rate = |(achieved, all): (u32, u32)| (all > 0).then(|| f64::from(achieved) / f64::from(all));
        counts.into_iter().map(rate).collect()
    }

    /// What the pursuits that ended here returned: 1 for a subgoal that was achieved, less the share `decay` of the time
    /// limit that had passed, and 0 for any other; `None` where none ended.
    pub fn mean_return(&self, decay: f32) -> Option<f64> {
        let ended = self.steps.iter().zip(&self.done).filter(|(_, done)| **done);
        let returns =
            ended.map(|(step, _)| if step.achieved { f64::from(1.0 - decay * step.time) } else { 0.0 });
        let (sum, count) = returns.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
        (count > 0).then(|| sum / f64::from(count))
    }

    /// What was written down as a rollout of agents that are `team` in an environment; `last_values` are those of
    /// what every agent sees now.
    pub fn rollout(&self, last_values: &[f32], gamma: f32, lambda: f32, team: usize) -> Rollout {
        let mut rollout = Rollout::of_team(team);
        rollout.observations.append(&self.observations);
        rollout.actions.extend_from_slice(&self.actions);
        rollout.log_probabilities.extend_from_slice(&self.log_probabilities);
        rollout.values.extend_from_slice(&self.values);
        rollout.rewards.extend_from_slice(&self.rewards);
        rollout.done.extend_from_slice(&self.done);
        rollout.advantages.resize(self.rewards.len(), 0.0);
        rollout.returns.resize(self.rewards.len(), 0.0);
        estimate(&mut rollout, 0..self.rewards.len(), last_values, gamma, lambda);
        rollout
    }

    /// Adds to `rollout` a copy of every pursuit in which an agent achieved another subgoal than its own, up to there,
    /// as if it had been its own: rewards, values and chances of actions are those of the other subgoal. Returns
    /// how many steps were added.
    pub fn relabel(&self, low: &LowLevel, lambda: f32, rollout: &mut Rollout) -> usize {
        let layout = low.layout();
        let column = layout.inputs.iter().find_map(|(_, input)| match input {
            Input::Subgoal { at, .. } => Some(*at),
            _ => None,
        });
        let Some(column) = column else { return 0 };
        let before = rollout.len();
        let pursuits = self.others_achieved();
        let (mut rows, mut actions) = (EncodedRows::default(), Vec::new());
        for (pursuit, goal) in &pursuits {
            let steps = pursuit.first..=pursuit.last;
            let indices: Vec<u32> = steps.map(|step| (step * self.agents + pursuit.place) as u32).collect();
            let from = rows.indices.len();
            rows.gather(layout, &self.observations, &indices);
            rows.indices[from..].chunks_exact_mut(layout.indices).for_each(|row| row[column] = *goal as u16);
            actions.extend(indices.iter().map(|&index| self.actions[index as usize]));
        }
        let (log_probabilities, values) = low.judge(&rows, &actions);
        rollout.observations.append(&rows);
        rollout.actions.extend(actions);
        rollout.log_probabilities.extend(log_probabilities);
        rollout.values.extend(values);
        for (pursuit, goal) in pursuits {
            let from = rollout.len();
            rollout.rewards.extend(self.rewards_towards(low, pursuit, goal));
            let end = rollout.len();
            rollout.done.resize(end, false);
            rollout.done[end - 1] = true;
            rollout.advantages.resize(end, 0.0);
            rollout.returns.resize(end, 0.0);
            estimate(rollout, from..end, &[0.0], low.settings.gamma, lambda);
        }
        rollout.len() - before
    }

    /// Pursuits in which a subgoal other than the own one was achieved, up to the first time, and which.
    fn others_achieved(&self) -> Vec<(Pursuit, i32)> {
        let steps = self.done.len() / self.agents.max(1);
        let mut found = Vec::new();
        for place in 0..self.agents {
            let (mut first, mut is_found) = (0, false);
            for step in 0..steps {
                let index = step * self.agents + place;
                let event = self.events[index];
                if !is_found && event >= 0 && event != self.subgoals[index] {
                    found.push((Pursuit { place, first, last: step }, event));
                    is_found = true;
                }
                if self.done[index] {
                    (first, is_found) = (step + 1, false);
                }
            }
        }
        found
    }

    /// Rewards of the steps of `pursuit`, the last of which achieves `goal`.
    fn rewards_towards(&self, low: &LowLevel, pursuit: Pursuit, goal: i32) -> Vec<f32> {
        let width = self.features.len() / self.done.len();
        let team = low.layout().agents;
        let distance = |step: usize| {
            let row = step * self.agents + pursuit.place;
            let seen = &self.features[row * width..(row + 1) * width];
            low.tree().distance(goal as usize, pursuit.place % team, seen)
        };
        (pursuit.first..=pursuit.last)
            .map(|step| {
                let achieved = step == pursuit.last;
                let after = if achieved { None } else { distance(step + 1) };
                let own = self.steps[step * self.agents + pursuit.place];
                let step = PursuitStep { achieved, distance: [distance(step), after], ..own };
                low.settings.intrinsic.reward(step, low.settings.gamma)
            })
            .collect()
    }
}

/// Writes advantages and value targets of these rows of `rollout`.
fn estimate(rollout: &mut Rollout, rows: Range<usize>, last_values: &[f32], gamma: f32, lambda: f32) {
    let trajectories = Trajectories {
        rewards: &rollout.rewards[rows.clone()],
        values: &rollout.values[rows.clone()],
        done: &rollout.done[rows.clone()],
        last_values,
    };
    let (advantages, returns) = (&mut rollout.advantages[rows.clone()], &mut rollout.returns[rows.clone()]);
    generalized_advantage(trajectories, gamma, lambda, advantages, returns);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two agents, five steps: the first achieves 1 while it pursues 0, then 0; the second achieves 2 twice in
    /// pursuit of 1, and 1 in the next one while it pursues 1.
    #[test]
    fn pursuits_that_achieved_something_else_are_found_up_to_the_first_time() {
        let pursuits = Pursuits {
            agents: 2,
            subgoals: vec![0, 1, 0, 1, 0, 1, 0, 1, 0, 1],
            events: vec![-1, -1, 1, 2, -1, 2, 0, -1, -1, 1],
            done: vec![false, false, false, false, false, true, true, false, false, true],
            ..Pursuits::default()
        };
        let pursuit = |place, last| Pursuit { place, first: 0, last };
        assert_eq!(pursuits.others_achieved(), [(pursuit(0, 1), 1), (pursuit(1, 1), 2)]);
    }

    #[test]
    fn pursuits_return_1_less_what_time_took() {
        let step = |achieved| PursuitStep { achieved, time: 0.5, distance: [None, None], idle: false };
        let pursuits = Pursuits {
            steps: vec![step(true), step(true), step(false)],
            done: vec![true, false, true],
            ..Pursuits::default()
        };
        assert_eq!(pursuits.mean_return(0.5), Some(0.375));
        assert_eq!(Pursuits::default().mean_return(0.5), None);
    }
}
