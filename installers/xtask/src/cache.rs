//! Where the project is, and the cache folder that its builds and tools live in.
//!
//! The cache folder holds `target/` (cargo's output), `tools/venv/` (the tests' Python tools) and
//! `media/` (generated test media). It survives a fresh clone, so a second set-up costs nothing.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;

/// A clone of the project and the folders it works with. All paths are absolute.
pub(crate) struct Project {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// The cache folder.
    pub(crate) cache: PathBuf,
    /// Cargo's target folder: the user's `CARGO_TARGET_DIR`, or `target/` in the cache.
    pub(crate) target: PathBuf,
}

impl Project {
    /// Finds the project from `CARGO_MANIFEST_DIR` (set by `cargo run`) or the current folder,
    /// and makes the cache folder.
    pub(crate) fn find() -> Outcome<Self> {
        let start = match env::var_os("CARGO_MANIFEST_DIR") {
            Some(dir) => PathBuf::from(dir),
            None => env::current_dir().map_err(|e| format!("no current folder: {e}"))?,
        };
        let root = start
            .ancestors()
            .find(|dir| dir.join("Cargo.lock").is_file() && dir.join("src-tauri").is_dir())
            .ok_or_else(|| format!("{} is not inside a clone of Stringout", start.display()))?
            .to_path_buf();
        let cache = cache_folder(&|name| env::var_os(name))?;
        fs::create_dir_all(&cache)
            .map_err(|e| format!("cannot make the cache folder {}: {e}", cache.display()))?;
        let target = match env::var_os("CARGO_TARGET_DIR").filter(|v| !v.is_empty()) {
            Some(dir) => root.join(dir),
            None => cache.join("target"),
        };
        Ok(Self {
            root,
            cache,
            target,
        })
    }

    /// The virtual environment of the tests' Python tools.
    pub(crate) fn venv(&self) -> PathBuf {
        self.cache.join("tools").join("venv")
    }

    /// The folder of the npm package.
    pub(crate) fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// The built `stringout` of `profile` (`debug` or `release`).
    pub(crate) fn binary(&self, profile: &str) -> PathBuf {
        self.program("stringout", profile)
    }

    /// The built `stringout-desktop` of `profile` (`debug` or `release`).
    pub(crate) fn window(&self, profile: &str) -> PathBuf {
        self.program("stringout-desktop", profile)
    }

    fn program(&self, name: &str, profile: &str) -> PathBuf {
        self.target
            .join(profile)
            .join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// A command that runs in the project's root and knows its folders.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .env("STRINGOUT_CACHE", &self.cache)
            .env("STRINGOUT_VENV", self.venv());
        command
    }

    /// `cargo`, the one that started us.
    pub(crate) fn cargo(&self) -> Command {
        self.command(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
    }

    /// `npm` in the folder of the npm package.
    pub(crate) fn npm(&self) -> Command {
        let mut command = self.command(if cfg!(windows) { "npm.cmd" } else { "npm" });
        command.current_dir(self.ui());
        command
    }
}

/// The cache folder of this system for the given environment.
fn cache_folder(var: &dyn Fn(&str) -> Option<OsString>) -> Outcome<PathBuf> {
    let set = |name: &str| var(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(dir) = set("STRINGOUT_CACHE") {
        return std::path::absolute(&dir).map_err(|e| format!("STRINGOUT_CACHE: {e}"));
    }
    let base = if cfg!(windows) {
        set("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library").join("Caches"))
    } else {
        set("XDG_CACHE_HOME")
            .filter(|dir| dir.is_absolute())
            .or_else(|| set("HOME").map(|home| home.join(".cache")))
    };
    base.map(|dir| dir.join("stringout")).ok_or_else(|| {
        "no home folder: set STRINGOUT_CACHE to a folder for builds and tools".into()
    })
}

/// Where `program` is on the search path.
pub(crate) fn find_program(program: &str) -> Option<PathBuf> {
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?)
        .map(|dir| dir.join(&file))
        .find(|path| path.is_file())
}

/// A stamp file says what a folder was made from: the text itself, so there is nothing to collide.
pub(crate) struct Stamp {
    path: PathBuf,
    text: Vec<u8>,
}

impl Stamp {
    /// A stamp at `path` for what `source` holds now.
    pub(crate) fn of(source: &Path, path: PathBuf) -> Outcome<Self> {
        let text =
            fs::read(source).map_err(|e| format!("cannot read {}: {e}", source.display()))?;
        Ok(Self { path, text })
    }

    /// Whether the folder was made from this very text.
    pub(crate) fn is_current(&self) -> bool {
        fs::read(&self.path).is_ok_and(|old| old == self.text)
    }

    /// Says that it was.
    pub(crate) fn write(&self) -> Outcome<()> {
        fs::write(&self.path, &self.text)
            .map_err(|e| format!("cannot write {}: {e}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<'a>(vars: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<OsString> + 'a {
        |name| {
            vars.iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| OsString::from(value))
        }
    }

    #[test]
    fn the_users_own_cache_folder_wins() {
        let vars = [("STRINGOUT_CACHE", "/big/disk"), ("HOME", "/home/eva")];
        assert_eq!(cache_folder(&with(&vars)).unwrap(), Path::new("/big/disk"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn linux_follows_the_base_directory_specification() {
        let vars = [("XDG_CACHE_HOME", "/x"), ("HOME", "/home/eva")];
        assert_eq!(
            cache_folder(&with(&vars)).unwrap(),
            Path::new("/x/stringout")
        );
        // A relative path there is invalid and must be ignored.
        let vars = [("XDG_CACHE_HOME", "x"), ("HOME", "/home/eva")];
        let expected = Path::new("/home/eva/.cache/stringout");
        assert_eq!(cache_folder(&with(&vars)).unwrap(), expected);
        assert!(
            cache_folder(&with(&[]))
                .unwrap_err()
                .contains("STRINGOUT_CACHE")
        );
    }
}
