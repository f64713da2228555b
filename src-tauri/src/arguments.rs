//! The arguments of the program.

use clap::Parser;
use std::path::PathBuf;
use workstation::{Failure, Workspace};

/// The window of Stringout: cut, compile, publish and measure video that lives in VAST.
#[derive(Debug, Parser, PartialEq, Eq)]
#[command(name = "stringout-desktop", version)]
pub(crate) struct Arguments {
    /// Workspace folder; the system's app-data folder when not given
    #[arg(short, long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Play without sound, by the system's clock
    #[arg(long)]
    pub(crate) silent: bool,
}

impl Arguments {
    /// The folder of the workspace.
    ///
    /// # Errors
    /// None is named and there is no home folder.
    pub(crate) fn workspace(&self) -> Result<PathBuf, Failure> {
        self.workspace
            .clone()
            .map_or_else(Workspace::default_dir, Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_can_be_named() {
        let named = Arguments::parse_from(["stringout-desktop", "-w", "a b"]);
        assert_eq!(named.workspace().unwrap(), PathBuf::from("a b"));
        assert!(Arguments::try_parse_from(["stringout-desktop", "film.mp4"]).is_err());
    }

    #[test]
    fn the_declaration_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
