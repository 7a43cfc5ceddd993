//! Pair rules against recorded distances, under symmetry and motion, in every scalar, and as WGSL.

use proptest::prelude::*;
use wide::f32x8;

use super::box_box::rules::*;
use super::contact_point::rules::*;
use super::hull::rules::*;
use super::plane::rules::*;
use super::ray::rules::*;
use super::round::rules::*;
use super::solid_box::rules::*;
use crate::scalar::Field;
use crate::scalar::rules::Real;
use crate::vector::rules::*;

#[test]
fn the_rules_are_valid_wgsl() {
    crate::device::source::tests::assert_transpiles(&[
        &super::height_layer::rules::WGSL_SOURCE,
        &super::cloud_layer::rules::WGSL_SOURCE,
        &super::ray::rules::WGSL_SOURCE,
        &super::hull::rules::WGSL_SOURCE,
    ]);
}

/// A shape of the recordings at its pose, in one scalar.
#[derive(Clone, Copy, Debug)]
pub(super) enum Placed<R> {
    Sphere(Vector3<R>, R),
    Capsule(Capsule<R>),
    Box(Pose<R>, Vector3<R>),
}

fn lift3<R: Real + Field>(lift: impl Fn(f64) -> R, v: &[f64]) -> Vector3<R> {
    vector3(lift(v[0]), lift(v[1]), lift(v[2]))
}

fn placed<R: Real + Field>(
    lift: impl Fn(f64) -> R + Copy,
    kind: &str,
    size: &[f64],
    position: &[f64],
    quaternion: &[f64],
) -> Placed<R> {
    let q = Quaternion {
        w: lift(quaternion[0]),
        x: lift(quaternion[1]),
        y: lift(quaternion[2]),
        z: lift(quaternion[3]),
    };
    let rotation = matrix_of(q);
    let center = lift3(lift, position);
    match kind {
        "sphere" => Placed::Sphere(center, lift(size[0])),
        "capsule" => Placed::Capsule(Capsule {
            center,
            axis: rotation.z,
            half_length: lift(size[1]),
            radius: lift(size[0]),
        }),
        "box" => Placed::Box(Pose { position: center, rotation }, lift3(lift, size)),
        other => panic!("unknown shape {other}"),
    }
}

/// The deepest point of a pair.
fn deepest<R: Real + Field>(a: Placed<R>, b: Placed<R>) -> ContactPoint<R> {
    use Placed::{Box, Capsule, Sphere};
    let margin = R::lit(0.01);
    let two = |points: [ContactPoint<R>; 2]| deeper_contact(points[0], points[1]);
    match (a, b) {
        (Sphere(a, r), Sphere(b, s)) => sphere_sphere(a, r, b, s),
        (Sphere(a, r), Capsule(b)) => sphere_capsule(a, r, b),
        (Sphere(a, r), Box(pose, half)) => sphere_box(a, r, pose, half),
        (Capsule(a), Capsule(b)) => two(capsule_capsule(a, b)),
        (Capsule(a), Box(pose, half)) => two(capsule_box(a, pose, half, margin)),
        (Box(p, a), Box(q, b)) => box_box_closest(p, a, q, b),
        _ => flipped_contact(deepest(b, a)),
    }
}

struct Recorded {
    kinds: [String; 2],
    sizes: [Vec<f64>; 2],
    positions: [Vec<f64>; 2],
    quaternions: [Vec<f64>; 2],
    distance: f64,
    from_to: Vec<f64>,
}

fn recorded() -> Vec<Recorded> {
    let folder = std::env::var("PENTATHLON_GOLDEN")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden").to_owned());
    let path = format!("{folder}/physics/collision_pairs.jsonl");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| {
        let path = format!("{path}.zst");
        let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut stream = ruzstd::decoding::StreamingDecoder::new(file).expect("a zstd stream");
        std::io::read_to_string(&mut stream).expect("text")
    });
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    };
    text.lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            Recorded {
                kinds: ["a", "b"].map(|key| row[key].as_str().unwrap().to_owned()),
                sizes: ["size_a", "size_b"].map(|key| numbers(&row[key])),
                positions: ["pos_a", "pos_b"].map(|key| numbers(&row[key])),
                quaternions: ["quat_a", "quat_b"].map(|key| numbers(&row[key])),
                distance: row["dist"].as_f64().unwrap(),
                from_to: numbers(&row["fromto"]),
            }
        })
        .collect()
}

