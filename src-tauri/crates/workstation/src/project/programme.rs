//! A project as other forms of edits say it: so that it is planned, compiled and converted like them.

use crate::reference::{At, place_and_id};
use interchange::{
    Clip, Gap, Issue, Item, Kept, Marker, Programme, Range, Time, Track, TrackKind, Transition,
};
use mediatime::FrameRate;
use timeline::{Project, Sequence};

/// What kinds of transitions are called.
const DISSOLVE: &str = "SMPTE_Dissolve";

/// The sequence of a project, and what of it other forms don't have.
pub(crate) fn programme_of(project: &Project) -> (Programme, Vec<Issue>) {
    let Some(sequence) = project.sequences.first() else {
        return (Programme::new(&project.name), Vec::new());
    };
    let rate = sequence.frame_rate().unwrap_or(FrameRate::FPS_25);
    let mut issues = Vec::new();
    let tracks = sequence.tracks.iter().map(|track| {
        if track.gain() != 0 {
            issues.push(Issue {
                place: format!("track {}", track.name()),
                what: "its level is not taken".to_owned(),
            });
        }
        let kind = match track.kind() {
            timeline::TrackKind::Video => TrackKind::Video,
            timeline::TrackKind::Audio => TrackKind::Audio,
        };
        Track {
            enabled: track.enabled(),
            ..Track::new(track.name(), kind, items(track, rate))
        }
    });
    let tracks = tracks.collect();
    if sequence.markers.is_empty() && sequence.tracks.iter().all(|track| track.length() == 0) {
        issues.push(Issue {
            place: "the sequence".to_owned(),
            what: "it is empty".to_owned(),
        });
    }
    let programme = Programme {
        start: i64::try_from(sequence.start_frame())
            .ok()
            .map(|frame| Time::frames(frame, rate)),
        tracks,
        kept_stack: markers(sequence, rate),
        ..Programme::new(&sequence.title)
    };
    (programme, issues)
}

fn items(track: &timeline::Track, rate: FrameRate) -> Vec<Item> {
    let mut items = Vec::new();
    let time = |frames: u64| Time::frames(i64::try_from(frames).unwrap_or(i64::MAX), rate);
    let transition = |transition: timeline::Transition| {
        Item::Transition(Transition {
            name: String::new(),
            kind: DISSOLVE.to_owned(),
            in_offset: Some(time(transition.before)),
            out_offset: Some(time(transition.behind)),
            kept: Kept::default(),
        })
    };
    for item in track.items() {
        match item {
            timeline::Item::Gap(gap) => items.push(Item::Gap(Gap::new(time(gap.frames)))),
            timeline::Item::Clip(clip) => {
                items.extend(clip.head.map(transition));
                items.push(cut(clip).into());
                items.extend(clip.tail.map(transition));
            }
        }
    }
    items
}

/// A clip of a flow. Its exact flow time is the truth; frames say the same where the flow has a rate.
fn cut(clip: &timeline::Clip) -> Clip {
    let (host, flow) = match place_and_id(&clip.flow_id, &clip.flow_id) {
        Ok((At::Named(name), id)) => (Some(name), id.to_string()),
        Ok((_, id)) => (None, id.to_string()),
        Err(_) => (None, clip.flow_id.clone()),
    };
    let mut cut = Clip::of_flow(&clip.title, host, flow, clip.timerange);
    let frames = i64::try_from(clip.frames).ok();
    if let (Some(rate), Some(start), Some(frames)) = (clip.rate, clip.timerange.start(), frames) {
        cut.range = Some(Range {
            start: Time::new(start.to_rational(), rate),
            duration: Time::frames(frames, rate),
        });
    }
    cut
}

fn markers(sequence: &Sequence, rate: FrameRate) -> Kept {
    let mut kept = Kept::default();
    for marker in &sequence.markers {
        let frames = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        kept.add_marker(&Marker {
            name: marker.name.clone(),
            range: Range::frames(frames(marker.at), frames(marker.frames), rate),
            colour: format!("{:?}", marker.colour).to_uppercase(),
            comment: marker.note.clone(),
        });
    }
    kept
}
