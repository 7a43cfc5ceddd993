//! The central critic: what it sees of a minibatch, its outputs, its targets and the gradient of its error.

use rayon::prelude::*;

use super::advantage::mean_value;
use crate::networks::dense::{SHARDS, bounds, room};
use crate::networks::dense_perceptron::{DensePerceptron, Pass};
use crate::options::{Outcome, ProcessShape, option_advantages};
use crate::qmix::{Batch, input_len};

/// Numbers that the critic sees: the global state, what the agent observes, its number, what the others choose, and
/// what all chose last.
pub(super) fn critic_input_len(shape: ProcessShape) -> usize {
    shape.state + shape.observation + shape.num_agents + 2 * shape.num_agents * shape.choices
}

/// A minibatch as the critic sees it.
#[derive(Default)]
pub(super) struct CriticView {
    /// Choices of each episode.
    pub lengths: Vec<usize>,
    /// What would have been chosen after the last step of each episode, `[B, agents]`.
    pub last: Vec<i32>,
    /// `[L, B, agents, input]`; 0 in the padding.
    pub inputs: Vec<f32>,
}

impl CriticView {
    /// Finds out how long the episodes of `batch` are.
    pub fn measure(&mut self, batch: &Batch) {
        self.lengths.clear();
        let steps = |episode: usize| batch.mask.iter().skip(episode).step_by(batch.episodes);
        self.lengths.extend(
            (0..batch.episodes).map(|episode| steps(episode).filter(|counts| **counts > 0.0).count()),
        );
    }

    /// What the agents of `episode` chose at time `t`; what they would have chosen after its last step.
    fn joint<'a>(&'a self, batch: &'a Batch, agents: usize, t: usize, episode: usize) -> &'a [i32] {
        if t < self.lengths[episode] {
            &batch.choices[(t * batch.episodes + episode) * agents..][..agents]
        } else {
            &self.last[episode * agents..][..agents]
        }
    }

    /// Writes the inputs, from lengths and last choices.
    pub fn write_inputs(&mut self, shape: ProcessShape, batch: &Batch) {
        let (agents, width) = (shape.num_agents, critic_input_len(shape));
        let mut inputs = std::mem::take(&mut self.inputs);
        inputs.resize(batch.length * batch.episodes * agents * width, 0.0);
        let view = &*self;
        inputs.par_chunks_exact_mut(batch.episodes * agents * width).enumerate().for_each(|(t, rows)| {
            rows.fill(0.0);
            for (episode, rows) in rows.chunks_exact_mut(agents * width).enumerate() {
                if t > view.lengths[episode] {
                    continue;
                }
                let state = &batch.states[(t * batch.episodes + episode) * shape.state..][..shape.state];
                let joint = view.joint(batch, agents, t, episode);
                let before = (t > 0).then(|| view.joint(batch, agents, t - 1, episode));
                for (agent, row) in rows.chunks_exact_mut(width).enumerate() {
                    let place = (t * batch.episodes + episode) * agents + agent;
                    let observation = &batch.inputs[place * input_len(shape)..][..shape.observation];
                    write_row(shape, state, observation, agent, joint, before, row);
                }
            }
        });
        self.inputs = inputs;
    }

    /// Returns that decay with `lambda`, from the `values` of a target critic, `[L, B, agents, choices]`, and the chances of
    /// the policy, alike: what each choice should be worth, `[L - 1, B, agents]`. What is behind the end of an episode that
    /// was cut off counts as much as it is worth on average; behind a terminal state there is nothing.
    pub fn targets(
        &self,
        shape: ProcessShape,
        batch: &Batch,
        values: &[f32],
        chances: &[f32],
        lambda: f32,
        targets: &mut Vec<f32>,
    ) {
        let ProcessShape { num_agents: agents, choices, .. } = shape;
        targets.clear();
        targets.resize(batch.choices.len(), 0.0);
        for (episode, &length) in self.lengths.iter().enumerate() {
            for agent in 0..agents {
                let place = |t: usize| (t * batch.episodes + episode) * agents + agent;
                let chosen: Vec<f32> = (0..length)
                    .map(|t| values[place(t) * choices + batch.choices[place(t)] as usize])
                    .collect();
                let behind = place(length) * choices..(place(length) + 1) * choices;
                let behind = mean_value(&values[behind.clone()], &chances[behind]);
                let next: Vec<f32> = chosen.iter().skip(1).copied().chain([behind]).collect();
                let outcomes: Vec<Outcome> = (0..length)
                    .map(|t| {
                        let row = t * batch.episodes + episode;
                        let ended = t + 1 == length;
                        Outcome {
                            reward: batch.rewards[row],
                            discount: batch.discounts[row],
                            terminated: ended && batch.discounts[row] == 0.0,
                            ended,
                        }
                    })
                    .collect();
                let above = option_advantages(&outcomes, &chosen, &next, lambda);
                for (t, (above, chosen)) in above.into_iter().zip(chosen).enumerate() {
                    targets[place(t)] = above + chosen;
                }
            }
        }
    }
}

