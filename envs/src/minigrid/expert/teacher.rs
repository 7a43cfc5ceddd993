//! The scripted teacher of "Words as Beacons" (arXiv 2410.08632): every episode begins with the expert's plan, and
//! the agent sees which beacon of it is next, as a position, an object or a sentence, and is paid for reaching
//! it. A wrapper around any MiniGrid or BabyAI batch.
//!
//! Plans come from any [`PlanSource`]: the expert unless told otherwise. As in the paper, the plan is that of the first observation and is not made again: a beacon that is passed out
//! of order does not count, and the last one pays nothing, since the environment does.

use pentathlon_gym::{
    AutoresetMode, BuildOptions, ElementType, EnvSpec, Error, Group, Observation, ObservationField,
    ObservationSpec, Space, Step, VectorEnv,
    seeding::{Random, philox::Philox},
    wrappers::{Transform, Wrapped},
};
use serde::{Deserialize, Serialize};

use super::{
    Beacon,
    adviser::known,
    plan_source::{Oracle, PlanSource},
    sentence::MAX_BEACON_TOKENS,
};
use crate::minigrid::{
    babyai::language::VOCABULARY,
    components::records::{AGENT, State, color_of, kind_of, state_of},
    rules::{geometry::rules::cell_at, movement::rules::DONE},
};

/// In what form the agent sees the next beacon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubgoalForm {
    /// `subgoal_position`: columns and rows from the agent to it, 0 and 0 where there is none.
    Position,
    /// `subgoal_object`: type, colour and state of what is in its cell now, -1 each where there is none.
    Object,
    /// `subgoal_sentence`: what to do, in tokens of BabyAI's vocabulary, 0 where there is none.
    Sentence,
}

impl SubgoalForm {
    /// All forms.
    pub const ALL: [Self; 3] = [Self::Position, Self::Object, Self::Sentence];

    /// Name by which options select it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Object => "object",
            Self::Sentence => "sentence",
        }
    }

    /// The observation, for a grid of columns and rows.
    fn spec(self, [width, height]: [u32; 2]) -> ObservationSpec {
        let side = width.max(height);
        let integers = |low: f32, high: f32, len: usize| Space::Box {
            low,
            high,
            shape: vec![len],
            element: ElementType::I32,
        };
        let (space, description) = match self {
            Self::Position => (
                integers(-(side as f32), side as f32, 2),
                "Columns and rows from the agent to the next subgoal; 0 and 0 for none.",
            ),
            Self::Object => (
                integers(-1.0, AGENT as f32, 3),
                "Type, colour and state of what is in the cell of the next subgoal; -1 each for none.",
            ),
            Self::Sentence => (
                Space::Text {
                    max_words: MAX_BEACON_TOKENS,
                    vocabulary: VOCABULARY.iter().map(ToString::to_string).collect(),
                },
                "The next subgoal in words; empty for none.",
            ),
        };
        ObservationSpec {
            name: format!("subgoal_{}", self.name()),
            group: Group::Privileged,
            space,
            description: description.into(),
        }
    }

    /// What the agent sees of `beacon`, into its row.
    fn write(self, beacon: Option<&Beacon>, agent: &State, cells: &[u32], height: u32, row: &mut [i32]) {
        let Some(beacon) = beacon else {
            row.fill(if self == Self::Object { -1 } else { 0 });
            return;
        };
        match self {
            Self::Position => {
                row[0] = beacon.x as i32 - agent.x as i32;
                row[1] = beacon.y as i32 - agent.y as i32;
            }
            Self::Object => {
                let cell = cells[(beacon.x * height + beacon.y) as usize];
                row.copy_from_slice(&[kind_of(cell), color_of(cell), state_of(cell)].map(|part| part as i32));
            }
            Self::Sentence => row.copy_from_slice(&beacon.tokens()),
        }
    }
}

