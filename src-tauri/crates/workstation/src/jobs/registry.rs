//! Which jobs there are, and the threads they run on.

use super::JobHandle;
use crate::records::date;
use crate::{Code, Failure};
use ipc::{DeskEvent, JobKind, JobResult, JobState, JobView, ProgressView};
use mediatime::{Clock, Timestamp};
use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Finished jobs that are kept; the oldest go first.
const FINISHED: usize = 100;
/// Jobs that wait or run at the same time.
const UNFINISHED: usize = 256;
/// Time between two events about one job's progress.
const PACE: Duration = Duration::from_millis(100);

/// The jobs of a window.
pub(super) struct Inner {
    clock: Arc<dyn Clock>,
    events: broadcast::Sender<DeskEvent>,
    runtime: Handle,
    registry: Mutex<Registry>,
    /// Threads at work.
    running: watch::Sender<usize>,
    stop: CancellationToken,
}

/// No caller's code runs while it is locked.
#[derive(Default)]
struct Registry {
    /// Oldest first.
    jobs: Vec<Job>,
    /// Jobs that wait, by key. A key is here while a job with it runs.
    queues: HashMap<String, VecDeque<(String, Work)>>,
}

type Work = Box<dyn FnOnce(&JobHandle) -> Result<JobResult, Failure> + Send>;

struct Job {
    view: JobView,
    key: Option<String>,
    begun: Timestamp,
    token: CancellationToken,
    pace: Pace,
}

/// Whether progress can be told at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// It can.
    Free,
    /// It was told a moment ago.
    Told,
    /// It was told a moment ago and has changed since.
    Changed,
}

impl Inner {
    pub(super) fn new(clock: Arc<dyn Clock>, events: broadcast::Sender<DeskEvent>) -> Self {
        Self {
            clock,
            events,
            runtime: Handle::current(),
            registry: Mutex::default(),
            running: watch::Sender::new(0),
            stop: CancellationToken::new(),
        }
    }

    pub(super) fn list(&self) -> Vec<JobView> {
        let now = self.clock.now();
        let registry = self.lock();
        registry.jobs.iter().rev().map(|job| job.at(now)).collect()
    }

    pub(super) fn result(&self, id: &str) -> Option<JobResult> {
        match &self.lock().find(id)?.view.state {
            JobState::Done { result } => Some(result.clone()),
            _ => None,
        }
    }

    pub(super) fn start(
        self: &Arc<Self>,
        kind: JobKind,
        title: String,
        key: Option<String>,
        work: Work,
    ) -> String {
        let now = self.clock.now();
        let id = Uuid::now_v7().to_string();
        let mut job = Job {
            view: JobView {
                id: id.clone(),
                kind,
                title,
                state: JobState::Queued,
                progress: None,
                started: date(now),
                elapsed_ms: 0,
                cancellable: true,
            },
            key: key.clone(),
            begun: now,
            token: CancellationToken::new(),
            pace: Pace::Free,
        };
        let mut registry = self.lock();
        if let Some(state) = self.refusal(&registry) {
            job.finish(state, now);
            self.add(&mut registry, job);
            return id;
        }
        self.add(&mut registry, job);
        if let Some(key) = key {
            if let Some(queue) = registry.queues.get_mut(&key) {
                queue.push_back((id.clone(), work));
                return id;
            }
            registry.queues.insert(key, VecDeque::new());
        }
        self.run(&mut registry, &id, work);
        id
    }

    /// Why no new job begins now.
    fn refusal(&self, registry: &Registry) -> Option<JobState> {
        if self.stop.is_cancelled() {
            return Some(JobState::Cancelled);
        }
        let unfinished = registry.jobs.iter().filter(|job| !job.is_finished());
        (unfinished.count() >= UNFINISHED).then(|| {
            failed(&Failure::new(
                Code::Busy,
                format!("{UNFINISHED} jobs wait already"),
                "Start it again when some of them are done.",
            ))
        })
    }

