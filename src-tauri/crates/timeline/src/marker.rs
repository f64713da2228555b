//! Markers: named places of a sequence, or stretches of it.
//!
//! They lie at frames of the sequence and not on clips: edits of tracks leave them where they are.
//!
//! ```text
//! frames   0123456789
//! track    AAAAABBBBB
//! markers    ^   [--]   a point at 2, and 4 frames from 6 on
//! ```

use crate::{EditError, MAX_FRAMES, Sequence};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

/// Markers a sequence has at most.
pub const MAX_MARKERS: usize = 10_000;

/// Characters a name or a note has at most.
pub const MAX_CHARACTERS: usize = 1_000;

/// A named place of a sequence, or a stretch of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// Its own.
    pub id: Uuid,
    /// The frame of the sequence at which it begins. It may lie behind the end.
    pub at: u64,
    /// Frames of a stretch; 0 for a point.
    #[serde(default)]
    pub frames: u64,
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// What there is to say about it.
    #[serde(default)]
    pub note: String,
    /// How it is shown.
    #[serde(default)]
    pub colour: MarkerColour,
}

/// The colours that OpenTimelineIO has for markers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are what they are called")]
pub enum MarkerColour {
    Pink,
    Red,
    Orange,
    Yellow,
    #[default]
    Green,
    Cyan,
    Blue,
    Purple,
    Magenta,
    Black,
    White,
}

impl Sequence {
    /// Puts a marker in, behind those of the same frame.
    ///
    /// ```text
    /// before  at 2, 6
    /// marker  at 4
    /// after   at 2, 4, 6
    /// ```
    ///
    /// # Errors
    /// [`EditError::SameMarker`], [`EditError::TooManyMarkers`], [`EditError::TooManyCharacters`];
    /// [`EditError::MarkerTooFar`] when it ends behind [`MAX_FRAMES`].
    pub fn add_marker(&mut self, marker: Marker) -> Result<(), EditError> {
        fits(&marker)?;
        if self.place_of(marker.id).is_ok() {
            return Err(EditError::SameMarker { marker: marker.id });
        }
        if self.markers.len() >= MAX_MARKERS {
            return Err(EditError::TooManyMarkers);
        }
        self.put_marker(Arc::new(marker));
        Ok(())
    }

    /// Puts a marker in the place of the one with the same id.
    ///
    /// ```text
    /// before  at 2, 4, 6
    /// change  the one at 4 to 8
    /// after   at 2, 6, 8
    /// ```
    ///
    /// # Errors
    /// [`EditError::MarkerNotFound`], and as [`add_marker`](Self::add_marker).
    pub fn change_marker(&mut self, marker: Marker) -> Result<(), EditError> {
        fits(&marker)?;
        let place = self.place_of(marker.id)?;
        match self
            .markers
            .get_mut(place)
            .filter(|now| now.at == marker.at)
        {
            Some(now) => *now = Arc::new(marker),
            None => {
                self.markers.remove(place);
                self.put_marker(Arc::new(marker));
            }
        }
        Ok(())
    }

    /// Takes a marker out.
    ///
    /// ```text
    /// before  at 2, 4, 6
    /// remove  the one at 4
    /// after   at 2, 6
    /// ```
    ///
    /// # Errors
    /// [`EditError::MarkerNotFound`].
    pub fn remove_marker(&mut self, id: Uuid) -> Result<(), EditError> {
        let place = self.place_of(id)?;
        self.markers.remove(place);
        Ok(())
    }

    /// The first marker that begins behind a frame.
    #[must_use]
    pub fn next_marker(&self, at: u64) -> Option<&Marker> {
        let next = self.markers.partition_point(|marker| marker.at <= at);
        self.markers.get(next).map(Arc::as_ref)
    }

    /// The last marker that begins in front of a frame.
    #[must_use]
    pub fn previous_marker(&self, at: u64) -> Option<&Marker> {
        let behind = self.markers.partition_point(|marker| marker.at < at);
        self.markers.get(behind.checked_sub(1)?).map(Arc::as_ref)
    }

    fn place_of(&self, id: Uuid) -> Result<usize, EditError> {
        let place = self.markers.iter().position(|marker| marker.id == id);
        place.ok_or(EditError::MarkerNotFound { marker: id })
    }

    fn put_marker(&mut self, marker: Arc<Marker>) {
        let place = self.markers.partition_point(|other| other.at <= marker.at);
        self.markers.insert(place, marker);
    }
}

fn fits(marker: &Marker) -> Result<(), EditError> {
    allowed_text(&marker.name)?;
    allowed_text(&marker.note)?;
    if marker.at.saturating_add(marker.frames) > MAX_FRAMES {
        return Err(EditError::MarkerTooFar { at: marker.at });
    }
    Ok(())
}

pub(crate) fn allowed_text(text: &str) -> Result<(), EditError> {
    let characters = text.chars().count();
    if characters > MAX_CHARACTERS {
        return Err(EditError::TooManyCharacters { characters });
    }
    Ok(())
}

/// The markers that were read, when they keep the rules.
pub(crate) fn checked(markers: Vec<Arc<Marker>>) -> Result<Vec<Arc<Marker>>, EditError> {
    if markers.len() > MAX_MARKERS {
        return Err(EditError::TooManyMarkers);
    }
    let mut ids = HashSet::with_capacity(markers.len());
    for marker in &markers {
        fits(marker)?;
        if !ids.insert(marker.id) {
            return Err(EditError::SameMarker { marker: marker.id });
        }
    }
    if !markers.is_sorted_by_key(|marker| marker.at) {
        return Err(EditError::Malformed {
            place: "markers".to_owned(),
            reason: "they are not sorted",
        });
    }
    Ok(markers)
}

pub(crate) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Arc<Marker>>, D::Error> {
    let markers = Vec::deserialize(from)?;
    checked(markers).map_err(serde::de::Error::custom)
}
