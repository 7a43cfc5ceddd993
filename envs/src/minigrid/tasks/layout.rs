//! What a task family has to say about itself: how its levels are laid out, the mission, the options
//! of the layout and the text of its documentation page.

use pentathlon_engine::GenerationError;
use pentathlon_gym::{ContextParameter, seeding::Random};

use super::{page::Page, subgoals::Subgoal};
use crate::minigrid::{components::records::State, levels::Level};

/// Objects that a single room of 5x5 cells or more always has a place for, beside the agent.
pub(super) const MAX_OBJECTS: u32 = 8;

/// A task family with its parameters.
pub(super) trait Layout {
    /// The text of the documentation page.
    fn page(&self) -> Page;

    /// The events on the way of the task, in the order of a successful episode.
    fn subgoals(&self) -> &'static [Subgoal];

    /// The layout options, in the order of the context vector.
    fn options(&self) -> Vec<LayoutOption>;

    /// The mission of a generated level in words.
    fn mission(&self, _state: &State) -> String {
        self.page().mission.to_owned()
    }

    /// Generates a level with Farama's draws in Farama's order. With default `options` the level is
    /// Farama's own.
    ///
    /// # Errors
    /// When an object finds no place.
    fn generate<R: Random>(
        &self,
        random: &mut R,
        options: LayoutValues<'_>,
        level: &mut Level<'_>,
    ) -> Result<(), GenerationError>;
}

/// A whole number that changes the layout and can be set per environment at reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LayoutOption {
    /// Name of the context parameter.
    pub name: &'static str,
    /// Smallest allowed value.
    pub low: i32,
    /// Largest allowed value.
    pub high: i32,
    /// The value that the registered id stands for.
    pub default: i32,
    /// What it changes.
    pub description: &'static str,
}

impl LayoutOption {
    /// The side length of a square grid that was registered with `size` cells and can be as small as
    /// `low`.
    pub const fn size(low: i32, size: u32) -> Self {
        Self {
            name: "size",
            low,
            high: size as i32,
            default: size as i32,
            description: "Side length of the level in cells, walls included. A smaller level lies in \
                          the top-left corner; the rest of the grid is wall.",
        }
    }

    /// The number of objects in the level, from `low` to `high`.
    pub const fn objects(low: u32, high: u32, default: u32) -> Self {
        Self {
            name: "objects",
            low: low as i32,
            high: high as i32,
            default: default as i32,
            description: "Number of objects in the level.",
        }
    }

    /// The number of objects that the task is not about, none in Farama's levels.
    pub const fn distractors() -> Self {
        Self {
            name: "distractors",
            low: 0,
            high: 6,
            default: 0,
            description: "Number of further keys, balls and boxes in the rooms, no two objects of the \
                          same colour and type.",
        }
    }

    /// Something that a level has or has not.
    pub const fn flag(name: &'static str, default: bool, description: &'static str) -> Self {
        Self { name, low: 0, high: 1, default: default as i32, description }
    }

    /// The option as the environment's specification lists it.
    pub fn parameter(&self) -> ContextParameter {
        ContextParameter {
            name: self.name.to_owned(),
            low: self.low as f32,
            high: self.high as f32,
            default: self.default as f32,
            integer: true,
            description: self.description.to_owned(),
        }
    }
}

/// The values of a level's options, read in the order of [`Layout::options`].
#[derive(Clone, Copy, Debug)]
pub(super) struct LayoutValues<'a> {
    remaining: &'a [f32],
}

impl<'a> LayoutValues<'a> {
    /// The options of one environment; missing ones have their defaults.
    pub fn new(context: &'a [f32]) -> Self {
        Self { remaining: context }
    }

    /// The value of the next option, rounded and brought into its range.
    pub fn next(&mut self, option: LayoutOption) -> i32 {
        let Some((&value, remaining)) = self.remaining.split_first() else {
            return option.default;
        };
        self.remaining = remaining;
        if value.is_nan() {
            return option.default;
        }
        (value.round() as i32).clamp(option.low, option.high)
    }
}
