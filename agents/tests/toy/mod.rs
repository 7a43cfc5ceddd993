//! Small batches with known answers, for tests of learners: a bandit and a chain.

#![allow(dead_code, reason = "every test program uses its own part")]

use std::any::Any;

use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::{
    Actions, Array, BuildOptions, EnvSpec, EpisodeRecord, Error, Group, Info, Observation, ObservationSpec,
    ResetOptions, Snapshot, Space, Step, VectorEnv,
};

/// A task of whole-number states in which an episode is played by `step` alone.
pub trait Toy: Send + Clone + 'static {
    const ID: &'static str;
    /// Number of states; the observation is the state.
    const STATES: u32;
    const ACTIONS: u32;
    /// Steps after which an episode is truncated.
    const LIMIT: u32;

    fn start(random: &mut Philox) -> i32;
    /// The next state, the reward, and whether the episode terminates.
    fn step(state: i32, action: i32, random: &mut Philox) -> (i32, f32, bool);
    /// What is observed of a state.
    fn shown(state: i32) -> i32 {
        state
    }
    /// Which actions are allowed, when the batch has masks.
    fn allowed(_state: i32, _action: i32) -> bool {
        true
    }
}

/// One state, five arms with success chances 0.1, 0.2, 0.3, 0.4 and 0.9 in a scrambled order.
#[derive(Clone)]
pub struct Bandit;

impl Bandit {
    pub const BEST: i32 = 3;
    const CHANCES: [f64; 5] = [0.3, 0.1, 0.2, 0.9, 0.4];
}

impl Toy for Bandit {
    const ID: &'static str = "Toy-Bandit-v0";
    const STATES: u32 = 1;
    const ACTIONS: u32 = 5;
    const LIMIT: u32 = 10;

    fn start(_random: &mut Philox) -> i32 {
        0
    }

    fn step(_state: i32, action: i32, random: &mut Philox) -> (i32, f32, bool) {
        let reward = if random.float() < Self::CHANCES[action as usize] { 1.0 } else { 0.0 };
        (0, reward, true)
    }
}

/// Six states in a row, begun at the left; stepping right from the last one gives 1 and ends.
#[derive(Clone)]
pub struct Chain;

impl Toy for Chain {
    const ID: &'static str = "Toy-Chain-v0";
    const STATES: u32 = 6;
    const ACTIONS: u32 = 2;
    const LIMIT: u32 = 100;

    fn start(_random: &mut Philox) -> i32 {
        0
    }

    fn step(state: i32, action: i32, _random: &mut Philox) -> (i32, f32, bool) {
        match (state, action) {
            (5, 1) => (5, 1.0, true),
            (_, 1) => (state + 1, 0.0, false),
            _ => ((state - 1).max(0), 0.0, false),
        }
    }
}

/// Every step gives 1, nothing ends but by the limit; of three actions only the last is allowed.
#[derive(Clone)]
pub struct Endless;

impl Toy for Endless {
    const ID: &'static str = "Toy-Endless-v0";
    const STATES: u32 = 1;
    const ACTIONS: u32 = 3;
    const LIMIT: u32 = 5;

    fn start(_random: &mut Philox) -> i32 {
        0
    }

    fn step(_state: i32, action: i32, _random: &mut Philox) -> (i32, f32, bool) {
        assert_eq!(action, 2, "a masked action was taken");
        (0, 1.0, false)
    }

    fn allowed(_state: i32, action: i32) -> bool {
        action == 2
    }
}

/// A cue, 0 or 1, that is shown at the first step alone; the action of the fifth step is to be the same. What is seen
/// there does not tell which, so that without a memory nothing is better than chance.
#[derive(Clone)]
pub struct Recall;

impl Recall {
    const WAITING: i32 = 2;
    const STEPS: i32 = 5;
}

impl Toy for Recall {
    const ID: &'static str = "Toy-Recall-v0";
    const STATES: u32 = 3;
    const ACTIONS: u32 = 2;
    const LIMIT: u32 = 10;

    fn start(random: &mut Philox) -> i32 {
        random.int(0, 2) * Self::STEPS
    }

    fn step(state: i32, action: i32, _random: &mut Philox) -> (i32, f32, bool) {
        let (cue, time) = (state / Self::STEPS, state % Self::STEPS);
        if time + 1 < Self::STEPS {
            return (state + 1, 0.0, false);
        }
        (state, if action == cue { 1.0 } else { 0.0 }, true)
    }

    fn shown(state: i32) -> i32 {
        if state % Self::STEPS == 0 { state / Self::STEPS } else { Self::WAITING }
    }
}

/// A batch of a toy that resets ended episodes in the same step.
pub struct ToyBatch<T: Toy> {
    spec: EnvSpec,
    options: BuildOptions,
    observation: Observation,
    last: Observation,
    states: Vec<i32>,
    lengths: Vec<u32>,
    returns: Vec<f32>,
    randoms: Vec<Philox>,
    rewards: Vec<f32>,
    flags: [Vec<bool>; 4],
    subgoals: Vec<i32>,
    episodes: Vec<EpisodeRecord>,
    toy: std::marker::PhantomData<T>,
}

