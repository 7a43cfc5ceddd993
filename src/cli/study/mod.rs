//! `pentathlon study`: small experiments that show what a method is for, each with a claim that is checked over
//! several seeds.

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::Ordering,
};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use pentathlon::agents::{
    self, Checkpoint,
    behaviour_cloning::ClonedCheckpoint,
    continuous_control::ContinuousCheckpoint,
    decision_frequency::{FrequencySettings, frequency_study},
    gmah::is_hierarchy,
    hac::{RoomsSettings, rooms_study},
    mbtl::{CartPoleSettings, cart_pole_study},
    option_critic::{FourRoomsSettings, four_rooms_study},
    policy::Policy,
    qmix::TeamCheckpoint,
    sequence_policy::{PendulumSettings, pendulum_study},
    snapshot_starts::{SnapshotSettings, snapshot_starts_study},
    study::{
        FinishedRuns, Report, Watch,
        door_key::{DoorKeyParts, door_key_study},
        hierarchy::{HierarchySettings, relabelling_study},
        subgoal_teacher::{TeacherSettings, subgoal_teacher_study},
        trash_grid::trash_grid_study,
    },
    subpo::{CoverageSettings, coverage_study},
};

use super::{
    cormab,
    eval::find_checkpoint,
    exit::{Interrupted, Usage},
    interrupt, output,
    policy::build,
};

/// Folder of finished runs in that of `--out`.
const RUNS: &str = "runs";

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Every study ends with a table (means over seeds with 95 % bootstrap intervals) and says whether its claim holds.

Examples:
  pentathlon study option-critic
  pentathlon study subgoal-teacher --experiment teacher_doorkey_8x8
  pentathlon study decision-frequency runs/doorkey
  pentathlon study gmah-door-key --moving-goal-only
  pentathlon study sequence-policy --seeds 2 --frames 20000
  pentathlon study option-critic --seeds 5 --json --out studies/")]
pub struct Arguments {
    #[command(subcommand)]
    study: Study,
}

