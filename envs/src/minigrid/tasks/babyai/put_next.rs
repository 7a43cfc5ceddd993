//! Levels that ask the agent to put things next to each other. Farama: `minigrid.envs.babyai.putnext`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use crate::minigrid::babyai::{
    Action, Instruction,
    rooms::{Placed, PlacedList, Rooms, subset},
};

type Generated = Result<Instruction, GenerationError>;

fn put(moved: &Placed, beside: &Placed) -> Action {
    Action::put_next(moved.description(), beside.description())
}

/// Two of some different objects in one room.
pub(super) fn local<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>, objects: u32) -> Generated {
    rooms.place_agent_anywhere(random)?;
    let objects = rooms.add_distractors(random, None, objects, true)?;
    rooms.check_reachable()?;
    let mut pair = [Placed::default(); 2];
    subset(random, &objects, &mut pair);
    Ok(put(&pair[0], &pair[1]).into())
}

/// Two rooms with some different objects each and no wall between them.
fn two_sides<R: Random>(
    random: &mut R,
    rooms: &mut Rooms<'_, '_>,
    objects: u32,
) -> Result<[PlacedList; 2], GenerationError> {
    rooms.place_agent(random, (0, 0))?;
    let left = rooms.add_distractors(random, Some((0, 0)), objects, true)?;
    let right = rooms.add_distractors(random, Some((1, 0)), objects, true)?;
    rooms.grid().remove_wall((0, 0), 0);
    Ok([left, right])
}

/// An object of one side next to one of the other; the moved object comes with the instruction.
pub(super) fn across<R: Random>(
    random: &mut R,
    rooms: &mut Rooms<'_, '_>,
    objects: u32,
) -> Result<(Instruction, Placed), GenerationError> {
    let [left, right] = two_sides(random, rooms, objects)?;
    let mut moved = Rooms::choose(random, &left)?;
    let mut beside = Rooms::choose(random, &right)?;
    if random.flag() {
        std::mem::swap(&mut moved, &mut beside);
    }
    Ok((put(&moved, &beside).into(), moved))
}

/// An object of the left side to the right, then another one of the right side to the left.
pub(super) fn two_across<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>, objects: u32) -> Generated {
    let [left, right] = two_sides(random, rooms, objects)?;
    let (mut lefts, mut rights) = ([Placed::default(); 2], [Placed::default(); 2]);
    subset(random, &left, &mut lefts);
    subset(random, &right, &mut rights);
    Ok(Instruction::Before(put(&lefts[0], &rights[0]).into(), put(&rights[1], &lefts[1]).into()))
}
