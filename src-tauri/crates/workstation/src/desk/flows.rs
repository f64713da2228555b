//! Sources, flows and segments as the browser and the timeline show them, and flows that are open:
//! every segment indexed, every frame counted.

use super::linking::{Choice, collected};
use super::{Desk, blocking, lock};
pub(super) use crate::project::rate;
use crate::reference::{At, place_and_id};
use crate::{Code, Failure, Objects, Workspace, edit};
use conform::{CutPlan, Source};
use ipc::{Availability, FlowSegments, FlowView, GapView, Rate, SegmentView, SourceView};
use mediatime::{FrameRate, RationalTime, TimeRange};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use tams_model::{ContentFormat, EssenceParameters, Flow, FlowSegment, Id, TagValue, Tags};

/// A flow whose frames are known.
#[derive(Debug)]
pub(super) struct OpenFlow {
    pub(super) id: String,
    pub(super) source_id: String,
    pub(super) title: String,
    /// Its frames, and what they are cut from.
    pub(super) source: Arc<Source>,
}

/// By object: what has to be added to its own times for those of its flow. `None` where several flows use
/// it at different times.
pub(super) type Offsets = HashMap<String, Option<RationalTime>>;

/// The flows that were opened, by id. A flow whose segments change is opened again.
#[derive(Debug, Default)]
pub(super) struct Flows(Mutex<HashMap<String, Held>>);

/// A flow that was opened, and the objects it had then.
#[derive(Debug)]
struct Held {
    objects: Vec<String>,
    flow: Arc<OpenFlow>,
}

impl OpenFlow {
    pub(super) fn frames(&self) -> u64 {
        self.source.frames().len() as u64
    }

    pub(super) fn rate(&self) -> Option<Rate> {
        self.source.frame_rate().map(rate)
    }

    /// Where nothing is between neighbouring objects: behind which frame, and the flow time of it.
    pub(super) fn gaps(&self) -> Vec<(u64, TimeRange)> {
        let mut gaps = Vec::new();
        for (index, pair) in self.source.frames().windows(2).enumerate() {
            let [before, behind] = pair else { continue };
            if before.object == behind.object {
                continue;
            }
            if let Some((start, end)) = self.source.gap(index..index + 2) {
                let range = TimeRange::new(start.to_timestamp(), end.to_timestamp());
                gaps.push((index as u64, range));
            }
        }
        gaps
    }

    /// See [`Offsets`].
    pub(super) fn offsets(&self) -> Offsets {
        let mut offsets = Offsets::new();
        self.add_offsets(&mut offsets, |_| true);
        offsets
    }

    fn add_offsets(&self, offsets: &mut Offsets, wanted: impl Fn(&str) -> bool) {
        for object in self.source.objects() {
            if !wanted(&object.object_id) {
                continue;
            }
            let known = offsets.entry(object.object_id.clone());
            let known = known.or_insert(Some(object.offset));
            if *known != Some(object.offset) {
                *known = None;
            }
        }
    }

    pub(super) fn sound(&self) -> bool {
        self.source.audio().next().is_some()
    }

    /// Flow time of some of its frames.
    pub(super) fn timerange(&self, first: u64, frames: u64) -> Option<TimeRange> {
        let first = usize::try_from(first).ok()?;
        let end = first.checked_add(usize::try_from(frames).ok()?)?;
        self.source.timerange(first..end)
    }

    /// The first frame that is shown at a flow time or behind it. Stored times are floored to a
    /// nanosecond, so a frame up to one behind the time is meant.
    pub(super) fn first_frame_from(&self, time: RationalTime) -> u64 {
        let before = |frame: &conform::Frame| frame.time.to_timestamp().to_rational() < time;
        self.source.frames().partition_point(before) as u64
    }
}

/// What edits ask of flows: those that are open.
pub(super) struct Known(pub(super) HashMap<String, Arc<OpenFlow>>);

impl timeline::FlowFrames for Known {
    fn frames(&self, flow_id: &str) -> Option<u64> {
        self.0.get(flow_id).map(|flow| flow.frames())
    }

    fn timerange(&self, flow_id: &str, first: u64, frames: u64) -> Option<TimeRange> {
        self.0.get(flow_id)?.timerange(first, frames)
    }
}

