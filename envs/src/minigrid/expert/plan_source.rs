//! Where a teacher's plans come from: the expert, a file of answers that were recorded before, or anything else that
//! can be asked, such as a language model outside.
//!
//! A question is a world at the beginning of an episode, an answer the subgoals in order. A file of answers has one JSON
//! object a line, `{"world": "00a1...", "subgoals": [{"x": 3, "y": 2, "action": "pickup"}, ...]}`, `world` being the
//! [fingerprint](Question::world) of the question; other fields, such as those of the question itself, may stand beside
//! them. A world without an answer has no subgoals.

use std::{collections::HashMap, fmt::Debug, path::Path};

use pentathlon_engine::{Batch, Instance};
use pentathlon_gym::{Error, VectorEnv};
use serde::{Deserialize, Serialize};

use super::{Beacon, adviser::known, plan};
use crate::minigrid::{
    MiniGrid,
    components::records::{
        BALL, BOX, DOOR, EMPTY, FLOOR, GOAL, KEY, LAVA, WALL, color_of, kind_of, state_of,
    },
    mission::color_name,
    rules::movement::rules::{DONE, DROP, FORWARD, PICKUP, TOGGLE},
};

/// The actions that a subgoal can ask for, by name.
const ACTIONS: [(&str, u32); 5] =
    [("forward", FORWARD), ("pickup", PICKUP), ("drop", DROP), ("toggle", TOGGLE), ("done", DONE)];
/// States of a door, by number.
const DOOR_STATES: [&str; 3] = ["open", "closed", "locked"];

/// A thing in the world of a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thing {
    /// `door`, `key`, `ball`, `box`, `goal`, `lava` or `floor`.
    pub kind: String,
    /// Its colour.
    pub color: String,
    /// `open`, `closed` or `locked` for a door; else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
}

/// The world of an episode at its beginning, for whom a plan is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Fingerprint of everything below, 16 hexadecimal digits: the same world has the same one.
    pub world: String,
    /// The mission in words.
    pub mission: String,
    /// Column and row of the agent, and the direction it looks in: 0 right, 1 down, 2 left, 3 up.
    pub agent: [u32; 3],
    /// Rows of the grid from top to bottom, a character a cell: `#` for walls, `.` for others.
    pub walls: Vec<String>,
    /// What is in the cells, column by column.
    pub things: Vec<Thing>,
}

/// A place where something is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subgoal {
    /// Column.
    pub x: u32,
    /// Row.
    pub y: u32,
    /// `forward` (into the cell), `pickup`, `drop`, `toggle`, or `done` for what is only to be faced.
    pub action: String,
}

/// The subgoals of one world, as they stand in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Fingerprint of the question.
    pub world: String,
    /// Subgoals in order.
    pub subgoals: Vec<Subgoal>,
}

/// Who makes the plans of a [`Teacher`](super::Teacher).
pub trait PlanSource: Debug + Send + 'static {
    /// The beacons, in order, for environment `env` of `batch`, whose episode begins.
    ///
    /// # Errors
    /// A source that cannot answer; the reset that asked fails.
    fn plan(&mut self, batch: &Batch<MiniGrid>, env: usize) -> Result<Vec<Beacon>, Error>;
}

/// The expert of this crate, which knows the whole world.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oracle;

impl PlanSource for Oracle {
    fn plan(&mut self, batch: &Batch<MiniGrid>, env: usize) -> Result<Vec<Beacon>, Error> {
        let (state, items, episode) = batch.instance(env)?;
        Ok(plan(batch.domain(), &Instance { state: &state, items: &items, episode: &episode }).beacons)
    }
}

