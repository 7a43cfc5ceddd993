//! A small deterministic environment to test wrappers and the conformance check with: agents walk along
//! a corridor of eight cells, and the episode ends when the first one reaches the target.
#![allow(dead_code, reason = "every test binary uses its own part of it")]

use std::{any::Any, collections::BTreeMap};

use pentathlon_gym::{
    Actions, Array, AutoresetMode, BuildOptions, ChannelSpec, ContextParameter, ElementType, EnvSpec,
    EpisodeRecord, Error, Group, Info, Observation, ObservationSpec, ResetOptions, Snapshot, Space, Step,
    VectorEnv,
    seeding::{
        Random,
        philox::{self, Philox, rules},
    },
};

pub const LEFT: i32 = 0;
pub const RIGHT: i32 = 1;
pub const STAY: i32 = 2;
const CELLS: i32 = 8;
const LIMIT: u32 = 20;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct State {
    seed: Vec<u64>,
    episode: Vec<u32>,
    elapsed: Vec<u32>,
    target: Vec<i32>,
    ended: Vec<bool>,
    total: Vec<f32>,
    context: Vec<f32>,
    position: Vec<i32>,
    begun: bool,
}

#[derive(Debug)]
pub struct Corridor {
    spec: EnvSpec,
    options: BuildOptions,
    state: State,
    observation: Observation,
    last: Option<Observation>,
    reward: Vec<f32>,
    terminated: Vec<bool>,
    truncated: Vec<bool>,
    subgoal: Vec<i32>,
    success: Vec<bool>,
    was_reset: Vec<bool>,
    episodes: Vec<EpisodeRecord>,
    channels: Vec<(String, Vec<f32>)>,
    masked_steps: bool,
}

fn observation(name: &str, space: Space) -> ObservationSpec {
    ObservationSpec { name: name.into(), group: Group::Policy, space, description: format!("The {name}.") }
}

fn specification(num_agents: usize) -> EnvSpec {
    let distance = Space::Box { low: -8.0, high: 8.0, shape: vec![1], element: ElementType::F32 };
    let observations = vec![
        observation("position", Space::discrete(CELLS as u32)),
        observation("view", Space::bytes(0, 2, [3])),
        observation("action_mask", Space::bytes(0, 1, [3])),
        observation("distance", distance),
    ];
    EnvSpec {
        id: "Test-Corridor-v0".into(),
        discipline: "test".into(),
        description: "Walk to the target.".into(),
        mission: "walk to the target".into(),
        num_agents,
        action_space: Space::discrete(3),
        action_names: ["left", "right", "stay"].map(String::from).to_vec(),
        default_observations: observations.iter().map(|form| form.name.clone()).collect(),
        observations,
        max_episode_steps: LIMIT,
        reward_range: (0.0, 1.0),
        subgoals: vec!["moved to the right".into()],
        channels: vec![ChannelSpec {
            name: "mask".into(),
            shape: vec![3],
            description: "Which actions change something.".into(),
        }],
        context: vec![ContextParameter {
            name: "target".into(),
            low: 0.0,
            high: 6.0,
            default: 0.0,
            integer: true,
            description: "Cell of the target; 0 draws it.".into(),
        }],
        options: Vec::new(),
        wgpu: false,
    }
}

impl Corridor {
    pub fn new(num_envs: usize, autoreset: AutoresetMode) -> Self {
        Self::with_agents(num_envs, 1, autoreset)
    }

    pub fn disabled(num_envs: usize) -> Self {
        Self::new(num_envs, AutoresetMode::Disabled)
    }

