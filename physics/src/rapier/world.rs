//! One world: the model's bodies, joints and shapes in rapier's sets.

use rapier3d::prelude::{
    ColliderHandle, GenericJoint, GenericJointBuilder, IntegrationParameters, JointAxesMask, JointAxis,
    MassProperties, Matrix, MotorModel, MultibodyJointHandle, PairFilterContext, PhysicsHooks, PhysicsWorld,
    Pose, RigidBodyBuilder, RigidBodyHandle, SolverFlags, SpringCoefficients,
};

use super::{
    RapierError, RapierOptions,
    blueprint::{Blueprint, Motion, axis_joint, pose, rotation_from_x, vector},
    shapes::colliders,
};
use crate::model::{ActuatorLaw, BodyDescription, ModelDescription};

/// The tag of colliders of the scene and of what is fixed to it; those of body i have i + 1.
const SCENE: u128 = 0;

/// One world.
pub(super) struct World {
    pub rapier: PhysicsWorld,
    pub bodies: Vec<RigidBodyHandle>,
    /// The joint that carries each body, where it is in a multibody.
    pub joints: Vec<Option<MultibodyJointHandle>>,
    pub controls: Vec<f64>,
}

/// Lets pass what the model lets collide.
pub(super) struct PairFilter<'a>(pub &'a Blueprint);

impl PhysicsHooks for PairFilter<'_> {
    fn filter_contact_pair(&self, context: &PairFilterContext) -> Option<SolverFlags> {
        let body = |handle: ColliderHandle| {
            let tag = context.colliders.get(handle).map_or(SCENE, |collider| collider.user_data);
            (tag as usize).checked_sub(1)
        };
        let collide = self.0.collide(body(context.collider1), body(context.collider2));
        collide.then_some(SolverFlags::COMPUTE_RIGID_IMPULSES)
    }
}

impl World {
    pub fn new(
        model: &ModelDescription,
        blueprint: &Blueprint,
        options: &RapierOptions,
    ) -> Result<Self, RapierError> {
        let mut world = Self {
            rapier: PhysicsWorld {
                gravity: vector(model.gravity),
                integration_parameters: parameters(options),
                ..PhysicsWorld::default()
            },
            bodies: Vec::with_capacity(model.bodies.len()),
            joints: Vec::with_capacity(model.bodies.len()),
            controls: vec![0.0; blueprint.actuators.len()],
        };
        for geom in &model.scene {
            for collider in colliders(geom, Pose::IDENTITY, model.friction_combination, SCENE)? {
                world.rapier.insert_collider(collider, None);
            }
        }
        for (index, body) in model.bodies.iter().enumerate() {
            world.add_body(model, blueprint, index, body)?;
        }
        world.set_joint_properties(model, blueprint);
        world.set_state(blueprint, &blueprint.start, &vec![0.0; blueprint.num_velocities]);
        Ok(world)
    }

    /// Makes one step with the controls as they are.
    pub fn step(&mut self, blueprint: &Blueprint) {
        self.actuate(blueprint);
        self.rapier.step_with_events(&PairFilter(blueprint), &());
    }

    fn add_body(
        &mut self,
        model: &ModelDescription,
        blueprint: &Blueprint,
        index: usize,
        body: &BodyDescription,
    ) -> Result<(), RapierError> {
        let plan = &blueprint.bodies[index];
        let own = pose(body.position, body.orientation);
        // A body that is fixed in the world carries its children as a fixed root.
        let anchored = blueprint.parents[index].is_none() && plan.motion == Motion::Fixed;
        let builder = if anchored { RigidBodyBuilder::fixed() } else { RigidBodyBuilder::dynamic() };
        let handle = self.rapier.insert_body(
            builder
                .pose(own.prepend_translation(plan.offset))
                .additional_mass_properties(mass_properties(body, plan.offset))
                .can_sleep(false),
        );
        // What is fixed to the scene is part of it.
        let tag = blueprint.carriers[index].map_or(SCENE, |_| index as u128 + 1);
        for geom in &body.geoms {
            let frame = Pose::from_translation(-plan.offset);
            for collider in colliders(geom, frame, model.friction_combination, tag)? {
                self.rapier.insert_collider(collider, Some(handle));
            }
        }
        let joint =
            match (blueprint.parents[index], plan.motion) {
                (None, Motion::Fixed | Motion::Free { .. }) => None,
                (parent, _) => {
                    let (carrier, shift) = match parent {
                        Some(parent) => (self.bodies[parent], blueprint.bodies[parent].offset),
                        None => (self.rapier.insert_body(RigidBodyBuilder::fixed()), vector([0.0; 3])),
                    };
                    let joint = joint(body, own.append_translation(-shift));
                    Some(self.rapier.insert_multibody_joint(carrier, handle, joint).ok_or_else(|| {
                        RapierError::model(&body.name, "rapier cannot hang it on its parent")
                    })?)
                }
            };
        self.bodies.push(handle);
        self.joints.push(joint);
        Ok(())
    }

