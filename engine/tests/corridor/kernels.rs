//! The wgpu shell of Corridor: three compute entry points.

/// The Step set.
#[allow(missing_docs, dead_code, reason = "items of the macro; entry points are called as WGSL only")]
#[wgsl_rs::wgsl]
pub mod step_kernel {
    use super::super::walkers::rules::*;
    use pentathlon_engine::episode::records::*;
    use pentathlon_gym::seeding::philox::rules::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<Walkers>);
    storage!(group(0), binding(2), read_write, ITEMS: RuntimeArray<u32>);
    storage!(group(0), binding(3), read_write, EPISODES: RuntimeArray<Episode>);
    storage!(group(0), binding(4), read_write, OUTCOMES: RuntimeArray<Outcome>);
    storage!(group(0), binding(5), read_write, ACTIONS: RuntimeArray<i32>);
    storage!(group(0), binding(7), read_write, EVENTS: RuntimeArray<i32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn step_walkers(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        let parameters = load!(PARAMETERS);
        if env >= parameters.num_envs {
            return;
        }
        let mut walkers = get!(STATES)[env];
        let mut episode = get!(EPISODES)[env];
        let mut outcome = get!(OUTCOMES)[env];
        let mut stream = episode.stream;
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0u32..parameters.num_agents {
            let row = env * parameters.num_agents + agent;
            let slipped = bounded(&mut stream, SLIP) == 0u32;
            if slipped {
                walkers.slips += 1u32;
            }
            let cell = walk(walkers.cells[agent as usize], get!(ACTIONS)[row], slipped);
            walkers.cells[agent as usize] = cell;
            get_mut!(EVENTS)[row] = event_in(cell, walkers.furthest);
            walkers.furthest = max(walkers.furthest, cell);
            let ground = get!(ITEMS)[env * parameters.items + cell];
            outcome.verdict = verdict_on(ground, outcome.verdict);
        }
        episode.stream = stream;
        get_mut!(STATES)[env] = walkers;
        get_mut!(EPISODES)[env] = episode;
        get_mut!(OUTCOMES)[env] = outcome;
    }
}

/// The Reward set.
#[allow(missing_docs, dead_code, reason = "items of the macro; entry points are called as WGSL only")]
#[wgsl_rs::wgsl]
pub mod reward_kernel {
    use super::super::walkers::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<Walkers>);
    storage!(group(0), binding(3), read_write, EPISODES: RuntimeArray<Episode>);
    storage!(group(0), binding(4), read_write, OUTCOMES: RuntimeArray<Outcome>);
    storage!(group(0), binding(6), read_write, REWARDS: RuntimeArray<f32>);
    storage!(group(0), binding(13), read_write, CHANNELS: RuntimeArray<f32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn pay_walkers(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        let parameters = load!(PARAMETERS);
        if env >= parameters.num_envs {
            return;
        }
        let walkers = get!(STATES)[env];
        let episode = get!(EPISODES)[env];
        let outcome = get!(OUTCOMES)[env];
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0u32..parameters.num_agents {
            let paid = pay(walkers.cells[agent as usize], outcome.verdict, episode.elapsed);
            get_mut!(REWARDS)[env * parameters.num_agents + agent] = paid;
            let cell = walkers.cells[agent as usize];
            let first = env * parameters.channel_words;
            let pair = first + parameters.num_agents + 2u32 * agent;
            get_mut!(CHANNELS)[first + agent] = f32(cell);
            get_mut!(CHANNELS)[pair] = f32(LENGTH - 1u32 - cell);
            get_mut!(CHANNELS)[pair + 1u32] = f32(cell);
        }
    }
}

/// The Observe set, form `view`: three bytes, padded to a word.
#[allow(missing_docs, dead_code, reason = "items of the macro; entry points are called as WGSL only")]
#[wgsl_rs::wgsl]
pub mod view_kernel {
    use super::super::walkers::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<Walkers>);
    storage!(group(0), binding(2), read_write, ITEMS: RuntimeArray<u32>);
    storage!(group(0), binding(11), read_write, ROWS: RuntimeArray<u32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn view_walkers(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        let parameters = load!(PARAMETERS);
        if env >= parameters.num_envs {
            return;
        }
        let walkers = get!(STATES)[env];
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0u32..parameters.num_agents {
            let cell = walkers.cells[agent as usize];
            let mut row = 0u32;
            for offset in 0..3u32 {
                let place = walk(cell, i32(offset), false);
                row |= get!(ITEMS)[env * parameters.items + place] << (8u32 * offset);
            }
            get_mut!(ROWS)[env * parameters.num_agents + agent] = row;
        }
    }
}
