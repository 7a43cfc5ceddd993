//! Teams whose agents follow options: a choice starts an option for an agent, which acts until it ends.
//! A joint decision epoch is a primitive step before which at least one agent's option has ended; agents whose
//! options run on have no other choice than to go on.

use pentathlon_gym::seeding::Random;
use pentathlon_gym::seeding::philox::Philox;
use pentathlon_gym::{EpisodeRecord, VectorEnv};
use serde::{Deserialize, Serialize};

use super::option_set::{Aftermath, Choice, End, OptionSet, OptionView, Scene};
use super::primitive::PrimitiveProcess;
use super::process::{DecisionProcess, Outcome, ProcessShape, SituationMut, Suffix};
use crate::Error;
use crate::random::{Purpose, StreamState, stream};

/// How a decision process over options shows itself to a learner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunnerSettings {
    /// Steps after which an option ends whatever it says; 0 for no limit.
    pub longest: u32,
    /// Whether agents observe, besides, the share of `longest` that their option has used up and whether
    /// their last step brought a subgoal event.
    pub observe_progress: bool,
    /// Whether the global state is followed by the options under way, one-hot for each agent.
    pub state_with_options: bool,
    /// Suffixes of each choice that are handed out, spread evenly over its steps; 0 for none. They multiply
    /// what is learned from by the length of choices (after Tang et al., 2018, "Hierarchical Deep Multiagent
    /// Reinforcement Learning with Temporal Abstraction"), for learners without memory.
    pub suffixes: usize,
}

/// A batch whose agents choose options.
pub struct OptionRunner<S: OptionSet = Vec<Box<dyn Choice>>> {
    process: PrimitiveProcess,
    options: S,
    settings: RunnerSettings,
    shape: ProcessShape,
    random: Philox,
    gamma: f32,
    state: RunnerState,
    /// The primitive step that was made last, of every team.
    actions: Vec<i32>,
    ends: Vec<Option<End>>,
    outcomes: Vec<Option<Outcome>>,
    sight: Sight,
    /// What teams saw last whose episode ended in the last step; of other teams it is unspecified.
    last_sight: Sight,
}

/// Where a runner is: which options are under way, and what they have earned so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunnerState {
    random: StreamState,
    /// The option of every agent, -1 for none yet, `[num_envs, num_agents]`.
    current: Vec<i32>,
    ages: Vec<u32>,
    events: Vec<i32>,
    /// Whether an agent was asked to choose anew while its option could have run on.
    interrupted: Vec<bool>,
    /// Whether an agent may choose, `[num_envs, num_agents]`.
    may_choose: Vec<bool>,
    due: Vec<bool>,
    gathered: Vec<Outcome>,
    /// What was under way when an episode ended, for its last situation.
    ended: Vec<Ended>,
    /// Suffixes of the choice under way, one a step after its first; when it has run its course those that
    /// are handed out.
    suffixes: Vec<Vec<Suffix>>,
}

/// Options, ages and events of a team at the end of an episode.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Ended {
    current: Vec<i32>,
    ages: Vec<u32>,
    events: Vec<i32>,
}

/// What all teams see, environment by environment.
#[derive(Clone, Debug, Default)]
struct Sight {
    observation: Vec<f32>,
    state: Vec<f32>,
    available: Vec<u8>,
}

impl Sight {
    fn new(shape: ProcessShape, envs: usize) -> Self {
        Self {
            observation: vec![0.0; envs * shape.num_agents * shape.observation],
            state: vec![0.0; envs * shape.state],
            available: vec![0; envs * shape.num_agents * shape.choices],
        }
    }

    /// The part of environment `env`, to be written.
    fn of(&mut self, shape: ProcessShape, env: usize) -> SituationMut<'_> {
        let (own, allowed) = (shape.num_agents * shape.observation, shape.num_agents * shape.choices);
        SituationMut {
            observation: &mut self.observation[env * own..][..own],
            state: &mut self.state[env * shape.state..][..shape.state],
            available: &mut self.available[env * allowed..][..allowed],
        }
    }
}

