//! Beacons in words of the vocabulary that instructions have.

use super::Beacon;
use crate::minigrid::{
    babyai::language::{say_description, text_of, token},
    components::records::{BALL, BOX, DOOR, GOAL, KEY, LOCKED, color_of, kind_of, state_of},
    rules::movement::rules::{DROP, PICKUP, TOGGLE},
};

/// Most tokens of a beacon's sentence: "put the red ball on the floor".
pub const MAX_BEACON_TOKENS: usize = 7;

impl Beacon {
    /// Its sentence in words, such as "pick up the red key".
    pub fn sentence(&self) -> String {
        text_of(&self.tokens())
    }

    /// Its sentence in tokens of [`VOCABULARY`](crate::minigrid::babyai::language::VOCABULARY), padded with 0.
    pub fn tokens(&self) -> [i32; MAX_BEACON_TOKENS] {
        let mut row = [0; MAX_BEACON_TOKENS];
        let mut places = row.iter_mut();
        let mut say = |token| {
            if let Some(place) = places.next() {
                *place = token;
            }
        };
        let is_door = kind_of(self.object) == DOOR;
        let verb: &[i32] = match u32::from(self.action) {
            PICKUP => const { &[token("pick"), token("up")] },
            DROP => const { &[token("put")] },
            TOGGLE if is_door && state_of(self.object) == LOCKED => const { &[token("unlock")] },
            TOGGLE => const { &[token("open")] },
            _ => const { &[token("go"), token("to")] },
        };
        verb.iter().for_each(|&token| say(token));
        match kind_of(self.object) {
            kind @ (DOOR | KEY | BALL | BOX) => {
                say_description(kind | (color_of(self.object) + 1) << 4, &mut say)
            }
            GOAL => const { [token("the"), token("goal")] }.into_iter().for_each(&mut say),
            _ => const { [token("the"), token("square")] }.into_iter().for_each(&mut say),
        }
        if u32::from(self.action) == DROP {
            const { [token("on"), token("the"), token("floor")] }.into_iter().for_each(&mut say);
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minigrid::{
        components::records::{BLUE, CLOSED, EMPTY, GREEN, RED, YELLOW, cell},
        rules::movement::rules::{DONE, FORWARD},
    };

    #[test]
    fn every_kind_of_beacon_has_its_words() {
        let says =
            |object, action: u32| Beacon { x: 1, y: 1, object, action: action as u8, step: 0 }.sentence();
        assert_eq!(says(cell(KEY, RED, 0), PICKUP), "pick up the red key");
        assert_eq!(says(cell(DOOR, BLUE, LOCKED), TOGGLE), "unlock the blue door");
        assert_eq!(says(cell(DOOR, BLUE, CLOSED), TOGGLE), "open the blue door");
        assert_eq!(says(cell(BOX, YELLOW, 0), TOGGLE), "open the yellow box");
        assert_eq!(says(cell(BALL, GREEN, 0), DROP), "put the green ball on the floor");
        assert_eq!(says(cell(BALL, GREEN, 0), DONE), "go to the green ball");
        assert_eq!(says(cell(GOAL, GREEN, 0), FORWARD), "go to the goal");
        assert_eq!(says(EMPTY, FORWARD), "go to the square");
    }
}
