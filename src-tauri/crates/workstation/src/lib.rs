//! The use cases of Stringout: ingest, browse, cut, compile, publish, print, play, measure.
//!
//! The window, the command line and the demo call these and nothing below them. This is the only
//! crate that sees several adapters: it implements the ports they define over `store` and `node`.
//!
//! Terminology
//! - **workspace**: a folder with `config.toml`, `work.db`, the local node and media.
//! - **local node**: the TAMS store inside the workspace; everything is written there first.
//! - **outbox**: remote writes that still have to happen, once each.

#![deny(missing_docs)]

mod borders;
mod browse;
mod clock;
mod compile;
mod config;
mod convert;
mod demo;
mod describe;
mod desk;
mod doctor;
mod edit;
mod edit_file;
mod failure;
mod frames;
mod hydrolix;
mod ingest;
mod jobs;
mod links;
mod measure;
mod mirror;
mod objects;
mod outbox;
mod owner;
mod pace;
mod pins;
mod placements;
mod project;
mod publish;
mod records;
mod reference;
mod remotes;
mod secrets;
mod serve;
mod sheet;
mod vast;
mod viewer;
mod workers;
mod workspace;

pub use browse::{Browsed, Found};
pub use clock::SystemClock;
pub use compile::{
    ClipSnaps, CompileSettings, check_writable, compile, may_refuse, plan, read_report, snaps,
    verify, write_file, write_report,
};
pub use config::{
    AuthKind, ColumnChoice, Config, EncryptionKind, Environment, HydrolixAuth, HydrolixConfig,
    KeyFolder, MediaConfig, PlayConfig, S3Config, Style, TamsConfig, VastConfig,
};
pub use conform::{CutPlan, Issue, Mode, Pace, Seconds};
pub use convert::{ConvertIssue, Converted, convert};
pub use demo::{Demo, DemoStep, demo};
pub use desk::{Desk, DeskOptions, OpenedDesk};
pub use doctor::{DoctorLine, DoctorState, doctor};
pub use edit::{
    Fetching, MarkClock, OpenEdit, WantedClip, WantedEdit, WantedMark, WantedTrack, only_files,
    open_edit,
};
pub use edit_file::{EditForm, Unpacked, is_edit, read_edit};
pub use failure::{Code, Failure};
pub use ingest::{IngestProgress, IngestSettings, Ingested, IngestedFlow};
pub use interchange::Counting;
pub use measure::{Depth, Measured, PartChange, Untold};
pub use media::{
    PictureBox, PixelFormat, Progress, Report, Stage, Verification, container_named, container_of,
    warm_up,
};
pub use metrics::Summary;
pub use objects::Objects;
pub use outbox::{OutboxLine, SyncProgress, Synced};
pub use pace::{estimated, taken};
pub use pins::{PinLine, Trimmed};
pub use placements::PlacementLine;
pub use project::ProjectLine;
pub use project::{FlowNames, OpenProject};
pub use publish::{PublishSettings, Published};
pub use record::OutboxState;
pub use records::{CompilationLine, UseLine};
pub use reference::{At, Reference, place_and_id};
pub use remotes::{Listing, Remotes};
pub use secrets::{Keychain, Secrets, SystemKeychain, Wanted};
pub use sheet::{IdentifiedCode, PrintChoices, PrintedSheet, SheetCode, SheetRow, SheetSettings};
pub use sheets::Template;
pub use vast::{Keep, SharedCompilation};
pub use workspace::Workspace;
