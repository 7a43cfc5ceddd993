//! Gradients of a whole network: their norm, and scaling them.

use std::marker::PhantomData;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

/// Scales `gradients` of `module` so that their norm, all parameters together, is at most `limit`.
/// Returns the norm before.
pub(crate) fn clip_norm<M: Module>(module: &M, gradients: &mut GradientsParams, limit: f32) -> f32 {
    let mut norm = SquaredNorm { gradients, sum: 0.0 };
    module.visit(&mut norm);
    let norm = norm.sum.sqrt() as f32;
    if norm > limit {
        let mut scale: Scale<'_, M> = Scale { gradients, factor: limit / (norm + 1e-6), module: PhantomData };
        module.visit(&mut scale);
    }
    norm
}

struct SquaredNorm<'a> {
    gradients: &'a GradientsParams,
    sum: f64,
}

impl ModuleVisitor for SquaredNorm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            self.sum += f64::from(gradient.square().sum().into_scalar::<f32>());
        }
    }
}

struct Scale<'a, M> {
    gradients: &'a mut GradientsParams,
    factor: f32,
    module: PhantomData<M>,
}

impl<M: Module> ModuleVisitor for Scale<'_, M> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, gradient.mul_scalar(self.factor));
        }
    }
}
