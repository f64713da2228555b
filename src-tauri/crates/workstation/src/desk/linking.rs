//! Flows of one source that show the same frames: a light one to look at, the best one to compile
//! from, and clips that are linked from one to the other at the same times.

use super::flows::{Known, OpenFlow, small};
use super::planning::names_of;
use super::{Desk, blocking, lock};
use crate::borders::frames_in;
use crate::jobs::JobHandle;
use crate::reference::{At, place_and_id};
use crate::{Code, Failure};
use ipc::{FlowPart, FlowPurpose, JobKind, JobResult, SequenceEdit};
use mediatime::{FrameRate, TimeRange, Timestamp};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tams::{Purpose, choose_flow};
use tams_model::{EssenceParameters, Flow, Id, VideoParameters};
use timeline::Clip;
use uuid::Uuid;

/// How far apart two flows that show the same frames may begin and end: encoders add and drop a
/// little at both ends.
const APART: Timestamp = match Timestamp::from_nanos(1_000_000_000) {
    Some(second) => second,
    None => Timestamp::ZERO,
};

/// Which flow of a source serves what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// To look at.
    pub(super) preview: Option<Id>,
    /// To compile from.
    pub(super) best: Option<Id>,
    /// Flows that show the frames of the best one, itself among them: clips are linked between these.
    same: Vec<Id>,
}

impl Choice {
    /// Chooses among the flows of a source; `members` knows the flows they collect.
    pub(super) fn of(own: &[Flow], members: &[Flow]) -> Self {
        let usable = |flow: &Flow| has_media(flow) && can_be_cut(flow, members);
        let best = choose_flow(Purpose::Compile, own, members, usable)
            .or_else(|| choose_flow(Purpose::Compile, own, members, has_media));
        let Some(best) = best else {
            return Self::default();
        };
        let same = |flow: &Flow| usable(flow) && shows_the_same(flow, best, members);
        let preview = choose_flow(Purpose::Preview, own, members, same).unwrap_or(best);
        Self {
            preview: Some(preview.id),
            best: Some(best.id),
            same: own
                .iter()
                .filter(|flow| same(flow))
                .map(|flow| flow.id)
                .collect(),
        }
    }

    /// The flow that serves `purpose` with the frames of `flow`; `None` when that is itself, or
    /// nothing shows the same.
    fn beside(&self, flow: Id, purpose: FlowPurpose) -> Option<Id> {
        let wanted = match purpose {
            FlowPurpose::Preview => self.preview,
            FlowPurpose::Best => self.best,
        };
        wanted.filter(|wanted| *wanted != flow && self.same.contains(&flow))
    }
}

/// It has segments of its own, as far as is told.
fn has_media(flow: &Flow) -> bool {
    match flow.timerange {
        Some(range) => !range.is_empty(),
        None => flow.technical.container.is_some(),
    }
}

/// Its pictures are of a kind that can be cut, as far as is told.
fn can_be_cut(flow: &Flow, members: &[Flow]) -> bool {
    pictures(flow, members).is_none_or(|(member, _)| {
        let codec = member.technical.codec.as_ref();
        codec.is_none_or(|codec| codec.as_str().eq_ignore_ascii_case("video/h264"))
    })
}

/// Whether a flow shows the frames of another one, as far as is told.
fn shows_the_same(flow: &Flow, other: &Flow, members: &[Flow]) -> bool {
    let (ours, theirs) = (pictures(flow, members), pictures(other, members));
    let rate = |found: Option<(&Flow, &VideoParameters)>| -> Option<FrameRate> {
        found.and_then(|(_, video)| video.frame_rate)
    };
    ours.is_some() == theirs.is_some()
        && rate(ours) == rate(theirs)
        && flow.technical.format == other.technical.format
        && beside(flow.timerange, other.timerange)
}

