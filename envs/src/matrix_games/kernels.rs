//! The wgpu shell of matrix games. One invocation an environment.

use pentathlon_engine::{Binding, Kernel, Set};

use crate::kernel::kernel;

/// The kernels of a batch that writes the forms in `observations`.
pub(super) fn kernels(observations: &[usize]) -> Vec<Kernel> {
    use Binding::{Actions, Constants, Episodes, Observation, Outcomes, Parameters, Rewards, States};
    let mut kernels = vec![
        kernel(
            Set::Step,
            &step_kernel::WGSL_SOURCE,
            "play_tables",
            &[Parameters, States, Episodes, Outcomes, Actions, Constants],
            None,
        ),
        kernel(Set::Reward, &reward_kernel::WGSL_SOURCE, "pay_players", &[Parameters, States, Rewards], None),
    ];
    kernels.extend(observations.iter().map(|&index| {
        let bindings = &[Parameters, States, Constants, Observation];
        kernel(Set::Observe, &stage_kernel::WGSL_SOURCE, "write_stages", bindings, Some(index))
    }));
    kernels
}

/// The Step set.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod step_kernel {
    use crate::matrix_games::components::records::*;
    use crate::matrix_games::joint_action::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<Play>);
    storage!(group(0), binding(3), read_write, EPISODES: RuntimeArray<Episode>);
    storage!(group(0), binding(4), read_write, OUTCOMES: RuntimeArray<Outcome>);
    storage!(group(0), binding(5), read_write, ACTIONS: RuntimeArray<i32>);
    storage!(group(0), binding(8), read_write, CONSTANTS: RuntimeArray<u32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn play_tables(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs || get!(EPISODES)[env].ended != 0u32 {
            return;
        }
        let play = get!(STATES)[env];
        let actions = get!(CONSTANTS)[ACTIONS_WORD];
        let stages = get!(CONSTANTS)[STAGES_WORD];
        let first = u32(get!(ACTIONS)[2u32 * env]);
        let second = u32(get!(ACTIONS)[2u32 * env + 1u32]);
        let payoff = bitcast_f32(get!(CONSTANTS)[payoff_word(actions, play.stage, first, second)]);
        let next = get!(CONSTANTS)[next_word(actions, stages, play.stage, first, second)];
        get_mut!(STATES)[env] = played(play, payoff, next);
        get_mut!(OUTCOMES)[env].verdict = verdict_of(next);
    }
}

/// The Reward set.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod reward_kernel {
    use crate::matrix_games::components::records::*;
    use crate::matrix_games::joint_action::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<Play>);
    storage!(group(0), binding(6), read_write, REWARDS: RuntimeArray<f32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn pay_players(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let paid = share(get!(STATES)[env].paid);
        get_mut!(REWARDS)[2u32 * env] = paid;
        get_mut!(REWARDS)[2u32 * env + 1u32] = paid;
    }
}

/// The Observe set: one number a stage, for each agent.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod stage_kernel {
    use crate::matrix_games::components::records::*;
    use crate::matrix_games::joint_action::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<Play>);
    storage!(group(0), binding(8), read_write, CONSTANTS: RuntimeArray<u32>);
    storage!(group(0), binding(11), read_write, ROWS: RuntimeArray<u32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn write_stages(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let stages = get!(CONSTANTS)[STAGES_WORD];
        let stage = get!(STATES)[env].stage;
        #[wgsl_allow(non_literal_loop_bounds)]
        for index in 0..2u32 * stages {
            let shown = select(0.0f32, 1.0f32, index % stages == stage);
            get_mut!(ROWS)[2u32 * stages * env + index] = bitcast_u32(shown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::assert_sound;

    #[test]
    fn every_kernel_is_valid_wgsl_and_uses_the_bindings_it_names() {
        assert_sound(&kernels(&[0]));
    }
}
