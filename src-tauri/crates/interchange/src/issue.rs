//! What is not taken as it stands, and where.

use std::fmt;

/// More issues than these are counted and not listed.
pub const MAX_ISSUES: usize = 500;
/// Names in a place are cut to this many characters.
const NAME: usize = 60;

/// Something in a programme that is not taken as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Where: `track V1, item 3, clip NAME`.
    pub place: String,
    /// What is there, and what is done about it.
    pub what: String,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Issues as they are found; a hostile file can't make them endless.
#[derive(Debug, Default)]
pub(crate) struct Issues {
    list: Vec<Issue>,
    more: usize,
}

impl Issues {
    pub(crate) fn add(&mut self, place: impl Into<String>, what: impl Into<String>) {
        if self.list.len() < MAX_ISSUES {
            self.list.push(Issue {
                place: place.into(),
                what: what.into(),
            });
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn append(&mut self, other: Self) {
        for issue in other.list {
            self.add(issue.place, issue.what);
        }
        self.more += other.more;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn into_vec(self) -> Vec<Issue> {
        let mut list = self.list;
        if self.more > 0 {
            list.push(Issue {
                place: "the file".to_owned(),
                what: format!("{} more issues are not listed", self.more),
            });
        }
        list
    }
}

/// `track V1`.
pub(crate) fn track_place(name: &str, number: usize) -> String {
    match name {
        "" => format!("track {number}"),
        name => format!("track {}", short(name)),
    }
}

/// `track V1, item 3, clip NAME`; items count from 1.
pub(crate) fn item_place(track: &str, index: usize, kind: &str, name: &str) -> String {
    let number = index.saturating_add(1);
    match name {
        "" => format!("{track}, item {number}, {kind}"),
        name => format!("{track}, item {number}, {kind} {}", short(name)),
    }
}

/// A name that fits a sentence: one line, cut when it is long.
pub(crate) fn short(name: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut out: String = name.chars().take(NAME).map(clean).collect();
    if name.chars().nth(NAME).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_short_lines() {
        let track = track_place("V1", 1);
        assert_eq!(
            item_place(&track, 2, "clip", "a"),
            "track V1, item 3, clip a"
        );
        assert_eq!(track_place("", 4), "track 4");
        assert_eq!(item_place("track 4", 0, "gap", ""), "track 4, item 1, gap");
        let long = short(&"x\n".repeat(1000));
        assert!(long.chars().count() == NAME + 1 && !long.contains('\n'));
    }

    #[test]
    fn issues_end() {
        let mut issues = Issues::default();
        for _ in 0..MAX_ISSUES + 7 {
            issues.add("x", "y");
        }
        let list = issues.into_vec();
        assert_eq!(list.len(), MAX_ISSUES + 1);
        assert_eq!(
            list[MAX_ISSUES].to_string(),
            "the file: 7 more issues are not listed"
        );
    }
}