/// A team on its way into a situation: its row in the arrays of `scene` and of what is under way.
#[derive(Clone, Copy)]
struct UnderWay<'a> {
    scene: Scene<'a>,
    /// Row of the team in `scene`.
    env: usize,
    state: &'a [f32],
    current: &'a [i32],
    ages: &'a [u32],
    events: &'a [i32],
    may_choose: &'a [bool],
}

impl<S: OptionSet> OptionRunner<S> {
    /// A runner of `options`, the same list for every agent, over a batch that has been reset; `seed` names
    /// the random numbers that options draw.
    ///
    /// # Errors
    /// As [`PrimitiveProcess::new`], and when there is no option.
    pub fn new(
        env: Box<dyn VectorEnv>,
        options: S,
        settings: RunnerSettings,
        gamma: f32,
        seed: u64,
    ) -> Result<Self, Error> {
        if options.is_empty() {
            let id = env.spec().id.clone();
            return Err(Error::Unsupported { id, reason: String::from("there is no option to choose") });
        }
        let process = PrimitiveProcess::new(env, gamma)?;
        let inner = process.shape();
        let rows = inner.num_envs * inner.num_agents;
        let shape = shape_of(inner, options.len(), settings);
        let random = stream(seed, Purpose::Options);
        let mut runner = Self {
            sight: Sight::new(inner, inner.num_envs),
            last_sight: Sight::new(inner, inner.num_envs),
            process,
            options,
            settings,
            shape,
            gamma,
            state: RunnerState {
                random: (&random).into(),
                current: vec![-1; rows],
                ages: vec![0; rows],
                events: vec![-1; rows],
                interrupted: vec![false; rows],
                may_choose: vec![true; rows],
                due: vec![true; inner.num_envs],
                gathered: vec![NOTHING; inner.num_envs],
                ended: vec![Ended::default(); inner.num_envs],
                suffixes: vec![Vec::new(); inner.num_envs],
            },
            random,
            actions: vec![0; rows],
            ends: vec![None; rows],
            outcomes: vec![None; inner.num_envs],
        };
        runner.look();
        Ok(runner)
    }

    /// The process of primitive steps below.
    pub fn primitive(&self) -> &PrimitiveProcess {
        &self.process
    }

    /// The process of primitive steps below, to change.
    pub fn primitive_mut(&mut self) -> &mut PrimitiveProcess {
        &mut self.process
    }

    /// The options.
    pub fn options(&self) -> &S {
        &self.options
    }

    /// The options, to change.
    pub fn options_mut(&mut self) -> &mut S {
        &mut self.options
    }

    /// Whether the agent in row `place`, `env * num_agents + agent`, chooses before the next step.
    pub fn may_choose(&self, place: usize) -> bool {
        self.state.may_choose[place]
    }

    /// Whether the agent in row `place` may choose because its options asked for it, and goes on if it chooses the
    /// same again.
    pub fn was_interrupted(&self, place: usize) -> bool {
        self.state.interrupted[place]
    }

    /// The option of every agent, -1 before the first one of an episode, `[num_envs, num_agents]`.
    pub fn current(&self) -> &[i32] {
        &self.state.current
    }

    /// Evaluates something of the options on all agents as they are now.
    pub fn with_options<T>(&mut self, ask: impl FnOnce(&mut S, Scene<'_>, &[i32]) -> T) -> T {
        ask(&mut self.options, scene(&self.process, &self.sight, &self.state), &self.state.current)
    }

    /// Which options ended in the last step and why, `[num_envs, num_agents]`.
    pub fn ends(&self) -> &[Option<End>] {
        &self.ends
    }

    /// The subgoal events of the last step, -1 for none, `[num_envs, num_agents]`.
    pub fn events(&self) -> &[i32] {
        self.process.events()
    }

    /// The primitive actions of the last step, `[num_envs, num_agents]`.
    pub fn actions(&self) -> &[i32] {
        &self.actions
    }

    /// Shows itself to learners as `settings` say from now on. All agents choose anew before the next step.
    pub fn set_settings(&mut self, settings: RunnerSettings) {
        let inner = self.process.shape();
        self.shape = shape_of(inner, self.options.len(), settings);
        self.settings = settings;
        self.state.suffixes.iter_mut().for_each(Vec::clear);
        self.state.may_choose.fill(true);
        self.state.interrupted.fill(false);
        self.state.due.fill(true);
    }

    /// All agents as they are now.
    pub fn scene(&self) -> Scene<'_> {
        scene(&self.process, &self.sight, &self.state)
    }

