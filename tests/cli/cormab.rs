//! Coupled bandits from the command line: `cormab`, `train` with SEQUOIA, and `bench`, `rollout` and `render` of
//! every id.

use std::{fs, path::Path};

use pentathlon::{
    envs::cormab::{id, instance::Problem},
    render::Frame,
};
use serde_json::Value;

use crate::command::{run, run_in};

/// A training of seconds.
const QUICK: &str = "algorithm = \"sequoia\"\n\
    [problem]\nname = \"budget\"\narms = 4\nbudget = 2\n\
    [warm_start]\nepochs = 5\nrandom_states = 50\n\
    [training]\nepisodes = 12\ncheck_every = 6\ncheck_episodes = 4\n";

fn quick(directory: &Path) {
    fs::write(directory.join("quick.toml"), QUICK).unwrap();
}

#[test]
fn compare_reports_every_method_with_its_interval() {
    let directory = tempfile::tempdir().unwrap();
    quick(directory.path());
    let arguments = ["cormab", "compare", "--problem", "budget", "--arms", "4", "--budget", "2"];
    let options = ["--seeds", "2", "--config", "quick.toml"];
    let compare = |more: &[&str]| run_in(directory.path(), &[&arguments[..], &options, more].concat());
    let report = compare(&["--chart", "bars.svg", "--json"]).json();
    assert_eq!(
        (&report["problem"], &report["arms"], &report["seeds"]),
        (&"budget".into(), &4.into(), &2.into())
    );
    let rows = report["methods"].as_array().unwrap();
    let mean = |method: &str| {
        let row = rows.iter().find(|row| row["method"] == method).unwrap();
        let (mean, interval) = (row["mean"].as_f64().unwrap(), row["interval"].as_array().unwrap());
        assert!(interval[0].as_f64().unwrap() <= mean && mean <= interval[1].as_f64().unwrap(), "{row}");
        assert!(row["seconds_per_decision"].as_f64().unwrap() > 0.0, "{row}");
        mean
    };
    assert_eq!(rows.len(), 10, "{report}");
    assert!(mean("null") < mean("random") && mean("random") < mean("optimal"));
    assert!(mean("sequoia") > mean("random") && mean("sequoia") < 1.05 * mean("optimal"));
    for instance in report["instances"].as_array().unwrap() {
        assert_eq!(instance["search"]["searches"], 50 * 20, "{instance}");
        assert!(instance["training_seconds"].as_f64().unwrap() > 0.0);
    }
    assert!(report["share_of_optimum"].is_number() && report["gain_over_myopic"].is_number());
    let chart = fs::read_to_string(directory.path().join("bars.svg")).unwrap();
    assert!(chart.contains("<svg") && chart.contains("SEQUOIA"));

    let table = compare(&["--episodes", "1"]).succeeded();
    for text in ["Whittle index", "95 % interval", "SEQUOIA over myopic", "not proved"] {
        assert!(table.contains(text), "{text}: {table}");
    }
}

