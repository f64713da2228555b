//! Mirroring: a flow of the local node, with what it collects, its source and its media, brought to a
//! TAMS server under the same ids.
//!
//! Every step asks the server first and does what is missing, so that a mirror that was interrupted
//! goes on where it stopped, and one that is done does nothing. What the server can't be asked, which
//! is under what name an object was uploaded before its segment was registered, is kept in `work.db`.

use crate::ingest::Stored;
use crate::outbox::{ToStore, UPLOAD, UploadIdentity};
use crate::{Code, Failure, Workspace};
use delivery::SourceIdentity;
use mediatime::TimeRange;
use record::{OutboxEntry, OutboxState};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{NewOutboxEntry, OutboxFilter};
use tams::{
    Capability, Connection, Covering, Entity, ObjectLocation, Registered, SegmentQuery, TamsError,
    Urls,
};
use tams_model::{
    FailedSegment, Flow, FlowSegment, FlowStatus, Id, MediaObject, SegmentPost, StorageRequest,
    UncontrolledUrl,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Kind of the entries that bring a flow to a TAMS server.
pub(crate) const MIRROR: &str = "tams.mirror";

/// What an entry is about.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    connection: String,
    flow_id: Id,
}

/// Names under which objects were uploaded, by their name here.
type Names = BTreeMap<String, String>;

impl Workspace {
    /// The entry that brings a flow to a connection.
    pub(crate) fn mirror_entry(connection: &str, address: &str, flow_id: Id) -> NewOutboxEntry {
        NewOutboxEntry {
            kind: MIRROR.to_owned(),
            // Apart from the entries of other remotes, which may wait for ever.
            entity_id: format!("{flow_id} to {connection}"),
            payload: json!(Payload {
                connection: connection.to_owned(),
                flow_id,
            }),
            idempotency_key: format!("tams.mirror {connection} {address} {flow_id}"),
            needs: Vec::new(),
        }
    }

    /// The idempotency keys of the entries that bring flows to a connection.
    pub(crate) fn mirror_keys(&self, connection: &str, flows: &[Id]) -> Vec<String> {
        let server = self.config.tams.get(connection);
        let address = server.map_or("", |server| server.url.as_str());
        flows
            .iter()
            .map(|flow| Self::mirror_entry(connection, address, *flow).idempotency_key)
            .collect()
    }

    /// Does what an entry says. `progress` counts bytes.
    pub(crate) async fn mirror(
        &self,
        entry: &OutboxEntry,
        progress: crate::SyncProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        let payload: Payload = serde_json::from_value(entry.payload.clone()).map_err(|error| {
            Failure::bad_input(format!("outbox entry {}: {error}", entry.id), "")
        })?;
        let connection = self.remotes.connection(&payload.connection, cancel).await?;
        let store = self.remotes.config(&payload.connection)?.store.clone();
        let mirror = Mirror {
            workspace: self,
            way: Way::to(&connection, store, self).await?,
            connection,
            entry: entry.id,
            progress,
            cancel,
            sent: AtomicU64::new(0),
        };
        mirror.bring(payload.flow_id).await
    }
}

/// How objects get to where a server finds them.
enum Way {
    /// The server says where to upload.
    Storage,
    /// They come with the calls that register their segments.
    WithSegment,
    /// Into a store of the user's own, of which the server is told the addresses.
    Store(String),
}

impl Way {
    /// The one to a server. Asked for before anything is written: a flow without its media is of no
    /// use there.
    async fn to(
        connection: &Connection,
        store: Option<String>,
        workspace: &Workspace,
    ) -> Result<Self, Failure> {
        if let Some(store) = store {
            connection.require(Capability::UncontrolledObjects)?;
            workspace.store(&store).await?;
            return Ok(Self::Store(store));
        }
        if connection.require(Capability::MediaWithSegment).is_ok() {
            return Ok(Self::WithSegment);
        }
        connection.require(Capability::StorageAllocation)?;
        Ok(Self::Storage)
    }
}

struct Mirror<'a> {
    workspace: &'a Workspace,
    connection: Connection,
    way: Way,
    entry: Uuid,
    progress: crate::SyncProgress<'a>,
    cancel: &'a CancellationToken,
    /// Bytes of the objects before the one that is on its way.
    sent: AtomicU64,
}

