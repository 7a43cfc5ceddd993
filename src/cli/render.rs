//! `pentathlon render`: a picture, an animation, or text for the terminal, of one environment or of many
//! on one contact sheet.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    time::Duration,
};

use pentathlon::{
    ActionBuffer, AutoresetMode, VectorEnv,
    agents::{Policy, gmah::GmahTrainer},
    render::{AnsiOptions, Frame, FrameOptions, GifOptions, GifWriter, Status, View, contact_sheet, drawing},
};

use super::{
    animation::{Events, hierarchy_frame},
    arguments::{EnvironmentArguments, parse_count},
    exit::Usage,
    hierarchy, output,
    policy::{PolicySource, build},
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  pentathlon render MiniGrid-DoorKey-8x8-v0 --seed 7 --out frame.png
  pentathlon render MiniGrid-DoorKey-8x8-v0 --seed 7 --ansi
  pentathlon render MiniGrid-DoorKey-8x8-v0 --steps 200 --policy random --out episode.gif
  pentathlon render MiniGrid-DoorKey-8x8-v0 --steps 200 --policy runs/doorkey --out trained.gif
  pentathlon render CrafterReward-v1 --seed 7 --tile-size 10 --out map.png
  pentathlon render CrafterTeam-v1 --view agent --steps 300 --tile-size 14 --out team.gif
  pentathlon render MultiGrid-TrashGrid-v2 --steps 200 --policy runs/trash/team.checkpoint --out team.gif
  pentathlon render MultiGrid-DoorKey-8x8-mixed-v0 --steps 200 --policy runs/keys --out hierarchy.gif
  pentathlon render ClassicControl-Pendulum-v1 --steps 200 --policy runs/pendulum --out swing.gif
  pentathlon render coRMAB-Routing-v0 --steps 20 --out walks.gif
  pentathlon render coRMAB-Routing-v0 --steps 20 --policy runs/coRMAB-Routing-v0/1 --out trained.gif
  pentathlon render MiniGrid-KeyCorridorS3R3-v0 --contact-sheet 16 --tile-size 8 --out sheet.png")]
pub struct Arguments {
    #[command(flatten)]
    environment: EnvironmentArguments,
    /// Picture (.png) or animation (.gif, with --steps) to write
    #[arg(long, value_name = "FILE", required_unless_present = "ansi")]
    out: Option<PathBuf>,
    /// Write text to the terminal instead (in colour, unless NO_COLOR is set); with --steps the last frame
    #[arg(long, conflicts_with = "out")]
    ansi: bool,
    /// Steps to make; an animation has a frame for each, a picture shows the last
    #[arg(long, default_value_t = 0)]
    steps: usize,
    /// What acts: `random`, `expert`, a checkpoint, or the folder of a run
    #[arg(
        long,
        visible_alias = "checkpoint",
        value_name = "random|expert|CHECKPOINT",
        default_value = "random"
    )]
    policy: PolicySource,
    /// Draw the first K environments of a batch on one sheet
    #[arg(long, value_name = "K", value_parser = parse_count, conflicts_with = "ansi")]
    contact_sheet: Option<usize>,
    /// The whole world, or what the agent sees (MiniGrid, and Crafter with all agents of a team side by side; teams in
    /// grid worlds are drawn with the whole world only)
    #[arg(long, value_enum, default_value = "full")]
    view: ViewName,
    /// Width and height of a grid cell in pixels, 1 to 512
    #[arg(long, default_value_t = 32)]
    tile_size: usize,
    /// Do not brighten what the agent sees
    #[arg(long)]
    no_highlight: bool,
    /// Time of a frame of an animation in milliseconds
    #[arg(long, default_value_t = 100)]
    frame_time: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ViewName {
    /// The whole world
    Full,
    /// What the agent sees: MiniGrid and Crafter
    Agent,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let animated = match &arguments.out {
        Some(path) => is_animation(path)?,
        None => false,
    };
    if let PolicySource::Checkpoint(path) = &arguments.policy
        && let Some(checkpoint) = hierarchy::find_checkpoint(path)
    {
        return render_hierarchy(arguments, &checkpoint, animated);
    }
    let num_envs = arguments.contact_sheet.unwrap_or(1);
    let policy = arguments.policy.find()?;
    let mut builder = arguments.environment.builder(num_envs)?;
    if let Some((name, value)) = policy.option().filter(|(name, _)| !arguments.environment.has_option(name)) {
        builder = builder.option(&name, value);
    }
    let mut batch = builder
        .autoreset(AutoresetMode::NextStep)
        .observations(policy.observations().iter().cloned())
        .build()?;
    batch.reset(None)?;
    let mut policy = policy.fit(&*batch, arguments.environment.seed)?;
    let view = if arguments.view == ViewName::Agent { View::Agent } else { View::World };
    if arguments.ansi {
        play(arguments, &mut *batch, &mut *policy, |_, _, _| Ok(()))?;
        let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let options =
            AnsiOptions { color, view, highlight: !arguments.no_highlight, ..AnsiOptions::default() };
        return output::print(&drawing(&*batch)?.ansi(0, &options)?);
    }
    let options = FrameOptions { tile_size: arguments.tile_size, view, highlight: !arguments.no_highlight };
    let picture = |batch: &dyn VectorEnv, statuses: &[Status], below: &Below| -> anyhow::Result<Frame> {
        let drawing = drawing(batch)?;
        Ok(match arguments.contact_sheet {
            None => {
                let frame = drawing.frame(0, &options)?;
                // Bandits are about what is earned over time.
                let frame = match batch.spec().discipline == "cormab" && arguments.steps > 0 {
                    true => frame.with_rewards(&below.2, arguments.steps),
                    false => frame,
                };
                below.0.below(frame, batch.spec(), below.1.clone())
            }
            Some(count) => contact_sheet(&*drawing, count, &options, Some(statuses))?,
        })
    };
    let out = arguments.out.as_deref().unwrap_or_else(|| unreachable!("clap requires --out or --ansi"));
    let nothing = Below(Events::new(batch.spec()), None, Vec::new());
    let first = picture(&*batch, &vec![Status::Running; num_envs], &nothing)?;
    if animated {
        let frame_time = Duration::from_millis(arguments.frame_time);
        let options = GifOptions { delay: frame_time, ..GifOptions::default() };
        let mut gif = GifWriter::create(out, options, first)?;
        play(arguments, &mut *batch, &mut *policy, |batch, statuses, below| {
            Ok(gif.add(picture(batch, statuses, below)?)?)
        })?;
        gif.finish()?;
    } else {
        let mut last = (vec![Status::Running; num_envs], nothing);
        play(arguments, &mut *batch, &mut *policy, |_, statuses, below| {
            last = (statuses.to_vec(), below.clone());
            Ok(())
        })?;
        picture(&*batch, &last.0, &last.1)?.write_png(out)?;
    }
    Ok(())
}

