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
    /// The number of every seed; not a number (`null` in JSON) where it was not measured.
    pub values: Vec<f64>,
    /// Their mean; not a number where one of them is not.
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
    /// Whether the claim held; `None` where a number that it is about was not measured, because no episode ended in the
    /// frames that it is of.
    pub passed: Option<bool>,
    /// Curves, where there are some.
    #[serde(skip)]
    pub chart: Option<Chart>,
}

/// Whether a part of a claim holds, in words; `None` as in [`Report::passed`].
pub(crate) fn said(holds: impl Into<Option<bool>>) -> &'static str {
    match holds.into() {
        Some(true) => "holds",
        Some(false) => "does not hold",
        None => "not measured",
    }
}

/// What `holds` says of `numbers`, each a mean; `None` where one of them was not measured and is not a number.
pub(crate) fn judged(numbers: &[f64], holds: bool) -> Option<bool> {
    numbers.iter().all(|number| !number.is_nan()).then_some(holds)
}

/// Whether all parts of a claim hold; `None` where one was not measured: the frames were too few to judge by.
pub(crate) fn all_hold(parts: &[Option<bool>]) -> Option<bool> {
    (!parts.contains(&None)).then(|| !parts.contains(&Some(false)))
}

/// A mean with so many decimals, in words.
pub(crate) fn in_words(mean: f64, decimals: usize) -> String {
    if mean.is_nan() { "not measured".to_owned() } else { format!("{mean:.decimals$}") }
}

impl Report {
    /// The mean of `quantity` for `method`, if the table has it.
    pub fn mean(&self, method: &str, quantity: &str) -> Option<f64> {
        self.rows.iter().find(|row| row.method == method && row.quantity == quantity).map(|row| row.mean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::mean;

    #[test]
    fn what_was_not_measured_is_neither_held_nor_refuted() {
        let missing = mean(&[]);
        assert_eq!((judged(&[1.0, 2.0], true), judged(&[1.0, missing], false)), (Some(true), None));
        assert_eq!(all_hold(&[Some(true), None]), None);
        assert_eq!(
            (all_hold(&[None, Some(false)]), all_hold(&[Some(true), Some(false)])),
            (None, Some(false))
        );
        assert_eq!(all_hold(&[Some(true), Some(true)]), Some(true));
        assert_eq!(
            (said(true), said(None), in_words(missing, 2), in_words(0.125, 2)),
            ("holds", "not measured", "not measured".to_owned(), "0.12".to_owned())
        );
        let row = Row::new("method", "quantity", vec![1.0, missing]);
        assert!(row.mean.is_nan());
        assert_eq!(serde_json::to_value(&row).unwrap()["mean"], serde_json::Value::Null);
    }
}
