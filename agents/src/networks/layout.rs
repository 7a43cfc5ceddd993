//! What a network sees of an environment: which observations there are, and compact rows of them.
//!
//! A row keeps whole numbers as 16-bit indices and measurements as floats, so that a rollout of a
//! million frames fits in memory and a minibatch is gathered by copying rows.

use pentathlon_gym::{Array, EnvSpec, Observation, Space};

use super::cells::cell_kind;
use crate::Error;

/// Name of the observation that says which actions are allowed: one number per action, 0 for no.
pub const ACTION_MASK: &str = "action_mask";

/// One part of what the network sees. `at` is where its first number stands in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A grid of (type, colour, state) cells, as indices of kinds of cells.
    Cells {
        /// Position in the indices of a row.
        at: usize,
        /// Number of cells.
        cells: usize,
    },
    /// Whole numbers, `start <= value < start + n` each.
    Category {
        /// Position in the indices of a row.
        at: usize,
        /// Smallest value of all of them.
        start: i32,
        /// Number of values of each.
        n: Vec<usize>,
    },
    /// Words as indices of a vocabulary; 0 is no word.
    Words {
        /// Position in the indices of a row.
        at: usize,
        /// Largest number of words.
        words: usize,
        /// Number of indices, "no word" included.
        vocabulary: usize,
    },
    /// Measurements.
    Numbers {
        /// Position in the numbers of a row.
        at: usize,
        /// How many.
        len: usize,
        /// What they are multiplied by: bytes by 1/255.
        scale: f32,
    },
}

/// The parts that a network sees, and the actions it chooses from.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservationLayout {
    /// The inputs, each with the name of its observation.
    pub inputs: Vec<(String, Input)>,
    /// Whether there is an observation `action_mask`.
    pub masked: bool,
    /// Number of actions.
    pub actions: usize,
    /// The action that index 0 stands for.
    pub first_action: i32,
    /// Indices in a row.
    pub indices: usize,
    /// Floats in a row.
    pub numbers: usize,
}

impl ObservationLayout {
    /// The layout of the observations in `observation`; those named in `cell_observations` are grids
    /// of cells.
    ///
    /// # Errors
    /// Environments with several agents or with actions that are not one whole number, observations
    /// that cannot be indexed, and environments without any observation.
    pub fn new(
        spec: &EnvSpec,
        observation: &Observation,
        cell_observations: &[String],
    ) -> Result<Self, Error> {
        let unsupported = |reason: String| Error::Unsupported { id: spec.id.clone(), reason };
        if spec.num_agents != 1 {
            return Err(unsupported(format!("it has {} agents; this learner trains one", spec.num_agents)));
        }
        let Space::Discrete { n: actions, start: first_action } = spec.action_space else {
            return Err(unsupported(format!(
                "its actions are {:?}; this learner needs Discrete",
                spec.action_space
            )));
        };
        let mut layout = Self {
            inputs: Vec::new(),
            masked: false,
            actions: actions as usize,
            first_action,
            indices: 0,
            numbers: 0,
        };
        for field in &observation.fields {
            let (name, space) = (&field.spec.name, &field.spec.space);
            if name == ACTION_MASK {
                if space.flat_len() != layout.actions {
                    return Err(unsupported(format!(
                        "'{name}' has {} values for {actions} actions",
                        space.flat_len()
                    )));
                }
                layout.masked = true;
            } else {
                let is_cells = cell_observations.contains(name);
                let input = layout
                    .input(space, is_cells)
                    .map_err(|reason| unsupported(format!("'{name}': {reason}")))?;
                layout.inputs.push((name.clone(), input));
            }
        }
        if layout.inputs.is_empty() {
            return Err(unsupported(String::from(
                "no observation is selected; set environment.observations",
            )));
        }
        Ok(layout)
    }

    fn input(&mut self, space: &Space, is_cells: bool) -> Result<Input, String> {
        let at = self.indices;
        let limit = usize::from(u16::MAX) + 1;
        let input = match space {
            Space::Box { shape, .. } if is_cells => {
                if shape.last() != Some(&3) || space.element() != pentathlon_gym::ElementType::U8 {
                    return Err(format!(
                        "cells are triples of bytes, and this is {:?} of shape {shape:?}",
                        space.element()
                    ));
                }
                Input::Cells { at, cells: space.flat_len() / 3 }
            }
            Space::Discrete { n, start } => Input::Category { at, start: *start, n: vec![*n as usize] },
            Space::MultiDiscrete { n } => {
                Input::Category { at, start: 0, n: n.iter().map(|&n| n as usize).collect() }
            }
            Space::Text { max_words, vocabulary } => {
                Input::Words { at, words: *max_words, vocabulary: vocabulary.len() + 1 }
            }
            Space::Box { .. } | Space::Dict(_) => {
                let scale =
                    if space.element() == pentathlon_gym::ElementType::U8 { 1.0 / 255.0 } else { 1.0 };
                Input::Numbers { at: self.numbers, len: space.flat_len(), scale }
            }
        };
        match &input {
            Input::Cells { cells, .. } => self.indices += cells,
            Input::Category { n, .. } => {
                if n.iter().any(|&n| n > limit) {
                    return Err(format!("more than {limit} values"));
                }
                self.indices += n.len();
            }
            Input::Words { words, vocabulary, .. } => {
                if *vocabulary > limit {
                    return Err(format!("more than {} words", limit - 1));
                }
                self.indices += words;
            }
            Input::Numbers { len, .. } => self.numbers += len,
        }
        Ok(input)
    }
}

