//! `cargo xtask test` and `check`: every check and test, each part with its seconds.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant, SystemTime};

use crate::Outcome;
use crate::cache::{Project, find_program};
use crate::process;
use crate::report::{self, Counts, Part};
use crate::setup::{self, Purpose};
use crate::{graph, hygiene, long_page};

/// No step may take longer; a hung one is ended and named.
const STEP: Duration = Duration::from_secs(45 * 60);
const LONG_STEP: Duration = Duration::from_secs(6 * 60 * 60);

/// What `test` was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    long: bool,
    filters: Vec<OsString>,
}

impl Options {
    /// Reads the arguments after `test`. The error is what to tell whoever typed them.
    pub(crate) fn parse(args: &[OsString]) -> Result<Self, String> {
        let mut options = Self::default();
        for arg in args {
            match arg.to_str() {
                Some("--long") => options.long = true,
                Some(flag) if flag.starts_with('-') => {
                    return Err(format!("`test` does not know {flag}"));
                }
                _ => options.filters.push(arg.clone()),
            }
        }
        Ok(options)
    }
}

/// Runs the tests that `options` name, and everything else when they name none.
pub(crate) fn test(project: &Project, options: &Options) -> Outcome<ExitCode> {
    let mut run = Run::new(project);
    if !run.part("set-up", |_, _| setup::set_up(project, Purpose::Test)) {
        return run.finish("last-test.txt");
    }
    if options.long {
        run.part("long tests", |run, counts| {
            run.long_tests(&options.filters, counts)
        });
        let code = run.finish("last-long-test.txt")?;
        run.write_long_page()?;
        return Ok(code);
    }
    if options.filters.is_empty() {
        run.checks();
        run.user_interface();
    }
    if run.part("build", |run, _| run.build()) {
        run.part("tests", |run, counts| run.tests(&options.filters, counts));
    }
    run.finish("last-test.txt")
}

/// The checks alone, without tests, for before a commit.
pub(crate) fn check(project: &Project) -> Outcome<ExitCode> {
    let mut run = Run::new(project);
    if run.part("set-up", |_, _| setup::set_up(project, Purpose::Run)) {
        run.checks();
        if find_program("cargo-deny").is_some() {
            run.part("licences and advisories", |run, _| {
                run.step(run.project.cargo().args(["deny", "--workspace", "check"]))
            });
        } else {
            eprintln!("cargo-deny is not installed: licences and advisories are not checked");
        }
    }
    run.finish("last-check.txt")
}

/// A run: its parts so far.
struct Run<'a> {
    project: &'a Project,
    parts: Vec<Part>,
    counts: Counts,
}