impl<T: Toy> ToyBatch<T> {
    pub fn make(_id: &str, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
        let field = |name: &str, space| ObservationSpec {
            name: name.into(),
            group: Group::Policy,
            space,
            description: String::new(),
        };
        let observations = vec![
            field("state", Space::discrete(T::STATES)),
            field("action_mask", Space::bytes(0, 1, [T::ACTIONS as usize])),
        ];
        let envs = options.num_envs;
        let observation = Observation::zeros(&observations, envs);
        let spec = EnvSpec {
            id: T::ID.into(),
            discipline: "toy".into(),
            description: String::new(),
            mission: String::new(),
            num_agents: 1,
            action_space: Space::discrete(T::ACTIONS),
            action_names: Vec::new(),
            observations,
            default_observations: Vec::new(),
            max_episode_steps: T::LIMIT,
            reward_range: (0.0, 1.0),
            subgoals: Vec::new(),
            channels: Vec::new(),
            context: Vec::new(),
            options: Vec::new(),
            wgpu: false,
        };
        Ok(Box::new(Self {
            spec,
            options: options.clone(),
            last: observation.clone(),
            observation,
            states: vec![0; envs],
            lengths: vec![0; envs],
            returns: vec![0.0; envs],
            randoms: (0..envs).map(|env| Philox::for_episode(options.seed, env as u32, 0)).collect(),
            rewards: vec![0.0; envs],
            flags: [const { Vec::new() }; 4].map(|_: Vec<bool>| vec![false; envs]),
            subgoals: vec![-1; envs],
            episodes: Vec::new(),
            toy: std::marker::PhantomData,
        }))
    }

    fn observe(&mut self) {
        let Array::I32(states) = &mut self.observation.fields[0].array else { unreachable!() };
        states.iter_mut().zip(&self.states).for_each(|(shown, &state)| *shown = T::shown(state));
        let Array::U8(mask) = &mut self.observation.fields[1].array else { unreachable!() };
        for (i, allowed) in mask.iter_mut().enumerate() {
            let (env, action) = (i / T::ACTIONS as usize, i % T::ACTIONS as usize);
            *allowed = T::allowed(self.states[env], action as i32).into();
        }
    }
}

impl<T: Toy> VectorEnv for ToyBatch<T> {
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
        for env in 0..self.states.len() {
            if let Some(seed) = options.seed {
                self.randoms[env] = Philox::for_episode(seed, env as u32, 0);
            }
            self.states[env] = T::start(&mut self.randoms[env]);
            (self.lengths[env], self.returns[env]) = (0, 0.0);
        }
        self.observe();
        Ok(&self.observation)
    }

    fn step_with(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error> {
        let Actions::Discrete(actions) = actions else { panic!("toys have discrete actions") };
        self.episodes.clear();
        let mut next = Vec::with_capacity(actions.len());
        for (env, &action) in actions.iter().enumerate() {
            let (state, reward, terminated) = T::step(self.states[env], action, &mut self.randoms[env]);
            self.lengths[env] += 1;
            self.returns[env] += reward;
            let truncated = self.lengths[env] >= T::LIMIT;
            self.rewards[env] = reward;
            self.flags[0][env] = terminated;
            self.flags[1][env] = truncated;
            self.flags[2][env] = terminated && reward > 0.0;
            self.states[env] = state;
            next.push(state);
            if terminated || truncated {
                let (length, success) = (self.lengths[env], self.flags[2][env]);
                self.episodes.push(EpisodeRecord { env, episode_return: self.returns[env], length, success });
                (self.lengths[env], self.returns[env]) = (0, 0.0);
                next[env] = T::start(&mut self.randoms[env]);
            }
        }
        self.observe();
        self.last.clone_from(&self.observation);
        self.states = next;
        self.observe();
        Ok(Step {
            observation: &self.observation,
            reward: &self.rewards,
            terminated: &self.flags[0],
            truncated: &self.flags[1],
            info: Info {
                final_observation: Some(&self.last),
                subgoal: &self.subgoals,
                success: &self.flags[2],
                was_reset: &self.flags[3],
                episodes: &self.episodes,
                channels: &[],
            },
        })
    }

    fn mission(&self, _env: usize) -> Option<String> {
        None
    }

    fn snapshot(&self) -> Result<Snapshot, Error> {
        let words: Vec<u32> = (0..self.states.len())
            .flat_map(|env| {
                let stream = self.randoms[env].0;
                let state = self.states[env] as u32;
                let total = self.returns[env].to_bits();
                [state, self.lengths[env], total, stream.key, stream.lane, stream.drawn, stream.spare]
            })
            .collect();
        let bytes = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        Ok(Snapshot { id: T::ID.into(), build: String::new(), columns: vec![("all".into(), bytes)] })
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        let (_, bytes) = &snapshot.columns[0];
        if bytes.len() != self.states.len() * 28 {
            return Err(Error::Snapshot("another number of environments".into()));
        }
        for (env, record) in bytes.chunks_exact(28).enumerate() {
            let word = |i: usize| u32::from_le_bytes(record[i * 4..i * 4 + 4].try_into().unwrap());
            self.states[env] = word(0) as i32;
            self.lengths[env] = word(1);
            self.returns[env] = f32::from_bits(word(2));
            let stream = &mut self.randoms[env].0;
            (stream.key, stream.lane, stream.drawn, stream.spare) = (word(3), word(4), word(5), word(6));
        }
        self.observe();
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
