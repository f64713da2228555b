//! The project that is open: what a user cuts in it is on the disk when the edit returns.

use crate::records::date;
use crate::{Code, Failure, Workspace};
use ipc::{ClipView, FlowPart, HistoryStep, Rate, SequenceEdit, SequenceView};
use mediatime::{FrameRate, Timestamp};
use serde_json::Value;
use std::sync::Arc;
use store::{SavedProject, StoreError, WorkDb};
use timeline::{
    Clip, Document, EditError, FORMAT, FlowFrames, History, Placed, Ports, Project, Sequence, Track,
};
use uuid::Uuid;

/// What a new workspace begins with.
const FIRST_PROJECT: &str = "My first cut";
const FIRST_SEQUENCE: &str = "Promo";
/// Hour of the timecode at which sequences begin.
const START_HOUR: u8 = 10;
/// Setting with the id of the project that is open.
const OPENED: &str = "project.open";
/// Characters of the longest name of a sequence or project.
const LONGEST_NAME: usize = 200;

/// The project that is open, with everything that can be undone.
#[derive(Debug)]
pub struct OpenProject {
    work: Arc<WorkDb>,
    history: History<Project>,
    revision: u32,
    /// What the revisions that are told are higher by: where one project takes the place of another they go
    /// on rising, so that nothing of the one is taken for something of the other.
    before: u32,
    saved: Timestamp,
}

/// What a clip keeps of the flow it is cut from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowNames {
    /// TAMS id of its source.
    pub source_id: String,
    /// Name of that source.
    pub title: String,
    /// It carries sound.
    pub sound: bool,
    /// `None` when it varies.
    pub frame_rate: Option<FrameRate>,
}

impl OpenProject {
    /// Opens the project of a workspace that was open last, else the one that was saved last, or makes the
    /// first one.
    ///
    /// # Errors
    /// [`Code::NewerWorkspace`] when a newer version wrote it, [`Code::Damaged`] when it can't be
    /// read: both name the project and leave it as it is. The workspace can't be read or written.
    pub fn open(workspace: &Workspace) -> Result<Self, Failure> {
        let work = Arc::clone(&workspace.work);
        let known = work.projects()?;
        let opened = work.setting(OPENED)?;
        let opened = known
            .iter()
            .find(|project| Some(project.id.to_string()) == opened);
        match opened.or(known.first()) {
            Some(project) => Self::load(work, project.id),
            None => Self::create(work, FIRST_PROJECT),
        }
    }

    /// Reads a project.
    fn load(work: Arc<WorkDb>, id: Uuid) -> Result<Self, Failure> {
        let saved = work.project(id).map_err(|error| match error {
            StoreError::Corrupt { detail } => damaged(detail),
            other => other.into(),
        })?;
        let saved = saved.ok_or_else(|| no_project(&id.to_string()))?;
        let (revision, time) = (saved.revision, saved.saved);
        Ok(Self {
            work,
            history: read(saved)?,
            revision,
            before: 0,
            saved: time,
        })
    }

    /// Makes an empty project.
    fn create(work: Arc<WorkDb>, name: &str) -> Result<Self, Failure> {
        let sequence = Sequence::new(Uuid::new_v4(), FIRST_SEQUENCE, START_HOUR);
        let history = History::new(Project {
            id: Uuid::new_v4(),
            name: new_name(name, "a project")?,
            sequences: vec![Arc::new(sequence)],
        });
        Self::with(work, history)
    }

    /// Saves a project that is new here.
    fn with(work: Arc<WorkDb>, history: History<Project>) -> Result<Self, Failure> {
        let saved = save(&work, &history, 0)?;
        Ok(Self {
            work,
            history,
            revision: 0,
            before: 0,
            saved,
        })
    }

    /// Rises with every edit, and when another project takes the place of this one.
    #[must_use]
    pub fn revision(&self) -> u32 {
        self.revision.saturating_add(self.before)
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.history.present().id
    }

    /// Changes the sequence. It is on the disk, with its history, when this returns; after an error
    /// nothing has changed. An edit that changes nothing makes no step, and neither does undo or redo
    /// with nothing to take back or do again.
    ///
    /// `flows` knows the frames of flows, `names` the rest.
    ///
    /// # Errors
    /// The edit names a clip, flow or place that is not there; the workspace can't be written;
    /// somebody else saved the project meanwhile ([`Code::Busy`]).
    pub fn edit(
        &mut self,
        edit: SequenceEdit,
        flows: &dyn FlowFrames,
        names: &dyn Fn(&str) -> Option<FlowNames>,
    ) -> Result<(), Failure> {
        let mut history = self.history.clone();
        let changed = match edit {
            SequenceEdit::Undo => history.undo(),
            SequenceEdit::Redo => history.redo(),
            edit => {
                let mut project = history.present().clone();
                let title = change(&mut project, edit, flows, names)?;
                let changed = project != *history.present();
                if changed {
                    history.push(title, project);
                }
                changed
            }
        };
        if changed {
            self.keep(history)?;
        }
        Ok(())
    }

