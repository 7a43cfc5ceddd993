//! Drawing classic control: the pendulum as a rod that turns about the middle of the picture, the cart-pole as a cart on
//! its track with the pole on it. Lengths are to scale; the picture's side is a fixed number of metres.

use embedded_graphics::{
    Drawable,
    geometry::{Point, Size},
    pixelcolor::Rgb888,
    primitives::{Circle, Line, Primitive, PrimitiveStyle, Rectangle},
};
use pentathlon_engine::{Batch, episode::records::Episode, find_batch};
use pentathlon_envs::classic_control::{
    CartPole, Pendulum,
    cart_pole::{components::records::Pole, dynamics::rules::FARTHEST},
    pendulum::components::records::Rod,
};
use pentathlon_gym::VectorEnv;

use crate::{AnsiOptions, Color, Draw, Frame, FrameOptions, RenderError};

/// Tiles of a picture's side.
const TILES: usize = 8;
/// Metres of the side of the cart-pole's picture: the track and a little more.
const TRACK: f32 = 2.0 * FARTHEST + 0.4;
const BACKGROUND: Color = [24, 24, 28];
const TRACK_COLOR: Color = [90, 90, 100];
const CART: Color = [80, 140, 170];
const ROD: Color = [205, 80, 80];
const AXLE: Color = [240, 240, 240];
const INK: Color = [230, 230, 230];

/// How to draw `batch`, if it is one of classic control.
pub(crate) fn drawing(batch: &dyn VectorEnv) -> Option<Box<dyn Draw + '_>> {
    let rods = find_batch::<Pendulum>(batch).map(|batch| Box::new(Rods(batch)) as Box<dyn Draw + '_>);
    rods.or_else(|| find_batch::<CartPole>(batch).map(|batch| Box::new(Carts(batch)) as Box<dyn Draw + '_>))
}

struct Rods<'a>(&'a Batch<Pendulum>);
struct Carts<'a>(&'a Batch<CartPole>);

/// A square picture with a coordinate system: metres from its middle, upwards positive.
struct Canvas {
    frame: Frame,
    /// Pixels of a metre.
    scale: f32,
}

impl Canvas {
    fn new(tile: usize, metres: f32) -> Self {
        let side = TILES * tile;
        Self { frame: Frame::filled(side, side, BACKGROUND), scale: side as f32 / metres }
    }

    fn point(&self, [x, y]: [f32; 2]) -> Point {
        let middle = self.frame.width() as f32 / 2.0;
        Point::new((middle + x * self.scale).round() as i32, (middle - y * self.scale).round() as i32)
    }

    /// A length in pixels, at least one.
    fn pixels(&self, metres: f32) -> u32 {
        ((metres * self.scale).round() as u32).max(1)
    }

    fn line(&mut self, from: [f32; 2], to: [f32; 2], metres: f32, color: Color) {
        let line = Line::new(self.point(from), self.point(to));
        let style = PrimitiveStyle::with_stroke(rgb(color), self.pixels(metres));
        let Ok(()) = line.into_styled(style).draw(&mut self.frame);
    }

    fn disc(&mut self, center: [f32; 2], metres: f32, color: Color) {
        let circle = Circle::with_center(self.point(center), self.pixels(metres));
        let Ok(()) = circle.into_styled(PrimitiveStyle::with_fill(rgb(color))).draw(&mut self.frame);
    }

    fn rectangle(&mut self, center: [f32; 2], [width, height]: [f32; 2], color: Color) {
        let size = Size::new(self.pixels(width), self.pixels(height));
        let rectangle = Rectangle::with_center(self.point(center), size);
        let Ok(()) = rectangle.into_styled(PrimitiveStyle::with_fill(rgb(color))).draw(&mut self.frame);
    }

    /// A rod of `length` from `axle`, `theta` rad from upright and clockwise.
    fn rod(&mut self, axle: [f32; 2], theta: f32, length: f32, metres: f32) {
        let tip = [axle[0] + length * theta.sin(), axle[1] + length * theta.cos()];
        self.line(axle, tip, metres, ROD);
        self.disc(tip, metres, ROD);
        self.disc(axle, metres, AXLE);
    }

    fn finish(mut self, caption: &str) -> Frame {
        self.frame.write_text(caption, 3, 3, INK);
        self.frame
    }
}

fn rgb([red, green, blue]: Color) -> Rgb888 {
    Rgb888::new(red, green, blue)
}

fn caption(Episode { elapsed, total, .. }: Episode) -> String {
    format!("step {elapsed}  reward {total:.1}")
}

