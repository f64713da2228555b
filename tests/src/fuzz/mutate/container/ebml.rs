//! Elements of EBML (RFC 8794 §4 to §6), as Matroska (RFC 9559) has them.

use super::Part;

/// Segment, SeekHead, Info, Tracks, TrackEntry, Video, Colour, Audio, ContentEncodings,
/// ContentEncoding, Cluster, BlockGroup, Cues, CuePoint, CueTrackPositions.
const HOLDERS: [u32; 15] = [
    0x1853_8067,
    0x114d_9b74,
    0x1549_a966,
    0x1654_ae6b,
    0xae,
    0xe0,
    0x55b0,
    0xe1,
    0x6d80,
    0x6240,
    0x1f43_b675,
    0xa0,
    0x1c53_bb6b,
    0xbb,
    0xb7,
];

/// Elements that are many and alike: SimpleBlock, BlockGroup, Block, and what cues hold.
const ALIKE: [u32; 8] = [0xa3, 0xa0, 0xa1, 0xbb, 0xb7, 0xb3, 0xf1, 0xf7];

/// Elements of elements, down to where a size makes no sense.
pub(super) fn parts(file: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    read(file, 0, file.len(), None, &mut parts);
    parts
}

fn read(file: &[u8], mut at: usize, end: usize, within: Option<usize>, parts: &mut Vec<Part>) {
    while at < end && parts.len() <= 5_000 {
        let Some((id, id_len)) = id(&file[at..end]) else {
            return;
        };
        let Some((size, size_len)) = size(&file[at + id_len..end]) else {
            return;
        };
        let body = at + id_len + size_len;
        let len = usize::try_from(size).unwrap_or(usize::MAX).min(end - body);
        let place = parts.len();
        parts.push(Part {
            whole: at..body + len,
            body,
            within,
            weight: if ALIKE.contains(&id) { 1 } else { 5 },
        });
        if HOLDERS.contains(&id) {
            read(file, body, body + len, Some(place), parts);
        }
        at = body + len;
    }
}

fn id(bytes: &[u8]) -> Option<(u32, usize)> {
    let len = bytes.first()?.leading_zeros() as usize + 1;
    let digits = bytes.get(..len).filter(|_| len <= 4)?;
    Some((
        digits.iter().fold(0, |id, byte| id << 8 | u32::from(*byte)),
        len,
    ))
}

fn size(bytes: &[u8]) -> Option<(u64, usize)> {
    let len = bytes.first()?.leading_zeros() as usize + 1;
    let digits = bytes.get(..len).filter(|_| len <= 8)?;
    let all = digits
        .iter()
        .fold(0, |size, byte| size << 8 | u64::from(*byte));
    let largest = (1u64 << (7 * len)) - 1;
    let value = all & largest;
    // All ones: up to where the parent ends.
    Some((if value == largest { u64::MAX } else { value }, len))
}

/// The size in as many bytes as it has now, cut off when it needs more.
pub(super) fn set_size(file: &mut [u8], part: &Part, size: u64) {
    let Some((_, id_len)) = id(&file[part.whole.clone()]) else {
        return;
    };
    let field = &mut file[part.whole.start + id_len..part.body];
    let len = field.len();
    if len == 0 || len > 8 {
        return;
    }
    let marked = size & ((1u64 << (7 * len)) - 1) | 1u64 << (7 * len);
    field.copy_from_slice(&marked.to_be_bytes()[8 - len..]);
}
