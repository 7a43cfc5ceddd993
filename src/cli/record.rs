//! `pentathlon record`: plays episodes and writes them as a dataset.

use std::{
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use pentathlon::{
    ActionBuffer, Array, AutoresetMode, Device, EnvSpec, VectorEnv,
    agents::Policy,
    dataset::{DatasetWriter, Episode},
    gym::ElementType,
};

use super::{
    arguments::{EnvironmentArguments, parse_count},
    exit::{Interrupted, Usage},
    interrupt, output,
    policy::{FoundPolicy, PolicySource},
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
The dataset has the layout that Minari reads (data_format arrow): MinariDataset(\"DIR\") opens it in Python.
Episode N begins with a reset with seed SEED + N, so that every one of them can be played again. The expert
knows the whole world; all MiniGrid and BabyAI ids have one where there is something to do. Ctrl-C writes the
episodes that were played and stops.

Examples:
  pentathlon record BabyAI-GoToLocal-v0 --policy expert --episodes 10000 --out data/
  pentathlon record MiniGrid-DoorKey-8x8-v0 --policy random --episodes 100 --out data/ --observations full
  pentathlon record ClassicControl-Pendulum-v1 --policy runs/pendulum --episodes 100 --out swings/")]
pub struct Arguments {
    #[command(flatten)]
    environment: EnvironmentArguments,
    /// Who acts: `expert`, `random`, a checkpoint, or the folder of a run
    #[arg(long, value_name = "expert|random|CHECKPOINT", default_value = "expert")]
    policy: PolicySource,
    /// Episodes to record
    #[arg(long, value_parser = parse_count)]
    episodes: usize,
    /// Folder of the dataset: new, or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Observations to record, instead of the id's default; BabyAI's has the instruction besides
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    observations: Vec<String>,
    /// Print what was recorded as one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(serde::Serialize)]
struct Report<'a> {
    id: &'a str,
    out: &'a Path,
    episodes: usize,
    steps: usize,
    success_rate: f64,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let environment = &arguments.environment;
    let mut builder = environment.builder(1)?.autoreset(AutoresetMode::Disabled);
    if environment.device.is_none() {
        builder = builder.device(Device::Native);
    }
    let found = arguments.policy.find()?;
    let observations = observations(&arguments.observations, found.observations(), builder.spec());
    let mut batch = builder.observations(observations).build()?;
    if batch.spec().num_agents != 1 {
        let id = &environment.id;
        return Err(
            Usage(format!("{id} is for several agents; datasets hold what one does and is paid")).into()
        );
    }
    let mut policy = found.fit(&*batch, environment.seed)?;
    let mut writer = DatasetWriter::create(&arguments.out, &*batch)?;
    let stop = interrupt::listen()?;
    let bar = progress_bar(arguments)?;
    let (mut steps, mut successes) = (0, 0);
    for index in 0..arguments.episodes as u64 {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let episode = play(&mut *batch, &mut *policy, environment.seed.wrapping_add(index))?;
        steps += episode.rewards.len();
        successes += usize::from(episode.success);
        writer.write(&episode)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let episodes = writer.episodes();
    if episodes == 0 {
        return Err(Interrupted(String::from("nothing was recorded")).into());
    }
    writer.finish(if matches!(found, FoundPolicy::Expert) { "expert" } else { "policy" })?;
    if episodes < arguments.episodes {
        let saved = format!("saved the {episodes} episodes that were played in {}", arguments.out.display());
        return Err(Interrupted(saved).into());
    }
    let success_rate = successes as f64 / episodes as f64;
    let report = Report { id: &environment.id, out: &arguments.out, episodes, steps, success_rate };
    if arguments.json {
        return output::print_json(&report);
    }
    output::print(&format!(
        "{}: {episodes} episodes, {steps} steps, success {:.1} %, in {}\n",
        report.id,
        success_rate * 100.0,
        report.out.display()
    ))
}

/// What to record: what was asked for, what the policy sees or the id's default, and the instruction where
/// there is one.
fn observations(asked: &[String], seen: &[String], spec: &EnvSpec) -> Vec<String> {
    if !asked.is_empty() {
        return asked.to_vec();
    }
    let mut names = if seen.is_empty() { spec.default_observations.clone() } else { seen.to_vec() };
    if spec.observation("instruction").is_some() {
        for name in ["instruction", "mission"] {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

fn progress_bar(arguments: &Arguments) -> anyhow::Result<ProgressBar> {
    if arguments.json {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{elapsed} {wide_bar} {human_pos}/{human_len} (eta {eta})")
        .context("the progress bar")?;
    Ok(ProgressBar::new(arguments.episodes as u64).with_style(style))
}

/// Plays the episode that begins with a reset with `seed`.
fn play(batch: &mut dyn VectorEnv, policy: &mut dyn Policy, seed: u64) -> anyhow::Result<Episode> {
    batch.reset(seed)?;
    policy.forget(0);
    let fields = &batch.observation().fields;
    let mut episode = Episode {
        seed,
        mission: batch.mission(0).unwrap_or_default(),
        success: false,
        observations: fields.iter().map(|field| (field.spec.name.clone(), field.array.clone())).collect(),
        actions: Array::zeros(ElementType::I32, 0),
        rewards: Vec::new(),
        terminations: Vec::new(),
        truncations: Vec::new(),
    };
    let mut row = ActionBuffer::of(batch)?;
    let mut actions = ActionBuffer::empty(batch.spec())?;
    loop {
        policy.act(batch, &[true], &mut row)?;
        let step = batch.step(&row)?;
        actions.extend((&row).into());
        episode.rewards.push(step.reward[0]);
        episode.terminations.push(step.terminated[0]);
        episode.truncations.push(step.truncated[0]);
        episode.success = step.info.success[0];
        for ((_, rows), field) in episode.observations.iter_mut().zip(&step.observation.fields) {
            append(rows, &field.array);
        }
        if step.ended(0) {
            episode.actions = actions.into();
            return Ok(episode);
        }
    }
}

/// Appends a row of the same observation.
fn append(rows: &mut Array, row: &Array) {
    match (rows, row) {
        (Array::U8(rows), Array::U8(row)) => rows.extend_from_slice(row),
        (Array::I32(rows), Array::I32(row)) => rows.extend_from_slice(row),
        (Array::F32(rows), Array::F32(row)) => rows.extend_from_slice(row),
        _ => unreachable!("an observation keeps its type"),
    }
}
