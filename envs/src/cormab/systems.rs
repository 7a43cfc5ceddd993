//! The native shell of a step: fetches an environment's levels, calls the rules arm by arm, stores the
//! results. Arms go in groups of four, which the compiler turns into vectors.

use pentathlon_engine::{VectorWork, with_wide_vectors};
use pentathlon_gym::seeding::Random;

use super::{
    rules::process::{Pulled, TOP_LEVEL, arm_noise, joined, next_level, total_paid},
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
        return with_wide_vectors(MoveArms { noise, tables, levels, thresholds });
    }
    let thresholds = (0..tables.padded / GROUP).map(|group| {
        std::array::from_fn(|lane| {
            let arm = group * GROUP + lane;
            let touching = tables.touching[arm].iter().zip(pulled.words);
            let count: u32 = touching.map(|(touching, pulled)| (touching & pulled).count_ones()).sum();
            tables.thresholds[count as usize * tables.padded + arm]
        })
    });
    with_wide_vectors(MoveArms { noise, tables, levels, thresholds })
}

/// All arms of an environment move; the result is the reward.
struct MoveArms<'a, Thresholds> {
    /// The two words that the step draws.
    noise: [u32; 2],
    tables: &'a Tables,
    levels: &'a mut [u32],
    /// Thresholds of each group.
    thresholds: Thresholds,
}

impl<Thresholds: Iterator<Item = [u32; GROUP]>> VectorWork for MoveArms<'_, Thresholds> {
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        let [first, second] = self.noise;
        let mut sums = [0.0f32; GROUP];
        let rewards = self.tables.rewards.as_chunks::<GROUP>().0;
        let groups = self.levels.as_chunks_mut::<GROUP>().0.iter_mut().zip(rewards).zip(self.thresholds);
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
            // Looked up: as a choice between four it becomes branches that nothing can foresee.
            for lane in 0..GROUP {
                sums[lane] += rewards[lane][(levels[lane] & TOP_LEVEL) as usize];
            }
        }
        total_paid(sums[0], sums[1], sums[2], sums[3])
    }
}
