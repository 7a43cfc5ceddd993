//! The high level: a policy over subgoals that learns from its decisions alone, each with what the team earned while
//! the subgoal was pursued (PPO on a semi-Markov decision process).

use std::sync::Arc;

use pentathlon_gym::seeding::{Random, philox::Philox};

use super::low_level::LowLevel;
use crate::networks::{EncodedRows, Inference, ObservationLayout};
use crate::options::{DecisionProcess, End, OptionRunner, Outcome, option_advantages};
use crate::ppo::Rollout;
use crate::{Error, categorical};

/// A choice of a subgoal by one agent, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Decision {
    /// Row of the agent, `env * num_agents + agent`.
    place: usize,
    subgoal: i32,
    log_probability: f32,
    value: f32,
    outcome: Outcome,
    /// Whether the subgoal has ended.
    is_over: bool,
    /// Value of the situation that followed; unknown until it is seen.
    next: Option<f32>,
}

/// Settings of the learner that collecting needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecisionSettings {
    /// Discount per primitive step.
    pub gamma: f32,
    /// Decay of advantage estimation, per decision.
    pub lambda: f32,
    /// What rewards are multiplied by.
    pub reward_scale: f32,
    /// Rows evaluated at once by one thread.
    pub inference_rows: usize,
    /// Whether the most probable subgoal is chosen.
    pub greedy: bool,
}

/// Chooses subgoals for all agents of a batch, and keeps the decisions.
pub struct HighLevel {
    /// What rows are written by; what may be chosen is added to them.
    seeing: ObservationLayout,
    layout: ObservationLayout,
    network: Inference,
    pool: Arc<rayon::ThreadPool>,
    /// How it chooses and learns.
    pub settings: DecisionSettings,
    agents: usize,
    choices: Vec<i32>,
    decisions: Vec<Decision>,
    /// What was seen at each of `decisions`.
    seen: EncodedRows,
    /// The decision under way of every agent.
    under_way: Vec<Option<usize>>,
    /// What every agent pursued last, and whether it achieved it: 0 for nothing.
    last: Vec<i32>,
    rows: EncodedRows,
    logits: Vec<f32>,
    values: Vec<f32>,
}

/// Where a high level is: what agents chose, and the decisions under way.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct HighLevelState {
    choices: Vec<i32>,
    decisions: Vec<Decision>,
    indices: Vec<u16>,
    numbers: Vec<f32>,
    mask: Vec<u8>,
    last: Vec<i32>,
}

/// The layout of a network that chooses among `subgoals` and sees what `layout` says, and what it pursued last.
pub fn high_level_layout(layout: ObservationLayout, subgoals: usize) -> ObservationLayout {
    ObservationLayout { masked: true, ..layout.with_subgoals(1 + 2 * subgoals).choosing(subgoals) }
}

