//! The learner's own random streams: named by the training seed and a purpose, independent of those of
//! the environments, and small enough to stand in a checkpoint.

use pentathlon_gym::seeding::Random;
use pentathlon_gym::seeding::philox::{Philox, rules};
use serde::{Deserialize, Serialize};

/// What a stream is for. The numbers are part of the checkpoint format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Initial parameters of networks.
    Parameters = 0x5000,
    /// Sampled actions.
    Actions = 0x5001,
    /// Order of the minibatches.
    Minibatches = 0x5002,
    /// Actions of a policy that is only looked at or judged.
    Evaluation = 0x5003,
    /// Actions and ends of options.
    Options = 0x5004,
    /// Sampled subgoals.
    Subgoals = 0x5005,
    /// Order of the minibatches of the networks that notice change.
    Surprise = 0x5006,
}

/// The stream of `seed` for `purpose`, at its start.
pub fn stream(seed: u64, purpose: Purpose) -> Philox {
    Philox(rules::episode_stream(seed as u32, (seed >> 32) as u32, 0, 0, purpose as u32))
}

/// A standard normal number (Box and Muller, 1958).
pub(crate) fn normal(random: &mut Philox) -> f64 {
    let radius = (-2.0 * (1.0 - random.float()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.float()).cos()
}

/// A position in a stream, to be kept in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamState {
    key: u32,
    lane: u32,
    drawn: u32,
    spare: u32,
}

impl From<&Philox> for StreamState {
    fn from(Philox(stream): &Philox) -> Self {
        Self { key: stream.key, lane: stream.lane, drawn: stream.drawn, spare: stream.spare }
    }
}

impl From<StreamState> for Philox {
    fn from(StreamState { key, lane, drawn, spare }: StreamState) -> Self {
        Self(rules::Stream { key, lane, drawn, spare })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_stream_runs_on_where_it_was() {
        let mut random = stream(7, Purpose::Actions);
        for _ in 0..5 {
            random.float();
        }
        let mut kept = Philox::from(StreamState::from(&random));
        assert_eq!((random.float(), random.int(0, 9)), (kept.float(), kept.int(0, 9)));
    }

    #[test]
    fn purposes_and_seeds_have_streams_of_their_own() {
        let first = |seed, purpose| stream(seed, purpose).float();
        assert_ne!(first(1, Purpose::Actions), first(1, Purpose::Minibatches));
        assert_ne!(first(1, Purpose::Actions), first(2, Purpose::Actions));
        assert_ne!(first(1, Purpose::Actions), first(1 + (1 << 32), Purpose::Actions));
    }
}
