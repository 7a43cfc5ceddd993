//! The forms of observation: their names, spaces and descriptions.

use std::ops::Range;

use pentathlon_engine::Instance;
use pentathlon_gym::{ElementType, Group, ObservationSpec, Space};

use super::{
    classic::{CLASSIC_LENGTH, write_classic},
    image::ImagePainter,
    semantic::write_semantic,
    symbolic::{SYMBOLIC_LENGTH, write_symbolic},
    text::{MOST_WORDS, vocabulary, write_text},
};
use crate::crafter::{
    components::records::{Clock, MESSAGE_TOKENS, NUM_ACHIEVEMENTS, WORLD_SIZE},
    layout::Layout,
    rules::{
        sight::rules::{PLAYER_NUMBERS, player_number},
        world::ReadOnly,
    },
};

/// A form of observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The local view and what the player has, as small numbers.
    Symbolic,
    /// The original's picture.
    Image,
    /// The local view in the layout of Craftax-Classic.
    Classic,
    /// The local view and what the player has, in words.
    Text,
    /// The whole map.
    Semantic,
    /// How often each achievement was achieved.
    Achievements,
    /// Everything about the player.
    Player,
    /// Everything about all players.
    Team,
    /// What the players have told each other.
    Messages,
    /// Whether the player lives and takes part.
    Alive,
}

/// The least number of a player: twice the progress of recovery.
const LEAST_RECOVERY: f32 = -30.0;
/// Counts and steps have no bound but that of their type; the largest below it that single precision has.
const MOST: f32 = 2_147_483_520.0;

impl Form {
    /// All forms, in the order of the specification.
    pub const ALL: [Self; 10] = [
        Self::Symbolic,
        Self::Image,
        Self::Classic,
        Self::Text,
        Self::Semantic,
        Self::Achievements,
        Self::Player,
        Self::Team,
        Self::Messages,
        Self::Alive,
    ];

