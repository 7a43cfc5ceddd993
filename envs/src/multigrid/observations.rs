//! The forms of observation, and the native shell that writes them.

use pentathlon_gym::{ElementType, Group, ObservationSpec, Space};

use super::{
    components::records::{NOWHERE, Team, agent_of},
    options::TeamOptions,
    rules::{
        acting::rules::{attempted, makes_a_difference},
        foraging::rules::{FORAGE_LOAD, are_neighbours, food_level, wanted_x, wanted_y},
        settings::rules::{FETCH, FORAGE, TRASH, TeamSettings},
        showing::rules::{
            NO_VIEWER, agent_number, item_number, plane_code, plane_load, state_len, vector_len, with_agents,
            zone_number,
        },
    },
    systems::front_of,
    tasks::Task,
};
use crate::minigrid::{
    components::records::{BALL, BLUE, GREY, WALL, cell},
    rules::{
        encoding::rules::{own_cell, triple},
        geometry::rules::{is_inside, shown_by_view_cell},
        visibility::rules::{LARGEST_VIEW, blocks_sight, replace_clear_by_visible},
    },
};

/// A form of observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Image,
    Direction,
    Planes,
    Vector,
    Full,
    State,
    ActionMask,
}

impl Form {
    /// The forms that `task` offers, in order.
    pub fn of_task(task: &Task) -> &'static [Self] {
        match task.rule() {
            TRASH => &[Self::Vector, Self::Image, Self::Direction, Self::Full, Self::State, Self::ActionMask],
            FETCH => &[Self::Planes, Self::Vector, Self::Full, Self::State, Self::ActionMask],
            FORAGE => &[Self::Vector, Self::Full, Self::State, Self::ActionMask],
            _ => &[Self::Image, Self::Direction, Self::Full, Self::ActionMask],
        }
    }

    /// Names of the forms that are selected when none is named.
    pub fn defaults(task: &Task) -> Vec<String> {
        let forms: &[Self] = match task.rule() {
            FETCH => &[Self::Planes, Self::State, Self::ActionMask],
            TRASH | FORAGE => &[Self::Vector, Self::State, Self::ActionMask],
            _ => &[Self::Image, Self::Direction, Self::Full, Self::ActionMask],
        };
        forms.iter().map(|form| form.name().into()).collect()
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Direction => "direction",
            Self::Planes => "planes",
            Self::Vector => "vector",
            Self::Full => "full",
            Self::State => "state",
            Self::ActionMask => "action_mask",
        }
    }

    pub fn spec(self, task: &Task, settings: &TeamSettings, options: &TeamOptions) -> ObservationSpec {
        let view = options.view_size as usize;
        let (width, height) = (settings.width as usize, settings.height as usize);
        let reach = settings.width.max(settings.height) as f32;
        let numbers = |len: u32, low: f32| Space::Box {
            low,
            high: reach,
            shape: vec![len as usize],
            element: ElementType::F32,
        };
        let item =
            if task.rule() == FORAGE { "food (row, column, level)" } else { "item (row, column, kind)" };
        let load = if task.rule() == FORAGE { "level" } else { "load" };
        let (group, space, description) = match self {
            Self::Image => (
                Group::Policy,
                Space::bytes(0, 255, [view, view, 3]),
                "What the agent sees: type, colour and state of the cells in front of it, [column from its \
                 left][row from the farthest][3]; another agent is (10, its number, its direction). Agents \
                 hide nothing. All 0 for an agent that has left the grid."
                    .to_owned(),
            ),
            Self::Direction => (
                Group::Policy,
                Space::discrete(4),
                "Direction of the agent: 0 right, 1 down, 2 left, 3 up.".to_owned(),
            ),
            Self::Planes => (
                Group::Policy,
                Space::bytes(0, 5, [2, width, height]),
                "[plane][column][row]: what is on every cell (0 free, 1 the agent itself, 2 another agent, 3 a \
                 small and 4 a big item, 5 the drop zone), then the load of the agent on it."
                    .to_owned(),
            ),
            Self::Vector => (
                Group::Policy,
                numbers(vector_len(*settings), -reach),
                format!(
                    "Places relative to the agent: of every agent (row, column, direction, {load}), of every \
                     {item}, zeros for one that lies nowhere{}.",
                    if task.zone[2] > 0 {
                        ", and of every cell of the drop zone (row, column)"
                    } else {
                        ""
                    }
                ),
            ),
            Self::Full => (
                Group::State,
                Space::bytes(0, 255, [width, height, 3]),
                "Type, colour and state of every cell, [column][row][3]; an agent is (10, its number, its \
                 direction). The same for all agents."
                    .to_owned(),
            ),
            Self::State => (
                Group::State,
                numbers(state_len(*settings), 0.0),
                format!(
                    "Of every agent (row, column, direction, {load}), then of every {item}. The same for \
                     all agents."
                ),
            ),
            Self::ActionMask => (
                Group::Policy,
                Space::bytes(0, 1, [settings.num_actions as usize]),
                "One byte an action: 1 where the action would make a difference; of agents that have left \
                 the grid only of the last action."
                    .to_owned(),
            ),
        };
        ObservationSpec { name: self.name().into(), group, space, description }
    }
}

/// The grid of an environment, to look at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    pub settings: &'a TeamSettings,
    pub team: &'a Team,
    pub cells: &'a [u32],
    pub listed: &'a [u32],
}

