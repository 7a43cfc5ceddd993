//! The convex hull of any number of points, as triangles (Quickhull; Barber, Dobkin and Huhdanpaa 1996). For masses,
//! pictures and files; contacts of the engine's own hulls are made from [`hull_faces`](super::hull_faces).

use std::collections::HashMap;

use crate::model::TriangleMesh;

/// Points nearer to a face than this share of the whole size lie in it: meshes come in single precision.
const TOLERANCE: f64 = 1e-7;

/// Of points that are equally far, the one farthest from the first corner counts as farther by this share: a strictly convex
/// measure is largest at a corner, so that nothing between corners becomes one.
const PREFERENCE: f64 = 1e-9;

type Point = [f64; 3];

/// A triangle of the hull under way.
struct Face {
    corners: [usize; 3],
    /// Across the edges from corner 0, 1 and 2 to the next one.
    neighbours: [usize; 3],
    normal: Point,
    offset: f64,
    /// Points above it that no other face has.
    outside: Vec<usize>,
    removed: bool,
}

/// The hull of `points` in m, its triangles counterclockwise from outside; `None` where they span no volume or are not
/// finite. Its vertices are points, in their order.
pub fn convex_hull(points: &[Point]) -> Option<TriangleMesh> {
    if !points.iter().flatten().all(|coordinate| coordinate.is_finite()) {
        return None;
    }
    let mut hull = Hull::first(points)?;
    let mut next = 0;
    while next < hull.faces.len() {
        if hull.faces[next].removed || !hull.rise(next) {
            next += 1;
        }
    }
    Some(hull.mesh())
}

struct Hull<'a> {
    points: &'a [Point],
    faces: Vec<Face>,
    /// The first corner, and the distance of the second from it.
    origin: Point,
    size: f64,
    tolerance: f64,
}

impl<'a> Hull<'a> {
    /// A tetrahedron of points that lie far apart.
    fn first(points: &'a [Point]) -> Option<Self> {
        let farthest = |distance: &dyn Fn(Point) -> f64| {
            (0..points.len()).max_by(|&i, &j| distance(points[i]).total_cmp(&distance(points[j])))
        };
        let low = farthest(&|p| -p[0])?;
        // Farthest from any point is a corner.
        let a = farthest(&|p| square(sub(p, points[low])))?;
        let origin = points[a];
        let b = farthest(&|p| square(sub(p, origin)))?;
        let along = sub(points[b], origin);
        let size = square(along).sqrt();
        let preference = |p: Point| PREFERENCE * square(sub(p, origin)) / size;
        let c = farthest(&|p| square(cross(along, sub(p, origin))).sqrt() / size + preference(p))?;
        let normal = cross(along, sub(points[c], origin));
        let length = square(normal).sqrt();
        let d = farthest(&|p| dot(normal, sub(p, origin)).abs() / length + preference(p))?;
        let tolerance = TOLERANCE * size;
        let height = dot(normal, sub(points[d], origin));
        // Written so that what is not a number, of points in a line, is refused as well.
        if !(height.abs() > tolerance * length) {
            return None;
        }
        let (b, c) = if height > 0.0 { (c, b) } else { (b, c) };
        let mut hull = Self { points, faces: Vec::new(), origin, size, tolerance };
        // Face i is the one without corner i of a, b, c, d.
        for (corners, neighbours) in
            [([b, d, c], [2, 1, 3]), ([a, c, d], [3, 0, 2]), ([a, d, b], [1, 0, 3]), ([a, b, c], [2, 0, 1])]
        {
            hull.add(corners, neighbours);
        }
        let all: Vec<usize> = (0..points.len()).collect();
        hull.share_out(&all, 0);
        Some(hull)
    }

