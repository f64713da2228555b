//! Transport packets (ISO/IEC 13818-1 §2.4.3.2) and finding them.

/// Bytes of a packet proper.
pub(crate) const PACKET: usize = 188;
const SYNC: u8 = 0x47;
/// As many packets in a row make a transport stream.
const CONVINCING: usize = 3;

/// Where packets lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Framing {
    /// Offset of the first sync byte.
    pub(crate) first: u64,
    /// From one sync byte to the next: 188, or 192 with a time code in front of each packet.
    pub(crate) stride: usize,
}

impl Framing {
    /// Finds the packets in the first bytes of a file.
    pub(crate) fn detect(head: &[u8]) -> Option<Self> {
        [PACKET, 192].into_iter().find_map(|stride| {
            let syncs = |first: usize| {
                let all = head.iter().skip(first).step_by(stride);
                let seen = all.clone().take(8).count();
                seen >= CONVINCING && all.take(8).all(|byte| *byte == SYNC)
            };
            (0..head.len().min(8 * stride))
                .find(|first| syncs(*first))
                .map(|first| Self {
                    first: first as u64,
                    stride,
                })
        })
    }
}

/// Offset of the next sync byte that another one follows at the right distance, behind byte 0.
pub(crate) fn resync(bytes: &[u8], stride: usize) -> Option<usize> {
    let mut from = 1;
    loop {
        let at = from + memchr::memchr(SYNC, bytes.get(from..)?)?;
        match bytes.get(at + stride) {
            Some(&SYNC) => return Some(at),
            // The last packet of the file has none behind it.
            None if bytes.len() >= at + PACKET => return Some(at),
            _ => from = at + 1,
        }
    }
}

/// Whether a packet begins at byte 0.
pub(crate) fn is_synchronised(bytes: &[u8]) -> bool {
    bytes.first() == Some(&SYNC)
}

/// A transport packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packet<'a> {
    pub(crate) pid: u16,
    /// A PES packet or section begins in the payload.
    pub(crate) unit_start: bool,
    pub(crate) continuity: u8,
    pub(crate) scrambled: bool,
    /// `discontinuity_indicator`: the continuity counter may jump here.
    pub(crate) discontinuity: bool,
    /// `random_access_indicator`.
    pub(crate) random_access: bool,
    /// The adaptation field holds stuffing, as it does at the end of a PES packet.
    pub(crate) stuffed: bool,
    /// Empty when there is none.
    pub(crate) payload: &'a [u8],
}

/// The packet identifier, without looking at the rest.
pub(crate) fn pid_of(bytes: &[u8]) -> u16 {
    match bytes {
        [_, a, b, ..] => u16::from_be_bytes([a & 0x1f, *b]),
        _ => 0x1fff,
    }
}

impl<'a> Packet<'a> {
    /// Reads the packet of 188 bytes at the start of `bytes`. `None` when it is marked as broken
    /// or its adaptation field is longer than the packet.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let bytes = bytes.get(..PACKET)?;
        let [SYNC, a, _, flags, ..] = *bytes else {
            return None;
        };
        if a & 0x80 != 0 {
            return None;
        }
        let (mut payload_at, mut adaptation) = (4, 0);
        let mut stuffed = false;
        if flags & 0x20 != 0 {
            let len = usize::from(*bytes.get(4)?);
            payload_at = 5 + len;
            if payload_at > PACKET {
                return None;
            }
            if len > 0 {
                adaptation = *bytes.get(5)?;
            }
            stuffed = len == 0 || payload_at > 6 && bytes.get(payload_at - 1) == Some(&0xff);
        }
        Some(Self {
            pid: pid_of(bytes),
            unit_start: a & 0x40 != 0,
            continuity: flags & 0x0f,
            scrambled: flags & 0xc0 != 0,
            discontinuity: adaptation & 0x80 != 0,
            random_access: adaptation & 0x40 != 0,
            stuffed,
            payload: if flags & 0x10 != 0 {
                bytes.get(payload_at..)?
            } else {
                &[]
            },
        })
    }
}

/// How a packet's continuity counter follows the one before (§2.4.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Next,
    /// The same packet again: its payload does not count.
    Duplicate,
    /// Packets are missing in between.
    Broken,
}

/// The continuity counter of one PID.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Continuity {
    last: Option<u8>,
    payload: Sample,
    repeated: bool,
}

/// What tells payloads apart: whether a unit starts, the length, and the bytes at both ends.
type Sample = (bool, usize, [u8; 8], [u8; 8]);

