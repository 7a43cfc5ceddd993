//! Noticing that the world has changed: an auto-encoder of what agents observe, successor features of its code
//! under each subgoal, and how far both are off after each step. A reconstruction of the adaptive goal
//! generation of GMAH (Xu et al., 2024, arXiv 2408.11416), of which no equations are published.
//!
//! ```text
//! phi(o): code        phi'(phi(o)): the observation again        psi(phi(o), g): codes to come
//! e = || phi(o') + gamma psi(o', g) - psi(o, g) ||               surprise of a step
//! L = mean || phi'(phi(o)) - o ||^2
//!   + mean || psi(o, g) - (phi(o') + gamma (1 - end) psi_target(o', g)) ||^2      (phi, psi_target fixed)
//! ```

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device, Tensor, TensorData};
use pentathlon_gym::seeding::{Random, philox::Philox};
use serde::{Deserialize, Serialize};

use crate::networks::Perceptron;
use crate::options::{Aftermath, End};
use crate::random::{Purpose, StreamState, stream};

/// How change is noticed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SurpriseConfig {
    /// Numbers of the code, 1 to 1024.
    pub code: usize,
    /// Width of the hidden layers, 1 to 1024.
    pub hidden: usize,
    /// Discount of codes to come, 0 to 1.
    pub gamma: f32,
    /// Passes over the collected steps in one update, 1 to 100.
    pub epochs: usize,
    /// Steps in a minibatch, 1 to 65536.
    pub minibatch: usize,
    /// Step size of Adam, above 0 and at most 1.
    pub learning_rate: f64,
    /// Updates between two copies of the successor features into their target, at least 1.
    pub target_updates: u64,
    /// Share of the running mean and variance that one step leaves of them, 0 to 1.
    pub decay: f64,
    /// Deviations above the mean from which a step is a change, 0 or more.
    pub threshold: f64,
    /// Steps that a subgoal is pursued at least before it is given up.
    pub shortest: u32,
    /// Steps under a subgoal before its mean and variance are trusted, at least 1.
    pub least_seen: u64,
}

impl Default for SurpriseConfig {
    fn default() -> Self {
        Self {
            code: 16,
            hidden: 64,
            gamma: 0.99,
            epochs: 4,
            minibatch: 256,
            learning_rate: 1e-3,
            target_updates: 500,
            decay: 0.995,
            threshold: 3.0,
            shortest: 4,
            least_seen: 200,
        }
    }
}

/// The three networks.
#[derive(Module, Debug)]
struct Networks {
    encoder: Perceptron,
    decoder: Perceptron,
    successor: Perceptron,
}

/// Running mean and variance of the surprise under one subgoal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Usual {
    mean: f64,
    variance: f64,
    seen: u64,
}

impl Usual {
    fn add(&mut self, value: f64, decay: f64) {
        // The first steps count alike, so that the start at 0 does not stay in the mean.
        let kept = decay.min(self.seen as f64 / (self.seen + 1) as f64);
        let difference = value - self.mean;
        self.mean += (1.0 - kept) * difference;
        self.variance = kept * (self.variance + (1.0 - kept) * difference * difference);
        self.seen += 1;
    }
}

/// Steps that the networks have not learned from yet.
#[derive(Clone, Debug, Default)]
struct Steps {
    before: Vec<f32>,
    after: Vec<f32>,
    subgoals: Vec<i32>,
    /// 0 where the subgoal ended with the step, else 1.
    goes_on: Vec<f32>,
    /// Steps after which an agent was asked to choose anew, and the agent's row: whether the subgoal ended with them
    /// shows when it has chosen.
    undecided: Vec<(usize, usize)>,
}

/// What an update of the networks did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SurpriseStatistics {
    /// Mean squared error of the restored observation, per number.
    pub restoring: f32,
    /// Mean squared error of the successor features, per number.
    pub foreseeing: f32,
}

/// Notices change for all agents of a batch.
pub struct Surprise {
    config: SurpriseConfig,
    subgoals: usize,
    /// Numbers of an observation.
    features: usize,
    networks: Networks,
    target: Perceptron,
    optimizer: ModuleOptimizer,
    updates: u64,
    random: Philox,
    device: Device,
    plain: Networks,
    usual: Vec<Usual>,
    steps: Steps,
    /// Whether steps are kept to learn from.
    pub learns: bool,
    /// Of every agent: what was observed before the step, its code, and the codes that were to come.
    before: Vec<f32>,
    code: Option<Vec<f32>>,
    foreseen: Vec<f32>,
    measured: Vec<f32>,
}

