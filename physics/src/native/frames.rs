//! Where the described bodies of one world are: what pictures and recordings ask for.

use super::lane::Lane;
use super::options::WorldsError;
use super::worlds::Worlds;
use crate::dynamics::kinematics::rules::forward_kinematics;
use crate::vector::rules::{
    Matrix3, Quaternion, Vector3, matrix_of, multiply3, normalize_quaternion, rotate, vector3,
};

/// The frame of a body in the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyFrame {
    /// Origin in m.
    pub position: [f64; 3],
    /// Orientation, unit quaternion w x y z with w not negative.
    pub orientation: [f64; 4],
}

impl<L: Lane> Worlds<L> {
    /// The frames of all bodies of the model's description in `world`, bodies that are fixed to another one
    /// or to the scene included, in the description's order.
    ///
    /// # Errors
    ///
    /// A world that does not exist.
    pub fn body_frames(&mut self, world: usize) -> Result<Vec<BodyFrame>, WorldsError> {
        self.check_world(world)?;
        let lane = world % L::WIDTH;
        let mut motion = self.groups[world / L::WIDTH].motion;
        let mut own = self.groups[world / L::WIDTH].parameters.clone();
        let desk = self.own_desk();
        let parameters = own.as_mut().unwrap_or(&mut desk.parameters);
        forward_kinematics(&mut desk.tree, &mut parameters.bodies, &mut motion, &mut desk.work.kinematics);
        let kinematics = &desk.work.kinematics;
        let movable: Vec<(Vector3<f64>, Matrix3<f64>)> = (0..desk.tree.bodies as usize)
            .map(|body| {
                let Matrix3 { x, y, z } = kinematics.rotation[body];
                let rotation = Matrix3 { x: in_lane(x, lane), y: in_lane(y, lane), z: in_lane(z, lane) };
                (in_lane(kinematics.origin[body], lane), rotation)
            })
            .collect();
        let frame = |attachment: &crate::layout::Attachment| {
            let [w, x, y, z] = attachment.orientation;
            let inner = matrix_of(Quaternion { w, x, y, z });
            let [px, py, pz] = attachment.position;
            let place = vector3(px, py, pz);
            let (position, rotation) = match attachment.body {
                None => (place, inner),
                Some(body) => {
                    let (origin, rotation) = movable[body];
                    let moved: Vector3<f64> = rotate(rotation, place);
                    (
                        vector3(origin.x + moved.x, origin.y + moved.y, origin.z + moved.z),
                        multiply3(rotation, inner),
                    )
                }
            };
            BodyFrame { position: [position.x, position.y, position.z], orientation: quaternion_of(rotation) }
        };
        Ok(self.layout.attachments.iter().map(frame).collect())
    }
}

fn in_lane<L: Lane>(vector: Vector3<L>, lane: usize) -> Vector3<f64> {
    vector3(vector.x.lane(lane), vector.y.lane(lane), vector.z.lane(lane))
}

/// The quaternion of a rotation matrix, from its largest component (Shepperd, 1978).
fn quaternion_of(m: Matrix3<f64>) -> [f64; 4] {
    let (xx, yy, zz) = (m.x.x, m.y.y, m.z.z);
    // Each row is the quaternion times four of its own components.
    let rows = [
        [1.0 + xx + yy + zz, m.y.z - m.z.y, m.z.x - m.x.z, m.x.y - m.y.x],
        [m.y.z - m.z.y, 1.0 + xx - yy - zz, m.y.x + m.x.y, m.z.x + m.x.z],
        [m.z.x - m.x.z, m.y.x + m.x.y, 1.0 - xx + yy - zz, m.z.y + m.y.z],
        [m.x.y - m.y.x, m.z.x + m.x.z, m.z.y + m.y.z, 1.0 - xx - yy + zz],
    ];
    let largest = (1..4).fold(0, |best, row| if rows[row][row] > rows[best][best] { row } else { best });
    let [w, x, y, z] = rows[largest];
    let unit = normalize_quaternion(Quaternion { w, x, y, z });
    let sign = if unit.w < 0.0 { -1.0 } else { 1.0 };
    [sign * unit.w, sign * unit.x, sign * unit.y, sign * unit.z]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::JointDescription,
        native::WorldsOptions,
        robots::{QUADRUPED_STAND, quadruped},
    };

    #[test]
    fn a_quaternion_comes_back_from_its_matrix() {
        for raw in [[1.0, 0.0, 0.0, 0.0], [0.1, 0.9, -0.2, 0.3], [0.0, 0.1, 0.8, 0.5], [0.2, 0.3, 0.1, -0.9]]
        {
            let [w, x, y, z]: [f64; 4] = raw;
            let unit = normalize_quaternion(Quaternion { w, x, y, z });
            let back = quaternion_of(matrix_of(unit));
            for (a, b) in back.into_iter().zip([unit.w, unit.x, unit.y, unit.z]) {
                assert!((a - b).abs() < 1e-14, "{back:?} instead of {unit:?}");
            }
        }
    }

    #[test]
    fn bodies_stand_where_their_joints_put_them() {
        let mut model = quadruped();
        // The front right hip becomes a part of the trunk, which has to show.
        model.bodies[1].joint = JointDescription::Fixed;
        model.actuators.remove(0);
        let options = WorldsOptions { num_worlds: 2, ..WorldsOptions::default() };
        let mut worlds = Worlds::<f64>::new(&model, options).unwrap();
        let half = std::f64::consts::FRAC_1_SQRT_2;
        let position: Vec<f64> =
            [1.0, 2.0, 3.0, half, 0.0, 0.0, half].into_iter().chain(QUADRUPED_STAND[1..].to_vec()).collect();
        worlds.set_state(1, &position, &[0.0; 17]).unwrap();
        let frames = worlds.body_frames(1).unwrap();
        assert_eq!(frames.len(), 13);
        // A quarter turn to the left takes the hip's (x, y) to (-y, x).
        let hip = frames[1].position;
        for (a, b) in hip.into_iter().zip([1.0 + 0.04675, 2.0 + 0.1881, 3.0]) {
            assert!((a - b).abs() < 1e-12, "{hip:?}");
        }
        assert!((frames[1].orientation[0] - half).abs() < 1e-12);
        assert!(worlds.body_frames(2).is_err());
    }
}
