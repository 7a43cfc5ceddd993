//! What a batch says of itself and of its steps, held against what it promises.

use super::{Broken, Checker, Reported, ensure};
use crate::{AutoresetMode, EnvSpec, Observation, Space, Step};

impl Checker<'_> {
    /// What the specification promises of itself.
    pub(super) fn check_spec(&self) -> Result<(), Broken> {
        const PROMISE: &str = "the specification is complete and agrees with itself";
        let spec = self.batch.spec();
        let say = |holds: bool, detail: &str| ensure(holds, PROMISE, || detail.to_owned());
        say(self.num_envs >= 1, "there is no environment")?;
        say(spec.num_agents >= 1, "there is no agent")?;
        say(!spec.description.is_empty(), "there is no description")?;
        say(spec.max_episode_steps >= 1, "the limit is 0 steps")?;
        say(spec.reward_range.0 <= spec.reward_range.1, "the reward range is empty")?;
        say(!spec.observations.is_empty(), "no observation is offered")?;
        if let Space::Discrete { n, .. } = spec.action_space {
            say(spec.action_names.len() == n as usize, "there is not one name for each action")?;
        }
        let names: Vec<_> = spec.observations.iter().map(|form| &form.name).collect();
        let twice = names.iter().enumerate().any(|(index, name)| names[..index].contains(name));
        say(!twice, "two observations have the same name")?;
        let offered = spec.default_observations.iter().all(|name| spec.observation(name).is_some());
        say(offered, "an observation that is selected by default is not offered")?;
        for parameter in &spec.context {
            let range = parameter.low..=parameter.high;
            say(
                range.contains(&parameter.default),
                "the default of a context parameter is out of its range",
            )?;
        }
        Ok(())
    }

    /// The observation is what was selected, of the right shape, and within its spaces.
    pub(super) fn check_observation(&self) -> Result<(), Broken> {
        const PROMISE: &str = "observations are values of their declared spaces";
        let (spec, observation) = (self.batch.spec(), self.batch.observation());
        let rows = self.num_envs * self.num_agents;
        let names = observation.fields.iter().map(|field| &field.spec.name);
        let selected = &self.batch.options().observations;
        ensure(names.eq(selected), "the selected observations are there, in order", || {
            let names: Vec<_> = observation.fields.iter().map(|field| &field.spec.name).collect();
            format!("selected are {selected:?}, there are {names:?}")
        })?;
        for field in &observation.fields {
            let name = &field.spec.name;
            ensure(spec.observation(name) == Some(&field.spec), PROMISE, || {
                format!("'{name}' is not described as in the specification")
            })?;
            let expected = rows * field.spec.space.flat_len();
            ensure(field.array.len() == expected, PROMISE, || {
                format!("'{name}' has {} elements, expected {expected}", field.array.len())
            })?;
            field
                .spec
                .space
                .check(&field.array)
                .map_err(|reason| (PROMISE, format!("'{name}': {reason}")))?;
        }
        Ok(())
    }
}

/// What a step is held against.
pub(super) struct Promises<'a> {
    pub(super) spec: &'a EnvSpec,
    pub(super) mode: AutoresetMode,
    pub(super) num_envs: usize,
    pub(super) limit: u32,
}