/// How a [`Teacher`] teaches.
#[derive(Clone, Debug, PartialEq)]
pub struct TeacherOptions {
    /// The forms in which the next beacon is seen. Default: all.
    pub forms: Vec<SubgoalForm>,
    /// What is paid for reaching a beacon, times `1 - steps since the beacon before / step limit`. Default 0.2,
    /// as in the paper; 0 for none.
    pub bonus: f32,
    /// Whether the last beacon is shown, too. In the paper it is not, and by default.
    pub shows_last: bool,
    /// Share of the episodes, drawn at random, in which no beacon is shown (they are paid for all the same), so that
    /// the policy also learns to act without a teacher: 0 to 1. Default 0; 1 shows none.
    pub dropout: f32,
}

impl Default for TeacherOptions {
    fn default() -> Self {
        Self { forms: SubgoalForm::ALL.to_vec(), bonus: 0.2, shows_last: false, dropout: 0.0 }
    }
}

/// The plan of one environment, and how far it got.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Guide {
    beacons: Vec<Beacon>,
    /// What was in the cells of the beacons after the last step.
    cells: Vec<u32>,
    next: usize,
    /// Episodes begun.
    episodes: u32,
    /// Whether nothing is shown in this episode.
    hidden: bool,
    /// Steps since the next beacon became the next.
    steps: u32,
    limit: u32,
}

impl Guide {
    /// Whether `beacon` was reached by the step that left `agent` in a world with `cell` in its place, where
    /// there was `before`: by standing on it, by changing what is there, or by facing what is to be faced.
    fn is_reached(beacon: &Beacon, agent: &State, before: u32, cell: u32) -> bool {
        let ahead = cell_at(agent.x, agent.y, agent.dir, 1, 0);
        let faces = (ahead.x, ahead.y) == (beacon.x as i32, beacon.y as i32);
        (agent.x, agent.y) == (beacon.x, beacon.y)
            || before != cell
            || (u32::from(beacon.action) == DONE && faces)
    }

    /// Takes note of a step; what it earned, for a `bonus`.
    fn advance(&mut self, agent: &State, cells: &[u32], height: u32, bonus: f32) -> f32 {
        self.steps += 1;
        let mut earned = 0.0;
        for (index, beacon) in self.beacons.iter().enumerate() {
            let cell = cells[(beacon.x * height + beacon.y) as usize];
            let before = std::mem::replace(&mut self.cells[index], cell);
            let is_next = index == self.next && index + 1 < self.beacons.len();
            if is_next && Self::is_reached(beacon, agent, before, cell) {
                earned += bonus * (1.0 - self.steps as f32 / self.limit.max(1) as f32);
                self.next += 1;
                self.steps = 0;
            }
        }
        earned
    }
}

/// Shows the agent the next beacon of the expert's plan, and pays for reaching it.
///
/// ```
/// use pentathlon_envs::minigrid::expert::{Teacher, TeacherOptions};
/// # use pentathlon_envs::minigrid::{MiniGrid, task};
/// use pentathlon_gym::{AutoresetMode, BuildOptions, VectorEnv, wrappers::Autoreset};
///
/// let options = BuildOptions { num_envs: 4, autoreset: AutoresetMode::Disabled, ..BuildOptions::default() };
/// # let domain = MiniGrid::new(task("MiniGrid-KeyCorridorS3R3-v0")?, &options)?;
/// # let batch: Box<dyn VectorEnv> = Box::new(pentathlon_engine::Batch::new(domain, options)?);
/// let taught = Teacher::wrap(batch, TeacherOptions::default())?;
/// let mut batch = Autoreset::wrap(taught, AutoresetMode::SameStep)?;
/// let batch: &mut dyn VectorEnv = &mut batch;
/// let observation = batch.reset(7)?;
/// assert_eq!(observation["subgoal_position"].len(), 4 * 2);
/// # Ok::<(), pentathlon_gym::Error>(())
/// ```
#[derive(Debug)]
pub struct Teacher {
    options: TeacherOptions,
    source: Box<dyn PlanSource>,
    seed: u64,
    guides: Vec<Guide>,
    /// Columns and rows of the grid.
    size: [u32; 2],
    /// The observations of the batch inside, then those of the teacher.
    observation: Observation,
    earned: Vec<f32>,
    reward: Vec<f32>,
}

