//! `cargo xtask`: sets the machine up, runs Stringout, tests it.
//!
//! Everything a fresh clone needs is behind two commands, `cargo xtask run` and `cargo xtask test`.
//! Both install what is missing first and say so. What they install outside the clone lives in one
//! cache folder (see [`cache`]). This crate uses the standard library alone, so it builds in seconds
//! before anything else is there.
//!
//! Child processes stay in the process group of `cargo xtask`, so Ctrl-C on a terminal ends them too.

mod bundle;
mod cache;
mod graph;
mod hygiene;
mod long_page;
mod manifest;
mod process;
mod report;
mod run;
mod screenshots;
mod setup;
mod test;
mod webdriver;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use cache::Project;
use setup::Purpose;

/// What went wrong, and the next step, as the person at the terminal should read it.
type Outcome<T> = Result<T, String>;

const HELP: &str = "\
cargo xtask run [--headless] [--release] [-- ARGS…]
    Set up, build and open the window; ARGS go to it as they are (for example `-- -w DIR`).
    Without a display, or with --headless, that is `stringout demo` (`-- --dir DIR --json`).
cargo xtask test [--long] [FILTER…]
    Set up, check and test everything. With FILTERs, only the tests whose names hold one of them.
    --long runs the tests that are too long for every day, and only those.
cargo xtask setup [--test]
    Install what is missing to build and run; with --test, to test too.
cargo xtask bundle [--debug]
    Build the Debian package with the window and the command line; prints where it is.
cargo xtask screenshots
    Open the window on a screen of its own and take the pictures in assets/screenshots.
cargo xtask check
    Formatting, lints, crate graph and, if cargo-deny is there, licences and advisories.

STRINGOUT_CACHE names the folder for builds, tools and generated media.
";

fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().skip(1).collect();
    match dispatch(&args) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[OsString]) -> Outcome<ExitCode> {
    let Some((name, rest)) = args.split_first() else {
        eprint!("{HELP}");
        return Ok(ExitCode::from(2));
    };
    match name.to_str().unwrap_or_default() {
        "run" => {
            let options = match run::Options::parse(rest) {
                Ok(options) => options,
                Err(unknown) => return Ok(usage(&unknown)),
            };
            run::run(&Project::find()?, &options)
        }
        "test" => {
            let options = match test::Options::parse(rest) {
                Ok(options) => options,
                Err(unknown) => return Ok(usage(&unknown)),
            };
            test::test(&Project::find()?, &options)
        }
        "setup" => {
            let purpose = match rest {
                [] => Purpose::Run,
                [flag] if flag == "--test" => Purpose::Test,
                _ => return Ok(usage("`setup` takes only --test")),
            };
            setup::set_up(&Project::find()?, purpose)?;
            Ok(ExitCode::SUCCESS)
        }
        "bundle" => {
            let options = match bundle::Options::parse(rest) {
                Ok(options) => options,
                Err(unknown) => return Ok(usage(&unknown)),
            };
            bundle::bundle(&Project::find()?, &options)
        }
        "screenshots" if rest.is_empty() => screenshots::take(&Project::find()?),
        "check" if rest.is_empty() => test::check(&Project::find()?),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        other => Ok(usage(&format!(
            "there is no `{other}` with these arguments"
        ))),
    }
}

fn usage(problem: &str) -> ExitCode {
    eprint!("error: {problem}\n\n{HELP}");
    ExitCode::from(2)
}
