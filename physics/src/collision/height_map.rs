//! A height layer as the scene holds it, and what is looked up in it: windows, heights, rays.

use super::height_layer::rules::{HeightWindow, MAX_WINDOW, MAX_WINDOW_SIDE};
use crate::contact::layer_detection::rules::{LayerFrame, first_line};
use crate::native::lane::Lane;
use crate::vector::rules::{Vector3, vector3};

/// Why heights make no layer.
#[derive(Debug, thiserror::Error, Clone, PartialEq)]
pub enum HeightMapError {
    /// Too few points, or not as many heights.
    #[error(
        "a height layer of {points:?} points has {heights} heights; it has at least 2 points each way and one height for each"
    )]
    Shape {
        /// Points along x and y.
        points: [usize; 2],
        /// Heights given.
        heights: usize,
    },
    /// A cell without size.
    #[error("a height layer has cells of {cell} m; they are larger than 0")]
    Cell {
        /// The size.
        cell: f64,
    },
    /// A height that is no number.
    #[error("height {index} of a height layer is {height}; heights are finite")]
    Height {
        /// Which one.
        index: usize,
        /// What it is.
        height: f64,
    },
}

/// A floor, or a ceiling, of heights on a regular grid. Beyond its border it goes on as at the border.
#[derive(Clone, Debug, PartialEq)]
pub struct HeightMap {
    points: [usize; 2],
    cell: f64,
    /// Position of the first grid point in m.
    origin: [f64; 3],
    /// Heights above the origin, mirrored for a ceiling, x slowest.
    heights: Vec<f32>,
    top: f64,
    /// 1 for a floor, -1 for a ceiling.
    mirror: f64,
}

impl HeightMap {
    /// A floor, solid below.
    ///
    /// # Errors
    ///
    /// Fewer than two points a side, a wrong number of heights, an empty cell, heights that are not finite.
    pub fn floor(
        points: [usize; 2],
        cell: f64,
        origin: [f64; 3],
        heights: &[f64],
    ) -> Result<Self, HeightMapError> {
        Self::new(points, cell, origin, heights, 1.0)
    }

    /// A ceiling, solid above.
    ///
    /// # Errors
    ///
    /// Those of [`HeightMap::floor`].
    pub fn ceiling(
        points: [usize; 2],
        cell: f64,
        origin: [f64; 3],
        heights: &[f64],
    ) -> Result<Self, HeightMapError> {
        Self::new(points, cell, origin, heights, -1.0)
    }

    fn new(
        points: [usize; 2],
        cell: f64,
        origin: [f64; 3],
        heights: &[f64],
        mirror: f64,
    ) -> Result<Self, HeightMapError> {
        if points[0] < 2 || points[1] < 2 || points[0].checked_mul(points[1]) != Some(heights.len()) {
            return Err(HeightMapError::Shape { points, heights: heights.len() });
        }
        if !(cell > 0.0 && cell.is_finite()) {
            return Err(HeightMapError::Cell { cell });
        }
        if let Some((index, height)) = heights.iter().enumerate().find(|(_, h)| !h.is_finite()) {
            return Err(HeightMapError::Height { index, height: *height });
        }
        let heights: Vec<f32> = heights.iter().map(|h| (mirror * h) as f32).collect();
        let top = f64::from(heights.iter().copied().fold(f32::MIN, f32::max));
        Ok(Self { points, cell, origin, heights, top, mirror })
    }

    /// Height of the grid point nearest to (x, y) in m, world coordinates: what a height scan reads.
    pub fn nearest_height(&self, x: f64, y: f64) -> f64 {
        let index = |value: f64, from: f64, points: usize| {
            ((value - from) / self.cell).round().clamp(0.0, (points - 1) as f64) as usize
        };
        let i = index(x, self.origin[0], self.points[0]);
        let j = index(y, self.origin[1], self.points[1]);
        self.origin[2] + self.mirror * f64::from(self.heights[i * self.points[1] + j])
    }

