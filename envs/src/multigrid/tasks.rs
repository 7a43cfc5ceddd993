//! The registered tasks of multi-agent grid worlds, and how their levels are generated.

use pentathlon_engine::GenerationError;
use pentathlon_gym::seeding::Random;

use super::{
    components::records::{NOWHERE, Team},
    rules::{
        foraging::rules::{MAX_LEVEL, food},
        settings::rules::{ARRIVE, FETCH, FORAGE, SWITCH, TRASH},
    },
};
use crate::minigrid::components::records::{
    BALL, BLUE, BOX, DOOR, EMPTY, FLOOR, GOAL, GREEN, GREY, KEY, LOCKED, PURPLE, WALL, YELLOW, cell,
};

/// What a level looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Layout {
    /// Two rooms behind a wall with a locked door; team and key are in the left one.
    DoorKey,
    /// As `DoorKey`, but the goal is in the left room with the chance that the option `p_near` says, and moves once with the
    /// chance that `p_move` says.
    DoorKeyMixed,
    /// A corridor one cell wide with a switch in its middle and an agent at either end.
    Corridor,
    /// Trash-Grid: so many small and big items.
    Trash {
        /// Items that can be picked up at once.
        small: u32,
        /// Items that have to be split first.
        big: u32,
    },
    /// Trash-Grid v1: so many small and big items, which are picked up whole.
    Fetch {
        /// Items that weigh 1.
        small: u32,
        /// Items that weigh 2.
        big: u32,
    },
    /// Level-based foraging.
    Forage {
        /// Whether all agents are needed for every food.
        cooperative: bool,
    },
}

/// Chances of what a level's goal does, where the layout has them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GoalChances {
    /// That it begins in the agent's room.
    pub near: f64,
    /// That it moves once.
    pub moves: f64,
}

/// First and last step after which a goal may move. Most agents are still under way then: an agent that walks straight takes
/// some 8 steps to a goal in its own room and some 25 to one behind the door.
pub const GOAL_MOVES: [u32; 2] = [4, 16];

/// A registered task.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Task {
    /// Registered id.
    pub id: &'static str,
    /// What its levels look like.
    pub layout: Layout,
    /// Columns of the grid.
    pub width: u32,
    /// Rows of the grid.
    pub height: u32,
    /// Agents of the team, at most 4.
    pub agents: u32,
    /// Items that the task is about, 0 for none.
    pub items: u32,
    /// Column, row, width and height of the drop zone; zeros for none.
    pub zone: [u32; 4],
    /// Steps after which an episode is truncated.
    pub max_steps: u32,
    /// Share of the reward that success at the last step has lost.
    pub decay: f64,
}

const fn door_key(id: &'static str, size: u32, agents: u32) -> Task {
    Task {
        id,
        layout: Layout::DoorKey,
        width: size,
        height: size,
        agents,
        items: 0,
        zone: [0; 4],
        max_steps: 10 * size * size,
        decay: 0.9,
    }
}

const fn foraging(id: &'static str, cooperative: bool) -> Task {
    Task {
        id,
        layout: Layout::Forage { cooperative },
        width: 8,
        height: 8,
        agents: 2,
        items: 2,
        zone: [0; 4],
        max_steps: 50,
        decay: 0.0,
    }
}

/// All tasks, in order of their ids.
pub const TASKS: [Task; 10] = [
    door_key("MultiGrid-DoorKey-6x6-N2-v0", 6, 2),
    door_key("MultiGrid-DoorKey-8x8-N2-v0", 8, 2),
    door_key("MultiGrid-DoorKey-8x8-N3-v0", 8, 3),
    Task {
        layout: Layout::DoorKeyMixed,
        max_steps: 256,
        decay: 0.5,
        ..door_key("MultiGrid-DoorKey-8x8-mixed-v0", 8, 1)
    },
    foraging("MultiGrid-Foraging-8x8-2p-2f-coop-v0", true),
    foraging("MultiGrid-Foraging-8x8-2p-2f-v0", false),
    Task {
        id: "MultiGrid-Switch-5x1-v0",
        layout: Layout::Corridor,
        width: 7,
        height: 3,
        agents: 2,
        items: 0,
        zone: [0; 4],
        max_steps: 50,
        decay: 0.9,
    },
    Task {
        id: "MultiGrid-TrashGrid-6x6-v2",
        layout: Layout::Trash { small: 2, big: 0 },
        width: 6,
        height: 6,
        agents: 2,
        items: 2,
        zone: [4, 4, 2, 2],
        max_steps: 100,
        decay: 0.0,
    },
    Task {
        id: "MultiGrid-TrashGrid-v1",
        layout: Layout::Fetch { small: 3, big: 3 },
        width: 8,
        height: 8,
        agents: 3,
        items: 6,
        zone: [4, 6, 4, 2],
        max_steps: 200,
        decay: 0.0,
    },
    Task {
        id: "MultiGrid-TrashGrid-v2",
        layout: Layout::Trash { small: 5, big: 5 },
        width: 10,
        height: 10,
        agents: 3,
        items: 10,
        zone: [6, 8, 4, 2],
        max_steps: 200,
        decay: 0.0,
    },
];

