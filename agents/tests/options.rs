//! Options over any batch: the reduction to the base environment, choices of different length, and the
//! goal-mixing network, which with actions for subgoals is QMIX bit for bit.

use pentathlon_agents::options::{
    Choice, DecisionProcess, OptionRunner, OptionView, PrimitiveOption, PrimitiveProcess, ProcessShape,
    RunnerSettings, SituationMut, SubgoalOption,
};
use pentathlon_agents::qmix::{
    ActionSelection, Batch, Collector, Episode, Factorisation, Learner, LearnerConfig, Replay,
};
use pentathlon_agents::random::{Purpose, stream};
use pentathlon_gym::seeding::philox::Philox;
use pentathlon_gym::{AutoresetMode, BuildOptions, Device, VectorEnv};

const GAMMA: f32 = 0.97;

fn env(id: &str, num_envs: usize, steps: u32) -> Box<dyn VectorEnv> {
    let options = BuildOptions {
        num_envs,
        seed: 4,
        device: Device::Native,
        autoreset: AutoresetMode::SameStep,
        max_episode_steps: Some(steps),
        ..BuildOptions::default()
    };
    let mut env = pentathlon_envs::registry().make(id, &options).unwrap();
    env.as_mut().reset(4).unwrap();
    env
}

fn primitives(process: &PrimitiveProcess) -> Vec<Box<dyn Choice>> {
    (0..process.shape().choices as i32).map(|action| Box::new(PrimitiveOption(action)) as _).collect()
}

fn runner(id: &str, num_envs: usize, steps: u32) -> OptionRunner {
    let options = primitives(&PrimitiveProcess::new(env(id, 1, steps), GAMMA).unwrap());
    OptionRunner::new(env(id, num_envs, steps), options, RunnerSettings::default(), GAMMA, 1).unwrap()
}

fn situation(shape: ProcessShape, write: impl FnOnce(SituationMut<'_>)) -> (Vec<f32>, Vec<f32>, Vec<u8>) {
    let mut observation = vec![0.0; shape.num_agents * shape.observation];
    let mut state = vec![0.0; shape.state];
    let mut available = vec![0; shape.num_agents * shape.choices];
    write(SituationMut { observation: &mut observation, state: &mut state, available: &mut available });
    (observation, state, available)
}

#[test]
fn options_of_one_step_are_the_base_environment_bit_for_bit() {
    for id in ["MultiGrid-TrashGrid-6x6-v2", "MatrixGame-TwoStep-v0", "MultiGrid-DoorKey-6x6-N2-v0"] {
        let mut base = PrimitiveProcess::new(env(id, 3, 20), GAMMA).unwrap();
        let mut options = runner(id, 3, 20);
        assert_eq!(base.shape(), options.shape());
        let shape = base.shape();
        let mut word = 1_u64;
        let mut ended = 0;
        for step in 0..60 {
            let mut choices = Vec::new();
            for env in 0..3 {
                assert!(options.is_due(env), "{id} step {step}");
                let ours = situation(shape, |situation| base.observe(env, situation));
                let theirs = situation(shape, |situation| options.observe(env, situation));
                assert_eq!(ours, theirs, "{id} step {step}");
                for allowed in ours.2.chunks(shape.choices) {
                    word =
                        word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let all: Vec<i32> =
                        (0..shape.choices as i32).filter(|&choice| allowed[choice as usize] != 0).collect();
                    choices.push(all[(word >> 33) as usize % all.len()]);
                }
            }
            base.advance(&choices).unwrap();
            options.advance(&choices).unwrap();
            assert_eq!(base.episodes(), options.episodes());
            for env in 0..3 {
                assert_eq!(base.outcome(env), options.outcome(env), "{id} step {step}");
                if base.outcome(env).unwrap().ended {
                    ended += 1;
                    let ours = situation(shape, |situation| base.observe_last(env, situation));
                    let theirs = situation(shape, |situation| options.observe_last(env, situation));
                    assert_eq!(ours, theirs, "{id} step {step}");
                }
            }
        }
        assert!(ended > 2, "{id}: {ended} episodes");
    }
}

/// Episodes and losses of a learner on a process.
fn losses(process: &mut dyn DecisionProcess, updates: usize) -> (Vec<f32>, Vec<Episode>) {
    let config = LearnerConfig {
        factorisation: Factorisation::Qmix,
        batch_episodes: 4,
        target_updates: 3,
        gamma: GAMMA,
        hidden: 16,
        ..LearnerConfig::default()
    };
    let shape = process.shape();
    let mut learner = Learner::new(shape, &config, 11);
    let mut collector = Collector::new(shape, config.hidden);
    let mut replay = Replay::new(20);
    let (mut actions, mut minibatches) = (stream(2, Purpose::Actions), stream(2, Purpose::Minibatches));
    let (mut losses, mut episodes) = (Vec::new(), Vec::new());
    while losses.len() < updates {
        let mut finished = Vec::new();
        collector
            .step(process, &learner.policy(), ActionSelection::EpsilonGreedy(0.3), &mut actions, |episode| {
                finished.push(episode)
            })
            .unwrap();
        for episode in finished {
            episodes.push(episode.clone());
            replay.push(episode);
            if replay.len() >= 4 {
                let batch = Batch::new(shape, &replay.sample(4, &mut minibatches));
                losses.push(learner.update(&batch).unwrap().loss);
            }
        }
    }
    (losses, episodes)
}

#[test]
fn goal_mixing_with_actions_for_subgoals_is_qmix_loss_for_loss() {
    for id in ["MatrixGame-TwoStep-v0", "MultiGrid-TrashGrid-6x6-v2"] {
        let mut base = PrimitiveProcess::new(env(id, 3, 12), GAMMA).unwrap();
        let mut options = runner(id, 3, 12);
        let (ours, our_episodes) = losses(&mut base, 12);
        let (theirs, their_episodes) = losses(&mut options, 12);
        let bits = |losses: &[f32]| losses.iter().map(|loss| loss.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&ours), bits(&theirs), "{id}");
        assert_eq!(our_episodes, their_episodes, "{id}");
        assert!(ours.iter().any(|loss| *loss > 1e-6) && ours[0] != ours[11], "{id}: {ours:?}");
    }
}

