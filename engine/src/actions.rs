//! Checks of what a caller hands to a step or a reset, before anything changes.

use pentathlon_gym::{Actions, ContextParameter, Error, Space};

use crate::{domain::Domain, plan::Plan};

/// Actions as words, `[num_envs, num_agents, action words]`; floats as their bits.
pub(crate) fn check_actions<'a, D: Domain>(plan: &Plan<D>, actions: Actions<'a>) -> Result<&'a [i32], Error> {
    let space = &plan.spec().action_space;
    let (words, floats): (&[i32], &[f32]) = match actions {
        Actions::Discrete(words) => (words, &[]),
        Actions::Continuous(floats) => (bytemuck::cast_slice(floats), floats),
    };
    let continuous = matches!(actions, Actions::Continuous(_));
    let sizes = plan.sizes;
    let refused = |index: usize, value: String, allowed: String| {
        let row = index / sizes.action_words.max(1);
        Err(Error::InvalidAction {
            env: row / sizes.num_agents,
            agent: row % sizes.num_agents,
            value,
            allowed,
        })
    };
    match (space, continuous) {
        (Space::Box { low, high, .. }, false) => {
            return refused(0, String::from("a whole number"), format!("f32 values from {low} to {high}"));
        }
        (Space::Discrete { .. } | Space::MultiDiscrete { .. }, true) => {
            return refused(
                0,
                String::from("an f32"),
                String::from("i32 values: the action space is discrete"),
            );
        }
        _ => {}
    }
    let expected = sizes.num_envs * sizes.actions();
    if words.len() != expected {
        return Err(Error::WrongLength {
            what: "actions",
            got: words.len(),
            expected,
            shape: format!(
                "{} environments x {} agents x {} values",
                sizes.num_envs, sizes.num_agents, sizes.action_words
            ),
        });
    }
    match space {
        Space::Discrete { n, start } => {
            // An unsigned comparison after the shift finds both ends; the sum stays within the loop's
            // vector registers, and the position is looked for only when there is something to find.
            let outside = |word: &i32| (word.wrapping_sub(*start) as u32) >= *n;
            if words.iter().fold(false, |any, word| any | outside(word)) {
                let index = words.iter().position(outside).unwrap_or(0);
                let last = i64::from(*start) + i64::from(*n) - 1;
                return refused(index, words[index].to_string(), format!("{start} to {last}"));
            }
        }
        Space::MultiDiscrete { n } => {
            for (index, word) in words.iter().enumerate() {
                let count = n[index % n.len()];
                if *word as u32 >= count || *word < 0 {
                    let allowed = format!("0 to {} for value {}", i64::from(count) - 1, index % n.len());
                    return refused(index, word.to_string(), allowed);
                }
            }
        }
        Space::Box { low, high, .. } => {
            if let Some(index) = floats.iter().position(|value| !(*low..=*high).contains(value)) {
                return refused(index, floats[index].to_string(), format!("{low} to {high}"));
            }
        }
        Space::Dict(_) | Space::Text { .. } => {
            return refused(
                0,
                String::from("any"),
                String::from("nothing: the action space is not supported"),
            );
        }
    }
    Ok(words)
}

/// A context of the whole batch, `[num_envs, spec.context.len()]`, within the declared ranges; with a
/// level pool only the defaults.
pub(crate) fn check_context<D: Domain>(plan: &Plan<D>, context: &[f32]) -> Result<(), Error> {
    check_context_of(plan, plan.sizes.num_envs, context)
}

/// [`check_context`] of the context of `num_envs` environments.
pub(crate) fn check_context_of<D: Domain>(
    plan: &Plan<D>,
    num_envs: usize,
    context: &[f32],
) -> Result<(), Error> {
    let parameters = &plan.spec().context;
    let expected = num_envs * plan.sizes.context;
    if context.len() != expected {
        return Err(Error::WrongLength {
            what: "context",
            got: context.len(),
            expected,
            shape: format!("{num_envs} environments x {} parameters", plan.sizes.context),
        });
    }
    if parameters.is_empty() {
        return Ok(());
    }
    for (env, row) in context.chunks(parameters.len()).enumerate() {
        for (parameter, &value) in parameters.iter().zip(row) {
            let allowed = allowed_context(parameter);
            let refused = |allowed| {
                Err(Error::InvalidContext { env, parameter: parameter.name.clone(), value, allowed })
            };
            let whole = !parameter.integer || value.fract() == 0.0;
            if !(parameter.low..=parameter.high).contains(&value) || !whole {
                return refused(allowed);
            }
            if plan.pool_len() > 0 && value != parameter.default {
                return refused(format!(
                    "{}, the default, in a batch with a fixed pool of levels; build it with Levels::Fresh for {allowed}",
                    parameter.default
                ));
            }
        }
    }
    Ok(())
}

fn allowed_context(parameter: &ContextParameter) -> String {
    let kind = if parameter.integer { "whole numbers " } else { "" };
    format!("{kind}{} to {}", parameter.low, parameter.high)
}

/// One flag an environment.
pub(crate) fn check_mask<D: Domain>(plan: &Plan<D>, mask: Option<&[bool]>) -> Result<(), Error> {
    let num_envs = plan.sizes.num_envs;
    match mask {
        Some(mask) if mask.len() != num_envs => Err(Error::WrongLength {
            what: "reset mask",
            got: mask.len(),
            expected: num_envs,
            shape: format!("{num_envs} environments"),
        }),
        _ => Ok(()),
    }
}
