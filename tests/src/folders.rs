//! Where tests find the repository and the cache folder that `cargo xtask` made.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest
        .parent()
        .expect("the tests crate lies in the repository")
        .to_path_buf()
}

/// The cache folder: `STRINGOUT_CACHE`, or the user's cache folder as `cargo xtask` chooses it.
pub fn cache() -> PathBuf {
    let set = |name: &str| {
        env::var_os(name)
            .filter(|v: &OsString| !v.is_empty())
            .map(PathBuf::from)
    };
    let folder = set("STRINGOUT_CACHE").unwrap_or_else(|| {
        let base = if cfg!(windows) {
            set("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            set("HOME").map(|home| home.join("Library").join("Caches"))
        } else {
            set("XDG_CACHE_HOME")
                .filter(|folder| folder.is_absolute())
                .or_else(|| set("HOME").map(|home| home.join(".cache")))
        };
        base.expect("no home folder: set STRINGOUT_CACHE")
            .join("stringout")
    });
    fs::create_dir_all(&folder)
        .unwrap_or_else(|e| panic!("cannot make the cache folder {}: {e}", folder.display()));
    folder
}

/// A program of the test tools' Python environment, such as `python` or `weed`.
///
/// # Panics
/// When it isn't there, with the command that installs it.
pub fn venv_program(name: &str) -> PathBuf {
    let venv = env::var_os("STRINGOUT_VENV")
        .map_or_else(|| cache().join("tools").join("venv"), PathBuf::from);
    let programs = venv.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let program = programs.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(
        program.is_file(),
        "{} is missing: run `cargo xtask setup --test`",
        program.display()
    );
    program
}
