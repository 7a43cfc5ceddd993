//! A lane group of worlds of one model with contacts, stepped on the CPU.
//!
//! The shell around the rules in their order: smooth dynamics to the velocities a step would reach alone,
//! collision, contact solver, positions. With `f64` it is the accuracy reference.

use super::detection::rules::{detect_contacts, place_geoms};
use super::joints::rules::JointLimits;
use super::layers::{SceneLayer, detect_layer_contacts};
use super::layout::{ContactLayout, ContactLayoutError, ContactOptions};
use super::solver::rules::impulse_on_a;
use super::tables::rules::{
    ContactMemory, ContactParameters, ContactTables, ContactWorkspace, GeomParameters, MAX_GEOMS,
};
use crate::capacity::rules::{MAX_ACTUATORS, MAX_DOFS};
use crate::collision::height_layer::rules::HeightWindow;
use crate::collision::height_map::HeightMap;
use crate::dynamics::bias::rules::bias_forces;
use crate::dynamics::integrator::rules::Integration;
use crate::dynamics::kinematics::rules::forward_kinematics;
use crate::dynamics::tree::rules::{Motion, Parameters, Tree};
use crate::dynamics::world_step::rules::{begin_world_step, end_world_step};
use crate::layout::{Layout, LayoutError};
use crate::model::ModelDescription;
use crate::native::lane::Lane;
use crate::native::records::{StepMemory, empty_motion, empty_step, splat_parameters};
use crate::vector::rules::{Vector3, add3, scale3, zero3};

/// Why a model cannot be simulated with contacts.
#[derive(Debug, thiserror::Error, Clone, PartialEq)]
pub enum ContactModelError {
    /// The bodies.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The shapes.
    #[error(transparent)]
    Contact(#[from] ContactLayoutError),
}

/// A lane group of worlds of one model with contacts.
pub struct ContactDynamics<L> {
    /// Topology.
    pub tree: Tree,
    /// Physical constants.
    pub parameters: Box<Parameters<L>>,
    /// How to integrate.
    pub integration: Integration<L>,
    /// The state, with `memory`.
    pub motion: Motion<L>,
    /// Control values of the actuators.
    pub control: [L; MAX_ACTUATORS],
    /// Generalised forces from outside, in N and N m.
    pub applied: [L; MAX_DOFS],
    /// What the last step computed on the way.
    pub work: Box<StepMemory<L>>,
    /// Shapes and pairs.
    pub tables: Box<ContactTables>,
    /// Height layers.
    pub layers: Vec<SceneLayer>,
    /// The shapes' numbers.
    pub geoms: Box<[GeomParameters<L>; MAX_GEOMS]>,
    /// Limits and dry friction.
    pub limits: Box<JointLimits<L>>,
    /// How contacts are solved.
    pub contact_parameters: ContactParameters<L>,
    /// Sweeps of the solver in a step.
    pub sweeps: u32,
    /// The contacts of the last step.
    pub contacts: Box<ContactWorkspace<L>>,
    /// The impulses that start the next solution.
    pub memory: Box<ContactMemory<L>>,
    window: Box<HeightWindow<L>>,
}

impl<L: Lane> ContactDynamics<L> {
    /// All lanes at the model's initial position, at rest. Damping is explicit; see `integration`.
    ///
    /// # Errors
    ///
    /// What is wrong with the model, by name.
    pub fn new(
        model: &ModelDescription,
        time_step: f64,
        options: &ContactOptions,
    ) -> Result<Self, ContactModelError> {
        let layout = Layout::new(model)?;
        let contact = ContactLayout::new(&layout)?;
        let mut motion = empty_motion::<L>();
        for (slot, value) in motion.position.iter_mut().zip(&layout.initial_position) {
            *slot = L::splat(*value);
        }
        Ok(Self {
            tree: layout.tree,
            parameters: splat_parameters(&layout.parameters),
            integration: Integration {
                timestep: L::splat(time_step),
                implicit_damping: 0,
                implicit_gyroscopic: 1,
            },
            motion,
            control: [L::splat(0.0); MAX_ACTUATORS],
            applied: [L::splat(0.0); MAX_DOFS],
            work: empty_step(),
            geoms: contact.geoms_in(L::splat),
            limits: contact.limits_in(L::splat),
            tables: contact.tables,
            layers: contact.layers,
            window: HeightMap::empty_window(),
            contact_parameters: options.parameters(time_step, L::splat),
            sweeps: options.sweeps,
            contacts: ContactWorkspace::boxed(),
            memory: Box::default(),
        })
    }

