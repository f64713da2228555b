//! Reads what was written behind a place, for whoever sends it on.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use record::ViewEvent;

use super::read::{LINE_BYTES, is_day};
use crate::PlayError;

/// The file of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolDay {
    /// Its name; days sort by it.
    pub name: String,
    /// Bytes in it now.
    pub bytes: u64,
}

/// An event, and where the line with it ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The event.
    pub event: ViewEvent,
    /// Bytes from the start of the day's file to the end of its line.
    pub end: u64,
}

/// The name of the file for reports that come at a moment (milliseconds since the Unix epoch). Names sort
/// by the day.
#[must_use]
pub fn spool_day_at(ms: i64) -> String {
    super::file_name(ms)
}

/// The days that have a file, the oldest first. A spool that was never written has none.
///
/// # Errors
///
/// [`PlayError::SpoolRead`] when the folder can't be listed.
pub fn spool_days(dir: &Path) -> Result<Vec<SpoolDay>, PlayError> {
    let refused = |source| PlayError::SpoolRead {
        path: dir.to_owned(),
        source,
    };
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(refused(error)),
    };
    let mut days = Vec::new();
    for entry in entries {
        let entry = entry.map_err(refused)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_day(&name) {
            let bytes = entry.metadata().map_err(refused)?.len();
            days.push(SpoolDay { name, bytes });
        }
    }
    days.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(days)
}

/// The first `most` events of a day whose lines begin at or behind `offset`. Lines that hold no event are
/// passed over; a last line without an end is still being written, and waits.
///
/// # Errors
///
/// [`PlayError::SpoolRead`] when it is no day's file or can't be read.
pub fn read_after(
    dir: &Path,
    day: &str,
    offset: u64,
    most: usize,
) -> Result<Vec<Placed>, PlayError> {
    let path = dir.join(day);
    let refused = |source| PlayError::SpoolRead {
        path: path.clone(),
        source,
    };
    if !is_day(day) {
        return Err(refused(io::ErrorKind::InvalidInput.into()));
    }
    let mut file = File::open(&path).map_err(refused)?;
    file.seek(SeekFrom::Start(offset)).map_err(refused)?;
    let mut reader = BufReader::new(file);
    let mut found = Vec::new();
    let mut at = offset;
    let mut line = Vec::new();
    while found.len() < most {
        line.clear();
        let read = (&mut reader)
            .take(LINE_BYTES)
            .read_until(b'\n', &mut line)
            .map_err(refused)?;
        if read == 0 {
            break;
        }
        let ended = line.last() == Some(&b'\n');
        if !ended && (read as u64) < LINE_BYTES {
            break;
        }
        at += read as u64;
        if let Ok(event) = serde_json::from_slice(&line) {
            found.push(Placed { event, end: at });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Spool;

    fn event(seq: u64) -> ViewEvent {
        ViewEvent {
            session_id: "s".to_owned(),
            seq,
            ..ViewEvent::default()
        }
    }

    #[test]
    fn what_is_behind_a_place_is_read_once() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(spool_days(dir.path()).unwrap(), []);
        let spool = Spool::open(dir.path()).unwrap();
        spool.append(&[event(1), event(2)]).unwrap();
        let days = spool_days(dir.path()).unwrap();
        assert_eq!(days.len(), 1);
        let day = &days[0];
        let first = read_after(dir.path(), &day.name, 0, 1).unwrap();
        assert_eq!(first[0].event.seq, 1);
        let rest = read_after(dir.path(), &day.name, first[0].end, 10).unwrap();
        assert_eq!((rest.len(), rest[0].event.seq), (1, 2));
        assert_eq!(rest[0].end, day.bytes);
        assert_eq!(
            read_after(dir.path(), &day.name, day.bytes, 10).unwrap(),
            []
        );
    }

    #[test]
    fn a_torn_line_waits_and_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(dir.path()).unwrap();
        spool.append(&[event(1)]).unwrap();
        let day = spool_days(dir.path()).unwrap().remove(0);
        let path = dir.path().join(&day.name);
        let mut text = std::fs::read(&path).unwrap();
        text.extend_from_slice(b"{\"session_id\": \"to");
        std::fs::write(&path, &text).unwrap();
        assert_eq!(
            read_after(dir.path(), &day.name, day.bytes, 10).unwrap(),
            []
        );
        spool.append(&[event(3)]).unwrap();
        let rest = read_after(dir.path(), &day.name, day.bytes, 10).unwrap();
        assert_eq!((rest.len(), rest[0].event.seq), (1, 3));
        assert!(read_after(dir.path(), "../work.db", 0, 10).is_err());
    }
}
