//! MiniGrid as a domain of the batch engine: one value describes one registered id as built.

use std::ops::Range;

use pentathlon_engine::{Domain, GenerationError, Instance, InstanceMut, Kernel, episode::records::Outcome};
use pentathlon_gym::{BuildOptions, EnvSpec, Error, seeding::Random};

#[cfg(target_arch = "x86_64")]
use super::observations::image_avx2::ImageWriter;
use super::{
    babyai::{
        self,
        language::{sentence, write_tokens},
        record::records::PLAN_AT,
        system::{check_record, give_object, write_fields},
        verifier::rules::step_limit,
    },
    components::records::{BOX, DOOR, EMPTY, LAVA, LOCKED, State, color_of, contents_of, kind_of, state_of},
    kernels,
    observations::{
        action_mask::write_action_mask,
        direction::GoalDirections,
        forms::Form,
        grids::{write_full, write_symbolic},
        mission::MissionTable,
        partial::{write_flat, write_image, write_one_hot},
        view::look,
    },
    options::MiniGridOptions,
    render::{Scene, TileAtlas},
    reward::{success_reward, success_rewards},
    rules::{
        movement::rules::can_pick_up,
        objectives::rules::pay_of,
        settings::rules::{
            DIRECTIONS_AT_WORD, MISSIONS_AT_WORD, SETTINGS_WORDS, STEPS_PER_WALK_WORD, SUBGOAL_INDICES_AT,
            Settings, TILE_SIZE_WORD, TILES_AT_WORD,
        },
        visibility::rules::LARGEST_VIEW,
    },
    specification::{settings, spec, step_limits},
    systems::{self, StepLimits},
    tasks::{Task, objective::objectives::NO_OBSTACLE, subgoal_indices, subgoals::events},
};

/// Words of an environment that are all asked for ahead of a step; of larger ones, what the agent sees.
const SMALL_GRID: usize = 128;

/// Cells of the largest view.
const LARGEST_VIEW_CELLS: usize = (LARGEST_VIEW * LARGEST_VIEW) as usize;

/// One registered `MiniGrid-*` or `BabyAI-*` id with its options.
#[derive(Debug)]
pub struct MiniGrid {
    task: Task,
    options: MiniGridOptions,
    spec: EnvSpec,
    settings: Settings,
    limits: StepLimits,
    forms: Vec<Form>,
    /// For every event its index among the subgoals of the task, or -1.
    subgoal_indices: [i32; events::EVENTS as usize],
    /// There when the processor can write images the fast way.
    #[cfg(target_arch = "x86_64")]
    image_writer: Option<ImageWriter>,
    /// There when a form was selected that tells the mission.
    missions: Option<MissionTable>,
    /// There when a form was selected that is a picture.
    atlas: Option<TileAtlas>,
    /// There when the direction to the goal was selected.
    directions: Option<GoalDirections>,
}

impl MiniGrid {
    /// The domain of `task` with the options of `build`.
    ///
    /// # Errors
    /// An option that does not exist or has a bad value.
    pub fn new(task: &Task, build: &BuildOptions) -> Result<Self, Error> {
        let options = MiniGridOptions::read(task, build)?;
        let selects = |forms: &[Form]| {
            let mut names = forms.iter().map(|form| form.name());
            names.any(|name| build.observations.iter().any(|selected| selected == name))
        };
        let missions = if selects(&[Form::Mission, Form::Flat]) && task.instruction_words == 0 {
            let table = MissionTable::new(task).map_err(|error| Error::InvalidOption {
                id: task.id.into(),
                option: "observations".into(),
                value: "mission or flat".into(),
                allowed: error.to_string(),
            })?;
            Some(table)
        } else {
            None
        };
        let atlas = selects(&[Form::Rgb, Form::RgbPartial]).then(|| TileAtlas::painted(options.tile_size));
        let directions = selects(&[Form::GoalDirection])
            .then(|| GoalDirections::new(options.goal_direction, task.width, task.height));
        let settings = settings(task, &options);
        Ok(Self {
            #[cfg(target_arch = "x86_64")]
            image_writer: ImageWriter::new(&settings),
            settings,
            limits: step_limits(task, &options),
            spec: spec(task, &options),
            forms: Form::of_task(task).collect(),
            subgoal_indices: subgoal_indices(task.subgoals()),
            missions,
            atlas,
            directions,
            options,
            task: *task,
        })
    }

