//! Tests of the writer: every file is read back element by element.

use super::*;
use crate::mux::VideoCoding;
use conform::VideoCodec;
use std::io::Cursor;

const MASTERS: [u32; 12] = [
    id::EBML,
    id::SEGMENT,
    id::SEEK_HEAD,
    0x4dbb,
    id::INFO,
    id::TRACKS,
    0xae,
    id::CLUSTER,
    id::BLOCK_GROUP,
    id::CUES,
    id::CUE_POINT,
    id::CUE_TRACK_POSITIONS,
];

/// An element that was read back: where it begins, and its children or its bytes.
#[derive(Debug)]
struct Element {
    id: u32,
    at: usize,
    children: Vec<Element>,
    bytes: Vec<u8>,
}

impl Element {
    fn all(&self, id: u32) -> Vec<&Self> {
        self.children.iter().filter(|e| e.id == id).collect()
    }

    fn one(&self, id: u32) -> &Self {
        let all = self.all(id);
        assert_eq!(all.len(), 1, "{id:x}");
        all[0]
    }

    fn value(&self, id: u32) -> u64 {
        self.one(id)
            .bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte))
    }
}

/// Reads `bytes[at..end]`, which has to be filled exactly.
fn read(bytes: &[u8], mut at: usize, end: usize) -> Vec<Element> {
    let number = |at: usize, keep_marker: bool| {
        let len = bytes[at].leading_zeros() as usize + 1;
        let value = bytes[at..at + len]
            .iter()
            .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        let mask = (1 << (7 * len)) - 1;
        (if keep_marker { value } else { value & mask }, at + len)
    };
    let mut elements = Vec::new();
    while at < end {
        let (id, size_at) = number(at, true);
        let (size, body) = number(size_at, false);
        let (id, body_end) = (u32::try_from(id).unwrap(), body + size as usize);
        assert!(body_end <= end, "{id:x} at {at} is longer than its parent");
        let is_master = MASTERS.contains(&id);
        elements.push(Element {
            id,
            at,
            children: if is_master {
                read(bytes, body, body_end)
            } else {
                Vec::new()
            },
            bytes: bytes[body..body_end].to_vec(),
        });
        at = body_end;
    }
    elements
}

/// The segment of a finished file; also where its body begins.
fn segment(bytes: &[u8]) -> (Element, usize) {
    let mut all = read(bytes, 0, bytes.len());
    assert_eq!(all.len(), 2, "an EBML head and a segment");
    let segment = all.pop().unwrap();
    let body = segment.at + 12;
    (segment, body)
}

/// Track, ticks and flags of all blocks in file order.
fn blocks(segment: &Element) -> Vec<(u8, i64, u8)> {
    let mut blocks = Vec::new();
    for cluster in segment.all(id::CLUSTER) {
        let base = cluster.value(id::TIMESTAMP) as i64;
        assert_eq!(cluster.children[0].id, id::TIMESTAMP);
        for element in &cluster.children[1..] {
            let bytes = match element.id {
                id::BLOCK_GROUP => &element.one(id::BLOCK).bytes,
                _ => &element.bytes,
            };
            let relative = i16::from_be_bytes([bytes[1], bytes[2]]);
            blocks.push((bytes[0] & 0x7f, base + i64::from(relative), bytes[3]));
        }
    }
    blocks
}

fn video_format() -> VideoFormat {
    VideoFormat {
        width: 320,
        height: 180,
        pixel_aspect: (1, 1),
        rotation: 0,
        time_scale: 30_000,
        coding: VideoCoding::of(VideoCodec::H264, vec![1; 40]),
        colour: (1, 1, 1),
        full_range: false,
    }
}

fn audio_format() -> AudioFormat {
    AudioFormat {
        language: None,
        sample_rate: 48_000,
        channels: 2,
        config: vec![0x11, 0x90],
        bit_rate: 0,
    }
}

fn writer() -> MatroskaWriter<Cursor<Vec<u8>>> {
    MatroskaWriter::new(Cursor::new(Vec::new())).unwrap()
}

fn finished(
    writer: MatroskaWriter<Cursor<Vec<u8>>>,
    video: Option<&VideoFormat>,
    audio: Option<MatroskaAudio<'_>>,
) -> Vec<u8> {
    let index = MatroskaIndex {
        timecode: None,
        video,
        duration: 4_000_000_000,
        frame_duration: Some(40_000_000),
        audio,
        language: Some("deu"),
    };
    let (size, out) = writer.finish(&index).unwrap();
    let bytes = out.into_inner();
    assert_eq!(size, bytes.len() as u64);
    bytes
}

