//! Matrix games: two agents choose at the same time, and a table says what the team earns and which
//! game comes next. Their values are known in closed form, so learners are judged by them.
//!
//! The two-step game is that of Rashid et al., 2018 ("QMIX"); the non-monotonic game is that of Son et
//! al., 2019 ("QTRAN"); climbing and penalty are those of Claus and Boutilier, 1998.

pub mod components;
mod domain;
pub mod games;
pub mod joint_action;
mod kernels;

use pentathlon_engine::Batch;
use pentathlon_gym::{BuildOptions, EnvSpec, Error, Registry, VectorEnv};

pub use domain::MatrixGame;

/// Builds a batch of a registered id.
fn build(spec: &EnvSpec, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    Ok(Box::new(Batch::new(MatrixGame::new(&spec.id, options)?, options.clone())?))
}

/// Adds all matrix games to `registry`.
///
/// # Errors
/// When one of them is there already.
pub fn register(registry: &mut Registry) -> Result<(), Error> {
    for id in games::IDS {
        registry.register(MatrixGame::new(id, &BuildOptions::default())?.into_spec(), build)?;
    }
    Ok(())
}
