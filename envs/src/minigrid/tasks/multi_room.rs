//! MultiRoom: a chain of rooms joined by closed doors, the goal in the last. Farama:
//! `minigrid.envs.MultiRoomEnv`.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    Family, Objective, Subgoal, Task,
    layout::{Layout, LayoutOption, LayoutValues},
    page::{GOAL_REWARD, Page},
    subgoals::events,
};
use crate::minigrid::{
    levels::{GOAL_CELL, Level, PATIENCE, Position, Region, closed_door},
    mission::COLORS,
};

/// The registered ids. `N4-S5-v0` has six rooms: a slip of its first registration that its results
/// depend on; `v1` has the four that the name says.
pub(super) const TASKS: [Task; 4] = [
    task("MiniGrid-MultiRoom-N2-S4-v0", 2, 4),
    task("MiniGrid-MultiRoom-N4-S5-v0", 6, 5),
    task("MiniGrid-MultiRoom-N4-S5-v1", 4, 5),
    task("MiniGrid-MultiRoom-N6-v0", 6, 10),
];

const fn task(id: &'static str, rooms: u32, max_room_size: u32) -> Task {
    let family = Family::MultiRoom(MultiRoom { rooms, max_room_size });
    Task::new(id, family, (25, 25), 20 * rooms, Objective::Goal)
}

/// Rooms of a level at most.
const MAX_ROOMS: usize = 6;

/// Chains that are tried before the generation gives up; Farama tries for ever.
const MAX_CHAINS: u32 = 100_000;

/// Parameters of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultiRoom {
    /// Rooms in the chain.
    pub rooms: u32,
    /// Largest side length of a room, walls included; the smallest is 4.
    pub max_room_size: u32,
}

impl MultiRoom {
    const fn rooms(&self) -> LayoutOption {
        LayoutOption {
            name: "rooms",
            low: 1,
            high: MAX_ROOMS as i32,
            default: self.rooms as i32,
            description: "Number of rooms in the chain.",
        }
    }

    const fn max_room_size(&self) -> LayoutOption {
        LayoutOption {
            name: "max_room_size",
            low: 4,
            high: 10,
            default: self.max_room_size as i32,
            description: "Largest side length of a room, walls included; the smallest is 4.",
        }
    }
}

impl Layout for MultiRoom {
    fn page(&self) -> Page {
        Page {
            description: "A chain of rooms of random sizes winds through the grid; each leads to the next \
                          through a closed door of a colour other than the one before. The agent starts in \
                          the first room and the goal, a green square, is in the last. A random walk \
                          hardly ever gets beyond two rooms, so that the longer chains call for \
                          exploration, or for a curriculum over the number of rooms.",
            mission: "traverse the rooms to get to the goal",
            mission_space: "",
            rewards: GOAL_REWARD,
            termination: &["the agent reaches the goal"],
        }
    }

    fn subgoals(&self) -> &'static [Subgoal] {
        const {
            &[
                Subgoal::new(events::DOOR_OPENED, "door opened"),
                Subgoal::new(events::DOORWAY_ENTERED, "doorway entered"),
                Subgoal::new(events::GOAL_REACHED, "goal reached"),
            ]
        }
    }

    fn options(&self) -> Vec<LayoutOption> {
        vec![self.rooms(), self.max_room_size()]
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        mut options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError> {
        let wanted = options.next(self.rooms()) as usize;
        let max_size = options.next(self.max_room_size());
        let chain = longest_chain(random, wanted, max_size, (level.width, level.height))?;
        let rooms = &chain.rooms[..chain.length];

        let mut previous_color = None;
        for (index, room) in rooms.iter().enumerate() {
            level.wall_rect(room.region);
            if index > 0 {
                let color = color_other_than(random, previous_color);
                level.set(room.entry, closed_door(color));
                previous_color = Some(color);
            }
        }
        level.place_agent(random, rooms[0].region)?;
        let last = rooms[rooms.len() - 1].region;
        let goal = level.place_in(random, GOAL_CELL, last, PATIENCE, |_| false)?;
        level.set_goal(goal);
        Ok(())
    }
}

