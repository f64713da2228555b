//! The Debian package: made, installed, opened, removed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tests::folders;
use tests::window::{Home, Screen, Window};

const NAME: &str = "stringout";
const PROGRAM: &str = "/usr/bin/stringout-desktop";

/// The package while it is installed.
struct Installed;

impl Installed {
    fn from(file: &Path) -> Self {
        let answer = as_root(&["--install", &file.display().to_string()]);
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        // Removed whatever comes, also what is installed half.
        let installed = Self;
        assert!(answer.status.success(), "dpkg --install: {said}");
        installed
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        let answer = as_root(&["--purge", NAME]);
        if !std::thread::panicking() {
            let said = String::from_utf8_lossy(&answer.stderr).into_owned();
            assert!(answer.status.success(), "dpkg --purge: {said}");
        }
    }
}

#[test]
fn the_package_installs_opens_and_goes() {
    assert!(
        !Path::new(PROGRAM).exists(),
        "{NAME} is installed here already: remove it with `dpkg --purge {NAME}`"
    );
    let file = packed();
    let fields = stdout(Command::new("dpkg-deb").arg("--field").arg(&file));
    for needed in [
        "gstreamer1.0-libav",
        "gstreamer1.0-plugins-bad",
        "libwebkit2gtk-4.1-0",
    ] {
        assert!(fields.contains(needed), "{needed} in {fields}");
    }
    let installed = Installed::from(&file);
    let entry = std::fs::read_to_string("/usr/share/applications/stringout.desktop").unwrap();
    assert!(
        entry.contains("Exec=stringout-desktop") && entry.contains("Icon=stringout"),
        "{entry}"
    );
    assert!(Path::new("/usr/share/icons/hicolor/128x128/apps/stringout.png").is_file());

    let home = Home::new();
    let screen = Screen::start();
    let window = Window::open_program(Path::new(PROGRAM), &home, &screen);
    // The recordings come with the package.
    window.wait_for_count("source-row", 3);
    window.wait_for("lesson-dismiss");
    drop(window);

    drop(installed);
    assert!(!Path::new(PROGRAM).exists(), "it is gone");
}

/// The package of the programs that the tests run against.
fn packed() -> PathBuf {
    let mut xtask = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    xtask
        .args(["xtask", "bundle", "--debug", "--built"])
        .current_dir(folders::repository());
    // Makes sure that they are built when this test runs alone.
    for built in [tests::window::program(), tests::stringout::program()] {
        assert!(built.is_file(), "{} is not built", built.display());
    }
    let said = stdout(&mut xtask);
    PathBuf::from(said.lines().last().expect("the package's path"))
}

fn stdout(command: &mut Command) -> String {
    let answer = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (
        String::from_utf8_lossy(&answer.stdout),
        String::from_utf8_lossy(&answer.stderr),
    );
    assert!(answer.status.success(), "{command:?}: {err}");
    out.into_owned()
}

/// Runs `dpkg` as root, with `sudo` when the tests are somebody else.
fn as_root(args: &[&str]) -> Output {
    let uid = stdout(Command::new("id").arg("-u"));
    let mut command = if uid.trim() == "0" {
        Command::new("dpkg")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "dpkg"]);
        sudo
    };
    command
        .args(args)
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}
