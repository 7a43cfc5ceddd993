//! A linear function of the action that is nowhere below a network: each unit that may be on or off is
//! replaced by a line above it or below it, from the first layer to the last. The sums that bound units
//! respect how many components can still be added.
//!
//! The propagation of lines is that of H. Zhang et al., "Efficient neural network robustness certification
//! with general activation functions" (NeurIPS 2018), with the box of inputs replaced by the completions of
//! an action.

use pentathlon_engine::{VectorWork, with_wide_vectors};
use pentathlon_envs::cormab::feasible::Completion;

use super::{
    action_network::ActionNetwork,
    largest_sum::{Lanes, WIDTH, largest_sum, largest_sums, read},
};

/// Bounds of the units of one layer and the lines that replace them.
#[derive(Clone, Debug, Default)]
struct Units {
    lower: Vec<f32>,
    upper: Vec<f32>,
    /// Slope and offset of the line above each rectified unit.
    above: Vec<(f32, f32)>,
    /// Slope of the line through 0 below each.
    below: Vec<f32>,
}

impl Units {
    fn resize(&mut self, count: usize) {
        self.lower.resize(count, 0.0);
        self.upper.resize(count, 0.0);
        self.above.resize(count, (0.0, 0.0));
        self.below.resize(count, 0.0);
    }

    /// Chooses the lines that follow from the bounds.
    #[inline(always)]
    fn draw_lines(&mut self) {
        for unit in 0..self.lower.len() {
            let (low, high) = (self.lower[unit], self.upper[unit]);
            (self.above[unit], self.below[unit]) = if high <= 0.0 {
                ((0.0, 0.0), 0.0)
            } else if low >= 0.0 {
                ((1.0, 0.0), 1.0)
            } else {
                let slope = high / (high - low);
                ((slope, -low * slope), if high > -low { 1.0 } else { 0.0 })
            };
        }
    }

    /// Replaces units by the lines above them where their factor is positive, and below them elsewhere.
    #[inline(always)]
    fn replace_by_lines(&self, coefficients: &mut [Lanes], constants: &mut Lanes) {
        for ((lanes, above), below) in coefficients.iter_mut().zip(&self.above).zip(&self.below) {
            for (coefficient, constant) in lanes.iter_mut().zip(constants.iter_mut()) {
                let positive = if *coefficient > 0.0 { *coefficient } else { 0.0 };
                *constant += positive * above.1;
                *coefficient = positive * above.0 + (*coefficient - positive) * below;
            }
        }
    }

    /// Writes the intervals of the outputs of a layer that follow from the intervals of these units, its inputs;
    /// `weights` are `[inputs][outputs]`.
    #[inline(always)]
    fn intervals(&self, weights: &[f32], biases: &[f32], lower: &mut [f32], upper: &mut [f32]) {
        lower.copy_from_slice(biases);
        upper.copy_from_slice(biases);
        let outputs = biases.len();
        for (weights, (low, high)) in weights.chunks_exact(outputs).zip(self.lower.iter().zip(&self.upper)) {
            let (low, high) = (low.max(0.0), high.max(0.0));
            for ((weight, lower), upper) in weights.iter().zip(lower.iter_mut()).zip(upper.iter_mut()) {
                let (at_low, at_high) = (weight * low, weight * high);
                *lower += if at_low < at_high { at_low } else { at_high };
                *upper += if at_low < at_high { at_high } else { at_low };
            }
        }
    }

    /// The interval of one output whose weights are `weights`.
    #[inline(always)]
    fn interval(&self, weights: &[f32], bias: f32) -> (f32, f32) {
        let (mut lower, mut upper) = ([0.0], [0.0]);
        self.intervals(weights, &[bias], &mut lower, &mut upper);
        (lower[0], upper[0])
    }
}

/// The relaxation and the memory that computing it takes.
#[derive(Clone, Debug, Default)]
pub(super) struct Relaxation {
    /// Value of the linear function when nothing is added.
    pub(super) constant: f32,
    /// What each candidate adds, in the order of the candidates.
    pub(super) slopes: Vec<f32>,
    units: Vec<Units>,
    lines: Lines,
    /// What candidates add to a few of the first pre-activations.
    columns: Vec<Lanes>,
    undecided: Vec<usize>,
    sorted: Vec<f32>,
}

/// The part of an action that is relaxed, and what may be added to it.
#[derive(Clone, Copy)]
struct Part<'a> {
    network: &'a ActionNetwork,
    /// First pre-activations of the part.
    first: &'a [f32],
    candidates: &'a [usize],
    /// Fewest and most candidates that are added.
    numbers: (usize, usize),
}

/// Computing the lines above a network for one part of an action.
struct Relax<'a> {
    relaxation: &'a mut Relaxation,
    part: Part<'a>,
}

