//! What is written is read back the same, and no text does harm.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use interchange::{
    Clip, Gap, Item, Media, Programme, Range, Time, Track, TrackKind, Transition, read_otio,
    write_otio,
};
use mediatime::{FrameRate, RationalTime, TimeRange, Timestamp};
use proptest::prelude::*;

fn rate() -> impl Strategy<Value = FrameRate> {
    prop_oneof![
        Just(FrameRate::FPS_23_976),
        Just(FrameRate::FPS_25),
        Just(FrameRate::FPS_29_97),
        Just(FrameRate::FPS_59_94),
        Just(FrameRate::new(1_000_000_000, 1).unwrap()),
        (1_u32..200_000, 1_u32..3_000).prop_map(|(num, den)| FrameRate::new(num, den).unwrap()),
    ]
}

/// Whole counts of any size, and decimal ones as other programs write them.
fn time(counts: std::ops::Range<i64>) -> impl Strategy<Value = Time> {
    prop_oneof![
        4 => (counts, rate()).prop_map(|(count, rate)| Time::frames(count, rate)),
        1 => (0_i128..1_000_000_000, 1_u32..500).prop_map(|(thousandths, rate)| {
            let seconds = RationalTime::new(thousandths, 1_000 * u64::from(rate)).unwrap();
            Time::new(seconds, FrameRate::new(rate, 1).unwrap())
        }),
    ]
}

fn range() -> impl Strategy<Value = Range> {
    (time(-1_000_000..10_000_000_000), time(0..10_000_000_000))
        .prop_map(|(start, duration)| Range { start, duration })
}

fn id() -> impl Strategy<Value = String> {
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
}

fn media() -> impl Strategy<Value = Media> {
    let host = || prop::option::of("[a-z]{1,9}\\.example(:[0-9]{2,4})?");
    prop_oneof![
        "[^\0/\\\\][^\0]{0,20}"
            .prop_filter("blank or a drive", |path| !path.trim().is_empty()
                && path.get(1..2) != Some(":"))
            .prop_map(Media::File),
        "/[^\0/][^\0]{0,20}".prop_map(Media::File),
        (host(), id()).prop_map(|(host, flow)| Media::Tams { host, flow }),
        (host(), id()).prop_map(|(host, source)| Media::Source { host, source }),
        any::<String>().prop_map(|name| Media::Missing { name }),
    ]
}

fn clip() -> impl Strategy<Value = Clip> {
    let timerange =
        (0_i128..i128::from(i64::MAX), 1_i128..i128::from(u32::MAX)).prop_map(|(start, length)| {
            TimeRange::new(
                Timestamp::from_nanos(start).unwrap(),
                Timestamp::from_nanos(start + length).unwrap(),
            )
        });
    let plain = (
        any::<String>(),
        media(),
        prop::option::of(range()),
        prop::option::of(range()),
        any::<bool>(),
    )
        .prop_map(|(name, media, range, available, enabled)| {
            let mut clip = Clip::new(name, media, range);
            (clip.available, clip.enabled) = (available, enabled);
            clip
        });
    let of_flow = (any::<String>(), id(), timerange)
        .prop_map(|(name, flow, timerange)| Clip::of_flow(name, None, flow, timerange));
    prop_oneof![plain, of_flow]
}

fn item() -> impl Strategy<Value = Item> {
    let transition = (
        any::<String>(),
        prop::option::of(time(0..1_000)),
        prop::option::of(time(0..9)),
    );
    prop_oneof![
        4 => clip().prop_map(Item::from),
        1 => time(0..1_000_000).prop_map(|time| Item::Gap(Gap::new(time))),
        1 => transition.prop_map(|(kind, in_offset, out_offset)| Item::Transition(Transition {
            name: String::new(),
            kind,
            in_offset,
            out_offset,
            kept: Default::default(),
        })),
    ]
}

