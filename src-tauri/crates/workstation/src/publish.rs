//! Publish: a compiled file becomes an object, a source, a flow and a record, and goes to S3 when a
//! store is configured.

mod beside;
mod by_reference;

use beside::Folder;

use crate::describe::{Ids, facts, flows, kilobits};
use crate::ingest::Stored;
use crate::outbox::{Sending, ToStore, UPLOAD};
use crate::{Code, Failure, Objects, Workspace};
use conform::{Container, CutPlan, MediaIndex, VideoTrack};
use delivery::SourceIdentity;
use media::{MediaObject, Report};
use mediatime::{RationalTime, TimeRange, Timestamp};
use record::{CompilationRecord, InputRef, MediaFacts};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use store::NewOutboxEntry;
use tams_model::{FlowStatus, Id, SegmentPost, Tags};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What is published, and as what.
#[derive(Clone, Debug, Default)]
pub struct PublishSettings {
    /// What people call it; the file's name when `None`.
    pub label: Option<String>,
    /// The report of its compile; found by the file's SHA-256 when `None`.
    pub report: Option<PathBuf>,
}

/// What a publish made.
#[derive(Clone, Debug, Serialize)]
pub struct Published {
    /// The record.
    pub compilation_id: Uuid,
    /// Where the bytes are (or will be, while `queued`): never a presigned URL.
    pub object_url: String,
    /// TAMS source of the output.
    pub source_id: Uuid,
    /// TAMS flow of the output.
    pub flow_id: Uuid,
    /// The link people share; `None` where nothing was made that a phone could play.
    pub play_url: Option<String>,
    /// Outbox entries that still have to reach a remote.
    pub queued: Vec<Uuid>,
    /// What the user should know.
    pub issues: Vec<String>,
}

impl Workspace {
    /// Publishes a file. The same file with the same plan always becomes the same compilation, so a
    /// publish that was interrupted is finished by doing it again.
    ///
    /// Everything local is done when this returns; what has to reach a remote is queued in the same
    /// transaction as the record.
    ///
    /// # Errors
    /// The file is no video, or the workspace can't be written.
    pub fn publish(
        &self,
        file: &Path,
        settings: &PublishSettings,
        cancel: &CancellationToken,
    ) -> Result<Published, Failure> {
        let (name, object) = Objects::files().file(file)?;
        check_playable(&name, &object.index)?;
        let sha256 = media::sha256(Path::new(&name), cancel)?;
        let mut issues = Vec::new();
        let told = object.index.video.as_ref().and_then(plays_in_part);
        issues.extend(told.map(str::to_owned));
        let report = self.report_of(&sha256, settings.report.as_deref())?;
        if report.is_none() {
            issues.push("the file's plan is not known: its record has no inputs".to_owned());
        }
        let media = facts(&object.index).ok_or_else(|| {
            Failure::new(
                Code::Unsupported,
                format!("{name} has no video"),
                "Publish a compiled video.",
            )
        })?;
        let plan_hash = report.as_ref().map(|report| report.plan.hash.clone());
        let ids = Ids::of(&format!(
            "compilation {sha256} {}",
            plan_hash.as_deref().unwrap_or("-")
        ));
        let compilation_id = ids.id("compilation").uuid();
        let known = self.work.compilation(compilation_id)?;
        let title = settings
            .label
            .clone()
            .or_else(|| known.as_ref().map(|record| record.title.clone()))
            .or_else(|| {
                file.file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned())
            })
            .unwrap_or_default();
        let play_url = self.play_url(compilation_id)?;
        // What was recorded stays: the flows that went in may be gone by now.
        let (media, inputs) = match &known {
            Some(known) => (known.media.clone(), known.inputs.clone()),
            None => {
                let inputs = report.as_ref();
                let inputs =
                    inputs.map(|report| inputs_of(&report.plan, &self.offsets(&report.plan)));
                (media, inputs.unwrap_or_default())
            }
        };
        let place = Place {
            title: &title,
            compilation_id,
            plan_hash: plan_hash.as_deref(),
            play_url: Some(&play_url),
            inputs: &inputs,
        };
        let (source_id, flow_id, object_id) =
            self.register_output(&ids, &object, &media, &place, cancel)?;
        failpoint::reach("publish.registered");
        self.keep_poster(compilation_id, &object, cancel)?;

