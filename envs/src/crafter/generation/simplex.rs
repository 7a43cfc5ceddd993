//! OpenSimplex noise in three dimensions: the algorithm that Kurt Spencer published in 2014, with the
//! constants and the order of operations of the Python package `opensimplex` 0.4, so that values are equal
//! to the last bit.
//!
//! Space is cut into cubes that are stretched along the main diagonal. Of every cube that a point lies in,
//! and of two lattice points beyond, each corner adds a gradient that fades with the distance.

/// From a cube's coordinates back to space: 1/3.
const SQUISH: f64 = 1.0 / 3.0;
/// From space to the coordinates of cubes: -1/6.
const STRETCH: f64 = -1.0 / 6.0;
/// What the sum is divided by, so that it lies between -1 and 1.
const NORM: f64 = 103.0;
/// Components of a gradient: one long, two short.
const LONG: f64 = 11.0;
const SHORT: f64 = 4.0;

/// Signs of the gradients of the eight octants, in the package's order.
const OCTANTS: [[f64; 3]; 8] = [
    [-1.0, 1.0, 1.0],
    [1.0, 1.0, 1.0],
    [-1.0, -1.0, 1.0],
    [1.0, -1.0, 1.0],
    [-1.0, 1.0, -1.0],
    [1.0, 1.0, -1.0],
    [-1.0, -1.0, -1.0],
    [1.0, -1.0, -1.0],
];

/// The 24 gradients: three to an octant, with the long component along x, y, or z.
const GRADIENTS: [[f64; 3]; 24] = {
    let mut gradients = [[0.0; 3]; 24];
    let mut index = 0;
    while index < 24 {
        let mut axis = 0;
        while axis < 3 {
            let length = if axis == index % 3 { LONG } else { SHORT };
            gradients[index][axis] = OCTANTS[index / 3][axis] * length;
            axis += 1;
        }
        index += 1;
    }
    gradients
};

/// The noise of one seed.
#[derive(Clone, Debug)]
pub struct Simplex {
    /// A permutation of 0 to 255.
    permutation: [u8; 256],
    /// Index of the gradient at every entry of the permutation.
    gradients: [u8; 256],
}

/// The corners around a point and what they have added so far.
struct Sum<'a> {
    noise: &'a Simplex,
    /// The cube.
    base: [i64; 3],
    /// From the cube's origin to the point.
    origin: [f64; 3],
    total: f64,
}

