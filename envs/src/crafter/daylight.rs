//! Daylight: a day of 300 steps, dark from step 148 to 272 of each. The rules need only a few whole numbers
//! of it, which are tabulated as light words, because `f64` and the cosine differ between devices.

use super::rules::population::rules::{DARK, cow_limit, zombie_limit};

/// Steps of a day.
pub const DAY_LENGTH: u32 = 300;

/// Daylight below which it is dark.
const DARKNESS: f64 = 0.5;

/// The daylight after `step` steps, from 0 (night) to 1 (day).
pub fn daylight(step: u32) -> f64 {
    let progress = (f64::from(step) / f64::from(DAY_LENGTH)) % 1.0 + 0.3;
    1.0 - (std::f64::consts::PI * progress).cos().abs().powf(3.0)
}

/// The daylight after `step` steps, times 255, as observations tell it.
pub fn brightness(step: u32) -> u8 {
    (daylight(step) * 255.0).round() as u8
}

/// What the rules need to know of the daylight after `step` steps: bit 0 is set when it is dark, bits 1 and
/// 2 are the most zombies of a chunk, bits 3 and 4 the most cows.
pub fn light_word(step: u32) -> u32 {
    let light = daylight(step);
    let dark = if light < DARKNESS { DARK } else { 0 };
    let word = dark | ((3.5 - 3.0 * light) as u32) << 1 | ((1.5 + light) as u32) << 3;
    debug_assert!(zombie_limit(word) <= 3 && cow_limit(word) <= 2);
    word
}

/// The light words of a day. A later day's differ from these only by the rounding of the daylight, which
/// comes no nearer than 0.001 to where a word changes.
pub fn light_words() -> [u32; DAY_LENGTH as usize] {
    std::array::from_fn(|step| light_word(step as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_are_dark() {
        let dark: Vec<u32> = (0..DAY_LENGTH).filter(|&step| light_word(step) & DARK == DARK).collect();
        assert_eq!(dark, (148..=272).collect::<Vec<_>>());
        assert!(daylight(210).abs() < 1e-12);
        assert_eq!(daylight(0), 0.796_925_189_854_433_5);
    }

    #[test]
    fn every_day_is_like_the_first() {
        let words = light_words();
        for step in 0..100_000 {
            assert_eq!(light_word(step), words[(step % DAY_LENGTH) as usize], "step {step}");
        }
    }

    #[test]
    fn zombies_come_at_night_and_cows_by_day() {
        let words = light_words();
        assert_eq!((zombie_limit(words[90]), cow_limit(words[90])), (0, 2));
        assert_eq!((zombie_limit(words[210]), cow_limit(words[210])), (3, 1));
    }
}
