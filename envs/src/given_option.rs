//! A build option as the user gave it, and how domains read it: the value, or an error that names the
//! environment, the option, the value and what is allowed.

use pentathlon_gym::{Error, OptionValue};

/// One option as given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GivenOption<'a> {
    /// The environment's id.
    pub(crate) id: &'a str,
    /// The option's name.
    pub(crate) name: &'a str,
    /// Its value.
    pub(crate) value: &'a OptionValue,
}

impl GivenOption<'_> {
    /// The error that this value is not among the `allowed` ones.
    pub(crate) fn invalid(&self, allowed: &str) -> Error {
        let value = match self.value {
            OptionValue::Bool(value) => value.to_string(),
            OptionValue::Integer(value) => value.to_string(),
            OptionValue::Float(value) => value.to_string(),
            OptionValue::Text(value) => format!("'{value}'"),
        };
        Error::InvalidOption { id: self.id.into(), option: self.name.into(), value, allowed: allowed.into() }
    }

    /// A whole number from `low` to `high`.
    pub(crate) fn whole(&self, low: i64, high: i64) -> Result<i64, Error> {
        match self.value {
            OptionValue::Integer(value) if (low..=high).contains(value) => Ok(*value),
            _ => Err(self.invalid(&format!("whole numbers from {low} to {high}"))),
        }
    }

    /// A number from `low` to `high`.
    pub(crate) fn number(&self, low: f64, high: f64) -> Result<f64, Error> {
        let value = match self.value {
            OptionValue::Integer(value) => *value as f64,
            OptionValue::Float(value) => *value,
            _ => f64::NAN,
        };
        if (low..=high).contains(&value) {
            Ok(value)
        } else {
            Err(self.invalid(&format!("numbers from {low} to {high}")))
        }
    }

    /// True or false.
    pub(crate) fn flag(&self) -> Result<bool, Error> {
        match self.value {
            OptionValue::Bool(value) => Ok(*value),
            _ => Err(self.invalid("true or false")),
        }
    }

    /// Text, if it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self.value {
            OptionValue::Text(value) => Some(value),
            _ => None,
        }
    }

    /// One of `choices`, by name.
    pub(crate) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, Error> {
        let found = choices.iter().find(|(name, _)| self.text() == Some(name));
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            self.invalid(&choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "))
        })
    }
}
