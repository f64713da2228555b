//! The printed link: a page, a session, the video by ranges, reports, and numbers that rise.

use std::fs;

use serde_json::Value;
use tests::http::Client;
use tests::hydrolix::{FakeHydrolix, TOKEN};
use tests::stringout::{Server, Stringout};

use crate::journey::{Journey, assert_keys, text};

const PHONE: (&str, &str) = (
    "user-agent",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
);

/// A published and printed compilation, being served.
struct Served {
    journey: Journey,
    published: Value,
    compiled: Vec<u8>,
    /// The path of the printed address.
    printed: String,
    base: String,
    client: Client,
    _server: Server,
}

fn serve(clip: u8) -> Served {
    let journey = Journey::start(clip);
    let (compiled, published) = journey.publish();
    let id = text(&published["compilation_id"]).to_owned();
    let out = journey.path("a.pdf").display().to_string();
    let args = [
        "sheet",
        "--compilation",
        &id,
        "--template",
        "poster-a4",
        "--out",
        &out,
        "--local",
    ];
    let sheet = journey.stringout.json(args);
    let url = text(&sheet["codes"][0]["url"]);
    let printed = url[url.find("/P/").unwrap()..].to_owned();
    let mut server = journey
        .stringout
        .serve(["play", "serve", "--listen", "127.0.0.1:0"]);
    let base = server.url();
    Served {
        compiled: fs::read(&compiled.out).unwrap(),
        base,
        printed,
        published,
        journey,
        client: Client::new(),
        _server: server,
    }
}

impl Served {
    fn id(&self) -> &str {
        text(&self.published["compilation_id"])
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base.trim_end_matches('/'))
    }

    /// What the page at `path` knows of its link.
    fn card(&self, path: &str) -> Value {
        let page = self.client.get(&self.url(path), &[PHONE]);
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        assert!(page.field("content-type").unwrap().starts_with("text/html"));
        let html = page.text();
        let start =
            html.find(r#"id="card">"#).expect("the page has a card") + r#"id="card">"#.len();
        let end = start + html[start..].find("</script>").unwrap();
        serde_json::from_str(&html[start..end]).unwrap()
    }

    fn open(&self, path: &str) -> Value {
        let card = self.card(path);
        assert_eq!(card["state"], "live", "{card}");
        let opened = self.client.post(
            &self.url(text(&card["open"])),
            &[PHONE, ("content-type", "application/json")],
            "{}",
        );
        opened.json(200)
    }

    fn report(&self, fields: &[(&str, &str)], lines: &str) -> u16 {
        let all: Vec<(&str, &str)> = [("content-type", "application/cmcd")]
            .into_iter()
            .chain(fields.iter().copied())
            .collect();
        self.client.post(&self.url("/cmcd"), &all, lines).status
    }

    fn metrics(&self) -> Value {
        let metrics = self.journey.stringout.json(["metrics", self.id()]);
        let keys = [
            "session_views",
            "mobile_percent",
            "qr_scans",
            "watch_seconds",
            "as_of",
        ];
        assert_keys(&metrics, &keys);
        metrics
    }

    /// A line of CMCD as the page sends it (CTA-5004-B), with further members.
    fn line(&self, sid: &str, number: u32, event: &str, more: &str) -> String {
        let ts = jiff::Timestamp::now().as_millisecond();
        format!(
            "cid=\"{}\",e={event},sf=o,sid=\"{sid}\",sn={number},st=v,ts={ts},v=2{more}\n",
            self.id()
        )
    }
}

#[test]
fn the_printed_link_plays_the_compiled_file() {
    let served = serve(5);
    let session = served.open(&served.printed);
    assert_eq!(session["title"], "First cut");
    assert_eq!(session["compilation_id"], served.id());
    assert_eq!(session["duration_ms"], 4000);
    let media = served.url(text(&session["sources"][0]["url"]));
    let bytes = &served.compiled;
    let total = bytes.len();

    let all = served.client.get(&media, &[PHONE]);
    assert_eq!((all.status, all.body == *bytes), (200, true));
    assert_eq!(all.field("content-type"), Some("video/mp4"));
    assert_eq!(all.field("accept-ranges"), Some("bytes"));
    for (range, first, last) in [
        ("bytes=0-1023".to_owned(), 0, 1023),
        (format!("bytes={}-", total - 500), total - 500, total - 1),
        ("bytes=-100".to_owned(), total - 100, total - 1),
        (format!("bytes=1000-{}", total * 2), 1000, total - 1),
    ] {
        let part = served.client.get(&media, &[PHONE, ("range", &range)]);
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(
            part.field("content-range"),
            Some(format!("bytes {first}-{last}/{total}").as_str())
        );
        assert!(part.body == bytes[first..=last], "{range}: other bytes");
    }
    let beyond = served
        .client
        .get(&media, &[PHONE, ("range", &format!("bytes={total}-"))]);
    assert_eq!(beyond.status, 416);
}