/// The pictures of a flow, or of the one it collects.
fn pictures<'f>(flow: &'f Flow, members: &'f [Flow]) -> Option<(&'f Flow, &'f VideoParameters)> {
    let own = |flow: &'f Flow| match &flow.technical.essence_parameters {
        Some(EssenceParameters::Video(video)) => Some((flow, video)),
        _ => None,
    };
    own(flow).or_else(|| {
        let mut collected = flow.flow_collection.iter().flatten();
        collected.find_map(|item| own(members.iter().find(|flow| flow.id == item.id)?))
    })
}

/// Two ranges begin and end at about the same times, as far as is told.
fn beside(ours: Option<TimeRange>, theirs: Option<TimeRange>) -> bool {
    let near = |ours: Option<Timestamp>, theirs: Option<Timestamp>| match (ours, theirs) {
        (Some(ours), Some(theirs)) => {
            let (early, late) = (ours.min(theirs), ours.max(theirs));
            late <= early.saturating_add(APART)
        }
        (ours, theirs) => ours == theirs,
    };
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => {
            near(ours.start(), theirs.start()) && near(ours.end(), theirs.end())
        }
        _ => true,
    }
}

impl Desk {
    /// Which flows the source of a flow has, for what; nothing when the flow is not known.
    pub(super) fn choice_for(&self, flow_id: &str) -> Choice {
        let chosen = || -> Option<Choice> {
            let (at, id) = place_and_id(flow_id, flow_id).ok()?;
            if let At::Named(name) | At::Host(name) = at {
                let listing = self.listing_of(&name)?;
                let source = listing.flows.iter().find(|flow| flow.id == id)?.source_id;
                let own = listing.flows.iter().filter(|flow| flow.source_id == source);
                let own: Vec<Flow> = own.cloned().collect();
                let members = collected(&own, &|id| {
                    listing.flows.iter().find(|flow| flow.id == id).cloned()
                });
                return Some(Choice::of(&own, &members));
            }
            let workspace = &self.inner.workspace;
            let source = workspace.catalogue.flow(id).ok()?.source_id;
            let own = workspace.flows(Some(source)).ok()?;
            let members = collected(&own, &|id| workspace.catalogue.flow(id).ok());
            Some(Choice::of(&own, &members))
        };
        chosen().unwrap_or_default()
    }

    /// The flow that serves `purpose` with the frames of another one, where that one is.
    fn other_flow(&self, flow_id: &str, purpose: FlowPurpose) -> Option<String> {
        let (_, id) = place_and_id(flow_id, flow_id).ok()?;
        let other = self.choice_for(flow_id).beside(id, purpose)?;
        Some(beside_id(flow_id, other))
    }

