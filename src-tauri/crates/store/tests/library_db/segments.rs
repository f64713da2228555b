//! Segments range by range: what is known, from when, and what was never asked.

use crate::{Fixture, HOSTILE, id, objects_of, range, segment};
use mediatime::{TimeRange, Timestamp};
use store::{Dated, LibraryDb};
use tams_model::FlowSegment;

fn known(db: &LibraryDb, asked: &str) -> Option<Dated<Vec<FlowSegment>>> {
    db.segments("a", id(1), range(asked)).unwrap()
}

/// The objects known for a range, separated by spaces, and when they were seen.
fn seen(db: &LibraryDb, asked: &str) -> Option<(String, Timestamp)> {
    known(db, asked).map(|dated| (objects_of(&dated.value).join(" "), dated.seen))
}

/// Puts segments given as an object and a timerange each.
fn put(db: &LibraryDb, listed: &str, segments: &[(&str, &str)]) {
    let segments: Vec<_> = segments
        .iter()
        .map(|(object, at)| segment(object, at))
        .collect();
    db.put_segments("a", id(1), range(listed), &segments)
        .unwrap();
}

#[test]
fn segments_come_back_as_they_were() {
    let fixture = Fixture::new();
    let mut full = segment("o/1", "[0:0_2:0)");
    full.object_timerange = Some(range("[0:500000000_2:500000000)"));
    full.sample_offset = Some(7);
    full.sample_count = Some(50);
    full.init_object = serde_json::from_str(r#"{"object_id": "init"}"#).unwrap();
    full.other
        .insert("_unknown".into(), serde_json::json!({"kept": [1]}));
    let listed = [full, segment("o/2", "[2:0]")];
    fixture
        .db
        .put_segments("a", id(1), range("[0:0_5:0)"), &listed)
        .unwrap();
    let reopened = fixture.again();
    for db in [&fixture.db, &reopened] {
        assert_eq!(known(db, "[0:0_5:0)").unwrap().value, listed);
        assert_eq!(known(db, "(2:0_3:0)").unwrap().value, []);
    }
}

#[test]
fn borders_are_exact() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    let now = fixture.tick();
    put(db, "[0:0_2:0)", &[("a", "[0:0_1:0)"), ("b", "[1:0_2:0)")]);
    assert_eq!(known(db, "[0:0_2:0]"), None, "2:0 itself was not listed");
    assert_eq!(known(db, "[0:0_4:0)"), None);
    put(db, "[2:0_4:0)", &[("c", "[2:0_3:0)"), ("d", "[3:0]")]);
    for (asked, objects) in [
        ("[0:0_4:0)", "a b c d"),
        ("[0:0_1:0)", "a"),
        ("[0:0_1:0]", "a b"),
        ("[1:0]", "b"),
        ("(1:0_2:0)", "b"),
        ("[1:999999999_2:0]", "b c"),
        ("(3:0_4:0)", ""),
        ("[3:0_3:1)", "d"),
        ("()", ""),
    ] {
        assert_eq!(seen(db, asked), Some((objects.to_owned(), now)), "{asked}");
    }
    for asked in ["[0:0_4:0]", "(-0:1_1:0)", "_", "_1:0)", "[3:0_", "[4:0]"] {
        assert_eq!(known(db, asked), None, "{asked}");
    }
}

#[test]
fn a_hole_of_a_nanosecond_in_what_is_known_is_a_hole() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    for (first, second, whole) in [
        ("[0:0_2:0)", "(2:0_4:0)", "[0:0_4:0)"),
        ("[0:0_1:999999999)", "[2:0_4:0)", "[0:0_4:0)"),
        ("_2:0)", "(2:0_", "_"),
    ] {
        put(db, first, &[]);
        put(db, second, &[]);
        assert_eq!(known(db, whole), None, "{first} {second}");
        db.forget("a").unwrap();
    }
    for (first, second, whole) in [
        ("[0:0_2:0]", "(2:0_4:0)", "[0:0_4:0)"),
        ("[0:0_2:0)", "[2:0_4:0)", "[0:0_4:0)"),
        ("_2:0)", "[2:0_", "_"),
    ] {
        put(db, second, &[]);
        put(db, first, &[]);
        assert!(known(db, whole).is_some(), "{first} {second}");
        db.forget("a").unwrap();
    }
}

#[test]
fn open_ranges_cover_all_there_is() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    let first = fixture.tick();
    put(db, "_", &[("a", "[-9:0_5:0)"), ("b", "[5:0_6:0)")]);
    assert_eq!(seen(db, "_"), Some(("a b".to_owned(), first)));
    let far = TimeRange::from_start(Timestamp::MAX);
    assert_eq!(db.segments("a", id(1), far).unwrap().unwrap().value, []);

    let second = fixture.tick();
    put(db, "[6:0_", &[("c", "[6:0_8:0)")]);
    assert_eq!(seen(db, "[5:0_"), Some(("b c".to_owned(), first)));
    assert_eq!(seen(db, "[6:0_"), Some(("c".to_owned(), second)));
    assert_eq!(seen(db, "[7:0_100:0)"), Some(("c".to_owned(), second)));
    assert_eq!(seen(db, "_0:0)"), Some(("a".to_owned(), first)));
    assert_eq!(seen(db, "_"), Some(("a b c".to_owned(), first)));
}

