//! Views over HTTP of a served play page, and how a browser is chosen.

use super::*;
use crate::Code;
use loopback::{Listener, Policy};
use play::{Placements, Play, PlayOptions, Playable, PortError, Spool, read_events, serve};
use record::{DeviceType, Placement, PlacementState, ShortId, ViewEvent};
use std::collections::HashMap;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio_util::sync::DropGuard;
use uuid::Uuid;

const LONG: Uuid = Uuid::from_u128(0x5b2f_3c04_4b39_5a0e_9f0d_1d7c_6a1f_2e33);
const SHORT: Uuid = Uuid::from_u128(0x5b2f_3c04_4b39_5a0e_9f0d_1d7c_6a1f_2e34);
const EMPTY: Uuid = Uuid::from_u128(0x5b2f_3c04_4b39_5a0e_9f0d_1d7c_6a1f_2e35);

/// Records in memory, which tell when they are asked.
struct Records {
    placements: HashMap<ShortId, Placement>,
    playables: HashMap<Uuid, Playable>,
    asked: Notify,
}

impl Placements for Records {
    fn placement(&self, id: &ShortId) -> Result<Option<Placement>, PortError> {
        Ok(self.placements.get(id).cloned())
    }

    fn compilation(&self, id: Uuid) -> Result<Option<Playable>, PortError> {
        self.asked.notify_one();
        Ok(self.playables.get(&id).cloned())
    }
}

/// A served play page with two printed codes, a live and a revoked one.
struct World {
    base: String,
    records: Arc<Records>,
    dir: TempDir,
    _shutdown: DropGuard,
}

fn live() -> ShortId {
    ShortId::from_random([1; 22])
}

fn revoked() -> ShortId {
    ShortId::from_random([2; 22])
}

impl World {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        // More than a player asks for at first: 200 kB a second.
        std::fs::write(dir.path().join("long.mp4"), vec![7; 1_200_000]).unwrap();
        std::fs::write(dir.path().join("empty.mp4"), []).unwrap();
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Policy::default())
            .await
            .unwrap();
        let base = listener.base_url();
        let playable = |id, file: &str, duration_ms| Playable {
            id,
            title: "Open-air weekend".to_owned(),
            description: String::new(),
            media: dir.path().join(file),
            content_type: "video/mp4".to_owned(),
            duration_ms,
            width: 768,
            height: 432,
            sound: true,
            poster: None,
            captions: Vec::new(),
        };
        let placement = |id: ShortId, state| Placement {
            id,
            compilation_id: LONG,
            placement: "Lobby".to_owned(),
            template: "poster-a4".to_owned(),
            base_url: base.clone(),
            state,
            expires: None,
            created: mediatime::Timestamp::ZERO,
        };
        let playables = [
            playable(LONG, "long.mp4", 6_000),
            playable(SHORT, "long.mp4", 700),
            playable(EMPTY, "empty.mp4", 700),
        ];
        let placements = [
            placement(live(), PlacementState::Live),
            placement(revoked(), PlacementState::Revoked),
        ];
        let records = Arc::new(Records {
            placements: placements.map(|each| (each.id.clone(), each)).into(),
            playables: playables.map(|each| (each.id, each)).into(),
            asked: Notify::new(),
        });
        let spool = Spool::open(dir.path().join("events")).unwrap();
        let options = PlayOptions {
            report_interval_s: 1,
            ..PlayOptions::default()
        };
        let play = Play::new(records.clone(), spool, Arc::new(SystemClock), options).unwrap();
        let shutdown = CancellationToken::new();
        tokio::spawn(serve(listener, play, shutdown.clone()));
        Self {
            base,
            records,
            dir,
            _shutdown: shutdown.drop_guard(),
        }
    }

    /// As it is printed.
    fn printed(&self, code: &ShortId) -> String {
        format!("{}/P/{code}", self.base.to_uppercase())
    }

    fn shared(&self, id: Uuid) -> String {
        format!("{}/play/{id}", self.base)
    }

    /// What was spooled, by the session's printed code and device.
    fn events(&self) -> Vec<ViewEvent> {
        let events = read_events(&self.dir.path().join("events"), 0, i64::MAX).unwrap();
        events.map(Result::unwrap).collect()
    }
}

