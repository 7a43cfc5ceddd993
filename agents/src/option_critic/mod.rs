//! The option-critic architecture (Bacon, Harb and Precup, 2017) in tables: options whose policies and terminations
//! are learned, together, from reward alone. With a single option, which then never matters when it ends, it is an
//! ordinary actor-critic.
//!
//! [`study`](four_rooms_study) compares the two in the four rooms, with a goal that moves.

mod study;

use pentathlon_gym::seeding::{Random, philox::Philox};

pub use study::{FourRoomsSettings, four_rooms_study};

use crate::{Error, categorical};

/// Settings of an option-critic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OptionCriticConfig {
    /// Number of options, at least 1.
    pub options: usize,
    /// Discount of future rewards per step, 0 to 1.
    pub gamma: f64,
    /// Step size of the values, above 0 and at most 1.
    pub critic_rate: f64,
    /// Step size of the policies' logits, above 0.
    pub policy_rate: f64,
    /// Step size of the terminations' logits, 0 or more.
    pub termination_rate: f64,
    /// Chance with which a new option is drawn instead of taking the best one, 0 to 1.
    pub epsilon: f64,
    /// What the value of going on with an option is raised by before it ends (xi), so that options last.
    pub margin: f64,
    /// Weight of the policies' entropy, 0 or more.
    pub entropy: f64,
}

impl Default for OptionCriticConfig {
    fn default() -> Self {
        Self {
            options: 4,
            gamma: 0.99,
            critic_rate: 0.5,
            policy_rate: 25.0,
            termination_rate: 0.25,
            epsilon: 0.1,
            margin: 0.01,
            entropy: 1e-4,
        }
    }
}

impl OptionCriticConfig {
    fn validate(&self) -> Result<(), Error> {
        let refuse = |field, value: f64, allowed: &str| {
            Err(Error::InvalidField { field, value: value.to_string(), allowed: allowed.into() })
        };
        if self.options == 0 {
            return refuse("option_critic.options", 0.0, "1 or more");
        }
        for (field, value) in [("option_critic.gamma", self.gamma), ("option_critic.epsilon", self.epsilon)] {
            if !(0.0..=1.0).contains(&value) {
                return refuse(field, value, "0 to 1");
            }
        }
        if !(self.critic_rate > 0.0 && self.critic_rate <= 1.0) {
            return refuse("option_critic.critic_rate", self.critic_rate, "above 0 and at most 1");
        }
        for (field, value) in [
            ("option_critic.policy_rate", self.policy_rate),
            ("option_critic.termination_rate", self.termination_rate),
            ("option_critic.margin", self.margin),
            ("option_critic.entropy", self.entropy),
        ] {
            if !(value.is_finite() && value >= 0.0) {
                return refuse(field, value, "finite numbers from 0");
            }
        }
        Ok(())
    }
}

/// One step in an environment whose states have numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition {
    /// State that was acted in.
    pub state: usize,
    /// The action.
    pub action: usize,
    /// What it paid.
    pub reward: f64,
    /// The state that followed.
    pub next: usize,
    /// Whether nothing follows any more. An episode that is only cut off is not terminated.
    pub terminated: bool,
}

/// Options in tables.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionCritic {
    config: OptionCriticConfig,
    states: usize,
    actions: usize,
    /// Q_U: values of actions within an option, `[states, options, actions]`.
    values: Vec<f64>,
    /// Logits of the options' policies, `[states, options, actions]`.
    logits: Vec<f32>,
    /// Logits of their terminations, `[states, options]`.
    endings: Vec<f64>,
    /// The option under way.
    current: Option<usize>,
    scratch: Vec<f64>,
}

fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

impl OptionCritic {
    /// Options that know nothing: uniform policies, terminations with chance 1/2, values 0.
    ///
    /// # Errors
    /// Settings out of their range, or no state or action.
    pub fn new(states: usize, actions: usize, config: OptionCriticConfig) -> Result<Self, Error> {
        config.validate()?;
        if states == 0 || actions == 0 {
            return Err(Error::InvalidField {
                field: "option_critic.states",
                value: format!("{states} states and {actions} actions"),
                allowed: "1 or more of each".into(),
            });
        }
        let cells = states * config.options * actions;
        Ok(Self {
            config,
            states,
            actions,
            values: vec![0.0; cells],
            logits: vec![0.0; cells],
            endings: vec![0.0; states * config.options],
            current: None,
            scratch: vec![0.0; actions],
        })
    }