    fn add(&self, registry: &mut Registry, job: Job) {
        self.tell(DeskEvent::Job {
            job: job.view.clone(),
        });
        registry.jobs.push(job);
        self.put_oldest_away(registry);
    }

    /// Begins a job on a thread of its own.
    fn run(self: &Arc<Self>, registry: &mut Registry, id: &str, work: Work) {
        let now = self.clock.now();
        let Some(job) = registry.find_mut(id) else {
            return;
        };
        job.begun = now;
        job.view.started = date(now);
        job.view.state = JobState::Running;
        self.tell(DeskEvent::Job { job: job.at(now) });
        let handle = JobHandle {
            id: id.to_owned(),
            jobs: Arc::clone(self),
            token: job.token.clone(),
        };
        self.running.send_modify(|running| *running += 1);
        let thread = std::thread::Builder::new().name("job".to_owned());
        let spawned = thread.spawn(move || {
            let jobs = Arc::clone(&handle.jobs);
            let _runtime = jobs.runtime.enter();
            let done = catch_unwind(AssertUnwindSafe(|| work(&handle)));
            let done = done.unwrap_or_else(|panic| Err(Failure::internal(words(panic.as_ref()))));
            jobs.finished(&handle.id, done);
            jobs.running.send_modify(|running| *running -= 1);
        });
        if let Err(error) = spawned {
            self.running.send_modify(|running| *running -= 1);
            let failure = Failure::internal(format!("no thread can be had: {error}"));
            self.settle(registry, id, failed(&failure));
        }
    }

    /// Keeps what a job came to, and begins the next one with its key.
    fn finished(self: &Arc<Self>, id: &str, done: Result<JobResult, Failure>) {
        let state = match done {
            Ok(result) => JobState::Done { result },
            Err(failure) if failure.code == Code::Cancelled => JobState::Cancelled,
            Err(failure) => failed(&failure),
        };
        self.settle(&mut self.lock(), id, state);
    }

    fn settle(self: &Arc<Self>, registry: &mut Registry, id: &str, state: JobState) {
        let now = self.clock.now();
        let Some(job) = registry.find_mut(id) else {
            return;
        };
        job.finish(state, now);
        let key = job.key.clone();
        self.tell(DeskEvent::Job {
            job: job.view.clone(),
        });
        self.put_oldest_away(registry);
        let Some(key) = key else {
            return;
        };
        match registry.queues.get_mut(&key).and_then(VecDeque::pop_front) {
            Some((next, work)) => self.run(registry, &next, work),
            None => {
                registry.queues.remove(&key);
            }
        }
    }

    fn put_oldest_away(&self, registry: &mut Registry) {
        let finished = registry.jobs.iter().filter(|job| job.is_finished()).count();
        for _ in FINISHED..finished {
            let Some(oldest) = registry.jobs.iter().position(Job::is_finished) else {
                return;
            };
            let gone = registry.jobs.remove(oldest);
            self.tell(DeskEvent::JobGone { id: gone.view.id });
        }
    }

    pub(super) fn cancel(&self, id: &str) -> Result<(), Failure> {
        let now = self.clock.now();
        let mut registry = self.lock();
        let job = registry.find_mut(id).ok_or_else(|| no_such(id))?;
        if !job.view.cancellable {
            return Ok(());
        }
        job.token.cancel();
        job.view.cancellable = false;
        let mut dropped = None;
        if job.view.state == JobState::Queued {
            job.finish(JobState::Cancelled, now);
            let key = job.key.clone().unwrap_or_default();
            if let Some(queue) = registry.queues.get_mut(&key)
                && let Some(place) = queue.iter().position(|(waiting, _)| waiting == id)
            {
                dropped = queue.remove(place);
            }
        }
        if let Some(job) = registry.find(id) {
            self.tell(DeskEvent::Job { job: job.at(now) });
        }
        self.put_oldest_away(&mut registry);
        drop(registry);
        drop(dropped);
        Ok(())
    }

