//! The engine beside rapier: the same model, the same state, the same targets; both have to end up in the
//! same place. Rapier is another formulation (impulses, substeps, implicit servos), so the agreement is one
//! of behaviour, within the softness of the contacts. Needs the feature `rapier`.

use pentathlon_physics::{
    model::{ActuatorLaw, BodyDescription, GeomDescription, JointDescription, ModelDescription, Shape},
    native::{Worlds, WorldsOptions},
    rapier::{RapierOptions, RapierWorlds},
    robots::{ARM_REACH, PushedBox, QUADRUPED_STAND, arm_with_box, level_floor, quadruped},
};

const STEP: f64 = 0.002;

/// What both engines do.
trait Engine {
    fn set(&mut self, positions: &[f64]);
    fn control(&mut self, controls: &[f64]);
    fn step(&mut self);
    fn state(&self) -> (Vec<f64>, Vec<f64>);
}

struct Own {
    worlds: Worlds<f64>,
    num_positions: usize,
    num_velocities: usize,
}

impl Own {
    fn new(model: &ModelDescription) -> Self {
        let options = WorldsOptions { timestep: STEP, ..WorldsOptions::default() };
        let worlds = Worlds::new(model, options).unwrap();
        let count = |free: usize, axis: usize| {
            model
                .bodies
                .iter()
                .map(|body| match body.joint {
                    JointDescription::Fixed => 0,
                    JointDescription::Free => free,
                    JointDescription::Hinge(_) | JointDescription::Slide(_) => axis,
                })
                .sum()
        };
        Self { worlds, num_positions: count(7, 1), num_velocities: count(6, 1) }
    }
}

impl Engine for Own {
    fn set(&mut self, positions: &[f64]) {
        self.worlds.set_state(0, positions, &vec![0.0; self.num_velocities]).unwrap();
    }
    fn control(&mut self, controls: &[f64]) {
        self.worlds.set_control(0, controls).unwrap();
    }
    fn step(&mut self) {
        self.worlds.step();
    }
    fn state(&self) -> (Vec<f64>, Vec<f64>) {
        let (mut positions, mut velocities) = (vec![0.0; self.num_positions], vec![0.0; self.num_velocities]);
        self.worlds.state(0, &mut positions, &mut velocities).unwrap();
        (positions, velocities)
    }
}

struct Reference(RapierWorlds);

impl Reference {
    fn new(model: &ModelDescription) -> Self {
        let options = RapierOptions { time_step: STEP, threads: 1, ..RapierOptions::default() };
        Self(RapierWorlds::new(model, 1, options).unwrap())
    }
}

impl Engine for Reference {
    fn set(&mut self, positions: &[f64]) {
        let velocities = vec![0.0; self.0.num_velocities()];
        self.0.set_state(0, positions, &velocities).unwrap();
    }
    fn control(&mut self, controls: &[f64]) {
        self.0.set_controls(controls).unwrap();
    }
    fn step(&mut self) {
        self.0.step(1);
    }
    fn state(&self) -> (Vec<f64>, Vec<f64>) {
        self.0.state(0).unwrap()
    }
}

/// Where both engines are after `seconds`, with the controls that `control` gives for each moment.
fn both(
    model: &ModelDescription,
    start: &[f64],
    seconds: f64,
    control: impl Fn(f64) -> Vec<f64>,
) -> [(Vec<f64>, Vec<f64>); 2] {
    let mut engines: [Box<dyn Engine>; 2] = [Box::new(Own::new(model)), Box::new(Reference::new(model))];
    for engine in &mut engines {
        engine.set(start);
        for step in 0..(seconds / STEP).round() as usize {
            engine.control(&control(step as f64 * STEP));
            engine.step();
        }
    }
    engines.map(|engine| engine.state())
}

fn quadruped_on_floor(kp: f64, kd: f64) -> ModelDescription {
    let mut model = quadruped();
    model.scene.push(level_floor(0.8));
    for actuator in &mut model.actuators {
        actuator.law = ActuatorLaw::Position { kp, kd };
    }
    model
}

fn standing_at(height: f64, joints: &[f64]) -> Vec<f64> {
    [0.0, 0.0, height, 1.0, 0.0, 0.0, 0.0].into_iter().chain(joints.iter().copied()).collect()
}

