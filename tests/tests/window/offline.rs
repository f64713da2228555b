//! Without a network: everything works, and what waits is sent when it is back.

use tests::fault_proxy::FaultProxy;
use tests::media::{MediaSpec, generate};
use tests::seaweed::SeaweedFs;
use tests::window::{Home, Screen, Window};

use crate::source_monitor::{mark, open};

const PREFIX: &str = "window-offline";

#[test]
fn work_goes_on_without_a_network_and_is_sent_when_it_is_back() {
    let spec = MediaSpec::small(58);
    let server = SeaweedFs::shared();
    let proxy = FaultProxy::start(&server.endpoint);
    let home = Home::new().configured(&format!(
        "[s3.studio]\nendpoint = \"{}\"\nbucket = \"{}\"\nregion = \"{}\"\nprefix = \"{PREFIX}\"\naccess_key = \"{}\"\n",
        proxy.endpoint, server.bucket, server.region, server.access_key
    ));
    let home = home.knowing("STRINGOUT_S3_STUDIO_SECRET_KEY", &server.secret_key);
    let file = generate(&spec).display().to_string();
    home.stringout()
        .json(["ingest", &file, "--label", "Take one"]);
    proxy.go_offline();
    let screen = Screen::start();
    let window = Window::open(&home, &screen);
    open(&window, "Take one");
    mark(&window, &spec, 10, 69);
    window.press("a");
    window.press("p");
    window.wait_for("span-row");
    window.press("Ctrl+Enter");
    window.wait_for("verified");
    window.click("publish");
    window.wait_for("published");

    says(&window, "Offline since");
    says(&window, "Outbox: 1 waiting");
    window.click("open-outbox");
    window.wait_for_count("outbox-item", 1);
    // The next cut does not wait for anything.
    window.press("Escape");
    mark(&window, &spec, 90, 119);
    window.press("a");
    window.wait_for_text("duration-record", "00:00:03:00");
    assert_eq!(server.bucket().list(PREFIX), Vec::<String>::new());

    proxy.go_online();
    window.click("outbox-send");
    window.wait_for_count("outbox-item", 0);
    says(&window, "Outbox: empty");
    window.wait_until(
        "it is online again",
        "return !document.querySelector('[data-testid=statusbar]').textContent.includes('Offline');",
    );
    // The video once, and beside it its poster, its record and its edit.
    let keys = server.bucket().list(PREFIX);
    let videos = keys.iter().filter(|key| key.ends_with(".mp4")).count();
    assert_eq!((videos, keys.len()), (1, 4), "{keys:?}");
}

/// Waits until the bottom of the window has these words.
#[track_caller]
fn says(window: &Window<'_>, words: &str) {
    window.wait_until(
        &format!("the status bar says `{words}`"),
        &format!(
            "return document.querySelector('[data-testid=statusbar]').textContent.includes('{words}');"
        ),
    );
}