/// 25 pictures a second with a key picture each second, and a frame of sound after each.
fn four_seconds() -> Vec<u8> {
    let mut writer = writer();
    for number in 0..100u64 {
        let key = number % 25 == 0;
        writer
            .write_video(&[number as u8; 700], number * 40_000_000, key)
            .unwrap();
        writer
            .write_audio(&[number as u8; 90], number * 40_000_000)
            .unwrap();
    }
    let (video, audio) = (video_format(), audio_format());
    let audio = MatroskaAudio {
        format: &audio,
        skip: 1024,
        play: 4 * 48_000,
        last_padding: 480,
    };
    finished(writer, Some(&video), Some(audio))
}

#[test]
fn the_seek_head_points_at_what_it_says() {
    let (segment, body) = segment(&four_seconds());
    assert_eq!(segment.children[0].id, id::SEEK_HEAD);
    let seeks = segment.one(id::SEEK_HEAD).all(0x4dbb);
    assert_eq!(seeks.len(), 3);
    for seek in seeks {
        let at = body + seek.value(0x53ac) as usize;
        let target = segment.one(seek.value(0x53ab) as u32);
        assert_eq!(target.at, at);
    }
    let info = segment.one(id::INFO);
    assert_eq!(info.value(0x2a_d7b1), TICK);
    assert_eq!(f64::from_bits(info.value(0x4489)), 40_000.0);
    assert_eq!(segment.one(id::TRACKS).all(0xae).len(), 2);
    assert_eq!(segment.children[3].id, id::VOID);
    assert_eq!(segment.children[4].at, body + HEAD);
}

#[test]
fn cues_point_at_the_clusters_of_key_pictures() {
    let (segment, body) = segment(&four_seconds());
    let clusters = segment.all(id::CLUSTER);
    assert_eq!(clusters.len(), 4);
    let points = segment.one(id::CUES).all(id::CUE_POINT);
    assert_eq!(points.len(), 4);
    for (number, point) in points.into_iter().enumerate() {
        let place = point.one(id::CUE_TRACK_POSITIONS);
        assert_eq!(place.value(id::CUE_TRACK), 1);
        let cluster = clusters[number];
        let position = place.value(id::CUE_CLUSTER_POSITION) as usize;
        assert_eq!(body + position, cluster.at);
        assert_eq!(point.value(id::CUE_TIME), number as u64 * 10_000);
        assert_eq!(cluster.value(id::TIMESTAMP), number as u64 * 10_000);
        assert_eq!(cluster.children[1].bytes[..4], [0x81, 0, 0, 0x80]);
    }
}

#[test]
fn blocks_keep_their_time_and_only_the_last_frame_is_padded() {
    let (segment, _) = segment(&four_seconds());
    let of = |track| {
        let mut blocks = blocks(&segment);
        blocks.retain(|block| block.0 == track);
        blocks
    };
    assert_eq!((of(1).len(), of(2).len()), (100, 100));
    assert!((0..100).all(|k| of(1)[k].1 == 400 * k as i64));
    assert!((0..100).all(|k| of(2)[k].1 == 400 * k as i64));
    let keys = of(1).iter().filter(|block| block.2 == 0x80).count();
    assert_eq!(keys, 4);
    let groups: Vec<&Element> = segment
        .all(id::CLUSTER)
        .into_iter()
        .flat_map(|cluster| cluster.all(id::BLOCK_GROUP))
        .collect();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].one(id::BLOCK).bytes[4..], [99; 90]);
    assert_eq!(groups[0].value(id::DISCARD_PADDING), 10_000_000);
}

#[test]
fn pictures_before_a_key_picture_have_negative_times() {
    let mut writer = writer();
    for (pts, key) in [(0, true), (120, false), (40, false), (80, false)] {
        writer.write_video(&[1], pts * 1_000_000, key).unwrap();
    }
    for (pts, key) in [(240, true), (160, false), (200, false)] {
        writer.write_video(&[1], pts * 1_000_000, key).unwrap();
    }
    let (segment, _) = segment(&finished(writer, Some(&video_format()), None));
    let times: Vec<i64> = blocks(&segment).iter().map(|block| block.1).collect();
    assert_eq!(times, [0, 1200, 400, 800, 2400, 1600, 2000]);
    assert_eq!(segment.all(id::CLUSTER).len(), 2);
}

