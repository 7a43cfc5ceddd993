//! Which engine simulates what is shown: the native one, or rapier's, which takes more shapes.

#[cfg(feature = "rapier")]
use pentathlon::physics::rapier::{RapierError, RapierOptions, RapierWorlds};
#[cfg(feature = "rapier")]
use pentathlon::render::scene3d::{BodyPose, ContactMark};
use pentathlon::{
    physics::{
        model::ModelDescription,
        native::{Fault, Worlds, WorldsOptions, frames::BodyFrame},
    },
    render::scene3d::WorldSnapshot,
};

use super::refused;
use crate::cli::exit::Usage;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum EngineName {
    /// The engine of this project
    Native,
    /// rapier3d, for cylinders, ellipsoids, meshes and large convex hulls too; in a build with the feature `rapier`
    Rapier,
}

impl EngineName {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Rapier => "rapier",
        }
    }

    /// Refuses an engine that is not built in.
    pub fn require(self) -> Result<(), Usage> {
        match self {
            Self::Rapier if !cfg!(feature = "rapier") => Err(not_built()),
            Self::Native | Self::Rapier => Ok(()),
        }
    }

    /// Refuses a model that the engine cannot hold. That is the model's matter, not the command line's.
    pub fn check(self, model: &ModelDescription) -> anyhow::Result<()> {
        match self {
            Self::Native => {
                Worlds::<f64>::new(model, WorldsOptions::default())?;
            }
            #[cfg(feature = "rapier")]
            Self::Rapier => {
                RapierWorlds::new(model, 1, RapierOptions::default())?;
            }
            #[cfg(not(feature = "rapier"))]
            Self::Rapier => return Err(not_built().into()),
        }
        Ok(())
    }
}

/// Worlds of one of the engines.
pub enum Engine {
    Native(Box<Worlds<f64>>),
    #[cfg(feature = "rapier")]
    Rapier(Box<Rapier>),
}

/// Worlds of rapier, and what it does not keep itself.
#[cfg(feature = "rapier")]
pub struct Rapier {
    worlds: RapierWorlds,
    num_bodies: usize,
    /// `[num_worlds][num_controls]`.
    controls: Vec<f64>,
    time_step: f64,
}

impl Engine {
    /// `num_worlds` worlds of `model`, stepped by `time_step` s or as much as the engine does where nobody asks.
    pub fn new(
        name: EngineName,
        model: &ModelDescription,
        num_worlds: usize,
        time_step: Option<f64>,
    ) -> anyhow::Result<Self> {
        match name {
            EngineName::Native => {
                let options = WorldsOptions::default();
                let timestep = time_step.unwrap_or(options.timestep);
                let options = WorldsOptions { num_worlds, timestep, ..options };
                Ok(Self::Native(Box::new(Worlds::new(model, options).map_err(refused)?)))
            }
            #[cfg(feature = "rapier")]
            EngineName::Rapier => {
                let options = RapierOptions::default();
                let time_step = time_step.unwrap_or(options.time_step);
                let worlds = RapierWorlds::new(model, num_worlds, RapierOptions { time_step, ..options });
                let worlds = worlds.map_err(|error| match error {
                    RapierError::Threads(_) => anyhow::Error::from(error),
                    _ => Usage(error.to_string()).into(),
                })?;
                let controls = vec![0.0; num_worlds * worlds.num_controls()];
                let num_bodies = model.bodies.len();
                Ok(Self::Rapier(Box::new(Rapier { worlds, num_bodies, controls, time_step })))
            }
            #[cfg(not(feature = "rapier"))]
            EngineName::Rapier => Err(not_built().into()),
        }
    }

    pub fn num_worlds(&self) -> usize {
        match self {
            Self::Native(worlds) => worlds.num_worlds(),
            #[cfg(feature = "rapier")]
            Self::Rapier(rapier) => rapier.worlds.num_worlds(),
        }
    }

    pub fn set_state(&mut self, world: usize, positions: &[f64], velocities: &[f64]) -> anyhow::Result<()> {
        match self {
            Self::Native(worlds) => worlds.set_state(world, positions, velocities)?,
            #[cfg(feature = "rapier")]
            Self::Rapier(rapier) => rapier.worlds.set_state(world, positions, velocities)?,
        }
        Ok(())
    }

