//! `train` with TD3 and SRL, and what is done with their runs: seconds on the pendulum.

use std::path::Path;

use serde_json::Value;

use crate::command::{Ended, run_in};

const ID: &str = "ClassicControl-Pendulum-v1";

/// A short run of small networks.
const TINY: &str = r#"
frames = 1200
report_every = 400
[environment]
id = "ClassicControl-Pendulum-v1"
num_envs = 4
observations = ["state"]
max_episode_steps = 50
[td3]
hidden = [16, 16]
batch = 32
replay = 500
learning_starts = 400
[early_stop]
window = 8
[evaluation]
episodes = 6
greedy = true
"#;

fn write(directory: &Path, name: &str, algorithm: &str, more: &str) {
    let text = format!("algorithm = \"{algorithm}\"\n{TINY}{more}");
    std::fs::write(directory.join(name), text).unwrap();
}

const SEQUENCE: &str = "[sequence]\nhorizon = 4\nwidth = 12\n";

fn train(directory: &Path, more: &[&str]) -> Ended {
    run_in(directory, &[&["train"][..], more].concat())
}

fn last_json(text: &str) -> Value {
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// A table without the column that tells the time.
fn timeless(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let seconds = text.lines().next().unwrap().split(',').position(|name| name == "seconds").unwrap();
    let cells = |row: &str| row.split(',').map(String::from).collect::<Vec<_>>();
    text.lines()
        .map(cells)
        .map(|mut row| {
            row.remove(seconds);
            row
        })
        .collect()
}

#[test]
fn both_learners_are_trained_judged_drawn_and_resumed_bit_for_bit() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    write(here, "td3.toml", "td3", "");
    write(here, "srl.toml", "srl", SEQUENCE);
    for algorithm in ["td3", "srl"] {
        let (config, whole, half) = (format!("{algorithm}.toml"), format!("{algorithm}-whole"), "half");
        let text = train(here, &["--config", &config, "--out", &whole, "--json"]).succeeded();
        assert_eq!(text.lines().count(), 3 + 1, "a line every 400 frames, and the report");
        let report = last_json(&text);
        assert_eq!((&report["id"], &report["algorithm"]), (&ID.into(), &algorithm.into()));
        assert_eq!((&report["frames"], &report["updates"]), (&1200.into(), &800.into()));
        assert_eq!((&report["episodes"], &report["mean_length"]), (&6.into(), &50.0.into()));
        let mean = report["mean_return"].as_f64().unwrap();
        assert!((-16.3 * 50.0..0.0).contains(&mean), "{report}");
        let run = here.join(&whole);
        let events = |name: &std::ffi::OsString| name.to_string_lossy().starts_with("events.out.tfevents");
        let names: Vec<_> = std::fs::read_dir(&run).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(names.iter().filter(|name| events(name)).count(), 1, "{names:?}");
        for file in ["config.toml", "continuous.checkpoint", "progress.csv", "episodes.csv", "curve.svg"] {
            assert!(run.join(file).metadata().is_ok_and(|file| file.len() > 0), "no {file}");
        }
        assert!(std::fs::read(run.join("policy.gif")).unwrap().starts_with(b"GIF89a"));
        let last: Value = serde_json::from_str(text.lines().nth(2).unwrap()).unwrap();
        assert!(last["critic_error"].as_f64().unwrap() > 0.0, "{last}");
        assert_eq!(last["dynamics_error"].as_f64().unwrap() > 0.0, algorithm == "srl", "{last}");

        // A run that stops in between, even between two reports, and goes on is the run that went on.
        train(here, &["--config", &config, "--set", "frames=600", "--out", half]).succeeded();
        train(here, &["--resume", half, "--set", "frames=1200"]).succeeded();
        let episodes = |run: &str| std::fs::read_to_string(here.join(run).join("episodes.csv")).unwrap();
        assert_eq!(episodes(half), episodes(&whole));
        assert_eq!(episodes(half).lines().count(), 1 + 24);
        // The stop left a row of its own.
        let mut rows = timeless(&here.join(half).join("progress.csv"));
        rows.retain(|row| row[0] != "600");
        assert_eq!(rows, timeless(&run.join("progress.csv")));
        let evaluate = |run: &str| run_in(here, &["eval", run, "--json"]).json();
        for field in ["frames", "mean_return", "episodes"] {
            assert_eq!(evaluate(half)[field], report[field], "{field}");
        }
        std::fs::remove_dir_all(here.join(half)).unwrap();

        // Noise is another policy, and another seed other levels.
        let checkpoint = format!("{whole}/continuous.checkpoint");
        assert_eq!(evaluate(&checkpoint)["mean_return"], report["mean_return"]);
        let other = run_in(here, &["eval", &whole, "--seed", "5", "--episodes", "9", "--json"]).json();
        assert_eq!((&other["episodes"], &other["greedy"]), (&9.into(), &true.into()));
        assert_ne!(other["mean_return"], report["mean_return"]);
        let render = ["render", ID, "--policy", &whole, "--steps", "20", "--tile-size", "8"];
        run_in(here, &[&render[..], &["--out", "trained.gif"]].concat()).succeeded();
        assert!(std::fs::read(here.join("trained.gif")).unwrap().starts_with(b"GIF89a"));
        let record = ["record", ID, "--policy", &whole, "--episodes", "2", "--max-episode-steps", "9"];
        let report = run_in(here, &[&record[..], &["--out", algorithm, "--json"]].concat()).json();
        assert_eq!(report["steps"], 18);
        let misfit = run_in(here, &["eval", &whole, "--env", "ClassicControl-CartPole-v1"]).failed(1);
        assert!(misfit.contains("needs a Box of f32"), "{misfit}");
        let refused = train(here, &["--config", &config, "--out", &whole]).failed(2);
        assert!(refused.contains("already holds a run"), "{refused}");
    }
    let curves = ["curve", "td3-whole", "srl-whole", "--out", "curves.svg"];
    assert!(run_in(here, &curves).succeeded().contains("2 run(s)"));
    let repeated = run_in(here, &["study", "decision-frequency", "srl-whole"]).failed(2);
    assert!(repeated.contains("--decide-every"), "{repeated}");
    // One is no checkpoint of the other.
    let mixed = train(here, &["--resume", "td3-whole", "--set", "algorithm=srl"]).failed(1);
    assert!(mixed.contains("another algorithm"), "{mixed}");
    let wider = train(here, &["--resume", "td3-whole", "--set", "td3.hidden=[17]"]).failed(1);
    assert!(wider.contains("continuous.checkpoint") && wider.contains("layers"), "{wider}");
    let room = train(here, &["--resume", "td3-whole", "--set", "td3.replay=600"]).failed(1);
    assert!(room.contains("500 transitions") && room.contains("td3.replay"), "{room}");
    let mut bytes = std::fs::read(here.join("td3-whole/continuous.checkpoint")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(here.join("td3-whole/continuous.checkpoint"), bytes).unwrap();
    assert!(train(here, &["--resume", "td3-whole"]).failed(1).contains("checksum"));
}

#[test]
fn a_sequence_that_decides_less_often_is_judged_so_and_a_seed_decides_everything() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    write(here, "srl.toml", "srl", SEQUENCE);
    let run = |out: &str, more: &[&str]| {
        last_json(
            &train(here, &[&["--config", "srl.toml", "--out", out, "--json"], more].concat()).succeeded(),
        )
    };
    let often = run("often", &["--seed", "3"]);
    assert_eq!(often["seed"], 3);
    assert_eq!(run("again", &["--set", "seed=3"])["mean_return"], often["mean_return"]);
    assert_ne!(run("other", &["--seed", "4"])["mean_return"], often["mean_return"]);
    let rarely = run("rarely", &["--seed", "3", "--set", "decide_every=4"]);
    assert_ne!(rarely["mean_return"], often["mean_return"]);
    let evaluated = run_in(here, &["eval", "often", "--decide-every", "4", "--json"]).json();
    assert_eq!(evaluated["mean_return"], rarely["mean_return"]);
    let random = ["eval", "random", "--env", ID, "--decide-every", "4"];
    assert!(run_in(here, &random).failed(2).contains("--decide-every 4"));
    let rows = |run: &str| timeless(&here.join(run).join("progress.csv"));
    assert_eq!(rows("rarely"), rows("often"), "it is trained all the same");
    // Any mean return is above the goal, once the window is full.
    let solved = run("solved", &["--set", "early_stop.mean_return=-10000"]);
    assert_eq!((&solved["ending"], &solved["frames"]), (&"solved".into(), &400.into()));
}

