//! A desk on a fresh workspace, with media whose frames tell their numbers.

use std::path::Path;
use std::time::Duration;

use ipc::{
    DeskEvent, DeskView, EditArgs, FlowPart, JobResult, JobState, JobView, MonitorName,
    MonitorState, MonitorView, NoArgs, OpenArgs, PlanState, PlanView, SequenceEdit, SequenceView,
    Transport, TransportArgs,
};
use tests::media::{MediaSpec, generate};
use tokio::sync::broadcast::Receiver;
use workstation::{Desk, DeskOptions, OpenedDesk};

/// Nothing here takes longer unless it hangs.
const LONGEST: Duration = Duration::from_secs(120);

/// A desk and what it said.
pub(crate) struct Bench {
    pub(crate) desk: Desk,
    pub(crate) events: Receiver<DeskEvent>,
    pub(crate) folder: tempfile::TempDir,
}

impl Bench {
    /// A desk on an empty workspace.
    pub(crate) async fn start() -> Self {
        Self::configured("").await
    }

    /// A desk on an empty workspace with these tables in its configuration.
    pub(crate) async fn configured(tables: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("workspace");
        std::fs::create_dir_all(&workspace).unwrap();
        // A port of its own: tests run side by side.
        std::fs::write(
            workspace.join("config.toml"),
            format!("[play]\nlisten = \"127.0.0.1:0\"\n\n{tables}"),
        )
        .unwrap();
        let desk = open(&workspace).await;
        let events = desk.events();
        Self {
            desk,
            events,
            folder,
        }
    }

    /// The same workspace again, as after a restart.
    pub(crate) async fn restart(self) -> Self {
        let Self { desk, folder, .. } = self;
        desk.shut_down().await;
        drop(desk);
        let desk = open(&folder.path().join("workspace")).await;
        let events = desk.events();
        Self {
            desk,
            events,
            folder,
        }
    }

    pub(crate) async fn view(&self) -> DeskView {
        self.desk.desk_view().await.unwrap()
    }

    /// Ingests a generated clip; its flow.
    pub(crate) async fn ingest(&mut self, spec: &MediaSpec) -> String {
        let path = generate(spec);
        let ids = self.desk.ingest(vec![path]);
        match self.job(&ids[0]).await.state {
            JobState::Done {
                result: JobResult::Ingested { flow_id, .. },
            } => flow_id,
            state => panic!("the ingest ended in {state:?}"),
        }
    }

    /// Waits until a job has ended.
    pub(crate) async fn job(&mut self, id: &str) -> JobView {
        let ended = |job: &JobView| {
            job.id == id && !matches!(job.state, JobState::Queued | JobState::Running)
        };
        // It may have ended before anybody listened.
        if let Some(job) = self.view().await.jobs.into_iter().find(|job| ended(job)) {
            return job;
        }
        self.wait("the job ends", |event| match event {
            DeskEvent::Job { job } if ended(job) => Some(job.clone()),
            _ => None,
        })
        .await
    }

    /// Waits for what an event tells.
    pub(crate) async fn wait<T>(
        &mut self,
        what: &str,
        wanted: impl Fn(&DeskEvent) -> Option<T>,
    ) -> T {
        let found = async {
            loop {
                let event = self.events.recv().await.unwrap();
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
        };
        tokio::time::timeout(LONGEST, found)
            .await
            .unwrap_or_else(|_| panic!("waited in vain until {what}"))
    }

    /// Opens a flow in the source monitor and waits until it is there.
    pub(crate) async fn open_source(&mut self, flow_id: &str) -> MonitorView {
        let args = OpenArgs {
            flow_id: flow_id.to_owned(),
            frame: None,
        };
        self.desk.source_open(args).await.unwrap();
        self.wait("the source monitor is ready", |event| match event {
            DeskEvent::Monitor { monitor }
                if monitor.monitor == MonitorName::Source
                    && monitor.state == MonitorState::Ready =>
            {
                Some(monitor.clone())
            }
            _ => None,
        })
        .await
    }

    pub(crate) async fn transport(
        &self,
        monitor: MonitorName,
        transport: Transport,
    ) -> MonitorView {
        let args = TransportArgs { monitor, transport };
        self.desk.monitor_transport(args).await.unwrap()
    }

    pub(crate) async fn edit(&self, edit: SequenceEdit) -> SequenceView {
        self.desk.sequence_edit(EditArgs { edit }).await.unwrap()
    }

    pub(crate) async fn append(&self, flow_id: &str, first: u32, end: u32) -> SequenceView {
        let part = FlowPart {
            flow_id: flow_id.to_owned(),
            mark_in: Some(first),
            mark_out: Some(end),
        };
        self.edit(SequenceEdit::Append { part }).await
    }

    /// Waits for the plan of a revision.
    pub(crate) async fn plan(&mut self, revision: u32) -> PlanView {
        if let PlanState::Ready { plan } = self.view().await.plan
            && plan.revision == revision
        {
            return plan;
        }
        self.wait("the plan is ready", |event| match event {
            DeskEvent::Plan {
                plan: PlanState::Ready { plan },
            } if plan.revision == revision => Some(plan.clone()),
            DeskEvent::Plan {
                plan:
                    PlanState::Failed {
                        revision: of,
                        failure,
                    },
            } if *of == revision => panic!("the plan failed: {failure:?}"),
            _ => None,
        })
        .await
    }

    /// Compiles the sequence; the file and what was said of it.
    pub(crate) async fn compile(&mut self) -> (std::path::PathBuf, JobView) {
        let args = ipc::CompileArgs {
            mode: "auto".to_owned(),
            single_parameter_set: false,
            choose_place: false,
        };
        let id = self.desk.compile_start(args, None).await.unwrap();
        let job = self.job(&id).await;
        assert!(
            matches!(&job.state, JobState::Done { .. }),
            "the compile ended in {:?}",
            job.state
        );
        (self.desk.result_path(&id).unwrap(), job)
    }

    pub(crate) async fn compilations(&self) -> Vec<ipc::CompilationView> {
        self.desk.compilations(NoArgs::default()).await.unwrap()
    }
}

pub(crate) async fn open(workspace: &Path) -> Desk {
    let options = DeskOptions {
        silent: true,
        version: "0".to_owned(),
        ..DeskOptions::default()
    };
    match Desk::open(workspace, options).await.unwrap() {
        OpenedDesk::Desk(desk) => desk,
        OpenedDesk::Raised => panic!("another desk has {}", workspace.display()),
    }
}
