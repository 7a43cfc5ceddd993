//! Drawing Crafter: what the players see, each the original's picture, side by side for a team; or the whole map
//! by the light of the day, with a frame around what each player sees.

use std::sync::LazyLock;

use pentathlon_engine::{Batch, Instance, find_batch};
use pentathlon_envs::crafter::{
    Crafter,
    components::{
        Player,
        records::{Clock, PLAYER_COUNT, RULE_REVIVAL, WORLD_SIZE},
    },
    daylight::daylight,
    layout::Layout,
    observations::{
        image::{ImagePainter, LARGEST_IMAGE, SMALLEST_IMAGE},
        light::lit,
        symbolic::{SYMBOLIC_LENGTH, write_symbolic},
        view::{VIEW_COLUMNS, VIEW_ROWS, corner},
    },
    rules::sight::rules::object_code,
    terminal,
    textures::{Texture, TextureSet},
};
use pentathlon_gym::VectorEnv;

use crate::{AnsiOptions, Color, Draw, Frame, FrameOptions, RenderError, View};

/// Tiles along a side of a player's picture.
const PICTURE_TILES: usize = 9;
/// Sprite of a player that sleeps or lies.
const SLEEPER: usize = 4;
/// Sprite of the first code that is no player, and that code.
const FIRST_CREATURE: (usize, usize) = (5, 2);
/// Colour of the frame around what a player sees.
const FRAME: Color = [250, 240, 160];
/// Space between the pictures of a team.
const GAP: Color = [12, 12, 16];

/// The suite's own pictures.
static PAINTED: LazyLock<TextureSet> = LazyLock::new(TextureSet::painted);

/// How to draw `batch`, if it is one of Crafter.
pub(crate) fn drawing(batch: &dyn VectorEnv) -> Option<Box<dyn Draw + '_>> {
    find_batch::<Crafter>(batch).map(|batch| Box::new(Drawing { batch }) as Box<dyn Draw + '_>)
}

struct Drawing<'a> {
    batch: &'a Batch<Crafter>,
}

impl Drawing<'_> {
    /// Calls `draw` with environment `env` as it stands.
    fn with_instance<T>(
        &self,
        env: usize,
        draw: impl FnOnce(&Layout, &Instance<'_, Clock>) -> T,
    ) -> Result<T, RenderError> {
        let num_envs = self.num_envs();
        if env >= num_envs {
            return Err(RenderError::NoSuchEnvironment { env, num_envs });
        }
        let (state, items, episode) = self.batch.instance(env)?;
        if items[PLAYER_COUNT as usize] == 0 {
            let reason = "the batch was never reset; reset it first".into();
            return Err(RenderError::NoState { env, reason });
        }
        let instance = Instance { state: &state, items: &items, episode: &episode };
        Ok(draw(self.batch.domain().layout(), &instance))
    }

    fn textures(&self) -> Result<TextureSet, RenderError> {
        let domain = self.batch.domain();
        if domain.options().textures.is_none() {
            return Ok(PAINTED.clone());
        }
        Ok(domain.options().read_textures(domain.task())?)
    }
}

impl Draw for Drawing<'_> {
    fn num_envs(&self) -> usize {
        self.batch.num_envs()
    }

    fn frame(&self, env: usize, options: &FrameOptions) -> Result<Frame, RenderError> {
        options.check()?;
        if options.view == View::World {
            let side = WORLD_SIZE as usize * options.tile_size;
            Frame::check_size(side, side)?;
        }
        let textures = self.textures()?;
        self.with_instance(env, |layout, instance| match options.view {
            View::World => paint_world(layout, instance, &textures, options),
            View::Agent => paint_views(layout, instance, &textures, options.tile_size),
        })
    }

    fn ansi(&self, env: usize, options: &AnsiOptions) -> Result<String, RenderError> {
        self.with_instance(env, |layout, instance| {
            let mut text = match options.view {
                View::World => terminal::draw_map(instance.items, options.color),
                View::Agent => String::new(),
            };
            for index in 0..team(layout, instance).len() {
                let mut row = [0; SYMBOLIC_LENGTH];
                write_symbolic(layout, instance, index, &mut row);
                match options.view {
                    View::World => text += &terminal::inventory(&row),
                    View::Agent => text += &terminal::draw(&row, options.color),
                }
            }
            if options.legend {
                text += &format!("{}\nstep {}\n", terminal::legend(), instance.state.step);
            }
            text
        })
    }
}

