//! Episodes that start in the middle of another's (S3RL, "snapshot reinforcement learning" with status classification
//! and student truncation): while the first steps of training are made, a reset puts an environment into a state that
//! was kept along a teacher's episodes. States are kept in classes; a class is drawn first and then one of its states,
//! so that what is rare in the teacher's episodes is as likely as what is common.

use std::any::Any;

use serde::{Deserialize, Serialize};

use super::{
    outputs::{Outputs, replace},
    state,
    transform::{check_len, check_mask, misfit},
};
use crate::{
    Actions, AutoresetMode, BuildOptions, EnvSpec, EpisodeRecord, Error, Info, Observation, ResetOptions,
    RunningEpisodes, Snapshot, Step, VectorEnv,
    seeding::{Random, philox::Philox},
};

const NAME: &str = "SnapshotStarts";

/// How a [`SnapshotStarts`] is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotStartsOptions {
    /// Environment steps, of the whole batch, during which episodes start from snapshots; then from resets alone.
    pub frames: u64,
    /// Steps after which an episode that started from a snapshot is truncated while this lasts; at least 1. A
    /// quarter of the step limit is usual.
    pub student_steps: u32,
    /// Seed of the choices.
    pub seed: u64,
}

/// Starts episodes from snapshots. The batch inside is built with [`AutoresetMode::Disabled`];
/// [`Autoreset`](super::Autoreset) goes around it.
#[derive(Debug)]
pub struct SnapshotStarts<E> {
    inner: E,
    options: SnapshotStartsOptions,
    /// Snapshots of single environments by class, none of which is empty.
    classes: Vec<Vec<Snapshot>>,
    kept: Kept,
    truncated: Vec<bool>,
    episodes: Vec<EpisodeRecord>,
    outputs: Outputs,
}

/// What a snapshot keeps of the wrapper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    begun: bool,
    /// Environment steps made.
    frames: u64,
    /// Resets that chose a snapshot.
    chosen: u64,
    /// Environments whose episode started from a snapshot.
    students: Vec<bool>,
    /// Environments that were truncated and are not reset yet.
    ended: Vec<bool>,
    running: RunningEpisodes,
}

