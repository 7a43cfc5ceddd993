//! The wgpu shell: compute entry points that fetch an environment's numbers from storage, call the rules,
//! and store the results. One invocation an environment.

mod columns;
mod instances;
mod observe;
mod step;

use pentathlon_engine::{Binding, Kernel, Set};
use wgsl_rs::Source;

use self::instances::linked;
use super::{
    daylight::{DAY_LENGTH, brightness},
    observations::forms::Form,
    options::CrafterOptions,
    rules::settlement::rules::PAY_CODES,
};

/// Invocations per workgroup of all kernels.
const WORKGROUP: u32 = 64;

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

const REWARD: &[Binding] = &[Binding::Parameters, Binding::Items, Binding::Rewards, Binding::Constants];

const OBSERVE_ITEMS: &[Binding] = &[Binding::Parameters, Binding::Items, Binding::Observation];

const OBSERVE_STATES: &[Binding] =
    &[Binding::Parameters, Binding::States, Binding::Items, Binding::Observation];

const OBSERVE_LIGHT: &[Binding] =
    &[Binding::Parameters, Binding::States, Binding::Items, Binding::Constants, Binding::Observation];

/// The words that kernels read through [`Binding::Constants`], in the order of the storage module.
pub(super) fn constants(
    options: &CrafterOptions,
    light: &[u32; DAY_LENGTH as usize],
    rewards: &[f64; PAY_CODES as usize],
) -> Vec<u32> {
    let brightness = (0..DAY_LENGTH).map(|step| u32::from(brightness(step)));
    let rewards = rewards.iter().map(|reward| (*reward as f32).to_bits());
    let (pay, shared) = (options.pay.code(), u32::from(options.shares_reward));
    [pay].into_iter().chain(*light).chain(brightness).chain(rewards).chain([shared]).collect()
}

/// The kernels of an id that writes the forms that `observations` lists.
pub(super) fn kernels(observations: &[usize]) -> Vec<Kernel> {
    let mut kernels = vec![
        kernel(Set::Step, &step::step_kernel::WGSL_SOURCE, "step_worlds", STEP, None),
        kernel(Set::Reward, &step::reward_kernel::WGSL_SOURCE, "pay_players", REWARD, None),
    ];
    kernels.extend(observations.iter().filter_map(|&index| observe(index)));
    kernels
}

/// The kernel of an observation form; images, text and the forms with fractions are computed on the host.
fn observe(index: usize) -> Option<Kernel> {
    let (source, entry_point, bindings) = match Form::ALL[index] {
        Form::Symbolic => (&observe::symbolic_kernel::WGSL_SOURCE, "write_symbols", OBSERVE_LIGHT),
        Form::Semantic => (&observe::semantic_kernel::WGSL_SOURCE, "write_maps", OBSERVE_ITEMS),
        Form::Achievements => {
            (&observe::achievements_kernel::WGSL_SOURCE, "write_achievements", OBSERVE_ITEMS)
        }
        Form::Player => (&observe::player_kernel::WGSL_SOURCE, "write_players", OBSERVE_STATES),
        Form::Team => (&observe::team_kernel::WGSL_SOURCE, "write_teams", OBSERVE_STATES),
        Form::Messages => (&observe::messages_kernel::WGSL_SOURCE, "write_messages", OBSERVE_ITEMS),
        Form::Image | Form::Classic | Form::Text => return None,
    };
    Some(kernel(Set::Observe, source, entry_point, bindings, Some(index)))
}

fn kernel(
    set: Set,
    source: &Source,
    entry_point: &'static str,
    bindings: &'static [Binding],
    observation: Option<usize>,
) -> Kernel {
    let source = linked(&source.wgsl_source().expect("the rules transpile, which a test holds"));
    Kernel { set, source, entry_point, bindings, workgroup_size: WORKGROUP, observation }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_is_valid_wgsl() {
        let all: Vec<usize> = (0..Form::ALL.len()).collect();
        for kernel in kernels(&all) {
            let module = naga::front::wgsl::parse_str(&kernel.source)
                .unwrap_or_else(|error| panic!("{}", error.emit_to_string(&kernel.source)));
            naga::valid::Validator::new(
                naga::valid::ValidationFlags::all(),
                naga::valid::Capabilities::empty(),
            )
            .validate(&module)
            .unwrap_or_else(|error| {
                panic!("{}: {}", kernel.entry_point, error.emit_to_string(&kernel.source))
            });
            assert!(module.entry_points.iter().any(|entry| entry.name == kernel.entry_point));
        }
    }
}
