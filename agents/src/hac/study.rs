//! The study of HAC: four rooms of 20 x 20 cells, start and goal anywhere, 200 steps or as many as the levels have; the
//! success rate of the greedy policy while learning, with one level, two and three.

use pentathlon_envs::grid_rooms::{FOUR_ROOMS, layout::Layout};
use pentathlon_gym::{AutoresetMode, BuildOptions, Device, ResetOptions, VectorEnv};

use super::{Control, GoalSpace, HacConfig, Hierarchy};
use crate::config::evaluation_seed;
use crate::logging::lines::{Chart, Line};
use crate::random::{Purpose, stream};
use crate::statistics::mean;
use crate::study::{FinishedRuns, Report, Row, Watch, said};
use crate::{Error, MakeBatch};

/// The cells of a grid as goals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rooms {
    layout: Layout,
}

impl Rooms {
    /// The cells of `layout`.
    pub fn new(layout: Layout) -> Self {
        Self { layout }
    }
}

impl GoalSpace for Rooms {
    fn states(&self) -> usize {
        self.layout.side() * self.layout.side()
    }

    fn actions(&self) -> usize {
        4
    }

    fn features(&self) -> usize {
        4 * self.layout.side()
    }

    /// Column and row of both, one number for each that there is.
    fn describe(&self, state: usize, goal: usize, features: &mut [f32]) {
        let side = self.layout.side();
        features.fill(0.0);
        for (part, at) in [state % side, state / side, goal % side, goal / side].into_iter().enumerate() {
            features[part * side + at] = 1.0;
        }
    }

    fn may_target(&self, state: usize, target: usize, steps: u32) -> bool {
        let side = self.layout.side();
        let far = (state % side).abs_diff(target % side) + (state / side).abs_diff(target / side);
        target != state && far <= steps as usize && self.layout.is_free(target)
    }
}

/// How the study is run.
#[derive(Clone, Debug, PartialEq)]
pub struct RoomsSettings {
    /// Seeds.
    pub seeds: u64,
    /// Frames of a run.
    pub frames: u64,
    /// Environments that play at the same time.
    pub num_envs: usize,
    /// Points of the curve.
    pub points: u64,
    /// Side of the rooms.
    pub side: usize,
    /// The hierarchy; its number of levels is what is compared.
    pub hierarchy: HacConfig,
}

impl Default for RoomsSettings {
    fn default() -> Self {
        Self { seeds: 3, frames: 40_000, num_envs: 8, points: 12, side: 20, hierarchy: HacConfig::default() }
    }
}

/// Episodes of an evaluation.
const EPISODES: usize = 100;
/// Numbers of levels that are compared.
const LEVELS: [usize; 3] = [3, 2, 1];

/// Runs the study, but for what is `finished`; `None` when `watch` ended it.
///
/// # Errors
/// Settings out of their range, and those of learning.
pub fn rooms_study(
    settings: &RoomsSettings,
    make: MakeBatch<'_>,
    finished: &FinishedRuns,
    watch: Watch<'_>,
) -> Result<Option<Report>, Error> {
    let runs = (LEVELS.len() as u64 * settings.seeds) as f64;
    let mut done = 0.0;
    let mut curves: Vec<Vec<Vec<(f64, f64)>>> = vec![Vec::new(); LEVELS.len()];
    for seed in 1..=settings.seeds {
        for (levels, curves) in LEVELS.into_iter().zip(&mut curves) {
            let told = &mut |part: f64| watch((done + part) / runs, &format!("seed {seed}, {levels} levels"));
            let name = format!("hac, seed {seed}, {levels} levels");
            let alike = format!("{:?}", RoomsSettings { seeds: 1, ..settings.clone() });
            let curve = finished.find_or(&name, &alike, || train(settings, levels, seed, make, told))?;
            let Some(curve) = curve else { return Ok(None) };
            curves.push(curve);
            done += 1.0;
        }
    }
    Ok(Some(report(settings, &curves)))
}

fn build(
    settings: &RoomsSettings,
    episode_length: u32,
    num_envs: usize,
    seed: u64,
    make: MakeBatch<'_>,
) -> Result<Box<dyn VectorEnv>, Error> {
    let options = BuildOptions {
        num_envs,
        seed,
        device: Device::Native,
        autoreset: AutoresetMode::Disabled,
        max_episode_steps: Some(episode_length),
        observations: vec!["cell".into(), "goal".into()],
        threads: 1,
        options: [("size".to_owned(), (settings.side as i64).into())].into(),
        ..BuildOptions::default()
    };
    Ok(make(FOUR_ROOMS, &options)?)
}

/// Where agent and goal of every environment are.
fn cells(env: &dyn VectorEnv, side: usize) -> (Vec<usize>, Vec<usize>) {
    let observation = env.observation();
    let (cell, goal) = (&observation["cell"], &observation["goal"]);
    let place = |env: usize, part: usize| (goal.value(2 * env + part) * (side - 1) as f64).round() as usize;
    (0..env.num_envs()).map(|env| (cell.value(env) as usize, place(env, 1) * side + place(env, 0))).unzip()
}

