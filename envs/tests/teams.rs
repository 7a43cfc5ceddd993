//! Multi-agent environments: the contract of every id, one truth on both devices, and scripted episodes.

use pentathlon_engine::wgpu_available;
use pentathlon_envs::registry;
use pentathlon_gym::{AutoresetMode, BuildOptions, Device, Levels, OptionValue, VectorEnv, conformance};

fn team_ids() -> Vec<String> {
    let registry = registry();
    let ids = registry.ids().filter(|id| id.starts_with("MultiGrid-") || id.starts_with("MatrixGame-"));
    ids.map(String::from).collect()
}

fn build(id: &str, options: BuildOptions) -> Box<dyn VectorEnv> {
    registry().make(id, &options).unwrap_or_else(|error| panic!("{id}: {error}"))
}

fn all_observations(id: &str) -> Vec<String> {
    registry().get(id).unwrap().observations.iter().map(|form| form.name.clone()).collect()
}

/// Random actions that do not depend on the batch.
struct Actions(u64);

impl Actions {
    fn next(&mut self, count: usize, n: usize) -> Vec<i32> {
        let mut draw = || {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 33) % n as u64) as i32
        };
        (0..count).map(|_| draw()).collect()
    }
}

#[test]
fn every_id_keeps_the_contract() {
    let ids = team_ids();
    assert_eq!(ids.len(), 15, "{ids:?}");
    for id in ids {
        let options = BuildOptions {
            num_envs: 3,
            device: Device::Native,
            observations: all_observations(&id),
            max_episode_steps: Some(12),
            ..BuildOptions::default()
        };
        conformance::check(build(&id, options).as_mut())
            .unwrap_or_else(|violation| panic!("{id}: {violation}"));
    }
}

#[test]
fn what_putting_down_costs_is_within_the_declared_rewards() {
    let with = |drop_cost: f64| {
        let options = BuildOptions {
            num_envs: 3,
            device: Device::Native,
            max_episode_steps: Some(40),
            options: [(String::from("drop_cost"), drop_cost.into())].into(),
            ..BuildOptions::default()
        };
        build("MultiGrid-TrashGrid-6x6-v2", options)
    };
    assert_eq!(with(0.0).spec().reward_range, (-0.1, 15.9));
    let mut env = with(1.0);
    assert_eq!(env.spec().reward_range, (-1.1, 15.9));
    conformance::check(env.as_mut()).unwrap();
}

/// Plays 150 steps of `id` with `given` options on both devices and compares every bit.
fn assert_devices_agree(id: &str, index: usize, given: &[(&str, OptionValue)]) {
    let [mut native, mut wgpu] = [Device::Native, Device::Wgpu].map(|device| {
        let options = BuildOptions {
            num_envs: 40,
            seed: 7,
            device,
            autoreset: [AutoresetMode::NextStep, AutoresetMode::SameStep][index % 2],
            levels: Some(Levels::Fixed(32)),
            observations: all_observations(id),
            max_episode_steps: Some(60),
            options: given.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            ..BuildOptions::default()
        };
        build(id, options)
    });
    native.as_mut().reset(None).unwrap();
    wgpu.as_mut().reset(None).unwrap();
    let (agents, n) = (native.spec().num_agents, native.spec().action_names.len());
    let mut actions = Actions(index as u64);
    let (mut events, mut paid, mut episodes) = (0, 0.0, 0);
    for step in 0..150 {
        let row = actions.next(40 * agents, n);
        let (a, b) = (native.as_mut().step(&row).unwrap(), wgpu.as_mut().step(&row).unwrap());
        let place = format!("{id} step {step}");
        let bits = |rewards: &[f32]| rewards.iter().map(|reward| reward.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(a.reward), bits(b.reward), "{place}: rewards");
        assert_eq!((a.terminated, a.truncated), (b.terminated, b.truncated), "{place}");
        assert_eq!(a.info.subgoal, b.info.subgoal, "{place}: events");
        assert_eq!(a.info.episodes, b.info.episodes, "{place}: episodes");
        for (ours, theirs) in a.observation.fields.iter().zip(&b.observation.fields) {
            assert!(ours.array == theirs.array, "{place}: {} differs", ours.spec.name);
        }
        events += a.info.subgoal.iter().filter(|event| **event >= 0).count();
        paid += a.reward.iter().map(|reward| reward.abs()).sum::<f32>();
        episodes += a.info.episodes.len();
    }
    assert_eq!(native.snapshot().unwrap().columns, wgpu.snapshot().unwrap().columns, "{id}");
    assert!(episodes > 40, "{id}: {episodes} episodes");
    println!("{id}: {episodes} episodes, {events} events, {paid} paid in all, equal on both devices");
}

