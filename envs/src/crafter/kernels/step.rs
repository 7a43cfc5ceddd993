//! The Step and Reward sets.

/// The Step set: the world moves.
#[allow(missing_docs, dead_code, unused_imports, reason = "items of the macro; instances for WGSL only")]
#[wgsl_rs::wgsl]
pub mod step_kernel {
    use super::super::columns::storage::*;
    use super::super::instances::rules::*;
    use crate::crafter::components::records::*;
    use crate::crafter::rules::phases::rules::*;
    use crate::crafter::rules::settlement::rules::*;
    use crate::crafter::rules::world::rules::*;
    use pentathlon_gym::seeding::philox::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn step_worlds(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs || get!(EPISODES)[env].ended != 0u32 {
            return;
        }
        let agents = get!(PARAMETERS).num_agents;
        let pay = get!(CONSTANTS)[PAY_KIND_AT];
        let number = wrapping_add_words(get!(STATES)[env].step, 1u32);
        get_mut!(STATES)[env].step = number;
        let light = get!(CONSTANTS)[LIGHT_AT + number % DAY_STEPS];
        let mut world = Stored { first: env * get!(PARAMETERS).items };
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0..agents {
            let words = get!(PARAMETERS).action_words;
            #[wgsl_allow(non_literal_loop_bounds)]
            for word in 0..words {
                let asked = u32(get!(ACTIONS)[(env * agents + agent) * words + word]);
                // Whoever is out does nothing and says nothing.
                let is_out = Stored::word(&mut world, player_place(agent) + ALIVE) == 0u32;
                let place = player_place(agent) + ACTION + word;
                Stored::set_word(&mut world, place, select(asked, 0u32, is_out));
            }
        }
        let mut stream = get!(EPISODES)[env].stream;
        step_world::<Stream, Stored>(&mut stream, &mut world, number, light, pay);
        get_mut!(EPISODES)[env].stream = stream;
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0..agents {
            let event = take_event::<Stored>(&mut world, player_place(agent));
            get_mut!(STEP_EVENTS)[env * agents + agent] = event;
        }
        get_mut!(OUTCOMES)[env].verdict = verdict::<Stored>(&mut world, number, pay);
    }
}

/// The Reward set: pay codes pay what the table says, and the channels tell what was achieved and who lives.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod reward_kernel {
    use super::super::columns::storage::*;
    use crate::crafter::components::records::*;
    use crate::crafter::rules::settlement::rules::*;
    use crate::crafter::rules::world::rules::*;
    use wgsl_rs::std::*;

    #[compute]
    #[workgroup_size(64)]
    pub fn pay_players(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let agents = get!(PARAMETERS).num_agents;
        let first = env * get!(PARAMETERS).items;
        let kind = get!(CONSTANTS)[PAY_KIND_AT];
        let row = env * get!(PARAMETERS).channel_words;
        let mut total = 0.0f32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0..agents {
            let pay = get!(ITEM_WORDS)[first + player_place(agent) + PAY];
            let tabled = bitcast_f32(get!(CONSTANTS)[REWARDS_AT + pay % PAY_CODES]);
            // Those who do not take part are paid nothing.
            let takes_part = agent < get!(ITEM_WORDS)[first + PLAYER_COUNT];
            let reward = select(0.0f32, paid(kind, pay, tabled), takes_part);
            total += reward;
            get_mut!(REWARDS)[env * agents + agent] = reward;
            let achieved = get!(ITEM_WORDS)[first + player_place(agent) + NEW_ACHIEVEMENTS];
            for achievement in 0..22u32 {
                let is_new = ((achieved >> achievement) & 1u32) == 1u32;
                let at = row + agent * NUM_ACHIEVEMENTS + achievement;
                get_mut!(CHANNELS)[at] = select(0.0f32, 1.0f32, is_new);
            }
            let is_alive = get!(ITEM_WORDS)[first + player_place(agent) + ALIVE];
            get_mut!(CHANNELS)[row + agents * NUM_ACHIEVEMENTS + agent] = f32(is_alive);
        }
        if get!(CONSTANTS)[SHARED_AT] == 1u32 {
            #[wgsl_allow(non_literal_loop_bounds)]
            for agent in 0..agents {
                get_mut!(REWARDS)[env * agents + agent] = total;
            }
        }
    }
}