impl<E: VectorEnv + 'static> SnapshotStarts<E> {
    /// Has `inner` start from the snapshots of `classes`, taken by [`VectorEnv::snapshot_environment`] of a batch of
    /// the same build; classes without any are left out.
    ///
    /// # Errors
    /// No snapshot at all, no student steps, or a batch that resets by itself.
    pub fn wrap(
        inner: E,
        classes: Vec<Vec<Snapshot>>,
        options: SnapshotStartsOptions,
    ) -> Result<Self, Error> {
        if inner.autoreset() != AutoresetMode::Disabled {
            let reason = "the batch inside resets by itself; build it with autoreset disabled, and put \
                          Autoreset around this wrapper";
            return Err(misfit(NAME, reason));
        }
        if options.student_steps == 0 {
            return Err(misfit(NAME, "student_steps was given as 0; allowed: 1 or more"));
        }
        let classes: Vec<_> = classes.into_iter().filter(|class| !class.is_empty()).collect();
        if classes.is_empty() {
            return Err(misfit(NAME, "no snapshot was given; allowed: 1 or more"));
        }
        let num_envs = inner.num_envs();
        let kept = Kept {
            begun: false,
            frames: 0,
            chosen: 0,
            students: vec![false; num_envs],
            ended: vec![false; num_envs],
            running: RunningEpisodes::new(num_envs),
        };
        Ok(Self {
            inner,
            options,
            classes,
            kept,
            truncated: vec![false; num_envs],
            episodes: Vec::with_capacity(num_envs),
            outputs: Outputs::default(),
        })
    }

    /// Whether resets still start from snapshots.
    pub fn is_active(&self) -> bool {
        self.kept.frames < self.options.frames
    }

    /// Environments whose episode started from a snapshot, `[num_envs]`.
    pub fn students(&self) -> &[bool] {
        &self.kept.students
    }

    /// Puts environment `env` into a state drawn from the snapshots.
    fn start_from_snapshot(&mut self, env: usize) -> Result<(), Error> {
        let mut random = Philox::for_episode(self.options.seed, env as u32, self.kept.chosen as u32);
        self.kept.chosen += 1;
        let class = &self.classes[random.int(0, self.classes.len() as i32) as usize];
        let snapshot = &class[random.int(0, class.len() as i32) as usize];
        self.inner.restore_environment(env, snapshot)?;
        Ok(())
    }

    fn step_some(&mut self, actions: Actions<'_>, mask: Option<&[bool]>) -> Result<Step<'_>, Error> {
        let takes_part = |env: usize| mask.is_none_or(|mask| mask[env]);
        if let Some(env) = (0..self.kept.ended.len()).find(|&env| self.kept.ended[env] && takes_part(env)) {
            return Err(Error::Ended { env });
        }
        let step = match mask {
            None => self.inner.step_with(actions)?,
            Some(mask) => self.inner.step_masked(actions, mask)?,
        };
        self.outputs.take_over(&step);
        let num_agents = self.outputs.reward.len() / self.kept.ended.len();
        self.episodes.clear();
        replace(&mut self.truncated, &self.outputs.truncated);
        let mut records = self.outputs.episodes.iter().peekable();
        for (env, rewards) in self.outputs.reward.chunks_exact(num_agents).enumerate() {
            if !takes_part(env) {
                continue;
            }
            self.kept.frames += 1;
            self.kept.running.step(env, rewards);
            let inner_ended = self.outputs.terminated[env] || self.outputs.truncated[env];
            let is_long = self.kept.running.length(env) >= self.options.student_steps;
            if inner_ended {
                // Its record counts the steps before the snapshot, too.
                let record = records.next_if(|record| record.env == env);
                let student = self.kept.students[env];
                self.episodes.extend(record.map(|record| match student {
                    true => self.kept.running.record(env, record.success),
                    false => *record,
                }));
            } else if self.kept.students[env] && is_long {
                self.truncated[env] = true;
                self.kept.ended[env] = true;
                self.episodes.push(self.kept.running.record(env, self.outputs.success[env]));
            }
        }
        let step = self.outputs.report(self.inner.observation(), None);
        let info = Info { episodes: &self.episodes, ..step.info };
        Ok(Step { truncated: &self.truncated, info, ..step })
    }
}

