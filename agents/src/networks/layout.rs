//! What a network sees of an environment: which observations there are, what they are made of, and where each part
//! stands in the compact rows of [`EncodedRows`](super::EncodedRows).

use pentathlon_gym::{EnvSpec, Group, Observation, ObservationField, Space};

use crate::Error;
use crate::config::{CriticKind, NetworkConfig, ObservationPart};

/// Name of the observation that says which actions are allowed: one number per action, 0 for no.
pub const ACTION_MASK: &str = "action_mask";

/// One part of what the network sees. `at` is where its first number stands in a row, `from` where it stands in
/// the observation of an agent.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A grid of (type, colour, state) cells, as indices of kinds of cells.
    Cells {
        /// Position in the indices of a row.
        at: usize,
        /// Number of cells.
        cells: usize,
    },
    /// A grid of tiles in planes: the whole numbers of all tiles in the first, then those in the second,
    /// and so on; as indices of kinds of tiles.
    Tiles {
        /// Position in the indices of a row.
        at: usize,
        /// Position in the observation.
        from: usize,
        /// Number of tiles.
        tiles: usize,
        /// Number of values in each plane, which start at 0.
        planes: Vec<usize>,
    },
    /// Which agent of the environment the row belongs to.
    Agent {
        /// Position in the indices of a row.
        at: usize,
        /// Number of agents.
        agents: usize,
    },
    /// What the agent pursues: a number that whoever acts for it says.
    Subgoal {
        /// Position in the indices of a row.
        at: usize,
        /// Number of values.
        subgoals: usize,
    },
    /// Whole numbers, `start <= value < start + n` each.
    Category {
        /// Position in the indices of a row.
        at: usize,
        /// Position in the observation.
        from: usize,
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
        /// Position in the observation.
        from: usize,
        /// How many.
        len: usize,
        /// What they are multiplied by: bytes by 1/255.
        scale: f32,
    },
}

/// Whose observations a row is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Perspective {
    /// Those of the agent itself.
    Agent,
    /// Those of all agents of its environment side by side: `inputs` of the layout's inputs for each of them.
    Team {
        /// Inputs of one agent.
        inputs: usize,
    },
}

/// The parts that a network sees, and the actions it chooses from. Every agent of every environment is a row of
/// its own: row `env * agents + agent`.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservationLayout {
    /// The inputs, each with the name of its observation.
    pub inputs: Vec<(String, Input)>,
    /// Whether there is an observation `action_mask`.
    pub masked: bool,
    /// Number of logits: of actions, those of all numbers that make up an action together.
    pub actions: usize,
    /// How many values each number of an action has; one number where actions are `Discrete`. The numbers are chosen
    /// independently of each other.
    pub choices: Vec<usize>,
    /// The action that index 0 stands for.
    pub first_action: i32,
    /// Agents of an environment.
    pub agents: usize,
    /// Indices in a row.
    pub indices: usize,
    /// Floats in a row.
    pub numbers: usize,
    /// Whose observations the inputs are.
    pub perspective: Perspective,
    /// What a critic of its own sees; none where the policy's features serve it.
    pub critic: Option<Box<Self>>,
}

impl ObservationLayout {
    /// The layout of the observations in `observation`, read as `network` says. Agents of a team also see which
    /// of them they are. With a central critic, observations of the group `state` are the critic's alone, and where
    /// there is none it sees what all agents see, side by side.
    ///
    /// # Errors
    /// Environments with actions that are not whole numbers, observations that cannot be indexed or are
    /// not made of the parts that `network` names, and environments without any observation.
    pub fn new(spec: &EnvSpec, observation: &Observation, network: &NetworkConfig) -> Result<Self, Error> {
        let unsupported = |reason: String| Error::Unsupported { id: spec.id.clone(), reason };
        let (choices, first_action) = match &spec.action_space {
            Space::Discrete { n, start } => (vec![*n as usize], *start),
            Space::MultiDiscrete { n } => (n.iter().map(|&n| n as usize).collect(), 0),
            other => {
                let reason = "this learner needs Discrete or MultiDiscrete";
                return Err(unsupported(format!("its actions are {other:?}; {reason}")));
            }
        };
        if let Some(name) = network.parts.keys().find(|name| observation.get(name).is_none()) {
            return Err(unsupported(format!(
                "network.parts names '{name}', which is not among environment.observations"
            )));
        }
        let is_central = network.critic == CriticKind::Central;
        let (mut seen, mut state) = (Vec::new(), Vec::new());
        for field in &observation.fields {
            if field.spec.name == ACTION_MASK {
                continue;
            }
            let fields = if is_central && field.spec.group == Group::State { &mut state } else { &mut seen };
            fields.push(field);
        }
        let mut layout = Self {
            inputs: Vec::new(),
            masked: false,
            actions: choices.iter().sum(),
            choices,
            first_action,
            agents: spec.num_agents,
            indices: 0,
            numbers: 0,
            perspective: Perspective::Agent,
            critic: None,
        };
        if is_central {
            let mut critic = Self { choices: Vec::new(), actions: 0, ..layout.clone() };
            if state.is_empty() {
                for _ in 0..critic.agents {
                    critic.add(&seen, network).map_err(unsupported)?;
                }
                critic.perspective =
                    Perspective::Team { inputs: (critic.inputs.len() / critic.agents).max(1) };
            } else {
                critic.add(&state, network).map_err(unsupported)?;
            }
            critic.add_agent();
            layout.critic = Some(Box::new(critic));
        }
        layout.add(&seen, network).map_err(unsupported)?;
        if layout.inputs.is_empty() {
            return Err(unsupported(String::from(
                "no observation is selected; set environment.observations",
            )));
        }
        layout.add_agent();
        if let Some(field) = observation.fields.iter().find(|field| field.spec.name == ACTION_MASK) {
            let values = field.spec.space.flat_len();
            if values != layout.actions {
                let actions = layout.actions;
                return Err(unsupported(format!(
                    "'{ACTION_MASK}' has {values} values for {actions} actions"
                )));
            }
            layout.masked = true;
        }
        Ok(layout)
    }

