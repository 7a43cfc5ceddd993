//! The batch engine: columns of environment instances, the schedule that steps them, and the two
//! devices it runs on. It knows no domain; a domain is anything that implements [`Domain`].

mod actions;
mod batch;
mod columns;
pub mod domain;
pub mod episode;
mod levels;
mod native;
mod plan;
mod snapshot;
mod wgpu;

pub use self::wgpu::{
    AdapterReport, DeviceColumns, DeviceHandles, Part, Staging, adapters, open_device, wgpu_available,
};
pub use batch::{Batch, find_batch};
pub use domain::{Binding, Domain, GenerationError, Instance, InstanceMut, Kernel, Record, Set};
pub use levels::LevelSet;
pub use native::threads::Threads;
pub use native::vectors::{VectorWork, with_wide_vectors};
pub use plan::{DEFAULT_LEVELS, MAX_ENVS, MAX_LEVELS};
