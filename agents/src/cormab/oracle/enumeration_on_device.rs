//! The best actions of a whole batch of states at once, on wgpu: a kernel values every allowed action in every
//! state, and the host compares the few that are best to single precision in double precision.

use std::time::Instant;

use pentathlon_engine::{DeviceHandles, Part, Staging};
use pentathlon_envs::cormab::feasible::FeasibleSet;
use pentathlon_gym::Error;

use super::super::network::ReluNetwork;
use super::{
    Argmax, ArgmaxOracle, Enumeration, Rounding,
    action_network::ActionNetwork,
    enumeration_rules::{kernel, rules::MOST_UNITS},
};

/// Invocations that share the actions of a state.
const LANES: usize = 64;
/// Words that each leaves.
const WORDS: usize = 3;
/// Workgroups of one dispatch: in each dimension within what every adapter has.
const GROUPS: usize = 1 << 14;
/// Rounds that all loops of an invocation may make together. The software driver of Mesa ends them without a word after
/// 65,535.
const LOOP_ROUNDS: usize = 60_000;

/// All actions of a feasible set, on a device.
#[derive(Debug)]
pub struct DeviceEnumeration {
    native: Enumeration,
    components: usize,
    handles: DeviceHandles,
    pipeline: wgpu::ComputePipeline,
    actions: wgpu::Buffer,
    /// Sizes, weights, offsets and answers; made again when one has too little room.
    buffers: [Option<wgpu::Buffer>; 4],
    staging: Staging,
    network: ActionNetwork,
}

impl DeviceEnumeration {
    /// Lists `set` on the device of `handles`; `None` when it has more than `limit` actions.
    ///
    /// # Errors
    /// [`Error::Device`] when the kernel does not compile there.
    pub fn new(set: &FeasibleSet, limit: usize, handles: DeviceHandles) -> Result<Option<Self>, Error> {
        let Some(native) = Enumeration::new(set, limit) else { return Ok(None) };
        let device = &handles.device;
        let source = kernel::WGSL_SOURCE.wgsl_source().map_err(|error| refused(format!("{error:?}")))?;
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("value_actions"),
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("value_actions"),
            layout: None,
            module: &module,
            entry_point: Some("value_actions"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        });
        let words =
            native.actions().iter().flat_map(|action| (0..4).map(move |word| (action >> (32 * word)) as u32));
        let words: Vec<u32> = words.collect();
        let actions = storage(&handles, 4 * words.len());
        handles.queue.write_buffer(&actions, 0, bytemuck::cast_slice(&words));
        Ok(Some(Self {
            native,
            components: set.components(),
            pipeline,
            actions,
            buffers: Default::default(),
            staging: Staging::new(),
            network: ActionNetwork::default(),
            handles,
        }))
    }

    /// The best action of `network` in every state of `levels`, `[states][arms]`. Answers are those of
    /// [`Enumeration`]; each one's time is its share of the whole.
    ///
    /// # Errors
    /// [`Error::Device`] when the device was lost, or a layer is wider than the kernel has room for (64 units).
    pub fn argmax_batch(&mut self, network: &ReluNetwork, levels: &[u8]) -> Result<Vec<Argmax>, Error> {
        let widest = network.layers().iter().map(|layer| layer.outputs).max().unwrap_or_default();
        if widest > MOST_UNITS as usize {
            let reason = format!("a layer has {widest} units, and the kernel has room for {MOST_UNITS}");
            return Err(refused(reason));
        }
        let arms = network.arms().max(1);
        let mut answers = Vec::with_capacity(levels.len() / arms);
        let rounds = LOOP_ROUNDS / loop_rounds(network);
        let groups = self.native.len().div_ceil(LANES * rounds);
        if groups > GROUPS {
            return Err(refused(format!("{} actions are too many for one dispatch", self.native.len())));
        }
        for states in levels.chunks(GROUPS / groups.max(1) * arms) {
            self.value(network, states, arms, [rounds, groups], &mut answers)?;
        }
        Ok(answers)
    }

    /// The answers of one dispatch, in which each state has so many rounds and groups of invocations.
    fn value(
        &mut self,
        network: &ReluNetwork,
        levels: &[u8],
        arms: usize,
        [rounds, groups]: [usize; 2],
        answers: &mut Vec<Argmax>,
    ) -> Result<(), Error> {
        let begin = Instant::now();
        let states = levels.len() / arms;
        let mut offsets: Vec<f32> = Vec::new();
        for levels in levels.chunks_exact(arms) {
            self.network.fix(network, levels);
            offsets.extend_from_slice(&self.network.offsets);
        }
        if states * groups == 0 {
            return Ok(());
        }
        let fixed = &self.network;
        let layers = &fixed.layers;
        let numbers =
            [states, self.native.len(), self.components, fixed.units(), layers.len(), rounds, groups];
        let mut sizes = numbers.map(|size| size as u32).to_vec();
        let mut weights = fixed.columns.clone();
        for layer in layers {
            sizes.extend([layer.inputs, layer.outputs, weights.len()].map(|size| size as u32));
            weights.extend(layer.weights.iter().chain(&layer.biases));
        }
        let bytes =
            [4 * sizes.len(), 4 * weights.len(), 4 * offsets.len(), 4 * WORDS * LANES * groups * states];
        for (buffer, bytes) in self.buffers.iter_mut().zip(bytes) {
            if buffer.as_ref().is_none_or(|buffer| buffer.size() < bytes as u64) {
                *buffer = Some(storage(&self.handles, bytes));
            }
        }
        let [Some(size_buffer), Some(weight_buffer), Some(offset_buffer), Some(best)] = &self.buffers else {
            return Ok(());
        };
        let queue = &self.handles.queue;
        queue.write_buffer(size_buffer, 0, bytemuck::cast_slice(&sizes));
        queue.write_buffer(weight_buffer, 0, bytemuck::cast_slice(&weights));
        queue.write_buffer(offset_buffer, 0, bytemuck::cast_slice(&offsets));
        let device = &self.handles.device;
        let bound = [size_buffer, &self.actions, weight_buffer, offset_buffer, best];
        let entries: Vec<_> = bound
            .into_iter()
            .enumerate()
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding: binding as u32,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("value_actions"),
            layout: &self.pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &bindings, &[]);
            pass.dispatch_workgroups(states as u32, groups as u32, 1);
        }
        let mut words: Vec<u32> = Vec::new();
        let part = Part { buffer: best, offset: 0, bytes: bytes[3] as u64 };
        self.staging.download(&self.handles, encoder, &[part], |slices| {
            words.extend(slices[0].as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)));
        })?;
        for (levels, lanes) in levels.chunks_exact(arms).zip(words.chunks_exact(WORDS * LANES * groups)) {
            let answer = self.choose(network, levels, lanes);
            answers.push(answer);
        }
        let first = answers.len() - states;
        let time = begin.elapsed() / states as u32;
        answers[first..].iter_mut().for_each(|answer| answer.time = time);
        Ok(())
    }

    /// The best of what the invocations of a state have left, by values in double precision.
    fn choose(&mut self, network: &ReluNetwork, levels: &[u8], lanes: &[u32]) -> Argmax {
        let lanes = lanes.as_chunks::<WORDS>().0;
        let largest = lanes.iter().map(|lane| f32::from_bits(lane[1])).fold(f32::NEG_INFINITY, f32::max);
        let threshold = largest - 2.0 * Rounding::of(network, levels).at(largest);
        if lanes.iter().any(|lane| f32::from_bits(lane[2]) >= threshold) {
            // One invocation had two actions that may be the best: it has told of one only.
            return self.native.argmax(network, levels);
        }
        let mut best = (f64::NEG_INFINITY, 0);
        for lane in lanes.iter().filter(|lane| f32::from_bits(lane[1]) >= threshold) {
            let action = self.native.actions()[lane[0] as usize];
            let value = network.value(levels, action);
            if value > best.0 || value == best.0 && action < best.1 {
                best = (value, action);
            }
        }
        let (value, action) = best;
        Argmax { action, value, bound: value, nodes: self.native.len() as u64, time: Default::default() }
    }
}

