//! Words on pictures, in a small fixed-width bitmap font (ASCII; other characters show as `?`).

use embedded_graphics::{
    Drawable,
    geometry::Point,
    mono_font::{MonoTextStyle, ascii::FONT_6X10},
    pixelcolor::Rgb888,
    text::{Baseline, Text},
};

use crate::{Color, Frame};

/// Width of a character in pixels.
pub const CHARACTER_WIDTH: usize = 6;
/// Height of a line in pixels.
pub const LINE_HEIGHT: usize = 10;
/// Free pixels around captions.
const MARGIN: usize = 3;

const BACKGROUND: Color = [24, 24, 28];
const INK: Color = [230, 230, 230];
/// Colour of the largest reward, which is written over the bars.
const SCALE_INK: Color = [110, 160, 250];
/// Height of the bars of rewards in pixels.
const REWARD_STRIP: usize = 40;

impl Frame {
    /// Writes one line of text with its top left corner at the pixel given; what does not fit is cut
    /// off.
    pub fn write_text(&mut self, text: &str, left: usize, top: usize, color: Color) {
        let style = MonoTextStyle::new(&FONT_6X10, Rgb888::new(color[0], color[1], color[2]));
        let position = Point::new(left as i32, top as i32);
        let Ok(_) = Text::with_baseline(text, position, style, Baseline::Top).draw(self);
    }

    /// The picture with a strip of text under it: step, return, mission. Lines are wrapped at spaces;
    /// the strip is as high as it takes for `lines` lines at least, so that the frames of an
    /// animation have one size.
    pub fn with_caption(&self, text: &str, lines: usize) -> Frame {
        self.with_colored_caption(&[(text, INK)], lines)
    }

    /// [`Frame::with_caption`] of several texts one below another, each in a colour of its own.
    pub fn with_colored_caption(&self, texts: &[(&str, Color)], lines: usize) -> Frame {
        let columns = (self.width().saturating_sub(2 * MARGIN) / CHARACTER_WIDTH).max(1);
        let wrapped: Vec<(String, Color)> = texts
            .iter()
            .flat_map(|(text, color)| wrap(text, columns).into_iter().map(|line| (line, *color)))
            .collect();
        let strip = wrapped.len().max(lines) * LINE_HEIGHT + 2 * MARGIN;
        let mut captioned = Frame::filled(self.width(), self.height() + strip, BACKGROUND);
        captioned.paste(self, 0, 0);
        for (line, (text, color)) in wrapped.iter().enumerate() {
            let top = self.height() + MARGIN + line * LINE_HEIGHT;
            captioned.write_text(text, MARGIN, top, *color);
        }
        captioned
    }

    /// The picture with a strip under it in which each step so far is a bar as high as its reward: `steps` bars fill
    /// the width. The largest reward so far, which is written above the bars, fills the height; rewards below 0 have none.
    pub fn with_rewards(&self, rewards: &[f32], steps: usize) -> Frame {
        let largest = rewards.iter().take(steps).copied().fold(0.0, f32::max);
        let mut whole =
            Frame::filled(self.width(), self.height() + LINE_HEIGHT + REWARD_STRIP + 2 * MARGIN, BACKGROUND);
        whole.paste(self, 0, 0);
        let room = self.width().saturating_sub(2 * MARGIN).max(1);
        let edge = |step: usize| MARGIN + room * step / steps.max(1);
        for (step, reward) in rewards.iter().take(steps).enumerate() {
            let part = reward / largest.max(f32::MIN_POSITIVE);
            // A bar of a pixel says that there was a step.
            let height = ((part.clamp(0.0, 1.0) * REWARD_STRIP as f32) as usize).max(1);
            let width = (edge(step + 1) - edge(step)).saturating_sub(1).max(1);
            let bottom = self.height() + MARGIN + LINE_HEIGHT + REWARD_STRIP;
            whole.fill(edge(step), bottom - height, width, height, INK);
        }
        if largest > 0.0 {
            whole.write_text(&format!("{largest:.1}"), MARGIN, self.height() + MARGIN, SCALE_INK);
        }
        whole
    }

