//! The learner of COMA: an update fits the critic to the returns of the episodes just played, then takes one step of
//! the policy along its gradient.
//!
//! ```text
//! G_t    = r_t + d_t ((1 - lambda) Q'(s_{t+1}, u_{t+1}) + lambda G_{t+1})                (' target critic)
//! critic : mean (Q(s_t, u_t) - G_t)^2, some time steps after the other, from the last ones to the first ones
//! policy : -mean A(s_t, u_t) ln pi(u_t)                              with A the counterfactual advantage
//! ```
//!
//! Means are over agents and over steps that are no padding. Episodes that were under way when an update was made were
//! in part played by the policy before it; they count like the others.

use burn::module::Module;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use pentathlon_gym::seeding::philox::Philox;

use super::advantage::{counterfactual_advantage, policy_chances, policy_slopes};
use super::config::CriticConfig;
use super::critic::{CriticRows, CriticView, critic_gradient, critic_input_len, evaluate};
use crate::Error;
use crate::networks::Perceptron;
use crate::networks::dense::SHARDS;
use crate::networks::dense_perceptron::{DensePerceptron, Pass};
use crate::options::ProcessShape;
use crate::ppo::gradients::clip_norm;
use crate::qmix::{
    ActionSelection, AgentNetwork, Batch, Keep, LearnerBytes, LearnerConfig, Unrolled, UpdateStatistics,
    Weights, optimizer,
};
use crate::random::{Purpose, stream};

/// All networks of COMA.
#[derive(Module, Debug)]
pub struct ComaNetworks {
    /// Logits of single agents' choices.
    pub agent: AgentNetwork,
    /// Values of all choices of one agent.
    pub critic: Perceptron,
}

impl ComaNetworks {
    /// Networks with parameters drawn from `random`.
    pub fn new(
        shape: ProcessShape,
        learner: &LearnerConfig,
        critic: &CriticConfig,
        random: &mut Philox,
        device: &Device,
    ) -> Self {
        let widths = [critic_input_len(shape), critic.hidden, critic.hidden, shape.choices];
        Self {
            agent: AgentNetwork::new(shape, learner, random, device),
            critic: Perceptron::new(&widths, random, device),
        }
    }
}

/// Networks in training.
pub struct ComaLearner {
    shape: ProcessShape,
    config: LearnerConfig,
    critic_config: CriticConfig,
    networks: ComaNetworks,
    target: Perceptron,
    optimizer: ModuleOptimizer,
    updates: u64,
    workspace: Workspace,
}

/// Room for an update, kept from one to the next.
#[derive(Default)]
struct Workspace {
    live: Unrolled,
    view: CriticView,
    passes: [Pass; SHARDS],
    /// Chances of all choices, `[L, B, agents, choices]`.
    chances: Vec<f32>,
    /// Values of all choices, alike.
    values: Vec<f32>,
    /// What choices should be worth, `[L - 1, B, agents]`.
    targets: Vec<f32>,
    slopes: Vec<f32>,
    /// Counterfactual advantages over the number of choices that count, 0 in the padding, `[L - 1, B, agents]`.
    weights: Vec<f32>,
}

impl ComaLearner {
    /// A learner with random parameters drawn from `seed`.
    pub fn new(shape: ProcessShape, config: &LearnerConfig, critic_config: &CriticConfig, seed: u64) -> Self {
        let device = Device::flex().autodiff();
        let mut random = stream(seed, Purpose::Parameters);
        let networks = ComaNetworks::new(shape, config, critic_config, &mut random, &device);
        Self {
            shape,
            target: networks.critic.valid(),
            networks,
            optimizer: optimizer(config),
            config: config.clone(),
            critic_config: critic_config.clone(),
            updates: 0,
            workspace: Workspace::default(),
        }
    }

    /// Updates so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// The agents' network as it is now, without gradients.
    pub fn policy(&self) -> AgentNetwork {
        self.networks.agent.valid()
    }

