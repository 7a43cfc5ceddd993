//! A coupled bandit as a domain of the batch engine: one value is one instance with its options.

use pentathlon_engine::{
    Domain, GenerationError, Instance as Environment, InstanceMut, Kernel, episode::records::Outcome,
};
use pentathlon_gym::{BuildOptions, EnvSpec, Error, Space, seeding::Random};

use super::{
    action::ActionMask,
    dynamics::Arms,
    feasible::FeasibleSet,
    instance::{Instance, LEVELS, Problem},
    kernels,
    observations::{Form, arm_features, constraint_data, observation_specs},
    options::{CoupledBanditOptions, option_specs},
    rules::{
        process::{COMPONENTS_PER_WORD, Pulled, arm_noise, next_level},
        threshold,
    },
    systems,
    tables::Tables,
};

/// One instance, as every environment of a batch plays it.
///
/// Its own action space is packed: each number holds 16 components as bits. Batches built by id take one
/// number a component, which [`FeasibleActions`](super::FeasibleActions) checks and packs.
#[derive(Debug)]
pub struct CoupledBandit {
    instance: Instance,
    options: CoupledBanditOptions,
    spec: EnvSpec,
    arms: Arms,
    set: FeasibleSet,
    tables: Tables,
    features: Vec<f32>,
    constraint: Vec<f32>,
}

impl CoupledBandit {
    /// The domain of the registered id of `problem`, with the options of `build`.
    ///
    /// # Errors
    /// An option that does not exist or has a bad value.
    pub fn new(problem: Problem, build: &BuildOptions) -> Result<Self, Error> {
        let id = id(problem);
        let options = CoupledBanditOptions::read(&id, build)?;
        let instance = options.make_instance(&id, problem)?;
        Ok(Self::of(instance, options))
    }

    /// The domain of a given instance.
    pub fn of(instance: Instance, options: CoupledBanditOptions) -> Self {
        let arms = Arms::new(&instance);
        let set = FeasibleSet::new(&instance);
        let mut spec = spec(&instance, &options);
        let tables = Tables::new(&arms, instance.components);
        let bits = COMPONENTS_PER_WORD as usize;
        let last = instance.components - (tables.action_words - 1) * bits;
        let mut n = vec![1 << bits; tables.action_words];
        n[tables.action_words - 1] = 1 << last;
        spec.action_space = Space::MultiDiscrete { n };
        let (features, _) = arm_features(&arms);
        let (constraint, _) = constraint_data(&arms, &set);
        Self { instance, options, spec, arms, set, tables, features, constraint }
    }

    /// The instance.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// The options it was built with.
    pub fn options(&self) -> &CoupledBanditOptions {
        &self.options
    }

    /// What its arms do and pay.
    pub fn arms(&self) -> &Arms {
        &self.arms
    }

    /// The actions that it allows.
    pub fn feasible_set(&self) -> &FeasibleSet {
        &self.set
    }

    /// The levels of the arms in the array of an environment.
    pub fn levels<'a>(&self, items: &'a [u32]) -> &'a [u32] {
        &items[..self.instance.arms]
    }

    /// Writes `action` in the packed form, `[action words]`.
    pub fn pack(action: ActionMask, words: &mut [i32]) {
        for (index, word) in words.iter_mut().enumerate() {
            *word = (action >> (COMPONENTS_PER_WORD as usize * index)) as u16 as i32;
        }
    }
}

impl Domain for CoupledBandit {
    type State = Pulled;

    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn items(&self) -> usize {
        self.tables.padded
    }

    fn constants(&self) -> Vec<u32> {
        self.tables.words()
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        _context: &[f32],
        state: &mut Pulled,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        *state = Pulled { words: [0; 4] };
        items.fill(0);
        let (first, second) = (random.interval(u32::MAX), random.interval(u32::MAX));
        let starts_high = threshold(self.options.start);
        for (arm, level) in items[..self.instance.arms].iter_mut().enumerate() {
            *level = next_level(0, arm_noise(first, second, arm as u32), starts_high);
        }
        Ok(())
    }

    #[inline]
    fn step<R: Random>(
        &self,
        random: &mut R,
        instance: InstanceMut<'_, Pulled>,
        action: &[i32],
        outcome: &mut Outcome,
        _events: &mut [i32],
    ) {
        let pulled = systems::pulled(action);
        *instance.state = pulled;
        outcome.detail = systems::step(random, &self.tables, &pulled, instance.items).to_bits();
    }