    /// Lines that [`Frame::with_caption`] needs for `text` under a picture of `width` pixels.
    pub fn caption_lines(width: usize, text: &str) -> usize {
        wrap(text, (width.saturating_sub(2 * MARGIN) / CHARACTER_WIDTH).max(1)).len()
    }
}

/// Breaks text into lines of at most `columns` characters, at spaces where there are any and at the
/// line ends that it has.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let mut word: Vec<char> = word.chars().collect();
            let room = columns.saturating_sub(line.chars().count() + usize::from(!line.is_empty()));
            if word.len() > room && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            while word.len() > columns {
                lines.push(word.drain(..columns).collect());
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewards_are_bars_as_high_as_they_are_large() {
        let frame = Frame::filled(2 * MARGIN + 40, 10, [0; 3]).with_rewards(&[0.0, 2.0, 1.0], 4);
        let height = |step: usize| {
            let column = (0..frame.height()).filter(|y| frame.pixel(MARGIN + 10 * step + 3, *y) == Some(INK));
            column.count()
        };
        assert_eq!([0, 1, 2, 3].map(height), [1, REWARD_STRIP, REWARD_STRIP / 2, 0]);
        assert!(frame.rgb().chunks_exact(3).any(|pixel| pixel == SCALE_INK), "the largest is written");
        let nothing = Frame::filled(60, 10, [0; 3]).with_rewards(&[0.0], 4);
        assert!(nothing.rgb().chunks_exact(3).all(|pixel| pixel != SCALE_INK));
    }

    #[test]
    fn captions_stand_under_the_picture() {
        let frame = Frame::filled(60, 20, [7, 7, 7]);
        let captioned = frame.with_caption("step 3", 1);
        assert_eq!(captioned.width(), 60);
        assert_eq!(captioned.height(), 20 + LINE_HEIGHT + 2 * MARGIN);
        assert_eq!(captioned.rgb()[..frame.rgb().len()], *frame.rgb());
        let strip = &captioned.rgb()[frame.rgb().len()..];
        let ink = strip.chunks_exact(3).filter(|pixel| *pixel == INK).count();
        assert!((30..200).contains(&ink), "{ink} pixels of ink");
    }

    #[test]
    fn texts_of_a_caption_have_their_colours_one_below_another() {
        let frame = Frame::filled(60, 20, [7, 7, 7]);
        let captioned = frame.with_colored_caption(&[("one", [200, 0, 0]), ("two", [0, 200, 0])], 1);
        assert_eq!(captioned.height(), 20 + 2 * LINE_HEIGHT + 2 * MARGIN);
        let has = |y: usize, color| (0..60).any(|x| captioned.pixel(x, y) == Some(color));
        let last = (0..captioned.height()).rfind(|y| has(*y, [200, 0, 0]));
        let first = (0..captioned.height()).find(|y| has(*y, [0, 200, 0]));
        assert!(last.is_some() && last < first, "{last:?} {first:?}");
    }

    #[test]
    fn captions_have_the_height_asked_for() {
        let frame = Frame::filled(60, 20, [7, 7, 7]);
        let short = frame.with_caption("a", 3);
        let long = frame.with_caption("get to the green goal", 3);
        assert_eq!(short.height(), long.height());
        assert_eq!(Frame::caption_lines(60, "get to the green goal"), 3);
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrap("use the key to open", 8), ["use the", "key to", "open"]);
        assert_eq!(wrap("a unmistakable b", 5), ["a", "unmis", "takab", "le b"]);
        assert_eq!(wrap("one\ntwo", 80), ["one", "two"]);
        assert!(wrap("", 80).is_empty());
    }

    #[test]
    fn text_outside_the_picture_is_cut_off() {
        let mut frame = Frame::filled(8, 8, [0; 3]);
        frame.write_text("far away \u{1F600}", 5, 5, [255; 3]);
        frame.write_text("x", 100, 100, [255; 3]);
        assert_eq!(frame.rgb().len(), 8 * 8 * 3);
    }
}
