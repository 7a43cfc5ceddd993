//! Goal mixing against QMIX on Trash-Grid: the same learner chooses subgoals, which a scripted low level
//! pursues, or primitive actions. Prints the team's mean greedy return over frames, a row for each.
//!
//! ```text
//! cargo run --release -p pentathlon-agents --example goal_mixing -- [FRAMES] [SEEDS] [ID]
//! ```

use pentathlon_agents::Error;
use pentathlon_agents::options::{
    Choice, DecisionProcess, LowLevelPolicy, OptionRunner, OptionView, PrimitiveProcess, RunnerSettings,
    SubgoalOption,
};
use pentathlon_agents::qmix::{
    ActionSelection, AgentNetwork, Batch, Collector, ExplorationConfig, Learner, LearnerConfig, Optimiser,
    Replay,
};
use pentathlon_agents::random::{Purpose, stream};
use pentathlon_gym::seeding::{Random, philox::Philox};
use pentathlon_gym::{AutoresetMode, BuildOptions, Device, EpisodeRecord, VectorEnv};

const GAMMA: f32 = 0.99;
const REPORTS: u64 = 10;

fn env(id: &str, num_envs: usize, seed: u64) -> Result<Box<dyn VectorEnv>, Error> {
    let options = BuildOptions {
        num_envs,
        seed,
        device: Device::Native,
        autoreset: AutoresetMode::SameStep,
        ..BuildOptions::default()
    };
    let mut env = pentathlon_envs::registry().make(id, &options)?;
    env.as_mut().reset(seed)?;
    Ok(env)
}

/// What the team sees, back in cells.
#[derive(Clone, Copy)]
struct Scene {
    agents: usize,
    items: usize,
    reach: f32,
}

impl Scene {
    fn number(&self, view: OptionView<'_>, index: usize) -> i32 {
        (view.observation[index] * self.reach).round() as i32
    }

    /// Row and column from the agent to the nearest item of one of `kinds`, and its distance.
    fn nearest_item(&self, view: OptionView<'_>, kinds: &[i32]) -> Option<(i32, i32)> {
        let at = |item: usize, part: usize| self.number(view, 4 * self.agents + 3 * item + part);
        let places = (0..self.items).filter(|&item| kinds.contains(&at(item, 2)));
        places.map(|item| (at(item, 0), at(item, 1))).min_by_key(|(row, column)| row.abs() + column.abs())
    }

    /// Row and column from the agent to the nearest cell of the drop zone.
    fn nearest_zone(&self, view: OptionView<'_>) -> Option<(i32, i32)> {
        let first = 4 * self.agents + 3 * self.items;
        let cells = (first..view.observation.len()).step_by(2);
        let places = cells.map(|index| (self.number(view, index), self.number(view, index + 1)));
        places.min_by_key(|(row, column)| row.abs() + column.abs())
    }
}

/// Trash-Grid's actions.
const FORWARD: i32 = 0;
const LEFT: i32 = 1;
const RIGHT: i32 = 2;
const PICK: i32 = 3;
const SPLIT: i32 = 4;
const PUT: i32 = 5;

/// Walks towards `(row, column)`, to stand before it (or, with `onto`, on it), then does `act`.
fn approach(
    scene: Scene,
    view: OptionView<'_>,
    target: Option<(i32, i32)>,
    onto: bool,
    act: i32,
    random: &mut Philox,
) -> i32 {
    let Some((row, column)) = target else { return random.int(0, 3) };
    let dir = scene.number(view, 4 * view.place.1 + 2);
    let (down, along) = (row.abs(), column.abs());
    if onto && down + along == 0 {
        return act;
    }
    let towards = |row: i32, column: i32| match (row.signum(), column.signum()) {
        (_, 1) => 0,
        (1, _) => 1,
        (_, -1) => 2,
        _ => 3,
    };
    let wanted = if along > 0 { towards(0, column) } else { towards(row, 0) };
    let is_before = down + along == 1 && dir == wanted;
    if !onto && is_before {
        return act;
    }
    // Another agent in the way, or the item underfoot: step aside.
    if down + along == 0 || (dir == wanted && view.available[FORWARD as usize] == 0) {
        return random.int(0, 3);
    }
    match (wanted - dir).rem_euclid(4) {
        0 => FORWARD,
        3 => LEFT,
        _ => RIGHT,
    }
}

/// The four subgoals of Trash-Grid's task tree with a scripted low level.
fn subgoals(scene: Scene) -> Vec<Box<dyn Choice>> {
    let policies: [LowLevelPolicy; 4] = [
        Box::new(move |view, random| {
            approach(scene, view, scene.nearest_item(view, &[1, 2]), false, LEFT, random)
        }),
        Box::new(move |view, random| {
            approach(scene, view, scene.nearest_item(view, &[1]), false, PICK, random)
        }),
        Box::new(move |view, random| {
            approach(scene, view, scene.nearest_item(view, &[2]), false, SPLIT, random)
        }),
        Box::new(move |view, random| approach(scene, view, scene.nearest_zone(view), true, PUT, random)),
    ];
    let options = policies.into_iter().enumerate();
    options.map(|(subgoal, policy)| Box::new(SubgoalOption::new(subgoal, policy)) as _).collect()
}

