//! Every recorded rollout of the original Crafter, replayed: worlds, creatures, inventories, counters,
//! rewards, endings and the state of the random generator have to be the same after every step. Cases are
//! read from `tests/golden/crafter/`, or from `$PENTATHLON_GOLDEN/crafter/` when that is set.

use std::{
    env,
    fmt::Debug,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use pentathlon::{
    BuildOptions, Device, GeneratorKind, OptionValue,
    engine::{
        Domain, Instance, InstanceMut,
        episode::{
            records::{Episode, RUNNING},
            rules::{begin_episode, no_outcome},
        },
    },
    envs::crafter::{
        Crafter,
        components::{
            ACHIEVEMENT_NAMES, ITEM_NAMES, MATERIAL_NAMES,
            records::{
                ARROW, COW, Clock, DOWN, HEALTH, LEFT, Object, PLANT, PLAYER, RIGHT, SEMANTIC_OBJECTS,
                SKELETON, TEAM_UNLOCKED, UP, ZOMBIE, direction_x, direction_y,
            },
        },
        daylight::daylight,
        generation::simplex::Simplex,
        layout::Layout,
        reference::{
            episode_seed::{pair_hash, world_seed},
            mersenne_twister::{MersenneTwister, STATE_WORDS},
        },
        rules::{
            chunks::rules::{enter, leave, set_material},
            objects::rules::{add_object, close_up, object_place, remove_object},
            team::rules::{ENDED_DEAD, ENDED_WITH_DIAMOND, give},
            world::{Words, rules::player_place},
        },
        task,
    },
    gym::seeding::{Random, pcg64::Pcg64, philox::Philox},
};
use serde_json::Value;

/// Differences that are printed; the rest is counted.
const SHOWN: usize = 20;

/// Directions in the order of their numbers.
const DIRECTIONS: [u32; 4] = [LEFT, RIGHT, UP, DOWN];

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

/// CRC-32 as zip files have it.
fn crc32(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let sum = bytes.into_iter().fold(u32::MAX, |mut sum, byte| {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
        }
        sum
    });
    u64::from(!sum)
}