#[test]
fn bad_settings_are_refused_with_key_value_and_what_is_allowed() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    write(here, "td3.toml", "td3", "");
    write(here, "srl.toml", "srl", SEQUENCE);
    for (config, setting, parts) in [
        ("td3.toml", "td3.gamma=1.5", ["'td3.gamma' = 1.5", "0 to 1"]),
        ("td3.toml", "td3.hidden=[0]", ["'td3.hidden' = [0]", "1 to 4096"]),
        ("td3.toml", "td3.actor_rate=0", ["'td3.actor_rate' = 0", "above 0 and at most 1"]),
        ("td3.toml", "td3.replay=7", ["'td3.replay' = 7", "td3.batch to"]),
        ("td3.toml", "td3.depth=7", ["td3.depth", "unknown field"]),
        ("td3.toml", "frames=0", ["'frames' = 0", "1 to"]),
        ("td3.toml", "frames=many", ["frames=many", "invalid type"]),
        ("td3.toml", "sequence.horizon=4", ["'sequence'", "algorithm = \"srl\""]),
        ("td3.toml", "algorithm=ppo", ["algorithm=ppo", "`td3`"]),
        ("srl.toml", "sequence.horizon=0", ["'sequence.horizon' = 0", "1 to 1024"]),
        ("srl.toml", "sequence.width=-1", ["sequence.width=-1", "invalid value"]),
        ("srl.toml", "decide_every=0", ["'decide_every' = 0", "1 to 1024"]),
    ] {
        let message = train(here, &["--config", config, "--set", setting, "--out", "run"]).failed(2);
        assert!(parts.iter().all(|part| message.contains(part)), "{setting}: {message}");
    }
    write(here, "ddpg.toml", "ddpg", "");
    let message = train(here, &["--config", "ddpg.toml"]).failed(2);
    assert!(message.contains("'algorithm' = \"ddpg\"") && message.contains("\"td3\", \"srl\""), "{message}");
    let whole = train(here, &["--config", "td3.toml", "--env", "ClassicControl-CartPole-v1"]).failed(1);
    assert!(whole.contains("Discrete(2)") && whole.contains("needs a Box of f32"), "{whole}");
    let option = train(here, &["--config", "td3.toml", "--set", "environment.options.mass=-1"]).failed(2);
    assert!(option.contains("mass") && option.contains("-1"), "{option}");
    assert!(!here.join("run").exists());
}