        let created = known
            .as_ref()
            .map_or_else(|| self.clock.now(), |known| known.created);
        let before = known.as_ref().map(|known| known.object_url.as_str());
        let destination = self.destination(
            (compilation_id, created),
            before,
            &object.index,
            &sha256,
            &object_id,
        )?;
        let mut object_url = destination.object_url;
        if let Some(known) = known.as_ref().filter(|_| destination.upload.is_none()) {
            // It went to a store that is not configured any more: it is still there.
            object_url.clone_from(&known.object_url);
        }
        let record = CompilationRecord {
            id: compilation_id,
            title,
            created,
            plan_hash,
            sha256,
            media,
            object_url: object_url.clone(),
            play_url: Some(play_url.clone()),
            source_id: source_id.uuid(),
            flow_id: flow_id.uuid(),
            object_id,
            inputs,
            tool_versions: report
                .as_ref()
                .map_or_else(own_version, |report| report.tool_versions.clone()),
            plan: report
                .as_ref()
                .and_then(|report| serde_json::to_value(&report.plan).ok()),
        };
        let mut entries: Vec<NewOutboxEntry> = Vec::new();
        if let Some((upload, folder)) = destination.upload {
            let offsets = report.as_ref().map(|report| self.offsets(&report.plan));
            let beside = self.companions(&record, &offsets.unwrap_or_default(), &folder)?;
            entries.push(upload.with(beside));
        }
        entries.extend(self.mirrors(flow_id));
        // The record says that the bytes are there.
        let video = entries.first().map(|entry| entry.idempotency_key.clone());
        let needs = video.filter(|key| key.starts_with(UPLOAD));
        entries.extend(self.record_entry(&record, needs.into_iter().collect())?);
        failpoint::reach("publish.companions-kept");
        let queued = self.work.transaction(|tx| {
            tx.record_compilation(&record)?;
            let mut queued = Vec::new();
            for entry in &entries {
                let entry = tx.enqueue(entry)?;
                if entry.state != record::OutboxState::Done {
                    queued.push(entry.id);
                }
            }
            Ok::<_, Failure>(queued)
        })?;
        Ok(Published {
            compilation_id,
            object_url,
            source_id: source_id.uuid(),
            flow_id: flow_id.uuid(),
            play_url: Some(play_url),
            queued,
            issues,
        })
    }

    /// Queues entries that are not queued yet; those that are not done.
    pub(crate) fn queue(&self, entries: &[NewOutboxEntry]) -> Result<Vec<Uuid>, Failure> {
        self.work.transaction(|tx| {
            let mut queued = Vec::new();
            for entry in entries {
                let entry = tx.enqueue(entry)?;
                if entry.state != record::OutboxState::Done {
                    queued.push(entry.id);
                }
            }
            Ok(queued)
        })
    }

    /// The entries that bring a flow to the TAMS servers that get results.
    pub(crate) fn mirrors(&self, flow: Id) -> Vec<NewOutboxEntry> {
        let wanted = self.config.tams.iter().filter(|(_, server)| server.default);
        wanted
            .map(|(name, server)| Self::mirror_entry(name, &server.url, flow))
            .collect()
    }

    fn report_of(&self, sha256: &str, given: Option<&Path>) -> Result<Option<Report>, Failure> {
        if let Some(path) = given {
            let report = crate::read_report(path)?;
            if report.sha256 != sha256 {
                return Err(Failure::bad_input(
                    format!("{} is the report of another file", path.display()),
                    "Leave `--report` out, or name the report of this file.",
                ));
            }
            return Ok(Some(report));
        }
        let kept = self.work.report_by_sha256(sha256)?;
        // A report of another version that can't be read is no reason not to publish.
        Ok(kept.and_then(|kept| serde_json::from_value(kept.report).ok()))
    }

    /// Flow time minus object time of every object that went in.
    pub(crate) fn offsets(&self, plan: &CutPlan) -> BTreeMap<String, Timestamp> {
        let mut offsets = BTreeMap::new();
        let pieces = plan.video.iter().flat_map(|span| &span.sources);
        for piece in pieces {
            let Some(flow) = piece.flow_id.as_deref().and_then(|id| id.parse().ok()) else {
                continue;
            };
            if offsets.contains_key(&piece.object_id) {
                continue;
            }
            let filter = node::SegmentFilter {
                object_id: Some(piece.object_id.clone()),
                ..node::SegmentFilter::default()
            };
            let page = self
                .catalogue
                .segments(flow, &filter, &node::Page::first(1));
            let local = page.ok().and_then(|page| page.items.into_iter().next());
            let segment = local.or_else(|| self.remotes.segment_of(flow, &piece.object_id));
            if let Some(segment) = segment {
                offsets.insert(
                    piece.object_id.clone(),
                    segment.ts_offset.unwrap_or(Timestamp::ZERO),
                );
            }
        }
        offsets
    }

    /// Puts the output into the node: object, flows, source, one segment. Each step looks first
    /// whether it is done.
    fn register_output(
        &self,
        ids: &Ids,
        object: &MediaObject,
        media: &MediaFacts,
        place: &Place<'_>,
        cancel: &CancellationToken,
    ) -> Result<(Id, Id, String), Failure> {
        let made = flows(&object.index, ids, ids, Some(place.title), &place.tags())?;
        self.register(&made, Some(place.title))?;
        let main = made.first().ok_or_else(|| Failure::internal("no flow"))?;
        let object_id = ids.id("object").to_string();
        let folder = self.write_media(cancel)?;
        if !matches!(self.stored_object(&object_id)?, Stored::Here(_)) {
            // A copy, as an object never changes and the user's file may.
            let copy = folder.working_file()?;
            let path = object.path()?;
            std::fs::copy(&path, copy.path())
                .map_err(|error| Failure::io(path.display(), &error))?;
            self.store_object(main.id, &object_id, copy.path())?;
        }
        let covered = TimeRange::new(Timestamp::ZERO, media.duration);
        if self.segments(main.id, TimeRange::ETERNITY)?.is_empty() {
            let mut post = SegmentPost::new(object_id.clone(), covered);
            let start = first_time(&object.index);
            if start != Timestamp::ZERO {
                post.ts_offset = Some(-start);
                post.object_timerange = Some(covered.shift(start));
            }
            self.add_segments(main.id, vec![post])?;
        }
        for flow in &made {
            let rate = (flow.id == main.id)
                .then(|| kilobits(media.size, media.duration.to_rational()))
                .flatten();
            self.catalogue.update_flow(flow.id, |flow| {
                flow.status = Some(FlowStatus::ClosedComplete);
                flow.technical.avg_bit_rate = rate;
            })?;
            self.catalogue
                .update_source(flow.source_id, |source| source.tags = Some(place.tags()))?;
        }
        Ok((main.source_id, main.id, object_id))
    }

    /// A frame for posters and the player page: of a few spread over the film the one whose parts
    /// differ most in brightness, which is one with something in it.
    fn keep_poster(
        &self,
        id: Uuid,
        object: &MediaObject,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        const CANDIDATES: i128 = 9;
        let path = self.poster_path(id)?;
        if path.exists() {
            return Ok(());
        }
        let media = facts(&object.index).ok_or_else(|| Failure::internal("no video"))?;
        let name = object.path()?.display().to_string();
        let mut best: Option<(u64, media::Picture)> = None;
        for number in 0..CANDIDATES {
            let part = media.duration.nanos() * (2 * number + 1) / (2 * CANDIDATES);
            let offset = RationalTime::new(part, 1_000_000_000).unwrap_or(RationalTime::ZERO);
            let time = first_time(&object.index).to_rational() + offset;
            let picture = media::picture_at(object, &name, time, cancel)?;
            let contrast = contrast(&picture);
            if best.as_ref().is_none_or(|(most, _)| *most < contrast) {
                best = Some((contrast, picture));
            }
        }
        let (_, picture) = best.ok_or_else(|| Failure::internal("no picture"))?;
        crate::write_file(&path, &jpeg(picture)?)
    }

    /// Where the picture of a compilation is kept.
    pub(crate) fn poster_path(&self, id: Uuid) -> Result<PathBuf, Failure> {
        Ok(self.folder("media/posters")?.join(format!("{id}.jpg")))
    }

    /// The object's address, and the upload that brings it there when that is remote. What went to this
    /// store `before` goes to the same place again, whatever folder is set now.
    fn destination(
        &self,
        (compilation_id, created): (Uuid, Timestamp),
        before: Option<&str>,
        index: &MediaIndex,
        sha256: &str,
        object_id: &str,
    ) -> Result<Destination<'_>, Failure> {
        let Stored::Here(path) = self.stored_object(object_id)? else {
            return Err(Failure::internal("the object was not stored"));
        };
        let Some((name, store)) = self.config.chosen_store() else {
            let url = url::Url::from_file_path(&path)
                .map_err(|()| Failure::internal("a relative path"))?;
            return Ok(Destination {
                object_url: url.to_string(),
                upload: None,
            });
        };
        let seen =
            SourceIdentity::of(&path).map_err(|error| Failure::io(path.display(), &error))?;
        let (ending, content_type) = match index.container {
            Container::Mov => ("mov", "video/quicktime"),
            _ => ("mp4", "video/mp4"),
        };
        let prefix = store.prefix.as_deref().unwrap_or("").trim_matches('/');
        let prefix = if prefix.is_empty() {
            String::new()
        } else {
            format!("{prefix}/")
        };
        let here = format!("s3://{}/{prefix}", store.bucket);
        let key = match before.and_then(|before| before.strip_prefix(&here)) {
            Some(key) => key.to_owned(),
            None => {
                let folder = store.folder.of(compilation_id, created);
                format!("{folder}{}.{ending}", sha256.get(..16).unwrap_or(sha256))
            }
        };
        let folder = key
            .rsplit_once('/')
            .map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let upload = Upload {
            compilation_id,
            idempotency_key: format!(
                "s3.upload {} {} {prefix} {compilation_id} {sha256}",
                store.endpoint, store.bucket
            ),
            video: ToStore {
                store: name.to_owned(),
                key: key.clone(),
                object_id: object_id.to_owned(),
                file: None,
                sha256: sha256.to_owned(),
                content_type: content_type.to_owned(),
                seen: Some(seen),
            },
        };
        let beside = Folder {
            store: name,
            folder,
        };
        Ok(Destination {
            object_url: format!("{here}{key}"),
            upload: Some((upload, beside)),
        })
    }
}

