//! Actions of one number a component, checked against the feasible set before anything changes, and packed
//! for the batch inside.

use pentathlon_engine::Batch;
use pentathlon_gym::{
    Actions, BuildOptions, EnvSpec, Error, Observation, Space, Step,
    wrappers::{Transform, Wrapped},
};

use super::{
    action::{components, mask_of},
    domain::CoupledBandit,
    feasible::FeasibleSet,
    options::Infeasible,
};

/// The batch that a registered id builds.
pub type FeasibleBatch = Wrapped<Batch<CoupledBandit>, FeasibleActions>;

/// Takes actions of one number a component, refuses or empties those outside the feasible set, and packs
/// them.
#[derive(Debug)]
pub struct FeasibleActions {
    set: FeasibleSet,
    infeasible: Infeasible,
    /// Actions in the packed form, `[num_envs, action words]`.
    packed: Vec<i32>,
    action_words: usize,
}

impl FeasibleActions {
    /// Checks the actions of `inner`.
    pub fn wrap(inner: Batch<CoupledBandit>) -> FeasibleBatch {
        use pentathlon_gym::VectorEnv;
        let action_words = inner.spec().action_space.flat_len();
        let transform = Self {
            set: inner.domain().feasible_set().clone(),
            infeasible: inner.domain().options().infeasible,
            packed: vec![0; inner.num_envs() * action_words],
            action_words,
        };
        Wrapped::new(inner, transform)
    }

    /// The allowed actions.
    pub fn feasible_set(&self) -> &FeasibleSet {
        &self.set
    }

    /// Why the action of an environment is refused.
    fn refused(&self, env: usize, action: &[i32]) -> Error {
        let misfit = action.iter().position(|number| !(0..=1).contains(number));
        let (value, allowed) = match (misfit, mask_of(action).and_then(|mask| self.set.violation(mask))) {
            (Some(index), _) => (action[index].to_string(), format!("0 or 1 for component {index}")),
            (None, violation) => {
                let chosen: Vec<usize> = components(mask_of(action).unwrap_or_default()).collect();
                (format!("{chosen:?}"), violation.map_or_else(String::new, |violation| violation.to_string()))
            }
        };
        Error::InvalidAction { env, agent: 0, value, allowed }
    }
}

impl Transform for FeasibleActions {
    const NAME: &'static str = "FeasibleActions";
    const STATELESS: bool = true;
    type State = ();

    fn describe(&self, spec: &mut EnvSpec, _: &mut BuildOptions) {
        spec.action_space = Space::MultiDiscrete { n: vec![2; self.set.components()] };
    }

    fn act<'a>(
        &'a mut self,
        actions: Actions<'a>,
        _: &Observation,
        _: Option<&[bool]>,
    ) -> Result<Actions<'a>, Error> {
        let Actions::Discrete(numbers) = actions else {
            let allowed = String::from("i32 values: the action space is discrete");
            return Err(Error::InvalidAction { env: 0, agent: 0, value: "an f32".into(), allowed });
        };
        let rows = numbers.chunks_exact(self.set.components());
        for (env, row) in rows.enumerate() {
            let packed = &mut self.packed[env * self.action_words..][..self.action_words];
            match mask_of(row) {
                Some(mask) if self.set.contains(mask) => CoupledBandit::pack(mask, packed),
                Some(_) if self.infeasible == Infeasible::Empty => packed.fill(0),
                _ => return Err(self.refused(env, row)),
            }
        }
        Ok(Actions::Discrete(&self.packed))
    }

    fn step<'a>(&'a mut self, step: Step<'a>, _: Option<&[bool]>) -> Step<'a> {
        step
    }

    fn state(&self) -> Self::State {}

    fn set_state(&mut self, (): Self::State) -> Result<(), String> {
        Ok(())
    }
}
