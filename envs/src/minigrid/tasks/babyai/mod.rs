//! BabyAI: 96 ids of levels whose mission is an instruction. Farama: `minigrid.envs.babyai`. What an
//! instruction is and when it is fulfilled stands in [`crate::minigrid::babyai`].

mod go_to;
mod open;
mod page;
mod pick_up;
mod put_next;
mod registered;
mod synth;
mod unlock;

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

pub(super) use self::registered::TASKS;
pub use self::synth::{Forms, Synth};
use super::{
    Subgoal,
    layout::{Layout, LayoutOption, LayoutValues},
    page::Page,
    subgoals::events,
};
use crate::minigrid::{
    babyai::{
        Instruction,
        compiler::{compile, validate},
        record::records::{CARRIED, OBJECTS_AT, object_word, objects_of, place_of, roles_of, seen_at},
        rooms::Rooms,
    },
    levels::{Level, Position},
};

/// Levels that are drawn until one makes sense; Farama would go on for ever.
const MAX_ATTEMPTS: u32 = 10_000;

/// How OpenDoor tells its door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectBy {
    /// "the red door"
    Color,
    /// "the door on your left"
    Side,
}

/// A level of BabyAI with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the parameters that the pages list")]
pub enum BabyAi {
    /// Go to the red ball in a room.
    GoToRedBall { distractors: u32, grey: bool },
    /// Go to the only object of a room.
    GoToObj { room_size: u32 },
    /// Go to an object of a room.
    GoToLocal { room_size: u32, objects: u32 },
    /// Go to an object in many rooms.
    GoTo { room_size: u32, side: u32, objects: u32, doors_open: bool },
    /// Go to an object in a locked room.
    GoToImpUnlock,
    /// Go to the only red or blue ball.
    GoToRedBlueBall,
    /// Go to a door of the room.
    GoToDoor,
    /// Go to an object or a door of the room.
    GoToObjDoor,
    /// Open one of all doors.
    Open,
    /// Open the red door.
    OpenRedDoor,
    /// Open a door told by colour or place.
    OpenDoor { select_by: Option<SelectBy>, strict: bool },
    /// Open two doors, one after the other.
    OpenTwoDoors { colors: Option<(u32, u32)>, strict: bool },
    /// Open doors in a given order.
    OpenDoorsOrder { doors: u32, strict: bool },
    /// Pick up an object in nine rooms.
    Pickup,
    /// Pick up an object, some of which are in the way.
    UnblockPickup,
    /// Pick up one of five different objects.
    PickupDist { strict: bool },
    /// Pick up the object in the room above.
    PickupAbove,
    /// Put an object of a room next to another.
    PutNextLocal { room_size: u32, objects: u32 },
    /// Carry an object to the other room.
    PutNext { room_size: u32, objects: u32, carrying: bool },
    /// Carry two objects to the other rooms.
    MoveTwoAcross { room_size: u32, objects: u32 },
    /// Open the locked door of nine rooms.
    Unlock,
    /// Open the locked door of the room.
    UnlockLocal { distractors: bool },
    /// Open a door whose key is in a box.
    KeyInBox,
    /// Pick up the box behind a locked door.
    UnlockPickup { distractors: bool },
    /// Pick up the box behind a blocked and locked door.
    BlockedUnlockPickup,
    /// Pick up the ball behind two locked doors.
    UnlockToUnlock,
    /// Go to, pick up or open something in the room.
    ActionObjDoor,
    /// Pick up the only object of nine rooms.
    FindObj { room_size: u32 },
    /// Pick up the ball in a locked room beside a corridor.
    KeyCorridor { room_size: u32, rows: u32 },
    /// Pick up the ball of a large room.
    OneRoom { room_size: u32 },
    /// Follow an instruction drawn from the grammar.
    Synth(Synth),
}

