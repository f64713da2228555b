//! Files as programs write them, and back.

use super::*;
use crate::{
    Clip, Gap, Item, Marker, Media, PlainTrack, Programme, Range, Time, Track, TrackKind,
    Transition,
};
use mediatime::FrameRate;

fn read(text: &str) -> (Programme, Vec<String>) {
    let (programme, issues) = read_fcpxml(text).unwrap();
    (programme, issues.iter().map(ToString::to_string).collect())
}

/// A file of 29.97 frames per second with this in its spine.
fn file(spine: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.9">
<resources>
<format id="r1" name="FFVideoFormat1080p2997" frameDuration="1001/30000s"/>
<asset id="r2" name="A" start="3600s" duration="100100/30000s" hasVideo="1" hasAudio="1" format="r1"><media-rep kind="original-media" src="file:///media/a%20b.mov"/></asset>
<asset id="r3" name="Music" src="file:///media/m.wav" start="0s" duration="60s" hasAudio="1"/>
<asset id="r4" name="B" src="file:///media/b.mov" start="0s" duration="60s" hasVideo="1" hasAudio="1" format="r1"/>
<effect id="r9" name="Cross Dissolve"/>
<media id="r10" name="Inner"/>
</resources>
<library><event name="E"><project name="P">
<sequence format="r1" tcStart="3600s" tcFormat="DF" duration="10s">
<spine>
{spine}
</spine></sequence></project></event></library></fcpxml>"#
    )
}

/// What is on a track, in frames: `name@first+frames`, `-frames` for a gap, `xN/M` for a transition.
fn told(track: &Track) -> Vec<String> {
    let frames = |time: Time| {
        time.whole_frames().map_or_else(
            || format!("{}s", time.seconds()),
            |frames| frames.to_string(),
        )
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
            Item::Transition(mix) => format!(
                "x{}/{}",
                frames(mix.in_offset.unwrap()),
                frames(mix.out_offset.unwrap())
            ),
            Item::Other(_) => unreachable!("files have none"),
        })
        .collect()
}

#[test]
fn clocks_are_told_apart() {
    // The medium's clock begins at 3600 s, which is no frame at 29.97; its first frame is shown.
    let (programme, issues) = read(&file(
        r#"<asset-clip ref="r2" name="a" offset="3600s" start="108108000/30000s" duration="10010/30000s"/>
        <gap offset="108010010/30000s" start="3600s" duration="5005/30000s"/>
        <asset-clip ref="r4" name="b" duration="20020/30000s"/>"#,
    ));
    assert_eq!(issues, [""; 0]);
    assert_eq!(programme.title, "P");
    assert_eq!(programme.start.unwrap().seconds().to_string(), "3600/1");
    assert!(programme.counting().unwrap().drop_frame());
    assert_eq!(told(&programme.tracks[0]), ["a@108000+10", "-5", "b@0+20"]);
    let (tracks, _) = programme.plain_tracks().unwrap();
    assert_eq!(tracks[0].clips[0].reference, "/media/a b.mov");
    assert_eq!(tracks.len(), 1);
    assert!(tracks[0].sound);
}

#[test]
fn lanes_are_tracks() {
    let (programme, issues) = read(&file(
        r#"<asset-clip ref="r4" name="one" offset="3600s" start="1001/30000s" duration="100100/30000s">
            <asset-clip ref="r3" name="music" lane="-1" offset="11011/30000s" start="0s" duration="90090/30000s"/>
            <spine lane="1" offset="21021/30000s">
                <asset-clip ref="r4" name="x" offset="0s" duration="10010/30000s" srcEnable="video"/>
                <transition offset="5005/30000s" duration="10010/30000s"/>
                <asset-clip ref="r4" name="y" start="1001/3000s" duration="10010/30000s" srcEnable="video"/>
            </spine>
            <asset-clip ref="r4" name="over" lane="1" offset="20020/30000s" duration="2002/30000s"/>
            <marker start="2002/30000s" duration="1001/30000s" value="here" note="why"/>
        </asset-clip>"#,
    ));
    assert_eq!(issues, [""; 0]);
    let all: Vec<_> = programme
        .tracks
        .iter()
        .map(|track| (track.name.as_str(), told(track)))
        .collect();
    let words = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        all,
        [
            ("V1", words(&["one@1+100"])),
            ("V2", words(&["-19", "over@0+2"])),
            ("V3", words(&["-20", "x@0+10", "x5/5", "y@10+10"])),
            ("A1", words(&["one@1+100"])),
            ("A2", words(&["-19", "over@0+2"])),
            ("A3", words(&["-10", "music@0+90"])),
        ]
    );
    let Item::Clip(one) = &programme.tracks[0].items[0] else {
        panic!()
    };
    let marker = &one.kept.told_markers()[0];
    assert_eq!(
        (marker.name.as_str(), marker.range.start.whole_frames()),
        ("here", Some(2))
    );
}

