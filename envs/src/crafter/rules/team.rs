//! The multi-agent Crafter of the DAMCS paper (arXiv 2502.05453), after the authors' first repository: how
//! agents leave, what they are paid, and how they give each other items. A step pays for the one before it:
//! rewards are computed before anybody moves.

/// Pay, deaths and gifts of a team.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::chunks::rules::*;
    use super::super::player::rules::*;
    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Action: share. Nothing happens by itself; gifts are made beside the actions.
    pub const ACTION_SHARE: u32 = 17u32;
    /// Bit of a player's ending: it has collected a diamond.
    pub const ENDED_WITH_DIAMOND: u32 = 1u32;
    /// Bit of a player's ending: it was found dead in this step.
    pub const ENDED_DEAD: u32 = 2u32;
    /// Bit of a player's ending: it was found dead in an earlier step.
    pub const ENDED_BEFORE: u32 = 4u32;

    /// What is paid for acting at all: 3 for a move, nothing for doing nothing, 1 for anything else.
    pub fn action_pay(action: u32) -> i32 {
        if action == ACTION_NOOP {
            return 0i32;
        }
        select(1i32, 3i32, action <= ACTION_MOVE_DOWN)
    }

    /// A tenth of what the team is paid for an achievement that is new to it.
    pub fn achievement_weight(achievement: u32) -> i32 {
        #[wgsl_allow(non_literal_match_statement_patterns)]
        match achievement {
            COLLECT_WOOD => {
                return 5i32;
            }
            COLLECT_STONE => {
                return 50i32;
            }
            MAKE_WOOD_PICKAXE => {
                return 20i32;
            }
            COLLECT_COAL => {
                return 50i32;
            }
            COLLECT_IRON => {
                return 50i32;
            }
            MAKE_STONE_PICKAXE => {
                return 30i32;
            }
            PLACE_TABLE => {
                return 10i32;
            }
            PLACE_FURNACE => {
                return 5i32;
            }
            MAKE_IRON_PICKAXE => {
                return 7i32;
            }
            COLLECT_DIAMOND => {
                return 10i32;
            }
            COLLECT_SAPLING => {
                return 1i32;
            }
            COLLECT_DRINK => {
                return 1i32;
            }
            EAT_COW => {
                return 1i32;
            }
            PLACE_STONE => {
                return 1i32;
            }
            _ => {}
        }
        0i32
    }

    /// A tenth of what an agent is paid for having more of a material than a step before.
    pub fn gain_weight(item: u32) -> i32 {
        if item == WOOD {
            return 5i32;
        }
        if item == IRONS {
            return 50i32;
        }
        select(20i32, 100i32, item == DIAMONDS)
    }

    /// What the player's new achievements pay; they are then the team's.
    pub fn pay_for_achievements<W: World>(world: ptr!(function, W), player: u32) -> i32 {
        let team = W::word(world, TEAM_UNLOCKED);
        let achieved = W::word(world, player + UNLOCKED);
        let unlocked = achieved ^ (achieved & team);
        W::set_word(world, TEAM_UNLOCKED, team | unlocked);
        let mut pay = 0i32;
        for achievement in 0..22u32 {
            if ((unlocked >> achievement) & 1u32) == 1u32 {
                pay += achievement_weight(achievement);
            }
        }
        pay
    }

    /// What the materials pay of which the player has more than when it was last paid.
    pub fn pay_for_gains<W: World>(world: ptr!(function, W), player: u32) -> i32 {
        let before_low = W::word(world, player + PAID_MATERIALS);
        let before_high = W::word(world, player + PAID_MATERIALS + 1u32);
        let mut low = 0u32;
        let mut high = 0u32;
        let mut pay = 0i32;
        for index in 0..5u32 {
            let item = WOOD + index;
            let count = item_count::<W>(world, player, item);
            let shift = (index % 3u32) * 10u32;
            let before = (select(before_high, before_low, index < 3u32) >> shift) & 1023u32;
            if count > before {
                pay += gain_weight(item);
            }
            if index < 3u32 {
                low |= count << shift;
            } else {
                high |= count << shift;
            }
        }
        W::set_word(world, player + PAID_MATERIALS, low);
        W::set_word(world, player + PAID_MATERIALS + 1u32, high);
        pay
    }

    /// Pays every living player for what has happened since it was last paid, and takes the dead out of
    /// the world. The players' actions stand in their words.
    pub fn begin_team_step<W: World>(world: ptr!(function, W)) {
        let players = W::word(world, PLAYER_COUNT);
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..players {
            let player = player_place(index);
            if W::word(world, player + ALIVE) == 1u32 {
                let action = W::word(world, player + ACTION);
                let achievements = pay_for_achievements::<W>(world, player);
                let gains = pay_for_gains::<W>(world, player);
                let pay = action_pay(action) + 10i32 * (achievements + gains);
                W::set_word(world, player + PAY, u32(pay));
                let mut ending = 0u32;
                if W::word(world, player + ACHIEVED + COLLECT_DIAMOND) > 0u32 {
                    ending = ENDED_WITH_DIAMOND;
                }
                if item_count::<W>(world, player, HEALTH) == 0u32 {
                    ending |= ENDED_DEAD;
                    W::set_word(world, player + ALIVE, 0u32);
                    let x = player_x::<W>(world, player);
                    let y = player_y::<W>(world, player);
                    leave::<W>(world, x, y, PLAYER);
                }
                W::set_word(world, player + ENDING, ending);
            } else {
                W::set_word(world, player + PAY, 0u32);
                W::set_word(world, player + ENDING, ENDED_BEFORE);
            }
        }
    }

    /// Number of players who live.
    pub fn living<W: World>(world: ptr!(function, W)) -> u32 {
        let players = W::word(world, PLAYER_COUNT);
        let mut count = 0u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..players {
            count += W::word(world, player_place(index) + ALIVE);
        }
        count
    }

    /// Gives one `item` of the player whose words begin at `giver` to another, however far away. Health
    /// and energy cannot be given. Whether it was.
    pub fn give<W: World>(world: ptr!(function, W), giver: u32, receiver: u32, item: u32) -> bool {
        if giver == receiver || item == HEALTH || item == ENERGY {
            return false;
        }
        let count = item_count::<W>(world, giver, item);
        if count == 0u32 {
            return false;
        }
        set_item::<W>(world, giver, item, count - 1u32);
        let received = item_count::<W>(world, receiver, item);
        set_item::<W>(world, receiver, item, received + 1u32);
        true
    }
}
