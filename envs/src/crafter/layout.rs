//! The array of words that one environment holds: which part lies where, how long it is, and the parts as
//! slices. The rules find the same parts by the numbers in the array's first words.

use super::{
    components::{
        Player,
        records::{
            FIRST_OBJECT, GOAL, GOAL_DETAIL, GOAL_OPEN, MAP_AT, OBJECT_CAPACITY, OBJECT_COUNT, Object,
            PLAYER_COUNT, PLAYER_WORDS, PLAYERS_AT, RULES, WORLD_SIZE, object_of,
        },
    },
    reference::mersenne_twister::STATE_WORDS,
};

/// Object slots of an environment with the fast generator. The population of a whole world is about a
/// hundred; what is beyond it are plants and arrows.
pub const FAST_CAPACITY: u32 = 384;

/// Object slots with the reference generator: one for every tile, so that they never run out.
pub const REFERENCE_CAPACITY: u32 = (WORLD_SIZE * WORLD_SIZE) as u32;

/// The most agents of an environment.
pub const MOST_AGENTS: u32 = 16;

/// How the words of an environment are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Players, 1 to [`MOST_AGENTS`].
    pub agents: u32,
    /// Object slots.
    pub capacity: u32,
    /// The `RULE_` bits in force.
    pub rules: u32,
    /// What a team is to achieve: a `GOAL_` number, and the step until which it is to survive or the achievement.
    pub goal: [u32; 2],
    /// Whether the original's generator is kept, with a second copy from before the last night image.
    pub is_reference: bool,
}

impl Layout {
    /// The layout for `agents` players under `rules`.
    pub fn new(agents: u32, rules: u32, is_reference: bool) -> Self {
        let capacity = if is_reference { REFERENCE_CAPACITY } else { FAST_CAPACITY };
        Self { agents, capacity, rules, goal: [GOAL_OPEN, 0], is_reference }
    }

    fn first_object(&self) -> usize {
        (PLAYERS_AT + self.agents * PLAYER_WORDS) as usize
    }

    fn generator_at(&self) -> usize {
        self.first_object() + 2 * self.capacity as usize
    }

    /// Words of an environment.
    pub fn words(&self) -> usize {
        self.generator_at() + if self.is_reference { 2 * STATE_WORDS } else { 0 }
    }

    /// Empties `items` and writes the numbers by which the rules find its parts.
    pub fn clear(&self, items: &mut [u32]) {
        items[..self.generator_at()].fill(0);
        items[PLAYER_COUNT as usize] = self.agents;
        items[OBJECT_CAPACITY as usize] = self.capacity;
        items[FIRST_OBJECT as usize] = self.first_object() as u32;
        items[RULES as usize] = self.rules;
        items[GOAL as usize] = self.goal[0];
        items[GOAL_DETAIL as usize] = self.goal[1];
    }

    /// The players, then those that do not take part in this episode.
    pub fn players<'a>(&self, items: &'a [u32]) -> &'a [Player] {
        bytemuck::cast_slice(&items[PLAYERS_AT as usize..self.first_object()])
    }

    /// The players, to change.
    pub fn players_mut<'a>(&self, items: &'a mut [u32]) -> &'a mut [Player] {
        bytemuck::cast_slice_mut(&mut items[PLAYERS_AT as usize..self.first_object()])
    }

    /// The objects beside the players, in the order of their creation, each with its timer: a zombie's
    /// cooldown, a skeleton's reload, a plant's age.
    pub fn objects<'a>(&self, items: &'a [u32]) -> impl Iterator<Item = (Object, u32)> + 'a {
        let slots = items[OBJECT_COUNT as usize].min(self.capacity) as usize;
        let pairs = items[self.first_object()..][..2 * slots].chunks_exact(2);
        pairs.map(|pair| (object_of(pair[0]), pair[1])).filter(|(object, _)| object.kind != 0)
    }

    /// The state of the original's generator; empty with the fast one.
    pub fn generator<'a>(&self, items: &'a [u32]) -> &'a [u32] {
        &items[self.generator_at()..][..if self.is_reference { STATE_WORDS } else { 0 }]
    }

    /// The rules' words and, of the reference, the generator's state and its state before the last night
    /// image.
    pub fn split<'a>(
        &self,
        items: &'a mut [u32],
    ) -> (&'a mut [u32], Option<[&'a mut [u32; STATE_WORDS]; 2]>) {
        let (world, generators) = items.split_at_mut(self.generator_at());
        let states = generators.split_at_mut_checked(STATE_WORDS).and_then(|(current, before)| {
            Some([current.try_into().ok()?, before.first_chunk_mut::<STATE_WORDS>()?])
        });
        (world, states)
    }

    /// The state of the original's generator from which the noise of the last image was drawn.
    pub fn noise_generator(&self, items: &[u32]) -> Option<[u32; STATE_WORDS]> {
        items[self.generator_at()..].get(STATE_WORDS..)?.first_chunk::<STATE_WORDS>().copied()
    }

    /// The byte of tile `(x, y)`: material, and kind of object times 16.
    ///
    /// # Panics
    /// When the tile lies outside the world.
    pub fn tile(items: &[u32], x: usize, y: usize) -> u8 {
        let index = x * WORLD_SIZE as usize + y;
        items[MAP_AT as usize + index / 4].to_le_bytes()[index % 4]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crafter::components::records::ORIGINAL_RULES;

    #[test]
    fn environments_are_small_without_the_exact_generator() {
        let bytes = |agents, is_reference| 4 * Layout::new(agents, ORIGINAL_RULES, is_reference).words();
        println!("{} {} {}", bytes(1, false), bytes(MOST_AGENTS, false), bytes(1, true));
        assert!(bytes(1, false) < 9 * 1024);
        assert!(bytes(MOST_AGENTS, false) < 32 * 1024);
    }
}
