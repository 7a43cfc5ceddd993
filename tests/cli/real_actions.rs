//! Environments whose actions are real numbers: rolled out, evaluated, drawn, measured and recorded like all others.

use std::path::Path;

use pentathlon::{Array, AutoresetMode, dataset::Dataset};
use serde_json::Value;

use crate::command::{run, run_in};

const ID: &str = "ClassicControl-Pendulum-v1";

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

#[test]
fn random_rollouts_follow_from_their_seed_and_are_replayed_to_the_bit() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let rollout = |trace: &str, more: &[&str]| {
        let arguments = ["rollout", ID, "--num-envs", "3", "--max-episode-steps", "20", "--trace", trace];
        run_in(here, &[&arguments[..], more, &["--json"]].concat()).json()
    };
    let random = ["--policy", "random", "--steps", "50", "--seed", "7"];
    let report = rollout("one.jsonl", &random);
    assert_eq!((&report["steps"], &report["episodes"]), (&50.into(), &6.into()));
    rollout("two.jsonl", &[&random[..], &["--threads", "2"]].concat());
    assert_eq!(lines(&here.join("one.jsonl")), lines(&here.join("two.jsonl")));
    rollout("other.jsonl", &["--policy", "random", "--steps", "50", "--seed", "8"]);

    let trace = lines(&here.join("one.jsonl"));
    assert_eq!((trace.len(), &trace[0]["kind"]), (4, &"uniform".into()));
    let torques = |trace: &[Value]| -> Vec<f32> {
        let steps = trace[1..].iter().flat_map(|rollout| rollout["steps"].as_array().unwrap());
        steps.flat_map(|step| numbers(&step["action"])).collect()
    };
    let drawn = torques(&trace);
    assert!(drawn.len() == 150 && drawn.iter().all(|torque| (-2.0..=2.0).contains(torque)));
    assert!(drawn.iter().any(|torque| *torque < -1.5) && drawn.iter().any(|torque| *torque > 1.5));
    assert_ne!(torques(&lines(&here.join("other.jsonl"))), drawn);

    // What is written reads back to the same bits: the same actions lead to the same states.
    rollout("again.jsonl", &["--actions", "one.jsonl", "--seed", "7"]);
    assert_eq!(lines(&here.join("again.jsonl")), trace);
    let mut batch = pentathlon::make(ID)
        .unwrap()
        .num_envs(3)
        .seed(7)
        .autoreset(AutoresetMode::Disabled)
        .max_episode_steps(20)
        .build()
        .unwrap();
    batch.reset(7).unwrap();
    let recorded = |env: usize, index: usize| &trace[env + 1]["steps"][index];
    for index in 0..20 {
        let row: Vec<f32> = (0..3).map(|env| numbers(&recorded(env, index)["action"])[0]).collect();
        let step = batch.step(&row).unwrap();
        let state = step.observation["state"].as_f32().unwrap();
        for env in 0..3 {
            let recorded = recorded(env, index);
            assert_eq!(numbers(&recorded["observation"][0]), state[env * 3..(env + 1) * 3]);
            assert_eq!(numbers(&recorded["reward"]), [step.reward[env]]);
        }
    }
}

#[test]
fn an_action_file_holds_real_numbers_and_bad_ones_are_refused_with_what_is_allowed() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let rollout = |text: &str| {
        std::fs::write(here.join("torques.txt"), text).unwrap();
        let arguments =
            ["rollout", ID, "--num-envs", "2", "--actions", "torques.txt", "--trace", "out.jsonl"];
        run_in(here, &arguments)
    };
    rollout("# swing\n0.5 -0.25\n2\n1e-1, -2.0\n").succeeded();
    let trace = lines(&here.join("out.jsonl"));
    let taken = |env: usize| -> Vec<f32> {
        trace[env]["steps"].as_array().unwrap().iter().map(|step| numbers(&step["action"])[0]).collect()
    };
    assert_eq!((taken(1), taken(2)), (vec![0.5, 2.0, 0.1], vec![-0.25, 2.0, -2.0]));
    std::fs::remove_file(here.join("out.jsonl")).unwrap();
    for (text, wrong) in [
        ("0 0\n0 2.5\n", "line 2: '2.5' is not an action; allowed: real numbers from -2 to 2"),
        ("nan\n", "'nan' is not an action"),
        ("left\n", "'left' is not an action"),
        ("0 0 0\n", "3 actions, expected 2 (one for every environment) or 1 (for all)"),
        ("# nothing\n", "holds no action"),
    ] {
        let message = rollout(text).failed(1);
        assert!(message.contains(wrong), "{message}");
    }
    let step = |action: &str| {
        let (header, rest) = (&trace[0], "\"reward\":[0.0],\"terminated\":false,\"truncated\":false");
        let step = format!("{{\"action\":{action},{rest},\"observation\":[]}}");
        let rollout = format!("{{\"env\":0,\"starts\":[],\"steps\":[{step}]}}");
        std::fs::write(here.join("bad.jsonl"), format!("{header}\n{rollout}\n")).unwrap();
        run_in(here, &["rollout", ID, "--actions", "bad.jsonl", "--trace", "out.jsonl"]).failed(1)
    };
    let message = step("[-3.5]");
    assert!(message.contains("step 0 of environment 0: '-3.5'") && message.contains("-2 to 2"), "{message}");
    assert!(step("[0.5, 0.5]").contains("2 actions, expected 1"));
    assert!(step("[\"up\"]").contains("bad.jsonl, line 2"));
    assert!(!here.join("out.jsonl").exists(), "a refused file leaves no trace");
    let kind = ["rollout", ID, "--actions", "bad.jsonl", "--kind", "bot", "--trace", "-"];
    assert!(run_in(here, &kind).failed(2).contains("--kind bot"));
}

