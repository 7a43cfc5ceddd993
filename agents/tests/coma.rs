//! COMA on games with known answers, and a run that goes on bit for bit.

use std::sync::atomic::AtomicBool;

use pentathlon_agents::qmix::{QmixConfig, TeamLearner, TeamProgress, TeamTrainer};
use pentathlon_gym::{BuildOptions, Error, VectorEnv};

fn make(id: &str, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    pentathlon_envs::registry().make(id, options)
}

/// Policies trained on a matrix game for so many updates of 32 episodes.
fn trained(id: &str, seed: u64, updates: u64, recurrent: bool) -> TeamTrainer {
    let steps = if id.contains("TwoStep") { 2 } else { 1 };
    let frames = updates * 32 * steps;
    let config = format!(
        "algorithm = 'coma'
        seed = {seed}
        frames = {frames}
        [environment]
        id = '{id}'
        num_envs = 32
        device = 'native'
        observations = ['stage', 'state']
        [learner]
        recurrent = {recurrent}
        hidden = 32
        optimiser = 'adam'
        learning_rate = 3e-3
        batch_episodes = 32
        [critic]
        hidden = 32
        learning_rate = 3e-3
        [exploration]
        initial = 0.5
        last = 0.02
        frames = {}",
        frames / 2
    );
    let mut trainer = TeamTrainer::new(QmixConfig::from_toml(&config).unwrap(), &make).unwrap();
    trainer.run(u64::MAX, &mut |_, _| Ok(()), &AtomicBool::new(false)).unwrap();
    assert_eq!(trainer.learner().updates(), updates);
    assert!(matches!(trainer.learner(), TeamLearner::Coma(_)));
    trainer
}

#[test]
fn counterfactual_gradients_find_the_best_of_an_additive_game() {
    for seed in [1, 2] {
        let trainer = trained("MatrixGame-Additive-v0", seed, 400, false);
        assert_eq!(trainer.evaluate(&make).unwrap().mean_return, 7.0, "seed {seed}");
    }
}

/// As long as the others choose by chance the second branch of the two-step game pays 2.5 and the first one 7: a policy
/// gradient goes to the first one.
#[test]
fn counterfactual_gradients_take_the_safe_branch_of_the_two_step_game() {
    for recurrent in [false, true] {
        let trainer = trained("MatrixGame-TwoStep-v0", 1, 400, recurrent);
        assert!(trainer.evaluate(&make).unwrap().mean_return >= 7.0, "recurrent: {recurrent}");
        // Drawn with the last floor of 0.02, hardly any episode takes the other branch.
        assert!(trainer.evaluate_as(false, &make).unwrap().mean_return > 6.5);
    }
}

#[test]
fn a_run_that_was_killed_goes_on_bit_for_bit() {
    let config = QmixConfig::from_toml(
        "algorithm = 'coma'
        frames = 700
        [environment]
        id = 'MultiGrid-TrashGrid-6x6-v2'
        num_envs = 5
        device = 'native'
        max_episode_steps = 20
        observations = ['vector', 'state', 'action_mask']
        [learner]
        hidden = 16
        batch_episodes = 4
        [critic]
        hidden = 16
        minibatch_steps = 3
        target_updates = 2
        [exploration]
        initial = 0.5
        last = 0.01
        frames = 600",
    )
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("team.checkpoint");
    let mut whole = TeamTrainer::new(config, &make).unwrap();
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
    assert!(whole.learner().updates() >= 6, "{}", whole.learner().updates());
    assert_eq!((ours.len(), &ours), (69, &theirs));
    assert_eq!(whole.evaluate(&make).unwrap(), resumed.evaluate(&make).unwrap());
}