    /// One update with the episodes of `batch`, which were played with a floor of `epsilon`; `random` draws what would have
    /// been chosen behind the last step of episodes.
    ///
    /// # Errors
    /// [`Error::Diverged`] when a gradient is not finite; the networks are then as they were.
    pub fn update(
        &mut self,
        batch: &Batch,
        epsilon: f32,
        random: &mut Philox,
    ) -> Result<UpdateStatistics, Error> {
        let mut workspace = std::mem::take(&mut self.workspace);
        let before = (self.networks.clone(), self.optimizer.clone());
        let done = self.step(batch, epsilon, random, &mut workspace);
        self.workspace = workspace;
        if done.is_err() {
            (self.networks, self.optimizer) = before;
        }
        done
    }

    fn step(
        &mut self,
        batch: &Batch,
        epsilon: f32,
        random: &mut Philox,
        workspace: &mut Workspace,
    ) -> Result<UpdateStatistics, Error> {
        let ProcessShape { num_agents: agents, choices, .. } = self.shape;
        let Workspace { live, view, passes, chances, values, targets, slopes, weights } = workspace;
        let actor = Weights::of(&self.networks.agent);
        live.forward(&actor, self.shape, batch, Keep::Everything);
        chances.resize(live.values.len(), 0.0);
        for (at, chances) in chances.chunks_exact_mut(choices).enumerate() {
            let row = at * choices..(at + 1) * choices;
            policy_chances(&live.values[row.clone()], &batch.available[row], epsilon, chances);
        }
        view.measure(batch);
        view.last.clear();
        for episode in 0..batch.episodes {
            let place = (view.lengths[episode] * batch.episodes + episode) * agents;
            for place in place..place + agents {
                let row = place * choices..(place + 1) * choices;
                let (mut logits, available) = (live.values[row.clone()].to_vec(), &batch.available[row]);
                let selection = ActionSelection::EpsilonSoftmax(epsilon.into());
                view.last.push(selection.choose(&mut logits, available, random) as i32);
            }
        }
        view.write_inputs(self.shape, batch);
        let width = critic_input_len(self.shape);
        evaluate(&DensePerceptron::of(&self.target), &view.inputs, width, passes, values);
        view.targets(self.shape, batch, values, chances, self.critic_config.lambda, targets);
        let loss = self.fit_critic(batch, view, targets, &mut passes[0], slopes)?;

        let rows = batch.choices.len();
        let critic = DensePerceptron::of(&self.networks.critic);
        evaluate(&critic, &view.inputs[..rows * width], width, passes, values);
        let counted = (batch.mask.iter().sum::<f32>() * agents as f32).max(1.0);
        let mut mean_value = 0.0;
        weights.clear();
        for (place, &choice) in batch.choices.iter().enumerate() {
            let row = place * choices..(place + 1) * choices;
            let counts = batch.mask[place / agents] / counted;
            mean_value += counts * values[row.start + choice as usize];
            let advantage = counterfactual_advantage(&values[row.clone()], &chances[row], choice as usize);
            weights.push(counts * advantage);
        }
        let gradient = live.gradient(&actor, self.shape, batch, |logits, place, slopes| {
            let row = place * choices..(place + 1) * choices;
            let choice = batch.choices[place] as usize;
            policy_slopes(
                &logits[row.clone()],
                &batch.available[row],
                epsilon,
                choice,
                weights[place],
                slopes,
            );
        });
        let mut gradients = GradientsParams::new();
        gradient.register(&self.networks.agent, &mut gradients);
        let gradient_norm = self.descend(self.config.learning_rate, gradients, loss)?;
        self.updates += 1;
        if self.updates.is_multiple_of(self.critic_config.target_updates) {
            self.target = self.networks.critic.valid();
        }
        Ok(UpdateStatistics { loss, gradient_norm, mean_value })
    }

