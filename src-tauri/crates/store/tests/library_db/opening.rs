//! Opening whatever lies where the cache should be.

use crate::{Fixture, id, object, range, secs, segment, source};
use mediatime::{Clock, FixedClock};
use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{LibraryDb, StoreError};

fn clock() -> Arc<dyn Clock> {
    Arc::new(FixedClock::new(secs(0)))
}

/// Opens the file and uses it. Nothing was in it.
fn expect_made_anew(path: &Path) {
    let db = LibraryDb::open(path, clock()).unwrap();
    assert_eq!(db.sources("a").unwrap(), None);
    expect_usable(&db);
    drop(db);
    expect_sound(path);
}

fn expect_usable(db: &LibraryDb) {
    db.put_sources("a", &[source(1)]).unwrap();
    assert_eq!(db.sources("a").unwrap().unwrap().value, [source(1)]);
    let listed = [segment("o", "[0:0_2:0)")];
    db.put_segments("a", id(1), range("_"), &listed).unwrap();
    assert_eq!(
        db.segments("a", id(1), range("_")).unwrap().unwrap().value,
        listed
    );
    db.put_object(&object("a", "o", 1)).unwrap();
    assert!(db.object("a", "o").unwrap().is_some());
}

fn expect_sound(path: &Path) {
    let conn = Connection::open(path).unwrap();
    let pragma = |sql: &str| {
        conn.query_row(sql, [], |row| row.get::<_, String>(0))
            .unwrap()
    };
    assert_eq!(pragma("PRAGMA integrity_check"), "ok");
    assert_eq!(pragma("PRAGMA journal_mode"), "wal");
}

/// A cache with something in every table, closed, and its bytes.
fn filled(dir: &Path) -> (PathBuf, Vec<u8>) {
    let path = dir.join("library.db");
    let db = LibraryDb::open(&path, clock()).unwrap();
    let sources: Vec<_> = (1..100).map(source).collect();
    db.put_sources("a", &sources).unwrap();
    let segments: Vec<_> = (0..500)
        .map(|n| segment(&format!("o{n}"), &format!("[{n}:0_{}:0)", n + 1)))
        .collect();
    db.put_segments("a", id(1), range("_"), &segments).unwrap();
    for segment in &segments[..100] {
        db.put_object(&object("a", &segment.object_id, 1)).unwrap();
        db.put_index("a", &segment.object_id, 1, &[7; 10_000])
            .unwrap();
    }
    drop(db);
    let bytes = fs::read(&path).unwrap();
    (path, bytes)
}

#[test]
fn the_file_is_as_promised() {
    let fixture = Fixture::new();
    assert_eq!(fixture.db.path(), fixture.path());
    expect_usable(&fixture.db);
    expect_sound(&fixture.path());
    let loose: Vec<String> = fixture
        .raw()
        .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(loose.is_empty(), "not STRICT: {loose:?}");
}

#[test]
fn a_file_that_is_no_database_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    for (n, bytes) in [
        Vec::new(),
        b"x".to_vec(),
        b"SQLite format 3\0".to_vec(),
        b"not a database, but long enough to be looked at ".repeat(500),
        vec![0; 40_000],
        vec![0xff; 4_097],
    ]
    .into_iter()
    .enumerate()
    {
        let path = dir.path().join(format!("{n}.db"));
        fs::write(&path, bytes).unwrap();
        expect_made_anew(&path);
    }
}

#[test]
fn a_database_of_another_program_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    for (n, sql) in [
        "CREATE TABLE notes (text)",
        "PRAGMA encoding = 'UTF-16'; PRAGMA page_size = 512; CREATE TABLE entries (a); CREATE VIEW listings AS SELECT 1",
        "PRAGMA journal_mode = WAL; PRAGMA user_version = 1; CREATE TABLE entries (a)",
        "PRAGMA auto_vacuum = FULL; CREATE TABLE notes (text); CREATE TRIGGER t AFTER INSERT ON notes BEGIN SELECT 1; END",
    ]
    .into_iter()
    .enumerate()
    {
        let path = dir.path().join(format!("{n}.db"));
        let other = Connection::open(&path).unwrap();
        // It was killed: its log is still there.
        other.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        other.execute_batch(sql).unwrap();
        drop(other);
        expect_made_anew(&path);
    }
}