/// Where the bytes of a compilation are, or will be.
struct Destination<'a> {
    object_url: String,
    /// What brings them there, and where in the store that is.
    upload: Option<(Upload, Folder<'a>)>,
}

/// A video that goes to a store.
struct Upload {
    compilation_id: Uuid,
    idempotency_key: String,
    video: ToStore,
}

impl Upload {
    /// The entry that sends it and what lies beside it. Another record, as after a new title, is another
    /// entry, which finds the video there.
    fn with(self, beside: Vec<ToStore>) -> NewOutboxEntry {
        let mut digest = Sha256::new();
        for companion in &beside {
            digest.update(format!("{} {}\n", companion.key, companion.sha256));
        }
        let digest: String = digest.finalize()[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        NewOutboxEntry {
            kind: UPLOAD.to_owned(),
            entity_id: self.compilation_id.to_string(),
            payload: json!(Sending {
                video: self.video,
                beside,
            }),
            idempotency_key: format!("{} {digest}", self.idempotency_key),
            needs: Vec::new(),
        }
    }
}

/// How much blocks of a picture differ from its mean in brightness; noise averages out.
fn contrast(picture: &media::Picture) -> u64 {
    const BLOCK: usize = 24;
    let row_bytes = picture.width as usize * 3;
    let mut means = Vec::new();
    for band in picture.rgb.chunks_exact((row_bytes * BLOCK).max(1)) {
        for column in 0..row_bytes / (BLOCK * 3) {
            let part = column * BLOCK * 3..(column + 1) * BLOCK * 3;
            let rows = band.chunks_exact(row_bytes);
            let block = rows.filter_map(|row| row.get(part.clone())).flatten();
            means.push(
                block.map(|value| u64::from(*value)).sum::<u64>() / (BLOCK * BLOCK * 3) as u64,
            );
        }
    }
    let count = (means.len() as u64).max(1);
    let mean = means.iter().sum::<u64>() / count;
    means
        .iter()
        .map(|value| value.abs_diff(mean).pow(2))
        .sum::<u64>()
        / count
}

fn jpeg(picture: media::Picture) -> Result<Vec<u8>, Failure> {
    let image = image::RgbImage::from_raw(picture.width, picture.height, picture.rgb)
        .ok_or_else(|| Failure::internal("a picture of the wrong size"))?;
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 88)
        .encode_image(&image)
        .map_err(Failure::internal)?;
    Ok(jpeg)
}

