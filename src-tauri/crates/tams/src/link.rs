//! `Link` headers (RFC 8288 §3), read strictly and without ever failing hard: what is no link is no
//! link.

/// One link of a `Link` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its target, as written between the angle brackets. May be empty.
    pub target: String,
    /// Its parameters in order: lower-case name, and the value with quotes taken off.
    pub params: Vec<(String, String)>,
}

impl Link {
    /// The value of the first parameter of that name (RFC 8288 §3.3 has later ones ignored).
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether one of its relation types is `relation`.
    pub fn is(&self, relation: &str) -> bool {
        self.param("rel").is_some_and(|relations| {
            relations
                .split_ascii_whitespace()
                .any(|found| found.eq_ignore_ascii_case(relation))
        })
    }
}

/// The links of one header value. Reading stops at the first thing that is no link; what was read
/// before stays.
pub fn parse_link(value: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let Some(opened) = rest.strip_prefix('<') else {
            return links;
        };
        let Some((target, after)) = opened.split_once('>') else {
            return links;
        };
        if target.contains(|c: char| c.is_whitespace() || c == '<' || c.is_control()) {
            return links;
        }
        let Some((params, after)) = parse_params(after) else {
            return links;
        };
        links.push(Link {
            target: target.to_owned(),
            params,
        });
        rest = after;
    }
}

/// Parameters up to the comma that ends the link; `None` when something else follows.
fn parse_params(text: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut params = Vec::new();
    let mut rest = skip_blanks(text);
    while let Some(after) = rest.strip_prefix(';') {
        rest = skip_blanks(after);
        let end = rest.find(|c| !is_token(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        rest = skip_blanks(after);
        if name.is_empty() {
            // An empty parameter is allowed by the grammar's list rule.
            if rest.is_empty() || rest.starts_with([';', ',']) {
                continue;
            }
            return None;
        }
        let value = match rest.strip_prefix('=') {
            None => String::new(),
            Some(after) => {
                let (value, after) = parse_value(skip_blanks(after))?;
                rest = skip_blanks(after);
                value
            }
        };
        params.push((name.to_ascii_lowercase(), value));
    }
    (rest.is_empty() || rest.starts_with(',')).then_some((params, rest))
}

/// A token, or a quoted string with its escapes resolved.
fn parse_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text
            .find(|c: char| c.is_whitespace() || matches!(c, ';' | ',' | '"' | '<' | '>'))
            .unwrap_or(text.len());
        let (value, after) = text.split_at(end);
        return (!value.is_empty()).then(|| (value.to_owned(), after));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

fn skip_blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// A character of a token (RFC 9110 §5.6.2).
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(value: &str) -> Option<String> {
        parse_link(value)
            .into_iter()
            .find(|link| link.is("next"))
            .map(|link| link.target)
    }

    #[test]
    fn links_as_servers_write_them() {
        for (value, target) in [
            (
                r#"<https://h/flows?page=2>; rel="next""#,
                "https://h/flows?page=2",
            ),
            (
                r#"</flows?limit=2&page=a,b;c>; rel="next""#,
                "/flows?limit=2&page=a,b;c",
            ),
            (r#"<?page=2>;rel=next"#, "?page=2"),
            (
                r#"<a>; rel="prev first", <b>; title="x, <y>; rel=next \" z" ; REL="last NEXT""#,
                "b",
            ),
            (r#"  ,, <a>;;rel="next";"#, "a"),
            (r#"<>; rel="next"; key="c u\"r""#, ""),
        ] {
            assert_eq!(next(value).as_deref(), Some(target), "{value}");
        }
        let links = parse_link(r#"<>; rel="next"; key="c u\"r"; flag"#);
        assert_eq!(links[0].param("key"), Some("c u\"r"));
        assert_eq!(links[0].param("flag"), Some(""));
    }

    #[test]
    fn what_is_no_link_is_none() {
        for value in [
            "",
            "next",
            "<a",
            "a>; rel=next",
            r#"<a>; rel="next"#,
            r#"<a>; rel=next x"#,
            "<a>; =b",
            "<a b>; rel=next",
            r#"<a>; rel="next\"#,
            "<<a>>; rel=next",
            "<a>; rel=",
            "\u{0}",
        ] {
            assert_eq!(next(value), None, "{value}");
        }
        // The first link is good, what follows is not.
        assert_eq!(next("<a>; rel=next, garbage").as_deref(), Some("a"));
        // Only the first of several `rel` counts.
        assert_eq!(next("<a>; rel=prev; rel=next"), None);
    }

    #[test]
    fn any_text_is_read_without_panic_and_in_linear_time() {
        let pieces = [
            "<", ">", ";", ",", "\"", "\\", "=", "rel", "next", " ", "ä", "\t", "%",
        ];
        let mut seed = 7u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = usize::try_from(seed >> 33).unwrap_or(0) % pieces.len();
                text.push_str(pieces[at]);
            }
            for link in parse_link(&text) {
                assert!(text.contains(&link.target), "{text}");
            }
        }
        assert!(parse_link(&"<a>;x=".repeat(100_000)).len() <= 1);
    }
}
