//! No space left: in a file system that is full, and at a limit of the system.

use std::fs;
use std::process::Command;

use tests::stringout::{Answer, Stringout};

use crate::place::{Place, assert_failure, take_file};

/// Limits every file to 32 KiB; the signal that comes with it is left to be an error.
const LIMITED: &str = r#"trap '' XFSZ; ulimit -f 64; exec "$@""#;

/// A file system of 200 KiB in a mount namespace of its own. When the program has ended, what is
/// there is listed beside it.
const TINY: &str = r#"
set -e
folder=$1; shift
mount -t tmpfs -o size=200k tmpfs "$folder"
printf %s 'not to be lost' > "$folder/out.mp4"
set +e
"$@"
code=$?
ls -A "$folder" > "$folder.names"
cp "$folder/out.mp4" "$folder.kept"
exit $code
"#;

fn args(out: &str) -> Vec<String> {
    let clip = take_file().display().to_string();
    let args = [
        "compile",
        "--clip",
        &clip,
        "--mode",
        "render",
        "--overwrite",
        "--json",
        "--out",
        out,
    ];
    args.map(str::to_owned).to_vec()
}

/// The program with its arguments and environment, run by a shell with this script.
fn under(wrapper: &[&str], before: &[&str], command: &Command) -> Command {
    let mut shell = Command::new(wrapper[0]);
    shell.args(&wrapper[1..]).arg("run").args(before);
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            shell.env(name, value);
        }
    }
    shell
}

#[track_caller]
fn assert_full(answer: &Answer, out: &str) {
    let error = assert_failure(answer, 1, "disk_full", &[out]);
    assert_eq!(error["retryable"], true);
    assert!(
        error["hint"].as_str().unwrap().contains("space"),
        "{error:#}"
    );
}

#[test]
fn a_file_that_may_not_grow_is_a_full_disk_and_the_old_one_stays() {
    let place = Place::new();
    place.write("out.mp4", "not to be lost");
    let out = place.arg("out.mp4");
    let stringout = Stringout::new();
    let command = under(&["sh", "-c", LIMITED], &[], &stringout.command(args(&out)));
    assert_full(&stringout.start_command(command).finish(), &out);
    assert_eq!(fs::read(place.path("out.mp4")).unwrap(), b"not to be lost");
    assert_eq!(place.names(), ["out.mp4"]);
}

/// The tools that give a command file systems of its own, for root and for everybody else; none where
/// the system has no such thing.
fn own_mounts() -> Option<Vec<&'static str>> {
    let ways = [vec!["unshare", "-m"], vec!["unshare", "-rm"]];
    ways.into_iter().find(|way| {
        let try_it = "mount -t tmpfs -o size=16k tmpfs /mnt";
        let mut command = Command::new(way[0]);
        command.args(&way[1..]).args(["sh", "-c", try_it]);
        command.output().is_ok_and(|output| output.status.success())
    })
}

#[test]
fn a_full_file_system_leaves_nothing_behind() {
    let Some(mounts) = own_mounts() else {
        // Only Linux has namespaces; the limit above is the same failure.
        println!("no file system of our own can be mounted here");
        return a_file_that_may_not_grow_is_a_full_disk_and_the_old_one_stays();
    };
    let place = Place::new();
    fs::create_dir(place.path("tiny")).unwrap();
    let (folder, out) = (place.arg("tiny"), place.arg("tiny/out.mp4"));
    let stringout = Stringout::new();
    let wrapper = [&mounts[..], &["sh", "-c", TINY]].concat();
    let command = under(&wrapper, &[&folder], &stringout.command(args(&out)));
    assert_full(&stringout.start_command(command).finish(), &out);
    assert_eq!(
        fs::read_to_string(place.path("tiny.names")).unwrap(),
        "out.mp4\n"
    );
    assert_eq!(
        fs::read(place.path("tiny.kept")).unwrap(),
        b"not to be lost"
    );
}

/// A workspace in a file system of 300 KiB, which grows after the first run.
const GROWING: &str = r#"
set -e
folder=$1; shift
mount -t tmpfs -o size=300k tmpfs "$folder"
set +e
"$@" > "$folder.first"
echo $? >> "$folder.first"
find "$folder" -name '*.partial' > "$folder.partial"
mount -o remount,size=64m "$folder"
exec "$@"
"#;

/// A workspace that is full refuses an ingest, and takes it when there is space again.
#[test]
fn a_full_workspace_loses_nothing() {
    let Some(mounts) = own_mounts() else {
        println!("no file system of our own can be mounted here");
        return a_file_that_may_not_grow_is_a_full_disk_and_the_old_one_stays();
    };
    let place = Place::new();
    fs::create_dir(place.path("workspace")).unwrap();
    let file = take_file().display().to_string();
    let args = ["ingest", &file, "--segment-duration", "1s", "--json"];
    let wrapper = [&mounts[..], &["sh", "-c", GROWING]].concat();
    let folder = place.arg("workspace");
    let command = under(&wrapper, &[&folder], &place.stringout.command(args));
    let second = place.stringout.start_command(command).finish();
    let first = fs::read_to_string(place.path("workspace.first")).unwrap();
    assert!(
        first.ends_with("1\n") && first.contains("\"disk_full\""),
        "{first}"
    );
    assert_eq!(
        fs::read_to_string(place.path("workspace.partial")).unwrap(),
        ""
    );
    second.expect_code(0);
    assert_eq!(second.document()["flows"][0]["segments"], 4, "{second}");
}
