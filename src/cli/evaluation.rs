//! What `train` and `eval` say of a policy: success, return and length, and for Crafter the score with how often
//! each achievement was unlocked.

use pentathlon::{
    Step,
    agents::Evaluation,
    envs::crafter::{components::ACHIEVEMENT_NAMES, metrics::AchievementStatistics},
};
use serde::Serialize;

/// Disciplines whose tasks are never achieved, only done better or worse: bandits, cart-pole, pendulum.
const WITHOUT_SUCCESS: [&str; 2] = ["cormab", "classic_control"];

/// An evaluation, with what a discipline measures beyond it.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    pub episodes: usize,
    /// Share of the episodes that achieved the task, where there is something to achieve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_rate: Option<f64>,
    pub mean_return: f64,
    pub mean_length: f64,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub crafter: Option<CrafterScore>,
}

/// What Crafter is measured by.
#[derive(Clone, Debug, Serialize)]
pub struct CrafterScore {
    /// Geometric mean of the success rates with an offset of one percent, in percent.
    pub crafter_score: f64,
    pub achievements: Vec<Achievement>,
    #[serde(skip)]
    table: String,
}

/// How often an achievement was unlocked.
#[derive(Clone, Debug, Serialize)]
pub struct Achievement {
    pub name: &'static str,
    /// Share of the episodes, 0 to 1.
    pub success_rate: f64,
    /// Mean step at which it was unlocked, over these episodes.
    pub first_step: Option<f64>,
}

/// Evaluates a policy on `discipline`. `evaluate` plays the episodes and shows each step together with the
/// environments whose episodes still count.
pub fn judge<E>(
    discipline: &str,
    evaluate: impl FnOnce(&mut dyn FnMut(&Step<'_>, &[bool])) -> Result<Evaluation, E>,
) -> Result<Judged, E> {
    if discipline != "crafter" {
        return Ok(Judged::of(evaluate(&mut |_, _| {})?, discipline, None));
    }
    let mut statistics: Option<AchievementStatistics> = None;
    let evaluation = evaluate(&mut |step, active| {
        let statistics = statistics.get_or_insert_with(|| AchievementStatistics::new(active.len()));
        statistics.record_where(step, |env| active[env]);
    })?;
    Ok(Judged::of(evaluation, discipline, statistics.as_ref().map(CrafterScore::of)))
}

impl CrafterScore {
    fn of(statistics: &AchievementStatistics) -> Self {
        let rates = statistics.success_rates().into_iter().zip(statistics.mean_first_steps());
        let achievement = |(name, (success_rate, first_step))| Achievement { name, success_rate, first_step };
        Self {
            crafter_score: statistics.score(),
            achievements: ACHIEVEMENT_NAMES.into_iter().zip(rates).map(achievement).collect(),
            table: statistics.table(),
        }
    }
}

impl Judged {
    /// An evaluation on `discipline`.
    pub fn of(evaluation: Evaluation, discipline: &str, crafter: Option<CrafterScore>) -> Self {
        let Evaluation { episodes, success_rate, mean_return, mean_length } = evaluation;
        let success_rate = (!WITHOUT_SUCCESS.contains(&discipline)).then_some(success_rate);
        Self { episodes, success_rate, mean_return, mean_length, crafter }
    }

    /// In words.
    pub fn describe(&self) -> String {
        let Self { episodes, success_rate, mean_return, mean_length, .. } = self;
        let success =
            success_rate.map_or_else(String::new, |rate| format!("success {:.1} %, ", rate * 100.0));
        let mut text = format!(
            "{episodes} episodes: {success}mean return {mean_return:.3}, mean length {mean_length:.1}\n"
        );
        if let Some(crafter) = &self.crafter {
            text.push_str(&format!("Crafter score {:.2} %\n", crafter.crafter_score));
            text.push_str("achievement          unlocked in    at step\n");
            text.push_str(&crafter.table);
        }
        text
    }
}
