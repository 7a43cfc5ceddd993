//! `study`: experiments whose claims are checked. Short ones run as they are or for a few updates; with
//! `PENTATHLON_LONG_TESTS` the claims themselves are tested.

use serde_json::Value;

use crate::command::{run, run_in};

/// The numbers of a quantity, by the method that they belong to.
fn values(report: &Value, method: &str, quantity: &str) -> Vec<f64> {
    let rows = report["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| {
        row["method"].as_str().unwrap().starts_with(method)
            && row["quantity"].as_str().unwrap().contains(quantity)
    });
    let row = row.unwrap_or_else(|| panic!("no '{quantity}' of '{method}' in {report}"));
    row["values"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

#[test]
fn options_recover_faster_when_the_goal_moves() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["study", "option-critic", "--json", "--out", "studies"];
    let report = run_in(folder.path(), &arguments).json();
    assert_eq!((&report["study"], &report["seeds"]), (&"option-critic".into(), &20.into()));
    let after = "the first 500 after the move";
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let (with, without) =
        (mean(values(&report, "option-critic", after)), mean(values(&report, "flat actor-critic", after)));
    assert!(with > 5.0 && without < 1000.0, "{with} {without}");
    assert!(with < without, "{with} {without}");
    assert_eq!(report["passed"], Value::Bool(true), "{report}");
    for file in ["option-critic.json", "option-critic.svg"] {
        assert!(folder.path().join("studies").join(file).metadata().unwrap().len() > 100, "{file}");
    }
}

#[test]
fn a_teacher_is_compared_with_none() {
    let arguments = [
        "study",
        "subgoal-teacher",
        "--experiment",
        "teacher_doorkey_8x8",
        "--seeds",
        "1",
        "--frames",
        "16384",
        "--json",
    ];
    let report = run(&arguments).json();
    assert_eq!(values(&report, "with teacher", "frames to success"), [16384.0]);
    assert_eq!(report["passed"], Value::Bool(false), "two updates are not enough");
    assert_eq!(run(&["study", "subgoal-teacher", "--experiment", "none"]).code, Some(2));
}

#[test]
fn a_policy_is_judged_when_it_decides_less_often() {
    let folder = tempfile::tempdir().unwrap();
    let train = [
        "train",
        "--env",
        "ClassicControl-CartPole-v1",
        "--out",
        "poles",
        "--set",
        "environment.observations=[\"state\"]",
        "--set",
        "network.cell_observations=[]",
        "--set",
        "frames=16384",
        "--set",
        "evaluation.episodes=4",
        "--json",
    ];
    run_in(folder.path(), &train).succeeded();
    let arguments = [
        "study",
        "decision-frequency",
        "poles",
        "--seeds",
        "2",
        "--episodes",
        "16",
        "--range",
        "0,500",
        "--json",
    ];
    let report = run_in(folder.path(), &arguments).json();
    let score = values(&report, "policy", "frequency-averaged score");
    let returns: Vec<Vec<f64>> =
        (1..=16).map(|repeats| values(&report, "policy", &format!("every {repeats} steps"))).collect();
    for seed in 0..2 {
        let mean = returns.iter().map(|returns| returns[seed] / 500.0).sum::<f64>() / 16.0;
        assert!((mean - score[seed]).abs() < 1e-9, "{report}");
    }
    // Whoever pushes one way for 16 steps lets the pole fall.
    assert!(
        returns[15].iter().all(|length| *length < 40.0) && returns[0].iter().all(|length| *length > 15.0),
        "{report}"
    );
    let missing = run(&["study", "decision-frequency", "/none"]);
    assert!(missing.failed(1).contains("/none"));
}

#[test]
fn sequences_of_actions_are_compared_with_repeated_ones() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "study",
        "sequence-policy",
        "--seeds",
        "2",
        "--frames",
        "1400",
        "--episodes",
        "8",
        "--json",
        "--out",
        "studies",
    ];
    let report = run_in(folder.path(), &arguments).json();
    assert_eq!(report["study"], "sequence-policy");
    let random = values(&report, "random actions", "return");
    assert!(random.iter().all(|value| (-1800.0..-600.0).contains(value)), "{random:?}");
    let repeating = "TD3 with action repeat";
    let at = |method: &str, steps: u32| values(&report, method, &format!("every {steps} steps"));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (low, high) = (mean(&random), mean(&at(repeating, 1)));
    for method in ["sequences (SRL)", repeating, "TD3 trained with 4 repeats"] {
        let score = values(&report, method, "frequency-averaged score");
        let returns: Vec<Vec<f64>> = (1..=16).map(|steps| at(method, steps)).collect();
        assert!(returns.iter().flatten().all(|value| (-3300.0..0.0).contains(value)), "{report}");
        for seed in 0..2 {
            let all: Vec<f64> = returns.iter().map(|of| (of[seed] - low) / (high - low)).collect();
            assert!((mean(&all) - score[seed]).abs() < 1e-9, "{report}");
        }
    }
    for file in ["sequence-policy.json", "sequence-policy.svg"] {
        assert!(folder.path().join("studies").join(file).metadata().unwrap().len() > 100, "{file}");
    }
    // The same seeds give the same numbers.
    let again = run_in(folder.path(), &arguments).json();
    assert_eq!(report["rows"], again["rows"]);
    assert_eq!(run(&["study", "sequence-policy", "--frames", "0"]).code, Some(2));
}

