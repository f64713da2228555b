//! The outbox: queueing, listing, and what a person does with an entry.

use crate::{Fixture, record, secs};
use record::{OutboxEntry, OutboxState};
use serde_json::json;
use std::time::Duration;
use store::{NewOutboxEntry, OutboxCounts, OutboxFilter, StoreError};
use uuid::Uuid;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

fn work(kind: &str, entity: &str, key: &str) -> NewOutboxEntry {
    NewOutboxEntry {
        kind: kind.to_owned(),
        entity_id: entity.to_owned(),
        payload: json!({"z": 1, "a": [null, "ü"]}),
        idempotency_key: key.to_owned(),
        ..NewOutboxEntry::default()
    }
}

impl Fixture {
    pub(crate) fn queue(&self, kind: &str, entity: &str, key: &str) -> OutboxEntry {
        self.db.enqueue(&work(kind, entity, key)).unwrap()
    }

    /// The key of the entry that worker `w` gets, or `-`.
    pub(crate) fn lease(&self) -> String {
        let leased = self.db.lease_next(&[], "w", MINUTE).unwrap();
        leased.map_or_else(|| "-".to_owned(), |entry| entry.idempotency_key)
    }

    pub(crate) fn entry(&self, id: Uuid) -> OutboxEntry {
        self.db.outbox_entry(id).unwrap().unwrap()
    }
}

