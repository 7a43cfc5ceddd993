//! One environment of several agents with the meaning of [PettingZoo](https://pettingzoo.farama.org)'s parallel API:
//! agents have names, all of them act at once, and those who are out disappear from what is asked and answered.
//! For evaluation, for language agents and for porting; training steps whole batches.

use std::collections::BTreeMap;

use crate::{
    Actions, Array, AutoresetMode, ElementType, Error, Observation, ObservationField, Space, Step, VectorEnv,
};

/// The channel that says which agents live; see [`Info::channel`](crate::Info::channel).
pub const ALIVE_CHANNEL: &str = "alive";

/// What a step brought one agent.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentStep {
    /// What it observes, the fields that were selected at build, one row each.
    pub observation: Observation,
    /// Its reward.
    pub reward: f32,
    /// Whether it is out, or the episode reached a terminal state.
    pub termination: bool,
    /// Whether the episode was cut off.
    pub truncation: bool,
    /// Its subgoal event, an index into `spec.subgoals`.
    pub subgoal: Option<usize>,
    /// Its part of the channels, by name.
    pub channels: BTreeMap<String, Vec<f32>>,
}

/// One environment whose agents are addressed by name.
///
/// ```no_run
/// # fn run(env: Box<dyn pentathlon_gym::VectorEnv>) -> Result<(), pentathlon_gym::Error> {
/// use pentathlon_gym::{Actions, ParallelEnv};
/// // Built with one environment and autoreset disabled.
/// let mut env = ParallelEnv::new(env)?;
/// env.reset(Some(7))?;
/// while !env.agents().is_empty() {
///     let actions = env.agents().iter().map(|agent| (agent.clone(), Actions::Discrete(&[0]))).collect();
///     for (agent, step) in env.step(&actions)? {
///         println!("{agent}: {}", step.reward);
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct ParallelEnv {
    env: Box<dyn VectorEnv>,
    possible_agents: Vec<String>,
    agents: Vec<String>,
    begun: bool,
}

impl ParallelEnv {
    /// The agents of `env`, named `agent_0` and so on.
    ///
    /// # Errors
    /// A batch of another size than 1, or one that resets itself.
    pub fn new(env: Box<dyn VectorEnv>) -> Result<Self, Error> {
        let invalid = |option: &str, value: String, allowed: &str| Error::InvalidOption {
            id: env.spec().id.clone(),
            option: option.into(),
            value,
            allowed: allowed.into(),
        };
        if env.num_envs() != 1 {
            return Err(invalid("num_envs", env.num_envs().to_string(), "1 under a parallel environment"));
        }
        if env.autoreset() != AutoresetMode::Disabled {
            let mode = format!("{:?}", env.autoreset());
            return Err(invalid("autoreset", mode, "disabled under a parallel environment"));
        }
        let possible_agents = (0..env.spec().num_agents).map(|agent| format!("agent_{agent}")).collect();
        Ok(Self { env, possible_agents, agents: Vec::new(), begun: false })
    }

    /// All agents that there can be.
    pub fn possible_agents(&self) -> &[String] {
        &self.possible_agents
    }

    /// The agents that act next; empty before the first reset and when the episode is over.
    pub fn agents(&self) -> &[String] {
        &self.agents
    }

    /// The batch of one.
    pub fn batch(&self) -> &dyn VectorEnv {
        &*self.env
    }

    /// Begins an episode, with a new seed or continuing the running streams; the answer is what each agent observes.
    ///
    /// # Errors
    /// As [`VectorEnv::reset_with`].
    pub fn reset(&mut self, seed: impl Into<Option<u64>>) -> Result<BTreeMap<String, Observation>, Error> {
        self.env.reset(seed)?;
        self.begun = true;
        self.agents.clone_from(&self.possible_agents);
        let (agents, observation) = (&self.possible_agents, self.env.observation());
        let seen = |(index, name): (usize, &String)| (name.clone(), row(observation, index, agents.len()));
        Ok(agents.iter().enumerate().map(seen).collect())
    }

