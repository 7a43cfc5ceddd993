//! The native shell of the Step set: fetches the team and its cells, calls the rules, stores the results.

use pentathlon_engine::{
    InstanceMut,
    episode::records::{Outcome, RUNNING, SUCCESS},
};

use super::{
    components::records::{NOWHERE, Team, agent_of, is_occupied, with_agent},
    rules::{
        acting::rules::{
            FETCH_PICKUP, FOUND_EVENT, GOAL_EVENT, SWITCH_EVENT, attempted, has_found, is_item, is_trash,
            reached_place, trash_pay, unlisted, way_of,
        },
        foraging::rules::{
            FORAGE_LOAD, LOADED_EVENT, food_level, levels_of, loaders, moved_together, wanted_x, wanted_y,
        },
        moving::rules::goal_moves,
        settings::rules::{ARRIVE, FORAGE, TeamSettings},
    },
};
use crate::minigrid::{
    components::records::{EMPTY, FLOOR, GOAL, GREY, State, WALL, cell, kind_of},
    rules::geometry::rules::is_inside,
};

/// The place that an agent's actions change and what is there: outside the grid, walls and no index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Front {
    pub cell: u32,
    pub index: Option<usize>,
    pub occupied: bool,
}

/// What agent `agent`, which is as `state` says, reaches by `action`.
pub(super) fn front_of(
    settings: &TeamSettings,
    team: &Team,
    cells: &[u32],
    agent: u32,
    state: &State,
    action: u32,
) -> Front {
    let way = way_of(*settings, *state, action);
    let occupied = is_inside(way, settings.width, settings.height)
        && is_occupied(*team, settings.agents, agent, way.x as u32, way.y as u32);
    let place = reached_place(*settings, *state);
    if !is_inside(place, settings.width, settings.height) {
        return Front { cell: cell(WALL, GREY, 0), index: None, occupied };
    }
    let index = (place.x as u32 * settings.height + place.y as u32) as usize;
    Front { cell: cells[index], index: Some(index), occupied }
}

/// The Step set. `table` is what success pays by the number of steps, in foraging the reciprocals.
pub(super) fn step(
    settings: &TeamSettings,
    table: &[f32],
    instance: InstanceMut<'_, Team>,
    actions: &[i32],
    outcome: &mut Outcome,
    events: &mut [i32],
) {
    let InstanceMut { state: team, items, episode } = instance;
    let (cells, listed) = items.split_at_mut((settings.width * settings.height) as usize);
    team.paid = [0.0; 4];
    if settings.rule == FORAGE {
        forage(settings, table, team, cells, listed, actions, events);
        outcome.verdict = if listed.iter().all(|entry| *entry == NOWHERE) { SUCCESS } else { RUNNING };
        return;
    }
    let success = table[episode.elapsed as usize];
    for agent in 0..settings.agents {
        let slot = agent as usize;
        if team.gone[slot] != 0 {
            continue;
        }
        let state = agent_of(*team, agent);
        let action = actions[slot] as u32;
        let front = front_of(settings, team, cells, agent, &state, action);
        let acted = attempted(*settings, state, front.cell, front.occupied, action);
        if let Some(index) = front.index.filter(|_| acted.front != front.cell) {
            cells[index] = acted.front;
            if is_trash(*settings) {
                relist(listed, index as u32, front.cell, acted.front);
            }
        }
        *team = with_agent(*team, agent, acted.state);
        events[slot] = acted.event;
        let here = kind_of(cells[(acted.state.x * settings.height + acted.state.y) as usize]);
        if is_trash(*settings) {
            team.progress += acted.delivered;
            let is_complete = acted.delivered > 0 && team.progress == settings.total;
            team.paid[slot] = trash_pay(*settings, acted, is_complete);
            let ahead = front_of(settings, team, cells, agent, &acted.state, FETCH_PICKUP);
            if has_found(acted, front.cell, ahead.cell) {
                events[slot] = FOUND_EVENT;
            }
            if team.progress == settings.total {
                outcome.verdict = SUCCESS;
            }
        } else if settings.rule == ARRIVE {
            if here == GOAL {
                team.gone[slot] = 1;
                team.paid[slot] = success;
                events[slot] = GOAL_EVENT;
            }
            if (0..settings.agents as usize).all(|agent| team.gone[agent] != 0) {
                outcome.verdict = SUCCESS;
            }
        } else {
            if here == FLOOR && team.progress >> agent & 1 == 0 {
                team.progress |= 1 << agent;
                events[slot] = SWITCH_EVENT;
            }
            if team.progress + 1 == 1 << settings.agents {
                outcome.verdict = SUCCESS;
                team.paid[..settings.agents as usize].fill(success);
            }
        }
    }
    // Agents that have arrived leave the goal where it is.
    if outcome.verdict != SUCCESS {
        move_goal(settings, team, cells, episode.elapsed);
    }
}

/// Moves the goal when its step is over and it can.
fn move_goal(settings: &TeamSettings, team: &Team, cells: &mut [u32], elapsed: u32) {
    let (from, to) = (team.goal_from as usize, team.goal_to as usize);
    if goal_moves(*settings, *team, elapsed, cells[from], cells[to]) {
        cells.swap(from, to);
    }
}

/// Keeps the list of items in step with the cell `place`, which held `before` and now holds `after`.
fn relist(listed: &mut [u32], place: u32, before: u32, after: u32) {
    if is_item(before) && !is_item(after) {
        listed.iter_mut().for_each(|entry| *entry = unlisted(*entry, place));
    } else if !is_item(before)
        && is_item(after)
        && let Some(entry) = listed.iter_mut().find(|entry| **entry == NOWHERE)
    {
        *entry = place;
    }
}

/// The Step set of level-based foraging.
fn forage(
    settings: &TeamSettings,
    reciprocals: &[f32],
    team: &mut Team,
    cells: &mut [u32],
    listed: &mut [u32],
    actions: &[i32],
    events: &mut [i32],
) {
    let (mut to_x, mut to_y, mut wants) = (team.x, team.y, 0);
    for (agent, action) in actions.iter().enumerate() {
        let (x, y) = (
            wanted_x(*settings, team.x[agent], *action as u32),
            wanted_y(*settings, team.y[agent], *action as u32),
        );
        if food_level(cells[(x * settings.height + y) as usize]) == 0 {
            (to_x[agent], to_y[agent]) = (x, y);
        }
        wants |= u32::from(*action as u32 == FORAGE_LOAD) << agent;
    }
    *team = moved_together(*settings, *team, to_x, to_y);
    let mut busy = 0;
    for entry in listed {
        if *entry == NOWHERE {
            continue;
        }
        let level = food_level(cells[*entry as usize]);
        let (x, y) = (*entry / settings.height, *entry % settings.height);
        let loading = loaders(*settings, *team, wants, busy, x, y);
        let together = levels_of(*team, loading);
        if together < level || loading == 0 {
            continue;
        }
        busy |= loading;
        for agent in 0..settings.agents {
            if loading >> agent & 1 == 1 {
                let slot = agent as usize;
                let earned = (team.carrying[slot] * level) as f32;
                team.paid[slot] = earned * reciprocals[(together * team.progress) as usize];
                events[slot] = LOADED_EVENT;
            }
        }
        cells[*entry as usize] = EMPTY;
        *entry = NOWHERE;
    }
}
