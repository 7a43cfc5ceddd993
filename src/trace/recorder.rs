//! Records a batch of MiniGrid environments while it steps: one [`Rollout`] for each environment, with
//! unseeded resets after every ended episode, as the recordings of Farama's package were made.

use std::io::Write;

use pentathlon_engine::{Batch, find_batch};
use pentathlon_envs::minigrid::{
    MiniGrid,
    components::records::{State, contents_of, kind_of},
};
use pentathlon_gym::{Actions, AutoresetMode, Device, Error, GeneratorKind, VectorEnv};

use super::{
    ActionSequence,
    recording::{Carried, FilledBox, Hash, Header, Hex, Level, Reset, Rollout, StepRecord, Triple},
};

/// What is recorded, beside the steps themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOptions {
    /// Name of where the actions come from, for [`Rollout::kind`].
    pub kind: String,
    /// The whole view is kept after this many first steps of environment 0; later ones are hashed only.
    pub full_views: usize,
    /// Whether an environment that ended in the very last step is reset once more.
    pub reset_after_last_step: bool,
}

/// A batch that a trace cannot be made of, or that failed while it was recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// A batch of a discipline that has another format.
    #[error("{id}: a trace of this format is written for another discipline only")]
    NoRecorder {
        /// The environment id.
        id: String,
    },
    /// A batch that resets ended environments on its own, before they could be recorded.
    #[error("a batch to be recorded has to be built with autoreset disabled")]
    Autoreset,
    /// A batch without the observation that a trace holds.
    #[error("a batch to be recorded has to be built with the observations 'image' and 'direction'")]
    NoView,
    /// Real numbers, where whole ones are recorded.
    #[error("the actions to be recorded are real numbers; this batch takes whole ones")]
    RealActions,
    /// The batch refused a reset or a step.
    #[error(transparent)]
    Environment(#[from] Error),
}

/// A recorded batch: the header and one rollout for each environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// First line.
    pub header: Header,
    /// Further lines.
    pub rollouts: Vec<Rollout>,
}

/// Actions that every MiniGrid environment of Farama's can be asked for.
pub const ACTIONS: u32 = 7;

/// The action that Farama's environment takes when it is asked for `action`: Dynamic-Obstacles, with a
/// `space` of three actions, is recorded with all [`ACTIONS`] and takes those beyond its own as 0.
fn taken_action(action: i32, space: i32) -> i32 {
    if (space..ACTIONS as i32).contains(&action) { 0 } else { action }
}

impl Trace {
    /// Resets `batch` with the seed it was built with, takes `actions`, and records all that happens.
    ///
    /// # Errors
    /// A batch that is not one of MiniGrid environments with autoreset disabled and the observations
    /// `image` and `direction`; or that refuses an action.
    pub fn record(
        batch: &mut dyn VectorEnv,
        actions: &ActionSequence,
        options: &RecordOptions,
    ) -> Result<Self, RecordError> {
        if batch.autoreset() != AutoresetMode::Disabled {
            return Err(RecordError::Autoreset);
        }
        let (num_envs, seed) = (batch.num_envs(), batch.options().seed);
        batch.reset(Some(seed))?;
        let header = header(batch)?;
        let fast = batch.options().generator == GeneratorKind::Fast;
        let mut rollouts = Vec::with_capacity(num_envs);
        for env in 0..num_envs {
            rollouts.push(Rollout {
                seed: if fast { seed } else { seed.wrapping_add(env as u64) },
                kind: options.kind.clone(),
                env: fast.then_some(env),
                init: Snapshot::of(batch, env)?.level(batch)?,
                steps: Vec::with_capacity(actions.len()),
                resets: Vec::new(),
                obs_full: Vec::new(),
                bot_stopped: None,
            });
        }
        let mut ended = vec![false; num_envs];
        let space = batch.spec().action_names.len() as i32;
        let mut taken = Vec::with_capacity(num_envs);
        for (index, row) in actions.steps().enumerate() {
            let Actions::Discrete(row) = row else { return Err(RecordError::RealActions) };
            taken.clear();
            taken.extend(row.iter().map(|&action| taken_action(action, space)));
            let step = batch.step(&taken)?;
            for (env, ended) in ended.iter_mut().enumerate() {
                *ended = step.terminated[env] || step.truncated[env];
            }
            let flags: Vec<_> = (0..num_envs)
                .map(|env| (step.reward[env], step.terminated[env], step.truncated[env]))
                .collect();
            for (env, &(reward, terminated, truncated)) in flags.iter().enumerate() {
                let after = Snapshot::of(batch, env)?;
                rollouts[env].steps.push(after.step(row[env], grids(batch)?, reward, terminated, truncated));
                if env == 0 && index < options.full_views {
                    rollouts[env].obs_full.push(Hex(after.view));
                }
            }
            let last = index + 1 == actions.len();
            if ended.contains(&true) && (!last || options.reset_after_last_step) {
                batch.reset_mask(&ended)?;
                for env in (0..num_envs).filter(|&env| ended[env]) {
                    let level = Snapshot::of(batch, env)?.level(batch)?;
                    rollouts[env].resets.push(Reset { after: index, level });
                }
            }
        }
        Ok(Self { header, rollouts })
    }

