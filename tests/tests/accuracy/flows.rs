//! Flows: what was ingested is cut like the file it came from.

use std::path::Path;

use tests::media::Container;
use tests::stringout::Stringout;

use crate::cuts::{Cut, Mark, every_way};
use crate::judge::{Compiled, compile, compile_with, judge_compiled, shown_hashes};
use crate::material::{Material, at_rate, in_container, reordered};

/// Ingests the material into segments of about a second, and answers with the flow to cut.
fn ingest(stringout: &Stringout, file: &Path) -> String {
    let file = file.display().to_string();
    let ingested = stringout.json(["ingest", file.as_str(), "--segment-duration", "1s"]);
    let flow = &ingested["flows"][0];
    assert!(flow["segments"].as_u64().unwrap() >= 3, "{ingested}");
    flow["id"].as_str().unwrap().to_owned()
}

fn cuts(material: &Material) -> Vec<Cut> {
    let wanted = [
        "frames",
        "seconds",
        "timestamps",
        "timecode",
        "whole",
        "two clips",
    ];
    let mut cuts = every_way(material);
    cuts.retain(|cut| wanted.contains(&cut.name));
    cuts
}

/// Cuts the flow and the file, and expects the same frames, the same copies and the same lengths.
fn a_flow_is_cut_like_its_file(material: &Material) {
    let workspace = tempfile::tempdir().unwrap();
    let stringout = Stringout::in_workspace(workspace.path());
    let flow = ingest(&stringout, &material.file);
    let file = material.file.display().to_string();
    for cut in cuts(material) {
        let of_flow = compile_with(&stringout, &cut.arguments(&format!("flow:{flow}")), &[]);
        let judged = judge_compiled(material, &cut, &of_flow);
        judged.unwrap_or_else(|problem| panic!("{} of the flow: {problem}", cut.name));
        let of_file = compile(&cut.arguments(&file), &[]);
        for key in ["frames", "duration", "copied_frames", "encoded_frames"] {
            assert_eq!(
                of_flow.answer[key], of_file.answer[key],
                "{}: {key}",
                cut.name
            );
        }
        let copies = |compiled: &Compiled| {
            let hashes = shown_hashes(&compiled.out).into_iter();
            let copied = hashes.zip(kinds(compiled));
            copied
                .filter(|(_, kind)| kind == "copy")
                .map(|(hash, _)| hash)
                .collect::<Vec<_>>()
        };
        assert_eq!(copies(&of_flow), copies(&of_file), "{}", cut.name);
    }
}

/// The kind of each frame.
fn kinds(compiled: &Compiled) -> Vec<String> {
    let spans = compiled.spans().into_iter();
    spans
        .flat_map(|(kind, frames)| vec![kind; usize::try_from(frames).unwrap()])
        .collect()
}

#[test]
fn a_flow_of_mp4() {
    a_flow_is_cut_like_its_file(&Material::of(reordered(31)));
}

#[test]
fn a_flow_of_a_transport_stream() {
    a_flow_is_cut_like_its_file(&Material::of(in_container(32, Container::Ts)));
}

#[test]
fn a_flow_at_29_97() {
    a_flow_is_cut_like_its_file(&Material::of(at_rate(33, 30_000, 1001)));
}

#[test]
fn a_flow_of_a_file_with_an_edit_list() {
    a_flow_is_cut_like_its_file(&Material::with_edit_list(34));
}

#[test]
fn a_source_is_cut_through_its_flow() {
    let material = Material::of(reordered(31));
    let workspace = tempfile::tempdir().unwrap();
    let stringout = Stringout::in_workspace(workspace.path());
    let flow = ingest(&stringout, &material.file);
    let sources = stringout.json(["sources"]);
    let mut cut = every_way(&material).remove(0);
    cut.clips = vec![(Mark::Frame(20), Mark::Frame(70))];
    for source in sources.as_array().unwrap() {
        // Pictures, sound and both are one medium: whichever is named, the same is cut.
        let reference = format!("source:{}", source["id"].as_str().unwrap());
        let compiled = compile_with(&stringout, &cut.arguments(&reference), &[]);
        judge_compiled(&material, &cut, &compiled).unwrap();
    }
    let link = format!("tams://local/flows/{flow}");
    let compiled = compile_with(&stringout, &cut.arguments(&link), &[]);
    judge_compiled(&material, &cut, &compiled).unwrap();
}
