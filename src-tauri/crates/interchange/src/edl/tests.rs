//! Lists as programs write them, and back.

use super::*;
use crate::{
    Clip, Counting, Gap, Item, Media, PlainTrack, Programme, Range, Time, Track, TrackKind,
    Transition,
};
use mediatime::FrameRate;

fn counting(text: &str) -> Counting {
    text.parse().unwrap()
}

fn read(text: &str, rate: &str) -> (Programme, Vec<String>) {
    let (programme, issues) = read_edl(text, counting(rate)).unwrap();
    (programme, issues.iter().map(ToString::to_string).collect())
}

/// What is on a track: `name@first+frames`, `-frames` for a gap, `xN/M` for a transition.
fn told(track: &Track, rate: FrameRate) -> Vec<String> {
    let frames = |time: Time| {
        assert_eq!(time.rate(), rate);
        time.whole_frames().unwrap()
    };
    track
        .items
        .iter()
        .map(|item| match item {
            Item::Clip(clip) => {
                let range = clip.range.unwrap();
                format!(
                    "{}@{}+{}",
                    clip.name,
                    frames(range.start),
                    frames(range.duration)
                )
            }
            Item::Gap(gap) => format!("-{}", frames(gap.range.unwrap().duration)),
            Item::Transition(mix) => {
                let offset = |time: Option<Time>| frames(time.unwrap());
                format!("x{}/{}", offset(mix.in_offset), offset(mix.out_offset))
            }
            Item::Other(_) => unreachable!("lists have none"),
        })
        .collect()
}

const CUTS: &str = "\
TITLE:   A cut
FCM: NON-DROP FRAME

001  TAPE1    AA/V  C        01:00:10:00 01:00:12:00 10:00:00:00 10:00:02:00
* FROM CLIP NAME:  first
* SOURCE FILE: media/a b%20.mov
002  BL       V     C        00:00:00:00 00:00:01:00 10:00:02:00 10:00:03:00
003  TAPE2    V     C        00:00:00:00 00:00:01:00 10:00:04:00 10:00:05:00
* ASC_SAT 0.9
* LOC: 10:00:04:10 GREEN  a mark
";

#[test]
fn cuts_gaps_names_and_markers_are_read() {
    let (programme, issues) = read(CUTS, "25");
    assert_eq!(programme.title, "A cut");
    assert_eq!(
        programme.start,
        Some(Time::frames(900_000, FrameRate::FPS_25))
    );
    let names: Vec<_> = programme
        .tracks
        .iter()
        .map(|track| track.name.as_str())
        .collect();
    assert_eq!(names, ["V", "A1"]);
    let rate = FrameRate::FPS_25;
    assert_eq!(
        told(&programme.tracks[0], rate),
        ["first@90250+50", "-25", "-25", "TAPE2@0+25"]
    );
    assert_eq!(told(&programme.tracks[1], rate), ["first@90250+50"]);
    let Item::Clip(first) = &programme.tracks[0].items[0] else {
        panic!()
    };
    assert_eq!(
        first.media,
        Media::File("media/a b%20.mov".to_owned()),
        "paths are not quoted in lists"
    );
    let Item::Clip(second) = &programme.tracks[0].items[3] else {
        panic!()
    };
    assert_eq!(
        second.media,
        Media::Missing {
            name: "TAPE2".to_owned()
        }
    );
    let markers = programme.kept_stack.told_markers();
    assert_eq!(
        (markers[0].name.as_str(), markers[0].colour.as_str()),
        ("a mark", "GREEN")
    );
    assert_eq!(markers[0].range.start.whole_frames(), Some(110));
    assert_eq!(
        issues,
        ["the list: 1 colour decisions (ASC_…) are kept, but not applied"]
    );
}