/// Whether the axis of the capsule enters the box. The recorded distance is then that of some point of the
/// axis, less than what it takes to part the two; such a row tells only that they overlap at least so far.
fn axis_enters_the_box(row: &Recorded) -> bool {
    let [a, b] = both(row, |x| x);
    match (a, b) {
        (Placed::Capsule(a), Placed::Box(pose, half)) => {
            let thin = Capsule { radius: 0.0, ..a };
            deepest(Placed::Capsule(thin), Placed::Box(pose, half)).distance < 0.0
        }
        _ => false,
    }
}

fn both<R: Real + Field>(row: &Recorded, lift: impl Fn(f64) -> R + Copy) -> [Placed<R>; 2] {
    [0, 1].map(|i| placed(lift, &row.kinds[i], &row.sizes[i], &row.positions[i], &row.quaternions[i]))
}

#[test]
fn distances_and_nearest_points_are_the_recorded_ones() {
    let rows = recorded();
    assert!(!rows.is_empty(), "no recorded pairs");
    let (mut compared, mut deep) = (0, 0);
    for (number, row) in rows.iter().enumerate() {
        let [a, b] = both(row, |x| x);
        let point = deepest(a, b);
        if axis_enters_the_box(row) {
            deep += 1;
            assert!(
                point.distance <= row.distance + 1e-9,
                "row {number}: {} {}",
                point.distance,
                row.distance
            );
            continue;
        }
        let [a32, b32] = both(row, |x| x as f32);
        let single = f64::from(deepest(a32, b32).distance);
        let limit = if row.distance < 0.0 { 1e-4 } else { 1e-5 };
        assert!(
            (point.distance - row.distance).abs() < 1e-9,
            "row {number}: {} {}",
            point.distance,
            row.distance
        );
        assert!((single - row.distance).abs() < limit, "row {number} in f32: {single} {}", row.distance);
        for (sign, recorded) in [(0.5, &row.from_to[..3]), (-0.5, &row.from_to[3..])] {
            let nearest = add3(point.position, scale3(point.normal, sign * point.distance));
            let away = norm3(sub3(nearest, lift3(|x| x, recorded)));
            // Parallel shapes have many nearest points; only a unique one can be compared.
            let other = add3(nearest, scale3(point.normal, -2.0 * sign * point.distance));
            let gap = norm3(sub3(other, lift3(|x| x, recorded)));
            assert!(away < 1e-7 || gap < 1e-7, "row {number}: nearest points {away} m apart");
        }
        compared += 1;
    }
    println!("{compared} pairs compared, {deep} with the axis of a capsule inside a box");
    assert!(compared > 10 * deep);
}

fn shape() -> impl Strategy<Value = (usize, [f64; 3], [f64; 3], [f64; 4])> {
    let size = prop::array::uniform3(0.02..0.2f64);
    let position = prop::array::uniform3(-0.3..0.3f64);
    let rotation = prop::array::uniform4(-1.0..1.0f64)
        .prop_filter("not zero", |q| q.iter().map(|x| x * x).sum::<f64>() > 0.01);
    (0..3usize, size, position, rotation)
}

fn built<R: Real + Field>(
    lift: impl Fn(f64) -> R + Copy,
    (kind, size, position, q): (usize, [f64; 3], [f64; 3], [f64; 4]),
) -> Placed<R> {
    let norm = q.iter().map(|x| x * x).sum::<f64>().sqrt();
    let unit = q.map(|x| x / norm);
    placed(lift, ["sphere", "capsule", "box"][kind], &size, &position, &unit)
}

/// The shape turned about z by `angle` and shifted.
fn moved(shape: Placed<f64>, angle: f64, shift: Vector3<f64>) -> Placed<f64> {
    let turn = matrix_of(Quaternion { w: (angle / 2.0).cos(), x: 0.0, y: 0.0, z: (angle / 2.0).sin() });
    let place = |p| add3(rotate(turn, p), shift);
    match shape {
        Placed::Sphere(center, radius) => Placed::Sphere(place(center), radius),
        Placed::Capsule(c) => {
            Placed::Capsule(Capsule { center: place(c.center), axis: rotate(turn, c.axis), ..c })
        }
        Placed::Box(pose, half) => Placed::Box(
            Pose { position: place(pose.position), rotation: multiply3(turn, pose.rotation) },
            half,
        ),
    }
}

