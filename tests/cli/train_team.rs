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
fn settings_are_overridden_and_train_takes_teams_too() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "tiny.toml", TINY);
    let arguments = ["train", "--config", "tiny.toml", "--set", "frames=1024", "--out", "run", "--json"];
    let report = last_json(&run_in(directory.path(), &arguments).succeeded());
    assert_eq!(report["frames"], 1024);
    let more = ["train", "--resume", "run", "--set", "frames=1536", "--json"];
    assert_eq!(last_json(&run_in(directory.path(), &more).succeeded())["frames"], 1536);
    let table = std::fs::read_to_string(directory.path().join("run/episodes.csv")).unwrap();
    let frames: Vec<u64> =
        table.lines().skip(1).map(|row| row.split(',').next().unwrap().parse().unwrap()).collect();
    assert!(frames.is_sorted() && frames.last() == Some(&1536) && frames.len() == 1536 / 2, "{table}");
    run_in(directory.path(), &["curve", "run", "--out", "curves.svg"]).succeeded();
    let wrong = ["train-team", "--config", "tiny.toml", "--set", "learner.depth=3"];
    assert!(run_in(directory.path(), &wrong).failed(2).contains("depth"));
}

/// A short run of QMIX on the small Trash-Grid.
const TRASH: &str = r#"
frames = 1600
[environment]
id = "MultiGrid-TrashGrid-6x6-v2"
num_envs = 16
max_episode_steps = 20
observations = ["vector", "state", "action_mask"]
[learner]
hidden = 16
batch_episodes = 4
episodes_per_update = 4
[exploration]
frames = 1000
[evaluation]
episodes = 20
"#;

#[test]
fn a_trained_team_is_evaluated_and_drawn() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "trash.toml", TRASH);
    let train = ["train-team", "--config", "trash.toml", "--out", "run", "--json"];
    let report = last_json(&run_in(directory.path(), &train).succeeded());
    let gif = std::fs::read(directory.path().join("run/policy.gif")).unwrap();
    assert!(gif.starts_with(b"GIF89a"));
    for checkpoint in ["run", "run/team.checkpoint"] {
        let evaluated = run_in(directory.path(), &["eval", checkpoint, "--json"]).json();
        for field in ["episodes", "mean_return", "mean_length", "frames"] {
            assert_eq!(evaluated[field], report[field], "{field}");
        }
    }
    let render =
        ["render", "MultiGrid-TrashGrid-6x6-v2", "--checkpoint", "run/team.checkpoint", "--tile-size", "12"];
    run_in(directory.path(), &[&render[..], &["--steps", "30", "--out", "team.gif"]].concat()).succeeded();
    run_in(directory.path(), &[&render[..], &["--steps", "5", "--out", "team.png"]].concat()).succeeded();
    let text = run_in(directory.path(), &[&render[..], &["--ansi"]].concat()).succeeded();
    assert!(text.contains("mission: bring all trash"), "{text}");
    let other = ["eval", "run", "--env", "MultiGrid-TrashGrid-v2"];
    assert!(run_in(directory.path(), &other).failed(1).contains("does not fit MultiGrid-TrashGrid-v2"));
}

/// A short run of COMA on the small Trash-Grid.
const COMA: &str = r#"
algorithm = "coma"
frames = 1600
[environment]
id = "MultiGrid-TrashGrid-6x6-v2"
num_envs = 16
max_episode_steps = 20
observations = ["vector", "state", "action_mask"]
[learner]
hidden = 16
batch_episodes = 16
[critic]
hidden = 16
[evaluation]
episodes = 20
greedy = false
"#;

