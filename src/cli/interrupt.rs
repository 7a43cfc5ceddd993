//! Ctrl-C: the first one asks a command to save and stop, a second one ends the process. Where everything is saved
//! already, the first one ends it.

use std::{
    ops::Deref,
    process::exit,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context;

use super::exit::{INTERRUPTED, Interrupted};

/// What a command and Ctrl-C tell each other. It is the flag that the first Ctrl-C sets.
#[derive(Clone, Debug)]
pub struct Interrupts {
    stop: Arc<AtomicBool>,
    /// Whether there is something to save before the process may end.
    is_unsaved: Arc<AtomicBool>,
}

impl Deref for Interrupts {
    type Target = AtomicBool;

    fn deref(&self) -> &AtomicBool {
        &self.stop
    }
}

impl Interrupts {
    /// Everything is saved, and from here on the first Ctrl-C ends the process. One that came just before, too late to
    /// stop what was going on, is answered now.
    pub fn all_is_saved(&self) -> Result<(), Interrupted> {
        self.is_unsaved.store(false, Ordering::SeqCst);
        match self.load(Ordering::SeqCst) {
            true => Err(Interrupted(String::from(SAVED))),
            false => Ok(()),
        }
    }

    /// There is something to save again.
    pub fn work_begins(&self) {
        self.is_unsaved.store(true, Ordering::SeqCst);
    }
}

/// What is said then.
const SAVED: &str = "there was nothing left to save";

/// Begins to listen; there is something to save until [`Interrupts::all_is_saved`].
pub fn listen() -> anyhow::Result<Interrupts> {
    let interrupts =
        Interrupts { stop: Arc::new(AtomicBool::new(false)), is_unsaved: Arc::new(AtomicBool::new(true)) };
    let Interrupts { stop, is_unsaved } = interrupts.clone();
    ctrlc::set_handler(move || {
        let is_first = !stop.swap(true, Ordering::SeqCst);
        if is_first && is_unsaved.load(Ordering::SeqCst) {
            return;
        }
        if is_first {
            // Standard error may be closed; there is nobody left to tell then.
            let _ = std::io::Write::write_fmt(
                &mut std::io::stderr(),
                format_args!("{}\n", Interrupted(String::from(SAVED))),
            );
        }
        exit(INTERRUPTED.into());
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(interrupts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_to_stop_that_came_too_late_is_answered_when_all_is_saved() {
        let flag = |value| Arc::new(AtomicBool::new(value));
        let interrupts = Interrupts { stop: flag(false), is_unsaved: flag(true) };
        assert!(interrupts.all_is_saved().is_ok() && !interrupts.is_unsaved.load(Ordering::SeqCst));
        interrupts.work_begins();
        assert!(interrupts.is_unsaved.load(Ordering::SeqCst));
        interrupts.store(true, Ordering::SeqCst);
        assert!(interrupts.all_is_saved().unwrap_err().to_string().contains("interrupted"));
    }
}