impl Mirror<'_> {
    async fn bring(&self, id: Id) -> Result<(), Failure> {
        let workspace = self.workspace;
        let main = workspace.catalogue.flow(id)?;
        if main.status == Some(FlowStatus::Ingesting) {
            let label = main.label.as_deref().unwrap_or("the file");
            return Err(Failure::new(
                Code::Busy,
                format!(
                    "flow {id} is not ingested to its end: ingest {label} again as before, or cancel the entry"
                ),
                "`stringout outbox` lists the entries.",
            ));
        }
        // What a flow collects is there before it.
        let mut flows = Vec::new();
        for item in main.flow_collection.iter().flatten() {
            flows.push(workspace.catalogue.flow(item.id)?);
        }
        flows.push(main);
        if let Way::Store(store) = &self.way {
            // The server hears of nothing before its objects are there.
            for flow in &flows {
                for segment in workspace.segments(flow.id, TimeRange::ETERNITY)? {
                    self.bring_to_store(store, &segment.object_id).await?;
                }
            }
        }
        for flow in &flows {
            self.describe(&self.there(flow)).await?;
            failpoint::reach("mirror.flow-there");
        }
        for flow in &flows {
            let segments = workspace.segments(flow.id, TimeRange::ETERNITY)?;
            if !segments.is_empty() {
                self.bring_segments(&self.there(flow), segments).await?;
            }
        }
        for flow in &flows {
            if let Some(status) = flow.status
                && status != FlowStatus::Ingesting
            {
                let id = self.id_there(flow.id);
                self.connection.set_status(id, status).await?;
                failpoint::reach("mirror.closed");
            }
            self.name_source(flow).await?;
        }
        Ok(())
    }

    /// The id of something at the server: the same as here, unless the server takes random ones only.
    fn id_there(&self, id: Id) -> Id {
        match self.connection.require(Capability::DerivedIds) {
            Ok(()) => id,
            Err(_) => id.in_random_form(),
        }
    }

    /// A flow as it is at the server.
    fn there(&self, flow: &Flow) -> Flow {
        let mut there = flow.clone();
        there.id = self.id_there(flow.id);
        there.source_id = self.id_there(flow.source_id);
        for item in there.flow_collection.iter_mut().flatten() {
            item.id = self.id_there(item.id);
        }
        there
    }

    /// Creates a flow, unless the server has it.
    async fn describe(&self, flow: &Flow) -> Result<(), Failure> {
        match self.connection.flow(flow.id, &Covering::Untold).await {
            Ok(theirs) if theirs.source_id == flow.source_id => return Ok(()),
            Ok(theirs) => {
                return Err(Failure::new(
                    Code::Refused,
                    format!(
                        "flow {} belongs to source {} at {}, and to {} here",
                        flow.id,
                        theirs.source_id,
                        self.connection.name(),
                        flow.source_id
                    ),
                    "Somebody else has used the id: nothing was changed there.",
                ));
            }
            Err(TamsError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let mut sent = flow.clone();
        sent.status = Some(FlowStatus::Ingesting);
        self.connection.put_flow(&sent).await?;
        Ok(())
    }

    /// Label, description and tags of a source are its client's duty (AppNote 0007).
    async fn name_source(&self, flow: &Flow) -> Result<(), Failure> {
        let source = self.workspace.catalogue.source(flow.source_id)?;
        let id = self.id_there(source.id);
        let of = Entity::Source(id);
        let theirs = self.connection.source(id).await?;
        if source.label.is_some() && theirs.label != source.label {
            self.connection
                .set_label(of, source.label.as_deref())
                .await?;
        }
        if source.description.is_some() && theirs.description != source.description {
            let description = source.description.as_deref();
            self.connection.set_description(of, description).await?;
        }
        let known = theirs.tags.unwrap_or_default();
        for (name, value) in source.tags.iter().flat_map(|tags| tags.iter()) {
            if known.get(name) != Some(value) {
                self.connection.set_tag(of, name, value).await?;
            }
        }
        Ok(())
    }

    async fn bring_segments(&self, flow: &Flow, segments: Vec<FlowSegment>) -> Result<(), Failure> {
        let listed = self
            .connection
            .segments(flow.id, &SegmentQuery::default())
            .await?;
        let there: Vec<TimeRange> = listed.items.iter().map(|item| item.timerange).collect();
        let mut names = self.names()?;
        for segment in &segments {
            // Segments of a flow never overlap; whether it is ours is seen when all are compared.
            if there.contains(&segment.timerange) {
                continue;
            }
            let registered = match &self.way {
                Way::Storage => {
                    let object_id = match names.get(&segment.object_id) {
                        Some(name) => name.clone(),
                        None => {
                            let name = self.bring_object(flow.id, &segment.object_id).await?;
                            failpoint::reach("mirror.object-there");
                            names.insert(segment.object_id.clone(), name.clone());
                            self.keep_names(&names)?;
                            failpoint::reach("mirror.name-kept");
                            name
                        }
                    };
                    let post = self.post_there(flow.id, segment, object_id).await;
                    self.connection.add_segments(flow.id, &[post]).await?
                }
                Way::WithSegment => self.send_with_segment(flow, segment).await?,
                Way::Store(store) => {
                    let mut post = post_of(segment, segment.object_id.clone());
                    let url = self.bring_to_store(store, &segment.object_id).await?;
                    let label = format!("s3.{store}");
                    post.get_urls = Some(vec![UncontrolledUrl { url, label }]);
                    self.connection.add_segments(flow.id, &[post]).await?
                }
            };
            failpoint::reach("mirror.segment-there");
            if let Some(failed) = registered.failed.first() {
                // An upload that waited too long for its segment may be gone: the next try sends it
                // again.
                names.remove(&segment.object_id);
                self.keep_names(&names)?;
                return Err(self.refused(flow, segment, failed));
            }
        }
        self.compare(flow, &segments, &names).await?;
        self.keep_names(&Names::new())
    }

    /// A server does not take a segment.
    fn refused(&self, flow: &Flow, segment: &FlowSegment, failed: &FailedSegment) -> Failure {
        let why = failed.error.as_ref().map(|error| error.summary.clone());
        Failure::new(
            Code::Refused,
            format!(
                "{} refuses the segment {} of flow {}: {}",
                self.connection.name(),
                segment.timerange,
                flow.id,
                why.unwrap_or_else(|| "it does not say why".to_owned())
            ),
            "Look what is there at this time, then retry the entry.",
        )
    }

    /// An object's file, and how many bytes it has.
    fn local(&self, object_id: &str) -> Result<(PathBuf, u64), Failure> {
        let Stored::Here(file) = self.workspace.stored_object(object_id)? else {
            return Err(Failure::new(
                Code::MissingObject,
                format!("object {object_id} is not in the local node any more"),
                "Ingest or publish it again.",
            ));
        };
        let size = std::fs::metadata(&file)
            .map_err(|error| Failure::io(file.display(), &error))?
            .len();
        Ok((file, size))
    }

    /// Registers a segment with its object in one call.
    async fn send_with_segment(
        &self,
        flow: &Flow,
        segment: &FlowSegment,
    ) -> Result<Registered, Failure> {
        let (file, size) = self.local(&segment.object_id)?;
        let before = self.sent.load(Ordering::Relaxed);
        // What is around the object in the form is not counted.
        let told =
            |now: tams::Progress| (self.progress)(before + now.done.min(size), before + size);
        let post = post_of(segment, segment.object_id.clone());
        let registered = self
            .connection
            .add_segment_with_object(flow.id, &post, &file, mime(flow), &told)
            .await?;
        self.sent.fetch_add(size, Ordering::Relaxed);
        Ok(registered)
    }

    /// Brings an object into a store of the user's own; answers its address there. A result that goes
    /// to this store anyway is not sent twice.
    async fn bring_to_store(&self, store: &str, object_id: &str) -> Result<String, Failure> {
        let workspace = self.workspace;
        let (file, size) = self.local(object_id)?;
        let (wanted, identity) = match self.result_upload(store, object_id)? {
            Some(known) => known,
            None => {
                let cancel = self.cancel.clone();
                let seen = SourceIdentity::of(&file).ok();
                let hashed = tokio::task::spawn_blocking(move || media::sha256(&file, &cancel));
                let wanted = ToStore {
                    store: store.to_owned(),
                    key: format!("objects/{object_id}"),
                    object_id: object_id.to_owned(),
                    file: None,
                    sha256: hashed.await.map_err(Failure::internal)??,
                    content_type: "video/mp4".to_owned(),
                    seen,
                };
                let effect = format!("{MIRROR} object {store} {object_id}");
                let identity = UploadIdentity {
                    job: Uuid::new_v5(&self.entry, object_id.as_bytes()),
                    idempotency_key: effect,
                    metadata: BTreeMap::new(),
                };
                (wanted, identity)
            }
        };
        let before = self.sent.load(Ordering::Relaxed);
        let told = |done: u64, _| (self.progress)(before + done, before + size);
        let address = workspace
            .upload_object(wanted, identity, &told, self.cancel)
            .await?;
        self.sent.fetch_add(size, Ordering::Relaxed);
        Ok(address)
    }

    /// The upload that brings an object to a store as a result, when there is one.
    fn result_upload(
        &self,
        store: &str,
        object_id: &str,
    ) -> Result<Option<(ToStore, UploadIdentity)>, Failure> {
        let uploads = self.workspace.work.outbox(&OutboxFilter {
            kind: Some(UPLOAD.to_owned()),
            ..OutboxFilter::default()
        })?;
        let found = uploads.iter().find_map(|entry| {
            let wanted: ToStore = serde_json::from_value(entry.payload.clone()).ok()?;
            let is_it = wanted.store == store && wanted.object_id == object_id;
            is_it.then_some((entry, wanted))
        });
        let Some((entry, wanted)) = found else {
            return Ok(None);
        };
        if entry.state == OutboxState::Running {
            // Its parts are remembered once: two at a time would take them from one another.
            return Err(Failure::new(
                Code::Busy,
                format!("object {object_id} is on its way to s3.{store}"),
                "It is looked at again when it is there.",
            ));
        }
        Ok(Some((wanted, UploadIdentity::of(entry))))
    }

    /// Brings an object's bytes to where the server says; answers the name it has there. One that came
    /// with another flow is reused, as it is here.
    async fn bring_object(&self, flow: Id, object_id: &str) -> Result<String, Failure> {
        let (file, size) = self.local(object_id)?;
        if self.came_with_another(flow, object_id) && self.is_there(object_id, size).await {
            return Ok(object_id.to_owned());
        }
        let target = match self.allocate(flow, object_id, size).await? {
            Some(target) => target,
            // It was uploaded before, and the answer was lost.
            None => return Ok(object_id.to_owned()),
        };
        failpoint::reach("mirror.allocated");
        self.upload(&target, file, size).await?;
        Ok(target.object_id)
    }

    /// Whether an object belongs to another flow first.
    fn came_with_another(&self, flow: Id, object_id: &str) -> bool {
        let known = self.workspace.catalogue.object(object_id);
        let first = known.ok().and_then(|known| known.first_referenced_by_flow);
        first.is_some_and(|first| self.id_there(first) != flow)
    }

    /// What is said of a segment: of an object that the server has in use, nothing about the object
    /// itself (TAMS 8.2).
    async fn post_there(&self, flow: Id, segment: &FlowSegment, object_id: String) -> SegmentPost {
        let used = self.came_with_another(flow, &segment.object_id)
            && self
                .connection
                .object(&object_id, &Urls::None)
                .await
                .is_ok();
        let mut post = post_of(segment, object_id);
        if used {
            post.object_timerange = None;
            post.key_frame_count = None;
        }
        post
    }

    /// A place to upload to: under our name where the server lets us choose. `None` when the object
    /// is there already.
    async fn allocate(
        &self,
        flow: Id,
        object_id: &str,
        size: u64,
    ) -> Result<Option<MediaObject>, Failure> {
        let mut request = StorageRequest::limit(1);
        if self.connection.require(Capability::ChosenObjectIds).is_ok() {
            let ours = StorageRequest::object_ids([object_id]);
            match self.connection.allocate(flow, &ours).await {
                Ok(answer) => return Ok(answer.media_objects.into_iter().next()),
                Err(error @ TamsError::Rejected { .. }) => {
                    if self.is_there(object_id, size).await {
                        return Ok(None);
                    }
                    // The name was given out and nothing came: an answer was lost. Another will do.
                    tracing::info!("{error}; the server chooses a name");
                }
                Err(error) => return Err(error.into()),
            }
        }
        request.object_ids = None;
        let answer = self.connection.allocate(flow, &request).await?;
        let target = answer.media_objects.into_iter().next();
        target.map(Some).ok_or_else(|| {
            Failure::new(
                Code::Refused,
                format!("{} gives no place to upload to", self.connection.name()),
                "Look into the server's storage backends.",
            )
        })
    }

    /// Whether the server gives out an object of this name with as many bytes as ours.
    async fn is_there(&self, object_id: &str, size: u64) -> bool {
        if self
            .connection
            .object(object_id, &Urls::None)
            .await
            .is_err()
        {
            return false;
        }
        let location = ObjectLocation {
            object_id: object_id.to_owned(),
            flow: None,
            timerange: None,
        };
        self.total(&location)
            .await
            .is_ok_and(|total| total == Some(size))
    }

    async fn total(&self, location: &ObjectLocation) -> Result<Option<u64>, TamsError> {
        let mut object = self.connection.open_object(location).await?;
        Ok(object.read(0, 1).await?.total)
    }

    async fn upload(&self, target: &MediaObject, file: PathBuf, size: u64) -> Result<(), Failure> {
        let before = self.sent.load(Ordering::Relaxed);
        let told = |now: tams::Progress| (self.progress)(before + now.done, before + size);
        self.connection.upload(target, &file, &told).await?;
        self.sent.fetch_add(size, Ordering::Relaxed);
        Ok(())
    }

    /// Reads back what was registered: the same objects at the same times, as long as they are here.
    async fn compare(
        &self,
        flow: &Flow,
        segments: &[FlowSegment],
        names: &Names,
    ) -> Result<(), Failure> {
        let listed = self
            .connection
            .segments(flow.id, &SegmentQuery::default())
            .await?;
        let differs = |what: String| {
            Failure::new(
                Code::Refused,
                format!(
                    "flow {} is not at {} as it is here: {what}",
                    flow.id,
                    self.connection.name()
                ),
                "Retry the entry; what is there is asked first.",
            )
        };
        let theirs_at = |ours: &FlowSegment| {
            let mut items = listed.items.iter();
            items.find(|theirs| theirs.timerange == ours.timerange)
        };
        let offset = |segment: &FlowSegment| segment.ts_offset.unwrap_or_default();
        for ours in segments {
            let Some(theirs) = theirs_at(ours) else {
                return Err(differs(format!("nothing is at {}", ours.timerange)));
            };
            if offset(theirs) != offset(ours) {
                return Err(differs(format!("the offset at {}", ours.timerange)));
            }
            let location = ObjectLocation {
                object_id: theirs.object_id.clone(),
                flow: Some(flow.id),
                timerange: Some(theirs.timerange),
            };
            let total = self.total(&location).await?;
            let Stored::Here(file) = self.workspace.stored_object(&ours.object_id)? else {
                continue;
            };
            let here = std::fs::metadata(&file)
                .map_err(|error| Failure::io(file.display(), &error))?
                .len();
            let named = names.get(&ours.object_id);
            let is_ours = theirs.object_id == ours.object_id || named == Some(&theirs.object_id);
            if total.is_some_and(|total| total != here) || (!is_ours && total.is_none()) {
                return Err(differs(format!(
                    "object {} at {} is another one",
                    theirs.object_id, ours.timerange
                )));
            }
        }
        Ok(())
    }

    fn names(&self) -> Result<Names, Failure> {
        let kept = self.workspace.work.setting(&self.key())?;
        Ok(kept
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default())
    }

    fn keep_names(&self, names: &Names) -> Result<(), Failure> {
        let text = serde_json::to_string(names).map_err(Failure::internal)?;
        Ok(self.workspace.work.set_setting(&self.key(), &text)?)
    }

    fn key(&self) -> String {
        format!("mirror.{}", self.entry)
    }
}

/// The type of a flow's objects.
fn mime(flow: &Flow) -> &str {
    let container = flow.technical.container.as_ref();
    container.map_or("application/octet-stream", |mime| mime.as_str())
}

fn post_of(segment: &FlowSegment, object_id: String) -> SegmentPost {
    let mut post = SegmentPost::new(object_id, segment.timerange);
    post.ts_offset = segment.ts_offset;
    post.last_duration = segment.last_duration;
    post.key_frame_count = segment.key_frame_count;
    // Only a segment that does not use its whole object has to tell.
    let whole = segment
        .timerange
        .shift(-segment.ts_offset.unwrap_or_default());
    post.object_timerange = segment.object_timerange.filter(|range| *range != whole);
    post
}
