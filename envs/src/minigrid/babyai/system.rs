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

#[cfg(test)]
mod tests {
    use pentathlon_engine::episode::records::{FAILURE, SUCCESS};

    use super::{
        super::record::{
            INSTRUCTION_WORDS,
            records::{
                CARRIED, GO_TO, NO_PLACE, OPEN_DOOR, PICK_UP, PUT_NEXT, object_word, place_of, seen_at,
            },
        },
        *,
    };
    use crate::minigrid::{
        components::records::{BALL, BLUE, BOX, CLOSED, DOOR, EMPTY, KEY, OPEN, RED, cell},
        rules::movement::rules::{DONE, DROP, FORWARD, LEFT, PICKUP, TOGGLE},
        rules::transition::rules,
        tasks::objective::objectives::FOLLOW_INSTRUCTION,
    };

    const HEIGHT: u32 = 8;

    fn settings() -> Settings {
        let zeroed = bytemuck::Zeroable::zeroed();
        Settings { width: 8, height: HEIGHT, objective: FOLLOW_INSTRUCTION, ..zeroed }
    }

    /// An instruction of `first` and `second` actions about objects at cells, with their roles.
    fn record(first: u32, second: u32, actions: &[u32], objects: &[(u32, u32)]) -> Vec<u32> {
        let mut record = vec![0; INSTRUCTION_WORDS];
        record[PLAN_AT as usize] = first | second << 2 | 1 << 5 | (objects.len() as u32) << 10;
        record[ACTIONS_AT as usize..][..actions.len()].copy_from_slice(actions);
        for (word, (place, roles)) in record[OBJECTS_AT as usize..].iter_mut().zip(objects) {
            *word = object_word(*place, *place, *roles);
        }
        record
    }

    /// An agent at (3, 4), which looks right onto cell (4, 4).
    fn agent(carrying: u32) -> State {
        State { x: 3, y: 4, carrying, ..bytemuck::Zeroable::zeroed() }
    }

    const FRONT: u32 = 4 * HEIGHT + 4;
    const STRICT: u32 = 8;

    /// Follows a step with `front` in front of the agent.
    fn step(record: &mut [u32], state: State, front: u32, action: u32) -> u32 {
        let step = rules::transition(FOLLOW_INSTRUCTION, state, action, front, front, EMPTY, EMPTY);
        follow(record, &step, &settings()).verdict
    }

    #[test]
    fn going_to_something_is_looking_at_where_it_was_seen() {
        let ball = cell(BALL, RED, 0);
        let mut record = record(1, 0, &[GO_TO], &[(FRONT, 1)]);
        assert_eq!(step(&mut record.clone(), agent(0), ball, DONE), SUCCESS);
        assert_eq!(step(&mut record.clone(), agent(0), ball, LEFT), RUNNING);
        // The place counts although the object is in hand, until something is dropped.
        record[OBJECTS_AT as usize] = object_word(CARRIED, FRONT, 1);
        assert_eq!(step(&mut record.clone(), agent(ball), EMPTY, FORWARD), RUNNING, "one cell further");
        assert_eq!(step(&mut record.clone(), agent(ball), EMPTY, DONE), SUCCESS);
        let turned = State { dir: 1, ..agent(ball) };
        assert_eq!(step(&mut record, turned, EMPTY, DROP), SUCCESS, "it lies in front again");
    }

    #[test]
    fn objects_are_followed_in_and_out_of_hand() {
        let ball = cell(BALL, RED, 0);
        let mut record = record(1, 0, &[PUT_NEXT], &[(FRONT, 1)]);
        let object = |record: &[u32]| {
            let object = record[OBJECTS_AT as usize];
            (place_of(object), seen_at(object))
        };
        step(&mut record, agent(0), ball, PICKUP);
        assert_eq!(object(&record), (CARRIED, FRONT));
        let elsewhere = State { dir: 2, ..agent(ball) };
        step(&mut record, elsewhere, cell(2, 5, 0), DROP);
        assert_eq!(object(&record), (CARRIED, NO_PLACE), "a drop that failed looks around too");
        step(&mut record, elsewhere, EMPTY, DROP);
        let behind = 2 * HEIGHT + 4;
        assert_eq!(object(&record), (behind, behind));
        let boxed = cell(BOX, RED, 0);
        step(&mut record, State { dir: 2, ..agent(0) }, boxed, TOGGLE);
        assert_eq!(object(&record), (NO_PLACE, behind), "an opened box is gone");
    }