    /// The task.
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The options it was built with.
    pub fn options(&self) -> &MiniGridOptions {
        &self.options
    }

    /// What the rules need to know of it.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The grid within the array of an environment, cell `(x, y)` at `x * height + y`.
    pub fn cells<'a>(&self, items: &'a [u32]) -> &'a [u32] {
        &items[..(self.task.width * self.task.height) as usize]
    }

    /// Steps after which the episode of an environment with the array `items` is truncated.
    pub fn step_limit(&self, items: &[u32]) -> u32 {
        let StepLimits { per_walk, longest } = self.limits;
        let record = self.task.instruction(items);
        record.map_or(longest, |record| step_limit(record[PLAN_AT as usize], per_walk, longest))
    }

    /// The world as its rules take it: a few BabyAI levels give the agent an object before its first action,
    /// which the observation of the reset still shows on the floor.
    pub fn settle(&self, state: &mut State, items: &mut [u32]) {
        if self.task.instruction_words > 0 {
            give_object(state, items, self.task.height);
        }
    }

    /// A step's reward before it was rounded to `f32`: recordings of Farama's environments hold `f64`.
    /// `limit` is the episode's [step limit](Self::step_limit).
    pub fn exact_reward(&self, reward: f32, elapsed: u32, limit: u32) -> f64 {
        let success = success_reward(elapsed, limit);
        if reward == success as f32 { success } else { f64::from(reward) }
    }

    /// Writes the view of `state` into `view` as words; see [`look`].
    pub fn look(&self, state: &State, items: &[u32], view: &mut [u32]) {
        look(&self.settings, state, self.cells(items), view);
    }

    fn with_view<T>(&self, instance: &Instance<'_, State>, use_view: impl FnOnce(&[u32]) -> T) -> T {
        let mut view = [0; LARGEST_VIEW_CELLS];
        let view = &mut view[..(self.settings.view_size * self.settings.view_size) as usize];
        self.look(instance.state, instance.items, view);
        use_view(view)
    }

    #[inline]
    fn write_image(&self, instance: &Instance<'_, State>, row: &mut [u8]) {
        #[cfg(target_arch = "x86_64")]
        if let Some(writer) = &self.image_writer {
            writer.write(&self.settings, instance.state, self.cells(instance.items), row);
            return;
        }
        self.with_view(instance, |view| write_image(view, row));
    }

    fn with_scene(&self, instance: &Instance<'_, State>, paint: impl FnOnce(&Scene<'_>, &TileAtlas)) {
        let Some(atlas) = &self.atlas else { return };
        self.with_view(instance, |view| {
            let scene = Scene {
                state: instance.state,
                cells: self.cells(instance.items),
                width: self.task.width as usize,
                height: self.task.height as usize,
                view,
                view_size: self.settings.view_size as usize,
            };
            paint(&scene, atlas);
        });
    }
}

impl Domain for MiniGrid {
    type State = State;

    fn spec(&self) -> &EnvSpec {
        &self.spec
    }

    fn items(&self) -> usize {
        self.task.items()
    }

    #[inline]
    fn likely_reads(&self, state: &State) -> [Range<usize>; 2] {
        let Settings { width, height, view_size, .. } = self.settings;
        let items = self.task.items();
        let record = items - self.task.instruction_words as usize..items;
        if items <= SMALL_GRID {
            return [0..items, 0..0];
        }
        // The columns that the agent sees: those on its left and right, or those ahead or behind.
        let (left, right) = match state.dir {
            0 => (0, view_size - 1),
            2 => (view_size - 1, 0),
            _ => (view_size / 2, view_size / 2),
        };
        let first = state.x.saturating_sub(left);
        let last = state.x.saturating_add(right).min(width - 1);
        [(first * height) as usize..((last + 1) * height) as usize, record]
    }

