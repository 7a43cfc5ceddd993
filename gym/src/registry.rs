//! Registered environment ids and how a batch of each is built.

use std::collections::BTreeMap;

use crate::{BuildOptions, EnvSpec, Error, VectorEnv};

/// Builds a batch of a registered id.
pub type Constructor = fn(&EnvSpec, &BuildOptions) -> Result<Box<dyn VectorEnv>, Error>;

/// Environment ids with their specifications and constructors.
#[derive(Clone, Default)]
pub struct Registry {
    entries: BTreeMap<String, (EnvSpec, Constructor)>,
}
