//! Printed codes, read back by somebody else's reader.

use std::fs;

use serde_json::Value;
use tests::qr;
use tests::tool::{run, tool};

use crate::journey::{Journey, assert_keys, text};

/// Prints a poster of one compilation.
fn print(journey: &Journey, compilation: &str, name: &str, more: &[&str]) -> Value {
    let out = journey.path(name).display().to_string();
    let args = [
        "sheet",
        "--compilation",
        compilation,
        "--template",
        "poster-a4",
        "--out",
        &out,
    ];
    journey
        .stringout
        .json(args.into_iter().chain(more.iter().copied()))
}

#[test]
fn every_code_of_a_poster_decodes_to_what_was_said() {
    let journey = Journey::start(4);
    let (_, published) = journey.publish();
    let id = text(&published["compilation_id"]);
    let sheet = print(&journey, id, "a.pdf", &["--local"]);
    assert_keys(&sheet, &["out", "pages", "pdf_ms", "verify_ms", "codes"]);
    assert_eq!(sheet["pages"], 1);
    let codes = sheet["codes"].as_array().unwrap();
    assert_eq!(codes.len(), 1);
    let code = &codes[0];
    assert_keys(
        code,
        &[
            "id",
            "url",
            "compilation_id",
            "placement",
            "page",
            "verified",
        ],
    );
    assert_eq!(
        (&code["compilation_id"], &code["page"], &code["verified"]),
        (&Value::from(id), &Value::from(1), &Value::Bool(true))
    );
    let url = text(&code["url"]);
    assert_eq!(url, url.to_uppercase(), "not for alphanumeric mode");
    assert!(
        url.starts_with("HTTP://") && url.ends_with(&format!("/P/{}", text(&code["id"]))),
        "{url}"
    );

    let pdf = journey.path("a.pdf");
    for dpi in [150, 300] {
        assert_eq!(qr::in_pdf(&pdf, dpi), [[url]], "{dpi} dpi");
    }
}

#[test]
fn a_poster_says_what_it_is_and_where_it_works() {
    let journey = Journey::start(4);
    let (_, published) = journey.publish();
    let sheet = print(
        &journey,
        text(&published["compilation_id"]),
        "a.pdf",
        &["--local"],
    );
    let pdf = journey.path("a.pdf");
    let words = run(tool("pdftotext", ["-layout"]).arg(&pdf).arg("-"));
    let words = String::from_utf8(words).unwrap();
    assert!(words.contains("First cut"), "no title:\n{words}");
    assert!(
        words.to_lowercase().contains("on this network only"),
        "{words}"
    );
    // The short code in type, however it is grouped.
    let bare = |text: &str| {
        text.chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
    };
    assert!(
        bare(&words).contains(text(&sheet["codes"][0]["id"])),
        "no code:\n{words}"
    );
    // A4 in points, and a picture on it.
    let facts = String::from_utf8(run(tool("pdfinfo", [""; 0]).arg(&pdf))).unwrap();
    assert!(facts.contains("595.") && facts.contains("841."), "{facts}");
    let images = String::from_utf8(run(tool("pdfimages", ["-list"]).arg(&pdf))).unwrap();
    assert!(
        images.lines().count() > 2,
        "no picture on the poster:\n{images}"
    );
}

#[test]
fn a_public_address_is_printed_and_kept() {
    let journey = Journey::start(4);
    let (_, published) = journey.publish();
    let id = text(&published["compilation_id"]);
    journey
        .stringout
        .json(["config", "set", "play.base_url", "https://go.example"]);
    let sheet = print(&journey, id, "a.pdf", &[]);
    let url = text(&sheet["codes"][0]["url"]).to_owned();
    assert!(url.starts_with("HTTPS://GO.EXAMPLE/P/"), "{url}");
    assert_eq!(qr::in_pdf(&journey.path("a.pdf"), 150), [[url.as_str()]]);
    let words = run(tool("pdftotext", [""; 0])
        .arg(journey.path("a.pdf"))
        .arg("-"));
    assert!(
        !String::from_utf8(words)
            .unwrap()
            .to_lowercase()
            .contains("this network")
    );
    // The same place gets the same code again.
    let again = print(&journey, id, "b.pdf", &[]);
    assert_eq!(text(&again["codes"][0]["url"]), url);
    // Another base gets another code: a printed one never changes where it leads.
    journey
        .stringout
        .json(["config", "set", "play.base_url", "https://other.example"]);
    let moved = print(&journey, id, "c.pdf", &[]);
    assert_ne!(moved["codes"][0]["id"], sheet["codes"][0]["id"]);
}

#[test]
fn a_table_prints_each_of_its_places() {
    let journey = Journey::start(4);
    let (_, published) = journey.publish();
    let id = text(&published["compilation_id"]);
    let table = journey.path("places.csv");
    fs::write(&table, format!("compilation_id,placement,title,copies\n{id},Lobby,,1\n{id},Bus stop,At the bus stop,2\n")).unwrap();
    let (table, out) = (
        table.display().to_string(),
        journey.path("t.pdf").display().to_string(),
    );
    let sheet = journey.stringout.json([
        "sheet",
        "--csv",
        &table,
        "--template",
        "poster-a4",
        "--out",
        &out,
        "--local",
    ]);
    let codes = sheet["codes"].as_array().unwrap();
    let places: Vec<&str> = codes.iter().map(|code| text(&code["placement"])).collect();
    assert_eq!(places, ["Lobby", "Bus stop", "Bus stop"]);
    assert_eq!(
        (&codes[1]["id"], &codes[2]["id"]),
        (&codes[2]["id"], &codes[1]["id"]),
        "copies are the same code"
    );
    assert_ne!(codes[0]["id"], codes[1]["id"]);
    let urls: Vec<[&str; 1]> = codes.iter().map(|code| [text(&code["url"])]).collect();
    assert_eq!(qr::in_pdf(&journey.path("t.pdf"), 150), urls);
}

#[test]
fn the_templates_are_listed() {
    let journey = tests::stringout::Stringout::new();
    let templates = journey.json(["sheet", "templates"]);
    let names: Vec<&str> = templates
        .as_array()
        .unwrap()
        .iter()
        .map(|template| text(&template["name"]))
        .collect();
    assert!(names.contains(&"poster-a4"), "{names:?}");
}
