//! `cargo xtask run`: set up, build, open the window, or run the demo where there is no display.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use crate::Outcome;
use crate::cache::Project;
use crate::process;
use crate::setup::{self, Purpose};

/// What `run` was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    headless: bool,
    release: bool,
    passed_on: Vec<OsString>,
}

impl Options {
    /// Reads the arguments after `run`. The error is what to tell whoever typed them.
    pub(crate) fn parse(args: &[OsString]) -> Result<Self, String> {
        let mut options = Self::default();
        for (index, arg) in args.iter().enumerate() {
            match arg.to_str() {
                Some("--headless") => options.headless = true,
                Some("--release") => options.release = true,
                Some("--") => {
                    options.passed_on = args[index + 1..].to_vec();
                    break;
                }
                _ => {
                    let arg = arg.to_string_lossy();
                    return Err(format!("arguments for Stringout go after `--`: -- {arg}"));
                }
            }
        }
        Ok(options)
    }

    fn profile(&self) -> &'static str {
        if self.release { "release" } else { "debug" }
    }
}

/// Sets up, builds and runs; answers with Stringout's own exit code.
pub(crate) fn run(project: &Project, options: &Options) -> Outcome<ExitCode> {
    setup::set_up(project, Purpose::Run)?;
    if options.headless {
        return demo(project, options);
    }
    if !has_display() {
        eprintln!("There is no display: running the demo in the terminal.");
        return demo(project, options);
    }
    build(project, options, "stringout-desktop")?;
    start(project, options, &project.window(options.profile()), &[])
}

/// The main job in the terminal.
fn demo(project: &Project, options: &Options) -> Outcome<ExitCode> {
    build(project, options, "cli")?;
    let binary = project.binary(options.profile());
    start(project, options, &binary, &["demo"])
}

fn build(project: &Project, options: &Options, package: &str) -> Outcome<()> {
    let mut build = project.cargo();
    build.args(["build", "--package", package]);
    if options.release {
        build.arg("--release");
    }
    process::run(&mut build)
}

fn start(project: &Project, options: &Options, binary: &Path, first: &[&str]) -> Outcome<ExitCode> {
    let mut program = project.command(binary);
    if let Ok(here) = env::current_dir() {
        // Paths among the arguments mean what they mean where they were typed.
        program.current_dir(here);
    }
    let status = program
        .args(first)
        .args(&options.passed_on)
        .status()
        .map_err(|e| format!("cannot run {}: {e}", binary.display()))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn has_display() -> bool {
    cfg!(any(windows, target_os = "macos"))
        || ["WAYLAND_DISPLAY", "DISPLAY"]
            .iter()
            .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options, String> {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        Options::parse(&args)
    }

    #[test]
    fn what_follows_the_dashes_is_passed_on_untouched() {
        let options = parse(&["--headless", "--", "--dir", "a b", "--json", "--release"]).unwrap();
        assert!(options.headless && !options.release);
        assert_eq!(options.passed_on, ["--dir", "a b", "--json", "--release"]);
    }

    #[test]
    fn what_it_does_not_know_is_refused_with_the_way_to_pass_it_on() {
        assert!(parse(&["--json"]).unwrap_err().contains("-- --json"));
    }
}
