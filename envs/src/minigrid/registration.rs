//! The registered ids: their specifications, and how a batch of each is built.

use pentathlon_engine::{Batch, DeviceHandles};
use pentathlon_gym::{AutoresetMode, BuildOptions, EnvSpec, Error, Registry, VectorEnv, wrappers::Autoreset};

use super::{
    domain::MiniGrid,
    expert::{Oracle, PlanSource, RecordedAnswers, Teacher},
    options::MiniGridOptions,
    specification::spec,
    tasks::{Task, all_tasks},
};

/// The task registered as `id`.
///
/// # Errors
/// When there is none.
pub fn task(id: &str) -> Result<&'static Task, Error> {
    let position = all_tasks().binary_search_by_key(&id, |task| task.id);
    position
        .map(|index| &all_tasks()[index])
        .map_err(|_| Error::UnknownId { id: id.into(), nearest: Vec::new() })
}

/// Builds a batch of `task` on a wgpu device that the caller already has, so that a learner and its
/// environments work on the same buffers.
///
/// # Errors
/// Options that cannot be, or that ask for the native device.
pub fn build_on(
    task: &Task,
    options: &BuildOptions,
    handles: DeviceHandles,
) -> Result<Batch<MiniGrid>, Error> {
    Batch::new_on(MiniGrid::new(task, options)?, options.clone(), handles)
}

/// Builds a batch of a registered id, with the scripted teacher around it when the options ask for one.
fn build(spec: &EnvSpec, options: &BuildOptions) -> Result<Box<dyn VectorEnv>, Error> {
    let task = task(&spec.id)?;
    let given = MiniGridOptions::read(task, options)?;
    let Some(teacher) = given.teacher else {
        return Ok(Box::new(Batch::new(MiniGrid::new(task, options)?, options.clone())?));
    };
    let untaught = BuildOptions { autoreset: AutoresetMode::Disabled, ..options.clone() };
    let batch: Box<dyn VectorEnv> = Box::new(Batch::new(MiniGrid::new(task, &untaught)?, untaught)?);
    let source: Box<dyn PlanSource> = match &given.teacher_answers {
        Some(path) => Box::new(RecordedAnswers::read(path)?),
        None => Box::new(Oracle),
    };
    let taught = Teacher::wrap_with(batch, teacher, source)?;
    Ok(match options.autoreset {
        AutoresetMode::Disabled => Box::new(taught),
        mode => Box::new(Autoreset::wrap(taught, mode)?),
    })
}

/// Adds all MiniGrid and BabyAI ids to `registry`.
///
/// # Errors
/// When one of them is there already.
pub fn register(registry: &mut Registry) -> Result<(), Error> {
    for task in all_tasks() {
        registry.register(spec(task, &MiniGridOptions::new(task)), build)?;
    }
    Ok(())
}
