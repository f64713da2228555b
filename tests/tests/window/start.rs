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
