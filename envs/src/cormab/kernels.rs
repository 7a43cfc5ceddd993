//! The wgpu shell: compute entry points that fetch an environment's levels from storage, call the rules,
//! and store the results. One invocation an environment.
#![allow(clippy::manual_div_ceil, reason = "WGSL has no such function")]

use pentathlon_engine::{Binding, Kernel, Set};

use crate::kernel::kernel;

/// The Step set: the action is unpacked, all arms move, and the reward is left for the Reward set.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod step_kernel {
    use crate::cormab::rules::process::*;
    use pentathlon_engine::episode::records::*;
    use pentathlon_gym::seeding::philox::rules::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<Pulled>);
    storage!(group(0), binding(2), read_write, ITEMS: RuntimeArray<u32>);
    storage!(group(0), binding(3), read_write, EPISODES: RuntimeArray<Episode>);
    storage!(group(0), binding(4), read_write, OUTCOMES: RuntimeArray<Outcome>);
    storage!(group(0), binding(5), read_write, ACTIONS: RuntimeArray<i32>);
    storage!(group(0), binding(8), read_write, CONSTANTS: RuntimeArray<u32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn step_arms(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs || get!(EPISODES)[env].ended != 0u32 {
            return;
        }
        let padded = get!(CONSTANTS)[0u32];
        let action_words = get!(CONSTANTS)[1u32];
        let rewards_at = 4u32 + get!(CONSTANTS)[2u32];
        let touching_at = rewards_at + 4u32 * padded;
        let mut pulled = Pulled { words: [0u32; 4] };
        #[wgsl_allow(non_literal_loop_bounds)]
        for word in 0..(action_words + 1u32) / 2u32 {
            let at = env * action_words + 2u32 * word;
            let mut high = 0i32;
            if 2u32 * word + 1u32 < action_words {
                high = get!(ACTIONS)[at + 1u32];
            }
            pulled.words[word as usize] = joined(get!(ACTIONS)[at], high);
        }
        let mut stream = get!(EPISODES)[env].stream;
        let first = draw(&mut stream);
        let second = draw(&mut stream);
        let mut sums: [f32; 4] = [0.0f32; 4];
        #[wgsl_allow(non_literal_loop_bounds)]
        for arm in 0..padded {
            let mut count = 0u32;
            for word in 0..4u32 {
                let touching = get!(CONSTANTS)[touching_at + 4u32 * arm + word];
                count += count_one_bits(touching & pulled.words[word as usize]);
            }
            let threshold = get!(CONSTANTS)[4u32 + count * padded + arm];
            let at = env * padded + arm;
            let level = next_level(get!(ITEMS)[at], arm_noise(first, second, arm), threshold);
            get_mut!(ITEMS)[at] = level;
            let lane = arm % 4u32;
            sums[lane as usize] += bitcast_f32(get!(CONSTANTS)[rewards_at + 4u32 * arm + level]);
        }
        let total = total_paid(sums[0], sums[1], sums[2], sums[3]);
        get_mut!(STATES)[env] = pulled;
        get_mut!(EPISODES)[env].stream = stream;
        get_mut!(OUTCOMES)[env].detail = bitcast_u32(total);
    }
}

/// The Reward set: hands out what the Step set has summed.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod reward_kernel {
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(4), read_write, OUTCOMES: RuntimeArray<Outcome>);
    storage!(group(0), binding(6), read_write, REWARDS: RuntimeArray<f32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn pay_rewards(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        get_mut!(REWARDS)[env] = bitcast_f32(get!(OUTCOMES)[env].detail);
    }
}

/// The form `levels`: one byte an arm.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod levels_kernel {
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(2), read_write, ITEMS: RuntimeArray<u32>);
    storage!(group(0), binding(11), read_write, ROWS: RuntimeArray<u32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn write_levels(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let groups = get!(PARAMETERS).items / 4u32;
        #[wgsl_allow(non_literal_loop_bounds)]
        for group in 0..groups {
            let mut word = 0u32;
            for lane in 0..4u32 {
                let at = env * get!(PARAMETERS).items + 4u32 * group + lane;
                word |= get!(ITEMS)[at] << (8u32 * lane);
            }
            get_mut!(ROWS)[env * groups + group] = word;
        }
    }
}

/// The kernels; of the observations, `levels` has one, and the engine writes the others on the host.
pub(super) fn kernels(levels_form: usize, observations: &[usize]) -> Vec<Kernel> {
    use Binding::{Actions, Constants, Episodes, Items, Observation, Outcomes, Parameters, Rewards, States};
    const STEP: &[Binding] = &[Parameters, States, Items, Episodes, Outcomes, Actions, Constants];
    const REWARD: &[Binding] = &[Parameters, Outcomes, Rewards];
    const LEVELS: &[Binding] = &[Parameters, Items, Observation];
    let mut kernels = vec![
        kernel(Set::Step, &step_kernel::WGSL_SOURCE, "step_arms", STEP, None),
        kernel(Set::Reward, &reward_kernel::WGSL_SOURCE, "pay_rewards", REWARD, None),
    ];
    if observations.contains(&levels_form) {
        let source = &levels_kernel::WGSL_SOURCE;
        kernels.push(kernel(Set::Observe, source, "write_levels", LEVELS, Some(levels_form)));
    }
    kernels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::assert_sound;

    #[test]
    fn every_kernel_is_valid_wgsl_and_uses_the_bindings_it_names() {
        assert_sound(&kernels(0, &[0, 1]));
    }
}
