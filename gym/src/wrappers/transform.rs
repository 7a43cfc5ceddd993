//! A transform of what goes into and comes out of a batch, and the batch that it makes of another one.

use std::any::Any;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{outputs::Outputs, state};
use crate::{Actions, BuildOptions, EnvSpec, Error, Observation, ResetOptions, Snapshot, Step, VectorEnv};

/// What a wrapper changes of the batch inside it. Every method has the batch inside do its part as it
/// is, so a transform says only what differs.
///
/// `mask` arguments say which environments take part; `None` is all of them.
pub trait Transform: Send + 'static {
    /// Name of the wrapper, in errors and snapshots.
    const NAME: &'static str;

    /// Whether [`look`](Self::look) is called: steps are then copied before they are reported.
    const LOOKS: bool = false;

    /// Whether the transform keeps nothing from step to step: snapshots of single environments then pass through it.
    const STATELESS: bool = false;

    /// What a snapshot keeps of the transform.
    type State: Serialize + DeserializeOwned;

    /// Changes what the batch says of itself. Called once, when it is wrapped.
    fn describe(&self, _spec: &mut EnvSpec, _options: &mut BuildOptions) {}

    /// The observation after the last reset or step, in place of `inner`.
    fn observation<'a>(&'a self, inner: &'a Observation) -> &'a Observation {
        inner
    }

    /// Environments were reset: those of `options.mask`, which is `None` for the first reset.
    fn began(&mut self, _observation: &Observation, _options: &ResetOptions<'_>) {}

    /// Looks at the batch inside, after [`began`](Self::began) and before [`step`](Self::step). `reset` says
    /// which of the two it was, `mask` which environments take part. Only where [`LOOKS`](Self::LOOKS).
    ///
    /// # Errors
    /// A batch that cannot be looked at. What the batch inside did is done.
    fn look(&mut self, _inner: &dyn VectorEnv, _reset: bool, _mask: Option<&[bool]>) -> Result<(), Error> {
        Ok(())
    }

    /// The actions to step with in place of `actions`, whose number and range are not checked yet.
    /// `observation` is that of the batch inside.
    ///
    /// # Errors
    /// Actions that the transform refuses. Nothing but scratch memory may change in here, since the
    /// batch inside may still refuse the actions.
    fn act<'a>(
        &'a mut self,
        actions: Actions<'a>,
        _observation: &Observation,
        _mask: Option<&[bool]>,
    ) -> Result<Actions<'a>, Error> {
        Ok(actions)
    }

    /// A step was made; the step to report in place of `step`.
    fn step<'a>(&'a mut self, step: Step<'a>, mask: Option<&[bool]>) -> Step<'a>;

    /// What a snapshot keeps.
    fn state(&self) -> Self::State;

    /// Takes over what a snapshot kept.
    ///
    /// # Errors
    /// What is wrong with `state`; the transform is then unchanged.
    fn set_state(&mut self, state: Self::State) -> Result<(), String>;

    /// Computes again what follows from the observation, after a snapshot was restored.
    fn refresh(&mut self, _observation: &Observation) {}
}

/// A batch under a [`Transform`].
#[derive(Debug)]
pub struct Wrapped<E, T> {
    inner: E,
    transform: T,
    spec: EnvSpec,
    options: BuildOptions,
    begun: bool,
    outputs: Outputs,
}

/// State of a wrapper in a snapshot.
#[derive(Serialize, Deserialize)]
struct Kept<S> {
    begun: bool,
    state: S,
}

/// Whether environment `env` takes part.
pub(super) fn takes_part(mask: Option<&[bool]>, env: usize) -> bool {
    mask.is_none_or(|mask| mask[env])
}

/// The error of a wrapper that does not fit.
pub(super) fn misfit(wrapper: &'static str, reason: impl Into<String>) -> Error {
    Error::Wrapper { wrapper, reason: reason.into() }
}

impl<E: VectorEnv, T: Transform> Wrapped<E, T> {
    /// Puts `transform`, which was made for `inner`, around it.
    pub fn new(inner: E, transform: T) -> Self {
        let (mut spec, mut options) = (inner.spec().clone(), inner.options().clone());
        transform.describe(&mut spec, &mut options);
        Self { inner, transform, spec, options, begun: false, outputs: Outputs::default() }
    }

    /// The transform.
    pub fn transform(&self) -> &T {
        &self.transform
    }

    /// The transform, to change its settings.
    pub fn transform_mut(&mut self) -> &mut T {
        &mut self.transform
    }

    /// The batch inside. The transform does not see what is done to it there.
    pub fn inner_mut(&mut self) -> &mut E {
        &mut self.inner
    }

