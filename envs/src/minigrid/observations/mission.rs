//! The mission as an observation: word indices of Farama's `DictObservationSpaceWrapper`, and the
//! one-hot characters of its `FlatObsWrapper`. A task has few missions; they are written out once, at
//! build, so that observing allocates nothing.

use std::collections::HashMap;

use crate::minigrid::{
    components::records::{DOOR, State, cell},
    rules::numbering::rules::{
        CHARACTER_CLASSES, MISSION_CHARACTERS, MISSION_TOKENS, MISSION_WORDS, MISSIONS, NAMED_OBJECTS,
        mission_number,
    },
    tasks::Task,
};

/// Most words of a mission, commas counted.
pub const MAX_WORDS: usize = MISSION_TOKENS as usize;

/// Most characters of a mission in the flat observation.
pub const MAX_CHARACTERS: usize = MISSION_CHARACTERS as usize;

/// Different characters in the flat observation: 26 letters, space, comma.
pub const CHARACTERS: usize = CHARACTER_CLASSES as usize;

/// The words of missions in Farama's order; the index of the observation is one more, 0 is padding.
pub const VOCABULARY: [&str; 51] = [
    "red", "green", "blue", "yellow", "purple", "grey", "unseen", "empty", "wall", "floor", "box", "key",
    "ball", "door", "goal", "agent", "lava", "pick", "avoid", "get", "find", "put", "use", "open", "go",
    "fetch", "reach", "unlock", "traverse", "up", "the", "a", "at", ",", "square", "and", "then", "to", "of",
    "rooms", "near", "opening", "must", "you", "matching", "end", "hallway", "object", "from", "room",
    "maze",
];

/// A mission that an observation cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MissionError {
    /// A word outside the vocabulary.
    #[error("mission '{mission}': '{word}' is not in the vocabulary")]
    UnknownWord {
        /// The mission.
        mission: String,
        /// The word.
        word: String,
    },
    /// More words than an observation holds.
    #[error("mission '{mission}' has {words} words, at most {MAX_WORDS} are allowed")]
    TooManyWords {
        /// The mission.
        mission: String,
        /// Its words, commas counted.
        words: usize,
    },
    /// More characters than an observation holds.
    #[error("mission '{mission}' has {characters} characters, at most {MAX_CHARACTERS} are allowed")]
    TooManyCharacters {
        /// The mission.
        mission: String,
        /// Its characters.
        characters: usize,
    },
    /// A character that is no letter, space or comma.
    #[error("mission '{mission}': only letters, spaces and commas are allowed, not '{character}'")]
    UnknownCharacter {
        /// The mission.
        mission: String,
        /// The character.
        character: char,
    },
}

/// The word indices of `mission`, padded with 0.
///
/// # Errors
/// When it has too many words, or one outside the vocabulary.
pub fn tokens(mission: &str) -> Result<[i32; MAX_WORDS], MissionError> {
    let spaced = mission.to_lowercase().replace(',', " , ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    if words.len() > MAX_WORDS {
        return Err(MissionError::TooManyWords { mission: mission.into(), words: words.len() });
    }
    let mut indices = [0; MAX_WORDS];
    for (index, word) in indices.iter_mut().zip(words) {
        let position = VOCABULARY.iter().position(|known| *known == word);
        *index = position
            .map(|position| position as i32 + 1)
            .ok_or_else(|| MissionError::UnknownWord { mission: mission.into(), word: word.into() })?;
    }
    Ok(indices)
}

/// The index of each character of `mission` among the [`CHARACTERS`]; `u8::MAX` after the last.
///
/// # Errors
/// When it is too long, or has a character that is none of them.
pub fn characters(mission: &str) -> Result<[u8; MAX_CHARACTERS], MissionError> {
    let count = mission.chars().count();
    if count > MAX_CHARACTERS {
        let mission = mission.into();
        return Err(MissionError::TooManyCharacters { mission, characters: count });
    }
    let mut indices = [u8::MAX; MAX_CHARACTERS];
    for (index, character) in indices.iter_mut().zip(mission.to_lowercase().chars()) {
        *index = match character {
            'a'..='z' => character as u8 - b'a',
            ' ' => 26,
            ',' => 27,
            _ => {
                return Err(MissionError::UnknownCharacter { mission: mission.into(), character });
            }
        };
    }
    Ok(indices)
}

/// One mission as both devices read it: the tokens, then four character indices in each word.
type Entry = [u32; MISSION_WORDS as usize];

