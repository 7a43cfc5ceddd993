//! The documentation pages of BabyAI's levels.

use super::{BabyAi, Page, Synth};

/// What success pays.
const REWARDS: &str = "1 - 0.9 * (steps / max_steps) for fulfilling the instruction, 0 otherwise. The step limit \
    of most levels grows with what the instruction asks for: room cells, walls included, once for \
    every action and twice for every \"put next to\"; the limit given is that of the longest.";

const SPACE: &str = "{object} and the like are \"the\" or \"a\" (one or several match) with a type (door, key, \
    ball, box, or object for any), mostly a colour, and in some levels where it lies from the agent at \
    the start: in front of you, behind you, on your left, on your right";

const ENDS: &[&str] = &["the instruction is fulfilled"];
const ENDS_STRICTLY: &[&str] = &["the instruction is fulfilled", "the agent tries a wrong object or door"];

const GO_TO: &str = "go to {object}";
const OPEN: &str = "open {door}";
const PICK_UP: &str = "pick up {object}";
const PUT_NEXT: &str = "put {object} next to {other object}";

/// The page of a level.
pub(super) fn of(level: &BabyAi) -> Page {
    let (description, mission, termination) = text(level);
    Page { description, mission, mission_space: SPACE, rewards: REWARDS, termination }
}

