//! The wgpu device: columns are storage buffers, a step is a fixed number of dispatches in one
//! submission, and nothing comes back to the host unless it is asked for.

pub(crate) mod buffers;
pub(crate) mod device;
mod executor;
pub(crate) mod kernels;
mod pipelines;

pub use buffers::{Part, Staging};
pub use device::{AdapterReport, DeviceHandles, adapters, open_device, wgpu_available};
pub(crate) use executor::Wgpu;

/// The columns of a batch that a learner on the same device works with. Buffers are created once and
/// stay the same while the batch lives.
#[derive(Clone, Copy, Debug)]
pub struct DeviceColumns<'a> {
    /// The device that the buffers belong to.
    pub handles: &'a DeviceHandles,
    /// Actions that the next step takes, `[num_envs, num_agents, action words]` as `i32`, or as `f32`
    /// where the action space is a `Box`. A step may change them.
    pub actions: &'a wgpu::Buffer,
    /// Rewards of the last step, `[num_envs, num_agents]` as `f32`.
    pub rewards: &'a wgpu::Buffer,
    /// Subgoal events of the last step, `[num_envs, num_agents]` as `i32`.
    pub events: &'a wgpu::Buffer,
    /// Channels of the last step, of every environment channel after channel, each `[num_agents, ...shape]` as
    /// `f32`.
    pub channels: &'a wgpu::Buffer,
    /// What else the last step has to tell, `[num_envs]`
    /// [`Report`](crate::episode::records::Report)s.
    pub reports: &'a wgpu::Buffer,
    observations: &'a [wgpu::Buffer],
    final_observations: &'a [wgpu::Buffer],
    names: &'a [crate::plan::Form],
}

impl<'a> DeviceColumns<'a> {
    /// The rows of the observation called `name`, `[num_envs, num_agents]` of them, each padded to
    /// whole 32-bit words. `None` when it was not selected or has no kernel.
    pub fn observation(&self, name: &str) -> Option<&'a wgpu::Buffer> {
        self.find(name, self.observations)
    }

    /// The same of the last observations of episodes that ended, with `AutoresetMode::SameStep`.
    pub fn final_observation(&self, name: &str) -> Option<&'a wgpu::Buffer> {
        self.find(name, self.final_observations)
    }

    fn find(&self, name: &str, buffers: &'a [wgpu::Buffer]) -> Option<&'a wgpu::Buffer> {
        buffers.get(self.names.iter().position(|form| form.spec.name == name)?)
    }
}
