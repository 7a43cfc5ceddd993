//! Action files: which actions a batch takes, step by step. A text file has one line a step, with one
//! whole number for every environment, or one number for all of them; a trace is also a source of
//! actions. The whole file is checked before anything steps.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use super::reader::{Recording, TraceError};

/// Actions of a batch, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionSequence {
    width: usize,
    actions: Vec<i32>,
}

/// The actions that one environment may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedActions<'a> {
    /// Number of actions; they are `0..n`.
    pub n: u32,
    /// Their names, for messages; may be empty.
    pub names: &'a [String],
}

/// Why a file is not a sequence of actions.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActionError {
    /// The file could not be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A value that is no action.
    #[error("{}, line {line}: '{value}' is not an action; allowed: {allowed}", path.display())]
    BadValue {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// The value as it stands there.
        value: String,
        /// What would be allowed.
        allowed: String,
    },
    /// A line with the wrong number of values.
    #[error(
        "{}, line {line}: {got} actions, expected {expected} (one for every environment) or 1 (for all)",
        path.display()
    )]
    WrongCount {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// Values on the line.
        got: usize,
        /// Environments in the batch.
        expected: usize,
    },
    /// A line that no sequence of actions has.
    #[error("{}, line {line}: {reason}", path.display())]
    BadLine {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// No action at all.
    #[error("{} holds no action; write one line for each step", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A trace that does not hold the rollouts asked for.
    #[error("{}: {reason}", path.display())]
    Unsuitable {
        /// The trace.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// A trace that could not be read.
    #[error(transparent)]
    Trace(#[from] TraceError),
}

impl AllowedActions<'_> {
    fn contain(&self, action: i32) -> bool {
        u32::try_from(action).is_ok_and(|action| action < self.n)
    }

    fn describe(&self) -> String {
        let range = format!("whole numbers from 0 to {}", i64::from(self.n) - 1);
        if self.names.is_empty() {
            return range;
        }
        let names: Vec<_> = self.names.iter().enumerate().map(|(i, name)| format!("{i} {name}")).collect();
        format!("{range} ({})", names.join(", "))
    }
}

impl ActionSequence {
    /// A sequence of no step yet, `width` actions each.
    pub fn new(width: usize) -> Self {
        Self { width, actions: Vec::new() }
    }

    /// Appends one step.
    ///
    /// # Panics
    /// When `actions` does not hold one action for every environment.
    pub fn push(&mut self, actions: &[i32]) {
        assert_eq!(actions.len(), self.width, "one action for every environment");
        self.actions.extend_from_slice(actions);
    }

    /// Keeps the first `steps` steps.
    pub fn truncate(&mut self, steps: usize) {
        self.actions.truncate(steps.saturating_mul(self.width));
    }

    /// Number of steps.
    pub fn len(&self) -> usize {
        self.actions.len().checked_div(self.width).unwrap_or(0)
    }

    /// Whether there is no step.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// The actions of each step, `[width]` each.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = &[i32]> {
        self.actions.chunks_exact(self.width.max(1))
    }

    /// Reads an action file for `width` environments.
    ///
    /// # Errors
    /// When the file cannot be read, holds no action, or has a line that is not a list of allowed
    /// actions.
    pub fn read(path: &Path, width: usize, allowed: &AllowedActions<'_>) -> Result<Self, ActionError> {
        let file =
            File::open(path).map_err(|source| ActionError::Unreadable { path: path.to_owned(), source })?;
        Self::from_text(path, BufReader::new(file), width, allowed)
    }

    /// The actions of `width` rollouts of a trace: environment `e` takes those of the rollout with
    /// seed `seed + e`, of `kind` where the trace has several of one seed; `None` takes the kind of the
    /// first rollout. Also returns the kind.
    ///
    /// # Errors
    /// When the trace cannot be read, has no such rollout, has rollouts of different lengths, or an
    /// action that is not allowed.
    pub fn from_trace(
        path: &Path,
        width: usize,
        seed: u64,
        kind: Option<&str>,
        allowed: &AllowedActions<'_>,
    ) -> Result<(Self, String), ActionError> {
        let unsuitable = |reason| ActionError::Unsuitable { path: path.to_owned(), reason };
        let recording = Recording::read(path)?;
        let kind = match (kind, recording.rollouts.first()) {
            (Some(kind), _) => kind.to_owned(),
            (None, Some(first)) => first.kind.clone(),
            (None, None) => return Err(unsuitable(String::from("the trace holds no rollout"))),
        };
        let mut columns = Vec::with_capacity(width.min(recording.rollouts.len()));
        for env in 0..width {
            // A trace of the fast generator numbers its rollouts; others have one seed each.
            let rollout = recording
                .rollouts
                .iter()
                .find(|rollout| {
                    rollout.kind == kind
                        && match rollout.env {
                            Some(index) => rollout.seed == seed && index == env,
                            None => Some(rollout.seed) == seed.checked_add(env as u64),
                        }
                })
                .ok_or_else(|| {
                    let wanted = seed.saturating_add(env as u64);
                    unsuitable(format!(
                        "no rollout of kind '{kind}' for environment {env} (seed {wanted}); it has {}",
                        contents(&recording)
                    ))
                })?;
            columns.push(rollout);
        }
        let steps = columns.first().map_or(0, |rollout| rollout.steps.len());
        if let Some(env) = columns.iter().position(|rollout| rollout.steps.len() != steps) {
            return Err(unsuitable(format!(
                "the rollout of environment {env} has {} steps and that of environment 0 has {steps}; \
                 replay rollouts of different lengths one at a time, with --num-envs 1",
                columns[env].steps.len()
            )));
        }
        if steps == 0 {
            return Err(ActionError::Empty { path: path.to_owned() });
        }
        let mut sequence = Self::new(width);
        for index in 0..steps {
            for rollout in &columns {
                let action = rollout.steps[index].action;
                if !allowed.contain(action) {
                    return Err(unsuitable(format!(
                        "step {index} of the '{kind}' rollout with seed {}: '{action}' is not an action; allowed: {}",
                        rollout.seed,
                        allowed.describe()
                    )));
                }
                sequence.actions.push(action);
            }
        }
        Ok((sequence, kind))
    }

    fn from_text(
        path: &Path,
        mut reader: impl BufRead,
        width: usize,
        allowed: &AllowedActions<'_>,
    ) -> Result<Self, ActionError> {
        let unreadable = |source| ActionError::Unreadable { path: path.to_owned(), source };
        // Room for a wide batch and a comment, and an end to an endless file.
        let longest = 65_536 + 16 * width as u64;
        let mut sequence = Self::new(width);
        let mut bytes = Vec::new();
        for line in 1.. {
            bytes.clear();
            let read = reader.by_ref().take(longest).read_until(b'\n', &mut bytes).map_err(unreadable)?;
            if read == 0 {
                break;
            }
            let bad_line = |reason: String| ActionError::BadLine { path: path.to_owned(), line, reason };
            if read as u64 == longest {
                return Err(bad_line(format!("longer than {longest} bytes")));
            }
            let text = std::str::from_utf8(&bytes)
                .map_err(|_| bad_line(String::from("not UTF-8 text; an action file holds whole numbers")))?;
            sequence.push_line(path, line, text, allowed)?;
        }
        if sequence.is_empty() {
            return Err(ActionError::Empty { path: path.to_owned() });
        }
        Ok(sequence)
    }

    fn push_line(
        &mut self,
        path: &Path,
        line: usize,
        text: &str,
        allowed: &AllowedActions<'_>,
    ) -> Result<(), ActionError> {
        let text = text.split('#').next().unwrap_or_default();
        let begin = self.actions.len();
        let values = text
            .split(|separator: char| separator.is_whitespace() || separator == ',')
            .filter(|value| !value.is_empty());
        for value in values {
            match value.parse() {
                Ok(action) if allowed.contain(action) => self.actions.push(action),
                _ => {
                    return Err(ActionError::BadValue {
                        path: path.to_owned(),
                        line,
                        value: value.to_owned(),
                        allowed: allowed.describe(),
                    });
                }
            }
        }
        match self.actions.len() - begin {
            0 => {}
            1 => {
                let action = self.actions[begin];
                self.actions.resize(begin + self.width, action);
            }
            got if got == self.width => {}
            got => {
                return Err(ActionError::WrongCount {
                    path: path.to_owned(),
                    line,
                    got,
                    expected: self.width,
                });
            }
        }
        Ok(())
    }
}

