//! Asking the user for files and places with the system's dialogs.

use async_trait::async_trait;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tauri::{AppHandle, Runtime};

/// What kind of files is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileForm {
    /// Video to ingest, or to compile to.
    Video,
    /// Projects.
    Project,
}

impl FileForm {
    /// Titles of the dialogs that ask for files, and for a place.
    fn titles(self) -> (&'static str, &'static str) {
        match self {
            Self::Video => ("Ingest video", "Compile to"),
            Self::Project => ("Import projects", "Export the project to"),
        }
    }

    /// What people call them, and what their names end in; what is written has the first.
    fn filter(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Video => (
                "Video",
                &[
                    "mp4", "m4v", "mov", "mkv", "webm", "ts", "mts", "m2ts", "mxf",
                ],
            ),
            Self::Project => ("Stringout project", &["stringout"]),
        }
    }

    fn ending(self) -> &'static str {
        self.filter().1.first().copied().unwrap_or_default()
    }

    /// What a file with this title is called, on every system.
    fn file_name(self, title: &str) -> String {
        let words: String = title
            .chars()
            .map(|c| {
                let bad = c.is_control() || r#"<>:"/\|?*"#.contains(c);
                if bad { ' ' } else { c }
            })
            .take(80)
            .collect();
        let name = words.trim().trim_start_matches('.').trim();
        let name = if name.is_empty() { "Sequence" } else { name };
        format!("{name}.{}", self.ending())
    }

    /// The place with an ending when the user gave none.
    fn with_ending(self, path: &Path) -> PathBuf {
        if path.extension().is_some() {
            return path.to_path_buf();
        }
        path.with_extension(self.ending())
    }
}

/// Asks the user. `None` and nothing are a user who changed their mind.
#[async_trait]
pub(crate) trait Dialogs: Send + Sync {
    /// Files to read.
    async fn files(&self, form: FileForm) -> Vec<PathBuf>;
    /// Where to write something of this title.
    async fn place(&self, title: &str, form: FileForm) -> Option<PathBuf>;
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
    async fn files(&self, form: FileForm) -> Vec<PathBuf> {
        let chosen = self
            .show(move || {
                let (name, endings) = form.filter();
                rfd::AsyncFileDialog::new()
                    .set_title(form.titles().0)
                    .add_filter(name, endings)
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

    async fn place(&self, title: &str, form: FileForm) -> Option<PathBuf> {
        let mut name = form.file_name(title);
        let mut folder: Option<PathBuf> = None;
        loop {
            let chosen = self
                .show(move || {
                    let ending = form.ending();
                    let mut dialog = rfd::AsyncFileDialog::new()
                        .set_title(form.titles().1)
                        .set_file_name(name)
                        .add_filter(ending.to_uppercase(), &[ending]);
                    if let Some(folder) = folder {
                        dialog = dialog.set_directory(folder);
                    }
                    dialog.save_file()
                })
                .await
                .flatten()?;
            let path = form.with_ending(chosen.path());
            // The dialog asked about the name without its ending, not about the file that is there.
            if path == chosen.path() || !path.exists() {
                return Some(path);
            }
            name = path.file_name()?.to_string_lossy().into_owned();
            folder = path.parent().map(Path::to_owned);
        }
    }
}

/// Answers written beforehand, for tests of the whole window: no test can press a button of the
/// system's dialogs.
#[cfg(debug_assertions)]
mod scripted {
    use super::{Dialogs, FileForm, async_trait};
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
        async fn files(&self, _form: FileForm) -> Vec<PathBuf> {
            self.0.clone()
        }

        async fn place(&self, _title: &str, _form: FileForm) -> Option<PathBuf> {
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
        let ended = |form: FileForm, path: &str| form.with_ending(Path::new(path));
        assert_eq!(ended(FileForm::Video, "/a/cut"), Path::new("/a/cut.mp4"));
        assert_eq!(
            ended(FileForm::Video, "/a/cut.mov"),
            Path::new("/a/cut.mov")
        );
        let project = ended(FileForm::Project, "/a/cut");
        assert_eq!(project, Path::new("/a/cut.stringout"));
    }

    #[test]
    fn a_title_becomes_a_file_name() {
        let video = |title: &str| FileForm::Video.file_name(title);
        assert_eq!(video("Open-air weekend"), "Open-air weekend.mp4");
        assert_eq!(video("../a/b: \"c\""), "a b   c.mp4");
        assert_eq!(video("  "), "Sequence.mp4");
        assert_eq!(video(&"x".repeat(200)).len(), 84);
        assert_eq!(FileForm::Project.file_name("a"), "a.stringout");
    }
}
