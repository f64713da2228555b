//! The same edit in other forms: edit decision lists, Final Cut Pro's XML, bundles.
//!
//! OpenTimelineIO's adapters judge: they read what `convert` has written, and what they write is planned
//! like the edit it was written from.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::check::{Options, check_with};
use tests::folders;
use tests::media::{MediaSpec, Rate, generate};
use tests::stringout::Stringout;
use tests::tool::{run, tool};

const BODY: &str = "timeline.global_start_time = rt(107892)\n\
    track.append(clip('a', 'take%20one.mov', 20, 55))\n\
    track.append(otio.schema.Transition(in_offset=rt(5), out_offset=rt(5), \
    transition_type='SMPTE_Dissolve'))\n\
    track.append(clip('b', 'two.mp4', 30, 60))\n\
    track.append(otio.schema.Gap(duration=rt(12)))\n\
    track.append(clip('c', 'two.mp4', 100, 40))\n";

/// Two takes at 29.97, of which the first says that it begins at 10:00:00;00, and an edit of them.
struct Desk {
    folder: tempfile::TempDir,
    specs: [MediaSpec; 2],
}

impl Desk {
    fn new() -> Self {
        let ntsc = |clip: u8| MediaSpec {
            rate: Rate::new(30_000, 1001),
            ..MediaSpec::small(clip)
        };
        let specs = [ntsc(50), ntsc(51)];
        let folder = tempfile::tempdir().unwrap();
        let inside = |name: &str| folder.path().join(name);
        let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-v", "error", "-i"]);
        ffmpeg.arg(generate(&specs[0]));
        ffmpeg.args(["-c", "copy", "-timecode", "10:00:00;00"]);
        run(ffmpeg.arg(inside("take one.mov")));
        fs::copy(generate(&specs[1]), inside("two.mp4")).unwrap();
        super::write(&inside("edit.otio"), "30000/1001", BODY);
        Self { folder, specs }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// An edit of cuts at 25, which both adapters know, of a medium whose clock begins at 0.
    fn plain(&self) -> PathBuf {
        let edit = self.folder.path().join("plain.otio");
        super::write(
            &edit,
            "25",
            "track.append(clip('a', 'two.mp4', 10, 50, start=0, have=150))\n\
             track.append(otio.schema.Gap(duration=rt(25)))\n\
             track.append(clip('b', 'two.mp4', 75, 25, start=0, have=150))\n",
        );
        edit
    }

    fn convert(&self, from: &str, to: &str, more: &[&str]) -> Value {
        let (from, to) = (self.path(from), self.path(to));
        let mut args = vec!["convert", &from, &to, "--overwrite"];
        args.extend(more);
        Stringout::new().json(args)
    }

    fn hash(&self, edit: &str, more: &[&str]) -> String {
        let edit = self.path(edit);
        let mut args = vec!["plan", &edit];
        args.extend(more);
        let plan = Stringout::new().json(args);
        plan["hash"].as_str().unwrap().to_owned()
    }

    /// Expects the frames of the edit in a file.
    #[track_caller]
    fn assert_frames(&self, file: &str) {
        let options = Options {
            sources: self.specs.to_vec(),
            ..Options::default()
        };
        let seen = check_with(&self.folder.path().join(file), &options);
        assert!(
            seen.found().starts_with("50:20-7") && seen.found().contains("51:100-139"),
            "{}",
            seen.found()
        );
        assert!(seen.found().contains("12 black"), "{}", seen.found());
        seen.assert_decodes_cleanly();
    }
}

/// Runs a script in which `otio` is known, with these arguments.
fn python(script: &str, args: &[&Path]) -> String {
    let python = folders::venv_program("python");
    let script = format!("import sys, json, opentimelineio as otio\n{script}");
    let output = tool(python.to_str().unwrap(), ["-c", &script])
        .args(args)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

/// What the adapters find in a file: by track, kind, and what lies on it with its first frame and length.
fn judged(file: &Path, more: &str) -> Value {
    let script = format!(
        "read = otio.adapters.read_from_file(sys.argv[1]{more})\n\
         while not isinstance(read, otio.schema.Timeline): read = read[0]\n\
         def told(item):\n\
         \x20   if isinstance(item, otio.schema.Transition):\n\
         \x20       return ['mix', round(item.in_offset.value), round(item.out_offset.value)]\n\
         \x20   part = item.trimmed_range()\n\
         \x20   name = 'gap' if isinstance(item, otio.schema.Gap) else item.name\n\
         \x20   return [name, round(part.start_time.value), round(part.duration.value)]\n\
         print(json.dumps([[track.kind, [told(item) for item in track]] for track in read.tracks]))\n"
    );
    serde_json::from_str(&python(&script, &[file])).unwrap()
}

#[test]
fn every_form_is_planned_alike_and_compiled_to_the_frame() {
    let desk = Desk::new();
    let hash = desk.hash("edit.otio", &[]);
    let told = desk.convert("edit.otio", "edit.edl", &[]);
    assert_eq!(
        (&told["from"], &told["to"], &told["clips"]),
        (&"otio".into(), &"edl".into(), &3.into())
    );
    let list = fs::read_to_string(desk.path("edit.edl")).unwrap();
    // The medium's timecode stands on the source side, the edit's on the record side.
    let first = "001  TAKE_ONE AA/V  C        10:00:00;20 10:00:02;10 01:00:00;00 01:00:01;20";
    assert!(
        list.contains("FCM: DROP FRAME\n") && list.contains(first),
        "{list}"
    );
    assert_eq!(desk.hash("edit.edl", &["--rate", "29.97"]), hash);
    desk.convert("edit.otio", "edit.fcpxml", &[]);
    assert_eq!(desk.hash("edit.fcpxml", &[]), hash);
    for (from, to, more) in [
        ("edit.edl", "from_list.otio", &["--rate", "29.97df"][..]),
        ("edit.edl", "from_list.fcpxml", &["--rate", "29.97df"]),
        ("edit.fcpxml", "from_xml.otio", &[]),
        ("from_xml.otio", "again.edl", &["--rate", "29.97df"]),
    ] {
        desk.convert(from, to, more);
        let rate = if to.ends_with("edl") { more } else { &[] };
        assert_eq!(desk.hash(to, rate), hash, "{from} → {to}");
    }
    assert_eq!(fs::read_to_string(desk.path("again.edl")).unwrap(), list);
    // From a list in another folder, which names files by where they are.
    fs::create_dir(desk.path("elsewhere")).unwrap();
    desk.convert("edit.otio", "elsewhere/edit.edl", &[]);
    assert_eq!(desk.hash("elsewhere/edit.edl", &["--rate", "29.97"]), hash);
    // A list that names no file: its clips are looked for beside it.
    let named = list
        .replace("* SOURCE FILE", "* SOMETHING")
        .replace("NAME: a", "NAME: take one")
        .replace("NAME: b", "NAME: two")
        .replace("NAME: c", "NAME: two.mp4");
    fs::write(desk.path("named.edl"), named).unwrap();
    assert_eq!(desk.hash("named.edl", &["--rate", "29.97"]), hash);
    for (edit, more) in [("edit.edl", &["--rate", "29.97"][..]), ("edit.fcpxml", &[])] {
        let (edit, out) = (desk.path(edit), desk.path("out.mp4"));
        let mut args = vec!["compile", &edit, "--out", &out, "--overwrite"];
        args.extend(more);
        let done = Stringout::new().json(args);
        assert_eq!(
            (&done["frames"], &done["verified"]),
            (&167.into(), &true.into())
        );
        assert_eq!(done["plan_hash"], hash.as_str());
        desk.assert_frames("out.mp4");
    }
}

#[test]
fn other_programs_read_what_is_written() {
    let desk = Desk::new();
    desk.convert("edit.otio", "edit.edl", &[]);
    let list = judged(&desk.folder.path().join("edit.edl"), ", rate=30000/1001");
    // 10:00:00;00 is frame 1 078 920. In a list the cut lies where the dissolve begins.
    let (a, b, c) = (1_078_920 + 20, 30, 100);
    let pictures = serde_json::json!([
        ["a", a, 50],
        ["mix", 0, 10],
        ["b", b - 5, 65],
        ["gap", 0, 12],
        ["c", c, 40]
    ]);
    assert_eq!(list[0], serde_json::json!(["Video", pictures]), "{list}");
    // That adapter counts 29 frames a second at 29.97, and knows no transitions.
    desk.plain();
    desk.convert("plain.otio", "plain.fcpxml", &[]);
    let file = judged(&desk.folder.path().join("plain.fcpxml"), "");
    let pictures = serde_json::json!([["a", 10, 50], ["gap", 0, 25], ["b", 75, 25]]);
    assert_eq!(file[0], serde_json::json!(["Video", pictures]), "{file}");
    let table = desk.convert("edit.otio", "clips.csv", &[]);
    assert_eq!(table["issues"], serde_json::json!([]));
    let table = fs::read_to_string(desk.path("clips.csv")).unwrap();
    assert!(
        table.contains("V1,1,a,take one.mov,10:00:00;20,10:00:02;15,01:00:00;00,01:00:01;25\r\n"),
        "{table}"
    );
}

#[test]
fn what_other_programs_write_is_read() {
    let desk = Desk::new();
    let edit = desk.plain();
    for (name, more) in [("plain.edl", ", rate=25"), ("plain.fcpxml", "")] {
        let script = format!(
            "read = otio.adapters.read_from_file(sys.argv[1])\n\
             otio.adapters.write_to_file(read, sys.argv[2]{more})\n"
        );
        python(&script, &[&edit, &desk.folder.path().join(name)]);
    }
    let hash = desk.hash("plain.otio", &[]);
    assert_eq!(desk.hash("plain.edl", &["--rate", "25"]), hash);
    assert_eq!(desk.hash("plain.fcpxml", &[]), hash);
}

#[test]
fn bundles_hold_their_media() {
    let desk = Desk::new();
    desk.convert("edit.otio", "ours.otioz", &[]);
    let inside = |name: &str| desk.folder.path().join(name);
    let (extracted, theirs) = (inside("extracted"), inside("theirs.otioz"));
    fs::create_dir(&extracted).unwrap();
    let script = "read = otio.adapters.read_from_file(sys.argv[1], extract_to_directory=sys.argv[2])\n\
        print(read.tracks[0][0].media_reference.target_url)\n";
    let url = python(script, &[&inside("ours.otioz"), &extracted]);
    assert_eq!(url.trim(), "media/take%20one.mov");
    assert_eq!(
        fs::read(extracted.join("media/take one.mov")).unwrap(),
        fs::read(inside("take one.mov")).unwrap()
    );
    // The library takes absolute addresses only.
    let script = "import os, pathlib\n\
        read = otio.adapters.read_from_file(sys.argv[1])\n\
        for clip in read.find_clips():\n\
        \x20   path = os.path.join(os.path.dirname(sys.argv[1]), otio.url_utils.filepath_from_url(clip.media_reference.target_url))\n\
        \x20   clip.media_reference.target_url = pathlib.Path(path).as_uri()\n\
        otio.adapters.write_to_file(read, sys.argv[2])\n";
    python(script, &[&inside("edit.otio"), &theirs]);
    for (bundle, alone) in [("ours.otioz", "a"), ("theirs.otioz", "b")] {
        // Without the media beside it.
        let folder: PathBuf = inside(alone);
        fs::create_dir(&folder).unwrap();
        let moved = folder.join(bundle);
        fs::copy(inside(bundle), &moved).unwrap();
        let (moved, out) = (moved.display().to_string(), desk.path("out.mp4"));
        let done = Stringout::new().json(["compile", &moved, "--out", &out, "--overwrite"]);
        assert_eq!(
            (&done["frames"], &done["verified"]),
            (&167.into(), &true.into())
        );
        desk.assert_frames("out.mp4");
        let told = Stringout::new().json(["convert", &moved, &desk.path(&format!("{alone}.otio"))]);
        assert!(
            told["issues"][0]["what"]
                .as_str()
                .unwrap()
                .contains("unzip"),
            "{told}"
        );
    }
}

#[test]
fn what_is_wrong_is_named() {
    let desk = Desk::new();
    desk.convert("edit.otio", "edit.edl", &[]);
    desk.convert("edit.otio", "edit.otioz", &[]);
    let list = fs::read_to_string(desk.path("edit.edl")).unwrap();
    fs::write(
        desk.path("bad.edl"),
        list.replace("10:00:00;20", "10:00:00;30"),
    )
    .unwrap();
    fs::write(desk.path("bad.fcpxml"), "<fcpxml version='1.9'>\n<a>").unwrap();
    let bundle = fs::read(desk.path("edit.otioz")).unwrap();
    fs::write(desk.path("bad.otioz"), &bundle[..bundle.len() / 2]).unwrap();
    let out = desk.path("new.otio");
    for (args, exit, named) in [
        (vec!["plan", "edit.edl"], 2, "rate"),
        (vec!["convert", "edit.edl", &out], 2, "rate"),
        (
            vec!["plan", "bad.edl", "--rate", "29.97"],
            3,
            "line 4: source in",
        ),
        (vec!["plan", "bad.fcpxml"], 3, "line 2"),
        (vec!["plan", "bad.otioz"], 3, "bad.otioz"),
        (vec!["convert", "edit.otio", "edit.edl"], 3, "edit.edl"),
        (vec!["convert", "edit.otio", "edit.mov"], 3, "`.fcpxml`"),
        (vec!["convert", "edit.csv", &out], 3, "edit.csv"),
        (vec!["convert", "nowhere.otio", &out], 3, "nowhere.otio"),
        (
            vec!["convert", "edit.otio", "nowhere/edit.edl"],
            3,
            "nowhere",
        ),
    ] {
        let answer = Stringout::new()
            .from_folder(desk.folder.path())
            .run(args.iter().copied().chain(["--json"]));
        let error = answer.error(exit);
        assert!(
            error["detail"].as_str().unwrap().contains(named),
            "{args:?}: {answer}"
        );
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{answer}");
    }
    let answer = Stringout::new().run(["plan", "edit.edl", "--rate", "25df"]);
    answer.expect_code(2);
    assert!(!Path::new(&out).exists());
    let left = fs::read_dir(desk.folder.path()).unwrap().flatten();
    let left: Vec<_> = left
        .filter(|file| file.file_name().to_string_lossy().ends_with(".partial"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
