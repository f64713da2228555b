//! Records in memory, a clock in hand, and a served play service.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use loopback::{Listener, Policy};
use mediatime::{FixedClock, Timestamp};
use play::{
    CaptionTrack, Placements, Play, PlayError, PlayOptions, Playable, PortError, Spool,
    read_events, serve,
};
use record::{Placement, PlacementState, ShortId, ViewEvent};
use reqwest::{Client, Response, StatusCode};
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

/// An iPhone.
pub(crate) const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1";

/// What the service asks, kept in memory.
#[derive(Default)]
pub(crate) struct Records {
    placements: Mutex<HashMap<ShortId, Placement>>,
    playables: Mutex<HashMap<Uuid, Playable>>,
    broken: AtomicBool,
}

impl Records {
    pub(crate) fn set_state(&self, code: &ShortId, state: PlacementState) {
        self.placements.lock().unwrap().get_mut(code).unwrap().state = state;
    }

    pub(crate) fn publish(&self, id: Uuid, playable: Playable) -> Uuid {
        self.playables
            .lock()
            .unwrap()
            .insert(id, Playable { id, ..playable });
        id
    }

    pub(crate) fn break_down(&self, broken: bool) {
        self.broken.store(broken, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), PortError> {
        if self.broken.load(Ordering::SeqCst) {
            Err("the disk is on fire".into())
        } else {
            Ok(())
        }
    }
}

impl Placements for Records {
    fn placement(&self, id: &ShortId) -> Result<Option<Placement>, PortError> {
        self.check()?;
        Ok(self.placements.lock().unwrap().get(id).cloned())
    }

    fn compilation(&self, id: Uuid) -> Result<Option<Playable>, PortError> {
        self.check()?;
        Ok(self.playables.lock().unwrap().get(&id).cloned())
    }
}

/// A served play service and everything around it.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) records: Arc<Records>,
    pub(crate) compilation: Uuid,
    clock: Arc<FixedClock>,
    base: String,
    dir: TempDir,
    _shutdown: DropGuard,
}

impl World {
    /// 2026-11-22T12:00:00Z.
    pub(crate) const NOW_S: i64 = 1_795_348_800;

    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("compiled.mp4"), Self::media_bytes()).unwrap();
        std::fs::write(dir.path().join("en.vtt"), "WEBVTT\n").unwrap();
        let clock = Arc::new(FixedClock::new(Timestamp::from_secs(Self::NOW_S).unwrap()));
        let records = Arc::new(Records::default());
        let spool = Spool::open(dir.path().join("events")).unwrap();
        let play = Play::new(
            records.clone(),
            spool,
            clock.clone(),
            PlayOptions::default(),
        )
        .unwrap();
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Policy::default())
            .await
            .unwrap();
        let base = listener.base_url();
        let shutdown = CancellationToken::new();
        tokio::spawn(serve(listener, play, shutdown.clone()));
        let compilation = Uuid::from_u128(0x5b2f_3c04_4b39_5a0e_9f0d_1d7c_6a1f_2e33);
        let client = Client::builder().no_proxy().build().unwrap();
        let world = Self {
            client,
            records,
            compilation,
            clock,
            base,
            dir,
            _shutdown: shutdown.drop_guard(),
        };
        world.records.publish(compilation, world.playable());
        world
    }

    pub(crate) fn with_prefix(prefix: &str) -> Result<Play, PlayError> {
        let dir = tempfile::tempdir().unwrap();
        let options = PlayOptions {
            cmcd_prefix: prefix.to_owned(),
            ..PlayOptions::default()
        };
        let clock = Arc::new(FixedClock::default());
        Play::new(
            Arc::new(Records::default()),
            Spool::open(dir.path())?,
            clock,
            options,
        )
    }

    pub(crate) fn media_bytes() -> Bytes {
        (0..600_000_u32).map(|n| (n * 31 % 251) as u8).collect()
    }

    pub(crate) fn media_path(&self) -> PathBuf {
        self.dir.path().join("compiled.mp4")
    }

    pub(crate) fn playable(&self) -> Playable {
        Playable {
            id: self.compilation,
            title: "Open-air weekend".to_owned(),
            description: "Films under the trees.".to_owned(),
            media: self.media_path(),
            content_type: "video/mp4".to_owned(),
            duration_ms: 30_000,
            width: 768,
            height: 432,
            sound: true,
            poster: Some(Bytes::from_static(&[0xff, 0xd8, 0xff, 0xd9])),
            captions: vec![CaptionTrack {
                lang: "en".to_owned(),
                label: "English".to_owned(),
                path: self.dir.path().join("en.vtt"),
            }],
        }
    }

    pub(crate) fn print(&self, place: &str, expires_s: Option<i64>) -> ShortId {
        self.print_for(self.compilation, place, expires_s)
    }

    pub(crate) fn print_for(
        &self,
        compilation_id: Uuid,
        place: &str,
        expires_s: Option<i64>,
    ) -> ShortId {
        let mut placements = self.records.placements.lock().unwrap();
        let id = ShortId::from_random([placements.len() as u8 + 1; 22]);
        let placement = Placement {
            id: id.clone(),
            compilation_id,
            placement: place.to_owned(),
            template: "poster-a4".to_owned(),
            base_url: self.base.clone(),
            state: PlacementState::Live,
            expires: expires_s.and_then(Timestamp::from_secs),
            created: Timestamp::from_secs(Self::NOW_S).unwrap(),
        };
        placements.insert(id.clone(), placement);
        id
    }

    /// A right code that nobody printed.
    pub(crate) fn unprinted(&self) -> ShortId {
        ShortId::from_random([200; 22])
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(Timestamp::from_secs(seconds).unwrap());
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub(crate) async fn open(&self, path: &str) -> (StatusCode, serde_json::Value) {
        let answer = self
            .client
            .post(self.url(path))
            .json(&serde_json::json!({"sid": "viewer-one"}))
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// A report line of `viewer-one` about the compilation.
    pub(crate) fn line(&self, event: &str, seq: u64, more: &str) -> String {
        let comma = if more.is_empty() { "" } else { "," };
        let ts = Self::NOW_S * 1000 + 7;
        format!(
            r#"cid="{}",e={event},sid="viewer-one",sn={seq},ts={ts},v=2{comma}{more}"#,
            self.compilation
        )
    }

    pub(crate) async fn report(&self, body: &str) -> Response {
        self.post_report(body, "application/cmcd", PHONE).await
    }

    pub(crate) async fn post_report(
        &self,
        body: &str,
        content_type: &str,
        user_agent: &str,
    ) -> Response {
        let post = self
            .client
            .post(self.url("/cmcd"))
            .header("content-type", content_type);
        post.header("user-agent", user_agent)
            .body(body.to_owned())
            .send()
            .await
            .unwrap()
    }

    pub(crate) fn spool_dir(&self) -> PathBuf {
        self.dir.path().join("events")
    }

    pub(crate) fn spool_files(&self) -> Vec<PathBuf> {
        std::fs::read_dir(self.spool_dir())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect()
    }

    /// Everything that was spooled.
    pub(crate) fn events(&self) -> Vec<ViewEvent> {
        let mut events = read_events(&self.spool_dir(), 0, i64::MAX).unwrap();
        let all = events.by_ref().map(Result::unwrap).collect();
        assert_eq!(events.issues(), 0);
        all
    }
}

/// The card in a page.
pub(crate) fn card_of(html: &str) -> serde_json::Value {
    let (_, rest) = html
        .split_once(r#"<script type="application/json" id="card">"#)
        .unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(json).unwrap()
}