impl Surprise {
    /// Networks for observations of `features` numbers under `subgoals` subgoals, with parameters drawn from
    /// `seed`.
    pub fn new(config: &SurpriseConfig, features: usize, subgoals: usize, seed: u64) -> Self {
        let device = Device::flex().autodiff();
        let mut random = stream(seed, Purpose::Surprise);
        let (code, hidden) = (config.code, config.hidden);
        let networks = Networks {
            encoder: Perceptron::new(&[features, hidden, code], &mut random, &device),
            decoder: Perceptron::new(&[code, hidden, features], &mut random, &device),
            successor: Perceptron::new(&[code + subgoals, hidden, code], &mut random, &device),
        };
        let plain = networks.valid();
        Self {
            config: config.clone(),
            subgoals,
            features,
            target: plain.successor.clone(),
            plain,
            networks,
            optimizer: optimizer(),
            updates: 0,
            random,
            device,
            usual: vec![Usual::default(); subgoals],
            steps: Steps::default(),
            learns: true,
            before: Vec::new(),
            code: None,
            foreseen: Vec::new(),
            measured: Vec::new(),
        }
    }

    /// Sees all agents before a step; `features` is `[agents, numbers]`, and `current` holds their subgoals.
    pub fn expect(&mut self, features: &[f32], current: &[i32]) {
        for (step, place) in self.steps.undecided.drain(..) {
            if current[place] != self.steps.subgoals[step] {
                self.steps.goes_on[step] = 0.0;
            }
        }
        let device = Device::flex();
        let rows = current.len();
        let code = match self.code.take() {
            Some(code) => code,
            None => self.plain.encoder.outputs(features.to_vec(), rows, &device),
        };
        self.foreseen = self.plain.successor.outputs(self.pursuing(&code, current), rows, &device);
        self.before.clear();
        self.before.extend_from_slice(features);
    }

    /// Sees all agents after the step, and measures how surprising it was to each.
    pub fn perceive(&mut self, aftermath: &Aftermath<'_>) {
        let device = Device::flex();
        let (after, current) = (aftermath.scene.features, aftermath.current);
        let rows = current.len();
        let code = self.plain.encoder.outputs(after.to_vec(), rows, &device);
        let next = self.plain.successor.outputs(self.pursuing(&code, current), rows, &device);
        let width = self.config.code;
        self.measured.clear();
        self.measured.extend((0..rows).map(|row| {
            let own = row * width..(row + 1) * width;
            let parts = code[own.clone()].iter().zip(&next[own.clone()]).zip(&self.foreseen[own]);
            parts
                .map(|((code, next), foreseen)| (code + self.config.gamma * next - foreseen).powi(2))
                .sum::<f32>()
                .sqrt()
        }));
        self.code = Some(code);
    }

    /// Whether the agent in row `place`, which has pursued `subgoal` for `age` steps, saw a change in the last step.
    pub fn noticed(&self, place: usize, subgoal: i32, age: u32) -> bool {
        let usual = &self.usual[subgoal as usize];
        let config = &self.config;
        age >= config.shortest
            && usual.seen >= config.least_seen
            && f64::from(self.measured[place])
                > usual.mean + config.threshold * (usual.variance + 1e-8).sqrt()
    }

    /// Forgets what agents saw last: they are somewhere else now.
    pub fn forget(&mut self) {
        self.code = None;
    }

    /// How surprising the last step was to every agent.
    pub fn measured(&self) -> &[f32] {
        &self.measured
    }

    /// Learns which subgoals ended with the last step: only the others tell what is usual. All are learned from, those
    /// that ended with the episode by what was seen last of it.
    pub fn settle(&mut self, aftermath: &Aftermath<'_>) {
        let team = aftermath.scene.shape.num_agents;
        for (place, (&subgoal, &end)) in aftermath.current.iter().zip(aftermath.ends).enumerate() {
            if matches!(end, None | Some(End::Interrupted)) {
                self.usual[subgoal as usize].add(self.measured[place].into(), self.config.decay);
            }
            if !self.learns {
                continue;
            }
            let (after, goes_on) = match end {
                None | Some(End::Interrupted) => (aftermath.scene.features, true),
                Some(End::Terminated | End::Budget) => (aftermath.scene.features, false),
                // A time limit of the episode is nothing that agents can foresee: codes are foreseen beyond it.
                Some(End::Episode) => {
                    let achieved = aftermath.scene.events[place] == subgoal;
                    (aftermath.last_features, !achieved && !aftermath.outcomes[place / team].terminated)
                }
            };
            let steps = &mut self.steps;
            if end == Some(End::Interrupted) {
                steps.undecided.push((steps.subgoals.len(), place));
            }
            let own = place * self.features..(place + 1) * self.features;
            steps.before.extend_from_slice(&self.before[own.clone()]);
            steps.after.extend_from_slice(&after[own]);
            steps.subgoals.push(subgoal);
            steps.goes_on.push(f32::from(u8::from(goes_on)));
        }
    }

