//! The timecode track of QuickTime (Apple, QuickTime File Format, "Timecode media"), which MP4 files of
//! cameras and editors have too.

use conform::{StartTimecode, VideoTrack};
use mediatime::FrameRate;

use super::description;
use super::movie::Movie;
use crate::demux::input::Input;
use crate::error::{Malformed, MediaError};

/// The labels drop frames.
const DROP_FRAME: u32 = 1;

/// The timecode of the first picture, when a track tells it at the rate of the pictures. A track that
/// can't be read is as good as none.
pub(super) fn read(
    input: &mut Input<'_>,
    movie: &Movie<'_>,
    video: Option<&VideoTrack>,
) -> Result<Option<StartTimecode>, MediaError> {
    let Some(rate) = video.and_then(|track| track.frame_rate) else {
        return Ok(None);
    };
    for track in movie
        .tracks
        .iter()
        .filter(|track| &track.handler.0 == b"tmcd")
    {
        let Ok(Some(drop_frame)) = counting(track.descriptions, rate) else {
            continue;
        };
        let samples = track.tables.samples(input.size()).unwrap_or_default();
        let Some(first) = samples.first().filter(|sample| sample.size == 4) else {
            continue;
        };
        let Ok(bytes) = input.exactly(first.offset, 4, "the timecode") else {
            input.check_cancelled()?;
            continue;
        };
        let Ok(bytes) = <[u8; 4]>::try_from(bytes) else {
            continue;
        };
        return Ok(Some(StartTimecode {
            frame: u64::from(u32::from_be_bytes(bytes)),
            drop_frame,
        }));
    }
    Ok(None)
}

/// Whether the first sample entry drops frames; `None` when it counts at another rate.
fn counting(stsd: &[u8], rate: FrameRate) -> Result<Option<bool>, Malformed> {
    let (_, entries) = description::entries(stsd)?;
    let found = entries.first().and_then(|(_, entry)| {
        // Behind six reserved bytes and the data reference: reserved, flags, time scale, duration of a
        // frame, frames a second.
        let word = |at: usize| -> Option<u32> {
            let bytes = entry.get(at..at + 4)?;
            Some(u32::from_be_bytes(bytes.try_into().ok()?))
        };
        let (flags, scale, duration) = (word(12)?, word(16)?, word(20)?);
        let counted = FrameRate::new(scale, duration)?;
        (counted == rate).then_some(flags & DROP_FRAME != 0)
    });
    Ok(found)
}
