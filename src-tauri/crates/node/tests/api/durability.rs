//! The store over crashes, by several processes, and without its garbage.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mediatime::{FixedClock, TimeRange, Timestamp};
use node::{Catalogue, NodeError, Page, SegmentFilter};
use serde_json::json;
use tams_model::{Flow, Id, SegmentPost, StorageRequest};
use tokio_util::sync::CancellationToken;

use crate::support::{NOW, Server, flow_id, video};

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::new(Timestamp::from_secs(NOW).unwrap()))
}

fn flow(n: u8) -> Flow {
    serde_json::from_value(video(n)).unwrap()
}

fn id(n: u8) -> Id {
    flow_id(n).parse().unwrap()
}

fn second(n: i64) -> TimeRange {
    TimeRange::new(
        Timestamp::from_secs(n).unwrap(),
        Timestamp::from_secs(n + 1).unwrap(),
    )
}

/// Writes an object and puts it on flow 1 at second `n`.
fn add(catalogue: &Catalogue, object: &str, n: i64) {
    catalogue
        .allocate(id(1), &StorageRequest::object_ids([object]))
        .unwrap();
    let mut writer = catalogue.object_writer(object).unwrap();
    writer.write_all(object.as_bytes()).unwrap();
    writer.finish().unwrap();
    let failed = catalogue
        .add_segments(id(1), vec![SegmentPost::new(object, second(n))])
        .unwrap();
    assert!(failed.is_empty(), "{failed:?}");
}

fn count(catalogue: &Catalogue) -> usize {
    catalogue
        .segments(id(1), &SegmentFilter::default(), &Page::first(10_000))
        .unwrap()
        .items
        .len()
}

#[test]
fn acknowledged_segments_survive() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("made/on/demand");
    let crashed = Catalogue::open(&dir, clock()).unwrap();
    crashed.put_flow(flow(1)).unwrap();
    add(&crashed, "a", 0);
    // The state a kill would leave: the files as they are now, copied without closing anything.
    let left = folder.path().join("left");
    copy(&dir, &left);
    let mut unfinished = crashed.object_writer("a").unwrap();
    unfinished.write_all(b"never finished").unwrap();

    let again = Catalogue::open(&left, clock()).unwrap();
    assert_eq!(count(&again), 1);
    assert_eq!(
        fs::read(again.object_path("a").unwrap().unwrap()).unwrap(),
        b"a"
    );
    add(&again, "b", 1);
    assert_eq!(count(&again), 2);
    assert_eq!(again.flow(id(1)).unwrap().id, id(1));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn two_processes_on_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let dir = folder.path().to_owned();
        std::thread::spawn(move || Catalogue::open(dir, clock()).unwrap())
    };
    let (one, other) = (open(), open());
    let (one, other) = (one.join().unwrap(), other.join().unwrap());
    one.put_flow(flow(1)).unwrap();
    assert_eq!(one.storage_backend().id, other.storage_backend().id);
    let writers = [(one.clone(), 0), (other.clone(), 1000)].map(|(catalogue, base)| {
        std::thread::spawn(move || {
            for n in base..base + 20 {
                add(&catalogue, &format!("object {n}"), n);
            }
        })
    });
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!((count(&one), count(&other)), (40, 40));
    let held = other.object_path("object 3").unwrap().unwrap();
    assert_eq!(fs::read(held).unwrap(), b"object 3");
    // Of two that want the same place, one gets it.
    add(&one, "x", 500);
    other
        .allocate(id(1), &StorageRequest::object_ids(["y"]))
        .unwrap();
    other.object_writer("y").unwrap().finish().unwrap();
    let failed = other
        .add_segments(id(1), vec![SegmentPost::new("y", second(500))])
        .unwrap();
    assert_eq!(failed.len(), 1);
}

#[test]
fn reading_only() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Catalogue::open_read_only(folder.path()).is_err());
    let writer = Catalogue::open(folder.path(), clock()).unwrap();
    writer.put_flow(flow(1)).unwrap();
    let reader = Catalogue::open_read_only(folder.path()).unwrap();
    add(&writer, "a", 0);
    assert_eq!(count(&reader), 1);
    assert!(reader.object_path("a").unwrap().is_some());
    for refused in [
        reader.put_flow(flow(2)).unwrap_err(),
        reader.object_writer("a").unwrap_err(),
        reader
            .allocate(id(1), &StorageRequest::limit(1))
            .unwrap_err(),
    ] {
        assert!(matches!(refused, NodeError::OpenedReadOnly), "{refused:?}");
    }
}

#[test]
fn a_newer_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(Catalogue::open(folder.path(), clock()).unwrap());
    let database = rusqlite::Connection::open(folder.path().join("node.db")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let refused = Catalogue::open(folder.path(), clock()).unwrap_err();
    assert!(
        matches!(refused, NodeError::NewerVersion { found: 99, .. }),
        "{refused:?}"
    );
    assert!(matches!(
        Catalogue::open_read_only(folder.path()),
        Err(NodeError::NewerVersion { .. })
    ));
}

