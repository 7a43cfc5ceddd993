//! Two batches that have to play alike, stepped with the same actions and compared: observations, rewards by
//! bits, flags, subgoal events, episodes and the whole state. The parity tests of MiniGrid and BabyAI share it.
#![allow(dead_code, reason = "not every test uses everything")]

use pentathlon::{Builder, Observation, VectorEnv};

/// Whether all ids are to be compared over many steps.
pub fn is_long() -> bool {
    std::env::var_os("PENTATHLON_LONG_TESTS").is_some_and(|value| value == "1")
}

/// Random actions by environment: those of an environment do not depend on the batch around it.
pub struct Actions {
    states: Vec<u64>,
    count: u64,
}

impl Actions {
    /// The actions of some environments, each one of `count`.
    pub fn new(environments: std::ops::Range<usize>, count: usize) -> Self {
        let states = environments.map(|env| (env as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Self { states: states.collect(), count: count as u64 }
    }

    /// Replaces `actions` by the next ones.
    pub fn next(&mut self, actions: &mut Vec<i32>) {
        actions.clear();
        for state in &mut self.states {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            actions.push(((*state >> 33) % self.count) as i32);
        }
    }
}

/// Builds a batch.
pub fn build(builder: Builder) -> Box<dyn VectorEnv> {
    let id = builder.spec().id.clone();
    builder.build().unwrap_or_else(|error| panic!("{id}: {error}"))
}

/// Compares the observations of two batches.
pub fn assert_observations_equal(place: &str, ours: &Observation, theirs: &Observation) {
    for (ours, theirs) in ours.fields.iter().zip(&theirs.fields) {
        if ours.array == theirs.array {
            continue;
        }
        let (a, b) = (ours.array.bytes(), theirs.array.bytes());
        let at = a.iter().zip(b).position(|(a, b)| a != b);
        panic!("{place}: {} differs at byte {at:?} of {} ({} bytes)", ours.spec.name, a.len(), b.len());
    }
}

/// Steps two batches with the same actions and compares everything they hand out; how many episodes ended.
pub fn assert_equal_play(one: &mut dyn VectorEnv, other: &mut dyn VectorEnv, steps: usize) -> usize {
    let id = one.spec().id.clone();
    let mut actions = Actions::new(0..one.num_envs(), one.spec().action_names.len());
    let mut row = Vec::new();
    let mut episodes = 0;
    one.reset(None).expect("a reset");
    other.reset(None).expect("a reset");
    assert_observations_equal(&format!("{id} after the reset"), one.observation(), other.observation());
    for index in 0..steps {
        let place = format!("{id} step {index}");
        actions.next(&mut row);
        let a = one.step(&row).expect("a step");
        let b = other.step(&row).expect("a step");
        let bits = |rewards: &[f32]| rewards.iter().map(|reward| reward.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(a.reward), bits(b.reward), "{place}: rewards");
        assert_eq!(a.terminated, b.terminated, "{place}: terminated");
        assert_eq!(a.truncated, b.truncated, "{place}: truncated");
        assert_eq!(a.info.subgoal, b.info.subgoal, "{place}: subgoal events");
        assert_eq!(a.info.success, b.info.success, "{place}: success");
        assert_eq!(a.info.was_reset, b.info.was_reset, "{place}: resets");
        assert_eq!(a.info.episodes, b.info.episodes, "{place}: episodes");
        assert_observations_equal(&place, a.observation, b.observation);
        if let (Some(last), Some(other_last)) = (a.info.final_observation, b.info.final_observation) {
            for episode in a.info.episodes {
                assert_rows_equal(&place, last, other_last, episode.env, episode.env, row.len(), row.len());
            }
        }
        episodes += a.info.episodes.len();
        if index % 250 == 249 || index + 1 == steps {
            let (a, b) = (one.snapshot().expect("a snapshot"), other.snapshot().expect("a snapshot"));
            for ((name, ours), (_, theirs)) in a.columns.iter().zip(&b.columns) {
                assert!(ours == theirs, "{place}: column '{name}' differs");
            }
            assert_eq!(a.columns.len(), b.columns.len(), "{place}: columns");
        }
    }
    episodes
}

/// Compares the observations of one environment each of two batches.
pub fn assert_rows_equal(
    place: &str,
    ours: &Observation,
    theirs: &Observation,
    our_env: usize,
    their_env: usize,
    our_num_envs: usize,
    their_num_envs: usize,
) {
    for (ours, theirs) in ours.fields.iter().zip(&theirs.fields) {
        let (a, b) = (ours.array.bytes(), theirs.array.bytes());
        let (width, their_width) = (a.len() / our_num_envs, b.len() / their_num_envs);
        assert_eq!(
            a[our_env * width..][..width],
            b[their_env * their_width..][..their_width],
            "{place}: {} of environment {our_env}",
            ours.spec.name
        );
    }
}
