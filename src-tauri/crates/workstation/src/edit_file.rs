//! Edits of other programs, from their files.

mod form;
mod learned;
mod places;
mod unpacked;

pub use form::{EditForm, is_edit};
pub(crate) use learned::{Meant, learn_clocks};
pub(crate) use places::{find_reels, folder_of, rebase};
pub use unpacked::Unpacked;
pub(crate) use unpacked::read_bundle;

use crate::{Code, Failure, MarkClock, WantedClip, WantedEdit, WantedMark, WantedTrack};
use conform::{Mark, Transition};
use interchange::{
    Counting, Issue, PlainClip, PlainTransition, Point, Programme, ReadError, read_edl,
    read_fcpxml, read_otio,
};
use std::path::{Path, PathBuf};

/// What a file of another program says.
#[derive(Debug)]
pub(crate) struct ReadFile {
    pub(crate) form: EditForm,
    pub(crate) programme: Programme,
    pub(crate) issues: Vec<Issue>,
    /// The media of a bundle, as files.
    pub(crate) unpacked: Option<Unpacked>,
}

/// An edit, and what of it is not kept. Files that it names from its own folder on are looked for
/// there; so are the reels of a list, by the names of their clips. `rate` counts the frames of a list,
/// which doesn't say it itself.
///
/// # Errors
/// It can't be read or is no edit, or something in it can't be cut yet: the first is named with its
/// place, and how many more there are.
pub fn read_edit(
    file: &Path,
    rate: Option<Counting>,
) -> Result<(WantedEdit, Vec<String>), Failure> {
    let read = read_file(file, rate)?;
    let (tracks, more) = read
        .programme
        .plain_tracks()
        .map_err(|issues| blocked(file, &issues))?;
    let mut issues = read.issues;
    issues.extend(more);
    if let Some(note) = other_labels(&read.programme) {
        issues.push(note);
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    // The source side of a list is the timecode of its media.
    let clock = match read.form {
        EditForm::Edl => MarkClock::Timecode,
        _ => MarkClock::Start,
    };
    let tracks = tracks.into_iter().map(|track| WantedTrack {
        clips: track
            .clips
            .into_iter()
            .map(|clip| wanted(clip, folder, clock))
            .collect(),
        pictures: track.pictures,
        sound: track.sound,
    });
    let edit = WantedEdit {
        tracks: tracks.collect(),
        start: read.programme.start.map(|start| start.seconds()),
        unpacked: read.unpacked.into_iter().collect(),
    };
    Ok((edit, issues.iter().map(ToString::to_string).collect()))
}

/// An output's timecode is drop-frame wherever its rate has that.
fn other_labels(programme: &Programme) -> Option<Issue> {
    let shown = programme.start.is_some() && programme.drop_frame() == Some(false);
    shown.then(|| Issue {
        place: "the timeline".to_owned(),
        what: "its timecode is not drop-frame; that of the output is, from the same frame on"
            .to_owned(),
    })
}

/// Reads a file by the form its name tells.
pub(crate) fn read_file(file: &Path, rate: Option<Counting>) -> Result<ReadFile, Failure> {
    let shown = file.display().to_string();
    let form = EditForm::of(file)
        .filter(|form| form.is_read())
        .ok_or_else(|| {
            Failure::bad_input(
                format!(
                    "{shown} is no edit that can be read: its name ends in none of {}",
                    EditForm::READ
                ),
                "Name an edit of another program, or clips with `--clip`.",
            )
        })?;
    let mut unpacked = None;
    let read = match form {
        EditForm::Otioz => {
            let (programme, issues, media) = unpacked::read(file)?;
            unpacked = Some(media);
            Ok((programme, issues))
        }
        EditForm::Edl => {
            let rate = rate.ok_or_else(|| {
                Failure::new(
                    Code::Usage,
                    format!("{shown}: an edit decision list doesn't say at which rate its frames are counted"),
                    "Pass `--rate`: 25, 29.97, 29.97df for drop-frame, 23.976, 50, 59.94df…",
                )
            })?;
            let (text, foreign) = text(file)?;
            read_edl(&text, rate).map(|(mut programme, mut issues)| {
                if foreign {
                    issues.push(Issue {
                        place: "the file".to_owned(),
                        what: "it is no UTF-8, and read as Latin-1".to_owned(),
                    });
                }
                find_reels(&mut programme, file, &mut issues);
                (programme, issues)
            })
        }
        EditForm::Fcpxml => read_fcpxml(&utf8(file)?),
        EditForm::Stringout => {
            let project = crate::project::read_project(file)?;
            Ok(crate::project::programme_of(project.history.present()))
        }
        _ => read_otio(&utf8(file)?),
    };
    let (programme, issues) = read.map_err(|error| unreadable(&shown, form, &error))?;
    Ok(ReadFile {
        form,
        programme,
        issues,
        unpacked,
    })
}

pub(crate) fn unreadable(shown: &str, form: EditForm, error: &ReadError) -> Failure {
    let why = format!("{shown}: {error}");
    Failure::bad_input(why, format!("Write it out again as {}.", form.title()))
}

/// The first of the things that stand in the way, and how many more there are.
fn blocked(file: &Path, issues: &[Issue]) -> Failure {
    let first = issues.first().map(ToString::to_string).unwrap_or_default();
    let others = match issues.len() {
        0 | 1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    Failure::new(
        Code::Unsupported,
        format!("{}: {first}{others}", file.display()),
        "Take it out of the edit, or render it where the edit was made.",
    )
}

/// A text, and whether it was no UTF-8: lists are older than that.
fn text(file: &Path) -> Result<(String, bool), Failure> {
    let bytes = bytes(file)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, false)),
        Err(other) => Ok((
            other.into_bytes().into_iter().map(char::from).collect(),
            true,
        )),
    }
}

fn utf8(file: &Path) -> Result<String, Failure> {
    String::from_utf8(bytes(file)?).map_err(|error| {
        let why = format!("{}: {error}", file.display());
        Failure::bad_input(why, "Write it out again as UTF-8.")
    })
}

fn bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    let shown = file.display();
    let length = std::fs::metadata(file)
        .map_err(|error| Failure::io(file.display(), &error))?
        .len();
    if length > interchange::MAX_BYTES as u64 {
        let why = format!("{shown} is too large for an edit: {length} bytes");
        return Err(Failure::bad_input(why, "Name an edit of another program."));
    }
    std::fs::read(file).map_err(|error| Failure::io(file.display(), &error))
}

fn transition(plain: PlainTransition) -> Transition {
    Transition {
        before: plain.before,
        behind: plain.behind,
    }
}

fn wanted(clip: PlainClip, folder: &Path, clock: MarkClock) -> WantedClip {
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
        clock,
        gap: clip.gap,
        length: clip.length,
        head: clip.head.map(transition),
        tail: clip.tail.map(transition),
    }
}
