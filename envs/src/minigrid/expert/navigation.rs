//! Ways through the world: the cheapest way to look at one of some cells, doors opened and obstacles carried
//! out of it as need be.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::world::{Halt, Progress, World};
use crate::minigrid::{
    components::records::{
        BALL, BOX, CLOSED, DOOR, EMPTY, FLOOR, GOAL, KEY, LOCKED, color_of, contents_of, kind_of, state_of,
    },
    rules::movement::rules::{DROP, FORWARD, LEFT, PICKUP, RIGHT, TOGGLE},
};

/// What a locked door costs whose key has to be fetched, in steps.
const UNLOCKING: u32 = 40;
/// What an object in the way costs.
const CLEARING: u32 = 12;
/// What it costs besides, to have something in hand already.
const HANDS_FULL: u32 = 14;
/// What it costs to put something down where it will be in the way.
const IN_THE_WAY: u32 = 60;
/// What it costs to put something down beside a door.
const BESIDE_DOOR: u32 = 8;
/// How often a way is looked for before the expert gives up.
const MAX_DETOURS: usize = 24;

/// A way: the cells that it crosses, and the directions to turn to, in order.
struct Way {
    steps: Vec<(usize, u32)>,
}

/// How a search may go.
#[derive(Clone, Copy)]
struct Rules {
    /// Whether objects may be carried out of the way, and locked doors opened.
    clears: bool,
    /// Whether boxes in the way are opened, and other objects left alone.
    hands_off: bool,
    /// Colours of locked doors that count as walls, as a bit set.
    sealed: u32,
}

/// What it costs to enter a cell, if it can be entered.
fn entering(cell: u32, carrying: u32, rules: Rules) -> Option<u32> {
    match (kind_of(cell), state_of(cell)) {
        (EMPTY | FLOOR | GOAL, _) => Some(1),
        (DOOR, CLOSED) => Some(2),
        (DOOR, LOCKED) => {
            let has_key = kind_of(carrying) == KEY && color_of(carrying) == color_of(cell);
            let sealed = rules.sealed >> color_of(cell) & 1 == 1;
            match (has_key, rules.clears && !sealed) {
                (true, _) => Some(2),
                (false, true) => Some(UNLOCKING),
                (false, false) => None,
            }
        }
        (DOOR, _) => Some(1),
        (BOX, _) if rules.hands_off => (contents_of(cell) == 0).then_some(2),
        (KEY | BALL | BOX, _) if rules.clears && !rules.hands_off => {
            Some(CLEARING + if carrying == 0 { 0 } else { HANDS_FULL })
        }
        _ => None,
    }
}

/// The cheapest way to look at a cell, by `price` of the cell looked at (`None`: not looked for).
fn search(world: &World<'_>, rules: Rules, price: impl Fn(usize) -> Option<u32>) -> Option<Way> {
    let states = world.num_cells() * 4;
    // The last number is the end of a way: a cell that is looked at.
    let mut best = vec![u32::MAX; states + 1];
    let mut from = vec![usize::MAX; states + 1];
    let start = world.place() * 4 + world.state().dir as usize;
    let mut open = BinaryHeap::from([Reverse((0, start))]);
    best[start] = 0;
    while let Some(Reverse((cost, node))) = open.pop() {
        if node == states {
            break;
        }
        if cost > best[node] {
            continue;
        }
        let (place, dir) = (node / 4, node as u32 % 4);
        let front = world.ahead(place, dir);
        let mut reach = |next: usize, cost: u32| {
            if cost < best[next] {
                best[next] = cost;
                from[next] = node;
                open.push(Reverse((cost, next)));
            }
        };
        if let Some(price) = price(front).filter(|_| front != place) {
            reach(states, cost + price);
        }
        reach(place * 4 + (dir as usize + 1) % 4, cost + 1);
        reach(place * 4 + (dir as usize + 3) % 4, cost + 1);
        let entered = entering(world.cells()[front], world.state().carrying, rules);
        if let Some(price) = entered.filter(|_| front != place) {
            reach(front * 4 + dir as usize, cost + price);
        }
    }
    if best[states] == u32::MAX {
        return None;
    }
    let mut steps = Vec::new();
    let mut node = from[states];
    while node != start {
        steps.push((node / 4, node as u32 % 4));
        node = from[node];
    }
    steps.reverse();
    Some(Way { steps })
}

