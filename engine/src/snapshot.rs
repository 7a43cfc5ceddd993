//! The state of a batch as a [`Snapshot`], and back. Everything in a snapshot is checked before a batch
//! takes over any of it.

use bytemuck::Pod;
use pentathlon_gym::{Error, Snapshot};

use crate::{
    actions::check_context_of,
    columns::Columns,
    domain::{Domain, Instance},
    episode::records::{Episode, FAILURE, Outcome},
    levels::{LevelPool, LevelSet, Origin},
    plan::Plan,
};

/// Version of the columns' meaning.
const VERSION: u32 = 1;

const VERSION_COLUMN: &str = "version";
const POOL: &str = "pool";
const POOL_STATES: &str = "pool states";
const POOL_ITEMS: &str = "pool items";
const STATES: &str = "states";
const ITEMS: &str = "items";
const EPISODES: &str = "episodes";
const OUTCOMES: &str = "outcomes";
const REWARDS: &str = "rewards";
const EVENTS: &str = "events";
const CONTEXT: &str = "context";
const STREAMS: &str = "streams";

/// The levels of a pool, empty when they follow from the seed of their origin.
pub(crate) type RestoredPool<S> = (LevelSet<S>, Origin);

/// What a snapshot holds, checked.
pub(crate) struct Restored<S> {
    /// `None` for a batch that was never reset.
    pub(crate) columns: Option<Columns<S>>,
    /// The pool, if the batch has one.
    pub(crate) pool: Option<RestoredPool<S>>,
}

/// Writes a snapshot; `columns` is `None` before the first reset.
pub(crate) fn write<D: Domain>(
    plan: &Plan<D>,
    columns: Option<&Columns<D::State>>,
    pool: Option<&LevelPool<D::State>>,
) -> Snapshot {
    let mut list = vec![(VERSION_COLUMN.to_owned(), VERSION.to_le_bytes().to_vec())];
    if let Some(pool) = pool {
        let (kind, seed) = match pool.origin {
            Origin::Seed(seed) => (0u64, seed),
            Origin::Replaced(seed) => (1, seed),
            Origin::Given => (2, 0),
        };
        push(&mut list, POOL, &[kind, seed]);
        if pool.origin == Origin::Given {
            push(&mut list, POOL_STATES, &pool.levels.states);
            push(&mut list, POOL_ITEMS, &pool.levels.items);
        }
    }
    if let Some(columns) = columns {
        push_columns(&mut list, columns);
    }
    Snapshot { id: plan.spec().id.clone(), build: plan.fingerprint(), columns: list }
}

/// Writes a snapshot of one environment, whose columns have one row.
pub(crate) fn write_environment<D: Domain>(plan: &Plan<D>, columns: &Columns<D::State>) -> Snapshot {
    let mut list = vec![(VERSION_COLUMN.to_owned(), VERSION.to_le_bytes().to_vec())];
    push_columns(&mut list, columns);
    Snapshot { id: plan.spec().id.clone(), build: plan.environment_fingerprint(), columns: list }
}

fn push_columns<S: Pod>(list: &mut Vec<(String, Vec<u8>)>, columns: &Columns<S>) {
    push(list, STATES, &columns.states);
    push(list, ITEMS, &columns.items);
    push(list, EPISODES, &columns.episodes);
    push(list, OUTCOMES, &columns.outcomes);
    push(list, REWARDS, &columns.rewards);
    push(list, EVENTS, &columns.events);
    push(list, CONTEXT, &columns.context);
    push(list, STREAMS, &columns.streams);
}

/// Reads and checks a snapshot.
pub(crate) fn read<D: Domain>(plan: &Plan<D>, snapshot: &Snapshot) -> Result<Restored<D::State>, Error> {
    check_origin(plan, snapshot, &plan.fingerprint())?;
    let pool = read_pool(plan, snapshot)?;
    if find(snapshot, STATES).is_none() {
        return Ok(Restored { columns: None, pool });
    }
    let columns = read_columns(plan, snapshot, plan.sizes.num_envs)?;
    if plan.pool_len() > 0 && pool.is_none() {
        return Err(damaged(format!("column '{POOL}' is missing")));
    }
    Ok(Restored { columns: Some(columns), pool })
}

/// Reads and checks a snapshot of one environment.
pub(crate) fn read_environment<D: Domain>(
    plan: &Plan<D>,
    snapshot: &Snapshot,
) -> Result<Columns<D::State>, Error> {
    check_origin(plan, snapshot, &plan.environment_fingerprint())?;
    let columns = read_columns(plan, snapshot, 1)?;
    if columns.episodes[0].ended != 0 {
        return Err(damaged(String::from("its episode has ended, and there is nothing to go on with")));
    }
    Ok(columns)
}

/// Checks that a snapshot is of this id, this build and this format.
fn check_origin<D: Domain>(plan: &Plan<D>, snapshot: &Snapshot, fingerprint: &str) -> Result<(), Error> {
    if snapshot.id != plan.spec().id {
        return Err(damaged(format!("it is of {}, this batch of {}", snapshot.id, plan.spec().id)));
    }
    if snapshot.build != fingerprint {
        return Err(damaged(format!("it was built as [{}], this batch as [{fingerprint}]", snapshot.build)));
    }
    if column::<u32>(snapshot, VERSION_COLUMN, 1)? != [VERSION] {
        return Err(damaged(format!("its columns are not of version {VERSION}")));
    }
    Ok(())
}

