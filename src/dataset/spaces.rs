//! Spaces as Minari's metadata describes them: JSON with the bounds of every element.

use pentathlon_gym::{ElementType, Space};
use serde_json::{Value, json};

/// The description of a space. Words and several discrete values are boxes of whole numbers: Minari has no
/// name for the latter, and keeps text as strings.
pub(super) fn describe(space: &Space) -> Value {
    match space {
        Space::Discrete { n, start } => json!({"type": "Discrete", "dtype": "int64", "start": start, "n": n}),
        Space::MultiDiscrete { n } => {
            let high: Vec<u32> = n.iter().map(|n| n - 1).collect();
            boxed(ElementType::I32, &[n.len()], json!(vec![0; n.len()]), json!(high))
        }
        Space::Text { max_words, vocabulary } => {
            let (low, high) = (vec![0; *max_words], vec![vocabulary.len(); *max_words]);
            boxed(ElementType::I32, &[*max_words], json!(low), json!(high))
        }
        Space::Box { low, high, shape, element } => {
            boxed(*element, shape, filled(shape, f64::from(*low)), filled(shape, f64::from(*high)))
        }
        Space::Dict(spaces) => dict(spaces.iter().map(|(name, space)| (name.as_str(), space))),
    }
}

/// The description of named spaces.
pub(super) fn dict<'a>(spaces: impl Iterator<Item = (&'a str, &'a Space)>) -> Value {
    let subspaces: serde_json::Map<String, Value> =
        spaces.map(|(name, space)| (name.to_owned(), describe(space))).collect();
    json!({"type": "Dict", "subspaces": subspaces})
}

fn boxed(element: ElementType, shape: &[usize], low: Value, high: Value) -> Value {
    let dtype = match element {
        ElementType::U8 => "uint8",
        ElementType::I32 => "int32",
        ElementType::F32 => "float32",
    };
    json!({"type": "Box", "dtype": dtype, "shape": shape, "low": low, "high": high})
}

/// Nested lists of `shape` that hold `value` everywhere.
fn filled(shape: &[usize], value: f64) -> Value {
    match shape.split_first() {
        None => json!(value),
        Some((&len, rest)) => Value::Array(vec![filled(rest, value); len]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_nested_as_the_shape_is() {
        let space = Space::bytes(0, 9, [2, 3]);
        let expected = json!({
            "type": "Box", "dtype": "uint8", "shape": [2, 3],
            "low": [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], "high": [[9.0, 9.0, 9.0], [9.0, 9.0, 9.0]],
        });
        assert_eq!(describe(&space), expected);
        assert_eq!(describe(&Space::MultiDiscrete { n: vec![2, 5] })["high"], json!([1, 4]));
    }
}
