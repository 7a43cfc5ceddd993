//! Inputs that a batch must refuse, and that then must have changed nothing.

use super::{Broken, Checker, ensure};
use crate::{Actions, Array, Error, ResetOptions, Snapshot, Space, VectorEnv};

const CHANGES_NOTHING: &str = "what is refused changes nothing";

impl Checker<'_> {
    /// Tries inputs that are wrong in one way each.
    pub(super) fn check_refusals(&mut self) -> Result<(), Broken> {
        self.reset()?;
        self.rollout(3)?;
        self.reset_ended()?;
        let before = self.snapshot()?;
        self.refuse_actions(&before)?;
        self.refuse_resets(&before)?;
        self.refuse_snapshots(&before)
    }

    /// Has the batch do something that it must refuse.
    fn refuse(
        &mut self,
        before: &Snapshot,
        what: &str,
        wrong: impl FnOnce(&mut dyn VectorEnv) -> Result<(), Error>,
    ) -> Result<(), Broken> {
        let seen = self.batch.observation().clone();
        let outcome = wrong(self.batch);
        ensure(outcome.is_err(), "wrong input is refused", || format!("{what} was accepted"))?;
        ensure(*self.batch.observation() == seen, CHANGES_NOTHING, || {
            format!("{what} changed the observation")
        })?;
        ensure(self.snapshot()? == *before, CHANGES_NOTHING, || format!("{what} changed the state"))?;
        self.report.refusals += 1;
        Ok(())
    }

    fn refuse_actions(&mut self, before: &Snapshot) -> Result<(), Broken> {
        let space = self.batch.spec().action_space.clone();
        let width = space.flat_len();
        let last = self.num_envs * self.num_agents * width - 1;
        match self.actions(4, 0) {
            Array::I32(actions) => {
                for len in [0, last, last + 2] {
                    let wrong: Vec<i32> = actions.iter().copied().cycle().take(len).collect();
                    self.refuse(before, &format!("a list of {len} actions"), |batch| {
                        batch.step_with(Actions::Discrete(&wrong)).map(drop)
                    })?;
                }
                let floats: Vec<f32> = actions.iter().map(|&action| action as f32).collect();
                self.refuse(before, "a list of floats for whole numbers", |batch| {
                    batch.step_with(Actions::Continuous(&floats)).map(drop)
                })?;
                let (low, high) = integer_bounds(&space, last % width);
                for value in [i64::from(i32::MIN), low - 1, high + 1, i64::from(i32::MAX)] {
                    let Ok(value) = i32::try_from(value) else { continue };
                    if (low..=high).contains(&i64::from(value)) {
                        continue;
                    }
                    let mut wrong = actions.clone();
                    wrong[last] = value;
                    self.refuse(before, &format!("action {value}"), |batch| {
                        batch.step_with(Actions::Discrete(&wrong)).map(drop)
                    })?;
                }
            }
            Array::F32(actions) => {
                for len in [0, last, last + 2] {
                    let wrong: Vec<f32> = actions.iter().copied().cycle().take(len).collect();
                    self.refuse(before, &format!("a list of {len} actions"), |batch| {
                        batch.step_with(Actions::Continuous(&wrong)).map(drop)
                    })?;
                }
                let integers = vec![0; last + 1];
                self.refuse(before, "a list of whole numbers for floats", |batch| {
                    batch.step_with(Actions::Discrete(&integers)).map(drop)
                })?;
                for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
                    let mut wrong = actions.clone();
                    wrong[last] = value;
                    if space.contains(&Array::F32(wrong[last + 1 - width..].to_vec())) {
                        continue;
                    }
                    self.refuse(before, &format!("action {value}"), |batch| {
                        batch.step_with(Actions::Continuous(&wrong)).map(drop)
                    })?;
                }
            }
            Array::U8(_) => {}
        }
        Ok(())
    }

    fn refuse_resets(&mut self, before: &Snapshot) -> Result<(), Broken> {
        for len in [0, self.num_envs - 1, self.num_envs + 1] {
            let mask = vec![true; len];
            self.refuse(before, &format!("a mask of {len} flags"), |batch| {
                batch.reset_mask(&mask).map(drop)
            })?;
        }
        let parameters = self.batch.spec().context.clone();
        let row: Vec<f32> = parameters.iter().map(|parameter| parameter.default).collect();
        let context = row.repeat(self.num_envs);
        let reset = |batch: &mut dyn VectorEnv, context: &[f32]| {
            batch.reset_with(ResetOptions { context: Some(context), ..ResetOptions::default() }).map(drop)
        };
        let longer = [&context[..], &[0.0]].concat();
        self.refuse(before, "a context with one value too many", |batch| reset(batch, &longer))?;
        for (index, parameter) in parameters.iter().enumerate() {
            for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut wrong = context.clone();
                let position = (self.num_envs - 1) * parameters.len() + index;
                wrong[position] = value;
                let what = format!("context '{}' = {value}", parameter.name);
                self.refuse(before, &what, |batch| reset(batch, &wrong))?;
            }
        }
        Ok(())
    }

    fn refuse_snapshots(&mut self, before: &Snapshot) -> Result<(), Broken> {
        let mut foreign = before.clone();
        foreign.id.push('?');
        let mut other_build = before.clone();
        other_build.build.push('?');
        let mut shorter = before.clone();
        shorter.columns.pop();
        let mut empty = before.clone();
        empty.columns.clear();
        let mut renamed = before.clone();
        let mut cut = before.clone();
        if let (Some(renamed), Some(cut)) = (renamed.columns.first_mut(), cut.columns.first_mut()) {
            renamed.0.push('?');
            cut.1.pop();
        }
        for (what, snapshot) in [
            ("a snapshot of another id", foreign),
            ("a snapshot of another build", other_build),
            ("a snapshot without its last column", shorter),
            ("a snapshot without columns", empty),
            ("a snapshot with a renamed column", renamed),
            ("a snapshot with a column cut short", cut),
        ] {
            self.refuse(before, what, |batch| batch.restore(&snapshot))?;
        }
        Ok(())
    }
}

/// Smallest and largest value of element `index` of a whole-number action.
fn integer_bounds(space: &Space, index: usize) -> (i64, i64) {
    match space {
        Space::Discrete { n, start } => (i64::from(*start), i64::from(*start) + i64::from(*n) - 1),
        Space::MultiDiscrete { n } => (0, i64::from(n[index]) - 1),
        _ => (i64::MIN, i64::MAX),
    }
}
