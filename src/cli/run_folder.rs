//! The folder of a run: which run is in it, and that none is ever overwritten.

use std::path::{Path, PathBuf};

use pentathlon::agents::{
    Trainer, continuous_control::ContinuousTrainer, gmah::GmahTrainer, qmix::TeamTrainer,
};

use super::{cormab, exit::Usage};

/// The checkpoint of the run in `folder`, of whatever learner, if there is one.
pub fn checkpoint_in(folder: &Path) -> Option<PathBuf> {
    let places = [
        cormab::checkpoint_path(folder),
        Trainer::checkpoint_path(folder),
        TeamTrainer::checkpoint_path(folder),
        ContinuousTrainer::checkpoint_path(folder),
        GmahTrainer::checkpoint_path(folder),
    ];
    places.into_iter().find(|checkpoint| checkpoint.exists())
}

/// `folder` for a new run, unless it holds one already.
pub fn for_new_run(folder: PathBuf) -> Result<PathBuf, Usage> {
    match checkpoint_in(&folder) {
        Some(_) => Err(Usage(format!(
            "{0} already holds a run; choose another --out, or go on with it: --resume {0}",
            folder.display()
        ))),
        None => Ok(folder),
    }
}

/// The first of `runs/ID/1`, `runs/ID/2` and so on that does not exist.
pub fn unused(id: &str) -> PathBuf {
    let runs = Path::new("runs").join(id);
    let unused = (1..).map(|number: u32| runs.join(number.to_string())).find(|folder| !folder.exists());
    unused.unwrap_or(runs)
}

/// Where the run whose checkpoint is at `checkpoint` goes on: where it is, or in the folder `out` unless that holds
/// another run.
pub fn for_resumed_run(checkpoint: &Path, out: Option<&Path>) -> Result<PathBuf, Usage> {
    let resumed = match checkpoint.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let Some(out) = out else { return Ok(resumed) };
    let is_same = match (std::fs::canonicalize(out), std::fs::canonicalize(&resumed)) {
        (Ok(out), Ok(resumed)) => out == resumed,
        _ => false,
    };
    if is_same { Ok(resumed) } else { for_new_run(out.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_any_learner_is_found_and_not_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let names = [
            "checkpoint.pentathlon",
            "team.checkpoint",
            "continuous.checkpoint",
            "hierarchy.checkpoint",
            "sequoia.checkpoint",
        ];
        let resumed = directory.path().join("resumed");
        std::fs::create_dir(&resumed).unwrap();
        let checkpoint = resumed.join(names[0]);
        std::fs::write(&checkpoint, "").unwrap();
        for name in names {
            let folder = directory.path().join(name.replace('.', "-"));
            assert_eq!(for_resumed_run(&checkpoint, Some(&folder)).unwrap(), folder);
            std::fs::create_dir(&folder).unwrap();
            assert_eq!(for_new_run(folder.clone()).unwrap(), folder);
            std::fs::write(folder.join(name), "").unwrap();
            assert_eq!(checkpoint_in(&folder), Some(folder.join(name)));
            for refused in [for_new_run(folder.clone()), for_resumed_run(&checkpoint, Some(&folder))] {
                assert!(refused.unwrap_err().to_string().contains("already holds a run"), "{name}");
            }
        }
        let same = directory.path().join("team-checkpoint/../resumed");
        assert_eq!(for_resumed_run(&checkpoint, Some(&same)).unwrap(), resumed);
        assert_eq!(for_resumed_run(&checkpoint, None).unwrap(), resumed);
        assert_eq!(for_resumed_run(Path::new("a.checkpoint"), None).unwrap(), Path::new("."));
    }
}
