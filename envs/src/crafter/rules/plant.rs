//! Plants ripen, and are eaten by creatures that come beside them.

/// The update of a plant.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::objects::rules::*;
    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Health of a new plant.
    pub const PLANT_HEALTH: u32 = 1u32;
    /// A plant is ripe when it is older than this, in steps.
    pub const PLANT_RIPE: u32 = 300u32;

    /// Whether a zombie, a skeleton or a cow stands on tile `(x, y)`.
    pub fn is_grazed_from<W: World>(world: ptr!(function, W), x: i32, y: i32) -> bool {
        let kind = kind_of(tile_at::<W>(world, x, y));
        kind == ZOMBIE || kind == SKELETON || kind == COW
    }

    /// Lets the plant at `place` age, and removes it when it has been eaten.
    pub fn update_plant<W: World>(world: ptr!(function, W), place: u32, plant: Object) {
        let age = W::word(world, place + 1u32);
        W::set_word(world, place + 1u32, age + 1u32);
        let mut grown = plant;
        let mut grazed = is_grazed_from::<W>(world, plant.x - 1i32, plant.y);
        grazed = grazed || is_grazed_from::<W>(world, plant.x + 1i32, plant.y);
        grazed = grazed || is_grazed_from::<W>(world, plant.x, plant.y - 1i32);
        grazed = grazed || is_grazed_from::<W>(world, plant.x, plant.y + 1i32);
        if grazed {
            grown.health -= min(grown.health, 1u32);
            W::set_word(world, place, object_word(grown));
        }
        if grown.health == 0u32 {
            remove_object::<W>(world, place, grown);
        }
    }
}
