//! The wgpu shell of the pendulum. One invocation an environment.

use pentathlon_engine::{Binding, Kernel, Set};

use crate::kernel::kernel;

/// The kernels of a batch that writes the forms in `observations`.
pub(super) fn kernels(observations: &[usize]) -> Vec<Kernel> {
    use Binding::{Actions, Episodes, Observation, Outcomes, Parameters, Rewards, States};
    let mut kernels = vec![
        kernel(
            Set::Step,
            &step_kernel::WGSL_SOURCE,
            "turn_rods",
            &[Parameters, States, Episodes, Outcomes, Actions],
            None,
        ),
        kernel(
            Set::Reward,
            &reward_kernel::WGSL_SOURCE,
            "charge_costs",
            &[Parameters, Outcomes, Rewards],
            None,
        ),
    ];
    kernels.extend(observations.iter().map(|&index| {
        let bindings = &[Parameters, States, Observation];
        kernel(Set::Observe, &observe_kernel::WGSL_SOURCE, "write_directions", bindings, Some(index))
    }));
    kernels
}

/// The Step set. Torques come as the bits of floats; the cost is left for the Reward set, as its bits.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod step_kernel {
    use crate::classic_control::pendulum::components::records::*;
    use crate::classic_control::pendulum::dynamics::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<Rod>);
    storage!(group(0), binding(3), read_write, EPISODES: RuntimeArray<Episode>);
    storage!(group(0), binding(4), read_write, OUTCOMES: RuntimeArray<Outcome>);
    storage!(group(0), binding(5), read_write, ACTIONS: RuntimeArray<i32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn turn_rods(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs || get!(EPISODES)[env].ended != 0u32 {
            return;
        }
        let rod = get!(STATES)[env];
        let torque = bitcast_f32(get!(ACTIONS)[env]);
        get_mut!(STATES)[env] = turned(rod, torque);
        get_mut!(OUTCOMES)[env].verdict = RUNNING;
        get_mut!(OUTCOMES)[env].detail = bitcast_u32(cost_of(rod, torque));
    }
}

/// The Reward set: the negative cost.
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
    pub fn charge_costs(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        get_mut!(REWARDS)[env] = -bitcast_f32(get!(OUTCOMES)[env].detail);
    }
}

/// The Observe set: cosine and sine of the angle, angular velocity.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod observe_kernel {
    use crate::classic_control::pendulum::components::records::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<Rod>);
    storage!(group(0), binding(11), read_write, ROWS: RuntimeArray<u32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn write_directions(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let rod = get!(STATES)[env];
        get_mut!(ROWS)[3u32 * env] = bitcast_u32(cos(rod.theta));
        get_mut!(ROWS)[3u32 * env + 1u32] = bitcast_u32(sin(rod.theta));
        get_mut!(ROWS)[3u32 * env + 2u32] = bitcast_u32(rod.theta_dot);
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
