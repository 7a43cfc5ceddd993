//! Random torques at full strength on robots of different make in different places: nothing becomes infinite
//! or absurdly fast. One short batch by default; `PENTATHLON_LONG_TESTS=1` runs a million
//! robot-seconds and prints after every batch how far it has come.

use pentathlon_physics::model::{ActuatorLaw, GeomDescription, HeightLayer, ModelDescription, Shape};
use pentathlon_physics::native::{Parameter, Worlds, WorldsOptions};
use pentathlon_physics::robots::{
    QUADRUPED_JOINT_SPEEDS, QUADRUPED_STAND, QUADRUPED_STAND_HEIGHT, level_floor, quadruped,
};
use wide::f32x8;

/// Rooms of a batch, and caves, where a step costs many times as much.
const NUM_ROOMS: usize = 256;
const NUM_CAVES: usize = 16;
/// How long the torques of the whole test act, over all robots, in s.
const ROBOT_SECONDS: f64 = 1e6;
/// How long a torque is held in s: 4 physics steps.
const HOLD: f64 = 0.02;
/// Largest torque in N m.
const TORQUE: f32 = 25.0;

/// Numbers from a linear congruential generator.
struct Random(u64);

impl Random {
    /// In [-1, 1).
    fn signed(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / f64::from(1 << 23) - 1.0
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * 0.5 * (self.signed() + 1.0)
    }
}

/// The quadruped with motors in the place of its servos.
fn motorised() -> ModelDescription {
    let mut model = quadruped();
    for (index, actuator) in model.actuators.iter_mut().enumerate() {
        actuator.law = ActuatorLaw::Effort;
        // Without the motors' limits of speed 24 N m swing a free shank to 90 rad/s within its range.
        actuator.velocity_limit = Some(QUADRUPED_JOINT_SPEEDS[index % 3]);
    }
    model
}

/// A plane that faces along `normal`, one of the horizontal axes or down.
fn wall(name: &str, normal: [f64; 3]) -> GeomDescription {
    let h = std::f64::consts::FRAC_1_SQRT_2;
    let [x, y, z] = normal;
    let mut wall = GeomDescription::new(Shape::Plane).named(name);
    wall.orientation = if z < 0.0 { [0.0, 1.0, 0.0, 0.0] } else { [h, -y * h, x * h, 0.0] };
    wall
}

/// A closed room: floor, four walls, a ceiling, two boxes. Each world has measures of its own.
fn room() -> ModelDescription {
    let mut model = motorised();
    model.scene.push(level_floor(0.8));
    for (name, normal) in [
        ("west", [1.0, 0.0, 0.0]),
        ("east", [-1.0, 0.0, 0.0]),
        ("south", [0.0, 1.0, 0.0]),
        ("north", [0.0, -1.0, 0.0]),
        ("ceiling", [0.0, 0.0, -1.0]),
    ] {
        model.scene.push(wall(name, normal));
    }
    for name in ["block", "step"] {
        model.scene.push(GeomDescription::new(Shape::Box { half_extents: [0.1; 3] }).named(name));
    }
    model
}

/// Rough ground of triangles between four walls, and a rough ceiling.
fn cave(random: &mut Random) -> ModelDescription {
    let mut model = motorised();
    let mut layer = |low: f64, high: f64| HeightLayer {
        points: [61, 61],
        cell: 0.1,
        heights: (0..61 * 61).map(|_| random.between(low, high)).collect(),
    };
    let floor = GeomDescription::new(Shape::Floor(layer(0.0, 0.08))).named("floor");
    let ceiling = GeomDescription::new(Shape::Ceiling(layer(0.7, 1.0))).named("ceiling");
    for layer in [floor, ceiling] {
        model.scene.push(layer.at([-3.0, -3.0, 0.0]));
    }
    for (name, normal) in [
        ("west", [1.0, 0.0, 0.0]),
        ("east", [-1.0, 0.0, 0.0]),
        ("south", [0.0, 1.0, 0.0]),
        ("north", [0.0, -1.0, 0.0]),
    ] {
        let wall = wall(name, normal);
        model.scene.push(wall.at(normal.map(|component: f64| -2.5 * component)));
    }
    model
}

/// Index of a shape of the scene.
fn geom(model: &ModelDescription, name: &str) -> usize {
    let own: usize = model.bodies.iter().map(|body| body.geoms.len()).sum();
    own + model.scene.iter().position(|geom| geom.name == name).expect("the scene has it")
}

