//! The list of observation forms: name, group, space and meaning of each.

use pentathlon_gym::{ElementType, Group, ObservationSpec, Space};

use super::mission::{CHARACTERS, MAX_CHARACTERS, MAX_WORDS, VOCABULARY};
use crate::minigrid::{
    babyai::{
        language::{self, MAX_TOKENS},
        record::MAX_ACTIONS,
        system::FIELD_VALUES,
    },
    options::MiniGridOptions,
    rules::encoding::rules::ONE_HOT_BITS,
    tasks::{Family, Objective, Task},
};

/// A form of observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// The partial view, `[size][size][3]` bytes.
    Image,
    /// The agent's direction.
    Direction,
    /// The mission as word indices.
    Mission,
    /// The whole grid, `[width][height][3]` bytes.
    Full,
    /// The partial view, `[size][size][20]` bytes of 0 and 1.
    OneHot,
    /// The whole grid, `[width][height][3]` numbers.
    Symbolic,
    /// The partial view and the mission's characters in one vector of bytes.
    Flat,
    /// A picture of the whole grid, `[height * tile][width * tile][3]` bytes.
    Rgb,
    /// A picture of the partial view, `[size * tile][size * tile][3]` bytes.
    RgbPartial,
    /// Where the goal lies from the agent.
    GoalDirection,
    /// Which actions would make a difference.
    ActionMask,
    /// Column, row and direction of the agent.
    Position,
    /// The instruction as numbers.
    Instruction,
}

/// All forms, in the order in which they are listed.
const FORMS: [Form; 13] = [
    Form::Image,
    Form::Direction,
    Form::Mission,
    Form::Full,
    Form::OneHot,
    Form::Symbolic,
    Form::Flat,
    Form::Rgb,
    Form::RgbPartial,
    Form::GoalDirection,
    Form::ActionMask,
    Form::Position,
    Form::Instruction,
];

impl Form {
    /// The forms that `task` offers, in the order of its specification. Only tasks with a goal square
    /// have a direction to it, and only BabyAI's have an instruction.
    pub fn of_task(task: &Task) -> impl Iterator<Item = Self> {
        let has_goal = matches!(task.objective, Objective::Goal | Objective::DynamicObstacles)
            && !matches!(task.family, Family::Playground(_));
        let is_instructed = task.instruction_words > 0;
        FORMS.into_iter().filter(move |form| match form {
            Self::GoalDirection => has_goal,
            // Instructions are longer than the characters of Farama's wrapper.
            Self::Flat => !is_instructed,
            Self::Instruction => is_instructed,
            _ => true,
        })
    }