    /// Height of the surface at (x, y) in m, world coordinates.
    pub fn height(&self, x: f64, y: f64) -> f64 {
        let [u, v] = [(x - self.origin[0]) / self.cell, (y - self.origin[1]) / self.cell];
        let (i, j) = (u.floor(), v.floor());
        let (f, g) = (u - i, v - j);
        let at = |di: f64, dj: f64| f64::from(self.stored(i + di, j + dj));
        let (h00, h01, h10, h11) = (at(0.0, 0.0), at(0.0, 1.0), at(1.0, 0.0), at(1.0, 1.0));
        let height = if f > g {
            h00 + f * (h10 - h00) + g * (h11 - h10)
        } else {
            h00 + g * (h01 - h00) + f * (h11 - h01)
        };
        self.origin[2] + self.mirror * height
    }

    /// The nearest heights at `points` (x, y), in order.
    pub fn scan(&self, points: &[[f64; 2]], heights: &mut [f64]) {
        for (height, [x, y]) in heights.iter_mut().zip(points) {
            *height = self.nearest_height(*x, *y);
        }
    }

    /// Distance in m from `origin` along the unit vector `direction` to the surface, at most `reach`; none
    /// when the ray starts in the solid or meets nothing.
    pub fn ray(&self, origin: [f64; 3], direction: [f64; 3], reach: f64) -> Option<f64> {
        let over = |t: f64| {
            let [x, y, z] = std::array::from_fn(|k| origin[k] + t * direction[k]);
            self.mirror * (z - self.height(x, y))
        };
        // Between two crossings of grid lines or diagonals the surface under the ray is one triangle, so
        // the clearance is linear there. Beyond the grid its edges go on level, without lines.
        let mut before = (0.0, over(0.0));
        if before.1 < 0.0 {
            return None;
        }
        let u = (origin[0] - self.origin[0]) / self.cell;
        let v = (origin[1] - self.origin[1]) / self.cell;
        let (du, dv) = (direction[0] / self.cell, direction[1] / self.cell);
        let [last_u, last_v] = self.points.map(|points| (points - 1) as f64);
        let next = |value: f64, rate: f64, last: f64, t: f64| {
            let at = value + rate * (t + 1e-9);
            let line = if rate > 0.0 { (at.floor() + 1.0).max(0.0) } else { (at.ceil() - 1.0).min(last) };
            if rate == 0.0 || line < 0.0 || line > last { f64::INFINITY } else { (line - value) / rate }
        };
        let next_diagonal = |t: f64| {
            let on_grid =
                |value: f64, rate: f64, last: f64| (0.0..=last).contains(&(value + rate * (t + 1e-9)));
            let rate = du - dv;
            if rate == 0.0 || !on_grid(u, du, last_u) || !on_grid(v, dv, last_v) {
                return f64::INFINITY;
            }
            let at = u - v + rate * (t + 1e-9);
            let line = if rate > 0.0 { at.floor() + 1.0 } else { at.ceil() - 1.0 };
            (line - (u - v)) / rate
        };
        while before.0 < reach {
            let t = next(u, du, last_u, before.0)
                .min(next(v, dv, last_v, before.0))
                .min(next_diagonal(before.0))
                .min(reach);
            let after = (t.max(before.0 + 1e-9), over(t));
            if after.1 < 0.0 {
                return Some(before.0 + (after.0 - before.0) * before.1 / (before.1 - after.1));
            }
            before = after;
        }
        None
    }

    fn stored(&self, i: f64, j: f64) -> f32 {
        let clamped = |value: f64, points: usize| value.clamp(0.0, (points - 1) as f64) as usize;
        self.heights[clamped(i, self.points[0]) * self.points[1] + clamped(j, self.points[1])]
    }

    /// Where the layer lies, in every lane.
    pub fn frame<L: Lane>(&self) -> LayerFrame<L> {
        let [x, y, z] = self.origin.map(L::splat);
        LayerFrame {
            origin: vector3(x, y, z),
            cell: L::splat(self.cell),
            mirror: L::splat(self.mirror),
            top: L::splat(self.top),
        }
    }

    /// Grid points along x and y.
    pub fn points(&self) -> [usize; 2] {
        self.points
    }

