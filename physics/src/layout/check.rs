//! What a description has to fulfil before it can be laid out.

use std::collections::HashSet;

use super::{Geom, LayoutError, array, compose, quaternion, vector, wxyz};
use crate::model::{
    ActuatorLaw, AxisJoint, GeomDescription, HeightLayer, JointDescription, ModelDescription, Shape,
    TriangleMesh,
};
use crate::vector::rules::{Vector3, cross3, dot3, scale3, sub3};

/// How far a unit vector's or quaternion's length may be from one; it is scaled to one then.
const UNIT_TOLERANCE: f64 = 1e-6;

/// Largest number of a description, in any unit: far beyond any robot, and well within single precision.
const LARGEST: f64 = 1e9;

/// Smallest positive mass or length; below it products of single precision vanish.
const SMALLEST: f64 = 1e-9;

/// What a number of a model may be, in a description and as a parameter of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Range {
    /// Any that single precision works well with.
    Finite,
    /// The same, zero or positive.
    NotNegative,
    /// The same, and not so small that products vanish.
    Positive,
    /// From zero to one.
    Share,
}

impl Range {
    /// Whether `value` is in it.
    pub(crate) fn contains(self, value: f64) -> bool {
        match self {
            Self::Finite => value.abs() <= LARGEST,
            Self::NotNegative => (0.0..=LARGEST).contains(&value),
            Self::Positive => (SMALLEST..=LARGEST).contains(&value),
            Self::Share => (0.0..=1.0).contains(&value),
        }
    }

    /// The range in words.
    pub(crate) fn allowed(self) -> &'static str {
        match self {
            Self::Finite => "numbers of at most 1e9 either way",
            Self::NotNegative => "zero or a positive number, up to 1e9",
            Self::Positive => "a positive number, 1e-9 to 1e9",
            Self::Share => "0 to 1",
        }
    }
}

/// Checks every number and every name but those that depend on the tree.
pub(super) fn description(model: &ModelDescription) -> Result<(), LayoutError> {
    unique("bodies", model.bodies.iter().map(|body| &body.name))?;
    unique(
        "joints",
        model.bodies.iter().filter_map(|body| match &body.joint {
            JointDescription::Hinge(axis) | JointDescription::Slide(axis) => Some(&axis.name),
            _ => None,
        }),
    )?;
    unique("actuators", model.actuators.iter().map(|actuator| &actuator.name))?;
    finite(&format!("model '{}'", model.name), "gravity", &model.gravity)?;
    let mut anchored = HashSet::new();
    for body in &model.bodies {
        let element = format!("body '{}'", body.name);
        let on_scene = body.parent.as_ref().is_none_or(|parent| anchored.contains(parent.as_str()));
        if body.joint == JointDescription::Fixed && on_scene {
            anchored.insert(body.name.as_str());
        }
        finite(&element, "position", &body.position)?;
        unit(&element, "orientation", &body.orientation)?;
        finite(&element, "centre of mass", &body.center_of_mass)?;
        finite(&element, "inertia", &body.inertia)?;
        not_negative(&element, "mass", body.mass)?;
        if let JointDescription::Hinge(joint) | JointDescription::Slide(joint) = &body.joint {
            axis(joint)?;
        }
        for geom in &body.geoms {
            let place = if anchored.contains(body.name.as_str()) { Place::Anchored } else { Place::Moving };
            shape(&geom_of_body(&geom.name, &body.name), geom, place)?;
        }
    }
    for geom in &model.scene {
        shape(&geom_of_scene(&geom.name), geom, Place::Scene)?;
    }
    for actuator in &model.actuators {
        let element = format!("actuator '{}'", actuator.name);
        positive(&element, "effort limit", actuator.effort_limit)?;
        if let Some(limit) = actuator.velocity_limit {
            positive(&element, "velocity limit", limit)?;
        }
        if let ActuatorLaw::Position { kp, kd } = actuator.law {
            not_negative(&element, "kp", kp)?;
            not_negative(&element, "kd", kd)?;
        }
    }
    Ok(())
}

/// What a shape is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Scene,
    /// A body that is fixed to the scene.
    Anchored,
    Moving,
}

