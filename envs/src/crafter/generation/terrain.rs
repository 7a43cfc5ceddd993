//! Terrain: grassland around the start, water with sandy shores, and mountains with caves, tunnels, ores
//! and lava; then the creatures of the first day. Numbers and order of evaluation are the original's.

use pentathlon_gym::seeding::Random;

use super::{CENTRE, simplex::Simplex};
use crate::crafter::{
    components::records::{
        COAL, COW, DIAMOND, GRASS, IRON, LAVA, NOTHING, Object, PATH, RULE_MONSTERS, SAND, SKELETON, STONE,
        TREE, WALKABLE, WATER, WORLD_SIZE, ZOMBIE, is_in,
    },
    layout::Layout,
    rules::{
        chunks::rules::set_material,
        cow::rules::COW_HEALTH,
        objects::rules::add_object,
        skeleton::rules::SKELETON_HEALTH,
        world::{
            Words,
            rules::{kind_of, tile_at},
        },
        zombie::rules::ZOMBIE_HEALTH,
    },
};

/// Tiles of the world.
const TILES: usize = (WORLD_SIZE * WORLD_SIZE) as usize;

/// Seeds of the noise are below this.
const NOISE_SEEDS: i32 = i32::MAX;

/// Materials and tunnels of a world.
#[derive(Debug)]
pub struct Terrain {
    /// Column by column.
    materials: [u8; TILES],
    /// Whether the tile is the floor of a tunnel, where skeletons live.
    tunnels: [bool; TILES],
}

/// The noise functions of a world.
struct Noise(Simplex);

impl Noise {
    /// Noise of layer `z` whose hills are about `size` tiles wide.
    fn layer(&self, x: f64, y: f64, z: f64, size: f64) -> f64 {
        self.0.at(x / size, y / size, z)
    }
}

/// The tiles of the world with the place of each.
fn tiles() -> impl Iterator<Item = (usize, i32, i32)> {
    (0..WORLD_SIZE).flat_map(|x| (0..WORLD_SIZE).map(move |y| ((x * WORLD_SIZE + y) as usize, x, y)))
}

/// Straight distance from the middle of the world.
fn centre_distance(x: i32, y: i32) -> f64 {
    let (dx, dy) = (f64::from(x - CENTRE), f64::from(y - CENTRE));
    (dx * dx + dy * dy).sqrt()
}

impl Terrain {
    /// Draws the terrain.
    pub fn new<R: Random>(random: &mut R) -> Self {
        let noise = Noise(Simplex::new(i64::from(random.int(0, NOISE_SEEDS))));
        let mut terrain = Self { materials: [0; TILES], tunnels: [false; TILES] };
        for (index, x, y) in tiles() {
            let (material, is_tunnel) = material_at(random, &noise, x, y);
            terrain.materials[index] = material as u8;
            terrain.tunnels[index] = is_tunnel;
        }
        terrain
    }

    /// Lays the terrain out in the words of an environment.
    pub fn lay(&self, items: &mut [u32]) {
        for (index, x, y) in tiles() {
            set_material::<Words<'_>>(&mut Words(items), x, y, u32::from(self.materials[index]));
        }
    }

    /// Draws the creatures of the first day.
    pub fn populate<R: Random>(&self, random: &mut R, layout: &Layout, items: &mut [u32]) {
        let has_monsters = layout.rules & RULE_MONSTERS != 0;
        for (index, x, y) in tiles() {
            let material = u32::from(self.materials[index]);
            if !is_in(WALKABLE, material) {
                continue;
            }
            let distance = centre_distance(x, y);
            let (kind, health) = if distance > 3.0 && material == GRASS && random.float() > 0.985 {
                (COW, COW_HEALTH)
            } else if has_monsters && distance > 10.0 && random.float() > 0.993 {
                (ZOMBIE, ZOMBIE_HEALTH)
            } else if has_monsters && material == PATH && self.tunnels[index] && random.float() > 0.95 {
                (SKELETON, SKELETON_HEALTH)
            } else {
                continue;
            };
            let world = &mut Words(items);
            if kind_of(tile_at::<Words<'_>>(world, x, y)) == NOTHING {
                add_object::<Words<'_>>(world, Object { kind, facing: 0, health, x, y }, 0);
            }
        }
    }
}

/// The material of a tile, and whether it is a tunnel. A number is drawn only where the noise allows what
/// chance then decides.
fn material_at<R: Random>(random: &mut R, noise: &Noise, column: i32, row: i32) -> (u32, bool) {
    let (x, y) = (f64::from(column), f64::from(row));
    let start = 4.0 - centre_distance(column, row) + 2.0 * noise.layer(x, y, 8.0, 3.0);
    let start = 1.0 / (1.0 + (-start).exp());
    let water = (noise.layer(x, y, 3.0, 15.0) + 0.15 * noise.layer(x, y, 3.0, 5.0)) + 0.1;
    let water = water - 2.0 * start;
    let mountain = (noise.layer(x, y, 0.0, 15.0) + 0.3 * noise.layer(x, y, 0.0, 5.0)) / 1.3;
    let mountain = mountain - (4.0 * start + 0.3 * water);
    let material = if start > 0.5 {
        GRASS
    } else if mountain > 0.15 {
        return mountain_at(random, noise, x, y, mountain);
    } else if 0.25 < water && water <= 0.35 && noise.layer(x, y, 4.0, 9.0) > -0.2 {
        SAND
    } else if water > 0.3 {
        WATER
    } else if noise.layer(x, y, 5.0, 7.0) > 0.0 && random.float() > 0.8 {
        TREE
    } else {
        GRASS
    };
    (material, false)
}

/// The material of a tile in the mountains, and whether it is a tunnel.
fn mountain_at<R: Random>(random: &mut R, noise: &Noise, x: f64, y: f64, mountain: f64) -> (u32, bool) {
    let material = if noise.layer(x, y, 6.0, 7.0) > 0.15 && mountain > 0.3 {
        PATH
    } else if noise.layer(2.0 * x, y / 5.0, 7.0, 3.0) > 0.4 || noise.layer(x / 5.0, 2.0 * y, 7.0, 3.0) > 0.4 {
        return (PATH, true);
    } else if noise.layer(x, y, 1.0, 8.0) > 0.0 && random.float() > 0.85 {
        COAL
    } else if noise.layer(x, y, 2.0, 6.0) > 0.4 && random.float() > 0.75 {
        IRON
    } else if mountain > 0.18 && random.float() > 0.994 {
        DIAMOND
    } else if mountain > 0.3 && noise.layer(x, y, 6.0, 5.0) > 0.35 {
        LAVA
    } else {
        STONE
    };
    (material, false)
}
