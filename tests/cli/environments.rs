//! `list`, `info`, `doctor`, `bench` and `render`.

use std::process::{Command, Stdio};

use pentathlon::render::Frame;

use crate::command::{run, run_in};

const ID: &str = "MiniGrid-DoorKey-8x8-v0";

#[test]
fn list_shows_every_registered_id() {
    let entries = run(&["list", "--json"]).json();
    let ids: Vec<&str> =
        entries.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    let registered: Vec<&str> = pentathlon::specs().map(|spec| spec.id.as_str()).collect();
    assert_eq!(ids, registered);
    assert!(run(&["list"]).succeeded().lines().count() > ids.len());
}

#[test]
fn list_filters_without_regard_to_case() {
    let entries = run(&["list", "doorkey", "--json"]).json();
    let ids: Vec<&str> =
        entries.as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&ID) && ids.iter().all(|id| id.contains("DoorKey")), "{ids:?}");
    assert!(run(&["list", "nothing of the kind"]).succeeded().contains("no registered id"));
}

#[test]
fn info_is_the_specification() {
    let text = run(&["info", ID]).succeeded();
    assert!(text.contains("use the key to open the door") && text.contains("pickup"), "{text}");
    let spec = serde_json::to_value(pentathlon::make(ID).unwrap().spec()).unwrap();
    assert_eq!(run(&["info", ID, "--json"]).json(), spec);
}

#[test]
fn doctor_finds_this_machine_in_order() {
    let report = run(&["doctor", "--json"]).json();
    assert!(report["cores"].as_u64().unwrap() >= 1);
    assert_eq!(report["native"]["ok"], true);
    assert!(["native", "wgpu"].contains(&report["auto"].as_str().unwrap()));
    assert!(report["adapters"].is_array());
    assert!(run(&["doctor"]).succeeded().contains("cores"));
}

#[test]
fn bench_reports_what_it_measured() {
    let report = run(&[
        "bench",
        ID,
        "--num-envs",
        "64",
        "--steps",
        "50",
        "--repeats",
        "3",
        "--threads",
        "1",
        "--json",
    ])
    .json();
    assert_eq!(report["id"], ID);
    assert_eq!(report["num_envs"], 64);
    assert_eq!(report["steps"], 50);
    assert_eq!(report["threads"], 1);
    let (seconds, rate) = (report["seconds"].as_f64().unwrap(), report["steps_per_second"].as_f64().unwrap());
    assert!((rate * seconds - 3200.0).abs() < 1e-6 * 3200.0, "{report}");
    assert!(report["observation"].as_array().unwrap().contains(&"image".into()));
    let resets = run(&["bench", ID, "--num-envs", "16", "--steps", "5", "--resets", "--json"]).json();
    assert!(resets["resets_per_second"].as_f64().unwrap() > 0.0);
    // Real numbers for actions.
    let pendulum = ["bench", "ClassicControl-Pendulum-v1", "--num-envs", "16", "--steps", "70", "--json"];
    assert!(run(&pendulum).json()["steps_per_second"].as_f64().unwrap() > 0.0);
}