proptest! {
    #[test]
    fn exchanging_the_shapes_keeps_the_distance(a in shape(), b in shape()) {
        let (a, b) = (built(|x| x, a), built(|x| x, b));
        let there = deepest(a, b).distance;
        let back = deepest(b, a).distance;
        // Boxes choose a reference face with a tolerance of 1.5e-5 m.
        prop_assert!((there - back).abs() < 2e-5, "{there} {back}");
    }

    #[test]
    fn a_common_motion_moves_the_contact_along(a in shape(), b in shape(), angle in -3.0..3.0f64, x in -100.0..100.0f64) {
        let (a, b) = (built(|x| x, a), built(|x| x, b));
        let shift = vector3(x, -0.5 * x, 0.1 * x);
        let here = deepest(a, b);
        let there = deepest(moved(a, angle, shift), moved(b, angle, shift));
        prop_assert!((here.distance - there.distance).abs() < 2e-5, "{here:?} {there:?}");
    }

    #[test]
    fn moving_along_the_normal_by_the_distance_makes_the_shapes_touch(a in shape(), b in shape()) {
        let (a, b) = (built(|x| x, a), built(|x| x, b));
        let point = deepest(a, b);
        let apart = deepest(moved(a, 0.0, scale3(point.normal, -point.distance)), b).distance;
        prop_assert!(apart.abs() < 2e-5, "{point:?} then {apart}");
    }

    #[test]
    fn a_lane_computes_what_the_scalar_computes(a in shape(), b in shape(), others in prop::array::uniform7(shape())) {
        let single = deepest(built(|x| x as f32, a), built(|x| x as f32, b));
        // The other lanes hold the same kind of shape elsewhere.
        let lane = |values: [f64; 8]| f32x8::from(values.map(|x| x as f32));
        let sized = |k: usize| if k == 0 { a } else { (a.0, others[k - 1].1, others[k - 1].2, others[k - 1].3) };
        let all: [_; 8] = std::array::from_fn(sized);
        let norm = |q: [f64; 4]| q.iter().map(|x| x * x).sum::<f64>().sqrt();
        type SizedShape = (usize, [f64; 3], [f64; 3], [f64; 4]);
        let component = |get: &dyn Fn(SizedShape) -> f64| lane(all.map(get));
        let q: [f32x8; 4] = std::array::from_fn(|i| component(&|s| s.3[i] / norm(s.3)));
        let p: [f32x8; 3] = std::array::from_fn(|i| component(&|s| s.2[i]));
        let z: [f32x8; 3] = std::array::from_fn(|i| component(&|s| s.1[i]));
        let rotation = matrix_of(Quaternion { w: q[0], x: q[1], y: q[2], z: q[3] });
        let center = vector3(p[0], p[1], p[2]);
        let lanes_a = match a.0 {
            0 => Placed::Sphere(center, z[0]),
            1 => Placed::Capsule(Capsule { center, axis: rotation.z, half_length: z[1], radius: z[0] }),
            _ => Placed::Box(Pose { position: center, rotation }, vector3(z[0], z[1], z[2])),
        };
        let lanes_b = built(|x| f32x8::splat(x as f32), b);
        let point = deepest(lanes_a, lanes_b);
        prop_assert_eq!(point.distance.to_array()[0].to_bits(), single.distance.to_bits());
        prop_assert_eq!(point.position.x.to_array()[0].to_bits(), single.position.x.to_bits());
        prop_assert_eq!(point.normal.z.to_array()[0].to_bits(), single.normal.z.to_bits());
    }
}

