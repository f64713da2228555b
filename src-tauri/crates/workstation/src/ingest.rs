//! Ingest: a media file becomes segments of a flow in the local node, without being encoded.

use crate::describe::{Ids, flows, kilobits};
use crate::workspace::MediaFolder;
use crate::{Failure, Objects, Workspace};
use media::{Cutter, SegmentCut};
use mediatime::{RationalTime, TimeRange, Timestamp};
use node::NodeError;
use serde::Serialize;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use store::StoreError;
use tams_model::{Flow, FlowStatus, Id, SegmentPost, StorageRequest, Tags};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Segments registered in one call: what servers with small body limits take, too.
const BATCH: usize = 100;

/// How a file is to be ingested.
#[derive(Clone, Debug)]
pub struct IngestSettings {
    /// Name of the source; the file's name when `None`.
    pub label: Option<String>,
    /// Segments end at the first key frame at least this far behind their start.
    pub segment_duration: RationalTime,
    /// The servers that get results get it, too.
    pub mirrored: bool,
}

impl Default for IngestSettings {
    fn default() -> Self {
        Self {
            label: None,
            segment_duration: RationalTime::new(2, 1).unwrap_or(RationalTime::ZERO),
            mirrored: true,
        }
    }
}

/// What an ingest made.
#[derive(Clone, Debug, Serialize)]
pub struct Ingested {
    /// The file.
    pub file: String,
    /// Its source.
    pub source_id: Id,
    /// The flow to cut first, then those it collects.
    pub flows: Vec<IngestedFlow>,
    /// Outbox entries that bring it to servers.
    pub queued: Vec<Uuid>,
    /// What the user should know.
    pub issues: Vec<String>,
}

/// A flow that an ingest made.
#[derive(Clone, Debug, Serialize)]
pub struct IngestedFlow {
    /// Its id.
    pub id: Id,
    /// URN of its format.
    pub format: String,
    /// MIME type of its codec; `None` for a multi flow.
    pub codec: Option<String>,
    /// What its segments cover.
    pub timerange: TimeRange,
    /// Segments of its own.
    pub segments: usize,
}

/// What the node's store has of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    /// Its bytes.
    Here(PathBuf),
    /// A reservation.
    Allocated,
    /// Nothing.
    Unknown,
}

/// How far an ingest is: segments stored, segments in all.
pub type IngestProgress<'a> = &'a dyn Fn(usize, usize);

