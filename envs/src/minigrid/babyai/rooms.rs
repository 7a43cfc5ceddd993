//! Rooms as BabyAI's generators fill them: a room grid together with the list of what was put into it. The
//! order of random draws is Farama's (`minigrid.envs.babyai.core.roomgrid_level`).

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::grammar::Description;
use crate::minigrid::{
    components::records::{BALL, BOX, DOOR, EMPTY, GREY, KEY, LOCKED, cell, color_of, kind_of, state_of},
    levels::{DIRECTIONS, Level, Position, RoomGrid, RoomIndex, closed_door, locked_door},
    mission::COLORS,
};

/// Keys, balls, boxes and doors of a level at most: 28 objects and the 12 doors of nine rooms.
const CAPACITY: usize = 48;

/// Longest side of a level: three rooms of eight cells.
const LONGEST_SIDE: usize = 32;

/// Kinds of objects in the order in which they are drawn.
pub(in crate::minigrid) const KINDS: [u32; 3] = [KEY, BALL, BOX];

/// A key, ball, box or door that was put into a level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::minigrid) struct Placed {
    /// Its word.
    pub cell: u32,
    /// Where it is.
    pub position: Position,
}

impl Placed {
    /// Type index.
    pub fn kind(&self) -> u32 {
        kind_of(self.cell)
    }

    /// Colour index.
    pub fn color(&self) -> u32 {
        color_of(self.cell)
    }

    /// All objects of its type and colour.
    pub fn description(&self) -> Description {
        Description::new(self.kind(), self.color())
    }
}

/// A list that needs no memory of its own from the heap: levels are generated within steps.
#[derive(Clone, Copy, Debug)]
pub(in crate::minigrid) struct PlacedList {
    entries: [Placed; CAPACITY],
    len: usize,
}

impl PlacedList {
    /// No entry.
    pub const fn new() -> Self {
        Self { entries: [Placed { cell: 0, position: (0, 0) }; CAPACITY], len: 0 }
    }

    /// Appends an entry; one that does not fit is left out, and `false` returned.
    pub fn push(&mut self, entry: Placed) -> bool {
        let fits = self.len < CAPACITY;
        if fits {
            self.entries[self.len] = entry;
            self.len += 1;
        }
        fits
    }
}

impl std::ops::Deref for PlacedList {
    type Target = [Placed];

    fn deref(&self) -> &[Placed] {
        &self.entries[..self.len]
    }
}

/// A level of rooms under construction.
#[derive(Debug)]
pub(in crate::minigrid) struct Rooms<'l, 'a> {
    grid: RoomGrid<'l, 'a>,
    placed: PlacedList,
    /// The room that was locked on purpose, if one was.
    locked_room: Option<RoomIndex>,
}

/// A level that is drawn again: objects stand in each other's way, or a draw broke a rule of the level. Levels
/// are generated within steps, which allocate nothing, so the reason is for the reader of the code.
pub(in crate::minigrid) fn rejected(_why: &'static str) -> GenerationError {
    GenerationError(String::new())
}

impl<'l, 'a> Rooms<'l, 'a> {
    /// Draws the walls of `size.0` times `size.1` rooms.
    pub fn new<R: Random>(
        random: &mut R,
        level: &'l mut Level<'a>,
        room_size: i32,
        size: (i32, i32),
    ) -> Self {
        let grid = RoomGrid::new(random, level, room_size, size);
        Self { grid, placed: PlacedList::new(), locked_room: None }
    }