fn entry(mission: &str) -> Result<Entry, MissionError> {
    let mut words = [0; MISSION_WORDS as usize];
    let (first, last) = words.split_at_mut(MAX_WORDS);
    first.copy_from_slice(bytemuck::cast_slice(&tokens(mission)?));
    bytemuck::cast_slice_mut(last).copy_from_slice(&characters(mission)?);
    Ok(words)
}

/// The missions that a task can have, by what they depend on.
#[derive(Clone, Debug)]
pub(crate) struct MissionTable {
    entries: Vec<Entry>,
    /// Entry of each mission number.
    index: Vec<u32>,
}

/// An object of a number.
fn numbered_object(number: u32) -> u32 {
    if number == NAMED_OBJECTS - 1 { 0 } else { cell(DOOR + number / 6, number % 6, 0) }
}

/// A state with the mission of a number.
fn numbered_state(number: u32) -> State {
    State {
        phrase: number / (NAMED_OBJECTS * NAMED_OBJECTS),
        target_cell: numbered_object(number / NAMED_OBJECTS % NAMED_OBJECTS),
        other_cell: numbered_object(number % NAMED_OBJECTS),
        ..bytemuck::Zeroable::zeroed()
    }
}

impl MissionTable {
    /// Writes out all missions of `task`.
    ///
    /// # Errors
    /// When one of them cannot be put into words of the vocabulary.
    pub(crate) fn new(task: &Task) -> Result<Self, MissionError> {
        let mut known = HashMap::new();
        let mut table = Self { entries: Vec::new(), index: Vec::new() };
        for state in (0..MISSIONS).map(numbered_state) {
            let mission = task.mission(&state);
            if (state.target_cell == 0 || state.other_cell == 0) && tokens(&mission).is_err() {
                // No level has it: a mission with an object that is not there.
                table.index.push(0);
                continue;
            }
            let place = match known.get(&mission) {
                Some(&place) => place,
                None => {
                    table.entries.push(entry(&mission)?);
                    let place = (table.entries.len() - 1) as u32;
                    known.insert(mission, place);
                    place
                }
            };
            table.index.push(place);
        }
        Ok(table)
    }

    /// The table as kernels read it: the entry of every mission number, then the entries.
    pub(crate) fn words(&self) -> impl Iterator<Item = u32> {
        self.index.iter().chain(self.entries.iter().flatten()).copied()
    }

    fn entry(&self, state: &State) -> &Entry {
        &self.entries[self.index[mission_number(*state) as usize] as usize]
    }

    /// Word indices of the mission of `state`.
    pub(crate) fn tokens(&self, state: &State) -> &[i32] {
        bytemuck::cast_slice(&self.entry(state)[..MAX_WORDS])
    }

    /// Character indices of the mission of `state`, `u8::MAX` after the last.
    pub(crate) fn characters(&self, state: &State) -> &[u8] {
        bytemuck::cast_slice(&self.entry(state)[MAX_WORDS..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minigrid::{rules::numbering::rules::PHRASES, tasks::tasks};

    #[test]
    fn commas_are_words_of_their_own() {
        let indices = tokens("get the red key, unlock the red door").unwrap();
        let words: Vec<&str> =
            indices.iter().take_while(|&&i| i > 0).map(|&i| VOCABULARY[i as usize - 1]).collect();
        assert_eq!(words, ["get", "the", "red", "key", ",", "unlock", "the", "red", "door"]);
    }

    #[test]
    fn what_cannot_be_told_is_an_error() {
        assert!(matches!(tokens("open sesame"), Err(MissionError::UnknownWord { .. })));
        assert!(matches!(tokens(&"go ".repeat(51)), Err(MissionError::TooManyWords { .. })));
        assert!(matches!(characters("go!"), Err(MissionError::UnknownCharacter { .. })));
        assert!(matches!(characters(&"a".repeat(97)), Err(MissionError::TooManyCharacters { .. })));
    }

    #[test]
    fn the_table_of_every_task_has_its_missions() {
        for task in tasks() {
            let table = MissionTable::new(task).unwrap();
            for number in 0..NAMED_OBJECTS - 1 {
                let state = State {
                    target_cell: numbered_object(number),
                    other_cell: numbered_object((number + 7) % (NAMED_OBJECTS - 1)),
                    phrase: number % PHRASES,
                    ..bytemuck::Zeroable::zeroed()
                };
                let mission = task.mission(&state);
                assert_eq!(table.tokens(&state), tokens(&mission).unwrap(), "{mission}");
                assert_eq!(table.characters(&state), characters(&mission).unwrap(), "{mission}");
            }
        }
    }
}
