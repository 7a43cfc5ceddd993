//! Physical parameters of single worlds: what domain randomisation changes.
//!
//! A batch shares the model's parameters until a world gets one of its own; from then on its lane group
//! carries a set with a value for every lane.

use serde::{Deserialize, Serialize};

use super::lane::Lane;
use super::options::WorldsError;
use super::state::{check_index, check_length};
use super::worlds::{WorldParameters, Worlds};
use crate::dynamics::tree::rules::{JOINT_FREE, LAW_POSITION};
use crate::layout::{Range, is_natural_inertia};
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
    /// Lower and upper end of the position of a dof in rad or m; only where the model has a range.
    JointRange(usize),
    /// Stiffness of a position servo in N m/rad or N/m; not of other actuators.
    Stiffness(usize),
    /// Damping of a position servo in N m s/rad or N s/m; not of other actuators.
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
    /// extents. Not of planes, convex hulls and height layers. As in the model, no shape of a body may cover more of a height layer than is looked up.
    GeomSize(usize),
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
            if self.contact_layout.tables.is_limited[dof] == 1 {
                all.push(Parameter::JointRange(dof));
            }
        }
        for actuator in 0..tree.actuators as usize {
            if tree.actuator_law[actuator] == LAW_POSITION {
                all.extend([Parameter::Stiffness(actuator), Parameter::ServoDamping(actuator)]);
            }
            all.push(Parameter::EffortLimit(actuator));
        }
        for geom in 0..self.layout.geoms.len() {
            all.push(Parameter::Friction(geom));
            if !self.is_layer(geom) {
                all.push(Parameter::GeomPosition(geom));
            }
            if self.has_size(geom) {
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
        let (slots, range) = values_of(&mut desk.parameters, parameter);
        check_length("parameter", value, slots.len())?;
        if !value.iter().all(|value| range.contains(*value)) {
            let (parameter, allowed) = (format!("{parameter:?}"), range.allowed());
            return Err(WorldsError::Parameter { parameter, world, value: value.to_vec(), allowed });
        }
        let set = group.parameters.get_or_insert_with(|| desk.parameters.clone());
        for (slot, value) in values_of(set, parameter).0.into_iter().zip(value) {
            slot.set_lane(lane, *value);
        }
        self.written.parameters += 1;
        Ok(())
    }

    /// What is allowed in place of a value that every number of its own would allow; `None` where it is fine.
    fn refusal(&self, parameter: Parameter, value: &[f64]) -> Option<&'static str> {
        match (parameter, value) {
            (Parameter::Inertia(_), [xx, yy, zz, xy, xz, yz]) => {
                let is_natural = is_natural_inertia([*xx, *yy, *zz, *xy, *xz, *yz]);
                (!is_natural).then_some(
                    "a tensor whose principal moments are at least 1e-12 kg m², none above the other two together",
                )
            }
            (Parameter::FrictionLoss(dof), _) if self.contact_layout.tables.has_dry_friction[dof] == 0 => {
                Some("none: the model gives this joint no dry friction, and the solver has no row for it")
            }
            (Parameter::JointRange(dof), _) if self.contact_layout.tables.is_limited[dof] == 0 => {
                Some("none: the model gives this joint no range, and the solver has no row for it")
            }
            (Parameter::JointRange(_), [lower, upper]) if !(lower < upper) => {
                Some("a lower end below the upper one")
            }
            (Parameter::Restitution(_), _) if self.contact_layout.tables.has_restitution == 0 => {
                Some("none: no shape of the model has restitution, and the solver leaves it out")
            }
            (Parameter::Stiffness(actuator) | Parameter::ServoDamping(actuator), _)
                if self.layout.tree.actuator_law[actuator] != LAW_POSITION =>
            {
                Some("none: the actuator is no position servo")
            }
            (Parameter::GeomPosition(geom), _) if self.is_layer(geom) => {
                Some("no place of its own: a height layer lies where the model puts it in every world")
            }
            (Parameter::GeomSize(geom), _) if !self.has_size(geom) => Some(
                "no size of its own: planes have none, and heights and corners are those of the model in every world",
            ),
            (Parameter::GeomSize(geom), [x, y, z]) if !self.is_size(geom, [*x, *y, *z]) => Some(
                "numbers of 1e-9 to 1e9: a radius and two zeros, a radius, a half length and a zero, or half extents",
            ),
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

    fn has_size(&self, geom: usize) -> bool {
        use Shape::{Box, Capsule, Sphere};
        matches!(self.layout.geoms[geom].shape, Sphere { .. } | Capsule { .. } | Box { .. })
    }

    /// Whether a shape of its kind can have this size.
    fn is_size(&self, geom: usize, size: [f64; 3]) -> bool {
        let used = match self.layout.geoms[geom].shape {
            Shape::Sphere { .. } => 1,
            Shape::Capsule { .. } => 2,
            _ => 3,
        };
        let (own, rest) = size.split_at(used);
        own.iter().all(|value| Range::Positive.contains(*value)) && rest.iter().all(|value| *value == 0.0)
    }

    fn check_parameter(&self, parameter: Parameter) -> Result<(), WorldsError> {
        let tree = &self.layout.tree;
        match parameter {
            Parameter::Gravity => Ok(()),
            Parameter::Mass(body)
            | Parameter::CenterOfMass(body)
            | Parameter::Inertia(body)
            | Parameter::Offset(body) => check_index("body", body, tree.bodies as usize),
            Parameter::Armature(dof)
            | Parameter::Damping(dof)
            | Parameter::FrictionLoss(dof)
            | Parameter::JointRange(dof) => check_index("dof", dof, tree.dofs as usize),
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
        Parameter::JointRange(dof) => (vec![&mut limits.lower[dof], &mut limits.upper[dof]], Range::Finite),
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
