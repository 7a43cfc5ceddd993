//! `pentathlon physics show`: a model in motion, as a picture or an animation.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use pentathlon::{
    gym::seeding::pcg64::Pcg64,
    physics::{
        benchmark::{TARGET_SIGMA, standard_normal},
        model::ActuatorLaw,
        native::{Worlds, WorldsOptions},
    },
    render::{
        GifOptions, GifWriter,
        scene3d::{BodyPose, CameraOptions, ContactMark, SceneOptions, SceneRenderer, WorldSnapshot},
    },
};

use super::scene::Scene;
use crate::cli::{
    arguments::{DeviceName, parse_count},
    exit::Usage,
    output,
    render::is_animation,
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pentathlon physics show quadruped --drop 0.5 --out drop.gif
  pentathlon physics show arm --drop 0.3 --control random-pd --seconds 4 --out arm.gif
  pentathlon physics show quadruped --num-worlds 16 --control random-pd --seconds 3 --out crowd.gif
  pentathlon physics show quadruped --seconds 2 --azimuth 120 --elevation 10 --out standing.png
  pentathlon physics show robot.urdf --floating-base --drop 0.3 --out robot.gif
  pentathlon physics show quadruped --drop 0.5 --out drop.rrd     (cargo run --features rerun)")]
pub struct Arguments {
    /// `quadruped`, `arm` (with a box to push), or a file: .urdf, .xml or .mjcf (MJCF), .json
    model: String,
    /// Picture of the last moment (.png), animation (.gif) or, in a build with the feature `rerun`, recording
    /// for the Rerun viewer (.rrd) to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Metres by which free bodies are raised before they are let go
    #[arg(long, value_name = "METRES", default_value_t = 0.0, allow_negative_numbers = true)]
    drop: f64,
    /// Length of what is simulated
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, allow_negative_numbers = true)]
    seconds: f64,
    /// Worlds, drawn in a grid
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_count)]
    num_worlds: usize,
    /// What the actuators are told
    #[arg(long, value_enum, default_value = "hold")]
    control: ControlName,
    /// Seed of random targets
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Length of a physics step
    #[arg(long, value_name = "SECONDS", default_value_t = 0.002, allow_negative_numbers = true)]
    time_step: f64,
    /// Pictures a second of simulated time, 1 to 50
    #[arg(long, value_name = "FPS", default_value_t = 25)]
    frame_rate: u32,
    /// Width of the picture in pixels, 16 to 4096
    #[arg(long, value_name = "PIXELS", default_value_t = 640)]
    width: usize,
    /// Height of the picture in pixels, 16 to 4096
    #[arg(long, value_name = "PIXELS", default_value_t = 480)]
    height: usize,
    /// Direction of the camera from what it looks at, from the x axis towards the y axis
    #[arg(long, value_name = "DEGREES", default_value_t = 35.0, allow_negative_numbers = true)]
    azimuth: f32,
    /// Angle of the camera above the horizon
    #[arg(long, value_name = "DEGREES", default_value_t = 18.0, allow_negative_numbers = true)]
    elevation: f32,
    /// Distance of the camera; fitted to the scene when left out
    #[arg(long, value_name = "METRES")]
    distance: Option<f32>,
    /// Leave out the axes of the joints
    #[arg(long)]
    no_joints: bool,
    /// Leave out contact points and forces
    #[arg(long)]
    no_contacts: bool,
    /// Where triangles are drawn; auto takes an adapter only when it is a real GPU
    #[arg(long, value_enum, default_value = "auto")]
    device: DeviceName,
    /// Take the root link of a .urdf file as a free body instead of a part of the world
    #[arg(long)]
    floating_base: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ControlName {
    /// Servos hold the pose they start from; motors give nothing
    Hold,
    /// Servos get new random targets around that pose, sigma 0.15 rad, every 20 ms; motors random torques
    RandomPd,
}

