//! A world stepped with MuJoCo's soft constraints.

use super::cost::{Constraint, Penalty};
use super::impedance::Impedance;
use super::newton::{Ending, forces, minimise};
use crate::capacity::rules::{MAX_DOFS, NONE};
use crate::contact::dynamics::{ContactDynamics, ContactModelError};
use crate::contact::layout::ContactOptions;
use crate::contact::rows::rules::append_joint_chain;
use crate::contact::solver::rules::prepare_contacts;
use crate::dynamics::factor::rules::{factorize, solve_transposed};
use crate::dynamics::integrator::rules::{finish_step, smooth_step};
use crate::dynamics::jacobian::rules::{force_at, jacobian_row};
use crate::dynamics::mass_matrix::rules::mass_matrix;
use crate::model::ModelDescription;
use crate::native::records::StepMemory;
use crate::vector::rules::{add3, rotate, scale3, vector3, zero3};

/// The settings of the soft problem.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoftOptions {
    /// References of contacts.
    pub contact: Impedance,
    /// References of joint limits.
    pub limit: Impedance,
    /// References of dry joint friction.
    pub friction: Impedance,
    /// How much stiffer friction is than the normal direction: MuJoCo's `impratio`.
    pub impedance_ratio: f64,
}

impl Default for SoftOptions {
    /// MuJoCo's defaults.
    fn default() -> Self {
        let impedance = Impedance::default();
        Self { contact: impedance, limit: impedance, friction: impedance, impedance_ratio: 1.0 }
    }
}

/// A world of a model stepped with soft constraints.
pub struct SoftDynamics {
    /// State, model and smooth dynamics. Its own solver is not used; contacts begin at distance zero.
    pub world: ContactDynamics<f64>,
    /// The settings.
    pub options: SoftOptions,
    /// How the last step's minimisation ended.
    pub ending: Ending,
    /// Translational inverse mass of every body and inverse inertia of every dof at the initial position:
    /// what MuJoCo takes for the inverse mass of a row.
    body_weights: Vec<f64>,
    dof_weights: Vec<f64>,
    /// Whitened acceleration of the last step.
    guess: Vec<f64>,
    /// Impulses (normal, tangents) of the contacts of the last step are in `world.contacts`.
    constraints: Vec<Constraint>,
}

impl SoftDynamics {
    /// The model at its initial position, at rest, with explicit damping.
    ///
    /// # Errors
    ///
    /// What is wrong with the model, by name.
    pub fn new(
        model: &ModelDescription,
        time_step: f64,
        options: SoftOptions,
    ) -> Result<Self, ContactModelError> {
        let contact_options = ContactOptions { margin: 0.0, ..ContactOptions::default() };
        let mut world = ContactDynamics::<f64>::new(model, time_step, &contact_options)?;
        world.integration.implicit_gyroscopic = 0;
        let (body_weights, dof_weights) = inverse_weights(&mut world);
        let dofs = world.tree.dofs as usize;
        Ok(Self {
            world,
            options,
            ending: Ending { iterations: 0, gradient: 0.0 },
            body_weights,
            dof_weights,
            guess: vec![0.0; dofs],
            constraints: Vec::new(),
        })
    }

    /// One physics step.
    pub fn step(&mut self) {
        let world = &mut self.world;
        let StepMemory { kinematics, factor, bias, force, gain, whitened, .. } = &mut *world.work;
        smooth_step(
            &mut world.tree,
            &mut world.parameters,
            &mut world.integration,
            &mut world.motion,
            &mut world.control,
            &mut world.applied,
            kinematics,
            factor,
            bias,
            force,
            gain,
            whitened,
        );
        world.detect();
        let h = world.integration.timestep;
        let dofs = world.tree.dofs as usize;
        let before: Vec<f64> = (0..dofs).map(|i| world.work.whitened[i] - world.work.gain[i]).collect();
        let free: Vec<f64> = world.work.gain[..dofs].iter().map(|gain| gain / h).collect();
        self.constraints.clear();
        self.add_contacts(&before);
        self.add_joints(&before);
        self.ending = minimise(&free, &self.constraints, &mut self.guess);
        let forces = forces(&self.constraints, &self.guess);
        let world = &mut self.world;
        for (block, force) in world.contacts.blocks.iter_mut().zip(&forces) {
            block.impulse = scale3(vector3(force[0], force[1], force[2]), h);
        }
        for i in 0..dofs {
            world.work.whitened[i] = before[i] + h * self.guess[i];
        }
        let StepMemory { factor, whitened, .. } = &mut *world.work;
        finish_step(&mut world.tree, &mut world.integration, &mut world.motion, factor, whitened);
    }