fn read_columns<D: Domain>(
    plan: &Plan<D>,
    snapshot: &Snapshot,
    envs: usize,
) -> Result<Columns<D::State>, Error> {
    let sizes = plan.sizes;
    let columns = Columns {
        states: column(snapshot, STATES, envs)?,
        items: column(snapshot, ITEMS, envs * sizes.items)?,
        episodes: column(snapshot, EPISODES, envs)?,
        outcomes: column(snapshot, OUTCOMES, envs)?,
        rewards: column(snapshot, REWARDS, envs * sizes.num_agents)?,
        events: column(snapshot, EVENTS, envs * sizes.num_agents)?,
        context: column(snapshot, CONTEXT, envs * sizes.context)?,
        streams: column(snapshot, STREAMS, if plan.is_reference() { envs } else { 0 })?,
    };
    check(plan, &columns)?;
    Ok(columns)
}

fn read_pool<D: Domain>(
    plan: &Plan<D>,
    snapshot: &Snapshot,
) -> Result<Option<RestoredPool<D::State>>, Error> {
    if find(snapshot, POOL).is_none() {
        return Ok(None);
    }
    if plan.pool_len() == 0 {
        return Err(damaged(String::from("it has a level pool, this batch has none")));
    }
    let mut levels = LevelSet { states: Vec::new(), items: Vec::new() };
    let words: Vec<u64> = column(snapshot, POOL, 2)?;
    let origin = match words[..] {
        [0, seed] => Origin::Seed(seed),
        [1, seed] => Origin::Replaced(seed),
        [2, _] => {
            let count = plan.pool_len() as usize;
            levels.states = column(snapshot, POOL_STATES, count)?;
            levels.items = column(snapshot, POOL_ITEMS, count * plan.sizes.items)?;
            levels.check(plan).map_err(|error| damaged(error.to_string()))?;
            Origin::Given
        }
        _ => return Err(damaged(format!("column '{POOL}' holds {words:?}"))),
    };
    Ok(Some((levels, origin)))
}

/// Checks every value that a rule could trip over.
fn check<D: Domain>(plan: &Plan<D>, columns: &Columns<D::State>) -> Result<(), Error> {
    let items = plan.sizes.items;
    for (env, state) in columns.states.iter().enumerate() {
        let episode = &columns.episodes[env];
        let bad = |what: &str| damaged(format!("environment {env}: {what}"));
        check_episode(plan, episode).map_err(bad)?;
        check_outcome(&columns.outcomes[env]).map_err(bad)?;
        let instance = Instance { state, items: &columns.items[env * items..][..items], episode };
        plan.domain.check(instance).map_err(|reason| bad(&reason))?;
    }
    let subgoals = plan.spec().subgoals.len() as i64;
    if let Some(event) = columns.events.iter().find(|event| !(-1..subgoals).contains(&i64::from(**event))) {
        return Err(damaged(format!("subgoal event {event}; allowed: -1 to {}", subgoals - 1)));
    }
    if columns.rewards.iter().any(|reward| reward.is_nan()) {
        return Err(damaged(String::from("a reward is not a number")));
    }
    check_context_of(plan, columns.states.len(), &columns.context).map_err(|error| damaged(error.to_string()))
}

fn check_episode<D: Domain>(plan: &Plan<D>, episode: &Episode) -> Result<(), &'static str> {
    if episode.ended > 1 {
        return Err("its episode's end is neither 0 nor 1");
    }
    if episode.elapsed > plan.spec().max_episode_steps {
        return Err("its episode is longer than the limit");
    }
    if plan.pool_len() > 0 && episode.level >= plan.pool_len() {
        return Err("its level is not in the pool");
    }
    Ok(())
}

fn check_outcome(outcome: &Outcome) -> Result<(), &'static str> {
    if outcome.verdict > FAILURE || outcome.terminated > 1 || outcome.truncated > 1 {
        return Err("its outcome is none that a step can have");
    }
    Ok(())
}

fn push<T: Pod>(list: &mut Vec<(String, Vec<u8>)>, name: &str, values: &[T]) {
    list.push((name.to_owned(), bytemuck::cast_slice(values).to_vec()));
}

fn find<'a>(snapshot: &'a Snapshot, name: &str) -> Option<&'a [u8]> {
    snapshot.columns.iter().find(|(column, _)| column == name).map(|(_, bytes)| bytes.as_slice())
}

fn column<T: Pod>(snapshot: &Snapshot, name: &str, len: usize) -> Result<Vec<T>, Error> {
    let bytes = find(snapshot, name).ok_or_else(|| damaged(format!("column '{name}' is missing")))?;
    let expected = len * size_of::<T>();
    if bytes.len() != expected {
        return Err(damaged(format!("column '{name}' has {} bytes, {expected} expected", bytes.len())));
    }
    let mut values = vec![T::zeroed(); len];
    bytemuck::cast_slice_mut(&mut values).copy_from_slice(bytes);
    Ok(values)
}

fn damaged(reason: String) -> Error {
    Error::Snapshot(reason)
}