impl HighLevel {
    /// A high level for `agents` agents, those of all environments together; `layout` is that of
    /// [`high_level_layout`].
    pub fn new(
        layout: ObservationLayout,
        network: Inference,
        pool: Arc<rayon::ThreadPool>,
        settings: DecisionSettings,
        agents: usize,
    ) -> Self {
        Self {
            seeing: ObservationLayout { masked: false, ..layout.clone() },
            layout,
            network,
            pool,
            settings,
            agents,
            choices: vec![0; agents],
            decisions: Vec::new(),
            seen: EncodedRows::default(),
            under_way: vec![None; agents],
            last: vec![0; agents],
            rows: EncodedRows::default(),
            logits: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Chooses by `network` from now on.
    pub fn set_network(&mut self, network: Inference) {
        self.network = network;
    }

    /// Makes one primitive step: agents that may choose a subgoal first. `keeps` says whether decisions are kept to
    /// learn from.
    ///
    /// # Errors
    /// Those of the environments.
    pub fn step(
        &mut self,
        runner: &mut OptionRunner<LowLevel>,
        random: &mut Philox,
        keeps: bool,
    ) -> Result<(), Error> {
        let due: Vec<usize> = (0..self.agents).filter(|&place| runner.may_choose(place)).collect();
        if !due.is_empty() {
            self.choose(runner, &due, random, keeps);
        }
        runner.advance(&self.choices)?;
        self.gather(runner, keeps);
        Ok(())
    }

    /// The subgoals that agents have chosen, `[num_envs, num_agents]`.
    pub fn choices(&self) -> &[i32] {
        &self.choices
    }

    /// Chooses subgoals for the agents `due`.
    pub fn choose(
        &mut self,
        runner: &OptionRunner<LowLevel>,
        due: &[usize],
        random: &mut Philox,
        keeps: bool,
    ) {
        self.look(runner.primitive().env().observation(), due, |place, available| {
            runner.available(place, available);
        });
        let chosen = self.logits.chunks_exact(self.layout.actions);
        for (row, (&place, logits)) in due.iter().zip(chosen).enumerate() {
            let (subgoal, log_probability) = if self.settings.greedy {
                (categorical::argmax(logits), 0.0)
            } else {
                categorical::sample(logits, random.float() as f32)
            };
            let subgoal = subgoal as i32;
            self.choices[place] = subgoal;
            let interrupted = runner.was_interrupted(place);
            if interrupted && runner.current()[place] == subgoal {
                continue;
            }
            if interrupted {
                // Given up for another one: neither achieved nor punished.
                self.last[place] = 1 + 2 * runner.current()[place];
            }
            if !keeps {
                continue;
            }
            if let Some(index) = self.under_way[place] {
                let decision = &mut self.decisions[index];
                decision.is_over = true;
                decision.next = Some(self.values[row]);
            }
            self.under_way[place] = Some(self.decisions.len());
            self.decisions.push(Decision {
                place,
                subgoal,
                log_probability,
                value: self.values[row],
                outcome: Outcome { reward: 0.0, discount: 1.0, terminated: false, ended: false },
                is_over: false,
                next: None,
            });
            self.seen.gather(&self.layout, &self.rows, &[row as u32]);
        }
    }

    /// Evaluates what the agents `places` see in `observation`, into `logits` and `values`; `available` writes what
    /// each may choose.
    fn look(
        &mut self,
        observation: &pentathlon_gym::Observation,
        places: &[usize],
        available: impl Fn(usize, &mut [u8]),
    ) {
        let Self { pool, seeing, layout, network, settings, rows, logits, values, last, .. } = self;
        rows.clear();
        rows.push_pursuing(seeing, observation, places.iter().copied(), last);
        rows.mask.resize(places.len() * layout.actions, 1);
        for (&place, mask) in places.iter().zip(rows.mask.chunks_exact_mut(layout.actions)) {
            available(place, mask);
        }
        pool.install(|| network.evaluate_all(layout, rows, settings.inference_rows, logits, values));
    }

    /// Adds the last step to the decisions under way, and closes those whose subgoal ended. An agent that was
    /// interrupted has to choose first.
    pub(super) fn gather(&mut self, runner: &OptionRunner<LowLevel>, keeps: bool) {
        let outcomes = runner.primitive().outcomes();
        let team = self.layout.agents;
        let mut cut = Vec::new();
        for place in 0..self.agents {
            let step = outcomes[place / team];
            let end = runner.ends()[place];
            if let Some(index) = self.under_way[place] {
                let decision = &mut self.decisions[index];
                let outcome = &mut decision.outcome;
                outcome.reward += outcome.discount * step.reward * self.settings.reward_scale;
                outcome.discount *= self.settings.gamma;
                (outcome.terminated, outcome.ended) = (step.terminated, step.ended);
                if end == Some(End::Episode) {
                    decision.is_over = true;
                    decision.next = step.terminated.then_some(0.0);
                    self.under_way[place] = None;
                    if !step.terminated {
                        cut.push((place, index));
                    }
                }
            }
            self.last[place] = match end {
                Some(End::Episode) => self.last[place],
                Some(End::Terminated) => 2 + 2 * runner.current()[place],
                Some(End::Budget) => 1 + 2 * runner.current()[place],
                Some(End::Interrupted) | None => self.last[place],
            };
        }
        if let (false, true, Some(last)) = (cut.is_empty(), keeps, runner.primitive().last_observation()) {
            let places: Vec<usize> = cut.iter().map(|(place, _)| *place).collect();
            // Values alone are asked for.
            self.look(last, &places, |_, _| {});
            for (&(_, index), &value) in cut.iter().zip(&self.values) {
                self.decisions[index].next = Some(value);
            }
        }
        for (place, end) in runner.ends().iter().enumerate() {
            if *end == Some(End::Episode) {
                self.last[place] = 0;
            }
        }
    }

    /// The decisions that are over, as a rollout, with what followed the last ones valued now. Those under way
    /// are kept for the next one. `None`, and all are kept, while fewer than `least` are over.
    pub fn rollout(&mut self, runner: &OptionRunner<LowLevel>, least: usize) -> Option<Rollout> {
        let over = self.decisions.iter().filter(|decision| decision.is_over).count();
        if over + self.ending(runner).len() < least {
            return None;
        }
        self.close_last(runner);
        let decisions = std::mem::take(&mut self.decisions);
        let seen = std::mem::take(&mut self.seen);
        let mut rollout = Rollout::of_team(self.layout.agents);
        for place in 0..self.agents {
            let own: Vec<usize> = (0..decisions.len())
                .filter(|&index| decisions[index].place == place && decisions[index].is_over)
                .collect();
            let of = |read: fn(&Decision) -> f32| -> Vec<f32> {
                own.iter().map(|&index| read(&decisions[index])).collect()
            };
            let outcomes: Vec<Outcome> = own.iter().map(|&index| decisions[index].outcome).collect();
            let values = of(|decision| decision.value);
            let next = of(|decision| decision.next.unwrap_or(0.0));
            let advantages = option_advantages(&outcomes, &values, &next, self.settings.lambda);
            rollout
                .returns
                .extend(advantages.iter().zip(&values).map(|(advantage, value)| advantage + value));
            rollout.advantages.extend(advantages);
            rollout.values.extend(values);
            rollout.rewards.extend(outcomes.iter().map(|outcome| outcome.reward));
            rollout.done.extend(outcomes.iter().map(|outcome| outcome.ended));
            rollout.log_probabilities.extend(of(|decision| decision.log_probability));
            rollout.actions.extend(own.iter().map(|&index| decisions[index].subgoal));
            let rows: Vec<u32> = own.iter().map(|&index| index as u32).collect();
            rollout.observations.gather(&self.layout, &seen, &rows);
        }
        for (index, decision) in decisions.into_iter().enumerate().filter(|(_, decision)| !decision.is_over) {
            self.under_way[decision.place] = Some(self.decisions.len());
            self.decisions.push(decision);
            self.seen.gather(&self.layout, &seen, &[index as u32]);
        }
        Some(rollout)
    }

    /// Forgets all decisions: nothing will be learned from them.
    pub fn drop_decisions(&mut self) {
        self.decisions.clear();
        self.seen = EncodedRows::default();
        self.under_way.fill(None);
    }

    /// Agents with a decision under way whose subgoal has just ended: they have not chosen again yet.
    fn ending(&self, runner: &OptionRunner<LowLevel>) -> Vec<usize> {
        let ended = |place: &usize| matches!(runner.ends()[*place], Some(End::Terminated | End::Budget));
        (0..self.agents).filter(ended).filter(|&place| self.under_way[place].is_some()).collect()
    }

    /// Values what followed decisions whose subgoal has just ended, and closes them.
    fn close_last(&mut self, runner: &OptionRunner<LowLevel>) {
        let waiting = self.ending(runner);
        if waiting.is_empty() {
            return;
        }
        self.look(runner.primitive().env().observation(), &waiting, |_, _| {});
        for (place, &value) in waiting.into_iter().zip(&self.values) {
            if let Some(index) = self.under_way[place].take() {
                self.decisions[index].is_over = true;
                self.decisions[index].next = Some(value);
            }
        }
    }

    /// What agents chose and the decisions under way, for a checkpoint.
    pub fn state(&self) -> HighLevelState {
        HighLevelState {
            choices: self.choices.clone(),
            decisions: self.decisions.clone(),
            indices: self.seen.indices.clone(),
            numbers: self.seen.numbers.clone(),
            mask: self.seen.mask.clone(),
            last: self.last.clone(),
        }
    }

    /// Takes over what [`HighLevel::state`] gave.
    ///
    /// # Errors
    /// A reason, when it is of a batch of another size.
    pub fn restore(&mut self, state: HighLevelState) -> Result<(), String> {
        if state.last.len() != self.agents || state.choices.len() != self.agents {
            return Err(format!("it is of {} agents, and there are {}", state.last.len(), self.agents));
        }
        self.under_way.fill(None);
        for (index, decision) in state.decisions.iter().enumerate().filter(|(_, decision)| !decision.is_over)
        {
            self.under_way[decision.place] = Some(index);
        }
        self.choices = state.choices;
        self.seen = EncodedRows {
            rows: state.decisions.len(),
            indices: state.indices,
            numbers: state.numbers,
            mask: state.mask,
            ..EncodedRows::default()
        };
        (self.decisions, self.last) = (state.decisions, state.last);
        Ok(())
    }
}
