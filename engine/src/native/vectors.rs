//! Loops compiled for the vectors that the processor has.

/// Runs `work` compiled for AVX2 where the processor has it, and for the target's baseline elsewhere. What it
/// calls has to be inlined into it to profit. Nothing is contracted or reordered, so that results are the same
/// to the bit.
#[inline]
pub fn with_wide_vectors<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn wide<T>(work: impl FnOnce() -> T) -> T {
            work()
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            return unsafe { wide(work) };
        }
    }
    work()
}
