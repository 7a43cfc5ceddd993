//! The wgpu shell: compute entry points that fetch an environment's records and cells from storage,
//! call the rules, and store the results. One invocation an environment.
#![allow(clippy::manual_div_ceil, reason = "WGSL has no such function")]

mod columns;
mod instruction;
mod observe_grid;
mod observe_picture;
mod observe_text;
mod observe_view;
mod step;

use pentathlon_engine::{Binding, Kernel, Set};

use super::{
    observations::forms::Form, rules::settings::rules::Settings,
    tasks::objective::objectives::FOLLOW_INSTRUCTION,
};
use crate::kernel::{OBSERVE, STEP, kernel};

/// What the kernel that replaces actions by chance uses.
const ACT: &[Binding] = &[Binding::Parameters, Binding::Episodes, Binding::Actions, Binding::Constants];

/// What the reward kernel uses.
const REWARD: &[Binding] =
    &[Binding::Parameters, Binding::Episodes, Binding::Outcomes, Binding::Rewards, Binding::Constants];

/// What the reward kernel of tasks with an instruction uses.
const REWARD_BY_INSTRUCTION: &[Binding] = &[
    Binding::Parameters,
    Binding::Items,
    Binding::Episodes,
    Binding::Outcomes,
    Binding::Rewards,
    Binding::Constants,
];

/// What the kernel of an observation uses that the agent's pose does not change.
const OBSERVE_ITEMS: &[Binding] =
    &[Binding::Parameters, Binding::Items, Binding::Constants, Binding::Observation];

/// What the kernels of observations that tell the agent's pose alone use.
const OBSERVE_STATE: &[Binding] = &[Binding::Parameters, Binding::States, Binding::Observation];

/// What the kernel uses that looks up the mission.
const OBSERVE_TABLE: &[Binding] =
    &[Binding::Parameters, Binding::States, Binding::Constants, Binding::Observation];

/// The kernels of an id with `settings` that offers `forms`, and writes those that `observations`
/// lists.
pub(super) fn kernels(settings: &Settings, forms: &[Form], observations: &[usize]) -> Vec<Kernel> {
    let mut kernels = Vec::new();
    if settings.is_stochastic != 0 {
        kernels.push(kernel(Set::Act, &step::act_kernel::WGSL_SOURCE, "perturb_actions", ACT, None));
    }
    let follows = settings.objective == FOLLOW_INSTRUCTION;
    let (step, step_name, reward, reward_name, reward_bindings) = if follows {
        let (step, reward) =
            (&instruction::step_kernel::WGSL_SOURCE, &instruction::reward_kernel::WGSL_SOURCE);
        (step, "follow_instructions", reward, "pay_followers", REWARD_BY_INSTRUCTION)
    } else {
        let (step, reward) = (&step::step_kernel::WGSL_SOURCE, &step::reward_kernel::WGSL_SOURCE);
        (step, "step_grids", reward, "pay_agents", REWARD)
    };
    kernels.push(kernel(Set::Step, step, step_name, STEP, None));
    kernels.push(kernel(Set::Reward, reward, reward_name, reward_bindings, None));
    for &index in observations {
        let (source, entry_point, bindings) = match forms[index] {
            Form::Image => (&observe_view::image_kernel::WGSL_SOURCE, "write_images", OBSERVE),
            Form::OneHot => (&observe_view::one_hot_kernel::WGSL_SOURCE, "write_one_hots", OBSERVE),
            Form::Full => (&observe_grid::full_kernel::WGSL_SOURCE, "write_grids", OBSERVE),
            Form::Symbolic => (&observe_grid::symbolic_kernel::WGSL_SOURCE, "write_symbols", OBSERVE),
            Form::ActionMask if follows => {
                (&instruction::mask_kernel::WGSL_SOURCE, "write_follower_masks", OBSERVE)
            }
            // Sentences of instructions are written on the host.
            Form::Mission if follows => continue,
            Form::ActionMask => (&step::mask_kernel::WGSL_SOURCE, "write_masks", OBSERVE),
            Form::Direction => {
                (&observe_grid::direction_kernel::WGSL_SOURCE, "write_directions", OBSERVE_STATE)
            }
            Form::Position => (&observe_grid::position_kernel::WGSL_SOURCE, "write_positions", OBSERVE_STATE),
            Form::Mission => (&observe_text::mission_kernel::WGSL_SOURCE, "write_missions", OBSERVE_TABLE),
            Form::Flat => (&observe_text::flat_kernel::WGSL_SOURCE, "write_flats", OBSERVE),
            Form::Rgb => (&observe_picture::grid_kernel::WGSL_SOURCE, "paint_grids", OBSERVE),
            Form::RgbPartial => (&observe_picture::view_kernel::WGSL_SOURCE, "paint_views", OBSERVE),
            Form::Instruction => {
                (&instruction::fields_kernel::WGSL_SOURCE, "write_instructions", OBSERVE_ITEMS)
            }
            Form::GoalDirection => {
                (&observe_grid::goal_kernel::WGSL_SOURCE, "write_goal_directions", OBSERVE)
            }
        };
        kernels.push(kernel(Set::Observe, source, entry_point, bindings, Some(index)));
    }
    kernels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::assert_sound;
    use crate::minigrid::{
        MiniGrid,
        tasks::{babyai_tasks, tasks},
    };

    fn all_kernels() -> Vec<Kernel> {
        let build = pentathlon_gym::BuildOptions {
            options: [("stochastic_action".to_owned(), 0.5.into())].into(),
            ..Default::default()
        };
        let of_task = |task| {
            let domain = MiniGrid::new(task, &build).unwrap();
            let forms: Vec<Form> = Form::of_task(task).collect();
            kernels(domain.settings(), &forms, &(0..forms.len()).collect::<Vec<_>>())
        };
        [&tasks()[0], &babyai_tasks()[0]].into_iter().flat_map(of_task).collect()
    }

    #[test]
    fn every_kernel_is_valid_wgsl_and_uses_the_bindings_it_names() {
        assert_sound(&all_kernels());
    }
}