/// A room and the cell of its wall through which it is entered.
#[derive(Clone, Copy, Debug)]
struct Room {
    region: Region,
    entry: Position,
}

/// Rooms in the order in which they are passed.
#[derive(Clone, Copy, Debug)]
struct Chain {
    rooms: [Room; MAX_ROOMS],
    length: usize,
}

impl Chain {
    const EMPTY: Self =
        Self { rooms: [Room { region: Region::new(0, 0, 0, 0), entry: (0, 0) }; MAX_ROOMS], length: 0 };
}

/// Grows chains until one has `wanted` rooms.
fn longest_chain<R: Random>(
    random: &mut R,
    wanted: usize,
    max_size: i32,
    grid: (i32, i32),
) -> Result<Chain, GenerationError> {
    let mut best = Chain::EMPTY;
    for _ in 0..MAX_CHAINS {
        if best.length >= wanted {
            return Ok(best);
        }
        let mut chain = Chain::EMPTY;
        // Both coordinates are drawn from the width, as in Farama.
        let entry = (random.int(0, grid.0 - 2), random.int(0, grid.0 - 2));
        grow(random, &mut chain, wanted, max_size, grid, (2, entry));
        if chain.length > best.length {
            best = chain;
        }
    }
    Err(GenerationError(format!("no chain of {wanted} rooms found in {MAX_CHAINS} tries")))
}

/// Adds a room that is entered through wall `entry_wall` at `entry` (0 right, 1 down, 2 left, 3 up),
/// and after it `left - 1` more. Says whether this room found its place.
fn grow<R: Random>(
    random: &mut R,
    chain: &mut Chain,
    left: usize,
    max_size: i32,
    grid: (i32, i32),
    (entry_wall, entry): (i32, Position),
) -> bool {
    let width = random.int(4, max_size + 1);
    let height = random.int(4, max_size + 1);
    let (x, y) = match entry_wall {
        _ if chain.length == 0 => entry,
        0 => (entry.0 - width + 1, random.int(entry.1 - height + 2, entry.1)),
        1 => (random.int(entry.0 - width + 2, entry.0), entry.1 - height + 1),
        2 => (entry.0, random.int(entry.1 - height + 2, entry.1)),
        _ => (random.int(entry.0 - width + 2, entry.0), entry.1),
    };
    let region = Region::new(x, y, width, height);
    // The bounds of the two axes differ in Farama; the last room may touch, for it holds the entry.
    if x < 0 || y < 0 || x + width > grid.0 || y + height >= grid.1 {
        return false;
    }
    let earlier = chain.length.saturating_sub(1);
    if chain.rooms[..earlier].iter().any(|room| overlap(region, room.region)) {
        return false;
    }
    chain.rooms[chain.length] = Room { region, entry };
    chain.length += 1;
    if left == 1 {
        return true;
    }
    for _ in 0..8 {
        let exit_wall = {
            let drawn = random.int(0, 3);
            if drawn < entry_wall { drawn } else { drawn + 1 }
        };
        let exit = match exit_wall {
            0 => (x + width - 1, y + random.int(1, height - 1)),
            1 => (x + random.int(1, width - 1), y + height - 1),
            2 => (x, y + random.int(1, height - 1)),
            _ => (x + random.int(1, width - 1), y),
        };
        if grow(random, chain, left - 1, max_size, grid, ((exit_wall + 2) % 4, exit)) {
            break;
        }
    }
    // A room counts even when nothing could follow it: the caller sees that the chain is short.
    true
}

/// Whether `region` is too close to `other`, in Farama's sense: strict on one side only.
fn overlap(region: Region, other: Region) -> bool {
    !(region.x + region.width < other.x
        || other.x + other.width <= region.x
        || region.y + region.height < other.y
        || other.y + other.height <= region.y)
}

/// A colour that is not `previous`.
fn color_other_than<R: Random>(random: &mut R, previous: Option<u32>) -> u32 {
    let Some(skipped) = COLORS.iter().position(|&color| Some(color) == previous) else {
        return random.element(&COLORS);
    };
    let drawn = random.int(0, COLORS.len() as i32 - 1) as usize;
    COLORS[if drawn < skipped { drawn } else { drawn + 1 }]
}