impl Sum<'_> {
    /// Adds the corner at `offset` from the cube's origin.
    #[inline]
    fn corner(&mut self, offset: [i32; 3]) {
        let squished = f64::from(offset[0] + offset[1] + offset[2]) * SQUISH;
        let displacement = |axis: usize| (self.origin[axis] - f64::from(offset[axis])) - squished;
        self.term(offset, [displacement(0), displacement(1), displacement(2)]);
    }

    /// Adds the corner at `offset`, with a displacement that is rounded differently on one axis.
    #[inline]
    fn rounded_corner(&mut self, offset: [i32; 3], axis: usize, displacement_there: f64) {
        let squished = f64::from(offset[0] + offset[1] + offset[2]) * SQUISH;
        let mut displacement = [0.0; 3];
        for axis in 0..3 {
            displacement[axis] = (self.origin[axis] - f64::from(offset[axis])) - squished;
        }
        displacement[axis] = displacement_there;
        self.term(offset, displacement);
    }

    #[inline]
    fn term(&mut self, offset: [i32; 3], [dx, dy, dz]: [f64; 3]) {
        let fade = 2.0 - dx * dx - dy * dy - dz * dz;
        if fade > 0.0 {
            let entry = |sum: i64| self.noise.permutation[(sum & 255) as usize];
            let at = |axis: usize| self.base[axis] + i64::from(offset[axis]);
            let hash = i64::from(entry(i64::from(entry(at(0))) + at(1))) + at(2);
            let [gx, gy, gz] = GRADIENTS[usize::from(self.noise.gradients[(hash & 255) as usize]) % 24];
            let squared = fade * fade;
            self.total += (squared * squared) * (gx * dx + gy * dy + gz * dz);
        }
    }

    /// The tetrahedron at the cube's origin.
    fn near_origin(&mut self, [fx, fy, fz]: [f64; 3], sum: f64) {
        let (mut a, mut score_a, mut b, mut score_b) = (1, fx, 2, fy);
        if score_a >= score_b && fz > score_b {
            (b, score_b) = (4, fz);
        } else if score_a < score_b && fz > score_a {
            (a, score_a) = (4, fz);
        }
        let rest = 1.0 - sum;
        let extra = if rest > score_a || rest > score_b {
            match if score_b > score_a { b } else { a } {
                1 => [[1, -1, 0], [1, 0, -1]],
                2 => [[-1, 1, 0], [0, 1, -1]],
                _ => [[-1, 0, 1], [0, -1, 1]],
            }
        } else {
            let both = a | b;
            [bits(both, 0, 1), bits(both, -1, 1)]
        };
        for offset in [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], extra[0], extra[1]] {
            self.corner(offset);
        }
    }

    /// The tetrahedron at the corner opposite the cube's origin.
    fn far_from_origin(&mut self, [fx, fy, fz]: [f64; 3], sum: f64) {
        let (mut a, mut score_a, mut b, mut score_b) = (6, fx, 5, fy);
        if score_a <= score_b && fz < score_b {
            (b, score_b) = (3, fz);
        } else if score_a > score_b && fz < score_a {
            (a, score_a) = (3, fz);
        }
        for offset in [[1, 1, 0], [1, 0, 1], [0, 1, 1], [1, 1, 1]] {
            self.corner(offset);
        }
        let rest = 3.0 - sum;
        // The package takes the y displacement of offset 2 in two halves.
        let halved = ((self.origin[1] - 1.0) - 3.0 * SQUISH) - 1.0;
        if rest < score_a || rest < score_b {
            match if score_b < score_a { b } else { a } {
                3 => {
                    self.corner([2, 1, 0]);
                    self.rounded_corner([1, 2, 0], 1, halved);
                }
                5 => {
                    self.corner([2, 0, 1]);
                    self.corner([1, 0, 2]);
                }
                _ => {
                    self.rounded_corner([0, 2, 1], 1, halved);
                    self.corner([0, 1, 2]);
                }
            }
        } else {
            let shared = a & b;
            self.corner(bits(shared, 0, 1));
            self.corner(bits(shared, 0, 2));
        }
    }

    /// The octahedron between the two.
    fn in_between(&mut self, [fx, fy, fz]: [f64; 3]) {
        let choose = |sum: f64, far: u32, near: u32| {
            if sum > 1.0 { (far, sum - 1.0, true) } else { (near, 1.0 - sum, false) }
        };
        let (mut a, score_a, mut a_is_far) = choose(fx + fy, 3, 4);
        let (mut b, score_b, mut b_is_far) = choose(fx + fz, 5, 2);
        let (candidate, score, is_far) = choose(fy + fz, 6, 1);
        if score_a <= score_b && score_a < score {
            (a, a_is_far) = (candidate, is_far);
        } else if score_a > score_b && score_b < score {
            (b, b_is_far) = (candidate, is_far);
        }
        for offset in [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]] {
            self.corner(offset);
        }
        if a_is_far == b_is_far {
            if a_is_far {
                self.corner([1, 1, 1]);
                self.corner(along(first_axis(a & b), 2, 0));
            } else {
                self.corner([0, 0, 0]);
                self.corner(along(first_axis(!(a | b)), -1, 1));
            }
        } else {
            let (far, near) = if a_is_far { (a, b) } else { (b, a) };
            self.corner(along(first_axis(!far), -1, 1));
            let axis = first_axis(near);
            let rounded = (self.origin[axis] - 2.0 * SQUISH) - 2.0;
            self.rounded_corner(along(axis, 2, 0), axis, rounded);
        }
    }
}

