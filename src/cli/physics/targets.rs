//! What the actuators of a shown model are told, from step to step.

use pentathlon::{
    gym::seeding::pcg64::Pcg64,
    physics::{
        benchmark::{TARGET_SIGMA, standard_normal},
        model::ActuatorLaw,
    },
};

use super::{engine::Engine, scene::Scene};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ControlName {
    /// Servos hold the pose they start from; motors give nothing
    Hold,
    /// Servos get new random targets around that pose, sigma 0.15 rad, every 20 ms; motors random torques
    RandomPd,
}

/// How long a random target is held, in s.
const HOLD: f64 = 0.02;
/// Random torques have a standard deviation of this share of the limit.
const TORQUE_SHARE: f64 = 0.1;

/// What the actuators are told, from step to step.
pub struct Targets<'a> {
    control: ControlName,
    scene: &'a Scene,
    /// Steps for which a target is held.
    hold: u64,
    random: Pcg64,
    row: Vec<f64>,
}

impl<'a> Targets<'a> {
    pub fn new(control: ControlName, seed: u64, time_step: f64, scene: &'a Scene) -> Self {
        Self {
            control,
            scene,
            hold: ((HOLD / time_step).round() as u64).max(1),
            random: Pcg64::from_seed(seed),
            row: vec![0.0; scene.controls.len()],
        }
    }

    /// Sets the controls of `worlds` for the step `step`, counted from 0.
    pub fn update(&mut self, step: u64, worlds: &mut Engine) -> anyhow::Result<()> {
        if self.control == ControlName::Hold || !step.is_multiple_of(self.hold) {
            return Ok(());
        }
        for world in 0..worlds.num_worlds() {
            for (index, actuator) in self.scene.model.actuators.iter().enumerate() {
                let noise = standard_normal(&mut self.random);
                self.row[index] = match actuator.law {
                    ActuatorLaw::Position { .. } => self.scene.controls[index] + TARGET_SIGMA * noise,
                    // A file may give no limit.
                    ActuatorLaw::Effort => TORQUE_SHARE * actuator.effort_limit.min(100.0) * noise,
                };
            }
            worlds.set_control(world, &self.row)?;
        }
        Ok(())
    }
}
