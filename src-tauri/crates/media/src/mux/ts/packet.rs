//! Packets of 188 bytes (ISO/IEC 13818-1 §2.4.3): headers, clock references, stuffing, counters;
//! and the sections that say what the stream holds (§2.4.4).

use std::io::{self, Write};

/// Bytes of a packet (§2.4.3.2).
pub(super) const PACKET_LEN: usize = 188;
/// Bytes of a packet behind its header.
const ROOM: usize = PACKET_LEN - 4;
const SYNC_BYTE: u8 = 0x47;

/// PID of the program association table, fixed by table 2-3.
pub(super) const PAT_PID: u16 = 0;
/// PID of the program map table.
pub(super) const PMT_PID: u16 = 0x1000;
/// The only program, and the number of the transport stream.
const PROGRAM: u16 = 1;

/// What goes by one PID.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lane {
    pid: u16,
    /// `continuity_counter` of the next packet with payload.
    counter: u8,
}

impl Lane {
    pub(super) fn new(pid: u16) -> Self {
        Self { pid, counter: 0 }
    }

    pub(super) fn pid(self) -> u16 {
        self.pid
    }
}

/// What the adaptation field of the first packet of a PES packet says (§2.4.3.4).
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    /// `program_clock_reference_base`, 33 bits at 90 kHz.
    pub(super) clock: u64,
    /// `random_access_indicator`: decoding may start here.
    pub(super) random_access: bool,
}

/// Writes packets.
pub(super) struct Packets<W: Write> {
    out: W,
    /// Always has room for a whole packet.
    packet: Vec<u8>,
    position: u64,
}

impl<W: Write> Packets<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            out,
            packet: Vec::with_capacity(PACKET_LEN),
            position: 0,
        }
    }

    /// Bytes written so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn into_inner(self) -> W {
        self.out
    }

    /// Writes a whole PES packet.
    pub(super) fn pes(
        &mut self,
        lane: &mut Lane,
        mut marks: Option<Marks>,
        pes: &[u8],
    ) -> io::Result<()> {
        let mut rest = pes;
        let mut first = true;
        while !rest.is_empty() {
            let marked = marks.take();
            let taken = if marked.is_some() { 8 } else { 0 };
            let (payload, tail) = rest.split_at_checked(ROOM - taken).unwrap_or((rest, &[]));
            // What the payload leaves empty becomes stuffing, or is taken by the marks.
            let adaptation = ROOM - payload.len();
            self.header(lane, first, adaptation > 0, true);
            if adaptation > 0 {
                self.adaptation(marked, adaptation);
            }
            self.packet.extend_from_slice(payload);
            self.end_packet()?;
            rest = tail;
            first = false;
        }
        Ok(())
    }

    /// Writes a packet that holds nothing but a clock reference.
    pub(super) fn clock(&mut self, lane: &mut Lane, clock: u64) -> io::Result<()> {
        self.header(lane, false, true, false);
        let marks = Marks {
            clock,
            random_access: false,
        };
        self.adaptation(Some(marks), ROOM);
        self.end_packet()
    }

    /// Writes a section that fits into one packet.
    pub(super) fn section(&mut self, lane: &mut Lane, section: &[u8]) -> io::Result<()> {
        self.header(lane, true, false, true);
        self.packet.push(0); // pointer_field: the section begins at once
        self.packet.extend_from_slice(section);
        self.packet.resize(PACKET_LEN, 0xff);
        self.end_packet()
    }

    /// Begins a packet (§2.4.3.2). The counter counts payloads only (§2.4.3.3).
    fn header(&mut self, lane: &mut Lane, start: bool, adaptation: bool, payload: bool) {
        let counter = if payload {
            let counter = lane.counter;
            lane.counter = (counter + 1) & 0x0f;
            counter
        } else {
            lane.counter.wrapping_sub(1) & 0x0f
        };
        let [high, low] = lane.pid.to_be_bytes();
        self.packet.clear();
        self.packet.extend_from_slice(&[
            SYNC_BYTE,
            u8::from(start) << 6 | high,
            low,
            u8::from(adaptation) << 5 | u8::from(payload) << 4 | counter,
        ]);
    }

    /// Appends an adaptation field of `len` ≥ 1 bytes, its length byte included; with marks it has
    /// 8 bytes at least.
    fn adaptation(&mut self, marks: Option<Marks>, len: usize) {
        let end = self.packet.len() + len;
        self.packet.push(u8::try_from(len - 1).unwrap_or(u8::MAX));
        if let Some(marks) = marks {
            let [_, _, _, a, b, c, d, e] = (marks.clock << 7).to_be_bytes();
            self.packet.extend_from_slice(&[
                u8::from(marks.random_access) << 6 | 0x10, // PCR_flag
                a,
                b,
                c,
                d,
                e | 0x7e, // six reserved bits; the extension, which follows, is 0
                0,
            ]);
        } else if len > 1 {
            self.packet.push(0);
        }
        self.packet.resize(end, 0xff);
    }

    fn end_packet(&mut self) -> io::Result<()> {
        debug_assert_eq!(self.packet.len(), PACKET_LEN);
        self.out.write_all(&self.packet)?;
        self.position += PACKET_LEN as u64;
        Ok(())
    }
}