    /// Heights above the origin in m, mirrored for a ceiling, x slowest.
    pub fn stored_heights(&self) -> &[f32] {
        &self.heights
    }

    /// Grid points along a side of the window that reaches `reach` m to all sides.
    pub fn window_side(&self, reach: f64) -> u32 {
        (2.0 * reach / self.cell).ceil() as u32 + 2
    }

    /// A window without heights, to be filled again and again.
    pub fn empty_window<L: Lane>() -> Box<HeightWindow<L>> {
        let zero = L::splat(0.0);
        Box::new(HeightWindow { x: zero, y: zero, cell: zero, side: 2, heights: [zero; MAX_WINDOW] })
    }

    /// Fills `window` with the heights within `reach` m of `center` (layer coordinates). Every lane's begins where its
    /// own reach does, so that no world's numbers depend on its neighbours; its side is that of the largest.
    pub fn fill<L: Lane>(&self, center: Vector3<L>, reach: L, window: &mut HeightWindow<L>) {
        let side = self.window_side(largest(reach)).min(MAX_WINDOW_SIDE);
        let frame = self.frame::<L>();
        let [x, y] = [center.x, center.y].map(|value| first_line(frame, value, reach));
        window.x = x * frame.cell;
        window.y = y * frame.cell;
        window.cell = frame.cell;
        window.side = side;
        for i in 0..side {
            for j in 0..side {
                window.heights[(i * side + j) as usize] = L::from_lanes(|lane| {
                    f64::from(self.stored(x.lane(lane) + f64::from(i), y.lane(lane) + f64::from(j)))
                });
            }
        }
    }
}

