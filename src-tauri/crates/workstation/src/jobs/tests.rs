//! Jobs run, wait, fail, end and are told about.

use super::Jobs;
use crate::{Code, Failure};
use ipc::{DeskEvent, JobKind, JobResult, JobState, JobView};
use mediatime::{FixedClock, Timestamp};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::sync::broadcast;

/// Long enough for any machine; nothing waits for it when all is well.
const LIMIT: Duration = Duration::from_secs(30);

struct Office {
    jobs: Jobs,
    clock: Arc<FixedClock>,
    events: broadcast::Receiver<DeskEvent>,
}

impl Office {
    fn new() -> Self {
        let clock = Arc::new(FixedClock::new(Timestamp::from_secs(1_000).unwrap()));
        let (told, events) = broadcast::channel(10_000);
        Self {
            jobs: Jobs::new(clock.clone(), told),
            clock,
            events,
        }
    }

    async fn event(&mut self) -> DeskEvent {
        let event = tokio::time::timeout(LIMIT, self.events.recv()).await;
        event.expect("an event").expect("none missed")
    }

    /// The next event about a job that is as wanted; those before it are skipped.
    async fn until(&mut self, wanted: impl Fn(&JobView) -> bool) -> JobView {
        loop {
            if let DeskEvent::Job { job } = self.event().await
                && wanted(&job)
            {
                return job;
            }
        }
    }

    async fn finished(&mut self, id: &str) -> JobView {
        self.until(|job| job.id == id && !matches!(job.state, JobState::Queued | JobState::Running))
            .await
    }

    fn state(&self, id: &str) -> JobState {
        let jobs = self.jobs.list();
        jobs.into_iter().find(|job| job.id == id).unwrap().state
    }
}

fn synced(done: u32) -> JobResult {
    JobResult::Synced {
        done,
        waiting: 0,
        dead: 0,
    }
}

fn stopped() -> Failure {
    Failure::new(Code::Cancelled, "nothing was kept", "")
}

#[tokio::test]
async fn a_job_is_queued_runs_and_is_done() {
    let mut office = Office::new();
    let (go, wait) = mpsc::channel::<()>();
    let id = office.jobs.start(JobKind::Sync, "Send", None, move |_| {
        wait.recv().unwrap();
        Ok(synced(3))
    });
    let first = office.until(|_| true).await;
    assert_eq!((first.state, first.elapsed_ms), (JobState::Queued, 0));
    let second = office.until(|_| true).await;
    assert_eq!(second.state, JobState::Running);
    assert_eq!(second.started, "1970-01-01T00:16:40Z");
    assert!(second.cancellable);
    assert_eq!(office.jobs.result(&id), None);

    office
        .clock
        .advance(Timestamp::from_nanos(1_500_000_000).unwrap());
    assert_eq!(office.jobs.list()[0].elapsed_ms, 1_500);
    go.send(()).unwrap();
    let last = office.finished(&id).await;
    assert_eq!(last.state, JobState::Done { result: synced(3) });
    assert_eq!((last.elapsed_ms, last.cancellable), (1_500, false));
    assert_eq!(office.jobs.result(&id), Some(synced(3)));

    office.clock.advance(Timestamp::from_secs(9).unwrap());
    assert_eq!(office.jobs.list()[0].elapsed_ms, 1_500);
}

#[tokio::test]
async fn the_newest_is_first_and_failures_stay() {
    let mut office = Office::new();
    let one = office.jobs.start(JobKind::Sheet, "One", None, |_| {
        Err(Failure::bad_input("no such template", "Choose another."))
    });
    let failed = office.finished(&one).await;
    let JobState::Failed { failure } = failed.state else {
        panic!("{failed:?}");
    };
    assert_eq!(failure.detail, "no such template");
    let two = office
        .jobs
        .start(JobKind::Sheet, "Two", None, |_| Ok(synced(0)));
    office.finished(&two).await;
    let titles: Vec<_> = office
        .jobs
        .list()
        .into_iter()
        .map(|job| job.title)
        .collect();
    assert_eq!(titles, ["Two", "One"]);
    assert_eq!(office.jobs.result(&one), None);
}

