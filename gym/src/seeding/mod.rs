//! Random numbers: the upstreams' own streams, and the counter-based generator of training.

pub mod pcg64;
pub mod philox;
pub mod seed_sequence;

/// Random draws that level generators and rules make. The same generator code runs on the upstream's
/// stream ([`Pcg64`](pcg64::Pcg64)) and on the fast one ([`Philox`](philox::Philox)).
pub trait Random {
    /// A whole number in `low..high`. Draws nothing when only one value is possible.
    ///
    /// # Panics
    /// When `low >= high`, in debug builds.
    fn int(&mut self, low: i32, high: i32) -> i32;

    /// A number in `0.0..1.0` with 53 random bits.
    fn float(&mut self) -> f64;

    /// A whole number in `0..=top`, the way numpy's `shuffle` and `permutation` draw it.
    fn interval(&mut self, top: u32) -> u32;

    /// One of `items`, drawn as [`Random::int`] of its indices.
    fn element<T: Copy>(&mut self, items: &[T]) -> T
    where
        Self: Sized,
    {
        items[self.int(0, items.len() as i32) as usize]
    }

    /// True or false with equal chance; a drawn 0 is true.
    fn flag(&mut self) -> bool
    where
        Self: Sized,
    {
        self.int(0, 2) == 0
    }

    /// Shuffles `items` in numpy's order: from the last position down to the second.
    fn shuffle<T>(&mut self, items: &mut [T])
    where
        Self: Sized,
    {
        for last in (1..items.len()).rev() {
            let other = self.interval(last as u32) as usize;
            items.swap(last, other);
        }
    }

    /// An index of `weights`, which sum to 1 but for rounding, with that chance (numpy's
    /// `choice(n, p)`).
    fn weighted(&mut self, weights: &[f64]) -> usize
    where
        Self: Sized,
    {
        let total: f64 = weights.iter().fold(0.0, |sum, weight| sum + weight);
        let drawn = self.float();
        let mut sum = 0.0;
        weights
            .iter()
            .take_while(|&&weight| {
                sum += weight;
                sum / total <= drawn
            })
            .count()
    }
}
