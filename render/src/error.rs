//! What can go wrong between a batch and a picture of it.

use std::{io, path::PathBuf};

/// Errors of drawing, composing and writing pictures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// A discipline that has no drawing.
    #[error("{id} is of the discipline '{discipline}', which has no drawing; drawn are: {drawn}")]
    UnknownDiscipline {
        /// Environment id of the batch.
        id: String,
        /// Its discipline.
        discipline: String,
        /// Disciplines that can be drawn.
        drawn: &'static str,
    },
    /// An environment index outside the batch.
    #[error("there is no environment {env}; the batch has {num_envs}, counted from 0")]
    NoSuchEnvironment {
        /// The index asked for.
        env: usize,
        /// Environments in the batch.
        num_envs: usize,
    },
    /// The state of an environment could not be had, for instance before the first reset.
    #[error("environment {env} cannot be drawn: {reason}")]
    NoState {
        /// Environment index.
        env: usize,
        /// Why, and what can be done.
        reason: String,
    },
    /// A frame option outside what is allowed.
    #[error("{option} = {value} is not allowed; allowed: {allowed}")]
    InvalidOption {
        /// Name of the option.
        option: &'static str,
        /// The value given.
        value: String,
        /// What would be allowed.
        allowed: &'static str,
    },
    /// A picture of more pixels than memory is taken for.
    #[error(
        "the picture would be {width}x{height} pixels, and at most {most} are drawn; choose smaller tiles or fewer \
         environments"
    )]
    TooLarge {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Most pixels.
        most: usize,
    },
    /// A physics scene that cannot be drawn; the message says what is wrong with it.
    #[error("the scene cannot be drawn: {0}")]
    Scene(String),
    /// Pixels that are not `width * height * 3` bytes, or a picture without any.
    #[error("{bytes} bytes are no {width}x{height} picture; it takes width * height * 3, both at least 1")]
    WrongLength {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
        /// Bytes given.
        bytes: usize,
    },
    /// An animation frame of another size than the first.
    #[error("{}: frame {index} is {got:?} pixels, the animation is {expected:?} (width, height)", path.display())]
    FrameSize {
        /// The animation.
        path: PathBuf,
        /// Index of the frame.
        index: usize,
        /// Width and height of the frame.
        got: (usize, usize),
        /// Width and height of the first frame.
        expected: (usize, usize),
    },
    /// An animation or a sheet of nothing.
    #[error("{0}: there is no frame to show")]
    NoFrames(String),
    /// A file that could not be written: unwritable directory, full disk. Nothing is left of it, and
    /// a file that was there before is unchanged.
    #[error("cannot write {}: {source}{}", path.display(), advice(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A picture that the file format cannot hold.
    #[error("cannot write {}: {reason}", path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A picture that could not be read.
    #[error("cannot read {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A recording that could not be played again.
    #[error(transparent)]
    Replay(#[from] pentathlon_gym::wrappers::ReplayError),
    /// The batch refused a reset or a step.
    #[error(transparent)]
    Batch(#[from] pentathlon_gym::Error),
}

/// What to do about the usual reasons for which a file cannot be written.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "; make the directory first",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; choose a directory that you may write to"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space or choose another disk"
        }
        io::ErrorKind::NotADirectory => "; a part of the path is a file",
        _ => "",
    }
}
