//! The classical fourth-order Runge-Kutta method over the rules' accelerations, without contacts: the exact motion
//! that other integrators are measured against.
//!
//! Quaternions are integrated as four numbers and normalised wherever they are used, which keeps the order.

use super::lane::Lane;
use super::smooth::SmoothDynamics;
use crate::capacity::rules::{MAX_ACTUATORS, MAX_COORDINATES, MAX_DOFS};
use crate::dynamics::actuators::rules::actuator_forces;
use crate::dynamics::kinematics::rules::free_orientation;
use crate::dynamics::tree::rules::JOINT_FREE;
use crate::vector::rules::{Quaternion, multiply_quaternions, normalize_quaternion};

/// Rates of change of the coordinates and of the velocities.
struct Rates<L> {
    position: [L; MAX_COORDINATES],
    velocity: [L; MAX_DOFS],
}

impl<L: Lane> SmoothDynamics<L> {
    /// One step of `timestep` s, in which `control` and the generalised forces `applied` are held. The error of a
    /// second is proportional to the fourth power of the step; four evaluations of the accelerations are made.
    pub fn runge_kutta_step(
        &mut self,
        timestep: L,
        control: &mut [L; MAX_ACTUATORS],
        applied: &[L; MAX_DOFS],
    ) {
        let (position, velocity) = (self.motion.position, self.motion.velocity);
        let mut sum =
            Rates { position: [L::splat(0.0); MAX_COORDINATES], velocity: [L::splat(0.0); MAX_DOFS] };
        // How far ahead of the start the next evaluation is made, as a share of the step, and the weight of this one.
        for (ahead, weight) in [(0.5, 1.0 / 6.0), (0.5, 1.0 / 3.0), (1.0, 1.0 / 3.0), (0.0, 1.0 / 6.0)] {
            let rates = self.rates(control, applied);
            let (stretch, weight) = (timestep * L::splat(ahead), L::splat(weight));
            for i in 0..self.tree.coordinates as usize {
                sum.position[i] = sum.position[i] + weight * rates.position[i];
                self.motion.position[i] = position[i] + stretch * rates.position[i];
            }
            for i in 0..self.tree.dofs as usize {
                sum.velocity[i] = sum.velocity[i] + weight * rates.velocity[i];
                self.motion.velocity[i] = velocity[i] + stretch * rates.velocity[i];
            }
        }
        for i in 0..self.tree.coordinates as usize {
            self.motion.position[i] = position[i] + timestep * sum.position[i];
        }
        for i in 0..self.tree.dofs as usize {
            self.motion.velocity[i] = velocity[i] + timestep * sum.velocity[i];
        }
        self.normalise_orientations();
        self.update();
    }

    fn normalise_orientations(&mut self) {
        for body in 0..self.tree.bodies as usize {
            if self.tree.joint[body] == JOINT_FREE {
                let first = self.tree.first_coordinate[body];
                let q = normalize_quaternion(free_orientation(&mut self.motion, first));
                self.set_orientation(first as usize, q);
            }
        }
    }

    fn set_orientation(&mut self, first: usize, q: Quaternion<L>) {
        self.motion.position[first + 3..first + 7].copy_from_slice(&[q.w, q.x, q.y, q.z]);
    }

    /// The rates at the present state, whose orientations are normalised first.
    fn rates(&mut self, control: &mut [L; MAX_ACTUATORS], applied: &[L; MAX_DOFS]) -> Rates<L> {
        let zero = L::splat(0.0);
        self.normalise_orientations();
        self.update();
        let mut force = *applied;
        let mut gain = [zero; MAX_DOFS];
        for dof in 0..self.tree.dofs as usize {
            force[dof] = force[dof] - self.parameters.damping[dof] * self.motion.velocity[dof];
        }
        actuator_forces(
            &mut self.tree,
            &mut self.parameters,
            &mut self.motion,
            control,
            &mut force,
            &mut gain,
        );
        let mut rates = Rates { position: [zero; MAX_COORDINATES], velocity: [zero; MAX_DOFS] };
        let dofs = self.tree.dofs as usize;
        let accelerations = self.accelerations(&force[..dofs]);
        rates.velocity[..dofs].copy_from_slice(&accelerations);
        for body in 0..self.tree.bodies as usize {
            let (c, d) = (self.tree.first_coordinate[body] as usize, self.tree.first_dof[body] as usize);
            let velocity = &self.motion.velocity[d..];
            if self.tree.joint[body] == JOINT_FREE {
                rates.position[c..c + 3].copy_from_slice(&velocity[..3]);
                let spin = Quaternion { w: zero, x: velocity[3], y: velocity[4], z: velocity[5] };
                let q = free_orientation(&mut self.motion, c as u32);
                let rate = multiply_quaternions(q, spin);
                let half = L::splat(0.5);
                rates.position[c + 3..c + 7].copy_from_slice(&[
                    half * rate.w,
                    half * rate.x,
                    half * rate.y,
                    half * rate.z,
                ]);
            } else {
                rates.position[c] = velocity[0];
            }
        }
        rates
    }
}
