//! Plan, compile, verify.

use std::fs;

use serde_json::Value;
use tests::check::{Options, check_with};
use tests::stringout::Stringout;

use crate::journey::{Journey, assert_keys, sha256, text};

#[test]
fn two_clips_become_one_file_of_exactly_their_frames() {
    let journey = Journey::start(2);
    let compiled = journey.compile();
    let answer = &compiled.answer;
    assert_keys(
        answer,
        &[
            "out",
            "frames",
            "duration",
            "plan_hash",
            "sha256",
            "copied_bytes",
            "encoded_frames",
            "verified",
        ],
    );
    assert_eq!(text(&answer["out"]), compiled.out.display().to_string());
    assert_eq!(answer["frames"], 120);
    assert_eq!(answer["duration"], "4:0");
    assert_eq!(answer["verified"], true);
    assert_eq!(text(&answer["sha256"]), sha256(&compiled.out));
    assert!(answer["copied_bytes"].as_u64().unwrap() > 0);
    // Frames 15 to 29, whose GOP the in point breaks, and 163 and 164, which are decoded behind a later one.
    assert_eq!(answer["encoded_frames"], 17);

    let options = Options {
        sources: vec![journey.spec.clone()],
        ..Options::default()
    };
    let found = check_with(&compiled.out, &options);
    found.assert_frames(&[(2, 15..=89), (2, 120..=164)]);
    found.assert_even_pts(journey.spec.rate);
    found.assert_av_sync(10.0);
    found.assert_audio_breaks_only_at_joints();
    found.assert_decodes_cleanly();
    assert_eq!(
        (
            found.stream("video").codec.as_str(),
            found.stream("audio").codec.as_str()
        ),
        ("h264", "aac")
    );
    assert!(
        (found.duration.unwrap() - 4.0).abs() < 0.001,
        "{:?}",
        found.duration
    );
}

#[test]
fn the_plan_is_the_one_that_is_executed() {
    let journey = Journey::start(2);
    let kept = journey.path("plan.json");
    let mut args = vec!["plan".to_owned()];
    args.extend(journey.clips());
    args.extend(["--out".to_owned(), kept.display().to_string()]);
    let plan = journey.stringout.json(args);
    assert_keys(&plan, &["hash", "frame_rate", "frames", "video", "audio"]);
    assert_eq!(plan["frames"], 120);
    let spans: Vec<(&str, u64)> = plan["video"]
        .as_array()
        .unwrap()
        .iter()
        .map(|span| (text(&span["kind"]), span["frames"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        spans,
        [("encode", 15), ("copy", 60), ("copy", 43), ("encode", 2)]
    );
    for span in plan["video"]
        .as_array()
        .unwrap()
        .iter()
        .chain(plan["audio"].as_array().unwrap())
    {
        assert_keys(
            span,
            &["kind", "at", "sources", "reason", "bytes", "seconds"],
        );
        for piece in span["sources"].as_array().unwrap() {
            assert_keys(piece, &["object_id", "flow_id", "in", "out", "gain"]);
            assert_eq!(piece["flow_id"], journey.flow());
        }
    }
    let kept: Value = serde_json::from_slice(&fs::read(kept).unwrap()).unwrap();
    assert_eq!(kept["hash"], plan["hash"]);

    let compiled = journey.compile();
    assert_eq!(compiled.answer["plan_hash"], plan["hash"]);
    let report: Value = serde_json::from_slice(&fs::read(&compiled.report).unwrap()).unwrap();
    for key in ["hash", "video", "audio"] {
        assert_eq!(report["plan"][key], plan[key], "{key}");
    }
}

#[test]
fn an_output_is_verified_again_and_a_changed_one_is_found_out() {
    let journey = Journey::start(2);
    let compiled = journey.compile();
    let (file, report) = (
        compiled.out.display().to_string(),
        compiled.report.display().to_string(),
    );
    let args = ["verify", file.as_str(), "--report", report.as_str()];
    let verified = Stringout::new().json(args);
    assert_keys(&verified, &["ok", "frames", "joints"]);
    assert_eq!(
        (&verified["ok"], &verified["frames"]),
        (&Value::Bool(true), &Value::from(120))
    );
    // The start, the end, and three borders between spans.
    let joints = verified["joints"].as_array().unwrap();
    assert_eq!(joints.len(), 5);
    assert!(
        joints.iter().all(|joint| joint["ok"] == true),
        "{verified:#}"
    );

    // One bit in a copied picture.
    let mut bytes = fs::read(&compiled.out).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&compiled.out, bytes).unwrap();
    let answer = Stringout::new().run(args.into_iter().chain(["--json"]));
    let error = answer.error(1);
    assert_eq!(error["code"], "mismatch", "{answer}");
    assert!(text(&error["detail"]).contains(&file), "{answer}");
    assert_eq!(answer.document()["ok"], false, "{answer}");
}

#[test]
fn plain_files_need_no_workspace() {
    let journey = Journey::start(2);
    let home = tempfile::tempdir().unwrap();
    let stringout = Stringout::new()
        .with("HOME", home.path())
        .with("XDG_DATA_HOME", home.path().join("data"))
        .from_folder(home.path());
    let clip = format!("{}@30f..60f", journey.source.display());
    stringout.json(["plan", "--clip", &clip]);
    stringout.json([
        "compile", "--clip", &clip, "--out", "cut.mp4", "--report", "cut.json",
    ]);
    stringout.json(["verify", "cut.mp4", "--report", "cut.json"]);
    assert!(!home.path().join("data").exists(), "a workspace was opened");
    let names = ["cut.json", "cut.mp4"].map(|name| home.path().join(name));
    assert!(names.iter().all(|path| path.is_file()));
}

#[test]
fn people_are_answered_in_words() {
    let journey = Journey::start(2);
    let out = journey.path("words.mp4").display().to_string();
    let mut args = vec!["compile".to_owned(), "--out".to_owned(), out.clone()];
    args.extend(journey.clips());
    let answer = journey.stringout.run(args);
    answer.expect_code(0);
    assert!(answer.json.is_none());
    for words in [
        out.as_str(),
        "120 frames",
        "103 copied",
        "17 encoded",
        "verified",
    ] {
        assert!(answer.stdout.contains(words), "no `{words}` in {answer}");
    }
}
