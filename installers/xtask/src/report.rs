//! What a test run tells: the parts with their seconds, and the counts of `cargo test`.

use std::fmt::Write;
use std::time::Duration;

/// One part of a run.
#[derive(Debug)]
pub(crate) struct Part {
    /// Its heading.
    pub(crate) name: &'static str,
    /// How long it took.
    pub(crate) took: Duration,
    /// Why it failed, if it did.
    pub(crate) failure: Option<String>,
}

/// The counts of one or more runs of `cargo test`, read from their output.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Tests that passed.
    pub(crate) passed: u32,
    /// Tests that failed.
    pub(crate) failed: u32,
    /// Tests that were not run because they say `ignore`.
    pub(crate) ignored: u32,
    /// The names of those that failed.
    pub(crate) failures: Vec<String>,
    /// Every test, with its executable in front, and whether it passed.
    pub(crate) results: Vec<(String, bool)>,
    /// Each test executable with its seconds.
    pub(crate) executables: Vec<(String, f64)>,
    current: String,
}

impl Counts {
    /// Takes in one line of output.
    pub(crate) fn read(&mut self, line: &str) {
        let text = line.trim();
        if let Some(rest) = text.strip_prefix("Running ") {
            self.current = executable(rest);
        } else if let Some(name) = text.strip_prefix("Doc-tests ") {
            self.current = format!("{name} (documentation)");
        } else if let Some(counts) = text.strip_prefix("test result: ") {
            self.read_result(counts);
        } else if let Some(name) = text
            .strip_prefix("test ")
            .and_then(|t| t.strip_suffix(" ... FAILED"))
        {
            self.failures.push(format!("{}: {name}", self.current));
            self.results
                .push((format!("{} {name}", self.current), false));
        } else if let Some(name) = text
            .strip_prefix("test ")
            .and_then(|t| t.strip_suffix(" ... ok"))
        {
            self.results
                .push((format!("{} {name}", self.current), true));
        }
    }

    fn read_result(&mut self, counts: &str) {
        for part in counts.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let number: Option<u32> = words.next().and_then(|word| word.parse().ok());
            match (number, words.next()) {
                (Some(n), Some("passed")) => self.passed += n,
                (Some(n), Some("failed")) => self.failed += n,
                (Some(n), Some("ignored")) => self.ignored += n,
                _ => {}
            }
        }
        let seconds = counts
            .rsplit_once("finished in ")
            .and_then(|(_, time)| time.trim_end_matches('s').parse().ok());
        self.executables
            .push((self.current.clone(), seconds.unwrap_or(0.0)));
    }
}

/// `unittests src/lib.rs (target/debug/deps/media-0123abcd)` → `media`;
/// `tests/support.rs (…/deps/support-0123abcd)` → `support`.
fn executable(rest: &str) -> String {
    let path = rest.rsplit_once('(').map_or(rest, |(_, path)| path);
    let file = path
        .trim_end_matches(')')
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(path);
    let name = file.rsplit_once('-').map_or(file, |(name, _)| name);
    if rest.starts_with("unittests") {
        format!("{name} (unit)")
    } else {
        name.to_owned()
    }
}

/// The table at the end of a run.
pub(crate) fn table(parts: &[Part], counts: &Counts) -> String {
    let mut text = String::new();
    let mut line = |seconds: f64, name: &str, note: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{seconds:>9.1}  {name}{note}");
    };
    for part in parts {
        let note = if part.failure.is_some() {
            "  FAILED"
        } else {
            ""
        };
        line(part.took.as_secs_f64(), part.name, note);
    }
    let total: Duration = parts.iter().map(|part| part.took).sum();
    line(total.as_secs_f64(), "in all", "");
    let mut slowest: Vec<&(String, f64)> = counts
        .executables
        .iter()
        .filter(|(_, seconds)| *seconds >= 1.0)
        .collect();
    slowest.sort_by(|a, b| b.1.total_cmp(&a.1));
    if !slowest.is_empty() {
        text.push_str("\n  seconds  of the tests, by executable\n");
        for (name, seconds) in slowest {
            let _ = writeln!(text, "{seconds:>9.1}  {name}");
        }
    }
    for part in parts {
        if let Some(why) = &part.failure {
            let _ = write!(text, "\n{}:\n{why}\n", part.name);
        }
    }
    format!("  seconds  part\n{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
     Running unittests src/lib.rs (/c/target/debug/deps/media-0123abcd)
running 3 tests
test probe::reads ... ok
test copy::keeps ... FAILED
test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 2.50s
     Running tests/support.rs (/c/target/debug/deps/support-99aa)
test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.31s
   Doc-tests mediatime
test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    #[test]
    fn cargos_output_is_counted() {
        let mut counts = Counts::default();
        OUTPUT.lines().for_each(|line| counts.read(line));
        assert_eq!((counts.passed, counts.failed, counts.ignored), (11, 1, 1));
        assert_eq!(counts.failures, ["media (unit): copy::keeps"]);
        let expected = [
            ("media (unit)", 2.5),
            ("support", 0.31),
            ("mediatime (documentation)", 0.0),
        ];
        for ((name, seconds), (expected_name, expected_seconds)) in
            counts.executables.iter().zip(expected)
        {
            assert_eq!(name, expected_name);
            assert!((seconds - expected_seconds).abs() < 1e-9);
        }
        assert_eq!(counts.executables.len(), 3);
    }

    #[test]
    fn the_table_names_what_failed_and_why() {
        let part = |name, failure: Option<&str>| Part {
            name,
            took: Duration::from_millis(1500),
            failure: failure.map(str::to_owned),
        };
        let parts = [
            part("format", None),
            part("lints", Some("`cargo clippy` failed")),
        ];
        let text = table(&parts, &Counts::default());
        assert!(text.contains("      1.5  format\n"), "{text}");
        assert!(text.contains("      1.5  lints  FAILED\n"), "{text}");
        assert!(text.contains("      3.0  in all\n"), "{text}");
        assert!(text.contains("lints:\n`cargo clippy` failed"), "{text}");
    }
}
