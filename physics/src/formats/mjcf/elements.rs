//! Which elements of MJCF a model may use. Everything else is refused with its line.

use std::path::{Path, PathBuf};

use roxmltree::{Document, Node};

use super::super::attributes::{self, element_of, elements, refused};
use super::super::{FormatError, check_nesting, read};
use super::{
    MjcfOptions, schema,
    sources::{BodySource, Sources},
};

/// Elements that say nothing about motion (looks, places that are watched, stored states) or are memory of
/// another program; with all that is inside.
const PASSED_OVER: &[&str] =
    &["visual", "statistic", "size", "custom", "sensor", "keyframe", "site", "camera", "light", "numeric"];

/// Checks `text` and the files it includes from `folder`, and tells where their elements stand.
pub(super) fn check(text: &str, folder: &Path, options: &MjcfOptions) -> Result<Sources, FormatError> {
    let mut check =
        Check { folder, options, included: Vec::new(), file: None, body: 0, sources: Sources::default() };
    check.file(text)?;
    Ok(check.sources)
}

/// A check on its way through a file and those that it includes.
struct Check<'a> {
    folder: &'a Path,
    options: &'a MjcfOptions,
    included: Vec<PathBuf>,
    /// The included file that is read.
    file: Option<PathBuf>,
    /// The body whose elements are read; 0 is the world.
    body: usize,
    sources: Sources,
}

