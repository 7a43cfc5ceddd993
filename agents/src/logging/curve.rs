//! Learning curves as a picture: success or return against frames, one panel a task, and in it one line for every group
//! of runs that differ in their seed: the mean of the seeds and their range, or their interquartile mean and its
//! bootstrap interval.

use std::path::Path;

use plotters::prelude::*;

use super::table::read_columns;
use crate::Error;
use crate::statistics::interquartile_interval;

/// A quantity of one run over its frames.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Frames played, increasing.
    pub frames: Vec<f64>,
    /// The quantity at each.
    pub values: Vec<f64>,
}

/// Runs that differ in their seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they have in common; empty for nothing to be told apart from.
    pub name: String,
    /// One curve a seed.
    pub curves: Vec<Curve>,
}

/// What is drawn against frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The share of successful episodes, 0 to 1.
    Success,
    /// The return of episodes, as far as it goes.
    Return,
}

/// How the seeds of a group become a line and a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Summary {
    /// Mean, least and largest value.
    Range,
    /// Interquartile mean and its 95 % bootstrap interval.
    Interquartile,
}

/// One task.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Name of the task.
    pub title: String,
    /// What is drawn.
    pub quantity: Quantity,
    /// What lines and bands are.
    pub summary: Summary,
    /// The lines.
    pub groups: Vec<Group>,
}

/// Width and height of a panel in pixels.
const PANEL: (u32, u32) = (640, 400);
/// Points of a drawn line.
const POINTS: usize = 200;

impl Curve {
    /// The success in a `progress.csv`.
    ///
    /// # Errors
    /// A file that is not a progress table.
    pub fn from_table(path: &Path) -> Result<Self, Error> {
        let [frames, values] = read_columns(path, ["frames", "success_rate"])?;
        Ok(Self { frames, values })
    }

    /// The mean over the last `window` episodes, at the end of each, of the column `name` of an `episodes.csv`:
    /// `return`, `length` or `success`.
    ///
    /// # Errors
    /// A file that is not a table of episodes.
    pub fn of_episodes(path: &Path, name: &str, window: usize) -> Result<Self, Error> {
        let [frames, mut values] = read_columns(path, ["frames", name])?;
        let window = window.max(1);
        let single = values.clone();
        let mut sum = 0.0;
        for (index, value) in values.iter_mut().enumerate() {
            sum += single[index];
            if index >= window {
                sum -= single[index - window];
            }
            *value = sum / (index + 1).min(window) as f64;
        }
        Ok(Self { frames, values })
    }

    /// The value at `frames`, between two points on the line between them; before the first point and
    /// after the last one, that of the point.
    pub fn at(&self, frames: f64) -> f64 {
        let after = self.frames.partition_point(|&point| point <= frames);
        if after == 0 {
            return self.values.first().copied().unwrap_or(0.0);
        }
        let (left, before) = (self.frames[after - 1], self.values[after - 1]);
        match self.frames.get(after) {
            Some(&right) => before + (self.values[after] - before) * (frames - left) / (right - left),
            None => before,
        }
    }

    /// The mean value from frame 0 to frame `end`: the area under the curve, divided by its length.
    pub fn mean_to(&self, end: f64) -> f64 {
        let points = (0..=POINTS).map(|point| self.at(end * point as f64 / POINTS as f64));
        let values: Vec<f64> = points.collect();
        values.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).sum::<f64>() / POINTS as f64
    }
}

impl Panel {
    /// The success of runs of one task: the mean of the seeds, and their range.
    pub fn of_success(title: &str, curves: Vec<Curve>) -> Self {
        let groups = vec![Group { name: String::new(), curves }];
        Self { title: title.to_owned(), quantity: Quantity::Success, summary: Summary::Range, groups }
    }

    fn curves(&self) -> impl Iterator<Item = &Curve> {
        self.groups.iter().flat_map(|group| &group.curves).filter(|curve| !curve.frames.is_empty())
    }
}

/// The middle, the lower and the upper end of `curves` at `frames`.
fn spread(curves: &[&Curve], frames: f64, summary: Summary) -> [f64; 3] {
    let values: Vec<f64> = curves.iter().map(|curve| curve.at(frames)).collect();
    match summary {
        Summary::Range => {
            let least = values.iter().copied().fold(f64::INFINITY, f64::min);
            let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            [values.iter().sum::<f64>() / values.len() as f64, least, largest]
        }
        Summary::Interquartile => {
            let interval = interquartile_interval(&values, 0);
            [interval.mean, interval.low, interval.high]
        }
    }
}

