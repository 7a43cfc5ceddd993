//! Smooth dynamics of one lane group without contacts, quantity by quantity: what tests and planners ask.

use super::lane::Lane;
use super::records::{empty_motion, empty_step, splat_parameters};
use crate::capacity::rules::{MAX_ACTUATORS, MAX_BODIES, MAX_DOFS};
use crate::dynamics::articulated_body::rules::{
    ArticulatedBodies, ArticulatedInertia, articulated_body_accelerations,
};
use crate::dynamics::bias::rules::bias_forces;
use crate::dynamics::factor::rules::{factorize, solve_mass_matrix};
use crate::dynamics::integrator::rules::{Integration, finish_step, smooth_step};
use crate::dynamics::jacobian::rules::{force_at, jacobian_row};
use crate::dynamics::kinematics::rules::forward_kinematics;
use crate::dynamics::mass_matrix::rules::mass_matrix;
use crate::dynamics::tree::rules::{Motion, Parameters, Tree};
use crate::layout::Layout;
use crate::native::records::StepMemory;
use crate::vector::rules::{Matrix3, Vector3, add3, dot3, dot6, rotate, scale3, sub3, zero3, zero6};

/// A lane group of worlds of one model, without contacts.
#[derive(Debug)]
pub struct SmoothDynamics<L> {
    pub(super) tree: Tree,
    /// Physical constants.
    pub parameters: Box<Parameters<L>>,
    /// The state.
    pub motion: Motion<L>,
    /// What the last evaluation left.
    pub work: Box<StepMemory<L>>,
}

impl<L: Lane> SmoothDynamics<L> {
    /// The model at its initial position, at rest.
    pub fn new(layout: &Layout) -> Self {
        let mut motion = empty_motion::<L>();
        for (slot, value) in motion.position.iter_mut().zip(&layout.initial_position) {
            *slot = L::splat(*value);
        }
        Self {
            tree: layout.tree,
            parameters: splat_parameters(&layout.parameters),
            motion,
            work: empty_step(),
        }
    }

    /// Puts all lanes into the state (`position`, `velocity`) and computes poses, velocities and inertias.
    pub fn set_state(&mut self, position: &[f64], velocity: &[f64]) {
        for (slot, value) in self.motion.position.iter_mut().zip(position) {
            *slot = L::splat(*value);
        }
        for (slot, value) in self.motion.velocity.iter_mut().zip(velocity) {
            *slot = L::splat(*value);
        }
        self.update();
    }

    /// Computes poses, velocities and inertias of the state.
    pub fn update(&mut self) {
        forward_kinematics(&mut self.tree, &mut self.parameters, &mut self.motion, &mut self.work.kinematics);
    }

    /// The mass matrix, dense rows over the dofs, armature included.
    pub fn mass_matrix(&mut self) -> Vec<Vec<L>> {
        mass_matrix(&mut self.tree, &mut self.parameters, &mut self.work.kinematics, &mut self.work.factor);
        let dofs = self.tree.dofs as usize;
        let mut dense = vec![vec![L::splat(0.0); dofs]; dofs];
        for i in 0..dofs {
            let start = self.tree.chain_start[i] as usize;
            for k in 0..=self.tree.chain_depth[i] as usize {
                let j = self.tree.chain[start + k] as usize;
                dense[i][j] = self.work.factor.entry[start + k];
                dense[j][i] = self.work.factor.entry[start + k];
            }
        }
        dense
    }

    /// The bias forces.
    pub fn bias(&mut self) -> Vec<L> {
        bias_forces(&mut self.tree, &mut self.work.kinematics, &mut self.work.bias);
        self.work.bias[..self.tree.dofs as usize].to_vec()
    }

    /// The accelerations under the generalised forces `force`, by factorising the mass matrix. Joint damping
    /// is not included.
    pub fn accelerations(&mut self, force: &[L]) -> Vec<L> {
        let bias = self.bias();
        mass_matrix(&mut self.tree, &mut self.parameters, &mut self.work.kinematics, &mut self.work.factor);
        factorize(&mut self.tree, &mut self.work.factor);
        let mut x = [L::splat(0.0); MAX_DOFS];
        for (slot, (force, bias)) in x.iter_mut().zip(force.iter().zip(bias)) {
            *slot = *force - bias;
        }
        solve_mass_matrix(&mut self.tree, &mut self.work.factor, &mut x);
        x[..self.tree.dofs as usize].to_vec()
    }

    /// The same accelerations by articulated bodies.
    pub fn articulated_accelerations(&mut self, force: &[L]) -> Vec<L> {
        let zero = L::splat(0.0);
        let matrix = Matrix3 { x: zero3(), y: zero3(), z: zero3() };
        let inertia = ArticulatedInertia { rotational: matrix, coupling: matrix, translational: matrix };
        let mut bodies = ArticulatedBodies {
            inertia: [inertia; MAX_BODIES],
            bias: [zero6(); MAX_BODIES],
            column: [zero6(); MAX_DOFS],
            inverse: [zero; MAX_DOFS],
            rest: [zero; MAX_DOFS],
            acceleration: [zero6(); MAX_BODIES],
        };
        let mut x = [zero; MAX_DOFS];
        x[..force.len()].copy_from_slice(force);
        articulated_body_accelerations(
            &mut self.tree,
            &mut self.parameters,
            &mut self.work.kinematics,
            &mut bodies,
            &mut x,
        );
        x[..self.tree.dofs as usize].to_vec()
    }

