//! What learners of real-valued actions must be able to do in an environment.

use std::ops::ControlFlow;

use pentathlon_agents::Error;
use pentathlon_agents::td3::{
    Collection, CollectionSettings, ControlShape, Td3Config, Td3Learner, return_at, train,
};
use pentathlon_envs::classic_control::PENDULUM;
use pentathlon_gym::{BuildOptions, Device, VectorEnv};

fn make(id: &str, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, pentathlon_gym::Error> {
    pentathlon_envs::registry().make(id, options)
}

fn options() -> BuildOptions {
    BuildOptions { device: Device::Native, threads: 1, ..BuildOptions::default() }
}

const SHAPE: ControlShape = ControlShape { state: 3, action: 1 };

fn config() -> Td3Config {
    Td3Config {
        hidden: vec![64, 64],
        actor_rate: 1e-3,
        critic_rate: 1e-3,
        batch: 128,
        replay: 100_000,
        learning_starts: 1000,
        ..Td3Config::default()
    }
}

fn collection(id: &str, frames: u64, seed: u64) -> Collection {
    Collection {
        id: id.into(),
        options: options(),
        num_envs: 4,
        frames,
        settings: CollectionSettings {
            learning_starts: 1000,
            noise: 0.1,
            replay: 100_000,
            longest_hold: 1,
            repeats: 1,
            seed,
        },
    }
}

/// Mean return on the pendulum after `frames` frames of training.
fn trained(config: &Td3Config, collection: &Collection) -> f64 {
    let mut learner = Td3Learner::new(SHAPE, config, collection.settings.seed).unwrap();
    assert!(train(&mut learner, collection, &make, &mut |_, _| ControlFlow::Continue(())).unwrap());
    return_at(&mut learner, &make, PENDULUM, &BuildOptions { seed: 77, ..options() }, 64, 1).unwrap()
}

/// Seven seconds of a free core.
#[test]
fn the_pendulum_is_swung_up_and_held() {
    if std::env::var_os("PENTATHLON_LONG_TESTS").is_none() {
        return;
    }
    for seed in 1..=2 {
        let mut collection = collection(PENDULUM, 12_000, seed);
        collection.settings.learning_starts = 5000;
        let found = trained(&config(), &collection);
        assert!(found > -200.0, "seed {seed}: {found}");
    }
}

#[test]
fn training_can_be_ended_and_repeats_exactly() {
    let few = |frames| {
        let mut learner = Td3Learner::new(SHAPE, &config(), 3).unwrap();
        let collection = collection(PENDULUM, frames, 3);
        let finished = train(&mut learner, &collection, &make, &mut |done, _| match done > 0.9 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        });
        let judged = BuildOptions { seed: 5, ..options() };
        (
            finished.unwrap(),
            return_at(&mut learner, &make, PENDULUM, &judged, 8, 3).unwrap(),
            learner.updates(),
        )
    };
    let (finished, value, updates) = few(1400);
    assert!(!finished && (200..400).contains(&updates), "{updates}");
    assert_eq!((finished, value, updates), few(1400));
}

#[test]
fn environments_that_do_not_fit_are_refused() {
    let mut learner = Td3Learner::new(SHAPE, &config(), 3).unwrap();
    let mut refused = |id: &str| match train(&mut learner, &collection(id, 100, 1), &make, &mut |_, _| {
        ControlFlow::Continue(())
    }) {
        Err(Error::Unsupported { reason, .. }) => reason,
        other => panic!("{id}: {other:?}"),
    };
    assert!(refused("ClassicControl-CartPole-v1").contains("Discrete(2)"));
    let mut other = Td3Learner::new(ControlShape { state: 2, action: 1 }, &config(), 3).unwrap();
    let error = return_at(&mut other, &make, PENDULUM, &options(), 2, 1).unwrap_err().to_string();
    assert!(error.contains("states have 3 numbers") && error.contains("knows 2 and 1"), "{error}");
}
