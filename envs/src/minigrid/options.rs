//! The build options of MiniGrid ids: what Farama's wrappers and constructor arguments change.

use std::path::PathBuf;

use pentathlon_gym::{BuildOptions, Error, OptionSpec};

use crate::given_option::GivenOption;

use super::{
    components::records::{BALL, BOX, DOOR, FLOOR, GOAL, KEY, LAVA, WALL},
    expert::{SubgoalForm, TeacherOptions},
    observations::direction::GoalDirection,
    reward::LONGEST_EPISODE,
    rules::visibility::rules::LARGEST_VIEW,
    tasks::Task,
};

/// Largest tile of the `rgb` observations in pixels.
const LARGEST_TILE: usize = 64;

/// Kinds that an agent can walk into, by the names that `no_death` takes.
const KINDS: [(&str, u32); 8] = [
    ("wall", WALL),
    ("floor", FLOOR),
    ("door", DOOR),
    ("key", KEY),
    ("ball", BALL),
    ("box", BOX),
    ("goal", GOAL),
    ("lava", LAVA),
];

/// `StochasticAction`: actions that chance replaces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StochasticAction {
    /// Chance that an action passes.
    pub probability: f64,
    /// The action taken instead; a random one when there is none.
    pub replacement: Option<u32>,
}

/// The build options of a MiniGrid id, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct MiniGridOptions {
    /// Steps after which an episode is truncated; the reward of success falls towards it.
    pub max_steps: u32,
    /// Columns and rows of the partial view, odd, from 3 to 31.
    pub view_size: u32,
    /// Pixels of a tile's side in the `rgb` observations, from 1 to 64.
    pub tile_size: usize,
    /// What the `goal_direction` observation tells.
    pub goal_direction: GoalDirection,
    /// Kinds of cells that do not end an episode, as a bit set.
    pub harmless_kinds: u32,
    /// What is added to the reward when such a cell would have ended the episode.
    pub harm_cost: f32,
    /// Whether and how chance replaces actions.
    pub stochastic_action: Option<StochasticAction>,
    /// How the scripted teacher shows the expert's plan, if it does.
    pub teacher: Option<TeacherOptions>,
    /// File of recorded answers that the teacher's plans are taken from instead.
    pub teacher_answers: Option<PathBuf>,
}

impl MiniGridOptions {
    /// The options of `task` when none are given.
    pub fn new(task: &Task) -> Self {
        Self {
            max_steps: task.max_steps,
            view_size: 7,
            tile_size: 8,
            goal_direction: GoalDirection::default(),
            harmless_kinds: 0,
            harm_cost: -1.0,
            stochastic_action: None,
            teacher: None,
            teacher_answers: None,
        }
    }

