//! Media for servers: a take as an ingest stores it, segment by segment, read from a local node.

use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;
use tests::http::Client;
use tests::media::{MediaSpec, generate};
use tests::stringout::Stringout;
use tests::tams_server::{AddMedia, AddSegment, Dialect, TamsServer};

/// How many segments of a second each the take has.
pub(crate) const SEGMENTS: usize = 10;

/// The second at which the take begins there. Eyevinn's gateway loses offsets, so that what it has is
/// registered at its objects' own times.
pub(crate) fn start_at(dialect: Dialect) -> usize {
    usize::from(dialect == Dialect::Eyevinn)
}

/// A take of 10 s, with a key frame and a segment every second.
#[derive(Debug)]
pub(crate) struct Material {
    /// What is in it.
    pub(crate) spec: MediaSpec,
    /// It, as a file.
    pub(crate) file: PathBuf,
    /// The flow with its segments.
    pub(crate) flow: String,
    /// The source of that flow.
    pub(crate) source: String,
    /// Each flow with its source; the one with the segments comes first.
    flows: Vec<(Value, Value)>,
    segments: Vec<AddSegment>,
}

impl Material {
    /// The one of all tests.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Material> = OnceLock::new();
        SHARED.get_or_init(|| {
            Self::made(MediaSpec {
                frames: 300,
                bframes: 2,
                ..MediaSpec::small(31)
            })
        })
    }

    /// Ingests a take into a workspace, and reads from its node what became of it.
    pub(crate) fn made(spec: MediaSpec) -> Self {
        let file = generate(&spec);
        let folder = tempfile::tempdir().unwrap();
        let stringout = Stringout::in_workspace(folder.path());
        let ingested = stringout.json([
            "ingest",
            file.to_str().unwrap(),
            "--segment-duration",
            "1s",
            "--label",
            "The take",
        ]);
        let main = text(&ingested["flows"][0]["id"]).to_owned();
        let mut server = stringout.serve(["node", "serve", "--listen", "127.0.0.1:0"]);
        let base = server.url();
        let base = base.trim_end_matches('/');
        let client = Client::new();
        let get = |path: &str| client.get(&format!("{base}{path}"), &[]).json(200);

        let mut flows: Vec<(Value, Value)> = list(&get("/flows"))
            .iter()
            .map(|flow| {
                let source = get(&format!("/sources/{}", text(&flow["source_id"])));
                (flow.clone(), source)
            })
            .collect();
        flows.sort_by_key(|(flow, _)| flow["id"] != *main);
        let path = format!("/flows/{main}/segments?include_object_timerange=true&limit=100");
        let segments: Vec<AddSegment> = list(&get(&path))
            .iter()
            .map(|segment| {
                let url = text(&segment["get_urls"][0]["url"]);
                let mut other = segment.as_object().unwrap().clone();
                other.retain(|name, _| ["last_duration", "key_frame_count"].contains(&&**name));
                let optional = |name: &str| segment[name].as_str().map(str::to_owned);
                AddSegment {
                    object_id: None,
                    bytes: client.get(url, &[]).body,
                    timerange: text(&segment["timerange"]).to_owned(),
                    ts_offset: optional("ts_offset"),
                    object_timerange: optional("object_timerange"),
                    other,
                }
            })
            .collect();
        assert_eq!(segments.len(), spec.frames as usize / 30);
        Self {
            spec,
            file,
            source: text(&flows[0].1["id"]).to_owned(),
            flow: main,
            flows,
            segments,
        }
    }

    /// Bytes of each segment's object.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        self.segments.iter().map(|one| one.bytes.len()).collect()
    }

    /// Puts the take on a server of this dialect; the names of its objects there, in time order.
    pub(crate) fn load(&self, dialect: Dialect, server: &TamsServer) -> Vec<String> {
        self.load_changed(dialect, server, |_, _| {})
    }

    /// The same, with each segment changed as a test wants it; segments are counted from 0.
    pub(crate) fn load_changed(
        &self,
        dialect: Dialect,
        server: &TamsServer,
        change: impl Fn(usize, &mut AddSegment),
    ) -> Vec<String> {
        let mut objects = Vec::new();
        for (place, (flow, source)) in self.flows.iter().enumerate() {
            let mut segments = Vec::new();
            if place == 0 {
                segments.clone_from(&self.segments);
            }
            for (number, segment) in segments.iter_mut().enumerate() {
                if dialect == Dialect::Eyevinn {
                    let own = segment.object_timerange.clone();
                    segment.timerange = own.unwrap();
                    segment.ts_offset = None;
                }
                change(number, segment);
            }
            objects.extend(server.add_media(AddMedia {
                source: source.clone(),
                flow: flow.clone(),
                label: "The take".to_owned(),
                segments,
            }));
        }
        objects
    }
}

/// A JSON text.
#[track_caller]
pub(crate) fn text(value: &Value) -> &str {
    let text = value.as_str();
    text.unwrap_or_else(|| panic!("no text: {value}"))
}

/// A JSON list.
#[track_caller]
pub(crate) fn list(value: &Value) -> &[Value] {
    let list = value.as_array();
    list.unwrap_or_else(|| panic!("no list: {value}"))
}
