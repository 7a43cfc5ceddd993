//! What the rapier backend refuses.

use crate::layout::LayoutError;

/// A model, option or input that rapier worlds cannot be made of.
#[derive(Debug, thiserror::Error)]
pub enum RapierError {
    /// An option is not a positive finite number.
    #[error("{name} is {value}, but must be a positive number")]
    Option {
        /// The option.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// The model contradicts itself, or has numbers without meaning.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The model asks for what rapier has not.
    #[error("{element}: {reason}")]
    Model {
        /// The element, by its name in the model.
        element: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The thread pool could not be built.
    #[error("cannot start the threads: {0}")]
    Threads(String),
    /// There is no world of that number.
    #[error("world {world} of a batch of {count}")]
    NoWorld {
        /// The number asked for.
        world: usize,
        /// How many there are.
        count: usize,
    },
    /// There is no body of that number.
    #[error("body {body} of a model with {count}")]
    NoBody {
        /// The number asked for.
        body: usize,
        /// How many there are.
        count: usize,
    },
    /// A slice has the wrong length.
    #[error("{length} {what} given, but {expected} expected")]
    Length {
        /// What the slice holds.
        what: &'static str,
        /// Its length.
        length: usize,
        /// The right one.
        expected: usize,
    },
    /// A number is infinite or not a number.
    #[error("{what}[{index}] is {value}, which is not finite")]
    NotFinite {
        /// What the slice holds.
        what: &'static str,
        /// Where in it.
        index: usize,
        /// The number.
        value: f64,
    },
}

impl RapierError {
    pub(super) fn model(element: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Model { element: element.into(), reason: reason.into() }
    }
}