#[test]
fn noticing_change_is_judged_where_the_goal_moves() {
    let arguments = [
        "study",
        "gmah-door-key",
        "--moving-goal-only",
        "--seeds",
        "1",
        "--set",
        "environment.max_episode_steps=24",
        "--set",
        "low.frames=8192",
        "--set",
        "high.frames=24576",
        "--json",
    ];
    let report = run(&arguments).json();
    assert_eq!(report["study"], "gmah-door-key");
    let (with, without) = ("GMAH", "GMAH without noticing change");
    for method in [with, without] {
        let one = |quantity: &str| values(&report, method, quantity)[0];
        let least = [one("least return of 256 episodes"), one("least return of 100 episodes")];
        // The more episodes, the worse the worst.
        assert!(0.0 <= least[0] && least[0] <= least[1] && least[1] <= one("1 episode in 20"), "{report}");
        let failed = one("share of episodes that fail");
        assert!((0.0..1.0).contains(&failed), "{report}");
        assert!(one("return, second half") > 0.0, "{report}");
    }
    let mean = |method: &str| values(&report, method, "return, second half")[0];
    assert!((mean(with) - mean(without) - mean("GMAH above")).abs() < 1e-12, "{report}");
    let claim = report["claim"].as_str().unwrap();
    assert!(claim.starts_with("where the goal moves its least return"), "{claim}");
    // The same seed gives the same numbers.
    assert_eq!(report["rows"], run(&arguments).json()["rows"]);
    let refused = run(&["study", "gmah-door-key", "--set", "environment.options.p_move=2.0"]);
    assert!(refused.failed(2).contains("p_move"));
}

/// In as few frames as here no episode ends.
#[test]
fn what_too_few_frames_leave_open_is_neither_passed_nor_failed() {
    let trash_grid = [
        "study",
        "gmah-trash-grid",
        "--count-low-level",
        "--seeds",
        "1",
        "--set",
        "low.frames=2048",
        "--set",
        "high.frames=1024",
        "--set",
        "mixing.frames=1024",
    ];
    let text = run(&trash_grid).stdout;
    assert!(text.contains("not measured: ") && !text.contains("NaN"), "{text}");
    let report = run(&[&trash_grid[..], &["--json"]].concat()).json();
    assert_eq!(report["passed"], Value::Null, "{report}");
    assert!(!report["finding"].as_str().unwrap().contains("NaN"), "{report}");
    let rows = report["rows"].as_array().unwrap();
    let of = |method: &str, frames: &str| {
        rows.iter().any(|row| row["method"] == method && row["quantity"].as_str().unwrap().contains(frames))
    };
    for rival in ["MAPPO", "one-step actor-critic", "QMIX", "COMA"] {
        assert!(of(rival, "of 2048 frames in all") && of(rival, "of 4096 frames in all"), "{report}");
    }
    assert!(of("GMAH", "of 2048 frames of the high level after 2048"), "{report}");
    assert!(of("GMAH and GMIX", "of 1024 frames of mixing, after 1024"), "{report}");
    let door_key = ["study", "gmah-door-key", "--moving-goal-only", "--seeds", "1"];
    let few = ["--set", "low.frames=4096", "--set", "high.frames=8192", "--json"];
    let report = run(&[&door_key[..], &few].concat()).json();
    assert_eq!(report["passed"], Value::Null, "{report}");
    for study in ["hac", "mbtl", "snapshot-starts", "subgoal-teacher"] {
        run(&["study", study, "--frames", "0"]).failed(2);
    }
    run(&["study", "gmah-trash-grid", "--flat-frames", "0"]).failed(2);
}

/// Minutes, on a free machine.
#[test]
fn claims_hold() {
    if std::env::var_os("PENTATHLON_LONG_TESTS").is_none() {
        return;
    }
    for arguments in [
        &["option-critic"][..],
        &["subpo", "--seeds", "2"],
        &["snapshot-starts", "--seeds", "3"],
        &["subgoal-teacher", "--seeds", "2"],
        &["sequence-policy", "--seeds", "2"],
    ] {
        let mut all = vec!["study"];
        all.extend(arguments);
        all.push("--json");
        let report = run(&all).json();
        assert_eq!(report["passed"], Value::Bool(true), "{report}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_study_goes_on_from_its_finished_runs() {
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().unwrap();
    let study = ["study", "mbtl", "--seeds", "1", "--frames", "8192", "--json", "--out", "kept"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_pentathlon"))
        .args(study)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let runs = folder.path().join("kept/runs");
    let finished = || std::fs::read_dir(&runs).map_or(0, |files| files.count());
    while finished() < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("runs") && message.contains("the same command goes on"), "{message}");

    let oldest = || {
        let files = std::fs::read_dir(&runs).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().modified().unwrap()).min()
    };
    let before = oldest();
    let report = run_in(folder.path(), &study).json();
    assert_eq!(oldest(), before, "what was finished is not run again");
    let whole = run(&["study", "mbtl", "--seeds", "1", "--frames", "8192", "--json"]).json();
    assert_eq!(report["rows"], whole["rows"], "as if it had never been interrupted");
    let other = ["study", "mbtl", "--seeds", "1", "--frames", "4096", "--json", "--out", "kept"];
    assert!(run_in(folder.path(), &other).failed(1).contains("other settings"));
}