impl BabyAi {
    /// Side length of a room, and how many columns and rows of them there are.
    pub(super) const fn rooms(&self) -> (u32, u32, u32) {
        match *self {
            Self::GoToRedBall { .. } | Self::GoToRedBlueBall => (8, 1, 1),
            Self::GoToObj { room_size }
            | Self::GoToLocal { room_size, .. }
            | Self::PutNextLocal { room_size, .. }
            | Self::OneRoom { room_size } => (room_size, 1, 1),
            Self::GoTo { room_size, side, .. } => (room_size, side, side),
            Self::GoToDoor | Self::ActionObjDoor => (7, 3, 3),
            Self::PickupDist { .. } => (7, 1, 1),
            Self::OpenRedDoor => (5, 2, 1),
            Self::OpenTwoDoors { .. } | Self::OpenDoorsOrder { .. } | Self::PickupAbove => (6, 3, 3),
            Self::PutNext { room_size, .. } | Self::MoveTwoAcross { room_size, .. } => (room_size, 2, 1),
            Self::UnlockPickup { .. } | Self::BlockedUnlockPickup => (6, 2, 1),
            Self::UnlockToUnlock => (6, 3, 1),
            Self::FindObj { room_size } => (room_size, 3, 3),
            Self::KeyCorridor { room_size, rows } => (room_size, 3, rows),
            Self::Synth(Synth { room_size, columns, rows, .. }) => (room_size, columns, rows),
            Self::GoToImpUnlock
            | Self::GoToObjDoor
            | Self::Open
            | Self::OpenDoor { .. }
            | Self::Pickup
            | Self::UnblockPickup
            | Self::Unlock
            | Self::UnlockLocal { .. }
            | Self::KeyInBox => (8, 3, 3),
        }
    }

    /// The step limit of every episode, where it does not depend on the instruction.
    const fn fixed_limit(&self) -> Option<u32> {
        Some(match *self {
            Self::OpenTwoDoors { .. } | Self::OpenDoorsOrder { .. } => 720,
            Self::PickupAbove => 288,
            Self::PutNext { room_size, .. } => 8 * room_size * room_size,
            Self::MoveTwoAcross { room_size, .. } => 16 * room_size * room_size,
            Self::BlockedUnlockPickup => 576,
            Self::UnlockToUnlock => 1080,
            Self::FindObj { room_size } => 20 * room_size * room_size,
            Self::KeyCorridor { room_size, .. } => 30 * room_size * room_size,
            _ => return None,
        })
    }

    /// Steps that an episode is given for each distance that its instruction asks to walk; 0 where the
    /// limit is the same for every instruction.
    pub(in crate::minigrid) const fn steps_per_walk(&self) -> u32 {
        let (size, columns, rows) = self.rooms();
        if self.fixed_limit().is_some() { 0 } else { size * size * columns * rows }
    }

    /// Distances that an instruction asks to walk at most.
    pub(super) const fn most_walks(&self) -> u32 {
        match self {
            Self::Synth(synth) => synth.most_walks(),
            Self::PutNextLocal { .. } | Self::PutNext { .. } | Self::OpenTwoDoors { .. } => 2,
            Self::OpenDoorsOrder { .. } => 2,
            Self::MoveTwoAcross { .. } => 4,
            _ => 1,
        }
    }

    /// Steps of the longest episode.
    pub(super) const fn longest_episode(&self) -> u32 {
        match self.fixed_limit() {
            Some(limit) => limit,
            None => self.steps_per_walk() * self.most_walks(),
        }
    }

    /// Whether keys that open locked doors are never asked for.
    const fn spares_keys(&self) -> bool {
        matches!(self, Self::Synth(Synth { unblocking: true, .. }))
    }

