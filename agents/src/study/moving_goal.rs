//! What noticing change is worth where something changes: DoorKey-8x8-mixed whose goal moves once in some episodes.
//! Agents with and without it begin with the same low level, which has learned where nothing changes: what they can do is
//! the same, and what differs is when they choose again.

use super::door_key::{Part, WITHOUT};
use super::hierarchy::{StagedEpisode, high, train_through};
use super::{Row, Watch};
use crate::gmah::{GmahConfig, GmahTrainer, Stage, TrainedLowLevel};
use crate::statistics::mean;
use crate::{Error, MakeBatch};

/// What makes the experiment's environment one in which the goal moves.
pub(super) const CHANGES: [&str; 1] = ["environment.options.p_move=0.25"];

/// Episodes that the least return is looked for in: those of one update of the paper's release, 16 environments by 128
/// steps, and as many as where nothing changes.
const BATCHES: [usize; 2] = [100, 256];

/// What runs with one way of choosing again came to, a number a seed.
#[derive(Default)]
struct Returns {
    mean: Vec<f64>,
    least: [Vec<f64>; 2],
    /// The return that one in twenty episodes stays below.
    low: Vec<f64>,
    /// Share of episodes in which the goal is not reached.
    failed: Vec<f64>,
}

/// One of the numbers of all seeds.
type Read = fn(&Returns) -> &[f64];

impl Returns {
    fn add(&mut self, episodes: &[StagedEpisode], from: u64) {
        let late = high(episodes).filter(|(at, _)| *at > from);
        let mut returns: Vec<f64> = late.map(|(_, episode)| episode.record.episode_return.into()).collect();
        self.mean.push(mean(&returns));
        for (values, size) in self.least.iter_mut().zip(BATCHES) {
            let least =
                returns.chunks_exact(size).map(|batch| batch.iter().copied().fold(f64::INFINITY, f64::min));
            values.push(mean(&least.collect::<Vec<f64>>()));
        }
        let failed = returns.iter().filter(|value| **value == 0.0).count();
        self.failed.push(failed as f64 / returns.len() as f64);
        returns.sort_by(f64::total_cmp);
        self.low.push(returns.get(returns.len() / 20).copied().unwrap_or(f64::NAN));
    }
}

/// Runs with and without noticing change.
#[derive(Default)]
pub(super) struct MovingGoal {
    with: Returns,
    without: Returns,
}

/// Trains the second stage of `config` on the low level `trained`; `None` when `watch` ended it.
pub(super) fn train(
    config: GmahConfig,
    trained: &TrainedLowLevel,
    make: MakeBatch<'_>,
    watch: Watch<'_>,
) -> Result<Option<Vec<StagedEpisode>>, Error> {
    train_through(&mut GmahTrainer::with_low_level(config, trained, make)?, Stage::Mixing, watch, &mut |_| {})
}

impl MovingGoal {
    /// Adds the runs of a seed, with and without noticing change, which are judged in their second half, `from` there on.
    pub(super) fn add(&mut self, [with, without]: &[Vec<StagedEpisode>; 2], from: u64) {
        self.with.add(with, from);
        self.without.add(without, from);
    }

    /// What was found.
    pub(super) fn parts(&self) -> Vec<Part> {
        let Self { with, without } = self;
        let both = |read: Read| [("GMAH", read(with)), (WITHOUT, read(without))];
        let least = Part::more_each(
            "where the goal moves its least return is higher when it notices change",
            "least return of 256 episodes, second half of the high level's frames, goal moves",
            "goal moves, least return",
            both(|returns| &returns.least[1]),
        );
        let mut mean = Part::more_each(
            "and so is its mean return",
            "return, second half of the high level's frames, goal moves",
            "mean return",
            both(|returns| &returns.mean),
        );
        let further: [(&str, Read); 3] = [
            ("least return of 100 episodes, goal moves", |returns| &returns.least[0]),
            ("return that 1 episode in 20 stays below, goal moves", |returns| &returns.low),
            ("share of episodes that fail, goal moves", |returns| &returns.failed),
        ];
        for (quantity, read) in further {
            mean.rows.extend(both(read).map(|(method, values)| Row::new(method, quantity, values.to_vec())));
        }
        vec![least, mean]
    }
}
