//! Leases of the outbox: order, time, outcomes, and several workers at once.

use crate::outbox::MINUTE;
use crate::{Fixture, secs};
use record::{OutboxEntry, OutboxState};
use std::collections::HashSet;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;
use store::{StoreError, WorkDb};

#[test]
fn entries_of_one_entity_run_in_order_and_entities_side_by_side() {
    let fixture = Fixture::new();
    let a1 = fixture.queue("s3.upload", "a", "a1");
    fixture.queue("tams.register", "a", "a2");
    fixture.queue("s3.upload", "b", "b1");
    assert_eq!(fixture.lease(), "a1");
    assert_eq!(fixture.lease(), "b1", "a2 waits for a1, b1 does not");
    assert_eq!(fixture.lease(), "-");
    fixture.db.complete(a1.id).unwrap();
    assert_eq!(fixture.lease(), "a2");
    assert_eq!(fixture.lease(), "-");
}

#[test]
fn an_entry_waits_behind_a_waiting_or_dead_one_of_its_entity() {
    let fixture = Fixture::new();
    let a1 = fixture.queue("s3.upload", "a", "a1");
    fixture.queue("tams.register", "a", "a2");
    fixture.lease();
    fixture
        .db
        .defer(a1.id, "w", secs(1_800_000_100), "refused", Some("network"))
        .unwrap();
    assert_eq!(fixture.lease(), "-");
    fixture.clock.set(secs(1_800_000_100));
    assert_eq!(fixture.lease(), "a1");
    fixture.db.fail(a1.id, "w", "no such bucket").unwrap();
    assert_eq!(fixture.lease(), "-");
    fixture.db.retry(a1.id).unwrap();
    assert_eq!(fixture.lease(), "a1");
    fixture.db.complete(a1.id).unwrap();
    assert_eq!(fixture.lease(), "a2");
}

#[test]
fn a_worker_gets_only_the_kinds_it_can_do() {
    let fixture = Fixture::new();
    fixture.queue("tams.register", "a", "a1");
    fixture.queue("s3.upload", "a", "a2");
    fixture.queue("s3.upload", "b", "b1");
    let lease = |kinds: &[&str]| fixture.db.lease_next(kinds, "w", MINUTE).unwrap();
    assert_eq!(lease(&["vast.record"]), None);
    let upload = lease(&["vast.record", "s3.upload"]).unwrap();
    assert_eq!(
        upload.idempotency_key, "b1",
        "a2 waits for a1, though that is of another kind"
    );
    assert_eq!(lease(&["s3.upload"]), None);
    assert_eq!(lease(&["tams.register"]).unwrap().idempotency_key, "a1");
}

#[test]
fn a_lease_that_ran_out_is_taken_over() {
    let fixture = Fixture::new();
    let entry = fixture.queue("s3.upload", "a", "a1");
    let first = fixture
        .db
        .lease_next(&[], "crashed", MINUTE)
        .unwrap()
        .unwrap();
    assert_eq!((first.state, first.attempts), (OutboxState::Running, 1));
    assert_eq!(fixture.db.next_due(&[]).unwrap(), Some(secs(1_800_000_060)));

    fixture.clock.set("1800000059:999999999".parse().unwrap());
    assert_eq!(fixture.db.lease_next(&[], "w2", MINUTE).unwrap(), None);
    fixture.clock.set(secs(1_800_000_060));
    let second = fixture
        .again()
        .lease_next(&[], "w2", MINUTE)
        .unwrap()
        .unwrap();
    assert_eq!((second.id, second.attempts), (entry.id, 2));

    let later = secs(1_800_001_000);
    let outcomes = [
        fixture.db.renew_lease(entry.id, "crashed", MINUTE),
        fixture.db.defer(entry.id, "crashed", later, "late", None),
        fixture.db.fail(entry.id, "crashed", "late"),
    ];
    for outcome in outcomes {
        assert!(
            matches!(outcome, Err(StoreError::LeaseLost { .. })),
            "{outcome:?}"
        );
    }
    assert_eq!(
        fixture.entry(entry.id),
        second,
        "the one that lost its lease changes nothing"
    );
    fixture.db.complete(entry.id).unwrap();
    assert_eq!(
        fixture.entry(entry.id).state,
        OutboxState::Done,
        "but a confirmed effect counts"
    );
}