pub(super) fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Desk {
    /// Opens a flow: reads every segment's index once. Blocks on the disk only: of a flow at a server
    /// everything must have been fetched before.
    pub(super) fn open_flow(&self, flow_id: &str) -> Result<Arc<OpenFlow>, Failure> {
        let (at, id) = place_and_id(flow_id, flow_id).map_err(|_| {
            Failure::bad_input(
                format!("`{flow_id}` is no flow id"),
                "Choose a flow in the browser.",
            )
        })?;
        match at {
            At::Local => self.open_local_flow(flow_id, id),
            At::Named(name) | At::Host(name) => self.open_fetched_flow(flow_id, &name, id),
        }
    }

    fn open_local_flow(&self, flow_id: &str, id: Id) -> Result<Arc<OpenFlow>, Failure> {
        let workspace = &self.inner.workspace;
        let (holder, segments) = edit::segments_of(workspace, id)?;
        let objects: Vec<String> = segments.iter().map(|s| s.object_id.clone()).collect();
        if let Some(held) = lock(&self.inner.flows.0).get(flow_id)
            && held.objects == objects
        {
            return Ok(Arc::clone(&held.flow));
        }
        let source = edit::open_segments(&self.inner.objects, holder, segments)?;
        let flow = workspace.catalogue.flow(id)?;
        let opened = Arc::new(OpenFlow {
            id: flow_id.to_owned(),
            source_id: flow.source_id.to_string(),
            title: source_title(workspace, &flow),
            source: Arc::new(source),
        });
        self.hold_flow(objects, &opened);
        Ok(opened)
    }

    /// See [`Offsets`]: of the objects of a plan, as far as their flows are open.
    pub(super) fn offsets_of(&self, plan: &CutPlan) -> Offsets {
        let pieces = plan.video.iter().flat_map(|span| &span.sources);
        let objects: HashSet<&str> = pieces.map(|piece| piece.object_id.as_str()).collect();
        let mut offsets = Offsets::new();
        for held in lock(&self.inner.flows.0).values() {
            let wanted = |object_id: &str| objects.contains(object_id);
            held.flow.add_offsets(&mut offsets, wanted);
        }
        offsets
    }

    /// Keeps a flow open, with the objects it has.
    pub(super) fn hold_flow(&self, objects: Vec<String>, flow: &Arc<OpenFlow>) {
        let held = Held {
            objects,
            flow: Arc::clone(flow),
        };
        lock(&self.inner.flows.0).insert(flow.id.clone(), held);
    }

    /// The flow, if it is open.
    pub(super) fn held_flow(&self, flow_id: &str) -> Option<Arc<OpenFlow>> {
        let flows = lock(&self.inner.flows.0);
        flows.get(flow_id).map(|held| Arc::clone(&held.flow))
    }

    /// Sources that have something to open: those of the local node, newest last, then those of each
    /// connection.
    pub(super) fn source_views(&self) -> Result<Vec<SourceView>, Failure> {
        let mut views = self.local_source_views()?;
        views.extend(self.remote_source_views()?);
        Ok(views)
    }

    fn local_source_views(&self) -> Result<Vec<SourceView>, Failure> {
        let workspace = &self.inner.workspace;
        let flows = workspace.flows(None)?;
        let by_id: HashMap<Id, &Flow> = flows.iter().map(|flow| (flow.id, flow)).collect();
        let mut views = Vec::new();
        for source in workspace.sources()? {
            let mut own = Vec::new();
            for flow in flows.iter().filter(|flow| flow.source_id == source.id) {
                let view = self.flow_view(flow)?;
                if !view.playable {
                    continue;
                }
                own.push(view);
                for member in flow.flow_collection.iter().flatten() {
                    if let Some(flow) = by_id.get(&member.id) {
                        own.push(self.flow_view(flow)?);
                    }
                }
            }
            if own.is_empty() {
                continue;
            }
            let owned = flows.iter().filter(|flow| flow.source_id == source.id);
            let owned: Vec<Flow> = owned.cloned().collect();
            let members = collected(&owned, &|id| by_id.get(&id).map(|flow| (*flow).clone()));
            let choice = Choice::of(&owned, &members);
            views.push(SourceView {
                id: source.id.to_string(),
                preview_flow: choice.preview.map(|id| id.to_string()),
                best_flow: choice.best.map(|id| id.to_string()),
                connection: None,
                title: source
                    .label
                    .clone()
                    .unwrap_or_else(|| source.id.to_string()),
                created: source.created.as_ref().map(ToString::to_string),
                flows: own,
                tags: source.tags.as_ref().map(tag_words).unwrap_or_default(),
            });
        }
        views.sort_by(|a, b| {
            a.created
                .cmp(&b.created)
                .then_with(|| a.title.cmp(&b.title))
        });
        Ok(views)
    }

    fn flow_view(&self, flow: &Flow) -> Result<FlowView, Failure> {
        let workspace = &self.inner.workspace;
        let availability = if flow.timerange.is_some_and(|range| !range.is_empty()) {
            availability(
                workspace,
                &workspace.segments(flow.id, TimeRange::ETERNITY)?,
            )?
        } else {
            Availability::Cached
        };
        let member = |id| self.inner.workspace.catalogue.flow(id).ok();
        Ok(flow_words(flow, flow.id.to_string(), availability, &member))
    }

    /// The segments of a flow, with key frames and gaps.
    ///
    /// # Errors
    /// There is no such flow, or a segment of it can't be read.
    pub async fn flow_segments(&self, args: ipc::FlowArgs) -> Result<FlowSegments, Failure> {
        let desk = self.clone();
        blocking(move || {
            let flow = desk.open_flow(&args.flow_id)?;
            Ok(segments_view(&desk, &flow))
        })
        .await
    }
}

