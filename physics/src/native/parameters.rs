//! Physical parameters of single worlds: what domain randomisation changes.
//!
//! A batch shares the model's parameters until a world gets one of its own; from then on its lane group
//! carries a set with a value for every lane.

use serde::{Deserialize, Serialize};

use super::lane::Lane;
use super::options::WorldsError;
use super::state::{check_index, check_length};
use super::worlds::{WorldParameters, Worlds};
use crate::dynamics::tree::rules::JOINT_FREE;
use crate::layout::is_natural_inertia;
use crate::model::Shape;
use crate::vector::rules::vector3;

/// A physical parameter of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Parameter {
    /// Acceleration of free fall in m/s², world axes: three values.
    Gravity,
    /// Mass of a body in kg.
    Mass(usize),
    /// Centre of mass of a body in its frame in m: three values.
    CenterOfMass(usize),
    /// Inertia of a body about its centre of mass, body axes, in kg m²: xx yy zz xy xz yz.
    Inertia(usize),
    /// Origin of a body on a hinge or slide in its parent's frame in m: three values.
    Offset(usize),
    /// Rotor inertia of a dof in kg m² or kg.
    Armature(usize),
    /// Viscous damping of a dof in N m s/rad or N s/m.
    Damping(usize),
    /// Dry friction of a dof in N m or N; only where the model has some.
    FrictionLoss(usize),
    /// Stiffness of an actuator's position servo.
    Stiffness(usize),
    /// Damping of an actuator's position servo.
    ServoDamping(usize),
    /// Largest effort of an actuator in N m or N.
    EffortLimit(usize),
    /// Coulomb friction coefficient of a shape.
    Friction(usize),
    /// Coefficient of restitution of a shape; only where the model has some.
    Restitution(usize),
    /// Place of a shape in its body's (or the world's) frame in m: three values. Not of height layers.
    GeomPosition(usize),
    /// Size of a shape in m. Sphere: radius and two zeros; capsule: radius, half length, zero; box: half
    /// extents. Not of convex hulls and height layers. As in the model, no shape of a body may cover more of a height layer than is looked up.
    GeomSize(usize),
}

/// What a parameter may be.
#[derive(Clone, Copy)]
enum Range {
    Finite,
    NotNegative,
    Positive,
    Share,
}

impl<L: Lane> Worlds<L> {
    /// Every parameter of the model, in a fixed order: the vector of a world's context.
    pub fn parameters(&self) -> Vec<Parameter> {
        let tree = &self.layout.tree;
        let mut all = vec![Parameter::Gravity];
        for body in 0..tree.bodies as usize {
            all.extend([Parameter::Mass(body), Parameter::CenterOfMass(body), Parameter::Inertia(body)]);
            if tree.joint[body] != JOINT_FREE {
                all.push(Parameter::Offset(body));
            }
        }
        for dof in 0..tree.dofs as usize {
            all.extend([Parameter::Armature(dof), Parameter::Damping(dof)]);
            if self.contact_layout.tables.has_dry_friction[dof] == 1 {
                all.push(Parameter::FrictionLoss(dof));
            }
        }
        for actuator in 0..tree.actuators as usize {
            all.extend([
                Parameter::Stiffness(actuator),
                Parameter::ServoDamping(actuator),
                Parameter::EffortLimit(actuator),
            ]);
        }
        for geom in 0..self.layout.geoms.len() {
            all.push(Parameter::Friction(geom));
            if !self.is_layer(geom) {
                all.push(Parameter::GeomPosition(geom));
            }
            if !self.is_layer(geom) && !self.is_hull(geom) {
                all.push(Parameter::GeomSize(geom));
            }
            if self.contact_layout.tables.has_restitution == 1 {
                all.push(Parameter::Restitution(geom));
            }
        }
        all
    }

    /// The value of a parameter in a world, in the precision of the lanes.
    ///
    /// # Errors
    ///
    /// A world or element that does not exist.
    pub fn parameter(&mut self, world: usize, parameter: Parameter) -> Result<Vec<f64>, WorldsError> {
        self.check_world(world)?;
        self.check_parameter(parameter)?;
        let lane = world % L::WIDTH;
        let (group, desk) = self.group_and_desk(world / L::WIDTH);
        let set = group.parameters.as_mut().unwrap_or(&mut desk.parameters);
        Ok(values_of(set, parameter).0.into_iter().map(|value| value.lane(lane)).collect())
    }

    /// Gives a world its own value of a parameter.
    ///
    /// # Errors
    ///
    /// A world or element that does not exist, or a value out of range; nothing is changed then.
    pub fn set_parameter(
        &mut self,
        world: usize,
        parameter: Parameter,
        value: &[f64],
    ) -> Result<(), WorldsError> {
        self.check_world(world)?;
        self.check_parameter(parameter)?;
        if let Some(allowed) = self.refusal(parameter, value) {
            let parameter = format!("{parameter:?}");
            return Err(WorldsError::Parameter { parameter, world, value: value.to_vec(), allowed });
        }
        let lane = world % L::WIDTH;
        let (group, desk) = self.group_and_desk(world / L::WIDTH);
        let set = group.parameters.get_or_insert_with(|| desk.parameters.clone());
        let (slots, range) = values_of(set, parameter);
        check_length("parameter", value, slots.len())?;
        let (holds, allowed): (fn(f64) -> bool, _) = match range {
            Range::Finite => (|_| true, "finite numbers"),
            Range::NotNegative => (|value| value >= 0.0, "zero or positive numbers"),
            Range::Positive => (|value| value > 0.0, "positive numbers"),
            Range::Share => (|value| (0.0..=1.0).contains(&value), "0 to 1"),
        };
        if !value.iter().all(|value| value.is_finite() && holds(*value)) {
            let parameter = format!("{parameter:?}");
            return Err(WorldsError::Parameter { parameter, world, value: value.to_vec(), allowed });
        }
        for (slot, value) in slots.into_iter().zip(value) {
            slot.set_lane(lane, *value);
        }
        Ok(())
    }

