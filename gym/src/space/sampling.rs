//! Random values of a space, distributed as Gymnasium's `sample` distributes them: uniform within
//! bounds, exponential beyond a single bound, normal without any.

use super::Space;
use crate::{Array, ElementType, Error, seeding::Random};

impl Space {
    /// One random value.
    ///
    /// ```
    /// use pentathlon_gym::{Array, Space, seeding::philox::Philox};
    /// let space = Space::discrete(7);
    /// let action = space.sample(&mut Philox::for_level(0, 0));
    /// assert!(space.contains(&action));
    /// ```
    pub fn sample<R: Random>(&self, random: &mut R) -> Array {
        let mut value = Array::zeros(self.element(), self.flat_len());
        self.sample_into(random, &mut value);
        value
    }

    /// Fills `values` with random values, as many as it has room for; elements left over at its end stay
    /// as they are, and so does a buffer of another element type. Allocates nothing.
    pub fn sample_into<R: Random>(&self, random: &mut R, values: &mut Array) {
        let row = self.flat_len();
        if row == 0 {
            return;
        }
        match values {
            Array::U8(values) if self.element() == ElementType::U8 => values
                .chunks_exact_mut(row)
                .for_each(|value| self.draw(random, &mut |index, drawn| value[index] = drawn as u8)),
            Array::I32(values) if self.element() == ElementType::I32 => values
                .chunks_exact_mut(row)
                .for_each(|value| self.draw(random, &mut |index, drawn| value[index] = drawn as i32)),
            Array::F32(values) if self.element() == ElementType::F32 => values
                .chunks_exact_mut(row)
                .for_each(|value| self.draw(random, &mut |index, drawn| value[index] = drawn as f32)),
            _ => {}
        }
    }

    /// One random value of a `Discrete` or `MultiDiscrete` space among those whose flag is set. The mask
    /// has one flag for each value, those of several numbers one after the other. Where no flag is set the
    /// smallest value is taken, as Gymnasium does.
    ///
    /// # Errors
    /// [`Error::WrongLength`] when the mask has another length, 0 for spaces that have no mask.
    pub fn sample_masked<R: Random>(&self, random: &mut R, mask: &[bool]) -> Result<Array, Error> {
        let (counts, start): (&[u32], i32) = match self {
            Self::Discrete { n, start } => (std::slice::from_ref(n), *start),
            Self::MultiDiscrete { n } => (n, 0),
            _ => (&[], 0),
        };
        let expected = counts.iter().map(|&n| n as usize).sum();
        if mask.len() != expected || counts.is_empty() {
            let shape = format!("one flag for each value of {self}");
            return Err(Error::WrongLength { what: "mask", got: mask.len(), expected, shape });
        }
        let mut rest = mask;
        let values = counts.iter().map(|&n| {
            let (flags, others) = rest.split_at(n as usize);
            rest = others;
            let allowed = flags.iter().filter(|&&flag| flag).count() as i32;
            if allowed == 0 {
                return start;
            }
            let chosen = random.int(0, allowed) as usize;
            let index = flags.iter().enumerate().filter(|(_, flag)| **flag).nth(chosen);
            start.wrapping_add(index.map_or(0, |(index, _)| index as i32))
        });
        Ok(Array::I32(values.collect()))
    }

    /// Draws one value, giving each element with its position to `set`.
    fn draw<R: Random>(&self, random: &mut R, set: &mut dyn FnMut(usize, f64)) {
        match self {
            Self::Discrete { n, start } => {
                let drawn = random.interval(n.saturating_sub(1));
                set(0, f64::from(start.wrapping_add_unsigned(drawn)));
            }
            Self::MultiDiscrete { n } => {
                for (index, n) in n.iter().enumerate() {
                    set(index, random.interval(n.saturating_sub(1)).into());
                }
            }
            Self::Box { low, high, element, .. } => {
                let (low, high) = (f64::from(*low), f64::from(*high));
                for index in 0..self.flat_len() {
                    set(
                        index,
                        match element {
                            ElementType::U8 => draw_whole(random, low.max(0.0), high.min(255.0)),
                            ElementType::I32 => {
                                draw_whole(random, low.max(i32::MIN.into()), high.min(i32::MAX.into()))
                            }
                            ElementType::F32 => draw_real(random, low, high),
                        },
                    );
                }
            }
            Self::Dict(spaces) => {
                let mut offset = 0;
                for (_, space) in spaces {
                    space.draw(random, &mut |index, drawn| set(offset + index, drawn));
                    offset += space.flat_len();
                }
            }
            Self::Text { max_words, vocabulary } => {
                let most = if vocabulary.is_empty() { 0 } else { *max_words };
                let words = random.interval(most as u32) as usize;
                for index in 0..*max_words {
                    let last = vocabulary.len().saturating_sub(1) as u32;
                    set(index, if index < words { f64::from(random.interval(last)) + 1.0 } else { 0.0 });
                }
            }
        }
    }
}

