//! Faults happen when, to whom and as they are asked for.

use serde_json::{Value, json};
use tests::tams_server::{AddMedia, Dialect, Fault, Requests, ask};

use crate::{Api, FLOW, LIMIT, OBJECT, OTHER, SOURCE, flow, parts};

fn api() -> Api {
    Api::loaded(Dialect::Tamoss82)
}

fn segments() -> Requests {
    Requests::to_api().of("GET").holding("/segments")
}

#[test]
fn json_can_be_cut_replaced_or_an_error() {
    let api = api();
    let path = format!("/flows/{FLOW}/segments");
    api.server.inject(segments(), 1..=1, Fault::TruncatedJson);
    api.server.inject(segments(), 2..=2, Fault::Html);
    api.server.inject(segments(), 3..=3, Fault::ErrorInside);
    let cut = api.get(&path);
    assert_eq!(cut.status, 200);
    assert!(serde_json::from_slice::<Value>(&cut.body).is_err());
    let page = api.get(&path);
    assert_eq!(
        (page.status, page.field("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    assert!(api.get(&path).json(200)["error"].is_string());
    assert_eq!(api.segments().as_array().unwrap().len(), 3);
}

#[test]
fn absent_properties_can_be_null() {
    let api = api();
    api.server.inject(Requests::to_api(), .., Fault::Nulls);
    let segment = &api.segments()[0];
    assert!(segment["object_id"].is_string());
    assert_eq!(segment.get("last_duration"), Some(&Value::Null));
    assert_eq!(segment["get_urls"][0].get("storage_id"), Some(&Value::Null));
    let flow = api.get(&format!("/flows/{FLOW}")).json(200);
    assert_eq!(flow.get("tags"), Some(&Value::Null));
    let source = &api.get("/sources").json(200)[0];
    assert_eq!(source.get("collected_by"), Some(&Value::Null));
}

#[test]
fn pages_can_be_tiny_loop_and_lie() {
    let api = api();
    api.server.set_page_size(1);
    let path = format!("/flows/{FLOW}/segments?limit=100");
    let first = api.get(&path);
    assert_eq!(first.json(200).as_array().unwrap().len(), 1);
    let link = first.field("link").unwrap();
    let next = link.strip_prefix('<').unwrap().split('>').next().unwrap();
    api.server.inject(segments(), 1..=1, Fault::PageLoop);
    let second = api.client.get(next, &[]);
    assert_eq!(
        second.field("link"),
        Some(link),
        "the page is its own successor"
    );
    api.server.inject(segments(), .., Fault::GarbageLink);
    let third = api.get(&path);
    assert!(third.field("link").unwrap().starts_with("<<;;"));
    assert_eq!(third.field("x-paging-nextkey"), None);
}

#[test]
fn pages_and_requests_can_lead_elsewhere() {
    let api = api();
    let path = format!("/flows/{FLOW}/segments");
    let elsewhere = "http://elsewhere.invalid/flows";
    let link = Fault::LinkTo(elsewhere.to_owned());
    api.server.inject(segments(), 1..=1, link);
    let redirect = Fault::Redirect {
        status: 307,
        to: elsewhere.to_owned(),
    };
    api.server.inject(segments(), 2..=2, redirect);
    let linked = api.get(&path);
    assert_eq!(linked.json(200).as_array().unwrap().len(), 3);
    let link = linked.field("link").unwrap();
    assert_eq!(link, "<http://elsewhere.invalid/flows>; rel=\"next\"");
    let moved = api.get(&path);
    assert_eq!(
        (moved.status, moved.field("location")),
        (307, Some(elsewhere))
    );
    assert_eq!(api.segments().as_array().unwrap().len(), 3);
}

#[test]
fn too_much_and_no_session_come_in_turn() {
    let api = api();
    let busy = Fault::TooMany { retry_after: 7 };
    api.server.inject(segments(), 1..=2, busy);
    let path = format!("/flows/{FLOW}/segments?limit=1");
    for _ in 0..2 {
        let answer = api.get(&path);
        assert_eq!(
            (answer.status, answer.field("retry-after")),
            (429, Some("7"))
        );
    }
    let second_page = Requests::to_api().holding("page=");
    let body = "{\"detail\":\"expired\"}";
    api.server
        .inject(second_page, 1..=1, Fault::Answer { status: 401, body });
    let first = api.get(&path);
    let key = first.field("x-paging-nextkey").unwrap();
    let next = format!("{path}&page={key}");
    assert_eq!(api.get(&next).status, 401);
    assert_eq!(api.get(&next).json(200).as_array().unwrap().len(), 1);
    let statuses: Vec<_> = api
        .server
        .requests()
        .iter()
        .map(|seen| seen.status)
        .collect();
    assert_eq!(statuses, [429, 429, 200, 401, 200].map(Some));
}

#[test]
fn an_object_can_be_cut_and_its_url_expire() {
    let api = api();
    let url = api.segments()[0]["get_urls"][0]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let (address, target) = parts(&url);
    let media = Requests::to_media().of("GET");
    api.server
        .inject(media.clone(), 1..=1, Fault::Cut { after: 2 });
    api.server.inject(media.clone(), 2..=2, Fault::ExpiredUrl);
    let cut = ask(address, "GET", target, &[], b"").unwrap_err();
    assert_eq!(cut.kind(), std::io::ErrorKind::UnexpectedEof);
    assert_eq!(api.client.get(&url, &[]).status, 403);
    assert_eq!(api.client.get(&url, &[]).text(), "first");
    api.server.inject(media, .., Fault::ExpiredUrl);
    assert_eq!(api.client.get(&url, &[]).status, 403);
    assert_eq!(api.client.get(&url, &[]).status, 403);
    api.server.heal();
    assert_eq!(api.client.get(&url, &[]).status, 200);
}

#[test]
fn a_post_can_do_its_work_and_lose_its_answer() {
    let api = Api::start(Dialect::Tamoss82);
    api.put(&format!("/flows/{FLOW}"), &flow(FLOW));
    api.upload(FLOW, OBJECT, b"bytes");
    let posts = Requests::to_api().of("POST").holding("/segments");
    api.server.inject(posts, 1..=1, Fault::LoseAnswer);
    let url = api.url(&format!("/flows/{FLOW}/segments"));
    let (address, target) = parts(&url);
    let segment = json!({ "object_id": OBJECT, "timerange": "[0:0_2:0)" }).to_string();
    let typed = [("content-type", "application/json")];
    ask(address, "POST", target, &typed, segment.as_bytes()).unwrap_err();
    assert_eq!(api.server.segments(FLOW).len(), 1);
    assert_eq!(api.server.requests().last().unwrap().status, None);
    let again = ask(address, "POST", target, &typed, segment.as_bytes()).unwrap();
    assert_eq!(again.status, 400);
}

#[test]
fn a_request_can_hang_until_the_end() {
    let api = api();
    api.server.inject(segments(), .., Fault::Hang);
    let url = api.url(&format!("/flows/{FLOW}/segments"));
    let (address, target) = parts(&url);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| ask(address, "GET", target, &[], b""));
        api.server.wait_for(&segments(), 1, LIMIT);
        assert!(!asked.is_finished());
        drop(api.server);
        asked.join().unwrap().unwrap_err();
    });
}

