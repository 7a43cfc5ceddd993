//! Whether an instance that came from outside, such as from a snapshot, is one that the rules could have
//! made: sizes, positions and codes within bounds, and every count that is kept beside the map right.

use super::{
    components::{
        ITEM_NAMES,
        records::{
            ARROW, CHUNK_LIST_AT, CHUNKS, CHUNKS_AT, COW, EMPTIED_SLOTS, FIRST_OBJECT, FURNACE, GOAL,
            GOAL_DETAIL, LISTED_CHUNKS, MAP_AT, NOTHING, OBJECT_CAPACITY, OBJECT_COUNT, PLANT, PLAYER,
            PLAYER_COUNT, RULE_REVIVAL, RULES, VITAL_ITEMS, VITAL_LIMIT, WATER, WORLD_SIZE,
        },
    },
    layout::Layout,
    rules::chunks::rules::{LISTED, chunk_at, kind_share, material_share},
};

/// The most of an item that is not vital.
const MOST_ITEMS: u32 = 999;

/// Checks the words of an environment.
///
/// # Errors
/// What is wrong, and where.
pub fn check(layout: &Layout, items: &[u32]) -> Result<(), String> {
    let mut expected = vec![0; layout.words()];
    layout.clear(&mut expected);
    for (name, at) in [
        ("object slots", OBJECT_CAPACITY),
        ("place of the objects", FIRST_OBJECT),
        ("rules", RULES),
        ("goal", GOAL),
        ("step of the goal", GOAL_DETAIL),
    ] {
        let (found, expected) = (items[at as usize], expected[at as usize]);
        if found != expected {
            return Err(format!("{name}: {found}, where the batch was built with {expected}"));
        }
    }
    let players = items[PLAYER_COUNT as usize];
    if !(1..=layout.agents).contains(&players) {
        return Err(format!("{players} players, where the batch was built for 1 to {}", layout.agents));
    }
    let objects = items[OBJECT_COUNT as usize];
    if objects > layout.capacity || items[EMPTIED_SLOTS as usize] != 0 {
        return Err(format!("{objects} objects, some removed, in {} slots", layout.capacity));
    }
    if layout.objects(items).count() != objects as usize {
        return Err(format!("not all of the first {objects} object slots hold one"));
    }
    let kinds = check_players(layout, items).and_then(|kinds| check_objects(layout, items, kinds))?;
    check_map(items, &kinds)
}

/// The kinds of objects that stand on each tile, from the players.
fn check_players(layout: &Layout, items: &[u32]) -> Result<Vec<u32>, String> {
    let mut kinds = vec![NOTHING; (WORLD_SIZE * WORLD_SIZE) as usize];
    let team = &layout.players(items)[..items[PLAYER_COUNT as usize] as usize];
    for (index, player) in team.iter().enumerate() {
        if player.x >= WORLD_SIZE as u32 || player.y >= WORLD_SIZE as u32 {
            return Err(format!("player {index} is at ({}, {}), outside the world", player.x, player.y));
        }
        if player.facing > 3 || player.sleeping > 1 || player.alive > 1 {
            return Err(format!("player {index} has a direction or a flag that does not exist"));
        }
        for (item, &count) in player.inventory.iter().enumerate() {
            let limit = if item < VITAL_ITEMS as usize { VITAL_LIMIT } else { MOST_ITEMS };
            if count > limit {
                return Err(format!("player {index} has {count} {}, more than {limit}", ITEM_NAMES[item]));
            }
        }
        let counters =
            [player.hunger, player.thirst, player.fatigue.unsigned_abs(), player.recover.unsigned_abs()];
        if counters.iter().any(|counter| *counter > 100)
            || player.noticed_health > 9
            || player.rewarded_health > 9
        {
            return Err(format!("player {index} has life statistics out of range"));
        }
        if player.achieved.contains(&u32::MAX) {
            return Err(format!("player {index} has achieved something too often"));
        }
        if player.alive == 1 || layout.rules & RULE_REVIVAL != 0 {
            stand(&mut kinds, player.x, player.y, PLAYER)?;
        }
    }
    Ok(kinds)
}

fn check_objects(layout: &Layout, items: &[u32], mut kinds: Vec<u32>) -> Result<Vec<u32>, String> {
    for (object, timer) in layout.objects(items) {
        if !(COW..=PLANT).contains(&object.kind) {
            return Err(format!("an object is of kind {}, not one of {COW} to {PLANT}", object.kind));
        }
        let longest = if object.kind == PLANT { u32::MAX - 1 } else { 5 };
        if timer > longest || object.health > 5 || (object.kind == ARROW && timer != 0) {
            return Err(format!(
                "the object at ({}, {}) has a timer or a health out of range",
                object.x, object.y
            ));
        }
        stand(&mut kinds, object.x as u32, object.y as u32, object.kind)?;
    }
    Ok(kinds)
}

