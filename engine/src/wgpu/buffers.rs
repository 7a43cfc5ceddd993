//! The columns as storage buffers. On this device they are the truth; the host has copies when it asks.

use std::{sync::mpsc, time::Duration};

use bytemuck::Pod;
use pentathlon_gym::{AutoresetMode, Error};

use super::device::{DeviceHandles, unavailable};
use crate::{
    domain::{Binding, Domain},
    episode::records::{BatchParameters, Episode, Outcome, Report},
    plan::Plan,
};

/// Usages of every column: kernels bind it, the host and learners copy from and to it.
const COLUMN: wgpu::BufferUsages =
    wgpu::BufferUsages::STORAGE.union(wgpu::BufferUsages::COPY_SRC).union(wgpu::BufferUsages::COPY_DST);

/// How long another thread may take to hand over an answer that the device has given.
const ANSWER: Duration = Duration::from_secs(30);

/// All columns of a batch on its device.
#[derive(Debug)]
pub(crate) struct Buffers {
    pub(crate) parameters: wgpu::Buffer,
    pub(crate) states: wgpu::Buffer,
    pub(crate) items: wgpu::Buffer,
    pub(crate) episodes: wgpu::Buffer,
    pub(crate) outcomes: wgpu::Buffer,
    pub(crate) reports: wgpu::Buffer,
    pub(crate) actions: wgpu::Buffer,
    pub(crate) rewards: wgpu::Buffer,
    pub(crate) events: wgpu::Buffer,
    pub(crate) channels: wgpu::Buffer,
    pub(crate) constants: wgpu::Buffer,
    pub(crate) level_states: wgpu::Buffer,
    pub(crate) level_items: wgpu::Buffer,
    /// One a selected form: its rows, padded to words.
    pub(crate) observations: Vec<wgpu::Buffer>,
    /// The same before the reset, with `AutoresetMode::SameStep`.
    pub(crate) final_observations: Vec<wgpu::Buffer>,
    /// States, items and episodes before the reset, for final observations that the host computes.
    pub(crate) final_states: Option<[wgpu::Buffer; 3]>,
}

/// Bytes of one agent's row of an observation on the device: whole words.
pub(crate) fn padded(row_bytes: usize) -> usize {
    row_bytes.div_ceil(4) * 4
}

impl Buffers {
    /// Allocates all columns; `on_host` says which forms the host computes.
    pub(crate) fn new<D: Domain>(
        plan: &Plan<D>,
        handles: &DeviceHandles,
        on_host: &[bool],
    ) -> Result<Self, Error> {
        let device = &handles.device;
        let limit = device.limits().max_storage_buffer_binding_size.min(device.limits().max_buffer_size);
        let column = |name: &'static str, rows: usize, row_bytes: usize| {
            let bytes = (rows * row_bytes).max(16) as u64;
            if bytes > limit {
                return Err(unavailable(format!(
                    "column '{name}' of {rows} rows needs {bytes} bytes, and this adapter binds at most \
                     {limit}; at most {} rows fit",
                    limit / (row_bytes.max(1) as u64)
                )));
            }
            let descriptor = wgpu::BufferDescriptor {
                label: Some(name),
                size: bytes,
                usage: COLUMN,
                mapped_at_creation: false,
            };
            Ok(device.create_buffer(&descriptor))
        };
        let sizes = plan.sizes;
        let envs = sizes.num_envs;
        let levels = plan.pool_len() as usize;
        let state = size_of::<D::State>();
        let constants = plan.domain.constants();
        let rows =
            |name, form: &crate::plan::Form| column(name, envs * sizes.num_agents, padded(form.row_bytes));
        let same_step = plan.options.autoreset == AutoresetMode::SameStep;
        let buffers = Self {
            parameters: device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("parameters"),
                size: size_of::<BatchParameters>() as u64,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
            states: column("states", envs, state)?,
            items: column("items", envs, 4 * sizes.items)?,
            episodes: column("episodes", envs, size_of::<Episode>())?,
            outcomes: column("outcomes", envs, size_of::<Outcome>())?,
            reports: column("reports", envs, size_of::<Report>())?,
            actions: column("actions", envs, 4 * sizes.actions())?,
            rewards: column("rewards", envs, 4 * sizes.num_agents)?,
            events: column("events", envs, 4 * sizes.num_agents)?,
            channels: column("channels", envs, 4 * sizes.channels)?,
            constants: column("constants", constants.len(), 4)?,
            level_states: column("level states", levels, state)?,
            level_items: column("level items", levels, 4 * sizes.items)?,
            observations: plan
                .forms
                .iter()
                .map(|form| rows("observation", form))
                .collect::<Result<_, _>>()?,
            final_observations: if same_step {
                plan.forms.iter().map(|form| rows("final observation", form)).collect::<Result<_, _>>()?
            } else {
                Vec::new()
            },
            final_states: if same_step && on_host.contains(&true) {
                Some([
                    column("final states", envs, state)?,
                    column("final items", envs, 4 * sizes.items)?,
                    column("final episodes", envs, size_of::<Episode>())?,
                ])
            } else {
                None
            },
        };
        handles.queue.write_buffer(&buffers.parameters, 0, bytemuck::bytes_of(&plan.parameters()));
        handles.queue.write_buffer(&buffers.constants, 0, bytemuck::cast_slice(&constants));
        Ok(buffers)
    }

    /// The buffer that a kernel sees under `binding`; `observation` is the one it writes, if any.
    pub(crate) fn bound<'a>(
        &'a self,
        binding: Binding,
        observation: Option<&'a wgpu::Buffer>,
    ) -> Option<&'a wgpu::Buffer> {
        Some(match binding {
            Binding::Parameters => &self.parameters,
            Binding::States => &self.states,
            Binding::Items => &self.items,
            Binding::Episodes => &self.episodes,
            Binding::Outcomes => &self.outcomes,
            Binding::Actions => &self.actions,
            Binding::Rewards => &self.rewards,
            Binding::Events => &self.events,
            Binding::Constants => &self.constants,
            Binding::LevelStates => &self.level_states,
            Binding::LevelItems => &self.level_items,
            Binding::Reports => &self.reports,
            Binding::Channels => &self.channels,
            Binding::Observation => return observation,
        })
    }
}

