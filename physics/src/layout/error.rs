//! What is wrong with a description.

/// Why a description is no model.
#[derive(Debug, thiserror::Error, Clone, PartialEq)]
pub enum LayoutError {
    /// Two elements of a kind share a name.
    #[error("two {kind} are named '{name}'; names are unique")]
    DuplicateName {
        /// What they are.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A name refers to nothing.
    #[error("{element} refers to {kind} '{name}', which does not exist (or is not declared before it)")]
    Unknown {
        /// Where the name stands.
        element: String,
        /// What kind of element was meant.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A number has no physical meaning.
    #[error("{element}: {quantity} is {value}; allowed is {allowed}")]
    Value {
        /// Which element.
        element: String,
        /// Which of its numbers.
        quantity: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// Something stands where it cannot.
    #[error("{element}: {problem}")]
    Structure {
        /// Which element.
        element: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// A shape that only the rapier backend has.
    #[error(
        "{element} is {kind}, which the native engine and the wgpu device do not have; the rapier backend takes it: build with \
         the feature `rapier`, then `--engine rapier` on the command line, or `RapierWorlds` in code"
    )]
    Beyond {
        /// Which shape, of what.
        element: String,
        /// What it is.
        kind: String,
    },
    /// More of something than a world holds.
    #[error("the model has {count} {kind}; a world holds at most {limit}")]
    TooMany {
        /// What there is too much of.
        kind: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
}