    /// The layout of a network that also sees what each agent pursues, one of `subgoals` numbers; rows are written by
    /// [`EncodedRows::push_pursuing`](super::EncodedRows::push_pursuing).
    pub fn with_subgoals(mut self, subgoals: usize) -> Self {
        self.inputs.push((String::new(), Input::Subgoal { at: self.indices, subgoals }));
        self.indices += 1;
        self
    }

    /// The layout of a network that sees the same and chooses one of `choices` things instead of an action. Rows have no
    /// mask yet.
    pub fn choosing(self, choices: usize) -> Self {
        Self { masked: false, actions: choices, choices: vec![choices], first_action: 0, ..self }
    }

    /// Appends the inputs that `fields` are.
    fn add(&mut self, fields: &[&ObservationField], network: &NetworkConfig) -> Result<(), String> {
        for field in fields {
            let (name, space) = (&field.spec.name, &field.spec.space);
            if let Some(parts) = network.parts.get(name) {
                let inputs = self
                    .parts(space, parts)
                    .map_err(|reason| format!("network.parts of '{name}': {reason}"))?;
                self.inputs.extend(inputs.into_iter().map(|input| (name.clone(), input)));
            } else {
                let is_cells = network.cell_observations.contains(name);
                let input = self.input(space, is_cells).map_err(|reason| format!("'{name}': {reason}"))?;
                self.inputs.push((name.clone(), input));
            }
        }
        Ok(())
    }

    /// Appends the number of the agent, where there are several.
    fn add_agent(&mut self) {
        if self.agents > 1 {
            let agent = Input::Agent { at: self.indices, agents: self.agents };
            self.indices += 1;
            self.inputs.push((String::new(), agent));
        }
    }

