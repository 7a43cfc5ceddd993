//! The three autoreset modes, with Gymnasium 1.x's meaning.

use pentathlon_engine::episode::records::{Episode, NO_EVENT};
use pentathlon_gym::{AutoresetMode, Error, Levels, ResetOptions, VectorEnv, wrappers::Autoreset};

use crate::support::{actions, build, options, step};

const LEVELS: Levels = Levels::Fixed(50);

fn ended(flags: [bool; 4]) -> bool {
    flags[0] || flags[1]
}

#[test]
fn next_step_resets_in_the_step_after_the_last() {
    for levels in [LEVELS, Levels::Fresh] {
        let mut batch = build(2, options(40, AutoresetMode::NextStep, levels));
        let env: &mut dyn VectorEnv = &mut batch;
        env.reset(3).expect("resets");
        let mut before = [false; 40];
        let mut resets = 0;
        for index in 0..200 {
            let words = actions(env, index);
            let seen = step(env, &words);
            for (e, seen) in seen.iter().enumerate() {
                assert_eq!(seen.flags[3], before[e], "step {index}, environment {e}");
                if before[e] {
                    resets += 1;
                    assert_eq!(seen.reward, [0.0, 0.0]);
                    assert_eq!(seen.subgoal, [NO_EVENT, NO_EVENT]);
                    assert!(!ended(seen.flags));
                }
                assert_eq!(seen.episode.is_some(), ended(seen.flags));
                before[e] = ended(seen.flags);
            }
        }
        assert!(resets > 100, "{resets} resets");
    }
}

#[test]
fn same_step_shows_the_next_episode_and_keeps_the_last_observation() {
    let seed = 11;
    let mut same = build(1, options(30, AutoresetMode::SameStep, LEVELS));
    let mut next = build(1, options(30, AutoresetMode::NextStep, LEVELS));
    let (same, next): (&mut dyn VectorEnv, &mut dyn VectorEnv) = (&mut same, &mut next);
    same.reset(seed).expect("resets");
    next.reset(seed).expect("resets");
    let mut checked = 0;
    // Until the first end of an environment both play the same; then its modes part.
    let mut parted = [false; 30];
    for index in 0..30 {
        let words = actions(same, index);
        let expected = step(next, &words);
        let got = same.step(&words).expect("steps");
        let view = got.observation["view"].bytes();
        let last = got.info.final_observation.expect("there in this mode")["view"].bytes();
        for e in (0..30).filter(|e| !parted[*e]) {
            let end = ended(expected[e].flags);
            assert_eq!([got.terminated[e], got.truncated[e]], expected[e].flags[..2]);
            assert_eq!(got.reward[e..=e], expected[e].reward);
            let shown = if end { last } else { view };
            assert_eq!(shown[e * 3..][..3], expected[e].view);
            checked += usize::from(end);
        }
        for (parted, seen) in parted.iter_mut().zip(&expected) {
            *parted |= ended(seen.flags);
        }
    }
    assert!(checked >= 25, "{checked} ends");
}

#[test]
fn same_step_and_next_step_play_the_same_episodes() {
    let records = |mode| {
        let mut batch = build(1, options(8, mode, LEVELS));
        let env: &mut dyn VectorEnv = &mut batch;
        env.reset(5).expect("resets");
        let mut records = vec![Vec::new(); 8];
        for _ in 0..400 {
            let step = env.step(&[2; 8]).expect("steps");
            for record in step.info.episodes {
                records[record.env].push((record.length, record.episode_return, record.success));
            }
        }
        records
    };
    let (same, next) = (records(AutoresetMode::SameStep), records(AutoresetMode::NextStep));
    for (same, next) in same.iter().zip(&next) {
        let common = same.len().min(next.len());
        assert!(common > 10);
        assert_eq!(same[..common], next[..common]);
    }
    let all: Vec<_> = same.iter().flatten().collect();
    assert!(all.iter().any(|record| record.2) && all.iter().any(|record| !record.2));
}

