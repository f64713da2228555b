//! Media that are none, or damaged, or gone.

use std::fs;
use std::path::{Path, PathBuf};

use tests::check::check;
use tests::media::remux;
use tests::media::{Container, MediaSpec, generate};

use crate::place::{Place, assert_failure, take, take_file};

/// Neither ingested, nor compiled, nor published; and nothing is left of the attempts.
#[track_caller]
fn assert_refused(file: &Path, exit: i32, code: &str, words: &[&str]) {
    let place = Place::new();
    let name = file.display().to_string();
    let words = [&[name.as_str()][..], words].concat();
    assert_failure(&place.run(&["ingest", &name]), exit, code, &words);
    assert_failure(&place.compile(&name, "out.mp4", &[]), exit, code, &words);
    assert_failure(&place.run(&["plan", "--clip", &name]), exit, code, &words);
    assert_failure(&place.run(&["publish", &name]), exit, code, &words);
    assert_eq!(place.names(), [""; 0]);
    for list in ["sources", "flows", "compilations", "outbox"] {
        assert_eq!(
            place.stringout.json([list]),
            serde_json::json!([]),
            "{list}"
        );
    }
}

#[test]
fn a_letter_is_no_video() {
    assert_refused(&remux::not_a_video(), 3, "not_media", &[]);
}

#[test]
fn an_empty_file_is_no_video() {
    let place = Place::new();
    assert_refused(&place.write("empty.mp4", ""), 3, "not_media", &["empty"]);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let place = Place::new();
    assert_refused(&place.path("gone.mp4"), 3, "not_found", &[]);
}

#[test]
fn a_folder_is_no_video() {
    let place = Place::new();
    let folder = place.path("films");
    fs::create_dir(&folder).unwrap();
    let name = folder.display().to_string();
    for answer in [
        place.run(&["ingest", &name]),
        place.compile(&name, "out.mp4", &[]),
    ] {
        let error = answer.error(3).clone();
        let code = error["code"].as_str().unwrap();
        // Nothing was to be written.
        assert!(["bad_input", "not_media"].contains(&code), "{error:#}");
        assert!(
            error["detail"].as_str().unwrap().contains(&name),
            "{error:#}"
        );
    }
}

#[test]
fn an_mp4_that_lost_its_index_is_damaged() {
    assert_refused(&remux::truncated(&take_file(), 60), 3, "damaged", &["moov"]);
}

#[test]
fn an_mp4_that_was_cut_off_is_damaged_from_there_on() {
    let front = generate(&MediaSpec {
        container: Container::Mp4FastStart,
        ..take()
    });
    assert_refused(
        &remux::truncated(&front, 60),
        3,
        "damaged",
        &[" s: ", "cut off"],
    );
}

/// What a transport stream has before the place where it was cut off is used, down to the last frame
/// that can be shown without a hole, and it is said that the rest is missing.
#[test]
fn a_transport_stream_that_was_cut_off_gives_what_is_whole() {
    let whole = generate(&MediaSpec {
        container: Container::Ts,
        ..take()
    });
    for percent in [55, 57, 61, 66, 71] {
        let place = Place::new();
        let cut = remux::truncated(&whole, percent);
        let answer = place.compile(cut.to_str().unwrap(), "out.mp4", &[]);
        answer.expect_code(0);
        let found = check(&place.path("out.mp4"));
        let last = u32::try_from(found.frames.len()).unwrap() - 1;
        assert!(last > 50, "{percent} %: only {last}");
        let held = found.expect_frames(&[(8, 0..=last)]);
        held.unwrap_or_else(|problem| panic!("{percent} %: {problem}"));
        let even = found.expect_even_pts(take().rate);
        even.unwrap_or_else(|problem| panic!("{percent} %: {problem}"));
        found.assert_decodes_cleanly();
        let issues = answer.document()["issues"].as_array().unwrap();
        assert!(!issues.is_empty(), "{percent} %: nothing is said");
        place.ingest(&cut);
    }
}

