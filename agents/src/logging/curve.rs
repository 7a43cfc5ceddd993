//! The learning curve as a picture: success against frames, one panel a task, the mean over seeds as a
//! line and their range as a band.

use std::path::Path;

use plotters::prelude::*;

use super::table::read_columns;
use crate::Error;

/// Success of one run over its frames.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Frames played, increasing.
    pub frames: Vec<f64>,
    /// Fraction of successful episodes at each.
    pub success: Vec<f64>,
}

/// Runs of one task that differ in their seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Name of the task.
    pub title: String,
    /// One curve a seed.
    pub curves: Vec<Curve>,
}

/// Width and height of a panel in pixels.
const PANEL: (u32, u32) = (640, 400);
/// Points of a drawn line.
const POINTS: usize = 200;

impl Curve {
    /// The curve in a `progress.csv`.
    ///
    /// # Errors
    /// A file that is not a progress table.
    pub fn from_table(path: &Path) -> Result<Self, Error> {
        let [frames, success] = read_columns(path, ["frames", "success_rate"])?;
        Ok(Self { frames, success })
    }

    /// Success at `frames`, between two points on the line between them; before the first point and
    /// after the last one, that of the point.
    fn at(&self, frames: f64) -> f64 {
        let after = self.frames.partition_point(|&point| point <= frames);
        if after == 0 {
            return self.success.first().copied().unwrap_or(0.0);
        }
        let (left, before) = (self.frames[after - 1], self.success[after - 1]);
        match self.frames.get(after) {
            Some(&right) => before + (self.success[after] - before) * (frames - left) / (right - left),
            None => before,
        }
    }
}

/// Mean, least and largest success of `curves` at `frames`.
fn spread(curves: &[Curve], frames: f64) -> (f64, f64, f64) {
    let values = curves.iter().map(|curve| curve.at(frames));
    let (mut sum, mut least, mut largest) = (0.0, f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        (sum, least, largest) = (sum + value, least.min(value), largest.max(value));
    }
    (sum / curves.len() as f64, least, largest)
}

/// Draws `panels` one below the other into the SVG file `path`.
///
/// # Errors
/// No curve to draw, or a file that cannot be written.
pub fn draw(path: &Path, panels: &[Panel]) -> Result<(), Error> {
    let failed = |reason: String| Error::Curve { path: path.to_owned(), reason };
    if panels.is_empty()
        || panels.iter().any(|panel| panel.curves.iter().all(|curve| curve.frames.is_empty()))
    {
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

fn draw_panel<'a>(area: &Drawing<'a>, panel: &Panel) -> DrawingResult<'a> {
    let curves: Vec<Curve> = panel.curves.iter().filter(|curve| !curve.frames.is_empty()).cloned().collect();
    let end = curves.iter().filter_map(|curve| curve.frames.last()).fold(1.0_f64, |end, &last| end.max(last));
    let seeds = if curves.len() == 1 { String::new() } else { format!(", {} seeds", curves.len()) };
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .caption(format!("{}{seeds}", panel.title), ("sans-serif", 18))
        .x_label_area_size(40)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..end, 0.0..1.0)?;
    chart
        .configure_mesh()
        .x_desc("frames")
        .y_desc("success rate")
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|frames| short_count(*frames))
        .y_label_formatter(&|rate| format!("{rate:.1}"))
        .light_line_style(WHITE)
        .draw()?;
    let points: Vec<(f64, (f64, f64, f64))> = (0..=POINTS)
        .map(|point| end * point as f64 / POINTS as f64)
        .map(|frames| (frames, spread(&curves, frames)))
        .collect();
    if curves.len() > 1 {
        let upper = points.iter().map(|&(frames, (_, _, largest))| (frames, largest));
        let lower = points.iter().rev().map(|&(frames, (_, least, _))| (frames, least));
        let band: Vec<(f64, f64)> = upper.chain(lower).collect();
        chart.draw_series(std::iter::once(Polygon::new(band, BLUE.mix(0.2))))?;
    }
    let mean = points.iter().map(|&(frames, (mean, _, _))| (frames, mean));
    chart.draw_series(LineSeries::new(mean, BLUE.stroke_width(2)))?;
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
        let (frames, success) = points.iter().copied().unzip();
        Curve { frames, success }
    }

    #[test]
    fn seeds_with_other_frames_are_compared_on_the_lines_between_their_points() {
        let curves = [curve(&[(100.0, 0.0), (200.0, 1.0)]), curve(&[(0.0, 0.5), (300.0, 0.5)])];
        assert_eq!(spread(&curves, 150.0), (0.5, 0.5, 0.5));
        assert_eq!(spread(&curves, 0.0), (0.25, 0.0, 0.5));
        assert_eq!(spread(&curves, 300.0), (0.75, 0.5, 1.0));
    }

    #[test]
    fn a_picture_has_a_line_and_a_band_for_each_task() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curve.svg");
        let curves = vec![curve(&[(0.0, 0.0), (1e6, 1.0)]), curve(&[(0.0, 0.0), (1e6, 0.8)])];
        let panels =
            ["DoorKey", "MultiRoom"].map(|title| Panel { title: title.into(), curves: curves.clone() });
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
    fn counts_are_short() {
        assert_eq!([0.0, 500.0, 1500.0, 2e6].map(short_count), ["0", "500", "1.5 k", "2 M"]);
    }
}
