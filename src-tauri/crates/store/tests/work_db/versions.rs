//! Versions of projects: numbered, kept whole, and gone with their project.

use crate::{Fixture, secs};
use serde_json::json;
use store::{NewVersion, VersionSummary};
use uuid::Uuid;

const PROJECT: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

#[test]
fn versions_are_numbered_and_go_with_their_project() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    for project in [PROJECT, OTHER] {
        db.save_project(project, "Promo", &json!({}), 0).unwrap();
    }
    let keep = |project, name, kept| {
        let version = NewVersion {
            name,
            clips: 3,
            document: &json!({ "name": name }),
            kept,
        };
        db.keep_version(project, &version)
    };
    assert_eq!(keep(PROJECT, "First", None).unwrap(), 1);
    fixture.clock.advance(secs(60));
    assert_eq!(keep(PROJECT, "Second", Some(secs(5))).unwrap(), 2);
    assert_eq!(keep(OTHER, "Of another", None).unwrap(), 1);
    assert!(keep(Uuid::from_u128(3), "Of none", None).is_err());

    let again = fixture.again();
    let version = |number, name: &str, kept| VersionSummary {
        number,
        name: name.to_owned(),
        clips: 3,
        kept,
    };
    assert_eq!(
        again.versions(PROJECT).unwrap(),
        [
            version(2, "Second", secs(5)),
            version(1, "First", secs(1_800_000_000)),
        ]
    );
    let document = again.version(PROJECT, 2).unwrap();
    assert_eq!(document, Some(json!({"name": "Second"})));
    assert_eq!(again.version(PROJECT, 3).unwrap(), None);

    assert!(db.remove_version(PROJECT, 1).unwrap());
    assert!(!db.remove_version(PROJECT, 1).unwrap());
    assert_eq!(keep(PROJECT, "Third", None).unwrap(), 3);
    assert!(db.remove_project(PROJECT).unwrap());
    assert!(!db.remove_project(PROJECT).unwrap());
    assert_eq!(db.versions(PROJECT).unwrap(), []);
    assert_eq!(db.versions(OTHER).unwrap().len(), 1);
}
