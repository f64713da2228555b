//! Pins: wanted once however often they are asked for, and gone when nobody wants them.

use crate::{Fixture, secs};
use mediatime::TimeRange;
use store::Pin;
use tams_model::Id;

#[test]
fn pins_stay_until_they_are_taken_back() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    let flow: Id = "4f4b5d2e-8d3e-4c67-9b7f-0d2d1a6a8f01".parse().unwrap();
    let range = |text: &str| -> TimeRange { text.parse().unwrap() };
    db.pin("studio", flow, range("[10:0_20:0)")).unwrap();
    fixture.clock.advance(secs(60));
    db.pin("studio", flow, range("[0:0_5:0)")).unwrap();
    // Once more: the first time counts.
    db.pin("studio", flow, range("[10:0_20:0)")).unwrap();
    let pin = |text: &str, pinned| Pin {
        connection: "studio".to_owned(),
        flow_id: flow,
        timerange: range(text),
        pinned: secs(pinned),
    };
    let again = fixture.again();
    let wanted = [
        pin("[10:0_20:0)", 1_800_000_000),
        pin("[0:0_5:0)", 1_800_000_060),
    ];
    assert_eq!(again.pins().unwrap(), wanted);
    assert!(db.unpin("studio", flow, range("[10:0_20:0)")).unwrap());
    assert!(!db.unpin("studio", flow, range("[10:0_20:0)")).unwrap());
    assert!(!db.unpin("other", flow, range("[0:0_5:0)")).unwrap());
    assert_eq!(again.pins().unwrap(), wanted[1..]);
}
