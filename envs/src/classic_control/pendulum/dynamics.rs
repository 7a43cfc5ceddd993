//! The equations of a rod that a torque turns about one of its ends, with the constants, the semi-implicit Euler step
//! and the cost of Gymnasium's `Pendulum-v1`.

/// The step and what it costs, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[allow(clippy::approx_constant, reason = "WGSL has no constant for it")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use crate::classic_control::pendulum::components::records::*;

    /// Duration of a step in s.
    pub const TIME_STEP: f32 = 0.05f32;
    /// Largest angular velocity in rad/s.
    pub const FASTEST: f32 = 8.0f32;
    /// Largest torque in N m.
    pub const STRONGEST: f32 = 2.0f32;
    /// Half a turn in rad.
    pub const HALF_TURN: f32 = 3.1415927f32;
    /// What a squared angle from upright costs.
    pub const ANGLE_COST: f32 = 1.0f32;
    /// What a squared angular velocity costs.
    pub const SPEED_COST: f32 = 0.1f32;
    /// What a squared torque costs.
    pub const TORQUE_COST: f32 = 0.001f32;

    /// The same direction within half a turn of upright.
    pub fn from_upright(theta: f32) -> f32 {
        let turn = 2.0f32 * HALF_TURN;
        theta - turn * floor((theta + HALF_TURN) / turn)
    }

    /// What a step with this torque costs, which depends on where it begins.
    pub fn cost_of(rod: Rod, torque: f32) -> f32 {
        let angle = from_upright(rod.theta);
        ANGLE_COST * angle * angle
            + SPEED_COST * rod.theta_dot * rod.theta_dot
            + TORQUE_COST * torque * torque
    }

    /// The rod one step later.
    pub fn turned(rod: Rod, torque: f32) -> Rod {
        let gravity = 3.0f32 * rod.gravity / (2.0f32 * rod.length) * sin(rod.theta);
        let acceleration = gravity + 3.0f32 / (rod.mass * rod.length * rod.length) * torque;
        let mut next = rod;
        next.theta_dot = clamp(rod.theta_dot + TIME_STEP * acceleration, -FASTEST, FASTEST);
        next.theta = rod.theta + TIME_STEP * next.theta_dot;
        next
    }
}

#[cfg(test)]
mod tests {
    use super::rules::*;
    use crate::classic_control::pendulum::components::records::Rod;

    const ROD: Rod = Rod { theta: 3.0, theta_dot: 0.5, gravity: 10.0, mass: 1.0, length: 1.0 };

    /// Gymnasium's formula in double precision: next angle and velocity, and the reward.
    fn reference([theta, theta_dot]: [f64; 2], torque: f64) -> ([f64; 2], f64) {
        let turn = 2.0 * std::f64::consts::PI;
        let angle = (theta + std::f64::consts::PI).rem_euclid(turn) - std::f64::consts::PI;
        let reward = -(angle.powi(2) + 0.1 * theta_dot.powi(2) + 0.001 * torque.powi(2));
        let next_dot = (theta_dot + (15.0 * theta.sin() + 3.0 * torque) * 0.05).clamp(-8.0, 8.0);
        ([theta + next_dot * 0.05, next_dot], reward)
    }

    #[test]
    fn two_hundred_steps_stay_with_double_precision() {
        let mut exact = [3.0, 0.5];
        let mut rod = ROD;
        let mut turns = 0;
        for step in 0..200 {
            // Torques that swing it over: whole turns are among the steps.
            let torque = if exact[1] > 0.0 { 2.0 } else { -2.0 };
            let (next, reward) = reference(exact, torque);
            let cost = f64::from(cost_of(rod, torque as f32));
            assert!((cost + reward).abs() < 0.02, "step {step}: {cost} {reward}");
            (exact, rod) = (next, turned(rod, torque as f32));
            let near = |number: f32, expected: f64| (f64::from(number) - expected).abs() < 5e-3;
            assert!(
                near(rod.theta, exact[0]) && near(rod.theta_dot, exact[1]),
                "step {step}: {rod:?} {exact:?}"
            );
            turns = (exact[0] / std::f64::consts::TAU).abs() as usize;
        }
        assert!(turns >= 3, "{turns}");
    }

    #[test]
    fn one_step_by_hand() {
        // Lying to the side: gravity adds 15 rad/s^2, the torque 6, for 0.05 s each.
        let rod = Rod { theta: std::f32::consts::FRAC_PI_2, theta_dot: 1.0, ..ROD };
        let next = turned(rod, 2.0);
        assert!((next.theta_dot - 2.05).abs() < 1e-6 && (next.theta - rod.theta - 0.1025).abs() < 1e-6);
        let cost = std::f32::consts::FRAC_PI_2.powi(2) + 0.1 + 0.004;
        assert!((cost_of(rod, 2.0) - cost).abs() < 1e-6);
        let fast = turned(Rod { theta_dot: 7.9, ..rod }, 2.0);
        assert_eq!(fast.theta_dot, 8.0);
    }

    #[test]
    fn heavier_and_longer_rods_are_slower_to_turn() {
        let plain = Rod { theta: 0.0, theta_dot: 0.0, ..ROD };
        let heavy = Rod { mass: 2.0, ..plain };
        let long = Rod { length: 2.0, ..plain };
        let [plain, heavy, long] = [plain, heavy, long].map(|rod| turned(rod, 1.0).theta_dot);
        assert!((plain / heavy - 2.0).abs() < 1e-5 && (plain / long - 4.0).abs() < 1e-5);
    }

    #[test]
    fn angles_are_told_from_upright() {
        for (theta, expected) in
            [(0.5, 0.5), (-3.0, -3.0), (4.0, 4.0 - 6.283_185_5), (-20.0, -20.0 + 18.849_556)]
        {
            assert!((from_upright(theta) - expected).abs() < 1e-5, "{theta}: {}", from_upright(theta));
        }
    }
}
