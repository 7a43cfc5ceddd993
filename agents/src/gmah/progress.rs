//! The stages of a hierarchy's training, and how a run is doing.

/// What is being trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The low level, on intrinsic reward.
    Low,
    /// The policy over subgoals.
    High,
    /// Values of subgoals, mixed.
    Mixing,
    /// Nothing more.
    Done,
}

impl Stage {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::High => "high",
            Self::Mixing => "mixing",
            Self::Done => "done",
        }
    }

    pub(super) const fn next(self) -> Self {
        match self {
            Self::Low => Self::High,
            Self::High => Self::Mixing,
            Self::Mixing | Self::Done => Self::Done,
        }
    }
}

/// How a run is doing after an update.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct GmahProgress {
    /// What was trained.
    pub stage: Stage,
    /// Frames played so far, all stages together.
    pub frames: u64,
    /// Frames of this stage.
    pub stage_frames: u64,
    /// Mean return of the last episodes.
    pub mean_return: f64,
    /// Smallest return of them.
    pub least_return: f64,
    /// Mean length of them.
    pub mean_length: f64,
    /// Share of successful ones.
    pub success_rate: f64,
    /// Of every subgoal, the share of its pursuits in the last rollout that achieved it; `null` without any.
    pub achieved: Vec<Option<f64>>,
    /// What the pursuits that ended in the last rollout of the first stage returned: 1 for success, less what time took,
    /// whatever else the low level is paid; `null` in other stages.
    pub pursuit_return: Option<f64>,
    /// Share of agents' steps in the last rollout that were noticed as a change.
    pub fired: f64,
    /// Decisions over subgoals in the last rollout; 0 in the first stage, and in the second one where they were too few
    /// to learn from and were kept for the next update.
    pub decisions: usize,
    /// Chance of a random subgoal at the end of the last rollout; `null` where a policy chooses.
    pub epsilon: Option<f64>,
    /// Loss of the last update: of the policy, or of the mixed values.
    pub loss: f32,
    /// Seconds spent so far.
    pub seconds: f64,
}
