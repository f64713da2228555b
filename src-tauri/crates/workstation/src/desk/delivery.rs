//! What was published and watched, what waits, and the service that phones reach.

use super::flows::small;
use super::{Desk, blocking, lock};
use crate::Failure;
use crate::mirror::MIRROR;
use crate::outbox::DISCARD;
use ipc::{CompilationView, DeskEvent, MetricsView, OutboxItem, TemplateView, WorkspaceView};
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
        Ok(sheets::templates().iter().map(template_view).collect())
    }

    /// The numbers of a compilation.
    ///
    /// # Errors
    /// The compilation or the range is none, or the events can't be read.
    pub async fn metrics(&self, args: ipc::MetricsArgs) -> Result<MetricsView, Failure> {
        let desk = self.clone();
        blocking(move || {
            let id = compilation_id(&args.compilation_id)?;
            let summary = desk.inner.workspace.metrics(id, &args.range)?;
            Ok(MetricsView {
                compilation_id: args.compilation_id,
                range: args.range,
                session_views: summary.session_views,
                mobile_percent: summary.mobile_percent,
                qr_scans: summary.qr_scans,
                watch_seconds: summary.watch_seconds,
                avg_watch_seconds: summary.avg_watch_seconds,
                completion: summary.completion.map(|reached| {
                    vec![
                        reached.started,
                        reached.quarter,
                        reached.half,
                        reached.three_quarters,
                        reached.complete,
                    ]
                }),
                as_of: summary.as_of,
            })
        })
        .await
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
        Ok(lines
            .into_iter()
            .map(|line| OutboxItem {
                id: line.id.to_string(),
                title: match line.kind.as_str() {
                    MIRROR => format!("Mirror flow {}", line.entity_id),
                    DISCARD => format!("Take back what was sent of {}", line.entity_id),
                    _ => format!("Upload {}", line.entity_id),
                },
                state: match line.state {
                    OutboxState::Running => "sending",
                    OutboxState::Dead => "dead",
                    _ => "waiting",
                }
                .to_owned(),
                waiting_for: line.waiting_for.or(line.last_error),
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

fn compilation_id(text: &str) -> Result<Uuid, Failure> {
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