#[test]
fn counterfactual_policies_are_trained_resumed_judged_and_drawn() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "coma.toml", COMA);
    let train = ["train", "--config", "coma.toml", "--out", "run", "--json"];
    let report = last_json(&run_in(directory.path(), &train).succeeded());
    assert_eq!((&report["frames"], &report["updates"]), (&1600.into(), &5.into()), "{report}");
    let evaluated = run_in(directory.path(), &["eval", "run", "--json"]).json();
    assert_eq!(evaluated["episodes"], 20);
    let more = ["train", "--resume", "run", "--set", "frames=1920", "--json"];
    let report = last_json(&run_in(directory.path(), &more).succeeded());
    assert_eq!((&report["frames"], &report["updates"]), (&1920.into(), &6.into()), "{report}");
    let render = ["render", "MultiGrid-TrashGrid-6x6-v2", "--checkpoint", "run/team.checkpoint"];
    run_in(directory.path(), &[&render[..], &["--steps", "5", "--out", "team.png"]].concat()).succeeded();
    let compare = ["compare", "coma.toml", "--seeds", "1", "--out", "both", "--set", "frames=640", "--json"];
    let text = run_in(directory.path(), &compare).succeeded();
    assert_eq!(last_json(&text)["kind"], "team");

    write(directory.path(), "wrong.toml", &COMA.replace("[critic]\nhidden = 16", "[critic]\nlambda = 2"));
    let refused = run_in(directory.path(), &["train", "--config", "wrong.toml"]).failed(2);
    assert!(refused.contains("critic.lambda") && refused.contains("0 to 1"), "{refused}");
    write(directory.path(), "values.toml", &COMA.replace("algorithm = \"coma\"", ""));
    let refused = run_in(directory.path(), &["train", "--config", "values.toml"]).failed(2);
    assert!(refused.contains("'critic'") && refused.contains("coma"), "{refused}");
}

/// A short run of proximal policy optimisation on the same game.
const TINY_PPO: &str = r#"
frames = 2048
[environment]
id = "MatrixGame-TwoStep-v0"
num_envs = 16
observations = ["stage"]
[network]
hidden = [16]
[ppo]
rollout_steps = 16
minibatches = 2
[early_stop]
success_rate = 0.0
[evaluation]
episodes = 4
"#;

#[test]
fn experiments_are_compared_over_seeds() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "vdn.toml", TINY);
    write(directory.path(), "ppo.toml", TINY_PPO);
    let compare = ["compare", "vdn.toml", "ppo.toml", "--seeds", "2", "--out", "both", "--threshold", "-1"];
    let text = run_in(directory.path(), &[&compare[..], &["--json"]].concat()).succeeded();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 6, "two runs and a summary for each experiment");
    for (kind, lines) in ["team", "ppo"].into_iter().zip(lines.chunks(3)) {
        let [first, second, row] = lines else { panic!("{text}") };
        assert_eq!((&first["seed"], &second["seed"], &row["seeds"]), (&1.into(), &2.into(), &2.into()));
        assert_eq!((&row["kind"], &row["id"]), (&kind.into(), &"MatrixGame-TwoStep-v0".into()));
        for how in ["stochastic", "greedy"] {
            let returns = [first, second].map(|run| run[how]["mean_return"].as_f64().unwrap());
            let row = &row[format!("{how}_return")];
            let [mean, low, high] = [0, 1, 2].map(|index| row[index].as_f64().unwrap());
            assert!((mean - (returns[0] + returns[1]) / 2.0).abs() < 1e-9, "{text}");
            assert!(low <= mean && mean <= high);
        }
        // Every return is above -1: the first full window is.
        assert_eq!(row["reached_threshold"], 2);
        let frames = row["frames_to_threshold"][0].as_f64().unwrap();
        assert!((100.0..400.0).contains(&frames), "{row}");
        assert!(row["mean_over_training"][0].as_f64().unwrap() > 0.0);
    }
    let both = directory.path().join("both");
    let picture = std::fs::read_to_string(both.join("curves.svg")).unwrap();
    for text in ["vdn", "ppo", "MatrixGame-TwoStep-v0, 2 seeds"] {
        assert!(picture.contains(text), "no {text}");
    }
    let results = std::fs::read_to_string(both.join("results.json")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&results).unwrap().as_array().unwrap().len(), 2);

    // What is finished is not trained again, and what was removed is.
    let seconds = |line: &serde_json::Value| line["seconds"].as_f64().unwrap();
    std::fs::remove_dir_all(both.join("ppo/seed-2")).unwrap();
    let again = run_in(directory.path(), &[&compare[..], &["--json"]].concat()).succeeded();
    let again: Vec<serde_json::Value> =
        again.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(seconds(&again[0]), seconds(&lines[0]));
    assert_ne!(seconds(&again[4]), seconds(&lines[4]));
    assert_eq!(again[4]["greedy"], lines[4]["greedy"]);
    let table = run_in(directory.path(), &compare).succeeded();
    assert!(table.contains("| vdn | 2 | 2048 |") && table.contains("frames to -1"), "{table}");

    write(directory.path(), "vdn.toml", &TINY.replace("hidden = 16", "hidden = 17"));
    let refused = run_in(directory.path(), &compare).failed(2);
    assert!(refused.contains("another configuration"), "{refused}");
}

