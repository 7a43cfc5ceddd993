//! Arrows fly straight until they hit something. What they hit loses health; tables and furnaces break.

/// The update of an arrow.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::chunks::rules::*;
    use super::super::objects::rules::*;
    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Damage of an arrow.
    pub const ARROW_DAMAGE: u32 = 2u32;

    /// Takes the arrow's damage from the object of `kind` on tile `(x, y)`.
    pub fn hit<W: World>(world: ptr!(function, W), x: i32, y: i32, kind: u32) {
        if kind == PLAYER {
            let player = find_player::<W>(world, x, y);
            if player != 0u32 {
                hurt_player::<W>(world, player, ARROW_DAMAGE);
            }
            return;
        }
        let place = find_object::<W>(world, x, y);
        if place != 0u32 {
            let mut struck = object_of(W::word(world, place));
            struck.health -= min(struck.health, ARROW_DAMAGE);
            W::set_word(world, place, object_word(struck));
        }
    }

    /// Moves the arrow at `place`, or lets it hit.
    pub fn update_arrow<W: World>(world: ptr!(function, W), place: u32, arrow: Object) {
        let x = arrow.x + direction_x(arrow.facing);
        let y = arrow.y + direction_y(arrow.facing);
        let tile = tile_at::<W>(world, x, y);
        if kind_of(tile) != NOTHING {
            hit::<W>(world, x, y, kind_of(tile));
            remove_object::<W>(world, place, arrow);
        } else if is_in(ARROW_WALKABLE, material_of(tile)) {
            let _moved = relocate::<W>(world, place, arrow, x, y);
        } else {
            remove_object::<W>(world, place, arrow);
            if material_of(tile) == TABLE || material_of(tile) == FURNACE {
                set_material::<W>(world, x, y, PATH);
            }
        }
    }
}
