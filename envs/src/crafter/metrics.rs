//! The Crafter score: how often each achievement is unlocked in an episode, and the geometric mean of these
//! success rates, as Hafner (2022) defines it.

use pentathlon_gym::Step;

use super::components::{ACHIEVEMENT_NAMES, records::NUM_ACHIEVEMENTS};

/// Name of the channel that tells which achievements each agent unlocked in a step.
pub const ACHIEVEMENTS_CHANNEL: &str = "achievements";

/// Number of achievements.
const COUNT: usize = NUM_ACHIEVEMENTS as usize;

/// Counts over the ended episodes of a batch, and what its running episodes have achieved so far. An episode
/// of a team counts an achievement once, whoever was first.
///
/// It reads the channel `achievements` of each step.
#[derive(Clone, Debug, PartialEq)]
pub struct AchievementStatistics {
    /// Step at which each achievement was first unlocked in the running episode of every environment, from 1.
    first: Vec<[Option<u32>; COUNT]>,
    /// Steps of the running episodes.
    steps: Vec<u32>,
    /// Episodes that ended.
    episodes: u64,
    /// In how many of them each achievement was unlocked.
    unlocked: [u64; COUNT],
    /// Sum of the steps at which it was, over these episodes.
    first_steps: [u64; COUNT],
}

impl AchievementStatistics {
    /// For a batch of `num_envs` environments whose episodes begin now.
    pub fn new(num_envs: usize) -> Self {
        Self {
            first: vec![[None; COUNT]; num_envs],
            steps: vec![0; num_envs],
            episodes: 0,
            unlocked: [0; COUNT],
            first_steps: [0; COUNT],
        }
    }

    /// Takes in a step of the batch.
    ///
    /// # Panics
    /// When the batch has more environments than it was made for.
    pub fn record(&mut self, step: &Step<'_>) {
        self.record_where(step, |_| true);
    }

    /// Takes in a step of the batch for the environments that `counts` names; what the others do is passed over.
    ///
    /// # Panics
    /// When the batch has more environments than it was made for.
    pub fn record_where(&mut self, step: &Step<'_>, counts: impl Fn(usize) -> bool) {
        let agents = step.reward.len() / self.first.len().max(1);
        let Some(unlocked) = step.info.channel(ACHIEVEMENTS_CHANNEL) else { return };
        for env in 0..self.first.len() {
            if step.info.was_reset[env] || !counts(env) {
                continue;
            }
            self.steps[env] += 1;
            for row in env * agents..(env + 1) * agents {
                for (first, flag) in self.first[env].iter_mut().zip(&unlocked[row * COUNT..]) {
                    if *flag != 0.0 {
                        first.get_or_insert(self.steps[env]);
                    }
                }
            }
            if step.ended(env) {
                self.end(env);
            }
        }
    }

    fn end(&mut self, env: usize) {
        self.episodes += 1;
        for (index, first) in std::mem::take(&mut self.first[env]).into_iter().enumerate() {
            if let Some(step) = first {
                self.unlocked[index] += 1;
                self.first_steps[index] += u64::from(step);
            }
        }
        self.steps[env] = 0;
    }

    /// Episodes that ended.
    pub fn episodes(&self) -> u64 {
        self.episodes
    }

    /// The share of episodes in which each achievement was unlocked, 0 to 1; all 0 before the first ended.
    pub fn success_rates(&self) -> [f64; COUNT] {
        self.unlocked.map(|unlocked| unlocked as f64 / self.episodes.max(1) as f64)
    }

    /// The mean step at which each achievement was unlocked, over the episodes in which it was.
    pub fn mean_first_steps(&self) -> [Option<f64>; COUNT] {
        std::array::from_fn(|index| {
            let count = self.unlocked[index];
            (count > 0).then(|| self.first_steps[index] as f64 / count as f64)
        })
    }

    /// The Crafter score in percent, 0 to 100.
    pub fn score(&self) -> f64 {
        crafter_score(&self.success_rates())
    }

    /// A table with a line for each achievement: name, success rate, mean first step.
    pub fn table(&self) -> String {
        let (rates, steps) = (self.success_rates(), self.mean_first_steps());
        let mut table = String::new();
        for index in 0..COUNT {
            let step = steps[index].map_or_else(|| String::from("-"), |step| format!("{step:.0}"));
            let (name, rate) = (ACHIEVEMENT_NAMES[index], 100.0 * rates[index]);
            table += &format!("{name:<20} {rate:>6.1} % {step:>8}\n");
        }
        table
    }
}

/// The Crafter score of success rates between 0 and 1, in percent: the geometric mean of the rates in
/// percent with an offset of one percent.
pub fn crafter_score(success_rates: &[f64; COUNT]) -> f64 {
    let logarithms = success_rates.iter().map(|rate| (1.0 + 100.0 * rate).ln());
    (logarithms.sum::<f64>() / COUNT as f64).exp() - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_score_is_a_geometric_mean() {
        assert_eq!(crafter_score(&[0.0; COUNT]), 0.0);
        assert!((crafter_score(&[1.0; COUNT]) - 100.0).abs() < 1e-9);
        // One achievement always, the others never: 101^(1/22) - 1.
        let mut one = [0.0; COUNT];
        one[0] = 1.0;
        assert!((crafter_score(&one) - 0.233_4).abs() < 1e-4);
    }
}
