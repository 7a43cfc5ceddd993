//! The engine's own compute kernels: what every step does whatever the domain. They call the rules of
//! [`crate::episode::rules`], as the native shell does.

use crate::domain::{Binding, Kernel, Set};

/// Invocations per workgroup of the engine's kernels.
const WORKGROUP: u32 = 64;

/// Before Act: counts the step and clears what the last one left.
#[allow(missing_docs, dead_code, reason = "items of the macro; entry points are called as WGSL only")]
#[wgsl_rs::wgsl]
pub mod begin {
    use crate::episode::records::*;
    use crate::episode::rules::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(3), read_write, EPISODES: RuntimeArray<Episode>);
    storage!(group(0), binding(4), read_write, OUTCOMES: RuntimeArray<Outcome>);
    storage!(group(0), binding(7), read_write, EVENTS: RuntimeArray<i32>);
    storage!(group(0), binding(12), read_write, REPORTS: RuntimeArray<Report>);

    #[compute]
    #[workgroup_size(64)]
    pub fn begin_step(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        let parameters = load!(PARAMETERS);
        if env >= parameters.num_envs {
            return;
        }
        let episode = get!(EPISODES)[env];
        get_mut!(REPORTS)[env] = begin_report(episode);
        get_mut!(EPISODES)[env] = count_step(episode);
        get_mut!(OUTCOMES)[env] = no_outcome();
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0u32..parameters.num_agents {
            get_mut!(EVENTS)[env * parameters.num_agents + agent] = NO_EVENT;
        }
    }
}

/// The Terminate set.
#[allow(missing_docs, dead_code, reason = "items of the macro; entry points are called as WGSL only")]
#[wgsl_rs::wgsl]
pub mod terminate {
    use crate::episode::records::*;
    use crate::episode::rules::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(3), read_write, EPISODES: RuntimeArray<Episode>);
    storage!(group(0), binding(4), read_write, OUTCOMES: RuntimeArray<Outcome>);
    storage!(group(0), binding(6), read_write, REWARDS: RuntimeArray<f32>);
    storage!(group(0), binding(7), read_write, EVENTS: RuntimeArray<i32>);
    storage!(group(0), binding(12), read_write, REPORTS: RuntimeArray<Report>);
    storage!(group(0), binding(13), read_write, CHANNELS: RuntimeArray<f32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn end_step(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        let parameters = load!(PARAMETERS);
        if env >= parameters.num_envs {
            return;
        }
        let first = env * parameters.num_agents;
        let begun = get!(REPORTS)[env];
        if (begun.flags & WAS_RESET) != 0u32 {
            get_mut!(OUTCOMES)[env] = no_outcome();
            #[wgsl_allow(non_literal_loop_bounds)]
            for agent in 0u32..parameters.num_agents {
                get_mut!(REWARDS)[first + agent] = 0.0f32;
                get_mut!(EVENTS)[first + agent] = NO_EVENT;
            }
            #[wgsl_allow(non_literal_loop_bounds)]
            for word in 0u32..parameters.channel_words {
                get_mut!(CHANNELS)[env * parameters.channel_words + word] = 0.0f32;
            }
            return;
        }
        let mut reward = 0.0f32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for agent in 0u32..parameters.num_agents {
            reward += get!(REWARDS)[first + agent];
        }
        let stepped = get!(EPISODES)[env];
        let outcome = judge(stepped, get!(OUTCOMES)[env], parameters.max_episode_steps);
        let episode = close_step(stepped, outcome, reward);
        get_mut!(OUTCOMES)[env] = outcome;
        get_mut!(EPISODES)[env] = episode;
        get_mut!(REPORTS)[env] = make_report(episode, outcome);
    }
}

/// The Autoreset set.
#[allow(missing_docs, dead_code, reason = "items of the macro; entry points are called as WGSL only")]
#[wgsl_rs::wgsl]
pub mod autoreset {
    use crate::episode::records::*;
    use crate::episode::rules::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<u32>);
    storage!(group(0), binding(2), read_write, ITEMS: RuntimeArray<u32>);
    storage!(group(0), binding(3), read_write, EPISODES: RuntimeArray<Episode>);
    storage!(group(0), binding(9), read_write, LEVEL_STATES: RuntimeArray<u32>);
    storage!(group(0), binding(10), read_write, LEVEL_ITEMS: RuntimeArray<u32>);
    storage!(group(0), binding(12), read_write, REPORTS: RuntimeArray<Report>);

    #[compute]
    #[workgroup_size(64)]
    pub fn start_next(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        let parameters = load!(PARAMETERS);
        if env >= parameters.num_envs {
            return;
        }
        let ended = get!(EPISODES)[env];
        if !is_due(ended, get!(REPORTS)[env], parameters.autoreset) {
            return;
        }
        let episode = next_episode(ended, env, parameters.levels);
        get_mut!(EPISODES)[env] = episode;
        #[wgsl_allow(non_literal_loop_bounds)]
        for word in 0u32..parameters.state_words {
            let level_word = get!(LEVEL_STATES)[episode.level * parameters.state_words + word];
            get_mut!(STATES)[env * parameters.state_words + word] = level_word;
        }
        #[wgsl_allow(non_literal_loop_bounds)]
        for word in 0u32..parameters.items {
            let level_word = get!(LEVEL_ITEMS)[episode.level * parameters.items + word];
            get_mut!(ITEMS)[env * parameters.items + word] = level_word;
        }
    }
}

/// The engine's kernels: before Act, and the Terminate and Autoreset sets.
pub(crate) fn engine_kernels() -> Result<[Kernel; 3], String> {
    use Binding::{
        Channels, Episodes, Events, Items, LevelItems, LevelStates, Outcomes, Parameters, Reports, Rewards,
        States,
    };
    let kernel = |set, source: &wgsl_rs::Source, entry_point, bindings| {
        let source = source.wgsl_source().map_err(|error| format!("{entry_point}: {error}"))?;
        let kernel =
            Kernel { set, source, entry_point, bindings, workgroup_size: WORKGROUP, observation: None };
        Ok::<_, String>(kernel)
    };
    Ok([
        kernel(
            Set::Act,
            &begin::WGSL_SOURCE,
            "begin_step",
            &[Parameters, Episodes, Outcomes, Events, Reports][..],
        )?,
        kernel(
            Set::Terminate,
            &terminate::WGSL_SOURCE,
            "end_step",
            &[Parameters, Episodes, Outcomes, Rewards, Events, Reports, Channels],
        )?,
        kernel(
            Set::Autoreset,
            &autoreset::WGSL_SOURCE,
            "start_next",
            &[Parameters, States, Items, Episodes, LevelStates, LevelItems, Reports],
        )?,
    ])
}