#[test]
fn random_torques_are_judged_measured_and_drawn() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let eval = |seed: &str| {
        run(&["eval", "random", "--env", ID, "--episodes", "64", "--seed", seed, "--json"]).json()
    };
    let judged = eval("5");
    // Gymnasium's random torques earn about -1200.
    let mean = judged["mean_return"].as_f64().unwrap();
    assert!((-1500.0..-900.0).contains(&mean), "{judged}");
    assert_eq!(judged["mean_length"], 200.0);
    assert!(judged.get("success_rate").is_none(), "a pendulum is never done: {judged}");
    assert_eq!(eval("5"), judged);
    assert_ne!(eval("6")["mean_return"], judged["mean_return"]);

    let bench = ["bench", ID, "--num-envs", "64", "--steps", "20", "--repeats", "1", "--json"];
    assert!(run(&bench).json()["steps_per_second"].as_f64().unwrap() > 0.0);

    let render = |more: &[&str]| run_in(here, &[&["render", ID, "--tile-size", "8"][..], more].concat());
    render(&["--steps", "12", "--out", "swing.gif"]).succeeded();
    assert!(std::fs::read(here.join("swing.gif")).unwrap().starts_with(b"GIF89a"));
    render(&["--contact-sheet", "4", "--steps", "3", "--out", "sheet.png"]).succeeded();
    render(&["--out", "still.png"]).succeeded();
    assert_ne!(
        std::fs::read(here.join("sheet.png")).unwrap(),
        std::fs::read(here.join("still.png")).unwrap()
    );
    assert!(render(&["--ansi", "--steps", "4"]).succeeded().contains("rad/s"));
    assert!(run(&["info", ID]).succeeded().contains("Box -2..=2 f32 [1]"));
    assert!(run(&["list"]).succeeded().contains(ID));
    // Keys are for whole numbers.
    assert!(run(&["play", ID]).failed(2).contains(ID));
}

#[test]
fn episodes_with_real_actions_are_recorded_and_can_be_played_again() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let record = ["record", ID, "--policy", "random", "--episodes", "3", "--max-episode-steps", "15"];
    let report = run_in(here, &[&record[..], &["--seed", "4", "--out", "data", "--json"]].concat()).json();
    assert_eq!((&report["episodes"], &report["steps"]), (&3.into(), &45.into()));
    let metadata = std::fs::read_to_string(here.join("data/metadata.json")).unwrap();
    assert!(metadata.contains(r#"\"dtype\":\"float32\""#), "{metadata}");
    let dataset = Dataset::read(&here.join("data")).unwrap();
    assert_eq!((dataset.id.as_str(), dataset.episodes.len(), dataset.steps()), (ID, 3, 45));
    let episode = &dataset.episodes[1];
    let Array::F32(torques) = &episode.actions else { panic!("{:?}", episode.actions) };
    assert_eq!((episode.seed, torques.len()), (5, 15));
    let builder = pentathlon::make(ID).unwrap().autoreset(AutoresetMode::Disabled);
    let mut batch = builder.max_episode_steps(15).build().unwrap();
    batch.reset(episode.seed).unwrap();
    for (torque, reward) in torques.iter().zip(&episode.rewards) {
        assert_eq!(batch.step(&[*torque][..]).unwrap().reward, [*reward]);
    }
    let refused = run_in(here, &["imitate", "data", "--out", "run"]).failed(2);
    assert!(refused.contains("its actions are real numbers"), "{refused}");
}
