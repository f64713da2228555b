//! Flows of servers: fetched by a job, then open like any other.

use super::flows::OpenFlow;
use super::{Desk, flows::small, lock};
use crate::edit::{self, Fetching};
use crate::jobs::JobHandle;
use crate::reference::{At, place_and_id};
use crate::{Code, Failure};
use ipc::{JobKind, JobResult};
use mediatime::TimeRange;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tams_model::{Flow, Id};

impl Desk {
    /// Whether opening a flow may have to ask a server.
    pub(super) fn is_remote(flow_id: &str) -> bool {
        matches!(place_and_id(flow_id, flow_id), Ok((At::Named(_), _)))
    }

    /// Opens a flow of a server from what is here, without asking anybody.
    pub(super) fn open_fetched_flow(
        &self,
        flow_id: &str,
        name: &str,
        id: Id,
    ) -> Result<Arc<OpenFlow>, Failure> {
        if let Some(flow) = self.held_flow(flow_id) {
            return Ok(flow);
        }
        let remotes = &self.inner.workspace.remotes;
        remotes.config(name)?;
        let missing = || {
            Failure::new(
                Code::MissingObject,
                format!("the media of flow {flow_id} is not on this machine"),
                "Open its source in the browser: that fetches it.",
            )
        };
        let whole = |_| vec![TimeRange::ETERNITY];
        let flow = remotes.known_flow(name, id, &whole)?.ok_or_else(missing)?;
        let places = flow.places(name);
        let indexes = remotes.known_indexes(&places)?.ok_or_else(missing)?;
        self.inner.objects.know(&places, &indexes)?;
        let described = flow.flow.clone();
        let source = edit::remote_source(flow, indexes);
        Ok(self.hold_remote_flow(flow_id, &described, source))
    }

    /// Fetches a flow of a server that answers, which the sequence needs and which is not here; the
    /// sequence is planned again when it is.
    pub(super) fn fetch_once(&self, flow_id: &str) {
        let online = matches!(place_and_id(flow_id, flow_id), Ok((At::Named(name), _)) if self.is_online(&name));
        if !online || !lock(&self.inner.wanted).insert(flow_id.to_owned()) {
            return;
        }
        let (desk, id) = (self.clone(), flow_id.to_owned());
        self.fetch_flow(flow_id, &self.title_of(flow_id), move |fetched| {
            if fetched.is_ok() {
                desk.inner.replan.notify_one();
            } else {
                // Again when its server answers.
                lock(&desk.inner.wanted).remove(&id);
            }
        });
    }

    /// Starts to fetch a flow; `then` is told how it went, while the job is still at work. A flow that
    /// is being fetched is waited for.
    pub(super) fn fetch_flow(
        &self,
        flow_id: &str,
        title: &str,
        then: impl FnOnce(Result<Arc<OpenFlow>, &Failure>) + Send + 'static,
    ) -> String {
        let (desk, flow_id, key) = (self.clone(), flow_id.to_owned(), format!("flow {flow_id}"));
        let title = format!("Fetch {title}");
        self.inner
            .jobs
            .start(JobKind::Fetch, title, Some(key), move |job| {
                match desk.fetch(&flow_id, job) {
                    Ok((flow, result)) => {
                        then(Ok(flow));
                        desk.tell_sources();
                        desk.tell_workspace();
                        Ok(result)
                    }
                    Err(failure) => {
                        then(Err(&failure));
                        desk.tell_sources();
                        Err(failure)
                    }
                }
            })
    }

    /// Fetches all of a flow of a server, and opens it.
    pub(super) fn fetch(
        &self,
        flow_id: &str,
        job: &JobHandle,
    ) -> Result<(Arc<OpenFlow>, JobResult), Failure> {
        let (At::Named(name), id) = place_and_id(flow_id, flow_id)? else {
            return Err(Failure::internal(format!("{flow_id} is at no server")));
        };
        job.progress("Listing segments", 0, 0, "objects", 0);
        let came = AtomicU64::new(0);
        let progress = |done: usize, total: usize, bytes: u64| {
            came.store(bytes, Ordering::Relaxed);
            job.progress("Fetching", done as u64, total as u64, "objects", bytes);
        };
        let fetching = Fetching {
            progress: &progress,
            cancel: job.token(),
        };
        let remotes = &self.inner.workspace.remotes;
        let opened = edit::open_remote_whole(remotes, &self.inner.objects, &name, id, &fetching)?;
        let (described, source) = (opened.flow, opened.source);
        let result = JobResult::Fetched {
            objects: small(source.objects().len() as u64),
            bytes: came.load(Ordering::Relaxed),
        };
        Ok((self.hold_remote_flow(flow_id, &described, source), result))
    }

    pub(super) fn hold_remote_flow(
        &self,
        flow_id: &str,
        described: &Flow,
        source: conform::Source,
    ) -> Arc<OpenFlow> {
        let objects = source.objects().iter();
        let objects = objects.map(|object| object.object_id.clone()).collect();
        let (connection, _) = flow_id.rsplit_once('/').unwrap_or_default();
        let opened = Arc::new(OpenFlow {
            id: flow_id.to_owned(),
            source_id: format!("{connection}/{}", described.source_id),
            title: self.remote_title(connection, described),
            source: Arc::new(source),
        });
        self.hold_flow(objects, &opened);
        opened
    }

    /// The label of a flow's source at a server, or what stands in for it.
    pub(super) fn remote_title(&self, connection: &str, flow: &Flow) -> String {
        let listing = self.listing_of(connection);
        let mut sources = listing.iter().flat_map(|listing| &listing.sources);
        let source = sources.find(|source| source.id == flow.source_id);
        source
            .and_then(|source| source.label.clone())
            .or_else(|| flow.label.clone())
            .unwrap_or_else(|| flow.source_id.to_string())
    }
}
