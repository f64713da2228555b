//! Bytes of the protocol: FlatBuffers tables, Arrow messages, and the frames of a query's answer.

pub(crate) mod flat;
pub(crate) mod frames;
pub(crate) mod ipc;
pub(crate) mod listing;
pub(crate) mod relation;