#[rustfmt::skip]
fn text(level: &BabyAi) -> (&'static str, &'static str, &'static [&'static str]) {
    match level {
        BabyAi::GoToRedBall { .. } => (
            "One room with a red ball and other objects, which may look like it. The agent has to stand \
             before a red ball and look at it.", GO_TO, ENDS),
        BabyAi::GoToObj { .. } => (
            "One room with one object. The agent has to stand before it and look at it.", GO_TO, ENDS),
        BabyAi::GoToLocal { .. } => (
            "One room with several objects, of which the mission names one by type and colour. The agent \
             has to stand before one that matches, and look at it.", GO_TO, ENDS),
        BabyAi::GoTo { .. } => (
            "Rooms connected by doors, with objects. The agent has to find one that matches the mission, \
             and look at it from the cell before it.", GO_TO, ENDS),
        BabyAi::GoToImpUnlock => (
            "Nine rooms, one of them locked; the object to go to is in the locked room, and the mission \
             does not say that the door has to be unlocked first. In one level of nine the key lies in the \
             locked room itself, as in Farama's environment, and the level cannot be solved unless \
             another key of its colour lies elsewhere.", GO_TO, ENDS),
        BabyAi::GoToRedBlueBall => (
            "One room with objects, exactly one of which is a red or a blue ball. The agent has to go to \
             it.", GO_TO, ENDS),
        BabyAi::GoToDoor => (
            "A room with four doors, some of them locked. The agent has to go to one that matches.",
            GO_TO, ENDS),
        BabyAi::GoToObjDoor => (
            "A room with eight objects and four doors. The agent has to go to one that matches.",
            GO_TO, ENDS),
        BabyAi::Open => (
            "Nine rooms connected by doors, with objects. The agent has to open a door of the colour that \
             the mission names.", OPEN, ENDS),
        BabyAi::OpenRedDoor => (
            "Two rooms with a red door between them, which the agent has to open.", OPEN, ENDS),
        BabyAi::OpenDoor { strict, .. } => (
            "A room with a door of another colour in every wall. The agent has to open the one that the \
             mission tells by colour or by where it is. The Debug level ends at the first wrong door.",
            OPEN, if *strict { ENDS_STRICTLY } else { ENDS }),
        BabyAi::OpenTwoDoors { strict, .. } => (
            "A room with a door on the left and one on the right, which the agent has to open one after \
             the other. The Debug level ends when the second door is tried first.",
            "open {door}, then open {other door}", if *strict { ENDS_STRICTLY } else { ENDS }),
        BabyAi::OpenDoorsOrder { strict, .. } => (
            "A room with two or four doors of different colours, of which the agent has to open one, or \
             two in a given order. The Debug levels end at the first wrong door.",
            "open {door} / open {door}, then open {other door} / open {door} after you open {other door}",
            if *strict { ENDS_STRICTLY } else { ENDS }),
        BabyAi::Pickup => (
            "Nine rooms connected by doors, with 18 objects. The agent has to pick up one that matches.",
            PICK_UP, ENDS),
        BabyAi::UnblockPickup => (
            "Nine rooms connected by doors, with 20 objects, some of which can only be reached when \
             others have been moved out of the way. The agent has to pick up one that matches.",
            PICK_UP, ENDS),
        BabyAi::PickupDist { strict } => (
            "One room with five different objects, of which the mission names one by type, colour or \
             both. The Debug level ends when a wrong object is picked up.",
            PICK_UP, if *strict { ENDS_STRICTLY } else { ENDS }),
        BabyAi::PickupAbove => (
            "Nine rooms; the object is in the room above the agent's.", PICK_UP, ENDS),
        BabyAi::PutNextLocal { .. } => (
            "One room with different objects. The agent has to carry one next to another: dropped on a \
             cell that touches the other's on a side.", PUT_NEXT, ENDS),
        BabyAi::PutNext { .. } => (
            "Two rooms without a wall between them and different objects in either. The agent has to \
             carry one next to one of the other room. In the Carrying levels the agent has the object \
             from its first action on (the first observation still shows it on the floor), but dropping \
             it with the very first action does not count.", PUT_NEXT, ENDS),
        BabyAi::MoveTwoAcross { .. } => (
            "Two rooms without a wall between them. The agent has to carry an object of the left room \
             next to one of the right, then another of the right room next to another of the left.",
            "put {object} next to {other object}, then put {third object} next to {fourth object}", ENDS),
        BabyAi::Unlock => (
            "Nine rooms with 27 objects; one room is locked, its key lies anywhere, sometimes in the \
             locked room itself (such a level cannot be solved unless another key fits). The agent has \
             to open a door of the locked one's colour.", OPEN, ENDS),
        BabyAi::UnlockLocal { .. } => (
            "A room with a locked door and its key, which the agent has to open.", "open the door", ENDS),
        BabyAi::KeyInBox => (
            "A room with a locked door, and a box with its key in it.", "open the door", ENDS),
        BabyAi::UnlockPickup { .. } => (
            "Two rooms with a locked door between them; the key is in the agent's room, the box to pick \
             up in the other.", PICK_UP, ENDS),
        BabyAi::BlockedUnlockPickup => (
            "As UnlockPickup, with a ball on the cell before the door.", "pick up the box", ENDS),
        BabyAi::UnlockToUnlock => (
            "Three rooms in a row with locked doors between them, the agent in the middle: the key of \
             the left door is in the right room, its key in the middle one. The ball is in the left room.",
            "pick up the ball", ENDS),
        BabyAi::ActionObjDoor => (
            "A room with five different objects and four doors, one of which the agent has to go to, \
             pick up or open.", "go to {object} / pick up {object} / open {door}", ENDS),
        BabyAi::FindObj { .. } => (
            "Nine rooms with one object among them, to be found and picked up.", PICK_UP, ENDS),
        BabyAi::KeyCorridor { .. } => (
            "A corridor with rooms on its left and right; a ball lies in a locked room on the right, its \
             key in a room on the left.", "pick up the ball", ENDS),
        BabyAi::OneRoom { .. } => (
            "One large room with a ball, which the agent has to pick up.", "pick up the ball", ENDS),
        BabyAi::Synth(Synth { .. }) => (
            "Rooms with objects, one of which may be locked, and an instruction drawn from the grammar: \
             actions (go to, open, pick up, put next to), two of them in any order (\"and\"), or two \
             such parts in order (\"A, then B\" or \"B after you A\"). A place where an object was seen \
             counts as its place until something is dropped.",
            "{instruction}", ENDS),
    }
}
