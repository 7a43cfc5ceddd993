//! How fast the engine steps under fixed conditions, so that figures can be compared: a quadruped on flat
//! ground or an arm before a box, new random joint targets every few steps, worlds that fall put back.

use std::time::Instant;

use pentathlon_gym::seeding::{Random, pcg64::Pcg64};
use wide::f32x8;

#[cfg(feature = "rapier")]
use crate::rapier::{RapierError, RapierOptions, RapierWorlds};
use crate::{
    contact::layout::ContactOptions,
    device::DeviceWorlds,
    model::ModelDescription,
    native::{Lane, Worlds, WorldsError, WorldsOptions, worlds::Group},
    robots::{
        ARM_REACH, PushedBox, QUADRUPED_STAND, QUADRUPED_STAND_HEIGHT, arm_with_box, level_floor, quadruped,
    },
};

/// Standard deviation of the random targets around the pose that the robot starts from, in rad.
pub const TARGET_SIGMA: f64 = 0.15;
/// Physics steps for which a target is held.
pub const HELD_STEPS: usize = 4;
/// Physics steps between two looks for worlds that have to be put back.
pub const STEPS_BETWEEN_RESETS: usize = 100;
/// Different sets of targets that are drawn before the clock starts; used in turn.
const DRAWN_SETS: usize = 16;

/// What is simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BenchmarkRobot {
    /// [`quadruped`] on a level floor, all 17 shapes, friction 0.8. Put back when its trunk is below 0.15 m
    /// or leans by more than 60 degrees.
    Quadruped,
    /// [`arm_with_box`], the tool behind the box. Put back when the box is more than 0.5 m away.
    Arm,
}

/// What the servos are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BenchmarkControl {
    /// New random targets every [`HELD_STEPS`] steps.
    RandomPd,
    /// The pose that the robot starts from.
    Hold,
}

/// The conditions of a measurement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BenchmarkOptions {
    /// What is simulated.
    pub robot: BenchmarkRobot,
    /// What the servos are told.
    pub control: BenchmarkControl,
    /// Worlds in the batch.
    pub num_worlds: usize,
    /// Physics steps of each world under the clock; taken up to a multiple of [`HELD_STEPS`].
    pub steps: usize,
    /// Threads.
    pub threads: usize,
    /// Length of a physics step in s.
    pub timestep: f64,
    /// Sweeps of the contact solver, of rapier its iterations; `None` for the engine's default.
    pub solver_iterations: Option<u32>,
    /// Seed of the targets.
    pub seed: u64,
}

impl Default for BenchmarkOptions {
    /// 4096 quadrupeds, 400 steps of 5 ms, one thread, random targets.
    fn default() -> Self {
        Self {
            robot: BenchmarkRobot::Quadruped,
            control: BenchmarkControl::RandomPd,
            num_worlds: 4096,
            steps: 400,
            threads: 1,
            timestep: 0.005,
            solver_iterations: None,
            seed: 0,
        }
    }
}

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BenchmarkReport {
    /// Physics steps of one world in a second, over all worlds.
    pub steps_per_second: f64,
    /// Time under the clock in s: steps, control and putting back.
    pub seconds: f64,
    /// Physics steps of each world under the clock.
    pub steps: usize,
    /// Mean number of contact points of a world that carry load.
    pub contacts_mean: f64,
    /// Sweeps of the contact solver in a step.
    pub solver_iterations: u32,
    /// How often a world was put back under the clock.
    pub resets: u64,
    /// How often it was for a state that was not finite or too fast.
    pub faults: u64,
}

/// Measures the native engine, eight worlds a lane group.
///
/// # Errors
/// When an option is out of its range.
pub fn measure_native(options: &BenchmarkOptions) -> Result<BenchmarkReport, WorldsError> {
    measure(options, |model, options| {
        Worlds::<f32x8>::new(model, options).map(|worlds| Engine::Native(Box::new(worlds)))
    })
}

/// Measures the engine on the best wgpu adapter of this machine. The kernel is compiled before the clock
/// starts; `options.threads` is of no concern.
///
/// # Errors
/// When an option is out of its range, or there is no adapter that takes the worlds.
pub fn measure_wgpu(options: &BenchmarkOptions) -> Result<BenchmarkReport, WorldsError> {
    measure(options, |model, options| {
        DeviceWorlds::new(model, options).map(|worlds| Engine::Wgpu(Box::new(worlds)))
    })
}

