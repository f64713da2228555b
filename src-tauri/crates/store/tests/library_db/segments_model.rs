//! Any sequence of listings against a model that looks at every instant by itself.

use crate::{Fixture, id, secs, segment};
use mediatime::{Inclusivity, TimeRange, Timestamp};
use proptest::prelude::*;
use store::LibraryDb;
use tams_model::FlowSegment;

const SECOND: i128 = 1_000_000_000;

/// Ranges with bounds at 0 to 5 s, so that bounds often coincide.
fn any_range() -> impl Strategy<Value = TimeRange> {
    let bound = || prop::option::weighted(0.9, (0_i64..=5).prop_map(secs));
    let inclusivity = prop::sample::select(vec![
        Inclusivity::Exclusive,
        Inclusivity::IncludeStart,
        Inclusivity::IncludeStart,
        Inclusivity::IncludeEnd,
        Inclusivity::Inclusive,
    ]);
    (bound(), bound(), inclusivity)
        .prop_map(|(start, end, inclusivity)| TimeRange::with_inclusivity(start, end, inclusivity))
}

/// Enough instants to tell any two such ranges apart.
fn instants() -> Vec<Timestamp> {
    let around = (0..=5_i128).flat_map(|second| {
        (-1..=1).filter_map(move |nano| Timestamp::from_nanos(second * SECOND + nano))
    });
    around.chain([Timestamp::MIN, Timestamp::MAX]).collect()
}

/// What a listing answered, and when; and whether the clock had moved since the one before.
#[derive(Clone, Debug)]
struct Listing {
    moved: bool,
    range: TimeRange,
    timeranges: Vec<TimeRange>,
}

fn any_listing() -> impl Strategy<Value = Listing> {
    let timeranges = prop::collection::vec(any_range(), 0..5);
    (any::<bool>(), any_range(), timeranges).prop_map(|(moved, range, timeranges)| Listing {
        moved,
        range,
        timeranges,
    })
}

#[derive(Default)]
struct Model {
    segments: Vec<FlowSegment>,
    seen: Vec<(Timestamp, Timestamp)>,
}

impl Model {
    fn put(&mut self, range: TimeRange, segments: &[FlowSegment], now: Timestamp) {
        self.segments
            .retain(|known| !known.timerange.overlaps(&range));
        let listed = segments.iter().filter(|one| one.timerange.overlaps(&range));
        self.segments.extend(listed.cloned());
        for at in instants().into_iter().filter(|at| range.contains(*at)) {
            self.seen.retain(|(known, _)| *known != at);
            self.seen.push((at, now));
        }
    }

    /// The objects in any order, and the oldest date.
    fn segments(&self, range: TimeRange) -> Option<(Vec<String>, Timestamp)> {
        let asked = instants().into_iter().filter(|at| range.contains(*at));
        let seen = asked.map(|at| {
            self.seen
                .iter()
                .find(|(known, _)| *known == at)
                .map(|(_, seen)| *seen)
        });
        let seen = seen.collect::<Option<Vec<_>>>()?.into_iter().min()?;
        let overlapping = self
            .segments
            .iter()
            .filter(|one| one.timerange.overlaps(&range));
        let mut objects: Vec<String> = overlapping.map(|one| one.object_id.clone()).collect();
        objects.sort();
        Some((objects, seen))
    }
}

fn check(db: &LibraryDb, model: &Model, asked: TimeRange) -> Result<(), TestCaseError> {
    let found = db.segments("a", id(1), asked).unwrap();
    if let Some(found) = &found {
        let starts = |one: &FlowSegment| one.timerange.start().unwrap_or(Timestamp::MIN);
        prop_assert!(found.value.is_sorted_by_key(starts), "{:?}", found.value);
    }
    let found = found.map(|dated| {
        let mut objects: Vec<String> = dated.value.into_iter().map(|one| one.object_id).collect();
        objects.sort();
        (objects, dated.seen)
    });
    prop_assert_eq!(found, model.segments(asked), "asked for {}", asked);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_listings_are_known_as_they_were(
        listings in prop::collection::vec(any_listing(), 1..8),
        asked in prop::collection::vec(any_range(), 8),
    ) {
        let fixture = Fixture::new();
        let (db, mut model) = (&fixture.db, Model::default());
        let mut now = fixture.tick();
        for (n, listing) in listings.iter().enumerate() {
            if listing.moved {
                now = fixture.tick();
            }
            let numbered = listing.timeranges.iter().enumerate();
            let segments: Vec<FlowSegment> = numbered
                .map(|(m, at)| segment(&format!("{n}-{m}"), &at.to_string()))
                .collect();
            db.put_segments("a", id(1), listing.range, &segments).unwrap();
            model.put(listing.range, &segments, now);
            // What covers no instant is known without having been listed.
            for asked in asked.iter().chain([&listing.range]).filter(|asked| !asked.is_empty()) {
                check(db, &model, *asked)?;
            }
        }
    }
}
