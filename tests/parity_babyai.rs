//! One truth: BabyAI steps alike on the CPU and on wgpu. Observations, rewards, flags, subgoal events and the
//! whole state, the record of the instruction with it, have to be equal, resets included.
//!
//! By default a few ids and steps are compared; `PENTATHLON_LONG_TESTS=1` takes all ids over 1,000 steps of
//! 128 environments.

mod parity;

use parity::{assert_equal_play, build, is_long};
use pentathlon::{
    AutoresetMode, Device, Levels, engine::wgpu_available, envs::minigrid::tasks::babyai_tasks, make,
};

/// Observations that are compared; sentences are written on the host from the record.
const OBSERVED: [&str; 8] =
    ["image", "direction", "full", "one_hot", "symbolic", "action_mask", "position", "instruction"];

/// Ids for the quick test: every verb, strictness, order, an object in hand, and limits that differ from
/// episode to episode.
const QUICK: [&str; 8] = [
    "BabyAI-GoToLocalS5N2-v0",
    "BabyAI-MiniBossLevel-v0",
    "BabyAI-MoveTwoAcrossS5N2-v0",
    "BabyAI-OpenDoorsOrderN4Debug-v0",
    "BabyAI-PickupDistDebug-v0",
    "BabyAI-PutNextS5N2Carrying-v0",
    "BabyAI-SynthS5R2-v0",
    "BabyAI-UnlockPickup-v0",
];

#[test]
fn native_and_wgpu_play_the_same_episodes() {
    if !wgpu_available() {
        return;
    }
    let all: Vec<&str> = babyai_tasks().iter().map(|task| task.id).collect();
    let (ids, num_envs, steps) = if is_long() { (&all[..], 128, 1000) } else { (&QUICK[..], 32, 150) };
    let mut episodes = 0;
    for (index, id) in ids.iter().enumerate() {
        let mode = [AutoresetMode::NextStep, AutoresetMode::SameStep][index % 2];
        let [mut native, mut wgpu] = [Device::Native, Device::Wgpu].map(|device| {
            let builder = make(id).expect("a registered id").num_envs(num_envs).seed(11).device(device);
            let builder = builder.levels(Levels::Fixed(64)).autoreset(mode).observations(OBSERVED);
            // Short episodes in some ids, so that environments are reset many times; in the others the limit
            // is the instruction's own.
            build(if index % 3 == 0 { builder.max_episode_steps(60) } else { builder })
        });
        let ended = assert_equal_play(&mut *native, &mut *wgpu, steps);
        println!("{id}: {ended} episodes");
        episodes += ended;
    }
    println!("{} ids, {num_envs} environments, {steps} steps, {episodes} episodes are equal", ids.len());
    assert!(episodes > num_envs, "episodes must end for resets to be compared");
}