    /// The inputs that an observation is made of, `parts` one after the other.
    fn parts(&mut self, space: &Space, parts: &[ObservationPart]) -> Result<Vec<Input>, String> {
        let Space::Box { shape, .. } = space else {
            return Err(format!("only numbers of a Box are read in parts, and this is {space:?}"));
        };
        let mut from = 0;
        let mut inputs = Vec::with_capacity(parts.len());
        for part in parts {
            let at = self.indices;
            inputs.push(match part {
                ObservationPart::Tiles { tiles, planes } => {
                    self.indices += tiles;
                    Input::Tiles { at, from, tiles: *tiles, planes: planes.clone() }
                }
                ObservationPart::Category { category } => {
                    self.indices += 1;
                    Input::Category { at, from, start: 0, n: vec![*category] }
                }
                ObservationPart::Numbers { numbers, scale } => {
                    let at = self.numbers;
                    self.numbers += numbers;
                    Input::Numbers { at, from, len: *numbers, scale: *scale }
                }
            });
            from += part.len();
        }
        if from != space.flat_len() {
            return Err(format!("they have {from} numbers, and the observation of shape {shape:?} does not"));
        }
        Ok(inputs)
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
            Space::Discrete { n, start } => {
                Input::Category { at, from: 0, start: *start, n: vec![*n as usize] }
            }
            Space::MultiDiscrete { n } => {
                Input::Category { at, from: 0, start: 0, n: n.iter().map(|&n| n as usize).collect() }
            }
            Space::Text { max_words, vocabulary } => {
                Input::Words { at, words: *max_words, vocabulary: vocabulary.len() + 1 }
            }
            Space::Box { .. } | Space::Dict(_) => {
                let scale =
                    if space.element() == pentathlon_gym::ElementType::U8 { 1.0 / 255.0 } else { 1.0 };
                Input::Numbers { at: self.numbers, from: 0, len: space.flat_len(), scale }
            }
        };
        match &input {
            Input::Cells { cells, .. } => self.indices += cells,
            // These are made elsewhere, from parts, from the number of agents and by hierarchies.
            Input::Tiles { .. } | Input::Agent { .. } | Input::Subgoal { .. } => {}
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

#[cfg(test)]
mod tests {
    use pentathlon_gym::{Array, Group, ObservationField, ObservationSpec};

    use super::*;
    use crate::networks::EncodedRows;

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
            channels: Vec::new(),
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
        ObservationLayout::new(&spec(Space::discrete(3), 1), &observation(), &NetworkConfig::default())
            .unwrap()
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
        let network =
            NetworkConfig { cell_observations: vec!["direction".into()], ..NetworkConfig::default() };
        let refuse = |spec: EnvSpec, observation: Observation| {
            ObservationLayout::new(&spec, &observation, &network).unwrap_err().to_string()
        };
        assert!(refuse(spec(Space::bytes(0, 1, [2]), 1), observation()).contains("Discrete"));
        assert!(refuse(spec(Space::discrete(4), 1), observation()).contains("4 actions"));
        assert!(refuse(spec(Space::discrete(3), 1), Observation::default()).contains("no observation"));
        let cells =
            Observation { fields: vec![field("direction", Space::bytes(0, 1, [4]), Array::U8(vec![0; 8]))] };
        assert!(refuse(spec(Space::discrete(3), 1), cells).contains("triples"));
    }

    fn with_parts(parts: Vec<ObservationPart>) -> NetworkConfig {
        NetworkConfig { parts: [("view".to_owned(), parts)].into(), ..NetworkConfig::default() }
    }

    #[test]
    fn agents_of_a_team_are_rows_and_observations_are_read_in_parts() {
        // Two environments with two agents: two tiles in two planes, a direction, a measurement.
        let bytes = vec![1, 2, 0, 1, 3, 50, 0, 0, 1, 1, 0, 10, 2, 2, 0, 0, 1, 20, 9, 0, 9, 0, 9, 30];
        let view = field("view", Space::bytes(0, 255, [6]), Array::U8(bytes));
        let observation = Observation { fields: vec![view] };
        let parts = vec![
            ObservationPart::Tiles { tiles: 2, planes: vec![3, 2] },
            ObservationPart::Category { category: 4 },
            ObservationPart::Numbers { numbers: 1, scale: 0.1 },
        ];
        let space = Space::MultiDiscrete { n: vec![3, 2] };
        let network = with_parts(parts.clone());
        let layout = ObservationLayout::new(&spec(space.clone(), 2), &observation, &network).unwrap();
        assert_eq!((layout.actions, &layout.choices[..], layout.agents), (5, &[3, 2][..], 2));
        assert_eq!((layout.indices, layout.numbers), (2 + 1 + 1, 1));
        let mut rows = EncodedRows::default();
        rows.push(&layout, &observation, 0..4);
        // Tiles by first plane times 2 plus second; direction; agent. Wild values count as the largest.
        assert_eq!(rows.indices, [2, 5, 3, 0, 1, 1, 0, 1, 4, 4, 1, 0, 5, 0, 3, 1]);
        assert_eq!(rows.numbers, [5.0, 1.0, 2.0, 3.0]);

        let refuse = |network: &NetworkConfig| {
            let spec = spec(space.clone(), 2);
            ObservationLayout::new(&spec, &observation, network).unwrap_err().to_string()
        };
        assert!(refuse(&with_parts(parts[..2].to_vec())).contains("5 numbers"));
        let other = NetworkConfig { parts: [("smell".into(), parts)].into(), ..NetworkConfig::default() };
        assert!(refuse(&other).contains("'smell'"));
    }

    /// Two environments with two agents, each of which sees a number; the state is another one, the same for both.
    #[test]
    fn a_central_critic_sees_the_state_or_what_all_agents_see() {
        let network = NetworkConfig { critic: CriticKind::Central, ..NetworkConfig::default() };
        let number = |name: &str, group, values: Vec<f32>| {
            let element = pentathlon_gym::ElementType::F32;
            let space = Space::Box { low: -9.0, high: 9.0, shape: vec![1], element };
            let spec = ObservationSpec { name: name.into(), group, space, description: String::new() };
            ObservationField { spec, array: Array::F32(values) }
        };
        let own = number("own", Group::Policy, vec![1.0, 2.0, 3.0, 4.0]);
        let state = number("state", Group::State, vec![7.0, 7.0, 8.0, 8.0]);
        for (fields, expected) in [
            (vec![own.clone(), state], vec![7.0, 7.0, 8.0, 8.0]),
            (vec![own], vec![1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0]),
        ] {
            let observation = Observation { fields };
            let layout =
                ObservationLayout::new(&spec(Space::discrete(3), 2), &observation, &network).unwrap();
            let mut rows = EncodedRows::default();
            rows.push(&layout, &observation, 0..4);
            assert_eq!(
                (&rows.numbers[..], &rows.indices[..]),
                (&[1.0, 2.0, 3.0, 4.0][..], &[0, 1, 0, 1][..])
            );
            let critic = rows.critic.as_ref().unwrap();
            assert_eq!((&critic.numbers, &critic.indices[..]), (&expected, &[0, 1, 0, 1][..]));
            let mut picked = EncodedRows::default();
            picked.gather(&layout, &rows, &[3]);
            assert_eq!(picked.critic.unwrap().numbers, expected[expected.len() / 4 * 3..]);
        }
    }
}
