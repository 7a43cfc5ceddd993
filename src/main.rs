//! The command `pentathlon`: trains agents, and lists, steps, measures and draws environments.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    quieten_device_selection();
    cli::main()
}

/// Without a desktop session Mesa's Vulkan layer that chooses a default device writes "error: XDG_RUNTIME_DIR is invalid" for every
/// look at the adapters, although nothing is wrong. The engine ranks adapters itself, so the layer is left out then.
fn quieten_device_selection() {
    let is_set = |name: &str| std::env::var_os(name).is_some();
    if !is_set("XDG_RUNTIME_DIR") && !is_set("NODEVICE_SELECT") && !is_set("MESA_VK_DEVICE_SELECT") {
        // SAFETY: this is the first statement of the program; no other thread is there to read the environment.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}
