//! Boxes that overlap a little, as hulls against as boxes, whose rule knows all fifteen axes.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::box_box::rules::*;
use super::contact_point::rules::*;
use super::tests::{Placed, deepest_of_clouds};
use crate::scalar::Field;
use crate::scalar::rules::Real;
use crate::vector::rules::*;

/// A box: where, how large, and turned by a quaternion of any length.
type Solid = ([f64; 3], [f64; 3], [f64; 4]);

fn placed<R: Real + Field>((position, half, turn): Solid, lift: impl Fn(f64) -> R) -> Placed<R> {
    let [x, y, z] = position.map(&lift);
    let [half_x, half_y, half_z] = half.map(&lift);
    let [w, i, j, k] = turn.map(&lift);
    let turn = normalize_quaternion(Quaternion { w, x: i, y: j, z: k });
    let pose = Pose { position: vector3(x, y, z), rotation: matrix_of(turn) };
    Placed::Box(pose, vector3(half_x, half_y, half_z))
}

fn as_boxes(a: Solid, b: Solid) -> ContactPoint<f64> {
    let [Placed::Box(pose_a, half_a), Placed::Box(pose_b, half_b)] = [a, b].map(|solid| placed(solid, |x| x))
    else {
        unreachable!("a solid is a box")
    };
    let points = box_box(pose_a, half_a, pose_b, half_b);
    deeper_contact(deeper_contact(points[0], points[1]), deeper_contact(points[2], points[3]))
}

fn as_hulls<R: Real + Field>(a: Solid, b: Solid, lift: impl Fn(f64) -> R) -> ContactPoint<R> {
    deepest_of_clouds(placed(a, &lift), placed(b, &lift))
}

fn solid() -> impl Strategy<Value = Solid> {
    let turn = prop::array::uniform4(-1.0f64..1.0)
        .prop_filter("a rotation", |turn| turn[..3].iter().map(|x| x * x).sum::<f64>() > 0.1);
    (Just([0.0; 3]), prop::array::uniform3(0.03f64..0.3), turn)
}

/// Two boxes whose surfaces are `distance` apart by the rule of boxes, at a random place.
fn near(runner: &mut TestRunner, distance: f64) -> Option<(Solid, Solid)> {
    let mut draw = || solid().new_tree(runner).expect("a solid").current();
    let (mut a, b) = (draw(), draw());
    let direction = draw().2;
    let length = direction[..3].iter().map(|x| x * x).sum::<f64>().sqrt();
    let [mut near, mut far] = [0.0, 1.2];
    for _ in 0..60 {
        let middle = 0.5 * (near + far);
        a.0 = [0, 1, 2].map(|axis| direction[axis] / length * middle);
        if as_boxes(a, b).distance > distance { far = middle } else { near = middle }
    }
    // Where several rules meet the distance jumps.
    ((as_boxes(a, b).distance - distance).abs() < 1e-6).then_some((a, b))
}

/// How often a rule may be off by more than a tenth of a millimetre: the way out is looked for, not proved.
const OFTEN: usize = 4;

#[test]
fn hulls_that_overlap_leave_as_boxes_do() {
    let mut runner = TestRunner::deterministic();
    let (mut compared, mut off) = (0, [0; 2]);
    for round in 0..1500 {
        let depth = 1e-4 + 2.9e-3 * f64::from(round) / 1500.0;
        let Some((a, b)) = near(&mut runner, -depth) else { continue };
        compared += 1;
        let boxes = as_boxes(a, b);
        let hulls = as_hulls(a, b, |x| x);
        let single = as_hulls(a, b, |x| x as f32);
        let [x, y, z] = [single.normal.x, single.normal.y, single.normal.z].map(f64::from);
        for (count, distance, normal) in
            [(0, hulls.distance, hulls.normal), (1, f64::from(single.distance), vector3(x, y, z))]
        {
            // No way out is shorter than the shortest.
            assert!(distance < boxes.distance + 2e-5, "{a:?} {b:?}: {distance}, not {}", boxes.distance);
            let same = (distance - boxes.distance).abs() < 1e-4;
            assert!(
                !same || dot3(normal, boxes.normal) > 0.5,
                "{a:?} {b:?}: {normal:?}, not {:?}",
                boxes.normal
            );
            off[count] += usize::from(!same);
        }
    }
    assert!(compared > 1000 && off.iter().all(|&count| count <= OFTEN), "{off:?} of {compared}");
}

#[test]
fn hulls_nearly_in_contact_are_as_far_apart_in_single_precision() {
    let mut runner = TestRunner::deterministic();
    let (mut compared, mut off) = (0, 0);
    for round in 0..1500 {
        let Some((a, b)) = near(&mut runner, 1e-4 + 2.9e-3 * f64::from(round) / 1500.0) else { continue };
        compared += 1;
        let double = as_hulls(a, b, |x| x).distance;
        let single = f64::from(as_hulls(a, b, |x| x as f32).distance);
        assert!((single - double).abs() < 1e-3, "{a:?} {b:?}: {single}, not {double}");
        off += usize::from((single - double).abs() > 1e-4);
    }
    assert!(compared > 1000 && off <= 2 * OFTEN, "{off} of {compared}");
}
