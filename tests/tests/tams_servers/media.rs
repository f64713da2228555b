//! The media port: what it serves, to whom, for how long.

use std::time::Duration;

use tests::tams_server::{Dialect, URL_LIFE, ask};

use crate::{Api, FLOW, OBJECT, flow, parts};
use serde_json::json;

/// A URL of the flow's second segment in order of time, whose object is `second`.
fn url(api: &Api) -> String {
    let segments = api.segments();
    let mut list = segments.as_array().unwrap().iter();
    let second = list.find(|segment| {
        let timerange = &segment["timerange"];
        timerange == "[2:0_4:0)" || timerange["value"] == "[2:0_4:0)"
    });
    let url = &second.unwrap()["get_urls"][0]["url"];
    url.as_str().unwrap().to_owned()
}

#[test]
fn every_dialect_serves_ranges_with_tags() {
    for dialect in Dialect::ALL {
        let api = Api::loaded(dialect);
        let url = url(&api);
        assert!(url.starts_with(&api.server.media_origin()), "{url}");
        let whole = api.client.get(&url, &[]);
        assert_eq!(
            (whole.status, whole.text().as_str()),
            (200, "second"),
            "{dialect:?}"
        );
        let tag = whole.field("etag").unwrap();
        for (range, part, told) in [
            ("bytes=1-3", "eco", "bytes 1-3/6"),
            ("bytes=4-", "nd", "bytes 4-5/6"),
            ("bytes=-2", "nd", "bytes 4-5/6"),
        ] {
            let part_of = api.client.get(&url, &[("range", range), ("if-range", tag)]);
            assert_eq!((part_of.status, part_of.text().as_str()), (206, part));
            assert_eq!(part_of.field("content-range"), Some(told));
        }
        let beyond = api.client.get(&url, &[("range", "bytes=6-")]);
        assert_eq!(beyond.status, 416);
        assert_eq!(beyond.field("content-range"), Some("bytes */6"));
        let changed = [("range", "bytes=1-3"), ("if-range", "\"other\"")];
        assert_eq!(api.client.get(&url, &changed).status, 200);
        assert_eq!(api.client.get(&url, &[("if-none-match", tag)]).status, 304);
        assert_eq!(api.client.get(&url, &[("if-match", "\"x\"")]).status, 412);
    }
}

#[test]
fn a_url_is_good_for_its_object_and_its_time_only() {
    for dialect in Dialect::ALL {
        let api = Api::loaded(dialect);
        let url = url(&api);
        let (bare, query) = url.split_once('?').unwrap();
        assert_eq!(api.client.get(bare, &[]).status, 403);
        let (bucket, _) = bare.rsplit_once('/').unwrap();
        let other = format!("{bucket}/other?{query}");
        assert_eq!(api.client.get(&other, &[]).status, 403);
        api.server
            .advance_clock(Duration::from_secs(URL_LIFE.unsigned_abs() + 60));
        let late = api.client.get(&url, &[]);
        assert_eq!(late.status, 403, "{dialect:?}");
        assert!(
            late.text().contains("Request has expired"),
            "{}",
            late.text()
        );
        assert_eq!(api.client.get(&self::url(&api), &[]).status, 200);
    }
}

#[test]
fn a_credential_beside_a_signature_is_refused_and_seen() {
    let api = Api::loaded(Dialect::Tamoss82);
    let url = url(&api);
    api.server.assert_no_credential_at_media();
    let answer = api.client.get(&url, &[("authorization", "Bearer x")]);
    assert_eq!(answer.status, 400);
    let leak = std::panic::AssertUnwindSafe(|| api.server.assert_no_credential_at_media());
    assert!(std::panic::catch_unwind(leak).is_err());
}

#[test]
fn an_upload_has_exactly_the_signed_content_type() {
    let api = Api::start(Dialect::Tamoss82);
    api.put(&format!("/flows/{FLOW}"), &flow(FLOW));
    let path = format!("/flows/{FLOW}/storage");
    let located = api
        .post(&path, &json!({ "object_ids": [OBJECT] }))
        .json(201);
    let put = &located["media_objects"][0]["put_url"];
    assert_eq!(put["content-type"], "video/mp2t");
    let (address, target) = parts(put["url"].as_str().unwrap());
    let put = |fields: &[(&str, &str)]| {
        ask(address, "PUT", target, fields, b"bytes")
            .unwrap()
            .status
    };
    assert_eq!(put(&[]), 403);
    assert_eq!(put(&[("content-type", "video/mp2t; x=y")]), 403);
    let right = ("content-type", "video/mp2t");
    assert_eq!(put(&[right, ("authorization", "Bearer x")]), 400);
    assert_eq!(put(&[right, ("x-amz-acl", "private")]), 403);
    let chunked = [right, ("transfer-encoding", "chunked")];
    let body = b"5\r\nbytes\r\n0\r\n\r\n";
    let answer = ask(address, "PUT", target, &chunked, body).unwrap();
    assert_eq!(answer.status, 411);
    assert_eq!(api.server.objects()[0].bytes, None);
    assert_eq!(put(&[right]), 200);
    assert_eq!(
        api.server.objects()[0].bytes.as_deref(),
        Some(&b"bytes"[..])
    );
    assert_eq!(ask(address, "GET", target, &[], b"").unwrap().status, 403);
}

#[test]
fn a_store_with_an_inner_name_wants_that_name() {
    let api = Api::loaded(Dialect::Vasttams8);
    api.server.name_media_host("internal.vast.invalid:9000");
    let url = url(&api);
    let (host, target) = parts(&url);
    assert_eq!(host, "internal.vast.invalid:9000");
    let address = api.server.media_address();
    let named = ask(&address, "GET", target, &[("host", host)], b"").unwrap();
    assert_eq!((named.status, named.text().as_str()), (200, "second"));
    let rewritten = ask(&address, "GET", target, &[], b"").unwrap();
    assert_eq!(rewritten.status, 403);
    assert!(rewritten.text().contains("SignatureDoesNotMatch"));
}