    /// Those of the flows beside which there is a better one to compile from.
    pub(super) fn preview_flows<'f>(
        &self,
        flow_ids: impl Iterator<Item = &'f String>,
    ) -> HashSet<String> {
        flow_ids
            .filter(|flow_id| self.other_flow(flow_id, FlowPurpose::Best).is_some())
            .cloned()
            .collect()
    }

    /// What is cut from a flow that was opened to be looked at is cut from the best one when that part
    /// of it is on this machine. Where it is not, or shows other frames, the part stays what was seen.
    pub(super) fn of_the_best(&self, part: FlowPart) -> FlowPart {
        let linked = || -> Option<FlowPart> {
            let (_, id) = place_and_id(&part.flow_id, &part.flow_id).ok()?;
            if self.choice_for(&part.flow_id).preview != Some(id) {
                return None;
            }
            let best = self.other_flow(&part.flow_id, FlowPurpose::Best)?;
            let shown = self.open_flow(&part.flow_id).ok()?;
            let target = self.open_flow(&best).ok()?;
            let first = part.mark_in.map_or(0, u64::from);
            let behind = part.mark_out.map_or(shown.frames(), u64::from);
            let frames = behind.checked_sub(first)?;
            let range = shown.timerange(first, frames)?;
            let (first, found) = frames_in(&target.source, range)?;
            let same = found == frames && target.rate() == shown.rate();
            (same && self.is_here(&target, first, found)).then(|| FlowPart {
                flow_id: best,
                mark_in: Some(small(first)),
                mark_out: Some(small(first + found)),
            })
        };
        linked().unwrap_or(part)
    }

    /// Whether the bytes of some frames of a flow are on this machine.
    fn is_here(&self, flow: &OpenFlow, first: u64, frames: u64) -> bool {
        let range = usize::try_from(first)
            .ok()
            .zip(usize::try_from(first + frames).ok());
        let shown = range.and_then(|(first, end)| flow.source.frames().get(first..end));
        let objects: HashSet<usize> = shown
            .into_iter()
            .flatten()
            .map(|frame| frame.object)
            .collect();
        objects.into_iter().all(|object| {
            let object = flow.source.objects().get(object);
            object.is_some_and(|object| self.inner.objects.is_here(&object.object_id))
        })
    }

    /// Starts to link clips to other flows of their sources, at the same times. What is at a server is
    /// fetched before; the sequence changes in one step, or not at all.
    ///
    /// # Errors
    /// A clip is none.
    pub async fn sequence_relink(&self, args: ipc::RelinkArgs) -> Result<String, Failure> {
        let wanted = args.clips.iter().map(|clip| crate::project::clip_id(clip));
        let wanted = wanted.collect::<Result<HashSet<Uuid>, _>>()?;
        let title = title(args.purpose);
        let (desk, purpose) = (self.clone(), args.purpose);
        blocking(move || {
            let jobs = &desk.inner.jobs;
            let worker = desk.clone();
            let key = Some("relink".to_owned());
            Ok(jobs.start(JobKind::Relink, title, key, move |job| {
                worker.relink(&wanted, purpose, job)
            }))
        })
        .await
    }

    fn relink(
        &self,
        wanted: &HashSet<Uuid>,
        purpose: FlowPurpose,
        job: &JobHandle,
    ) -> Result<JobResult, Failure> {
        let chosen = |clip: &Clip| wanted.is_empty() || wanted.contains(&clip.id);
        let (of, clips) = {
            let project = lock(&self.inner.project);
            let clips = project.clips().into_iter().filter(chosen);
            (project.id(), clips.collect::<Vec<Clip>>())
        };
        let mut targets: HashMap<String, Arc<OpenFlow>> = HashMap::new();
        for clip in &clips {
            let Some(other) = self.other_flow(&clip.flow_id, purpose) else {
                continue;
            };
            if !targets.contains_key(&clip.flow_id) {
                let opened = self.bring(&other, job)?;
                targets.insert(clip.flow_id.clone(), opened);
            }
        }
        let known = Known(
            targets
                .values()
                .map(|flow| (flow.id.clone(), Arc::clone(flow)))
                .collect(),
        );
        let linked = {
            let mut project = lock(&self.inner.project);
            if project.id() != of {
                return Err(Failure::new(
                    Code::Busy,
                    "another project was opened while media came in: nothing was linked",
                    "Open the project again and link its clips; the media are here now.",
                ));
            }
            // What was cut while media came in is linked another time.
            let mut links = Vec::new();
            for clip in project.clips().iter().filter(|clip| chosen(clip)) {
                if let Some(target) = targets.get(&clip.flow_id) {
                    links.push((clip.id, part_of(clip, target)?));
                }
            }
            project.relink(title(purpose), &links, &known, &|id| names_of(&known, id))?;
            links.len()
        };
        self.tell(ipc::DeskEvent::Sequence {
            sequence: self.sequence_view(),
        });
        self.inner.replan.notify_one();
        // What was fetched for it is here now.
        self.tell_sources();
        self.tell_workspace();
        Ok(JobResult::Relinked {
            clips: small(linked as u64),
        })
    }

    /// Opens a flow, fetched when it is not here.
    fn bring(&self, flow_id: &str, job: &JobHandle) -> Result<Arc<OpenFlow>, Failure> {
        if Self::is_remote(flow_id) && self.held_flow(flow_id).is_none() {
            return Ok(self.fetch(flow_id, job)?.0);
        }
        self.open_flow(flow_id)
    }
}

