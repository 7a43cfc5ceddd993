//! The threads of the native device: a fixed team that shares out ranges of rows. The calling thread
//! works too, a range is taken with one atomic addition, and nothing is allocated. Every thread begins
//! with its own share, the same in every run over as many rows, so that these stay in its core's cache, and
//! then helps the others; `docs/decisions/0002-engine-schedule.md` says what that gives, and why this is not
//! rayon.

use std::{
    any::Any,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

/// How often a thread looks for work, or for the end of work, before it sleeps: some tens of
/// microseconds, longer than it takes from one step of a busy batch to the next.
const SPINS: usize = 2000;

/// A fixed number of threads that work on ranges of rows, the calling one included.
#[derive(Debug)]
pub struct Threads {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Held while a job runs: there is one at a time.
    running: Mutex<()>,
}

/// What all threads see.
#[derive(Debug)]
struct Shared {
    desk: Mutex<Desk>,
    wake: Condvar,
    done: Condvar,
    /// Number of jobs so far; changed under the lock of `desk`.
    jobs: AtomicUsize,
    /// Workers on the job; changed under the lock of `desk`.
    inside: AtomicUsize,
    /// Of every thread's share of the job, how many ranges have been taken.
    taken: Vec<Taken>,
    /// Workers that have started.
    started: AtomicUsize,
    spins: usize,
}

/// A counter with the cache lines around it to itself.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Taken(AtomicUsize);

#[derive(Debug, Default)]
struct Desk {
    job: Option<Job>,
    stop: bool,
    panic: Option<Box<dyn Any + Send>>,
}

/// A job under way: `0..rows` in ranges of `chunk`.
#[derive(Clone, Copy)]
struct Job {
    run: *const (dyn Fn(Range<usize>) + Sync),
    rows: usize,
    chunk: usize,
}

// SAFETY: the function is `Sync`, and `Threads::run` returns only when no thread can reach it.
unsafe impl Send for Job {}

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} rows in ranges of {}", self.rows, self.chunk)
    }
}

