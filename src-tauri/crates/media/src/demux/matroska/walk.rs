//! From the first to the last cluster: tracks chosen, their frames collected.

use conform::Location;
use mediatime::RationalTime;

use super::blocks::{self, Frame, read_block};
use super::ebml::{Element, Elements, id, read_element, uint};
use super::tags::{self, TimecodeTag};
use super::tracks::{Track, TrackKind};
use super::{Ticks, header};
use crate::demux::input::{Input, most_units};
use crate::error::MediaError;

/// The tracks that are indexed, with their frames.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) video: Option<(Track, Vec<Frame>)>,
    pub(super) audio: Option<(Track, Vec<Frame>)>,
    pub(super) unused: Vec<String>,
}

/// One walk through a segment.
pub(super) struct Walk {
    pub(super) time: Ticks,
    pub(super) chosen: Chosen,
    /// What tags say of timecode.
    pub(super) timecodes: Vec<TimecodeTag>,
    has_tracks: bool,
}

impl Walk {
    pub(super) fn new() -> Self {
        Self {
            time: Ticks {
                per_second: 1000,
                factor: 1,
            },
            chosen: Chosen::default(),
            timecodes: Vec::new(),
            has_tracks: false,
        }
    }

    /// Collects the frames of the chosen tracks.
    pub(super) fn segment(
        &mut self,
        input: &mut Input<'_>,
        segment: Element,
    ) -> Result<(), MediaError> {
        let end = segment.end.unwrap_or(input.size());
        let mut at = segment.body;
        while at < end.min(input.size()) {
            let Some(element) = read_element(input, at)? else {
                return self.stop(input, at, segment.end.is_none());
            };
            at = match element.id {
                id::CLUSTER => self.cluster(input, element, end)?,
                id::INFO => {
                    let info = header(input, element, "the segment information")?;
                    let scale = Elements(&info).find(id::TIMESTAMP_SCALE).map(uint);
                    self.time = Ticks::of(scale.unwrap_or(1_000_000))
                        .map_err(|error| input.malformed(&error))?;
                    element.end.unwrap_or(at)
                }
                id::TRACKS if !self.has_tracks => {
                    let bytes = header(input, element, "the track list")?;
                    self.choose_tracks(input, &bytes)?;
                    element.end.unwrap_or(at)
                }
                id::TAGS => {
                    let tags = header(input, element, "the tags")?;
                    self.timecodes.extend(tags::timecodes(&tags));
                    element.end.unwrap_or(at)
                }
                id::EBML => {
                    return Err(input.unsupported(
                        "a file made of several recordings",
                        "use the files it was strung together from",
                    ));
                }
                _ => match element.end {
                    Some(end) => end,
                    None => return self.stop(input, at, false),
                },
            };
        }
        if at < end && segment.end.is_some() {
            return self.stop(input, at, false);
        }
        let follows = read_element(input, at)?.is_some_and(|next| next.id == id::EBML);
        if follows && at < input.size() {
            return Err(input.unsupported(
                "a file made of several recordings",
                "use the files it was strung together from",
            ));
        }
        Ok(())
    }

    /// The walk can't go on at `at`. A recording that was never finished may end anywhere, and
    /// only its last frame is lost.
    fn stop(&self, input: &Input<'_>, at: u64, unfinished: bool) -> Result<(), MediaError> {
        if unfinished {
            tracing::warn!(
                object = input.name(),
                at,
                "the recording was not finished; its last incomplete frame is left out"
            );
            return Ok(());
        }
        let left = |chosen: &Option<(Track, Vec<Frame>)>| chosen.as_ref().map_or(0, |c| c.1.len());
        Err(input.damaged(
            self.last_time(),
            format!(
                "it can't be read on at byte {at} of {}: it is cut off or overwritten there; {} \
                 frames and {} audio frames are left",
                input.size(),
                left(&self.chosen.video),
                left(&self.chosen.audio)
            ),
        ))
    }

    fn last_time(&self) -> Option<RationalTime> {
        [&self.chosen.video, &self.chosen.audio]
            .into_iter()
            .flatten()
            .filter_map(|(_, frames)| frames.last())
            .map(|frame| frame.ticks)
            .max()
            .and_then(|ticks| RationalTime::from_ticks(ticks, self.time.per_second))
    }

