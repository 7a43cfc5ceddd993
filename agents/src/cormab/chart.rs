//! What methods earn as a bar chart with intervals.

use std::path::Path;

use plotters::prelude::*;

use super::comparison::Row;
use crate::file::write_atomically;

/// Width and height in pixels.
const SIZE: (u32, u32) = (720, 60);
/// Height of a bar with its gap.
const BAR: u32 = 32;

/// A chart that cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[error("{path}: the chart cannot be drawn: {reason}")]
pub struct ChartError {
    path: String,
    reason: String,
}

/// Draws a bar for each row, with its interval, into the SVG file `path`.
///
/// # Errors
/// No row, or a file that cannot be written.
pub fn draw_bars(path: &Path, title: &str, rows: &[Row]) -> Result<(), ChartError> {
    let failed = |reason: String| ChartError { path: path.display().to_string(), reason };
    if rows.is_empty() {
        return Err(failed("there is nothing to compare".into()));
    }
    let longest = rows.iter().map(|row| row.interval[1].max(row.mean)).fold(0.0, f64::max).max(1e-9);
    let mut picture = String::new();
    {
        let size = (SIZE.0, SIZE.1 + 40 + BAR * rows.len() as u32);
        let area = SVGBackend::with_string(&mut picture, size).into_drawing_area();
        draw_on(&area, title, rows, 1.05 * longest).map_err(|error| failed(error.to_string()))?;
    }
    write_atomically(path, picture.as_bytes()).map_err(|error| failed(error.to_string()))
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn<'a> = Result<(), DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

fn draw_on<'a>(area: &Area<'a>, title: &str, rows: &[Row], end: f64) -> Drawn<'a> {
    area.fill(&WHITE)?;
    let count = rows.len() as f64;
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .caption(title, ("sans-serif", 18))
        .x_label_area_size(40)
        .y_label_area_size(130)
        .build_cartesian_2d(0.0..end, 0.0..count)?;
    let name = |place: &f64| {
        let index = (count - place).floor();
        let centred = (place - place.floor() - 0.5).abs() < 0.3;
        let row = rows.get(index as usize).filter(|_| centred && index >= 0.0);
        row.map_or_else(String::new, |row| row.method.name().to_owned())
    };
    chart
        .configure_mesh()
        .x_desc("mean expected reward of a step")
        .disable_y_mesh()
        .y_labels(2 * rows.len() + 1)
        .y_label_formatter(&name)
        .light_line_style(WHITE)
        .draw()?;
    for (index, row) in rows.iter().enumerate() {
        let middle = count - index as f64 - 0.5;
        let colour = if row.method.is_baseline() { BLUE.mix(0.4) } else { RED.mix(0.6) };
        let corners = [(0.0, middle - 0.35), (row.mean, middle + 0.35)];
        chart.draw_series(std::iter::once(Rectangle::new(corners, colour.filled())))?;
        let [low, high] = row.interval;
        let line = [(low.max(0.0), middle), (high, middle)];
        chart.draw_series(std::iter::once(PathElement::new(line.to_vec(), BLACK.stroke_width(2))))?;
    }
    area.present()
}

#[cfg(test)]
mod tests {
    use super::super::comparison::Method;
    use super::*;

    #[test]
    fn every_method_has_a_bar_and_a_name() {
        let path = std::env::temp_dir().join(format!("pentathlon-bars-{}.svg", std::process::id()));
        let row = |method, mean: f64| Row {
            method,
            mean,
            interval: [mean - 0.5, mean + 0.5],
            seconds_per_decision: 0.0,
        };
        draw_bars(&path, "budget", &[row(Method::Myopic, 3.0), row(Method::Sequoia, 5.0)]).unwrap();
        let picture = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        for text in ["myopic", "SEQUOIA", "budget", "mean expected reward"] {
            assert!(picture.contains(text), "{text}\n{picture}");
        }
        assert!(draw_bars(&path, "nothing", &[]).is_err());
    }
}
