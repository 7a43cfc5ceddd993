//! Native and wgpu play the same episodes, to the bit.

use pentathlon_engine::{Batch, wgpu_available};
use pentathlon_gym::{AutoresetMode, BuildOptions, Device, Error, Levels, ResetOptions, VectorEnv};

use crate::{
    corridor::Corridor,
    support::{actions, build, options},
};

fn both(walkers: usize, options: BuildOptions) -> (Batch<Corridor>, Batch<Corridor>) {
    let wgpu = BuildOptions { device: Device::Wgpu, ..options.clone() };
    (build(walkers, options), build(walkers, wgpu))
}

fn forms(mut options: BuildOptions, names: &[&str]) -> BuildOptions {
    options.observations = names.iter().map(|name| String::from(*name)).collect();
    options
}

/// Steps both and compares everything that a step returns.
fn step_both(native: &mut Batch<Corridor>, wgpu: &mut Batch<Corridor>, words: &[i32]) -> (Vec<bool>, usize) {
    let expected = (native as &mut dyn VectorEnv).step(words).expect("steps");
    let got = (wgpu as &mut dyn VectorEnv).step(words).expect("steps");
    assert_eq!(got.observation, expected.observation);
    assert_eq!(got.reward, expected.reward);
    assert_eq!(got.terminated, expected.terminated);
    assert_eq!(got.truncated, expected.truncated);
    assert_eq!(got.info.subgoal, expected.info.subgoal);
    assert_eq!(got.info.channels, expected.info.channels);
    assert_eq!(got.info.success, expected.info.success);
    assert_eq!(got.info.was_reset, expected.info.was_reset);
    assert_eq!(got.info.episodes, expected.info.episodes);
    let ended: Vec<bool> = got.terminated.iter().zip(got.truncated).map(|(a, b)| a | b).collect();
    assert_eq!(got.info.final_observation.is_some(), expected.info.final_observation.is_some());
    if let (Some(got), Some(expected)) = (got.info.final_observation, expected.info.final_observation) {
        for (got, expected) in got.fields.iter().zip(&expected.fields) {
            let width = got.array.bytes().len() / ended.len();
            for env in (0..ended.len()).filter(|env| ended[*env]) {
                assert_eq!(
                    got.array.bytes()[env * width..][..width],
                    expected.array.bytes()[env * width..][..width]
                );
            }
        }
    }
    let episodes = got.info.episodes.len();
    (ended, episodes)
}

#[test]
fn all_autoreset_modes_agree_over_hundreds_of_steps() {
    if !wgpu_available() {
        return;
    }
    for mode in [AutoresetMode::NextStep, AutoresetMode::SameStep, AutoresetMode::Disabled] {
        for (walkers, names) in [(1, &["view"][..]), (2, &["view", "position"]), (2, &["position"])] {
            let (mut native, mut wgpu) = both(walkers, forms(options(100, mode, Levels::Fixed(37)), names));
            native.reset_with(ResetOptions { seed: Some(5), ..ResetOptions::default() }).expect("resets");
            wgpu.reset_with(ResetOptions { seed: Some(5), ..ResetOptions::default() }).expect("resets");
            assert_eq!(native.observation(), wgpu.observation());
            let mut episodes = 0;
            for index in 0..300 {
                let words = actions(&native, index);
                let (ended, count) = step_both(&mut native, &mut wgpu, &words);
                episodes += count;
                if mode == AutoresetMode::Disabled && ended.contains(&true) {
                    let refused = (&mut wgpu as &mut dyn VectorEnv).step(&words);
                    assert!(matches!(refused, Err(Error::Ended { .. })));
                    let reset = ResetOptions { mask: Some(&ended), ..ResetOptions::default() };
                    assert_eq!(
                        native.reset_with(reset).expect("resets"),
                        wgpu.reset_with(reset).expect("resets")
                    );
                }
            }
            assert!(episodes > 1000, "{episodes} episodes");
            for env in 0..100 {
                assert_eq!(native.instance(env).expect("there"), wgpu.instance(env).expect("there"));
            }
            assert_eq!(native.snapshot().expect("snapshot"), wgpu.snapshot().expect("snapshot"));
        }
    }
}

