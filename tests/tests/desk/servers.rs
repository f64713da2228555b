//! A TAMS server beside the local node: its sources are in the browser, its flows are fetched, cut and
//! compiled, and what was fetched stays when the server is gone.

use ipc::{Availability, ConnectionState, DeskEvent, JobKind, JobState, SourceView};
use tests::check::{Options, check_with};
use tests::media::{MediaSpec, generate};
use tests::stringout::{Server, Stringout};

use crate::bench::Bench;

/// A workspace of somebody else, and its node being served.
struct Studio {
    stringout: Stringout,
    server: Server,
    base: String,
    _folder: tempfile::TempDir,
}

impl Studio {
    async fn serve(spec: MediaSpec) -> Self {
        tokio::task::spawn_blocking(move || {
            let folder = tempfile::tempdir().unwrap();
            let stringout = Stringout::in_workspace(&folder.path().join("workspace"));
            let file = generate(&spec).display().to_string();
            stringout.json(["ingest", &file, "--label", "Studio take"]);
            let mut server = stringout.serve(["node", "serve", "--listen", "127.0.0.1:0"]);
            let base = server.url();
            Self {
                stringout,
                server,
                base,
                _folder: folder,
            }
        })
        .await
        .unwrap()
    }

    fn config(&self) -> String {
        format!("[tams.studio]\nurl = \"{}\"\n", self.base)
    }
}

/// Waits until the server was asked, and answers with its only source.
async fn source(bench: &mut Bench) -> SourceView {
    let of_studio = |sources: &[SourceView]| {
        let mut found = sources.iter().filter(|source| source.connection.is_some());
        found.next().cloned()
    };
    if let Some(source) = of_studio(&bench.view().await.sources) {
        return source;
    }
    bench
        .wait("the server is listed", |event| match event {
            DeskEvent::Sources { sources } => of_studio(sources),
            _ => None,
        })
        .await
}

async fn state(bench: &mut Bench, wanted: ConnectionState) {
    let is = |workspace: &ipc::WorkspaceView| workspace.connections[0].state == wanted;
    if is(&bench.view().await.workspace) {
        return;
    }
    bench
        .wait("the connection is as it should be", |event| match event {
            DeskEvent::Workspace { workspace } => is(workspace).then_some(()),
            _ => None,
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_of_a_server_is_fetched_cut_and_stays_when_the_server_is_gone() {
    let spec = MediaSpec {
        bframes: 2,
        ..MediaSpec::small(60)
    };
    let mut studio = Studio::serve(spec.clone()).await;
    let mut bench = Bench::configured(&studio.config()).await;
    let found = source(&mut bench).await;
    state(&mut bench, ConnectionState::Online).await;
    assert_eq!(found.title, "Studio take");
    assert_eq!(found.connection.as_deref(), Some("studio"));
    let flow = found.flows[0].id.clone();
    assert!(flow.starts_with("studio/"), "{flow}");
    assert_eq!(found.flows[0].availability, Availability::Online);

    let monitor = bench.open_source(&flow).await;
    assert_eq!((monitor.problem, monitor.frames), (None, spec.frames));
    let jobs = bench.view().await.jobs;
    let fetched = jobs.iter().find(|job| job.kind == JobKind::Fetch).unwrap();
    let ended = bench.job(&fetched.id.clone()).await;
    assert!(
        matches!(
            ended.state,
            JobState::Done {
                result: ipc::JobResult::Fetched { objects: 3, .. }
            }
        ),
        "{ended:?}"
    );
    assert_eq!(
        source(&mut bench).await.flows[0].availability,
        Availability::Cached
    );
    bench.append(&flow, 20, 95).await;

    let told = tokio::task::spawn_blocking(move || {
        studio.server.process().crash();
        studio
    });
    let studio = told.await.unwrap();
    let mut bench = bench.restart().await;
    state(&mut bench, ConnectionState::Offline).await;
    let workspace = bench.view().await.workspace;
    let problem = workspace.connections[0].problem.clone().unwrap();
    assert_eq!(problem.code, "unreachable");
    assert!(!problem.hint.is_empty());
    let sequence = bench.append(&flow, 110, 170).await;
    let plan = bench.plan(sequence.revision).await;
    assert_eq!(plan.frames, 75 + 60);
    let (file, _) = bench.compile().await;
    let options = Options {
        sources: vec![spec.clone()],
        ..Options::default()
    };
    let seen = check_with(&file, &options);
    seen.assert_frames(&[(spec.clip, 20..=94), (spec.clip, 110..=169)]);
    seen.assert_av_sync(10.0);
    seen.assert_decodes_cleanly();
    drop(studio.stringout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_none_says_so_and_hurts_nothing() {
    let mut bench = Bench::configured(
        "[tams.web]\nurl = \"http://127.0.0.1:9\"\n\n[tams.keys]\nurl = \"http://127.0.0.1:9\"\nauth = \"bearer\"\n",
    )
    .await;
    bench
        .wait("both were asked", |event| match event {
            DeskEvent::Workspace { workspace } => workspace
                .connections
                .iter()
                .all(|connection| connection.problem.is_some() && !connection.busy)
                .then_some(()),
            _ => None,
        })
        .await;
    let workspace = bench.view().await.workspace;
    let states: Vec<_> = workspace
        .connections
        .iter()
        .map(|connection| (connection.name.as_str(), connection.state))
        .collect();
    assert_eq!(
        states,
        [
            ("keys", ConnectionState::Refused),
            ("web", ConnectionState::Offline)
        ]
    );
    let unknown = ipc::ConnectionArgs {
        name: Some("nobody".to_owned()),
    };
    let refused = bench.desk.connection_refresh(unknown).await.unwrap_err();
    assert!(refused.hint.contains("keys, web"), "{refused}");

    let flow = bench.ingest(&MediaSpec::small(61)).await;
    let sequence = bench.append(&flow, 0, 30).await;
    assert_eq!(bench.plan(sequence.revision).await.frames, 30);
}