/// The rollouts of a trace in words, such as `uniform (seeds 0, 1, 2), bot (seed 0)`.
fn contents(recording: &Recording) -> String {
    let mut kinds: Vec<(&str, Vec<String>)> = Vec::new();
    for rollout in &recording.rollouts {
        let seed = rollout.seed.to_string();
        match kinds.iter_mut().find(|(kind, _)| *kind == rollout.kind) {
            Some((_, seeds)) => seeds.push(seed),
            None => kinds.push((&rollout.kind, vec![seed])),
        }
    }
    let kinds: Vec<_> =
        kinds.iter().map(|(kind, seeds)| format!("{kind} (seeds {})", seeds.join(", "))).collect();
    if kinds.is_empty() { String::from("no rollout") } else { kinds.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], width: usize) -> Result<Vec<Vec<i32>>, String> {
        let names: Vec<String> = ["left", "right", "forward"].map(String::from).into();
        let allowed = AllowedActions { n: 3, names: &names };
        ActionSequence::from_text(Path::new("a.txt"), text, width, &allowed)
            .map(|sequence| sequence.steps().map(<[i32]>::to_vec).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_line_is_a_step_with_one_number_for_every_environment() {
        let text = b"0 1\n\n# a comment\n1,2 # another\n  2 ,\t0\r\n";
        assert_eq!(read(text, 2).unwrap(), [[0, 1], [1, 2], [2, 0]]);
    }

    #[test]
    fn a_single_number_is_taken_by_all() {
        assert_eq!(read(b"2\n0 1 2", 3).unwrap(), [[2, 2, 2], [0, 1, 2]]);
    }

    #[test]
    fn errors_name_file_line_value_and_range() {
        let allowed = "allowed: whole numbers from 0 to 2 (0 left, 1 right, 2 forward)";
        for (text, part) in [
            (&b"0\n\n3"[..], format!("a.txt, line 3: '3' is not an action; {allowed}")),
            (b"-1", format!("a.txt, line 1: '-1' is not an action; {allowed}")),
            (b"0 left", format!("a.txt, line 1: 'left' is not an action; {allowed}")),
            (b"99999999999", format!("a.txt, line 1: '99999999999' is not an action; {allowed}")),
            (b"0 1 2", "a.txt, line 1: 3 actions, expected 2".into()),
            (b"# nothing\n", "a.txt holds no action".into()),
            (b"0\n\xff", "a.txt, line 2: not UTF-8 text".into()),
        ] {
            let error = read(text, 2).unwrap_err();
            assert!(error.contains(&part), "{error}");
        }
    }

    #[test]
    fn an_endless_line_is_refused() {
        let error = read(&[b' '; 100_000], 1).unwrap_err();
        assert!(error.contains("line 1: longer than 65552 bytes"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn random_bytes_never_panic(bytes: Vec<u8>, width in 0usize..5) {
            if let Ok(steps) = read(&bytes, width) {
                assert!(steps.iter().flatten().all(|action| (0..3).contains(action)));
            }
        }
    }
}
