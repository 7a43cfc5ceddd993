//! The batch engine: columns of environment instances, the schedule that steps them, and the two
//! devices it runs on. It knows no domain; a domain is anything that implements [`Domain`].

pub mod domain;
pub mod episode;

pub use domain::{Binding, Domain, GenerationError, Instance, InstanceMut, Kernel, Record, Set};