#[test]
fn clips_are_windows() {
    let (programme, issues) = read(&file(
        r#"<clip name="w" offset="3600s" start="3600s" duration="10010/30000s">
            <video ref="r4" offset="107999000/30000s" start="10010/30000s" duration="60s"><audio lane="-1" ref="r4" offset="0s" duration="60s"/></video>
        </clip>
        <clip name="s" duration="10010/30000s"><audio ref="r3" offset="0s" duration="60s"/></clip>"#,
    ));
    assert_eq!(issues, [""; 0]);
    // 3600 s is 1000/30000 s behind 107 999 000/30 000 s, which is where the medium's frame 10 stands.
    assert_eq!(told(&programme.tracks[0]), ["w@367/1000s+10", "-10"]);
    assert_eq!(told(&programme.tracks[1]), ["w@367/1000s+10", "s@0+10"]);
}

#[test]
fn what_is_not_taken_is_told() {
    let (programme, issues) = read(&file(
        r#"<title ref="r9" name="Hello" offset="3600s" duration="5005/30000s"/>
        <ref-clip ref="r10" name="Inner" duration="5005/30000s"/>
        <mc-clip ref="r10" duration="5005/30000s"/>
        <sync-clip name="S" duration="5005/30000s"/>
        <asset-clip ref="nowhere" name="lost" duration="5005/30000s"/>
        <audition><asset-clip ref="r4" name="first" duration="5005/30000s"/><asset-clip ref="r4" name="other" duration="5005/30000s"/></audition>
        <asset-clip ref="r4" name="slow" duration="10010/30000s"><timeMap><timept time="0s" value="0s"/><timept time="2s" value="1s"/></timeMap><filter-video ref="r9" name="Blur"/><adjust-volume amount="-3dB"/></asset-clip>
        <clip name="inner spine" duration="5005/30000s"><spine/></clip>
        <caption duration="1s"/>"#,
    ));
    assert_eq!(told(&programme.tracks[0]).len(), 8);
    let all = issues.join("\n");
    for named in [
        "title Hello",
        "compound clip",
        "multicam clip",
        "synchronised clip",
        "`nowhere`",
        "audition",
        "Blur",
        "adjust-volume",
        "several things",
        "caption",
    ] {
        assert!(all.contains(named), "{named}: {all}");
    }
    let blocking = programme.plain_tracks().unwrap_err();
    assert_eq!(blocking.len(), 6, "{blocking:?}");
    assert!(
        blocking
            .iter()
            .any(|issue| issue.what.contains("speed is changed to 0.5"))
    );
}

