//! Printed codes.

use crate::{Fixture, record, secs};
use mediatime::Timestamp;
use record::{Placement, PlacementState, ShortId};
use store::StoreError;
use uuid::Uuid;

fn placement(n: u8, compilation: u128) -> Placement {
    Placement {
        id: ShortId::from_random([n; 22]),
        compilation_id: Uuid::from_u128(compilation),
        placement: "Lobby, left door".to_owned(),
        template: "poster-a4".to_owned(),
        base_url: "https://play.example".to_owned(),
        state: PlacementState::Live,
        expires: None,
        created: secs(1_700_000_000 + i64::from(n)),
    }
}

fn with_two_compilations() -> Fixture {
    let fixture = Fixture::new();
    fixture.db.record_compilation(&record(1)).unwrap();
    fixture.db.record_compilation(&record(2)).unwrap();
    fixture
}

#[test]
fn a_code_comes_back_as_it_was_printed() {
    let fixture = with_two_compilations();
    let plain = placement(1, 1);
    let ending = Placement {
        expires: Some(Timestamp::MAX),
        ..placement(2, 1)
    };
    fixture.db.insert_placement(&plain).unwrap();
    fixture.db.insert_placement(&ending).unwrap();
    let again = fixture.again();
    assert_eq!(again.placement(&plain.id).unwrap(), Some(plain));
    assert_eq!(again.placement(&ending.id).unwrap(), Some(ending));
    assert_eq!(
        again.placement(&ShortId::from_random([9; 22])).unwrap(),
        None
    );
}

#[test]
fn a_taken_id_is_told_and_changes_nothing() {
    let fixture = with_two_compilations();
    let first = placement(1, 1);
    fixture.db.insert_placement(&first).unwrap();
    let same_id = Placement {
        id: first.id.clone(),
        ..placement(2, 2)
    };
    let refused = fixture.db.insert_placement(&same_id);
    assert!(
        matches!(
            refused,
            Err(StoreError::Conflict {
                what: "placement",
                ..
            })
        ),
        "{refused:?}"
    );
    assert_eq!(fixture.db.placement(&first.id).unwrap(), Some(first));
}

#[test]
fn a_code_needs_its_compilation() {
    let fixture = with_two_compilations();
    let refused = fixture.db.insert_placement(&placement(1, 77));
    assert!(
        matches!(
            refused,
            Err(StoreError::NotFound {
                what: "compilation",
                ..
            })
        ),
        "{refused:?}"
    );
}

#[test]
fn codes_of_a_compilation_are_listed_in_order() {
    let fixture = with_two_compilations();
    for printed in [placement(3, 1), placement(1, 1), placement(2, 2)] {
        fixture.db.insert_placement(&printed).unwrap();
    }
    let listed = fixture.db.placements_of(Uuid::from_u128(1)).unwrap();
    assert_eq!(listed, [placement(1, 1), placement(3, 1)]);
    assert!(
        fixture
            .db
            .placements_of(Uuid::from_u128(5))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_second_print_finds_the_code_of_the_first() {
    let fixture = with_two_compilations();
    let first = placement(1, 1);
    fixture.db.insert_placement(&first).unwrap();
    fixture.db.insert_placement(&placement(2, 1)).unwrap();
    let find = |compilation, place: &str, template: &str, base: &str| {
        fixture
            .db
            .find_placement(Uuid::from_u128(compilation), place, template, base, None)
            .unwrap()
    };
    let (place, template, base) = ("Lobby, left door", "poster-a4", "https://play.example");
    assert_eq!(
        find(1, place, template, base),
        Some(first.clone()),
        "the oldest of two"
    );
    assert_eq!(find(2, place, template, base), None);
    assert_eq!(find(1, "Canteen", template, base), None);
    assert_eq!(find(1, place, "avery-l7160", base), None);
    assert_eq!(find(1, place, template, "https://other.example"), None);

    fixture
        .db
        .set_placement_state(&first.id, PlacementState::Revoked)
        .unwrap();
    assert_eq!(
        find(1, place, template, base),
        Some(placement(2, 1)),
        "a revoked code is not reprinted"
    );
}

#[test]
fn a_code_can_be_taken_back_and_given_again() {
    let fixture = with_two_compilations();
    let printed = placement(1, 1);
    fixture.db.insert_placement(&printed).unwrap();
    fixture
        .db
        .set_placement_state(&printed.id, PlacementState::Revoked)
        .unwrap();
    let revoked = Placement {
        state: PlacementState::Revoked,
        ..printed.clone()
    };
    assert_eq!(fixture.db.placement(&printed.id).unwrap(), Some(revoked));
    fixture
        .db
        .set_placement_state(&printed.id, PlacementState::Live)
        .unwrap();
    assert_eq!(fixture.db.placement(&printed.id).unwrap(), Some(printed));

    let unknown = ShortId::from_random([9; 22]);
    let refused = fixture
        .db
        .set_placement_state(&unknown, PlacementState::Live);
    assert!(
        matches!(
            refused,
            Err(StoreError::NotFound {
                what: "placement",
                ..
            })
        ),
        "{refused:?}"
    );
}
