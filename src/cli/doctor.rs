//! `pentathlon doctor`: what this machine has, which device `auto` takes, and whether devices agree: the
//! same actions are stepped natively on one thread, natively on all, and on wgpu, and compared.

use pentathlon::{AutoresetMode, Device, Levels, VectorEnv, engine::adapters};
use serde::Serialize;

use super::{arguments::device_name, output, policy::random_actions};

#[derive(clap::Args, Debug)]
#[command(after_help = "\
Exits with 1 when devices disagree.

Examples:
  pentathlon doctor
  pentathlon doctor --json")]
pub struct Arguments {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    version: &'static str,
    profile: &'static str,
    cores: usize,
    simd: Vec<&'static str>,
    adapters: Vec<Adapter>,
    /// What `--device auto` takes here.
    auto: &'static str,
    native: Check,
    /// Nothing where there is no adapter.
    wgpu: Option<Check>,
}

#[derive(Serialize)]
struct Adapter {
    name: String,
    backend: String,
    driver: String,
    real_gpu: bool,
}

/// Whether a device steps as the native one does on one thread.
#[derive(Serialize)]
struct Check {
    ok: bool,
    detail: String,
}

/// What the devices are compared on: a task with random draws during the episode, and one with doors.
const COMPARED_IDS: [&str; 2] = ["MiniGrid-DoorKey-8x8-v0", "MiniGrid-Dynamic-Obstacles-8x8-v0"];
const NUM_ENVS: usize = 64;
const STEPS: usize = 200;

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let adapters: Vec<Adapter> = adapters()
        .into_iter()
        .map(|adapter| Adapter {
            name: adapter.name,
            backend: adapter.backend,
            driver: adapter.driver,
            real_gpu: adapter.is_real_gpu,
        })
        .collect();
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        profile: if cfg!(debug_assertions) { "dev" } else { "release" },
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        simd: simd(),
        auto: device_name(build(COMPARED_IDS[0], Device::Auto, 0)?.options().device),
        native: check(Device::Native),
        wgpu: (!adapters.is_empty()).then(|| check(Device::Wgpu)),
        adapters,
    };
    if arguments.json {
        output::print_json(&report)?;
    } else {
        output::print(&describe(&report))?;
    }
    let checks = [Some(&report.native), report.wgpu.as_ref()];
    match checks.into_iter().flatten().find(|check| !check.ok) {
        Some(check) => anyhow::bail!("{}", check.detail),
        None => Ok(()),
    }
}

fn build(id: &str, device: Device, threads: usize) -> Result<Box<dyn VectorEnv>, pentathlon::Error> {
    pentathlon::make(id)?
        .num_envs(NUM_ENVS)
        .seed(1)
        .device(device)
        .autoreset(AutoresetMode::SameStep)
        .levels(Levels::Fixed(32))
        .threads(threads)
        .build()
}

/// Steps all tasks on `device` beside a native batch on one thread.
fn check(device: Device) -> Check {
    for id in COMPARED_IDS {
        match compare(id, device) {
            Ok(None) => {}
            Ok(Some(difference)) => return Check { ok: false, detail: format!("{id}: {difference}") },
            Err(error) => return Check { ok: false, detail: format!("{id}: {error:#}") },
        }
    }
    let detail = format!("{NUM_ENVS} environments of {} tasks agree over {STEPS} steps", COMPARED_IDS.len());
    Check { ok: true, detail }
}

/// The first difference between a batch on `device` and one on a single native thread.
fn compare(id: &str, device: Device) -> anyhow::Result<Option<String>> {
    let mut expected = build(id, Device::Native, 1)?;
    let mut tested = build(id, device, 0)?;
    if expected.reset(None)? != tested.reset(None)? {
        return Ok(Some(String::from("the first observations differ")));
    }
    let actions = random_actions(&*expected, 1, STEPS)?;
    for (index, row) in actions.steps().enumerate() {
        let (expected, tested) = (expected.step(row)?, tested.step(row)?);
        let equal = [
            ("observations", expected.observation == tested.observation),
            ("rewards", expected.reward == tested.reward),
            ("terminations", expected.terminated == tested.terminated),
            ("truncations", expected.truncated == tested.truncated),
            ("subgoal events", expected.info.subgoal == tested.info.subgoal),
        ];
        if let Some((what, _)) = equal.iter().find(|(_, equal)| !equal) {
            return Ok(Some(format!("the {what} of step {index} differ")));
        }
    }
    Ok(None)
}

/// Vector instructions that the processor has.
fn simd() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    {
        let found = [
            ("sse4.2", is_x86_feature_detected!("sse4.2")),
            ("avx", is_x86_feature_detected!("avx")),
            ("avx2", is_x86_feature_detected!("avx2")),
            ("fma", is_x86_feature_detected!("fma")),
            ("avx512f", is_x86_feature_detected!("avx512f")),
        ];
        found.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect()
    }
    #[cfg(target_arch = "aarch64")]
    {
        vec!["neon"]
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        Vec::new()
    }
}

fn describe(report: &Report) -> String {
    let verdict = |check: &Check| format!("{}: {}", if check.ok { "ok" } else { "FAILED" }, check.detail);
    let mut rows = vec![
        ("version", format!("{} ({} profile)", report.version, report.profile)),
        ("cores", report.cores.to_string()),
        ("simd", report.simd.join(" ")),
    ];
    if report.adapters.is_empty() {
        rows.push(("adapter", String::from("none (no GPU or no driver); everything runs on the CPU")));
    }
    for adapter in &report.adapters {
        let kind = if adapter.real_gpu { "GPU" } else { "software or virtual" };
        rows.push(("adapter", format!("{} ({kind}, {}, {})", adapter.name, adapter.backend, adapter.driver)));
    }
    rows.push(("auto", format!("takes the {} device", report.auto)));
    rows.push(("native", verdict(&report.native)));
    rows.push((
        "wgpu",
        report.wgpu.as_ref().map_or_else(|| String::from("not checked: no adapter"), verdict),
    ));
    let rows: Vec<_> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    output::table(&rows)
}
