//! Servers that answer nonsense: nothing is believed, and what is wrong is named.

use tests::tams_server::{AddSegment, Dialect, Fault, Requests};

use crate::material::{Material, text};
use crate::studio::{Studio, assert_failure, clip, files};

/// A server that has the take, with its segments changed.
fn changed(dialect: Dialect, change: impl Fn(usize, &mut AddSegment)) -> Studio {
    let mut studio = Studio::empty(dialect, "");
    studio.objects = Material::shared().load_changed(dialect, &studio.server, change);
    studio
}

#[test]
fn answers_that_are_none_are_refused() {
    let segments = || Requests::to_api().holding("/segments");
    for (requests, fault) in [
        (Requests::to_api(), Fault::Html),
        (segments(), Fault::Html),
        (Requests::to_api(), Fault::TruncatedJson),
        (segments(), Fault::TruncatedJson),
        (segments(), Fault::ErrorInside),
        (segments(), Fault::PageLoop),
    ] {
        let studio = Studio::loaded(Dialect::Tamoss82);
        studio.server.set_page_size(2);
        studio.server.inject(requests, .., fault.clone());
        let answer = studio.place.compile(&clip("2s..5s"), "none.mp4");
        assert_failure(&answer, 1, "refused", &[&studio.server.origin()]);
        let flow = format!("studio/{}", Material::shared().flow);
        let answer = studio.place.stringout.run(["segments", &flow, "--json"]);
        assert_failure(&answer, 1, "refused", &[&studio.server.origin()]);
        assert_eq!(studio.fetches(), 0, "{fault:?}");
        assert!(!studio.place.path("none.mp4").exists(), "{fault:?}");
    }
}

/// An answer that once made no sense leaves what was known before.
#[test]
fn a_bad_day_does_not_spoil_the_listing() {
    let studio = Studio::loaded(Dialect::Aws81);
    let before = studio.place.stringout.json(["sources"]);
    studio.server.inject(Requests::to_api(), .., Fault::Html);
    let answer = studio.place.stringout.run(["sources", "--json"]);
    answer.expect_code(0);
    assert_eq!(*answer.document(), before);
    assert!(answer.stderr.contains("as of"), "{answer}");
}

/// A path that a server calls an object is no file of this machine.
#[test]
fn an_object_that_is_called_like_a_file_is_refused() {
    let local = Material::shared().file.display().to_string();
    for dialect in [Dialect::Tamoss82, Dialect::Vasttams8, Dialect::Vasttams6] {
        let studio = changed(dialect, |number, segment| {
            if number == 3 {
                segment.object_id = Some(local.clone());
            }
        });
        for command in ["plan", "compile"] {
            let mut args = studio.place.compile_args(&clip("2s..5s"), "none.mp4");
            if command == "plan" {
                args = ["plan", "--clip", &clip("2s..5s"), "--json"]
                    .map(str::to_owned)
                    .to_vec();
            }
            let answer = studio.place.stringout.run(args);
            assert_failure(&answer, 1, "refused", &["studio", &local]);
        }
        assert!(!studio.place.path("none.mp4").exists());
        assert_eq!(studio.fetches(), 0, "{dialect:?}");
    }
}

/// Nor does a name lead out of the folder where objects are kept.
#[test]
fn names_that_lead_elsewhere_lead_nowhere() {
    for (up, comes) in [("..\\..\\..\\", true), ("../../../", false)] {
        let studio = changed(Dialect::Tamoss82, |number, segment| {
            segment.object_id = Some(format!("{up}escaped{number}.mp4"));
        });
        if comes {
            studio
                .place
                .compile_exactly(&clip("2s..5s"), "a.mp4", (60, 150));
            assert!(studio.place.fetched_files().len() >= 3);
        } else {
            // An address can't have such a path, so that its signature does not fit.
            let answer = studio.place.compile(&clip("2s..5s"), "a.mp4");
            assert_failure(&answer, 3, "missing_object", &["../../../escaped"]);
        }
        let found = files(&studio.place.path("."));
        let escaped = found
            .iter()
            .find(|file| file.to_string_lossy().contains("escaped"));
        assert!(escaped.is_none(), "{escaped:?}");
    }
}

#[test]
fn a_name_without_end_does_no_harm() {
    let long = "n".repeat(100_000);
    let studio = changed(Dialect::Aws81, |number, segment| {
        if number == 3 {
            segment.object_id = Some(long.clone());
        }
    });
    let answer = studio.place.compile(&clip("2s..5s"), "none.mp4");
    let error = match answer.code {
        Some(1 | 3) => answer.document()["error"].clone(),
        _ => panic!("{:?}", answer.code),
    };
    let detail = text(&error["detail"]);
    assert!(detail.len() < 2000, "{} letters of detail", detail.len());
    assert!(!studio.place.path("none.mp4").exists());
}

#[test]
fn an_object_that_is_not_there_is_named() {
    for dialect in [
        Dialect::Tamoss82,
        Dialect::Vasttams8,
        Dialect::Vasttams6,
        Dialect::Eyevinn,
    ] {
        let studio = Studio::loaded(dialect);
        let missing = &studio.objects[3];
        let name = missing.rsplit('/').next().unwrap();
        studio.server.inject(
            Requests::to_media().holding(name),
            ..,
            Fault::Answer {
                status: 404,
                body: "{}",
            },
        );
        let answer = studio.place.compile(&clip("2s..5s"), "none.mp4");
        let server = studio.server.media_origin();
        assert_failure(&answer, 3, "missing_object", &[missing, &server]);
        assert!(!studio.place.path("none.mp4").exists());
    }
}

/// What comes instead of media is named by the server's name of it.
#[test]
fn media_that_is_none_is_named() {
    let studio = changed(Dialect::Tamoss82, |number, segment| {
        if number == 3 {
            segment.bytes = b"<html>no media</html>".to_vec();
        }
    });
    let answer = studio.place.compile(&clip("2s..5s"), "none.mp4");
    assert_failure(&answer, 3, "not_media", &["studio", &studio.objects[3]]);
}