    #[test]
    fn opening_counts_with_the_door_in_question() {
        let (closed, open) = (cell(DOOR, RED, CLOSED), cell(DOOR, RED, OPEN));
        let wanted = record(1, 0, &[OPEN_DOOR], &[(FRONT, 1)]);
        assert_eq!(step(&mut wanted.clone(), agent(0), closed, TOGGLE), SUCCESS);
        assert_eq!(step(&mut wanted.clone(), agent(0), open, TOGGLE), RUNNING);
        let other = record(1, 0, &[OPEN_DOOR], &[(9, 1)]);
        assert_eq!(step(&mut other.clone(), agent(0), closed, TOGGLE), RUNNING);
        let strict = record(1, 0, &[OPEN_DOOR | STRICT], &[(9, 1)]);
        assert_eq!(step(&mut strict.clone(), agent(0), closed, TOGGLE), FAILURE);
    }

    #[test]
    fn picking_up_needs_empty_hands() {
        let key = cell(KEY, BLUE, 0);
        let mut wanted = record(1, 0, &[PICK_UP], &[(FRONT, 1)]);
        assert_eq!(step(&mut wanted.clone(), agent(0), key, PICKUP), SUCCESS);
        step(&mut wanted, agent(key), key, DONE);
        assert_eq!(step(&mut wanted, agent(key), key, PICKUP), RUNNING);
        let mut strict = record(1, 0, &[PICK_UP | STRICT], &[(9, 1)]);
        assert_eq!(step(&mut strict, agent(0), key, PICKUP), FAILURE);
    }

    #[test]
    fn putting_next_looks_at_the_sides_of_where_it_was_dropped() {
        let ball = cell(BALL, RED, 0);
        let beside = |other: u32| {
            let mut record = record(1, 0, &[PUT_NEXT], &[(FRONT, 1), (other, 2)]);
            record[OBJECTS_AT as usize] = object_word(CARRIED, FRONT, 1);
            step(&mut record, agent(ball), cell(2, 5, 0), DONE);
            step(&mut record, agent(ball), EMPTY, DROP)
        };
        for (other, verdict) in [
            (FRONT + 1, SUCCESS),
            (FRONT - HEIGHT, SUCCESS),
            (FRONT + HEIGHT + 1, RUNNING),
            (FRONT + 2, RUNNING),
        ] {
            assert_eq!(beside(other), verdict, "{other}");
        }
        // What was in hand before the first step is not known to have been.
        let mut given = record(1, 0, &[PUT_NEXT], &[(FRONT, 1), (FRONT + 1, 2)]);
        given[OBJECTS_AT as usize] = object_word(CARRIED, FRONT, 1);
        assert_eq!(step(&mut given, agent(ball), EMPTY, DROP), RUNNING);
    }

    #[test]
    fn stages_follow_each_other_within_a_step() {
        let ball = cell(BALL, RED, 0);
        // First go to it, then go to it: one look is enough.
        let mut twice = record(1, 1, &[GO_TO, GO_TO], &[(FRONT, 0b101)]);
        assert_eq!(step(&mut twice, agent(0), ball, DONE), SUCCESS);
        // The second stage does not count before the first.
        let mut early = record(1, 1, &[GO_TO, PICK_UP], &[(9, 1), (FRONT, 4)]);
        assert_eq!(step(&mut early, agent(0), ball, PICKUP), RUNNING);
        assert_eq!(early[PROGRESS_AT as usize], 1, "only the first was verified");
    }

    #[test]
    fn within_and_the_order_is_free_and_failures_are_forgotten() {
        let (ball, door) = (cell(BALL, RED, 0), cell(DOOR, RED, CLOSED));
        let mut both = record(2, 0, &[OPEN_DOOR | STRICT, PICK_UP], &[(9, 1), (FRONT, 4)]);
        assert_eq!(step(&mut both, agent(0), door, TOGGLE), RUNNING, "a wrong door");
        assert_eq!(step(&mut both, agent(0), ball, PICKUP), RUNNING);
        both[OBJECTS_AT as usize] = object_word(FRONT, FRONT, 1);
        assert_eq!(step(&mut both, agent(ball), door, TOGGLE), SUCCESS);
    }
}
