//! The adviser and the scripted teacher beside running batches: plans are carried out in the environments
//! themselves, action by action, and what the agent is shown and paid on the way is what the plan says.

use pentathlon_engine::{Batch, find_batch};
use pentathlon_envs::minigrid::{
    MiniGrid,
    components::records::{BALL, BOX, DOOR, GOAL, KEY, color_of, kind_of, state_of},
    expert::{Adviser, SubgoalForm, Teacher, TeacherOptions, has_expert, plan_for},
    register,
    rules::movement::rules::DROP,
    task,
};
use pentathlon_gym::{AutoresetMode, BuildOptions, Error, Registry, VectorEnv, wrappers::Wrapped};

/// Plans of every kind: keys and doors, rooms in a row, boxes, and instructions of several parts.
const IDS: [&str; 12] = [
    "MiniGrid-DoorKey-8x8-v0",
    "MiniGrid-KeyCorridorS3R3-v0",
    "MiniGrid-MultiRoom-N4-S5-v0",
    "MiniGrid-ObstructedMaze-1Dlh-v0",
    "MiniGrid-ObstructedMaze-1Dlhb-v0",
    "MiniGrid-PutNear-6x6-N2-v0",
    "MiniGrid-LavaCrossingS9N1-v0",
    "BabyAI-GoToLocal-v0",
    "BabyAI-PickupLoc-v0",
    "BabyAI-PutNextLocal-v0",
    "BabyAI-GoToSeqS5R2-v0",
    "BabyAI-UnlockPickup-v0",
];

fn batch(id: &str, num_envs: usize) -> Box<dyn VectorEnv> {
    let options = BuildOptions { num_envs, autoreset: AutoresetMode::Disabled, ..BuildOptions::default() };
    Box::new(Batch::new(MiniGrid::new(task(id).unwrap(), &options).unwrap(), options).unwrap())
}

fn taught(id: &str, num_envs: usize, options: TeacherOptions) -> Wrapped<Box<dyn VectorEnv>, Teacher> {
    Teacher::wrap(batch(id, num_envs), options).unwrap()
}

/// Follows the adviser until every environment has ended; `look` sees each step. Which succeeded.
fn follow(batch: &mut dyn VectorEnv, mut look: impl FnMut(&dyn VectorEnv, &[bool], &[f32])) -> Vec<bool> {
    let mut adviser = Adviser::default();
    let num_envs = batch.num_envs();
    let (mut running, mut succeeded, mut actions) =
        (vec![true; num_envs], vec![false; num_envs], vec![0; num_envs]);
    while running.contains(&true) {
        for env in (0..num_envs).filter(|&env| running[env]) {
            actions[env] = adviser.action(batch, env).unwrap().map_or(0, i32::from);
        }
        let stepped = running.clone();
        let step = batch.step_masked((&actions).into(), &stepped).unwrap();
        for env in 0..num_envs {
            if stepped[env] && step.ended(env) {
                running[env] = false;
                succeeded[env] = step.info.success[env];
            }
        }
        let reward = step.reward.to_vec();
        look(batch, &stepped, &reward);
    }
    succeeded
}

#[test]
fn advice_succeeds_where_the_plan_does() {
    for id in IDS {
        let mut batch = batch(id, 12);
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(5).unwrap();
        let plans: Vec<bool> = (0..12).map(|env| plan_for(batch, env).unwrap().succeeds).collect();
        assert!(plans.iter().filter(|succeeds| **succeeds).count() >= 11, "{id}: {plans:?}");
        assert_eq!(follow(batch, |_, _, _| {}), plans, "{id}");
    }
}

#[test]
fn advice_starts_anew_where_another_acted() {
    for id in ["MiniGrid-DoorKey-8x8-v0", "BabyAI-GoToLocal-v0"] {
        let mut batch = batch(id, 8);
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(1).unwrap();
        let mut adviser = Adviser::default();
        for turn in [0, 0, 1, 0, 1, 1] {
            for env in 0..8 {
                adviser.action(batch, env).unwrap();
            }
            batch.step(&[turn; 8]).unwrap();
        }
        assert_eq!(follow(batch, |_, _, _| {}), [true; 8], "{id}");
    }
}

#[test]
fn advice_follows_what_moves() {
    let mut batch = batch("MiniGrid-Dynamic-Obstacles-8x8-v0", 64);
    let batch: &mut dyn VectorEnv = &mut batch;
    batch.reset(0).unwrap();
    let planned = (0..64).filter(|&env| plan_for(batch, env).unwrap().succeeds).count();
    let succeeded = follow(batch, |_, _, _| {}).into_iter().filter(|succeeded| *succeeded).count();
    assert!(planned > 48 && succeeded > 48, "{planned} of the plans, {succeeded} with new plans on the way");
}

