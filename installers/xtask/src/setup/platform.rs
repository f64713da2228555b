//! Toolchain versions everywhere; on systems other than Debian's, the lines to type.

use std::path::Path;
use std::process::Command;

use super::Purpose;
use crate::Outcome;
use crate::cache::{Project, find_program};
use crate::process;

const RUST: (u32, u32) = (1, 95);
const NODE: (u32, u32) = (20, 19);
const PYTHON: (u32, u32) = (3, 11);

/// Refuses toolchains that are missing or too old, all of them in one message.
pub(super) fn check_toolchains(project: &Project, purpose: Purpose) -> Outcome<()> {
    let mut problems = Vec::new();
    let mut check = |tool: &str, least: (u32, u32), help: &str| {
        let answer = process::read(project.command(tool).arg("--version"));
        match answer.as_deref().and_then(version) {
            Some(found) if found >= least => {}
            found => {
                let (major, minor) = least;
                let is = found.map_or("is not installed or does not start".to_owned(), |(a, b)| {
                    format!("is {a}.{b}, too old")
                });
                problems.push(format!(
                    "{tool} {is}: {major}.{minor} or newer is needed. {help}"
                ));
            }
        }
    };
    check("rustc", RUST, "With rustup: rustup update stable");
    check(
        "node",
        NODE,
        "Install a current Node.js (with npm) from your system's packages, a version manager such \
         as nvm, or the Node.js site.",
    );
    if purpose == Purpose::Test {
        check(
            python(),
            PYTHON,
            "It makes the virtual environment of the test tools.",
        );
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(problems.join("\n       "))
}

/// The name of Python 3 on this system.
pub(super) fn python() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

/// The first `A.B` in what `--version` printed.
fn version(text: &str) -> Option<(u32, u32)> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let mut numbers = text[start..].split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// One thing the product or its tests need from the system.
struct Need {
    what: &'static str,
    dnf: &'static str,
    brew: &'static str,
    windows: &'static str,
}

const GSTREAMER: Need = Need {
    what: "GStreamer 1.20 or newer with its headers",
    dnf: "gcc make pkgconf-pkg-config gstreamer1-devel gstreamer1-plugins-base-devel",
    brew: "pkgconf gstreamer",
    windows: "winget install gstreamerproject.gstreamer bloodrock.pkg-config-lite, then the MSI \
              `gstreamer-1.0-devel-msvc-x86_64` of the same version from the GStreamer site, with \
              its `lib\\pkgconfig` folder in PKG_CONFIG_PATH and its `bin` folder in PATH",
};

/// Elsewhere the system brings its own web view.
const WEBKIT: Need = Need {
    what: "WebKitGTK 4.1 with its headers, which draws the window",
    dnf: "webkit2gtk4.1-devel gtk3-devel libsoup3-devel librsvg2-devel",
    brew: "",
    windows: "",
};

const PLUGINS: Need = Need {
    what: "the GStreamer plugins that read and write media",
    dnf: "gstreamer1-plugins-base gstreamer1-plugins-good gstreamer1-plugins-bad-free \
          gstreamer1-plugins-ugly-free gstreamer1-plugin-libav",
    brew: "gstreamer",
    windows: "the GStreamer MSI again, as a complete installation",
};

const FFMPEG: Need = Need {
    what: "ffmpeg, the tests' second opinion on media",
    dnf: "ffmpeg-free",
    brew: "ffmpeg",
    windows: "winget install Gyan.FFmpeg",
};

const POPPLER: Need = Need {
    what: "pdftoppm, the tests' second opinion on PDF",
    dnf: "poppler-utils",
    brew: "poppler",
    windows: "winget install oschwartz10612.Poppler",
};

const BROWSER: Need = Need {
    what: "Chromium or Chrome, for the tests of pages",
    dnf: "chromium",
    brew: "--cask chromium",
    windows: "winget install Google.Chrome",
};

/// On Linux alone: elsewhere no driver reaches into the window.
const SCREEN: Need = Need {
    what: "Xvfb, D-Bus, WebKitWebDriver, scrot, xdotool and a keyring, for the tests of the window",
    dnf: "/usr/bin/Xvfb /usr/bin/dbus-run-session /usr/bin/WebKitWebDriver scrot xdotool gnome-keyring",
    brew: "",
    windows: "",
};

/// Names what is missing on a system whose packages we don't install ourselves, and stops.
pub(super) fn name_what_is_missing(purpose: Purpose) -> Outcome<()> {
    let missing: Vec<&Need> = needs(purpose)
        .into_iter()
        .filter(|(_, present)| !present)
        .map(|(need, _)| need)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut message = String::from("this machine lacks:\n");
    for need in &missing {
        message.push_str(&format!("  - {}\n", need.what));
    }
    message.push_str("Install it, then run the same command again:\n");
    for line in lines(&missing) {
        message.push_str(&format!("  {line}\n"));
    }
    Err(message)
}

fn needs(purpose: Purpose) -> Vec<(&'static Need, bool)> {
    let gstreamer = process::read(Command::new("pkg-config").args([
        "--exists",
        "gstreamer-1.0 >= 1.20",
        "gstreamer-app-1.0",
        "gstreamer-audio-1.0",
        "gstreamer-video-1.0",
    ]))
    .is_some();
    let plugin = |name: &str| {
        process::read(Command::new("gst-inspect-1.0").args(["--exists", name])).is_some()
    };
    let webkit =
        || process::read(Command::new("pkg-config").args(["--exists", "webkit2gtk-4.1"])).is_some();
    let linux = cfg!(target_os = "linux");
    let mut needs = vec![
        (&GSTREAMER, gstreamer),
        (&WEBKIT, !linux || webkit()),
        (
            &PLUGINS,
            plugin("qtdemux") && plugin("h264parse") && plugin("avdec_h264"),
        ),
    ];
    if purpose == Purpose::Test {
        let ffmpeg = find_program("ffmpeg").is_some() && find_program("ffprobe").is_some();
        needs.push((&FFMPEG, ffmpeg));
        needs.push((&POPPLER, find_program("pdftoppm").is_some()));
        needs.push((&BROWSER, has_browser()));
        let screen = [
            "Xvfb",
            "dbus-run-session",
            "WebKitWebDriver",
            "scrot",
            "xdotool",
            "gnome-keyring-daemon",
        ];
        let has_screen = screen.iter().all(|name| find_program(name).is_some());
        needs.push((&SCREEN, !linux || has_screen));
    }
    needs
}

fn has_browser() -> bool {
    let on_path = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let installed = [
        "/Applications/Google Chrome.app",
        "/Applications/Chromium.app",
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    ];
    on_path.iter().any(|name| find_program(name).is_some())
        || installed.iter().any(|path| Path::new(path).exists())
}

/// The command lines that install `missing` here.
fn lines(missing: &[&Need]) -> Vec<String> {
    if cfg!(windows) {
        return missing.iter().map(|need| need.windows.to_owned()).collect();
    }
    if cfg!(target_os = "macos") {
        return missing
            .iter()
            .map(|need| format!("brew install {}", need.brew))
            .collect();
    }
    let names: Vec<&str> = missing.iter().map(|need| need.dnf).collect();
    let line = format!("sudo dnf install {}", names.join(" "));
    if find_program("dnf").is_some() {
        return vec![line];
    }
    vec![
        "with your system's package manager; on Fedora it would be".to_owned(),
        line,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_tools_print_them() {
        assert_eq!(
            version("rustc 1.95.0 (59807616e 2026-04-14)"),
            Some((1, 95))
        );
        assert_eq!(version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(version("Python 3.11.7"), Some((3, 11)));
        assert_eq!(version("nothing here"), None);
        // Compared as numbers, not as text.
        assert!(version("v9.99").unwrap() < NODE);
        assert!(version("rustc 2.0.0").unwrap() > RUST);
    }

    #[test]
    fn every_missing_thing_is_in_the_lines() {
        let text = lines(&[&GSTREAMER, &POPPLER]).join("\n");
        assert!(text.to_lowercase().contains("gstreamer"));
        assert!(text.to_lowercase().contains("poppler"));
        assert!(!text.to_lowercase().contains("chrom"));
    }
}