#[tokio::test]
async fn work_may_await() {
    let mut office = Office::new();
    let id = office.jobs.start(JobKind::Sync, "Send", None, |_| {
        let runtime = tokio::runtime::Handle::current();
        Ok(synced(runtime.block_on(async {
            tokio::task::yield_now().await;
            7
        })))
    });
    office.finished(&id).await;
    assert_eq!(office.jobs.result(&id), Some(synced(7)));
}

#[tokio::test]
async fn jobs_with_one_key_run_in_order_and_others_beside_them() {
    let mut office = Office::new();
    let (go, wait) = mpsc::channel::<()>();
    let key = || Some("file a.mp4".to_owned());
    let first = office.jobs.start(JobKind::Compile, "1", key(), move |_| {
        wait.recv().unwrap();
        Ok(synced(1))
    });
    let second = office
        .jobs
        .start(JobKind::Compile, "2", key(), |_| Ok(synced(2)));
    let third = office
        .jobs
        .start(JobKind::Compile, "3", key(), |_| Ok(synced(3)));
    let beside = office.jobs.start(
        JobKind::Compile,
        "beside",
        Some("file b.mp4".to_owned()),
        |_| Ok(synced(4)),
    );
    office.finished(&beside).await;
    assert_eq!(office.state(&first), JobState::Running);
    assert_eq!(office.state(&second), JobState::Queued);
    assert_eq!(office.state(&third), JobState::Queued);

    go.send(()).unwrap();
    let mut begun = Vec::new();
    while begun.len() < 2 {
        let running = office.until(|job| job.state == JobState::Running).await;
        begun.push(running.id);
    }
    assert_eq!(begun, [second, third.clone()]);
    office.finished(&third).await;
    // The key is free again.
    let again = office
        .jobs
        .start(JobKind::Compile, "4", key(), |_| Ok(synced(5)));
    office.finished(&again).await;
}

#[tokio::test]
async fn a_running_job_is_asked_to_stop_and_a_queued_one_never_begins() {
    let mut office = Office::new();
    let key = || Some("key".to_owned());
    let running = office.jobs.start(JobKind::Compile, "runs", key(), |job| {
        tokio::runtime::Handle::current().block_on(job.token().cancelled());
        Err(stopped())
    });
    let (began, begins) = mpsc::channel::<()>();
    let queued = office
        .jobs
        .start(JobKind::Compile, "waits", key(), move |_| {
            began.send(()).unwrap();
            Ok(synced(0))
        });
    office.jobs.cancel(&queued).unwrap();
    assert_eq!(office.state(&queued), JobState::Cancelled);
    // What it would have done is gone with it.
    assert_eq!(
        begins.recv_timeout(LIMIT),
        Err(mpsc::RecvTimeoutError::Disconnected)
    );

    assert_eq!(office.state(&running), JobState::Running);
    office.jobs.cancel(&running).unwrap();
    let stopping = office
        .until(|job| job.id == running && !job.cancellable)
        .await;
    assert!(matches!(
        stopping.state,
        JobState::Running | JobState::Cancelled
    ));
    if stopping.state == JobState::Running {
        assert_eq!(office.finished(&running).await.state, JobState::Cancelled);
    }
    office.jobs.cancel(&running).unwrap();
    assert_eq!(office.state(&running), JobState::Cancelled);
    let unknown = office.jobs.cancel("nothing").unwrap_err();
    assert_eq!(unknown.code, Code::NotFound);
}

#[tokio::test]
async fn work_that_was_done_before_it_heard_is_done() {
    let mut office = Office::new();
    let id = office.jobs.start(JobKind::Sync, "Send", None, |job| {
        tokio::runtime::Handle::current().block_on(job.token().cancelled());
        Ok(synced(1))
    });
    office.jobs.cancel(&id).unwrap();
    let done = office.finished(&id).await;
    assert_eq!(done.state, JobState::Done { result: synced(1) });
}

#[tokio::test]
async fn a_panic_is_a_failure_and_the_next_job_begins() {
    let mut office = Office::new();
    let key = || Some("key".to_owned());
    let breaks = office.jobs.start(JobKind::Ingest, "breaks", key(), |job| {
        let parts: Vec<u32> = Vec::new();
        job.progress("Reading", 1, 2, "segments", 0);
        Ok(synced(parts[usize::from(job.token().is_cancelled())]))
    });
    let next = office
        .jobs
        .start(JobKind::Ingest, "next", key(), |_| Ok(synced(1)));
    let broken = office.finished(&breaks).await;
    let JobState::Failed { failure } = broken.state else {
        panic!("{broken:?}");
    };
    assert_eq!(failure.code, "internal");
    assert!(failure.detail.contains("out of bounds"), "{failure:?}");
    assert_eq!(
        office.finished(&next).await.state,
        JobState::Done { result: synced(1) }
    );
}