#[test]
fn modes_count_the_sides() {
    let list = "FCM: DROP FRAME\n\
        001  A V C 00:00:00:00 00:00:02:00 01:00:59:00 01:01:01:02\n\
        FCM: NON-DROP FRAME\n\
        002  B V C 00:00:59:00 00:01:00:28 01:01:01:02 01:01:03:00\n\
        003  C V C 00:00:59;00 00:01:00;28 01:01:03:00 01:01:04:26\n";
    let (programme, issues) = read(list, "29.97");
    // 01:00:59:00 drop-frame is frame 109 662; a minute is two labels shorter.
    assert_eq!(programme.start.unwrap().whole_frames(), Some(109_662));
    assert_eq!(
        programme.counting().unwrap().to_string(),
        "30000/1001df".parse::<Counting>().unwrap().to_string()
    );
    let rate = FrameRate::FPS_29_97;
    assert_eq!(
        told(&programme.tracks[0], rate),
        ["A@0+60", "B@1770+58", "C@1770+56"]
    );
    assert_eq!(issues.len(), 1, "no sound: {issues:?}");
    // Nothing is said: the rate that was given decides.
    let bare = "1 A V C 00:01:00:02 00:01:00:04 00:00:00:00 00:00:00:02";
    assert_eq!(told(&read(bare, "29.97df").0.tracks[0], rate), ["A@1800+2"]);
    assert_eq!(told(&read(bare, "29.97").0.tracks[0], rate), ["A@1802+2"]);
    // A mode that the rate doesn't have is told.
    let (_, issues) = read(&format!("FCM: DROP FRAME\n{bare}"), "25");
    assert!(
        issues[0].starts_with("line 1: there is no drop-frame"),
        "{issues:?}"
    );
}

#[test]
fn transitions_lie_where_they_begin() {
    let list = "\
001  A  V  C        00:00:01:00 00:00:03:00 00:00:00:00 00:00:02:00
002  A  V  C        00:00:03:00 00:00:03:00 00:00:02:00 00:00:02:00
002  B  V  D    010 00:00:10:00 00:00:12:00 00:00:02:00 00:00:04:00
* FROM CLIP NAME: one
* TO CLIP NAME: two
* SOURCE FILE: one.mov
* SOURCE FILE: two.mov
003  B  V  C        00:00:12:00 00:00:12:00 00:00:04:00 00:00:04:00
003  BL V  W001 005 00:00:00:00 00:00:01:00 00:00:04:00 00:00:05:00
004  C  V  C        00:00:20:00 00:00:20:00 00:00:05:00 00:00:05:00
004  D  V  D    020 00:00:30:00 00:00:32:00 00:00:05:00 00:00:07:00
005  E  V  C        00:00:00:00 00:00:01:00 00:00:07:00 00:00:08:00
006  BL V  C        00:00:00:00 00:00:00:00 00:00:08:00 00:00:08:00
006  F  V  D    005 00:00:00:00 00:00:01:00 00:00:08:00 00:00:09:00
";
    let (programme, _) = read(list, "25");
    assert_eq!(
        told(&programme.tracks[0], FrameRate::FPS_25),
        [
            "A@25+50",
            "x0/10",
            "two@250+50",
            "x0/5",
            "-25",
            "C@500+20",
            "x20/0",
            "D@770+30",
            "E@0+25",
            "-5",
            "x5/0",
            "F@5+20"
        ]
    );
    let Item::Clip(two) = &programme.tracks[0].items[2] else {
        panic!()
    };
    assert_eq!(two.media, Media::File("two.mov".to_owned()));
    let Item::Transition(wipe) = &programme.tracks[0].items[3] else {
        panic!()
    };
    assert_eq!(wipe.kind, "SMPTE_Wipe");
    // A fade in at the very beginning.
    let list = "001 BL V C 00:00:00:00 00:00:00:00 01:00:00:00 01:00:00:00\n\
        001 A V D 010 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n";
    assert_eq!(
        told(&read(list, "25").0.tracks[0], FrameRate::FPS_25),
        ["x0/10", "A@0+50"]
    );
}

