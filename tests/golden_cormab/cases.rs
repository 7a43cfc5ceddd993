//! Reading the golden files, and counting what was compared with them.

use std::{
    env,
    fmt::Debug,
    fs,
    path::{Path, PathBuf},
};

use pentathlon::envs::cormab::{action::ActionMask, instance::Instance};
use serde::{Deserialize, de::DeserializeOwned};

/// Differences that are printed; the rest is counted.
const SHOWN: usize = 20;

/// The folder with the cases.
pub fn folder() -> PathBuf {
    let root = env::var_os("PENTATHLON_GOLDEN")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"), PathBuf::from);
    root.join("cormab")
}

/// The text of the file `name` in the folder, or of its compressed form.
fn text(name: &str) -> String {
    let path = folder().join(name);
    if let Ok(text) = fs::read_to_string(&path) {
        return text;
    }
    let path = folder().join(format!("{name}.zst"));
    let file = fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(file).expect("a compressed file");
    std::io::Read::read_to_string(&mut decoder, &mut text).expect("compressed text");
    text
}

/// The file `name`.
pub fn read<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// An instance and what was recorded of it.
pub struct Case {
    pub name: String,
    pub instance: Instance,
    pub truth: Truth,
}

/// What was recorded of an instance.
#[derive(Deserialize)]
pub struct Truth {
    pub n_feasible: usize,
    pub feasible_masks: Option<Vec<ActionMask>>,
    pub infeasible_examples: Vec<ActionMask>,
    pub probes: Vec<Probe>,
    pub myopic: Vec<Myopic>,
    pub whittle: Option<Whittle>,
    pub discounted: Option<Discounted>,
    pub finite: Option<Finite>,
    pub mean_step_reward: Option<MeanStepReward>,
}

/// What an action does in a state.
#[derive(Deserialize)]
pub struct Probe {
    pub state: Vec<u8>,
    pub action_mask: ActionMask,
    pub up_prob: Vec<f64>,
    pub next_dist: Vec<[f64; 4]>,
    pub expected_reward: f64,
}

/// The best one-step actions in a state.
#[derive(Deserialize)]
pub struct Myopic {
    pub state: Vec<u8>,
    pub best_value: f64,
    pub best_masks: Vec<ActionMask>,
    pub n_best: usize,
    pub iterative_mask: ActionMask,
    pub iterative_value: f64,
}

/// Whittle indices.
#[derive(Deserialize)]
pub struct Whittle {
    pub gamma: f64,
    pub index: Vec<[f64; 4]>,
    pub indexable: Vec<bool>,
}

/// Optimal discounted values of all joint states.
#[derive(Deserialize)]
pub struct Discounted {
    pub gamma: f64,
    pub values: Vec<f64>,
    pub best_masks: Vec<Vec<ActionMask>>,
}

/// Optimal values of a number of steps.
#[derive(Deserialize)]
pub struct Finite {
    pub horizon: usize,
    pub values: Vec<f64>,
}

/// What policies earn in a step.
#[derive(Deserialize)]
pub struct MeanStepReward {
    pub null: Option<f64>,
    pub uniform_feasible: f64,
    pub myopic: f64,
    pub iterative_myopic: f64,
    pub discounted_optimal: f64,
    pub finite_horizon_optimal: f64,
}

#[derive(Deserialize)]
struct Index {
    instances: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    file: String,
}

/// All cases that the index lists, at least one.
pub fn cases() -> Vec<Case> {
    let index: Index = read("index.json");
    assert!(!index.instances.is_empty(), "no instance in {}", folder().display());
    let case = |entry: &Entry| Case {
        name: entry.file.trim_end_matches(".json").to_owned(),
        instance: Instance::from_json(&entry.file, &text(&entry.file)).expect("an instance"),
        truth: read(&entry.file),
    };
    index.instances.iter().map(case).collect()
}

/// What was compared, and what was different.
#[derive(Default)]
pub struct Comparison {
    pub cases: usize,
    pub steps: usize,
    pub values: usize,
    differences: usize,
}

impl Comparison {
    /// Counts a value that has to hold.
    pub fn holds(&mut self, holds: bool, place: &str, what: impl FnOnce() -> String) {
        self.values += 1;
        if !holds {
            self.differences += 1;
            if self.differences <= SHOWN {
                println!("{place}: {}", what());
            }
        }
    }

    /// Compares two values.
    pub fn equal<T: PartialEq + Debug>(&mut self, place: &str, what: &str, ours: &T, recorded: &T) {
        self.holds(ours == recorded, place, || format!("{what}: ours {ours:?}, recorded {recorded:?}"));
    }

    /// Compares two numbers.
    pub fn close(&mut self, place: &str, what: &str, ours: f64, recorded: f64, tolerance: f64) {
        self.holds((ours - recorded).abs() <= tolerance, place, || {
            format!("{what}: ours {ours}, recorded {recorded}, allowed difference {tolerance}")
        });
    }

    /// Prints the counts, and fails when something differs or nothing was compared.
    pub fn finish(self, what: &str) {
        let Self { cases, steps, values, differences } = self;
        println!("{what}: compared {cases} cases, {steps} steps, {values} values: {differences} differences");
        assert!(cases > 0 && values > 0, "{what}: nothing was compared");
        assert_eq!(differences, 0, "{what}: differences from the recordings");
    }
}