impl VectorWork for Relax<'_> {
    /// The bound of the output that follows from the intervals of the units before it.
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        self.relaxation.draw(&self.part)
    }
}

impl Relaxation {
    /// Computes the linear function for a part of an action whose first pre-activations are `first`, and any
    /// completion by `candidates`; answers with a bound of all completions.
    pub(super) fn relax(
        &mut self,
        network: &ActionNetwork,
        first: &[f32],
        candidates: &[usize],
        completion: &Completion<'_>,
    ) -> f32 {
        let most = match completion.costs {
            Some((costs, spare)) => {
                affordable(costs, spare, candidates, &mut self.sorted).min(completion.at_most)
            }
            None => completion.at_most,
        };
        let numbers = (completion.at_least, most);
        let part = Part { network, first, candidates, numbers };
        let interval = with_wide_vectors(Relax { relaxation: self, part });
        let mut sum = largest_sum(&self.slopes, 1.0, numbers, &mut self.sorted);
        if let Some((costs, spare)) = completion.costs {
            sum = sum.min(knapsack_bound(&self.slopes, costs, spare, candidates));
        }
        interval.min(self.constant + sum)
    }

    /// A bound of all completions without the candidate at the index `excluded`, from the function as it stands.
    pub(super) fn bound_without(&mut self, excluded: usize, completion: &Completion<'_>) -> f32 {
        let kept = std::mem::replace(&mut self.slopes[excluded], f32::NEG_INFINITY);
        let numbers = (completion.at_least, completion.at_most);
        let sum = largest_sum(&self.slopes, 1.0, numbers, &mut self.sorted);
        self.slopes[excluded] = kept;
        self.constant + sum
    }

    /// Bounds the units of one layer after the other; answers with the bound of the output's interval.
    #[inline(always)]
    fn draw(&mut self, part: &Part<'_>) -> f32 {
        let layers = &part.network.layers;
        self.slopes.clear();
        let Some(last) = layers.len().checked_sub(1) else {
            self.constant = part.first[0];
            self.slopes.extend(part.candidates.iter().map(|component| part.network.column(*component)[0]));
            return f32::INFINITY;
        };
        self.units.resize_with(layers.len(), Units::default);
        self.bound_first(part);
        for layer in 0..last {
            self.bound_layer(part, layer);
        }
        let (_, high) = self.units[last].interval(&layers[last].weights, layers[last].biases[0]);
        self.lines.draw(part, &self.units, last, &[0], 1.0);
        self.constant = self.lines.constants[0];
        self.slopes.extend(self.lines.slopes.iter().map(|slopes| slopes[0]));
        high
    }

    /// Bounds the first pre-activations.
    #[inline(always)]
    fn bound_first(&mut self, part: &Part<'_>) {
        let units = &mut self.units[0];
        units.resize(part.first.len());
        for begin in (0..part.first.len()).step_by(WIDTH) {
            let base = read(part.first, begin);
            let columns = part.candidates.iter().map(|component| part.network.column(*component));
            self.columns.clear();
            self.columns.extend(columns.map(|column| read(column, begin)));
            let up = largest_sums(&self.columns, 1.0, part.numbers, &mut self.sorted);
            let down = largest_sums(&self.columns, -1.0, part.numbers, &mut self.sorted);
            let upper = units.upper[begin..].iter_mut().zip(units.lower[begin..].iter_mut());
            for (lane, (upper, lower)) in upper.take(WIDTH).enumerate() {
                *upper = base[lane] + up[lane];
                *lower = base[lane] - down[lane];
            }
        }
        units.draw_lines();
    }

    /// Bounds the pre-activations of the units that `layer` feeds.
    #[inline(always)]
    fn bound_layer(&mut self, part: &Part<'_>, layer: usize) {
        let fed = &part.network.layers[layer];
        let mut next = std::mem::take(&mut self.units[layer + 1]);
        next.resize(fed.outputs);
        self.units[layer].intervals(&fed.weights, &fed.biases, &mut next.lower, &mut next.upper);
        for sign in [1.0, -1.0] {
            let open = |unit: &usize| next.lower[*unit] < 0.0 && next.upper[*unit] > 0.0;
            self.undecided.clear();
            self.undecided.extend((0..fed.outputs).filter(open));
            for outputs in self.undecided.chunks(WIDTH) {
                self.lines.draw(part, &self.units, layer, outputs, sign);
                let (constants, slopes) = (&self.lines.constants, &self.lines.slopes);
                let sums = largest_sums(slopes, 1.0, part.numbers, &mut self.sorted);
                for (lane, output) in outputs.iter().enumerate() {
                    let most = constants[lane] + sums[lane];
                    match sign > 0.0 {
                        true => next.upper[*output] = next.upper[*output].min(most),
                        false => next.lower[*output] = next.lower[*output].max(-most),
                    }
                }
            }
        }
        for (upper, lower) in next.upper.iter_mut().zip(&next.lower) {
            *upper = upper.max(*lower);
        }
        next.draw_lines();
        self.units[layer + 1] = next;
    }
}

