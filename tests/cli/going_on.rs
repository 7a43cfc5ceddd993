//! Runs that go on: where to, with what settings, and Ctrl-C when there is nothing left to save.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::command::run_in;

/// A short run of value decomposition on the two-step game.
const TEAM: &str = r#"
frames = 1024
[environment]
id = "MatrixGame-TwoStep-v0"
num_envs = 16
observations = ["stage", "state"]
[learner]
factorisation = "vdn"
recurrent = false
hidden = 16
batch_episodes = 16
replay_episodes = 32
episodes_per_update = 16
[evaluation]
episodes = 4
"#;

/// A short run of proximal policy optimisation on the same game.
const PPO: &str = r#"
frames = 512
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

/// A short run with real-valued actions.
const CONTINUOUS: &str = r#"
algorithm = "td3"
frames = 600
report_every = 300
[environment]
id = "ClassicControl-Pendulum-v1"
num_envs = 4
[td3]
hidden = [8]
learning_starts = 100
batch = 8
[evaluation]
episodes = 2
"#;

/// A short run of deep Q-learning.
const DQN: &str = r#"
algorithm = "dqn"
frames = 2048
report_every = 512
[environment]
id = "MiniGrid-Empty-5x5-v0"
num_envs = 16
max_episode_steps = 20
observations = ["image", "direction"]
[learner]
recurrent = false
hidden = 16
batch_episodes = 8
[evaluation]
episodes = 8
"#;

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).unwrap();
}

fn last_json(text: &str) -> serde_json::Value {
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// Every file in the folder `run`, by name.
fn contents(run: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let files = std::fs::read_dir(run).unwrap().map(|file| file.unwrap());
    let mut files: Vec<_> =
        files.map(|file| (file.file_name(), std::fs::read(file.path()).unwrap())).collect();
    files.sort();
    files
}

#[test]
fn a_run_that_goes_on_elsewhere_overwrites_no_other_run() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    for (name, text) in [("team", TEAM), ("ppo", PPO), ("continuous", CONTINUOUS)] {
        write(directory, "run.toml", text);
        run_in(directory, &["train", "--config", "run.toml", "--out", name]).succeeded();
    }
    for (command, run) in
        [("train", "team"), ("train-team", "team"), ("train", "ppo"), ("train", "continuous")]
    {
        for other in ["team", "ppo", "continuous"].into_iter().filter(|other| *other != run) {
            let before = contents(&directory.join(other));
            let refused = run_in(directory, &[command, "--resume", run, "--out", other]).failed(2);
            assert!(refused.contains(&format!("{other} already holds a run")), "{refused}");
            assert!(contents(&directory.join(other)) == before, "{other} was changed");
        }
        // Its own folder is none of another run.
        run_in(directory, &[command, "--resume", run, "--out", &format!("./{run}")]).succeeded();
    }
    run_in(directory, &["train-team", "--resume", "team/team.checkpoint", "--out", "copy"]).succeeded();
    run_in(directory, &["train", "--resume", "team/team.checkpoint"]).succeeded();
    // A new run in the folder of another learner's is refused too.
    write(directory, "run.toml", PPO);
    let refused = run_in(directory, &["train", "--config", "run.toml", "--out", "team"]).failed(2);
    assert!(refused.contains("already holds a run"), "{refused}");
}

#[test]
fn a_team_goes_on_with_settings_that_can_change_and_refuses_others_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    write(directory, "team.toml", TEAM);
    let train = ["train-team", "--config", "team.toml", "--out", "run", "--json"];
    let updates = last_json(&run_in(directory, &train).succeeded())["updates"].as_u64().unwrap();
    let before = contents(&directory.join("run"));
    for (setting, field) in [
        ("seed=77", "'seed' = 77"),
        ("learner.optimiser=adam", "'learner.optimiser' = \"adam\""),
        ("learner.hidden=8", "'learner.hidden' = 8"),
        ("learner.factorisation=iql", "'learner.factorisation' = \"iql\""),
        ("environment.num_envs=8", "'environment.num_envs' = 8"),
        ("environment.id=MatrixGame-Climbing-v0", "'environment.id'"),
    ] {
        let refused = run_in(directory, &["train-team", "--resume", "run", "--set", setting]).failed(2);
        assert!(refused.contains(field) && refused.contains("what may change: frames"), "{refused}");
    }
    assert!(contents(&directory.join("run")) == before, "a refused run was changed");
    // A larger memory than the run began with is filled, and learned from.
    let more = ["train", "--resume", "run", "--set", "frames=4096", "--json"];
    let larger = ["--set", "learner.batch_episodes=64", "--set", "learner.replay_episodes=5000"];
    let report = last_json(&run_in(directory, &[&more[..], &larger].concat()).succeeded());
    assert!(report["updates"].as_u64().unwrap() > updates + 80, "{report}, before {updates}");
}

