//! What a registered environment id promises: spaces, limits, options, subgoals.

use serde::{Deserialize, Serialize};

use crate::{BuildOptions, Error, space::Space};

/// What an observation is for. Only selected observations are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Group {
    /// What a deployed agent would see.
    Policy,
    /// Simulator truth for teachers and critics.
    Privileged,
    /// Global state for centralised critics.
    State,
    /// Words, as tokens.
    Text,
}

/// One form of observation that an environment offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservationSpec {
    /// Name by which it is selected and found in an [`Observation`](crate::Observation).
    pub name: String,
    /// What it is for.
    pub group: Group,
    /// Space of one agent's observation: bounds, shape, element type.
    pub space: Space,
    /// One sentence on what it holds and the order of its axes.
    pub description: String,
}

/// A parameter of the level that can differ from environment to environment and be set at reset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContextParameter {
    /// Name of the parameter.
    pub name: String,
    /// Smallest allowed value.
    pub low: f32,
    /// Largest allowed value.
    pub high: f32,
    /// Value when none is set.
    pub default: f32,
    /// Whether only whole numbers are allowed.
    pub integer: bool,
    /// What it changes, with its unit.
    pub description: String,
}

/// Numbers that every step reports beside the reward, to be found by name in
/// [`Info::channel`](crate::Info::channel): reward terms, costs, which agents live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelSpec {
    /// Name by which it is found.
    pub name: String,
    /// Shape of one agent's part; a batch reports `[num_envs, num_agents, ...shape]`. Empty for one number.
    pub shape: Vec<usize>,
    /// What the numbers say of the step, with their unit.
    pub description: String,
}

impl ChannelSpec {
    /// Numbers of one agent.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether an agent has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A build option of a domain, as `name = value`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OptionSpec {
    /// Name of the option.
    pub name: String,
    /// Default, as it would be typed.
    pub default: String,
    /// Allowed values and meaning.
    pub description: String,
}

/// The specification of one registered environment id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnvSpec {
    /// Registered id, such as `MiniGrid-DoorKey-8x8-v0`.
    pub id: String,
    /// Discipline, such as `minigrid`.
    pub discipline: String,
    /// What the task is, in a few sentences: world, goal, reward, termination.
    pub description: String,
    /// Template of the mission text, or a fixed mission; empty where the environment has none.
    pub mission: String,
    /// Agents per environment.
    pub num_agents: usize,
    /// Space of one agent's action.
    pub action_space: Space,
    /// Names of the discrete actions in order; empty where actions are continuous.
    pub action_names: Vec<String>,
    /// Every form of observation that can be selected.
    pub observations: Vec<ObservationSpec>,
    /// Names of the observations selected when the builder names none.
    pub default_observations: Vec<String>,
    /// Steps after which an episode is truncated.
    pub max_episode_steps: u32,
    /// Smallest and largest reward of one step.
    pub reward_range: (f32, f32),
    /// Named subgoals; the subgoal event of a step is an index into this list.
    pub subgoals: Vec<String>,
    /// What every step reports beside reward, flags and subgoal event.
    pub channels: Vec<ChannelSpec>,
    /// Parameters that can be set per environment at reset.
    pub context: Vec<ContextParameter>,
    /// Build options of the domain.
    pub options: Vec<OptionSpec>,
    /// Whether the environment's rules also run on wgpu.
    pub wgpu: bool,
}

impl EnvSpec {
    /// The observation form called `name`.
    pub fn observation(&self, name: &str) -> Option<&ObservationSpec> {
        self.observations.iter().find(|observation| observation.name == name)
    }

    /// Numbers of the actions of one environment, all agents together.
    pub fn action_numbers(&self) -> usize {
        self.num_agents * self.action_space.flat_len()
    }

    /// Checks that what `build` names exists: domain options, observations, and at least one
    /// environment. Values of options are for the domain to check.
    ///
    /// # Errors
    /// [`Error::UnknownOption`], [`Error::UnknownObservation`] or [`Error::InvalidOption`], which say
    /// what there is.
    pub fn check_build(&self, build: &BuildOptions) -> Result<(), Error> {
        for name in build.options.keys() {
            if !self.options.iter().any(|option| option.name == *name) {
                return Err(Error::UnknownOption {
                    id: self.id.clone(),
                    option: name.clone(),
                    available: self.options.iter().map(|option| option.name.clone()).collect(),
                });
            }
        }
        for name in &build.observations {
            if self.observation(name).is_none() {
                return Err(Error::UnknownObservation {
                    id: self.id.clone(),
                    name: name.clone(),
                    available: self.observations.iter().map(|form| form.name.clone()).collect(),
                });
            }
        }
        if build.num_envs == 0 {
            return Err(Error::InvalidOption {
                id: self.id.clone(),
                option: "num_envs".into(),
                value: "0".into(),
                allowed: "1 or more".into(),
            });
        }
        Ok(())
    }
}
