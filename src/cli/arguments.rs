//! Arguments that several commands share: which environment, how it is built, which device.

use clap::{Args, ValueEnum};
use pentathlon::{Builder, Device, GeneratorKind, Levels, OptionValue};

/// Which environment, and how its batch is built.
#[derive(Args, Clone, Debug)]
pub struct EnvironmentArguments {
    /// Registered id, such as MiniGrid-DoorKey-8x8-v0; `pentathlon list` shows all
    pub id: String,
    /// Seed of the first reset
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Where to step: auto takes a real GPU where there is one, wgpu any adapter
    #[arg(long, value_enum)]
    pub device: Option<DeviceName>,
    /// Which random numbers: reference is the upstream's own stream (native device only)
    #[arg(long, value_enum)]
    pub generator: Option<GeneratorName>,
    /// Where levels come from: `fresh`, or the size of a fixed pool; without it fresh ones on the native device, and
    /// a pool of 4096 on wgpu
    #[arg(long, value_name = "fresh|K", value_parser = parse_levels)]
    pub levels: Option<Levels>,
    /// Threads of the native device; 0 takes all cores
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// Steps after which an episode is truncated, instead of the id's own limit
    #[arg(long, value_name = "STEPS")]
    pub max_episode_steps: Option<u32>,
    /// Option of the environment; may be repeated (`pentathlon info ID` lists them)
    #[arg(long = "option", value_name = "NAME=VALUE", value_parser = parse_option)]
    pub options: Vec<(String, OptionValue)>,
}

impl EnvironmentArguments {
    /// Whether the option `name` of the environment was given.
    pub fn has_option(&self, name: &str) -> bool {
        self.options.iter().any(|(given, _)| given == name)
    }

    /// A builder with everything that the arguments say; an unknown id is an error.
    pub fn builder(&self, num_envs: usize) -> Result<Builder, pentathlon::Error> {
        let mut builder =
            pentathlon::make(&self.id)?.num_envs(num_envs).seed(self.seed).threads(self.threads);
        if let Some(device) = self.device {
            builder = builder.device(device.into());
        }
        if let Some(generator) = self.generator {
            builder = builder.generator(generator.into());
        }
        if let Some(levels) = self.levels {
            builder = builder.levels(levels);
        }
        if let Some(limit) = self.max_episode_steps {
            builder = builder.max_episode_steps(limit);
        }
        for (name, value) in &self.options {
            builder = builder.option(name, value.clone());
        }
        Ok(builder)
    }
}

/// [`Device`] as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DeviceName {
    /// A wgpu adapter when it is a real GPU, else the CPU
    Auto,
    /// The CPU
    Native,
    /// Any wgpu adapter, a software one included
    Wgpu,
}

impl From<DeviceName> for Device {
    fn from(name: DeviceName) -> Self {
        match name {
            DeviceName::Auto => Self::Auto,
            DeviceName::Native => Self::Native,
            DeviceName::Wgpu => Self::Wgpu,
        }
    }
}

/// [`GeneratorKind`] as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GeneratorName {
    /// Counter-based numbers, the same on every device
    Fast,
    /// The upstream's own stream, for comparing episodes
    Reference,
}

impl From<GeneratorName> for GeneratorKind {
    fn from(name: GeneratorName) -> Self {
        match name {
            GeneratorName::Fast => Self::Fast,
            GeneratorName::Reference => Self::Reference,
        }
    }
}

/// The name by which a device is typed and printed.
pub fn device_name(device: Device) -> &'static str {
    match device {
        Device::Auto => "auto",
        Device::Native => "native",
        Device::Wgpu => "wgpu",
    }
}

/// A number of environments, at least 1.
pub fn parse_count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(String::from("expected a whole number of at least 1")),
        Ok(count) => Ok(count),
    }
}

fn parse_levels(text: &str) -> Result<Levels, String> {
    if text == "fresh" {
        return Ok(Levels::Fresh);
    }
    match text.parse() {
        Ok(0) | Err(_) => {
            Err(String::from("expected `fresh` or the number of levels in the pool, at least 1"))
        }
        Ok(count) => Ok(Levels::Fixed(count)),
    }
}

pub fn parse_option(text: &str) -> Result<(String, OptionValue), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), OptionValue::parse(value))),
        _ => Err(String::from("expected NAME=VALUE")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_fresh_or_a_pool() {
        assert_eq!(parse_levels("fresh"), Ok(Levels::Fresh));
        assert_eq!(parse_levels("64"), Ok(Levels::Fixed(64)));
        assert!(parse_levels("0").is_err() && parse_levels("-1").is_err() && parse_levels("").is_err());
    }

    #[test]
    fn options_have_a_name_and_a_value() {
        assert_eq!(parse_option("size=9"), Ok(("size".into(), OptionValue::Integer(9))));
        assert_eq!(parse_option("a=b=c"), Ok(("a".into(), OptionValue::Text("b=c".into()))));
        assert!(parse_option("size").is_err() && parse_option("=9").is_err());
    }
}
