//! Opening files of every sort, transactions, and the states of the machine a caller must tell apart.

use crate::{Fixture, record, secs};
use mediatime::{Clock, FixedClock};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Barrier};
use std::thread;
use store::{StoreError, WorkDb};

fn clock() -> Arc<dyn Clock> {
    Arc::new(FixedClock::new(secs(0)))
}

#[test]
fn the_file_is_as_durable_as_promised() {
    let fixture = Fixture::new();
    let conn = Connection::open(fixture.path()).unwrap();
    let mode: String = conn
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
    let loose: Vec<String> = conn
        .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(loose.is_empty(), "not STRICT: {loose:?}");
    fixture.db.check().unwrap();
}

#[test]
fn a_newer_file_is_refused_and_left_untouched() {
    let fixture = Fixture::new();
    fixture.db.set_setting("device_id", "d1").unwrap();
    let path = fixture.path();
    let Fixture { dir, db, .. } = fixture;
    drop(db);
    // The newer program left a log behind, as it does when it is killed.
    let newer = Connection::open(&path).unwrap();
    newer
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let contents = || {
        let files = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let kept = files.filter(|file| file.extension() != Some("db-shm".as_ref()));
        kept.map(|file| (file.clone(), fs::read(file).unwrap()))
            .collect::<BTreeMap<_, _>>()
    };
    let before = contents();
    assert_eq!(before.len(), 2, "the database and its log");

    for open in [WorkDb::open, WorkDb::open_read_only] {
        let refused = open(&path, clock()).unwrap_err();
        assert!(
            matches!(refused, StoreError::NewerVersion { found: 99, .. }),
            "{refused:?}"
        );
        let text = refused.to_string();
        assert!(
            text.contains("work.db") && text.contains("99") && text.contains("update"),
            "{text}"
        );
        assert!(contents() == before, "a refused file was changed");
    }
}

#[test]
fn a_program_that_was_overtaken_stops_writing() {
    let fixture = Fixture::new();
    let other = Connection::open(fixture.path()).unwrap();
    other.pragma_update(None, "user_version", 99).unwrap();
    let refused = fixture.db.set_setting("device_id", "d1");
    assert!(
        matches!(refused, Err(StoreError::NewerVersion { found: 99, .. })),
        "{refused:?}"
    );
}

#[test]
fn a_database_of_another_program_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("work.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE notes (text)")
        .unwrap();
    let before = fs::read(&path).unwrap();
    let refused = WorkDb::open(&path, clock());
    assert!(
        matches!(refused, Err(StoreError::Foreign { .. })),
        "{refused:?}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_database_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("work.db");
    fs::write(
        &path,
        "not a database, but long enough to be looked at ".repeat(100),
    )
    .unwrap();
    let refused = WorkDb::open(&path, clock());
    assert!(
        matches!(refused, Err(StoreError::Corrupt { .. })),
        "{refused:?}"
    );
}

#[test]
fn damage_inside_the_file_is_found_by_the_check() {
    let fixture = Fixture::new();
    for n in 1..200 {
        fixture.db.record_compilation(&record(n)).unwrap();
    }
    let path = fixture.path();
    let Fixture { dir, db, .. } = fixture;
    drop(db);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    let db = WorkDb::open_read_only(&path, clock()).unwrap();
    let found = db.check();
    assert!(
        matches!(found, Err(StoreError::Corrupt { .. })),
        "{found:?}"
    );
    drop(dir);
}

#[test]
fn a_reference_to_nothing_is_found_by_the_check() {
    let fixture = Fixture::new();
    let other = Connection::open(fixture.path()).unwrap();
    other.pragma_update(None, "foreign_keys", false).unwrap();
    other
        .execute("INSERT INTO upload_parts VALUES ('none', 1, 1, '', '')", [])
        .unwrap();
    let found = fixture.db.check().unwrap_err().to_string();
    assert!(
        found.contains("upload_parts") && found.contains("uploads"),
        "{found}"
    );
}

#[test]
fn a_path_that_can_hold_no_file_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("no/such/folder/work.db");
    let absent = dir.path().join("absent.db");
    let opened = [
        WorkDb::open(dir.path(), clock()),
        WorkDb::open(&missing, clock()),
        WorkDb::open_read_only(&absent, clock()),
    ];
    for refused in opened {
        let refused = refused.unwrap_err();
        assert!(
            matches!(refused, StoreError::CannotOpen { .. }),
            "{refused:?}"
        );
        assert!(
            refused.to_string().contains(&*dir.path().to_string_lossy()),
            "{refused}"
        );
    }
    assert!(!absent.exists(), "read-only must not create the file");
}