#[test]
fn the_shared_link_opens_the_same_video() {
    let served = serve(5);
    for path in ["/play/", "/mobile/play/"] {
        let session = served.open(&format!("{path}{}", served.id()));
        let media = served
            .client
            .get(&served.url(text(&session["sources"][0]["url"])), &[PHONE]);
        assert!(media.body == served.compiled, "{path}");
    }
    let poster = text(&served.card(&format!("/play/{}", served.id()))["poster"]).to_owned();
    let poster = served.client.get(&served.url(&poster), &[PHONE]);
    assert_eq!(
        (poster.status, poster.field("content-type")),
        (200, Some("image/jpeg"))
    );
    let unknown = served.client.get(
        &served.url("/play/00000000-0000-4000-8000-000000000000"),
        &[PHONE],
    );
    assert_eq!(unknown.status, 404);
    let guessed = served
        .client
        .get(&served.url("/m/guess/video.mp4"), &[PHONE]);
    assert!(
        matches!(guessed.status, 404 | 410),
        "media without a session: {}",
        guessed.status
    );
}

#[test]
fn reports_make_the_numbers_rise() {
    let served = serve(5);
    let before = served.metrics();
    for key in ["session_views", "qr_scans"] {
        assert!(before[key].as_u64().unwrap_or(0) == 0, "{before}");
    }

    let code = served.printed.trim_start_matches("/P/").to_owned();
    let own = |wd: u32, wt: u32| {
        format!(
            ",com.stringout-code=\"{code}\",com.stringout-dur=4000,com.stringout-src=\"qr\",com.stringout-touch,com.stringout-wd={wd},com.stringout-wt={wt}"
        )
    };
    let sid = "7a0f1c52-0d57-4c29-9f5e-0a1b2c3d4e5f";
    served.open(&served.printed);
    let lines = [
        served.line(sid, 0, "ce", &format!(",cen=\"qr-scan\"{}", own(0, 0))),
        served.line(sid, 1, "ps", &format!(",sta=s{}", own(0, 0))),
        served.line(sid, 2, "ps", &format!(",pt=0,sta=p{}", own(0, 0))),
        served.line(sid, 3, "t", &format!(",pt=2500,sta=p{}", own(2500, 2500))),
        served.line(sid, 4, "ps", &format!(",pt=4000,sta=e{}", own(1500, 4000))),
    ];
    assert_eq!(served.report(&[PHONE], &lines.concat()), 204);
    let phone = served.metrics();
    assert_eq!(
        (&phone["session_views"], &phone["qr_scans"]),
        (&Value::from(1), &Value::from(1)),
        "{phone}"
    );
    assert_eq!(phone["mobile_percent"], 100.0, "{phone}");
    assert_eq!(phone["watch_seconds"], 4.0, "{phone}");
    let as_of: jiff::Timestamp = text(&phone["as_of"]).parse().unwrap();
    assert!(jiff::Timestamp::now().duration_since(as_of).as_secs().abs() < 600);

    // A computer, by the shared link; the phone's report comes twice, as lost answers make it.
    let sid = "0b8e4a57-9c41-4d2b-a608-e3a9153f0c52";
    let desktop = (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
    );
    served.open(&format!("/play/{}", served.id()));
    let own = ",com.stringout-dur=4000,com.stringout-src=\"link\",com.stringout-wd=1000,com.stringout-wt=1000";
    let visit = [
        served.line(sid, 0, "ps", &format!(",sta=s{}", own.replace("1000", "0"))),
        served.line(sid, 1, "ps", &format!(",pt=1000,sta=p{own}")),
    ];
    assert_eq!(served.report(&[desktop], &visit.concat()), 204);
    assert_eq!(served.report(&[PHONE], &lines.concat()), 204);
    let both = served.metrics();
    assert_eq!(
        (&both["session_views"], &both["qr_scans"]),
        (&Value::from(2), &Value::from(1)),
        "{both}"
    );
    assert_eq!(both["mobile_percent"], 50.0, "{both}");
    assert_eq!(both["watch_seconds"], 5.0, "{both}");

    // What is no report changes nothing.
    assert_eq!(served.report(&[PHONE], "nonsense\n"), 400);
    assert_eq!(served.metrics()["session_views"], 2);
    let later = served
        .journey
        .stringout
        .json(["metrics", served.id(), "--range", "7d"]);
    assert_eq!(later["session_views"], 2);
}

