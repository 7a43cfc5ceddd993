//! One truth: Crafter steps alike on the CPU and on wgpu, on any number of threads, and whatever the batch
//! around an environment. Observations, rewards, flags, achievement events and the whole state have to be
//! equal, deaths and resets included, for one agent and for a team.
//!
//! By default a few hundred steps are compared; `PENTATHLON_LONG_TESTS=1` takes 2,000 steps of 128
//! environments.

use pentathlon::{
    Actions, AutoresetMode, Builder, Device, GeneratorKind, Levels, Observation, ParallelEnv, Space,
    VectorEnv,
    engine::{find_batch, wgpu_available},
    envs::crafter::{
        Crafter,
        components::records::{GRASS, NOTHING, PLAYER, WATER, object_of},
        metrics::AchievementStatistics,
        rules::{
            chunks::rules::{enter, leave, set_material},
            objects::rules::{close_up, object_place, remove_object},
            world::Words,
        },
    },
    gym::conformance,
    make,
};

/// Observations that have a kernel.
const OBSERVED: [&str; 7] = ["symbolic", "semantic", "achievements", "player", "team", "messages", "alive"];

/// Environments and steps that are compared.
fn extent() -> (usize, usize) {
    let is_long = std::env::var_os("PENTATHLON_LONG_TESTS").is_some_and(|value| value == "1");
    if is_long { (128, 2000) } else { (24, 300) }
}

/// Random actions by environment: those of an environment do not depend on the batch around it.
struct RandomActions {
    states: Vec<u64>,
    agents: usize,
    /// How many values each number of an agent's action has.
    values: Vec<u64>,
}

