//! The page that tells what came of each long test when it was run last.
//!
//! All of them take hours, so they may be run in parts: a run changes the rows of its own tests alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

const HEAD: &str = "# Long tests

What `cargo xtask test --long` last said of each of its tests. `cargo xtask test --long NAME` runs those whose names have NAME in them, and changes their rows alone.

| test | result | date | commit | machine |
|---|---|---|---|---|
";

/// When and where tests were run.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) date: &'a str,
    pub(crate) commit: &'a str,
    pub(crate) machine: &'a str,
}

/// The page with the results of a run: names of tests, and whether they passed.
pub(crate) fn updated(page: &str, results: &[(String, bool)], run: &Run<'_>) -> String {
    let rows = page.lines().filter_map(|line| {
        let name = line.strip_prefix("| `")?.split_once("` |")?.0;
        Some((name.to_owned(), line.to_owned()))
    });
    let mut rows: BTreeMap<String, String> = rows.collect();
    for (name, passed) in results {
        let result = if *passed { "passed" } else { "FAILED" };
        let row = format!(
            "| `{name}` | {result} | {} | {} | {} |",
            run.date, run.commit, run.machine
        );
        rows.insert(name.clone(), row);
    }
    let mut text = HEAD.to_owned();
    for row in rows.values() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{row}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_changes_its_own_rows() {
        let run = |date, commit| Run {
            date,
            commit,
            machine: "2 cores",
        };
        let result = |name: &str, passed| (name.to_owned(), passed);
        let first = [result("b::two", true), result("a::one", true)];
        let page = updated("", &first, &run("2026-01-01", "aaa"));
        assert!(page.ends_with(
            "| `a::one` | passed | 2026-01-01 | aaa | 2 cores |\n| `b::two` | passed | 2026-01-01 | aaa | 2 cores |\n"
        ));
        let page = updated(&page, &[result("a::one", false)], &run("2026-02-02", "bbb"));
        assert!(page.ends_with(
            "| `a::one` | FAILED | 2026-02-02 | bbb | 2 cores |\n| `b::two` | passed | 2026-01-01 | aaa | 2 cores |\n"
        ));
        assert_eq!(page.matches("# Long tests").count(), 1);
    }
}
