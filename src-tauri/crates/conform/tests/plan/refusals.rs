//! What the planner refuses, by name.

use std::sync::Arc;

use conform::{Clip, ConformError, Mark, Mode, Options, Source, SourceObject, UnitKind, conform};
use mediatime::RationalTime;

use crate::synthetic::{GopSpec, Spec, clip, edit, nanos, shown, taken};

fn plan_of(clips: impl IntoIterator<Item = Clip>) -> Result<conform::CutPlan, ConformError> {
    let options = Options {
        encoders: conform::Encoders::H264,
        codec: None,
        ..Options::default()
    };
    conform(&edit(clips), &options).map(|(plan, _)| plan)
}

fn flow(objects: Vec<SourceObject>) -> Arc<Source> {
    Arc::new(Source::flow(objects, nanos(0)))
}

#[test]
fn a_hole_between_segments_is_refused_with_its_times() {
    let mut objects = Spec::plain(&[50, 50, 50]).segments(1, 1);
    objects.remove(1);
    let source = flow(objects);
    let error = plan_of([clip("flow:1@40f..60f", &source, 40..60)]).unwrap_err();
    assert_eq!(
        error,
        ConformError::Gap {
            clip: "flow:1@40f..60f".to_owned(),
            from: nanos(2_000_000_000),
            to: nanos(4_000_000_000),
        }
    );
    // What lies beside the hole is still there.
    plan_of([
        clip("before", &source, 0..50),
        clip("after", &source, 50..100),
    ])
    .unwrap();
}

