//! A trained SEQUOIA as it was last saved, and as a policy of a batch.

use std::path::Path;

use pentathlon_engine::find_batch;
use pentathlon_envs::cormab::{
    CoupledBandit, action::write_action, feasible::FeasibleSet, id, instance::Instance,
};
use pentathlon_gym::{ActionBuffer, VectorEnv};

use super::{
    super::{
        evaluation::EvaluationProtocol,
        network::ReluNetwork,
        oracle::Limits,
        policies::{BanditPolicy, BestOfNetwork, oracle_for},
    },
    trainer::SequoiaTrainer,
};
use crate::Error;
use crate::policy::{Policy, discrete_actions};

/// The agent of a run.
#[derive(Clone, Debug)]
pub struct SequoiaAgent {
    /// What it was trained on.
    pub instance: Instance,
    /// Values of actions.
    pub network: ReluNetwork,
    /// Episodes that it was trained for.
    pub episodes: usize,
    /// How it is judged.
    pub evaluation: EvaluationProtocol,
}

impl SequoiaAgent {
    /// Reads the checkpoint at `path`.
    ///
    /// # Errors
    /// A file that cannot be read or is damaged.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let trainer = SequoiaTrainer::resume(path, &[] as &[&str])?;
        Ok(Self {
            instance: trainer.instance().clone(),
            network: trainer.trained().network,
            episodes: trainer.episodes(),
            evaluation: trainer.config().evaluation.clone(),
        })
    }

    /// Id of the environment that it was trained in.
    pub fn id(&self) -> String {
        id(self.instance.problem)
    }

    /// Steps that it was trained for.
    pub fn frames(&self) -> u64 {
        self.episodes as u64 * u64::from(self.instance.horizon)
    }

    /// Whether it was trained on `instance`, whatever that is called.
    fn knows(&self, instance: &Instance) -> bool {
        let mut instance = instance.clone();
        instance.name.clone_from(&self.instance.name);
        instance == self.instance
    }

    /// The agent for the environments of `batch`, which show their `levels`; each search ends within `limits`.
    ///
    /// # Errors
    /// Environments of another instance.
    pub fn policy(&self, batch: &dyn VectorEnv, limits: Limits) -> Result<SequoiaPolicy, Error> {
        let found = find_batch::<CoupledBandit>(batch).map(|inside| inside.domain().instance());
        if !found.is_some_and(|instance| self.knows(instance)) {
            return Err(Error::Unsupported {
                id: batch.spec().id.clone(),
                reason: format!(
                    "the network knows the instance {} of {}; build the environment of that one (its file \
                     is instance.json in the folder of the run)",
                    self.instance.name,
                    self.id()
                ),
            });
        }
        let oracle = oracle_for(&FeasibleSet::new(&self.instance), limits);
        Ok(SequoiaPolicy {
            agent: BestOfNetwork::new(self.network.clone(), oracle),
            arms: self.instance.arms,
            components: self.instance.components,
        })
    }
}

/// Takes the best action of the network in every environment.
pub struct SequoiaPolicy {
    agent: BestOfNetwork,
    arms: usize,
    components: usize,
}

impl Policy for SequoiaPolicy {
    fn act(&mut self, env: &dyn VectorEnv, active: &[bool], actions: &mut ActionBuffer) -> Result<(), Error> {
        let actions = discrete_actions(env, actions)?;
        let levels = env.observation().get("levels").and_then(|levels| levels.as_u8());
        let levels = levels.ok_or_else(|| Error::Unsupported {
            id: env.spec().id.clone(),
            reason: "the agent needs the observation 'levels'".into(),
        })?;
        let environments = levels.chunks_exact(self.arms).zip(actions.chunks_exact_mut(self.components));
        for ((levels, action), _) in environments.zip(active).filter(|(_, active)| **active) {
            write_action(self.agent.act(levels, 0), action);
        }
        Ok(())
    }
}
