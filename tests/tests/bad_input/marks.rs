//! Marks and references that name nothing.

use crate::place::{Place, assert_failure, take_file};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// Each reference to the same four seconds: the file, and the flow that was ingested from it.
fn references(place: &Place) -> [String; 2] {
    let file = take_file();
    let flow = place.ingest(&file);
    [file.display().to_string(), format!("flow:{flow}")]
}

#[test]
fn marks_outside_the_source_are_refused() {
    let place = Place::new();
    for reference in references(&place) {
        for (marks, name) in [
            ("0f..121f", "out point"),
            ("121f..", "in point"),
            ("-1f..5f", "in point"),
            ("0s..4.1s", "out point"),
            ("5s..", "in point"),
            ("-0.5s..1s", "in point"),
            ("1:0..9:0", "out point"),
            ("-1:0..1:0", "in point"),
            ("00:00:01:00..00:00:04:01", "out point"),
        ] {
            let clip = format!("{reference}@{marks}");
            let answer = place.compile(&clip, "out.mp4", &[]);
            let words = [clip.as_str(), name, "120 frames", "4:0"];
            assert_failure(&answer, 3, "out_of_range", &words);
        }
    }
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn clips_without_a_frame_are_refused() {
    let place = Place::new();
    for reference in references(&place) {
        for marks in [
            "50f..50f",
            "60f..50f",
            "2s..1s",
            "1s..1s",
            "1.001s..1.002s",
            "3:0..2:0",
            "120f..",
        ] {
            let clip = format!("{reference}@{marks}");
            let answer = place.compile(&clip, "out.mp4", &[]);
            let words = [clip.as_str(), "no frame", "in and out"];
            assert_failure(&answer, 3, "out_of_range", &words);
        }
    }
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn marks_that_are_no_times_are_refused() {
    let place = Place::new();
    for reference in references(&place) {
        for (marks, wrong) in [
            ("x..2f", "x"),
            ("1f..2q", "2q"),
            ("1.5..2s", "1.5"),
            ("00:00:01..2s", "00:00:01"),
            ("1s..1e3s", "1e3"),
            ("f..2f", ""),
            ("00:00:01:30..3s", "00:00:01:30"),
            ("00:00:01;05..3s", "00:00:01;05"),
        ] {
            let clip = format!("{reference}@{marks}");
            let answer = place.compile(&clip, "out.mp4", &[]);
            let error = assert_failure(&answer, 3, "bad_input", &[&clip, &format!("`{wrong}`")]);
            let hint = error["hint"].as_str().unwrap();
            assert!(
                hint.contains("30f") && hint.contains("HH:MM:SS:FF"),
                "{error:#}"
            );
        }
    }
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn the_wrong_one_of_several_clips_is_named() {
    let place = Place::new();
    let file = take_file().display().to_string();
    let (good, bad) = (format!("{file}@0f..30f"), format!("{file}@100f..130f"));
    let out = place.arg("out.mp4");
    let answer = place.run(&[
        "compile", "--clip", &good, "--clip", &bad, "--clip", &good, "--out", &out,
    ]);
    assert_failure(&answer, 3, "out_of_range", &[&bad]);
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn flows_and_sources_that_are_not_there_are_named() {
    let place = Place::new();
    for (reference, code, word) in [
        (format!("flow:{NOBODY}"), "not_found", NOBODY),
        (format!("source:{NOBODY}"), "not_found", NOBODY),
        (format!("tams://local/flows/{NOBODY}"), "not_found", NOBODY),
        ("flow:mine".to_owned(), "bad_input", "mine"),
        (format!("flow:studio/{NOBODY}"), "bad_input", "studio"),
        (
            format!("tams://elsewhere.example/flows/{NOBODY}"),
            "bad_input",
            "elsewhere.example",
        ),
    ] {
        let answer = place.compile(&format!("{reference}@0f..5f"), "out.mp4", &[]);
        assert_failure(&answer, 3, code, &[word]);
    }
    for (args, word) in [
        (["segments", NOBODY], NOBODY),
        (["compilations", NOBODY], NOBODY),
        (["metrics", NOBODY], NOBODY),
    ] {
        assert_failure(&place.run(&args), 3, "not_found", &[word]);
    }
    let entry = place.run(&["outbox", "retry", NOBODY]);
    assert_failure(&entry, 3, "not_found", &[NOBODY]);
    let timerange = place.run(&["segments", NOBODY, "--timerange", "yesterday"]);
    assert_failure(&timerange, 3, "bad_input", &["yesterday"]);
    assert_eq!(place.names(), [""; 0]);
}
