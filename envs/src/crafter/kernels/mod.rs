//! The wgpu shell: compute entry points that fetch an environment's numbers from storage, call the rules,
//! and store the results. One invocation an environment.

mod columns;
mod instances;
mod observe;
mod step;

use pentathlon_engine::{Binding, Kernel, Set};
use wgsl_rs::Source;

use crate::kernel::{OBSERVE, STEP, kernel};

use self::instances::linked;
use super::{
    daylight::{DAY_LENGTH, brightness},
    observations::forms::Form,
    options::CrafterOptions,
    rules::settlement::rules::PAY_CODES,
};

const REWARD: &[Binding] =
    &[Binding::Parameters, Binding::Items, Binding::Rewards, Binding::Constants, Binding::Channels];

const OBSERVE_ITEMS: &[Binding] = &[Binding::Parameters, Binding::Items, Binding::Observation];

const OBSERVE_STATES: &[Binding] =
    &[Binding::Parameters, Binding::States, Binding::Items, Binding::Observation];

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
        linked_kernel(Set::Step, &step::step_kernel::WGSL_SOURCE, "step_worlds", STEP, None),
        linked_kernel(Set::Reward, &step::reward_kernel::WGSL_SOURCE, "pay_players", REWARD, None),
    ];
    kernels.extend(observations.iter().filter_map(|&index| observe(index)));
    kernels
}

/// The kernel of an observation form; images, text and the forms with fractions are computed on the host.
fn observe(index: usize) -> Option<Kernel> {
    let (source, entry_point, bindings) = match Form::ALL[index] {
        Form::Symbolic => (&observe::symbolic_kernel::WGSL_SOURCE, "write_symbols", OBSERVE),
        Form::Semantic => (&observe::semantic_kernel::WGSL_SOURCE, "write_maps", OBSERVE_ITEMS),
        Form::Achievements => {
            (&observe::achievements_kernel::WGSL_SOURCE, "write_achievements", OBSERVE_ITEMS)
        }
        Form::Player => (&observe::player_kernel::WGSL_SOURCE, "write_players", OBSERVE_STATES),
        Form::Team => (&observe::team_kernel::WGSL_SOURCE, "write_teams", OBSERVE_STATES),
        Form::Messages => (&observe::messages_kernel::WGSL_SOURCE, "write_messages", OBSERVE_ITEMS),
        Form::Alive => (&observe::alive_kernel::WGSL_SOURCE, "write_alive", OBSERVE_ITEMS),
        Form::Image | Form::Classic | Form::Text => return None,
    };
    Some(linked_kernel(Set::Observe, source, entry_point, bindings, Some(index)))
}

/// A kernel whose rules are called by the names of their instances.
fn linked_kernel(
    set: Set,
    source: &Source,
    entry_point: &'static str,
    bindings: &'static [Binding],
    observation: Option<usize>,
) -> Kernel {
    let kernel = kernel(set, source, entry_point, bindings, observation);
    Kernel { source: linked(&kernel.source), ..kernel }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::assert_sound;

    #[test]
    fn every_kernel_is_valid_wgsl_and_uses_the_bindings_it_names() {
        let all: Vec<usize> = (0..Form::ALL.len()).collect();
        assert_sound(&kernels(&all));
    }
}
