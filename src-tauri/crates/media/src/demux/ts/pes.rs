//! PES packets (ISO/IEC 13818-1 §2.4.3.6): from transport packets to elementary-stream bytes with
//! time stamps and places.

use std::collections::VecDeque;

use conform::Location;

use super::Trouble;
use super::clock::unwrap;
use super::packet::{Continuity, Packet, Step};

/// What the header of a PES packet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes of the header.
    pub(crate) len: usize,
    /// Raw values of 33 bits.
    pub(crate) pts: Option<u64>,
    pub(crate) dts: Option<u64>,
    /// Elementary-stream bytes that follow, when it says so.
    pub(crate) content: Option<u64>,
}

/// What a payload that begins a PES packet begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    Header(Header),
    /// The header goes on in the next packet.
    Incomplete,
    /// Something else.
    NoPes,
}

/// Reads the header at the start of a PES packet.
pub(crate) fn header(bytes: &[u8]) -> Parsed {
    let [0, 0, 1, ..] = bytes else {
        return if bytes.len() < 3 {
            Parsed::Incomplete
        } else {
            Parsed::NoPes
        };
    };
    let [_, _, _, _, l0, l1, marker, flags, rest_len, rest @ ..] = bytes else {
        return Parsed::Incomplete;
    };
    if marker & 0xc0 != 0x80 {
        return Parsed::NoPes;
    }
    let rest_len = usize::from(*rest_len);
    let Some(fields) = rest.get(..rest_len) else {
        return Parsed::Incomplete;
    };
    let (pts, dts) = match flags >> 6 {
        2 => (time_stamp(fields), None),
        3 => (time_stamp(fields), fields.get(5..).and_then(time_stamp)),
        _ => (None, None),
    };
    let declared = u64::from(u16::from_be_bytes([*l0, *l1]));
    Parsed::Header(Header {
        len: 9 + rest_len,
        pts,
        dts,
        content: (declared > 0).then(|| declared.saturating_sub(3 + rest_len as u64)),
    })
}

fn time_stamp(bytes: &[u8]) -> Option<u64> {
    let [a, b, c, d, e] = *bytes.get(..5)?.first_chunk::<5>()?;
    let [a, b, c, d, e] = [a, b, c, d, e].map(u64::from);
    Some((a >> 1 & 7) << 30 | b << 22 | (c >> 1) << 15 | d << 7 | e >> 1)
}

/// The beginning of a PES packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PesStart {
    /// Elementary-stream bytes before it.
    pub(super) position: u64,
    /// Unwrapped.
    pub(super) pts: Option<i64>,
    /// Unwrapped; the presentation time when there is no other.
    pub(super) dts: Option<i64>,
    /// The transport packet is marked as a random access point.
    pub(super) random_access: bool,
}

/// Turns the bytes of an elementary stream into units.
pub(super) trait Splitter {
    /// A PES packet begins behind all bytes so far.
    fn begin(&mut self, start: PesStart, places: &mut Places) -> Result<(), Trouble>;

    /// The next bytes.
    fn data(&mut self, bytes: &[u8], places: &mut Places) -> Result<(), Trouble>;
}

/// Which transport packet holds which elementary-stream bytes.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Elementary-stream position and offset in the object, ascending.
    packets: VecDeque<(u64, u64)>,
}

impl Places {
    fn push(&mut self, position: u64, offset: u64) {
        self.packets.push_back((position, offset));
    }

    /// Forgets everything that only matters to bytes before `position`.
    pub(super) fn forget_before(&mut self, position: u64) {
        while self
            .packets
            .get(1)
            .is_some_and(|(next, _)| *next <= position)
        {
            self.packets.pop_front();
        }
    }

    /// The place of the byte at `position`; its length is set later.
    pub(super) fn locate(&self, position: u64) -> Location {
        let after = self
            .packets
            .partition_point(|(start, _)| *start <= position);
        let found = after.checked_sub(1).and_then(|i| self.packets.get(i));
        let (start, offset) = found.copied().unwrap_or((position, 0));
        Location {
            offset,
            len: 0,
            skip: u32::try_from(position - start).unwrap_or(u32::MAX),
        }
    }
}

