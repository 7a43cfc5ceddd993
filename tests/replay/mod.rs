//! Recorded rollouts of Farama's environments, replayed and compared: worlds, observations, rewards, endings
//! and the worlds of later episodes have to be the same to the last bit. The golden tests of MiniGrid and
//! BabyAI share it.

use std::{
    env,
    fmt::Debug,
    path::{Path, PathBuf},
};

use pentathlon::{
    AutoresetMode, Device, GeneratorKind, make,
    trace::{ActionSequence, Header, Level, RecordOptions, Recording, Rollout, StepRecord, Trace},
};

/// Differences that are printed; the rest is counted.
const SHOWN: usize = 20;

/// The folder with the cases: `kept` of the repository, or `minigrid` of `$PENTATHLON_GOLDEN`.
fn cases(kept: &str) -> PathBuf {
    match env::var_os("PENTATHLON_GOLDEN") {
        Some(root) => PathBuf::from(root).join("minigrid"),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(kept),
    }
}

/// The recordings of ids that begin with `prefix` in `folder`, in order.
fn recordings(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(prefix) && (name.ends_with(".jsonl") || name.ends_with(".jsonl.zst"))
    });
    paths.sort();
    paths
}

/// What was compared, and what was different.
#[derive(Default)]
struct Comparison {
    rollouts: usize,
    steps: usize,
    values: usize,
    differences: usize,
}

impl Comparison {
    fn equal<T: PartialEq + Debug>(&mut self, place: &str, what: &str, ours: &T, recorded: &T) {
        self.values += 1;
        if ours != recorded {
            self.differences += 1;
            if self.differences <= SHOWN {
                println!("{place}: {what}: ours {ours:?}, recorded {recorded:?}");
            }
        }
    }

    fn header(&mut self, ours: &Header, recorded: &Header) {
        let fields = |header: &Header| {
            let Header { width, height, max_steps, see_through_walls, view, n_actions, .. } = *header;
            // Levels whose limit depends on the instruction are recorded with a limit of 0; the limit of
            // each episode is compared.
            let max_steps = if recorded.max_steps == 0 { 0 } else { max_steps };
            (width, height, max_steps, see_through_walls, view, n_actions)
        };
        self.equal(&recorded.id, "header", &fields(ours), &fields(recorded));
    }

    fn level(&mut self, place: &str, ours: &Level, recorded: &Level) {
        self.equal(place, "grid", &ours.grid, &recorded.grid);
        self.equal(place, "position", &ours.pos, &recorded.pos);
        self.equal(place, "direction", &ours.dir, &recorded.dir);
        self.equal(place, "carrying", &ours.carrying, &recorded.carrying);
        self.equal(place, "boxes", &ours.boxes, &recorded.boxes);
        self.equal(place, "mission", &ours.mission, &recorded.mission);
        self.equal(place, "max_steps", &ours.max_steps, &recorded.max_steps);
        self.equal(place, "view", &ours.obs, &recorded.obs);
        self.equal(place, "observed direction", &ours.obs_dir, &recorded.obs_dir);
    }

    fn step(&mut self, place: &str, ours: &StepRecord, recorded: &StepRecord) {
        self.steps += 1;
        self.equal(place, "action", &ours.action, &recorded.action);
        self.equal(place, "reward", &ours.reward.to_bits(), &recorded.reward.to_bits());
        self.equal(place, "terminated", &ours.terminated, &recorded.terminated);
        self.equal(place, "truncated", &ours.truncated, &recorded.truncated);
        self.equal(place, "pose", &(ours.x, ours.y, ours.dir), &(recorded.x, recorded.y, recorded.dir));
        self.equal(place, "carrying", &ours.carrying, &recorded.carrying);
        self.equal(place, "grid", &ours.grid_hash, &recorded.grid_hash);
        self.equal(place, "view", &ours.obs_hash, &recorded.obs_hash);
    }

    fn rollout(&mut self, header: &Header, ours: &Rollout, recorded: &Rollout) {
        self.rollouts += 1;
        let place = format!("{} seed {} {}", header.id, recorded.seed, recorded.kind);
        self.level(&place, &ours.init, &recorded.init);
        self.equal(&place, "number of steps", &ours.steps.len(), &recorded.steps.len());
        for (index, (ours, recorded)) in ours.steps.iter().zip(&recorded.steps).enumerate() {
            self.step(&format!("{place} step {index}"), ours, recorded);
        }
        self.equal(&place, "number of resets", &ours.resets.len(), &recorded.resets.len());
        for (ours, recorded) in ours.resets.iter().zip(&recorded.resets) {
            let place = format!("{place} reset after step {}", recorded.after);
            self.equal(&place, "step", &ours.after, &recorded.after);
            self.level(&place, &ours.level, &recorded.level);
        }
        self.equal(&place, "number of views", &ours.obs_full.len(), &recorded.obs_full.len());
        for (index, (ours, recorded)) in ours.obs_full.iter().zip(&recorded.obs_full).enumerate() {
            self.equal(&format!("{place} step {index}"), "whole view", ours, recorded);
        }
    }
}

/// Replays one recorded rollout.
fn replay(id: &str, recorded: &Rollout) -> Trace {
    let mut batch = make(id)
        .expect("a registered id")
        .seed(recorded.seed)
        .device(Device::Native)
        .generator(GeneratorKind::Reference)
        .autoreset(AutoresetMode::Disabled)
        .threads(1)
        .build()
        .expect("a batch");
    let mut actions = ActionSequence::new(batch.spec(), 1).expect("whole numbers");
    for step in &recorded.steps {
        actions.push(&[step.action]);
    }
    let options = RecordOptions {
        kind: recorded.kind.clone(),
        full_views: recorded.obs_full.len(),
        reset_after_last_step: recorded
            .resets
            .last()
            .is_some_and(|reset| reset.after + 1 == recorded.steps.len()),
    };
    Trace::record(&mut *batch, &actions, &options).expect("a trace")
}

/// Replays every recorded rollout of ids that begin with `prefix`. Cases are those `kept` in the repository,
/// or those of `$PENTATHLON_GOLDEN/minigrid/`.
pub fn replay_all(prefix: &str, kept: &str) {
    let folder = cases(kept);
    let paths = recordings(&folder, prefix);
    assert!(!paths.is_empty(), "no {prefix}*.jsonl or .jsonl.zst in {}", folder.display());
    let mut comparison = Comparison::default();
    for path in &paths {
        let Recording { header, rollouts } = Recording::read(path).expect("a recording");
        assert!(!rollouts.is_empty(), "{} has no rollout", path.display());
        let before = comparison.differences;
        for recorded in &rollouts {
            let trace = replay(&header.id, recorded);
            comparison.header(&trace.header, &header);
            comparison.rollout(&header, &trace.rollouts[0], recorded);
        }
        if comparison.differences > before {
            println!("{}: {} differences", header.id, comparison.differences - before);
        }
    }
    let Comparison { rollouts, steps, values, differences } = comparison;
    println!(
        "compared {} ids, {rollouts} rollouts, {steps} steps, {values} values: {differences} differences",
        paths.len()
    );
    assert_eq!(differences, 0, "differences from the recordings");
}