/// A part of a buffer that the host wants to see.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The buffer; it can be copied from.
    pub buffer: &'a wgpu::Buffer,
    /// Where the part begins, in bytes; a multiple of four.
    pub offset: u64,
    /// Length in bytes; a multiple of four.
    pub bytes: u64,
}

impl<'a> Part<'a> {
    /// The first `bytes` of a buffer, which has room for them.
    pub(crate) fn start(buffer: &'a wgpu::Buffer, bytes: usize) -> Self {
        Self { buffer, offset: 0, bytes: bytes as u64 }
    }
}

/// Memory that the host can map, reused from download to download.
#[derive(Debug, Default)]
pub struct Staging {
    buffer: Option<wgpu::Buffer>,
}

impl Staging {
    /// None yet: it is allocated when it is first needed.
    pub const fn new() -> Self {
        Self { buffer: None }
    }

    /// Submits `encoder` with copies of `parts` at its end, waits, and reads them, one slice a part.
    ///
    /// # Errors
    /// [`Error::Device`] when the device was lost.
    pub fn download(
        &mut self,
        handles: &DeviceHandles,
        mut encoder: wgpu::CommandEncoder,
        parts: &[Part<'_>],
        read: impl FnOnce(&[&[u8]]),
    ) -> Result<(), Error> {
        let total: u64 = parts.iter().map(|part| part.bytes.next_multiple_of(8)).sum();
        if self.buffer.as_ref().is_none_or(|buffer| buffer.size() < total) {
            self.buffer = Some(handles.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("staging"),
                size: total.max(16),
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }));
        }
        let Some(staging) = &self.buffer else { return Ok(()) };
        let mut start = 0;
        for part in parts {
            encoder.copy_buffer_to_buffer(part.buffer, part.offset, staging, start, part.bytes);
            start += part.bytes.next_multiple_of(8);
        }
        handles.queue.submit([encoder.finish()]);
        let (answer, answered) = mpsc::sync_channel(1);
        staging.map_async(wgpu::MapMode::Read, .., move |result| {
            // Nobody waits any more when the batch has given up on the device.
            let _ = answer.send(result);
        });
        let lost = |reason: String| {
            unavailable(format!(
                "the device was lost ({reason}); build the batch again, or on the native device"
            ))
        };
        handles.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|error| lost(error.to_string()))?;
        // The answer may be on its way through another thread that polls the same device.
        match answered.recv_timeout(ANSWER) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(lost(error.to_string())),
            Err(error) => return Err(lost(error.to_string())),
        }
        {
            let view = staging.get_mapped_range(..).map_err(|error| lost(error.to_string()))?;
            let bytes: &[u8] = &view;
            let mut start = 0;
            let slices: Vec<&[u8]> = parts
                .iter()
                .map(|part| {
                    let slice = &bytes[start..start + part.bytes as usize];
                    start += part.bytes.next_multiple_of(8) as usize;
                    slice
                })
                .collect();
            read(&slices);
        }
        staging.unmap();
        Ok(())
    }
}

/// The values of downloaded bytes.
pub(crate) fn values<T: Pod>(bytes: &[u8]) -> Vec<T> {
    let mut values = vec![T::zeroed(); bytes.len() / size_of::<T>()];
    bytemuck::cast_slice_mut(&mut values).copy_from_slice(bytes);
    values
}
