//! Publish by reference: whole objects are reused where they lie, and only the rest is made.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use serde_json::{Value, json};
use tests::check::{Options, check_with};
use tests::tams::Schema;

use crate::journey::{Journey, text};

fn stored(journey: &Journey) -> usize {
    fn walk(folder: &Path) -> usize {
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        entries
            .map(|path| if path.is_dir() { walk(&path) } else { 1 })
            .sum()
    }
    walk(&journey.path("workspace/node/objects"))
}

fn publish(journey: &Journey, clips: &[&str]) -> Value {
    let mut args = vec!["publish".to_owned(), "--by-reference".to_owned()];
    args.extend(["--label", "In place", "--wait"].map(str::to_owned));
    for clip in clips {
        let mark = if clip.is_empty() {
            String::new()
        } else {
            format!("@{clip}")
        };
        args.extend([
            "--clip".to_owned(),
            format!("flow:{}{mark}", journey.flow()),
        ]);
    }
    journey.stringout.json(args)
}

/// Expects exactly these frames of the take, and its sound with them.
#[track_caller]
fn look(journey: &Journey, out: &str, frames: &[(u8, RangeInclusive<u32>)]) {
    let options = Options {
        sources: vec![journey.spec.clone()],
        ..Options::default()
    };
    let found = check_with(Path::new(out), &options);
    found.assert_frames(frames);
    found.assert_even_pts(journey.spec.rate);
    found.assert_av_sync(10.0);
    found.assert_decodes_cleanly();
}

fn segments(journey: &Journey, flow: &str) -> Vec<Value> {
    let segments = journey.stringout.json(["segments", flow]);
    Schema::named("flow-segment").assert_all_valid(&segments);
    segments.as_array().unwrap().clone()
}

#[test]
fn whole_objects_move_no_byte() {
    let journey = Journey::start(3);
    let objects = stored(&journey);
    // The last two seconds in front of the first two.
    let published = publish(&journey, &["4s..6s", "0s..2s"]);
    assert_eq!(stored(&journey), objects, "something was made");
    assert_eq!(published["play_url"], Value::Null);
    assert_eq!(published["issues"], json!([]));
    let flow = text(&published["flow_id"]);
    let there = segments(&journey, journey.flow());
    let made = segments(&journey, flow);
    let named = |segments: &[Value]| -> Vec<String> {
        segments
            .iter()
            .map(|segment| text(&segment["object_id"]).to_owned())
            .collect()
    };
    assert_eq!(
        named(&made),
        [named(&there)[2].clone(), named(&there)[0].clone()]
    );
    assert_eq!(made[0]["timerange"], "[0:0_2:0)");
    assert_eq!(made[1]["timerange"], "[2:0_4:0)");
    // The objects' own timelines begin a second late, as those of the file's pictures did.
    assert_eq!(made[0]["ts_offset"], "-5:0");
    assert_eq!(made[1]["ts_offset"], "1:0");
    // Whoever reads it gets these frames, and no others.
    let out = journey.path("again.mp4").display().to_string();
    let compiled =
        journey
            .stringout
            .json(["compile", "--clip", &format!("flow:{flow}"), "--out", &out]);
    assert_eq!(compiled["encoded_frames"], 0, "{compiled:#}");
    look(&journey, &out, &[(3, 120..=179), (3, 0..=59)]);
    // And the record says it.
    let record = journey
        .stringout
        .json(["compilations", text(&published["compilation_id"])]);
    let spans = record["plan"]["video"].as_array().unwrap();
    assert!(
        spans.iter().all(|span| span["kind"] == "reference"),
        "{spans:#?}"
    );
    assert_eq!(record["object_url"], format!("tams://local/flows/{flow}"));
    assert_eq!(record["media"]["frames"], 120);
}

#[test]
fn only_ragged_edges_are_made() {
    let journey = Journey::start(3);
    let objects = stored(&journey);
    let published = publish(&journey, &["0.5s..6s", ""]);
    let flow = text(&published["flow_id"]);
    let made = segments(&journey, flow);
    assert_eq!(made.len(), 6, "{made:#?}");
    assert_eq!(stored(&journey), objects + 1);
    assert!(
        text(&published["issues"][0]).contains("300 of 345"),
        "{published:#}"
    );
    let out = journey.path("again.mp4").display().to_string();
    journey
        .stringout
        .json(["compile", "--clip", &format!("flow:{flow}"), "--out", &out]);
    look(&journey, &out, &[(3, 15..=179), (3, 0..=179)]);
    // Once more, as after a doubt.
    let again = publish(&journey, &["0.5s..6s", ""]);
    assert_eq!(again["compilation_id"], published["compilation_id"]);
    assert_eq!(segments(&journey, flow).len(), 6);
    assert_eq!(stored(&journey), objects + 1);
    let used = journey.stringout.json(["where-used", journey.flow()]);
    assert!(!used.as_array().unwrap().is_empty());
}

#[test]
fn what_can_t_be_done_by_reference_is_said() {
    let journey = Journey::start(3);
    let compiled = journey.compile();
    let file = compiled.out.display().to_string();
    let refused = journey
        .stringout
        .run(["publish", &file, "--by-reference", "--json"]);
    assert!(text(&refused.error(2)["detail"]).contains("one file"));
    // A phone has nothing to play.
    let published = publish(&journey, &["0s..2s"]);
    let out = journey.path("s.pdf").display().to_string();
    let id = text(&published["compilation_id"]);
    let refused = journey.stringout.run([
        "sheet",
        "--compilation",
        id,
        "--template",
        "poster-a4",
        "--out",
        &out,
        "--local",
        "--json",
    ]);
    assert!(text(&refused.error(3)["detail"]).contains("in place"));
}
