//! OpenTimelineIO bundles (`.otioz`): a zip of `content.otio`, `version.txt` and the media under `media/`.
//!
//! Media are stored and not packed, as OpenTimelineIO's library does it. A bundle is read from whatever
//! can be read and sought in; where that comes from, and where media go, is the caller's affair. Names of
//! entries are looked up and never used as paths.

use crate::issue::{Issues, item_place, short, track_place};
use crate::{Issue, Item, MAX_BYTES, Media, Programme, ReadError, read_otio, write_otio};
use std::collections::HashMap;
use std::io::{self, Read, Seek, Write};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// A bundle of more entries is not read.
const MAX_ENTRIES: usize = 100_000;
/// Bytes that a packed byte may become: media hardly shrink, and what says otherwise fills the disk.
const MAX_RATIO: u64 = 100;
const CONTENT: &str = "content.otio";
const VERSION: (&str, &str) = ("version.txt", "1.0.0");
const MEDIA: &str = "media/";

/// Why a bundle can't be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It is no zip, or one that is not taken.
    #[error("the file is no bundle that can be read: {why}")]
    NoBundle {
        /// What is wrong.
        why: String,
    },
    /// The edit in it can't be read.
    #[error("content.otio: {0}")]
    Content(#[from] ReadError),
    /// An entry can't be read.
    #[error("{name}: {why}")]
    Entry {
        /// Its name in the bundle.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<ZipError> for BundleError {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::Io(error) => Self::Io(error),
            error => Self::NoBundle {
                why: short(&error.to_string()),
            },
        }
    }
}

/// An open bundle.
#[derive(Debug)]
pub struct Bundle<R> {
    archive: ZipArchive<R>,
}

impl<R: Read + Seek> Bundle<R> {
    /// Opens a bundle.
    ///
    /// # Errors
    /// It is no zip, or one whose entries overlap, are of one name, or are too many.
    pub fn open(reader: R) -> Result<Self, BundleError> {
        let refused = |why: &str| BundleError::NoBundle {
            why: why.to_owned(),
        };
        let mut archive = ZipArchive::new(reader)?;
        if archive.len() > MAX_ENTRIES {
            return Err(refused(&format!("it has more than {MAX_ENTRIES} entries")));
        }
        if archive.has_duplicate_names() {
            return Err(refused("two of its entries have one name"));
        }
        if archive.has_overlapping_entries()? {
            return Err(refused("its entries overlap"));
        }
        Ok(Self { archive })
    }

    /// The edit in it.
    ///
    /// # Errors
    /// There is none, or it can't be read.
    pub fn programme(&mut self) -> Result<(Programme, Vec<Issue>), BundleError> {
        let mut text = Vec::new();
        self.copy(CONTENT, MAX_BYTES as u64, &mut text)?;
        let text = String::from_utf8(text).map_err(|_| entry(CONTENT, "it is no UTF-8"))?;
        Ok(read_otio(&text)?)
    }

    /// The entry that a clip's medium is, when it is one of this bundle.
    pub fn entry_of(&self, media: &Media) -> Option<String> {
        let Media::File(path) = media else {
            return None;
        };
        let path = path.strip_prefix("./").unwrap_or(path);
        let plain = path.starts_with(MEDIA)
            && !path
                .split(['/', '\\'])
                .any(|part| ["", ".", ".."].contains(&part));
        (plain && self.archive.index_for_name(path).is_some()).then(|| path.to_owned())
    }

    /// Copies an entry, which [`Bundle::entry_of`] has named.
    ///
    /// # Errors
    /// It is no file, is packed tighter than media are, is damaged, or `out` can't be written.
    pub fn copy_media(&mut self, name: &str, out: &mut dyn Write) -> Result<u64, BundleError> {
        self.copy(name, u64::MAX, out)
    }

