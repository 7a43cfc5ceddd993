//! Zombies go for the nearest player and strike when they are beside it, harder when it sleeps.

/// The update of a zombie.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::draws::rules::*;
    use super::super::objects::rules::*;
    use super::super::pursuit::rules::*;
    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Health of a new zombie.
    pub const ZOMBIE_HEALTH: u32 = 5u32;
    /// Distance up to which a zombie goes for a player.
    pub const ZOMBIE_SIGHT: i32 = 8i32;
    /// Damage of a strike.
    pub const ZOMBIE_DAMAGE: u32 = 2u32;
    /// Damage of a strike at a sleeper.
    pub const ZOMBIE_DAMAGE_ASLEEP: u32 = 7u32;
    /// Steps beside a player from one strike to the next.
    pub const ZOMBIE_COOLDOWN: u32 = 5u32;

    /// Where a zombie goes whose player is `(dx, dy)` away.
    pub fn zombie_step<D: Draws>(draws: ptr!(function, D), dx: i32, dy: i32, sees: bool) -> Vec2i {
        #![inline(always)]
        if sees {
            if D::chance(draws, 90u32) {
                let longer = D::chance(draws, 80u32);
                return toward(dx, dy, longer);
            }
        }
        let direction = D::below(draws, 4u32);
        vec2i(direction_x(direction), direction_y(direction))
    }

    /// Moves the zombie at `place` and lets it strike. One that was killed is removed, and may strike
    /// once more.
    pub fn update_zombie<D: Draws, W: World>(
        draws: ptr!(function, D),
        world: ptr!(function, W),
        place: u32,
        zombie: Object,
    ) {
        #![inline(always)]
        let removed = zombie.health == 0u32;
        if removed {
            remove_object::<W>(world, place, zombie);
        }
        let player = nearest_player::<W>(world, zombie.x, zombie.y);
        let px = player_x::<W>(world, player);
        let py = player_y::<W>(world, player);
        let sees = tiles_between(zombie.x, zombie.y, px, py) <= ZOMBIE_SIGHT;
        let ahead = zombie_step::<D>(draws, px - zombie.x, py - zombie.y, sees);
        let moved = wander::<W>(world, place, zombie, removed, ahead.x, ahead.y);
        if tiles_between(moved.x, moved.y, px, py) <= 1i32 {
            let cooldown = W::word(world, place + 1u32);
            if cooldown > 0u32 {
                W::set_word(world, place + 1u32, cooldown - 1u32);
            } else {
                let asleep = W::word(world, player + SLEEPING) == 1u32;
                hurt_player::<W>(world, player, select(ZOMBIE_DAMAGE, ZOMBIE_DAMAGE_ASLEEP, asleep));
                W::set_word(world, place + 1u32, ZOMBIE_COOLDOWN);
            }
        }
    }
}