#[test]
fn every_beacon_is_reached_and_paid_once() {
    for id in IDS {
        let mut batch = taught(id, 8, TeacherOptions::default());
        let untaught = {
            let mut batch = self::batch(id, 8);
            let batch: &mut dyn VectorEnv = &mut batch;
            batch.reset(9).unwrap();
            let mut paid = vec![0.0; 8];
            follow(batch, |_, _, reward| {
                paid.iter_mut().zip(reward).for_each(|(sum, reward)| *sum += reward)
            });
            paid
        };
        VectorEnv::reset_with(
            &mut batch,
            pentathlon_gym::ResetOptions { seed: Some(9), ..Default::default() },
        )
        .unwrap();
        let limits: Vec<u32> = (0..8)
            .map(|env| {
                let inner = find_batch::<MiniGrid>(&batch).unwrap();
                inner.domain().step_limit(&inner.instance(env).unwrap().1)
            })
            .collect();
        let (mut paid, mut expected) = (vec![0.0; 8], untaught);
        let (mut reached, mut since) = (vec![0; 8], vec![0_u32; 8]);
        let succeeded = follow(&mut batch, |batch, stepped, reward| {
            let teacher = teacher(batch);
            for env in (0..8).filter(|&env| stepped[env]) {
                paid[env] += reward[env];
                since[env] += 1;
                let now = teacher.reached(env);
                for _ in reached[env]..now {
                    expected[env] += 0.2 * (1.0 - since[env] as f32 / limits[env] as f32);
                    since[env] = 0;
                }
                reached[env] = now;
            }
        });
        for env in (0..8).filter(|&env| succeeded[env]) {
            let beacons = batch.transform().beacons(env);
            assert_eq!(batch.transform().reached(env) + 1, beacons.len(), "{id}, {env}: {beacons:?}");
            assert!(batch.transform().subgoal(env).is_none(), "the last one is not shown");
            assert!((paid[env] - expected[env]).abs() < 1e-4, "{id}, {env}: {} {}", paid[env], expected[env]);
        }
    }
}

fn teacher(batch: &dyn VectorEnv) -> &Teacher {
    batch.as_any().downcast_ref::<Wrapped<Box<dyn VectorEnv>, Teacher>>().unwrap().transform()
}

/// Checks what is shown against the beacon and the world.
fn check_shown(batch: &dyn VectorEnv, env: usize) -> bool {
    let teacher = teacher(batch);
    let inner = find_batch::<MiniGrid>(batch).unwrap();
    let (state, items, _) = inner.instance(env).unwrap();
    let observation = batch.observation();
    let shown = |name: &str, len: usize| observation[name].as_i32().unwrap()[env * len..][..len].to_vec();
    let (position, object) = (shown("subgoal_position", 2), shown("subgoal_object", 3));
    let sentence = shown("subgoal_sentence", 7);
    let Some(beacon) = teacher.subgoal(env) else {
        assert_eq!((position, object, sentence), (vec![0; 2], vec![-1; 3], vec![0; 7]));
        return false;
    };
    assert_eq!(
        [state.x as i32 + position[0], state.y as i32 + position[1]],
        [beacon.x as i32, beacon.y as i32]
    );
    let cell = items[(beacon.x * inner.domain().settings().height + beacon.y) as usize];
    assert_eq!(object, [kind_of(cell) as i32, color_of(cell) as i32, state_of(cell) as i32]);
    assert_eq!(sentence, beacon.tokens());
    true
}

#[test]
fn the_next_beacon_is_shown_in_three_forms() {
    let mut batch = taught("MiniGrid-KeyCorridorS3R3-v0", 4, TeacherOptions::default());
    let names: Vec<_> = batch.observation().fields.iter().map(|field| field.spec.name.clone()).collect();
    assert_eq!(names[names.len() - 3..], ["subgoal_position", "subgoal_object", "subgoal_sentence"]);
    assert_eq!(batch.options().observations, names);
    let batch: &mut dyn VectorEnv = &mut batch;
    batch.reset(3).unwrap();
    let mut sentences = vec![teacher(batch).subgoal(0).unwrap().sentence()];
    assert!((0..4).all(|env| check_shown(batch, env)));
    follow(batch, |batch, _, _| {
        (0..4).for_each(|env| {
            check_shown(batch, env);
        });
        if let Some(beacon) = teacher(batch).subgoal(0)
            && sentences.last() != Some(&beacon.sentence())
        {
            sentences.push(beacon.sentence());
        }
    });
    let said = sentences.join("; ");
    let (key, door) = (said.find("pick up the").unwrap(), said.find("unlock the").unwrap());
    assert!(key < door && said[key..door].contains("key"), "{said}");
}