#[test]
fn files_are_adopted_whole() {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = Catalogue::open(folder.path().join("node"), clock()).unwrap();
    catalogue.put_flow(flow(1)).unwrap();
    catalogue
        .allocate(id(1), &StorageRequest::object_ids(["a", "b"]))
        .unwrap();
    let source = folder.path().join("media.mp4");
    fs::write(&source, b"some media").unwrap();
    let stored = catalogue.adopt_object("a", &source, None).unwrap();
    assert_eq!(stored.size, 10);
    let held = catalogue.object_path("a").unwrap().unwrap();
    assert_eq!(fs::read(&held).unwrap(), b"some media");
    assert_eq!(
        catalogue
            .adopt_object("a", &source, Some(stored.sha256))
            .unwrap(),
        stored
    );
    assert_eq!(
        catalogue
            .adopt_object("b", &source, Some(stored.sha256))
            .unwrap(),
        stored
    );
    assert!(source.exists());
    fs::write(folder.path().join("other.mp4"), b"other media").unwrap();
    let refused = catalogue
        .adopt_object("a", &folder.path().join("other.mp4"), None)
        .unwrap_err();
    assert!(matches!(refused, NodeError::Conflict { .. }), "{refused:?}");
    assert!(matches!(
        catalogue.adopt_object("nobody", &source, None),
        Err(NodeError::NotFound { .. })
    ));
    let missing = catalogue
        .adopt_object("b", Path::new("/nowhere"), None)
        .unwrap_err();
    assert!(missing.to_string().contains("/nowhere"), "{missing}");
    let incoming = folder.path().join("node/objects/incoming");
    assert_eq!(fs::read_dir(incoming).unwrap().count(), 0);
}

#[test]
fn garbage_is_what_nobody_refers_to() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let catalogue = Catalogue::open(folder.path(), clock.clone()).unwrap();
    catalogue.put_flow(flow(1)).unwrap();
    add(&catalogue, "kept", 0);
    add(&catalogue, "deleted", 1);
    catalogue
        .allocate(id(1), &StorageRequest::object_ids(["unused"]))
        .unwrap();
    catalogue.object_writer("unused").unwrap().finish().unwrap();
    let abandoned = folder.path().join("objects/incoming/abandoned");
    fs::write(&abandoned, b"half").unwrap();
    catalogue.delete_segments(id(1), second(1), None).unwrap();
    let gone = catalogue.object_path("deleted").unwrap().unwrap();

    let garbage = catalogue.collect_garbage().unwrap();
    assert_eq!(garbage.objects, 0);
    assert!(gone.exists() && abandoned.exists());
    // The abandoned file is as old as the system's clock says.
    let system = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let later = i64::try_from(system.as_secs()).unwrap().max(NOW) + 2 * 3600;
    clock.set(Timestamp::from_secs(later).unwrap());
    let garbage = catalogue.collect_garbage().unwrap();
    assert_eq!((garbage.objects, garbage.bytes), (2, 7));
    assert!(!gone.exists() && !abandoned.exists());
    assert!(catalogue.object_path("deleted").is_err() && catalogue.object_path("unused").is_err());
    assert!(catalogue.object_path("kept").unwrap().unwrap().exists());
    assert_eq!(catalogue.collect_garbage().unwrap().objects, 0);
    // The names are free again, and never stand for the old bytes.
    add(&catalogue, "deleted", 1);
    assert_ne!(catalogue.object_path("deleted").unwrap().unwrap(), gone);
}

#[tokio::test]
async fn maintenance_runs_until_told_to_stop() {
    let server = Server::start().await;
    server.put_flow(&video(1)).await;
    server.upload(&flow_id(1), "unused", b"x").await;
    server.wait(3 * 3600);
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(node::maintain(
        server.catalogue.clone(),
        Duration::from_secs(3600),
        shutdown.clone(),
    ));
    while server.catalogue.object_path("unused").is_ok() {
        tokio::task::yield_now().await;
    }
    shutdown.cancel();
    task.await.unwrap();
}

#[test]
fn flows_change_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = Catalogue::open(folder.path(), clock()).unwrap();
    catalogue.put_flow(flow(1)).unwrap();
    let changed = catalogue
        .update_flow(id(1), |flow| {
            flow.status = Some(tams_model::FlowStatus::ClosedComplete);
            flow.tags
                .get_or_insert_default()
                .insert("_stringout_plan", "abc");
        })
        .unwrap();
    assert_eq!(changed, catalogue.flow(id(1)).unwrap());
    assert_eq!(
        serde_json::to_value(&changed).unwrap()["tags"],
        json!({"_stringout_plan": "abc"})
    );
    let wrong = catalogue
        .update_flow(id(1), |flow| flow.technical.codec = None)
        .unwrap_err();
    assert!(matches!(wrong, NodeError::Invalid { .. }), "{wrong:?}");
    assert_eq!(catalogue.flow(id(1)).unwrap(), changed);
}
