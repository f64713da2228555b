//! The desk: everything one window does with one workspace.
//!
//! Each method that a command of the page reaches has the command's name, takes its arguments and
//! answers at once: with data that is here, or with the id of a job. What changes later is told as
//! an event. Nothing else decides what a window shows.

mod connections;
mod delivery;
mod fetching;
mod flows;
mod footage;
mod growth;
mod keeping;
mod lesson;
mod linking;
mod making;
mod monitors;
mod pictures;
mod planning;
mod projects;
mod watching;

use crate::frames::FramesServer;
use crate::jobs::Jobs;
use crate::owner::{Owner, Taken};
use crate::project::OpenProject;
use crate::{Failure, Objects, Workspace};
use connections::Connections;
use flows::Flows;
use ipc::{DeskEvent, DeskView, FailureView};
use lesson::Lessons;
use monitors::Monitor;
use planning::Planned;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

/// Events that a slow window may fall behind before it has to ask for everything again.
const EVENTS: usize = 1024;
/// Setting that holds the page's layout.
const LAYOUT: &str = "desk.layout";
/// Bytes of a layout at most.
const LAYOUT_LIMIT: usize = 64 << 10;

/// How a desk is opened.
#[derive(Clone, Debug, Default)]
pub struct DeskOptions {
    /// Folder with the footage that a new workspace begins with.
    pub footage: Option<PathBuf>,
    /// Version of the program, shown to people.
    pub version: String,
    /// Pages of a development server may use the frames server.
    pub development: bool,
    /// Sound goes nowhere and the system's clock drives play: for machines without sound.
    pub silent: bool,
}

/// What opening a desk came to.
#[derive(Debug)]
pub enum OpenedDesk {
    /// This process owns the workspace now.
    Desk(Desk),
    /// Another one does, and was asked to show its window.
    Raised,
}

/// Everything one window does with one workspace. Clones are the same desk.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("workspace", &self.inner.workspace)
            .finish_non_exhaustive()
    }
}

/// What a desk is made of. No lock is held across an await.
struct Inner {
    workspace: Workspace,
    options: DeskOptions,
    objects: Arc<Objects>,
    flows: Flows,
    project: Mutex<OpenProject>,
    plan: Mutex<Planned>,
    /// The sequence changed: plan it again.
    replan: Notify,
    source: Monitor,
    record: Monitor,
    /// Look at once whether what is loaded has grown.
    look_again: Notify,
    /// Monitors that have windows of their own.
    detached: Mutex<Vec<ipc::MonitorName>>,
    jobs: Jobs,
    lessons: Lessons,
    /// Why phones can't open links now.
    play_problem: Mutex<Option<FailureView>>,
    /// Since when a store does not answer.
    offline_since: Mutex<Option<String>>,
    connections: Connections,
    /// Flows of servers that were fetched because the sequence needs them.
    wanted: Mutex<HashSet<String>>,
    events: broadcast::Sender<DeskEvent>,
    /// Held from looking until telling, so that lists are told in the order in which they were.
    telling: Mutex<()>,
    raised: Arc<Notify>,
    /// Peaks of objects, by id.
    peaks: Mutex<HashMap<String, Arc<media::Peaks>>>,
    frames: ipc::FramesEndpoint,
    stop: CancellationToken,
    tasks: tokio_util::task::TaskTracker,
    /// Given back when the desk is gone.
    _owner: Owner,
}

impl Desk {
    /// Opens the workspace in `dir` for a window, or raises the window that has it open.
    ///
    /// # Errors
    /// The workspace can't be used, or its owner does not answer.
    pub async fn open(dir: &Path, options: DeskOptions) -> Result<OpenedDesk, Failure> {
        std::fs::create_dir_all(dir).map_err(|error| Failure::io(dir.display(), &error))?;
        let Some(owner) = take(dir).await? else {
            return Ok(OpenedDesk::Raised);
        };
        let mut workspace = Workspace::open(dir)?;
        // The play service is up before anything is printed, so that a printed address is its own.
        let bound = workspace.bind_play(workspace.play_address()).await;
        if let Ok(listener) = &bound {
            workspace.config.play.listen = Some(listener.local_addr());
        }
        let stop = CancellationToken::new();
        let (events, _) = broadcast::channel(EVENTS);
        let raised = Arc::new(Notify::new());
        let sound = if options.silent {
            media::Sound::Clock
        } else {
            media::Sound::Device
        };
        let server = FramesServer::bind(options.development).await?;
        owner.announce(server.local_addr(), server.token())?;
        let inner = Arc::new(Inner {
            objects: Arc::new(Objects::of(&workspace).until(&stop)),
            flows: Flows::default(),
            project: Mutex::new(OpenProject::open(&workspace)?),
            plan: Mutex::default(),
            replan: Notify::new(),
            source: Monitor::new(ipc::MonitorName::Source, sound.clone())?,
            record: Monitor::new(ipc::MonitorName::Record, sound)?,
            look_again: Notify::new(),
            detached: Mutex::default(),
            jobs: Jobs::new(Arc::clone(&workspace.clock), events.clone()),
            lessons: Lessons::open(&workspace)?,
            play_problem: Mutex::default(),
            offline_since: Mutex::default(),
            connections: Connections::default(),
            wanted: Mutex::default(),
            peaks: Mutex::default(),
            frames: server.endpoint(),
            events,
            telling: Mutex::default(),
            raised,
            stop,
            tasks: tokio_util::task::TaskTracker::new(),
            options,
            workspace,
            _owner: owner,
        });
        let desk = Self { inner };
        desk.serve_frames(server);
        desk.follow_monitors();
        desk.follow_growth();
        desk.follow_node();
        desk.keep_planned();
        desk.serve_play(bound);
        desk.work_outbox_off();
        desk.clear_compiled();
        if let Err(failure) = desk.follow_connections().await {
            // The local node works without them.
            desk.failed(&failure);
        }
        if let Err(failure) = desk.begin_with_footage() {
            // A workspace without its footage is still a workspace.
            desk.failed(&failure);
        }
        Ok(OpenedDesk::Desk(desk))
    }

