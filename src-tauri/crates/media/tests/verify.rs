//! Checking a file, many times over.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use conform::{Clip, CutPlan, Edit, Mode, Options, Source};
use media::{
    CompileOptions, MediaError, MediaObject, ObjectSource, Report, compile, index_file, verify,
};
use tokio_util::sync::CancellationToken;

/// What hangs never comes.
const LONG: Duration = Duration::from_secs(120);

struct One(MediaObject);

impl ObjectSource for One {
    fn object(&self, _: &str) -> Result<MediaObject, MediaError> {
        Ok(self.0.clone())
    }
}

/// More pictures than fit between the demuxer and who counts them, so small that they are there
/// before the check has begun to count.
fn make(path: &Path) {
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi"])
        .args(["-i", "testsrc2=s=64x64:r=50:d=8", "-f", "lavfi"])
        .args(["-i", "sine=f=440:r=44100:d=8", "-c:v", "libx264"])
        .args(["-g", "50", "-c:a", "aac"])
        .arg(path)
        .output()
        .expect("ffmpeg is needed: install it");
    let log = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "ffmpeg: {log}");
}

/// The plan of a copy of a whole file, and the file.
fn planned(folder: &Path) -> (CutPlan, MediaObject) {
    let source = folder.join("in.mp4");
    make(&source);
    let index = Arc::new(index_file(&source, &CancellationToken::new(), &mut |_, _| {}).unwrap());
    let edit = Edit::of([Clip {
        label: "all".to_owned(),
        source: Arc::new(Source::file("in".to_owned(), Arc::clone(&index))),
        mark_in: None,
        mark_out: None,
    }]);
    let options = Options {
        mode: Mode::Auto,
        encoders: conform::Encoders::H264,
        codec: None,
        single_parameter_set: false,
        pace: conform::Pace::default(),
    };
    let (plan, _) = conform::conform(&edit, &options).unwrap();
    (plan, MediaObject::here(source, index))
}

/// A file of copies, and what its compile says of it.
fn compiled(folder: &Path) -> (PathBuf, Report) {
    let (plan, object) = planned(folder);
    let out = folder.join("out.mp4");
    let unchecked = CompileOptions {
        no_verify: true,
        ..CompileOptions::default()
    };
    let cancel = CancellationToken::new();
    let report = compile(&plan, &One(object), &out, &unchecked, &|_| {}, &cancel).unwrap();
    assert_eq!(report.frames, 400);
    (out, report)
}

#[test]
fn what_is_not_as_planned_is_told_and_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (plan, object) = planned(folder.path());
    // Since it was indexed its first picture became one that no decoder takes.
    let path = object.path().unwrap();
    let unit = object.index.video.as_ref().unwrap().units[0].location;
    let mut bytes = std::fs::read(&path).unwrap();
    let end = usize::try_from(unit.offset).unwrap() + unit.len as usize;
    bytes[end - unit.len as usize + 5..end].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let out = folder.path().join("out.mp4");
    std::fs::write(&out, "what was there before").unwrap();
    let options = CompileOptions {
        overwrite: true,
        ..CompileOptions::default()
    };
    let cancel = CancellationToken::new();
    let made = compile(&plan, &One(object), &out, &options, &|_| {}, &cancel);
    let Err(MediaError::NotAsPlanned(report)) = made else {
        panic!("{made:?}");
    };
    let found = report.verification.unwrap();
    assert!(!found.ok && !found.joints[0].ok, "{found:?}");
    assert!(
        found.faults()[0].contains("joint at frame 0"),
        "{:?}",
        found.faults()
    );
    assert_eq!(std::fs::read(&out).unwrap(), b"what was there before");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        2,
        "nothing else is left"
    );
}

#[test]
fn a_file_without_one_of_its_tracks_is_found_wanting() {
    let folder = tempfile::tempdir().unwrap();
    let (out, report) = compiled(folder.path());
    let cancel = CancellationToken::new();
    assert!(verify(&out, &report, &cancel).unwrap().ok);
    for (name, without, names) in [
        ("sound.mp4", "-vn", "0 in the file"),
        ("mute.mp4", "-an", "no sound"),
    ] {
        let part = folder.path().join(name);
        let cut = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-i"])
            .arg(&out)
            .args([without, "-c", "copy"])
            .arg(&part)
            .status();
        assert!(cut.unwrap().success());
        let (found, told) = mpsc::channel();
        let (part, report) = (part.clone(), report.clone());
        thread::spawn(move || found.send(verify(&part, &report, &CancellationToken::new())));
        let verdict = told.recv_timeout(LONG).expect("a check that ends").unwrap();
        assert!(!verdict.ok);
        let said = verdict
            .checks
            .iter()
            .any(|check| !check.ok && check.detail.contains(names));
        assert!(said, "{:?}", verdict.checks);
    }
}

/// A sink that is full while the pipeline comes to play must not hold up its own change of state: the
/// check hung once in thousands of files, with both threads waiting for one another.
#[test]
fn a_check_never_waits_for_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (out, report) = compiled(folder.path());
    let (done, ended) = mpsc::channel();
    // More threads than cores: the one that counts is not always there at once.
    for _ in 0..6 {
        let (done, out, report) = (done.clone(), out.clone(), report.clone());
        thread::spawn(move || {
            for _ in 0..60 {
                let found = verify(&out, &report, &CancellationToken::new()).unwrap();
                assert!(found.ok, "{:?}", found.first_fault());
            }
            // The test may have ended already.
            let _ = done.send(());
        });
    }
    for _ in 0..6 {
        ended.recv_timeout(LONG).expect("a check that ends");
    }
}