/// The players of the episode under way.
fn team<'a>(layout: &Layout, instance: &Instance<'a, Clock>) -> &'a [Player] {
    &layout.players(instance.items)[..instance.items[PLAYER_COUNT as usize] as usize]
}

/// The pictures of all players, as square a sheet as can be.
fn paint_views(
    layout: &Layout,
    instance: &Instance<'_, Clock>,
    textures: &TextureSet,
    tile_size: usize,
) -> Frame {
    let side = (PICTURE_TILES * tile_size).clamp(SMALLEST_IMAGE, LARGEST_IMAGE);
    let painter = ImagePainter::new(textures, side);
    let count = team(layout, instance).len();
    let columns = (1..=count).find(|columns| columns * columns >= count).unwrap_or(1);
    let gap = (tile_size / 4).max(1);
    let place = |index: usize| index * (side + gap);
    let (width, height) = (place(columns) - gap, place(count.div_ceil(columns)) - gap);
    let mut frame = Frame::filled(width, height, GAP);
    for index in 0..count {
        let mut picture = Frame::filled(side, side, GAP);
        painter.paint(layout, instance, index, picture.rgb_mut());
        frame.paste(&picture, place(index % columns), place(index / columns));
    }
    frame
}

/// The whole map.
fn paint_world(
    layout: &Layout,
    instance: &Instance<'_, Clock>,
    textures: &TextureSet,
    options: &FrameOptions,
) -> Frame {
    let (tile, side) = (options.tile_size, WORLD_SIZE as usize);
    let light = daylight(instance.state.step);
    let scaled =
        |textures: &[Texture]| textures.iter().map(|texture| texture.scaled(tile)).collect::<Vec<_>>();
    let (materials, sprites) = (scaled(&textures.materials), scaled(&textures.sprites));
    let mut sprite_of = vec![None; side * side];
    for (object, timer) in layout.objects(instance.items) {
        let code = object_code(object, timer) as usize;
        sprite_of[object.x as usize * side + object.y as usize] =
            Some(code - FIRST_CREATURE.1 + FIRST_CREATURE.0);
    }
    let players = team(layout, instance);
    // The dead lie on the ground where they can be brought back, else they are gone.
    let lie = layout.rules & RULE_REVIVAL != 0;
    let seen: Vec<usize> = (0..players.len()).filter(|&index| players[index].alive == 1 || lie).collect();
    for player in seen.iter().map(|&index| &players[index]) {
        let is_down = player.sleeping == 1 || player.alive == 0;
        let pose = if is_down { SLEEPER } else { player.facing as usize % SLEEPER };
        sprite_of[player.x as usize * side + player.y as usize] = Some(pose);
    }
    let mut frame = Frame::filled(side * tile, side * tile, [0; 3]);
    let width = frame.width();
    let pixels = frame.rgb_mut();
    for x in 0..side {
        for y in 0..side {
            let ground = &materials[usize::from(Layout::tile(instance.items, x, y) & 15) % materials.len()];
            let over = sprite_of[x * side + y].and_then(|sprite| sprites.get(sprite));
            for (index, &[red, green, blue, _]) in ground.iter().enumerate() {
                let color = over.map_or([red, green, blue], |over| blend(over[index], [red, green, blue]));
                let at = ((y * tile + index / tile) * width + x * tile + index % tile) * 3;
                pixels[at..at + 3]
                    .copy_from_slice(&lit(&color.map(|channel| [channel]), light, None).concat());
            }
        }
    }
    if options.highlight {
        for index in seen {
            let (left, top) = corner(layout, instance.items, index);
            outline(&mut frame, [left, top], tile);
        }
    }
    frame
}

/// `over` laid over `under` with its opacity.
fn blend([red, green, blue, opacity]: [u8; 4], under: Color) -> Color {
    let over = [red, green, blue];
    let opacity = u32::from(opacity);
    std::array::from_fn(|channel| {
        let sum = opacity * u32::from(over[channel]) + (255 - opacity) * u32::from(under[channel]);
        (sum / 255) as u8
    })
}