#[test]
fn a_lost_key_frame_is_refused_with_its_object_and_time() {
    let mut objects = Spec::plain(&[50, 50, 50]).segments(1, 1);
    let mut index = (*objects[0].index).clone();
    let track = index.video.as_mut().unwrap();
    track.units.remove(0);
    track.units[0].kind = UnitKind::Delta;
    objects[0].index = Arc::new(index);
    let source = flow(objects);
    let error = plan_of([clip("a@0f..60f", &source, 0..60)]).unwrap_err();
    let ConformError::MissingKeyFrame {
        clip: label,
        object,
        at,
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((label.as_str(), object.as_str()), ("a@0f..60f", "object-0"));
    // The object's own clock runs one second late.
    assert_eq!(*at, nanos(1_040_000_000));
    plan_of([clip("behind it", &source, 49..149)]).unwrap();
}

#[test]
fn pictures_that_need_what_is_not_there_are_not_shown() {
    // A file that begins with an open GOP: its leading pictures need pictures before the file.
    let mut gops = Spec::plain(&[12, 12]).gops;
    gops[0] = GopSpec {
        frames: 12,
        bframes: 2,
        open: true,
    };
    let source = Spec {
        gops,
        ..Spec::plain(&[1])
    }
    .file("/media/a.mp4");
    let sources = [Arc::clone(&source)];
    let plan = plan_of([clip("all", &source, 0..22)]).unwrap();
    assert_eq!(taken(&plan, &sources), shown(&source)[2..]);
    assert!(matches!(
        plan_of([clip("too long", &source, 0..23)]).unwrap_err(),
        ConformError::OutOfRange { frames: 22, .. }
    ));
}

#[test]
fn marks_outside_the_source_are_refused_with_its_length() {
    let source = Spec::plain(&[25, 25]).file("/media/a.mp4");
    let with = |mark_in: Option<Mark>, mark_out: Option<Mark>| Clip {
        label: "a.mp4@x..y".to_owned(),
        source: Arc::clone(&source),
        mark_in,
        mark_out,
    };
    let seconds = |num, den| Some(Mark::Offset(RationalTime::new(num, den).unwrap()));
    let timecode = |text: &str| Some(Mark::Timecode(text.to_owned()));
    for (mark_in, mark_out, name) in [
        (Some(Mark::Frame(0)), Some(Mark::Frame(51)), "out point"),
        (Some(Mark::Frame(51)), None, "in point"),
        (Some(Mark::Frame(-1)), None, "in point"),
        (None, seconds(2_000_001, 1_000_000), "out point"),
        (seconds(-1, 100), None, "in point"),
        (
            None,
            Some(Mark::Absolute(nanos(2_000_001_000))),
            "out point",
        ),
        (Some(Mark::Absolute(nanos(-1_000_000))), None, "in point"),
        (None, timecode("00:00:02:01"), "out point"),
    ] {
        let error = plan_of([with(mark_in, mark_out)]).unwrap_err();
        let text = error.to_string();
        assert!(
            matches!(&error, ConformError::OutOfRange { frames: 50, .. }),
            "{text}"
        );
        assert!(
            text.starts_with("a.mp4@x..y: ") && text.contains(name),
            "{text}"
        );
        assert!(text.contains("50 frames") && text.contains("2:0"), "{text}");
    }
    for (mark_in, mark_out) in [
        (Some(Mark::Frame(10)), Some(Mark::Frame(10))),
        (Some(Mark::Frame(20)), Some(Mark::Frame(10))),
        (seconds(1, 1), seconds(1, 1)),
        (Some(Mark::Frame(50)), None),
        // Between two frames nothing is shown for the first time.
        (seconds(1, 1000), seconds(2, 1000)),
    ] {
        let error = plan_of([with(mark_in, mark_out)]).unwrap_err();
        assert!(
            matches!(&error, ConformError::NoFrames { clip } if clip == "a.mp4@x..y"),
            "{error}"
        );
    }
    // The end itself is a place to cut, in every form.
    for end in [
        Some(Mark::Frame(50)),
        seconds(2, 1),
        Some(Mark::Absolute(nanos(2_000_000_000))),
        timecode("00:00:02:00"),
    ] {
        assert_eq!(plan_of([with(None, end)]).unwrap().frames, 50);
    }
}

#[test]
fn timecode_must_fit_the_rate() {
    let drop = Spec {
        rate: (30_000, 1001),
        scale: 30_000,
        ..Spec::plain(&[60; 31])
    };
    let source = drop.file("/media/a.mp4");
    let from = |text: &str| {
        plan_of([Clip {
            mark_in: Some(Mark::Timecode(text.to_owned())),
            mark_out: None,
            ..clip("a", &source, 0..1)
        }])
    };
    // A minute of drop-frame timecode leaves out two labels: 00:01:00;02 is frame 1800.
    assert_eq!(from("00:01:00;02").unwrap().frames, 60);
    assert_eq!(from("00:01:00:00").unwrap().frames, 60);
    let error = from("00:01:00;00").unwrap_err();
    assert!(
        matches!(&error, ConformError::BadMark { text, .. } if text == "00:01:00;00"),
        "{error}"
    );

    let plain = Spec::plain(&[25, 25]).file("/media/b.mp4");
    let with = |text: &str| Clip {
        mark_in: Some(Mark::Timecode(text.to_owned())),
        mark_out: None,
        ..clip("b", &plain, 0..1)
    };
    assert_eq!(plan_of([with("00:00:01:10")]).unwrap().frames, 15);
    for wrong in ["00:00:01;10", "00:00:01:25", "00:61:00:00"] {
        let error = plan_of([with(wrong)]).unwrap_err();
        assert!(
            matches!(&error, ConformError::BadMark { .. }),
            "{wrong}: {error}"
        );
    }
}

#[test]
fn timecode_of_uneven_frames_is_refused() {
    let mut index = Spec::plain(&[25]).index();
    let track = index.video.as_mut().unwrap();
    for unit in &mut track.units[10..] {
        unit.pts += 300;
    }
    track.frame_rate = None;
    let source = Arc::new(Source::file("/media/a.mp4".to_owned(), Arc::new(index)));
    let wanted = |mark| Clip {
        mark_in: Some(mark),
        mark_out: None,
        ..clip("a@x..", &source, 0..1)
    };
    let error = plan_of([wanted(Mark::Timecode("00:00:00:10".to_owned()))]).unwrap_err();
    assert!(
        matches!(&error, ConformError::NoRate { text, .. } if text == "00:00:00:10"),
        "{error}"
    );
    // Frame numbers count what is shown, whatever the times.
    assert_eq!(plan_of([wanted(Mark::Frame(10))]).unwrap().frames, 15);
}

#[test]
fn what_can_not_be_cut_is_named() {
    let mut index = Spec::plain(&[25]).index();
    index.video.as_mut().unwrap().codec = "hevc".to_owned();
    index.video.as_mut().unwrap().configs.clear();
    let source = Arc::new(Source::file("/media/a.mp4".to_owned(), Arc::new(index)));
    let error = plan_of([clip("a.mp4", &source, 0..5)]).unwrap_err();
    assert!(
        error.to_string().starts_with("a.mp4: video in hevc"),
        "{error}"
    );

    let mut index = Spec::plain(&[25]).index();
    index.video = None;
    let source = Arc::new(Source::file("/media/a.m4a".to_owned(), Arc::new(index)));
    let error = plan_of([clip("a.m4a", &source, 0..5)]).unwrap_err();
    assert!(
        matches!(&error, ConformError::NoVideo { clip } if clip == "a.m4a"),
        "{error}"
    );

    assert_eq!(plan_of([]).unwrap_err(), ConformError::Empty);
}

#[test]
fn interlaced_pictures_are_copied_and_not_encoded() {
    let mut index = Spec::plain(&[25, 25]).index();
    index.video.as_mut().unwrap().configs[0].facts.interlaced = true;
    let source = Arc::new(Source::file("/media/a.mp4".to_owned(), Arc::new(index)));
    assert_eq!(
        plan_of([clip("a", &source, 25..50)])
            .unwrap()
            .copied_frames(),
        25
    );
    let error = plan_of([clip("a@30f..", &source, 30..50)]).unwrap_err();
    assert!(
        error.to_string().starts_with("a@30f..: it is interlaced"),
        "{error}"
    );
}

#[test]
fn copy_says_why_not_and_where_it_could() {
    let gop = GopSpec {
        frames: 25,
        bframes: 3,
        open: false,
    };
    let spec = Spec {
        gops: vec![gop; 3],
        ..Spec::plain(&[1])
    };
    let source = spec.file("/media/a.mp4");
    let options = Options {
        mode: Mode::Copy,
        encoders: conform::Encoders::H264,
        codec: None,
        single_parameter_set: false,
        pace: conform::Pace::default(),
    };
    let error = conform(&edit([clip("a@30f..60f", &source, 30..60)]), &options).unwrap_err();
    let text = error.to_string();
    assert!(matches!(&error, ConformError::CannotCopy { .. }), "{text}");
    assert!(text.starts_with("a@30f..60f: "), "{text}");
    assert!(
        text.contains("25f or 50f") && text.contains("59f or 63f"),
        "{text}"
    );
}

#[test]
fn key_frames_shown_too_early_leave_no_frame_out_and_take_none_twice() {
    let mut index = Spec::plain(&[25, 25, 25]).index();
    let units = &mut index.video.as_mut().unwrap().units;
    let early = units[10].pts;
    units[10].pts = std::mem::replace(&mut units[50].pts, early);
    let source = Arc::new(Source::file("/media/a.mp4".to_owned(), Arc::new(index)));
    for (frames, count) in [(0..75, 75), (5..60, 55), (20..30, 10)] {
        let plan = plan_of([clip("a", &source, frames)]).unwrap();
        assert_eq!(plan.frames, count);
        let spans: Vec<u64> = plan.video.iter().map(|span| span.frames).collect();
        assert_eq!(spans.iter().sum::<u64>(), count, "{spans:?}");
    }
}

#[test]
fn ages_of_silence_are_counted() {
    let mut index = Spec::plain(&[25]).index();
    let video = index.video.as_mut().unwrap();
    (video.time_scale, video.frame_rate) = (1, None);
    video.units.last_mut().unwrap().duration = u32::MAX;
    index.audio.as_mut().unwrap().sample_rate = u32::MAX;
    let source = Arc::new(Source::file("/media/a.mp4".to_owned(), Arc::new(index)));
    let (_, issues) = conform(&edit([clip("a", &source, 0..25)]), &Options::default()).unwrap();
    assert!(issues.iter().any(|issue| issue.what.contains("silence")));
}
