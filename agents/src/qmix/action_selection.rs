//! How an agent chooses among what is available, given what its network says of every choice.

use pentathlon_gym::seeding::{Random, philox::Philox};

use crate::categorical;
use crate::networks::MASKED_LOGIT;

/// How an agent chooses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ActionSelection {
    /// With this chance any available choice, else the one of the largest output: outputs are values.
    EpsilonGreedy(f64),
    /// With this chance any available choice, else one drawn with the chances that a softmax of the outputs gives the
    /// available ones: outputs are a policy's logits.
    EpsilonSoftmax(f64),
}

impl ActionSelection {
    /// The choice made of the `available` ones; `outputs` may be changed.
    pub fn choose(self, outputs: &mut [f32], available: &[u8], random: &mut Philox) -> usize {
        let (Self::EpsilonGreedy(epsilon) | Self::EpsilonSoftmax(epsilon)) = self;
        if random.float() < epsilon {
            return random_choice(available, random);
        }
        match self {
            Self::EpsilonGreedy(_) => best_choice(outputs, available),
            Self::EpsilonSoftmax(_) => {
                for (logit, _) in outputs.iter_mut().zip(available).filter(|(_, allowed)| **allowed == 0) {
                    *logit = MASKED_LOGIT;
                }
                categorical::sample(outputs, random.float() as f32).0
            }
        }
    }
}

/// The best of the available choices, the first of equal ones.
pub(crate) fn best_choice(values: &[f32], available: &[u8]) -> usize {
    let mut best = None;
    for (choice, (&value, &allowed)) in values.iter().zip(available).enumerate() {
        if allowed != 0 && best.is_none_or(|(_, largest)| value > largest) {
            best = Some((choice, value));
        }
    }
    best.map_or(0, |(choice, _)| choice)
}

/// One of the available choices, each as probable as any other.
pub(crate) fn random_choice(available: &[u8], random: &mut Philox) -> usize {
    let count = available.iter().filter(|&&allowed| allowed != 0).count().max(1);
    let nth = random.int(0, count as i32) as usize;
    let mut allowed = (0..available.len()).filter(|&choice| available[choice] != 0);
    allowed.nth(nth).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn choices_that_are_not_available_are_never_made() {
        assert_eq!(best_choice(&[3.0, 1.0, 2.0], &[0, 1, 1]), 2);
        assert_eq!(best_choice(&[f32::NEG_INFINITY, -1e30, -2e30], &[0, 1, 1]), 1);
        assert_eq!(best_choice(&[1.0, 1.0], &[1, 1]), 0);
        let mut random = stream(1, Purpose::Actions);
        let mut counts = [0; 4];
        for _ in 0..3000 {
            counts[random_choice(&[0, 1, 1, 0], &mut random)] += 1;
        }
        assert!(counts[0] + counts[3] == 0 && counts[1] > 1400 && counts[2] > 1400, "{counts:?}");
    }

    #[test]
    fn drawn_choices_have_the_chances_of_the_softmax_and_never_less_than_the_floor() {
        let mut random = stream(2, Purpose::Actions);
        let logits = [9.0, 0.8_f32.ln(), 0.2_f32.ln()];
        let shares = |selection: ActionSelection, random: &mut Philox| {
            let mut shares = [0.0_f64; 3];
            for _ in 0..20_000 {
                shares[selection.choose(&mut logits.clone(), &[0, 1, 1], random)] += 1.0 / 20_000.0;
            }
            shares
        };
        for (epsilon, second) in [(0.0, 0.2), (0.5, 0.35)] {
            let found = shares(ActionSelection::EpsilonSoftmax(epsilon), &mut random);
            assert!(found[0] == 0.0 && (found[2] - second).abs() < 0.015, "{found:?}");
        }
        assert_eq!(shares(ActionSelection::EpsilonGreedy(0.0), &mut random)[1].round(), 1.0);
    }
}