    /// The name by which it is selected.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Symbolic => "symbolic",
            Self::Image => "image",
            Self::Classic => "classic",
            Self::Text => "text",
            Self::Semantic => "semantic",
            Self::Achievements => "achievements",
            Self::Player => "player",
            Self::Team => "team",
            Self::Messages => "messages",
            Self::Alive => "alive",
        }
    }

    /// Name, space and meaning, for images with sides of `image_size` pixels and `agents` players whose messages
    /// are of `vocabulary` different tokens.
    pub fn spec(&self, image_size: usize, agents: usize, vocabulary_size: u32) -> ObservationSpec {
        let side = WORLD_SIZE as usize;
        let whole = |low: f32, high: f32, shape: &[usize]| Space::Box {
            low,
            high,
            shape: shape.to_vec(),
            element: ElementType::I32,
        };
        let (group, space, description) = match self {
            Self::Symbolic => (
                Group::Policy,
                Space::bytes(0, 255, [SYMBOLIC_LENGTH]),
                "The 9 by 7 tiles around the player, column by column: 63 materials (0 outside the world, then \
                 water, grass, stone, path, sand, tree, lava, coal, iron, diamond, table, furnace), 63 objects \
                 (0 none, player, cow, zombie, skeleton, arrow to the left, right, up, down, plant, ripe \
                 plant); then the 16 items, the direction (left, right, up, down), whether the player sleeps, \
                 and the daylight times 255.",
            ),
            Self::Image => (
                Group::Policy,
                Space::bytes(0, 255, [image_size, image_size, 3]),
                "The original's picture, [row, column, channel]: the 9 by 7 tiles around the player as light and \
                 sleep let it see them, and below them what it has.",
            ),
            Self::Classic => (
                Group::Policy,
                Space::Box { low: 0.0, high: 99.9, shape: vec![CLASSIC_LENGTH], element: ElementType::F32 },
                "The local view in the layout of Craftax-Classic: 7 rows of 9 tiles of 21 channels (17 blocks, \
                 zombie, cow, skeleton, arrow), 12 items and 4 vital items divided by 10, the direction one-hot, \
                 the daylight, whether the player sleeps.",
            ),
            Self::Text => (
                Group::Text,
                Space::Text { max_words: MOST_WORDS, vocabulary: vocabulary() },
                "In words: what the player faces; of everything in sight the nearest and how far it is; what the \
                 player has; what it has achieved; whether it sleeps and whether it is dark.",
            ),
            Self::Semantic => (
                Group::State,
                Space::bytes(0, 18, [side, side]),
                "The whole map as the original's info has it, [column, row]: materials, and on top of them \
                 objects (13 player, 14 cow, 15 zombie, 16 skeleton, 17 arrow, 18 plant).",
            ),
            Self::Achievements => (
                Group::Privileged,
                whole(0.0, MOST, &[NUM_ACHIEVEMENTS as usize]),
                "How often the player has achieved each achievement in this episode, in the order of the \
                 subgoals.",
            ),
            Self::Player => (
                Group::Privileged,
                whole(LEAST_RECOVERY, MOST, &[PLAYER_NUMBERS as usize]),
                "Column, row, direction, whether the player sleeps, twice its hunger, twice its thirst, its \
                 fatigue, twice its recovery, whether it lives, the step; then the 16 items.",
            ),
            Self::Team => (
                Group::State,
                whole(LEAST_RECOVERY, MOST, &[agents, PLAYER_NUMBERS as usize]),
                "Of every player what the observation player tells.",
            ),
            Self::Messages => (
                Group::Policy,
                whole(0.0, (vocabulary_size - 1) as f32, &[agents, MESSAGE_TOKENS as usize]),
                "The tokens that every player sent in the step before, 0 where messages are shorter and of those who \
                 are out.",
            ),
            Self::Alive => (
                Group::State,
                Space::bytes(0, 1, [1]),
                "1 while the player lives and takes part, else 0: the mask of a team. The dead see on from where they \
                 fell, and those who do not take part the corner of the world.",
            ),
        };
        ObservationSpec { name: self.name().into(), group, space, description: description.into() }
    }

    /// Writes the rows of all agents. Images need the painter.
    #[inline]
    pub(crate) fn write(
        &self,
        layout: &Layout,
        painter: Option<&ImagePainter>,
        instance: &Instance<'_, Clock>,
        rows: &mut [u8],
    ) {
        let width = rows.len() / layout.agents as usize;
        for (index, row) in rows.chunks_exact_mut(width).enumerate() {
            match self {
                Self::Symbolic => write_symbolic(layout, instance, index, row),
                Self::Image => {
                    if let Some(painter) = painter {
                        painter.paint(layout, instance, index, row);
                    }
                }
                Self::Classic => write_classic(layout, instance, index, bytemuck::cast_slice_mut(row)),
                Self::Text => write_text(layout, instance, index, bytemuck::cast_slice_mut(row)),
                Self::Semantic => write_semantic(instance.items, row),
                Self::Achievements => {
                    let player = &layout.players(instance.items)[index];
                    bytemuck::cast_slice_mut::<u8, u32>(row).copy_from_slice(&player.achieved);
                }
                Self::Player => {
                    write_players(layout, instance, index..index + 1, bytemuck::cast_slice_mut(row))
                }
                Self::Team => {
                    write_players(layout, instance, 0..layout.agents as usize, bytemuck::cast_slice_mut(row));
                }
                Self::Alive => row[0] = layout.players(instance.items)[index].alive as u8,
                Self::Messages => {
                    let tokens =
                        bytemuck::cast_slice_mut::<u8, u32>(row).chunks_exact_mut(MESSAGE_TOKENS as usize);
                    for (tokens, player) in tokens.zip(layout.players(instance.items)) {
                        tokens.copy_from_slice(&player.message);
                    }
                }
            }
        }
    }
}

/// Writes the numbers of some players.
fn write_players(layout: &Layout, instance: &Instance<'_, Clock>, players: Range<usize>, row: &mut [i32]) {
    let step = instance.state.step;
    let rows = row.chunks_exact_mut(PLAYER_NUMBERS as usize);
    for (row, player) in rows.zip(layout.players(instance.items)[players].chunks(1)) {
        let words = &mut ReadOnly(bytemuck::cast_slice(player));
        for (number, cell) in (0..).zip(row) {
            *cell = player_number::<ReadOnly<'_>>(words, 0, number, step) as i32;
        }
    }
}
