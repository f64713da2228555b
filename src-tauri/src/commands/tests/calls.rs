//! Calls of the page against a real desk in a workspace of its own.

use crate::dialogs::{Dialogs, FileForm};
use crate::opener::Opener;
use crate::shell::{Opening, Shell};
use crate::window::MAIN;
use async_trait::async_trait;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tauri::async_runtime::block_on;
use tauri::ipc::{CallbackFn, InvokeBody, InvokeResponse, InvokeResponseBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{App, Listener, Manager, WebviewWindow, WebviewWindowBuilder};
use workstation::{Desk, DeskOptions, Failure, OpenedDesk};

/// The page's own address; Windows has no schemes of one's own.
const PAGE: &str = if cfg!(windows) {
    "http://tauri.localhost"
} else {
    "tauri://localhost"
};

/// A user who chooses what the test says.
struct Chooses(Vec<PathBuf>);

#[async_trait]
impl Dialogs for Chooses {
    async fn files(&self, _form: FileForm) -> Vec<PathBuf> {
        self.0.clone()
    }

    async fn place(&self, _title: &str, _form: FileForm) -> Option<PathBuf> {
        self.0.first().cloned()
    }
}

/// A system without any program.
struct OpensNothing;

impl Opener for OpensNothing {
    fn open(&self, path: &Path) -> Result<(), Failure> {
        Err(Failure::bad_input(path.display().to_string(), ""))
    }

    fn reveal(&self, path: &Path) -> Result<(), Failure> {
        self.open(path)
    }

    fn browse(&self, url: &str) -> Result<(), Failure> {
        self.open(Path::new(url))
    }
}

/// How a desk in `dir` is opened.
fn opening(dir: &Path) -> Opening {
    Opening {
        workspace: Ok(dir.to_path_buf()),
        options: DeskOptions {
            version: "1.2.3".to_owned(),
            silent: true,
            ..DeskOptions::default()
        },
    }
}

/// A call as it comes from a page.
fn request(page: &str, command: &str, args: Value) -> InvokeRequest {
    InvokeRequest {
        cmd: command.to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: page.parse().unwrap(),
        body: InvokeBody::Json(json!({ "args": args })),
        headers: Default::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    }
}

/// The program with a window on a desk, without a screen.
struct Program {
    app: App<MockRuntime>,
    window: WebviewWindow<MockRuntime>,
    workspace: tempfile::TempDir,
}

impl Program {
    /// On a new workspace, with a user who chooses `chosen` in every dialog.
    fn new(chosen: Vec<PathBuf>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let opening = opening(dir.path());
        let OpenedDesk::Desk(desk) = block_on(opening.open()).unwrap() else {
            panic!("a new workspace has an owner");
        };
        Self::with(dir, opening, Ok(desk), chosen)
    }

    fn with(
        workspace: tempfile::TempDir,
        opening: Opening,
        desk: Result<Desk, Failure>,
        chosen: Vec<PathBuf>,
    ) -> Self {
        let told = desk.as_ref().ok().cloned();
        let (dialogs, opener) = (Arc::new(Chooses(chosen)), Arc::new(OpensNothing));
        let app = crate::start::builder(mock_builder())
            .manage(Shell::new(opening, desk, dialogs, opener))
            .build(crate::start::context())
            .unwrap();
        let window = WebviewWindowBuilder::new(&app, MAIN, Default::default())
            .build()
            .unwrap();
        if let Some(desk) = &told {
            crate::events::forward(app.handle(), desk);
        }
        Self {
            app,
            window,
            workspace,
        }
    }

    fn call(&self, command: &str, args: Value) -> Result<Value, Value> {
        self.call_from(&self.window, PAGE, command, args)
            .map(|body| body.deserialize().unwrap())
    }

    fn call_from(
        &self,
        window: &WebviewWindow<MockRuntime>,
        page: &str,
        command: &str,
        args: Value,
    ) -> Result<InvokeResponseBody, Value> {
        get_ipc_response(window, request(page, command, args))
    }

    fn desk(&self) -> Desk {
        let shell = self.app.state::<Shell>();
        shell.desk().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Ok(desk) = self.app.state::<Shell>().desk() {
            block_on(desk.shut_down());
        }
    }
}

#[test]
fn a_page_that_begins_gets_everything() {
    let program = Program::new(Vec::new());
    let view = program.call("desk_view", json!({})).unwrap();
    assert_eq!(view["workspace"]["version"], "1.2.3");
    assert_eq!(view["sources"], json!([]));
    assert_eq!(view["sequence"]["frames"], 0);
    assert_eq!(view["plan"]["kind"], "empty");
    assert_eq!(view["source"]["state"], "empty");
    let socket = view["frames"]["socket"].as_str().unwrap();
    assert!(socket.starts_with("ws://127.0.0.1:"), "{socket}");
}

#[test]
fn arguments_are_read_as_the_page_writes_them() {
    let program = Program::new(Vec::new());
    let seek = json!({"monitor": "source", "transport": {"kind": "seek", "frame": 3}});
    let monitor = program.call("monitor_transport", seek).unwrap();
    assert_eq!(monitor["monitor"], "source");
    let layout = json!({"layout": "{\"side\":\"jobs\"}"});
    program.call("layout_save", layout).unwrap();
    let view = program.call("desk_view", json!({})).unwrap();
    assert_eq!(view["layout"], "{\"side\":\"jobs\"}");
    let renamed = json!({"edit": {"kind": "rename", "title": "Promo"}});
    let sequence = program.call("sequence_edit", renamed).unwrap();
    assert_eq!(sequence["title"], "Promo");
}

#[test]
fn what_is_asked_at_once_is_done_in_order() {
    let program = Program::new(Vec::new());
    let (tell, told) = mpsc::channel();
    for number in 0..40 {
        let rename = json!({"edit": {"kind": "rename", "title": format!("Cut {number}")}});
        let tell = tell.clone();
        program.window.as_ref().clone().on_message(
            request(PAGE, "sequence_edit", rename),
            Box::new(move |_, _, answer, _, _| {
                let InvokeResponse::Ok(body) = answer else {
                    panic!("an edit was refused");
                };
                tell.send(body.deserialize::<Value>().unwrap()).unwrap();
            }),
        );
    }
    for number in 0..40 {
        let sequence = told.recv_timeout(Duration::from_secs(20)).unwrap();
        assert_eq!(sequence["title"], format!("Cut {number}"));
    }
}

#[test]
fn arguments_that_do_not_fit_are_refused_by_name() {
    let program = Program::new(Vec::new());
    for (command, args, named) in [
        ("flow_segments", json!({}), "flowId"),
        ("flow_segments", json!({"flowId": 7}), "flow_segments"),
        ("monitor_transport", json!({"monitor": "third"}), "third"),
        (
            "frame_pull",
            json!({"monitor": "source", "after": -1}),
            "-1",
        ),
        (
            "sequence_edit",
            json!({"edit": {"kind": "explode"}}),
            "explode",
        ),
        ("layout_save", json!(null), "layout_save"),
    ] {
        let failure = program.call(command, args).unwrap_err();
        assert_eq!(failure["code"], "bad_input", "{command}: {failure}");
        let detail = failure["detail"].as_str().unwrap();
        assert!(detail.contains(named), "{command}: {detail}");
        assert!(
            failure["hint"]
                .as_str()
                .is_some_and(|hint| !hint.is_empty())
        );
    }
}

#[test]
fn failures_of_the_desk_reach_the_page_whole() {
    let program = Program::new(Vec::new());
    let gone = json!({"flowId": "11111111-1111-4111-8111-111111111111"});
    let failure = program.call("flow_segments", gone).unwrap_err();
    let keys: Vec<&str> = failure
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(keys, ["code", "title", "detail", "hint", "retryable"]);
    assert!(
        program
            .call("result_open", json!({"jobId": "none"}))
            .is_err()
    );
    assert!(program.call("play_open", json!({"id": "none"})).is_err());
    assert!(
        program
            .call("job_cancel", json!({"jobId": "none"}))
            .is_err()
    );
}

#[test]
fn a_desk_that_could_not_be_opened_says_why_until_it_can() {
    let dir = tempfile::tempdir().unwrap();
    let blocked = dir.path().join("workspace");
    std::fs::write(&blocked, "no folder").unwrap();
    let opening = opening(&blocked);
    let why = block_on(opening.open()).unwrap_err();
    let program = Program::with(dir, opening, Err(why.clone()), Vec::new());
    for command in ["desk_view", "compilations", "ingest_choose"] {
        let failure = program.call(command, json!({})).unwrap_err();
        assert_eq!(failure["detail"], why.detail, "{command}");
    }
    std::fs::remove_file(program.workspace.path().join("workspace")).unwrap();
    let view = program.call("desk_view", json!({})).unwrap();
    assert_eq!(view["workspace"]["version"], "1.2.3");
    assert_eq!(program.call("compilations", json!({})), Ok(json!([])));
}

#[test]
fn other_pages_and_other_windows_are_refused() {
    let program = Program::new(Vec::new());
    let refused = |window: &WebviewWindow<MockRuntime>, page: &str, command: &str| {
        let answer = program.call_from(window, page, command, json!({}));
        let why = answer
            .err()
            .unwrap_or_else(|| panic!("{command} from {page} was answered"));
        assert!(why.to_string().contains("not allowed"), "{why}");
    };
    refused(&program.window, "https://example.com", "desk_view");
    refused(&program.window, "http://127.0.0.1:8080", "desk_view");
    for command in [
        "plugin:event|emit",
        "plugin:window|close",
        "plugin:path|resolve_directory",
    ] {
        refused(&program.window, PAGE, command);
    }
    let other = WebviewWindowBuilder::new(&program.app, "other", Default::default())
        .build()
        .unwrap();
    refused(&other, PAGE, "desk_view");
}

#[test]
fn a_user_who_changes_their_mind_starts_nothing() {
    let program = Program::new(Vec::new());
    let compile = json!({"mode": "auto", "singleParameterSet": false, "choosePlace": true});
    assert_eq!(program.call("compile_start", compile), Ok(Value::Null));
    assert_eq!(program.call("ingest_choose", json!({})), Ok(json!([])));
    let view = program.call("desk_view", json!({})).unwrap();
    assert_eq!(view["jobs"], json!([]));
}

#[test]
fn files_that_are_chosen_are_ingested_and_the_page_hears_of_it() {
    let program = Program::new(vec![PathBuf::from("/nowhere/film.mp4")]);
    let (tell, told) = mpsc::channel();
    program.window.listen("desk", move |event| {
        // The test may have heard enough.
        let _ = tell.send(serde_json::from_str::<Value>(event.payload()).unwrap());
    });
    let jobs = program.call("ingest_choose", json!({})).unwrap();
    let id = jobs[0].as_str().unwrap();
    let failure = loop {
        let event = told.recv_timeout(Duration::from_secs(20)).unwrap();
        if event["kind"] == "job" && event["job"]["state"]["kind"] == "failed" {
            assert_eq!(event["job"]["id"], id);
            break event["job"]["state"]["failure"].clone();
        }
    };
    assert!(
        failure["detail"].as_str().unwrap().contains("film.mp4"),
        "{failure}"
    );
}

#[test]
fn what_hangs_over_the_window_is_told() {
    let program = Program::new(Vec::new());
    let (tell, told) = mpsc::channel();
    program.window.listen("desk", move |event| {
        // The test may have heard enough.
        let _ = tell.send(event.payload().to_owned());
    });
    program.desk().hover(2);
    loop {
        let event = told.recv_timeout(Duration::from_secs(20)).unwrap();
        if event == r#"{"kind":"hover","files":2}"# {
            return;
        }
    }
}

#[test]
fn a_picture_that_is_not_there_is_no_bytes() {
    let program = Program::new(Vec::new());
    let pull = json!({
        "monitor": "record", "after": 0, "format": "jpeg", "width": 320, "height": 180
    });
    let answer = program.call_from(&program.window, PAGE, "frame_pull", pull);
    match answer.unwrap() {
        InvokeResponseBody::Raw(bytes) => assert!(bytes.is_empty()),
        InvokeResponseBody::Json(text) => panic!("JSON in place of bytes: {text}"),
    }
}
