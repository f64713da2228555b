//! What the service asks of whoever knows placements and compilations.

use std::path::PathBuf;

use bytes::Bytes;
use record::{Placement, ShortId};
use uuid::Uuid;

/// Why an answer could not be given; shown in logs only.
pub type PortError = Box<dyn std::error::Error + Send + Sync>;

/// Placements and compilations, as the workspace knows them.
///
/// Calls may block; the service makes them off its event loop. An error is a server error for the
/// viewer, never a missing video.
pub trait Placements: Send + Sync + 'static {
    /// The printed code with this id; `None` when it was never printed.
    ///
    /// # Errors
    ///
    /// When the records can't be read.
    fn placement(&self, id: &ShortId) -> Result<Option<Placement>, PortError>;

    /// The compilation with this id; `None` when it was never published or was taken back.
    ///
    /// # Errors
    ///
    /// When the records can't be read.
    fn compilation(&self, id: Uuid) -> Result<Option<Playable>, PortError>;
}

/// A compilation that can be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playable {
    /// The compilation's id.
    pub id: Uuid,
    /// What people call it.
    pub title: String,
    /// A sentence or two for the page; may be empty.
    pub description: String,
    /// The media file on this machine.
    pub media: PathBuf,
    /// MIME type of the file, `video/mp4`.
    pub content_type: String,
    /// Presentation duration in milliseconds.
    pub duration_ms: u64,
    /// Picture width as presented, in pixels.
    pub width: u32,
    /// Picture height as presented, in pixels.
    pub height: u32,
    /// Whether it has sound.
    pub sound: bool,
    /// A frame to show before playing, JPEG.
    pub poster: Option<Bytes>,
    /// Captions; may be empty.
    pub captions: Vec<CaptionTrack>,
}

/// One caption track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptionTrack {
    /// BCP 47 language, `en`.
    pub lang: String,
    /// What the viewer chooses by.
    pub label: String,
    /// A WebVTT file on this machine.
    pub path: PathBuf,
}
