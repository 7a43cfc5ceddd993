//! What the wgpu shells of all disciplines have in common: how a transpiled source becomes a [`Kernel`], and
//! the check that tests make of every kernel.

use pentathlon_engine::{Binding, Kernel, Set};
use wgsl_rs::Source;

/// Invocations per workgroup of all kernels.
pub(crate) const WORKGROUP: u32 = 64;

/// What most kernels of the Step set use.
pub(crate) const STEP: &[Binding] = &[
    Binding::Parameters,
    Binding::States,
    Binding::Items,
    Binding::Episodes,
    Binding::Outcomes,
    Binding::Actions,
    Binding::Events,
    Binding::Constants,
];

/// What most observation kernels use.
pub(crate) const OBSERVE: &[Binding] =
    &[Binding::Parameters, Binding::States, Binding::Items, Binding::Constants, Binding::Observation];

/// The kernel of `set` that begins at `entry_point` of `source` and writes the form `observation`, if any.
///
/// # Panics
/// When the source does not transpile; every domain has a test that transpiles all of its kernels.
pub(crate) fn kernel(
    set: Set,
    source: &Source,
    entry_point: &'static str,
    bindings: &'static [Binding],
    observation: Option<usize>,
) -> Kernel {
    let source = source.wgsl_source().expect("a test transpiles every kernel");
    Kernel { set, source, entry_point, bindings, workgroup_size: WORKGROUP, observation }
}

/// Fails where a kernel is no valid WGSL, or uses other bindings than it names, or more than WebGPU promises.
#[cfg(test)]
pub(crate) fn assert_sound(kernels: &[Kernel]) {
    use naga::valid::{Capabilities, ValidationFlags, Validator};
    for kernel in kernels {
        let name = kernel.entry_point;
        let module = naga::front::wgsl::parse_str(&kernel.source)
            .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(&kernel.source)));
        let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
            .validate(&module)
            .unwrap_or_else(|error| panic!("{name}: {}", error.emit_to_string(&kernel.source)));
        let index = module.entry_points.iter().position(|entry| entry.name == name);
        let index = index.unwrap_or_else(|| panic!("no entry point {name}"));
        assert_eq!(module.entry_points[index].workgroup_size[0], kernel.workgroup_size);
        let mut used: Vec<u32> = module
            .global_variables
            .iter()
            .filter(|(handle, _)| !info.get_entry_point(index)[*handle].is_empty())
            .filter_map(|(_, variable)| variable.binding.as_ref().map(|binding| binding.binding))
            .collect();
        let mut named: Vec<u32> = kernel.bindings.iter().map(|binding| *binding as u32).collect();
        used.sort_unstable();
        named.sort_unstable();
        assert_eq!(used, named, "bindings of {name}");
        let storage = used.iter().filter(|binding| **binding != Binding::Parameters as u32).count();
        assert!(storage <= 8, "{name} uses {storage} storage buffers; WebGPU promises 8");
    }
}
