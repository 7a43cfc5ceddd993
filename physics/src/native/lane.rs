//! Scalars as groups of worlds: one world in an `f64` or `f32`, eight in an [`f32x8`].

use wide::f32x8;

use crate::scalar::Field;
use crate::scalar::rules::Real;

/// A scalar that holds the same quantity of several worlds side by side.
pub trait Lane: Real + Field + Send + Sync + std::fmt::Debug + 'static {
    /// Worlds in a group.
    const WIDTH: usize;

    /// The group whose lane i holds `value(i)`, rounded to the lane's precision.
    fn from_lanes(value: impl FnMut(usize) -> f64) -> Self;

    /// What lane `index < WIDTH` holds.
    fn lane(self, index: usize) -> f64;

    /// Replaces lane `index < WIDTH`.
    fn set_lane(&mut self, index: usize, value: f64);

    /// The same value in every lane.
    fn splat(value: f64) -> Self {
        Self::from_lanes(|_| value)
    }
}

impl Lane for f64 {
    const WIDTH: usize = 1;

    fn from_lanes(mut value: impl FnMut(usize) -> f64) -> Self {
        value(0)
    }

    fn lane(self, _: usize) -> f64 {
        self
    }

    fn set_lane(&mut self, _: usize, value: f64) {
        *self = value;
    }
}

impl Lane for f32 {
    const WIDTH: usize = 1;

    fn from_lanes(mut value: impl FnMut(usize) -> f64) -> Self {
        value(0) as f32
    }

    fn lane(self, _: usize) -> f64 {
        f64::from(self)
    }

    fn set_lane(&mut self, _: usize, value: f64) {
        *self = value as f32;
    }
}

impl Lane for f32x8 {
    const WIDTH: usize = 8;

    fn from_lanes(mut value: impl FnMut(usize) -> f64) -> Self {
        f32x8::from(std::array::from_fn::<f32, 8, _>(|lane| value(lane) as f32))
    }

    fn lane(self, index: usize) -> f64 {
        f64::from(self.to_array()[index])
    }

    fn set_lane(&mut self, index: usize, value: f64) {
        self.as_mut_array()[index] = value as f32;
    }
}
