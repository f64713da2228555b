//! `cargo xtask bundle`: the Debian package, with the window, the command line and the footage.
//!
//! It is put together by `dpkg-deb` from built files, without network. What the programs link is
//! asked of `dpkg-shlibdeps`; the GStreamer plugins, which no linker knows, are listed here.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::Outcome;
use crate::cache::{Project, find_program};
use crate::process;
use crate::setup::{self, Purpose};

/// Name of the package.
const NAME: &str = "stringout";

/// What reads, writes and plays media.
const PLUGINS: &str = "gstreamer1.0-plugins-base, gstreamer1.0-plugins-good, \
                       gstreamer1.0-plugins-bad, gstreamer1.0-plugins-ugly, gstreamer1.0-libav";

/// Sound, whichever way a system has it.
const SOUND: &str = "gstreamer1.0-pulseaudio, gstreamer1.0-alsa";

/// How a package is packed that people download.
const SMALL: [&str; 2] = ["-Zxz", "-z6"];

/// How a package is packed that is gone in a minute.
const QUICK: [&str; 2] = ["-Zgzip", "-z1"];

/// Where the window looks for what is not in its program; `productName` in `tauri.conf.json`.
const RESOURCES: &str = "usr/lib/Stringout";

/// Files that are in the project as they are in the package.
const FILES: &[(&str, &str)] = &[
    (
        "installers/linux/stringout.desktop",
        "usr/share/applications/stringout.desktop",
    ),
    (
        "installers/linux/copyright",
        "usr/share/doc/stringout/copyright",
    ),
    (
        "assets/icons/stringout.svg",
        "usr/share/icons/hicolor/scalable/apps/stringout.svg",
    ),
    (
        "src-tauri/icons/32x32.png",
        "usr/share/icons/hicolor/32x32/apps/stringout.png",
    ),
    (
        "src-tauri/icons/128x128.png",
        "usr/share/icons/hicolor/128x128/apps/stringout.png",
    ),
    (
        "src-tauri/icons/128x128@2x.png",
        "usr/share/icons/hicolor/256x256/apps/stringout.png",
    ),
    (
        "src-tauri/icons/icon.png",
        "usr/share/icons/hicolor/512x512/apps/stringout.png",
    ),
];

/// What `bundle` was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    debug: bool,
    /// Packs the programs that are built already.
    built: bool,
}

impl Options {
    /// Reads the arguments after `bundle`. The error is what to tell whoever typed them.
    pub(crate) fn parse(args: &[OsString]) -> Result<Self, String> {
        let mut options = Self::default();
        for arg in args {
            match arg.to_str() {
                Some("--debug") => options.debug = true,
                Some("--built") => options.built = true,
                _ => {
                    let arg = arg.to_string_lossy();
                    return Err(format!("`bundle` does not know {arg}"));
                }
            }
        }
        Ok(options)
    }
}

/// Builds and packs; prints where the package is.
pub(crate) fn bundle(project: &Project, options: &Options) -> Outcome<ExitCode> {
    for tool in ["dpkg-deb", "dpkg-shlibdeps", "strip"] {
        if find_program(tool).is_none() {
            return Err(format!(
                "`{tool}` is missing: a Debian package is made on Debian or Ubuntu, with \
                 `apt-get install build-essential`"
            ));
        }
    }
    if !options.built {
        build(project, options)?;
    }
    let profile = if options.debug { "debug" } else { "release" };
    let package = Package::begin(project.target.join("bundle").join(profile))?;
    package.fill(project, profile)?;
    let file = package.pack(project, if options.debug { QUICK } else { SMALL })?;
    println!("{}", file.display());
    Ok(ExitCode::SUCCESS)
}

fn build(project: &Project, options: &Options) -> Outcome<()> {
    setup::set_up(project, Purpose::Run)?;
    let mut build = project.cargo();
    build.args([
        "build",
        "--package",
        "stringout-desktop",
        "--package",
        "cli",
    ]);
    if !options.debug {
        build.arg("--release");
    }
    process::run(&mut build)
}

/// A package in the making: a folder with the tree that it will unpack to.
struct Package {
    folder: PathBuf,
    tree: PathBuf,
}

