//! What a user can get wrong: a clear message, the documented exit code, no panic, and nothing written.

use std::{fs, path::Path};

use proptest::prelude::*;

use crate::command::{recording, run, run_in};

const ID: &str = "MiniGrid-DoorKey-8x8-v0";

/// Files under `directory`.
fn files(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

#[test]
fn an_unknown_id_is_answered_with_the_nearest() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in [
        &["info", "MiniGrid-DorKey-8x8-v0"][..],
        &["bench", "MiniGrid-DorKey-8x8-v0"],
        &["render", "MiniGrid-DorKey-8x8-v0", "--out", "a.png"],
        &["rollout", "MiniGrid-DorKey-8x8-v0", "--policy", "random", "--steps", "1", "--trace", "a.jsonl"],
        &["train", "--env", "MiniGrid-DorKey-8x8-v0"],
        &["train", "--set", "environment.id=MiniGrid-DorKey-8x8-v0"],
    ] {
        let message = run_in(directory.path(), arguments).failed(2);
        assert!(message.contains("'MiniGrid-DorKey-8x8-v0'") && message.contains(ID), "{message}");
    }
    assert_eq!(files(directory.path()), 0);
}

#[test]
fn unknown_options_and_observations_are_usage_errors() {
    for arguments in [
        &["bench", ID, "--option", "colour=blue"][..],
        &["bench", ID, "--observation", "smell"],
        &["bench", ID, "--num-envs", "0"],
        &["bench", ID, "--levels", "none"],
        &["render", ID, "--out", "frame.jpeg"],
        &["rollout", ID, "--trace", "x"],
        &["no-such-command"],
        &["train", "--set", "ppo.learning_rat=1"],
        &["train", "--set", "ppo.epochs=0"],
        &[],
    ] {
        let message = run(arguments).failed(2);
        assert!(message.len() > 20, "{arguments:?}: {message}");
    }
}

#[test]
fn a_bad_line_of_an_action_file_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let rollout = |text: &[u8], more: &[&str]| {
        fs::write(directory.path().join("actions.txt"), text).unwrap();
        let arguments =
            ["rollout", ID, "--num-envs", "2", "--actions", "actions.txt", "--trace", "out.jsonl"];
        run_in(directory.path(), &[&arguments[..], more].concat()).failed(1)
    };
    let message = rollout(b"0 1\n\n0 7\n", &[]);
    assert!(message.contains("actions.txt, line 3: '7'") && message.contains("0 to 6"), "{message}");
    assert!(message.contains("0 left"), "{message}");
    let message = rollout(b"0 1 2\n", &[]);
    assert!(message.contains("line 1: 3 actions, expected 2"), "{message}");
    assert!(rollout(b"", &[]).contains("holds no action"));
    assert!(rollout(b"1\n", &["--steps", "2"]).contains("holds 1 steps"));
    assert_eq!(files(directory.path()), 1, "no trace was written");
    let message = run(&["rollout", ID, "--actions", "/nowhere/actions.txt", "--trace", "x"]).failed(1);
    assert!(message.contains("/nowhere/actions.txt"), "{message}");
}

#[test]
fn a_trace_that_does_not_fit_says_what_it_has() {
    let path = recording("MiniGrid-DoorKey-5x5-v0");
    let arguments = ["rollout", ID, "--seed", "77", "--actions", path.to_str().unwrap(), "--trace", "-"];
    let message = run(&arguments).failed(1);
    assert!(message.contains("seed 77") && message.contains("uniform (seeds 0, 1, 2, 3, 4)"), "{message}");
}

#[test]
fn files_that_cannot_be_written_are_named_and_nothing_is_left() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in [
        &["rollout", ID, "--policy", "random", "--steps", "3", "--trace", "no/such/folder/out.jsonl"][..],
        &["render", ID, "--out", "no/such/folder/frame.png"],
        &["render", ID, "--steps", "2", "--out", "no/such/folder/frame.gif"],
    ] {
        let message = run_in(directory.path(), arguments).failed(1);
        assert!(message.contains("no/such/folder"), "{message}");
    }
    fs::write(directory.path().join("file"), "kept").unwrap();
    let message = run_in(directory.path(), &["train", "--out", "file/run"]).failed(1);
    assert!(message.contains("file/run"), "{message}");
    assert_eq!(files(directory.path()), 1);
    assert_eq!(fs::read_to_string(directory.path().join("file")).unwrap(), "kept");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let rollout = ["rollout", ID, "--policy", "random", "--steps", "3", "--trace", "/dev/full"];
    assert!(run(&rollout).failed(1).contains("No space left"));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_pentathlon"))
        .args(["list"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("No space left"));
}

