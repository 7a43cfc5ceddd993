//! Levels against recordings of Farama's own: after every seeded reset, and after every later reset in
//! which the random stream runs on, the generated level equals the recorded one.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use pentathlon_envs::minigrid::{
    components::records::{BOX, State, color_of, contents_of, kind_of, state_of},
    tasks::{Objective, Task, tasks},
};
use pentathlon_gym::seeding::pcg64::Pcg64;
use serde_json::Value;

/// Where the recordings are.
fn recordings() -> PathBuf {
    match std::env::var_os("PENTATHLON_GOLDEN") {
        Some(folder) => PathBuf::from(folder).join("minigrid"),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/minigrid"),
    }
}

fn lines(path: &Path) -> impl Iterator<Item = Value> {
    let file = File::open(path).expect("the recording can be opened");
    let reader: Box<dyn Read> = if path.extension().is_some_and(|extension| extension == "zst") {
        Box::new(ruzstd::decoding::StreamingDecoder::new(file).expect("a zstd stream"))
    } else {
        Box::new(file)
    };
    BufReader::new(reader)
        .lines()
        .map(|line| serde_json::from_str(&line.expect("text")).expect("a JSON line"))
}

/// The level in the words of the recording.
fn described(task: &Task, state: &State, items: &[u32]) -> Value {
    let cells = &items[..(task.width * task.height) as usize];
    let mut grid = String::new();
    let mut boxes = Vec::new();
    for (index, &cell) in cells.iter().enumerate() {
        grid += &format!("{:02x}{:02x}{:02x}", kind_of(cell), color_of(cell), state_of(cell));
        let inside = contents_of(cell);
        if kind_of(cell) == BOX && inside != 0 {
            let (x, y) = (index as u32 / task.height, index as u32 % task.height);
            boxes.push(serde_json::json!([x, y, [kind_of(inside), color_of(inside), state_of(inside)]]));
        }
    }
    // Recordings list boxes row by row, cells column by column.
    boxes.sort_by_key(|found: &Value| (found[1].as_u64(), found[0].as_u64()));
    serde_json::json!({
        "grid": grid,
        "pos": [state.x, state.y],
        "dir": state.dir,
        "boxes": boxes,
        "mission": task.mission(state),
        "max_steps": task.max_steps,
    })
}

/// The differences between a level and its recording.
fn differences(level: &Value, recorded: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in level.as_object().expect("an object") {
        let recorded = &recorded[name];
        if value != recorded {
            found.push(format!("{name}: generated {value}, recorded {recorded}"));
        }
    }
    found
}

/// Compares one recording; returns how many levels were compared and what differs.
fn compare(path: &Path) -> (usize, Vec<String>) {
    let mut lines = lines(path);
    let header = lines.next().expect("a header");
    let id = header["id"].as_str().expect("an id");
    let Some(task) = tasks().iter().find(|task| task.id == id) else {
        return (0, vec![format!("{id}: not registered")]);
    };
    let mut failures = Vec::new();
    let (mut levels, mut state) = (0, bytemuck::Zeroable::zeroed());
    let mut items = vec![0; task.items()];
    let limits = serde_json::json!({
        "width": task.width,
        "height": task.height,
        "max_steps": task.max_steps,
        "see_through_walls": task.see_through_walls,
        "n_actions": task.num_actions,
    });
    failures.extend(differences(&limits, &header).into_iter().map(|what| format!("{id}: {what}")));
    for rollout in lines {
        let seed = rollout["seed"].as_u64().expect("a seed");
        let mut random = Pcg64::from_seed(seed);
        let later = rollout["resets"].as_array().expect("resets");
        // Moving obstacles draw from the stream in every step, so that only the first level is known
        // without playing the episode.
        let followed = if task.objective == Objective::DynamicObstacles { 0 } else { later.len() };
        let recorded = std::iter::once(&rollout["init"]).chain(&later[..followed]);
        for (episode, recorded) in recorded.enumerate() {
            let place = format!("{id}, seed {seed}, {} rollout, level {episode}", rollout["kind"]);
            if let Err(error) = task.generate(&mut random, &[], &mut state, &mut items) {
                failures.push(format!("{place}: {error}"));
                break;
            }
            levels += 1;
            let level = described(task, &state, &items);
            failures.extend(differences(&level, recorded).into_iter().map(|what| format!("{place}: {what}")));
        }
    }
    (levels, failures)
}

#[test]
fn levels_equal_the_recorded_ones() {
    let folder = recordings();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("MiniGrid-") && (name.ends_with(".jsonl") || name.ends_with(".jsonl.zst"))
        })
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no recordings in {}", folder.display());
    let (mut levels, mut failures) = (0, Vec::new());
    for path in &paths {
        let (compared, differing) = compare(path);
        levels += compared;
        failures.extend(differing);
    }
    println!("{} recordings, {levels} levels compared", paths.len());
    assert!(levels > 0);
    let shown = failures.iter().take(40).map(|failure| failure.chars().take(2000).collect::<String>());
    assert!(
        failures.is_empty(),
        "{} differences in {levels} levels:\n{}",
        failures.len(),
        shown.collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn all_ids_are_registered_in_order() {
    let ids: Vec<&str> = tasks().iter().map(|task| task.id).collect();
    assert_eq!(ids.len(), 82);
    assert!(ids.is_sorted());
}
