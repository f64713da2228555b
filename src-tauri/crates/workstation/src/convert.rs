//! From one form of an edit to another.

use crate::compile::write_file_with;
use crate::edit_file::{EditForm, Meant, folder_of, learn_clocks, read_bundle, read_file, rebase};
use crate::{Code, Failure, write_file};
use interchange::{
    BundleError, Clip, Counting, Issue, Item, Media, Programme, WriteError, write_bundle,
    write_chapters, write_clip_list, write_edl, write_fcpxml, write_otio,
};
use serde::Serialize;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What was converted.
#[derive(Clone, Debug, Serialize)]
pub struct Converted {
    /// The file that was read.
    #[serde(rename = "in")]
    pub input: PathBuf,
    /// The file that was written.
    pub out: PathBuf,
    /// The form it was in.
    pub from: &'static str,
    /// The form it is in.
    pub to: &'static str,
    /// Clips of what was read.
    pub clips: usize,
    /// What was not taken as it stood.
    pub issues: Vec<ConvertIssue>,
}

/// Something that was not taken as it stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConvertIssue {
    /// Where.
    pub place: String,
    /// What is there, and what was done about it.
    pub what: String,
}

/// Reads an edit and writes it in the form that the name of `out` tells. `rate` counts frames where one
/// of both files doesn't say it: those of a list that is read, and the labels of a list or table that is
/// written; without it the latter are counted as the edit is.
///
/// Media are not touched, but for bundles, which hold them. Files are asked for their timecode where the
/// edit doesn't say at which time of theirs they begin.
///
/// # Errors
/// It can't be read, its form can't say it, `out` is there and `overwrite` is not set, or it can't be
/// written.
pub fn convert(
    input: &Path,
    out: &Path,
    rate: Option<Counting>,
    overwrite: bool,
) -> Result<Converted, Failure> {
    let not_written = || {
        Failure::bad_input(
            format!(
                "{} can't be written: its name ends in none of {}",
                out.display(),
                EditForm::WRITTEN
            ),
            "Name the output by the form that is wanted.",
        )
    };
    let to = EditForm::of(out).ok_or_else(not_written)?;
    let read = read_file(input, rate)?;
    if !overwrite && out.exists() {
        let error = std::io::ErrorKind::AlreadyExists.into();
        return Err(Failure::io(out.display(), &error));
    }
    let (from, mut programme, mut issues) = (read.form, read.programme, read.issues);
    let clips = clips_of(&programme).count();
    if rate.is_some()
        && ![from, to]
            .iter()
            .any(|form| matches!(form, EditForm::Edl | EditForm::Csv))
    {
        issues.push(Issue {
            place: "the rate".to_owned(),
            what: "neither form needs one: it is not used".to_owned(),
        });
    }
    let meant = match from {
        EditForm::Edl => Meant::OnTimecode,
        _ => Meant::FromStart,
    };
    if from == EditForm::Edl || !matches!(to, EditForm::Otio | EditForm::Otioz) {
        learn_clocks(&mut programme, input, meant);
    }
    rebase(&mut programme, input, out);
    if read.unpacked.is_some() && to != EditForm::Otioz {
        // What was unpacked goes when this returns.
        issues.extend(leave_in_bundle(&mut programme, input)?);
    }
    let counting = rate.or_else(|| programme.counting());
    let counted = || {
        counting.ok_or_else(|| {
            Failure::new(
                Code::Usage,
                format!(
                    "{}: it is not known at which rate frames are counted",
                    input.display()
                ),
                "Pass `--rate`: 25, 29.97, 29.97df for drop-frame…",
            )
        })
    };
    let unwritable = |error: WriteError| {
        Failure::new(
            Code::Unsupported,
            format!("{}: {error}", input.display()),
            format!(
                "{} can't say that: take it out, or choose another form.",
                to.title()
            ),
        )
    };
    let text = match to {
        EditForm::Otioz => {
            let mut more = Vec::new();
            let folder = folder_of(input);
            write_file_with(out, |file| {
                more = bundle(file, &programme, &folder)?;
                Ok(())
            })?;
            issues.append(&mut more);
            None
        }
        EditForm::Stringout => return Err(not_written()),
        EditForm::Otio => Some((write_otio(&programme), Vec::new())),
        EditForm::Edl => Some(write_edl(&programme, counted()?).map_err(unwritable)?),
        EditForm::Fcpxml => Some(write_fcpxml(&programme).map_err(unwritable)?),
        EditForm::Csv => Some(write_clip_list(&programme, counted()?).map_err(unwritable)?),
        EditForm::Vtt => Some(write_chapters(&programme).map_err(unwritable)?),
    };
    if let Some((text, more)) = text {
        issues.extend(more);
        write_file(out, text.as_bytes())?;
    }
    let issues = issues.into_iter().map(|issue| ConvertIssue {
        place: issue.place,
        what: issue.what,
    });
    Ok(Converted {
        input: input.to_owned(),
        out: out.to_owned(),
        from: from.name(),
        to: to.name(),
        clips,
        issues: issues.collect(),
    })
}

fn clips_of(programme: &Programme) -> impl Iterator<Item = &Clip> {
    let items = programme.tracks.iter().flat_map(|track| &track.items);
    items.filter_map(|item| match item {
        Item::Clip(clip) => Some(&**clip),
        _ => None,
    })
}

/// Names the media of a bundle's edit as the bundle does; an issue when there are some.
fn leave_in_bundle(programme: &mut Programme, file: &Path) -> Result<Option<Issue>, Failure> {
    let (before, _) = read_bundle(file)?;
    let items = programme
        .tracks
        .iter_mut()
        .flat_map(|track| &mut track.items);
    let clips = items.filter_map(|item| match item {
        Item::Clip(clip) => Some(clip),
        _ => None,
    });
    let mut count = 0;
    for (clip, before) in clips.zip(clips_of(&before)) {
        if matches!(&before.media, Media::File(path) if path.starts_with("media/")) {
            clip.media = before.media.clone();
            count += 1;
        }
    }
    Ok((count > 0).then(|| Issue {
        place: "the bundle".to_owned(),
        what: format!("{count} clips are of media in it: unzip it where the output lies"),
    }))
}

fn bundle(
    file: &mut File,
    programme: &Programme,
    folder: &Path,
) -> Result<Vec<Issue>, std::io::Error> {
    let mut open = |path: &str| -> std::io::Result<Option<Box<dyn Read>>> {
        match File::open(folder.join(path)) {
            Ok(file) if file.metadata()?.is_file() => Ok(Some(Box::new(file))),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(std::io::Error::new(
                error.kind(),
                format!("{path}: {error}"),
            )),
        }
    };
    let written = write_bundle(BufWriter::new(file), programme, &mut open);
    let (mut out, issues) = written.map_err(|error| match error {
        BundleError::Io(error) => error,
        error => std::io::Error::other(error.to_string()),
    })?;
    out.flush()?;
    Ok(issues)
}
