//! Dissolves and fades of the sequence.

use crate::Failure;
use ipc::{ClipEdge, TransitionView};
use mediatime::FrameRate;
use timeline::{Clip, Edge, EditError, FlowFrames, Placed, Track, Transition};
use uuid::Uuid;

/// Frames of a dissolve where the sequence has no constant rate to count a second by.
const WITHOUT_RATE: u64 = 25;

/// As a page shows it.
pub(super) fn view(transition: Transition) -> TransitionView {
    let number = |frames: u64| u32::try_from(frames).unwrap_or(u32::MAX);
    TransitionView {
        before: number(transition.before),
        behind: number(transition.behind),
    }
}

fn edge_of(edge: ClipEdge) -> Edge {
    match edge {
        ClipEdge::In => Edge::In,
        ClipEdge::Out => Edge::Out,
    }
}

/// Sets frames before and behind the cut. Answers the name of the step.
pub(super) fn set(
    track: &mut Track,
    id: Uuid,
    edge: ClipEdge,
    (before, behind): (u32, u32),
) -> Result<String, Failure> {
    let title = super::change::title_of(track, id)?;
    let wanted = Transition {
        before: before.into(),
        behind: behind.into(),
    };
    let step = match wanted.length() {
        0 => format!("Take the dissolve of {title} out"),
        1 => format!("Dissolve of {title}: 1 frame"),
        frames => format!("Dissolve of {title}: {frames} frames"),
    };
    track.set_transition(id, edge_of(edge), (wanted.length() > 0).then_some(wanted))?;
    Ok(step)
}

/// Puts a dissolve of a second on a cut, in its middle where there is room, or a fade at an edge that has
/// nothing beside it; shorter where clips or their media are. Answers the name of the step.
///
/// # Errors
/// There is no room at all.
pub(super) fn dissolve(
    track: &mut Track,
    id: Uuid,
    edge: ClipEdge,
    flows: &dyn FlowFrames,
) -> Result<String, Failure> {
    let title = super::change::title_of(track, id)?;
    let clips: Vec<Placed<'_>> = track.clips().collect();
    let own = clips.iter().position(|placed| placed.clip.id == id);
    let own = own.ok_or(EditError::ClipNotFound { clip: id })?;
    // The cut has a clip on either side, or one of both.
    let (out, into) = match edge {
        ClipEdge::In => (own.checked_sub(1), Some(own)),
        ClipEdge::Out => (Some(own), Some(own + 1)),
    };
    let out = out.and_then(|out| clips.get(out));
    let into = into.and_then(|into| clips.get(into));
    let touching = match (out, into) {
        (Some(out), Some(into)) => out.range().end == into.at,
        _ => false,
    };
    let second = track
        .frame_rate()
        .map_or(WITHOUT_RATE, |rate| u64::from(rate.nominal()));
    let rate = track.frame_rate();
    let wanted = match (out, into, touching, edge) {
        (Some(out), Some(into), true, _) => {
            // Before the cut the next clip begins early, behind it the one in front goes on.
            let before = (second / 2)
                .min(in_front(into.clip, rate))
                .min(free(out, Edge::In));
            let behind = (second - second / 2)
                .min(behind(out.clip, flows, rate))
                .min(free(into, Edge::Out));
            Transition { before, behind }
        }
        (_, Some(into), _, ClipEdge::In) => Transition {
            before: 0,
            behind: second.min(free(into, Edge::Out)),
        },
        (Some(out), _, _, _) => Transition {
            before: second.min(free(out, Edge::In)),
            behind: 0,
        },
        (None, _, _, _) => Transition {
            before: 0,
            behind: 0,
        },
    };
    if wanted.length() == 0 {
        return Err(Failure::bad_input(
            format!("{title}: the media have no frames beyond this cut to dissolve with"),
            "Trim the clips at the cut, so that their media go on behind it.",
        ));
    }
    let step = match into.filter(|_| touching) {
        Some(into) => format!("Dissolve into {}", into.clip.title),
        None => format!("Fade {title}"),
    };
    track.set_transition(id, edge_of(edge), Some(wanted))?;
    Ok(step)
}

/// Frames of a clip that the transition at its edge leaves.
fn free(placed: &Placed<'_>, taken_at: Edge) -> u64 {
    let taken = match taken_at {
        Edge::In => placed.clip.head.map_or(0, |head| head.behind),
        Edge::Out => placed.clip.tail.map_or(0, |tail| tail.before),
    };
    placed.length.saturating_sub(taken)
}

/// Frames of the sequence that a clip's flow has in front of it.
fn in_front(clip: &Clip, rate: Option<FrameRate>) -> u64 {
    on_track(clip.first, clip, rate)
}

/// Frames of the sequence that a clip's flow has behind it.
fn behind(clip: &Clip, flows: &dyn FlowFrames, rate: Option<FrameRate>) -> u64 {
    let frames = flows.frames(&clip.flow_id).unwrap_or(0);
    on_track(frames.saturating_sub(clip.first + clip.frames), clip, rate)
}

/// Whole frames of the sequence in which so many frames of a flow are shown.
fn on_track(frames: u64, clip: &Clip, rate: Option<FrameRate>) -> u64 {
    let (Some(own), Some(rate)) = (clip.rate, rate) else {
        return frames;
    };
    let frames = i64::try_from(frames).unwrap_or(i64::MAX);
    u64::try_from(rate.frame_at(own.frame_start(frames))).unwrap_or(0)
}