fn stand(kinds: &mut [u32], x: u32, y: u32, kind: u32) -> Result<(), String> {
    let tile = &mut kinds[(x * WORLD_SIZE as u32 + y) as usize];
    if *tile != NOTHING {
        return Err(format!("two objects stand on tile ({x}, {y})"));
    }
    *tile = kind;
    Ok(())
}

fn check_map(items: &[u32], kinds: &[u32]) -> Result<(), String> {
    let mut counts = [[0; 2]; CHUNKS as usize];
    let tiles = items[MAP_AT as usize..CHUNKS_AT as usize].iter().flat_map(|word| word.to_le_bytes());
    for (index, tile) in tiles.enumerate() {
        let (x, y) = (index as i32 / WORLD_SIZE, index as i32 % WORLD_SIZE);
        let (material, kind) = (u32::from(tile & 15), u32::from(tile >> 4));
        if !(WATER..=FURNACE).contains(&material) {
            return Err(format!(
                "tile ({x}, {y}) is of material {material}, not one of {WATER} to {FURNACE}"
            ));
        }
        if kind != kinds[index] {
            return Err(format!(
                "tile ({x}, {y}) names an object of kind {kind}, where {} stands",
                kinds[index]
            ));
        }
        let chunk = &mut counts[chunk_at(x, y) as usize];
        chunk[0] += material_share(material);
        chunk[1] += kind_share(kind);
    }
    let listed = items[LISTED_CHUNKS as usize];
    if listed > CHUNKS {
        return Err(format!("{listed} chunks are listed, more than {CHUNKS}"));
    }
    for (place, &chunk) in items[CHUNK_LIST_AT as usize..][..listed as usize].iter().enumerate() {
        match counts.get_mut(chunk as usize) {
            Some(counts) if counts[0] & LISTED == 0 => counts[0] |= LISTED,
            _ => {
                return Err(format!(
                    "entry {place} of the chunk list is {chunk}, twice or not below {CHUNKS}"
                ));
            }
        }
    }
    let kept = items[CHUNKS_AT as usize..][..2 * CHUNKS as usize].chunks_exact(2);
    match kept.zip(&counts).position(|(kept, counts)| kept != counts) {
        Some(chunk) => Err(format!("the counts of chunk {chunk} are not those of its tiles")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::seeding::philox::Philox;

    use super::*;
    use crate::crafter::{components::records::ORIGINAL_RULES, generation::generate};

    fn world() -> (Layout, Vec<u32>) {
        let layout = Layout::new(2, ORIGINAL_RULES, false);
        let mut items = vec![0; layout.words()];
        generate(&mut Philox::for_level(1, 2), &layout, 2, &mut items);
        (layout, items)
    }

    #[test]
    fn generated_worlds_are_right() {
        let (layout, items) = world();
        assert_eq!(check(&layout, &items), Ok(()));
    }

    #[test]
    fn no_changed_word_of_the_world_makes_a_rule_panic() {
        use crate::crafter::rules::{draws::FastDraws, phases::rules::step_world, world::Words};
        let (layout, items) = world();
        for at in 0..items.len() {
            for change in [1, 1 << 9, 1 << 20, 1 << 31, u32::MAX] {
                let mut changed = items.clone();
                changed[at] ^= change;
                if check(&layout, &changed).is_ok() {
                    let mut random = Philox::for_level(at as u64, change);
                    let mut draws = FastDraws(&mut random);
                    for step in 1..12 {
                        step_world::<FastDraws<'_, Philox>, Words<'_>>(
                            &mut draws,
                            &mut Words(&mut changed),
                            step,
                            9,
                            0,
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let (layout, items) = world();
        let error = |at: usize, word: u32| {
            let mut items = items.clone();
            items[at] = word;
            check(&layout, &items).unwrap_err()
        };
        assert!(error(MAP_AT as usize, 0).contains("tile (0, 0)"));
        assert!(error(PLAYER_COUNT as usize, 17).contains("17 players"));
        assert!(error(OBJECT_COUNT as usize, 1000).contains("1000 objects"));
        assert!(error(CHUNK_LIST_AT as usize, 99).contains("chunk list"));
    }
}
