//! Every recorded rollout of the original Crafter, replayed: worlds, creatures, inventories, counters,
//! rewards, endings and the state of the random generator have to be the same after every step. Cases are
//! read from `tests/golden/crafter/`, or from `$PENTATHLON_GOLDEN/crafter/` when that is set.

#[path = "crafter/game.rs"]
mod game;

use std::{
    env,
    fmt::Debug,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use game::{Game, crc32, index_of, list, signed, textures, unsigned, word};
use pentathlon::{
    envs::crafter::{
        components::{
            ACHIEVEMENT_NAMES, ITEM_NAMES,
            records::{TEAM_UNLOCKED, direction_x, direction_y},
        },
        daylight::daylight,
        generation::simplex::Simplex,
        reference::{
            episode_seed::{pair_hash, world_seed},
            mersenne_twister::{MersenneTwister, STATE_WORDS},
        },
        rules::{
            team::rules::{ENDED_DEAD, ENDED_WITH_DIAMOND, give},
            world::{Words, rules::player_place},
        },
    },
    gym::seeding::Random,
};
use serde_json::Value;

/// Differences that are printed; the rest is counted.
const SHOWN: usize = 20;

/// The folder with the cases.
fn cases() -> PathBuf {
    let root = env::var_os("PENTATHLON_GOLDEN")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"), PathBuf::from);
    root.join("crafter")
}

/// The files in the folder whose names begin with one of `prefixes`, in order.
fn files(prefixes: &[&str]) -> Vec<PathBuf> {
    let folder = cases();
    let entries = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        prefixes.iter().any(|prefix| name.starts_with(prefix)) && name.contains(".json")
    });
    paths.sort();
    assert!(!paths.is_empty(), "no {prefixes:?} in {}", folder.display());
    paths
}

/// The text of a file, which may be compressed.
fn text(path: &Path) -> String {
    let mut text = String::new();
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if path.extension().is_some_and(|extension| extension == "zst") {
        let mut decoder = ruzstd::decoding::StreamingDecoder::new(file).expect("a Zstandard file");
        decoder.read_to_string(&mut text).expect("compressed text");
    } else {
        let mut file = file;
        file.read_to_string(&mut text).expect("text");
    }
    text
}

