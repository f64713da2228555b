//! The tests' Python tools, in a virtual environment of their own in the cache folder.

use std::fs;
use std::path::PathBuf;

use super::{platform, say};
use crate::Outcome;
use crate::cache::{Project, Stamp};
use crate::process;

/// Makes the environment when `tests/requirements.txt` has changed, or when its Python is gone.
pub(super) fn install(project: &Project) -> Outcome<()> {
    let venv = project.venv();
    let requirements = project.root.join("tests").join("requirements.txt");
    let stamp = Stamp::of(&requirements, venv.join(".stringout-requirements"))?;
    let python = interpreter(project);
    if stamp.is_current() && process::read(project.command(&python).arg("--version")).is_some() {
        return Ok(());
    }
    say(&format!(
        "making the test tools' Python environment in {}",
        venv.display()
    ));
    if venv.exists() {
        fs::remove_dir_all(&venv).map_err(|e| format!("cannot remove {}: {e}", venv.display()))?;
    }
    process::run(
        project
            .command(platform::python())
            .args(["-m", "venv"])
            .arg(&venv),
    )?;
    let pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "-r",
    ];
    process::run(project.command(&python).args(pip).arg(&requirements))?;
    stamp.write()
}

fn interpreter(project: &Project) -> PathBuf {
    if cfg!(windows) {
        project.venv().join("Scripts").join("python.exe")
    } else {
        project.venv().join("bin").join("python")
    }
}
