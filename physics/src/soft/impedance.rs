//! How stiff a soft constraint is at a given violation, and what acceleration it asks for.

/// The reference of a constraint: MuJoCo's `solref` and `solimp`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Impedance {
    /// Time constant of the recovery in s; at least two time steps are used.
    pub time_constant: f64,
    /// Damping ratio of the recovery.
    pub damping_ratio: f64,
    /// Impedance at no violation and at `width` and beyond, in (0, 1).
    pub range: [f64; 2],
    /// Violation in m or rad at which the impedance has reached its second value.
    pub width: f64,
    /// Where between 0 and 1 the interpolation has its inflection.
    pub midpoint: f64,
    /// Power of the interpolation; 1 is linear.
    pub power: f64,
}

impl Default for Impedance {
    /// MuJoCo's defaults.
    fn default() -> Self {
        Self {
            time_constant: 0.02,
            damping_ratio: 1.0,
            range: [0.9, 0.95],
            width: 0.001,
            midpoint: 0.5,
            power: 2.0,
        }
    }
}

impl Impedance {
    /// The impedance at `distance` (negative when violated).
    pub fn at(&self, distance: f64) -> f64 {
        let [low, high] = self.range;
        let x = (distance.abs() / self.width).min(1.0);
        let share = if self.power == 1.0 {
            x
        } else if x <= self.midpoint {
            x.powf(self.power) / self.midpoint.powf(self.power - 1.0)
        } else {
            1.0 - (1.0 - x).powf(self.power) / (1.0 - self.midpoint).powf(self.power - 1.0)
        };
        low + share * (high - low)
    }

    /// The acceleration asked for at `distance`, where the constraint moves at `velocity`, with steps of
    /// `time_step` s.
    pub fn reference(&self, distance: f64, velocity: f64, time_step: f64) -> f64 {
        let time = self.time_constant.max(2.0 * time_step);
        let [stiffness, damping] =
            [1.0 / (self.range[1] * time * self.damping_ratio).powi(2), 2.0 / (self.range[1] * time)];
        -damping * velocity - stiffness * self.at(distance) * distance
    }

    /// The regulariser of a row at `distance` whose inverse mass is about `inverse_mass`.
    pub fn regulariser(&self, distance: f64, inverse_mass: f64) -> f64 {
        let impedance = self.at(distance);
        ((1.0 - impedance) / impedance * inverse_mass).max(1e-15)
    }
}

#[cfg(test)]
mod tests {
    use super::Impedance;

    #[test]
    fn the_impedance_rises_smoothly_from_the_first_to_the_second_value() {
        let impedance = Impedance::default();
        assert_eq!(impedance.at(0.0), 0.9);
        assert!((impedance.at(-0.0005) - 0.925).abs() < 1e-15);
        assert!((impedance.at(-0.00025) - 0.90625).abs() < 1e-15);
        assert_eq!(impedance.at(-0.001), 0.95);
        assert_eq!(impedance.at(-1.0), 0.95);
    }

    #[test]
    fn a_resting_body_sinks_by_the_formula_of_the_specification() {
        // (1 - d) g tc² zeta² at constant impedance: at rest 0 = (1 - d) (-g) + d (-k d r).
        let impedance = Impedance { range: [0.9, 0.9], ..Impedance::default() };
        let sunk = 0.1 * 9.81 * 0.02f64.powi(2);
        let asked = impedance.reference(-sunk, 0.0, 0.001);
        assert!((0.1 * -9.81 + 0.9 * asked).abs() < 1e-12, "{asked}");
    }
}
