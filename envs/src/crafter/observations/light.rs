//! What daylight and sleep do to the colours of an image, in the original's order of operations and with
//! its kinds of numbers, so that bytes are equal.

/// Colour towards which the night tints.
const NIGHT_TINT: [f64; 3] = [0.0, 16.0, 64.0];

/// Colour towards which sleep tints.
const SLEEP_TINT: [u32; 3] = [0, 0, 16];

/// Daylight below which noise is put over the image.
const DARKNESS: f64 = 0.5;

/// The colours of `N` pixels, `[channel, pixel]`: a block whose pixels become lanes of vectors.
pub type Colors<const N: usize> = [[u8; N]; 3];

/// The noise over `N` pixels.
#[derive(Clone, Copy)]
pub struct Noise<const N: usize> {
    /// How much of it there is, 0 to 1.
    pub share: [f64; N],
    /// Its brightness, 0 to 255.
    pub brightness: [f64; N],
}

/// Grey of a colour, as Pillow converts it.
#[inline(always)]
fn grey([red, green, blue]: [u8; 3]) -> u32 {
    (19_595 * u32::from(red) + 38_470 * u32::from(green) + 7_471 * u32::from(blue) + 32_768) >> 16
}

/// The whole part of a mixture of bytes.
#[inline(always)]
fn whole(value: f64) -> u8 {
    debug_assert!((0.0..256.0).contains(&value));
    // SAFETY: a mixture of bytes, with shares from 0 to 1, is no more than the largest of them.
    unsafe { value.to_int_unchecked::<i32>() as u8 }
}

/// `colors` under `daylight`, at night with noise.
#[inline(always)]
pub fn lit<const N: usize>(colors: &Colors<N>, daylight: f64, noise: Option<&Noise<N>>) -> Colors<N> {
    let mut noisy = *colors;
    if let Some(Noise { share, brightness }) = noise {
        for channel in &mut noisy {
            for ((value, share), brightness) in channel.iter_mut().zip(share).zip(brightness) {
                *value = whole((1.0 - share) * f64::from(*value) + share * brightness);
            }
        }
    }
    let grey: [f32; N] = std::array::from_fn(|pixel| grey(noisy.map(|channel| channel[pixel])) as f32);
    let mut lit = [[0; N]; 3];
    for channel in 0..3 {
        for pixel in 0..N {
            let faded = grey[pixel] + 0.4_f32 * (f32::from(noisy[channel][pixel]) - grey[pixel]);
            let tinted = 0.5 * f64::from(whole_single(faded)) + 0.5 * NIGHT_TINT[channel];
            lit[channel][pixel] =
                whole(daylight * f64::from(colors[channel][pixel]) + (1.0 - daylight) * tinted);
        }
    }
    lit
}

/// The whole part of a mixture of bytes in single precision.
#[inline(always)]
fn whole_single(value: f32) -> u8 {
    debug_assert!((0.0..256.0).contains(&value));
    // SAFETY: a mixture of bytes, with shares from 0 to 1, is no more than the largest of them.
    unsafe { value.to_int_unchecked::<i32>() as u8 }
}

/// `color` as a sleeper sees it.
#[inline]
pub fn dreamt(color: [u8; 3]) -> [u8; 3] {
    let grey = grey(color);
    SLEEP_TINT.map(|tint| ((grey + tint) / 2) as u8)
}

/// How much of the noise there is at each pixel of a canvas, row by row, in the darkest night: little in
/// the middle, much at the edges.
pub fn vignette(width: usize, height: usize) -> Vec<f64> {
    let line = |count: usize| {
        let step = 2.0 / (count - 1) as f64;
        (0..count).map(move |index| if index + 1 == count { 1.0 } else { index as f64 * step - 1.0 })
    };
    let at = |x: f64, y: f64| 1.0 - (-0.5 * (x * x + y * y) / 0.25).exp();
    line(height).flat_map(|y| line(width).map(move |x| at(x, y))).collect()
}

/// How strong the noise is under `daylight`, 0 to 1; `None` when it is too bright for any.
pub fn noise_strength(daylight: f64) -> Option<f64> {
    (daylight < DARKNESS).then_some(2.0 * (0.5 - daylight))
}

/// The brightness of a pixel of noise, from a number between 0 and 1.
#[inline(always)]
pub fn noise_brightness(uniform: f64) -> f64 {
    32.0 + 95.0 * uniform
}