impl Promises<'_> {
    /// Checks a step; `lengths` and `ended` are those of the step before and become those of this one.
    pub(super) fn check(
        &self,
        step: &Step<'_>,
        lengths: &mut [u32],
        ended: &mut [bool],
    ) -> Result<Reported, Broken> {
        self.check_shapes(step)?;
        self.check_values(step)?;
        self.check_autoreset(step, ended)?;
        for (env, length) in lengths.iter_mut().enumerate() {
            *length = if step.info.was_reset[env] { 0 } else { *length + 1 };
            ensure(*length <= self.limit, "no episode is longer than the limit", || {
                format!("environment {env} is in step {length} of at most {}", self.limit)
            })?;
        }
        self.check_episodes(step, lengths)?;
        for env in 0..self.num_envs {
            ended[env] = step.ended(env);
            if ended[env] && self.mode == AutoresetMode::SameStep {
                lengths[env] = 0;
            }
        }
        Ok(Reported {
            observation: step.observation.clone(),
            reward: step.reward.iter().map(|reward| reward.to_bits()).collect(),
            flags: [step.terminated, step.truncated, step.info.success, step.info.was_reset]
                .map(<[_]>::to_vec),
            subgoal: step.info.subgoal.to_vec(),
        })
    }

    fn check_shapes(&self, step: &Step<'_>) -> Result<(), Broken> {
        let rows = self.num_envs * self.spec.num_agents;
        for (what, got, expected) in [
            ("rewards", step.reward.len(), rows),
            ("terminated", step.terminated.len(), self.num_envs),
            ("truncated", step.truncated.len(), self.num_envs),
            ("subgoal", step.info.subgoal.len(), rows),
            ("success", step.info.success.len(), self.num_envs),
            ("was_reset", step.info.was_reset.len(), self.num_envs),
        ] {
            ensure(got == expected, "the parts of a step have their declared shapes", || {
                format!("{what}: {got} values, expected {expected}")
            })?;
        }
        let declared = self.spec.channels.iter().map(|channel| (&channel.name, rows * channel.len()));
        let reported = step.info.channels.iter().map(|(name, values)| (name, values.len()));
        ensure(declared.clone().eq(reported.clone()), "channels are those that are declared", || {
            let named = |channels: Vec<(&String, usize)>| format!("{channels:?}");
            format!("{}, expected {}", named(reported.collect()), named(declared.collect()))
        })?;
        Ok(())
    }

    fn check_values(&self, step: &Step<'_>) -> Result<(), Broken> {
        let (low, high) = self.spec.reward_range;
        // Sums of several terms may round beyond the range.
        let slack = 1e-5 * (1.0 + low.abs().max(high.abs()));
        for (row, reward) in step.reward.iter().enumerate() {
            let fits = (low - slack..=high + slack).contains(reward) || (low == high && *reward == low);
            let unbounded = reward.is_finite() && (low.is_infinite() || high.is_infinite());
            let within = fits || (unbounded && *reward >= low && *reward <= high);
            let reset = step.info.was_reset[row / self.spec.num_agents] && *reward == 0.0;
            ensure(within || reset, "rewards are within their range", || {
                format!("environment {}: {reward}, declared {low} to {high}", row / self.spec.num_agents)
            })?;
        }
        let subgoals = self.spec.subgoals.len() as i64;
        for (row, event) in step.info.subgoal.iter().enumerate() {
            ensure((-1..subgoals).contains(&i64::from(*event)), "subgoal events are declared", || {
                format!("environment {}: {event} of {subgoals}", row / self.spec.num_agents)
            })?;
        }
        for env in (0..self.num_envs).filter(|&env| step.info.success[env]) {
            ensure(step.ended(env), "success ends an episode", || format!("environment {env} goes on"))?;
        }
        Ok(())
    }

    fn check_autoreset(&self, step: &Step<'_>, ended: &[bool]) -> Result<(), Broken> {
        const PROMISE: &str = "autoreset keeps to its mode";
        for (env, &ended) in ended.iter().enumerate() {
            let expected = ended && self.mode == AutoresetMode::NextStep;
            ensure(step.info.was_reset[env] == expected, PROMISE, || {
                format!("environment {env}: was_reset is {}", step.info.was_reset[env])
            })?;
            let agents = env * self.spec.num_agents..(env + 1) * self.spec.num_agents;
            let silent = !step.ended(env) && step.reward[agents].iter().all(|reward| *reward == 0.0);
            ensure(!expected || silent, PROMISE, || {
                format!("environment {env}: the reset step has a reward or a flag")
            })?;
        }
        let expected = self.mode == AutoresetMode::SameStep;
        ensure(step.info.final_observation.is_some() == expected, PROMISE, || {
            format!("final_observation is there: {}", !expected)
        })?;
        if let Some(last) = step.info.final_observation {
            let mut checked = step.observation.clone();
            ensure(same_layout(&checked, last), PROMISE, || {
                String::from("final_observation has other fields than the observation")
            })?;
            checked.copy_rows(last, self.num_envs, (0..self.num_envs).filter(|&env| step.ended(env)));
            for field in &checked.fields {
                field.spec.space.check(&field.array).map_err(|reason| {
                    (PROMISE, format!("final_observation '{}': {reason}", field.spec.name))
                })?;
            }
        }
        Ok(())
    }

    fn check_episodes(&self, step: &Step<'_>, lengths: &[u32]) -> Result<(), Broken> {
        const PROMISE: &str = "every ended episode, and no other, has its record";
        let ended = (0..self.num_envs).filter(|&env| step.ended(env));
        let recorded = step.info.episodes.iter().map(|episode| episode.env);
        ensure(recorded.clone().eq(ended.clone()), PROMISE, || {
            let (ended, recorded): (Vec<_>, Vec<_>) = (ended.collect(), recorded.collect());
            format!("environments {ended:?} ended, {recorded:?} have records")
        })?;
        for episode in step.info.episodes {
            ensure(episode.length == lengths[episode.env], PROMISE, || {
                format!("environment {}: length {} of {}", episode.env, episode.length, lengths[episode.env])
            })?;
            ensure(episode.success == step.info.success[episode.env], PROMISE, || {
                format!("environment {}: success {}", episode.env, episode.success)
            })?;
        }
        Ok(())
    }
}

fn same_layout(one: &Observation, other: &Observation) -> bool {
    one.fields.len() == other.fields.len()
        && one.fields.iter().zip(&other.fields).all(|(one, other)| {
            one.spec == other.spec && one.array.bytes().len() == other.array.bytes().len()
        })
}

/// Where two observations differ first, in words.
pub(super) fn difference(one: &Observation, other: &Observation) -> String {
    if !same_layout(one, other) {
        return String::from("the fields differ");
    }
    for (one, other) in one.fields.iter().zip(&other.fields) {
        let (left, right) = (&one.array, &other.array);
        if let Some(index) = (0..left.len()).find(|&index| left.value(index) != right.value(index)) {
            let (row, element) = (index / one.spec.space.flat_len(), index % one.spec.space.flat_len());
            let (left, right) = (left.value(index), right.value(index));
            return format!("'{}' row {row}, element {element}: {left} and {right}", one.spec.name);
        }
    }
    String::from("nothing differs")
}
