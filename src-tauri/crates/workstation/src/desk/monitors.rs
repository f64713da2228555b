//! The two monitors: what is loaded in them, their marks, and how the page hears of them.

use super::flows::{Offsets, OpenFlow, rate, small};
use super::growth::Live;
use super::lesson::Step;
use super::{Desk, blocking, lock};
use crate::Failure;
use crate::reference::{At, place_and_id};
use conform::CutPlan;
use ipc::{DeskEvent, MonitorName, MonitorState, MonitorView, Transport};
use media::{ObjectSource, Preview, PreviewFrame, PreviewOptions, Sound};
use mediatime::Timestamp;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Decoded pictures a monitor keeps.
const CACHE_BYTES: usize = 192 << 20;
/// Fastest shuttle.
const FASTEST: i32 = 8;
/// While a monitor moves, the page hears of it this often.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// One monitor.
pub(super) struct Monitor {
    name: MonitorName,
    preview: Preview,
    loaded: Mutex<Loaded>,
}

/// What is in a monitor.
#[derive(Clone, Debug, Default)]
struct Loaded {
    generation: u32,
    /// Counts the views that were built.
    version: u32,
    state: Option<MonitorState>,
    problem: Option<ipc::FailureView>,
    title: String,
    flow_id: Option<String>,
    /// Where the playhead stood when the slate came.
    stood: u64,
    frames: u64,
    frame_rate: Option<ipc::Rate>,
    size: (u32, u32),
    sound: bool,
    mark_in: Option<u64>,
    mark_out: Option<u64>,
    /// What is in the source monitor.
    flow: Option<Arc<OpenFlow>>,
    /// Whether it grows.
    live: Live,
    /// What brings times of its objects onto the timelines of their flows.
    offsets: Arc<Offsets>,
}

/// What the record monitor plays, and what is said about it.
pub(super) struct Program {
    pub(super) plan: Arc<CutPlan>,
    pub(super) title: String,
}

impl Monitor {
    pub(super) fn new(name: MonitorName, sound: Sound) -> Result<Self, Failure> {
        let preview = Preview::new(PreviewOptions {
            cache_bytes: CACHE_BYTES,
            sound,
        })?;
        Ok(Self {
            name,
            preview,
            loaded: Mutex::default(),
        })
    }

    pub(super) fn preview(&self) -> &Preview {
        &self.preview
    }

    pub(super) fn close(&self) {
        let mut loaded = lock(&self.loaded);
        loaded.generation += 1;
        self.preview.clear(loaded.generation);
    }

    pub(super) fn view(&self) -> MonitorView {
        let (loaded, status) = {
            let mut loaded = lock(&self.loaded);
            loaded.version = loaded.version.wrapping_add(1);
            // Read under the lock, so that a higher version is never the older one.
            (loaded.clone(), self.preview.status().borrow().clone())
        };
        let played = status
            .problem
            .as_deref()
            .map(|problem| ipc::FailureView::from(&Failure::from(problem)));
        let ready = matches!(loaded.state, Some(MonitorState::Ready));
        let problem = loaded.problem.or_else(|| played.filter(|_| ready));
        let state = match (loaded.state, &problem) {
            (Some(MonitorState::Ready), Some(_)) => MonitorState::Slate,
            (state, _) => state.unwrap_or(MonitorState::Empty),
        };
        MonitorView {
            monitor: self.name,
            state,
            problem,
            generation: loaded.generation,
            version: loaded.version,
            title: loaded.title,
            flow_id: loaded.flow_id,
            frames: small(loaded.frames),
            frame_rate: loaded.frame_rate,
            width: loaded.size.0,
            height: loaded.size.1,
            sound: loaded.sound,
            frame: small(if loaded.state == Some(MonitorState::Slate) {
                loaded.stood
            } else {
                status.frame
            }),
            rate: status.rate,
            repeats: status.repeats,
            live: loaded.live.state(),
            loudness: status.loudness.map(|loudness| ipc::LoudnessView {
                momentary: loudness.momentary,
                short_term: loudness.short_term,
                integrated: loudness.integrated,
                true_peak: loudness.true_peak,
            }),
            mark_in: loaded.mark_in.map(small),
            mark_out: loaded.mark_out.map(small),
            shown_fps_tenths: status.shown_fps_tenths,
            dropped: status.dropped,
            decode: status.decode,
            buffered: status.buffered,
        }
    }

