//! Edits of other programs: OpenTimelineIO's own library writes them, and they come out to the frame.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod forms;
mod mixing;

use std::fs;
use std::path::Path;

use serde_json::Value;
use tests::check::{Options, check_with};
use tests::folders;
use tests::media::{Container, MediaSpec, Rate, generate};
use tests::stringout::Stringout;
use tests::tool::{run, tool};

/// Writes an edit by the library: the body of a script in which `otio`, `rt(frames)`, `clip(…)`, `track`
/// and `timeline` are known.
pub(crate) fn write(path: &Path, rate: &str, body: &str) {
    let script = format!(
        "import sys, opentimelineio as otio\n\
         rate = {rate}\n\
         def rt(frames): return otio.opentime.RationalTime(frames, rate)\n\
         def clip(name, url, first=None, frames=None, start=None, have=None):\n\
         \x20   media = otio.schema.ExternalReference(target_url=url)\n\
         \x20   if start is not None:\n\
         \x20       media.available_range = otio.opentime.TimeRange(rt(start), rt(have))\n\
         \x20   part = None if first is None else otio.opentime.TimeRange(rt(first), rt(frames))\n\
         \x20   return otio.schema.Clip(name=name, media_reference=media, source_range=part)\n\
         timeline = otio.schema.Timeline('Cut')\n\
         track = otio.schema.Track('V1', kind=otio.schema.TrackKind.Video)\n\
         timeline.tracks.append(track)\n\
         {body}\n\
         otio.adapters.write_to_file(timeline, sys.argv[1])\n"
    );
    let python = folders::venv_program("python");
    run(tool(python.to_str().unwrap(), ["-c", &script]).arg(path));
}

/// A folder with two takes beside which edits lie.
struct Cutting {
    folder: tempfile::TempDir,
    specs: [MediaSpec; 2],
}

impl Cutting {
    fn of(specs: [MediaSpec; 2]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (spec, name) in specs.iter().zip(["take one", "two"]) {
            let made = generate(spec);
            let extension = made.extension().unwrap().to_str().unwrap().to_owned();
            fs::copy(&made, folder.path().join(format!("{name}.{extension}"))).unwrap();
        }
        Self { folder, specs }
    }

    fn edit(&self, rate: &str, body: &str) -> String {
        let path = self.folder.path().join("edit.otio");
        write(&path, rate, body);
        path.display().to_string()
    }

    fn compile(&self, edit: &str) -> Value {
        let out = self.folder.path().join("out.mp4").display().to_string();
        Stringout::new().json(["compile", edit, "--out", &out, "--overwrite"])
    }

    /// Expects exactly these frames of the takes in the output.
    #[track_caller]
    fn assert_frames(&self, frames: &[(usize, std::ops::RangeInclusive<u32>)]) {
        let options = Options {
            sources: self.specs.to_vec(),
            ..Options::default()
        };
        let seen = check_with(&self.folder.path().join("out.mp4"), &options);
        let named: Vec<_> = frames
            .iter()
            .map(|(take, range)| (self.specs[*take].clip, range.clone()))
            .collect();
        seen.assert_frames(&named);
        seen.assert_av_sync(10.0);
        seen.assert_decodes_cleanly();
    }
}

#[test]
fn an_edit_is_planned_and_compiled_to_the_frame() {
    let cutting = Cutting::of([MediaSpec::small(46), MediaSpec::small(47)]);
    // A blank in a name, a take that begins at an hour, one that is taken whole, and a dissolve.
    let edit = cutting.edit(
        "30",
        "timeline.global_start_time = rt(10 * 3600 * 30)\n\
         track.append(clip('a', 'take%20one.mp4', 20, 55))\n\
         track.append(otio.schema.Transition(in_offset=rt(5), out_offset=rt(5), \
         transition_type='SMPTE_Dissolve'))\n\
         track.append(clip('b', 'two.mp4', 108090, 60, start=108000, have=180))\n\
         track.append(clip('c', 'take%20one.mp4'))\n",
    );
    let plan = Stringout::new().json(["plan", &edit]);
    assert_eq!(plan["frames"], 55 + 60 + 180);
    assert_eq!(plan["format"]["timecode"]["frame"], 10 * 3600 * 30);
    let done = cutting.compile(&edit);
    assert_eq!(done["frames"], 55 + 60 + 180);
    assert_eq!(done["verified"], true);
    let options = Options {
        sources: cutting.specs.to_vec(),
        ..Options::default()
    };
    let seen = check_with(&cutting.folder.path().join("out.mp4"), &options);
    // In the middle of the dissolve neither number can be read.
    assert_eq!(
        seen.found(),
        "46:20-72 @0.000, 4 unreadable @1.767, 47:92-149 @1.900, 46:0-179 @3.833"
    );
    seen.assert_even_pts(Rate::new(30, 1));
    seen.assert_decodes_cleanly();
}