/// How errors name a shape of a body.
pub(super) fn geom_of_body(name: &str, body: &str) -> String {
    format!("geom '{name}' of body '{body}'")
}

/// How errors name a shape of the scene.
pub(super) fn geom_of_scene(name: &str) -> String {
    format!("geom '{name}' of the scene")
}

/// An error when there is more of `kind` than fits.
pub(super) fn capacity(kind: &'static str, count: usize, limit: usize) -> Result<(), LayoutError> {
    if count > limit { Err(LayoutError::TooMany { kind, count, limit }) } else { Ok(()) }
}

/// `geom` of a described body whose frame lies at `position`, `orientation` in the movable body.
pub(super) fn placed_geom(
    geom: &GeomDescription,
    body: Option<usize>,
    position: [f64; 3],
    orientation: [f64; 4],
) -> Geom {
    let frame = compose(
        (vector(position), quaternion(orientation)),
        (vector(geom.position), quaternion(geom.orientation)),
    );
    Geom {
        name: geom.name.clone(),
        body,
        shape: geom.shape.clone(),
        position: array(frame.0),
        orientation: wxyz(frame.1),
        friction: geom.friction,
        restitution: geom.restitution,
    }
}

/// `axis` scaled to exactly unit length.
pub(super) fn unit_axis(axis: [f64; 3]) -> Vector3<f64> {
    let v = vector(axis);
    scale3(v, 1.0 / dot3(v, v).sqrt())
}

fn unique<'a>(kind: &'static str, names: impl Iterator<Item = &'a String>) -> Result<(), LayoutError> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(LayoutError::DuplicateName { kind, name: name.clone() });
        }
    }
    Ok(())
}

fn refuse(
    element: &str,
    quantity: &'static str,
    value: impl std::fmt::Debug,
    allowed: &'static str,
) -> Result<(), LayoutError> {
    Err(LayoutError::Value { element: element.to_owned(), quantity, value: shown(&value), allowed })
}

/// A value in few characters, however large its numbers are.
fn shown(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    if text.len() > 120 { text.chars().take(100).chain("...".chars()).collect() } else { text }
}

fn finite(element: &str, quantity: &'static str, values: &[f64]) -> Result<(), LayoutError> {
    if values.iter().all(|value| Range::Finite.contains(*value)) {
        Ok(())
    } else {
        refuse(element, quantity, values, Range::Finite.allowed())
    }
}

fn within(element: &str, quantity: &'static str, value: f64, range: Range) -> Result<(), LayoutError> {
    if range.contains(value) { Ok(()) } else { refuse(element, quantity, value, range.allowed()) }
}

fn positive(element: &str, quantity: &'static str, value: f64) -> Result<(), LayoutError> {
    within(element, quantity, value, Range::Positive)
}

fn not_negative(element: &str, quantity: &'static str, value: f64) -> Result<(), LayoutError> {
    within(element, quantity, value, Range::NotNegative)
}

fn unit(element: &str, quantity: &'static str, values: &[f64]) -> Result<(), LayoutError> {
    let length = values.iter().map(|value| value * value).sum::<f64>().sqrt();
    if (length - 1.0).abs() <= UNIT_TOLERANCE {
        Ok(())
    } else {
        refuse(element, quantity, values, "of unit length")
    }
}

fn axis(joint: &AxisJoint) -> Result<(), LayoutError> {
    let element = format!("joint '{}'", joint.name);
    unit(&element, "axis", &joint.axis)?;
    not_negative(&element, "armature", joint.armature)?;
    not_negative(&element, "damping", joint.damping)?;
    not_negative(&element, "friction loss", joint.friction_loss)?;
    match joint.range {
        Some([low, high]) if !(low < high && low.is_finite() && high.is_finite()) => {
            refuse(&element, "range", [low, high], "a lower limit below the upper one")
        }
        _ => Ok(()),
    }
}

