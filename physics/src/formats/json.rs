//! The model description itself as JSON: every field by its name in [`ModelDescription`].

use super::FormatError;
use crate::model::ModelDescription;

/// The model that `text` describes.
///
/// # Errors
/// When `text` is not JSON, a field is missing or unknown, or has another type.
pub fn from_json(text: &str) -> Result<ModelDescription, FormatError> {
    serde_json::from_str(text)
        .map_err(|error| FormatError::Invalid { format: "JSON", message: error.to_string() })
}

/// `model` as indented JSON. Reading it back gives the same model, bit for bit.
///
/// # Errors
/// When a number of the model is not finite, which JSON cannot write.
pub fn to_json(model: &ModelDescription) -> Result<String, FormatError> {
    let text = serde_json::to_string_pretty(model)
        .map_err(|error| FormatError::Invalid { format: "JSON", message: error.to_string() })?;
    // serde_json writes NaN and the infinities as null.
    match from_json(&text) {
        Ok(back) if back == *model => Ok(text),
        _ => Err(FormatError::Invalid {
            format: "JSON",
            message: format!("the model {} holds a number that is not finite", model.name),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::robots::{PushedBox, arm_with_box, quadruped};

    #[test]
    fn a_model_comes_back_bit_for_bit() {
        for model in [quadruped(), arm_with_box(PushedBox::default())] {
            assert_eq!(from_json(&to_json(&model).unwrap()).unwrap(), model);
        }
    }

    #[test]
    fn an_unknown_field_is_an_error_that_names_it() {
        let text = to_json(&quadruped()).unwrap().replacen("\"gravity\"", "\"gravitty\"", 1);
        let message = from_json(&text).unwrap_err().to_string();
        assert!(message.contains("gravitty"), "{message}");
    }

    #[test]
    fn what_json_cannot_write_is_refused() {
        let mut model = quadruped();
        model.gravity[2] = f64::NAN;
        assert!(to_json(&model).unwrap_err().to_string().contains("not finite"));
    }
}
