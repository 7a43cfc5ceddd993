//! Every recorded rollout of Farama's BabyAI environments, replayed: worlds, missions, observations, rewards,
//! endings and the worlds of later episodes have to be the same to the last bit. Cases are read from
//! `tests/golden/babyai/`, or from `$PENTATHLON_GOLDEN/minigrid/` when that is set.

mod replay;

#[test]
fn every_recorded_rollout_is_replayed_without_a_difference() {
    replay::replay_all("BabyAI-", "babyai");
}
