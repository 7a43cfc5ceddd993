//! Behaviour cloning: what is learnt from demonstrations, what is refused, and what is kept in a file.

use std::sync::atomic::{AtomicBool, Ordering};

use pentathlon_agents::{
    behaviour_cloning::{ClonedCheckpoint, CloningConfig, CloningLearner, Demonstrations},
    evaluate,
    policy::{ExpertPolicy, Policy},
};
use pentathlon_envs::minigrid::register;
use pentathlon_gym::{ActionBuffer, BuildOptions, Error, Registry, VectorEnv};

const ID: &str = "BabyAI-GoToRedBallNoDists-v0";

fn make(id: &str, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    let mut registry = Registry::default();
    register(&mut registry)?;
    registry.make(id, options)
}

fn options(num_envs: usize) -> BuildOptions {
    let observations = ["image", "direction", "instruction"].map(String::from).to_vec();
    BuildOptions { num_envs, observations, ..BuildOptions::default() }
}

/// What the expert does in `steps` steps of 32 environments.
fn demonstrations(steps: usize) -> Demonstrations {
    let mut batch = make(ID, &options(32)).unwrap();
    let batch = batch.as_mut();
    batch.reset(3).unwrap();
    let mut demonstrations = Demonstrations::new(batch, "image").unwrap();
    let mut expert = ExpertPolicy::new(batch).unwrap();
    let mut actions = ActionBuffer::of(batch).unwrap();
    for _ in 0..steps {
        expert.act(batch, &[true; 32], &mut actions).unwrap();
        let taken = actions.as_discrete().unwrap();
        demonstrations.push(batch.spec(), batch.observation(), taken).unwrap();
        batch.step(&actions).unwrap();
    }
    demonstrations
}

fn config() -> CloningConfig {
    CloningConfig { batch: 64, epochs: 6, ..CloningConfig::default() }
}

#[test]
fn the_expert_is_imitated_on_levels_that_it_did_not_show() {
    let shown = demonstrations(100);
    assert_eq!(shown.len(), 3200);
    let mut learner = CloningLearner::new(&shown.layout, &config()).unwrap();
    let options = BuildOptions { seed: 99, ..options(1) };
    let before = evaluate(&mut learner.policy(false, 0), &make, ID, &options, 64).unwrap();
    let mut losses = Vec::new();
    let ending = learner
        .run(
            &shown,
            &mut |_, progress| {
                if progress.ends_epoch {
                    losses.push(progress.cross_entropy);
                }
            },
            &AtomicBool::new(false),
        )
        .unwrap();
    assert_eq!((ending.updates, ending.epoch, losses.len()), (50 * 6, 6, 6));
    assert!(losses[5] < 0.5 * losses[0] && ending.accuracy > 0.85, "{losses:?}, {ending:?}");
    let after = evaluate(&mut learner.policy(false, 0), &make, ID, &options, 64).unwrap();
    assert!(after.success_rate > before.success_rate.max(0.75), "{before:?} {after:?}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/policy");
    let checkpoint = ClonedCheckpoint::new(&learner, ID, &options, "image").unwrap();
    checkpoint.save(&path).unwrap();
    assert!(ClonedCheckpoint::is_at(&path) && !ClonedCheckpoint::is_at(folder.path()));
    let read = ClonedCheckpoint::load(&path).unwrap();
    assert_eq!(read, checkpoint);
    let batch = make(ID, &options).unwrap();
    let mut policy = read.policy(&*batch, false, 0).unwrap();
    assert_eq!(evaluate(&mut policy, &make, ID, &options, 64).unwrap(), after);
    let wider = BuildOptions { options: [(String::from("view_size"), 9.into())].into(), ..options.clone() };
    let error = read.policy(&*make(ID, &wider).unwrap(), false, 0).err().unwrap().to_string();
    assert!(error.contains("does not fit"), "{error}");
}

#[test]
fn a_seed_fixes_what_is_learnt_and_a_flag_stops_it() {
    let shown = demonstrations(8);
    let learnt = |seed: u64| {
        let config = CloningConfig { seed, epochs: 2, ..config() };
        let mut learner = CloningLearner::new(&shown.layout, &config).unwrap();
        let ending = learner.run(&shown, &mut |_, _| {}, &AtomicBool::new(false)).unwrap();
        let evaluation = evaluate(&mut learner.policy(false, 5), &make, ID, &options(1), 16).unwrap();
        (ending.cross_entropy, ending.accuracy, evaluation)
    };
    assert_eq!(learnt(1), learnt(1));
    assert_ne!(learnt(1), learnt(2));
    let stop = AtomicBool::new(false);
    let mut learner = CloningLearner::new(&shown.layout, &config()).unwrap();
    let ending = learner
        .run(&shown, &mut |_, progress| stop.store(progress.updates == 3, Ordering::Relaxed), &stop)
        .unwrap();
    assert_eq!((ending.updates, learner.updates()), (3, 3));
}

#[test]
fn demonstrations_and_configurations_that_do_not_fit_are_refused() {
    let mut batch = make(ID, &options(2)).unwrap();
    let batch = batch.as_mut();
    batch.reset(0).unwrap();
    let mut shown = Demonstrations::new(batch, "image").unwrap();
    let refuse = |shown: &mut Demonstrations, batch: &dyn VectorEnv, actions: &[i32]| {
        shown.push(batch.spec(), batch.observation(), actions).unwrap_err().to_string()
    };
    assert!(refuse(&mut shown, batch, &[0, 7]).contains("action 7; allowed: 0 to 6"));
    assert!(refuse(&mut shown, batch, &[0, -1]).contains("action -1"));
    assert!(refuse(&mut shown, batch, &[0; 3]).contains("3 actions"));
    let mut less = batch.observation().clone();
    less.fields.pop();
    let error = shown.push(batch.spec(), &less, &[0, 0]).unwrap_err().to_string();
    assert!(error.contains("no observation 'instruction'"), "{error}");
    assert!(shown.is_empty() && shown.rows.rows == 0, "what is refused leaves nothing");

    let mut learner = CloningLearner::new(&shown.layout, &config()).unwrap();
    let error = learner.run(&shown, &mut |_, _| {}, &AtomicBool::new(false)).unwrap_err().to_string();
    assert!(error.contains("no demonstrations"), "{error}");
    for (config, field) in [
        (CloningConfig { batch: 0, ..config() }, "batch"),
        (CloningConfig { epochs: 0, ..config() }, "epochs"),
        (CloningConfig { learning_rate: f64::NAN, ..config() }, "learning_rate"),
        (CloningConfig { hidden: vec![8, 0], ..config() }, "hidden"),
        (CloningConfig { hidden: vec![], ..config() }, "hidden"),
    ] {
        let error = CloningLearner::new(&shown.layout, &config).err().unwrap().to_string();
        assert!(error.contains(&format!("'{field}'")), "{error}");
    }
}