    /// The batch inside, without the transform.
    pub fn into_inner(self) -> E {
        self.inner
    }
}

impl<E: VectorEnv + 'static, T: Transform> VectorEnv for Wrapped<E, T> {
    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn options(&self) -> &BuildOptions {
        &self.options
    }

    fn observation(&self) -> &Observation {
        self.transform.observation(self.inner.observation())
    }

    fn reset_with(&mut self, options: ResetOptions<'_>) -> Result<&Observation, Error> {
        let observation = self.inner.reset_with(options)?;
        let mask = options.mask.filter(|_| self.begun);
        self.transform.began(observation, &ResetOptions { mask, ..options });
        self.begun = true;
        if T::LOOKS {
            self.transform.look(&self.inner, true, mask)?;
        }
        Ok(self.transform.observation(self.inner.observation()))
    }

    fn step_with(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error> {
        if !self.begun {
            return Err(Error::NotReset);
        }
        check_len(&self.spec, self.options.num_envs, actions)?;
        let actions = self.transform.act(actions, self.inner.observation(), None)?;
        if !T::LOOKS {
            let step = self.inner.step_with(actions)?;
            return Ok(self.transform.step(step, None));
        }
        let step = self.inner.step_with(actions)?;
        self.outputs.take_over(&step);
        self.transform.look(&self.inner, false, None)?;
        Ok(self.transform.step(self.outputs.report(self.inner.observation(), None), None))
    }

    fn can_step_masked(&self) -> bool {
        self.inner.can_step_masked()
    }

    fn step_masked(&mut self, actions: Actions<'_>, mask: &[bool]) -> Result<Step<'_>, Error> {
        if !self.begun {
            return Err(Error::NotReset);
        }
        check_len(&self.spec, self.options.num_envs, actions)?;
        check_mask(self.options.num_envs, mask)?;
        let actions = self.transform.act(actions, self.inner.observation(), Some(mask))?;
        if !T::LOOKS {
            let step = self.inner.step_masked(actions, mask)?;
            return Ok(self.transform.step(step, Some(mask)));
        }
        let step = self.inner.step_masked(actions, mask)?;
        self.outputs.take_over(&step);
        self.transform.look(&self.inner, false, Some(mask))?;
        Ok(self.transform.step(self.outputs.report(self.inner.observation(), None), Some(mask)))
    }

    fn mission(&self, env: usize) -> Option<String> {
        self.inner.mission(env)
    }

    fn snapshot(&self) -> Result<Snapshot, Error> {
        let kept = Kept { begun: self.begun, state: self.transform.state() };
        state::push(self.inner.snapshot()?, T::NAME, &kept)
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        let (inner, kept): (_, Kept<T::State>) = state::pop(snapshot, T::NAME)?;
        let before = self.transform.state();
        self.transform
            .set_state(kept.state)
            .map_err(|reason| Error::Snapshot(format!("the state of {}: {reason}", T::NAME)))?;
        if let Err(error) = self.inner.restore(&inner) {
            // Its own state always fits.
            let _ = self.transform.set_state(before);
            return Err(error);
        }
        self.transform.refresh(self.inner.observation());
        self.begun = kept.begun;
        Ok(())
    }

    fn snapshot_environment(&self, env: usize) -> Result<Snapshot, Error> {
        if T::STATELESS {
            return self.inner.snapshot_environment(env);
        }
        Err(Error::Unsupported { what: "snapshots of single environments" })
    }

    fn restore_environment(&mut self, env: usize, snapshot: &Snapshot) -> Result<&Observation, Error> {
        if !T::STATELESS {
            return Err(Error::Unsupported { what: "snapshots of single environments" });
        }
        self.inner.restore_environment(env, snapshot)?;
        self.transform.refresh(self.inner.observation());
        Ok(self.observation())
    }

    fn inner(&self) -> Option<&dyn VectorEnv> {
        Some(&self.inner)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// Checks that there is an action for every agent.
pub(super) fn check_len(spec: &EnvSpec, num_envs: usize, actions: Actions<'_>) -> Result<(), Error> {
    let width = spec.action_space.flat_len();
    let (got, expected) = (actions.len(), num_envs * spec.num_agents * width);
    if got == expected {
        return Ok(());
    }
    let shape = format!("{num_envs} environments x {} agents x {width} per action", spec.num_agents);
    Err(Error::WrongLength { what: "actions", got, expected, shape })
}

/// Checks that there is a flag for every environment.
pub(super) fn check_mask(num_envs: usize, mask: &[bool]) -> Result<(), Error> {
    if mask.len() == num_envs {
        return Ok(());
    }
    let shape = String::from("one flag per environment");
    Err(Error::WrongLength { what: "mask", got: mask.len(), expected: num_envs, shape })
}