impl Teacher {
    /// A teacher for `inner`, which was built with autoreset disabled;
    /// [`Autoreset`](pentathlon_gym::wrappers::Autoreset) goes around it.
    ///
    /// # Errors
    /// A batch without an expert or with autoreset, a bonus that is not finite, or a dropout that is no share.
    pub fn wrap<E: VectorEnv + 'static>(
        inner: E,
        options: TeacherOptions,
    ) -> Result<Wrapped<E, Self>, Error> {
        Self::wrap_with(inner, options, Box::new(Oracle))
    }

    /// [`Teacher::wrap`] with the plans of `source`. Their last beacon is the task itself: it is neither shown, unless
    /// the options say so, nor paid.
    ///
    /// # Errors
    /// As [`Teacher::wrap`].
    pub fn wrap_with<E: VectorEnv + 'static>(
        inner: E,
        options: TeacherOptions,
        source: Box<dyn PlanSource>,
    ) -> Result<Wrapped<E, Self>, Error> {
        let refuse = |reason: String| Err(Error::Wrapper { wrapper: Self::NAME, reason });
        if inner.autoreset() != AutoresetMode::Disabled {
            return refuse("the batch inside resets by itself; build it with autoreset disabled".into());
        }
        if !options.bonus.is_finite() {
            return refuse(format!("a bonus of {} was given; allowed: finite numbers", options.bonus));
        }
        if !(0.0..=1.0).contains(&options.dropout) {
            return refuse(format!("a dropout of {} was given; allowed: 0 to 1", options.dropout));
        }
        let settings = *known(&inner)?.domain().settings();
        let size = [settings.width, settings.height];
        let num_envs = inner.num_envs();
        let mut observation = inner.observation().clone();
        let specs: Vec<_> = options.forms.iter().map(|form| form.spec(size)).collect();
        observation.fields.extend(Observation::zeros(&specs, num_envs).fields);
        let transform = Self {
            options,
            source,
            seed: inner.options().seed,
            guides: vec![Guide::default(); num_envs],
            size,
            observation,
            earned: vec![0.0; num_envs],
            reward: vec![0.0; num_envs],
        };
        Ok(Wrapped::new(inner, transform))
    }

    /// The beacon that is next in environment `env`; `None` where there is none, where only the last one is left
    /// and is not shown, and in episodes that show none.
    ///
    /// # Panics
    /// When there is no such environment.
    pub fn subgoal(&self, env: usize) -> Option<&Beacon> {
        let guide = &self.guides[env];
        let hidden = usize::from(!self.options.shows_last);
        let shown = !guide.hidden && guide.next + hidden < guide.beacons.len();
        guide.beacons.get(guide.next).filter(|_| shown)
    }

    /// The whole plan of environment `env`, from the reset on.
    ///
    /// # Panics
    /// When there is no such environment.
    pub fn beacons(&self, env: usize) -> &[Beacon] {
        &self.guides[env].beacons
    }

    /// How many beacons of environment `env` were reached.
    ///
    /// # Panics
    /// When there is no such environment.
    pub fn reached(&self, env: usize) -> usize {
        self.guides[env].next
    }

    /// Takes over what the batch inside observes.
    fn copy_observation(&mut self, inner: &Observation) {
        for (field, source) in self.observation.fields.iter_mut().zip(&inner.fields) {
            field.array.bytes_mut().copy_from_slice(source.array.bytes());
        }
    }

    /// The fields of the teacher.
    fn own_fields(&mut self) -> &mut [ObservationField] {
        let first = self.observation.fields.len() - self.options.forms.len();
        &mut self.observation.fields[first..]
    }
}

/// What a snapshot keeps of a teacher: the plans, and what was shown of them.
#[derive(Serialize, Deserialize)]
pub struct TeacherState {
    guides: Vec<Guide>,
    shown: Vec<Vec<u8>>,
}

impl Transform for Teacher {
    const NAME: &'static str = "Teacher";
    const LOOKS: bool = true;
    type State = TeacherState;