/// The process that is learned: over subgoals or over actions.
fn process(
    id: &str,
    mixes_goals: bool,
    num_envs: usize,
    seed: u64,
) -> Result<Box<dyn DecisionProcess>, Error> {
    let env = env(id, num_envs, seed)?;
    if !mixes_goals {
        return Ok(Box::new(PrimitiveProcess::new(env, GAMMA)?));
    }
    let spec = env.spec();
    let state = spec.observation("state").map_or(0, |form| form.space.flat_len());
    let reach = match spec.observation("vector").map(|form| &form.space) {
        Some(pentathlon_gym::Space::Box { high, .. }) => *high,
        _ => 1.0,
    };
    let scene = Scene { agents: spec.num_agents, items: (state - 4 * spec.num_agents) / 3, reach };
    let settings = RunnerSettings {
        longest: 32,
        observe_progress: true,
        state_with_options: true,
        ..RunnerSettings::default()
    };
    Ok(Box::new(OptionRunner::new(env, subgoals(scene), settings, GAMMA, seed)?))
}

/// Mean return and success of the greedy team, over the first episode of 64 environments.
fn evaluate(id: &str, mixes_goals: bool, policy: &AgentNetwork, hidden: usize) -> Result<(f64, f64), Error> {
    let mut process = process(id, mixes_goals, 64, 1 << 40)?;
    let mut collector = Collector::new(process.shape(), hidden);
    let mut random = stream(7, Purpose::Evaluation);
    let mut records: Vec<Option<EpisodeRecord>> = vec![None; 64];
    while records.iter().any(Option::is_none) {
        collector.step(process.as_mut(), policy, ActionSelection::EpsilonGreedy(0.0), &mut random, |_| {})?;
        for episode in process.episodes() {
            records[episode.env].get_or_insert(*episode);
        }
    }
    let all = || records.iter().flatten();
    let mean = all().map(|record| f64::from(record.episode_return)).sum::<f64>() / 64.0;
    Ok((mean, all().filter(|record| record.success).count() as f64 / 64.0))
}

fn train(id: &str, mixes_goals: bool, frames: u64, seed: u64) -> Result<(), Error> {
    let config = LearnerConfig {
        optimiser: Optimiser::Adam,
        batch_episodes: 32,
        replay_episodes: 2000,
        episodes_per_update: if mixes_goals { 1 } else { 2 },
        ..LearnerConfig::default()
    };
    let exploration = ExplorationConfig { initial: 1.0, last: 0.05, frames: frames / 3 };
    let mut process = process(id, mixes_goals, 32, seed)?;
    let shape = process.shape();
    let mut learner = Learner::new(shape, &config, seed);
    let mut collector = Collector::new(shape, config.hidden);
    let mut replay = Replay::new(config.replay_episodes);
    let (mut actions, mut minibatches) = (stream(seed, Purpose::Actions), stream(seed, Purpose::Minibatches));
    let (mut played, mut unlearned) = (0, 0);
    let start = std::time::Instant::now();
    while played < frames {
        let epsilon = exploration.epsilon(played);
        collector.step(
            process.as_mut(),
            &learner.policy(),
            ActionSelection::EpsilonGreedy(epsilon),
            &mut actions,
            |episode| {
                replay.push(episode);
                unlearned += 1;
            },
        )?;
        if replay.len() < config.batch_episodes {
            unlearned = 0;
        }
        while unlearned >= config.episodes_per_update {
            unlearned -= config.episodes_per_update;
            let batch = Batch::new(shape, &replay.sample(config.batch_episodes, &mut minibatches));
            learner.update(&batch)?;
        }
        let before = played * REPORTS / frames;
        played += shape.num_envs as u64;
        if played * REPORTS / frames > before {
            let (mean, success) = evaluate(id, mixes_goals, &learner.policy(), config.hidden)?;
            let name = if mixes_goals { "goal mixing" } else { "QMIX" };
            println!(
                "{name}, seed {seed}: {played} frames, {} updates, {:.0} s, return {mean:.2}, success {success:.2}",
                learner.updates(),
                start.elapsed().as_secs_f64()
            );
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let frames = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let seeds = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let id = arguments.next().unwrap_or_else(|| String::from("MultiGrid-TrashGrid-v2"));
    for seed in 1..=seeds {
        for mixes_goals in [true, false] {
            train(&id, mixes_goals, frames, seed)?;
        }
    }
    Ok(())
}
