//! The clips in order, and everything that stands in the way.

use super::*;
use crate::{Gap, Range, read_otio};
use mediatime::FrameRate;
use serde_json::json;

const ID: &str = "9bb414a5-862c-494f-86ce-8e2720ecc315";
const RATE: FrameRate = FrameRate::FPS_29_97;

fn clip(name: &str, first: i64, count: i64) -> Clip {
    let media = Media::File(format!("{name}.mov"));
    Clip::new(name, media, Some(Range::frames(first, count, RATE)))
}

fn picture(items: Vec<Item>) -> Programme {
    Programme {
        tracks: vec![Track::new("V1", TrackKind::Video, items)],
        ..Programme::new("p")
    }
}

fn offsets(first: i64, end: i64) -> (Option<Point>, Option<Point>) {
    let point = |frame| Some(Point::Offset(RATE.frame_start(frame)));
    (point(first), point(end))
}

fn marks(clip: &PlainClip) -> (Option<Point>, Option<Point>) {
    (clip.mark_in, clip.mark_out)
}

/// The clips of a programme of one track.
fn cut(programme: &Programme) -> Result<(Vec<PlainClip>, Vec<Issue>), Vec<Issue>> {
    let (mut tracks, issues) = programme.plain_tracks()?;
    assert_eq!(tracks.len(), 1);
    Ok((tracks.remove(0).clips, issues))
}

fn blocks(programme: &Programme) -> Vec<String> {
    let issues = cut(programme).unwrap_err();
    issues.iter().map(Issue::to_string).collect()
}

fn notes(programme: &Programme) -> Vec<String> {
    let (_, issues) = cut(programme).unwrap();
    issues.iter().map(Issue::to_string).collect()
}

#[test]
fn points_count_from_the_medium() {
    let mut timecode = clip("a", 107_892 + 10, 77);
    timecode.available = Some(Range::frames(107_892, 5000, RATE));
    let mut whole = clip("c", 0, 0);
    whole.range = None;
    whole.name.clear();
    let programme = picture(vec![timecode.into(), clip("b", 5, 1).into(), whole.into()]);
    let (clips, issues) = cut(&programme).unwrap();
    assert_eq!(issues, []);
    assert_eq!(marks(&clips[0]), offsets(10, 87));
    assert_eq!(marks(&clips[1]), offsets(5, 6));
    assert_eq!(marks(&clips[2]), (None, None));
    assert_eq!(clips[0].place, "track V1, item 1, clip a");
    let labels: Vec<&str> = clips.iter().map(|clip| clip.label.as_str()).collect();
    assert_eq!(labels, ["a", "b", "c.mov"]);
}

#[test]
fn flows_have_absolute_points() {
    let exact = "[1723124225:433333333_1723124227:0)".parse().unwrap();
    let host = || Some("a.example".to_owned());
    let mut floats = Clip::of_flow("f", host(), ID, exact);
    floats.timerange = None;
    let mut shifted = Clip::of_flow("s", None, ID, "[10:0_11:0)".parse().unwrap());
    let reference = json!({
        "OTIO_SCHEMA": "ExternalReference.1",
        "metadata": {"bbc.github.io/tams": {"available_range_offset": "5:0"}},
    });
    shifted.kept.0 = json!({"media_reference": reference})
        .as_object()
        .unwrap()
        .clone();
    let mut frames = Clip::of_flow("n", None, ID, exact);
    frames.range = Some(Range::frames(2, 1, RATE));
    let items = vec![
        Clip::of_flow("e", host(), ID, exact).into(),
        floats.into(),
        shifted.clone().into(),
        frames.into(),
    ];
    let (clips, issues) = cut(&picture(items)).unwrap();
    let at = |text: &str| Some(Point::Absolute(text.parse().unwrap()));
    let both = (at("1723124225:433333333"), at("1723124227:0"));
    assert_eq!((marks(&clips[0]), marks(&clips[1])), (both, both));
    assert_eq!(clips[0].reference, format!("tams://a.example/flows/{ID}"));
    assert_eq!(clips[2].reference, format!("flow:{ID}"));
    assert_eq!(marks(&clips[2]), (at("15:0"), at("16:0")));
    assert_eq!(marks(&clips[3]), (at("0:66733333"), at("0:100100000")));
    assert_eq!(clips[0].slack, RationalTime::ZERO);
    assert_eq!(clips[1].slack.ceil_ticks(1_000_000_000), 256);
    assert_eq!(issues.len(), 1);

    let mut bad = shifted;
    bad.kept.0["media_reference"]["metadata"]["bbc.github.io/tams"]["available_range_offset"] =
        json!("x");
    assert!(blocks(&picture(vec![bad.into()]))[0].contains("`x` is no timestamp"));
}

