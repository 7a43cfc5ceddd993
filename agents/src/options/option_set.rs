//! Sets of options that a team chooses from. A set acts for all agents of a batch at once, so that one network
//! can be asked for all of them together; a list of single options is a set too.

use pentathlon_gym::Observation;
use pentathlon_gym::seeding::philox::Philox;

use super::process::{Outcome, ProcessShape};

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

/// All agents of all environments at one step.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Sizes of the process of primitive steps.
    pub shape: ProcessShape,
    /// What the batch observes.
    pub observation: &'a Observation,
    /// What every agent observes, as [`TeamFeatures`](super::TeamFeatures) writes it, `[num_envs, num_agents, observation]`.
    pub features: &'a [f32],
    /// Which primitive actions are available, `[num_envs, num_agents, choices]`.
    pub available: &'a [u8],
    /// Primitive steps since each agent's option began, `[num_envs, num_agents]`.
    pub ages: &'a [u32],
    /// Subgoal event of every agent in the last step, -1 for none, `[num_envs, num_agents]`.
    pub events: &'a [i32],
}

impl<'a> Scene<'a> {
    /// What an option of one agent sees.
    pub fn view(&self, env: usize, agent: usize) -> OptionView<'a> {
        let ProcessShape { num_agents, observation, choices, .. } = self.shape;
        let place = env * num_agents + agent;
        OptionView {
            place: (env, agent),
            observation: &self.features[place * observation..][..observation],
            available: &self.available[place * choices..][..choices],
            age: self.ages[place],
            event: self.events[place],
        }
    }

    /// [`Scene::view`] of the agent in row `place`, `env * num_agents + agent`.
    pub fn view_of(&self, place: usize) -> OptionView<'a> {
        self.view(place / self.shape.num_agents, place % self.shape.num_agents)
    }
}

/// Why an option ended, in the order in which the causes are tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum End {
    /// The episode ended.
    Episode,
    /// It said so itself: a subgoal was achieved.
    Terminated,
    /// It had run as long as options may.
    Budget,
    /// Its set asked for a new choice. An agent that chooses the same again goes on with it.
    Interrupted,
}

/// What a primitive step did.
#[derive(Clone, Copy, Debug)]
pub struct Aftermath<'a> {
    /// All agents after the step; those of episodes that ended are in the next one already.
    pub scene: Scene<'a>,
    /// The last observations of episodes that ended in the step: rows of other environments are unspecified.
    pub last: Option<&'a Observation>,
    /// The same as numbers, as [`Scene::features`] has them, `[num_envs, num_agents, observation]`; rows of other
    /// environments are unspecified.
    pub last_features: &'a [f32],
    /// The option that every agent followed, `[num_envs, num_agents]`.
    pub current: &'a [i32],
    /// Rewards of every agent, `[num_envs, num_agents]`.
    pub rewards: &'a [f32],
    /// What the step was to every team, `[num_envs]`.
    pub outcomes: &'a [Outcome],
    /// Which agents' options ended and why, `[num_envs, num_agents]`; of no meaning in [`OptionSet::perceive`].
    pub ends: &'a [Option<End>],
}

/// Options that agents choose from, all with the same list.
pub trait OptionSet {
    /// Number of options.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether option `option` can begin.
    fn initiate(&self, option: usize, view: OptionView<'_>) -> bool;

    /// Writes the action of every agent, an index of the primitive actions; `current` holds the options that
    /// they follow. Both are `[num_envs, num_agents]`.
    fn act(&mut self, scene: Scene<'_>, current: &[i32], random: &mut Philox, actions: &mut [i32]);

    /// Sees what a step did, before it is asked which options end.
    fn perceive(&mut self, _aftermath: &Aftermath<'_>) {}

    /// The chance with which option `option` ends before the next step, 0 to 1.
    fn terminate(&self, option: usize, view: OptionView<'_>) -> f32;

    /// Whether an agent that follows option `option` should choose anew.
    fn interrupts(&self, _option: usize, _view: OptionView<'_>) -> bool {
        false
    }

    /// Sees which options ended.
    fn settle(&mut self, _aftermath: &Aftermath<'_>) {}
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

impl OptionSet for Vec<Box<dyn Choice>> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn initiate(&self, option: usize, view: OptionView<'_>) -> bool {
        self[option].initiate(view)
    }

    fn act(&mut self, scene: Scene<'_>, current: &[i32], random: &mut Philox, actions: &mut [i32]) {
        for (place, (action, &option)) in actions.iter_mut().zip(current).enumerate() {
            *action = self[option as usize].act(scene.view_of(place), random);
        }
    }

    fn terminate(&self, option: usize, view: OptionView<'_>) -> f32 {
        self[option].terminate(view)
    }
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