impl Workspace {
    /// Ingests a file. The same file with the same segment duration gets the same source, flows and
    /// objects, so an ingest that was interrupted is finished by doing it again.
    ///
    /// # Errors
    /// The file is no video that can be ingested, or the workspace can't be written.
    pub fn ingest(
        &self,
        path: &Path,
        settings: &IngestSettings,
        progress: IngestProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<Ingested, Failure> {
        let (id, object) = Objects::files().file(path)?;
        let sha256 = media::sha256(Path::new(&id), cancel)?;
        let index = std::sync::Arc::clone(&object.index);
        let cutter = Cutter::new(object, &id, settings.segment_duration)?;
        let mut tags = Tags::new();
        tags.insert("_stringout_ingest_sha256", sha256.clone());
        let source_ids = Ids::of(&format!("ingest {sha256}"));
        let flow_ids = Ids::of(&format!("ingest {sha256} {}", settings.segment_duration));
        let mut made = flows(&index, &source_ids, &flow_ids, None, &tags)?;
        let main = made.first().ok_or_else(|| Failure::internal("no flow"))?;
        let (main, source) = (main.id, main.source_id);

        let folder = self.write_media(cancel)?;
        // Without a new name a source keeps the one it has.
        let known = self
            .catalogue
            .source(source)
            .ok()
            .and_then(|source| source.label);
        let label = settings.label.clone().or(known).or_else(|| {
            path.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
        });
        for flow in &mut made {
            flow.label.clone_from(&label);
        }
        self.register(&made, label.as_deref())?;
        // Queued before there is anything to bring: whenever this ends, what was ingested is not forgotten.
        let queued = match settings.mirrored {
            true => self.queue(&self.mirrors(main))?,
            false => Vec::new(),
        };
        let bytes = self.store_segments(main, &flow_ids, &cutter, &folder, progress, cancel)?;
        self.close(&mut made, bytes, &cutter)?;
        let mut left = Vec::with_capacity(queued.len());
        for entry in queued {
            // It may have been looked at, and waits.
            match self.work.retry(entry) {
                Ok(_) => left.push(entry),
                // It was cancelled meanwhile.
                Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }

        let timerange = self.catalogue.flow_timerange(main, TimeRange::ETERNITY)?;
        let mut issues: Vec<String> = index
            .unused_tracks
            .iter()
            .map(|track| format!("not stored: {track}"))
            .collect();
        let dropped = cutter.dropped_sound().to_timestamp().nanos() / 1_000_000;
        if dropped > 0 {
            issues.push(format!(
                "{dropped} ms of sound behind the last frame are not stored"
            ));
        }
        let longest = cutter.cuts().iter().map(|cut| cut.end - cut.start).max();
        let longest = longest.unwrap_or(RationalTime::ZERO);
        let wanted = settings.segment_duration;
        if wanted + wanted + wanted < longest {
            issues.push(format!(
                "segments are up to {} s long: between them the pictures can't be parted, as they look across their key frames or have none",
                longest.floor_ticks(1)
            ));
        }
        Ok(Ingested {
            file: id,
            source_id: made.first().map_or(main, |flow| flow.source_id),
            flows: made
                .iter()
                .map(|flow| IngestedFlow {
                    id: flow.id,
                    format: flow
                        .technical
                        .format
                        .map_or("", |format| format.urn())
                        .to_owned(),
                    codec: flow.technical.codec.as_ref().map(ToString::to_string),
                    timerange,
                    segments: if flow.id == main {
                        cutter.cuts().len()
                    } else {
                        0
                    },
                })
                .collect(),
            queued: left,
            issues,
        })
    }

    /// Registers flows, collected ones first, and names their sources.
    pub(crate) fn register(&self, flows: &[Flow], label: Option<&str>) -> Result<(), Failure> {
        for flow in flows.iter().rev() {
            self.catalogue.put_flow(flow.clone())?;
            self.catalogue.update_source(flow.source_id, |source| {
                source.label = label.map(str::to_owned);
            })?;
        }
        Ok(())
    }

    fn store_segments(
        &self,
        flow: Id,
        ids: &Ids,
        cutter: &Cutter,
        folder: &MediaFolder,
        progress: IngestProgress<'_>,
        cancel: &CancellationToken,
    ) -> Result<u64, Failure> {
        let registered: HashSet<String> = self
            .segments(flow, TimeRange::ETERNITY)?
            .into_iter()
            .map(|segment| segment.object_id)
            .collect();
        let total = cutter.cuts().len();
        let mut bytes = 0;
        let mut batch = Vec::new();
        for (number, cut) in cutter.cuts().iter().enumerate() {
            if cancel.is_cancelled() {
                return Err(media::MediaError::Cancelled.into());
            }
            let object_id = ids.id(&format!("segment {number}")).to_string();
            let size = match self.stored_object(&object_id)? {
                Stored::Here(path) => std::fs::metadata(path).map_or(0, |file| file.len()),
                Stored::Allocated | Stored::Unknown => {
                    self.store_segment(flow, &object_id, cutter, cut, folder)?
                }
            };
            bytes += size;
            if !registered.contains(&object_id) {
                batch.push(segment_post(object_id, cutter, cut));
            }
            if batch.len() == BATCH {
                self.add_segments(flow, std::mem::take(&mut batch))?;
            }
            progress(number + 1, total);
        }
        self.add_segments(flow, batch)?;
        Ok(bytes)
    }

    fn store_segment(
        &self,
        flow: Id,
        object_id: &str,
        cutter: &Cutter,
        cut: &SegmentCut,
        folder: &MediaFolder,
    ) -> Result<u64, Failure> {
        let file = folder.working_file()?;
        let mut out = std::io::BufWriter::with_capacity(1 << 20, file.as_file());
        let size = cutter.write(cut, &mut out)?;
        drop(out);
        self.store_object(flow, object_id, file.path())?;
        Ok(size)
    }

    /// Puts a file into the node's store as an object reserved to a flow.
    pub(crate) fn store_object(
        &self,
        flow: Id,
        object_id: &str,
        path: &Path,
    ) -> Result<(), Failure> {
        if matches!(self.stored_object(object_id)?, Stored::Unknown) {
            self.catalogue
                .allocate(flow, &StorageRequest::object_ids([object_id]))?;
        }
        self.catalogue.adopt_object(object_id, path, None)?;
        Ok(())
    }

    /// What the node's store has of an object.
    pub(crate) fn stored_object(&self, object_id: &str) -> Result<Stored, Failure> {
        match self.catalogue.object_path(object_id) {
            Ok(Some(path)) if path.exists() => Ok(Stored::Here(path)),
            // Reserved, or its bytes were removed behind the catalogue's back.
            Ok(_) => Ok(Stored::Allocated),
            Err(NodeError::NotFound { .. }) => Ok(Stored::Unknown),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn add_segments(&self, flow: Id, segments: Vec<SegmentPost>) -> Result<(), Failure> {
        if segments.is_empty() {
            return Ok(());
        }
        let failed = self.catalogue.add_segments(flow, segments)?;
        match failed.first() {
            None => Ok(()),
            Some(first) => Err(Failure::internal(format!(
                "the local node refused segment {}: {first:?}",
                first.object_id
            ))),
        }
    }

    /// Says that the flows are complete, and what bit rate they turned out to have.
    fn close(&self, flows: &mut [Flow], bytes: u64, cutter: &Cutter) -> Result<(), Failure> {
        let duration = cutter
            .cuts()
            .last()
            .map_or(RationalTime::ZERO, |cut| cut.end);
        let main = flows.first().map(|flow| flow.id);
        for flow in flows.iter_mut() {
            let rate = if Some(flow.id) == main {
                kilobits(bytes, duration)
            } else {
                None
            };
            *flow = self.catalogue.update_flow(flow.id, |flow| {
                flow.status = Some(FlowStatus::ClosedComplete);
                flow.technical.avg_bit_rate = rate;
            })?;
        }
        Ok(())
    }
}

fn segment_post(object_id: String, cutter: &Cutter, cut: &SegmentCut) -> SegmentPost {
    let (start, end) = (cut.start.to_timestamp(), cut.end.to_timestamp());
    let offset = cutter.ts_offset();
    let mut post = SegmentPost::new(object_id, TimeRange::new(start, end));
    if offset != Timestamp::ZERO {
        post.ts_offset = Some(offset);
        post.object_timerange = Some(TimeRange::new(start, end).shift(-offset));
    }
    post.last_duration = Some(cut.last_duration.to_timestamp());
    post.key_frame_count = i64::try_from(cut.key_frames).ok();
    post
}
