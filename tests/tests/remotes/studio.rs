//! A workspace with a connection called `studio`, and the server behind it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tests::check::{Options as Look, check_with};
use tests::stringout::{Answer, Stringout};
use tests::tams_server::{Dialect, Options, Requests, TamsServer};

use crate::material::{Material, text};

/// How long a test waits for something that takes a moment.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// What shows that a presigned address or a token got out.
const GIVEAWAYS: [&str; 4] = ["X-Amz-", "Signature=", "AWSAccessKeyId", "access_token="];

/// A workspace in a folder of its own.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) stringout: Stringout,
    folder: tempfile::TempDir,
}

impl Place {
    /// An empty workspace with this `config.toml`.
    pub(crate) fn with_config(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("workspace");
        fs::create_dir(&workspace).unwrap();
        fs::write(workspace.join("config.toml"), config).unwrap();
        Self {
            stringout: Stringout::in_workspace(&workspace),
            folder,
        }
    }

    /// The same, which sees one more environment variable.
    pub(crate) fn knowing(mut self, variable: &str, value: &str) -> Self {
        self.stringout = self.stringout.with(variable, value);
        self
    }

    /// A path beside the workspace.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of the workspace.
    pub(crate) fn workspace(&self) -> PathBuf {
        self.path("workspace")
    }

    /// The arguments that compile one clip to `name` beside the workspace.
    pub(crate) fn compile_args(&self, clip: &str, name: &str) -> Vec<String> {
        let out = self.path(name).display().to_string();
        let args = ["compile", "--clip", clip, "--out", &out, "--json"];
        args.map(str::to_owned).to_vec()
    }

    /// Compiles one clip.
    #[track_caller]
    pub(crate) fn compile(&self, clip: &str, name: &str) -> Answer {
        self.stringout.run(self.compile_args(clip, name))
    }

    /// Compiles one clip, and expects exactly these frames of the take, in sync and undamaged.
    #[track_caller]
    pub(crate) fn compile_exactly(&self, clip: &str, name: &str, frames: (u32, u32)) -> Value {
        let answer = self.compile(clip, name);
        answer.expect_code(0);
        let document = answer.document().clone();
        assert_eq!(document["frames"], frames.1 - frames.0, "{answer}");
        assert_eq!(document["verified"], true, "{answer}");
        assert_take(&self.path(name), frames);
        document
    }

    /// The files of fetched objects, whole or not.
    pub(crate) fn fetched_files(&self) -> Vec<PathBuf> {
        files(&self.workspace().join("media/objects"))
    }
}

/// A workspace whose connection `studio` leads to a server.
#[derive(Debug)]
pub(crate) struct Studio {
    pub(crate) place: Place,
    pub(crate) server: TamsServer,
    /// The names of the take's objects at the server, in time order.
    pub(crate) objects: Vec<String>,
}

impl Studio {
    /// A server that has the take.
    pub(crate) fn loaded(dialect: Dialect) -> Self {
        let mut studio = Self::empty(dialect, "");
        studio.objects = Material::shared().load(dialect, &studio.server);
        studio
    }

    /// A server that has nothing, connected with these further settings.
    pub(crate) fn empty(dialect: Dialect, settings: &str) -> Self {
        Self::with(dialect, Options::default(), settings)
    }

    /// The same with options of the server.
    pub(crate) fn with(dialect: Dialect, options: Options, settings: &str) -> Self {
        let server = TamsServer::start_with(dialect, options);
        Self {
            place: Place::with_config(&connection(&server.url(), settings)),
            server,
            objects: Vec::new(),
        }
    }

    /// How often the media port was asked for anything.
    pub(crate) fn fetches(&self) -> usize {
        self.server.count(&Requests::to_media().of("GET"))
    }
}

/// The part of `config.toml` that connects `studio`.
pub(crate) fn connection(url: &str, settings: &str) -> String {
    format!("[tams.studio]\nurl = \"{url}\"\n{settings}\n")
}

/// A clip of the take at the server.
pub(crate) fn clip(marks: &str) -> String {
    format!("flow:studio/{}@{marks}", Material::shared().flow)
}

/// Expects a file to hold exactly these frames of the take (the last is not among them), evenly, in
/// sync, and without damage.
#[track_caller]
pub(crate) fn assert_take(file: &Path, (first, end): (u32, u32)) {
    let spec = &Material::shared().spec;
    let look = Look {
        sources: vec![spec.clone()],
        ..Look::default()
    };
    let found = check_with(file, &look);
    found.assert_frames(&[(spec.clip, first..=end - 1)]);
    found.assert_even_pts(spec.rate);
    found.assert_av_sync(10.0);
    found.assert_no_audio_breaks();
    found.assert_decodes_cleanly();
}

/// Expects a failure with this exit code and stable code, whose detail names all of `named`, and
/// which gives no address away.
#[track_caller]
pub(crate) fn assert_failure(answer: &Answer, exit: i32, code: &str, named: &[&str]) -> Value {
    let error = answer.error(exit).clone();
    assert_eq!(error["code"], code, "{answer}");
    for name in named {
        assert!(
            text(&error["detail"]).contains(name),
            "{name} is not named: {answer}"
        );
    }
    assert!(!text(&error["hint"]).is_empty(), "no next step: {answer}");
    assert_discreet(&answer.to_string());
    error
}

/// Expects that no presigned address and no token is in what was said.
#[track_caller]
pub(crate) fn assert_discreet(said: &str) {
    let out = GIVEAWAYS.iter().find(|giveaway| said.contains(**giveaway));
    assert!(out.is_none(), "{} got out: {said}", out.unwrap());
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for entry in entries.map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}
