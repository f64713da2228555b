//! What is to be known of scripts.

use std::collections::{BTreeMap, BTreeSet};
use unicode_script::{Script, UnicodeScript};

/// Whose forms ideographs are drawn in: one code point looks different in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Han {
    Chinese,
    Japanese,
}

/// A text with kana is Japanese. Of others, `covers` tells how many of the characters given are in
/// the font of each; where both have all, the text is taken for Chinese. `None` without ideographs.
pub(crate) fn han(text: &str, covers: impl Fn(Han, char) -> bool) -> Option<Han> {
    let kana = |c: char| matches!(c.script(), Script::Hiragana | Script::Katakana);
    if text.chars().any(kana) {
        return Some(Han::Japanese);
    }
    let ideographs = || text.chars().filter(|c| c.script() == Script::Han);
    ideographs().next()?;
    let count = |han| ideographs().filter(|c| covers(han, *c)).count();
    if count(Han::Japanese) > count(Han::Chinese) {
        Some(Han::Japanese)
    } else {
        Some(Han::Chinese)
    }
}

/// Letters that join their neighbours, so that space between them would tear them apart.
pub(crate) fn is_joined(c: char) -> bool {
    matches!(
        c.script(),
        Script::Arabic
            | Script::Syriac
            | Script::Mongolian
            | Script::Nko
            | Script::Adlam
            | Script::Hanifi_Rohingya
            | Script::Mandaic
            | Script::Phags_Pa
            | Script::Devanagari
            | Script::Bengali
            | Script::Gurmukhi
    )
}

/// The characters by the script they belong to (ISO 15924); signs of no script by themselves.
pub(crate) fn by_script(characters: &BTreeSet<char>) -> BTreeMap<&'static str, String> {
    let mut scripts: BTreeMap<&'static str, String> = BTreeMap::new();
    for c in characters {
        scripts.entry(c.script().short_name()).or_default().push(*c);
    }
    scripts
}

/// What people call a script (given as ISO 15924 writes it), and a font that has it.
pub(crate) fn name(script: &str) -> (String, String) {
    let known = Script::from_short_name(script);
    match script {
        "Zyyy" | "Zinh" | "Zzzz" => (
            "symbol".to_owned(),
            "Noto Sans Symbols or an emoji font".to_owned(),
        ),
        "Hang" => ("Korean".to_owned(), "Noto Sans CJK KR".to_owned()),
        "Hani" => ("Chinese".to_owned(), "Noto Sans CJK".to_owned()),
        _ => {
            let name = known.map_or(script, |script| script.full_name());
            let name = name.replace('_', " ");
            let font = format!("Noto Sans {name}");
            (name, font)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_told_by_script() {
        let found = by_script(&"สวั한ग☂".chars().collect());
        let scripts: Vec<&str> = found.keys().copied().collect();
        assert_eq!(scripts, ["Deva", "Hang", "Thai", "Zyyy"]);
        assert_eq!(
            name("Thai"),
            ("Thai".to_owned(), "Noto Sans Thai".to_owned())
        );
        assert_eq!(name("Hang").0, "Korean");
    }

    #[test]
    fn kana_make_a_text_japanese_and_coverage_tells_the_rest() {
        let all = |_, _| true;
        assert_eq!(han("映画の夜", all), Some(Han::Japanese));
        assert_eq!(han("露天电影周末", all), Some(Han::Chinese));
        assert_eq!(
            han("東京駅", |of, _| of == Han::Japanese),
            Some(Han::Japanese)
        );
        assert_eq!(han("Open air", all), None);
    }
}
