//! Light: sun with shadows, sky light from above, a checkered ground that fades into the sky.

use glam::Vec3;

use super::{
    Placement,
    camera::Camera,
    raster::{Raster, Sample},
    shadow::ShadowMap,
};
use crate::{Frame, RenderError};

/// The sun and the sky.
#[derive(Clone, Copy, Debug)]
pub(super) struct Light {
    /// The way the sun's rays travel.
    pub direction: Vec3,
    sun: Vec3,
    sky: Vec3,
    bounce: Vec3,
}

impl Default for Light {
    fn default() -> Self {
        Self {
            direction: Vec3::new(-0.2, -0.6, -1.0).normalize(),
            sun: Vec3::new(0.78, 0.74, 0.66),
            sky: Vec3::new(0.42, 0.45, 0.50),
            bounce: Vec3::new(0.30, 0.29, 0.28),
        }
    }
}

const ZENITH: Vec3 = Vec3::new(0.30, 0.50, 0.80);
const HORIZON: Vec3 = Vec3::new(0.82, 0.88, 0.94);
/// Below the horizon, where there is no ground.
const VOID: Vec3 = Vec3::new(0.74, 0.80, 0.86);
const LIGHT_TILE: Vec3 = Vec3::new(0.66, 0.67, 0.68);
const DARK_TILE: Vec3 = Vec3::new(0.50, 0.52, 0.54);
/// Edge of a tile in m.
const TILE: f32 = 0.25;
/// Distance in m at which the ground has faded by two thirds; more where the camera is farther than half of it.
const FADE: f32 = 14.0;
/// How much of a mark shows through what hides it.
const SHOW_THROUGH: f32 = 0.45;

/// Colours of all samples, linear, row by row.
pub(super) fn shade(
    raster: &Raster,
    camera: &Camera,
    light: &Light,
    shadow: &ShadowMap,
    plane: Option<Placement>,
) -> Vec<Vec3> {
    let haze = Haze {
        fade: FADE.max(2.0 * camera.distance),
        sample: 2.0 * camera.half_height / raster.height as f32,
    };
    let mut colors = Vec::with_capacity(raster.solids.len());
    for y in 0..raster.height {
        for x in 0..raster.width {
            let ray = camera.ray(
                2.0 * (x as f32 + 0.5) / raster.width as f32 - 1.0,
                1.0 - 2.0 * (y as f32 + 0.5) / raster.height as f32,
            );
            let solid = raster.solids[y * raster.width + x];
            let mark = raster.marks[y * raster.width + x];
            let ground = plane.and_then(|plane| ground_sample(plane, camera.eye, ray, haze));
            let sky = sky(ray);
            let (nearest, seen) = match ground {
                Some((ground, visible)) if ground.depth < solid.depth => {
                    (ground.depth, sky.lerp(lit(&ground, camera.eye, ray, light, shadow), visible))
                }
                _ if solid.depth.is_finite() => (solid.depth, lit(&solid, camera.eye, ray, light, shadow)),
                _ => (f32::INFINITY, sky),
            };
            colors.push(match mark.depth {
                depth if depth.is_infinite() => seen,
                depth => {
                    let strength = if depth <= nearest { 1.0 } else { SHOW_THROUGH };
                    seen.lerp(glow(&mark, light), strength)
                }
            });
        }
    }
    colors
}

/// Averages the samples of each pixel and writes them as a picture.
pub(super) fn resolve(
    colors: &[Vec3],
    width: usize,
    height: usize,
    samples: usize,
) -> Result<Frame, RenderError> {
    let mut rgb = Vec::with_capacity(3 * width * height);
    let share = 1.0 / (samples * samples) as f32;
    for y in 0..height {
        for x in 0..width {
            let mut sum = Vec3::ZERO;
            for row in y * samples..(y + 1) * samples {
                let first = row * width * samples + x * samples;
                sum += colors[first..first + samples].iter().sum::<Vec3>();
            }
            let color = (sum * share).clamp(Vec3::ZERO, Vec3::ONE);
            rgb.extend(color.to_array().map(|channel| (255.0 * channel).round() as u8));
        }
    }
    Frame::new(width, height, rgb)
}

fn lit(sample: &Sample, eye: Vec3, ray: Vec3, light: &Light, shadow: &ShadowMap) -> Vec3 {
    let normal = sample.normal;
    let facing = normal.dot(-light.direction).max(0.0);
    let sun = if facing > 0.0 { facing * shadow.light_at(eye + ray * sample.depth, normal) } else { 0.0 };
    let above = 0.5 + 0.5 * normal.z;
    let diffuse = sample.color * (light.sun * sun + light.bounce.lerp(light.sky, above));
    // A little gloss (Blinn and Phong's half-way vector).
    let half = (-light.direction - ray.normalize()).normalize_or_zero();
    diffuse + light.sun * (0.12 * sun * normal.dot(half).max(0.0).powi(24))
}

/// Marks are bright by themselves, with a hint of form.
fn glow(mark: &Sample, light: &Light) -> Vec3 {
    mark.color * (0.75 + 0.25 * mark.normal.dot(-light.direction).max(0.0))
}

fn sky(ray: Vec3) -> Vec3 {
    let height = ray.normalize().z;
    if height >= 0.0 {
        HORIZON.lerp(ZENITH, (1.6 * height).min(1.0))
    } else {
        HORIZON.lerp(VOID, (-6.0 * height).min(1.0))
    }
}

/// What distance does to the ground.
#[derive(Clone, Copy)]
struct Haze {
    /// Distance in m at which it has faded by two thirds.
    fade: f32,
    /// Edge of a sample at distance 1, in m.
    sample: f32,
}

/// The plane as seen along a ray, and how much of it the haze leaves visible.
fn ground_sample(plane: Placement, eye: Vec3, ray: Vec3, haze: Haze) -> Option<(Sample, f32)> {
    let normal = plane.rotation * Vec3::Z;
    let (toward, height) = (ray.dot(normal), (eye - plane.position).dot(normal));
    // From above only: from below, the solid half space would hide everything.
    if toward >= -1e-6 || height <= 0.0 {
        return None;
    }
    let depth = height / -toward;
    let local = plane.rotation.inverse() * (eye + ray * depth - plane.position);
    let parity = (local.x / TILE).floor() as i64 + (local.y / TILE).floor() as i64;
    // Far tiles are smaller than a sample: their mean takes over.
    let distance = depth * ray.length();
    let mean = LIGHT_TILE.lerp(DARK_TILE, 0.5);
    let tile = if parity.rem_euclid(2) == 0 { LIGHT_TILE } else { DARK_TILE };
    let blur = (distance / haze.fade).max(2.0 * haze.sample * depth / TILE);
    let color = tile.lerp(mean, blur.min(1.0));
    let visible = (-(distance / haze.fade).powi(2)).exp();
    Some((Sample { depth, normal, color }, visible))
}
