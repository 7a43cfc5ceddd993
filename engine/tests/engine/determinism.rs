//! Same seed, same actions, same results, whatever the threads and the batch.

use pentathlon_gym::{AutoresetMode, GeneratorKind, Levels, VectorEnv};

use crate::support::{Seen, build, options, play};

fn columns(steps: &[Vec<Seen>], envs: usize) -> Vec<Vec<Seen>> {
    (0..envs).map(|e| steps.iter().map(|step| step[e].clone()).collect()).collect()
}

#[test]
fn threads_and_batch_size_change_nothing() {
    let modes = [
        (GeneratorKind::Fast, Levels::Fresh),
        (GeneratorKind::Fast, Levels::Fixed(300)),
        (GeneratorKind::Reference, Levels::Fresh),
    ];
    for (generator, levels) in modes {
        let run = |num_envs, threads| {
            let mut options = options(num_envs, AutoresetMode::SameStep, levels);
            (options.threads, options.generator) = (threads, generator);
            play(&mut build(2, options), 42, 60)
        };
        let expected = run(4096, 1);
        assert!(expected.iter().flatten().filter(|seen| seen.episode.is_some()).count() > 8000);
        for threads in [2, 7] {
            assert!(run(4096, threads) == expected, "{threads} threads, {generator:?}, {levels:?}");
        }
        for num_envs in [1, 63] {
            for threads in [1, 2, 7] {
                assert_eq!(columns(&run(num_envs, threads), num_envs), columns(&expected, num_envs));
            }
        }
    }
}

#[test]
fn seeds_differ_and_environments_differ() {
    let mut batch = build(1, options(64, AutoresetMode::NextStep, Levels::Fresh));
    let first = play(&mut batch, 1, 40);
    let second = play(&mut batch, 2, 40);
    assert_ne!(first, second);
    assert_eq!(first, play(&mut batch, 1, 40), "and a seed is a seed, reset or not");
    let by_env = columns(&first, 64);
    assert!(by_env.iter().skip(1).any(|seen| *seen != by_env[0]));
}

#[test]
fn a_reference_environment_is_seeded_with_seed_plus_index() {
    let run = |num_envs, seed: u64| {
        let mut options = options(num_envs, AutoresetMode::NextStep, Levels::Fresh);
        options.generator = GeneratorKind::Reference;
        let mut batch = build(1, options);
        let env: &mut dyn VectorEnv = &mut batch;
        env.reset(seed).expect("resets");
        (0..num_envs).map(|e| batch.instance(e).expect("there").1).collect::<Vec<_>>()
    };
    let all = run(5, 30);
    for (e, items) in all.iter().enumerate() {
        assert_eq!(run(1, 30 + e as u64)[0], *items);
    }
    assert!(all.iter().any(|items| *items != all[0]));
}

#[test]
fn rules_draw_the_same_whether_levels_are_fresh_or_fixed() {
    let slips = |levels| {
        let mut batch = build(1, options(16, AutoresetMode::NextStep, levels));
        play(&mut batch, 8, 1);
        (0..16).map(|e| batch.instance(e).expect("there").2.stream).collect::<Vec<_>>()
    };
    assert_eq!(slips(Levels::Fresh), slips(Levels::Fixed(7)));
}