    fn describe(&self, spec: &mut EnvSpec, options: &mut BuildOptions) {
        for form in &self.options.forms {
            let shown = form.spec(self.size);
            options.observations.push(shown.name.clone());
            spec.observations.push(shown);
        }
        let (low, high) = spec.reward_range;
        spec.reward_range = (low + self.options.bonus.min(0.0), high + self.options.bonus.max(0.0));
    }

    fn observation<'a>(&'a self, _: &'a Observation) -> &'a Observation {
        &self.observation
    }

    fn look(&mut self, inner: &dyn VectorEnv, reset: bool, mask: Option<&[bool]>) -> Result<(), Error> {
        let batch = known(inner)?;
        let domain = batch.domain();
        let height = domain.settings().height;
        self.earned.fill(0.0);
        for env in (0..self.guides.len()).filter(|&env| mask.is_none_or(|mask| mask[env])) {
            let (state, items, _) = batch.instance(env)?;
            let cells = domain.cells(&items);
            if reset {
                let beacons = self.source.plan(batch, env)?;
                let [width, height] = self.size;
                if let Some(Beacon { x, y, .. }) =
                    beacons.iter().find(|beacon| beacon.x >= width || beacon.y >= height)
                {
                    let reason = format!(
                        "a subgoal is at column {x}, row {y}; the grid has {width} columns and {height} rows"
                    );
                    return Err(Error::Wrapper { wrapper: Self::NAME, reason });
                }
                let cells =
                    beacons.iter().map(|beacon| cells[(beacon.x * height + beacon.y) as usize]).collect();
                let episodes = self.guides[env].episodes.wrapping_add(1);
                let mut random = Philox::for_episode(self.seed, env as u32, episodes);
                let hidden = random.float() < f64::from(self.options.dropout);
                let limit = domain.step_limit(&items);
                self.guides[env] = Guide { beacons, cells, next: 0, episodes, hidden, steps: 0, limit };
            } else {
                self.earned[env] = self.guides[env].advance(&state, cells, height, self.options.bonus);
            }
            let shown = self.subgoal(env).copied();
            let forms = self.options.forms.len();
            let first = self.observation.fields.len() - forms;
            for (field, form) in self.observation.fields[first..].iter_mut().zip(&self.options.forms) {
                let len = field.spec.space.flat_len();
                let rows: &mut [i32] = bytemuck::cast_slice_mut(field.array.bytes_mut());
                form.write(shown.as_ref(), &state, cells, height, &mut rows[env * len..(env + 1) * len]);
            }
        }
        self.copy_observation(inner.observation());
        Ok(())
    }

    fn step<'a>(&'a mut self, step: Step<'a>, _: Option<&[bool]>) -> Step<'a> {
        for ((reward, paid), earned) in self.reward.iter_mut().zip(step.reward).zip(&self.earned) {
            *reward = paid + earned;
        }
        Step { observation: &self.observation, reward: &self.reward, ..step }
    }

    fn state(&self) -> TeacherState {
        let first = self.observation.fields.len() - self.options.forms.len();
        let shown =
            self.observation.fields[first..].iter().map(|field| field.array.bytes().to_vec()).collect();
        TeacherState { guides: self.guides.clone(), shown }
    }

    fn set_state(&mut self, state: TeacherState) -> Result<(), String> {
        let [width, height] = self.size;
        let fits = |guide: &Guide| {
            guide.beacons.len() == guide.cells.len()
                && guide.next <= guide.beacons.len()
                && guide.beacons.iter().all(|beacon| beacon.x < width && beacon.y < height)
        };
        let shown = state.shown.iter().map(Vec::len);
        if state.guides.len() != self.guides.len()
            || !state.guides.iter().all(fits)
            || !shown.eq(self.own_fields().iter().map(|field| field.array.bytes().len()))
        {
            return Err(String::from("it is of another number of environments, another grid or other forms"));
        }
        self.guides = state.guides;
        for (field, bytes) in self.own_fields().iter_mut().zip(&state.shown) {
            field.array.bytes_mut().copy_from_slice(bytes);
        }
        Ok(())
    }

    fn refresh(&mut self, observation: &Observation) {
        self.copy_observation(observation);
    }
}
