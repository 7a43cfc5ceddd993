//! Runs that are killed at any moment go on from their last checkpoint and end as ones that were never killed.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::command::run_in;

/// Starts `arguments`, and kills the process after `delay` unless it ended before. Returns whether it was killed.
fn kill_after(directory: &Path, arguments: &[&str], delay: Duration) -> bool {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pentathlon"))
        .args(arguments)
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(delay);
    let was_running = child.try_wait().unwrap().is_none();
    // SIGKILL: nothing is cleaned up.
    child.kill().unwrap();
    child.wait().unwrap();
    was_running
}

/// The columns of a table that do not tell the time.
fn timeless(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let names: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let kept = |row: &str| {
        let cells = row.split(',').zip(&names).filter(|(_, name)| !name.contains("second"));
        cells.map(|(cell, _)| cell.to_owned()).collect::<Vec<_>>().join(",")
    };
    text.lines().map(kept).collect()
}

/// Kills and resumes a run of `begin` (without `--out`) a few times, and compares `files` and progress with those of one
/// left alone. `more` are the settings with which both are trained a little longer.
fn killed_runs_end_alike(begin: &[&str], checkpoint: &str, files: &[&str], more: &[&str]) {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let command = begin[0];
    let started = std::time::Instant::now();
    run_in(directory, &[begin, &["--out", "whole"]].concat()).succeeded();
    let whole_time = started.elapsed();
    // Any moment will do, another one every time; a failure is repeated with the times printed here.
    let mut noise = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos();
    let mut longest = whole_time;
    let mut killed = 0;
    while killed < 3 || !directory.join("killed").join(checkpoint).exists() {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let delay = longest.mul_f64(f64::from(noise >> 8) / f64::from(1 << 24));
        // Before the first checkpoint a run begins again.
        let has_checkpoint = directory.join("killed").join(checkpoint).exists();
        let arguments = if has_checkpoint {
            vec![command, "--resume", "killed"]
        } else {
            [begin, &["--out", "killed"]].concat()
        };
        if kill_after(directory, &arguments, delay) {
            println!("killed after {delay:?} of {whole_time:?}, from a checkpoint: {has_checkpoint}");
            killed += 1;
            if !directory.join("killed").join(checkpoint).exists() {
                longest = longest.mul_f64(1.25);
            }
        } else {
            // It ended before: its kills are lost, and the next ones come sooner, however fast the machine has become.
            println!("ended within {delay:?} of {whole_time:?}");
            std::fs::remove_dir_all(directory.join("killed")).unwrap();
            longest /= 2;
            killed = 0;
        }
    }
    run_in(directory, &[command, "--resume", "killed"]).succeeded();
    let same = |what: &str| {
        let read = |run: &str| std::fs::read(directory.join(run).join(what)).unwrap();
        assert!(read("whole") == read("killed"), "{what} differs");
    };
    let same_rows = || {
        let rows = |run: &str| timeless(&directory.join(run).join("progress.csv"));
        assert_eq!(rows("whole"), rows("killed"));
    };
    files.iter().for_each(|file| same(file));
    same_rows();
    // Networks, optimisers, memories, random streams and environments are the same: trained on, both runs go through
    // the same losses to the last digit.
    let rows = timeless(&directory.join("whole/progress.csv")).len();
    for run in ["whole", "killed"] {
        run_in(directory, &[&[command, "--resume", run], more].concat()).succeeded();
    }
    assert!(timeless(&directory.join("whole/progress.csv")).len() > rows);
    files.iter().for_each(|file| same(file));
    same_rows();
}

/// What runs of learners that draw curves leave.
const CURVES: [&str; 3] = ["config.toml", "curve.svg", "episodes.csv"];

#[test]
fn a_killed_agent_with_a_memory_goes_on() {
    let mut begin = vec!["train", "--env", "MiniGrid-Empty-5x5-v0", "--seed", "3"];
    for setting in [
        "frames=20480",
        "environment.num_envs=16",
        "network.hidden=[32]",
        "network.memory=gru",
        "network.memory_width=16",
        "ppo.rollout_steps=32",
        "ppo.minibatches=2",
        "ppo.learning_rate=1e-3",
        "ppo.final_learning_rate=1e-3",
        "early_stop.success_rate=0",
        "evaluation.episodes=4",
        "output.checkpoint_every=3",
    ] {
        begin.extend(["--set", setting]);
    }
    killed_runs_end_alike(&begin, "checkpoint.pentathlon", &CURVES, &["--set", "frames=22528"]);
}

