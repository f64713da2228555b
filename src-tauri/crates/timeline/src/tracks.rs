//! The tracks of a sequence: how they are set, and which there are.
//!
//! The lowest track is the first. A new video track lies above the other video tracks, a new audio track
//! behind the other audio tracks:
//!
//! ```text
//! before  V1 V2 A1
//! add     a video track
//! after   V1 V2 V3 A1
//! add     an audio track
//! after   V1 V2 V3 A1 A2
//! ```
//!
//! All tracks count the frames of one rate, so that the same frame is at the same time on each: that of
//! the first clip of the lowest video track that has one, and 25 frames per second while none has. When
//! that clip becomes another, of another rate, all tracks count by the new one: clips keep their time,
//! and gaps keep their frames.
//!
//! ```text
//! V1  AAAABB    A of 25 frames per second
//! A1  cc..dd    c of 50, four frames of its flow: two of the sequence
//!
//! V1  ZZBBBB    without A, and Z of 50 there: the sequence has 50
//! A1  cccc..dddd
//! ```

use crate::edit::fits;
use crate::marker::allowed_text;
use crate::track::Counting;
use crate::{EditError, Sequence, Track, TrackKind};
use mediatime::FrameRate;
use serde::{Deserialize, Serialize};

/// Tracks of one kind that a sequence has at most.
pub const MAX_TRACKS: usize = 50;

/// How a track is played, and which edits change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct TrackSettings {
    /// It is seen and heard.
    pub enabled: bool,
    /// No edit changes it.
    pub locked: bool,
    /// It moves along when edits of the sequence ripple on other tracks.
    pub sync_lock: bool,
    /// How much louder its sound is, in thousandths of a decibel: -96,000 to 24,000.
    pub gain: i32,
}

impl Default for TrackSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            locked: false,
            sync_lock: true,
            gain: 0,
        }
    }
}

impl TrackSettings {
    pub(crate) fn gain_is_possible(&self) -> bool {
        (-96_000..=24_000).contains(&self.gain)
    }
}

impl Track {
    /// How it is played, and which edits change it.
    #[must_use]
    pub fn settings(&self) -> TrackSettings {
        self.settings
    }

    /// It is seen and heard.
    #[must_use]
    pub fn enabled(&self) -> bool {
        self.settings.enabled
    }

    /// No edit changes it.
    #[must_use]
    pub fn locked(&self) -> bool {
        self.settings.locked
    }

    /// It moves along when edits of the sequence ripple on other tracks.
    #[must_use]
    pub fn sync_lock(&self) -> bool {
        self.settings.sync_lock
    }

    /// How much louder its sound is, in thousandths of a decibel.
    #[must_use]
    pub fn gain(&self) -> i32 {
        self.settings.gain
    }

    /// Sets how it is played, and which edits change it; a locked track, too.
    ///
    /// # Errors
    /// [`EditError::NoSuchGain`].
    pub fn set_settings(&mut self, settings: TrackSettings) -> Result<(), EditError> {
        if !settings.gain_is_possible() {
            let gain = settings.gain;
            return Err(EditError::NoSuchGain { gain });
        }
        self.settings = settings;
        Ok(())
    }

    /// It moves along when others ripple, and it can.
    pub(crate) fn follows(&self) -> bool {
        self.settings.sync_lock && !self.settings.locked
    }

    pub(crate) fn expect_unlocked(&self) -> Result<(), EditError> {
        if self.settings.locked {
            let track = self.name.clone();
            return Err(EditError::TrackLocked { track });
        }
        Ok(())
    }
}

impl Sequence {
    /// Puts an empty track above the others of its kind. Answers its place; those behind it move by one.
    /// It is named `V2` or `A1`, by the next number that is free.
    ///
    /// # Errors
    /// [`EditError::TooManyTracks`].
    pub fn add_track(&mut self, kind: TrackKind) -> Result<usize, EditError> {
        let like = |track: &&Track| track.kind() == kind;
        let count = self.tracks.iter().filter(like).count();
        if count >= MAX_TRACKS {
            return Err(EditError::TooManyTracks { kind });
        }
        let letter = match kind {
            TrackKind::Video => 'V',
            TrackKind::Audio => 'A',
        };
        let mut number = count + 1;
        let named = |number| format!("{letter}{number}");
        while self.tracks.iter().any(|track| track.name == named(number)) {
            number += 1;
        }
        let last = self.tracks.iter().rposition(|track| track.kind() == kind);
        let index = last.map_or(self.tracks.len(), |last| last + 1);
        self.attempt(|sequence| {
            sequence
                .tracks
                .insert(index, Track::new(kind, named(number)));
            Ok(index)
        })
    }

