//! The contract of a batch: what the conformance check accepts, under every wrapper and autoreset mode,
//! and what it finds in batches that break it.

mod corridor;

use std::any::Any;

use corridor::Corridor;
use pentathlon_gym::{
    Actions, AutoresetMode, BuildOptions, EnvSpec, Error, Observation, ResetOptions, Snapshot, Step,
    VectorEnv,
    conformance::{self, Effort},
    wrappers::{
        ActionMask, Autoreset, CountBonus, CountedFields, FlattenObservation, FrameStack, MaskSource,
        NormalizeObservation, NormalizeReward, OnMasked, Padding, RecordEpisodes, ReseedCycle, ScaleReward,
        TimeLimit,
    },
};
use proptest::prelude::*;

const MODES: [AutoresetMode; 3] = [AutoresetMode::NextStep, AutoresetMode::SameStep, AutoresetMode::Disabled];

fn conforms(batch: impl VectorEnv) {
    let mut batch = batch;
    let report = conformance::check(&mut batch).unwrap_or_else(|violation| panic!("{violation}"));
    assert!(report.steps >= 64 && report.episodes > 0 && report.refusals >= 10, "{report:?}");
}

#[test]
fn a_batch_conforms_in_every_mode_and_size() {
    for mode in MODES {
        for (num_envs, num_agents) in [(1, 1), (5, 1), (4, 3)] {
            conforms(Corridor::with_agents(num_envs, num_agents, mode));
        }
    }
}

#[test]
fn observation_wrappers_conform() {
    for mode in MODES {
        let batch = || Corridor::with_agents(4, 2, mode);
        conforms(FrameStack::wrap(batch(), 3, Padding::Repeat).unwrap());
        conforms(FrameStack::wrap(batch(), 1, Padding::Zero).unwrap());
        conforms(FlattenObservation::wrap(batch()).unwrap());
        conforms(FlattenObservation::wrap(FrameStack::wrap(batch(), 2, Padding::Zero).unwrap()).unwrap());
    }
}

#[test]
fn reward_wrappers_conform() {
    for mode in MODES {
        let batch = || Corridor::with_agents(4, 2, mode);
        conforms(ScaleReward::wrap(batch(), -3.0).unwrap());
    }
}

#[test]
fn action_wrappers_conform() {
    for mode in MODES {
        let batch = || Corridor::with_agents(4, 2, mode);
        let field = MaskSource::Observation("action_mask".into());
        conforms(ActionMask::wrap(batch(), field, OnMasked::Replace).unwrap());
        let channel = MaskSource::Channel("mask".into());
        conforms(ActionMask::wrap(batch(), channel, OnMasked::Replace).unwrap());
    }
}

#[test]
fn resetting_wrappers_conform() {
    for mode in MODES {
        conforms(Autoreset::wrap(Corridor::with_agents(4, 2, AutoresetMode::Disabled), mode).unwrap());
        conforms(Autoreset::wrap(TimeLimit::wrap(Corridor::disabled(4), 9).unwrap(), mode).unwrap());
    }
    conforms(TimeLimit::wrap(Corridor::disabled(4), 9).unwrap());
}

#[test]
fn a_tower_of_wrappers_conforms() {
    for mode in MODES {
        let batch: Box<dyn VectorEnv> = Box::new(Corridor::with_agents(3, 2, AutoresetMode::Disabled));
        let batch = TimeLimit::wrap(batch, 12).unwrap();
        let batch = ScaleReward::wrap(batch, 0.5).unwrap();
        let batch = FrameStack::wrap(batch, 4, Padding::Repeat).unwrap();
        let batch = FlattenObservation::wrap(batch).unwrap();
        let batch = Autoreset::wrap(batch, mode).unwrap();
        conforms(ScaleReward::wrap(batch, 2.0).unwrap());
    }
}

/// Wrappers whose statistics or position go on over resets keep no promise of equal resets, but that of
/// their snapshots.
#[test]
fn wrappers_with_a_memory_continue_from_their_snapshots() {
    for mode in MODES {
        let batch = || Corridor::with_agents(4, 2, mode);
        let key = CountedFields { fields: vec!["position".into()], action: true };
        continues(&|| Box::new(CountBonus::wrap(batch(), 0.1, key.clone()).unwrap()));
        continues(&|| Box::new(NormalizeReward::wrap(batch(), 0.9).unwrap()));
        continues(&|| Box::new(NormalizeObservation::wrap(batch()).unwrap()));
        continues(&|| Box::new(RecordEpisodes::wrap(batch(), &[3, 1], 50).unwrap()));
    }
    continues(&|| {
        Box::new(ReseedCycle::wrap(Corridor::with_agents(4, 2, AutoresetMode::Disabled), &[3, 4, 5]).unwrap())
    });
}

