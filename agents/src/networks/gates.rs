//! The gated recurrent unit on plain numbers, forwards and backwards, but for its products: loops that run in vectors,
//! and multiply and add at once where the processor does. As with products, results are the same to the bit on
//! processors that have the same of these.

/// Defines a function of one row twice, for the target's baseline and for AVX2 with FMA, and what chooses between them;
/// `FUSED` says within which it is. Functions rather than a closure within another: only arguments tell the compiler
/// that rows do not overlap.
macro_rules! in_wide_vectors {
    ($(#[$doc:meta])* fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $body:block) => {
        $(#[$doc])*
        fn $name() -> unsafe fn($($kind),*) {
            #[inline(never)]
            fn plain($($argument: $kind),*) {
                #[allow(dead_code, reason = "not every function asks")]
                const FUSED: bool = false;
                $body
            }
            #[cfg(target_arch = "x86_64")]
            {
                #[inline(never)]
                #[target_feature(enable = "avx2,fma")]
                fn wide($($argument: $kind),*) {
                    #[allow(dead_code, reason = "not every function asks")]
                    const FUSED: bool = true;
                    $body
                }
                if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                    return wide;
                }
            }
            plain
        }
    };
}

/// Writes gates and next states of rows, from what input and state contribute: `[rows, 3 * width]` each, reset gate,
/// update gate and candidate, to which the biases `[3 * width]` of both are added. `gates` gets these three, and what
/// the state contributes to the candidate.
pub(crate) fn advance(
    [x, h]: [&[f32]; 2],
    [x_bias, h_bias]: [&[f32]; 2],
    gates: &mut [f32],
    states: &[f32],
    next: &mut [f32],
) {
    let row = advance_row();
    let width = x_bias.len() / 3;
    let contributed = x.chunks_exact(3 * width).zip(h.chunks_exact(3 * width));
    let states = states.chunks_exact(width).zip(next.chunks_exact_mut(width));
    for (((x, h), gates), (state, next)) in contributed.zip(gates.chunks_exact_mut(4 * width)).zip(states) {
        // SAFETY: the function is one that this processor can run.
        unsafe { row(x, h, x_bias, h_bias, gates, state, next) };
    }
}

/// Rows backwards: `outer` is the gradient of the states after the step from the layers behind, `carried` that from
/// later steps, and afterwards that of the states `before` but for what goes through the recurrent product. Writes the
/// gradients of what input and state contribute.
pub(crate) fn retreat(
    [x, h]: [&mut [f32]; 2],
    gates: &[f32],
    outer: &[f32],
    carried: &mut [f32],
    before: &[f32],
    width: usize,
) {
    let row = retreat_row();
    let contributed = x.chunks_exact_mut(3 * width).zip(h.chunks_exact_mut(3 * width));
    let states = carried.chunks_exact_mut(width).zip(before.chunks_exact(width));
    let parts = contributed.zip(gates.chunks_exact(4 * width)).zip(outer.chunks_exact(width).zip(states));
    for (((x, h), gates), (outer, (carried, before))) in parts {
        // SAFETY: the function is one that this processor can run.
        unsafe { row(x, h, gates, outer, carried, before) };
    }
}

in_wide_vectors! {
    fn advance_row(
        x: &[f32],
        h: &[f32],
        x_bias: &[f32],
        h_bias: &[f32],
        gates: &mut [f32],
        state: &[f32],
        next: &mut [f32],
    ) {
        let width = next.len();
        let (reset, rest) = gates.split_at_mut(width);
        let (update, rest) = rest.split_at_mut(width);
        let (candidate, of_state) = rest.split_at_mut(width);
        let [x_reset, x_update, x_candidate] = [0, 1, 2].map(|at| &x[at * width..(at + 1) * width]);
        let [h_reset, h_update, h_candidate] = [0, 1, 2].map(|at| &h[at * width..(at + 1) * width]);
        let [bx_reset, bx_update, bx_candidate] = [0, 1, 2].map(|at| &x_bias[at * width..(at + 1) * width]);
        let [bh_reset, bh_update, bh_candidate] = [0, 1, 2].map(|at| &h_bias[at * width..(at + 1) * width]);
        let (of_state, state) = (&mut of_state[..width], &state[..width]);
        for i in 0..width {
            reset[i] = sigmoid::<FUSED>((x_reset[i] + bx_reset[i]) + (h_reset[i] + bh_reset[i]));
        }
        for i in 0..width {
            update[i] = sigmoid::<FUSED>((x_update[i] + bx_update[i]) + (h_update[i] + bh_update[i]));
        }
        for i in 0..width {
            of_state[i] = h_candidate[i] + bh_candidate[i];
        }
        for i in 0..width {
            let from_input = x_candidate[i] + bx_candidate[i];
            candidate[i] = tanh::<FUSED>(from_input + reset[i] * of_state[i]);
        }
        for i in 0..width {
            next[i] = update[i] * (state[i] - candidate[i]) + candidate[i];
        }
    }
}

in_wide_vectors! {
    fn retreat_row(
        x: &mut [f32],
        h: &mut [f32],
        gates: &[f32],
        outer: &[f32],
        carried: &mut [f32],
        before: &[f32],
    ) {
        let width = outer.len();
        let [reset, update, candidate, of_state] =
            [0, 1, 2, 3].map(|part| &gates[part * width..(part + 1) * width]);
        let (x_reset, rest) = x.split_at_mut(width);
        let (x_update, x_candidate) = rest.split_at_mut(width);
        let (h_reset, rest) = h.split_at_mut(width);
        let (h_update, h_candidate) = rest.split_at_mut(width);
        let (x_candidate, h_candidate) = (&mut x_candidate[..width], &mut h_candidate[..width]);
        let (carried, before) = (&mut carried[..width], &before[..width]);
        for i in 0..width {
            let state = outer[i] + carried[i];
            let of_candidate = state * (1.0 - update[i]) * (1.0 - candidate[i] * candidate[i]);
            let of_update = state * (before[i] - candidate[i]) * update[i] * (1.0 - update[i]);
            let of_reset = of_candidate * of_state[i] * reset[i] * (1.0 - reset[i]);
            (x_reset[i], x_update[i], x_candidate[i]) = (of_reset, of_update, of_candidate);
            (h_reset[i], h_update[i], h_candidate[i]) = (of_reset, of_update, of_candidate * reset[i]);
            carried[i] = state * update[i];
        }
    }
}

#[inline(always)]
fn sigmoid<const FUSED: bool>(x: f32) -> f32 {
    1.0 / (1.0 + exp::<FUSED>(-x))
}

#[inline(always)]
fn tanh<const FUSED: bool>(x: f32) -> f32 {
    1.0 - 2.0 / (exp::<FUSED>(2.0 * x) + 1.0)
}

/// The exponential to a few units in the last place, without a branch or a call: loops over it run in vector lanes. A
/// power of 2 times the Taylor series on half an octave at either side of 0.
#[inline(always)]
pub(crate) fn exp<const FUSED: bool>(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding it leaves no binary places behind the point, and the whole number in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let add = |a: f32, b: f32, c: f32| if FUSED { a.mul_add(b, c) } else { a * b + c };
    let x = x.clamp(-87.0, 87.0);
    let shifted = add(x, std::f32::consts::LOG2_E, ROUND);
    let octaves = shifted - ROUND;
    let rest = add(octaves, -LN_2_LOW, add(octaves, -LN_2_HIGH, x));
    let series = add(1.0 / 720.0, rest, 1.0 / 120.0);
    let series = add(series, rest, 1.0 / 24.0);
    let series = add(series, rest, 1.0 / 6.0);
    let series = add(series, rest, 0.5);
    let series = add(add(series, rest, 1.0), rest, 1.0);
    series * f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_accurate() {
        check::<false>();
        check::<true>();
    }

    fn check<const FUSED: bool>() {
        let (exp, sigmoid, tanh) = (exp::<FUSED>, sigmoid::<FUSED>, tanh::<FUSED>);
        for i in -8700..=8700 {
            let x = i as f32 / 100.0;
            let expected = f64::from(x).exp();
            assert!((f64::from(exp(x)) / expected - 1.0).abs() < 1e-6, "exp({x}) = {}", exp(x));
            assert!((f64::from(sigmoid(x)) - 1.0 / (1.0 + f64::from(-x).exp())).abs() < 2e-7, "{x}");
            assert!((f64::from(tanh(x)) - f64::from(x).tanh()).abs() < 3e-7, "{x}");
        }
        assert_eq!((sigmoid(1e9), sigmoid(-1e9) < 1e-30, tanh(1e9), tanh(-1e9)), (1.0, true, 1.0, -1.0));
    }
}