    fn add(&mut self, corners: [usize; 3], neighbours: [usize; 3]) {
        let [a, b, c] = corners.map(|corner| self.points[corner]);
        let normal = cross(sub(b, a), sub(c, a));
        let length = square(normal).sqrt().max(f64::MIN_POSITIVE);
        let normal = normal.map(|x| x / length);
        let offset = dot(normal, a);
        self.faces.push(Face { corners, neighbours, normal, offset, outside: Vec::new(), removed: false });
    }

    fn height(&self, face: usize, point: usize) -> f64 {
        dot(self.faces[face].normal, self.points[point]) - self.faces[face].offset
    }

    /// Gives points to those faces from `first` on that they are above.
    fn share_out(&mut self, points: &[usize], first: usize) {
        for &point in points {
            let seen = (first..self.faces.len()).find(|&face| self.height(face, point) > self.tolerance);
            if let Some(face) = seen {
                self.faces[face].outside.push(point);
            }
        }
    }

    /// Draws the hull out to the farthest point above `face`, which may be none: false then.
    fn rise(&mut self, face: usize) -> bool {
        let outside = &self.faces[face].outside;
        let preference = |point: usize| PREFERENCE * square(sub(self.points[point], self.origin)) / self.size;
        let heights = outside.iter().map(|&point| self.height(face, point) + preference(point));
        let Some((place, _)) = heights.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b)) else {
            return false;
        };
        let apex = self.faces[face].outside.swap_remove(place);
        // Faces in the plane of the apex may be seen or not; one of the two gives a single horizon.
        let horizon =
            [self.tolerance, -self.tolerance].into_iter().find_map(|above| self.horizon(face, apex, above));
        // A point that no cone can be drawn to lies in the hull but for rounding.
        let Some((seen, horizon)) = horizon else { return true };
        let first = self.faces.len();
        let starts: HashMap<usize, usize> =
            horizon.iter().enumerate().map(|(index, edge)| (edge.from, first + index)).collect();
        let ends: HashMap<usize, usize> =
            horizon.iter().enumerate().map(|(index, edge)| (edge.to, first + index)).collect();
        for (index, edge) in horizon.iter().enumerate() {
            self.add([edge.from, edge.to, apex], [edge.beyond, starts[&edge.to], ends[&edge.from]]);
            let beyond = &mut self.faces[edge.beyond];
            if let Some(side) = (0..3).find(|&side| beyond.corners[side] == edge.to) {
                beyond.neighbours[side] = first + index;
            }
        }
        let mut left = Vec::new();
        for face in seen {
            self.faces[face].removed = true;
            left.append(&mut self.faces[face].outside);
        }
        self.share_out(&left, first);
        true
    }

    /// The faces that `apex` sees from higher than `above`, reached from `face`, and the edges around them; `None` where
    /// those are not one closed line.
    fn horizon(&self, face: usize, apex: usize, above: f64) -> Option<(Vec<usize>, Vec<Edge>)> {
        let mut seen = vec![face];
        let mut edges = Vec::new();
        let mut next = 0;
        while next < seen.len() {
            let here = &self.faces[seen[next]];
            for side in 0..3 {
                let beyond = here.neighbours[side];
                if seen.contains(&beyond) {
                    continue;
                }
                if self.height(beyond, apex) > above {
                    seen.push(beyond);
                } else {
                    let (from, to) = (here.corners[side], here.corners[(side + 1) % 3]);
                    edges.push(Edge { from, to, beyond });
                }
            }
            next += 1;
        }
        let along: HashMap<usize, usize> = edges.iter().map(|edge| (edge.from, edge.to)).collect();
        let start = edges.first()?.from;
        let mut at = start;
        let mut steps = 0;
        while steps < edges.len() {
            at = *along.get(&at)?;
            steps += 1;
            if at == start {
                break;
            }
        }
        (at == start && steps == edges.len() && along.len() == edges.len()).then_some((seen, edges))
    }

    fn mesh(&self) -> TriangleMesh {
        let faces: Vec<&Face> = self.faces.iter().filter(|face| !face.removed).collect();
        let mut used: Vec<usize> = faces.iter().flat_map(|face| face.corners).collect();
        used.sort_unstable();
        used.dedup();
        let place = |corner: usize| used.binary_search(&corner).unwrap_or_default() as u32;
        TriangleMesh {
            vertices: used.iter().map(|&point| self.points[point]).collect(),
            triangles: faces.iter().map(|face| face.corners.map(place)).collect(),
        }
    }
}