/// Writes one input of the critic: that for `agent`, whose own choice among the `joint` ones is left out.
fn write_row(
    shape: ProcessShape,
    state: &[f32],
    observation: &[f32],
    agent: usize,
    joint: &[i32],
    before: Option<&[i32]>,
    row: &mut [f32],
) {
    let (seen, rest) = row.split_at_mut(state.len());
    seen.copy_from_slice(state);
    let (seen, rest) = rest.split_at_mut(observation.len());
    seen.copy_from_slice(observation);
    let (number, rest) = rest.split_at_mut(shape.num_agents);
    number[agent] = 1.0;
    let (now, last) = rest.split_at_mut(shape.num_agents * shape.choices);
    for (other, &choice) in joint.iter().enumerate().filter(|(other, _)| *other != agent) {
        now[other * shape.choices + choice as usize] = 1.0;
    }
    for (other, &choice) in before.into_iter().flatten().enumerate() {
        last[other * shape.choices + choice as usize] = 1.0;
    }
}

/// Writes the values of all choices for `inputs`, on as many threads as there are passes.
pub(super) fn evaluate(
    critic: &DensePerceptron,
    inputs: &[f32],
    width: usize,
    passes: &mut [Pass; SHARDS],
    values: &mut Vec<f32>,
) {
    let rows = inputs.len() / width;
    let parts: Vec<&[f32]> = passes
        .par_iter_mut()
        .enumerate()
        .map(|(shard, pass)| {
            let [first, end] = bounds(rows, shard);
            if first == end { &[][..] } else { critic.forward(&inputs[first * width..end * width], pass) }
        })
        .collect();
    values.clear();
    parts.into_iter().for_each(|part| values.extend_from_slice(part));
}

/// Some rows of a minibatch for a gradient step of the critic.
#[derive(Clone, Copy)]
pub(super) struct CriticRows<'a> {
    /// `[rows, input]`.
    pub inputs: &'a [f32],
    /// The choices made, `[rows]`.
    pub choices: &'a [i32],
    /// What they should be worth, `[rows]`.
    pub targets: &'a [f32],
    /// 1 where a row counts, `[rows / agents]`.
    pub mask: &'a [f32],
    /// Rows for each of the mask.
    pub agents: usize,
}

