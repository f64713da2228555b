//! Where in a container a flow's essence is.

use serde::{Deserialize, Serialize};

use crate::Other;
use crate::tolerant::or_absent;

/// The place of one flow's essence among the tracks of a container (`container-mapping.json`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerMapping {
    /// Zero-based index of the track in the container.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub track_index: Option<u32>,
    /// Zero-based index among the tracks of the flow's own format.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub format_track_index: Option<u32>,
    /// Which channels of an audio track.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub audio_track: Option<AudioTrackMapping>,
    /// In an MPEG-2 transport stream.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub mp2ts_container: Option<Mp2tsMapping>,
    /// In MXF.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub mxf_container: Option<MxfMapping>,
    /// In ISO base media (MP4, MOV).
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub isobmff_container: Option<TrackMapping>,
    /// Properties beyond the schema.
    #[serde(flatten)]
    pub other: Other,
}

/// Channels of an audio track.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioTrackMapping {
    /// Zero-based container channel numbers in the flow's order; never empty.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub channel_numbers: Option<Vec<u32>>,
    /// Inclusive range of zero-based container channel numbers, `0_1`.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub channel_range: Option<String>,
}

/// A packet identifier of an MPEG-2 transport stream (ISO/IEC 13818-1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mp2tsMapping {
    /// PID of the elementary stream.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub pid: Option<u32>,
}

/// A track of an MXF package (SMPTE ST 377-1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MxfMapping {
    /// Package UID, a SMPTE UMID URN or a UUID URN.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub package_uid: Option<String>,
    /// Track ID in the package.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub track_id: Option<u32>,
}

/// A track of an ISO base media file (ISO/IEC 14496-12).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackMapping {
    /// Track ID.
    #[serde(
        default,
        deserialize_with = "or_absent",
        skip_serializing_if = "Option::is_none"
    )]
    pub track_id: Option<u32>,
}
