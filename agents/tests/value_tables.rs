//! The matrix games with known answers: what value decomposition and monotonic mixing must come to under
//! uniform exploration, and what they cannot represent.

use std::sync::atomic::AtomicBool;

use pentathlon_agents::qmix::{Batch, Episode, QmixConfig, TeamProgress, TeamTrainer};
use pentathlon_gym::{BuildOptions, Error, VectorEnv};

fn make(id: &str, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    pentathlon_envs::registry().make(id, options)
}

/// Payoffs that an additive value cannot represent leave an error, and with it noise in every gradient:
/// larger minibatches keep the values nearer to the closed form.
const LARGE_BATCH: &str = "batch_episodes = 256\n        replay_episodes = 100000";

/// A team trained on a matrix game with uniform exploration, one update for every batch of episodes.
fn trained(id: &str, factorisation: &str, seed: u64, updates: u64, further: &str) -> TeamTrainer {
    let steps = if id.contains("TwoStep") { 2 } else { 1 };
    let memory = if further.contains("recurrent") { "" } else { "recurrent = false" };
    let config = format!(
        "seed = {seed}
        frames = {}
        [environment]
        id = '{id}'
        num_envs = 32
        device = 'native'
        observations = ['stage', 'state']
        [learner]
        factorisation = '{factorisation}'
        {memory}
        mixer_width = 8
        hypernetwork_hidden = 32
        optimiser = 'adam'
        episodes_per_update = 32
        target_updates = 100
        {further}
        [exploration]
        initial = 1.0
        last = 1.0",
        updates * 32 * steps
    );
    let mut trainer = TeamTrainer::new(QmixConfig::from_toml(&config).unwrap(), &make).unwrap();
    trainer.run(u64::MAX, &mut |_, _| Ok(()), &AtomicBool::new(false)).unwrap();
    assert!(trainer.learner().updates() + 10 > updates, "{}", trainer.learner().updates());
    trainer
}

/// Joint values of all joint actions of the last of `stages` (a path of stages, each but the last left
/// by the joint action beside it), row by row.
fn table(trainer: &TeamTrainer, stages: &[(usize, [i32; 2])], count: usize, actions: i32) -> Vec<f32> {
    let one_hot = |stage: usize| (0..count).map(move |i| if i == stage { 1.0 } else { 0.0 });
    let joint: Vec<[i32; 2]> = (0..actions * actions).map(|i| [i / actions, i % actions]).collect();
    let episodes: Vec<Episode> = joint
        .iter()
        .map(|last| {
            let steps = stages.len();
            let path: Vec<usize> = stages.iter().map(|(stage, _)| *stage).chain([0]).collect();
            let mut choices: Vec<i32> = stages.iter().flat_map(|(_, taken)| *taken).collect();
            choices[2 * steps - 2..].copy_from_slice(last);
            Episode {
                observations: path.iter().flat_map(|&stage| one_hot(stage).chain(one_hot(stage))).collect(),
                states: path.iter().flat_map(|&stage| one_hot(stage)).collect(),
                available: vec![1; (steps + 1) * 2 * actions as usize],
                choices,
                rewards: vec![0.0; steps],
                discounts: vec![1.0; steps],
                terminated: true,
            }
        })
        .collect();
    let learner = trainer.learner().values().unwrap();
    let batch = Batch::new(learner.shape(), &episodes.iter().collect::<Vec<_>>());
    let values = learner.joint_values(&batch);
    values[(stages.len() - 1) * joint.len()..].to_vec()
}

fn assert_close(what: &str, found: &[f32], expected: &[f32], tolerance: f32) {
    println!("{what}: {found:.2?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= tolerance, "{what}: {found} is not {expected}");
    }
}

/// The tables of the two-step game: stage 1, 2A after (A, A), 2B after (B, B).
fn two_step(trainer: &TeamTrainer) -> [Vec<f32>; 3] {
    [
        table(trainer, &[(0, [0, 0])], 3, 2),
        table(trainer, &[(0, [0, 0]), (1, [0, 0])], 3, 2),
        table(trainer, &[(0, [1, 1]), (2, [0, 0])], 3, 2),
    ]
}

fn greedy_return(trainer: &TeamTrainer) -> f64 {
    trainer.evaluate(&make).unwrap().mean_return
}

#[test]
fn qmix_finds_8_in_the_two_step_game_and_all_its_values() {
    let trainer = trained("MatrixGame-TwoStep-v0", "qmix", 1, 6000, "");
    let [first, left, right] = two_step(&trainer);
    assert_close("QMIX 2A", &left, &[7.0; 4], 0.1);
    assert_close("QMIX 2B", &right, &[0.0, 1.0, 1.0, 8.0], 0.1);
    assert_close("QMIX 1", &first, &[6.93, 6.93, 7.92, 7.92], 0.1);
    assert_eq!(greedy_return(&trainer), 8.0);
}