    /// Everything, when a page begins.
    pub async fn desk_view(&self) -> Result<DeskView, Failure> {
        let desk = self.clone();
        blocking(move || {
            let inner = &desk.inner;
            Ok(DeskView {
                workspace: desk.workspace_view(),
                sources: desk.source_views()?,
                sequence: desk.sequence_view(),
                plan: lock(&inner.plan).state.clone(),
                source: inner.source.view(),
                record: inner.record.view(),
                jobs: inner.jobs.list(),
                outbox: desk.outbox_items()?,
                detached: lock(&inner.detached).clone(),
                frames: inner.frames.clone(),
                layout: inner.workspace.work.setting(LAYOUT)?,
                lesson: inner.lessons.view(),
            })
        })
        .await
    }

    /// What changes, from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<DeskEvent> {
        self.inner.events.subscribe()
    }

    /// Waits until another process asks to see this window.
    pub async fn raised(&self) {
        self.inner.raised.notified().await;
    }

    /// Keeps the page's layout.
    ///
    /// # Errors
    /// It is larger than a layout is, or the workspace can't be written.
    pub async fn layout_save(&self, args: ipc::LayoutArgs) -> Result<(), Failure> {
        if args.layout.len() > LAYOUT_LIMIT {
            return Err(Failure::bad_input(
                format!("a layout of {} bytes", args.layout.len()),
                "Reset the layout.",
            ));
        }
        let desk = self.clone();
        blocking(move || {
            Ok(desk
                .inner
                .workspace
                .work
                .set_setting(LAYOUT, &args.layout)?)
        })
        .await
    }

    /// A monitor got a window of its own, or gave it up.
    pub fn detached(&self, monitor: ipc::MonitorName, has_window: bool) {
        let mut detached = lock(&self.inner.detached);
        detached.retain(|name| *name != monitor);
        if has_window {
            detached.push(monitor);
        }
        // Told under the lock, so that the last word is the newest.
        self.tell(DeskEvent::Detached {
            monitors: detached.clone(),
        });
    }

    /// Files hang over the window; 0 when they left.
    pub fn hover(&self, files: u32) {
        self.tell(DeskEvent::Hover { files });
    }

    /// Ends everything: jobs are cancelled, servers stop, monitors close.
    pub async fn shut_down(&self) {
        self.inner.stop.cancel();
        // Nobody looks or listens any more, however long the rest takes.
        self.inner.source.close();
        self.inner.record.close();
        self.inner.jobs.shut_down().await;
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    /// The workspace.
    #[must_use]
    pub fn workspace(&self) -> &Workspace {
        &self.inner.workspace
    }

    fn tell(&self, event: DeskEvent) {
        // Without a window nobody listens, which is no failure.
        let _ = self.inner.events.send(event);
    }

    fn failed(&self, failure: &Failure) {
        tracing::warn!(code = ?failure.code, "{failure}");
        self.tell(DeskEvent::Failed {
            failure: failure.into(),
        });
    }

    /// A task that ends with the desk.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.inner.stop.clone();
        self.inner.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = task => {}
            }
        });
    }
}

/// Becomes the owner of a workspace; `None` when its owner was asked to show its window. An owner
/// that is about to end does not answer any more, and is waited for.
async fn take(dir: &Path) -> Result<Option<Owner>, Failure> {
    let mut tries = 3;
    loop {
        let other = match Owner::take(dir)? {
            Taken::Owner(owner) => return Ok(Some(owner)),
            Taken::Other(other) => other,
        };
        tries -= 1;
        match other.raise().await {
            Ok(()) => return Ok(None),
            Err(failure) if tries == 0 => return Err(failure),
            Err(_) => {}
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs what reads disks or databases where it holds nobody up.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(Failure::internal)?
}

impl From<&Failure> for FailureView {
    fn from(failure: &Failure) -> Self {
        Self {
            code: failure.code.name(),
            title: failure.title.clone(),
            detail: failure.detail.clone(),
            hint: failure.hint.clone(),
            retryable: failure.retryable,
        }
    }
}
