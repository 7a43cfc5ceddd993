//! Curves of several methods in one picture: a line for the mean over seeds, a band for its interval.

use std::path::Path;

use plotters::prelude::*;

use crate::{
    Error,
    statistics::{Interval, mean_interval},
};

/// One point of a line: where, the mean, and the ends of its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Where.
    pub x: f64,
    /// The mean.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// The curve of one method.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Name of the method.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<Point>,
}

impl Line {
    /// The line of `points`: where, and the value of every seed there.
    pub fn over_seeds(name: impl Into<String>, points: impl IntoIterator<Item = (f64, Vec<f64>)>) -> Self {
        let point = |(x, values): (f64, Vec<f64>)| {
            let Interval { mean, low, high } = mean_interval(&values, 0);
            Point { x, mean, low, high }
        };
        Self { name: name.into(), points: points.into_iter().map(point).collect() }
    }
}

/// A picture of lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What is shown.
    pub title: String,
    /// What is on the horizontal axis.
    pub x: String,
    /// What is on the vertical axis.
    pub y: String,
    /// The lines.
    pub lines: Vec<Line>,
}

/// Width and height in pixels.
const SIZE: (u32, u32) = (720, 440);

impl Chart {
    /// Draws the chart into the SVG file `path`.
    ///
    /// # Errors
    /// No point to draw, or a file that cannot be written.
    pub fn draw(&self, path: &Path) -> Result<(), Error> {
        let failed = |reason: String| Error::Curve { path: path.to_owned(), reason };
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let extent = |of: fn(&Point) -> [f64; 2]| {
            points()
                .flat_map(of)
                .filter(|value| value.is_finite())
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                    (low.min(value), high.max(value))
                })
        };
        let ((left, right), (low, high)) =
            (extent(|point| [point.x, point.x]), extent(|point| [point.low, point.high]));
        if left > right || low > high {
            return Err(failed(String::from("there is no point")));
        }
        let room = ((high - low) * 0.05).max(1e-9);
        let mut picture = String::new();
        (|| -> Result<(), DrawingAreaErrorKind<_>> {
            let area = SVGBackend::with_string(&mut picture, SIZE).into_drawing_area();
            area.fill(&WHITE)?;
            let mut chart = ChartBuilder::on(&area)
                .margin(12)
                .caption(&self.title, ("sans-serif", 18))
                .x_label_area_size(40)
                .y_label_area_size(60)
                .build_cartesian_2d(left..right.max(left + 1e-9), low - room..high + room)?;
            chart.configure_mesh().x_desc(&self.x).y_desc(&self.y).light_line_style(WHITE).draw()?;
            for (index, line) in self.lines.iter().enumerate() {
                let colour = Palette99::pick(index).to_rgba();
                let upper = line.points.iter().map(|point| (point.x, point.high));
                let lower = line.points.iter().rev().map(|point| (point.x, point.low));
                let band: Vec<(f64, f64)> = upper.chain(lower).collect();
                chart.draw_series(std::iter::once(Polygon::new(band, colour.mix(0.2))))?;
                let mean = line.points.iter().map(|point| (point.x, point.mean));
                chart
                    .draw_series(LineSeries::new(mean, colour.stroke_width(2)))?
                    .label(&line.name)
                    .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
            }
            chart.configure_series_labels().border_style(BLACK.mix(0.3)).background_style(WHITE).draw()?;
            area.present()
        })()
        .map_err(|error| failed(error.to_string()))?;
        crate::file::write_atomically(path, picture.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_names_its_lines_and_axes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chart.svg");
        let line = |name: &str| Line::over_seeds(name, [(0.0, vec![1.0, 2.0]), (10.0, vec![3.0, 5.0])]);
        let mut chart = Chart {
            title: "Steps".into(),
            x: "episode".into(),
            y: "steps of an episode".into(),
            lines: vec![line("flat"), line("options")],
        };
        assert_eq!(chart.lines[0].points[1].mean, 4.0);
        chart.draw(&path).unwrap();
        let picture = std::fs::read_to_string(&path).unwrap();
        for text in ["Steps", "episode", "steps of an episode", "flat", "options"] {
            assert!(picture.contains(text), "no '{text}'");
        }
        chart.lines.clear();
        assert!(chart.draw(&path).unwrap_err().to_string().contains("no point"));
    }
}