/// What all studies take.
#[derive(clap::Args, Debug)]
struct Common {
    /// Number of seeds; the study's own number unless given
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    seeds: Option<u32>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Folder for NAME.json and the chart NAME.svg, and for finished runs, from which the same command goes on
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// What the studies of hierarchies take.
#[derive(clap::Args, Debug)]
struct Hierarchy {
    #[command(flatten)]
    common: Common,
    /// Field of the hierarchy's configuration, such as low.frames=100_000; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    changes: Vec<String>,
    /// Most frames of the flat agents
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    flat_frames: Option<u64>,
}

impl Hierarchy {
    fn settings(&self) -> HierarchySettings {
        let default = HierarchySettings::default();
        HierarchySettings {
            seeds: self.common.seeds.map_or(default.seeds, u64::from),
            changes: self.changes.clone(),
            flat_frames: self.flat_frames.unwrap_or(default.flat_frames),
            ..default
        }
    }
}

#[derive(Debug, clap::Subcommand)]
enum Study {
    /// Options that learn when to end, against a flat actor-critic, in four rooms whose goal moves
    OptionCritic(Common),
    /// PPO with a teacher that shows subgoals, and without: frames to a success rate of 0.9
    SubgoalTeacher {
        #[command(flatten)]
        common: Common,
        /// Built-in experiment to run, instead of all; may be repeated
        #[arg(long, value_name = "NAME", value_parser = ["teacher_doorkey_8x8", "teacher_keycorridor_s3r3"])]
        experiment: Vec<String>,
        /// Most frames of a run, instead of the experiment's
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        frames: Option<u64>,
    },
    /// PPO whose first episodes start from an expert's states, and without: frames to a success rate of 0.9
    SnapshotStarts {
        #[command(flatten)]
        common: Common,
        /// Most frames of a run
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        frames: Option<u64>,
    },
    /// Training on a few of 100 kinds of cart-poles, chosen by a model, at random or at equal distances
    Mbtl {
        #[command(flatten)]
        common: Common,
        /// Frames of each training
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        frames: Option<u64>,
    },
    /// A hierarchy of subgoals (GMAH) against flat PPO in DoorKey-8x8, with and without noticing change, where nothing
    /// changes and where the goal moves
    GmahDoorKey {
        #[command(flatten)]
        study: Hierarchy,
        /// Only what noticing change is worth where the goal moves
        #[arg(long)]
        moving_goal_only: bool,
    },
    /// What hindsight saves the low level of a hierarchy in Trash-Grid
    GmahRelabelling(Hierarchy),
    /// A hierarchy for a team, with mixed subgoal values and without, against MAPPO, a one-step actor-critic, QMIX and
    /// COMA in Trash-Grid
    GmahTrashGrid {
        #[command(flatten)]
        study: Hierarchy,
        /// Trains the others also for as many frames as all stages of the hierarchy together, its low level's included:
        /// with the experiment's numbers, five times as many
        #[arg(long)]
        count_low_level: bool,
    },
    /// Goals on one, two and three levels (hindsight actor-critic with deep Q-learning), in four rooms of 20 x 20
    Hac {
        #[command(flatten)]
        common: Common,
        /// Frames of a run
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        frames: Option<u64>,
        /// Steps of every episode; the highest level has as many of its own as that takes
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "equal_horizons")]
        episode_steps: Option<u32>,
        /// Gives the highest level H steps as any other, as in the paper: H^levels steps an episode
        #[arg(long)]
        equal_horizons: bool,
    },
    /// A trained policy that may decide only every 1 to 16 steps
    DecisionFrequency {
        /// Checkpoint, or the folder of a run
        checkpoint: PathBuf,
        #[command(flatten)]
        common: Common,
        /// Episodes for each repeat length and seed
        #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
        episodes: u32,
        /// Returns that count as 0 and 1, such as 0,500; else random actions and deciding at every step
        #[arg(long, value_name = "LOW,HIGH", value_parser = parse_range, allow_hyphen_values = true)]
        range: Option<Range>,
    },
    /// A policy that lays out sequences of actions (SRL) against TD3 with action repeat, deciding every 1 to 16 steps,
    /// on the pendulum
    SequencePolicy {
        #[command(flatten)]
        common: Common,
        /// Frames of each training
        #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
        frames: Option<u64>,
        /// Episodes for each number of steps and seed
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        episodes: Option<u32>,
    },
    /// A policy gradient on submodular rewards, against the greedy walk, covering a grid
    Subpo(Common),
}

/// Two different numbers.
#[derive(Clone, Copy, Debug)]
struct Range([f64; 2]);

