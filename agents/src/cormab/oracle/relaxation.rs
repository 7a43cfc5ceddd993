//! A linear function of the action that is nowhere below a network: each unit that may be on or off is
//! replaced by a line above it or below it, from the first layer to the last. The sums that bound units
//! respect how many components can still be added.
//!
//! The propagation of lines is that of H. Zhang et al., "Efficient neural network robustness certification
//! with general activation functions" (NeurIPS 2018), with the box of inputs replaced by the completions of
//! an action.

use pentathlon_envs::cormab::feasible::Completion;

use super::action_network::ActionNetwork;

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
}

/// The relaxation and the memory that computing it takes.
#[derive(Clone, Debug, Default)]
pub(super) struct Relaxation {
    /// Value of the linear function when nothing is added.
    pub(super) constant: f32,
    /// What each candidate adds, in the order of the candidates.
    pub(super) slopes: Vec<f32>,
    units: Vec<Units>,
    /// What candidates add to first pre-activations, `[units][candidates]`.
    adds: Vec<f32>,
    coefficients: Vec<f32>,
    behind: Vec<f32>,
    sorted: Vec<f32>,
}

impl Relaxation {
    /// Computes the linear function for a part of an action whose first pre-activations are `part`, and any
    /// completion by `candidates`; answers with a bound of all completions.
    pub(super) fn relax(
        &mut self,
        network: &ActionNetwork,
        part: &[f32],
        candidates: &[usize],
        completion: &Completion<'_>,
    ) -> f32 {
        let count = candidates.len();
        let most = match completion.costs {
            Some((costs, spare)) => {
                affordable(costs, spare, candidates, &mut self.sorted).min(completion.at_most)
            }
            None => completion.at_most,
        };
        let numbers = (completion.at_least, most);
        self.adds.resize(part.len() * count, 0.0);
        for (index, component) in candidates.iter().enumerate() {
            for (unit, weight) in network.column(*component).iter().enumerate() {
                self.adds[unit * count + index] = *weight;
            }
        }
        self.units.resize_with(network.layers.len(), Units::default);
        if let Some(first) = self.units.first_mut() {
            first.resize(part.len());
            for (unit, base) in part.iter().enumerate() {
                let adds = &self.adds[unit * count..][..count];
                first.upper[unit] = base + largest_sum(adds, 1.0, numbers, &mut self.sorted);
                first.lower[unit] = base - largest_sum(adds, -1.0, numbers, &mut self.sorted);
            }
            first.draw_lines();
        }
        for layer in 0..network.layers.len().saturating_sub(1) {
            self.bound_layer(network, part, layer, count, numbers);
        }
        let interval = self.line_above_output(network, part, count);
        let sum = match completion.costs {
            Some((costs, spare)) => {
                let budgeted = knapsack_bound(&self.slopes, costs, spare, candidates);
                budgeted.min(largest_sum(&self.slopes, 1.0, numbers, &mut self.sorted))
            }
            None => largest_sum(&self.slopes, 1.0, numbers, &mut self.sorted),
        };
        interval.min(self.constant + sum)
    }

    /// A bound of all completions that add none but candidates in `allowed`, from the function as it stands.
    pub(super) fn bound_without(&mut self, excluded: usize, completion: &Completion<'_>) -> f32 {
        let kept = std::mem::replace(&mut self.slopes[excluded], f32::NEG_INFINITY);
        let numbers = (completion.at_least, completion.at_most);
        let sum = largest_sum(&self.slopes, 1.0, numbers, &mut self.sorted);
        self.slopes[excluded] = kept;
        self.constant + sum
    }

    /// Bounds the pre-activations of the units that `layer` feeds.
    fn bound_layer(
        &mut self,
        network: &ActionNetwork,
        part: &[f32],
        layer: usize,
        count: usize,
        numbers: (usize, usize),
    ) {
        let mut next = std::mem::take(&mut self.units[layer + 1]);
        let outputs = network.layers[layer].outputs;
        next.resize(outputs);
        for output in 0..outputs {
            let (low, high) = self.interval(network, layer, output);
            let (mut low, mut high) = (low, high);
            if low < 0.0 && high > 0.0 {
                let line = self.line_above(network, part, layer, output, 1.0, count);
                high = high.min(line + largest_sum(&self.slopes, 1.0, numbers, &mut self.sorted));
                if high > 0.0 {
                    let line = self.line_above(network, part, layer, output, -1.0, count);
                    low = low.max(-(line + largest_sum(&self.slopes, 1.0, numbers, &mut self.sorted)));
                }
            }
            next.lower[output] = low;
            next.upper[output] = high.max(low);
        }
        next.draw_lines();
        self.units[layer + 1] = next;
    }

    /// Interval of an output of `layer` that follows from the intervals of its inputs.
    fn interval(&self, network: &ActionNetwork, layer: usize, output: usize) -> (f32, f32) {
        let inputs = network.layers[layer].inputs;
        let weights = &network.by_output[layer][output * inputs..][..inputs];
        let bias = network.layers[layer].biases[output];
        let units = &self.units[layer];
        let (mut low, mut high) = (bias, bias);
        for ((weight, lower), upper) in weights.iter().zip(&units.lower).zip(&units.upper) {
            let (at_lower, at_upper) = (weight * lower.max(0.0), weight * upper.max(0.0));
            low += at_lower.min(at_upper);
            high += at_lower.max(at_upper);
        }
        (low, high)
    }