#[test]
fn bench_measures_steps_that_stay_on_the_device() {
    let arguments =
        ["bench", ID, "--num-envs", "32", "--steps", "70", "--repeats", "1", "--on-device", "--json"];
    assert!(run(&[&arguments[..], &["--device", "native"]].concat()).failed(2).contains("--device wgpu"));
    if pentathlon::engine::wgpu_available() {
        let report = run(&[&arguments[..], &["--device", "wgpu"]].concat()).json();
        assert_eq!((&report["device"], &report["on_device"]), (&"wgpu".into(), &true.into()));
        assert!(report["steps_per_second"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn render_writes_the_picture_that_the_library_draws() {
    let directory = tempfile::tempdir().unwrap();
    run_in(directory.path(), &["render", ID, "--seed", "7", "--out", "frame.png"]).succeeded();
    let written = Frame::read_png(directory.path().join("frame.png")).unwrap();
    let mut batch = pentathlon::make(ID).unwrap().seed(7).build().unwrap();
    batch.reset(None).unwrap();
    let drawn = pentathlon::render::drawing(&*batch).unwrap().frame(0, &Default::default()).unwrap();
    assert_eq!((written.width(), written.height()), (256, 256));
    assert!(written == drawn, "the picture differs");
}

#[test]
fn render_writes_animations_and_contact_sheets() {
    let directory = tempfile::tempdir().unwrap();
    let small = ["render", ID, "--tile-size", "4", "--steps", "12"];
    run_in(directory.path(), &[&small[..], &["--out", "episode.gif"]].concat()).succeeded();
    let gif = std::fs::read(directory.path().join("episode.gif")).unwrap();
    assert!(gif.starts_with(b"GIF89a") && gif.len() > 500);
    run_in(directory.path(), &[&small[..], &["--contact-sheet", "9", "--out", "sheet.png"]].concat())
        .succeeded();
    let sheet = Frame::read_png(directory.path().join("sheet.png")).unwrap();
    assert!(sheet.width() > 3 * 32 && sheet.height() > 3 * 32);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[test]
fn crafter_is_drawn_as_the_players_see_it_and_as_a_map() {
    let directory = tempfile::tempdir().unwrap();
    for (id, view, tile, size) in [
        ("CrafterReward-v1", "full", "3", (192, 192)),
        ("CrafterReward-v1", "agent", "8", (72, 72)),
        ("CrafterTeam-v1", "agent", "8", (2 * 72 + 2, 2 * 72 + 2)),
        ("MultiCrafter-v1", "full", "2", (128, 128)),
    ] {
        let arguments =
            ["render", id, "--view", view, "--tile-size", tile, "--steps", "3", "--out", "frame.png"];
        run_in(directory.path(), &arguments).succeeded();
        let frame = Frame::read_png(directory.path().join("frame.png")).unwrap();
        assert_eq!((frame.width(), frame.height()), size, "{id} {view}");
    }
    let view = run(&["render", "CrafterReward-v1", "--ansi", "--view", "agent"]).succeeded();
    assert!(view.contains("health 9") && view.lines().count() < 20, "{view}");
    assert!(run(&["render", "CrafterReward-v1", "--ansi"]).succeeded().lines().count() > 64);
}

#[test]
fn render_draws_in_the_terminal() {
    let full = run(&["render", ID, "--seed", "7", "--ansi"]).succeeded();
    assert!(full.lines().count() >= 8, "{full}");
    assert_ne!(full, run(&["render", ID, "--seed", "7", "--ansi", "--view", "agent"]).succeeded());
}

#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pentathlon"))
        .args(["list"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_game_is_recorded_as_it_is_played_and_replayed_under_its_conditions_only() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let directory = tempfile::tempdir().unwrap();
    let play = |arguments: &[&str], keys: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pentathlon"))
            .arg("play")
            .args(arguments)
            .current_dir(directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Nobody may be there to read the keys.
        let _ = child.stdin.take().unwrap().write_all(keys.as_bytes());
        child.wait_with_output().unwrap()
    };
    let recorded = play(&["CrafterReward-v1", "--seed", "7", "--record", "mine.actions"], "wd\nezq\n");
    assert!(recorded.status.success());
    let text = std::fs::read_to_string(directory.path().join("mine.actions")).unwrap();
    assert_eq!(text, "# CrafterReward-v1 --seed 7\n3\n2\n5\n6\n", "keys before q count");
    let again = play(&["CrafterReward-v1", "--seed", "7", "--replay", "mine.actions"], "");
    assert!(again.status.success() && String::from_utf8_lossy(&again.stdout).contains("step 4"));
    let other = play(&["CrafterReward-v1", "--seed", "9", "--replay", "mine.actions"], "");
    assert_eq!(other.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&other.stderr)
            .contains("was recorded with: pentathlon play CrafterReward-v1 --seed 7")
    );
    let nowhere = play(&["CrafterReward-v1", "--record", "missing/mine.actions"], "w\n");
    assert!(!nowhere.status.success() && nowhere.stdout.is_empty(), "said before the game");
    let alone = play(&["CrafterTeam-v1", "--option", "agents=1"], "wd\nq\n");
    assert!(alone.status.success(), "{}", String::from_utf8_lossy(&alone.stderr));
}

#[test]
fn a_picture_that_would_fill_the_memory_is_refused() {
    for arguments in [
        &["render", "CrafterReward-v1", "--tile-size", "512", "--out", "f.png"][..],
        &[
            "render",
            "MiniGrid-Empty-8x8-v0",
            "--contact-sheet",
            "100000",
            "--tile-size",
            "64",
            "--out",
            "f.png",
        ],
    ] {
        let output = crate::command::run(arguments);
        let message = output.failed(2);
        assert!(message.contains("at most 67108864 are drawn"), "{message}");
    }
}

#[test]
fn every_discipline_has_a_trace() {
    for (id, agents) in [("CrafterReward-v1", 1), ("MultiGrid-TrashGrid-v2", 3)] {
        let arguments = ["rollout", id, "--policy", "random", "--steps", "5", "--trace", "-"];
        let text = crate::command::run(&arguments).succeeded();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&lines[0]["id"], &lines[0]["agents"]), (&id.into(), &agents.into()));
        assert_eq!(lines[1]["steps"].as_array().unwrap().len(), 5);
        assert_eq!(lines[1]["steps"][4]["action"].as_array().unwrap().len(), agents);
    }
}