impl Threads {
    /// Starts `threads - 1` threads beside the calling one.
    ///
    /// # Errors
    /// What the operating system answers when it gives no thread.
    pub fn new(threads: usize) -> Result<Self, String> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let shared = Arc::new(Shared {
            desk: Mutex::default(),
            wake: Condvar::new(),
            done: Condvar::new(),
            jobs: AtomicUsize::new(0),
            inside: AtomicUsize::new(0),
            taken: (0..threads.max(1)).map(|_| Taken::default()).collect(),
            started: AtomicUsize::new(0),
            spins: if threads <= cores { SPINS } else { 0 },
        });
        let mut team = Self { shared, workers: Vec::new(), running: Mutex::new(()) };
        for index in 1..threads {
            let shared = Arc::clone(&team.shared);
            let worker = std::thread::Builder::new()
                .name(format!("pentathlon-{index}"))
                .spawn(move || shared.work(index))
                .map_err(|error| error.to_string())?;
            team.workers.push(worker);
        }
        // What a thread allocates at its start is allocated now, not in the first steps.
        while team.shared.started.load(Ordering::Acquire) < team.workers.len() {
            std::thread::yield_now();
        }
        Ok(team)
    }

    /// Runs `job` on `0..rows` cut into ranges of `chunk` rows, each exactly once.
    ///
    /// # Panics
    /// Where a range does.
    pub fn run(&self, rows: usize, chunk: usize, job: &(dyn Fn(Range<usize>) + Sync)) {
        if self.workers.is_empty() || rows <= chunk {
            (0..rows.div_ceil(chunk)).for_each(|index| job(range(index, chunk, rows)));
            return;
        }
        let one_at_a_time = lock(&self.running);
        let shared = &*self.shared;
        // SAFETY: only the lifetime is changed. The pointer is on the desk or with a worker that counts
        // as inside, and this function waits below until neither is so, even when `job` panics.
        let run = unsafe {
            std::mem::transmute::<&(dyn Fn(Range<usize>) + Sync), *const (dyn Fn(Range<usize>) + Sync)>(job)
        };
        let job = Job { run, rows, chunk };
        shared.taken.iter().for_each(|taken| taken.0.store(0, Ordering::Relaxed));
        let mut desk = lock(&shared.desk);
        desk.job = Some(job);
        shared.jobs.fetch_add(1, Ordering::Release);
        drop(desk);
        shared.wake.notify_all();
        let own = catch_unwind(AssertUnwindSafe(|| shared.take_ranges(job, 0)));
        desk = lock(&shared.desk);
        desk.job = None;
        drop(desk);
        shared.spin_while(|| shared.inside.load(Ordering::Acquire) > 0);
        desk = lock(&shared.desk);
        while shared.inside.load(Ordering::Acquire) > 0 {
            desk = shared.done.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
        let panic = desk.panic.take();
        drop(desk);
        drop(one_at_a_time);
        if let Some(panic) = own.err().or(panic) {
            resume_unwind(panic);
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let mut desk = lock(&self.shared.desk);
        desk.stop = true;
        self.shared.jobs.fetch_add(1, Ordering::Release);
        drop(desk);
        self.shared.wake.notify_all();
        for worker in self.workers.drain(..) {
            // A worker catches panics and hands them to the caller; there is nothing left to report.
            let _ = worker.join();
        }
    }
}

impl Shared {
    /// What a worker does until the team is dropped.
    fn work(&self, index: usize) {
        let mut seen = 0;
        self.started.fetch_add(1, Ordering::Release);
        while let Some(job) = self.next_job(&mut seen) {
            let result = catch_unwind(AssertUnwindSafe(|| self.take_ranges(job, index)));
            let mut desk = lock(&self.desk);
            if let Err(panic) = result {
                desk.panic = Some(panic);
            }
            if self.inside.fetch_sub(1, Ordering::Release) == 1 {
                self.done.notify_all();
            }
        }
    }

    /// Waits for a job other than the one `seen` last; `None` to stop.
    fn next_job(&self, seen: &mut usize) -> Option<Job> {
        self.spin_while(|| self.jobs.load(Ordering::Acquire) == *seen);
        let mut desk = lock(&self.desk);
        loop {
            if desk.stop {
                return None;
            }
            let jobs = self.jobs.load(Ordering::Acquire);
            if jobs != *seen
                && let Some(job) = desk.job
            {
                *seen = jobs;
                self.inside.fetch_add(1, Ordering::Relaxed);
                return Some(job);
            }
            *seen = jobs;
            desk = self.wake.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Runs ranges of the share of thread `own`, then of the other threads' shares.
    fn take_ranges(&self, job: Job, own: usize) {
        // SAFETY: `Threads::run` keeps the function alive until every worker has left.
        let run = unsafe { &*job.run };
        let ranges = job.rows.div_ceil(job.chunk);
        let threads = self.taken.len();
        for share in (own..threads).chain(0..own) {
            let (first, end) = (share * ranges / threads, (share + 1) * ranges / threads);
            loop {
                let index = first + self.taken[share].0.fetch_add(1, Ordering::Relaxed);
                if index >= end {
                    break;
                }
                run(range(index, job.chunk, job.rows));
            }
        }
    }

    fn spin_while(&self, waiting: impl Fn() -> bool) {
        for _ in 0..self.spins {
            if !waiting() {
                return;
            }
            std::hint::spin_loop();
        }
    }
}

fn range(index: usize, chunk: usize, rows: usize) -> Range<usize> {
    index * chunk..((index + 1) * chunk).min(rows)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_run_exactly_once() {
        for threads in [1, 2, 7] {
            let team = Threads::new(threads).expect("starts");
            for rows in [0, 1, 31, 32, 33, 1000] {
                for _ in 0..50 {
                    let counts: Vec<AtomicUsize> = (0..rows).map(|_| AtomicUsize::new(0)).collect();
                    team.run(rows, 32, &|range| {
                        for row in range {
                            counts[row].fetch_add(1, Ordering::Relaxed);
                        }
                    });
                    assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1));
                }
            }
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_team_goes_on() {
        let team = Threads::new(3).expect("starts");
        for bad in [0, 50, 99] {
            let result = catch_unwind(AssertUnwindSafe(|| {
                team.run(100, 1, &|range| assert!(range.start != bad, "row {bad}"));
            }));
            assert!(result.is_err());
            team.run(100, 1, &|_| {});
        }
    }
}