#[cfg(unix)]
#[test]
fn an_interrupt_saves_and_the_run_goes_on_bit_for_bit() {
    use std::{
        process::{Command, Stdio},
        time::{Duration, Instant},
    };

    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    write(here, "td3.toml", "td3", "");
    let mut child = Command::new(env!("CARGO_BIN_EXE_pentathlon"))
        .args(["train", "--config", "td3.toml", "--set", "frames=100_000_000", "--out", "run"])
        .current_dir(here)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let table = here.join("run/progress.csv");
    let begin = Instant::now();
    while std::fs::read_to_string(&table).map_or(0, |text| text.lines().count()) < 3 {
        assert!(begin.elapsed() < Duration::from_secs(120), "no report was made");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut message = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut message).unwrap();
    assert!(message.contains("saved after") && message.contains("--resume run"), "{message}");
    let frames = run_in(here, &["eval", "run", "--json"]).json()["frames"].as_u64().unwrap();
    let end = format!("frames={}", frames.next_multiple_of(400) + 400);
    train(here, &["--resume", "run", "--set", &end]).succeeded();
    train(here, &["--config", "td3.toml", "--set", &end, "--out", "whole"]).succeeded();
    let episodes = |run: &str| std::fs::read_to_string(here.join(run).join("episodes.csv")).unwrap();
    assert_eq!(episodes("run"), episodes("whole"));
    assert_eq!(timeless(&table), timeless(&here.join("whole/progress.csv")));
}