    /// Reads the options of `task` out of what a batch is built with.
    ///
    /// # Errors
    /// An option that does not exist, or a value that is not allowed.
    pub fn read(task: &Task, build: &BuildOptions) -> Result<Self, Error> {
        let mut options = Self::new(task);
        let mut chance = StochasticAction { probability: 1.0, replacement: None };
        let mut is_stochastic = false;
        let mut teacher = TeacherOptions { forms: Vec::new(), ..TeacherOptions::default() };
        if let Some(limit) = build.max_episode_steps {
            let entry =
                GivenOption { id: task.id, name: "max_episode_steps", value: &i64::from(limit).into() };
            options.max_steps = entry.whole(1, i64::from(LONGEST_EPISODE))? as u32;
        }
        for (name, value) in &build.options {
            let entry = GivenOption { id: task.id, name, value };
            match name.as_str() {
                "view_size" => options.view_size = entry.view_size()?,
                "tile_size" => options.tile_size = entry.whole(1, LARGEST_TILE as i64)? as usize,
                "goal_direction" => options.goal_direction = entry.choice(&GoalDirection::NAMES)?,
                "no_death" => options.harmless_kinds = entry.kinds()?,
                "no_death_cost" => options.harm_cost = entry.number(-1e6, 1e6)? as f32,
                "stochastic_action" | "random_action" if entry.text() == Some("none") => {}
                "stochastic_action" => {
                    chance.probability = entry.number(0.0, 1.0)?;
                    is_stochastic = true;
                }
                "random_action" => {
                    let last = i64::from(task.num_actions) - 1;
                    chance.replacement = Some(entry.whole(0, last)? as u32);
                }
                "teacher" => teacher.forms = entry.subgoal_forms()?,
                "teacher_bonus" => teacher.bonus = entry.number(0.0, 1e6)? as f32,
                "teacher_last" => teacher.shows_last = entry.flag()?,
                "teacher_dropout" => teacher.dropout = entry.number(0.0, 1.0)? as f32,
                "teacher_answers" if entry.text() == Some("none") => {}
                "teacher_answers" => {
                    let path = entry.text().ok_or_else(|| entry.invalid("none, or the path of a file"))?;
                    options.teacher_answers = Some(path.into());
                }
                _ => return Err(entry.invalid(&format!("only the options {}", names().join(", ")))),
            }
        }
        if let Some(action) = chance.replacement.filter(|_| !is_stochastic) {
            let entry = GivenOption { id: task.id, name: "random_action", value: &i64::from(action).into() };
            return Err(entry.invalid("only together with stochastic_action"));
        }
        options.stochastic_action = is_stochastic.then_some(chance);
        options.teacher = (!teacher.forms.is_empty()).then_some(teacher);
        Ok(options)
    }
}

/// The options as an [`EnvSpec`](pentathlon_gym::EnvSpec) lists them.
pub fn option_specs(task: &Task) -> Vec<OptionSpec> {
    let last = task.num_actions - 1;
    let kinds = KINDS.map(|(name, _)| name).join(", ");
    let all: [(&str, &str, String); 12] = [
        ("view_size", "7", format!("Columns and rows of the partial view: odd, from 3 to {LARGEST_VIEW}.")),
        ("tile_size", "8", format!("Pixels of a tile's side in the rgb observations: 1 to {LARGEST_TILE}.")),
        (
            "goal_direction",
            "slope",
            "What goal_direction tells: slope (dy / dx), angle (its arc tangent) or angle_atan2 (in \
             all four quadrants), in radians."
                .into(),
        ),
        (
            "no_death",
            "none",
            format!(
                "Kinds of cells that do not end the episode when the agent walks into them, \
                 separated by commas: none, or some of {kinds}."
            ),
        ),
        ("no_death_cost", "-1.0", "What is added to the reward instead: -1000000 to 1000000.".into()),
        (
            "stochastic_action",
            "none",
            "Chance that an action passes; otherwise random_action is taken: none (all pass), or \
             0.0 to 1.0."
                .into(),
        ),
        (
            "random_action",
            "none",
            format!(
                "The action that stochastic_action takes instead: none (a random one each time), or \
                 0 to {last}."
            ),
        ),
        (
            "teacher",
            "none",
            "The scripted teacher: what is next in the expert's plan is observed as a position, as an object or \
             as a sentence, and pays a bonus: none, position, object, sentence or all."
                .into(),
        ),
        (
            "teacher_bonus",
            "0.2",
            "What the teacher pays at most for each subgoal but the last: 0 to 1000000.".into(),
        ),
        ("teacher_last", "false", "Whether the teacher shows the last subgoal, too.".into()),
        (
            "teacher_dropout",
            "0.0",
            "Share of the episodes in which the teacher shows nothing, though it pays: 0 to 1.".into(),
        ),
        (
            "teacher_answers",
            "none",
            "File of recorded answers (JSON lines) that take the place of the expert's plans, or none.".into(),
        ),
    ];
    all.into_iter()
        .map(|(name, default, description)| OptionSpec {
            name: name.into(),
            default: default.into(),
            description,
        })
        .collect()
}

