//! The sequence: its edits, and the cut plan that follows each of them.

use super::flows::{Known, OpenFlow, missing_flow, rate, small};
use super::lesson::Step;
use super::linking::of_the_best;
use super::monitors::Program;
use super::{Desk, blocking, lock};
use crate::{CompileSettings, Failure, OpenEdit};
use conform::{Clip, CutPlan, Edit, Issue, Mark, Mode, SpanKind};
use ipc::{DeskEvent, FailureView, PlanState, PlanView, SequenceEdit, SequenceView, SpanView};
use mediatime::FrameRate;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The newest plan.
pub(super) struct Planned {
    pub(super) state: PlanState,
    /// Flows that could not be opened for it, and why.
    broken: HashMap<String, FailureView>,
    /// Flows whose sources have better ones to compile from.
    preview: HashSet<String>,
}

impl Default for Planned {
    fn default() -> Self {
        Self {
            state: PlanState::Empty,
            broken: HashMap::new(),
            preview: HashSet::new(),
        }
    }
}

/// What is compiled: the sequence as it was at one revision.
pub(super) struct Snapshot {
    pub(super) revision: u32,
    pub(super) title: String,
    pub(super) edit: OpenEdit,
    clips: Vec<Named>,
}

/// A clip of the sequence.
struct Named {
    title: String,
    id: String,
    /// Frames of the sequence.
    range: std::ops::Range<u64>,
}

impl Desk {
    /// Changes the sequence; on the disk when this returns.
    ///
    /// # Errors
    /// The edit names something that is not there, or the workspace can't be written.
    pub async fn sequence_edit(&self, args: ipc::EditArgs) -> Result<SequenceView, Failure> {
        let desk = self.clone();
        blocking(move || {
            let appends = matches!(
                args.edit,
                SequenceEdit::Append { .. }
                    | SequenceEdit::Insert { .. }
                    | SequenceEdit::Overwrite { .. }
            );
            let edit = of_the_best(&desk, args.edit);
            let known = desk.flows_of(&edit)?;
            lock(&desk.inner.project).edit(edit, &known, &|flow_id| names_of(&known, flow_id))?;
            let view = desk.sequence_view();
            desk.tell(DeskEvent::Sequence {
                sequence: view.clone(),
            });
            desk.inner.replan.notify_one();
            if appends {
                desk.step_done(Step::Appended);
            }
            Ok(view)
        })
        .await
    }

    /// The sequence, with what keeps clips from being played or compiled.
    pub(super) fn sequence_view(&self) -> SequenceView {
        let mut view = lock(&self.inner.project).view();
        let planned = lock(&self.inner.plan);
        for clip in &mut view.clips {
            clip.problem = planned.broken.get(&clip.flow_id).cloned();
            clip.preview = planned.preview.contains(&clip.flow_id);
        }
        view
    }

    /// The flows that an edit may ask about: those of the sequence and the one it brings.
    fn flows_of(&self, edit: &SequenceEdit) -> Result<Known, Failure> {
        let brought = match edit {
            SequenceEdit::Append { part }
            | SequenceEdit::Insert { part, .. }
            | SequenceEdit::Overwrite { part, .. } => Some(part.flow_id.clone()),
            SequenceEdit::ReplaceMedia { flow_id, .. } => Some(flow_id.clone()),
            _ => None,
        };
        let mut known = HashMap::new();
        if let Some(id) = brought {
            known.insert(id.clone(), self.open_flow(&id)?);
        }
        let clips = lock(&self.inner.project).clips();
        for clip in clips {
            if known.contains_key(&clip.flow_id) {
                continue;
            }
            // A flow that has gone does not keep its clips from being removed or moved.
            if let Ok(flow) = self.open_flow(&clip.flow_id) {
                known.insert(clip.flow_id, flow);
            }
        }
        Ok(Known(known))
    }

