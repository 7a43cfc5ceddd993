//! Crafter as a domain of the batch engine: one value describes one registered id as built.

use pentathlon_engine::{Domain, GenerationError, Instance, InstanceMut, Kernel, episode::records::Outcome};
use pentathlon_gym::{
    ALIVE_CHANNEL, BuildOptions, ChannelSpec, ContextParameter, EnvSpec, Error, Space,
    seeding::{Random, pcg64::Pcg64},
};

use super::{
    check::check,
    components::{
        ACHIEVEMENT_NAMES, Player,
        records::{ACTION, Clock, NUM_ACHIEVEMENTS, NUM_ITEMS, PLAYER_COUNT},
    },
    daylight::{DAY_LENGTH, light_words},
    generation::generate,
    kernels,
    layout::Layout,
    metrics::ACHIEVEMENTS_CHANNEL,
    observations::{
        forms::Form,
        image::{ImagePainter, noise_pixels},
    },
    options::{CrafterOptions, option_specs},
    reference::{episode_seed::world_seed, mersenne_twister::MersenneTwister},
    reward::rewards,
    rules::{
        draws::FastDraws,
        phases::rules::{step_world, verdict},
        population::rules::DARK,
        settlement::rules::{PAY_CODES, paid, take_event},
        world::{Words, rules::player_place},
    },
    tasks::{Pay, Task},
};

/// Names of the actions in order.
pub const ACTION_NAMES: [&str; 18] = [
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
    "share",
];

/// Actions that only teams have; they are the last ones.
const TEAM_ACTIONS: usize = 1;

/// One registered Crafter id with its options.
#[derive(Debug)]
pub struct Crafter {
    task: Task,
    options: CrafterOptions,
    spec: EnvSpec,
    layout: Layout,
    light: [u32; DAY_LENGTH as usize],
    rewards: [f64; PAY_CODES as usize],
    /// There when images were selected.
    painter: Option<ImagePainter>,
    /// Words that the original draws in the dark to put noise over the images of all players.
    night_words: usize,
}

/// The specification of `task` with `options`.
pub fn spec(task: &Task, options: &CrafterOptions) -> EnvSpec {
    let actions = ACTION_NAMES.len() - if task.is_team() { 0 } else { TEAM_ACTIONS };
    EnvSpec {
        id: task.id.into(),
        discipline: "crafter".into(),
        description: task.description(),
        mission: String::new(),
        num_agents: options.agents as usize,
        action_space: action_space(task, options, actions as u32),
        action_names: ACTION_NAMES[..actions].iter().map(|name| (*name).into()).collect(),
        observations: Form::ALL
            .iter()
            .map(|form| form.spec(options.image_size, options.agents as usize, options.message_vocabulary))
            .collect(),
        default_observations: vec![Form::Symbolic.name().into()],
        max_episode_steps: options.max_steps,
        reward_range: reward_range(options),
        subgoals: ACHIEVEMENT_NAMES.map(String::from).to_vec(),
        channels: channels(),
        context: team_size(task, options),
        options: option_specs(task),
        wgpu: true,
    }
}

/// What a step tells beside the one subgoal event, in the order of [`Domain::channel`].
fn channels() -> Vec<ChannelSpec> {
    let channel = |name: &str, shape: Vec<usize>, description: &str| ChannelSpec {
        name: name.into(),
        shape,
        description: description.into(),
    };
    vec![
        channel(
            ACHIEVEMENTS_CHANNEL,
            vec![NUM_ACHIEVEMENTS as usize],
            "1 for every achievement, in the order of the subgoals, that the agent unlocked in this step.",
        ),
        channel(ALIVE_CHANNEL, Vec::new(), "1 while the agent lives and takes part."),
    ]
}

/// One action of an agent. Those of the team suite also name a receiver and an item, and hold a message.
fn action_space(task: &Task, options: &CrafterOptions, actions: u32) -> Space {
    if !task.is_suite() {
        return Space::discrete(actions);
    }
    let mut n = vec![actions, options.agents, NUM_ITEMS];
    n.extend((0..options.message_tokens).map(|_| options.message_vocabulary));
    Space::MultiDiscrete { n }
}

/// Smallest and largest reward of a step.
fn reward_range(options: &CrafterOptions) -> (f32, f32) {
    let (low, high) = match options.pay {
        Pay::Original => (-0.9, 1.9),
        Pay::Nothing => (0.0, 0.0),
        // All achievements and all materials at once.
        Pay::Damcs => (0.0, 3.0 + 10.0 * (242.0 + 195.0)),
        Pay::DamcsLater => (-10.0, 9.1 + 2.0 * 52.0),
    };
    let agents = if options.shares_reward { options.agents as f32 } else { 1.0 };
    (low * agents, high * agents)
}

/// The parameter of the team suite: how many play in an environment.
fn team_size(task: &Task, options: &CrafterOptions) -> Vec<ContextParameter> {
    let agents = options.agents as f32;
    let size = ContextParameter {
        name: "team_size".into(),
        low: 1.0,
        high: agents,
        default: agents,
        integer: true,
        description:
            "Agents that take part in the environment's next episodes, the first ones of the batch's; the \
                      others are dead from the start."
                .into(),
    };
    if task.is_suite() { vec![size] } else { Vec::new() }
}

impl Crafter {
    /// The domain of `task` with the options of `build`.
    ///
    /// # Errors
    /// An option that does not exist or has a bad value.
    pub fn new(task: &Task, build: &BuildOptions) -> Result<Self, Error> {
        let options = CrafterOptions::read(task, build)?;
        let shows_images = build.observations.iter().any(|name| name == Form::Image.name());
        let painter = if shows_images {
            Some(ImagePainter::new(&options.read_textures(task)?, options.image_size))
        } else {
            None
        };
        Ok(Self {
            night_words: 2 * noise_pixels(options.image_size) * options.agents as usize,
            spec: spec(task, &options),
            layout: Layout {
                goal: options.goal,
                ..Layout::new(options.agents, options.rules, options.is_reference)
            },
            options,
            light: light_words(),
            rewards: rewards(),
            painter,
            task: *task,
        })
    }

