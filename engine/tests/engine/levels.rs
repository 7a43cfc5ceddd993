//! Level pools, contexts, and what happens when a level cannot be generated.

use pentathlon_engine::{Batch, LevelSet, find_batch};
use pentathlon_gym::{AutoresetMode, Error, GeneratorKind, Levels, ResetOptions, VectorEnv};

use crate::{
    corridor::Corridor,
    support::{build, options, play},
};

const MODE: AutoresetMode = AutoresetMode::SameStep;

#[test]
fn a_pool_is_a_function_of_the_seed_alone() {
    let levels = |num_envs, threads, seed: u64| {
        let mut options = options(num_envs, MODE, Levels::Fixed(100));
        options.threads = threads;
        let mut batch = build(1, options);
        (&mut batch as &mut dyn VectorEnv).reset(seed).expect("resets");
        batch.levels().expect("a pool").clone()
    };
    let expected = levels(1, 1, 5);
    assert_eq!(levels(70, 2, 5), expected);
    assert_ne!(levels(1, 1, 6), expected);
    assert_eq!(expected.states.len(), 100);
}

#[test]
fn episodes_play_levels_of_the_pool() {
    let mut batch = build(1, options(64, MODE, Levels::Fixed(5)));
    play(&mut batch, 1, 30);
    let pool = batch.levels().expect("a pool").clone();
    for e in 0..64 {
        let (_, items, episode) = batch.instance(e).expect("there");
        assert_eq!(items, pool.items[episode.level as usize * 24..][..24]);
    }
}

#[test]
fn pools_can_be_replaced_given_and_moved() {
    let mut trainer = build(1, options(32, MODE, Levels::Fixed(20)));
    assert!(trainer.levels().is_none());
    play(&mut trainer, 1, 3);
    let first = trainer.levels().expect("a pool").clone();
    trainer.replace_levels(2).expect("replaces");
    let second = trainer.levels().expect("a pool").clone();
    assert_ne!(first, second);
    play(&mut trainer, 3, 3);
    assert_eq!(trainer.levels(), Some(&second), "a chosen pool stays");

    let mut test = build(1, options(32, MODE, Levels::Fixed(20)));
    test.set_levels(first.clone()).expect("fits");
    play(&mut test, 3, 3);
    assert_eq!(test.levels(), Some(&first));

    let mut short = first.clone();
    short.states.pop();
    assert!(matches!(test.set_levels(short), Err(Error::WrongLength { .. })));
    let mut wild = first.clone();
    wild.states[3].cells[1] = 1000;
    assert!(matches!(test.set_levels(wild), Err(Error::Generation { env: 3, .. })));
    assert_eq!(test.levels(), Some(&first), "unchanged");

    let mut fresh = build(1, options(2, MODE, Levels::Fresh));
    assert!(fresh.replace_levels(1).is_err());
    assert!(fresh.set_levels(LevelSet { states: vec![], items: vec![] }).is_err());
}

#[test]
fn contexts_change_fresh_levels_and_are_kept() {
    let mut batch = build(1, options(3, MODE, Levels::Fresh));
    let pits = |batch: &Batch<Corridor>, env| {
        batch.instance(env).expect("there").1.iter().filter(|ground| **ground == 1).count()
    };
    let context = [0.0, 6.0, 0.0];
    batch.reset_with(ResetOptions { seed: Some(1), context: Some(&context), mask: None }).expect("resets");
    assert_eq!(pits(&batch, 0), 0);
    assert!(pits(&batch, 1) > 1);
    batch.reset_with(ResetOptions::default()).expect("resets");
    assert_eq!(pits(&batch, 2), 0, "kept");

    for bad in [[7.0, 0.0, 0.0], [f32::NAN, 0.0, 0.0], [0.5, 0.0, 0.0]] {
        let refused = batch.reset_with(ResetOptions { context: Some(&bad), ..ResetOptions::default() });
        assert!(matches!(refused, Err(Error::InvalidContext { env: 0, .. })));
    }
    let mut fixed = build(1, options(1, MODE, Levels::Fixed(3)));
    let refused = fixed.reset_with(ResetOptions { context: Some(&[3.0]), ..ResetOptions::default() });
    assert!(refused.expect_err("only the default").to_string().contains("Levels::Fresh"));
    fixed.reset_with(ResetOptions { context: Some(&[2.0]), ..ResetOptions::default() }).expect("the default");
}

#[test]
fn a_level_that_cannot_be_generated_gives_way_to_the_next() {
    for levels in [Levels::Fresh, Levels::Fixed(64)] {
        let mut corridor = Corridor::new(1, 20);
        corridor.broken = 3;
        let mut batch = Batch::new(corridor, options(50, MODE, levels)).expect("builds");
        play(&mut batch, 4, 60);
    }
}

#[test]
fn a_reset_without_levels_is_an_error_that_changes_nothing() {
    for (generator, levels) in [
        (GeneratorKind::Fast, Levels::Fresh),
        (GeneratorKind::Fast, Levels::Fixed(4)),
        (GeneratorKind::Reference, Levels::Fresh),
    ] {
        let mut corridor = Corridor::new(1, 20);
        corridor.broken = 1;
        let mut options = options(2, MODE, levels);
        options.generator = generator;
        let mut batch = Batch::new(corridor, options).expect("builds");
        let error = batch.reset_with(ResetOptions::default()).expect_err("no level");
        assert!(error.to_string().contains("the ground is missing"), "{error}");
        assert!(matches!((&mut batch as &mut dyn VectorEnv).step(&[1, 1]), Err(Error::NotReset)));
    }
}

#[test]
fn a_failure_in_a_step_is_reported_and_the_environment_stays_ended() {
    let mut corridor = Corridor::new(1, 3);
    corridor.broken = 4;
    let mut options = options(8, MODE, Levels::Fresh);
    options.generator = GeneratorKind::Reference;
    let mut batch = Batch::new(corridor, options).expect("builds");
    let env: &mut dyn VectorEnv = &mut batch;
    while env.reset(None).is_err() {}
    let mut failures = 0;
    for _ in 0..200 {
        match env.step(&[1; 8]) {
            Ok(_) => {}
            Err(Error::Generation { .. }) => failures += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(failures > 10, "{failures}");
}

#[test]
fn the_batch_is_found_under_its_wrappers() {
    let boxed: Box<dyn VectorEnv> = Box::new(build(1, options(2, MODE, Levels::Fixed(3))));
    assert!(find_batch::<Corridor>(&*boxed).is_some());
    let twice: Box<dyn VectorEnv> = Box::new(boxed);
    assert!(find_batch::<Corridor>(&*twice).is_some());
}
