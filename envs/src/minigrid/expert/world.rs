//! The copy of an environment on which a plan is carried out.

use pentathlon_engine::{
    Domain, Instance, InstanceMut,
    episode::records::{Episode, NO_EVENT, Outcome, RUNNING},
};
use pentathlon_gym::seeding::philox::Philox;

use super::Beacon;
use crate::minigrid::{
    MiniGrid,
    components::records::{EMPTY, State},
    rules::{
        geometry::rules::{cell_at, is_inside},
        movement::rules::{DONE, DROP, FORWARD, LEFT, PICKUP, RIGHT, TOGGLE},
    },
};

/// Why the expert stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// The episode is over, by success or otherwise.
    Over,
    /// There is no way that the expert knows.
    Stuck,
}

/// The result of carrying out a part of a plan.
pub(super) type Progress = Result<(), Halt>;

/// An environment that the expert tries things out on.
#[derive(Clone, Debug)]
pub(super) struct World<'d> {
    domain: &'d MiniGrid,
    state: State,
    items: Vec<u32>,
    episode: Episode,
    outcome: Outcome,
    limit: u32,
    /// Whether nothing may be picked up but what is asked for; boxes in the way are opened instead.
    pub hands_off: bool,
    /// What was done so far.
    pub actions: Vec<u8>,
    /// Where something was done so far.
    pub beacons: Vec<Beacon>,
}

impl<'d> World<'d> {
    /// The copy of an instance.
    pub fn new(domain: &'d MiniGrid, instance: &Instance<'_, State>) -> Self {
        let (mut state, mut items) = (*instance.state, instance.items.to_vec());
        let limit = domain.step_limit(&items);
        domain.settle(&mut state, &mut items);
        Self {
            domain,
            state,
            items,
            episode: *instance.episode,
            outcome: bytemuck::Zeroable::zeroed(),
            limit,
            hands_off: false,
            actions: Vec::new(),
            beacons: Vec::new(),
        }
    }

    /// The agent and what the task is about, and the array.
    pub fn into_parts(self) -> (State, Vec<u32>) {
        (self.state, self.items)
    }

    /// The domain of the environment.
    pub fn domain(&self) -> &'d MiniGrid {
        self.domain
    }

    /// How the episode ended, `RUNNING` while it runs.
    pub fn verdict(&self) -> u32 {
        self.outcome.verdict
    }

    /// The agent and what the task is about.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Columns and rows.
    pub fn size(&self) -> (u32, u32) {
        let settings = self.domain.settings();
        (settings.width, settings.height)
    }

    /// Number of cells.
    pub fn num_cells(&self) -> usize {
        let (width, height) = self.size();
        (width * height) as usize
    }

    /// The cells, column by column.
    pub fn cells(&self) -> &[u32] {
        &self.items[..self.num_cells()]
    }

    /// The record of the instruction; empty where there is none.
    pub fn record(&self) -> &[u32] {
        self.domain.task().instruction(&self.items).unwrap_or(&[])
    }

    /// Index of the agent's cell.
    pub fn place(&self) -> usize {
        (self.state.x * self.size().1 + self.state.y) as usize
    }

    /// Index of the cell in front of the agent.
    pub fn front(&self) -> usize {
        self.ahead(self.place(), self.state.dir)
    }

    /// Index of the cell one step from `place` in a direction; `place` itself where the grid ends.
    pub fn ahead(&self, place: usize, dir: u32) -> usize {
        let (width, height) = self.size();
        let (x, y) = (place as u32 / height, place as u32 % height);
        let next = cell_at(x, y, dir, 1, 0);
        if is_inside(next, width, height) { (next.x as u32 * height + next.y as u32) as usize } else { place }
    }

    /// What is in front of the agent.
    pub fn front_cell(&self) -> u32 {
        self.items[self.front()]
    }

    /// Does an action.
    ///
    /// # Errors
    /// When the episode is over with it.
    pub fn act(&mut self, action: u32) -> Progress {
        let front = self.front();
        let before = self.items[front];
        let held = self.state.carrying;
        self.episode.elapsed += 1;
        self.outcome = bytemuck::Zeroable::zeroed();
        let mut events = [NO_EVENT];
        let instance = InstanceMut { state: &mut self.state, items: &mut self.items, episode: &self.episode };
        // Nothing is drawn: a plan does not foresee chance.
        let mut random = Philox::for_level(0, 0);
        self.domain.step(&mut random, instance, &[action as i32], &mut self.outcome, &mut events);
        let step = self.actions.len();
        self.actions.push(action as u8);
        let over = self.outcome.verdict != RUNNING;
        let is_instructed = self.domain.task().instruction_words > 0;
        if over && is_instructed && matches!(action, LEFT | RIGHT | FORWARD | DONE) {
            self.look();
        } else if (self.items[front] != before && matches!(action, PICKUP | DROP | TOGGLE)) || over {
            let (x, y) = (front as u32 / self.size().1, front as u32 % self.size().1);
            let object = if action == DROP && before == EMPTY { held } else { before };
            self.beacons.push(Beacon { x, y, object, action: action as u8, step });
        }
        if over || self.outcome.truncated != 0 || self.episode.elapsed >= self.limit {
            return Err(Halt::Over);
        }
        Ok(())
    }

    /// Notes that what is in front of the agent was to be gone to, unless that was noted last.
    pub fn look(&mut self) {
        let (front, height) = (self.front(), self.size().1);
        let (x, y) = (front as u32 / height, front as u32 % height);
        let is_noted =
            self.beacons.last().is_some_and(|last| (last.x, last.y, u32::from(last.action)) == (x, y, DONE));
        if !is_noted {
            let step = self.actions.len().saturating_sub(1);
            self.beacons.push(Beacon { x, y, object: self.items[front], action: DONE as u8, step });
        }
    }
}
