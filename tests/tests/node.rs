//! The local TAMS node over HTTP, on a workspace with ingested media: it says what the command line
//! says, and gives the bytes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tests::check::{Options, check_with};
use tests::http::{Answer, Client};
use tests::media::{MediaSpec, generate};
use tests::stringout::{Server, Stringout};
use tests::tams::Schema;

/// A workspace with 6 s of media in three segments, and its node being served.
struct Node {
    stringout: Stringout,
    spec: MediaSpec,
    flow: String,
    base: String,
    client: Client,
    _server: Server,
    folder: tempfile::TempDir,
}

impl Node {
    fn serve() -> Self {
        let spec = MediaSpec {
            bframes: 2,
            ..MediaSpec::small(6)
        };
        let folder = tempfile::tempdir().unwrap();
        let stringout = Stringout::in_workspace(&folder.path().join("workspace"));
        let file = generate(&spec).display().to_string();
        let ingested = stringout.json(["ingest", &file]);
        let flow = ingested["flows"][0]["id"].as_str().unwrap().to_owned();
        let mut server = stringout.serve(["node", "serve", "--listen", "127.0.0.1:0"]);
        let base = server.url().trim_end_matches('/').to_owned();
        Self {
            stringout,
            spec,
            flow,
            base,
            client: Client::new(),
            _server: server,
            folder,
        }
    }

    fn get(&self, path: &str) -> Answer {
        self.client.get(&format!("{}{path}", self.base), &[])
    }

    fn segments(&self, query: &str) -> Answer {
        self.get(&format!("/flows/{}/segments{query}", self.flow))
    }
}

/// The target of the `Link` with `rel="next"` (RFC 8288).
fn next_page(answer: &Answer) -> Option<String> {
    let link = answer.field("link")?;
    let (target, rest) = link.strip_prefix('<')?.split_once('>')?;
    assert!(
        rest.contains("rel=\"next\"") || rest.contains("rel=next"),
        "{link}"
    );
    Some(target.to_owned())
}

fn timeranges(segments: &Value) -> Vec<&str> {
    let list = segments.as_array().unwrap().iter();
    list.map(|segment| segment["timerange"].as_str().unwrap())
        .collect()
}

#[test]
fn segments_are_those_of_the_command_line() {
    let node = Node::serve();
    let mut served = node.segments("?include_object_timerange=true").json(200);
    Schema::named("flow-segment").assert_all_valid(&served);
    for segment in served.as_array_mut().unwrap() {
        let urls = segment.as_object_mut().unwrap().remove("get_urls").unwrap();
        assert!(
            !urls.as_array().unwrap().is_empty(),
            "nowhere to get {segment}"
        );
    }
    let mut said = node.stringout.json(["segments", &node.flow]);
    for segment in said.as_array_mut().unwrap() {
        segment.as_object_mut().unwrap().remove("get_urls");
    }
    assert_eq!(served, said);
}

#[test]
fn sources_and_flows_are_those_of_the_command_line() {
    let node = Node::serve();
    let by_id = |list: &Value, ignored: &str| -> BTreeMap<String, Value> {
        let list = list.as_array().unwrap().iter().cloned();
        list.map(|mut item| {
            item.as_object_mut().unwrap().remove(ignored);
            (item["id"].as_str().unwrap().to_owned(), item)
        })
        .collect()
    };
    let sources = node.get("/sources").json(200);
    Schema::named("source").assert_all_valid(&sources);
    assert_eq!(
        by_id(&sources, ""),
        by_id(&node.stringout.json(["sources"]), "")
    );
    let flows = node.get("/flows").json(200);
    Schema::named("flow-get").assert_all_valid(&flows);
    // A list tells timeranges only when it is asked to.
    let said = node.stringout.json(["flows"]);
    assert_eq!(by_id(&flows, "timerange"), by_id(&said, "timerange"));
    let flow = node
        .get(&format!("/flows/{}?include_timerange=true", node.flow))
        .json(200);
    assert_eq!(flow["timerange"], "[0:0_6:0)");
    Schema::named("service").assert_valid(&node.get("/service").json(200));
    let missing = node.get("/flows/00000000-0000-4000-8000-000000000000");
    Schema::named("error").assert_valid(&missing.json(404));
}

