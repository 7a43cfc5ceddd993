//! The text observation, for agents that read: what is seen where, what the player has and how it feels,
//! what it has achieved. Tokens of a small vocabulary, in a fixed order.

use std::sync::LazyLock;

use pentathlon_engine::Instance;

use super::{
    super::{
        components::{
            ACHIEVEMENT_NAMES, ITEM_NAMES, MATERIAL_NAMES,
            records::{Clock, PLAYER},
        },
        daylight::daylight,
        layout::Layout,
    },
    view::{VIEW_COLUMNS, VIEW_ROWS, VIEW_TILES, look},
};

/// Names of the codes of objects.
const OBJECT_WORDS: [&str; 11] = [
    "nothing",
    "player",
    "cow",
    "zombie",
    "skeleton",
    "arrow_left",
    "arrow_right",
    "arrow_up",
    "arrow_down",
    "plant",
    "ripe_plant",
];
/// Words that give the text its order.
const STRUCTURE: [&str; 12] =
    ["facing", "see", "have", "achieved", "asleep", "dark", "left", "right", "up", "down", "edge", "many"];
/// The largest number that has a word; more are `many`.
const LARGEST_NUMBER: usize = 9;

/// Things that can be seen, without the player itself: materials, the edge of the world, objects.
const THINGS: usize = 12 + 1 + 10;

/// Most words of an observation: what is faced, five words for everything seen, two for every item, every
/// achievement, two states, and three headings.
pub const MOST_WORDS: usize = 2 + 1 + 5 * THINGS + 1 + 2 * ITEM_NAMES.len() + 1 + ACHIEVEMENT_NAMES.len() + 2;

/// All words; token `i` is word `i - 1`.
static VOCABULARY: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut words: Vec<&str> = STRUCTURE.to_vec();
    words.extend(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let names =
        MATERIAL_NAMES[1..].iter().chain(&OBJECT_WORDS[1..]).chain(&ITEM_NAMES).chain(&ACHIEVEMENT_NAMES);
    for name in names {
        if !words.contains(name) {
            words.push(name);
        }
    }
    words
});

/// Tokens of every name, found once.
static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
    let token = |word: &str| 1 + VOCABULARY.iter().position(|known| *known == word).unwrap_or(0) as i32;
    Tokens {
        structure: STRUCTURE.map(token),
        zero: token("0"),
        materials: MATERIAL_NAMES.map(|name| token(if name == "none" { "edge" } else { name })),
        objects: OBJECT_WORDS.map(token),
        items: ITEM_NAMES.map(token),
        achievements: ACHIEVEMENT_NAMES.map(token),
    }
});

struct Tokens {
    structure: [i32; STRUCTURE.len()],
    zero: i32,
    materials: [i32; MATERIAL_NAMES.len()],
    objects: [i32; OBJECT_WORDS.len()],
    items: [i32; ITEM_NAMES.len()],
    achievements: [i32; ACHIEVEMENT_NAMES.len()],
}

/// The vocabulary.
pub fn vocabulary() -> Vec<String> {
    VOCABULARY.iter().map(|word| (*word).to_owned()).collect()
}

/// The words of an observation, joined.
pub fn words(tokens: &[i32]) -> String {
    let words = tokens.iter().filter_map(|token| VOCABULARY.get(usize::try_from(token - 1).ok()?).copied());
    words.collect::<Vec<_>>().join(" ")
}

/// Tokens being written.
struct Writer<'a> {
    row: &'a mut [i32],
    length: usize,
}

impl Writer<'_> {
    fn push(&mut self, token: i32) {
        if let Some(place) = self.row.get_mut(self.length) {
            *place = token;
            self.length += 1;
        }
    }

    fn word(&mut self, word: &str) {
        if let Some(index) = STRUCTURE.iter().position(|known| *known == word) {
            self.push(TOKENS.structure[index]);
        }
    }

    fn number(&mut self, number: usize) {
        if number > LARGEST_NUMBER {
            self.word("many");
        } else {
            self.push(TOKENS.zero + number as i32);
        }
    }

    /// How far something is along an axis; nothing when it is not.
    fn offset(&mut self, offset: i32, [negative, positive]: [&str; 2]) {
        if offset != 0 {
            self.number(offset.unsigned_abs() as usize);
            self.word(if offset < 0 { negative } else { positive });
        }
    }
}