impl RandomActions {
    fn new(batch: &dyn VectorEnv) -> Self {
        let states = (0..batch.num_envs()).map(|env| (env as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let values = match &batch.spec().action_space {
            Space::MultiDiscrete { n } => n.iter().map(|n| u64::from(*n)).collect(),
            _ => vec![batch.spec().action_names.len() as u64],
        };
        Self { states: states.collect(), agents: batch.spec().num_agents, values }
    }

    /// Numbers of the actions of one environment.
    fn width(&self) -> usize {
        self.agents * self.values.len()
    }

    fn draw(&mut self) -> Vec<i32> {
        let (agents, values) = (self.agents, &self.values);
        let row = |state: &mut u64| {
            let numbers = (0..agents).flat_map(|_| values);
            numbers
                .map(|count| {
                    *state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    ((*state >> 33) % count) as i32
                })
                .collect::<Vec<_>>()
        };
        self.states.iter_mut().flat_map(row).collect()
    }
}

fn build(builder: Builder) -> Box<dyn VectorEnv> {
    let id = builder.spec().id.clone();
    builder.build().unwrap_or_else(|error| panic!("{id}: {error}"))
}

/// A batch of single players, or of teams of four.
fn builder(id: &str) -> Builder {
    let builder = make(id).expect("a registered id").seed(5).levels(Levels::Fixed(16)).observations(OBSERVED);
    if id == "CrafterTeam-v1" {
        let builder =
            builder.option("revival", true).option("friendly_fire", true).option("message_tokens", 3);
        return builder.option("shared_reward", true).max_episode_steps(250);
    }
    // Teams without monsters live long: their episodes are cut off.
    if id == "MultiCrafter-v1" { builder.option("agents", 4).max_episode_steps(120) } else { builder }
}

/// The rows of the first `envs` environments of every observation.
fn rows(observation: &Observation, envs: usize, num_envs: usize) -> Vec<&[u8]> {
    let part = |bytes: &'_ [u8]| bytes.len() / num_envs * envs;
    let fields = observation.fields.iter().map(|field| field.array.bytes());
    fields.map(|bytes| &bytes[..part(bytes)]).collect()
}

/// Steps two batches with the same actions and compares what their first environments hand out; the second
/// batch may be larger. Gives the number of ended episodes.
fn assert_equal_play(one: &mut dyn VectorEnv, other: &mut dyn VectorEnv, steps: usize) -> usize {
    let id = one.spec().id.clone();
    let (envs, other_envs) = (one.num_envs(), other.num_envs());
    let agents = one.spec().num_agents;
    let mut actions = RandomActions::new(other);
    let mut episodes = 0;
    one.reset(None).expect("a reset");
    other.reset(None).expect("a reset");
    for index in 0..steps {
        let place = format!("{id} step {index}");
        let drawn = actions.draw();
        let a = one.step(&drawn[..envs * actions.width()]).expect("a step");
        let b = other.step(&drawn).expect("a step");
        let bits = |rewards: &[f32]| rewards.iter().map(|reward| reward.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(a.reward), bits(&b.reward[..envs * agents]), "{place}: rewards");
        assert_eq!(a.terminated, &b.terminated[..envs], "{place}: terminated");
        assert_eq!(a.truncated, &b.truncated[..envs], "{place}: truncated");
        assert_eq!(a.info.subgoal, &b.info.subgoal[..envs * agents], "{place}: events");
        assert_eq!(a.info.success, &b.info.success[..envs], "{place}: success");
        for ((name, ours), (_, theirs)) in a.info.channels.iter().zip(b.info.channels) {
            assert_eq!(ours[..], theirs[..ours.len()], "{place}: channel {name}");
        }
        let ours = rows(a.observation, envs, envs);
        let theirs = rows(b.observation, envs, other_envs);
        for ((ours, theirs), name) in ours.iter().zip(&theirs).zip(OBSERVED) {
            let difference = ours.iter().zip(*theirs).position(|(ours, theirs)| ours != theirs);
            assert_eq!(difference, None, "{place}: {name}");
        }
        episodes += a.info.episodes.len();
    }
    if envs == other_envs {
        let (a, b) = (one.snapshot().expect("a snapshot"), other.snapshot().expect("a snapshot"));
        assert_eq!(a.columns.len(), b.columns.len(), "{id}: columns");
        for ((name, ours), (_, theirs)) in a.columns.iter().zip(&b.columns) {
            assert!(ours == theirs, "{id}: column '{name}' differs");
        }
    }
    episodes
}

#[test]
fn native_and_wgpu_play_the_same_episodes() {
    if !wgpu_available() {
        return;
    }
    let (num_envs, steps) = extent();
    for (id, mode) in [
        ("CrafterReward-v1", AutoresetMode::NextStep),
        ("CrafterTeam-v1", AutoresetMode::SameStep),
        ("MultiCrafter-v1", AutoresetMode::SameStep),
    ] {
        let [mut native, mut wgpu] = [Device::Native, Device::Wgpu]
            .map(|device| build(builder(id).num_envs(num_envs).device(device).autoreset(mode)));
        let episodes = assert_equal_play(&mut *native, &mut *wgpu, steps);
        println!("{id}: {num_envs} environments, {steps} steps, {episodes} episodes are equal");
        assert!(episodes > 0, "{id}: episodes must end for resets to be compared");
    }
}

#[test]
fn threads_and_batch_size_change_nothing() {
    for id in ["CrafterReward-v1", "CrafterTeam-v1", "MultiCrafter-v1"] {
        let native = |envs, threads| {
            let builder = builder(id).device(Device::Native).max_episode_steps(150);
            build(builder.num_envs(envs).threads(threads))
        };
        let episodes = assert_equal_play(&mut *native(5, 1), &mut *native(90, 3), 400);
        assert!(episodes >= 5, "{id}: episodes must end for resets to be compared");
    }
}

#[test]
fn a_restored_batch_continues_bit_for_bit() {
    let mut batch = build(builder("CrafterReward-v1").device(Device::Native).num_envs(8));
    let mut actions = RandomActions::new(&*batch);
    batch.reset(None).expect("a reset");
    let play = |batch: &mut Box<dyn VectorEnv>, drawn: &[Vec<i32>]| -> Vec<u8> {
        let mut bytes = Vec::new();
        for row in drawn {
            let step = batch.step(row).expect("a step");
            bytes.extend(rows(step.observation, 8, 8).concat());
        }
        bytes
    };
    let drawn: Vec<Vec<i32>> = (0..120).map(|_| actions.draw()).collect();
    play(&mut batch, &drawn);
    let snapshot = batch.snapshot().expect("a snapshot");
    let first = play(&mut batch, &drawn);
    batch.restore(&snapshot).expect("its own snapshot");
    assert!(play(&mut batch, &drawn) == first);
}

/// Cows, zombies and skeletons in each environment, on an average of a batch's steps.
type Populations = [Vec<f64>; 3];

/// Length and achievements, and the populations, of the first `episodes` episodes of each of 64 environments under random actions.
fn random_play(generator: GeneratorKind, episodes: u64) -> (Vec<f64>, AchievementStatistics, Populations) {
    let builder = make("CrafterReward-v1").expect("a registered id").seed(77).generator(generator);
    let builder = builder.num_envs(64).device(Device::Native).autoreset(AutoresetMode::SameStep);
    let mut batch = build(builder.max_episode_steps(1000).observations(["semantic"]));
    let mut actions = RandomActions::new(&*batch);
    let (mut counts, mut looks) = ([[0; 64]; 3], 0);
    let mut statistics = AchievementStatistics::new(64);
    let mut lengths = Vec::new();
    // Every environment plays equally many episodes: the short ones would be too many otherwise.
    let mut played = [0; 64];
    batch.reset(None).expect("a reset");
    while played.iter().any(|count| *count < episodes) {
        let step = batch.step(&actions.draw()).expect("a step");
        statistics.record(&step);
        for episode in step.info.episodes {
            if played[episode.env] < episodes {
                lengths.push(f64::from(episode.length));
            }
            played[episode.env] += 1;
        }
        looks += 1;
        for (env, map) in step.observation.fields[0].array.bytes().chunks(64 * 64).enumerate() {
            for (kind, counts) in (14..).zip(&mut counts) {
                counts[env] += map.iter().filter(|tile| **tile == kind).count();
            }
        }
    }
    let mean = |count: usize| count as f64 / f64::from(looks);
    (lengths, statistics, counts.map(|kind| kind.into_iter().map(mean).collect()))
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, (variance / count).sqrt())
}

#[test]
fn the_two_generators_play_alike() {
    let (fast_lengths, fast, fast_populations) = random_play(GeneratorKind::Fast, 6);
    let (original_lengths, original, original_populations) = random_play(GeneratorKind::Reference, 6);
    let (mean, error) = mean_and_error(&fast_lengths);
    let (original_mean, original_error) = mean_and_error(&original_lengths);
    println!(
        "episodes: {mean:.1} +- {error:.1} steps, the original's {original_mean:.1} +- {original_error:.1}"
    );
    // Four and a half standard errors: chance exceeds them once in 150,000 comparisons; 26 are made.
    let limit = 4.5;
    assert!((mean - original_mean).abs() < limit * error.hypot(original_error), "lengths of episodes");
    let kinds = ["cows", "zombies", "skeletons"];
    for ((kind, ours), theirs) in kinds.iter().zip(&fast_populations).zip(&original_populations) {
        let ((mean, error), (original, original_error)) = (mean_and_error(ours), mean_and_error(theirs));
        println!("{kind}: {mean:.2} +- {error:.2}, the original's {original:.2} +- {original_error:.2}");
        assert!((mean - original).abs() < limit * error.hypot(original_error), "{kind}");
    }
    let counts = [fast.episodes() as f64, original.episodes() as f64];
    let names = pentathlon::envs::crafter::components::ACHIEVEMENT_NAMES;
    for ((name, ours), theirs) in names.iter().zip(fast.success_rates()).zip(original.success_rates()) {
        let pooled = (ours * counts[0] + theirs * counts[1]) / (counts[0] + counts[1]);
        let error = (pooled * (1.0 - pooled) * (1.0 / counts[0] + 1.0 / counts[1])).sqrt();
        println!("{name}: {:.1} %, the original's {:.1} %", 100.0 * ours, 100.0 * theirs);
        assert!((ours - theirs).abs() <= limit * error, "{name}: {ours} and {theirs}");
    }
    println!("scores: {:.2} % and {:.2} %", fast.score(), original.score());
}

#[test]
fn a_team_that_all_dies_ends_its_episode() {
    let builder =
        make("CrafterTeam-v1").expect("a registered id").option("agents", 16).device(Device::Native);
    let mut batch = build(builder.observations(["text", "image", "classic", "messages"]).num_envs(2));
    batch.reset(None).expect("a reset");
    // Doing nothing, everybody starves or is killed.
    let idle = vec![0; 2 * 16 * 3];
    let mut lengths = Vec::new();
    for _ in 0..2000 {
        let step = batch.step(&idle).expect("a step");
        lengths.extend(step.info.episodes.iter().map(|episode| (episode.length, episode.success)));
    }
    assert!(
        lengths.len() >= 2 && lengths.iter().all(|(length, success)| *length > 50 && !success),
        "{lengths:?}"
    );
}

#[test]
fn teams_of_different_sizes_share_a_batch() {
    let mut batch =
        build(make("CrafterTeam-v1").expect("a registered id").num_envs(4).observations(["team"]));
    let sizes = [1.0, 2.0, 3.0, 4.0];
    let options = pentathlon::ResetOptions { context: Some(&sizes), ..Default::default() };
    let observation = batch.reset_with(options).expect("a reset");
    let numbers: &[i32] = bytemuck::cast_slice(observation.fields[0].array.bytes());
    // Of every environment what its first agent is told: of each player, number 8 says whether it lives.
    let alive: Vec<i32> =
        numbers.chunks(4 * 4 * 26).map(|env| (0..4).map(|player| env[player * 26 + 8]).sum()).collect();
    assert_eq!(alive, [1, 2, 3, 4]);
    for _ in 0..20 {
        let step = batch.step(&[0; 4 * 4 * 3]).expect("a step");
        assert_eq!(step.terminated, [false; 4]);
        let alive = step.info.channel("alive").expect("declared");
        for (row, reward) in step.reward.iter().enumerate() {
            let takes_part = row % 4 <= row / 4;
            assert_eq!(alive[row], f32::from(u8::from(takes_part)));
            assert!(takes_part || *reward == 0.0, "agent {row} is not there and is paid {reward}");
        }
    }
}

#[test]
fn a_surviving_team_succeeds() {
    let builder = make("CrafterTeam-v1").expect("a registered id").option("goal", "survive");
    let mut batch =
        build(builder.option("monsters", false).option("agents", 2).autoreset(AutoresetMode::SameStep));
    batch.reset(None).expect("a reset");
    let mut ended = Vec::new();
    for _ in 0..300 {
        let step = batch.step(&[0; 2 * 3]).expect("a step");
        ended.extend(step.info.episodes.iter().map(|episode| (episode.length, episode.success)));
    }
    assert_eq!(ended, [(300, true)]);
}

#[test]
fn every_id_keeps_the_promises_of_the_contract() {
    for (index, id) in
        ["CrafterReward-v1", "CrafterNoReward-v1", "CrafterTeam-v1", "MultiCrafter-v1"].iter().enumerate()
    {
        for generator in [GeneratorKind::Fast, GeneratorKind::Reference] {
            let modes = [AutoresetMode::NextStep, AutoresetMode::SameStep, AutoresetMode::Disabled];
            let builder =
                make(id).expect("a registered id").num_envs(3).device(Device::Native).generator(generator);
            let builder =
                builder.observations(["symbolic", "classic", "text", "image"]).max_episode_steps(40);
            let mut batch = build(builder.autoreset(modes[index % 3]));
            conformance::check(&mut *batch).unwrap_or_else(|violation| panic!("{violation}"));
        }
    }
}

#[test]
fn a_long_life_with_full_object_slots_goes_on() {
    // Every agent plants and collects saplings all the time, and nothing eats them.
    let builder =
        make("CrafterTeam-v1").expect("a registered id").option("agents", 16).option("monsters", false);
    let mut batch = build(builder.device(Device::Native).threads(1));
    batch.reset(None).expect("a reset");
    let mut state = 1_u64;
    for _ in 0..10_000 {
        let actions: Vec<i32> = (0..16 * 3)
            .map(|place| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let action = [5, 10, 5, 10, 1, 2, 3, 4][(state >> 33) as usize % 8];
                if place % 3 == 0 { action } else { 0 }
            })
            .collect();
        batch.step(&actions).expect("a step");
    }
}