#[test]
fn a_box_on_a_box_stands_on_the_four_corners_of_the_smaller_one() {
    let upright = matrix_of(identity_quaternion::<f64>());
    let upper = Pose { position: vector3(0.03, -0.02, 0.149), rotation: upright };
    let lower = Pose { position: zero3(), rotation: upright };
    let points = box_box(upper, vector3(0.05, 0.05, 0.05), lower, vector3(0.1, 0.1, 0.1));
    let mut corners: Vec<_> = points
        .iter()
        .map(|p| {
            assert!((p.distance + 0.001).abs() < 1e-9 && (p.normal.z - 1.0).abs() < 1e-9, "{p:?}");
            ((p.position.x * 1e3).round() as i32, (p.position.y * 1e3).round() as i32)
        })
        .collect();
    corners.sort_unstable();
    assert_eq!(corners, [(-20, -70), (-20, 30), (80, -70), (80, 30)]);
}

#[test]
fn a_plank_across_a_beam_touches_over_the_whole_crossing() {
    let upright = matrix_of(identity_quaternion::<f64>());
    let upper = Pose { position: vector3(0.0, 0.0, 0.1), rotation: upright };
    let lower = Pose { position: zero3(), rotation: upright };
    let points = box_box(upper, vector3(0.5, 0.04, 0.05), lower, vector3(0.03, 0.5, 0.05));
    for p in points {
        assert!(p.distance.abs() < 1e-9, "{p:?}");
        assert!(
            (p.position.x.abs() - 0.03).abs() < 1e-3 && (p.position.y.abs() - 0.04).abs() < 1e-3,
            "{p:?}"
        );
    }
}

#[test]
fn a_flat_capsule_touches_a_box_at_both_ends() {
    let pose = Pose { position: zero3::<f64>(), rotation: matrix_of(identity_quaternion()) };
    let capsule = Capsule {
        center: vector3(0.0, 0.0, 0.119),
        axis: vector3(1.0, 0.0, 0.0),
        half_length: 0.05,
        radius: 0.02,
    };
    for (p, x) in capsule_box(capsule, pose, vector3(0.1, 0.1, 0.1), 0.01).iter().zip([-0.05, 0.05]) {
        assert!((p.distance + 0.001).abs() < 1e-9 && (p.position.x - x).abs() < 1e-9, "{p:?}");
    }
}

#[test]
fn a_box_touches_a_plane_with_the_corners_of_its_lowest_face() {
    let plane = Plane { normal: vector3(0.0, 0.0, 1.0), offset: 0.0 };
    let pose = Pose { position: vector3(0.0, 0.0, 0.3), rotation: matrix_of(identity_quaternion::<f64>()) };
    for p in box_plane(pose, vector3(0.1, 0.2, 0.3), plane) {
        assert!(p.distance.abs() < 1e-12 && p.position.z.abs() < 1e-12, "{p:?}");
    }
}

/// The first `t` in steps of 1e-4 m at which the ray's point is inside the shape.
fn marched(shape: Placed<f64>, ray: Ray<f64>) -> Option<f64> {
    (0..20_000).map(|i| f64::from(i) * 1e-4).find(|t| {
        let point = Placed::Sphere(add3(ray.origin, scale3(ray.direction, *t)), 0.0);
        deepest(point, shape).distance < 0.0
    })
}

proptest! {
    #[test]
    fn a_ray_ends_where_marching_along_it_enters_the_shape(
        shape in shape(), from in prop::array::uniform3(-1.0..1.0f64), at in prop::array::uniform3(-0.3..0.3f64),
    ) {
        let placed = built(|x| x, shape);
        let origin = vector3(from[0], from[1], from[2]);
        prop_assume!(deepest(Placed::Sphere(origin, 0.0), placed).distance > 1e-3);
        let toward = sub3(vector3(at[0], at[1], at[2]), origin);
        prop_assume!(norm3(toward) > 0.1);
        let ray = Ray { origin, direction: scale3(toward, 1.0 / norm3(toward)) };
        let distance = match placed {
            Placed::Sphere(center, radius) => ray_sphere(ray, center, radius),
            Placed::Capsule(capsule) => ray_capsule(ray, capsule),
            Placed::Box(pose, half) => ray_box(ray, pose, half),
        };
        match marched(placed, ray) {
            Some(t) => prop_assert!((distance - t).abs() < 2e-4, "{distance} {t}"),
            // A graze shorter than a step may be missed by marching.
            None if distance < 2.0 => {
                let point = Placed::Sphere(add3(ray.origin, scale3(ray.direction, distance)), 0.0);
                prop_assert!(deepest(point, placed).distance.abs() < 1e-6);
            }
            None => {}
        }
    }
}

