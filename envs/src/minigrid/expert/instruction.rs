//! Following BabyAI's instructions: stage by stage, and within a stage the nearest action first.

use pentathlon_engine::episode::records::{RUNNING, SUCCESS};

use super::world::{Halt, Progress, World};
use crate::minigrid::{
    babyai::{
        record::records::{
            ACTIONS_AT, CARRIED, GO_TO, NO_PLACE, OBJECTS_AT, OPEN_DOOR, PICK_UP, PLAN_AT, PROGRESS_AT,
            first_actions, is_strict, objects_of, place_of, roles_of, second_actions, seen_at, verb_of,
        },
        verifier::rules::{is_due, progress_of},
    },
    components::records::{CLOSED, EMPTY, LOCKED, color_of, state_of},
    rules::movement::rules::{DONE, DROP, TOGGLE, can_pick_up},
};

/// Attempts at one action.
const MAX_ATTEMPTS: usize = 8;

/// Follows the instruction to its end.
///
/// # Errors
/// When the episode is over, which success is one way of, or the expert knows no further.
pub(super) fn follow(world: &mut World<'_>) -> Progress {
    loop {
        let due = due_actions(world);
        // Each is tried on a copy; the one that takes least is done first.
        let mut best: Option<(usize, World<'_>, Progress)> = None;
        for &index in &due {
            let mut copy = world.clone();
            let result = carry_out(&mut copy, index);
            let worked = result == Ok(()) || copy.verdict() == SUCCESS;
            if worked && best.as_ref().is_none_or(|(steps, ..)| copy.actions.len() < *steps) {
                best = Some((copy.actions.len(), copy, result));
            }
        }
        match best {
            Some((_, copy, result)) => {
                *world = copy;
                result?;
            }
            None => {
                // Show how far it got.
                let index = due.first().copied().ok_or(Halt::Stuck)?;
                return carry_out(world, index).and(Err(Halt::Stuck));
            }
        }
    }
}

/// The actions whose turn it is.
fn due_actions(world: &World<'_>) -> Vec<u32> {
    let record = world.record();
    let plan = record[PLAN_AT as usize];
    let progress = progress_of(record[PROGRESS_AT as usize]);
    (0..first_actions(plan) + second_actions(plan)).filter(|&index| is_due(plan, progress, index)).collect()
}

/// Whether an action is done.
fn is_done(world: &World<'_>, index: u32) -> bool {
    progress_of(world.record()[PROGRESS_AT as usize]).done >> index & 1 == 1
}

/// Does one action of the instruction.
fn carry_out(world: &mut World<'_>, index: u32) -> Progress {
    for _ in 0..MAX_ATTEMPTS {
        let result = match verb_of(world.record()[(ACTIONS_AT + index) as usize]) {
            GO_TO => go_to(world, index),
            OPEN_DOOR => open(world, index),
            PICK_UP => pick_up(world, index),
            _ => put_next(world, index),
        };
        if is_done(world, index) || result.is_err() {
            return result;
        }
    }
    Err(Halt::Stuck)
}

/// The objects of the record that count for description `second` of action `index`.
fn objects(world: &World<'_>, index: u32, second: u32) -> impl Iterator<Item = u32> {
    let record = world.record();
    let count = objects_of(record[PLAN_AT as usize]) as usize;
    let role = 1 << (2 * index + second);
    record[OBJECTS_AT as usize..][..count].iter().copied().filter(move |object| roles_of(*object) & role != 0)
}

/// Cells of objects that are on the grid.
fn cells_of(objects: impl Iterator<Item = u32>) -> Vec<usize> {
    objects.map(place_of).filter(|place| *place < NO_PLACE).map(|place| place as usize).collect()
}

fn go_to(world: &mut World<'_>, index: u32) -> Progress {
    let seen: Vec<u32> = objects(world, index, 0).map(seen_at).filter(|place| *place < NO_PLACE).collect();
    let seen: Vec<usize> = seen.into_iter().map(|place| place as usize).collect();
    world.face(&seen, 0)?;
    world.look();
    // Looking at it counts with the next step, whatever that is.
    if is_done(world, index) { Ok(()) } else { world.act(DONE) }
}

fn open(world: &mut World<'_>, index: u32) -> Progress {
    let doors = cells_of(objects(world, index, 0));
    let (locked, others): (Vec<usize>, Vec<usize>) =
        doors.into_iter().partition(|place| state_of(world.cells()[*place]) == LOCKED);
    let mut free = world.clone();
    if !others.is_empty() && free.face(&others, 0) != Err(Halt::Stuck) {
        *world = free;
    } else {
        let door = *locked.first().ok_or(Halt::Stuck)?;
        let color = color_of(world.cells()[door]);
        world.fetch_key(color, 0)?;
        world.face(&[door], 0)?;
    }
    if world.verdict() != RUNNING {
        return Err(Halt::Over);
    }
    // A door that stands open has to be closed first.
    if state_of(world.front_cell()) != CLOSED && state_of(world.front_cell()) != LOCKED {
        world.act(TOGGLE)?;
    }
    world.act(TOGGLE)
}

fn pick_up(world: &mut World<'_>, index: u32) -> Progress {
    world.put_aside(&[])?;
    let places = cells_of(objects(world, index, 0));
    world.hands_off = is_strict(world.record()[(ACTIONS_AT + index) as usize]);
    let result = world.take(&places, 0);
    world.hands_off = false;
    result
}

fn put_next(world: &mut World<'_>, index: u32) -> Progress {
    let holds = |world: &World<'_>| objects(world, index, 0).any(|object| place_of(object) == CARRIED);
    if !holds(world) {
        let places = cells_of(objects(world, index, 0));
        world.take(&places, 0)?;
    } else if world.record()[PROGRESS_AT as usize] >> index & 1 == 0 {
        // What is in hand counts only once the instruction has seen it there.
        world.act(DONE)?;
    }
    let mut beside = Vec::new();
    for place in objects(world, index, 1).map(seen_at).filter(|place| *place < NO_PLACE) {
        beside.extend((0..4).map(|dir| world.ahead(place as usize, dir)));
    }
    let pick = |world: &World<'_>, is_wanted: fn(u32) -> bool| -> Vec<usize> {
        beside.iter().copied().filter(|place| is_wanted(world.cells()[*place])).collect()
    };
    let spots = pick(world, |cell| cell == EMPTY);
    let mut direct = world.clone();
    if direct.face(&spots, 0) == Err(Halt::Stuck) {
        // All places beside it are taken: one is cleared.
        let taken = pick(world, can_pick_up);
        world.put_aside(&beside)?;
        world.take(&taken, 0)?;
        return world.put_aside(&beside);
    }
    *world = direct;
    if world.verdict() != RUNNING {
        return Err(Halt::Over);
    }
    if holds(world) && world.front_cell() == EMPTY { world.act(DROP) } else { Ok(()) }
}