impl Check<'_> {
    fn file(&mut self, text: &str) -> Result<(), FormatError> {
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
        self.attributes(root, &[schema::MUJOCO])?;
        // The order in which mjcf-rs reads them.
        for phase in 0..3 {
            let turn = |child: &Node| match child.tag_name().name() {
                "worldbody" => 1,
                "actuator" => 2,
                _ => 0,
            };
            elements(root).filter(|child| turn(child) == phase).try_for_each(|child| self.element(child))?;
        }
        Ok(())
    }

    /// The element as errors name it.
    fn source(&self, node: Node) -> String {
        match &self.file {
            Some(file) => format!("{}: {}", file.display(), element_of(node)),
            None => element_of(node),
        }
    }

    /// Notes where the element stands.
    fn note(&mut self, parent: &str, node: Node) {
        let source = self.source(node);
        match (parent, node.tag_name().name()) {
            ("default", _) => {}
            (_, "geom") => self.sources.bodies[self.body].geoms.push(source),
            (_, "joint" | "freejoint") => self.sources.bodies[self.body].joints.push(source),
            ("actuator", _) => self.sources.actuators.push(source),
            (_, "exclude") => self.sources.excludes.push(source),
            (_, "body") => {
                self.body = self.sources.bodies.len();
                self.sources.bodies.push(BodySource { element: source, ..BodySource::default() });
            }
            _ => {}
        }
    }

    fn attributes(&self, node: Node, known: &[&[attributes::Attribute]]) -> Result<(), FormatError> {
        attributes::check(node, known, self.options.ignore_softness)
    }

    fn element(&mut self, node: Node) -> Result<(), FormatError> {
        let parent = node.parent_element().map_or("", |parent| parent.tag_name().name());
        let name = node.tag_name().name();
        if PASSED_OVER.contains(&name) {
            return Ok(());
        }
        match (parent, name) {
            (outer, "include") if outer != "frame" => return self.include(node),
            ("mujoco", "worldbody" | "contact" | "actuator") => self.attributes(node, &[])?,
            ("mujoco" | "default", "default") => self.attributes(node, &[schema::DEFAULT])?,
            ("mujoco", "equality" | "tendon") => {
                return match elements(node).next() {
                    Some(inside) => Err(refused(
                        inside,
                        "constraints between joints or bodies, and tendons, are not supported",
                    )),
                    None => Ok(()),
                };
            }
            ("mujoco", "asset") => return elements(node).try_for_each(|asset| self.asset(asset)),
            ("mujoco", "compiler") => self.compiler(node)?,
            ("mujoco", "option") => self.attributes(node, &[schema::OPTION])?,
            ("option", "flag") => self.attributes(node, &[schema::FLAG])?,
            ("worldbody" | "body" | "frame", "body") => self.placed(node, schema::BODY)?,
            ("worldbody" | "body" | "frame", "frame") => self.placed(node, schema::FRAME)?,
            ("worldbody" | "body" | "frame" | "default", "geom") => self.placed(node, schema::GEOM)?,
            ("body", "inertial") => self.inertial(node)?,
            ("body" | "default", "joint") => self.attributes(node, &[schema::JOINT])?,
            ("body", "freejoint") => self.attributes(node, &[schema::FREE_JOINT])?,
            ("actuator" | "default", "motor") => self.attributes(node, &[schema::ACTUATOR])?,
            ("actuator" | "default", "position") => {
                self.attributes(node, &[schema::ACTUATOR, schema::POSITION])?;
            }
            ("actuator" | "default", "general") => {
                self.attributes(node, &[schema::ACTUATOR, schema::GENERAL])?;
            }
            ("actuator", _) => {
                return Err(refused(node, "only <motor>, <position> and <general> are supported"));
            }
            // Of use only to elements that are passed over or refused where they stand.
            ("default", other) if schema::OTHER_DEFAULTS.contains(&other) => return Ok(()),
            ("contact", "exclude") => {
                self.attributes(node, &[schema::EXCLUDE])?;
                attributes::require(node, "body1")?;
                attributes::require(node, "body2")?;
            }
            ("contact", _) => return Err(refused(node, "only <exclude> is supported among contacts")),
            _ => return Err(refused(node, &format!("<{name}> inside <{parent}> is not supported"))),
        }
        let outer = self.body;
        self.note(parent, node);
        elements(node).try_for_each(|child| self.element(child))?;
        self.body = outer;
        Ok(())
    }

    /// Of what shapes and looks refer to, only the corners of meshes matter.
    fn asset(&mut self, node: Node) -> Result<(), FormatError> {
        match node.tag_name().name() {
            "include" => self.include(node),
            "mesh" => attributes::check_known(node, schema::MESH),
            _ => Ok(()),
        }
    }

    /// An element with a pose of its own.
    fn placed(&self, node: Node, known: &[attributes::Attribute]) -> Result<(), FormatError> {
        self.attributes(node, &[known, schema::POSE])?;
        let given: Vec<_> =
            schema::ORIENTATIONS.iter().filter(|name| node.has_attribute(**name)).copied().collect();
        match given.as_slice() {
            [] | [_] => Ok(()),
            several => Err(refused(node, &format!("{} at once: give one of them", several.join(" and ")))),
        }
    }

    fn inertial(&self, node: Node) -> Result<(), FormatError> {
        self.placed(node, schema::INERTIAL)?;
        attributes::require(node, "mass")?;
        if node.has_attribute("diaginertia") == node.has_attribute("fullinertia") {
            return Err(refused(node, "one of diaginertia and fullinertia must be given"));
        }
        Ok(())
    }

    fn compiler(&self, node: Node) -> Result<(), FormatError> {
        self.attributes(node, &[schema::COMPILER])?;
        let is_sequence = |text: &str| text.len() == 3 && text.chars().all(|axis| "xyzXYZ".contains(axis));
        match node.attribute("eulerseq").filter(|text| !is_sequence(text)) {
            Some(text) => {
                Err(refused(node, &format!("eulerseq=\"{text}\": three letters of xyzXYZ are allowed")))
            }
            None => Ok(()),
        }
    }

    fn include(&mut self, node: Node) -> Result<(), FormatError> {
        self.attributes(node, &[schema::INCLUDE])?;
        let file = node.attribute("file").ok_or_else(|| refused(node, "its attribute file is missing"))?;
        let path = self.folder.join(file);
        if self.included.contains(&path) {
            return Err(refused(node, "the file is included twice"));
        }
        let text = read(&path)?;
        self.included.push(path.clone());
        let outer = (self.file.replace(path.clone()), std::mem::take(&mut self.body));
        self.file(&text).map_err(|error| error.in_file(&path))?;
        (self.file, self.body) = outer;
        Ok(())
    }
}
