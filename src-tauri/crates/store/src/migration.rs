//! Bringing a database file to the format this program knows, one step at a time.
//!
//! `user_version` counts the steps already taken. Before a file with data is changed, a copy of it is
//! made beside it (`work.db.bak-v1` for a file of format 1); each step is one transaction, so a step
//! that fails leaves the format it started from. A new file is made in one transaction.

use crate::{
    StoreError, compilations, kv, outbox, pins, placements, projects, reports, uploads, versions,
};
use rusqlite::{Connection, TransactionBehavior};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The SQL of one step: the statements of each table it touches.
pub(crate) type Step = &'static [&'static str];

/// Every step from an empty file to the format of this program. Steps that were released never change.
pub(crate) const STEPS: &[Step] = &[
    &[
        compilations::TABLES,
        reports::TABLES,
        placements::TABLES,
        outbox::TABLES,
        uploads::TABLES,
        kv::TABLES,
    ],
    &[projects::TABLES],
    &[versions::TABLES],
    &[pins::TABLES],
    &[outbox::NEEDS],
];

/// Written into the header of the file, so that another database is not taken for ours.
const APPLICATION_ID: i32 = 0x5374_7267;

/// The format after all of `steps`.
pub(crate) fn version_of(steps: &[Step]) -> i32 {
    i32::try_from(steps.len()).unwrap_or(i32::MAX)
}

