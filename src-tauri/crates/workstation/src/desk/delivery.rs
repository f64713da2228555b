//! What was published and watched, what waits, and the service that phones reach.

use super::flows::small;
use super::{Desk, blocking, lock};
use crate::Failure;
use crate::hydrolix::INGEST;
use crate::mirror::MIRROR;
use crate::outbox::{DISCARD, OutboxLine};
use crate::vast::RECORD;
use ipc::{CompilationView, DeskEvent, OutboxItem, TemplateView, WorkspaceView};
use loopback::Listener;
use record::OutboxState;
use sheets::Layout;
use std::path::Path;
use uuid::Uuid;

impl Desk {
    /// The compilations, newest first.
    ///
    /// # Errors
    /// The workspace can't be read.
    pub async fn compilations(&self, _: ipc::NoArgs) -> Result<Vec<CompilationView>, Failure> {
        let desk = self.clone();
        blocking(move || {
            let mut lines = desk.inner.workspace.compilations()?;
            lines.sort_by(|a, b| b.created.cmp(&a.created));
            Ok(lines
                .into_iter()
                .map(|line| CompilationView {
                    id: line.id.to_string(),
                    title: line.title,
                    play_url: line.play_url.unwrap_or_default(),
                    object_url: line.object_url,
                    sha256: line.sha256,
                    plan_hash: line.plan_hash,
                    created: line.created,
                })
                .collect())
        })
        .await
    }

    /// The sheet templates.
    ///
    /// # Errors
    /// None.
    pub async fn sheet_templates(&self, _: ipc::NoArgs) -> Result<Vec<TemplateView>, Failure> {
        let (templates, _) = self.inner.workspace.templates();
        Ok(templates.iter().map(template_view).collect())
    }

    /// The link of a compilation that people share.
    ///
    /// # Errors
    /// There is no such compilation.
    pub fn play_url(&self, id: &str) -> Result<String, Failure> {
        let id = compilation_id(id)?;
        self.inner.workspace.compilation(id)?;
        self.inner.workspace.play_url(id)
    }

    pub(super) fn outbox_items(&self) -> Result<Vec<OutboxItem>, Failure> {
        let lines = self.inner.workspace.outbox()?;
        let sending = self.inner.workspace.sending();
        Ok(lines
            .into_iter()
            .map(|line| OutboxItem {
                id: line.id.to_string(),
                title: title_of(&line),
                conflict: line.kind == RECORD
                    && line.state == OutboxState::Dead
                    && line
                        .last_error
                        .as_deref()
                        .is_some_and(|error| error.contains("--keep")),
                done_bytes: sending
                    .filter(|(id, _, _)| *id == line.id)
                    .map(|(_, done, _)| done),
                total_bytes: sending
                    .filter(|(id, _, _)| *id == line.id)
                    .map(|(_, _, total)| total),
                error: line.last_error.clone(),
                state: match line.state {
                    OutboxState::Running => "sending",
                    OutboxState::Dead => "dead",
                    _ => "waiting",
                }
                .to_owned(),
                waiting_for: line.waiting_for,
                attempts: line.attempts,
            })
            .collect())
    }

    /// Serves player pages and collects their reports, as long as the window is open.
    pub(super) fn serve_play(&self, bound: Result<Listener, Failure>) {
        let listener = match bound {
            Ok(listener) => listener,
            Err(failure) => {
                let told = Failure {
                    hint: "Set another one with `stringout config set play.listen HOST:PORT`, or close the program that uses it. Everything else works.".to_owned(),
                    ..failure
                };
                *lock(&self.inner.play_problem) = Some((&told).into());
                return;
            }
        };
        let desk = self.clone();
        let stop = self.inner.stop.clone();
        self.inner.tasks.spawn(async move {
            let served = desk.inner.workspace.serve_play(listener, stop).await;
            if let Err(failure) = served {
                *lock(&desk.inner.play_problem) = Some((&failure).into());
                desk.tell_workspace();
            }
        });
    }

    pub(super) fn workspace_view(&self) -> WorkspaceView {
        let workspace = &self.inner.workspace;
        let dir = workspace.dir();
        let name = dir.file_name().unwrap_or(dir.as_os_str());
        let local = workspace.config.play.base_url.is_none();
        WorkspaceView {
            name: name.to_string_lossy().into_owned(),
            dir: dir.display().to_string(),
            version: self.inner.options.version.clone(),
            stores: workspace
                .config
                .chosen_store()
                .map(|(name, _)| name.to_owned())
                .into_iter()
                .collect(),
            connections: self.connection_views(),
            offline_since: lock(&self.inner.offline_since).clone(),
            play_base: workspace.print_base(local).unwrap_or_default(),
            play_local: local,
            play_problem: lock(&self.inner.play_problem).clone(),
            media_bytes: bytes_in(&dir.join("node").join("objects"))
                + bytes_in(&dir.join("media").join("objects")),
            free_bytes: fs4::available_space(dir).unwrap_or(0),
            credits: self.credits(),
        }
    }

    pub(super) fn tell_workspace(&self) {
        let _in_order = lock(&self.inner.telling);
        self.tell(DeskEvent::Workspace {
            workspace: self.workspace_view(),
        });
    }
}

fn title_of(line: &OutboxLine) -> String {
    let about = &line.entity_id;
    match line.kind.as_str() {
        MIRROR => format!("Mirror flow {about}"),
        DISCARD => format!("Take back what was sent of {about}"),
        RECORD => format!("Record of {about}"),
        INGEST => "Views to Hydrolix".to_owned(),
        _ => format!("Upload {about}"),
    }
}

pub(super) fn compilation_id(text: &str) -> Result<Uuid, Failure> {
    text.parse().map_err(|_| {
        Failure::bad_input(
            format!("`{text}` is no compilation"),
            "Choose one from the list.",
        )
    })
}

/// Bytes of the files in a folder and its folders; what can't be read counts nothing.
fn bytes_in(folder: &Path) -> u64 {
    let mut sum = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(data) if data.is_dir() => folders.push(entry.path()),
                Ok(data) => sum += data.len(),
                Err(_) => {}
            }
        }
    }
    sum
}

fn template_view(template: &sheets::Template) -> TemplateView {
    let (width, height) = template.page_mm;
    TemplateView {
        name: template.name.to_owned(),
        title: template.title.to_owned(),
        paper: format!("{width} × {height} mm"),
        codes_per_page: small(template.codes_per_page as u64),
        module_tenths_mm: (template.min_module_mm * 10.0).round() as u32,
        poster: matches!(template.layout, Layout::Poster),
    }
}
