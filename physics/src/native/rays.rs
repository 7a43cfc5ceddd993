//! Rays and height scans against the scene: what range finders and terrain sensors of a robot measure. The
//! robots themselves are not seen.

use super::lane::Lane;
use super::options::WorldsError;
use super::state::check_length;
use super::worlds::{Desk, Group, Worlds};
use crate::capacity::rules::NONE;
use crate::collision::contact_point::rules::Pose;
use crate::collision::plane::rules::plane_of;
use crate::collision::ray::rules::{Ray, ray_box, ray_capsule, ray_cloud, ray_plane, ray_sphere};
use crate::contact::detection::rules::{cloud_of_hull, placed_capsule};
use crate::contact::tables::rules::{
    GEOM_BOX, GEOM_CAPSULE, GEOM_HULL, GEOM_PLANE, GEOM_SPHERE, GeomParameters,
};
use crate::vector::rules::{Vector3, vector3};

/// Farthest place that a ray may begin at, along every axis, and longest reach, in m: less than the distance by
/// which the rules say that there is nothing.
pub const FARTHEST: f64 = 1e6;

/// A ray in the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SceneRay {
    /// Where it begins, in m; within [`FARTHEST`] of the origin along every axis.
    pub origin: [f64; 3],
    /// Its direction, of any finite length but zero.
    pub direction: [f64; 3],
}

/// Which way a height scan looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanDirection {
    /// At what is below: floors, and the tops of obstacles.
    Down,
    /// At what is above: ceilings, and the undersides of obstacles.
    Up,
}

impl<L: Lane> Worlds<L> {
    /// Casts the same number of rays in every world against the shapes of the scene. `rays` is
    /// `[num_worlds, rays]`, `distances` of the same shape receives the distance in m to the first surface
    /// that a ray meets from outside, and `reach` where there is none within `reach` m, at most [`FARTHEST`]. Every
    /// answer is a number from 0 to `reach`. Threads share the worlds.
    ///
    /// # Errors
    ///
    /// Slices of other lengths, a direction of length zero, something that is not finite or farther away than
    /// [`FARTHEST`]; nothing is written then.
    pub fn cast_rays(
        &mut self,
        rays: &[SceneRay],
        reach: f64,
        distances: &mut [f64],
    ) -> Result<(), WorldsError> {
        let num_worlds = self.num_worlds();
        let per_world = rays.len() / num_worlds;
        check_length("rays", rays, per_world.max(1) * num_worlds)?;
        check_length("distances", distances, rays.len())?;
        if !(reach > 0.0 && reach <= FARTHEST) {
            return Err(WorldsError::Option {
                option: "reach",
                value: reach.to_string(),
                allowed: "a positive number of metres, at most a million",
            });
        }
        if let Some(index) = rays.iter().position(|ray| !is_sound(ray)) {
            return Err(WorldsError::Option {
                option: "rays",
                value: format!(
                    "{:?} (ray {} of world {})",
                    rays[index],
                    index % per_world,
                    index / per_world
                ),
                allowed: "an origin within a million metres and a finite direction that is not zero",
            });
        }
        self.on_every_group(distances, per_world, |desk, group, first, rows| {
            for ray in 0..per_world {
                let of_lane = |lane: usize| {
                    // Lanes beyond the last world repeat it.
                    let world = (first + lane).min(num_worlds - 1);
                    &rays[world * per_world + ray]
                };
                let lanes = desk.cast(group, of_lane, reach);
                for (row, distance) in rows.chunks_exact_mut(per_world).zip(0..L::WIDTH) {
                    row[ray] = lanes.lane(distance).clamp(0.0, reach);
                }
            }
        });
        Ok(())
    }