#[test]
fn channels_tell_of_every_achievement_and_of_who_lives() {
    let builder = make("CrafterTeam-v1").expect("a registered id").option("agents", 3).device(Device::Native);
    let mut batch =
        build(builder.num_envs(32).seed(9).levels(Levels::Fixed(64)).observations(["achievements"]));
    let (rows, mut actions) = (32 * 3, RandomActions::new(&*batch));
    let unlocked = |observation: &Observation| -> Vec<bool> {
        let numbers: &[i32] = bytemuck::cast_slice(observation.fields[0].array.bytes());
        numbers.iter().map(|count| *count > 0).collect()
    };
    let mut before = unlocked(batch.reset(None).expect("a reset"));
    let (mut achieved, mut deaths) = (0, 0);
    let mut alive = vec![1.0; rows];
    for index in 0..600 {
        let step = batch.step(&actions.draw()).expect("a step");
        let now = unlocked(step.observation);
        let told = step.info.channel("achievements").expect("declared");
        let lives = step.info.channel("alive").expect("declared").to_vec();
        for row in 0..rows {
            let env = row / 3;
            if step.info.was_reset[env] {
                assert!(told[row * 22..][..22].iter().all(|flag| *flag == 0.0) && lives[row] == 0.0);
                alive[row] = 1.0;
                continue;
            }
            for place in row * 22..row * 22 + 22 {
                let is_new = now[place] && !before[place];
                assert_eq!(told[place] == 1.0, is_new, "step {index} agent {row} achievement {}", place % 22);
                achieved += usize::from(is_new);
            }
            assert!(lives[row] <= alive[row], "the dead stay dead");
            deaths += usize::from(lives[row] < alive[row]);
            alive[row] = lives[row];
            if step.info.subgoal[row] >= 0 {
                assert!(now[row * 22 + step.info.subgoal[row] as usize]);
            }
        }
        before = now;
    }
    assert!(achieved > 100 && deaths > 10, "{achieved} achievements, {deaths} deaths");
}