#[test]
fn disabled_waits_for_the_caller() {
    let mut batch = build(1, options(6, AutoresetMode::Disabled, LEVELS));
    let env: &mut dyn VectorEnv = &mut batch;
    assert!(matches!(env.step(&[1; 6]), Err(Error::NotReset)));
    env.reset(1).expect("resets");
    let mut flags = Vec::new();
    for index in 0..20 {
        let words = actions(env, index);
        flags = step(env, &words).iter().map(|seen| ended(seen.flags)).collect();
        if flags.contains(&true) {
            break;
        }
    }
    let first = flags.iter().position(|end| *end).expect("20 steps truncate");
    let before = env.snapshot().expect("snapshot");
    assert!(matches!(env.step(&[1; 6]), Err(Error::Ended { env }) if env == first));
    assert_eq!(env.snapshot().expect("snapshot"), before);
    env.reset_mask(&flags).expect("resets");
    env.step(&[1; 6]).expect("all run again");
}

#[test]
fn a_mask_resets_and_reseeds_only_what_it_names() {
    let mut batch = build(1, options(4, AutoresetMode::NextStep, LEVELS));
    batch.reset_with(ResetOptions { seed: Some(9), ..ResetOptions::default() }).expect("resets");
    let other: Vec<Episode> = (0..4).map(|e| batch.instance(e).expect("there").2).collect();
    batch
        .reset_with(ResetOptions { seed: Some(10), mask: Some(&[true, false, false, true]), context: None })
        .expect("resets");
    for (e, other) in other.iter().enumerate() {
        let episode = batch.instance(e).expect("there").2;
        if e == 0 || e == 3 {
            assert_eq!((episode.seed_low, episode.number), (10, 0));
        } else {
            assert_eq!(episode, *other);
        }
    }
    batch.reset_with(ResetOptions::default()).expect("resets");
    let episode = batch.instance(1).expect("there").2;
    assert_eq!((episode.seed_low, episode.number), (9, 1), "without a seed the sequence goes on");
}

#[test]
fn the_first_reset_takes_the_seed_of_the_build() {
    let mut options = options(3, AutoresetMode::NextStep, Levels::Fresh);
    options.seed = 77;
    let mut built = build(1, options.clone());
    let mut given = build(1, options);
    built.reset_with(ResetOptions::default()).expect("resets");
    given.reset_with(ResetOptions { seed: Some(77), ..ResetOptions::default() }).expect("resets");
    for e in 0..3 {
        assert_eq!(built.instance(e).expect("there"), given.instance(e).expect("there"));
    }
}

#[test]
fn environments_left_out_of_a_step_stay_as_they_are() {
    let mut batch = build(1, options(6, AutoresetMode::Disabled, LEVELS));
    let env: &mut dyn VectorEnv = &mut batch;
    env.reset(9).expect("resets");
    let mask = [true, false, true, true, false, true];
    let before = env.observation()["view"].bytes().to_vec();
    let words = actions(env, 0);
    let step = env.step_masked((&words).into(), &mask).expect("steps");
    for e in [1, 4] {
        assert_eq!(step.observation["view"].bytes()[e * 3..][..3], before[e * 3..][..3]);
        assert_eq!((step.reward[e], step.terminated[e], step.truncated[e]), (0.0, false, false));
        assert!(!step.info.was_reset[e]);
    }
    let elapsed: Vec<u32> = (0..6).map(|e| batch.instance(e).expect("there").2.elapsed).collect();
    assert_eq!(elapsed, [1, 0, 1, 1, 0, 1]);
    let ended: Vec<u32> = (0..6).map(|e| batch.instance(e).expect("there").2.ended).collect();
    assert_eq!([ended[1], ended[4]], [0, 0]);
}

#[test]
fn the_wrapper_plays_the_episodes_of_the_mode_built_in() {
    for mode in [AutoresetMode::NextStep, AutoresetMode::SameStep] {
        let mut built_in = build(1, options(20, mode, LEVELS));
        let inner = build(1, options(20, AutoresetMode::Disabled, LEVELS));
        let mut wrapped = Autoreset::wrap(inner, mode).expect("fits");
        let (built_in, wrapped): (&mut dyn VectorEnv, &mut dyn VectorEnv) = (&mut built_in, &mut wrapped);
        assert_eq!(built_in.reset(4).expect("resets"), wrapped.reset(4).expect("resets"));
        for index in 0..200 {
            let words = actions(built_in, index);
            assert_eq!(step(built_in, &words), step(wrapped, &words), "{mode:?}, step {index}");
        }
    }
}
