//! Trash-Grid's tree: find, pick up and split items, put them down in the drop zone. It reads the places of
//! items, zone and agents out of the observation `vector`.

use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::{EnvSpec, Observation, Space};

use super::TaskTree;
use crate::options::{Choice, LowLevelPolicy, OptionView, SubgoalOption};

/// Subgoals of Trash-Grid, by number.
const FIND: usize = 0;
const PICK: usize = 1;
const SPLIT: usize = 2;
const PUT: usize = 3;

/// Kinds of items in the vector.
const SMALL: i32 = 1;
const BIG: i32 = 2;

/// Items that an agent can carry.
const CAPACITY: i32 = 3;

/// Numbers of an agent, an item and a cell of the zone in the vector.
const AGENT: usize = 4;
const ITEM: usize = 3;
const ZONE: usize = 2;

/// The tree of Trash-Grid v2 with any number of agents and items.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrashGridTree {
    agents: usize,
    items: usize,
    /// Numbers of the vector.
    len: usize,
    /// Columns or rows of the grid, the larger number: what the vector was divided by.
    reach: f32,
}

impl TrashGridTree {
    /// The tree of `spec`, if it is Trash-Grid v2 and the first thing that agents see is its vector.
    pub fn new(spec: &EnvSpec, observation: &Observation) -> Option<Self> {
        if !spec.subgoals.iter().eq(["find trash", "pick trash", "split big", "put trash"]) {
            return None;
        }
        let first = observation.fields.first().filter(|field| field.spec.name == "vector")?;
        let Space::Box { high, .. } = first.spec.space else { return None };
        let state = spec.observation("state")?.space.flat_len();
        let items = state.checked_sub(AGENT * spec.num_agents)? / ITEM;
        Some(Self { agents: spec.num_agents, items, len: first.spec.space.flat_len(), reach: high })
    }

    /// A number of the vector, in cells.
    fn number(&self, vector: &[f32], index: usize) -> i32 {
        (vector[index] * self.reach).round() as i32
    }

    /// Items that agent `agent` carries.
    fn load(&self, agent: usize, vector: &[f32]) -> i32 {
        self.number(vector, AGENT * agent + 3)
    }

    /// Row and column from the agent to the nearest item of one of `kinds`.
    fn nearest_item(&self, vector: &[f32], kinds: &[i32]) -> Option<(i32, i32)> {
        let at = |item: usize, part: usize| self.number(vector, AGENT * self.agents + ITEM * item + part);
        let items = (0..self.items).filter(|&item| kinds.contains(&at(item, 2)));
        items.map(|item| (at(item, 0), at(item, 1))).min_by_key(|(row, column)| row.abs() + column.abs())
    }

    /// Row and column from the agent to the nearest cell of the drop zone.
    fn nearest_zone(&self, vector: &[f32]) -> Option<(i32, i32)> {
        let cells = (AGENT * self.agents + ITEM * self.items..self.len).step_by(ZONE);
        let places = cells.map(|index| (self.number(vector, index), self.number(vector, index + 1)));
        places.min_by_key(|(row, column)| row.abs() + column.abs())
    }

    /// Row and column from the agent to what `subgoal` is about.
    fn target(&self, subgoal: usize, vector: &[f32]) -> Option<(i32, i32)> {
        match subgoal {
            FIND => self.nearest_item(vector, &[SMALL, BIG]),
            PICK => self.nearest_item(vector, &[SMALL]),
            SPLIT => self.nearest_item(vector, &[BIG]),
            _ => self.nearest_zone(vector),
        }
    }
}

impl TaskTree for TrashGridTree {
    fn len(&self) -> usize {
        PUT + 1
    }

    fn is_open(&self, subgoal: usize, view: OptionView<'_>, _achieved: u32) -> bool {
        self.can_begin(subgoal, view)
    }

    fn can_begin(&self, subgoal: usize, view: OptionView<'_>) -> bool {
        let load = self.load(view.place.1, view.observation);
        match subgoal {
            PICK => load < CAPACITY && self.target(PICK, view.observation).is_some(),
            PUT => load > 0,
            subgoal => self.target(subgoal, view.observation).is_some(),
        }
    }

    fn distance(&self, subgoal: usize, _agent: usize, observation: &[f32]) -> Option<f32> {
        let (row, column) = self.target(subgoal, observation)?;
        Some((row.abs() + column.abs()) as f32 / (2.0 * self.reach))
    }
}

/// Trash-Grid's actions.
const FORWARD: i32 = 0;
const LEFT: i32 = 1;
const RIGHT: i32 = 2;
const PICK_UP: i32 = 3;
const SPLIT_UP: i32 = 4;
const PUT_DOWN: i32 = 5;

/// The subgoals pursued by a script that walks to what they are about: a low level that needs no training, to
/// test high levels on.
pub fn scripted_options(tree: TrashGridTree) -> Vec<Box<dyn Choice>> {
    let last_act = [LEFT, PICK_UP, SPLIT_UP, PUT_DOWN];
    let option = |(subgoal, act): (usize, i32)| {
        let policy: LowLevelPolicy = Box::new(move |view, random| approach(tree, view, subgoal, act, random));
        Box::new(SubgoalOption::new(subgoal, policy)) as Box<dyn Choice>
    };
    last_act.into_iter().enumerate().map(option).collect()
}

/// Walks towards what `subgoal` is about, to stand before it, or in the drop zone, then does `act`.
fn approach(tree: TrashGridTree, view: OptionView<'_>, subgoal: usize, act: i32, random: &mut Philox) -> i32 {
    let Some((row, column)) = tree.target(subgoal, view.observation) else { return random.int(0, 3) };
    let facing = tree.number(view.observation, AGENT * view.place.1 + 2);
    let (down, along) = (row.abs(), column.abs());
    let is_onto = subgoal == PUT;
    if is_onto && down + along == 0 {
        return act;
    }
    let wanted = match (row.signum(), column.signum()) {
        (_, 1) => 0,
        (_, -1) => 2,
        (1, _) => 1,
        _ => 3,
    };
    if !is_onto && down + along == 1 && facing == wanted {
        return act;
    }
    // Another agent in the way, or the item underfoot: step aside.
    if down + along == 0 || (facing == wanted && view.available[FORWARD as usize] == 0) {
        return random.int(0, 3);
    }
    match (wanted - facing).rem_euclid(4) {
        0 => FORWARD,
        3 => LEFT,
        _ => RIGHT,
    }
}
