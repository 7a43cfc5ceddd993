//! Skeletons keep away from a player that is near, and shoot arrows at one that is not too far.

/// The update of a skeleton.
#[allow(missing_docs, reason = "the macro adds a static that cannot be documented")]
#[wgsl_rs::wgsl]
pub mod rules {
    use wgsl_rs::std::*;

    use super::super::draws::rules::*;
    use super::super::objects::rules::*;
    use super::super::pursuit::rules::*;
    use super::super::world::rules::*;
    use crate::crafter::components::records::*;

    /// Health of a new skeleton.
    pub const SKELETON_HEALTH: u32 = 3u32;
    /// Distance up to which a skeleton backs away.
    pub const SKELETON_NEAR: i32 = 3i32;
    /// Distance up to which it shoots.
    pub const SKELETON_SHOT: i32 = 5i32;
    /// Distance up to which it approaches.
    pub const SKELETON_SIGHT: i32 = 8i32;
    /// Steps from one arrow to the next.
    pub const SKELETON_RELOAD: u32 = 4u32;

    /// The direction of the step `(dx, dy)`, which is not (0, 0).
    pub fn direction_of(dx: i32, dy: i32) -> u32 {
        let vertical = select(UP, DOWN, dy > 0i32);
        select(select(vertical, RIGHT, dx > 0i32), LEFT, dx < 0i32)
    }

    /// Puts an arrow on the tile beside the skeleton, if arrows can be there. Whether it did.
    pub fn shoot<W: World>(world: ptr!(function, W), skeleton: Object, dx: i32, dy: i32) -> bool {
        let x = skeleton.x + dx;
        let y = skeleton.y + dy;
        if (dx == 0i32 && dy == 0i32) || !is_free::<W>(world, x, y, ARROW_WALKABLE) {
            return false;
        }
        let arrow = Object { kind: ARROW, facing: direction_of(dx, dy), health: 0u32, x, y };
        add_object::<W>(world, arrow, 0u32)
    }

    /// Moves the skeleton at `place`, or lets it shoot. One that was killed is removed, and may shoot
    /// once more.
    pub fn update_skeleton<D: Draws, W: World>(
        draws: ptr!(function, D),
        world: ptr!(function, W),
        place: u32,
        skeleton: Object,
    ) {
        #![inline(always)]
        let removed = skeleton.health == 0u32;
        if removed {
            remove_object::<W>(world, place, skeleton);
        }
        let mut reload = W::word(world, place + 1u32);
        reload -= min(reload, 1u32);
        W::set_word(world, place + 1u32, reload);
        let player = nearest_player::<W>(world, skeleton.x, skeleton.y);
        let dx = player_x::<W>(world, player) - skeleton.x;
        let dy = player_y::<W>(world, player) - skeleton.y;
        let away = abs(dx) + abs(dy);
        if away <= SKELETON_NEAR {
            let longer = D::chance(draws, 60u32);
            let ahead = toward(dx, dy, longer);
            if is_free::<W>(world, skeleton.x - ahead.x, skeleton.y - ahead.y, WALKABLE) {
                let _moved = wander::<W>(world, place, skeleton, removed, -ahead.x, -ahead.y);
                return;
            }
        }
        if away <= SKELETON_SHOT {
            if D::chance(draws, 50u32) {
                let ahead = toward(dx, dy, true);
                if reload == 0u32 {
                    if shoot::<W>(world, skeleton, ahead.x, ahead.y) {
                        W::set_word(world, place + 1u32, SKELETON_RELOAD);
                    }
                }
                return;
            }
        }
        if away <= SKELETON_SIGHT {
            if D::chance(draws, 30u32) {
                let longer = D::chance(draws, 60u32);
                let ahead = toward(dx, dy, longer);
                let _moved = wander::<W>(world, place, skeleton, removed, ahead.x, ahead.y);
                return;
            }
        }
        if D::chance(draws, 20u32) {
            let direction = D::below(draws, 4u32);
            let step_x = direction_x(direction);
            let step_y = direction_y(direction);
            let _moved = wander::<W>(world, place, skeleton, removed, step_x, step_y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rules::*;
    use crate::crafter::components::records::*;

    #[test]
    fn arrows_face_where_they_fly() {
        for direction in [LEFT, RIGHT, UP, DOWN] {
            assert_eq!(direction_of(direction_x(direction), direction_y(direction)), direction);
        }
    }
}
