//! Named places where tests stop the program to kill it.
//!
//! Between any two steps of remote work the machine may lose its power. A place between two steps has a
//! name; a test starts the program with `STRINGOUT_FAILPOINT=NAME` (or `NAME:3` for the third time) and
//! `STRINGOUT_FAILPOINT_FILE=PATH`, waits for that file to appear, and kills the process, which stands still
//! there. In a release build a place is nothing.

#![deny(missing_docs)]

/// The environment variable that names the place.
pub const VARIABLE: &str = "STRINGOUT_FAILPOINT";

/// The environment variable that names the file which tells that it was reached.
pub const FILE: &str = "STRINGOUT_FAILPOINT_FILE";

/// A place between two steps. Does not return where a test has named it.
#[inline]
pub fn reach(name: &str) {
    #[cfg(debug_assertions)]
    armed::reach(name);
    #[cfg(not(debug_assertions))]
    let _ = name;
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    struct Wanted {
        name: String,
        turn: u32,
        reached: AtomicU32,
    }

    static WANTED: OnceLock<Option<Wanted>> = OnceLock::new();

    pub(super) fn reach(name: &str) {
        let wanted = WANTED.get_or_init(|| parse(&std::env::var(super::VARIABLE).ok()?));
        let Some(wanted) = wanted.as_ref().filter(|wanted| wanted.name == name) else {
            return;
        };
        if wanted.reached.fetch_add(1, Ordering::SeqCst) + 1 < wanted.turn {
            return;
        }
        if let Some(file) = std::env::var_os(super::FILE) {
            // Whoever waits for it will say that it did not come.
            let _ = std::fs::write(file, name);
        }
        loop {
            std::thread::park();
        }
    }

    fn parse(text: &str) -> Option<Wanted> {
        let (name, turn) = match text.rsplit_once(':') {
            Some((name, turn)) => (name, turn.parse().ok()?),
            None => (text, 1),
        };
        Some(Wanted {
            name: name.to_owned(),
            turn,
            reached: AtomicU32::new(0),
        })
    }

    #[cfg(test)]
    mod tests {
        use super::parse;

        #[test]
        fn a_place_may_have_a_turn() {
            let wanted = parse("upload.part-sent:3").map(|wanted| (wanted.name, wanted.turn));
            assert_eq!(wanted, Some(("upload.part-sent".to_owned(), 3)));
            let wanted = parse("mirror.flow-put").map(|wanted| (wanted.name, wanted.turn));
            assert_eq!(wanted, Some(("mirror.flow-put".to_owned(), 1)));
            assert!(parse("a:b").is_none());
        }
    }
}
