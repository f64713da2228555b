//! Edit lists (ISO/IEC 14496-12 §8.6.6): how a track's media lies on the presentation timeline.

use super::boxes::full_box;
use crate::error::Malformed;

/// One entry of an `elst`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Edit {
    /// In ticks of the movie; 0 is everything in fragmented files.
    duration: u64,
    /// In ticks of the track; −1 is an empty edit.
    media_time: i64,
    /// 16.16 fixed point.
    rate: i32,
}

/// Why an edit list can't be followed.
#[derive(Debug)]
pub(super) enum EditProblem {
    Malformed(Malformed),
    Unsupported(String),
}

impl From<Malformed> for EditProblem {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

/// Where a track's media comes to lie, in ticks of the track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Placing {
    /// Presentation time − composition time.
    pub(super) shift: i64,
    /// The first presented instant; `None` when there is no edit list.
    pub(super) from: Option<i64>,
    /// The end of what is presented; `None` when only the media ends it.
    pub(super) to: Option<i64>,
}

impl Placing {
    /// Reads the body of an `elst` box.
    pub(super) fn parse(
        body: &[u8],
        movie_scale: u32,
        track_scale: u32,
    ) -> Result<Self, EditProblem> {
        let edits = read(body)?;
        let empty: u64 = edits
            .iter()
            .take_while(|edit| edit.media_time < 0)
            .fold(0, |sum, edit| sum.saturating_add(edit.duration));
        let media: Vec<&Edit> = edits.iter().filter(|edit| edit.media_time >= 0).collect();
        let delay = to_track_ticks(empty, movie_scale, track_scale)?;
        let [edit] = media[..] else {
            if media.is_empty() {
                return Ok(Self {
                    shift: delay,
                    from: None,
                    to: None,
                });
            }
            return Err(EditProblem::Unsupported(format!(
                "an edit list that joins {} pieces of a track",
                media.len()
            )));
        };
        if edit.rate != 1 << 16 {
            return Err(EditProblem::Unsupported(format!(
                "an edit list that plays a track at {} times its speed",
                f64::from(edit.rate) / 65536.0
            )));
        }
        let length = to_track_ticks(edit.duration, movie_scale, track_scale)?;
        let to = delay
            .checked_add(length)
            .ok_or_else(|| Malformed::new("an edit list ends outside of time"))?;
        Ok(Self {
            shift: delay
                .checked_sub(edit.media_time)
                .ok_or_else(|| Malformed::new("an edit list begins outside of time"))?,
            from: Some(delay),
            to: (edit.duration > 0).then_some(to),
        })
    }

    /// Whether a picture at this presentation time is shown.
    pub(super) fn presents(&self, pts: i64) -> bool {
        self.from.is_none_or(|from| pts >= from) && self.to.is_none_or(|to| pts < to)
    }

    /// The same without an end, as fragmented files are read: their edit list is written before
    /// the media it would have to measure.
    pub(super) fn open_ended(self) -> Self {
        Self { to: None, ..self }
    }
}

fn read(body: &[u8]) -> Result<Vec<Edit>, Malformed> {
    let (version, _, mut fields) = full_box(body, "the edit list (elst)")?;
    let count = fields.u32()?;
    let mut edits = Vec::new();
    for _ in 0..count {
        let (duration, media_time) = if version == 1 {
            (fields.u64()?, fields.i64()?)
        } else {
            (u64::from(fields.u32()?), i64::from(fields.i32()?))
        };
        edits.push(Edit {
            duration,
            media_time,
            rate: fields.i32()?,
        });
    }
    Ok(edits)
}

fn to_track_ticks(ticks: u64, movie_scale: u32, track_scale: u32) -> Result<i64, Malformed> {
    if movie_scale == 0 {
        return Err(Malformed::new("the movie's time scale is 0"));
    }
    let scale = u128::from(movie_scale);
    let rounded = (u128::from(ticks) * u128::from(track_scale) + scale / 2) / scale;
    i64::try_from(rounded).map_err(|_| Malformed::new("an edit list reaches outside of time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elst(edits: &[(u32, i32, i32)]) -> Vec<u8> {
        let mut body = vec![0, 0, 0, 0];
        body.extend_from_slice(&(edits.len() as u32).to_be_bytes());
        for (duration, media_time, rate) in edits {
            body.extend_from_slice(&duration.to_be_bytes());
            body.extend_from_slice(&media_time.to_be_bytes());
            body.extend_from_slice(&rate.to_be_bytes());
        }
        body
    }

    #[test]
    fn empty_edits_delay_and_a_media_edit_shifts() {
        let body = elst(&[(500, -1, 0x10000), (2000, 1024, 0x10000)]);
        let placing = Placing::parse(&body, 1000, 48_000).unwrap();
        assert_eq!(placing.shift, 24_000 - 1024);
        assert_eq!(placing.from, Some(24_000));
        assert_eq!(placing.to, Some(120_000));
        assert!(!placing.presents(23_999) && placing.presents(24_000));
        assert!(placing.presents(119_999) && !placing.presents(120_000));
        assert!(placing.open_ended().presents(120_000));
    }

    #[test]
    fn no_duration_means_to_the_end() {
        let placing = Placing::parse(&elst(&[(0, 512, 0x10000)]), 1000, 12_800).unwrap();
        assert_eq!((placing.shift, placing.to), (-512, None));
        let none = Placing::parse(&elst(&[]), 1000, 12_800).unwrap();
        assert_eq!(none, Placing::default());
    }

    #[test]
    fn version_1_has_wide_fields() {
        let mut body = vec![1, 0, 0, 0, 0, 0, 0, 1];
        body.extend_from_slice(&(5u64 << 32).to_be_bytes());
        body.extend_from_slice(&(7i64 << 32).to_be_bytes());
        body.extend_from_slice(&[0, 1, 0, 0]);
        let placing = Placing::parse(&body, 1, 1).unwrap();
        assert_eq!(
            (placing.shift, placing.to),
            (-(7i64 << 32), Some(5i64 << 32))
        );
    }

    #[test]
    fn what_can_not_be_followed_is_said() {
        let several = Placing::parse(&elst(&[(1, 0, 0x10000), (1, 9, 0x10000)]), 1, 1);
        assert!(matches!(several, Err(EditProblem::Unsupported(why)) if why.contains("2 pieces")));
        let slow = Placing::parse(&elst(&[(1, 0, 0x8000)]), 1, 1);
        assert!(matches!(slow, Err(EditProblem::Unsupported(why)) if why.contains("0.5 times")));
        assert!(matches!(
            Placing::parse(&elst(&[(1, 0, 0x10000)])[..12], 1, 1),
            Err(EditProblem::Malformed(_))
        ));
        assert!(Placing::parse(&elst(&[(1, 0, 0x10000)]), 0, 1).is_err());
        // A count far beyond the bytes there are is an error, not an allocation.
        let mut huge = elst(&[]);
        huge[4..8].copy_from_slice(&[0xff; 4]);
        assert!(Placing::parse(&huge, 1, 1).is_err());
    }
}
