//! Adapters and devices: which GPU there is, and how a batch comes to one.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use pentathlon_gym::Error;

/// What a learner that has its own device passes in, so that batch and learner share buffers.
#[derive(Clone, Debug)]
pub struct DeviceHandles {
    /// The instance that the adapter is of.
    pub instance: wgpu::Instance,
    /// The adapter that the device is of.
    pub adapter: wgpu::Adapter,
    /// The device.
    pub device: wgpu::Device,
    /// The device's queue.
    pub queue: wgpu::Queue,
}

/// An adapter that wgpu found on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterReport {
    /// Name, as the driver gives it.
    pub name: String,
    /// The graphics interface, such as `vulkan`.
    pub backend: String,
    /// The driver and its version.
    pub driver: String,
    /// Whether it is a discrete or integrated GPU, not software.
    pub is_real_gpu: bool,
}

/// Every adapter of this machine, the one that a batch takes first.
pub fn adapters() -> Vec<AdapterReport> {
    ranked_adapters()
        .1
        .iter()
        .map(|adapter| {
            let info = adapter.get_info();
            AdapterReport {
                is_real_gpu: is_real_gpu(&info),
                backend: info.backend.to_string(),
                driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
                name: info.name,
            }
        })
        .collect()
}

/// For tests: whether there is an adapter, software included. Without one it prints that the test is
/// skipped.
///
/// # Panics
/// Without an adapter when the environment variable `PENTATHLON_REQUIRE_GPU` is 1.
pub fn wgpu_available() -> bool {
    if !adapters().is_empty() {
        return true;
    }
    let required = std::env::var("PENTATHLON_REQUIRE_GPU").is_ok_and(|value| value == "1");
    assert!(!required, "PENTATHLON_REQUIRE_GPU=1, and there is no wgpu adapter on this machine");
    println!("skipped: there is no wgpu adapter on this machine");
    false
}

/// Whether the adapter that a batch would take is a real GPU; looked up once a process.
pub(crate) fn has_real_gpu() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| has_gpu_node() && adapters().first().is_some_and(|adapter| adapter.is_real_gpu))
}

/// Whether the kernel shows a GPU at all: without one, the drivers need not be asked. Mesa's software
/// drivers take a tenth of a second to answer and write to the terminal of a machine without a display.
fn has_gpu_node() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    let shows = |folder: &str, prefix: &str| {
        std::fs::read_dir(folder).is_ok_and(|entries| {
            entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        })
    };
    shows("/dev/dri", "render") || shows("/dev", "nvidia") || shows("/dev", "dxg") || shows("/dev", "kgsl")
}

/// A device on the best adapter of this machine: one for all batches of the process, until it is lost.
///
/// # Errors
/// [`Error::Device`] without an adapter, or when the adapter gives no device.
pub fn open_device() -> Result<DeviceHandles, Error> {
    static OPENED: Mutex<Option<(DeviceHandles, Arc<AtomicBool>)>> = Mutex::new(None);
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((handles, lost)) = &*opened
        && !lost.load(Ordering::Acquire)
    {
        return Ok(handles.clone());
    }
    let (instance, mut adapters) = ranked_adapters();
    if adapters.is_empty() {
        return Err(unavailable(
            "no adapter was found; install a Vulkan driver (Debian's mesa-vulkan-drivers is one in software), \
             or take the native device",
        ));
    }
    let adapter = adapters.swap_remove(0);
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("pentathlon"),
        required_limits: adapter.limits(),
        ..wgpu::DeviceDescriptor::default()
    };
    let (device, queue) = pollster::block_on(adapter.request_device(&descriptor)).map_err(|error| {
        unavailable(format!(
            "adapter '{}' gave no device: {error}; take the native device",
            adapter.get_info().name
        ))
    })?;
    let lost = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&lost);
    device.set_device_lost_callback(move |_, _| flag.store(true, Ordering::Release));
    let handles = DeviceHandles { instance, adapter, device, queue };
    *opened = Some((handles.clone(), lost));
    Ok(handles)
}

/// An error of the wgpu device.
pub(crate) fn unavailable(reason: impl Into<String>) -> Error {
    Error::Device { device: "wgpu", reason: reason.into() }
}

/// All adapters, real GPUs first, software last.
fn ranked_adapters() -> (wgpu::Instance, Vec<wgpu::Adapter>) {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let mut adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    adapters.retain(|adapter| {
        adapter.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
    });
    adapters.sort_by_key(|adapter| match adapter.get_info().device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    });
    (instance, adapters)
}

fn is_real_gpu(info: &wgpu::AdapterInfo) -> bool {
    matches!(info.device_type, wgpu::DeviceType::DiscreteGpu | wgpu::DeviceType::IntegratedGpu)
}
