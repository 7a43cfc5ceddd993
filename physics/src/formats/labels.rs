//! Where the elements of a model stand in its file, so that what the engine's own checks refuse is named by its line.

use std::collections::HashMap;

use super::FormatError;
use crate::{
    layout::{Layout, LayoutError},
    model::{JointDescription, ModelDescription},
};

/// Line, tag and name of the elements of a model, in the model's order.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    pub bodies: Vec<BodyLabels>,
    pub scene: Vec<String>,
    pub actuators: Vec<String>,
}

/// Of a body, its joint and its shapes.
#[derive(Clone, Debug, Default)]
pub(super) struct BodyLabels {
    pub element: String,
    pub joint: String,
    pub geoms: Vec<String>,
}

/// Refuses a model with a number or a structure that no engine can simulate, by the elements of its file. What is only
/// too much for this engine is left to it.
pub(super) fn check(model: &ModelDescription, labels: &Labels) -> Result<(), FormatError> {
    let Err(error) = Layout::check(model) else { return Ok(()) };
    // The check names elements: it is asked again about the same model with labels in the place of names.
    let error = match Layout::check(&labelled(model, labels)) {
        Err(LayoutError::DuplicateName { .. }) | Ok(()) => error,
        Err(error) => error,
    };
    let (element, reason) = match error {
        LayoutError::Value { element, quantity, value, allowed } => {
            (labels.named_in(&element), format!("{quantity} is {value}; allowed is {allowed}"))
        }
        LayoutError::Structure { element, problem } => (labels.named_in(&element), problem.to_owned()),
        LayoutError::Unknown { element, kind, name } => {
            (labels.named_in(&element), format!("there is no {kind} '{name}' (or it is declared after it)"))
        }
        LayoutError::DuplicateName { kind, name } => {
            (labels.second(model, kind, &name), format!("two {kind} are named '{name}'; names are unique"))
        }
        error @ (LayoutError::TooMany { .. } | LayoutError::Beyond { .. }) => {
            ("the model".to_owned(), error.to_string())
        }
    };
    Err(FormatError::unsupported(element, reason))
}

impl Labels {
    /// The label in the name that a check gives an element: of the shape, else of the joint or actuator, else of the body.
    fn named_in(&self, element: &str) -> String {
        let bodies = || self.bodies.iter();
        let shapes: Vec<&String> = bodies().flat_map(|body| &body.geoms).chain(&self.scene).collect();
        let drives: Vec<&String> = bodies().map(|body| &body.joint).chain(&self.actuators).collect();
        let carriers: Vec<&String> = bodies().map(|body| &body.element).collect();
        for kind in [shapes, drives, carriers] {
            let known =
                kind.into_iter().filter(|label| !label.is_empty() && element.contains(label.as_str()));
            if let Some(label) = known.max_by_key(|label| label.len()) {
                return label.clone();
            }
        }
        element.to_owned()
    }

    /// The second of the elements that share a name.
    fn second(&self, model: &ModelDescription, kind: &str, name: &str) -> String {
        let bodies = model.bodies.iter().zip(&self.bodies);
        let labels: Vec<&String> = match kind {
            "bodies" => {
                bodies.filter(|(body, _)| body.name == name).map(|(_, labels)| &labels.element).collect()
            }
            "joints" => {
                let is_named = |joint: &JointDescription| matches!(joint, JointDescription::Hinge(axis) | JointDescription::Slide(axis) if axis.name == name);
                bodies.filter(|(body, _)| is_named(&body.joint)).map(|(_, labels)| &labels.joint).collect()
            }
            _ => {
                let actuators = model.actuators.iter().zip(&self.actuators);
                actuators.filter(|(actuator, _)| actuator.name == name).map(|(_, label)| label).collect()
            }
        };
        labels.get(1).map_or_else(|| "the model".to_owned(), |label| (*label).clone())
    }
}

fn labelled(model: &ModelDescription, labels: &Labels) -> ModelDescription {
    fn rename(name: &mut String, label: Option<&String>) {
        if let Some(label) = label.filter(|label| !label.is_empty()) {
            *name = format!("{name} ({label})");
        }
    }
    let mut model = model.clone();
    let mut bodies = HashMap::new();
    let mut joints = HashMap::new();
    for (body, labels) in model.bodies.iter_mut().zip(&labels.bodies) {
        let name = body.name.clone();
        rename(&mut body.name, Some(&labels.element));
        bodies.insert(name, body.name.clone());
        if let JointDescription::Hinge(axis) | JointDescription::Slide(axis) = &mut body.joint {
            let name = axis.name.clone();
            rename(&mut axis.name, Some(&labels.joint));
            joints.insert(name, axis.name.clone());
        }
        for (index, geom) in body.geoms.iter_mut().enumerate() {
            rename(&mut geom.name, labels.geoms.get(index));
        }
    }
    for (index, geom) in model.scene.iter_mut().enumerate() {
        rename(&mut geom.name, labels.scene.get(index));
    }
    let renamed = |names: &HashMap<String, String>, name: &mut String| {
        if let Some(label) = names.get(name) {
            name.clone_from(label);
        }
    };
    for (index, actuator) in model.actuators.iter_mut().enumerate() {
        rename(&mut actuator.name, labels.actuators.get(index));
        renamed(&joints, &mut actuator.joint);
    }
    for body in &mut model.bodies {
        if let Some(parent) = &mut body.parent {
            renamed(&bodies, parent);
        }
    }
    for name in model.colliding_bodies.iter_mut().flatten() {
        renamed(&bodies, name);
    }
    model
}