    fn copy(&mut self, name: &str, limit: u64, out: &mut dyn Write) -> Result<u64, BundleError> {
        let mut file = match self.archive.by_name(name) {
            Ok(file) => file,
            Err(ZipError::Io(error)) => return Err(error.into()),
            Err(ZipError::FileNotFound) => return Err(entry(name, "there is no such entry")),
            Err(error) => return Err(entry(name, &error.to_string())),
        };
        let (size, packed) = (file.size(), file.compressed_size());
        if !file.is_file() {
            return Err(entry(name, "it is no file"));
        }
        if size > limit {
            return Err(entry(
                name,
                &format!("it has {size} bytes; at most {limit} are read"),
            ));
        }
        if size > packed.saturating_mul(MAX_RATIO).saturating_add(1 << 20) {
            return Err(entry(
                name,
                &format!("it says that {packed} bytes are {size} when unpacked"),
            ));
        }
        let copied =
            io::copy(&mut (&mut file).take(size.saturating_add(1)), out).map_err(|error| {
                match error.kind() {
                    io::ErrorKind::InvalidData
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::UnexpectedEof => {
                        entry(name, &format!("it is damaged: {error}"))
                    }
                    _ => error.into(),
                }
            })?;
        match copied == size {
            true => Ok(size),
            false => Err(entry(name, "it is not as long as it says")),
        }
    }
}

fn entry(name: &str, why: &str) -> BundleError {
    BundleError::Entry {
        name: short(name),
        why: short(why),
    }
}

/// Opens a file that a clip is cut from; `None` when it is not there.
pub type OpenMedia<'a> = dyn FnMut(&str) -> io::Result<Option<Box<dyn Read>>> + 'a;

/// Writes a bundle. `open` gives the bytes of the files clips are cut from; what is not there stays
/// referred to as it was, and is an issue. Entries have no dates, so that the same edit over the same
/// media makes the same bytes.
///
/// # Errors
/// A medium can't be read, or `out` can't be written.
pub fn write_bundle<W: Write + Seek>(
    out: W,
    programme: &Programme,
    open: &mut OpenMedia<'_>,
) -> Result<(W, Vec<Issue>), BundleError> {
    let mut zip = ZipWriter::new(out);
    let mut issues = Issues::default();
    // An entry's length is not known before it is written.
    let stored = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(true);
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file(VERSION.0, packed)?;
    zip.write_all(VERSION.1.as_bytes())?;
    let mut bundled = programme.clone();
    let mut entries: HashMap<String, Option<String>> = HashMap::new();
    let mut taken: HashMap<String, usize> = HashMap::new();
    for (number, track) in bundled.tracks.iter_mut().enumerate() {
        let track_place = track_place(&track.name, number + 1);
        for (index, item) in track.items.iter_mut().enumerate() {
            let Item::Clip(clip) = item else {
                continue;
            };
            let place = || item_place(&track_place, index, "clip", &clip.name);
            let Media::File(path) = clip.media.clone() else {
                if clip.media.is_tams() {
                    issues.add(
                        place(),
                        "its medium is in TAMS, and is not part of the bundle",
                    );
                }
                continue;
            };
            let known = entries.get(&path).cloned();
            let name = match known {
                Some(name) => name,
                None => {
                    let name = match open(&path)? {
                        Some(mut reader) => {
                            let name = format!("{MEDIA}{}", free(&path, &mut taken));
                            zip.start_file(&name, stored)?;
                            io::copy(&mut reader, &mut zip)?;
                            Some(name)
                        }
                        None => None,
                    };
                    entries.insert(path.clone(), name.clone());
                    name
                }
            };
            match name {
                Some(name) => clip.media = Media::File(name),
                None => issues.add(
                    place(),
                    format!("{} is not there, and not part of the bundle", short(&path)),
                ),
            }
        }
    }
    zip.start_file(CONTENT, packed)?;
    zip.write_all(write_otio(&bundled).as_bytes())?;
    Ok((zip.finish()?, issues.into_vec()))
}

