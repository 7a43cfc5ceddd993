//! The batch keeps the contract of `VectorEnv`, as the batch crate itself checks it.

use pentathlon_engine::wgpu_available;
use pentathlon_gym::{AutoresetMode, BuildOptions, Device, GeneratorKind, Levels, conformance};

use crate::support::{build, options};

const MODES: [AutoresetMode; 3] = [AutoresetMode::NextStep, AutoresetMode::SameStep, AutoresetMode::Disabled];

fn check(walkers: usize, options: BuildOptions) {
    let mut batch = build(walkers, options);
    let report = conformance::check(&mut batch).unwrap_or_else(|violation| panic!("{violation}"));
    assert!(report.episodes > 0, "{report:?}");
}

#[test]
fn native_batches_keep_it() {
    for mode in MODES {
        for walkers in [1, 2] {
            for (generator, levels) in [
                (GeneratorKind::Fast, Levels::Fresh),
                (GeneratorKind::Fast, Levels::Fixed(10)),
                (GeneratorKind::Reference, Levels::Fresh),
            ] {
                check(walkers, BuildOptions { generator, threads: 2, ..options(9, mode, levels) });
            }
        }
    }
}

#[test]
fn wgpu_batches_keep_it() {
    if !wgpu_available() {
        return;
    }
    for mode in MODES {
        for names in [&["view"][..], &["position", "view"]] {
            let mut options = BuildOptions { device: Device::Wgpu, ..options(9, mode, Levels::Fixed(10)) };
            options.observations = names.iter().map(|name| String::from(*name)).collect();
            check(2, options);
        }
    }
}
