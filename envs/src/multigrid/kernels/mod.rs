//! The wgpu shell of multi-agent grid worlds: compute entry points that fetch a team and its cells from
//! storage, call the rules, and store the results. One invocation an environment.
#![allow(clippy::manual_div_ceil, reason = "WGSL has no such function")]

mod columns;
mod observe;
mod step;

use pentathlon_engine::{Binding, Kernel, Set};
use wgsl_rs::Source;

use super::{
    observations::Form,
    rules::settings::rules::{FORAGE, TeamSettings},
};

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

/// What the reward kernel uses.
const REWARD: &[Binding] = &[Binding::Parameters, Binding::States, Binding::Rewards, Binding::Constants];

/// What most observation kernels use.
const OBSERVE: &[Binding] =
    &[Binding::Parameters, Binding::States, Binding::Items, Binding::Constants, Binding::Observation];

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

#[cfg(test)]
mod tests {
    use naga::valid::{Capabilities, ValidationFlags, Validator};
    use pentathlon_engine::{Domain, Kernel};
    use pentathlon_gym::BuildOptions;

    use crate::multigrid::{MultiGrid, tasks::TASKS};

    /// What is wrong with a kernel: it does not parse, is not valid, or uses other bindings than it names.
    fn fault_of(kernel: &Kernel) -> Option<String> {
        let name = kernel.entry_point;
        let module = match naga::front::wgsl::parse_str(&kernel.source) {
            Ok(module) => module,
            Err(error) => return Some(format!("{name}: {}", error.emit_to_string(&kernel.source))),
        };
        let info = match Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module) {
            Ok(info) => info,
            Err(error) => return Some(format!("{name}: {}", error.emit_to_string(&kernel.source))),
        };
        let Some(index) = module.entry_points.iter().position(|entry| entry.name == name) else {
            return Some(format!("no entry point {name}"));
        };
        let mut used: Vec<u32> = module
            .global_variables
            .iter()
            .filter(|(handle, _)| !info.get_entry_point(index)[*handle].is_empty())
            .filter_map(|(_, variable)| variable.binding.as_ref().map(|binding| binding.binding))
            .collect();
        let mut named: Vec<u32> = kernel.bindings.iter().map(|binding| *binding as u32).collect();
        used.sort_unstable();
        named.sort_unstable();
        (used != named).then(|| format!("{name} uses the bindings {used:?} and names {named:?}"))
    }

    #[test]
    fn every_kernel_is_valid_wgsl_and_uses_the_bindings_it_names() {
        let mut faults: Vec<String> = Vec::new();
        for task in &TASKS {
            let domain = MultiGrid::new(task, &BuildOptions::default()).unwrap();
            let forms: Vec<usize> = (0..domain.spec().observations.len()).collect();
            faults.extend(domain.kernels(&forms).iter().filter_map(fault_of));
        }
        faults.dedup();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
