//! Arrows of contact forces: how long they are. The scale follows the weight of what moves, so that the forces under a
//! cube of one kilogram are as well seen as those under a robot.

use glam::Vec3;
use pentathlon_physics::model::{JointDescription, ModelDescription};

/// Radius of the dot of a contact in m.
pub(super) const DOT: f32 = 0.012;
/// Length in m of the arrow of a force that carries all that moves.
const WEIGHT_ARROW: f64 = 0.5;
/// Arrows shorter than this, in m, are not drawn.
const SHORTEST: f32 = 0.002;
/// Acceleration of free fall in m/s² where a model has none.
const STANDARD_GRAVITY: f64 = 9.81;

/// Length in m of the arrow of a force of 100 N that fits `model`: half a metre for the weight of what moves freely or,
/// where nothing does, of what moves at all. Of several trees of bodies the geometric mean of the lightest and the
/// heaviest counts.
pub(super) fn fitting_scale(model: &ModelDescription) -> f32 {
    let weights = |is_root: fn(&JointDescription) -> bool| {
        let trees = model.bodies.iter().filter(|body| body.parent.is_none() && is_root(&body.joint));
        trees.map(|root| tree_mass(model, &root.name)).filter(|mass| *mass > 0.0).collect::<Vec<f64>>()
    };
    let mut masses = weights(|joint| *joint == JointDescription::Free);
    if masses.is_empty() {
        masses = weights(|_| true);
    }
    let lightest = masses.iter().copied().fold(f64::INFINITY, f64::min);
    let heaviest = masses.iter().copied().fold(0.0, f64::max);
    let mass = if heaviest > 0.0 { (lightest * heaviest).sqrt() } else { 1.0 };
    let gravity = model.gravity.iter().map(|part| part * part).sum::<f64>().sqrt();
    let gravity = if gravity > 0.0 { gravity } else { STANDARD_GRAVITY };
    (WEIGHT_ARROW * 100.0 / (mass * gravity)).clamp(1e-6, 1e6) as f32
}

/// Length in m and direction of the arrow of `force` in N; `None` where there is nothing to see.
pub(super) fn arrow(force: Vec3, scale: f32) -> Option<(f32, Vec3)> {
    let size = force.length();
    let length = scale * size / 100.0;
    (length.is_finite() && length >= SHORTEST).then(|| (length, force / size))
}

/// Mass in kg of a body and all that hangs on it.
fn tree_mass(model: &ModelDescription, root: &str) -> f64 {
    let mut names = vec![root];
    let mut mass = 0.0;
    // Parents stand before their children.
    for body in &model.bodies {
        let belongs =
            body.name == root || body.parent.as_deref().is_some_and(|parent| names.contains(&parent));
        if belongs {
            names.push(&body.name);
            mass += body.mass;
        }
    }
    mass
}

#[cfg(test)]
mod tests {
    use pentathlon_physics::robots::{PushedBox, arm_with_box, quadruped};

    use super::*;

    #[test]
    fn the_weight_of_what_moves_is_half_a_metre() {
        let model = quadruped();
        let weight = 9.81 * model.bodies.iter().map(|body| body.mass).sum::<f64>() as f32;
        let (length, along) = arrow(Vec3::Z * weight, fitting_scale(&model)).unwrap();
        assert!((length - 0.5).abs() < 1e-4 && along == Vec3::Z, "{length}");
    }

    #[test]
    fn a_light_box_before_a_heavy_arm_counts_by_its_own_weight() {
        let model = arm_with_box(PushedBox::default());
        let of_box = model.bodies.iter().find(|body| body.joint == JointDescription::Free).unwrap();
        let corner = Vec3::Z * (0.25 * 9.81 * of_box.mass) as f32;
        let (length, _) = arrow(corner, fitting_scale(&model)).unwrap();
        assert!((length - 0.125).abs() < 1e-4, "a corner carries a quarter: {length}");
    }

    #[test]
    fn nothing_is_no_arrow() {
        assert_eq!(arrow(Vec3::ZERO, 0.4), None);
        assert_eq!(arrow(Vec3::splat(f32::NAN), 0.4), None);
        assert_eq!(arrow(Vec3::X * 1e-3, 0.4), None);
    }
}