/// What a step that links clips is called.
fn title(purpose: FlowPurpose) -> &'static str {
    match purpose {
        FlowPurpose::Preview => "Link to the preview flows",
        FlowPurpose::Best => "Link to the best flows",
    }
}

/// The flows that some others collect.
pub(super) fn collected(flows: &[Flow], known: &dyn Fn(Id) -> Option<Flow>) -> Vec<Flow> {
    let items = flows
        .iter()
        .flat_map(|flow| flow.flow_collection.iter().flatten());
    items.filter_map(|item| known(item.id)).collect()
}

/// The id of another flow where one is: `studio/UUID`.
fn beside_id(flow_id: &str, other: Id) -> String {
    match flow_id.rsplit_once('/') {
        Some((connection, _)) => format!("{connection}/{other}"),
        None => other.to_string(),
    }
}

/// The frames that a clip shows, of another flow.
fn part_of(clip: &Clip, target: &OpenFlow) -> Result<FlowPart, Failure> {
    let (first, found) = frames_in(&target.source, clip.timerange).unwrap_or_default();
    if found == 0 {
        return Err(Failure::new(
            Code::OutOfRange,
            format!(
                "{}: flow {} has no such frames at {}",
                clip.title, target.id, clip.timerange
            ),
            "Keep the clip as it is, or choose a part that both flows have.",
        ));
    }
    Ok(FlowPart {
        flow_id: target.id.clone(),
        mark_in: Some(small(first)),
        mark_out: Some(small(first + found)),
    })
}