/// The lists of the paper: the doors on the way and the goal; the key, its door and the ball.
#[test]
fn beacons_are_those_of_the_paper() {
    let kinds = |id: &str, seed: u64| -> Vec<u32> {
        let mut batch = taught(id, 1, TeacherOptions::default());
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(seed).unwrap();
        // Where the expert puts down what it carries is no subgoal of the paper.
        let beacons = teacher(batch).beacons(0).iter();
        beacons
            .filter(|beacon| u32::from(beacon.action) != DROP)
            .map(|beacon| kind_of(beacon.object))
            .collect()
    };
    for seed in 0..10 {
        assert_eq!(kinds("MiniGrid-MultiRoom-N2-S4-v0", seed), [DOOR, GOAL]);
        // Farama gives N4-S5 six rooms.
        assert_eq!(kinds("MiniGrid-MultiRoom-N4-S5-v0", seed), [DOOR, DOOR, DOOR, DOOR, DOOR, GOAL]);
        let corridor = kinds("MiniGrid-KeyCorridorS3R3-v0", seed);
        let without_doors: Vec<u32> = corridor.iter().copied().filter(|kind| *kind != DOOR).collect();
        assert_eq!(without_doors, [KEY, BALL], "{corridor:?}");
        assert_eq!(corridor[corridor.len() - 2..], [DOOR, BALL]);
        let mut maze = kinds("MiniGrid-ObstructedMaze-1Dlh-v0", seed);
        // A box that stands in the way is carried aside first.
        maze.dedup();
        assert_eq!(maze, [BOX, KEY, DOOR, BALL]);
    }
}

#[test]
fn a_teacher_can_show_the_last_beacon() {
    let options =
        TeacherOptions { shows_last: true, forms: vec![SubgoalForm::Sentence], bonus: 0.0, dropout: 0.0 };
    let mut batch = taught("BabyAI-GoToLocal-v0", 4, options);
    let batch: &mut dyn VectorEnv = &mut batch;
    batch.reset(2).unwrap();
    for env in 0..4 {
        let last = teacher(batch).beacons(env).last().unwrap().sentence();
        let mission = batch.mission(env).unwrap().replace("go to a ", "go to the ");
        assert_eq!(last, mission);
        assert!(teacher(batch).subgoal(env).is_some());
    }
}

#[test]
fn a_restored_teacher_goes_on_as_before() {
    let make = || taught("MiniGrid-DoorKey-8x8-v0", 6, TeacherOptions::default());
    let (mut first, mut second) = (make(), make());
    let (first, second): (&mut dyn VectorEnv, &mut dyn VectorEnv) = (&mut first, &mut second);
    first.reset(4).unwrap();
    let mut adviser = Adviser::default();
    let mut advised = |batch: &dyn VectorEnv| -> Vec<i32> {
        (0..6).map(|env| adviser.action(batch, env).unwrap().map_or(0, i32::from)).collect()
    };
    for _ in 0..4 {
        let actions = advised(first);
        first.step(&actions).unwrap();
    }
    second.restore(&first.snapshot().unwrap()).unwrap();
    assert_eq!(first.observation(), second.observation());
    for _ in 0..3 {
        let actions = advised(first);
        let reward = first.step(&actions).unwrap().reward.to_vec();
        let step = second.step(&actions).unwrap();
        assert_eq!((step.reward, step.observation), (&reward[..], first.observation()));
    }
    let mut foreign = taught("MiniGrid-DoorKey-8x8-v0", 5, TeacherOptions::default());
    assert!(foreign.restore(&first.snapshot().unwrap()).is_err());
}