    /// The sequence as it is now, opened for planning. `None` while it is empty. Blocks.
    pub(super) fn snapshot(&self) -> Result<Option<Snapshot>, Failure> {
        let (view, (items, rate)) = {
            let project = lock(&self.inner.project);
            (project.view(), project.items())
        };
        if view.clips.is_empty() {
            return Ok(None);
        }
        let mut flows: HashMap<String, Arc<OpenFlow>> = HashMap::new();
        let mut track = conform::Track::default();
        let mut names = Vec::with_capacity(view.clips.len());
        let mut shown = view.clips.into_iter();
        let mut gap = 0;
        let time = |frames: u64| {
            let frames = i64::try_from(frames).unwrap_or(i64::MAX);
            rate.unwrap_or(FrameRate::FPS_25).frame_start(frames)
        };
        let transition = |transition: timeline::Transition| conform::Transition {
            before: time(transition.before),
            behind: time(transition.behind),
        };
        for item in items {
            let clip = match item {
                timeline::Item::Gap(empty) => {
                    gap = empty.frames;
                    continue;
                }
                timeline::Item::Clip(clip) => clip,
            };
            let Some(shown) = shown.next() else {
                continue;
            };
            let place = track.clips.len();
            if gap > 0 {
                track.gaps.insert(place, time(std::mem::take(&mut gap)));
            }
            track
                .heads
                .extend(clip.head.map(|head| (place, transition(head))));
            track
                .tails
                .extend(clip.tail.map(|tail| (place, transition(tail))));
            let flow = match flows.get(&clip.flow_id) {
                Some(flow) => Arc::clone(flow),
                None => {
                    let flow = self.open_flow(&clip.flow_id).map_err(|failure| {
                        if failure.code == crate::Code::NotFound {
                            missing_flow(&clip.flow_id)
                        } else {
                            failure
                        }
                    })?;
                    flows.insert(clip.flow_id.clone(), Arc::clone(&flow));
                    flow
                }
            };
            // The exact flow time is the truth: frames may have come in front of the clip since.
            let first = clip.timerange.start().map_or(clip.first, |start| {
                flow.first_frame_from(start.to_rational())
            });
            let at = |frame: u64| Mark::Frame(i64::try_from(frame).unwrap_or(i64::MAX));
            track.clips.push(Clip {
                label: clip.title.clone(),
                source: Arc::clone(&flow.source),
                mark_in: Some(at(first)),
                mark_out: Some(at(first.saturating_add(clip.frames))),
            });
            names.push(Named {
                title: shown.title,
                id: shown.id,
                range: shown.at.into()..u64::from(shown.at) + u64::from(shown.frames),
            });
        }
        Ok(Some(Snapshot {
            revision: view.revision,
            title: view.title,
            edit: OpenEdit {
                edit: Edit {
                    tracks: vec![track],
                    start: rate.map(|_| time(view.start_frame.into())),
                },
                objects: Arc::clone(&self.inner.objects),
                notes: Vec::new(),
            },
            clips: names,
        }))
    }

    /// Plans the sequence whenever it has changed.
    pub(super) fn keep_planned(&self) {
        let desk = self.clone();
        self.inner.replan.notify_one();
        self.spawn(async move {
            loop {
                desk.inner.replan.notified().await;
                let worker = desk.clone();
                if let Err(failure) = blocking(move || worker.plan_again()).await {
                    desk.failed(&failure);
                }
            }
        });
    }

    fn plan_again(&self) -> Result<(), Failure> {
        let (revision, title, clips) = {
            let project = lock(&self.inner.project);
            let view = project.view();
            (view.revision, view.title, project.clips())
        };
        if !clips.is_empty() {
            self.set_plan(PlanState::Planning { revision });
        }
        let (mut broken, mut opened) = (HashMap::new(), HashSet::new());
        for clip in clips {
            if opened.contains(&clip.flow_id) {
                continue;
            }
            if let Entry::Vacant(entry) = broken.entry(clip.flow_id) {
                match self.open_flow(entry.key()) {
                    Ok(_) => {
                        opened.insert(entry.key().clone());
                    }
                    Err(failure) => {
                        self.fetch_once(entry.key());
                        let failure = FailureView::from(&failure);
                        entry.insert(failure);
                    }
                }
            }
        }
        let preview = self.preview_flows(broken.keys().chain(&opened));
        self.set_found(broken, preview);
        let planned = self.snapshot().and_then(|snapshot| {
            let Some(snapshot) = snapshot else {
                return Ok(None);
            };
            let settings = CompileSettings {
                pace: self.inner.workspace.pace()?,
                ..CompileSettings::default()
            };
            let (plan, issues) = crate::plan(&snapshot.edit, &settings)?;
            Ok(Some((snapshot, plan, issues)))
        });
        match planned {
            Ok(None) => {
                self.no_program(&title, None);
                self.set_plan(PlanState::Empty);
            }
            Ok(Some((snapshot, plan, issues))) => {
                let view = plan_view(&snapshot, &plan, &issues);
                self.show_program(&Program {
                    plan: Arc::new(plan),
                    title: snapshot.title,
                });
                self.set_plan(PlanState::Ready { plan: view });
            }
            Err(failure) => {
                self.no_program(&title, Some(&failure));
                self.set_plan(PlanState::Failed {
                    revision,
                    failure: (&failure).into(),
                });
            }
        }
        Ok(())
    }