#[test]
fn what_is_not_taken_is_told() {
    let list = "\
TITLE: x
SPLIT: AUDIO DELAY= 00:00:00:10
001  A  V     C        00:00:00:00 00:00:01:00 00:00:00:00 00:00:02:00
M2   A        012.5                00:00:00:00
002  B  NONE  C        00:00:00:00 00:00:01:00 00:00:02:00 00:00:03:00
AUD  3    4
003  C  NONE  C        00:00:00:00 00:00:01:00 00:00:02:00 00:00:03:00
004  D  V     K B      00:00:00:00 00:00:01:00 00:00:02:00 00:00:03:00
004  E  V     K        00:00:00:00 00:00:01:00 00:00:02:00 00:00:03:00
005  F  V     C        00:00:00:00 00:00:02:00 00:00:03:00 00:00:04:00
";
    let (programme, issues) = read(list, "25");
    assert_eq!(
        told(&programme.tracks[0], FrameRate::FPS_25),
        ["A@0+50", "D@0+25", "F@0+25"]
    );
    assert_eq!(programme.tracks[1].name, "A3");
    for (index, named) in [
        "line 2",
        "event 003",
        "12.500 frames",
        "a key",
        "50 frames on its source",
    ]
    .iter()
    .enumerate()
    {
        assert!(issues[index].contains(named), "{named}: {issues:#?}");
    }
    let blocking = programme.plain_tracks().unwrap_err();
    assert!(
        blocking
            .iter()
            .any(|issue| issue.what.contains("speed is changed to 0.5")),
        "{blocking:?}"
    );
}

#[test]
fn two_channels_in_two_lines_are_one_sound() {
    let list = "1 A V C 0:0:0:0 0:0:1:0 0:0:0:0 0:0:1:0\n\
        2 A A C 0:0:0:0 0:0:1:0 0:0:0:0 0:0:1:0\n\
        3 A A2 C 0:0:0:0 0:0:1:0 0:0:0:0 0:0:1:0\n";
    assert_eq!(read(list, "25").0.tracks.len(), 2);
    let apart = list.replace("A2 C 0:0:0:0", "A2 C 0:0:0:1");
    assert_eq!(read(&apart, "25").0.tracks.len(), 3);
}

#[test]
fn what_makes_no_sense_is_named_by_line_and_field() {
    let event =
        |number: u32, source: &str, record: &str| format!("{number:03} A V C {source} {record}\n");
    let good = event(1, "00:00:00:00 00:00:01:00", "00:00:00:00 00:00:01:00");
    for (text, named) in [
        (String::new(), "no edit decision list"),
        ("TITLE: x\n".to_owned(), "no edit decision list"),
        (format!("{good}002 A V C 00:00:00:00\n"), "line 2: `002"),
        (
            format!(
                "{good}{}",
                event(2, "00:00:00:25 00:00:01:00", "00:00:01:00 00:00:02:00")
            ),
            "line 2: source in",
        ),
        (
            format!(
                "{good}{}",
                event(2, "00:00:00:00 00:00:01:00", "00:00:00:20 00:00:01:20")
            ),
            "line 2: record in",
        ),
        (
            good.replace(" C ", " D 030 "),
            "line 1: its transition is longer",
        ),
        (good.replace(" V ", " Q "), "line 1: `Q`"),
    ] {
        let error = read_edl(&text, counting("25")).unwrap_err().to_string();
        assert!(error.contains(named), "{named}: {error}");
    }
}

#[test]
fn lists_are_written_as_they_were_read() {
    let list = "\
TITLE: A cut
FCM: DROP FRAME

001  TAPE1    AA/V  C        01:00:10;00 01:00:12;00 10:00:00;00 10:00:02;00
* FROM CLIP NAME: first
* SOURCE FILE: media/a b%20.mov
* FROM CLIP IS A STILL
* LOC: 10:00:01;00 GREEN a mark

002  TAPE1    AA/V  C        01:00:12;00 01:00:12;00 10:00:02;00 10:00:02;00
002  TAPE2    AA/V  D    010 00:00:00;00 00:00:01;00 10:00:02;00 10:00:03;00
* FROM CLIP NAME: first
* TO CLIP NAME: second
* SOURCE FILE: media/a b%20.mov
* SOURCE FILE: two.mov

003  TAPE2    AA/V  C        00:00:01;00 00:00:01;00 10:00:03;00 10:00:03;00
003  BL       AA/V  W012 010 00:00:00;00 00:00:01;00 10:00:03;00 10:00:04;00
* FROM CLIP NAME: second
";
    let (programme, issues) = read(list, "29.97");
    assert_eq!(issues, [""; 0]);
    let (written, issues) = write_edl(&programme, programme.counting().unwrap()).unwrap();
    assert_eq!(issues, []);
    assert_eq!(written, list);
}