/// Acts with `action` for `length` steps.
struct Repeat {
    action: i32,
    length: u32,
}

impl Choice for Repeat {
    fn initiate(&self, _view: OptionView<'_>) -> bool {
        true
    }
    fn act(&mut self, _view: OptionView<'_>, _random: &mut Philox) -> i32 {
        self.action
    }
    fn terminate(&self, view: OptionView<'_>) -> f32 {
        if view.age >= self.length { 1.0 } else { 0.0 }
    }
}

#[test]
fn agents_whose_options_run_on_cannot_choose_and_rewards_are_discounted_within_an_epoch() {
    let options: Vec<Box<dyn Choice>> =
        vec![Box::new(Repeat { action: 5, length: 2 }), Box::new(Repeat { action: 5, length: 3 })];
    let settings =
        RunnerSettings { longest: 10, observe_progress: true, state_with_options: true, suffixes: 3 };
    let mut process =
        OptionRunner::new(env("MultiGrid-TrashGrid-6x6-v2", 1, 50), options, settings, 0.5, 1).unwrap();
    let shape = process.shape();
    let inner = process.primitive().shape();
    assert_eq!((shape.choices, shape.observation, shape.state), (2, inner.observation + 2, inner.state + 4));
    process.advance(&[0, 1]).unwrap();
    assert!(!process.is_due(0) && process.outcome(0).is_none());
    // A choice that is not asked for is ignored.
    process.advance(&[1, 0]).unwrap();
    let outcome = process.outcome(0).unwrap();
    // Two agents put nothing down: -0.2 a step.
    assert!((outcome.reward + 0.2 + 0.1).abs() < 1e-6 && outcome.discount == 0.25, "{outcome:?}");
    let (observation, state, available) = situation(shape, |situation| process.observe(0, situation));
    assert_eq!(available, [1, 1, 0, 1]);
    assert_eq!(observation[shape.observation - 2..shape.observation], [0.2, 0.0]);
    assert_eq!(state[inner.state..], [1.0, 0.0, 0.0, 1.0]);
    // The last of the two steps, as if it had been chosen then.
    let [suffix] = process.suffixes(0) else { panic!("{:?}", process.suffixes(0)) };
    assert!((suffix.reward + 0.2).abs() < 1e-6 && suffix.discount == 0.5, "{suffix:?}");
    assert_eq!(suffix.available, [1, 0, 0, 1]);
    assert_eq!(suffix.observation[shape.observation - 2..shape.observation], [0.1, 0.0]);
    process.advance(&[1, 1]).unwrap();
    assert!(process.suffixes(0).is_empty());
    let outcome = process.outcome(0).unwrap();
    assert!((outcome.reward + 0.2).abs() < 1e-6 && outcome.discount == 0.5, "{outcome:?}");
    let (_, _, available) = situation(shape, |situation| process.observe(0, situation));
    assert_eq!(available, [0, 1, 1, 1]);
}

