//! Edits of the sequence, as the page asks for them.

use super::{FlowNames, markers, new_name, transitions};
use crate::{Code, Failure};
use ipc::{FlowPart, SequenceEdit};
use std::sync::Arc;
use timeline::{EditError, FlowFrames, Part, Ports, Project, Track};
use uuid::Uuid;

/// Makes an edit that is neither undo nor redo. Answers its name in the history.
pub(super) fn change(
    project: &mut Project,
    edit: SequenceEdit,
    flows: &dyn FlowFrames,
    names: &dyn Fn(&str) -> Option<FlowNames>,
) -> Result<String, Failure> {
    let sequence = project.sequences.first_mut().map(Arc::make_mut);
    let sequence = sequence.ok_or_else(|| Failure::internal("the project has no sequence"))?;
    if let SequenceEdit::Rename { title } = edit {
        sequence.title = new_name(&title, "a sequence")?;
        return Ok(format!("Rename to {}", sequence.title));
    }
    if let Some(step) = markers::change(sequence, &edit)? {
        return Ok(step);
    }
    let track = video_track(project)?;
    let ports = &mut Ports {
        flows,
        new_id: &mut Uuid::new_v4,
    };
    let step = match edit {
        SequenceEdit::Append { part } => {
            let part = cut(part, flows, names)?;
            let step = format!("Append {}", part.title);
            track.append(part, ports)?;
            step
        }
        SequenceEdit::Insert { part, at } => {
            let part = cut(part, flows, names)?;
            let step = format!("Insert {}", part.title);
            track.insert(at.into(), part, ports)?;
            step
        }
        SequenceEdit::Overwrite { part, at } => {
            let part = cut(part, flows, names)?;
            let step = format!("Overwrite with {}", part.title);
            track.overwrite(at.into(), part, ports)?;
            step
        }
        SequenceEdit::Remove { clips } => {
            let ids = clips.iter().map(|clip| clip_id(clip));
            let ids = ids.collect::<Result<Vec<_>, _>>()?;
            let step = match ids.as_slice() {
                [id] => format!("Remove {}", title_of(track, *id)?),
                ids => format!("Remove {} clips", ids.len()),
            };
            track.remove(&ids)?;
            step
        }
        SequenceEdit::Move { clip, to } => {
            let id = clip_id(&clip)?;
            let step = format!("Move {}", title_of(track, id)?);
            track.move_clip(id, usize::try_from(to).unwrap_or(usize::MAX))?;
            step
        }
        SequenceEdit::Trim {
            clip,
            first,
            frames,
        } => {
            let id = clip_id(&clip)?;
            let step = format!("Trim {}", title_of(track, id)?);
            track.trim(id, first.into(), frames.into(), ports)?;
            step
        }
        SequenceEdit::Split { at } => {
            let clip = track.clip_at(at.into());
            let title = clip.map(|placed| placed.clip.title.clone());
            track.split(at.into(), ports)?;
            format!("Split {}", title.unwrap_or_default())
        }
        SequenceEdit::Dissolve { clip, edge } => {
            let id = clip_id(&clip)?;
            transitions::dissolve(track, id, edge, flows)?
        }
        SequenceEdit::SetTransition {
            clip,
            edge,
            before,
            behind,
        } => {
            let id = clip_id(&clip)?;
            transitions::set(track, id, edge, (before, behind))?
        }
        SequenceEdit::ReplaceMedia {
            clips,
            flow_id: flow,
        } => return replace_media(track, &clips, &flow, ports.flows, names),
        SequenceEdit::AddMarker { .. }
        | SequenceEdit::ChangeMarker { .. }
        | SequenceEdit::RemoveMarker { .. }
        | SequenceEdit::Rename { .. }
        | SequenceEdit::Undo
        | SequenceEdit::Redo => {
            return Err(Failure::internal("this edit is none of a track"));
        }
    };
    Ok(step)
}

/// Cuts clips from the same frames of another flow.
fn replace_media(
    track: &mut Track,
    clips: &[String],
    flow: &str,
    flows: &dyn FlowFrames,
    names: &dyn Fn(&str) -> Option<FlowNames>,
) -> Result<String, Failure> {
    let number = |value: u64| u32::try_from(value).ok();
    let ports = &Ports {
        flows,
        new_id: &mut Uuid::new_v4,
    };
    let mut step = String::new();
    for clip in clips {
        let id = clip_id(clip)?;
        let placed = track.clip(id).ok_or(EditError::ClipNotFound { clip: id })?;
        let part = FlowPart {
            flow_id: flow.to_owned(),
            mark_in: number(placed.clip.first),
            mark_out: number(placed.clip.first.saturating_add(placed.clip.frames)),
        };
        let part = cut(part, flows, names)?;
        step = match clips.len() {
            1 => format!("Cut {} from {}", placed.clip.title, part.title),
            count => format!("Cut {count} clips from {}", part.title),
        };
        track.relink(id, part, ports)?;
    }
    Ok(step)
}

/// The track that is edited.
pub(super) fn video_track(project: &mut Project) -> Result<&mut Track, Failure> {
    let sequence = project.sequences.first_mut().map(Arc::make_mut);
    let track = sequence.and_then(|sequence| sequence.video_mut());
    track.ok_or_else(|| Failure::internal("the project has no sequence with a video track"))
}

/// What of a flow is to become a clip.
pub(super) fn cut(
    part: FlowPart,
    flows: &dyn FlowFrames,
    names: &dyn Fn(&str) -> Option<FlowNames>,
) -> Result<Part, Failure> {
    let known = names(&part.flow_id).zip(flows.frames(&part.flow_id));
    let (names, frames) = known.ok_or_else(|| {
        Failure::new(
            Code::NotFound,
            format!("flow {} is not there, or has no frames", part.flow_id),
            "Choose a flow in the browser.",
        )
    })?;
    let first = part.mark_in.map_or(0, u64::from);
    let behind = part.mark_out.map_or(frames, u64::from);
    Ok(Part {
        title: names.title,
        flow_id: part.flow_id,
        source_id: names.source_id,
        first,
        frames: behind.saturating_sub(first),
        rate: names.frame_rate,
        sound: names.sound,
    })
}

/// The id of a clip, from its text.
pub(crate) fn clip_id(text: &str) -> Result<Uuid, Failure> {
    text.parse()
        .map_err(|_| Failure::bad_input(format!("`{text}` is no clip"), "Choose a clip."))
}

pub(super) fn title_of(track: &Track, id: Uuid) -> Result<String, EditError> {
    let placed = track.clip(id).ok_or(EditError::ClipNotFound { clip: id })?;
    Ok(placed.clip.title.clone())
}
