//! What was compared and how large the worst difference was.

/// One line of the table of accuracy.
pub struct Row {
    /// The recording.
    pub file: &'static str,
    /// What was compared, in which precision.
    pub quantity: String,
    /// How many recorded cases.
    pub cases: usize,
    /// How many numbers.
    pub values: usize,
    /// The largest difference found, in the measure that `quantity` names.
    pub worst: f64,
    /// The largest difference allowed.
    pub tolerance: f64,
}

impl Row {
    /// A line with nothing compared yet.
    pub fn new(file: &'static str, quantity: impl Into<String>, tolerance: f64) -> Self {
        Self { file, quantity: quantity.into(), cases: 0, values: 0, worst: 0.0, tolerance }
    }

    /// Counts one difference. A difference that is not a number counts as infinite.
    pub fn difference(&mut self, difference: f64) {
        self.values += 1;
        self.worst = self.worst.max(if difference.is_nan() { f64::INFINITY } else { difference });
    }

    /// Counts the differences relative to the largest entry of `expected`.
    pub fn relative(&mut self, found: &[f64], expected: &[f64]) {
        self.relative_to(found, expected, expected);
    }

    /// Counts the differences relative to the largest entry of `measure`.
    pub fn relative_to(&mut self, found: &[f64], expected: &[f64], measure: &[f64]) {
        assert_eq!(found.len(), expected.len(), "{} {}", self.file, self.quantity);
        let scale = measure.iter().fold(f64::MIN_POSITIVE, |scale, value| scale.max(value.abs()));
        for (found, expected) in found.iter().zip(expected) {
            self.difference((found - expected).abs() / scale);
        }
    }

    /// Counts the absolute differences.
    pub fn absolute(&mut self, found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len(), "{} {}", self.file, self.quantity);
        for (found, expected) in found.iter().zip(expected) {
            self.difference((found - expected).abs());
        }
    }

    /// Whether everything stayed within the tolerance.
    pub fn holds(&self) -> bool {
        self.worst <= self.tolerance
    }
}

/// The rows as a Markdown table.
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| recording | quantity | cases | values | worst difference | tolerance | holds |\n|---|---|---|---|---|---|---|\n",
    );
    for row in rows.iter().filter(|row| row.cases > 0) {
        text += &format!(
            "| `{}` | {} | {} | {} | {:.1e} | {:.1e} | {} |\n",
            row.file,
            row.quantity,
            row.cases,
            row.values,
            row.worst,
            row.tolerance,
            if row.holds() { "yes" } else { "NO" }
        );
    }
    text
}

/// Prints the table and fails when nothing was compared or a tolerance was exceeded.
#[allow(dead_code, reason = "the example prints the table only")]
pub fn require(rows: &[Row]) {
    println!("{}", table(rows));
    let (cases, values) = rows.iter().fold((0, 0), |sum, row| (sum.0 + row.cases, sum.1 + row.values));
    println!("{values} values compared in {cases} comparisons of recorded cases");
    assert!(values > 0, "no recorded case was found");
    // Another set of recordings may lack some; the project's own has a case for every row.
    let empty: Vec<_> = rows.iter().filter(|row| row.cases == 0).map(|row| &row.quantity).collect();
    assert!(empty.is_empty() || super::cases::is_another_set(), "nothing recorded for {empty:?}");
    let failed: Vec<_> = rows
        .iter()
        .filter(|row| !row.holds())
        .map(|row| format!("{} {}: {:e} > {:e}", row.file, row.quantity, row.worst, row.tolerance))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
