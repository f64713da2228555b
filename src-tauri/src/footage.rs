//! Where the footage is that a new workspace begins with.

use std::path::PathBuf;
use tauri::utils::platform::resource_dir;
use tauri::{Env, PackageInfo};

/// The folder with the footage: beside the installed program or the built one, and for a program
/// built for debugging also in the source tree it was built from.
pub(crate) fn folder(package: &PackageInfo) -> Option<PathBuf> {
    let installed = resource_dir(package, &Env::default())
        .ok()
        .map(|dir| dir.join("footage"));
    #[cfg(debug_assertions)]
    let source = Some(PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../assets/footage"
    )));
    #[cfg(not(debug_assertions))]
    let source = None;
    [installed, source]
        .into_iter()
        .flatten()
        .find(|dir| dir.is_dir())
}
