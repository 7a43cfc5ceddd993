//! Exit codes, and how errors become one. They are part of the command line's contract and are listed
//! in `pentathlon --help`.

use std::process::ExitCode;

use pentathlon::{agents, render::RenderError};

/// What was asked for failed: a file, a device, a full disk, a damaged checkpoint.
pub const FAILURE: u8 = 1;
/// The command line asks for something that does not exist: arguments, ids, options, ranges.
pub const USAGE: u8 = 2;
/// Stopped by Ctrl-C after saving; 128 + SIGINT as shells have it.
pub const INTERRUPTED: u8 = 130;

/// The command stopped because the user asked it to, and saved what there was.
#[derive(Debug, thiserror::Error)]
#[error("interrupted; {0}")]
pub struct Interrupted(pub String);

/// An argument that clap cannot judge, such as a combination that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Reports `error` on standard error and returns its exit code.
pub fn report(error: &anyhow::Error) -> ExitCode {
    if is_closed_pipe(error) {
        return ExitCode::SUCCESS;
    }
    let prefix = if error.is::<Interrupted>() { "" } else { "error: " };
    // Standard error may be closed too; there is nobody left to tell then.
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{prefix}{}\n", message(error)));
    ExitCode::from(code(error))
}

/// The error and its causes. Many errors quote their cause in what they say; it is not said twice.
fn message(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |message, cause| {
        let cause = cause.to_string();
        match () {
            () if message.is_empty() => cause,
            () if message.contains(&cause) => message,
            () => format!("{message}: {cause}"),
        }
    })
}

fn code(error: &anyhow::Error) -> u8 {
    for cause in error.chain() {
        if cause.is::<Interrupted>() {
            return INTERRUPTED;
        }
        if cause.is::<Usage>() {
            return USAGE;
        }
        let is_usage = match (cause.downcast_ref(), cause.downcast_ref()) {
            (Some(error), _) => asks_for_what_is_not(error),
            (_, Some(agents::Error::Environment(error))) => asks_for_what_is_not(error),
            (_, None) => cause.downcast_ref().is_some_and(|error: &RenderError| {
                matches!(
                    error,
                    RenderError::InvalidOption { .. }
                        | RenderError::TooLarge { .. }
                        | RenderError::UnknownDiscipline { .. }
                )
            }),
            (
                _,
                Some(
                    agents::Error::Parse { .. }
                    | agents::Error::InvalidField { .. }
                    | agents::Error::FixedField { .. },
                ),
            ) => true,
            _ => false,
        };
        if is_usage {
            return USAGE;
        }
    }
    FAILURE
}

fn asks_for_what_is_not(error: &pentathlon::Error) -> bool {
    use pentathlon::Error;
    matches!(
        error,
        Error::UnknownId { .. }
            | Error::UnknownOption { .. }
            | Error::InvalidOption { .. }
            | Error::UnknownObservation { .. }
    )
}

/// Whether the reader of standard output went away, as `pentathlon list | head` does.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn codes_are_those_of_the_help_text() {
        let interrupted = anyhow::Error::from(Interrupted("saved".into()));
        assert_eq!(code(&interrupted), INTERRUPTED);
        let unknown = pentathlon::Error::UnknownId { id: "x".into(), nearest: vec![] };
        assert_eq!(code(&Err::<(), _>(unknown).context("somewhere").unwrap_err()), USAGE);
        assert_eq!(code(&anyhow::anyhow!("disk")), FAILURE);
    }
}