#[test]
fn bad_configurations_are_refused_with_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "gamma.toml", &TINY.replace("hidden = 16", "gamma = 1.5"));
    let text = run_in(directory.path(), &["train-team", "--config", "gamma.toml"]).failed(2);
    assert!(text.contains("learner.gamma") && text.contains("0 to 1"), "{text}");
    let text = run_in(directory.path(), &["train-team", "--config", "missing.toml"]).failed(1);
    assert!(text.contains("missing.toml"), "{text}");
    write(directory.path(), "id.toml", &TINY.replace("TwoStep", "TwoStop"));
    let text = run_in(directory.path(), &["train-team", "--config", "id.toml"]).failed(2);
    assert!(text.contains("MatrixGame-TwoStep-v0"), "{text}");
}

#[test]
fn a_hierarchy_is_drawn_and_goes_on_with_other_settings() {
    const HIERARCHY: &str = r#"
[environment]
id = "MultiGrid-TrashGrid-6x6-v2"
num_envs = 8
max_episode_steps = 20
observations = ["vector", "state", "action_mask"]
[network]
hidden = [16]
[hierarchy]
budget = 8
[low]
frames = 256
[low.ppo]
rollout_steps = 16
minibatches = 2
[high]
frames = 256
[high.ppo]
rollout_steps = 16
minibatches = 2
[mixing]
frames = 0
[evaluation]
episodes = 4
"#;
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "hierarchy.toml", HIERARCHY);
    let arguments = ["train", "--config", "hierarchy.toml", "--out", "run", "--json"];
    run_in(directory.path(), &arguments).succeeded();

    let render = |id: &str, further: &[&str]| {
        let arguments = ["render", id, "--policy", "run", "--tile-size", "12"];
        run_in(directory.path(), &[&arguments, further].concat())
    };
    let id = "MultiGrid-TrashGrid-6x6-v2";
    render(id, &["--steps", "12", "--out", "run.gif"]).succeeded();
    render(id, &["--steps", "12", "--out", "run.png"]).succeeded();
    render(id, &["--steps", "12", "--seed", "3", "--out", "other.png"]).succeeded();
    let read = |name: &str| std::fs::read(directory.path().join(name)).unwrap();
    assert!(read("run.gif").starts_with(b"GIF89a") && read("run.png") != read("other.png"));
    let refused = render("MultiGrid-TrashGrid-v2", &["--out", "run.png"]).failed(2);
    assert!(refused.contains("trained on MultiGrid-TrashGrid-6x6-v2"), "{refused}");
    let refused = render(id, &["--option", "drop_cost=1", "--out", "run.png"]).failed(2);
    assert!(refused.contains("--option"), "{refused}");

    // It is finished; how it is judged may still be changed.
    let again = ["train", "--resume", "run", "--set", "evaluation.episodes=6", "--json"];
    let report = last_json(&run_in(directory.path(), &again).succeeded());
    assert_eq!((&report["episodes"], &report["frames"]), (&6.into(), &512.into()));
    let refused = run_in(directory.path(), &["train", "--resume", "run", "--set", "network.hidden=[8]"]);
    assert!(refused.failed(1).contains("hierarchy.checkpoint"));
}
