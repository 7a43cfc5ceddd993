//! The study of MBTL: cart-poles whose cart mass, pole length or pole mass takes one of 100 values. Five of them are
//! trained on, chosen by MBTL, at random, or at equal distances; every value is then played with the best of the five
//! policies.

use std::collections::{BTreeMap, btree_map::Entry};

use pentathlon_envs::classic_control::CART_POLE;
use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::{
    ActionBuffer, AutoresetMode, BuildOptions, Device, OptionValue, ResetOptions, VectorEnv,
};

use super::{ContextSelection, SelectionConfig};
use crate::config::evaluation_seed;
use crate::config::{EarlyStopConfig, EnvironmentConfig, NetworkConfig, PpoConfig};
use crate::logging::lines::{Chart, Line};
use crate::policy::Policy;
use crate::random::{Purpose, stream};
use crate::statistics::mean;
use crate::study::{FinishedRuns, Report, Row, Watch, said};
use crate::{Config, Error, MakeBatch, Trainer};

/// How the study is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CartPoleSettings {
    /// Seeds.
    pub seeds: u64,
    /// Contexts trained on.
    pub sources: usize,
    /// Frames of each training.
    pub frames: u64,
    /// Episodes that a policy plays in every context.
    pub episodes: usize,
    /// Settings of the selection; contexts are numbered 0 to 99, and returns divided by 500.
    pub selection: SelectionConfig,
}

impl Default for CartPoleSettings {
    fn default() -> Self {
        Self { seeds: 3, sources: 5, frames: 100_000, episodes: 2, selection: SelectionConfig::default() }
    }
}

/// Values of a parameter.
const CONTEXTS: usize = 100;
/// Parameter, usual value, position in the context.
const VARIANTS: [(&str, f64, usize); 3] =
    [("cart_mass", 1.0, 0), ("half_length", 0.5, 1), ("pole_mass", 0.1, 2)];
/// Strategies, in the order of the table.
const STRATEGIES: [&str; 3] = ["MBTL", "random", "equidistant"];

/// Value `index` of a parameter: evenly from a tenth of the usual one to ten times as much.
fn value(usual: f64, index: usize) -> f64 {
    let (low, high) = (0.1 * usual, 10.0 * usual);
    low + (high - low) * index as f64 / (CONTEXTS - 1) as f64
}

/// Runs the study, but for what is `finished`; `None` when `watch` ended it.
///
/// # Errors
/// Those of training.
pub fn cart_pole_study(
    settings: &CartPoleSettings,
    make: MakeBatch<'_>,
    finished: &FinishedRuns,
    watch: Watch<'_>,
) -> Result<Option<Report>, Error> {
    // `[variants][strategies][seeds][sources]`: mean over the contexts after so many sources.
    let mut reached = vec![vec![Vec::new(); STRATEGIES.len()]; VARIANTS.len()];
    let trainings = (VARIANTS.len() * STRATEGIES.len() * settings.sources) as f64 * settings.seeds as f64;
    let mut done = 0.0;
    for seed in 1..=settings.seeds {
        for (variant, reached) in VARIANTS.into_iter().zip(&mut reached) {
            let mut trained: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
            let mut random = stream(seed, Purpose::Evaluation);
            for (strategy, reached) in STRATEGIES.into_iter().zip(reached) {
                let mut selection = ContextSelection::new(
                    (0..CONTEXTS).map(|index| index as f64).collect(),
                    settings.selection,
                );
                let fixed = fixed_sources(strategy, settings.sources, &mut random);
                let mut means = Vec::new();
                for round in 0..settings.sources {
                    let chosen =
                        fixed.as_ref().map_or_else(|| selection.next(), |fixed| fixed.get(round).copied());
                    let Some(source) = chosen else { break };
                    if watch(done / trainings, &format!("seed {seed}, {}, {strategy}", variant.0)).is_break()
                    {
                        return Ok(None);
                    }
                    let performance = match trained.entry(source) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(open) => {
                            let name = format!("mbtl, seed {seed}, {} {source}", variant.0);
                            let alike = format!("{} frames, {} episodes", settings.frames, settings.episodes);
                            let run = || Ok(Some(train_and_transfer(settings, variant, source, seed, make)?));
                            let Some(reached) = finished.find_or(&name, &alike, run)? else {
                                return Ok(None);
                            };
                            open.insert(reached)
                        }
                    };
                    selection.record(source, performance);
                    means.push(mean(selection.best()));
                    done += 1.0;
                }
                reached.push(means);
            }
        }
    }
    Ok(Some(report(settings, &reached)))
}

/// The sources of a strategy that does not look at what they give; `None` for MBTL.
fn fixed_sources(strategy: &str, sources: usize, random: &mut Philox) -> Option<Vec<usize>> {
    match strategy {
        "random" => {
            let mut all: Vec<usize> = (0..CONTEXTS).collect();
            random.shuffle(&mut all);
            Some(all[..sources.min(CONTEXTS)].to_vec())
        }
        "equidistant" => Some((0..sources).map(|at| (2 * at + 1) * CONTEXTS / (2 * sources)).collect()),
        _ => None,
    }
}