#[test]
fn sound_alone_has_short_clusters_and_cues_of_its_own() {
    let mut writer = writer();
    for number in 0..1000u64 {
        let start = nanoseconds(number * 1024, 48_000);
        writer.write_audio(&[7; 10], start).unwrap();
    }
    let format = audio_format();
    let audio = MatroskaAudio {
        format: &format,
        skip: 0,
        play: 1_024_000,
        last_padding: 0,
    };
    let (segment, body) = segment(&finished(writer, None, Some(audio)));
    let clusters = segment.all(id::CLUSTER);
    assert_eq!(clusters.len(), 9);
    let points = segment.one(id::CUES).all(id::CUE_POINT);
    assert_eq!(points.len(), 9);
    for (point, cluster) in points.into_iter().zip(clusters) {
        let place = point.one(id::CUE_TRACK_POSITIONS);
        assert_eq!(place.value(id::CUE_TRACK), 2);
        let position = place.value(id::CUE_CLUSTER_POSITION) as usize;
        assert_eq!(body + position, cluster.at);
    }
    let written = blocks(&segment);
    assert_eq!(written.len(), 1000);
    let exact = |k: i64| (k * 1024 * 10_000 + 24_000).div_euclid(48_000);
    assert!((0..1000).all(|k| written[k as usize].1 == exact(k)));
    let duration = f64::from_bits(segment.one(id::INFO).value(0x4489));
    assert!((duration - 213_333.333).abs() < 0.001, "{duration}");
}

#[test]
fn far_times_and_many_bytes_begin_a_cluster() {
    let mut writer = writer();
    // Sound that comes in long after the pictures it belongs to, and the other way round.
    for (audio, second) in [(false, 0), (true, 10), (false, 3), (true, 12), (false, 6)] {
        let time = second * 1_000_000_000;
        if audio {
            writer.write_audio(&[1], time).unwrap();
        } else {
            writer.write_video(&[1], time, false).unwrap();
        }
    }
    for number in 1..=4 {
        let picture = vec![1; 2_000_000];
        let pts = 6_000_000_000 + number;
        writer.write_video(&picture, pts, false).unwrap();
    }
    let position = writer.position();
    let bytes = finished(writer, Some(&video_format()), None);
    assert!(position > 8_000_000 && position < bytes.len() as u64);
    let (segment, _) = segment(&bytes);
    let mut times: Vec<(u8, i64)> = blocks(&segment)
        .iter()
        .map(|block| (block.0, block.1))
        .collect();
    times.sort_unstable();
    let video = [0, 30_000, 60_000, 60_001, 60_002, 60_003, 60_004];
    let audio = [100_000, 120_000];
    assert_eq!(
        times,
        video
            .map(|time| (1, time))
            .into_iter()
            .chain(audio.map(|time| (2, time)))
            .collect::<Vec<_>>()
    );
    let largest = segment.all(id::CLUSTER).iter().map(|c| c.bytes.len()).max();
    assert!(largest.unwrap() < LARGEST_CLUSTER + 2_100_000);
    assert!(segment.all(id::CUES).is_empty(), "there is no key picture");
}

#[test]
fn pictures_stay_in_order_when_they_are_less_than_a_tick_apart() {
    let mut writer = writer();
    let mut times = Vec::new();
    for pts in [0, 90_000, 30_000] {
        times.push(writer.picture_time(pts));
    }
    assert_eq!(times[0].as_ref().unwrap(), &0);
    assert_eq!(times[1].as_ref().unwrap(), &1);
    assert!(times[2].is_err(), "no tick is left between the two");
    let mut writer = self::writer();
    let times = [0, 400_000, 20_000, 50_000, 70_000, 1_000_000]
        .map(|pts| writer.picture_time(pts).unwrap());
    assert_eq!(times, [0, 4, 1, 2, 3, 10]);
}

#[test]
fn nothing_at_all_and_too_much_in_the_head() {
    let (segment, _) = segment(&finished(writer(), None, None));
    assert!(segment.all(id::CLUSTER).is_empty());
    assert_eq!(segment.one(id::SEEK_HEAD).all(0x4dbb).len(), 2);
    let format = VideoFormat {
        coding: VideoCoding::of(VideoCodec::H264, vec![0; HEAD]),
        ..video_format()
    };
    let index = MatroskaIndex {
        timecode: None,
        video: Some(&format),
        duration: 0,
        frame_duration: None,
        audio: None,
        language: None,
    };
    assert!(writer().finish(&index).is_err());
}
