//! The study of option-critic: four rooms of 104 cells, a third of all steps slips to a random neighbour, the goal is
//! in the door to the lower right room for 1,000 episodes and then in a random cell of that room. How many steps an
//! episode takes after the move, with options and without.

use std::ops::ControlFlow;

use pentathlon_envs::grid_rooms::{FOUR_ROOMS, layout::Layout};
use pentathlon_gym::{AutoresetMode, BuildOptions, Device, ResetOptions, VectorEnv, seeding::Random};

use super::{OptionCritic, OptionCriticConfig, Transition};
use crate::logging::lines::{Chart, Line};
use crate::random::{Purpose, stream};
use crate::statistics::mean;
use crate::study::{Report, Row, Watch};
use crate::{Error, MakeBatch};

/// Side of the four rooms.
const SIDE: usize = 13;
/// Column and row of the goal at first: the door of the right wall.
const FIRST_GOAL: [f32; 2] = [9.0, 7.0];

/// Policy step sizes that both methods are tried with. Each is judged at the one with the shortest episodes before
/// the goal moves.
const POLICY_RATES: [f64; 3] = [25.0, 5.0, 1.0];

/// How the study is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FourRoomsSettings {
    /// Seeds, which run side by side in one batch.
    pub seeds: usize,
    /// Episodes before the goal moves.
    pub before: usize,
    /// Episodes after it.
    pub after: usize,
    /// Episodes that a point of the curve is the mean of.
    pub block: usize,
    /// The learner with options; its policy rate is chosen by the study. The flat one is the same with one option.
    pub learner: OptionCriticConfig,
}

impl Default for FourRoomsSettings {
    fn default() -> Self {
        Self { seeds: 20, before: 1000, after: 1000, block: 50, learner: OptionCriticConfig::default() }
    }
}

/// Runs the study; `None` when `watch` ended it.
///
/// # Errors
/// Settings out of their range, and those of the environment.
pub fn four_rooms_study(
    settings: &FourRoomsSettings,
    make: MakeBatch<'_>,
    watch: Watch<'_>,
) -> Result<Option<Report>, Error> {
    let options = settings.learner.options;
    let methods =
        [(format!("option-critic, {options} options"), options), ("flat actor-critic".to_owned(), 1)];
    let mut played = Vec::new();
    for (index, (name, options)) in methods.into_iter().enumerate() {
        let mut best: Option<(f64, Played)> = None;
        for (tried, policy_rate) in POLICY_RATES.into_iter().enumerate() {
            let config = OptionCriticConfig { options, policy_rate, ..settings.learner };
            let name = format!("{name}, policy rate {policy_rate}");
            let tries = POLICY_RATES.len() as f64;
            let part = &mut |done: f64| watch((index as f64 + (tried as f64 + done) / tries) / 2.0, &name);
            let Some(lengths) = play(settings, config, make, part)? else { return Ok(None) };
            let last = settings.before.saturating_sub(settings.block)..settings.before;
            let steps = mean(&block_means(&lengths, last));
            if best.as_ref().is_none_or(|(least, _)| steps < *least) {
                best = Some((steps, Played { name, lengths }));
            }
        }
        played.extend(best.map(|(_, played)| played));
    }
    Ok(Some(report(settings, &played)))
}

/// What a method did at its best policy rate.
struct Played {
    name: String,
    lengths: Lengths,
}

/// Steps of every episode, `[seeds][episodes]`.
type Lengths = Vec<Vec<u32>>;