fn parse_range(text: &str) -> Result<Range, String> {
    let numbers: Vec<f64> = text.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    match numbers[..] {
        [low, high] if low.is_finite() && high.is_finite() && low != high => Ok(Range([low, high])),
        _ => Err(String::from("allowed: two different numbers, such as 0,500")),
    }
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.study {
        Study::OptionCritic(common) => report(common, |_, watch| {
            let mut settings = FourRoomsSettings::default();
            settings.seeds = common.seeds.map_or(settings.seeds, |seeds| seeds as usize);
            four_rooms_study(&settings, &build, watch)
        }),
        Study::SubgoalTeacher { common, experiment, frames } => report(common, |finished, watch| {
            let mut settings = TeacherSettings::default();
            settings.seeds = common.seeds.map_or(settings.seeds, u64::from);
            settings.most_frames = frames.unwrap_or(settings.most_frames);
            if !experiment.is_empty() {
                settings.experiments.retain(|name| experiment.iter().any(|given| given == name));
            }
            subgoal_teacher_study(&settings, &build, finished, watch)
        }),
        Study::SnapshotStarts { common, frames } => report(common, |finished, watch| {
            let mut settings = SnapshotSettings::default();
            settings.seeds = common.seeds.map_or(settings.seeds, u64::from);
            settings.frames = frames.unwrap_or(settings.frames);
            snapshot_starts_study(&settings, &build, finished, watch)
        }),
        Study::Mbtl { common, frames } => report(common, |finished, watch| {
            let mut settings = CartPoleSettings::default();
            settings.seeds = common.seeds.map_or(settings.seeds, u64::from);
            settings.frames = frames.unwrap_or(settings.frames);
            cart_pole_study(&settings, &build, finished, watch)
        }),
        Study::Hac { common, frames, episode_steps, equal_horizons } => report(common, |finished, watch| {
            let mut settings = RoomsSettings::default();
            settings.seeds = common.seeds.map_or(settings.seeds, u64::from);
            settings.frames = frames.unwrap_or(settings.frames);
            settings.hierarchy.episode_steps = match equal_horizons {
                true => None,
                false => episode_steps.or(settings.hierarchy.episode_steps),
            };
            rooms_study(&settings, &build, finished, watch)
        }),
        Study::DecisionFrequency { checkpoint, common, episodes, range } => {
            let path = find_checkpoint(checkpoint);
            if ContinuousCheckpoint::is_at(&path) {
                let reason = "it lays out what it does between two decisions; use eval --decide-every";
                return Err(Usage(format!("{}: {reason}", path.display())).into());
            }
            if let Some(learner) = other_than_ppo(&path) {
                let reason = format!("it is {learner}; this study takes runs of PPO");
                return Err(Usage(format!("{}: {reason}", path.display())).into());
            }
            let checkpoint = Checkpoint::load(&path)?;
            let config = &checkpoint.config;
            let settings = FrequencySettings {
                id: config.environment.id.clone(),
                options: config.build_options(1, config.evaluation_seed()),
                episodes: *episodes as usize,
                seeds: common.seeds.map_or(3, u64::from),
                range: range.map(|Range(range)| range),
            };
            let env = build(&settings.id, &settings.options)?;
            let policy = &mut |seed: u64| -> Result<Box<dyn Policy>, agents::Error> {
                let seed = config.evaluation_seed().wrapping_add(seed);
                Ok(Box::new(checkpoint.policy(&*env, config.evaluation.greedy, seed)?))
            };
            report(common, |_, watch| frequency_study(&settings, policy, &build, watch))
        }
        Study::SequencePolicy { common, frames, episodes } => report(common, |finished, watch| {
            let mut settings = PendulumSettings::default();
            settings.seeds = common.seeds.map_or(settings.seeds, u64::from);
            settings.frames = frames.unwrap_or(settings.frames);
            settings.episodes = episodes.map_or(settings.episodes, |episodes| episodes as usize);
            pendulum_study(&settings, &build, finished, watch)
        }),
        Study::GmahDoorKey { study, moving_goal_only } => report(&study.common, |finished, watch| {
            let parts = if *moving_goal_only { DoorKeyParts::MovingGoal } else { DoorKeyParts::All };
            door_key_study(&study.settings(), parts, &build, finished, watch)
        }),
        Study::GmahRelabelling(study) => report(&study.common, |finished, watch| {
            relabelling_study(&study.settings(), &build, finished, watch)
        }),
        Study::GmahTrashGrid { study, count_low_level } => report(&study.common, |finished, watch| {
            let settings = HierarchySettings { count_low_level: *count_low_level, ..study.settings() };
            trash_grid_study(&settings, &build, finished, watch)
        }),
        Study::Subpo(common) => report(common, |finished, watch| {
            let mut settings = CoverageSettings::default();
            settings.seeds = common.seeds.map_or(settings.seeds, u64::from);
            coverage_study(&settings, &build, finished, watch)
        }),
    }
}

/// What the checkpoint at `path` is of, where that is another learner than PPO.
fn other_than_ppo(path: &Path) -> Option<&'static str> {
    let kinds = [
        (TeamCheckpoint::is_at(path), "a run of a value learner or of COMA"),
        (is_hierarchy(path), "a run of a hierarchy"),
        (ClonedCheckpoint::is_at(path), "a policy that was imitated"),
        (cormab::is_run(path), "a run of SEQUOIA"),
    ];
    kinds.into_iter().find(|(is_it, _)| *is_it).map(|(_, learner)| learner)
}

