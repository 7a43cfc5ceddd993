//! Layers on plain numbers: what they make of rows, and their gradients. Products of matrices are the `gemm` crate's.

use burn::nn::Linear;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use pentathlon_gym::seeding::{Random, philox::Philox};
use serde::{Deserialize, Serialize};

use crate::qmix::numbers;

/// Rows of a minibatch are worked on in so many parts, side by side where there are cores. A constant: the sum of the
/// parts is rounded differently for another number.
pub(crate) const SHARDS: usize = 2;

/// First row of a part of `rows`, and the row after its last.
pub(crate) fn bounds(rows: usize, shard: usize) -> [usize; 2] {
    [shard, shard + 1].map(|shard| rows * shard / SHARDS)
}

/// A layer, or its gradient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Dense {
    /// `[inputs, outputs]`.
    weight: Vec<f32>,
    /// `[outputs]`.
    bias: Vec<f32>,
}

/// A matrix in row-major order, or its transpose.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    values: &'a [f32],
    /// Rows and columns.
    shape: [usize; 2],
    /// Distance of rows, and of columns.
    strides: [isize; 2],
}

impl<'a> Matrix<'a> {
    fn new(values: &'a [f32], columns: usize) -> Self {
        Self { values, shape: [values.len() / columns, columns], strides: [columns as isize, 1] }
    }

    fn transposed(self) -> Self {
        let ([rows, columns], [row, column]) = (self.shape, self.strides);
        Self { shape: [columns, rows], strides: [column, row], ..self }
    }
}

/// Whether a product replaces what was there or is added to it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Into {
    Replace,
    Add,
}

