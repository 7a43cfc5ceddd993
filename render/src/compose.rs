//! Several pictures as one: side by side with labels, and the contact sheet of a batch.

use crate::{Color, Draw, Frame, FrameOptions, RenderError, caption::LINE_HEIGHT};

/// Pixels between pictures.
const GAP: usize = 2;
/// Height of a status bar in pixels.
const STATUS_HEIGHT: usize = 3;
const SEPARATOR: Color = [48, 48, 56];
const LABEL_INK: Color = [230, 230, 230];

/// How an environment stands, for the bar under its picture in a contact sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// The episode still runs: a blue-grey bar.
    #[default]
    Running,
    /// The last episode ended with success: green.
    Success,
    /// The last episode ended without success: red.
    Failure,
}

impl Status {
    /// The status after a step, from the flags of one environment.
    pub fn after(terminated: bool, truncated: bool, success: bool) -> Self {
        match (terminated || truncated, success) {
            (false, _) => Self::Running,
            (true, true) => Self::Success,
            (true, false) => Self::Failure,
        }
    }

    /// Colour of the bar.
    pub fn color(self) -> Color {
        match self {
            Self::Running => [88, 104, 136],
            Self::Success => [40, 200, 80],
            Self::Failure => [220, 50, 47],
        }
    }
}

/// Pictures next to each other, each under its label; tops are aligned. An empty label takes no less
/// room than a full one when another picture has one.
///
/// # Errors
/// When there is no picture.
pub fn side_by_side(pictures: &[(&str, Frame)]) -> Result<Frame, RenderError> {
    let height = pictures.iter().map(|(_, frame)| frame.height()).max();
    let height = height.ok_or_else(|| RenderError::NoFrames("side by side".into()))?;
    let labelled = pictures.iter().any(|(label, _)| !label.is_empty());
    let label_height = if labelled { LINE_HEIGHT + GAP } else { 0 };
    let width = pictures.iter().map(|(_, frame)| frame.width() + GAP).sum::<usize>() - GAP;

    let mut whole = Frame::filled(width, label_height + height, SEPARATOR);
    let mut left = 0;
    for (label, frame) in pictures {
        let mut column = Frame::filled(frame.width(), label_height + height, SEPARATOR);
        column.write_text(label, 1, 1, LABEL_INK);
        column.paste(frame, 0, label_height);
        whole.paste(&column, left, 0);
        left += frame.width() + GAP;
    }
    Ok(whole)
}

/// Pictures in rows, as near to a square as their number allows, with thin separators; with `statuses`
/// (one a picture, or none at all) a coloured bar under each.
///
/// # Errors
/// When there is no picture, or another number of statuses.
pub fn sheet(frames: &[Frame], statuses: Option<&[Status]>) -> Result<Frame, RenderError> {
    let no_frames = || RenderError::NoFrames("contact sheet".into());
    let cell_width = frames.iter().map(Frame::width).max().ok_or_else(no_frames)?;
    let cell_height = frames.iter().map(Frame::height).max().ok_or_else(no_frames)?;
    if let Some(statuses) = statuses.filter(|statuses| statuses.len() != frames.len()) {
        return Err(RenderError::InvalidOption {
            option: "statuses",
            value: format!("{} of them", statuses.len()),
            allowed: "as many as there are pictures",
        });
    }
    let bar = if statuses.is_some() { STATUS_HEIGHT } else { 0 };
    let (pitch_x, pitch_y) = (cell_width + GAP, cell_height + bar + GAP);
    let columns = squarest(frames.len(), pitch_x, pitch_y);
    let rows = frames.len().div_ceil(columns);

    let mut whole = Frame::filled(columns * pitch_x + GAP, rows * pitch_y + GAP, SEPARATOR);
    for (index, frame) in frames.iter().enumerate() {
        let left = GAP + index % columns * pitch_x;
        let top = GAP + index / columns * pitch_y;
        whole.paste(frame, left, top);
        if let Some(statuses) = statuses {
            whole.fill(left, top + cell_height, cell_width, bar, statuses[index].color());
        }
    }
    Ok(whole)
}

