//! How many frames PPO takes to learn something: what studies of exploration compare.

use serde::{Deserialize, Serialize};

use crate::study::Watch;
use crate::trainer::Progress;
use crate::{Error, Trainer};

/// How a run of training went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// Frames until the goal was reached; all of them when it was not.
    pub frames: u64,
    /// Whether it was reached.
    pub reached: bool,
    /// Frames and success rate, wherever it was measured.
    pub curve: Vec<(f64, f64)>,
}

/// Asked after every update; a success rate when it has one.
pub type Measure<'a> = &'a mut dyn FnMut(&Trainer, &Progress) -> Result<Option<f64>, Error>;

/// Trains until `measure` finds a success rate of `goal`, or to the last frame; `None` when `watch` ended it. `measure`
/// is asked after every update and answers when it has a rate; `watch` is told the part of the frames that is played.
///
/// # Errors
/// Those of training and of `measure`.
pub fn train_to_success(
    trainer: &mut Trainer,
    goal: f64,
    measure: Measure<'_>,
    watch: Watch<'_>,
) -> Result<Option<Learned>, Error> {
    let updates = trainer.config().updates();
    let mut curve = Vec::new();
    for update in 1..=updates {
        let progress = trainer.train_update()?;
        if let Some(rate) = measure(trainer, &progress)? {
            curve.push((progress.frames as f64, rate));
            if rate >= goal {
                return Ok(Some(Learned { frames: progress.frames, reached: true, curve }));
            }
        }
        let message = format!("{:.2} M frames", progress.frames as f64 / 1e6);
        if watch(update as f64 / updates as f64, &message).is_break() {
            return Ok(None);
        }
    }
    Ok(Some(Learned { frames: trainer.frames(), reached: false, curve }))
}

/// The success rate of the last episodes of training, once there have been enough of them and where it is `every`
/// updates on.
pub fn recent_success(trainer: &Trainer, progress: &Progress) -> Option<f64> {
    let window = trainer.config().early_stop.window as u64;
    (progress.episodes >= window).then_some(progress.success_rate)
}

/// Curves of several seeds at common places: at each of `points` frames the last rate measured before. A run that
/// reached its goal keeps its last rate.
pub fn at_common_frames(runs: &[Learned], end: f64, points: usize) -> Vec<(f64, Vec<f64>)> {
    let rate_at = |run: &Learned, frames: f64| {
        let measured = run.curve.partition_point(|(at, _)| *at <= frames);
        if measured == 0 { 0.0 } else { run.curve[measured - 1].1 }
    };
    (0..=points)
        .map(|point| end * point as f64 / points as f64)
        .map(|frames| (frames, runs.iter().map(|run| rate_at(run, frames)).collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_read_at_common_frames() {
        let run = |curve: Vec<(f64, f64)>| Learned { frames: 10, reached: true, curve };
        let runs = [run(vec![(2.0, 0.5), (4.0, 0.9)]), run(vec![(6.0, 1.0)])];
        let points = at_common_frames(&runs, 8.0, 2);
        assert_eq!(points, [(0.0, vec![0.0, 0.0]), (4.0, vec![0.9, 0.0]), (8.0, vec![0.9, 1.0])]);
    }
}
