//! One truth: MiniGrid steps alike on the CPU and on wgpu, on any number of threads, and whatever the
//! batch around an environment. Observations, rewards, flags, subgoal events and the whole state have to
//! be equal, resets included.
//!
//! By default a few ids and steps are compared; `PENTATHLON_LONG_TESTS=1` takes all ids over 1,000
//! steps of 256 environments.

mod parity;

use parity::{Actions, assert_equal_play, assert_rows_equal, build, is_long};
use pentathlon::{
    AutoresetMode, Device, Levels,
    engine::{find_batch, wgpu_available},
    envs::minigrid::{MiniGrid, tasks::tasks},
    make,
};

/// Observations that are compared over many steps; [`wgpu_writes_every_form`] compares the others too.
const OBSERVED: [&str; 7] = ["image", "direction", "full", "one_hot", "symbolic", "action_mask", "position"];

/// Ids whose rules differ from each other, for the quick test: one for every objective and more.
const QUICK: [&str; 12] = [
    "MiniGrid-BlockedUnlockPickup-v0",
    "MiniGrid-DoorKey-8x8-v0",
    "MiniGrid-Dynamic-Obstacles-8x8-v0",
    "MiniGrid-Fetch-5x5-N2-v0",
    "MiniGrid-GoToDoor-6x6-v0",
    "MiniGrid-GoToObject-6x6-N2-v0",
    "MiniGrid-LavaCrossingS9N1-v0",
    "MiniGrid-MemoryS7-v0",
    "MiniGrid-ObstructedMaze-1Dlhb-v0",
    "MiniGrid-PutNear-6x6-N2-v0",
    "MiniGrid-RedBlueDoors-6x6-v0",
    "MiniGrid-Unlock-v0",
];

#[test]
fn a_teacher_teaches_the_same_on_both_devices() {
    if !wgpu_available() {
        return;
    }
    for id in ["MiniGrid-DoorKey-5x5-v0", "BabyAI-GoToSeqS5R2-v0"] {
        let [mut native, mut wgpu] = [Device::Native, Device::Wgpu].map(|device| {
            let builder = make(id).expect("a registered id").num_envs(16).seed(3).device(device);
            let builder = builder.levels(Levels::Fixed(16)).autoreset(AutoresetMode::SameStep);
            build(builder.max_episode_steps(20).option("teacher", "all").option("teacher_last", true))
        });
        assert!(assert_equal_play(&mut *native, &mut *wgpu, 60) > 16, "{id}");
    }
}

#[test]
fn native_and_wgpu_play_the_same_episodes() {
    if !wgpu_available() {
        return;
    }
    let all: Vec<&str> = tasks().iter().map(|task| task.id).collect();
    let (ids, num_envs, steps) = if is_long() { (&all[..], 256, 1000) } else { (&QUICK[..], 32, 120) };
    let mut episodes = 0;
    for (index, id) in ids.iter().enumerate() {
        let mode = [AutoresetMode::NextStep, AutoresetMode::SameStep][index % 2];
        let [mut native, mut wgpu] = [Device::Native, Device::Wgpu].map(|device| {
            let builder = make(id).expect("a registered id").num_envs(num_envs).seed(11).device(device);
            let builder = builder.levels(Levels::Fixed(64)).autoreset(mode).observations(OBSERVED);
            // Short episodes, so that environments are reset many times.
            let limit = if is_long() { 120 } else { 40 };
            build(builder.max_episode_steps(limit))
        });
        episodes += assert_equal_play(&mut *native, &mut *wgpu, steps);
    }
    println!("{} ids, {num_envs} environments, {steps} steps, {episodes} episodes are equal", ids.len());
    assert!(episodes > num_envs, "episodes must end for resets to be compared");
}

#[test]
fn native_and_wgpu_agree_on_options() {
    if !wgpu_available() {
        return;
    }
    let with_options = |id: &str, device| {
        let builder = make(id).expect("a registered id").num_envs(64).seed(3).device(device);
        let builder = builder.levels(Levels::Fixed(16)).observations(OBSERVED);
        build(
            builder
                .option("view_size", 5)
                .option("no_death", "lava,ball")
                .option("no_death_cost", -0.25)
                .option("stochastic_action", 0.7),
        )
    };
    for id in ["MiniGrid-LavaGapS5-v0", "MiniGrid-Dynamic-Obstacles-Random-6x6-v0"] {
        let [mut native, mut wgpu] = [Device::Native, Device::Wgpu].map(|device| with_options(id, device));
        assert_equal_play(&mut *native, &mut *wgpu, 200);
    }
}

