//! Flows of one source that show the same frames: a light one to look at, the best one to compile
//! from, and clips that are linked from one to the other at the same times.

use super::flows::{Known, OpenFlow, small};
use super::planning::names_of;
use super::{Desk, blocking, lock};
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// To look at.
    pub(super) preview: Option<Id>,
    /// To compile from.
    pub(super) best: Option<Id>,
}

impl Choice {
    /// Chooses among the flows of a source; `all` knows the flows they collect.
    pub(super) fn of(own: &[Flow], all: &[Flow]) -> Self {
        let best = choose_flow(Purpose::Compile, own, all, has_media);
        let preview = best.and_then(|best| {
            choose_flow(Purpose::Preview, own, all, |flow| {
                has_media(flow) && shows_the_same(flow, best, all)
            })
        });
        let best = best.map(|flow| flow.id);
        Self {
            preview: preview.map(|flow| flow.id).or(best),
            best,
        }
    }

    fn serving(self, purpose: FlowPurpose) -> Option<Id> {
        match purpose {
            FlowPurpose::Preview => self.preview,
            FlowPurpose::Best => self.best,
        }
    }
}

/// It has segments of its own, as far as is told.
fn has_media(flow: &Flow) -> bool {
    match flow.timerange {
        Some(range) => !range.is_empty(),
        None => flow.technical.container.is_some(),
    }
}

/// Whether a flow shows the frames of another one, as far as is told, in a form that can be shown.
fn shows_the_same(flow: &Flow, other: &Flow, all: &[Flow]) -> bool {
    let (ours, theirs) = (pictures(flow, all), pictures(other, all));
    let shown = ours.is_none_or(|(member, _)| {
        let codec = member.technical.codec.as_ref().map(ToString::to_string);
        codec.is_none_or(|codec| codec.eq_ignore_ascii_case("video/h264"))
    });
    let rate = |found: Option<(&Flow, &VideoParameters)>| -> Option<FrameRate> {
        found.and_then(|(_, video)| video.frame_rate)
    };
    shown
        && ours.is_some() == theirs.is_some()
        && rate(ours) == rate(theirs)
        && flow.technical.format == other.technical.format
        && beside(flow.timerange, other.timerange)
}

/// The pictures of a flow, or of the one it collects.
fn pictures<'f>(flow: &'f Flow, all: &'f [Flow]) -> Option<(&'f Flow, &'f VideoParameters)> {
    let own = |flow: &'f Flow| match &flow.technical.essence_parameters {
        Some(EssenceParameters::Video(video)) => Some((flow, video)),
        _ => None,
    };
    own(flow).or_else(|| {
        let mut members = flow.flow_collection.iter().flatten();
        members.find_map(|item| own(all.iter().find(|flow| flow.id == item.id)?))
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

/// The frames of a flow that are shown in a range of another one, which has `frames` there.
///
/// Flows of one source keep time by clocks of their own, so a frame is the other's when it is nearer
/// to its time than half a frame.
fn frames_in(flow: &OpenFlow, range: TimeRange, frames: u64) -> Option<(u64, u64)> {
    let (start, end) = range.start().zip(range.end())?;
    let half = range.length()?.nanos() / i128::from(frames.checked_mul(2)?);
    let half = Timestamp::from_nanos(half)?;
    let at = |time: Timestamp| flow.first_frame_from(time.saturating_sub(half).to_rational());
    let first = at(start);
    Some((first, at(end).saturating_sub(first)))
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
                return Some(Choice::of(&own, &listing.flows));
            }
            let workspace = &self.inner.workspace;
            let source = workspace.catalogue.flow(id).ok()?.source_id;
            let own = workspace.flows(Some(source)).ok()?;
            let collected = own
                .iter()
                .flat_map(|flow| flow.flow_collection.iter().flatten())
                .filter_map(|item| workspace.catalogue.flow(item.id).ok());
            let all: Vec<Flow> = collected.collect();
            Some(Choice::of(&own, &all))
        };
        chosen().unwrap_or_default()
    }

    /// The clips of these flows could be compiled from better ones.
    pub(super) fn preview_flows<'f>(
        &self,
        flow_ids: impl Iterator<Item = &'f String>,
    ) -> HashSet<String> {
        let better = |flow_id: &&String| {
            let best = self.choice_for(flow_id).best;
            best.is_some_and(|best| beside_id(flow_id, best) != **flow_id)
        };
        flow_ids.filter(better).cloned().collect()
    }

    /// What is cut from a flow that was opened to be looked at is cut from the best one when that one
    /// is on this machine.
    pub(super) fn of_the_best(&self, part: FlowPart) -> FlowPart {
        let choice = self.choice_for(&part.flow_id);
        let (Some(preview), Some(best)) = (choice.preview, choice.best) else {
            return part;
        };
        let best = beside_id(&part.flow_id, best);
        if best == part.flow_id || beside_id(&part.flow_id, preview) != part.flow_id {
            return part;
        }
        let linked = || -> Option<FlowPart> {
            let shown = self.open_flow(&part.flow_id).ok()?;
            let target = self.open_flow(&best).ok()?;
            let first = part.mark_in.map_or(0, u64::from);
            let behind = part.mark_out.map_or(shown.frames(), u64::from);
            let frames = behind.checked_sub(first)?;
            let range = shown.timerange(first, frames)?;
            let (first, found) = frames_in(&target, range, frames)?;
            (found == frames && target.rate() == shown.rate()).then(|| FlowPart {
                flow_id: best.clone(),
                mark_in: Some(small(first)),
                mark_out: Some(small(first + found)),
            })
        };
        // Where it is not, or shows other frames, the part stays what the user saw.
        linked().unwrap_or(part)
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
        let clips: Vec<Clip> = {
            let clips = lock(&self.inner.project).clips();
            clips.into_iter().filter(chosen).collect()
        };
        let mut targets: HashMap<String, Arc<OpenFlow>> = HashMap::new();
        for clip in &clips {
            let other = self.choice_for(&clip.flow_id).serving(purpose);
            let other = other.map(|id| beside_id(&clip.flow_id, id));
            let Some(other) = other.filter(|other| *other != clip.flow_id) else {
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

/// The id of another flow where one is: `studio/UUID`.
fn beside_id(flow_id: &str, other: Id) -> String {
    match flow_id.rsplit_once('/') {
        Some((connection, _)) => format!("{connection}/{other}"),
        None => other.to_string(),
    }
}

/// The frames that a clip shows, of another flow.
fn part_of(clip: &Clip, target: &OpenFlow) -> Result<FlowPart, Failure> {
    let (first, found) = frames_in(target, clip.timerange, clip.frames).unwrap_or_default();
    if found == 0 {
        return Err(Failure::new(
            Code::OutOfRange,
            format!(
                "{}: flow {} has nothing at {}",
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
            json!({"codec": "video/vp9"}),
            json!({"essence_parameters": {"frame_width": 640, "frame_height": 360,
                "frame_rate": {"numerator": 50, "denominator": 1}}}),
            json!({"format": "urn:x-nmos:format:audio", "codec": "audio/aac",
                "essence_parameters": {"sample_rate": 48000, "channels": 2}}),
        ] {
            assert_eq!(with(other.clone()), (8000, 8000), "{other}");
        }
        assert_eq!(chosen(&[best]), (8000, 8000));
        assert_eq!(Choice::of(&[], &[]), Choice::default());
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