#[test]
fn transitions_lie_on_cuts_and_nothing_moves() {
    let dissolve = Transition {
        name: "x".to_owned(),
        kind: "SMPTE_Dissolve".to_owned(),
        in_offset: Some(Time::frames(3, RATE)),
        out_offset: Some(Time::frames(1, RATE)),
        kept: Kept::default(),
    };
    let items = vec![
        clip("a", 0, 9).into(),
        Item::Transition(dissolve),
        clip("b", 5, 9).into(),
    ];
    let programme = picture(items);
    let (clips, _) = cut(&programme).unwrap();
    assert_eq!(
        (marks(&clips[0]), marks(&clips[1])),
        (offsets(0, 9), offsets(5, 14))
    );
    let wanted = PlainTransition {
        before: RATE.frame_start(3),
        behind: RATE.frame_start(1),
    };
    assert_eq!((clips[1].head, clips[0].tail), (Some(wanted), None));
    assert_eq!(notes(&programme), [""; 0]);
}

#[test]
fn transitions_into_nothing_are_fades() {
    let fade = |kind: &str, before, behind| {
        Item::Transition(Transition {
            name: String::new(),
            kind: kind.to_owned(),
            in_offset: Some(Time::frames(before, RATE)),
            out_offset: Some(Time::frames(behind, RATE)),
            kept: Kept::default(),
        })
    };
    let gap = || Item::Gap(Gap::new(Time::frames(20, RATE)));
    let programme = picture(vec![
        fade("SMPTE_Dissolve", 0, 4),
        clip("a", 0, 9).into(),
        fade("", 2, 1),
        gap(),
        fade("Barn_Doors", 1, 3),
        clip("b", 0, 9).into(),
        fade("SMPTE_Dissolve", 5, 0),
    ]);
    let (clips, issues) = cut(&programme).unwrap();
    let frames = |transition: Option<PlainTransition>| {
        let count = |time| RATE.nearest_frame(time);
        transition.map(|found| (count(found.before), count(found.behind)))
    };
    let found: Vec<_> = clips
        .iter()
        .map(|clip| (frames(clip.head), frames(clip.tail)))
        .collect();
    assert_eq!(
        found,
        [(Some((0, 4)), Some((2, 1))), (Some((1, 3)), Some((5, 0)))]
    );
    let issues: Vec<String> = issues.iter().map(Issue::to_string).collect();
    assert_eq!(
        issues,
        ["track V1, item 5, transition: Barn_Doors becomes a dissolve"]
    );
}

#[test]
fn gaps_matter_when_something_follows() {
    let gap = |frames| Item::Gap(Gap::new(Time::frames(frames, RATE)));
    let mut off = clip("off", 0, 9);
    off.enabled = false;
    let programme = picture(vec![
        gap(0),
        clip("a", 0, 9).into(),
        gap(48),
        off.clone().into(),
    ]);
    assert_eq!(
        notes(&programme),
        [
            "track V1, item 3, gap: a gap of 48 frames at the end of the track: left out",
            "track V1, item 4, clip off: a clip that is switched off at the end of the track: left out",
        ]
    );
    let mut unknown = off.clone();
    unknown.range = None;
    let programme = picture(vec![
        gap(48),
        off.into(),
        clip("a", 0, 9).into(),
        clip("b", 0, 9).into(),
    ]);
    let (clips, issues) = cut(&programme).unwrap();
    let frames = |frames| Time::frames(frames, RATE).seconds();
    assert_eq!(
        clips[0].gap,
        frames(48 + 9),
        "what is switched off leaves its room"
    );
    assert_eq!(clips[1].gap, frames(0));
    assert!(issues.is_empty(), "{issues:?}");
    let programme = picture(vec![unknown.into(), clip("a", 0, 9).into()]);
    assert_eq!(
        blocks(&programme),
        [
            "track V1, item 1, clip off: a clip that is switched off: how much room it leaves is not known, take it out",
        ]
    );
}

#[test]
fn what_stands_in_the_way_is_named() {
    let mut warped = clip("w", 0, 9);
    warped.kept.0 = json!({"effects": [
        {"OTIO_SCHEMA": "LinearTimeWarp.1", "time_scalar": 2.0},
        {"OTIO_SCHEMA": "LinearTimeWarp.1", "time_scalar": 1.0},
        {"OTIO_SCHEMA": "FreezeFrame.1", "enabled": false},
    ]})
    .as_object()
    .unwrap()
    .clone();
    let mut early = clip("e", 5, 9);
    early.available = Some(Range::frames(6, 9, RATE));
    let missing = |name: &str| Media::Missing {
        name: name.to_owned(),
    };
    let bars = Media::Other {
        schema: "GeneratorReference.1".to_owned(),
        url: "bars".to_owned(),
    };
    let media = |media| Item::from(Clip::new("m", media, None));
    let mut programme = picture(vec![
        warped.into(),
        early.into(),
        media(missing("")),
        media(missing("tape 1")),
        media(bars),
    ]);
    programme.tracks[0].kept.0 = json!({"source_range": {}}).as_object().unwrap().clone();
    assert_eq!(
        blocks(&programme),
        [
            "track V1: it shows only a part of itself, which can't be cut yet",
            "track V1, item 1, clip w: its speed is changed to 2.0 (LinearTimeWarp), which can't be cut yet",
            "track V1, item 2, clip e: it starts 1 frame before its medium does",
            "track V1, item 3, clip m: it has no medium",
            "track V1, item 4, clip m: its medium tape 1 is missing",
            "track V1, item 5, clip m: its medium is GeneratorReference.1 bars, which can't be cut",
        ]
    );
}