/// Trains on context `source` and plays in all of them; the mean return of each as a part of 500.
fn train_and_transfer(
    settings: &CartPoleSettings,
    (name, usual, place): (&str, f64, usize),
    source: usize,
    seed: u64,
    make: MakeBatch<'_>,
) -> Result<Vec<f64>, Error> {
    let option = (name.to_owned(), OptionValue::Float(value(usual, source)));
    let mut trainer = Trainer::new(config(settings.frames, option, seed), make)?;
    for _ in 0..trainer.config().updates() {
        trainer.train_update()?;
    }
    let rows = CONTEXTS * settings.episodes;
    let options = BuildOptions {
        num_envs: rows,
        seed: evaluation_seed(seed),
        device: Device::Native,
        autoreset: AutoresetMode::Disabled,
        ..BuildOptions::default()
    };
    let mut env = make(CART_POLE, &options)?;
    let usual_context: Vec<f32> = env.spec().context.iter().map(|parameter| parameter.default).collect();
    let mut context = usual_context.repeat(rows);
    for (row, values) in context.chunks_exact_mut(usual_context.len()).enumerate() {
        values[place] = value(usual, row % CONTEXTS) as f32;
    }
    env.reset_with(ResetOptions {
        seed: Some(options.seed),
        context: Some(&context),
        ..ResetOptions::default()
    })?;
    let returns = play(&mut trainer.policy(), &mut *env)?;
    let of_context = |index: usize| returns.iter().skip(index).step_by(CONTEXTS).sum::<f64>();
    Ok((0..CONTEXTS).map(|index| of_context(index) / (500.0 * settings.episodes as f64)).collect())
}

/// Plays one episode in every environment, from where it is; the return of each.
fn play(policy: &mut dyn Policy, env: &mut dyn VectorEnv) -> Result<Vec<f64>, Error> {
    let num_envs = env.num_envs();
    let (mut running, mut returns) = (vec![true; num_envs], vec![0.0; num_envs]);
    let mut actions = ActionBuffer::of(env)?;
    while running.contains(&true) {
        policy.act(env, &running, &mut actions)?;
        let stepped = running.clone();
        let step = env.step_masked((&actions).into(), &stepped)?;
        for (index, total) in returns.iter_mut().enumerate() {
            *total += f64::from(step.reward[index]);
            running[index] &= !step.ended(index);
        }
    }
    Ok(returns)
}

fn config(frames: u64, option: (String, OptionValue), seed: u64) -> Config {
    Config {
        seed,
        frames,
        environment: EnvironmentConfig {
            id: CART_POLE.into(),
            num_envs: 16,
            observations: vec!["state".into()],
            options: [option].into(),
            ..EnvironmentConfig::default()
        },
        network: NetworkConfig {
            cell_observations: Vec::new(),
            hidden: vec![64, 64],
            ..NetworkConfig::default()
        },
        ppo: PpoConfig {
            rollout_steps: 128,
            epochs: 8,
            minibatches: 8,
            learning_rate: 1e-3,
            final_learning_rate: 0.0,
            reward_scale: 0.02,
            entropy_coefficient: 0.0,
            ..PpoConfig::default()
        },
        early_stop: EarlyStopConfig { success_rate: 0.0, ..EarlyStopConfig::default() },
        ..Config::default()
    }
}

fn report(settings: &CartPoleSettings, reached: &[Vec<Vec<Vec<f64>>>]) -> Report {
    let seeds = settings.seeds as usize;
    let quantity = format!("mean return over {CONTEXTS} contexts after {} sources", settings.sources);
    let mut rows = Vec::new();
    let last = |means: &Vec<f64>| 500.0 * means.last().copied().unwrap_or(0.0);
    for ((name, ..), strategies) in VARIANTS.into_iter().zip(reached) {
        for (strategy, runs) in STRATEGIES.into_iter().zip(strategies) {
            rows.push(Row::new(strategy, format!("{name}: {quantity}"), runs.iter().map(last).collect()));
        }
    }
    // Every seed's mean over the variants.
    let over_variants = |strategy: usize, round: usize| -> Vec<f64> {
        (0..seeds)
            .map(|seed| {
                let of = |variant: &Vec<Vec<Vec<f64>>>| {
                    500.0 * variant[strategy][seed].get(round).copied().unwrap_or(0.0)
                };
                mean(&reached.iter().map(of).collect::<Vec<f64>>())
            })
            .collect()
    };
    let finals: Vec<f64> = (0..STRATEGIES.len())
        .map(|strategy| {
            let values = over_variants(strategy, settings.sources - 1);
            let row = Row::new(STRATEGIES[strategy], format!("all variants: {quantity}"), values);
            let mean = row.mean;
            rows.push(row);
            mean
        })
        .collect();
    let lines = STRATEGIES
        .into_iter()
        .enumerate()
        .map(|(index, name)| {
            let points = (0..settings.sources).map(|round| (round as f64 + 1.0, over_variants(index, round)));
            Line::over_seeds(name, points)
        })
        .collect();
    Report {
        study: "mbtl".into(),
        seeds,
        rows,
        claim: format!(
            "after {} sources the mean return over {CONTEXTS} contexts is above that of random and of equidistant sources",
            settings.sources
        ),
        finding: format!(
            "MBTL {:.1}, random {:.1}, equidistant {:.1} (three variants of the cart-pole): above random: {}; above \
             equidistant: {}",
            finals[0],
            finals[1],
            finals[2],
            said(finals[0] > finals[1]),
            said(finals[0] > finals[2]),
        ),
        passed: Some(finals[0] > finals[1] && finals[0] > finals[2]),
        chart: Some(Chart {
            title: "Cart-poles of 100 kinds, trained on a few".into(),
            x: "sources".into(),
            y: "mean return over all contexts".into(),
            lines,
        }),
    }
}