/// An edge of a face that is seen, and the face across it that is not.
struct Edge {
    from: usize,
    to: usize,
    beyond: usize,
}

fn sub(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn square(a: Point) -> f64 {
    dot(a, a)
}

fn cross(a: Point, b: Point) -> Point {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::{Random, pcg64::Pcg64};
    use proptest::prelude::*;

    use super::*;

    /// Every point is inside, every edge has its other side, and the surface is a sphere's (Euler).
    fn check(points: &[Point], hull: &TriangleMesh) {
        let size = points.iter().map(|p| square(*p).sqrt()).fold(0.0, f64::max);
        for corners in &hull.triangles {
            let [a, b, c] = corners.map(|corner| hull.vertices[corner as usize]);
            let normal = cross(sub(b, a), sub(c, a));
            let length = square(normal).sqrt();
            for &point in points {
                let height = dot(normal, sub(point, a));
                assert!(height <= 1e-6 * size * length, "{point:?} is {} m outside", height / length);
            }
        }
        let edges: Vec<(u32, u32)> =
            hull.triangles.iter().flat_map(|&[a, b, c]| [(a, b), (b, c), (c, a)]).collect();
        assert!(edges.iter().all(|&(a, b)| edges.iter().filter(|edge| **edge == (b, a)).count() == 1));
        assert_eq!(hull.vertices.len() + hull.triangles.len(), edges.len() / 2 + 2);
    }

    #[test]
    fn a_grid_of_points_has_the_corners_of_its_box() {
        let grid: Vec<Point> =
            (0..125).map(|i| [i % 5, i / 5 % 5, i / 25].map(|x| 0.3 * f64::from(x))).collect();
        let hull = convex_hull(&grid).unwrap();
        assert_eq!((hull.vertices.len(), hull.triangles.len()), (8, 12));
        check(&grid, &hull);
    }

    #[test]
    fn points_on_a_ball_are_all_on_its_hull() {
        let mut random = Pcg64::from_seed(5);
        let mut points: Vec<Point> = Vec::new();
        while points.len() < 600 {
            let p: Point = std::array::from_fn(|_| 2.0 * random.float() - 1.0);
            let length = square(p).sqrt();
            if length > 0.1 {
                points.push(p.map(|x| x / length));
            }
        }
        let hull = convex_hull(&points).unwrap();
        assert_eq!(hull.vertices, points);
        check(&points, &hull);
    }

    #[test]
    fn what_spans_no_volume_has_no_hull() {
        let flat: Vec<Point> = (0..20).map(|i| [f64::from(i % 5), f64::from(i / 5), 1.0]).collect();
        let line: Vec<Point> = (0..20).map(|i| [f64::from(i); 3]).collect();
        for points in [&flat[..], &line, &[[0.0; 3]; 9], &[], &[[0.0; 3], [1.0; 3], [f64::NAN; 3], [2.0; 3]]]
        {
            assert!(convex_hull(points).is_none(), "{points:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// Coordinates of few values put many points into one plane.
        #[test]
        fn hulls_hold_their_points(numbers in prop::collection::vec((0..6i32, 0..6i32, 0..6i32), 4..80), turn in 0.0..3.0) {
            let (sine, cosine) = f64::sin_cos(turn);
            let points: Vec<Point> = numbers
                .into_iter()
                .map(|(x, y, z)| [x, y, z].map(f64::from))
                .map(|[x, y, z]| [cosine * x - sine * y, sine * x + cosine * y, z + 0.3 * x])
                .collect();
            if let Some(hull) = convex_hull(&points) {
                check(&points, &hull);
            }
        }
    }
}