    /// Improves the networks by the steps seen since the last call, and forgets those.
    pub fn train(&mut self) -> SurpriseStatistics {
        let steps = std::mem::take(&mut self.steps);
        let mut order: Vec<usize> = (0..steps.subgoals.len()).collect();
        let mut total = SurpriseStatistics::default();
        let mut count = 0;
        for _ in 0..self.config.epochs {
            self.random.shuffle(&mut order);
            for rows in order.chunks(self.config.minibatch) {
                let statistics = self.learn(&steps, rows);
                total.restoring += statistics.restoring;
                total.foreseeing += statistics.foreseeing;
                count += 1;
            }
        }
        self.plain = self.networks.valid();
        self.code = None;
        let count = count.max(1) as f32;
        SurpriseStatistics { restoring: total.restoring / count, foreseeing: total.foreseeing / count }
    }

    fn learn(&mut self, steps: &Steps, rows: &[usize]) -> SurpriseStatistics {
        let plain = Device::flex();
        let gather = |source: &[f32]| -> Vec<f32> {
            let width = self.features;
            rows.iter().flat_map(|row| &source[row * width..(row + 1) * width]).copied().collect()
        };
        let (count, width) = (rows.len(), self.config.code);
        let before = gather(&steps.before);
        let current: Vec<i32> = rows.iter().map(|&row| steps.subgoals[row]).collect();
        let encoder = self.networks.encoder.valid();
        let code = encoder.outputs(before.clone(), count, &plain);
        let code_after = encoder.outputs(gather(&steps.after), count, &plain);
        let next = self.target.outputs(self.pursuing(&code_after, &current), count, &plain);
        let to_come: Vec<f32> = code_after
            .iter()
            .zip(&next)
            .enumerate()
            .map(|(index, (code, next))| code + self.config.gamma * steps.goes_on[rows[index / width]] * next)
            .collect();
        let tensor = |values: Vec<f32>| {
            let columns = values.len() / count;
            Tensor::<2>::from_data(TensorData::new(values, [count, columns]), &self.device)
        };
        let seen = tensor(before);
        let restored = self.networks.decoder.forward(self.networks.encoder.forward(seen.clone()));
        let restoring = (restored - seen).square().mean();
        let foreseen = self.networks.successor.forward(tensor(self.pursuing(&code, &current)));
        let foreseeing = (foreseen - tensor(to_come)).square().mean();
        let statistics = SurpriseStatistics {
            restoring: restoring.clone().into_scalar::<f32>(),
            foreseeing: foreseeing.clone().into_scalar::<f32>(),
        };
        // Means over rows of sums over numbers: as the squared norms above.
        let loss = restoring.mul_scalar(self.features as f32) + foreseeing.mul_scalar(width as f32);
        let gradients = GradientsParams::from_grads(loss.backward(), &self.networks);
        self.networks = self.optimizer.step(self.config.learning_rate, self.networks.clone(), gradients);
        self.updates += 1;
        if self.updates.is_multiple_of(self.config.target_updates) {
            self.target = self.networks.valid().successor;
        }
        statistics
    }

    /// Codes followed by the subgoals as ones and zeros.
    fn pursuing(&self, code: &[f32], current: &[i32]) -> Vec<f32> {
        let mut rows = Vec::with_capacity(current.len() * (self.config.code + self.subgoals));
        for (code, &subgoal) in code.chunks_exact(self.config.code).zip(current) {
            rows.extend_from_slice(code);
            rows.extend((0..self.subgoals).map(|goal| f32::from(u8::from(goal as i32 == subgoal))));
        }
        rows
    }

    /// Everything that is needed to go on.
    ///
    /// # Errors
    /// What burn says when it cannot write the networks.
    pub fn state(&self) -> Result<SurpriseState, String> {
        let text = |error: burn::store::RecordError| error.to_string();
        Ok(SurpriseState {
            networks: self.networks.clone().into_record().into_bytes().map_err(text)?.to_vec(),
            target: self.target.clone().into_record().into_bytes().map_err(text)?.to_vec(),
            optimizer: self.optimizer.into_bytes().map_err(|error| error.to_string())?.to_vec(),
            updates: self.updates,
            random: (&self.random).into(),
            usual: self.usual.clone(),
        })
    }

