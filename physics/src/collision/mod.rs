//! Collision: contact points of pairs of shapes, as rules over any scalar.
//!
//! Normals point from the second shape of a pair (the scene, where there is one) to the first; distances
//! are negative where shapes overlap.

pub mod box_box;
pub mod box_clip;
pub mod cloud_layer;
pub mod contact_point;
pub mod convex_hull;
pub mod height_layer;
pub mod height_map;
pub mod hull;
pub mod hull_faces;
pub mod plane;
pub mod ray;
pub mod round;
pub mod simplex;
pub mod solid_box;

#[cfg(test)]
mod overlap_tests;
#[cfg(test)]
mod tests;