    /// Rotor inertia, damping, dry friction and servos, which rapier keeps beside the joints.
    fn set_joint_properties(&mut self, model: &ModelDescription, blueprint: &Blueprint) {
        // Degrees of freedom are numbered when the kinematics run.
        for handle in self.joints.iter().flatten() {
            if let Some((multibody, _)) = self.rapier.multibody_joints.get_mut(*handle) {
                multibody.forward_kinematics(&self.rapier.bodies, true);
                // A free root would otherwise have the angular damping that rapier gives it.
                if let Some(6) = multibody.link(0).map(|root| root.joint().ndofs()) {
                    multibody.damping_mut().rows_mut(0, 6).fill(0.0);
                }
            }
        }
        for (body, joint) in model.bodies.iter().zip(&self.joints) {
            let (Some(axis), Some(handle)) = (axis_joint(body), joint) else { continue };
            let Some((multibody, link)) = self.rapier.multibody_joints.get_mut(*handle) else { continue };
            let Some(dof) = multibody.link(link).map(|link| link.assembly_id()) else { continue };
            multibody.armature_mut()[dof] = axis.armature as f32;
            multibody.damping_mut()[dof] = axis.damping as f32;
            multibody.frictions_mut()[dof] = axis.friction_loss as f32;
        }
        for actuator in &blueprint.actuators {
            let ActuatorLaw::Position { kp, kd } = actuator.law else { continue };
            let axis = motor_axis(blueprint.bodies[actuator.body].motion);
            if let Some(data) = self.joint_data(actuator.body) {
                data.set_motor_model(axis, MotorModel::ForceBased);
                data.set_motor(axis, 0.0, 0.0, kp as f32, kd as f32);
                data.set_motor_max_force(axis, actuator.effort_limit as f32);
            }
        }
    }

    /// The joint that carries `body`, where it is in a multibody.
    pub fn joint_data(&mut self, body: usize) -> Option<&mut GenericJoint> {
        let (multibody, link) = self.rapier.multibody_joints.get_mut(self.joints[body]?)?;
        Some(&mut multibody.link_mut(link)?.joint.data)
    }
}

/// The axis along or about which a joint moves.
pub(super) fn motor_axis(motion: Motion) -> JointAxis {
    if motion == Motion::Slide { JointAxis::LinX } else { JointAxis::AngX }
}

fn joint(body: &BodyDescription, frame: Pose) -> GenericJoint {
    let Some(axis) = axis_joint(body) else {
        return GenericJointBuilder::new(JointAxesMask::LOCKED_FIXED_AXES).local_frame1(frame).build();
    };
    let turn = Pose::from_rotation(rotation_from_x(axis.axis));
    let (locked, moving) = match body.joint {
        crate::model::JointDescription::Slide(_) => (JointAxesMask::LOCKED_PRISMATIC_AXES, JointAxis::LinX),
        _ => (JointAxesMask::LOCKED_REVOLUTE_AXES, JointAxis::AngX),
    };
    let mut builder = GenericJointBuilder::new(locked).local_frame1(frame * turn).local_frame2(turn);
    if let Some([lower, upper]) = axis.range {
        builder = builder.limits(moving, [lower as f32, upper as f32]);
    }
    builder.build()
}

fn mass_properties(body: &BodyDescription, offset: rapier3d::prelude::Vector) -> MassProperties {
    let [xx, yy, zz, xy, xz, yz] = body.inertia.map(|entry| entry as f32);
    let inertia = Matrix::from_cols_array(&[xx, xy, xz, xy, yy, yz, xz, yz, zz]);
    MassProperties::with_inertia_matrix(vector(body.center_of_mass) - offset, body.mass as f32, inertia)
}

fn parameters(options: &RapierOptions) -> IntegrationParameters {
    let frequency = options.contact_frequency as f32;
    let ratio = options.contact_damping_ratio as f32;
    IntegrationParameters {
        dt: options.time_step as f32,
        num_solver_iterations: options.solver_iterations,
        contact_softness: SpringCoefficients::new(0.5 * frequency, ratio),
        static_contact_softness: SpringCoefficients::new(frequency, ratio),
        // Contacts are reported point by point.
        contact_clustering: false,
        ..IntegrationParameters::default()
    }
}