#[test]
fn a_file_of_another_format_is_made_anew() {
    for version in [0, 2, 99, -1] {
        let dir = tempfile::tempdir().unwrap();
        let (path, _) = filled(dir.path());
        let other = Connection::open(&path).unwrap();
        other.pragma_update(None, "user_version", version).unwrap();
        drop(other);
        expect_made_anew(&path);
    }
}

#[test]
fn a_truncated_file_never_fails() {
    let dir = tempfile::tempdir().unwrap();
    let (path, bytes) = filled(dir.path());
    for eighth in 0..8 {
        fs::write(&path, &bytes[..bytes.len() * eighth / 8]).unwrap();
        let db = LibraryDb::open(&path, clock()).unwrap();
        let _ = db.segments("a", id(1), range("_")).unwrap();
        let _ = db.least_recently_used(1_000).unwrap();
        drop(db);
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn every_byte_of_the_header_may_be_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let (path, bytes) = filled(dir.path());
    for at in 0..100 {
        for wrong in [0, 3, 0xff] {
            let mut bytes = bytes.clone();
            bytes[at] = wrong;
            fs::write(&path, bytes).unwrap();
            let db = LibraryDb::open(&path, clock());
            let db = db.unwrap_or_else(|err| panic!("byte {at} is {wrong}: {err:?}"));
            expect_usable(&db);
            drop(db);
            fs::remove_file(&path).unwrap();
        }
    }
}

#[test]
fn a_path_that_can_hold_no_file_is_told() {
    let dir = tempfile::tempdir().unwrap();
    for path in [
        dir.path().to_owned(),
        dir.path().join("no/such/folder/library.db"),
    ] {
        let refused = LibraryDb::open(&path, clock()).unwrap_err();
        assert!(
            matches!(refused, StoreError::CannotOpen { .. }),
            "{refused:?}"
        );
    }
}

#[test]
fn damage_that_opening_can_not_see_is_met_later() {
    for write_first in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let (path, mut bytes) = filled(dir.path());
        bytes[4_096..].fill(0x5a);
        fs::write(&path, bytes).unwrap();
        let db = LibraryDb::open(&path, clock()).unwrap();
        if !write_first {
            assert_eq!(db.segments("a", id(1), range("_")).unwrap(), None);
        }
        expect_usable(&db);
        assert_eq!(db.least_recently_used(9).unwrap().len(), 1);
        drop(db);
        expect_sound(&path);
    }
}

#[test]
fn a_damaged_file_waits_for_others_to_leave_it() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mut bytes) = filled(dir.path());
    bytes[4_096..].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    let other = Connection::open(&path).unwrap();
    let tables: i64 = other
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert!(tables > 0);
    let db = LibraryDb::open(&path, clock()).unwrap();
    let refused = db.put_sources("a", &[source(1)]);
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    let refused = db.sources("a");
    assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
    drop(other);
    assert_eq!(db.sources("a").unwrap(), None);
    expect_usable(&db);
}

/// Everything there is to ask and to put, whatever comes back.
fn use_all(db: &LibraryDb) -> Result<(), StoreError> {
    db.sources("a")?;
    db.flows("a")?;
    db.flow("a", id(1))?;
    db.segments("a", id(1), range("_"))?;
    db.segments("a", id(1), range("[7:0_9:0)"))?;
    db.least_recently_used(1_000)?;
    db.cached_bytes()?;
    db.objects_here("a", &["o1", "o77"])?;
    for n in 0..100 {
        db.object("a", &format!("o{n}"))?;
        db.index("a", &format!("o{n}"), 1)?;
    }
    db.put_sources("a", &[source(1)])?;
    db.put_flows("a", &[])?;
    db.put_segments(
        "a",
        id(1),
        range("[3:0_70:0)"),
        &[segment("o", "[5:0_6:0)")],
    )?;
    for n in 0..100 {
        db.put_object(&object("a", &format!("p{n}"), 1))?;
        db.remove_object("a", &format!("o{n}"))?;
        db.put_index("a", &format!("o{n}"), 2, &[7])?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_damage_is_an_error(
        places in prop::collection::vec((any::<prop::sample::Index>(), 1..5_000_usize, any::<u8>()), 1..6),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let (path, mut bytes) = filled(dir.path());
        for (at, length, with) in places {
            let at = at.index(bytes.len());
            let end = bytes.len().min(at + length);
            bytes[at..end].fill(with);
        }
        fs::write(&path, bytes).unwrap();
        let db = LibraryDb::open(&path, clock()).unwrap();
        use_all(&db).unwrap();
        db.forget("a").unwrap();
        use_all(&db).unwrap();
    }
}