#[test]
fn the_date_can_lie() {
    let api = api();
    let date = || {
        let answer = api.get("/service");
        let text = answer.field("date").unwrap().to_owned();
        let parsed = jiff::fmt::strtime::parse("%a, %d %b %Y %H:%M:%S GMT", &text);
        let date = parsed.unwrap().to_datetime().unwrap();
        date.to_zoned(jiff::tz::TimeZone::UTC)
            .unwrap()
            .timestamp()
            .as_second()
    };
    let honest = date();
    api.server.lie_about_date(-3600);
    assert!((honest - 3600..honest - 3500).contains(&date()));
}

#[test]
fn segments_may_overlap_be_open_and_before_zero() {
    let api = Api::start(Dialect::Tamoss82);
    api.server.add_media(
        AddMedia::video(SOURCE, OTHER, "odd")
            .segment("a", "[-4:0_0:0)", None)
            .segment("b", "[-1:500000000_3:0)", Some("-9:0"))
            .segment("c", "[10:0_", None),
    );
    let path = format!("/flows/{OTHER}/segments");
    let listed = api.get(&path).json(200);
    let timeranges = crate::texts(&listed, "/timerange");
    assert_eq!(timeranges, ["[-4:0_0:0)", "[-1:500000000_3:0)", "[10:0_"]);
    let found = api.get(&format!("{path}?timerange=[99:0_")).json(200);
    assert_eq!(crate::texts(&found, "/timerange"), ["[10:0_"]);
}
