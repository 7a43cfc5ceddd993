//! The learner on the real thing: `MiniGrid`'s DoorKey.

use std::sync::atomic::AtomicBool;

use pentathlon_agents::{Checkpoint, Config, Ending, Error, Trainer, evaluate, play_episode};
use pentathlon_gym::{AutoresetMode, BuildOptions, VectorEnv};

fn make(id: &str, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, pentathlon_gym::Error> {
    pentathlon_envs::registry().make(id, options)
}

/// The gate of the reference learner: a mean return above 0.9 within 100 thousand frames.
#[test]
fn door_key_5x5_is_learned_within_100_000_frames() {
    let overrides = ["frames=100_000", "early_stop.success_rate=0.99", "early_stop.window=200"];
    let config = Config::experiment("minigrid_doorkey_5x5", &overrides).unwrap();
    let mut trainer = Trainer::new(config, &make).unwrap();
    let mut best = 0.0_f64;
    trainer
        .run(None, &mut |progress| best = best.max(progress.mean_return), &AtomicBool::new(false))
        .unwrap();
    let result = trainer.evaluate(&make).unwrap();
    assert!(result.success_rate >= 0.95 && result.mean_return > 0.9, "{result:?}, best of training {best}");
}

#[test]
fn a_saved_policy_is_judged_and_watched_as_it_was_trained() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    let overrides = ["frames=8192", "evaluation.episodes=40", "environment.max_episode_steps=60"];
    let config = Config::experiment("minigrid_doorkey_5x5", &overrides).unwrap();
    let mut trainer = Trainer::new(config, &make).unwrap();
    let ending = trainer.run(None, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!(ending, Ending::Finished);
    trainer.save(&path).unwrap();

    let checkpoint = Checkpoint::load(&path).unwrap();
    let config = &checkpoint.config;
    let options = config.build_options(1, config.evaluation_seed());
    let mut policy = checkpoint.evaluation_policy(&make).unwrap();
    let judged = evaluate(&mut policy, &make, &config.environment.id, &options, 40).unwrap();
    assert_eq!(judged, trainer.evaluate(&make).unwrap());

    // Resumed and trained on, it is the run that went on without a break.
    let mut resumed = Trainer::resume(checkpoint.clone(), &make).unwrap();
    let (first, second) = (trainer.train_update().unwrap(), resumed.train_update().unwrap());
    assert_eq!(first.statistics, second.statistics);
    assert_eq!((first.frames, first.episodes), (second.frames, second.episodes));

    let watched = BuildOptions { autoreset: AutoresetMode::Disabled, ..options };
    let mut env = make(&config.environment.id, &watched).unwrap();
    let mut frames = 0;
    let episode = play_episode::<Error>(&mut policy, env.as_mut(), 3, &mut |_| {
        frames += 1;
        Ok(())
    })
    .unwrap();
    assert_eq!(frames, episode.actions.len() + 1);
    assert!(episode.success || episode.actions.len() == 60);
}
