//! Teams that share their parameters: every agent is a row, paid for itself.

use std::sync::atomic::AtomicBool;

use pentathlon_agents::{Config, Trainer};
use pentathlon_gym::{BuildOptions, VectorEnv};

fn make(id: &str, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, pentathlon_gym::Error> {
    pentathlon_envs::registry().make(id, options)
}

fn trainer(id: &str, overrides: &[&str]) -> Trainer {
    let small = "frames = 16384
        [environment]
        num_envs = 16
        observations = []
        [network]
        hidden = [32]
        [ppo]
        rollout_steps = 16
        minibatches = 4
        learning_rate = 0.01
        final_learning_rate = 0.001
        [early_stop]
        success_rate = 0.0";
    let id = format!("environment.id={id}");
    Trainer::new(Config::from_toml(small, &[&[&*id], overrides].concat()).unwrap(), &make).unwrap()
}

/// Random agents get 3.3 of 7 on average; each has to find the last of its three actions.
#[test]
fn an_additive_game_is_solved_by_both() {
    let mut trainer = trainer("MatrixGame-Additive-v0", &[]);
    trainer.run(None, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    // Steps of the environment, not of its agents.
    assert_eq!(trainer.frames(), 16_384);
    let result = trainer.evaluate(&make).unwrap();
    assert!(result.mean_return > 6.8, "{result:?}");
}

/// An action of the team game is three numbers; a run that is saved and resumed goes on with all of them.
#[test]
fn a_team_with_actions_of_several_numbers_is_trained_and_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    let overrides = [
        "environment.observations=[\"symbolic\"]",
        "environment.level_pool=4",
        "environment.options.agents=3",
        "environment.num_envs=4",
    ];
    let mut trainer = trainer("CrafterTeam-v1", &overrides);
    trainer.train_update().unwrap();
    trainer.save(&path).unwrap();
    let checkpoint = pentathlon_agents::Checkpoint::load(&path).unwrap();
    let mut resumed = Trainer::resume(checkpoint, &make).unwrap();
    let (on, after) = (trainer.train_update().unwrap(), resumed.train_update().unwrap());
    assert_eq!(on.statistics, after.statistics);
    // Three independent choices of 18, 3 and 16 are almost uniform at first.
    let most = (18.0_f32 * 3.0 * 16.0).ln();
    assert!(on.statistics.loss.entropy > 0.9 * most && on.statistics.loss.entropy <= most, "{on:?}");
}
