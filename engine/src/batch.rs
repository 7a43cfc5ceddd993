//! The batch that a user holds: the [`VectorEnv`] of any [`Domain`], on whichever device it was built for.

use std::{any::Any, sync::Arc};

use pentathlon_gym::{
    Actions, AutoresetMode, BuildOptions, Device, EnvSpec, Error, Info, Observation, ResetOptions, Snapshot,
    Step, VectorEnv,
};

use crate::{
    actions::{check_actions, check_context, check_mask},
    columns::{Columns, Start},
    domain::{Domain, Instance},
    episode::records::Episode,
    levels::{LevelPool, LevelSet, Origin},
    native::{Native, columns::Outputs},
    plan::{Plan, invalid},
    snapshot,
    wgpu::{DeviceColumns, DeviceHandles, Wgpu, device},
};

/// A batch of environments of one domain, which reset and step together.
pub struct Batch<D: Domain> {
    plan: Arc<Plan<D>>,
    executor: Executor<D>,
    /// Whether there has been a reset.
    begun: bool,
}

impl<D: Domain> Batch<D> {
    /// Builds a batch: resolves the defaults of `options`, checks them, and allocates everything that
    /// resets and steps will need.
    ///
    /// # Errors
    /// Options that cannot be (the message says what can), or a device that cannot be had.
    pub fn new(domain: D, options: BuildOptions) -> Result<Self, Error> {
        let plan = Arc::new(Plan::new(domain, options, device::has_real_gpu)?);
        let executor = match plan.options.device {
            Device::Wgpu => Executor::Wgpu(Box::new(Wgpu::new(Arc::clone(&plan), device::open_device()?)?)),
            _ => Executor::Native(Box::new(Native::new(Arc::clone(&plan))?)),
        };
        Ok(Self { plan, executor, begun: false })
    }

    /// Builds a batch on a device that a learner already has, so that both work on the same buffers.
    ///
    /// # Errors
    /// As [`Batch::new`], and when `options` ask for the native device.
    pub fn new_on(domain: D, mut options: BuildOptions, handles: DeviceHandles) -> Result<Self, Error> {
        if options.device == Device::Native {
            return Err(invalid(
                domain.spec(),
                "device",
                "native",
                "auto or wgpu, with the handles of a device",
            ));
        }
        options.device = Device::Wgpu;
        let plan = Arc::new(Plan::new(domain, options, || true)?);
        let executor = Executor::Wgpu(Box::new(Wgpu::new(Arc::clone(&plan), handles)?));
        Ok(Self { plan, executor, begun: false })
    }