fn keys(entries: &[OutboxEntry]) -> String {
    entries
        .iter()
        .map(|entry| entry.idempotency_key.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn an_entry_comes_back_as_it_was_queued() {
    let fixture = Fixture::new();
    let queued = fixture.queue("s3.upload", "compilation-1", "k1");
    let expected = OutboxEntry {
        id: queued.id,
        kind: "s3.upload".to_owned(),
        entity_id: "compilation-1".to_owned(),
        payload: json!({"z": 1, "a": [null, "ü"]}),
        idempotency_key: "k1".to_owned(),
        state: OutboxState::Ready,
        attempts: 0,
        next_at: secs(1_800_000_000),
        last_error: None,
        waiting_for: None,
        created: secs(1_800_000_000),
    };
    assert_eq!(queued, expected);
    assert_eq!(
        fixture.again().outbox_entry(queued.id).unwrap(),
        Some(expected)
    );
    assert_eq!(fixture.db.outbox_entry(Uuid::nil()).unwrap(), None);

    assert_eq!(queued.id.get_version_num(), 7);
    let (id_secs, _) = queued.id.get_timestamp().unwrap().to_unix();
    assert_eq!(
        id_secs, 1_800_000_000,
        "the id carries the time of the given clock"
    );
    fixture.clock.set(secs(-5));
    assert_eq!(
        fixture.queue("s3.upload", "e", "before the epoch").created,
        secs(-5)
    );
}

#[test]
fn the_same_work_is_queued_once() {
    let fixture = Fixture::new();
    let first = fixture.queue("s3.upload", "e", "k");
    fixture.clock.advance(secs(10));
    let mut again = work("s3.upload", "e", "k");
    again.payload = json!("other");
    assert_eq!(fixture.db.enqueue(&again).unwrap(), first);

    assert_eq!(fixture.lease(), "k");
    fixture.db.complete(first.id).unwrap();
    assert_eq!(fixture.db.enqueue(&again).unwrap().state, OutboxState::Done);
    assert_eq!(
        fixture.db.outbox(&OutboxFilter::default()).unwrap().len(),
        1
    );

    for other in [
        work("tams.register", "e", "k"),
        work("s3.upload", "other", "k"),
    ] {
        let refused = fixture.db.enqueue(&other);
        assert!(
            matches!(refused, Err(StoreError::Conflict { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn work_is_queued_with_the_change_it_belongs_to_or_not_at_all() {
    let fixture = Fixture::new();
    let failed: Result<(), StoreError> = fixture.db.transaction(|tx| {
        tx.record_compilation(&record(1))?;
        tx.enqueue(&work("s3.upload", "e", "k"))?;
        Err(StoreError::Busy)
    });
    assert!(matches!(failed, Err(StoreError::Busy)));
    assert_eq!(fixture.db.outbox_counts().unwrap(), OutboxCounts::default());

    let queued: Result<OutboxEntry, StoreError> = fixture.db.transaction(|tx| {
        tx.record_compilation(&record(1))?;
        tx.enqueue(&work("s3.upload", "e", "k"))
    });
    assert_eq!(fixture.entry(queued.unwrap().id).idempotency_key, "k");
}

#[test]
fn a_dead_entry_waits_for_a_person() {
    let fixture = Fixture::new();
    let entry = fixture.queue("s3.upload", "a", "a1");
    fixture.lease();
    fixture.db.fail(entry.id, "w", "access denied").unwrap();
    fixture.clock.advance(secs(1_000_000));
    assert_eq!(fixture.lease(), "-");
    assert_eq!(fixture.db.next_due(&[]).unwrap(), None);
    assert_eq!(fixture.db.wake(None).unwrap(), 0);
    let dead = fixture.entry(entry.id);
    assert_eq!(
        (dead.state, dead.last_error.as_deref()),
        (OutboxState::Dead, Some("access denied"))
    );

    let ready = fixture.db.retry(entry.id).unwrap();
    assert_eq!((ready.state, ready.attempts), (OutboxState::Ready, 0));
    assert_eq!(ready.next_at, secs(1_801_000_000));
    assert_eq!(
        ready.last_error.as_deref(),
        Some("access denied"),
        "kept until it works"
    );
    assert_eq!(fixture.lease(), "a1");
    assert_eq!(
        fixture.db.retry(entry.id).unwrap().state,
        OutboxState::Running,
        "left alone"
    );
    fixture.db.complete(entry.id).unwrap();
    assert_eq!(
        fixture.db.retry(entry.id).unwrap().state,
        OutboxState::Done,
        "left alone"
    );
}

#[test]
fn what_waits_for_the_network_is_woken_when_it_is_back() {
    let fixture = Fixture::new();
    for (entity, what) in [("a", Some("network")), ("b", Some("sign in")), ("c", None)] {
        let entry = fixture.queue("s3.upload", entity, entity);
        fixture.lease();
        fixture
            .db
            .defer(entry.id, "w", secs(1_900_000_000), "refused", what)
            .unwrap();
    }
    assert_eq!(fixture.lease(), "-");
    assert_eq!(fixture.db.wake(Some("network")).unwrap(), 1);
    assert_eq!(
        (fixture.lease(), fixture.lease()),
        ("a".to_owned(), "-".to_owned())
    );
    assert_eq!(fixture.db.wake(None).unwrap(), 2);
    assert_eq!(
        (fixture.lease(), fixture.lease()),
        ("b".to_owned(), "c".to_owned())
    );
}

#[test]
fn cancelling_gives_up_what_builds_on_it() {
    let fixture = Fixture::new();
    let a1 = fixture.queue("s3.upload", "a", "a1");
    let a2 = fixture.queue("vast.record", "a", "a2");
    fixture.queue("s3.upload", "b", "b1");
    fixture.queue("tams.register", "a", "a3");
    fixture.lease();
    fixture.db.complete(a1.id).unwrap();
    assert!(
        fixture.db.cancel(a1.id).unwrap().is_empty(),
        "what is done stays done"
    );

    assert_eq!(fixture.lease(), "a2");
    let last = fixture.queue("tams.register", "a", "a4");
    assert_eq!(
        keys(&fixture.db.cancel(last.id).unwrap()),
        "a4",
        "what comes before stays"
    );
    let cancelled = fixture.db.cancel(a2.id).unwrap();
    assert_eq!(keys(&cancelled), "a2 a3");
    assert_eq!(
        keys(&fixture.db.outbox(&OutboxFilter::default()).unwrap()),
        "a1 b1"
    );
    for told in [fixture.db.complete(a2.id), fixture.db.fail(a2.id, "w", "x")] {
        assert!(matches!(told, Err(StoreError::NotFound { .. })), "{told:?}");
    }
    assert!(matches!(
        fixture.db.cancel(a2.id),
        Err(StoreError::NotFound { .. })
    ));
    assert!(matches!(
        fixture.db.retry(a2.id),
        Err(StoreError::NotFound { .. })
    ));

    let anew = fixture.queue("vast.record", "a", "a2");
    assert_ne!(anew.id, a2.id);
    assert_eq!(
        (fixture.lease(), fixture.lease()),
        ("b1".to_owned(), "a2".to_owned())
    );
}

#[test]
fn the_list_and_the_counts_follow_the_states() {
    let fixture = Fixture::new();
    let ids: Vec<Uuid> = ["a", "b", "c", "d", "e"]
        .map(|entity| fixture.queue("s3.upload", entity, entity).id)
        .to_vec();
    fixture.queue("tams.register", "a", "a-later");
    for _ in 0..4 {
        fixture.lease();
    }
    fixture.db.complete(ids[0]).unwrap();
    fixture.db.fail(ids[1], "w", "x").unwrap();
    fixture
        .db
        .defer(ids[2], "w", secs(1_900_000_000), "x", None)
        .unwrap();

    let counts = fixture.db.outbox_counts().unwrap();
    assert_eq!(
        counts,
        OutboxCounts {
            ready: 2,
            running: 1,
            waiting: 1,
            done: 1,
            dead: 1
        }
    );
    assert_eq!(counts.pending(), 4);

    let list = |filter: OutboxFilter| keys(&fixture.db.outbox(&filter).unwrap());
    assert_eq!(list(OutboxFilter::default()), "a b c d e a-later");
    let states = vec![OutboxState::Dead, OutboxState::Running];
    assert_eq!(
        list(OutboxFilter {
            states,
            ..OutboxFilter::default()
        }),
        "b d"
    );
    let kind = Some("tams.register".to_owned());
    assert_eq!(
        list(OutboxFilter {
            kind,
            ..OutboxFilter::default()
        }),
        "a-later"
    );
    let entity_id = Some("a".to_owned());
    let of_a = OutboxFilter {
        entity_id,
        ..OutboxFilter::default()
    };
    assert_eq!(list(of_a.clone()), "a a-later");
    assert_eq!(
        list(OutboxFilter {
            states: vec![OutboxState::Ready],
            ..of_a
        }),
        "a-later"
    );
    assert_eq!(
        list(OutboxFilter {
            limit: Some(2),
            ..OutboxFilter::default()
        }),
        "a b"
    );
}