fn sample(packet: &Packet<'_>) -> Sample {
    let payload = packet.payload;
    let first = payload.first_chunk().copied().unwrap_or_default();
    let last = payload.last_chunk().copied().unwrap_or_default();
    (packet.unit_start, payload.len(), first, last)
}

impl Continuity {
    /// Takes the next packet with payload.
    pub(crate) fn step(&mut self, packet: &Packet<'_>) -> Step {
        let last = self.last.replace(packet.continuity);
        let payload = sample(packet);
        let same = payload == std::mem::replace(&mut self.payload, payload);
        let step = match last {
            None => Step::Next,
            Some(last) if packet.continuity == (last + 1) & 0x0f => Step::Next,
            // A packet may be sent twice, not three times. Where recordings are joined byte by byte another one may
            // have the count of the last (ISO/IEC 13818-1 §2.4.3.3: a duplicate has the same bytes).
            Some(last) if packet.continuity == last && same && !self.repeated => Step::Duplicate,
            Some(_) => Step::Broken,
        };
        self.repeated = step == Step::Duplicate;
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(head: [u8; 4], rest: &[u8]) -> Vec<u8> {
        let mut bytes = [&head[..], rest].concat();
        bytes.resize(PACKET, 7);
        bytes
    }

    #[test]
    fn another_packet_of_the_same_count_is_no_duplicate() {
        let steps = |second: &[u8]| {
            let packets = [
                packet([SYNC, 0, 9, 0x15], b"one"),
                packet([SYNC, 0, 9, 0x15], second),
            ];
            let mut continuity = Continuity::default();
            packets.map(|bytes| continuity.step(&Packet::parse(&bytes).unwrap()))
        };
        assert_eq!(steps(b"one"), [Step::Next, Step::Duplicate]);
        assert_eq!(steps(b"two"), [Step::Next, Step::Broken]);
    }

    #[test]
    fn packets_are_found_in_both_sizes_and_behind_junk() {
        let plain: Vec<u8> = (0..5)
            .flat_map(|_| packet([SYNC, 0, 0, 0x10], &[]))
            .collect();
        let found = Framing::detect(&plain).unwrap();
        assert_eq!(
            found,
            Framing {
                first: 0,
                stride: 188
            }
        );
        let junk = [&[SYNC, 1, 2][..], &plain].concat();
        assert_eq!(Framing::detect(&junk).unwrap().first, 3);
        let coded: Vec<u8> = (0..5)
            .flat_map(|_| [vec![0; 4], packet([SYNC, 0, 0, 0x10], &[])].concat())
            .collect();
        let found = Framing::detect(&coded).unwrap();
        assert_eq!(
            found,
            Framing {
                first: 4,
                stride: 192
            }
        );
        assert_eq!(Framing::detect(&plain[..300]), None);
        assert_eq!(Framing::detect(&[]), None);
        assert_eq!(resync(&junk, 188), Some(3));
        assert_eq!(resync(&plain[..100], 188), None);
    }

    #[test]
    fn adaptation_fields_are_skipped_and_checked() {
        let bytes = packet([SYNC, 0x41, 0x00, 0x35], &[3, 0xc0, 0xff, 0xff, 1, 2]);
        let parsed = Packet::parse(&bytes).unwrap();
        assert_eq!((parsed.pid, parsed.continuity), (256, 5));
        assert!(parsed.unit_start && parsed.discontinuity && parsed.random_access);
        assert!(parsed.stuffed);
        assert_eq!(parsed.payload[..2], [1, 2]);
        assert_eq!(parsed.payload.len(), 180);
        let long = packet([SYNC, 0, 0, 0x30], &[184]);
        assert_eq!(Packet::parse(&long), None);
        let full = packet([SYNC, 0, 0, 0x20], &[183]);
        assert!(Packet::parse(&full).unwrap().payload.is_empty());
        assert_eq!(Packet::parse(&packet([SYNC, 0x80, 0, 0x10], &[])), None);
        assert_eq!(Packet::parse(&bytes[..187]), None);
    }

    #[test]
    fn counters_step_repeat_and_break() {
        let mut continuity = Continuity::default();
        let mut step = |counter: u8| {
            let bytes = packet([SYNC, 0, 0, 0x10 | counter], &[]);
            continuity.step(&Packet::parse(&bytes).unwrap())
        };
        let steps: Vec<Step> = [14, 15, 0, 0, 1, 1, 1, 3].map(&mut step).to_vec();
        use Step::{Broken, Duplicate, Next};
        assert_eq!(
            steps,
            [Next, Next, Next, Duplicate, Next, Duplicate, Broken, Broken]
        );
    }
}
