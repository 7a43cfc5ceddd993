//! From the grammar to the record: which objects of a fresh level an instruction is about, and the packing.
//! Levels that an instruction makes no sense in are rejected here, as Farama's `validate_instrs` does.

use pentathlon_engine::GenerationError;

use super::{
    grammar::{Action, Description, Instruction},
    record::{
        MAX_OBJECTS,
        records::{ACTIONS_AT, OBJECTS_AT, PLAN_AT, PUT_NEXT, object_word},
    },
    rooms::{Placed, Rooms, rejected},
};
use crate::minigrid::components::records::KEY;

/// Writes the record of `instruction` behind the cells of the level.
///
/// # Errors
/// When it is about more objects than a record holds.
pub(in crate::minigrid) fn compile(
    rooms: &mut Rooms<'_, '_>,
    instruction: &Instruction,
) -> Result<(), GenerationError> {
    let mut objects: [(Placed, u32); MAX_OBJECTS] = [(Placed::default(), 0); MAX_OBJECTS];
    let mut count = 0;
    let mut words = [0; 4];
    let mut walks = 0;
    for (index, action) in instruction.actions().enumerate() {
        words[index] = action_word(rooms, &action);
        walks += if action.verb == PUT_NEXT { 2 } else { 1 };
        for (second, description) in action.descriptions().enumerate() {
            let role = 1 << (2 * index + second);
            for object in rooms.matching(description) {
                let known = objects[..count].iter().position(|(known, _)| known.position == object.position);
                let entry = known.unwrap_or(count);
                if entry == MAX_OBJECTS {
                    return Err(rejected("an instruction about too many objects"));
                }
                objects[entry] = (*object, objects[entry].1 | role);
                count = count.max(entry + 1);
            }
        }
    }
    let (first, second) = instruction.stages();
    let (first, second) =
        (first.actions().count() as u32, second.map_or(0, |part| part.actions().count()) as u32);
    let backwards = u32::from(matches!(instruction, Instruction::After(..)));
    let plan = first | second << 2 | backwards << 4 | walks << 5 | (count as u32) << 10;
    let places: [u32; MAX_OBJECTS] =
        std::array::from_fn(|entry| rooms.level().index(objects[entry].0.position));
    let record = &mut rooms.level().tail;
    record.fill(0);
    record[PLAN_AT as usize] = plan;
    record[ACTIONS_AT as usize..][..words.len()].copy_from_slice(&words);
    for (entry, word) in record[OBJECTS_AT as usize..][..count].iter_mut().enumerate() {
        *word = object_word(places[entry], places[entry], objects[entry].1);
    }
    Ok(())
}

/// The word of an action.
fn action_word(rooms: &Rooms<'_, '_>, action: &Action) -> u32 {
    let object = description_bits(rooms, action.object);
    let beside = action.beside.map_or(0, |beside| description_bits(rooms, beside));
    action.verb | u32::from(action.strict) << 3 | object << 4 | beside << 15
}

fn description_bits(rooms: &Rooms<'_, '_>, description: Description) -> u32 {
    let Description { kind, color, side } = description;
    let several = u32::from(rooms.matches_several(description));
    kind.unwrap_or(0)
        | color.map_or(0, |color| color + 1) << 4
        | side.map_or(0, |side| side as u32) << 7
        | several << 10
}

/// Whether a level can ask for `instruction`: nothing is to be put next to what it lies next to already, and
/// with `spares_keys` no key that opens a locked door is asked for.
///
/// # Errors
/// When it cannot.
pub(in crate::minigrid) fn validate(
    rooms: &Rooms<'_, '_>,
    instruction: &Instruction,
    spares_keys: bool,
) -> Result<(), GenerationError> {
    let locked = if spares_keys { rooms.locked_colors() } else { 0 };
    for action in instruction.actions() {
        if let Some(beside) = action.beside {
            for object in rooms.matching(action.object) {
                for other in rooms.matching(beside) {
                    let (dx, dy) =
                        (object.position.0 - other.position.0, object.position.1 - other.position.1);
                    if dx.abs() + dy.abs() <= 1 {
                        return Err(rejected("an object is next to the other already"));
                    }
                }
            }
        }
        let opens_door = |description: Description| {
            description.kind == Some(KEY) && description.color.is_some_and(|color| locked >> color & 1 == 1)
        };
        if action.descriptions().any(opens_door) {
            return Err(rejected("a key that a locked door needs"));
        }
    }
    Ok(())
}
