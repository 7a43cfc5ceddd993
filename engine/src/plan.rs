//! What a batch is built as: the options with their defaults resolved, and the sizes of all columns.
//! Everything that can be wrong with the options is found here, before anything is allocated.

use pentathlon_gym::{
    AutoresetMode, BuildOptions, ChannelSpec, Device, EnvSpec, Error, GeneratorKind, Levels, ObservationSpec,
    Space,
};

use crate::{
    domain::Domain,
    episode::{records::BatchParameters, rules},
};

/// Most environments in a batch.
pub const MAX_ENVS: usize = 1 << 22;

/// Most levels in a pool.
pub const MAX_LEVELS: u32 = 1 << 24;

/// Levels of the pool that a wgpu batch takes when none are asked for.
pub const DEFAULT_LEVELS: u32 = 4096;

/// A selected form of observation.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    /// Index into `spec().observations`.
    pub(crate) index: usize,
    /// What it promises.
    pub(crate) spec: ObservationSpec,
    /// Bytes of one agent's row.
    pub(crate) row_bytes: usize,
}

/// Lengths of one environment's part of each column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// Environments.
    pub(crate) num_envs: usize,
    /// Agents of an environment.
    pub(crate) num_agents: usize,
    /// Words of one agent's action.
    pub(crate) action_words: usize,
    /// Words of an environment's array.
    pub(crate) items: usize,
    /// Parameters of an environment's context.
    pub(crate) context: usize,
    /// Numbers of all channels of an environment.
    pub(crate) channels: usize,
}

impl Sizes {
    /// Words of the actions of one environment.
    pub(crate) fn actions(&self) -> usize {
        self.num_agents * self.action_words
    }
}

/// A domain with everything that a batch of it is built with.
#[derive(Debug)]
pub(crate) struct Plan<D> {
    pub(crate) domain: D,
    /// All defaults resolved.
    pub(crate) options: BuildOptions,
    pub(crate) levels: Levels,
    pub(crate) forms: Vec<Form>,
    pub(crate) sizes: Sizes,
}

impl<D: Domain> Plan<D> {
    /// Resolves and checks `options`; `gpu` says whether a real GPU could be taken.
    pub(crate) fn new(
        domain: D,
        mut options: BuildOptions,
        gpu: impl FnOnce() -> bool,
    ) -> Result<Self, Error> {
        let spec = domain.spec();
        check_num_envs(spec, options.num_envs)?;
        let forms = select_forms(spec, &options.observations)?;
        options.observations = forms.iter().map(|form| form.spec.name.clone()).collect();
        let action_words = action_words(spec)?;
        if options.max_episode_steps.is_some_and(|limit| limit != spec.max_episode_steps) {
            return Err(invalid(
                spec,
                "max_episode_steps",
                format!("{:?}", options.max_episode_steps),
                format!("{}, the limit that the domain was built with", spec.max_episode_steps),
            ));
        }
        options.max_episode_steps = Some(spec.max_episode_steps);
        options.device = resolve_device(&domain, &options, gpu)?;
        let levels = resolve_levels(spec, &options)?;
        options.levels = Some(levels);
        if options.threads == 0 {
            options.threads = std::thread::available_parallelism().map_or(1, usize::from);
        }
        if options.threads > 1024 {
            return Err(invalid(spec, "threads", options.threads.to_string(), "0 (all cores) to 1024"));
        }
        let sizes = Sizes {
            num_envs: options.num_envs,
            num_agents: spec.num_agents,
            action_words,
            items: domain.items(),
            context: spec.context.len(),
            channels: spec.num_agents * spec.channels.iter().map(ChannelSpec::len).sum::<usize>(),
        };
        let plan = Self { options, levels, forms, sizes, domain };
        plan.check_memory()?;
        Ok(plan)
    }

    /// The specification.
    pub(crate) fn spec(&self) -> &EnvSpec {
        self.domain.spec()
    }

    /// Specifications of the selected observations, in order.
    pub(crate) fn observation_specs(&self) -> Vec<ObservationSpec> {
        self.forms.iter().map(|form| form.spec.clone()).collect()
    }

    /// Whether numbers come from the upstream's stream.
    pub(crate) fn is_reference(&self) -> bool {
        self.options.generator == GeneratorKind::Reference
    }

    /// Size of the level pool, 0 when levels are generated at each reset.
    pub(crate) fn pool_len(&self) -> u32 {
        match self.levels {
            Levels::Fixed(levels) => levels,
            Levels::Fresh => 0,
        }
    }

    /// The uniform of the kernels.
    pub(crate) fn parameters(&self) -> BatchParameters {
        BatchParameters {
            num_envs: self.sizes.num_envs as u32,
            num_agents: self.sizes.num_agents as u32,
            action_words: self.sizes.action_words as u32,
            state_words: (size_of::<D::State>() / 4) as u32,
            items: self.sizes.items as u32,
            max_episode_steps: self.spec().max_episode_steps,
            levels: self.pool_len(),
            channel_words: self.sizes.channels as u32,
            autoreset: autoreset_code(self.options.autoreset),
        }
    }

    /// What the state of a batch depends on, as text: equal for batches that may exchange snapshots.
    pub(crate) fn fingerprint(&self) -> String {
        format!(
            "{}; {} environments; {:?} generator; {:?} levels; {:?} autoreset; {} steps; options {:?}; \
             {} + {} words",
            self.spec().id,
            self.sizes.num_envs,
            self.options.generator,
            self.levels,
            self.options.autoreset,
            self.spec().max_episode_steps,
            self.options.options,
            size_of::<D::State>() / 4,
            self.sizes.items,
        )
    }