    /// The Jacobian of the world position of `point` (body frame) of `body` and of the body's rotation:
    /// three rows each over the dofs.
    pub fn jacobians(&mut self, body: usize, point: Vector3<L>) -> ([Vec<L>; 3], [Vec<L>; 3]) {
        let kinematics = &mut self.work.kinematics;
        let at = add3(kinematics.origin[body], rotate(kinematics.rotation[body], point));
        let dofs = self.tree.dofs as usize;
        let mut row_along = |axis: usize, angular: bool| {
            let unit = |i: usize| L::splat(if i == axis { 1.0 } else { 0.0 });
            let direction = Vector3 { x: unit(0), y: unit(1), z: unit(2) };
            let mut force = force_at(&mut self.tree, kinematics, body as u32, at, direction);
            if angular {
                force.angular = direction;
                force.linear = zero3();
            }
            let mut row = [L::splat(0.0); MAX_DOFS];
            jacobian_row(&mut self.tree, kinematics, body as u32, force, &mut row);
            row[..dofs].to_vec()
        };
        (
            std::array::from_fn(|axis| row_along(axis, false)),
            std::array::from_fn(|axis| row_along(axis, true)),
        )
    }

    /// World position of a point given in the frame of `body`.
    pub fn point(&self, body: usize, point: Vector3<L>) -> Vector3<L> {
        add3(self.work.kinematics.origin[body], rotate(self.work.kinematics.rotation[body], point))
    }

    /// World velocity of a point given in the frame of `body`.
    pub fn point_velocity(&mut self, body: usize, point: Vector3<L>) -> Vector3<L> {
        let at = self.point(body, point);
        crate::dynamics::kinematics::rules::point_velocity(
            &mut self.tree,
            &mut self.work.kinematics,
            body as u32,
            at,
        )
    }

    /// Potential energy of the bodies in gravity in J, zero at the world's origin.
    pub fn potential_energy(&self) -> L {
        let kinematics = &self.work.kinematics;
        (0..self.tree.bodies as usize).fold(L::splat(0.0), |sum, body| {
            let inertia = kinematics.inertia[body];
            let center =
                add3(scale3(kinematics.origin[self.tree.root[body] as usize], inertia.mass), inertia.moment);
            sum - dot3(self.parameters.gravity, center)
        })
    }

    /// Kinetic energy of the bodies and rotors in J.
    pub fn kinetic_energy(&self) -> L {
        let kinematics = &self.work.kinematics;
        let half = L::splat(0.5);
        let bodies = (0..self.tree.bodies as usize).fold(L::splat(0.0), |sum, body| {
            let v = kinematics.velocity[body];
            sum + half * dot6(v, crate::dynamics::tree::rules::multiply_inertia(kinematics.inertia[body], v))
        });
        (0..self.tree.dofs as usize).fold(bodies, |sum, dof| {
            let v = self.motion.velocity[dof];
            sum + half * self.parameters.armature[dof] * v * v
        })
    }

    /// Mass in kg, centre of mass in m, linear momentum in kg m/s and angular momentum about the centre of
    /// mass in kg m²/s of the tree whose root is body `root`.
    pub fn momentum(&self, root: usize) -> Momentum<L> {
        let kinematics = &self.work.kinematics;
        let origin = kinematics.origin[root];
        let mut sum = zero6::<L>();
        let (mut mass, mut moment) = (L::splat(0.0), zero3::<L>());
        for body in (0..self.tree.bodies as usize).filter(|body| self.tree.root[*body] as usize == root) {
            let inertia = kinematics.inertia[body];
            let own = crate::dynamics::tree::rules::multiply_inertia(inertia, kinematics.velocity[body]);
            sum = crate::vector::rules::add6(sum, own);
            mass = mass + inertia.mass;
            moment = add3(moment, inertia.moment);
        }
        let arm = scale3(moment, L::splat(1.0) / mass);
        Momentum {
            mass,
            center_of_mass: add3(origin, arm),
            linear: sum.linear,
            angular: sub3(sum.angular, crate::vector::rules::cross3(arm, sum.linear)),
        }
    }

    /// One step of the integrator with the generalised forces `applied` beside those of the actuators.
    pub fn step(
        &mut self,
        integration: Integration<L>,
        control: &mut [L; MAX_ACTUATORS],
        applied: &mut [L; MAX_DOFS],
    ) {
        let mut integration = integration;
        let StepMemory { kinematics, factor, bias, force, gain, whitened, .. } = &mut *self.work;
        smooth_step(
            &mut self.tree,
            &mut self.parameters,
            &mut integration,
            &mut self.motion,
            control,
            applied,
            kinematics,
            factor,
            bias,
            force,
            gain,
            whitened,
        );
        finish_step(&mut self.tree, &mut integration, &mut self.motion, factor, whitened);
    }
}

/// Momentum of a tree, world axes.
#[derive(Clone, Copy, Debug)]
pub struct Momentum<L> {
    /// Mass in kg.
    pub mass: L,
    /// Centre of mass in m.
    pub center_of_mass: Vector3<L>,
    /// Linear momentum in kg m/s.
    pub linear: Vector3<L>,
    /// Angular momentum about the centre of mass in kg m²/s.
    pub angular: Vector3<L>,
}