#[test]
fn standing() {
    let model = quadruped_on_floor(100.0, 2.0);
    let [own, reference] =
        both(&model, &standing_at(0.34, &QUADRUPED_STAND), 2.0, |_| QUADRUPED_STAND.to_vec());
    assert!((own.0[2] - reference.0[2]).abs() < 2e-3, "trunk at {} and {} m", own.0[2], reference.0[2]);
    for joint in 7..19 {
        let (a, b) = (own.0[joint], reference.0[joint]);
        assert!((a - b).abs() < 0.02, "joint {} at {a} and {b} rad", joint - 7);
    }
    assert!(own.1.iter().all(|speed| speed.abs() < 0.01), "{:?}", own.1);
}

#[test]
fn squeezing_under_a_ceiling() {
    for underside in [0.33, 0.26] {
        let mut model = quadruped_on_floor(40.0, 1.0);
        let slab = Shape::Box { half_extents: [2.0, 2.0, 0.1] };
        model.scene.push(GeomDescription::new(slab).at([0.0, 0.0, underside + 0.1]).named("ceiling"));
        let crouched: Vec<f64> = [0.0, 1.3, -2.6].repeat(4);
        let target = |time: f64| {
            let share = (time / 0.5).min(1.0);
            crouched.iter().zip(QUADRUPED_STAND).map(|(from, to)| from + share * (to - from)).collect()
        };
        let [own, reference] = both(&model, &standing_at(0.16, &crouched), 2.0, target);
        let (a, b) = (own.0[2], reference.0[2]);
        assert!((a - b).abs() < 4e-3, "under {underside} m the trunk is at {a} and {b} m");
        // The trunk is 57 mm thick above its origin.
        assert!((a - (underside - 0.057)).abs() < 5e-3, "under {underside} m the trunk is at {a} m");
    }
}

#[test]
fn pushing() {
    let model = arm_with_box(PushedBox { friction: 0.5, ..PushedBox::default() });
    let mut start = ARM_REACH.to_vec();
    start.extend([0.5, 0.0, 0.05, 1.0, 0.0, 0.0, 0.0]);
    // Stretch slowly: the tool takes the box along.
    let target = |time: f64| {
        let share = (time / 1.5).min(1.0);
        let mut joints = ARM_REACH.to_vec();
        joints[1] += 0.45 * share;
        joints[3] += 0.55 * share;
        joints[5] += 0.1 * share;
        joints
    };
    let [own, reference] = both(&model, &start, 2.0, target);
    for joint in 0..7 {
        let (a, b) = (own.0[joint], reference.0[joint]);
        assert!((a - b).abs() < 0.01, "joint {joint} at {a} and {b} rad");
    }
    let [moved_own, moved_reference] = [&own, &reference].map(|state| state.0[7] - 0.5);
    assert!(moved_own > 0.03, "the box moved by {moved_own} m");
    assert!(
        (moved_own - moved_reference).abs() < 0.01,
        "the box moved by {moved_own} and {moved_reference} m"
    );
}

#[test]
fn stacking() {
    let mut model = quadruped();
    model.actuators.clear();
    let moment = 0.1 * 0.1 * (2.0 / 3.0);
    model.bodies = (0..3)
        .map(|index| BodyDescription {
            name: format!("box{index}"),
            parent: None,
            position: [0.0, 0.0, 0.1 + 0.2 * f64::from(index)],
            orientation: [1.0, 0.0, 0.0, 0.0],
            joint: JointDescription::Free,
            mass: 1.0,
            center_of_mass: [0.0; 3],
            inertia: [moment, moment, moment, 0.0, 0.0, 0.0],
            geoms: vec![GeomDescription::new(Shape::Box { half_extents: [0.1; 3] }).with_friction(0.6)],
        })
        .collect();
    model.scene = vec![level_floor(0.6)];
    model.colliding_bodies = vec![["box0".into(), "box1".into()], ["box1".into(), "box2".into()]];
    let start: Vec<f64> =
        (0..3).flat_map(|i| [0.0, 0.0, 0.1 + 0.2 * f64::from(i), 1.0, 0.0, 0.0, 0.0]).collect();
    let [own, reference] = both(&model, &start, 3.0, |_| Vec::new());
    for index in 0..3 {
        let (a, b) = (&own.0[7 * index..7 * index + 3], &reference.0[7 * index..7 * index + 3]);
        assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 1e-3, "box {index} at {a:?} and {b:?}");
        assert!((a[2] - b[2]).abs() < 4e-3, "box {index} at {a:?} and {b:?}");
    }
    assert!(own.1.iter().all(|speed| speed.abs() < 0.01), "{:?}", own.1);
}
