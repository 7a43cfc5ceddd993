//! The z-buffer on a wgpu adapter: the samples that `raster.rs` computes, from the graphics pipeline. Light
//! and shadows are then the same code for both.

use bytemuck::{Pod, Zeroable};
use glam::Vec3;
use pentathlon_engine::{DeviceHandles, Part, Staging, open_device};

use super::{
    camera::{Camera, NEAR},
    raster::{NOTHING, Sample},
    stage::Instance,
};
use crate::RenderError;

/// Where normals and depths go; colours alike.
const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba32Float;
/// Bytes of a sample in one of the two pictures.
const SAMPLE_BYTES: usize = 16;
/// How far the last surface drawn is set back against the first, as a share of its distance: below it two
/// surfaces count as one, and the first one drawn stays.
const SETBACK: f32 = 4e-4;

/// A corner of a triangle, as `device_raster.wgsl` reads it.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Corner {
    view: [f32; 3],
    normal: [f32; 3],
    color: [f32; 3],
    see_through: f32,
    setback: f32,
}

/// Draws on the best adapter of this machine. Keeps its textures and buffers from picture to picture.
#[derive(Debug)]
pub(super) struct DeviceRaster {
    handles: DeviceHandles,
    width: usize,
    height: usize,
    pipeline: wgpu::RenderPipeline,
    bindings: wgpu::BindGroup,
    view: wgpu::Buffer,
    targets: [wgpu::Texture; 2],
    depth: wgpu::Texture,
    read: [wgpu::Buffer; 2],
    corners: Vec<Corner>,
    vertices: Option<wgpu::Buffer>,
    staging: Staging,
}

impl DeviceRaster {
    /// A raster of `width` times `height` samples.
    ///
    /// # Errors
    /// Without an adapter, or when it cannot draw pictures of this size and kind.
    pub fn new(width: usize, height: usize) -> Result<Self, RenderError> {
        let handles = open_device()?;
        let device = &handles.device;
        let most = device.limits().max_texture_dimension_2d as usize;
        if width.max(height) > most {
            return Err(refused(format!("{width} times {height} samples; the adapter draws at most {most}")));
        }
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let memory_scope = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let pipeline = pipeline(device);
        let view = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("view"),
            size: 16,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("view"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: view.as_entire_binding() }],
        });
        let texture = |format, usage| {
            device.create_texture(&wgpu::TextureDescriptor {
                label: Some("scene"),
                size: extent(width, height),
                mip_level_count: 1,
                sample_count: 1,
                dimension: wgpu::TextureDimension::D2,
                format,
                usage: wgpu::TextureUsages::RENDER_ATTACHMENT | usage,
                view_formats: &[],
            })
        };
        let read = || {
            device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("samples"),
                size: (row_bytes(width) * height) as u64,
                usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            })
        };
        let targets = [(); 2].map(|()| texture(FORMAT, wgpu::TextureUsages::COPY_SRC));
        let depth = texture(wgpu::TextureFormat::Depth32Float, wgpu::TextureUsages::empty());
        let read = [read(), read()];
        let memory_error = pollster::block_on(memory_scope.pop());
        if let Some(error) = memory_error.or(pollster::block_on(scope.pop())) {
            return Err(refused(error.to_string()));
        }
        Ok(Self {
            handles,
            width,
            height,
            pipeline,
            bindings,
            view,
            targets,
            depth,
            read,
            corners: Vec::new(),
            vertices: None,
            staging: Staging::new(),
        })
    }

    /// Writes what `camera` sees of `instances` into `samples`, row by row.
    ///
    /// # Errors
    /// When the device is lost.
    pub fn draw<'a>(
        &mut self,
        instances: impl Iterator<Item = &'a Instance> + Clone,
        camera: &Camera,
        samples: &mut [Sample],
    ) -> Result<(), RenderError> {
        self.place(instances, camera);
        let mut encoder = self.handles.device.create_command_encoder(&Default::default());
        self.encode(&mut encoder, camera);
        let bytes = (row_bytes(self.width) * self.height) as u64;
        let parts = [&self.read[0], &self.read[1]].map(|buffer| Part { buffer, offset: 0, bytes });
        let (width, pitch) = (self.width, row_bytes(self.width));
        self.staging.download(&self.handles, encoder, &parts, |pictures| {
            for (y, row) in samples.chunks_exact_mut(width).enumerate() {
                let [surface, color] = [pictures[0], pictures[1]]
                    .map(|picture| &picture[y * pitch..y * pitch + width * SAMPLE_BYTES]);
                let both = surface.chunks_exact(SAMPLE_BYTES).zip(color.chunks_exact(SAMPLE_BYTES));
                for (sample, (surface, color)) in row.iter_mut().zip(both) {
                    let [x, y, z, depth]: [f32; 4] = bytemuck::pod_read_unaligned(surface);
                    let [red, green, blue, drawn]: [f32; 4] = bytemuck::pod_read_unaligned(color);
                    *sample = if drawn > 0.0 {
                        Sample { depth, normal: Vec3::new(x, y, z), color: Vec3::new(red, green, blue) }
                    } else {
                        NOTHING
                    };
                }
            }
        })?;
        Ok(())
    }

    /// Collects the corners of all triangles before the camera, and takes them to the device.
    fn place<'a>(&mut self, instances: impl Iterator<Item = &'a Instance> + Clone, camera: &Camera) {
        self.corners.clear();
        let count = instances.clone().count().max(1) as f32;
        for (index, instance) in instances.enumerate() {
            let setback = SETBACK * index as f32 / count;
            for corner in instance.mesh.triangles.iter().flatten() {
                let vertex = &instance.mesh.vertices[*corner as usize];
                let placed = instance.placement.position + instance.placement.rotation * vertex.position;
                self.corners.push(Corner {
                    view: camera.view(placed).to_array(),
                    normal: (instance.placement.rotation * vertex.normal).to_array(),
                    color: instance.color.to_array(),
                    see_through: f32::from(u8::from(instance.see_through)),
                    setback,
                });
            }
        }
        let bytes: &[u8] = bytemuck::cast_slice(&self.corners);
        if self.vertices.as_ref().is_none_or(|buffer| buffer.size() < bytes.len() as u64) {
            self.vertices = Some(self.handles.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("corners"),
                size: bytes.len().next_power_of_two().max(16) as u64,
                usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }));
        }
        if let Some(buffer) = &self.vertices {
            self.handles.queue.write_buffer(buffer, 0, bytes);
        }
    }

    fn encode(&self, encoder: &mut wgpu::CommandEncoder, camera: &Camera) {
        let view = [camera.half_width, camera.half_height, NEAR, 0.0];
        self.handles.queue.write_buffer(&self.view, 0, bytemuck::cast_slice(&view));
        let targets = self.targets.each_ref().map(|texture| texture.create_view(&Default::default()));
        let depth = self.depth.create_view(&Default::default());
        {
            let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                label: Some("scene"),
                color_attachments: &targets.each_ref().map(|view| {
                    Some(wgpu::RenderPassColorAttachment {
                        view,
                        depth_slice: None,
                        resolve_target: None,
                        ops: wgpu::Operations {
                            load: wgpu::LoadOp::Clear(wgpu::Color::TRANSPARENT),
                            store: wgpu::StoreOp::Store,
                        },
                    })
                }),
                depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                    view: &depth,
                    depth_ops: Some(wgpu::Operations {
                        load: wgpu::LoadOp::Clear(0.0),
                        store: wgpu::StoreOp::Discard,
                    }),
                    stencil_ops: None,
                }),
                ..Default::default()
            });
            if let Some(vertices) = &self.vertices {
                pass.set_pipeline(&self.pipeline);
                pass.set_bind_group(0, &self.bindings, &[]);
                pass.set_vertex_buffer(0, vertices.slice(..));
                pass.draw(0..self.corners.len() as u32, 0..1);
            }
        }
        for (texture, buffer) in self.targets.iter().zip(&self.read) {
            encoder.copy_texture_to_buffer(
                texture.as_image_copy(),
                wgpu::TexelCopyBufferInfo {
                    buffer,
                    layout: wgpu::TexelCopyBufferLayout {
                        offset: 0,
                        bytes_per_row: Some(row_bytes(self.width) as u32),
                        rows_per_image: None,
                    },
                },
                extent(self.width, self.height),
            );
        }
    }
}

