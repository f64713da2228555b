//! What a recording says of itself beside pictures and sound goes with them: timecode and language.

use std::path::Path;

use serde_json::Value;
use tests::stringout::Stringout;
use tests::tool::{run, tool};

/// Four seconds at 29.97 frames a second with timecode from 00:59:59;28 on, spoken in German.
fn recording(folder: &Path, name: &str, language: &str) -> String {
    let out = folder.join(name);
    let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-f", "lavfi", "-i"]);
    ffmpeg.args([
        "testsrc2=s=320x180:r=30000/1001:d=4",
        "-f",
        "lavfi",
        "-i",
        "sine=d=4",
    ]);
    ffmpeg.args([
        "-timecode",
        "00:59:59;28",
        "-c:v",
        "libx264",
        "-g",
        "30",
        "-c:a",
        "aac",
    ]);
    ffmpeg.args(["-metadata:s:a:0", &format!("language={language}")]);
    run(ffmpeg.arg(&out));
    out.display().to_string()
}

/// Timecode and language as ffprobe finds them.
fn told(file: &Path) -> (Option<String>, Option<String>) {
    let mut ffprobe = tool("ffprobe", ["-v", "error", "-of", "json", "-show_streams"]);
    let found = ffprobe.arg(file).output().unwrap().stdout;
    let found: Value = serde_json::from_slice(&found).unwrap();
    let streams = found["streams"].as_array().unwrap();
    let tag = |kind: &str, name: &str| {
        let stream = streams.iter().find(|stream| stream["codec_type"] == kind);
        let tags = stream?["tags"].as_object()?;
        let mut tags = tags.iter();
        // Matroska's are in capitals.
        let found = tags.find(|(tag, _)| tag.eq_ignore_ascii_case(name))?;
        found.1.as_str().map(str::to_owned)
    };
    (tag("video", "timecode"), tag("audio", "language"))
}

fn compiled(folder: &Path, clips: &[String], name: &str) -> (Option<String>, Option<String>) {
    let out = folder.join(name);
    let mut args = vec!["compile".to_owned(), "--overwrite".to_owned()];
    args.extend(["--out".to_owned(), out.display().to_string()]);
    for clip in clips {
        args.extend(["--clip".to_owned(), clip.clone()]);
    }
    let done = Stringout::new().json(args);
    assert_eq!(done["verified"], true);
    let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-xerror", "-i"]);
    run(ffmpeg.arg(&out).args(["-f", "null", "-"]));
    told(&out)
}

#[test]
fn timecode_and_language() {
    let folder = tempfile::tempdir().unwrap();
    let said = |timecode: &str, language: &str| {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        (some(timecode), some(language))
    };
    for (name, language) in [("in.mov", "ger"), ("in.mp4", "deu")] {
        let file = recording(folder.path(), name, language);
        for out in ["out.mp4", "out.mov"] {
            let one = [format!("{file}@3f..60f")];
            assert_eq!(
                compiled(folder.path(), &one, out),
                said("01:00:00;01", "deu"),
                "{name} into {out}"
            );
        }
        // One run in two clips, then two that are none: there the timecode would be wrong.
        let run = [format!("{file}@3f..60f"), format!("{file}@60f..90f")];
        assert_eq!(
            compiled(folder.path(), &run, "out.mp4").0,
            said("01:00:00;01", "").0
        );
        let parts = [format!("{file}@3f..60f"), format!("{file}@70f..90f")];
        assert_eq!(compiled(folder.path(), &parts, "out.mp4"), said("", "deu"));
        for (out, timecode) in [("out.mkv", "01:00:00;01"), ("out.ts", "")] {
            let one = [format!("{file}@3f..60f")];
            assert_eq!(
                compiled(folder.path(), &one, out),
                said(timecode, "deu"),
                "{name} into {out}"
            );
            let again = [folder.path().join(out).display().to_string()];
            let again = compiled(folder.path(), &again, "again.mp4");
            assert_eq!(again, said(timecode, "deu"), "{out}");
        }
        // What was written is read again.
        let again = compiled(folder.path(), &[format!("{file}@3f..60f")], "once.mp4");
        assert_eq!(again, said("01:00:00;01", "deu"));
        let once = folder.path().join("once.mp4").display().to_string();
        let twice = compiled(folder.path(), &[format!("{once}@10f..20f")], "twice.mov");
        assert_eq!(twice, said("01:00:00;11", "deu"));
    }
}
