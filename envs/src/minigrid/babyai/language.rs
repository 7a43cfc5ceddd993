//! Instructions in words: one walk over the record gives the sentence, as Farama's `surface` methods word
//! it, and its tokens. Tokens are places in [`VOCABULARY`], from 1; 0 is padding.

use super::record::{
    MAX_ACTIONS,
    records::{
        ACTIONS_AT, GO_TO, OPEN_DOOR, PICK_UP, PLAN_AT, description_of, first_actions, is_told_backwards,
        second_actions, verb_of,
    },
};
use crate::minigrid::{
    components::records::{BALL, BLUE, BOX, DOOR, GREEN, GREY, KEY, PURPLE, RED, YELLOW},
    observations::mission,
};

/// Most tokens of a sentence: twice two actions of 17 words each, and what joins them.
pub const MAX_TOKENS: usize = 72;

/// Words that instructions need beside those of Farama's own vocabulary.
const FURTHER_WORDS: [&str; 9] = ["next", "after", "in", "front", "behind", "on", "your", "left", "right"];

/// All words: the 51 of [`mission::VOCABULARY`] at their places, then those that only BabyAI uses.
pub const VOCABULARY: [&str; 60] = {
    let mut words = [""; 60];
    let mut index = 0;
    while index < words.len() {
        let own = mission::VOCABULARY.len();
        words[index] = if index < own { mission::VOCABULARY[index] } else { FURTHER_WORDS[index - own] };
        index += 1;
    }
    words
};