    /// The frames that are marked, as far as there are any.
    fn marked(&self) -> bool {
        let loaded = lock(&self.loaded);
        loaded.mark_in.is_some() && loaded.mark_out.is_some()
    }

    /// Something is on its way; the last picture stays.
    fn opening(&self, title: &str, flow_id: Option<&str>) -> u32 {
        let mut loaded = lock(&self.loaded);
        let generation = loaded.generation + 1;
        *loaded = Loaded {
            generation,
            version: loaded.version,
            stood: self.playhead(&loaded),
            state: Some(MonitorState::Opening),
            title: title.to_owned(),
            flow_id: flow_id.map(str::to_owned),
            ..Loaded::default()
        };
        generation
    }

    /// Puts a plan in. Does nothing when something newer is on its way.
    fn load(
        &self,
        generation: u32,
        program: &Program,
        facts: Facts,
        objects: Arc<dyn ObjectSource + Send + Sync>,
        frame: u64,
    ) {
        let mut loaded = lock(&self.loaded);
        if loaded.generation != generation {
            return;
        }
        let plan = &program.plan;
        loaded.state = Some(MonitorState::Ready);
        loaded.problem = None;
        loaded.title.clone_from(&program.title);
        loaded.frames = plan.frames;
        loaded.frame_rate = plan.frame_rate.map(rate).or(facts.frame_rate);
        loaded.size = shown_size(plan);
        loaded.sound = plan.format.audio.is_some();
        loaded.offsets = facts.offsets;
        loaded.flow = facts.flow;
        let frame = frame.min(plan.frames.saturating_sub(1));
        self.preview
            .load(Arc::clone(plan), objects, generation, frame);
    }

    /// When the flow that a picture is of has it. `None` for a picture of something else than what is loaded.
    pub(super) fn flow_time(&self, frame: &PreviewFrame) -> Option<Timestamp> {
        let (object_id, time) = frame.of.as_ref()?;
        let offsets = {
            let loaded = lock(&self.loaded);
            (loaded.generation == frame.generation).then(|| Arc::clone(&loaded.offsets))?
        };
        let offset = (*offsets.get(&**object_id)?)?;
        Some((*time + offset).to_timestamp())
    }

    /// The flow that is loaded, and the generation.
    pub(super) fn ready_flow(&self) -> Option<(Arc<OpenFlow>, u32)> {
        let loaded = lock(&self.loaded);
        let is_ready = matches!(loaded.state, Some(MonitorState::Ready));
        let flow = loaded.flow.clone().filter(|_| is_ready)?;
        Some((flow, loaded.generation))
    }

    /// Goes on with what the flow that is loaded got. Blocks while that is looked into.
    pub(super) fn grow(&self, generation: u32, program: &Program, flow: &Arc<OpenFlow>) {
        let plan = Arc::clone(&program.plan);
        self.preview.extend(plan, generation, true);
        let mut loaded = lock(&self.loaded);
        if loaded.generation != generation {
            return;
        }
        let waits = {
            let status = self.preview.status();
            let status = status.borrow();
            status.rate == 0 && status.frame + 1 >= loaded.frames
        };
        let before = loaded.flow.as_ref().map(|flow| flow.source.end());
        let came = before.map(|before| (flow.source.end() - before).to_timestamp().nanos());
        let came = came
            .and_then(|nanos| u64::try_from(nanos).ok())
            .unwrap_or(0);
        loaded
            .live
            .grow(tokio::time::Instant::now(), Duration::from_nanos(came));
        loaded.frames = program.plan.frames;
        loaded.offsets = Arc::new(flow.offsets());
        loaded.flow = Some(Arc::clone(flow));
        if waits && loaded.live.state() == ipc::LiveState::Following {
            self.preview.play(1);
        }
    }

    /// The flow that is loaded got nothing for long: its end is the end. Blocks as [`grow`](Self::grow).
    pub(super) fn end_growth(&self, generation: u32, program: &Program) {
        self.preview
            .extend(Arc::clone(&program.plan), generation, false);
        let mut loaded = lock(&self.loaded);
        if loaded.generation == generation {
            loaded.live.end();
        }
    }

