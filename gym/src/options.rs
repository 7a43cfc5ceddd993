//! The options a batch is built and reset with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where a batch steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// A wgpu adapter when it is a real GPU, else the CPU.
    #[default]
    Auto,
    /// The CPU: native code, rayon over chunks.
    Native,
    /// Any wgpu adapter, a software one included.
    Wgpu,
}

/// When an ended environment starts its next episode; Gymnasium 1.x's `AutoresetMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoresetMode {
    /// The step after the last one ignores its action, resets, and returns the first observation of
    /// the next episode with reward 0 and both flags false.
    #[default]
    NextStep,
    /// The last step of an episode returns the first observation of the next one; the last
    /// observation of the ended episode is in `info.final_observation`.
    SameStep,
    /// Nothing is reset: the caller resets ended environments with a mask. Stepping an ended
    /// environment is an error.
    Disabled,
}

/// Which random numbers levels and rules draw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GeneratorKind {
    /// Counter-based numbers, the same on every device. For training.
    #[default]
    Fast,
    /// The upstream's own stream: the same seed gives the upstream's episode. Native device only.
    Reference,
}

/// Where the levels of later episodes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Levels {
    /// A new level at each reset. Native device only; the only choice with
    /// [`GeneratorKind::Reference`].
    Fresh,
    /// A pool of that many levels, made once, resident on the device.
    Fixed(u32),
}

/// Value of a domain option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OptionValue {
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// Anything else.
    Text(String),
}

impl OptionValue {
    /// Reads what a person would type: `true`, `3`, `0.5`, or text.
    pub fn parse(text: &str) -> Self {
        if let Ok(value) = text.parse() {
            Self::Bool(value)
        } else if let Ok(value) = text.parse() {
            Self::Integer(value)
        } else if let Ok(value) = text.parse() {
            Self::Float(value)
        } else {
            Self::Text(text.to_owned())
        }
    }
}

macro_rules! option_value_from {
    ($($source:ty => $variant:ident),*) => {$(
        impl From<$source> for OptionValue {
            fn from(value: $source) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}
option_value_from!(bool => Bool, i64 => Integer, i32 => Integer, u32 => Integer, f64 => Float, &str => Text, String => Text);

/// Everything a batch is built with. The facade's builder fills it in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildOptions {
    /// Environments in the batch, at least 1. Default 1.
    pub num_envs: usize,
    /// Seed of the first reset when `reset` is given none. Environment `e` of a
    /// [`GeneratorKind::Reference`] batch is seeded with `seed + e`, as Gymnasium's vector
    /// environments are.
    pub seed: u64,
    /// Where the batch steps.
    pub device: Device,
    /// When an ended environment starts its next episode.
    pub autoreset: AutoresetMode,
    /// Steps after which an episode is truncated; `None` takes the id's own limit.
    pub max_episode_steps: Option<u32>,
    /// Which random numbers are drawn.
    pub generator: GeneratorKind,
    /// Where levels come from; `None` takes `Fresh` natively and `Fixed(4096)` on wgpu.
    pub levels: Option<Levels>,
    /// Names of the observations to compute; empty takes the id's default.
    pub observations: Vec<String>,
    /// Threads of the native device; 0 takes all cores.
    pub threads: usize,
    /// Options of the domain by name.
    pub options: BTreeMap<String, OptionValue>,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            num_envs: 1,
            seed: 0,
            device: Device::default(),
            autoreset: AutoresetMode::default(),
            max_episode_steps: None,
            generator: GeneratorKind::default(),
            levels: None,
            observations: Vec::new(),
            threads: 0,
            options: BTreeMap::new(),
        }
    }
}

/// What a reset may change.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResetOptions<'a> {
    /// New seed. `None` continues the running streams, and on the first reset takes the seed the
    /// batch was built with. With a mask, only the masked environments are reseeded.
    pub seed: Option<u64>,
    /// Which environments to reset, one flag each; `None` resets all.
    pub mask: Option<&'a [bool]>,
    /// Context of every environment, `[num_envs, spec.context.len()]`; kept until set again. Rows of
    /// environments that are not reset now take effect at their next reset.
    pub context: Option<&'a [f32]>,
}
