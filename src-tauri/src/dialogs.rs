//! Asking the user for files and places with the system's dialogs.

use async_trait::async_trait;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tauri::{AppHandle, Runtime};

/// Endings of files that hold video.
const VIDEO: &[&str] = &[
    "mp4", "m4v", "mov", "mkv", "webm", "ts", "mts", "m2ts", "mxf",
];

/// Asks the user. `None` and nothing are a user who changed their mind.
#[async_trait]
pub(crate) trait Dialogs: Send + Sync {
    /// Video files to ingest.
    async fn videos(&self) -> Vec<PathBuf>;
    /// Where to write a file that would be called `name`.
    async fn place(&self, name: &str) -> Option<PathBuf>;
}

/// The dialogs of this run: the system's, or in debug builds the answers that a test has written
/// into `STRINGOUT_DIALOG_ANSWER`.
pub(crate) fn dialogs<R: Runtime>(app: &AppHandle<R>) -> Arc<dyn Dialogs> {
    #[cfg(debug_assertions)]
    if let Some(answer) = std::env::var_os("STRINGOUT_DIALOG_ANSWER") {
        return Arc::new(scripted::Scripted::new(&answer));
    }
    Arc::new(System { app: app.clone() })
}

/// The system's own dialogs. They have to be made on the main thread and answer on any.
struct System<R: Runtime> {
    app: AppHandle<R>,
}

impl<R: Runtime> System<R> {
    /// Shows what `make` makes, and waits for the user.
    async fn show<F>(&self, make: impl FnOnce() -> F + Send + 'static) -> Option<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (made, wait) = tokio::sync::oneshot::channel();
        let shown = self.app.run_on_main_thread(move || {
            // Nobody waits any more only when the program ends.
            let _ = made.send(make());
        });
        if let Err(error) = shown {
            tracing::warn!("a dialog can't be shown: {error}");
            return None;
        }
        Some(wait.await.ok()?.await)
    }
}

#[async_trait]
impl<R: Runtime> Dialogs for System<R> {
    async fn videos(&self) -> Vec<PathBuf> {
        let chosen = self
            .show(|| {
                rfd::AsyncFileDialog::new()
                    .set_title("Ingest video")
                    .add_filter("Video", VIDEO)
                    .add_filter("All files", &["*"])
                    .pick_files()
            })
            .await
            .flatten();
        chosen
            .unwrap_or_default()
            .iter()
            .map(|file| file.path().to_path_buf())
            .collect()
    }

    async fn place(&self, name: &str) -> Option<PathBuf> {
        let mut name = name.to_owned();
        let mut folder: Option<PathBuf> = None;
        loop {
            let chosen = self
                .show(move || {
                    let mut dialog = rfd::AsyncFileDialog::new()
                        .set_title("Compile to")
                        .set_file_name(name)
                        .add_filter("MP4", &["mp4"]);
                    if let Some(folder) = folder {
                        dialog = dialog.set_directory(folder);
                    }
                    dialog.save_file()
                })
                .await
                .flatten()?;
            let path = with_ending(chosen.path());
            // The dialog asked about the name without its ending, not about the file that is there.
            if path == chosen.path() || !path.exists() {
                return Some(path);
            }
            name = path.file_name()?.to_string_lossy().into_owned();
            folder = path.parent().map(Path::to_owned);
        }
    }
}

/// The place with the ending of an MP4 when the user gave none.
fn with_ending(path: &Path) -> PathBuf {
    if path.extension().is_some() {
        return path.to_path_buf();
    }
    path.with_extension("mp4")
}

/// Answers written beforehand, for tests of the whole window: no test can press a button of the
/// system's dialogs.
#[cfg(debug_assertions)]
mod scripted {
    use super::{Dialogs, async_trait};
    use std::ffi::OsStr;
    use std::path::PathBuf;

    /// The same answer every time: paths as in `PATH`, or nothing for a user who cancels.
    pub(super) struct Scripted(Vec<PathBuf>);

    impl Scripted {
        pub(super) fn new(answer: &OsStr) -> Self {
            let paths = std::env::split_paths(answer);
            Self(paths.filter(|path| !path.as_os_str().is_empty()).collect())
        }
    }

    #[async_trait]
    impl Dialogs for Scripted {
        async fn videos(&self) -> Vec<PathBuf> {
            self.0.clone()
        }

        async fn place(&self, _name: &str) -> Option<PathBuf> {
            self.0.first().cloned()
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn an_empty_answer_cancels() {
            let answer = |text: &str| Scripted::new(OsStr::new(text));
            assert!(answer("").0.is_empty());
            assert_eq!(answer("/a/b.mp4").0, [PathBuf::from("/a/b.mp4")]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_without_an_ending_gets_one() {
        assert_eq!(with_ending(Path::new("/a/cut")), Path::new("/a/cut.mp4"));
        assert_eq!(
            with_ending(Path::new("/a/cut.mov")),
            Path::new("/a/cut.mov")
        );
    }
}