fn pipeline(device: &wgpu::Device) -> wgpu::RenderPipeline {
    let module = device.create_shader_module(wgpu::include_wgsl!("device_raster.wgsl"));
    let attributes = wgpu::vertex_attr_array![
        0 => Float32x3, 1 => Float32x3, 2 => Float32x3, 3 => Float32, 4 => Float32
    ];
    let target =
        Some(wgpu::ColorTargetState { format: FORMAT, blend: None, write_mask: wgpu::ColorWrites::ALL });
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("scene"),
        layout: None,
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: Some("place"),
            compilation_options: Default::default(),
            buffers: &[Some(wgpu::VertexBufferLayout {
                array_stride: size_of::<Corner>() as u64,
                step_mode: wgpu::VertexStepMode::Vertex,
                attributes: &attributes,
            })],
        },
        // Outward triangles turn counterclockwise as the camera sees them; the others face away.
        primitive: wgpu::PrimitiveState { cull_mode: Some(wgpu::Face::Back), ..Default::default() },
        depth_stencil: Some(wgpu::DepthStencilState {
            format: wgpu::TextureFormat::Depth32Float,
            depth_write_enabled: Some(true),
            depth_compare: Some(wgpu::CompareFunction::Greater),
            stencil: Default::default(),
            bias: Default::default(),
        }),
        multisample: Default::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: Some("sample"),
            compilation_options: Default::default(),
            targets: &[target.clone(), target],
        }),
        multiview_mask: None,
        cache: None,
    })
}

fn extent(width: usize, height: usize) -> wgpu::Extent3d {
    wgpu::Extent3d { width: width as u32, height: height as u32, depth_or_array_layers: 1 }
}

/// Bytes of a row in a buffer that a texture is copied to.
fn row_bytes(width: usize) -> usize {
    (width * SAMPLE_BYTES).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT as usize)
}

fn refused(reason: String) -> RenderError {
    RenderError::Scene(format!("the wgpu adapter cannot draw it: {reason}"))
}
