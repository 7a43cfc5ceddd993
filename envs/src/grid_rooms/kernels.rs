//! The wgpu shell of grids. One invocation an environment.

use pentathlon_engine::{Binding, Kernel, Set};

use super::domain::FORMS;
use crate::kernel::kernel;

/// The kernels of a batch that writes the forms in `observations`.
pub(super) fn kernels(observations: &[usize]) -> Vec<Kernel> {
    use Binding::{Actions, Constants, Episodes, Observation, Outcomes, Parameters, Rewards, States};
    let mut kernels = vec![
        kernel(
            Set::Step,
            &step_kernel::WGSL_SOURCE,
            "walk",
            &[Parameters, States, Episodes, Outcomes, Actions, Constants],
            None,
        ),
        kernel(Set::Reward, &reward_kernel::WGSL_SOURCE, "pay", &[Parameters, Outcomes, Rewards], None),
    ];
    let forms: [(&'static str, &'static [Binding]); FORMS] = [
        ("write_positions", &[Parameters, States, Constants, Observation]),
        ("write_goals", &[Parameters, States, Constants, Observation]),
        ("write_times", &[Parameters, Episodes, Constants, Observation]),
        ("write_cells", &[Parameters, States, Observation]),
    ];
    kernels.extend(observations.iter().map(|&index| {
        let (entry_point, bindings) = forms[index];
        kernel(Set::Observe, &observe_kernel::WGSL_SOURCE, entry_point, bindings, Some(index))
    }));
    kernels
}

/// The Step set.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod step_kernel {
    use crate::grid_rooms::components::records::*;
    use crate::grid_rooms::walking::rules::*;
    use pentathlon_engine::episode::records::*;
    use pentathlon_gym::seeding::philox::rules::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<Walk>);
    storage!(group(0), binding(3), read_write, EPISODES: RuntimeArray<Episode>);
    storage!(group(0), binding(4), read_write, OUTCOMES: RuntimeArray<Outcome>);
    storage!(group(0), binding(5), read_write, ACTIONS: RuntimeArray<i32>);
    storage!(group(0), binding(8), read_write, CONSTANTS: RuntimeArray<u32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn walk(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs || get!(EPISODES)[env].ended != 0u32 {
            return;
        }
        let mut state = get!(STATES)[env];
        let exits = get!(CONSTANTS)[EXITS_AT + state.cell];
        let slip = get!(CONSTANTS)[SLIP_WORD];
        let mut direction = u32(get!(ACTIONS)[env]);
        if slip > 0u32 {
            let mut stream = get!(EPISODES)[env].stream;
            if bounded(&mut stream, CHANCES) < slip {
                direction = nth_exit(exits, bounded(&mut stream, count_one_bits(exits)));
            }
            get_mut!(EPISODES)[env].stream = stream;
        }
        state.cell = walked(state.cell, direction, exits, get!(CONSTANTS)[SIDE_WORD]);
        get_mut!(STATES)[env] = state;
        get_mut!(OUTCOMES)[env].verdict = verdict_of(state);
    }
}

/// The Reward set.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod reward_kernel {
    use crate::grid_rooms::walking::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(4), read_write, OUTCOMES: RuntimeArray<Outcome>);
    storage!(group(0), binding(6), read_write, REWARDS: RuntimeArray<f32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn pay(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        get_mut!(REWARDS)[env] = paid(get!(OUTCOMES)[env].verdict);
    }
}

/// The Observe set: one entry point a form.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod observe_kernel {
    use crate::grid_rooms::components::records::*;
    use crate::grid_rooms::walking::rules::*;
    use pentathlon_engine::episode::records::*;
    use wgsl_rs::std::*;

    uniform!(group(0), binding(0), PARAMETERS: BatchParameters);
    storage!(group(0), binding(1), read_write, STATES: RuntimeArray<Walk>);
    storage!(group(0), binding(3), read_write, EPISODES: RuntimeArray<Episode>);
    storage!(group(0), binding(8), read_write, CONSTANTS: RuntimeArray<u32>);
    storage!(group(0), binding(11), read_write, ROWS: RuntimeArray<u32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn write_positions(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let side = get!(CONSTANTS)[SIDE_WORD];
        let scale = bitcast_f32(get!(CONSTANTS)[SCALE_WORD]);
        let cell = get!(STATES)[env].cell;
        get_mut!(ROWS)[2u32 * env] = bitcast_u32(coordinate(cell, 0u32, side, scale));
        get_mut!(ROWS)[2u32 * env + 1u32] = bitcast_u32(coordinate(cell, 1u32, side, scale));
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn write_goals(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let side = get!(CONSTANTS)[SIDE_WORD];
        let scale = bitcast_f32(get!(CONSTANTS)[SCALE_WORD]);
        let cell = get!(STATES)[env].goal;
        get_mut!(ROWS)[2u32 * env] = bitcast_u32(coordinate(cell, 0u32, side, scale));
        get_mut!(ROWS)[2u32 * env + 1u32] = bitcast_u32(coordinate(cell, 1u32, side, scale));
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn write_times(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        let elapsed = f32(get!(EPISODES)[env].elapsed);
        get_mut!(ROWS)[env] = bitcast_u32(elapsed * bitcast_f32(get!(CONSTANTS)[TIME_WORD]));
    }

    #[compute]
    #[workgroup_size(64)]
    pub fn write_cells(#[builtin(global_invocation_id)] id: Vec3u) {
        let env = id.x;
        if env >= get!(PARAMETERS).num_envs {
            return;
        }
        get_mut!(ROWS)[env] = get!(STATES)[env].cell;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::assert_sound;

    #[test]
    fn every_kernel_is_valid_wgsl_and_uses_the_bindings_it_names() {
        assert_sound(&kernels(&[0, 1, 2, 3]));
    }
}
