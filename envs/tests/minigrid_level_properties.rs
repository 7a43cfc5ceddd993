//! Properties of generated levels, whatever the seed and the layout options: nothing panics, the agent
//! stands on a free cell inside walls, and what the mission asks for can be reached.

use pentathlon_envs::minigrid::{
    components::records::{
        BOX, DOOR, EMPTY, GOAL, KEY, LAVA, LOCKED, State, WALL, color_of, contents_of, kind_of, state_of,
    },
    tasks::{Family, Objective, Task, objective::objectives::NO_OBSTACLE, tasks},
};
use pentathlon_gym::seeding::philox::Philox;
use proptest::prelude::*;

struct Level<'t> {
    task: &'t Task,
    state: State,
    items: Vec<u32>,
}

impl<'t> Level<'t> {
    fn generate(task: &'t Task, seed: u64, context: &[f32]) -> Result<Self, String> {
        let mut level = Self { task, state: bytemuck::Zeroable::zeroed(), items: vec![0; task.items()] };
        let mut random = Philox::for_level(seed, 0);
        task.generate(&mut random, context, &mut level.state, &mut level.items)
            .map_err(|error| format!("{}, seed {seed}, {context:?}: {error}", task.id))?;
        Ok(level)
    }

    fn cell(&self, x: u32, y: u32) -> u32 {
        self.items[(x * self.task.height + y) as usize]
    }

    /// The cells that the agent can get to when it moves objects out of its way and opens doors,
    /// locked ones with keys that it can get to.
    fn reachable(&self) -> Vec<bool> {
        let mut keys = 0u32;
        loop {
            let reached = self.reachable_with(keys);
            let mut found = keys;
            for (index, _) in reached.iter().enumerate().filter(|(_, reached)| **reached) {
                let cell = self.items[index];
                let object = if kind_of(cell) == BOX { contents_of(cell) } else { cell };
                if kind_of(object) == KEY {
                    found |= 1 << color_of(object);
                }
            }
            if found == keys {
                return reached;
            }
            keys = found;
        }
    }

    fn reachable_with(&self, keys: u32) -> Vec<bool> {
        let (width, height) = (self.task.width, self.task.height);
        let mut reached = vec![false; (width * height) as usize];
        let mut open = vec![(self.state.x, self.state.y)];
        while let Some((x, y)) = open.pop() {
            let index = (x * height + y) as usize;
            let cell = self.items[index];
            let closed = match kind_of(cell) {
                WALL | LAVA => true,
                DOOR => state_of(cell) == LOCKED && keys & (1 << color_of(cell)) == 0,
                _ => false,
            };
            if closed || reached[index] {
                continue;
            }
            reached[index] = true;
            for (next_x, next_y) in [(x + 1, y), (x.wrapping_sub(1), y), (x, y + 1), (x, y.wrapping_sub(1))] {
                if next_x < width && next_y < height {
                    open.push((next_x, next_y));
                }
            }
        }
        reached
    }
}

/// A registered task, a seed and a context in range.
fn levels() -> impl Strategy<Value = (&'static Task, u64, Vec<f32>)> {
    (0..tasks().len(), any::<u64>()).prop_flat_map(|(index, seed)| {
        let task = &tasks()[index];
        let context: Vec<_> = task
            .context()
            .iter()
            .map(|parameter| (parameter.low as i32..=parameter.high as i32).prop_map(|value| value as f32))
            .collect();
        (Just(task), Just(seed), context)
    })
}

fn holds_outside_the_room(task: &Task) -> bool {
    matches!(task.family, Family::MultiRoom(_) | Family::GoToDoor(_))
}

