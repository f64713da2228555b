//! The collector's memory: append-only files, one a UTC day, one event a line.
//!
//! A batch is one write at the end of the file, on the disk before it is acknowledged. A crash can
//! tear the last line; the next write begins a new one, and readers count torn lines as issues.

mod after;
mod read;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use record::ViewEvent;

use crate::PlayError;
pub use after::{Placed, SpoolDay, read_after, spool_day_at, spool_days};
pub use read::{Events, read_events};

/// A day's file takes no more than this: room for millions of events, and an end to an attack.
const DAY_BYTES: u64 = 2 << 30;

/// Where events are written.
#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    /// Held while a batch is written.
    writing: Mutex<()>,
}

/// The file of one day, open at its end.
#[derive(Debug)]
struct Day {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// The last line has no end: a crash tore it.
    torn: bool,
}

impl Spool {
    /// Opens the folder, and makes it when it is not there.
    ///
    /// # Errors
    ///
    /// [`PlayError::SpoolOpen`] when it can't be made.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, PlayError> {
        let dir = dir.into();
        match fs::create_dir_all(&dir) {
            Ok(()) => Ok(Self {
                dir,
                writing: Mutex::default(),
            }),
            Err(source) => Err(PlayError::SpoolOpen { path: dir, source }),
        }
    }

    /// The folder, for [`read_events`].
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes events of one moment (their `recv_ts`) and returns when they lie on the disk.
    ///
    /// # Errors
    ///
    /// [`PlayError::SpoolWrite`] on a full or failing disk, [`PlayError::SpoolFull`] when the day's
    /// file has reached its limit; nothing may then be acknowledged.
    pub fn append(&self, events: &[ViewEvent]) -> Result<(), PlayError> {
        let Some(first) = events.first() else {
            return Ok(());
        };
        let path = self.dir.join(file_name(first.recv_ts));
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        // Opened anew for every batch: a file that somebody moved away must not swallow events.
        Day::open(path)?.append(events)
    }
}

impl Day {
    fn open(path: PathBuf) -> Result<Self, PlayError> {
        let refused = |source| PlayError::SpoolOpen {
            path: path.clone(),
            source,
        };
        let is_new = !path.exists();
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .open(&path)
            .map_err(refused)?;
        if is_new && let Some(dir) = path.parent() {
            sync_dir(dir).map_err(refused)?;
        }
        let bytes = file.metadata().map_err(refused)?.len();
        let torn = bytes > 0 && last_byte(&mut file).map_err(refused)? != b'\n';
        Ok(Self {
            path,
            file,
            bytes,
            torn,
        })
    }

    fn append(mut self, events: &[ViewEvent]) -> Result<(), PlayError> {
        let refused = |source: io::Error| PlayError::SpoolWrite {
            path: self.path.clone(),
            source,
        };
        let mut lines = Vec::with_capacity(events.len() * 512);
        if self.torn {
            lines.push(b'\n');
        }
        for event in events {
            serde_json::to_writer(&mut lines, event).map_err(|error| refused(error.into()))?;
            lines.push(b'\n');
        }
        if self.bytes + lines.len() as u64 > DAY_BYTES {
            return Err(PlayError::SpoolFull {
                path: self.path.clone(),
                limit: DAY_BYTES,
            });
        }
        self.file
            .write_all(&lines)
            .and_then(|()| self.file.sync_data())
            .map_err(refused)?;
        Ok(())
    }
}

