//! The unit of value estimates: with normalised targets a network learns numbers of mean 0 and deviation 1 (as MAPPO
//! does, Yu et al., 2022), which the running mean and deviation of all targets turn into returns.

use serde::{Deserialize, Serialize};

/// Least deviation that targets are divided by: that of targets that are all alike.
const LEAST_DEVIATION: f64 = 1e-2;

/// Mean and deviation of the value targets so far. Without any, values are what the network says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ValueScale {
    count: f64,
    mean: f64,
    /// Sum of squared differences from the mean.
    squares: f64,
}

impl ValueScale {
    /// Counts `targets` in (Chan et al., 1979).
    pub fn extend(&mut self, targets: &[f32]) {
        let count = targets.len() as f64;
        let mean = targets.iter().map(|&target| f64::from(target)).sum::<f64>() / count;
        let squares = targets.iter().map(|&target| (f64::from(target) - mean).powi(2)).sum::<f64>();
        let (total, apart) = (self.count + count, mean - self.mean);
        self.squares += squares + apart * apart * self.count * count / total;
        self.mean += apart * count / total;
        self.count = total;
    }

    fn deviation(&self) -> f64 {
        if self.count == 0.0 { 1.0 } else { (self.squares / self.count).sqrt().max(LEAST_DEVIATION) }
    }

    /// The return that an output of the network stands for.
    pub fn to_return(&self, output: f32) -> f32 {
        if self.count == 0.0 { output } else { (f64::from(output) * self.deviation() + self.mean) as f32 }
    }

    /// The output of the network that stands for a return.
    pub fn to_output(&self, value: f32) -> f32 {
        if self.count == 0.0 { value } else { ((f64::from(value) - self.mean) / self.deviation()) as f32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_in_parts_have_the_mean_and_deviation_of_all() {
        let mut scale = ValueScale::default();
        assert_eq!((scale.to_return(3.0), scale.to_output(3.0)), (3.0, 3.0));
        scale.extend(&[1.0, 2.0]);
        scale.extend(&[3.0, 4.0, 5.0]);
        // Mean 3, variance 2.
        assert!((scale.to_output(5.0) - 2.0_f32.sqrt()).abs() < 1e-6);
        assert!((scale.to_return(scale.to_output(17.0)) - 17.0).abs() < 1e-5);
        let mut constant = ValueScale::default();
        constant.extend(&[7.0; 4]);
        assert_eq!((constant.to_output(7.0), constant.to_return(0.0)), (0.0, 7.0));
    }
}
