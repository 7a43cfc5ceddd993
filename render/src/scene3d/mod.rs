//! Offscreen pictures of physics: shapes, joints, contact points and forces, height layers, several worlds
//! in a grid. Triangles become samples on a wgpu adapter where there is a GPU, and in software otherwise;
//! light, shadows and supersampling are the same code for both, so that every machine gets the same pictures.
//!
//! [`SceneRenderer::new`] prepares a model once; [`SceneRenderer::draw`] turns the poses of its bodies into a
//! [`Frame`].

mod camera;
mod device_raster;
mod forces;
mod mesh;
mod planes;
mod raster;
#[cfg(feature = "rerun")]
mod rerun_recording;
mod shading;
mod shadow;
mod snapshot;
mod stage;
#[cfg(test)]
mod tests;

use glam::{Quat, Vec3};
use pentathlon_engine::adapters;
use pentathlon_gym::Device;
use pentathlon_physics::model::ModelDescription;

pub use camera::CameraOptions;
#[cfg(feature = "rerun")]
pub use rerun_recording::RerunRecording;
pub use snapshot::{BodyPose, ContactMark, WorldShape, WorldSnapshot};

use crate::{Frame, RenderError};
use camera::Camera;
use device_raster::DeviceRaster;
use raster::Raster;
use shading::Light;
use shadow::ShadowMap;
use stage::Stage;

/// Largest length of an option in m.
const LARGEST: f32 = 10_000.0;

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
    /// Length in m of the arrow of a force of 100 N, more than 0; `None` fits it to the weight of what moves: all of it on
    /// one point is half a metre. Default `None`.
    pub force_scale: Option<f32>,
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
            force_scale: None,
            spacing: None,
            device: Device::Auto,
        }
    }
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
        for (name, value) in [("force_scale", options.force_scale), ("spacing", options.spacing)] {
            let Some(value) = value.filter(|value| !(*value > 0.0 && *value <= LARGEST)) else { continue };
            let message = format!("{name} is {value}, but must be more than 0 and at most {LARGEST}");
            return Err(RenderError::Scene(message));
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
    /// When there is no world, a world has another number of bodies than the model or a shape that the model has not, or
    /// a pose is not finite.
    pub fn draw(&mut self, worlds: &[WorldSnapshot]) -> Result<Frame, RenderError> {
        let bodies = self.stage.num_bodies();
        for (index, world) in worlds.iter().enumerate() {
            if world.bodies.len() != bodies {
                let count = world.bodies.len();
                return Err(RenderError::Scene(format!(
                    "world {index} has {count} poses, but the model has {bodies} bodies"
                )));
            }
            if let Some(unknown) = world.shapes.iter().find(|own| !self.stage.has(own)) {
                return Err(RenderError::Scene(format!(
                    "world {index} has a shape of its own for shape {} of body {:?}, which the model has not",
                    unknown.index, unknown.body
                )));
            }
            let poses = world.bodies.iter().flat_map(|pose| pose.position.iter().chain(&pose.orientation));
            let places = world.shapes.iter().flat_map(|own| &own.position);
            if !poses.chain(places).all(|number| number.is_finite()) {
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
        let shaded = shading::shade(&self.raster, &camera, &light, &self.shadow, self.stage.ground());
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
