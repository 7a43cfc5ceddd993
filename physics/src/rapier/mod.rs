//! The rapier3d backend: a [`ModelDescription`](crate::model::ModelDescription) built into worlds of
//! another physics engine, as an independent reference to compare behaviour with and for scenes beyond the
//! engine's own shapes (feature `rapier`).
//!
//! Trees become rapier's reduced-coordinate multibodies, one [`PhysicsWorld`](rapier3d::prelude::PhysicsWorld)
//! a world, stepped in parallel. State is in the coordinates of [`crate::model`]: positions and velocities of
//! a free joint are those of the body's origin, its angular velocity is in the body frame. Arithmetic is
//! `f32`, contacts and servos are rapier's own (soft contacts, substeps, implicit servos).

mod actuation;
mod blueprint;
mod contacts;
mod error;
mod shapes;
mod state;
#[cfg(test)]
mod tests;
mod wide_hull;
mod world;

pub use contacts::RapierContact;
pub use error::RapierError;

use rayon::prelude::*;

use crate::{layout::Layout, model::ModelDescription};
use blueprint::Blueprint;
use world::World;

/// How rapier steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RapierOptions {
    /// Length of a step in s. Default 0.005.
    pub time_step: f64,
    /// Solver iterations a step; each is a substep in rapier. Default 4.
    pub solver_iterations: usize,
    /// Natural frequency in Hz of contacts with the scene; contacts of bodies have half of it. Rapier's
    /// default is 60; a higher one lets bodies sink in less. Default 60.
    pub contact_frequency: f64,
    /// Damping ratio of all contacts. Default 10 (rapier's).
    pub contact_damping_ratio: f64,
    /// Threads to step with; 0 takes all cores. Default 0.
    pub threads: usize,
}

impl Default for RapierOptions {
    fn default() -> Self {
        Self {
            time_step: 0.005,
            solver_iterations: 4,
            contact_frequency: 60.0,
            contact_damping_ratio: 10.0,
            threads: 0,
        }
    }
}

/// A batch of rapier worlds of the same model.
pub struct RapierWorlds {
    blueprint: Blueprint,
    worlds: Vec<World>,
    pool: rayon::ThreadPool,
}

impl std::fmt::Debug for RapierWorlds {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("RapierWorlds").field("num_worlds", &self.worlds.len()).finish_non_exhaustive()
    }
}

impl RapierWorlds {
    /// `num_worlds` worlds of `model`, all joints at zero, free bodies at the model's poses, at rest;
    /// controls are zero.
    ///
    /// # Errors
    /// When the model contradicts itself or has numbers without meaning, an option is out of range, or rapier cannot build
    /// a shape.
    pub fn new(
        model: &ModelDescription,
        num_worlds: usize,
        options: RapierOptions,
    ) -> Result<Self, RapierError> {
        for (name, value) in [
            ("time_step", options.time_step),
            ("contact_frequency", options.contact_frequency),
            ("contact_damping_ratio", options.contact_damping_ratio),
            ("solver_iterations", options.solver_iterations as f64),
            ("num_worlds", num_worlds as f64),
        ] {
            if !(value.is_finite() && value > 0.0) {
                return Err(RapierError::Option { name, value });
            }
        }
        Layout::check(model)?;
        let blueprint = Blueprint::new(model)?;
        let worlds = (0..num_worlds)
            .map(|_| World::new(model, &blueprint, &options))
            .collect::<Result<Vec<_>, _>>()?;
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(options.threads)
            .build()
            .map_err(|error| RapierError::Threads(error.to_string()))?;
        Ok(Self { blueprint, worlds, pool })
    }

    /// Worlds in the batch.
    pub fn num_worlds(&self) -> usize {
        self.worlds.len()
    }

    /// Positions of a world: 7 a free joint (origin, quaternion w x y z), 1 a hinge or slide, in the order
    /// of the bodies.
    pub fn num_positions(&self) -> usize {
        self.blueprint.num_positions
    }

    /// Velocities of a world: 6 a free joint (world velocity of the origin, angular velocity in the body
    /// frame), 1 a hinge or slide.
    pub fn num_velocities(&self) -> usize {
        self.blueprint.num_velocities
    }

    /// Controls of a world: one an actuator.
    pub fn num_controls(&self) -> usize {
        self.blueprint.actuators.len()
    }

    /// Positions and velocities of `world`, as many as [`num_positions`](Self::num_positions) and
    /// [`num_velocities`](Self::num_velocities).
    ///
    /// # Errors
    /// When there is no such world.
    pub fn state(&self, world: usize) -> Result<(Vec<f64>, Vec<f64>), RapierError> {
        Ok(self.get(world)?.state(&self.blueprint))
    }

    /// Moves `world` to the given positions and velocities. Rapier keeps the impulses of its contacts to
    /// start its next solve from; they do not change where the world is going by more than the solver's
    /// own error.
    ///
    /// # Errors
    /// When there is no such world, a slice has another length, or holds a number that is not finite.
    pub fn set_state(
        &mut self,
        world: usize,
        positions: &[f64],
        velocities: &[f64],
    ) -> Result<(), RapierError> {
        check("positions", positions, self.num_positions())?;
        check("velocities", velocities, self.num_velocities())?;
        let count = self.worlds.len();
        let world = self.worlds.get_mut(world).ok_or(RapierError::NoWorld { world, count })?;
        world.set_state(&self.blueprint, positions, velocities);
        Ok(())
    }

    /// Controls of all worlds, `[num_worlds][num_controls]`, held until they are set again.
    ///
    /// # Errors
    /// When `controls` has another length or holds a number that is not finite.
    pub fn set_controls(&mut self, controls: &[f64]) -> Result<(), RapierError> {
        let width = self.num_controls();
        check("controls", controls, width * self.worlds.len())?;
        for (index, world) in self.worlds.iter_mut().enumerate() {
            world.controls.copy_from_slice(&controls[index * width..(index + 1) * width]);
        }
        Ok(())
    }

    /// Makes `count` steps in all worlds.
    pub fn step(&mut self, count: usize) {
        let Self { blueprint, worlds, pool } = self;
        pool.install(|| {
            worlds.par_iter_mut().for_each(|world| {
                for _ in 0..count {
                    world.step(blueprint);
                }
            });
        });
    }

    /// The contacts of `world` in the latest step.
    ///
    /// # Errors
    /// When there is no such world.
    pub fn contacts(&self, world: usize) -> Result<Vec<RapierContact>, RapierError> {
        Ok(self.get(world)?.contacts())
    }

    /// Origin in m and orientation (w x y z) of body `body`, in the order of the model, in `world`.
    ///
    /// # Errors
    /// When there is no such world or body.
    pub fn body_pose(&self, world: usize, body: usize) -> Result<([f64; 3], [f64; 4]), RapierError> {
        let world = self.get(world)?;
        let count = self.blueprint.bodies.len();
        let plan = self.blueprint.bodies.get(body).ok_or(RapierError::NoBody { body, count })?;
        Ok(world.body_pose(plan, body))
    }

    fn get(&self, world: usize) -> Result<&World, RapierError> {
        self.worlds.get(world).ok_or(RapierError::NoWorld { world, count: self.worlds.len() })
    }
}

fn check(what: &'static str, values: &[f64], expected: usize) -> Result<(), RapierError> {
    if values.len() != expected {
        return Err(RapierError::Length { what, length: values.len(), expected });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(RapierError::NotFinite { what, index, value: values[index] }),
        None => Ok(()),
    }
}
