//! Bodies, joints, shapes and masses of an MJCF file.

use mjcf_rs::{
    BodyId, Model,
    body::{Body, Geom, GeomType, InertiaSpec, Joint, JointType},
    compiler::InertiaFromGeom,
};

use std::path::Path;

use super::{
    super::{
        FormatError,
        frame::Frame,
        inertia::{MassProperties, volume},
        labels::{BodyLabels, Labels},
    },
    meshes::Mesh,
    sources::Sources,
};
use crate::model::{AxisJoint, BodyDescription, GeomDescription, JointDescription, Shape};

/// The tree, and what it remembers of the file for the collision filters.
pub(super) struct Tree {
    pub bodies: Vec<BodyDescription>,
    pub scene: Vec<GeomDescription>,
    /// The file's body of each of `bodies`.
    pub sources: Vec<BodyId>,
    /// The file's bodies whose shapes went into the scene.
    pub scene_sources: Vec<BodyId>,
    /// Where the bodies and shapes stand in the file.
    pub labels: Labels,
}

/// Where a body of the file ended up.
#[derive(Clone)]
enum Place {
    /// Fixed in the world, at this frame.
    Scene(Frame),
    /// A body of the model, by name.
    Body(String),
}

/// The tree of `file`, whose meshes are looked for in `folder`.
pub(super) fn convert(file: &Model, folder: &Path, sources: &Sources) -> Result<Tree, FormatError> {
    let mut tree = Tree {
        bodies: Vec::new(),
        scene: Vec::new(),
        sources: Vec::new(),
        scene_sources: Vec::new(),
        labels: Labels::default(),
    };
    let mut places: Vec<Place> = Vec::with_capacity(file.bodies.len());
    for (id, entry) in file.bodies.iter().enumerate() {
        let body = &entry.body;
        let name = body_name(file, id);
        let element = sources.body(id);
        if body.mocap {
            return Err(FormatError::unsupported(element, "mocap bodies are not supported"));
        }
        if body.gravcomp != 0.0 {
            return Err(FormatError::unsupported(
                element,
                "gravity compensation (gravcomp) is not supported",
            ));
        }
        let own = frame_of(&body.pose);
        // Parents come before their children; the world itself has none.
        let parent = entry.parent.and_then(|parent| places.get(parent).cloned());
        let place = match (&parent, body.joints.as_slice()) {
            (None, _) => Place::Scene(Frame::IDENTITY),
            (Some(Place::Scene(frame)), []) => Place::Scene(frame.compose(&own)),
            _ => Place::Body(name.clone()),
        };
        match &place {
            Place::Scene(frame) => {
                add_to_scene(&mut tree, &Source { file, folder, sources, id }, frame)?;
                tree.scene_sources.push(id);
            }
            Place::Body(_) => {
                let (parent, frame) = match parent {
                    Some(Place::Body(parent)) => (Some(parent), own),
                    Some(Place::Scene(outer)) => (None, outer.compose(&own)),
                    None => (None, own),
                };
                let source = Source { file, folder, sources, id };
                tree.bodies.push(moving_body(&source, name, parent, frame)?);
                let seen = (0..body.geoms.len()).filter(|index| collides(&body.geoms[*index]));
                tree.labels.bodies.push(BodyLabels {
                    element: sources.body(id),
                    joint: sources.joint(id),
                    geoms: seen.map(|index| sources.geom(id, index)).collect(),
                });
                tree.sources.push(id);
            }
        }
        places.push(place);
    }
    Ok(tree)
}

/// A body of the file, and where its elements stand.
struct Source<'a> {
    file: &'a Model,
    folder: &'a Path,
    sources: &'a Sources,
    id: BodyId,
}

impl<'a> Source<'a> {
    fn body(&self) -> &'a Body {
        &self.file.bodies[self.id].body
    }

    fn element(&self) -> String {
        self.sources.body(self.id)
    }

    /// Shape `index` of the body.
    fn convert_geom(&self, index: usize) -> Result<GeomDescription, FormatError> {
        convert_geom(self, &self.body().geoms[index], self.sources.geom(self.id, index))
    }

    /// The shapes that can touch anything.
    fn colliding(&self) -> impl Iterator<Item = usize> + use<'a> {
        let geoms = &self.body().geoms;
        (0..geoms.len()).filter(|index| collides(&geoms[*index]))
    }
}

/// The name that the file gives, else one from its place in the file.
pub(super) fn body_name(file: &Model, id: BodyId) -> String {
    if id == 0 {
        return "world".to_owned();
    }
    file.bodies[id].body.name.clone().unwrap_or_else(|| format!("body{id}"))
}

