//! Cows wander: every other step, in a random direction.

/// The update of a cow.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::draws::rules::*;
    use super::super::objects::rules::*;
    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Health of a new cow.
    pub const COW_HEALTH: u32 = 3u32;

    /// Moves the cow at `place`, or removes it when it was killed.
    pub fn update_cow<D: Draws, W: World>(
        draws: ptr!(function, D),
        world: ptr!(function, W),
        place: u32,
        cow: Object,
    ) {
        #![inline(always)]
        let removed = cow.health == 0u32;
        if removed {
            remove_object::<W>(world, place, cow);
        }
        if D::chance(draws, 50u32) {
            let direction = D::below(draws, 4u32);
            let dx = direction_x(direction);
            let dy = direction_y(direction);
            let _moved = wander::<W>(world, place, cow, removed, dx, dy);
        }
    }
}
