//! Target: `Link` headers.

use tams::{Link, parse_link};
use url::Url;

use super::mutate::{self, random::Random};

const SEEDS: [&str; 9] = [
    r#"<https://h/flows?page=2>; rel="next""#,
    r#"</flows?limit=2&page=a,b;c>; rel="next", <b>; rel=prev"#,
    "<?page=2>;rel=next",
    r#"<a>; rel="prev first", <b>; title="x, <y>; rel=next \" z" ; REL="last NEXT""#,
    r#"  ,, <a>;;rel="next";"#,
    r#"<>; rel="next"; key="c u\"r"; flag"#,
    "<//evil.example/x>; rel=next",
    "<https://u:p@h:99999/\\..\\..>; rel*=UTF-8''n%20xt",
    "<javascript:alert(1)>; anchor=\"#a\"; rel=next",
];

const WORDS: [&str; 18] = [
    "<", ">", ";", ",", "\"", "\\", "=", "rel", "next", "REL", "rel=next", " ", "\t", "%00", "*",
    "'", "://", "..",
];

/// A text that may be the value of a `Link` header.
pub fn input(random: &mut Random) -> Vec<u8> {
    mutate::text(random, &SEEDS, &WORDS)
}

/// Reads `data` as the value of a `Link` header; true when there is a link.
///
/// # Panics
/// When a target holds what no address may, a name is no lower-case token, or links do not survive
/// being written.
pub fn run(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let links = parse_link(&text);
    let base = Url::parse("https://tams.example/api/flows?page=1").expect("an address");
    for link in &links {
        assert_target(&text, link);
        for (name, _) in &link.params {
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            assert!(!name.is_empty() && name.chars().all(token), "{name:?}");
            assert_eq!(*name, name.to_ascii_lowercase());
        }
        if link.is("next") {
            assert!(link.param("rel").is_some());
            // It may refuse, but not panic.
            let _ = base.join(&link.target);
        }
    }
    let written = write(&links);
    assert_eq!(parse_link(&written), links, "{written:?}");
    // What follows takes nothing away from what came before.
    for rubbish in [",", ", x", ", <", ", <a", ", <a>; =", ",\u{0}<b>; rel=next"] {
        let spoilt = parse_link(&format!("{written}{rubbish}"));
        assert_eq!(spoilt, links, "{written:?} {rubbish:?}");
    }
    !links.is_empty()
}

fn assert_target(text: &str, link: &Link) {
    let target = &link.target;
    assert!(text.contains(target.as_str()), "{target:?} of {text:?}");
    let forbidden = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>');
    assert!(!target.contains(forbidden), "{target:?} of {text:?}");
}

/// The links as a header value again (RFC 8288 §3), every parameter in quotes.
fn write(links: &[Link]) -> String {
    let mut text = String::new();
    for link in links {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push('<');
        text.push_str(&link.target);
        text.push('>');
        for (name, value) in &link.params {
            let value = value.replace('\\', r"\\").replace('"', "\\\"");
            text.push_str(&format!("; {name}=\"{value}\""));
        }
    }
    text
}