#[test]
fn a_comparison_keeps_finished_instances_and_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    quick(directory.path());
    let compare = |more: &[&str]| {
        let arguments = ["cormab", "compare", "--config", "quick.toml", "--out", "kept", "--json"];
        run_in(directory.path(), &[&arguments[..], more].concat())
    };
    let budget = ["--problem", "budget", "--arms", "4", "--budget", "2"];
    compare(&budget).succeeded();
    let kept: Vec<_> = fs::read_dir(directory.path().join("kept")).unwrap().flatten().collect();
    assert_eq!(kept.len(), 1);
    let first = fs::read(kept[0].path()).unwrap();
    let report = compare(&[&budget[..], &["--seeds", "2"]].concat()).json();
    assert_eq!(report["seeds"], 2);
    assert_eq!(fs::read(kept[0].path()).unwrap(), first, "the first is not compared again");
    let told: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!(report["instances"][0], told["result"]);
    let message = compare(&[&budget[..], &["--set", "training.gamma=0.5"]].concat()).failed(2);
    assert!(message.contains("other settings"), "{message}");

    let write =
        ["cormab", "instance", "--problem", "multi", "--arms", "4", "--budget", "2", "--interventions", "5"];
    run_in(directory.path(), &[&write[..], &["--out", "multi.json"]].concat()).succeeded();
    let report = compare(&["--instance", "multi.json"]).json();
    assert_eq!((&report["problem"], &report["arms"]), (&"multi".into(), &4.into()));
    assert!(report["instances"][0]["search"]["searches"].as_u64().unwrap() > 0);

    let one =
        ["cormab", "instance", "--problem", "budget", "--arms", "4", "--budget", "2", "--out", "one.json"];
    run_in(directory.path(), &one).succeeded();
    let message = compare(&["--instance", "multi.json", "--instance", "one.json"]).failed(2);
    assert!(
        message.contains("one.json: it is of budget, 4 arms") && message.contains("one problem"),
        "{message}"
    );
    assert!(compare(&["--instance", "one.json", "--arms", "3"]).failed(2).contains("--arms"));

    // The file changes, its name does not.
    let path = directory.path().join("multi.json");
    let mut other: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    other["reward"][0][0] = 0.125.into();
    fs::write(&path, other.to_string()).unwrap();
    let message = compare(&["--instance", "multi.json"]).failed(2);
    assert!(message.contains("was another instance then"), "{message}");
}

#[test]
fn what_a_comparison_could_not_end_well_with_is_refused_at_once() {
    let directory = tempfile::tempdir().unwrap();
    // An hour of training, were it begun.
    let arguments = ["cormab", "compare", "--problem", "budget", "--arms", "20"];
    for (more, code, said) in [
        (&["--chart", "bars.png"][..], 2, "ends in .svg"),
        (&["--chart", "nowhere/bars.svg"], 1, "nowhere/bars.svg"),
        (&["--seeds", "99999999999"], 2, "1000000"),
        (&["--seeds", "2", "--instance-seed", "18446744073709551615"], 2, "beyond 18446744073709551615"),
    ] {
        let message = run_in(directory.path(), &[&arguments[..], more].concat()).failed(code);
        assert!(message.contains(said), "{message}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left");
    }
    let write = ["cormab", "instance", "--problem", "scheduling", "--arms", "4", "--budget", "2"];
    let write = [&write[..], &["--out", "one.json"]].concat();
    run_in(directory.path(), &write).succeeded();
    let path = directory.path().join("one.json");
    let instance: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    type Change = fn(&mut Value);
    let changes: [(&str, Change, &str); 3] = [
        ("a horizon of hours", |instance| instance["horizon"] = 4_000_000_000u32.into(), "1 to 1000000"),
        ("a budget", |instance| instance["budget"] = (1u64 << 63).into(), "0 to 128"),
        ("a budget of slots", |instance| instance["constraint"]["budget"] = 1000.into(), "0 to 4"),
    ];
    for (what, change, allowed) in changes {
        let mut broken = instance.clone();
        change(&mut broken);
        fs::write(&path, broken.to_string()).unwrap();
        let message = run_in(directory.path(), &["cormab", "compare", "--instance", "one.json"]).failed(2);
        assert!(message.contains(allowed), "{what}: {message}");
    }
}