#[test]
fn wgpu_writes_every_view_size() {
    if !wgpu_available() {
        return;
    }
    for size in [3, 9, 15, 31] {
        let [mut native, mut wgpu] = [Device::Native, Device::Wgpu].map(|device| {
            let builder = make("MiniGrid-MultiRoom-N4-S5-v0").expect("a registered id").num_envs(16);
            let builder = builder.device(device).levels(Levels::Fixed(16)).observations(["image", "one_hot"]);
            build(builder.option("view_size", size))
        });
        assert_equal_play(&mut *native, &mut *wgpu, 40);
    }
}

#[test]
fn wgpu_writes_every_form() {
    if !wgpu_available() {
        return;
    }
    for id in QUICK {
        let [mut native, mut wgpu] = [Device::Native, Device::Wgpu].map(|device| {
            let builder = make(id).expect("a registered id").num_envs(16).seed(5).device(device);
            let forms: Vec<String> =
                builder.spec().observations.iter().map(|form| form.name.clone()).collect();
            // Rows of tiles of an odd size begin in the middle of a word.
            let builder = builder.levels(Levels::Fixed(16)).option("tile_size", 5);
            build(builder.observations(forms.iter().map(String::as_str)).max_episode_steps(20))
        });
        assert_equal_play(&mut *native, &mut *wgpu, 30);
    }
}

#[test]
fn a_wgpu_step_is_a_fixed_number_of_dispatches() {
    if !wgpu_available() {
        return;
    }
    let dispatches = |num_envs| {
        let builder = make("MiniGrid-DoorKey-5x5-v0").expect("a registered id").num_envs(num_envs);
        let batch = build(builder.device(Device::Wgpu).levels(Levels::Fixed(4)));
        find_batch::<MiniGrid>(&*batch).expect("a MiniGrid batch").dispatches_per_step()
    };
    assert_eq!(dispatches(1), dispatches(300));
    assert!(dispatches(1) > 0);
}

#[test]
fn threads_do_not_change_anything() {
    let ids: &[&str] = if is_long() { &QUICK } else { &QUICK[..4] };
    for id in ids {
        let with_threads = |threads| {
            build(
                make(id)
                    .expect("a registered id")
                    .num_envs(700)
                    .seed(5)
                    .device(Device::Native)
                    .threads(threads),
            )
        };
        for threads in [2, 7] {
            let (mut one, mut other) = (with_threads(1), with_threads(threads));
            assert_eq!(one.options().threads, 1);
            assert_equal_play(&mut *one, &mut *other, if is_long() { 1000 } else { 150 });
        }
    }
}

#[test]
fn the_batch_around_an_environment_does_not_change_it() {
    let ids: &[&str] = if is_long() { &QUICK } else { &QUICK[1..4] };
    for id in ids {
        let of_size = |num_envs| {
            build(make(id).expect("a registered id").num_envs(num_envs).seed(9).device(Device::Native))
        };
        let mut batches = [1, 63, 4096].map(of_size);
        let mut actions = batches
            .each_ref()
            .map(|batch| Actions::new(0..batch.num_envs(), batch.spec().action_names.len()));
        for batch in &mut batches {
            batch.reset(None).expect("a reset");
        }
        let mut rows = [const { Vec::new() }; 3];
        for step in 0..60 {
            let place = format!("{id} step {step}");
            for ((batch, actions), row) in batches.iter_mut().zip(&mut actions).zip(&mut rows) {
                actions.next(row);
                batch.step(&*row).expect("a step");
            }
            let [one, few, many] = batches.each_ref().map(|batch| batch.observation());
            assert_rows_equal(&place, one, many, 0, 0, 1, 4096);
            for env in 0..63 {
                assert_rows_equal(&place, few, many, env, env, 63, 4096);
            }
        }
    }
}