    #[inline]
    fn reward(&self, _instance: Environment<'_, Pulled>, outcome: &Outcome, rewards: &mut [f32]) {
        rewards[0] = f32::from_bits(outcome.detail);
    }

    #[inline]
    fn observe(&self, form: usize, instance: Environment<'_, Pulled>, rows: &mut [u8]) {
        match Form::ALL[form] {
            Form::Levels => {
                for (byte, level) in rows.iter_mut().zip(instance.items) {
                    *byte = *level as u8;
                }
            }
            Form::ArmFeatures => rows.copy_from_slice(bytemuck::cast_slice(&self.features)),
            Form::Constraint => rows.copy_from_slice(bytemuck::cast_slice(&self.constraint)),
        }
    }

    fn check(&self, instance: Environment<'_, Pulled>) -> Result<(), String> {
        let (arms, padding) = instance.items.split_at(self.instance.arms);
        if let Some(arm) = arms.iter().position(|level| *level >= LEVELS as u32) {
            return Err(format!("arm {arm} is at level {}, not 0 to 3", arms[arm]));
        }
        match padding.iter().find(|level| **level != 0) {
            Some(level) => Err(format!("an arm beyond the last is at level {level}")),
            None => Ok(()),
        }
    }

    fn mission(&self, _instance: Environment<'_, Pulled>) -> String {
        self.spec.mission.clone()
    }

    fn kernels(&self, observations: &[usize]) -> Vec<Kernel> {
        kernels::kernels(0, observations)
    }
}

/// The registered id of `problem`.
pub fn id(problem: Problem) -> String {
    let name = match problem {
        Problem::Budget => "Budget",
        Problem::Multi => "Multi",
        Problem::Routing => "Routing",
        Problem::Scheduling => "Scheduling",
        Problem::Capacity => "Capacity",
    };
    format!("coRMAB-{name}-v0")
}

/// The specification of a batch of `instance`, with one number a component as its action.
pub fn spec(instance: &Instance, options: &CoupledBanditOptions) -> EnvSpec {
    let arms = Arms::new(instance);
    let set = FeasibleSet::new(instance);
    let pays = |best: fn(f64, f64) -> f64| {
        instance.reward.iter().map(|r| r.iter().copied().fold(r[0], best)).sum::<f64>()
    };
    EnvSpec {
        id: id(instance.problem),
        discipline: "cormab".into(),
        description: description(instance.problem),
        mission: "keep the arms at levels that pay".into(),
        num_agents: 1,
        action_space: Space::MultiDiscrete { n: vec![2; instance.components] },
        action_names: Vec::new(),
        observations: observation_specs(&arms, &set),
        default_observations: vec![Form::Levels.name().into()],
        max_episode_steps: options.max_episode_steps.unwrap_or(instance.horizon),
        // A little more than the sums, which are added in single precision.
        reward_range: ((pays(f64::min) - 1e-4) as f32, (pays(f64::max) + 1e-4) as f32),
        subgoals: Vec::new(),
        channels: Vec::new(),
        context: Vec::new(),
        options: option_specs().to_vec(),
        wgpu: true,
    }
}

fn description(problem: Problem) -> String {
    let allowed = match problem {
        Problem::Budget => {
            "An action pulls arms, at most as many as the budget. The arms are not coupled beyond that."
        }
        Problem::Multi => {
            "An action chooses exactly as many interventions as the budget. Each touches several arms, and an \
             arm's probability to climb is a sigmoid of how many touch it: easy arms answer to one, hard arms \
             to two or three together."
        }
        Problem::Routing => {
            "An action pulls arms, at most as many as the budget, that one closed walk from the source visits \
             within twice as many edges of a network."
        }
        Problem::Scheduling => {
            "An action pulls arms, at most as many as the budget. A pulled arm needs two units of workers' time \
             in slots where both are available; a worker serves one arm a slot."
        }
        Problem::Capacity => {
            "An action pulls arms whose costs can be packed into workers of limited capacity."
        }
    };
    format!(
        "A restless bandit after Xu, Wilder, Khalil and Tambe (ICLR 2025). Every arm has a level from 0 to 3; in \
         each step it climbs one level or falls one, and a pulled arm is more likely to climb. {allowed} The \
         reward is what the arms pay at the levels they move to; the arms that pay most at the top pay less on \
         the way up, so that looking one step ahead misleads. Episodes have no end of their own and are \
         truncated after the horizon."
    )
}