    pub(super) fn dismiss(&self, id: &str) -> Result<(), Failure> {
        let mut registry = self.lock();
        let job = registry.find(id).ok_or_else(|| no_such(id))?;
        if !job.is_finished() {
            return Err(Failure::new(
                Code::Busy,
                format!("`{}` is still at work", job.view.title),
                "Cancel it first.",
            ));
        }
        registry.jobs.retain(|job| job.view.id != id);
        self.tell(DeskEvent::JobGone { id: id.to_owned() });
        Ok(())
    }

    /// Cancels all jobs and takes no new ones.
    pub(super) fn stop_all(&self) {
        self.stop.cancel();
        let ids: Vec<String> = {
            let registry = self.lock();
            let unfinished = registry.jobs.iter().filter(|job| !job.is_finished());
            unfinished.map(|job| job.view.id.clone()).collect()
        };
        for id in ids {
            // It may have been finished and put away meanwhile.
            let _ = self.cancel(&id);
        }
    }

    /// Waits until no thread is at work.
    pub(super) async fn idle(&self) {
        let mut running = self.running.subscribe();
        // The sender is ours.
        let _ = running.wait_for(|running| *running == 0).await;
    }

    pub(super) fn progress(self: &Arc<Self>, id: &str, progress: ProgressView) {
        let now = self.clock.now();
        let mut registry = self.lock();
        let Some(job) = registry.find_mut(id).filter(|job| !job.is_finished()) else {
            return;
        };
        job.view.progress = Some(progress);
        if job.pace != Pace::Free {
            job.pace = Pace::Changed;
            return;
        }
        job.pace = Pace::Told;
        self.tell(DeskEvent::Job { job: job.at(now) });
        drop(registry);
        let (jobs, id) = (Arc::downgrade(self), id.to_owned());
        self.runtime.spawn(async move {
            loop {
                tokio::time::sleep(PACE).await;
                if !jobs.upgrade().is_some_and(|jobs| jobs.catch_up(&id)) {
                    return;
                }
            }
        });
    }

    /// Tells the progress that was held back; whether there was any.
    fn catch_up(&self, id: &str) -> bool {
        let now = self.clock.now();
        let mut registry = self.lock();
        let Some(job) = registry.find_mut(id).filter(|job| !job.is_finished()) else {
            return false;
        };
        if job.pace == Pace::Told {
            job.pace = Pace::Free;
            return false;
        }
        job.pace = Pace::Told;
        self.tell(DeskEvent::Job { job: job.at(now) });
        true
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, event: DeskEvent) {
        // Without a window nobody listens, which is no failure.
        let _ = self.events.send(event);
    }
}

impl Registry {
    fn find(&self, id: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.view.id == id)
    }

    fn find_mut(&mut self, id: &str) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.view.id == id)
    }
}

impl Job {
    fn is_finished(&self) -> bool {
        !matches!(self.view.state, JobState::Queued | JobState::Running)
    }

    fn finish(&mut self, state: JobState, now: Timestamp) {
        self.view.elapsed_ms = self.elapsed_ms(now);
        self.view.state = state;
        self.view.cancellable = false;
    }

    /// As it is shown at a time.
    fn at(&self, now: Timestamp) -> JobView {
        JobView {
            elapsed_ms: self.elapsed_ms(now),
            ..self.view.clone()
        }
    }

    fn elapsed_ms(&self, now: Timestamp) -> u64 {
        if self.view.state != JobState::Running {
            return self.view.elapsed_ms;
        }
        let nanos = now.nanos().saturating_sub(self.begun.nanos());
        u64::try_from(nanos / 1_000_000).unwrap_or(0)
    }
}

fn failed(failure: &Failure) -> JobState {
    JobState::Failed {
        failure: failure.into(),
    }
}

fn no_such(id: &str) -> Failure {
    Failure::new(
        Code::NotFound,
        format!("there is no job {id}"),
        "It was put away; start it again.",
    )
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let words = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    words.unwrap_or("the work broke off").to_owned()
}
