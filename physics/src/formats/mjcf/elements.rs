//! Which elements and attributes of MJCF a model may use. Everything else is refused with its line.

use std::path::{Path, PathBuf};

use roxmltree::{Document, Node};

use super::super::{FormatError, check_nesting, read};

/// Elements that say nothing about motion, or are settings of the engine; with all that is inside.
const PASSED_OVER: &[&str] = &[
    "visual",
    "statistic",
    "size",
    "custom",
    "asset",
    "sensor",
    "keyframe",
    "site",
    "camera",
    "light",
    "numeric",
];

/// Attributes of `<joint>` that are read, or (names, groups, limit softness) passed over.
const JOINT: &[&str] = &[
    "name",
    "class",
    "type",
    "pos",
    "axis",
    "limited",
    "range",
    "stiffness",
    "damping",
    "springref",
    "springdamper",
    "armature",
    "frictionloss",
    "ref",
    "margin",
    "solreflimit",
    "solimplimit",
    "solreffriction",
    "solimpfriction",
    "group",
    "user",
];

/// Attributes of `<geom>` that are read, or (looks, names, contact softness) passed over.
const GEOM: &[&str] = &[
    "name",
    "class",
    "type",
    "size",
    "pos",
    "quat",
    "axisangle",
    "euler",
    "xyaxes",
    "zaxis",
    "fromto",
    "friction",
    "mass",
    "density",
    "margin",
    "gap",
    "solref",
    "solimp",
    "solmix",
    "condim",
    "contype",
    "conaffinity",
    "group",
    "priority",
    "rgba",
    "material",
    "mesh",
    "hfield",
    "user",
];

/// Parts of the physics that `<flag>` can switch off, which this engine cannot.
const ESSENTIAL_FLAGS: &[&str] =
    &["constraint", "frictionloss", "limit", "contact", "passive", "damper", "gravity", "actuation"];

/// Checks `text` and the files it includes from `folder`.
pub(super) fn check(text: &str, folder: &Path) -> Result<(), FormatError> {
    check_file(text, folder, &mut Vec::new())
}

fn check_file(text: &str, folder: &Path, included: &mut Vec<PathBuf>) -> Result<(), FormatError> {
    check_nesting(text, "MJCF")?;
    let document = Document::parse(text)
        .map_err(|error| FormatError::Invalid { format: "MJCF", message: error.to_string() })?;
    let root = document.root_element();
    if !root.has_tag_name("mujoco") {
        return Err(FormatError::Invalid {
            format: "MJCF",
            message: format!("the root element is <{}>, not <mujoco>", root.tag_name().name()),
        });
    }
    for child in elements(root) {
        check_element(child, folder, included)?;
    }
    Ok(())
}

fn check_element(node: Node, folder: &Path, included: &mut Vec<PathBuf>) -> Result<(), FormatError> {
    let parent = node.parent_element().map_or("", |parent| parent.tag_name().name());
    let name = node.tag_name().name();
    if PASSED_OVER.contains(&name) {
        return Ok(());
    }
    if name == "include" && parent != "frame" {
        return check_include(node, folder, included);
    }
    let in_default = node.ancestors().skip(1).any(|outer| outer.has_tag_name("default"));
    match (parent, name) {
        ("mujoco", "default" | "worldbody" | "contact" | "actuator") => {}
        ("mujoco", "equality" | "tendon") => {
            return match elements(node).next() {
                Some(inside) => Err(refused(
                    inside,
                    "constraints between joints or bodies, and tendons, are not supported",
                )),
                None => Ok(()),
            };
        }
        ("mujoco", "compiler") => return check_compiler(node),
        ("mujoco", "option") => return check_option(node),
        ("worldbody" | "body" | "frame", "body" | "geom" | "frame") => {}
        ("body", "inertial" | "joint" | "freejoint") => {}
        // A class may hold defaults of elements that nobody uses; those in use are checked where they are.
        ("default", _) => {}
        ("contact", "exclude") => {}
        ("contact", _) => return Err(refused(node, "only <exclude> is supported among contacts")),
        ("actuator", _) => return Ok(()),
        _ => return Err(refused(node, &format!("<{name}> inside <{parent}> is not supported"))),
    }
    match name {
        "joint" => allow(node, JOINT)?,
        "geom" => allow(node, GEOM)?,
        _ => {}
    }
    if in_default && name != "default" {
        return Ok(());
    }
    elements(node).try_for_each(|child| check_element(child, folder, included))
}

fn check_include(node: Node, folder: &Path, included: &mut Vec<PathBuf>) -> Result<(), FormatError> {
    let file = node.attribute("file").ok_or_else(|| refused(node, "its attribute `file` is missing"))?;
    let path = folder.join(file);
    if included.contains(&path) {
        return Err(refused(node, "the file is included twice"));
    }
    let text = read(&path)?;
    included.push(path);
    check_file(&text, folder, included)
}

fn check_compiler(node: Node) -> Result<(), FormatError> {
    for (name, harmless) in [
        ("settotalmass", &["-1"][..]),
        ("boundmass", &["0"]),
        ("boundinertia", &["0"]),
        ("balanceinertia", &["false"]),
        ("inertiagrouprange", &["0 5"]),
        ("usethread", &["true", "false"]),
    ] {
        if let Some(value) = node.attribute(name).filter(|value| !harmless.contains(&value.trim())) {
            let reason = format!("{name}=\"{value}\" changes masses in a way that is not supported");
            return Err(refused(node, &reason));
        }
    }
    Ok(())
}

fn check_option(node: Node) -> Result<(), FormatError> {
    for name in ["wind", "density", "viscosity"] {
        let value = node.attribute(name).unwrap_or("0");
        if value.split_whitespace().any(|number| number.parse() != Ok(0.0)) {
            return Err(refused(node, &format!("{name}=\"{value}\": there is no medium around the bodies")));
        }
    }
    for flags in elements(node).filter(|child| child.has_tag_name("flag")) {
        for name in ESSENTIAL_FLAGS {
            if flags.attribute(*name) == Some("disable") {
                return Err(refused(flags, &format!("{name}=\"disable\" is not supported")));
            }
        }
    }
    Ok(())
}

fn allow(node: Node, allowed: &[&str]) -> Result<(), FormatError> {
    match node.attributes().find(|attribute| !allowed.contains(&attribute.name())) {
        Some(attribute) => {
            let reason = format!("{}=\"{}\" is not supported", attribute.name(), attribute.value());
            Err(refused(node, &reason))
        }
        None => Ok(()),
    }
}

fn elements<'a>(node: Node<'a, 'a>) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(Node::is_element)
}

fn refused(node: Node, reason: &str) -> FormatError {
    let line = node.document().text_pos_at(node.range().start).row;
    let tag = node.tag_name().name();
    let element = match node.attribute("name") {
        Some(name) => format!("line {line}: <{tag} name=\"{name}\">"),
        None => format!("line {line}: <{tag}>"),
    };
    FormatError::unsupported(element, reason)
}
