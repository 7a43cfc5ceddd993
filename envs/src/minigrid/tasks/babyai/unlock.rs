//! Levels with a locked door that has to be opened. Farama: `minigrid.envs.babyai.unlock`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use crate::minigrid::{
    babyai::{
        Action, Description, Instruction,
        rooms::{Placed, Rooms, subset},
    },
    components::records::{BALL, BOX, DOOR, KEY, box_with, cell},
    mission::COLORS,
};

type Generated = Result<Instruction, GenerationError>;

/// The room in the middle of nine.
const MIDDLE: (i32, i32) = (1, 1);

/// The locked door among those of nine rooms; the key is anywhere.
pub(super) fn anywhere<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    let locked = rooms.any_room(random);
    let door = rooms.add_door(random, locked, None, None, Some(true))?;
    // As in GoToImpUnlock: not looked for outside the locked room, though meant to be.
    let key_room = rooms.any_room(random);
    rooms.add_object(random, key_room, Some(KEY), Some(door.color()))?;
    if random.flag() {
        let mut others = COLORS;
        let at = others.iter().position(|color| *color == door.color()).unwrap_or(0);
        others.copy_within(at + 1.., at);
        rooms.connect_all(random, &others[..COLORS.len() - 1])?;
    } else {
        rooms.connect_all(random, &COLORS)?;
    }
    for room in rooms.all_rooms() {
        rooms.add_distractors(random, Some(room), 3, false)?;
    }
    rooms.place_agent_outside(random, Some(locked))?;
    rooms.check_reachable()?;
    Ok(Action::open(door.description()).into())
}

/// The locked door of the room, its key in the room.
pub(super) fn local<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>, distractors: bool) -> Generated {
    let door = rooms.add_door(random, MIDDLE, None, None, Some(true))?;
    rooms.add_object(random, MIDDLE, Some(KEY), Some(door.color()))?;
    if distractors {
        rooms.add_distractors(random, Some(MIDDLE), 3, true)?;
    }
    rooms.place_agent(random, MIDDLE)?;
    Ok(Action::open(Description::kind(DOOR)).into())
}

/// The locked door of the room, its key in a box.
pub(super) fn key_in_box<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    let door = rooms.add_door(random, MIDDLE, None, None, Some(true))?;
    let color = random.element(&COLORS);
    rooms.put(random, MIDDLE, box_with(color, cell(KEY, door.color(), 0)))?;
    rooms.place_agent(random, MIDDLE)?;
    Ok(Action::open(Description::kind(DOOR)).into())
}

/// A box behind a locked door.
pub(super) fn pick_up<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>, distractors: bool) -> Generated {
    let target = rooms.add_object(random, (1, 0), Some(BOX), None)?;
    let door = rooms.add_door(random, (0, 0), Some(0), None, Some(true))?;
    rooms.add_object(random, (0, 0), Some(KEY), Some(door.color()))?;
    if distractors {
        rooms.add_distractors(random, None, 4, true)?;
    }
    rooms.place_agent(random, (0, 0))?;
    Ok(Action::pick_up(target.description()).into())
}

/// A box behind a locked door that a ball blocks.
pub(super) fn blocked_pick_up<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    rooms.add_object(random, (1, 0), Some(BOX), None)?;
    let door = rooms.add_door(random, (0, 0), Some(0), None, Some(true))?;
    let blocking = cell(BALL, random.element(&COLORS), 0);
    let position = (door.position.0 - 1, door.position.1);
    rooms.level().set(position, blocking);
    rooms.note(Placed { cell: blocking, position })?;
    rooms.add_object(random, (0, 0), Some(KEY), Some(door.color()))?;
    rooms.place_agent(random, (0, 0))?;
    Ok(Action::pick_up(Description::kind(BOX)).into())
}

/// A ball behind a locked door whose key is behind another one.
pub(super) fn twice<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    let mut colors = [0; 2];
    subset(random, &COLORS, &mut colors);
    rooms.add_door(random, (0, 0), Some(0), Some(colors[0]), Some(true))?;
    rooms.add_object(random, (2, 0), Some(KEY), Some(colors[0]))?;
    rooms.add_door(random, (1, 0), Some(0), Some(colors[1]), Some(true))?;
    rooms.add_object(random, (1, 0), Some(KEY), Some(colors[1]))?;
    rooms.add_object(random, (0, 0), Some(BALL), None)?;
    rooms.place_agent(random, (1, 0))?;
    Ok(Action::pick_up(Description::kind(BALL)).into())
}
