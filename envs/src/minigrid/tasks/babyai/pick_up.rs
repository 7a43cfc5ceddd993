//! Levels that ask the agent to pick something up. Farama: `minigrid.envs.babyai.pickup` and parts of
//! `other`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use crate::minigrid::{
    babyai::{
        Action, Description, Instruction,
        rooms::{Rooms, rejected},
    },
    components::records::{BALL, DOOR, KEY},
    mission::COLORS,
};

type Generated = Result<Instruction, GenerationError>;

/// The room in the middle of nine.
const MIDDLE: (i32, i32) = (1, 1);

/// One of 18 objects in nine rooms.
pub(super) fn anywhere<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    rooms.place_agent_anywhere(random)?;
    rooms.connect_all(random, &COLORS)?;
    let objects = rooms.add_distractors(random, None, 18, false)?;
    rooms.check_reachable()?;
    Ok(Action::pick_up(Rooms::choose(random, &objects)?.description()).into())
}

/// One of 20 objects in nine rooms, some of which are in the way.
pub(super) fn blocked<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    rooms.place_agent_anywhere(random)?;
    rooms.connect_all(random, &COLORS)?;
    let objects = rooms.add_distractors(random, None, 20, false)?;
    if rooms.is_everything_reachable() {
        return Err(rejected("nothing is in the way"));
    }
    Ok(Action::pick_up(Rooms::choose(random, &objects)?.description()).into())
}

/// One of five different objects in one room, told by type, colour or both.
pub(super) fn distinct<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>, strict: bool) -> Generated {
    let objects = rooms.add_distractors(random, None, 5, true)?;
    rooms.place_agent(random, (0, 0))?;
    let mut target = Rooms::choose(random, &objects)?.description();
    match random.int(0, 3) {
        0 => target.color = None,
        1 => target.kind = None,
        _ => {}
    }
    Ok(Action::pick_up(target).strict(strict).into())
}

/// An object in the room above.
pub(super) fn above<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    let object = rooms.add_object(random, (1, 0), None, None)?;
    rooms.add_door(random, MIDDLE, Some(3), None, Some(false))?;
    rooms.place_agent(random, MIDDLE)?;
    rooms.connect_all(random, &COLORS)?;
    Ok(Action::pick_up(object.description()).into())
}

/// The only object in nine rooms.
pub(super) fn hidden<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    let room = rooms.any_room(random);
    let object = rooms.add_object(random, room, None, None)?;
    rooms.place_agent(random, MIDDLE)?;
    rooms.connect_all(random, &COLORS)?;
    Ok(Action::pick_up(Description::kind(object.kind())).into())
}

/// The ball in one large room.
pub(super) fn one_room<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    rooms.add_object(random, (0, 0), Some(BALL), None)?;
    rooms.place_agent_anywhere(random)?;
    Ok(Action::pick_up(Description::kind(BALL)).into())
}

/// The ball in a locked room beside a corridor, as in MiniGrid's KeyCorridor.
pub(super) fn key_corridor<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    let (_, rows) = rooms.grid().size();
    for row in 1..rows {
        rooms.grid().remove_wall((1, row), 3);
    }
    let locked = (2, random.int(0, rows));
    let door = rooms.add_door(random, locked, Some(2), None, Some(true))?;
    rooms.add_object(random, locked, Some(BALL), None)?;
    let key_room = (0, random.int(0, rows));
    rooms.add_object(random, key_room, Some(KEY), Some(door.color()))?;
    rooms.place_agent(random, (1, rows / 2))?;
    rooms.connect_all(random, &COLORS)?;
    Ok(Action::pick_up(Description::kind(BALL)).into())
}

/// Go to, pick up or open one of five objects and four doors of the room.
pub(super) fn object_or_door<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    rooms.add_distractors(random, Some(MIDDLE), 5, true)?;
    for _ in 0..4 {
        rooms.add_door(random, MIDDLE, None, None, Some(false))?;
    }
    rooms.place_agent(random, MIDDLE)?;
    let target = Rooms::choose(random, rooms.placed())?;
    let description = target.description();
    let action = match (random.flag(), target.kind()) {
        (true, _) => Action::go_to(description),
        (false, DOOR) => Action::open(description),
        (false, _) => Action::pick_up(description),
    };
    Ok(action.into())
}
