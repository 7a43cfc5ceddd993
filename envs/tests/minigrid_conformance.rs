//! Every MiniGrid id keeps the promises of the batch contract, and nothing that is handed in can make it
//! panic or change it by mistake.

use pentathlon_engine::Batch;
use pentathlon_envs::{
    minigrid::{
        MiniGrid, register, task,
        tasks::{all_tasks, tasks},
    },
    registry,
};
use pentathlon_gym::{
    AutoresetMode, BuildOptions, Device, Error, GeneratorKind, Levels, OptionValue, Registry, Snapshot,
    VectorEnv, conformance,
};
use proptest::prelude::*;

fn build(id: &str, options: BuildOptions) -> Box<dyn VectorEnv> {
    let options = BuildOptions { device: Device::Native, threads: 1, ..options };
    registry().make(id, &options).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn all_82_ids_are_registered_with_complete_specifications() {
    let registry = registry();
    let ids: Vec<&str> = registry.ids().filter(|id| id.starts_with("MiniGrid-")).collect();
    assert_eq!(ids.len(), 82);
    for spec in registry.specs().filter(|spec| spec.discipline == "minigrid") {
        assert!(spec.description.len() > 200, "{}: {}", spec.id, spec.description);
        assert!(spec.observations.iter().all(|form| !form.description.is_empty()), "{}", spec.id);
        assert!(spec.wgpu && spec.num_agents == 1 && spec.max_episode_steps > 0, "{}", spec.id);
        assert!(!spec.subgoals.is_empty(), "{} names its subgoals", spec.id);
        assert_eq!(spec.action_names.len() as u32, task(&spec.id).unwrap().num_actions);
        for name in &spec.default_observations {
            assert!(spec.observation(name).is_some(), "{}: {name}", spec.id);
        }
    }
}

#[test]
fn ids_cannot_be_registered_twice() {
    let mut registry = Registry::new();
    register(&mut registry).unwrap();
    assert!(matches!(register(&mut registry), Err(Error::DuplicateId(_))));
}

#[test]
fn every_id_keeps_the_promises_of_the_contract() {
    for (index, task) in all_tasks().iter().enumerate() {
        let autoreset =
            [AutoresetMode::NextStep, AutoresetMode::SameStep, AutoresetMode::Disabled][index % 3];
        let levels = [None, Some(Levels::Fixed(5))][index % 2];
        let generator =
            if levels.is_none() && index % 4 == 0 { GeneratorKind::Reference } else { GeneratorKind::Fast };
        let options = BuildOptions { num_envs: 5, autoreset, levels, generator, ..BuildOptions::default() };
        let mut batch = build(task.id, options);
        conformance::check(&mut *batch).unwrap_or_else(|violation| panic!("{violation}"));
    }
}

#[test]
fn every_observation_of_every_id_lies_in_its_space() {
    for task in all_tasks() {
        let names: Vec<String> =
            registry().get(task.id).unwrap().observations.iter().map(|form| form.name.clone()).collect();
        let options = BuildOptions { num_envs: 3, observations: names, ..BuildOptions::default() };
        let mut batch = build(task.id, options);
        let effort = conformance::Effort { steps: 12, seed: 5 };
        conformance::check_with(&mut *batch, effort).unwrap_or_else(|violation| panic!("{violation}"));
    }
}

/// A batch in the middle of an episode.
fn played(id: &str) -> Box<dyn VectorEnv> {
    let mut batch = build(id, BuildOptions { num_envs: 4, ..BuildOptions::default() });
    batch.reset(3).expect("resets");
    for step in 0..20 {
        batch.step(&[step % 3, 2, 1, (step + 1) % 3]).expect("steps");
    }
    batch
}

fn option_values() -> impl Strategy<Value = OptionValue> {
    prop_oneof![
        any::<bool>().prop_map(OptionValue::Bool),
        any::<i64>().prop_map(OptionValue::Integer),
        (-3i64..40).prop_map(OptionValue::Integer),
        any::<f64>().prop_map(OptionValue::Float),
        ".{0,20}".prop_map(OptionValue::Text),
        prop::sample::select(vec!["none", "lava", "lava,ball", "wall, goal", "slope", "angle"])
            .prop_map(OptionValue::from),
    ]
}

fn option_names() -> impl Strategy<Value = String> {
    let known = vec![
        "view_size",
        "tile_size",
        "goal_direction",
        "no_death",
        "no_death_cost",
        "stochastic_action",
        "random_action",
        "size",
    ];
    prop_oneof![4 => prop::sample::select(known).prop_map(String::from), 1 => ".{0,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_options_build_or_are_refused(
        options in prop::collection::btree_map(option_names(), option_values(), 0..4),
        max_episode_steps in prop::option::of(any::<u32>()),
        index in 0usize..82,
    ) {
        let options = BuildOptions {
            options,
            // A table of rewards is as long as an episode.
            max_episode_steps: max_episode_steps.map(|steps| steps % 2_000_000),
            device: Device::Native,
            threads: 1,
            ..BuildOptions::default()
        };
        match registry().make(tasks()[index].id, &options) {
            Ok(mut batch) => {
                batch.reset(0).expect("resets");
                batch.step(&[2]).expect("steps");
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn any_actions_step_or_are_refused_without_a_change(
        actions in prop::collection::vec(prop_oneof![3 => 0i32..7, 1 => any::<i32>()], 0..6),
    ) {
        let mut batch = played("MiniGrid-DoorKey-8x8-v0");
        let before = batch.snapshot().expect("a snapshot");
        if batch.step(&actions).is_err() {
            prop_assert_eq!(batch.snapshot().expect("a snapshot"), before);
        }
    }

    #[test]
    fn damaged_snapshots_restore_or_are_refused_without_a_change(
        column in 0usize..8,
        at in any::<prop::sample::Index>(),
        bytes in prop::collection::vec(any::<u8>(), 1..16),
        id in prop::sample::select(vec![
            "MiniGrid-DoorKey-8x8-v0", "MiniGrid-Dynamic-Obstacles-8x8-v0", "MiniGrid-PutNear-6x6-N2-v0",
        ]),
    ) {
        let mut batch = played(id);
        let mut damaged: Snapshot = batch.snapshot().expect("a snapshot");
        let columns = damaged.columns.len();
        let data = &mut damaged.columns[column % columns].1;
        if !data.is_empty() {
            let start = at.index(data.len());
            for (place, byte) in data[start..].iter_mut().zip(bytes) {
                *place = byte;
            }
        }
        let before = batch.snapshot().expect("a snapshot");
        if batch.restore(&damaged).is_err() {
            prop_assert_eq!(batch.snapshot().expect("a snapshot"), before);
        }
        // Whatever was restored, the rules run on it.
        for step in 0..50 {
            if batch.step(&[2, step % 3, 2, 1]).is_err() {
                break;
            }
        }
    }
}

#[test]
fn a_given_level_that_no_rule_could_run_on_is_refused() {
    let options = BuildOptions {
        num_envs: 2,
        device: Device::Native,
        levels: Some(Levels::Fixed(2)),
        ..BuildOptions::default()
    };
    let domain = MiniGrid::new(task("MiniGrid-DoorKey-5x5-v0").unwrap(), &options).unwrap();
    let mut batch = Batch::new(domain, options).unwrap();
    (&mut batch as &mut dyn VectorEnv).reset(0).unwrap();
    let levels = batch.levels().expect("a pool").clone();
    batch.set_levels(levels.clone()).expect("its own levels");
    let mut outside = levels.clone();
    outside.states[1].x = 5;
    let mut unknown = levels;
    unknown.items[3] = 77;
    for broken in [outside, unknown] {
        let error = batch.set_levels(broken).unwrap_err().to_string();
        assert!(error.contains("(5, ") || error.contains("no cell"), "{error}");
    }
}
