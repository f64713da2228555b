//! Markers of the sequence.

use crate::Failure;
use ipc::{MarkerView, SequenceEdit};
use std::sync::Arc;
use timeline::{Marker, MarkerColour, Sequence};
use uuid::Uuid;

/// As a page shows them.
pub(super) fn views(sequence: Option<&Arc<Sequence>>) -> Vec<MarkerView> {
    let markers = sequence.into_iter().flat_map(|sequence| &sequence.markers);
    markers.map(|marker| view(marker)).collect()
}

fn view(marker: &Marker) -> MarkerView {
    let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    let colour = serde_json::to_value(marker.colour).unwrap_or_default();
    MarkerView {
        id: marker.id.to_string(),
        at: number(marker.at),
        frames: number(marker.frames),
        name: marker.name.clone(),
        note: marker.note.clone(),
        colour: colour.as_str().unwrap_or_default().to_owned(),
    }
}

/// Makes an edit of markers; `None` when it is none. Answers its name in the history.
pub(super) fn change(
    sequence: &mut Sequence,
    edit: &SequenceEdit,
) -> Result<Option<String>, Failure> {
    match edit {
        SequenceEdit::AddMarker { marker } => {
            let marker = read(marker, Uuid::new_v4())?;
            let step = named("Marker", &marker);
            sequence.add_marker(marker)?;
            Ok(Some(step))
        }
        SequenceEdit::ChangeMarker { marker } => {
            let marker = read(marker, marker_id(&marker.id)?)?;
            let step = named("Change marker", &marker);
            sequence.change_marker(marker)?;
            Ok(Some(step))
        }
        SequenceEdit::RemoveMarker { marker } => {
            let id = marker_id(marker)?;
            let found = sequence.markers.iter().find(|marker| marker.id == id);
            let step = found.map(|marker| named("Remove marker", marker));
            sequence.remove_marker(id)?;
            Ok(step)
        }
        _ => Ok(None),
    }
}

fn named(step: &str, marker: &Marker) -> String {
    match marker.name.as_str() {
        "" => step.to_owned(),
        name => format!("{step} {name}"),
    }
}

fn marker_id(text: &str) -> Result<Uuid, Failure> {
    text.parse()
        .map_err(|_| Failure::bad_input(format!("`{text}` is no marker"), "Choose a marker."))
}

fn read(marker: &MarkerView, id: Uuid) -> Result<Marker, Failure> {
    let colour: Result<MarkerColour, _> = serde_json::from_value(marker.colour.as_str().into());
    let colour = colour.map_err(|_| {
        Failure::bad_input(
            format!("`{}` is no colour of markers", marker.colour),
            "Choose one of those that are offered.",
        )
    })?;
    Ok(Marker {
        id,
        at: marker.at.into(),
        frames: marker.frames.into(),
        name: marker.name.clone(),
        note: marker.note.clone(),
        colour,
    })
}