/// Writes the observation of player `index`: what it faces; of everything in sight the nearest and how far
/// left or right and up or down it is; what the player has; what it has achieved; sleep and darkness.
pub fn write_text(layout: &Layout, instance: &Instance<'_, Clock>, index: usize, row: &mut [i32]) {
    let (mut materials, mut objects) = ([0; VIEW_TILES], [0; VIEW_TILES]);
    look(layout, instance, index, &mut materials, &mut objects);
    let player = &layout.players(instance.items)[index];
    row.fill(0);
    let mut writer = Writer { row, length: 0 };
    writer.word("facing");
    let centre = (VIEW_COLUMNS / 2 * VIEW_ROWS + VIEW_ROWS / 2) as i32;
    let ahead = centre + [-(VIEW_ROWS as i32), VIEW_ROWS as i32, -1, 1][player.facing as usize % 4];
    writer.push(match objects[ahead as usize] {
        0 => TOKENS.materials[usize::from(materials[ahead as usize]) % MATERIAL_NAMES.len()],
        object => TOKENS.objects[usize::from(object) % OBJECT_WORDS.len()],
    });
    writer.word("see");
    // The player does not see itself.
    objects[centre as usize] = 0;
    for (material, &token) in TOKENS.materials.iter().enumerate() {
        write_nearest(&mut writer, token, &materials, material as u8);
    }
    for (object, &token) in TOKENS.objects.iter().enumerate().skip(PLAYER as usize) {
        write_nearest(&mut writer, token, &objects, object as u8);
    }
    writer.word("have");
    for (&token, &count) in TOKENS.items.iter().zip(&player.inventory).filter(|(_, count)| **count > 0) {
        writer.push(token);
        writer.number(count as usize);
    }
    writer.word("achieved");
    for (&token, _) in TOKENS.achievements.iter().zip(&player.achieved).filter(|(_, count)| **count > 0) {
        writer.push(token);
    }
    if player.sleeping == 1 {
        writer.word("asleep");
    }
    if daylight(instance.state.step) < 0.5 {
        writer.word("dark");
    }
}

fn write_nearest(writer: &mut Writer<'_>, token: i32, tiles: &[u8; VIEW_TILES], code: u8) {
    let offset = |place: usize| {
        let (column, row) = (place / VIEW_ROWS, place % VIEW_ROWS);
        (column as i32 - VIEW_COLUMNS as i32 / 2, row as i32 - VIEW_ROWS as i32 / 2)
    };
    let places = tiles.iter().enumerate().filter(|(_, tile)| **tile == code).map(|(place, _)| offset(place));
    if let Some((x, y)) = places.min_by_key(|(x, y)| x.abs() + y.abs()) {
        writer.push(token);
        writer.offset(x, ["left", "right"]);
        writer.offset(y, ["up", "down"]);
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_engine::episode::rules::begin_episode;
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;
    use crate::crafter::{components::records::ORIGINAL_RULES, generation::generate};

    #[test]
    fn no_word_has_two_tokens() {
        let mut words = vocabulary();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), vocabulary().len());
    }

    #[test]
    fn a_new_player_reads_what_it_sees_and_has() {
        let layout = Layout::new(1, ORIGINAL_RULES, false);
        let mut items = vec![0; layout.words()];
        generate(&mut Philox::for_level(1, 2), &layout, 1, &mut items);
        let episode = begin_episode(0, 0, 0, 0, 0);
        let player = &mut layout.players_mut(&mut items)[0];
        (player.achieved[0], player.inventory[5]) = (1, 12);
        let instance = Instance { state: &Clock { step: 210 }, items: &items, episode: &episode };
        let mut row = vec![-1; MOST_WORDS];
        write_text(&layout, &instance, 0, &mut row);
        let text = words(&row);
        assert!(text.starts_with("facing ") && text.contains(" see "), "{text}");
        assert!(
            text.contains("have health 9 food 9 drink 9 energy 9 wood many achieved collect_coal dark"),
            "{text}"
        );
        assert!(row.last() == Some(&0), "padded with 0");
    }

    #[test]
    fn the_worst_case_fits() {
        // Every tile another thing, everything owned and achieved, at night, asleep.
        let layout = Layout::new(1, ORIGINAL_RULES, false);
        let mut items = vec![0; layout.words()];
        generate(&mut Philox::for_level(1, 2), &layout, 1, &mut items);
        let player = &mut layout.players_mut(&mut items)[0];
        player.inventory.fill(9);
        player.achieved.fill(1);
        (player.sleeping, player.x, player.y) = (1, 2, 2);
        let map = &mut items[crate::crafter::components::records::MAP_AT as usize..][..16 * 7];
        for (index, word) in map.iter_mut().enumerate() {
            let tile = |offset: usize| {
                (1 + (4 * index + offset) % 12) as u32 | (((4 * index + offset) % 7) << 4) as u32
            };
            *word = tile(0) | tile(1) << 8 | tile(2) << 16 | tile(3) << 24;
        }
        let episode = begin_episode(0, 0, 0, 0, 0);
        let instance = Instance { state: &Clock { step: 210 }, items: &items, episode: &episode };
        let mut row = vec![0; MOST_WORDS];
        write_text(&layout, &instance, 0, &mut row);
        assert!(words(&row).ends_with("asleep dark"), "{}", words(&row));
    }
}