fn programme() -> impl Strategy<Value = Programme> {
    let kind = prop_oneof![
        Just(TrackKind::Video),
        Just(TrackKind::Audio),
        Just(TrackKind::Other("Subtitle".to_owned())),
    ];
    let track = (
        any::<String>(),
        kind,
        prop::collection::vec(item(), 0..6),
        any::<bool>(),
    );
    let tracks = prop::collection::vec(track, 0..4);
    (
        any::<String>(),
        prop::option::of(time(0..10_000_000)),
        prop::option::of(id()),
        tracks,
    )
        .prop_map(|(title, start, rendered_source, tracks)| Programme {
            start,
            rendered_source,
            tracks: tracks
                .into_iter()
                .map(|(name, kind, items, enabled)| {
                    let mut track = Track::new(name, kind, items);
                    track.enabled = enabled;
                    track
                })
                .collect(),
            ..Programme::new(title)
        })
}

/// The programme without what only a file has.
fn bare(programme: &Programme) -> Programme {
    let mut bare = programme.clone();
    bare.kept = Default::default();
    bare.kept_stack = Default::default();
    for track in &mut bare.tracks {
        track.kept = Default::default();
        for item in &mut track.items {
            match item {
                Item::Clip(clip) => clip.kept = Default::default(),
                Item::Gap(gap) => gap.kept = Default::default(),
                Item::Transition(transition) => transition.kept = Default::default(),
                Item::Other(_) => {}
            }
        }
    }
    bare
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(programme in programme()) {
        let text = write_otio(&programme);
        let (read, issues) = read_otio(&text).unwrap();
        prop_assert_eq!(issues, vec![]);
        prop_assert_eq!(bare(&read), programme.clone());
        prop_assert_eq!(&write_otio(&read), &text);
        let cut = programme.plain_tracks();
        prop_assert_eq!(read.plain_tracks(), cut);
    }

    #[test]
    fn no_text_does_harm(text in any::<String>()) {
        let _ = read_otio(&text);
    }

    /// A good file with one stretch of it replaced.
    #[test]
    fn no_damage_does_harm(programme in programme(), at in 0.0..1.0, length in 0_usize..40, new in "[-0-9.eE{}\\[\\]\",:a-z]{0,12}") {
        let text = write_otio(&programme);
        let chars: Vec<char> = text.chars().collect();
        let start = (chars.len() as f64 * at) as usize;
        let end = (start + length).min(chars.len());
        let damaged: String = chars[..start].iter().copied().chain(new.chars()).chain(chars[end..].iter().copied()).collect();
        if let Ok((programme, _)) = read_otio(&damaged) {
            let _ = programme.plain_tracks();
            let again = read_otio(&write_otio(&programme));
            prop_assert!(again.is_ok());
        }
    }

    /// Any number as value or rate: read, or said not to be.
    #[test]
    fn any_number_is_a_time_or_none(value in any::<f64>(), rate in any::<f64>(), other in -1e20..1e20) {
        for (value, rate) in [(value, rate), (value, 24.0), (other, 23.976), (1.0, rate), (other, other)] {
            let time = serde_json::json!({"value": value, "rate": rate});
            let range = serde_json::json!({"start_time": time, "duration": time});
            let clip = serde_json::json!({"OTIO_SCHEMA": "Clip.2", "source_range": range, "media_references": {
                "DEFAULT_MEDIA": {"OTIO_SCHEMA": "ExternalReference.1", "target_url": "a", "available_range": range}}});
            let track = serde_json::json!({"OTIO_SCHEMA": "Track.1", "kind": "Video", "children": [clip]});
            let file = serde_json::json!({"OTIO_SCHEMA": "Timeline.1", "global_start_time": time,
                "tracks": {"OTIO_SCHEMA": "Stack.1", "children": [track]}});
            let (programme, _) = read_otio(&file.to_string()).unwrap();
            let _ = programme.plain_tracks();
            let _ = write_otio(&programme);
        }
    }
}
