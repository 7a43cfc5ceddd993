//! An action grown one component at a time: the one that gains most per unit of its price is added, as long
//! as something gains, or has to be added.

use pentathlon_envs::cormab::{
    action::{ActionMask, components},
    feasible::FeasibleSet,
};

/// Gains up to this count as none.
const NO_GAIN: f64 = 1e-9;

/// Grows an action of `set` from nothing under `value`; of equal gains the lowest component is taken.
pub fn grow(set: &FeasibleSet, value: &mut dyn FnMut(ActionMask) -> f64) -> ActionMask {
    let mut action = 0;
    let mut current = value(0);
    loop {
        let mut best: Option<(f64, usize, f64)> = None;
        for component in components(set.additions(action)) {
            let after = value(action | 1 << component);
            let gain = (after - current) / set.price(component);
            if best.is_none_or(|(most, ..)| gain > most) {
                best = Some((gain, component, after));
            }
        }
        match best {
            Some((gain, component, after)) if gain > NO_GAIN || set.completion(action).at_least > 0 => {
                action |= 1 << component;
                current = after;
            }
            _ => return action,
        }
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_envs::cormab::{
        generation::{Sizes, generate},
        instance::Problem,
    };

    use super::*;

    #[test]
    fn what_gains_nothing_is_added_only_where_it_must() {
        let sizes = Sizes { arms: 6, budget: 3, interventions: 6 };
        let budget = FeasibleSet::new(&generate(Problem::Budget, &sizes, 1).unwrap());
        let multi = FeasibleSet::new(&generate(Problem::Multi, &sizes, 1).unwrap());
        let mut two_useful = |action: ActionMask| f64::from((action & 0b100010).count_ones());
        assert_eq!(grow(&budget, &mut two_useful), 0b100010);
        assert_eq!(grow(&multi, &mut two_useful), 0b100011);
    }

    #[test]
    fn gains_count_per_unit_of_price() {
        let set = FeasibleSet::new(&generate(Problem::Capacity, &Sizes::default(), 3).unwrap());
        let mut price =
            |action: ActionMask| components(action).map(|arm| set.price(arm).powi(2)).sum::<f64>();
        let first_choice =
            (0..20).max_by(|a, b| set.price(*a).total_cmp(&set.price(*b)).then(b.cmp(a))).unwrap();
        assert!(grow(&set, &mut price) >> first_choice & 1 == 1);
    }
}
