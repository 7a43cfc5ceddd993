//! The gradient of a loss with respect to a network's parameters, by going backwards through one sample
//! after the other. Networks are so small that products of matrices would cost more than they save.

use pentathlon_engine::{VectorWork, with_wide_vectors};
use pentathlon_envs::cormab::action::{ActionMask, components};

use super::super::network::ReluNetwork;

/// Gradients of all parameters, and the memory that computing them takes.
#[derive(Clone, Debug)]
pub struct Gradient {
    /// Of each layer: gradients of weights and of biases.
    pub(super) layers: Vec<(Vec<f32>, Vec<f32>)>,
    /// Pre-activations of each layer.
    units: Vec<Vec<f32>>,
    errors: [Vec<f32>; 2],
}

impl Gradient {
    /// No gradient yet, for networks of the sizes of `network`.
    pub fn new(network: &ReluNetwork) -> Self {
        let zeros = network
            .layers()
            .iter()
            .map(|layer| (vec![0.0; layer.weights.len()], vec![0.0; layer.biases.len()]));
        Self {
            layers: zeros.collect(),
            units: network.layers().iter().map(|layer| vec![0.0; layer.outputs]).collect(),
            errors: Default::default(),
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        for (weights, biases) in &mut self.layers {
            weights.fill(0.0);
            biases.fill(0.0);
        }
    }

    /// Limits every entry to `-limit..=limit`.
    pub fn clip(&mut self, limit: f32) {
        for (weights, biases) in &mut self.layers {
            weights.iter_mut().chain(biases).for_each(|entry| *entry = entry.clamp(-limit, limit));
        }
    }

    /// The value of `action` at `levels` in single precision; the units are kept for [`Self::add`].
    pub fn forward(&mut self, network: &ReluNetwork, levels: &[u8], action: ActionMask) -> f32 {
        with_wide_vectors(Forward { gradient: self, network, levels, action })
    }

    #[inline(always)]
    fn propagate(&mut self, network: &ReluNetwork, levels: &[u8], action: ActionMask) -> f32 {
        let first = &network.layers()[0];
        let units = &mut self.units[0];
        units.copy_from_slice(&first.biases);
        for component in components(action) {
            add_scaled(units, 1.0, first.from_input(component));
        }
        for (arm, level) in levels.iter().enumerate().filter(|(_, level)| **level != 0) {
            add_scaled(units, f32::from(*level), first.from_input(network.components() + arm));
        }
        for (index, layer) in network.layers().iter().enumerate().skip(1) {
            let (before, after) = self.units.split_at_mut(index);
            after[0].copy_from_slice(&layer.biases);
            for (input, unit) in before[index - 1].iter().enumerate().filter(|(_, unit)| **unit > 0.0) {
                add_scaled(&mut after[0], *unit, layer.from_input(input));
            }
        }
        self.units[network.layers().len() - 1][0]
    }

    /// Adds the gradient of the sample of the last [`Self::forward`], whose loss changes with the value at
    /// the rate `slope`.
    pub fn add(&mut self, network: &ReluNetwork, levels: &[u8], action: ActionMask, slope: f32) {
        with_wide_vectors(Backward { gradient: self, network, levels, action, slope });
    }

    #[inline(always)]
    fn propagate_back(&mut self, network: &ReluNetwork, levels: &[u8], action: ActionMask, slope: f32) {
        let [errors, before] = &mut self.errors;
        errors.clear();
        errors.push(slope);
        for (index, layer) in network.layers().iter().enumerate().rev() {
            let (weights, biases) = &mut self.layers[index];
            add_scaled(biases, 1.0, errors);
            if index == 0 {
                for component in components(action) {
                    add_scaled(&mut weights[component * layer.outputs..][..layer.outputs], 1.0, errors);
                }
                for (arm, level) in levels.iter().enumerate().filter(|(_, level)| **level != 0) {
                    let input = network.components() + arm;
                    let weights = &mut weights[input * layer.outputs..][..layer.outputs];
                    add_scaled(weights, f32::from(*level), errors);
                }
                return;
            }
            before.clear();
            before.resize(layer.inputs, 0.0);
            for (input, unit) in self.units[index - 1].iter().enumerate().filter(|(_, unit)| **unit > 0.0) {
                add_scaled(&mut weights[input * layer.outputs..][..layer.outputs], *unit, errors);
                before[input] = dot(layer.from_input(input), errors);
            }
            std::mem::swap(errors, before);
        }
    }
}

struct Forward<'a> {
    gradient: &'a mut Gradient,
    network: &'a ReluNetwork,
    levels: &'a [u8],
    action: ActionMask,
}

impl VectorWork for Forward<'_> {
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        self.gradient.propagate(self.network, self.levels, self.action)
    }
}

struct Backward<'a> {
    gradient: &'a mut Gradient,
    network: &'a ReluNetwork,
    levels: &'a [u8],
    action: ActionMask,
    slope: f32,
}

impl VectorWork for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.gradient.propagate_back(self.network, self.levels, self.action, self.slope);
    }
}

#[inline(always)]
fn add_scaled(to: &mut [f32], factor: f32, from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

/// The inner product, in eight sums side by side.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let mut network = ReluNetwork::random(4, 3, &[6, 5], &mut Philox::for_level(3, 3));
        let (levels, action) = ([1, 0, 3], 0b1010);
        let mut gradient = Gradient::new(&network);
        let value = gradient.forward(&network, &levels, action);
        assert!((f64::from(value) - network.value(&levels, action)).abs() < 1e-5);
        gradient.add(&network, &levels, action, 2.0);
        let mut compared = 0;
        for layer in 0..3 {
            for index in 0..network.layers()[layer].weights.len() {
                let h = 1e-3;
                let original = network.layers()[layer].weights[index];
                let mut at = |shift: f32| {
                    network.layers_mut()[layer].weights[index] = original + shift;
                    network.value(&levels, action)
                };
                let slope = 2.0 * (at(h) - at(-h)) / f64::from(2.0 * h);
                network.layers_mut()[layer].weights[index] = original;
                let ours = f64::from(gradient.layers[layer].0[index]);
                assert!((slope - ours).abs() < 1e-3, "layer {layer} weight {index}: {slope} {ours}");
                compared += usize::from(ours != 0.0);
            }
        }
        assert!(compared > 10, "only {compared} gradients are not 0");
    }
}
