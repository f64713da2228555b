//! Several threads and processes on one file.
//!
//! The test runs its own executable again as the other process; a variable in the environment tells the
//! child which file to use.

use crate::{Fixture, flow, id, object, range, secs, segment, source};
use mediatime::FixedClock;
use rusqlite::Connection;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Barrier};
use std::thread;
use store::LibraryDb;

const DB: &str = "LIBRARY_TEST_DB";
const ROUNDS: u8 = 20;

fn opened(path: &Path) -> LibraryDb {
    LibraryDb::open(path, Arc::new(FixedClock::new(secs(1)))).unwrap()
}

/// Writes everything there is, in the name of a connection, and reads it again.
fn work(db: &LibraryDb, connection: &str) {
    for n in 1..=ROUNDS {
        db.put_sources(connection, &[source(n)]).unwrap();
        db.put_flows(connection, &[flow(n), flow(n + 1)]).unwrap();
        let name = format!("{connection}-{n}");
        let at = format!("[{n}:0_{}:0)", n + 1);
        db.put_segments(connection, id(1), range(&at), &[segment(&name, &at)])
            .unwrap();
        db.put_object(&object(connection, &name, 1)).unwrap();
        db.put_index(connection, &name, 1, name.as_bytes()).unwrap();
        assert!(db.object(connection, &name).unwrap().is_some());
        assert_eq!(
            db.flows(connection).unwrap().unwrap().value.len(),
            2,
            "a listing is whole"
        );
    }
}

/// Everything that [`work`] wrote is there.
fn expect_whole(db: &LibraryDb, connection: &str) {
    assert_eq!(
        db.sources(connection).unwrap().unwrap().value,
        [source(ROUNDS)]
    );
    let whole = range(&format!("[1:0_{}:0)", ROUNDS + 1));
    let known = db.segments(connection, id(1), whole).unwrap().unwrap();
    assert_eq!(known.value.len(), usize::from(ROUNDS), "{connection}");
    for n in 1..=ROUNDS {
        let name = format!("{connection}-{n}");
        assert_eq!(
            db.index(connection, &name, 1).unwrap().unwrap(),
            name.as_bytes()
        );
    }
}

#[test]
fn threads_and_processes_write_at_once() {
    const TEST: &str = "together::threads_and_processes_write_at_once";
    if let Some(path) = env::var_os(DB) {
        work(&opened(&PathBuf::from(path)), "child");
        return;
    }
    let fixture = Fixture::new();
    let path = fixture.path();
    let mut child = Command::new(env::current_exe().unwrap())
        .args([TEST, "--exact", "--nocapture", "--test-threads=1"])
        .env(DB, &path)
        .spawn()
        .unwrap();
    thread::scope(|scope| {
        scope.spawn(|| work(&fixture.db, "shared-1"));
        scope.spawn(|| work(&fixture.db, "shared-2"));
        scope.spawn(|| work(&opened(&path), "own"));
    });
    assert!(child.wait().unwrap().success());
    for connection in ["shared-1", "shared-2", "own", "child"] {
        expect_whole(&fixture.db, connection);
    }
    let sound: String = fixture
        .raw()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sound, "ok");
}

#[test]
fn many_open_one_file_at_once_whatever_it_is() {
    let dir = tempfile::tempdir().unwrap();
    for (round, kind) in ["absent", "garbage", "foreign"]
        .into_iter()
        .cycle()
        .take(12)
        .enumerate()
    {
        let path = dir.path().join(format!("library-{round}.db"));
        match kind {
            "garbage" => fs::write(&path, "no database ".repeat(2_000)).unwrap(),
            "foreign" => Connection::open(&path)
                .unwrap()
                .execute_batch("CREATE TABLE notes (text); INSERT INTO notes VALUES ('x')")
                .unwrap(),
            _ => {}
        }
        let start = Barrier::new(6);
        thread::scope(|scope| {
            for n in 0..6 {
                let (path, start) = (&path, &start);
                scope.spawn(move || {
                    start.wait();
                    let db = opened(path);
                    // One that found the file unusable may empty it once more: only errors count.
                    for _ in 0..5 {
                        db.put_sources(&format!("c{n}"), &[source(n)]).unwrap();
                        db.sources(&format!("c{n}")).unwrap();
                    }
                });
            }
        });
        let db = opened(&path);
        db.put_sources("a", &[source(1)]).unwrap();
        assert_eq!(db.sources("a").unwrap().unwrap().value, [source(1)]);
    }
}

#[test]
fn a_file_emptied_by_another_process_knows_nothing_and_goes_on() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    db.put_sources("a", &[source(1)]).unwrap();
    // A program of another version took the file and left again.
    let raw = fixture.raw();
    raw.execute_batch("DROP TABLE coverage; PRAGMA user_version = 99;")
        .unwrap();
    assert_eq!(db.sources("a").unwrap(), None);
    assert_eq!(db.least_recently_used(9).unwrap(), []);
    db.put_flow("a", &flow(1)).unwrap();
    assert_eq!(db.sources("a").unwrap(), None);
    assert_eq!(db.flow("a", id(1)).unwrap().unwrap().value, flow(1));
    db.put_segments("a", id(1), range("_"), &[]).unwrap();
    assert!(db.segments("a", id(1), range("_")).unwrap().is_some());
}