/// Draws `panels` one below the other into the SVG file `path`.
///
/// # Errors
/// No curve to draw, or a file that cannot be written.
pub fn draw(path: &Path, panels: &[Panel]) -> Result<(), Error> {
    let failed = |reason: String| Error::Curve { path: path.to_owned(), reason };
    if panels.is_empty() || panels.iter().any(|panel| panel.curves().next().is_none()) {
        return Err(failed(String::from("there is a panel without any point")));
    }
    let mut picture = String::new();
    {
        let size = (PANEL.0, PANEL.1 * panels.len() as u32);
        let area = SVGBackend::with_string(&mut picture, size).into_drawing_area();
        let parts = area.split_evenly((panels.len(), 1));
        (|| {
            area.fill(&WHITE)?;
            panels.iter().zip(&parts).try_for_each(|(panel, part)| draw_panel(part, panel))?;
            area.present()
        })()
        .map_err(|error| failed(error.to_string()))?;
    }
    crate::file::write_atomically(path, picture.as_bytes())
}

type Drawing<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type DrawingResult<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

/// The line of a group: frames, then middle, lower and upper end.
type Line = Vec<(f64, [f64; 3])>;

fn line(group: &Group, summary: Summary) -> Line {
    let curves: Vec<&Curve> = group.curves.iter().filter(|curve| !curve.frames.is_empty()).collect();
    let end = curves.iter().filter_map(|curve| curve.frames.last()).fold(1.0_f64, |end, &last| end.max(last));
    let frames = (0..=POINTS).map(|point| end * point as f64 / POINTS as f64);
    frames.map(|frames| (frames, spread(&curves, frames, summary))).collect()
}

/// Lowest and highest value of the lines, a little apart.
fn value_range(quantity: Quantity, lines: &[(&Group, Line)]) -> std::ops::Range<f64> {
    if quantity == Quantity::Success {
        return 0.0..1.0;
    }
    let values = || lines.iter().flat_map(|(_, line)| line).flat_map(|(_, values)| *values);
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let margin = ((high - low) * 0.05).max(1e-3);
    low - margin..high + margin
}

fn draw_panel<'a>(area: &Drawing<'a>, panel: &Panel) -> DrawingResult<'a> {
    let groups =
        panel.groups.iter().filter(|group| group.curves.iter().any(|curve| !curve.frames.is_empty()));
    let lines: Vec<(&Group, Line)> = groups.map(|group| (group, line(group, panel.summary))).collect();
    let end = lines.iter().filter_map(|(_, line)| line.last()).fold(1.0_f64, |end, (last, _)| end.max(*last));
    let most = lines.iter().map(|(group, _)| group.curves.len()).max().unwrap_or(1);
    let seeds = if most == 1 { String::new() } else { format!(", {most} seeds") };
    let (name, digits) = match panel.quantity {
        Quantity::Success => ("success rate", 1),
        Quantity::Return => ("return", 2),
    };
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .caption(format!("{}{seeds}", panel.title), ("sans-serif", 18))
        .x_label_area_size(40)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..end, value_range(panel.quantity, &lines))?;
    chart
        .configure_mesh()
        .x_desc("frames")
        .y_desc(name)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|frames| short_count(*frames))
        .y_label_formatter(&|value| format!("{value:.digits$}"))
        .light_line_style(WHITE)
        .draw()?;
    for (index, (group, line)) in lines.iter().enumerate() {
        // The first colour is the picture's only one where there is nothing to tell apart.
        let colour = if index == 0 { BLUE.to_rgba() } else { Palette99::pick(index - 1).to_rgba() };
        if group.curves.len() > 1 {
            let upper = line.iter().map(|&(frames, [_, _, high])| (frames, high));
            let lower = line.iter().rev().map(|&(frames, [_, low, _])| (frames, low));
            let band: Vec<(f64, f64)> = upper.chain(lower).collect();
            chart.draw_series(std::iter::once(Polygon::new(band, colour.mix(0.2))))?;
        }
        let middle = line.iter().map(|&(frames, [middle, ..])| (frames, middle));
        let drawn = chart.draw_series(LineSeries::new(middle, colour.stroke_width(2)))?;
        if !group.name.is_empty() {
            drawn.label(&group.name).legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
        }
    }
    if lines.iter().any(|(group, _)| !group.name.is_empty()) {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3))
            .draw()?;
    }
    Ok(())
}

