//! The study of GMAH on Trash-Grid: hierarchies of subgoals for a team, with mixed subgoal values and without, beside
//! learners of primitive actions.

use super::hierarchy::{HierarchySettings, flat, high, mean_return, train_flat, train_hierarchy};
use super::{Report, Row, Watch, said};
use crate::gmah::{GmahConfig, Stage};
use crate::logging::table::TrainingEpisode;
use crate::qmix::{QmixConfig, TeamTrainer};
use crate::statistics::mean;
use crate::{Config, Error, MakeBatch};

/// Trains the team of `config` to the end; `None` when `watch` ended it.
fn train_team(
    config: QmixConfig,
    make: MakeBatch<'_>,
    watch: Watch<'_>,
) -> Result<Option<Vec<TrainingEpisode>>, Error> {
    let frames = config.frames;
    let mut trainer = TeamTrainer::new(config, make)?;
    let mut episodes = Vec::new();
    while trainer.frames() < frames {
        trainer.step()?;
        episodes.extend(trainer.take_episodes());
        let message = format!("flat: {:.2} M frames", trainer.frames() as f64 / 1e6);
        if watch(trainer.frames() as f64 / frames as f64, &message).is_break() {
            return Ok(None);
        }
    }
    Ok(Some(episodes))
}

/// A flat learner of teams that hierarchies are compared with: its name, and the text of its experiment.
type Rival = (&'static str, &'static str);

/// Those that are trained by [`Trainer`](crate::Trainer).
const POLICIES: [Rival; 2] = [
    ("MAPPO", include_str!("../../../experiments/mappo_trash_grid.toml")),
    ("one-step actor-critic", include_str!("../../../experiments/actor_critic_trash_grid.toml")),
];

/// Those that are trained by [`TeamTrainer`].
const TEAMS: [Rival; 2] = [
    ("QMIX", include_str!("../../../experiments/qmix_trash_grid.toml")),
    ("COMA", include_str!("../../../experiments/coma_trash_grid.toml")),
];

/// Hierarchies, with mixed subgoal values and without, against QMIX, MAPPO, COMA and the one-step actor-critic that
/// GMAH's release calls COMA, on Trash-Grid; `None` when `watch` ended it.
///
/// # Errors
/// Those of training.
pub fn trash_grid_study(
    settings: &HierarchySettings,
    make: MakeBatch<'_>,
    watch: Watch<'_>,
) -> Result<Option<Report>, Error> {
    let (mut plain, mut with_mixing) = (Vec::new(), Vec::new());
    let mut rivals: [Vec<f64>; POLICIES.len() + TEAMS.len()] = Default::default();
    let (runs, mut done) = (settings.seeds as f64 * (1 + rivals.len()) as f64, 0.0);
    let (mut low_frames, mut stages, mut flat_frames) = (0, [0; 2], 0);
    for seed in 1..=settings.seeds {
        let mut changes = settings.changes.clone();
        changes.push(format!("seed={seed}"));
        let config = GmahConfig::experiment("gmah_trash_grid", &changes)?;
        let (frames, mixing) = (config.high.frames, config.mixing.frames);
        (low_frames, stages) = (config.low.frames, [frames, mixing]);
        flat_frames = (frames + mixing).min(settings.flat_frames);
        let told =
            &mut |part: f64, message: &str| watch((done + part) / runs, &format!("seed {seed}, {message}"));
        let Some(episodes) = train_hierarchy(config, make, told)? else { return Ok(None) };
        plain.push(mean_return(high(&episodes), frames * 3 / 4..u64::MAX));
        let mixed = episodes.iter().filter(|(stage, ..)| *stage == Stage::Mixing);
        let mixed = mixed.map(|(_, at, episode)| (*at, episode));
        with_mixing.push(mean_return(mixed, mixing * 3 / 4..u64::MAX));
        done += 1.0;

        let changes = [format!("seed={seed}"), format!("frames={flat_frames}")];
        for (index, (name, text)) in POLICIES.into_iter().chain(TEAMS).enumerate() {
            let told = &mut |part: f64, message: &str| {
                watch((done + part) / runs, &format!("seed {seed}, {name}, {message}"))
            };
            let episodes = if index < POLICIES.len() {
                train_flat(Config::from_toml(text, &changes)?, make, told)?
            } else {
                // Chance falls over half of the frames, however many there are.
                let changes = [&changes[..], &[format!("exploration.frames={}", flat_frames / 2)]].concat();
                train_team(QmixConfig::with_overrides(name, text, &changes)?, make, told)?
            };
            let Some(episodes) = episodes else { return Ok(None) };
            rivals[index].push(mean_return(flat(&episodes), flat_frames * 3 / 4..u64::MAX));
            done += 1.0;
        }
    }
    let gain: Vec<f64> = plain.iter().zip(&with_mixing).map(|(plain, mixed)| mixed - plain).collect();
    let means = rivals.each_ref().map(|values| mean(values));
    let names = POLICIES.into_iter().chain(TEAMS).map(|(name, _)| name);
    let holds = [means.iter().all(|rival| mean(&plain) > *rival), mean(&gain) >= 0.0];
    let found: Vec<String> =
        names.clone().zip(means).map(|(name, mean)| format!("{name} {mean:.1}")).collect();
    let finding = format!(
        "GMAH {:.1}, {}: {}; with mixed values {:.1}: {}",
        mean(&plain),
        found.join(", "),
        said(holds[0]),
        mean(&with_mixing),
        said(holds[1])
    );
    let [high_frames, mixing_frames] = stages;
    let mut rows = vec![
        Row::new(
            "GMAH",
            format!("return, last quarter of {high_frames} frames after {low_frames} of the low level"),
            plain,
        ),
        Row::new(
            "GMAH and GMIX",
            format!("return, last quarter of the mixing stage's {mixing_frames} frames"),
            with_mixing,
        ),
    ];
    let of_rivals = format!("return, last quarter of {flat_frames} frames in all");
    rows.extend(names.zip(rivals).map(|(name, values)| Row::new(name, of_rivals.clone(), values)));
    rows.push(Row::new("GMAH and GMIX", "return above GMAH's", gain));
    Ok(Some(Report {
        study: "gmah-trash-grid".into(),
        seeds: settings.seeds as usize,
        rows,
        claim: "on a trained low level GMAH earns more than MAPPO, the one-step actor-critic, QMIX and COMA, and no less \
                with mixed values"
            .into(),
        finding,
        passed: holds.iter().all(|holds| *holds),
        chart: None,
    }))
}
