//! The equations of the cart-pole (Barto, Sutton and Anderson, 1983; Florian, 2007, for frictionless ones), with the
//! constants, the explicit Euler step and the thresholds of Gymnasium's `CartPole-v1`.

/// The step, the same on both devices.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use crate::classic_control::cart_pole::components::records::*;
    use pentathlon_engine::episode::records::*;

    /// Acceleration of gravity in m/s^2.
    pub const GRAVITY: f32 = 9.8f32;
    /// The force of a push in N.
    pub const FORCE: f32 = 10.0f32;
    /// Duration of a step in s.
    pub const TIME_STEP: f32 = 0.02f32;
    /// The cart's position beyond which the episode ends, in m.
    pub const FARTHEST: f32 = 2.4f32;
    /// The pole's angle beyond which the episode ends: 12 degrees in rad.
    pub const STEEPEST: f32 = 0.20943951f32;

    /// Cart and pole one step after a push to the left (0) or right (1).
    pub fn pushed(pole: Pole, action: i32) -> Pole {
        let force = select(-FORCE, FORCE, action == 1i32);
        let cosine = cos(pole.theta);
        let sine = sin(pole.theta);
        let mass = pole.cart_mass + pole.pole_mass;
        let moment = pole.pole_mass * pole.half_length;
        let pull = (force + moment * pole.theta_dot * pole.theta_dot * sine) / mass;
        let inertia = pole.half_length * (4.0f32 / 3.0f32 - pole.pole_mass * cosine * cosine / mass);
        let angular = (GRAVITY * sine - cosine * pull) / inertia;
        let linear = pull - moment * angular * cosine / mass;
        let mut next = pole;
        next.x = pole.x + TIME_STEP * pole.x_dot;
        next.x_dot = pole.x_dot + TIME_STEP * linear;
        next.theta = pole.theta + TIME_STEP * pole.theta_dot;
        next.theta_dot = pole.theta_dot + TIME_STEP * angular;
        next
    }

    /// Whether the pole fell or the cart left its track.
    pub fn verdict_of(pole: Pole) -> u32 {
        let fails = abs(pole.x) > FARTHEST || abs(pole.theta) > STEEPEST;
        select(RUNNING, FAILURE, fails)
    }
}

#[cfg(test)]
mod tests {
    use super::rules::*;
    use crate::classic_control::cart_pole::components::records::Pole;

    /// The same equations in double precision, for the usual cart and pole.
    fn reference([x, x_dot, theta, theta_dot]: [f64; 4], action: i32) -> [f64; 4] {
        let force = if action == 1 { 10.0 } else { -10.0 };
        let (cart, pole, half) = (1.0, 0.1, 0.5);
        let pull = (force + pole * half * theta_dot.powi(2) * theta.sin()) / (cart + pole);
        let angular = (9.8 * theta.sin() - theta.cos() * pull)
            / (half * (4.0 / 3.0 - pole * theta.cos().powi(2) / (cart + pole)));
        let linear = pull - pole * half * angular * theta.cos() / (cart + pole);
        [x + 0.02 * x_dot, x_dot + 0.02 * linear, theta + 0.02 * theta_dot, theta_dot + 0.02 * angular]
    }

    #[test]
    fn a_hundred_pushes_stay_with_double_precision() {
        let mut exact = [0.01, -0.02, 0.03, 0.04];
        let mut pole = Pole {
            x: 0.01,
            x_dot: -0.02,
            theta: 0.03,
            theta_dot: 0.04,
            cart_mass: 1.0,
            half_length: 0.5,
            pole_mass: 0.1,
        };
        for step in 0..100 {
            // Pushes that keep the pole up.
            let action = i32::from(exact[2] + 0.5 * exact[3] > 0.0);
            exact = reference(exact, action);
            pole = pushed(pole, action);
            for (number, expected) in [pole.x, pole.x_dot, pole.theta, pole.theta_dot].into_iter().zip(exact)
            {
                assert!((f64::from(number) - expected).abs() < 1e-4, "step {step}: {number} {expected}");
            }
            assert_eq!(verdict_of(pole), pentathlon_engine::episode::records::RUNNING);
        }
    }
}
