//! Opening results with the system's programs for them.

use std::path::Path;
use std::sync::Arc;
use workstation::{Code, Failure};

/// Hands things to other programs. Only what this program made or addresses is ever handed over.
pub(crate) trait Opener: Send + Sync {
    /// Opens a file with the program the user has for it.
    ///
    /// # Errors
    /// It is gone, or there is no such program.
    fn open(&self, path: &Path) -> Result<(), Failure>;
    /// Shows a file in the file browser.
    ///
    /// # Errors
    /// It is gone, or there is no file browser.
    fn reveal(&self, path: &Path) -> Result<(), Failure>;
    /// Opens a page in the web browser.
    ///
    /// # Errors
    /// It is no web page, or there is no browser.
    fn browse(&self, url: &str) -> Result<(), Failure>;
}

/// The opener of this run: the system's, or in debug builds a note in the file that
/// `STRINGOUT_OPENER_LOG` names.
pub(crate) fn opener() -> Arc<dyn Opener> {
    #[cfg(debug_assertions)]
    if let Some(path) = std::env::var_os("STRINGOUT_OPENER_LOG") {
        return Arc::new(noted::Noted(path.into()));
    }
    Arc::new(System)
}

/// The system's own programs.
struct System;

impl Opener for System {
    fn open(&self, path: &Path) -> Result<(), Failure> {
        there(path)?;
        tauri_plugin_opener::open_path(path, None::<&str>)
            .map_err(|error| none_opens(&path.display().to_string(), &error))
    }

    fn reveal(&self, path: &Path) -> Result<(), Failure> {
        there(path)?;
        tauri_plugin_opener::reveal_item_in_dir(path)
            .map_err(|error| none_opens(&path.display().to_string(), &error))
    }

    fn browse(&self, url: &str) -> Result<(), Failure> {
        web_page(url)?;
        tauri_plugin_opener::open_url(url, None::<&str>).map_err(|error| none_opens(url, &error))
    }
}

/// A result may have been moved away since it was made.
fn there(path: &Path) -> Result<(), Failure> {
    std::fs::metadata(path)
        .map(drop)
        .map_err(|error| Failure::io(path.display(), &error))
}

/// Anything else than a web page could start any program.
fn web_page(url: &str) -> Result<(), Failure> {
    let is_web = url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if is_web {
        return Ok(());
    }
    Err(Failure::bad_input(
        format!("`{url}` is no web address"),
        "Check `[play] base_url` in the workspace's configuration.",
    ))
}

fn none_opens(what: &str, error: &tauri_plugin_opener::Error) -> Failure {
    Failure::new(
        Code::NotFound,
        format!("nothing opens {what}: {error}"),
        "Choose a program for it in the system's settings, or open it from there.",
    )
}

/// Writes down what it was asked to open, for tests of the whole window.
#[cfg(debug_assertions)]
mod noted {
    use super::{Opener, there, web_page};
    use std::io::Write;
    use std::path::{Path, PathBuf};
    use workstation::Failure;

    /// One line for each thing: `open PATH`, `reveal PATH`, `browse URL`.
    pub(super) struct Noted(pub(super) PathBuf);

    impl Noted {
        fn note(&self, what: &str) -> Result<(), Failure> {
            std::fs::File::options()
                .append(true)
                .create(true)
                .open(&self.0)
                .and_then(|mut file| writeln!(file, "{what}"))
                .map_err(|error| Failure::io(self.0.display(), &error))
        }
    }

    impl Opener for Noted {
        fn open(&self, path: &Path) -> Result<(), Failure> {
            there(path)?;
            self.note(&format!("open {}", path.display()))
        }

        fn reveal(&self, path: &Path) -> Result<(), Failure> {
            there(path)?;
            self.note(&format!("reveal {}", path.display()))
        }

        fn browse(&self, url: &str) -> Result<(), Failure> {
            web_page(url)?;
            self.note(&format!("browse {url}"))
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_is_there_is_noted_and_nothing_else() {
            let dir = tempfile::tempdir().unwrap();
            let noted = Noted(dir.path().join("log"));
            let sheet = dir.path().join("sheet.pdf");
            let gone = noted.open(&sheet).unwrap_err();
            assert_eq!(gone.code, workstation::Code::NotFound);
            std::fs::write(&sheet, "x").unwrap();
            noted.open(&sheet).unwrap();
            noted.reveal(&sheet).unwrap();
            noted.browse("http://127.0.0.1:1/play/x").unwrap();
            let sheet = sheet.display();
            let expected =
                format!("open {sheet}\nreveal {sheet}\nbrowse http://127.0.0.1:1/play/x\n");
            assert_eq!(std::fs::read_to_string(&noted.0).unwrap(), expected);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_pages_are_browsed() {
        web_page("https://go.example/play/1").unwrap();
        for url in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "ssh://host",
            "play/1",
            "",
        ] {
            assert_eq!(web_page(url).unwrap_err().code, Code::BadInput, "{url}");
        }
    }
}
