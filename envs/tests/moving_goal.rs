//! The goal of DoorKey-8x8-mixed that moves once (`p_move`): when, where to, and what it leaves alone.

use std::collections::BTreeSet;

use pentathlon_engine::{Batch, LevelSet, find_batch, wgpu_available};
use pentathlon_envs::minigrid::components::records::{DOOR, EMPTY, GOAL, KEY, YELLOW, cell, kind_of};
use pentathlon_envs::multigrid::{MultiGrid, components::records::Team, tasks::TASKS};
use pentathlon_envs::registry;
use pentathlon_gym::{AutoresetMode, BuildOptions, Device, Levels, VectorEnv};

const ID: &str = "MultiGrid-DoorKey-8x8-mixed-v0";
const SIZE: usize = 8;
/// The corner behind the door.
const FAR: usize = 6 * SIZE + 6;
const LEFT: i32 = 0;
const FORWARD: i32 = 2;
const DONE: i32 = 6;

fn options(p_near: f64, p_move: f64, num_envs: usize) -> BuildOptions {
    BuildOptions {
        num_envs,
        device: Device::Native,
        autoreset: AutoresetMode::Disabled,
        observations: vec!["full".into(), "action_mask".into()],
        options: [("p_near", p_near), ("p_move", p_move)]
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        ..BuildOptions::default()
    }
}

fn batch(options: &BuildOptions, seed: u64) -> Box<dyn VectorEnv> {
    let mut env = registry().make(ID, options).unwrap();
    env.as_mut().reset(seed).unwrap();
    env
}

/// Team and cells of environment `env`.
fn instance(batch: &dyn VectorEnv, env: usize) -> (Team, Vec<u32>) {
    let (team, cells, _) = find_batch::<MultiGrid>(batch).unwrap().instance(env).unwrap();
    (team, cells)
}

fn as_dyn(batch: &mut Batch<MultiGrid>) -> &mut dyn VectorEnv {
    batch
}

/// The cells with goals.
fn goals(cells: &[u32]) -> Vec<usize> {
    (0..cells.len()).filter(|&place| kind_of(cells[place]) == GOAL).collect()
}

/// One environment that begins with the level `change` makes of a level whose goal moves.
fn level(p_near: f64, seed: u64, device: Device, change: impl Fn(&mut Team, &mut [u32])) -> Batch<MultiGrid> {
    let task = TASKS.iter().find(|task| task.id == ID).unwrap();
    let options = BuildOptions { levels: Some(Levels::Fixed(1)), device, ..options(p_near, 1.0, 1) };
    let mut batch = Batch::new(MultiGrid::new(task, &options).unwrap(), options).unwrap();
    as_dyn(&mut batch).reset(seed).unwrap();
    let mut levels: LevelSet<Team> = batch.levels().unwrap().clone();
    change(&mut levels.states[0], &mut levels.items);
    batch.set_levels(levels).unwrap();
    as_dyn(&mut batch).reset(seed).unwrap();
    batch
}

#[test]
fn the_goal_moves_once_after_its_step_and_nothing_else_changes() {
    let count = 400;
    let mut env = batch(&options(0.5, 1.0, count), 3);
    let before: Vec<(Team, Vec<u32>)> = (0..count).map(|index| instance(&*env, index)).collect();
    let still = batch(&options(0.5, 0.0, count), 3);
    let (mut steps, mut near) = (BTreeSet::new(), 0);
    for (index, (team, cells)) in before.iter().enumerate() {
        // The same levels as without the option.
        let (other, other_cells) = instance(&*still, index);
        let stays = Team { goal_moves_at: 0, goal_from: 0, goal_to: 0, ..*team };
        assert_eq!((other, &other_cells), (stays, cells), "level {index}");
        let (from, to) = (team.goal_from as usize, team.goal_to as usize);
        assert_eq!(goals(cells), [from]);
        assert_eq!(cells[to], EMPTY, "level {index}: a free cell");
        assert!((from == FAR) != (to == FAR), "level {index}: from one room into the other");
        let split = wall(cells);
        assert!(from == FAR || from / SIZE < split, "level {index}");
        assert!(to == FAR || (to / SIZE < split && to != place(team)), "level {index}");
        steps.insert(team.goal_moves_at);
        near += usize::from(to == FAR);
    }
    assert_eq!(steps, (4..=16).collect(), "every step is drawn");
    assert!((160..=240).contains(&near), "{near} of {count} goals are near");
    for elapsed in 1..=40 {
        let step = env.as_mut().step(&vec![DONE; count]).unwrap();
        assert!(step.reward.iter().all(|reward| *reward == 0.0));
        for (index, (team, cells)) in before.iter().enumerate() {
            let mut expected = cells.clone();
            if elapsed >= team.goal_moves_at {
                expected.swap(team.goal_from as usize, team.goal_to as usize);
            }
            let (now, seen) = instance(&*env, index);
            assert_eq!((now, seen), (*team, expected), "level {index} after {elapsed} steps");
        }
    }
    // What is observed is what is there.
    let full = env.observation()["full"].as_u8().unwrap();
    for (index, (team, _)) in before.iter().enumerate() {
        let grid = &full[index * SIZE * SIZE * 3..][..SIZE * SIZE * 3];
        assert_eq!((grid[team.goal_from as usize * 3], grid[team.goal_to as usize * 3]), (1, 8));
    }
}

/// Column of the wall between the rooms: the door's.
fn wall(cells: &[u32]) -> usize {
    (0..cells.len()).find(|&place| kind_of(cells[place]) == DOOR).unwrap() / SIZE
}