#[test]
fn decisions_are_timed_with_random_and_with_trained_networks() {
    let directory = tempfile::tempdir().unwrap();
    quick(directory.path());
    let arguments = ["cormab", "decisions", "--problem", "budget", "--arms", "14", "--budget", "6"];
    let options =
        ["--config", "quick.toml", "--set", "hidden=[8,6]", "--decisions", "30", "--seconds", "0.2"];
    let report = run_in(directory.path(), &[&arguments[..], &options, &["--json"]].concat()).json();
    assert_eq!((&report["arms"], &report["hidden"]), (&14.into(), &serde_json::json!([8, 6])));
    let rows = report["rows"].as_array().unwrap();
    let weights: Vec<&str> = rows.iter().map(|row| row["weights"].as_str().unwrap()).collect();
    assert_eq!(weights, ["random", "one-step reward", "trained"]);
    for row in rows {
        let of = |field: &str| row[field].as_f64().unwrap();
        assert_eq!(of("decisions"), 40.0, "whole episodes: {row}");
        assert!(0.0 < of("median_seconds") && of("median_seconds") <= of("seconds_90"), "{row}");
        assert!(of("seconds_90") <= of("seconds_99") && of("seconds_99") <= of("most_seconds"), "{row}");
        assert_eq!(of("proved") < 1.0, row["median_gap"].is_number(), "{row}");
        assert!(of("most_seconds") < 2.0, "{row}");
    }

    // A run's folder brings its own instance and network.
    let train = ["train", "--config", "quick.toml", "--set", "training.episodes=2", "--out", "run", "--json"];
    assert_eq!(run_in(directory.path(), &train).json()["frames"], 2 * 20);
    let measure = ["cormab", "decisions", "--checkpoint", "run", "--decisions", "20"];
    let table = run_in(directory.path(), &measure).succeeded();
    assert!(table.contains("trained") && table.contains("99 %") && table.contains("proved"), "{table}");
    fs::write(directory.path().join("run/network.json"), "{}").unwrap();
    assert!(run_in(directory.path(), &measure).failed(2).contains("network.json"));
}

#[test]
fn an_instance_is_written_and_learned_again() {
    let directory = tempfile::tempdir().unwrap();
    quick(directory.path());
    let sizes = ["--arms", "6", "--budget", "2", "--instance-seed", "3", "--out", "walk.json"];
    let write = [&["cormab", "instance", "--problem", "routing"][..], &sizes].concat();
    assert!(run_in(directory.path(), &write).succeeded().contains("walk.json"));
    let instance: Value =
        serde_json::from_slice(&fs::read(directory.path().join("walk.json")).unwrap()).unwrap();
    assert_eq!(instance["reward"].as_array().unwrap().len(), 6);

    let config = QUICK.replace("arms = 4\nbudget = 2\n", "instance = \"walk.json\"\n");
    fs::write(directory.path().join("walk.toml"), config).unwrap();
    let arguments = ["train", "--config", "walk.toml", "--seed", "7", "--out", "run", "--json"];
    let report = run_in(directory.path(), &arguments).json();
    assert_eq!((&report["id"], &report["seed"]), (&"coRMAB-Routing-v0".into(), &7.into()));
    assert_eq!(report["frames"], 12 * 20);
    for field in ["mean", "standard_error", "seconds"] {
        assert!(report[field].is_number(), "{report}");
    }
    assert!(report["myopic"]["mean"].as_f64().unwrap() > 0.0);
    for file in ["config.toml", "instance.json", "network.json", "evaluation.json"] {
        assert!(directory.path().join("run").join(file).exists(), "no {file}");
    }
    let rows = fs::read_to_string(directory.path().join("run/progress.csv")).unwrap();
    assert_eq!(rows.lines().count(), 1 + 12);
    assert!(run_in(directory.path(), &arguments).failed(2).contains("already holds a run"));
}