    /// Where the runner is; with a snapshot of its batch all that is needed to go on.
    pub fn state(&self) -> RunnerState {
        RunnerState { random: (&self.random).into(), ..self.state.clone() }
    }

    /// Goes on from `state`, after the batch below was restored.
    ///
    /// # Errors
    /// A reason, when the state is of a batch of another size.
    pub fn restore(&mut self, state: RunnerState) -> Result<(), String> {
        if state.current.len() != self.state.current.len() || state.due.len() != self.state.due.len() {
            return Err(format!(
                "it is of {} agents in {} environments, and there are {} in {}",
                state.current.len(),
                state.due.len(),
                self.state.current.len(),
                self.state.due.len()
            ));
        }
        self.random = state.random.into();
        self.state = state;
        self.look();
        Ok(())
    }

    /// Sees what all teams see.
    fn look(&mut self) {
        let inner = self.process.shape();
        for env in 0..inner.num_envs {
            self.process.observe(env, self.sight.of(inner, env));
        }
    }

    /// Sees what the teams saw last whose episode ended in the last step.
    fn look_back(&mut self) {
        let inner = self.process.shape();
        for env in (0..inner.num_envs).filter(|&env| self.process.outcomes()[env].ended) {
            self.process.observe_last(env, self.last_sight.of(inner, env));
        }
    }

    /// Writes a situation of the options' process from one of the primitive process.
    fn translate(&self, team: UnderWay<'_>, situation: SituationMut<'_>) {
        let inner = team.scene.shape;
        let observed = situation.observation.chunks_exact_mut(self.shape.observation);
        for (agent, numbers) in observed.enumerate() {
            let (own, further) = numbers.split_at_mut(inner.observation);
            own.copy_from_slice(team.scene.view(team.env, agent).observation);
            if let [age, event] = further {
                *age = team.ages[agent] as f32 / self.settings.longest.max(1) as f32;
                *event = f32::from(u8::from(team.events[agent] >= 0));
            }
        }
        let (own, further) = situation.state.split_at_mut(inner.state);
        own.copy_from_slice(team.state);
        further.fill(0.0);
        let choices = self.options.len();
        if !further.is_empty() {
            for (agent, &option) in team.current.iter().enumerate().filter(|(_, option)| **option >= 0) {
                further[agent * choices + option as usize] = 1.0;
            }
        }
        for (agent, available) in situation.available.chunks_exact_mut(choices).enumerate() {
            available.fill(0);
            if !team.may_choose[agent] && team.current[agent] >= 0 {
                available[team.current[agent] as usize] = 1;
                continue;
            }
            self.write_available(team.scene.view(team.env, agent), available);
        }
    }

    /// Writes 1 for every option that an agent can begin, 0 for the others; if there is none, for all.
    fn write_available(&self, view: OptionView<'_>, available: &mut [u8]) {
        for (option, available) in available.iter_mut().enumerate() {
            *available = u8::from(self.options.initiate(option, view));
        }
        if available.iter().all(|&available| available == 0) {
            available.fill(1);
        }
    }

    /// Writes which options the agent in row `place` can begin, `[choices]`.
    pub fn available(&self, place: usize, available: &mut [u8]) {
        self.write_available(self.scene().view_of(place), available);
    }

    /// The team of environment `env` as it is now; `may_choose` says which agents choose.
    fn under_way<'a>(&'a self, env: usize, may_choose: &'a [bool]) -> UnderWay<'a> {
        let inner = self.process.shape();
        let places = env * inner.num_agents..(env + 1) * inner.num_agents;
        UnderWay {
            scene: self.scene(),
            env,
            state: &self.sight.state[env * inner.state..][..inner.state],
            current: &self.state.current[places.clone()],
            ages: &self.state.ages[places.clone()],
            events: &self.state.events[places],
            may_choose,
        }
    }

