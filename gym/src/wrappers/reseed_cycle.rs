//! Plays the same few seeds over and over, as Farama Minigrid's `ReseedWrapper`: every reset of an
//! environment takes the next seed of a list and ignores the one it is given.

use std::any::Any;

use super::{
    state,
    transform::{check_mask, misfit},
};
use crate::{
    Actions, AutoresetMode, BuildOptions, EnvSpec, Error, Observation, ResetOptions, Snapshot, Step,
    VectorEnv,
};

const NAME: &str = "ReseedCycle";

/// Resets environments with the seeds of a list in turn; each environment counts its own resets. As in
/// every reset of a batch, environment `e` of a reference batch plays `seed + e`.
#[derive(Debug)]
pub struct ReseedCycle<E> {
    inner: E,
    seeds: Vec<u64>,
    /// Of every environment, the index of its next seed.
    next: Vec<usize>,
    begun: bool,
}

impl<E: VectorEnv + 'static> ReseedCycle<E> {
    /// Has `inner` play `seeds`.
    ///
    /// # Errors
    /// An empty list, or a batch that resets by itself and so would not ask for the next seed.
    pub fn wrap(inner: E, seeds: &[u64]) -> Result<Self, Error> {
        if seeds.is_empty() {
            return Err(misfit(NAME, "no seed was given; allowed: 1 or more"));
        }
        if inner.autoreset() != AutoresetMode::Disabled {
            let reason = "the batch inside resets by itself; build it with autoreset disabled, and put \
                          Autoreset around this wrapper";
            return Err(misfit(NAME, reason));
        }
        let next = vec![0; inner.num_envs()];
        Ok(Self { inner, seeds: seeds.to_vec(), next, begun: false })
    }

    /// Resets the environments of `mask` whose next seed has the index `index`.
    fn reset_group(&mut self, index: usize, mask: &[bool], context: Option<&[f32]>) -> Result<(), Error> {
        let group: Vec<bool> =
            self.next.iter().zip(mask).map(|(&next, &reset)| reset && next == index).collect();
        let mask = if group.contains(&false) { Some(&group[..]) } else { None };
        self.inner.reset_with(ResetOptions { seed: Some(self.seeds[index]), mask, context })?;
        Ok(())
    }
}

impl<E: VectorEnv + 'static> VectorEnv for ReseedCycle<E> {
    fn spec(&self) -> &EnvSpec {
        self.inner.spec()
    }

    fn options(&self) -> &BuildOptions {
        self.inner.options()
    }

    fn observation(&self) -> &Observation {
        self.inner.observation()
    }

    fn reset_with(&mut self, options: ResetOptions<'_>) -> Result<&Observation, Error> {
        if let Some(mask) = options.mask {
            check_mask(self.next.len(), mask)?;
        }
        let mask = match options.mask {
            Some(mask) if self.begun => mask.to_vec(),
            _ => vec![true; self.next.len()],
        };
        let mut indices: Vec<usize> =
            self.next.iter().zip(&mask).filter(|(_, reset)| **reset).map(|(&index, _)| index).collect();
        indices.sort_unstable();
        indices.dedup();
        if indices.is_empty() {
            return self.inner.reset_with(ResetOptions { seed: None, mask: Some(&mask), ..options });
        }
        // Several seeds are several resets; when a later one fails the earlier ones are taken back.
        let before = if indices.len() > 1 { Some(self.inner.snapshot()?) } else { None };
        for index in indices {
            if let Err(error) = self.reset_group(index, &mask, options.context) {
                if let Some(before) = &before {
                    self.inner.restore(before)?;
                }
                return Err(error);
            }
        }
        for (next, _) in self.next.iter_mut().zip(&mask).filter(|(_, reset)| **reset) {
            *next = (*next + 1) % self.seeds.len();
        }
        self.begun = true;
        Ok(self.inner.observation())
    }

    fn step_with(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error> {
        self.inner.step_with(actions)
    }

    fn can_step_masked(&self) -> bool {
        self.inner.can_step_masked()
    }

    fn step_masked(&mut self, actions: Actions<'_>, mask: &[bool]) -> Result<Step<'_>, Error> {
        self.inner.step_masked(actions, mask)
    }

    fn mission(&self, env: usize) -> Option<String> {
        self.inner.mission(env)
    }

    fn snapshot(&self) -> Result<Snapshot, Error> {
        state::push(self.inner.snapshot()?, NAME, &(&self.seeds, &self.next, self.begun))
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        let (inner, (seeds, next, begun)) = state::pop::<(Vec<u64>, Vec<usize>, bool)>(snapshot, NAME)?;
        if seeds != self.seeds
            || next.len() != self.next.len()
            || next.iter().any(|&next| next >= seeds.len())
        {
            let reason = "the state of ReseedCycle is of other seeds or another number of environments";
            return Err(Error::Snapshot(reason.into()));
        }
        self.inner.restore(&inner)?;
        (self.next, self.begun) = (next, begun);
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corridor::Corridor;

    #[test]
    fn every_environment_goes_round_its_seeds() {
        let mut batch = ReseedCycle::wrap(Corridor::disabled(3), &[10, 20]).unwrap();
        let seeds = |batch: &ReseedCycle<Corridor>| batch.inner.seeds().to_vec();
        batch.reset_with(ResetOptions { seed: Some(99), ..ResetOptions::default() }).unwrap();
        assert_eq!(seeds(&batch), [10, 10, 10]);
        (&mut batch as &mut dyn VectorEnv).reset_mask(&[false, true, false]).unwrap();
        assert_eq!(seeds(&batch), [10, 20, 10]);
        (&mut batch as &mut dyn VectorEnv).reset_mask(&[true, true, false]).unwrap();
        assert_eq!(seeds(&batch), [20, 10, 10]);
        (&mut batch as &mut dyn VectorEnv).reset(None).unwrap();
        assert_eq!(seeds(&batch), [10, 20, 20]);
    }

    #[test]
    fn a_wrong_mask_or_context_changes_nothing() {
        let mut batch = ReseedCycle::wrap(Corridor::disabled(2), &[10, 20]).unwrap();
        let view: &mut dyn VectorEnv = &mut batch;
        view.reset(None).unwrap();
        view.reset_mask(&[true, false]).unwrap();
        let before = view.snapshot().unwrap();
        assert!(view.reset_mask(&[true]).is_err());
        let options = ResetOptions { context: Some(&[f32::NAN, 0.0]), ..ResetOptions::default() };
        assert!(view.reset_with(options).is_err());
        assert_eq!(view.snapshot().unwrap(), before);
    }

    #[test]
    fn misfits_are_refused() {
        assert!(ReseedCycle::wrap(Corridor::disabled(1), &[]).is_err());
        assert!(ReseedCycle::wrap(Corridor::new(1, AutoresetMode::NextStep), &[1]).is_err());
    }
}