#[test]
fn the_bytes_of_a_segment_play_alone() {
    let node = Node::serve();
    let segments = node.segments("").json(200);
    let stored = stored_objects(&node.folder.path().join("workspace"));
    for (first, segment) in (0_u32..).step_by(60).zip(segments.as_array().unwrap()) {
        let url = segment["get_urls"][0]["url"].as_str().unwrap();
        let whole = node.client.get(url, &[]);
        assert_eq!(whole.status, 200, "{url}");
        assert_eq!(whole.field("content-type"), Some("video/mp4"));
        assert!(
            stored.contains(&whole.body),
            "these are not the bytes of the object"
        );

        let alone = node.folder.path().join("alone.mp4");
        fs::write(&alone, &whole.body).unwrap();
        let options = Options {
            sources: vec![node.spec.clone()],
            ..Options::default()
        };
        let found = check_with(&alone, &options);
        found.assert_frames(&[(6, first..=first + 59)]);
        found.assert_decodes_cleanly();
        let first_packet = &tests::check::packets(&alone, "v:0")[0];
        assert!(first_packet.key, "it begins with no key frame");

        let part = node.client.get(url, &[("range", "bytes=4-7")]);
        assert_eq!((part.status, part.body.as_slice()), (206, &b"ftyp"[..]));
        let length = whole.body.len();
        assert_eq!(
            part.field("content-range"),
            Some(format!("bytes 4-7/{length}").as_str())
        );
    }
}

/// The contents of all files under the node's folder of objects.
fn stored_objects(workspace: &Path) -> Vec<Vec<u8>> {
    let mut folders = vec![workspace.join("node").join("objects")];
    let mut objects = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                objects.push(fs::read(path).unwrap());
            }
        }
    }
    objects
}

#[test]
fn a_media_url_is_good_for_its_object_only() {
    let node = Node::serve();
    let segments = node.segments("").json(200);
    let url = |number: usize| segments[number]["get_urls"][0]["url"].as_str().unwrap();
    let object = |number: usize| segments[number]["object_id"].as_str().unwrap();
    let swapped = url(0).replace(object(0), object(1));
    assert_ne!(swapped, url(0));
    let refused = node.client.get(&swapped, &[]);
    assert!((401..=404).contains(&refused.status), "{}", refused.status);
    let (bare, _) = url(0).split_once('?').unwrap();
    let refused = node.client.get(bare, &[]);
    assert!((401..=404).contains(&refused.status), "{}", refused.status);
}

#[test]
fn a_timerange_finds_what_overlaps_it() {
    let node = Node::serve();
    let found = |timerange: &str| {
        let segments = node.segments(&format!("?timerange={timerange}")).json(200);
        timeranges(&segments)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(found("[2:0_4:0)"), ["[2:0_4:0)"]);
    assert_eq!(found("[1:0_2:0]"), ["[0:0_2:0)", "[2:0_4:0)"]);
    assert_eq!(found("_"), ["[0:0_2:0)", "[2:0_4:0)", "[4:0_6:0)"]);
    assert_eq!(found("[5:0_"), ["[4:0_6:0)"]);
    assert_eq!(found("[6:0_"), [""; 0]);
    let wrong = node.segments("?timerange=yesterday");
    Schema::named("error").assert_valid(&wrong.json(400));
}

#[test]
fn pages_of_one_lead_through_all() {
    let node = Node::serve();
    let mut page = node.segments("?limit=1");
    let mut walked = Vec::new();
    loop {
        let segments = page.json(200);
        assert_eq!(page.field("x-paging-limit"), Some("1"));
        assert_eq!(segments.as_array().unwrap().len(), 1, "{segments}");
        walked.push(timeranges(&segments)[0].to_owned());
        let Some(next) = next_page(&page) else { break };
        assert!(next.starts_with(&node.base), "{next}");
        assert!(walked.len() < 3, "the pages go on behind the last segment");
        page = node.client.get(&next, &[]);
    }
    assert_eq!(walked, ["[0:0_2:0)", "[2:0_4:0)", "[4:0_6:0)"]);
    let backwards = node.segments("?limit=2&reverse_order=true");
    assert_eq!(timeranges(&backwards.json(200)), ["[4:0_6:0)", "[2:0_4:0)"]);
    let rest = node.client.get(&next_page(&backwards).unwrap(), &[]);
    assert_eq!(timeranges(&rest.json(200)), ["[0:0_2:0)"]);
}

#[test]
fn a_page_of_another_site_can_not_ask_the_node() {
    let node = Node::serve();
    let url = format!("{}/sources", node.base);
    let foreign = node.client.get(&url, &[("host", "rebound.example")]);
    assert!((400..500).contains(&foreign.status), "{}", foreign.status);
    let scripted = node
        .client
        .get(&url, &[("origin", "https://rebound.example")]);
    assert!((400..500).contains(&scripted.status), "{}", scripted.status);
}
