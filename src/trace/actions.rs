//! Action files: which actions a batch takes, step by step. A text file has one line a step, with the numbers of one
//! action for every environment, or of one action for all of them: whole numbers, or real ones where actions are a `Box`.
//! A trace is also a source of actions. The whole file is checked before anything steps.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use pentathlon_gym::{ActionBuffer, Actions, EnvSpec, Error};

use super::{
    allowed::{AllowedActions, Number},
    observed::ObservedTrace,
    reader::{Recording, TraceError},
};

/// Actions of a batch, step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionSequence {
    /// Numbers of a step, those of all environments.
    width: usize,
    actions: ActionBuffer,
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
        "{}, line {line}: {got} actions, expected {expected} ({} for every environment) or {single} (for all)",
        path.display(), if *single == 1 { String::from("one") } else { format!("{single} numbers") }
    )]
    WrongCount {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// Values on the line.
        got: usize,
        /// Numbers that the actions of the batch have.
        expected: usize,
        /// Numbers that those of one environment have.
        single: usize,
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

impl ActionSequence {
    /// A sequence of no step yet, of actions of `num_envs` environments of `spec`.
    ///
    /// # Errors
    /// An action space that no batch takes actions of.
    pub fn new(spec: &EnvSpec, num_envs: usize) -> Result<Self, Error> {
        Ok(Self { width: num_envs * spec.action_numbers(), actions: ActionBuffer::empty(spec)? })
    }

    fn of_allowed(allowed: &AllowedActions<'_>, num_envs: usize) -> Self {
        let actions = match allowed.is_real() {
            true => ActionBuffer::Continuous(Vec::new()),
            false => ActionBuffer::Discrete(Vec::new()),
        };
        Self { width: num_envs * allowed.numbers(), actions }
    }

    /// Appends one step.
    ///
    /// # Panics
    /// When `actions` does not hold one action for every environment, or is of another type.
    pub fn push<'a>(&mut self, actions: impl Into<Actions<'a>>) {
        let actions = actions.into();
        assert_eq!(actions.len(), self.width, "one action for every environment");
        assert!(self.actions.extend(actions), "actions of another type");
    }

    fn push_number(&mut self, number: Number) {
        match number {
            Number::Whole(number) => self.actions.extend(Actions::Discrete(&[number])),
            Number::Real(number) => self.actions.extend(Actions::Continuous(&[number])),
        };
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

    /// The actions of each step, those of all environments.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = Actions<'_>> {
        (0..self.len()).map(|step| self.actions.part(step * self.width, self.width))
    }

    /// Reads an action file for `num_envs` environments.
    ///
    /// # Errors
    /// When the file cannot be read, holds no action, or has a line that is not a list of allowed
    /// actions.
    pub fn read(path: &Path, num_envs: usize, allowed: &AllowedActions<'_>) -> Result<Self, ActionError> {
        let file =
            File::open(path).map_err(|source| ActionError::Unreadable { path: path.to_owned(), source })?;
        Self::from_text(path, BufReader::new(file), num_envs, allowed)
    }

    /// The actions of the first `num_envs` environments of an [`ObservedTrace`], and where they came from.
    ///
    /// # Errors
    /// When the trace cannot be read, has fewer environments, or an action that is not allowed.
    pub fn from_observed(
        path: &Path,
        num_envs: usize,
        allowed: &AllowedActions<'_>,
    ) -> Result<(Self, String), ActionError> {
        let unsuitable = |reason| ActionError::Unsuitable { path: path.to_owned(), reason };
        let trace = ObservedTrace::read(path)?;
        let rollouts = trace.rollouts.get(..num_envs).ok_or_else(|| {
            unsuitable(format!(
                "it holds {} environments, and {num_envs} are asked for",
                trace.rollouts.len()
            ))
        })?;
        let steps = rollouts.iter().map(|rollout| rollout.steps.len()).min().unwrap_or(0);
        let mut sequence = Self::of_allowed(allowed, num_envs);
        for index in 0..steps {
            for (env, rollout) in rollouts.iter().enumerate() {
                let action = &rollout.steps[index].action;
                let place = format!("step {index} of environment {env}");
                if action.len() != allowed.numbers() {
                    let (got, expected) = (action.len(), allowed.numbers());
                    return Err(unsuitable(format!("{place}: {got} actions, expected {expected}")));
                }
                for (at, number) in action.iter().enumerate() {
                    let text = number.to_string();
                    let number = allowed.parse(at, &text).ok_or_else(|| {
                        let allowed = allowed.describe(at);
                        unsuitable(format!("{place}: '{text}' is not an action; allowed: {allowed}"))
                    })?;
                    sequence.push_number(number);
                }
            }
        }
        if sequence.is_empty() {
            return Err(ActionError::Empty { path: path.to_owned() });
        }
        Ok((sequence, trace.header.kind))
    }

    /// The actions of `num_envs` rollouts of a MiniGrid trace: environment `e` takes those of the rollout with
    /// seed `seed + e`, of `kind` where the trace has several of one seed; `None` takes the kind of the
    /// first rollout. Also returns the kind.
    ///
    /// # Errors
    /// When the trace cannot be read, has no such rollout, has rollouts of different lengths, or an
    /// action that is not allowed.
    pub fn from_trace(
        path: &Path,
        num_envs: usize,
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
        let mut columns = Vec::with_capacity(num_envs.min(recording.rollouts.len()));
        for env in 0..num_envs {
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
        let mut sequence = Self::of_allowed(allowed, num_envs);
        for index in 0..steps {
            for rollout in &columns {
                let action = rollout.steps[index].action;
                let number = allowed.parse(0, &action.to_string()).ok_or_else(|| {
                    unsuitable(format!(
                        "step {index} of the '{kind}' rollout with seed {}: '{action}' is not an action; allowed: {}",
                        rollout.seed,
                        allowed.describe(0)
                    ))
                })?;
                sequence.push_number(number);
            }
        }
        Ok((sequence, kind))
    }

    fn from_text(
        path: &Path,
        mut reader: impl BufRead,
        num_envs: usize,
        allowed: &AllowedActions<'_>,
    ) -> Result<Self, ActionError> {
        let unreadable = |source| ActionError::Unreadable { path: path.to_owned(), source };
        // Room for a wide batch and a comment, and an end to an endless file.
        let mut sequence = Self::of_allowed(allowed, num_envs);
        let longest = 65_536 + 16 * sequence.width as u64;
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
                .map_err(|_| bad_line(String::from("not UTF-8 text; an action file holds numbers")))?;
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
        let values = text
            .split(|separator: char| separator.is_whitespace() || separator == ',')
            .filter(|value| !value.is_empty());
        let numbers = allowed.numbers();
        let mut row = Vec::new();
        for (index, value) in values.enumerate() {
            let at = index % numbers.max(1);
            row.push(allowed.parse(at, value).ok_or_else(|| ActionError::BadValue {
                path: path.to_owned(),
                line,
                value: value.to_owned(),
                allowed: allowed.describe(at),
            })?);
        }
        match row.len() {
            0 => {}
            got if got == self.width || got == numbers => {
                (0..self.width).for_each(|index| self.push_number(row[index % got]));
            }
            got => {
                let (expected, single) = (self.width, numbers);
                return Err(ActionError::WrongCount { path: path.to_owned(), line, got, expected, single });
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
    use pentathlon_gym::{ElementType, Space};

    use super::*;

    fn read(text: &[u8], width: usize) -> Result<Vec<Vec<i32>>, String> {
        let names: Vec<String> = ["left", "right", "forward"].map(String::from).into();
        let allowed = AllowedActions { space: Space::discrete(3), num_agents: 1, names: &names };
        let sequence = ActionSequence::from_text(Path::new("a.txt"), text, width, &allowed)
            .map_err(|error| error.to_string())?;
        let whole = |step: Actions<'_>| match step {
            Actions::Discrete(step) => step.to_vec(),
            Actions::Continuous(_) => panic!("real numbers"),
        };
        Ok(sequence.steps().map(whole).collect())
    }

    /// Torques of two joints between -2 and 2.
    fn read_real(text: &[u8], num_envs: usize) -> Result<Vec<Vec<f32>>, String> {
        let space = Space::Box { low: -2.0, high: 2.0, shape: vec![2], element: ElementType::F32 };
        let allowed = AllowedActions { space, num_agents: 1, names: &[] };
        let sequence = ActionSequence::from_text(Path::new("a.txt"), text, num_envs, &allowed)
            .map_err(|error| error.to_string())?;
        let real = |step: Actions<'_>| match step {
            Actions::Continuous(step) => step.to_vec(),
            Actions::Discrete(_) => panic!("whole numbers"),
        };
        Ok(sequence.steps().map(real).collect())
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
    fn real_numbers_of_one_environment_or_of_all_are_read() {
        let steps = read_real(b"0.5 -2\n1e-1 0 2.0,-0.25", 2).unwrap();
        assert_eq!(steps, [[0.5, -2.0, 0.5, -2.0], [0.1, 0.0, 2.0, -0.25]]);
        let allowed = "allowed: real numbers from -2 to 2";
        for (text, part) in [
            (&b"0 0\n2.5 0"[..], format!("a.txt, line 2: '2.5' is not an action; {allowed}")),
            (b"nan 0", format!("a.txt, line 1: 'nan' is not an action; {allowed}")),
            (b"inf 0", format!("a.txt, line 1: 'inf' is not an action; {allowed}")),
            (b"left 0", format!("a.txt, line 1: 'left' is not an action; {allowed}")),
            (
                b"1 1 1",
                "line 1: 3 actions, expected 4 (2 numbers for every environment) or 2 (for all)".into(),
            ),
            (b"1", "line 1: 1 actions, expected 4".into()),
        ] {
            let error = read_real(text, 2).unwrap_err();
            assert!(error.contains(&part), "{error}");
        }
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
