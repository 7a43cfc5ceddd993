//! Random instances, with the distributions of the published experiments. Every number follows from the
//! instance seed, what it is for, and its index.

mod arms;
mod capacity;
mod interventions;
mod network;
mod schedule;

use pentathlon_gym::seeding::philox::{Philox, rules::episode_stream, seed_words};

use super::instance::{Constraint, Instance, InstanceError, Problem, require};

/// How large an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Arms, `J`.
    pub arms: usize,
    /// Budget, `B`: arms that may be pulled, interventions that are chosen, workers that there are.
    pub budget: usize,
    /// Interventions, `N`, of the problem `multi`; others have none.
    pub interventions: usize,
}

impl Default for Sizes {
    /// The smallest size of the published experiments: 20 arms, a budget of 5, 10 interventions.
    fn default() -> Self {
        Self { arms: 20, budget: 5, interventions: 10 }
    }
}

/// What random numbers are for. Numbers of one purpose are the same whatever else an instance has.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
enum Purpose {
    Arms = 0x0063_0000,
    Links,
    Wiring,
    Points,
    SlotWeights,
    ArmSlots,
    WorkerSlots,
    Costs,
    Capacities,
}

/// The stream of number `index` of one purpose.
fn stream(seed: u64, purpose: Purpose, index: usize) -> Philox {
    let (low, high) = seed_words(seed);
    Philox(episode_stream(low, high, index as u32, 0, purpose as u32))
}

/// Where `arm` of a drawn network lies, for pictures: in the unit square.
pub fn position(arm: usize, seed: u64) -> [f64; 2] {
    network::point(arm, seed)
}

/// Draws an instance.
///
/// # Errors
/// Sizes that cannot be: more than 128 arms or interventions, a budget beyond what there is to choose.
pub fn generate(problem: Problem, sizes: &Sizes, seed: u64) -> Result<Instance, InstanceError> {
    let Sizes { arms, budget, interventions } = *sizes;
    require((1..=128).contains(&arms), "the number of arms", arms, "1 to 128")?;
    let choices = if problem == Problem::Multi { interventions } else { arms };
    require(budget <= choices, "the budget", budget, format!("0 to {choices}"))?;
    let rewards = arms::rewards(arms, budget, seed);
    let (dynamics, constraint) = match problem {
        Problem::Multi => {
            require(
                (1..=128).contains(&interventions),
                "the number of interventions",
                interventions,
                "1 to 128",
            )?;
            require(budget >= 1, "the budget of interventions", budget, format!("1 to {interventions}"))?;
            (interventions::links(sizes, seed), Constraint::Exactly { budget })
        }
        Problem::Budget => (arms::up_down(arms, seed), Constraint::AtMost { budget }),
        Problem::Routing => (arms::up_down(arms, seed), network::walk(arms, budget, seed)),
        Problem::Scheduling => (arms::up_down(arms, seed), schedule::slots(arms, budget, seed)),
        Problem::Capacity => (arms::up_down(arms, seed), capacity::packing(arms, budget, seed)),
    };
    Instance::new(problem, seed, budget, rewards, dynamics, constraint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cormab::instance::Dynamics;

    #[test]
    fn an_instance_is_its_seed() {
        for problem in Problem::ALL {
            let sizes = Sizes::default();
            let instance = generate(problem, &sizes, 3).unwrap();
            assert_eq!(instance, generate(problem, &sizes, 3).unwrap());
            assert_ne!(instance, generate(problem, &sizes, 4).unwrap());
            assert_eq!(instance.arms, 20);
            assert_eq!(instance.components, if problem == Problem::Multi { 10 } else { 20 });
        }
    }

    #[test]
    fn the_published_sizes_can_be_had() {
        for (arms, budget) in [(1, 1), (5, 4), (40, 10), (100, 20), (128, 20)] {
            for problem in Problem::ALL {
                let sizes = Sizes { arms, budget, interventions: 2 * budget };
                generate(problem, &sizes, 1).unwrap_or_else(|error| panic!("{problem:?} {arms}: {error}"));
            }
        }
    }

    #[test]
    fn impossible_sizes_are_refused() {
        let refused = |problem, arms, budget, interventions| {
            generate(problem, &Sizes { arms, budget, interventions }, 0).unwrap_err().to_string()
        };
        let text = refused(Problem::Budget, 129, 5, 0);
        assert_eq!(text, "instance: the number of arms is 129; allowed: 1 to 128");
        assert!(refused(Problem::Budget, 5, 6, 0).contains("the budget is 6; allowed: 0 to 5"));
        assert!(refused(Problem::Multi, 5, 0, 4).contains("allowed: 1 to 4"));
        assert!(refused(Problem::Multi, 5, 1, 500).contains("1 to 128"));
        assert!(refused(Problem::Routing, 60, 25, 0).contains("0 to 20"));
    }

    #[test]
    fn up_probabilities_and_rewards_have_their_ranges() {
        let (mut passive, mut active, mut tops) = (0.0, 0.0, [0; 7]);
        for seed in 0..200 {
            let instance = generate(Problem::Budget, &Sizes::default(), seed).unwrap();
            let Dynamics::UpDown { p_passive, p_active } = &instance.dynamics else { unreachable!() };
            assert!(p_passive.iter().all(|p| (0.0..0.2).contains(p)));
            assert!(p_active.iter().all(|p| (0.7..0.9).contains(p)));
            passive += p_passive.iter().sum::<f64>() / 4000.0;
            active += p_active.iter().sum::<f64>() / 4000.0;
            for (arm, reward) in instance.reward.iter().enumerate() {
                let (low, tops_allowed) =
                    if arm < 5 { ([0.2, 0.15, 0.1], 4..=6) } else { ([0.1, 0.15, 0.2], 1..=3) };
                assert_eq!(reward[..3], low);
                assert!(tops_allowed.contains(&(reward[3] as usize)));
                tops[reward[3] as usize] += 1;
            }
        }
        assert!((passive - 0.1).abs() < 0.005 && (active - 0.8).abs() < 0.005, "{passive} {active}");
        // Each third of 3000 and of 1000, within five standard deviations.
        assert!(tops[1..4].iter().all(|n: &i32| (n - 1000).abs() < 130), "{tops:?}");
        assert!(tops[4..].iter().all(|n: &i32| (n - 333).abs() < 75), "{tops:?}");
    }
}