    /// Heights of the scene, world z in m, straight below or above the points of `points`,
    /// `[num_worlds, points]`; where nothing is within `reach` m, the point's own height that far on.
    ///
    /// # Errors
    ///
    /// As [`Worlds::cast_rays`].
    pub fn scan_heights(
        &mut self,
        points: &[[f64; 3]],
        direction: ScanDirection,
        reach: f64,
        heights: &mut [f64],
    ) -> Result<(), WorldsError> {
        let sign = match direction {
            ScanDirection::Down => -1.0,
            ScanDirection::Up => 1.0,
        };
        let rays: Vec<SceneRay> =
            points.iter().map(|point| SceneRay { origin: *point, direction: [0.0, 0.0, sign] }).collect();
        self.cast_rays(&rays, reach, heights)?;
        for (height, [_, _, z]) in heights.iter_mut().zip(points) {
            *height = z + sign * *height;
        }
        Ok(())
    }
}

impl<L: Lane> Desk<L> {
    /// Distances in the lanes of a group along the rays that `of_lane` gives.
    fn cast<'a>(&mut self, group: &Group<L>, of_lane: impl Fn(usize) -> &'a SceneRay, reach: f64) -> L {
        let unit = |lane: usize, axis: usize| {
            let direction = of_lane(lane).direction;
            // By the largest component first: squares of extreme ones are infinite or zero.
            let largest = direction.iter().fold(0.0, |largest: f64, number| largest.max(number.abs()));
            let [x, y, z] = direction.map(|number| number / largest);
            direction[axis] / largest / (x * x + y * y + z * z).sqrt()
        };
        let lanes = |value: &dyn Fn(usize, usize) -> f64| -> Vector3<L> {
            vector3(
                L::from_lanes(|lane| value(lane, 0)),
                L::from_lanes(|lane| value(lane, 1)),
                L::from_lanes(|lane| value(lane, 2)),
            )
        };
        let ray = Ray { origin: lanes(&|lane, axis| of_lane(lane).origin[axis]), direction: lanes(&unit) };
        let geoms = &group.parameters.as_ref().unwrap_or(&self.parameters).geoms;
        let mut nearest = L::splat(reach);
        for geom in 0..self.tables.geom_count as usize {
            if self.tables.geom_body[geom] != NONE {
                continue;
            }
            let GeomParameters { pose, size, .. } = geoms[geom];
            let distance = match self.tables.geom_kind[geom] {
                GEOM_PLANE => ray_plane(ray, plane_of(pose)),
                GEOM_SPHERE => ray_sphere(ray, pose.position, size.x),
                GEOM_CAPSULE => ray_capsule(ray, placed_capsule(pose, size)),
                GEOM_BOX => ray_box(ray, pose, size),
                GEOM_HULL => {
                    let [cloud, _] = &mut self.work.clouds;
                    let pose: Pose<L> = pose;
                    cloud_of_hull(&mut self.tables, geom as u32, pose, cloud);
                    ray_cloud(ray, cloud)
                }
                _ => continue,
            };
            nearest = L::min_of(nearest, distance);
        }
        for layer in &self.layers {
            let distance = L::from_lanes(|lane| {
                let direction = std::array::from_fn(|axis| unit(lane, axis));
                layer.map.ray(of_lane(lane).origin, direction, reach).unwrap_or(reach)
            });
            nearest = L::min_of(nearest, distance);
        }
        nearest
    }
}

fn is_sound(ray: &SceneRay) -> bool {
    ray.origin.iter().all(|number| number.abs() <= FARTHEST)
        && ray.direction.iter().all(|number| number.is_finite())
        && ray.direction.iter().any(|number| *number != 0.0)
}

#[cfg(test)]
mod tests {
    use wide::f32x8;

    use super::*;
    use crate::model::{GeomDescription, HeightLayer, Shape};
    use crate::native::{Parameter, WorldsOptions};
    use crate::robots::{level_floor, quadruped};