impl<E: VectorEnv + 'static> VectorEnv for SnapshotStarts<E> {
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
        let before = self.kept.begun;
        self.inner.reset_with(options)?;
        self.kept.begun = true;
        for env in 0..self.kept.ended.len() {
            if before && options.mask.is_some_and(|mask| !mask[env]) {
                continue;
            }
            self.kept.running.begin(env);
            self.kept.ended[env] = false;
            self.kept.students[env] = self.is_active();
            if self.kept.students[env] {
                self.start_from_snapshot(env)?;
            }
        }
        Ok(self.inner.observation())
    }

    fn step_with(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error> {
        if !self.kept.begun {
            return Err(Error::NotReset);
        }
        check_len(self.inner.spec(), self.kept.ended.len(), actions)?;
        self.step_some(actions, None)
    }

    fn can_step_masked(&self) -> bool {
        self.inner.can_step_masked()
    }

    fn step_masked(&mut self, actions: Actions<'_>, mask: &[bool]) -> Result<Step<'_>, Error> {
        if !self.kept.begun {
            return Err(Error::NotReset);
        }
        check_len(self.inner.spec(), self.kept.ended.len(), actions)?;
        check_mask(self.kept.ended.len(), mask)?;
        self.step_some(actions, Some(mask))
    }

    fn mission(&self, env: usize) -> Option<String> {
        self.inner.mission(env)
    }

    fn snapshot(&self) -> Result<Snapshot, Error> {
        state::push(self.inner.snapshot()?, NAME, &self.kept)
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        let (inner, kept) = state::pop::<Kept>(snapshot, NAME)?;
        let num_envs = self.kept.ended.len();
        if kept.students.len() != num_envs || kept.ended.len() != num_envs || !kept.running.fits(num_envs) {
            let reason = format!("the state of {NAME} is of another number of environments than {num_envs}");
            return Err(Error::Snapshot(reason));
        }
        self.inner.restore(&inner)?;
        self.kept = kept;
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
    use crate::{
        corridor::{Corridor, RIGHT, STAY},
        wrappers::Autoreset,
    };

    fn options(frames: u64, student_steps: u32) -> SnapshotStartsOptions {
        SnapshotStartsOptions { frames, student_steps, seed: 5 }
    }

    /// Snapshots after 1 and 2 steps to the right.
    fn classes() -> Vec<Vec<Snapshot>> {
        let mut teacher = Corridor::disabled(1);
        let teacher: &mut dyn VectorEnv = &mut teacher;
        teacher.reset(3).unwrap();
        let mut classes = vec![Vec::new()];
        for _ in 0..2 {
            teacher.step(&[RIGHT]).unwrap();
            classes.push(vec![teacher.snapshot_environment(0).unwrap()]);
        }
        classes
    }

    #[test]
    fn episodes_start_where_the_teacher_was_until_the_phase_is_over() {
        let mut batch = SnapshotStarts::wrap(Corridor::disabled(200), classes(), options(400, 50)).unwrap();
        batch.reset_with(ResetOptions { seed: Some(1), ..ResetOptions::default() }).unwrap();
        let at = |batch: &dyn VectorEnv, position: f64| {
            (0..200).filter(|&env| batch.observation()["position"].value(env) == position).count()
        };
        let (one, two) = (at(&batch, 1.0), at(&batch, 2.0));
        assert_eq!(one + two, 200);
        assert!(one.abs_diff(two) < 60, "classes are drawn equally: {one} and {two}");
        let view: &mut dyn VectorEnv = &mut batch;
        view.step(&[STAY; 200]).unwrap();
        view.step(&[STAY; 200]).unwrap();
        view.reset(None).unwrap();
        assert_eq!(at(&batch, 0.0), 200, "400 frames are over");
        assert!(!batch.is_active() && !batch.students().contains(&true));
    }

    #[test]
    fn students_are_truncated_and_their_record_counts_their_own_steps() {
        let batch = SnapshotStarts::wrap(Corridor::disabled(1), classes(), options(1000, 3)).unwrap();
        let mut batch = Autoreset::wrap(batch, AutoresetMode::SameStep).unwrap();
        let batch: &mut dyn VectorEnv = &mut batch;
        batch.reset(1).unwrap();
        for round in 0..4 {
            for step in 0..3 {
                let step_made = batch.step(&[STAY]).unwrap();
                assert_eq!(step_made.truncated[0], step == 2, "round {round}");
                assert!(!step_made.terminated[0]);
                if step == 2 {
                    assert_eq!(step_made.info.episodes[0].length, 3);
                    assert!(step_made.info.final_observation.is_some(), "targets can bootstrap");
                }
            }
        }
    }

    #[test]
    fn a_restored_wrapper_draws_the_same_starts() {
        let build = || {
            let batch = SnapshotStarts::wrap(Corridor::disabled(4), classes(), options(1000, 2)).unwrap();
            Autoreset::wrap(batch, AutoresetMode::SameStep).unwrap()
        };
        let (mut one, mut other) = (build(), build());
        let (one, other): (&mut dyn VectorEnv, &mut dyn VectorEnv) = (&mut one, &mut other);
        one.reset(1).unwrap();
        other.reset(9).unwrap();
        for _ in 0..5 {
            one.step(&[STAY; 4]).unwrap();
        }
        other.restore(&one.snapshot().unwrap()).unwrap();
        for _ in 0..20 {
            let (a, b) = (
                one.step(&[RIGHT, STAY, RIGHT, STAY]).unwrap(),
                other.step(&[RIGHT, STAY, RIGHT, STAY]).unwrap(),
            );
            assert_eq!((a.observation, a.truncated), (b.observation, b.truncated));
        }
    }

    #[test]
    fn misfits_are_refused() {
        let good = options(10, 2);
        assert!(SnapshotStarts::wrap(Corridor::disabled(1), vec![Vec::new()], good).is_err());
        assert!(SnapshotStarts::wrap(Corridor::disabled(1), classes(), options(10, 0)).is_err());
        let resets = Corridor::new(1, AutoresetMode::SameStep);
        assert!(SnapshotStarts::wrap(resets, classes(), good).is_err());
    }
}
