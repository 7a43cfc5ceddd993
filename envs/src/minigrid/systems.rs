//! The native shell: fetches an environment's records and cells, calls the rules, stores the results.
//! Each function is one set of the schedule.

use pentathlon_engine::{
    InstanceMut,
    episode::records::{NO_EVENT, Outcome, RUNNING},
};
use pentathlon_gym::seeding::Random;

use super::{
    babyai::{
        record::records::PLAN_AT,
        system::{follow, give_object},
        verifier::rules::step_limit,
    },
    components::records::{EMPTY, State},
    observations::view::OUTSIDE,
    rules::{
        draws::GeneratorDraws,
        geometry::rules::{cell_at, is_inside},
        objectives::rules::{ending, spared_ending, verdict_of},
        obstacles::rules::{STAYS, obstacle_move},
        settings::rules::Settings,
        stochastic_action::rules::perturbed,
        subgoals::rules::{caused_events, most_specific},
        transition::rules::{self, Transition, watches_cells},
    },
    tasks::objective::objectives::{DYNAMIC_OBSTACLES, FOLLOW_INSTRUCTION, NO_OBSTACLE},
    tasks::subgoals::events::{FIRST_ACTION_DONE, PASSAGE_ENTERED},
};

/// After how many steps an episode is truncated.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepLimits {
    /// Steps for each distance that an instruction asks to walk; 0 when all episodes have the same limit.
    pub per_walk: u32,
    /// Steps of the longest episode.
    pub longest: u32,
}

/// The Act set: actions that chance replaces.
#[inline]
pub(super) fn act<R: Random>(random: &mut R, settings: &Settings, action: &mut [i32]) {
    if settings.is_stochastic != 0 {
        for action in action {
            *action = perturbed(&mut GeneratorDraws(random), *settings, *action as u32) as i32;
        }
    }
}

/// The Step set: obstacles move, the agent acts, the verdict is found.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "one record each, kept in registers")]
pub(super) fn step<R: Random>(
    random: &mut R,
    settings: &Settings,
    limits: StepLimits,
    subgoal_indices: &[i32],
    instance: InstanceMut<'_, State>,
    action: u32,
    outcome: &mut Outcome,
    event: &mut i32,
) {
    let InstanceMut { state, items, episode } = instance;
    let (cells, tail) = items.split_at_mut((settings.width * settings.height) as usize);
    let is_instructed = settings.objective == FOLLOW_INSTRUCTION;
    if is_instructed {
        give_object(state, cells, settings.height);
    }
    let front_at_start = front_cell(settings, state, cells);
    if settings.objective == DYNAMIC_OBSTACLES {
        move_obstacles(random, settings, state, cells, tail);
    }
    let step = Transition { front_at_start, ..transition(settings, *state, cells, action, false) };
    if step.front_after != step.front_before {
        cells[(step.front_x * settings.height + step.front_y) as usize] = step.front_after;
    }
    *state = step.after;
    let mut ended = ending(settings.objective, step);
    let mut fulfilled = 0;
    if is_instructed {
        let limit = step_limit(tail[PLAN_AT as usize], limits.per_walk, limits.longest);
        outcome.truncated = u32::from(episode.elapsed >= limit);
        let followed = follow(tail, &step, settings);
        ended = followed.verdict;
        fulfilled = followed.fulfilled << FIRST_ACTION_DONE;
    }
    if settings.harmless_kinds != 0 {
        let under = cells[(state.x * settings.height + state.y) as usize];
        ended = spared_ending(*settings, step, under, ended);
    }
    outcome.verdict = verdict_of(ended);
    outcome.detail = ended;
    let (left, right) = if settings.named_events >> PASSAGE_ENTERED & 1 != 0 {
        (beside_front(settings, &step.before, cells, -1), beside_front(settings, &step.before, cells, 1))
    } else {
        (EMPTY, EMPTY)
    };
    let events = (caused_events(step, left, right, ended) | fulfilled) & settings.named_events;
    *event = NO_EVENT;
    if events != 0 {
        state.reached |= events;
        *event = subgoal_indices[most_specific(events) as usize];
    }
}

/// The step that `action` makes of `state`; nothing else moves. The cell in front counts as empty when
/// `frees_front`.
#[inline(always)]
pub(super) fn transition(
    settings: &Settings,
    state: State,
    cells: &[u32],
    action: u32,
    frees_front: bool,
) -> Transition {
    let front = if frees_front { EMPTY } else { front_cell(settings, &state, cells) };
    let (target, other) = if watches_cells(settings.objective) {
        let at = |x: u32, y: u32| cells.get((x * settings.height + y) as usize).copied();
        (at(state.target_x, state.target_y), at(state.other_x, state.other_y))
    } else {
        (None, None)
    };
    rules::transition(
        settings.objective,
        state,
        action,
        front,
        front,
        target.unwrap_or(EMPTY),
        other.unwrap_or(EMPTY),
    )
}

/// The cell in front of the agent.
#[inline]
fn front_cell(settings: &Settings, state: &State, cells: &[u32]) -> u32 {
    beside_front(settings, state, cells, 0)
}

/// The cell `aside` cells to the right of the one in front of the agent; walls lie outside the grid.
#[inline]
fn beside_front(settings: &Settings, state: &State, cells: &[u32], aside: i32) -> u32 {
    let place = cell_at(state.x, state.y, state.dir, 1, aside);
    if is_inside(place, settings.width, settings.height) {
        cells[(place.x as u32 * settings.height + place.y as u32) as usize]
    } else {
        OUTSIDE
    }
}

/// Moves each obstacle of the list to a free neighbouring cell.
fn move_obstacles<R: Random>(
    random: &mut R,
    settings: &Settings,
    state: &State,
    cells: &mut [u32],
    obstacles: &mut [u32],
) {
    let height = settings.height;
    let agent = state.x * height + state.y;
    for obstacle in obstacles.iter_mut().filter(|obstacle| **obstacle != NO_OBSTACLE) {
        let corner = *obstacle - height - 1;
        let mut occupied = 0;
        for neighbour in 0..9 {
            let index = corner + neighbour / 3 * height + neighbour % 3;
            let is_free = cells[index as usize] == EMPTY && index != agent;
            occupied |= u32::from(!is_free) << neighbour;
        }
        let neighbour = obstacle_move(&mut GeneratorDraws(random), occupied);
        if neighbour != STAYS {
            let index = corner + neighbour / 3 * height + neighbour % 3;
            cells.swap(index as usize, *obstacle as usize);
            *obstacle = index;
        }
    }
}

/// Whether an outcome is one that pays nothing, which nearly all are.
#[inline]
pub(super) fn pays_nothing(outcome: &Outcome) -> bool {
    outcome.detail == RUNNING
}