#[test]
fn picture_tracks_lie_on_one_another() {
    let programme = Programme::new("p");
    assert_eq!(
        blocks(&programme),
        ["the timeline: there is no picture track with a clip on it"]
    );
    let mut programme = picture(vec![clip("a", 0, 9).into()]);
    let mut second = programme.tracks[0].clone();
    second.name = "V2".to_owned();
    programme.tracks.push(second);
    let (tracks, issues) = programme.plain_tracks().unwrap();
    assert_eq!((tracks.len(), issues.len()), (2, 0));
    assert!(tracks.iter().all(|track| track.pictures && track.sound));
    programme.tracks[1].enabled = false;
    assert_eq!(
        notes(&programme),
        ["track V2: it is switched off: left out"]
    );
    let only_off = picture(vec![clip("z", 0, 0).into()]);
    assert_eq!(blocks(&only_off), ["the timeline: nothing on it is shown"]);
}

#[test]
fn sound_that_mirrors_the_pictures_is_fine() {
    let mut programme = picture(vec![clip("a", 0, 9).into(), clip("b", 5, 9).into()]);
    let audio = |items| Track::new("A1", TrackKind::Audio, items);
    programme
        .tracks
        .push(audio(programme.tracks[0].items.clone()));
    assert_eq!(notes(&programme), [""; 0]);
    programme.tracks[1] = audio(vec![clip("a", 0, 9).into(), clip("b", 5, 8).into()]);
    programme.tracks.push(Track::new(
        "S",
        TrackKind::Other("Subtitle".to_owned()),
        vec![clip("a", 0, 9).into()],
    ));
    let (tracks, issues) = programme.plain_tracks().unwrap();
    let heard: Vec<(bool, bool)> = tracks
        .iter()
        .map(|track| (track.pictures, track.sound))
        .collect();
    assert_eq!(heard, [(true, false), (false, true)]);
    let issues: Vec<String> = issues.iter().map(Issue::to_string).collect();
    assert_eq!(issues, ["track S: Subtitle is left out"]);
    programme.tracks[1].enabled = false;
    let (tracks, _) = programme.plain_tracks().unwrap();
    let heard = tracks.iter().any(|track| track.sound);
    assert!(!heard, "sound that is switched off is not heard");
}

#[test]
fn noise_is_cleaned_and_fractions_are_said() {
    let noisy = |num, den| Time::new(RationalTime::new(num, den).unwrap(), FrameRate::FPS_24);
    let mut clip = clip("a", 0, 0);
    clip.range = Some(Range {
        start: noisy(1_000_000_000_000_001, 24_000_000_000_000),
        duration: noisy(2_001, 48),
    });
    let programme = picture(vec![clip.into()]);
    let (clips, _) = cut(&programme).unwrap();
    let start = FrameRate::FPS_24.frame_start(1_000);
    assert_eq!(clips[0].mark_in, Some(Point::Offset(start)));
    assert_eq!(
        notes(&programme),
        [
            "track V1, item 1, clip a: its start is taken for 1000 frames",
            "track V1, item 1, clip a: its duration is no whole number of frames at 24",
        ]
    );
}

#[test]
fn tracks_within_the_track_are_taken_apart() {
    let inner = crate::write_otio(&picture(vec![
        clip("a", 3, 9).into(),
        clip("b", 0, 2).into(),
    ]));
    let inner: Value = serde_json::from_str(&inner).unwrap();
    let mut outer: Value = serde_json::from_str(&crate::write_otio(&picture(Vec::new()))).unwrap();
    outer["tracks"]["children"][0]["children"] =
        json!([inner["tracks"], inner["tracks"]["children"][0]]);
    let (programme, issues) = read_otio(&outer.to_string()).unwrap();
    assert_eq!(issues, []);
    let (clips, _) = cut(&programme).unwrap();
    let labels: Vec<&str> = clips.iter().map(|clip| clip.label.as_str()).collect();
    assert_eq!(labels, ["a", "b", "a", "b"]);
    assert_eq!(marks(&clips[2]), offsets(3, 12));
    outer["tracks"]["children"][0]["children"][1]["kind"] = json!("Audio");
    let (programme, _) = read_otio(&outer.to_string()).unwrap();
    assert_eq!(blocks(&programme).len(), 1);
}