    pub fn with_agents(num_envs: usize, num_agents: usize, autoreset: AutoresetMode) -> Self {
        let spec = specification(num_agents);
        let rows = num_envs * num_agents;
        let observation = Observation::zeros(&spec.observations, rows);
        Self {
            options: BuildOptions {
                num_envs,
                autoreset,
                max_episode_steps: Some(LIMIT),
                observations: spec.default_observations.clone(),
                options: BTreeMap::new(),
                ..BuildOptions::default()
            },
            state: State {
                seed: vec![0; num_envs],
                episode: vec![0; num_envs],
                elapsed: vec![0; num_envs],
                target: vec![0; num_envs],
                ended: vec![false; num_envs],
                total: vec![0.0; num_envs],
                context: vec![0.0; num_envs],
                position: vec![0; rows],
                begun: false,
            },
            last: (autoreset == AutoresetMode::SameStep).then(|| observation.clone()),
            observation,
            reward: vec![0.0; rows],
            terminated: vec![false; num_envs],
            truncated: vec![false; num_envs],
            subgoal: vec![-1; rows],
            success: vec![false; num_envs],
            was_reset: vec![false; num_envs],
            episodes: Vec::new(),
            channels: vec![("mask".into(), vec![1.0; rows * 3])],
            masked_steps: true,
            spec,
        }
    }

    pub fn with_limit(mut self, limit: u32) -> Self {
        self.spec.max_episode_steps = limit;
        self.options.max_episode_steps = Some(limit);
        self
    }

    pub fn without_masked_steps(mut self) -> Self {
        self.masked_steps = false;
        self
    }

    pub fn seeds(&self) -> &[u64] {
        &self.state.seed
    }

    fn agents(&self, env: usize) -> std::ops::Range<usize> {
        env * self.spec.num_agents..(env + 1) * self.spec.num_agents
    }

    fn begin(&mut self, env: usize) {
        let (low, high) = philox::seed_words(self.state.seed[env]);
        let level = rules::episode_level(low, high, env as u32, self.state.episode[env]);
        let drawn = Philox::for_level(self.state.seed[env], level).int(2, 7);
        let asked = self.state.context[env] as i32;
        self.state.target[env] = if asked == 0 { drawn } else { asked };
        self.state.elapsed[env] = 0;
        self.state.ended[env] = false;
        self.state.total[env] = 0.0;
        let agents = self.agents(env);
        self.state.position[agents].fill(0);
        self.observe(env);
    }

    fn observe(&mut self, env: usize) {
        for row in self.agents(env) {
            let (position, target) = (self.state.position[row], self.state.target[env]);
            let mask = [u8::from(position > 0), u8::from(position < CELLS - 1), 1];
            for field in &mut self.observation.fields {
                match &mut field.array {
                    Array::I32(positions) => positions[row] = position,
                    Array::F32(distances) => distances[row] = (target - position) as f32,
                    Array::U8(bytes) if field.spec.name == "view" => {
                        for (offset, byte) in bytes[row * 3..row * 3 + 3].iter_mut().enumerate() {
                            let cell = position + offset as i32 - 1;
                            *byte = if cell == target { 2 } else { u8::from((0..CELLS).contains(&cell)) };
                        }
                    }
                    Array::U8(bytes) => bytes[row * 3..row * 3 + 3].copy_from_slice(&mask),
                }
            }
            for (action, flag) in mask.into_iter().enumerate() {
                self.channels[0].1[row * 3 + action] = flag.into();
            }
        }
    }

    fn walk(&mut self, env: usize, actions: &[i32]) {
        self.state.elapsed[env] += 1;
        for row in self.agents(env) {
            let before = self.state.position[row];
            let after = match actions[row] {
                LEFT => (before - 1).max(0),
                RIGHT => (before + 1).min(CELLS - 1),
                _ => before,
            };
            self.state.position[row] = after;
            self.subgoal[row] = if after > before { 0 } else { -1 };
            if after == self.state.target[env] {
                self.terminated[env] = true;
                self.reward[row] = 1.0 - 0.9 * self.state.elapsed[env] as f32 / LIMIT as f32;
            }
            self.state.total[env] += self.reward[row];
        }
        self.success[env] = self.terminated[env];
        self.truncated[env] = self.state.elapsed[env] >= self.spec.max_episode_steps;
        self.observe(env);
        if self.terminated[env] || self.truncated[env] {
            self.state.ended[env] = true;
            self.episodes.push(EpisodeRecord {
                env,
                episode_return: self.state.total[env],
                length: self.state.elapsed[env],
                success: self.success[env],
            });
        }
    }