impl World<'_> {
    /// Goes to where one of `targets` is in front of the agent. On the way doors are opened, keys fetched and
    /// objects moved, so that afterwards something else may be in hand than before.
    ///
    /// # Errors
    /// When the episode is over, or there is no way.
    pub(super) fn face(&mut self, targets: &[usize], sealed: u32) -> Progress {
        let wanted = |place: usize| targets.contains(&place).then_some(0);
        for _ in 0..MAX_DETOURS {
            let rules = Rules { clears: self.has_hands(), hands_off: self.hands_off, sealed };
            let way = search(self, rules, wanted).ok_or(Halt::Stuck)?;
            if self.walk(&way, targets, sealed)? {
                return Ok(());
            }
        }
        Err(Halt::Stuck)
    }

    /// Whether there are actions to take, put down and toggle things.
    fn has_hands(&self) -> bool {
        self.domain().settings().num_actions > TOGGLE
    }

    /// Takes a way; `false` when something had to be done about an obstacle, and the way has to be looked
    /// for again.
    fn walk(&mut self, way: &Way, targets: &[usize], sealed: u32) -> Result<bool, Halt> {
        for (index, &(place, dir)) in way.steps.iter().enumerate() {
            if place == self.place() {
                let turn = (dir + 4 - self.state().dir) % 4;
                self.act(if turn == 1 { RIGHT } else { LEFT })?;
                continue;
            }
            let front = self.front_cell();
            match (kind_of(front), state_of(front)) {
                (DOOR, CLOSED) => self.act(TOGGLE)?,
                (DOOR, LOCKED) => {
                    let carrying = self.state().carrying;
                    if kind_of(carrying) != KEY || color_of(carrying) != color_of(front) {
                        self.fetch_key(color_of(front), sealed)?;
                        return Ok(false);
                    }
                    self.act(TOGGLE)?;
                }
                // It moved into the way meanwhile.
                (KEY | BALL | BOX, _) if !self.has_hands() => return Ok(false),
                (BOX, _) if self.hands_off => self.act(TOGGLE)?,
                (KEY | BALL | BOX, _) => {
                    let mut ahead: Vec<usize> = way.steps[index..].iter().map(|step| step.0).collect();
                    ahead.push(self.place());
                    ahead.extend_from_slice(targets);
                    let opens = |place: &usize| {
                        let door = self.cells()[*place];
                        kind_of(front) == KEY && state_of(door) == LOCKED && color_of(door) == color_of(front)
                    };
                    if self.state().carrying == 0 && ahead.iter().any(opens) {
                        // The key of a door further on: it stays in hand.
                        self.act(PICKUP)?;
                        return Ok(false);
                    }
                    let cleared = (self.state().carrying == 0).then(|| self.front());
                    if cleared.is_some() {
                        self.act(PICKUP)?;
                    }
                    self.put_away(&ahead, cleared)?;
                    return Ok(false);
                }
                _ => {}
            }
            self.act(FORWARD)?;
        }
        Ok(true)
    }

    /// Puts what is in hand down nearby, not on one of the cells to be kept `free` if that can be avoided.
    ///
    /// # Errors
    /// When the episode is over, or there is no free cell.
    pub(super) fn put_aside(&mut self, free: &[usize]) -> Progress {
        if self.state().carrying == 0 { Ok(()) } else { self.put_away(free, None) }
    }

    /// [`put_aside`](Self::put_aside), and not on the cell that was `cleared`: where everything nearby is in the
    /// way, the agent changes places with what it cleared.
    fn put_away(&mut self, free: &[usize], cleared: Option<usize>) -> Progress {
        let price = |place: usize| {
            if self.cells()[place] != EMPTY || Some(place) == cleared {
                return None;
            }
            let beside_door = (0..4).any(|dir| kind_of(self.cells()[self.ahead(place, dir)]) == DOOR);
            let in_the_way = free.contains(&place);
            Some(u32::from(beside_door) * BESIDE_DOOR + u32::from(in_the_way) * IN_THE_WAY)
        };
        let rules = Rules { clears: false, hands_off: false, sealed: 0 };
        let way = search(self, rules, price).ok_or(Halt::Stuck)?;
        self.walk(&way, &[], 0)?;
        self.act(DROP)
    }

    /// Takes one of the objects at `places` in hand.
    ///
    /// # Errors
    /// When the episode is over, or there is no way.
    pub(super) fn take(&mut self, places: &[usize], sealed: u32) -> Progress {
        for _ in 0..MAX_DETOURS {
            self.face(places, sealed)?;
            if self.state().carrying == 0 {
                return self.act(PICKUP);
            }
            let mut free = places.to_vec();
            free.push(self.place());
            self.put_aside(&free)?;
        }
        Err(Halt::Stuck)
    }

    /// Takes a key of a colour in hand, out of a box if need be.
    ///
    /// # Errors
    /// When the episode is over, or there is no key within reach.
    pub(super) fn fetch_key(&mut self, color: u32, sealed: u32) -> Progress {
        let sealed = sealed | 1 << color;
        let is_key = |object: u32| kind_of(object) == KEY && color_of(object) == color;
        if is_key(self.state().carrying) {
            return Ok(());
        }
        let keys = self.places(is_key);
        match self.take(&keys, sealed) {
            Err(Halt::Stuck) => {}
            other => return other,
        }
        let boxes = self.places(|object| kind_of(object) == BOX && is_key(contents_of(object)));
        self.face(&boxes, sealed)?;
        self.act(TOGGLE)?;
        let keys = self.places(is_key);
        self.take(&keys, sealed)
    }

    /// The cells whose contents are wanted.
    pub(super) fn places(&self, is_wanted: impl Fn(u32) -> bool) -> Vec<usize> {
        let cells = self.cells().iter().enumerate();
        cells.filter(|(_, cell)| is_wanted(**cell)).map(|(place, _)| place).collect()
    }
}