    /// Gradient steps of the critic towards `targets`, from the last time steps to the first ones; the mean squared error
    /// before each.
    fn fit_critic(
        &mut self,
        batch: &Batch,
        view: &CriticView,
        targets: &[f32],
        pass: &mut Pass,
        slopes: &mut Vec<f32>,
    ) -> Result<f32, Error> {
        let (agents, width) = (self.shape.num_agents, critic_input_len(self.shape));
        let (steps, at_once) = (batch.length - 1, self.critic_config.minibatch_steps);
        let (mut sum, mut counted) = (0.0, 0.0);
        for first in (0..steps).step_by(at_once).rev() {
            let episodes = first * batch.episodes..(first + at_once).min(steps) * batch.episodes;
            let rows = episodes.start * agents..episodes.end * agents;
            let rows = CriticRows {
                inputs: &view.inputs[rows.start * width..rows.end * width],
                choices: &batch.choices[rows.clone()],
                targets: &targets[rows],
                mask: &batch.mask[episodes],
                agents,
            };
            let critic = DensePerceptron::of(&self.networks.critic);
            let (errors, count, gradient) = critic_gradient(&critic, rows, pass, slopes);
            let mut gradients = GradientsParams::new();
            gradient.register(&self.networks.critic, &mut gradients);
            self.descend(self.critic_config.learning_rate, gradients, errors)?;
            (sum, counted) = (sum + errors, counted + count);
        }
        Ok(sum / counted.max(1.0))
    }

    /// One step of the optimiser down `gradients`; their norm before it was limited.
    fn descend(&mut self, rate: f64, mut gradients: GradientsParams, loss: f32) -> Result<f32, Error> {
        let norm = clip_norm(&self.networks, &mut gradients, self.config.max_gradient_norm);
        if !norm.is_finite() || !loss.is_finite() {
            return Err(Error::Diverged { update: self.updates + 1, what: "norm of the gradient" });
        }
        self.networks = self.optimizer.step(rate, self.networks.clone(), gradients);
        Ok(norm)
    }

    /// Parameters, those of the target critic and the optimiser's state as bytes.
    ///
    /// # Errors
    /// What burn says when it cannot write them.
    pub fn to_bytes(&self) -> Result<LearnerBytes, String> {
        LearnerBytes::of(&self.networks, &self.target, &self.optimizer, self.updates)
    }

