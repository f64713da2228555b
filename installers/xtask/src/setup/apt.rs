//! Debian and Ubuntu: the packages, installed with `apt-get`.

use std::collections::HashSet;
use std::fs;
use std::io::{self, IsTerminal};
use std::process::{Command, Stdio};

use super::{Purpose, say};
use crate::Outcome;
use crate::cache::find_program;
use crate::process;

/// Packages with one reason.
struct Group {
    why: &'static str,
    packages: &'static [&'static str],
}

const BUILD: Group = Group {
    why: "to build",
    packages: &[
        "build-essential",
        "pkg-config",
        "libgstreamer1.0-dev",
        "libgstreamer-plugins-base1.0-dev",
    ],
};

const WINDOW: Group = Group {
    why: "to build the window",
    packages: &[
        "libwebkit2gtk-4.1-dev",
        "libgtk-3-dev",
        "libsoup-3.0-dev",
        "librsvg2-dev",
    ],
};

const RUN: Group = Group {
    why: "to read, write and play media",
    packages: &[
        "gstreamer1.0-plugins-base",
        "gstreamer1.0-plugins-good",
        "gstreamer1.0-plugins-bad",
        "gstreamer1.0-plugins-ugly",
        "gstreamer1.0-libav",
        "gstreamer1.0-alsa",
        "gstreamer1.0-pulseaudio",
    ],
};

const TEST: Group = Group {
    why: "for the tests: second opinions on media, PDF and pages",
    packages: &[
        "ffmpeg",
        "poppler-utils",
        "chromium",
        "python3-venv",
        "python3-dev",
        "fonts-dejavu-core",
        "gstreamer1.0-tools",
        "procps",
    ],
};

const TEST_WINDOW: Group = Group {
    why: "for the tests of the window: a screen without a screen, and hands",
    packages: &[
        "xvfb",
        "xauth",
        "dbus",
        "dbus-x11",
        "at-spi2-core",
        "webkit2gtk-driver",
        "libgl1-mesa-dri",
        "libegl1",
        "scrot",
        "xdotool",
        "desktop-file-utils",
        "gnome-keyring",
    ],
};

/// Whether this is a system of the Debian family.
pub(super) fn is_at_home() -> bool {
    find_program("apt-get").is_some() && find_program("dpkg-query").is_some()
}

/// Installs the packages that are missing for `purpose`.
pub(super) fn install(purpose: Purpose) -> Outcome<()> {
    let groups: &[Group] = match purpose {
        Purpose::Run => &[BUILD, WINDOW, RUN],
        Purpose::Test => &[BUILD, WINDOW, RUN, TEST, TEST_WINDOW],
    };
    let installed = installed(groups);
    let missing: Vec<(&Group, Vec<&str>)> = groups
        .iter()
        .map(|group| (group, missing(group, &installed)))
        .filter(|(_, packages)| !packages.is_empty())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    say("these packages are missing and will be installed with apt-get:");
    for (group, packages) in &missing {
        eprintln!("  {}: {}", group.why, packages.join(" "));
    }
    let packages: Vec<&str> = missing.into_iter().flat_map(|(_, names)| names).collect();

    let by_hand = format!(
        "apt-get update && apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    );
    let Some(root) = as_root() else {
        return Err(format!(
            "that needs root. Run this as root, then try again:\n  {by_hand}"
        ));
    };
    let apt_get = |verb: &[&str]| {
        let mut command = Command::new(root[0]);
        command.args(&root[1..]);
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]);
        process::run(command.args(["-o", "DPkg::Lock::Timeout=400"]).args(verb))
    };
    // A list that can't be refreshed may still hold every package; the installation tells.
    if let Err(message) = apt_get(&["update"]) {
        eprintln!("warning: {message}");
    }
    let mut verb = vec!["install", "-y", "--no-install-recommends"];
    verb.extend(packages);
    apt_get(&verb).map_err(|message| format!("{message}\nBy hand:\n  {by_hand}"))
}

/// The packages of `groups` that are installed, from one call of `dpkg-query`.
fn installed(groups: &[Group]) -> HashSet<String> {
    let names = groups.iter().flat_map(|group| group.packages);
    let output = Command::new("dpkg-query")
        .args(["-W", "-f", "${db:Status-Abbrev} ${Package}\n"])
        .args(names)
        .stderr(Stdio::null())
        .output();
    // It exits with 1 when it doesn't know one of the names, and still lists the others.
    let Ok(output) = output else {
        return HashSet::new();
    };
    parse(&String::from_utf8_lossy(&output.stdout))
}

fn parse(listing: &str) -> HashSet<String> {
    listing
        .lines()
        .filter_map(|line| line.trim().split_once(char::is_whitespace))
        .filter(|(state, _)| *state == "ii")
        .map(|(_, name)| name.trim().to_owned())
        .collect()
}

fn missing(group: &Group, installed: &HashSet<String>) -> Vec<&'static str> {
    group
        .packages
        .iter()
        .copied()
        .filter(|name| !installed.contains(*name))
        .filter(|name| *name != "chromium" || !has_browser())
        .map(|name| if name == "chromium" { browser() } else { name })
        .collect()
}

/// Ubuntu has its browser from elsewhere, so any Chromium on the path will do.
fn has_browser() -> bool {
    [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ]
    .iter()
    .any(|name| find_program(name).is_some())
}

fn browser() -> &'static str {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    if release.lines().any(|line| line == "ID=ubuntu") {
        "chromium-browser"
    } else {
        "chromium"
    }
}

/// The words before a command that run it as root with variables set, if we may at all.
fn as_root() -> Option<&'static [&'static str]> {
    if is_root() {
        return Some(&["env"]);
    }
    find_program("sudo")?;
    // Without a terminal nobody could type a password: fail at once instead of waiting for it.
    if io::stdin().is_terminal() {
        Some(&["sudo", "env"])
    } else {
        Some(&["sudo", "-n", "env"])
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|of_this_process| of_this_process.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fully_installed_packages_count() {
        let listing = "ii  ffmpeg\nrc  poppler-utils\niU  python3-dev\nii  build-essential\n";
        let installed = parse(listing);
        assert_eq!(installed.len(), 2);
        assert!(installed.contains("ffmpeg") && installed.contains("build-essential"));
        let missing = missing(&BUILD, &installed);
        assert_eq!(
            missing,
            [
                "pkg-config",
                "libgstreamer1.0-dev",
                "libgstreamer-plugins-base1.0-dev"
            ]
        );
    }
}