#[test]
fn read_only_reads_what_another_writes_and_writes_nothing() {
    let fixture = Fixture::new();
    fixture.db.record_compilation(&record(1)).unwrap();
    let reader = WorkDb::open_read_only(&fixture.path(), fixture.clock.clone()).unwrap();
    assert_eq!(reader.compilation(record(1).id).unwrap(), Some(record(1)));
    fixture.db.record_compilation(&record(2)).unwrap();
    assert_eq!(reader.compilations(10, 0).unwrap().len(), 2);
    let refused = reader.set_setting("device_id", "d1");
    assert!(matches!(refused, Err(StoreError::ReadOnly)), "{refused:?}");
    let refused: Result<(), StoreError> = fixture.db.read(|tx| tx.set_setting("device_id", "d1"));
    assert!(matches!(refused, Err(StoreError::ReadOnly)), "{refused:?}");
    assert_eq!(fixture.db.setting("device_id").unwrap(), None);
}

#[test]
fn an_empty_file_read_only_needs_to_be_opened_for_writing_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("work.db");
    fs::write(&path, []).unwrap();
    let refused = WorkDb::open_read_only(&path, clock());
    assert!(
        matches!(refused, Err(StoreError::OlderVersion { found: 0, .. })),
        "{refused:?}"
    );
    WorkDb::open(&path, clock()).unwrap();
    WorkDb::open_read_only(&path, clock()).unwrap();
}

#[test]
fn a_transaction_happens_whole_or_not_at_all() {
    let fixture = Fixture::new();
    let refused: Result<(), StoreError> = fixture.db.transaction(|tx| {
        tx.record_compilation(&record(1))?;
        tx.set_setting("device_id", "d1")?;
        assert_eq!(
            tx.setting("device_id")?.as_deref(),
            Some("d1"),
            "it sees its own changes"
        );
        assert_eq!(fixture.db.setting("device_id")?, None, "others don't");
        tx.upload_part_done(
            record(1).id,
            &record::UploadPart {
                number: 1,
                size: 1,
                md5: String::new(),
                etag: String::new(),
            },
        )
    });
    assert!(
        matches!(refused, Err(StoreError::NotFound { .. })),
        "{refused:?}"
    );
    assert_eq!(fixture.db.compilation(record(1).id).unwrap(), None);
    assert_eq!(fixture.db.setting("device_id").unwrap(), None);

    let kept: Result<u32, StoreError> = fixture.db.transaction(|tx| {
        tx.record_compilation(&record(1))?;
        tx.set_setting("device_id", "d1")?;
        Ok(7)
    });
    assert_eq!(kept.unwrap(), 7);
    assert!(fixture.db.compilation(record(1).id).unwrap().is_some());
}

#[test]
fn a_panic_inside_a_transaction_undoes_it_and_the_database_goes_on() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    let ended = thread::scope(|scope| {
        scope
            .spawn(|| {
                let _: Result<(), StoreError> = db.transaction(|tx| {
                    tx.set_setting("device_id", "half")?;
                    panic!("on purpose")
                });
            })
            .join()
    });
    assert!(ended.is_err());
    assert_eq!(db.setting("device_id").unwrap(), None);
    db.set_setting("device_id", "d1").unwrap();
    assert_eq!(db.setting("device_id").unwrap().as_deref(), Some("d1"));
}

#[test]
fn one_read_sees_one_state() {
    let fixture = Fixture::new();
    fixture.db.set_setting("device_id", "before").unwrap();
    let seen: Result<_, StoreError> = fixture.db.read(|tx| {
        let first = tx.setting("device_id")?;
        fixture.db.set_setting("device_id", "after")?;
        Ok((first, tx.setting("device_id")?))
    });
    let before = Some("before".to_owned());
    assert_eq!(seen.unwrap(), (before.clone(), before));
    assert_eq!(
        fixture.db.setting("device_id").unwrap().as_deref(),
        Some("after")
    );
}

#[test]
fn many_open_and_write_a_new_file_at_once() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let path = dir.path().join(format!("work-{round}.db"));
        let start = Barrier::new(6);
        thread::scope(|scope| {
            for n in 0..6 {
                let (path, start) = (&path, &start);
                scope.spawn(move || {
                    start.wait();
                    let db = WorkDb::open(path, clock()).unwrap();
                    db.set_setting(&format!("key-{n}"), "v").unwrap();
                });
            }
        });
        let db = WorkDb::open(&path, clock()).unwrap();
        for n in 0..6 {
            assert_eq!(
                db.setting(&format!("key-{n}")).unwrap().as_deref(),
                Some("v")
            );
        }
        db.check().unwrap();
    }
}
