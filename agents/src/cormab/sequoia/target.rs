//! What a Q-value should have been, and how much it matters that it was not.

/// The value that a transition says the action had: its reward and what the best action then promises.
pub fn td_target(reward: f64, gamma: f64, best_next: f64) -> f64 {
    reward + gamma * best_next
}

/// Huber's loss with delta 1: a parabola that goes on as a line where the error exceeds 1.
pub fn huber(error: f64) -> f64 {
    let size = error.abs();
    if size <= 1.0 { 0.5 * size * size } else { size - 0.5 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loss_is_smooth_where_it_changes() {
        assert_eq!(huber(0.5), 0.125);
        assert_eq!(huber(-1.0), 0.5);
        assert_eq!(huber(3.0), 2.5);
        assert_eq!(td_target(2.0, 0.5, 3.0), 3.5);
    }
}