#[test]
fn a_later_listing_replaces_what_overlaps_it() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    let first = fixture.tick();
    put(
        db,
        "[0:0_8:0)",
        &[
            ("a", "[0:0_2:0)"),
            ("b", "[2:0_4:0)"),
            ("c", "[4:0_6:0)"),
            ("d", "[6:0_8:0)"),
        ],
    );
    let second = fixture.tick();
    put(db, "[3:0_5:0)", &[("b", "[2:0_4:0)"), ("x", "[4:0_6:0)")]);
    assert_eq!(seen(db, "[0:0_8:0)"), Some(("a b x d".to_owned(), first)));
    assert_eq!(seen(db, "[3:0_5:0)"), Some(("b x".to_owned(), second)));
    assert_eq!(seen(db, "[3:0_5:0]"), Some(("b x".to_owned(), first)));

    fixture.tick();
    put(db, "[0:0_4:0)", &[]);
    assert_eq!(seen(db, "[0:0_8:0)"), Some(("x d".to_owned(), first)));
}

#[test]
fn what_was_not_asked_for_is_not_kept() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    let listed = [
        ("a", "[0:0_2:0)"),
        ("b", "[2:0_4:0)"),
        ("n", "()"),
        ("c", "[4:0_6:0)"),
    ];
    for _ in 0..2 {
        put(db, "[2:0_4:0)", &listed);
        put(db, "()", &listed);
    }
    put(db, "[4:0_9:0)", &[("c", "[4:0_6:0)")]);
    let known = known(db, "[2:0_9:0)").unwrap();
    assert_eq!(objects_of(&known.value), ["b", "c"]);
}

#[test]
fn a_server_that_lets_segments_overlap_is_believed() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    put(
        db,
        "_",
        &[
            ("twice", "[1:0_2:0)"),
            ("long", "[0:0_3600:0)"),
            ("ever", "_"),
            ("again", "[1:0_2:0)"),
            ("twice", "[1:0_2:0)"),
            ("grain", "[1:0]"),
        ],
    );
    for (asked, objects) in [
        ("_", "ever long grain twice again twice"),
        ("[1:0]", "ever long grain twice again twice"),
        ("(1:0_1:1]", "ever long twice again twice"),
        ("[3599:999999999_", "ever long"),
        ("[3600:0_", "ever"),
    ] {
        assert_eq!(seen(db, asked).unwrap().0, objects, "{asked}");
    }
    put(db, "[3000:0]", &[]);
    assert_eq!(seen(db, "_").unwrap().0, "grain twice again twice");
}

#[test]
fn the_order_is_that_of_time_not_of_the_listing() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    put(
        db,
        "_",
        &[
            ("e", "[10:0_12:0)"),
            ("d", "[2:0_10:0)"),
            ("b", "[-1:0_0:0)"),
            ("a", "[-2:0_-1:0)"),
            ("c", "[0:0_2:0)"),
        ],
    );
    assert_eq!(seen(db, "_").unwrap().0, "a b c d e");
}

#[test]
fn flows_and_connections_are_apart() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    for connection in HOSTILE {
        for n in 1..3 {
            let listed = [segment(&format!("{connection}{n}"), "[0:0_2:0)")];
            db.put_segments(connection, id(n), TimeRange::ETERNITY, &listed)
                .unwrap();
        }
    }
    let objects = |connection: &str, n: u8| {
        let known = db.segments(connection, id(n), range("[0:0]")).unwrap();
        known.map(|dated| dated.value[0].object_id.clone())
    };
    for (at, connection) in HOSTILE.iter().enumerate() {
        for n in 1..3 {
            assert_eq!(objects(connection, n), Some(format!("{connection}{n}")));
        }
        assert_eq!(objects(connection, 3), None);
        db.forget(connection).unwrap();
        for (other, name) in HOSTILE.iter().enumerate() {
            assert_eq!(objects(name, 1).is_some(), other > at);
        }
    }
    for table in ["segments", "coverage", "segment_flows"] {
        let left: i64 = fixture
            .raw()
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(left, 0, "{table}");
    }
}

#[test]
fn what_no_longer_parses_makes_its_range_unknown() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    put(db, "_", &[("a", "[0:0_2:0)"), ("b", "[2:0_4:0)")]);
    fixture
        .raw()
        .execute(
            "UPDATE segments SET document = '{}' WHERE object_id = 'b'",
            [],
        )
        .unwrap();
    assert_eq!(seen(db, "[0:0_2:0)").unwrap().0, "a");
    assert_eq!(known(db, "[0:0_3:0)"), None, "one of its segments is lost");
    put(db, "[2:0_4:0)", &[("b", "[2:0_4:0)")]);
    assert_eq!(seen(db, "_").unwrap().0, "a b");

    let raw = fixture.raw();
    raw.execute("UPDATE coverage SET ends = x'00'", []).unwrap();
    assert_eq!(known(db, "[0:0_3:0)"), None);
    put(db, "_", &[]);
    assert_eq!(seen(db, "_").unwrap().0, "");
}

#[test]
fn a_hundred_thousand_segments_are_kept_and_paged() {
    const COUNT: i64 = 100_000;
    const PAGE: i64 = 1_000;
    let fixture = Fixture::new();
    let db = &fixture.db;
    let at = |n: i64| TimeRange::new(crate::secs(2 * n), crate::secs(2 * n + 2));
    let listed: Vec<FlowSegment> = (0..COUNT)
        .map(|n| segment(&format!("object-{n}"), &at(n).to_string()))
        .collect();
    let whole = TimeRange::new(crate::secs(0), crate::secs(2 * COUNT));
    db.put_segments("a", id(1), whole, &listed).unwrap();
    for first in [0, 1_234, COUNT / 2, COUNT - PAGE] {
        let asked = at(first).extend_to_encompass(&at(first + PAGE - 1));
        let page = db.segments("a", id(1), asked).unwrap().unwrap().value;
        let first = usize::try_from(first).unwrap();
        assert!(page == listed[first..first + 1_000], "page from {first}");
    }
}