#[test]
fn options_put_a_teacher_around_a_registered_id() {
    let mut registry = Registry::default();
    register(&mut registry).unwrap();
    let make = |options: &[(&str, &str)], autoreset| {
        let options =
            options.iter().map(|(name, value)| (name.to_string(), pentathlon_gym::OptionValue::parse(value)));
        let build =
            BuildOptions { num_envs: 3, autoreset, options: options.collect(), ..BuildOptions::default() };
        registry.make("MiniGrid-DoorKey-5x5-v0", &build)
    };
    for autoreset in [AutoresetMode::Disabled, AutoresetMode::SameStep, AutoresetMode::NextStep] {
        let mut batch = make(&[("teacher", "position"), ("teacher_bonus", "1.0")], autoreset).unwrap();
        assert_eq!(batch.options().autoreset, autoreset);
        let batch = batch.as_mut();
        let observation = batch.reset(0).unwrap();
        let at = observation.get("subgoal_position").unwrap().as_i32().unwrap().to_vec();
        assert!(at.chunks(2).all(|at| at != [0, 0]) && observation.get("subgoal_object").is_none());
        if autoreset != AutoresetMode::Disabled {
            let mut adviser = Adviser::default();
            let mut total = 0.0;
            for _ in 0..120 {
                let actions: Vec<i32> =
                    (0..3).map(|env| adviser.action(batch, env).unwrap().map_or(0, i32::from)).collect();
                total += batch.step(&actions).unwrap().reward.iter().sum::<f32>();
            }
            assert!(total > 20.0, "episodes follow each other, and each pays for key and door: {total}");
        }
    }
    for (name, value) in [("teacher", "loud"), ("teacher_bonus", "-1"), ("teacher_last", "3")] {
        let error = make(&[(name, value)], AutoresetMode::SameStep).err().unwrap();
        assert!(matches!(error, Error::InvalidOption { .. }) && error.to_string().contains(name), "{error}");
    }
}

#[test]
fn there_is_no_teacher_where_there_is_nothing_to_do() {
    let playground = batch("MiniGrid-Playground-v0", 1);
    assert!(!has_expert(&playground));
    assert!(Teacher::wrap(playground, TeacherOptions::default()).is_err());
    let nan = TeacherOptions { bonus: f32::NAN, ..TeacherOptions::default() };
    assert!(Teacher::wrap(batch("BabyAI-GoToLocal-v0", 1), nan).is_err());
}

#[test]
fn recorded_answers_teach_what_the_expert_taught() {
    use pentathlon_envs::minigrid::expert::{Answer, RecordedAnswers, question};
    for id in ["MiniGrid-DoorKey-8x8-v0", "MiniGrid-KeyCorridorS3R3-v0", "BabyAI-UnlockPickup-v0"] {
        let mut oracle = taught(id, 6, TeacherOptions::default());
        (&mut oracle as &mut dyn VectorEnv).reset(4).unwrap();
        let lines: Vec<String> = (0..6)
            .map(|env| {
                let subgoals = oracle.transform().beacons(env).iter().map(Into::into).collect();
                let world = question(&oracle, env).unwrap().world;
                serde_json::to_string(&Answer { world, subgoals }).unwrap()
            })
            .collect();
        let answers = RecordedAnswers::parse(&lines.join("\n")).unwrap();
        assert_eq!(answers.len(), 6, "every world has a fingerprint of its own");
        let mut recorded =
            Teacher::wrap_with(batch(id, 6), TeacherOptions::default(), Box::new(answers)).unwrap();
        let observed = (&mut recorded as &mut dyn VectorEnv).reset(4).unwrap().clone();
        assert_eq!(&observed, oracle.observation(), "{id}");
        // A world that nobody was asked about has no plan.
        (&mut recorded as &mut dyn VectorEnv).reset(5).unwrap();
        assert!((0..6).all(|env| recorded.transform().subgoal(env).is_none()));
    }
}

#[test]
fn a_source_that_answers_nonsense_fails_the_reset() {
    use pentathlon_envs::minigrid::expert::{Asked, Question, Subgoal};
    let far = |_: &Question| Ok(vec![Subgoal { x: 99, y: 1, action: "pickup".into() }]);
    let mut taught =
        Teacher::wrap_with(batch(IDS[0], 1), TeacherOptions::default(), Box::new(Asked(far))).unwrap();
    let error = (&mut taught as &mut dyn VectorEnv).reset(1).unwrap_err().to_string();
    assert!(error.contains("column 99"), "{error}");
}

#[test]
fn in_a_share_of_the_episodes_nothing_is_shown_but_all_is_paid() {
    let mut half = taught(IDS[0], 200, TeacherOptions { dropout: 0.5, ..TeacherOptions::default() });
    (&mut half as &mut dyn VectorEnv).reset(1).unwrap();
    let shown = (0..200).filter(|&env| half.transform().subgoal(env).is_some()).count();
    assert!((70..=130).contains(&shown), "{shown}");
    let mut none = taught(IDS[0], 8, TeacherOptions { dropout: 1.0, ..TeacherOptions::default() });
    let none: &mut dyn VectorEnv = &mut none;
    none.reset(1).unwrap();
    let mut paid = 0.0;
    follow(none, |batch, _, reward| {
        assert!(batch.observation()["subgoal_position"].as_i32().unwrap().iter().all(|number| *number == 0));
        paid += reward.iter().sum::<f32>();
    });
    // Two beacons before the goal, 0.2 each, and the goal itself.
    assert!(paid > 8.0 * 1.2, "{paid}");
}