impl Task {
    /// Which rules hold.
    pub fn rule(&self) -> u32 {
        match self.layout {
            Layout::DoorKey | Layout::DoorKeyMixed => ARRIVE,
            Layout::Corridor => SWITCH,
            Layout::Trash { .. } => TRASH,
            Layout::Fetch { .. } => FETCH,
            Layout::Forage { .. } => FORAGE,
        }
    }

    /// What has to be delivered in all: the number of items, or their weight.
    pub fn total(&self) -> u32 {
        match self.layout {
            Layout::Fetch { small, big } => small + 2 * big,
            _ => self.items,
        }
    }

    /// Names of the actions in order.
    pub fn action_names(&self) -> &'static [&'static str] {
        match self.rule() {
            TRASH => &["forward", "left", "right", "pick up", "split", "put down"],
            FETCH => &["up", "down", "left", "right", "pick up", "put down"],
            FORAGE => &["none", "north", "south", "west", "east", "load"],
            _ => &["left", "right", "forward", "pickup", "drop", "toggle", "done"],
        }
    }

    /// Names of the subgoals; the event of a step is an index into them.
    pub fn subgoals(&self) -> &'static [&'static str] {
        match self.rule() {
            ARRIVE => &["key", "door", "goal"],
            SWITCH => &["switch"],
            FETCH => &["find trash", "pick small", "pick big", "put trash"],
            TRASH => &["find trash", "pick trash", "split big", "put trash"],
            _ => &["load food"],
        }
    }

    /// The mission of every level.
    pub fn mission(&self) -> &'static str {
        match self.rule() {
            ARRIVE => "use the key to open the door and then get to the goal",
            SWITCH => "stand on the switch, each of you once",
            TRASH | FETCH => "bring all trash to the drop zone",
            _ => "load all food",
        }
    }

    /// What the task is, in a few sentences.
    pub fn description(&self) -> String {
        let agents = self.agents;
        match self.layout {
            Layout::DoorKey => format!(
                "Two rooms behind a wall whose one door is locked; {agents} agents and the key start in the \
                 left room, the goal is in the lower right corner. An agent that steps onto the goal has \
                 arrived: it earns (1 - 0.9 * steps / max_steps) / {agents} and leaves the grid. The task \
                 is done when all have arrived. Agents act in the order of their numbers and block each \
                 other."
            ),
            Layout::DoorKeyMixed => String::from(
                "DoorKey-8x8 for one agent in which the goal lies at a random free cell of the agent's own \
                 room with the chance p_near (0.8), else in the corner behind the locked door. Reaching it \
                 pays 1 - decay * steps / max_steps, decay being 0.5. With the chance p_move (0) the goal moves once, from \
                 the agent's room into that corner or the other way.",
            ),
            Layout::Corridor => String::from(
                "A corridor of five cells with a switch in the middle and an agent at either end. Each agent \
                 has to stand on the switch once; only one fits, and they cannot pass each other, so the \
                 one that goes first has to turn round and make room. When both have, each earns (1 - 0.9 * \
                 steps / max_steps) / 2.",
            ),
            Layout::Trash { small, big } => format!(
                "{agents} agents bring {small} small and {big} big pieces of trash to the drop zone. Small \
                 ones can be picked up, three at a time; big ones are split first, which makes them small. \
                 Picking up and splitting act on the cell in front; agents block each other, trash does \
                 not. Putting down in the drop zone delivers everything carried, elsewhere it drops one \
                 piece in front if that cell is free. An agent earns -0.1 a step, +1 for picking up and for \
                 splitting, +2 for each piece delivered, +10 for delivering the last."
            ),
            Layout::Fetch { small, big } => format!(
                "{agents} agents bring {small} small and {big} big pieces of trash to the drop zone. They move by \
                 rows and columns and block each other; trash does not block. An agent picks up the piece it \
                 stands on: a small one weighs 1, a big one 2, and it carries at most 3. Putting down in the \
                 drop zone delivers everything carried. An agent earns -0.1 a step, +1 for picking up, +2 for \
                 each unit of weight delivered, +10 for delivering the last."
            ),
            Layout::Forage { cooperative } => format!(
                "Level-based foraging: {agents} agents with levels 1 to {MAX_LEVEL} and two pieces of food \
                 with levels. Agents beside food that load it at the same time collect it if their levels \
                 add up to its own; each then earns its level times the food's, divided by the levels of \
                 the loading agents and of all food. Agents move at the same time; two that want the same \
                 cell both stay.{}",
                if cooperative { " Every food needs all agents." } else { "" }
            ),
        }
    }

    /// Words of the array of an environment: the cells, then the list of items.
    pub fn words(&self) -> usize {
        (self.width * self.height + self.items) as usize
    }

    /// Makes a level; `goal` are the chances of its goal where the layout has them. A goal that moves changes nothing else of
    /// the level.
    ///
    /// # Errors
    /// When something finds no free cell.
    pub fn generate<R: Random>(
        &self,
        random: &mut R,
        goal: GoalChances,
        team: &mut Team,
        words: &mut [u32],
    ) -> Result<(), GenerationError> {
        *team = bytemuck::Zeroable::zeroed();
        let (cells, listed) = words.split_at_mut((self.width * self.height) as usize);
        cells.fill(EMPTY);
        listed.fill(NOWHERE);
        let mut level = Level { task: self, team, cells, listed, placed: 0 };
        match self.layout {
            Layout::DoorKey => level.door_key(random, GoalChances::default()),
            Layout::DoorKeyMixed => level.door_key(random, goal),
            Layout::Corridor => {
                level.corridor();
                Ok(())
            }
            Layout::Trash { small, big } | Layout::Fetch { small, big } => level.trash(random, small, big),
            Layout::Forage { cooperative } => level.forage(random, cooperative),
        }
    }
}

