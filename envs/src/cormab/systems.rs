//! The native shell of a step: fetches an environment's levels, calls the rules arm by arm, stores the
//! results. Arms go in groups of four, which the compiler turns into vectors.

use pentathlon_gym::seeding::Random;

use super::{
    rules::process::{Pulled, arm_noise, joined, next_level, paid, total_paid},
    tables::{GROUP, Tables},
};

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
    let noise = [random.interval(u32::MAX), random.interval(u32::MAX)];
    if tables.own_components {
        let (passive, active) = tables.thresholds.split_at(tables.padded);
        let (passive, active) = (passive.as_chunks::<GROUP>().0, active.as_chunks::<GROUP>().0);
        let groups = passive.iter().zip(active).enumerate();
        let thresholds = groups.map(|(group, (passive, active))| {
            let chosen = pulled.words[group / 8 % 4] >> (GROUP * (group % 8));
            let mut thresholds = *passive;
            for (lane, threshold) in thresholds.iter_mut().enumerate() {
                *threshold = if chosen >> lane & 1 == 1 { active[lane] } else { *threshold };
            }
            thresholds
        });
        return move_arms(noise, tables, levels, thresholds);
    }
    let thresholds = (0..tables.padded / GROUP).map(|group| {
        std::array::from_fn(|lane| {
            let arm = group * GROUP + lane;
            let touching = tables.touching[arm].iter().zip(pulled.words);
            let count: u32 = touching.map(|(touching, pulled)| (touching & pulled).count_ones()).sum();
            tables.thresholds[count as usize * tables.padded + arm]
        })
    });
    move_arms(noise, tables, levels, thresholds)
}

/// Moves the arms, groups of which have these thresholds.
#[inline(always)]
fn move_arms(
    [first, second]: [u32; 2],
    tables: &Tables,
    levels: &mut [u32],
    thresholds: impl Iterator<Item = [u32; GROUP]>,
) -> f32 {
    let mut sums = [0.0f32; GROUP];
    let groups = levels.as_chunks_mut::<GROUP>().0.iter_mut().zip(&tables.rewards).zip(thresholds);
    let mut arm = 0u32;
    for ((levels, rewards), thresholds) in groups {
        // No `array::from_fn`: its closure is not always inlined, and then nothing becomes a vector.
        let mut noise = [0; GROUP];
        for (lane, noise) in noise.iter_mut().enumerate() {
            *noise = arm_noise(first, second, arm.wrapping_add(lane as u32));
        }
        arm = arm.wrapping_add(GROUP as u32);
        for lane in 0..GROUP {
            levels[lane] = next_level(levels[lane], noise[lane], thresholds[lane]);
        }
        let [at_0, at_1, at_2, at_3] = rewards;
        for lane in 0..GROUP {
            sums[lane] += paid(levels[lane], at_0[lane], at_1[lane], at_2[lane], at_3[lane]);
        }
    }
    total_paid(sums[0], sums[1], sums[2], sums[3])
}
