//! A long list of segments, and how much of its time is ours:
//! `cargo bench -p tests --bench tams_listing`.
//!
//! A TAMS server in other threads has 100,000 segments in pages of 1000. The same pages are read in
//! turn by the client, which parses, checks, sorts and follows them, and by a plain HTTP client that
//! only takes the bytes in. Beside them, timeranges are parsed on one core.

#![allow(
    clippy::expect_used,
    reason = "a bench stops where something is missing"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mediatime::{FixedClock, TimeRange, Timestamp};
use tams::{Auth, Connection, ConnectionSettings, SegmentQuery, Surroundings, parse_link};
use tests::http::Client;
use tests::tams_server::{AddMedia, AddSegment, Dialect, TamsServer};
use tokio_util::sync::CancellationToken;

const SEGMENTS: u64 = 100_000;
const PAGE: u64 = 1000;
const ROUNDS: usize = 3;
/// Timeranges that are parsed, and how many a second are wanted.
const PARSED: usize = 20_000_000;
const WANTED: f64 = 10e6;

const SOURCE: &str = "5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1a01";
const FLOW: &str = "5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1a02";

fn main() {
    listing();
    parsing();
}

fn listing() {
    let server = TamsServer::start(Dialect::Tamoss82);
    server.add_media(media());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let clock = Arc::new(FixedClock::new(Timestamp::default()));
    let settings = ConnectionSettings::new("bench", server.url(), Auth::None);
    let cancel = CancellationToken::new();
    let connection = runtime
        .block_on(Connection::open(
            settings,
            Surroundings::new(clock),
            &cancel,
        ))
        .expect("the server answers");
    let plain_client = Client::new();
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let theirs = read_plainly(&plain_client, &server);
        let started = Instant::now();
        let query = SegmentQuery::default();
        let flow = FLOW.parse().expect("an id");
        let listed = runtime.block_on(connection.segments(flow, &query));
        let time = started.elapsed();
        let listed = listed.expect("the list");
        assert_eq!(listed.items.len() as u64, SEGMENTS, "all of them");
        // The first round warms up.
        if round > 0 {
            plain.push(theirs);
            ours.push(time);
        }
    }
    let (ours, plain) = (median(ours), median(plain));
    println!("{SEGMENTS} segments in pages of {PAGE}, medians of {ROUNDS}");
    println!("  Connection::segments            {ours:>9.3} s");
    println!("  the server, read as bytes only  {plain:>9.3} s");
    println!(
        "  our share                       {:>9.1} %",
        100.0 * (ours - plain) / ours
    );
}

/// A second each, all of one object.
fn media() -> AddMedia {
    let mut media = AddMedia::video(SOURCE, FLOW, "long");
    media.segments = (0..SEGMENTS)
        .map(|n| AddSegment {
            object_id: Some("5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1a04".to_owned()),
            timerange: format!("[{n}:0_{}:0)", n + 1),
            ..AddSegment::default()
        })
        .collect();
    media
}

/// The same pages, of which nothing but the way to the next one is looked at.
fn read_plainly(client: &Client, server: &TamsServer) -> Duration {
    let query = format!("accept_get_urls=&limit={PAGE}");
    let mut next = Some(format!("{}/flows/{FLOW}/segments?{query}", server.url()));
    let mut pages = 0;
    let started = Instant::now();
    while let Some(url) = next {
        let answer = client.get(&url, &[]);
        black_box(&answer.body);
        pages += 1;
        let links = answer.field("link").map(parse_link).unwrap_or_default();
        let link = links.into_iter().find(|link| link.is("next"));
        next = link.map(|link| link.target);
    }
    let time = started.elapsed();
    assert_eq!(pages, SEGMENTS / PAGE, "the same pages");
    time
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

/// Timeranges as segments have them, one after the other.
fn parsing() {
    let texts: Vec<String> = (0..1000_u64)
        .map(|n| {
            let start = 1_700_000_000 + 2 * n;
            let nanoseconds = 33_366_666 * (n % 30);
            format!("[{start}:{nanoseconds}_{}:{nanoseconds})", start + 2)
        })
        .collect();
    let started = Instant::now();
    for text in texts.iter().cycle().take(PARSED) {
        let parsed: TimeRange = black_box(text.as_str()).parse().expect("a timerange");
        black_box(parsed);
    }
    let rate = PARSED as f64 / started.elapsed().as_secs_f64();
    println!("timeranges parsed on one core");
    println!("  a second                        {:>9.2} M", rate / 1e6);
    println!(
        "  of the {:.0} M that are wanted     {:>9.2} ×",
        WANTED / 1e6,
        rate / WANTED
    );
}