    /// The line above the output of the whole network; answers with the bound of its interval.
    fn line_above_output(&mut self, network: &ActionNetwork, part: &[f32], count: usize) -> f32 {
        let Some(last) = network.layers.len().checked_sub(1) else {
            self.constant = part[0];
            self.slopes.clear();
            self.slopes.extend_from_slice(&self.adds[..count]);
            return f32::INFINITY;
        };
        let (_, high) = self.interval(network, last, 0);
        self.constant = self.line_above(network, part, last, 0, 1.0, count);
        high
    }

    /// The linear function above `sign` times an output of `layer`: writes the slopes, answers with the
    /// constant.
    fn line_above(
        &mut self,
        network: &ActionNetwork,
        part: &[f32],
        layer: usize,
        output: usize,
        sign: f32,
        count: usize,
    ) -> f32 {
        let inputs = network.layers[layer].inputs;
        let weights = &network.by_output[layer][output * inputs..][..inputs];
        self.coefficients.clear();
        self.coefficients.extend(weights.iter().map(|weight| sign * weight));
        let mut constant = sign * network.layers[layer].biases[output];
        for below in (0..=layer).rev() {
            let units = &self.units[below];
            for ((coefficient, above), slope_below) in
                self.coefficients.iter_mut().zip(&units.above).zip(&units.below)
            {
                if *coefficient > 0.0 {
                    constant += *coefficient * above.1;
                    *coefficient *= above.0;
                } else {
                    *coefficient *= slope_below;
                }
            }
            let Some(feeding) = below.checked_sub(1) else { break };
            // The pre-activations of these units in terms of the units before them.
            let feeding_layer = &network.layers[feeding];
            self.behind.clear();
            self.behind.resize(feeding_layer.inputs, 0.0);
            for (unit, coefficient) in self.coefficients.iter().enumerate() {
                constant += coefficient * feeding_layer.biases[unit];
                let weights =
                    &network.by_output[feeding][unit * feeding_layer.inputs..][..feeding_layer.inputs];
                for (sum, weight) in self.behind.iter_mut().zip(weights) {
                    *sum += coefficient * weight;
                }
            }
            std::mem::swap(&mut self.coefficients, &mut self.behind);
        }
        self.slopes.clear();
        self.slopes.resize(count, 0.0);
        for (unit, coefficient) in self.coefficients.iter().enumerate().filter(|(_, c)| **c != 0.0) {
            constant += coefficient * part[unit];
            let adds = &self.adds[unit * count..][..count];
            for (slope, add) in self.slopes.iter_mut().zip(adds) {
                *slope += coefficient * add;
            }
        }
        constant
    }
}

/// The largest sum of `sign` times at least `numbers.0` and at most `numbers.1` of `values`.
fn largest_sum(values: &[f32], sign: f32, numbers: (usize, usize), sorted: &mut Vec<f32>) -> f32 {
    let (least, most) = (numbers.0.min(values.len()), numbers.1.min(values.len()));
    if most == 0 {
        return 0.0;
    }
    if least == 0 && most == values.len() {
        return values.iter().map(|value| (sign * value).max(0.0)).sum();
    }
    sorted.clear();
    if most <= 8 {
        // The largest so far, in descending order.
        let mut top = [f32::NEG_INFINITY; 8];
        let top = &mut top[..most];
        for value in values {
            let mut value = sign * value;
            if value <= top[most - 1] {
                continue;
            }
            for place in &mut *top {
                if value > *place {
                    std::mem::swap(place, &mut value);
                }
            }
        }
        sorted.extend_from_slice(top);
    } else {
        sorted.extend(values.iter().map(|value| sign * value));
        if most < sorted.len() {
            sorted.select_nth_unstable_by(most - 1, |a, b| b.total_cmp(a));
            sorted.truncate(most);
        }
        if least > 0 {
            sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        }
    }
    let needed: f32 = sorted[..least].iter().sum();
    needed + sorted[least..].iter().map(|value| value.max(0.0)).sum::<f32>()
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
    fn sums_take_as_many_as_they_may_and_must() {
        let values = [3.0, -1.0, 2.0, -4.0];
        let sum = |sign, numbers| largest_sum(&values, sign, numbers, &mut Vec::new());
        assert_eq!(sum(1.0, (0, 1)), 3.0);
        assert_eq!(sum(1.0, (0, 4)), 5.0);
        assert_eq!(sum(1.0, (3, 3)), 4.0);
        assert_eq!(sum(-1.0, (0, 2)), 5.0);
        assert_eq!(sum(1.0, (0, 0)), 0.0);
        let many: Vec<f32> = (0..40).map(|value| value as f32 - 20.0).collect();
        assert_eq!(largest_sum(&many, 1.0, (0, 10), &mut Vec::new()), (10..20).sum::<i32>() as f32);
        assert_eq!(largest_sum(&many, 1.0, (30, 30), &mut Vec::new()), (-10..20).sum::<i32>() as f32);
    }

    #[test]
    fn costs_limit_sums() {
        assert_eq!(affordable(&[4, 2, 3], 5, &[0, 1, 2], &mut Vec::new()), 2);
        assert_eq!(knapsack_bound(&[4.0, 3.0, -1.0], &[4, 2, 1], 4, &[0, 1, 2]), 5.0);
    }
}
