//! The camera: a pinhole at some distance from what it looks at.

use glam::Vec3;

use super::{Bounds, LARGEST, vec3};
use crate::RenderError;

/// Where the camera stands and what it looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CameraOptions {
    /// Direction in degrees from the target to the camera, from the x axis towards the y axis. Default 35.
    pub azimuth: f32,
    /// Angle in degrees above the horizon, -89 to 89. Default 18.
    pub elevation: f32,
    /// Distance to the target in m, at most 10,000; `None` shows everything in the first picture. Default `None`.
    pub distance: Option<f32>,
    /// The point in m that the camera looks at; `None` follows the middle of the bodies. Default `None`.
    pub target: Option<[f64; 3]>,
    /// Angle of view in degrees from bottom to top, 5 to 120. Default 36.
    pub field_of_view: f32,
}

impl Default for CameraOptions {
    fn default() -> Self {
        Self { azimuth: 35.0, elevation: 18.0, distance: None, target: None, field_of_view: 36.0 }
    }
}

impl CameraOptions {
    pub(super) fn check(&self) -> Result<(), RenderError> {
        let distance = self.distance.unwrap_or(1.0);
        let numbers = [self.azimuth, self.elevation, distance, self.field_of_view];
        let finite = numbers.into_iter().map(f64::from).chain(self.target.unwrap_or_default());
        if !finite.into_iter().all(f64::is_finite) {
            return Err(RenderError::Scene("the camera has a number that is not finite".into()));
        }
        let is_near = distance > 0.0 && distance <= LARGEST;
        if self.elevation.abs() > 89.0 || !(5.0..=120.0).contains(&self.field_of_view) || !is_near {
            return Err(RenderError::Scene(format!(
                "the camera must have an elevation within 89 degrees (it is {}), a field of view of 5 to 120 \
                 degrees (it is {}) and a distance of more than 0 and at most {LARGEST} m (it is {distance})",
                self.elevation, self.field_of_view
            )));
        }
        Ok(())
    }
}

/// A camera in the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Camera {
    pub eye: Vec3,
    pub right: Vec3,
    pub up: Vec3,
    pub forward: Vec3,
    /// Half the height of the picture at distance 1.
    pub half_height: f32,
    /// Half the width of the picture at distance 1.
    pub half_width: f32,
    pub distance: f32,
    target: Vec3,
}

/// Nothing nearer than this is drawn, in m.
pub(super) const NEAR: f32 = 0.02;

impl Camera {
    /// The camera that shows all of `balls` from as near as it can with some margin; it looks at `middle`
    /// unless the options say otherwise.
    pub fn framing(
        options: &CameraOptions,
        middle: Vec3,
        balls: impl Iterator<Item = Bounds>,
        aspect: f32,
    ) -> Self {
        let half_height = (0.5 * options.field_of_view.to_radians()).tan();
        let target = options.target.map_or(middle, vec3);
        let camera = Self::at(options, target, 1.0, half_height * aspect, half_height);
        let distance = options.distance.unwrap_or_else(|| 1.25 * camera.fitting_distance(balls));
        Self::at(options, target, distance.max(2.0 * NEAR), half_height * aspect, half_height)
    }

    /// The same camera moved to where the bodies have gone: up and down only as far as it must, and back
    /// when something would leave the picture, unless the options fix target or distance.
    pub fn following(
        &self,
        options: &CameraOptions,
        middle: Vec3,
        balls: impl Iterator<Item = Bounds>,
    ) -> Self {
        let slack = 0.12 * self.distance * self.half_height;
        let z = self.target.z.clamp(middle.z - slack, middle.z + slack);
        let target = options.target.map_or(Vec3::new(middle.x, middle.y, z), vec3);
        let moved = Self::at(options, target, self.distance, self.half_width, self.half_height);
        let distance = match options.distance {
            Some(distance) => distance,
            None => self.distance.max(1.05 * moved.fitting_distance(balls)),
        };
        Self::at(options, target, distance, self.half_width, self.half_height)
    }