    /// The buffers of a wgpu batch, for a learner on the same device; `None` natively.
    pub fn on_device(&self) -> Option<DeviceColumns<'_>> {
        match &self.executor {
            Executor::Native(_) => None,
            Executor::Wgpu(wgpu) => Some(wgpu.columns_on_device()),
        }
    }

    /// Dispatches that one step takes on wgpu, the same for every step; 0 natively.
    pub fn dispatches_per_step(&self) -> usize {
        match &self.executor {
            Executor::Native(_) => 0,
            Executor::Wgpu(wgpu) => wgpu.dispatches(),
        }
    }

    /// Steps every environment once with the actions that are in [`DeviceColumns::actions`], without
    /// touching the host: results stay in the device's buffers, and what [`VectorEnv`] hands out is
    /// that of the last step or reset that came to the host ([`Batch::refresh`]). The actions are not
    /// checked; those out of range do what the domain's rules make of them.
    ///
    /// # Errors
    /// On the native device, before the first reset, and with autoreset disabled, where the host has to
    /// look at what ended.
    pub fn step_on_device(&mut self) -> Result<(), Error> {
        let Executor::Wgpu(wgpu) = &mut self.executor else {
            return Err(Error::Device {
                device: "native",
                reason: String::from("there are no buffers on a device to step; build the batch for wgpu"),
            });
        };
        if !self.begun {
            return Err(Error::NotReset);
        }
        if self.plan.options.autoreset == AutoresetMode::Disabled {
            let allowed = "next_step or same_step for steps on the device";
            return Err(invalid(self.plan.spec(), "autoreset", "disabled", allowed));
        }
        wgpu.step_on_device();
        Ok(())
    }

    /// Brings the results of the device's last step to the host. Nothing to do natively.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn refresh(&mut self) -> Result<Step<'_>, Error> {
        if let Executor::Wgpu(wgpu) = &mut self.executor {
            wgpu.refresh()?;
        }
        Ok(self.view())
    }

    /// The domain with its constants, as built.
    pub fn domain(&self) -> &D {
        &self.plan.domain
    }

    /// Copies of the record, the array and the episode of environment `env`. On wgpu they are
    /// downloaded.
    ///
    /// # Errors
    /// When there is no such environment, or the device is lost.
    pub fn instance(&self, env: usize) -> Result<(D::State, Vec<u32>, Episode), Error> {
        if env >= self.plan.sizes.num_envs {
            return Err(self.no_environment(env));
        }
        match &self.executor {
            Executor::Native(native) => native.instance(env).ok_or_else(|| self.no_environment(env)),
            Executor::Wgpu(wgpu) => wgpu.instance(env),
        }
    }

    /// The levels of the pool, `None` with `Levels::Fresh` and before the first reset.
    pub fn levels(&self) -> Option<&LevelSet<D::State>> {
        self.executor.pool().map(|pool| &pool.levels)
    }

    /// Makes `levels` the pool from the next episodes on, such as a held-out test set. They stay, whatever
    /// seeds the batch is reset with, until the pool is set or replaced again.
    ///
    /// # Errors
    /// When the batch has no pool, or the set is not of its size or not of its domain.
    pub fn set_levels(&mut self, levels: LevelSet<D::State>) -> Result<(), Error> {
        levels.check(&self.plan)?;
        self.executor.set_pool(Some(LevelPool { levels, origin: Origin::Given }));
        Ok(())
    }

    /// Makes the levels of `seed` the pool from the next episodes on. They stay, whatever seeds the
    /// batch is reset with, until the pool is set or replaced again.
    ///
    /// # Errors
    /// When the batch has no pool, or a level could not be generated.
    pub fn replace_levels(&mut self, seed: u64) -> Result<(), Error> {
        if self.plan.pool_len() == 0 {
            let allowed = "fixed, to hold a pool of levels";
            return Err(invalid(self.plan.spec(), "levels", "fresh", allowed));
        }
        let mut pool = self.executor.generate_pool(seed)?;
        pool.origin = Origin::Replaced(seed);
        self.executor.set_pool(Some(pool));
        Ok(())
    }

    /// Checks that there is an environment `env`, and that it has begun.
    fn check_environment(&self, env: usize) -> Result<(), Error> {
        match env < self.plan.sizes.num_envs {
            false => Err(self.no_environment(env)),
            true if self.begun => Ok(()),
            true => Err(Error::NotReset),
        }
    }

    fn no_environment(&self, env: usize) -> Error {
        Error::WrongLength {
            what: "environment index",
            got: env,
            expected: self.plan.sizes.num_envs,
            shape: format!("0 to {}", self.plan.sizes.num_envs - 1),
        }
    }

    /// Makes sure that the pool is the one that a reset with `seed` asks for.
    fn prepare_pool(&mut self, seed: Option<u64>) -> Result<(), Error> {
        if self.plan.pool_len() == 0 {
            return Ok(());
        }
        let wanted = match (self.executor.pool().map(|pool| pool.origin), seed) {
            (None, seed) => seed.unwrap_or(self.plan.options.seed),
            (Some(Origin::Seed(current)), Some(seed)) if current != seed => seed,
            _ => return Ok(()),
        };
        let pool = self.executor.generate_pool(wanted)?;
        self.executor.set_pool(Some(pool));
        Ok(())
    }

    /// Which environments a reset starts, and with which seed.
    fn starts(&self, options: &ResetOptions<'_>) -> Vec<Start> {
        let masked = |env: usize| options.mask.is_none_or(|mask| mask[env]);
        let all = 0..self.plan.sizes.num_envs;
        if self.begun {
            return all.filter(|env| masked(*env)).map(|env| Start { env, seed: options.seed }).collect();
        }
        // The first reset is one of all environments: there is no state yet that others could keep.
        let built = self.plan.options.seed;
        all.map(|env| Start { env, seed: options.seed.filter(|_| masked(env)).or(Some(built)) }).collect()
    }

    fn check_not_ended(&self) -> Result<(), Error> {
        if self.plan.options.autoreset != AutoresetMode::Disabled {
            return Ok(());
        }
        let outputs = self.executor.outputs();
        let mut ended = outputs.terminated.iter().zip(&outputs.truncated).map(|(a, b)| a | b);
        ended.position(|ended| ended).map_or(Ok(()), |env| Err(Error::Ended { env }))
    }

    fn view(&self) -> Step<'_> {
        view(self.executor.outputs())
    }
}

