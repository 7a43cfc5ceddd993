//! The threads of the native device: ranges of environments are handed to a rayon pool, or run on the
//! calling thread where that costs less.

use std::ops::Range;

use rayon::prelude::*;

/// A fixed number of threads that work on ranges of rows.
#[derive(Debug)]
pub(crate) struct Threads {
    pool: Option<rayon::ThreadPool>,
}

impl Threads {
    pub(crate) fn new(threads: usize) -> Result<Self, String> {
        if threads <= 1 {
            return Ok(Self { pool: None });
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|index| format!("pentathlon-{index}"))
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { pool: Some(pool) })
    }

    /// Runs `job` on `0..rows` cut into ranges of `chunk` rows, each exactly once.
    pub(crate) fn run(&self, rows: usize, chunk: usize, job: &(dyn Fn(Range<usize>) + Sync)) {
        let chunks = rows.div_ceil(chunk);
        let range = |index: usize| index * chunk..((index + 1) * chunk).min(rows);
        match &self.pool {
            Some(pool) if chunks > 1 => {
                pool.install(|| (0..chunks).into_par_iter().for_each(|index| job(range(index))));
            }
            _ => (0..chunks).for_each(|index| job(range(index))),
        }
    }
}