/// Has the 16 agents of every environment stand side by side on the only grass of a world of water.
fn crowd(batch: &mut dyn VectorEnv) {
    let domain = find_batch::<Crafter>(batch).expect("a Crafter batch").domain();
    let layout = *domain.layout();
    let mut snapshot = batch.snapshot().expect("a snapshot");
    let (_, bytes) =
        snapshot.columns.iter_mut().find(|(name, _)| name == "items").expect("a column of words");
    let mut words: Vec<u32> =
        bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect();
    for items in words.chunks_exact_mut(layout.words()) {
        for slot in 0..layout.objects(items).count() as u32 {
            let place = object_place::<Words<'_>>(&mut Words(items), slot);
            let object = object_of(items[place as usize]);
            if object.kind != NOTHING {
                remove_object::<Words<'_>>(&mut Words(items), place, object);
            }
        }
        close_up::<Words<'_>>(&mut Words(items));
        for tile in 0..64 * 64 {
            set_material::<Words<'_>>(&mut Words(items), tile / 64, tile % 64, WATER);
        }
        let players = layout.players(items).to_vec();
        for player in &players {
            leave::<Words<'_>>(&mut Words(items), player.x as i32, player.y as i32, PLAYER);
        }
        for index in 0..players.len() {
            let (x, y) = (30 + index as i32 / 4, 30 + index as i32 % 4);
            set_material::<Words<'_>>(&mut Words(items), x, y, GRASS);
            enter::<Words<'_>>(&mut Words(items), x, y, PLAYER);
            let player = &mut layout.players_mut(items)[index];
            (player.x, player.y) = (x as u32, y as u32);
        }
    }
    *bytes = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    batch.restore(&snapshot).expect("a world that may be");
}