#[test]
fn a_ray_meets_a_plane_from_above_only() {
    let plane = Plane { normal: vector3(0.0, 0.0, 1.0), offset: 0.5 };
    let down = Ray { origin: vector3(0.0, 0.0, 2.0f64), direction: vector3(0.6, 0.0, -0.8) };
    assert!((ray_plane(down, plane) - 1.875).abs() < 1e-12);
    let up = Ray { direction: vector3(0.0, 0.0, 1.0), ..down };
    assert_eq!(ray_plane(up, plane), no_contact_distance::<f64>());
}

/// A shape of the recordings as a cloud.
fn cloud_of<R: Real + Field>(shape: Placed<R>) -> Cloud<R> {
    let zero = R::lit(0.0);
    let mut cloud = Cloud {
        corner_count: 0,
        face_count: 0,
        radius: zero,
        corners: [zero3(); MAX_CORNERS],
        faces: [Plane { normal: zero3(), offset: zero }; MAX_FACES],
    };
    match shape {
        Placed::Sphere(center, radius) => cloud_of_segment(center, zero3(), radius, &mut cloud),
        Placed::Capsule(c) => cloud_of_segment(c.center, scale3(c.axis, c.half_length), c.radius, &mut cloud),
        Placed::Box(pose, half) => cloud_of_box(pose, half, &mut cloud),
    }
    cloud
}

pub(super) fn deepest_of_clouds<R: Real + Field>(a: Placed<R>, b: Placed<R>) -> ContactPoint<R> {
    let along = vector3(R::lit(1.0), R::lit(0.0), R::lit(0.0));
    let points = cloud_cloud(&mut cloud_of(a), &mut cloud_of(b), along);
    deeper_contact(deeper_contact(points[0], points[1]), deeper_contact(points[2], points[3]))
}

#[test]
fn hull_rules_find_the_recorded_distances_of_shapes_apart() {
    let mut compared = 0;
    for (number, row) in recorded().iter().enumerate() {
        let [a, b] = both(row, |x| x);
        // Cores apart: the distance of the cores is what the algorithm measures.
        let radii: f64 = [a, b]
            .iter()
            .map(|shape| match shape {
                Placed::Sphere(_, radius) => *radius,
                Placed::Capsule(capsule) => capsule.radius,
                Placed::Box(..) => 0.0,
            })
            .sum();
        if row.distance + radii < 1e-4 || axis_enters_the_box(row) {
            continue;
        }
        compared += 1;
        let point = deepest_of_clouds(a, b);
        assert!(
            (point.distance - row.distance).abs() < 1e-5,
            "row {number}: {} {}",
            point.distance,
            row.distance
        );
        let [a, b] = both(row, |x| x as f32);
        let single = f64::from(deepest_of_clouds(a, b).distance);
        assert!((single - row.distance).abs() < 1e-5, "row {number} in f32: {single} {}", row.distance);
    }
    assert!(compared > 400, "{compared}");
}

#[test]
fn a_cube_as_a_hull_stands_on_another_on_four_corners() {
    let upright = matrix_of(identity_quaternion::<f64>());
    let upper = Placed::Box(
        Pose { position: vector3(0.03, -0.02, 0.149), rotation: upright },
        vector3(0.05, 0.05, 0.05),
    );
    let lower = Placed::Box(Pose { position: zero3(), rotation: upright }, vector3(0.1, 0.1, 0.1));
    let along = vector3(1.0, 0.0, 0.0);
    let points = cloud_cloud(&mut cloud_of(upper), &mut cloud_of(lower), along);
    let mut corners: Vec<_> = points
        .iter()
        .map(|p| {
            assert!((p.distance + 0.001).abs() < 1e-9 && (p.normal.z - 1.0).abs() < 1e-9, "{p:?}");
            ((p.position.x * 1e3).round() as i32, (p.position.y * 1e3).round() as i32)
        })
        .collect();
    corners.sort_unstable();
    assert_eq!(corners, [(-20, -70), (-20, 30), (80, -70), (80, 30)]);
}
