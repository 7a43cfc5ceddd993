//! Drawing teams in grid worlds: MiniGrid's tiles, and on them every agent in a colour of its own with what it holds.

use std::fmt::Write as _;

use anstyle::{RgbColor, Style};
use embedded_graphics::{
    Drawable,
    geometry::Point,
    pixelcolor::Rgb888,
    primitives::{Circle, Primitive, PrimitiveStyle, Triangle},
};
use pentathlon_engine::{Batch, find_batch};
use pentathlon_envs::{
    minigrid::{
        components::records::color_of,
        render::{COLORS, Tile},
    },
    multigrid::{
        MultiGrid,
        components::records::{NOWHERE, Team, agent_on},
        rules::settings::rules::{FETCH, FORAGE, TRASH},
    },
};
use pentathlon_gym::VectorEnv;

use crate::{AnsiOptions, Color, Draw, Frame, FrameOptions, RenderError, View, ansi, minigrid::shared_atlas};

/// Colours of the agents by their number.
const AGENT_COLORS: [Color; 4] = [[230, 60, 60], [70, 160, 255], [90, 210, 90], [240, 180, 50]];
const INK: Color = [0, 0, 0];
/// Corners of an agent that looks right, in tile widths: those of MiniGrid's arrow.
const ARROW: [(f64, f64); 3] = [(0.12, 0.19), (0.87, 0.50), (0.12, 0.81)];

/// The colour in which agent `agent` of a team in a grid world is drawn.
pub fn agent_color(agent: usize) -> Color {
    AGENT_COLORS[agent % AGENT_COLORS.len()]
}

/// How to draw `batch`, if it is one of teams in grid worlds.
pub(crate) fn drawing(batch: &dyn VectorEnv) -> Option<Box<dyn Draw + '_>> {
    find_batch::<MultiGrid>(batch).map(|batch| Box::new(Drawing { batch }) as Box<dyn Draw + '_>)
}

struct Drawing<'a> {
    batch: &'a Batch<MultiGrid>,
}

/// An environment as it stands.
struct Scene {
    team: Team,
    cells: Vec<u32>,
    width: usize,
    height: usize,
    agents: u32,
    /// Whether agents hold a number of something, and not an object.
    counts: bool,
}

impl Scene {
    /// The agent on the cell `(x, y)`.
    fn agent_at(&self, x: usize, y: usize) -> Option<usize> {
        let found = agent_on(self.team, self.agents, x as u32, y as u32);
        (found != NOWHERE).then_some(found as usize)
    }

    /// What an agent holds, in words; empty for nothing.
    fn load(&self, agent: usize) -> String {
        match self.team.carrying[agent] {
            0 => String::new(),
            count if self.counts => count.to_string(),
            object => ansi::describe(object),
        }
    }

    fn paint(&self, tile: usize) -> Frame {
        let mut frame = Frame::filled(self.width * tile, self.height * tile, [0; 3]);
        let atlas = shared_atlas(tile);
        for x in 0..self.width {
            for y in 0..self.height {
                let pixels = atlas.tile(Tile { object: self.cells[x * self.height + y], ..Tile::default() });
                for (row, pixels) in pixels.chunks_exact(tile * 3).enumerate() {
                    let at = ((y * tile + row) * self.width + x) * tile * 3;
                    frame.rgb_mut()[at..at + tile * 3].copy_from_slice(pixels);
                }
                if let Some(agent) = self.agent_at(x, y) {
                    self.paint_agent(&mut frame, agent, [x, y], tile);
                }
            }
        }
        frame
    }

    fn paint_agent(&self, frame: &mut Frame, agent: usize, [x, y]: [usize; 2], tile: usize) {
        let size = tile as f64;
        let corners = ARROW.map(|(right, down)| {
            let (right, down) = (right - 0.5, down - 0.5);
            let (right, down) = match self.team.dir[agent] & 3 {
                0 => (right, down),
                1 => (-down, right),
                2 => (-right, -down),
                _ => (down, -right),
            };
            let place = |cell: usize, part: f64| ((cell as f64 + part + 0.5) * size).round() as i32;
            Point::new(place(x, right), place(y, down))
        });
        let fill = |[r, g, b]: Color| PrimitiveStyle::with_fill(Rgb888::new(r, g, b));
        let arrow = Triangle::new(corners[0], corners[1], corners[2]);
        let Ok(()) = arrow.into_styled(fill(agent_color(agent))).draw(frame);
        let held = self.team.carrying[agent];
        if held == 0 {
            return;
        }
        let middle = |cell: usize| cell * tile + tile / 2;
        if self.counts {
            let half = [crate::CHARACTER_WIDTH / 2, crate::LINE_HEIGHT / 2];
            let (left, top) = (middle(x).saturating_sub(half[0]), middle(y).saturating_sub(half[1]));
            frame.write_text(&held.to_string(), left, top, INK);
        } else {
            let color = COLORS[(color_of(held) as usize).min(COLORS.len() - 1)];
            let center = Point::new(middle(x) as i32, middle(y) as i32);
            let disc = Circle::with_center(center, (tile / 4).max(1) as u32);
            let Ok(()) = disc.into_styled(fill(color)).draw(frame);
        }
    }
}

