//! Final Cut Pro's XML (`.fcpxml`), versions 1.8 to 1.13.
//!
//! Media stand among the resources; a project's sequence has a spine, one thing behind the other, and to
//! each of them others are connected on lanes above and below. Three clocks are to be told apart:
//!
//! | attribute | on the clock of |
//! |---|---|
//! | `offset` | what it lies in: the sequence, which begins at `tcStart`, or the clip it is connected to |
//! | `start` | itself: for a clip of an asset the medium's, which begins at the asset's `start` |
//! | `duration` | the sequence |
//!
//! Times are rationals, `1001/30000s`, and stay so. Lanes become tracks; sound that is cut by itself
//! becomes tracks of sound, and where there is some, the sound of pictures is told by tracks as well.
//! What is not understood leaves its room, and is an issue: titles, effects, changed speed (kept as
//! OTIO's LinearTimeWarp), compound, synchronised and multicam clips, of auditions all but the first.

mod clips;
mod lanes;
mod number;
mod read;
mod resources;
mod write;
mod xml;

pub use read::read_fcpxml;
pub use write::write_fcpxml;
pub use xml::MAX_ELEMENTS;

#[cfg(test)]
mod tests;
