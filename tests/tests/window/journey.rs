//! The whole job by hand: from a file to a code on paper, and to the numbers of who watched.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tests::check::{self, Options};
use tests::http::Client;
use tests::media::{MediaSpec, generate};
use tests::server_process::ServerProcess;
use tests::window::{Home, Screen, Window};
use tests::{chromium, qr};

use crate::source_monitor::{mark, open, stands_at};

/// First and last frames of the two clips. Both begin and end inside a GOP and have whole ones.
const PARTS: [(u32, u32); 2] = [(20, 95), (110, 169)];
/// So often a viewer tries to start a page that is slow.
const PRESSES: usize = 5;
const TITLE: &str = "Harbour, two parts";

#[test]
fn a_cut_is_made_published_printed_and_watched() {
    let spec = MediaSpec {
        bframes: 2,
        ..MediaSpec::small(54)
    };
    let folder = tempfile::tempdir().unwrap();
    let take = folder.path().join("Harbour.mp4");
    fs::copy(generate(&spec), &take).unwrap();
    let home = Home::new().choosing(&take);
    let screen = Screen::start();
    let window = Window::open(&home, &screen);
    println!(
        "from the start to the first panel: {:?}",
        window.started_in()
    );

    ingest(&window);
    cut(&window, &spec);
    let file = compile(&window, &home, &spec);
    let play_url = publish(&window);
    let printed = print(&window, &home);

    let page = Client::new().get(&play_url, &[]);
    assert_eq!(page.status, 200);
    assert!(page.text().contains(TITLE), "{}", page.text());
    watch(&window, &screen, &printed);
    assert!(file.is_file());
}

/// The footage that a new workspace begins with comes by itself; the file by its key.
fn ingest(window: &Window<'_>) {
    window.wait_for_count("source-row", 3);
    window.press("Ctrl+i");
    window.wait_for_count("source-row", 4);
}

/// Two parts, the second found by steps.
fn cut(window: &Window<'_>, spec: &MediaSpec) {
    open(window, "Harbour");
    let [(first, last), (next, end)] = PARTS;
    mark(window, spec, first, last);
    window.press("ArrowRight");
    stands_at(window, last + 1);
    window.press("ArrowLeft");
    stands_at(window, last);
    window.press("a");
    clips(window, 1);
    mark(window, spec, next, end);
    window.press("a");
    clips(window, 2);
    window.press("Ctrl+z");
    clips(window, 1);
    window.press("Ctrl+Shift+z");
    clips(window, 2);
}

fn clips(window: &Window<'_>, count: usize) {
    window.wait_until(
        &format!("there are {count} clips"),
        &format!(
            "return document.querySelectorAll('[data-testid=clip-list] li').length === {count};"
        ),
    );
}

/// Reads the plan, compiles it, and looks at the file with other eyes.
fn compile(window: &Window<'_>, home: &Home, spec: &MediaSpec) -> PathBuf {
    window.press("p");
    window.wait_for("span-row");
    let rows = window.texts("span-row").join("\n");
    assert!(
        rows.contains("Copy") && rows.contains("Re-encode"),
        "{rows}"
    );
    let share = window.text("copied-share");
    assert!(
        share.ends_with(" %") && share != "0 %" && share != "100 %",
        "{share}"
    );

    window.press("Ctrl+Enter");
    window.wait_for("verified");
    let said = window.text("verified");
    assert!(said.starts_with("Verified"), "{said}");
    let name = window.text("compiled-file");
    let file = home
        .workspace()
        .join("compiled")
        .join(Path::new(&name).file_name().unwrap());
    let bytes = fs::read(&file).unwrap();
    let hash: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(window.attribute("compiled-sha256", "dataset.full"), hash);

    let options = Options {
        sources: vec![spec.clone()],
        ..Options::default()
    };
    let seen = check::check_with(&file, &options);
    seen.assert_frames(&PARTS.map(|(first, last)| (spec.clip, first..=last)));
    seen.assert_even_pts(spec.rate);
    seen.assert_av_sync(10.0);
    seen.assert_decodes_cleanly();
    file
}

/// Publishes under a title that is typed, and answers with the link.
fn publish(window: &Window<'_>) -> String {
    window.click("publish-title");
    window.press("Ctrl+a");
    window.type_text(TITLE);
    window.click("publish");
    window.wait_for("published");
    window.text("play-url")
}

/// Prints a poster for two places, reads the code from the screen and from the paper, and answers
/// with what it says.
fn print(window: &Window<'_>, home: &Home) -> String {
    window.click("make-sheet");
    window.wait_for("view-sheets");
    window.click("template-poster-a4");
    window.click("placements");
    window.type_text("Gate 1\nGate 2");
    window.click("sheet-start");
    window.wait_for("qr-code");
    window.wait_for_count("code-row", 2);
    window.wait_until(
        "the page is there as it will be printed",
        "return document.querySelector('img[data-testid=sheet-page]')?.naturalWidth > 0;",
    );
    let url = window.attribute("code-url", "title");

    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("code.png");
    window
        .picture()
        .crop(window.rect("[data-testid=qr-code]"))
        .save(&picture);
    assert_eq!(
        qr::in_picture(&picture),
        [url.as_str()],
        "scanned from the screen"
    );

    window.click("open-pdf");
    let pdf = opened(home);
    let codes = qr::in_pdf(&pdf, 150).concat();
    assert_eq!(codes.len(), 2, "{codes:?}");
    assert!(codes.contains(&url), "{url} is not in {codes:?}");
    url
}

/// The file that the window had another program open.
fn opened(home: &Home) -> PathBuf {
    let begun = Instant::now();
    loop {
        let opened = home.opened();
        if let Some(path) = opened.first().and_then(|line| line.strip_prefix("open ")) {
            return PathBuf::from(path);
        }
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "nothing was opened: {opened:?}"
        );
        thread::yield_now();
    }
}

/// Somebody scans the code and watches; the numbers rise.
fn watch(window: &Window<'_>, screen: &Screen, url: &str) {
    window.click("show-metrics");
    window.wait_for("numbers");
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Command::new(chromium::find());
    browser
        .args([
            "--no-sandbox",
            "--no-first-run",
            "--disable-gpu",
            "--disable-background-networking",
            "--mute-audio",
            "--no-proxy-server",
            "--password-store=basic",
            "--window-position=0,0",
            "--window-size=600,900",
        ])
        .arg(format!("--app={url}"))
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _browser = ServerProcess::spawn(screen.show_on(&mut browser), &[]);
    let on_page = [
        "search",
        "--sync",
        "--onlyvisible",
        "--name",
        TITLE,
        "windowfocus",
    ];
    screen.xdotool(&on_page);
    window.wait_for_text("metric-qr-scans-value", "1");
    let played = "return document.querySelector('[data-testid=metric-session-views-value]')\
                  .textContent === '1';";
    // Before the page is ready a key does nothing.
    let key_of_play = [&on_page[..], &["mousemove", "300", "200", "key", "k"]].concat();
    let heard = (0..PRESSES).any(|_| {
        screen.xdotool(&key_of_play);
        window.is_soon(played)
    });
    assert!(heard, "the video was started and not counted as played");
}