    /// Whether the flow that is loaded grows.
    pub(super) fn live(&self) -> Live {
        lock(&self.loaded).live
    }

    /// What should have been loaded can't be.
    fn slate(&self, generation: u32, failure: &Failure) {
        let mut loaded = lock(&self.loaded);
        if loaded.generation == generation {
            loaded.state = Some(MonitorState::Slate);
            loaded.problem = Some(failure.into());
            self.preview.clear(generation);
        }
    }

    /// Nothing is loaded any more.
    fn empty(&self) {
        let mut loaded = lock(&self.loaded);
        *loaded = Loaded {
            generation: loaded.generation + 1,
            version: loaded.version,
            ..Loaded::default()
        };
        self.preview.clear(loaded.generation);
    }

    /// Where the playhead is, or stood before the slate.
    fn playhead(&self, loaded: &Loaded) -> u64 {
        match loaded.state {
            Some(MonitorState::Ready) => self.preview.status().borrow().frame,
            _ => loaded.stood,
        }
    }

    fn transport(&self, transport: &Transport) {
        let preview = &self.preview;
        let marks = matches!(
            transport,
            Transport::MarkIn { .. } | Transport::MarkOut { .. }
        );
        if !marks {
            lock(&self.loaded)
                .live
                .follow(matches!(transport, Transport::Live));
        }
        match *transport {
            Transport::Play { rate } => {
                let rate = rate.clamp(-FASTEST, FASTEST);
                if rate == 0 {
                    preview.pause();
                } else {
                    preview.play(rate);
                }
            }
            Transport::PlayBetween {
                first,
                end,
                repeat,
                rest,
            } => preview.play_between(media::Stretch {
                first: first.into(),
                end: end.into(),
                repeat,
                rest: rest.map(u64::from),
            }),
            Transport::Live => self.go_live(),
            Transport::Pause => preview.pause(),
            Transport::Seek { frame } => preview.seek(frame.into()),
            Transport::Scrub { frame } => preview.scrub(frame.into()),
            Transport::Step { frames } => preview.step(frames.into()),
            Transport::MarkIn { frame } => self.mark(frame.map(u64::from), true),
            Transport::MarkOut { frame } => self.mark(frame.map(u64::from), false),
        }
    }

    /// Sets a mark; one that would make the other pointless clears it, as editors know it.
    fn mark(&self, frame: Option<u64>, is_in: bool) {
        let mut loaded = lock(&self.loaded);
        if loaded.state != Some(MonitorState::Ready) {
            // The frame belongs to what was here before.
            return;
        }
        let last = loaded.frames;
        if is_in {
            loaded.mark_in = frame.map(|frame| frame.min(last.saturating_sub(1)));
        } else {
            loaded.mark_out = frame.map(|frame| frame.clamp(1, last.max(1)));
        }
        if let (Some(first), Some(end)) = (loaded.mark_in, loaded.mark_out)
            && end <= first
        {
            if is_in {
                loaded.mark_out = None;
            } else {
                loaded.mark_in = None;
            }
        }
    }
}

/// What a plan does not say.
#[derive(Clone, Debug, Default)]
struct Facts {
    frame_rate: Option<ipc::Rate>,
    offsets: Arc<Offsets>,
    flow: Option<Arc<OpenFlow>>,
}

impl Facts {
    fn of(flow: &Arc<OpenFlow>) -> Self {
        Self {
            frame_rate: flow.rate(),
            offsets: Arc::new(flow.offsets()),
            flow: Some(Arc::clone(flow)),
        }
    }
}

/// Pixels of a picture as it is meant to be seen.
fn shown_size(plan: &CutPlan) -> (u32, u32) {
    let format = &plan.format;
    let (width, height) = format.pixel_aspect;
    let wide = u64::from(format.width) * u64::from(width) / u64::from(height.max(1));
    let wide = small(wide);
    if format.rotation % 180 == 90 {
        (format.height, wide)
    } else {
        (wide, format.height)
    }
}

impl Desk {
    pub(super) fn monitor(&self, name: MonitorName) -> &Monitor {
        match name {
            MonitorName::Source => &self.inner.source,
            MonitorName::Record => &self.inner.record,
        }
    }

