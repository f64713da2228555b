//! Tables that are not ours.