    /// The level in which the rooms are.
    pub fn level(&mut self) -> &mut Level<'a> {
        self.grid.level()
    }

    /// The grid of rooms.
    pub fn grid(&mut self) -> &mut RoomGrid<'l, 'a> {
        &mut self.grid
    }

    /// Everything that was put into the level, doors included.
    pub fn placed(&self) -> &[Placed] {
        &self.placed
    }

    /// The room that was locked on purpose, if one was.
    pub fn locked_room(&self) -> Option<RoomIndex> {
        self.locked_room
    }

    /// Remembers which room is locked.
    pub fn set_locked_room(&mut self, room: RoomIndex) {
        self.locked_room = Some(room);
    }

    /// Where the agent is.
    pub fn agent(&mut self) -> Position {
        self.level().agent()
    }

    /// A random room.
    pub fn any_room<R: Random>(&self, random: &mut R) -> RoomIndex {
        let (columns, rows) = self.grid.size();
        (random.int(0, columns), random.int(0, rows))
    }

    /// All rooms, column by column.
    pub fn all_rooms(&self) -> impl Iterator<Item = RoomIndex> + use<> {
        let (columns, rows) = self.grid.size();
        (0..columns).flat_map(move |column| (0..rows).map(move |row| (column, row)))
    }

    /// Puts `object` into a room.
    ///
    /// # Errors
    /// When it finds no place.
    pub fn put<R: Random>(
        &mut self,
        random: &mut R,
        room: RoomIndex,
        object: u32,
    ) -> Result<Placed, GenerationError> {
        let position = self.grid.place_in_room(random, room, object)?;
        self.note(Placed { cell: object, position })
    }

    /// Notes something that is in the level.
    ///
    /// # Errors
    /// When there is too much of it.
    pub fn note(&mut self, placed: Placed) -> Result<Placed, GenerationError> {
        if self.placed.push(placed) { Ok(placed) } else { Err(rejected("too many objects")) }
    }

    /// Adds an object to a room; what is left open is drawn, the type before the colour.
    ///
    /// # Errors
    /// When it finds no place.
    pub fn add_object<R: Random>(
        &mut self,
        random: &mut R,
        room: RoomIndex,
        kind: Option<u32>,
        color: Option<u32>,
    ) -> Result<Placed, GenerationError> {
        let kind = kind.unwrap_or_else(|| random.element(&KINDS));
        let color = color.unwrap_or_else(|| random.element(&COLORS));
        self.put(random, room, cell(kind, color, 0))
    }

    /// Adds `count` objects to a room, or each to a random one; `unique` ones look like nothing that is
    /// there already.
    ///
    /// # Errors
    /// When one finds no place.
    pub fn add_distractors<R: Random>(
        &mut self,
        random: &mut R,
        room: Option<RoomIndex>,
        count: u32,
        unique: bool,
    ) -> Result<PlacedList, GenerationError> {
        let mut added = PlacedList::new();
        while added.len() < count as usize {
            let color = random.element(&COLORS);
            let object = cell(random.element(&KINDS), color, 0);
            if unique && self.grid.has_look(object) {
                continue;
            }
            let room = room.unwrap_or_else(|| self.any_room(random));
            added.push(self.put(random, room, object)?);
        }
        Ok(added)
    }

    /// Adds a door to a room; what is left open is drawn: side, colour, whether it is locked.
    ///
    /// # Errors
    /// When there is too much in the level.
    pub fn add_door<R: Random>(
        &mut self,
        random: &mut R,
        room: RoomIndex,
        side: Option<usize>,
        color: Option<u32>,
        locked: Option<bool>,
    ) -> Result<Placed, GenerationError> {
        let side = side.unwrap_or_else(|| {
            loop {
                let side = random.int(0, 4) as usize;
                if self.grid.is_walled_off(room, side) {
                    break side;
                }
            }
        });
        let color = color.unwrap_or_else(|| random.element(&COLORS));
        let locked = locked.unwrap_or_else(|| random.flag());
        let position = self.grid.add_door(room, side, color, locked);
        let cell = if locked { locked_door(color) } else { closed_door(color) };
        self.note(Placed { cell, position })
    }

    /// Connects all rooms with doors of some colours.
    ///
    /// # Errors
    /// When some room stays unreachable.
    pub fn connect_all<R: Random>(&mut self, random: &mut R, colors: &[u32]) -> Result<(), GenerationError> {
        self.grid.connect_all_in(random, colors)?;
        for door in self.doors().iter() {
            if !self.placed.contains(door) {
                self.note(*door)?;
            }
        }
        Ok(())
    }

    /// The doors of all rooms, column by column, on the right, below, on the left and above: every door
    /// between two rooms twice.
    pub fn doors(&self) -> PlacedList {
        let mut doors = PlacedList::new();
        for room in self.all_rooms() {
            for position in (0..4).filter_map(|side| self.grid.door(room, side)) {
                doors.push(Placed { cell: self.get(position), position });
            }
        }
        doors
    }

    /// Opens every door.
    pub fn open_doors(&mut self) {
        for door in self.doors().iter() {
            self.level().set(door.position, cell(DOOR, door.color(), 0));
        }
    }

    /// Gives every one of `objects` another colour.
    pub fn recolor(&mut self, objects: &[Placed], color: u32) {
        for object in objects {
            let painted = cell(object.kind(), color, 0);
            self.level().set(object.position, painted);
            for placed in &mut self.placed.entries[..self.placed.len] {
                if placed.position == object.position {
                    placed.cell = painted;
                }
            }
        }
    }

    /// Whether a cell lies in the square of a room, walls included.
    pub fn is_in_room(&self, room: RoomIndex, (x, y): Position) -> bool {
        let region = self.grid.region(room);
        (region.x..region.x + region.width).contains(&x) && (region.y..region.y + region.height).contains(&y)
    }

    /// The colours of locked doors, as a bit set.
    pub fn locked_colors(&self) -> u32 {
        let locked = self.placed.iter().filter(|door| door.kind() == DOOR && state_of(door.cell) == LOCKED);
        locked.fold(0, |colors, door| colors | 1 << door.color())
    }

    /// Whether the agent could touch every object without moving another one; doors count as open.
    pub fn is_everything_reachable(&self) -> bool {
        let level = self.grid.level_ref();
        let (width, height) = (level.width, level.height);
        let mut reached = [0u32; LONGEST_SIDE];
        let mut open = [(0, 0); LONGEST_SIDE * LONGEST_SIDE];
        let (mut count, start) = (1, level.agent());
        open[0] = start;
        reached[start.0 as usize] |= 1 << start.1;
        while count > 0 {
            count -= 1;
            let (x, y) = open[count];
            if !matches!(kind_of(level.get((x, y))), EMPTY | DOOR) {
                continue;
            }
            for (dx, dy) in DIRECTIONS {
                let (x, y) = (x + dx, y + dy);
                let is_inside = (0..width).contains(&x) && (0..height).contains(&y);
                if is_inside && reached[x as usize] >> y & 1 == 0 {
                    reached[x as usize] |= 1 << y;
                    open[count] = (x, y);
                    count += 1;
                }
            }
        }
        self.placed.iter().all(|object| reached[object.position.0 as usize] >> object.position.1 & 1 == 1)
    }

    /// [`Rooms::is_everything_reachable`] as a condition.
    ///
    /// # Errors
    /// When it is not.
    pub fn check_reachable(&self) -> Result<(), GenerationError> {
        if self.is_everything_reachable() { Ok(()) } else { Err(rejected("an object cannot be reached")) }
    }

    /// Everything that matches a description, seen from the agent.
    pub fn matching(&self, description: Description) -> impl Iterator<Item = &Placed> {
        let level = self.grid.level_ref();
        let (agent, dir) = (level.agent(), level.state.dir);
        let room = self.grid.room_of(agent);
        self.placed.iter().filter(move |object| {
            let (x, y) = object.position;
            description.kind.is_none_or(|kind| object.kind() == kind)
                && description.color.is_none_or(|color| object.color() == color)
                && description.side.is_none_or(|side| {
                    self.is_in_room(room, (x, y))
                        && side.holds((x - agent.0, y - agent.1), DIRECTIONS[dir as usize])
                })
        })
    }

    /// Whether a description matches several things. Walls are grey, and count where the type is open.
    pub fn matches_several(&self, description: Description) -> bool {
        let matches_walls = description.kind.is_none() && description.color.is_none_or(|color| color == GREY);
        matches_walls || self.matching(description).nth(1).is_some()
    }

    /// What is on a cell.
    pub fn get(&self, position: Position) -> u32 {
        self.grid.level_ref().get(position)
    }

    /// Puts the agent into a room.
    ///
    /// # Errors
    /// When there is no place.
    pub fn place_agent<R: Random>(&mut self, random: &mut R, room: RoomIndex) -> Result<(), GenerationError> {
        self.grid.place_agent(random, room)
    }

    /// Puts the agent into a random room.
    ///
    /// # Errors
    /// When there is no place.
    pub fn place_agent_anywhere<R: Random>(&mut self, random: &mut R) -> Result<(), GenerationError> {
        let room = self.any_room(random);
        self.grid.place_agent(random, room)
    }

    /// Puts the agent into random rooms until it is outside of `room`.
    ///
    /// # Errors
    /// When there is no place.
    pub fn place_agent_outside<R: Random>(
        &mut self,
        random: &mut R,
        room: Option<RoomIndex>,
    ) -> Result<(), GenerationError> {
        loop {
            self.place_agent_anywhere(random)?;
            let agent = self.agent();
            if Some(self.grid.room_of(agent)) != room {
                return Ok(());
            }
        }
    }

    /// A random object of a list.
    ///
    /// # Errors
    /// When it is empty.
    pub fn choose<R: Random>(random: &mut R, objects: &[Placed]) -> Result<Placed, GenerationError> {
        if objects.is_empty() { Err(rejected("nothing to choose from")) } else { Ok(random.element(objects)) }
    }
}

/// Most entries that [`subset`] draws.
const LARGEST_SUBSET: usize = 6;

/// Fills `drawn` with different entries of a list, in a random order: each from those that remain.
///
/// # Panics
/// When the list is shorter, or more than six are asked for.
pub(in crate::minigrid) fn subset<T: Copy, R: Random>(random: &mut R, list: &[T], drawn: &mut [T]) {
    let mut taken = [usize::MAX; LARGEST_SUBSET];
    for (index, drawn) in drawn.iter_mut().enumerate() {
        let mut choice = random.int(0, (list.len() - index) as i32) as usize;
        // The choice counts what remains: entries taken before are skipped, from the first on.
        for &before in &taken[..index] {
            choice += usize::from(before <= choice);
        }
        *drawn = list[choice];
        taken[index] = choice;
        taken[..=index].sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;

    #[test]
    fn a_subset_takes_nothing_twice() {
        let mut random = Philox::for_level(3, 1);
        for _ in 0..200 {
            let mut drawn = [0; 4];
            subset(&mut random, &COLORS, &mut drawn);
            drawn.sort_unstable();
            assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]), "{drawn:?}");
        }
    }
}
