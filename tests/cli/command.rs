//! Starting the built binary.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

/// A run of `pentathlon` that has ended.
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `pentathlon` with `arguments` in the folder `directory`.
pub fn run_in(directory: &Path, arguments: &[&str]) -> Ended {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_pentathlon"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("PENTATHLON_LOG")
        .output()
        .expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs `pentathlon` with `arguments`.
pub fn run(arguments: &[&str]) -> Ended {
    run_in(&std::env::temp_dir(), arguments)
}

impl Ended {
    /// Its standard output, after a success.
    #[track_caller]
    pub fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Its standard output as one JSON value, after a success.
    #[track_caller]
    pub fn json(self) -> Value {
        let text = self.succeeded();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    /// Its message, after it ended with `code` and no panic.
    #[track_caller]
    pub fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self.stderr
    }
}

/// A recording of Farama's package in the repository.
pub fn recording(id: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/minigrid/{id}.jsonl.zst"))
}