    pub(super) fn tell_monitor(&self, name: MonitorName) {
        self.tell(DeskEvent::Monitor {
            monitor: self.monitor(name).view(),
        });
    }

    /// Loads a flow into the source monitor.
    ///
    /// # Errors
    /// None at once: what goes wrong is shown in the monitor.
    pub async fn source_open(&self, args: ipc::OpenArgs) -> Result<MonitorView, Failure> {
        let monitor = &self.inner.source;
        let known = lock(&monitor.loaded).clone();
        let same = known.flow_id.as_deref() == Some(args.flow_id.as_str())
            && matches!(known.state, Some(MonitorState::Ready));
        if same {
            if let Some(frame) = args.frame {
                monitor.preview.seek(frame.into());
            }
            self.inner.look_again.notify_one();
            return Ok(monitor.view());
        }
        let worker = self.clone();
        let flow_id = args.flow_id.clone();
        let title = blocking(move || Ok(worker.title_of(&flow_id))).await?;
        let generation = monitor.opening(&title, Some(&args.flow_id));
        let frame = args.frame.unwrap_or(0).into();
        if Self::is_remote(&args.flow_id) && self.held_flow(&args.flow_id).is_none() {
            let desk = self.clone();
            self.fetch_flow(&args.flow_id, &title, move |fetched| {
                let opened = fetched.map_err(Clone::clone);
                desk.load_opened(opened, generation, frame);
            });
            return Ok(monitor.view());
        }
        let desk = self.clone();
        self.spawn(async move {
            desk.load_source(args.flow_id, generation, frame).await;
        });
        Ok(monitor.view())
    }

    async fn load_source(&self, flow_id: String, generation: u32, frame: u64) {
        let worker = self.clone();
        let shown = blocking(move || {
            worker.load_opened(worker.open_flow(&flow_id), generation, frame);
            Ok(())
        });
        if let Err(failure) = shown.await {
            self.failed(&failure);
        }
    }

    /// Shows a flow that was opened, or why it was not. Blocks while it is planned.
    fn load_opened(&self, opened: Result<Arc<OpenFlow>, Failure>, generation: u32, frame: u64) {
        let planned = opened.and_then(|flow| {
            let plan = self.whole_flow(&flow)?;
            self.step_done(Step::Opened);
            Ok((flow, plan))
        });
        let monitor = &self.inner.source;
        match planned {
            Ok((flow, plan)) => {
                let program = Program {
                    plan: Arc::new(plan),
                    title: flow.title.clone(),
                };
                let facts = Facts::of(&flow);
                monitor.load(generation, &program, facts, self.object_source(), frame);
            }
            Err(failure) => monitor.slate(generation, &failure),
        }
        self.tell_monitor(MonitorName::Source);
    }

    /// Loads a flow again whose frames have other numbers now, marks and place kept.
    pub(super) fn load_anew(&self, generation: u32, program: &Program, flow: &Arc<OpenFlow>) {
        let monitor = &self.inner.source;
        let (generation, frame) = {
            let mut loaded = lock(&monitor.loaded);
            if loaded.generation != generation {
                // Something else was asked for meanwhile.
                return;
            }
            let frame = monitor.playhead(&loaded);
            let inside = |mark: &u64| *mark <= program.plan.frames;
            loaded.generation += 1;
            loaded.state = Some(MonitorState::Opening);
            loaded.stood = frame;
            loaded.live = Live::default();
            loaded.mark_in = loaded.mark_in.filter(inside);
            loaded.mark_out = loaded.mark_out.filter(inside);
            (loaded.generation, frame)
        };
        monitor.load(
            generation,
            program,
            Facts::of(flow),
            self.object_source(),
            frame,
        );
        self.tell_monitor(MonitorName::Source);
    }

    /// Moves a monitor.
    ///
    /// # Errors
    /// None yet.
    pub async fn monitor_transport(
        &self,
        args: ipc::TransportArgs,
    ) -> Result<MonitorView, Failure> {
        let monitor = self.monitor(args.monitor);
        monitor.transport(&args.transport);
        let is_mark = matches!(
            args.transport,
            Transport::MarkIn { .. } | Transport::MarkOut { .. }
        );
        if is_mark {
            if args.monitor == MonitorName::Source && monitor.marked() {
                let desk = self.clone();
                tokio::task::spawn_blocking(move || desk.step_done(Step::Marked));
            }
            self.tell_monitor(args.monitor);
        }
        Ok(monitor.view())
    }