/// Matroska rounds its times to milliseconds; the edit counts frames.
#[test]
fn a_clock_that_rounds_moves_no_cut() {
    let rounded = |clip: u8| MediaSpec {
        rate: Rate::new(30_000, 1001),
        container: Container::Mkv,
        ..MediaSpec::small(clip)
    };
    let cutting = Cutting::of([rounded(48), rounded(49)]);
    let mut body = String::new();
    let mut frames = Vec::new();
    for (number, first) in (1..60).step_by(7).enumerate() {
        let name = ["take%20one", "two"][number % 2];
        let line = format!("track.append(clip('c{number}', '{name}.mkv', {first}, 11))\n");
        body.push_str(&line);
        frames.push((number % 2, first..=first + 10));
    }
    let edit = cutting.edit("30000/1001", &body);
    let done = cutting.compile(&edit);
    assert_eq!(done["frames"], 11 * frames.len());
    cutting.assert_frames(&frames);
}

#[test]
fn what_can_not_be_cut_is_named_with_its_place() {
    let cutting = Cutting::of([MediaSpec::small(46), MediaSpec::small(47)]);
    for (body, named) in [
        (
            "track.append(otio.schema.Clip(name='lost'))\n",
            vec!["V1", "lost"],
        ),
        (
            "slow = clip('slow', 'two.mp4', 0, 30)\n\
             slow.effects.append(otio.schema.LinearTimeWarp(time_scalar=0.5))\n\
             track.append(slow)\n",
            vec!["slow"],
        ),
    ] {
        let edit = cutting.edit("30", body);
        let answer = Stringout::new().run(["plan", &edit, "--json"]);
        let error = answer.error(3);
        let detail = error["detail"].as_str().unwrap();
        for name in named.into_iter().chain(["edit.otio"]) {
            assert!(detail.contains(name), "{name}: {answer}");
        }
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{answer}");
    }
    // A file that is not there, a clip that is longer than its file, and what is no edit.
    let edit = cutting.edit("30", "track.append(clip('a', 'nowhere.mp4', 0, 30))\n");
    let answer = Stringout::new().run(["plan", &edit, "--json"]);
    assert!(
        answer.error(3)["detail"]
            .as_str()
            .unwrap()
            .contains("nowhere.mp4"),
        "{answer}"
    );
    let detail = answer.error(3)["detail"].as_str().unwrap();
    assert!(detail.contains("track V1, item 1, clip a"), "{answer}");
    // Which of the two would come first is nobody's guess.
    let both = Stringout::new().run(["plan", &edit, "--clip", "two.mp4", "--json"]);
    both.error(2);
    let edit = cutting.edit(
        "30",
        "track.append(clip('too long', 'two.mp4', 100, 300))\n",
    );
    let answer = Stringout::new().run(["plan", &edit, "--json"]);
    assert!(
        answer.error(3)["detail"]
            .as_str()
            .unwrap()
            .contains("too long"),
        "{answer}"
    );
    let junk = cutting.folder.path().join("junk.otio");
    for text in [
        "",
        "{",
        "[1, 2]",
        "{\"OTIO_SCHEMA\": \"Timeline.1\"}",
        "\u{0}\u{1}",
    ] {
        fs::write(&junk, text).unwrap();
        let answer = Stringout::new().run(["plan", junk.to_str().unwrap(), "--json"]);
        answer.error(3);
    }
    let answer = Stringout::new().run(["plan", "two.mp4", "--json"]);
    assert!(
        answer.error(3)["hint"].as_str().unwrap().contains("--clip"),
        "{answer}"
    );
    let answer = Stringout::new().run(["plan", "--json"]);
    answer.error(2);
}

