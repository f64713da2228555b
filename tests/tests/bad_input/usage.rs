//! Wrong command lines, and commands that need something to be set up first.

use crate::place::{Place, assert_failure, take_file};

#[test]
fn an_incomplete_command_exits_2() {
    let place = Place::new();
    let file = take_file().display().to_string();
    let out = place.arg("out.mp4");
    for (args, word) in [
        (&["juggle"][..], "juggle"),
        (&["compile", "--out", &out], "--clip"),
        (&["compile", "--clip", &file], "--out"),
        (
            &["compile", "--clip", &file, "--out", &out, "--mode", "fast"],
            "fast",
        ),
        (
            &["compile", "--clip", &file, "--out", &out, "--tape"],
            "--tape",
        ),
        (&["ingest"], "FILE"),
        (&["ingest", &file, "--segment-duration", "never"], "never"),
        (&["verify", &file], "--report"),
        (&["publish"], "publish"),
        (&["metrics", "first"], "first"),
        (
            &["sheet", "--template", "poster-a4", "--out", &out],
            "--compilation",
        ),
    ] {
        assert_failure(&place.run(args), 2, "usage", &[word]);
        // People get it on standard error, and nothing on standard output.
        let people = place.stringout.run(args);
        people.expect_code(2);
        assert!(
            people.stdout.is_empty() && people.stderr.contains(word),
            "{people}"
        );
    }
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn help_and_version_are_no_failures() {
    let place = Place::new();
    for args in [&["--help"][..], &["compile", "--help"], &["--version"]] {
        let answer = place.stringout.run(args);
        answer.expect_code(0);
        assert!(
            answer.stdout.to_lowercase().contains("stringout") && answer.stderr.is_empty(),
            "{answer}"
        );
    }
}

#[test]
fn a_print_without_a_public_address_is_refused() {
    let place = Place::new();
    let file = take_file().display().to_string();
    let published = place.stringout.json(["publish", &file]);
    let id = published["compilation_id"].as_str().unwrap();
    let out = place.arg("poster.pdf");
    let args = [
        "sheet",
        "--compilation",
        id,
        "--template",
        "poster-a4",
        "--out",
        &out,
    ];
    let error = assert_failure(&place.run(&args), 3, "no_base_url", &["base_url"]);
    let hint = error["hint"].as_str().unwrap();
    assert!(
        hint.contains("config set play.base_url") && hint.contains("--local"),
        "{error:#}"
    );
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn what_can_not_be_printed_is_named() {
    let place = Place::new();
    let file = take_file().display().to_string();
    let published = place.stringout.json(["publish", &file]);
    let id = published["compilation_id"].as_str().unwrap();
    let out = place.arg("poster.pdf");
    let print = |more: &[&str]| {
        let args = ["sheet", "--local", "--out", &out];
        place.run(&[&args[..], more].concat())
    };
    let unknown = "00000000-0000-4000-8000-000000000000";
    let answer = print(&["--compilation", unknown, "--template", "poster-a4"]);
    assert_failure(&answer, 3, "not_found", &[unknown]);
    let answer = print(&["--compilation", id, "--template", "billboard"]);
    let error = assert_failure(&answer, 3, "bad_input", &["billboard"]);
    assert!(
        error["hint"].as_str().unwrap().contains("sheet templates"),
        "{error:#}"
    );
    let table = place.write(
        "places.csv",
        format!("compilation_id,placement\n{id},Lobby\nnobody,Roof\n"),
    );
    let table = table.display().to_string();
    let answer = print(&["--csv", &table, "--template", "poster-a4"]);
    assert_failure(&answer, 3, "bad_input", &[&table, "line 3", "nobody"]);
    let nowhere = place.arg("nowhere/poster.pdf");
    let answer = place.run(&[
        "sheet",
        "--local",
        "--compilation",
        id,
        "--template",
        "poster-a4",
        "--out",
        &nowhere,
    ]);
    assert_failure(&answer, 3, "not_writable", &[&nowhere]);
    assert_eq!(place.names(), ["places.csv"]);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for server in ["node", "play"] {
        let answer = place.run(&[server, "serve", "--listen", &address]);
        assert_failure(&answer, 3, "bad_input", &[&address]);
    }
}

#[test]
fn a_report_that_is_none_is_named() {
    let place = Place::new();
    let file = take_file().display().to_string();
    let report = place.write("report.json", "{}").display().to_string();
    let answer = place.run(&["verify", &file, "--report", &report]);
    assert_failure(&answer, 3, "bad_input", &[&report]);
    let missing = place.arg("missing.json");
    let answer = place.run(&["verify", &file, "--report", &missing]);
    assert_failure(&answer, 3, "not_found", &[&missing]);
    // The report of another file is no report of this one.
    let (out, own) = (place.arg("out.mp4"), place.arg("own.json"));
    let clip = format!("{file}@0f..30f");
    place
        .run(&["compile", "--clip", &clip, "--out", &out, "--report", &own])
        .expect_code(0);
    let answer = place.run(&["publish", &file, "--report", &own]);
    assert_failure(&answer, 3, "bad_input", &[&own]);
    let answer = place.run(&["verify", &file, "--report", &own]);
    assert_eq!(answer.error(1)["code"], "mismatch", "{answer}");
}
