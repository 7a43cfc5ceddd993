//! One truth: Crafter steps alike on the CPU and on wgpu, on any number of threads, and whatever the batch
//! around an environment. Observations, rewards, flags, achievement events and the whole state have to be
//! equal, deaths and resets included, for one agent and for a team.
//!
//! By default a few hundred steps are compared; `PENTATHLON_LONG_TESTS=1` takes 2,000 steps of 128
//! environments.

use pentathlon::{
    AutoresetMode, Builder, Device, Levels, Observation, VectorEnv, engine::wgpu_available, make,
};

/// Observations that have a kernel.
const OBSERVED: [&str; 4] = ["symbolic", "semantic", "achievements", "player"];

/// Environments and steps that are compared.
fn extent() -> (usize, usize) {
    let is_long = std::env::var_os("PENTATHLON_LONG_TESTS").is_some_and(|value| value == "1");
    if is_long { (128, 2000) } else { (24, 300) }
}

/// Random actions by environment: those of an environment do not depend on the batch around it.
struct Actions {
    states: Vec<u64>,
    agents: usize,
    count: u64,
}

impl Actions {
    fn new(batch: &dyn VectorEnv) -> Self {
        let states = (0..batch.num_envs()).map(|env| (env as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let spec = batch.spec();
        Self { states: states.collect(), agents: spec.num_agents, count: spec.action_names.len() as u64 }
    }

    fn draw(&mut self) -> Vec<i32> {
        let (agents, count) = (self.agents, self.count);
        let row = |state: &mut u64| {
            (0..agents)
                .map(|_| {
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
    let mut actions = Actions::new(other);
    let mut episodes = 0;
    one.reset(None).expect("a reset");
    other.reset(None).expect("a reset");
    for index in 0..steps {
        let place = format!("{id} step {index}");
        let drawn = actions.draw();
        let a = one.step(&drawn[..envs * agents]).expect("a step");
        let b = other.step(&drawn).expect("a step");
        let bits = |rewards: &[f32]| rewards.iter().map(|reward| reward.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(a.reward), bits(&b.reward[..envs * agents]), "{place}: rewards");
        assert_eq!(a.terminated, &b.terminated[..envs], "{place}: terminated");
        assert_eq!(a.truncated, &b.truncated[..envs], "{place}: truncated");
        assert_eq!(a.info.subgoal, &b.info.subgoal[..envs * agents], "{place}: events");
        assert_eq!(a.info.success, &b.info.success[..envs], "{place}: success");
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
    for (id, mode) in
        [("CrafterReward-v1", AutoresetMode::NextStep), ("MultiCrafter-v1", AutoresetMode::SameStep)]
    {
        let [mut native, mut wgpu] = [Device::Native, Device::Wgpu]
            .map(|device| build(builder(id).num_envs(num_envs).device(device).autoreset(mode)));
        let episodes = assert_equal_play(&mut *native, &mut *wgpu, steps);
        println!("{id}: {num_envs} environments, {steps} steps, {episodes} episodes are equal");
        assert!(episodes > 0, "{id}: episodes must end for resets to be compared");
    }
}

#[test]
fn threads_and_batch_size_change_nothing() {
    for id in ["CrafterReward-v1", "MultiCrafter-v1"] {
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
    let mut actions = Actions::new(&*batch);
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
