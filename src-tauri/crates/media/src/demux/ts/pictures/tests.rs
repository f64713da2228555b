//! Access units from byte streams made by hand.

use super::*;
use proptest::prelude::*;

/// 1920×1080 High, 4 bits of frame_num, 6 bits of picture order.
const SPS: &[u8] = &[
    0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x44, 0x00, 0x00, 0x03,
    0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc6, 0x58,
];
const PPS: &[u8] = &[0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0];

fn bits(fields: &[(u32, u32)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut used = 0;
    for (value, count) in fields {
        for shift in (0..*count).rev() {
            if used % 8 == 0 {
                bytes.push(0);
            }
            *bytes.last_mut().unwrap() |= ((value >> shift & 1) as u8) << (7 - used % 8);
            used += 1;
        }
    }
    bytes
}

/// A slice of `len` bytes; `first` is its first macroblock, 0 or 1.
fn slice(idr: bool, frame_num: u32, lsb: u32, first: u32, len: usize) -> Vec<u8> {
    let kind = if idr { (8, 7) } else { (6, 5) };
    let first = if first == 0 { (1, 1) } else { (2, 3) };
    let mut fields = vec![first, kind, (1, 1), (frame_num, 4)];
    if idr {
        fields.push((1, 1));
    }
    fields.push((lsb, 6));
    let mut nal = vec![if idr { 0x65 } else { 0x41 }];
    nal.extend(bits(&fields));
    nal.resize(len.max(nal.len()), 0x55);
    nal
}

fn unit(nals: &[Vec<u8>]) -> Vec<u8> {
    nals.iter()
        .enumerate()
        .fold(Vec::new(), |mut bytes, (i, nal)| {
            bytes.extend_from_slice(if i == 0 { &[0, 0, 0, 1] } else { &[0, 0, 1] });
            bytes.extend_from_slice(nal);
            bytes
        })
}

fn film() -> Vec<Vec<u8>> {
    let aud = || vec![9, 0xf0];
    vec![
        unit(&[aud(), SPS.to_vec(), PPS.to_vec(), slice(true, 0, 0, 0, 300)]),
        unit(&[aud(), slice(false, 1, 4, 0, 40), slice(false, 1, 4, 1, 500)]),
        unit(&[slice(false, 2, 2, 0, 30)]),
        unit(&[slice(false, 3, 8, 0, 20), slice(false, 3, 8, 1, 10)]),
        unit(&[
            aud(),
            SPS.to_vec(),
            PPS.to_vec(),
            slice(true, 0, 0, 0, 90_000),
        ]),
    ]
}

fn split(pieces: &[(Option<i64>, &[u8])]) -> PictureSplitter {
    let mut splitter = PictureSplitter::default();
    let mut places = Places::default();
    let mut position = 0;
    for (pts, bytes) in pieces {
        if let Some(pts) = pts {
            let start = PesStart {
                position,
                pts: Some(*pts),
                dts: Some(*pts),
                random_access: false,
            };
            splitter.begin(start, &mut places).unwrap();
        }
        splitter.data(bytes, &mut places).unwrap();
        position += bytes.len() as u64;
    }
    splitter.finish(&mut places).unwrap();
    splitter
}

fn lengths(splitter: &PictureSplitter) -> Vec<usize> {
    splitter
        .units
        .iter()
        .map(|unit| unit.location.len as usize)
        .collect()
}

#[test]
fn pictures_part_with_and_without_delimiters() {
    let film = film();
    let pieces: Vec<(Option<i64>, &[u8])> = film
        .iter()
        .enumerate()
        .map(|(i, unit)| (Some(i as i64 * 10), unit.as_slice()))
        .collect();
    let splitter = split(&pieces);
    assert_eq!(
        lengths(&splitter),
        film.iter().map(Vec::len).collect::<Vec<_>>()
    );
    let pts: Vec<Option<i64>> = splitter.units.iter().map(|unit| unit.pts).collect();
    assert_eq!(pts, [0, 10, 20, 30, 40].map(Some));
    let kinds: Vec<UnitKind> = splitter.units.iter().map(|unit| unit.kind).collect();
    use UnitKind::{Delta, Idr};
    assert_eq!(kinds, [Idr, Delta, Delta, Delta, Idr]);
    let order: Vec<Option<i64>> = splitter.units.iter().map(|unit| unit.order).collect();
    assert_eq!(order, [0, 4, 2, 8, 0].map(Some));
    assert_eq!(splitter.configs.len(), 1);
}

#[test]
fn several_pictures_in_a_packet_and_one_in_several() {
    let film = film();
    let all = film.concat();
    let splitter = split(&[(Some(7), &all)]);
    assert_eq!(
        lengths(&splitter),
        film.iter().map(Vec::len).collect::<Vec<_>>()
    );
    let pts: Vec<Option<i64>> = splitter.units.iter().map(|unit| unit.pts).collect();
    assert_eq!(pts, [Some(7), None, None, None, None]);
    // A time stamp belongs to the first unit that begins in its packet.
    let (a, b) = all.split_at(film[0].len() + 30);
    let splitter = split(&[(Some(1), a), (Some(2), b)]);
    let pts: Vec<Option<i64>> = splitter.units.iter().map(|unit| unit.pts).collect();
    assert_eq!(pts, [Some(1), None, Some(2), None, None]);
}

#[test]
fn a_stream_that_begins_in_the_middle_keeps_its_first_pictures() {
    let film = film();
    let all = film[2..].concat();
    let splitter = split(&[(Some(1), &all)]);
    assert_eq!(splitter.units.len(), 3);
    assert_eq!(splitter.units[0].config, None);
    assert_eq!(splitter.units[2].config, Some(0));
}

#[test]
fn two_fields_are_one_unit() {
    // Baseline, 320×192, frame_mbs_only_flag 0, 4 bits of frame_num, 6 of picture order.
    let sps = bits(&[
        (0x67, 8),
        (66, 8),
        (0, 8),
        (30, 8),
        (1, 1),
        (1, 1),
        (1, 1),
        (3, 3),
        (2, 3),
        (0, 1),
        (20, 9),
        (6, 5),
        (0, 1),
        (0, 1),
        (1, 1),
        (0, 1),
        (0, 1),
        (1, 1),
    ]);
    let pps = bits(&[
        (0x68, 8),
        (1, 1),
        (1, 1),
        (0, 2),
        (1, 1),
        (1, 1),
        (1, 1),
        (0, 3),
        (1, 1),
        (1, 1),
        (1, 1),
        (0, 3),
        (1, 1),
    ]);
    let field = |idr: bool, frame_num: u32, bottom: u32| {
        let kind = if idr { (8, 7) } else { (6, 5) };
        let mut fields = vec![(1, 1), kind, (1, 1), (frame_num, 4), (1, 1), (bottom, 1)];
        if idr {
            fields.push((1, 1));
        }
        fields.push((2 * frame_num + bottom, 6));
        let mut nal = vec![if idr { 0x65 } else { 0x41 }];
        nal.extend(bits(&fields));
        nal.resize(100, 0x55);
        nal
    };
    let aud = || vec![9, 0xf0];
    let frames = [
        unit(&[
            aud(),
            sps,
            pps,
            field(true, 0, 0),
            aud(),
            field(false, 0, 1),
        ]),
        unit(&[aud(), field(false, 1, 0), aud(), field(false, 1, 1)]),
        unit(&[field(false, 2, 1), field(false, 2, 0)]),
        unit(&[field(false, 3, 0)]),
        unit(&[field(false, 4, 0), field(false, 4, 1)]),
    ];
    let splitter = split(&[(Some(0), &frames.concat())]);
    assert_eq!(lengths(&splitter), frames.each_ref().map(Vec::len));
    assert_eq!(splitter.units[0].kind, UnitKind::Idr);
    assert!(splitter.configs[0].facts.interlaced);
}

proptest! {
    #[test]
    fn cuts_between_packets_change_nothing(cuts in proptest::collection::vec(0usize..1500, 0..40)) {
        let all = film().concat();
        let whole = split(&[(Some(0), &all)]);
        let mut cuts = cuts;
        cuts.sort_unstable();
        let mut pieces: Vec<(Option<i64>, &[u8])> = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([all.len()]) {
            pieces.push((pieces.is_empty().then_some(0), &all[from..cut]));
            from = cut;
        }
        let pieced = split(&pieces);
        prop_assert_eq!(lengths(&pieced), lengths(&whole));
        prop_assert_eq!(&pieced.configs, &whole.configs);
    }
}