    /// What the state of a single environment depends on: neither the size of the batch nor when it resets.
    pub(crate) fn environment_fingerprint(&self) -> String {
        format!(
            "one environment of {}; {:?} generator; {:?} levels; {} steps; options {:?}; {} + {} words",
            self.spec().id,
            self.options.generator,
            self.levels,
            self.spec().max_episode_steps,
            self.options.options,
            size_of::<D::State>() / 4,
            self.sizes.items,
        )
    }

    /// Fails where the columns could not be allocated, instead of aborting later.
    fn check_memory(&self) -> Result<(), Error> {
        let rows: usize = self.forms.iter().map(|form| form.row_bytes).sum();
        let instance =
            size_of::<D::State>() + 4 * self.sizes.items + self.sizes.num_agents * (2 * rows + 12) + 128;
        let level = size_of::<D::State>() + 4 * self.sizes.items;
        let bytes = instance
            .checked_mul(self.sizes.num_envs)
            .and_then(|bytes| bytes.checked_add(level.checked_mul(self.pool_len() as usize)?));
        if bytes.is_some_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok()) {
            return Ok(());
        }
        Err(invalid(
            self.spec(),
            "num_envs",
            self.sizes.num_envs.to_string(),
            format!(
                "as many as fit into memory, {instance} bytes each and {level} bytes for each of {} levels",
                self.pool_len()
            ),
        ))
    }
}

/// The error of an option that cannot be.
pub(crate) fn invalid(
    spec: &EnvSpec,
    option: &str,
    value: impl Into<String>,
    allowed: impl Into<String>,
) -> Error {
    Error::InvalidOption {
        id: spec.id.clone(),
        option: option.into(),
        value: value.into(),
        allowed: allowed.into(),
    }
}

fn autoreset_code(mode: AutoresetMode) -> u32 {
    match mode {
        AutoresetMode::NextStep => rules::NEXT_STEP,
        AutoresetMode::SameStep => rules::SAME_STEP,
        AutoresetMode::Disabled => rules::DISABLED,
    }
}

fn check_num_envs(spec: &EnvSpec, num_envs: usize) -> Result<(), Error> {
    if (1..=MAX_ENVS).contains(&num_envs) {
        return Ok(());
    }
    Err(invalid(spec, "num_envs", num_envs.to_string(), format!("1 to {MAX_ENVS}")))
}

fn select_forms(spec: &EnvSpec, names: &[String]) -> Result<Vec<Form>, Error> {
    let names = if names.is_empty() { &spec.default_observations } else { names };
    let mut forms: Vec<Form> = Vec::with_capacity(names.len());
    for name in names {
        let Some(index) = spec.observations.iter().position(|observation| &observation.name == name) else {
            return Err(Error::UnknownObservation {
                id: spec.id.clone(),
                name: name.clone(),
                available: spec.observations.iter().map(|observation| observation.name.clone()).collect(),
            });
        };
        if forms.iter().any(|form| form.index == index) {
            return Err(invalid(spec, "observations", name, "each observation once"));
        }
        let observation = spec.observations[index].clone();
        let row_bytes = observation.space.flat_len() * observation.space.element().size();
        forms.push(Form { index, spec: observation, row_bytes });
    }
    Ok(forms)
}

fn action_words(spec: &EnvSpec) -> Result<usize, Error> {
    match &spec.action_space {
        Space::Discrete { .. } => Ok(1),
        Space::MultiDiscrete { n } => Ok(n.len()),
        Space::Box { shape, .. } => Ok(shape.iter().product()),
        space @ (Space::Dict(_) | Space::Text { .. }) => {
            Err(invalid(spec, "action_space", format!("{space:?}"), "Discrete, MultiDiscrete or Box"))
        }
    }
}

fn resolve_device<D: Domain>(
    domain: &D,
    options: &BuildOptions,
    gpu: impl FnOnce() -> bool,
) -> Result<Device, Error> {
    let spec = domain.spec();
    let fast = options.generator == GeneratorKind::Fast;
    let fresh = options.levels == Some(Levels::Fresh);
    match options.device {
        Device::Native => Ok(Device::Native),
        Device::Auto => {
            let possible = fast && !fresh && has_kernels(domain);
            Ok(if possible && gpu() { Device::Wgpu } else { Device::Native })
        }
        Device::Wgpu if !has_kernels(domain) => {
            Err(invalid(spec, "device", "wgpu", "native: this id has no kernels for wgpu"))
        }
        Device::Wgpu if !fast => {
            Err(invalid(spec, "generator", "reference", "fast on wgpu; reference only on the native device"))
        }
        Device::Wgpu if fresh => Err(invalid(
            spec,
            "levels",
            "fresh",
            "a pool of fixed levels on wgpu; fresh only on the native device",
        )),
        Device::Wgpu => Ok(Device::Wgpu),
    }
}

fn has_kernels<D: Domain>(domain: &D) -> bool {
    domain.spec().wgpu && !domain.kernels(&[]).is_empty()
}

fn resolve_levels(spec: &EnvSpec, options: &BuildOptions) -> Result<Levels, Error> {
    let levels = options.levels.unwrap_or(match options.device {
        Device::Wgpu => Levels::Fixed(DEFAULT_LEVELS),
        _ => Levels::Fresh,
    });
    let Levels::Fixed(count) = levels else { return Ok(levels) };
    if options.generator == GeneratorKind::Reference {
        return Err(invalid(
            spec,
            "levels",
            format!("fixed ({count})"),
            "fresh with the reference generator, whose stream runs on from episode to episode",
        ));
    }
    if !(1..=MAX_LEVELS).contains(&count) {
        return Err(invalid(spec, "levels", format!("fixed ({count})"), format!("1 to {MAX_LEVELS} levels")));
    }
    Ok(levels)
}
