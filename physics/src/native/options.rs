//! How a batch of worlds is stepped, and what can go wrong with it.

use serde::{Deserialize, Serialize};

use crate::contact::layout::{ContactLayoutError, ContactOptions, LARGEST_MARGIN};
use crate::layout::LayoutError;

/// How a batch of worlds is stepped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorldsOptions {
    /// Number of worlds.
    pub num_worlds: usize,
    /// Threads that share them, the calling one included.
    pub threads: usize,
    /// Length of a physics step in s.
    pub timestep: f64,
    /// Physics steps in a call of `step`.
    pub substeps: u32,
    /// Take joint damping and the damping of servos at the end of the step: stable for any damping. At the
    /// beginning of the step it is what the recordings do, and stable while
    /// timestep * damping / (armature + inertia) is below about 1. A servo's stiffness acts at the beginning of the step.
    pub implicit_damping: bool,
    /// Take the gyroscopic torque of lone free bodies at the middle of the step, so that they neither gain nor lose energy.
    pub implicit_gyroscopic: bool,
    /// A world in which a velocity (m/s, rad/s) exceeds this is reported as diverged.
    pub speed_limit: f64,
    /// The contact solver.
    pub contact: ContactOptions,
}

impl Default for WorldsOptions {
    fn default() -> Self {
        Self {
            num_worlds: 1,
            threads: 1,
            timestep: 0.005,
            substeps: 1,
            implicit_damping: true,
            implicit_gyroscopic: true,
            speed_limit: 1000.0,
            contact: ContactOptions::default(),
        }
    }
}

/// What can go wrong with a batch of worlds.
#[derive(Debug, thiserror::Error, Clone, PartialEq)]
pub enum WorldsError {
    /// The model.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The model's shapes.
    #[error(transparent)]
    Contact(#[from] ContactLayoutError),
    /// An option outside its range.
    #[error("{option} is {value}; allowed is {allowed}")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// No such world, body, dof, actuator or shape.
    #[error("{kind} {index} does not exist; there are {count}")]
    Index {
        /// What was meant.
        kind: &'static str,
        /// The index.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// A slice of the wrong length.
    #[error("{what} has {found} values; {expected} are needed")]
    Length {
        /// Which slice.
        what: &'static str,
        /// Its length.
        found: usize,
        /// What it should be.
        expected: usize,
    },
    /// A physical parameter out of its range.
    #[error("{parameter} of world {world} is set to {value:?}; allowed is {allowed}")]
    Parameter {
        /// Which parameter.
        parameter: String,
        /// Of which world.
        world: usize,
        /// What it was to be.
        value: Vec<f64>,
        /// What it may be.
        allowed: &'static str,
    },
    /// A snapshot of something else.
    #[error("the snapshot does not fit: {reason}")]
    Snapshot {
        /// In what it differs.
        reason: String,
    },
    /// The wgpu device cannot hold or step the worlds.
    #[error("the worlds cannot be stepped on the wgpu device: {reason}")]
    Device {
        /// Why not.
        reason: String,
    },
    /// The operating system gave no thread.
    #[error("{count} threads could not be started: {reason}")]
    Threads {
        /// How many were asked for.
        count: usize,
        /// What the system answered.
        reason: String,
    },
}

/// Most worlds of a batch.
const MAX_WORLDS: usize = 1 << 22;

/// Shortest physics step in s; below it single precision loses what a step adds to a position.
const SHORTEST_STEP: f64 = 1e-6;

/// Most threads of a batch.
const MAX_THREADS: usize = 1024;

impl WorldsOptions {
    /// Whether all options are in range.
    ///
    /// # Errors
    ///
    /// The first that is not.
    pub fn check(&self) -> Result<(), WorldsError> {
        let refuse = |option, value: String, allowed| Err(WorldsError::Option { option, value, allowed });
        if !(1..=MAX_WORLDS).contains(&self.num_worlds) {
            return refuse("num_worlds", self.num_worlds.to_string(), "1 to 4194304");
        }
        if !(1..=MAX_THREADS).contains(&self.threads) {
            return refuse("threads", self.threads.to_string(), "1 to 1024");
        }
        if self.substeps == 0 {
            return refuse("substeps", "0".to_owned(), "at least 1");
        }
        if !(SHORTEST_STEP..=0.1).contains(&self.timestep) {
            return refuse("timestep", self.timestep.to_string(), "1e-6 to 0.1 s");
        }
        if !(self.speed_limit > 0.0) {
            return refuse("speed_limit", self.speed_limit.to_string(), "a positive number");
        }
        let contact = &self.contact;
        if !(1..=10_000).contains(&contact.sweeps) {
            return refuse("contact.sweeps", contact.sweeps.to_string(), "1 to 10000");
        }
        if !(0.0..=LARGEST_MARGIN).contains(&contact.margin) {
            return refuse("contact.margin", contact.margin.to_string(), "0 to 0.01 m");
        }
        for (option, value, range, allowed) in [
            ("contact.frequency", contact.frequency.unwrap_or(1.0), 1e-3..=1e6, "0.001 to 1e6 Hz"),
            ("contact.damping_ratio", contact.damping_ratio, 0.0..=1e3, "0 to 1000"),
            ("contact.recovery_speed", contact.recovery_speed, 0.0..=1e3, "0 to 1000 m/s"),
            ("contact.restitution_threshold", contact.restitution_threshold, 0.0..=1e3, "0 to 1000 m/s"),
        ] {
            if !range.contains(&value) {
                return refuse(option, value.to_string(), allowed);
            }
        }
        Ok(())
    }
}

/// What is wrong with a world since its state was last set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// A position, velocity, control or applied force is not a finite number.
    NonFinite,
    /// A velocity went over the speed limit.
    Diverged,
}
