//! A training run of SEQUOIA: `pentathlon train` with one of its configurations.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context;
use pentathlon::{
    agents::cormab::{
        evaluation::{Earned, evaluate},
        oracle::Limits,
        policies::{BestOfNetwork, ExactMyopic, oracle_for},
        sequoia::{Progress, train},
    },
    envs::cormab::{feasible::FeasibleSet, id},
};
use serde::Serialize;

use super::{
    super::{
        exit::{Interrupted, Usage},
        output,
        train::listen_for_interrupts,
    },
    episode_bar, make_instance, read_config,
};

/// Most nodes of a search when the trained agent is judged.
pub(super) const MAX_NODES: u64 = 100_000;

/// What `pentathlon train` was asked for.
pub struct TrainingRun<'a> {
    pub config: &'a Path,
    pub env: Option<&'a str>,
    pub overrides: &'a [String],
    pub seed: Option<u64>,
    pub out: Option<&'a Path>,
    pub json: bool,
}

/// The last line of `train --json`.
#[derive(Serialize)]
struct Report<'a> {
    id: String,
    instance: &'a str,
    seed: u64,
    folder: &'a Path,
    /// Steps of the environment.
    frames: u64,
    seconds: f64,
    warm_start_error: f64,
    searches: u64,
    unproved: u64,
    /// Mean expected reward of a step of the trained agent.
    #[serde(flatten)]
    earned: Earned,
    /// The same of the best next step.
    myopic: Earned,
}

/// Trains SEQUOIA; leaves configuration, instance, network, progress and evaluation in a folder.
pub fn train_sequoia(run: &TrainingRun<'_>) -> anyhow::Result<()> {
    if let Some(id) = run.env {
        let reason = "the configuration says which instance SEQUOIA learns: its table [problem]";
        return Err(Usage(format!("--env {id}: {reason}")).into());
    }
    let mut config = read_config(run.config, run.overrides)?;
    config.seed = run.seed.unwrap_or(config.seed);
    let instance = make_instance(&config)?;
    let id = id(instance.problem);
    let folder = folder(run, &id)?;
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let write = |name: &str, text: &str| {
        output::write_file(&folder.join(name), |writer| Ok(writer.write_all(text.as_bytes())?))
    };
    write("config.toml", &toml::to_string(&config)?)?;
    write("instance.json", &instance.to_json())?;

    let stop = Arc::new(AtomicBool::new(false));
    listen_for_interrupts(stop.clone(), Arc::new(AtomicBool::new(true)))?;
    let bar = episode_bar(run.json, config.training.episodes as u64);
    let mut rows = String::from("episode,reward,error,check,seconds\n");
    let trained = train(&config, &instance, &mut |state: &Progress| {
        let check = state.check.map_or_else(String::new, |check| check.to_string());
        let Progress { episode, reward, error, seconds, .. } = state;
        rows.push_str(&format!("{episode},{reward},{error},{check},{seconds}\n"));
        bar.set_position(*episode as u64);
        if let Some(check) = state.check {
            bar.set_message(format!("{check:.3} a step in the last check, value error {error:.3}"));
        }
        if stop.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    bar.finish_and_clear();
    write("progress.csv", &rows)?;
    write("network.json", &serde_json::to_string(&trained.network)?)?;
    if trained.episodes < config.training.episodes {
        let saved = format!(
            "the best network of {} episodes is in {}",
            trained.episodes,
            folder.join("network.json").display()
        );
        return Err(Interrupted(saved).into());
    }
    let set = FeasibleSet::new(&instance);
    let limits = Limits { nodes: MAX_NODES, ..Limits::default() };
    let mut agent = BestOfNetwork::new(trained.network.clone(), oracle_for(&set, limits));
    let report = Report {
        id,
        instance: &instance.name,
        seed: config.seed,
        folder: &folder,
        frames: trained.episodes as u64 * u64::from(instance.horizon),
        seconds: trained.seconds,
        warm_start_error: trained.warm_error,
        searches: trained.searches,
        unproved: trained.unproved,
        earned: evaluate(&instance, &config.evaluation, &mut agent)?,
        myopic: evaluate(&instance, &config.evaluation, &mut ExactMyopic::new(&instance, limits))?,
    };
    write("evaluation.json", &serde_json::to_string(&report)?)?;
    if run.json {
        return output::print_json(&report);
    }
    output::print(&format!(
        "{}: trained in {:.1} s\nreward of a step: {:.3} +- {:.3}; myopic: {:.3} +- {:.3}\nrun in {}\n",
        report.instance,
        report.seconds,
        report.earned.mean,
        report.earned.standard_error,
        report.myopic.mean,
        report.myopic.standard_error,
        folder.display()
    ))
}

/// The folder of the run. One that holds another run is refused: nothing is overwritten.
fn folder(run: &TrainingRun<'_>, id: &str) -> anyhow::Result<PathBuf> {
    let Some(folder) = run.out else {
        let runs = Path::new("runs").join(id);
        let unused = (1..).map(|number: u32| runs.join(number.to_string())).find(|folder| !folder.exists());
        return Ok(unused.unwrap_or(runs));
    };
    if folder.join("config.toml").exists() {
        let taken = format!("{} already holds a run; choose another --out", folder.display());
        return Err(Usage(taken).into());
    }
    Ok(folder.to_owned())
}
