//! The cart-pole of Barto, Sutton and Anderson, 1983, as Gymnasium's `CartPole-v1` plays it.

pub mod components;
mod domain;
pub mod dynamics;
mod kernels;

pub use domain::{CART_POLE, CartPole};