impl<'a> Run<'a> {
    fn new(project: &'a Project) -> Self {
        Self {
            project,
            parts: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// Does one part under a heading, and notes its time and whether it passed.
    fn part(
        &mut self,
        name: &'static str,
        work: impl FnOnce(&Self, &mut Counts) -> Outcome<()>,
    ) -> bool {
        println!("\n=== {name}");
        let start = Instant::now();
        let mut counts = std::mem::take(&mut self.counts);
        let failure = work(self, &mut counts).err();
        self.counts = counts;
        let took = start.elapsed();
        if let Some(why) = &failure {
            println!("{why}");
        }
        println!("--- {name}: {:.1} s", took.as_secs_f64());
        let passed = failure.is_none();
        self.parts.push(Part {
            name,
            took,
            failure,
        });
        passed
    }

    fn step(&self, command: &mut Command) -> Outcome<()> {
        let line = process::words(command);
        let status = process::run_within(command, STEP, &mut |text| println!("{text}"))?;
        if status.success() {
            return Ok(());
        }
        Err(format!("`{line}` failed ({status})"))
    }

    fn checks(&mut self) {
        self.part("format", |run, _| {
            run.step(run.project.cargo().args(["fmt", "--all", "--check"]))
        });
        self.part("crate graph and hygiene", |run, _| {
            graph::check(&run.project.root).and(hygiene::check(&run.project.root))
        });
        self.part("lints", |run, _| {
            let clippy = [
                "clippy",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ];
            run.step(run.project.cargo().args(clippy))
        });
    }

    fn user_interface(&mut self) {
        self.part("user interface", |run, _| {
            for script in ["typecheck", "lint", "test", "test:e2e"] {
                run.step(run.project.npm().args(["run", "--silent", script]))?;
            }
            Ok(())
        });
    }

    /// Builds the programs and the tests in one go, so that both share every compiled dependency.
    fn build(&self) -> Outcome<()> {
        self.step(
            self.project
                .cargo()
                .args(["build", "--workspace", "--all-targets"]),
        )
    }

    fn tests(&self, filters: &[OsString], counts: &mut Counts) -> Outcome<()> {
        let mut cargo = self.project.cargo();
        cargo.args(["test", "--workspace", "--no-fail-fast"]);
        cargo.env("STRINGOUT_BIN", self.project.binary("debug"));
        cargo.env("STRINGOUT_WINDOW", self.project.window("debug"));
        count(cargo.arg("--").args(filters), STEP, counts)
    }

    fn long_tests(&self, filters: &[OsString], counts: &mut Counts) -> Outcome<()> {
        self.step(
            self.project
                .cargo()
                .args(["build", "--release", "--package", "cli"]),
        )?;
        let mut cargo = self.project.cargo();
        cargo.args([
            "test",
            "--release",
            "--package",
            "tests",
            "--features",
            "long",
        ]);
        cargo.args(["--test", "long_*", "--no-fail-fast"]);
        cargo.env("STRINGOUT_BIN", self.project.binary("release"));
        count(cargo.arg("--").args(filters), LONG_STEP, counts)
    }

    /// Prints the table, keeps it in the cache folder as `name`, and says how it all went.
    fn finish(&self, name: &str) -> Outcome<ExitCode> {
        let table = report::table(&self.parts, &self.counts);
        let path = self.project.cache.join(name);
        fs::write(&path, &table).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        println!("\n{table}");
        let counts = &self.counts;
        if counts.passed + counts.failed > 0 {
            println!("{} passed, {} failed", counts.passed, counts.failed);
        }
        let passed = self.parts.iter().all(|part| part.failure.is_none());
        Ok(if passed {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// Keeps the last results of the long tests in the repository.
    fn write_long_page(&self) -> Outcome<()> {
        let path = self.project.root.join("tests").join("LONG.md");
        let date = date(SystemTime::now());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let machine = format!("{} {}, {cores} cores", env::consts::OS, env::consts::ARCH);
        let run = long_page::Run {
            date: &date,
            commit: &self.commit(),
            machine: &machine,
        };
        let page = fs::read_to_string(&path).unwrap_or_default();
        let text = long_page::updated(&page, &self.counts.results, &run);
        fs::write(&path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
    }

    /// The commit that is tested, with a `+` where something was changed since.
    fn commit(&self) -> String {
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            let output = git.current_dir(&self.project.root).args(arguments).output();
            let output = output.ok().filter(|output| output.status.success())?;
            Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let head = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
        let changed = git(&["status", "--porcelain", "--untracked-files=no"]);
        match changed.is_some_and(|changed| !changed.is_empty()) {
            true => head + "+",
            false => head,
        }
    }
}

/// Runs `cargo test` and counts. Neither an ignored test nor an empty run is a success.
fn count(command: &mut Command, limit: Duration, counts: &mut Counts) -> Outcome<()> {
    let line = process::words(command);
    let status = process::run_within(command, limit, &mut |text| {
        println!("{text}");
        counts.read(text);
    })?;
    if !counts.failures.is_empty() {
        return Err(format!("  {}", counts.failures.join("\n  ")));
    }
    if !status.success() {
        return Err(format!("`{line}` failed ({status})"));
    }
    if counts.ignored > 0 {
        return Err(format!("{} tests are ignored; none may be", counts.ignored));
    }
    if counts.passed == 0 {
        return Err("no test ran".to_owned());
    }
    Ok(())
}

/// The UTC date of `time`, as ISO 8601.
fn date(time: SystemTime) -> String {
    let seconds = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |d| d.as_secs());
    let mut days = seconds / 86_400;
    let mut year = 1970;
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_around_leap_days() {
        let at = |seconds| date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01");
        assert_eq!(at(951_782_400), "2000-02-29");
        assert_eq!(at(951_868_800), "2000-03-01");
        assert_eq!(at(1_767_225_599), "2025-12-31");
        assert_eq!(at(1_767_225_600), "2026-01-01");
    }

    #[test]
    fn filters_and_flags_are_told_apart() {
        let parse = |args: &[&str]| {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            Options::parse(&args)
        };
        let options = parse(&["--long", "soak"]).unwrap();
        assert!(options.long);
        assert_eq!(options.filters, ["soak"]);
        assert!(parse(&["--fast"]).unwrap_err().contains("--fast"));
    }

    #[test]
    #[cfg(unix)]
    fn an_ignored_or_missing_test_fails_the_run() {
        let run = |result: &str| {
            let mut echo = Command::new("echo");
            count(
                echo.arg(result),
                Duration::from_secs(20),
                &mut Counts::default(),
            )
        };
        run("test result: ok. 3 passed; 0 failed; 0 ignored; finished in 0.10s").unwrap();
        let ignored = run("test result: ok. 3 passed; 0 failed; 1 ignored; finished in 0.10s");
        assert!(ignored.unwrap_err().contains("ignored"));
        let none = run("test result: ok. 0 passed; 0 failed; 0 ignored; finished in 0.00s");
        assert_eq!(none.unwrap_err(), "no test ran");
    }
}
