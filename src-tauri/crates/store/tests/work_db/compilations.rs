//! Compilation records and where a flow was used.

use crate::{Fixture, input, range, record, secs, time};
use mediatime::Timestamp;
use record::CompilationRecord;
use store::StoreError;
use uuid::Uuid;

#[test]
fn a_record_comes_back_as_it_was_written() {
    let fixture = Fixture::new();
    let written = record(1);
    assert_eq!(fixture.db.record_compilation(&written).unwrap(), written);
    assert_eq!(
        fixture.db.compilation(written.id).unwrap(),
        Some(written.clone())
    );

    let mut bare = record(2);
    bare.plan_hash = None;
    bare.plan = None;
    bare.play_url = None;
    bare.inputs.clear();
    bare.tool_versions.clear();
    bare.media.frame_rate = None;
    bare.media.audio_codec = None;
    fixture.db.record_compilation(&bare).unwrap();

    let again = fixture.again();
    assert_eq!(again.compilation(written.id).unwrap(), Some(written));
    assert_eq!(again.compilation(bare.id).unwrap(), Some(bare));
    assert_eq!(again.compilation(Uuid::from_u128(99)).unwrap(), None);
}

#[test]
fn times_are_exact_at_every_size() {
    let fixture = Fixture::new();
    let times = [
        "0:0",
        "0:1",
        "-0:1",
        "-1:999999999",
        "-9223372037:0",
        "9223372037:1",
    ]
    .map(time);
    let all = times.into_iter().chain([Timestamp::MIN, Timestamp::MAX]);
    for (created, n) in all.clone().zip(1..) {
        let mut written = record(n);
        written.created = created;
        fixture.db.record_compilation(&written).unwrap();
        assert_eq!(fixture.db.compilation(written.id).unwrap(), Some(written));
    }
    let mut newest_first: Vec<_> = all.collect();
    newest_first.sort_by(|a, b| b.cmp(a));
    let listed = fixture.db.compilations(100, 0).unwrap();
    assert_eq!(
        listed.iter().map(|c| c.created).collect::<Vec<_>>(),
        newest_first
    );
}

#[test]
fn publishing_again_changes_names_and_links_only() {
    let fixture = Fixture::new();
    let first = record(1);
    fixture.db.record_compilation(&first).unwrap();

    let mut again = first.clone();
    again.created = secs(1_900_000_000);
    again.tool_versions.clear();
    again.title = "Better title".to_owned();
    again.object_url = "s3://bucket/key.mp4".to_owned();
    again.play_url = None;
    again.plan = None;
    let kept = fixture.db.record_compilation(&again).unwrap();
    let expected = CompilationRecord {
        title: again.title.clone(),
        object_url: again.object_url.clone(),
        play_url: None,
        ..first.clone()
    };
    assert_eq!(kept, expected, "created, tool versions and the plan stay");
    assert_eq!(fixture.db.compilation(first.id).unwrap(), Some(expected));

    again.plan = Some(serde_json::json!({"video": []}));
    assert_eq!(
        fixture.db.record_compilation(&again).unwrap().plan,
        again.plan
    );
    assert_eq!(
        fixture.db.compilation(first.id).unwrap().unwrap().plan,
        again.plan
    );
    assert_eq!(
        fixture.db.where_used("flow-a", None).unwrap().len(),
        1,
        "inputs are not doubled"
    );
}

#[test]
fn what_may_not_change_is_refused_and_named() {
    let fixture = Fixture::new();
    let first = record(1);
    fixture.db.record_compilation(&first).unwrap();
    type Change = fn(&mut CompilationRecord);
    let changes: [(&str, Change); 7] = [
        ("sha256", |r| r.sha256 = "f".repeat(64)),
        ("plan_hash", |r| r.plan_hash = None),
        ("media", |r| r.media.frames += 1),
        ("source_id", |r| r.source_id = Uuid::nil()),
        ("flow_id", |r| r.flow_id = Uuid::nil()),
        ("object_id", |r| r.object_id.push('x')),
        ("inputs", |r| r.inputs.truncate(1)),
    ];
    for (name, change) in changes {
        let mut other = first.clone();
        other.title = "must not be kept".to_owned();
        change(&mut other);
        let refused = fixture.db.record_compilation(&other);
        assert!(
            matches!(&refused, Err(StoreError::Conflict { field, .. }) if *field == name),
            "{name}: {refused:?}"
        );
        assert_eq!(
            fixture.db.compilation(first.id).unwrap(),
            Some(first.clone())
        );
    }
}