    /// Cuts clips from other flows of their sources, in one step; otherwise as [`edit`](Self::edit).
    ///
    /// # Errors
    /// As [`edit`](Self::edit). A part does not have the frames of its clip.
    pub fn relink(
        &mut self,
        title: &str,
        links: &[(Uuid, FlowPart)],
        flows: &dyn FlowFrames,
        names: &dyn Fn(&str) -> Option<FlowNames>,
    ) -> Result<(), Failure> {
        let mut history = self.history.clone();
        let mut project = history.present().clone();
        let track = video_track(&mut project)?;
        let ports = &Ports {
            flows,
            new_id: &mut Uuid::new_v4,
        };
        for (clip, part) in links {
            track.relink(*clip, cut(part.clone(), flows, names)?, ports)?;
        }
        if project != *history.present() {
            history.push(title.to_owned(), project);
            self.keep(history)?;
        }
        Ok(())
    }

    /// Puts a changed history on the disk; after an error nothing has changed.
    fn keep(&mut self, history: History<Project>) -> Result<(), Failure> {
        let next = self.revision.checked_add(1);
        let revision = next.ok_or_else(|| Failure::internal("the project has no revision left"))?;
        self.saved = save(&self.work, &history, revision)?;
        (self.history, self.revision) = (history, revision);
        Ok(())
    }

    /// The items of the sequence in order, and its rate.
    #[must_use]
    pub fn items(&self) -> (Vec<timeline::Item>, Option<FrameRate>) {
        let sequence = self.history.present().sequences.first();
        let track = sequence.and_then(|sequence| sequence.video());
        let items = track.map_or(&[][..], Track::items).to_vec();
        (items, sequence.and_then(|sequence| sequence.frame_rate()))
    }

    /// The clips of the sequence in order.
    #[must_use]
    pub fn clips(&self) -> Vec<Clip> {
        self.placed()
            .map(|placed| (**placed.clip).clone())
            .collect()
    }

    /// The sequence as a page shows it. Whether its clips can be played now is not known here.
    #[must_use]
    pub fn view(&self) -> SequenceView {
        let project = self.history.present();
        let sequence = project.sequences.first();
        let number = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        SequenceView {
            project: project.name.clone(),
            title: sequence.map_or_else(String::new, |sequence| sequence.title.clone()),
            revision: self.revision(),
            frame_rate: sequence.and_then(|s| s.frame_rate()).map(rate),
            frames: number(sequence.map_or(0, |sequence| sequence.length())),
            start_frame: number(sequence.map_or(0, |sequence| sequence.start_frame())),
            clips: self
                .placed()
                .map(
                    |Placed {
                         clip, at, length, ..
                     }| ClipView {
                        id: clip.id.to_string(),
                        title: clip.title.clone(),
                        flow_id: clip.flow_id.clone(),
                        source_id: clip.source_id.clone(),
                        at: number(at),
                        frames: number(length),
                        source_first: number(clip.first),
                        source_frames: number(clip.frames),
                        source_frame_rate: clip.rate.map(rate),
                        timerange: clip.timerange.to_string(),
                        sound: clip.sound,
                        head: clip.head.map(transitions::view),
                        tail: clip.tail.map(transitions::view),
                        preview: false,
                        problem: None,
                    },
                )
                .collect(),
            markers: markers::views(sequence),
            history: self
                .history
                .titles()
                .map(|title| HistoryStep {
                    title: title.to_owned(),
                })
                .collect(),
            done: u32::try_from(self.history.done()).unwrap_or(u32::MAX),
            saved: (self.revision > 0).then(|| date(self.saved)),
        }
    }

    fn placed(&self) -> impl Iterator<Item = Placed<'_>> {
        let sequence = self.history.present().sequences.first();
        let track = sequence.and_then(|sequence| sequence.video());
        track.into_iter().flat_map(Track::clips)
    }
}

/// A rate as a page shows it.
pub(crate) fn rate(rate: FrameRate) -> Rate {
    Rate {
        numerator: rate.numerator(),
        denominator: rate.denominator(),
    }
}

fn save(work: &WorkDb, history: &History<Project>, revision: u32) -> Result<Timestamp, Failure> {
    let project = history.present();
    let document = serde_json::to_value(Document::new(history)).map_err(Failure::internal)?;
    work.save_project(project.id, &project.name, &document, revision)
        .map_err(|error| match error {
            StoreError::Conflict { .. } => Failure::new(
                Code::Busy,
                format!(
                    "another program has saved project {} meanwhile",
                    project.name
                ),
                "Close this window and open the workspace again; nothing was overwritten.",
            ),
            other => other.into(),
        })
}