#[test]
fn a_renewed_lease_lasts() {
    let fixture = Fixture::new();
    let entry = fixture.queue("s3.upload", "a", "a1");
    assert_eq!(fixture.lease(), "a1");
    for _ in 0..5 {
        fixture.clock.advance(secs(50));
        fixture.db.renew_lease(entry.id, "w", MINUTE).unwrap();
        assert_eq!(fixture.db.lease_next(&[], "w2", MINUTE).unwrap(), None);
    }
    assert_eq!(fixture.entry(entry.id).attempts, 1);
    fixture
        .db
        .renew_lease(entry.id, "w", Duration::MAX)
        .unwrap();
    fixture.clock.set(secs(1_000_000_000_000));
    assert_eq!(fixture.lease(), "-");
    fixture.db.complete(entry.id).unwrap();
    let refused = fixture.db.renew_lease(entry.id, "w", MINUTE);
    assert!(
        matches!(refused, Err(StoreError::LeaseLost { .. })),
        "{refused:?}"
    );
}

#[test]
fn what_did_not_work_waits_for_its_time_and_says_why() {
    let fixture = Fixture::new();
    let entry = fixture.queue("s3.upload", "a", "a1");
    fixture.lease();
    let next_at = "1800000100:1".parse().unwrap();
    fixture
        .db
        .defer(
            entry.id,
            "w",
            next_at,
            "connection refused",
            Some("network"),
        )
        .unwrap();
    let waiting = OutboxEntry {
        state: OutboxState::Waiting,
        attempts: 1,
        next_at,
        last_error: Some("connection refused".to_owned()),
        waiting_for: Some("network".to_owned()),
        ..entry.clone()
    };
    assert_eq!(fixture.entry(entry.id), waiting);
    assert_eq!(fixture.db.next_due(&[]).unwrap(), Some(next_at));
    fixture.clock.set(secs(1_800_000_100));
    assert_eq!(fixture.lease(), "-");
    fixture.clock.set(next_at);
    assert_eq!(fixture.lease(), "a1");
    let running = fixture.entry(entry.id);
    assert_eq!((running.attempts, running.waiting_for), (2, None));
    assert_eq!(running.last_error.as_deref(), Some("connection refused"));
    fixture.db.complete(entry.id).unwrap();
    let done = fixture.entry(entry.id);
    assert_eq!((done.state, done.last_error), (OutboxState::Done, None));
}

#[test]
fn the_next_due_time_skips_what_is_blocked() {
    let fixture = Fixture::new();
    assert_eq!(fixture.db.next_due(&[]).unwrap(), None);
    let a1 = fixture.queue("s3.upload", "a", "a1");
    fixture.queue("tams.register", "a", "a2");
    assert_eq!(fixture.db.next_due(&[]).unwrap(), Some(secs(1_800_000_000)));
    fixture.lease();
    fixture
        .db
        .defer(a1.id, "w", secs(1_800_000_500), "x", None)
        .unwrap();
    assert_eq!(
        fixture.db.next_due(&[]).unwrap(),
        Some(secs(1_800_000_500)),
        "a2 is blocked"
    );
    assert_eq!(fixture.db.next_due(&["tams.register"]).unwrap(), None);
    fixture.clock.advance(secs(7));
    fixture.queue("s3.upload", "b", "b1");
    assert_eq!(
        fixture.db.next_due(&["s3.upload"]).unwrap(),
        Some(secs(1_800_000_007))
    );
}

/// Leases until nothing is left, finishing each entry, and answers the keys in the order they came.
pub(crate) fn drain(db: &WorkDb, worker: &str) -> Vec<String> {
    let mut leased = Vec::new();
    while db.outbox_counts().unwrap().pending() > 0 {
        let Some(entry) = db.lease_next(&[], worker, MINUTE).unwrap() else {
            thread::yield_now();
            continue;
        };
        assert_eq!(
            entry.attempts, 1,
            "{} was leased twice",
            entry.idempotency_key
        );
        leased.push(entry.idempotency_key);
        db.complete(entry.id).unwrap();
    }
    leased
}

#[test]
fn threads_never_lease_the_same_entry() {
    let fixture = Fixture::new();
    for n in 0..120 {
        fixture.queue("s3.upload", &format!("entity-{}", n % 40), &format!("k{n}"));
    }
    let shared = Arc::new(fixture.again());
    let start = Barrier::new(4);
    let leased: Vec<Vec<String>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|n| {
                // Two share one connection, two have their own.
                let db = if n < 2 {
                    shared.clone()
                } else {
                    Arc::new(fixture.again())
                };
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    drain(&db, &format!("w{n}"))
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    let all: Vec<&String> = leased.iter().flatten().collect();
    assert_eq!(all.len(), 120);
    assert_eq!(all.into_iter().collect::<HashSet<_>>().len(), 120);
}