#[test]
fn an_edit_of_flows_is_compiled_and_published() {
    let cutting = Cutting::of([MediaSpec::small(46), MediaSpec::small(47)]);
    let workspace = cutting.folder.path().join("workspace");
    let stringout = Stringout::in_workspace(&workspace);
    let take = cutting.folder.path().join("two.mp4").display().to_string();
    let ingested = stringout.json(["ingest", &take]);
    let flow = ingested["flows"][0]["id"].as_str().unwrap();
    let mut server = stringout.serve(["node", "serve", "--listen", "127.0.0.1:0"]);
    let base = server.url();
    fs::write(
        workspace.join("config.toml"),
        format!("[tams.studio]\nurl = \"{base}\"\n"),
    )
    .unwrap();
    let host = base.trim_end_matches('/').trim_start_matches("http://");
    // Frames 30 to 89 of the flow, by its own times.
    let edit = cutting.edit(
        "1000000000",
        &format!(
            "track.append(clip('flow', 'tams://{host}/flows/{flow}', 1000000000, 2000000000))\n"
        ),
    );
    let published = stringout.json(["publish", &edit, "--label", "From an edit"]);
    let object = published["object_url"].as_str().unwrap();
    let file = object.strip_prefix("file://").unwrap();
    fs::copy(file, cutting.folder.path().join("out.mp4")).unwrap();
    cutting.assert_frames(&[(1, 30..=89)]);
}

#[test]
fn gaps_are_black_and_silent() {
    let cutting = Cutting::of([MediaSpec::small(46), MediaSpec::small(47)]);
    // In front, between whole GOPs, between broken ones, and where a clip is switched off.
    let edit = cutting.edit(
        "30",
        "track.append(otio.schema.Gap(duration=rt(12)))\n\
         track.append(clip('a', 'take%20one.mp4', 0, 60))\n\
         track.append(otio.schema.Gap(duration=rt(45)))\n\
         track.append(clip('b', 'take%20one.mp4', 60, 30))\n\
         off = clip('c', 'two.mp4', 7, 20)\n\
         off.enabled = False\n\
         track.append(off)\n\
         track.append(clip('d', 'two.mp4', 31, 50))\n",
    );
    let done = cutting.compile(&edit);
    assert_eq!(done["frames"], 12 + 60 + 45 + 30 + 20 + 50);
    assert_eq!(done["verified"], true);
    // The last one has no B pictures: from its second GOP on.
    assert_eq!(done["copied_frames"], 60 + 30 + 21);
    let options = Options {
        sources: cutting.specs.to_vec(),
        ..Options::default()
    };
    let seen = check_with(&cutting.folder.path().join("out.mp4"), &options);
    assert_eq!(
        seen.found(),
        "12 black @0.000, 46:0-59 @0.400, 45 black @2.400, 46:60-89 @3.900, 20 black @4.900, \
         47:31-80 @5.567"
    );
    seen.assert_even_pts(Rate::new(30, 1));
    seen.assert_av_sync(10.0);
    seen.assert_decodes_cleanly();
    // Silence where it is black.
    for (start, end) in [(0.03, 0.36), (2.45, 3.85), (4.95, 5.5)] {
        let loudest = loudest(&cutting.folder.path().join("out.mp4"), start, end);
        assert!(loudest < -60.0, "{start}–{end}: {loudest} dB");
    }

    let eternal = cutting.edit(
        "30",
        "track.append(otio.schema.Gap(duration=rt(10000000000)))\n\
         track.append(clip('a', 'two.mp4', 0, 30))\n",
    );
    let answer = Stringout::new().run(["plan", &eternal, "--json"]);
    let error = answer.error(3);
    assert!(
        error["detail"].as_str().unwrap().contains("day"),
        "{answer}"
    );

    let answer = Stringout::new().run(["plan", &edit, "--mode", "copy", "--json"]);
    let error = answer.error(3);
    assert!(
        error["detail"].as_str().unwrap().contains("gap"),
        "{answer}"
    );
}

/// The loudest sample of a stretch, in dBFS.
fn loudest(file: &Path, start: f64, end: f64) -> f64 {
    let filter = format!("atrim={start}:{end},volumedetect");
    let mut ffmpeg = tool("ffmpeg", ["-nostdin", "-hide_banner", "-i"]);
    let output = ffmpeg
        .arg(file)
        .args(["-vn", "-af", &filter, "-f", "null", "-"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let (_, rest) = said.split_once("max_volume: ").unwrap();
    rest.split(' ').next().unwrap().parse().unwrap()
}
