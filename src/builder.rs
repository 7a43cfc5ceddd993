//! The way from an id to a batch: `make(id)` gives a builder with Gymnasium's defaults, whose methods
//! set what should be different, and whose `build` checks everything at once.

use std::sync::OnceLock;

use pentathlon_gym::{
    AutoresetMode, BuildOptions, Device, EnvSpec, Error, GeneratorKind, Levels, OptionValue, Registry,
    VectorEnv,
};

/// Every environment of the suite.
pub fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(pentathlon_envs::registry)
}

/// The specifications of all registered environments, in order of their ids.
pub fn specs() -> impl Iterator<Item = &'static EnvSpec> {
    registry().specs()
}

/// Begins to build a batch of the environment registered as `id`.
///
/// ```
/// let mut batch = pentathlon::make("MiniGrid-Empty-5x5-v0")?.num_envs(2).seed(7).build()?;
/// batch.reset(None)?;
/// let step = batch.step(&[2, 1])?;
/// assert_eq!(step.reward.len(), 2);
/// # Ok::<(), pentathlon::Error>(())
/// ```
///
/// # Errors
/// An unknown id; the error names registered ids that look like it.
pub fn make(id: &str) -> Result<Builder, Error> {
    let spec = registry().get(id)?;
    Ok(Builder { spec, options: BuildOptions::default() })
}

/// What a batch will be built with; every method takes and returns the builder.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct Builder {
    spec: &'static EnvSpec,
    options: BuildOptions,
}

impl Builder {
    /// Environments in the batch, at least 1. Default 1.
    pub fn num_envs(mut self, num_envs: usize) -> Self {
        self.options.num_envs = num_envs;
        self
    }

    /// Seed of the first reset when `reset` is given none. Default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Where the batch steps. Default [`Device::Auto`]: a real GPU where there is one, else the CPU.
    pub fn device(mut self, device: Device) -> Self {
        self.options.device = device;
        self
    }

    /// When ended environments start their next episode. Default [`AutoresetMode::NextStep`].
    pub fn autoreset(mut self, mode: AutoresetMode) -> Self {
        self.options.autoreset = mode;
        self
    }

    /// Steps after which an episode is truncated, at least 1. Default: the id's own limit.
    pub fn max_episode_steps(mut self, steps: u32) -> Self {
        self.options.max_episode_steps = Some(steps);
        self
    }

    /// Which random numbers are drawn. Default [`GeneratorKind::Fast`].
    pub fn generator(mut self, generator: GeneratorKind) -> Self {
        self.options.generator = generator;
        self
    }

    /// Where levels come from. Default: a new one at each reset natively, a pool of 4096 on wgpu.
    pub fn levels(mut self, levels: Levels) -> Self {
        self.options.levels = Some(levels);
        self
    }

    /// Names of the observations to compute, in order. Default: the id's own choice.
    pub fn observations<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.options.observations = names.into_iter().map(Into::into).collect();
        self
    }

    /// Threads of the native device. Default 0: all cores. Results do not depend on it.
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = threads;
        self
    }

    /// Sets an option of the environment; `spec().options` lists them.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<OptionValue>) -> Self {
        self.options.options.insert(name.into(), value.into());
        self
    }

    /// The specification of the id.
    pub fn spec(&self) -> &'static EnvSpec {
        self.spec
    }

    /// What has been set so far.
    pub fn options(&self) -> &BuildOptions {
        &self.options
    }

    /// Builds the batch. It has to be reset before it can step.
    ///
    /// # Errors
    /// Options out of range or unknown, observations that the id does not offer, or a device that
    /// cannot be had; the message says what is allowed.
    pub fn build(self) -> Result<Box<dyn VectorEnv>, Error> {
        registry().make(&self.spec.id, &self.options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_set_reaches_the_batch() {
        let batch = make("MiniGrid-Empty-5x5-v0")
            .unwrap()
            .num_envs(3)
            .seed(11)
            .device(Device::Native)
            .autoreset(AutoresetMode::SameStep)
            .max_episode_steps(9)
            .generator(GeneratorKind::Fast)
            .levels(Levels::Fixed(2))
            .observations(["direction", "image"])
            .threads(1)
            .build()
            .unwrap();
        let options = batch.options();
        assert_eq!((options.num_envs, options.seed, options.threads), (3, 11, 1));
        assert_eq!(options.autoreset, AutoresetMode::SameStep);
        assert_eq!(options.levels, Some(Levels::Fixed(2)));
        assert_eq!(batch.spec().max_episode_steps, 9);
        let names: Vec<_> = batch.observation().fields.iter().map(|field| &field.spec.name).collect();
        assert_eq!(names, ["direction", "image"]);
    }

    #[test]
    fn a_mistyped_id_is_answered_with_the_nearest() {
        let message = make("MiniGrid-DorKey-8x8-v0").unwrap_err().to_string();
        assert!(message.contains("MiniGrid-DoorKey-8x8-v0"), "{message}");
    }

    #[test]
    fn bad_options_say_what_is_allowed() {
        let builder = || make("MiniGrid-Empty-5x5-v0").unwrap();
        assert!(builder().num_envs(0).build().is_err());
        let message = builder().option("colour_of_the_sky", "blue").build().err().unwrap().to_string();
        assert!(message.contains("colour_of_the_sky"), "{message}");
        let message = builder().observations(["smell"]).build().err().unwrap().to_string();
        assert!(message.contains("smell") && message.contains("image"), "{message}");
    }

    #[test]
    fn ids_are_listed_in_order() {
        let ids: Vec<_> = specs().map(|spec| spec.id.as_str()).collect();
        assert!(ids.len() >= 82 && ids.is_sorted());
    }
}
