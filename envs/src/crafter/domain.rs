//! Crafter as a domain of the batch engine: one value describes one registered id as built.

use pentathlon_engine::{
    Domain, GenerationError, Instance, InstanceMut,
    episode::records::{FAILURE, Outcome},
};
use pentathlon_gym::{
    BuildOptions, EnvSpec, Error, GeneratorKind, Space,
    seeding::{Random, pcg64::Pcg64},
};

use super::{
    check::check,
    components::{
        ACHIEVEMENT_NAMES,
        records::{Clock, HEALTH},
    },
    daylight::{DAY_LENGTH, light_words},
    generation::generate,
    layout::Layout,
    observations::forms::Form,
    reference::{episode_seed::world_seed, mersenne_twister::MersenneTwister},
    reward::rewards,
    rules::{
        draws::FastDraws,
        phases::rules::step_world,
        population::rules::DARK,
        settlement::rules::{PAY_CODES, settle},
        world::{Words, rules::player_place},
    },
    tasks::{Pay, Task},
};

/// Names of the actions in order.
pub const ACTION_NAMES: [&str; 17] = [
    "noop",
    "move_left",
    "move_right",
    "move_up",
    "move_down",
    "do",
    "sleep",
    "place_stone",
    "place_table",
    "place_furnace",
    "place_plant",
    "make_wood_pickaxe",
    "make_stone_pickaxe",
    "make_iron_pickaxe",
    "make_wood_sword",
    "make_stone_sword",
    "make_iron_sword",
];

/// Numbers that the original draws to put noise over an image in the dark, two words each: one for every
/// pixel of the local view.
const NIGHT_WORDS: usize = 2 * 63 * 49;

/// One registered Crafter id with its options.
#[derive(Debug)]
pub struct Crafter {
    task: Task,
    spec: EnvSpec,
    layout: Layout,
    light: [u32; DAY_LENGTH as usize],
    rewards: [f64; PAY_CODES as usize],
    forms: Vec<Form>,
}

/// The specification of `task` with episodes of at most `max_steps` steps.
pub fn spec(task: &Task, max_steps: u32) -> EnvSpec {
    EnvSpec {
        id: task.id.into(),
        discipline: "crafter".into(),
        description: task.description(),
        mission: String::new(),
        num_agents: 1,
        action_space: Space::discrete(ACTION_NAMES.len() as u32),
        action_names: ACTION_NAMES.map(String::from).to_vec(),
        observations: Form::ALL.iter().map(Form::spec).collect(),
        default_observations: vec![Form::Symbolic.name().into()],
        max_episode_steps: max_steps,
        reward_range: match task.pay {
            Pay::Original => (-0.9, 1.9),
            Pay::Nothing => (0.0, 0.0),
        },
        subgoals: ACHIEVEMENT_NAMES.map(String::from).to_vec(),
        context: Vec::new(),
        options: Vec::new(),
        wgpu: false,
    }
}

impl Crafter {
    /// The domain of `task` with the options of `build`.
    ///
    /// # Errors
    /// An option that does not exist or has a bad value.
    pub fn new(task: &Task, build: &BuildOptions) -> Result<Self, Error> {
        let max_steps = build.max_episode_steps.unwrap_or(task.max_steps);
        let is_reference = build.generator == GeneratorKind::Reference;
        Ok(Self {
            spec: spec(task, max_steps),
            layout: Layout::new(1, task.rules, is_reference),
            light: light_words(),
            rewards: rewards(),
            forms: Form::ALL.to_vec(),
            task: *task,
        })
    }

    /// How the words of an environment are laid out.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The reward of the last step before it was rounded to `f32`: the original's is `f64`.
    pub fn exact_reward(&self, items: &[u32]) -> f64 {
        let code = self.layout.players(items)[0].pay as usize % self.rewards.len();
        match self.task.pay {
            Pay::Original => self.rewards[code],
            Pay::Nothing => 0.0,
        }
    }

    /// Makes the original's world of `world_seed`.
    fn generate_original(&self, world_seed: u32, items: &mut [u32]) -> Result<(), GenerationError> {
        let (world, Some([generator, before])) = self.layout.split(items) else {
            return Err(GenerationError("the batch was not built for the reference generator".into()));
        };
        let mut random = MersenneTwister::new(generator);
        random.seed(world_seed);
        generate(&mut random, &self.layout, world);
        *before = *generator;
        Ok(())
    }
}

impl Domain for Crafter {
    type State = Clock;

    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn items(&self) -> usize {
        self.layout.words()
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        _context: &[f32],
        state: &mut Clock,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        *state = Clock { step: 0 };
        generate(random, &self.layout, items);
        Ok(())
    }

    fn generate_reference(
        &self,
        _random: &mut Pcg64,
        seed: u64,
        number: u32,
        _context: &[f32],
        state: &mut Clock,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        *state = Clock { step: 0 };
        self.generate_original(world_seed(seed, u64::from(number) + 1), items)
    }

    #[inline]
    fn step<R: Random>(
        &self,
        random: &mut R,
        instance: InstanceMut<'_, Clock>,
        action: &[i32],
        outcome: &mut Outcome,
        events: &mut [i32],
    ) {
        let InstanceMut { state, items, .. } = instance;
        state.step = state.step.wrapping_add(1);
        let light = self.light[(state.step % DAY_LENGTH) as usize];
        for (player, action) in self.layout.players_mut(items).iter_mut().zip(action) {
            player.action = *action as u32;
        }
        let unlocked = self.layout.players(items)[0].unlocked;
        match self.layout.split(items) {
            (world, Some([generator, before])) => {
                let mut draws = MersenneTwister::new(generator);
                step_world::<MersenneTwister<'_>, Words<'_>>(
                    &mut draws,
                    &mut Words(world),
                    state.step,
                    light,
                );
                if light & DARK == DARK {
                    *before = *generator;
                    MersenneTwister::new(generator).skip(NIGHT_WORDS);
                }
            }
            (world, None) => {
                let mut draws = FastDraws(random);
                step_world::<FastDraws<'_, R>, Words<'_>>(&mut draws, &mut Words(world), state.step, light);
            }
        }
        events[0] = settle::<Words<'_>>(&mut Words(items), player_place(0), unlocked);
        if self.layout.players(items)[0].inventory[HEALTH as usize] == 0 {
            outcome.verdict = FAILURE;
        }
    }

    #[inline]
    fn reward(&self, instance: Instance<'_, Clock>, _outcome: &Outcome, rewards: &mut [f32]) {
        rewards[0] = self.exact_reward(instance.items) as f32;
    }

    #[inline]
    fn observe(&self, form: usize, instance: Instance<'_, Clock>, rows: &mut [u8]) {
        self.forms[form].write(&self.layout, &instance, rows);
    }

    fn check(&self, instance: Instance<'_, Clock>) -> Result<(), String> {
        check(&self.layout, instance.items)
    }

    fn mission(&self, _instance: Instance<'_, Clock>) -> String {
        String::new()
    }
}