/// What the tags of the output say.
struct Place<'a> {
    title: &'a str,
    compilation_id: Uuid,
    plan_hash: Option<&'a str>,
    play_url: Option<&'a str>,
    inputs: &'a [InputRef],
}

impl Place<'_> {
    /// Own tags carry the prefix of their service (AppNote 0003); values are plain strings, as some
    /// servers know no arrays.
    fn tags(&self) -> Tags {
        let mut tags = Tags::new();
        tags.insert("_stringout_compilation_id", self.compilation_id.to_string());
        if let Some(url) = self.play_url {
            tags.insert("_stringout_play_url", url.to_owned());
        }
        if let Some(hash) = self.plan_hash {
            tags.insert("_stringout_plan_hash", hash.to_owned());
        }
        if !self.inputs.is_empty() {
            let inputs: Vec<Value> = self
                .inputs
                .iter()
                .map(|input| json!([input.flow_id, input.object_id, input.timerange]))
                .collect();
            tags.insert("_stringout_inputs", Value::Array(inputs).to_string());
        }
        tags
    }
}

/// The parts of objects that went in, on their flows' timelines.
fn inputs_of(plan: &CutPlan, offsets: &BTreeMap<String, Timestamp>) -> Vec<InputRef> {
    let pieces = plan.video.iter().flat_map(|span| &span.sources);
    let mut inputs: Vec<InputRef> = Vec::new();
    for piece in pieces {
        let offset = offsets
            .get(&piece.object_id)
            .copied()
            .unwrap_or(Timestamp::ZERO);
        let timerange = TimeRange::new(piece.mark_in, piece.mark_out).shift(offset);
        // Spans that continue one another in one object are one input.
        if let Some(last) = inputs.last_mut()
            && last.object_id == shown_id(&piece.object_id)
            && last.timerange.end() == timerange.start()
        {
            last.timerange = last.timerange.extend_to_encompass(&timerange);
            continue;
        }
        inputs.push(InputRef {
            flow_id: piece.flow_id.clone(),
            object_id: shown_id(&piece.object_id),
            timerange,
        });
    }
    inputs
}