/// Steps `batch` with a fixed pattern of actions; what it reports, as text.
fn play(batch: &mut dyn VectorEnv, steps: i32) -> String {
    let rows = (batch.num_envs() * batch.spec().num_agents) as i32;
    let mut text = String::new();
    for step in 0..steps {
        let actions: Vec<i32> = (0..rows).map(|row| i32::from((row + step) % 4 > 0)).collect();
        let report = batch.step(&actions).expect("allowed actions");
        let ended: Vec<bool> = (0..report.terminated.len()).map(|env| report.ended(env)).collect();
        let (observation, info) = (report.observation, report.info);
        text += &format!("{observation:?} {:?} {ended:?} {:?}\n", report.reward, info.episodes);
        if batch.autoreset() == AutoresetMode::Disabled && ended.contains(&true) {
            text += &format!("{:?}\n", batch.reset_mask(&ended).expect("a reset"));
        }
    }
    text
}

fn continues(build: &dyn Fn() -> Box<dyn VectorEnv>) {
    let mut kept = build();
    kept.as_mut().reset(7).unwrap();
    play(kept.as_mut(), 30);
    let snapshot = kept.snapshot().unwrap();
    let mut restored = build();
    restored.restore(&snapshot).unwrap();
    assert_eq!(restored.observation(), kept.observation());
    assert_eq!(restored.snapshot().unwrap(), snapshot);
    let (one, other) = (play(kept.as_mut(), 30), play(restored.as_mut(), 30));
    assert!(one == other, "{one}\n{other}");
    // A snapshot of something else is refused and changes nothing.
    let before = restored.snapshot().unwrap();
    let mut damaged = snapshot.clone();
    damaged.columns.pop();
    assert!(restored.restore(&damaged).is_err());
    let mut damaged = snapshot.clone();
    damaged.columns[0].1.pop();
    assert!(restored.restore(&damaged).is_err());
    let mut damaged = snapshot;
    damaged.columns.last_mut().unwrap().1.pop();
    assert!(restored.restore(&damaged).is_err());
    assert_eq!(restored.snapshot().unwrap(), before);
}

/// A way to break the contract.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    ResetIgnoresSeed,
    RewardOutOfRange,
    AcceptsShortActions,
    ChangesOnBadMask,
    ForgetsState,
    MissionForAnyone,
    ResetsEverything,
}

/// A corridor with a fault.
struct Faulty {
    inner: Corridor,
    fault: Fault,
    resets: u64,
    reward: Vec<f32>,
}