#[test]
fn every_problem_is_measured_recorded_and_drawn() {
    let directory = tempfile::tempdir().unwrap();
    for id in Problem::ALL.map(id) {
        let small = ["--num-envs", "16", "--steps", "30", "--repeats", "1", "--json"];
        let report = run(&[&["bench", &id][..], &small].concat()).json();
        assert_eq!(
            (&report["id"], &report["observation"]),
            (&id.as_str().into(), &serde_json::json!(["levels"]))
        );
        assert!(report["steps_per_second"].as_f64().unwrap() > 0.0);
        let report = run(&[&["bench", &id, "--unchecked"][..], &small].concat()).json();
        assert!(report["unchecked"] == true && report["steps_per_second"].as_f64().unwrap() > 0.0);

        let trace =
            ["--policy", "random", "--num-envs", "2", "--steps", "25", "--trace", "out.jsonl", "--json"];
        let report = run_in(directory.path(), &[&["rollout", &id][..], &trace].concat()).json();
        assert_eq!((&report["episodes"], &report["steps"]), (&2.into(), &25.into()));
        let text = fs::read_to_string(directory.path().join("out.jsonl")).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((lines.len(), &lines[0]["id"]), (3, &id.as_str().into()));
        let steps = lines[1..].iter().flat_map(|line| line["steps"].as_array().unwrap());
        let paid: f64 = steps.map(|step| step["reward"].as_f64().unwrap()).sum();
        assert!((paid - report["reward"].as_f64().unwrap()).abs() < 1e-3);

        let picture = ["--steps", "5", "--tile-size", "8", "--out", "picture.png"];
        run_in(directory.path(), &[&["render", &id][..], &picture].concat()).succeeded();
        let picture = Frame::read_png(directory.path().join("picture.png")).unwrap();
        // Twelve tiles a side, and below them the rewards of the steps so far.
        assert_eq!((picture.width(), picture.height()), (96, 152));
        let bars = (0..96).filter(|x| picture.pixel(*x, 148).is_some_and(|[red, ..]| red > 200)).count();
        assert!(bars > 60, "{bars} columns of bars");
        let text = run(&["render", &id, "--steps", "5", "--ansi"]).succeeded();
        assert!(text.contains('^') && text.contains("step 5"), "{text}");
    }
}

#[test]
fn a_trained_agent_is_judged_and_drawn_like_any_other() {
    let directory = tempfile::tempdir().unwrap();
    quick(directory.path());
    let run = |arguments: &[&str]| run_in(directory.path(), arguments);
    let trained = run(&["train", "--config", "quick.toml", "--out", "run", "--json"]).json();
    let judged = run(&["eval", "run", "--episodes", "40", "--json"]).json();
    assert_eq!((&judged["id"], &judged["frames"]), (&"coRMAB-Budget-v0".into(), &240.into()));
    assert!(judged.get("success_rate").is_none(), "there is nothing to achieve: {judged}");
    // Returns are sums of the rewards of 20 steps, of which training reports the expected mean.
    let (earned, of_step) = (judged["mean_return"].as_f64().unwrap(), trained["mean"].as_f64().unwrap());
    assert!((earned / 20.0 / of_step - 1.0).abs() < 0.2, "{earned} a step {of_step}");
    let random = ["eval", "random", "--env", "coRMAB-Budget-v0", "--option", "instance=run/instance.json"];
    let random = run(&[&random[..], &["--episodes", "40", "--json"]].concat()).json();
    assert!(earned > random["mean_return"].as_f64().unwrap());
    let message = run(&["train", "--resume", "run", "--set", "training.gamma=0.9"]).failed(2);
    assert!(message.contains("training.gamma=0.9") && message.contains("training.episodes"), "{message}");
    let render = ["render", "coRMAB-Budget-v0", "--steps", "6", "--policy", "run"];
    run(&[&render[..], &["--out", "trained.gif"]].concat()).succeeded();
    let message =
        run(&[&render[..], &["--option", "instance=none", "--out", "other.png"]].concat()).failed(2);
    assert!(message.contains("instance.json in the folder of the run"), "{message}");
    run(&["curve", "run", "--out", "curve.svg"]).succeeded();
    let curve = fs::read_to_string(directory.path().join("curve.svg")).unwrap();
    assert!(curve.contains("coRMAB-Budget-v0") && curve.contains("return"), "{curve}");
}

