//! Input that cannot be: named errors, nothing changed, no panic.

use pentathlon_engine::{Batch, MAX_ENVS};
use pentathlon_gym::{
    Actions, AutoresetMode, BuildOptions, Device, Error, GeneratorKind, Levels, ResetOptions, VectorEnv,
};
use proptest::prelude::*;

use crate::{
    corridor::Corridor,
    support::{build, options, play},
};

#[test]
fn options_that_cannot_be_say_what_can() {
    let base = || options(2, AutoresetMode::NextStep, Levels::Fresh);
    let refused = |options: BuildOptions, allowed: &str| {
        let error = Batch::new(Corridor::new(1, 20), options).err().expect("refused").to_string();
        assert!(error.contains(allowed), "{error}");
    };
    refused(BuildOptions { num_envs: 0, ..base() }, "1 to");
    refused(BuildOptions { num_envs: MAX_ENVS + 1, ..base() }, "1 to");
    refused(BuildOptions { levels: Some(Levels::Fixed(0)), ..base() }, "1 to");
    refused(BuildOptions { threads: 5000, ..base() }, "1024");
    refused(BuildOptions { max_episode_steps: Some(7), ..base() }, "20");
    refused(BuildOptions { observations: vec!["veiw".into()], ..base() }, "view, position");
    refused(BuildOptions { observations: vec!["view".into(), "view".into()], ..base() }, "once");
    let reference = BuildOptions { generator: GeneratorKind::Reference, ..base() };
    refused(BuildOptions { levels: Some(Levels::Fixed(3)), ..reference.clone() }, "fresh");
    refused(BuildOptions { device: Device::Wgpu, levels: None, ..reference }, "native");
    refused(BuildOptions { device: Device::Wgpu, ..base() }, "fixed");
}

#[test]
fn defaults_are_resolved() {
    let built = Batch::new(
        Corridor::new(1, 20),
        BuildOptions { device: Device::Native, num_envs: 3, ..BuildOptions::default() },
    )
    .expect("builds");
    let options = built.options();
    assert_eq!(options.levels, Some(Levels::Fresh));
    assert_eq!(options.observations, ["view"]);
    assert_eq!(options.max_episode_steps, Some(20));
    assert!(options.threads >= 1);
}

#[test]
fn actions_are_named_by_environment_and_agent() {
    let mut batch = build(2, options(3, AutoresetMode::NextStep, Levels::Fixed(9)));
    play(&mut batch, 1, 3);
    let error = batch.step_with(Actions::Discrete(&[1, 1, 1, 3, 1, 1])).expect_err("out of range");
    assert!(
        matches!(&error, Error::InvalidAction { env: 1, agent: 1, value, .. } if value == "3"),
        "{error}"
    );
    assert!(error.to_string().contains("0 to 2"));
    let error = batch.step_with(Actions::Discrete(&[1, 1])).expect_err("too few");
    assert!(matches!(error, Error::WrongLength { got: 2, expected: 6, .. }));
    assert!(batch.step_with(Actions::Continuous(&[0.0; 6])).is_err());
    assert!(batch.instance(3).is_err());
    assert!(batch.mission(3).is_none());
    assert!(batch.mission(2).is_some_and(|mission| mission.starts_with("reach cell 23")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_input_is_taken_or_refused_whole(
        words in prop::collection::vec(prop_oneof![4 => 0i32..3, 1 => any::<i32>()], 0..9),
        mask in prop::collection::vec(any::<bool>(), 0..7),
        context in prop::collection::vec(prop_oneof![4 => Just(1.0f32), 1 => any::<f32>()], 0..7),
        seed: u64,
    ) {
        let mut batch = build(1, options(6, AutoresetMode::NextStep, Levels::Fresh));
        play(&mut batch, seed, 2);
        let before = batch.snapshot().expect("snapshot");
        let floats: Vec<f32> = words.iter().map(|word| f32::from_bits(*word as u32)).collect();
        prop_assert!(batch.step_with(Actions::Continuous(&floats)).is_err());
        prop_assert_eq!(&batch.snapshot().expect("snapshot"), &before);
        let good = words.len() == 6 && words.iter().all(|word| (0..3).contains(word));
        prop_assert_eq!(batch.step_with(Actions::Discrete(&words)).is_ok(), good);
        if !good {
            prop_assert_eq!(&batch.snapshot().expect("snapshot"), &before);
        }
        let before = batch.snapshot().expect("snapshot");
        let good = mask.len() == 6
            && context.len() == 6
            && context.iter().all(|value| (0.0..=6.0).contains(value) && value.fract() == 0.0);
        let reset = ResetOptions { seed: Some(seed), mask: Some(&mask), context: Some(&context) };
        prop_assert_eq!(batch.reset_with(reset).is_ok(), good);
        if !good {
            prop_assert_eq!(&batch.snapshot().expect("snapshot"), &before);
        }
    }
}
