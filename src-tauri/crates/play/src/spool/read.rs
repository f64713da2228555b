//! Reads the spool back.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use record::ViewEvent;

use super::day_name;
use crate::PlayError;

/// Longer lines are none of ours.
pub(super) const LINE_BYTES: u64 = 64 << 10;

/// An event's own time lies at most this far from the time it was filed under, in milliseconds.
const DAY_MS: i64 = 86_400_000;

/// The events with `from_ms <= ts < to_ms` (milliseconds since the Unix epoch), in the order they
/// were written, each once. A spool that was never written holds no events.
///
/// # Errors
///
/// [`PlayError::SpoolRead`] when the folder can't be listed.
pub fn read_events(dir: &Path, from_ms: i64, to_ms: i64) -> Result<Events, PlayError> {
    let first = format!("events-{}.ndjson", day_name(from_ms.saturating_sub(DAY_MS)));
    let last = format!("events-{}.ndjson", day_name(to_ms.saturating_add(DAY_MS)));
    let refused = |source| PlayError::SpoolRead {
        path: dir.to_owned(),
        source,
    };
    let mut files = Vec::new();
    match fs::read_dir(dir) {
        Ok(entries) => {
            for entry in entries {
                let path = entry.map_err(refused)?.path();
                let name = path
                    .file_name()
                    .and_then(|name| name.to_str())
                    .unwrap_or_default();
                if is_day(name) && (first.as_str()..=last.as_str()).contains(&name) {
                    files.push(path);
                }
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(refused(error)),
    }
    files.sort_unstable_by(|a, b| b.cmp(a));
    Ok(Events {
        files,
        open: None,
        from_ms,
        to_ms,
        seen: HashSet::new(),
        issues: 0,
    })
}

pub(super) fn is_day(name: &str) -> bool {
    let day = name
        .strip_prefix("events-")
        .and_then(|rest| rest.strip_suffix(".ndjson"));
    day.is_some_and(|day| day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit()))
}

/// Events as they are read.
#[derive(Debug)]
pub struct Events {
    /// Still to be read, the first day last.
    files: Vec<PathBuf>,
    open: Option<(PathBuf, BufReader<File>)>,
    from_ms: i64,
    to_ms: i64,
    seen: HashSet<(String, u64)>,
    issues: u64,
}

impl Events {
    /// Lines so far that held no event: torn by a crash, or damaged.
    #[must_use]
    pub const fn issues(&self) -> u64 {
        self.issues
    }

    /// The next line of the file, without its end; `None` at the end of the last file.
    fn line(&mut self) -> Result<Option<Vec<u8>>, PlayError> {
        loop {
            if self.open.is_none() {
                let Some(path) = self.files.pop() else {
                    return Ok(None);
                };
                let file = File::open(&path).map_err(|source| PlayError::SpoolRead {
                    path: path.clone(),
                    source,
                })?;
                self.open = Some((path, BufReader::new(file)));
            }
            let Some((path, reader)) = &mut self.open else {
                continue;
            };
            let read = read_line(reader).map_err(|source| PlayError::SpoolRead {
                path: path.clone(),
                source,
            });
            match read {
                Ok(Some(line)) => return Ok(Some(line)),
                Ok(None) => self.open = None,
                Err(error) => {
                    self.open = None;
                    return Err(error);
                }
            }
        }
    }

    fn wants(&mut self, event: &ViewEvent) -> bool {
        (self.from_ms..self.to_ms).contains(&event.ts)
            && self.seen.insert((event.session_id.clone(), event.seq))
    }
}

/// One line, cut at [`LINE_BYTES`] when it is longer, so that it can't be read as an event.
fn read_line(reader: &mut BufReader<File>) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let read = reader
        .by_ref()
        .take(LINE_BYTES)
        .read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    if line.pop_if(|byte| *byte == b'\n').is_none() && read as u64 == LINE_BYTES {
        reader.skip_until(b'\n')?;
    }
    Ok(Some(line))
}

impl Iterator for Events {
    type Item = Result<ViewEvent, PlayError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.line() {
                Ok(line) => line?,
                Err(error) => return Some(Err(error)),
            };
            match serde_json::from_slice::<ViewEvent>(&line) {
                Ok(event) if self.wants(&event) => return Some(Ok(event)),
                Ok(_) => {}
                Err(_) if line.is_empty() => {}
                Err(_) => self.issues += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_counted_and_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let good = |seq: u64| {
            serde_json::to_string(&ViewEvent {
                seq,
                ..ViewEvent::default()
            })
            .unwrap()
        };
        let long = "x".repeat(3 * LINE_BYTES as usize);
        let text = format!("{}\n{long}\nnot json\n\n{}\n{{\"ts\":", good(1), good(2));
        fs::write(dir.path().join("events-19700101.ndjson"), text).unwrap();
        fs::write(dir.path().join("events-19700101.ndjson.bak"), "junk").unwrap();
        fs::write(dir.path().join("events-20991231.ndjson"), "junk").unwrap();
        let mut events = read_events(dir.path(), 0, 1).unwrap();
        let seqs: Vec<u64> = events.by_ref().map(|event| event.unwrap().seq).collect();
        assert_eq!(seqs, [1, 2]);
        assert_eq!(events.issues(), 3);
    }

    #[test]
    fn a_spool_that_was_never_written_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(
            read_events(&dir.path().join("none"), 0, i64::MAX)
                .unwrap()
                .count(),
            0
        );
    }

    #[test]
    fn an_unreadable_day_is_an_error_and_not_an_empty_one() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("events-19700101.ndjson")).unwrap();
        let mut events = read_events(dir.path(), 0, 1).unwrap();
        assert!(matches!(
            events.next(),
            Some(Err(PlayError::SpoolRead { .. }))
        ));
        assert!(events.next().is_none());
    }
}
