//! Timecode in tags (RFC 9559 §5.1.8): the format has no element of its own for it, and libavformat keeps that of
//! cameras and editors as a tag of the pictures' track or of the file.

use conform::StartTimecode;
use mediatime::{FrameRate, Timecode};

use super::ebml::{Elements, uint};

const TAG: u32 = 0x7373;
const TARGETS: u32 = 0x63c0;
const TAG_TRACK_UID: u32 = 0x63c5;
const SIMPLE_TAG: u32 = 0x67c8;
const TAG_NAME: u32 = 0x45a3;
const TAG_STRING: u32 = 0x4487;

/// Longer texts are no timecode.
const LONGEST: usize = 32;

/// A timecode as a tag tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TimecodeTag {
    /// The track it is about; `None` for the whole file.
    track: Option<u64>,
    text: String,
}

/// The timecodes among tags. Tags that can't be read are as good as none.
pub(super) fn timecodes(tags: &[u8]) -> Vec<TimecodeTag> {
    let mut found = Vec::new();
    for (id, tag) in Elements(tags).map_while(Result::ok) {
        if id != TAG {
            continue;
        }
        let targets = Elements(tag).find(TARGETS).unwrap_or_default();
        let track = Elements(targets).find(TAG_TRACK_UID).map(uint);
        let simple = Elements(tag).map_while(Result::ok);
        for (_, simple) in simple.filter(|(id, _)| *id == SIMPLE_TAG) {
            let name = Elements(simple).find(TAG_NAME).unwrap_or_default();
            let text = Elements(simple).find(TAG_STRING).unwrap_or_default();
            if name.eq_ignore_ascii_case(b"timecode")
                && text.len() <= LONGEST
                && let Ok(text) = std::str::from_utf8(text)
            {
                found.push(TimecodeTag {
                    track: track.filter(|uid| *uid > 0),
                    text: text.trim_end_matches('\0').to_owned(),
                });
            }
        }
    }
    found
}

/// The timecode of the first picture: that of its own track, else that of the file.
pub(super) fn start(
    tags: &[TimecodeTag],
    track: Option<u64>,
    rate: FrameRate,
) -> Option<StartTimecode> {
    let own = tags
        .iter()
        .filter(|tag| tag.track.is_some() && tag.track == track);
    let of_the_file = tags.iter().filter(|tag| tag.track.is_none());
    own.chain(of_the_file).find_map(|tag| {
        let timecode = Timecode::parse(&tag.text, rate).ok()?;
        Some(StartTimecode {
            frame: u64::try_from(timecode.to_frame(rate).ok()?).ok()?,
            drop_frame: tag.text.contains(';'),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(id: u32, body: &[u8]) -> Vec<u8> {
        let id = id.to_be_bytes();
        let start = id.iter().position(|byte| *byte != 0).unwrap();
        let mut bytes = id[start..].to_vec();
        bytes.push(0x80 | body.len() as u8);
        bytes.extend_from_slice(body);
        bytes
    }

    fn tag(track: u8, name: &[u8], text: &[u8]) -> Vec<u8> {
        let targets = element(TARGETS, &element(TAG_TRACK_UID, &[track]));
        let simple = [element(TAG_NAME, name), element(TAG_STRING, text)].concat();
        element(TAG, &[targets, element(SIMPLE_TAG, &simple)].concat())
    }

    #[test]
    fn the_tag_of_the_pictures_wins_over_that_of_the_file() {
        let tags = [
            tag(0, b"TIMECODE", b"09:00:00:00"),
            tag(2, b"TIMECODE", b"08:00:00:00"),
            tag(1, b"TITLE", b"07:00:00:00"),
            tag(1, b"timecode", b"01:00:00;02"),
        ]
        .concat();
        let found = timecodes(&tags);
        assert_eq!(found.len(), 3);
        let rate = FrameRate::new(30_000, 1001).unwrap();
        let own = start(&found, Some(1), rate).unwrap();
        assert!(own.drop_frame);
        assert_eq!(own.frame, 107_894);
        let file = start(&found, Some(3), rate).unwrap();
        assert_eq!((file.drop_frame, file.frame), (false, 9 * 3600 * 30));
        assert_eq!(start(&timecodes(&tags[..9]), Some(1), rate), None);
        let nonsense = timecodes(&tag(1, b"TIMECODE", b"yesterday"));
        assert_eq!(start(&nonsense, Some(1), rate), None);
    }
}