/// What is shown of a flow; `member` knows the flows it collects.
pub(super) fn flow_words(
    flow: &Flow,
    id: String,
    availability: Availability,
    member: &dyn Fn(Id) -> Option<Flow>,
) -> FlowView {
    // A server need not tell what a flow covers; one in a container of its own can be opened to see.
    let timerange = flow.timerange.unwrap_or(match flow.technical.container {
        Some(_) => TimeRange::ETERNITY,
        None => TimeRange::NEVER,
    });
    let duration = timerange
        .length()
        .map_or(0, |length| length.nanos() / 1_000_000);
    let collected: Vec<Flow> = flow
        .flow_collection
        .iter()
        .flatten()
        .filter_map(|item| member(item.id))
        .collect();
    let pictures = |flow: &Flow| match &flow.technical.essence_parameters {
        Some(EssenceParameters::Video(video)) => Some(video.clone()),
        _ => None,
    };
    let video = pictures(flow).or_else(|| collected.iter().find_map(pictures));
    let codecs: Vec<String> = collected
        .iter()
        .filter_map(|flow| Some(codec_word(&flow.technical.codec.as_ref()?.to_string())))
        .collect();
    FlowView {
        id,
        title: flow_title(flow, video.as_ref(), &codecs),
        format: format_word(flow).to_owned(),
        playable: !timerange.is_empty(),
        availability,
        timerange: timerange.to_string(),
        duration_ms: u64::try_from(duration).unwrap_or(0),
        frame_rate: video.as_ref().and_then(|video| video.frame_rate).map(rate),
        width: video.as_ref().map_or(0, |video| video.frame_width),
        height: video.as_ref().map_or(0, |video| video.frame_height),
        sound: matches!(
            flow.technical.format,
            Some(ContentFormat::Multi | ContentFormat::Audio)
        ),
    }
}

fn segments_view(desk: &Desk, flow: &OpenFlow) -> FlowSegments {
    let source = &flow.source;
    let all = source.frames();
    let mut segments = Vec::with_capacity(source.objects().len());
    for (number, object) in source.objects().iter().enumerate() {
        let first = all.partition_point(|frame| frame.object < number);
        let end = all.partition_point(|frame| frame.object <= number);
        let range = object.range.map_or(TimeRange::NEVER, |(start, end)| {
            TimeRange::new(start.to_timestamp(), end.to_timestamp())
        });
        segments.push(SegmentView {
            object_id: object.object_id.clone(),
            timerange: range.to_string(),
            first_frame: small(first as u64),
            frames: small((end - first) as u64),
            bytes: Some(object.index.size),
            here: desk.inner.objects.is_here(&object.object_id),
        });
    }
    let key_frames = source
        .gops()
        .iter()
        .filter(|gop| gop.decodable && !gop.frames.is_empty())
        .map(|gop| small(gop.frames.start as u64))
        .collect();
    FlowSegments {
        flow_id: flow.id.clone(),
        frames: small(flow.frames()),
        frame_rate: flow.rate(),
        segments,
        key_frames,
        gaps: flow
            .gaps()
            .into_iter()
            .map(|(after, range)| GapView {
                after_frame: small(after),
                timerange: range.to_string(),
            })
            .collect(),
    }
}