fn play(
    settings: &FourRoomsSettings,
    config: OptionCriticConfig,
    make: MakeBatch<'_>,
    watch: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Option<Lengths>, Error> {
    let seeds = settings.seeds;
    let options = BuildOptions {
        num_envs: seeds,
        seed: 1,
        device: Device::Native,
        autoreset: AutoresetMode::Disabled,
        max_episode_steps: Some(1000),
        observations: vec!["cell".into()],
        threads: 1,
        options: [("size".to_owned(), (SIDE as i64).into()), ("slip".to_owned(), (1.0 / 3.0).into())].into(),
        ..BuildOptions::default()
    };
    let mut env = make(FOUR_ROOMS, &options)?;
    let mut context = [-1.0, -1.0, FIRST_GOAL[0], FIRST_GOAL[1]].repeat(seeds);
    env.reset_with(ResetOptions { seed: Some(1), context: Some(&context), ..ResetOptions::default() })?;
    let rooms = Layout::four_rooms(SIDE).lower_right();
    let mut randoms: Vec<_> = (1..=seeds as u64).map(|seed| stream(seed, Purpose::Actions)).collect();
    let learner = OptionCritic::new(SIDE * SIDE, env.spec().action_space.flat_len().max(4), config)?;
    let mut learners = vec![learner; seeds];
    let total = settings.before + settings.after;
    let mut lengths: Lengths = vec![Vec::with_capacity(total); seeds];
    let mut steps = vec![0_u32; seeds];
    let (mut running, mut ended) = (vec![true; seeds], vec![false; seeds]);
    let (mut actions, mut cells) = (vec![0; seeds], vec![0; seeds]);
    let mut calls = 0_u64;
    while running.contains(&true) {
        read_cells(&*env, &mut cells);
        for seed in (0..seeds).filter(|&seed| running[seed]) {
            actions[seed] = learners[seed].act(cells[seed], &mut randoms[seed]) as i32;
        }
        let step = env.step_masked((&actions).into(), &running)?;
        for seed in (0..seeds).filter(|&seed| running[seed]) {
            learners[seed].learn(&Transition {
                state: cells[seed],
                action: actions[seed] as usize,
                reward: f64::from(step.reward[seed]),
                next: step.observation["cell"].value(seed) as usize,
                terminated: step.terminated[seed],
            });
            steps[seed] += 1;
            ended[seed] = step.ended(seed);
        }
        for seed in (0..seeds).filter(|&seed| ended[seed]) {
            lengths[seed].push(std::mem::take(&mut steps[seed]));
            learners[seed].begin_episode();
            running[seed] = lengths[seed].len() < total;
            if lengths[seed].len() == settings.before {
                let cell = randoms[seed].element(&rooms);
                context[seed * 4 + 2] = (cell % SIDE) as f32;
                context[seed * 4 + 3] = (cell / SIDE) as f32;
            }
        }
        if ended.contains(&true) {
            env.reset_with(ResetOptions { seed: None, mask: Some(&ended), context: Some(&context) })?;
            ended.fill(false);
        }
        calls += 1;
        if calls.is_multiple_of(1000) {
            let done: usize = lengths.iter().map(Vec::len).sum();
            if watch(done as f64 / (seeds * total) as f64).is_break() {
                return Ok(None);
            }
        }
    }
    Ok(Some(lengths))
}

fn read_cells(env: &dyn VectorEnv, cells: &mut [usize]) {
    let field = &env.observation()["cell"];
    cells.iter_mut().enumerate().for_each(|(seed, cell)| *cell = field.value(seed) as usize);
}

/// Mean steps of the episodes `range`, of every seed.
fn block_means(lengths: &Lengths, range: std::ops::Range<usize>) -> Vec<f64> {
    lengths
        .iter()
        .map(|lengths| {
            let steps: Vec<f64> = lengths[range.clone()].iter().map(|&steps| f64::from(steps)).collect();
            mean(&steps)
        })
        .collect()
}

fn report(settings: &FourRoomsSettings, played: &[Played]) -> Report {
    let FourRoomsSettings { before, after, block, .. } = *settings;
    let judged = after.min(500);
    let mut rows = Vec::new();
    let parts = [
        (format!("steps an episode, the last {block} before the move"), before.saturating_sub(block)..before),
        (format!("steps an episode, the first {block} after the move"), before..before + block.min(after)),
        (format!("steps an episode, the first {judged} after the move"), before..before + judged),
        (
            format!("steps an episode, the last {block} of these"),
            before + judged.saturating_sub(block)..before + judged,
        ),
    ];
    for (quantity, range) in &parts {
        for Played { name, lengths } in played {
            rows.push(Row::new(name, quantity, block_means(lengths, range.clone())));
        }
    }
    let blocks = judged / block;
    let mean_of = |played: &Played, index: usize| {
        mean(&block_means(&played.lengths, before + index * block..before + (index + 1) * block))
    };
    let below = (0..blocks).filter(|&at| mean_of(&played[0], at) < mean_of(&played[1], at)).count();
    let after_move = |played: &Played| mean(&block_means(&played.lengths, before..before + judged));
    let [with, without] = [&played[0], &played[1]].map(after_move);
    let passed = below > 0 && with < without;
    let finding = format!(
        "{with:.1} steps against {without:.1} over the {judged} episodes after the move; the curve with options is the \
         lower one in {below} of {blocks} blocks"
    );
    let line = |Played { name, lengths }: &Played| {
        let points = (0..(before + after) / block)
            .map(|at| ((at * block + block / 2) as f64, block_means(lengths, at * block..(at + 1) * block)));
        Line::over_seeds(name, points)
    };
    Report {
        study: "option-critic".into(),
        seeds: settings.seeds,
        rows,
        claim: format!(
            "after the goal moved, an episode of option-critic takes fewer steps than one of the flat actor-critic \
             within {judged} episodes (means of the seeds over blocks of {block}, and over all of them)"
        ),
        finding,
        passed: Some(passed),
        chart: Some(Chart {
            title: format!("Four rooms, the goal moves after {before} episodes ({} seeds)", settings.seeds),
            x: "episode".into(),
            y: "steps of an episode".into(),
            lines: played.iter().map(line).collect(),
        }),
    }
}
