//! One truth: coupled bandits step alike on the CPU and on wgpu, on any number of threads and in batches of
//! any size; and the batch keeps the promises of the contract.

use pentathlon::{
    AutoresetMode, Builder, Device, Error, Levels, VectorEnv,
    engine::wgpu_available,
    envs::cormab::{id, instance::Problem, sample_actions},
    gym::{conformance, seeding::philox::Philox},
    make,
};

fn builder(problem: Problem, arms: i64) -> Builder {
    make(&id(problem)).expect("a registered id").option("arms", arms).option("budget", 4i64).seed(11)
}

fn build(builder: Builder) -> Box<dyn VectorEnv> {
    builder.build().unwrap_or_else(|error| panic!("{error}"))
}

/// Steps two batches with the same random feasible actions and compares everything they hand out.
fn assert_equal_play(one: &mut dyn VectorEnv, other: &mut dyn VectorEnv, steps: usize) -> usize {
    let mut random = Philox::for_level(1, 1);
    let mut actions = vec![0; one.num_envs() * one.spec().action_space.flat_len()];
    let mut episodes = 0;
    one.reset(None).expect("a reset");
    other.reset(None).expect("a reset");
    for step in 0..steps {
        assert!(sample_actions(one, &mut random, &mut actions));
        let a = one.step(&actions).expect("a step");
        let b = other.step(&actions).expect("a step");
        let bits = |rewards: &[f32]| rewards.iter().map(|reward| reward.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(a.reward), bits(b.reward), "step {step}: rewards");
        assert_eq!((a.terminated, a.truncated), (b.terminated, b.truncated), "step {step}: flags");
        assert_eq!(a.info.episodes, b.info.episodes, "step {step}: episodes");
        assert_eq!(a.observation, b.observation, "step {step}: observations");
        episodes += a.info.episodes.len();
    }
    let (a, b) = (one.snapshot().expect("a snapshot"), other.snapshot().expect("a snapshot"));
    assert_eq!(a.columns, b.columns, "columns");
    episodes
}

#[test]
fn native_and_wgpu_play_the_same_episodes() {
    if !wgpu_available() {
        return;
    }
    for problem in Problem::ALL {
        for arms in [9, 20, 70] {
            let [mut native, mut wgpu] = [Device::Native, Device::Wgpu].map(|device| {
                let builder = builder(problem, arms).num_envs(48).levels(Levels::Fixed(32)).device(device);
                build(builder.autoreset(AutoresetMode::SameStep).observations(["levels", "constraint"]))
            });
            let episodes = assert_equal_play(&mut *native, &mut *wgpu, 90);
            assert_eq!(episodes, 4 * 48, "episodes are truncated after 20 steps");
        }
    }
}

#[test]
fn threads_do_not_matter() {
    for problem in [Problem::Multi, Problem::Routing] {
        let [mut one, mut four] =
            [1, 4].map(|threads| build(builder(problem, 20).num_envs(300).threads(threads)));
        assert!(assert_equal_play(&mut *one, &mut *four, 50) > 0);
    }
}

#[test]
fn noise_does_not_depend_on_actions() {
    let mut batches = [0, 1].map(|_| build(builder(Problem::Budget, 12).num_envs(200)));
    for batch in &mut batches {
        batch.reset(5).expect("a reset");
    }
    let passive = vec![0; 200 * 12];
    let mut active = passive.clone();
    active.iter_mut().step_by(12).for_each(|chosen| *chosen = 1);
    for _ in 0..10 {
        let [a, b] = &mut batches;
        let levels = |step: pentathlon::Step<'_>| step.observation["levels"].as_u8().expect("bytes").to_vec();
        let (a, b) = (levels(a.step(&passive).expect("a step")), levels(b.step(&active).expect("a step")));
        for (a, b) in a.chunks(12).zip(b.chunks(12)) {
            assert_eq!(a[1..], b[1..], "arms that are treated alike move alike");
            assert!(b[0] >= a[0], "a pulled arm climbs whenever it would have");
        }
    }
}

#[test]
fn an_infeasible_action_is_refused_with_the_violated_constraint() {
    let mut batch = build(builder(Problem::Budget, 6).num_envs(3));
    batch.reset(0).expect("a reset");
    let before = batch.snapshot().expect("a snapshot");
    let mut actions = vec![0; 18];
    actions[6..11].fill(1);
    let error = batch.step(&actions).expect_err("five of four");
    assert!(matches!(error, Error::InvalidAction { env: 1, .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "environment 1, agent 0: action [0, 1, 2, 3, 4] is not allowed; allowed: at most 4 components; 5 are chosen"
    );
    actions[6] = 2;
    let error = batch.step(&actions).expect_err("neither 0 nor 1").to_string();
    assert!(error.contains("0 or 1 for component 0"), "{error}");
    assert_eq!(batch.snapshot().expect("a snapshot"), before, "nothing has changed");

    for problem in Problem::ALL {
        let mut batch = build(builder(problem, 8).num_envs(1));
        batch.reset(0).expect("a reset");
        let all = vec![1; batch.spec().action_space.flat_len()];
        let error = batch.step(&all).expect_err("everything at once").to_string();
        assert!(error.starts_with("environment 0"), "{problem:?}: {error}");
    }
}

#[test]
fn an_infeasible_action_can_pull_nothing_instead() {
    let [mut emptied, mut passive] =
        [0, 1].map(|_| build(builder(Problem::Routing, 10).num_envs(8).option("infeasible", "empty")));
    emptied.reset(2).expect("a reset");
    passive.reset(2).expect("a reset");
    for _ in 0..15 {
        let rewards = emptied.step(&vec![1; 80]).expect("a step").reward.to_vec();
        assert_eq!(rewards, passive.step(&vec![0; 80]).expect("a step").reward);
    }
}

/// With infeasible actions emptied every action is taken, as the checks of the contract need.
#[test]
fn batches_keep_the_contract() {
    for problem in Problem::ALL {
        for autoreset in [AutoresetMode::NextStep, AutoresetMode::SameStep, AutoresetMode::Disabled] {
            let mut batch = build(
                builder(problem, 7)
                    .num_envs(5)
                    .autoreset(autoreset)
                    .option("infeasible", "empty")
                    .observations(["levels", "arm_features", "constraint"]),
            );
            let report = conformance::check(&mut *batch);
            report.unwrap_or_else(|violation| panic!("{problem:?} {autoreset:?}: {violation}"));
        }
    }
}
