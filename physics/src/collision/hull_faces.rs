//! The faces of the convex hull of a few points, found when a model is built.

/// Outward unit normals and distances from the origin of the planes that carry the hull of `corners`.
///
/// Every three corners whose plane has all others on one side make a face; coplanar ones count once. With at
/// most 64 corners that is quick enough.
///
/// # Errors
///
/// Fewer than 4 or more than 64 corners, corners that are not finite, corners in one plane.
pub fn hull_faces(corners: &[[f64; 3]]) -> Result<Vec<([f64; 3], f64)>, &'static str> {
    if !(4..=64).contains(&corners.len()) {
        return Err("a hull has 4 to 64 corners");
    }
    if corners.iter().flatten().any(|x| !x.is_finite()) {
        return Err("corners are finite");
    }
    let size = corners.iter().flatten().fold(0.0f64, |size, x| size.max(x.abs()));
    let mut faces: Vec<([f64; 3], f64)> = Vec::new();
    for (i, a) in corners.iter().enumerate() {
        for (j, b) in corners.iter().enumerate().skip(i + 1) {
            for c in &corners[j + 1..] {
                let normal = cross(minus(*b, *a), minus(*c, *a));
                let length = dot(normal, normal).sqrt();
                if length <= 1e-9 * size * size {
                    continue;
                }
                let unit = normal.map(|x| x / length);
                for side in [1.0, -1.0] {
                    let outwards = unit.map(|x| side * x);
                    let offset = dot(outwards, *a);
                    let bounds = corners.iter().all(|p| dot(outwards, *p) <= offset + 1e-9 * size);
                    let known = faces.iter().any(|(n, _)| dot(*n, outwards) > 1.0 - 1e-12);
                    if bounds && !known {
                        faces.push((outwards, offset));
                    }
                }
            }
        }
    }
    let flat = faces.len() < 4
        || faces.iter().any(|(n, o)| corners.iter().all(|p| (dot(*n, *p) - o).abs() < 1e-9 * size));
    if flat { Err("its corners lie in one plane") } else { Ok(faces) }
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|k| a[k] - b[k])
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use super::hull_faces;

    #[test]
    fn a_cube_has_six_faces_and_a_corner_inside_adds_none() {
        let mut corners: Vec<[f64; 3]> =
            (0..8).map(|i| [0, 1, 2].map(|k| f64::from((i >> k) & 1) - 0.5)).collect();
        corners.push([0.1, 0.0, 0.2]);
        let faces = hull_faces(&corners).unwrap();
        assert_eq!(faces.len(), 6);
        assert!(faces.iter().all(|(_, offset)| (offset - 0.5).abs() < 1e-12));
    }

    #[test]
    fn flat_and_small_sets_are_refused() {
        assert!(hull_faces(&[[0.0; 3]; 3]).is_err());
        assert!(hull_faces(&[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 0.0]]).is_err());
        assert!(hull_faces(&[[f64::NAN; 3]; 4]).is_err());
    }
}