    /// Takes over what [`ComaLearner::to_bytes`] wrote.
    ///
    /// # Errors
    /// What does not fit; the learner is then unchanged.
    pub fn load_bytes(&mut self, bytes: LearnerBytes) -> Result<(), String> {
        let fresh = optimizer(&self.config);
        (self.networks, self.target, self.optimizer, self.updates) =
            bytes.load(&self.networks, &self.target, fresh)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::Random;

    use super::*;
    use crate::qmix::Episode;

    const SHAPE: ProcessShape =
        ProcessShape { num_envs: 1, num_agents: 2, choices: 3, observation: 2, state: 1 };

    fn batch() -> Batch {
        let mut random = stream(5, Purpose::Actions);
        let episode = |steps: usize, terminated: bool, random: &mut Philox| Episode {
            observations: (0..(steps + 1) * 4).map(|_| random.float() as f32).collect(),
            states: (0..=steps).map(|_| random.float() as f32).collect(),
            // The second choice is not always allowed.
            available: (0..(steps + 1) * 6).map(|i| u8::from(i % 6 != 1)).collect(),
            choices: (0..steps * 2).map(|i| if i % 3 == 1 { 2 } else { 0 }).collect(),
            rewards: (0..steps).map(|_| random.float() as f32).collect(),
            discounts: vec![0.9; steps],
            terminated,
        };
        let episodes = [episode(4, true, &mut random), episode(2, false, &mut random)];
        Batch::new(SHAPE, &episodes.each_ref())
    }

    /// The gradient of the policy's parameters, memory and all, against differences of the objective.
    #[test]
    fn the_gradient_of_the_policy_is_its_slope() {
        const EPSILON: f32 = 0.3;
        let batch = batch();
        for recurrent in [true, false] {
            let config = LearnerConfig { hidden: 5, recurrent, ..LearnerConfig::default() };
            let learner = ComaLearner::new(SHAPE, &config, &CriticConfig::default(), 2);
            let mut actor = Weights::of(&learner.networks.agent);
            let advantages: Vec<f32> = (0..batch.choices.len()).map(|i| (i as f32 * 0.7).sin()).collect();
            let mut live = Unrolled::default();
            let objective = |actor: &Weights, live: &mut Unrolled| {
                live.forward(actor, SHAPE, &batch, Keep::Everything);
                let mut chances = [0.0; 3];
                (0..batch.choices.len())
                    .map(|place| {
                        let row = place * 3..place * 3 + 3;
                        policy_chances(
                            &live.values[row.clone()],
                            &batch.available[row],
                            EPSILON,
                            &mut chances,
                        );
                        let chance = chances[batch.choices[place] as usize];
                        f64::from(-advantages[place] * batch.mask[place / 2] * chance.ln())
                    })
                    .sum::<f64>()
            };
            objective(&actor, &mut live);
            let mut gradient = live.gradient(&actor, SHAPE, &batch, |logits, place, slopes| {
                let (row, choice) = (place * 3..place * 3 + 3, batch.choices[place] as usize);
                let weight = advantages[place] * batch.mask[place / 2];
                policy_slopes(&logits[row.clone()], &batch.available[row], EPSILON, choice, weight, slopes);
            });
            let mut large = 0;
            for layer in 0..actor.layers_mut().len() {
                for part in 0..2 {
                    for at in 0..actor.layers_mut()[layer].parameters()[part].len() {
                        let slope = gradient.layers_mut()[layer].parameters()[part][at];
                        let [low, high] = [-1e-2, 1e-2].map(|step| {
                            let value = actor.layers_mut()[layer].parameters()[part][at];
                            actor.layers_mut()[layer].parameters_mut()[part][at] = value + step;
                            let objective = objective(&actor, &mut live);
                            actor.layers_mut()[layer].parameters_mut()[part][at] = value;
                            objective
                        });
                        let expected = (high - low) / 2e-2;
                        let close = (f64::from(slope) - expected).abs() < 2e-3;
                        assert!(close, "layer {layer}, {part}, {at}: {slope} {expected}");
                        large += usize::from(slope.abs() > 0.02);
                    }
                }
            }
            assert!(large > 20, "{large}");
        }
    }

    #[test]
    fn updates_fit_the_critic_and_saved_learners_go_on_alike() {
        let config = LearnerConfig { hidden: 8, ..LearnerConfig::default() };
        let critic =
            CriticConfig { hidden: 16, learning_rate: 5e-3, target_updates: 3, ..CriticConfig::default() };
        let (batch, mut random) = (batch(), stream(1, Purpose::Minibatches));
        let mut learner = ComaLearner::new(SHAPE, &config, &critic, 3);
        let first = learner.update(&batch, 0.1, &mut random).unwrap();
        for _ in 0..40 {
            learner.update(&batch, 0.1, &mut random).unwrap();
        }
        let mut resumed = ComaLearner::new(SHAPE, &config, &critic, 77);
        resumed.load_bytes(learner.to_bytes().unwrap()).unwrap();
        let mut again = random;
        for _ in 0..5 {
            let expected = learner.update(&batch, 0.1, &mut random).unwrap();
            assert_eq!(resumed.update(&batch, 0.1, &mut again).unwrap(), expected);
            assert!(expected.loss < first.loss / 4.0, "{first:?} {expected:?}");
        }
        let mut broken = batch.clone();
        broken.rewards[0] = f32::NAN;
        let parameters = |learner: &ComaLearner| {
            (Weights::of(&learner.networks.agent), DensePerceptron::of(&learner.networks.critic))
        };
        let before = parameters(&learner);
        assert!(matches!(learner.update(&broken, 0.1, &mut random), Err(Error::Diverged { .. })));
        assert!(parameters(&learner) == before);
        assert!(learner.update(&batch, 0.1, &mut random).unwrap().loss.is_finite());
    }
}
