//! Model-based transfer learning (Cho et al., 2024): which few of many contexts to train on, so that the policies do
//! well on all of them. What training on a context would give is modelled by a Gaussian process, what its policy
//! loses elsewhere by a line; the next context is the one that promises most over what there is.
//!
//! ```text
//! next x = argmax_x sum_{x'} max(0, mu(x) + beta sigma(x) - theta |x - x'| - Vbest(x'))
//! ```

mod gaussian_process;
mod study;

pub use gaussian_process::GaussianProcess;
pub use study::{CartPoleSettings, cart_pole_study};

/// Settings of a [`ContextSelection`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SelectionConfig {
    /// What a policy loses for every unit between the context that it is trained on and another one (theta); where it
    /// is estimated, at least.
    pub slope: f64,
    /// Whether the slope is that of what the policies so far have lost (least squares). With one that is too small every
    /// context promises to cover all others alike, and where it lies does not matter.
    pub estimate_slope: bool,
    /// Deviations of the model's prediction that are added to it (beta).
    pub exploration: f64,
    /// Standard deviation of the noise of a measured performance.
    pub noise: f64,
}

impl Default for SelectionConfig {
    /// For contexts that are numbered, and performances from 0 to 1.
    fn default() -> Self {
        Self { slope: 0.005, estimate_slope: true, exploration: 1.0, noise: 0.1 }
    }
}

/// Chooses contexts to train on, one after another, by what training on the ones before has given.
#[derive(Clone, Debug, PartialEq)]
pub struct ContextSelection {
    contexts: Vec<f64>,
    config: SelectionConfig,
    /// Index and performance of every context that was trained on.
    sources: Vec<(usize, f64)>,
    /// Best performance measured on every context (Vbest).
    best: Vec<f64>,
    /// Sums over all sources and contexts: what was lost times the distance, and the square of the distance.
    lost: [f64; 2],
}

impl ContextSelection {
    /// A selection among `contexts`, which are numbers on a line in any order.
    pub fn new(contexts: Vec<f64>, config: SelectionConfig) -> Self {
        let best = vec![0.0; contexts.len()];
        Self { contexts, config, sources: Vec::new(), best, lost: [0.0; 2] }
    }

    /// The context to train on next, by its index: the middle one first. `None` when all were trained on.
    pub fn next(&self) -> Option<usize> {
        let open = |index: &usize| self.sources.iter().all(|(source, _)| source != index);
        if self.sources.is_empty() {
            let mut order: Vec<usize> = (0..self.contexts.len()).collect();
            order.sort_by(|&a, &b| self.contexts[a].total_cmp(&self.contexts[b]));
            return order.get(self.contexts.len() / 2).copied();
        }
        let (places, performances): (Vec<f64>, Vec<f64>) =
            self.sources.iter().map(|&(source, performance)| (self.contexts[source], performance)).unzip();
        let extent = |of: fn(f64, f64) -> f64| self.contexts.iter().copied().reduce(of).unwrap_or(0.0);
        let range = (extent(f64::max) - extent(f64::min)).max(1e-9);
        let process = GaussianProcess::fit(&places, &performances, self.config.noise, range);
        (0..self.contexts.len())
            .filter(open)
            .map(|index| (index, self.gain(&process, index)))
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
            .map(|(index, _)| index)
    }

    /// What training on the context `index` promises over what there is, all contexts together.
    fn gain(&self, process: &GaussianProcess, index: usize) -> f64 {
        let (mean, deviation) = process.predict(self.contexts[index]);
        let hoped = mean + self.config.exploration * deviation;
        let slope = self.slope();
        let over = |(other, best): (&f64, &f64)| {
            (hoped - slope * (self.contexts[index] - other).abs() - best).max(0.0)
        };
        self.contexts.iter().zip(&self.best).map(over).sum()
    }

