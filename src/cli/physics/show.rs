//! `pentathlon physics show`: a model in motion, as a picture or an animation.

use std::{path::PathBuf, sync::atomic::Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use pentathlon::render::scene3d::{CameraOptions, SceneOptions};
use serde::Serialize;

use super::{
    engine::{Engine, EngineName},
    parse_seed, parse_whole,
    scene::{Reading, Scene},
    sink::{Kind, Sink},
    targets::{ControlName, Targets},
};
use crate::cli::{
    arguments::{DeviceName, parse_count},
    exit::{Interrupted, Usage},
    interrupt, output,
    progress::report,
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Ctrl-C stops the simulation; what was shown until then is written, and the exit code is 130. So it is where a
world becomes too fast or infinite, with exit code 1; a picture shows the last moment before, by --frame-rate.

Examples:
  pentathlon physics show quadruped --drop 0.5 --out drop.gif
  pentathlon physics show arm --drop 0.3 --control random-pd --seconds 4 --out arm.gif
  pentathlon physics show quadruped --num-worlds 16 --control random-pd --seconds 3 --out crowd.gif
  pentathlon physics show quadruped --seconds 2 --azimuth 120 --elevation 10 --out standing.png
  pentathlon physics show robot.urdf --floating-base --drop 0.3 --out robot.gif
  pentathlon physics show arm --force-scale 2 --seconds 1 --out arm.png --json
  pentathlon physics show wheels.urdf --engine rapier --out wheels.gif     (cargo run --features rapier)
  pentathlon physics show quadruped --drop 0.5 --out drop.rrd     (cargo run --features rerun)")]
pub struct Arguments {
    /// `quadruped`, `arm` (with a box to push), or a file: .urdf, .xml or .mjcf (MJCF), .json
    model: String,
    /// Picture of the last moment (.png), animation (.gif) or, in a build with the feature `rerun`, recording
    /// for the Rerun viewer (.rrd) to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Metres by which free bodies are raised before they are let go, 0 to 100
    #[arg(long, value_name = "METRES", default_value_t = 0.0, allow_negative_numbers = true)]
    drop: f64,
    /// Length of what is simulated, 0 to 600
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, allow_negative_numbers = true)]
    seconds: f64,
    /// Worlds, drawn in a grid, 1 to 1024
    #[arg(long, value_name = "N", default_value = "1", value_parser = parse_count, allow_negative_numbers = true)]
    num_worlds: usize,
    /// What the actuators are told
    #[arg(long, value_enum, default_value = "hold")]
    control: ControlName,
    /// Seed of random targets
    #[arg(long, default_value_t = 0, value_parser = parse_seed, allow_negative_numbers = true)]
    seed: u64,
    /// Length of a physics step; 0.002 when left out, or what an MJCF file asks for
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    time_step: Option<f64>,
    /// Pictures a second of simulated time, 1 to 50
    #[arg(long, value_name = "FPS", default_value_t = 25, value_parser = parse_frame_rate, allow_negative_numbers = true)]
    frame_rate: u32,
    /// Width of the picture in pixels, 16 to 4096
    #[arg(long, value_name = "PIXELS", default_value_t = 640, value_parser = parse_side, allow_negative_numbers = true)]
    width: usize,
    /// Height of the picture in pixels, 16 to 4096
    #[arg(long, value_name = "PIXELS", default_value_t = 480, value_parser = parse_side, allow_negative_numbers = true)]
    height: usize,
    /// Direction of the camera from what it looks at, from the x axis towards the y axis
    #[arg(long, value_name = "DEGREES", default_value_t = 35.0, allow_negative_numbers = true)]
    azimuth: f32,
    /// Angle of the camera above the horizon
    #[arg(long, value_name = "DEGREES", default_value_t = 18.0, allow_negative_numbers = true)]
    elevation: f32,
    /// Distance of the camera; fitted to the scene when left out
    #[arg(long, value_name = "METRES", allow_negative_numbers = true)]
    distance: Option<f32>,
    /// Length of the arrow of a force of 100 N; fitted to the weight of what moves when left out
    #[arg(long, value_name = "METRES", allow_negative_numbers = true)]
    force_scale: Option<f32>,
    /// Leave out the axes of the joints
    #[arg(long)]
    no_joints: bool,
    /// Leave out contact points and forces
    #[arg(long)]
    no_contacts: bool,
    /// Where triangles are drawn; auto takes an adapter only when it is a real GPU
    #[arg(long, value_enum, default_value = "auto")]
    device: DeviceName,
    /// What simulates; rapier shows normal forces alone
    #[arg(long, value_enum, default_value = "native")]
    engine: EngineName,
    /// Take the root link of a .urdf file as a free body instead of a part of the world
    #[arg(long)]
    floating_base: bool,
    /// Pass over the softness that an MJCF file gives single contacts and limits (solref, solimp, margin, impratio)
    #[arg(long)]
    ignore_softness: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    model: &'a str,
    out: &'a std::path::Path,
    frames: usize,
    engine: &'static str,
    num_worlds: usize,
    /// Simulated time in s.
    seconds: f64,
    dt: f64,
    steps: u64,
    /// Contact points that found no room, over all steps.
    contact_overflow: u64,
}

