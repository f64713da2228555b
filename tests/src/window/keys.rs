//! Keys by the names that the window shows them with.

/// What ends a line.
pub(super) const ENTER: char = '\u{e007}';

/// Keys without a character of their own, as WebDriver has them.
const NAMED: [(&str, char); 14] = [
    ("Alt", '\u{e00a}'),
    ("ArrowDown", '\u{e015}'),
    ("ArrowLeft", '\u{e012}'),
    ("ArrowRight", '\u{e014}'),
    ("ArrowUp", '\u{e013}'),
    ("Backspace", '\u{e003}'),
    ("Ctrl", '\u{e009}'),
    ("Delete", '\u{e017}'),
    ("End", '\u{e010}'),
    ("Enter", ENTER),
    ("Escape", '\u{e00c}'),
    ("Home", '\u{e011}'),
    ("Shift", '\u{e008}'),
    ("Space", ' '),
];

/// The keys of a stroke in the order they go down: `Ctrl+Enter`, `Shift+ArrowLeft`, `i`.
///
/// # Panics
/// When it names a key that isn't known.
pub(super) fn keys(stroke: &str) -> Vec<char> {
    stroke.split('+').map(key).collect()
}

fn key(name: &str) -> char {
    let mut characters = name.chars();
    if let (Some(only), None) = (characters.next(), characters.next()) {
        return only;
    }
    let found = NAMED.iter().find(|(known, _)| *known == name);
    found
        .unwrap_or_else(|| panic!("no key is called `{name}`"))
        .1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_are_keys_in_order() {
        assert_eq!(keys("i"), ['i']);
        assert_eq!(keys("Ctrl+Enter"), ['\u{e009}', '\u{e007}']);
        assert_eq!(keys("Space"), [' ']);
    }

    #[test]
    #[should_panic(expected = "no key is called `Meta`")]
    fn an_unknown_key_is_named() {
        keys("Meta+x");
    }
}