#[test]
fn native_and_wgpu_play_the_same_episodes() {
    if !wgpu_available() {
        return;
    }
    for (index, id) in team_ids().into_iter().enumerate() {
        let team = [("reward", "team".into())];
        let given = if id.starts_with("MultiGrid") && index % 3 == 0 { &team[..] } else { &[] };
        assert_devices_agree(&id, index, given);
    }
    for (index, p_move) in [1.0, 0.5].into_iter().enumerate() {
        let given = [("p_near", 0.5.into()), ("p_move", p_move.into())];
        assert_devices_agree("MultiGrid-DoorKey-8x8-mixed-v0", index, &given);
    }
}

fn one(id: &str, seed: u64, options: &[(&str, OptionValue)]) -> Box<dyn VectorEnv> {
    let build_options = BuildOptions {
        device: Device::Native,
        autoreset: AutoresetMode::Disabled,
        observations: all_observations(id),
        options: options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        ..BuildOptions::default()
    };
    let mut env = build(id, build_options);
    env.as_mut().reset(seed).unwrap();
    env
}

#[test]
fn in_the_corridor_the_first_on_the_switch_has_to_make_room() {
    let (left, forward, done) = (0, 2, 6);
    let mut env = one("MultiGrid-Switch-5x1-v0", 0, &[]);
    // Agent 0 presses; agent 1 comes up to it and waits until it has turned round and left.
    let script = [
        ([forward, forward], [-1, -1]),
        ([forward, forward], [0, -1]),
        ([left, forward], [-1, -1]),
        ([left, done], [-1, -1]),
        ([forward, forward], [-1, 0]),
    ];
    for (index, (actions, events)) in script.into_iter().enumerate() {
        let step = env.as_mut().step(&actions).unwrap();
        assert_eq!(step.info.subgoal, events, "step {index}");
        let is_last = index + 1 == script.len();
        assert_eq!((step.terminated[0], step.info.success[0]), (is_last, is_last));
        let paid = if is_last { (1.0 - 0.9 * 5.0 / 50.0) / 2.0 } else { 0.0 };
        assert!(step.reward.iter().all(|reward| (reward - paid).abs() < 1e-6), "{:?}", step.reward);
    }
}

#[test]
fn trash_grid_observes_58_numbers_with_its_own_place_first_at_zero() {
    let mut env = one("MultiGrid-TrashGrid-v2", 3, &[]);
    let observation = env.observation();
    let vectors: Vec<&[f32]> = observation["vector"].as_f32().unwrap().chunks(58).collect();
    // Rows and columns of the agents: (0, 0), (0, 2), (0, 4), facing down.
    assert_eq!(vectors[0][..12], [0.0, 0.0, 1.0, 0.0, 0.0, 2.0, 1.0, 0.0, 0.0, 4.0, 1.0, 0.0]);
    assert_eq!(vectors[2][..4], [0.0, -4.0, 1.0, 0.0]);
    let kinds: Vec<f32> = vectors[0][12..42].chunks(3).map(|item| item[2]).collect();
    assert_eq!(kinds, [1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0]);
    for item in vectors[0][12..42].chunks(3) {
        assert!((3.0..=7.0).contains(&item[0]) && (0.0..=8.0).contains(&item[1]), "{item:?}");
    }
    assert_eq!(vectors[0][42..46], [8.0, 6.0, 8.0, 7.0]);
    let step = env.as_mut().step(&[5, 5, 5]).unwrap();
    assert_eq!(step.reward, [-0.1; 3]);
}

