//! An edit is cut alike whatever form it was written in, and no text does harm.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use interchange::{
    Clip, Counting, Gap, Item, Media, PlainTrack, Programme, Range, Time, Track, TrackKind,
    Transition, read_edl, read_fcpxml, write_clip_list, write_edl, write_fcpxml,
};
use mediatime::FrameRate;
use proptest::prelude::*;

fn counting() -> impl Strategy<Value = Counting> {
    prop::sample::select(vec![
        "23.976", "24", "25", "29.97", "29.97df", "30", "50", "59.94", "59.94df", "60",
    ])
    .prop_map(|text| text.parse().unwrap())
}

/// What stands on a track, in frames.
#[derive(Clone, Debug)]
enum Piece {
    Clip {
        medium: u8,
        first: i64,
        frames: i64,
    },
    Gap(i64),
    /// A dissolve before the next clip.
    Mix {
        before: i64,
        behind: i64,
    },
}

/// A clip of 30 frames at least, so that dissolves of at most 20 fit.
fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let clip =
        (0_u8..4, 20_i64..100_000, 60_i64..500).prop_map(|(medium, first, frames)| Piece::Clip {
            medium,
            first,
            frames,
        });
    let before = prop_oneof![
        3 => Just(None),
        1 => (1_i64..200).prop_map(|frames| Some(Piece::Gap(frames))),
        1 => (0_i64..20, 0_i64..20).prop_map(|(before, behind)| Some(Piece::Mix { before, behind })),
    ];
    prop::collection::vec((before, clip), 1..6).prop_map(|pairs| {
        let mut pieces = Vec::new();
        for (before, clip) in pairs {
            match before {
                // Nothing is in front of the first: there it is a fade, which reaches behind only.
                Some(Piece::Mix { behind, .. }) if pieces.is_empty() => {
                    pieces.push(Piece::Mix { before: 0, behind });
                }
                before => pieces.extend(before),
            }
            pieces.push(clip);
        }
        pieces
    })
}

fn track(name: &str, kind: TrackKind, pieces: &[Piece], rate: FrameRate) -> Track {
    let items = pieces.iter().map(|piece| match piece {
        Piece::Clip {
            medium,
            first,
            frames,
        } => {
            let media = match medium {
                3 => Media::File("relative/ü %20.mov".to_owned()),
                medium => Media::File(format!("/media/take {medium}.mov")),
            };
            let mut clip = Clip::new(
                format!("clip {medium}"),
                media,
                Some(Range::frames(*first, *frames, rate)),
            );
            clip.available = Some(Range::frames(0, 200_000, rate));
            clip.into()
        }
        Piece::Gap(frames) => Item::Gap(Gap::new(Time::frames(*frames, rate))),
        Piece::Mix { before, behind } => Item::Transition(Transition {
            name: String::new(),
            kind: "SMPTE_Dissolve".to_owned(),
            in_offset: Some(Time::frames(*before, rate)),
            out_offset: Some(Time::frames(*behind, rate)),
            kept: Default::default(),
        }),
    });
    Track::new(name, kind, items.collect())
}

/// What the workstation would cut, without where it stood.
fn cut(programme: &Programme) -> Vec<PlainTrack> {
    let (mut tracks, _) = programme.plain_tracks().unwrap();
    for track in &mut tracks {
        track.place.clear();
        for clip in &mut track.clips {
            clip.place.clear();
            // Only a transition of some length is one.
            let nothing = mediatime::RationalTime::ZERO;
            clip.head = clip.head.filter(|head| head.before + head.behind > nothing);
        }
    }
    tracks
}

/// The same with each dissolve's cut where it begins, as lists have it.
fn early(pieces: &[Piece]) -> Vec<Piece> {
    let mut early = pieces.to_vec();
    for at in 0..early.len() {
        let Piece::Mix { before, behind } = early[at].clone() else {
            continue;
        };
        early[at] = Piece::Mix {
            before: 0,
            behind: before + behind,
        };
        if let Some(Piece::Clip { frames, .. }) = at.checked_sub(1).and_then(|at| early.get_mut(at))
        {
            *frames -= before;
        }
        if let Some(Piece::Clip { first, frames, .. }) = early.get_mut(at + 1) {
            *first -= before;
            *frames += before;
        }
    }
    early
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lists_cut_the_same(pictures in pieces(), sound in prop::option::of(pieces()), counting in counting(), start in 0_i64..1_000_000) {
        let rate = counting.rate();
        let mut programme = Programme::new("p");
        programme.start = (start > 0).then(|| Time::frames(start, rate));
        programme.tracks = vec![track("V1", TrackKind::Video, &early(&pictures), rate)];
        let sound = sound.map(|sound| track("A1", TrackKind::Audio, &early(&sound), rate));
        programme.tracks.extend(sound);
        let (text, _) = write_edl(&programme, counting).unwrap();
        let (again, _) = read_edl(&text, counting).unwrap();
        prop_assert_eq!(again.start, programme.start);
        prop_assert_eq!(cut(&again), cut(&programme), "{}", text);
        prop_assert_eq!(&write_edl(&again, counting).unwrap().0, &text);
        // With the cuts elsewhere in the dissolves it is the same list.
        programme.tracks[0] = track("V1", TrackKind::Video, &pictures, rate);
        prop_assert_eq!(&write_edl(&programme, counting).unwrap().0, &text);
        prop_assert_eq!(write_clip_list(&programme, counting).is_ok(), true);
    }

    #[test]
    fn xml_cuts_the_same(tracks in prop::collection::vec((any::<bool>(), pieces()), 0..4), lowest in pieces(), counting in counting(), start in 0_i64..1_000_000) {
        let rate = counting.rate();
        let mut programme = Programme::new("p");
        programme.start = (start > 0).then(|| Time::frames(start, rate));
        programme.tracks = vec![track("V1", TrackKind::Video, &lowest, rate)];
        for (sound, pieces) in tracks {
            let kind = if sound { TrackKind::Audio } else { TrackKind::Video };
            programme.tracks.push(track("T", kind, &pieces, rate));
        }
        let (text, issues) = write_fcpxml(&programme).unwrap();
        prop_assert_eq!(issues, vec![]);
        let (again, issues) = read_fcpxml(&text).unwrap();
        prop_assert_eq!(issues, vec![]);
        prop_assert_eq!(again.start, programme.start);
        prop_assert_eq!(cut(&again), cut(&programme), "{}", text);
    }

    #[test]
    fn no_text_does_harm(text in any::<String>(), lines in "([0-9]{1,3} [A-Z]{1,4} [VAB/12]{1,4} [CDWK] ?[0-9]{0,3}( [0-9]{2}:[0-9]{2}:[0-9]{2}[:;][0-9]{2}){4}\n){0,6}", counting in counting()) {
        for text in [&text, &lines] {
            if let Ok((programme, _)) = read_edl(text, counting) {
                let _ = programme.plain_tracks();
                let _ = write_edl(&programme, counting);
            }
            let _ = read_fcpxml(text);
        }
    }
}
