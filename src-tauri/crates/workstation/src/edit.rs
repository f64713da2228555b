//! Clips as the user names them → an edit the planner can resolve.

use crate::{Failure, Objects, Reference, Workspace};
use conform::{Clip, Edit, Source, SourceObject, split_clip};
use media::ObjectSource;
use mediatime::{RationalTime, TimeRange, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use tams_model::{FlowSegment, Id};

/// An edit, and the objects it is made of.
#[derive(Debug)]
pub struct OpenEdit {
    /// Clips in order.
    pub edit: Edit,
    /// The objects of its sources.
    pub objects: Arc<Objects>,
}

/// Whether clips can be opened without any workspace: all of them are plain files.
///
/// # Errors
/// A reference is none.
pub fn only_files(clips: &[String]) -> Result<bool, Failure> {
    for clip in clips {
        let (reference, ..) = split_clip(clip)?;
        if !matches!(reference.parse()?, Reference::File(_)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Opens clips `REF[@IN..OUT]` in order. Each source is read once, however many clips it has.
///
/// # Errors
/// A clip names nothing that is there, or something that is no video.
pub fn open_clips(workspace: Option<&Workspace>, clips: &[String]) -> Result<OpenEdit, Failure> {
    let objects = workspace.map_or_else(Objects::files, Objects::of);
    let mut sources: HashMap<String, Arc<Source>> = HashMap::new();
    let mut edit = Edit::default();
    for text in clips {
        let (reference, mark_in, mark_out) = split_clip(text)?;
        let source = match sources.get(reference) {
            Some(source) => Arc::clone(source),
            None => {
                let source = Arc::new(open_source(workspace, &objects, reference)?);
                sources.insert(reference.to_owned(), Arc::clone(&source));
                source
            }
        };
        edit.clips.push(Clip {
            label: text.clone(),
            source,
            mark_in,
            mark_out,
        });
    }
    Ok(OpenEdit {
        edit,
        objects: Arc::new(objects),
    })
}

fn open_source(
    workspace: Option<&Workspace>,
    objects: &Objects,
    reference: &str,
) -> Result<Source, Failure> {
    let need = || {
        workspace.ok_or_else(|| {
            Failure::bad_input(
                format!("{reference}: no workspace is open"),
                "Name one with `-w DIR`.",
            )
        })
    };
    match reference.parse()? {
        Reference::File(path) => {
            let (id, object) = objects.file(&path)?;
            Ok(Source::file(id, object.index))
        }
        Reference::Flow(id) => open_flow(need()?, objects, id),
        Reference::Source(id) => {
            let workspace = need()?;
            open_flow(workspace, objects, best_flow(workspace, id)?)
        }
    }
}

/// The flow of a source to cut: one with segments of its own.
fn best_flow(workspace: &Workspace, source: Id) -> Result<Id, Failure> {
    // A source that does not exist is told apart from one without media.
    workspace.catalogue.source(source)?;
    let flows = workspace.flows(Some(source))?;
    let mut candidates: Vec<Id> = flows.iter().map(|flow| flow.id).collect();
    // A video or audio source may be carried by the flow that collects its flow.
    candidates.extend(
        flows
            .iter()
            .flat_map(|flow| flow.collected_by.iter().flatten().copied()),
    );
    for id in candidates {
        if !workspace
            .catalogue
            .flow_timerange(id, TimeRange::ETERNITY)?
            .is_empty()
        {
            return Ok(id);
        }
    }
    Err(Failure::bad_input(
        format!("source:{source} has no flow with media"),
        "`stringout flows --source ID` lists its flows.",
    ))
}

fn open_flow(workspace: &Workspace, objects: &Objects, id: Id) -> Result<Source, Failure> {
    let (holder, segments) = segments_of(workspace, id)?;
    open_segments(objects, holder, segments)
}

/// The segments that hold a flow's media, and the flow they belong to: itself, or the one that
/// collects it.
pub(crate) fn segments_of(
    workspace: &Workspace,
    id: Id,
) -> Result<(Id, Vec<FlowSegment>), Failure> {
    let flow = workspace.catalogue.flow(id)?;
    let mut segments = workspace.segments(id, TimeRange::ETERNITY)?;
    let mut flow_id = id;
    if segments.is_empty()
        && let Some(collector) = flow.collected_by.iter().flatten().next()
    {
        flow_id = *collector;
        segments = workspace.segments(flow_id, TimeRange::ETERNITY)?;
    }
    if segments.is_empty() {
        return Err(Failure::bad_input(
            format!("flow:{id} has no segments"),
            "`stringout segments FLOW` lists them.",
        ));
    }
    Ok((flow_id, segments))
}

/// What segments hold, on their flow's timeline.
pub(crate) fn open_segments(
    objects: &Objects,
    flow_id: Id,
    segments: Vec<FlowSegment>,
) -> Result<Source, Failure> {
    let mut start: Option<Timestamp> = None;
    let mut parts = Vec::with_capacity(segments.len());
    for segment in segments {
        let object = objects.object(&segment.object_id)?;
        let range = segment.timerange.start().zip(segment.timerange.end());
        if let Some((begin, _)) = range {
            start = Some(start.map_or(begin, |start| start.min(begin)));
        }
        parts.push(SourceObject {
            object_id: segment.object_id,
            flow_id: Some(flow_id.to_string()),
            index: object.index,
            offset: segment.ts_offset.unwrap_or(Timestamp::ZERO).to_rational(),
            range: range.map(|(begin, end)| (RationalTime::from(begin), RationalTime::from(end))),
        });
    }
    Ok(Source::flow(parts, start.unwrap_or(Timestamp::ZERO)))
}
