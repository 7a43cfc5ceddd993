//! What a mechanism is made of: masses, lengths and the like. They are options, which hold for a whole batch, and
//! context, which can be set for every environment at a reset.

use pentathlon_gym::{BuildOptions, ContextParameter, Error, OptionSpec};

use crate::given_option::GivenOption;

/// One property of a mechanism.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) default: f32,
    pub(super) least: f32,
    pub(super) largest: f32,
    /// Meaning, with its unit.
    pub(super) description: &'static str,
}

/// The values of `parameters` that `build` asks for: given ones, or their defaults.
///
/// # Errors
/// An option that there is not, or a value out of its range.
pub(super) fn given<const N: usize>(
    id: &str,
    parameters: &[Parameter; N],
    build: &BuildOptions,
) -> Result<[f32; N], Error> {
    let mut values = parameters.map(|parameter| parameter.default);
    for (name, value) in &build.options {
        let Some(place) = parameters.iter().position(|parameter| parameter.name == name) else {
            return Err(Error::UnknownOption {
                id: id.into(),
                option: name.clone(),
                available: parameters.map(|parameter| parameter.name.to_owned()).to_vec(),
            });
        };
        let Parameter { least, largest, .. } = parameters[place];
        let given = GivenOption { id, name, value };
        values[place] = given.number(f64::from(least), f64::from(largest))? as f32;
    }
    Ok(values)
}

/// `parameters` as context whose defaults are `values`.
pub(super) fn context(parameters: &[Parameter], values: &[f32]) -> Vec<ContextParameter> {
    let described = |(parameter, value): (&Parameter, &f32)| ContextParameter {
        name: parameter.name.into(),
        low: parameter.least,
        high: parameter.largest,
        default: *value,
        integer: false,
        description: parameter.description.into(),
    };
    parameters.iter().zip(values).map(described).collect()
}

/// `parameters` as options.
pub(super) fn options(parameters: &[Parameter]) -> Vec<OptionSpec> {
    let described = |parameter: &Parameter| OptionSpec {
        name: parameter.name.into(),
        default: parameter.default.to_string(),
        description: format!("{} {} to {}.", parameter.description, parameter.least, parameter.largest),
    };
    parameters.iter().map(described).collect()
}

/// Says which of `values` is out of its range.
///
/// # Errors
/// When one is.
pub(super) fn check(parameters: &[Parameter], values: &[f32]) -> Result<(), String> {
    for (Parameter { name, least, largest, .. }, value) in parameters.iter().zip(values) {
        if !(least..=largest).contains(&value) {
            return Err(format!("its {name} is {value}; allowed: {least} to {largest}"));
        }
    }
    Ok(())
}
