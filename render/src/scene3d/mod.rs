//! Offscreen pictures of physics: shapes, joints, contact points and forces, height layers, several worlds
//! in a grid. Triangles become samples on a wgpu adapter where there is a GPU, and in software otherwise;
//! light, shadows and supersampling are the same code for both, so that every machine gets the same pictures.
//!
//! [`SceneRenderer::new`] prepares a model once; [`SceneRenderer::draw`] turns the poses of its bodies into a
//! [`Frame`].

mod camera;
mod device_raster;
mod mesh;
mod raster;
#[cfg(feature = "rerun")]
mod rerun_recording;
mod shading;
mod shadow;
mod stage;

use glam::{Quat, Vec3};
use pentathlon_engine::adapters;
use pentathlon_gym::Device;
use pentathlon_physics::model::ModelDescription;

pub use camera::CameraOptions;
#[cfg(feature = "rerun")]
pub use rerun_recording::RerunRecording;

use crate::{Frame, RenderError};
use camera::Camera;
use device_raster::DeviceRaster;
use raster::Raster;
use shading::Light;
use shadow::ShadowMap;
use stage::Stage;

/// How scenes are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneOptions {
    /// Pixels from left to right, 16 to 4096. Default 640.
    pub width: usize,
    /// Pixels from top to bottom, 16 to 4096. Default 480.
    pub height: usize,
    /// Where the camera stands and what it looks at.
    pub camera: CameraOptions,
    /// Samples a pixel along each side, 1 to 4: more is smoother and slower. Default 2.
    pub samples: usize,
    /// Draws the axis of every hinge and slide. Default true.
    pub joints: bool,
    /// Draws contact points and their forces. Default true.
    pub contacts: bool,
    /// Length in m of the arrow of a force of 100 N. Default 0.4.
    pub force_scale: f32,
    /// Distance between worlds of a grid in m; `None` fits it to the worlds. Default `None`.
    pub spacing: Option<f32>,
    /// Where triangles are drawn: by the best wgpu adapter, in software (`Native`), or by an adapter that is a
    /// real GPU and in software without one (`Auto`, the default).
    pub device: Device,
}

impl Default for SceneOptions {
    fn default() -> Self {
        Self {
            width: 640,
            height: 480,
            camera: CameraOptions::default(),
            samples: 2,
            joints: true,
            contacts: true,
            force_scale: 0.4,
            spacing: None,
            device: Device::Auto,
        }
    }
}

/// Where a body is: origin in m, orientation as unit quaternion w x y z.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BodyPose {
    /// Origin in the world in m.
    pub position: [f64; 3],
    /// Orientation, w x y z.
    pub orientation: [f64; 4],
}

/// A contact to mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContactMark {
    /// The point in the world in m.
    pub point: [f64; 3],
    /// The force there in N, on the robot.
    pub force: [f64; 3],
}

/// One world at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorldSnapshot {
    /// One pose a body, in the order of the model.
    pub bodies: Vec<BodyPose>,
    /// Its contacts, if they are to be drawn.
    pub contacts: Vec<ContactMark>,
}

/// Draws worlds of one model. Keeps its meshes and buffers from picture to picture.
#[derive(Debug)]
pub struct SceneRenderer {
    options: SceneOptions,
    stage: Stage,
    raster: Raster,
    device_raster: Option<DeviceRaster>,
    shadow: ShadowMap,
    camera: Option<Camera>,
}

impl SceneRenderer {
    /// Prepares the shapes of `model`.
    ///
    /// # Errors
    /// When an option is out of its range or a shape cannot be drawn.
    pub fn new(model: &ModelDescription, options: SceneOptions) -> Result<Self, RenderError> {
        for (name, value, range) in [
            ("width", options.width, 16..=4096),
            ("height", options.height, 16..=4096),
            ("samples", options.samples, 1..=4),
        ] {
            if !range.contains(&value) {
                let (low, high) = (range.start(), range.end());
                return Err(RenderError::Scene(format!("{name} is {value}, but must be {low} to {high}")));
            }
        }
        options.camera.check()?;
        if !(options.force_scale.is_finite() && options.spacing.is_none_or(|spacing| spacing > 0.0)) {
            return Err(RenderError::Scene("force_scale and spacing must be positive numbers".into()));
        }
        let stage = Stage::new(model)?;
        let (width, height) = (options.width * options.samples, options.height * options.samples);
        let raster = Raster::new(width, height);
        let device_raster = match options.device {
            Device::Native => None,
            Device::Wgpu => Some(DeviceRaster::new(width, height)?),
            Device::Auto => {
                let has_gpu = adapters().first().is_some_and(|adapter| adapter.is_real_gpu);
                has_gpu.then(|| DeviceRaster::new(width, height).ok()).flatten()
            }
        };
        Ok(Self { options, stage, raster, device_raster, shadow: ShadowMap::default(), camera: None })
    }

