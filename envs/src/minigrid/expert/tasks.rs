//! The missions of MiniGrid's own tasks, one way for each objective.

use super::world::{Halt, Progress, World};
use crate::minigrid::{
    components::records::{EMPTY, GOAL, color_of, kind_of, state_of},
    rules::{
        geometry::rules::axis_distance,
        movement::rules::{DONE, DROP, FORWARD, TOGGLE, looks_like},
        objectives::rules::is_open_door,
    },
    tasks::Objective,
};

/// Fulfils the mission of a task that has no instruction.
///
/// # Errors
/// When the episode is over, which success is one way of, or the expert knows no further.
pub(super) fn solve(world: &mut World<'_>) -> Progress {
    let task = world.domain().task();
    let state = *world.state();
    let target = (state.target_x * task.height + state.target_y) as usize;
    let other = (state.other_x * task.height + state.other_y) as usize;
    let is_target = |cell: u32| looks_like(cell, state.target_cell);
    match task.objective {
        Objective::Goal | Objective::DynamicObstacles => {
            let goals = world.places(|cell| kind_of(cell) == GOAL);
            world.face(&goals, 0)?;
            world.act(FORWARD)
        }
        Objective::Memory => {
            world.face(&[target], 0)?;
            world.act(FORWARD)
        }
        Objective::Fetch => take_target(world, is_target),
        Objective::GoToDoor | Objective::GoToObject => {
            world.face(&[target], 0)?;
            world.act(DONE)
        }
        Objective::PutNear => {
            take_target(world, is_target)?;
            let near = |place: usize| {
                let (x, y) = (place as u32 / task.height, place as u32 % task.height);
                axis_distance(x, state.other_x) <= 1 && axis_distance(y, state.other_y) <= 1
            };
            let spots: Vec<usize> =
                world.places(|cell| cell == EMPTY).into_iter().filter(|place| near(*place)).collect();
            world.face(&spots, 0)?;
            world.act(DROP)
        }
        Objective::RedBlueDoors => {
            for door in [target, other] {
                if !is_open_door(world.cells()[door]) {
                    world.face(&[door], 0)?;
                    world.act(TOGGLE)?;
                }
            }
            Err(Halt::Stuck)
        }
        Objective::Unlock => {
            let door = world.cells()[target];
            if state_of(door) != 0 {
                world.fetch_key(color_of(door), 0)?;
            } else {
                world.face(&[target], 0)?;
                world.act(TOGGLE)?;
            }
            world.face(&[target], 0)?;
            world.act(TOGGLE)
        }
        Objective::PickupTarget => {
            world.put_aside(&[])?;
            take_target(world, is_target)
        }
        Objective::Instruction => Err(Halt::Stuck),
    }
}

/// Takes an object that looks like the target in hand.
fn take_target(world: &mut World<'_>, is_target: impl Fn(u32) -> bool) -> Progress {
    if is_target(world.state().carrying) {
        return Ok(());
    }
    let places = world.places(is_target);
    world.take(&places, 0)
}
