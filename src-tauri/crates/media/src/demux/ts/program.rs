//! Program tables: which PID carries what (ISO/IEC 13818-1 §2.4.4).

use super::packet::Packet;
use crate::demux::bits::Fields;

/// What a stream of the program is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Video that can be indexed, by MIME name.
    Video(&'static str),
    /// Audio that can be indexed.
    Audio(super::sound_head::SoundKind),
    /// Video or audio that can't: what it is for a message.
    Unusable { video: bool, what: &'static str },
    /// Subtitles, data, …
    Other(String),
}

/// A stream of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StreamInfo {
    pub(super) pid: u16,
    pub(super) kind: Kind,
    /// ISO 639-2, when one is said.
    pub(super) language: Option<String>,
}

/// Puts sections together from the payloads of one PID.
#[derive(Debug, Default)]
pub(super) struct Sections {
    buffer: Vec<u8>,
    started: bool,
}

impl Sections {
    /// Takes a packet; the result are the whole sections it completes, with a right checksum.
    pub(super) fn feed(&mut self, packet: &Packet<'_>) -> Vec<Vec<u8>> {
        let mut done = Vec::new();
        let mut payload = packet.payload;
        if packet.unit_start {
            let Some((pointer, rest)) = payload.split_first() else {
                return done;
            };
            let Some((tail, start)) = rest.split_at_checked(usize::from(*pointer)) else {
                return done;
            };
            self.take(tail, &mut done);
            self.buffer.clear();
            self.started = true;
            payload = start;
        }
        self.take(payload, &mut done);
        done
    }

    fn take(&mut self, bytes: &[u8], done: &mut Vec<Vec<u8>>) {
        if !self.started {
            return;
        }
        self.buffer.extend_from_slice(bytes);
        while let [table, a, b, ..] = self.buffer[..] {
            if table == 0xff {
                self.started = false;
                break;
            }
            let len = 3 + usize::from(u16::from_be_bytes([a & 0x0f, b]));
            if self.buffer.len() < len {
                break;
            }
            let section: Vec<u8> = self.buffer.drain(..len).collect();
            if checksum(&section) == 0 {
                done.push(section);
            }
        }
    }
}

/// CRC of §2.4.4.1 annex A; 0 over a whole section.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
            let carry = crc >> 31 == 1;
            crc << 1 ^ if carry { 0x04c1_1db7 } else { 0 }
        })
    })
}

/// The PID of the first program's map, from a program association section.
pub(super) fn program_map_pid(section: &[u8]) -> Option<u16> {
    let mut fields = Fields::new(section, "the program association table");
    if fields.u8().ok()? != 0 {
        return None;
    }
    fields.skip(7).ok()?;
    while fields.rest().len() >= 8 {
        let (program, pid) = (fields.u16().ok()?, fields.u16().ok()? & 0x1fff);
        if program != 0 {
            return Some(pid);
        }
    }
    None
}

/// The streams of a program map section.
pub(super) fn streams(section: &[u8]) -> Option<Vec<StreamInfo>> {
    let body = section.get(..section.len().checked_sub(4)?)?;
    let mut fields = Fields::new(body, "the program map table");
    if fields.u8().ok()? != 2 {
        return None;
    }
    fields.skip(9).ok()?;
    let info = fields.u16().ok()? & 0x0fff;
    fields.skip(usize::from(info)).ok()?;
    let mut streams = Vec::new();
    while fields.rest().len() >= 5 {
        let stream_type = fields.u8().ok()?;
        let pid = fields.u16().ok()? & 0x1fff;
        let len = fields.u16().ok()? & 0x0fff;
        let descriptors = fields.take(usize::from(len)).ok()?;
        streams.push(StreamInfo {
            pid,
            kind: kind(stream_type, descriptors),
            language: language(descriptors),
        });
    }
    Some(streams)
}

fn kind(stream_type: u8, descriptors: &[u8]) -> Kind {
    use super::sound_head::SoundKind::{Ac3, Adts, Mpeg};
    let unusable = |video, what| Kind::Unusable { video, what };
    match stream_type {
        0x01 => Kind::Video("mpeg1"),
        0x02 => Kind::Video("mpeg2"),
        0x10 => Kind::Video("mp4v-es"),
        0x1b => Kind::Video("h264"),
        0x24 => Kind::Video("hevc"),
        0x21 => unusable(true, "JPEG 2000 video"),
        0x33 => unusable(true, "VVC video"),
        0xd1 => unusable(true, "Dirac video"),
        0xea => unusable(true, "VC-1 video"),
        0x03 | 0x04 => Kind::Audio(Mpeg),
        0x0f => Kind::Audio(Adts),
        0x11 => unusable(false, "AAC in LATM"),
        0x81 => Kind::Audio(Ac3),
        0x87 | 0x84 => unusable(false, "Dolby Digital Plus"),
        0x80 => unusable(false, "Blu-ray LPCM"),
        0x82 | 0x85 | 0x8a => unusable(false, "DTS"),
        0x83 => unusable(false, "Dolby TrueHD"),
        0x06 => private_kind(descriptors),
        0x15 => Kind::Other("data metadata".to_owned()),
        0x86 => Kind::Other("data scte-35".to_owned()),
        other => Kind::Other(format!("data type-{other:02x}")),
    }
}