/// Observations as compact rows. Rows are appended, read by number, and cleared; memory is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EncodedRows {
    /// Number of rows.
    pub rows: usize,
    /// `[rows, layout.indices]`.
    pub indices: Vec<u16>,
    /// `[rows, layout.numbers]`.
    pub numbers: Vec<f32>,
    /// `[rows, layout.actions]`, 1 where an action is allowed; empty without a mask.
    pub mask: Vec<u8>,
}

impl EncodedRows {
    /// Removes all rows.
    pub fn clear(&mut self) {
        self.rows = 0;
        self.indices.clear();
        self.numbers.clear();
        self.mask.clear();
    }

    /// Appends the rows of the environments `envs` of `observation`.
    pub fn push(
        &mut self,
        layout: &ObservationLayout,
        observation: &Observation,
        envs: impl Iterator<Item = usize>,
    ) {
        let arrays: Vec<&Array> = layout.inputs.iter().map(|(name, _)| &observation[name.as_str()]).collect();
        for env in envs {
            for ((_, input), array) in layout.inputs.iter().zip(&arrays) {
                self.push_input(input, array, env);
            }
            if layout.masked {
                let allowed = env * layout.actions..(env + 1) * layout.actions;
                let mask = &observation[ACTION_MASK];
                self.mask.extend(allowed.map(|i| u8::from(number(mask, i) != 0.0)));
            }
            self.rows += 1;
        }
    }

    fn push_input(&mut self, input: &Input, array: &Array, env: usize) {
        match input {
            Input::Cells { cells, .. } => {
                let bytes = array.as_u8().expect("the layout takes cells from bytes only");
                let triples = bytes[env * cells * 3..(env + 1) * cells * 3].chunks_exact(3);
                self.indices.extend(triples.map(|cell| cell_kind(cell[0], cell[1], cell[2])));
            }
            Input::Category { start, n, .. } => {
                let values = n.iter().enumerate();
                self.indices.extend(values.map(|(i, &count)| index(array, env * n.len() + i, *start, count)));
            }
            Input::Words { words, vocabulary, .. } => {
                self.indices
                    .extend((env * words..(env + 1) * words).map(|i| index(array, i, 0, *vocabulary)));
            }
            Input::Numbers { len, scale, .. } => {
                self.numbers.extend((env * len..(env + 1) * len).map(|i| number(array, i) * scale));
            }
        }
    }

    /// Appends copies of the `rows` of `source`.
    pub fn gather(&mut self, layout: &ObservationLayout, source: &Self, rows: &[u32]) {
        for &row in rows {
            let row = row as usize;
            self.indices.extend_from_slice(&source.indices[row * layout.indices..(row + 1) * layout.indices]);
            self.numbers.extend_from_slice(&source.numbers[row * layout.numbers..(row + 1) * layout.numbers]);
            if layout.masked {
                self.mask.extend_from_slice(&source.mask[row * layout.actions..(row + 1) * layout.actions]);
            }
        }
        self.rows += rows.len();
    }
}

/// Element `i` as an index below `n`, counted from `start`; values out of range count as the nearest one.
fn index(array: &Array, i: usize, start: i32, n: usize) -> u16 {
    let value = match array {
        Array::U8(v) => i64::from(v[i]),
        Array::I32(v) => i64::from(v[i]),
        Array::F32(v) => v[i] as i64,
    };
    (value - i64::from(start)).clamp(0, n as i64 - 1) as u16
}

