//! `rollout`: traces equal recordings of Farama's package, and each other.

use pentathlon::trace::{Recording, Rollout};

use crate::command::{recording, run, run_in};

/// Replays the rollouts of one kind of a recording and compares everything with it.
#[track_caller]
fn replays(id: &str, kind: &str, num_envs: usize, seed: u64) {
    let directory = tempfile::tempdir().unwrap();
    let path = recording(id);
    let (num_envs_text, seed_text) = (num_envs.to_string(), seed.to_string());
    run_in(
        directory.path(),
        &[
            "rollout",
            id,
            "--num-envs",
            &num_envs_text,
            "--seed",
            &seed_text,
            "--actions",
            path.to_str().unwrap(),
            "--kind",
            kind,
            "--trace",
            "out.jsonl",
        ],
    )
    .succeeded();
    let expected = Recording::read(&path).unwrap();
    let trace = Recording::read(&directory.path().join("out.jsonl")).unwrap();
    assert_eq!(trace.header.id, expected.header.id);
    assert_eq!((trace.header.width, trace.header.height), (expected.header.width, expected.header.height));
    assert_eq!(trace.header.see_through_walls, expected.header.see_through_walls);
    assert_eq!(trace.header.view, expected.header.view);
    assert_eq!(trace.header.n_actions, expected.header.n_actions);
    assert_eq!(trace.rollouts.len(), num_envs);
    for (env, rollout) in trace.rollouts.iter().enumerate() {
        let recorded = expected.rollout(seed + env as u64, Some(kind)).unwrap();
        assert!(!rollout.steps.is_empty());
        for (step, (ours, theirs)) in rollout.steps.iter().zip(&recorded.steps).enumerate() {
            assert_eq!(ours, theirs, "{id}, environment {env}, step {step}");
        }
        let parts = |rollout: &Rollout| {
            [
                serde_json::to_string(&rollout.init).unwrap(),
                serde_json::to_string(&rollout.steps).unwrap(),
                serde_json::to_string(&rollout.resets).unwrap(),
            ]
        };
        assert_eq!(parts(rollout), parts(recorded), "{id}, environment {env}");
    }
}

#[test]
fn a_trace_equals_the_recording_of_the_same_actions() {
    replays("MiniGrid-DoorKey-5x5-v0", "uniform", 5, 0);
    replays("MiniGrid-DoorKey-5x5-v0", "guided", 2, 0);
}

#[test]
fn rewards_and_later_levels_are_the_recordings() {
    // Fetch ends often, so that the stream runs through many resets.
    replays("MiniGrid-Fetch-5x5-N2-v0", "guided", 2, 0);
    replays("MiniGrid-KeyCorridorS3R1-v0", "bot", 1, 1);
}

#[test]
fn filled_boxes_are_recorded() {
    replays("MiniGrid-ObstructedMaze-2Dlhb-v0", "guided", 2, 0);
}

#[test]
fn the_text_of_a_trace_is_that_of_the_recording() {
    let id = "MiniGrid-DoorKey-5x5-v0";
    let path = recording(id);
    let arguments = [
        "rollout",
        id,
        "--seed",
        "1",
        "--actions",
        path.to_str().unwrap(),
        "--kind",
        "guided",
        "--trace",
        "-",
    ];
    let text = run(&arguments).succeeded();
    let line = text.lines().nth(1).unwrap();
    let recorded = Recording::read(&path).unwrap().rollout(1, Some("guided")).cloned().unwrap();
    assert_eq!(line, serde_json::to_string(&recorded).unwrap());
}

#[test]
fn an_action_file_gives_what_the_same_trace_gives() {
    let directory = tempfile::tempdir().unwrap();
    let path = recording("MiniGrid-DoorKey-5x5-v0");
    let recorded = Recording::read(&path).unwrap().rollout(0, Some("guided")).cloned().unwrap();
    let mut text = String::from("# the guided rollout of seed 0\n\n");
    for step in &recorded.steps {
        text.push_str(&format!("{}, # comment\n", step.action));
    }
    std::fs::write(directory.path().join("actions.txt"), text).unwrap();
    let arguments =
        ["rollout", "MiniGrid-DoorKey-5x5-v0", "--actions", "actions.txt", "--trace", "out.jsonl"];
    let report = run_in(directory.path(), &[&arguments[..], &["--json"]].concat()).json();
    assert_eq!(report["steps"], 250);
    let trace = Recording::read(&directory.path().join("out.jsonl")).unwrap();
    assert_eq!(trace.rollouts[0].kind, "actions");
    assert_eq!((&trace.rollouts[0].init, &trace.rollouts[0].steps), (&recorded.init, &recorded.steps));
}

#[test]
fn random_rollouts_follow_from_their_seed_on_any_number_of_threads() {
    let directory = tempfile::tempdir().unwrap();
    let trace = |name: &str, more: &[&str]| -> Recording {
        let arguments = [
            "rollout",
            "MiniGrid-Dynamic-Obstacles-6x6-v0",
            "--num-envs",
            "5",
            "--policy",
            "random",
            "--steps",
            "60",
            "--trace",
            name,
        ];
        run_in(directory.path(), &[&arguments[..], more].concat()).succeeded();
        Recording::read(&directory.path().join(name)).unwrap()
    };
    for generator in ["reference", "fast"] {
        let more = ["--generator", generator, "--seed", "3", "--full-views", "4"];
        let one = trace("one.jsonl", &[&more[..], &["--threads", "1"]].concat());
        let two = trace("two.jsonl", &[&more[..], &["--threads", "2"]].concat());
        assert_eq!(one, two);
        assert_eq!(one.header.generator.as_deref(), Some(generator));
        assert_eq!(one.rollouts.len(), 5);
        assert_eq!(one.rollouts[0].obs_full.len(), 4);
        assert!(one.rollouts.iter().any(|rollout| !rollout.resets.is_empty()));
        let other = trace("other.jsonl", &["--generator", generator, "--seed", "4"]);
        assert_ne!(one.rollouts[0].steps, other.rollouts[0].steps);
    }
}