fn shape(element: &str, geom: &GeomDescription, place: Place) -> Result<(), LayoutError> {
    finite(element, "position", &geom.position)?;
    unit(element, "orientation", &geom.orientation)?;
    not_negative(element, "friction", geom.friction)?;
    within(element, "restitution", geom.restitution, Range::Share)?;
    match &geom.shape {
        Shape::Sphere { radius } => positive(element, "radius", *radius),
        Shape::Capsule { radius, half_length } | Shape::Cylinder { radius, half_length } => {
            positive(element, "radius", *radius)?;
            positive(element, "half length", *half_length)
        }
        Shape::Box { half_extents } => {
            half_extents.iter().try_for_each(|half| positive(element, "half extent", *half))
        }
        Shape::Ellipsoid { radii } => {
            radii.iter().try_for_each(|radius| positive(element, "radius", *radius))
        }
        Shape::ConvexHull { vertices } => hull(element, vertices),
        Shape::Mesh(_) if place == Place::Moving => Err(LayoutError::Structure {
            element: element.to_owned(),
            problem: "triangle meshes stand in the scene or on bodies that are fixed to it; a body that moves takes convex \
                      hulls, several of them for one that is not convex",
        }),
        Shape::Mesh(mesh) => triangles(element, mesh),
        Shape::Plane | Shape::Floor(_) | Shape::Ceiling(_) if place != Place::Scene => {
            Err(LayoutError::Structure {
                element: element.to_owned(),
                problem: "planes and height layers stand in the scene, not on bodies",
            })
        }
        Shape::Plane => Ok(()),
        Shape::Floor(layer) | Shape::Ceiling(layer) => height_layer(element, layer),
    }
}

fn height_layer(element: &str, layer: &HeightLayer) -> Result<(), LayoutError> {
    positive(element, "cell", layer.cell)?;
    finite(element, "heights", &layer.heights)?;
    if layer.points.iter().any(|points| *points < 2) {
        return refuse(element, "points", layer.points, "at least two along each axis");
    }
    if layer.points[0].checked_mul(layer.points[1]) != Some(layer.heights.len()) {
        return refuse(
            element,
            "number of heights",
            layer.heights.len(),
            "the product of the points along both axes",
        );
    }
    Ok(())
}

/// A mesh needs triangles with corners that are there.
fn triangles(element: &str, mesh: &TriangleMesh) -> Result<(), LayoutError> {
    for vertex in &mesh.vertices {
        finite(element, "vertex", vertex)?;
    }
    if mesh.triangles.is_empty() {
        return refuse(element, "number of triangles", 0, "1 or more");
    }
    let count = mesh.vertices.len();
    match mesh.triangles.iter().flatten().find(|corner| **corner as usize >= count) {
        Some(corner) => {
            refuse(element, "corner of a triangle", corner, "an index into the vertices, counted from 0")
        }
        None => Ok(()),
    }
}

/// A hull needs four vertices that span a volume.
fn hull(element: &str, vertices: &[[f64; 3]]) -> Result<(), LayoutError> {
    if vertices.len() < 4 {
        return refuse(element, "number of vertices", vertices.len(), "4 or more");
    }
    for vertex in vertices {
        finite(element, "vertex", vertex)?;
    }
    let from_first: Vec<Vector3<f64>> =
        vertices.iter().map(|vertex| sub3(vector(*vertex), vector(vertices[0]))).collect();
    let longest = |candidates: &dyn Fn(&Vector3<f64>) -> f64| {
        from_first.iter().map(candidates).fold(0.0_f64, |best, value| best.max(value.abs()))
    };
    let size = longest(&|v| dot3(*v, *v)).sqrt();
    let edge = from_first
        .iter()
        .copied()
        .max_by(|a, b| dot3(*a, *a).total_cmp(&dot3(*b, *b)))
        .unwrap_or(from_first[0]);
    let normal = from_first
        .iter()
        .map(|v| cross3(edge, *v))
        .max_by(|a, b| dot3(*a, *a).total_cmp(&dot3(*b, *b)))
        .unwrap_or(edge);
    let volume = longest(&|v| dot3(normal, *v));
    if volume > 1e-9 * size.powi(3) {
        Ok(())
    } else {
        refuse(element, "volume", volume, "positive: four vertices off one plane")
    }
}