#[tokio::test]
async fn progress_is_told_at_a_bearable_pace_and_the_last_always() {
    let mut office = Office::new();
    let (go, wait) = mpsc::channel::<()>();
    let id = office
        .jobs
        .start(JobKind::Compile, "Compile", None, move |job| {
            for done in 1..=5_000 {
                job.progress("Writing", done, 5_000, "frames", done * 100);
            }
            // The last of them is told while the work is still under way.
            wait.recv().unwrap();
            job.progress("Verifying", 1, 2, "frames", 0);
            Ok(synced(0))
        });
    let mut told = 0;
    loop {
        let job = office.until(|job| job.progress.is_some()).await;
        assert_eq!(job.state, JobState::Running);
        told += 1;
        let progress = job.progress.unwrap();
        assert_eq!(progress.bytes, progress.done * 100);
        if progress.done == 5_000 {
            break;
        }
    }
    assert!(told < 100, "{told} events for 5000 steps");
    go.send(()).unwrap();
    let done = office.finished(&id).await;
    assert_eq!(done.progress.unwrap().stage, "Verifying");
}

#[tokio::test]
async fn only_finished_jobs_are_put_away() {
    let mut office = Office::new();
    let (go, wait) = mpsc::channel::<()>();
    let id = office.jobs.start(JobKind::Sync, "Send", None, move |_| {
        wait.recv().unwrap();
        Ok(synced(0))
    });
    assert_eq!(office.jobs.dismiss(&id).unwrap_err().code, Code::Busy);
    go.send(()).unwrap();
    office.finished(&id).await;
    office.jobs.dismiss(&id).unwrap();
    assert_eq!(office.event().await, DeskEvent::JobGone { id: id.clone() });
    assert!(office.jobs.list().is_empty());
    assert_eq!(office.jobs.dismiss(&id).unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn a_hundred_finished_jobs_are_kept() {
    let mut office = Office::new();
    let mut ids = Vec::new();
    for number in 0..103 {
        let id = office
            .jobs
            .start(JobKind::Sync, number.to_string(), None, |_| Ok(synced(0)));
        office.finished(&id).await;
        ids.push(id);
    }
    let kept: Vec<_> = office.jobs.list().into_iter().map(|job| job.id).collect();
    let newest: Vec<_> = ids.iter().rev().take(100).cloned().collect();
    assert_eq!(kept, newest);
}

#[tokio::test]
async fn there_is_an_end_to_what_may_wait() {
    let mut office = Office::new();
    let key = || Some("key".to_owned());
    let (go, wait) = mpsc::channel::<()>();
    office.jobs.start(JobKind::Sync, "first", key(), move |_| {
        wait.recv().unwrap();
        Ok(synced(0))
    });
    let mut ids: Vec<String> = (1..=256)
        .map(|_| {
            office
                .jobs
                .start(JobKind::Sync, "more", key(), |_| Ok(synced(0)))
        })
        .collect();
    let refused = ids.pop().unwrap();
    let JobState::Failed { failure } = office.state(&refused) else {
        panic!("it should be refused");
    };
    assert_eq!(failure.code, "busy");
    go.send(()).unwrap();
    office.finished(&ids.pop().unwrap()).await;
}

#[tokio::test]
async fn shutting_down_stops_everything_and_takes_no_more() {
    let office = Office::new();
    let stops = |job: &super::JobHandle| {
        tokio::runtime::Handle::current().block_on(job.token().cancelled());
        Err(stopped())
    };
    let key = || Some("key".to_owned());
    let ids = [
        office.jobs.start(JobKind::Sync, "one", key(), stops),
        office.jobs.start(JobKind::Sync, "two", key(), stops),
        office.jobs.start(JobKind::Sync, "beside", None, stops),
    ];
    assert!(office.jobs.shut_down().await);
    for id in &ids {
        assert_eq!(office.state(id), JobState::Cancelled);
    }
    let late = office
        .jobs
        .start(JobKind::Sync, "late", None, |_| Ok(synced(0)));
    assert_eq!(office.state(&late), JobState::Cancelled);
}
