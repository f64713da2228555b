//! Flows that are still recorded: what comes to the one in the source monitor is shown as it comes, and
//! play can follow its end.

use super::flows::OpenFlow;
use super::monitors::{Monitor, Program};
use super::{Desk, blocking};
use crate::Failure;
use crate::edit::{self, Fetching};
use crate::reference::{At, place_and_id};
use conform::SourceObject;
use ipc::{LiveState, MonitorName};
use mediatime::RationalTime;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A flow of the local node is looked at so often…
const LOOK_HERE: Duration = Duration::from_millis(500);
/// …and the node itself, for what came into it, so often…
const LIST_HERE: Duration = Duration::from_secs(1);
/// …one of a server, while it grows, so often…
const LOOK_THERE: Duration = Duration::from_secs(2);
/// …and while it does not, so often.
const LOOK_THERE_STILL: Duration = Duration::from_secs(15);
/// A flow that got nothing for so long is not recorded any more…
const STILL: Duration = Duration::from_secs(10);
/// …or for so many times as long as between the last two segments.
const STILL_TIMES: u32 = 4;
/// Play follows the end so many objects behind…
const OBJECTS_BEHIND: usize = 2;
/// …and at least so many seconds.
const SECONDS_BEHIND: i128 = 2;

/// Whether the flow in a monitor grows, and whether its end is followed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Live {
    /// When it grew last.
    grown: Option<Instant>,
    /// The longest that it took to grow again, or that came at once: segments come when they are whole.
    pause: Duration,
    following: bool,
}

impl Live {
    pub(super) fn state(&self) -> LiveState {
        match (self.grown, self.following) {
            (None, _) => LiveState::Still,
            (Some(_), false) => LiveState::Growing,
            (Some(_), true) => LiveState::Following,
        }
    }

    /// Follows the end of what grows, or no longer.
    pub(super) fn follow(&mut self, following: bool) {
        self.following = following && self.grown.is_some();
    }

    /// So much came.
    pub(super) fn grow(&mut self, now: Instant, came: Duration) {
        let before = self.grown.map_or(Duration::ZERO, |before| now - before);
        self.pause = self.pause.max(before).max(came);
        self.grown = Some(now);
    }

    /// It got nothing for long. Should it go on after all, it is known how long its segments are.
    pub(super) fn end(&mut self) {
        (self.grown, self.following) = (None, false);
    }

    /// It grew, but got nothing for long.
    fn is_over(&self, now: Instant) -> bool {
        let patience = STILL.max(self.pause * STILL_TIMES);
        self.grown.is_some_and(|grown| now - grown > patience)
    }
}

/// How a flow was when it was looked at last.
#[derive(Debug, Default)]
struct Seen {
    flow_id: String,
    /// What the local node said of its segments.
    stamp: Option<String>,
}

impl Desk {
    /// Lists the sources of the local node again when something was written there: by this window, by a
    /// command beside it, or by whoever records into it.
    pub(super) fn follow_node(&self) {
        let desk = self.clone();
        self.spawn(async move {
            let catalogue = desk.inner.workspace.catalogue.clone();
            let mut watch = match blocking(move || Ok(catalogue.watch()?)).await {
                Ok(watch) => watch,
                Err(failure) => return desk.failed(&failure),
            };
            loop {
                tokio::time::sleep(LIST_HERE).await;
                let worker = desk.clone();
                let looked = blocking(move || {
                    if watch.changed()? {
                        worker.tell_sources();
                    }
                    Ok(watch)
                });
                watch = match looked.await {
                    Ok(watch) => watch,
                    Err(failure) => return desk.failed(&failure),
                };
            }
        });
    }

    /// Looks now and then whether the flow in the source monitor has grown.
    pub(super) fn follow_growth(&self) {
        let desk = self.clone();
        self.spawn(async move {
            let mut seen = Seen::default();
            loop {
                tokio::select! {
                    () = tokio::time::sleep(desk.inner.source.look_again_in()) => {}
                    () = desk.inner.look_again.notified() => {}
                }
                desk.look_for_growth(&mut seen).await;
            }
        });
    }

    async fn look_for_growth(&self, seen: &mut Seen) {
        let Some((before, generation)) = self.inner.source.ready_flow() else {
            return;
        };
        if seen.flow_id != before.id {
            *seen = Seen {
                flow_id: before.id.clone(),
                stamp: None,
            };
        }
        let looked = match Self::is_remote(&before.id) {
            true => self.grown_there(&before).await.map(|flow| (flow, None)),
            false => {
                let (desk, id, stamp) = (self.clone(), before.id.clone(), seen.stamp.clone());
                blocking(move || desk.grown_here(&id, stamp)).await
            }
        };
        let flow = match looked {
            Ok((flow, stamp)) => {
                seen.stamp = stamp;
                flow
            }
            Err(failure) => {
                // What is loaded stays; the next look may tell more.
                tracing::debug!("{failure}");
                None
            }
        };
        let desk = self.clone();
        let shown = blocking(move || desk.show_growth(generation, &before, flow));
        if let Err(failure) = shown.await {
            self.failed(&failure);
        }
    }

    /// A flow of the local node, when its segments may have changed since `stamp`, and the stamp now.
    fn grown_here(
        &self,
        flow_id: &str,
        stamp: Option<String>,
    ) -> Result<(Option<Arc<OpenFlow>>, Option<String>), Failure> {
        let (_, id) = place_and_id(flow_id, flow_id)?;
        let catalogue = &self.inner.workspace.catalogue;
        let flow = catalogue.flow(id)?;
        let mut dates = vec![flow.segments_updated];
        for collector in flow.collected_by.iter().flatten() {
            dates.push(catalogue.flow(*collector)?.segments_updated);
        }
        let now = Some(format!("{dates:?}"));
        if now == stamp {
            return Ok((None, now));
        }
        Ok((Some(self.open_flow(flow_id)?), now))
    }