/// The part that an edit brings is cut from the best flow.
pub(super) fn of_the_best(desk: &Desk, edit: SequenceEdit) -> SequenceEdit {
    match edit {
        SequenceEdit::Append { part } => SequenceEdit::Append {
            part: desk.of_the_best(part),
        },
        SequenceEdit::Insert { part, at } => SequenceEdit::Insert {
            part: desk.of_the_best(part),
            at,
        },
        SequenceEdit::Overwrite { part, at } => SequenceEdit::Overwrite {
            part: desk.of_the_best(part),
            at,
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn flow(number: u8, rate: u64, more: Value) -> Flow {
        let mut body = json!({
            "id": format!("4f79cfd1-c057-47f4-8e4d-1b126ca7bf{number:02x}"),
            "source_id": "2aa143ac-0ab7-4d75-bc32-5c00c13d186f",
            "format": "urn:x-nmos:format:video", "codec": "video/h264",
            "container": "video/mp4", "avg_bit_rate": rate, "timerange": "[0:0_30:0)",
            "essence_parameters": {
                "frame_width": 1280, "frame_height": 720,
                "frame_rate": {"numerator": 25, "denominator": 1},
            },
        });
        let members = body.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        serde_json::from_value(body).unwrap()
    }

    fn chosen(flows: &[Flow]) -> (u64, u64) {
        let choice = Choice::of(flows, flows);
        let rate = |id: Option<Id>| {
            let flow = flows.iter().find(|flow| Some(flow.id) == id).unwrap();
            flow.technical.avg_bit_rate.unwrap()
        };
        (rate(choice.preview), rate(choice.best))
    }

    #[test]
    fn the_lightest_flow_with_the_same_frames_is_looked_at() {
        let best = flow(1, 8000, json!({}));
        let with = |more: Value| chosen(&[best.clone(), flow(2, 400, more)]);
        assert_eq!(with(json!({})), (400, 8000));
        // A little more or less at the ends is no other picture.
        assert_eq!(
            with(json!({"timerange": "[0:40000000_29:960000000)"})),
            (400, 8000)
        );
        assert_eq!(with(json!({"timerange": null})), (400, 8000));
        for other in [
            json!({"timerange": "[0:0_20:0)"}),
            json!({"timerange": "[5:0_35:0)"}),
            json!({"timerange": "()"}),
            json!({"codec": "video/h265"}),
            json!({"essence_parameters": {"frame_width": 640, "frame_height": 360,
                "frame_rate": {"numerator": 50, "denominator": 1}}}),
            json!({"format": "urn:x-nmos:format:audio", "codec": "audio/aac",
                "essence_parameters": {"sample_rate": 48000, "channels": 2}}),
        ] {
            assert_eq!(with(other.clone()), (8000, 8000), "{other}");
        }
        assert_eq!(chosen(std::slice::from_ref(&best)), (8000, 8000));
        assert_eq!(Choice::of(&[], &[]), Choice::default());
        // What can't be cut is not linked to, however good it is.
        let master = flow(3, 90_000, json!({"codec": "video/h265"}));
        let light = flow(2, 400, json!({}));
        assert_eq!(chosen(&[master.clone(), best, light.clone()]), (400, 8000));
        let choice = Choice::of(&[master.clone(), light.clone()], &[]);
        assert_eq!(
            (choice.preview, choice.best),
            (Some(light.id), Some(light.id))
        );
        assert_eq!(chosen(std::slice::from_ref(&master)), (90_000, 90_000));
    }

    #[test]
    fn clips_are_linked_only_between_flows_of_the_same_frames() {
        let best = flow(1, 8000, json!({}));
        let light = flow(2, 400, json!({}));
        let part = flow(3, 300, json!({"timerange": "[0:0_20:0)"}));
        let choice = Choice::of(&[best.clone(), light.clone(), part.clone()], &[]);
        let best_of = |flow: &Flow| choice.beside(flow.id, FlowPurpose::Best);
        assert_eq!(best_of(&light), Some(best.id));
        assert_eq!(best_of(&best), None);
        assert_eq!(best_of(&part), None);
        assert_eq!(choice.beside(best.id, FlowPurpose::Preview), Some(light.id));
        assert_eq!(choice.beside(light.id, FlowPurpose::Preview), None);
    }

    #[test]
    fn the_pictures_of_a_muxed_flow_are_those_it_collects() {
        let collected = |number: u8, rate: u32, codec: &str| {
            flow(
                number,
                1,
                json!({"container": null, "timerange": "()", "codec": codec,
                "essence_parameters": {"frame_width": 640, "frame_height": 360,
                    "frame_rate": {"numerator": rate, "denominator": 1}}}),
            )
        };
        let muxed = |number: u8, rate: u64, member: &Flow| {
            flow(
                number,
                rate,
                json!({"format": "urn:x-nmos:format:multi", "codec": null,
                "essence_parameters": null, "flow_collection": [{"id": member.id}]}),
            )
        };
        let members = [
            collected(1, 25, "video/h264"),
            collected(2, 25, "video/h264"),
            collected(3, 30, "video/h264"),
            collected(4, 25, "video/h265"),
        ];
        let flows = [
            muxed(11, 8000, &members[0]),
            muxed(12, 800, &members[1]),
            muxed(13, 300, &members[2]),
            muxed(14, 200, &members[3]),
        ];
        let choice = Choice::of(&flows, &members);
        assert_eq!(choice.best, Some(flows[0].id));
        assert_eq!(choice.preview, Some(flows[1].id));
    }

    #[test]
    fn another_flow_has_its_id_at_the_same_place() {
        let other: Id = "4f79cfd1-c057-47f4-8e4d-1b126ca7bf34".parse().unwrap();
        assert_eq!(beside_id("studio/x", other), format!("studio/{other}"));
        assert_eq!(beside_id("x", other), other.to_string());
    }
}
