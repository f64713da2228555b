//! Flows that are still recorded: the source monitor shows what comes, and play follows the end.

use std::time::Duration;

use ipc::{DeskEvent, LiveState, MonitorName, MonitorView, Transport};
use serde_json::{Value, json};
use tests::media::{MediaSpec, generate, read_rgba};
use tests::stringout::{Server, Stringout};

use crate::bench::Bench;

/// Frames of a segment.
const SEGMENT: u32 = 60;
const SMALL: media::PictureBox = media::PictureBox {
    format: media::PixelFormat::Rgba,
    width: 640,
    height: 360,
};

fn spec() -> MediaSpec {
    MediaSpec {
        frames: 6 * SEGMENT,
        ..MediaSpec::small(62)
    }
}

/// Records: registers segments one after the other at a node, on a flow of its own, over objects that are
/// there.
struct Camera {
    _server: Server,
    base: String,
    flow: String,
    segments: Vec<Value>,
    recorded: usize,
    http: reqwest::Client,
}

impl Camera {
    /// At the node of `stringout`'s workspace, which has the objects of `spec`.
    async fn at(stringout: Stringout, flow: &str) -> Self {
        let serve = move || {
            let mut server = stringout.serve(["node", "serve", "--listen", "127.0.0.1:0"]);
            (server.url(), server)
        };
        let (base, server) = tokio::task::spawn_blocking(serve).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let read = async |path: String| -> Value {
            let answer = http.get(format!("{base}/{path}")).send().await.unwrap();
            serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
        };
        let mut described = read(format!("flows/{flow}")).await;
        let segments = read(format!("flows/{flow}/segments")).await;
        let mut segments = segments.as_array().unwrap().clone();
        for segment in &mut segments {
            segment.as_object_mut().unwrap().remove("get_urls");
        }
        assert_eq!(segments.len(), 6);
        let id = "6f0f6b7e-8f3b-4f0e-9d53-2f6d3a1c9a01".to_owned();
        let fields = described.as_object_mut().unwrap();
        for managed in [
            "created",
            "metadata_updated",
            "segments_updated",
            "timerange",
            "collected_by",
        ] {
            fields.remove(managed);
        }
        fields.insert("id".to_owned(), json!(id));
        let url = format!("{base}/flows/{id}");
        let answer = http.put(url).body(described.to_string());
        let answer = answer.header("content-type", "application/json").send();
        assert_eq!(answer.await.unwrap().status(), 201);
        Self {
            _server: server,
            base,
            flow: id,
            segments,
            recorded: 0,
            http,
        }
    }

    async fn record(&mut self, count: usize) {
        for segment in &self.segments[self.recorded..self.recorded + count] {
            let url = format!("{}/flows/{}/segments", self.base, self.flow);
            let sent = self.http.post(url).body(segment.to_string());
            let sent = sent.header("content-type", "application/json").send();
            assert_eq!(sent.await.unwrap().status(), 201);
        }
        self.recorded += count;
    }
}

async fn source(
    bench: &mut Bench,
    what: &str,
    wanted: impl Fn(&MonitorView) -> bool,
) -> MonitorView {
    let now = bench.view().await.source;
    if wanted(&now) {
        return now;
    }
    let told = |event: &DeskEvent| match event {
        DeskEvent::Monitor { monitor } if monitor.monitor == MonitorName::Source => {
            wanted(monitor).then(|| monitor.clone())
        }
        _ => None,
    };
    bench.wait(what, told).await
}