fn names() -> [&'static str; 12] {
    [
        "view_size",
        "tile_size",
        "goal_direction",
        "no_death",
        "no_death_cost",
        "stochastic_action",
        "random_action",
        "teacher",
        "teacher_bonus",
        "teacher_last",
        "teacher_dropout",
        "teacher_answers",
    ]
}

impl GivenOption<'_> {
    fn subgoal_forms(&self) -> Result<Vec<SubgoalForm>, Error> {
        match self.text() {
            Some("none") => return Ok(Vec::new()),
            Some("all") => return Ok(SubgoalForm::ALL.to_vec()),
            _ => {}
        }
        let named = SubgoalForm::ALL.into_iter().find(|form| Some(form.name()) == self.text());
        named.map(|form| vec![form]).ok_or_else(|| self.invalid("none, position, object, sentence, all"))
    }

    fn view_size(&self) -> Result<u32, Error> {
        match self.whole(3, i64::from(LARGEST_VIEW)) {
            Ok(size) if size % 2 == 1 => Ok(size as u32),
            _ => Err(self.invalid(&format!("odd numbers from 3 to {LARGEST_VIEW}"))),
        }
    }

    fn kinds(&self) -> Result<u32, Error> {
        let names = KINDS.map(|(name, _)| name).join(", ");
        let unknown = || self.invalid(&format!("none, or a list of {names}"));
        let text = self.text().ok_or_else(unknown)?;
        if text == "none" {
            return Ok(0);
        }
        text.split(',').try_fold(0, |set, given| {
            let known = KINDS.into_iter().find(|(name, _)| *name == given.trim());
            known.map(|(_, kind)| set | 1 << kind).ok_or_else(unknown)
        })
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::OptionValue;

    use super::*;
    use crate::minigrid::tasks::tasks;

    fn read(options: &[(&str, OptionValue)]) -> Result<MiniGridOptions, Error> {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        MiniGridOptions::read(&tasks()[0], &BuildOptions { options, ..BuildOptions::default() })
    }

    #[test]
    fn options_are_read() {
        let options = read(&[
            ("view_size", 5.into()),
            ("tile_size", 16.into()),
            ("goal_direction", "angle_atan2".into()),
            ("no_death", "lava, ball".into()),
            ("no_death_cost", (-0.5).into()),
            ("stochastic_action", 0.9.into()),
            ("random_action", 2.into()),
        ])
        .unwrap();
        assert_eq!((options.view_size, options.tile_size), (5, 16));
        assert_eq!(options.goal_direction, GoalDirection::AngleAtan2);
        assert_eq!(options.harmless_kinds, 1 << LAVA | 1 << BALL);
        assert_eq!(options.harm_cost, -0.5);
        let chance = StochasticAction { probability: 0.9, replacement: Some(2) };
        assert_eq!(options.stochastic_action, Some(chance));
    }

    #[test]
    fn what_is_not_allowed_is_an_error_that_says_so() {
        let cases: [(&str, OptionValue, &str); 9] = [
            ("view_size", 4.into(), "odd numbers from 3 to 31"),
            ("view_size", "seven".into(), "odd numbers"),
            ("tile_size", 0.into(), "from 1 to 64"),
            ("goal_direction", "north".into(), "slope, angle, angle_atan2"),
            ("no_death", "lava,water".into(), "lava"),
            ("no_death_cost", f64::NAN.into(), "numbers from"),
            ("stochastic_action", 1.5.into(), "from 0 to 1"),
            ("random_action", 0.into(), "together with stochastic_action"),
            ("gravity", 9.81.into(), "view_size, tile_size"),
        ];
        for (name, value, allowed) in cases {
            let message = read(&[(name, value)]).unwrap_err().to_string();
            assert!(message.contains(name) && message.contains(allowed), "{message}");
        }
    }
}
