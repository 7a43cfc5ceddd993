//! The record of an instruction: what BabyAI's instruction objects hold, in [`INSTRUCTION_WORDS`] words of
//! an environment's array, right after the cells.
//!
//! | word | holds |
//! | --- | --- |
//! | [`PLAN_AT`](records::PLAN_AT) | how many actions there are in either stage, and how the sentence is phrased |
//! | [`PROGRESS_AT`](records::PROGRESS_AT) | which actions have been verified before, and which are done |
//! | [`ACTIONS_AT`](records::ACTIONS_AT) and on | up to four actions, in the order in which they are carried out |
//! | `OBJECTS_AT` and on | the objects that the actions are about |
//!
//! An instruction has one stage, or two that follow each other ("then", "after you"); a stage has one
//! action, or two in any order ("and"). An action is about one description, or two (`put next`), so a word
//! of eight bits says for which descriptions an object counts: bit `2 * action + (0 or 1)`.

use self::records::OBJECTS_AT;

/// Words of the record.
pub const INSTRUCTION_WORDS: usize = OBJECTS_AT as usize + MAX_OBJECTS;

/// Objects that an instruction can be about: more than any level holds that match its descriptions.
pub const MAX_OBJECTS: usize = 34;

/// Actions at most.
pub const MAX_ACTIONS: usize = 4;

/// Places and packing, the same on both devices.
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod records {
    /// The plan: bits 0-1 actions of the first stage, 2-3 of the second, 4 whether the sentence names the
    /// second stage first ("after you"), 5-9 distances to walk (the step limit counts them), 10-15 objects.
    pub const PLAN_AT: u32 = 0u32;
    /// Bits 0-3: actions that have been verified before; bits 4-7: actions that are done.
    pub const PROGRESS_AT: u32 = 1u32;
    /// First of the four actions: bits 0-2 verb, 3 strict, 4-14 and 15-25 descriptions.
    pub const ACTIONS_AT: u32 = 2u32;
    /// First of the objects: bits 0-8 cell where it is, 9-17 cell where the instruction last saw it,
    /// 18-25 the descriptions that it counts for.
    pub const OBJECTS_AT: u32 = 6u32;

    /// Look at one of the objects from the cell before it.
    pub const GO_TO: u32 = 1u32;
    /// Open one of the doors.
    pub const OPEN_DOOR: u32 = 2u32;
    /// Pick up one of the objects.
    pub const PICK_UP: u32 = 3u32;
    /// Put one of the objects down beside one of the others.
    pub const PUT_NEXT: u32 = 4u32;

    /// Where an object is that the agent carries.
    pub const CARRIED: u32 = 511u32;
    /// Where an object is that is no more, and where one was last seen that was nowhere.
    pub const NO_PLACE: u32 = 510u32;

    /// Actions of the first stage.
    pub fn first_actions(plan: u32) -> u32 {
        plan & 3u32
    }
    /// Actions of the second stage, 0 when there is none.
    pub fn second_actions(plan: u32) -> u32 {
        (plan >> 2u32) & 3u32
    }
    /// Whether the sentence names the second stage first.
    pub fn is_told_backwards(plan: u32) -> bool {
        (plan & 16u32) != 0u32
    }
    /// Distances that have to be walked: one an action, two to put something next to something.
    pub fn walks_of(plan: u32) -> u32 {
        (plan >> 5u32) & 31u32
    }
    /// Objects in the list.
    pub fn objects_of(plan: u32) -> u32 {
        (plan >> 10u32) & 63u32
    }

    /// Verb of an action, 0 for none.
    pub fn verb_of(action: u32) -> u32 {
        action & 7u32
    }
    /// Whether a wrong try fails the instruction.
    pub fn is_strict(action: u32) -> bool {
        (action & 8u32) != 0u32
    }
    /// The first or second description of an action: bits 0-3 type (0 any), 4-6 colour plus 1 (0 any),
    /// 7-9 where it lay (0 anywhere), 10 whether several objects match.
    pub fn description_of(action: u32, second: u32) -> u32 {
        (action >> (4u32 + 11u32 * second)) & 2047u32
    }

    /// Cell of an object: `x * height + y`, or `CARRIED` or `NO_PLACE`.
    pub fn place_of(object: u32) -> u32 {
        object & 511u32
    }
    /// Cell where the instruction last saw an object, or `NO_PLACE`.
    pub fn seen_at(object: u32) -> u32 {
        (object >> 9u32) & 511u32
    }
    /// The descriptions that an object counts for.
    pub fn roles_of(object: u32) -> u32 {
        object >> 18u32
    }
    /// An object at `place`, last seen at `seen`.
    pub fn object_word(place: u32, seen: u32, roles: u32) -> u32 {
        place | (seen << 9u32) | (roles << 18u32)
    }
}
