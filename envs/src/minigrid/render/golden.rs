//! Every tile that was recorded from Farama Minigrid 3.2.0, compared byte for byte (by hash).

use std::{fs::File, io::Read, path::Path};

use serde_json::Value;

use super::Tile;
use crate::minigrid::components::records::{EMPTY, cell};

/// The lines of a recording, as JSON.
fn recorded(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/minigrid/render").join(name);
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    ruzstd::decoding::StreamingDecoder::new(file)
        .expect("a zstd stream")
        .read_to_string(&mut text)
        .expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// FNV-1a, 64 bits, in hexadecimal.
fn fnv(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[test]
fn tiles_are_those_of_farama() {
    let recordings = recorded("tiles.jsonl.zst");
    for recording in &recordings {
        let object = recording["obj"].as_array().map_or(EMPTY, |triple| {
            let index = |at: usize| triple[at].as_u64().expect("an index") as u32;
            cell(index(0), index(1), index(2))
        });
        let tile = Tile {
            object,
            agent: recording["agent_dir"].as_u64().map(|direction| direction as u32),
            highlight: recording["highlight"].as_bool().expect("a flag"),
        };
        let size = recording["tile_size"].as_u64().expect("a size") as usize;
        let mut pixels = vec![0; size * size * 3];
        tile.paint(size, &mut pixels);
        assert_eq!(fnv(&pixels), recording["fnv"], "{tile:?} at {size} pixels");
    }
    assert_eq!(recordings.len(), 402, "recorded tiles compared");
}