    /// The task.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The options it was built with.
    pub fn options(&self) -> &CrafterOptions {
        &self.options
    }

    /// How the words of an environment are laid out.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What the last step paid a player, before it was rounded to `f32`: the original's is `f64`.
    #[inline]
    pub fn exact_reward(&self, player: &Player) -> f64 {
        match self.options.pay {
            Pay::Original => self.rewards[player.pay as usize % self.rewards.len()],
            Pay::Nothing => 0.0,
            Pay::Damcs => f64::from(player.pay as i32),
            Pay::DamcsLater => f64::from(player.pay as i32) / 10.0,
        }
    }

    /// Players of an episode in an environment with this context.
    fn team(&self, context: &[f32]) -> u32 {
        let size = context.first().map_or(self.options.agents, |size| *size as u32);
        size.clamp(1, self.options.agents)
    }

    /// Makes the original's world of `world_seed`.
    fn generate_original(
        &self,
        world_seed: u32,
        team: u32,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        let (world, Some([generator, before])) = self.layout.split(items) else {
            return Err(GenerationError("the batch was not built for the reference generator".into()));
        };
        let mut random = MersenneTwister::new(generator);
        random.seed(world_seed);
        generate(&mut random, &self.layout, team, world);
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

    fn constants(&self) -> Vec<u32> {
        kernels::constants(&self.options, &self.light, &self.rewards)
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        context: &[f32],
        state: &mut Clock,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        *state = Clock { step: 0 };
        generate(random, &self.layout, self.team(context), items);
        Ok(())
    }

    fn generate_reference(
        &self,
        _random: &mut Pcg64,
        seed: u64,
        number: u32,
        context: &[f32],
        state: &mut Clock,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        *state = Clock { step: 0 };
        let of_episode = || world_seed(seed, u64::from(number) + 1);
        self.generate_original(self.options.world_seed.unwrap_or_else(of_episode), self.team(context), items)
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
        let pay = self.options.pay.code();
        let words = action.len() / self.options.agents as usize;
        for (player, asked) in self.layout.players_mut(items).iter_mut().zip(action.chunks_exact(words)) {
            let is_out = player.alive == 0;
            let player: &mut [u32] = bytemuck::cast_slice_mut(std::slice::from_mut(player));
            let word_at = &mut player[ACTION as usize..][..words];
            word_at.copy_from_slice(bytemuck::cast_slice(asked));
            if is_out {
                // Whoever is out does nothing and says nothing.
                word_at.fill(0);
            }
        }
        match self.layout.split(items) {
            (world, Some([generator, before])) => {
                let mut draws = MersenneTwister::new(generator);
                step_world::<MersenneTwister<'_>, Words<'_>>(
                    &mut draws,
                    &mut Words(world),
                    state.step,
                    light,
                    pay,
                );
                if light & DARK == DARK {
                    *before = *generator;
                    MersenneTwister::new(generator).skip(self.night_words);
                }
            }
            (world, None) => {
                let mut draws = FastDraws(random);
                step_world::<FastDraws<'_, R>, Words<'_>>(
                    &mut draws,
                    &mut Words(world),
                    state.step,
                    light,
                    pay,
                );
            }
        }
        let world = &mut Words(items);
        for (index, event) in (0..).zip(events) {
            *event = take_event::<Words<'_>>(world, player_place(index));
        }
        outcome.verdict = verdict::<Words<'_>>(world, state.step, pay);
    }

    #[inline]
    fn reward(&self, instance: Instance<'_, Clock>, _outcome: &Outcome, rewards: &mut [f32]) {
        let kind = self.options.pay.code();
        let mut total = 0.0;
        let team = instance.items[PLAYER_COUNT as usize] as usize;
        // Those who do not take part are paid nothing.
        rewards.fill(0.0);
        for (reward, player) in rewards.iter_mut().zip(self.layout.players(instance.items)).take(team) {
            let tabled = self.rewards[player.pay as usize % self.rewards.len()] as f32;
            *reward = paid(kind, player.pay, tabled);
            total += *reward;
        }
        if self.options.shares_reward {
            rewards.fill(total);
        }
    }

    #[inline]
    fn channel(&self, index: usize, instance: Instance<'_, Clock>, _outcome: &Outcome, values: &mut [f32]) {
        let players = self.layout.players(instance.items);
        if index == 0 {
            for (flags, player) in values.chunks_exact_mut(NUM_ACHIEVEMENTS as usize).zip(players) {
                for (achievement, flag) in flags.iter_mut().enumerate() {
                    *flag = ((player.new_achievements >> achievement) & 1) as f32;
                }
            }
        } else {
            for (flag, player) in values.iter_mut().zip(players) {
                *flag = player.alive as f32;
            }
        }
    }

    #[inline]
    fn observe(&self, form: usize, instance: Instance<'_, Clock>, rows: &mut [u8]) {
        Form::ALL[form].write(&self.layout, self.painter.as_ref(), &instance, rows);
    }

    fn check(&self, instance: Instance<'_, Clock>) -> Result<(), String> {
        check(&self.layout, instance.items)
    }

    fn mission(&self, _instance: Instance<'_, Clock>) -> String {
        String::new()
    }

    fn kernels(&self, observations: &[usize]) -> Vec<Kernel> {
        kernels::kernels(observations)
    }
}