    /// What a policy is taken to lose for every unit between two contexts.
    pub fn slope(&self) -> f64 {
        let [product, square] = self.lost;
        if self.config.estimate_slope && square > 0.0 {
            self.config.slope.max(product / square)
        } else {
            self.config.slope
        }
    }

    /// Takes note of a policy that was trained on context `source` and reaches `performance` on every context.
    ///
    /// # Panics
    /// When there is no such context, or not a performance for each.
    pub fn record(&mut self, source: usize, performance: &[f64]) {
        assert_eq!(performance.len(), self.contexts.len(), "a performance for every context");
        self.sources.push((source, performance[source]));
        for ((best, reached), context) in self.best.iter_mut().zip(performance).zip(&self.contexts) {
            *best = best.max(*reached);
            let distance = (context - self.contexts[source]).abs();
            self.lost[0] += distance * (performance[source] - reached).max(0.0);
            self.lost[1] += distance * distance;
        }
    }

    /// Best performance measured on every context.
    pub fn best(&self) -> &[f64] {
        &self.best
    }

    /// Contexts trained on, in order.
    pub fn sources(&self) -> impl Iterator<Item = usize> {
        self.sources.iter().map(|(source, _)| *source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a policy trained on `source` reaches on `other`: contexts up to 59 are easy.
    fn reached(source: usize, other: usize) -> f64 {
        let own = if source < 60 { 1.0 } else { 0.2 };
        f64::max(0.0, own - 0.02 * source.abs_diff(other) as f64)
    }

    #[test]
    fn the_middle_comes_first_and_then_what_is_not_covered() {
        let mut selection =
            ContextSelection::new((0..100).map(f64::from).collect(), SelectionConfig::default());
        for _ in 0..6 {
            let next = selection.next().unwrap();
            let performance: Vec<f64> = (0..100).map(|other| reached(next, other)).collect();
            selection.record(next, &performance);
        }
        let sources: Vec<usize> = selection.sources().collect();
        assert_eq!(sources[0], 50);
        let mut different = sources.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 6);
        let mean = |best: &[f64]| best.iter().sum::<f64>() / 100.0;
        let best_alone: f64 = (0..100).map(|other| reached(50, other)).sum::<f64>() / 100.0;
        assert!(mean(selection.best()) > best_alone + 0.1, "{sources:?}");
        assert!(sources[1..].iter().any(|source| *source < 30), "the far side is looked at: {sources:?}");
    }

    #[test]
    fn the_slope_is_what_policies_lose_with_distance() {
        let config = SelectionConfig::default();
        let mut selection = ContextSelection::new((0..100).map(f64::from).collect(), config);
        assert_eq!(selection.slope(), config.slope);
        selection.record(40, &[0.5; 100]);
        assert_eq!(selection.slope(), config.slope, "nothing was lost");
        let mut selection = ContextSelection::new((0..100).map(f64::from).collect(), config);
        let lost = |other: usize| 0.9 - 0.0075 * other.abs_diff(40) as f64;
        selection.record(40, &(0..100).map(lost).collect::<Vec<f64>>());
        assert!((selection.slope() - 0.0075).abs() < 1e-9);
        let fixed = SelectionConfig { estimate_slope: false, ..config };
        let mut selection = ContextSelection::new((0..100).map(f64::from).collect(), fixed);
        selection.record(40, &(0..100).map(lost).collect::<Vec<f64>>());
        assert_eq!(selection.slope(), fixed.slope);
    }

    #[test]
    fn all_contexts_are_trained_on_before_there_is_none() {
        let mut selection = ContextSelection::new(vec![3.0, 1.0, 2.0], SelectionConfig::default());
        assert_eq!(selection.next(), Some(2), "2 is the middle");
        for _ in 0..3 {
            let next = selection.next().unwrap();
            selection.record(next, &[0.5; 3]);
        }
        assert_eq!(selection.next(), None);
        assert_eq!(ContextSelection::new(Vec::new(), SelectionConfig::default()).next(), None);
    }
}