/// The sum of the squared errors over rows that count, how many count, and the gradient of their mean.
pub(super) fn critic_gradient(
    critic: &DensePerceptron,
    rows: CriticRows<'_>,
    pass: &mut Pass,
    slopes: &mut Vec<f32>,
) -> (f32, f32, DensePerceptron) {
    let counted = rows.mask.iter().sum::<f32>() * rows.agents as f32;
    let values = critic.forward(rows.inputs, pass);
    let choices = values.len() / rows.choices.len();
    let slopes = room(slopes, values.len());
    slopes.fill(0.0);
    let mut sum = 0.0;
    for (row, (&choice, &target)) in rows.choices.iter().zip(rows.targets).enumerate() {
        let at = row * choices + choice as usize;
        let error = (values[at] - target) * rows.mask[row / rows.agents];
        sum += error * error;
        slopes[at] = 2.0 * error / counted.max(1.0);
    }
    let mut gradient = critic.zeros();
    critic.backward(rows.inputs, slopes, pass, Some(&mut gradient), None);
    (sum, counted, gradient)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qmix::Episode;
    use crate::random::{Purpose, stream};

    const SHAPE: ProcessShape =
        ProcessShape { num_envs: 1, num_agents: 2, choices: 2, observation: 1, state: 1 };

    fn episode(steps: usize, terminated: bool) -> Episode {
        Episode {
            observations: (0..(steps + 1) * 2).map(|i| 10.0 + i as f32).collect(),
            states: (0..=steps).map(|i| 0.5 + i as f32).collect(),
            available: vec![1; (steps + 1) * 4],
            choices: [1, 0, 0, 1, 1, 1][..steps * 2].to_vec(),
            rewards: (0..steps).map(|i| i as f32 + 1.0).collect(),
            discounts: vec![0.9; steps],
            terminated,
        }
    }

    fn view(batch: &Batch) -> CriticView {
        let mut view = CriticView { last: vec![0; batch.episodes * 2], ..CriticView::default() };
        view.measure(batch);
        view.last[3] = 1;
        view.write_inputs(SHAPE, batch);
        view
    }

    #[test]
    fn the_critic_sees_the_others_choices_but_not_the_agents_own() {
        let (short, long) = (episode(1, true), episode(2, false));
        let batch = Batch::new(SHAPE, &[&short, &long]);
        let view = view(&batch);
        assert_eq!(view.lengths, [1, 2]);
        let row = |t: usize, episode: usize, agent: usize| {
            let place = (t * 2 + episode) * 2 + agent;
            view.inputs[place * 12..(place + 1) * 12].to_vec()
        };
        // State, observation, number, choices of the others (own left out), last choices of all.
        assert_eq!(row(0, 1, 0), [0.5, 10.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(row(1, 1, 1), [1.5, 13.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
        // Behind the last step the choices are those that were drawn.
        assert_eq!(row(2, 1, 0), [2.5, 14.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(row(2, 0, 0), [0.0; 12]);
    }

    #[test]
    fn targets_bootstrap_where_an_episode_was_cut_off_and_not_where_it_ended() {
        let (ended, cut) = (episode(2, true), episode(2, false));
        let batch = Batch::new(SHAPE, &[&ended, &cut]);
        let view = view(&batch);
        // The value of a choice is its place and number; chances are 0.25 and 0.75 throughout.
        let values: Vec<f32> = (0..3 * 2 * 2 * 2).map(|i| i as f32).collect();
        let chances: Vec<f32> = (0..values.len()).map(|i| if i % 2 == 0 { 0.25 } else { 0.75 }).collect();
        let mut targets = Vec::new();
        view.targets(SHAPE, &batch, &values, &chances, 0.8, &mut targets);
        // Agent 0: at time 1 it made choice 0, in places 4 and 6 of values 8 and 12.
        let last = [2.0, 2.0 + 0.9 * (0.25 * 20.0 + 0.75 * 21.0)];
        let first =
            [8.0, 12.0].into_iter().zip(last).map(|(next, last)| 1.0 + 0.9 * (0.2 * next + 0.8 * last));
        for (place, expected) in [0, 2, 4, 6].into_iter().zip(first.chain(last)) {
            assert!((targets[place] - expected).abs() < 1e-4, "{place}: {targets:?} {expected}");
        }
    }

    #[test]
    fn the_gradient_of_the_error_is_its_slope_and_padding_has_none() {
        let batch = Batch::new(SHAPE, &[&episode(1, true), &episode(2, false)]);
        let view = view(&batch);
        let mut critic = DensePerceptron::new(&[12, 5, 4, 2], &mut stream(3, Purpose::Parameters));
        let targets = [0.3, -0.2, 1.0, 0.7, 90.0, 90.0, -0.4, 0.1];
        let rows = CriticRows {
            inputs: &view.inputs[..8 * 12],
            choices: &batch.choices,
            targets: &targets,
            mask: &batch.mask,
            agents: 2,
        };
        let (mut pass, mut slopes) = (Pass::default(), Vec::new());
        let (_, counted, mut gradient) = critic_gradient(&critic, rows, &mut pass, &mut slopes);
        assert_eq!(counted, 6.0);
        let mut loss = |critic: &DensePerceptron| {
            let (sum, counted, _) = critic_gradient(critic, rows, &mut pass, &mut slopes);
            f64::from(sum / counted)
        };
        let mut large = 0;
        for layer in 0..3 {
            for part in 0..2 {
                for at in 0..gradient.layers()[layer].parameters()[part].len() {
                    let slope = gradient.layers_mut()[layer].parameters_mut()[part][at];
                    let [low, high] = [-1.0, 1.0].map(|sign| {
                        let value = critic.layers()[layer].parameters()[part][at];
                        critic.layers_mut()[layer].parameters_mut()[part][at] = value + sign * 1e-3;
                        let loss = loss(&critic);
                        critic.layers_mut()[layer].parameters_mut()[part][at] = value;
                        loss
                    });
                    let expected = (high - low) / 2e-3;
                    let close = (f64::from(slope) - expected).abs() < 5e-3 * expected.abs().max(1.0);
                    assert!(close, "{slope} {expected}");
                    large += usize::from(slope.abs() > 0.05);
                }
            }
        }
        assert!(large > 10, "{large}");
    }
}