/// What is wrong with the end of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    Whole,
    /// The last PES packet is incomplete, so a unit that can't tell its own length is too.
    Short,
    /// Packets are missing from this elementary-stream position on.
    Broken(u64),
}

#[derive(Clone, Copy, Debug)]
struct Break {
    offset: u64,
    position: u64,
    /// How sure it is that two recordings were joined here without loss.
    join: Join,
}

/// Whether recordings were joined where a counter jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Join {
    /// Nothing says so.
    No,
    /// The packet in front was filled up, as at the end of a recording, and of every picture: the time
    /// must go on by about one step, or a picture is missing.
    Perhaps,
    /// It was announced, or the program's tables jump as well.
    Likely,
}

/// One elementary stream of the program.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) pid: u16,
    pub(super) places: Places,
    continuity: Continuity,
    position: u64,
    started: bool,
    in_header: bool,
    header: Vec<u8>,
    /// Where the content of the current PES packet ends, when it says so.
    content_end: Option<u64>,
    last_dts: Option<i64>,
    last_step: Option<i64>,
    stuffed: bool,
    /// A packet without payload announced that the continuity counter may jump.
    jump_announced: bool,
    pat_breaks: u32,
    broken: Option<Break>,
}

/// What streams share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The first time stamp of the file, near which all streams begin.
    pub(super) reference: Option<i64>,
    /// How often the continuity of the program association table broke.
    pub(super) pat_breaks: u32,
}

impl Stream {
    pub(super) fn new(pid: u16) -> Self {
        Self {
            pid,
            places: Places::default(),
            continuity: Continuity::default(),
            position: 0,
            started: false,
            in_header: false,
            header: Vec::new(),
            content_end: None,
            last_dts: None,
            last_step: None,
            stuffed: false,
            jump_announced: false,
            pat_breaks: 0,
            broken: None,
        }
    }

    /// Takes the packet at `offset`.
    pub(super) fn packet(
        &mut self,
        packet: &Packet<'_>,
        offset: u64,
        shared: &mut Shared,
        splitter: &mut dyn Splitter,
    ) -> Result<(), Trouble> {
        self.jump_announced |= packet.discontinuity;
        if packet.payload.is_empty() {
            return Ok(());
        }
        if packet.scrambled {
            return Err(Trouble::Unsupported {
                what: "encrypted media".to_owned(),
                hint: "use the original recording".to_owned(),
            });
        }
        let step = self.continuity.step(packet);
        if step == Step::Duplicate {
            return Ok(());
        }
        if packet.unit_start
            && let Some(broken) = &self.broken
        {
            return Err(self.missing_packets(broken));
        }
        if step == Step::Broken && self.started && self.broken.is_none() {
            let join = if !packet.unit_start {
                Join::No
            } else if self.jump_announced || self.pat_breaks != shared.pat_breaks {
                Join::Likely
            } else if self.stuffed {
                Join::Perhaps
            } else {
                Join::No
            };
            self.broken = Some(Break {
                offset,
                position: self.position,
                join,
            });
        }
        self.jump_announced = false;
        self.pat_breaks = shared.pat_breaks;
        self.stuffed = packet.stuffed;
        self.content(packet, offset, shared, splitter)
    }

    fn content(
        &mut self,
        packet: &Packet<'_>,
        offset: u64,
        shared: &mut Shared,
        splitter: &mut dyn Splitter,
    ) -> Result<(), Trouble> {
        if packet.unit_start {
            self.started = true;
            self.in_header = true;
            self.header.clear();
            self.places.push(self.position, offset);
        } else if !self.started {
            // The tail of a PES packet that began before the file.
            return Ok(());
        } else if !self.in_header {
            self.places.push(self.position, offset);
        }
        if !self.in_header {
            return self.data(packet.payload, splitter);
        }
        // Bytes behind a header that spans packets count from the packet in which it begins.
        let mut collected = std::mem::take(&mut self.header);
        let bytes = if collected.is_empty() {
            packet.payload
        } else {
            collected.extend_from_slice(packet.payload);
            &collected
        };
        match header(bytes) {
            Parsed::Header(header) => {
                self.in_header = false;
                self.begin(header, packet.random_access, shared, splitter)?;
                self.data(bytes.get(header.len..).unwrap_or_default(), splitter)
            }
            Parsed::Incomplete => {
                self.header = bytes.to_vec();
                Ok(())
            }
            Parsed::NoPes => Err(Trouble::Damaged {
                at: self.last_dts,
                why: format!("the packet at byte {offset} should begin a PES packet and does not"),
            }),
        }
    }