#[test]
fn subgoal_options_end_with_their_event_or_with_the_episode() {
    // Agent 0 of the corridor walks onto the switch: two steps forward.
    let forward = || Box::new(|_: OptionView<'_>, _: &mut Philox| 2) as _;
    let options: Vec<Box<dyn Choice>> =
        vec![Box::new(SubgoalOption::new(0, forward())), Box::new(Repeat { action: 6, length: 100 })];
    let mut process =
        OptionRunner::new(env("MultiGrid-Switch-5x1-v0", 1, 5), options, RunnerSettings::default(), 1.0, 1)
            .unwrap();
    process.advance(&[0, 1]).unwrap();
    assert!(!process.is_due(0));
    process.advance(&[0, 1]).unwrap();
    assert!(process.is_due(0));
    let (_, _, available) = situation(process.shape(), |situation| process.observe(0, situation));
    assert_eq!(available, [1, 1, 0, 1]);
    for step in 2..5 {
        process.advance(&[1, 1]).unwrap();
        let outcome = process.outcome(0);
        assert_eq!(outcome.is_some(), step == 4, "step {step}");
    }
    let outcome = process.outcome(0).unwrap();
    assert!(outcome.ended && !outcome.terminated && process.episodes().len() == 1);
}

#[test]
fn at_most_so_many_suffixes_are_spread_over_a_choice_and_become_episodes_of_one_choice() {
    let options: Vec<Box<dyn Choice>> = vec![Box::new(Repeat { action: 5, length: 9 })];
    let settings = RunnerSettings { longest: 10, suffixes: 3, ..RunnerSettings::default() };
    let mut process =
        OptionRunner::new(env("MultiGrid-TrashGrid-6x6-v2", 1, 50), options, settings, 0.5, 1).unwrap();
    let shape = process.shape();
    let config = LearnerConfig { hidden: 8, recurrent: false, ..LearnerConfig::default() };
    let learner = Learner::new(shape, &config, 1);
    let mut collector = Collector::new(shape, config.hidden);
    let mut random = stream(2, Purpose::Actions);
    let mut episodes = Vec::new();
    for _ in 0..9 {
        let selection = ActionSelection::EpsilonGreedy(0.0);
        let policy = learner.policy();
        collector
            .step(&mut process, &policy, selection, &mut random, |episode| panic!("{episode:?}"))
            .unwrap();
        episodes.extend(collector.take_suffixes());
    }
    assert_eq!(episodes.len(), 3);
    let mut shortest = 1.0;
    for episode in &episodes {
        // With a discount of one half, n steps earn -0.2 (2 - 2^(1 - n)).
        let (reward, discount) = (episode.rewards[0], episode.discounts[0]);
        assert!((reward + 0.4 * (1.0 - discount)).abs() < 1e-6, "{reward} {discount}");
        assert!(discount > shortest || shortest == 1.0);
        shortest = discount;
        assert_eq!((episode.len(), episode.terminated), (1, false));
        assert_eq!(episode.observations.len(), 2 * shape.num_agents * shape.observation);
        assert_eq!(episode.states.len(), 2 * shape.state);
    }
    let batch = Batch::new(shape, &episodes.iter().collect::<Vec<_>>());
    assert_eq!(batch.discounts.len(), 3);
}
