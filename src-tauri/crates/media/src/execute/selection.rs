//! Plan pieces → access units.

use super::{MediaObject, ObjectSource};
use crate::MediaError;
use conform::{SourcePiece, UnitKind, VideoTrack};
use mediatime::RationalTime;

/// The access units of one piece.
#[derive(Debug)]
pub(crate) struct PieceUnits {
    pub(crate) object_id: String,
    pub(crate) object: MediaObject,
    /// Units in the piece, in presentation order (indexes into the track's units).
    pub(crate) shown: Vec<usize>,
    /// Units to decode, from the key frame before the first shown one; a half-open range in decode
    /// order that ends with the GOP of the last shown one.
    pub(crate) decode: std::ops::Range<usize>,
}

impl PieceUnits {
    pub(crate) fn track(&self) -> Result<&VideoTrack, MediaError> {
        self.object
            .index
            .video
            .as_ref()
            .ok_or_else(|| MediaError::Unsupported {
                object: self.object_id.clone(),
                what: "it has no video".to_owned(),
                hint: "plan again: the object has changed".to_owned(),
            })
    }
}

/// The access units of a span's pieces, in time order.
///
/// # Errors
/// An object is missing or does not hold what the plan says.
pub(crate) fn select(
    pieces: &[SourcePiece],
    objects: &dyn ObjectSource,
) -> Result<Vec<PieceUnits>, MediaError> {
    pieces
        .iter()
        .map(|piece| select_piece(piece, objects))
        .collect()
}

fn select_piece(piece: &SourcePiece, objects: &dyn ObjectSource) -> Result<PieceUnits, MediaError> {
    let object = objects.object(&piece.object_id)?;
    let mut units = PieceUnits {
        object_id: piece.object_id.clone(),
        object,
        shown: Vec::new(),
        decode: 0..0,
    };
    let track = units.track()?;
    let (start, end) = (
        RationalTime::from(piece.mark_in),
        RationalTime::from(piece.mark_out),
    );
    let mut shown: Vec<usize> = (0..track.units.len())
        .filter(|i| {
            let unit = &track.units[*i];
            let time = track.time(unit.pts);
            unit.presented && start <= time && time < end
        })
        .collect();
    let (Some(first), Some(last)) = (shown.first().copied(), shown.last().copied()) else {
        return Err(MediaError::Damaged {
            object: piece.object_id.clone(),
            at: Some(start),
            why: "the frames that the plan takes are not in it".to_owned(),
        });
    };
    let idr = |i: &usize| track.units[*i].kind == UnitKind::Idr;
    let from = match (0..=first).rev().find(idr) {
        Some(from) => from,
        // An object may begin at a recovery point; nothing else can be decoded from.
        None if track
            .units
            .first()
            .is_some_and(|unit| unit.kind == UnitKind::Recovery) =>
        {
            0
        }
        None => {
            return Err(MediaError::Damaged {
                object: piece.object_id.clone(),
                at: Some(start),
                why: "no key frame is in front of the pictures that the plan takes".to_owned(),
            });
        }
    };
    let to = (last + 1..track.units.len())
        .find(idr)
        .unwrap_or(track.units.len());
    shown.sort_by_key(|i| track.units[*i].pts);
    units.shown = shown;
    units.decode = from..to;
    Ok(units)
}
