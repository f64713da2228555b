//! Starts: the second of a workspace, and the one after a crash.

use std::process::Command;
use std::time::Duration;

use tests::media::{MediaSpec, generate};
use tests::stringout::Stringout;
use tests::window::{Home, Screen, Window, program};

use crate::source_monitor::{mark, open};

/// A second start has nothing to do but to say so; the machine may be busy.
const QUICK: Duration = Duration::from_secs(20);

const TITLE: &str = "^Stringout$";

#[test]
fn a_second_start_raises_the_window_that_is_open() {
    let home = Home::new();
    let screen = Screen::start();
    let window = Window::open(&home, &screen);
    println!(
        "from the start to the first panel: {:?}",
        window.started_in()
    );
    let visible = ["search", "--sync", "--onlyvisible", "--name", TITLE];
    let id = screen.xdotool(&visible);
    screen.xdotool(&["windowunmap", "--sync", &id]);
    assert_eq!(
        screen.xdotool(&["search", "--name", TITLE]),
        id,
        "it is hidden, not gone"
    );

    let mut second = Command::new(program());
    home.live_in(screen.show_on(&mut second));
    second.arg("--workspace").arg(home.workspace());
    let second = Stringout::new().within(QUICK).start_command(second);
    second.finish().expect_code(0);

    assert_eq!(screen.xdotool(&visible), id, "it is shown again");
    window.click("show-metrics");
    window.wait_for("view-metrics");
}

#[test]
fn what_was_cut_survives_a_crash() {
    let spec = MediaSpec::small(53);
    let home = Home::new();
    let file = generate(&spec).display().to_string();
    home.stringout()
        .json(["ingest", &file, "--label", "Take one"]);
    let screen = Screen::start();
    let window = Window::open(&home, &screen);
    open(&window, "Take one");
    mark(&window, &spec, 10, 39);
    window.press("a");
    window.wait_for_text("duration-record", "00:00:01:00");
    window.crash();

    let window = Window::open(&home, &screen);
    window.wait_for_text("duration-record", "00:00:01:00");
    window.wait_until(
        "the clip is on the timeline",
        "return document.querySelectorAll('[data-testid=clip-list] li').length === 1;",
    );
}

#[test]
fn a_kill_in_the_middle_of_a_compile_leaves_the_cut_and_no_file() {
    let spec = MediaSpec {
        frames: 250,
        ..MediaSpec::hd(59)
    };
    let home = Home::new();
    let file = generate(&spec).display().to_string();
    home.stringout()
        .json(["ingest", &file, "--label", "Long take"]);
    let screen = Screen::start();
    let window = Window::open(&home, &screen);
    open(&window, "Long take");
    mark(&window, &spec, 1, 248);
    for part in 1..=6 {
        window.press("a");
        clips(&window, part);
    }
    window.press("p");
    window.wait_for("span-row");
    // Everything is encoded: that takes long enough to be killed in.
    window.click("choice-render");
    window.press("Ctrl+Enter");
    window.wait_until(
        "it writes",
        "return parseInt(document.querySelector('[data-testid=compile-percent]')?.textContent) > 0;",
    );
    window.crash();
    let whole = || -> Vec<String> {
        let folder = home.workspace().join("compiled");
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter(|name| !name.starts_with('.')).collect()
    };
    assert_eq!(whole(), Vec::<String>::new(), "half a file has no name");

    let window = Window::open(&home, &screen);
    clips(&window, 6);
    window.press("p");
    window.wait_for("span-row");
    window.press("Ctrl+Enter");
    window.wait_for("verified");
    assert_eq!(whole().len(), 1);
    let folder = home.workspace().join("compiled");
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "what was left over is gone: {left:?}");
}

#[track_caller]
fn clips(window: &Window<'_>, count: usize) {
    window.wait_until(
        &format!("there are {count} clips"),
        &format!(
            "return document.querySelectorAll('[data-testid=clip-list] li').length === {count};"
        ),
    );
}