/// What is recorded while it is looked at is there without opening it again; play that follows the end goes
/// on with each segment, and what is shown is what was recorded.
async fn follow(bench: &mut Bench, camera: &mut Camera, flow: &str) {
    let opened = bench.open_source(flow).await;
    assert_eq!(
        (opened.frames, opened.live),
        (3 * SEGMENT, LiveState::Still)
    );
    // Nothing plays for nobody.
    bench.desk.frame_pull(MonitorName::Source, 0, SMALL).await;

    camera.record(1).await;
    let grown = source(bench, "the flow grows", |view| view.frames == 4 * SEGMENT).await;
    assert_eq!(grown.generation, opened.generation);
    assert_eq!((grown.live, grown.rate), (LiveState::Growing, 0));

    let live = bench.transport(MonitorName::Source, Transport::Live).await;
    assert_eq!(live.live, LiveState::Following);
    // Two objects behind the end.
    assert_eq!(live.frame, 2 * SEGMENT);
    source(bench, "play comes to the end", |view| {
        view.frame == 4 * SEGMENT - 1 && view.rate == 0
    })
    .await;
    camera.record(1).await;
    source(bench, "play goes on", |view| view.frame > 4 * SEGMENT).await;
    // This one comes while it plays.
    camera.record(1).await;
    let last = 6 * SEGMENT - 1;
    let end = source(bench, "play comes to the new end", |view| {
        view.frame == last
    })
    .await;
    assert_eq!(
        (end.generation, end.frames),
        (opened.generation, 6 * SEGMENT)
    );

    let desk = bench.desk.clone();
    let shown = async {
        loop {
            let bytes = desk.frame_pull(MonitorName::Source, 0, SMALL).await;
            if bytes.len() > 64 && bytes[24..28] == last.to_le_bytes() && bytes[36] & 1 == 0 {
                return bytes;
            }
        }
    };
    let bytes = tokio::time::timeout(Duration::from_secs(30), shown)
        .await
        .unwrap();
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let seen = read_rgba(&bytes[64..], number(8), number(12)).expect("a code in the picture");
    assert_eq!((seen.clip, seen.number), (62, last));
    let view = bench.transport(MonitorName::Source, Transport::Pause).await;
    assert_eq!(view.live, LiveState::Growing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_of_the_local_node_is_followed_while_it_is_recorded() {
    let mut bench = Bench::start().await;
    let whole = bench.ingest(&spec()).await;
    let stringout = Stringout::in_workspace(&bench.folder.path().join("workspace"));
    let mut camera = Camera::at(stringout, &whole).await;
    camera.record(3).await;
    let flow = camera.flow.clone();
    // It is in the browser of the window that is open, without any refresh.
    let wanted = flow.clone();
    bench
        .wait("the flow is listed", |event| match event {
            DeskEvent::Sources { sources } => {
                let mut flows = sources.iter().flat_map(|source| &source.flows);
                flows.any(|flow| flow.id == wanted).then_some(())
            }
            _ => None,
        })
        .await;
    follow(&mut bench, &mut camera, &flow).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_of_a_server_is_followed_while_it_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("workspace");
    let file = generate(&spec()).display().to_string();
    let ingest = move || {
        let stringout = Stringout::in_workspace(&workspace);
        let ingested = stringout.json(["ingest", &file]);
        (
            ingested["flows"][0]["id"].as_str().unwrap().to_owned(),
            stringout,
        )
    };
    let (whole, stringout) = tokio::task::spawn_blocking(ingest).await.unwrap();
    let mut camera = Camera::at(stringout, &whole).await;
    camera.record(3).await;
    let config = format!("[tams.studio]\nurl = \"{}\"\n", camera.base);
    let mut bench = Bench::configured(&config).await;
    let flow = format!("studio/{}", camera.flow);
    let wanted = flow.clone();
    let listed = move |sources: &[ipc::SourceView]| {
        let mut flows = sources.iter().flat_map(|source| &source.flows);
        flows.any(|flow| flow.id == wanted)
    };
    if !listed(&bench.view().await.sources) {
        bench
            .wait("the flow is listed", |event| match event {
                DeskEvent::Sources { sources } => listed(sources).then_some(()),
                _ => None,
            })
            .await;
    }
    follow(&mut bench, &mut camera, &flow).await;
}