fn check(level: &Level<'_>) -> Result<(), TestCaseError> {
    let (task, state) = (level.task, &level.state);
    prop_assert!(state.x < task.width && state.y < task.height && state.dir < 4, "{state:?}");
    prop_assert_eq!(level.cell(state.x, state.y), EMPTY, "the agent's cell");
    prop_assert_eq!((state.carrying, state.reached), (0, 0));

    if !holds_outside_the_room(task) {
        for x in 0..task.width {
            for y in 0..task.height {
                if x == 0 || y == 0 || x == task.width - 1 || y == task.height - 1 {
                    prop_assert_eq!(kind_of(level.cell(x, y)), WALL, "border cell {}, {}", x, y);
                }
            }
        }
    }

    let cells = (task.width * task.height) as usize;
    for &obstacle in &level.items[cells..] {
        prop_assert!(obstacle == NO_OBSTACLE || (obstacle as usize) < cells);
    }

    // In the first version of the blocked mazes a ball may have replaced a box with its key.
    let guaranteed = match task.family {
        Family::ObstructedMaze(maze) => maze.quarters == 0 || maze.doors_first,
        Family::Playground(_) => false,
        _ => true,
    };
    if guaranteed {
        let reachable = level.reachable();
        let target = (state.target_x * task.height + state.target_y) as usize;
        prop_assert!(reachable[target], "the target cannot be reached");
        if matches!(task.objective, Objective::Goal | Objective::DynamicObstacles) {
            prop_assert_eq!(kind_of(level.items[target]), GOAL);
        }
        if matches!(
            task.objective,
            Objective::Fetch
                | Objective::GoToDoor
                | Objective::GoToObject
                | Objective::PutNear
                | Objective::RedBlueDoors
                | Objective::Unlock
                | Objective::PickupTarget
        ) {
            prop_assert_eq!(level.items[target], state.target_cell);
        }
        if matches!(task.objective, Objective::PutNear | Objective::RedBlueDoors) {
            prop_assert_eq!(level.cell(state.other_x, state.other_y), state.other_cell);
        }
    }
    prop_assert_eq!(task.mission(state).is_empty(), task.mission_template().is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn every_level_is_sound_and_solvable((task, seed, context) in levels()) {
        let level = Level::generate(task, seed, &context).map_err(TestCaseError::fail)?;
        check(&level)?;
    }

    #[test]
    fn a_context_out_of_range_never_panics(
        (index, seed) in (0..tasks().len(), any::<u64>()),
        context in prop::collection::vec(any::<f32>(), 0..4),
    ) {
        let _ = Level::generate(&tasks()[index], seed, &context);
    }
}

#[test]
fn defaults_in_the_context_change_nothing() {
    for task in tasks() {
        let defaults: Vec<f32> = task.context().iter().map(|parameter| parameter.default).collect();
        for seed in 0..5 {
            let level = Level::generate(task, seed, &defaults).unwrap();
            let plain = Level::generate(task, seed, &[]).unwrap();
            assert_eq!((level.state, level.items), (plain.state, plain.items), "{}", task.id);
        }
    }
}

#[test]
fn the_key_of_door_key_is_on_the_agents_side() {
    for task in tasks().iter().filter(|task| matches!(task.family, Family::DoorKey(_))) {
        for seed in 0..500 {
            let level = Level::generate(task, seed, &[]).unwrap();
            let column_of = |kind| {
                let index = level.items.iter().position(|&cell| kind_of(cell) == kind).unwrap();
                index as u32 / task.height
            };
            let wall = column_of(DOOR);
            assert!(level.state.x < wall && column_of(KEY) < wall && wall < column_of(GOAL));
        }
    }
}

#[test]
fn subgoals_and_options_are_well_formed() {
    for task in tasks() {
        let mut seen = std::collections::HashSet::new();
        for subgoal in task.subgoals() {
            assert!(seen.insert(subgoal.event), "{}: {} twice", task.id, subgoal.name);
        }
        assert!(!task.subgoals().is_empty(), "{}", task.id);
        for parameter in task.context() {
            assert!(parameter.low <= parameter.default && parameter.default <= parameter.high);
        }
        let page = task.description();
        for heading in ["Mission:", "Actions:", "Observation:", "Rewards:", "Termination:"] {
            assert!(page.contains(heading), "{}: {heading}", task.id);
        }
        assert!(page.contains(task.id));
    }
}
