//! Snapshots: continuation to the bit, and refusal of what does not fit.

use pentathlon_gym::{AutoresetMode, Error, GeneratorKind, Levels, Snapshot, VectorEnv};
use proptest::prelude::*;

use crate::support::{actions, build, options, play, step};

#[test]
fn a_restored_batch_continues_bit_for_bit() {
    for mode in [AutoresetMode::NextStep, AutoresetMode::SameStep] {
        for (generator, levels) in [
            (GeneratorKind::Fast, Levels::Fresh),
            (GeneratorKind::Fast, Levels::Fixed(30)),
            (GeneratorKind::Reference, Levels::Fresh),
        ] {
            let mut options = options(70, mode, levels);
            options.generator = generator;
            let mut first = build(2, options.clone());
            play(&mut first, 6, 33);
            let snapshot = first.snapshot().expect("snapshot");
            options.threads = 2;
            let mut second = build(2, options);
            second.restore(&snapshot).expect("restores");
            assert_eq!(first.observation(), second.observation());
            assert_eq!(second.snapshot().expect("snapshot"), snapshot);
            for index in 33..150 {
                let words = actions(&first, index);
                assert_eq!(step(&mut first, &words), step(&mut second, &words), "step {index}");
            }
        }
    }
}

#[test]
fn given_levels_and_disabled_ends_survive() {
    let mut first = build(1, options(9, AutoresetMode::Disabled, Levels::Fixed(4)));
    let mut levels = {
        play(&mut first, 1, 1);
        first.levels().expect("a pool").clone()
    };
    levels.states.reverse();
    first.set_levels(levels.clone()).expect("fits");
    let env: &mut dyn VectorEnv = &mut first;
    let mut ended = false;
    for index in 1..20 {
        let words = actions(env, index);
        ended = step(env, &words).iter().any(|seen| seen.flags[0] || seen.flags[1]);
        if ended {
            break;
        }
    }
    assert!(ended);
    let mut second = build(1, options(9, AutoresetMode::Disabled, Levels::Fixed(4)));
    second.restore(&first.snapshot().expect("snapshot")).expect("restores");
    assert_eq!(second.levels(), Some(&levels));
    assert!(matches!((&mut second as &mut dyn VectorEnv).step(&[1; 9]), Err(Error::Ended { .. })));
}

#[test]
fn a_snapshot_from_before_the_first_reset_restores_that() {
    let first = build(1, options(2, AutoresetMode::NextStep, Levels::Fixed(4)));
    let mut second = build(1, options(2, AutoresetMode::NextStep, Levels::Fixed(4)));
    play(&mut second, 1, 4);
    second.restore(&first.snapshot().expect("snapshot")).expect("restores");
    assert!(matches!((&mut second as &mut dyn VectorEnv).step(&[1; 2]), Err(Error::NotReset)));
}

#[test]
fn another_build_is_refused_with_both_described() {
    let mut first = build(1, options(2, AutoresetMode::NextStep, Levels::Fixed(4)));
    play(&mut first, 1, 4);
    let snapshot = first.snapshot().expect("snapshot");
    let others = [
        build(1, options(3, AutoresetMode::NextStep, Levels::Fixed(4))),
        build(1, options(2, AutoresetMode::SameStep, Levels::Fixed(4))),
        build(1, options(2, AutoresetMode::NextStep, Levels::Fixed(5))),
        build(2, options(2, AutoresetMode::NextStep, Levels::Fixed(4))),
    ];
    for mut other in others {
        assert!(matches!(other.restore(&snapshot), Err(Error::Snapshot(_))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damage_never_panics_and_never_changes_a_batch(
        column in 0usize..10, at: usize, byte: u8, cut: bool, drop_column: bool,
    ) {
        let mut first = build(2, options(5, AutoresetMode::NextStep, Levels::Fixed(4)));
        play(&mut first, 1, 12);
        let good = first.snapshot().expect("snapshot");
        let mut damaged: Snapshot = good.clone();
        let index = column % damaged.columns.len();
        if drop_column {
            damaged.columns.remove(index);
        } else if let bytes = &mut damaged.columns[index].1 && !bytes.is_empty() {
            let at = at % bytes.len();
            if cut { bytes.truncate(at) } else { bytes[at] ^= byte }
        }
        let mut second = build(2, options(5, AutoresetMode::NextStep, Levels::Fixed(4)));
        play(&mut second, 2, 7);
        let before = second.snapshot().expect("snapshot");
        if second.restore(&damaged).is_err() {
            prop_assert_eq!(second.snapshot().expect("snapshot"), before);
        }
        for index in 0..30 {
            if (&mut second as &mut dyn VectorEnv).step(&actions(&first, index)).is_err() {
                (&mut second as &mut dyn VectorEnv).reset(index as u64).expect("resets");
            }
        }
    }
}