/// Frames the local view whose upper left tile is `[left, top]`; what lies outside the world is cut off.
fn outline(frame: &mut Frame, [left, top]: [i32; 2], tile: usize) {
    let clamped = |place: i32| place.clamp(0, WORLD_SIZE) as usize * tile;
    let (x0, x1) = (clamped(left), clamped(left + VIEW_COLUMNS as i32));
    let (y0, y1) = (clamped(top), clamped(top + VIEW_ROWS as i32));
    let line = (tile / 8).max(1);
    frame.fill(x0, y0, x1 - x0, line, FRAME);
    frame.fill(x0, y1.saturating_sub(line), x1 - x0, line, FRAME);
    frame.fill(x0, y0, line, y1 - y0, FRAME);
    frame.fill(x1.saturating_sub(line), y0, line, y1 - y0, FRAME);
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::BuildOptions;

    use super::*;

    fn batch(id: &str) -> Box<dyn VectorEnv> {
        let options = BuildOptions { seed: 3, ..BuildOptions::default() };
        let mut batch = pentathlon_envs::registry().make(id, &options).unwrap();
        batch.reset(3).unwrap();
        batch
    }

    fn frame(batch: &dyn VectorEnv, view: View, tile_size: usize) -> Frame {
        let options = FrameOptions { tile_size, view, highlight: true };
        crate::drawing(batch).unwrap().frame(0, &options).unwrap()
    }

    #[test]
    fn the_view_is_the_picture_of_the_observation() {
        let options = BuildOptions { seed: 3, observations: vec!["image".into()], ..BuildOptions::default() };
        let mut batch = pentathlon_envs::registry().make("CrafterReward-v1", &options).unwrap();
        batch.reset(3).unwrap();
        batch.step(&[1]).unwrap();
        let shown = crate::drawing(&*batch).unwrap();
        let options = FrameOptions { tile_size: 7, view: View::Agent, highlight: true };
        let picture = shown.frame(0, &options).unwrap();
        // The observation has 64 pixels, of which the last row and column are an edge.
        assert_eq!((picture.width(), picture.height()), (63, 63));
        let image = batch.observation()["image"].as_u8().unwrap();
        for y in 0..63 {
            let row = &picture.rgb()[y * 63 * 3..(y + 1) * 63 * 3];
            assert_eq!(row, &image[y * 64 * 3..(y * 64 + 63) * 3], "row {y}");
        }
    }

    #[test]
    fn a_team_is_shown_side_by_side_and_on_the_map() {
        let mut batch = batch("CrafterTeam-v1");
        let views = frame(&*batch, View::Agent, 8);
        assert_eq!((views.width(), views.height()), (2 * 72 + 2, 2 * 72 + 2));
        let map = frame(&*batch, View::World, 4);
        assert_eq!((map.width(), map.height()), (256, 256));
        assert!(map.rgb().chunks(3).any(|pixel| pixel == FRAME));
        let actions = [1, 0, 0].repeat(4);
        batch.step(&actions).unwrap();
        assert_ne!(frame(&*batch, View::World, 4), map);
    }

    #[test]
    fn the_map_is_darker_at_night() {
        // There are no monsters, so that the players see the night.
        let mut batch = batch("MultiCrafter-v1");
        let brightness = |frame: &Frame| {
            frame.rgb().iter().map(|byte| u64::from(*byte)).sum::<u64>() / frame.rgb().len() as u64
        };
        let day = brightness(&frame(&*batch, View::World, 2));
        for _ in 0..190 {
            batch.step(&[0, 0]).unwrap();
        }
        let night = brightness(&frame(&*batch, View::World, 2));
        assert!(night < day * 9 / 10, "{day} {night}");
    }

    #[test]
    fn text_shows_the_view_or_the_map() {
        let batch = batch("CrafterReward-v1");
        let shown = crate::drawing(&*batch).unwrap();
        let text =
            |view| shown.ansi(0, &AnsiOptions { color: false, view, ..AnsiOptions::default() }).unwrap();
        assert_eq!(text(View::Agent).lines().count(), 7 + 2 + 2);
        let map = text(View::World);
        assert_eq!(map.lines().count(), 64 + 2 + 2);
        assert!(map.lines().take(64).all(|line| line.chars().count() == 128));
        assert!(map.contains("@@") && map.contains("health 9"));
    }
}
