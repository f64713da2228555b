//! The two monitors and what the transport can ask of them.

use crate::Rate;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MonitorName {
    /// Plays a flow.
    Source,
    /// Plays the sequence's cut plan.
    Record,
}

/// What a monitor shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum MonitorState {
    /// Nothing is loaded.
    Empty,
    /// It is being opened; the last picture stays.
    Opening,
    /// A picture can be shown.
    Ready,
    /// It can't be shown: see `problem`.
    Slate,
}

/// A monitor.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct MonitorView {
    /// Which one.
    pub monitor: MonitorName,
    /// What it shows.
    pub state: MonitorState,
    /// Why there is a slate: what is missing, and where.
    pub problem: Option<crate::FailureView>,
    /// Rises when what is loaded changes.
    pub generation: u32,
    /// Rises with every view: of two, the one with the higher number is newer.
    pub version: u32,
    /// Name of what is loaded; empty when nothing is.
    pub title: String,
    /// The flow that is loaded in the source monitor.
    pub flow_id: Option<String>,
    /// Frames in all.
    pub frames: u32,
    /// `None` when it varies; timecode then counts at 25.
    pub frame_rate: Option<Rate>,
    /// Pixels of the picture as it is meant to be seen.
    pub width: u32,
    /// Pixels of the picture as it is meant to be seen.
    pub height: u32,
    /// There is sound.
    pub sound: bool,
    /// The frame under the playhead: of the last picture given out.
    pub frame: u32,
    /// Times normal speed: 0 paused, 1 play, negative backwards.
    pub rate: i32,
    /// It plays a stretch again and again.
    pub repeats: bool,
    /// Whether what is loaded gets longer, and whether its end is followed.
    pub live: LiveState,
    /// Of the sound up to the playhead since play began; `None` before any was played.
    pub loudness: Option<LoudnessView>,
    /// First frame of the marked part.
    pub mark_in: Option<u32>,
    /// First frame behind the marked part.
    pub mark_out: Option<u32>,
    /// Pictures given out in the last second of playing, in tenths; `None` when paused.
    pub shown_fps_tenths: Option<u32>,
    /// Frames that were left out since play began.
    pub dropped: u32,
    /// How pictures are decoded: `libav → RGBA 960×540`.
    pub decode: String,
    /// Frames decoded ahead of, or cached around, the playhead.
    pub buffered: u32,
}

/// How the end of what a monitor shows moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum LiveState {
    /// Not now.
    #[default]
    Still,
    /// The flow got segments a moment ago: it is still recorded.
    Growing,
    /// It grows, and play follows its end a few seconds behind.
    Following,
}

/// Loudness of sound (EBU R 128, ITU-R BS.1770).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LoudnessView {
    /// Of the last 400 ms, in tenths of LUFS; `None` for silence, and while less was played.
    pub momentary: Option<i16>,
    /// Of the last 3 s, in tenths of LUFS; `None` for silence, and while less was played.
    pub short_term: Option<i16>,
    /// Of everything since play began, gated, in tenths of LUFS.
    pub integrated: Option<i16>,
    /// The highest peak between samples since play began, in tenths of dBTP.
    pub true_peak: Option<i16>,
}

/// What the transport asks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase", tag = "kind")]
#[ts(tag = "kind")]
pub enum Transport {
    /// Plays at a rate: −8 to 8, not 0. Sound is heard at 1 and, twice as high, at 2.
    Play {
        /// Times normal speed.
        rate: i32,
    },
    /// Plays a stretch at normal speed, once or again and again.
    PlayBetween {
        /// Its first frame.
        first: u32,
        /// The first frame behind it.
        end: u32,
        /// Begins anew at its end.
        repeat: bool,
        /// The frame to rest on at its end; its last when `null`.
        rest: Option<u32>,
    },
    /// Plays near the end of a flow that grows, and goes on as it grows.
    Live,
    /// Stops on the frame that is shown.
    Pause,
    /// Goes to a frame and shows exactly that. Stops playing.
    Seek {
        /// Clamped to what there is.
        frame: u32,
    },
    /// As `seek` while the pointer moves: older requests are dropped.
    Scrub {
        /// Clamped to what there is.
        frame: u32,
    },
    /// Goes so many frames on, or back when negative. Stops playing.
    Step {
        /// Frames.
        frames: i32,
    },
    /// Sets the in point on a frame.
    MarkIn {
        /// First frame of the marked part; `null` clears it.
        frame: Option<u32>,
    },
    /// Sets the out point behind a frame.
    MarkOut {
        /// First frame behind the marked part; `null` clears it.
        frame: Option<u32>,
    },
}

/// What becomes of a monitor's own window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum WindowDeed {
    /// The monitor gets a window of its own, or the one it has is raised.
    Detach,
    /// The monitor goes back into the main window.
    Attach,
    /// Its window fills the screen, or no longer does.
    FullScreen,
}