impl Package {
    /// An empty one; what an earlier run left goes.
    fn begin(folder: PathBuf) -> Outcome<Self> {
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|e| failed("remove", &folder, &e))?;
        }
        let tree = folder.join("tree");
        fs::create_dir_all(&tree).map_err(|e| failed("make", &tree, &e))?;
        Ok(Self { folder, tree })
    }

    fn fill(&self, project: &Project, profile: &str) -> Outcome<()> {
        for program in [project.window(profile), project.binary(profile)] {
            let name = program.file_name().unwrap_or_default();
            let to = self.place(&Path::new("usr/bin").join(name))?;
            process::run(Command::new("strip").arg("-o").args([&to, &program]))?;
        }
        for (from, to) in FILES {
            copy(&project.root.join(from), &self.place(Path::new(to))?)?;
        }
        let footage = project.root.join("assets").join("footage");
        let entries = fs::read_dir(&footage).map_err(|e| failed("read", &footage, &e))?;
        for entry in entries {
            let entry = entry.map_err(|e| failed("read", &footage, &e))?;
            let to = Path::new(RESOURCES).join("footage").join(entry.file_name());
            copy(&entry.path(), &self.place(&to)?)?;
        }
        Ok(())
    }

    /// Where a file of the package goes now, with its folder made.
    fn place(&self, path: &Path) -> Outcome<PathBuf> {
        let path = self.tree.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| failed("make", folder, &e))?;
        }
        Ok(path)
    }

    fn pack(&self, project: &Project, packing: [&str; 2]) -> Outcome<PathBuf> {
        let architecture = process::read(Command::new("dpkg").arg("--print-architecture"))
            .ok_or("dpkg does not know this machine's architecture")?;
        let control = Control {
            version: env!("CARGO_PKG_VERSION"),
            architecture: architecture.trim(),
            libraries: &self.libraries(project)?,
            kilobytes: size(&self.tree)?.div_ceil(1024),
        };
        let path = self.place(Path::new("DEBIAN/control"))?;
        fs::write(&path, control.text()).map_err(|e| failed("write", &path, &e))?;
        let name = format!("{NAME}_{}_{}.deb", control.version, control.architecture);
        let file = self.folder.join(name);
        let mut dpkg = Command::new("dpkg-deb");
        dpkg.arg("--root-owner-group").args(packing).arg("--build");
        process::run(dpkg.args([&self.tree, &file]))?;
        Ok(file)
    }

    /// The packages of the libraries that the programs link.
    fn libraries(&self, project: &Project) -> Outcome<String> {
        // The tool insists on a source package around it.
        let sources = self.folder.join("debian");
        fs::create_dir_all(&sources).map_err(|e| failed("make", &sources, &e))?;
        let control = sources.join("control");
        let text = format!("Source: {NAME}\n\nPackage: {NAME}\nArchitecture: any\n");
        fs::write(&control, text).map_err(|e| failed("write", &control, &e))?;
        let mut command = project.command("dpkg-shlibdeps");
        command.current_dir(&self.folder).arg("-O");
        for program in ["stringout-desktop", "stringout"] {
            command.arg(self.tree.join("usr/bin").join(program));
        }
        let answer = process::read(&mut command).ok_or("dpkg-shlibdeps failed")?;
        answer
            .lines()
            .find_map(|line| line.strip_prefix("shlibs:Depends="))
            .map(str::to_owned)
            .ok_or_else(|| format!("dpkg-shlibdeps answered: {answer}"))
    }
}

/// What the package says about itself.
struct Control<'a> {
    version: &'a str,
    architecture: &'a str,
    libraries: &'a str,
    kilobytes: u64,
}

impl Control<'_> {
    fn text(&self) -> String {
        let Self {
            version,
            architecture,
            libraries,
            kilobytes,
        } = self;
        format!(
            "Package: {NAME}\n\
             Version: {version}\n\
             Architecture: {architecture}\n\
             Maintainer: Stringout contributors <stringout@users.noreply.github.com>\n\
             Installed-Size: {kilobytes}\n\
             Depends: {libraries}, {PLUGINS}\n\
             Recommends: {SOUND}\n\
             Section: video\n\
             Priority: optional\n\
             Homepage: https://github.com/stringout/stringout\n\
             Description: cut video that lives in a time-addressable store\n \
             Stringout browses time-addressable segments on a local timeline, cuts and\n \
             compiles them with native GStreamer, publishes the result, prints codes that\n \
             lead a phone to it, and shows what viewers did. It works with no network and\n \
             syncs later. The command line `stringout` does the same without a window.\n"
        )
    }
}

fn copy(from: &Path, to: &Path) -> Outcome<()> {
    fs::copy(from, to)
        .map(drop)
        .map_err(|e| failed("copy", from, &e))
}

/// Bytes of all files below `folder`.
fn size(folder: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).map_err(|e| failed("read", folder, &e))? {
        let entry = entry.map_err(|e| failed("read", folder, &e))?;
        let data = entry
            .metadata()
            .map_err(|e| failed("read", &entry.path(), &e))?;
        bytes += if data.is_dir() {
            size(&entry.path())?
        } else {
            data.len()
        };
    }
    Ok(bytes)
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> String {
    format!("cannot {what} {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_names_what_no_linker_knows() {
        let control = Control {
            version: "1.2.3",
            architecture: "amd64",
            libraries: "libc6 (>= 2.36)",
            kilobytes: 7,
        };
        let text = control.text();
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap_or_default()
                .trim_start_matches(':')
                .trim()
                .to_owned()
        };
        assert_eq!(field("Package"), "stringout");
        assert_eq!(field("Version"), "1.2.3");
        let depends = field("Depends");
        let depends: Vec<&str> = depends.split(", ").collect();
        for package in [
            "libc6 (>= 2.36)",
            "gstreamer1.0-libav",
            "gstreamer1.0-plugins-bad",
        ] {
            assert!(depends.contains(&package), "{depends:?}");
        }
        // The description ends the paragraph: each of its lines is indented, and none is empty.
        let (_, description) = text.split_once("Description:").unwrap();
        assert!(
            description
                .trim_end()
                .lines()
                .skip(1)
                .all(|line| line.starts_with(' '))
        );
        assert!(text.ends_with('\n') && !text.contains("\n\n"));
    }

    #[test]
    fn every_file_of_the_package_is_in_the_project() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for (from, _) in FILES {
            assert!(root.join(from).is_file(), "{from}");
        }
        let named = fs::read_to_string(root.join("src-tauri/tauri.conf.json")).unwrap();
        let product = RESOURCES.rsplit('/').next().unwrap();
        assert!(named.contains(&format!("\"productName\": \"{product}\"")));
    }

    #[test]
    fn only_its_own_flag_is_known() {
        let parse = |arg: &str| Options::parse(&[OsString::from(arg)]);
        assert!(parse("--debug").unwrap().debug);
        assert!(parse("--built").unwrap().built);
        assert!(parse("--deb").unwrap_err().contains("--deb"));
    }
}
