//! Matroska and WebM (RFC 9559).
//!
//! Time stamps are rounded to the segment's tick, usually a millisecond, and there are no decode
//! times; [`times`] works out both exactly where the stream allows it.

mod assemble;
mod blocks;
mod ebml;
mod tags;
mod times;
mod tracks;
mod walk;

use conform::{Container, MediaIndex};

use super::input::Input;
use crate::error::{Malformed, MediaError};
use assemble::{audio_track, video_track};
use ebml::{Element, Elements, id, read_element};
use walk::Walk;

/// No header element is larger than this.
const LARGEST_HEADER: u64 = 64 << 20;

/// Whether the first bytes are an EBML header.
pub(super) fn recognises(head: &[u8]) -> bool {
    head.starts_with(&[0x1a, 0x45, 0xdf, 0xa3])
}

/// Indexes the file.
pub(super) fn index(input: &mut Input<'_>) -> Result<MediaIndex, MediaError> {
    input.set_read_ahead(256 << 10);
    let segment = find_segment(input)?;
    let mut walk = Walk::new();
    walk.segment(input, segment)?;
    let Walk {
        time,
        mut chosen,
        timecodes,
        ..
    } = walk;
    let picture_track = chosen.video.as_ref().and_then(|(track, _)| track.uid);
    let video = match chosen.video.take() {
        Some((track, frames)) if !frames.is_empty() => {
            Some(video_track(input, track, frames, time)?)
        }
        Some((track, _)) => {
            chosen.unused.push(format!("empty video {}", track.codec));
            None
        }
        None => None,
    };
    let audio = match chosen.audio.take() {
        Some((track, frames)) if !frames.is_empty() => {
            Some(audio_track(input, track, frames, time)?)
        }
        Some((track, _)) => {
            chosen.unused.push(format!("empty audio {}", track.codec));
            None
        }
        None => None,
    };
    let rate = video.as_ref().and_then(|track| track.frame_rate);
    let timecode = rate.and_then(|rate| tags::start(&timecodes, picture_track, rate));
    Ok(MediaIndex {
        container: Container::Matroska,
        size: input.size(),
        video,
        audio,
        unused_tracks: chosen.unused,
        timecode,
    })
}

/// Checks the EBML header and finds the segment behind it.
fn find_segment(input: &mut Input<'_>) -> Result<Element, MediaError> {
    let mut at = 0;
    while let Some(element) = read_element(input, at)? {
        let end = element.end.unwrap_or(input.size());
        match element.id {
            id::SEGMENT => return Ok(element),
            id::EBML => {
                let header = header(input, element, "the EBML header")?;
                let kind = Elements(&header).find(id::DOC_TYPE).unwrap_or_default();
                if !matches!(kind, b"matroska" | b"webm") {
                    let kind = String::from_utf8_lossy(kind).into_owned();
                    return Err(input.not_media(format!("it is EBML of type {kind:?}")));
                }
            }
            _ => {}
        }
        at = end;
    }
    Err(input.damaged(None, "it ends before its segment begins; nothing is left"))
}

fn header(input: &mut Input<'_>, element: Element, what: &str) -> Result<Vec<u8>, MediaError> {
    let Some(end) = element.end else {
        return Err(input.damaged(None, format!("{what} has no size")));
    };
    let len = end - element.body;
    if len > LARGEST_HEADER {
        return Err(input.damaged(None, format!("{what} claims to have {len} bytes")));
    }
    Ok(input.exactly(element.body, len as usize, what)?.to_vec())
}

/// Ticks of a segment as ticks of a whole number per second.
#[derive(Clone, Copy, Debug)]
struct Ticks {
    per_second: u32,
    /// How many of them one tick of the segment is.
    factor: i64,
}

impl Ticks {
    fn of(nanoseconds: u64) -> Result<Self, Malformed> {
        let second = 1_000_000_000;
        match nanoseconds {
            0 => Err(Malformed::new("the time stamp scale is 0")),
            n if n > second => Err(Malformed::new("the time stamp scale is above a second")),
            n if second % n == 0 => Ok(Self {
                per_second: (second / n) as u32,
                factor: 1,
            }),
            n => Ok(Self {
                per_second: second as u32,
                factor: n as i64,
            }),
        }
    }

    /// Nanoseconds as ticks.
    fn ticks_in(self, nanoseconds: i64) -> i64 {
        times::rescale(nanoseconds, 1_000_000_000, self.per_second)
    }
}