/// The cell that the agent is on.
fn place(team: &Team) -> usize {
    team.x[0] as usize * SIZE + team.y[0] as usize
}

#[test]
fn as_many_goals_move_as_the_option_says() {
    let moving = |p_move: f64| {
        let env = batch(&options(0.8, p_move, 1000), 5);
        (0..1000).filter(|&index| instance(&*env, index).0.goal_moves_at > 0).count()
    };
    assert_eq!((moving(0.0), moving(1.0)), (0, 1000));
    assert!((255..=345).contains(&moving(0.3)), "{}", moving(0.3));
    // Without the option the record is what it was: zeros.
    let (team, _) = instance(&*batch(&options(0.8, 0.0, 1), 1), 0);
    assert_eq!((team.goal_moves_at, team.goal_from, team.goal_to), (0, 0, 0));
}

/// The goal that is to move onto the agent waits until the agent has gone on; so it does for anything else that lies there.
fn assert_waits(device: Device) {
    let onto_agent = |team: &mut Team, _: &mut [u32]| {
        (team.goal_moves_at, team.goal_to) = (4, place(team) as u32);
    };
    let mut env = level(0.0, 11, device, onto_agent);
    let step = |env: &mut Batch<MultiGrid>, action: i32| as_dyn(env).step(&[action]).unwrap().reward[0];
    let start = env.instance(0).unwrap().0;
    for _ in 0..10 {
        step(&mut env, DONE);
        assert_eq!(goals(&env.instance(0).unwrap().1), [FAR]);
    }
    // Turns until it can go on.
    while step(&mut env, FORWARD) == 0.0 && place(&env.instance(0).unwrap().0) == place(&start) {
        assert_eq!(goals(&env.instance(0).unwrap().1), [FAR]);
        step(&mut env, LEFT);
    }
    let (team, cells, _) = env.instance(0).unwrap();
    assert_ne!(place(&team), place(&start));
    assert_eq!(goals(&cells), [place(&start)]);

    let onto_key = |team: &mut Team, cells: &mut [u32]| {
        team.goal_moves_at = 4;
        cells[team.goal_to as usize] = cell(KEY, YELLOW, 0);
    };
    let mut env = level(0.0, 12, device, onto_key);
    for _ in 0..10 {
        step(&mut env, DONE);
        assert_eq!(goals(&env.instance(0).unwrap().1), [FAR]);
    }
}

#[test]
fn the_goal_waits_for_whoever_is_where_it_goes() {
    assert_waits(Device::Native);
    if wgpu_available() {
        assert_waits(Device::Wgpu);
    }
}

/// An agent that gets to the goal with the step after which it was to move has arrived, and the goal is where it was.
#[test]
fn who_arrives_in_time_has_arrived() {
    // The goal is put in front of the agent.
    let ahead = |team: &mut Team, cells: &mut [u32]| {
        let (dx, dy) = [(1, 0), (0, 1), (-1, 0), (0, -1)][team.dir[0] as usize];
        let front = (team.x[0] as i32 + dx) * SIZE as i32 + team.y[0] as i32 + dy;
        assert_eq!(cells[front as usize], EMPTY, "this level has room in front of the agent");
        cells.swap(team.goal_from as usize, front as usize);
        (team.goal_from, team.goal_moves_at) = (front as u32, 4);
    };
    let seed = (0..100).find(|&seed| {
        let (team, cells) = instance(
            &*batch(&BuildOptions { levels: Some(Levels::Fixed(1)), ..options(1.0, 1.0, 1) }, seed),
            0,
        );
        let (dx, dy) = [(1, 0), (0, 1), (-1, 0), (0, -1)][team.dir[0] as usize];
        cells[((team.x[0] as i32 + dx) * SIZE as i32 + team.y[0] as i32 + dy) as usize] == EMPTY
    });
    let mut env = level(1.0, seed.unwrap(), Device::Native, ahead);
    let goal = goals(&env.instance(0).unwrap().1);
    for _ in 0..3 {
        as_dyn(&mut env).step(&[DONE]).unwrap();
    }
    let step = as_dyn(&mut env).step(&[FORWARD]).unwrap();
    assert_eq!((step.terminated[0], step.info.success[0], step.info.subgoal[0]), (true, true, 2));
    assert_eq!(goals(&env.instance(0).unwrap().1), goal);
}

#[test]
fn levels_and_options_that_make_no_sense_are_refused() {
    let task = TASKS.iter().find(|task| task.id == ID).unwrap();
    let options = BuildOptions { levels: Some(Levels::Fixed(1)), ..options(0.8, 1.0, 1) };
    let mut batch = Batch::new(MultiGrid::new(task, &options).unwrap(), options).unwrap();
    as_dyn(&mut batch).reset(1).unwrap();
    for change in [|team: &mut Team| team.goal_to = 64, |team: &mut Team| team.goal_from = u32::MAX] {
        let mut levels = batch.levels().unwrap().clone();
        change(&mut levels.states[0]);
        let error = batch.set_levels(levels).unwrap_err().to_string();
        assert!(error.contains("cell") && error.contains("of 64"), "{error}");
    }
    for (id, value, allowed) in [
        (ID, 1.5, "numbers from 0 to 1"),
        (ID, -0.1, "numbers from 0 to 1"),
        ("MultiGrid-DoorKey-8x8-N2-v0", 0.5, "has no option"),
    ] {
        let given = [("p_move".to_owned(), value.into())].into();
        let error = registry().make(id, &BuildOptions { options: given, ..BuildOptions::default() });
        let error = error.err().expect("refused").to_string();
        assert!(error.contains("p_move") && error.contains(allowed), "{error}");
    }
}