fn has_bytes(workspace: &Workspace, object_id: &str) -> bool {
    let path = workspace.catalogue.object_path(object_id).ok().flatten();
    path.is_some_and(|path| path.exists())
}

fn availability(workspace: &Workspace, segments: &[FlowSegment]) -> Result<Availability, Failure> {
    let objects: BTreeSet<&str> = segments.iter().map(|s| s.object_id.as_str()).collect();
    let here = objects.iter().filter(|id| has_bytes(workspace, id)).count();
    Ok(match here {
        0 => Availability::Missing,
        all if all == objects.len() => Availability::Cached,
        _ => Availability::Partial,
    })
}

/// `name=value`; tags of ours for ourselves are left out.
pub(super) fn tag_words(tags: &Tags) -> Vec<String> {
    let mut words = Vec::new();
    for (name, value) in tags.iter().filter(|(name, _)| !name.starts_with('_')) {
        match value {
            TagValue::One(value) => words.push(format!("{name}={value}")),
            TagValue::Many(values) => {
                words.extend(values.iter().map(|value| format!("{name}={value}")));
            }
        }
    }
    words
}

fn source_title(workspace: &Workspace, flow: &Flow) -> String {
    let source = workspace.catalogue.source(flow.source_id).ok();
    source
        .and_then(|source| source.label)
        .or_else(|| flow.label.clone())
        .unwrap_or_else(|| flow.source_id.to_string())
}

fn format_word(flow: &Flow) -> &'static str {
    match flow.technical.format {
        Some(ContentFormat::Video) => "video",
        Some(ContentFormat::Audio) => "audio",
        Some(ContentFormat::Image) => "image",
        Some(ContentFormat::Data) => "data",
        _ => "multi",
    }
}

/// `1080p25 · H.264 + AAC · 8 Mb/s`, `Stereo · AAC · 192 kb/s`.
fn flow_title(
    flow: &Flow,
    video: Option<&tams_model::VideoParameters>,
    collected: &[String],
) -> String {
    let mut words = Vec::new();
    if let Some(video) = video {
        let rate = video.frame_rate.map_or_else(String::new, rate_words);
        words.push(format!("{}p{rate}", video.frame_height));
    }
    if let Some(EssenceParameters::Audio(audio)) = &flow.technical.essence_parameters {
        words.push(match audio.channels {
            1 => "Mono".to_owned(),
            2 => "Stereo".to_owned(),
            6 => "5.1".to_owned(),
            channels => format!("{channels} channels"),
        });
    }
    match &flow.technical.codec {
        Some(codec) => words.push(codec_word(&codec.to_string())),
        None if collected.is_empty() => {}
        None => words.push(collected.join(" + ")),
    }
    if let Some(kilobits) = flow.technical.avg_bit_rate {
        words.push(if kilobits >= 1000 {
            format!("{}.{} Mb/s", kilobits / 1000, kilobits % 1000 / 100)
        } else {
            format!("{kilobits} kb/s")
        });
    }
    if words.is_empty() {
        return flow.id.to_string();
    }
    words.join(" · ")
}

fn rate_words(rate: FrameRate) -> String {
    let hundredths = u64::from(rate.numerator()) * 100 / u64::from(rate.denominator().max(1));
    match hundredths % 100 {
        0 => format!("{}", hundredths / 100),
        part => format!("{}.{part:02}", hundredths / 100)
            .trim_end_matches('0')
            .to_owned(),
    }
}

fn codec_word(mime: &str) -> String {
    let name = mime.rsplit('/').next().unwrap_or(mime);
    match name {
        "h264" | "H264" => "H.264".to_owned(),
        "h265" | "H265" | "hevc" => "HEVC".to_owned(),
        "aac" | "mp4a-latm" => "AAC".to_owned(),
        other => other.to_uppercase(),
    }
}

/// A flow that is needed and could not be opened.
pub(super) fn missing_flow(id: &str) -> Failure {
    Failure::new(
        Code::NotFound,
        format!("flow {id} is not in this workspace"),
        "Ingest its file again, cut its clips from another flow, or remove them.",
    )
}

/// Objects and the flows over them, for edits.
pub(super) fn objects(desk: &Desk) -> &Arc<Objects> {
    &desk.inner.objects
}
