//! A grid of square rooms that share their walls, with doors between neighbours. Unlock, KeyCorridor,
//! ObstructedMaze and all of BabyAI are laid out on it. The order of random draws is Farama's (Minigrid 3.2.0,
//! `RoomGrid`).

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::level::{DIRECTIONS, Level, Position, Region, closed_door, locked_door};
use crate::minigrid::{
    components::records::{BALL, BOX, EMPTY, KEY, WALL, cell, color_of, kind_of},
    mission::COLORS,
};

/// Column and row of a room.
pub(in crate::minigrid) type RoomIndex = (i32, i32);

/// Rooms a side at most.
const MAX_ROOMS: usize = 3;

/// Attempts to place something in a room.
const MAX_TRIES: u32 = 1000;

/// Rounds in which [`RoomGrid::connect_all`] adds doors.
const MAX_ROUNDS: u32 = 5000;

/// What is in the wall between two rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passage {
    Wall,
    Door,
    Removed,
}

#[derive(Clone, Copy, Debug)]
struct Room {
    /// What is in its walls: right, below, left, above.
    passages: [Passage; 4],
    /// Where a door in these walls would be; (0, 0) on the sides without a neighbour.
    door_positions: [Position; 4],
    /// Whether the door added last was locked.
    locked: bool,
}

/// The rooms of a level under construction.
#[derive(Debug)]
pub(in crate::minigrid) struct RoomGrid<'l, 'a> {
    level: &'l mut Level<'a>,
    /// Side length of a room with its walls.
    room_size: i32,
    columns: i32,
    rows: i32,
    rooms: [[Room; MAX_ROOMS]; MAX_ROOMS],
    /// Bit set of the looks (colour and type) of all objects added so far.
    looks: u32,
}

/// The bit of an object's colour and type.
fn look(object: u32) -> u32 {
    1 << ((kind_of(object) - KEY) * 6 + color_of(object))
}

impl<'l, 'a> RoomGrid<'l, 'a> {
    /// Draws the walls of `columns` times `rows` rooms and where doors would be. The agent stands in
    /// the middle room until it is placed, which later placements respect.
    pub fn new<R: Random>(
        random: &mut R,
        level: &'l mut Level<'a>,
        room_size: i32,
        (columns, rows): (i32, i32),
    ) -> Self {
        let step = room_size - 1;
        level.shrink(step * columns + 1, step * rows + 1);
        let closed = Room { passages: [Passage::Wall; 4], door_positions: [(0, 0); 4], locked: false };
        let rooms = [[closed; MAX_ROOMS]; MAX_ROOMS];
        let mut grid = Self { level, room_size, columns, rows, rooms, looks: 0 };
        for row in 0..rows {
            for column in 0..columns {
                grid.level.wall_rect(grid.region((column, row)));
            }
        }
        for row in 0..rows {
            for column in 0..columns {
                let (left, top) = (column * step, row * step);
                if column + 1 < columns {
                    let door = (left + step, random.int(top + 1, top + step));
                    grid.room_mut((column, row)).door_positions[0] = door;
                    grid.room_mut((column + 1, row)).door_positions[2] = door;
                }
                if row + 1 < rows {
                    let door = (random.int(left + 1, left + step), top + step);
                    grid.room_mut((column, row)).door_positions[1] = door;
                    grid.room_mut((column, row + 1)).door_positions[3] = door;
                }
            }
        }
        let middle = ((columns / 2) * step + room_size / 2, (rows / 2) * step + room_size / 2);
        grid.level.set_agent(middle, 0);
        grid
    }