    pub fn set_control(&mut self, world: usize, control: &[f64]) -> anyhow::Result<()> {
        match self {
            Self::Native(worlds) => worlds.set_control(world, control)?,
            #[cfg(feature = "rapier")]
            Self::Rapier(rapier) => {
                let width = rapier.worlds.num_controls();
                rapier.controls[world * width..(world + 1) * width].copy_from_slice(control);
                rapier.worlds.set_controls(&rapier.controls)?;
            }
        }
        Ok(())
    }

    /// Makes one step in all worlds.
    pub fn step(&mut self) {
        match self {
            Self::Native(worlds) => worlds.step(),
            #[cfg(feature = "rapier")]
            Self::Rapier(rapier) => rapier.worlds.step(1),
        }
    }

    /// Contact points of the last step that found no room.
    pub fn contact_overflow(&self) -> u64 {
        match self {
            Self::Native(worlds) => worlds.contact_overflow(),
            // Rapier's contacts take as much room as they need.
            #[cfg(feature = "rapier")]
            Self::Rapier(_) => 0,
        }
    }

    /// Where the bodies of a world are.
    pub fn body_frames(&mut self, world: usize) -> anyhow::Result<Vec<BodyFrame>> {
        match self {
            Self::Native(worlds) => Ok(worlds.body_frames(world)?),
            #[cfg(feature = "rapier")]
            Self::Rapier(rapier) => rapier.body_frames(world),
        }
    }

    /// All worlds as they are now.
    pub fn snapshots(&mut self, model: &ModelDescription) -> anyhow::Result<Vec<WorldSnapshot>> {
        let count = self.num_worlds();
        let snapshot = |world| match self {
            Self::Native(worlds) => Ok(WorldSnapshot::of(worlds, model, world)?),
            #[cfg(feature = "rapier")]
            Self::Rapier(rapier) => rapier.snapshot(world),
        };
        (0..count).map(snapshot).collect()
    }

    /// Refuses to go on, `time` s after the beginning, with a world that has left what can be simulated.
    pub fn check_faults(&self, time: f64) -> anyhow::Result<()> {
        let (fault, limit, time_step) = match self {
            Self::Native(worlds) => {
                let mut faults = worlds.faults().iter().enumerate();
                let fault = faults.find_map(|(world, fault)| fault.map(|fault| (world, fault)));
                (fault, worlds.options().speed_limit, worlds.options().timestep)
            }
            #[cfg(feature = "rapier")]
            Self::Rapier(rapier) => {
                let limit = WorldsOptions::default().speed_limit;
                (rapier.fault(limit)?, limit, rapier.time_step)
            }
        };
        let Some((world, fault)) = fault else { return Ok(()) };
        let became = match fault {
            Fault::NonFinite => "became non-finite".to_owned(),
            Fault::Diverged => format!("went over {limit} m/s or rad/s"),
        };
        anyhow::bail!(
            "world {world} {became} at {time:.4} s; try a smaller --time-step than {time_step}, and look for stiff servos, \
             light bodies and shapes that overlap at the start"
        )
    }
}

#[cfg(feature = "rapier")]
impl Rapier {
    fn body_frames(&self, world: usize) -> anyhow::Result<Vec<BodyFrame>> {
        let frame = |body| {
            let (position, orientation) = self.worlds.body_pose(world, body)?;
            Ok(BodyFrame { position, orientation })
        };
        (0..self.num_bodies).map(frame).collect()
    }

    fn snapshot(&self, world: usize) -> anyhow::Result<WorldSnapshot> {
        let pose = |frame: BodyFrame| BodyPose { position: frame.position, orientation: frame.orientation };
        let contacts = self.worlds.contacts(world)?.into_iter().map(|contact| ContactMark {
            point: contact.point,
            force: contact.normal.map(|part| part * contact.normal_force),
        });
        Ok(WorldSnapshot {
            bodies: self.body_frames(world)?.into_iter().map(pose).collect(),
            contacts: contacts.collect(),
            shapes: Vec::new(),
        })
    }

    /// The first world whose state is not finite, or that is faster than `limit` in m/s or rad/s.
    fn fault(&self, limit: f64) -> anyhow::Result<Option<(usize, Fault)>> {
        for world in 0..self.worlds.num_worlds() {
            let (positions, velocities) = self.worlds.state(world)?;
            if !positions.iter().chain(&velocities).all(|number| number.is_finite()) {
                return Ok(Some((world, Fault::NonFinite)));
            }
            if velocities.iter().any(|velocity| velocity.abs() > limit) {
                return Ok(Some((world, Fault::Diverged)));
            }
        }
        Ok(None)
    }
}

fn not_built() -> Usage {
    Usage("--engine rapier: this build has no rapier; build it with --features rapier".to_owned())
}
