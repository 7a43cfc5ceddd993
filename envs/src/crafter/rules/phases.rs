//! The order of a step: players act, objects act in the order of their creation, and every tenth step the
//! population is controlled.

/// The phases of a step.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::arrow::rules::*;
    use super::super::cow::rules::*;
    use super::super::draws::rules::*;
    use super::super::objects::rules::*;
    use super::super::plant::rules::*;
    use super::super::player::rules::*;
    use super::super::population::rules::*;
    use super::super::settlement::rules::*;
    use super::super::skeleton::rules::*;
    use super::super::team::rules::*;
    use super::super::world::rules::*;
    use super::super::zombie::rules::*;
    use crate::crafter::components::records::*;
    use pentathlon_engine::episode::records::*;

    /// The first `count` objects act, in the order of their creation.
    pub fn update_objects<D: Draws, W: World>(
        draws: ptr!(function, D),
        world: ptr!(function, W),
        count: u32,
    ) {
        let first = W::word(world, FIRST_OBJECT);
        let has_range = (W::word(world, RULES) & RULE_RANGE) != 0u32;
        let has_team = W::word(world, PLAYER_COUNT) > 1u32;
        let player = player_place(0u32);
        let px = player_x::<W>(world, player);
        let py = player_y::<W>(world, player);
        #[wgsl_allow(non_literal_loop_bounds)]
        for slot in 0..count {
            let place = first + 2u32 * slot;
            let object = object_of(W::word(world, place));
            let mut away = tiles_between(object.x, object.y, px, py);
            if has_range && has_team {
                let nearest = nearest_player::<W>(world, object.x, object.y);
                let nearest_x = player_x::<W>(world, nearest);
                away = tiles_between(object.x, object.y, nearest_x, player_y::<W>(world, nearest));
            }
            if away < UPDATE_RANGE || !has_range {
                if object.kind == COW {
                    update_cow::<D, W>(draws, world, place, object);
                } else if object.kind == ZOMBIE {
                    update_zombie::<D, W>(draws, world, place, object);
                } else if object.kind == SKELETON {
                    update_skeleton::<D, W>(draws, world, place, object);
                } else if object.kind == ARROW {
                    update_arrow::<W>(world, place, object);
                } else if object.kind == PLANT {
                    update_plant::<W>(world, place, object);
                }
            }
        }
    }

    /// Whether the episode ends with step `number`, and how: `RUNNING`, `SUCCESS` or `FAILURE`.
    pub fn verdict<W: World>(world: ptr!(function, W), number: u32, pay: u32) -> u32 {
        if (W::word(world, RULES) & RULE_TEAM) != 0u32 {
            return team_verdict::<W>(world, number);
        }
        if pay != PAY_DAMCS {
            let health = item_count::<W>(world, player_place(0u32), HEALTH);
            return select(RUNNING, FAILURE, health == 0u32);
        }
        let players = W::word(world, PLAYER_COUNT);
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..players {
            if (W::word(world, player_place(index) + ENDING) & ENDED_WITH_DIAMOND) != 0u32 {
                return SUCCESS;
            }
        }
        select(RUNNING, FAILURE, living::<W>(world) == 0u32)
    }

    /// Step number `number` of the world, from 1, under its light word. The players' actions stand in
    /// their words, and what it pays them, by the kind of pay, is found there.
    pub fn step_world<D: Draws, W: World>(
        draws: ptr!(function, D),
        world: ptr!(function, W),
        number: u32,
        light: u32,
        pay: u32,
    ) {
        let is_suite = (W::word(world, RULES) & RULE_TEAM) != 0u32;
        if is_suite {
            make_gifts::<W>(world);
        } else if pay == PAY_DAMCS {
            begin_team_step::<W>(world);
        }
        let players = W::word(world, PLAYER_COUNT);
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..players {
            W::set_word(world, player_place(index) + NEW_ACHIEVEMENTS, 0u32);
        }
        // What is created in this step acts in the next one.
        let count = W::word(world, OBJECT_COUNT);
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..players {
            let player = player_place(index);
            // Who was brought back in this step lies until the next one.
            let was_out = W::word(world, player + ENDING) == ENDED_BEFORE;
            if W::word(world, player + ALIVE) == 1u32 && !was_out {
                update_player::<D, W>(draws, world, player);
            }
        }
        update_objects::<D, W>(draws, world, count);
        if number % CONTROL_INTERVAL == 0u32 {
            control_population::<D, W>(draws, world, light);
        }
        close_up::<W>(world);
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..players {
            let player = player_place(index);
            if is_suite {
                close_team_step::<W>(world, player, pay);
            } else if pay != PAY_DAMCS {
                settle::<W>(world, player);
            }
        }
    }
}