    /// Takes over what [`Surprise::state`] wrote.
    ///
    /// # Errors
    /// What does not fit; nothing is then changed.
    pub fn restore(&mut self, state: SurpriseState) -> Result<(), String> {
        let record = |bytes: Vec<u8>| {
            ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes)).map_err(|error| error.to_string())
        };
        let networks = self.networks.clone().try_load_record(record(state.networks)?);
        let target = self.target.clone().try_load_record(record(state.target)?);
        let networks = networks.map_err(|error| error.to_string())?;
        let target = target.map_err(|error| error.to_string())?;
        if state.usual.len() != self.subgoals {
            return Err(format!("it is of {} subgoals, and there are {}", state.usual.len(), self.subgoals));
        }
        self.optimizer = optimizer()
            .from_bytes(Bytes::from_bytes_vec(state.optimizer))
            .map_err(|error| error.to_string())?;
        (self.plain, self.networks, self.target) = (networks.valid(), networks, target);
        (self.updates, self.random, self.usual) = (state.updates, state.random.into(), state.usual);
        self.code = None;
        Ok(())
    }
}

fn optimizer() -> ModuleOptimizer {
    AdamConfig::new().with_epsilon(1e-8).init()
}

/// A [`Surprise`] as it stands in a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurpriseState {
    networks: Vec<u8>,
    target: Vec<u8>,
    optimizer: Vec<u8>,
    updates: u64,
    random: StreamState,
    usual: Vec<Usual>,
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::Observation;

    use super::*;
    use crate::options::{Outcome, ProcessShape, Scene};

    #[test]
    fn the_usual_follows_a_constant_and_then_a_new_one() {
        let mut usual = Usual::default();
        for _ in 0..300 {
            usual.add(2.0, 0.99);
        }
        assert!((usual.mean - 2.0).abs() < 1e-9 && usual.variance < 1e-9 && usual.seen == 300);
        for step in 0..2000 {
            usual.add(if step % 2 == 0 { 4.0 } else { 6.0 }, 0.99);
        }
        assert!((usual.mean - 5.0).abs() < 0.1, "{usual:?}");
        assert!((usual.variance - 1.0).abs() < 0.05, "{usual:?}");
    }

    /// Agents pursue subgoal 1, and each step ends in another way. Two are asked to choose anew, and the second of them
    /// does.
    #[test]
    fn codes_are_foreseen_up_to_the_end_of_a_subgoal_whatever_ends_it() {
        let ends = [
            None,
            Some(End::Terminated),
            Some(End::Budget),
            Some(End::Episode),
            Some(End::Interrupted),
            Some(End::Interrupted),
            Some(End::Episode),
            Some(End::Episode),
        ];
        let agents = ends.len();
        let numbers = |from: usize| -> Vec<f32> { (from..from + agents).map(|value| value as f32).collect() };
        let (before, after, last) = (numbers(100), numbers(200), numbers(300));
        let outcome = |terminated, ended| Outcome { reward: 0.0, discount: 0.99, terminated, ended };
        let mut outcomes = vec![outcome(false, false); agents];
        // One episode reached a terminal state, the others were cut off, the last one when its agent had achieved 1.
        (outcomes[3], outcomes[6], outcomes[7]) =
            (outcome(true, true), outcome(false, true), outcome(false, true));
        let mut events = vec![-1; agents];
        events[7] = 1;
        let shape = ProcessShape { num_envs: agents, num_agents: 1, choices: 2, observation: 1, state: 1 };
        let (observation, current) = (Observation { fields: Vec::new() }, vec![1; agents]);
        let aftermath = Aftermath {
            scene: Scene {
                shape,
                observation: &observation,
                features: &after,
                available: &[],
                ages: &vec![5; agents],
                events: &events,
            },
            last: None,
            last_features: &last,
            current: &current,
            rewards: &vec![0.0; agents],
            outcomes: &outcomes,
            ends: &ends,
        };
        let mut surprise = Surprise::new(&SurpriseConfig::default(), 1, 2, 3);
        surprise.expect(&before, &current);
        surprise.perceive(&aftermath);
        surprise.settle(&aftermath);
        let mut chosen = current.clone();
        chosen[5] = 0;
        surprise.expect(&after, &chosen);
        let steps = &surprise.steps;
        assert_eq!(steps.before, before);
        assert_eq!(steps.after, [200.0, 201.0, 202.0, 303.0, 204.0, 205.0, 306.0, 307.0]);
        assert_eq!(steps.goes_on, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
        // Steps whose subgoal ended do not tell what is usual.
        assert_eq!((surprise.usual[0].seen, surprise.usual[1].seen), (0, 3));
    }
}