    /// A picture of `worlds`, in a grid when there are more than one. The camera that frames the first
    /// picture stays for the next ones, moving along with what it follows, and back where it must.
    ///
    /// # Errors
    /// When there is no world, a world has another number of bodies than the model, or a pose is not
    /// finite.
    pub fn draw(&mut self, worlds: &[WorldSnapshot]) -> Result<Frame, RenderError> {
        let bodies = self.stage.num_bodies();
        for (index, world) in worlds.iter().enumerate() {
            if world.bodies.len() != bodies {
                let count = world.bodies.len();
                return Err(RenderError::Scene(format!(
                    "world {index} has {count} poses, but the model has {bodies} bodies"
                )));
            }
            let finite = world
                .bodies
                .iter()
                .all(|pose| pose.position.iter().chain(&pose.orientation).all(|number| number.is_finite()));
            if !finite {
                return Err(RenderError::Scene(format!("world {index} has a pose that is not finite")));
            }
        }
        if worlds.is_empty() {
            return Err(RenderError::Scene("there is no world to draw".into()));
        }
        self.stage.place(worlds, &self.options);
        let bounds = self.stage.bounds();
        let aspect = self.options.width as f32 / self.options.height as f32;
        let camera = match self.camera {
            Some(camera) => camera.following(&self.options.camera, bounds.center, self.stage.balls()),
            None => Camera::framing(&self.options.camera, bounds.center, self.stage.balls(), aspect),
        };
        self.camera = Some(camera);
        let light = Light::default();
        self.shadow.clear(light.direction, bounds);
        self.raster.clear();
        for instance in self.stage.solids() {
            if instance.casts_shadow {
                self.shadow.add(instance);
            }
        }
        let (solids, marks) = (self.stage.solids(), self.stage.marks());
        if let Some(device) = &mut self.device_raster {
            device.draw(solids.iter(), &camera, &mut self.raster.solids)?;
            if !marks.is_empty() {
                device.draw(marks.iter(), &camera, &mut self.raster.marks)?;
            }
        } else {
            solids.iter().for_each(|instance| self.raster.add(instance, &camera));
            marks.iter().for_each(|instance| self.raster.add_mark(instance, &camera));
        }
        let shaded = shading::shade(&self.raster, &camera, &light, &self.shadow, self.stage.plane());
        shading::resolve(&shaded, self.options.width, self.options.height, self.options.samples)
    }
}

/// A place and an orientation, in single precision.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Placement {
    position: Vec3,
    rotation: Quat,
}

impl Placement {
    fn new(position: [f64; 3], [w, x, y, z]: [f64; 4]) -> Self {
        Self {
            position: vec3(position),
            rotation: Quat::from_xyzw(x as f32, y as f32, z as f32, w as f32).normalize(),
        }
    }

    /// `inner`, which is given in this frame, in this frame's parent.
    fn compose(self, inner: Self) -> Self {
        Self {
            position: self.position + self.rotation * inner.position,
            rotation: self.rotation * inner.rotation,
        }
    }
}

fn vec3(v: [f64; 3]) -> Vec3 {
    Vec3::new(v[0] as f32, v[1] as f32, v[2] as f32)
}

/// The ball around everything that matters in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bounds {
    center: Vec3,
    radius: f32,
}

#[cfg(test)]
mod tests {
    use pentathlon_physics::robots::{level_floor, quadruped};

    use super::*;

    fn ball_over_floor() -> (ModelDescription, WorldSnapshot) {
        let mut model = quadruped();
        model.bodies.truncate(1);
        model.scene.push(level_floor(0.8));
        let pose = BodyPose { position: [0.0, 0.0, 0.4], orientation: [1.0, 0.0, 0.0, 0.0] };
        (model, WorldSnapshot { bodies: vec![pose], contacts: Vec::new() })
    }

    fn luminance(frame: &Frame, x: usize, y: usize) -> u32 {
        frame.pixel(x, y).unwrap().iter().map(|&channel| u32::from(channel)).sum()
    }

    #[test]
    fn sky_is_above_and_ground_below() {
        let (model, world) = ball_over_floor();
        let frame = SceneRenderer::new(&model, SceneOptions::default()).unwrap().draw(&[world]).unwrap();
        let [red, _, blue] = frame.pixel(5, 5).unwrap();
        assert!(blue > red, "the sky is blue");
        let corner = frame.pixel(5, 470).unwrap();
        assert!(
            corner.iter().max().unwrap() - corner.iter().min().unwrap() < 40,
            "the ground is grey: {corner:?}"
        );
    }

