//! An action of a coupled bandit: a set of components, each an arm or an intervention, as a bit mask.

/// A set of components: bit `c` is set when component `c` is chosen. The masks of the golden files.
pub type ActionMask = u128;

/// Most components of an action, and most arms of an instance.
pub const MAX_COMPONENTS: usize = 128;

/// The components of `mask` in ascending order.
pub fn components(mask: ActionMask) -> impl Iterator<Item = usize> + Clone {
    let mut rest = mask;
    std::iter::from_fn(move || {
        (rest != 0).then(|| {
            let component = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            component
        })
    })
}

/// The set of all components below `count`, at most [`MAX_COMPONENTS`].
pub fn all_components(count: usize) -> ActionMask {
    if count >= MAX_COMPONENTS { ActionMask::MAX } else { (1 << count) - 1 }
}

/// The mask of an action as a batch takes it: one number for each component, 1 where it is chosen. `None`
/// when a number is neither 0 nor 1.
#[inline]
pub fn mask_of(action: &[i32]) -> Option<ActionMask> {
    let mut mask: ActionMask = 0;
    let mut others = 0;
    for (chunk, half) in action.chunks(64).enumerate() {
        let mut low = 0u64;
        for (component, &chosen) in half.iter().enumerate() {
            others |= chosen & !1;
            low |= u64::from(chosen as u32 & 1) << component;
        }
        mask |= ActionMask::from(low) << (64 * chunk);
    }
    (others == 0).then_some(mask)
}

/// Writes `mask` as a batch takes it: 1 for chosen components, 0 for others.
pub fn write_action(mask: ActionMask, action: &mut [i32]) {
    for (component, chosen) in action.iter_mut().enumerate() {
        *chosen = (mask >> component & 1) as i32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_numbers_are_the_same_action() {
        for mask in [0, 1, 0b1010, 1 << 127, ActionMask::MAX, 0xfeed_0000_0000_0000_0001] {
            let mut action = [7; MAX_COMPONENTS];
            write_action(mask, &mut action);
            assert_eq!(mask_of(&action), Some(mask));
            assert_eq!(components(mask).fold(0, |set, c| set | 1 << c), mask);
        }
        assert_eq!(mask_of(&[0, 2]), None);
        assert_eq!(mask_of(&[-1]), None);
        assert_eq!(all_components(3), 7);
        assert_eq!(all_components(128), ActionMask::MAX);
    }
}
