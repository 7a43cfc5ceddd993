//! Which elements and attributes of URDF a model may use. Everything else is refused with its line.

use roxmltree::{Document, Node};

use super::attributes::{self, Allowed, Attribute, NOT_NEGATIVE, NUMBER, elements, numbers, refused};
use super::{
    FormatError, check_nesting,
    labels::{BodyLabels, Labels},
};
use crate::model::{JointDescription, ModelDescription};
use Allowed::{Numbers, Text, Words};

const NAMED: &[Attribute] = &[("name", Text)];
const ROBOT: &[Attribute] = &[("name", Text), ("version", Text)];
const ORIGIN: &[Attribute] = &[("xyz", numbers(3)), ("rpy", numbers(3))];
const MASS: &[Attribute] = &[("value", NOT_NEGATIVE)];
const INERTIA: &[Attribute] =
    &[("ixx", NUMBER), ("ixy", NUMBER), ("ixz", NUMBER), ("iyy", NUMBER), ("iyz", NUMBER), ("izz", NUMBER)];
const BOX: &[Attribute] = &[("size", Numbers { fewest: 3, most: 3, least: 0.0 })];
const ROUND: &[Attribute] = &[("radius", NOT_NEGATIVE)];
const LONG: &[Attribute] = &[("radius", NOT_NEGATIVE), ("length", NOT_NEGATIVE)];
const MESH: &[Attribute] = &[("filename", Text), ("scale", numbers(3))];
const JOINT: &[Attribute] = &[
    ("name", Text),
    ("type", Words(&["fixed", "floating", "revolute", "continuous", "prismatic", "planar", "spherical"])),
];
const LINK: &[Attribute] = &[("link", Text)];
const AXIS: &[Attribute] = &[("xyz", numbers(3))];
const LIMIT: &[Attribute] =
    &[("lower", NUMBER), ("upper", NUMBER), ("effort", NOT_NEGATIVE), ("velocity", NOT_NEGATIVE)];
const DYNAMICS: &[Attribute] = &[("damping", NOT_NEGATIVE), ("friction", NOT_NEGATIVE)];
const MIMIC: &[Attribute] = &[("joint", Text), ("multiplier", NUMBER), ("offset", NUMBER)];

/// Checks a URDF text element by element.
pub(super) fn check(text: &str) -> Result<(), FormatError> {
    check_nesting(text, "URDF")?;
    let invalid = |message: String| FormatError::Invalid { format: "URDF", message };
    let document = Document::parse(text).map_err(|error| invalid(error.to_string()))?;
    let root = document.root_element();
    if !root.has_tag_name("robot") {
        return Err(invalid(format!("the root element is <{}>, not <robot>", root.tag_name().name())));
    }
    attributes::check(root, &[ROBOT], false)?;
    attributes::require(root, "name")?;
    elements(root).try_for_each(element)
}

fn element(node: Node) -> Result<(), FormatError> {
    let parent = node.parent_element().map_or("", |parent| parent.tag_name().name());
    let name = node.tag_name().name();
    let (known, required): (&[Attribute], &[&str]) = match (parent, name) {
        // Looks, wiring of controllers, and other programs' own settings: they say nothing about the motion.
        ("robot", "material" | "transmission" | "gazebo") | ("link", "visual") | ("joint", "calibration") => {
            return Ok(());
        }
        ("robot", "link") => (NAMED, &["name"]),
        ("robot", "joint") => (JOINT, &["name", "type"]),
        ("link", "inertial") => (&[], &[]),
        ("link", "collision") => (NAMED, &[]),
        ("inertial" | "collision" | "joint", "origin") => (ORIGIN, &[]),
        ("inertial", "mass") => (MASS, &["value"]),
        ("inertial", "inertia") => (INERTIA, &["ixx", "ixy", "ixz", "iyy", "iyz", "izz"]),
        ("collision", "geometry") => (&[], &[]),
        ("geometry", "box") => (BOX, &["size"]),
        ("geometry", "sphere") => (ROUND, &["radius"]),
        ("geometry", "capsule" | "cylinder") => (LONG, &["radius", "length"]),
        ("geometry", "mesh") => (MESH, &["filename"]),
        ("joint", "parent" | "child") => (LINK, &["link"]),
        ("joint", "axis") => (AXIS, &["xyz"]),
        ("joint", "limit") => (LIMIT, &[]),
        ("joint", "dynamics") => (DYNAMICS, &[]),
        ("joint", "mimic") => (MIMIC, &["joint"]),
        ("joint", "safety_controller") => return Err(refused(node, "safety controllers are not supported")),
        _ => return Err(refused(node, &format!("<{name}> inside <{parent}> is not supported"))),
    };
    attributes::check(node, &[known], false)?;
    required.iter().try_for_each(|name| attributes::require(node, name))?;
    if name == "joint" {
        limits(node)?;
    }
    elements(node).try_for_each(element)
}

/// `error` with the line of the element that it names, where that is only named.
pub(super) fn located(text: &str, error: FormatError) -> FormatError {
    let FormatError::Unsupported { element, reason } = error else { return error };
    let document = Document::parse(text).ok();
    let node = document.as_ref().and_then(|document| {
        elements(document.root_element()).find(|node| attributes::tag(*node) == element)
    });
    FormatError::Unsupported { element: node.map_or(element, attributes::element_of), reason }
}

/// Where the links, joints and collision shapes of `model` stand in its text.
pub(super) fn labels(text: &str, model: &ModelDescription) -> Labels {
    let Ok(document) = Document::parse(text) else { return Labels::default() };
    let root = document.root_element();
    let of = |tag: &str, name: &str| {
        elements(root).find(|node| node.has_tag_name(tag) && node.attribute("name") == Some(name))
    };
    let shapes = |link: Option<Node>| -> Vec<String> {
        let parts = link.into_iter().flat_map(|link| link.children());
        parts.filter(|part| part.has_tag_name("collision")).map(attributes::element_of).collect()
    };
    let label = |node: Option<Node>| node.map(attributes::element_of).unwrap_or_default();
    let bodies = model.bodies.iter().map(|body| {
        let link = of("link", &body.name);
        let joint = match &body.joint {
            JointDescription::Hinge(axis) | JointDescription::Slide(axis) => of("joint", &axis.name),
            JointDescription::Fixed | JointDescription::Free => None,
        };
        BodyLabels { element: label(link), joint: label(joint), geoms: shapes(link) }
    });
    // The shapes of the scene are those of the one link that is no body.
    let fixed = elements(root).find(|node| {
        let is_body = |name: &str| model.bodies.iter().any(|body| body.name == name);
        node.has_tag_name("link") && !node.attribute("name").is_some_and(is_body)
    });
    let actuators = model.actuators.iter().map(|actuator| label(of("joint", &actuator.joint)));
    Labels { bodies: bodies.collect(), scene: shapes(fixed), actuators: actuators.collect() }
}

/// The limits that the kind of a joint prescribes.
fn limits(joint: Node) -> Result<(), FormatError> {
    let kind = joint.attribute("type").unwrap_or_default();
    let limit = elements(joint).find(|child| child.has_tag_name("limit"));
    if matches!(kind, "revolute" | "prismatic") && limit.is_none() {
        return Err(refused(joint, &format!("a {kind} joint needs a <limit>")));
    }
    Ok(())
}
