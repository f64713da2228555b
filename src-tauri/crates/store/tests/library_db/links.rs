//! No presigned link is on the disk, in the file or in its log.

use crate::{Fixture, flow, id, range, segment, source};
use serde_json::json;
use std::fs;
use std::slice;
use tams_model::{Flow, FlowSegment, Source};

/// Stands in every link of these tests, and nowhere else.
const SECRET: &str = "0ddba11";

fn link() -> String {
    format!("https://s3.example/bucket/object?X-Amz-Expires=60&X-Amz-Signature={SECRET}")
}

fn with_links(mut value: serde_json::Value) -> serde_json::Value {
    let urls = json!([{"url": link(), "label": "l", "presigned": true}]);
    value["preview"] = json!({"links": [link(), "kept"], "get_urls": urls});
    value
}

#[test]
fn no_presigned_link_reaches_the_disk() {
    let fixture = Fixture::new();
    let db = &fixture.db;
    let mut value = with_links(serde_json::to_value(segment("object-1", "[0:0_2:0)")).unwrap());
    let urls =
        json!([{"url": link()}, {"url": format!("http://10.0.0.1/{SECRET}"), "storage_id": id(1)}]);
    value["get_urls"] = urls.clone();
    value["init_object"] = json!({"object_id": "init-1", "get_urls": urls});
    let listed: FlowSegment = serde_json::from_value(value).unwrap();
    assert!(
        serde_json::to_string(&listed)
            .unwrap()
            .matches(SECRET)
            .count()
            >= 6
    );

    let mut value = with_links(serde_json::to_value(flow(1)).unwrap());
    value["description"] = link().into();
    value["tags"] = json!({"poster": [link(), "kept"], "page": link()});
    let told: Flow = serde_json::from_value(value).unwrap();
    let mut value = with_links(serde_json::to_value(source(1)).unwrap());
    value["label"] = link().into();
    let known: Source = serde_json::from_value(value).unwrap();

    db.put_segments("a", id(1), range("_"), slice::from_ref(&listed))
        .unwrap();
    db.put_flows("a", slice::from_ref(&told)).unwrap();
    db.put_flow("b", &told).unwrap();
    db.put_sources("a", &[known]).unwrap();
    // Written once more, so that what was replaced would be found as well.
    db.put_segments("a", id(1), range("_"), &[listed]).unwrap();

    let on_disk = |name: &str| fs::read(fixture.dir.path().join(name)).unwrap();
    let contains = |bytes: &[u8], text: &str| {
        let mut windows = bytes.windows(text.len());
        windows.any(|window| window == text.as_bytes())
    };
    let log = on_disk("library.db-wal");
    assert!(
        contains(&log, "object-1") && contains(&log, "kept"),
        "it is what was written"
    );
    for name in ["library.db", "library.db-wal", "library.db-shm"] {
        assert!(!contains(&on_disk(name), SECRET), "{name}");
    }

    let kept = db.segments("a", id(1), range("_")).unwrap().unwrap().value;
    assert_eq!(kept[0].get_urls, None);
    let init = kept[0].init_object.as_ref().unwrap();
    assert_eq!((init.object_id.as_str(), &init.get_urls), ("init-1", &None));
    assert_eq!(kept[0].other["preview"], json!({"links": ["kept"]}));
    for connection in ["a", "b"] {
        let kept = db.flow(connection, id(1)).unwrap().unwrap().value;
        assert_eq!(kept.description, None);
        assert_eq!(kept.label, told.label);
        let tags = serde_json::to_value(kept.tags).unwrap();
        assert_eq!(tags, json!({"poster": ["kept"]}));
    }
    assert_eq!(db.sources("a").unwrap().unwrap().value[0].label, None);

    let Fixture { dir, db, .. } = fixture;
    drop(db);
    let whole = fs::read(dir.path().join("library.db")).unwrap();
    assert!(contains(&whole, "object-1"), "the log is in the file now");
    assert!(!contains(&whole, SECRET));
}
