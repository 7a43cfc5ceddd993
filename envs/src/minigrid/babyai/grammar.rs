//! The grammar of instructions, as level generators write them: actions about described objects, joined by
//! "and", "then" and "after you". After Farama's `minigrid.envs.babyai.core.verifier`.

use super::record::records::{GO_TO, OPEN_DOOR, PICK_UP, PUT_NEXT};

/// Where an object lies from the agent at the start, within the agent's room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Side {
    /// To its left, in front of it or behind it as may be.
    Left = 1,
    /// To its right.
    Right = 2,
    /// Ahead of it, to its left or right as may be.
    Front = 3,
    /// Behind it.
    Behind = 4,
}

impl Side {
    /// The sides in the order in which generators draw them.
    pub const ALL: [Self; 4] = [Self::Left, Self::Right, Self::Front, Self::Behind];

    /// Whether `(dx, dy)` from an agent that looks in direction `(ahead_x, ahead_y)` is on this side.
    pub fn holds(self, (dx, dy): (i32, i32), (ahead_x, ahead_y): (i32, i32)) -> bool {
        let ahead = dx * ahead_x + dy * ahead_y;
        let right = -dx * ahead_y + dy * ahead_x;
        match self {
            Self::Left => right < 0,
            Self::Right => right > 0,
            Self::Front => ahead > 0,
            Self::Behind => ahead < 0,
        }
    }

    /// The side of a number, if it is one.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|side| *side as u32 == number)
    }
}

/// A description that objects match or do not: what is left open matches all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// Type index.
    pub kind: Option<u32>,
    /// Colour index.
    pub color: Option<u32>,
    /// Where it lies at the start.
    pub side: Option<Side>,
}

impl Description {
    /// Objects of a type and colour, wherever they lie.
    pub const fn new(kind: u32, color: u32) -> Self {
        Self { kind: Some(kind), color: Some(color), side: None }
    }

    /// Objects of a type.
    pub const fn kind(kind: u32) -> Self {
        Self { kind: Some(kind), color: None, side: None }
    }
}

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// `GO_TO`, `OPEN_DOOR`, `PICK_UP` or `PUT_NEXT` of the [record](super::record).
    pub verb: u32,
    /// Whether a wrong try fails the instruction.
    pub strict: bool,
    /// What to go to, open, pick up or put down.
    pub object: Description,
    /// What to put it next to, with `PUT_NEXT`.
    pub beside: Option<Description>,
}

impl Action {
    const fn about(verb: u32, object: Description) -> Self {
        Self { verb, strict: false, object, beside: None }
    }

    /// Go to one of `objects`.
    pub const fn go_to(objects: Description) -> Self {
        Self::about(GO_TO, objects)
    }

    /// Open one of `doors`.
    pub const fn open(doors: Description) -> Self {
        Self::about(OPEN_DOOR, doors)
    }

    /// Pick up one of `objects`.
    pub const fn pick_up(objects: Description) -> Self {
        Self::about(PICK_UP, objects)
    }

    /// Put one of `objects` next to one of `others`.
    pub const fn put_next(objects: Description, others: Description) -> Self {
        Self { beside: Some(others), ..Self::about(PUT_NEXT, objects) }
    }

    /// The same action, failing at a wrong try when `strict`.
    pub const fn strict(self, strict: bool) -> Self {
        Self { strict, ..self }
    }

    /// The descriptions that it is about.
    pub fn descriptions(&self) -> impl Iterator<Item = Description> + use<> {
        std::iter::once(self.object).chain(self.beside)
    }
}

/// One action, or two in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The first action named.
    pub first: Action,
    /// "and" the second, if there is one.
    pub second: Option<Action>,
}

impl Part {
    /// The actions in the order in which they are named.
    pub fn actions(&self) -> impl Iterator<Item = Action> + use<> {
        std::iter::once(self.first).chain(self.second)
    }
}

impl From<Action> for Part {
    fn from(first: Action) -> Self {
        Self { first, second: None }
    }
}

/// What a level asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// One part.
    Single(Part),
    /// "{0}, then {1}".
    Before(Part, Part),
    /// "{0} after you {1}".
    After(Part, Part),
}

impl Instruction {
    /// The parts in the order in which they are to be done.
    pub fn stages(&self) -> (Part, Option<Part>) {
        match *self {
            Self::Single(part) => (part, None),
            Self::Before(first, second) | Self::After(second, first) => (first, Some(second)),
        }
    }

    /// The actions in the order in which they are verified.
    pub fn actions(&self) -> impl Iterator<Item = Action> + use<> {
        let (first, second) = self.stages();
        first.actions().chain(second.into_iter().flat_map(|part| part.actions()))
    }
}

impl From<Action> for Instruction {
    fn from(action: Action) -> Self {
        Self::Single(action.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_told_from_the_agent() {
        let (right, down) = ((1, 0), (0, 1));
        assert!(Side::Right.holds((0, 2), right) && Side::Left.holds((5, -1), right));
        assert!(Side::Front.holds((3, -2), right) && Side::Behind.holds((-1, 4), right));
        assert!(Side::Left.holds((1, 0), down) && Side::Front.holds((0, 1), down));
        for side in Side::ALL {
            assert!(!side.holds((0, 0), right));
            assert_eq!(Side::from_number(side as u32), Some(side));
        }
    }

    #[test]
    fn after_turns_the_stages_around() {
        let [open, fetch] = [Action::open(Description::kind(4)), Action::pick_up(Description::kind(5))];
        let after = Instruction::After(open.into(), fetch.into());
        assert_eq!(after.stages(), (fetch.into(), Some(open.into())));
        assert_eq!(after.actions().collect::<Vec<_>>(), [fetch, open]);
    }
}