/// The program association section (§2.4.4.3): one program.
pub(super) fn program_association() -> Vec<u8> {
    let mut body = Vec::new();
    u16_be(&mut body, PROGRAM);
    u16_be(&mut body, 0xe000 | PMT_PID);
    section(0, PROGRAM, &body)
}

/// The program map section (§2.4.4.8): the PID with the clock, and the streams as `stream_type`
/// (table 2-34), PID and descriptors.
pub(super) fn program_map(clock: u16, streams: &[(u8, u16, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    u16_be(&mut body, 0xe000 | clock);
    u16_be(&mut body, 0xf000); // no descriptors of the program
    for (kind, pid, descriptors) in streams {
        body.push(*kind);
        u16_be(&mut body, 0xe000 | pid);
        let length = u16::try_from(descriptors.len()).unwrap_or(0);
        u16_be(&mut body, 0xf000 | length);
        body.extend_from_slice(descriptors);
    }
    section(2, PROGRAM, &body)
}

/// The descriptor of a language (§2.6.18) of three letters; nothing for any other.
pub(super) fn language(code: Option<&str>) -> Vec<u8> {
    let code = code.filter(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_lowercase()));
    let descriptor = code.map(|code| [&[0x0a, 4], code.as_bytes(), &[0]].concat());
    descriptor.unwrap_or_default()
}

/// A section in long form that is the only one of its table.
fn section(table: u8, number: u16, body: &[u8]) -> Vec<u8> {
    let mut section = vec![table];
    // section_syntax_indicator and reserved bits; the length counts what follows it, checksum
    // included.
    u16_be(
        &mut section,
        0xb000 | u16::try_from(body.len() + 9).unwrap_or(0),
    );
    u16_be(&mut section, number);
    section.extend_from_slice(&[0xc1, 0, 0]); // version 0, current; section 0 of 0
    section.extend_from_slice(body);
    let checksum = crc32(&section);
    section.extend_from_slice(&checksum.to_be_bytes());
    section
}

fn u16_be(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// The checksum of sections (annex A): not reflected, begun with ones, not inverted.
fn crc32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
            crc << 1 ^ if crc >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Payload, adaptation field and counter of a packet.
    fn split(packet: &[u8]) -> (&[u8], &[u8], u8) {
        assert_eq!((packet.len(), packet[0]), (188, 0x47));
        let rest = &packet[4..];
        let (field, payload) = match packet[3] >> 4 & 3 {
            1 => rest.split_at(0),
            2 => (rest, &[][..]),
            3 => rest.split_at(1 + usize::from(rest[0])),
            other => panic!("adaptation_field_control {other}"),
        };
        if let Some((length, body)) = field.split_first() {
            assert_eq!(usize::from(*length), body.len());
        }
        (payload, field, packet[3] & 15)
    }

    #[test]
    fn checksums() {
        assert_eq!(crc32(b"123456789"), 0x0376_e6e7);
        let pat = program_association();
        // As libavformat writes it for the same numbers.
        let expected = [
            0x00, 0xb0, 0x0d, 0x00, 0x01, 0xc1, 0x00, 0x00, 0x00, 0x01, 0xf0, 0x00, 0x2a, 0xb1,
            0x04, 0xb2,
        ];
        assert_eq!(pat, expected);
        let pmt = program_map(
            0x100,
            &[
                (0x1b, 0x100, Vec::new()),
                (0x0f, 0x101, language(Some("deu"))),
            ],
        );
        assert_eq!(usize::from(pmt[2]), pmt.len() - 3);
        assert_eq!(crc32(&pmt), 0, "a checksum makes the sum 0");
    }

    #[test]
    fn payloads_of_every_size_come_back() {
        for marked in [false, true] {
            let mut packets = Packets::new(Vec::new());
            let mut lane = Lane::new(0x123);
            let mut seen = 0;
            let mut counter = 0;
            for size in 1..=400usize {
                let pes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
                let marks = marked.then_some(Marks {
                    clock: 0x1_2345_6789,
                    random_access: true,
                });
                packets.pes(&mut lane, marks, &pes).unwrap();
                let mut back = Vec::new();
                for (number, packet) in packets.out[seen..].chunks(188).enumerate() {
                    let (payload, field, count) = split(packet);
                    assert_eq!(packet[1], if number == 0 { 0x41 } else { 0x01 });
                    assert_eq!((packet[2], count), (0x23, counter));
                    counter = (counter + 1) % 16;
                    let stuffing = if marked && number == 0 {
                        assert_eq!(field[1..8], [0x50, 0x91, 0xa2, 0xb3, 0xc4, 0xfe, 0]);
                        &field[8..]
                    } else {
                        assert!(field.len() < 2 || field[1] == 0);
                        field.get(2..).unwrap_or_default()
                    };
                    assert!(stuffing.iter().all(|byte| *byte == 0xff));
                    back.extend_from_slice(payload);
                }
                assert_eq!(back, pes);
                seen = packets.out.len();
            }
            assert_eq!(packets.position(), seen as u64);
        }
    }

    #[test]
    fn clock_packets_do_not_count() {
        let mut packets = Packets::new(Vec::new());
        let mut lane = Lane::new(0x100);
        packets.clock(&mut lane, 1).unwrap();
        packets.pes(&mut lane, None, &[1; 200]).unwrap();
        packets.clock(&mut lane, (1 << 33) - 1).unwrap();
        packets.pes(&mut lane, None, &[1]).unwrap();
        let split: Vec<_> = packets.out.chunks(188).map(split).collect();
        let counters: Vec<u8> = split.iter().map(|(.., counter)| *counter).collect();
        assert_eq!(counters, [15, 0, 1, 1, 2]);
        assert!(split[0].0.is_empty());
        assert_eq!(split[0].1[..8], [183, 0x10, 0, 0, 0, 0, 0xfe, 0]);
        assert_eq!(
            split[3].1[..8],
            [183, 0x10, 0xff, 0xff, 0xff, 0xff, 0xfe, 0]
        );
    }

    #[test]
    fn sections_fill_their_packet() {
        let mut packets = Packets::new(Vec::new());
        let mut lane = Lane::new(PMT_PID);
        let pmt = program_map(0x100, &[(0x1b, 0x100, Vec::new())]);
        packets.section(&mut lane, &pmt).unwrap();
        let (payload, field, _) = split(&packets.out);
        assert!(field.is_empty());
        assert_eq!((packets.out[1], packets.out[2]), (0x50, 0));
        assert_eq!(payload[0], 0);
        assert_eq!(payload[1..=pmt.len()], pmt);
        assert!(payload[1 + pmt.len()..].iter().all(|byte| *byte == 0xff));
    }
}
