//! Teams whose agents follow options: a choice starts an option for an agent, which acts until it ends.
//! A joint decision epoch is a primitive step before which at least one agent's option has ended; agents whose
//! options run on have no other choice than to go on.

use pentathlon_gym::seeding::philox::Philox;
use pentathlon_gym::{EpisodeRecord, VectorEnv};

use super::primitive::PrimitiveProcess;
use super::process::{DecisionProcess, Outcome, ProcessShape, SituationMut, Suffix};
use crate::Error;
use crate::random::{Purpose, stream};

/// What an option sees of one agent at one step.
#[derive(Clone, Copy, Debug)]
pub struct OptionView<'a> {
    /// Environment and agent.
    pub place: (usize, usize),
    /// What the agent observes, as [`TeamFeatures`](super::TeamFeatures) writes it.
    pub observation: &'a [f32],
    /// Which primitive actions are available to it.
    pub available: &'a [u8],
    /// Primitive steps since the option began.
    pub age: u32,
    /// The subgoal event of the agent in the last step, -1 for none.
    pub event: i32,
}

/// A way of acting that can begin, acts, and ends (Sutton, Precup, Singh, 1999).
pub trait Choice {
    /// Whether it can begin.
    fn initiate(&self, view: OptionView<'_>) -> bool;

    /// The action it takes: an index of the primitive actions.
    fn act(&mut self, view: OptionView<'_>, random: &mut Philox) -> i32;

    /// The chance with which it ends before the next step, 0 to 1.
    fn terminate(&self, view: OptionView<'_>) -> f32;
}

/// The option that takes one action and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrimitiveOption(pub i32);

impl Choice for PrimitiveOption {
    fn initiate(&self, view: OptionView<'_>) -> bool {
        view.available[self.0 as usize] != 0
    }

    fn act(&mut self, _view: OptionView<'_>, _random: &mut Philox) -> i32 {
        self.0
    }

    fn terminate(&self, _view: OptionView<'_>) -> f32 {
        1.0
    }
}

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
pub struct OptionRunner {
    process: PrimitiveProcess,
    options: Vec<Box<dyn Choice>>,
    settings: RunnerSettings,
    shape: ProcessShape,
    random: Philox,
    gamma: f32,
    /// The option of every agent, `[num_envs, num_agents]`.
    current: Vec<i32>,
    ages: Vec<u32>,
    events: Vec<i32>,
    /// 1 for agents that may choose, `[num_envs, num_agents]`.
    may_choose: Vec<bool>,
    due: Vec<bool>,
    gathered: Vec<Outcome>,
    outcomes: Vec<Option<Outcome>>,
    /// What was under way when an episode ended, for its last situation.
    ended: Vec<Ended>,
    sight: Sight,
    /// Suffixes of the choice under way, one a step after its first; when it has run its course those that
    /// are handed out.
    suffixes: Vec<Vec<Suffix>>,
}

/// Options, ages and events of a team at the end of an episode.
#[derive(Clone, Debug, Default)]
struct Ended {
    current: Vec<i32>,
    ages: Vec<u32>,
    events: Vec<i32>,
}

/// Buffers for what one team sees.
#[derive(Clone, Debug, Default)]
struct Sight {
    observation: Vec<f32>,
    state: Vec<f32>,
    available: Vec<u8>,
}

impl OptionRunner {
    /// A runner of `options`, the same list for every agent, over a batch that has been reset; `seed` names
    /// the random numbers that options draw.
    ///
    /// # Errors
    /// As [`PrimitiveProcess::new`], and when there is no option.
    pub fn new(
        env: Box<dyn VectorEnv>,
        options: Vec<Box<dyn Choice>>,
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
        let teams = inner.num_envs * inner.num_agents;
        let shape = ProcessShape {
            choices: options.len(),
            observation: inner.observation + if settings.observe_progress { 2 } else { 0 },
            state: inner.state
                + if settings.state_with_options { inner.num_agents * options.len() } else { 0 },
            ..inner
        };
        Ok(Self {
            sight: Sight {
                observation: vec![0.0; inner.num_agents * inner.observation],
                state: vec![0.0; inner.state],
                available: vec![0; inner.num_agents * inner.choices],
            },
            process,
            options,
            settings,
            shape,
            random: stream(seed, Purpose::Actions),
            gamma,
            current: vec![-1; teams],
            ages: vec![0; teams],
            events: vec![-1; teams],
            may_choose: vec![true; teams],
            due: vec![true; inner.num_envs],
            gathered: vec![NOTHING; inner.num_envs],
            outcomes: vec![None; inner.num_envs],
            ended: vec![Ended::default(); inner.num_envs],
            suffixes: vec![Vec::new(); inner.num_envs],
        })
    }

    /// The process of primitive steps below.
    pub fn primitive(&self) -> &PrimitiveProcess {
        &self.process
    }

    /// What an agent's option sees, from buffers that hold what its team sees.
    fn view<'a>(&self, sight: &'a Sight, env: usize, agent: usize) -> OptionView<'a> {
        let inner = self.process.shape();
        let place = env * inner.num_agents + agent;
        OptionView {
            place: (env, agent),
            observation: &sight.observation[agent * inner.observation..][..inner.observation],
            available: &sight.available[agent * inner.choices..][..inner.choices],
            age: self.ages[place],
            event: self.events[place],
        }
    }

    fn look(&self, env: usize, sight: &mut Sight) {
        self.process.observe(
            env,
            SituationMut {
                observation: &mut sight.observation,
                state: &mut sight.state,
                available: &mut sight.available,
            },
        );
    }

    /// Writes a situation of the options' process from one of the primitive process.
    fn translate(
        &self,
        sight: &Sight,
        [current, ages, events]: [&[i32]; 3],
        may_choose: &[bool],
        env: usize,
        situation: SituationMut<'_>,
    ) {
        let inner = self.process.shape();
        let observed = situation.observation.chunks_exact_mut(self.shape.observation);
        for (agent, numbers) in observed.enumerate() {
            let (own, further) = numbers.split_at_mut(inner.observation);
            own.copy_from_slice(&sight.observation[agent * inner.observation..][..inner.observation]);
            if let [age, event] = further {
                *age = ages[agent] as f32 / self.settings.longest.max(1) as f32;
                *event = f32::from(u8::from(events[agent] >= 0));
            }
        }
        let (own, further) = situation.state.split_at_mut(inner.state);
        own.copy_from_slice(&sight.state);
        further.fill(0.0);
        let choices = self.options.len();
        if !further.is_empty() {
            for (agent, &option) in current.iter().enumerate().filter(|(_, option)| **option >= 0) {
                further[agent * choices + option as usize] = 1.0;
            }
        }
        for (agent, available) in situation.available.chunks_exact_mut(choices).enumerate() {
            available.fill(0);
            if !may_choose[agent] && current[agent] >= 0 {
                available[current[agent] as usize] = 1;
                continue;
            }
            for (option, available) in self.options.iter().zip(&mut *available) {
                *available = u8::from(option.initiate(self.view(sight, env, agent)));
            }
            if available.iter().all(|&available| available == 0) {
                available.fill(1);
            }
        }
    }

    /// A suffix of the choice under way that begins now; `sight` is what the team sees.
    fn begin_suffix(&self, env: usize, sight: &Sight) -> Suffix {
        let shape = self.shape;
        let mut suffix = Suffix {
            observation: vec![0.0; shape.num_agents * shape.observation],
            state: vec![0.0; shape.state],
            available: vec![0; shape.num_agents * shape.choices],
            reward: 0.0,
            discount: 1.0,
        };
        let agents = env * shape.num_agents..(env + 1) * shape.num_agents;
        let ages: Vec<i32> = self.ages[agents.clone()].iter().map(|&age| age as i32).collect();
        let under_way = [&self.current[agents.clone()], &ages, &self.events[agents]];
        let situation = SituationMut {
            observation: &mut suffix.observation,
            state: &mut suffix.state,
            available: &mut suffix.available,
        };
        self.translate(sight, under_way, &vec![false; shape.num_agents], env, situation);
        suffix
    }

    /// Ends the options that are at their end, and says whether the team has to choose.
    fn end_options(&mut self, env: usize, sight: &Sight) -> bool {
        let agents = self.shape.num_agents;
        let mut is_due = false;
        for agent in 0..agents {
            let place = env * agents + agent;
            let chance = self.options[self.current[place] as usize].terminate(self.view(sight, env, agent));
            let is_old = self.settings.longest > 0 && self.ages[place] >= self.settings.longest;
            let ends = is_old
                || chance >= 1.0
                || chance > 0.0 && {
                    use pentathlon_gym::seeding::Random;
                    (self.random.float() as f32) < chance
                };
            self.may_choose[place] = ends;
            is_due |= ends;
        }
        is_due
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

impl DecisionProcess for OptionRunner {
    fn shape(&self) -> ProcessShape {
        self.shape
    }

    fn is_due(&self, env: usize) -> bool {
        self.due[env]
    }

    fn observe(&self, env: usize, situation: SituationMut<'_>) {
        let mut sight = self.sight.clone();
        self.look(env, &mut sight);
        let agents = env * self.shape.num_agents..(env + 1) * self.shape.num_agents;
        let ages: Vec<i32> = self.ages[agents.clone()].iter().map(|&age| age as i32).collect();
        let under_way = [&self.current[agents.clone()], &ages, &self.events[agents.clone()]];
        self.translate(&sight, under_way, &self.may_choose[agents], env, situation);
    }

    fn observe_last(&self, env: usize, situation: SituationMut<'_>) {
        let mut sight = self.sight.clone();
        self.process.observe_last(
            env,
            SituationMut {
                observation: &mut sight.observation,
                state: &mut sight.state,
                available: &mut sight.available,
            },
        );
        let ended = &self.ended[env];
        let ages: Vec<i32> = ended.ages.iter().map(|&age| age as i32).collect();
        let all = vec![true; self.shape.num_agents];
        self.translate(&sight, [&ended.current, &ages, &ended.events], &all, env, situation);
    }

    fn advance(&mut self, choices: &[i32]) -> Result<(), Error> {
        let agents = self.shape.num_agents;
        let mut actions = vec![0; choices.len()];
        let mut sight = std::mem::take(&mut self.sight);
        for env in 0..self.shape.num_envs {
            self.look(env, &mut sight);
            for agent in 0..agents {
                let place = env * agents + agent;
                if self.due[env] && self.may_choose[place] {
                    self.current[place] = choices[place];
                    self.ages[place] = 0;
                    self.events[place] = -1;
                }
                let view = self.view(&sight, env, agent);
                let option = self.current[place] as usize;
                actions[place] = self.options[option].act(view, &mut self.random);
            }
            if self.due[env] {
                self.gathered[env] = NOTHING;
                self.suffixes[env].clear();
            } else if self.settings.suffixes > 0 {
                let suffix = self.begin_suffix(env, &sight);
                self.suffixes[env].push(suffix);
            }
        }
        self.sight = sight;
        self.process.advance(&actions)?;
        let mut sight = std::mem::take(&mut self.sight);
        for env in 0..self.shape.num_envs {
            let places = env * agents..(env + 1) * agents;
            self.events[places.clone()].copy_from_slice(&self.process.events()[places.clone()]);
            self.ages[places.clone()].iter_mut().for_each(|age| *age += 1);
            let Some(step) = self.process.outcome(env) else { continue };
            let gathered = &mut self.gathered[env];
            gathered.reward += gathered.discount * step.reward;
            gathered.discount *= self.gamma;
            for suffix in &mut self.suffixes[env] {
                suffix.reward += suffix.discount * step.reward;
                suffix.discount *= self.gamma;
            }
            (gathered.terminated, gathered.ended) = (step.terminated, step.ended);
            let is_due = if step.ended {
                self.ended[env] = Ended {
                    current: self.current[places.clone()].to_vec(),
                    ages: self.ages[places.clone()].to_vec(),
                    events: self.events[places.clone()].to_vec(),
                };
                self.current[places.clone()].fill(-1);
                self.ages[places.clone()].fill(0);
                self.events[places.clone()].fill(-1);
                self.may_choose[places].fill(true);
                true
            } else {
                self.look(env, &mut sight);
                self.end_options(env, &sight)
            };
            if is_due {
                thin_out(&mut self.suffixes[env], self.settings.suffixes);
            }
            self.due[env] = is_due;
            self.outcomes[env] = is_due.then(|| self.gathered[env]);
        }
        self.sight = sight;
        Ok(())
    }

    fn outcome(&self, env: usize) -> Option<Outcome> {
        self.outcomes[env]
    }

    fn suffixes(&self, env: usize) -> &[Suffix] {
        if self.due[env] { &self.suffixes[env] } else { &[] }
    }

    fn episodes(&self) -> &[EpisodeRecord] {
        self.process.episodes()
    }
}