fn last_byte(file: &mut File) -> io::Result<u8> {
    let mut byte = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

/// A new file is on the disk only when its folder is.
#[cfg(unix)]
fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Other systems keep their folders by themselves.
#[cfg(not(unix))]
fn sync_dir(_dir: &Path) -> io::Result<()> {
    Ok(())
}

/// `events-YYYYMMDD.ndjson` of the UTC day of `ms`, milliseconds since the Unix epoch.
fn file_name(ms: i64) -> String {
    format!("events-{}.ndjson", day_name(ms))
}

fn day_name(ms: i64) -> String {
    let edge = if ms < 0 {
        jiff::Timestamp::UNIX_EPOCH
    } else {
        jiff::Timestamp::MAX
    };
    let moment = jiff::Timestamp::from_millisecond(ms).unwrap_or(edge);
    let date = jiff::tz::TimeZone::UTC.to_datetime(moment).date();
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn event(recv_ts: i64, seq: u64) -> ViewEvent {
        ViewEvent {
            ts: recv_ts,
            recv_ts,
            seq,
            session_id: "viewer-one".to_owned(),
            ..ViewEvent::default()
        }
    }

    fn seqs(spool: &Spool, from: i64, to: i64) -> (Vec<u64>, u64) {
        let mut events = read_events(spool.dir(), from, to).unwrap();
        let seqs = events.by_ref().map(|event| event.unwrap().seq).collect();
        (seqs, events.issues())
    }

    #[test]
    fn a_day_is_a_file_and_a_line_an_event() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path().join("events")).unwrap();
        let noon = 1_795_348_800_000;
        spool.append(&[event(noon, 0), event(noon, 1)]).unwrap();
        spool.append(&[event(noon + DAY_MS, 2)]).unwrap();
        spool.append(&[]).unwrap();
        let mut names: Vec<_> = fs::read_dir(spool.dir())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["events-20261122.ndjson", "events-20261123.ndjson"]);
        let text = fs::read_to_string(spool.dir().join("events-20261122.ndjson")).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(text.ends_with('\n'));
        assert_eq!(seqs(&spool, noon, noon + 1), (vec![0, 1], 0));
        assert_eq!(seqs(&spool, noon + 1, noon + DAY_MS + 1), (vec![2], 0));
        assert_eq!(
            seqs(&spool, noon, noon + DAY_MS),
            (vec![0, 1], 0),
            "the end is exclusive"
        );
    }

    #[test]
    fn a_torn_line_costs_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        spool.append(&[event(0, 0), event(0, 1)]).unwrap();
        let path = spool.dir().join("events-19700101.ndjson");
        let whole = fs::read(&path).unwrap();
        for cut in 1..whole.len() / 2 {
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let after_crash = Spool::open(dir.path()).unwrap();
            after_crash.append(&[event(1, 2)]).unwrap();
            let expected = if cut == 1 {
                (vec![0, 1, 2], 0)
            } else {
                (vec![0, 2], 1)
            };
            assert_eq!(seqs(&after_crash, 0, 10), expected, "{cut} bytes lost");
        }
    }

    #[test]
    fn a_file_that_was_moved_away_swallows_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        spool.append(&[event(0, 0)]).unwrap();
        fs::remove_file(dir.path().join("events-19700101.ndjson")).unwrap();
        spool.append(&[event(0, 1)]).unwrap();
        assert_eq!(seqs(&spool, 0, 1), (vec![1], 0));
    }

    #[test]
    fn what_was_sent_twice_is_read_once() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        spool.append(&[event(5, 0), event(5, 1)]).unwrap();
        let again = ViewEvent {
            recv_ts: 900,
            ..event(5, 1)
        };
        let other = ViewEvent {
            session_id: "viewer-two".to_owned(),
            ..event(5, 1)
        };
        spool.append(&[again, other]).unwrap();
        assert_eq!(seqs(&spool, 0, 1000), (vec![0, 1, 1], 0));
    }

    #[test]
    fn writers_at_once_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let spools = [
            Spool::open(dir.path()).unwrap(),
            Spool::open(dir.path()).unwrap(),
        ];
        std::thread::scope(|scope| {
            for thread in 0..4_u64 {
                let spool = &spools[thread as usize % 2];
                scope.spawn(move || {
                    for n in 0..25 {
                        spool
                            .append(&[event(0, thread * 100 + n), event(0, thread * 100 + 50 + n)])
                            .unwrap();
                    }
                });
            }
        });
        let (mut seen, issues) = seqs(&spools[0], 0, 1);
        seen.sort_unstable();
        let expected: Vec<u64> = (0..4)
            .flat_map(|thread| {
                (thread * 100..)
                    .take(25)
                    .chain((thread * 100 + 50..).take(25))
            })
            .collect();
        assert_eq!((seen, issues), (expected, 0));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Spool::open(file.join("events")).unwrap_err();
        assert!(error.to_string().contains("events"), "{error}");
        assert!(read_events(&file, 0, 1).is_err());
    }
}