    fn advance(&mut self, actions: Actions<'_>, mask: Option<&[bool]>) -> Result<Step<'_>, Error> {
        if !self.state.begun {
            return Err(Error::NotReset);
        }
        let num_envs = self.options.num_envs;
        let takes_part = |env: usize| mask.is_none_or(|mask| mask[env]);
        let Actions::Discrete(actions) = actions else {
            let (value, allowed) = ("a float".into(), self.spec.action_space.to_string());
            return Err(Error::InvalidAction { env: 0, agent: 0, value, allowed });
        };
        if actions.len() != self.state.position.len() {
            let expected = self.state.position.len();
            let shape = "environments x agents".into();
            return Err(Error::WrongLength { what: "actions", got: actions.len(), expected, shape });
        }
        let agents = self.spec.num_agents;
        let wrong = |row: &usize| !(0..3).contains(&actions[*row]) && takes_part(*row / agents);
        if let Some(row) = (0..actions.len()).find(wrong) {
            return Err(Error::InvalidAction {
                env: row / agents,
                agent: row % agents,
                value: actions[row].to_string(),
                allowed: "0 to 2".into(),
            });
        }
        if self.options.autoreset == AutoresetMode::Disabled
            && let Some(env) = (0..num_envs).find(|&env| self.state.ended[env] && takes_part(env))
        {
            return Err(Error::Ended { env });
        }
        self.reward.fill(0.0);
        self.terminated.fill(false);
        self.truncated.fill(false);
        self.subgoal.fill(-1);
        self.success.fill(false);
        self.was_reset.fill(false);
        self.episodes.clear();
        for env in (0..num_envs).filter(|&env| takes_part(env)) {
            if self.state.ended[env] {
                self.was_reset[env] = true;
                self.state.episode[env] += 1;
                self.begin(env);
                continue;
            }
            self.walk(env, actions);
            if self.state.ended[env]
                && let Some(last) = &mut self.last
            {
                last.copy_rows(&self.observation, num_envs, std::iter::once(env));
                self.state.episode[env] += 1;
                let channels = self.channels.clone();
                self.begin(env);
                self.channels = channels;
            }
        }
        Ok(Step {
            observation: &self.observation,
            reward: &self.reward,
            terminated: &self.terminated,
            truncated: &self.truncated,
            info: Info {
                final_observation: self.last.as_ref(),
                subgoal: &self.subgoal,
                success: &self.success,
                was_reset: &self.was_reset,
                episodes: &self.episodes,
                channels: &self.channels,
            },
        })
    }
}

fn length(what: &'static str, got: usize, expected: usize) -> Result<(), Error> {
    if got == expected {
        return Ok(());
    }
    Err(Error::WrongLength { what, got, expected, shape: "one per environment".into() })
}

impl VectorEnv for Corridor {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn options(&self) -> &BuildOptions {
        &self.options
    }

    fn observation(&self) -> &Observation {
        &self.observation
    }