impl Drawing<'_> {
    fn scene(&self, env: usize) -> Result<Scene, RenderError> {
        let num_envs = self.num_envs();
        if env >= num_envs {
            return Err(RenderError::NoSuchEnvironment { env, num_envs });
        }
        let (team, mut cells, _) = self.batch.instance(env)?;
        let task = self.batch.domain().task();
        cells.truncate((task.width * task.height) as usize);
        Ok(Scene {
            team,
            cells,
            width: task.width as usize,
            height: task.height as usize,
            agents: task.agents,
            counts: matches!(task.rule(), TRASH | FETCH | FORAGE),
        })
    }
}

impl Draw for Drawing<'_> {
    fn num_envs(&self) -> usize {
        self.batch.num_envs()
    }

    fn frame(&self, env: usize, options: &FrameOptions) -> Result<Frame, RenderError> {
        options.check()?;
        if options.view == View::Agent {
            return Err(RenderError::InvalidOption {
                option: "view",
                value: String::from("agent"),
                allowed: "full: teams in grid worlds are drawn with the whole world only",
            });
        }
        Ok(self.scene(env)?.paint(options.tile_size))
    }

    fn ansi(&self, env: usize, options: &AnsiOptions) -> Result<String, RenderError> {
        let scene = self.scene(env)?;
        let mut text = String::new();
        let agent_text = |agent: usize| {
            let arrow = ['>', 'V', '<', '^'][(scene.team.dir[agent] & 3) as usize];
            let [r, g, b] = agent_color(agent);
            let style = match options.color {
                true => Style::new().fg_color(Some(RgbColor(r, g, b).into())),
                false => Style::new(),
            };
            format!("{style}{arrow}{agent}{style:#}")
        };
        for y in 0..scene.height {
            for x in 0..scene.width {
                match scene.agent_at(x, y) {
                    Some(agent) => text.push_str(&agent_text(agent)),
                    None => ansi::push_object(&mut text, scene.cells[x * scene.height + y], options.color),
                }
            }
            text.push('\n');
        }
        if options.legend {
            let _ = writeln!(text, "mission: {}", self.batch.mission(env).unwrap_or_default());
            for agent in 0..scene.agents as usize {
                let load = scene.load(agent);
                if !load.is_empty() {
                    let _ = writeln!(text, "agent {agent} holds: {load}");
                }
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_gym::BuildOptions;

    use super::*;
    use crate::drawing;

    fn batch(id: &str) -> Box<dyn VectorEnv> {
        let mut batch = pentathlon_envs::registry()
            .make(id, &BuildOptions { seed: 3, ..BuildOptions::default() })
            .unwrap();
        batch.reset(3).unwrap();
        batch
    }

    fn count(frame: &Frame, color: Color) -> usize {
        frame.rgb().chunks_exact(3).filter(|pixel| *pixel == color).count()
    }

    #[test]
    fn a_team_and_its_trash_are_seen() {
        let batch = batch("MultiGrid-TrashGrid-v2");
        let drawing = drawing(&*batch).unwrap();
        let options = FrameOptions { tile_size: 16, ..FrameOptions::default() };
        let frame = drawing.frame(0, &options).unwrap();
        assert_eq!((frame.width(), frame.height()), (160, 160));
        for color in &AGENT_COLORS[..3] {
            assert!((40..128).contains(&count(&frame, *color)), "{color:?}: {}", count(&frame, *color));
        }
        assert_eq!(count(&frame, AGENT_COLORS[3]), 0);
        // Five small pieces of trash are blue balls, five big ones purple boxes.
        assert!(count(&frame, COLORS[2]) > 5 * 50 && count(&frame, COLORS[3]) > 5 * 20);
        let text = drawing.ansi(0, &AnsiOptions { color: false, ..AnsiOptions::default() }).unwrap();
        let rows: Vec<&str> = text.lines().collect();
        assert!(rows[0].starts_with("V0") && rows[0].contains("V1") && rows[0].contains("V2"), "{text}");
        assert_eq!((text.matches("AB").count(), text.matches("BP").count()), (5, 5), "{text}");
        assert!(rows[10].starts_with("mission: bring all trash"), "{text}");
        assert!(drawing.frame(0, &FrameOptions { view: View::Agent, ..options }).is_err());
        assert!(drawing.frame(7, &options).is_err());
    }

    #[test]
    fn what_agents_hold_is_shown_on_them() {
        let batch = batch("MultiGrid-TrashGrid-v2");
        let found = find_batch::<MultiGrid>(&*batch).unwrap();
        let drawing = Drawing { batch: found };
        let mut scene = drawing.scene(0).unwrap();
        let empty = scene.paint(20);
        scene.team.carrying[1] = 3;
        let loaded = scene.paint(20);
        assert_ne!(empty.rgb(), loaded.rgb());
        assert_eq!(scene.load(1), "3");
        assert!(count(&loaded, INK) > count(&empty, INK));
    }
}
