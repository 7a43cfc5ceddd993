//! Subgoals that are passed one after another, as key, door and goal in DoorKey.

use super::TaskTree;
use crate::options::OptionView;

/// Subgoals in the order in which a successful episode passes them. One is open when all before it were
/// achieved and it was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderedTree {
    subgoals: usize,
}

impl OrderedTree {
    /// A tree of `subgoals` subgoals, at most 32.
    pub fn new(subgoals: usize) -> Self {
        Self { subgoals }
    }
}

impl TaskTree for OrderedTree {
    fn len(&self) -> usize {
        self.subgoals
    }

    fn is_open(&self, subgoal: usize, _view: OptionView<'_>, achieved: u32) -> bool {
        achieved.trailing_ones() as usize == subgoal
    }

    fn distance(&self, _subgoal: usize, _agent: usize, _observation: &[f32]) -> Option<f32> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subgoal_opens_when_those_before_it_are_achieved() {
        let tree = OrderedTree::new(3);
        let view = OptionView { place: (0, 0), observation: &[], available: &[], age: 0, event: -1 };
        let open = |achieved| (0..3).filter(|&goal| tree.is_open(goal, view, achieved)).collect::<Vec<_>>();
        assert_eq!([open(0b000), open(0b001), open(0b011)], [vec![0], vec![1], vec![2]]);
        assert_eq!([open(0b100), open(0b111)], [vec![0], vec![]]);
    }
}