    /// All agents act at once. `actions` has one action for each of [`ParallelEnv::agents`]; the answer has an
    /// entry for each of them, and one for those whom the step brought back.
    ///
    /// # Errors
    /// No reset yet or the episode is over, an action that is missing, not allowed, or of somebody who is not there.
    pub fn step(
        &mut self,
        actions: &BTreeMap<String, Actions<'_>>,
    ) -> Result<BTreeMap<String, AgentStep>, Error> {
        if self.agents.is_empty() {
            return Err(if self.begun { Error::Ended { env: 0 } } else { Error::NotReset });
        }
        let space = self.env.spec().action_space.clone();
        let width = space.flat_len();
        let step = if space.element() == ElementType::F32 {
            let low = if let Space::Box { low, high, .. } = space { 0f32.clamp(low, high) } else { 0.0 };
            let numbers = self.gather(actions, &vec![low; width], |action| match action {
                Actions::Continuous(numbers) => Some(numbers),
                Actions::Discrete(_) => None,
            })?;
            self.env.step_with(Actions::Continuous(&numbers))?
        } else {
            let start = if let Space::Discrete { start, .. } = space { start } else { 0 };
            let numbers = self.gather(actions, &vec![start; width], |action| match action {
                Actions::Discrete(numbers) => Some(numbers),
                Actions::Continuous(_) => None,
            })?;
            self.env.step_with(Actions::Discrete(&numbers))?
        };
        let count = self.possible_agents.len();
        let mut told = BTreeMap::new();
        let mut left = Vec::new();
        for (index, name) in self.possible_agents.iter().enumerate() {
            let lives = step.info.channel(ALIVE_CHANNEL).is_none_or(|alive| alive[index] != 0.0);
            if !lives && !self.agents.contains(name) {
                continue;
            }
            if lives && !step.ended(0) {
                left.push(name.clone());
            }
            told.insert(name.clone(), agent_step(&step, index, count, lives));
        }
        self.agents = left;
        Ok(told)
    }

