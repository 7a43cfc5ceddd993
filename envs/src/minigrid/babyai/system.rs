//! The native shell of instructions: runs the verifier over the record of an environment.

use pentathlon_engine::episode::records::RUNNING;

use super::{
    record::{
        MAX_ACTIONS, MAX_OBJECTS,
        records::{
            ACTIONS_AT, OBJECTS_AT, PLAN_AT, PROGRESS_AT, first_actions, objects_of, second_actions, walks_of,
        },
    },
    verifier::rules::{
        Progress, action_field, advanced, deed_of, is_due, moved_object, no_sight, progress_of,
        progress_word, verified, with_given_object, with_object, without_given_object,
    },
};
use crate::minigrid::{
    components::records::State,
    rules::{
        geometry::rules::{cell_at, is_inside},
        objectives::rules::makes_a_difference,
        settings::rules::Settings,
        transition::rules::Transition,
    },
    systems::transition,
};

/// Fields of an action in the `instruction` observation; see [`action_field`].
pub(in crate::minigrid) const ACTION_FIELDS: usize = 8;

/// Number of values of each field of an action.
pub(in crate::minigrid) const FIELD_VALUES: [u32; ACTION_FIELDS] = [2, 5, 8, 7, 5, 8, 7, 5];

/// What a step did for an instruction.
pub(in crate::minigrid) struct Followed {
    /// `RUNNING`, `SUCCESS` or `FAILURE`.
    pub verdict: u32,
    /// The actions that the step fulfilled, as a bit set.
    pub fulfilled: u32,
}

/// Follows a step: what it did to the objects of the record, and how far the instruction has come.
#[inline]
pub(in crate::minigrid) fn follow(record: &mut [u32], step: &Transition, settings: &Settings) -> Followed {
    let deed = deed_of(*step, settings.width, settings.height);
    let plan = record[PLAN_AT as usize];
    let mut sight = no_sight();
    for object in &mut record[OBJECTS_AT as usize..][..(objects_of(plan) as usize).min(MAX_OBJECTS)] {
        let moved = moved_object(*object, deed);
        sight = with_object(sight, *object, moved, deed);
        *object = moved;
    }
    let before = progress_of(record[PROGRESS_AT as usize]);
    let mut progress = before;
    for index in 0..(first_actions(plan) + second_actions(plan)).min(MAX_ACTIONS as u32) {
        if is_due(plan, progress, index) {
            let called = before.called >> index & 1 == 1;
            let action = record[(ACTIONS_AT + index) as usize];
            progress = advanced(plan, progress, index, verified(action, index, called, sight, deed));
        }
    }
    record[PROGRESS_AT as usize] = progress_word(progress);
    let Progress { done, verdict, .. } = progress;
    Followed { verdict, fulfilled: done & !before.done }
}

/// Gives the agent the object that it has from its first action on, if there is one.
#[inline]
pub(in crate::minigrid) fn give_object(state: &mut State, cells: &mut [u32], height: u32) {
    if state.target_cell != 0 {
        let place = (state.target_x * height + state.target_y) as usize;
        cells[place] = without_given_object(*state, state.target_x, state.target_y, cells[place]);
        *state = with_given_object(*state);
    }
}

/// Writes one byte an action: 1 where it would change something or end the episode, else 0.
pub(in crate::minigrid) fn write_action_mask(
    settings: &Settings,
    state: &State,
    cells: &[u32],
    record: &[u32],
    row: &mut [u8],
) {
    let given = with_given_object(*state);
    let ahead = cell_at(state.x, state.y, state.dir, 1, 0);
    let frees_front = state.target_cell != 0
        && is_inside(ahead, settings.width, settings.height)
        && (ahead.x as u32, ahead.y as u32) == (state.target_x, state.target_y);
    for (action, allowed) in row.iter_mut().enumerate() {
        let step = transition(settings, given, cells, action as u32, frees_front);
        let mut tried = [0; super::record::INSTRUCTION_WORDS];
        tried.copy_from_slice(record);
        let ends = follow(&mut tried, &step, settings).verdict != RUNNING;
        *allowed = u8::from(ends || makes_a_difference(settings.objective, step));
    }
}

/// Writes the instruction as numbers, `[MAX_ACTIONS, ACTION_FIELDS]` of them.
pub(in crate::minigrid) fn write_fields(record: &[u32], row: &mut [i32]) {
    let plan = record[PLAN_AT as usize];
    for (index, fields) in row.chunks_exact_mut(ACTION_FIELDS).enumerate() {
        let action = record[ACTIONS_AT as usize + index];
        for (field, value) in fields.iter_mut().enumerate() {
            *value = action_field(plan, action, index as u32, field as u32) as i32;
        }
    }
}

/// Whether the rules can run on a record that came from outside; `most_walks` is the number of distances
/// that rewards are tabulated for.
pub(in crate::minigrid) fn check_record(record: &[u32], most_walks: u32) -> Result<(), String> {
    let plan = record[PLAN_AT as usize];
    let (first, second) = (first_actions(plan), second_actions(plan));
    if !(1..=2).contains(&first) || second > 2 || plan >> 16 != 0 {
        return Err(format!("the instruction has the plan {plan:#x}, with {first} and {second} actions"));
    }
    if !(1..=most_walks).contains(&walks_of(plan)) {
        return Err(format!("the instruction asks for {} walks, allowed: 1 to {most_walks}", walks_of(plan)));
    }
    if objects_of(plan) as usize > MAX_OBJECTS {
        return Err(format!("the instruction has {} objects, at most {MAX_OBJECTS}", objects_of(plan)));
    }
    if record[PROGRESS_AT as usize] > 255 {
        return Err(format!("the instruction's progress is {:#x}", record[PROGRESS_AT as usize]));
    }
    for index in 0..MAX_ACTIONS as u32 {
        let action = record[(ACTIONS_AT + index) as usize];
        let is_there = index < first + second;
        let fields: [u32; ACTION_FIELDS] =
            std::array::from_fn(|field| action_field(plan, action, index, field as u32));
        let fits = fields.iter().zip(FIELD_VALUES).all(|(value, values)| *value < values);
        let kinds = [fields[2], fields[5]].into_iter().all(|kind| kind == 0 || kind >= 4);
        if is_there != (fields[1] != 0) || !fits || !kinds || action >> 26 != 0 {
            return Err(format!("action {index} of the instruction is {action:#x}"));
        }
    }
    match record[OBJECTS_AT as usize..].iter().position(|object| object >> 26 != 0) {
        Some(index) => Err(format!("object {index} of the instruction is no object")),
        None => Ok(()),
    }
}
