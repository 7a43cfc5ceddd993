//! The forms of observation: their names, spaces and descriptions.

use pentathlon_engine::Instance;
use pentathlon_gym::{ElementType, Group, ObservationSpec, Space};

use super::{
    semantic::write_semantic,
    symbolic::{SYMBOLIC_LENGTH, write_symbolic},
};
use crate::crafter::{
    components::records::{Clock, NUM_ACHIEVEMENTS, WORLD_SIZE},
    layout::Layout,
};

/// A form of observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The local view and what the player has, as small numbers.
    Symbolic,
    /// The whole map.
    Semantic,
    /// How often each achievement was achieved.
    Achievements,
}

impl Form {
    /// All forms, in the order of the specification.
    pub const ALL: [Self; 3] = [Self::Symbolic, Self::Semantic, Self::Achievements];

    /// The name by which it is selected.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Symbolic => "symbolic",
            Self::Semantic => "semantic",
            Self::Achievements => "achievements",
        }
    }

    /// Name, space and meaning.
    pub fn spec(&self) -> ObservationSpec {
        let side = WORLD_SIZE as usize;
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
            Self::Semantic => (
                Group::State,
                Space::bytes(0, 18, [side, side]),
                "The whole map as the original's info has it, [column, row]: materials, and on top of them \
                 objects (13 player, 14 cow, 15 zombie, 16 skeleton, 17 arrow, 18 plant).",
            ),
            Self::Achievements => (
                Group::Privileged,
                Space::Box {
                    low: 0.0,
                    high: f32::MAX,
                    shape: vec![NUM_ACHIEVEMENTS as usize],
                    element: ElementType::I32,
                },
                "How often the player has achieved each achievement in this episode, in the order of the \
                 subgoals.",
            ),
        };
        ObservationSpec { name: self.name().into(), group, space, description: description.into() }
    }

    /// Writes the rows of all agents.
    #[inline]
    pub(crate) fn write(&self, layout: &Layout, instance: &Instance<'_, Clock>, rows: &mut [u8]) {
        let agents = layout.agents as usize;
        let width = rows.len() / agents;
        match self {
            Self::Symbolic => {
                for (index, row) in rows.chunks_exact_mut(width).enumerate() {
                    write_symbolic(layout, instance.items, instance.state.step, index, row);
                }
            }
            Self::Semantic => {
                for row in rows.chunks_exact_mut(width) {
                    write_semantic(instance.items, row);
                }
            }
            Self::Achievements => {
                for (player, row) in layout.players(instance.items).iter().zip(rows.chunks_exact_mut(width)) {
                    bytemuck::cast_slice_mut::<u8, u32>(row).copy_from_slice(&player.achieved);
                }
            }
        }
    }
}
