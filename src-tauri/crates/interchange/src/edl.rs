//! CMX3600 edit decision lists (`.edl`).
//!
//! The form is that of CMX's tape editing systems as it is still exchanged: fixed words, timecode without
//! a rate, and comments in which later programs say what tapes had no need of. What is understood:
//!
//! | line | meaning |
//! |---|---|
//! | `TITLE:` | the title |
//! | `FCM:` | drop-frame or not. The first one counts the record side; one between events counts the source side from there on. A `;` in a label is drop-frame whatever stands above |
//! | event | number, reel, channels, `C`, `D nnn`, `W… nnn` or `K`, source in and out, record in and out |
//! | `AUD  3 4` | further sound channels of the event |
//! | `M2 REEL 012.5 …` | changed speed, kept as OTIO's LinearTimeWarp |
//! | `* FROM CLIP NAME:`, `* TO CLIP NAME:` | the clips' names |
//! | `* SOURCE FILE:`, `* FROM CLIP:`, `* FROM FILE:`, `* TO CLIP:`, `* TO FILE:` | the file a clip is cut from |
//! | `* LOC:` | a marker: record time, colour, name |
//! | reel `BL` or `BLACK` | nothing: a gap |
//!
//! Other comments are kept with their clip and written again; other lines are issues.

mod channels;
mod line;
mod notes;
mod read;
mod reel;
mod tracks;
mod write;

pub use read::{MAX_EVENTS, read_edl};
pub use write::write_edl;

/// The key of what is kept of an event in a clip's metadata; OTIO's adapter uses the same.
const CMX: &str = "cmx_3600";

#[cfg(test)]
mod tests;
