//! Actuators of an MJCF file: motors, position servos, and the `<general>` ones that are one of the two.
//! The range of controls is the caller's to keep.

use mjcf_rs::{
    Model,
    extras::{Actuator, ActuatorKind},
};

use super::{
    super::{FormatError, UNLIMITED_EFFORT},
    sources::Sources,
};
use crate::model::{ActuatorDescription, ActuatorLaw};

pub(super) fn convert(file: &Model, sources: &Sources) -> Result<Vec<ActuatorDescription>, FormatError> {
    let convert = |(index, actuator)| convert_one(file, actuator, index, sources.actuators.get(index));
    file.actuators.iter().enumerate().map(convert).collect()
}

fn convert_one(
    file: &Model,
    actuator: &Actuator,
    index: usize,
    source: Option<&String>,
) -> Result<ActuatorDescription, FormatError> {
    let name = actuator.name.clone().unwrap_or_else(|| format!("actuator{index}"));
    let refused = |reason: String| {
        let element = source.cloned().unwrap_or_else(|| format!("actuator \"{name}\""));
        FormatError::unsupported(element, reason)
    };
    let Some(joint) = actuator.joint.clone() else {
        return Err(refused("it drives no joint; tendons, sites and bodies cannot be driven".into()));
    };
    let [gear, rest @ ..] = actuator.gear;
    if gear <= 0.0 || rest != [0.0; 5] {
        return Err(refused(format!("gear {:?}: only one positive number is supported", actuator.gear)));
    }
    let Some((gain, law)) = law(actuator) else {
        let reason = "only <motor>, <position>, and <general> that is one of these, without activation \
                      dynamics, are supported";
        return Err(refused(reason.into()));
    };
    // The force is gain (control - kp/gain joint position ...); through a gear g the joint sees g times it,
    // and the servo sees g times the joint's position.
    let law = match law {
        ActuatorLaw::Effort if gear * gain == 1.0 => law,
        ActuatorLaw::Effort => {
            return Err(refused(format!("gain {}: a motor's control is its torque", gear * gain)));
        }
        ActuatorLaw::Position { .. } if gear == 1.0 => law,
        ActuatorLaw::Position { .. } => {
            return Err(refused(format!("gear {gear}: a servo must sit on its joint")));
        }
    };
    let limit = |range: Option<[f64; 2]>, limited: mjcf_rs::Tristate, what: &str| {
        if !limited.resolve(file.compiler.autolimits, range.is_some()) {
            return Ok(UNLIMITED_EFFORT);
        }
        match range {
            Some([lower, upper]) if lower == -upper && upper > 0.0 => Ok(upper),
            range => Err(refused(format!("{what} {range:?}: only a range around zero is supported"))),
        }
    };
    let mut effort_limit = gear * limit(actuator.force_range, actuator.force_limited, "forcerange")?;
    if law == ActuatorLaw::Effort {
        effort_limit =
            effort_limit.min(gear * limit(actuator.ctrl_range, actuator.ctrl_limited, "ctrlrange")?);
    }
    let effort_limit = effort_limit.min(UNLIMITED_EFFORT);
    Ok(ActuatorDescription { name, joint, law, effort_limit, velocity_limit: None })
}

/// The gain and the law; `None` for other laws than the two.
fn law(actuator: &Actuator) -> Option<(f64, ActuatorLaw)> {
    if actuator.dyn_type.as_deref().is_some_and(|kind| kind != "none") {
        return None;
    }
    let parameter = |list: &[f64], index: usize, default: f64| list.get(index).copied().unwrap_or(default);
    match actuator.kind {
        ActuatorKind::Motor => Some((1.0, ActuatorLaw::Effort)),
        ActuatorKind::Position => {
            let kp = actuator.kp.unwrap_or(1.0);
            Some((kp, ActuatorLaw::Position { kp, kd: actuator.kv.unwrap_or(0.0) }))
        }
        ActuatorKind::General if actuator.gain_type.as_deref().unwrap_or("fixed") == "fixed" => {
            let gain = parameter(&actuator.gainprm, 0, 1.0);
            match actuator.bias_type.as_deref().unwrap_or("none") {
                "none" => Some((gain, ActuatorLaw::Effort)),
                "affine" => {
                    let [constant, position, velocity] =
                        [0, 1, 2].map(|index| parameter(&actuator.biasprm, index, 0.0));
                    (constant == 0.0 && position == -gain && velocity <= 0.0)
                        .then_some((gain, ActuatorLaw::Position { kp: gain, kd: -velocity }))
                }
                _ => None,
            }
        }
        _ => None,
    }
}