/// A level under construction.
struct Level<'a> {
    task: &'a Task,
    team: &'a mut Team,
    cells: &'a mut [u32],
    listed: &'a mut [u32],
    /// Agents that have a place.
    placed: usize,
}

impl Level<'_> {
    fn index(&self, x: u32, y: u32) -> usize {
        (x * self.task.height + y) as usize
    }

    fn set(&mut self, x: u32, y: u32, cell: u32) {
        let index = self.index(x, y);
        self.cells[index] = cell;
    }

    fn border(&mut self) {
        let (width, height) = (self.task.width, self.task.height);
        for x in 0..width {
            for y in 0..height {
                if x == 0 || y == 0 || x + 1 == width || y + 1 == height {
                    self.set(x, y, cell(WALL, GREY, 0));
                }
            }
        }
    }

    fn place_agent(&mut self, x: u32, y: u32, dir: u32) {
        let agent = self.placed;
        (self.team.x[agent], self.team.y[agent], self.team.dir[agent]) = (x, y, dir);
        self.placed += 1;
    }

    fn is_free(&self, x: u32, y: u32) -> bool {
        let taken = (0..self.placed).any(|agent| self.team.x[agent] == x && self.team.y[agent] == y);
        self.cells[self.index(x, y)] == EMPTY && !taken
    }

    /// A free cell of the columns and rows given that `accept`s, each as probable as any other.
    fn free_cell<R: Random>(
        &self,
        random: &mut R,
        columns: std::ops::Range<u32>,
        rows: std::ops::Range<u32>,
        accept: impl Fn(&Self, u32, u32) -> bool,
    ) -> Result<(u32, u32), GenerationError> {
        let all = || columns.clone().flat_map(|x| rows.clone().map(move |y| (x, y)));
        let fits = |&(x, y): &(u32, u32)| self.is_free(x, y) && accept(self, x, y);
        let count = all().filter(fits).count();
        if count == 0 {
            return Err(GenerationError(format!("no free cell in columns {columns:?}, rows {rows:?}")));
        }
        let nth = random.int(0, count as i32) as usize;
        Ok(all().filter(fits).nth(nth).unwrap_or((columns.start, rows.start)))
    }

    fn door_key<R: Random>(&mut self, random: &mut R, chances: GoalChances) -> Result<(), GenerationError> {
        let size = self.task.width;
        self.border();
        let split = random.int(2, size as i32 - 2) as u32;
        for y in 0..size {
            self.set(split, y, cell(WALL, GREY, 0));
        }
        let door = random.int(1, size as i32 - 2) as u32;
        self.set(split, door, cell(DOOR, YELLOW, LOCKED));
        let anywhere = |_: &Self, _, _| true;
        for _ in 0..self.task.agents {
            let (x, y) = self.free_cell(random, 1..split, 1..size - 1, anywhere)?;
            let dir = random.int(0, 4) as u32;
            self.place_agent(x, y, dir);
        }
        let (x, y) = self.free_cell(random, 1..split, 1..size - 1, anywhere)?;
        self.set(x, y, cell(KEY, YELLOW, 0));
        let mut goal = (size - 2, size - 2);
        if chances.near > 0.0 && random.float() < chances.near {
            // A room of two cells is full with agent and key: its goal stays behind the door.
            if let Ok(near) = self.free_cell(random, 1..split, 1..size - 1, anywhere) {
                goal = near;
            }
        }
        self.set(goal.0, goal.1, cell(GOAL, GREEN, 0));
        if chances.moves > 0.0 && random.float() < chances.moves {
            let [first, last] = GOAL_MOVES;
            let step = random.int(first as i32, last as i32 + 1) as u32;
            let far = (size - 2, size - 2);
            let to = if goal == far {
                self.free_cell(random, 1..split, 1..size - 1, anywhere).ok()
            } else {
                Some(far)
            };
            // A full room takes no goal: that one stays where it is.
            if let Some(to) = to {
                self.team.goal_moves_at = step;
                self.team.goal_from = self.index(goal.0, goal.1) as u32;
                self.team.goal_to = self.index(to.0, to.1) as u32;
            }
        }
        Ok(())
    }

    fn corridor(&mut self) {
        self.border();
        let last = self.task.width - 2;
        self.set(self.task.width / 2, 1, cell(FLOOR, GREEN, 0));
        self.place_agent(1, 1, 0);
        self.place_agent(last, 1, 2);
    }

    fn trash<R: Random>(&mut self, random: &mut R, small: u32, big: u32) -> Result<(), GenerationError> {
        let (width, height) = (self.task.width, self.task.height);
        let [zone_x, zone_y, zone_width, zone_height] = self.task.zone;
        for x in zone_x..zone_x + zone_width {
            for y in zone_y..zone_y + zone_height {
                self.set(x, y, cell(FLOOR, GREEN, 0));
            }
        }
        for agent in 0..self.task.agents {
            self.place_agent(2 * agent, 0, 1);
        }
        // Rows 3 to 7 and all columns but the last of the grid of ten by ten.
        let rows = if height == 10 { 3..8 } else { 1..zone_y };
        for item in 0..small + big {
            let (x, y) = self.free_cell(random, 0..width - 1, rows.clone(), |_, _, _| true)?;
            let object = if item < small { cell(BALL, BLUE, 0) } else { cell(BOX, PURPLE, 0) };
            self.set(x, y, object);
            self.listed[item as usize] = self.index(x, y) as u32;
        }
        Ok(())
    }

    fn forage<R: Random>(&mut self, random: &mut R, cooperative: bool) -> Result<(), GenerationError> {
        let (width, height) = (self.task.width, self.task.height);
        let agents = self.task.agents as usize;
        let mut sum = 0;
        for agent in 0..agents {
            self.team.carrying[agent] = 1 + random.int(0, MAX_LEVEL as i32) as u32;
            sum += self.team.carrying[agent];
        }
        // Food is not beside other food, and not at the border.
        let apart = |level: &Self, x: u32, y: u32| {
            let near = |index: &u32| {
                let (other_x, other_y) = (index / height, index % height);
                *index != NOWHERE && x.abs_diff(other_x) + y.abs_diff(other_y) <= 2
            };
            !level.listed.iter().any(near)
        };
        for item in 0..self.task.items as usize {
            let (x, y) = self.free_cell(random, 1..width - 1, 1..height - 1, apart)?;
            let level = if cooperative { sum } else { 1 + random.int(0, sum as i32) as u32 };
            self.set(x, y, food(level));
            self.listed[item] = self.index(x, y) as u32;
            self.team.progress += level;
        }
        for _ in 0..agents {
            let (x, y) = self.free_cell(random, 0..width, 0..height, |_, _, _| true)?;
            self.place_agent(x, y, 3);
        }
        Ok(())
    }
}
