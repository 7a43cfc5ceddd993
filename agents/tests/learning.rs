//! What proximal policy optimisation must be able to do before it is shown anything difficult.

mod toy;

use std::sync::atomic::AtomicBool;

use pentathlon_agents::networks::{EncodedRows, ObservationLayout};
use pentathlon_agents::policy::RandomPolicy;
use pentathlon_agents::{Config, Ending, Trainer, evaluate};
use toy::{Bandit, Chain, Endless, Recall, Toy, ToyBatch};

fn config(overrides: &[&str]) -> Config {
    let small = "frames = 20000
        threads = 1
        [environment]
        num_envs = 16
        [network]
        hidden = [32]
        [ppo]
        rollout_steps = 32
        minibatches = 4
        shards = 2
        learning_rate = 0.005
        final_learning_rate = 0.001
        [early_stop]
        success_rate = 0.0
        window = 200";
    Config::from_toml(small, overrides).unwrap()
}

fn trained<T: Toy>(overrides: &[&str]) -> Trainer {
    let mut trainer = Trainer::new(config(overrides), &ToyBatch::<T>::make).unwrap();
    let ending = trainer.run(None, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!(ending, Ending::Finished);
    trainer
}

/// Chances of the actions, and the value, in each state.
fn chances_and_values<T: Toy>(trainer: &Trainer) -> Vec<(Vec<f32>, f32)> {
    let mut layout =
        ObservationLayout::new(trainer.env().spec(), trainer.env().observation(), &trainer.config().network)
            .unwrap();
    layout.masked = false;
    let rows = EncodedRows {
        rows: T::STATES as usize,
        indices: (0..T::STATES as u16).collect(),
        ..EncodedRows::default()
    };
    let output = trainer.network().forward(&layout, &rows);
    let chances = burn::tensor::activation::softmax(output.logits, 1).try_into_vec_as::<f32>().unwrap();
    let values = output.values.try_into_vec_as::<f32>().unwrap();
    chances.chunks(T::ACTIONS as usize).map(<[f32]>::to_vec).zip(values).collect()
}

#[test]
fn a_bandit_of_five_arms_is_played_optimally_within_5000_steps() {
    for seed in 1..=3 {
        let trainer = trained::<Bandit>(&[
            "frames=5000",
            "environment.num_envs=8",
            &format!("seed={seed}"),
            "ppo.rollout_steps=16",
            "ppo.entropy_coefficient=0",
            "ppo.learning_rate=0.01",
            "ppo.final_learning_rate=0.01",
        ]);
        let (chances, _) = &chances_and_values::<Bandit>(&trainer)[0];
        assert!(chances[Bandit::BEST as usize] > 0.95, "seed {seed}: {chances:?}");
    }
}

/// Walking right from state s gives 1 after 6 - s steps, so its value is gamma^(5 - s).
#[test]
fn a_chain_with_a_reward_at_its_end_gets_its_known_values() {
    let trainer = trained::<Chain>(&[
        "frames=60000",
        "ppo.gamma=0.9",
        "ppo.entropy_coefficient=0",
        "ppo.clip_value=false",
        "ppo.final_learning_rate=0",
    ]);
    for (state, (chances, value)) in chances_and_values::<Chain>(&trainer).iter().enumerate() {
        assert!(chances[1] > 0.97, "state {state}: {chances:?}");
        let expected = 0.9_f32.powi(5 - state as i32);
        assert!((value - expected).abs() < 0.02, "state {state}: value {value}, expected {expected}");
    }
}

/// One reward a step for ever is worth 1 / (1 - gamma), although every episode is cut off after 5 steps.
/// The state does not tell how much time is left, so that without the bootstrap the value is the mean of
/// what is left: (1 + 1.5 + 1.75 + 1.875 + 1.9375) / 5 with gamma 1/2.
#[test]
fn time_limits_are_bootstrapped_and_masks_are_kept() {
    for (bootstrap, expected) in [(true, 2.0), (false, 1.6125)] {
        let bootstrap = format!("ppo.bootstrap_on_timeout={bootstrap}");
        let trainer = trained::<Endless>(&[
            "ppo.gamma=0.5",
            "ppo.gae_lambda=1",
            "frames=30000",
            "ppo.rollout_steps=40",
            "ppo.clip_value=false",
            "ppo.final_learning_rate=0",
            &bootstrap,
        ]);
        let (_, value) = chances_and_values::<Endless>(&trainer)[0];
        assert!((value - expected).abs() < 0.03, "{bootstrap}: {value}, expected {expected}");
    }
}

/// The reward comes four steps after the cue. Sequences of 8 steps begin anywhere in an episode: half of them hold
/// the cue and the action that it asks for.
#[test]
fn a_cue_is_recalled_by_networks_with_a_memory_alone() {
    let success = |overrides: &[&str]| {
        let shared = ["frames=40000", "ppo.gamma=0.9", "ppo.learning_rate=0.01", "evaluation.episodes=400"];
        let trainer = trained::<Recall>(&[&shared[..], overrides].concat());
        trainer.evaluate(&ToyBatch::<Recall>::make).unwrap().success_rate
    };
    let forgetful = success(&[]);
    assert!((forgetful - 0.5).abs() < 0.1, "without a memory: {forgetful}");
    for memory in ["gru", "lstm"] {
        let recalled = success(&[&format!("network.memory={memory}"), "network.memory_width=16"]);
        assert!(recalled > 0.95, "{memory}: {recalled}");
    }
}

/// A critic of its own, its targets normalised and its errors cut off, finds the same values.
#[test]
fn a_central_critic_learns_the_values_of_the_chain() {
    let trainer = trained::<Chain>(&[
        "frames=60000",
        "network.critic=central",
        "ppo.normalize_values=true",
        "ppo.huber_delta=10",
        "ppo.gamma=0.9",
        "ppo.entropy_coefficient=0",
    ]);
    let evaluation = trainer.evaluate(&ToyBatch::<Chain>::make).unwrap();
    assert!(evaluation.success_rate == 1.0 && evaluation.mean_length < 6.5, "{evaluation:?}");
}

#[test]
fn trained_policies_are_better_than_random_ones() {
    let trainer = trained::<Chain>(&["ppo.gamma=0.9"]);
    let trained = trainer.evaluate(&ToyBatch::<Chain>::make).unwrap();
    let config = config(&[]);
    let options = config.build_options(1, 5);
    let random = evaluate(&mut RandomPolicy::new(1), &ToyBatch::<Chain>::make, "", &options, 512).unwrap();
    assert_eq!((trained.episodes, random.episodes), (512, 512));
    assert!(trained.mean_length < 7.0 && trained.success_rate == 1.0, "{trained:?}");
    assert!(random.mean_length > 25.0, "{random:?}");
}

/// The random walk on the chain needs 6 * 7 = 42 steps on average; the limit of 100 shortens the long
/// ones. Were the first 64 episodes to end counted, the mean would be far below that of 4096.
#[test]
fn short_episodes_are_not_counted_more_often() {
    let options = config(&[]).build_options(1, 5);
    let mean_length = |episodes: usize| {
        let make = &ToyBatch::<Chain>::make;
        evaluate(&mut RandomPolicy::new(7), make, "", &options, episodes).unwrap().mean_length
    };
    let (few, many) = (mean_length(300), mean_length(4096));
    assert!((few - many).abs() < 4.0, "{few} {many}");
}