/// The format of the file; 0 for one without any table.
///
/// # Errors
///
/// [`StoreError::NewerVersion`] and [`StoreError::Foreign`]; neither changes the file.
pub(crate) fn found_version(
    conn: &Connection,
    path: &Path,
    steps: &[Step],
) -> Result<i32, StoreError> {
    let found = user_version(conn)?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if found == 0 && tables == 0 {
        return Ok(0);
    }
    let application: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != APPLICATION_ID {
        return Err(StoreError::Foreign {
            path: path.to_owned(),
        });
    }
    let known = version_of(steps);
    if found > known {
        return Err(StoreError::NewerVersion {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(found)
}

/// The number in the file's header.
pub(crate) fn user_version(conn: &Connection) -> Result<i32, StoreError> {
    Ok(conn.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Takes the steps the file has not taken yet: all at once for a new file, else one by one, each with a
/// copy before it.
///
/// Safe when several processes do it at once: each step looks again, inside its transaction, whether
/// another process took it.
pub(crate) fn migrate(
    conn: &mut Connection,
    path: &Path,
    steps: &[Step],
) -> Result<(), StoreError> {
    if user_version(conn)? == 0 {
        take(conn, path, steps, version_of(steps))?;
    }
    for (step, version) in steps.iter().zip(1_i32..) {
        if user_version(conn)? >= version {
            continue;
        }
        back_up(conn, path, version - 1)?;
        take(conn, path, &[step], version)?;
    }
    Ok(())
}

/// Takes steps in one transaction, unless another process took them meanwhile.
fn take(
    conn: &mut Connection,
    path: &Path,
    steps: &[Step],
    version: i32,
) -> Result<(), StoreError> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let first = version - version_of(steps) + 1;
    if user_version(&tx)? >= first {
        return Ok(());
    }
    for statements in steps.iter().copied().flatten() {
        tx.execute_batch(statements)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", version)?;
    tx.commit()?;
    tracing::info!(path = %path.display(), version, "workspace database brought up to date");
    Ok(())
}

/// Where the copy of a file of format `version` lies.
pub(crate) fn backup_path(path: &Path, version: i32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".bak-v{version}"));
    PathBuf::from(name)
}

/// Copies the whole database beside itself, completely or not at all.
fn back_up(conn: &Connection, path: &Path, version: i32) -> Result<(), StoreError> {
    let target = backup_path(path, version);
    let mut partial = target.as_os_str().to_owned();
    partial.push(format!(".{}", Uuid::new_v4().simple()));
    let partial = PathBuf::from(partial);
    let copied = copy_into(conn, &partial, &target, version);
    // Gone already when all went well; a partial copy that can't be removed does no harm.
    let _ = fs::remove_file(&partial);
    copied
}

fn copy_into(
    conn: &Connection,
    partial: &Path,
    target: &Path,
    version: i32,
) -> Result<(), StoreError> {
    let name = partial.to_str().ok_or_else(|| StoreError::CannotOpen {
        path: partial.to_owned(),
        detail: "the name of the copy is not Unicode".into(),
    })?;
    conn.execute("VACUUM INTO ?1", [name])
        .map_err(|err| StoreError::opening(partial, err))?;
    // Another process may have taken the step since we looked: then it made the copy, too.
    if user_version(&Connection::open(partial)?)? != version {
        return Ok(());
    }
    let file = File::options().write(true).open(partial);
    file.and_then(|file| file.sync_all())
        .map_err(|err| StoreError::from_io(partial, err))?;
    fs::rename(partial, target).map_err(|err| StoreError::from_io(target, err))?;
    tracing::info!(copy = %target.display(), "workspace database copied before it is changed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WorkDb;
    use mediatime::{FixedClock, Timestamp};
    use std::sync::Arc;

    /// A step of a later program, and one that fails half-way.
    const NEXT: Step = &["ALTER TABLE kv ADD COLUMN note TEXT;"];
    const BROKEN: Step = &[
        "ALTER TABLE kv ADD COLUMN note TEXT;",
        "ALTER TABLE no_such_table ADD x;",
    ];

    /// The steps of this program and one more.
    fn and(step: Step) -> Vec<Step> {
        STEPS.iter().copied().chain([step]).collect()
    }

    fn known() -> i32 {
        version_of(STEPS)
    }

    fn with_data(dir: &Path) -> PathBuf {
        let path = dir.join("work.db");
        let db = WorkDb::open(&path, Arc::new(FixedClock::new(Timestamp::ZERO))).unwrap();
        db.set_setting("device_id", "d1").unwrap();
        path
    }

    fn setting(conn: &Connection) -> String {
        conn.query_row("SELECT value FROM kv WHERE key = 'device_id'", [], |row| {
            row.get(0)
        })
        .unwrap()
    }

    #[test]
    fn a_file_with_data_is_copied_before_a_step() {
        let dir = tempfile::tempdir().unwrap();
        let path = with_data(dir.path());
        let mut conn = Connection::open(&path).unwrap();
        migrate(&mut conn, &path, &and(NEXT)).unwrap();
        assert_eq!(user_version(&conn).unwrap(), known() + 1);
        let new: i64 = conn
            .query_row("SELECT count(note IS NULL) FROM kv", [], |row| row.get(0))
            .unwrap();
        assert_eq!(new, 1);

        let copy = Connection::open(backup_path(&path, known())).unwrap();
        assert_eq!(user_version(&copy).unwrap(), known());
        assert_eq!(setting(&copy), "d1");
        assert!(
            copy.prepare("SELECT note FROM kv").is_err(),
            "the copy has the old format"
        );
        let files = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let copies = files
            .filter(|name| name.to_string_lossy().contains("bak"))
            .count();
        assert_eq!(copies, 1, "no partial copy is left");
    }

    #[test]
    fn a_new_file_and_a_current_file_need_no_copy() {
        let dir = tempfile::tempdir().unwrap();
        let path = with_data(dir.path());
        let mut conn = Connection::open(&path).unwrap();
        migrate(&mut conn, &path, STEPS).unwrap();
        assert!((0..=known()).all(|version| !backup_path(&path, version).exists()));
    }

    #[test]
    fn a_step_that_fails_leaves_the_format_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = with_data(dir.path());
        let mut conn = Connection::open(&path).unwrap();
        migrate(&mut conn, &path, &and(BROKEN)).unwrap_err();
        assert_eq!(user_version(&conn).unwrap(), known());
        assert!(
            conn.prepare("SELECT note FROM kv").is_err(),
            "half a step was kept"
        );
        assert_eq!(setting(&conn), "d1");

        // The second attempt replaces the copy of the first one.
        conn.execute("UPDATE kv SET value = 'd2'", []).unwrap();
        migrate(&mut conn, &path, &and(NEXT)).unwrap();
        let copy = Connection::open(backup_path(&path, known())).unwrap();
        assert_eq!(setting(&copy), "d2");
    }

    #[test]
    fn a_copy_taken_too_late_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = with_data(dir.path());
        let mut conn = Connection::open(&path).unwrap();
        migrate(&mut conn, &path, &and(NEXT)).unwrap();
        let good = fs::read(backup_path(&path, known())).unwrap();
        back_up(&conn, &path, known()).unwrap();
        assert_eq!(fs::read(backup_path(&path, known())).unwrap(), good);
        assert_eq!(
            fs::read_dir(dir.path())
                .unwrap()
                .filter(|entry| {
                    entry
                        .as_ref()
                        .unwrap()
                        .file_name()
                        .to_string_lossy()
                        .contains("bak")
                })
                .count(),
            1
        );
    }

    #[test]
    fn an_older_program_refuses_the_newer_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = with_data(dir.path());
        let mut conn = Connection::open(&path).unwrap();
        migrate(&mut conn, &path, &and(NEXT)).unwrap();
        let refused = found_version(&conn, &path, STEPS);
        assert!(matches!(
            refused,
            Err(StoreError::NewerVersion { found, known: most, .. })
                if (found, most) == (known() + 1, known())
        ));
    }

    #[test]
    fn a_file_of_every_released_format_is_brought_up_to_date() {
        for version in 1..known() {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("work.db");
            let released = &STEPS[..usize::try_from(version).unwrap()];
            let mut conn = Connection::open(&path).unwrap();
            migrate(&mut conn, &path, released).unwrap();
            conn.execute("INSERT INTO kv VALUES ('device_id', 'd1')", [])
                .unwrap();
            drop(conn);

            let db = WorkDb::open(&path, Arc::new(FixedClock::new(Timestamp::ZERO))).unwrap();
            assert_eq!(db.setting("device_id").unwrap().as_deref(), Some("d1"));
            assert_eq!(db.projects().unwrap(), []);
            db.check().unwrap();
            let copy = Connection::open(backup_path(&path, version)).unwrap();
            assert_eq!(user_version(&copy).unwrap(), version);
            assert_eq!(setting(&copy), "d1");
        }
    }
}
