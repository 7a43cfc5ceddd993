//! What a player does in a step: it sleeps, moves, does something to what it faces, places or makes; then
//! its life statistics go on.

/// The update of a player.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::chunks::rules::*;
    use super::super::crafting::rules::*;
    use super::super::draws::rules::*;
    use super::super::interaction::rules::*;
    use super::super::placing::rules::*;
    use super::super::vitals::rules::*;
    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Action: nothing.
    pub const ACTION_NOOP: u32 = 0u32;
    /// Action: move left, the first of the four moves, which are in the order of the directions.
    pub const ACTION_MOVE_LEFT: u32 = 1u32;
    /// Action: move down, the last of them.
    pub const ACTION_MOVE_DOWN: u32 = 4u32;
    /// Action: do something to what the player faces.
    pub const ACTION_DO: u32 = 5u32;
    /// Action: sleep.
    pub const ACTION_SLEEP: u32 = 6u32;

    /// Turns the player, and moves it if it can go there. In lava it dies.
    pub fn walk<W: World>(world: ptr!(function, W), player: u32, direction: u32) {
        let x = player_x::<W>(world, player);
        let y = player_y::<W>(world, player);
        let to_x = x + direction_x(direction);
        let to_y = y + direction_y(direction);
        W::set_word(world, player + FACING, direction);
        if is_free::<W>(world, to_x, to_y, PLAYER_WALKABLE) {
            leave::<W>(world, x, y, PLAYER);
            enter::<W>(world, to_x, to_y, PLAYER);
            W::set_word(world, player + PLAYER_X, u32(to_x));
            W::set_word(world, player + PLAYER_Y, u32(to_y));
        }
        let new_x = player_x::<W>(world, player);
        let new_y = player_y::<W>(world, player);
        if material_of(tile_at::<W>(world, new_x, new_y)) == LAVA {
            set_item::<W>(world, player, HEALTH, 0u32);
        }
    }

    /// The action that a sleeper carries out instead of `action`: it sleeps on until it is rested.
    pub fn sleep_on<W: World>(world: ptr!(function, W), player: u32, action: u32) -> u32 {
        if W::word(world, player + SLEEPING) == 0u32 {
            return action;
        }
        if item_count::<W>(world, player, ENERGY) < VITAL_LIMIT {
            return ACTION_SLEEP;
        }
        W::set_word(world, player + SLEEPING, 0u32);
        achieve::<W>(world, player, WAKE_UP);
        action
    }

    /// The player carries out `asked`, or sleeps on.
    pub fn act<D: Draws, W: World>(
        draws: ptr!(function, D),
        world: ptr!(function, W),
        player: u32,
        asked: u32,
    ) {
        let facing = W::word(world, player + FACING);
        let x = player_x::<W>(world, player) + direction_x(facing);
        let y = player_y::<W>(world, player) + direction_y(facing);
        let action = sleep_on::<W>(world, player, asked);
        if action >= ACTION_MOVE_LEFT && action <= ACTION_MOVE_DOWN {
            walk::<W>(world, player, action - ACTION_MOVE_LEFT);
        } else if action == ACTION_DO {
            interact::<D, W>(draws, world, player, x, y);
        } else if action == ACTION_SLEEP {
            if item_count::<W>(world, player, ENERGY) < VITAL_LIMIT {
                W::set_word(world, player + SLEEPING, 1u32);
            }
        } else if action >= ACTION_PLACE_STONE && action <= ACTION_PLACE_PLANT {
            place_on::<W>(world, player, action, x, y);
        } else if action >= ACTION_MAKE_WOOD_PICKAXE && action <= ACTION_MAKE_IRON_SWORD {
            make::<W>(world, player, action);
        }
    }

    /// The update of the player whose words begin at `player`.
    pub fn update_player<D: Draws, W: World>(
        draws: ptr!(function, D),
        world: ptr!(function, W),
        player: u32,
    ) {
        let action = W::word(world, player + ACTION);
        act::<D, W>(draws, world, player, action);
        update_vitals::<W>(world, player);
        notice_damage::<W>(world, player);
    }
}