#[test]
fn agents_that_occupy_every_free_tile_play_on() {
    let devices = if wgpu_available() { vec![Device::Native, Device::Wgpu] } else { vec![Device::Native] };
    for id in ["CrafterTeam-v1", "MultiCrafter-v1"] {
        let mut ends = Vec::new();
        for device in &devices {
            let mut builder = make(id).expect("a registered id").option("agents", 16).device(*device);
            if id == "CrafterTeam-v1" {
                builder = builder.option("friendly_fire", true).option("revival", true);
            }
            let builder =
                builder.num_envs(3).seed(3).levels(Levels::Fixed(3)).autoreset(AutoresetMode::Disabled);
            let mut batch = build(builder.observations(OBSERVED));
            batch.reset(None).expect("a reset");
            crowd(&mut *batch);
            let mut actions = RandomActions::new(&*batch);
            let (mut steps, mut ended) = (0, false);
            while steps < 400 && !ended {
                let step = batch.step(&actions.draw()).expect("a step");
                ended = (0..3).any(|env| step.ended(env));
                steps += 1;
                // On water nobody walks, so that nobody ever finds a free tile until somebody dies.
                let everybody =
                    step.info.channel("alive").expect("declared").iter().all(|alive| *alive == 1.0);
                let domain = find_batch::<Crafter>(&*batch).expect("a Crafter batch");
                for env in 0..3 {
                    let (_, items, _) = domain.instance(env).expect("there");
                    for player in domain.domain().layout().players(&items) {
                        assert!((30..34).contains(&player.x) && (30..34).contains(&player.y));
                    }
                    let players = domain.domain().layout().players(&items);
                    let places: std::collections::BTreeSet<_> =
                        players.iter().map(|player| (player.x, player.y)).collect();
                    assert!(!everybody || places.len() == 16, "{id} step {steps}: nobody stands on another");
                }
            }
            assert!(steps > 100, "{id}: over after {steps} steps");
            ends.push((steps, batch.snapshot().expect("a snapshot").columns));
        }
        assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{id}: devices differ");
    }
}

