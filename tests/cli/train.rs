//! `train`, `eval` and `curve`, on a task small enough to take seconds.

use std::path::Path;

use crate::command::{Ended, run_in};

/// A run of four updates.
const TINY: [&str; 14] = [
    "--env",
    "MiniGrid-Empty-5x5-v0",
    "--set",
    "frames=2048",
    "--set",
    "environment.num_envs=16",
    "--set",
    "ppo.rollout_steps=32",
    "--set",
    "ppo.minibatches=2",
    "--set",
    "evaluation.episodes=20",
    "--seed",
    "5",
];

fn train(directory: &Path, more: &[&str]) -> Ended {
    run_in(directory, &[&["train"], &TINY[..], more].concat())
}

fn last_json(text: &str) -> serde_json::Value {
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

#[test]
fn a_run_leaves_everything_that_was_promised() {
    let directory = tempfile::tempdir().unwrap();
    let text = train(directory.path(), &["--out", "run", "--json"]).succeeded();
    let report = last_json(&text);
    assert_eq!(report["episodes"], 20);
    assert_eq!(report["frames"], 2048);
    for field in ["success_rate", "mean_return", "mean_length", "seconds"] {
        assert!(report[field].is_number(), "{report}");
    }
    assert_eq!(text.lines().count(), 4 + 1, "a line an update, and the report");
    let run = directory.path().join("run");
    for file in
        ["config.toml", "checkpoint.pentathlon", "progress.csv", "curve.svg", "policy.gif", "evaluation.json"]
    {
        assert!(run.join(file).metadata().is_ok_and(|file| file.len() > 0), "no {file}");
    }
    let table = std::fs::read_to_string(run.join("progress.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 4);

    let evaluated = run_in(directory.path(), &["eval", "run", "--json"]).json();
    for field in ["episodes", "success_rate", "mean_return", "mean_length"] {
        assert_eq!(evaluated[field], report[field], "{field}");
    }
    let fewer = run_in(directory.path(), &["eval", "run", "--episodes", "3", "--seed", "1", "--json"]).json();
    assert_eq!(fewer["episodes"], 3);
    assert!(run_in(directory.path(), &["eval", "run"]).succeeded().contains("success"));

    run_in(directory.path(), &["curve", "run", "--out", "curves.svg"]).succeeded();
    let picture = std::fs::read_to_string(directory.path().join("curves.svg")).unwrap();
    assert!(picture.contains("<svg") && picture.contains("MiniGrid-Empty-5x5-v0"));

    let small = ["--steps", "10", "--tile-size", "4", "--out", "trained.gif"];
    let render = [&["render", "MiniGrid-Empty-5x5-v0", "--policy", "run"], &small[..]].concat();
    run_in(directory.path(), &render).succeeded();
    assert!(directory.path().join("trained.gif").exists());
}

#[test]
fn a_resumed_run_ends_as_one_that_never_stopped() {
    let directory = tempfile::tempdir().unwrap();
    // The learning rate follows the share of frames done; a constant one does not depend on their number.
    let constant = ["--set", "ppo.final_learning_rate=1e-3", "--set", "ppo.learning_rate=1e-3"];
    let whole = last_json(
        &train(directory.path(), &[&["--out", "whole", "--json"], &constant[..]].concat()).succeeded(),
    );
    train(directory.path(), &[&["--out", "half", "--set", "frames=1024"], &constant[..]].concat())
        .succeeded();
    let resumed = run_in(directory.path(), &["train", "--resume", "half", "--set", "frames=2048", "--json"])
        .succeeded();
    let resumed = last_json(&resumed);
    for field in ["frames", "success_rate", "mean_return", "mean_length"] {
        assert_eq!(resumed[field], whole[field], "{field}");
    }
    let rows = |run: &str| -> Vec<String> {
        let text = std::fs::read_to_string(directory.path().join(run).join("progress.csv")).unwrap();
        // Losses and returns of every update; times differ.
        let timeless = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            [&cells[..2], &cells[4..]].concat().join(",")
        };
        text.lines().map(timeless).collect()
    };
    assert_eq!(rows("half"), rows("whole"));
}

/// What the learner did before it knew teams, tiles and actions of several numbers. The tolerance is for the
/// rounding of another machine's matrix products; another order of random numbers is far beyond it.
#[test]
fn a_seed_gives_the_curve_that_it_always_gave() {
    let recorded = [
        [-0.009_410_385, 0.025_296_733, 0.950_377_9, 0.420_137, 22.0],
        [-0.004_027_104, 0.008_344_152, 0.908_089_2, 0.341_789_7, 37.5],
        [-0.010_143_273, 0.018_091_522, 0.863_181_5, 0.843_657, 37.935_484],
    ];
    let directory = tempfile::tempdir().unwrap();
    let text = train(directory.path(), &["--set", "frames=1536", "--out", "run", "--json"]).succeeded();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3 + 1);
    for (line, recorded) in lines.iter().zip(recorded) {
        let names = ["policy_loss", "value_loss", "entropy", "gradient_norm", "mean_length"];
        for (name, recorded) in names.into_iter().zip(recorded) {
            let found = line[name].as_f64().unwrap();
            assert!((found - recorded).abs() < 2e-4 * recorded.abs().max(0.05), "{name} {recorded}: {line}");
        }
    }
}

/// A few updates of a Crafter experiment.
fn train_crafter(directory: &Path, name: &str, more: &[&str]) -> serde_json::Value {
    let small = [
        "train",
        "--config",
        name,
        "--set",
        "frames=2048",
        "--set",
        "environment.num_envs=8",
        "--set",
        "environment.level_pool=8",
        "--set",
        "ppo.rollout_steps=64",
        "--set",
        "network.hidden=[32]",
        "--set",
        "evaluation.episodes=8",
        "--set",
        "environment.max_episode_steps=300",
        "--out",
        "run",
        "--json",
    ];
    last_json(&run_in(directory, &[&small[..], more].concat()).succeeded())
}

#[test]
fn crafter_ends_with_its_score_and_its_achievements() {
    let directory = tempfile::tempdir().unwrap();
    let report = train_crafter(directory.path(), "crafter_ppo", &[]);
    assert_eq!((&report["id"], &report["frames"]), (&"CrafterReward-v1".into(), &2048.into()));
    let achievements = report["achievements"].as_array().unwrap();
    assert_eq!(achievements.len(), 22);
    let rates: Vec<f64> =
        achievements.iter().map(|achievement| achievement["success_rate"].as_f64().unwrap()).collect();
    assert!(rates.iter().all(|rate| (0.0..=1.0).contains(rate)) && rates.iter().any(|rate| *rate > 0.0));
    // The score is the geometric mean of the rates in percent, with an offset of one percent.
    let mean = rates.iter().map(|rate| (1.0 + 100.0 * rate).ln()).sum::<f64>() / 22.0;
    assert!((report["crafter_score"].as_f64().unwrap() - (mean.exp() - 1.0)).abs() < 1e-9, "{report}");

    let evaluated = run_in(directory.path(), &["eval", "run", "--json"]).json();
    for field in ["crafter_score", "achievements", "mean_return", "mean_length"] {
        assert_eq!(evaluated[field], report[field], "{field}");
    }
    let text = run_in(directory.path(), &["eval", "run"]).succeeded();
    assert!(text.contains("Crafter score") && text.contains("collect_wood"), "{text}");
    let gif = std::fs::read(directory.path().join("run/policy.gif")).unwrap();
    assert!(gif.starts_with(b"GIF89a"));
    let arguments = ["render", "CrafterReward-v1", "--policy", "run", "--steps", "4", "--view", "agent"];
    run_in(directory.path(), &[&arguments[..], &["--out", "played.gif"]].concat()).succeeded();
}

#[test]
fn a_team_shares_its_parameters_and_every_agent_is_paid() {
    let directory = tempfile::tempdir().unwrap();
    let report =
        train_crafter(directory.path(), "crafter_team_ippo", &["--set", "environment.options.agents=3"]);
    assert_eq!((&report["id"], &report["frames"]), (&"CrafterTeam-v1".into(), &2048.into()));
    assert!(report["crafter_score"].as_f64().unwrap() > 0.0, "{report}");
    let evaluated = run_in(directory.path(), &["eval", "run", "--json"]).json();
    assert_eq!(evaluated["mean_return"], report["mean_return"]);
    // A checkpoint goes on where it stopped, the actions of all agents included.
    let resumed =
        run_in(directory.path(), &["train", "--resume", "run", "--set", "frames=3072", "--json"]).succeeded();
    assert_eq!(last_json(&resumed)["frames"], 3072);
}

#[test]
fn an_existing_run_is_not_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    train(directory.path(), &["--out", "run", "--set", "frames=512"]).succeeded();
    let checkpoint = directory.path().join("run/checkpoint.pentathlon");
    let before = std::fs::read(&checkpoint).unwrap();
    let message = train(directory.path(), &["--out", "run"]).failed(2);
    assert!(message.contains("already holds a run") && message.contains("--resume"), "{message}");
    assert_eq!(std::fs::read(&checkpoint).unwrap(), before);
}

