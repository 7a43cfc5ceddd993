//! Transforms of a batch that are themselves a batch, after Gymnasium's vector wrappers.
//!
//! Most are a [`Transform`] around any batch, [`Wrapped`]; [`Autoreset`] and [`ReseedCycle`] decide when
//! and how the batch inside resets. Wrappers compose from the inside out. Those that end episodes
//! ([`TimeLimit`]) need a batch that was built with [`AutoresetMode::Disabled`](crate::AutoresetMode);
//! `Autoreset` then goes outermost:
//!
//! ```
//! # use pentathlon_gym::{AutoresetMode, Error, VectorEnv, wrappers::{Autoreset, FrameStack, Padding, TimeLimit}};
//! # fn compose(batch: Box<dyn VectorEnv>) -> Result<Box<dyn VectorEnv>, Error> {
//! let batch = TimeLimit::wrap(batch, 100)?;
//! let batch = FrameStack::wrap(batch, 4, Padding::Repeat)?;
//! let batch = Autoreset::wrap(batch, AutoresetMode::SameStep)?;
//! # Ok(Box::new(batch))
//! # }
//! ```
//!
//! Snapshots hold the state of every wrapper and are restored only into the same wrappers in the same
//! order. Episode records keep the rewards as the batch inside gave them.

mod action_mask;
mod action_repeat;
mod autoreset;
mod count_bonus;
mod flatten;
mod frame_stack;
mod moments;
mod normalize_observation;
mod normalize_reward;
mod outputs;
mod record_episodes;
mod reseed_cycle;
mod scale_reward;
mod snapshot_starts;
mod state;
mod submodular_reward;
mod time_limit;
mod transform;

pub use action_mask::{ActionMask, MaskSource, OnMasked};
pub use action_repeat::ActionRepeat;
pub use autoreset::Autoreset;
pub use count_bonus::{CountBonus, CountedFields, Visit, VisitKey};
pub use flatten::FlattenObservation;
pub use frame_stack::{FrameStack, Padding};
pub use moments::RunningMoments;
pub use normalize_observation::NormalizeObservation;
pub use normalize_reward::NormalizeReward;
pub use record_episodes::{RecordEpisodes, RecordedEvent, Recording, ReplayError};
pub use reseed_cycle::ReseedCycle;
pub use scale_reward::ScaleReward;
pub use snapshot_starts::{SnapshotStarts, SnapshotStartsOptions};
pub use submodular_reward::{Coverage, SetObjective, SubmodularReward, Visited, VisitedField};
pub use time_limit::TimeLimit;
pub use transform::{Transform, Wrapped};
