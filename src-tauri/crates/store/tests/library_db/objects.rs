//! The media cache's objects and their indexes.

use crate::{Fixture, HOSTILE, object, secs};
use std::collections::HashSet;
use std::slice;
use store::{CachedObject, StoreError};

#[test]
fn an_object_is_found_again_and_touched() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    let first = object("a", "o/1", 5);
    db.put_object(&first).unwrap();
    assert_eq!(db.least_recently_used(9).unwrap(), slice::from_ref(&first));
    let used = fixture.tick();
    let touched = CachedObject {
        used,
        ..first.clone()
    };
    assert_eq!(db.object("a", "o/1").unwrap(), Some(touched.clone()));
    assert_eq!(db.least_recently_used(9).unwrap(), [touched]);
    assert_eq!(db.object("b", "o/1").unwrap(), None);

    let again = CachedObject { size: 7, ..first };
    db.put_object(&again).unwrap();
    assert_eq!(fixture.again().least_recently_used(9).unwrap(), [again]);
    db.remove_object("a", "o/1").unwrap();
    db.remove_object("a", "o/1").unwrap();
    assert_eq!(db.object("a", "o/1").unwrap(), None);
}

#[test]
fn the_least_recently_used_come_first() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    for (object_id, used) in [("c", 3), ("a", 1), ("d", -4), ("b", 2)] {
        db.put_object(&object("x", object_id, used)).unwrap();
    }
    let order = |limit| -> Vec<String> {
        let objects = db.least_recently_used(limit).unwrap();
        objects.into_iter().map(|object| object.object_id).collect()
    };
    assert_eq!(order(usize::MAX), ["d", "a", "b", "c"]);
    assert_eq!(order(2), ["d", "a"]);
    assert!(order(0).is_empty());
    fixture.clock.set(secs(100));
    db.object("x", "d").unwrap().unwrap();
    assert_eq!(order(9), ["a", "b", "c", "d"]);
    db.objects_here("x", &["a"]).unwrap();
    assert_eq!(order(1), ["a"], "looking is not using");
}

#[test]
fn bytes_are_summed_exactly() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    assert_eq!(db.cached_bytes().unwrap(), 0);
    let sized = |object_id: &str, size| CachedObject {
        size,
        ..object("a", object_id, 1)
    };
    let largest = u64::try_from(i64::MAX).unwrap();
    db.put_object(&sized("1", largest)).unwrap();
    db.put_object(&sized("2", 1)).unwrap();
    assert_eq!(db.cached_bytes().unwrap(), largest + 1);
    db.put_object(&sized("3", largest)).unwrap();
    assert_eq!(db.cached_bytes().unwrap(), u64::MAX);
    db.put_object(&sized("4", 5)).unwrap();
    assert_eq!(db.cached_bytes().unwrap(), u64::MAX, "it stops there");
    let refused = db.put_object(&sized("5", largest + 1));
    assert!(
        matches!(refused, Err(StoreError::TooLarge { field: "size", .. })),
        "{refused:?}"
    );
    for object_id in ["1", "3", "4"] {
        db.remove_object("a", object_id).unwrap();
    }
    assert_eq!(db.cached_bytes().unwrap(), 1);
}

#[test]
fn ten_thousand_ids_are_asked_at_once() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    let ids: Vec<String> = (0..10_000).map(|n| format!("object-{n}")).collect();
    let here: HashSet<String> = ids.iter().step_by(37).cloned().collect();
    for object_id in &here {
        db.put_object(&object("a", object_id, 1)).unwrap();
        db.put_object(&object("b", &format!("{object_id}!"), 1))
            .unwrap();
    }
    let asked: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(db.objects_here("a", &asked).unwrap(), here);
    assert!(db.objects_here("b", &asked).unwrap().is_empty());
    assert!(db.objects_here("a", &[]).unwrap().is_empty());
    let repeated = ["object-0", "object-1", "object-0"];
    let found = db.objects_here("a", &repeated).unwrap();
    assert_eq!(found, HashSet::from(["object-0".to_owned()]));
}

#[test]
fn hostile_ids_are_only_ids() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    for text in HOSTILE {
        db.put_object(&CachedObject {
            file: (*text).to_owned(),
            ..object(text, text, 1)
        })
        .unwrap();
        db.put_index(text, text, 1, text.as_bytes()).unwrap();
    }
    for text in HOSTILE {
        assert_eq!(db.object(text, text).unwrap().unwrap().file, *text);
        let found = db.objects_here(text, HOSTILE).unwrap();
        assert_eq!(found, HashSet::from([(*text).to_owned()]));
        assert_eq!(db.index(text, text, 1).unwrap().unwrap(), text.as_bytes());
        db.remove_object(text, text).unwrap();
        assert_eq!(db.object(text, text).unwrap(), None);
    }
}

#[test]
fn an_index_outlives_its_media_and_not_its_format() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    assert_eq!(db.index("a", "o", 1).unwrap(), None);
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    db.put_object(&object("a", "o", 1)).unwrap();
    db.put_index("a", "o", 1, &bytes).unwrap();
    db.remove_object("a", "o").unwrap();
    assert_eq!(fixture.again().index("a", "o", 1).unwrap(), Some(bytes));
    assert_eq!(db.index("a", "o", 2).unwrap(), None);
    assert_eq!(db.index("b", "o", 1).unwrap(), None);
    db.put_index("a", "o", u32::MAX, &[]).unwrap();
    assert_eq!(db.index("a", "o", u32::MAX).unwrap(), Some(Vec::new()));
    assert_eq!(db.index("a", "o", 1).unwrap(), None, "it was replaced");
}

#[test]
fn a_forgotten_connection_gives_its_files_back() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    let (mine, other) = (object("a", "o", 1), object("b", "o", 1));
    db.put_object(&mine).unwrap();
    db.put_object(&other).unwrap();
    db.put_index("a", "o", 1, b"mine").unwrap();
    db.put_index("b", "o", 1, b"other").unwrap();
    assert_eq!(db.forget("a").unwrap(), [mine]);
    assert_eq!(db.object("a", "o").unwrap(), None);
    assert_eq!(db.index("a", "o", 1).unwrap(), None);
    assert_eq!(db.index("b", "o", 1).unwrap().unwrap(), b"other");
    assert_eq!(db.least_recently_used(9).unwrap(), [other]);
}

#[test]
fn an_object_that_no_longer_parses_is_not_there() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    db.put_object(&object("a", "o", 1)).unwrap();
    fixture
        .raw()
        .execute("UPDATE objects SET fetched_s = 9223372036854775807", [])
        .unwrap();
    assert_eq!(db.object("a", "o").unwrap(), None);
    assert_eq!(db.least_recently_used(9).unwrap(), []);
    db.put_object(&object("a", "o", 1)).unwrap();
    assert!(db.object("a", "o").unwrap().is_some());
}