    /// What is allowed in place of a value that every number of its own would allow; `None` where it is fine.
    fn refusal(&self, parameter: Parameter, value: &[f64]) -> Option<&'static str> {
        match (parameter, value) {
            (Parameter::Inertia(_), [xx, yy, zz, xy, xz, yz]) => {
                let is_natural = is_natural_inertia([*xx, *yy, *zz, *xy, *xz, *yz]);
                (!is_natural).then_some(
                    "a tensor whose principal moments are positive, none above the other two together",
                )
            }
            (Parameter::GeomPosition(geom), _) if self.is_layer(geom) => {
                Some("no place of its own: a height layer lies where the model puts it in every world")
            }
            (Parameter::GeomSize(geom), _) if self.is_layer(geom) || self.is_hull(geom) => {
                Some("no size of its own: heights and corners are those of the model in every world")
            }
            (Parameter::GeomSize(geom), [x, y, z])
                if !self.contact_layout.layers_see_whole(geom, vector3(*x, *y, *z)) =>
            {
                Some("a size that covers few enough points of the height layers, see MAX_WINDOW_SIDE")
            }
            _ => None,
        }
    }

    fn is_layer(&self, geom: usize) -> bool {
        matches!(self.layout.geoms[geom].shape, Shape::Floor(_) | Shape::Ceiling(_))
    }

    fn is_hull(&self, geom: usize) -> bool {
        matches!(self.layout.geoms[geom].shape, Shape::ConvexHull { .. })
    }

    fn check_parameter(&self, parameter: Parameter) -> Result<(), WorldsError> {
        let tree = &self.layout.tree;
        match parameter {
            Parameter::Gravity => Ok(()),
            Parameter::Mass(body)
            | Parameter::CenterOfMass(body)
            | Parameter::Inertia(body)
            | Parameter::Offset(body) => check_index("body", body, tree.bodies as usize),
            Parameter::Armature(dof) | Parameter::Damping(dof) | Parameter::FrictionLoss(dof) => {
                check_index("dof", dof, tree.dofs as usize)
            }
            Parameter::Stiffness(actuator)
            | Parameter::ServoDamping(actuator)
            | Parameter::EffortLimit(actuator) => check_index("actuator", actuator, tree.actuators as usize),
            Parameter::Friction(geom)
            | Parameter::Restitution(geom)
            | Parameter::GeomPosition(geom)
            | Parameter::GeomSize(geom) => check_index("geom", geom, self.layout.geoms.len()),
        }
    }
}

/// The places of a parameter, and what may be written there.
fn values_of<L>(set: &mut WorldParameters<L>, parameter: Parameter) -> (Vec<&mut L>, Range) {
    let WorldParameters { bodies, geoms, limits } = set;
    match parameter {
        Parameter::Gravity => {
            let v = &mut bodies.gravity;
            (vec![&mut v.x, &mut v.y, &mut v.z], Range::Finite)
        }
        Parameter::Mass(body) => (vec![&mut bodies.mass[body]], Range::Positive),
        Parameter::CenterOfMass(body) => {
            let v = &mut bodies.center[body];
            (vec![&mut v.x, &mut v.y, &mut v.z], Range::Finite)
        }
        Parameter::Inertia(body) => {
            let s = &mut bodies.inertia[body];
            (vec![&mut s.xx, &mut s.yy, &mut s.zz, &mut s.xy, &mut s.xz, &mut s.yz], Range::Finite)
        }
        Parameter::Offset(body) => {
            let v = &mut bodies.offset[body];
            (vec![&mut v.x, &mut v.y, &mut v.z], Range::Finite)
        }
        Parameter::Armature(dof) => (vec![&mut bodies.armature[dof]], Range::NotNegative),
        Parameter::Damping(dof) => (vec![&mut bodies.damping[dof]], Range::NotNegative),
        Parameter::FrictionLoss(dof) => (vec![&mut limits.friction_loss[dof]], Range::NotNegative),
        Parameter::Stiffness(actuator) => (vec![&mut bodies.kp[actuator]], Range::NotNegative),
        Parameter::ServoDamping(actuator) => (vec![&mut bodies.kd[actuator]], Range::NotNegative),
        Parameter::EffortLimit(actuator) => (vec![&mut bodies.effort_limit[actuator]], Range::Positive),
        Parameter::Friction(geom) => (vec![&mut geoms[geom].friction], Range::NotNegative),
        Parameter::Restitution(geom) => (vec![&mut geoms[geom].restitution], Range::Share),
        Parameter::GeomPosition(geom) => {
            let v = &mut geoms[geom].pose.position;
            (vec![&mut v.x, &mut v.y, &mut v.z], Range::Finite)
        }
        Parameter::GeomSize(geom) => {
            let v = &mut geoms[geom].size;
            (vec![&mut v.x, &mut v.y, &mut v.z], Range::NotNegative)
        }
    }
}

/// The places of a parameter.
pub(super) fn places<L>(set: &mut WorldParameters<L>, parameter: Parameter) -> Vec<&mut L> {
    values_of(set, parameter).0
}