fn number(array: &Array, i: usize) -> f32 {
    match array {
        Array::U8(v) => v[i].into(),
        Array::I32(v) => v[i] as f32,
        Array::F32(v) => v[i],
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::{Group, ObservationField, ObservationSpec};

    use super::*;

    fn field(name: &str, space: Space, array: Array) -> ObservationField {
        let spec =
            ObservationSpec { name: name.into(), group: Group::Policy, space, description: String::new() };
        ObservationField { spec, array }
    }

    fn spec(action_space: Space, num_agents: usize) -> EnvSpec {
        EnvSpec {
            id: "Toy-v0".into(),
            discipline: "toy".into(),
            description: String::new(),
            mission: String::new(),
            num_agents,
            action_space,
            action_names: Vec::new(),
            observations: Vec::new(),
            default_observations: Vec::new(),
            max_episode_steps: 1,
            reward_range: (0.0, 1.0),
            subgoals: Vec::new(),
            context: Vec::new(),
            options: Vec::new(),
            wgpu: false,
        }
    }

    /// Two environments with one observation of every kind.
    fn observation() -> Observation {
        let vocabulary = ["go", "left"].map(String::from).to_vec();
        let numbers =
            Space::Box { low: -1.0, high: 1.0, shape: vec![2], element: pentathlon_gym::ElementType::F32 };
        Observation {
            fields: vec![
                field(
                    "image",
                    Space::bytes(0, 255, [2, 1, 3]),
                    Array::U8(vec![0, 0, 0, 2, 5, 0, 4, 1, 2, 10, 0, 3]),
                ),
                field("direction", Space::Discrete { n: 4, start: 1 }, Array::I32(vec![1, 4])),
                field(
                    "mission",
                    Space::Text { max_words: 3, vocabulary },
                    Array::I32(vec![1, 2, 0, 2, 0, 0]),
                ),
                field("speed", numbers, Array::F32(vec![0.5, -0.5, 0.25, 0.75])),
                field("picture", Space::bytes(0, 255, [1]), Array::U8(vec![255, 0])),
                field(ACTION_MASK, Space::bytes(0, 1, [3]), Array::U8(vec![1, 0, 1, 0, 0, 1])),
            ],
        }
    }

    fn layout() -> ObservationLayout {
        ObservationLayout::new(&spec(Space::discrete(3), 1), &observation(), &["image".into()]).unwrap()
    }

    #[test]
    fn every_kind_of_observation_has_its_place_in_a_row() {
        let layout = layout();
        assert_eq!((layout.indices, layout.numbers, layout.actions, layout.masked), (2 + 1 + 3, 3, 3, true));
        let mut rows = EncodedRows::default();
        rows.push(&layout, &observation(), 0..2);
        // A cell is (type * 6 + colour) * 4 + state.
        assert_eq!(rows.indices, [0, 68, 0, 1, 2, 0, 102, 243, 3, 2, 0, 0]);
        assert_eq!(rows.numbers, [0.5, -0.5, 1.0, 0.25, 0.75, 0.0]);
        assert_eq!(rows.mask, [1, 0, 1, 0, 0, 1]);
        let mut picked = EncodedRows::default();
        picked.gather(&layout, &rows, &[1, 1]);
        assert_eq!(
            (picked.rows, &picked.indices[..6], &picked.mask[3..]),
            (2, &rows.indices[6..], &[0, 0, 1][..])
        );
        picked.clear();
        assert_eq!(picked, EncodedRows::default());
    }

    #[test]
    fn values_out_of_range_do_not_point_outside_a_table() {
        let layout = layout();
        let mut wild = observation();
        wild.fields[0].array = Array::U8(vec![255; 12]);
        wild.fields[1].array = Array::I32(vec![i32::MIN, i32::MAX]);
        wild.fields[2].array = Array::I32(vec![-7; 6]);
        let mut rows = EncodedRows::default();
        rows.push(&layout, &wild, 0..2);
        let largest = crate::networks::CELL_KINDS as u16 - 1;
        assert_eq!(rows.indices, [largest, largest, 0, 0, 0, 0, largest, largest, 3, 0, 0, 0]);
    }

    #[test]
    fn environments_that_do_not_fit_are_refused_with_a_reason() {
        let refuse = |spec: EnvSpec, observation: Observation| {
            ObservationLayout::new(&spec, &observation, &["direction".into()]).unwrap_err().to_string()
        };
        assert!(refuse(spec(Space::discrete(3), 2), observation()).contains("2 agents"));
        assert!(refuse(spec(Space::bytes(0, 1, [2]), 1), observation()).contains("Discrete"));
        assert!(refuse(spec(Space::discrete(4), 1), observation()).contains("4 actions"));
        assert!(refuse(spec(Space::discrete(3), 1), Observation::default()).contains("no observation"));
        let cells =
            Observation { fields: vec![field("direction", Space::bytes(0, 1, [4]), Array::U8(vec![0; 8]))] };
        assert!(refuse(spec(Space::discrete(3), 1), cells).contains("triples"));
    }
}