    /// A floor at 0, a box of 0.4 m edges on it at x = 2, a ceiling layer at 1 m, a wedge at y = 2.
    fn scene<L: Lane>(num_worlds: usize) -> Worlds<L> {
        let mut model = quadruped();
        model.scene.push(level_floor(0.8));
        let cube = Shape::Box { half_extents: [0.2; 3] };
        model.scene.push(GeomDescription::new(cube).named("block").at([2.0, 0.0, 0.2]));
        let layer = HeightLayer { points: [11, 11], cell: 1.0, heights: vec![0.0; 121] };
        model.scene.push(GeomDescription::new(Shape::Ceiling(layer)).named("roof").at([-5.0, -5.0, 1.0]));
        let vertices = vec![
            [-0.5, -0.5, 0.0],
            [0.5, -0.5, 0.0],
            [0.5, 0.5, 0.0],
            [-0.5, 0.5, 0.0],
            [-0.5, -0.5, 0.5],
            [-0.5, 0.5, 0.5],
        ];
        model
            .scene
            .push(GeomDescription::new(Shape::ConvexHull { vertices }).named("wedge").at([0.0, 2.0, 0.0]));
        let options = WorldsOptions { num_worlds, threads: 2, ..WorldsOptions::default() };
        Worlds::new(&model, options).expect("the model is sound")
    }

    fn distances<L: Lane>(worlds: &mut Worlds<L>, rays: &[SceneRay]) -> Vec<f64> {
        let mut found = vec![0.0; rays.len()];
        worlds.cast_rays(rays, 10.0, &mut found).expect("the rays are sound");
        found
    }

    #[test]
    fn rays_end_at_what_stands_in_their_way() {
        let ray = |origin, direction| SceneRay { origin, direction };
        let cases = [
            (ray([0.0, 0.0, 0.5], [0.0, 0.0, -2.0]), 0.5),
            (ray([0.0, 0.0, 0.5], [0.0, 0.0, 1.0]), 0.5),
            (ray([0.0, 0.0, 0.2], [3.0, 0.0, 0.0]), 1.8),
            (ray([0.0, 0.0, 0.6], [1.0, 0.0, 0.0]), 10.0),
            // The slope of the wedge falls from 0.5 at x = -0.5 to 0 at x = 0.5.
            (ray([0.0, 2.0, 0.75], [0.0, 0.0, -1.0]), 0.5),
            (ray([-2.0, 2.0, 0.3], [1.0, 0.0, 0.0]), 1.5),
        ];
        let rays: Vec<SceneRay> = cases.iter().map(|(ray, _)| *ray).collect();
        for found in [distances(&mut scene::<f64>(1), &rays), distances(&mut scene::<f32x8>(1), &rays)] {
            for ((ray, expected), found) in cases.iter().zip(found) {
                assert!((found - expected).abs() < 1e-5, "{ray:?}: {found} instead of {expected}");
            }
        }
    }

    #[test]
    fn the_length_of_a_direction_does_not_matter_however_extreme() {
        let mut worlds = scene::<f64>(1);
        let mut lanes = scene::<f32x8>(1);
        for length in [5e-324, 1e-300, 1e-160, 1e-20, 1.0, 1e20, 1e160, f64::MAX] {
            let rays = [
                SceneRay { origin: [0.0, 0.0, 0.2], direction: [length, 0.0, 0.0] },
                SceneRay { origin: [0.0, 0.0, 0.5], direction: [0.0, 0.0, -length] },
                SceneRay { origin: [0.0, 0.0, 0.5], direction: [0.0, 0.0, length] },
                // So steep that a component vanishes beside the other.
                SceneRay { origin: [0.0, 0.0, 0.5], direction: [1e-12 * length, 0.0, -length] },
            ];
            for found in [distances(&mut worlds, &rays), distances(&mut lanes, &rays)] {
                for (found, expected) in found.iter().zip([1.8, 0.5, 0.5, 0.5]) {
                    assert!((found - expected).abs() < 1e-5, "{length:e}: {found} instead of {expected}");
                }
            }
        }
    }

    #[test]
    fn every_answer_is_between_zero_and_the_reach() {
        let mut worlds = scene::<f32x8>(1);
        let far = [0.0, 1e-30, 0.5, 1e3, FARTHEST, -FARTHEST, -1.0];
        let mut rays = Vec::new();
        for (x, y) in far.into_iter().flat_map(|x| far.map(|y| (x, y))) {
            for direction in [[1.0, 0.0, 0.0], [-1e-9, 1.0, 0.0], [0.3, -0.2, -1.0], [0.0, 0.0, 1.0]] {
                rays.push(SceneRay { origin: [x, y, x.max(y)], direction });
            }
        }
        for reach in [1e-9, 1.0, FARTHEST] {
            let mut found = vec![f64::NAN; rays.len()];
            worlds.cast_rays(&rays, reach, &mut found).expect("the rays are sound");
            assert!(found.iter().all(|distance| (0.0..=reach).contains(distance)), "{found:?}");
        }
    }