/// Draws the hierarchy in `checkpoint`, which has a batch of its own, built as in training.
fn render_hierarchy(arguments: &Arguments, checkpoint: &Path, animated: bool) -> anyhow::Result<()> {
    let trainer = GmahTrainer::resume(checkpoint, &build)?;
    let config = trainer.config();
    let EnvironmentArguments { id, seed, device, generator, levels, max_episode_steps, options, .. } =
        &arguments.environment;
    if *id != config.environment.id {
        let trained = &config.environment.id;
        return Err(Usage(format!("{id}: the hierarchy was trained on {trained}, and is shown there")).into());
    }
    let fixed = [
        ("--ansi", arguments.ansi),
        ("--contact-sheet", arguments.contact_sheet.is_some()),
        ("--device", device.is_some()),
        ("--generator", generator.is_some()),
        ("--levels", levels.is_some()),
        ("--max-episode-steps", max_episode_steps.is_some()),
        ("--option", !options.is_empty()),
    ];
    if let Some((name, _)) = fixed.into_iter().find(|(_, is_given)| *is_given) {
        let reason = "a hierarchy is drawn as pictures of one environment, built as in training";
        return Err(Usage(format!("{name}: {reason}")).into());
    }
    let mut actor = trainer.actor(&build, 1, *seed, config.evaluation.greedy)?;
    let view = if arguments.view == ViewName::Agent { View::Agent } else { View::World };
    let options = FrameOptions { tile_size: arguments.tile_size, view, highlight: !arguments.no_highlight };
    let out = arguments.out.as_deref().unwrap_or_else(|| unreachable!("clap requires --out or --ansi"));
    if !animated {
        (0..arguments.steps).try_for_each(|_| actor.step())?;
        return Ok(hierarchy_frame(&actor, &options)?.write_png(out)?);
    }
    let gif_options =
        GifOptions { delay: Duration::from_millis(arguments.frame_time), ..GifOptions::default() };
    let mut gif = GifWriter::create(out, gif_options, hierarchy_frame(&actor, &options)?)?;
    for _ in 0..arguments.steps {
        actor.step()?;
        gif.add(hierarchy_frame(&actor, &options)?)?;
    }
    Ok(gif.finish()?)
}

/// Whether `path` is to be a GIF; anything but PNG and GIF is refused before any work is done.
pub fn is_animation(path: &Path) -> Result<bool, Usage> {
    let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
    match extension.as_ref().and_then(|extension| extension.to_str()) {
        Some("gif") => Ok(true),
        Some("png") => Ok(false),
        _ => Err(Usage(format!("--out {}: the name of a picture ends in .png or .gif", path.display()))),
    }
}

/// What is shown below the picture of the first environment: events of its agents, what the policy says, and the
/// rewards of its steps.
#[derive(Clone)]
struct Below(Events, Option<String>, Vec<f32>);

/// Makes the steps; `seen` is called after each with how the environments stand.
fn play(
    arguments: &Arguments,
    batch: &mut dyn VectorEnv,
    policy: &mut dyn Policy,
    mut seen: impl FnMut(&dyn VectorEnv, &[Status], &Below) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let num_envs = batch.num_envs();
    let active = vec![true; num_envs];
    let mut actions = ActionBuffer::of(batch)?;
    let mut statuses = vec![Status::Running; num_envs];
    let agents = batch.spec().num_agents;
    let mut below = Below(Events::new(batch.spec()), None, Vec::new());
    for _ in 0..arguments.steps {
        policy.act(batch, &active, &mut actions)?;
        let step = batch.step(&actions)?;
        below.2.push(step.reward[..agents].iter().sum());
        for (env, status) in statuses.iter_mut().enumerate() {
            *status = Status::after(step.terminated[env], step.truncated[env], step.info.success[env]);
            if step.info.was_reset[env] {
                policy.forget(env);
            }
        }
        if step.info.was_reset[0] {
            below.0.clear();
        }
        below.0.record(&step.info.subgoal[..agents]);
        below.1 = policy.caption(0);
        seen(batch, &statuses, &below)?;
    }
    Ok(())
}