#[test]
fn value_decomposition_stops_at_7_with_the_best_additive_fit() {
    let trainer = trained("MatrixGame-TwoStep-v0", "vdn", 1, 8000, LARGE_BATCH);
    let [first, left, right] = two_step(&trainer);
    assert_close("VDN 2A", &left, &[7.0; 4], 0.15);
    assert_close("VDN 2B", &right, &[-1.5, 2.5, 2.5, 6.5], 0.15);
    assert_close("VDN 1", &first, &[6.93, 6.93, 6.435, 6.435], 0.15);
    assert_eq!(greedy_return(&trainer), 7.0);
}

#[test]
fn the_recurrent_reference_network_finds_8_too() {
    let trainer = trained("MatrixGame-TwoStep-v0", "qmix", 2, 3000, "recurrent = true");
    let [_, left, right] = two_step(&trainer);
    assert_close("recurrent QMIX 2A", &left, &[7.0; 4], 0.2);
    assert_close("recurrent QMIX 2B", &right, &[0.0, 1.0, 1.0, 8.0], 0.2);
    assert_eq!(greedy_return(&trainer), 8.0);
}

#[test]
fn independent_learners_do_not_find_8() {
    let trainer = trained("MatrixGame-TwoStep-v0", "iql", 1, 3000, "");
    assert!(greedy_return(&trainer) <= 7.0);
}

#[test]
fn no_monotonic_or_additive_value_finds_8_in_the_non_monotonic_game() {
    let trainer = trained("MatrixGame-NonMonotonic-v0", "qmix", 1, 6000, "");
    let values = table(&trainer, &[(0, [0, 0])], 1, 3);
    let expected = [-8.0, -8.0, -8.0, -8.0, 0.0, 0.0, -8.0, 0.0, 0.0];
    assert_close("QMIX non-monotonic", &values, &expected, 0.5);
    assert_eq!(greedy_return(&trainer), 0.0);

    let trainer = trained("MatrixGame-NonMonotonic-v0", "vdn", 1, 5000, LARGE_BATCH);
    let values = table(&trainer, &[(0, [0, 0])], 1, 3);
    let (corner, edge, rest) = (-6.222, -4.889, -3.556);
    let expected = [corner, edge, edge, edge, rest, rest, edge, rest, rest];
    assert_close("VDN non-monotonic", &values, &expected, 0.25);
    assert_eq!(greedy_return(&trainer), 0.0);

    let trainer = trained("MatrixGame-NonMonotonic-v0", "iql", 1, 2000, "");
    assert_eq!(greedy_return(&trainer), 0.0);
}

#[test]
fn every_factorisation_finds_the_best_of_an_additive_game() {
    for factorisation in ["iql", "vdn", "qmix"] {
        let trainer = trained("MatrixGame-Additive-v0", factorisation, 3, 1500, "");
        assert_eq!(greedy_return(&trainer), 7.0, "{factorisation}");
    }
}

#[test]
fn a_run_that_was_killed_goes_on_bit_for_bit() {
    let config = QmixConfig::from_toml(
        "frames = 700
        [environment]
        id = 'MultiGrid-TrashGrid-6x6-v2'
        num_envs = 5
        device = 'native'
        max_episode_steps = 20
        observations = ['vector', 'state', 'action_mask']
        [learner]
        hidden = 16
        batch_episodes = 4
        replay_episodes = 12
        episodes_per_update = 2
        target_updates = 7
        [exploration]
        frames = 600",
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("team.checkpoint");
    let mut whole = TeamTrainer::new(config, &make).unwrap();
    // In the middle of episodes, and with episodes that are not learned from yet.
    for _ in 0..71 {
        whole.step().unwrap();
    }
    whole.save(&path).unwrap();
    let mut resumed = TeamTrainer::resume(&path, &make).unwrap();
    let [ours, theirs] = [&mut whole, &mut resumed].map(|trainer| {
        let mut losses = Vec::new();
        let mut note = |_: &TeamTrainer, progress: &TeamProgress| {
            let statistics = progress.statistics;
            losses.push([statistics.loss, statistics.gradient_norm, statistics.mean_value].map(f32::to_bits));
            Ok(())
        };
        trainer.run(5, &mut note, &AtomicBool::new(false)).unwrap();
        losses
    });
    assert!(whole.learner().updates() > 10, "{}", whole.learner().updates());
    assert_eq!(ours.len(), 69);
    assert_eq!(ours, theirs);
    assert_eq!(whole.evaluate(&make).unwrap(), resumed.evaluate(&make).unwrap());

    std::fs::write(&path, b"PNTHQMX\x01 cut off").unwrap();
    assert!(TeamTrainer::resume(&path, &make).is_err());
}

/// Rows are shared out among threads, but what is added up does not depend on them.
#[test]
fn the_number_of_threads_changes_no_value() {
    let values = |threads: usize, factorisation: &str| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let further = "recurrent = true\n        hidden = 16\n        batch_episodes = 13";
            let trainer = trained("MatrixGame-TwoStep-v0", factorisation, 7, 60, further);
            two_step(&trainer).concat()
        })
    };
    for factorisation in ["qmix", "vdn", "iql"] {
        let expected = values(1, factorisation);
        assert!(expected.iter().any(|value| value.abs() > 0.01));
        for threads in [2, 3] {
            assert_eq!(values(threads, factorisation), expected, "{factorisation}, {threads} threads");
        }
    }
}