/// Measures worlds of the rapier backend.
///
/// # Errors
/// When an option is out of its range.
#[cfg(feature = "rapier")]
pub fn measure_rapier(options: &BenchmarkOptions) -> Result<BenchmarkReport, WorldsError> {
    let default = RapierOptions::default();
    let iterations = options.solver_iterations.unwrap_or(default.solver_iterations as u32);
    let options = BenchmarkOptions { solver_iterations: Some(iterations), ..*options };
    measure(&options, |model, options| {
        options.check()?;
        let own = RapierOptions {
            time_step: options.timestep,
            solver_iterations: options.contact.sweeps as usize,
            threads: options.threads,
            ..default
        };
        let worlds = RapierWorlds::new(model, options.num_worlds, own);
        worlds.map(|worlds| Engine::Rapier(Box::new(worlds))).map_err(refused_by_rapier)
    })
}

/// Options and models are checked before; what is left are the threads.
#[cfg(feature = "rapier")]
fn refused_by_rapier(error: RapierError) -> WorldsError {
    match error {
        RapierError::Layout(error) => error.into(),
        error => WorldsError::Threads { count: 1, reason: error.to_string() },
    }
}

fn measure(
    options: &BenchmarkOptions,
    build: impl Fn(&ModelDescription, WorldsOptions) -> Result<Engine, WorldsError>,
) -> Result<BenchmarkReport, WorldsError> {
    let scene = Scene::new(options.robot);
    let contact = ContactOptions::default();
    let contact = ContactOptions { sweeps: options.solver_iterations.unwrap_or(contact.sweeps), ..contact };
    let solver_iterations = contact.sweeps;
    check_memory(options.num_worlds, memory_of(options, scene.pose.len()))?;
    let mut worlds = build(
        &scene.model,
        WorldsOptions {
            num_worlds: options.num_worlds,
            threads: options.threads,
            timestep: options.timestep,
            substeps: HELD_STEPS as u32,
            contact,
            ..WorldsOptions::default()
        },
    )?;
    let rest = vec![0.0; scene.num_velocities];
    for world in 0..options.num_worlds {
        worlds.set_state(world, &scene.start, &rest)?;
    }
    let targets = draw_targets(options, &scene.pose);
    let mut run = Run { worlds, scene, targets, rest, calls: 0, resets: 0, faults: 0 };
    // Robots land, and fall at different times, before the clock starts.
    run.step(STEPS_BETWEEN_RESETS)?;
    run.resets = 0;
    run.faults = 0;
    let steps = options.steps.div_ceil(HELD_STEPS) * HELD_STEPS;
    let (mut contacts, mut counted) = (0.0, 0);
    let mut seconds = 0.0;
    let mut done = 0;
    while done < steps {
        let stretch = STEPS_BETWEEN_RESETS.min(steps - done);
        let begin = Instant::now();
        run.step(stretch)?;
        seconds += begin.elapsed().as_secs_f64();
        done += stretch;
        contacts += run.worlds.mean_contacts()?;
        counted += 1;
    }
    Ok(BenchmarkReport {
        steps_per_second: (steps * options.num_worlds) as f64 / seconds,
        seconds,
        steps,
        contacts_mean: contacts / f64::from(counted.max(1)),
        solver_iterations,
        resets: run.resets,
        faults: run.faults,
    })
}

/// Bytes that the worlds of a measurement and their targets take.
fn memory_of(options: &BenchmarkOptions, actuators: usize) -> usize {
    let groups =
        options.num_worlds.div_ceil(<f32x8 as Lane>::WIDTH).saturating_mul(size_of::<Group<f32x8>>());
    let targets = options.num_worlds.saturating_mul(DRAWN_SETS * actuators * size_of::<f32>());
    groups.saturating_add(targets)
}

/// Refuses what the system would not give: an allocation that fails later ends the process.
fn check_memory(num_worlds: usize, bytes: usize) -> Result<(), WorldsError> {
    let refused = || WorldsError::Option {
        option: "num_worlds",
        value: format!("{num_worlds}, which take {:.1} GiB", bytes as f64 / f64::from(1 << 30)),
        allowed: "1 to as many as the memory of this machine holds, and at most 4194304",
    };
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| refused())
}

/// The model, and where it starts from.
struct Scene {
    robot: BenchmarkRobot,
    model: ModelDescription,
    start: Vec<f64>,
    /// The joints' part of it.
    pose: Vec<f64>,
    num_velocities: usize,
}

impl Scene {
    fn new(robot: BenchmarkRobot) -> Self {
        match robot {
            BenchmarkRobot::Quadruped => {
                let mut model = quadruped();
                model.scene.push(level_floor(0.8));
                let trunk = [0.0, 0.0, QUADRUPED_STAND_HEIGHT, 1.0, 0.0, 0.0, 0.0];
                let start = trunk.into_iter().chain(QUADRUPED_STAND).collect();
                Self { robot, model, start, pose: QUADRUPED_STAND.to_vec(), num_velocities: 18 }
            }
            BenchmarkRobot::Arm => {
                let model = arm_with_box(PushedBox::default());
                let start = ARM_REACH.into_iter().chain([0.5, 0.0, 0.05, 1.0, 0.0, 0.0, 0.0]).collect();
                Self { robot, model, start, pose: ARM_REACH.to_vec(), num_velocities: 13 }
            }
        }
    }

