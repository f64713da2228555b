//! Publish by reference: a new flow whose segments are the objects that the edit holds whole, where they
//! lie. Not a byte of them moves; only ragged edges of clips, dissolves and gaps are made.
//!
//! A reused object gets a segment of the new flow with the offset between its own timeline and that of
//! the output, as the specification's edit by reference has it (TAMS 8.2, examples of simple edits).

use super::{Place, PublishSettings, Published, first_time, inputs_of, own_version};
use crate::compile::{COMPILED, CompileSettings};
use crate::describe::{Ids, facts, flows, kilobits};
use crate::ingest::Stored;
use crate::{Code, Failure, Objects, Workspace};
use conform::{Container, CutPlan, MediaIndex, SpanKind};
use media::{ObjectSource, Progress};
use mediatime::{FrameRate, TimeRange, Timestamp};
use record::{CompilationRecord, MediaFacts};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use tams_model::{FlowStatus, Id, SegmentPost};
use tokio_util::sync::CancellationToken;

/// A stretch of the output: one object reused, or one to be made.
enum Stretch {
    Reused(String, Range<u64>),
    Made(Range<u64>),
}

impl Stretch {
    fn frames(&self) -> &Range<u64> {
        match self {
            Self::Reused(_, frames) | Self::Made(frames) => frames,
        }
    }
}

impl Workspace {
    /// Publishes an edit as a flow of its own that reuses whole objects of the local node.
    ///
    /// The same edit always becomes the same flow, so that a publish which was interrupted is finished by
    /// doing it again.
    ///
    /// # Errors
    /// The frame rate varies, a stretch can't be made, or the workspace can't be written.
    pub fn publish_by_reference(
        &self,
        objects: &Objects,
        plan: &CutPlan,
        settings: &PublishSettings,
        progress: &(dyn Fn(Progress) + Sync),
        cancel: &CancellationToken,
    ) -> Result<Published, Failure> {
        let rate = plan.frame_rate.ok_or_else(|| {
            Failure::new(
                Code::Unsupported,
                "the frame rate of the edit varies: where its objects lie can't be told exactly",
                "Publish it without `--by-reference`.",
            )
        })?;
        let indexes = Indexes::new(self, objects);
        let plan = plan.by_reference(&|id| indexes.of(id), &|id| indexes.can_be_reused(id));
        let stretches = stretches(&plan);
        let ids = Ids::of(&format!("reference {}", plan.hash));
        let compilation_id = ids.id("compilation").uuid();
        let known = self.work.compilation(compilation_id)?;
        let title = settings
            .label
            .clone()
            .or_else(|| known.as_ref().map(|record| record.title.clone()))
            .unwrap_or_else(|| "by reference".to_owned());
        let inputs = match &known {
            Some(known) => known.inputs.clone(),
            None => inputs_of(&plan, &self.offsets(&plan)),
        };
        let place = Place {
            title: &title,
            compilation_id,
            plan_hash: Some(&plan.hash),
            play_url: None,
            inputs: &inputs,
        };
        let built = self.build(&ids, &plan, &stretches, &indexes, &place, progress, cancel)?;
        let record = CompilationRecord {
            id: compilation_id,
            created: self.clock.now(),
            plan_hash: Some(plan.hash.clone()),
            sha256: built.sha256,
            media: MediaFacts {
                frames: plan.frames,
                frame_rate: Some(rate),
                duration: plan.duration,
                size: built.bytes,
                ..built.media
            },
            object_url: format!("tams://local/flows/{}", built.flow),
            play_url: None,
            source_id: built.source.uuid(),
            flow_id: built.flow.uuid(),
            object_id: String::new(),
            inputs,
            tool_versions: own_version(),
            plan: serde_json::to_value(&plan).ok(),
            title,
        };
        // Where a server gets the objects with their own flow, they are reused there, too.
        let flows: BTreeSet<&str> = record
            .inputs
            .iter()
            .filter_map(|input| input.flow_id.as_deref())
            .collect();
        let flows: Vec<Id> = flows.iter().filter_map(|id| id.parse().ok()).collect();
        let mut mirrors = Vec::new();
        for (name, server) in self.config.tams.iter().filter(|(_, server)| server.default) {
            let mut entry = Self::mirror_entry(name, &server.url, built.flow);
            entry.needs = self.mirror_keys(name, &flows);
            mirrors.push(entry);
        }
        mirrors.extend(self.record_entry(&record, Vec::new())?);
        let queued = self.work.transaction(|tx| {
            tx.record_compilation(&record)?;
            let mut queued = Vec::new();
            for entry in &mirrors {
                let entry = tx.enqueue(entry)?;
                if entry.state != record::OutboxState::Done {
                    queued.push(entry.id);
                }
            }
            Ok::<_, Failure>(queued)
        })?;
        Ok(Published {
            compilation_id,
            object_url: record.object_url,
            source_id: record.source_id,
            flow_id: record.flow_id,
            play_url: None,
            queued,
            issues: told(&plan, &stretches),
        })
    }

