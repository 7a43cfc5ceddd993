//! The shadow map: how far the sun sees, by the same z-buffer idea with parallel rays.

use glam::{Vec2, Vec3};

use super::{Bounds, stage::Instance};

/// Cells along each side.
const SIZE: usize = 1024;

/// Distances from the sun over a square around the bodies.
#[derive(Debug)]
pub(super) struct ShadowMap {
    depths: Vec<f32>,
    right: Vec3,
    up: Vec3,
    direction: Vec3,
    center: Vec3,
    /// Cells a metre.
    scale: f32,
}

impl Default for ShadowMap {
    fn default() -> Self {
        Self {
            depths: vec![f32::INFINITY; SIZE * SIZE],
            right: Vec3::X,
            up: Vec3::Y,
            direction: Vec3::NEG_Z,
            center: Vec3::ZERO,
            scale: 1.0,
        }
    }
}

impl ShadowMap {
    /// Empties the map and lays it around `bounds`, with the light travelling along `direction`.
    pub fn clear(&mut self, direction: Vec3, bounds: Bounds) {
        self.depths.fill(f32::INFINITY);
        self.direction = direction;
        self.right = direction.cross(Vec3::Z).normalize_or(Vec3::X);
        self.up = self.right.cross(direction);
        self.center = bounds.center;
        self.scale = SIZE as f32 / (2.1 * bounds.radius);
    }

    pub fn add(&mut self, instance: &Instance) {
        let placement = instance.placement;
        let seen: Vec<(Vec2, f32)> = instance
            .mesh
            .vertices
            .iter()
            .map(|vertex| self.project(placement.position + placement.rotation * vertex.position))
            .collect();
        for triangle in &instance.mesh.triangles {
            self.fill(triangle.map(|index| seen[index as usize]));
        }
    }

    /// How much of the sun reaches `point` on a surface with `normal`, 0 to 1: the mean of 3 x 3 cells.
    pub fn light_at(&self, point: Vec3, normal: Vec3) -> f32 {
        // Step off the surface by a cell, more where the light grazes it, lest it shadow itself.
        let grazing = 1.0 - normal.dot(-self.direction).clamp(0.0, 1.0);
        let offset = (1.5 + 2.0 * grazing) / self.scale;
        let (place, depth) = self.project(point + normal * offset);
        let mut lit = 0;
        for dy in -1..=1 {
            for dx in -1..=1 {
                let (x, y) = (place.x.floor() as i64 + dx, place.y.floor() as i64 + dy);
                let inside = (0..SIZE as i64).contains(&x) && (0..SIZE as i64).contains(&y);
                let nearest =
                    if inside { self.depths[y as usize * SIZE + x as usize] } else { f32::INFINITY };
                lit += u32::from(depth <= nearest + 0.5 / self.scale);
            }
        }
        lit as f32 / 9.0
    }

    /// Place in the map, in cells, and distance along the light.
    fn project(&self, point: Vec3) -> (Vec2, f32) {
        let from_center = point - self.center;
        let place = Vec2::new(from_center.dot(self.right), from_center.dot(self.up)) * self.scale;
        (place + Vec2::splat(0.5 * SIZE as f32), from_center.dot(self.direction))
    }

    fn fill(&mut self, corners: [(Vec2, f32); 3]) {
        let [(a, depth_a), (b, depth_b), (c, depth_c)] = corners;
        let area = (b - a).perp_dot(c - a);
        if area == 0.0 || !area.is_finite() {
            return;
        }
        let low = a.min(b).min(c).floor().max(Vec2::ZERO);
        let high = a.max(b).max(c).ceil().min(Vec2::splat(SIZE as f32));
        for y in low.y as usize..high.y as usize {
            for x in low.x as usize..high.x as usize {
                let point = Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
                let at_a = (c - b).perp_dot(point - b) / area;
                let at_b = (a - c).perp_dot(point - c) / area;
                let at_c = 1.0 - at_a - at_b;
                if at_a < 0.0 || at_b < 0.0 || at_c < 0.0 {
                    continue;
                }
                let depth = at_a * depth_a + at_b * depth_b + at_c * depth_c;
                let cell = &mut self.depths[y * SIZE + x];
                *cell = cell.min(depth);
            }
        }
    }
}