    /// Takes a track out with all that lies on it; those behind it move by one.
    ///
    /// ```text
    /// before  V1 V2 A1
    /// remove  track 1
    /// after   V1 A1
    /// ```
    ///
    /// # Errors
    /// [`EditError::NoSuchTrack`], [`EditError::TrackLocked`], and [`EditError::LastVideoTrack`].
    pub fn remove_track(&mut self, index: usize) -> Result<(), EditError> {
        let track = self.track(index)?;
        track.expect_unlocked()?;
        let video = |track: &&Track| track.kind() == TrackKind::Video;
        if video(&track) && self.tracks.iter().filter(video).count() == 1 {
            let track = track.name.clone();
            return Err(EditError::LastVideoTrack { track });
        }
        self.attempt(|sequence| {
            sequence.tracks.remove(index);
            Ok(())
        })
    }

    /// Gives a track another name; a locked one, too.
    ///
    /// # Errors
    /// [`EditError::NoSuchTrack`], [`EditError::TooManyCharacters`].
    pub fn rename_track(&mut self, index: usize, name: impl Into<String>) -> Result<(), EditError> {
        let name = name.into();
        allowed_text(&name)?;
        self.track_mut(index)?.name = name;
        Ok(())
    }

    /// Sets how a track is played, and which edits change it; of a locked one, too.
    ///
    /// # Errors
    /// [`EditError::NoSuchTrack`], [`EditError::NoSuchGain`].
    pub fn set_track(&mut self, index: usize, settings: TrackSettings) -> Result<(), EditError> {
        self.track_mut(index)?.set_settings(settings)
    }

    /// Edits one track for itself, whatever is linked to it or follows others. The other tracks count the
    /// frames of the sequence behind it, which has another rate when its first clip is another.
    ///
    /// # Errors
    /// [`EditError::NoSuchTrack`]; that of the edit; [`EditError::TooLong`] of any track at another rate.
    pub fn edit_track<T>(
        &mut self,
        index: usize,
        edit: impl FnOnce(&mut Track) -> Result<T, EditError>,
    ) -> Result<T, EditError> {
        self.attempt(|sequence| edit(sequence.track_mut(index)?))
    }

    /// Does an edit, before and behind which all tracks count the frames of the sequence, have one gap
    /// where there would be two and transitions that fit. When it fails on any, nothing has happened.
    pub(crate) fn attempt<T>(
        &mut self,
        edit: impl FnOnce(&mut Self) -> Result<T, EditError>,
    ) -> Result<T, EditError> {
        let before = self.tracks.clone();
        self.count_alike();
        let done = edit(self).and_then(|done| {
            self.count_alike();
            for track in &mut self.tracks {
                track.join_gaps();
                fits(track.length())?;
                track.fit_transitions();
            }
            Ok(done)
        });
        if done.is_err() {
            self.tracks = before;
        }
        done
    }

    pub(crate) fn track(&self, index: usize) -> Result<&Track, EditError> {
        let tracks = self.tracks.len();
        let track = self.tracks.get(index);
        track.ok_or(EditError::NoSuchTrack { index, tracks })
    }

    pub(crate) fn track_mut(&mut self, index: usize) -> Result<&mut Track, EditError> {
        let tracks = self.tracks.len();
        let track = self.tracks.get_mut(index);
        track.ok_or(EditError::NoSuchTrack { index, tracks })
    }

    /// Frames per second that the tracks count.
    pub(crate) fn counted(&self) -> Option<FrameRate> {
        match self.first_picture() {
            Some((_, clip)) => clip.rate,
            None => Some(FrameRate::FPS_25),
        }
    }

    /// Lets all tracks count at a rate, until the end of the edit.
    pub(crate) fn count_at(&mut self, rate: Option<FrameRate>) {
        for track in &mut self.tracks {
            track.counting = Counting::Given(rate);
        }
    }

    /// A clip put on a video track at a frame would be the first picture of the sequence.
    pub(crate) fn is_in_front(&self, track: usize, at: u64) -> bool {
        self.first_picture().is_none_or(|(first, _)| {
            let clip = self
                .tracks
                .get(first)
                .and_then(|first| first.clips().next());
            track < first || track == first && clip.is_none_or(|clip| at <= clip.at)
        })
    }

    /// Gives all tracks the rate of the sequence. The track that has it, and empty video tracks below it,
    /// have it of themselves: a clip put there is the first of the sequence.
    fn count_alike(&mut self) {
        let rate = self.counted();
        let own = self.first_picture().map_or(usize::MAX, |(index, _)| index);
        for (index, track) in self.tracks.iter_mut().enumerate() {
            let first = track.kind() == TrackKind::Video && index <= own;
            track.counting = match first {
                true => Counting::Own,
                false => Counting::Given(rate),
            };
        }
    }
}
