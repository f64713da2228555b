//! Packets of a transport stream (ISO/IEC 13818-1 §2.4.3).

use super::Part;

const PACKET: usize = 188;

/// Packets where each of them ought to be, in step or not.
pub(super) fn parts(file: &[u8]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut at = 0;
    while let Some(packet) = file.get(at..at + PACKET) {
        if packet[0] != 0x47 {
            match file[at..].iter().position(|byte| *byte == 0x47) {
                Some(ahead) => at += ahead,
                None => break,
            }
            continue;
        }
        let start = packet[1] & 0x40 != 0;
        let payload = packet.get(payload(packet)..).unwrap_or_default();
        // A section begins with a pointer, a packet of a stream with 00 00 01.
        let weight = match (start, payload) {
            (true, [0, 0, 1, ..]) => 20,
            (true, _) => 60,
            (false, _) => 1,
        };
        parts.push(Part {
            whole: at..at + PACKET,
            body: at + if start { self::payload(packet) } else { 4 },
            within: None,
            weight,
        });
        at += PACKET;
    }
    parts
}

/// Where the payload of a packet begins.
fn payload(packet: &[u8]) -> usize {
    let adaptation = if packet[3] & 0x20 != 0 {
        1 + usize::from(packet[4])
    } else {
        0
    };
    (4 + adaptation).min(PACKET)
}

/// The lengths there are: of an adaptation field, of a section, or of a packet of a stream.
pub(super) fn set_size(file: &mut [u8], part: &Part, size: u64) {
    let packet = &mut file[part.whole.clone()];
    let at = payload(packet);
    let bytes = size.to_be_bytes();
    match packet.get_mut(at..) {
        Some([0, 0, 1, _, high, low, ..]) => (*high, *low) = (bytes[6], bytes[7]),
        Some([0, _, high, low, ..]) => (*high, *low) = (bytes[6], bytes[7]),
        _ => packet[4] = bytes[7],
    }
}

/// Gives each section that lies in one packet its checksum (§2.4.4.1, annex A).
pub(super) fn seal(file: &mut [u8]) {
    for part in parts(file) {
        let packet = &mut file[part.whole];
        if packet[1] & 0x40 == 0 {
            continue;
        }
        let Some([pointer, rest @ ..]) = packet.get_mut(payload(packet)..) else {
            continue;
        };
        let Some(section) = rest.get_mut(usize::from(*pointer)..) else {
            continue;
        };
        // A packet of a stream begins with zeros too.
        let [table, high, low, ..] = *section else {
            continue;
        };
        let len = 3 + (usize::from(high & 0x0f) << 8 | usize::from(low));
        if !matches!(table, 0 | 2) || high & 0x80 == 0 || len < 8 || len > section.len() {
            continue;
        }
        let sum = checksum(&section[..len - 4]);
        section[len - 4..len].copy_from_slice(&sum.to_be_bytes());
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << 24, |crc, _| {
            let carry = crc >> 31 == 1;
            crc << 1 ^ if carry { 0x04c1_1db7 } else { 0 }
        })
    })
}
