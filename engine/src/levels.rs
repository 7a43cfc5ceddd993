//! Levels: what an episode starts from. A level is a function of (seed, level index) alone; it is
//! generated at the reset, or kept in a pool that all environments draw from.

use pentathlon_gym::{Error, seeding::philox::Philox};

use crate::{
    domain::{Domain, GenerationError, Instance},
    episode::{records::Episode, rules},
    native::{columns::RowsPointer, threads::Threads},
    plan::{Plan, invalid},
};

/// Level indices tried in turn until one can be generated.
const TRIES: u32 = 16;

/// A set of levels that stand for themselves: what [`Batch::levels`](crate::Batch::levels) hands out
/// and [`Batch::set_levels`](crate::Batch::set_levels) takes, such as a held-out test set.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelSet<S> {
    /// The record of each level.
    pub states: Vec<S>,
    /// The arrays of all levels, `[states.len(), items]`.
    pub items: Vec<u32>,
}

/// Where the levels of a pool come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Entry `i` is level `i` of this seed, which the batch was built or reset with.
    Seed(u64),
    /// The same of a seed that the caller chose for the pool; they stay when the batch is reset.
    Replaced(u64),
    /// The caller gave them; they stay when the batch is reset.
    Given,
}

/// The levels of a batch with `Levels::Fixed`.
#[derive(Clone, Debug)]
pub(crate) struct LevelPool<S> {
    pub(crate) levels: LevelSet<S>,
    pub(crate) origin: Origin,
}

impl<S: bytemuck::Zeroable + Copy + Send> LevelPool<S> {
    /// Generates the pool of `seed`, in parallel.
    pub(crate) fn generate<D: Domain<State = S>>(
        plan: &Plan<D>,
        threads: &Threads,
        seed: u64,
    ) -> Result<Self, Error> {
        let count = plan.pool_len() as usize;
        let items = plan.sizes.items;
        let context: Vec<f32> = plan.spec().context.iter().map(|parameter| parameter.default).collect();
        let mut levels = LevelSet { states: vec![S::zeroed(); count], items: vec![0; count * items] };
        let state_rows = RowsPointer::new(&mut levels.states, 1);
        let item_rows = RowsPointer::new(&mut levels.items, items);
        let failure = Failure::default();
        threads.run(count, 32, &|range| {
            // SAFETY: ranges of one run are disjoint, and the vectors outlive it.
            let (states, words) = unsafe { (state_rows.rows(range.clone()), item_rows.rows(range.clone())) };
            for (offset, (level, state)) in range.zip(states).enumerate() {
                let words = &mut words[offset * items..][..items];
                if let Err(error) = generate_level(&plan.domain, seed, level as u32, &context, state, words) {
                    failure.report(level, error);
                }
            }
        });
        failure.into_result()?;
        Ok(Self { levels, origin: Origin::Seed(seed) })
    }
}

impl<S: Copy> LevelSet<S> {
    /// Checks a set from outside against what a batch was built as.
    pub(crate) fn check<D: Domain<State = S>>(&self, plan: &Plan<D>) -> Result<(), Error> {
        let spec = plan.spec();
        let expected = plan.pool_len() as usize;
        if expected == 0 {
            return Err(invalid(spec, "levels", "fresh", "fixed, to hold a pool of levels"));
        }
        if self.states.len() != expected {
            return Err(Error::WrongLength {
                what: "levels",
                got: self.states.len(),
                expected,
                shape: String::from("the number of levels that the batch was built with"),
            });
        }
        if self.items.len() != expected * plan.sizes.items {
            return Err(Error::WrongLength {
                what: "items of the levels",
                got: self.items.len(),
                expected: expected * plan.sizes.items,
                shape: format!("{expected} levels x {} items", plan.sizes.items),
            });
        }
        for (index, state) in self.states.iter().enumerate() {
            let items = &self.items[index * plan.sizes.items..][..plan.sizes.items];
            let episode = rules::begin_episode(0, 0, 0, 0, plan.pool_len());
            plan.domain.check(Instance { state, items, episode: &episode }).map_err(|reason| {
                Error::Generation { env: index, reason: format!("level given: {reason}") }
            })?;
        }
        Ok(())
    }

    /// The record and the array of one level.
    pub(crate) fn level(&self, index: usize, items: usize) -> (&S, &[u32]) {
        (&self.states[index], &self.items[index * items..][..items])
    }
}

/// Generates level `level` of `seed`, or the first of the levels after it that can be.
pub(crate) fn generate_level<D: Domain>(
    domain: &D,
    seed: u64,
    level: u32,
    context: &[f32],
    state: &mut D::State,
    items: &mut [u32],
) -> Result<(), GenerationError> {
    let mut failure = GenerationError(String::new());
    for attempt in 0..TRIES {
        let mut random = Philox::for_level(seed, level.wrapping_add(attempt));
        match domain.generate(&mut random, context, state, items) {
            Ok(()) => return Ok(()),
            Err(error) => failure = error,
        }
    }
    Err(GenerationError(format!("{failure} (level {level} of seed {seed}, and the {} after it)", TRIES - 1)))
}

/// The seed that an episode belongs to.
pub(crate) fn seed_of(episode: &Episode) -> u64 {
    u64::from(episode.seed_low) | (u64::from(episode.seed_high) << 32)
}

/// The first failure among parallel generations, by index, whatever the timing.
#[derive(Debug, Default)]
pub(crate) struct Failure(std::sync::Mutex<Option<(usize, GenerationError)>>);

impl Failure {
    /// Keeps `error` of environment or level `index` if it is the first.
    pub(crate) fn report(&self, index: usize, error: GenerationError) {
        let mut first = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if first.as_ref().is_none_or(|(other, _)| index < *other) {
            *first = Some((index, error));
        }
    }

    /// Takes what was reported.
    pub(crate) fn take(&self) -> Result<(), Error> {
        let mut first = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        first.take().map_or(Ok(()), |(env, error)| Err(Error::Generation { env, reason: error.0 }))
    }

    /// What was reported, as an error.
    pub(crate) fn into_result(self) -> Result<(), Error> {
        self.take()
    }
}