#[test]
fn the_dead_leave_a_parallel_environment() {
    let builder = make("CrafterTeam-v1").expect("a registered id").option("agents", 3).device(Device::Native);
    let builder = builder.num_envs(1).seed(4).autoreset(AutoresetMode::Disabled);
    let mut env = ParallelEnv::new(build(builder)).expect("one environment");
    env.reset(None).expect("a reset");
    let (mut left, mut steps) = (Vec::new(), 0);
    while !env.agents().is_empty() {
        // Doing nothing, everybody starves or is killed, one after the other.
        let acting = env.agents().to_vec();
        let actions = acting.iter().map(|agent| (agent.clone(), Actions::Discrete(&[0, 0, 0]))).collect();
        let told = env.step(&actions).expect("a step");
        assert!(told.keys().eq(acting.iter()));
        for (agent, step) in &told {
            assert_eq!(step.termination, !env.agents().contains(agent));
            assert_eq!(step.channels["alive"][0] == 0.0, step.termination);
        }
        steps += 1;
        left.extend(
            acting.into_iter().filter(|agent| !env.agents().contains(agent)).map(|agent| (agent, steps)),
        );
    }
    assert_eq!(left.len(), 3);
    assert!(left.windows(2).any(|pair| pair[0].1 < pair[1].1), "{left:?}");
}

#[test]
fn a_team_reaches_the_achievement_that_it_is_asked_for() {
    let builder = make("CrafterTeam-v1").expect("a registered id").option("goal", "collect_sapling");
    let builder = builder.device(Device::Native).num_envs(16).seed(2).autoreset(AutoresetMode::NextStep);
    let mut batch = build(builder.levels(Levels::Fixed(16)));
    batch.reset(None).expect("a reset");
    let (mut actions, mut successes) = (RandomActions::new(&*batch), 0);
    for _ in 0..300 {
        let step = batch.step(&actions.draw()).expect("a step");
        let unlocked = step.info.channel("achievements").expect("declared");
        for env in 0..16 {
            // Achievement 4 is the sapling.
            let has_sapling = (0..4).any(|agent| unlocked[(env * 4 + agent) * 22 + 4] != 0.0);
            assert_eq!(step.info.success[env], has_sapling, "environment {env}");
            successes += usize::from(has_sapling);
        }
    }
    assert!(successes > 10, "{successes}");
}