/// Runs a study under a progress bar and reports it.
fn report(
    common: &Common,
    study: impl FnOnce(&FinishedRuns, Watch<'_>) -> Result<Option<Report>, agents::Error>,
) -> anyhow::Result<()> {
    let mut finished = FinishedRuns::nowhere();
    if let Some(folder) = &common.out {
        std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        finished = FinishedRuns::in_folder(folder.join(RUNS));
    }
    let stop = interrupt::listen()?;
    let bar = if common.json { ProgressBar::hidden() } else { ProgressBar::new(1000) };
    let style = ProgressStyle::with_template("{elapsed} {wide_bar} {percent} % {msg} (eta {eta})");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let found = study(&finished, &mut |done, message| {
        bar.set_position((1000.0 * done) as u64);
        bar.set_message(message.to_owned());
        if stop.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.finish_and_clear();
    let Some(found) = found? else {
        let what_is_kept = match finished.folder().filter(|folder| folder.exists()) {
            Some(runs) => {
                format!("finished runs are in {}, and the same command goes on from them", runs.display())
            }
            None if common.out.is_some() => String::from("no run was finished"),
            None => String::from("nothing is kept; with --out FOLDER finished runs are"),
        };
        return Err(Interrupted(format!("the study is not finished; {what_is_kept}")).into());
    };
    if let Some(folder) = &common.out {
        output::write_file(&folder.join(format!("{}.json", found.study)), |writer| {
            Ok(serde_json::to_writer_pretty(writer, &found)?)
        })?;
        if let Some(chart) = &found.chart {
            chart.draw(&folder.join(format!("{}.svg", found.study)))?;
        }
    }
    if common.json { output::print_json(&found) } else { output::print(&describe(&found)) }
}

fn describe(report: &Report) -> String {
    let mut lines = vec![["method", "quantity", "mean", "95 % interval"].map(String::from).to_vec()];
    for row in &report.rows {
        let [low, high] = row.interval;
        let interval = format!("{} to {}", number(low), number(high));
        let [mean, interval] = match row.mean.is_nan() {
            true => ["not measured".to_owned(), String::new()],
            false => [number(row.mean), interval],
        };
        lines.push(vec![row.method.clone(), row.quantity.clone(), mean, interval]);
    }
    format!(
        "{}, {} seed(s)\n\n{}\nclaim: {}\nfound: {}\n{}\n",
        report.study,
        report.seeds,
        output::table(&lines),
        report.claim,
        report.finding,
        match report.passed {
            Some(true) => "passed",
            Some(false) => "failed",
            None =>
                "not measured: in the frames of some row no episode ended, or too few; give it more frames",
        }
    )
}

/// A number with about four digits.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use pentathlon::agents::study::Row;

    use super::*;

    #[test]
    fn a_report_says_what_was_claimed_and_found() {
        let report = Report {
            study: "coin".into(),
            seeds: 2,
            rows: vec![Row::new("toss", "heads", vec![0.0, 1.0])],
            claim: "it is fair".into(),
            finding: "half of them".into(),
            passed: Some(true),
            chart: None,
        };
        let text = describe(&report);
        for part in
            ["coin, 2 seed(s)", "toss    heads     0.500  0.000 to 1.000", "claim: it is fair", "passed"]
        {
            assert!(text.contains(part), "{text}");
        }
        let row = Row::new("toss", "heads of no coins", vec![f64::NAN, 1.0]);
        let text = describe(&Report { rows: vec![row], passed: None, ..report });
        assert!(
            text.contains("heads of no coins  not measured") && text.contains("\nnot measured: "),
            "{text}"
        );
        assert!(!text.contains("NaN"), "{text}");
    }
}
