//! How the C library keeps memory that was given back.
//!
//! Each encoded or decoded span has threads of libav and of an encoder. glibc gives threads arenas of their
//! own, eight for each core, and what is free in one is of no use to another: 20 parts of ten minutes took
//! 600 MiB where two took 340, and nothing was leaked. With one arena both take 290
//! (`cargo bench -p tests --bench smart`; ADR 0030). The allocator's lock is no price: frames are few and
//! large.

/// Lets all threads share one arena. Called first of all in `main`, while there is one thread.
pub fn share_one_arena() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        /// Arenas of the process.
        const ARENAS: libc::c_int = 1;
        // SAFETY: `mallopt` takes two integers, keeps no pointer and may be called at any time (mallopt(3));
        // `M_ARENA_MAX` has no effect on memory that is in use. It answers 0 when it does not know the
        // parameter, and nothing depends on it.
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, ARENAS);
        }
    }
}
