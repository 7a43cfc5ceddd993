//! How well a policy does when it may decide only every so many steps and its actions are repeated in between, and the
//! frequency-averaged score: the mean over repeat lengths 1 to 16 of the normalised return (sequence reinforcement
//! learning, 2025).

use pentathlon_gym::wrappers::{ActionRepeat, Autoreset};
use pentathlon_gym::{AutoresetMode, BuildOptions, VectorEnv};

use crate::logging::lines::{Chart, Line};
use crate::policy::{Policy, RandomPolicy};
use crate::statistics::mean;
use crate::study::{Report, Row, Watch};
use crate::{Error, MakeBatch, evaluate};

/// Longest repeat.
pub const LONGEST_REPEAT: u32 = 16;

/// What is judged, and on what.
#[derive(Clone, Debug)]
pub struct FrequencySettings {
    /// Environment.
    pub id: String,
    /// What it is built with; the native device.
    pub options: BuildOptions,
    /// Episodes for each repeat length and seed.
    pub episodes: usize,
    /// Seeds of levels and actions.
    pub seeds: u64,
    /// Returns that count as 0 and as 1; without them, those of random actions and of the policy when it decides at
    /// every step.
    pub range: Option<[f64; 2]>,
}

/// Mean return of `policy` in `id` when every action is repeated `repeats` times.
///
/// # Errors
/// Those of the environment and the policy.
pub fn return_at(
    policy: &mut dyn Policy,
    make: MakeBatch<'_>,
    id: &str,
    options: &BuildOptions,
    episodes: usize,
    repeats: u32,
) -> Result<f64, Error> {
    Ok(evaluate(policy, &|id, options| repeating(make, id, options, repeats), id, options, episodes)?
        .mean_return)
}

/// The environment `id` with every action repeated `repeats` times.
///
/// # Errors
/// Those of the environment, or no repeats.
pub(crate) fn repeating(
    make: MakeBatch<'_>,
    id: &str,
    options: &BuildOptions,
    repeats: u32,
) -> Result<Box<dyn VectorEnv>, pentathlon_gym::Error> {
    let disabled = BuildOptions { autoreset: AutoresetMode::Disabled, ..options.clone() };
    let env = ActionRepeat::wrap(make(id, &disabled)?, repeats)?;
    Ok(Box::new(Autoreset::wrap(env, options.autoreset)?))
}

/// Judges a policy at every repeat length; `None` when `watch` ended it. `policy` makes the policy anew for a seed.
///
/// # Errors
/// Those of the environment and the policy, or a range without extent.
pub fn frequency_study(
    settings: &FrequencySettings,
    policy: &mut dyn FnMut(u64) -> Result<Box<dyn Policy>, Error>,
    make: MakeBatch<'_>,
    watch: Watch<'_>,
) -> Result<Option<Report>, Error> {
    let FrequencySettings { id, options, episodes, seeds, range } = settings;
    let mut returns: Vec<Vec<f64>> = vec![Vec::new(); LONGEST_REPEAT as usize];
    let (mut random, mut scores) = (Vec::new(), Vec::new());
    for seed in 0..*seeds {
        let options = BuildOptions { seed: options.seed.wrapping_add(seed), ..options.clone() };
        let mut own = Vec::new();
        for repeats in 1..=LONGEST_REPEAT {
            let done = (seed as f64 + f64::from(repeats - 1) / f64::from(LONGEST_REPEAT)) / *seeds as f64;
            if watch(done, &format!("every {repeats} steps")).is_break() {
                return Ok(None);
            }
            own.push(return_at(&mut *policy(seed)?, make, id, &options, *episodes, repeats)?);
        }
        random.push(return_at(&mut RandomPolicy::new(seed), make, id, &options, *episodes, 1)?);
        returns.iter_mut().zip(&own).for_each(|(all, own)| all.push(*own));
    }
    let [low, high] = range.unwrap_or([mean(&random), mean(&returns[0])]);
    if !(high - low).is_normal() {
        let reason = format!("returns from {low} to {high} cannot be normalised; give the range to use");
        return Err(Error::Unsupported { id: id.clone(), reason });
    }
    let normalised = |value: f64| (value - low) / (high - low);
    for seed in 0..*seeds as usize {
        let all: Vec<f64> = returns.iter().map(|of| normalised(of[seed])).collect();
        scores.push(mean(&all));
    }
    let score = Row::new("policy", "frequency-averaged score", scores);
    let finding =
        format!("a score of {:.3}, returns of {low:.3} and {high:.3} counting as 0 and 1", score.mean);
    let passed = score.interval[0] > normalised(mean(&random));
    let mut rows = vec![score, Row::new("random actions", "return, deciding at every step", random)];
    for (repeats, values) in (1..).zip(&returns) {
        rows.push(Row::new("policy", format!("return, deciding every {repeats} steps"), values.clone()));
    }
    let points = (1..).zip(&returns).map(|(repeats, values)| (f64::from(repeats), values.clone()));
    Ok(Some(Report {
        study: "decision-frequency".into(),
        seeds: *seeds as usize,
        rows,
        claim: format!(
            "the mean over repeat lengths 1 to {LONGEST_REPEAT} is above random actions that are drawn at every step"
        ),
        finding,
        passed: Some(passed),
        chart: Some(Chart {
            title: format!("{id}, deciding less often"),
            x: "steps between two decisions".into(),
            y: "mean return".into(),
            lines: vec![Line::over_seeds("policy", points)],
        }),
    }))
}