/// No file may grow beyond 4 KiB, as on a disk with that much room left.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_costs_no_checkpoint() {
    let directory = tempfile::tempdir().unwrap();
    train(directory.path(), &["--out", "run"]).succeeded();
    let run = directory.path().join("run");
    let checkpoint = run.join("checkpoint.pentathlon");
    let before = std::fs::read(&checkpoint).unwrap();
    // The resumed run begins event files of its own, as every run does.
    let files = || {
        let mut names: Vec<_> =
            std::fs::read_dir(&run).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.retain(|name| !name.to_string_lossy().starts_with("events.out."));
        names.sort();
        names
    };
    let names = files();
    let more = ["train", "--resume", "run", "--set", "frames=4096"];
    let output = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_pentathlon")])
        .args(more)
        .current_dir(directory.path())
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("File too large") && !message.contains("panicked"), "{message}");
    assert_eq!(std::fs::read(&checkpoint).unwrap(), before);
    assert_eq!(files(), names, "something half written is left");
    run_in(directory.path(), &more).succeeded();
}

#[cfg(unix)]
#[test]
fn an_interrupt_saves_and_the_run_goes_on() {
    use std::{
        process::Command,
        time::{Duration, Instant},
    };

    let directory = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_pentathlon"))
        .args(["train"])
        .args(TINY)
        .args(["--set", "frames=1_000_000_000", "--out", "run"])
        .current_dir(directory.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let table = directory.path().join("run/progress.csv");
    let begin = Instant::now();
    while std::fs::read_to_string(&table).map_or(0, |text| text.lines().count()) < 3 {
        assert!(begin.elapsed() < Duration::from_secs(120), "no update was made");
        std::thread::sleep(Duration::from_millis(20));
    }
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut message = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut message).unwrap();
    assert!(message.contains("--resume run"), "{message}");

    let rows = std::fs::read_to_string(&table).unwrap().lines().count() as u64 - 1;
    let frames = format!("frames={}", (rows + 1) * 512);
    let resumed =
        run_in(directory.path(), &["train", "--resume", "run", "--set", &frames, "--json"]).succeeded();
    assert_eq!(last_json(&resumed)["frames"], (rows + 1) * 512);
}
