//! The wgpu shell: compute entry points that fetch an environment's records and cells from storage,
//! call the rules, and store the results. One invocation an environment.

mod columns;
mod observe_grid;
mod observe_view;
mod step;

use pentathlon_engine::{Binding, Kernel, Set};
use wgsl_rs::Source;

use super::{observations::forms::Form, rules::settings::rules::Settings};

/// Invocations per workgroup of all kernels.
const WORKGROUP: u32 = 64;

/// What step kernels use.
const STEP: &[Binding] = &[
    Binding::Parameters,
    Binding::States,
    Binding::Items,
    Binding::Episodes,
    Binding::Outcomes,
    Binding::Actions,
    Binding::Events,
    Binding::Constants,
];

/// What the kernel that replaces actions by chance uses.
const ACT: &[Binding] =
    &[Binding::Parameters, Binding::Episodes, Binding::Actions, Binding::Constants];

/// What the reward kernel uses.
const REWARD: &[Binding] = &[
    Binding::Parameters,
    Binding::Episodes,
    Binding::Outcomes,
    Binding::Rewards,
    Binding::Constants,
];

/// What most observation kernels use.
const OBSERVE: &[Binding] = &[
    Binding::Parameters,
    Binding::States,
    Binding::Items,
    Binding::Constants,
    Binding::Observation,
];

/// What the kernels of observations that tell the agent's pose alone use.
const OBSERVE_STATE: &[Binding] = &[Binding::Parameters, Binding::States, Binding::Observation];

/// The kernels of an id with `settings` that offers `forms`, and writes those that `observations`
/// lists.
pub(super) fn kernels(settings: &Settings, forms: &[Form], observations: &[usize]) -> Vec<Kernel> {
    let mut kernels = Vec::new();
    if settings.is_stochastic != 0 {
        kernels.push(kernel(Set::Act, &step::act_kernel::WGSL_SOURCE, "perturb_actions", ACT, None));
    }
    kernels.push(kernel(Set::Step, &step::step_kernel::WGSL_SOURCE, "step_grids", STEP, None));
    kernels.push(kernel(Set::Reward, &step::reward_kernel::WGSL_SOURCE, "pay_agents", REWARD, None));
    for &index in observations {
        let (source, entry_point, bindings) = match forms[index] {
            Form::Image => (&observe_view::image_kernel::WGSL_SOURCE, "write_images", OBSERVE),
            Form::OneHot => (&observe_view::one_hot_kernel::WGSL_SOURCE, "write_one_hots", OBSERVE),
            Form::Full => (&observe_grid::full_kernel::WGSL_SOURCE, "write_grids", OBSERVE),
            Form::Symbolic => (&observe_grid::symbolic_kernel::WGSL_SOURCE, "write_symbols", OBSERVE),
            Form::ActionMask => (&step::mask_kernel::WGSL_SOURCE, "write_masks", OBSERVE),
            Form::Direction => {
                (&observe_grid::direction_kernel::WGSL_SOURCE, "write_directions", OBSERVE_STATE)
            }
            Form::Position => {
                (&observe_grid::position_kernel::WGSL_SOURCE, "write_positions", OBSERVE_STATE)
            }
            // The engine writes these on the host.
            Form::Mission | Form::Flat | Form::Rgb | Form::RgbPartial | Form::GoalDirection => continue,
        };
        kernels.push(kernel(Set::Observe, source, entry_point, bindings, Some(index)));
    }
    kernels
}

fn kernel(
    set: Set,
    source: &Source,
    entry_point: &'static str,
    bindings: &'static [Binding],
    observation: Option<usize>,
) -> Kernel {
    let source = source.wgsl_source().expect("a test transpiles every kernel");
    Kernel { set, source, entry_point, bindings, workgroup_size: WORKGROUP, observation }
}