fn unsigned(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

fn signed(value: &Value) -> i32 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no whole number")) as i32
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

fn index_of(names: &[&str], value: &Value) -> u32 {
    let name = word(value);
    names.iter().position(|known| *known == name).unwrap_or_else(|| panic!("'{name}' is not known")) as u32
}

/// The folder with the original's textures, without which images cannot be compared.
fn textures() -> Option<String> {
    env::var("PENTATHLON_CRAFTER_TEXTURES").ok().filter(|folder| !folder.is_empty())
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

/// One environment with the reference generator, stepped through the domain that batches step.
struct Game {
    domain: Crafter,
    clock: Clock,
    items: Vec<u32>,
    episode: Episode,
}

impl Game {
    fn new(id: &str, seed: u64, episode: u64, options: &[(&str, u64)]) -> Self {
        let value = |value: &u64| OptionValue::Integer(*value as i64);
        let mut build = BuildOptions {
            device: Device::Native,
            generator: GeneratorKind::Reference,
            options: options.iter().map(|(name, number)| ((*name).into(), value(number))).collect(),
            ..BuildOptions::default()
        };
        if let Some(folder) = textures() {
            build.observations = vec!["image".into()];
            build.options.insert("textures".into(), OptionValue::Text(folder));
        }
        let domain = Crafter::new(task(id).expect("a registered id"), &build).expect("a domain");
        let items = vec![0; domain.items()];
        let mut game =
            Self { domain, clock: Clock { step: 0 }, items, episode: begin_episode(0, 0, 0, 0, 0) };
        let Self { domain, clock, items, .. } = &mut game;
        domain
            .generate_reference(&mut Pcg64::from_seed(0), seed, episode as u32 - 1, &[], clock, items)
            .expect("a world");
        game
    }

    fn layout(&self) -> &Layout {
        self.domain.layout()
    }

    /// Steps, and says whether the episode is over.
    fn step(&mut self, actions: &[i32]) -> bool {
        let mut outcome = no_outcome();
        let mut events = vec![-1; actions.len()];
        let Self { domain, clock, items, episode } = self;
        let instance = InstanceMut { state: clock, items, episode };
        domain.step(&mut Philox::for_level(0, 0), instance, actions, &mut outcome, &mut events);
        outcome.verdict != RUNNING || clock.step >= domain.spec().max_episode_steps
    }

    /// Objects as the recordings list them: kind, column, row, health, direction, timer.
    fn objects(&self) -> Vec<[i32; 7]> {
        let players =
            self.layout().players(&self.items).iter().filter(|player| player.alive == 1).map(|player| {
                let health = player.inventory[HEALTH as usize] as i32;
                let (dx, dy) = (direction_x(player.facing), direction_y(player.facing));
                [(SEMANTIC_OBJECTS + PLAYER) as i32, player.x as i32, player.y as i32, health, dx, dy, 0]
            });
        let others = self.layout().objects(&self.items).map(|(object, timer)| {
            let facing = object.kind == ARROW;
            let (dx, dy) = (direction_x(object.facing), direction_y(object.facing));
            let kind = (SEMANTIC_OBJECTS + object.kind) as i32;
            let (dx, dy) = if facing { (dx, dy) } else { (0, 0) };
            [kind, object.x, object.y, object.health as i32, dx, dy, timer as i32]
        });
        players.chain(others).collect()
    }

    /// The materials, column by column.
    fn materials(&self) -> Vec<u8> {
        (0..4096).map(|tile| Layout::tile(&self.items, tile / 64, tile % 64) & 15).collect()
    }

    /// The corners of the chunks in the order of the chunk list.
    fn chunks(&self) -> Vec<[u32; 2]> {
        use pentathlon::envs::crafter::components::records::{CHUNK_LIST_AT, LISTED_CHUNKS};
        let listed = self.items[LISTED_CHUNKS as usize] as usize;
        let chunks = &self.items[CHUNK_LIST_AT as usize..][..listed];
        chunks.iter().map(|chunk| [chunk / 6 * 12, chunk % 6 * 12]).collect()
    }

    /// The rows of all agents of an observation.
    fn observe(&self, name: &str, width: usize) -> Vec<u8> {
        let mut rows = vec![0; width * self.layout().agents as usize];
        let form = self.domain.spec().observations.iter().position(|form| form.name == name);
        let instance = Instance { state: &self.clock, items: &self.items, episode: &self.episode };
        self.domain.observe(form.expect("an observation"), instance, &mut rows);
        rows
    }

    fn semantic(&self) -> Vec<u8> {
        let mut rows = self.observe("semantic", 4096);
        rows.truncate(4096);
        rows
    }

    /// Checksums of the images of all agents.
    fn frames(&self) -> Vec<u64> {
        let width = 64 * 64 * 3;
        self.observe("image", width).chunks(width).map(|image| crc32(image.iter().copied())).collect()
    }

    /// Applies one operation of a set-up.
    fn set_up(&mut self, operation: &[Value]) {
        let layout = *self.layout();
        let number = |index: usize| signed(&operation[index]);
        let name = word(&operation[0]);
        match name {
            "clear" => {
                let slots = layout.objects(&self.items).count() as u32;
                for slot in 0..slots {
                    let world = &mut Words(&mut self.items);
                    let place = object_place::<Words<'_>>(world, slot);
                    let object =
                        pentathlon::envs::crafter::components::records::object_of(world.0[place as usize]);
                    remove_object::<Words<'_>>(world, place, object);
                }
                close_up::<Words<'_>>(&mut Words(&mut self.items));
            }
            "fill" => {
                let material = index_of(&MATERIAL_NAMES, &operation[5]);
                for x in number(1)..=number(3) {
                    for y in number(2)..=number(4) {
                        set_material::<Words<'_>>(&mut Words(&mut self.items), x, y, material);
                    }
                }
            }
            "mat" => {
                let material = index_of(&MATERIAL_NAMES, &operation[3]);
                set_material::<Words<'_>>(&mut Words(&mut self.items), number(1), number(2), material);
            }
            "move" => {
                let player = layout.players(&self.items)[0];
                leave::<Words<'_>>(&mut Words(&mut self.items), player.x as i32, player.y as i32, PLAYER);
                enter::<Words<'_>>(&mut Words(&mut self.items), number(1), number(2), PLAYER);
                let player = &mut layout.players_mut(&mut self.items)[0];
                (player.x, player.y) = (number(1) as u32, number(2) as u32);
            }
            "face" => {
                layout.players_mut(&mut self.items)[0].facing = direction(number(1), number(2));
            }
            "inv" => {
                let (player, item) = if operation.len() == 4 { (number(1), 2) } else { (0, 1) };
                let index = index_of(&ITEM_NAMES, &operation[item]) as usize;
                let player = &mut layout.players_mut(&mut self.items)[player as usize];
                player.inventory[index] = number(item + 1) as u32;
            }
            "counter" => {
                let player = &mut layout.players_mut(&mut self.items)[0];
                match word(&operation[1]) {
                    "hunger" => player.hunger = 2 * number(2) as u32,
                    "thirst" => player.thirst = 2 * number(2) as u32,
                    "fatigue" => player.fatigue = number(2),
                    "recover" => player.recover = 2 * number(2),
                    other => panic!("there is no counter '{other}'"),
                }
            }
            "step" => self.clock.step = number(1) as u32,
            _ => {
                let (kind, health, facing, timer) = match name {
                    "cow" => (COW, 3, 0, 0),
                    "zombie" => (ZOMBIE, 5, 0, 0),
                    "skeleton" => (SKELETON, 3, 0, 0),
                    "plant" => (PLANT, 1, 0, number(3) as u32),
                    "arrow" => (ARROW, 0, direction(number(3), number(4)), 0),
                    other => panic!("there is no operation '{other}'"),
                };
                let object = Object { kind, facing, health, x: number(1), y: number(2) };
                assert!(add_object::<Words<'_>>(&mut Words(&mut self.items), object, timer), "a full world");
            }
        }
    }
}

fn direction(dx: i32, dy: i32) -> u32 {
    let mut directions = DIRECTIONS.into_iter();
    directions.find(|&way| (direction_x(way), direction_y(way)) == (dx, dy)).expect("a direction")
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