/// The largest value of all lanes.
fn largest<L: Lane>(value: L) -> f64 {
    (0..L::WIDTH).map(|lane| value.lane(lane)).fold(f64::MIN, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collision::cloud_layer::rules::cloud_layer;
    use crate::collision::contact_point::rules::{ContactPoint, Pose, no_contact};
    use crate::collision::height_layer::rules::{capsule_layer, sphere_layer};
    use crate::collision::hull::rules::{Cloud, MAX_CORNERS, MAX_FACES, cloud_of_box};
    use crate::collision::plane::rules::Plane;
    use crate::collision::round::rules::Capsule;
    use crate::contact::layer_detection::rules::{contact_from_layer, pose_in_layer};
    use crate::vector::rules::{identity_quaternion, matrix_of, norm3, zero3};
    use proptest::prelude::*;

    const MARGIN: f64 = 0.01;

    fn sphere_contact(map: &HeightMap, center: [f64; 3], radius: f64) -> ContactPoint<f64> {
        let mut window = HeightMap::empty_window();
        let pose = pose_in_layer(map.frame(), upright(center));
        map.fill(pose.position, radius + MARGIN, &mut window);
        contact_from_layer(map.frame(), sphere_layer(pose.position, radius, &mut window))
    }

    fn capsule_contacts(map: &HeightMap, capsule: Capsule<f64>) -> [ContactPoint<f64>; 2] {
        let mut window = HeightMap::empty_window();
        let Vector3 { x, y, z } = capsule.center;
        let center = pose_in_layer(map.frame(), upright([x, y, z])).position;
        map.fill(center, capsule.radius + capsule.half_length + MARGIN, &mut window);
        capsule_layer(Capsule { center, ..capsule }, &mut window)
            .map(|contact| contact_from_layer(map.frame(), contact))
    }

    fn box_contacts(map: &HeightMap, center: [f64; 3], half: [f64; 3]) -> [ContactPoint<f64>; 8] {
        let mut window = HeightMap::empty_window();
        let pose = pose_in_layer(map.frame(), upright(center));
        let half = vector3(half[0], half[1], half[2]);
        map.fill(pose.position, norm3(half) + MARGIN, &mut window);
        let plane = Plane { normal: no_contact::<f64>().normal, offset: 0.0 };
        let mut cloud = Cloud {
            corner_count: 0,
            face_count: 0,
            radius: 0.0,
            corners: [zero3(); MAX_CORNERS],
            faces: [plane; MAX_FACES],
        };
        cloud_of_box(pose, half, &mut cloud);
        cloud_layer(&mut cloud, pose.rotation, MARGIN, &mut window)
            .map(|contact| contact_from_layer(map.frame(), contact))
    }

    fn upright(position: [f64; 3]) -> Pose<f64> {
        Pose {
            position: vector3(position[0], position[1], position[2]),
            rotation: matrix_of(identity_quaternion()),
        }
    }

    /// A level floor of 21 x 21 points of 0.05 m about the origin, with one raised point in the middle.
    fn spike(height: f64) -> HeightMap {
        let mut heights = vec![0.0; 441];
        heights[220] = height;
        HeightMap::floor([21, 21], 0.05, [-0.5, -0.5, 0.0], &heights).unwrap()
    }

    #[test]
    fn a_spike_between_the_corners_of_a_box_is_felt() {
        let map = spike(0.1);
        // A trunk that floats 0.08 m over the floor: its corners are free, the spike is 0.02 m inside.
        let points = box_contacts(&map, [0.03, 0.01, 0.137], [0.1881, 0.04675, 0.057]);
        let deepest = points.iter().map(|p| p.distance).fold(f64::MAX, f64::min);
        assert!((deepest + 0.02).abs() < 1e-7, "{points:?}");
        let spiked = points.iter().find(|p| p.distance == deepest).unwrap();
        assert!(spiked.normal.z > 0.999 && spiked.position.x.abs() < 1e-7, "{spiked:?}");
        assert!(points[..4].iter().all(|p| p.distance > 0.05), "{points:?}");
    }

    #[test]
    fn a_ridge_between_grid_points_is_felt_too() {
        // A ridge along y at x = 0 with points every 0.2 m; the narrow box stands between two of them.
        let heights: Vec<f64> = (0..49).map(|i| if i / 7 == 3 { 0.1 } else { 0.0 }).collect();
        let map = HeightMap::floor([7, 7], 0.2, [-0.6, -0.6, 0.0], &heights).unwrap();
        let points = box_contacts(&map, [0.0, 0.1, 0.12], [0.15, 0.03, 0.03]);
        assert!(points.iter().any(|p| (p.distance + 0.01).abs() < 1e-7 && p.normal.z > 0.999), "{points:?}");
    }

    #[test]
    fn a_capsule_across_a_spike_is_pushed_up_by_it() {
        let map = spike(0.1);
        let capsule = Capsule {
            center: vector3(0.02, 0.0, 0.115),
            axis: vector3(1.0, 0.0, 0.0),
            half_length: 0.1,
            radius: 0.02,
        };
        let points = capsule_contacts(&map, capsule);
        let deepest = points[0].distance.min(points[1].distance);
        assert!((deepest + 0.005).abs() < 1e-7, "{points:?}");
    }

    #[test]
    fn a_ceiling_mirrors_a_floor() {
        let heights: Vec<f64> = (0..441).map(|i| 0.02 * f64::from(i * 7919 % 13) / 13.0).collect();
        let down: Vec<f64> = heights.iter().map(|h| -h).collect();
        let floor = HeightMap::floor([21, 21], 0.05, [-0.5, -0.5, 0.0], &heights).unwrap();
        let ceiling = HeightMap::ceiling([21, 21], 0.05, [-0.5, -0.5, 0.0], &down).unwrap();
        let below = sphere_contact(&floor, [0.11, 0.07, 0.03], 0.02);
        let above = sphere_contact(&ceiling, [0.11, 0.07, -0.03], 0.02);
        assert_eq!(below.distance, above.distance);
        assert_eq!(below.normal.z, -above.normal.z);
        assert!(above.normal.z < -0.5);
    }

    #[test]
    fn bad_layers_are_refused() {
        assert!(HeightMap::floor([1, 4], 0.1, [0.0; 3], &[0.0; 4]).is_err());
        assert!(HeightMap::floor([2, 2], 0.0, [0.0; 3], &[0.0; 4]).is_err());
        assert!(HeightMap::floor([2, 2], 0.1, [0.0; 3], &[0.0, 0.0, f64::NAN, 0.0]).is_err());
    }

    #[test]
    fn a_ray_from_far_away_finds_the_grid_and_one_past_it_ends() {
        let map = spike(0.1);
        // Along the surface at half the height of the spike, from 100 km away.
        let along = map.ray([-1e5, 0.0, 0.05], [1.0, 0.0, 0.0], 1e6).unwrap();
        assert!((along - (1e5 - 0.025)).abs() < 1e-6, "{along}");
        assert_eq!(map.ray([-1e5, 0.3, 0.05], [1.0, 0.0, 0.0], 1e6), None);
        // The level goes on beyond the grid.
        let past = map.ray([1e5, -1e5, 1e5], [0.0, 0.0, -1.0], 1e6).unwrap();
        assert!((past - 1e5).abs() < 1e-9, "{past}");
        let slope = 0.5f64.sqrt();
        let past = map.ray([3.0, 4.0, 1.0], [slope, 0.0, -slope], 1e6).unwrap();
        assert!((past - 2.0f64.sqrt()).abs() < 1e-9, "{past}");
    }

    proptest! {
        #[test]
        fn on_a_level_floor_a_ball_is_its_height_away(x in -0.4..0.4f64, y in -0.4..0.4f64, z in -0.02..0.06f64) {
            let map = HeightMap::floor([21, 21], 0.05, [-0.5, -0.5, 0.0], &[0.0; 441]).unwrap();
            let point = sphere_contact(&map, [x, y, z], 0.03);
            prop_assert!((point.distance - (z - 0.03)).abs() < 1e-9, "{point:?}");
            prop_assert!((point.normal.z - 1.0).abs() < 1e-9);
        }

        #[test]
        fn a_ball_is_as_far_from_the_layer_as_from_its_nearest_sample(seed in 0u32..1000, x in -0.3..0.3f64, y in -0.3..0.3f64) {
            let mut state = seed.wrapping_mul(2_654_435_761) | 1;
            let heights: Vec<f64> = (0..441).map(|_| {
                state ^= state << 13; state ^= state >> 17; state ^= state << 5;
                0.05 * f64::from(state) / f64::from(u32::MAX)
            }).collect();
            let map = HeightMap::floor([21, 21], 0.05, [-0.5, -0.5, 0.0], &heights).unwrap();
            let z = map.height(x, y) + 0.03;
            let point = sphere_contact(&map, [x, y, z], 0.05);
            let mut nearest = f64::MAX;
            for i in -80..=80 {
                for j in -80..=80 {
                    let (u, v) = (x + f64::from(i) * 0.0005, y + f64::from(j) * 0.0005);
                    let d = ((u - x).powi(2) + (v - y).powi(2) + (map.height(u, v) - z).powi(2)).sqrt();
                    nearest = nearest.min(d);
                }
            }
            let distance = point.distance + 0.05;
            prop_assert!(distance <= nearest + 1e-7 && distance > nearest - 1e-3, "{distance} {nearest}");
        }

        #[test]
        fn a_ray_ends_on_the_surface(seed in 0u32..1000, x in -0.3..0.3f64, y in -0.3..0.3f64, a in -1.0..1.0f64, b in -1.0..1.0f64) {
            let heights: Vec<f64> = (0..441u32).map(|i| 0.05 * f64::from((i * 7919 + seed * 31) % 97) / 97.0).collect();
            let map = HeightMap::floor([21, 21], 0.05, [-0.5, -0.5, 0.0], &heights).unwrap();
            let norm = (a * a + b * b + 0.25).sqrt();
            let direction = [a / norm, b / norm, -0.5 / norm];
            let t = map.ray([x, y, 0.3], direction, 10.0).unwrap();
            let end: [f64; 3] = std::array::from_fn(|k| [x, y, 0.3][k] + t * direction[k]);
            prop_assert!((end[2] - map.height(end[0], end[1])).abs() < 1e-6);
            for part in 1..20 {
                let at: [f64; 3] = std::array::from_fn(|k| [x, y, 0.3][k] + t * f64::from(part) / 20.0 * direction[k]);
                prop_assert!(at[2] > map.height(at[0], at[1]) - 1e-6);
            }
        }
    }
}