    /// The level in which the rooms are.
    pub fn level(&mut self) -> &mut Level<'a> {
        self.level
    }

    /// The level in which the rooms are, to look at.
    pub fn level_ref(&self) -> &Level<'a> {
        self.level
    }

    /// The cells of a room, walls included.
    pub fn region(&self, (column, row): RoomIndex) -> Region {
        let step = self.room_size - 1;
        Region::new(column * step, row * step, self.room_size, self.room_size)
    }

    /// Adds a door of `color` on a side of a room (0 right, 1 below, 2 left, 3 above); where it is.
    pub fn add_door(&mut self, room: RoomIndex, side: usize, color: u32, locked: bool) -> Position {
        let this = self.room_mut(room);
        this.locked = locked;
        let position = this.door_positions[side];
        self.level.set(position, if locked { locked_door(color) } else { closed_door(color) });
        self.open_passage(room, side, Passage::Door);
        position
    }

    /// Takes away the wall on a side of a room, corners excepted.
    pub fn remove_wall(&mut self, room: RoomIndex, side: usize) {
        let Region { x, y, .. } = self.region(room);
        let last = self.room_size - 1;
        let inner = self.room_size - 2;
        match side {
            0 => self.level.vertical((x + last, y + 1), inner, EMPTY),
            1 => self.level.horizontal((x + 1, y + last), inner, EMPTY),
            2 => self.level.vertical((x, y + 1), inner, EMPTY),
            _ => self.level.horizontal((x + 1, y), inner, EMPTY),
        }
        self.open_passage(room, side, Passage::Removed);
    }

    /// Puts an object on a random free cell of a room that is not beside the agent; where it is.
    ///
    /// # Errors
    /// When no such cell is found.
    pub fn place_in_room<R: Random>(
        &mut self,
        random: &mut R,
        room: RoomIndex,
        object: u32,
    ) -> Result<Position, GenerationError> {
        let agent = self.level.agent();
        let region = self.region(room);
        let position = self.level.place_in(random, object, region, MAX_TRIES, |(x, y)| {
            (x - agent.0).abs() + (y - agent.1).abs() < 2
        })?;
        self.looks |= look(object);
        Ok(position)
    }

    /// Adds `count` keys, balls and boxes to random rooms, none of which looks like another object.
    ///
    /// # Errors
    /// When one finds no place.
    pub fn add_distractors<R: Random>(&mut self, random: &mut R, count: i32) -> Result<(), GenerationError> {
        let mut added = 0;
        while added < count {
            let color = random.element(&COLORS);
            let object = cell(random.element(&[KEY, BALL, BOX]), color, 0);
            if self.looks & look(object) != 0 {
                continue;
            }
            let room = (random.int(0, self.columns), random.int(0, self.rows));
            self.place_in_room(random, room, object)?;
            added += 1;
        }
        Ok(())
    }

    /// Whether an object of this colour and type was added before.
    pub fn has_look(&self, object: u32) -> bool {
        self.looks & look(object) != 0
    }

    /// Columns and rows of rooms.
    pub fn size(&self) -> (i32, i32) {
        (self.columns, self.rows)
    }

    /// The room in which a cell lies; walls belong to the room on their right and below.
    pub fn room_of(&self, (x, y): Position) -> RoomIndex {
        (x / (self.room_size - 1), y / (self.room_size - 1))
    }

    /// Whether a side of a room has a neighbour, and still a whole wall.
    pub fn is_walled_off(&self, room: RoomIndex, side: usize) -> bool {
        self.neighbor(room, side).is_some() && self.room(room).passages[side] == Passage::Wall
    }

    /// Whether there is a room on this side of another.
    pub fn has_neighbor(&self, room: RoomIndex, side: usize) -> bool {
        self.neighbor(room, side).is_some()
    }

    /// The place of the door on a side of a room, if there is one.
    pub fn door(&self, room: RoomIndex, side: usize) -> Option<Position> {
        let room = self.room(room);
        (room.passages[side] == Passage::Door).then_some(room.door_positions[side])
    }

    /// Puts the agent into a room, looking at a free cell or a wall.
    ///
    /// # Errors
    /// When no free cell is found.
    pub fn place_agent<R: Random>(&mut self, random: &mut R, room: RoomIndex) -> Result<(), GenerationError> {
        for _ in 0..MAX_TRIES {
            self.level.place_agent_in(random, self.region(room), MAX_TRIES)?;
            let (x, y) = self.level.agent();
            let (dx, dy) = DIRECTIONS[self.level.state.dir as usize];
            if matches!(kind_of(self.level.get((x + dx, y + dy))), EMPTY | WALL) {
                return Ok(());
            }
        }
        Err(GenerationError(format!("the agent faces an object everywhere in room {room:?}")))
    }

    /// Adds unlocked doors at random until every room can be reached from the agent's (locked doors
    /// count as passable).
    ///
    /// # Errors
    /// When some room stays unreachable.
    pub fn connect_all<R: Random>(&mut self, random: &mut R) -> Result<(), GenerationError> {
        self.connect_all_in(random, &COLORS)
    }

    /// [`RoomGrid::connect_all`] with doors of some colours only.
    ///
    /// # Errors
    /// When some room stays unreachable.
    pub fn connect_all_in<R: Random>(
        &mut self,
        random: &mut R,
        colors: &[u32],
    ) -> Result<(), GenerationError> {
        let start = self.room_of(self.level.agent());
        let mut connected = self.all_reachable_from(start);
        for _ in 0..=MAX_ROUNDS {
            if connected {
                return Ok(());
            }
            let room = (random.int(0, self.columns), random.int(0, self.rows));
            let side = random.int(0, 4) as usize;
            let Some(neighbor) = self.neighbor(room, side) else { continue };
            if self.room(room).passages[side] != Passage::Wall
                || self.room(room).locked
                || self.room(neighbor).locked
            {
                continue;
            }
            let color = random.element(colors);
            self.add_door(room, side, color, false);
            connected = self.all_reachable_from(start);
        }
        Err(GenerationError(format!("rooms still unconnected after {MAX_ROUNDS} rounds")))
    }

    /// Whether every room can be reached from `start`.
    fn all_reachable_from(&self, start: RoomIndex) -> bool {
        let mut reached = [[false; MAX_ROOMS]; MAX_ROOMS];
        let mut stack = [(0, 0); MAX_ROOMS * MAX_ROOMS];
        (stack[0], reached[start.0 as usize][start.1 as usize]) = (start, true);
        let (mut height, mut count) = (1, 1);
        while height > 0 {
            height -= 1;
            let room = stack[height];
            for side in 0..4 {
                if self.room(room).passages[side] == Passage::Wall {
                    continue;
                }
                let Some(next) = self.neighbor(room, side) else { continue };
                let seen = &mut reached[next.0 as usize][next.1 as usize];
                if !*seen {
                    *seen = true;
                    stack[height] = next;
                    height += 1;
                    count += 1;
                }
            }
        }
        count == self.columns * self.rows
    }

    /// Registers a passage with the rooms on both of its sides.
    fn open_passage(&mut self, room: RoomIndex, side: usize, passage: Passage) {
        self.room_mut(room).passages[side] = passage;
        if let Some(neighbor) = self.neighbor(room, side) {
            self.room_mut(neighbor).passages[(side + 2) % 4] = passage;
        }
    }

    /// The room on a side of another, if there is one.
    fn neighbor(&self, (column, row): RoomIndex, side: usize) -> Option<RoomIndex> {
        let (dx, dy) = DIRECTIONS[side];
        let (column, row) = (column + dx, row + dy);
        let inside = (0..self.columns).contains(&column) && (0..self.rows).contains(&row);
        inside.then_some((column, row))
    }

    fn room(&self, (column, row): RoomIndex) -> &Room {
        &self.rooms[column as usize][row as usize]
    }

    fn room_mut(&mut self, (column, row): RoomIndex) -> &mut Room {
        &mut self.rooms[column as usize][row as usize]
    }
}
