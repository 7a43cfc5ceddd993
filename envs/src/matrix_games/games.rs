//! The tables of the registered games.

use pentathlon_gym::{BuildOptions, Error, OptionSpec, OptionValue};

use super::joint_action::rules::END;

/// The registered ids, in order.
pub const IDS: [&str; 5] = [
    "MatrixGame-Additive-v0",
    "MatrixGame-Climbing-v0",
    "MatrixGame-NonMonotonic-v0",
    "MatrixGame-Penalty-v0",
    "MatrixGame-TwoStep-v0",
];

/// A game for two agents: one table of payoffs for every stage, and where each joint action leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Game {
    /// Actions of each agent.
    pub actions: u32,
    /// Payoffs of the team, `[stages, actions, actions]`, rows being agent 0's action.
    pub payoffs: Vec<f32>,
    /// Stage after each joint action, [`END`] for none; shaped as the payoffs.
    pub next: Vec<u32>,
    /// What the game is about.
    pub description: &'static str,
}

impl Game {
    /// The game registered as `id`, with the options of `build`.
    ///
    /// # Errors
    /// An id that is not registered, an option that the game does not have or that has a bad value.
    pub fn new(id: &str, build: &BuildOptions) -> Result<Self, Error> {
        let mut penalty = -100.0;
        for (name, value) in &build.options {
            let is_penalty = name == "penalty" && id == "MatrixGame-Penalty-v0";
            let number = match value {
                OptionValue::Integer(value) => *value as f32,
                OptionValue::Float(value) => *value as f32,
                _ => f32::NAN,
            };
            if !is_penalty || !(-1000.0..=0.0).contains(&number) {
                return Err(Error::InvalidOption {
                    id: id.into(),
                    option: name.clone(),
                    value: format!("{value:?}"),
                    allowed: "numbers from -1000 to 0 for 'penalty' of MatrixGame-Penalty-v0".into(),
                });
            }
            penalty = number;
        }
        Ok(match id {
            "MatrixGame-Additive-v0" => Self::single(
                &[0.0, 2.0, 4.0, 1.0, 3.0, 5.0, 3.0, 5.0, 7.0],
                "The payoff is the sum of what each agent's action is worth (0, 1, 3 and 0, 2, 4): every \
                 factorisation represents it.",
            ),
            "MatrixGame-Climbing-v0" => Self::single(
                &[11.0, -30.0, 0.0, -30.0, 7.0, 6.0, 0.0, 0.0, 5.0],
                "The climbing game of Claus and Boutilier, 1998: the best joint action is surrounded by \
                 heavy penalties.",
            ),
            "MatrixGame-NonMonotonic-v0" => Self::single(
                &[8.0, -12.0, -12.0, -12.0, 0.0, 0.0, -12.0, 0.0, 0.0],
                "The non-monotonic game of Son et al., 2019: which action is good for one agent depends \
                 on the other's, which no monotonic mixing of values represents.",
            ),
            "MatrixGame-Penalty-v0" => Self::single(
                &[penalty, 0.0, 10.0, 0.0, 2.0, 0.0, 10.0, 0.0, penalty],
                "The penalty game of Claus and Boutilier, 1998: two best joint actions, and a penalty for \
                 agents that aim at different ones.",
            ),
            "MatrixGame-TwoStep-v0" => Self {
                actions: 2,
                payoffs: vec![0.0, 0.0, 0.0, 0.0, 7.0, 7.0, 7.0, 7.0, 0.0, 1.0, 1.0, 8.0],
                next: [[1, 1, 2, 2], [END; 4], [END; 4]].concat(),
                description: "The two-step game of Rashid et al., 2018: agent 0 chooses whether a game \
                              that always pays 7, or one that pays 8 if both choose B and little \
                              otherwise, is played second.",
            },
            _ => return Err(Error::UnknownId { id: id.into(), nearest: Vec::new() }),
        })
    }

    /// A game of one joint action.
    fn single(payoffs: &[f32; 9], description: &'static str) -> Self {
        Self { actions: 3, payoffs: payoffs.to_vec(), next: vec![END; 9], description }
    }

    /// Number of stages.
    pub fn stages(&self) -> u32 {
        self.payoffs.len() as u32 / (self.actions * self.actions)
    }

    /// The options of the game registered as `id`.
    pub fn options(id: &str) -> Vec<OptionSpec> {
        if id != "MatrixGame-Penalty-v0" {
            return Vec::new();
        }
        vec![OptionSpec {
            name: "penalty".into(),
            default: "-100".into(),
            description: "What agents that aim at different best actions pay: -1000 to 0.".into(),
        }]
    }
}
