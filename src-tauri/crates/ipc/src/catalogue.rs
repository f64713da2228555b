//! What can be cut: sources, their flows, the segments of a flow.

use serde::Serialize;
use ts_rs::TS;

/// Frames per second, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Rate {
    /// Frames.
    pub numerator: u32,
    /// In so many seconds.
    pub denominator: u32,
}

/// Whether the media of something can be had: one badge everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Availability {
    /// All of it is on this machine.
    Cached,
    /// Some of it is on this machine; the rest is gone, or at a connection.
    Partial,
    /// It is at a connection that answers, and fetched when it is used.
    Online,
    /// It is at a connection that does not answer now.
    Offline,
    /// The server still lists it, but gives its media out no more.
    Expired,
    /// Its media are nowhere.
    Missing,
}

/// How a connection to a TAMS server stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionState {
    /// It is being asked for the first time.
    Connecting,
    /// It answered the last time it was asked.
    Online,
    /// It can't be reached; what it said last is shown.
    Offline,
    /// It refuses the credentials, or there are none.
    Refused,
    /// It answers with something that is no TAMS server.
    Wrong,
}

/// A connection to a TAMS server, beside the local node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView {
    /// Its name in the configuration.
    pub name: String,
    /// Host and path of the server, without credentials.
    pub address: String,
    /// What the server is, such as `vasttams 8.0`; `None` until it was reached.
    pub server: Option<String>,
    /// How it stands.
    pub state: ConnectionState,
    /// It is being asked now.
    pub busy: bool,
    /// When what is shown of it was read, RFC 3339; `None` when nothing ever was.
    pub as_of: Option<String>,
    /// Why it is not online: what happened, and the next step.
    pub problem: Option<crate::FailureView>,
    /// What makes no sense in its answers, a line each.
    pub issues: Vec<String>,
}

/// A source, with what can be cut from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SourceView {
    /// TAMS id, behind the name of its connection when it has one: `studio/UUID`.
    pub id: String,
    /// The connection it is at; `None` for the local node.
    pub connection: Option<String>,
    /// Its label, or what stands in for one.
    pub title: String,
    /// When it was made, RFC 3339.
    pub created: Option<String>,
    /// The flows that can be opened, the one to cut first. A flow that another one collects is
    /// listed behind it.
    pub flows: Vec<FlowView>,
    /// The flow to look at: the one of the lowest bit rate among those that show the frames of the
    /// best one. `None` when none of them can be opened.
    pub preview_flow: Option<String>,
    /// The flow to compile from: the best one. `None` as above.
    pub best_flow: Option<String>,
    /// Words it is found by, besides title and ids.
    pub tags: Vec<String>,
}

/// A flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FlowView {
    /// TAMS id, behind the name of its connection when it has one: `studio/UUID`.
    pub id: String,
    /// `1080p25 · H.264 · 8 Mb/s`, `Stereo · AAC · 192 kb/s`.
    pub title: String,
    /// `video`, `audio`, `multi`, `data` or `image`.
    pub format: String,
    /// It has segments, so it can be opened in the source monitor.
    pub playable: bool,
    /// Its media on this machine.
    pub availability: Availability,
    /// What its segments cover, TAMS text.
    pub timerange: String,
    /// Whole milliseconds of that, for words like `30 s`.
    #[ts(type = "number")]
    pub duration_ms: u64,
    /// `None` when it varies or there is no video.
    pub frame_rate: Option<Rate>,
    /// Pixels; 0 without video.
    pub width: u32,
    /// Pixels; 0 without video.
    pub height: u32,
    /// It carries sound.
    pub sound: bool,
}

/// The segments of a flow, on its own timeline in frames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FlowSegments {
    /// TAMS id.
    pub flow_id: String,
    /// Frames of the whole flow.
    pub frames: u32,
    /// `None` when it varies.
    pub frame_rate: Option<Rate>,
    /// In time order.
    pub segments: Vec<SegmentView>,
    /// Frames from which decoding can start.
    pub key_frames: Vec<u32>,
    /// Where nothing is.
    pub gaps: Vec<GapView>,
}

/// A segment of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SegmentView {
    /// TAMS object id.
    pub object_id: String,
    /// Flow time, TAMS text.
    pub timerange: String,
    /// Its first frame, counted from the flow's first.
    pub first_frame: u32,
    /// Frames in it.
    pub frames: u32,
    /// Bytes of its object, when they are here.
    #[ts(type = "number | null")]
    pub bytes: Option<u64>,
    /// Its object is on this machine.
    pub here: bool,
}

/// Flow time that no segment covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GapView {
    /// The frame behind which it lies.
    pub after_frame: u32,
    /// Flow time, TAMS text.
    pub timerange: String,
}