    /// Distance to the target from which all of `balls` are in the picture.
    fn fitting_distance(&self, balls: impl Iterator<Item = Bounds>) -> f32 {
        // A ball touches a side plane of the view when its distance to it is its radius.
        let reach =
            |offset: f32, radius: f32, half: f32| (offset.abs() + radius * (1.0 + half * half).sqrt()) / half;
        balls
            .map(|ball| {
                let seen = self.view(ball.center);
                let across = reach(seen.x, ball.radius, self.half_width);
                across.max(reach(seen.y, ball.radius, self.half_height)) - (seen.z - self.distance)
            })
            .fold(0.5, f32::max)
    }

    fn at(options: &CameraOptions, target: Vec3, distance: f32, half_width: f32, half_height: f32) -> Self {
        let (sine, cosine) = options.azimuth.to_radians().sin_cos();
        let (rise, level) = options.elevation.to_radians().sin_cos();
        let away = Vec3::new(cosine * level, sine * level, rise);
        let forward = -away;
        let right = forward.cross(Vec3::Z).normalize();
        let up = right.cross(forward);
        Self { eye: target + away * distance, right, up, forward, half_height, half_width, distance, target }
    }

    /// Coordinates of a point: to the right, up, and ahead of the camera.
    pub fn view(&self, point: Vec3) -> Vec3 {
        let from_eye = point - self.eye;
        Vec3::new(from_eye.dot(self.right), from_eye.dot(self.up), from_eye.dot(self.forward))
    }

    /// Direction through a point of the picture, both coordinates in [-1, 1], 1 ahead.
    pub fn ray(&self, x: f32, y: f32) -> Vec3 {
        self.forward + self.right * (x * self.half_width) + self.up * (y * self.half_height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_straight_ahead() {
        let bounds = Bounds { center: Vec3::new(1.0, 2.0, 3.0), radius: 0.5 };
        let camera = Camera::framing(&CameraOptions::default(), bounds.center, [bounds].into_iter(), 1.5);
        let seen = camera.view(bounds.center);
        assert!(seen.x.abs() < 1e-5 && seen.y.abs() < 1e-5 && seen.z > 0.5, "{seen}");
    }

    #[test]
    fn everything_fits_into_the_picture() {
        let bounds = Bounds { center: Vec3::ZERO, radius: 2.0 };
        for aspect in [0.5, 1.0, 2.0] {
            let camera =
                Camera::framing(&CameraOptions::default(), bounds.center, [bounds].into_iter(), aspect);
            for side in [camera.right, -camera.right, camera.up, -camera.up] {
                let seen = camera.view(side * bounds.radius);
                assert!(seen.x.abs() < seen.z * camera.half_width, "{seen} at aspect {aspect}");
                assert!(seen.y.abs() < seen.z * camera.half_height, "{seen} at aspect {aspect}");
            }
        }
    }

    #[test]
    fn a_falling_body_stays_in_sight() {
        let bounds = Bounds { center: Vec3::new(0.0, 0.0, 5.0), radius: 0.5 };
        let options = CameraOptions::default();
        let camera = Camera::framing(&options, bounds.center, [bounds].into_iter(), 1.0);
        let fallen = Bounds { center: Vec3::new(0.5, 0.0, 0.0), ..bounds };
        let seen = camera.following(&options, fallen.center, [fallen].into_iter()).view(fallen.center);
        assert!(seen.x.abs() < 1e-4 && seen.y.abs() < seen.z * camera.half_height);
    }

    #[test]
    fn the_camera_steps_back_when_bodies_part() {
        let ball = |x: f32| Bounds { center: Vec3::new(0.0, x, 0.0), radius: 0.1 };
        let options = CameraOptions::default();
        let near = Camera::framing(&options, Vec3::ZERO, [ball(-0.5), ball(0.5)].into_iter(), 1.0);
        let apart = [ball(-5.0), ball(5.0)];
        let far = near.following(&options, Vec3::ZERO, apart.into_iter());
        for one in apart {
            let seen = far.view(one.center);
            assert!(seen.x.abs() < seen.z * far.half_width, "{seen}");
        }
        let fixed = CameraOptions { distance: Some(2.0), ..options };
        assert_eq!(near.following(&fixed, Vec3::ZERO, apart.into_iter()).distance, 2.0);
    }
}
