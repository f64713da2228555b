//! Whole streams of made-up pictures and sound: clock, tables, order.

use super::pes::START;
use super::pes::tests::{time_at, unit};
use super::*;

const SPS: &[u8] = &[0x67, 0x42, 0xc0, 0x1e];
const PPS: &[u8] = &[0x68, 0xce, 0x3c, 0x80];
const IDR: &[u8] = &[0x65, 0x88, 0x84];
const LC: &[u8] = &[0x11, 0x90];

/// What the tests look at in a packet.
#[derive(Debug)]
struct Seen {
    pid: u16,
    start: bool,
    random_access: bool,
    /// On our time line.
    clock: Option<i64>,
    payload: Vec<u8>,
}

fn packets(bytes: &[u8]) -> Vec<Seen> {
    assert_eq!(bytes.len() % 188, 0);
    bytes
        .chunks(188)
        .map(|packet| {
            let field = if packet[3] & 0x20 != 0 { packet[4] } else { 0 };
            let skip = usize::from(packet[3] >> 5 & 1) + usize::from(field);
            let clock = (field > 0 && packet[5] & 0x10 != 0).then(|| {
                let high = u32::from_be_bytes(packet[6..10].try_into().unwrap());
                i64::from(high) * 2 + i64::from(packet[10] >> 7) - START + DELAY
            });
            Seen {
                pid: u16::from_be_bytes([packet[1] & 0x1f, packet[2]]),
                start: packet[1] & 0x40 != 0,
                random_access: field > 0 && packet[5] & 0x40 != 0,
                clock,
                payload: packet[4 + skip..].to_vec(),
            }
        })
        .collect()
}

#[test]
fn times_wrap() {
    // Across the wrap of the clock, which a stream of 26.5 hours meets.
    let mut writer = TsWriter::new(Vec::new(), Some(VideoCodec::H264), false, None).unwrap();
    let wrap = (1 << 33) - START;
    for dts in [wrap - 3_600, wrap, wrap + DELAY, wrap + DELAY + 3_600] {
        writer.picture(&unit(&[IDR]), dts, dts, false, &[]).unwrap();
    }
    let (_, bytes) = writer.finish().unwrap();
    let clocks: Vec<i64> = packets(&bytes).iter().filter_map(|p| p.clock).collect();
    let wraps = clocks.windows(2).filter(|pair| pair[1] < pair[0]).count();
    assert_eq!((wraps, clocks.last()), (1, Some(&(3_600 - START + DELAY))));
}

#[test]
fn clock_and_tables_keep_their_intervals() {
    // Pictures from every 4 ms to every 3 s; the last is followed by sound alone.
    for frame in [360, 1_501, 3_600, 3_754, 9_000, 270_000] {
        let mut writer = TsWriter::new(Vec::new(), Some(VideoCodec::H264), true, None).unwrap();
        let mut sound = -2_100;
        for number in 0..40 {
            let dts = number * frame - 2 * frame.min(9_000);
            while sound <= dts {
                writer.sound(&[7; 300], LC, sound).unwrap();
                sound += 1_920;
            }
            writer
                .picture(
                    &unit(&[IDR]),
                    dts + frame,
                    dts,
                    number % 12 == 0,
                    &[SPS, PPS],
                )
                .unwrap();
        }
        for _ in 0..100 {
            writer.sound(&[7; 300], LC, sound).unwrap();
            sound += 1_920;
        }
        let (size, bytes) = writer.finish().unwrap();
        assert_eq!(size, bytes.len() as u64);
        check(&packets(&bytes), VIDEO_PID);
    }
}

#[test]
fn sound_alone_carries_the_clock() {
    for (config, ticks) in [(LC, 1_920), (&[0x15, 0x88][..], 11_520)] {
        let mut writer = TsWriter::new(Vec::new(), None, true, None).unwrap();
        for number in 0..100 {
            writer
                .sound(&[7; 300], config, number * ticks - 1_920)
                .unwrap();
        }
        let (_, bytes) = writer.finish().unwrap();
        check(&packets(&bytes), SOUND_PID);
    }
}

fn check(packets: &[Seen], clock_pid: u16) {
    let (mut clock, mut tables) = (None::<i64>, None::<i64>);
    for (number, packet) in packets.iter().enumerate() {
        if let Some(now) = packet.clock {
            assert_eq!(packet.pid, clock_pid);
            assert!(clock.is_none_or(|last| (0..=3_600).contains(&(now - last))));
            clock = Some(now);
            assert!(now - tables.unwrap() <= 9_000);
        }
        if packet.pid == PAT_PID {
            assert_eq!(packets[number + 1].pid, PMT_PID);
            // The clock that follows is the time of the tables.
            tables = packets[number..].iter().find_map(|packet| packet.clock);
        }
        if packet.random_access && packet.pid == VIDEO_PID {
            assert_eq!(packets[number - 1].pid, PMT_PID);
        }
        if packet.start && (packet.pid == VIDEO_PID || packet.pid == SOUND_PID) {
            let time = time_at(&packet.payload, 9) as i64 - START;
            let early = time - (clock.unwrap() - DELAY);
            assert!((0..=10 * 90_000).contains(&early), "{early}");
            if packet.pid == SOUND_PID {
                assert!(early <= 90_000, "{early}");
            }
        }
    }
}

#[test]
fn sound_is_collected() {
    let sizes = |len: usize, times: &[i64]| {
        let mut writer = TsWriter::new(Vec::new(), Some(VideoCodec::H264), true, None).unwrap();
        for pts in times {
            writer.sound(&vec![7; len], LC, *pts).unwrap();
        }
        let (_, bytes) = writer.finish().unwrap();
        packets(&bytes)
            .iter()
            .filter(|packet| packet.pid == SOUND_PID && packet.start)
            .map(|packet| {
                let length = u16::from_be_bytes([packet.payload[4], packet.payload[5]]);
                (usize::from(length) - 8) / (len + 7)
            })
            .collect::<Vec<_>>()
    };
    let even: Vec<i64> = (0..20).map(|number| number * 1_920).collect();
    assert_eq!(sizes(100, &even), [8, 8, 4]);
    assert_eq!(sizes(700, &even[..9]), [4, 4, 1]);
    assert_eq!(sizes(5_000, &even[..2]), [1, 1]);
    // A gap can't be told inside a packet.
    assert_eq!(sizes(100, &[0, 1_920, 3_841, 7_700, 9_620]), [3, 2]);
}

#[test]
fn misuse_is_told() {
    assert!(TsWriter::new(Vec::new(), None, false, None).is_err());
    let mut writer = TsWriter::new(Vec::new(), Some(VideoCodec::H264), false, None).unwrap();
    assert!(writer.sound(&[1], LC, 0).is_err());
    assert!(writer.picture(&unit(&[IDR]), 0, 1, true, &[]).is_err());
    assert_eq!(writer.position(), 0);
    for time in [i64::MIN, 0, i64::MAX, i64::MIN] {
        writer
            .picture(&unit(&[IDR]), time, time, true, &[])
            .unwrap();
    }
    let mut writer = TsWriter::new(Vec::new(), None, true, None).unwrap();
    assert!(writer.picture(&unit(&[IDR]), 0, 0, true, &[]).is_err());
    assert!(writer.sound(&[1], &[0x11, 0x80], 0).is_err());
    let (size, _) = writer.finish().unwrap();
    assert_eq!(size, 376, "tables of an empty stream");
}
