//! Projects: kept whole, replaced by later revisions only, and listed.

use crate::{Fixture, secs};
use rusqlite::Connection;
use serde_json::json;
use store::{ProjectSummary, SavedProject, StoreError};
use uuid::Uuid;

const FIRST: Uuid = Uuid::from_u128(1);
const SECOND: Uuid = Uuid::from_u128(2);

#[test]
fn a_project_comes_back_as_it_was_saved_last() {
    let fixture = Fixture::new();
    assert_eq!(fixture.db.project(FIRST).unwrap(), None);
    let document = json!({"z": 1, "a": [u64::MAX, null, "Vorplatz · oben"]});
    let saved = fixture.db.save_project(FIRST, "My first cut", &document, 0);
    assert_eq!(saved.unwrap(), secs(1_800_000_000));

    fixture.clock.advance(secs(60));
    let document = json!({"format": 1, "project": {}});
    fixture
        .db
        .save_project(FIRST, "Promo", &document, 7)
        .unwrap();
    let expected = SavedProject {
        id: FIRST,
        name: "Promo".to_owned(),
        document,
        revision: 7,
        saved: secs(1_800_000_060),
    };
    assert_eq!(fixture.again().project(FIRST).unwrap(), Some(expected));
}

#[test]
fn what_somebody_else_saved_meanwhile_is_not_overwritten() {
    let fixture = Fixture::new();
    let save = |revision| {
        let document = json!({ "revision": revision });
        fixture.db.save_project(FIRST, "Promo", &document, revision)
    };
    save(5).unwrap();
    for revision in [4, 5] {
        let refused = save(revision);
        assert!(
            matches!(
                refused,
                Err(StoreError::Conflict {
                    what: "project",
                    field: "revision",
                    ..
                })
            ),
            "{refused:?}"
        );
    }
    let kept = fixture.db.project(FIRST).unwrap().unwrap();
    assert_eq!((kept.revision, kept.document), (5, json!({"revision": 5})));
    save(u32::MAX).unwrap();
    assert_eq!(
        fixture.db.project(FIRST).unwrap().unwrap().revision,
        u32::MAX
    );
}

#[test]
fn the_project_that_was_saved_last_is_listed_first() {
    let fixture = Fixture::new();
    assert_eq!(fixture.db.projects().unwrap(), []);
    for (id, revision) in [(FIRST, 0), (SECOND, 0), (FIRST, 1)] {
        fixture.clock.advance(secs(1));
        let saved = fixture
            .db
            .save_project(id, &id.to_string(), &json!({}), revision);
        saved.unwrap();
    }
    let listed = [(FIRST, 1, 1_800_000_003), (SECOND, 0, 1_800_000_002)];
    let expected = listed.map(|(id, revision, saved)| ProjectSummary {
        id,
        name: id.to_string(),
        revision,
        saved: secs(saved),
    });
    assert_eq!(fixture.again().projects().unwrap(), expected);
}

#[test]
fn a_damaged_document_names_its_project_and_stays() {
    let fixture = Fixture::new();
    let saved = fixture.db.save_project(FIRST, "Promo", &json!({}), 3);
    saved.unwrap();
    let other = Connection::open(fixture.path()).unwrap();
    other
        .execute("UPDATE projects SET document = '{\"format\": 1, '", [])
        .unwrap();
    let found = fixture.db.project(FIRST);
    assert!(
        matches!(&found, Err(StoreError::Corrupt { detail })
            if detail.contains("Promo") && detail.contains(&FIRST.to_string())),
        "{found:?}"
    );
    let kept: String = other
        .query_row("SELECT document FROM projects", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, "{\"format\": 1, ");
    assert_eq!(fixture.db.projects().unwrap().len(), 1);
}
