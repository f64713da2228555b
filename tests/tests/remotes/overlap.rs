//! Work goes on beside the network: a plan needs no media, and a compile makes its first frames while
//! the last object is still at the server.

use std::fs;
use std::sync::OnceLock;

use tests::check::{Options as Look, check_with};
use tests::media::MediaSpec;
use tests::tams_server::{Dialect, Fault, Requests};

use crate::material::Material;
use crate::studio::Studio;

/// Segments that are too large to be read whole for their index.
fn large() -> &'static Material {
    static LARGE: OnceLock<Material> = OnceLock::new();
    LARGE.get_or_init(|| {
        let made = Material::made(MediaSpec {
            width: 1280,
            height: 720,
            frames: 180,
            quality: 6,
            ..MediaSpec::small(33)
        });
        let smallest = made.sizes().into_iter().min().unwrap();
        assert!(smallest > 700_000, "{smallest}");
        made
    })
}

fn studio(dialect: Dialect) -> Studio {
    let mut studio = Studio::empty(dialect, "");
    studio.objects = large().load(dialect, &studio.server);
    studio
}

fn clip() -> String {
    format!("flow:studio/{}@0.5s..5.5s", large().flow)
}

#[test]
fn a_plan_needs_no_media() {
    for dialect in Dialect::ALL {
        let studio = studio(dialect);
        let plan = |_| studio.place.stringout.json(["plan", "--clip", &clip()]);
        let planned = plan(0);
        assert_eq!(planned["frames"], 150, "{dialect:?}");
        let asked = studio.fetches();
        assert!((6..=18).contains(&asked), "{dialect:?}: {asked} requests");
        let whole = studio.server.count(&Requests::to_media().whole());
        assert_eq!(whole, 0, "{dialect:?}");
        assert!(studio.place.fetched_files().is_empty(), "{dialect:?}");

        // What is known is not asked for again, and what is fetched then is the same.
        assert_eq!(plan(1)["hash"], planned["hash"], "{dialect:?}");
        assert_eq!(studio.fetches(), asked, "{dialect:?}");
        let out = studio.place.path("a.mp4").display().to_string();
        let compile = ["compile", "--clip", &clip(), "--out", &out];
        let compiled = studio.place.stringout.json(compile);
        assert_eq!(compiled["plan_hash"], planned["hash"], "{dialect:?}");
        assert_eq!(studio.fetches(), asked + 6, "{dialect:?}");
    }
}

#[test]
fn the_first_frames_are_made_while_the_last_object_is_on_its_way() {
    for mode in ["auto", "render"] {
        let studio = studio(Dialect::Vasttams8);
        let (place, server) = (&studio.place, &studio.server);
        let key = server.objects().last().unwrap().key.clone();
        let last = Requests::to_media().holding(&key).whole();
        server.inject(last.clone(), .., Fault::Hold);
        let out = place.path("film.mp4").display().to_string();
        let mut running = place.stringout.start([
            "compile",
            "--clip",
            &clip(),
            "--mode",
            mode,
            "--out",
            &out,
            "--json",
        ]);
        // As much as two of the five seconds, whatever the encoder makes of them.
        let partial = place.path(".film.mp4.partial");
        running.wait_until("frames are written", || {
            fs::metadata(&partial).is_ok_and(|file| file.len() > 100_000)
        });
        assert_eq!(server.count(&last), 1, "{mode}");
        server.heal();
        let answer = running.finish();
        answer.expect_code(0);
        let look = Look {
            sources: vec![large().spec.clone()],
            ..Look::default()
        };
        let found = check_with(&place.path("film.mp4"), &look);
        found.assert_frames(&[(large().spec.clip, 15..=164)]);
        found.assert_av_sync(10.0);
        found.assert_decodes_cleanly();
    }
}

#[test]
fn a_server_without_ranges_gives_whole_objects() {
    let studio = studio(Dialect::Vasttams8);
    let media = Requests::to_media();
    studio.server.inject(media.clone(), .., Fault::NoRanges);
    let planned = studio.place.stringout.json(["plan", "--clip", &clip()]);
    assert_eq!(planned["frames"], 150);
    assert_eq!(studio.place.fetched_files().len(), 6);
    assert_eq!(studio.server.count(&media.whole()), 6);
}

#[test]
fn an_object_that_is_another_one_by_then_is_refused() {
    let studio = studio(Dialect::Vasttams8);
    studio.place.stringout.json(["plan", "--clip", &clip()]);
    studio.server.shorten_object(3);
    let answer = studio.place.compile(&clip(), "a.mp4");
    let error = answer.error(3);
    let detail = error["detail"].as_str().unwrap();
    assert!(detail.contains(&studio.objects[3]), "{answer}");
    assert!(!studio.place.path("a.mp4").exists());
}