    /// Whether `world` has to be put back.
    fn is_over(&self, at: impl Fn(usize) -> f64) -> bool {
        match self.robot {
            BenchmarkRobot::Quadruped => {
                let upright = 1.0 - 2.0 * (at(4) * at(4) + at(5) * at(5));
                at(2) < 0.15 || upright < 0.5
            }
            BenchmarkRobot::Arm => (at(7) - self.start[7]).abs().max((at(8) - self.start[8]).abs()) > 0.5,
        }
    }
}

/// What is measured.
enum Engine {
    Native(Box<Worlds<f32x8>>),
    Wgpu(Box<DeviceWorlds>),
    #[cfg(feature = "rapier")]
    Rapier(Box<RapierWorlds>),
}

impl Engine {
    fn set_state(&mut self, world: usize, position: &[f64], velocity: &[f64]) -> Result<(), WorldsError> {
        match self {
            Self::Native(worlds) => worlds.set_state(world, position, velocity),
            Self::Wgpu(worlds) => worlds.set_state(world, position, velocity),
            #[cfg(feature = "rapier")]
            Self::Rapier(worlds) => worlds.set_state(world, position, velocity).map_err(refused_by_rapier),
        }
    }

    fn set_controls(&mut self, controls: &[f32]) -> Result<(), WorldsError> {
        match self {
            Self::Native(worlds) => worlds.set_controls(controls),
            Self::Wgpu(worlds) => worlds.set_controls(controls),
            #[cfg(feature = "rapier")]
            Self::Rapier(worlds) => {
                let controls: Vec<f64> = controls.iter().copied().map(f64::from).collect();
                worlds.set_controls(&controls).map_err(refused_by_rapier)
            }
        }
    }

    fn step(&mut self) {
        match self {
            Self::Native(worlds) => worlds.step(),
            Self::Wgpu(worlds) => worlds.step(),
            #[cfg(feature = "rapier")]
            Self::Rapier(worlds) => worlds.step(HELD_STEPS),
        }
    }

    /// The worlds that have to be put back, and whether it is for a fault.
    fn over(&mut self, scene: &Scene) -> Result<Vec<(usize, bool)>, WorldsError> {
        fn over<L: Lane>(worlds: &Worlds<L>, scene: &Scene) -> Vec<(usize, bool)> {
            (0..worlds.num_worlds())
                .map(|world| (world, worlds.faults()[world].is_some()))
                .filter(|&(world, is_faulty)| {
                    is_faulty || scene.is_over(|coordinate| worlds.position(world, coordinate))
                })
                .collect()
        }
        match self {
            Self::Native(worlds) => Ok(over(worlds, scene)),
            Self::Wgpu(worlds) => Ok(over(worlds.host()?, scene)),
            #[cfg(feature = "rapier")]
            Self::Rapier(worlds) => {
                let mut found = Vec::new();
                for world in 0..worlds.num_worlds() {
                    let (positions, velocities) = worlds.state(world).map_err(refused_by_rapier)?;
                    let limit = WorldsOptions::default().speed_limit;
                    let is_sound = positions.iter().all(|position| position.is_finite())
                        && velocities.iter().all(|velocity| velocity.abs() <= limit);
                    if !is_sound || scene.is_over(|coordinate| positions[coordinate]) {
                        found.push((world, !is_sound));
                    }
                }
                Ok(found)
            }
        }
    }

    fn mean_contacts(&mut self) -> Result<f64, WorldsError> {
        match self {
            Self::Native(worlds) => Ok(worlds.mean_contacts()),
            Self::Wgpu(worlds) => worlds.host().map(Worlds::mean_contacts),
            #[cfg(feature = "rapier")]
            Self::Rapier(worlds) => {
                let counts = (0..worlds.num_worlds()).map(|world| worlds.contacts(world));
                let sum = counts
                    .map(|contacts| contacts.map(|contacts| contacts.len()))
                    .sum::<Result<usize, _>>()
                    .map_err(refused_by_rapier)?;
                Ok(sum as f64 / worlds.num_worlds() as f64)
            }
        }
    }
}

/// A measurement under way.
struct Run {
    worlds: Engine,
    scene: Scene,
    targets: Vec<Vec<f32>>,
    rest: Vec<f64>,
    calls: usize,
    resets: u64,
    faults: u64,
}