/// A whole number in `low..=high`, both within the range of `i32`.
fn draw_whole<R: Random>(random: &mut R, low: f64, high: f64) -> f64 {
    let (low, high) = (low.ceil(), high.floor());
    low + f64::from(random.interval((high - low).max(0.0) as u32))
}

/// A number in `low..=high`; a bound may be infinite.
fn draw_real<R: Random>(random: &mut R, low: f64, high: f64) -> f64 {
    // 1 - float() is in (0, 1], where the logarithm is finite.
    let drawn = match (low.is_finite(), high.is_finite()) {
        (true, true) => low + (high - low) * random.float(),
        (true, false) => low - (1.0 - random.float()).ln(),
        (false, true) => high + (1.0 - random.float()).ln(),
        (false, false) => {
            let radius = (-2.0 * (1.0 - random.float()).ln()).sqrt();
            radius * (std::f64::consts::TAU * random.float()).cos()
        }
    };
    drawn.clamp(low, high)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seeding::{pcg64::Pcg64, philox::Philox};

    fn any_space() -> impl Strategy<Value = Space> {
        let bounds = (-300i16..300, 0u16..500).prop_map(|(low, width)| (f32::from(low), f32::from(width)));
        let shape = prop::collection::vec(1usize..4, 0..3);
        let leaf = prop_oneof![
            (1u32..100, -50i32..50).prop_map(|(n, start)| Space::Discrete { n, start }),
            prop::collection::vec(1u32..9, 1..5).prop_map(|n| Space::MultiDiscrete { n }),
            (any::<u8>(), any::<u8>(), shape.clone()).prop_map(|(a, b, shape)| Space::bytes(
                a.min(b),
                a.max(b),
                shape
            )),
            (bounds.clone(), shape.clone()).prop_map(|((low, width), shape)| Space::Box {
                low,
                high: low + width,
                shape,
                element: ElementType::I32
            }),
            (bounds, shape, 0u8..4).prop_map(|((low, width), shape, infinite)| Space::Box {
                low: if infinite & 1 == 1 { f32::NEG_INFINITY } else { low },
                high: if infinite & 2 == 2 { f32::INFINITY } else { low + width },
                shape,
                element: ElementType::F32
            }),
            (0usize..5, 0usize..4).prop_map(|(max_words, words)| Space::Text {
                max_words,
                vocabulary: (0..words).map(|word| format!("word{word}")).collect()
            }),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop::collection::vec(inner, 0..3).prop_map(|spaces| {
                let name = |(index, space)| (format!("part{index}"), space);
                Space::Dict(spaces.into_iter().enumerate().map(name).collect())
            })
        })
    }

    proptest! {
        #[test]
        fn samples_are_contained(space in any_space(), seed: u64) {
            let drawn = space.sample(&mut Philox::for_level(seed, 0));
            prop_assert_eq!(space.check(&drawn), Ok(()));
            let drawn = space.sample(&mut Pcg64::from_seed(seed));
            prop_assert_eq!(space.check(&drawn), Ok(()));
        }

        #[test]
        fn masked_samples_are_allowed(mask in prop::collection::vec(any::<bool>(), 1..20), seed: u64) {
            let space = Space::Discrete { n: mask.len() as u32, start: 5 };
            let Array::I32(drawn) = space.sample_masked(&mut Philox::for_level(seed, 0), &mask).unwrap()
            else { panic!("whole numbers") };
            let index = (drawn[0] - 5) as usize;
            prop_assert!(mask[index] || (index == 0 && !mask.contains(&true)));
        }
    }

    #[test]
    fn every_value_is_drawn() {
        let mut random = Philox::for_level(0, 0);
        let mut values = Array::I32(vec![-1; 1000]);
        Space::discrete(7).sample_into(&mut random, &mut values);
        let values = values.as_i32().unwrap();
        assert!((0..7).all(|value| values.contains(&value)));
    }

    #[test]
    fn masks_of_several_numbers_follow_each_other() {
        let space = Space::MultiDiscrete { n: vec![3, 2] };
        let mask = [false, false, true, false, true];
        let drawn = space.sample_masked(&mut Philox::for_level(0, 0), &mask).unwrap();
        assert_eq!(drawn, Array::I32(vec![2, 1]));
    }

    #[test]
    fn a_mask_of_the_wrong_length_is_an_error() {
        let mut random = Philox::for_level(0, 0);
        let error = Space::discrete(3).sample_masked(&mut random, &[true]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "mask: 1 values given, 3 expected (one flag for each value of Discrete(3))"
        );
        assert!(Space::bytes(0, 1, [1]).sample_masked(&mut random, &[true]).is_err());
        assert!(Space::bytes(0, 1, [1]).sample_masked(&mut random, &[]).is_err());
    }

    #[test]
    fn a_buffer_of_another_type_stays() {
        let mut values = Array::U8(vec![9; 4]);
        Space::discrete(3).sample_into(&mut Philox::for_level(0, 0), &mut values);
        assert_eq!(values, Array::U8(vec![9; 4]));
    }
}