fn check(env: usize, num_envs: usize) -> Result<(), RenderError> {
    if env < num_envs { Ok(()) } else { Err(RenderError::NoSuchEnvironment { env, num_envs }) }
}

impl Rods<'_> {
    fn rod(&self, env: usize) -> Result<(Rod, Episode), RenderError> {
        check(env, self.num_envs())?;
        let (rod, _, episode) = self.0.instance(env)?;
        Ok((rod, episode))
    }
}

impl Draw for Rods<'_> {
    fn num_envs(&self) -> usize {
        self.0.num_envs()
    }

    fn frame(&self, env: usize, options: &FrameOptions) -> Result<Frame, RenderError> {
        options.check()?;
        let (rod, episode) = self.rod(env)?;
        let mut canvas = Canvas::new(options.tile_size, 2.4 * rod.length);
        // A positive angle is to the left, as in Gymnasium's picture.
        canvas.rod([0.0; 2], -rod.theta, rod.length, 0.12 * rod.length);
        Ok(canvas.finish(&caption(episode)))
    }

    fn ansi(&self, env: usize, options: &AnsiOptions) -> Result<String, RenderError> {
        let (rod, episode) = self.rod(env)?;
        let mut text = format!("angle {:.2} rad, {:.2} rad/s\n", rod.theta, rod.theta_dot);
        if options.legend {
            text.push_str(&format!("{}\nangles are from upright, whole turns included\n", caption(episode)));
        }
        Ok(text)
    }
}

impl Carts<'_> {
    fn pole(&self, env: usize) -> Result<(Pole, Episode), RenderError> {
        check(env, self.num_envs())?;
        let (pole, _, episode) = self.0.instance(env)?;
        Ok((pole, episode))
    }
}

impl Draw for Carts<'_> {
    fn num_envs(&self) -> usize {
        self.0.num_envs()
    }

    fn frame(&self, env: usize, options: &FrameOptions) -> Result<Frame, RenderError> {
        options.check()?;
        let (pole, episode) = self.pole(env)?;
        let mut canvas = Canvas::new(options.tile_size, TRACK);
        canvas.line([-FARTHEST, -1.0], [FARTHEST, -1.0], 0.03, TRACK_COLOR);
        canvas.rectangle([pole.x, -1.0], [0.5, 0.3], CART);
        canvas.rod([pole.x, -0.85], pole.theta, 2.0 * pole.half_length, 0.1);
        Ok(canvas.finish(&caption(episode)))
    }

    fn ansi(&self, env: usize, options: &AnsiOptions) -> Result<String, RenderError> {
        let (Pole { x, x_dot, theta, theta_dot, .. }, episode) = self.pole(env)?;
        let mut text = format!(
            "cart {x:.2} m, {x_dot:.2} m/s; pole {theta:.3} rad from upright, {theta_dot:.2} rad/s\n"
        );
        if options.legend {
            text.push_str(&format!("{}\n", caption(episode)));
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use pentathlon_envs::classic_control::{CART_POLE, PENDULUM};
    use pentathlon_gym::{ActionBuffer, BuildOptions};

    use super::*;

    #[test]
    fn both_are_drawn_and_change_with_every_step() {
        for id in [PENDULUM, CART_POLE] {
            let mut batch = pentathlon_envs::registry().make(id, &BuildOptions::default()).unwrap();
            batch.reset(1).unwrap();
            let options = FrameOptions { tile_size: 24, ..FrameOptions::default() };
            let before = crate::drawing(&*batch).unwrap().frame(0, &options).unwrap();
            assert_eq!((before.width(), before.height()), (192, 192));
            let actions = ActionBuffer::of(&*batch).unwrap();
            for _ in 0..5 {
                batch.step(&actions).unwrap();
            }
            let drawing = crate::drawing(&*batch).unwrap();
            let after = drawing.frame(0, &options).unwrap();
            assert_ne!(before, after, "{id}");
            assert!(after.rgb().chunks(3).filter(|pixel| *pixel == ROD).count() > 100, "{id}");
            let text = drawing.ansi(0, &AnsiOptions::default()).unwrap();
            assert!(text.contains("step 5") && text.contains("rad/s"), "{text}");
            assert!(drawing.frame(1, &options).is_err());
        }
    }

    #[test]
    fn an_upright_rod_points_up() {
        let mut canvas = Canvas::new(16, 2.4);
        canvas.rod([0.0; 2], 0.0, 1.0, 0.1);
        let frame = canvas.finish("");
        let half = frame.width() / 2;
        assert_eq!(frame.pixel(half, half - 30), Some(ROD));
        assert_eq!(frame.pixel(half, half + 30), Some(BACKGROUND));
    }
}
