//! Where the output can't go, and what is there already.

use std::fs;
use std::path::Path;
use std::process::Command;

use tests::check::check;
use tests::stringout::{Answer, Stringout};

use crate::place::{Place, assert_failure, take_file};

fn clip() -> String {
    format!("{}@10f..70f", take_file().display())
}

#[test]
fn an_existing_file_is_replaced_only_when_asked_to() {
    let place = Place::new();
    let old = place.write("out.mp4", "not to be lost");
    let answer = place.compile(&clip(), "out.mp4", &[]);
    let error = assert_failure(&answer, 3, "exists", &[&place.arg("out.mp4")]);
    assert!(
        error["hint"].as_str().unwrap().contains("--overwrite"),
        "{error:#}"
    );
    assert_eq!(fs::read(&old).unwrap(), b"not to be lost");
    assert_eq!(place.names(), ["out.mp4"]);
    place
        .compile(&clip(), "out.mp4", &["--overwrite"])
        .expect_code(0);
    check(&old).assert_frames(&[(8, 10..=69)]);
    assert_eq!(place.names(), ["out.mp4"]);
}

#[test]
fn a_file_is_compiled_over_itself() {
    let place = Place::new();
    fs::copy(take_file(), place.path("film.mp4")).unwrap();
    let clip = format!("{}@10f..70f", place.arg("film.mp4"));
    place
        .compile(&clip, "film.mp4", &["--overwrite"])
        .expect_code(0);
    check(&place.path("film.mp4")).assert_frames(&[(8, 10..=69)]);
    assert_eq!(place.names(), ["film.mp4"]);
}

#[test]
fn a_folder_that_is_not_there_is_not_made() {
    let place = Place::new();
    let answer = place.compile(&clip(), "nowhere/out.mp4", &[]);
    assert_failure(&answer, 3, "not_writable", &[&place.arg("nowhere/out.mp4")]);
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn a_folder_is_no_target() {
    let place = Place::new();
    fs::create_dir(place.path("films.mp4")).unwrap();
    for more in [&[][..], &["--overwrite"]] {
        let answer = place.compile(&clip(), "films.mp4", more);
        assert_failure(
            &answer,
            3,
            "not_writable",
            &[&place.arg("films.mp4"), "folder"],
        );
    }
    assert_eq!(place.names(), ["films.mp4"]);
}

/// The command as it runs for somebody whom folder permissions bind: root gives that privilege up.
fn bound_by_permissions(command: Command) -> Command {
    let id = tests::tool::run(&mut tests::tool::tool("id", ["-u"]));
    if id != b"0\n" {
        return command;
    }
    let without = ["--bounding-set", "-dac_override,-dac_read_search"];
    let mut bound = Command::new("setpriv");
    bound
        .args(without)
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => bound.env(name, value),
            None => bound.env_remove(name),
        };
    }
    bound
}

fn run_bound(stringout: &Stringout, args: &[&str]) -> Answer {
    let command = bound_by_permissions(stringout.command(args));
    stringout.start_command(command).finish()
}

fn set_mode(path: &Path, mode: &str) {
    let mut chmod = tests::tool::tool("chmod", [mode]);
    tests::tool::run(chmod.arg(path));
}

#[test]
fn a_folder_without_permission_is_named_and_stays_as_it_is() {
    let place = Place::new();
    fs::create_dir(place.path("shut")).unwrap();
    place.write("shut/out.mp4", "not to be lost");
    set_mode(&place.path("shut"), "555");
    for (name, more) in [
        ("shut/new.mp4", &[][..]),
        ("shut/out.mp4", &["--overwrite"]),
    ] {
        let out = place.arg(name);
        let clip = clip();
        let args = ["compile", "--clip", &clip, "--json", "--out", &out];
        let answer = run_bound(&place.stringout, &[&args[..], more].concat());
        assert_failure(&answer, 3, "not_writable", &[&out]);
    }
    // A workspace there can't be used either.
    let shut = Stringout::in_workspace(&place.path("shut/workspace"));
    let answer = run_bound(&shut, &["sources", "--json"]);
    assert_failure(&answer, 3, "not_writable", &[&place.arg("shut/workspace")]);
    set_mode(&place.path("shut"), "755");
    assert_eq!(
        fs::read(place.path("shut/out.mp4")).unwrap(),
        b"not to be lost"
    );
    assert_eq!(crate::place::names_in(&place.path("shut")), ["out.mp4"]);
}

#[test]
fn a_report_that_can_not_be_written_keeps_the_old_output() {
    let place = Place::new();
    place.write("out.mp4", "not to be lost");
    let report = place.arg("nowhere/out.json");
    let answer = place.compile(&clip(), "out.mp4", &["--overwrite", "--report", &report]);
    assert_failure(&answer, 3, "not_writable", &[&report]);
    assert_eq!(fs::read(place.path("out.mp4")).unwrap(), b"not to be lost");
    assert_eq!(place.names(), ["out.mp4"]);
}

#[test]
fn a_container_that_can_not_be_written_is_named() {
    let place = Place::new();
    let answer = place.compile(&clip(), "out.avi", &[]);
    assert_failure(&answer, 3, "unsupported", &[&place.arg("out.avi"), "avi"]);
    assert_eq!(place.names(), [""; 0]);
}

#[test]
fn two_compiles_of_one_file_do_not_mix() {
    let place = Place::new();
    let out = place.arg("out.mp4");
    let file = take_file().display().to_string();
    let mut args = vec!["compile", "--mode", "render", "--json", "--out", &out];
    for _ in 0..40 {
        args.extend(["--clip", &file]);
    }
    let partial = place.path(".out.mp4.partial");
    let mut first = place.stringout.start(&args);
    first.wait_until("it writes", || partial.exists());
    let second = place.compile(&clip(), "out.mp4", &[]);
    let error = assert_failure(&second, 1, "busy", &[&out]);
    assert_eq!(error["retryable"], true);
    first.process().signal("INT");
    first.finish().expect_code(1);
    assert_eq!(place.names(), [""; 0]);
}