/// A source that answers questions and needs no batch: what a language model outside is asked through.
///
/// ```
/// use pentathlon_envs::minigrid::expert::{Asked, Question, Subgoal, TeacherOptions};
///
/// let to_the_key = |question: &Question| -> Result<Vec<Subgoal>, pentathlon_gym::Error> {
///     let keys = question.things.iter().filter(|thing| thing.kind == "key");
///     Ok(keys.map(|key| Subgoal { x: key.x, y: key.y, action: "pickup".into() }).collect())
/// };
/// let options = TeacherOptions::default();
/// let source = Box::new(Asked(to_the_key));
/// # let _ = (options, source);
/// ```
pub struct Asked<F>(pub F);

impl<F> Debug for Asked<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Asked")
    }
}

impl<F> PlanSource for Asked<F>
where
    F: FnMut(&Question) -> Result<Vec<Subgoal>, Error> + Send + 'static,
{
    fn plan(&mut self, batch: &Batch<MiniGrid>, env: usize) -> Result<Vec<Beacon>, Error> {
        beacons(&(self.0)(&question_of(batch, env)?)?, batch, env)
    }
}

/// Answers that were recorded before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedAnswers {
    answers: HashMap<String, Vec<Subgoal>>,
}

impl RecordedAnswers {
    /// Reads a file of answers, one JSON object a line; of several for one world the last one counts.
    ///
    /// # Errors
    /// A file that cannot be read, or a line that is no answer; the message says which and why.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let refuse = |reason: String| Error::Wrapper { wrapper: "Teacher", reason };
        let text = std::fs::read_to_string(path)
            .map_err(|error| refuse(format!("the answers {} cannot be read: {error}", path.display())))?;
        Self::parse(&text).map_err(|reason| refuse(format!("{}, {reason}", path.display())))
    }

    /// [`RecordedAnswers::read`] of a file's text.
    ///
    /// # Errors
    /// The line that is no answer, and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut answers = HashMap::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let answer: Answer =
                serde_json::from_str(line).map_err(|error| format!("line {}: {error}", number + 1))?;
            for subgoal in &answer.subgoals {
                subgoal.action().map_err(|reason| format!("line {}: {reason}", number + 1))?;
            }
            answers.insert(answer.world, answer.subgoals);
        }
        Ok(Self { answers })
    }

    /// Number of worlds with an answer.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether there is no answer.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

impl PlanSource for RecordedAnswers {
    fn plan(&mut self, batch: &Batch<MiniGrid>, env: usize) -> Result<Vec<Beacon>, Error> {
        let world = question_of(batch, env)?.world;
        self.answers.get(&world).map_or(Ok(Vec::new()), |subgoals| beacons(subgoals, batch, env))
    }
}

impl Subgoal {
    /// Number of its action.
    ///
    /// # Errors
    /// Another action than those that there are.
    fn action(&self) -> Result<u32, String> {
        let known = ACTIONS.iter().find(|(name, _)| *name == self.action);
        known.map(|(_, action)| *action).ok_or_else(|| {
            format!(
                "the action '{}' of a subgoal is not allowed; allowed: {}",
                self.action,
                ACTIONS.map(|(name, _)| name).join(", ")
            )
        })
    }
}

impl From<&Beacon> for Subgoal {
    fn from(beacon: &Beacon) -> Self {
        let action = ACTIONS.iter().find(|(_, action)| *action == u32::from(beacon.action));
        let action = action.map_or(ACTIONS[0].0, |(name, _)| name).to_owned();
        Self { x: beacon.x, y: beacon.y, action }
    }
}

/// The beacons that `subgoals` are in environment `env` of `batch`. What is put down is what was picked up last.
fn beacons(subgoals: &[Subgoal], batch: &Batch<MiniGrid>, env: usize) -> Result<Vec<Beacon>, Error> {
    let (_, items, _) = batch.instance(env)?;
    let domain = batch.domain();
    let (width, height) = (domain.settings().width, domain.settings().height);
    let cells = domain.cells(&items);
    let refuse = |reason: String| Error::Wrapper { wrapper: "Teacher", reason };
    let mut beacons = Vec::with_capacity(subgoals.len());
    let mut carried = EMPTY;
    for (step, subgoal) in subgoals.iter().enumerate() {
        let Subgoal { x, y, .. } = *subgoal;
        if x >= width || y >= height {
            return Err(refuse(format!(
                "a subgoal is at column {x}, row {y}; the grid has {width} columns and {height} rows"
            )));
        }
        let action = subgoal.action().map_err(refuse)?;
        let there = cells[(x * height + y) as usize];
        if action == PICKUP {
            carried = there;
        }
        let object = if action == DROP { carried } else { there };
        beacons.push(Beacon { x, y, object, action: action as u8, step });
    }
    Ok(beacons)
}

