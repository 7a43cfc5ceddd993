//! How training shows itself: a bar in a terminal, a line now and then where there is none, or JSON lines.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use super::{experiment::Standing, output};

/// Time between two lines of progress where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// The progress of one run.
pub struct Display {
    bar: ProgressBar,
    is_shown: bool,
    in_terminal: bool,
    last_line: Instant,
    /// Frames and seconds at the last look, for the rate between.
    last: Option<(u64, f64)>,
}

impl Display {
    /// The display of a run of `total_frames` frames; `is_shown` is false where JSON lines are printed instead.
    pub fn new(title: &str, total_frames: u64, is_shown: bool) -> Self {
        let bar = if is_shown { ProgressBar::new(total_frames) } else { ProgressBar::hidden() };
        let style =
            ProgressStyle::with_template("{elapsed} {wide_bar} {human_pos}/{human_len} {msg} (eta {eta})")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        if is_shown {
            report(title);
        }
        let in_terminal = std::io::stderr().is_terminal();
        Self { bar, is_shown, in_terminal, last_line: Instant::now(), last: None }
    }

    /// What was done before, by the run that this one goes on with.
    pub fn begin_at(&mut self, frames: u64, seconds: f64) {
        self.last = Some((frames, seconds));
        self.bar.set_position(frames);
        self.bar.reset_eta();
    }

    /// Shows how the run stands.
    pub fn show(&mut self, standing: &Standing) {
        if !self.is_shown {
            return;
        }
        let (frames, seconds) = self.last.unwrap_or_default();
        let rate =
            (standing.frames - frames.min(standing.frames)) as f64 / (standing.seconds - seconds).max(1e-9);
        self.last = Some((standing.frames, standing.seconds));
        let message = format!(
            "{:.1} k frames/s, return {:.3}, success {:.1} %",
            rate / 1e3,
            standing.mean_return,
            standing.success_rate * 100.0
        );
        self.bar.set_length(standing.total_frames);
        self.bar.set_position(standing.frames);
        self.bar.set_message(message.clone());
        if !self.in_terminal && self.last_line.elapsed() >= LINE_INTERVAL {
            self.last_line = Instant::now();
            report(&format!("{} of {} frames: {message}", standing.frames, standing.total_frames));
        }
    }

    /// Leaves the bar as it is.
    pub fn finish(&self) {
        self.bar.abandon();
    }
}

/// A line of `fields` as JSON on standard output. A reader that went away must not end the training.
pub fn print_fields(fields: &impl serde::Serialize) {
    let _ = output::print_json(fields);
}

/// A line for the person who watches; lost when nobody does.
pub fn report(line: &str) {
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{line}\n"));
}