    /// Makes what can't be reused, and registers the flow with all of its segments. Each step looks first
    /// whether it is done.
    #[expect(clippy::too_many_arguments, reason = "one step of one function")]
    fn build(
        &self,
        ids: &Ids,
        plan: &CutPlan,
        stretches: &[Stretch],
        indexes: &Indexes<'_>,
        place: &Place<'_>,
        progress: &(dyn Fn(Progress) + Sync),
        cancel: &CancellationToken,
    ) -> Result<Built, Failure> {
        let rate = plan
            .frame_rate
            .ok_or_else(|| Failure::internal("no rate"))?;
        let mut parts: Vec<(String, Arc<MediaIndex>, Range<u64>)> = Vec::new();
        let mut made = Vec::new();
        for stretch in stretches {
            let (object_id, index) = match stretch {
                Stretch::Reused(id, _) => {
                    let index = indexes.of(id);
                    let index = index.ok_or_else(|| Failure::internal("an object went away"))?;
                    (id.clone(), index)
                }
                Stretch::Made(frames) => {
                    let part = plan.part(frames.clone(), &|id| indexes.of(id));
                    let part = part.ok_or_else(|| Failure::internal("no rate"))?;
                    let id = ids.id(&format!("object {} {}", frames.start, part.hash));
                    let path = self.make_part(&part, indexes.objects, progress, cancel)?;
                    let index = media::index_file(&path, cancel, &mut |_, _| {})
                        .map_err(|error| error.of(&id.to_string()))?;
                    made.push((id.to_string(), path));
                    (id.to_string(), Arc::new(index))
                }
            };
            parts.push((object_id, index, stretch.frames().clone()));
        }
        let (_, first, _) = parts
            .first()
            .ok_or_else(|| Failure::bad_input("the edit has no frames", "Name a longer clip."))?;
        let media = facts(first).ok_or_else(|| Failure::internal("no video"))?;
        let described = flows(first, ids, ids, Some(place.title), &place.tags())?;
        self.register(&described, Some(place.title))?;
        let main = described
            .first()
            .ok_or_else(|| Failure::internal("no flow"))?;
        let folder = self.write_media(cancel)?;
        for (object_id, path) in &made {
            if !matches!(self.stored_object(object_id)?, Stored::Here(_)) {
                let copy = folder.working_file()?;
                std::fs::copy(path, copy.path())
                    .map_err(|error| Failure::io(path.display(), &error))?;
                self.store_object(main.id, object_id, copy.path())?;
            }
            // It can be made again; the object is what counts.
            let _ = std::fs::remove_file(path);
        }
        let there = self.segments(main.id, TimeRange::ETERNITY)?;
        let mut posts = Vec::new();
        let mut list = Sha256::new();
        let mut bytes = 0;
        for (object_id, index, frames) in &parts {
            let range = range_of(frames, rate);
            list.update(format!("{object_id} {range}\n"));
            bytes += index.size;
            if there.iter().any(|segment| segment.timerange == range) {
                continue;
            }
            let offset = range
                .start()
                .unwrap_or_default()
                .saturating_add(-first_time(index));
            let mut post = SegmentPost::new(object_id.clone(), range);
            post.ts_offset = (offset != Timestamp::ZERO).then_some(offset);
            if made.iter().any(|(made, _)| made == object_id) {
                // Whoever registers an object first says what of it counts.
                post.object_timerange = Some(range.shift(-offset));
            }
            posts.push(post);
        }
        self.add_segments(main.id, posts)?;
        for flow in &described {
            let total = (flow.id == main.id)
                .then(|| kilobits(bytes, plan.duration.to_rational()))
                .flatten();
            self.catalogue.update_flow(flow.id, |flow| {
                flow.status = Some(FlowStatus::ClosedComplete);
                flow.technical.avg_bit_rate = total;
            })?;
            self.catalogue
                .update_source(flow.source_id, |source| source.tags = Some(place.tags()))?;
        }
        let digest = list.finalize();
        Ok(Built {
            flow: main.id,
            source: main.source_id,
            media,
            bytes,
            sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    }

    /// Makes a stretch into a file of its own: MP4 in fragments, as stored segments are.
    fn make_part(
        &self,
        part: &CutPlan,
        objects: &Objects,
        progress: &(dyn Fn(Progress) + Sync),
        cancel: &CancellationToken,
    ) -> Result<std::path::PathBuf, Failure> {
        let name = part.hash.get(..16).unwrap_or(&part.hash);
        let out = self.folder(COMPILED)?.join(format!("part-{name}.mp4"));
        let settings = CompileSettings {
            container: Some(Container::Mp4),
            fragmented: true,
            overwrite: true,
            ..CompileSettings::default()
        };
        let made = crate::compile::compile(None, objects, part, &out, &settings, progress, cancel);
        Ok(made?.out)
    }
}

/// What became of it.
struct Built {
    flow: Id,
    source: Id,
    media: MediaFacts,
    bytes: u64,
    /// SHA-256 of the list of segments: the output has no file.
    sha256: String,
}

/// The indexes of objects that can be reused or made from, each read once.
struct Indexes<'a> {
    workspace: &'a Workspace,
    objects: &'a Objects,
    known: Mutex<HashMap<String, Option<Arc<MediaIndex>>>>,
}

impl<'a> Indexes<'a> {
    fn new(workspace: &'a Workspace, objects: &'a Objects) -> Self {
        Self {
            workspace,
            objects,
            known: Mutex::default(),
        }
    }