/// Gives a world a robot of another weight, another floor, gravity that leans, and, in a room, other walls.
fn furnish(worlds: &mut Worlds<f32x8>, world: usize, model: &ModelDescription, random: &mut Random) {
    let mut set = |parameter: Parameter, value: &[f64]| {
        worlds.set_parameter(world, parameter, value).expect("it is in range");
    };
    set(Parameter::Friction(geom(model, "floor")), &[random.between(0.05, 1.55)]);
    let lean = [random.signed(), random.signed(), random.between(-11.8, -7.8)];
    set(Parameter::Gravity, &lean);
    if model.scene.iter().any(|geom| geom.name == "block") {
        let [length, width] = [random.between(0.6, 2.5), random.between(0.4, 2.5)];
        set(Parameter::GeomPosition(geom(model, "west")), &[-length, 0.0, 0.0]);
        set(Parameter::GeomPosition(geom(model, "east")), &[length, 0.0, 0.0]);
        set(Parameter::GeomPosition(geom(model, "south")), &[0.0, -width, 0.0]);
        set(Parameter::GeomPosition(geom(model, "north")), &[0.0, width, 0.0]);
        set(Parameter::GeomPosition(geom(model, "ceiling")), &[0.0, 0.0, random.between(0.5, 2.0)]);
        for (name, side) in [("block", 1.0), ("step", -1.0)] {
            let half = [random.between(0.05, 0.3), random.between(0.05, 0.3), random.between(0.02, 0.2)];
            // Beside the robot, some of them up in the air.
            let place = [random.signed(), side * random.between(0.6, 1.2), random.between(0.0, 0.4)];
            set(Parameter::GeomSize(geom(model, name)), &half);
            set(Parameter::GeomPosition(geom(model, name)), &place);
        }
    }
    let heavier = random.signed().exp2();
    for parameter in [Parameter::Mass(0), Parameter::Inertia(0)] {
        let values = worlds.parameter(world, parameter).expect("the trunk has one");
        let scaled: Vec<f64> = values.iter().map(|value| value * heavier).collect();
        worlds.set_parameter(world, parameter, &scaled).expect("it is in range");
    }
}

/// What came of a batch.
#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    non_finite: u64,
    diverged: u64,
    /// The highest speed seen between control steps, in m/s or rad/s.
    fastest: f64,
    /// Contacts that found no room.
    left_out: u64,
    /// Robots that are outside of their walls, floor or ceiling at the end.
    escaped: u64,
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.non_finite += other.non_finite;
        self.diverged += other.diverged;
        self.left_out += other.left_out;
        self.fastest = self.fastest.max(other.fastest);
        self.escaped += other.escaped;
    }
}

fn run(model: &ModelDescription, num_worlds: usize, seconds: f64, random: &mut Random) -> Outcome {
    let options = WorldsOptions {
        num_worlds,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        substeps: 4,
        speed_limit: 100.0,
        ..WorldsOptions::default()
    };
    let mut worlds = Worlds::<f32x8>::new(model, options).expect("the model is sound");
    for world in 0..num_worlds {
        furnish(&mut worlds, world, model, random);
        let mut start = [0.0; 19];
        start[2] = QUADRUPED_STAND_HEIGHT + random.between(0.05, 0.1);
        start[3] = 1.0;
        start[7..].copy_from_slice(&QUADRUPED_STAND);
        worlds.set_state(world, &start, &[0.0; 18]).expect("the world exists");
    }
    let mut torques = vec![0.0; num_worlds * 12];
    let (mut fastest, mut left_out) = (0.0f64, 0);
    for step in 0..(seconds / HOLD).round() as usize {
        torques.iter_mut().for_each(|torque| *torque = TORQUE * random.signed() as f32);
        worlds.set_controls(&torques).expect("twelve controls a world");
        worlds.step();
        left_out += worlds.contact_overflow();
        if step % 16 == 0 {
            for world in 0..num_worlds {
                fastest = (0..18).fold(fastest, |most, dof| most.max(worlds.velocity(world, dof).abs()));
            }
        }
    }
    let escaped = (0..num_worlds).filter(|world| {
        let [x, y, z] = [0, 1, 2].map(|axis| worlds.position(*world, axis));
        x.abs().max(y.abs()) > 3.0 || !(-0.2..2.5).contains(&z)
    });
    let escaped = escaped.count() as u64;
    let counts = worlds.fault_counts();
    Outcome { non_finite: counts.non_finite, diverged: counts.diverged, fastest, left_out, escaped }
}

#[test]
fn random_torques_break_nothing() {
    let long = std::env::var("PENTATHLON_LONG_TESTS").is_ok_and(|value| value == "1");
    // A room is run for so long, a cave for a fifth of it.
    let seconds = if long { 50.0 } else { 1.0 };
    let per_batch = seconds * (NUM_ROOMS as f64 + 0.2 * NUM_CAVES as f64);
    let batches = if long { (ROBOT_SECONDS / per_batch).ceil() as usize } else { 1 };
    let mut random = Random(1);
    let mut total = Outcome::default();
    let begin = std::time::Instant::now();
    for batch in 0..batches {
        total.add(run(&room(), NUM_ROOMS, seconds, &mut random));
        let cave = cave(&mut random);
        total.add(run(&cave, NUM_CAVES, 0.2 * seconds, &mut random));
        println!(
            "{:.0} of {:.0} robot-seconds in {:.0} s: {total:?}",
            (batch + 1) as f64 * per_batch,
            batches as f64 * per_batch,
            begin.elapsed().as_secs_f64(),
        );
    }
    let Outcome { non_finite, diverged, left_out, escaped, .. } = total;
    assert_eq!((non_finite, diverged, left_out, escaped), (0, 0, 0, 0), "{total:?}");
}