fn view(outputs: &Outputs) -> Step<'_> {
    Step {
        observation: &outputs.observation,
        reward: &outputs.reward,
        terminated: &outputs.terminated,
        truncated: &outputs.truncated,
        info: Info {
            final_observation: outputs.final_observation.as_ref(),
            subgoal: &outputs.subgoal,
            success: &outputs.success,
            was_reset: &outputs.was_reset,
            episodes: &outputs.episodes,
            channels: &outputs.channels,
        },
    }
}

impl<D: Domain> VectorEnv for Batch<D> {
    fn spec(&self) -> &EnvSpec {
        self.plan.spec()
    }

    fn options(&self) -> &BuildOptions {
        &self.plan.options
    }

    fn observation(&self) -> &Observation {
        &self.executor.outputs().observation
    }

    fn reset_with(&mut self, options: ResetOptions<'_>) -> Result<&Observation, Error> {
        check_mask(&self.plan, options.mask)?;
        if let Some(context) = options.context {
            check_context(&self.plan, context)?;
        }
        let all = options.mask.is_none();
        self.prepare_pool(if all { options.seed } else { None })?;
        let starts = self.starts(&options);
        self.executor.reset(&starts, options.context)?;
        self.begun = true;
        Ok(self.observation())
    }

    fn step_with(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error> {
        if !self.begun {
            return Err(Error::NotReset);
        }
        let actions = check_actions(&self.plan, actions)?;
        self.check_not_ended()?;
        self.executor.step(actions)?;
        Ok(self.view())
    }

    fn can_step_masked(&self) -> bool {
        matches!(self.executor, Executor::Native(_)) && self.plan.options.autoreset == AutoresetMode::Disabled
    }

    fn step_masked(&mut self, actions: Actions<'_>, mask: &[bool]) -> Result<Step<'_>, Error> {
        if !self.can_step_masked() {
            return Err(Error::Unsupported { what: "stepping only some of its environments" });
        }
        if !self.begun {
            return Err(Error::NotReset);
        }
        let num_envs = self.plan.sizes.num_envs;
        if mask.len() != num_envs {
            let shape = format!("one flag for each of {num_envs} environments");
            return Err(Error::WrongLength { what: "mask", got: mask.len(), expected: num_envs, shape });
        }
        let actions = check_actions(&self.plan, actions)?;
        if let Executor::Native(native) = &mut self.executor {
            if let Some(env) = native.first_ended(mask) {
                return Err(Error::Ended { env });
            }
            native.step_masked(actions, mask)?;
        }
        Ok(self.view())
    }

    fn mission(&self, env: usize) -> Option<String> {
        if env >= self.plan.sizes.num_envs || !self.begun {
            return (env < self.plan.sizes.num_envs).then(String::new);
        }
        let (state, items, episode) = self.instance(env).ok()?;
        Some(self.plan.domain.mission(Instance { state: &state, items: &items, episode: &episode }))
    }

    fn snapshot(&self) -> Result<Snapshot, Error> {
        let columns = self.begun.then(|| self.executor.columns()).transpose()?;
        Ok(snapshot::write(&self.plan, columns.as_ref(), self.executor.pool()))
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        let restored = snapshot::read(&self.plan, snapshot)?;
        let pool = match restored.pool {
            None => None,
            Some((levels, Origin::Given)) => Some(LevelPool { levels, origin: Origin::Given }),
            Some((_, origin @ (Origin::Seed(seed) | Origin::Replaced(seed)))) => {
                let mut pool = self.executor.generate_pool(seed)?;
                pool.origin = origin;
                Some(pool)
            }
        };
        self.executor.set_pool(pool);
        if let Some(columns) = &restored.columns {
            self.executor.set_rows(0, columns)?;
        }
        self.begun = restored.columns.is_some();
        Ok(())
    }

    fn snapshot_environment(&self, env: usize) -> Result<Snapshot, Error> {
        self.check_environment(env)?;
        Ok(snapshot::write_environment(&self.plan, &self.executor.rows(env..env + 1)?))
    }

    fn restore_environment(&mut self, env: usize, snapshot: &Snapshot) -> Result<&Observation, Error> {
        self.check_environment(env)?;
        let columns = snapshot::read_environment(&self.plan, snapshot)?;
        self.executor.set_rows(env, &columns)?;
        Ok(self.observation())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// Where a batch steps.
enum Executor<D: Domain> {
    Native(Box<Native<D>>),
    Wgpu(Box<Wgpu<D>>),
}

impl<D: Domain> Executor<D> {
    fn outputs(&self) -> &Outputs {
        match self {
            Self::Native(native) => native.outputs(),
            Self::Wgpu(wgpu) => wgpu.outputs(),
        }
    }

    fn pool(&self) -> Option<&LevelPool<D::State>> {
        match self {
            Self::Native(native) => native.pool(),
            Self::Wgpu(wgpu) => wgpu.pool(),
        }
    }

    fn generate_pool(&self, seed: u64) -> Result<LevelPool<D::State>, Error> {
        match self {
            Self::Native(native) => native.generate_pool(seed),
            Self::Wgpu(wgpu) => wgpu.generate_pool(seed),
        }
    }

    fn set_pool(&mut self, pool: Option<LevelPool<D::State>>) {
        match self {
            Self::Native(native) => native.set_pool(pool),
            Self::Wgpu(wgpu) => wgpu.set_pool(pool),
        }
    }

    /// A context is checked before: on wgpu, where levels are fixed, it can only be the default.
    fn reset(&mut self, starts: &[Start], context: Option<&[f32]>) -> Result<(), Error> {
        match self {
            Self::Native(native) => native.reset(starts, context),
            Self::Wgpu(wgpu) => wgpu.reset(starts),
        }
    }

    fn step(&mut self, actions: &[i32]) -> Result<(), Error> {
        match self {
            Self::Native(native) => native.step(actions),
            Self::Wgpu(wgpu) => wgpu.step(actions),
        }
    }

    fn columns(&self) -> Result<Columns<D::State>, Error> {
        match self {
            Self::Native(native) => Ok(native.columns()),
            Self::Wgpu(wgpu) => wgpu.columns(),
        }
    }

    fn rows(&self, range: std::ops::Range<usize>) -> Result<Columns<D::State>, Error> {
        match self {
            Self::Native(native) => Ok(native.rows(range)),
            Self::Wgpu(wgpu) => wgpu.rows(range),
        }
    }

    fn set_rows(&mut self, first: usize, columns: &Columns<D::State>) -> Result<(), Error> {
        match self {
            Self::Native(native) => {
                native.set_rows(first, columns);
                Ok(())
            }
            Self::Wgpu(wgpu) => wgpu.set_rows(first, columns),
        }
    }
}

/// The [`Batch`] of domain `D` inside `env`, under any number of wrappers.
pub fn find_batch<D: Domain>(env: &dyn VectorEnv) -> Option<&Batch<D>> {
    let mut env = env;
    loop {
        if let Some(batch) = env.as_any().downcast_ref() {
            return Some(batch);
        }
        env = env.inner()?;
    }
}