    #[test]
    fn the_body_is_in_the_middle_and_throws_a_shadow() {
        let (model, world) = ball_over_floor();
        let mut empty = model.clone();
        empty.bodies[0].geoms.clear();
        let camera =
            CameraOptions { distance: Some(2.0), target: Some([0.0, 0.0, 0.3]), ..Default::default() };
        let options = SceneOptions { camera, ..Default::default() };
        let with =
            SceneRenderer::new(&model, options.clone()).unwrap().draw(std::slice::from_ref(&world)).unwrap();
        let without = SceneRenderer::new(&empty, options).unwrap().draw(&[world]).unwrap();
        assert_ne!(with.pixel(320, 210), without.pixel(320, 210));
        let darker = (0..640)
            .flat_map(|x| (0..480).map(move |y| (x, y)))
            .filter(|&(x, y)| luminance(&with, x, y) + 60 < luminance(&without, x, y))
            .count();
        assert!(darker > 500, "only {darker} pixels are darker with the body");
    }

    #[test]
    fn a_nearer_body_hides_a_farther_one() {
        let (mut model, mut world) = ball_over_floor();
        let mut far = model.bodies[0].clone();
        far.name = "far".into();
        model.bodies.push(far);
        let camera = CameraOptions {
            azimuth: 0.0,
            elevation: 0.0,
            distance: Some(3.0),
            target: Some([0.0, 0.0, 0.4]),
            ..Default::default()
        };
        let options = SceneOptions { camera, joints: false, ..Default::default() };
        let mut renderer = SceneRenderer::new(&model, options).unwrap();
        world.bodies.push(BodyPose { position: [-5.0, 0.0, 0.4], orientation: [1.0, 0.0, 0.0, 0.0] });
        let behind = renderer.draw(&[world.clone()]).unwrap();
        world.bodies[1].position[2] = -50.0;
        let alone = renderer.draw(&[world]).unwrap();
        assert_eq!(behind.pixel(320, 240), alone.pixel(320, 240));
    }

    #[test]
    fn a_grid_shows_every_world() {
        let (model, world) = ball_over_floor();
        let mut renderer = SceneRenderer::new(&model, SceneOptions::default()).unwrap();
        let one = renderer.draw(std::slice::from_ref(&world)).unwrap();
        let mut renderer = SceneRenderer::new(&model, SceneOptions::default()).unwrap();
        let four = renderer.draw(&vec![world; 4]).unwrap();
        assert_ne!(one, four);
    }

    #[test]
    fn contacts_leave_a_mark() {
        let (model, mut world) = ball_over_floor();
        let mut renderer = SceneRenderer::new(&model, SceneOptions::default()).unwrap();
        let bare = renderer.draw(&[world.clone()]).unwrap();
        world.contacts.push(ContactMark { point: [0.1, 0.3, 0.0], force: [0.0, 0.0, 120.0] });
        assert_ne!(renderer.draw(&[world]).unwrap(), bare);
    }

    #[test]
    fn an_adapter_draws_the_same_picture() {
        if !pentathlon_engine::wgpu_available() {
            return;
        }
        let (model, mut world) = ball_over_floor();
        world.contacts.push(ContactMark { point: [0.1, 0.3, 0.0], force: [0.0, 0.0, 120.0] });
        let draw = |device: Device, world: &WorldSnapshot| {
            let options = SceneOptions { device, ..Default::default() };
            let mut renderer = SceneRenderer::new(&model, options).unwrap();
            let first = renderer.draw(std::slice::from_ref(world)).unwrap();
            // Buffers are reused for the second picture.
            [first, renderer.draw(&vec![world.clone(); 4]).unwrap()]
        };
        let pairs = draw(Device::Native, &world).into_iter().zip(draw(Device::Wgpu, &world));
        for (software, device) in pairs {
            let close = |x: usize, y: usize| {
                let channels = software.pixel(x, y).unwrap().into_iter().zip(device.pixel(x, y).unwrap());
                channels.into_iter().all(|(a, b)| a.abs_diff(b) <= 3)
            };
            let different =
                (0..480).flat_map(|y| (0..640).map(move |x| (x, y))).filter(|&(x, y)| !close(x, y));
            // Edges may fall into the sample beside.
            let count = different.count();
            assert!(count < 640 * 480 / 200, "{count} pixels differ");
        }
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        let (model, world) = ball_over_floor();
        let options = SceneOptions { width: 5, ..Default::default() };
        assert!(SceneRenderer::new(&model, options).unwrap_err().to_string().contains("width is 5"));
        let mut renderer = SceneRenderer::new(&model, SceneOptions::default()).unwrap();
        assert!(renderer.draw(&[]).unwrap_err().to_string().contains("no world"));
        let fewer = WorldSnapshot::default();
        assert!(renderer.draw(&[fewer]).unwrap_err().to_string().contains("0 poses"));
        let mut broken = world;
        broken.bodies[0].position[1] = f64::NAN;
        assert!(renderer.draw(&[broken]).unwrap_err().to_string().contains("not finite"));
    }
}
