//! The picture is always of the frame whose number is written below it.

use tests::media::{MediaSpec, generate};
use tests::window::{Home, Screen, Window};

use crate::source_monitor::{go, open, shows_what_it_says, stands_at};

const SEEKS: u32 = 20;

#[test]
fn the_number_below_the_picture_is_of_the_picture() {
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
    no_lesson(&window);
    open(&window, "Numbers");

    let mut looks = 0;
    let mut check = |frame: u32| {
        stands_at(&window, frame);
        let (shown, took) = shows_what_it_says(&window, &spec);
        assert_eq!(shown, frame);
        looks += took - 1;
    };
    check(0);
    for frame in chosen(spec.frames) {
        go(&window, &spec, frame);
        check(frame);
    }

    // Over the border of a GOP and back: the frames before it are decoded from the one before.
    go(&window, &spec, spec.gop * 2);
    check(spec.gop * 2);
    for (key, frame) in [
        ("ArrowLeft", spec.gop * 2 - 1),
        ("ArrowLeft", spec.gop * 2 - 2),
        ("ArrowRight", spec.gop * 2 - 1),
        ("ArrowRight", spec.gop * 2),
        ("Shift+ArrowLeft", spec.gop * 2 - 10),
        ("End", spec.frames - 1),
        ("Home", 0),
    ] {
        window.press(key);
        check(frame);
    }
    println!("pictures that came after their numbers: {looks}");
}

#[test]
fn playing_stops_at_the_frame_it_shows() {
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
    no_lesson(&window);
    open(&window, "Numbers");

    window.press("l");
    window.wait_until(
        "a second was played",
        "return Number(document.querySelector('[data-testid=frame-source]').textContent) >= 25;",
    );
    window.press("k");
    window.wait_until(
        "it is paused",
        "return document.querySelector('[data-testid=truth-source]').textContent.startsWith('Paused') \
         && document.querySelector('[data-testid=truth-source]').textContent.endsWith('exact');",
    );
    let (stopped, _) = shows_what_it_says(&window, &spec);
    assert!(stopped >= 25 && stopped < spec.frames, "{stopped}");
    // The next step counts from the frame that is seen.
    window.click("step-on-source");
    stands_at(&window, stopped + 1);
    assert_eq!(shows_what_it_says(&window, &spec).0, stopped + 1);
}

/// Puts the lesson away: what it says about marks would lie over the picture.
fn no_lesson(window: &Window<'_>) {
    window.click("lesson-dismiss");
    window.wait_for_count("lesson-dismiss", 0);
}

/// Frames in no order, the same in every run.
fn chosen(frames: u32) -> impl Iterator<Item = u32> {
    let mut state = 0x5eed_u64;
    (0..SEEKS).map(move |_| {
        // Knuth's MMIX generator; its high bits are the random ones.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((state >> 33) % u64::from(frames)).expect("less than the frames")
    })
}
