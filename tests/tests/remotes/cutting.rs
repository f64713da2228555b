//! Clips of flows at servers: planned and compiled to the frame, and no more fetched than they reach.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::tams_server::{Dialect, Port, Requests};

use crate::material::{Material, text};
use crate::studio::{Studio, assert_discreet, clip};

/// The numbers of the objects that were asked for whole at the media port, each as often as it was.
fn fetched(studio: &Studio) -> Vec<usize> {
    let objects = studio.server.objects();
    let seen = studio.server.requests();
    let mut numbers: Vec<usize> = seen
        .iter()
        .filter(|seen| seen.port == Port::Media && seen.field("range").is_none())
        .map(|seen| {
            let here = objects.iter().position(|object| {
                let key = seen.path.strip_prefix("/tams/").unwrap();
                let key = percent_encoding::percent_decode_str(key);
                key.decode_utf8_lossy() == object.key
            });
            here.unwrap_or_else(|| panic!("{} is no object", seen.path))
        })
        .collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn a_clip_of_any_server_is_exact_and_costs_only_what_it_reaches() {
    for dialect in Dialect::ALL {
        let studio = Studio::loaded(dialect);
        let compiled = studio
            .place
            .compile_exactly(&clip("2s..5s"), "a.mp4", (60, 150));
        // Key frames lie at the marks: nothing had to be encoded.
        assert_eq!(compiled["encoded_frames"], 0, "{dialect:?}");

        // Those of the clip and their neighbours, whose sound may reach into it, once each.
        let asked = fetched(&studio);
        let once: BTreeSet<usize> = asked.iter().copied().collect();
        assert_eq!(once.len(), asked.len(), "{dialect:?}: {asked:?}");
        assert!(
            asked.starts_with(&[1, 2, 3, 4]) && asked.iter().all(|number| *number <= 6),
            "{dialect:?}: {asked:?}"
        );

        // What is here is not fetched again, and not even planned anew otherwise.
        let again = studio
            .place
            .compile_exactly(&clip("2s..5s"), "b.mp4", (60, 150));
        assert_eq!(fetched(&studio), asked, "{dialect:?}");
        assert_eq!(again["sha256"], compiled["sha256"], "{dialect:?}");
        assert_eq!(again["plan_hash"], compiled["plan_hash"], "{dialect:?}");
        studio.server.assert_no_credential_at_media();
    }
}

#[test]
fn every_way_to_name_a_flow_gives_the_same_plan() {
    let material = Material::shared();
    for dialect in Dialect::ALL {
        let studio = Studio::loaded(dialect);
        let host = studio.server.url();
        let host = host.trim_start_matches("http://");
        let plan = |reference: &str| -> Value {
            let clip = format!("{reference}@1.5s..6.25s");
            studio.place.stringout.json(["plan", "--clip", &clip])
        };
        let by_flow = plan(&format!("flow:studio/{}", material.flow));
        assert_discreet(&by_flow.to_string());
        assert_eq!(by_flow["frames"], 143, "{dialect:?}");
        for span in by_flow["video"].as_array().unwrap() {
            for piece in span["sources"].as_array().unwrap() {
                let id = text(&piece["object_id"]);
                assert!(studio.objects.iter().any(|known| known == id), "{id}");
                assert_eq!(piece["flow_id"], *material.flow);
            }
        }
        for reference in [
            format!("source:studio/{}", material.source),
            format!("tams://{host}/flows/{}", material.flow),
            format!("tams://studio/flows/{}?timerange=_", material.flow),
            format!("tams://{host}/sources/{}", material.source),
        ] {
            let plan = plan(&reference);
            assert_eq!(plan["hash"], by_flow["hash"], "{dialect:?}: {reference}");
        }
    }
}

#[test]
fn marks_between_key_frames_are_exact_too() {
    let studio = Studio::loaded(Dialect::Vasttams8);
    let place = &studio.place;
    let by_link = format!(
        "tams://{}/flows/{}@45f..110f",
        studio.server.url().trim_start_matches("http://"),
        Material::shared().flow
    );
    let compiled = place.compile_exactly(&by_link, "frames.mp4", (45, 110));
    assert!(compiled["encoded_frames"].as_u64().unwrap() > 0);
    let by_source = format!(
        "source:studio/{}@7:500000000..8:700000000",
        Material::shared().source
    );
    place.compile_exactly(&by_source, "times.mp4", (225, 261));
}

#[test]
fn a_server_and_the_local_node_in_one_edit() {
    let material = Material::shared();
    let studio = Studio::loaded(Dialect::Aws81);
    let stringout = &studio.place.stringout;
    let file = material.file.to_str().unwrap();
    let ingested = stringout.json(["ingest", file]);
    let local = text(&ingested["flows"][0]["id"]);
    let out = studio.place.path("both.mp4").display().to_string();
    let here = format!("flow:{local}@0s..1s");
    let compiled = stringout.json([
        "compile",
        "--clip",
        &here,
        "--clip",
        &clip("4s..5s"),
        "--clip",
        file,
        "--out",
        &out,
    ]);
    assert_eq!(compiled["frames"], 30 + 30 + 300);
    let found = tests::check::check(studio.place.path("both.mp4").as_path());
    let number = material.spec.clip;
    found.assert_frames(&[(number, 0..=29), (number, 120..=149), (number, 0..=299)]);
    found.assert_decodes_cleanly();
}

#[test]
fn what_is_not_there_is_said_with_its_place() {
    let studio = Studio::loaded(Dialect::Tamoss82);
    let unknown = "5d1c0e5a-8f0c-4a57-9b0e-0d6a1f0c1a02";
    for reference in [
        format!("flow:studio/{unknown}"),
        format!("source:studio/{unknown}"),
        format!("flow:elsewhere/{unknown}"),
        format!("tams://elsewhere.example/flows/{unknown}"),
    ] {
        let answer = studio.place.compile(&reference, "none.mp4");
        let error = answer.error(3);
        let named = [unknown, "elsewhere"];
        assert!(
            named
                .iter()
                .any(|name| text(&error["detail"]).contains(name)),
            "{answer}"
        );
    }
    assert_eq!(studio.server.count(&Requests::to_media()), 0);
}