#[test]
fn a_native_snapshot_continues_on_wgpu_and_back() {
    if !wgpu_available() {
        return;
    }
    let (mut native, mut wgpu) =
        both(2, forms(options(65, AutoresetMode::NextStep, Levels::Fixed(9)), &["view", "position"]));
    native.reset_with(ResetOptions { seed: Some(3), ..ResetOptions::default() }).expect("resets");
    for index in 0..50 {
        let words = actions(&native, index);
        native.step_with((&words).into()).expect("steps");
    }
    wgpu.restore(&native.snapshot().expect("snapshot")).expect("restores");
    assert_eq!(native.observation(), wgpu.observation());
    for index in 50..100 {
        let words = actions(&native, index);
        step_both(&mut native, &mut wgpu, &words);
    }
    let (mut back, _) =
        both(2, forms(options(65, AutoresetMode::NextStep, Levels::Fixed(9)), &["view", "position"]));
    back.restore(&wgpu.snapshot().expect("snapshot")).expect("restores");
    assert_eq!(back.snapshot().expect("snapshot"), native.snapshot().expect("snapshot"));
}

#[test]
fn pools_can_be_exchanged_between_iterations() {
    if !wgpu_available() {
        return;
    }
    let (mut native, mut wgpu) = both(1, options(40, AutoresetMode::SameStep, Levels::Fixed(6)));
    native.reset_with(ResetOptions::default()).expect("resets");
    wgpu.reset_with(ResetOptions::default()).expect("resets");
    for seed in 0..4 {
        native.replace_levels(seed).expect("replaces");
        wgpu.replace_levels(seed).expect("replaces");
        for index in 0..40 {
            let words = actions(&native, index);
            step_both(&mut native, &mut wgpu, &words);
        }
    }
}

#[test]
fn steps_on_the_device_are_the_same_steps() {
    if !wgpu_available() {
        return;
    }
    let (mut native, mut wgpu) = both(1, options(70, AutoresetMode::SameStep, Levels::Fixed(6)));
    assert!(native.step_on_device().is_err() && wgpu.step_on_device().is_err());
    native.reset_with(ResetOptions::default()).expect("resets");
    wgpu.reset_with(ResetOptions::default()).expect("resets");
    assert!(wgpu.dispatches_per_step() >= 6);
    assert!(native.on_device().is_none());
    for index in 0..60 {
        let words = actions(&native, index);
        native.step_with((&words).into()).expect("steps");
        let columns = wgpu.on_device().expect("on wgpu");
        assert!(columns.observation("view").is_some() && columns.observation("position").is_none());
        columns.handles.queue.write_buffer(columns.actions, 0, bytemuck::cast_slice(&words));
        wgpu.step_on_device().expect("steps");
    }
    let expected = native.observation().clone();
    assert_eq!(wgpu.refresh().expect("downloads").observation, &expected);
    assert_eq!(native.snapshot().expect("snapshot"), wgpu.snapshot().expect("snapshot"));
}

#[test]
fn a_learners_own_device_can_be_used() {
    if !wgpu_available() {
        return;
    }
    let first = build(
        1,
        BuildOptions { device: Device::Wgpu, ..options(3, AutoresetMode::NextStep, Levels::Fixed(2)) },
    );
    let handles = first.on_device().expect("on wgpu").handles.clone();
    let build_on = |device| {
        let options =
            BuildOptions { device, levels: None, ..options(3, AutoresetMode::NextStep, Levels::Fresh) };
        Batch::new_on(Corridor::new(1, 20), options, handles.clone())
    };
    let second = build_on(Device::Auto).expect("builds");
    assert_eq!(second.options().device, Device::Wgpu);
    assert_eq!(second.options().levels, Some(Levels::Fixed(4096)));
    assert!(build_on(Device::Native).is_err());
}
