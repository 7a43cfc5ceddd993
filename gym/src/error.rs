//! What can go wrong with a batch, said so that the reader knows what to do.

/// Errors of batches, registries, snapshots and wrappers. None of them changes the state of a batch.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No environment of that id is registered.
    #[error("unknown environment id '{id}'{}", nearest_ids(nearest))]
    UnknownId {
        /// The id asked for.
        id: String,
        /// Registered ids that look like it, nearest first.
        nearest: Vec<String>,
    },
    /// An id was registered twice.
    #[error("environment id '{0}' is already registered")]
    DuplicateId(String),
    /// A build option that does not exist or has a bad value.
    #[error("option '{option}' of {id}: {value} is not allowed; allowed: {allowed}")]
    InvalidOption {
        /// The environment id.
        id: String,
        /// Name of the option.
        option: String,
        /// Value given.
        value: String,
        /// What would be allowed.
        allowed: String,
    },
    /// The name of a domain option that the id does not have.
    #[error("{id} has no option '{option}'; {}", options_available(available))]
    UnknownOption {
        /// The environment id.
        id: String,
        /// The name given.
        option: String,
        /// The names it has.
        available: Vec<String>,
    },
    /// An observation name that the id does not offer.
    #[error("{id} has no observation '{name}'; it has: {}", available.join(", "))]
    UnknownObservation {
        /// The environment id.
        id: String,
        /// The name asked for.
        name: String,
        /// The names it has.
        available: Vec<String>,
    },
    /// An action outside the action space.
    #[error("environment {env}, agent {agent}: action {value} is not allowed; allowed: {allowed}")]
    InvalidAction {
        /// Environment index.
        env: usize,
        /// Agent index within the environment.
        agent: usize,
        /// The action given.
        value: String,
        /// The allowed range.
        allowed: String,
    },
    /// An array argument of the wrong length.
    #[error("{what}: {got} values given, {expected} expected ({shape})")]
    WrongLength {
        /// Which argument.
        what: &'static str,
        /// Values given.
        got: usize,
        /// Values expected.
        expected: usize,
        /// How the expected length comes about.
        shape: String,
    },
    /// A context value out of range.
    #[error("environment {env}: context '{parameter}' = {value} is not allowed; allowed: {allowed}")]
    InvalidContext {
        /// Environment index.
        env: usize,
        /// Name of the parameter.
        parameter: String,
        /// Value given.
        value: f32,
        /// The allowed range.
        allowed: String,
    },
    /// `step` before the first `reset`.
    #[error("step was called before the first reset; call reset first")]
    NotReset,
    /// `step` on an ended environment with autoreset disabled.
    #[error("environment {env} has ended and autoreset is disabled; reset it with a mask before stepping")]
    Ended {
        /// Index of the first ended environment.
        env: usize,
    },
    /// A level generator gave up.
    #[error("environment {env}: no level could be generated: {reason}")]
    Generation {
        /// Environment index, or index in the level pool.
        env: usize,
        /// Why.
        reason: String,
    },
    /// The asked device cannot be had.
    #[error("device {device}: {reason}")]
    Device {
        /// The device asked for.
        device: &'static str,
        /// Why it cannot be had, and what can be done.
        reason: String,
    },
    /// A snapshot that cannot be restored here.
    #[error("snapshot cannot be restored: {0}")]
    Snapshot(String),
    /// Something that this batch cannot do.
    #[error("this batch does not support {what}")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
    },
    /// A wrapper that does not fit the batch it wraps.
    #[error("wrapper {wrapper}: {reason}")]
    Wrapper {
        /// Name of the wrapper.
        wrapper: &'static str,
        /// Why, and what would fit.
        reason: String,
    },
}

fn nearest_ids(nearest: &[String]) -> String {
    if nearest.is_empty() {
        String::from("; `pentathlon list` shows all")
    } else {
        format!("; did you mean {}?", nearest.join(", "))
    }
}

fn options_available(available: &[String]) -> String {
    if available.is_empty() {
        String::from("it has none")
    } else {
        format!("it has: {}", available.join(", "))
    }
}