/// The first `count` environments of a batch in one picture; see [`sheet`]. A batch of fewer
/// environments shows all it has.
///
/// # Errors
/// When `count` is 0, an environment cannot be drawn, or there are fewer statuses than pictures.
pub fn contact_sheet(
    drawing: &dyn Draw,
    count: usize,
    options: &FrameOptions,
    statuses: Option<&[Status]>,
) -> Result<Frame, RenderError> {
    let count = count.min(drawing.num_envs());
    if count > 0 {
        let first = drawing.frame(0, options)?;
        Frame::check_size(first.width() * count, first.height())?;
    }
    let frames: Vec<Frame> = (0..count).map(|env| drawing.frame(env, options)).collect::<Result<_, _>>()?;
    let statuses = statuses.map(|statuses| statuses.get(..count).unwrap_or(statuses));
    sheet(&frames, statuses)
}

/// Columns with which `count` cells of the given pitch make the picture whose longer side is shortest,
/// and among those the wider one.
fn squarest(count: usize, pitch_x: usize, pitch_y: usize) -> usize {
    (1..=count)
        .min_by_key(|&columns| {
            let (width, height) = (columns * pitch_x, count.div_ceil(columns) * pitch_y);
            (width.max(height), usize::MAX - width)
        })
        .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_nearly_square() {
        assert_eq!(squarest(16, 10, 10), 4);
        assert_eq!(squarest(10, 10, 10), 4);
        assert_eq!(squarest(12, 10, 10), 4);
        assert_eq!(squarest(2, 100, 10), 1, "wide pictures go under each other");
        assert_eq!(squarest(1, 10, 10), 1);
    }

    #[test]
    fn every_picture_of_a_sheet_is_at_its_place() {
        let frames: Vec<Frame> = (1..=5).map(|i| Frame::filled(4, 3, [i * 40; 3])).collect();
        let statuses = [Status::Running, Status::Success, Status::Failure, Status::Running, Status::Success];
        let whole = sheet(&frames, Some(&statuses)).unwrap();
        let columns = squarest(5, 4 + GAP, 3 + STATUS_HEIGHT + GAP);
        for (index, frame) in frames.iter().enumerate() {
            let left = GAP + index % columns * (4 + GAP);
            let top = GAP + index / columns * (3 + STATUS_HEIGHT + GAP);
            assert_eq!(whole.pixel(left, top), frame.pixel(0, 0));
            assert_eq!(whole.pixel(left + 3, top + 2), frame.pixel(0, 0));
            assert_eq!(whole.pixel(left, top + 3), Some(statuses[index].color()));
            assert_eq!(whole.pixel(left - 1, top), Some(SEPARATOR));
        }
    }

    #[test]
    fn a_sheet_needs_pictures_and_as_many_statuses() {
        assert!(sheet(&[], None).is_err());
        let error = sheet(&[Frame::filled(1, 1, [0; 3])], Some(&[])).unwrap_err().to_string();
        assert!(error.contains("0 of them"), "{error}");
    }

    #[test]
    fn pictures_side_by_side_keep_their_pixels() {
        let pictures = [("full", Frame::filled(30, 8, [10; 3])), ("agent", Frame::filled(34, 12, [20; 3]))];
        let whole = side_by_side(&pictures).unwrap();
        assert_eq!((whole.width(), whole.height()), (30 + GAP + 34, LINE_HEIGHT + GAP + 12));
        assert_eq!(whole.pixel(0, LINE_HEIGHT + GAP), Some([10; 3]));
        assert_eq!(whole.pixel(29, LINE_HEIGHT + GAP + 8), Some(SEPARATOR));
        assert_eq!(whole.pixel(32, LINE_HEIGHT + GAP + 11), Some([20; 3]));
        assert!(whole.rgb().contains(&LABEL_INK[0]), "labels are written");
        assert!(side_by_side(&[]).is_err());
    }

    #[test]
    fn an_ended_episode_shows_how_it_ended() {
        assert_eq!(Status::after(false, false, false), Status::Running);
        assert_eq!(Status::after(true, false, true), Status::Success);
        assert_eq!(Status::after(false, true, false), Status::Failure);
    }
}