#[test]
fn a_killed_team_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("team.toml");
    let text = "frames = 6400
        [environment]
        id = \"MultiGrid-TrashGrid-6x6-v2\"
        num_envs = 16
        max_episode_steps = 20
        observations = [\"vector\", \"state\", \"action_mask\"]
        [learner]
        hidden = 16
        mixer_width = 8
        hypernetwork_hidden = 8
        batch_episodes = 4
        episodes_per_update = 4
        replay_episodes = 50
        [exploration]
        frames = 4000
        [evaluation]
        episodes = 4";
    std::fs::write(&config, text).unwrap();
    let begin = ["train-team", "--config", config.to_str().unwrap(), "--report-every", "640"];
    killed_runs_end_alike(&begin, "team.checkpoint", &CURVES, &["--set", "frames=20000"]);
}

#[test]
fn a_killed_team_of_counterfactual_policies_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("coma.toml");
    let text = "algorithm = \"coma\"
        frames = 6400
        [environment]
        id = \"MultiGrid-TrashGrid-6x6-v2\"
        num_envs = 16
        max_episode_steps = 20
        observations = [\"vector\", \"state\", \"action_mask\"]
        [learner]
        hidden = 16
        batch_episodes = 20
        [critic]
        hidden = 16
        target_updates = 3
        [exploration]
        frames = 4000
        [evaluation]
        episodes = 4";
    std::fs::write(&config, text).unwrap();
    let begin = ["train-team", "--config", config.to_str().unwrap(), "--report-every", "640"];
    killed_runs_end_alike(&begin, "team.checkpoint", &CURVES, &["--set", "frames=9600"]);
}

#[test]
fn a_killed_hierarchy_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("hierarchy.toml");
    let text = "[environment]
        id = \"MultiGrid-TrashGrid-6x6-v2\"
        num_envs = 16
        max_episode_steps = 20
        observations = [\"vector\", \"state\", \"action_mask\"]
        [network]
        hidden = [16]
        [hierarchy]
        budget = 8
        [low]
        frames = 4096
        [low.ppo]
        rollout_steps = 16
        minibatches = 4
        [high]
        frames = 4096
        [high.ppo]
        rollout_steps = 16
        minibatches = 2
        [mixing]
        frames = 4096
        # About half of the stage, so that runs are killed before it is over, too.
        warm_start_episodes = 96
        warm_start_updates = 4
        [mixing.learner]
        hidden = 16
        batch_episodes = 4
        episodes_per_update = 4
        [evaluation]
        episodes = 4
        [output]
        checkpoint_every = 3";
    std::fs::write(&config, text).unwrap();
    let begin = ["train", "--config", config.to_str().unwrap(), "--seed", "5"];
    killed_runs_end_alike(&begin, "hierarchy.checkpoint", &CURVES, &["--set", "mixing.frames=6144"]);
}

#[test]
fn a_killed_search_for_best_actions_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("sequoia.toml");
    let text = "algorithm = \"sequoia\"
        [problem]
        name = \"budget\"
        arms = 6
        budget = 2
        [warm_start]
        epochs = 5
        random_states = 50
        [training]
        episodes = 60
        check_every = 4
        check_episodes = 4";
    std::fs::write(&config, text).unwrap();
    let begin = ["train", "--config", config.to_str().unwrap(), "--seed", "5"];
    let files = ["config.toml", "instance.json", "network.json"];
    killed_runs_end_alike(&begin, "sequoia.checkpoint", &files, &["--set", "training.episodes=80"]);
}

#[test]
fn killed_learners_of_real_actions_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("real.toml");
    for (algorithm, more) in [("td3", ""), ("srl", "[sequence]\nhorizon = 4\nwidth = 12")] {
        let text = format!(
            "algorithm = \"{algorithm}\"
            frames = 6000
            report_every = 600
            [environment]
            id = \"ClassicControl-Pendulum-v1\"
            num_envs = 4
            observations = [\"state\"]
            max_episode_steps = 40
            [td3]
            hidden = [16, 16]
            batch = 32
            replay = 2000
            learning_starts = 600
            [evaluation]
            episodes = 4
            [output]
            checkpoint_every = 2
            {more}"
        );
        std::fs::write(&config, text).unwrap();
        let begin = ["train", "--config", config.to_str().unwrap(), "--seed", "5"];
        killed_runs_end_alike(&begin, "continuous.checkpoint", &CURVES, &["--set", "frames=7800"]);
    }
}
