//! Actuators before each step: targets and limits of the servos, torques of the motors.

use super::{
    blueprint::{ActuatorPlan, Blueprint, Motion},
    world::{World, motor_axis},
};
use crate::model::ActuatorLaw;

impl World {
    pub fn actuate(&mut self, blueprint: &Blueprint) {
        if blueprint.actuators.iter().any(|actuator| actuator.law == ActuatorLaw::Effort) {
            for handle in &self.bodies {
                let body = &mut self.rapier.bodies[*handle];
                body.reset_forces(true);
                body.reset_torques(true);
            }
        }
        for (index, actuator) in blueprint.actuators.iter().enumerate() {
            let control = self.controls[index];
            let available = self.available_effort(blueprint, actuator, control);
            match actuator.law {
                ActuatorLaw::Effort => {
                    let effort = control.clamp(-available, available) as f32;
                    self.apply_effort(blueprint, actuator.body, effort);
                }
                ActuatorLaw::Position { .. } => {
                    let axis = motor_axis(blueprint.bodies[actuator.body].motion);
                    if let Some(data) = self.joint_data(actuator.body) {
                        data.motors[axis as usize].target_pos = control as f32;
                        data.set_motor_max_force(axis, available as f32);
                    }
                }
            }
        }
    }

    /// The effort limit; in the direction of motion it falls from half the speed limit on to zero at the
    /// speed limit.
    fn available_effort(&self, blueprint: &Blueprint, actuator: &ActuatorPlan, control: f64) -> f64 {
        let Some(limit) = actuator.velocity_limit else { return actuator.effort_limit };
        let plan = &blueprint.bodies[actuator.body];
        let (position, speed) = self.joint_state(plan, actuator.body).unwrap_or_default();
        let (position, speed) = (f64::from(position), f64::from(speed));
        let wanted = match actuator.law {
            ActuatorLaw::Effort => control,
            ActuatorLaw::Position { kp, kd } => kp * (control - position) - kd * speed,
        };
        if wanted * speed <= 0.0 {
            return actuator.effort_limit;
        }
        actuator.effort_limit * (2.0 * (1.0 - speed.abs() / limit)).clamp(0.0, 1.0)
    }

    /// Equal and opposite on a body and its parent, along the joint's axis.
    fn apply_effort(&mut self, blueprint: &Blueprint, body: usize, effort: f32) {
        let handle = self.bodies[body];
        let Some(data) = self.joint_data(body) else { return };
        let axis = data.local_frame2.rotation * rapier3d::prelude::Vector::X;
        let rigid = &mut self.rapier.bodies[handle];
        let action = rigid.position().rotation * axis * effort;
        let point = rigid.center_of_mass();
        let parent = blueprint.parents[body].map(|parent| self.bodies[parent]);
        if blueprint.bodies[body].motion == Motion::Slide {
            rigid.add_force(action, true);
            if let Some(parent) = parent {
                self.rapier.bodies[parent].add_force_at_point(-action, point, true);
            }
        } else {
            rigid.add_torque(action, true);
            if let Some(parent) = parent {
                self.rapier.bodies[parent].add_torque(-action, true);
            }
        }
    }
}
