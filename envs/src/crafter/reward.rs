//! What a step pays in the original: `(change of health) / 10`, plus 1 when an achievement is new. Evaluated
//! in `f64` in the original's order of operations and tabulated, so that every device pays the same bits.

use super::rules::settlement::rules::{HEALTH_OFFSET, NEW_ACHIEVEMENT, PAY_CODES};

/// The reward of a change of health, and of a new achievement.
pub fn reward(health_change: i32, has_achieved: bool) -> f64 {
    let reward = f64::from(health_change) / 10.0;
    if has_achieved { reward + 1.0 } else { reward }
}

/// The reward of every pay code; see the rules' settlement.
pub fn rewards() -> [f64; PAY_CODES as usize] {
    std::array::from_fn(|code| {
        let code = code as u32;
        reward((code % NEW_ACHIEVEMENT) as i32 - HEALTH_OFFSET, code >= NEW_ACHIEVEMENT)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crafter::rules::settlement::rules::pay_code;

    #[test]
    fn codes_pay_what_they_stand_for() {
        let rewards = rewards();
        for (change, achieved, expected) in
            [(0, false, 0.0), (1, true, 1.1), (-2, true, 0.8), (-7, false, -0.7), (0, true, 1.0)]
        {
            assert_eq!(rewards[pay_code(change, achieved) as usize], expected);
        }
    }
}