    /// Number of states.
    pub fn states(&self) -> usize {
        self.states
    }

    /// The option under way; `None` before the first action of an episode.
    pub fn current(&self) -> Option<usize> {
        self.current
    }

    fn row(&self, state: usize, option: usize) -> std::ops::Range<usize> {
        let start = (state * self.config.options + option) * self.actions;
        start..start + self.actions
    }

    /// Chances of the actions in `state` under `option`.
    pub fn policy(&self, state: usize, option: usize) -> Vec<f64> {
        let mut chances = vec![0.0; self.actions];
        self.write_policy(state, option, &mut chances);
        chances
    }

    fn write_policy(&self, state: usize, option: usize, chances: &mut [f64]) {
        let logits = &self.logits[self.row(state, option)];
        let peak = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut total = 0.0;
        for (chance, &logit) in chances.iter_mut().zip(logits) {
            *chance = f64::from(logit - peak).exp();
            total += *chance;
        }
        chances.iter_mut().for_each(|chance| *chance /= total);
    }

    /// Chance that `option` ends when it comes to `state`.
    pub fn termination(&self, state: usize, option: usize) -> f64 {
        sigmoid(self.endings[state * self.config.options + option])
    }

    /// Q(s, w): what `option` is worth in `state`, the mean of Q_U under its policy.
    pub fn option_value(&self, state: usize, option: usize) -> f64 {
        let row = self.row(state, option);
        let logits = &self.logits[row.clone()];
        let peak = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (mut total, mut sum) = (0.0, 0.0);
        for (&logit, value) in logits.iter().zip(&self.values[row]) {
            let weight = f64::from(logit - peak).exp();
            total += weight;
            sum += weight * value;
        }
        sum / total
    }

    /// The best option in `state`, the first of equal ones, and what it is worth.
    pub fn best_option(&self, state: usize) -> (usize, f64) {
        let mut best = (0, self.option_value(state, 0));
        for option in 1..self.config.options {
            let value = self.option_value(state, option);
            if value > best.1 {
                best = (option, value);
            }
        }
        best
    }

    /// A new episode begins: no option is under way.
    pub fn begin_episode(&mut self) {
        self.current = None;
    }

    /// The action to take in `state`: first the option under way ends, by its chance, and another is chosen.
    pub fn act(&mut self, state: usize, random: &mut Philox) -> usize {
        let goes_on = self.current.filter(|&option| random.float() >= self.termination(state, option));
        let option = goes_on.unwrap_or_else(|| {
            if random.float() < self.config.epsilon {
                random.int(0, self.config.options as i32) as usize
            } else {
                self.best_option(state).0
            }
        });
        self.current = Some(option);
        let row = self.row(state, option);
        categorical::sample(&self.logits[row], random.float() as f32).0
    }