    /// A suffix of the choice under way that begins now.
    fn begin_suffix(&self, env: usize) -> Suffix {
        let shape = self.shape;
        let mut suffix = Suffix {
            observation: vec![0.0; shape.num_agents * shape.observation],
            state: vec![0.0; shape.state],
            available: vec![0; shape.num_agents * shape.choices],
            reward: 0.0,
            discount: 1.0,
        };
        let situation = SituationMut {
            observation: &mut suffix.observation,
            state: &mut suffix.state,
            available: &mut suffix.available,
        };
        self.translate(self.under_way(env, &vec![false; shape.num_agents]), situation);
        suffix
    }

    /// Starts the options that agents chose.
    fn begin(&mut self, choices: &[i32]) {
        let agents = self.shape.num_agents;
        let state = &mut self.state;
        for (place, &choice) in choices.iter().enumerate() {
            if state.due[place / agents] && state.may_choose[place] {
                let goes_on = state.interrupted[place] && state.current[place] == choice;
                if !goes_on {
                    state.ages[place] = 0;
                    state.events[place] = -1;
                }
                state.current[place] = choice;
            }
        }
    }

    /// Which options are at their end after the step that was made last.
    fn find_ends(&mut self) {
        let agents = self.shape.num_agents;
        for place in 0..self.ends.len() {
            let ended = self.process.outcomes()[place / agents].ended;
            self.ends[place] = if ended {
                Some(End::Episode)
            } else {
                let view = scene(&self.process, &self.sight, &self.state).view_of(place);
                let option = self.state.current[place] as usize;
                let chance = self.options.terminate(option, view);
                if chance >= 1.0 || chance > 0.0 && (self.random.float() as f32) < chance {
                    Some(End::Terminated)
                } else if self.settings.longest > 0 && self.state.ages[place] >= self.settings.longest {
                    Some(End::Budget)
                } else {
                    self.options.interrupts(option, view).then_some(End::Interrupted)
                }
            };
        }
    }

    /// Adds the step that was made last to what the choice of environment `env` has earned.
    fn gather(&mut self, env: usize) {
        let step = self.process.outcomes()[env];
        let gathered = &mut self.state.gathered[env];
        gathered.reward += gathered.discount * step.reward;
        gathered.discount *= self.gamma;
        (gathered.terminated, gathered.ended) = (step.terminated, step.ended);
        for suffix in &mut self.state.suffixes[env] {
            suffix.reward += suffix.discount * step.reward;
            suffix.discount *= self.gamma;
        }
    }
}

/// Sizes of the process of `options` options over the process `inner`.
fn shape_of(inner: ProcessShape, options: usize, settings: RunnerSettings) -> ProcessShape {
    ProcessShape {
        choices: options,
        observation: inner.observation + if settings.observe_progress { 2 } else { 0 },
        state: inner.state + if settings.state_with_options { inner.num_agents * options } else { 0 },
        ..inner
    }
}

/// All agents as `process` shows them now.
fn scene<'a>(process: &'a PrimitiveProcess, sight: &'a Sight, state: &'a RunnerState) -> Scene<'a> {
    Scene {
        shape: process.shape(),
        observation: process.env().observation(),
        features: &sight.observation,
        available: &sight.available,
        ages: &state.ages,
        events: &state.events,
    }
}

/// What the step that was made last did.
fn aftermath<'a>(
    process: &'a PrimitiveProcess,
    [sight, last_sight]: [&'a Sight; 2],
    state: &'a RunnerState,
    ends: &'a [Option<End>],
) -> Aftermath<'a> {
    Aftermath {
        scene: scene(process, sight, state),
        last: process.last_observation(),
        last_features: &last_sight.observation,
        current: &state.current,
        rewards: process.rewards(),
        outcomes: process.outcomes(),
        ends,
    }
}