    /// Name by which the form is selected.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Direction => "direction",
            Self::Mission => "mission",
            Self::Full => "full",
            Self::OneHot => "one_hot",
            Self::Symbolic => "symbolic",
            Self::Flat => "flat",
            Self::Rgb => "rgb",
            Self::RgbPartial => "rgb_partial",
            Self::GoalDirection => "goal_direction",
            Self::ActionMask => "action_mask",
            Self::Position => "position",
            Self::Instruction => "instruction",
        }
    }

    /// What the form is for.
    const fn group(self) -> Group {
        match self {
            Self::Image
            | Self::Direction
            | Self::OneHot
            | Self::Flat
            | Self::RgbPartial
            | Self::ActionMask => Group::Policy,
            Self::Mission | Self::Instruction => Group::Text,
            Self::Full | Self::Symbolic | Self::Rgb => Group::State,
            Self::GoalDirection | Self::Position => Group::Privileged,
        }
    }

    /// Space of one environment's observation.
    fn space(self, task: &Task, options: &MiniGridOptions) -> Space {
        let view = options.view_size as usize;
        let (width, height) = (task.width as usize, task.height as usize);
        let tile = options.tile_size;
        match self {
            Self::Image => Space::bytes(0, 255, [view, view, 3]),
            Self::Direction => Space::discrete(4),
            Self::Mission if task.instruction_words > 0 => Space::Text {
                max_words: MAX_TOKENS,
                vocabulary: language::VOCABULARY.map(String::from).to_vec(),
            },
            Self::Mission => {
                Space::Text { max_words: MAX_WORDS, vocabulary: VOCABULARY.map(String::from).to_vec() }
            }
            Self::Full => Space::bytes(0, 255, [width, height, 3]),
            Self::OneHot => Space::bytes(0, 1, [view, view, ONE_HOT_BITS as usize]),
            Self::Symbolic => Space::Box {
                low: -1.0,
                high: width.max(height).max(11) as f32 - 1.0,
                shape: vec![width, height, 3],
                element: ElementType::I32,
            },
            Self::Flat => Space::bytes(0, 255, [view * view * 3 + MAX_CHARACTERS * CHARACTERS]),
            Self::Rgb => Space::bytes(0, 255, [height * tile, width * tile, 3]),
            Self::RgbPartial => Space::bytes(0, 255, [view * tile, view * tile, 3]),
            Self::GoalDirection => Space::Box {
                low: f32::NEG_INFINITY,
                high: f32::INFINITY,
                shape: vec![],
                element: ElementType::F32,
            },
            Self::ActionMask => Space::bytes(0, 1, [task.num_actions as usize]),
            Self::Position => Space::MultiDiscrete { n: vec![task.width, task.height, 4] },
            Self::Instruction => Space::MultiDiscrete { n: FIELD_VALUES.repeat(MAX_ACTIONS) },
        }
    }

    /// One sentence on what the form holds.
    const fn description(self) -> &'static str {
        match self {
            Self::Image => {
                "What the agent sees: type, colour and state of the cells in front of it, [column \
                 from its left][row from the farthest][3]; (0, 0, 0) where it sees nothing. Farama's \
                 dictionary entry `image`."
            }
            Self::Direction => {
                "Direction of the agent: 0 right, 1 down, 2 left, 3 up. Farama's dictionary entry \
                 `direction`."
            }
            Self::Mission => {
                "The mission as word indices from 1, commas being words, padded with 0. Farama's \
                 DictObservationSpaceWrapper."
            }
            Self::Full => {
                "Type, colour and state of every cell, [column][row][3]; the agent's is (10, 0, \
                 direction). Farama's FullyObsWrapper."
            }
            Self::OneHot => {
                "The image as bits, [column][row][20]: 11 types, 6 colours, 3 states. Farama's \
                 OneHotPartialObsWrapper."
            }
            Self::Symbolic => {
                "Column, row and type of every cell, [column][row][3]; type -1 where it is empty, 10 \
                 where the agent is. Farama's SymbolicObsWrapper."
            }
            Self::Flat => {
                "The image, then the first 96 characters of the mission, 28 bits each (letters, space, \
                 comma). Farama's FlatObsWrapper."
            }
            Self::Rgb => {
                "Picture of the whole grid, [pixel row][pixel column][3]; what the agent sees is \
                 highlighted. Farama's RGBImgObsWrapper."
            }
            Self::RgbPartial => {
                "Picture of what the agent sees, [pixel row][pixel column][3]. Farama's \
                 RGBImgPartialObsWrapper."
            }
            Self::GoalDirection => {
                "Where the goal lies from the agent, see the option goal_direction; 0 at the goal. \
                 Farama's DirectionObsWrapper."
            }
            Self::ActionMask => {
                "One byte an action: 1 where the action would change the agent or the cell in front of \
                 it, or end the episode."
            }
            Self::Position => "Column, row and direction of the agent.",
            Self::Instruction => {
                "The instruction as numbers, 8 for each of 4 actions in the order in which they are \
                 carried out: stage (0 first, 1 second; actions of one stage in any order), verb (0 no \
                 action, 1 go to, 2 open, 3 pick up, 4 put next to), then of the object and of what it is \
                 put next to: type (0 any, else as in the image), colour plus 1 (0 any), where it lay at \
                 the start (0 anywhere, 1 left, 2 right, 3 in front, 4 behind)."
            }
        }
    }

    /// The form as the specification of `task`, built with `options`, lists it.
    pub fn spec(self, task: &Task, options: &MiniGridOptions) -> ObservationSpec {
        ObservationSpec {
            name: self.name().into(),
            group: self.group(),
            space: self.space(task, options),
            description: self.description().into(),
        }
    }
}
