//! How a wrapper keeps its state in the snapshot of the batch it wraps: as one more column at the end, so
//! that the columns of nested wrappers come off in the order in which they went on.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, Snapshot};

fn column_name(wrapper: &str) -> String {
    format!("wrapper {wrapper}")
}

/// Adds the state of `wrapper` to the snapshot of what it wraps.
pub(super) fn push<S: Serialize>(
    mut snapshot: Snapshot,
    wrapper: &'static str,
    state: &S,
) -> Result<Snapshot, Error> {
    let bytes = postcard::to_stdvec(state)
        .map_err(|error| Error::Snapshot(format!("the state of {wrapper} cannot be encoded: {error}")))?;
    snapshot.columns.push((column_name(wrapper), bytes));
    Ok(snapshot)
}

/// Splits the snapshot of `wrapper` into that of what it wraps and its own state.
pub(super) fn pop<S: DeserializeOwned>(
    snapshot: &Snapshot,
    wrapper: &'static str,
) -> Result<(Snapshot, S), Error> {
    let Some(((name, bytes), rest)) = snapshot.columns.split_last() else {
        return Err(Error::Snapshot(format!("it has no columns; {wrapper} needs its own")));
    };
    if *name != column_name(wrapper) {
        let reason = format!("it was not taken under {wrapper}: its last column is '{name}'");
        return Err(Error::Snapshot(reason));
    }
    let state = match postcard::take_from_bytes(bytes) {
        Ok((state, [])) => state,
        Ok(_) => return Err(Error::Snapshot(format!("the state of {wrapper} is too long"))),
        Err(error) => return Err(Error::Snapshot(format!("the state of {wrapper} is damaged: {error}"))),
    };
    let inner = Snapshot { id: snapshot.id.clone(), build: snapshot.build.clone(), columns: rest.to_vec() };
    Ok((inner, state))
}

/// The bytes of every field, to keep.
pub(super) fn observation_bytes(observation: &crate::Observation) -> Vec<Vec<u8>> {
    observation.fields.iter().map(|field| field.array.bytes().to_vec()).collect()
}

/// Whether `bytes` fit into the fields of `observation`.
pub(super) fn fits(observation: &crate::Observation, bytes: &[Vec<u8>]) -> bool {
    observation.fields.len() == bytes.len()
        && observation.fields.iter().zip(bytes).all(|(field, bytes)| field.array.bytes().len() == bytes.len())
}

/// Puts bytes that fit back into the fields.
pub(super) fn set_observation_bytes(observation: &mut crate::Observation, bytes: &[Vec<u8>]) {
    for (field, bytes) in observation.fields.iter_mut().zip(bytes) {
        field.array.bytes_mut().copy_from_slice(bytes);
    }
}
