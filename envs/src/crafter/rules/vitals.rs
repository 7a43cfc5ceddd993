//! Life statistics: hunger, thirst and fatigue wear food, drink and energy down; health recovers while
//! there is some of each, and fades otherwise. Sleep halves hunger and thirst and gives energy back.
//! Hunger, thirst and recovery are counted in halves.

/// The life statistics of one step.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Half units of hunger above which a unit of food is used up.
    pub const HUNGER_LIMIT: u32 = 50u32;
    /// Half units of thirst above which a unit of drink is used up.
    pub const THIRST_LIMIT: u32 = 40u32;
    /// Fatigue above which a unit of energy is used up.
    pub const FATIGUE_LIMIT: i32 = 30i32;
    /// Fatigue below which sleep gives a unit of energy.
    pub const RESTED_LIMIT: i32 = -10i32;
    /// Half units of recovery above which health grows.
    pub const RECOVERED_LIMIT: i32 = 50i32;
    /// Half units of recovery below which health falls.
    pub const WEAKENED_LIMIT: i32 = -30i32;

    /// Hunger, thirst, fatigue and recovery of a step; items are clamped at its end.
    pub fn update_vitals<W: World>(world: ptr!(function, W), player: u32) {
        let asleep = W::word(world, player + SLEEPING) == 1u32;
        let mut food = i32(item_count::<W>(world, player, FOOD));
        let mut drink = i32(item_count::<W>(world, player, DRINK));
        let mut energy = i32(item_count::<W>(world, player, ENERGY));
        let mut health = i32(item_count::<W>(world, player, HEALTH));
        let pace = select(2u32, 1u32, asleep);
        let mut hunger = W::word(world, player + HUNGER) + pace;
        if hunger > HUNGER_LIMIT {
            hunger = 0u32;
            food -= 1i32;
        }
        let mut thirst = W::word(world, player + THIRST) + pace;
        if thirst > THIRST_LIMIT {
            thirst = 0u32;
            drink -= 1i32;
        }
        let tired = i32(W::word(world, player + FATIGUE));
        let mut fatigue = select(tired + 1i32, min(tired - 1i32, 0i32), asleep);
        if fatigue < RESTED_LIMIT {
            fatigue = 0i32;
            energy += 1i32;
        }
        if fatigue > FATIGUE_LIMIT {
            fatigue = 0i32;
            energy -= 1i32;
        }
        let thrives = food > 0i32 && drink > 0i32 && (energy > 0i32 || asleep);
        let gain = select(2i32, 4i32, asleep);
        let loss = select(2i32, 1i32, asleep);
        let mut recover = i32(W::word(world, player + RECOVER)) + select(-loss, gain, thrives);
        if recover > RECOVERED_LIMIT {
            recover = 0i32;
            health += 1i32;
        }
        if recover < WEAKENED_LIMIT {
            recover = 0i32;
            health -= 1i32;
        }
        W::set_word(world, player + HUNGER, hunger);
        W::set_word(world, player + THIRST, thirst);
        W::set_word(world, player + FATIGUE, u32(fatigue));
        W::set_word(world, player + RECOVER, u32(recover));
        set_item::<W>(world, player, FOOD, vital(food));
        set_item::<W>(world, player, DRINK, vital(drink));
        set_item::<W>(world, player, ENERGY, vital(energy));
        set_item::<W>(world, player, HEALTH, vital(health));
        clamp_items::<W>(world, player);
    }

    /// A vital item within its limits.
    pub fn vital(count: i32) -> u32 {
        u32(clamp(count, 0i32, i32(VITAL_LIMIT)))
    }

    /// Takes away what a player cannot carry.
    pub fn clamp_items<W: World>(world: ptr!(function, W), player: u32) {
        let limit = select(999u32, 9u32, (W::word(world, RULES) & RULE_NINE_ITEMS) != 0u32);
        for item in 4..16u32 {
            let count = item_count::<W>(world, player, item);
            if count > limit {
                set_item::<W>(world, player, item, limit);
            }
        }
    }

    /// Wakes a player that has been hurt since it last noticed.
    pub fn notice_damage<W: World>(world: ptr!(function, W), player: u32) {
        let health = item_count::<W>(world, player, HEALTH);
        if health < W::word(world, player + NOTICED_HEALTH) {
            W::set_word(world, player + SLEEPING, 0u32);
        }
        W::set_word(world, player + NOTICED_HEALTH, health);
    }
}
