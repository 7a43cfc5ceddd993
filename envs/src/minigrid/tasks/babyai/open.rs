//! Levels that ask the agent to open doors. Farama: `minigrid.envs.babyai.open`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::SelectBy;
use crate::minigrid::{
    babyai::{
        Action, Description, Instruction, Side,
        rooms::{Placed, Rooms, subset},
    },
    components::records::{DOOR, RED},
    mission::COLORS,
};

type Generated = Result<Instruction, GenerationError>;

/// The room in the middle of nine.
const MIDDLE: (i32, i32) = (1, 1);

/// One of the doors of nine rooms.
pub(super) fn any_door<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    rooms.place_agent_anywhere(random)?;
    rooms.connect_all(random, &COLORS)?;
    rooms.add_distractors(random, None, 18, false)?;
    rooms.check_reachable()?;
    let doors = rooms.doors();
    Ok(Action::open(Rooms::choose(random, &doors)?.description()).into())
}

/// The red door between two rooms.
pub(super) fn red_door<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Generated {
    rooms.add_door(random, (0, 0), Some(0), Some(RED), Some(false))?;
    rooms.place_agent(random, (0, 0))?;
    Ok(Action::open(Description::new(DOOR, RED)).into())
}

/// One of the four doors of the room, told by its colour or by where it is.
pub(super) fn told_door<R: Random>(
    random: &mut R,
    rooms: &mut Rooms<'_, '_>,
    select_by: Option<SelectBy>,
    strict: bool,
) -> Generated {
    let mut colors = [0; 4];
    subset(random, &COLORS, &mut colors);
    for (side, color) in colors.into_iter().enumerate() {
        rooms.add_door(random, MIDDLE, Some(side), Some(color), Some(false))?;
    }
    let select_by = select_by.unwrap_or_else(|| random.element(&[SelectBy::Color, SelectBy::Side]));
    let door = match select_by {
        SelectBy::Color => Description::new(DOOR, colors[0]),
        SelectBy::Side => Description { side: Some(random.element(&Side::ALL)), ..Description::kind(DOOR) },
    };
    rooms.place_agent(random, MIDDLE)?;
    Ok(Action::open(door).strict(strict).into())
}

/// The door on the left, then the one on the right.
pub(super) fn two_doors<R: Random>(
    random: &mut R,
    rooms: &mut Rooms<'_, '_>,
    given: Option<(u32, u32)>,
    strict: bool,
) -> Generated {
    let mut drawn = [0; 2];
    subset(random, &COLORS, &mut drawn);
    let (first, second) = given.unwrap_or((drawn[0], drawn[1]));
    rooms.add_door(random, MIDDLE, Some(2), Some(first), Some(false))?;
    rooms.add_door(random, MIDDLE, Some(0), Some(second), Some(false))?;
    rooms.place_agent(random, MIDDLE)?;
    let [first, second] = [first, second].map(|color| Action::open(Description::new(DOOR, color)));
    Ok(Instruction::Before(first.strict(strict).into(), second.into()))
}

/// One or two of the doors of the room, in either order.
pub(super) fn in_order<R: Random>(
    random: &mut R,
    rooms: &mut Rooms<'_, '_>,
    doors: usize,
    strict: bool,
) -> Generated {
    let mut colors = [0; 4];
    let colors = &mut colors[..doors];
    subset(random, &COLORS, colors);
    for color in colors {
        rooms.add_door(random, MIDDLE, None, Some(*color), Some(false))?;
    }
    rooms.place_agent(random, MIDDLE)?;
    let mut pair = [Placed::default(); 2];
    subset(random, rooms.placed(), &mut pair);
    let [first, second] = pair.map(|door| Action::open(door.description()).strict(strict));
    Ok(match random.int(0, 3) {
        0 => first.into(),
        1 => Instruction::Before(first.into(), second.into()),
        _ => Instruction::After(first.into(), second.into()),
    })
}