    /// Puts a plan into the record monitor, at the frame where it stands.
    pub(super) fn show_program(&self, program: &Program) {
        let monitor = &self.inner.record;
        let (frame, marks) = {
            let loaded = lock(&monitor.loaded);
            let marks = (loaded.mark_in, loaded.mark_out);
            (monitor.playhead(&loaded), marks)
        };
        let generation = monitor.opening(&program.title, None);
        {
            let mut loaded = lock(&monitor.loaded);
            let inside = |mark: &u64| *mark <= program.plan.frames;
            loaded.mark_in = marks.0.filter(inside);
            loaded.mark_out = marks.1.filter(inside);
        }
        monitor.load(
            generation,
            program,
            Facts {
                offsets: Arc::new(self.offsets_of(&program.plan)),
                ..Facts::default()
            },
            self.object_source(),
            frame,
        );
        self.tell_monitor(MonitorName::Record);
    }

    /// The sequence is empty, or can't be played.
    pub(super) fn no_program(&self, title: &str, failure: Option<&Failure>) {
        let monitor = &self.inner.record;
        match failure {
            None => monitor.empty(),
            Some(failure) => {
                let generation = monitor.opening(title, None);
                monitor.slate(generation, failure);
            }
        }
        self.tell_monitor(MonitorName::Record);
    }

    /// Tells the page what moves, not more often than a person reads.
    pub(super) fn follow_monitors(&self) {
        for name in [MonitorName::Source, MonitorName::Record] {
            let desk = self.clone();
            self.spawn(async move {
                let mut status = desk.monitor(name).preview.status();
                while status.changed().await.is_ok() {
                    desk.tell_monitor(name);
                    tokio::time::sleep(TELL_EVERY).await;
                }
            });
        }
    }

    pub(super) fn object_source(&self) -> Arc<dyn ObjectSource + Send + Sync> {
        let objects: Arc<crate::Objects> = Arc::clone(super::flows::objects(self));
        objects
    }

    pub(super) fn title_of(&self, flow_id: &str) -> String {
        if let Ok((At::Named(name), id)) = place_and_id(flow_id, flow_id) {
            let listing = self.listing_of(&name);
            let mut flows = listing.iter().flat_map(|listing| &listing.flows);
            let flow = flows.find(|flow| flow.id == id);
            return flow.map_or_else(|| flow_id.to_owned(), |flow| self.remote_title(&name, flow));
        }
        let opened = || -> Option<String> {
            let id = flow_id.parse().ok()?;
            let flow = self.inner.workspace.catalogue.flow(id).ok()?;
            let source = self.inner.workspace.catalogue.source(flow.source_id).ok()?;
            source.label.or(flow.label)
        };
        opened().unwrap_or_else(|| flow_id.to_owned())
    }

    /// The plan of a flow from its first frame to its last. No clip reaches over a hole, so a flow
    /// with holes plays what is there, frame behind frame, and can be cut around them.
    pub(super) fn whole_flow(&self, flow: &OpenFlow) -> Result<CutPlan, Failure> {
        let mark = |frame: u64| conform::Mark::Frame(i64::try_from(frame).unwrap_or(i64::MAX));
        let mut ends: Vec<u64> = flow
            .gaps()
            .into_iter()
            .map(|(after, _)| after + 1)
            .collect();
        ends.push(flow.frames());
        let mut clips = Vec::with_capacity(ends.len());
        let mut first = 0;
        for end in ends {
            clips.push(conform::Clip {
                label: flow.title.clone(),
                source: Arc::clone(&flow.source),
                mark_in: Some(mark(first)),
                mark_out: Some(mark(end)),
            });
            first = end;
        }
        let options = conform::Options {
            mode: conform::Mode::Auto,
            encoders: conform::Encoders::H264,
            codec: None,
            single_parameter_set: false,
            pace: conform::Pace::default(),
        };
        Ok(conform::conform(&conform::Edit::of(clips), &options)?.0)
    }
}
