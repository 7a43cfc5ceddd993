//! The distribution over a handful of actions that a row of logits stands for.

/// The action that `uniform`, drawn from `0.0..1.0`, picks when actions have the chances
/// `softmax(logits)`: its index and the logarithm of its chance. Masked actions have chance 0 and are
/// never picked.
pub fn sample(logits: &[f32], uniform: f32) -> (usize, f32) {
    let (peak, total) = normaliser(logits);
    let mut left = uniform * total;
    let mut drawn = argmax(logits);
    for (action, &logit) in logits.iter().enumerate() {
        let weight = (logit - peak).exp();
        if weight > 0.0 {
            if left < weight {
                drawn = action;
                break;
            }
            left -= weight;
        }
    }
    (drawn, log_probability(logits, drawn))
}

/// The logarithm of the chance that `logits` give `action`.
pub fn log_probability(logits: &[f32], action: usize) -> f32 {
    let (peak, total) = normaliser(logits);
    logits[action] - peak - total.ln()
}

/// The chances that `logits` give.
pub fn probabilities(logits: &[f32]) -> Vec<f32> {
    let (peak, total) = normaliser(logits);
    logits.iter().map(|&logit| (logit - peak).exp() / total).collect()
}

/// Writes the chances that `logits` give the actions that are `available`; those of the others are 0.
pub fn available_probabilities(logits: &[f32], available: &[u8], chances: &mut [f32]) {
    let allowed = logits.iter().zip(available).filter(|(_, allowed)| **allowed != 0);
    let peak = allowed.map(|(logit, _)| *logit).fold(f32::NEG_INFINITY, f32::max);
    let mut total = 0.0;
    for ((chance, logit), allowed) in chances.iter_mut().zip(logits).zip(available) {
        *chance = if *allowed == 0 { 0.0 } else { (logit - peak).exp() };
        total += *chance;
    }
    chances.iter_mut().for_each(|chance| *chance /= total);
}

/// The most probable action, the first of equal ones.
pub fn argmax(logits: &[f32]) -> usize {
    let mut best = 0;
    for (action, &logit) in logits.iter().enumerate() {
        if logit > logits[best] {
            best = action;
        }
    }
    best
}

/// The largest logit, and the sum of `exp(logit - largest)`.
fn normaliser(logits: &[f32]) -> (f32, f32) {
    let peak = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    (peak, logits.iter().map(|&logit| (logit - peak).exp()).sum())
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::Random;

    use super::*;
    use crate::networks::MASKED_LOGIT;
    use crate::random::{Purpose, stream};

    #[test]
    fn actions_are_drawn_as_often_as_the_logits_say() {
        let chances = [0.5_f32, 0.2, 0.3];
        let logits = chances.map(|chance| chance.ln() + 4.0);
        let mut random = stream(1, Purpose::Actions);
        let mut counts = [0.0_f32; 3];
        for _ in 0..100_000 {
            let (action, log_probability) = sample(&logits, random.float() as f32);
            assert!((log_probability - chances[action].ln()).abs() < 1e-5);
            counts[action] += 1e-5;
        }
        for (count, chance) in counts.iter().zip(chances) {
            assert!((count - chance).abs() < 0.006, "{counts:?}");
        }
    }

    #[test]
    fn masked_actions_are_never_drawn_and_ties_go_to_the_first() {
        let mut random = stream(2, Purpose::Actions);
        for _ in 0..1000 {
            assert_eq!(sample(&[MASKED_LOGIT, -3.0, MASKED_LOGIT], random.float() as f32), (1, 0.0));
        }
        assert_eq!(sample(&[MASKED_LOGIT, -3.0, MASKED_LOGIT], 1.0), (1, 0.0));
        assert_eq!(argmax(&[0.0, 2.0, 2.0]), 1);
    }
}