#[test]
fn the_list_is_newest_first_in_pages() {
    let fixture = Fixture::new();
    for n in 1..=5 {
        let mut written = record(n);
        // Two of one time: then the id decides, so that pages don't overlap.
        written.created = secs(1_700_000_000 + i64::try_from(n / 2).unwrap());
        fixture.db.record_compilation(&written).unwrap();
    }
    let page = |limit, offset| {
        let listed = fixture.db.compilations(limit, offset).unwrap();
        listed.iter().map(|c| c.id.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(page(100, 0), [4, 5, 2, 3, 1]);
    assert_eq!(page(2, 0), [4, 5]);
    assert_eq!(page(2, 2), [2, 3]);
    assert_eq!(page(2, 4), [1]);
    assert_eq!(page(2, 6), [0_u128; 0]);
    assert_eq!(page(0, 0), [0_u128; 0]);

    let shown = &fixture.db.compilations(1, 0).unwrap()[0];
    let full = fixture.db.compilation(shown.id).unwrap().unwrap();
    assert_eq!(
        (
            &shown.title,
            &shown.media,
            &shown.object_url,
            &shown.play_url,
            &shown.object_id
        ),
        (
            &full.title,
            &full.media,
            &full.object_url,
            &full.play_url,
            &full.object_id
        )
    );
    assert_eq!(
        (
            shown.created,
            shown.source_id,
            shown.flow_id,
            &shown.sha256,
            &shown.plan_hash
        ),
        (
            full.created,
            full.source_id,
            full.flow_id,
            &full.sha256,
            &full.plan_hash
        )
    );
}

#[test]
fn a_file_is_found_by_its_bytes() {
    let fixture = Fixture::new();
    let (one, mut other_plan) = (record(1), record(2));
    other_plan.sha256.clone_from(&one.sha256);
    other_plan.plan_hash = None;
    other_plan.created = secs(1_750_000_000);
    for written in [&one, &other_plan, &record(3)] {
        fixture.db.record_compilation(written).unwrap();
    }
    let found = fixture.db.compilations_by_sha256(&one.sha256).unwrap();
    assert_eq!(
        found.iter().map(|c| c.id).collect::<Vec<_>>(),
        [other_plan.id, one.id]
    );
    assert!(
        fixture
            .db
            .compilations_by_sha256(&"0".repeat(64))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn uses_of_a_flow_are_found_by_exact_overlap() {
    let fixture = Fixture::new();
    let mut written = record(1);
    written.inputs = vec![
        input("flow-a", "o0", "[10:0_20:0)"),
        input("flow-b", "o1", "[10:0_20:0)"),
        input("flow-a", "o2", "[-5:0_-0:1)"),
        input("flow-a", "o3", "[100:0_"),
        input("flow-a", "o4", "[30:0]"),
        input("flow-a", "o5", "[281474976710654:0_281474976710655:0)"),
        input("flow-a", "o6", "()"),
    ];
    fixture.db.record_compilation(&written).unwrap();

    let used = |timerange: Option<&str>| {
        let uses = fixture
            .db
            .where_used("flow-a", timerange.map(range))
            .unwrap();
        uses.iter()
            .map(|u| u.input.object_id.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(used(None), "o0 o2 o3 o4 o5 o6");
    assert_eq!(used(Some("_")), "o0 o2 o3 o4 o5");
    assert_eq!(used(Some("()")), "");
    assert_eq!(used(Some("[19:999999999_20:0)")), "o0");
    assert_eq!(used(Some("[20:0_30:0)")), "", "both ends are exclusive");
    assert_eq!(used(Some("[20:0_30:0]")), "o4");
    assert_eq!(used(Some("[0:0_10:0]")), "o0");
    assert_eq!(used(Some("[0:0_10:0)")), "");
    assert_eq!(used(Some("[-0:2_0:0)")), "o2");
    assert_eq!(used(Some("[-0:1_0:0)")), "");
    assert_eq!(used(Some("_-4:0)")), "o2");
    assert_eq!(used(Some("[99:0_")), "o3 o5");
    assert_eq!(used(Some("[281474976710654:999999999_")), "o3 o5");

    let uses = fixture
        .db
        .where_used("FLOW-A", Some(range("[15:0]")))
        .unwrap();
    assert_eq!(uses.len(), 1, "ids are compared without case");
    assert_eq!((uses[0].ord, &uses[0].input), (0, &written.inputs[0]));
    assert_eq!(uses[0].compilation.id, written.id);
}

#[test]
fn the_newest_use_comes_first() {
    let fixture = Fixture::new();
    for (n, created) in [(1, 100), (2, 300), (3, 200)] {
        let mut written = record(n);
        written.created = secs(created);
        written.inputs.push(input("flow-a", "again", "[5:0_6:0)"));
        fixture.db.record_compilation(&written).unwrap();
    }
    let uses = fixture.db.where_used("flow-a", None).unwrap();
    let order: Vec<_> = uses
        .iter()
        .map(|u| (u.compilation.id.as_u128(), u.ord))
        .collect();
    assert_eq!(order, [(2, 0), (2, 2), (3, 0), (3, 2), (1, 0), (1, 2)]);
    assert!(fixture.db.where_used("flow-z", None).unwrap().is_empty());
}
