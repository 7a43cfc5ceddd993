//! How a creature picks the axis along which it goes for a player: mostly the longer one.

/// Directions towards a player.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    /// The step from a creature towards a player that is `(dx, dy)` away, along the longer axis or the
    /// shorter one. When lengths are equal the longer axis is y. It may be (0, 0).
    pub fn toward(dx: i32, dy: i32, longer: bool) -> Vec2i {
        #![inline(always)]
        let is_wide = abs(dx) > abs(dy);
        if is_wide == longer {
            return vec2i(clamp(dx, -1i32, 1i32), 0i32);
        }
        vec2i(0i32, clamp(dy, -1i32, 1i32))
    }
}

#[cfg(test)]
mod tests {
    use super::rules::*;

    #[test]
    fn the_axis_follows_the_lengths() {
        let step = |dx, dy, longer| {
            let step = toward(dx, dy, longer);
            (step.x, step.y)
        };
        assert_eq!(step(-5, 2, true), (-1, 0));
        assert_eq!(step(-5, 2, false), (0, 1));
        assert_eq!(step(2, -5, true), (0, -1));
        assert_eq!(step(2, -5, false), (1, 0));
        assert_eq!(step(3, 3, true), (0, 1));
        assert_eq!(step(3, 3, false), (1, 0));
        assert_eq!(step(0, 4, false), (0, 0));
    }
}
