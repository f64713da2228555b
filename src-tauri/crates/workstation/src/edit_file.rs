//! Edits of other programs, from their files.

use crate::{Code, Failure, WantedClip, WantedEdit, WantedMark, WantedTrack};
use conform::{Mark, Transition};
use interchange::{PlainClip, PlainTransition, Point, read_otio};
use std::path::{Path, PathBuf};

/// Whether a file is an edit, by its name: `.otio`.
#[must_use]
pub fn is_edit(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("otio"))
}

/// An edit, and what of it is not kept. Files that it names from its own folder
/// on are looked for there.
///
/// # Errors
/// It can't be read or is no edit, or something in it can't be cut yet: the first is named with its
/// place, and how many more there are.
pub fn read_edit(file: &Path) -> Result<(WantedEdit, Vec<String>), Failure> {
    let shown = file.display().to_string();
    if !is_edit(file) {
        return Err(Failure::bad_input(
            format!("{shown} is no edit that can be read: it is not called `.otio`"),
            "Name an OpenTimelineIO file, or clips with `--clip`.",
        ));
    }
    let length = std::fs::metadata(file)
        .map_err(|error| Failure::io(&shown, &error))?
        .len();
    if length > interchange::MAX_BYTES as u64 {
        let why = format!("{shown} is too large for an edit: {length} bytes");
        return Err(Failure::bad_input(why, "Name an OpenTimelineIO file."));
    }
    let text = std::fs::read_to_string(file).map_err(|error| Failure::io(&shown, &error))?;
    let (programme, mut issues) = read_otio(&text).map_err(|error| {
        let why = format!("{shown}: {error}");
        Failure::bad_input(why, "Write it out again as OpenTimelineIO.")
    })?;
    let (tracks, more) = programme.plain_tracks().map_err(|issues| {
        let first = issues.first().map(ToString::to_string).unwrap_or_default();
        let others = match issues.len() {
            0 | 1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        Failure::new(
            Code::Unsupported,
            format!("{shown}: {first}{others}"),
            "Take it out of the edit, or render it where the edit was made.",
        )
    })?;
    issues.extend(more);
    let folder = file.parent().unwrap_or(Path::new(""));
    let tracks = tracks.into_iter().map(|track| WantedTrack {
        clips: track
            .clips
            .into_iter()
            .map(|clip| wanted(clip, folder))
            .collect(),
        pictures: track.pictures,
        sound: track.sound,
    });
    let edit = WantedEdit {
        tracks: tracks.collect(),
        start: programme.start.map(|start| start.seconds()),
    };
    Ok((edit, issues.iter().map(ToString::to_string).collect()))
}

fn transition(plain: PlainTransition) -> Transition {
    Transition {
        before: plain.before,
        behind: plain.behind,
    }
}

fn wanted(clip: PlainClip, folder: &Path) -> WantedClip {
    let mark = |point: Option<Point>| {
        let mark = match point? {
            Point::Offset(time) => Mark::Offset(time),
            Point::Absolute(time) => Mark::Absolute(time),
        };
        Some(WantedMark::Near(mark))
    };
    let named = ["flow:", "source:", "tams://"];
    let reference = if named
        .iter()
        .any(|scheme| clip.reference.starts_with(scheme))
    {
        clip.reference
    } else {
        let path: PathBuf = folder.join(&clip.reference);
        path.display().to_string()
    };
    WantedClip {
        label: clip.place,
        reference,
        mark_in: mark(clip.mark_in),
        mark_out: mark(clip.mark_out),
        gap: clip.gap,
        length: clip.length,
        head: clip.head.map(transition),
        tail: clip.tail.map(transition),
    }
}