#[test]
fn what_cannot_be_evaluated_or_is_for_another_command_is_refused_before_training() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    write(directory, "team.toml", TEAM);
    for command in [&["train-team", "--config"][..], &["compare"]] {
        let arguments = [command, &["team.toml", "--set", "evaluation.episodes=0", "--out", "run"]].concat();
        let refused = run_in(directory, &arguments).failed(2);
        assert!(refused.contains("'evaluation.episodes' = 0") && refused.contains("1 to"), "{refused}");
        assert!(!directory.join("run").exists());
    }
    let refused = run_in(directory, &["compare", "team.toml", "--set", "seed=9", "--out", "run"]).failed(2);
    assert!(refused.contains("--set seed=9") && refused.contains("--seeds"), "{refused}");
    write(directory, "ppo.toml", PPO);
    let refused = run_in(directory, &["train-team", "--config", "ppo.toml"]).failed(2);
    assert!(refused.contains("PPO") && refused.contains("pentathlon train --config ppo.toml"), "{refused}");
}

#[test]
fn deep_q_learning_is_trained_goes_on_bit_for_bit_and_is_judged() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    write(directory, "dqn.toml", DQN);
    let train = ["train", "--config", "dqn.toml", "--json", "--out"];
    let whole = last_json(&run_in(directory, &[&train[..], &["whole"]].concat()).succeeded());
    assert!(whole["updates"].as_u64().unwrap() > 50, "{whole}");
    run_in(directory, &[&train[..], &["parts", "--set", "frames=1024"]].concat()).succeeded();
    let more = ["train", "--resume", "parts", "--set", "frames=2048", "--json"];
    let parts = last_json(&run_in(directory, &more).succeeded());
    for field in ["updates", "mean_return", "mean_length", "success_rate"] {
        assert_eq!(parts[field], whole[field], "{field}");
    }
    for file in ["progress.csv", "episodes.csv", "config.toml"] {
        let read = |run: &str| std::fs::read(directory.join(run).join(file)).unwrap();
        assert!(read("whole") == read("parts"), "{file} differs");
    }
    for file in ["curve.svg", "policy.gif", "evaluation.json", "team.checkpoint"] {
        assert!(directory.join("parts").join(file).metadata().is_ok_and(|file| file.len() > 0), "no {file}");
    }
    let judged = run_in(directory, &["eval", "parts", "--greedy", "--json"]).json();
    assert_eq!((&judged["episodes"], &judged["mean_return"]), (&8.into(), &parts["mean_return"]));
    write(directory, "team.toml", &DQN.replace("MiniGrid-Empty-5x5-v0", "MultiGrid-DoorKey-6x6-N2-v0"));
    let refused = run_in(directory, &["train", "--config", "team.toml"]).failed(1);
    assert!(refused.contains("2 agents") && refused.contains("iql"), "{refused}");
}

#[test]
fn the_first_interrupt_ends_a_final_evaluation() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    // An evaluation that takes long, after a training that takes none.
    let text = r#"
        frames = 64
        [environment]
        id = "MultiGrid-TrashGrid-6x6-v2"
        num_envs = 16
        max_episode_steps = 100
        observations = ["vector", "action_mask"]
        [learner]
        factorisation = "vdn"
        [evaluation]
        episodes = 10000
        "#;
    write(directory, "team.toml", text);
    let train = ["train-team", "--config", "team.toml", "--out", "run"];
    let child = Command::new(env!("CARGO_BIN_EXE_pentathlon"))
        .args(train)
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let curve = directory.join("run/curve.svg");
    while !curve.exists() && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    // The curve is what training writes last.
    std::thread::sleep(Duration::from_millis(500));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let asked = Instant::now();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert!(String::from_utf8_lossy(&ended.stderr).contains("interrupted; there was nothing left to save"));
}

#[test]
fn a_study_of_ppo_says_what_else_a_checkpoint_is() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    write(directory, "team.toml", TEAM);
    run_in(directory, &["train-team", "--config", "team.toml", "--out", "run"]).succeeded();
    for checkpoint in ["run", "run/team.checkpoint"] {
        let refused = run_in(directory, &["study", "decision-frequency", checkpoint]).failed(2);
        assert!(refused.contains("value learner") && refused.contains("PPO"), "{refused}");
    }
    // What has no picture is asked for in vain, which is no failure.
    let refused = run_in(directory, &["render", "MatrixGame-TwoStep-v0", "--ansi"]).failed(2);
    assert!(refused.contains("has no drawing"), "{refused}");
}

#[test]
fn random_rollouts_of_teams_hold_every_action() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let rollout = |id: &str, name: &str| {
        let arguments =
            ["rollout", id, "--num-envs", "4", "--policy", "random", "--steps", "100", "--trace", name];
        run_in(directory, &arguments).succeeded();
        let text = std::fs::read_to_string(directory.join(name)).unwrap();
        let mut found = std::collections::BTreeSet::new();
        for line in text.lines().skip(1) {
            let rollout: serde_json::Value = serde_json::from_str(line).unwrap();
            for step in rollout["steps"].as_array().unwrap() {
                let action = &step["action"];
                let actions = action.as_array().cloned().unwrap_or_else(|| vec![action.clone()]);
                found.extend(actions.iter().map(|action| action.as_f64().unwrap() as i64));
            }
        }
        found
    };
    assert_eq!(rollout("MultiGrid-TrashGrid-v2", "trash.jsonl"), (0..6).collect());
    assert_eq!(rollout("MultiGrid-DoorKey-8x8-N2-v0", "keys.jsonl"), (0..7).collect());
}
