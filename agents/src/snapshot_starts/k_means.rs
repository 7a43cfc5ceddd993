//! k-means clustering: Lloyd's iterations from the starts of k-means++ (Arthur and Vassilvitskii, 2007).

use pentathlon_gym::seeding::{Random, philox::Philox};

/// Most iterations.
const ITERATIONS: usize = 50;

/// Points in clusters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KMeans {
    /// Cluster of every point.
    pub labels: Vec<usize>,
    /// Mean of every cluster; of an empty one, what it was when it became so.
    pub centres: Vec<Vec<f32>>,
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from((a - b) * (a - b))).sum()
}

fn nearest(point: &[f32], centres: &[Vec<f32>]) -> (usize, f64) {
    let mut best = (0, f64::INFINITY);
    for (index, centre) in centres.iter().enumerate() {
        let far = distance(point, centre);
        if far < best.1 {
            best = (index, far);
        }
    }
    best
}

impl KMeans {
    /// Clusters `points`, all of the same length, in `count` clusters, or in as many as there are different points.
    pub fn fit(points: &[Vec<f32>], count: usize, random: &mut Philox) -> Self {
        if points.is_empty() || count == 0 {
            return Self::default();
        }
        let mut centres = vec![points[random.int(0, points.len() as i32) as usize].clone()];
        while centres.len() < count {
            // The farther a point is from all centres, the likelier it becomes the next one.
            let far: Vec<f64> = points.iter().map(|point| nearest(point, &centres).1).collect();
            let total: f64 = far.iter().sum();
            if total <= 0.0 {
                break;
            }
            let weights: Vec<f64> = far.iter().map(|far| far / total).collect();
            centres.push(points[random.weighted(&weights).min(points.len() - 1)].clone());
        }
        let mut labels = vec![usize::MAX; points.len()];
        for _ in 0..ITERATIONS {
            let found: Vec<usize> = points.iter().map(|point| nearest(point, &centres).0).collect();
            if found == labels {
                break;
            }
            labels = found;
            for (cluster, centre) in centres.iter_mut().enumerate() {
                let members = || points.iter().zip(&labels).filter(|(_, label)| **label == cluster);
                let size = members().count();
                if size > 0 {
                    centre.fill(0.0);
                    for (point, _) in members() {
                        centre.iter_mut().zip(point).for_each(|(sum, value)| *sum += value / size as f32);
                    }
                }
            }
        }
        Self { labels, centres }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};

    #[test]
    fn groups_that_lie_apart_are_found() {
        let mut random = stream(1, Purpose::Actions);
        let points: Vec<Vec<f32>> = (0..90)
            .map(|index| {
                let middle = [[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]][index % 3];
                middle.map(|middle: f32| middle + random.float() as f32).to_vec()
            })
            .collect();
        let found = KMeans::fit(&points, 3, &mut random);
        for index in 3..90 {
            assert_eq!(found.labels[index], found.labels[index % 3]);
        }
        let mut first = found.labels[..3].to_vec();
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2]);
    }

    #[test]
    fn there_are_no_more_clusters_than_different_points() {
        let mut random = stream(2, Purpose::Actions);
        let found = KMeans::fit(&[vec![1.0], vec![1.0], vec![2.0]], 5, &mut random);
        assert_eq!(found.centres.len(), 2);
        assert_eq!(found.labels[0], found.labels[1]);
        assert_eq!(KMeans::fit(&[], 5, &mut random), KMeans::default());
    }
}