    fn data(&mut self, bytes: &[u8], splitter: &mut dyn Splitter) -> Result<(), Trouble> {
        if bytes.is_empty() {
            return Ok(());
        }
        splitter.data(bytes, &mut self.places)?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    fn begin(
        &mut self,
        header: Header,
        random_access: bool,
        shared: &mut Shared,
        splitter: &mut dyn Splitter,
    ) -> Result<(), Trouble> {
        let raw = header.dts.or(header.pts);
        let dts = raw.map(|raw| {
            let near = self.last_dts.or(shared.reference).unwrap_or(raw as i64);
            unwrap(raw, near)
        });
        shared.reference = shared.reference.or(dts);
        let pts = header.pts.zip(dts).map(|(pts, dts)| unwrap(pts, dts));
        let step = dts.zip(self.last_dts).map(|(dts, last)| dts - last);
        let longest = |last: i64| match self.broken.map(|broken| broken.join) {
            Some(Join::Likely) => 2 * last,
            Some(Join::Perhaps) => last + last / 2,
            Some(Join::No) | None => 0,
        };
        if let Some(step) = step
            && step > 0
            && self.broken.is_some_and(|broken| broken.join != Join::No)
            && step <= self.last_step.map_or(i64::MAX, longest)
        {
            self.broken = None;
        }
        self.last_step = step.filter(|step| *step > 0).or(self.last_step);
        self.last_dts = dts.or(self.last_dts);
        self.content_end = header.content.map(|content| self.position + content);
        let start = PesStart {
            position: self.position,
            pts,
            dts,
            random_access,
        };
        splitter.begin(start, &mut self.places)
    }

    fn missing_packets(&self, broken: &Break) -> Trouble {
        Trouble::Damaged {
            at: self.last_dts,
            why: format!(
                "packets of PID {} are missing before byte {}",
                self.pid, broken.offset
            ),
        }
    }

    /// Whether the stream ends whole. `cut_off`: the file ends inside a packet.
    pub(super) fn tail(&self, cut_off: bool) -> Tail {
        match (self.broken, self.content_end) {
            (Some(broken), _) => Tail::Broken(broken.position),
            (None, Some(end)) if self.position >= end => Tail::Whole,
            (None, Some(_)) => Tail::Short,
            (None, None) if cut_off || self.in_header => Tail::Short,
            (None, None) => Tail::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header with both time stamps.
    fn pes(pts: u64, dts: u64, stuffing: usize) -> Vec<u8> {
        let stamp = |prefix: u8, t: u64| {
            vec![
                prefix << 4 | ((t >> 30 & 7) << 1) as u8 | 1,
                (t >> 22) as u8,
                (t >> 14) as u8 | 1,
                (t >> 7) as u8,
                (t << 1) as u8 | 1,
            ]
        };
        let mut bytes = vec![0, 0, 1, 0xe0, 0, 0, 0x80, 0xc0, 10 + stuffing as u8];
        bytes.extend(stamp(3, pts));
        bytes.extend(stamp(1, dts));
        bytes.extend(vec![0xff; stuffing]);
        bytes
    }

    #[test]
    fn headers_give_their_time_stamps() {
        let (pts, dts) = ((1 << 33) - 1, 0x1_2345_6789);
        let bytes = pes(pts, dts, 2);
        let Parsed::Header(found) = header(&bytes) else {
            panic!("no header");
        };
        assert_eq!((found.pts, found.dts), (Some(pts), Some(dts)));
        assert_eq!((found.len, found.content), (21, None));
        for len in 0..bytes.len() {
            assert_eq!(header(&bytes[..len]), Parsed::Incomplete, "{len} bytes");
        }
        assert_eq!(header(&[0, 1, 2, 3]), Parsed::NoPes);
        assert_eq!(header(&[0, 0, 1, 0xe0, 0, 0, 0, 0, 0]), Parsed::NoPes);
        let sized = [0, 0, 1, 0xc0, 0, 10, 0x80, 0, 0];
        assert!(matches!(
            header(&sized),
            Parsed::Header(Header {
                content: Some(7),
                ..
            })
        ));
    }

    #[derive(Default)]
    struct Recorder {
        starts: Vec<PesStart>,
        bytes: Vec<u8>,
        firsts: Vec<Location>,
    }

    impl Splitter for Recorder {
        fn begin(&mut self, start: PesStart, _: &mut Places) -> Result<(), Trouble> {
            self.starts.push(start);
            Ok(())
        }

        fn data(&mut self, bytes: &[u8], places: &mut Places) -> Result<(), Trouble> {
            self.firsts.push(places.locate(self.bytes.len() as u64));
            self.bytes.extend_from_slice(bytes);
            Ok(())
        }
    }

    fn packet(start: bool, continuity: u8, payload: &[u8]) -> Packet<'_> {
        Packet {
            pid: 256,
            unit_start: start,
            continuity,
            scrambled: false,
            discontinuity: false,
            random_access: false,
            stuffed: false,
            payload,
        }
    }

    #[test]
    fn bytes_are_placed_even_behind_a_header_that_spans_packets() {
        let mut stream = Stream::new(256);
        let mut shared = Shared::default();
        let mut out = Recorder::default();
        let head = pes(1000, 900, 5);
        let (front, back) = head.split_at(12);
        let back = [back, &[1, 2, 3]].concat();
        for (offset, p) in [
            (0, packet(false, 3, &[9, 9])),
            (188, packet(true, 4, front)),
            (376, packet(false, 5, &back)),
            (564, packet(false, 6, &[4, 5])),
            (752, packet(false, 6, &[4, 5])),
        ] {
            stream.packet(&p, offset, &mut shared, &mut out).unwrap();
        }
        assert_eq!(out.bytes, [1, 2, 3, 4, 5], "no head, no duplicate");
        assert_eq!(out.firsts[0].offset, 188);
        assert_eq!((out.firsts[1].offset, out.firsts[1].skip), (564, 0));
        assert_eq!(stream.places.locate(2).skip, 2);
        assert_eq!(
            (out.starts[0].pts, out.starts[0].dts),
            (Some(1000), Some(900))
        );
        assert_eq!(shared.reference, Some(900));
    }

    #[test]
    fn a_break_is_told_once_another_unit_follows() {
        let mut stream = Stream::new(256);
        let mut shared = Shared::default();
        let mut out = Recorder::default();
        let head = [pes(1000, 1000, 0), vec![1]].concat();
        let mut feed = |p: Packet<'_>| stream.packet(&p, 0, &mut shared, &mut out);
        feed(packet(true, 0, &head)).unwrap();
        feed(packet(false, 2, &[2])).unwrap();
        assert!(matches!(
            feed(packet(true, 3, &head)),
            Err(Trouble::Damaged { at: Some(1000), .. })
        ));
        assert_eq!(stream.tail(false), Tail::Broken(1));
    }

    #[test]
    fn a_join_without_loss_is_no_break() {
        let mut stream = Stream::new(256);
        let mut shared = Shared::default();
        let mut out = Recorder::default();
        let unit = |time| [pes(time, time, 0), vec![1]].concat();
        let (a, b, c, d) = (unit(0), unit(3600), unit(7200), unit(10_800));
        let mut feed = |p: Packet<'_>| stream.packet(&p, 0, &mut shared, &mut out);
        feed(packet(true, 0, &a)).unwrap();
        feed(Packet {
            stuffed: true,
            ..packet(true, 1, &b)
        })
        .unwrap();
        feed(packet(true, 9, &c)).unwrap();
        feed(packet(true, 10, &d)).unwrap();
        assert_eq!(stream.tail(false), Tail::Whole);
        assert_eq!(stream.tail(true), Tail::Short);
    }
}
