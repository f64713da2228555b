//! Target: JSON documents that programs exchange and keep: OpenTimelineIO, projects, reports.

mod seeds;

use interchange::{read_otio, write_otio};
use media::Report;
use mediatime::RationalTime;
use timeline::{Document, History, Project, Sequence};

use super::mutate::json::body;
use super::mutate::random::Random;

/// A text that may be an OpenTimelineIO file.
pub fn otio(random: &mut Random) -> Vec<u8> {
    body(random, &seeds::OTIO)
}

/// A text that may be a project with its history.
pub fn project(random: &mut Random) -> Vec<u8> {
    body(random, &seeds::PROJECT)
}

/// A text that may be the report of a compile.
pub fn report(random: &mut Random) -> Vec<u8> {
    body(random, &seeds::REPORT)
}

/// Reads `data` as OpenTimelineIO; true when it is.
///
/// # Panics
/// When what is read is not written back as it was, or a clip lasts less than nothing.
pub fn read_edit(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let (programme, issues) = match read_otio(&text) {
        Ok(read) => read,
        Err(wrong) => {
            assert!(wrong.to_string().len() < 2_000, "{wrong}");
            return false;
        }
    };
    assert!(issues.len() <= interchange::MAX_ISSUES + 1);
    let written = write_otio(&programme);
    let (again, _) = read_otio(&written).expect("it was just written");
    // The writer completes what lacks what it has to have, and that once.
    assert_eq!(write_otio(&again), written);
    assert_eq!(again.plain_tracks().ok(), programme.plain_tracks().ok());
    match programme.plain_tracks() {
        Ok((tracks, _)) => {
            for clip in tracks.iter().flat_map(|track| &track.clips) {
                assert!(clip.gap >= RationalTime::ZERO, "{clip:?}");
                let forward = |length| length >= RationalTime::ZERO;
                assert!(clip.length.is_none_or(forward), "{clip:?}");
            }
        }
        Err(issues) => assert!(!issues.is_empty()),
    }
    true
}

/// Reads `data` as a project with its history; true when it is.
///
/// # Panics
/// When a state of it can't be shown, or it is not kept as it is.
pub fn open_project(data: &[u8]) -> bool {
    let Ok(document) = serde_json::from_slice::<Document>(data) else {
        return false;
    };
    let mut history = match document.open() {
        Ok(history) => history,
        Err(wrong) => {
            assert!(!wrong.to_string().is_empty());
            return false;
        }
    };
    let kept = serde_json::to_vec(&Document::new(&history)).expect("a document can be written");
    let again: Document = serde_json::from_slice(&kept).expect("it was just written");
    assert_eq!(again.open().as_ref(), Ok(&history));
    show(&history);
    while history.undo() {
        show(&history);
    }
    while history.redo() {
        show(&history);
    }
    true
}

fn show(history: &History<Project>) {
    for sequence in &history.present().sequences {
        show_sequence(sequence);
    }
}

fn show_sequence(sequence: &Sequence) {
    let length = sequence.length();
    let _ = (sequence.frame_rate(), sequence.start_frame());
    for track in &sequence.tracks {
        let mut end = 0;
        for placed in track.clips() {
            let range = placed.range();
            assert!(end <= range.start && range.start < range.end, "{range:?}");
            end = range.end;
        }
        assert!(end <= track.length() && track.length() <= length);
    }
}

/// Reads `data` as a report; true when it is one.
///
/// # Panics
/// When it can't be written again as it was read.
pub fn read_report(data: &[u8]) -> bool {
    let Ok(report) = serde_json::from_slice::<Report>(data) else {
        return false;
    };
    for frame in [0, report.frames, u64::MAX] {
        let _ = report.presentation.start(frame);
    }
    let _ = report.plan.compute_hash();
    let written = serde_json::to_value(&report).expect("a report can be written");
    let again: Report = serde_json::from_value(written.clone()).expect("it was just written");
    assert_eq!(serde_json::to_value(&again).ok(), Some(written));
    true
}
