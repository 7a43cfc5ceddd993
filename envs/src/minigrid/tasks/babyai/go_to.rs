//! Levels that ask the agent to go to something. Farama: `minigrid.envs.babyai.goto`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use crate::minigrid::{
    babyai::{
        Action, Description, Instruction,
        rooms::{Rooms, rejected},
    },
    components::records::{BALL, BLUE, GREY, KEY, RED},
    mission::COLORS,
};

type Generated = Result<Instruction, GenerationError>;

/// The room in the middle of nine.
const MIDDLE: (i32, i32) = (1, 1);

/// The only room.
const ONLY: (i32, i32) = (0, 0);

/// A red ball among other objects, all grey if asked for.
pub(super) fn red_ball<R: Random>(
    random: &mut R,
    rooms: &mut Rooms<'_, '_>,
    distractors: u32,
    grey: bool,
) -> Generated {
    rooms.place_agent_anywhere(random)?;
    rooms.add_object(random, ONLY, Some(BALL), Some(RED))?;
    let others = rooms.add_distractors(random, None, distractors, false)?;
    if grey {
        rooms.recolor(&others, GREY);
    }
    rooms.check_reachable()?;
    Ok(Action::go_to(Description::new(BALL, RED)).into())
}

/// One object in one room.
pub(super) fn lone_object<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    rooms.place_agent_anywhere(random)?;
    let object = rooms.add_distractors(random, None, 1, true)?[0];
    Ok(Action::go_to(object.description()).into())
}

/// One of some objects in one room.
pub(super) fn local<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>, objects: u32) -> Generated {
    rooms.place_agent_anywhere(random)?;
    let objects = rooms.add_distractors(random, None, objects, false)?;
    rooms.check_reachable()?;
    Ok(Action::go_to(Rooms::choose(random, &objects)?.description()).into())
}

/// One of some objects in many rooms.
pub(super) fn maze<R: Random>(
    random: &mut R,
    rooms: &mut Rooms<'_, '_>,
    objects: u32,
    doors_open: bool,
) -> Generated {
    rooms.place_agent_anywhere(random)?;
    rooms.connect_all(random, &COLORS)?;
    let objects = rooms.add_distractors(random, None, objects, false)?;
    rooms.check_reachable()?;
    let object = Rooms::choose(random, &objects)?;
    if doors_open {
        rooms.open_doors();
    }
    Ok(Action::go_to(object.description()).into())
}

/// An object in a locked room, the key elsewhere; the instruction does not speak of the door.
pub(super) fn implicit_unlock<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    let locked = rooms.any_room(random);
    let door = rooms.add_door(random, locked, None, None, Some(true))?;
    // Farama means to look for another room than the locked one, but takes the first: its comparison
    // is one of identity.
    let key_room = rooms.any_room(random);
    rooms.add_object(random, key_room, Some(KEY), Some(door.color()))?;
    rooms.connect_all(random, &COLORS)?;
    for room in rooms.all_rooms() {
        rooms.add_distractors(random, Some(room), 2, false)?;
    }
    rooms.place_agent_outside(random, Some(locked))?;
    rooms.check_reachable()?;
    let object = rooms.add_distractors(random, Some(locked), 1, false)?[0];
    Ok(Action::go_to(object.description()).into())
}

/// The only red or blue ball among other objects.
pub(super) fn red_or_blue_ball<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    rooms.place_agent_anywhere(random)?;
    let others = rooms.add_distractors(random, None, 7, false)?;
    if others.iter().any(|other| other.kind() == BALL && matches!(other.color(), RED | BLUE)) {
        return Err(rejected("a second red or blue ball"));
    }
    let color = random.element(&[RED, BLUE]);
    rooms.add_object(random, ONLY, Some(BALL), Some(color))?;
    rooms.check_reachable()?;
    Ok(Action::go_to(Description::new(BALL, color)).into())
}

/// One of the four doors of the room.
pub(super) fn door<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    for _ in 0..4 {
        rooms.add_door(random, MIDDLE, None, None, None)?;
    }
    rooms.place_agent(random, MIDDLE)?;
    let door = Rooms::choose(random, rooms.placed())?;
    Ok(Action::go_to(door.description()).into())
}

/// One of the eight objects or four doors of the room.
pub(super) fn object_or_door<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    rooms.place_agent(random, MIDDLE)?;
    rooms.add_distractors(random, Some(MIDDLE), 8, false)?;
    for _ in 0..4 {
        rooms.add_door(random, MIDDLE, None, None, None)?;
    }
    rooms.check_reachable()?;
    let target = Rooms::choose(random, rooms.placed())?;
    Ok(Action::go_to(target.description()).into())
}
