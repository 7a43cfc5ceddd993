//! Studies: small experiments that show what a method is for, each with a claim that its results hold or do not.
//! A study runs over several seeds and ends with a [`Report`]: a table of means with their intervals, whether the
//! claim held, and a chart where there is a curve.

pub mod door_key;
mod finished;
pub mod hierarchy;
mod moving_goal;
pub mod subgoal_teacher;
pub mod training;
pub mod trash_grid;

pub use finished::FinishedRuns;

use std::ops::ControlFlow;

use serde::Serialize;

use crate::logging::lines::Chart;
use crate::statistics::{Interval, mean_interval};

/// What a running study tells and asks: the part of it that is done (0 to 1) and what it is at. An answer of
/// [`ControlFlow::Break`] ends it.
pub type Watch<'a> = &'a mut dyn FnMut(f64, &str) -> ControlFlow<()>;

/// One line of a study's table: a number, once for each seed.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Whose number it is: the method.
    pub method: String,
    /// What the number is, with its unit.
    pub quantity: String,
    /// The number of every seed.
    pub values: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Ends of the 95 % bootstrap interval of the mean.
    pub interval: [f64; 2],
}

impl Row {
    /// The line of `values`, one a seed.
    pub fn new(method: impl Into<String>, quantity: impl Into<String>, values: Vec<f64>) -> Self {
        let Interval { mean, low, high } = mean_interval(&values, 0);
        Self { method: method.into(), quantity: quantity.into(), values, mean, interval: [low, high] }
    }
}

/// What came of a study.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Name of the study.
    pub study: String,
    /// Seeds.
    pub seeds: usize,
    /// The table.
    pub rows: Vec<Row>,
    /// What is to be shown.
    pub claim: String,
    /// What was found, in one sentence.
    pub finding: String,
    /// Whether the claim held.
    pub passed: bool,
    /// Curves, where there are some.
    #[serde(skip)]
    pub chart: Option<Chart>,
}

/// Whether a part of a claim holds, in words.
pub(crate) fn said(holds: bool) -> &'static str {
    if holds { "holds" } else { "does not hold" }
}

impl Report {
    /// The mean of `quantity` for `method`, if the table has it.
    pub fn mean(&self, method: &str, quantity: &str) -> Option<f64> {
        self.rows.iter().find(|row| row.method == method && row.quantity == quantity).map(|row| row.mean)
    }
}
