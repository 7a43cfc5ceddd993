//! `record`, `imitate` and what is done with a cloned policy.

use std::path::Path;

use pentathlon::dataset::Dataset;

use crate::command::run_in;

const ID: &str = "BabyAI-GoToRedBallNoDists-v0";

fn last_json(text: &str) -> serde_json::Value {
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

fn entries(directory: &Path) -> usize {
    std::fs::read_dir(directory).unwrap().count()
}

#[test]
fn demonstrations_are_recorded_imitated_and_evaluated() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let record = ["record", ID, "--policy", "expert", "--episodes", "600", "--out", "data", "--json"];
    let report = run_in(here, &record).json();
    assert_eq!((&report["episodes"], &report["success_rate"]), (&600.into(), &1.0.into()));

    let dataset = Dataset::read(&here.join("data")).unwrap();
    assert_eq!((dataset.id.as_str(), dataset.episodes.len()), (ID, 600));
    assert_eq!(dataset.steps() as u64, report["steps"].as_u64().unwrap());
    // Every episode can be played again from its seed.
    let episode = &dataset.episodes[17];
    assert_eq!((episode.seed, episode.mission.as_str()), (17, "go to the red ball"));
    let mut batch =
        pentathlon::make(ID).unwrap().autoreset(pentathlon::AutoresetMode::Disabled).build().unwrap();
    batch.reset(episode.seed).unwrap();
    let images = &episode.observations.iter().find(|(name, _)| name == "image").unwrap().1;
    let actions = episode.actions.as_i32().unwrap();
    for (index, (&action, &reward)) in actions.iter().zip(&episode.rewards).enumerate() {
        let seen = &images.as_u8().unwrap()[index * 147..][..147];
        assert_eq!(seen, batch.observation()["image"].as_u8().unwrap());
        let step = batch.step(&[action]).unwrap();
        assert_eq!(step.reward, [reward]);
        assert_eq!(step.terminated[0], episode.terminations[index]);
    }
    assert_eq!(episode.terminations.last(), Some(&true));

    let imitate =
        ["imitate", "data", "--epochs", "6", "--batch", "64", "--episodes", "64", "--out", "run", "--json"];
    let text = run_in(here, &imitate).succeeded();
    let report = last_json(&text);
    assert_eq!(text.lines().count(), 6 + 1, "a line for every epoch, and the report");
    assert!(report["success_rate"].as_f64().unwrap() > 0.7, "{report}");
    assert_eq!(report["updates"], dataset.steps().div_ceil(64) * 6);
    assert!(run_in(here, &imitate).failed(2).contains("already holds a run"));

    let evaluated = run_in(here, &["eval", "run", "--episodes", "64", "--json"]).json();
    assert!(evaluated["success_rate"].as_f64().unwrap() > 0.7, "{evaluated}");
    let record = ["record", ID, "--policy", "run", "--episodes", "3", "--out", "second", "--json"];
    assert_eq!(run_in(here, &record).json()["episodes"], 3);
    let misfit = run_in(here, &["eval", "run", "--env", "CrafterReward-v1", "--episodes", "1"]);
    assert!(misfit.failed(2).contains("CrafterReward-v1"));
    let mut bytes = std::fs::read(here.join("run/checkpoint.pentathlon")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(here.join("run/checkpoint.pentathlon"), bytes).unwrap();
    assert!(run_in(here, &["eval", "run"]).failed(1).contains("checksum"));
}

/// Minutes: 10,000 demonstrations of each id, and the success on fresh levels that they teach.
#[test]
fn enough_demonstrations_teach_the_levels_of_the_paper() {
    if std::env::var_os("PENTATHLON_LONG_TESTS").is_none_or(|value| value != "1") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for (id, least) in [("BabyAI-GoToLocal-v0", 0.9), ("BabyAI-PickupLoc-v0", 0.85)] {
        run_in(directory.path(), &["record", id, "--episodes", "10000", "--out", id]).succeeded();
        let text = run_in(directory.path(), &["imitate", id, "--json"]).succeeded();
        let report = last_json(&text);
        assert!(report["success_rate"].as_f64().unwrap() >= least, "{report}");
        assert!(report["seconds"].as_f64().unwrap() < 600.0, "{report}");
    }
}

#[test]
fn what_cannot_be_recorded_is_refused_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let record = |id: &str, more: &[&str], code: i32| {
        let arguments = ["record", id, "--episodes", "2", "--out", "data"];
        run_in(here, &[&arguments[..], more].concat()).failed(code)
    };
    assert!(record("BabyAI-GoToLocl-v0", &[], 2).contains("BabyAI-GoToLocal-v0"));
    for id in ["CrafterReward-v1", "MiniGrid-Playground-v0"] {
        let message = record(id, &["--policy", "expert"], 2);
        assert!(message.contains(id) && message.contains("no expert"), "{message}");
    }
    assert!(record(ID, &["--policy", "no-such-run"], 1).contains("no-such-run"));
    assert!(record(ID, &["--observations", "smell"], 2).contains("smell"));
    assert_eq!(entries(here), 0);

    std::fs::write(here.join("data"), "a file").unwrap();
    assert!(record(ID, &[], 1).contains("data"));
    assert_eq!(std::fs::read_to_string(here.join("data")).unwrap(), "a file");
    std::fs::remove_file(here.join("data")).unwrap();
    std::fs::create_dir_all(here.join("data/kept")).unwrap();
    assert!(record(ID, &[], 1).contains("not empty"));
    assert_eq!((entries(here), entries(&here.join("data"))), (1, 1));

    let imitate = |path: &str, code: i32| run_in(here, &["imitate", path, "--out", "run"]).failed(code);
    assert!(imitate("data", 1).contains("metadata.json"));
    let random = [
        "record",
        "BabyAI-BossLevel-v0",
        "--policy",
        "random",
        "--episodes",
        "1",
        "--out",
        "random",
        "--max-episode-steps",
        "5",
    ];
    run_in(here, &random).succeeded();
    assert!(imitate("random", 2).contains("no successful episode"));
    assert!(!here.join("run").exists());
}

#[cfg(unix)]
#[test]
fn an_interrupted_recording_keeps_what_was_played() {
    use std::process::{Command, Stdio};

    let directory = tempfile::tempdir().unwrap();
    let arguments = ["record", "BabyAI-BossLevel-v0", "--episodes", "1000000", "--out", "data", "--json"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_pentathlon"))
        .args(arguments)
        .current_dir(directory.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The handler is there once the first episode is.
    let begun = |entry: std::fs::DirEntry| entry.path().join("0").join("metadata.json").exists();
    while !std::fs::read_dir(directory.path()).unwrap().flatten().any(begun) {
        std::thread::sleep(std::time::Duration::from_millis(10));
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(entries(directory.path()), 1, "no temporary folder is left");
    let dataset = Dataset::read(&directory.path().join("data")).unwrap();
    assert!(
        !dataset.episodes.is_empty() && dataset.episodes.iter().all(|episode| !episode.actions.is_empty())
    );
}
