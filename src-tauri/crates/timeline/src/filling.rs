//! Three- and four-point edits.

use crate::stretch::Stretch;
use crate::{EditError, Part, Ports, Track};
use std::ops::Range;
use uuid::Uuid;

/// What decides when a part and the range it is to fill are of different lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReferencePoint {
    /// The part: it is taken as it is, from the start of the range on.
    Source,
    /// The range: the end of the part is left out as far as it reaches over it.
    Sequence,
    /// Both: the part would be played faster or slower, which a track can't do.
    Fit,
}

impl Track {
    /// Puts a part over a range of the track. Answers the new clip's id.
    ///
    /// ```text
    /// before    AA...BBB
    /// part      PPPP over 2 to 5
    ///
    /// source    AAPPPPBB
    /// sequence  AAPPPBBB
    /// ```
    ///
    /// The range is frames of the track; its start is a place on it or its end, and its end may lie
    /// behind that of the track. It does not count for [`ReferencePoint::Source`], which is an
    /// [`overwrite`](Self::overwrite).
    ///
    /// For [`ReferencePoint::Sequence`] the part keeps its first frame and never reaches over the end
    /// of the range. One that is shorter is not made longer: what lies behind it in the range stays. So
    /// does the rest of the range that is shorter than one source frame of a lower rate.
    ///
    /// [`ReferencePoint::Fit`] is refused unless the part is as long as the range.
    ///
    /// Unlike OpenTimelineIO's, the range need not be a gap.
    ///
    /// # Errors
    /// As [`overwrite`](Self::overwrite). Except for `Source`, [`EditError::NothingInRange`] of an empty
    /// range; for `Sequence`, [`EditError::NoSuchLength`] when one source frame is longer than the
    /// range; for `Fit`, [`EditError::NeedsRetime`].
    pub fn fill(
        &mut self,
        range: Range<u64>,
        part: Part,
        how: ReferencePoint,
        ports: &mut Ports<'_>,
    ) -> Result<Uuid, EditError> {
        let room = range.end.saturating_sub(range.start);
        if room == 0 && how != ReferencePoint::Source {
            return Err(EditError::NothingInRange {
                from: range.start,
                to: range.end,
            });
        }
        let frames = match how {
            ReferencePoint::Source => part.frames,
            ReferencePoint::Sequence => {
                let stretch = Stretch::of_part(&part, self.frame_rate(), ports.flows)?;
                let frames = stretch.within(room)?;
                if frames == 0 {
                    return Err(stretch.no_such(room, frames)?);
                }
                frames
            }
            ReferencePoint::Fit => {
                let stretch = Stretch::of_part(&part, self.frame_rate(), ports.flows)?;
                let length = stretch.length_now();
                if length != room {
                    return Err(EditError::NeedsRetime {
                        title: part.title,
                        length,
                        room,
                    });
                }
                part.frames
            }
        };
        self.overwrite(range.start, Part { frames, ..part }, ports)
    }
}
