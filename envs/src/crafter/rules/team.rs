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
    use super::super::settlement::rules::*;
    use super::super::world::rules::*;
    use crate::crafter::components::records::*;
    use pentathlon_engine::episode::records::*;

    /// Action: share. Nothing happens by itself; gifts are made beside the actions.
    pub const ACTION_SHARE: u32 = 17u32;
    /// Bit of a player's ending: it has collected a diamond.
    pub const ENDED_WITH_DIAMOND: u32 = 1u32;
    /// Bit of a player's ending: it was found dead in this step.
    pub const ENDED_DEAD: u32 = 2u32;
    /// Bit of a player's ending: it was found dead in an earlier step.
    pub const ENDED_BEFORE: u32 = 4u32;

    /// Bit set of all achievements.
    pub const ALL_ACHIEVEMENTS: u32 = 0x3fffffu32;

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

    /// What the later repository pays for acting at all, in tenths: -10 for doing nothing, 1 for a move.
    pub fn later_action_pay(action: u32) -> i32 {
        if action == ACTION_NOOP {
            return -10i32;
        }
        select(0i32, 1i32, action <= ACTION_MOVE_DOWN)
    }

    /// Half of what the later repository pays for an achievement that is new to the team.
    pub fn later_achievement_weight(achievement: u32) -> i32 {
        #[wgsl_allow(non_literal_match_statement_patterns)]
        match achievement {
            COLLECT_STONE => {
                return 4i32;
            }
            MAKE_WOOD_PICKAXE => {
                return 3i32;
            }
            COLLECT_COAL => {
                return 4i32;
            }
            COLLECT_IRON => {
                return 6i32;
            }
            MAKE_STONE_PICKAXE => {
                return 5i32;
            }
            PLACE_TABLE => {
                return 2i32;
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
            _ => {}
        }
        let pays_one = achievement == COLLECT_WOOD
            || achievement == MAKE_STONE_SWORD
            || achievement == COLLECT_DRINK
            || achievement == WAKE_UP
            || achievement == EAT_COW
            || achievement == PLACE_STONE;
        select(0i32, 1i32, pays_one)
    }

    /// What the later repository pays for a change of health and for the achievements that were new to the
    /// team, in tenths.
    pub fn later_pay(action: u32, health_change: i32, unlocked: u32) -> i32 {
        let mut pay = later_action_pay(action) + 10i32 * health_change;
        for achievement in 0..22u32 {
            if ((unlocked >> achievement) & 1u32) == 1u32 {
                pay += 20i32 * later_achievement_weight(achievement);
            }
        }
        pay
    }

    /// The gifts of a step of the team suite, in the order of the players: each who chose to share gives
    /// one of the item it named to the living player it named.
    pub fn make_gifts<W: World>(world: ptr!(function, W)) {
        let players = W::word(world, PLAYER_COUNT);
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..players {
            let player = player_place(index);
            let receiver = W::word(world, player + RECEIVER);
            let item = W::word(world, player + GIFT);
            let shares = W::word(world, player + ACTION) == ACTION_SHARE && receiver < players;
            if shares && item < NUM_ITEMS && W::word(world, player + ALIVE) == 1u32 {
                if W::word(world, player_place(receiver) + ALIVE) == 1u32 {
                    let _given = give::<W>(world, player, player_place(receiver), item);
                }
            }
            let lives = W::word(world, player + ALIVE) == 1u32;
            W::set_word(world, player + ENDING, select(ENDED_BEFORE, 0u32, lives));
        }
    }

    /// The end of a step of the team suite for one player: what it is paid, and whether it is dead.
    pub fn close_team_step<W: World>(world: ptr!(function, W), player: u32, pay: u32) {
        if W::word(world, player + ENDING) == ENDED_BEFORE {
            W::set_word(world, player + PAY, select(0u32, NOTHING_CODE, pay == PAY_ORIGINAL));
            // One that was brought back in this step may have been struck down again.
            if item_count::<W>(world, player, HEALTH) == 0u32 {
                W::set_word(world, player + ALIVE, 0u32);
            }
            return;
        }
        let action = W::word(world, player + ACTION);
        let health = item_count::<W>(world, player, HEALTH);
        let change = i32(health) - i32(W::word(world, player + REWARDED_HEALTH));
        let team = W::word(world, TEAM_UNLOCKED);
        let achieved = W::word(world, player + NEW_ACHIEVEMENTS);
        let new_to_team = achieved ^ (achieved & team);
        if pay == PAY_DAMCS {
            let achievements = pay_for_achievements::<W>(world, player);
            let gains = pay_for_gains::<W>(world, player);
            W::set_word(world, player + PAY, u32(action_pay(action) + 10i32 * (achievements + gains)));
        } else {
            settle::<W>(world, player);
            if pay == PAY_DAMCS_LATER {
                W::set_word(world, player + PAY, u32(later_pay(action, change, new_to_team)));
            }
        }
        W::set_word(world, TEAM_UNLOCKED, team | achieved);
        if health == 0u32 {
            W::set_word(world, player + ENDING, ENDED_DEAD);
            W::set_word(world, player + ALIVE, 0u32);
            if (W::word(world, RULES) & RULE_REVIVAL) == 0u32 {
                let x = player_x::<W>(world, player);
                let y = player_y::<W>(world, player);
                leave::<W>(world, x, y, PLAYER);
            }
        }
    }

    /// How the episode of a team of the suite stands after step `number`.
    pub fn team_verdict<W: World>(world: ptr!(function, W), number: u32) -> u32 {
        let goal = W::word(world, GOAL);
        let team = W::word(world, TEAM_UNLOCKED);
        let alive = living::<W>(world);
        if goal == GOAL_ALL && team == ALL_ACHIEVEMENTS {
            return SUCCESS;
        }
        let detail = W::word(world, GOAL_DETAIL);
        if goal == GOAL_ACHIEVEMENT && ((team >> (detail & 31u32)) & 1u32) == 1u32 {
            return SUCCESS;
        }
        if alive == 0u32 {
            return FAILURE;
        }
        select(RUNNING, SUCCESS, goal == GOAL_SURVIVE && number >= detail)
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
