//! Sensors: inertial measurement units, joint states, velocities and Jacobians of bodies.
//!
//! Poses are in `frames`, contact forces in `state` (by shape and body) and `contacts` (by point).

use super::lane::Lane;
use super::options::WorldsError;
use super::state::check_index;
use super::worlds::Worlds;
use crate::capacity::rules::MAX_DOFS;
use crate::dynamics::imu::rules::{ImuReading, imu_reading};
use crate::dynamics::jacobian::rules::{force_at, jacobian_row};
use crate::dynamics::kinematics::rules::forward_kinematics;
use crate::vector::rules::{
    Matrix3, Quaternion, Vector3, add3, cross3, matrix_of, normalize_quaternion, rotate, sub3, vector3,
};

/// Where a sensor sits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SensorSite {
    /// The movable body that carries it.
    pub body: usize,
    /// Its place in the body's frame in m.
    pub position: [f64; 3],
    /// Its axes in the body's frame, quaternion w x y z.
    pub orientation: [f64; 4],
}

/// How a point of a body and the body itself move with the velocities of a world.
#[derive(Clone, Debug, PartialEq)]
pub struct PointJacobian {
    /// World velocity of the point per unit of every dof: three rows.
    pub linear: [Vec<f64>; 3],
    /// World angular velocity of the body per unit of every dof: three rows.
    pub angular: [Vec<f64>; 3],
}

impl<L: Lane> Worlds<L> {
    /// Readings of one sensor in every world: `readings[world]`. Accelerations are the mean over the last
    /// physics step, zero change of velocity for a world whose state was just set.
    ///
    /// # Errors
    ///
    /// A body that does not exist, an orientation of length zero, or a slice of another length than there are worlds.
    pub fn imu(&mut self, site: SensorSite, readings: &mut [ImuReading<f64>]) -> Result<(), WorldsError> {
        check_index("body", site.body, self.layout.body_names.len())?;
        super::state::check_length("readings", readings, self.num_worlds())?;
        let [w, x, y, z] = site.orientation;
        if !((w * w + x * x + y * y + z * z) > 1e-12) {
            return Err(WorldsError::Option {
                option: "orientation of a sensor",
                value: format!("{:?}", site.orientation),
                allowed: "a quaternion w x y z other than zero",
            });
        }
        let axes = matrix_of(normalize_quaternion(Quaternion { w, x, y, z }));
        let axes = Matrix3 { x: splat(axes.x), y: splat(axes.y), z: splat(axes.z) };
        let [x, y, z] = site.position;
        let position = splat(vector3(x, y, z));
        for (index, rows) in readings.chunks_mut(L::WIDTH).enumerate() {
            self.update_kinematics(index);
            let (group, desk) = self.group_and_desk(index);
            let parameters = group.parameters.as_mut().unwrap_or(&mut desk.parameters);
            let reading = imu_reading(
                &mut desk.tree,
                &mut parameters.bodies,
                &mut desk.work.kinematics,
                &mut group.report.acceleration,
                site.body as u32,
                position,
                axes,
            );
            for (lane, row) in rows.iter_mut().enumerate() {
                *row = ImuReading {
                    gyro: in_lane(reading.gyro, lane),
                    accelerometer: in_lane(reading.accelerometer, lane),
                    gravity: in_lane(reading.gravity, lane),
                };
            }
        }
        Ok(())
    }

    /// Positions and velocities of the hinges and slides of `world`, in order, as (position, velocity).
    ///
    /// # Errors
    ///
    /// A world that does not exist.
    pub fn joint_states(&self, world: usize) -> Result<Vec<(f64, f64)>, WorldsError> {
        self.check_world(world)?;
        Ok(self
            .layout
            .axes
            .iter()
            .map(|axis| (self.position(world, axis.coordinate), self.velocity(world, axis.dof)))
            .collect())
    }

    /// World velocity of the origin of `body` (m/s) and world angular velocity of the body (rad/s).
    ///
    /// # Errors
    ///
    /// A world or body that does not exist.
    pub fn body_velocity(&mut self, world: usize, body: usize) -> Result<([f64; 3], [f64; 3]), WorldsError> {
        self.check_world(world)?;
        check_index("body", body, self.layout.body_names.len())?;
        self.update_kinematics(world / L::WIDTH);
        let (_, desk) = self.group_and_desk(world / L::WIDTH);
        let kinematics = &desk.work.kinematics;
        let velocity = kinematics.velocity[body];
        let arm = sub3(kinematics.origin[body], kinematics.origin[desk.tree.root[body] as usize]);
        let linear = add3(velocity.linear, cross3(velocity.angular, arm));
        let lane = world % L::WIDTH;
        Ok((array(in_lane(linear, lane)), array(in_lane(velocity.angular, lane))))
    }

    /// The Jacobian of a point of `body` (body frame, m).
    ///
    /// # Errors
    ///
    /// A world or body that does not exist.
    pub fn jacobian(
        &mut self,
        world: usize,
        body: usize,
        point: [f64; 3],
    ) -> Result<PointJacobian, WorldsError> {
        self.check_world(world)?;
        check_index("body", body, self.layout.body_names.len())?;
        self.update_kinematics(world / L::WIDTH);
        let (_, desk) = self.group_and_desk(world / L::WIDTH);
        let kinematics = &mut desk.work.kinematics;
        let at = add3(
            kinematics.origin[body],
            rotate(kinematics.rotation[body], splat(vector3(point[0], point[1], point[2]))),
        );
        let mut row = |axis: usize, angular: bool| {
            let one_at = |index: usize| if index == axis { 1.0 } else { 0.0 };
            let direction = splat(vector3(one_at(0), one_at(1), one_at(2)));
            let mut force = force_at(&mut desk.tree, kinematics, body as u32, at, direction);
            if angular {
                force.angular = direction;
                force.linear = splat(vector3(0.0, 0.0, 0.0));
            }
            let mut row = [L::splat(0.0); MAX_DOFS];
            jacobian_row(&mut desk.tree, kinematics, body as u32, force, &mut row);
            row[..desk.tree.dofs as usize].iter().map(|value| value.lane(world % L::WIDTH)).collect()
        };
        Ok(PointJacobian {
            linear: std::array::from_fn(|axis| row(axis, false)),
            angular: std::array::from_fn(|axis| row(axis, true)),
        })
    }

    /// Poses and velocities of a group into the first desk.
    fn update_kinematics(&mut self, index: usize) {
        let (group, desk) = self.group_and_desk(index);
        let parameters = group.parameters.as_mut().unwrap_or(&mut desk.parameters);
        forward_kinematics(
            &mut desk.tree,
            &mut parameters.bodies,
            &mut group.motion,
            &mut desk.work.kinematics,
        );
    }
}

fn splat<L: Lane>(v: Vector3<f64>) -> Vector3<L> {
    Vector3 { x: L::splat(v.x), y: L::splat(v.y), z: L::splat(v.z) }
}

fn in_lane<L: Lane>(v: Vector3<L>, lane: usize) -> Vector3<f64> {
    Vector3 { x: v.x.lane(lane), y: v.y.lane(lane), z: v.z.lane(lane) }
}

fn array(v: Vector3<f64>) -> [f64; 3] {
    [v.x, v.y, v.z]
}
