//! A feasible set that remembers its answers. They do not depend on the state, searches for one instance ask the same
//! questions again and again, and a shortest walk takes longer to find than all else at a node.

use std::collections::HashMap;

use pentathlon_envs::cormab::{
    action::ActionMask,
    feasible::{Completion, Family, FeasibleSet},
};

/// Answers of each kind that are kept; when there are more, all are forgotten.
const MOST_ANSWERS: usize = 1 << 16;

/// A feasible set and its answers so far.
#[derive(Clone, Debug)]
pub(super) struct RememberedSet {
    set: FeasibleSet,
    /// Whether finding an answer takes longer than looking it up.
    worthwhile: bool,
    contained: HashMap<ActionMask, bool>,
    surely_completed: HashMap<ActionMask, bool>,
    additions: HashMap<ActionMask, ActionMask>,
}

impl RememberedSet {
    /// Remembers answers of `set`.
    pub(super) fn new(set: FeasibleSet) -> Self {
        let worthwhile = !matches!(set.family(), Family::AtMost { .. } | Family::Exactly { .. });
        Self {
            set,
            worthwhile,
            contained: HashMap::new(),
            surely_completed: HashMap::new(),
            additions: HashMap::new(),
        }
    }

    /// The set.
    pub(super) fn set(&self) -> &FeasibleSet {
        &self.set
    }

    /// What any completion of `part` obeys.
    pub(super) fn completion(&self, part: ActionMask) -> Completion<'_> {
        self.set.completion(part)
    }

    /// Whether tests that are never slow show that the action is allowed.
    pub(super) fn seems_to_contain(&mut self, action: ActionMask) -> bool {
        let Self { set, contained, .. } = self;
        remembered(self.worthwhile, contained, action, |action| set.seems_to_contain(action))
    }

    /// Whether a fast test already shows that some allowed action contains all of `part`.
    pub(super) fn can_surely_complete(&mut self, part: ActionMask) -> bool {
        let Self { set, surely_completed, .. } = self;
        remembered(self.worthwhile, surely_completed, part, |part| set.can_surely_complete(part))
    }

    /// The components that can be added to `part`.
    pub(super) fn additions(&mut self, part: ActionMask) -> ActionMask {
        let Self { set, additions, .. } = self;
        remembered(self.worthwhile, additions, part, |part| set.additions(part))
    }
}

/// The answer to `question`, from `answers` if it is worth while and there.
fn remembered<T: Copy>(
    worthwhile: bool,
    answers: &mut HashMap<ActionMask, T>,
    question: ActionMask,
    answer: impl FnOnce(ActionMask) -> T,
) -> T {
    if !worthwhile {
        return answer(question);
    }
    if let Some(known) = answers.get(&question) {
        return *known;
    }
    if answers.len() >= MOST_ANSWERS {
        answers.clear();
    }
    let found = answer(question);
    answers.insert(question, found);
    found
}

#[cfg(test)]
mod tests {
    use pentathlon_envs::cormab::{
        generation::{Sizes, generate},
        instance::Problem,
    };

    use super::*;

    #[test]
    fn what_is_remembered_is_what_the_set_says() {
        for problem in Problem::ALL {
            let sizes = Sizes { arms: 8, budget: 3, interventions: 5 };
            let set = FeasibleSet::new(&generate(problem, &sizes, 4).unwrap());
            let mut remembered = RememberedSet::new(set.clone());
            for _ in 0..2 {
                for mask in 0..1 << set.components() {
                    assert_eq!(remembered.seems_to_contain(mask), set.seems_to_contain(mask));
                    assert_eq!(remembered.can_surely_complete(mask), set.can_surely_complete(mask));
                    if set.can_complete(mask) {
                        assert_eq!(remembered.additions(mask), set.additions(mask));
                    }
                }
            }
        }
    }
}
