//! The shapes that tiles are made of: does a point lie inside? Coordinates run over the unit square, x
//! to the right and y down. Mixed f32 and f64 arithmetic is that of Farama's renderer, which keeps
//! corner points as f32 arrays and sample points as f64: the last bit decides about pixels on an edge.

/// A point in f64, as samples are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
}

/// A shape of the unit square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    /// Axis-aligned, edges included: left, right, top, bottom.
    Rectangle(f64, f64, f64, f64),
    /// Edge included: centre x, centre y, radius.
    Circle(f64, f64, f64),
    /// All points within a radius of a segment: x and y of both ends, radius.
    Line(f64, f64, f64, f64, f64),
}

impl Shape {
    /// The square from `low` to `high` on both axes.
    pub const fn square(low: f64, high: f64) -> Self {
        Self::Rectangle(low, high, low, high)
    }

    /// Whether `point` lies inside.
    pub fn contains(self, point: Point) -> bool {
        let Point { x, y } = point;
        match self {
            Self::Rectangle(left, right, top, bottom) => x >= left && x <= right && y >= top && y <= bottom,
            Self::Circle(center_x, center_y, radius) => {
                let (dx, dy) = (x - center_x, y - center_y);
                dx * dx + dy * dy <= radius * radius
            }
            Self::Line(x0, y0, x1, y1, radius) => {
                let in_box = x >= x0.min(x1) - radius
                    && x <= x0.max(x1) + radius
                    && y >= y0.min(y1) - radius
                    && y <= y0.max(y1) + radius;
                in_box && distance_to_segment([x0, y0], [x1, y1], point) <= radius
            }
        }
    }
}

/// Distance of a point from a segment whose ends are first rounded to f32.
fn distance_to_segment(from: [f64; 2], to: [f64; 2], point: Point) -> f64 {
    let from = from.map(|v| v as f32);
    let to = to.map(|v| v as f32);
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let length = (dx * dx + dy * dy).sqrt();
    let (dx, dy) = (f64::from(dx / length), f64::from(dy / length));
    let (from_x, from_y) = (f64::from(from[0]), f64::from(from[1]));

    let along = (point.x - from_x) * dx + (point.y - from_y) * dy;
    let along = along.clamp(0.0, f64::from(length));
    let (off_x, off_y) = (point.x - (from_x + along * dx), point.y - (from_y + along * dy));
    (off_x * off_x + off_y * off_y).sqrt()
}

/// The triangle that stands for the agent, pointing right, turned about the middle of the tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrow {
    cos: f64,
    sin: f64,
}

impl Arrow {
    /// Corners in f32: the two at the back, and the tip.
    const BACK_TOP: [f32; 2] = [0.12, 0.19];
    const TIP: [f32; 2] = [0.87, 0.50];
    const BACK_BOTTOM: [f32; 2] = [0.12, 0.81];

    /// `direction` 0 right, 1 down, 2 left, 3 up.
    pub fn new(direction: u32) -> Self {
        let angle = 0.5 * std::f64::consts::PI * f64::from(direction & 3);
        Self { cos: (-angle).cos(), sin: (-angle).sin() }
    }

    /// Whether `point` lies inside: by barycentric coordinates of the point turned back.
    pub fn contains(&self, point: Point) -> bool {
        let (dx, dy) = (point.x - 0.5, point.y - 0.5);
        let x = 0.5 + dx * self.cos - dy * self.sin;
        let y = 0.5 + dy * self.cos + dx * self.sin;

        let [ax, ay] = Self::BACK_TOP;
        let v0 = [Self::BACK_BOTTOM[0] - ax, Self::BACK_BOTTOM[1] - ay];
        let v1 = [Self::TIP[0] - ax, Self::TIP[1] - ay];
        let d00 = v0[0] * v0[0] + v0[1] * v0[1];
        let d01 = v0[0] * v1[0] + v0[1] * v1[1];
        let d11 = v1[0] * v1[0] + v1[1] * v1[1];
        let inverse = f64::from(1.0 / (d00 * d11 - d01 * d01));
        let [v00, v01, v10, v11] = [v0[0], v0[1], v1[0], v1[1]].map(f64::from);
        let [d00, d01, d11] = [d00, d01, d11].map(f64::from);

        let v2 = [x - f64::from(ax), y - f64::from(ay)];
        let d02 = v00 * v2[0] + v01 * v2[1];
        let d12 = v10 * v2[0] + v11 * v2[1];
        let u = (d11 * d02 - d01 * d12) * inverse;
        let v = (d00 * d12 - d01 * d02) * inverse;
        u >= 0.0 && v >= 0.0 && u + v < 1.0
    }
}
