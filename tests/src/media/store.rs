//! The cache of generated media: each file lies under the SHA-256 of what it is made from.

use std::fmt::Write;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::folders;

/// Goes up when the same specification would give another file.
const GENERATOR: u32 = 2;

/// The file or folder for `recipe`, made by `make` at the path it is given unless it is there.
///
/// Safe among processes: one makes it under a lock, in a temporary place, and renames it.
pub(super) fn made(recipe: &str, extension: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let folder = folders::cache().join("media");
    fs::create_dir_all(&folder).unwrap_or_else(|e| panic!("cannot make {}: {e}", folder.display()));
    let name = hex(&Sha256::digest(format!("{GENERATOR}\n{recipe}").as_bytes())[..16]);
    let suffix = if extension.is_empty() {
        String::new()
    } else {
        format!(".{extension}")
    };
    let path = folder.join(format!("{name}{suffix}"));
    if path.exists() {
        return path;
    }
    let lock = File::create(folder.join(format!("{name}.lock"))).expect("the cache is writable");
    lock.lock().expect("the cache's file system has locks");
    if path.exists() {
        return path;
    }
    let partial = folder.join(format!("{name}.partial{suffix}"));
    remove(&partial);
    make(&partial);
    fs::rename(&partial, &path).unwrap_or_else(|e| {
        panic!(
            "cannot keep {} as {}: {e}",
            partial.display(),
            path.display()
        )
    });
    path
}

/// What an interrupted run left there.
fn remove(path: &Path) {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else if path.exists() {
        fs::remove_file(path)
    } else {
        Ok(())
    };
    removed.unwrap_or_else(|e| panic!("cannot remove {}: {e}", path.display()));
}

/// Lower-case hexadecimal digits of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}
