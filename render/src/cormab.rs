//! Drawing coupled bandits: arms as discs whose colour is their level, pulled arms ringed; the network of the
//! routing problem, and what interventions touch, as lines.

use embedded_graphics::{
    Drawable,
    geometry::Point,
    pixelcolor::Rgb888,
    primitives::{Circle, Line, Primitive, PrimitiveStyle, PrimitiveStyleBuilder},
};
use pentathlon_engine::{Batch, episode::records::Episode, find_batch};
use pentathlon_envs::cormab::{
    CoupledBandit, feasible::Family, generation::position, instance::Problem, rules::process::Pulled,
};
use pentathlon_gym::VectorEnv;

use crate::{AnsiOptions, Color, Draw, Frame, FrameOptions, RenderError};

/// Most pixels along the sides of a picture that one piece of a line crosses.
const LONGEST_PIECE: usize = 512;

/// Tiles of a picture's side.
const TILES: usize = 12;
/// Colours of the levels, from the lowest to the highest.
const LEVEL_COLORS: [Color; 4] = [[70, 80, 110], [80, 140, 170], [150, 190, 110], [250, 205, 70]];
const BACKGROUND: Color = [24, 24, 28];
const EDGE: Color = [90, 90, 100];
const RING: Color = [240, 240, 240];
const SOURCE: Color = [220, 80, 80];
const INK: Color = [230, 230, 230];

/// How to draw `batch`, if it is one of coupled bandits.
pub(crate) fn drawing(batch: &dyn VectorEnv) -> Option<Box<dyn Draw + '_>> {
    find_batch::<CoupledBandit>(batch).map(|batch| Box::new(Drawing { batch }) as Box<dyn Draw + '_>)
}

struct Drawing<'a> {
    batch: &'a Batch<CoupledBandit>,
}

/// An environment as it stands.
struct Scene<'a> {
    bandit: &'a CoupledBandit,
    levels: Vec<u32>,
    pulled: Pulled,
    episode: Episode,
}

impl Scene<'_> {
    fn is_pulled(&self, component: usize) -> bool {
        self.pulled.words[component / 32] >> (component % 32) & 1 == 1
    }

    /// Where arms and interventions lie, in parts of the picture's side.
    fn places(&self) -> (Vec<[f64; 2]>, Vec<[f64; 2]>) {
        let instance = self.bandit.instance();
        let on_line = |index: usize, count: usize| (index as f64 + 0.5) / count as f64;
        let arms = match instance.problem {
            Problem::Routing => {
                let place = |arm| position(arm, instance.seed).map(|part| 0.06 + 0.88 * part);
                (0..instance.arms).map(place).collect()
            }
            _ => {
                let columns = (instance.arms as f64).sqrt().ceil() as usize;
                let rows = instance.arms.div_ceil(columns);
                let top = if instance.problem == Problem::Multi { 0.25 } else { 0.05 };
                let place = |arm: usize| {
                    [on_line(arm % columns, columns), top + (0.95 - top) * on_line(arm / columns, rows)]
                };
                (0..instance.arms).map(place).collect()
            }
        };
        let count = if instance.problem == Problem::Multi { instance.components } else { 0 };
        (arms, (0..count).map(|component| [on_line(component, count), 0.08]).collect())
    }

    fn paint(&self, tile: usize) -> Frame {
        let side = TILES * tile;
        let mut frame = Frame::filled(side, side, BACKGROUND);
        let at = |[x, y]: [f64; 2]| Point::new((x * side as f64) as i32, (y * side as f64) as i32);
        let width = (tile / 16).max(1) as u32;
        let (arms, interventions) = self.places();
        let mut line = |from: [f64; 2], to: [f64; 2], color: Color| {
            let style = PrimitiveStyle::with_stroke(rgb(color), width);
            // Whole, a thick line across a large picture is beyond the integers that it is drawn with.
            let pieces = side.div_ceil(LONGEST_PIECE);
            let part = |piece: usize| {
                let share = piece as f64 / pieces as f64;
                at(std::array::from_fn(|axis| from[axis] + share * (to[axis] - from[axis])))
            };
            for piece in 0..pieces {
                let Ok(()) = Line::new(part(piece), part(piece + 1)).into_styled(style).draw(&mut frame);
            }
        };
        if let Family::Walk(walk) = self.bandit.feasible_set().family() {
            for [a, b] in walk.edges() {
                line(arms[*a], arms[*b], EDGE);
            }
        }
        for (component, place) in interventions.iter().enumerate() {
            let color = if self.is_pulled(component) { RING } else { EDGE };
            for (arm, arm_place) in arms.iter().enumerate() {
                if self.bandit.arms().touching(arm) >> component & 1 == 1 {
                    line(*place, *arm_place, color);
                }
            }
        }
        let columns = (arms.len() as f64).sqrt().ceil();
        let diameter = ((0.55 * side as f64 / columns) as u32).clamp(3, (tile as u32).max(3));
        let mut disc = |place: [f64; 2], color: Color, ring: Option<Color>| {
            let style = PrimitiveStyleBuilder::new().fill_color(rgb(color)).stroke_width(2 * width);
            let style = style.stroke_color(rgb(ring.unwrap_or(color))).build();
            let Ok(()) = Circle::with_center(at(place), diameter).into_styled(style).draw(&mut frame);
        };
        let source = match self.bandit.feasible_set().family() {
            Family::Walk(walk) => Some(walk.source()),
            _ => None,
        };
        for (arm, place) in arms.iter().enumerate() {
            let pulled = interventions.is_empty() && self.is_pulled(arm);
            let ring = if pulled { Some(RING) } else { (source == Some(arm)).then_some(SOURCE) };
            disc(*place, LEVEL_COLORS[self.levels[arm].min(3) as usize], ring);
        }
        for (component, place) in interventions.iter().enumerate() {
            disc(*place, if self.is_pulled(component) { RING } else { EDGE }, None);
        }
        frame.write_text(&self.caption(), 3, 3, INK);
        frame
    }

    fn caption(&self) -> String {
        let Episode { elapsed, total, .. } = self.episode;
        let mean = total / elapsed.max(1) as f32;
        format!("step {elapsed}  reward {total:.1}  a step {mean:.2}")
    }
}

