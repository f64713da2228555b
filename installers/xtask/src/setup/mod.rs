//! Set-up: installs what is missing, says what and why before it does, and does nothing twice.
//!
//! With nothing missing it costs a few short processes and no network.

mod apt;
mod node;
mod platform;
mod prism;
mod python;

use std::fs::File;

use crate::Outcome;
use crate::cache::Project;

/// What the machine is to be able to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// Build and run Stringout.
    Run,
    /// Run its tests too.
    Test,
}

/// Makes the machine ready for `purpose`.
///
/// Two set-ups at once would fight over the same folders, so the second waits for the first.
pub(crate) fn set_up(project: &Project, purpose: Purpose) -> Outcome<()> {
    let lock = project.cache.join("setup.lock");
    let file = File::create(&lock).map_err(|e| format!("cannot make {}: {e}", lock.display()))?;
    file.lock()
        .map_err(|e| format!("cannot lock {}: {e}", lock.display()))?;

    if apt::is_at_home() {
        // What the tests need beyond that comes with the packages.
        platform::check_toolchains(project, Purpose::Run)?;
        apt::install(purpose)?;
        platform::check_toolchains(project, purpose)?;
    } else {
        platform::check_toolchains(project, purpose)?;
        platform::name_what_is_missing(purpose)?;
    }
    node::install(project)?;
    node::build_pages(project)?;
    if purpose == Purpose::Test {
        python::install(project)?;
        prism::install(project)?;
    }
    Ok(())
}

/// Says on standard error what set-up is about to do.
fn say(what: &str) {
    eprintln!("set-up: {what}");
}
