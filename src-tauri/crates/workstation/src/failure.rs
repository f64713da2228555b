//! Failures as users meet them: one stable code, what happened, why, and what to do next.

use conform::ConformError;
use delivery::DeliveryError;
use media::MediaError;
use serde::Serialize;
use std::fmt;
use std::io;

/// Why a use case failed. `code` is stable; the words may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Stable, for programs.
    pub code: Code,
    /// What happened, in a few words.
    pub title: String,
    /// What exactly, naming the clip, file or field.
    pub detail: String,
    /// The next step.
    pub hint: String,
    /// The same call may succeed later.
    pub retryable: bool,
}

/// What kind of failure it is. The exit code of the command line follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The call itself is wrong.
    Usage,
    /// A clip, mark, file, id or setting that was given is wrong.
    BadInput,
    /// A file or id that was named is not there.
    NotFound,
    /// The target exists already.
    Exists,
    /// The file is no media that can be read.
    NotMedia,
    /// The media is damaged.
    Damaged,
    /// A segment that can't be decoded without the one before it.
    NoParameterSets,
    /// The media is of a kind that is not handled.
    Unsupported,
    /// A clip reaches outside its source, or over a hole in it.
    OutOfRange,
    /// An object that is needed is not on this machine.
    MissingObject,
    /// GStreamer lacks something.
    MissingElement,
    /// The target can't be written.
    NotWritable,
    /// No space is left.
    DiskFull,
    /// A remote can't be reached; the work is queued.
    Unreachable,
    /// A remote refuses our credentials.
    CredentialsRefused,
    /// A remote refuses for another reason.
    Refused,
    /// No public address is configured.
    NoBaseUrl,
    /// A printed code does not decode.
    Unverified,
    /// An output is not what its plan says.
    Mismatch,
    /// The workspace was written by a newer version.
    NewerWorkspace,
    /// Somebody else is at work on the same thing.
    Busy,
    /// The user stopped it.
    Cancelled,
    /// A fault of ours.
    Internal,
}

impl Code {
    /// Exit code of the command line: 1 failed, 2 usage, 3 bad input, 4 unreachable with the work
    /// queued.
    #[must_use]
    pub fn exit(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::BadInput
            | Self::NotFound
            | Self::Exists
            | Self::NotMedia
            | Self::Damaged
            | Self::NoParameterSets
            | Self::Unsupported
            | Self::OutOfRange
            | Self::MissingObject
            | Self::NotWritable
            | Self::NoBaseUrl => 3,
            Self::Unreachable => 4,
            Self::MissingElement
            | Self::DiskFull
            | Self::CredentialsRefused
            | Self::Refused
            | Self::Unverified
            | Self::Mismatch
            | Self::NewerWorkspace
            | Self::Busy
            | Self::Cancelled
            | Self::Internal => 1,
        }
    }

    /// Its stable name, as programs read it: `bad_input`.
    #[must_use]
    pub fn name(self) -> String {
        let name = serde_json::to_value(self).ok();
        let name = name.as_ref().and_then(serde_json::Value::as_str);
        name.unwrap_or("internal").to_owned()
    }

    fn title(self) -> &'static str {
        match self {
            Self::Usage => "The command is not complete",
            Self::BadInput => "Something that was given is wrong",
            Self::NotFound => "It is not there",
            Self::Exists => "It exists already",
            Self::NotMedia => "This is no video",
            Self::Damaged => "The media is damaged",
            Self::NoParameterSets => "The segment needs the one before it",
            Self::Unsupported => "This media can't be used yet",
            Self::OutOfRange => "The clip is out of range",
            Self::MissingObject => "Media is missing",
            Self::MissingElement => "GStreamer is not complete",
            Self::NotWritable => "The target can't be written",
            Self::DiskFull => "The disk is full",
            Self::Unreachable => "The remote can't be reached",
            Self::CredentialsRefused => "The remote refuses the credentials",
            Self::Refused => "The remote refuses",
            Self::NoBaseUrl => "There is no public address",
            Self::Unverified => "A printed code does not decode",
            Self::Mismatch => "The output is not what the plan says",
            Self::NewerWorkspace => "The workspace is newer than this program",
            Self::Busy => "Somebody else is at work on it",
            Self::Cancelled => "Cancelled",
            Self::Internal => "Something went wrong inside",
        }
    }
}