    fn add_contacts(&mut self, before: &[f64]) {
        let world = &mut self.world;
        let StepMemory { kinematics, factor, whitened, .. } = &mut *world.work;
        prepare_contacts(
            &mut world.tree,
            kinematics,
            factor,
            &mut world.tables,
            &mut world.geoms,
            world.contact_parameters,
            &mut whitened.clone(),
            whitened,
            &mut world.contacts,
        );
        let h = world.integration.timestep;
        // Contacts come first among the constraints, so that their forces find their blocks.
        for index in 0..world.contacts.contact_count as usize {
            let (contact, block) = (world.contacts.contacts[index], world.contacts.blocks[index]);
            let mut rows = vec![vec![0.0; before.len()]; 3];
            for at in block.start as usize..(block.start + block.count) as usize {
                let (dof, entry) = (world.contacts.row_dofs[at] as usize, world.contacts.rows[at]);
                (rows[0][dof], rows[1][dof], rows[2][dof]) = (entry.x, entry.y, entry.z);
            }
            let velocity: Vec<f64> =
                rows.iter().map(|row| row.iter().zip(before).map(|(a, b)| a * b).sum()).collect();
            let inverse_mass: f64 = [contact.geom_a, contact.geom_b]
                .iter()
                .map(|geom| world.tables.geom_body[*geom as usize])
                .filter(|body| *body != NONE)
                .map(|body| self.body_weights[body as usize])
                .sum();
            let impedance = self.options.contact;
            let distance = contact.point.distance;
            let damping = |velocity: f64| impedance.reference(0.0, velocity, h);
            let reference = vec![
                impedance.reference(distance, velocity[0], h),
                damping(velocity[1]),
                damping(velocity[2]),
            ];
            let regulariser = impedance.regulariser(distance, inverse_mass);
            let ratio = self.options.impedance_ratio;
            // MuJoCo's least friction, which keeps the cone from degenerating.
            let penalty = Penalty::Contact { regulariser, ratio, friction: block.friction.max(1e-5) };
            self.constraints.push(Constraint { rows, reference, penalty });
        }
    }

    fn add_joints(&mut self, before: &[f64]) {
        let world = &mut self.world;
        let h = world.integration.timestep;
        for dof in 0..before.len() {
            let body = world.tree.dof_body[dof] as usize;
            let q = world.motion.position[world.tree.first_coordinate[body] as usize];
            let mut row_of = |side: f64| {
                world.contacts.joint_entries = 0;
                append_joint_chain(&mut world.tree, &mut world.work.factor, &mut world.contacts, dof as u32);
                let mut row = vec![0.0; before.len()];
                for at in 0..world.contacts.joint_entries as usize {
                    row[world.contacts.joint_row_dofs[at] as usize] = side * world.contacts.joint_rows[at];
                }
                let velocity: f64 = row.iter().zip(before).map(|(a, b)| a * b).sum();
                (vec![row], velocity)
            };
            let weight = self.dof_weights[dof];
            let dry = world.limits.friction_loss[dof];
            if dry > 0.0 {
                let (rows, velocity) = row_of(1.0);
                let reference = vec![self.options.friction.reference(0.0, velocity, h)];
                let regulariser = self.options.friction.regulariser(0.0, weight);
                let penalty = Penalty::DryFriction { regulariser, bound: dry };
                self.constraints.push(Constraint { rows, reference, penalty });
            }
            if world.tables.is_limited[dof] == 1 {
                for (side, distance) in
                    [(1.0, q - world.limits.lower[dof]), (-1.0, world.limits.upper[dof] - q)]
                {
                    if distance < 0.0 {
                        let (rows, velocity) = row_of(side);
                        let reference = vec![self.options.limit.reference(distance, velocity, h)];
                        let regulariser = self.options.limit.regulariser(distance, weight);
                        self.constraints.push(Constraint {
                            rows,
                            reference,
                            penalty: Penalty::Limit { regulariser },
                        });
                    }
                }
            }
        }
    }
}

/// The mean inverse mass of each body's centre of mass, and the inverse inertia of each dof, at the present
/// position.
fn inverse_weights(world: &mut ContactDynamics<f64>) -> (Vec<f64>, Vec<f64>) {
    world.update_kinematics();
    let StepMemory { kinematics, factor, .. } = &mut *world.work;
    mass_matrix(&mut world.tree, &mut world.parameters, kinematics, factor);
    factorize(&mut world.tree, factor);
    let mut bodies = Vec::new();
    for body in 0..world.tree.bodies as usize {
        let center =
            add3(kinematics.origin[body], rotate(kinematics.rotation[body], world.parameters.center[body]));
        let mut sum = 0.0;
        for axis in 0..3 {
            let mut direction = zero3();
            *[&mut direction.x, &mut direction.y, &mut direction.z][axis] = 1.0;
            let force = force_at(&mut world.tree, kinematics, body as u32, center, direction);
            let mut row = [0.0; MAX_DOFS];
            jacobian_row(&mut world.tree, kinematics, body as u32, force, &mut row);
            solve_transposed(&mut world.tree, factor, &mut row);
            sum += row.iter().map(|x| x * x).sum::<f64>() / 3.0;
        }
        bodies.push(sum);
    }
    let mut dofs = Vec::new();
    for dof in 0..world.tree.dofs as usize {
        let mut row = [0.0; MAX_DOFS];
        row[dof] = 1.0;
        solve_transposed(&mut world.tree, factor, &mut row);
        dofs.push(row.iter().map(|x| x * x).sum());
    }
    (bodies, dofs)
}
