//! `train-team` and `compare`, on matrix games that take seconds.

use std::path::Path;

use crate::command::run_in;

/// A short run of value decomposition on the two-step game.
const TINY: &str = r#"
frames = 2048
[environment]
id = "MatrixGame-TwoStep-v0"
num_envs = 16
observations = ["stage", "state"]
[learner]
factorisation = "vdn"
recurrent = false
hidden = 16
batch_episodes = 16
episodes_per_update = 16
[exploration]
last = 1.0
[evaluation]
episodes = 4
"#;

fn last_json(text: &str) -> serde_json::Value {
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).unwrap();
}

#[test]
fn a_team_is_trained_saved_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "tiny.toml", TINY);
    let arguments =
        ["train-team", "--config", "tiny.toml", "--out", "run", "--report-every", "512", "--json"];
    let text = run_in(directory.path(), &arguments).succeeded();
    let report = last_json(&text);
    assert_eq!((&report["episodes"], &report["frames"]), (&4.into(), &2048.into()));
    assert!(report["updates"].as_u64().unwrap() > 30, "{report}");
    let returns = report["mean_return"].as_f64().unwrap();
    assert!((0.0..=8.0).contains(&returns), "{report}");
    assert_eq!(text.lines().count(), 4 + 1, "a line every 512 frames, and the report");
    let run = directory.path().join("run");
    for file in ["config.toml", "team.checkpoint", "progress.csv", "evaluation.json"] {
        assert!(run.join(file).metadata().is_ok_and(|file| file.len() > 0), "no {file}");
    }
    // A run that is finished has nothing left to do but its evaluation.
    let again = run_in(directory.path(), &["train-team", "--resume", "run", "--json"]).succeeded();
    assert_eq!(last_json(&again)["mean_return"], report["mean_return"]);
    let refused = run_in(directory.path(), &arguments);
    assert!(refused.failed(2).contains("already holds a run"));
}

#[test]
fn experiments_are_compared_over_seeds() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "vdn.toml", TINY);
    write(directory.path(), "iql.toml", &TINY.replace("vdn", "iql"));
    let text =
        run_in(directory.path(), &["compare", "vdn.toml", "iql.toml", "--seeds", "2", "--json"]).succeeded();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 6, "two runs and a summary for each experiment");
    let (first, second, row) = (&lines[0], &lines[1], &lines[2]);
    assert_eq!((&first["seed"], &second["seed"], &row["seeds"]), (&1.into(), &2.into(), &2.into()));
    let returns = [first, second].map(|run| run["mean_return"].as_f64().unwrap());
    let [mean, low, high] = [0, 1, 2].map(|index| row["mean_return"][index].as_f64().unwrap());
    assert!((mean - (returns[0] + returns[1]) / 2.0).abs() < 1e-9, "{text}");
    assert!(low <= mean && mean <= high);
    let table = run_in(directory.path(), &["compare", "vdn.toml", "--seeds", "1"]).succeeded();
    assert_eq!(table.lines().count(), 2, "{table}");
}

#[test]
fn bad_configurations_are_refused_with_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "gamma.toml", &TINY.replace("hidden = 16", "gamma = 1.5"));
    let text = run_in(directory.path(), &["train-team", "--config", "gamma.toml"]).failed(2);
    assert!(text.contains("learner.gamma") && text.contains("0 to 1"), "{text}");
    let text = run_in(directory.path(), &["train-team", "--config", "missing.toml"]).failed(2);
    assert!(text.contains("missing.toml"), "{text}");
    write(directory.path(), "id.toml", &TINY.replace("TwoStep", "TwoStop"));
    let text = run_in(directory.path(), &["train-team", "--config", "id.toml"]).failed(2);
    assert!(text.contains("MatrixGame-TwoStep-v0"), "{text}");
}
