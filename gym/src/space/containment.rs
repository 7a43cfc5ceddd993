//! Whether values belong to a space, and if not, which one does not and why.

use super::Space;
use crate::{Array, ElementType};

/// Why an array does not hold values of a space.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotContained {
    /// The elements have another type.
    #[error("the array holds {got}, the space {expected}")]
    Element {
        /// Type of the array's elements.
        got: ElementType,
        /// Type of the space's elements.
        expected: ElementType,
    },
    /// The array is not made of whole values.
    #[error("the array has {got} elements, which is no multiple of the {row} that a value has")]
    Length {
        /// Elements of the array.
        got: usize,
        /// Elements of one value.
        row: usize,
    },
    /// One element is out of range.
    #[error("value {row}, element {element}: {value} is not allowed; allowed: {allowed}")]
    Value {
        /// Which of the values in the array.
        row: usize,
        /// Which element of that value.
        element: usize,
        /// The element.
        value: f64,
        /// What would be allowed.
        allowed: String,
    },
}

/// Position of an element within a value, the element, and what would be allowed.
type Misfit = (usize, f64, String);

impl Space {
    /// Checks that `values` holds any number of values of this space, one after the other.
    ///
    /// # Errors
    /// The first thing that does not fit. NaN fits nowhere.
    pub fn check(&self, values: &Array) -> Result<(), NotContained> {
        if values.element() != self.element() {
            let (got, expected) = (values.element(), self.element());
            return Err(NotContained::Element { got, expected });
        }
        let row_len = self.flat_len();
        if row_len == 0 || !values.len().is_multiple_of(row_len) {
            if row_len == 0 && values.is_empty() {
                return Ok(());
            }
            return Err(NotContained::Length { got: values.len(), row: row_len });
        }
        for row in 0..values.len() / row_len {
            self.check_value(&|index| values.value(row * row_len + index))
                .map_err(|(element, value, allowed)| NotContained::Value { row, element, value, allowed })?;
        }
        Ok(())
    }

    /// Whether `values` holds values of this space only; [`Space::check`] says why not.
    pub fn contains(&self, values: &Array) -> bool {
        self.check(values).is_ok()
    }

    /// Checks one value, whose elements `at` reads.
    fn check_value(&self, at: &dyn Fn(usize) -> f64) -> Result<(), Misfit> {
        match self {
            Self::Discrete { n, start } => {
                let start = i64::from(*start);
                whole(at(0), start, start + i64::from(*n) - 1).map_err(|allowed| (0, at(0), allowed))
            }
            Self::MultiDiscrete { n } => n.iter().enumerate().try_for_each(|(index, &n)| {
                whole(at(index), 0, i64::from(n) - 1).map_err(|allowed| (index, at(index), allowed))
            }),
            Self::Box { low, high, .. } => (0..self.flat_len()).try_for_each(|index| {
                if (f64::from(*low)..=f64::from(*high)).contains(&at(index)) {
                    Ok(())
                } else {
                    Err((index, at(index), format!("{low} to {high}")))
                }
            }),
            Self::Dict(spaces) => {
                let mut offset = 0;
                for (name, space) in spaces {
                    space.check_value(&|index| at(offset + index)).map_err(|(index, value, allowed)| {
                        (offset + index, value, format!("{allowed} for '{name}'"))
                    })?;
                    offset += space.flat_len();
                }
                Ok(())
            }
            Self::Text { max_words, vocabulary } => {
                let mut ended = false;
                (0..*max_words).try_for_each(|index| {
                    let word = at(index);
                    whole(word, 0, vocabulary.len() as i64).map_err(|allowed| (index, word, allowed))?;
                    if ended && word != 0.0 {
                        return Err((index, word, String::from("0, since the text has ended before")));
                    }
                    ended = word == 0.0;
                    Ok(())
                })
            }
        }
    }
}

/// Checks that `value` is a whole number in `low..=high`; answers with what is allowed.
fn whole(value: f64, low: i64, high: i64) -> Result<(), String> {
    if value.fract() == 0.0 && (low as f64..=high as f64).contains(&value) {
        Ok(())
    } else {
        Err(format!("whole numbers {low} to {high}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(space: &Space, values: Array) -> String {
        space.check(&values).expect_err("not contained").to_string()
    }

    #[test]
    fn values_within_bounds_are_contained() {
        assert!(Space::discrete(3).contains(&Array::I32(vec![0, 1, 2])));
        assert!(Space::Discrete { n: 2, start: -1 }.contains(&Array::I32(vec![-1, 0])));
        assert!(Space::MultiDiscrete { n: vec![2, 4] }.contains(&Array::I32(vec![1, 3, 0, 0])));
        assert!(Space::bytes(0, 10, [2]).contains(&Array::U8(vec![0, 10])));
        let text = Space::Text { max_words: 3, vocabulary: vec!["a".into(), "b".into()] };
        assert!(text.contains(&Array::I32(vec![2, 1, 0, 0, 0, 0])));
    }

    #[test]
    fn misfits_are_named_with_what_is_allowed() {
        assert_eq!(
            reason(&Space::discrete(3), Array::I32(vec![0, 3])),
            "value 1, element 0: 3 is not allowed; allowed: whole numbers 0 to 2"
        );
        assert_eq!(
            reason(&Space::bytes(0, 10, [2]), Array::U8(vec![0, 11])),
            "value 0, element 1: 11 is not allowed; allowed: 0 to 10"
        );
        assert_eq!(reason(&Space::discrete(3), Array::F32(vec![1.0])), "the array holds f32, the space i32");
        assert_eq!(
            reason(&Space::bytes(0, 10, [2]), Array::U8(vec![1, 2, 3])),
            "the array has 3 elements, which is no multiple of the 2 that a value has"
        );
        let dict = Space::Dict(vec![("a".into(), Space::discrete(2)), ("b".into(), Space::discrete(2))]);
        assert_eq!(
            reason(&dict, Array::F32(vec![1.0, 0.5])),
            "value 0, element 1: 0.5 is not allowed; allowed: whole numbers 0 to 1 for 'b'"
        );
        let text = Space::Text { max_words: 3, vocabulary: vec!["a".into()] };
        assert!(reason(&text, Array::I32(vec![0, 1, 0])).contains("has ended before"));
    }

    #[test]
    fn nan_is_nowhere() {
        let space = Space::Box {
            low: f32::NEG_INFINITY,
            high: f32::INFINITY,
            shape: vec![1],
            element: ElementType::F32,
        };
        assert!(space.contains(&Array::F32(vec![f32::MAX])));
        assert!(!space.contains(&Array::F32(vec![f32::NAN])));
    }
}