impl Failure {
    /// A failure with the usual title of its code.
    pub fn new(code: Code, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code,
            title: code.title().to_owned(),
            detail: detail.into(),
            hint: hint.into(),
            retryable: matches!(code, Code::Unreachable | Code::DiskFull | Code::Busy),
        }
    }

    /// Something that was given is wrong.
    pub fn bad_input(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Code::BadInput, detail, hint)
    }

    /// A fault of ours.
    pub fn internal(detail: impl fmt::Display) -> Self {
        Self::new(
            Code::Internal,
            detail.to_string(),
            "Run `stringout doctor`, then try again; nothing that was saved is lost.",
        )
    }

    /// Reading or writing `name` failed.
    pub fn io(name: impl fmt::Display, error: &io::Error) -> Self {
        let detail = format!("{name}: {error}");
        match error.kind() {
            io::ErrorKind::NotFound => Self::new(Code::NotFound, detail, "Check the path."),
            io::ErrorKind::AlreadyExists => Self::new(
                Code::Exists,
                detail,
                "Choose another name, or pass `--overwrite`.",
            ),
            io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::InvalidFilename
            | io::ErrorKind::InvalidInput => Self::new(
                Code::NotWritable,
                detail,
                "Choose a file in a folder where you may write.",
            ),
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::new(
                Code::DiskFull,
                detail,
                "Free some space, then run the same command again; nothing was changed.",
            ),
            io::ErrorKind::ResourceBusy | io::ErrorKind::WouldBlock => {
                Self::new(Code::Busy, detail, "Wait until it is done, then try again.")
            }
            _ => Self::internal(detail),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.detail)?;
        if self.hint.is_empty() {
            return Ok(());
        }
        write!(f, "\n{}", self.hint)
    }
}

impl std::error::Error for Failure {}

/// As a hint is written: a capital letter in front, a full stop behind.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    format!(
        "{}{}.",
        first.unwrap_or_default(),
        letters.as_str().trim_end_matches('.')
    )
}

impl From<MediaError> for Failure {
    fn from(error: MediaError) -> Self {
        Self::from(&error)
    }
}

impl From<&MediaError> for Failure {
    fn from(error: &MediaError) -> Self {
        let detail = error.to_string();
        match error {
            MediaError::NotMedia { .. } => Self::new(
                Code::NotMedia,
                detail,
                "Use an MP4, MOV, Matroska or MPEG-TS file with video in it.",
            ),
            MediaError::Damaged { .. } => Self::new(
                Code::Damaged,
                detail,
                "Get an undamaged copy of it, or cut around the damage.",
            ),
            MediaError::NoParameterSets { .. } => Self::new(
                Code::NoParameterSets,
                detail,
                "It continues the segment before it: take both, in order, from one on that begins with an IDR picture.",
            ),
            MediaError::Unsupported { object, what, hint } => Self::new(
                Code::Unsupported,
                format!("{object}: {what} is not supported"),
                sentence(hint),
            ),
            MediaError::Io { object, source } => Self::io(object, source),
            MediaError::MissingObject { .. } => Self::new(
                Code::MissingObject,
                detail,
                "Ingest the media again; the same file gets the same flow.",
            ),
            MediaError::Unavailable { .. } => Self::new(
                Code::Unreachable,
                detail,
                "Nothing was kept. Run the same command again when the server answers; what was fetched is here.",
            ),
            MediaError::MissingElement { .. } => Self::new(
                Code::MissingElement,
                detail,
                "`stringout doctor` lists what is missing.",
            ),
            MediaError::Mismatch(_) | MediaError::NotAsPlanned(_) => Self::new(
                Code::Mismatch,
                detail,
                "Nothing was kept. Try `--mode render`, and keep the media for a bug report.",
            ),
            MediaError::Cancelled => Self::new(Code::Cancelled, "nothing was kept", ""),
            _ => Self::internal(detail),
        }
    }
}

impl From<ConformError> for Failure {
    fn from(error: ConformError) -> Self {
        let detail = error.to_string();
        let (code, hint) = match error {
            ConformError::Empty => (Code::Usage, "Name a project, or clips with `--clip`."),
            ConformError::OutOfRange { .. } | ConformError::NoFrames { .. } => (
                Code::OutOfRange,
                "Move the marks into the source; OUT is the first frame that is not taken.",
            ),
            ConformError::Gap { .. } => (
                Code::OutOfRange,
                "Cut around the hole, or ingest the missing media.",
            ),
            ConformError::MissingKeyFrame { .. } => (
                Code::Damaged,
                "Move the in point behind the next key frame.",
            ),
            ConformError::NoVideo { .. } => (Code::Unsupported, "Use a file with video in it."),
            ConformError::CannotEncode { .. } => (
                Code::Unsupported,
                "Use progressive video, or cut where everything can be copied.",
            ),
            ConformError::CannotCopy { .. } => (
                Code::BadInput,
                "Move the marks to those cuts, or use `--mode auto`.",
            ),
            ConformError::CannotPlace { .. } => {
                (Code::BadInput, "Change the edit there, where it was made.")
            }
            ConformError::OutsideSound { .. } => {
                (Code::OutOfRange, "Move the in point into the sound.")
            }
            ConformError::NoRate { .. } => (Code::BadInput, "Use frames `30f` or seconds `1.5s`."),
            _ => (
                Code::BadInput,
                "Write IN and OUT as `30f`, `1.5s`, `HH:MM:SS:FF` or `S:NS`.",
            ),
        };
        Self::new(code, detail, hint)
    }
}

impl From<DeliveryError> for Failure {
    fn from(error: DeliveryError) -> Self {
        let code = match &error {
            DeliveryError::Cancelled => Code::Cancelled,
            error if error.is_unreachable() => Code::Unreachable,
            DeliveryError::CredentialsRefused { .. } => Code::CredentialsRefused,
            _ => Code::Refused,
        };
        Self {
            retryable: error.is_retryable(),
            ..Self::new(code, error.to_string(), error.hint())
        }
    }
}