    /// Fills the rooms and says what to do there; also the object that the agent is given, if any.
    fn lay_out<R: Random>(
        &self,
        random: &mut R,
        rooms: &mut Rooms<'_, '_>,
    ) -> Result<(Instruction, Option<Position>), GenerationError> {
        let instruction = match *self {
            Self::GoToRedBall { distractors, grey } => go_to::red_ball(random, rooms, distractors, grey),
            Self::GoToObj { .. } => go_to::lone_object(random, rooms),
            Self::GoToLocal { objects, .. } => go_to::local(random, rooms, objects),
            Self::GoTo { objects, doors_open, .. } => go_to::maze(random, rooms, objects, doors_open),
            Self::GoToImpUnlock => go_to::implicit_unlock(random, rooms),
            Self::GoToRedBlueBall => go_to::red_or_blue_ball(random, rooms),
            Self::GoToDoor => go_to::door(random, rooms),
            Self::GoToObjDoor => go_to::object_or_door(random, rooms),
            Self::Open => open::any_door(random, rooms),
            Self::OpenRedDoor => open::red_door(random, rooms),
            Self::OpenDoor { select_by, strict } => open::told_door(random, rooms, select_by, strict),
            Self::OpenTwoDoors { colors, strict } => open::two_doors(random, rooms, colors, strict),
            Self::OpenDoorsOrder { doors, strict } => open::in_order(random, rooms, doors as usize, strict),
            Self::Pickup => pick_up::anywhere(random, rooms),
            Self::UnblockPickup => pick_up::blocked(random, rooms),
            Self::PickupDist { strict } => pick_up::distinct(random, rooms, strict),
            Self::PickupAbove => pick_up::above(random, rooms),
            Self::PutNextLocal { objects, .. } => put_next::local(random, rooms, objects),
            Self::PutNext { objects, carrying, .. } => {
                let (instruction, moved) = put_next::across(random, rooms, objects)?;
                return Ok((instruction, carrying.then_some(moved.position)));
            }
            Self::MoveTwoAcross { objects, .. } => put_next::two_across(random, rooms, objects),
            Self::Unlock => unlock::anywhere(random, rooms),
            Self::UnlockLocal { distractors } => unlock::local(random, rooms, distractors),
            Self::KeyInBox => unlock::key_in_box(random, rooms),
            Self::UnlockPickup { distractors } => unlock::pick_up(random, rooms, distractors),
            Self::BlockedUnlockPickup => unlock::blocked_pick_up(random, rooms),
            Self::UnlockToUnlock => unlock::twice(random, rooms),
            Self::ActionObjDoor => pick_up::object_or_door(random, rooms),
            Self::FindObj { .. } => pick_up::hidden(random, rooms),
            Self::KeyCorridor { .. } => pick_up::key_corridor(random, rooms),
            Self::OneRoom { .. } => pick_up::one_room(random, rooms),
            Self::Synth(synth) => synth.lay_out(random, rooms),
        };
        Ok((instruction?, None))
    }

    /// Draws one level, and gives up when it makes no sense.
    fn attempt<R: Random>(&self, random: &mut R, level: &mut Level<'_>) -> Result<(), GenerationError> {
        level.clear();
        let (size, columns, rows) = self.rooms();
        let mut rooms = Rooms::new(random, level, size as i32, (columns as i32, rows as i32));
        let (instruction, given) = self.lay_out(random, &mut rooms)?;
        validate(&rooms, &instruction, self.spares_keys())?;
        compile(&mut rooms, &instruction)?;
        if let Some(position) = given {
            give(level, position);
        }
        Ok(())
    }
}

/// Lets the agent have the object at `position` from its first action on. Farama's environment hands out the
/// observation of the reset before it does so; until then the object is the level's target.
fn give(level: &mut Level<'_>, position: Position) {
    let object = level.get(position);
    level.set_target(object, position);
    let place = level.index(position);
    let objects = objects_of(level.tail[0]) as usize;
    for word in &mut level.tail[OBJECTS_AT as usize..][..objects] {
        if place_of(*word) == place {
            *word = object_word(CARRIED, seen_at(*word), roles_of(*word));
        }
    }
}

impl Layout for BabyAi {
    fn page(&self) -> Page {
        page::of(self)
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::BOX_OPENED, "box opened"),
                Subgoal::new(events::DOOR_OPENED, "door opened"),
                Subgoal::new(events::KEY_PICKED_UP, "key picked up"),
                Subgoal::new(events::BALL_PICKED_UP, "ball picked up"),
                Subgoal::new(events::BOX_PICKED_UP, "box picked up"),
                Subgoal::new(events::DOOR_UNLOCKED, "door unlocked"),
                Subgoal::new(events::DOORWAY_ENTERED, "doorway entered"),
                Subgoal::new(events::OBJECT_DROPPED, "object dropped"),
                Subgoal::new(events::FIRST_ACTION_DONE, "first action done"),
                Subgoal::new(events::SECOND_ACTION_DONE, "second action done"),
                Subgoal::new(events::THIRD_ACTION_DONE, "third action done"),
                Subgoal::new(events::FOURTH_ACTION_DONE, "fourth action done"),
            ]
        }
    }

    fn options(&self) -> Vec<LayoutOption> {
        Vec::new()
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        _options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        for _ in 0..MAX_ATTEMPTS {
            if self.attempt(random, level).is_ok() {
                return Ok(());
            }
        }
        Err(GenerationError(format!("{MAX_ATTEMPTS} levels were drawn, and none of them makes sense")))
    }
}