/// Linear functions of the action above some outputs of a layer, side by side.
#[derive(Clone, Debug, Default)]
struct Lines {
    constants: Lanes,
    /// What each candidate adds.
    slopes: Vec<Lanes>,
    /// Factors of the units of the layer that is looked at.
    coefficients: Vec<Lanes>,
    /// Factors of the units of the layer before it.
    behind: Vec<Lanes>,
}

impl Lines {
    /// The functions above `sign` times `outputs`, at most [`WIDTH`], of `layer`.
    #[inline(always)]
    fn draw(&mut self, part: &Part<'_>, units: &[Units], layer: usize, outputs: &[usize], sign: f32) {
        let last = &part.network.layers[layer];
        let mut constants = [0.0; WIDTH];
        for (constant, output) in constants.iter_mut().zip(outputs) {
            *constant = sign * last.biases[*output];
        }
        self.coefficients.clear();
        for input in 0..last.inputs {
            let weights = last.from_input(input);
            let mut coefficients = [0.0; WIDTH];
            for (coefficient, output) in coefficients.iter_mut().zip(outputs) {
                *coefficient = sign * weights[*output];
            }
            self.coefficients.push(coefficients);
        }
        for below in (0..=layer).rev() {
            units[below].replace_by_lines(&mut self.coefficients, &mut constants);
            let Some(feeding) = below.checked_sub(1) else { break };
            // The pre-activations of these units in terms of the units before them.
            let feeding = &part.network.layers[feeding];
            for (coefficients, bias) in self.coefficients.iter().zip(&feeding.biases) {
                add_scaled(&mut constants, *bias, coefficients);
            }
            self.behind.clear();
            for input in 0..feeding.inputs {
                let mut sums = [0.0; WIDTH];
                for (weight, coefficients) in feeding.from_input(input).iter().zip(&self.coefficients) {
                    add_scaled(&mut sums, *weight, coefficients);
                }
                self.behind.push(sums);
            }
            std::mem::swap(&mut self.coefficients, &mut self.behind);
        }
        for (unit, coefficients) in part.first.iter().zip(&self.coefficients) {
            add_scaled(&mut constants, *unit, coefficients);
        }
        self.slopes.clear();
        for component in part.candidates {
            let mut slopes = [0.0; WIDTH];
            for (add, coefficients) in part.network.column(*component).iter().zip(&self.coefficients) {
                add_scaled(&mut slopes, *add, coefficients);
            }
            self.slopes.push(slopes);
        }
        self.constants = constants;
    }
}

#[inline(always)]
fn add_scaled(to: &mut Lanes, factor: f32, from: &Lanes) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

/// How many of `candidates` can be paid for, cheapest first.
fn affordable(costs: &[u32], spare: u32, candidates: &[usize], sorted: &mut Vec<f32>) -> usize {
    sorted.clear();
    sorted.extend(candidates.iter().map(|component| costs[*component] as f32));
    sorted.sort_unstable_by(f32::total_cmp);
    let mut left = spare as f32;
    sorted
        .iter()
        .take_while(|cost| {
            left -= **cost;
            left >= 0.0
        })
        .count()
}

/// The largest sum of slopes whose costs stay within `spare`, the last candidate possibly in part.
fn knapsack_bound(slopes: &[f32], costs: &[u32], spare: u32, candidates: &[usize]) -> f32 {
    let mut items = [(0.0f32, 0.0f32); 128];
    let mut count = 0;
    for (slope, component) in slopes.iter().zip(candidates).filter(|(slope, _)| **slope > 0.0) {
        items[count] = (*slope, costs[*component] as f32);
        count += 1;
    }
    let items = &mut items[..count];
    // By what a unit of cost brings. Compared as quotients: rounded products are no total order.
    items.sort_unstable_by(|a, b| (b.0 / b.1).total_cmp(&(a.0 / a.1)));
    let mut left = spare as f32;
    let mut sum = 0.0;
    for (slope, cost) in items {
        let part = (left / *cost).min(1.0);
        sum += part * *slope;
        left -= part * *cost;
        if left <= 0.0 {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_limit_sums() {
        assert_eq!(affordable(&[4, 2, 3], 5, &[0, 1, 2], &mut Vec::new()), 2);
        assert_eq!(knapsack_bound(&[4.0, 3.0, -1.0], &[4, 2, 1], 4, &[0, 1, 2]), 5.0);
    }
}
