//! The source monitor as its user has it: opened, moved by keys, and looked at.

use tests::media::{Code, MediaSpec};
use tests::window::Window;

/// The screen and the page are two programs: the picture may come a little after the number.
const LOOKS: u32 = 20;

/// Opens the source with this title and waits for its first picture.
#[track_caller]
pub(crate) fn open(window: &Window<'_>, title: &str) {
    window.wait_until(
        &format!("`{title}` is in the browser"),
        &format!(
            "return [...document.querySelectorAll('[data-testid=source-row]')]\
             .some((row) => row.textContent.includes('{title}'));"
        ),
    );
    window.click_on("source-row", title);
    window.wait_for_text("frame-source", "0");
}

/// Types the timecode of a frame and waits until its number is there.
#[track_caller]
pub(crate) fn go(window: &Window<'_>, spec: &MediaSpec, frame: u32) {
    window.click("timecode-source");
    // Nobody types before the field is there.
    window.wait_until(
        "a timecode can be typed",
        "return document.activeElement?.dataset.testid === 'timecode-typing-source';",
    );
    window.type_text(&format!("{}\n", timecode(spec, frame)));
    stands_at(window, frame);
}

/// Waits until the number of an exact frame is there.
#[track_caller]
pub(crate) fn stands_at(window: &Window<'_>, frame: u32) {
    window.wait_until(
        &format!("the source monitor shows frame {frame}"),
        &format!(
            "return document.querySelector('[data-testid=frame-source]')?.textContent === '{frame}' \
             && document.querySelector('[data-testid=truth-source]').textContent.endsWith('exact');"
        ),
    );
}

/// Marks a part of the open flow, both frames in it, and waits until both marks are there.
#[track_caller]
pub(crate) fn mark(window: &Window<'_>, spec: &MediaSpec, first: u32, last: u32) {
    go(window, spec, first);
    window.press("i");
    go(window, spec, last);
    window.press("o");
    window.wait_for_text("duration-source", &timecode(spec, last + 1 - first));
}

/// Reads the number of the frame on the screen from its pixels, beside the number that is written
/// there.
#[track_caller]
fn seen(window: &Window<'_>) -> (Option<Code>, u32) {
    let written = window.text("frame-source");
    let area = window.rect("[data-testid=monitor-source] canvas");
    let code = window.picture().crop(area).code();
    (code, written.parse().expect("a frame has a number"))
}

/// Looks until the pixels are of the frame that is written there, and answers with its number and
/// how often it had to look.
#[track_caller]
pub(crate) fn shows_what_it_says(window: &Window<'_>, spec: &MediaSpec) -> (u32, u32) {
    let mut all = Vec::new();
    for looks in 1..=LOOKS {
        let (code, written) = seen(window);
        let clip = spec.clip;
        if code
            == Some(Code {
                clip,
                number: written,
            })
        {
            return (written, looks);
        }
        all.push((code, written));
    }
    panic!("the picture is not of the frame that is written below it: {all:?}");
}

/// `HH:MM:SS:FF` at a whole number of frames a second.
fn timecode(spec: &MediaSpec, frame: u32) -> String {
    assert_eq!(spec.rate.den, 1, "this counts whole frames a second");
    let (seconds, frames) = (frame / spec.rate.num, frame % spec.rate.num);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    format!("00:{minutes:02}:{seconds:02}:{frames:02}")
}