/// What the workstation would cut, with points in frames.
fn cut(programme: &Programme) -> Vec<PlainTrack> {
    let (mut tracks, _) = programme.plain_tracks().unwrap();
    for track in &mut tracks {
        track.place.clear();
        track.clips.iter_mut().for_each(|clip| clip.place.clear());
    }
    tracks
}

#[test]
fn sound_and_fades_come_back() {
    let rate = FrameRate::FPS_29_97;
    let clip = |name: &str, first, count| {
        Item::from(Clip::new(
            name,
            Media::File(format!("{name}.mov")),
            Some(Range::frames(first, count, rate)),
        ))
    };
    let mix = |before, behind| {
        Item::Transition(Transition {
            name: String::new(),
            kind: "SMPTE_Dissolve".to_owned(),
            in_offset: Some(Time::frames(before, rate)),
            out_offset: Some(Time::frames(behind, rate)),
            kept: Default::default(),
        })
    };
    let gap = |count| Item::Gap(Gap::new(Time::frames(count, rate)));
    let pictures = vec![
        gap(7),
        clip("a", 20, 50),
        gap(9),
        mix(0, 4),
        clip("b", 5, 40),
        mix(0, 6),
        clip("a", 0, 30),
    ];
    let mut programme = Programme::new("p");
    programme.tracks = vec![
        Track::new("V1", TrackKind::Video, pictures.clone()),
        Track::new("A1", TrackKind::Audio, pictures),
        Track::new("A2", TrackKind::Audio, vec![clip("music", 0, 136)]),
    ];
    for text in ["29.97", "29.97df"] {
        let (list, issues) = write_edl(&programme, counting(text)).unwrap();
        assert_eq!(issues, []);
        let (again, _) = read_edl(&list, counting(text)).unwrap();
        assert_eq!(cut(&again), cut(&programme), "{list}");
    }
}

#[test]
fn what_a_list_can_not_say_is_told() {
    let rate = FrameRate::FPS_25;
    let clip = |name: &str, at: Range| {
        let mut clip = Clip::new(name, Media::File(format!("/m/{name}.mov")), Some(at));
        clip.available = Some(Range::frames(0, 100, rate));
        clip
    };
    let mut slow = clip("a long name", Range::frames(0, 10, rate));
    slow.kept.add_speed(1, 2);
    let mut off = clip("b", Range::frames(0, 10, rate));
    off.enabled = false;
    let uneven = clip(
        "c",
        Range {
            start: Time::frames(1, FrameRate::FPS_30),
            duration: Time::frames(10, rate),
        },
    );
    let mut programme = Programme::new("p\nq");
    programme.tracks = vec![
        Track::new(
            "V1",
            TrackKind::Video,
            vec![slow.into(), off.into(), uneven.into()],
        ),
        Track::new(
            "V2",
            TrackKind::Video,
            vec![clip("d", Range::frames(0, 10, rate)).into()],
        ),
    ];
    let (list, issues) = write_edl(&programme, counting("25")).unwrap();
    assert!(
        list.starts_with("TITLE: p q\nFCM: NON-DROP FRAME\n"),
        "{list}"
    );
    let all = issues
        .iter()
        .map(|issue| format!("{issue}\n"))
        .collect::<String>();
    for named in [
        "LinearTimeWarp",
        "one picture track",
        "switched off",
        "no whole frames",
        "reel A_LONG_N",
    ] {
        assert!(all.contains(named), "{named}: {all}");
    }
    programme.tracks[0]
        .items
        .push(Clip::new("whole", Media::File("e.mov".to_owned()), None).into());
    let error = write_edl(&programme, counting("25")).unwrap_err();
    assert!(error.to_string().contains("item 4, clip whole"), "{error}");
    let error = write_edl(&Programme::default(), counting("25")).unwrap_err();
    assert!(error.to_string().contains("no picture track"));
}
