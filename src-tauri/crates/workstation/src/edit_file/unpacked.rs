//! Bundles: the media of an edit come out of its file.

use super::{EditForm, unreadable};
use crate::Failure;
use interchange::{Bundle, BundleError, Issue, Item, Media, Programme};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// The media of a bundle as files. They are removed with the last clone.
#[derive(Clone, Debug)]
pub struct Unpacked {
    // Held, not read.
    _folder: Arc<TempDir>,
}

/// A bundle's edit, with those of its media that clips name as files in a folder for temporary ones.
///
/// Media are read from many places at once, which an archive is not made for, so they are copied; what
/// no clip names stays where it is.
pub(super) fn read(file: &Path) -> Result<(Programme, Vec<Issue>, Unpacked), Failure> {
    let failed = |error| failure(file, error);
    let mut bundle = open(file)?;
    let (mut programme, issues) = bundle.programme().map_err(failed)?;
    let folder = tempfile::Builder::new()
        .prefix("stringout-")
        .tempdir()
        .map_err(|error| Failure::io("the folder for temporary files", &error))?;
    let mut files: HashMap<String, String> = HashMap::new();
    for item in programme
        .tracks
        .iter_mut()
        .flat_map(|track| &mut track.items)
    {
        let Item::Clip(clip) = item else {
            continue;
        };
        let Some(name) = bundle.entry_of(&clip.media) else {
            continue;
        };
        let path = match files.get(&name) {
            Some(path) => path.clone(),
            None => {
                let path = folder.path().join(file_name(files.len(), &name));
                let told = path.display().to_string();
                let written =
                    File::create_new(&path).map_err(|error| Failure::io(&told, &error))?;
                let mut out = BufWriter::new(written);
                bundle.copy_media(&name, &mut out).map_err(failed)?;
                out.flush().map_err(|error| Failure::io(&told, &error))?;
                files.insert(name, told.clone());
                told
            }
        };
        clip.media = Media::File(path);
    }
    Ok((
        programme,
        issues,
        Unpacked {
            _folder: Arc::new(folder),
        },
    ))
}

/// A bundle's edit as it stands.
pub(crate) fn read_bundle(file: &Path) -> Result<(Programme, Vec<Issue>), Failure> {
    let mut bundle = open(file)?;
    bundle.programme().map_err(|error| failure(file, error))
}

fn open(file: &Path) -> Result<Bundle<BufReader<File>>, Failure> {
    let reader = File::open(file).map_err(|error| Failure::io(file.display(), &error))?;
    Bundle::open(BufReader::new(reader)).map_err(|error| failure(file, error))
}

fn failure(file: &Path, error: BundleError) -> Failure {
    let shown = file.display();
    match error {
        BundleError::Io(error) => Failure::io(shown, &error),
        BundleError::Content(error) => {
            unreadable(&format!("{shown}: content.otio"), EditForm::Otioz, &error)
        }
        error => Failure::bad_input(
            format!("{shown}: {error}"),
            "Write it out again as an OpenTimelineIO bundle.",
        ),
    }
}

/// A name of ours for an entry: a number, and what of its own name every file system takes.
fn file_name(number: usize, entry: &str) -> String {
    let last = entry.rsplit('/').next().unwrap_or_default();
    let plain = |c: char| {
        if c.is_alphanumeric() || "-_.".contains(c) {
            c
        } else {
            '_'
        }
    };
    let tail: Vec<char> = last.chars().map(plain).collect();
    let tail: String = tail.iter().skip(tail.len().saturating_sub(60)).collect();
    format!("{number}-{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert_eq!(file_name(3, "media/a b:c.mov"), "3-a_b_c.mov");
        assert!(file_name(0, &"x".repeat(500)).len() < 70);
    }
}
