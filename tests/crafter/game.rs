//! One Crafter environment with the reference generator, set up and stepped as a recording says, and what
//! recordings hold of it.

use std::env;

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
            ITEM_NAMES, MATERIAL_NAMES,
            records::{
                ARROW, CHUNK_LIST_AT, COW, Clock, DOWN, HEALTH, LEFT, LISTED_CHUNKS, Object, PLANT, PLAYER,
                RIGHT, SEMANTIC_OBJECTS, SKELETON, UP, ZOMBIE, direction_x, direction_y, object_of,
            },
        },
        layout::Layout,
        rules::{
            chunks::rules::{enter, leave, set_material},
            objects::rules::{add_object, close_up, object_place, remove_object},
            world::Words,
        },
        task,
    },
    gym::seeding::{pcg64::Pcg64, philox::Philox},
};
use serde_json::Value;

/// Directions in the order of their numbers.
const DIRECTIONS: [u32; 4] = [LEFT, RIGHT, UP, DOWN];

/// A whole number.
pub fn unsigned(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

/// A whole number that may be negative.
pub fn signed(value: &Value) -> i32 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no whole number")) as i32
}

/// A text.
pub fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// A list.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

/// The place of a name among `names`.
pub fn index_of(names: &[&str], value: &Value) -> u32 {
    let name = word(value);
    names.iter().position(|known| *known == name).unwrap_or_else(|| panic!("'{name}' is not known")) as u32
}

/// The folder with the original's textures, without which images cannot be compared.
pub fn textures() -> Option<String> {
    env::var("PENTATHLON_CRAFTER_TEXTURES").ok().filter(|folder| !folder.is_empty())
}

/// CRC-32 as zip files have it.
pub fn crc32(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let sum = bytes.into_iter().fold(u32::MAX, |mut sum, byte| {
        sum ^= u32::from(byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
        }
        sum
    });
    u64::from(!sum)
}

/// One environment with the reference generator, stepped through the domain that batches step.
pub struct Game {
    pub domain: Crafter,
    pub clock: Clock,
    pub items: Vec<u32>,
    episode: Episode,
}

impl Game {
    /// The world after the reset of an episode.
    pub fn new(id: &str, seed: u64, episode: u64, options: &[(&str, u64)]) -> Self {
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

    /// How its words are laid out.
    pub fn layout(&self) -> &Layout {
        self.domain.layout()
    }

    /// Steps, and says whether the episode is over.
    pub fn step(&mut self, actions: &[i32]) -> bool {
        let mut outcome = no_outcome();
        let mut events = vec![-1; actions.len()];
        let Self { domain, clock, items, episode } = self;
        let instance = InstanceMut { state: clock, items, episode };
        domain.step(&mut Philox::for_level(0, 0), instance, actions, &mut outcome, &mut events);
        outcome.verdict != RUNNING || clock.step >= domain.spec().max_episode_steps
    }

    /// Objects as the recordings list them: kind, column, row, health, direction, timer.
    pub fn objects(&self) -> Vec<[i32; 7]> {
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
    pub fn materials(&self) -> Vec<u8> {
        (0..4096).map(|tile| Layout::tile(&self.items, tile / 64, tile % 64) & 15).collect()
    }

    /// The corners of the chunks in the order of the chunk list.
    pub fn chunks(&self) -> Vec<[u32; 2]> {
        let listed = self.items[LISTED_CHUNKS as usize] as usize;
        let chunks = &self.items[CHUNK_LIST_AT as usize..][..listed];
        chunks.iter().map(|chunk| [chunk / 6 * 12, chunk % 6 * 12]).collect()
    }

    /// The rows of all agents of an observation.
    pub fn observe(&self, name: &str, width: usize) -> Vec<u8> {
        let mut rows = vec![0; width * self.layout().agents as usize];
        let form = self.domain.spec().observations.iter().position(|form| form.name == name);
        let instance = Instance { state: &self.clock, items: &self.items, episode: &self.episode };
        self.domain.observe(form.expect("an observation"), instance, &mut rows);
        rows
    }

    /// The semantic map.
    pub fn semantic(&self) -> Vec<u8> {
        let mut rows = self.observe("semantic", 4096);
        rows.truncate(4096);
        rows
    }

    /// Checksums of the images of all agents.
    pub fn frames(&self) -> Vec<u64> {
        let width = 64 * 64 * 3;
        self.observe("image", width).chunks(width).map(|image| crc32(image.iter().copied())).collect()
    }

    /// Applies one operation of a set-up.
    pub fn set_up(&mut self, operation: &[Value]) {
        let layout = *self.layout();
        let number = |index: usize| signed(&operation[index]);
        let name = word(&operation[0]);
        match name {
            "clear" => {
                let slots = layout.objects(&self.items).count() as u32;
                for slot in 0..slots {
                    let world = &mut Words(&mut self.items);
                    let place = object_place::<Words<'_>>(world, slot);
                    let object = object_of(world.0[place as usize]);
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

/// The number of the direction of a step.
pub fn direction(dx: i32, dy: i32) -> u32 {
    let mut directions = DIRECTIONS.into_iter();
    directions.find(|&way| (direction_x(way), direction_y(way)) == (dx, dy)).expect("a direction")
}
