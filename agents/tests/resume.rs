//! A run that is saved and resumed is the run that was never interrupted.

mod toy;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use burn::module::Module;
use pentathlon_agents::{Checkpoint, Config, Ending, Error, RunFiles, Trainer};
use toy::{Bandit, Chain, ToyBatch};

fn config(overrides: &[&str]) -> Config {
    let small = "frames = 768
        [environment]
        num_envs = 8
        [network]
        hidden = [16, 16]
        [ppo]
        rollout_steps = 16
        minibatches = 2
        [output]
        checkpoint_every = 2";
    Config::from_toml(small, overrides).unwrap()
}

fn new(overrides: &[&str]) -> Trainer {
    Trainer::new(config(overrides), &ToyBatch::<Chain>::make).unwrap()
}

fn resume(path: &Path) -> Trainer {
    Trainer::resume(Checkpoint::load(path).unwrap(), &ToyBatch::<Chain>::make).unwrap()
}

/// All parameters, as bits.
fn parameters(trainer: &Trainer) -> Vec<u32> {
    struct Collect(Vec<u32>);
    impl burn::module::ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<burn::Tensor<D>>) {
            let values = param.val().try_into_vec_as::<f32>().unwrap();
            self.0.extend(values.iter().map(|value| value.to_bits()));
        }
    }
    let mut collect = Collect(Vec::new());
    trainer.network().visit(&mut collect);
    collect.0
}

fn train(trainer: &mut Trainer, updates: usize) {
    (0..updates).for_each(|_| {
        trainer.train_update().unwrap();
    });
}

/// Without a memory, and with one whose episodes run on over the checkpoint.
#[test]
fn six_updates_equal_three_saved_and_three_resumed_bit_for_bit() {
    resumes_bit_for_bit(&[]);
    resumes_bit_for_bit(&["network.memory=gru", "network.memory_width=8", "network.critic=central"]);
    resumes_bit_for_bit(&["network.memory=lstm", "ppo.normalize_values=true", "ppo.recurrence=4"]);
}

fn resumes_bit_for_bit(overrides: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    let mut straight = new(overrides);
    train(&mut straight, 6);
    let mut first = new(overrides);
    train(&mut first, 3);
    first.save(&path).unwrap();
    let mut second = resume(&path);
    assert_eq!(parameters(&first), parameters(&second));
    train(&mut second, 3);
    assert_eq!(parameters(&straight), parameters(&second));
    assert_ne!(parameters(&first), parameters(&second));
    assert_eq!(straight.frames(), second.frames());
    // The optimiser, the environments and the random streams are the same too.
    train(&mut straight, 1);
    train(&mut second, 1);
    assert_eq!(parameters(&straight), parameters(&second));
}

#[test]
fn the_number_of_threads_changes_nothing_and_the_seed_does() {
    let trained = |overrides: &[&str]| {
        let mut trainer = new(overrides);
        train(&mut trainer, 2);
        parameters(&trainer)
    };
    let one = trained(&["threads=1", "ppo.inference_rows=3"]);
    assert_eq!(one, trained(&["threads=3", "ppo.inference_rows=3"]));
    let recurrent = |threads| trained(&[threads, "ppo.inference_rows=3", "network.memory=gru"]);
    assert_eq!(recurrent("threads=1"), recurrent("threads=3"));
    assert_ne!(one, trained(&["threads=1", "ppo.inference_rows=3", "seed=2"]));
}

#[test]
fn a_stopped_run_leaves_files_from_which_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut trainer = new(&[]);
    let mut files = RunFiles::open(folder.path(), &trainer).unwrap();
    let stop = AtomicBool::new(false);
    let mut seen = Vec::new();
    let ending = trainer
        .run(
            Some(&mut files),
            &mut |progress| {
                seen.push(progress.update);
                stop.store(progress.update == 3, std::sync::atomic::Ordering::Relaxed);
            },
            &stop,
        )
        .unwrap();
    assert_eq!((ending, seen), (Ending::Stopped, vec![1, 2, 3]));

    let mut resumed = resume(&files.checkpoint());
    // A row that the run wrote after its last checkpoint is dropped when it goes on.
    let table = folder.path().join("progress.csv");
    let row = std::fs::read_to_string(&table).unwrap().lines().last().unwrap().replacen('3', "4", 1);
    std::fs::write(&table, std::fs::read_to_string(&table).unwrap() + &row + "\n").unwrap();
    let mut files = RunFiles::open(folder.path(), &resumed).unwrap();
    let ending = resumed.run(Some(&mut files), &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!(ending, Ending::Finished);
    let mut straight = new(&[]);
    straight.run(None, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!(parameters(&straight), parameters(&resumed));

    let text = std::fs::read_to_string(&table).unwrap();
    let updates: Vec<&str> = text.lines().skip(1).map(|row| row.split(',').next().unwrap()).collect();
    assert_eq!(updates, ["1", "2", "3", "4", "5", "6"]);
    assert!(std::fs::read_to_string(files.curve()).unwrap().contains("Toy") || files.curve().exists());
    let written = Config::from_file(&folder.path().join("config.toml"), &[""; 0]).unwrap();
    assert_eq!(&written, resumed.config());
    let events = std::fs::read_dir(folder.path()).unwrap().flatten();
    let events = events.filter(|entry| entry.file_name().to_string_lossy().contains("tfevents")).count();
    assert!(events >= 1);
}

#[test]
fn a_checkpoint_of_another_environment_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    new(&[]).save(&path).unwrap();
    let checkpoint = Checkpoint::load(&path).unwrap();
    let bandit = &ToyBatch::<Bandit>::make;
    let env = bandit("", &checkpoint.config.build_options(1, 0)).unwrap();
    let error = checkpoint.policy(env.as_ref(), true, 0).unwrap_err();
    assert!(matches!(error, Error::Checkpoint { .. }) && error.to_string().contains("Toy-Bandit"), "{error}");
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_that_names_it() {
    let message = RunFiles::open(Path::new("/proc/none"), &new(&[])).unwrap_err().to_string();
    assert!(message.contains("/proc/none"), "{message}");
    let message = new(&[]).save(Path::new("/proc/none/checkpoint")).unwrap_err().to_string();
    assert!(message.contains("/proc/none"), "{message}");
}
