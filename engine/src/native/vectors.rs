//! Loops compiled for the vectors that the processor has.

/// Work that [`with_wide_vectors`] compiles. Closures are such work as well, but the compiler decides whether it
/// inlines them, and only what is inlined becomes wide: in a loop of a few nanoseconds implement the trait, with
/// `#[inline(always)]` on `run`.
pub trait VectorWork {
    /// What it results in.
    type Output;

    /// Does it.
    fn run(self) -> Self::Output;
}

impl<T, F: FnOnce() -> T> VectorWork for F {
    type Output = T;

    #[inline(always)]
    fn run(self) -> T {
        self()
    }
}

/// Runs `work` compiled for AVX2 where the processor has it, and for the target's baseline elsewhere. What it
/// calls has to be inlined into it to profit. Nothing is contracted or reordered, so that results are the same
/// to the bit.
#[inline]
pub fn with_wide_vectors<W: VectorWork>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn wide<W: VectorWork>(work: W) -> W::Output {
            work.run()
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            return unsafe { wide(work) };
        }
    }
    work.run()
}