/// The product of `a` and `b`, `[rows of a, columns of b]`.
fn multiply(a: Matrix<'_>, b: Matrix<'_>, into: Into, out: &mut [f32]) {
    let ([m, k], [inner, n]) = (a.shape, b.shape);
    assert!(k == inner && out.len() == m * n, "matrices that do not fit");
    assert!(a.values.len() == m * k && b.values.len() == k * n, "matrices that do not fit");
    // SAFETY: shapes and strides say that every element lies within its slice, which the lines above check; `out` is
    // borrowed mutably and overlaps neither of the others.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            into == Into::Add,
            a.values.as_ptr(),
            a.strides[1],
            a.strides[0],
            b.values.as_ptr(),
            b.strides[1],
            b.strides[0],
            1.0_f32,
            1.0_f32,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

impl Dense {
    pub fn of(layer: &Linear) -> Self {
        let bias = layer.bias.as_ref().map_or_else(Vec::new, |bias| numbers(bias.val().inner()));
        Self { weight: numbers(layer.weight.val().inner()), bias }
    }

    /// A layer `inputs -> outputs` whose weights and biases are uniform within `1 / sqrt(inputs)`.
    pub fn uniform(random: &mut Philox, [inputs, outputs]: [usize; 2]) -> Self {
        let bound = 1.0 / (inputs.max(1) as f64).sqrt();
        let mut draw = |count| (0..count).map(|_| ((2.0 * random.float() - 1.0) * bound) as f32).collect();
        Self { weight: draw(inputs * outputs), bias: draw(outputs) }
    }

    /// Weights and biases.
    pub fn parameters(&self) -> [&[f32]; 2] {
        [&self.weight, &self.bias]
    }

    /// Weights and biases, to change.
    pub fn parameters_mut(&mut self) -> [&mut [f32]; 2] {
        [&mut self.weight, &mut self.bias]
    }

    /// Takes the parameters a part of the way towards those of `other`.
    pub fn follow(&mut self, other: &Self, rate: f32) {
        for (values, others) in self.parameters_mut().into_iter().zip(other.parameters()) {
            values.iter_mut().zip(others).for_each(|(value, other)| *value += rate * (other - *value));
        }
    }

    /// Takes the parameters of `other`.
    ///
    /// # Errors
    /// A layer of another size.
    pub fn take(&mut self, other: Self) -> Result<(), String> {
        let size = |layer: &Self| [layer.weight.len() / layer.bias.len().max(1), layer.bias.len()];
        if self.weight.len() != other.weight.len() || self.bias.len() != other.bias.len() {
            let ([got, own], [inputs, outputs]) = (size(&other), size(self));
            return Err(format!("a layer of {got} to {own} where there is one of {inputs} to {outputs}"));
        }
        *self = other;
        Ok(())
    }

    /// A gradient of 0.
    pub fn zeros(&self) -> Self {
        Self { weight: vec![0.0; self.weight.len()], bias: vec![0.0; self.bias.len()] }
    }

    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    fn matrix(&self) -> Matrix<'_> {
        Matrix::new(&self.weight, self.outputs())
    }

    pub fn inputs(&self) -> usize {
        self.weight.len() / self.outputs()
    }

    /// What is added to every output.
    pub fn bias(&self) -> &[f32] {
        &self.bias
    }

    /// Writes the outputs for `rows`, without the bias.
    pub fn product(&self, rows: &[f32], out: &mut [f32]) {
        multiply(Matrix::new(rows, self.inputs()), self.matrix(), Into::Replace, out);
    }

    /// Writes the outputs for `rows`.
    pub fn forward(&self, rows: &[f32], out: &mut [f32]) {
        self.product(rows, out);
        for out in out.chunks_exact_mut(self.outputs()) {
            out.iter_mut().zip(&self.bias).for_each(|(value, bias)| *value += bias);
        }
    }

    /// Writes the outputs for `rows`, negative ones as 0.
    pub fn forward_relu(&self, rows: &[f32], out: &mut [f32]) {
        self.product(rows, out);
        for out in out.chunks_exact_mut(self.outputs()) {
            out.iter_mut().zip(&self.bias).for_each(|(value, bias)| *value = (*value + bias).max(0.0));
        }
    }

    /// Adds the gradient of the parameters for `rows`, whose outputs have the gradient `outputs`.
    pub fn add_gradient(&mut self, rows: &[f32], outputs: &[f32]) {
        let count = self.outputs();
        let rows = Matrix::new(rows, self.inputs()).transposed();
        multiply(rows, Matrix::new(outputs, count), Into::Add, &mut self.weight);
        for row in outputs.chunks_exact(count) {
            self.bias.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }

    /// Writes or adds the gradient of the inputs.
    pub fn input_gradient(&self, outputs: &[f32], into: Into, inputs: &mut [f32]) {
        multiply(Matrix::new(outputs, self.outputs()), self.matrix().transposed(), into, inputs);
    }

    /// Writes the gradient of `features`, which came out of a layer's [`Dense::forward_relu`] and went into this one.
    pub fn relu_gradient(&self, outputs: &[f32], features: &[f32], gradient: &mut [f32]) {
        self.input_gradient(outputs, Into::Replace, gradient);
        for (gradient, feature) in gradient.iter_mut().zip(features) {
            *gradient = if *feature > 0.0 { *gradient } else { 0.0 };
        }
    }

    /// Adds another gradient.
    pub fn add(&mut self, other: &Self) {
        let add = |sum: &mut [f32], values: &[f32]| sum.iter_mut().zip(values).for_each(|(a, b)| *a += b);
        add(&mut self.weight, &other.weight);
        add(&mut self.bias, &other.bias);
    }

    /// Registers this gradient for the parameters of `layer`.
    pub fn register(self, layer: &Linear, gradients: &mut GradientsParams) {
        let (inputs, outputs) = (self.inputs(), self.outputs());
        let device = Device::flex();
        let weight = Tensor::<2>::from_data(TensorData::new(self.weight, [inputs, outputs]), &device);
        gradients.register(layer.weight.id, weight);
        if let Some(bias) = &layer.bias {
            let gradient = Tensor::<1>::from_data(TensorData::new(self.bias, [outputs]), &device);
            gradients.register(bias.id, gradient);
        }
    }
}

/// Has `layers` take the parameters of `others`, one by one.
///
/// # Errors
/// Another number of layers, or layers of another size.
pub(crate) fn take_all(layers: &mut [Dense], others: Vec<Dense>) -> Result<(), String> {
    if layers.len() != others.len() {
        return Err(format!("{} layers where there are {}", others.len(), layers.len()));
    }
    layers.iter_mut().zip(others).try_for_each(|(layer, other)| layer.take(other))
}

/// `count` numbers of `buffer`, whatever they were before: buffers are kept from pass to pass, because the system takes
/// as long to clear new memory as the gates take.
pub(crate) fn room(buffer: &mut Vec<f32>, count: usize) -> &mut [f32] {
    if buffer.len() < count {
        buffer.resize(count, 0.0);
    }
    &mut buffer[..count]
}

/// Whether two gradients of the parameters of `module` are the same but for rounding, and at least `many` numbers of
/// them are not about 0.
#[cfg(test)]
pub(crate) fn assert_same_gradients<M: burn::module::Module>(
    module: &M,
    got: &GradientsParams,
    expected: &GradientsParams,
    many: usize,
) {
    struct Compare<'a>(&'a GradientsParams, &'a GradientsParams, usize);
    impl burn::module::ModuleVisitor for Compare<'_> {
        fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<D>>) {
            let [got, expected] =
                [self.0, self.1].map(|gradients| numbers(gradients.get::<D>(param.id).unwrap()));
            assert_eq!(got.len(), expected.len());
            for (got, expected) in got.iter().zip(&expected) {
                assert!((got - expected).abs() < 1e-4 * expected.abs().max(1.0), "{got} {expected}");
            }
            self.2 += got.iter().filter(|value| value.abs() > 1e-3).count();
        }
    }
    let mut compare = Compare(got, expected, 0);
    module.visit(&mut compare);
    assert!(compare.2 > many, "the example has no gradient to speak of");
}