    /// A flow of a server with what it got since it was opened, fetched; `None` when it got nothing.
    async fn grown_there(&self, before: &OpenFlow) -> Result<Option<Arc<OpenFlow>>, Failure> {
        let (At::Named(name), id) = place_and_id(&before.id, &before.id)? else {
            return Ok(None);
        };
        if !self.is_online(&name) {
            return Ok(None);
        }
        let objects = before.source.objects();
        let ends = objects.iter().filter_map(|object| object.range);
        let end = ends.map(|(_, end)| end).max();
        let holder = objects.last().and_then(|object| object.flow_id.as_deref());
        let (Some(end), Some(holder)) = (end, holder.and_then(|id| id.parse().ok())) else {
            return Ok(None);
        };
        let (stop, remotes) = (&self.inner.stop, &self.inner.workspace.remotes);
        let came = remotes.segments_came(&name, (id, holder), end.to_timestamp(), stop);
        if !came.await? {
            return Ok(None);
        }
        let (desk, flow_id) = (self.clone(), before.id.clone());
        blocking(move || {
            let fetching = Fetching {
                progress: &|_, _, _| (),
                cancel: &desk.inner.stop,
            };
            let (remotes, objects) = (&desk.inner.workspace.remotes, &desk.inner.objects);
            let opened = edit::open_remote_known(remotes, objects, &name, id, &fetching)?;
            Ok(opened.map(|opened| desk.hold_remote_flow(&flow_id, &opened.flow, opened.source)))
        })
        .await
    }

    /// Shows what came to the flow that is loaded, and goes on playing when its end is followed. Blocks.
    fn show_growth(
        &self,
        generation: u32,
        before: &Arc<OpenFlow>,
        flow: Option<Arc<OpenFlow>>,
    ) -> Result<(), Failure> {
        let monitor = &self.inner.source;
        let program = |flow: &Arc<OpenFlow>| {
            Ok::<_, Failure>(Program {
                plan: Arc::new(self.whole_flow(flow)?),
                title: flow.title.clone(),
            })
        };
        let Some(flow) = flow.filter(|flow| !is_same(before, flow)) else {
            if monitor.live().is_over(Instant::now()) {
                monitor.end_growth(generation, &program(before)?);
                self.tell_monitor(MonitorName::Source);
            }
            return Ok(());
        };
        let program = program(&flow)?;
        if goes_on(before, &flow) {
            monitor.grow(generation, &program, &flow);
            self.tell_monitor(MonitorName::Source);
        } else {
            self.load_anew(generation, &program, &flow);
        }
        self.tell_sources();
        Ok(())
    }
}

/// A flow has the same objects at the same times.
fn is_same(before: &OpenFlow, flow: &OpenFlow) -> bool {
    before.frames() == flow.frames()
        && before.source.objects().len() == flow.source.objects().len()
        && goes_on(before, flow)
}

/// A flow begins with all that it had before: no frame has another number.
fn goes_on(before: &OpenFlow, flow: &OpenFlow) -> bool {
    let (known, now) = (before.source.objects(), flow.source.objects());
    let alike = known.iter().zip(now).all(|(known, now)| {
        let place = |object: &SourceObject| (object.offset, object.range);
        known.object_id == now.object_id && place(known) == place(now)
    });
    known.len() <= now.len() && alike && flow.source.frames().starts_with(before.source.frames())
}

impl Monitor {
    fn look_again_in(&self) -> Duration {
        match self.ready_flow() {
            Some((flow, _)) if Desk::is_remote(&flow.id) => match self.live().state() {
                LiveState::Still => LOOK_THERE_STILL,
                LiveState::Growing | LiveState::Following => LOOK_THERE,
            },
            _ => LOOK_HERE,
        }
    }

    /// Plays near the end of what is loaded.
    pub(super) fn go_live(&self) {
        if let Some((flow, _)) = self.ready_flow() {
            self.preview().seek(live_frame(&flow));
            self.preview().play(1);
        }
    }
}

/// Where play begins that follows the end of a flow: a few objects behind it, so that it does not run into
/// it before more comes.
fn live_frame(flow: &OpenFlow) -> u64 {
    let source = &flow.source;
    let objects = source.objects();
    let behind = objects.len().saturating_sub(OBJECTS_BEHIND);
    let begins = objects.get(behind).and_then(|object| object.range);
    let margin = RationalTime::new(SECONDS_BEHIND, 1).unwrap_or(RationalTime::ZERO);
    let latest = source.end() - margin;
    let from = begins.map_or(latest, |(begin, _)| begin.min(latest));
    let frame = flow.first_frame_from(from);
    frame.min(flow.frames().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_got_nothing_for_long_is_not_recorded_any_more() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut live = Live::default();
        live.follow(true);
        assert_eq!(
            (live.state(), live.is_over(at(100))),
            (LiveState::Still, false)
        );
        live.grow(at(0), Duration::from_secs(2));
        assert_eq!(live.state(), LiveState::Growing);
        live.follow(true);
        assert_eq!(live.state(), LiveState::Following);
        assert_eq!((live.is_over(at(10)), live.is_over(at(11))), (false, true));
        // Segments of half a minute are waited for.
        live.end();
        assert_eq!(live.state(), LiveState::Still);
        live.grow(at(30), Duration::from_secs(30));
        assert_eq!(
            (live.is_over(at(150)), live.is_over(at(151))),
            (false, true)
        );
        live.end();
        live.grow(at(200), Duration::from_secs(30));
        live.follow(false);
        assert_eq!(live.state(), LiveState::Growing);
    }
}