/// Length of a physics step in s where nobody asks for another.
const TIME_STEP: f64 = 0.002;

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let kind = Kind::of(&arguments.out)?;
    check(arguments)?;
    arguments.engine.require()?;
    let reading =
        Reading { floating_base: arguments.floating_base, ignore_softness: arguments.ignore_softness };
    let scene = Scene::find(&arguments.model, reading, arguments.drop, arguments.engine)?;
    let time_step = time_step(arguments, &scene)?;
    let mut worlds = Engine::new(arguments.engine, &scene.model, arguments.num_worlds, Some(time_step))?;
    let velocities = vec![0.0; scene.num_velocities];
    for world in 0..arguments.num_worlds {
        worlds.set_state(world, &scene.positions, &velocities)?;
        worlds.set_control(world, &scene.controls)?;
    }
    let mut targets = Targets::new(arguments.control, arguments.seed, time_step, &scene);
    let stop = interrupt::listen()?;
    let first = worlds.snapshots(&scene.model)?;
    let mut sink =
        Sink::create(&arguments.out, &scene, scene_options(arguments), arguments.frame_rate, &first)?;
    let frame_time = 1.0 / f64::from(arguments.frame_rate);
    let steps = (arguments.seconds / time_step).round() as u64;
    let bar = progress_bar(arguments, steps)?;
    let (mut frames, mut made, mut contact_overflow) = (1, 0, 0);
    let mut last = first;
    let mut fault = Ok(());
    while made < steps && !stop.load(Ordering::SeqCst) {
        targets.update(made, &mut worlds)?;
        worlds.step();
        made += 1;
        let time = made as f64 * time_step;
        fault = worlds.check_faults(time);
        if fault.is_err() {
            break;
        }
        contact_overflow += worlds.contact_overflow();
        if time >= frames as f64 * frame_time - 1e-9 {
            frames += 1;
            last = worlds.snapshots(&scene.model)?;
            sink.add(time, &last)?;
        }
        bar.set_position(made);
    }
    bar.finish_and_clear();
    if fault.is_ok() {
        last = worlds.snapshots(&scene.model)?;
    }
    sink.finish(&arguments.out, &last)?;
    if contact_overflow > 0 {
        report(&format!(
            "warning: {contact_overflow} contact points found no room and were left out; the shapes touch in too many \
             places at once"
        ));
    }
    let out = arguments.out.display();
    let pictures = if kind == Kind::Picture { "picture".into() } else { format!("{frames} frames") };
    if let Err(fault) = fault {
        anyhow::bail!("{fault}; saved what was shown until then in {out}: {pictures}");
    }
    if made < steps {
        let seconds = made as f64 * time_step;
        let saved = format!("saved what was shown until then in {out}: {pictures} of {seconds:.3} s");
        return Err(Interrupted(saved).into());
    }
    if arguments.json {
        return output::print_json(&Report {
            model: &arguments.model,
            out: &arguments.out,
            frames,
            engine: arguments.engine.name(),
            num_worlds: arguments.num_worlds,
            seconds: made as f64 * time_step,
            dt: time_step,
            steps: made,
            contact_overflow,
        });
    }
    output::print(&format!("{out}: {pictures} of {} s\n", arguments.seconds))
}

/// The length of a physics step that the arguments, the file or nobody asks for.
fn time_step(arguments: &Arguments, scene: &Scene) -> anyhow::Result<f64> {
    let of_file = scene.timestep.filter(|_| arguments.time_step.is_none());
    let time_step = arguments.time_step.or(of_file).unwrap_or(TIME_STEP);
    let Err(refused) = in_range("--time-step", time_step, 1e-5, 0.05) else { return Ok(time_step) };
    if of_file.is_some() {
        anyhow::bail!(
            "{}: the timestep of the file is {time_step}, but must be 0.00001 to 0.05; --time-step replaces it",
            arguments.model
        );
    }
    Err(refused.into())
}

fn progress_bar(arguments: &Arguments, steps: u64) -> anyhow::Result<ProgressBar> {
    if arguments.json {
        return Ok(ProgressBar::hidden());
    }
    let style =
        ProgressStyle::with_template("{elapsed} {wide_bar} {human_pos}/{human_len} steps (eta {eta})")?;
    Ok(ProgressBar::new(steps).with_style(style))
}

fn in_range(name: &str, value: f64, low: f64, high: f64) -> Result<(), Usage> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(Usage(format!("{name} is {value}, but must be {low} to {high}")))
    }
}

fn check(arguments: &Arguments) -> Result<(), Usage> {
    for (name, value, low, high) in
        [("--seconds", arguments.seconds, 0.0, 600.0), ("--drop", arguments.drop, 0.0, 100.0)]
    {
        in_range(name, value, low, high)?;
    }
    if arguments.num_worlds > 1024 {
        return Err(Usage(format!(
            "--num-worlds is {}; more than 1024 cannot be told apart",
            arguments.num_worlds
        )));
    }
    Ok(())
}

fn parse_frame_rate(text: &str) -> Result<u32, String> {
    parse_whole(text, 1, 50).map(|rate| rate as u32)
}

fn parse_side(text: &str) -> Result<usize, String> {
    parse_whole(text, 16, 4096).map(|side| side as usize)
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
        force_scale: arguments.force_scale,
        device: arguments.device.into(),
        ..SceneOptions::default()
    }
}