    /// Notes which flows can't be opened and which have better ones beside them, and tells the page
    /// when that has changed.
    fn set_found(&self, broken: HashMap<String, FailureView>, preview: HashSet<String>) {
        let changed = {
            let mut planned = lock(&self.inner.plan);
            let changed = planned.broken != broken || planned.preview != preview;
            (planned.broken, planned.preview) = (broken, preview);
            changed
        };
        if changed {
            self.tell(DeskEvent::Sequence {
                sequence: self.sequence_view(),
            });
        }
    }

    fn set_plan(&self, state: PlanState) {
        lock(&self.inner.plan).state = state.clone();
        self.tell(DeskEvent::Plan { plan: state });
    }
}

/// What a clip keeps of a flow that is open.
pub(super) fn names_of(known: &Known, flow_id: &str) -> Option<crate::project::FlowNames> {
    let flow = known.0.get(flow_id)?;
    Some(crate::project::FlowNames {
        source_id: flow.source_id.clone(),
        title: flow.title.clone(),
        sound: flow.sound(),
        frame_rate: flow.source.frame_rate(),
    })
}

/// A mode by its word on the command line.
pub(super) fn mode(word: &str) -> Result<Mode, Failure> {
    match word {
        "auto" => Ok(Mode::Auto),
        "copy" => Ok(Mode::Copy),
        "smart" => Ok(Mode::Smart),
        "render" => Ok(Mode::Render),
        other => Err(Failure::bad_input(
            format!("`{other}` is no mode"),
            "Choose auto, copy, smart or render.",
        )),
    }
}

fn plan_view(snapshot: &Snapshot, plan: &CutPlan, issues: &[Issue]) -> PlanView {
    let mut at = 0;
    let mut spans = Vec::with_capacity(plan.video.len());
    for span in &plan.video {
        let (from, clip_id) = clips_in(&snapshot.clips, at, span.frames);
        let mut objects: Vec<&str> = span.sources.iter().map(|s| s.object_id.as_str()).collect();
        objects.dedup();
        spans.push(SpanView {
            kind: kind_word(span.kind).to_owned(),
            at: small(at),
            frames: small(span.frames),
            from,
            clip_id,
            objects: small(objects.len() as u64),
            reason: span.reason.clone(),
            bytes: span.bytes,
            work_ms: span.seconds.millis,
        });
        at += span.frames;
    }
    let sound_bytes: u64 = plan.audio.iter().map(|span| span.bytes).sum();
    let sound_ms: u64 = plan.audio.iter().map(|span| span.seconds.millis).sum();
    PlanView {
        revision: snapshot.revision,
        hash: plan.hash.clone(),
        frame_rate: plan.frame_rate.map(rate),
        frames: small(plan.frames),
        sound: sound_words(plan).to_owned(),
        copied_frames: small(plan.copied_frames()),
        bytes: spans.iter().map(|span| span.bytes).sum::<u64>() + sound_bytes,
        work_ms: spans.iter().map(|span| span.work_ms).sum::<u64>() + sound_ms,
        spans,
        codec: plan.format.codec.word().to_owned(),
        may_refuse: crate::may_refuse(plan).map(str::to_owned),
        width: plan.format.width,
        height: plan.format.height,
        issues: issues
            .iter()
            .map(|issue| format!("{}: {}", issue.clip, issue.what))
            .collect(),
    }
}

fn sound_words(plan: &CutPlan) -> &'static str {
    if plan.audio.is_empty() {
        "none"
    } else if plan.audio.iter().all(|span| span.kind == SpanKind::Copy) {
        "copied as it is"
    } else {
        "encoded"
    }
}

fn kind_word(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Copy => "copy",
        SpanKind::Encode => "encode",
        SpanKind::Compose => "compose",
        SpanKind::Fill => "fill",
        SpanKind::Reference => "reference",
    }
}

/// Names of the clips between two output frames, and the id when it is one.
fn clips_in(clips: &[Named], at: u64, frames: u64) -> (String, Option<String>) {
    let mut names: Vec<&str> = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    let touched = clips
        .iter()
        .filter(|clip| clip.range.start < at + frames && at < clip.range.end);
    for clip in touched {
        if names.last() != Some(&clip.title.as_str()) {
            names.push(&clip.title);
        }
        ids.push(&clip.id);
    }
    let one = match ids.as_slice() {
        [one] => Some((*one).to_owned()),
        _ => None,
    };
    (names.join(" + "), one)
}
