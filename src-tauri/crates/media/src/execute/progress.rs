//! How far a compile is.

/// How far a compile is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Frames done.
    pub done: u64,
    /// Frames in all.
    pub total: u64,
    /// Bytes written.
    pub bytes: u64,
}

/// What a compile is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Copying and encoding.
    Write,
    /// Checking the output against the plan.
    Verify,
    /// The file has its name.
    Done,
}