#[test]
fn trash_is_delivered_by_a_simple_plan() {
    // One agent of the small grid walks to each item, picks it up and brings it to the zone.
    let (forward, right, pick, put) = (0, 2, 3, 5);
    for seed in 0..5 {
        let mut env = one("MultiGrid-TrashGrid-6x6-v2", seed, &[]);
        let mut total = 0.0;
        let mut ended = false;
        for _ in 0..99 {
            let state = env.observation()["state"].as_f32().unwrap().to_vec();
            let (row, column, dir, load) = (state[0], state[1], state[2] as i32, state[3]);
            let items: Vec<&[f32]> = state[8..14].chunks(3).filter(|item| item[2] > 0.0).collect();
            let (goal, act) = match items.first() {
                Some(item) => ((item[0], item[1]), pick),
                None => ((4.0, 4.0), put),
            };
            assert!(load <= 2.0);
            let (down, along) = (goal.0 - row, goal.1 - column);
            let beside = down.abs() + along.abs();
            // Down first: the other agent waits in the first row.
            let wanted = if down > 0.0 {
                1
            } else if down < 0.0 {
                3
            } else if along > 0.0 {
                0
            } else {
                2
            };
            let action = if act == put && beside == 0.0 {
                put
            } else if act == pick && beside == 0.0 {
                // It stands on the item: one step on, and back.
                forward
            } else if dir != wanted {
                right
            } else if act == pick && beside == 1.0 {
                pick
            } else {
                forward
            };
            let step = env.as_mut().step(&[action, 4]).unwrap();
            total += step.reward.iter().sum::<f32>();
            if step.ended(0) {
                ended = step.info.success[0];
                break;
            }
        }
        assert!(ended, "seed {seed}: not delivered");
        assert!(total > 16.0 - 0.2 * 99.0 && total < 16.0, "{total}");
    }
}

#[test]
fn the_mixed_goal_is_near_as_often_as_the_option_says() {
    let near = |p_near: f64| {
        let options = BuildOptions {
            num_envs: 1000,
            device: Device::Native,
            observations: vec!["full".into()],
            options: [("p_near".to_owned(), p_near.into())].into(),
            ..BuildOptions::default()
        };
        let mut env = build("MultiGrid-DoorKey-8x8-mixed-v0", options);
        let grids = env.as_mut().reset(5).unwrap()["full"].as_u8().unwrap().to_vec();
        let corner = (6 * 8 + 6) * 3;
        grids.chunks(8 * 8 * 3).filter(|grid| grid[corner] != 8).count()
    };
    assert_eq!(near(0.0), 0);
    let count = near(0.8);
    assert!((760..=840).contains(&count), "{count}");
}

#[test]
fn agents_see_each_other_and_leave_at_the_goal() {
    let env = one("MultiGrid-DoorKey-6x6-N2-v0", 1, &[]);
    let full = env.observation()["full"].as_u8().unwrap();
    let agents = full[..6 * 6 * 3].chunks(3).filter(|cell| cell[0] == 10).count();
    assert_eq!(agents, 2);
    assert_eq!(full[..6 * 6 * 3], full[6 * 6 * 3..]);
    // In one room of at most two by four cells, agents see each other in most levels.
    let seen = (0..40).filter(|&seed| {
        let env = one("MultiGrid-DoorKey-6x6-N2-v0", seed, &[("see_through_walls", true.into())]);
        let image = env.observation()["image"].as_u8().unwrap();
        image.chunks(3).any(|cell| cell[0] == 10)
    });
    assert!(seen.count() > 20);
}

#[test]
fn bad_options_are_refused_with_what_is_allowed() {
    let cases: [(&str, &str, OptionValue, &str); 5] = [
        ("MultiGrid-DoorKey-8x8-N2-v0", "reward", "shared".into(), "individual, team"),
        ("MultiGrid-DoorKey-8x8-N2-v0", "p_near", 0.5.into(), "only the options"),
        ("MultiGrid-DoorKey-8x8-mixed-v0", "p_near", 1.5.into(), "0 to 1"),
        ("MultiGrid-TrashGrid-v2", "view_size", 4.into(), "odd numbers"),
        ("MultiGrid-Switch-5x1-v0", "see_through_walls", 3.into(), "true, false"),
    ];
    for (id, name, value, allowed) in cases {
        let options = BuildOptions { options: [(name.to_owned(), value)].into(), ..BuildOptions::default() };
        let error = registry().make(id, &options).err().expect("refused").to_string();
        assert!(error.contains(allowed) || error.contains("option"), "{error}");
    }
}