impl Run {
    /// Makes `steps` physics steps, then puts worlds back.
    fn step(&mut self, steps: usize) -> Result<(), WorldsError> {
        for _ in 0..steps / HELD_STEPS {
            self.worlds.set_controls(&self.targets[self.calls % self.targets.len()])?;
            self.worlds.step();
            self.calls += 1;
        }
        for (world, is_faulty) in self.worlds.over(&self.scene)? {
            self.worlds.set_state(world, &self.scene.start, &self.rest)?;
            self.resets += 1;
            self.faults += u64::from(is_faulty);
        }
        Ok(())
    }
}

/// Sets of targets, `[set][num_worlds][actuators]`.
fn draw_targets(options: &BenchmarkOptions, pose: &[f64]) -> Vec<Vec<f32>> {
    let mut random = Pcg64::from_seed(options.seed);
    let (sets, sigma) = match options.control {
        BenchmarkControl::RandomPd => (DRAWN_SETS, TARGET_SIGMA),
        BenchmarkControl::Hold => (1, 0.0),
    };
    (0..sets)
        .map(|_| {
            (0..options.num_worlds)
                .flat_map(|_| pose)
                .map(|joint| (joint + sigma * standard_normal(&mut random)) as f32)
                .collect()
        })
        .collect()
}

/// A number from the standard normal distribution (Box and Muller, 1958).
pub fn standard_normal(random: &mut impl Random) -> f64 {
    let (first, second) = (1.0 - random.float(), random.float());
    (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(robot: BenchmarkRobot) -> BenchmarkOptions {
        BenchmarkOptions { robot, num_worlds: 16, steps: 202, ..BenchmarkOptions::default() }
    }

    #[test]
    fn robots_touch_the_ground_and_nothing_breaks() {
        for robot in [BenchmarkRobot::Quadruped, BenchmarkRobot::Arm] {
            let report = measure_native(&small(robot)).unwrap();
            assert_eq!((report.steps, report.faults), (204, 0), "{robot:?}");
            assert!(report.steps_per_second > 0.0 && report.seconds > 0.0);
            assert!((1.0..12.0).contains(&report.contacts_mean), "{robot:?}: {report:?}");
        }
    }

    #[cfg(feature = "rapier")]
    #[test]
    fn rapier_is_measured_under_the_same_conditions() {
        for robot in [BenchmarkRobot::Quadruped, BenchmarkRobot::Arm] {
            let report = measure_rapier(&small(robot)).unwrap();
            assert_eq!((report.steps, report.faults, report.solver_iterations), (204, 0, 4), "{robot:?}");
            assert!((1.0..12.0).contains(&report.contacts_mean), "{robot:?}: {report:?}");
        }
        let options = BenchmarkOptions { timestep: 7.0, ..small(BenchmarkRobot::Arm) };
        assert!(measure_rapier(&options).unwrap_err().to_string().contains("timestep is 7"));
    }

    #[test]
    fn a_robot_that_holds_its_pose_does_not_fall() {
        let options =
            BenchmarkOptions { control: BenchmarkControl::Hold, ..small(BenchmarkRobot::Quadruped) };
        assert_eq!(measure_native(&options).unwrap().resets, 0);
    }

    #[test]
    fn faults_are_among_what_is_put_back() {
        // Steps of a tenth of a second are too long for the servos.
        let options = BenchmarkOptions { timestep: 0.1, steps: 400, ..small(BenchmarkRobot::Quadruped) };
        let report = measure_native(&options).unwrap();
        assert!(report.faults > 0 && report.faults <= report.resets, "{report:?}");
    }

    #[test]
    fn a_batch_that_memory_cannot_hold_is_refused() {
        let options = BenchmarkOptions { num_worlds: 1 << 22, ..BenchmarkOptions::default() };
        let bytes = memory_of(&options, 12);
        assert!((1e9..1e12).contains(&(bytes as f64)), "{bytes}");
        assert!(check_memory(1, 1 << 20).is_ok() && check_memory(1, usize::MAX).is_err());
        let message = check_memory(7, 1 << 62).unwrap_err().to_string();
        assert!(message.contains("num_worlds is 7, which take") && message.contains("memory"), "{message}");
    }

    #[test]
    fn random_targets_have_the_spread_that_is_asked_for() {
        let mut random = Pcg64::from_seed(3);
        let drawn: Vec<f64> = (0..20_000).map(|_| standard_normal(&mut random)).collect();
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / drawn.len() as f64;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
    }

    #[test]
    fn options_out_of_range_are_refused() {
        let options = BenchmarkOptions { num_worlds: 0, ..BenchmarkOptions::default() };
        assert!(measure_native(&options).unwrap_err().to_string().contains("num_worlds"));
    }
}