/// The id of an object, or the name of a plain file: where that lay is nobody's business.
fn shown_id(object_id: &str) -> String {
    let path = Path::new(object_id);
    match path.file_name() {
        Some(name) if path.is_absolute() => name.to_string_lossy().into_owned(),
        _ => object_id.to_owned(),
    }
}

fn first_time(index: &MediaIndex) -> Timestamp {
    let track = index.video.as_ref();
    let first =
        track.and_then(|track| Some(track.time(track.units.get(*track.presented().first()?)?.pts)));
    first.map_or(Timestamp::ZERO, RationalTime::to_timestamp)
}

fn own_version() -> BTreeMap<String, String> {
    BTreeMap::from([("stringout".to_owned(), env!("CARGO_PKG_VERSION").to_owned())])
}

/// What is against pictures that most phones play, where something is.
fn plays_in_part(track: &VideoTrack) -> Option<&'static str> {
    if track.codec == "hevc" {
        return Some(
            "HEVC plays on iPhones and most Android phones, and not in every browser: a file compiled with `--mode render` plays everywhere",
        );
    }
    let mut facts = track.configs.iter().map(|config| &config.facts);
    let fine = facts.any(|facts| facts.bit_depth > 8 || facts.chroma_format_idc > 1);
    fine.then_some(
        "H.264 of more than 8 bits, or of more colour than 4:2:0, plays in few browsers and on few phones: a file compiled with `--mode render` plays everywhere",
    )
}

/// What phones don't play is not published: the player page would stay black.
fn check_playable(name: &str, index: &MediaIndex) -> Result<(), Failure> {
    let video = index.video.as_ref().map_or("", |track| &track.codec);
    let audio = index.audio.as_ref().map_or("aac", |track| &track.codec);
    let what = match index.container {
        Container::Matroska => "a Matroska file".to_owned(),
        Container::MpegTs => "a transport stream".to_owned(),
        Container::Mp4 | Container::Mov if !matches!(video, "h264" | "hevc" | "") => {
            format!("video in {video}")
        }
        Container::Mp4 | Container::Mov if !matches!(audio, "aac" | "mpeg") => {
            format!("a video with sound in {audio}")
        }
        Container::Mp4 | Container::Mov => return Ok(()),
    };
    Err(Failure::new(
        Code::Unsupported,
        format!("{name} is {what}, which phones don't play"),
        "Compile the edit into a .mp4 file and publish that.",
    ))
}