/// The token of a word of the vocabulary, found when the program is compiled.
pub(in crate::minigrid) const fn token(word: &str) -> i32 {
    let mut index = 0;
    while index < VOCABULARY.len() {
        if is_same(word.as_bytes(), VOCABULARY[index].as_bytes()) {
            return index as i32 + 1;
        }
        index += 1;
    }
    panic!("no word of the vocabulary")
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        if a[index] != b[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// Hands the tokens of the sentence of `record` to `say`, one after the other.
pub fn say_instruction(record: &[u32], say: &mut impl FnMut(i32)) {
    let plan = record[PLAN_AT as usize];
    let first = 0..first_actions(plan);
    let second = first.end..(first.end + second_actions(plan)).min(MAX_ACTIONS as u32);
    if second.is_empty() {
        say_part(record, first, say);
    } else if is_told_backwards(plan) {
        say_part(record, second, say);
        say(const { token("after") });
        say(const { token("you") });
        say_part(record, first, say);
    } else {
        say_part(record, first, say);
        say(const { token(",") });
        say(const { token("then") });
        say_part(record, second, say);
    }
}

fn say_part(record: &[u32], actions: std::ops::Range<u32>, say: &mut impl FnMut(i32)) {
    for index in actions.clone() {
        if index > actions.start {
            say(const { token("and") });
        }
        say_action(record[(ACTIONS_AT + index) as usize], say);
    }
}

fn say_action(action: u32, say: &mut impl FnMut(i32)) {
    match verb_of(action) {
        GO_TO => {
            say(const { token("go") });
            say(const { token("to") });
        }
        OPEN_DOOR => say(const { token("open") }),
        PICK_UP => {
            say(const { token("pick") });
            say(const { token("up") });
        }
        _ => {
            say(const { token("put") });
            say_description(description_of(action, 0), say);
            say(const { token("next") });
            say(const { token("to") });
            say_description(description_of(action, 1), say);
            return;
        }
    }
    say_description(description_of(action, 0), say);
}

/// Hands the tokens of a description, as the record has it, to `say`.
pub(in crate::minigrid) fn say_description(bits: u32, say: &mut impl FnMut(i32)) {
    let (kind, color, side, several) = (bits & 15, bits >> 4 & 7, bits >> 7 & 7, bits >> 10 & 1);
    say(if several == 1 { const { token("a") } } else { const { token("the") } });
    if color > 0 {
        say(match color - 1 {
            RED => const { token("red") },
            GREEN => const { token("green") },
            BLUE => const { token("blue") },
            PURPLE => const { token("purple") },
            YELLOW => const { token("yellow") },
            GREY => const { token("grey") },
            _ => 0,
        });
    }
    say(match kind {
        DOOR => const { token("door") },
        KEY => const { token("key") },
        BALL => const { token("ball") },
        BOX => const { token("box") },
        _ => const { token("object") },
    });
    let words: &[i32] = match side {
        1 => const { &[token("on"), token("your"), token("left")] },
        2 => const { &[token("on"), token("your"), token("right")] },
        3 => const { &[token("in"), token("front"), token("of"), token("you")] },
        4 => const { &[token("behind"), token("you")] },
        _ => &[],
    };
    words.iter().for_each(|word| say(*word));
}

/// The sentence of an instruction.
pub fn sentence(record: &[u32]) -> String {
    let mut tokens = Vec::with_capacity(MAX_TOKENS);
    say_instruction(record, &mut |token| tokens.push(token));
    text_of(&tokens)
}

/// Tokens as words; padding is left out.
pub fn text_of(tokens: &[i32]) -> String {
    let mut text = String::new();
    for &token in tokens.iter().filter(|token| **token != 0) {
        let word = VOCABULARY.get((token as usize).wrapping_sub(1)).copied().unwrap_or("?");
        if !text.is_empty() && word != "," {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// Writes the tokens of an instruction into `row`, which has [`MAX_TOKENS`] of them, padded with 0.
pub fn write_tokens(record: &[u32], row: &mut [i32]) {
    let mut places = row.iter_mut();
    say_instruction(record, &mut |token| {
        if let Some(place) = places.next() {
            *place = token;
        }
    });
    places.for_each(|place| *place = 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::minigrid::babyai::record::{INSTRUCTION_WORDS, records::PUT_NEXT};

    fn description(kind: u32, color: u32, side: u32, several: u32) -> u32 {
        kind | color << 4 | side << 7 | several << 10
    }

    fn record(plan: u32, actions: &[u32]) -> Vec<u32> {
        let mut record = vec![0; INSTRUCTION_WORDS];
        record[PLAN_AT as usize] = plan;
        record[ACTIONS_AT as usize..][..actions.len()].copy_from_slice(actions);
        record
    }

    #[test]
    fn every_form_has_its_words() {
        let go = GO_TO | description(BALL, RED + 1, 0, 0) << 4;
        let open = OPEN_DOOR | description(DOOR, 0, 3, 1) << 4;
        let pick = PICK_UP | description(0, GREY + 1, 4, 1) << 4;
        let put = PUT_NEXT | description(KEY, 0, 1, 1) << 4 | description(BOX, YELLOW + 1, 2, 0) << 15;
        assert_eq!(sentence(&record(1, &[go])), "go to the red ball");
        assert_eq!(
            sentence(&record(2 | 1 << 2, &[open, pick, put])),
            "open a door in front of you and pick up a grey object behind you, then put a key on your left \
             next to the yellow box on your right"
        );
        assert_eq!(
            sentence(&record(1 | 1 << 2 | 16, &[go, open])),
            "open a door in front of you after you go to the red ball"
        );
    }

    #[test]
    fn the_longest_sentence_fits() {
        let full = description(BALL, RED + 1, 3, 0);
        let put = PUT_NEXT | full << 4 | full << 15;
        let record = record(2 | 2 << 2, &[put; 4]);
        let mut row = [-1; MAX_TOKENS + 2];
        write_tokens(&record, &mut row);
        assert!(row[MAX_TOKENS - 1] > 0);
        assert_eq!(row[MAX_TOKENS..], [0, 0]);
    }

    #[test]
    fn farama_s_words_keep_their_places() {
        assert_eq!(VOCABULARY[..mission::VOCABULARY.len()], mission::VOCABULARY);
        assert_eq!(VOCABULARY[59], "right");
    }
}
