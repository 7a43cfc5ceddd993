//! The recordings: where they lie, and reading them.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use serde::de::DeserializeOwned;

/// Whether the recordings are others than the project's own.
pub fn is_another_set() -> bool {
    std::env::var_os("PENTATHLON_GOLDEN").is_some()
}

/// `tests/golden/physics`, or `$PENTATHLON_GOLDEN/physics`.
fn folder() -> PathBuf {
    match std::env::var_os("PENTATHLON_GOLDEN") {
        Some(root) => PathBuf::from(root).join("physics"),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/physics")),
    }
}

/// The text of `name` or of `name.zst`; `None` where a set of recordings lacks the file.
fn text(name: &str) -> Option<String> {
    let plain = folder().join(name);
    let packed = folder().join(format!("{name}.zst"));
    let mut text = String::new();
    if plain.exists() {
        File::open(plain).and_then(|mut file| file.read_to_string(&mut text)).expect("a readable recording");
    } else if packed.exists() {
        let file = File::open(packed).expect("a readable recording");
        let mut decoder = ruzstd::decoding::StreamingDecoder::new(file).expect("a zstd stream");
        decoder.read_to_string(&mut text).expect("a readable recording");
    } else {
        return None;
    }
    Some(text)
}

/// The one value of a `.json` file, or none without the file.
pub fn value<T: DeserializeOwned>(name: &str) -> Option<T> {
    Some(serde_json::from_str(&text(name)?).unwrap_or_else(|error| panic!("{name}: {error}")))
}

/// The values of a `.jsonl` file, one a line; empty without the file.
pub fn lines<T: DeserializeOwned>(name: &str) -> Vec<T> {
    text(name)
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}")))
        .collect()
}
