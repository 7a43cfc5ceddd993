//! What an inertial measurement unit on a body reads.

/// The readings.
#[wgsl_rs::wgsl]
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
pub mod rules {
    use super::super::tree::rules::*;
    use crate::capacity::rules::*;
    use crate::scalar::rules::*;
    use crate::vector::rules::*;
    use wgsl_rs::std::*;

    /// Readings in the axes of the sensor.
    #[derive(Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub struct ImuReading<R> {
        /// Angular velocity in rad/s.
        pub gyro: Vector3<R>,
        /// Proper acceleration in m/s²: at rest it points up with the size of gravity.
        pub accelerometer: Vector3<R>,
        /// The acceleration of free fall in m/s².
        pub gravity: Vector3<R>,
    }

    /// Readings of a sensor at `position` on `body` (body frame, m) with axes `rotation` (columns, body
    /// frame). `rate` is the change of the velocities per second. Needs `forward_kinematics`.
    pub fn imu_reading<R: Real + super::Field>(
        tree: ptr!(function, Tree),
        parameters: ptr!(function, Parameters<R>),
        kinematics: ptr!(function, Kinematics<R>),
        rate: ptr!(function, [R; MAX_DOFS]),
        body: u32,
        position: Vector3<R>,
        rotation: Matrix3<R>,
    ) -> ImuReading<R> {
        let b = body as usize;
        // Free fall is counted in the bias acceleration, so the sum is the proper acceleration.
        let mut acceleration = kinematics.acceleration[b];
        let mut dof = tree.last_dof[b];
        while dof != NONE {
            acceleration =
                add6::<R>(acceleration, scale6::<R>(kinematics.subspace[dof as usize], rate[dof as usize]));
            dof = tree.dof_parent[dof as usize];
        }
        let axes = multiply3::<R>(kinematics.rotation[b], rotation);
        let point = add3::<R>(kinematics.origin[b], rotate::<R>(kinematics.rotation[b], position));
        let arm = sub3::<R>(point, kinematics.origin[tree.root[b] as usize]);
        let velocity = kinematics.velocity[b];
        let speed = add3::<R>(velocity.linear, cross3::<R>(velocity.angular, arm));
        let proper = add3::<R>(
            add3::<R>(acceleration.linear, cross3::<R>(acceleration.angular, arm)),
            cross3::<R>(velocity.angular, speed),
        );
        ImuReading::<R> {
            gyro: unrotate::<R>(axes, velocity.angular),
            accelerometer: unrotate::<R>(axes, proper),
            gravity: unrotate::<R>(axes, parameters.gravity),
        }
    }
}

use crate::scalar::Field;
