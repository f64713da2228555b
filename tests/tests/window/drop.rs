//! Files dropped on the window.

use std::fs;

use tests::media::{MediaSpec, generate};
use tests::window::{Home, Screen, Window};

use crate::source_monitor::open;

#[test]
fn a_dropped_file_is_ingested_and_one_that_is_no_video_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("Dropped take.mp4");
    fs::copy(generate(&MediaSpec::small(57)), &film).unwrap();
    let words = folder.path().join("shopping list.txt");
    fs::write(&words, "bread\nbutter\n").unwrap();
    let home = Home::new();
    let screen = Screen::start();
    let window = Window::open(&home, &screen);
    window.wait_for_count("source-row", 3);

    let drag = screen.drag(&film);
    window.wait_for("drop-overlay");
    drag.let_go();
    window.wait_for_count("source-row", 4);
    window.wait_for_count("drop-overlay", 0);
    open(&window, "Dropped take");

    screen.drag(&words).let_go();
    window.wait_until(
        "the failure is there",
        "return document.querySelector('[data-testid=ingest-row].failed') !== null;",
    );
    let said = window.texts("ingest-row").join("\n");
    assert!(said.contains("shopping list.txt"), "what: {said}");
    assert!(said.contains("not_media"), "its code: {said}");
    window.wait_for_count("source-row", 4);
}
