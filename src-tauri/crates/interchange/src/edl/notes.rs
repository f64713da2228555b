//! What the comments behind an event say.

/// A comment that is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Note<'a> {
    /// The name of the clip, or of the one a transition comes out of.
    FromName(&'a str),
    /// The name of the clip a transition leads to.
    ToName(&'a str),
    /// The file of the clip, or of the one a transition comes out of.
    FromFile(&'a str),
    /// The file of the clip a transition leads to.
    ToFile(&'a str),
    /// A file, of whichever clip it stands behind.
    File(&'a str),
    /// A marker: what stands behind `LOC:`.
    Locator(&'a str),
    /// A colour decision, which is not applied.
    Colour,
    /// Anything else.
    Other,
}

/// The text of a comment; `None` for a line that is none.
pub(super) fn comment(line: &str) -> Option<&str> {
    let text = line.strip_prefix('*')?;
    Some(text.trim())
}

/// What a comment means. A name that is not told is none.
pub(super) fn note(text: &str) -> Note<'_> {
    let behind = |words: &str| {
        let head = text.get(..words.len())?;
        let rest = text.get(words.len()..)?.trim();
        (head.eq_ignore_ascii_case(words) && !rest.is_empty()).then_some(rest)
    };
    if let Some(name) = behind("FROM CLIP NAME:") {
        Note::FromName(name)
    } else if let Some(name) = behind("TO CLIP NAME:") {
        Note::ToName(name)
    } else if let Some(file) = behind("FROM CLIP:").or_else(|| behind("FROM FILE:")) {
        Note::FromFile(file)
    } else if let Some(file) = behind("TO CLIP:").or_else(|| behind("TO FILE:")) {
        Note::ToFile(file)
    } else if let Some(file) = behind("SOURCE FILE:").or_else(|| behind("MEDIA FILE:")) {
        Note::File(file)
    } else if let Some(rest) = behind("LOC:") {
        Note::Locator(rest)
    } else if behind("ASC_").is_some() {
        Note::Colour
    } else {
        Note::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_understood() {
        for (line, wanted) in [
            ("* FROM CLIP NAME:  a b", Note::FromName("a b")),
            ("*FROM CLIP NAME: a: b.mov", Note::FromName("a: b.mov")),
            ("* to clip name: b", Note::ToName("b")),
            ("* FROM CLIP: /a.mov", Note::FromFile("/a.mov")),
            ("* TO FILE: /b.mov", Note::ToFile("/b.mov")),
            ("* SOURCE FILE: c.mov", Note::File("c.mov")),
            (
                "* LOC: 01:00:00:00 RED x",
                Note::Locator("01:00:00:00 RED x"),
            ),
            ("* ASC_SOP (1 1 1)(0 0 0)(1 1 1)", Note::Colour),
            ("* FROM CLIP IS A STILL", Note::Other),
            ("* FROM CLIP NAME:", Note::Other),
            ("* é", Note::Other),
        ] {
            assert_eq!(note(comment(line).unwrap()), wanted, "{line}");
        }
        assert_eq!(comment("M2 A 25.0"), None);
    }
}