    /// Writes the trace as JSON lines.
    ///
    /// # Errors
    /// When `writer` fails.
    pub fn write(&self, writer: &mut dyn Write) -> std::io::Result<()> {
        super::write_lines(&self.header, &self.rollouts, writer)
    }
}

fn grids(batch: &dyn VectorEnv) -> Result<&Batch<MiniGrid>, RecordError> {
    find_batch(batch).ok_or_else(|| RecordError::NoRecorder { id: batch.spec().id.clone() })
}

fn header(batch: &dyn VectorEnv) -> Result<Header, RecordError> {
    let spec = batch.spec();
    let settings = grids(batch)?.domain().settings();
    Ok(Header {
        id: spec.id.clone(),
        class: None,
        kwargs: None,
        width: settings.width,
        height: settings.height,
        max_steps: spec.max_episode_steps,
        see_through_walls: settings.see_through_walls != 0,
        view: settings.view_size,
        n_actions: settings.num_actions,
        pentathlon: Some(env!("CARGO_PKG_VERSION").to_owned()),
        generator: Some(
            match batch.options().generator {
                GeneratorKind::Reference => "reference",
                GeneratorKind::Fast => "fast",
            }
            .to_owned(),
        ),
        device: Some(
            match batch.options().device {
                Device::Wgpu => "wgpu",
                _ => "native",
            }
            .to_owned(),
        ),
    })
}

/// One environment at one moment.
struct Snapshot {
    env: usize,
    state: State,
    elapsed: u32,
    max_steps: u32,
    /// Cells, `cells[x * height + y]`.
    cells: Vec<u32>,
    height: usize,
    view: Vec<u8>,
    direction: u32,
}

impl Snapshot {
    fn of(batch: &dyn VectorEnv, env: usize) -> Result<Self, RecordError> {
        let grids = grids(batch)?;
        let (mut state, mut items, episode) = grids.instance(env)?;
        grids.domain().settle(&mut state, &mut items);
        let observation = batch.observation();
        let images = observation.get("image").and_then(|array| array.as_u8()).ok_or(RecordError::NoView)?;
        let directions =
            observation.get("direction").and_then(|array| array.as_i32()).ok_or(RecordError::NoView)?;
        let len = images.len() / batch.num_envs();
        Ok(Self {
            env,
            state,
            elapsed: episode.elapsed,
            max_steps: grids.domain().step_limit(&items),
            cells: grids.domain().cells(&items).to_vec(),
            height: grids.domain().settings().height as usize,
            view: images[env * len..(env + 1) * len].to_vec(),
            direction: directions[env] as u32,
        })
    }

    fn level(self, batch: &dyn VectorEnv) -> Result<Level, RecordError> {
        Ok(Level {
            grid: Hex(self.grid()),
            pos: [self.state.x, self.state.y],
            dir: self.state.dir,
            carrying: self.carrying(),
            boxes: self.boxes(),
            mission: batch.mission(self.env).unwrap_or_default(),
            max_steps: self.max_steps,
            obs: Hex(self.view),
            obs_dir: self.direction,
        })
    }

    fn step(
        &self,
        action: i32,
        grids: &Batch<MiniGrid>,
        reward: f32,
        terminated: bool,
        truncated: bool,
    ) -> StepRecord {
        StepRecord {
            action,
            // Recordings hold the 64 bits that a batch rounds to 32.
            reward: grids.domain().exact_reward(reward, self.elapsed, self.max_steps),
            terminated,
            truncated,
            dir: self.state.dir,
            x: self.state.x,
            y: self.state.y,
            carrying: self.carrying(),
            grid_hash: Hash::of(&self.grid()),
            obs_hash: Hash::of(&self.view),
        }
    }

    fn grid(&self) -> Vec<u8> {
        self.cells.iter().flat_map(|&cell| triple(cell)).collect()
    }

    fn carrying(&self) -> Option<Carried> {
        let object = self.state.carrying;
        if object == 0 {
            return None;
        }
        let [kind, color, state] = triple(object);
        Some(match contents(object) {
            None => Carried::Plain([kind, color, state]),
            Some(inside) => Carried::Filled(kind, color, state, inside),
        })
    }

    /// Filled boxes row by row, as the recordings list them.
    fn boxes(&self) -> Vec<FilledBox> {
        let mut boxes: Vec<_> = self
            .cells
            .iter()
            .enumerate()
            .filter_map(|(item, &cell)| {
                let (x, y) = (item / self.height, item % self.height);
                contents(cell).map(|inside| FilledBox(x as u32, y as u32, inside))
            })
            .collect();
        boxes.sort_by_key(|&FilledBox(x, y, _)| (y, x));
        boxes
    }
}

/// Type, colour and state of a cell, its low bytes.
fn triple(cell: u32) -> Triple {
    let [kind, color, state, _] = cell.to_le_bytes();
    [kind, color, state]
}

/// What is inside the box of a cell.
fn contents(cell: u32) -> Option<Triple> {
    let inside = contents_of(cell);
    (kind_of(inside) != 0).then(|| triple(inside))
}
