//! The native shell of a step: fetches an environment's levels, calls the rules arm by arm, stores the
//! results. Arms go in groups of four, which the compiler turns into vectors.

use pentathlon_gym::seeding::Random;

use super::{
    rules::process::{Pulled, arm_noise, joined, next_level, paid, total_paid},
    tables::Tables,
};

/// Arms of a group.
const GROUP: usize = 4;

/// The Act set: what the words of an action choose.
#[inline]
pub(super) fn pulled(action: &[i32]) -> Pulled {
    let mut words = [0; 4];
    for (word, halves) in words.iter_mut().zip(action.chunks(2)) {
        *word = joined(halves[0], halves.get(1).copied().unwrap_or_default());
    }
    Pulled { words }
}

/// The Step set: all arms move; the answer is the reward.
#[inline]
pub(super) fn step<R: Random>(random: &mut R, tables: &Tables, pulled: &Pulled, levels: &mut [u32]) -> f32 {
    let first = random.interval(u32::MAX);
    let second = random.interval(u32::MAX);
    if tables.own_components {
        let (passive, active) = tables.thresholds.split_at(tables.padded);
        let chosen = |arm: usize| {
            let threshold = [passive[arm], active[arm]];
            threshold[(pulled.words[arm / 32] >> (arm % 32) & 1) as usize]
        };
        return move_arms(first, second, tables, levels, chosen);
    }
    let by_count = |arm: usize| {
        let touching = tables.touching[arm].iter().zip(pulled.words);
        let count: u32 = touching.map(|(touching, pulled)| (touching & pulled).count_ones()).sum();
        tables.thresholds[count as usize * tables.padded + arm]
    };
    move_arms(first, second, tables, levels, by_count)
}

#[inline(always)]
fn move_arms(
    first: u32,
    second: u32,
    tables: &Tables,
    levels: &mut [u32],
    threshold: impl Fn(usize) -> u32,
) -> f32 {
    let padded = tables.padded;
    let rewards: [&[f32]; 4] = std::array::from_fn(|level| &tables.rewards[level * padded..][..padded]);
    let mut sums = [0.0f32; GROUP];
    for (group, levels) in levels.chunks_exact_mut(GROUP).enumerate() {
        let start = group * GROUP;
        let thresholds: [u32; GROUP] = std::array::from_fn(|lane| threshold(start + lane));
        let [at_0, at_1, at_2, at_3] = rewards.map(|row| &row[start..start + GROUP]);
        for lane in 0..GROUP {
            let noise = arm_noise(first, second, (start + lane) as u32);
            let level = next_level(levels[lane], noise, thresholds[lane]);
            levels[lane] = level;
            sums[lane] += paid(level, at_0[lane], at_1[lane], at_2[lane], at_3[lane]);
        }
    }
    total_paid(sums[0], sums[1], sums[2], sums[3])
}
