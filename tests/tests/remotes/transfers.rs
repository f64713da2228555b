//! Bringing media here through whatever a network does: cuts, expiry, crashes, other addresses.

use std::fs;
use std::path::{Path, PathBuf};

use tests::tams_server::{Dialect, Fault, Port, Requests};

use crate::material::{Material, list, text};
use crate::studio::{Studio, assert_failure, clip};

fn media() -> Requests {
    Requests::to_media()
}

/// The ranges that were asked for at the media port, in order.
fn ranges(studio: &Studio) -> Vec<String> {
    let seen = studio.server.requests();
    let seen = seen.iter().filter(|seen| seen.port == Port::Media);
    seen.filter_map(|seen| seen.field("range").map(str::to_owned))
        .collect()
}

/// Files that are not whole yet: they are hidden.
fn is_partial(file: &Path) -> bool {
    let name = file.file_name().unwrap().to_string_lossy();
    name.starts_with('.')
}

fn length(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |found| found.len())
}

#[test]
fn a_cut_transfer_goes_on_where_it_was_cut() {
    let studio = Studio::loaded(Dialect::Aws81);
    studio
        .server
        .inject(media(), 1..=1, Fault::Cut { after: 5000 });
    studio
        .place
        .compile_exactly(&clip("2s..5s"), "a.mp4", (60, 150));
    assert_eq!(ranges(&studio), ["bytes=5000-"]);
}

#[test]
fn an_expired_address_is_asked_for_again_once() {
    let studio = Studio::loaded(Dialect::Aws81);
    studio.server.inject(media(), 1..=1, Fault::ExpiredUrl);
    studio
        .place
        .compile_exactly(&clip("2s..3s"), "a.mp4", (60, 90));
    // Every object once, and one of them twice.
    let objects = studio.place.fetched_files().len();
    assert_eq!(studio.fetches(), objects + 1);

    // One that stays refused is given up.
    studio.server.inject(media(), .., Fault::ExpiredUrl);
    let before = studio.fetches();
    let answer = studio.place.compile(&clip("8s..9s"), "none.mp4");
    let error = assert_failure(
        &answer,
        3,
        "missing_object",
        &[&studio.server.media_origin()],
    );
    let named = |id: &String| text(&error["detail"]).contains(&**id);
    assert!(studio.objects.iter().any(named), "{answer}");
    // At most four objects are under way at once.
    assert!(studio.fetches() - before <= 2 * 4, "{}", studio.fetches());
}

#[test]
fn a_killed_fetch_leaves_no_half_file_that_is_taken_for_whole() {
    let studio = Studio::loaded(Dialect::Vasttams8);
    let (place, server) = (&studio.place, &studio.server);
    // The first object arrives by half; after that nothing comes any more.
    let half = Material::shared().sizes().into_iter().min().unwrap() / 2;
    server.inject(media(), 1..=1, Fault::Cut { after: half });
    server.inject(media(), 2.., Fault::Hang);
    let mut running = place
        .stringout
        .start(place.compile_args(&clip("2s..5s"), "a.mp4"));
    let half_length = u64::try_from(half).unwrap();
    running.wait_until("half an object is here", || {
        let files = place.fetched_files();
        files.iter().any(|file| length(file) == half_length)
    });
    running.process().crash();
    let left: Vec<PathBuf> = place.fetched_files();
    assert!(left.iter().all(|file| is_partial(file)), "{left:?}");
    assert!(!place.path("a.mp4").exists());

    server.heal();
    place.compile_exactly(&clip("2s..5s"), "a.mp4", (60, 150));
    let sizes: Vec<u64> = Material::shared()
        .sizes()
        .iter()
        .map(|size| u64::try_from(*size).unwrap())
        .collect();
    for file in place.fetched_files() {
        assert!(!is_partial(&file), "{}", file.display());
        assert!(sizes.contains(&length(&file)), "{}", file.display());
    }
    // The half that was here was not sent again.
    assert!(
        ranges(&studio).contains(&format!("bytes={half}-")),
        "{:?}",
        ranges(&studio)
    );
}

#[test]
fn a_file_that_somebody_shortened_is_fetched_again() {
    let studio = Studio::loaded(Dialect::Eyevinn);
    let place = &studio.place;
    place.compile_exactly(&clip("2s..5s"), "a.mp4", (60, 150));
    let before = studio.fetches();
    for file in place.fetched_files() {
        let open = fs::File::options().write(true).open(&file).unwrap();
        open.set_len(length(&file) / 2).unwrap();
    }
    place.compile_exactly(&clip("2s..5s"), "b.mp4", (60, 150));
    // Those that the clip is made of; the neighbours are not needed any more.
    assert!(studio.fetches() >= before + 3, "{}", studio.fetches());

    for file in place.fetched_files() {
        fs::remove_file(file).unwrap();
    }
    place.compile_exactly(&clip("2s..5s"), "c.mp4", (60, 150));
}

#[test]
fn a_host_that_only_the_server_knows_is_reached_by_a_rewrite() {
    let studio = Studio::loaded(Dialect::Vasttams8);
    studio.server.name_media_host("internal.vast.invalid");
    let rewrite = format!(
        "{{ \"internal.vast.invalid\" = \"http://{}\" }}",
        studio.server.media_address()
    );
    let stringout = &studio.place.stringout;
    stringout.json(["config", "set", "tams.studio.rewrite", &rewrite]);
    studio
        .place
        .compile_exactly(&clip("2s..5s"), "a.mp4", (60, 150));
    let seen = studio.server.requests();
    let hosts = seen.iter().filter(|seen| seen.port == Port::Media);
    for seen in hosts {
        assert_eq!(seen.field("host"), Some("internal.vast.invalid"));
    }

    let doctor = stringout.run(["doctor", "--json"]);
    let warned = list(doctor.document()).iter().any(|line| {
        line["name"] == "tams.studio: settings"
            && line["state"] == "missing"
            && text(&line["detail"]).contains("Host header")
    });
    assert!(warned, "{doctor}");
}
