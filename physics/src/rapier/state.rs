//! Positions and velocities of a world, in the coordinates of the model.

use rapier3d::prelude::{Pose, Rotation, Vector};

use super::{
    blueprint::{Blueprint, BodyPlan, Motion, pose, vector},
    world::World,
};

impl World {
    pub fn state(&self, blueprint: &Blueprint) -> (Vec<f64>, Vec<f64>) {
        let mut positions = vec![0.0; blueprint.num_positions];
        let mut velocities = vec![0.0; blueprint.num_velocities];
        for (index, plan) in blueprint.bodies.iter().enumerate() {
            let position = &mut positions[plan.first_position..];
            let velocity = &mut velocities[plan.first_velocity..];
            match plan.motion {
                Motion::Fixed => {}
                Motion::Free { .. } => {
                    let (origin, orientation) = self.body_pose(plan, index);
                    position[..3].copy_from_slice(&origin);
                    position[3..7].copy_from_slice(&orientation);
                    let (linear, angular) = self.free_velocity(plan, index);
                    for i in 0..3 {
                        velocity[i] = f64::from(linear[i]);
                        velocity[3 + i] = f64::from(angular[i]);
                    }
                }
                Motion::Hinge | Motion::Slide => {
                    if let Some((coordinate, speed)) = self.joint_state(plan, index) {
                        position[0] = f64::from(coordinate);
                        velocity[0] = f64::from(speed);
                    }
                }
            }
        }
        (positions, velocities)
    }

    /// Origin and orientation of a body.
    pub fn body_pose(&self, plan: &BodyPlan, body: usize) -> ([f64; 3], [f64; 4]) {
        let pose = self.rapier.bodies[self.bodies[body]].position().prepend_translation(-plan.offset);
        let [x, y, z, w] = pose.rotation.to_array().map(f64::from);
        (pose.translation.to_array().map(f64::from), [w, x, y, z])
    }

    pub fn set_state(&mut self, blueprint: &Blueprint, positions: &[f64], velocities: &[f64]) {
        for (index, plan) in blueprint.bodies.iter().enumerate() {
            if let Motion::Free { root } = plan.motion {
                let [x, y, z, quaternion @ ..] = take::<7>(&positions[plan.first_position..]);
                let own = pose([x, y, z], quaternion);
                let velocity = take::<6>(&velocities[plan.first_velocity..]);
                self.set_free_body(plan, index, own, velocity, root);
            }
        }
        for (index, plan) in blueprint.bodies.iter().enumerate() {
            if matches!(plan.motion, Motion::Hinge | Motion::Slide) {
                let position = positions[plan.first_position] as f32;
                self.set_joint(plan, index, position, velocities[plan.first_velocity] as f32);
            }
        }
        for handle in self.joints.iter().flatten() {
            if let Some((multibody, _)) = self.rapier.multibody_joints.get_mut(*handle) {
                multibody.forward_kinematics(&self.rapier.bodies, true);
                multibody.update_rigid_bodies(&mut self.rapier.bodies, true);
            }
        }
    }

    /// Velocity of the origin in the world and angular velocity in the body frame.
    fn free_velocity(&self, plan: &BodyPlan, body: usize) -> (Vector, Vector) {
        let rigid = &self.rapier.bodies[self.bodies[body]];
        let rotation = rigid.position().rotation;
        let (center, angular) = match self.root_velocity(body) {
            Some(velocity) => velocity,
            None => (rigid.linvel(), rigid.angvel()),
        };
        (center - angular.cross(rotation * plan.offset), rotation.inverse() * angular)
    }

    /// Velocities of a multibody's free root: of its centre of mass, and angular, in the world.
    fn root_velocity(&self, body: usize) -> Option<(Vector, Vector)> {
        let link = self.rapier.multibody_joints.rigid_body_link(self.bodies[body])?;
        let multibody = self.rapier.multibody_joints.get_multibody(link.multibody)?;
        let velocity = multibody.generalized_velocity();
        let part = |first: usize| Vector::new(velocity[first], velocity[first + 1], velocity[first + 2]);
        Some((part(0), part(3)))
    }

    pub fn joint_state(&self, plan: &BodyPlan, body: usize) -> Option<(f32, f32)> {
        let (multibody, link) = self.rapier.multibody_joints.get(self.joints[body]?)?;
        let link = multibody.link(link)?;
        let axis = if plan.motion == Motion::Slide { 0 } else { 3 };
        Some((link.joint().coords()[axis], multibody.generalized_velocity()[link.assembly_id()]))
    }

    fn set_free_body(&mut self, plan: &BodyPlan, body: usize, own: Pose, velocity: [f64; 6], root: bool) {
        let [vx, vy, vz, wx, wy, wz] = velocity;
        let rotation: Rotation = own.rotation;
        let angular = rotation * vector([wx, wy, wz]);
        let center = vector([vx, vy, vz]) + angular.cross(rotation * plan.offset);
        let handle = self.bodies[body];
        let rigid = &mut self.rapier.bodies[handle];
        rigid.set_position(own.prepend_translation(plan.offset), true);
        rigid.set_linvel(center, true);
        rigid.set_angvel(angular, true);
        if !root {
            return;
        }
        let Some(link) = self.rapier.multibody_joints.rigid_body_link(handle).copied() else { return };
        if let Some(multibody) = self.rapier.multibody_joints.get_multibody_mut(link.multibody) {
            let mut velocity = multibody.generalized_velocity_mut();
            for i in 0..3 {
                velocity[i] = center[i];
                velocity[3 + i] = angular[i];
            }
        }
    }

    fn set_joint(&mut self, plan: &BodyPlan, body: usize, position: f32, velocity: f32) {
        let Some(handle) = self.joints[body] else { return };
        let Some((multibody, link)) = self.rapier.multibody_joints.get_mut(handle) else { return };
        let Some(link) = multibody.link_mut(link) else { return };
        let axis = if plan.motion == Motion::Slide { 0 } else { 3 };
        let change = position - link.joint().coords()[axis];
        link.joint.apply_displacement(&[change]);
        let dof = link.assembly_id();
        multibody.generalized_velocity_mut()[dof] = velocity;
    }
}

/// The first `N` of `values`; as many are there by the layout of the blueprint.
fn take<const N: usize>(values: &[f64]) -> [f64; N] {
    std::array::from_fn(|i| values[i])
}
