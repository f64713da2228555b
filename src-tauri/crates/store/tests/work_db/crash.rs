//! Several processes on one file, and processes that are killed in the middle of their work.
//!
//! Each test runs its own executable again as the other process; a variable in the environment tells
//! the child its part.

use crate::leases::drain;
use crate::{Fixture, record, secs};
use mediatime::FixedClock;
use std::collections::HashSet;
use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use store::{NewOutboxEntry, OutboxFilter, StoreError, WorkDb};
use uuid::Uuid;

const DB: &str = "STORE_TEST_DB";
const PART: &str = "STORE_TEST_PART";
/// Stand around what a child says to its parent, on a line of its own; a line cut short has no end.
const ACK: (&str, &str) = ("acknowledged ", ".");

/// In a child: the database to use and what was given to [`child`]; in the test itself: nothing.
fn as_child() -> Option<(WorkDb, u128)> {
    let path = PathBuf::from(env::var_os(DB)?);
    let part = env::var(PART).unwrap().parse().unwrap();
    let clock = Arc::new(FixedClock::new(secs(1_800_000_000)));
    Some((WorkDb::open(&path, clock).unwrap(), part))
}

fn child(test: &str, path: &Path, part: u128) -> Child {
    Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(DB, path)
        .env(PART, part.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn acknowledge(what: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "\n{}{what}{}", ACK.0, ACK.1).unwrap();
    out.flush().unwrap();
}

/// In a child: waits for a line of the parent, or for its end.
fn wait_for_parent() {
    io::stdin().read_line(&mut String::new()).unwrap();
}

fn acknowledged(line: &str) -> Option<&str> {
    line.strip_prefix(ACK.0)?.strip_suffix(ACK.1)
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    const TEST: &str = "crash::what_was_acknowledged_survives_a_kill";
    if let Some((db, first)) = as_child() {
        write_for_ever(&db, first);
    }
    let fixture = Fixture::new();
    let mut seen = HashSet::new();
    // The database is open here meanwhile, as it is when a command is killed beside a server.
    for round in 0..8_u128 {
        let mut child = child(TEST, &fixture.path(), round * 1_000_000 + 1);
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map(Result::unwrap);
        let enough = seen.len() + 3 + 7 * usize::try_from(round).unwrap();
        while seen.len() < enough {
            let line = lines.next().expect("the child ended by itself");
            seen.extend(acknowledged(&line).map(str::to_owned));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said between the decision and its death counts as well.
        seen.extend(lines.filter_map(|line| acknowledged(&line).map(str::to_owned)));

        let reopened = fixture.again();
        reopened.check().unwrap();
        expect_whole(&reopened, &seen);
    }
}

/// Commits pairs of a record and its outbox entry, saying each after it is committed.
fn write_for_ever(db: &WorkDb, first: u128) -> ! {
    for n in first.. {
        let written: Result<(), StoreError> = db.transaction(|tx| {
            let written = record(n);
            tx.record_compilation(&written)?;
            tx.enqueue(&NewOutboxEntry {
                kind: "s3.upload".to_owned(),
                entity_id: written.id.to_string(),
                payload: serde_json::Value::Null,
                idempotency_key: written.id.to_string(),
                ..NewOutboxEntry::default()
            })?;
            Ok(())
        });
        written.unwrap();
        acknowledge(&n.to_string());
    }
    unreachable!("more than any test waits for")
}

/// Everything acknowledged is there, and no half of a transaction is.
fn expect_whole(db: &WorkDb, acknowledged: &HashSet<String>) {
    let queued = db.outbox(&OutboxFilter::default()).unwrap();
    let queued: HashSet<Uuid> = queued
        .iter()
        .map(|entry| entry.entity_id.parse().unwrap())
        .collect();
    let recorded = db.compilations(u32::MAX, 0).unwrap();
    let recorded: HashSet<Uuid> = recorded.iter().map(|compilation| compilation.id).collect();
    assert_eq!(
        queued, recorded,
        "a record without its outbox entry, or the other way round"
    );
    for line in acknowledged {
        let n: u128 = line.parse().unwrap();
        let kept = db.compilation(Uuid::from_u128(n)).unwrap();
        assert_eq!(kept, Some(record(n)), "{n} was acknowledged");
    }
}

#[test]
fn processes_never_lease_the_same_entry() {
    const TEST: &str = "crash::processes_never_lease_the_same_entry";
    if let Some((db, worker)) = as_child() {
        acknowledge("ready");
        wait_for_parent();
        for key in drain(&db, &format!("w{worker}")) {
            acknowledge(&key);
        }
        return;
    }
    let fixture = Fixture::new();
    let entries = (0..90).map(|n| NewOutboxEntry {
        kind: "s3.upload".to_owned(),
        entity_id: format!("entity-{}", n % 30),
        payload: serde_json::Value::Null,
        idempotency_key: format!("k{n}"),
        ..NewOutboxEntry::default()
    });
    for entry in entries {
        fixture.db.enqueue(&entry).unwrap();
    }
    let mut children: Vec<Child> = (1..=3).map(|n| child(TEST, &fixture.path(), n)).collect();
    let mut said: Vec<_> = children
        .iter_mut()
        .map(|child| {
            BufReader::new(child.stdout.take().unwrap())
                .lines()
                .map(Result::unwrap)
        })
        .collect();
    for lines in &mut said {
        assert!(lines.any(|line| acknowledged(&line) == Some("ready")));
    }
    for child in &mut children {
        writeln!(child.stdin.as_mut().unwrap(), "go").unwrap();
    }
    let mut leased = drain(&fixture.db, "w0");
    for lines in said {
        leased.extend(lines.filter_map(|line| acknowledged(&line).map(str::to_owned)));
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(leased.len(), 90, "{leased:?}");
    assert_eq!(leased.iter().collect::<HashSet<_>>().len(), 90);
}

#[test]
fn a_writer_that_was_killed_blocks_nobody() {
    const TEST: &str = "crash::a_writer_that_was_killed_blocks_nobody";
    if let Some((db, _)) = as_child() {
        let _: Result<(), StoreError> = db.transaction(|tx| {
            tx.set_setting("device_id", "half")?;
            acknowledge("inside");
            wait_for_parent();
            Ok(())
        });
        return;
    }
    let fixture = Fixture::new();
    let mut child = child(TEST, &fixture.path(), 1);
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert!(lines.any(|line| acknowledged(&line) == Some("inside")));
    assert_eq!(
        fixture.db.setting("device_id").unwrap(),
        None,
        "readers don't wait for a writer"
    );
    child.kill().unwrap();
    child.wait().unwrap();
    fixture.db.set_setting("device_id", "d1").unwrap();
    assert_eq!(
        fixture.db.setting("device_id").unwrap().as_deref(),
        Some("d1")
    );
    fixture.db.check().unwrap();
}
