//! Target: the readers of MP4, QuickTime, Matroska and transport streams, fed with damaged files.

mod promises;
mod seeds;

use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use conform::{Clip, Edit, Mark, MediaIndex, Mode, Options, Source};
use media::{Cutter, MediaError, MediaObject, TrackKind, UnitReader, index};
use mediatime::RationalTime;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::mutate::container::{Layout, file};
use super::mutate::random::Random;

/// Units of hostile files may be many and lie on one another; no more is read of one file.
const MOST_READ: usize = 8 << 20;

/// A damaged MP4 or QuickTime file.
pub fn iso(random: &mut Random) -> Vec<u8> {
    file(random, Layout::Iso, &seeds::ISO)
}

/// A damaged fragmented MP4 file.
pub fn fragmented(random: &mut Random) -> Vec<u8> {
    file(random, Layout::Iso, &seeds::FRAGMENTED)
}

/// A damaged Matroska file.
pub fn matroska(random: &mut Random) -> Vec<u8> {
    file(random, Layout::Ebml, &seeds::MATROSKA)
}

/// A damaged transport stream.
pub fn transport(random: &mut Random) -> Vec<u8> {
    file(random, Layout::Transport, &seeds::TRANSPORT)
}

/// Indexes files, and does with what is taken what the product does.
pub struct Reader {
    path: PathBuf,
    _folder: TempDir,
}

impl Reader {
    /// With a folder of its own: units are read from files.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for a file");
        Self {
            path: folder.path().join("damaged"),
            _folder: folder,
        }
    }

    /// Indexes `data`, reads its units and frames, plans cuts and cuts segments; true when there is
    /// an index.
    ///
    /// # Panics
    /// When an index breaks what is said of it, or an error says nothing.
    pub fn run(&mut self, data: &[u8]) -> bool {
        let mut last = 0;
        let mut progress = |done, all| {
            assert!(done <= all, "{done} of {all} bytes");
            last = done;
        };
        let cancel = CancellationToken::new();
        let found = index(&mut Cursor::new(data), "damaged", &cancel, &mut progress);
        let index = match found {
            Ok(index) => index,
            Err(wrong) => {
                assert_says_why(&wrong);
                return false;
            }
        };
        let size = data.len() as u64;
        assert_eq!(last, size, "progress ends at the end");
        promises::assert_kept(&index, size);
        std::fs::write(&self.path, data).expect("the folder can be written");
        self.read(&index);
        let index = Arc::new(index);
        plan(&index);
        self.cut(&index);
        true
    }

    fn read(&self, index: &MediaIndex) {
        let mut reader = UnitReader::open(&self.path, index).expect("it was just indexed");
        let units = index.video.iter().flat_map(|track| &track.units);
        let frames = index.audio.iter().flat_map(|track| &track.frames);
        let video = units.map(|unit| (TrackKind::Video, unit.location));
        let places = video.chain(frames.map(|frame| (TrackKind::Audio, frame.location)));
        let mut bytes = Vec::new();
        let mut read = 0;
        for (kind, location) in places {
            match reader.read(kind, &location, &mut bytes) {
                Ok(()) => assert_eq!(bytes.len(), location.len as usize, "{location:?}"),
                Err(wrong) => assert_says_why(&wrong),
            }
            read += bytes.len();
            if read > MOST_READ {
                break;
            }
        }
    }

    fn cut(&self, index: &Arc<MediaIndex>) {
        let object = MediaObject::here(self.path.clone(), Arc::clone(index));
        let second = RationalTime::from_ticks(1, 1).expect("a second");
        let cutter = match Cutter::new(object, "damaged", second) {
            Ok(cutter) => cutter,
            Err(wrong) => return assert_says_why(&wrong),
        };
        let _ = (cutter.dropped_sound(), cutter.ts_offset());
        for cut in cutter.cuts().iter().take(4) {
            let mut nowhere = Nowhere::default();
            match cutter.write(cut, &mut nowhere) {
                Ok(size) => assert_eq!(size, nowhere.size),
                Err(MediaError::Io { source, .. })
                    if source.kind() == io::ErrorKind::StorageFull => {}
                Err(wrong) => assert_says_why(&wrong),
            }
        }
    }
}

/// Plans the whole file and a part of it.
fn plan(index: &Arc<MediaIndex>) {
    let source = Arc::new(Source::file("damaged".to_owned(), Arc::clone(index)));
    let clip = |mark_in: Option<Mark>, mark_out: Option<Mark>| Clip {
        label: "damaged".to_owned(),
        source: Arc::clone(&source),
        mark_in,
        mark_out,
    };
    let tenth = RationalTime::new(1, 10).map(Mark::Offset);
    let edits = [
        Edit::of([clip(None, None), clip(tenth, None)]),
        Edit::of([
            clip(Some(Mark::Frame(3)), Some(Mark::Frame(17))),
            clip(None, Some(Mark::Timecode("00:00:00:09".to_owned()))),
        ]),
    ];
    for edit in edits {
        for mode in [Mode::Auto, Mode::Copy, Mode::Render] {
            let options = Options {
                mode,
                encoders: conform::Encoders::H264,
                codec: None,
                single_parameter_set: false,
                pace: conform::Pace::default(),
            };
            match conform::conform(&edit, &options) {
                Ok((plan, _)) => promises::assert_tiled(&plan),
                Err(wrong) => assert!(!wrong.to_string().is_empty()),
            }
        }
    }
}

fn assert_says_why(wrong: &MediaError) {
    let text = wrong.to_string();
    assert!(
        text.len() > "damaged".len() && text.len() < 2_000,
        "{text:?}"
    );
    assert!(!matches!(wrong, MediaError::Cancelled), "nobody did");
}

/// Takes [`MOST_READ`] bytes and keeps none.
#[derive(Default)]
struct Nowhere {
    at: u64,
    size: u64,
}

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.at += bytes.len() as u64;
        self.size = self.size.max(self.at);
        if self.size > MOST_READ as u64 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Nowhere {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let (from, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::End(by) => (self.size, by),
            SeekFrom::Current(by) => (self.at, by),
        };
        self.at = from
            .checked_add_signed(by)
            .ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