/// How long a random target is held, in s.
const HOLD: f64 = 0.02;
/// Random torques have a standard deviation of this share of the limit.
const TORQUE_SHARE: f64 = 0.1;
/// Distance between the worlds of a recording in m.
#[cfg(feature = "rerun")]
const WORLD_SPACING: f32 = 1.5;

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let is_recording = is_recording(&arguments.out)?;
    let animated = is_recording || is_animation(&arguments.out)?;
    check(arguments)?;
    let scene = Scene::find(&arguments.model, arguments.floating_base, arguments.drop)?;
    let options = WorldsOptions {
        num_worlds: arguments.num_worlds,
        timestep: arguments.time_step,
        ..WorldsOptions::default()
    };
    let mut worlds = Worlds::<f64>::new(&scene.model, options).map_err(|error| Usage(error.to_string()))?;
    let velocities = vec![0.0; scene.num_velocities];
    for world in 0..arguments.num_worlds {
        worlds.set_state(world, &scene.positions, &velocities)?;
        worlds.set_control(world, &scene.controls)?;
    }
    let mut targets = Targets::new(arguments, &scene);
    let frame_time = 1.0 / f64::from(arguments.frame_rate);
    let steps = (arguments.seconds / arguments.time_step).round() as u64;
    let first = snapshots(&mut worlds)?;
    let mut sink = if is_recording {
        Sink::recording(arguments, &scene, &first)?
    } else {
        let renderer = SceneRenderer::new(&scene.model, scene_options(arguments))
            .map_err(|error| Usage(error.to_string()))?;
        Sink::pictures(arguments, renderer, animated, &first)?
    };
    let mut drawn = 0;
    for step in 1..=steps {
        targets.update(step - 1, &mut worlds)?;
        worlds.step();
        let time = step as f64 * arguments.time_step;
        if animated && time >= (drawn + 1) as f64 * frame_time - 1e-9 {
            drawn += 1;
            sink.add(time, &snapshots(&mut worlds)?)?;
        }
    }
    sink.finish(arguments, &snapshots(&mut worlds)?)?;
    let pictures = if animated { format!("{} frames", drawn + 1) } else { "picture".into() };
    output::print(&format!("{}: {pictures} of {} s\n", arguments.out.display(), arguments.seconds))
}

/// Where moments go.
enum Sink {
    Animation(Box<SceneRenderer>, Box<GifWriter>),
    /// The last moment alone.
    Picture(Box<SceneRenderer>),
    #[cfg(feature = "rerun")]
    Recording(pentathlon::render::scene3d::RerunRecording),
}

impl Sink {
    fn pictures(
        arguments: &Arguments,
        mut renderer: SceneRenderer,
        animated: bool,
        first: &[WorldSnapshot],
    ) -> anyhow::Result<Self> {
        let frame = renderer.draw(first)?;
        if !animated {
            return Ok(Self::Picture(Box::new(renderer)));
        }
        let delay = Duration::from_secs_f64(1.0 / f64::from(arguments.frame_rate));
        let gif = GifWriter::create(&arguments.out, GifOptions { delay, ..GifOptions::default() }, frame)?;
        Ok(Self::Animation(Box::new(renderer), Box::new(gif)))
    }

    #[cfg(feature = "rerun")]
    fn recording(arguments: &Arguments, scene: &Scene, first: &[WorldSnapshot]) -> anyhow::Result<Self> {
        use pentathlon::render::scene3d::RerunRecording;
        let mut recording =
            RerunRecording::create(&scene.model, &arguments.out, arguments.num_worlds, WORLD_SPACING)?;
        recording.add(0.0, first)?;
        Ok(Self::Recording(recording))
    }

    #[cfg(not(feature = "rerun"))]
    fn recording(arguments: &Arguments, _: &Scene, _: &[WorldSnapshot]) -> anyhow::Result<Self> {
        Err(Usage(format!(
            "--out {}: this build writes no recordings for the Rerun viewer; build it with --features rerun",
            arguments.out.display()
        ))
        .into())
    }

    #[cfg_attr(not(feature = "rerun"), allow(unused_variables, reason = "pictures know no time"))]
    fn add(&mut self, seconds: f64, worlds: &[WorldSnapshot]) -> anyhow::Result<()> {
        match self {
            Self::Animation(renderer, gif) => gif.add(renderer.draw(worlds)?)?,
            Self::Picture(_) => {}
            #[cfg(feature = "rerun")]
            Self::Recording(recording) => recording.add(seconds, worlds)?,
        }
        Ok(())
    }