    /// One physics step.
    pub fn step(&mut self) {
        let StepMemory { kinematics, factor, bias, force, gain, whitened, clouds: [cloud_a, cloud_b] } =
            &mut *self.work;
        begin_world_step(
            &mut self.tree,
            &mut self.tables,
            &mut self.parameters,
            &mut self.geoms,
            &mut self.integration,
            self.contact_parameters.margin,
            &mut self.control,
            &mut self.applied,
            &mut self.motion,
            kinematics,
            factor,
            bias,
            force,
            gain,
            whitened,
            cloud_a,
            cloud_b,
            &mut self.contacts,
        );
        self.detect_layers();
        let StepMemory { kinematics, factor, gain, whitened, .. } = &mut *self.work;
        end_world_step(
            &mut self.tree,
            &mut self.tables,
            &mut self.geoms,
            &mut self.limits,
            &mut self.integration,
            self.contact_parameters,
            self.sweeps,
            &mut self.motion,
            &mut self.memory,
            kinematics,
            factor,
            gain,
            whitened,
            &mut self.contacts,
        );
    }

    /// Lists the contacts of the poses in `work`.
    pub fn detect(&mut self) {
        let margin = self.contact_parameters.margin;
        place_geoms(&mut self.tables, &mut self.geoms, &mut self.work.kinematics, &mut self.contacts);
        let [cloud_a, cloud_b] = &mut self.work.clouds;
        detect_contacts(&mut self.tables, &mut self.geoms, margin, cloud_a, cloud_b, &mut self.contacts);
        self.detect_layers();
    }

    fn detect_layers(&mut self) {
        detect_layer_contacts(
            &self.layers,
            &mut self.tables,
            &self.geoms,
            self.contact_parameters.margin,
            &mut self.window,
            &mut self.work.clouds[0],
            &mut self.contacts,
        );
    }

    /// Poses and velocities of the present state into `work`.
    pub fn update_kinematics(&mut self) {
        forward_kinematics(&mut self.tree, &mut self.parameters, &mut self.motion, &mut self.work.kinematics);
    }

    /// The bias forces (gravity, Coriolis, centrifugal) of the present state.
    pub fn bias(&mut self) -> &[L] {
        self.update_kinematics();
        bias_forces(&mut self.tree, &mut self.work.kinematics, &mut self.work.bias);
        &self.work.bias[..self.tree.dofs as usize]
    }

    /// The force that shapes selected by `on` received from others in the last step, mean over the step, in
    /// N, world axes. `on` is asked with the indices of the shape and of the one it touches.
    pub fn contact_force(&mut self, on: impl Fn(usize, usize) -> bool) -> Vector3<L> {
        let mut sum = zero3();
        for index in 0..self.contacts.contact_count {
            let contact = self.contacts.contacts[index as usize];
            let (a, b) = (contact.geom_a as usize, contact.geom_b as usize);
            let impulse = impulse_on_a(&mut self.contacts, index);
            if on(a, b) {
                sum = add3(sum, impulse);
            }
            if on(b, a) {
                sum = add3(sum, scale3(impulse, L::splat(-1.0)));
            }
        }
        scale3(sum, L::splat(1.0) / self.integration.timestep)
    }
}
