//! Enumeration on wgpu: the rule by which a unit adds to the next layer, written once for both devices, and the
//! compute kernel that values every action of a feasible set for every state of a batch.

#![allow(clippy::manual_div_ceil, reason = "WGSL has no such function")]

/// What the native enumeration computes with, too.
#[allow(missing_docs, reason = "the macro adds items that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    /// Widest layer that a kernel has room for.
    pub const MOST_UNITS: u32 = 64u32;

    /// A sum in the next layer with what a unit adds whose pre-activation is `unit`.
    pub fn with_unit(sum: f32, unit: f32, weight: f32) -> f32 {
        #![inline(always)]
        sum + select(0.0f32, unit, unit > 0.0f32) * weight
    }
}

/// Groups of sixty-four invocations share the actions of a state among them, `x` the state and `y` the group; each
/// invocation leaves its best action, and the value
/// of its second best, by which the host sees whether rounding leaves a doubt.
#[allow(missing_docs, dead_code, reason = "items of the macro; run as WGSL only")]
#[wgsl_rs::wgsl]
pub mod kernel {
    use super::rules::*;
    use wgsl_rs::std::*;

    storage!(group(0), binding(0), read_write, SIZES: RuntimeArray<u32>);
    storage!(group(0), binding(1), read_write, ACTIONS: RuntimeArray<u32>);
    storage!(group(0), binding(2), read_write, WEIGHTS: RuntimeArray<f32>);
    storage!(group(0), binding(3), read_write, OFFSETS: RuntimeArray<f32>);
    storage!(group(0), binding(4), read_write, BEST: RuntimeArray<u32>);

    #[compute]
    #[workgroup_size(64)]
    pub fn value_actions(#[builtin(global_invocation_id)] id: Vec3u) {
        let state = id.x / 64u32;
        let lane = id.x % 64u32;
        let group = id.y;
        let states = get!(SIZES)[0u32];
        let actions = get!(SIZES)[1u32];
        let components = get!(SIZES)[2u32];
        let units = get!(SIZES)[3u32];
        let layers = get!(SIZES)[4u32];
        let rounds = get!(SIZES)[5u32];
        let groups = get!(SIZES)[6u32];
        if state >= states {
            return;
        }
        let mut best = 0u32;
        let mut best_value = -3.0e38f32;
        let mut second_value = -3.0e38f32;
        let mut current: [f32; 64] = [0.0f32; 64];
        let mut next: [f32; 64] = [0.0f32; 64];
        #[wgsl_allow(non_literal_loop_bounds)]
        for round in 0..rounds {
            let action = (group * rounds + round) * 64u32 + lane;
            if action < actions {
                #[wgsl_allow(non_literal_loop_bounds)]
                for unit in 0..units {
                    current[unit as usize] = get!(OFFSETS)[state * units + unit];
                }
                #[wgsl_allow(non_literal_loop_bounds)]
                for component in 0..components {
                    let word = get!(ACTIONS)[4u32 * action + component / 32u32];
                    if ((word >> (component % 32u32)) & 1u32) == 1u32 {
                        #[wgsl_allow(non_literal_loop_bounds)]
                        for unit in 0..units {
                            current[unit as usize] += get!(WEIGHTS)[component * units + unit];
                        }
                    }
                }
                #[wgsl_allow(non_literal_loop_bounds)]
                for layer in 0..layers {
                    let inputs = get!(SIZES)[7u32 + 3u32 * layer];
                    let outputs = get!(SIZES)[8u32 + 3u32 * layer];
                    let weights_at = get!(SIZES)[9u32 + 3u32 * layer];
                    let biases_at = weights_at + inputs * outputs;
                    #[wgsl_allow(non_literal_loop_bounds)]
                    for output in 0..outputs {
                        next[output as usize] = get!(WEIGHTS)[biases_at + output];
                    }
                    #[wgsl_allow(non_literal_loop_bounds)]
                    for input in 0..inputs {
                        let unit = current[input as usize];
                        let row = weights_at + input * outputs;
                        #[wgsl_allow(non_literal_loop_bounds)]
                        for output in 0..outputs {
                            let sum = next[output as usize];
                            next[output as usize] = with_unit(sum, unit, get!(WEIGHTS)[row + output]);
                        }
                    }
                    #[wgsl_allow(non_literal_loop_bounds)]
                    for output in 0..outputs {
                        current[output as usize] = next[output as usize];
                    }
                }
                let value = current[0usize];
                if value > best_value {
                    second_value = best_value;
                    best_value = value;
                    best = action;
                } else if value > second_value {
                    second_value = value;
                }
            }
        }
        let at = 3u32 * ((state * groups + group) * 64u32 + lane);
        get_mut!(BEST)[at] = best;
        get_mut!(BEST)[at + 1u32] = bitcast_u32(best_value);
        get_mut!(BEST)[at + 2u32] = bitcast_u32(second_value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_what_is_above_zero() {
        assert_eq!(rules::with_unit(1.0, 2.0, 3.0), 7.0);
        assert_eq!(rules::with_unit(1.0, -2.0, 3.0), 1.0);
    }

    #[test]
    fn the_kernel_is_wgsl() {
        let source = kernel::WGSL_SOURCE.wgsl_source().expect("transpiles");
        assert!(source.contains("fn value_actions") && source.contains("fn with_unit"), "{source}");
    }
}