/// `1500000` as `1.5 M`.
fn short_count(count: f64) -> String {
    if count >= 1e6 {
        format!("{} M", (count / 1e5).round() / 10.0)
    } else if count >= 1e3 {
        format!("{} k", (count / 1e2).round() / 10.0)
    } else {
        format!("{count}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64)]) -> Curve {
        let (frames, values) = points.iter().copied().unzip();
        Curve { frames, values }
    }

    #[test]
    fn seeds_with_other_frames_are_compared_on_the_lines_between_their_points() {
        let curves = [curve(&[(100.0, 0.0), (200.0, 1.0)]), curve(&[(0.0, 0.5), (300.0, 0.5)])];
        let spread = |frames| spread(&[&curves[0], &curves[1]], frames, Summary::Range);
        assert_eq!(spread(150.0), [0.5, 0.5, 0.5]);
        assert_eq!(spread(0.0), [0.25, 0.0, 0.5]);
        assert_eq!(spread(300.0), [0.75, 0.5, 1.0]);
    }

    #[test]
    fn the_area_under_a_line_is_known() {
        assert!((curve(&[(0.0, 0.0), (100.0, 1.0)]).mean_to(100.0) - 0.5).abs() < 1e-12);
        assert!((curve(&[(0.0, 0.0), (100.0, 1.0)]).mean_to(200.0) - 0.75).abs() < 1e-12);
    }

    #[test]
    fn episodes_become_running_means() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("episodes.csv");
        std::fs::write(&path, "frames,return,length,success\n1,1,9,0\n3,3,9,1\n4,8,9,1\n").unwrap();
        let curve = Curve::of_episodes(&path, "return", 2).unwrap();
        assert_eq!((curve.frames, curve.values), (vec![1.0, 3.0, 4.0], vec![1.0, 2.0, 5.5]));
        assert!(Curve::of_episodes(&path, "smell", 2).is_err());
    }

    #[test]
    fn a_picture_has_a_line_and_a_band_for_each_task() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curve.svg");
        let curves = vec![curve(&[(0.0, 0.0), (1e6, 1.0)]), curve(&[(0.0, 0.0), (1e6, 0.8)])];
        let panels = ["DoorKey", "MultiRoom"].map(|title| Panel::of_success(title, curves.clone()));
        draw(&path, &panels).unwrap();
        let picture = std::fs::read_to_string(&path).unwrap();
        assert!(picture.starts_with("<svg"));
        for text in ["DoorKey, 2 seeds", "MultiRoom, 2 seeds", "frames", "success rate", "1 M"] {
            assert!(picture.contains(text), "no '{text}'");
        }
        assert_eq!(picture.matches("<polygon").count(), 2);
        assert!(draw(&path, &[]).is_err());
    }

    #[test]
    fn groups_are_told_apart_by_colour_and_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curves.svg");
        let group = |name: &str, last: f64| Group {
            name: name.into(),
            curves: vec![curve(&[(0.0, -3.0), (500.0, last)]), curve(&[(0.0, -2.0), (500.0, last + 4.0)])],
        };
        let panel = Panel {
            title: "Trash".into(),
            quantity: Quantity::Return,
            summary: Summary::Interquartile,
            groups: vec![group("qmix", 9.0), group("vdn", 4.0)],
        };
        draw(&path, &[panel]).unwrap();
        let picture = std::fs::read_to_string(&path).unwrap();
        for text in ["qmix", "vdn", "return", "Trash, 2 seeds"] {
            assert!(picture.contains(text), "no '{text}'");
        }
        assert_eq!(picture.matches("<polygon").count(), 2);
    }

    #[test]
    fn counts_are_short() {
        assert_eq!([0.0, 500.0, 1500.0, 2e6].map(short_count), ["0", "500", "1.5 k", "2 M"]);
    }
}
