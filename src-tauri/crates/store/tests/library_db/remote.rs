//! Sources and flows: what was put comes back, dated, and replaces what was there.

use crate::{Fixture, HOSTILE, flow, id, source};
use store::Dated;

#[test]
fn what_was_never_listed_is_not_empty() {
    let fixture = Fixture::new();
    assert_eq!(fixture.db.sources("a").unwrap(), None);
    assert_eq!(fixture.db.flows("a").unwrap(), None);
    assert_eq!(fixture.db.flow("a", id(1)).unwrap(), None);

    fixture.db.put_sources("a", &[]).unwrap();
    fixture.db.put_flow("a", &flow(1)).unwrap();
    assert_eq!(fixture.db.sources("a").unwrap().unwrap().value, []);
    assert_eq!(
        fixture.db.flows("a").unwrap(),
        None,
        "one flow is no listing"
    );
}

#[test]
fn a_listing_replaces_the_one_before() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    db.put_sources("a", &[source(3), source(1), source(2)])
        .unwrap();
    db.put_flows("a", &[flow(3), flow(1), flow(2)]).unwrap();
    let seen = fixture.tick();
    let changed = tams_model::Source {
        label: Some("renamed".to_owned()),
        ..source(1)
    };
    db.put_sources("a", &[source(2), changed.clone()]).unwrap();
    db.put_flows("a", &[flow(4)]).unwrap();
    fixture.tick();

    let reopened = fixture.again();
    for db in [db, &reopened] {
        let value = vec![source(2), changed.clone()];
        assert_eq!(db.sources("a").unwrap(), Some(Dated { value, seen }));
        let value = vec![flow(4)];
        assert_eq!(db.flows("a").unwrap(), Some(Dated { value, seen }));
        assert_eq!(db.flow("a", id(3)).unwrap(), None, "no longer listed");
    }
}

#[test]
fn a_flow_is_known_as_it_was_told_last() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    let listed = fixture.tick();
    db.put_flows("a", &[flow(2), flow(1)]).unwrap();
    let told = fixture.tick();
    let changed = tams_model::Flow {
        label: Some("renamed".to_owned()),
        ..flow(2)
    };
    db.put_flow("a", &changed).unwrap();
    db.put_flow("a", &flow(9)).unwrap();

    let both = Dated {
        value: vec![changed.clone(), flow(1)],
        seen: listed,
    };
    assert_eq!(db.flows("a").unwrap(), Some(both));
    let dated = |value, seen| Some(Dated { value, seen });
    assert_eq!(db.flow("a", id(1)).unwrap(), dated(flow(1), listed));
    assert_eq!(db.flow("a", id(2)).unwrap(), dated(changed, told));
    assert_eq!(db.flow("a", id(9)).unwrap(), dated(flow(9), told));

    let again = fixture.tick();
    db.put_flows("a", &[flow(1)]).unwrap();
    assert_eq!(db.flow("a", id(1)).unwrap(), dated(flow(1), again));
    assert_eq!(db.flow("a", id(2)).unwrap(), None);
    assert_eq!(
        db.flow("a", id(9)).unwrap(),
        dated(flow(9), told),
        "it was never part of a listing"
    );
}

#[test]
fn an_id_that_was_told_twice_is_kept_once() {
    let fixture = Fixture::new();
    let later = tams_model::Source {
        label: Some("later".to_owned()),
        ..source(1)
    };
    fixture
        .db
        .put_sources("a", &[source(1), source(2), later.clone()])
        .unwrap();
    let kept = fixture.db.sources("a").unwrap().unwrap().value;
    assert_eq!(kept, [source(2), later]);
}

#[test]
fn connections_are_apart_and_forgotten_one_by_one() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    for (n, connection) in (1..).zip(HOSTILE) {
        let hostile = tams_model::Flow {
            label: Some((*connection).to_owned()),
            ..flow(n)
        };
        db.put_sources(connection, &[source(n)]).unwrap();
        db.put_flows(connection, &[hostile]).unwrap();
    }
    let known = |connection: &str| {
        let label = db.flows(connection).unwrap()?.value.pop()?.label?;
        assert_eq!(label, connection);
        Some(db.sources(connection).unwrap()?.value)
    };
    for (n, connection) in (1..).zip(HOSTILE) {
        assert_eq!(known(connection), Some(vec![source(n)]), "{connection:?}");
    }
    for (n, connection) in HOSTILE.iter().enumerate() {
        assert_eq!(db.forget(connection).unwrap(), []);
        for (other, name) in HOSTILE.iter().enumerate() {
            assert_eq!(
                known(name).is_some(),
                other > n,
                "{name:?} after {connection:?}"
            );
        }
    }
    assert_eq!(db.forget("never heard of").unwrap(), []);
}

#[test]
fn what_no_longer_parses_is_not_there() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    db.put_sources("a", &[source(1), source(2)]).unwrap();
    db.put_flows("a", &[flow(1), flow(2)]).unwrap();
    let raw = fixture.raw();
    for (n, wrong) in [(1, "{\"id\": 7}"), (2, "no JSON")] {
        let id = id(n).to_string();
        raw.execute(
            "UPDATE entries SET document = ?1 WHERE id = ?2",
            [wrong, &id],
        )
        .unwrap();
        let left = usize::from(2 - n);
        assert_eq!(db.sources("a").unwrap().unwrap().value.len(), left);
        assert_eq!(db.flows("a").unwrap().unwrap().value.len(), left);
        assert_eq!(db.flow("a", crate::id(n)).unwrap(), None);
    }
    raw.execute("UPDATE listings SET seen_s = 9223372036854775807", [])
        .unwrap();
    assert_eq!(db.sources("a").unwrap(), None);
    db.put_sources("a", &[source(1)]).unwrap();
    assert_eq!(db.sources("a").unwrap().unwrap().value, [source(1)]);
}