    /// The actions of all agents in their order; `idle` for those who are out, whose actions change nothing.
    fn gather<'a, T: Copy + 'a>(
        &self,
        actions: &BTreeMap<String, Actions<'a>>,
        idle: &[T],
        numbers: impl Fn(Actions<'a>) -> Option<&'a [T]>,
    ) -> Result<Vec<T>, Error> {
        let refused = |agent: usize, value: String, allowed: String| {
            Err(Error::InvalidAction { env: 0, agent, value, allowed })
        };
        if let Some((index, name)) = actions.keys().enumerate().find(|(_, name)| !self.agents.contains(name))
        {
            return refused(index, format!("of '{name}'"), format!("those of {}", self.agents.join(", ")));
        }
        let mut words = Vec::with_capacity(self.possible_agents.len() * idle.len());
        for (index, name) in self.possible_agents.iter().enumerate() {
            match actions.get(name) {
                Some(action) => match numbers(*action) {
                    Some(numbers) if numbers.len() == idle.len() => words.extend(numbers),
                    _ => {
                        let value = format!("of '{name}', {action:?},");
                        return refused(index, value, self.env.spec().action_space.to_string());
                    }
                },
                None if self.agents.contains(name) => {
                    return refused(
                        index,
                        String::from("(none)"),
                        format!("one for '{name}', who takes part"),
                    );
                }
                None => words.extend(idle),
            }
        }
        Ok(words)
    }
}

/// The part of agent `index` of `count`.
fn agent_step(step: &Step<'_>, index: usize, count: usize, lives: bool) -> AgentStep {
    let part = |values: &[f32]| values[values.len() / count * index..][..values.len() / count].to_vec();
    AgentStep {
        observation: row(step.observation, index, count),
        reward: step.reward[index],
        termination: step.terminated[0] || !lives,
        truncation: step.truncated[0],
        subgoal: usize::try_from(step.info.subgoal[index]).ok(),
        channels: step.info.channels.iter().map(|(name, values)| (name.clone(), part(values))).collect(),
    }
}

/// What agent `index` of `count` observes.
fn row(observation: &Observation, index: usize, count: usize) -> Observation {
    fn part<T: Clone>(values: &[T], index: usize, count: usize) -> Vec<T> {
        values[values.len() / count * index..][..values.len() / count].to_vec()
    }
    let fields = observation.fields.iter().map(|field| ObservationField {
        spec: field.spec.clone(),
        array: match &field.array {
            Array::U8(values) => Array::U8(part(values, index, count)),
            Array::I32(values) => Array::I32(part(values, index, count)),
            Array::F32(values) => Array::F32(part(values, index, count)),
        },
    });
    Observation { fields: fields.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::Corridor;

    fn corridor(agents: usize) -> ParallelEnv {
        let batch = Corridor::with_agents(1, agents, AutoresetMode::Disabled);
        ParallelEnv::new(Box::new(batch)).expect("one environment that waits")
    }

    fn all(env: &ParallelEnv, action: &'static [i32]) -> BTreeMap<String, Actions<'static>> {
        env.agents().iter().map(|agent| (agent.clone(), Actions::Discrete(action))).collect()
    }

    #[test]
    fn everybody_is_told_their_own_part() {
        let mut env = corridor(3);
        assert!(matches!(env.step(&BTreeMap::new()), Err(Error::NotReset)));
        let seen = env.reset(Some(3)).expect("a reset");
        assert_eq!(seen.keys().collect::<Vec<_>>(), ["agent_0", "agent_1", "agent_2"]);
        assert_eq!(env.agents(), env.possible_agents());
        let mut steps = 0;
        while !env.agents().is_empty() {
            let mut actions = all(&env, &[2]);
            actions.insert("agent_1".into(), Actions::Discrete(&[1]));
            let told = env.step(&actions).expect("a step");
            steps += 1;
            for (index, (_, step)) in told.iter().enumerate() {
                let whole = env.batch().observation();
                for (field, whole) in step.observation.fields.iter().zip(&whole.fields) {
                    let width = whole.array.len() / 3;
                    let own: Vec<f64> = (0..width).map(|at| field.array.value(at)).collect();
                    let expected: Vec<f64> =
                        (0..width).map(|at| whole.array.value(index * width + at)).collect();
                    assert_eq!(own, expected);
                }
                assert_eq!(step.channels["mask"].len(), 3);
                assert_eq!(step.termination || step.truncation, env.agents().is_empty());
            }
        }
        assert!(steps > 1);
        assert!(matches!(env.step(&BTreeMap::new()), Err(Error::Ended { env: 0 })));
        env.reset(None).expect("the next episode");
        assert_eq!(env.agents().len(), 3);
    }

    #[test]
    fn what_is_wrong_with_an_action_is_said() {
        let mut env = corridor(2);
        env.reset(Some(1)).expect("a reset");
        let cases: [(&str, Option<Actions<'_>>, &str); 4] = [
            ("agent_1", None, "one for 'agent_1'"),
            ("agent_7", Some(Actions::Discrete(&[0])), "agent_0, agent_1"),
            ("agent_0", Some(Actions::Discrete(&[0, 1])), "Discrete(3)"),
            ("agent_0", Some(Actions::Continuous(&[0.5])), "Discrete(3)"),
        ];
        for (name, action, expected) in cases {
            let mut actions = all(&env, &[2]);
            match action {
                Some(action) => actions.insert(name.into(), action),
                None => actions.remove(name),
            };
            let message = env.step(&actions).expect_err("a bad action").to_string();
            assert!(message.contains(expected), "{message}");
        }
        assert!(matches!(env.step(&all(&env, &[9])), Err(Error::InvalidAction { .. })));
        assert!(ParallelEnv::new(Box::new(Corridor::disabled(2))).is_err());
        assert!(ParallelEnv::new(Box::new(Corridor::new(1, AutoresetMode::NextStep))).is_err());
    }
}