    fn finish(self, arguments: &Arguments, last: &[WorldSnapshot]) -> anyhow::Result<()> {
        match self {
            Self::Animation(_, gif) => gif.finish()?,
            Self::Picture(mut renderer) => renderer.draw(last)?.write_png(&arguments.out)?,
            #[cfg(feature = "rerun")]
            Self::Recording(recording) => recording.finish()?,
        }
        Ok(())
    }
}

/// Whether the file is a recording, by its name.
fn is_recording(path: &Path) -> Result<bool, Usage> {
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    match extension.as_ref().and_then(|extension| extension.to_str()) {
        Some("rrd") => Ok(true),
        Some("gif" | "png") => Ok(false),
        _ => Err(Usage(format!(
            "--out {}: the name of what is written ends in .png, .gif or .rrd",
            path.display()
        ))),
    }
}

fn check(arguments: &Arguments) -> Result<(), Usage> {
    for (name, value, low, high) in [
        ("--seconds", arguments.seconds, 0.0, 600.0),
        ("--time-step", arguments.time_step, 1e-5, 0.05),
        ("--drop", arguments.drop, 0.0, 100.0),
        ("--frame-rate", f64::from(arguments.frame_rate), 1.0, 50.0),
    ] {
        if !(low..=high).contains(&value) {
            return Err(Usage(format!("{name} is {value}, but must be {low} to {high}")));
        }
    }
    if arguments.num_worlds > 1024 {
        return Err(Usage(format!(
            "--num-worlds is {}; more than 1024 cannot be told apart",
            arguments.num_worlds
        )));
    }
    Ok(())
}

fn scene_options(arguments: &Arguments) -> SceneOptions {
    SceneOptions {
        width: arguments.width,
        height: arguments.height,
        camera: CameraOptions {
            azimuth: arguments.azimuth,
            elevation: arguments.elevation,
            distance: arguments.distance,
            ..CameraOptions::default()
        },
        joints: !arguments.no_joints,
        contacts: !arguments.no_contacts,
        device: arguments.device.into(),
        ..SceneOptions::default()
    }
}

fn snapshots(worlds: &mut Worlds<f64>) -> anyhow::Result<Vec<WorldSnapshot>> {
    (0..worlds.num_worlds())
        .map(|world| {
            let bodies = worlds
                .body_frames(world)?
                .into_iter()
                .map(|frame| BodyPose { position: frame.position, orientation: frame.orientation })
                .collect();
            let contacts = worlds
                .contacts(world)?
                .into_iter()
                .map(|contact| ContactMark { point: contact.point, force: contact.force })
                .collect();
            Ok(WorldSnapshot { bodies, contacts })
        })
        .collect()
}

/// What the actuators are told, from step to step.
struct Targets<'a> {
    control: ControlName,
    scene: &'a Scene,
    /// Steps for which a target is held.
    hold: u64,
    random: Pcg64,
    row: Vec<f64>,
}

impl<'a> Targets<'a> {
    fn new(arguments: &Arguments, scene: &'a Scene) -> Self {
        Self {
            control: arguments.control,
            scene,
            hold: ((HOLD / arguments.time_step).round() as u64).max(1),
            random: Pcg64::from_seed(arguments.seed),
            row: vec![0.0; scene.controls.len()],
        }
    }

    fn update(&mut self, step: u64, worlds: &mut Worlds<f64>) -> anyhow::Result<()> {
        if self.control == ControlName::Hold || !step.is_multiple_of(self.hold) {
            return Ok(());
        }
        for world in 0..worlds.num_worlds() {
            for (index, actuator) in self.scene.model.actuators.iter().enumerate() {
                let noise = standard_normal(&mut self.random);
                self.row[index] = match actuator.law {
                    ActuatorLaw::Position { .. } => self.scene.controls[index] + TARGET_SIGMA * noise,
                    // A file may give no limit.
                    ActuatorLaw::Effort => TORQUE_SHARE * actuator.effort_limit.min(100.0) * noise,
                };
            }
            worlds.set_control(world, &self.row)?;
        }
        Ok(())
    }
}
