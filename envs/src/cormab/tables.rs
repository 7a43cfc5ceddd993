//! An instance as a step reads it: single precision, arms in groups of four, one layout for both devices.

use super::{
    dynamics::Arms,
    instance::LEVELS,
    rules::{
        process::{ARMS_PER_GROUP, COMPONENTS_PER_WORD},
        threshold,
    },
};

/// Where the tables begin in the words that kernels read: after the sizes.
pub(super) const TABLES_AT: usize = 4;

/// Arms of a group.
pub(super) const GROUP: usize = ARMS_PER_GROUP as usize;

/// Words of a set of components.
const SET_WORDS: usize = 4;

/// Thresholds, rewards and wiring of all arms. Arms are padded to whole groups by arms that never climb and
/// pay nothing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tables {
    /// Arms in whole groups.
    pub(super) padded: usize,
    /// Words of an action.
    pub(super) action_words: usize,
    /// Thresholds by number of chosen components that touch an arm, `[counts][padded]`.
    pub(super) thresholds: Vec<u32>,
    /// What each arm pays at each level, `[padded]`.
    pub(super) rewards: Vec<[f32; LEVELS]>,
    /// Components that touch each arm, `[padded][4]`.
    pub(super) touching: Vec<[u32; SET_WORDS]>,
    /// Whether each arm is touched by the component of its own number and no other.
    pub(super) own_components: bool,
}

impl Tables {
    /// The tables of `arms` for actions of `components` components.
    pub(super) fn new(arms: &Arms, components: usize) -> Self {
        let padded = arms.len().next_multiple_of(GROUP);
        let degree = (0..arms.len()).map(|arm| arms.up_by_count(arm).len()).max().unwrap_or(1).max(2);
        let mut thresholds = vec![0; degree * padded];
        let mut rewards = vec![[0.0; LEVELS]; padded];
        let mut touching = vec![[0; SET_WORDS]; padded];
        for arm in 0..arms.len() {
            for (count, up) in arms.up_by_count(arm).iter().enumerate() {
                thresholds[count * padded + arm] = threshold(*up);
            }
            for (level, reward) in arms.reward(arm).iter().enumerate() {
                rewards[arm][level] = *reward as f32;
            }
            let mask = arms.touching(arm);
            touching[arm] = std::array::from_fn(|word| (mask >> (32 * word)) as u32);
        }
        Self {
            padded,
            action_words: components.div_ceil(COMPONENTS_PER_WORD as usize),
            thresholds,
            rewards,
            touching,
            own_components: (0..arms.len()).all(|arm| arms.touching(arm) == 1 << arm),
        }
    }

    /// The words that kernels read: sizes, thresholds, rewards by arm and level, touching components.
    pub(super) fn words(&self) -> Vec<u32> {
        let mut words = vec![self.padded as u32, self.action_words as u32, self.thresholds.len() as u32, 0];
        debug_assert_eq!(words.len(), TABLES_AT);
        words.extend(&self.thresholds);
        words.extend(self.rewards.iter().flatten().map(|reward| reward.to_bits()));
        words.extend(self.touching.iter().flatten());
        words
    }
}