    #[test]
    fn every_world_has_its_own_scene_and_its_own_rays() {
        let mut worlds = scene::<f32x8>(19);
        let block = worlds.layout().geoms.iter().position(|geom| geom.name == "block").expect("it exists");
        worlds.set_parameter(13, Parameter::GeomPosition(block), &[3.0, 0.0, 0.2]).expect("it is in range");
        let rays: Vec<SceneRay> = (0..19 * 2)
            .map(|index| {
                let (world, ray) = (index / 2, index % 2);
                let x = 0.01 * world as f64;
                SceneRay { origin: [x, 0.0, 0.1], direction: [[1.0, 0.0, 0.0], [0.0, 0.0, -1.0]][ray] }
            })
            .collect();
        let found = distances(&mut worlds, &rays);
        for (world, pair) in found.chunks(2).enumerate() {
            let edge = if world == 13 { 2.8 } else { 1.8 };
            assert!((pair[0] - (edge - 0.01 * world as f64)).abs() < 1e-5, "world {world}: {pair:?}");
            assert!((pair[1] - 0.1).abs() < 1e-6, "world {world}: {pair:?}");
        }
    }

    #[test]
    fn a_scan_gives_the_heights_of_floor_obstacles_and_ceiling() {
        let mut worlds = scene::<f64>(1);
        let points = [[0.0, 0.0, 0.7], [2.0, 0.1, 0.7], [-0.25, 2.0, 0.7]];
        let mut heights = [0.0; 3];
        worlds.scan_heights(&points, ScanDirection::Down, 2.0, &mut heights).expect("the points are sound");
        for (found, expected) in heights.into_iter().zip([0.0, 0.4, 0.375]) {
            assert!((found - expected).abs() < 1e-6, "{heights:?}");
        }
        worlds.scan_heights(&points, ScanDirection::Up, 2.0, &mut heights).expect("the points are sound");
        assert!(heights.iter().all(|height| (height - 1.0).abs() < 1e-6), "{heights:?}");
        worlds.scan_heights(&points, ScanDirection::Up, 0.1, &mut heights).expect("the points are sound");
        assert!(heights.iter().all(|height| (height - 0.8).abs() < 1e-6), "{heights:?}");
    }

    #[test]
    fn rays_that_are_none_are_refused_by_name() {
        let mut worlds = scene::<f64>(2);
        let sound = SceneRay { origin: [0.0; 3], direction: [1.0, 0.0, 0.0] };
        let mut out = [7.0; 4];
        let still = SceneRay { direction: [0.0; 3], ..sound };
        let error = worlds.cast_rays(&[sound, sound, sound, still], 1.0, &mut out).unwrap_err().to_string();
        assert!(error.contains("ray 1 of world 1"), "{error}");
        assert!(worlds.cast_rays(&[sound; 3], 1.0, &mut out[..3]).is_err());
        assert!(worlds.cast_rays(&[sound; 4], 1.0, &mut out[..2]).is_err());
        for reach in [f64::NAN, f64::INFINITY, 0.0, -1.0, 2e6] {
            let error = worlds.cast_rays(&[sound; 4], reach, &mut out).unwrap_err().to_string();
            assert!(error.contains("reach is") && error.contains("at most a million"), "{error}");
        }
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            let lost = SceneRay { origin: [0.0, number, 0.0], ..sound };
            let error =
                worlds.cast_rays(&[sound, lost, sound, sound], 1.0, &mut out).unwrap_err().to_string();
            assert!(error.contains("ray 1 of world 0"), "{error}");
        }
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let wild = SceneRay { direction: [1.0, number, 0.0], ..sound };
            assert!(worlds.cast_rays(&[wild, sound, sound, sound], 1.0, &mut out).is_err(), "{number}");
        }
        assert_eq!(out, [7.0; 4]);
    }
}