/// Whether the shape can touch anything; the others are for looking at.
pub(super) fn collides(geom: &Geom) -> bool {
    geom.contype != 0 || geom.conaffinity != 0
}

fn moving_body(
    source: &Source,
    name: String,
    parent: Option<String>,
    frame: Frame,
) -> Result<BodyDescription, FormatError> {
    let joint = match source.body().joints.as_slice() {
        [] => JointDescription::Fixed,
        [joint] => convert_joint(source, joint, &name, parent.is_none())?,
        [_, _, ..] => {
            let reason = "more than one joint; put a body between them for each further one";
            return Err(FormatError::unsupported(source.element(), reason));
        }
    };
    let masses = mass_properties(source)?;
    if masses.is_none() && joint != JointDescription::Fixed {
        let reason = "it moves but has neither <inertial> nor a shape with mass";
        return Err(FormatError::unsupported(source.element(), reason));
    }
    let masses = masses.unwrap_or(MassProperties { mass: 0.0, center_of_mass: [0.0; 3], inertia: [0.0; 6] });
    let geoms = source.colliding().map(|index| source.convert_geom(index)).collect::<Result<_, _>>()?;
    Ok(BodyDescription {
        name,
        parent,
        position: frame.position,
        orientation: frame.orientation,
        joint,
        mass: masses.mass,
        center_of_mass: masses.center_of_mass,
        inertia: masses.inertia,
        geoms,
    })
}

fn add_to_scene(tree: &mut Tree, source: &Source, frame: &Frame) -> Result<(), FormatError> {
    for index in source.colliding() {
        let mut shape = source.convert_geom(index)?;
        let inner = Frame { position: shape.position, orientation: shape.orientation };
        Frame { position: shape.position, orientation: shape.orientation } = frame.compose(&inner);
        tree.scene.push(shape);
        tree.labels.scene.push(source.sources.geom(source.id, index));
    }
    Ok(())
}

fn convert_joint(
    source: &Source,
    joint: &Joint,
    body: &str,
    root: bool,
) -> Result<JointDescription, FormatError> {
    let name = joint.name.clone().unwrap_or_else(|| body.to_owned());
    let refuse = |reason: &str| Err(FormatError::unsupported(source.sources.joint(source.id), reason));
    match joint.type_ {
        JointType::Free if root => {
            let asked = [
                ("damping", joint.damping),
                ("armature", joint.armature),
                ("frictionloss", joint.frictionloss),
                ("stiffness", joint.stiffness),
                ("ref", joint.ref_),
            ];
            return match asked.into_iter().find(|(_, value)| *value != 0.0) {
                Some((what, _)) => refuse(&format!("{what} of a free joint is not supported; allowed: 0")),
                None => Ok(JointDescription::Free),
            };
        }
        JointType::Free => return refuse("a free joint is supported only on a body of the world"),
        JointType::Ball => return refuse("ball joints are not supported"),
        JointType::Hinge | JointType::Slide => {}
    }
    if joint.type_ == JointType::Hinge && joint.pos != [0.0; 3] {
        return refuse("pos is not zero: a hinge goes through the origin of its body; move the body's frame");
    }
    if joint.stiffness != 0.0 || joint.springdamper.is_some_and(|spring| spring != [0.0; 2]) {
        return refuse("joint springs (stiffness, springdamper) are not supported; use a position actuator");
    }
    if joint.ref_ != 0.0 {
        return refuse("ref is not zero: positions count from the pose that the file gives");
    }
    let length = joint.axis.iter().map(|x| x * x).sum::<f64>().sqrt();
    if length < 1e-10 {
        return refuse("its axis has no direction");
    }
    let limited = joint.limited.resolve(source.file.compiler.autolimits, joint.range.is_some());
    let range = match (limited, joint.range) {
        (false, _) => None,
        (true, Some(range)) => Some(range),
        (true, None) => return refuse("it is limited but has no range"),
    };
    let axis = AxisJoint {
        name,
        axis: joint.axis.map(|x| x / length),
        range,
        armature: joint.armature,
        damping: joint.damping,
        friction_loss: joint.frictionloss,
    };
    Ok(match joint.type_ {
        JointType::Slide => JointDescription::Slide(axis),
        _ => JointDescription::Hinge(axis),
    })
}

