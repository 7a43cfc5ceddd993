//! The z-buffer: triangles become samples of depth, normal and colour.

use glam::{Vec2, Vec3};

use super::{
    camera::{Camera, NEAR},
    mesh::Vertex,
    stage::Instance,
};

/// What is seen in one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// Distance along the camera's axis in m; infinite where nothing is.
    pub depth: f32,
    pub normal: Vec3,
    pub color: Vec3,
}

/// Relative difference of depth below which two surfaces count as one.
const COINCIDENT: f32 = 4e-4;

/// What a sample is where nothing is seen.
pub(super) const NOTHING: Sample = Sample { depth: f32::INFINITY, normal: Vec3::ZERO, color: Vec3::ZERO };

/// Two layers of samples: the solid world, and marks that show through it.
#[derive(Debug)]
pub(super) struct Raster {
    pub width: usize,
    pub height: usize,
    pub solids: Vec<Sample>,
    pub marks: Vec<Sample>,
}

impl Raster {
    pub fn new(width: usize, height: usize) -> Self {
        let nothing = vec![NOTHING; width * height];
        Self { width, height, solids: nothing.clone(), marks: nothing }
    }

    pub fn clear(&mut self) {
        self.solids.fill(NOTHING);
        self.marks.fill(NOTHING);
    }

    pub fn add(&mut self, instance: &Instance, camera: &Camera) {
        let (width, height) = (self.width, self.height);
        draw(&mut self.solids, width, height, instance, camera);
    }

    pub fn add_mark(&mut self, instance: &Instance, camera: &Camera) {
        let (width, height) = (self.width, self.height);
        draw(&mut self.marks, width, height, instance, camera);
    }
}

/// A vertex before the camera: view coordinates and world normal.
#[derive(Clone, Copy)]
struct Seen {
    view: Vec3,
    normal: Vec3,
}

fn draw(samples: &mut [Sample], width: usize, height: usize, instance: &Instance, camera: &Camera) {
    let see = |vertex: &Vertex| Seen {
        view: camera.view(instance.placement.position + instance.placement.rotation * vertex.position),
        normal: instance.placement.rotation * vertex.normal,
    };
    let seen: Vec<Seen> = instance.mesh.vertices.iter().map(see).collect();
    for triangle in &instance.mesh.triangles {
        let corners = triangle.map(|index| seen[index as usize]);
        let (clipped, count) = clip(corners);
        for last in 2..count {
            let fan = [clipped[0], clipped[last - 1], clipped[last]];
            fill(samples, width, height, fan, instance, camera);
        }
    }
}

/// Cuts off what is nearer than [`NEAR`]: three or four corners remain, or none.
fn clip(corners: [Seen; 3]) -> ([Seen; 4], usize) {
    let mut kept = [corners[0]; 4];
    let mut count = 0;
    for i in 0..3 {
        let (from, to) = (corners[i], corners[(i + 1) % 3]);
        if from.view.z >= NEAR {
            kept[count] = from;
            count += 1;
        }
        if (from.view.z >= NEAR) != (to.view.z >= NEAR) {
            let part = (NEAR - from.view.z) / (to.view.z - from.view.z);
            kept[count] =
                Seen { view: from.view.lerp(to.view, part), normal: from.normal.lerp(to.normal, part) };
            count += 1;
        }
    }
    (kept, count)
}

fn fill(
    samples: &mut [Sample],
    width: usize,
    height: usize,
    corners: [Seen; 3],
    instance: &Instance,
    camera: &Camera,
) {
    let screen = corners.map(|corner| {
        let scale = 1.0 / corner.view.z;
        Vec2::new(
            (0.5 + 0.5 * corner.view.x * scale / camera.half_width) * width as f32,
            (0.5 - 0.5 * corner.view.y * scale / camera.half_height) * height as f32,
        )
    });
    let [a, b, c] = screen;
    // Rows grow downwards, so outward triangles turn clockwise here; the others face away.
    let area = (b - a).perp_dot(c - a);
    if area >= 0.0 || !area.is_finite() {
        return;
    }
    let low = a.min(b).min(c).floor().max(Vec2::ZERO);
    let high = a.max(b).max(c).ceil().min(Vec2::new(width as f32, height as f32));
    // 1/z is linear on the screen.
    let inverse_depth = corners.map(|corner| 1.0 / corner.view.z);
    for y in low.y as usize..high.y as usize {
        for x in low.x as usize..high.x as usize {
            if instance.see_through && (x + y) % 2 == 0 {
                continue;
            }
            let point = Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
            let weights = [
                (c - b).perp_dot(point - b) / area,
                (a - c).perp_dot(point - c) / area,
                (b - a).perp_dot(point - a) / area,
            ];
            if weights.iter().any(|&weight| weight < 0.0) {
                continue;
            }
            let inverse =
                weights[0] * inverse_depth[0] + weights[1] * inverse_depth[1] + weights[2] * inverse_depth[2];
            let depth = 1.0 / inverse;
            let sample = &mut samples[y * width + x];
            // Of surfaces that coincide, the first one drawn stays.
            if depth < sample.depth * (1.0 - COINCIDENT) {
                let normal = (0..3)
                    .map(|i| corners[i].normal * (weights[i] * inverse_depth[i]))
                    .sum::<Vec3>()
                    .normalize_or_zero();
                *sample = Sample { depth, normal, color: instance.color };
            }
        }
    }
}