/// The last part of a path, with a number where another file of that name is in the bundle already.
fn free(path: &str, taken: &mut HashMap<String, usize>) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = match name {
        "" | "." | ".." => "media",
        name => name,
    };
    let (stem, extension) = match name.rfind('.').filter(|at| *at > 0) {
        Some(at) => name.split_at(at),
        None => (name, ""),
    };
    let mut wanted = name.to_owned();
    loop {
        // Some file systems don't tell capitals.
        let count = taken.entry(wanted.to_lowercase()).or_default();
        *count += 1;
        if *count == 1 {
            return wanted;
        }
        let number = *count;
        wanted = format!("{stem}-{number}{extension}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clip, Range, Track, TrackKind};
    use mediatime::FrameRate;
    use std::io::Cursor;

    fn programme(paths: &[&str]) -> Programme {
        let clip = |path: &&str| {
            let media = Media::from_url(path);
            Item::from(Clip::new(
                "c",
                media,
                Some(Range::frames(1, 2, FrameRate::FPS_25)),
            ))
        };
        let mut programme = Programme::new("p");
        programme.tracks = vec![Track::new(
            "V1",
            TrackKind::Video,
            paths.iter().map(clip).collect(),
        )];
        programme
    }

    fn written(paths: &[&str]) -> (Vec<u8>, Vec<Issue>) {
        let mut open = |path: &str| -> io::Result<Option<Box<dyn Read>>> {
            let bytes = path.as_bytes().to_vec();
            Ok((!path.contains("gone")).then(|| Box::new(Cursor::new(bytes)) as Box<dyn Read>))
        };
        let (out, issues) =
            write_bundle(Cursor::new(Vec::new()), &programme(paths), &mut open).unwrap();
        (out.into_inner(), issues)
    }

    fn media(programme: &Programme) -> Vec<&Media> {
        let items = programme.tracks.iter().flat_map(|track| &track.items);
        items
            .filter_map(|item| match item {
                Item::Clip(clip) => Some(&clip.media),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn bundles_come_back() {
        let (bytes, issues) = written(&["/a/x.mov", "/b/X.mov", "/a/x.mov", "gone.mov"]);
        assert_eq!(issues.len(), 1, "{issues:?}");
        assert_eq!(
            bytes,
            written(&["/a/x.mov", "/b/X.mov", "/a/x.mov", "gone.mov"]).0
        );
        let mut bundle = Bundle::open(Cursor::new(bytes)).unwrap();
        let (programme, issues) = bundle.programme().unwrap();
        assert_eq!(issues, []);
        let names: Vec<_> = media(&programme)
            .into_iter()
            .map(|media| bundle.entry_of(media))
            .collect();
        let name = |name: &str| Some(format!("media/{name}"));
        assert_eq!(names, [name("x.mov"), name("X-2.mov"), name("x.mov"), None]);
        let mut out = Vec::new();
        assert_eq!(bundle.copy_media("media/X-2.mov", &mut out).unwrap(), 8);
        assert_eq!(out, b"/b/X.mov");
        assert_eq!(
            bundle.entry_of(&Media::File("media/../content.otio".to_owned())),
            None
        );
        assert_eq!(
            bundle.entry_of(&Media::File("content.otio".to_owned())),
            None
        );
        assert!(bundle.copy_media("media/nothing", &mut out).is_err());
    }

    #[test]
    fn bombs_are_refused() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for name in [CONTENT, "media/a.mov"] {
            zip.start_file(name, packed).unwrap();
            zip.write_all(&vec![b' '; 40 << 20]).unwrap();
        }
        let bytes = zip.finish().unwrap().into_inner();
        assert!(bytes.len() < 200_000);
        let mut bundle = Bundle::open(Cursor::new(bytes)).unwrap();
        assert!(
            bundle
                .programme()
                .unwrap_err()
                .to_string()
                .contains("when unpacked")
        );
        let mut out = Vec::new();
        let error = bundle.copy_media("media/a.mov", &mut out).unwrap_err();
        assert!(
            error.to_string().contains("when unpacked") && out.is_empty(),
            "{error}"
        );
    }

    #[test]
    fn damage_is_an_error() {
        let (bytes, _) = written(&["/a/x.mov", "/b/y.mov"]);
        for text in ["", "PK", "no zip at all"] {
            assert!(matches!(
                Bundle::open(Cursor::new(text)),
                Err(BundleError::NoBundle { .. } | BundleError::Io(_))
            ));
        }
        for at in 0..bytes.len() {
            for bits in [0x01, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= bits;
                let Ok(mut bundle) = Bundle::open(Cursor::new(damaged)) else {
                    continue;
                };
                let Ok((programme, _)) = bundle.programme() else {
                    continue;
                };
                for media in media(&programme) {
                    if let Some(name) = bundle.entry_of(media) {
                        let _ = bundle.copy_media(&name, &mut Vec::new());
                    }
                }
            }
        }
    }
}
