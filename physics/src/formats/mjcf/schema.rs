//! The attributes of MJCF that a model may use, by element, with what may stand in them.
//!
//! Values that ask for what the engine has not are refused; what says nothing about motion (names, looks, groups,
//! effort of a solver) may be anything.

use super::super::attributes::{Allowed, Attribute, BOOLEAN, NOT_NEGATIVE, NUMBER, numbers};
use Allowed::{Counts, Direction, Numbers, Only, Softness, Text, Words};

const TRISTATE: Allowed = Words(&["true", "false", "auto"]);

/// Where an element lies in its parent.
pub(super) const POSE: &[Attribute] = &[
    ("pos", numbers(3)),
    ("quat", Direction(4)),
    ("axisangle", Direction(4)),
    ("xyaxes", Direction(6)),
    ("zaxis", Direction(3)),
    ("euler", numbers(3)),
];

/// Attributes of [`POSE`] of which an element may have one.
pub(super) const ORIENTATIONS: &[&str] = &["quat", "axisangle", "xyaxes", "zaxis", "euler"];

pub(super) const MUJOCO: &[Attribute] = &[("model", Text)];

pub(super) const INCLUDE: &[Attribute] = &[("file", Text)];

pub(super) const DEFAULT: &[Attribute] = &[("class", Text)];

pub(super) const EXCLUDE: &[Attribute] = &[("name", Text), ("body1", Text), ("body2", Text)];

pub(super) const FRAME: &[Attribute] = &[("name", Text), ("childclass", Text)];

pub(super) const BODY: &[Attribute] =
    &[("name", Text), ("childclass", Text), ("mocap", BOOLEAN), ("gravcomp", NUMBER), ("user", Text)];

pub(super) const INERTIAL: &[Attribute] = &[
    ("mass", NOT_NEGATIVE),
    ("diaginertia", Numbers { fewest: 3, most: 3, least: 0.0 }),
    ("fullinertia", numbers(6)),
];

pub(super) const FREE_JOINT: &[Attribute] =
    &[("name", Text), ("group", Counts { most: 1 }), ("align", Words(&["false", "auto"]))];

const SOLREF: Allowed = Softness(&[0.02, 1.0]);
const SOLIMP: Allowed = Softness(&[0.9, 0.95, 0.001, 0.5, 2.0]);
const NO_MARGIN: Allowed = Softness(&[0.0]);

pub(super) const JOINT: &[Attribute] = &[
    ("name", Text),
    ("class", Text),
    ("type", Words(&["hinge", "slide", "ball", "free"])),
    ("group", Counts { most: 1 }),
    ("pos", numbers(3)),
    ("axis", numbers(3)),
    ("limited", TRISTATE),
    ("range", numbers(2)),
    ("stiffness", NOT_NEGATIVE),
    ("damping", NOT_NEGATIVE),
    ("springref", NUMBER),
    ("springdamper", Numbers { fewest: 2, most: 2, least: 0.0 }),
    ("armature", NOT_NEGATIVE),
    ("frictionloss", NOT_NEGATIVE),
    ("ref", NUMBER),
    ("margin", NO_MARGIN),
    ("solreflimit", SOLREF),
    ("solimplimit", SOLIMP),
    ("solreffriction", SOLREF),
    ("solimpfriction", SOLIMP),
    ("user", Text),
];

pub(super) const GEOM: &[Attribute] = &[
    ("name", Text),
    ("class", Text),
    ("type", Words(&["plane", "hfield", "sphere", "capsule", "ellipsoid", "cylinder", "box", "mesh", "sdf"])),
    ("size", Numbers { fewest: 1, most: 3, least: 0.0 }),
    ("fromto", numbers(6)),
    ("friction", Numbers { fewest: 1, most: 3, least: 0.0 }),
    ("mass", NOT_NEGATIVE),
    ("density", NOT_NEGATIVE),
    ("condim", Words(&["1", "3", "4", "6"])),
    ("contype", Counts { most: 1 }),
    ("conaffinity", Counts { most: 1 }),
    ("priority", numbers(1)),
    ("margin", NO_MARGIN),
    ("gap", NO_MARGIN),
    ("solref", SOLREF),
    ("solimp", SOLIMP),
    ("solmix", Softness(&[1.0])),
    ("shellinertia", Words(&["false"])),
    ("group", Counts { most: 1 }),
    ("rgba", Text),
    ("material", Text),
    ("mesh", Text),
    ("hfield", Text),
    ("user", Text),
];

/// What counts of a mesh that collides. Other attributes are of meshes that are looked at.
pub(super) const MESH: &[Attribute] = &[
    ("vertex", Numbers { fewest: 3, most: usize::MAX, least: f64::NEG_INFINITY }),
    ("face", Counts { most: usize::MAX }),
    ("inertia", Words(&["convex", "exact", "legacy", "shell"])),
    ("scale", numbers(3)),
    ("refpos", numbers(3)),
    ("refquat", Direction(4)),
];

/// Of `<motor>`, `<position>` and `<general>`. The range of a servo's control is the caller's to keep.
pub(super) const ACTUATOR: &[Attribute] = &[
    ("name", Text),
    ("class", Text),
    ("group", Counts { most: 1 }),
    ("user", Text),
    ("joint", Text),
    ("ctrllimited", TRISTATE),
    ("forcelimited", TRISTATE),
    ("ctrlrange", numbers(2)),
    ("forcerange", numbers(2)),
    ("gear", Numbers { fewest: 1, most: 6, least: f64::NEG_INFINITY }),
];

