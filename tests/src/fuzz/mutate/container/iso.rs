//! Boxes (ISO/IEC 14496-12 §4.2).

use super::Part;

/// Boxes that hold boxes, and how many bytes come in front of those.
const HOLDERS: [(&[u8; 4], usize); 22] = [
    (b"moov", 0),
    (b"trak", 0),
    (b"mdia", 0),
    (b"minf", 0),
    (b"stbl", 0),
    (b"edts", 0),
    (b"dinf", 0),
    (b"udta", 0),
    (b"mvex", 0),
    (b"moof", 0),
    (b"traf", 0),
    (b"wave", 0),
    (b"stsd", 8),
    (b"avc1", 78),
    (b"hvc1", 78),
    (b"hev1", 78),
    (b"av01", 78),
    (b"apcn", 78),
    (b"mp4a", 28),
    (b"ac-3", 28),
    (b".mp3", 28),
    (b"sowt", 28),
];

/// Boxes of boxes, down to where a size makes no sense.
pub(super) fn parts(file: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    read(file, 0, file.len(), None, &mut parts);
    parts
}

fn read(file: &[u8], mut at: usize, end: usize, within: Option<usize>, parts: &mut Vec<Part>) {
    while let Some(head) = file.get(at..end).filter(|rest| rest.len() >= 8) {
        let small = number(&head[..4]);
        let (size, body) = match (small, head.get(8..16)) {
            (0, _) => (end - at, 8),
            (1, Some(large)) => (usize::try_from(number(large)).unwrap_or(0), 16),
            (size, _) => (usize::try_from(size).unwrap_or(0), 8),
        };
        if size < body || size > end - at || parts.len() > 5_000 {
            return;
        }
        let kind = &head[4..8];
        let place = parts.len();
        parts.push(Part {
            whole: at..at + size,
            body: at + body,
            within,
            weight: if kind == b"mdat" { 2 } else { 4 },
        });
        if let Some((_, skipped)) = HOLDERS.iter().find(|(holder, _)| kind == *holder) {
            read(file, at + body + skipped, at + size, Some(place), parts);
        }
        at += size;
    }
}

fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// The size of 4 bytes, or that of 8 where the box has one.
pub(super) fn set_size(file: &mut [u8], part: &Part, size: u64) {
    let at = part.whole.start;
    if part.body - at == 16 {
        file[at + 8..at + 16].copy_from_slice(&size.to_be_bytes());
    } else {
        file[at..at + 4].copy_from_slice(&size.to_be_bytes()[4..]);
    }
}