/// The first language of a descriptor of languages (§2.6.18).
fn language(mut descriptors: &[u8]) -> Option<String> {
    while let [tag, len, rest @ ..] = descriptors {
        let (body, next) = rest.split_at_checked(usize::from(*len))?;
        if *tag == 0x0a {
            let code = String::from_utf8(body.get(..3)?.to_vec()).ok()?;
            let spoken = code.bytes().all(|letter| letter.is_ascii_lowercase()) && code != "und";
            return spoken.then_some(code);
        }
        descriptors = next;
    }
    None
}

/// Private streams say what they are in a descriptor (ETSI EN 300 468 §6.1).
fn private_kind(mut descriptors: &[u8]) -> Kind {
    let unusable = |video, what| Kind::Unusable { video, what };
    while let [tag, len, rest @ ..] = descriptors {
        let Some((body, next)) = rest.split_at_checked(usize::from(*len)) else {
            break;
        };
        match (*tag, body.get(..4)) {
            (0x6a, _) | (0x05, Some(b"AC-3")) => {
                return Kind::Audio(super::sound_head::SoundKind::Ac3);
            }
            (0x7a, _) | (0x05, Some(b"EAC3")) => return unusable(false, "Dolby Digital Plus"),
            (0x7b, _) => return unusable(false, "DTS"),
            (0x7c, _) => return unusable(false, "AAC in LATM"),
            (0x05, Some(b"Opus")) => return unusable(false, "Opus in a transport stream"),
            (0x05, Some(b"BSSD")) => return unusable(false, "SMPTE 302M audio"),
            (0x05, Some(b"HEVC")) => return Kind::Video("hevc"),
            (0x05, Some(b"AV01")) => return unusable(true, "AV1 in a transport stream"),
            (0x05, Some(b"KLVA")) => return Kind::Other("data klv".to_owned()),
            (0x56, _) => return Kind::Other("subtitle teletext".to_owned()),
            (0x59, _) => return Kind::Other("subtitle dvb".to_owned()),
            _ => descriptors = next,
        }
    }
    Kind::Other("data private".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demux::ts::sound_head::SoundKind;

    fn sealed(mut section: Vec<u8>) -> Vec<u8> {
        let len = section.len() as u16 + 1;
        section[1] = 0xb0 | (len >> 8) as u8;
        section[2] = len as u8;
        let crc = checksum(&section);
        section.extend_from_slice(&crc.to_be_bytes());
        section
    }

    fn packet(start: bool, payload: &[u8]) -> Packet<'_> {
        Packet {
            pid: 0,
            unit_start: start,
            continuity: 0,
            scrambled: false,
            discontinuity: false,
            random_access: false,
            stuffed: false,
            payload,
        }
    }

    #[test]
    fn tables_lead_to_streams() {
        let pat = sealed(vec![
            0, 0, 0, 0, 1, 0xc1, 0, 0, 0, 0, 0xe0, 16, 0, 1, 0xf0, 0,
        ]);
        assert_eq!(program_map_pid(&pat), Some(0x1000));
        let pmt = sealed(vec![
            2, 0, 0, 0, 1, 0xc1, 0, 0, 0xe1, 0, 0xf0, 0, //
            0x1b, 0xe1, 0, 0xf0, 0, //
            0x0f, 0xe1, 1, 0xf0, 0, //
            0x06, 0xe1, 2, 0xf0, 5, 0x0a, 0, 0x6a, 1, 0, //
            0x11, 0xe1, 3, 0xf0, 0,
        ]);
        let found = streams(&pmt).unwrap();
        let kinds: Vec<Kind> = found.iter().map(|stream| stream.kind.clone()).collect();
        assert_eq!(
            kinds,
            [
                Kind::Video("h264"),
                Kind::Audio(SoundKind::Adts),
                Kind::Audio(SoundKind::Ac3),
                Kind::Unusable {
                    video: false,
                    what: "AAC in LATM"
                },
            ]
        );
        assert_eq!(found[2].pid, 258);
        assert_eq!(streams(&pat), None);
        assert_eq!(program_map_pid(&pmt), None);
        assert_eq!(streams(&[2]), None);
    }

    #[test]
    fn sections_come_together_and_broken_ones_are_left_out() {
        let pat = sealed(vec![0, 0, 0, 0, 1, 0xc1, 0, 0, 0, 1, 0xf0, 0]);
        let mut sections = Sections::default();
        assert!(
            sections.feed(&packet(false, &pat)).is_empty(),
            "not begun yet"
        );
        let first = [&[0][..], &pat[..5]].concat();
        assert!(sections.feed(&packet(true, &first)).is_empty());
        let rest = [&pat[5..], &[0xff; 20]].concat();
        assert_eq!(sections.feed(&packet(false, &rest)), vec![pat.clone()]);
        let twice = [&[0][..], &pat, &pat, &[0xff; 3]].concat();
        assert_eq!(sections.feed(&packet(true, &twice)).len(), 2);
        let mut broken = [&[0][..], &pat].concat();
        broken[6] ^= 1;
        assert!(sections.feed(&packet(true, &broken)).is_empty());
        assert!(sections.feed(&packet(true, &[200, 1, 2])).is_empty());
    }
}