    fn reset_with(&mut self, options: ResetOptions<'_>) -> Result<&Observation, Error> {
        let num_envs = self.options.num_envs;
        if let Some(mask) = options.mask {
            length("mask", mask.len(), num_envs)?;
        }
        if let Some(context) = options.context {
            length("context", context.len(), num_envs)?;
            let wrong = |value: &f32| !(0.0..=6.0).contains(value) || value.fract() != 0.0;
            if let Some(env) = context.iter().position(wrong) {
                return Err(Error::InvalidContext {
                    env,
                    parameter: "target".into(),
                    value: context[env],
                    allowed: "whole numbers 0 to 6".into(),
                });
            }
            self.state.context.copy_from_slice(context);
        }
        for env in 0..num_envs {
            let masked = options.mask.is_none_or(|mask| mask[env]);
            if self.state.begun && !masked {
                continue;
            }
            match options.seed.filter(|_| masked) {
                Some(seed) => (self.state.seed[env], self.state.episode[env]) = (seed, 0),
                None if self.state.begun => self.state.episode[env] += 1,
                None => self.state.seed[env] = self.options.seed,
            }
            self.begin(env);
        }
        self.state.begun = true;
        Ok(&self.observation)
    }

    fn step_with(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error> {
        self.advance(actions, None)
    }

    fn can_step_masked(&self) -> bool {
        self.masked_steps
    }

    fn step_masked(&mut self, actions: Actions<'_>, mask: &[bool]) -> Result<Step<'_>, Error> {
        length("mask", mask.len(), self.options.num_envs)?;
        self.advance(actions, Some(mask))
    }

    fn mission(&self, env: usize) -> Option<String> {
        self.state.target.get(env).map(|target| format!("walk to cell {target}"))
    }

    fn snapshot(&self) -> Result<Snapshot, Error> {
        let bytes = postcard::to_stdvec(&self.state).map_err(|error| Error::Snapshot(error.to_string()))?;
        let build = format!("{:?} {:?}", self.spec.num_agents, self.options);
        Ok(Snapshot { id: self.spec.id.clone(), build, columns: vec![("state".into(), bytes)] })
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        let build = format!("{:?} {:?}", self.spec.num_agents, self.options);
        if snapshot.id != self.spec.id || snapshot.build != build {
            return Err(Error::Snapshot("it is of another batch".into()));
        }
        let [(name, bytes)] = &snapshot.columns[..] else {
            return Err(Error::Snapshot("it has not the one column 'state'".into()));
        };
        let state: State = postcard::from_bytes(bytes).map_err(|error| Error::Snapshot(error.to_string()))?;
        if name != "state" || state.position.len() != self.state.position.len() {
            return Err(Error::Snapshot("its column is of another batch".into()));
        }
        self.state = state;
        (0..self.options.num_envs).for_each(|env| self.observe(env));
        Ok(())
    }

    fn snapshot_environment(&self, env: usize) -> Result<Snapshot, Error> {
        let agents = self.agents(env);
        let state = &self.state;
        let one = State {
            seed: vec![state.seed[env]],
            episode: vec![state.episode[env]],
            elapsed: vec![state.elapsed[env]],
            target: vec![state.target[env]],
            ended: vec![state.ended[env]],
            total: vec![state.total[env]],
            context: vec![state.context[env]],
            position: state.position[agents].to_vec(),
            begun: state.begun,
        };
        let bytes = postcard::to_stdvec(&one).map_err(|error| Error::Snapshot(error.to_string()))?;
        let columns = vec![("environment".into(), bytes)];
        Ok(Snapshot { id: self.spec.id.clone(), build: String::new(), columns })
    }

    fn restore_environment(&mut self, env: usize, snapshot: &Snapshot) -> Result<&Observation, Error> {
        let damaged = |reason: String| Error::Snapshot(reason);
        let one: State =
            postcard::from_bytes(&snapshot.columns[0].1).map_err(|error| damaged(error.to_string()))?;
        let agents = self.agents(env);
        self.state.seed[env] = one.seed[0];
        self.state.episode[env] = one.episode[0];
        self.state.elapsed[env] = one.elapsed[0];
        self.state.target[env] = one.target[0];
        self.state.ended[env] = one.ended[0];
        self.state.total[env] = one.total[0];
        self.state.context[env] = one.context[0];
        self.state.position[agents].copy_from_slice(&one.position);
        self.observe(env);
        Ok(&self.observation)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