/// What pages report reaches the table in Hydrolix once, whatever happens on the way, and the numbers from
/// there are those of the collector.
#[test]
fn reports_reach_hydrolix_and_come_back_as_numbers() {
    let served = serve(6);
    let hydrolix = FakeHydrolix::start();
    let code = served.printed.trim_start_matches("/P/").to_owned();
    let own = format!(
        ",com.stringout-code=\"{code}\",com.stringout-dur=4000,com.stringout-src=\"qr\",com.stringout-touch"
    );
    for viewer in 0..6 {
        let sid = format!("7a0f1c52-0d57-4c29-9f5e-0a1b2c3d4e0{viewer}");
        let watched = 500 * (viewer + 1);
        let times = format!("{own},com.stringout-wd={watched},com.stringout-wt={watched}");
        let lines = [
            served.line(&sid, 0, "ce", &format!(",cen=\"qr-scan\"{own}")),
            served.line(&sid, 1, "ps", &format!(",sta=s{own}")),
            served.line(&sid, 2, "t", &format!(",pt={watched},sta=p{times}")),
        ];
        served.open(&served.printed);
        assert_eq!(served.report(&[PHONE], &lines.concat()), 204);
    }
    let args = ["metrics", served.id(), "--details"];
    let local = served.journey.stringout.json(args);
    assert_eq!(
        (&local["source"], &local["session_views"]),
        (&"local".into(), &6.into())
    );

    let workspace = served.journey.path("workspace");
    let settings = format!(
        "[hydrolix]\nurl = \"{}\"\ntable = \"stringout.views\"\n",
        hydrolix.base
    );
    fs::write(workspace.join("config.toml"), settings).unwrap();
    let reached = served.journey.path("reached");
    let here = Stringout::in_workspace(&workspace).with("STRINGOUT_HYDROLIX_TOKEN", TOKEN);
    let made = here.json(["config", "make-table", "hydrolix"]);
    assert_eq!(made["table"], true, "{made}");
    // Killed when the cluster had taken them, and nobody here knew.
    let mut doomed = Stringout::in_workspace(&workspace)
        .with("STRINGOUT_HYDROLIX_TOKEN", TOKEN)
        .with("STRINGOUT_FAILPOINT", "hydrolix.taken")
        .with("STRINGOUT_FAILPOINT_FILE", &reached)
        .start(["sync"]);
    doomed.wait_until("the events are taken", || reached.exists());
    doomed.process().crash();
    here.json(["sync"]);
    assert_eq!(here.json(["outbox"]), Value::Array(Vec::new()));

    let there = here.json(args);
    assert_eq!(there["source"], "hydrolix", "{there:#}");
    for key in [
        "session_views",
        "mobile_percent",
        "qr_scans",
        "watch_seconds",
        "plays",
        "completion",
        "sessions",
        "retention",
        "placements",
        "devices",
    ] {
        assert_eq!(there[key], local[key], "{key}");
    }
    assert_eq!(
        there["placements"]["rows"][0]["short_id"], code,
        "{there:#}"
    );
    // Nothing new is sent again.
    hydrolix.asked();
    here.json(["sync"]);
    let asked = hydrolix.asked();
    let sent = asked
        .iter()
        .filter(|asked| text(&asked["path"]).contains("ingest"));
    assert_eq!(sent.count(), 0, "{asked:#?}");
    // The doctor looks, and a wrong token is a question to sign in.
    let lines = here.run(["doctor", "--json"]).document().clone();
    let line = lines
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["name"] == "Hydrolix");
    assert_eq!(line.unwrap()["state"], "ok", "{lines:#}");
    let wrong = Stringout::in_workspace(&workspace).with("STRINGOUT_HYDROLIX_TOKEN", "wrong");
    let refused = wrong.run(["metrics", served.id(), "--json"]);
    assert_eq!(refused.error(1)["code"], "credentials_refused", "{refused}");
}