/// Keeps `count` of `suffixes`, spread evenly.
fn thin_out(suffixes: &mut Vec<Suffix>, count: usize) {
    let all = suffixes.len();
    if all > count {
        let mut index = 0;
        suffixes.retain(|_| {
            let is_kept = (index * count) / all != ((index + 1) * count) / all;
            index += 1;
            is_kept
        });
    }
}

/// No reward yet, no step made.
const NOTHING: Outcome = Outcome { reward: 0.0, discount: 1.0, terminated: false, ended: false };

impl<S: OptionSet> DecisionProcess for OptionRunner<S> {
    fn shape(&self) -> ProcessShape {
        self.shape
    }

    fn is_due(&self, env: usize) -> bool {
        self.state.due[env]
    }

    fn observe(&self, env: usize, situation: SituationMut<'_>) {
        let agents = self.shape.num_agents;
        let may_choose = &self.state.may_choose[env * agents..(env + 1) * agents];
        self.translate(self.under_way(env, may_choose), situation);
    }

    fn observe_last(&self, env: usize, situation: SituationMut<'_>) {
        let inner = self.process.shape();
        let mut sight = Sight::new(inner, 1);
        self.process.observe_last(env, sight.of(inner, 0));
        let ended = &self.state.ended[env];
        let scene = Scene {
            features: &sight.observation,
            available: &sight.available,
            ages: &ended.ages,
            events: &ended.events,
            ..self.scene()
        };
        let team = UnderWay {
            scene,
            env: 0,
            state: &sight.state,
            current: &ended.current,
            ages: &ended.ages,
            events: &ended.events,
            may_choose: &vec![true; self.shape.num_agents],
        };
        self.translate(team, situation);
    }

    fn advance(&mut self, choices: &[i32]) -> Result<(), Error> {
        let agents = self.shape.num_agents;
        self.begin(choices);
        self.options.act(
            scene(&self.process, &self.sight, &self.state),
            &self.state.current,
            &mut self.random,
            &mut self.actions,
        );
        for env in 0..self.shape.num_envs {
            if self.state.due[env] {
                self.state.gathered[env] = NOTHING;
                self.state.suffixes[env].clear();
            } else if self.settings.suffixes > 0 {
                let suffix = self.begin_suffix(env);
                self.state.suffixes[env].push(suffix);
            }
        }
        self.process.advance(&self.actions)?;
        self.look();
        self.look_back();
        self.state.events.copy_from_slice(self.process.events());
        self.state.ages.iter_mut().for_each(|age| *age += 1);
        let Self { process, options, state, sight, last_sight, .. } = self;
        options.perceive(&aftermath(process, [sight, last_sight], state, &[]));
        self.find_ends();
        let Self { process, options, state, sight, last_sight, ends, .. } = self;
        options.settle(&aftermath(process, [sight, last_sight], state, ends));
        for env in 0..self.shape.num_envs {
            self.gather(env);
            let places = env * agents..(env + 1) * agents;
            let ends = &self.ends[places.clone()];
            let state = &mut self.state;
            for (place, end) in places.clone().zip(ends) {
                state.may_choose[place] = end.is_some();
                state.interrupted[place] = *end == Some(End::Interrupted);
            }
            if state.gathered[env].ended {
                state.ended[env] = Ended {
                    current: state.current[places.clone()].to_vec(),
                    ages: state.ages[places.clone()].to_vec(),
                    events: state.events[places.clone()].to_vec(),
                };
                state.current[places.clone()].fill(-1);
                state.ages[places.clone()].fill(0);
                state.events[places].fill(-1);
            }
            let is_due = ends.iter().any(Option::is_some);
            if is_due {
                thin_out(&mut state.suffixes[env], self.settings.suffixes);
            }
            state.due[env] = is_due;
            self.outcomes[env] = is_due.then(|| state.gathered[env]);
        }
        Ok(())
    }

    fn outcome(&self, env: usize) -> Option<Outcome> {
        self.outcomes[env]
    }

    fn suffixes(&self, env: usize) -> &[Suffix] {
        if self.state.due[env] { &self.state.suffixes[env] } else { &[] }
    }

    fn episodes(&self) -> &[EpisodeRecord] {
        self.process.episodes()
    }
}