/// `set` or `clear` on every axis, as the bits of `code` say.
fn bits(code: u32, clear: i32, set: i32) -> [i32; 3] {
    [0, 1, 2].map(|axis| if code >> axis & 1 == 1 { set } else { clear })
}

/// `there` on one axis, `elsewhere` on the two others.
fn along(axis: usize, there: i32, elsewhere: i32) -> [i32; 3] {
    let mut offset = [elsewhere; 3];
    offset[axis] = there;
    offset
}

/// The first of x and y that is in `code`, else z.
fn first_axis(code: u32) -> usize {
    if code & 1 == 1 {
        0
    } else if code & 2 == 2 {
        1
    } else {
        2
    }
}

/// The largest whole number not above `x`. Baseline x86-64 has no instruction for it, and a library
/// call costs as much as a corner.
#[inline]
fn floor(x: f64) -> i64 {
    let truncated = x as i64;
    truncated - i64::from((truncated as f64) > x)
}

impl Simplex {
    /// The noise of `seed`.
    pub fn new(seed: i64) -> Self {
        let advance = |state: i64| {
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
        };
        let mut state = advance(advance(advance(seed)));
        let mut source: [u8; 256] = std::array::from_fn(|index| index as u8);
        let mut noise = Self { permutation: [0; 256], gradients: [0; 256] };
        for index in (0..256).rev() {
            state = advance(state);
            let drawn = (i128::from(state) + 31).rem_euclid(index as i128 + 1) as usize;
            noise.permutation[index] = source[drawn];
            noise.gradients[index] = source[drawn] % 24;
            source[drawn] = source[index];
        }
        noise
    }

    /// The permutation of the seed.
    pub fn permutation(&self) -> &[u8; 256] {
        &self.permutation
    }

    /// The noise at a point, about -0.87 to 0.87.
    pub fn at(&self, x: f64, y: f64, z: f64) -> f64 {
        let stretched = (x + y + z) * STRETCH;
        let point = [x + stretched, y + stretched, z + stretched];
        let base = point.map(floor);
        let cube = base.map(|cell| cell as f64);
        let squished = (cube[0] + cube[1] + cube[2]) * SQUISH;
        let fractions = [point[0] - cube[0], point[1] - cube[1], point[2] - cube[2]];
        let origin = [x - (cube[0] + squished), y - (cube[1] + squished), z - (cube[2] + squished)];
        let mut corners = Sum { noise: self, base, origin, total: 0.0 };
        let sum = (fractions[0] + fractions[1]) + fractions[2];
        if sum <= 1.0 {
            corners.near_origin(fractions, sum);
        } else if sum >= 2.0 {
            corners.far_from_origin(fractions, sum);
        } else {
            corners.in_between(fractions);
        }
        corners.total / NORM
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradients_are_in_the_packages_order() {
        assert_eq!(GRADIENTS[0], [-11.0, 4.0, 4.0]);
        assert_eq!(GRADIENTS[1], [-4.0, 11.0, 4.0]);
        assert_eq!(GRADIENTS[23], [4.0, -4.0, -11.0]);
    }

    #[test]
    fn values_are_those_of_the_package() {
        let noise = Simplex::new(0);
        assert_eq!(noise.permutation()[..6], [254, 50, 92, 24, 36, 10]);
        for ([x, y, z], value) in [
            (
                [-22.240_546_312_820_84, -12.181_666_586_629_394, -2.031_952_557_680_544],
                0.370_673_244_601_227_9,
            ),
            (
                [29.658_584_494_190_11, -38.972_154_081_567_716, 7.294_253_555_992_256],
                -0.273_542_102_818_122_9,
            ),
        ] {
            assert_eq!(noise.at(x, y, z), value);
        }
    }

    #[test]
    fn floors_are_floors() {
        for x in [-2.5, -2.0, -0.1, 0.0, 0.1, 2.0, 2.5] {
            assert_eq!(floor(x), x.floor() as i64);
        }
    }
}