impl VectorEnv for Faulty {
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
        self.resets += 1;
        match self.fault {
            Fault::ResetIgnoresSeed => {
                self.inner.reset_with(ResetOptions { seed: options.seed.map(|_| self.resets), ..options })
            }
            Fault::ChangesOnBadMask if options.mask.is_some_and(|mask| mask.len() != self.num_envs()) => {
                self.inner.reset_with(ResetOptions { seed: Some(1), ..ResetOptions::default() })?;
                self.inner.reset_with(options)
            }
            Fault::ResetsEverything if options.mask.is_some_and(|mask| mask.len() == self.num_envs()) => {
                self.inner.reset_with(ResetOptions { mask: None, ..options })
            }
            _ => self.inner.reset_with(options),
        }
    }
    fn step_with(&mut self, actions: Actions<'_>) -> Result<Step<'_>, Error> {
        let rows = self.num_envs() * self.spec().num_agents;
        let filled = vec![0; rows];
        let actions = match self.fault {
            Fault::AcceptsShortActions if actions.len() < rows => Actions::Discrete(&filled),
            _ => actions,
        };
        let step = self.inner.step_with(actions)?;
        self.reward = step.reward.iter().map(|reward| reward * 2.0).collect();
        let reward = if self.fault == Fault::RewardOutOfRange { &self.reward } else { step.reward };
        Ok(Step { reward, ..step })
    }
    fn mission(&self, env: usize) -> Option<String> {
        if self.fault == Fault::MissionForAnyone { Some("walk".into()) } else { self.inner.mission(env) }
    }
    fn snapshot(&self) -> Result<Snapshot, Error> {
        self.inner.snapshot()
    }
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), Error> {
        if self.fault == Fault::ForgetsState { Ok(()) } else { self.inner.restore(snapshot) }
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

#[test]
fn every_fault_is_found() {
    for (fault, promise) in [
        (Fault::ResetIgnoresSeed, "the same seed gives the same"),
        (Fault::RewardOutOfRange, "rewards are within their range"),
        (Fault::AcceptsShortActions, "wrong input is refused"),
        (Fault::ChangesOnBadMask, "what is refused changes nothing"),
        (Fault::ForgetsState, "a restored batch"),
        (Fault::MissionForAnyone, "every environment, and no other, has a mission"),
        (Fault::ResetsEverything, "a masked reset leaves the other environments"),
    ] {
        let inner = Corridor::new(6, AutoresetMode::SameStep);
        let mut batch = Faulty { inner, fault, resets: 0, reward: Vec::new() };
        let violation =
            conformance::check_with(&mut batch, Effort { steps: 100, seed: 1 }).expect_err("a fault");
        assert!(violation.promise.starts_with(promise), "{fault:?}: {violation}");
        assert!(violation.to_string().starts_with("Test-Corridor-v0 breaks '"), "{violation}");
    }
}

#[test]
fn a_batch_is_reset_before_it_steps() {
    let mut batch = Corridor::disabled(2);
    assert!(matches!(batch.step_with((&[0, 0]).into()), Err(Error::NotReset)));
    let mut batch = FrameStack::wrap(Corridor::disabled(2), 2, Padding::Zero).unwrap();
    assert!(matches!(batch.step_with((&[0, 0]).into()), Err(Error::NotReset)));
    let mut batch = Autoreset::wrap(Corridor::disabled(2), AutoresetMode::SameStep).unwrap();
    assert!(matches!(batch.step_with((&[0, 0]).into()), Err(Error::NotReset)));
}

fn tower(mode: AutoresetMode) -> Box<dyn VectorEnv> {
    let batch = ReseedCycle::wrap(Corridor::with_agents(2, 2, AutoresetMode::Disabled), &[1, 2]).unwrap();
    let batch = TimeLimit::wrap(batch, 6).unwrap();
    let key = CountedFields { fields: vec!["position".into()], action: true };
    let batch = CountBonus::wrap(batch, 0.1, key).unwrap();
    let field = MaskSource::Observation("action_mask".into());
    let batch = ActionMask::wrap(batch, field, OnMasked::Reject).unwrap();
    let batch = NormalizeReward::wrap(batch, 0.99).unwrap();
    let batch = FrameStack::wrap(batch, 2, Padding::Repeat).unwrap();
    let batch = NormalizeObservation::wrap(batch).unwrap();
    let batch = RecordEpisodes::wrap(batch, &[1], 20).unwrap();
    Box::new(Autoreset::wrap(batch, mode).unwrap())
}

proptest! {
    #[test]
    fn any_actions_step_or_change_nothing(
        mode in prop::sample::select(MODES.to_vec()),
        steps in prop::collection::vec(
            prop_oneof![
                4 => prop::collection::vec(0..3, 4),
                1 => prop::collection::vec(any::<i32>(), 0..6),
                1 => prop::collection::vec(-1..4, 4),
            ],
            1..40,
        ),
        floats in prop::collection::vec(any::<f32>(), 0..6),
    ) {
        let mut batch = tower(mode);
        prop_assert!(batch.as_mut().step(&steps[0]).is_err(), "before the first reset");
        batch.as_mut().reset(3).unwrap();
        for actions in &steps {
            let before = batch.snapshot().unwrap();
            if batch.as_mut().step(actions).is_err() {
                prop_assert_eq!(batch.snapshot().unwrap(), before);
            }
        }
        let before = batch.snapshot().unwrap();
        prop_assert!(batch.as_mut().step(&floats).is_err());
        prop_assert_eq!(batch.snapshot().unwrap(), before);
    }

    #[test]
    fn damaged_wrapper_states_are_refused_or_harmless(
        mode in prop::sample::select(MODES.to_vec()),
        place: prop::sample::Index,
        column: prop::sample::Index,
        byte: u8,
    ) {
        let mut batch = tower(mode);
        batch.as_mut().reset(3).unwrap();
        for _ in 0..5 {
            batch.as_mut().step(&[2, 2, 2, 2]).unwrap();
        }
        let before = batch.snapshot().unwrap();
        let mut damaged = before.clone();
        // The first column is the corridor's own.
        let column = 1 + column.index(damaged.columns.len() - 1);
        let bytes = &mut damaged.columns[column].1;
        let place = place.index(bytes.len());
        bytes[place] = byte;
        match batch.restore(&damaged) {
            Err(_) => prop_assert_eq!(batch.snapshot().unwrap(), before),
            Ok(()) => for _ in 0..8 {
                // A changed flag may say that an environment has ended; no more than that.
                let _ = batch.as_mut().step(&[2, 2, 2, 2]);
            },
        }
    }
}