    fn constants(&self) -> Vec<u32> {
        let mut words: Vec<u32> = bytemuck::cast_slice(&[self.settings]).to_vec();
        words.resize(SUBGOAL_INDICES_AT as usize, 0);
        words.extend(self.subgoal_indices.map(|index| index as u32));
        words.resize(SETTINGS_WORDS as usize, 0);
        let StepLimits { per_walk, longest } = self.limits;
        words[STEPS_PER_WALK_WORD as usize] = per_walk;
        match longest.checked_div(per_walk) {
            None => words.extend(success_rewards(longest).map(f32::to_bits)),
            Some(most_walks) => {
                for walks in 1..=most_walks {
                    words.extend(success_rewards(walks * per_walk).map(f32::to_bits));
                }
            }
        }
        if let Some(missions) = &self.missions {
            words[MISSIONS_AT_WORD as usize] = words.len() as u32;
            words.extend(missions.words());
        }
        if let Some(directions) = &self.directions {
            words[DIRECTIONS_AT_WORD as usize] = words.len() as u32;
            words.extend(directions.words());
        }
        if let Some(atlas) = &self.atlas {
            words[TILES_AT_WORD as usize] = words.len() as u32;
            words[TILE_SIZE_WORD as usize] = atlas.tile_size() as u32;
            words.extend(atlas.words());
        }
        words
    }

    fn generate<R: Random>(
        &self,
        random: &mut R,
        context: &[f32],
        state: &mut State,
        items: &mut [u32],
    ) -> Result<(), GenerationError> {
        self.task.generate(random, context, state, items)
    }

    #[inline]
    fn act<R: Random>(&self, random: &mut R, _instance: Instance<'_, State>, action: &mut [i32]) {
        systems::act(random, &self.settings, action);
    }

    #[inline]
    fn step<R: Random>(
        &self,
        random: &mut R,
        instance: InstanceMut<'_, State>,
        action: &[i32],
        outcome: &mut Outcome,
        events: &mut [i32],
    ) {
        let (settings, limits, indices) = (&self.settings, self.limits, &self.subgoal_indices);
        let (action, event) = (action[0] as u32, &mut events[0]);
        systems::step(random, settings, limits, indices, instance, action, outcome, event);
    }

    #[inline]
    fn reward(&self, instance: Instance<'_, State>, outcome: &Outcome, rewards: &mut [f32]) {
        rewards[0] = if systems::pays_nothing(outcome) {
            0.0
        } else {
            let limit = self.step_limit(instance.items);
            let success = success_reward(instance.episode.elapsed, limit) as f32;
            pay_of(self.settings, outcome.detail, success)
        };
    }

    #[inline]
    fn observe(&self, form: usize, instance: Instance<'_, State>, rows: &mut [u8]) {
        let state = instance.state;
        let cells = self.cells(instance.items);
        let height = self.task.height as usize;
        match self.forms[form] {
            Form::Image => self.write_image(&instance, rows),
            Form::Direction => bytemuck::cast_slice_mut(rows)[0] = state.dir as i32,
            Form::Mission => {
                if let Some(record) = self.task.instruction(instance.items) {
                    write_tokens(record, bytemuck::cast_slice_mut(rows));
                } else if let Some(missions) = &self.missions {
                    bytemuck::cast_slice_mut::<u8, i32>(rows).copy_from_slice(missions.tokens(state));
                }
            }
            Form::Full => write_full(state, cells, height, rows),
            Form::OneHot => self.with_view(&instance, |view| write_one_hot(view, rows)),
            Form::Symbolic => write_symbolic(state, cells, height, bytemuck::cast_slice_mut(rows)),
            Form::Flat => {
                if let Some(missions) = &self.missions {
                    let characters = missions.characters(state);
                    self.with_view(&instance, |view| write_flat(view, characters, rows));
                }
            }
            Form::Rgb => {
                self.with_scene(&instance, |scene, atlas| scene.paint_grid(atlas, true, rows));
            }
            Form::RgbPartial => {
                self.with_scene(&instance, |scene, atlas| scene.paint_view(atlas, rows));
            }
            Form::GoalDirection => {
                if let Some(directions) = &self.directions {
                    bytemuck::cast_slice_mut(rows)[0] = directions.of(state, cells);
                }
            }
            Form::ActionMask => match self.task.instruction(instance.items) {
                Some(record) => {
                    babyai::system::write_action_mask(&self.settings, state, cells, record, rows);
                }
                None => write_action_mask(&self.settings, state, cells, rows),
            },
            Form::Instruction => {
                if let Some(record) = self.task.instruction(instance.items) {
                    write_fields(record, bytemuck::cast_slice_mut(rows));
                }
            }
            Form::Position => {
                let position = [state.x as i32, state.y as i32, state.dir as i32];
                bytemuck::cast_slice_mut::<u8, i32>(rows).copy_from_slice(&position);
            }
        }
    }