    fn choose_tracks(&mut self, input: &Input<'_>, bytes: &[u8]) -> Result<(), MediaError> {
        self.has_tracks = true;
        for entry in Elements(bytes) {
            let (kind, entry) = entry.map_err(|error| input.malformed(&error))?;
            if kind != id::TRACK_ENTRY {
                continue;
            }
            let track = Track::parse(entry).map_err(|error| input.malformed(&error))?;
            let slot = match track.kind {
                TrackKind::Video => &mut self.chosen.video,
                TrackKind::Audio => &mut self.chosen.audio,
                TrackKind::Other(kind) => {
                    self.chosen.unused.push(format!("{kind} {}", track.codec));
                    continue;
                }
            };
            if slot.is_some() {
                let kind = if matches!(track.kind, TrackKind::Video) {
                    "video"
                } else {
                    "audio"
                };
                self.chosen
                    .unused
                    .push(format!("second {kind} {}", track.codec));
                continue;
            }
            if let Some(what) = &track.unsupported {
                return Err(input.unsupported(
                    what.clone(),
                    "remux the file without it, for example with mkvmerge --compression -1:none",
                ));
            }
            *slot = Some((track, Vec::new()));
        }
        Ok(())
    }

    /// Walks a cluster; the result is where it ends.
    fn cluster(
        &mut self,
        input: &mut Input<'_>,
        cluster: Element,
        segment_end: u64,
    ) -> Result<u64, MediaError> {
        let sized = cluster.end.is_some();
        let end = cluster.end.unwrap_or(segment_end);
        let mut base = None;
        let mut at = cluster.body;
        while at < end {
            let Some(element) = read_element(input, at)?.filter(|e| sized || !e.is_top_level())
            else {
                break;
            };
            let Some(element_end) = element.end.filter(|e| *e <= end.min(input.size())) else {
                self.stop(input, at, !sized)?;
                return Ok(input.size());
            };
            match element.id {
                id::TIMESTAMP => {
                    let value =
                        input.peek(element.body, (element_end - element.body).min(8) as usize)?;
                    base = i64::try_from(uint(value)).ok();
                }
                id::SIMPLE_BLOCK | id::BLOCK_GROUP => {
                    let base = base.ok_or_else(|| {
                        input.damaged(None, format!("the cluster at byte {at} has no time"))
                    })?;
                    self.block(input, element, element_end, base)?;
                }
                _ => {}
            }
            at = element_end;
        }
        if sized && at < end {
            self.stop(input, at, false)?;
        }
        Ok(at)
    }

    fn block(
        &mut self,
        input: &mut Input<'_>,
        element: Element,
        end: u64,
        base: i64,
    ) -> Result<(), MediaError> {
        let block = read_block(input, element, end).map_err(|problem| match problem {
            blocks::Problem::Malformed(error) => input.damaged(
                self.last_time(),
                format!("the block at byte {}: {error}", element.start),
            ),
            blocks::Problem::Media(error) => error,
        })?;
        let Some(block) = block else {
            return Ok(());
        };
        let slots = [&mut self.chosen.video, &mut self.chosen.audio];
        let Some((_, frames)) = slots
            .into_iter()
            .flatten()
            .find(|(track, _)| track.number == block.track)
        else {
            return Ok(());
        };
        let ticks = base
            .checked_add(i64::from(block.time))
            .and_then(|ticks| ticks.checked_mul(self.time.factor));
        let Some(ticks) = ticks else {
            return Err(input.damaged(None, "a cluster's time is outside of time"));
        };
        let count = frames.len() as u64 + block.frames.len() as u64;
        if count > most_units(input.size()) {
            return Err(input.damaged(None, "its blocks count more frames than it has room for"));
        }
        for (lace, (offset, len)) in block.frames.iter().enumerate() {
            frames.push(Frame {
                ticks,
                lace: lace as u32,
                location: Location {
                    offset: *offset,
                    len: *len,
                    skip: 0,
                },
                key: block.key,
                duration: block.duration.map(|d| {
                    i64::try_from(d)
                        .unwrap_or(i64::MAX)
                        .saturating_mul(self.time.factor)
                }),
                discard: block.discard,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use tokio_util::sync::CancellationToken;

    #[test]
    fn laces_of_nothing_take_no_memory() {
        let entry = [&[0xd7, 0x81, 1, 0x83, 0x81, 2, 0x86, 0x85][..], b"A_AAC"].concat();
        // 256 frames of no bytes, in a block of 7.
        let block = [0xa3, 0x85, 0x81, 0, 0, 0x84, 0xff];
        let cluster = [&[0xe7, 0x81, 0][..], &block.repeat(200)].concat();
        let end = cluster.len() as u64;
        let mut source = Cursor::new(cluster);
        let (cancel, mut progress) = (CancellationToken::new(), |_, _| {});
        let mut input = Input::new(&mut source, "x", &cancel, &mut progress).unwrap();
        let mut walk = Walk::new();
        walk.chosen.audio = Some((Track::parse(&entry).unwrap(), Vec::new()));
        let whole = Element {
            id: id::CLUSTER,
            start: 0,
            body: 0,
            end: Some(end),
        };
        let error = walk.cluster(&mut input, whole, end).unwrap_err();
        assert!(error.to_string().contains("more frames"), "{error}");
    }
}