fn rgb([red, green, blue]: Color) -> Rgb888 {
    Rgb888::new(red, green, blue)
}

impl Drawing<'_> {
    fn scene(&self, env: usize) -> Result<Scene<'_>, RenderError> {
        let num_envs = self.num_envs();
        if env >= num_envs {
            return Err(RenderError::NoSuchEnvironment { env, num_envs });
        }
        let (pulled, items, episode) = self.batch.instance(env)?;
        let bandit = self.batch.domain();
        Ok(Scene { levels: bandit.levels(&items).to_vec(), bandit, pulled, episode })
    }
}

impl Draw for Drawing<'_> {
    fn num_envs(&self) -> usize {
        self.batch.num_envs()
    }

    fn frame(&self, env: usize, options: &FrameOptions) -> Result<Frame, RenderError> {
        options.check()?;
        Ok(self.scene(env)?.paint(options.tile_size))
    }

    fn ansi(&self, env: usize, options: &AnsiOptions) -> Result<String, RenderError> {
        let scene = self.scene(env)?;
        let levels: String = scene.levels.iter().map(u32::to_string).collect();
        let set = scene.bandit.feasible_set();
        let pulled =
            (0..set.components()).map(|component| if scene.is_pulled(component) { '^' } else { '.' });
        let mut text = format!("{levels}\n{}\n", pulled.collect::<String>());
        if options.legend {
            text.push_str(&format!("{}\nlevels of the arms; ^ what was chosen\n", scene.caption()));
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_envs::cormab::{id, sample_actions};
    use pentathlon_gym::{BuildOptions, seeding::philox::Philox};

    use super::*;

    #[test]
    fn pictures_of_every_size_are_drawn() {
        for problem in Problem::ALL {
            let mut batch = pentathlon_envs::registry().make(&id(problem), &BuildOptions::default()).unwrap();
            batch.reset(1).unwrap();
            for tile_size in [1, 2, 256] {
                let options = FrameOptions { tile_size, ..FrameOptions::default() };
                let frame = crate::drawing(&*batch).unwrap().frame(0, &options).unwrap();
                assert_eq!(frame.width(), TILES * tile_size, "{problem:?}");
            }
        }
    }

    #[test]
    fn every_problem_is_drawn_and_changes_with_what_is_pulled() {
        for problem in Problem::ALL {
            let mut batch = pentathlon_envs::registry().make(&id(problem), &BuildOptions::default()).unwrap();
            batch.reset(1).unwrap();
            let options = FrameOptions { tile_size: 16, ..FrameOptions::default() };
            let before = crate::drawing(&*batch).unwrap().frame(0, &options).unwrap();
            assert_eq!((before.width(), before.height()), (192, 192));
            let mut actions = vec![0; batch.spec().action_space.flat_len()];
            let mut random = Philox::for_level(2, 2);
            while !actions.contains(&1) {
                sample_actions(&*batch, &mut random, &mut actions);
            }
            batch.step(&actions).unwrap();
            let drawing = crate::drawing(&*batch).unwrap();
            let after = drawing.frame(0, &options).unwrap();
            assert_ne!(before, after, "{problem:?}");
            assert!(after.rgb().chunks(3).any(|pixel| pixel == RING), "{problem:?}: something is ringed");
            let text = drawing.ansi(0, &AnsiOptions::default()).unwrap();
            assert!(text.contains('^') && text.contains("step 1"), "{text}");
            assert!(drawing.frame(1, &options).is_err());
        }
    }
}