#[test]
fn a_trace_is_replaced_only_by_a_whole_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.jsonl");
    fs::write(&path, "old").unwrap();
    fs::write(directory.path().join("actions.txt"), "9\n").unwrap();
    run_in(directory.path(), &["rollout", ID, "--actions", "actions.txt", "--trace", "out.jsonl"]).failed(1);
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    fs::write(directory.path().join("actions.txt"), "2\n").unwrap();
    run_in(directory.path(), &["rollout", ID, "--actions", "actions.txt", "--trace", "out.jsonl"])
        .succeeded();
    assert!(fs::read_to_string(&path).unwrap().starts_with("{\"id\""));
}

#[test]
fn a_damaged_checkpoint_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("checkpoint");
    for bytes in [&b""[..], b"PENTAGNT", b"not a checkpoint at all"] {
        fs::write(&path, bytes).unwrap();
        for command in [&["eval", "checkpoint"][..], &["train", "--resume", "checkpoint"]] {
            let message = run_in(directory.path(), command).failed(1);
            assert!(message.contains("checkpoint"), "{message}");
        }
    }
    assert!(run_in(directory.path(), &["eval", "missing"]).failed(1).contains("missing"));
    assert_eq!(files(directory.path()), 1);
}

#[test]
fn a_broken_configuration_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("run.toml"), "[ppo]\nlearning_rat = 1\n").unwrap();
    let message = run_in(directory.path(), &["train", "--config", "run.toml"]).failed(2);
    assert!(message.contains("run.toml") && message.contains("learning_rate"), "{message}");
    assert!(
        run_in(directory.path(), &["train", "--config", "absent.toml"]).failed(1).contains("absent.toml")
    );
    assert_eq!(files(directory.path()), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_never_a_file_of_ours(bytes in prop::collection::vec(any::<u8>(), 1..400)) {
        let directory = tempfile::tempdir().unwrap();
        for name in ["input", "input.jsonl", "input.jsonl.zst", "input.toml"] {
            fs::write(directory.path().join(name), &bytes).unwrap();
        }
        // A file of comments or blanks is a valid configuration; anything else fails as usage.
        let is_toml = std::str::from_utf8(&bytes).is_ok_and(|text| toml::from_str::<toml::Table>(text).is_ok());
        // Random bytes might be a list of actions; then they are played.
        for (arguments, may_succeed) in [
            (&["rollout", ID, "--actions", "input", "--trace", "out"][..], true),
            (&["rollout", ID, "--actions", "input.jsonl", "--trace", "out"], false),
            (&["rollout", ID, "--actions", "input.jsonl.zst", "--trace", "out"], false),
            (&["eval", "input"], false),
            (&["train", "--resume", "input"], false),
        ] {
            let ended = run_in(directory.path(), arguments);
            prop_assert!(!ended.stderr.contains("panicked"), "{arguments:?}: {}", ended.stderr);
            prop_assert!(may_succeed || ended.code == Some(1), "{arguments:?}: {:?} {}", ended.code, ended.stderr);
            if ended.code != Some(0) {
                prop_assert_eq!(files(directory.path()), 4, "{:?} left a file", arguments);
            } else {
                fs::remove_file(directory.path().join("out")).unwrap();
            }
        }
        if !is_toml {
            let ended = run_in(directory.path(), &["train", "--config", "input.toml"]);
            prop_assert!(matches!(ended.code, Some(1 | 2)) && !ended.stderr.contains("panicked"), "{}", ended.stderr);
            prop_assert_eq!(files(directory.path()), 4);
        }
    }

    #[test]
    fn random_text_is_never_an_id(text in "[^\0]{1,40}") {
        prop_assume!(!text.starts_with('-') && pentathlon::make(&text).is_err());
        let message = run(&["info", &text]);
        prop_assert_eq!(message.code, Some(2));
        prop_assert!(!message.stderr.contains("panicked"));
    }
}