    /// Only what lies in the node can be named there, and objects of one flow are in one container.
    fn can_be_reused(&self, object_id: &str) -> bool {
        let here = self.workspace.stored_object(object_id);
        matches!(here, Ok(Stored::Here(_)))
            && self
                .of(object_id)
                .is_some_and(|index| index.container == Container::Mp4)
    }

    fn of(&self, object_id: &str) -> Option<Arc<MediaIndex>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.entry(object_id.to_owned()).or_insert_with(|| {
            let object = self.objects.object(object_id);
            object.ok().map(|object| object.index)
        });
        found.clone()
    }
}

fn stretches(plan: &CutPlan) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut at = 0;
    for span in &plan.video {
        let frames = at..at + span.frames;
        at = frames.end;
        match (span.kind, span.sources.first(), stretches.last_mut()) {
            (SpanKind::Reference, Some(piece), _) => {
                stretches.push(Stretch::Reused(piece.object_id.clone(), frames));
            }
            (_, _, Some(Stretch::Made(before))) => before.end = frames.end,
            _ => stretches.push(Stretch::Made(frames)),
        }
    }
    stretches
}

fn range_of(frames: &Range<u64>, rate: FrameRate) -> TimeRange {
    let at = |frame: u64| rate.timestamp_of(i64::try_from(frame).unwrap_or(i64::MAX));
    TimeRange::new(at(frames.start), at(frames.end))
}

/// How much is reused, for people.
fn told(plan: &CutPlan, stretches: &[Stretch]) -> Vec<String> {
    let reused: Vec<&Stretch> = stretches
        .iter()
        .filter(|stretch| matches!(stretch, Stretch::Reused(..)))
        .collect();
    let frames: u64 = reused
        .iter()
        .map(|stretch| stretch.frames().end - stretch.frames().start)
        .sum();
    let mut told = Vec::new();
    if frames == plan.frames {
        return told;
    }
    if reused.is_empty() {
        told.push(
            "no object is in the edit as a whole, so all of it was made: only whole objects can be reused"
                .to_owned(),
        );
    } else {
        told.push(format!(
            "{frames} of {} frames are in {} objects that were reused; the rest was made",
            plan.frames,
            reused.len()
        ));
    }
    told
}