    /// Learns from the step that the last [`act`](Self::act) led to.
    ///
    /// With `U(s', w) = (1 - beta(s', w)) Q(s', w) + beta(s', w) max Q(s', .)` and `y = r + gamma U(s', w)`: the
    /// values go towards `y`, the policy along `grad log pi(a | s, w) (y - Q(s, w))`, and the termination against
    /// `grad beta(s', w) (Q(s', w) - max Q(s', .) + xi)`.
    pub fn learn(&mut self, transition: &Transition) {
        let Some(option) = self.current else { return };
        let Transition { state, action, reward, next, terminated } = *transition;
        let OptionCriticConfig { gamma, critic_rate, policy_rate, termination_rate, margin, entropy, .. } =
            self.config;
        let mut target = reward;
        let mut lead = 0.0;
        if !terminated {
            let (value, (_, best)) = (self.option_value(next, option), self.best_option(next));
            let ends = self.termination(next, option);
            target += gamma * ((1.0 - ends) * value + ends * best);
            lead = value - best + margin;
        }
        let advantage = target - self.option_value(state, option);
        let row = self.row(state, option);

        let mut chances = std::mem::take(&mut self.scratch);
        self.write_policy(state, option, &mut chances);
        let spread: f64 = -chances.iter().map(|chance| chance * chance.max(1e-300).ln()).sum::<f64>();
        for (index, (logit, chance)) in self.logits[row.clone()].iter_mut().zip(&chances).enumerate() {
            let likelihood = f64::from(u8::from(index == action)) - chance;
            let more_entropy = -chance * (chance.max(1e-300).ln() + spread);
            *logit += (policy_rate * (advantage * likelihood + entropy * more_entropy)) as f32;
        }
        self.scratch = chances;

        let value = &mut self.values[row][action];
        *value += critic_rate * (target - *value);
        // With one option there is nothing to change to.
        if !terminated && self.config.options > 1 {
            let ends = self.termination(next, option);
            self.endings[next * self.config.options + option] -=
                termination_rate * ends * (1.0 - ends) * lead;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    fn learner(options: usize) -> OptionCritic {
        let config = OptionCriticConfig { options, entropy: 0.0, ..OptionCriticConfig::default() };
        OptionCritic::new(3, 2, config).unwrap()
    }

    #[test]
    fn one_step_changes_what_the_equations_say() {
        let mut learner = learner(2);
        learner.current = Some(1);
        // In state 1 option 0 is worth 0.8, option 1 0.4.
        for (option, value) in [(0, 0.8), (1, 0.4)] {
            let row = learner.row(1, option);
            learner.values[row].fill(value);
        }
        learner.learn(&Transition { state: 0, action: 1, reward: 0.5, next: 1, terminated: false });
        let target = 0.5 + 0.99 * (0.5 * 0.4 + 0.5 * 0.8);
        let row = learner.row(0, 1);
        assert!((learner.values[row.clone()][1] - 0.5 * target).abs() < 1e-12);
        let logits = &learner.logits[row];
        assert!((f64::from(logits[1]) - 25.0 * target * 0.5).abs() < 1e-5);
        assert!((f64::from(logits[0]) + 25.0 * target * 0.5).abs() < 1e-5);
        // Option 1 is worse than option 0 in state 1: it ends there more often.
        assert!((learner.endings[3] - 0.25 * 0.25 * (0.4 - 0.01)).abs() < 1e-12);
        assert_eq!(learner.endings.iter().filter(|ending| **ending != 0.0).count(), 1);
    }

    #[test]
    fn options_that_are_as_good_as_any_go_on() {
        let mut learner = learner(2);
        learner.current = Some(0);
        for _ in 0..100 {
            learner.learn(&Transition { state: 0, action: 0, reward: 0.0, next: 2, terminated: false });
        }
        assert!(learner.termination(2, 0) < 0.5 && learner.termination(2, 1) == 0.5);
    }

    #[test]
    fn the_better_of_two_actions_is_learned() {
        for options in [1, 3] {
            let mut learner = learner(options);
            let mut random = stream(5, Purpose::Actions);
            for _ in 0..500 {
                learner.begin_episode();
                let action = learner.act(0, &mut random);
                let reward = [0.2, 1.0][action];
                learner.learn(&Transition { state: 0, action, reward, next: 0, terminated: true });
            }
            let (best, value) = learner.best_option(0);
            assert!(learner.policy(0, best)[1] > 0.95 && value > 0.9, "{options} options");
        }
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let refused = |config: OptionCriticConfig| OptionCritic::new(2, 2, config).unwrap_err().to_string();
        let good = OptionCriticConfig::default();
        assert!(refused(OptionCriticConfig { options: 0, ..good }).contains("options"));
        assert!(refused(OptionCriticConfig { gamma: 1.5, ..good }).contains("gamma"));
        assert!(refused(OptionCriticConfig { margin: f64::NAN, ..good }).contains("margin"));
        assert!(OptionCritic::new(0, 2, good).is_err());
    }
}
