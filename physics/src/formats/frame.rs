//! Frames within frames: the poses that files give are composed here, in double precision.

use crate::vector::rules::{
    Quaternion, Vector3, matrix_of, multiply_quaternions, normalize_quaternion, rotate, vector3,
};

/// A frame in its parent: origin in m, orientation as unit quaternion w x y z.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub position: [f64; 3],
    pub orientation: [f64; 4],
}

impl Frame {
    /// The parent itself.
    pub const IDENTITY: Self = Self { position: [0.0; 3], orientation: [1.0, 0.0, 0.0, 0.0] };

    /// `inner`, which is given in this frame, in this frame's parent.
    pub fn compose(&self, inner: &Self) -> Self {
        let turned = self.rotate(inner.position);
        let product =
            multiply_quaternions::<f64>(quaternion(self.orientation), quaternion(inner.orientation));
        let product = normalize_quaternion::<f64>(product);
        Self {
            position: std::array::from_fn(|i| self.position[i] + turned[i]),
            orientation: [product.w, product.x, product.y, product.z],
        }
    }

    /// A direction of this frame in its parent.
    pub fn rotate(&self, v: [f64; 3]) -> [f64; 3] {
        let turned: Vector3<f64> =
            rotate::<f64>(matrix_of::<f64>(quaternion(self.orientation)), vector3::<f64>(v[0], v[1], v[2]));
        [turned.x, turned.y, turned.z]
    }
}

/// The frame turned by fixed-axis roll, pitch and yaw in rad (URDF's `rpy`).
pub(super) fn from_roll_pitch_yaw(position: [f64; 3], [roll, pitch, yaw]: [f64; 3]) -> Frame {
    let about = |axis: usize, angle: f64| {
        let (sine, cosine) = (0.5 * angle).sin_cos();
        let mut orientation = [cosine, 0.0, 0.0, 0.0];
        orientation[axis + 1] = sine;
        Frame { position: [0.0; 3], orientation }
    };
    let turned = about(2, yaw).compose(&about(1, pitch)).compose(&about(0, roll));
    Frame { position, orientation: turned.orientation }
}

fn quaternion([w, x, y, z]: [f64; 4]) -> Quaternion<f64> {
    Quaternion { w, x, y, z }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::FRAC_PI_2;

    use super::*;

    #[test]
    fn roll_turns_first_and_yaw_last() {
        let frame = from_roll_pitch_yaw([1.0, 0.0, 0.0], [FRAC_PI_2, 0.0, FRAC_PI_2]);
        // y -> z by the roll, which the yaw leaves alone; x -> y by the yaw.
        for (from, to) in [([0.0, 1.0, 0.0], [0.0, 0.0, 1.0]), ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0])] {
            for (got, wanted) in frame.rotate(from).into_iter().zip(to) {
                assert!((got - wanted).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn an_inner_frame_moves_with_the_outer_one() {
        let quarter = from_roll_pitch_yaw([1.0, 0.0, 0.0], [0.0, 0.0, FRAC_PI_2]);
        let inner = Frame { position: [1.0, 0.0, 0.0], ..Frame::IDENTITY };
        let both = quarter.compose(&inner);
        assert!((both.position[0] - 1.0).abs() < 1e-15 && (both.position[1] - 1.0).abs() < 1e-15);
    }
}
