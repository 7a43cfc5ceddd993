//! The wgpu shell of multi-agent grid worlds: compute entry points that fetch a team and its cells from
//! storage, call the rules, and store the results. One invocation an environment.
#![allow(clippy::manual_div_ceil, reason = "WGSL has no such function")]

mod columns;
mod observe;
mod step;

use pentathlon_engine::{Binding, Kernel, Set};

use crate::kernel::{OBSERVE, STEP, kernel};

use super::{
    observations::Form,
    rules::settings::rules::{FORAGE, TeamSettings},
};

/// What the reward kernel uses.
const REWARD: &[Binding] = &[Binding::Parameters, Binding::States, Binding::Rewards, Binding::Constants];

/// What the kernel of directions uses.
const OBSERVE_TEAM: &[Binding] = &[Binding::Parameters, Binding::States, Binding::Observation];

/// The kernels of a task with `settings` that offers `forms`, and writes those that `observations` lists.
pub(super) fn kernels(settings: &TeamSettings, forms: &[Form], observations: &[usize]) -> Vec<Kernel> {
    let (source, entry_point) = if settings.rule == FORAGE {
        (&step::forage_kernel::WGSL_SOURCE, "step_foragers")
    } else {
        (&step::grid_kernel::WGSL_SOURCE, "step_teams")
    };
    let mut kernels = vec![
        kernel(Set::Step, source, entry_point, STEP, None),
        kernel(Set::Reward, &step::reward_kernel::WGSL_SOURCE, "pay_teams", REWARD, None),
    ];
    for &index in observations {
        let (source, entry_point, bindings) = match forms[index] {
            Form::Image => (&observe::image_kernel::WGSL_SOURCE, "write_views", OBSERVE),
            Form::Direction => {
                (&observe::direction_kernel::WGSL_SOURCE, "write_team_directions", OBSERVE_TEAM)
            }
            Form::Planes => (&observe::plane_kernel::WGSL_SOURCE, "write_planes", OBSERVE),
            Form::Vector => (&observe::vector_kernel::WGSL_SOURCE, "write_vectors", OBSERVE),
            Form::State => (&observe::state_kernel::WGSL_SOURCE, "write_team_states", OBSERVE),
            Form::Full => (&observe::full_kernel::WGSL_SOURCE, "write_team_grids", OBSERVE),
            Form::ActionMask if settings.rule == FORAGE => {
                (&observe::forage_mask_kernel::WGSL_SOURCE, "write_forage_masks", OBSERVE)
            }
            Form::ActionMask => (&observe::mask_kernel::WGSL_SOURCE, "write_team_masks", OBSERVE),
        };
        kernels.push(kernel(Set::Observe, source, entry_point, bindings, Some(index)));
    }
    kernels
}

#[cfg(test)]
mod tests {
    use pentathlon_engine::Domain;
    use pentathlon_gym::BuildOptions;

    use crate::kernel::assert_sound;
    use crate::multigrid::{MultiGrid, tasks::TASKS};

    #[test]
    fn every_kernel_is_valid_wgsl_and_uses_the_bindings_it_names() {
        for task in &TASKS {
            let domain = MultiGrid::new(task, &BuildOptions::default()).unwrap();
            let forms: Vec<usize> = (0..domain.spec().observations.len()).collect();
            assert_sound(&domain.kernels(&forms));
        }
    }
}
