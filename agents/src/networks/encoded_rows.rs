//! Observations as compact rows.
//!
//! A row keeps whole numbers as 16-bit indices and measurements as floats, so that a rollout of a
//! million frames fits in memory and a minibatch is gathered by copying rows.

use pentathlon_gym::{Array, Observation};

use super::cells::cell_kind;
use super::layout::{ACTION_MASK, Input, ObservationLayout, Perspective};

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
    /// What a critic of its own sees of the same rows; none where the policy's features serve it.
    pub critic: Option<Box<Self>>,
}

impl EncodedRows {
    /// Removes all rows.
    pub fn clear(&mut self) {
        self.rows = 0;
        self.indices.clear();
        self.numbers.clear();
        self.mask.clear();
        if let Some(critic) = &mut self.critic {
            critic.clear();
        }
    }

    /// Appends the rows with these numbers of `observation`, `env * agents + agent` each.
    pub fn push(
        &mut self,
        layout: &ObservationLayout,
        observation: &Observation,
        rows: impl Iterator<Item = usize>,
    ) {
        self.push_pursuing(layout, observation, rows, &[]);
    }

    /// [`EncodedRows::push`] of a layout [with subgoals](ObservationLayout::with_subgoals): row `i` pursues
    /// `subgoals[i]`, and what is below 0 counts as 0.
    ///
    /// # Panics
    /// When the layout has subgoals and none is given for a row.
    pub fn push_pursuing(
        &mut self,
        layout: &ObservationLayout,
        observation: &Observation,
        rows: impl Iterator<Item = usize>,
        subgoals: &[i32],
    ) {
        // The agent's number and what it pursues are in no array.
        static NOTHING: Array = Array::U8(Vec::new());
        let source = |name: &str| {
            let field = observation.fields.iter().find(|field| field.spec.name == name);
            field.map_or((&NOTHING, 0), |field| (&field.array, field.spec.space.flat_len()))
        };
        let arrays: Vec<(&Array, usize)> = layout.inputs.iter().map(|(name, _)| source(name)).collect();
        let mut critic = layout.critic.as_ref().map(|layout| (layout, Vec::new()));
        for row in rows {
            if let Some((_, rows)) = &mut critic {
                rows.push(row);
            }
            for (number, ((_, input), (array, width))) in layout.inputs.iter().zip(&arrays).enumerate() {
                // Whose observation it is.
                let place = match layout.perspective {
                    Perspective::Agent => row,
                    Perspective::Team { inputs } => row / layout.agents * layout.agents + number / inputs,
                };
                match input {
                    Input::Subgoal { .. } => self.indices.push(subgoals[row].max(0) as u16),
                    input => self.push_input(input, array, row % layout.agents, place * width),
                }
            }
            if layout.masked {
                let allowed = row * layout.actions..(row + 1) * layout.actions;
                let mask = &observation[ACTION_MASK];
                self.mask.extend(allowed.map(|i| u8::from(number(mask, i) != 0.0)));
            }
            self.rows += 1;
        }
        if let Some((layout, rows)) = critic {
            self.critic.get_or_insert_default().push(layout, observation, rows.into_iter());
        }
    }

    /// Appends what `input` takes from `array`, from `first` on, for agent `agent`.
    fn push_input(&mut self, input: &Input, array: &Array, agent: usize, first: usize) {
        match input {
            Input::Cells { cells, .. } => {
                let bytes = array.as_u8().expect("the layout takes cells from bytes only");
                let triples = bytes[first..first + cells * 3].chunks_exact(3);
                self.indices.extend(triples.map(|cell| cell_kind(cell[0], cell[1], cell[2])));
            }
            Input::Tiles { from, tiles, planes, .. } => {
                let kind = |tile: usize| {
                    let values = planes.iter().enumerate();
                    values.fold(0, |kind, (plane, &count)| {
                        let place = first + from + plane * tiles + tile;
                        kind * count as u16 + index(array, place, 0, count)
                    })
                };
                self.indices.extend((0..*tiles).map(kind));
            }
            Input::Agent { .. } => self.indices.push(agent as u16),
            // Written by `push_pursuing`.
            Input::Subgoal { .. } => {}
            Input::Category { from, start, n, .. } => {
                let values = n.iter().enumerate();
                self.indices.extend(values.map(|(i, &count)| index(array, first + from + i, *start, count)));
            }
            Input::Words { words, vocabulary, .. } => {
                self.indices.extend((first..first + words).map(|i| index(array, i, 0, *vocabulary)));
            }
            Input::Numbers { from, len, scale, .. } => {
                let first = first + from;
                self.numbers.extend((first..first + len).map(|i| number(array, i) * scale));
            }
        }
    }

    /// Appends copies of all rows of `source`.
    pub fn append(&mut self, source: &Self) {
        self.rows += source.rows;
        self.indices.extend_from_slice(&source.indices);
        self.numbers.extend_from_slice(&source.numbers);
        self.mask.extend_from_slice(&source.mask);
        if let Some(source) = &source.critic {
            self.critic.get_or_insert_default().append(source);
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
        if let (Some(layout), Some(source)) = (&layout.critic, &source.critic) {
            self.critic.get_or_insert_default().gather(layout, source, rows);
        }
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