fn train(
    settings: &RoomsSettings,
    levels: usize,
    seed: u64,
    make: MakeBatch<'_>,
    watch: &mut dyn FnMut(f64) -> std::ops::ControlFlow<()>,
) -> Result<Option<Vec<(f64, f64)>>, Error> {
    let config = HacConfig { levels, ..settings.hierarchy.clone() };
    let length = config.episode_length();
    let mut hierarchy = Hierarchy::new(Rooms::new(Layout::four_rooms(settings.side)), config, seed)?;
    let num_envs = settings.num_envs;
    let mut env = build(settings, length, num_envs, seed, make)?;
    let mut control = Control::new(num_envs, levels, true, stream(seed, Purpose::Actions));
    env.as_mut().reset(seed)?;
    let (mut states, goals) = cells(&*env, settings.side);
    (0..num_envs).for_each(|index| control.begin(index, goals[index]));
    let (active, mut actions, mut ended) = (vec![true; num_envs], vec![0; num_envs], vec![false; num_envs]);
    let steps = settings.frames / num_envs as u64;
    let every = (steps / settings.points).max(1);
    let mut curve = Vec::new();
    for step in 0..=steps {
        if step.is_multiple_of(every) {
            curve.push(((step * num_envs as u64) as f64, judge(settings, &mut hierarchy, seed, make)?));
        }
        control.act(&hierarchy, &states, &active, &mut actions);
        let made = env.step_with((&actions).into())?;
        for index in 0..num_envs {
            states[index] = made.observation["cell"].value(index) as usize;
            ended[index] = made.ended(index);
        }
        for index in 0..num_envs {
            control.observe(&mut hierarchy, index, states[index], ended[index]);
        }
        if ended.contains(&true) {
            env.reset_with(ResetOptions { mask: Some(&ended), ..ResetOptions::default() })?;
            let (new_states, goals) = cells(&*env, settings.side);
            for index in (0..num_envs).filter(|&index| ended[index]) {
                states[index] = new_states[index];
                control.begin(index, goals[index]);
            }
        }
        hierarchy.update()?;
        if step.is_multiple_of(20) && watch(step as f64 / steps as f64).is_break() {
            return Ok(None);
        }
    }
    Ok(Some(curve))
}

/// Success rate of the greedy hierarchy, one episode in each of so many environments.
fn judge(
    settings: &RoomsSettings,
    hierarchy: &mut Hierarchy<Rooms>,
    seed: u64,
    make: MakeBatch<'_>,
) -> Result<f64, Error> {
    let levels = hierarchy.config().levels;
    let length = hierarchy.config().episode_length();
    let mut env = build(settings, length, EPISODES, evaluation_seed(seed), make)?;
    env.as_mut().reset(evaluation_seed(seed))?;
    let mut control = Control::new(EPISODES, levels, false, stream(seed, Purpose::Evaluation));
    let (mut states, goals) = cells(&*env, settings.side);
    (0..EPISODES).for_each(|index| control.begin(index, goals[index]));
    let (mut running, mut actions) = (vec![true; EPISODES], vec![0; EPISODES]);
    let mut successes = 0;
    while running.contains(&true) {
        control.act(hierarchy, &states, &running, &mut actions);
        let stepped = running.clone();
        let made = env.step_masked((&actions).into(), &stepped)?;
        for index in (0..EPISODES).filter(|&index| stepped[index]) {
            states[index] = made.observation["cell"].value(index) as usize;
            running[index] = !made.ended(index);
            successes += usize::from(made.info.success[index]);
        }
        for index in (0..EPISODES).filter(|&index| stepped[index]) {
            control.observe(hierarchy, index, states[index], !running[index]);
        }
    }
    Ok(successes as f64 / EPISODES as f64)
}

fn report(settings: &RoomsSettings, curves: &[Vec<Vec<(f64, f64)>>]) -> Report {
    let name = |levels: usize| if levels == 1 { "flat".to_owned() } else { format!("{levels} levels") };
    let (mut rows, mut lines, mut means) = (Vec::new(), Vec::new(), Vec::new());
    for (levels, runs) in LEVELS.into_iter().zip(curves) {
        let over_time =
            |curve: &Vec<(f64, f64)>| mean(&curve.iter().map(|(_, rate)| *rate).collect::<Vec<f64>>());
        let all: Vec<f64> = runs.iter().map(over_time).collect();
        means.push(mean(&all));
        rows.push(Row::new(name(levels), "success rate, mean over the training", all));
        let last = |curve: &Vec<(f64, f64)>| curve.last().map_or(0.0, |(_, rate)| *rate);
        rows.push(Row::new(name(levels), "success rate at the end", runs.iter().map(last).collect()));
        let points = (0..runs[0].len())
            .map(|at| (runs[0][at].0, runs.iter().map(|curve| curve[at].1).collect::<Vec<f64>>()));
        lines.push(Line::over_seeds(name(levels), points));
    }
    Report {
        study: "hac".into(),
        seeds: settings.seeds as usize,
        rows,
        claim: format!(
            "in four rooms of {0} x {0} cells, H = {1}, {2}, three levels learn faster than two, and two than one \
             (success rate of the greedy policy, mean over {3} frames of training)",
            settings.side,
            settings.hierarchy.horizon,
            match settings.hierarchy.episode_steps {
                Some(steps) => format!("{steps} steps an episode"),
                None => "H^levels steps an episode".into(),
            },
            settings.frames
        ),
        finding: format!(
            "3 levels {:.3}, 2 levels {:.3}, flat {:.3}: three faster than two: {}; two faster than one: {}",
            means[0],
            means[1],
            means[2],
            said(means[0] > means[1]),
            said(means[1] > means[2]),
        ),
        passed: Some(means[0] > means[1] && means[1] > means[2]),
        chart: Some(Chart {
            title: format!("Four rooms of {0} x {0} cells, levels of goals", settings.side),
            x: "frames".into(),
            y: "success rate of the greedy policy".into(),
            lines,
        }),
    }
}
