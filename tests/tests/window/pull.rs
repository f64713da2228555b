//! Where no socket opens, the pictures are asked for one by one, and are the right ones.

use tests::media::{MediaSpec, generate};
use tests::window::{Home, Screen, Window};

use crate::source_monitor::{go, open, shows_what_it_says, stands_at};

/// Closes the sockets that are open as soon as they are used, and lets no other open.
const NO_SOCKETS: &str = "WebSocket.prototype.send = function () { this.close(); }; \
    window.WebSocket = function () { throw new Error('no sockets'); };";

#[test]
fn without_a_socket_the_pictures_are_pulled() {
    let spec = MediaSpec {
        frames: 250,
        ..MediaSpec::hd(52)
    };
    let home = Home::new();
    let file = generate(&spec).display().to_string();
    home.stringout()
        .json(["ingest", &file, "--label", "Numbers"]);
    let screen = Screen::start();
    let window = Window::open(&home, &screen);
    window.click("lesson-dismiss");
    window.wait_for_count("lesson-dismiss", 0);
    open(&window, "Numbers");
    go(&window, &spec, 12);
    shows_what_it_says(&window, &spec);

    window.run(NO_SOCKETS);
    // The step uses the sockets, which closes them.
    window.press("ArrowRight");
    stands_at(&window, 13);
    window.wait_until(
        "the pictures are pulled",
        "return document.querySelector('[data-testid=truth-source]').textContent.includes('Pulled');",
    );
    for frame in [13, 14, 77, spec.gop * 2 - 1, spec.frames - 1] {
        go(&window, &spec, frame);
        let (shown, _) = shows_what_it_says(&window, &spec);
        assert_eq!(shown, frame);
    }
}
