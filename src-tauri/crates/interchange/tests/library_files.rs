//! Files that OpenTimelineIO's own library (0.18.1) has written.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use interchange::{Issue, PlainClip, Point, Programme, read_otio, write_otio};
use mediatime::{FrameRate, RationalTime};
use serde_json::Value;

fn read(text: &str) -> (Programme, Vec<String>) {
    let (programme, issues) = read_otio(text).unwrap();
    (programme, issues.iter().map(Issue::to_string).collect())
}

/// The clips of a programme of one track.
fn cut(programme: &Programme) -> (Vec<PlainClip>, Vec<Issue>) {
    let (mut tracks, issues) = programme.plain_tracks().unwrap();
    assert_eq!(tracks.len(), 1);
    assert!(tracks[0].pictures && tracks[0].sound);
    (tracks.remove(0).clips, issues)
}

fn clips(text: &str) -> Vec<PlainClip> {
    cut(&read(text).0).0
}

/// Reference and points in frames of `rate`, or in flow time.
fn told(clips: &[PlainClip], rate: FrameRate) -> Vec<String> {
    let point = |point: Option<Point>| match point {
        Some(Point::Offset(time)) => {
            let frame = rate.nearest_frame(time);
            assert_eq!(rate.frame_start(frame), time);
            frame.to_string()
        }
        Some(Point::Absolute(at)) => at.to_string(),
        None => String::new(),
    };
    clips
        .iter()
        .map(|clip| {
            let (from, to) = (point(clip.mark_in), point(clip.mark_out));
            format!("{}@{from}..{to}", clip.reference)
        })
        .collect()
}

#[test]
fn files_are_written_as_they_were_read() {
    for text in [
        include_str!("otio/simple.otio"),
        include_str!("otio/clip1.otio"),
        include_str!("otio/transition.otio"),
        include_str!("otio/nested.otio"),
        include_str!("otio/r2997.otio"),
        include_str!("otio/references.otio"),
        include_str!("otio/several.otio"),
    ] {
        let (programme, issues) = read(text);
        assert_eq!(issues, [""; 0]);
        let was: Value = serde_json::from_str(text).unwrap();
        let is: Value = serde_json::from_str(&write_otio(&programme)).unwrap();
        assert_eq!(is, was);
    }
}

#[test]
fn clips_of_both_versions_are_cut_alike() {
    let wanted = ["/media/a b.mp4@10..30", "media/c.mp4@10..40"];
    for text in [
        include_str!("otio/simple.otio"),
        include_str!("otio/clip1.otio"),
    ] {
        let (programme, _) = read(text);
        assert_eq!(programme.rate(), Some(FrameRate::FPS_24));
        let (clips, issues) = cut(&programme);
        assert_eq!(told(&clips, FrameRate::FPS_24), wanted);
        assert_eq!(issues, [], "the sound mirrors the pictures");
    }
}

#[test]
fn transitions_markers_and_nesting_are_told() {
    let (programme, _) = read(include_str!("otio/transition.otio"));
    let (shown, issues) = cut(&programme);
    assert_eq!(
        told(&shown, FrameRate::FPS_24),
        ["/a.mov@10..60", "/b.mov@10..60"]
    );
    assert!(shown[1].head.is_some(), "the dissolve");
    assert_eq!(issues.len(), 1, "the marker");
    assert_eq!(
        told(&clips(include_str!("otio/nested.otio")), FrameRate::FPS_24),
        [
            "/a.mov@0..9",
            "/n.mov@0..10",
            "/n.mov@20..30",
            "/n.mov@0..10",
            "/n.mov@20..30"
        ]
    );
}

#[test]
fn a_rounded_rate_is_exact() {
    let clips = clips(include_str!("otio/r2997.otio"));
    assert_eq!(
        told(&clips, FrameRate::FPS_29_97),
        ["/a.mov@108..185", "/a.mov@107..108"]
    );
}

#[test]
fn exact_timeranges_win_over_floats() {
    let (programme, issues) = read(include_str!("otio/tams.otio"));
    assert_eq!(issues.len(), 1, "the stale timerange: {issues:?}");
    let (clips, _) = cut(&programme);
    let link =
        |kind| format!("tams://tams.example.com/{kind}/9bb414a5-862c-494f-86ce-8e2720ecc315");
    let told = told(&clips, FrameRate::FPS_50);
    assert_eq!(
        told[0],
        format!(
            "{}@1723124225:433333333..1723124227:433333333",
            link("flows")
        )
    );
    assert!(told[3].starts_with(&link("sources")));
    let quarter = RationalTime::new(256, 1_000_000_000).unwrap();
    let slack: Vec<RationalTime> = clips.iter().map(|clip| clip.slack).collect();
    assert_eq!(
        slack,
        [RationalTime::ZERO, quarter, quarter, quarter, quarter]
    );
}

#[test]
fn what_stands_in_the_way_is_named() {
    let references = read(include_str!("otio/references.otio")).0;
    assert_eq!(references.plain_tracks().unwrap_err().len(), 4);
}

#[test]
fn several_tracks_are_cut() {
    let (programme, _) = read(include_str!("otio/several.otio"));
    let (tracks, issues) = programme.plain_tracks().unwrap();
    let told: Vec<_> = tracks
        .iter()
        .map(|track| {
            (
                track.place.as_str(),
                track.clips.len(),
                track.pictures,
                track.sound,
            )
        })
        .collect();
    let shown = |place| (place, 1, true, false);
    let mut wanted = vec![shown("track V1"), shown("track V2"), shown("track V3")];
    wanted.push(("track A1", 1, false, true));
    assert_eq!(told, wanted);
    assert_eq!(issues.len(), 1, "{issues:?}");
}