#[test]
fn what_cannot_be_is_a_usage_error_that_says_so() {
    let directory = tempfile::tempdir().unwrap();
    quick(directory.path());
    fs::write(directory.path().join("bad.toml"), "algorithm = \"sequoia\"\n[training]\ngamma = 1.5\n")
        .unwrap();
    fs::write(directory.path().join("odd.toml"), "algorithm = \"sequoia\"\ncolour = 3\n").unwrap();
    for (arguments, said) in [
        (&["cormab", "compare", "--problem", "chess"][..], "there are budget, multi, routing"),
        (&["cormab", "compare", "--problem", "budget", "--seeds", "0"], "0 is not in"),
        (&["cormab", "compare", "--problem", "budget", "--arms", "200"], "arms"),
        (&["cormab", "compare", "--problem", "budget", "--config", "none.toml"], "none.toml"),
        (&["cormab", "instance", "--problem", "multi", "--arms", "0", "--out", "x.json"], "arms"),
        (&["train", "--config", "bad.toml"], "'training.gamma' = 1.5"),
        (&["train", "--config", "odd.toml"], "colour"),
        (&["train", "--config", "quick.toml", "--set", "training.colour=3"], "training.colour=3"),
        (&["train", "--config", "quick.toml", "--set", "training.gamma=2"], "training.gamma"),
        (&["cormab", "decisions"], "--problem"),
        (&["cormab", "decisions", "--problem", "budget", "--seconds", "0"], "--seconds 0"),
        (&["cormab", "decisions", "--checkpoint", "nowhere"], "instance.json"),
        (&["train", "--config", "quick.toml", "--env", "MiniGrid-Empty-5x5-v0"], "[problem]"),
        (&["bench", "coRMAB-Budget-v0", "--option", "arms=0"], "arms"),
        (&["bench", "MiniGrid-Empty-5x5-v0", "--unchecked"], "--unchecked"),
        (&["rollout", "coRMAB-Budget-v0", "--actions", "quick.toml", "--trace", "x"], "--policy random"),
    ] {
        let message = run_in(directory.path(), arguments).failed(2);
        assert!(message.contains(said), "{arguments:?}: {message}");
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3, "nothing was written");
}

#[cfg(unix)]
#[test]
fn an_interrupted_training_keeps_its_best_network() {
    use std::process::{Command, Stdio};

    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("long.toml"), QUICK.replace("episodes = 12\n", "episodes = 900000\n"))
        .unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_pentathlon"))
        .args(["train", "--config", "long.toml", "--out", "run", "--json"])
        .current_dir(directory.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let rows = || {
        fs::read_to_string(directory.path().join("run/progress.csv")).map_or(0, |text| text.lines().count())
    };
    while rows() < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(String::from_utf8_lossy(&output.stderr).contains("go on with: pentathlon train --resume"));
    assert!(directory.path().join("run/network.json").exists());
    assert!(rows() > 1);
}

#[cfg(unix)]
#[test]
fn a_warm_start_and_a_measurement_can_be_interrupted() {
    use std::{
        io::{BufRead, BufReader},
        process::{Command, Stdio},
    };

    let directory = tempfile::tempdir().unwrap();
    let endless = QUICK.replace("epochs = 5\n", "epochs = 9000000\n");
    fs::write(directory.path().join("endless.toml"), endless).unwrap();
    quick(directory.path());
    let size = ["--problem", "budget", "--arms", "4", "--budget", "2"];
    for (arguments, said) in [
        (["train", "--config", "endless.toml"].to_vec(), "nothing was saved"),
        ([&["cormab", "compare", "--config", "endless.toml"][..], &size].concat(), "0 of 1 instances"),
        ([&["cormab", "decisions", "--config", "endless.toml"][..], &size].concat(), "training was not over"),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pentathlon"))
            .args(&arguments)
            .current_dir(directory.path())
            .env("PENTATHLON_LOG", "info")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It tells when Ctrl-C is listened for.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let begun = lines.by_ref().map_while(Result::ok).any(|line| line.contains("warm start"));
        assert!(begun, "{arguments:?}");
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{arguments:?}");
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        assert!(rest.concat().contains(said), "{arguments:?}: {rest:?}");
    }
}