/// Of `<position>` alone.
pub(super) const POSITION: &[Attribute] = &[("kp", NOT_NEGATIVE), ("kv", NOT_NEGATIVE)];

/// Of `<general>` alone.
pub(super) const GENERAL: &[Attribute] = &[
    ("dyntype", Words(&["none"])),
    ("gaintype", Words(&["fixed"])),
    ("biastype", Words(&["none", "affine"])),
    ("dynprm", Text),
    ("gainprm", Numbers { fewest: 1, most: 10, least: f64::NEG_INFINITY }),
    ("biasprm", Numbers { fewest: 1, most: 10, least: f64::NEG_INFINITY }),
];

const MASSES: &str = "changing the masses of a file is not supported";

pub(super) const COMPILER: &[Attribute] = &[
    ("angle", Words(&["degree", "radian"])),
    ("coordinate", Words(&["local"])),
    ("eulerseq", Text),
    ("autolimits", BOOLEAN),
    ("inertiafromgeom", TRISTATE),
    ("settotalmass", Only { numbers: &[-1.0], reason: MASSES }),
    ("boundmass", Only { numbers: &[0.0], reason: MASSES }),
    ("boundinertia", Only { numbers: &[0.0], reason: MASSES }),
    ("balanceinertia", Words(&["false"])),
    ("inertiagrouprange", Only { numbers: &[0.0, 5.0], reason: MASSES }),
    ("alignfree", Words(&["false"])),
    // Where meshes and pictures are, and how MuJoCo compiles.
    ("meshdir", Text),
    ("texturedir", Text),
    ("assetdir", Text),
    ("strippath", BOOLEAN),
    ("discardvisual", BOOLEAN),
    ("convexhull", BOOLEAN),
    ("exactmeshinertia", BOOLEAN),
    ("fitaabb", BOOLEAN),
    ("fusestatic", BOOLEAN),
    ("usethread", BOOLEAN),
    ("saveinertial", BOOLEAN),
];

const MEDIUM: &str = "there is no medium around the bodies";

pub(super) const OPTION: &[Attribute] = &[
    ("timestep", Numbers { fewest: 1, most: 1, least: 1e-6 }),
    ("gravity", numbers(3)),
    ("wind", Only { numbers: &[0.0, 0.0, 0.0], reason: MEDIUM }),
    ("density", Only { numbers: &[0.0], reason: MEDIUM }),
    ("viscosity", Only { numbers: &[0.0], reason: MEDIUM }),
    ("magnetic", Text),
    // What the engine's own scheme is: semi-implicit, damping at the end of the step.
    ("integrator", Words(&["Euler", "implicit", "implicitfast"])),
    ("cone", Words(&["elliptic"])),
    ("impratio", Softness(&[1.0])),
    ("o_margin", NO_MARGIN),
    ("o_solref", SOLREF),
    ("o_solimp", SOLIMP),
    ("o_friction", Softness(&[1.0, 1.0, 0.005, 0.0001, 0.0001])),
    // How hard a solver works for the same answer, and bookkeeping.
    ("jacobian", Text),
    ("solver", Text),
    ("iterations", Text),
    ("tolerance", Text),
    ("ls_iterations", Text),
    ("ls_tolerance", Text),
    (
        "noslip_iterations",
        Only { numbers: &[0.0], reason: "a second solution without slip is not supported" },
    ),
    ("noslip_tolerance", Text),
    ("ccd_iterations", Text),
    ("ccd_tolerance", Text),
    ("mpr_iterations", Text),
    ("mpr_tolerance", Text),
    ("sdf_iterations", Text),
    ("sdf_initpoints", Text),
    ("apirate", Text),
    ("actuatorgroupdisable", Only { numbers: &[], reason: "switching actuators off is not supported" }),
];

const SWITCH: Allowed = Words(&["enable", "disable"]);
const ON: Allowed = Words(&["enable"]);

/// Parts of the physics that cannot be switched off; then what MuJoCo reports or how it computes the same.
pub(super) const FLAG: &[Attribute] = &[
    ("constraint", ON),
    ("frictionloss", ON),
    ("limit", ON),
    ("contact", ON),
    ("passive", ON),
    ("spring", ON),
    ("damper", ON),
    ("gravity", ON),
    ("clampctrl", ON),
    ("filterparent", ON),
    ("actuation", ON),
    ("override", Words(&["disable"])),
    ("equality", SWITCH),
    ("warmstart", SWITCH),
    ("refsafe", SWITCH),
    ("sensor", SWITCH),
    ("midphase", SWITCH),
    ("nativeccd", SWITCH),
    ("multiccd", SWITCH),
    ("eulerdamp", SWITCH),
    ("autoreset", SWITCH),
    ("island", SWITCH),
    ("sleep", Words(&["disable"])),
    ("energy", SWITCH),
    ("fwdinv", SWITCH),
    ("invdiscrete", SWITCH),
];

/// Elements inside `<default>` that are of use only to elements which are passed over or refused themselves.
pub(super) const OTHER_DEFAULTS: &[&str] = &[
    "mesh",
    "material",
    "camera",
    "light",
    "site",
    "pair",
    "equality",
    "tendon",
    "skin",
    "velocity",
    "intvelocity",
    "damper",
    "cylinder",
    "muscle",
    "adhesion",
    "dcmotor",
];