    fn check(&self, instance: Instance<'_, State>) -> Result<(), String> {
        check_instance(&self.task, instance.state, instance.items)?;
        match self.task.instruction(instance.items) {
            Some(record) => check_record(record, self.task.most_walks()),
            None => Ok(()),
        }
    }

    fn mission(&self, instance: Instance<'_, State>) -> String {
        match self.task.instruction(instance.items) {
            Some(record) => sentence(record),
            None => self.task.mission(instance.state),
        }
    }

    fn kernels(&self, observations: &[usize]) -> Vec<Kernel> {
        kernels::kernels(&self.settings, &self.forms, observations)
    }
}

/// Whether the rules can run on an instance that came from outside.
fn check_instance(task: &Task, state: &State, items: &[u32]) -> Result<(), String> {
    let (width, height) = (task.width, task.height);
    let places = [
        ("agent", state.x, state.y),
        ("target", state.target_x, state.target_y),
        ("second object", state.other_x, state.other_y),
    ];
    for (what, x, y) in places {
        if x >= width || y >= height {
            return Err(format!("the {what} is at ({x}, {y}) in a grid of {width} by {height} cells"));
        }
    }
    if state.dir > 3 {
        return Err(format!("the agent looks in direction {}, not 0 to 3", state.dir));
    }
    if state.carrying != 0 && !(can_pick_up(state.carrying) && is_cell(state.carrying)) {
        return Err(format!("the agent carries {:#x}, which is no key, ball or box", state.carrying));
    }
    let is_given = task.instruction_words > 0 && state.target_cell != 0;
    if is_given && !(can_pick_up(state.target_cell) && is_cell(state.target_cell)) {
        return Err(format!("the agent is given {:#x}, which is no key, ball or box", state.target_cell));
    }
    let (cells, tail) = items.split_at((width * height) as usize);
    let obstacles = &tail[..task.obstacles as usize];
    if let Some(index) = cells.iter().position(|cell| !is_cell(*cell)) {
        return Err(format!("cell {index} holds {:#x}, which is no cell", cells[index]));
    }
    let is_inner = |index: u32| {
        let (x, y) = (index / height, index % height);
        x >= 1 && y >= 1 && x + 1 < width && y + 1 < height
    };
    match obstacles.iter().find(|index| **index != NO_OBSTACLE && !is_inner(**index)) {
        Some(index) => Err(format!("an obstacle is at cell {index}, not inside the border")),
        None => Ok(()),
    }
}

/// Whether a word is a cell: a kind, a colour and a state that exist, and contents in boxes alone.
fn is_cell(word: u32) -> bool {
    let (kind, color, state) = (kind_of(word), color_of(word), state_of(word));
    let contents = contents_of(word);
    let is_contents = contents == 0 || (kind == BOX && can_pick_up(contents) && color_of(contents) < 6);
    (EMPTY..=LAVA).contains(&kind)
        && color < 6
        && (state == 0 || kind == DOOR && state <= LOCKED)
        && (word >> 24 == 0 || is_contents && contents != 0)
}