fn convert_geom(source: &Source, geom: &Geom, element: String) -> Result<GeomDescription, FormatError> {
    let name = geom.name.clone().unwrap_or_default();
    let refuse = |reason: &str| Err(FormatError::unsupported(element.as_str(), reason));
    if geom.condim != 1 && geom.condim != 3 {
        return refuse("condim is neither 1 nor 3: torsional and rolling friction are not supported");
    }
    if geom.priority != 0 {
        return refuse("contact priorities are not supported");
    }
    let [a, b, c] = geom.size;
    let frame = frame_of(&geom.pose);
    let shape = match (geom.type_, geom.fromto) {
        (GeomType::Capsule | GeomType::Cylinder, Some([ax, ay, az, bx, by, bz])) => {
            let between = match geom.type_ {
                GeomType::Capsule => GeomDescription::capsule_between,
                _ => GeomDescription::cylinder_between,
            };
            let placed = between(a, [ax, ay, az], [bx, by, bz]);
            return Ok(GeomDescription { name, friction: friction(geom), ..placed });
        }
        (_, Some(_)) => return refuse("fromto is supported for capsules and cylinders only"),
        (GeomType::Sphere, None) => Shape::Sphere { radius: a },
        (GeomType::Capsule, None) => Shape::Capsule { radius: a, half_length: b },
        (GeomType::Box, None) => Shape::Box { half_extents: [a, b, c] },
        (GeomType::Plane, None) => Shape::Plane,
        (GeomType::Cylinder, None) => Shape::Cylinder { radius: a, half_length: b },
        (GeomType::Ellipsoid, None) => Shape::Ellipsoid { radii: [a, b, c] },
        (GeomType::Mesh, None) => {
            match Mesh::of(source.file, geom, source.folder).and_then(|mesh| mesh.hull()) {
                Ok(hull) => hull,
                Err(reason) => return refuse(&reason),
            }
        }
        (GeomType::Hfield, None) => {
            return refuse("height fields are not read from files; build the scene in code");
        }
        (GeomType::Sdf, None) => return refuse("signed distance fields are not supported"),
    };
    Ok(GeomDescription {
        name,
        shape,
        position: frame.position,
        orientation: frame.orientation,
        friction: friction(geom),
        restitution: 0.0,
    })
}

/// Sliding friction; a contact of one dimension has none.
fn friction(geom: &Geom) -> f64 {
    if geom.condim == 1 { 0.0 } else { geom.friction[0] }
}

/// What `<inertial>` says or, where the compiler settings ask for it, what the shapes make.
fn mass_properties(source: &Source) -> Result<Option<MassProperties>, FormatError> {
    let body = source.body();
    let from_shapes = match source.file.compiler.inertia_from_geom {
        InertiaFromGeom::True => true,
        InertiaFromGeom::False => false,
        InertiaFromGeom::Auto => body.inertial.is_none(),
    };
    if from_shapes {
        return mass_of_shapes(source);
    }
    Ok(body.inertial.as_ref().map(|inertial| {
        let inertia = match inertial.inertia {
            InertiaSpec::Diagonal([xx, yy, zz]) => [xx, yy, zz, 0.0, 0.0, 0.0],
            InertiaSpec::Full(inertia) => inertia,
        };
        let own = MassProperties { mass: inertial.mass, center_of_mass: [0.0; 3], inertia };
        own.in_parent(&frame_of(&inertial.pose))
    }))
}

/// Shapes count with their mass, else with their density, 1000 kg/m³ unless said; seen ones too.
fn mass_of_shapes(source: &Source) -> Result<Option<MassProperties>, FormatError> {
    let mut parts = Vec::new();
    for (index, geom) in source.body().geoms.iter().enumerate() {
        if geom.mass == Some(0.0) || geom.density == Some(0.0) && geom.mass.is_none() {
            continue;
        }
        let placed = source.convert_geom(index)?;
        let refuse = |reason: &str| FormatError::unsupported(source.sources.geom(source.id, index), reason);
        let mass = |volume: f64| geom.mass.unwrap_or_else(|| geom.density.unwrap_or(1000.0) * volume);
        let own = if geom.type_ == GeomType::Mesh {
            let solid = Mesh::of(source.file, geom, source.folder).and_then(|mesh| mesh.solid());
            let solid = solid.map_err(|reason| refuse(&reason))?;
            Some(solid.scaled(mass(solid.mass)))
        } else {
            MassProperties::of_shape(&placed.shape, mass(volume(&placed.shape)))
        };
        let Some(own) = own else {
            return Err(refuse("it has a shape without a volume, so its mass is unknown; add <inertial>"));
        };
        parts.push(own.in_parent(&Frame { position: placed.position, orientation: placed.orientation }));
    }
    Ok(MassProperties::sum(&parts))
}

pub(super) fn frame_of(pose: &mjcf_rs::Pose) -> Frame {
    let [x, y, z, w] = pose.rotation.to_array();
    Frame { position: pose.translation.to_array(), orientation: [w, x, y, z] }
}