fn view(url: String, watch_seconds: f64, device: Device) -> View {
    View {
        url,
        watch_seconds,
        device,
    }
}

/// An environment in which no browser is used.
fn no_browser(name: &str) -> Option<String> {
    (name == VARIABLE).then(String::new)
}

async fn fails(url: String) -> Failure {
    let views = [view(url, 1.0, Device::IPhone)];
    watch(&views, &no_browser, &CancellationToken::new())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn what_viewers_do_over_http_is_what_the_collector_learns() {
    let world = World::start().await;
    let views = [
        view(world.printed(&live()), 1.5, Device::IPhone),
        view(world.shared(SHORT), 9.0, Device::Desktop),
    ];
    let (watched, method) = watch(&views, &no_browser, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(method, Method::Http);
    let told: Vec<_> = watched
        .iter()
        .map(|each| (each.url.as_str(), each.seconds))
        .collect();
    assert_eq!(
        told,
        [(views[0].url.as_str(), 1.5), (views[1].url.as_str(), 0.7)]
    );
    assert!(watched.iter().all(|each| each.title == "Open-air weekend"));
    assert!(watched.iter().all(|each| each.screenshot_png.is_none()));

    let (phone, computer): (Vec<ViewEvent>, Vec<ViewEvent>) = world
        .events()
        .into_iter()
        .partition(|event| event.video_id == LONG.to_string());
    let course = |events: &[ViewEvent]| -> Vec<String> {
        let step = |event: &ViewEvent| format!("{}{} {}", event.event, event.cen, event.state);
        events.iter().map(step).collect()
    };
    assert_eq!(
        course(&phone),
        ["ceqr-scan ", "ps d", "ps s", "ps p", "t p", "ps q", "b q"]
    );
    assert_eq!(
        course(&computer),
        ["ps d", "ps s", "ps p", "ps e", "ps q", "b q"]
    );
    for event in &phone {
        assert_eq!(event.short_id, live().to_string());
        assert_eq!(
            (event.placement.as_str(), event.src.as_str()),
            ("Lobby", "qr")
        );
        assert_eq!(
            (event.device_type, event.os.as_str()),
            (DeviceType::Mobile, "ios")
        );
    }
    for event in &computer {
        assert_eq!((event.src.as_str(), event.short_id.as_str()), ("link", ""));
        assert_eq!(event.device_type, DeviceType::Desktop);
    }
    for (events, ms) in [(&phone, 1_500), (&computer, 700)] {
        let each: u64 = events.iter().filter_map(|event| event.watch_ms).sum();
        let total = events.iter().filter_map(|event| event.watch_total_ms).max();
        assert_eq!((each, total), (ms, Some(ms)));
        assert_eq!(
            events.iter().filter(|event| event.msd_ms.is_some()).count(),
            1
        );
        let sessions: std::collections::HashSet<_> =
            events.iter().map(|event| &event.session_id).collect();
        assert_eq!(sessions.len(), 1);
    }
}

#[tokio::test]
async fn a_link_that_leads_to_no_video_is_said_and_not_counted() {
    let world = World::start().await;
    for (url, why) in [
        (world.printed(&revoked()), "revoked"),
        (world.shared(Uuid::from_u128(4)), "notfound"),
        (format!("{}/healthz", world.base), "no play page"),
        ("http://127.0.0.1:1/play/x".to_owned(), "127.0.0.1:1"),
    ] {
        let failure = fails(url.clone()).await;
        assert!(failure.detail.starts_with(&url), "{failure}");
        assert!(failure.detail.contains(why), "{failure}");
    }
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn a_video_that_is_not_served_is_not_watched() {
    let world = World::start().await;
    let failure = fails(world.shared(EMPTY)).await;
    assert!(failure.detail.contains("416"), "{failure}");
    assert!(
        !failure.detail.contains("/m/"),
        "the media's address is a secret: {failure}"
    );
    let states: Vec<_> = world
        .events()
        .into_iter()
        .map(|event| event.state)
        .collect();
    assert_eq!(states, ["d", "s"], "nothing was played");
}

#[tokio::test]
async fn a_view_ends_when_it_is_cancelled() {
    let world = World::start().await;
    let views = [view(world.printed(&live()), 600.0, Device::Android)];
    let cancel = CancellationToken::new();
    let cancelling = async {
        world.records.asked.notified().await;
        cancel.cancel();
    };
    let (made, ()) = tokio::join!(watch(&views, &no_browser, &cancel), cancelling);
    assert_eq!(made.unwrap_err().code, Code::Cancelled);
}

#[tokio::test]
async fn what_can_be_no_view_is_refused() {
    let page = "http://127.0.0.1:1/play/x";
    for (url, seconds) in [
        (page, -1.0),
        (page, f64::NAN),
        (page, f64::INFINITY),
        (page, 1e9),
        ("file:///etc/passwd", 1.0),
        ("go.example/P/X", 1.0),
    ] {
        let views = [view(url.to_owned(), seconds, Device::IPhone)];
        let made = watch(&views, &no_browser, &CancellationToken::new()).await;
        assert_eq!(made.unwrap_err().code, Code::BadInput, "{url} {seconds}");
    }
}

#[test]
fn methods_have_names() {
    let version = "156.0.8078.79".to_owned();
    assert_eq!(
        Method::Chromium { version }.to_string(),
        "Chromium 156 with phone emulation"
    );
    assert_eq!(Method::Http.to_string(), "HTTP clients");
}

#[cfg(unix)]
mod choice {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn program(dir: &Path, name: &str, mode: u32) -> PathBuf {
        let path = dir.join(name);
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_named_browser_comes_before_those_on_the_path() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        program(first.path(), "chromium", 0o644);
        program(first.path(), "chromium-browser", 0o755);
        let chrome = program(second.path(), "google-chrome", 0o755);
        let path = std::env::join_paths([first.path(), second.path()]).unwrap();
        let path = path.into_string().unwrap();
        let find = |named: Option<&str>| {
            let named = named.map(str::to_owned);
            let path = path.clone();
            find_chromium(&move |name: &str| match name {
                VARIABLE => named.clone(),
                "PATH" => Some(path.clone()),
                _ => None,
            })
        };
        assert_eq!(find(None), Some(chrome), "a file that can't be run is none");
        assert_eq!(
            find(Some("/opt/a browser")),
            Some(PathBuf::from("/opt/a browser"))
        );
        assert_eq!(find(Some("")), None);
    }

    #[tokio::test]
    async fn a_browser_that_does_not_start_is_replaced_unless_it_was_named() {
        let world = World::start().await;
        let views = [view(world.shared(SHORT), 0.1, Device::IPhone)];
        let dir = tempfile::tempdir().unwrap();
        // A shell knows none of the flags, and says so.
        std::os::unix::fs::symlink("/bin/sh", dir.path().join("chromium")).unwrap();
        let path = dir.path().to_str().unwrap().to_owned();
        let found = move |name: &str| (name == "PATH").then(|| path.clone());
        let (_, method) = watch(&views, &found, &CancellationToken::new())
            .await
            .unwrap();
        assert_eq!(method, Method::Http);

        let named = |name: &str| (name == VARIABLE).then(|| "/bin/sh".to_owned());
        let failure = watch(&views, &named, &CancellationToken::new())
            .await
            .unwrap_err();
        assert!(failure.detail.contains("/bin/sh: it ended: "), "{failure}");
        assert!(failure.hint.contains(VARIABLE));
        let missing = |name: &str| (name == VARIABLE).then(|| "/no/browser".to_owned());
        let failure = watch(&views, &missing, &CancellationToken::new())
            .await
            .unwrap_err();
        assert!(failure.detail.starts_with("/no/browser: "), "{failure}");
    }
}
