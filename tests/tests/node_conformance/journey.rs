//! A client's whole journey, with Prism between it and the node.

use serde_json::{Value, json};
use tests::prism::Prism;

use crate::material::{FLOW, SOURCE, Tams, flow, serve, wrong_server};

/// How many segments are more than the node deletes at once.
const MANY: i64 = 1100;

fn assert_silent(prism: &Prism) {
    let violations = prism.violations();
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

/// The target of the `Link` with `rel="next"` (RFC 8288).
fn next_page(answer: &tests::http::Answer) -> Option<String> {
    let link = answer.field("link")?;
    let (target, rest) = link.strip_prefix('<')?.split_once('>')?;
    assert!(rest.contains("rel=\"next\""), "{link}");
    Some(target.to_owned())
}

/// All items of a list, page by page.
fn walk(tams: &Tams, path: &str) -> Vec<Value> {
    let (mut items, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(page) = next {
        let answer = tams.get(&page);
        items.extend(answer.json(200).as_array().unwrap().iter().cloned());
        next = next_page(&answer);
        if let Some(next) = &next {
            assert!(next.starts_with(&tams.base), "{next} leads past Prism");
        }
    }
    items
}

fn segment(object: &str, start: i64, length: i64) -> Value {
    json!({"object_id": object, "timerange": format!("[{start}:0_{}:0)", start + length)})
}

#[test]
fn nothing_breaks_the_document_in_either_direction() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, base) = serve(folder.path());
    let prism = Prism::in_front_of(&base);
    let tams = Tams::at(prism.url());
    let path = |rest: &str| format!("/flows/{FLOW}{rest}");

    // Who is there, and where it keeps things.
    assert_eq!(tams.get("/").json(200)[1], "flows");
    assert_eq!(tams.get("/service").json(200)["api_version"], "8.2");
    let renamed = tams.post("/service", &json!({"name": "Suite 3"}));
    assert_eq!(renamed.status, 200);
    let backends = tams.get("/service/storage-backends").json(200);
    assert_eq!(backends[0]["default_storage"], true);
    assert_eq!(tams.get("/service/webhooks").status, 404);

    // A flow, and what is said of it afterwards.
    tams.put(&path(""), &flow()).json(201);
    assert_eq!(tams.put(&path(""), &flow()).status, 204);
    for (name, value) in [
        ("label", json!("Reel one")),
        ("description", json!("renamed")),
        ("max_bit_rate", json!(9000)),
        ("avg_bit_rate", json!(6000)),
        ("flow_collection", json!([])),
        ("tags/place", json!(["Graz", "Linz"])),
        ("tags/a%20b%2Fc", json!("spaced")),
    ] {
        let place = path(&format!("/{name}"));
        assert_eq!(tams.put(&place, &value).status, 204, "{name}");
        assert_eq!(tams.get(&place).json(200), value, "{name}");
    }
    let locked = tams.put(&path("/read_only"), &json!(true));
    assert_eq!(locked.status, 204);
    assert_eq!(tams.put(&path("/label"), &json!("x")).status, 403);
    // Prism takes `false` for no body at all.
    let unlocked = Tams::at(&base).put(&path("/read_only"), &json!(false));
    assert_eq!(unlocked.status, 204);
    assert_eq!(tams.get(&path("/read_only")).json(200), false);
    assert_eq!(tams.delete(&path("/tags/take")).status, 204);
    assert_eq!(tams.get(&path("/tags/take")).status, 404);
    assert_eq!(tams.get(&path("/tags")).json(200)["a b/c"], "spaced");
    let source = format!("/sources/{SOURCE}");
    assert_eq!(
        tams.put(&format!("{source}/label"), &json!("Reel")).status,
        204
    );
    assert_eq!(
        tams.put(&format!("{source}/tags/x"), &json!("y")).status,
        204
    );
    assert_eq!(tams.get(&source).json(200)["label"], "Reel");
    for query in [
        "?tag.place=Linz&tag_exists.place=true&sort_by=label&reverse_order=true&limit=1",
        "?codec=video/h264&frame_width=1280&status=ingesting&collected_by_ids=",
        "?timerange=()&init_segments=false&format=urn:x-nmos:format:video",
    ] {
        let found = tams.get(&format!("/flows{query}")).json(200);
        assert_eq!(found[0]["id"], FLOW, "{query}");
    }
    assert_eq!(walk(&tams, "/sources?sort_by=updated").len(), 1);

    // Objects, one of which is put where another is already.
    let objects = tams.upload(5);
    let mut segments: Vec<Value> = (0..)
        .zip(&objects)
        .map(|(n, id)| segment(id, n * 2, 2))
        .collect();
    segments[4] = segment(&objects[4], 1, 2);
    let partly = tams.post(&path("/segments"), &json!(segments)).json(200);
    let failed = partly["failed_segments"].as_array().unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["object_id"], json!(objects[4]));
    let refused = tams.post(&path("/segments"), &segments[4]);
    assert_eq!(refused.status, 400);
    let last = segment(&objects[4], 8, 2);
    assert_eq!(tams.post(&path("/segments"), &last).status, 201);

    // Read back in small pages, both ways, with every word about where the bytes are.
    for query in [
        "limit=2",
        "limit=2&reverse_order=true&verbose_storage=true&include_object_timerange=true",
        "limit=4&timerange=[0:0_10:0)&presigned=true&accept_get_urls=local",
        "limit=5&accept_get_urls=&storage_backend_tag_exists.x=false",
    ] {
        let walked = walk(&tams, &path(&format!("/segments?{query}")));
        assert_eq!(walked.len(), 5, "{query}");
    }
    let first = &tams.get(&path("/segments?timerange=[0:0]")).json(200)[0];
    let media = tams.get(first["get_urls"][0]["url"].as_str().unwrap());
    assert_eq!(media.text(), objects[0]);
    let object = format!("/objects/{}", objects[0]);
    assert_eq!(
        tams.get(&object).json(200)["referenced_by_flows"],
        json!([FLOW])
    );
    let copy = json!({"url": "https://far.example/a", "label": "far"});
    assert_eq!(tams.post(&format!("{object}/instances"), &copy).status, 201);
    assert_eq!(tams.get(&object).json(200)["get_urls"][1]["label"], "far");
    let forgotten = tams.delete(&format!("{object}/instances?label=far"));
    assert_eq!(forgotten.status, 204);
    let whole = tams.get(&path("?include_timerange=true")).json(200);
    assert_eq!(whole["timerange"], "[0:0_10:0)");

    // So many that their deletion goes on after the answer.
    let many: Vec<Value> = (100..100 + MANY)
        .map(|n| {
            let mut segment = segment(&objects[0], n * 2, 2);
            segment["ts_offset"] = json!(format!("{}:0", n * 2));
            segment
        })
        .collect();
    assert_eq!(tams.post(&path("/segments"), &json!(many)).status, 201);
    assert_eq!(
        tams.delete(&path("/segments?timerange=[0:0_2:0)")).status,
        204
    );
    let going = tams.delete(&path(""));
    let request = going.json(202);
    assert_eq!(request["delete_flow"], true);
    let progress = going.field("location").unwrap().to_owned();
    assert!(progress.starts_with(&tams.base), "{progress}");
    tams.wait_until_done(&progress);
    assert_eq!(walk(&tams, "/flow-delete-requests?sort_by=expiry").len(), 1);
    assert_eq!(tams.get(&path("")).status, 404);
    assert_eq!(tams.get(&source).status, 404);
    assert_silent(&prism);
}

#[test]
fn a_request_against_the_document_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, base) = serve(folder.path());
    let prism = Prism::in_front_of(&base);
    let tams = Tams::at(prism.url());
    assert_eq!(tams.get("/flows").json(200), json!([]));
    assert_silent(&prism);
    tams.post(&format!("/flows/{FLOW}/segments"), &json!({"object_id": 5}));
    tams.get("/flows?frame_width=wide");
    tams.get("/nowhere");
    let violations = prism.violations();
    assert_eq!(violations.len(), 3, "{violations:?}");
    assert!(
        violations[0].contains("POST") && violations[0].contains("timerange"),
        "{violations:?}"
    );
    assert!(violations[1].contains("frame_width"), "{violations:?}");
}

#[test]
fn an_answer_against_the_document_is_seen() {
    let base = wrong_server("200 OK", "[{\"id\": 5}]");
    let prism = Prism::in_front_of(&base);
    let tams = Tams::at(prism.url());
    tams.get("/flows");
    let violations = prism.violations();
    assert_eq!(violations.len(), 1, "{violations:?}");
    assert!(violations[0].starts_with("GET /flows"), "{violations:?}");
}
