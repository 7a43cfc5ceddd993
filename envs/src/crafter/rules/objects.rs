//! The objects beside the players: slots in the order of creation, emptied when an object is removed and
//! closed up at the end of the step. The original never reuses a slot; only the order matters, so closing
//! up changes nothing.

/// Adding, finding, moving and removing objects.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::chunks::rules::*;
    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Place of the word of the object in `slot`; its timer is the next word.
    pub fn object_place<W: World>(world: ptr!(function, W), slot: u32) -> u32 {
        #![inline(always)]
        W::word(world, FIRST_OBJECT) + 2u32 * slot
    }

    /// Adds an object at its place, which must lie inside and be free of objects, unless all slots are
    /// taken. `timer` is a zombie's cooldown, a skeleton's reload, a plant's age.
    pub fn add_object<W: World>(world: ptr!(function, W), object: Object, timer: u32) -> bool {
        let slot = W::word(world, OBJECT_COUNT);
        if slot >= W::word(world, OBJECT_CAPACITY) {
            return false;
        }
        let place = object_place::<W>(world, slot);
        W::set_word(world, place, object_word(object));
        W::set_word(world, place + 1u32, timer);
        W::set_word(world, OBJECT_COUNT, slot + 1u32);
        enter::<W>(world, object.x, object.y, object.kind);
        true
    }

    /// Empties the slot at `place`, where `object` is.
    pub fn remove_object<W: World>(world: ptr!(function, W), place: u32, object: Object) {
        W::set_word(world, place, 0u32);
        let emptied = W::word(world, EMPTIED_SLOTS);
        W::set_word(world, EMPTIED_SLOTS, emptied + 1u32);
        leave::<W>(world, object.x, object.y, object.kind);
    }

    /// Moves the object at `place` to tile `(x, y)`, which must be free.
    pub fn relocate<W: World>(
        world: ptr!(function, W),
        place: u32,
        object: Object,
        x: i32,
        y: i32,
    ) -> Object {
        #![inline(always)]
        let mut moved = object;
        moved.x = x;
        moved.y = y;
        W::set_word(world, place, object_word(moved));
        leave::<W>(world, object.x, object.y, object.kind);
        enter::<W>(world, x, y, object.kind);
        moved
    }

    /// Moves the object at `place` by `(dx, dy)` where a creature can go. One that has just been
    /// `removed` stays nowhere.
    pub fn wander<W: World>(
        world: ptr!(function, W),
        place: u32,
        object: Object,
        removed: bool,
        dx: i32,
        dy: i32,
    ) -> Object {
        #![inline(always)]
        let x = object.x + dx;
        let y = object.y + dy;
        if !removed && is_free::<W>(world, x, y, WALKABLE) {
            return relocate::<W>(world, place, object, x, y);
        }
        object
    }

    /// Place of the object on tile `(x, y)` that is no player; 0 when there is none.
    pub fn find_object<W: World>(world: ptr!(function, W), x: i32, y: i32) -> u32 {
        let wanted = (u32(x) << 16u32) | (u32(y) << 24u32);
        let count = W::word(world, OBJECT_COUNT);
        #[wgsl_allow(non_literal_loop_bounds)]
        for slot in 0..count {
            let place = object_place::<W>(world, slot);
            let word = W::word(world, place);
            if (word & 0x3f3f0000u32) == wanted && (word & 15u32) != NOTHING {
                return place;
            }
        }
        0u32
    }

    /// First word of the living player on tile `(x, y)`; 0 when there is none.
    pub fn find_player<W: World>(world: ptr!(function, W), x: i32, y: i32) -> u32 {
        find_player_who::<W>(world, x, y, 1u32)
    }

    /// First word of the dead player who lies on tile `(x, y)`; 0 when there is none.
    pub fn find_fallen<W: World>(world: ptr!(function, W), x: i32, y: i32) -> u32 {
        find_player_who::<W>(world, x, y, 0u32)
    }

    /// First word of the player on tile `(x, y)` who lives or not as `alive` says; 0 when there is none.
    pub fn find_player_who<W: World>(world: ptr!(function, W), x: i32, y: i32, alive: u32) -> u32 {
        let players = W::word(world, PLAYER_COUNT);
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..players {
            let player = player_place(index);
            let is_here = player_x::<W>(world, player) == x && player_y::<W>(world, player) == y;
            if is_here && W::word(world, player + ALIVE) == alive {
                return player;
            }
        }
        0u32
    }

    /// Closes up the slots that have been emptied.
    pub fn close_up<W: World>(world: ptr!(function, W)) {
        if W::word(world, EMPTIED_SLOTS) == 0u32 {
            return;
        }
        let count = W::word(world, OBJECT_COUNT);
        let mut kept = 0u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for slot in 0..count {
            let source = object_place::<W>(world, slot);
            let word = W::word(world, source);
            if (word & 15u32) != NOTHING {
                let to = object_place::<W>(world, kept);
                let timer = W::word(world, source + 1u32);
                W::set_word(world, to, word);
                W::set_word(world, to + 1u32, timer);
                kept += 1u32;
            }
        }
        W::set_word(world, OBJECT_COUNT, kept);
        W::set_word(world, EMPTIED_SLOTS, 0u32);
    }
}