impl Scene<'_> {
    /// Writes every agent's row of `form`.
    pub fn write(&self, form: Form, rows: &mut [u8]) {
        let len = rows.len() / self.settings.agents as usize;
        for (agent, row) in (0..).zip(rows.chunks_exact_mut(len)) {
            match form {
                Form::Image => self.write_image(agent, row),
                Form::Direction => {
                    bytemuck::cast_slice_mut::<u8, i32>(row)[0] = self.team.dir[agent as usize] as i32;
                }
                Form::Planes => self.write_planes(agent, row),
                Form::Vector => self.write_numbers(agent, bytemuck::cast_slice_mut(row)),
                Form::State => self.write_numbers(NO_VIEWER, bytemuck::cast_slice_mut(row)),
                Form::Full => self.write_grid(row),
                Form::ActionMask => self.write_mask(agent, row),
            }
        }
    }

    fn write_image(&self, agent: u32, row: &mut [u8]) {
        let (settings, team) = (self.settings, *self.team);
        if team.gone[agent as usize] != 0 {
            row.fill(0);
            return;
        }
        let state = agent_of(team, agent);
        let size = settings.view_size;
        let mut seen = [0; LARGEST_VIEW as usize];
        let bytes = row.chunks_exact_mut(3);
        for (index, bytes) in (0..).zip(bytes) {
            let (column, line) = (index / size, index % size);
            let place = shown_by_view_cell(state.x, state.y, state.dir, size, column, line);
            let mut shown = cell(WALL, GREY, 0);
            if is_inside(place, settings.width, settings.height) {
                let (x, y) = (place.x as u32, place.y as u32);
                shown = self.cells[(x * settings.height + y) as usize];
                seen[line as usize] |= u32::from(!blocks_sight(shown)) << column;
                shown = with_agents(*settings, team, shown, x, y);
            }
            if column == size / 2 && line == size - 1 {
                shown = held_cell(settings, state.carrying);
            }
            bytes.copy_from_slice(&triple(shown).to_le_bytes()[..3]);
        }
        if settings.see_through_walls == 0 {
            replace_clear_by_visible(&mut seen, size);
            for (index, bytes) in (0..).zip(row.chunks_exact_mut(3)) {
                if seen[(index % size) as usize] >> (index / size) & 1 == 0 {
                    bytes.fill(0);
                }
            }
        }
    }

    fn write_planes(&self, agent: u32, row: &mut [u8]) {
        let (settings, team) = (*self.settings, *self.team);
        let (codes, loads) = row.split_at_mut(self.cells.len());
        for (((index, cell), code), load) in (0..).zip(self.cells).zip(codes).zip(loads) {
            let (x, y) = (index / settings.height, index % settings.height);
            *code = plane_code(settings, team, agent, *cell, x, y) as u8;
            *load = plane_load(settings, team, x, y) as u8;
        }
    }

    fn write_numbers(&self, viewer: u32, row: &mut [f32]) {
        let (settings, team) = (self.settings, *self.team);
        for (index, number) in (0..).zip(row) {
            *number = number_at(settings, team, viewer, index, |item| {
                let place = self.listed[item as usize];
                (place, self.cells.get(place as usize).copied().unwrap_or(0))
            }) as f32;
        }
    }

    fn write_grid(&self, row: &mut [u8]) {
        let height = self.settings.height;
        for ((index, cell), bytes) in (0..).zip(self.cells).zip(row.chunks_exact_mut(3)) {
            let shown = with_agents(*self.settings, *self.team, *cell, index / height, index % height);
            bytes.copy_from_slice(&triple(shown).to_le_bytes()[..3]);
        }
    }

    fn write_mask(&self, agent: u32, row: &mut [u8]) {
        let (settings, team) = (self.settings, self.team);
        row.fill(0);
        let last = row.len() - 1;
        if team.gone[agent as usize] != 0 {
            row[last] = 1;
            return;
        }
        if settings.rule == FORAGE {
            let (x, y) = (team.x[agent as usize], team.y[agent as usize]);
            let is_food = |x: u32, y: u32| food_level(self.cells[(x * settings.height + y) as usize]) > 0;
            let beside = |entry: &u32| {
                *entry != NOWHERE && are_neighbours(x, y, *entry / settings.height, *entry % settings.height)
            };
            for (action, allowed) in (0..).zip(row) {
                let (to_x, to_y) = (wanted_x(*settings, x, action), wanted_y(*settings, y, action));
                let moves = (to_x, to_y) != (x, y) && !is_food(to_x, to_y);
                let loads = action == FORAGE_LOAD && self.listed.iter().any(beside);
                *allowed = u8::from(action == 0 || moves || loads);
            }
            return;
        }
        let state = agent_of(*team, agent);
        for (action, allowed) in (0..).zip(&mut *row) {
            let front = front_of(settings, team, self.cells, agent, &state, action);
            let acted = attempted(*settings, state, front.cell, front.occupied, action);
            *allowed = u8::from(makes_a_difference(state, front.cell, acted));
        }
    }
}

/// What an agent's own cell of the view shows: what it carries.
pub(super) fn held_cell(settings: &TeamSettings, carrying: u32) -> u32 {
    let held = if settings.rule == TRASH && carrying > 0 { cell(BALL, BLUE, 0) } else { carrying };
    own_cell(held)
}

/// Number `index` of the vector of `viewer`, or of the global state; `item` says where an item lies and
/// what is there.
fn number_at(
    settings: &TeamSettings,
    team: Team,
    viewer: u32,
    index: u32,
    item: impl Fn(u32) -> (u32, u32),
) -> i32 {
    let items_at = 4 * settings.agents;
    let zone_at = items_at + 3 * settings.items;
    if index < items_at {
        return agent_number(team, viewer, index / 4, index % 4);
    }
    if index < zone_at {
        let (place, cell) = item((index - items_at) / 3);
        return item_number(*settings, team, viewer, place, cell, (index - items_at) % 3);
    }
    zone_number(*settings, team, viewer, (index - zone_at) / 2, (index - zone_at) % 2)
}