#[test]
fn a_lost_key_frame_is_named_with_its_time() {
    let place = Place::new();
    let lost = remux::without_key_frame(&take_file(), 2);
    let name = lost.display().to_string();
    // The second GOP that is left would run on into what has no key frame. The time that is named is
    // of the stream's own clock, which begins after a second or more.
    let answer = place.compile(&format!("{name}@65f..80f"), "out.mp4", &[]);
    assert_failure(&answer, 3, "damaged", &[&name, " s: ", "missing"]);
    assert_eq!(place.names(), [""; 0]);
    assert_failure(&place.run(&["ingest", &name]), 3, "damaged", &[&name]);
}

#[test]
fn video_that_can_not_be_cut_yet_is_named() {
    let old = remux::derived(&take_file(), "mp4", &["-c:v", "mpeg4", "-c:a", "copy"]);
    let place = Place::new();
    let name = old.display().to_string();
    let words: &[&str] = &[&name, "mp4v-es"];
    assert_failure(&place.run(&["ingest", &name]), 3, "unsupported", words);
    assert_failure(
        &place.compile(&name, "out.mp4", &[]),
        3,
        "unsupported",
        words,
    );
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn what_phones_do_not_play_is_not_published() {
    let place = Place::new();
    let take = take_file().display().to_string();
    for name in ["film.ts", "film.mkv"] {
        place.compile(&take, name, &[]).expect_code(0);
        let file = place.arg(name);
        let answer = place.run(&["publish", &file]);
        let error = assert_failure(&answer, 3, "unsupported", &[&file, "phones"]);
        assert!(error["hint"].as_str().unwrap().contains(".mp4"), "{error}");
    }
    let records = place.run(&["compilations"]);
    assert_eq!(records.document(), &serde_json::json!([]));
}

#[test]
fn sound_alone_is_no_video() {
    let sound = remux::derived(&take_file(), "m4a", &["-vn", "-c:a", "copy"]);
    let place = Place::new();
    let name = sound.display().to_string();
    assert_failure(
        &place.run(&["ingest", &name]),
        3,
        "unsupported",
        &[&name, "video"],
    );
    assert_failure(
        &place.compile(&name, "out.mp4", &[]),
        3,
        "unsupported",
        &[&name, "video"],
    );
}

/// Every stored object of a workspace, by the order in which they were stored.
fn objects(place: &Place) -> Vec<PathBuf> {
    let mut folders = vec![place.path("workspace/node/objects")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn an_object_that_vanished_is_named_and_comes_back_with_its_media() {
    let place = Place::new();
    let flow = place.ingest(&take_file());
    let segments = place.stringout.json(["segments", &flow]);
    let object = segments[1]["object_id"].as_str().unwrap().to_owned();
    let stored = objects(&place);
    assert_eq!(stored.len(), 4);
    fs::remove_file(&stored[1]).unwrap();

    let clip = format!("flow:{flow}");
    let answer = place.compile(&clip, "out.mp4", &[]);
    let error = assert_failure(&answer, 3, "missing_object", &[&object]);
    assert!(
        error["hint"].as_str().unwrap().contains("Ingest"),
        "{error:#}"
    );
    assert_eq!(place.names(), [""; 0]);
    // What the hint says, helps.
    assert_eq!(place.ingest(&take_file()), flow);
    place.compile(&clip, "out.mp4", &[]).expect_code(0);
    check(&place.path("out.mp4")).assert_frames(&[(8, 0..=119)]);
}

#[test]
fn an_object_that_was_damaged_is_named() {
    let place = Place::new();
    let flow = place.ingest(&take_file());
    let segments = place.stringout.json(["segments", &flow]);
    let object = segments[2]["object_id"].as_str().unwrap().to_owned();
    let path = objects(&place).remove(2);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let answer = place.compile(&format!("flow:{flow}"), "out.mp4", &[]);
    let error = answer.error(3);
    assert_eq!(error["code"], "damaged", "{answer}");
    assert!(
        error["detail"].as_str().unwrap().contains(&object),
        "{error:#}"
    );
    assert_eq!(place.names(), [""; 0]);
}
