//! `pentathlon record`: plays episodes and writes them as a dataset.

use std::path::{Path, PathBuf};

use pentathlon::{
    Array, AutoresetMode, Device, VectorEnv,
    agents::policy::{Policy, action_numbers},
    dataset::{DatasetWriter, Episode},
    engine::{Instance, find_batch},
    envs::minigrid::{MiniGrid, expert::plan},
};

use super::{
    arguments::{EnvironmentArguments, parse_count},
    exit::Usage,
    output,
    policy::PolicySource,
};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
The dataset has the layout that Minari reads (data_format arrow): MinariDataset(\"DIR\") opens it in Python.
Episode N begins with a reset with seed SEED + N, so that every one of them can be played again. The expert
knows the whole world, and plans for all MiniGrid and BabyAI ids.

Examples:
  pentathlon record BabyAI-GoToLocal-v0 --policy expert --episodes 10000 --out data/
  pentathlon record MiniGrid-DoorKey-8x8-v0 --policy random --episodes 100 --out data/ --observations full")]
pub struct Arguments {
    #[command(flatten)]
    environment: EnvironmentArguments,
    /// Who acts: `expert`, `random`, or a checkpoint
    #[arg(long, default_value = "expert")]
    policy: PolicyName,
    /// Episodes to record
    #[arg(long, value_parser = parse_count)]
    episodes: usize,
    /// Folder of the dataset: new, or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Observations to record, instead of the id's default; BabyAI's has the instruction besides
    #[arg(long, value_delimiter = ',')]
    observations: Vec<String>,
    /// Print what was recorded as one JSON object
    #[arg(long)]
    json: bool,
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
enum PolicyName {
    /// The planner that knows the whole world.
    Expert,
    /// A policy that sees observations.
    Other(PolicySource),
}

impl std::str::FromStr for PolicyName {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "expert" { Self::Expert } else { Self::Other(text.parse()?) })
    }
}

/// What chooses the actions of one episode.
enum Actor {
    Expert,
    Policy(Box<dyn Policy>),
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
    let found = match &arguments.policy {
        PolicyName::Expert => None,
        PolicyName::Other(source) => Some(source.find()?),
    };
    let seen = found.as_ref().map_or(&[][..], |found| found.observations());
    let spec = builder.spec();
    let mut observations = match (arguments.observations.is_empty(), seen.is_empty()) {
        (false, _) => arguments.observations.clone(),
        (true, false) => seen.to_vec(),
        (true, true) => spec.default_observations.clone(),
    };
    if arguments.observations.is_empty() && spec.observation("instruction").is_some() {
        observations.extend(["instruction", "mission"].map(String::from));
        observations.dedup();
    }
    let mut batch = builder.observations(observations).build()?;
    if action_numbers(&*batch)? != 1 {
        let id = &environment.id;
        return Err(
            Usage(format!("{id} takes several actions at once; datasets hold one for each step")).into()
        );
    }
    if found.is_none() && find_batch::<MiniGrid>(&*batch).is_none() {
        let id = &environment.id;
        return Err(Usage(format!("{id} has no expert; MiniGrid-* and BabyAI-* ids have one")).into());
    }
    let mut actor = match &found {
        None => Actor::Expert,
        Some(found) => Actor::Policy(found.fit(&*batch, environment.seed)?),
    };
    let mut writer = DatasetWriter::create(&arguments.out, &*batch)?;
    let (mut steps, mut successes) = (0, 0);
    for index in 0..arguments.episodes as u64 {
        let episode = play(&mut *batch, &mut actor, environment.seed.wrapping_add(index))?;
        steps += episode.actions.len();
        successes += usize::from(episode.success);
        writer.write(&episode)?;
    }
    writer.finish(if found.is_none() { "expert" } else { "policy" })?;
    let report = Report {
        id: &environment.id,
        out: &arguments.out,
        episodes: arguments.episodes,
        steps,
        success_rate: successes as f64 / arguments.episodes as f64,
    };
    if arguments.json {
        return output::print_json(&report);
    }
    output::print(&format!(
        "{}: {} episodes, {steps} steps, success {:.1} %, in {}\n",
        report.id,
        report.episodes,
        report.success_rate * 100.0,
        report.out.display()
    ))
}

/// Plays the episode that begins with a reset with `seed`. Where the expert knows no further, the episode
/// is played to its limit with its last action.
fn play(batch: &mut dyn VectorEnv, actor: &mut Actor, seed: u64) -> anyhow::Result<Episode> {
    batch.reset(seed)?;
    let mut episode = Episode {
        seed,
        mission: batch.mission(0).unwrap_or_default(),
        success: false,
        observations: Vec::new(),
        actions: Vec::new(),
        rewards: Vec::new(),
        terminations: Vec::new(),
        truncations: Vec::new(),
    };
    let fields = &batch.observation().fields;
    episode.observations =
        fields.iter().map(|field| (field.spec.name.clone(), field.array.clone())).collect();
    let mut planned = match actor {
        Actor::Expert => planned_actions(batch)?,
        Actor::Policy(_) => Vec::new(),
    }
    .into_iter();
    let mut row = [0];
    loop {
        match actor {
            Actor::Expert => row[0] = planned.next().map_or(row[0], i32::from),
            Actor::Policy(policy) => policy.act(batch, &[true], &mut row)?,
        }
        let step = batch.step(&row)?;
        episode.actions.push(row[0]);
        episode.rewards.push(step.reward[0]);
        episode.terminations.push(step.terminated[0]);
        episode.truncations.push(step.truncated[0]);
        episode.success = step.info.success[0];
        let ended = step.terminated[0] || step.truncated[0];
        for ((_, rows), field) in episode.observations.iter_mut().zip(&step.observation.fields) {
            append(rows, &field.array);
        }
        if ended {
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

/// The expert's actions from the reset on.
fn planned_actions(batch: &dyn VectorEnv) -> anyhow::Result<Vec<u8>> {
    let Some(grids) = find_batch::<MiniGrid>(batch) else { return Ok(Vec::new()) };
    let (state, items, episode) = grids.instance(0)?;
    let instance = Instance { state: &state, items: &items, episode: &episode };
    Ok(plan(grids.domain(), &instance).actions)
}
