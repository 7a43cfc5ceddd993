//! Levels whose instruction is drawn from the grammar. Farama: `minigrid.envs.babyai.core.levelgen`, of which
//! `synth`, GoToSeq and PickupLoc are settings.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use crate::minigrid::{
    babyai::{
        Action, Description, Instruction, Part, Side,
        record::records::{GO_TO, OPEN_DOOR, PICK_UP, PUT_NEXT},
        rooms::{Rooms, rejected},
    },
    components::records::{BALL, BOX, DOOR, KEY},
    mission::COLORS,
};

/// Tries to describe an object that is there, less one.
const MAX_TRIES: u32 = 100;

/// What a drawn instruction may consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forms {
    /// One action.
    Action,
    /// One action, two joined by "and", or two such parts in order.
    All,
}

/// Settings of a level whose instruction is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synth {
    /// Side length of a room, walls included.
    pub room_size: u32,
    /// Columns of rooms.
    pub columns: u32,
    /// Rows of rooms.
    pub rows: u32,
    /// Number of keys, balls and boxes.
    pub objects: u32,
    /// Chance that one room is locked, in percent.
    pub locked_percent: u32,
    /// Whether descriptions may say where an object lies.
    pub sides: bool,
    /// Whether objects may be in the way.
    pub unblocking: bool,
    /// Whether an object may be asked for that lies in the locked room.
    pub implicit_unlock: bool,
    /// Verbs to draw from: all, or one.
    pub verb: Option<u32>,
    /// What an instruction may consist of.
    pub forms: Forms,
}

impl Synth {
    /// Distances that the longest of the instructions asks to walk.
    pub(super) const fn most_walks(&self) -> u32 {
        let action = if self.verb.is_none() { 2 } else { 1 };
        match self.forms {
            Forms::Action => action,
            Forms::All => 4 * action,
        }
    }

    /// Generates the rooms and draws the instruction.
    pub(super) fn lay_out<R: Random>(
        &self,
        random: &mut R,
        rooms: &mut Rooms<'_, '_>,
    ) -> Result<Instruction, GenerationError> {
        if random.float() < f64::from(self.locked_percent) / 100.0 {
            add_locked_room(random, rooms)?;
        }
        rooms.connect_all(random, &COLORS)?;
        rooms.add_distractors(random, None, self.objects, false)?;
        rooms.place_agent_outside(random, rooms.locked_room())?;
        if !self.unblocking {
            rooms.check_reachable()?;
        }
        self.draw_instruction(random, rooms)
    }

    fn draw_instruction<R: Random>(
        &self,
        random: &mut R,
        rooms: &Rooms<'_, '_>,
    ) -> Result<Instruction, GenerationError> {
        let form = match self.forms {
            Forms::Action => 0,
            Forms::All => random.int(0, 3),
        };
        if form < 2 {
            return Ok(Instruction::Single(self.draw_part(random, rooms, form == 1)?));
        }
        let is_pair = random.int(0, 2) == 1;
        let first = self.draw_part(random, rooms, is_pair)?;
        let is_pair = random.int(0, 2) == 1;
        let second = self.draw_part(random, rooms, is_pair)?;
        Ok(match random.int(0, 2) {
            0 => Instruction::Before(first, second),
            _ => Instruction::After(first, second),
        })
    }

    fn draw_part<R: Random>(
        &self,
        random: &mut R,
        rooms: &Rooms<'_, '_>,
        is_pair: bool,
    ) -> Result<Part, GenerationError> {
        let first = self.draw_action(random, rooms)?;
        let second = if is_pair { Some(self.draw_action(random, rooms)?) } else { None };
        Ok(Part { first, second })
    }

    fn draw_action<R: Random>(
        &self,
        random: &mut R,
        rooms: &Rooms<'_, '_>,
    ) -> Result<Action, GenerationError> {
        const ANYTHING: [u32; 4] = [BOX, BALL, KEY, DOOR];
        let portable = &ANYTHING[..3];
        let verb = self.verb.unwrap_or_else(|| random.element(&[GO_TO, PICK_UP, OPEN_DOOR, PUT_NEXT]));
        Ok(match verb {
            GO_TO => Action::go_to(self.describe(random, rooms, &ANYTHING)?),
            PICK_UP => Action::pick_up(self.describe(random, rooms, portable)?),
            OPEN_DOOR => Action::open(self.describe(random, rooms, &[DOOR])?),
            _ => {
                let moved = self.describe(random, rooms, portable)?;
                Action::put_next(moved, self.describe(random, rooms, &ANYTHING)?)
            }
        })
    }

    /// Draws a description of something that is there, of one of `kinds`.
    fn describe<R: Random>(
        &self,
        random: &mut R,
        rooms: &Rooms<'_, '_>,
        kinds: &[u32],
    ) -> Result<Description, GenerationError> {
        for _ in 0..=MAX_TRIES {
            let choice = random.int(0, COLORS.len() as i32 + 1) as usize;
            let color = choice.checked_sub(1).map(|index| COLORS[index]);
            let kind = Some(random.element(kinds));
            let side = if self.sides && random.flag() { Some(random.element(&Side::ALL)) } else { None };
            let description = Description { kind, color, side };
            let mut matching = rooms.matching(description).peekable();
            if matching.peek().is_none() {
                continue;
            }
            let locked = rooms.locked_room().filter(|_| !self.implicit_unlock);
            if locked.is_some_and(|room| matching.all(|object| rooms.is_in_room(room, object.position))) {
                continue;
            }
            return Ok(description);
        }
        Err(rejected("no description found of something that is there"))
    }
}

/// Locks a side of a room that has a neighbour there, and puts the key into another room.
fn add_locked_room<R: Random>(random: &mut R, rooms: &mut Rooms<'_, '_>) -> Result<(), GenerationError> {
    let (locked, side) = loop {
        let room = rooms.any_room(random);
        let side = random.int(0, 4) as usize;
        if rooms.grid().has_neighbor(room, side) {
            break (room, side);
        }
    };
    rooms.set_locked_room(locked);
    let door = rooms.add_door(random, locked, Some(side), None, Some(true))?;
    let key_room = loop {
        let room = rooms.any_room(random);
        if room != locked {
            break room;
        }
    };
    rooms.add_object(random, key_room, Some(KEY), Some(door.color()))?;
    Ok(())
}