/// The lines of a recording.
fn lines(path: &Path) -> Vec<Value> {
    text(path).lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// What was compared, and what was different.
#[derive(Default)]
struct Comparison {
    rollouts: usize,
    steps: usize,
    values: usize,
    frames: usize,
    differences: usize,
}

impl Comparison {
    fn equal<T: PartialEq + Debug>(&mut self, place: &str, what: &str, ours: &T, recorded: &T) {
        self.values += 1;
        if ours != recorded {
            self.differences += 1;
            if self.differences <= SHOWN {
                println!("{place}: {what}: ours {ours:?}, recorded {recorded:?}");
            }
        }
    }

    fn finish(&self, what: &str) {
        let Self { rollouts, steps, values, frames, differences } = self;
        println!("{what}: {rollouts} rollouts, {steps} steps, {values} values compared");
        match textures() {
            Some(folder) => println!("{what}: {frames} frames compared, with the textures of {folder}"),
            None => println!(
                "{what}: frames were skipped: PENTATHLON_CRAFTER_TEXTURES does not name the folder with the \
                 original's textures"
            ),
        }
        assert!(textures().is_none() || *frames > 0, "{what}: no frame was compared");
        assert!(*rollouts > 0 && *steps > 0, "{what}: nothing was compared");
        assert_eq!(*differences, 0, "{what}: values differ");
    }
}

fn joined(objects: &[[i32; 7]], fields: usize) -> String {
    let row = |object: &[i32; 7]| {
        let fields: Vec<String> = object[..fields].iter().map(ToString::to_string).collect();
        fields.join(",") + ";"
    };
    objects.iter().map(row).collect()
}

impl Comparison {
    /// Compares everything that a full state holds.
    fn full_state(&mut self, place: &str, game: &Game, recorded: &Value) {
        let map: String = game.materials().iter().map(|material| format!("{material:x}")).collect();
        self.equal(place, "map", &map.as_str(), &word(&recorded["map"]));
        let objects: Vec<Vec<i32>> =
            list(&recorded["objects"]).iter().map(|row| list(row).iter().map(signed).collect()).collect();
        let ours: Vec<Vec<i32>> = game.objects().iter().map(|object| object.to_vec()).collect();
        self.equal(place, "objects", &ours, &objects);
        let chunks: Vec<[u32; 2]> = list(&recorded["chunks"])
            .iter()
            .map(|corner| [unsigned(&corner[0]) as u32, unsigned(&corner[1]) as u32])
            .collect();
        self.equal(place, "chunk list", &game.chunks(), &chunks);
    }

    /// Compares what every step line holds of the world.
    fn world(&mut self, place: &str, game: &Game, recorded: &Value) {
        let objects = game.objects();
        let mut sorted = objects.clone();
        sorted.sort_unstable();
        self.equal(place, "materials", &crc32(game.materials()), &unsigned(&recorded["m"]));
        self.equal(place, "number of objects", &(objects.len() as u64), &unsigned(&recorded["n"]));
        self.equal(place, "sorted objects", &crc32(joined(&sorted, 4).bytes()), &unsigned(&recorded["o"]));
        self.equal(place, "objects", &crc32(joined(&objects, 7).bytes()), &unsigned(&recorded["q"]));
        self.equal(place, "semantic map", &crc32(game.semantic()), &unsigned(&recorded["s"]));
        let light = recorded["l"].as_f64().expect("a daylight");
        // A set-up changes the number of the step, not the daylight, which the next step computes.
        let ours = daylight(if recorded.get("a").is_some() { game.clock.step } else { 0 });
        self.equal(place, "daylight", &((ours - light).abs() < 1e-12), &true);
        let generator = game.layout().generator(&game.items);
        let key = generator[..STATE_WORDS - 1].iter().flat_map(|word| word.to_le_bytes());
        let state = (u64::from(generator[STATE_WORDS - 1]), crc32(key));
        self.equal(place, "generator", &state, &(unsigned(&recorded["g"][0]), unsigned(&recorded["g"][1])));
    }

    /// Compares what a step line holds of player `index`.
    fn player(&mut self, place: &str, game: &Game, index: usize, [p, i, c]: [&Value; 3]) {
        let player = &game.layout().players(&game.items)[index];
        let pose = [
            player.x as i32,
            player.y as i32,
            direction_x(player.facing),
            direction_y(player.facing),
            player.sleeping as i32,
        ];
        let numbers = |value: &Value| list(value).iter().map(signed).collect::<Vec<_>>();
        self.equal(place, "pose", &pose.to_vec(), &numbers(p));
        let inventory: Vec<i32> = player.inventory.iter().map(|count| *count as i32).collect();
        self.equal(place, "inventory", &inventory, &numbers(i));
        let half = |doubled: i32| f64::from(doubled) / 2.0;
        let counters = [
            half(player.hunger as i32),
            half(player.thirst as i32),
            player.fatigue.into(),
            half(player.recover),
        ];
        let recorded: Vec<f64> = list(c).iter().map(|value| value.as_f64().expect("a number")).collect();
        self.equal(place, "counters", &counters.to_vec(), &recorded);
    }

    /// Compares the checksums of images. Those of a reset are from before any set-up.
    fn frames(&mut self, place: &str, ours: &[u64], recorded: &Value) {
        let recorded: Vec<u64> = match recorded {
            Value::Array(frames) => frames.iter().map(unsigned).collect(),
            frame => vec![unsigned(frame)],
        };
        if textures().is_some() {
            self.frames += ours.len();
            self.equal(place, "frames", &ours.to_vec(), &recorded);
        }
    }

    /// Replays one recording of the single-agent game.
    fn replay(&mut self, path: &Path) {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let lines = lines(path);
        let header = &lines[0];
        let (seed, episode) = (unsigned(&header["seed"]), unsigned(&header["episode"]));
        let world = u64::from(world_seed(seed, episode));
        self.rollouts += 1;
        self.equal(&file, "world seed", &world, &unsigned(&header["world_seed"]));
        let mut game = Game::new("CrafterReward-v1", seed, episode, &[]);
        let first_frames = game.frames();
        let mut is_set_up = false;
        for line in &lines[1..] {
            let place = format!("{file} step {}", line["t"]);
            let before_setup = line.get("stage").is_some();
            if !before_setup && !is_set_up {
                for operation in list(&header["setup"]) {
                    game.set_up(list(operation));
                }
                is_set_up = true;
            }
            if line.get("map").is_some() {
                self.full_state(&place, &game, line);
                continue;
            }
            if let Some(action) = line.get("a") {
                let unlocked = game.layout().players(&game.items)[0].unlocked;
                let done = game.step(&[signed(action)]);
                let reward = game.domain.exact_reward(&game.layout().players(&game.items)[0]);
                let new = game.layout().players(&game.items)[0].unlocked & !unlocked;
                let new: Vec<&str> = (0..ACHIEVEMENT_NAMES.len())
                    .filter(|index| new >> index & 1 == 1)
                    .map(|index| ACHIEVEMENT_NAMES[index])
                    .collect();
                self.steps += 1;
                self.equal(&place, "reward", &reward, &line["r"].as_f64().expect("a reward"));
                self.equal(&place, "done", &done, &line["d"].as_bool().expect("a flag"));
                self.equal(&place, "unlocked", &new, &list(&line["u"]).iter().map(word).collect());
            }
            self.equal(&place, "step", &u64::from(game.clock.step), &unsigned(&line["t"]));
            self.world(&place, &game, line);
            self.player(&place, &game, 0, [&line["p"], &line["i"], &line["c"]]);
            let frames = if line.get("a").is_some() { game.frames() } else { first_frames.clone() };
            self.frames(&place, &frames, &line["f"]);
        }
    }

    /// Compares what a step line of a team holds of what each agent has got.
    fn team_step(&mut self, place: &str, game: &Game, recorded: &Value, was_alive: &[bool]) {
        let players = game.layout().players(&game.items);
        for (index, player) in players.iter().enumerate() {
            let pay = was_alive[index].then(|| game.domain.exact_reward(player));
            self.equal(place, "reward", &pay, &recorded["r"][index].as_f64());
            let flag = |bit| was_alive[index].then_some(player.ending & bit != 0);
            self.equal(place, "terminated", &flag(ENDED_WITH_DIAMOND), &recorded["term"][index].as_bool());
            self.equal(place, "truncated", &flag(ENDED_DEAD), &recorded["trunc"][index].as_bool());
        }
        let alive: Vec<u64> = players.iter().map(|player| u64::from(player.alive)).collect();
        self.equal(place, "alive", &alive, &list(&recorded["alive"]).iter().map(unsigned).collect());
        let team = game.items[TEAM_UNLOCKED as usize];
        let team: Vec<&str> = (0..ACHIEVEMENT_NAMES.len())
            .filter(|index| team >> index & 1 == 1)
            .map(|index| ACHIEVEMENT_NAMES[index])
            .collect();
        self.equal(place, "team", &team, &list(&recorded["team"]).iter().map(word).collect());
    }

    /// Replays one recording of the game for a team.
    fn replay_team(&mut self, path: &Path) {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let lines = lines(path);
        let header = &lines[0];
        let options =
            [("agents", unsigned(&header["agents"])), ("world_seed", unsigned(&header["world_seed"]))];
        let mut game = Game::new("MultiCrafter-v1", 0, 1, &options);
        let first_frames = game.frames();
        let mut is_set_up = false;
        self.rollouts += 1;
        for line in &lines[1..] {
            let place = format!("{file} step {}", line["t"]);
            if line.get("stage").is_none() && !is_set_up {
                for operation in list(&header["setup"]) {
                    game.set_up(list(operation));
                }
                is_set_up = true;
            }
            if line.get("map").is_some() {
                self.full_state(&place, &game, line);
                continue;
            }
            if let Some(actions) = line.get("a") {
                if let Some(exchange) = line["x"].as_array() {
                    let [giver, receiver] =
                        [0, 1].map(|index| player_place(unsigned(&exchange[index]) as u32));
                    let item = index_of(&ITEM_NAMES, &exchange[2]);
                    give::<Words<'_>>(&mut Words(&mut game.items), giver, receiver, item);
                }
                let actions: Vec<i32> = list(actions).iter().map(signed).collect();
                let players = game.layout().players(&game.items);
                let was_alive: Vec<bool> = players.iter().map(|player| player.alive == 1).collect();
                game.step(&actions);
                self.steps += 1;
                self.team_step(&place, &game, line, &was_alive);
            }
            self.world(&place, &game, line);
            for index in 0..options[0].1 as usize {
                self.player(&place, &game, index, [&line["p"][index], &line["i"][index], &line["c"][index]]);
            }
            let frames = if line.get("a").is_some() { game.frames() } else { first_frames.clone() };
            self.frames(&place, &frames, &line["f"]);
        }
    }
}

#[test]
fn every_recorded_rollout_is_replayed_without_a_difference() {
    let mut comparison = Comparison::default();
    for path in files(&["random_", "scripted_"]) {
        comparison.replay(&path);
    }
    comparison.finish("single agent");
}

#[test]
fn every_recorded_rollout_of_a_team_is_replayed_without_a_difference() {
    let mut comparison = Comparison::default();
    for path in files(&["mcrafter_"]) {
        comparison.replay_team(&path);
    }
    comparison.finish("team");
}

#[test]
fn random_numbers_are_the_originals() {
    let mut words = [0; STATE_WORDS];
    let vectors: Value = serde_json::from_str(&text(&files(&["vectors_rng"])[0])).expect("JSON");
    for case in list(&vectors["rng"]) {
        let mut random = MersenneTwister::new(&mut words);
        random.seed(unsigned(&case["seed"]) as u32);
        for uniform in list(&case["uniform8"]) {
            assert_eq!(random.float(), uniform.as_f64().expect("a number"));
        }
        for (name, high) in [("then_randint_0_4_x16", 4), ("then_randint_0_2147483647_x4", i32::MAX)] {
            for drawn in list(&case[name]) {
                assert_eq!(random.int(0, high), signed(drawn), "{name}");
            }
        }
        for (name, high) in [("then_randint_0_1_x4_no_draw", 1), ("then_randint_0_100_x16", 100)] {
            for drawn in list(&case[name]) {
                assert_eq!(random.int(0, high), signed(drawn), "{name}");
            }
        }
        for row in list(&case["then_uniform_32_127_2x3"]) {
            for drawn in list(row) {
                assert_eq!(32.0 + (127.0 - 32.0) * random.float(), drawn.as_f64().expect("a number"));
            }
        }
        assert_eq!(random.position() as u64, unsigned(&case["pos"]));
        let key = random.key().iter().flat_map(|word| word.to_le_bytes());
        assert_eq!(crc32(key), unsigned(&case["key_crc32"]));
    }
    for row in list(&vectors["episode_hash"]) {
        let (seed, episode) = (row[0].as_i64().expect("a seed"), unsigned(&row[1]));
        assert_eq!(Some(pair_hash(seed.into(), episode)), row[2].as_i64());
        assert_eq!(u64::from(world_seed(seed, episode)), unsigned(&row[3]));
    }
}

#[test]
fn noise_is_the_originals() {
    let vectors: Value = serde_json::from_str(&text(&files(&["vectors_simplex3"])[0])).expect("JSON");
    for case in list(&vectors) {
        let noise = Simplex::new(case["seed"].as_i64().expect("a seed"));
        let permutation: Vec<u8> = list(&case["perm"]).iter().map(|entry| unsigned(entry) as u8).collect();
        assert_eq!(noise.permutation().to_vec(), permutation);
        for point in list(&case["points"]) {
            let [x, y, z, value] = [0, 1, 2, 3].map(|index| point[index].as_f64().expect("a number"));
            assert_eq!(noise.at(x, y, z), value, "at ({x}, {y}, {z})");
        }
    }
}

#[test]
fn daylight_is_the_originals() {
    let vectors: Value = serde_json::from_str(&text(&files(&["vectors_daylight"])[0])).expect("JSON");
    let first = unsigned(&vectors["first_step"]) as u32;
    for (step, light) in (first..).zip(list(&vectors["daylight"])) {
        assert!((daylight(step) - light.as_f64().expect("a number")).abs() < 1e-12, "step {step}");
    }
}
