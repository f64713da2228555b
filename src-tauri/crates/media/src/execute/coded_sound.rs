//! Coded sound as objects hold it.

use super::objects::{MediaObject, ObjectSource};
use super::rehearsal::Taking;
use crate::MediaError;
use crate::aac::AdtsHeader;
use crate::codec::is_decodable_sound;
use crate::demux::{TrackKind, UnitReader};
use conform::{AudioFrame, AudioTrack, Container, MediaIndex, SourcePiece};
use mediatime::RationalTime;
use std::ops::Range;

/// Coded frames of consecutive pieces, those in front for the decoder included.
pub(super) struct Run {
    /// With the coded frames that are taken.
    pieces: Vec<(MediaObject, Range<usize>)>,
    /// The first object, for messages.
    name: String,
    /// Of the current piece: one file is open at a time.
    reader: Option<UnitReader>,
    piece: usize,
    next: usize,
    /// From the first coded frame's start to the first sample wanted.
    lead: RationalTime,
}

impl Run {
    pub(super) fn open(
        pieces: &[SourcePiece],
        objects: &dyn ObjectSource,
    ) -> Result<Self, MediaError> {
        let mut run = Self {
            pieces: Vec::new(),
            name: pieces
                .first()
                .map_or_else(String::new, |piece| piece.object_id.clone()),
            reader: None,
            piece: 0,
            next: 0,
            lead: RationalTime::ZERO,
        };
        let mut last: Option<(String, usize)> = None;
        let mut first = true;
        for piece in pieces {
            let object = objects.object(&piece.object_id)?;
            let track = sound_track(&object, &piece.object_id)?;
            let (start, end) = (
                RationalTime::from(piece.mark_in),
                RationalTime::from(piece.mark_out),
            );
            // Times in the plan are floored, so a frame that ends within a nanosecond of the start is
            // outside.
            let nanosecond = RationalTime::new(1, 1_000_000_000).unwrap_or(RationalTime::ZERO);
            let ends = |frame: &AudioFrame| {
                track.time(frame.pts.saturating_add(i64::from(frame.duration)))
            };
            let outside = |frame: &AudioFrame| ends(frame) <= start + nanosecond;
            let mut first_taken = track.frames.partition_point(outside);
            let behind = track
                .frames
                .partition_point(|frame| track.time(frame.pts) < end);
            if let Some((id, behind_last)) = &last
                && *id == piece.object_id
            {
                first_taken = first_taken.max(*behind_last);
            }
            let Some(first_frame) = track.frames.get(first_taken..behind).and_then(<[_]>::first)
            else {
                continue;
            };
            last = Some((piece.object_id.clone(), behind));
            let begin = track.time(first_frame.pts);
            // Pieces of other objects have other clocks, but they continue one another: what is in front
            // lasts as long as the piece.
            match (first, piece.preroll) {
                (true, false) => run.lead = start - begin,
                (true, true) => run.lead = end - begin,
                (false, true) => run.lead += end - start,
                (false, false) => {}
            }
            first = false;
            run.pieces.push((object, first_taken..behind));
        }
        if run.pieces.is_empty() {
            return Err(MediaError::Damaged {
                object: pieces
                    .first()
                    .map_or_else(String::new, |piece| piece.object_id.clone()),
                at: pieces
                    .first()
                    .map(|piece| RationalTime::from(piece.mark_in)),
                why: "the sound that the plan takes is not in it".to_owned(),
            });
        }
        Ok(run)
    }

    pub(super) fn track(&self) -> Result<&AudioTrack, MediaError> {
        let (object, _) = self
            .pieces
            .first()
            .ok_or_else(|| MediaError::Mismatch("a run without pieces".to_owned()))?;
        sound_track(object, &self.name)
    }

    /// Samples from the first coded frame's start to the first sample wanted.
    pub(super) fn offset(&self, sample_rate: u32) -> u64 {
        u64::try_from(self.lead.round_ticks(sample_rate)).unwrap_or(0)
    }

    /// The next coded frame without any transport header.
    pub(super) fn next(&mut self, taking: Taking) -> Result<Option<Vec<u8>>, MediaError> {
        loop {
            let Some((object, frames)) = self.pieces.get(self.piece) else {
                return Ok(None);
            };
            let Some(index) = frames.clone().nth(self.next) else {
                self.piece += 1;
                self.next = 0;
                self.reader = None;
                continue;
            };
            self.next += 1;
            let track = sound_track(object, &self.name)?;
            let Some(frame) = track.frames.get(index) else {
                continue;
            };
            if taking == Taking::Lengths {
                return Ok(Some(vec![0; coded_length(&object.index, frame)]));
            }
            let reader = match &mut self.reader {
                Some(reader) => reader,
                None => self.reader.insert(object.reader()?),
            };
            return read_coded_frame(reader, &object.index, frame).map(Some);
        }
    }
}

/// A coded frame without any transport header.
pub(crate) fn read_coded_frame(
    reader: &mut UnitReader,
    index: &MediaIndex,
    frame: &AudioFrame,
) -> Result<Vec<u8>, MediaError> {
    let mut data = Vec::new();
    reader.read(TrackKind::Audio, &frame.location, &mut data)?;
    let is_aac = index
        .audio
        .as_ref()
        .is_some_and(|track| track.codec == "aac");
    if is_aac
        && index.container == Container::MpegTs
        && let Some(header) = AdtsHeader::parse(&data)
    {
        data.drain(..usize::from(header.header_len).min(data.len()));
    }
    Ok(data)
}

/// How long a coded frame is without any transport header: a guess, as it is not looked at.
fn coded_length(index: &MediaIndex, frame: &AudioFrame) -> usize {
    let adts = index.container == Container::MpegTs
        && index
            .audio
            .as_ref()
            .is_some_and(|track| track.codec == "aac");
    (frame.location.len as usize).saturating_sub(if adts { AdtsHeader::USUAL_LEN } else { 0 })
}

/// An object's sound, of the kind that can be decoded.
pub(crate) fn sound_track<'a>(
    object: &'a MediaObject,
    name: &str,
) -> Result<&'a AudioTrack, MediaError> {
    let track = object
        .index
        .audio
        .as_ref()
        .ok_or_else(|| MediaError::Unsupported {
            object: name.to_owned(),
            what: "an object without sound where the plan takes some".to_owned(),
            hint: "plan again: the object has changed".to_owned(),
        })?;
    if is_decodable_sound(&track.codec, track.channels) {
        return Ok(track);
    }
    Err(MediaError::Unsupported {
        object: name.to_owned(),
        what: format!("sound in {}", track.codec),
        hint: "use a file whose sound is AAC or uncompressed".to_owned(),
    })
}