/// Rounds of all loops of an invocation for one action, at most.
fn loop_rounds(network: &ReluNetwork) -> usize {
    let first = network.layers().first().map_or(0, |layer| layer.outputs);
    let rest = network.layers().iter().skip(1);
    let rest: usize =
        rest.map(|layer| 1 + layer.outputs + layer.inputs * (1 + layer.outputs) + layer.outputs).sum();
    1 + first + network.components() * (1 + first) + rest
}

/// A buffer for kernels with room for `bytes`.
fn storage(handles: &DeviceHandles, bytes: usize) -> wgpu::Buffer {
    handles.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("enumeration"),
        size: (bytes as u64).max(16),
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    })
}

fn refused(reason: String) -> Error {
    Error::Device { device: "wgpu", reason }
}

#[cfg(test)]
mod tests {
    use pentathlon_engine::{open_device, wgpu_available};
    use pentathlon_envs::cormab::{
        generation::{Sizes, generate},
        instance::Problem,
    };
    use pentathlon_gym::seeding::{Random, philox::Philox};

    use super::*;

    #[test]
    fn a_batch_on_the_device_is_answered_as_one_by_one() {
        if !wgpu_available() {
            return;
        }
        let mut random = Philox::for_level(9, 9);
        for problem in Problem::ALL {
            // The budget has more actions than one invocation of each lane can value.
            let arms = if problem == Problem::Budget { 20 } else { 10 };
            let sizes = Sizes { arms, budget: if arms == 20 { 5 } else { 3 }, interventions: 9 };
            let set = FeasibleSet::new(&generate(problem, &sizes, 6).unwrap());
            let handles = open_device().unwrap();
            let mut batch = DeviceEnumeration::new(&set, 1 << 20, handles.clone()).unwrap().unwrap();
            let mut one = Enumeration::new(&set, 1 << 20).unwrap();
            for hidden in [&[16, 32][..], &[12], &[]] {
                let network = ReluNetwork::random(set.components(), arms, hidden, &mut random);
                let levels: Vec<u8> = (0..arms * 37).map(|_| random.int(0, 4) as u8).collect();
                let answers = batch.argmax_batch(&network, &levels).unwrap();
                assert_eq!(answers.len(), 37);
                for (answer, levels) in answers.iter().zip(levels.chunks(arms)) {
                    let expected = one.argmax(&network, levels);
                    assert_eq!(
                        (answer.action, answer.value),
                        (expected.action, expected.value),
                        "{problem:?}"
                    );
                }
            }
            assert!(DeviceEnumeration::new(&set, 3, handles).unwrap().is_none());
            let wide = ReluNetwork::random(set.components(), arms, &[65], &mut random);
            assert!(batch.argmax_batch(&wide, &vec![0; arms]).is_err());
        }
    }
}
