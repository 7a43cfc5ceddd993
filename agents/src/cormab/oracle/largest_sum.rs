//! The largest sums of a limited number of values: alone, and of several rows side by side.

use pentathlon_envs::cormab::action::MAX_COMPONENTS;

/// Rows side by side.
pub(super) const WIDTH: usize = 8;

/// One number of each of some rows side by side.
pub(super) type Lanes = [f32; WIDTH];

/// Most numbers of a row whose largest are kept in order; more are selected, one row after the other.
const MOST_IN_ORDER: usize = 32;

/// Eight entries of `row` from `begin`, 0 beyond its end.
#[inline(always)]
pub(super) fn read(row: &[f32], begin: usize) -> Lanes {
    if let Some(Ok(lanes)) = row.get(begin..begin + WIDTH).map(TryInto::try_into) {
        return lanes;
    }
    let rest = &row[begin..];
    std::array::from_fn(|lane| rest.get(lane).copied().unwrap_or_default())
}

/// The largest sum, in each row, of `sign` times at least `numbers.0` and at most `numbers.1` of its values.
#[inline(always)]
pub(super) fn largest_sums(
    values: &[Lanes],
    sign: f32,
    numbers: (usize, usize),
    sorted: &mut Vec<f32>,
) -> Lanes {
    let (least, most) = (numbers.0.min(values.len()), numbers.1.min(values.len()));
    let mut sums = [0.0; WIDTH];
    if least == 0 && most == values.len() {
        for lanes in values {
            for (sum, value) in sums.iter_mut().zip(lanes) {
                let value = sign * value;
                *sum += if value > 0.0 { value } else { 0.0 };
            }
        }
        return sums;
    }
    if most > MOST_IN_ORDER {
        let mut row = [0.0; MAX_COMPONENTS];
        let row = &mut row[..values.len()];
        for (lane, sum) in sums.iter_mut().enumerate() {
            row.iter_mut().zip(values).for_each(|(value, lanes)| *value = lanes[lane]);
            *sum = largest_sum(row, sign, numbers, sorted);
        }
        return sums;
    }
    // The largest so far, in descending order.
    let mut top = [[f32::NEG_INFINITY; WIDTH]; MOST_IN_ORDER];
    let top = &mut top[..most];
    for lanes in values {
        let mut left = *lanes;
        for value in &mut left {
            *value *= sign;
        }
        for place in top.iter_mut() {
            for (kept, value) in place.iter_mut().zip(left.iter_mut()) {
                let (larger, smaller) = if *value > *kept { (*value, *kept) } else { (*kept, *value) };
                (*kept, *value) = (larger, smaller);
            }
        }
    }
    for (place, lanes) in top.iter().enumerate() {
        for (sum, value) in sums.iter_mut().zip(lanes) {
            *sum += if place < least || *value > 0.0 { *value } else { 0.0 };
        }
    }
    sums
}

/// The largest sum of `sign` times at least `numbers.0` and at most `numbers.1` of `values`.
pub(super) fn largest_sum(values: &[f32], sign: f32, numbers: (usize, usize), sorted: &mut Vec<f32>) -> f32 {
    let (least, most) = (numbers.0.min(values.len()), numbers.1.min(values.len()));
    if most == 0 {
        return 0.0;
    }
    if least == 0 && most == values.len() {
        return values.iter().map(|value| (sign * value).max(0.0)).sum();
    }
    sorted.clear();
    if most <= 8 {
        // The largest so far, in descending order.
        let mut top = [f32::NEG_INFINITY; 8];
        let top = &mut top[..most];
        for value in values {
            let mut value = sign * value;
            if value <= top[most - 1] {
                continue;
            }
            for place in &mut *top {
                if value > *place {
                    std::mem::swap(place, &mut value);
                }
            }
        }
        sorted.extend_from_slice(top);
    } else {
        sorted.extend(values.iter().map(|value| sign * value));
        if most < sorted.len() {
            sorted.select_nth_unstable_by(most - 1, |a, b| b.total_cmp(a));
            sorted.truncate(most);
        }
        if least > 0 {
            sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        }
    }
    let needed: f32 = sorted[..least].iter().sum();
    needed + sorted[least..].iter().map(|value| value.max(0.0)).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_take_as_many_as_they_may_and_must() {
        let values = [3.0, -1.0, 2.0, -4.0];
        let sum = |sign, numbers| largest_sum(&values, sign, numbers, &mut Vec::new());
        assert_eq!(sum(1.0, (0, 1)), 3.0);
        assert_eq!(sum(1.0, (0, 4)), 5.0);
        assert_eq!(sum(1.0, (3, 3)), 4.0);
        assert_eq!(sum(-1.0, (0, 2)), 5.0);
        assert_eq!(sum(1.0, (0, 0)), 0.0);
        let many: Vec<f32> = (0..40).map(|value| value as f32 - 20.0).collect();
        assert_eq!(largest_sum(&many, 1.0, (0, 10), &mut Vec::new()), (10..20).sum::<i32>() as f32);
        assert_eq!(largest_sum(&many, 1.0, (30, 30), &mut Vec::new()), (-10..20).sum::<i32>() as f32);
    }

    #[test]
    fn rows_side_by_side_have_the_sums_of_single_rows() {
        let rows: Vec<Vec<f32>> = (0..WIDTH)
            .map(|row| (0..40).map(|index| ((index * 7 + row * 5) % 23) as f32 - 11.0).collect())
            .collect();
        for (count, least, most) in [(40, 0, 3), (40, 2, 9), (40, 0, 40), (40, 33, 35), (5, 0, 9), (1, 1, 1)]
        {
            let values: Vec<Lanes> =
                (0..count).map(|index| std::array::from_fn(|row| rows[row][index])).collect();
            for sign in [1.0, -1.0] {
                let sums = largest_sums(&values, sign, (least, most), &mut Vec::new());
                for (row, sum) in rows.iter().zip(sums) {
                    assert_eq!(sum, largest_sum(&row[..count], sign, (least, most), &mut Vec::new()));
                }
            }
        }
    }
}