fn read(saved: SavedProject) -> Result<History<Project>, Failure> {
    let name = format!("project {}", saved.name);
    let history = opened(&name, saved.document)?;
    if history.present().id != saved.id {
        return Err(damaged(format!(
            "{name}: it is the document of another project"
        )));
    }
    Ok(history)
}

/// Opens a document, wherever it comes from; `named` says whose it is.
fn opened(named: &str, document: Value) -> Result<History<Project>, Failure> {
    let unreadable = |why: &dyn std::fmt::Display| damaged(format!("{named}: {why}"));
    let format = document.get("format").and_then(Value::as_u64);
    let format = format.ok_or_else(|| unreadable(&"it does not say which format it has"))?;
    if format > u64::from(FORMAT) {
        return Err(Failure::new(
            Code::NewerWorkspace,
            format!("{named} has format {format}, this program knows formats up to {FORMAT}"),
            "Use the newer version; nothing was changed.",
        ));
    }
    let document: Document =
        serde_json::from_value(document).map_err(|error| unreadable(&error))?;
    let history = document.open().map_err(|error| unreadable(&error))?;
    let sequence = history.present().sequences.first();
    if sequence.and_then(|sequence| sequence.video()).is_none() {
        return Err(unreadable(&"it has no sequence with a video track"));
    }
    Ok(history)
}

fn no_project(named: &str) -> Failure {
    Failure::new(
        Code::NotFound,
        format!("there is no project {named}"),
        "`stringout project list` lists them.",
    )
}

fn damaged(detail: String) -> Failure {
    Failure {
        title: "The project can't be read".to_owned(),
        ..Failure::new(
            Code::Damaged,
            detail,
            "Nothing was changed. Put a copy of `work.db` in its place, or choose another workspace.",
        )
    }
}

fn new_name(text: &str, what: &str) -> Result<String, Failure> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains(char::is_control) {
        return Err(Failure::bad_input(
            format!("this is no name for {what}"),
            format!("Write 1 to {LONGEST_NAME} characters on one line."),
        ));
    }
    Ok(name.to_owned())
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        let detail = error.to_string();
        let (code, hint) = match error {
            EditError::ClipNotFound { .. } => (
                Code::NotFound,
                "The sequence has changed: choose the clip again.",
            ),
            EditError::UnknownFlow { .. } => (
                Code::MissingObject,
                "Ingest the media again; the same file gets the same flow.",
            ),
            EditError::OutsideFlow { .. } => (Code::OutOfRange, "Choose frames that the flow has."),
            EditError::OtherFrames { .. } => (
                Code::OutOfRange,
                "The clip stays as it is; choose a part that both flows have.",
            ),
            EditError::ZeroLength { .. } => {
                (Code::BadInput, "Put the out point behind the in point.")
            }
            EditError::BehindEnd { .. } => (
                Code::OutOfRange,
                "Choose a place up to the end of the sequence, or append.",
            ),
            EditError::NothingToSplit { .. } => (Code::BadInput, "Put the playhead inside a clip."),
            EditError::NoSuchPlace { .. } => (Code::BadInput, "Choose a place in the sequence."),
            EditError::TooLong => (Code::BadInput, "Begin another sequence."),
            EditError::TooFar { .. } => (Code::OutOfRange, "Move it less far."),
            EditError::NothingInRange { .. } => (Code::BadInput, "Choose a longer part."),
            EditError::NoGap { .. } => (Code::BadInput, "Put the playhead in a gap."),
            EditError::NoNeighbour { .. } => (
                Code::BadInput,
                "Choose an edge with something on both sides.",
            ),
            EditError::NoSuchLength { .. } | EditError::NeedsRetime { .. } => {
                (Code::BadInput, "Choose a length that the clip can have.")
            }
            EditError::NoRoom { .. } => (Code::BadInput, "Make it shorter."),
            EditError::MarkerNotFound { .. } => (
                Code::NotFound,
                "The sequence has changed: choose the marker again.",
            ),
            EditError::TooManyMarkers => (Code::BadInput, "Take some out."),
            EditError::MarkerTooFar { .. } => (Code::OutOfRange, "Put it further in front."),
            EditError::TooManyCharacters { .. } => (Code::BadInput, "Write less."),
            EditError::TrackLocked { .. } => (Code::BadInput, "Unlock the track."),
            _ => return Self::internal(detail),
        };
        Self::new(code, detail, hint)
    }
}

mod change;
mod file;
mod library;
mod markers;
mod programme;
mod transitions;

pub(crate) use change::clip_id;
use change::{change, cut, video_track};
pub(crate) use file::read_project;
pub use library::ProjectLine;
pub(crate) use programme::programme_of;

#[cfg(test)]
mod lengths;
#[cfg(test)]
mod tests;