#[test]
fn what_makes_no_sense_is_named_by_line() {
    for (text, named) in [
        ("<a/>".to_owned(), "no FCPXML"),
        ("<fcpxml version='1.9'/>".to_owned(), "no project"),
        (
            file(r#"<asset-clip ref="r4" duration="1.5s"/>"#),
            "line 15: the duration of a asset-clip, `1.5s`",
        ),
        (file(r#"<asset-clip ref="r4" duration="-1s"/>"#), "negative"),
        (file(r#"<gap/>"#), "line 15: a gap has no duration"),
        (
            file(r#"<gap duration="1s"><gap lane="x" duration="1s"/></gap>"#),
            "the lane `x`",
        ),
        (
            file("").replace("format=\"r1\" tcStart", "format=\"r7\" tcStart"),
            "no frameDuration",
        ),
        (file("<gap"), "line"),
    ] {
        let error = read_fcpxml(&text).unwrap_err().to_string();
        assert!(error.contains(named), "{named}: {error}");
    }
    let (_, issues) = read(&file("").replace("1.9", "1.5"));
    assert!(issues[0].contains("1.5"), "{issues:?}");
    let zero_based = file(r#"<asset-clip ref="r4" name="b" offset="0s" duration="20020/30000s"/>"#);
    let (programme, issues) = read(&zero_based);
    assert_eq!(
        (told(&programme.tracks[0]), issues.len()),
        (vec!["b@0+20".to_owned()], 1)
    );
}

/// What the workstation would cut.
fn cut(programme: &Programme) -> Vec<PlainTrack> {
    let (mut tracks, _) = programme.plain_tracks().unwrap();
    for track in &mut tracks {
        track.place.clear();
        track.clips.iter_mut().for_each(|clip| clip.place.clear());
    }
    tracks
}

fn example() -> Programme {
    let rate = FrameRate::FPS_29_97;
    let clip = |name: &str, first, count| {
        let mut clip = Clip::new(
            name,
            Media::File(format!("/m/{name} é.mov")),
            Some(Range::frames(first, count, rate)),
        );
        clip.available = Some(Range::frames(10, 500, rate));
        clip.kept.add_marker(&Marker {
            name: "a <mark>".to_owned(),
            range: Range::frames(first + 1, 1, rate),
            colour: "RED".to_owned(),
            comment: "said".to_owned(),
        });
        Item::from(clip)
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
        mix(0, 4),
        clip("a", 20, 50),
        gap(9),
        clip("b", 15, 40),
        mix(3, 6),
        clip("a", 30, 30),
    ];
    let over = vec![
        gap(10),
        clip("c", 60, 20),
        gap(30),
        clip("a", 90, 20),
        clip("d", 70, 100),
    ];
    let mut off = Clip::new(
        "off",
        Media::File("relative.mov".to_owned()),
        Some(Range::frames(0, 20, rate)),
    );
    off.enabled = false;
    let mut programme = Programme::new("p & q");
    programme.start = Some(Time::frames(107_892, rate));
    programme.set_counting(rate, true);
    programme.tracks = vec![
        Track::new("V1", TrackKind::Video, pictures.clone()),
        Track::new("V2", TrackKind::Video, over),
        Track::new("A1", TrackKind::Audio, pictures),
        Track::new(
            "A2",
            TrackKind::Audio,
            vec![clip("music", 10, 136), off.into(), clip("music", 200, 5)],
        ),
        Track::new("A3", TrackKind::Audio, vec![gap(3), clip("more", 10, 7)]),
    ];
    programme
}

#[test]
fn files_are_written_and_read_back() {
    let mut programme = example();
    let (text, issues) = write_fcpxml(&programme).unwrap();
    assert_eq!(issues, []);
    let (again, issues) = read(&text);
    assert_eq!(issues, [""; 0], "{text}");
    assert_eq!(
        (again.title.as_str(), again.start),
        ("p & q", programme.start)
    );
    assert_eq!(again.counting(), programme.counting());
    assert_eq!(cut(&again), cut(&programme), "{text}");
    assert_eq!(
        again.plain_tracks().unwrap().1,
        programme.plain_tracks().unwrap().1,
        "markers and what is off"
    );
    assert_eq!(
        write_fcpxml(&again).unwrap().0,
        text,
        "and once more the same"
    );
    // The sound of two pictures tracks, not of one.
    programme.tracks.truncate(2);
    let (text, _) = write_fcpxml(&programme).unwrap();
    assert!(!text.contains("srcEnable"));
    assert_eq!(cut(&read(&text).0), cut(&programme));
}

#[test]
fn flows_keep_their_nanoseconds() {
    let id = "4f2c1a9e-1111-4222-8333-444455556666";
    let timerange = "[1723124225:433333333_1723124227:0)".parse().unwrap();
    let mut programme = Programme::new("p");
    let file = Clip::new(
        "f",
        Media::File("/f.mov".to_owned()),
        Some(Range::frames(0, 5, FrameRate::FPS_25)),
    );
    programme.tracks = vec![Track::new(
        "V1",
        TrackKind::Video,
        vec![
            file.into(),
            Clip::of_flow("a", Some("tams.example".to_owned()), id, timerange).into(),
        ],
    )];
    let (text, issues) = write_fcpxml(&programme).unwrap();
    assert_eq!(issues.len(), 1, "only this program finds it");
    let (again, _) = read(&text);
    assert_eq!(cut(&again), cut(&programme), "{text}");
}

#[test]
fn what_a_file_can_not_say_is_told() {
    let mut programme = example();
    programme.kept_stack.add_marker(&Marker {
        name: "m".to_owned(),
        range: Range::frames(1, 1, FrameRate::FPS_29_97),
        colour: String::new(),
        comment: String::new(),
    });
    let (_, issues) = write_fcpxml(&programme).unwrap();
    assert!(
        issues[0].what.contains("1 markers of the timeline"),
        "{issues:?}"
    );
    programme.tracks[0]
        .items
        .push(Clip::new("whole", Media::File("e.mov".to_owned()), None).into());
    assert!(
        write_fcpxml(&programme)
            .unwrap_err()
            .to_string()
            .contains("clip whole")
    );
    assert!(write_fcpxml(&Programme::default()).is_err());
}