/// The question that the world of environment `env` of `batch` is, under any wrappers.
///
/// # Errors
/// A batch of another discipline or without an expert, and an environment that there is not.
pub fn question(batch: &dyn VectorEnv, env: usize) -> Result<Question, Error> {
    question_of(known(batch)?, env)
}

fn question_of(batch: &Batch<MiniGrid>, env: usize) -> Result<Question, Error> {
    let (state, items, _) = batch.instance(env)?;
    let domain = batch.domain();
    let (width, height) = (domain.settings().width, domain.settings().height);
    let cells = domain.cells(&items);
    let mission = batch.mission(env).unwrap_or_default();
    let at = |x: u32, y: u32| cells[(x * height + y) as usize];
    let walls = (0..height)
        .map(|y| (0..width).map(|x| if kind_of(at(x, y)) == WALL { '#' } else { '.' }).collect())
        .collect();
    let mut things = Vec::new();
    for (x, y) in (0..width).flat_map(|x| (0..height).map(move |y| (x, y))) {
        let cell = at(x, y);
        let kind = match kind_of(cell) {
            DOOR => "door",
            KEY => "key",
            BALL => "ball",
            BOX => "box",
            GOAL => "goal",
            LAVA => "lava",
            FLOOR => "floor",
            EMPTY | WALL => continue,
            _ => continue,
        };
        let state = if kind == "door" { DOOR_STATES[state_of(cell) as usize % 3] } else { "" };
        things.push(Thing {
            kind: kind.into(),
            color: color_name(color_of(cell)).into(),
            state: state.into(),
            x,
            y,
        });
    }
    let mut words = vec![width, height, state.x, state.y, state.dir];
    words.extend_from_slice(&cells[..(width * height) as usize]);
    let bytes = words.iter().flat_map(|word| word.to_le_bytes()).chain(mission.bytes());
    // FNV-1a, which is easy to compute elsewhere.
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    Ok(Question {
        world: format!("{hash:016x}"),
        mission,
        agent: [state.x, state.y, state.dir],
        walls,
        things,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_and_the_last_of_a_world_counts() {
        let text = "{\"world\": \"a\", \"subgoals\": []}\n\n{\"world\": \"a\", \"mission\": \"use the key\", \"subgoals\": \
                    [{\"x\": 1, \"y\": 2, \"action\": \"pickup\"}]}\n";
        let answers = RecordedAnswers::parse(text).unwrap();
        assert_eq!(answers.len(), 1);
        assert_eq!(answers.answers["a"], [Subgoal { x: 1, y: 2, action: "pickup".into() }]);
    }

    #[test]
    fn a_bad_line_is_named() {
        let bad = "{\"world\": \"a\", \"subgoals\": []}\n{\"world\": \"a\", \"subgoals\": [{\"x\": 1, \"y\": 2, \"action\": \"jump\"}]}";
        let message = RecordedAnswers::parse(bad).unwrap_err();
        assert!(
            message.contains("line 2") && message.contains("jump") && message.contains("toggle"),
            "{message}"
        );
        assert!(RecordedAnswers::parse("nothing").unwrap_err().contains("line 1"));
        let missing = RecordedAnswers::read(Path::new("/none/answers.jsonl")).unwrap_err().to_string();
        assert!(missing.contains("/none/answers.jsonl"), "{missing}");
    }
}
