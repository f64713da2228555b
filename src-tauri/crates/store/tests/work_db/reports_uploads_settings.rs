//! Compile reports, multipart uploads and small settings.

use crate::{Fixture, secs};
use record::{UploadPart, UploadState};
use serde_json::json;
use store::StoreError;
use uuid::Uuid;

#[test]
fn a_report_is_found_by_the_bytes_of_the_output() {
    let fixture = Fixture::new();
    let sha256 = "a".repeat(64);
    let report = json!({"frames": 250, "video": [{"kind": "copy"}], "z": 1, "a": 2});
    let saved = fixture
        .db
        .save_report(&sha256, Some("p1"), "/out/cut.mp4", &report)
        .unwrap();
    assert_eq!(saved.created, secs(1_800_000_000));
    assert_eq!(saved.report, report);
    assert_eq!(
        fixture.again().report_by_sha256(&sha256).unwrap(),
        Some(saved)
    );
    assert_eq!(fixture.db.report_by_sha256(&"b".repeat(64)).unwrap(), None);

    fixture.clock.advance(secs(60));
    let newer = fixture
        .db
        .save_report(&sha256, None, "/out/copy.mp4", &json!({}))
        .unwrap();
    assert_eq!(
        (newer.plan_hash.as_deref(), newer.created),
        (None, secs(1_800_000_060))
    );
    assert_eq!(fixture.db.report_by_sha256(&sha256).unwrap(), Some(newer));
}

fn part(number: u32, size: u64) -> UploadPart {
    UploadPart {
        number,
        size,
        md5: format!("{number:032x}"),
        etag: format!("etag-{number}-{size}"),
    }
}

#[test]
fn an_upload_resumes_with_the_parts_the_store_confirmed() {
    let fixture = Fixture::new();
    let job_id = Uuid::from_u128(1);
    let large = i64::MAX as u64;
    assert_eq!(fixture.db.upload(job_id).unwrap(), None);
    fixture.db.begin_upload(job_id, "upload-1", large).unwrap();
    fixture
        .db
        .begin_upload(Uuid::from_u128(2), "upload-2", 5)
        .unwrap();
    for confirmed in [part(10, large), part(2, 7), part(1, 7), part(2, 8)] {
        fixture.db.upload_part_done(job_id, &confirmed).unwrap();
    }
    let expected = UploadState {
        job_id,
        upload_id: "upload-1".to_owned(),
        part_size: large,
        parts: vec![part(1, 7), part(2, 8), part(10, large)],
    };
    assert_eq!(fixture.again().upload(job_id).unwrap(), Some(expected));

    fixture.db.clear_upload(job_id).unwrap();
    fixture.db.clear_upload(job_id).unwrap();
    assert_eq!(fixture.db.upload(job_id).unwrap(), None);
    let other = fixture.db.upload(Uuid::from_u128(2)).unwrap().unwrap();
    assert_eq!((other.part_size, other.parts.len()), (5, 0));
}

#[test]
fn an_upload_begun_anew_has_no_parts_of_the_old_one() {
    let fixture = Fixture::new();
    let job_id = Uuid::from_u128(1);
    fixture.db.begin_upload(job_id, "old", 5).unwrap();
    fixture.db.upload_part_done(job_id, &part(1, 5)).unwrap();
    fixture.db.begin_upload(job_id, "new", 6).unwrap();
    let begun = UploadState {
        job_id,
        upload_id: "new".to_owned(),
        part_size: 6,
        parts: vec![],
    };
    assert_eq!(fixture.db.upload(job_id).unwrap(), Some(begun));
}

#[test]
fn a_part_without_an_upload_and_a_size_too_large_are_refused() {
    let fixture = Fixture::new();
    let job_id = Uuid::from_u128(1);
    let refused = fixture.db.upload_part_done(job_id, &part(1, 5));
    assert!(
        matches!(refused, Err(StoreError::NotFound { what: "upload", .. })),
        "{refused:?}"
    );

    fixture.db.begin_upload(job_id, "upload-1", 5).unwrap();
    let refused = fixture.db.begin_upload(job_id, "upload-2", u64::MAX);
    assert!(
        matches!(
            refused,
            Err(StoreError::TooLarge {
                value: u64::MAX,
                ..
            })
        ),
        "{refused:?}"
    );
    let refused = fixture.db.upload_part_done(job_id, &part(1, u64::MAX));
    assert!(
        matches!(refused, Err(StoreError::TooLarge { .. })),
        "{refused:?}"
    );
    assert_eq!(
        fixture.db.upload(job_id).unwrap().unwrap().upload_id,
        "upload-1"
    );
}

#[test]
fn settings_are_kept_and_replaced() {
    let fixture = Fixture::new();
    assert_eq!(fixture.db.setting("device_id").unwrap(), None);
    fixture.db.set_setting("device_id", "d1").unwrap();
    fixture.db.set_setting("other", "").unwrap();
    fixture.db.set_setting("device_id", "d2").unwrap();
    assert_eq!(
        fixture.again().setting("device_id").unwrap().as_deref(),
        Some("d2")
    );
    assert_eq!(fixture.db.setting("other").unwrap().as_deref(), Some(""));
}
