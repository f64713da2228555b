//! The jobs: ingest, compile, publish, print, send.

use super::flows::small;
use super::lesson::Step;
use super::planning::mode;
use super::{Desk, blocking, lock};
use crate::compile::COMPILED;
use crate::jobs::JobHandle;
use crate::{
    Code, CompileSettings, Failure, IngestSettings, Objects, PrintedSheet, PublishSettings,
    SheetRow, SheetSettings,
};
use ipc::{DeskEvent, JobKind, JobResult, SheetView, VerifiedView};
use media::{Report, Stage, Verification};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use uuid::Uuid;

/// Ingests run one after the other.
pub(super) const INGESTS: &str = "ingest";
/// Files of one drop at most; more is a folder that slipped.
const MOST_FILES: usize = 256;
/// Codes of one sheet at most, from the window: more come from a table on the command line.
const MOST_CODES: usize = 200;
/// How often the outbox is looked at while something in it may be due.
const OUTBOX_EVERY: Duration = Duration::from_secs(15);
/// How often the page hears how far an upload is.
const TOLD_EVERY: Duration = Duration::from_millis(500);

impl Desk {
    /// Ingests files; the ids of the jobs. What is too much at once is told and left.
    pub fn ingest(&self, mut paths: Vec<PathBuf>) -> Vec<String> {
        if paths.len() > MOST_FILES {
            self.failed(&Failure::bad_input(
                format!(
                    "{} files at once; the first {MOST_FILES} are ingested",
                    paths.len()
                ),
                "Bring the rest when these are done, or use `stringout ingest`.",
            ));
            paths.truncate(MOST_FILES);
        }
        paths
            .iter()
            .map(|path| self.ingest_as(path, None))
            .collect()
    }

    pub(super) fn ingest_as(&self, path: &Path, label: Option<String>) -> String {
        let name = label.clone().unwrap_or_else(|| file_name(path));
        let desk = self.clone();
        let path = path.to_owned();
        self.inner.jobs.start(
            JobKind::Ingest,
            format!("Ingest {name}"),
            Some(INGESTS.to_owned()),
            move |job| {
                let settings = IngestSettings {
                    label,
                    ..IngestSettings::default()
                };
                let ingested = desk.run_ingest(&path, &settings, job)?;
                desk.tell_outbox();
                Ok(ingested)
            },
        )
    }

    pub(super) fn run_ingest(
        &self,
        path: &Path,
        settings: &IngestSettings,
        job: &JobHandle,
    ) -> Result<JobResult, Failure> {
        job.progress("Reading", 0, 0, "segments", 0);
        let progress = |done: usize, total: usize| {
            job.progress("Storing", done as u64, total as u64, "segments", 0);
        };
        let ingested = self
            .inner
            .workspace
            .ingest(path, settings, &progress, job.token())?;
        self.tell_sources();
        self.tell_workspace();
        let main = ingested.flows.first();
        Ok(JobResult::Ingested {
            source_id: ingested.source_id.to_string(),
            flow_id: main.map_or_else(String::new, |flow| flow.id.to_string()),
            segments: small(main.map_or(0, |flow| flow.segments) as u64),
            issues: ingested.issues,
        })
    }

    /// Starts a compile of the sequence as it is now, into `place` or into the workspace.
    ///
    /// # Errors
    /// The sequence is empty or can't be planned, or the mode is none.
    pub async fn compile_start(
        &self,
        args: ipc::CompileArgs,
        place: Option<PathBuf>,
    ) -> Result<String, Failure> {
        let settings = CompileSettings {
            mode: mode(&args.mode)?,
            single_parameter_set: args.single_parameter_set,
            pace: self.inner.workspace.pace()?,
            overwrite: true,
            ..CompileSettings::default()
        };
        let desk = self.clone();
        blocking(move || {
            let snapshot = desk.snapshot()?.ok_or_else(|| {
                Failure::bad_input("the sequence is empty", "Append a part of a source first.")
            })?;
            let (plan, _) = crate::plan(&snapshot.edit, &settings)?;
            let out = match place {
                Some(place) => place,
                None => desk.compiled_place(&snapshot.title, &plan.hash)?,
            };
            let title = format!("Compile {}", snapshot.title);
            let key = format!("file {}", out.display());
            let worker = desk.clone();
            // The plan says all that is needed of the clips.
            let revision = snapshot.revision;
            let objects = Arc::clone(&snapshot.edit.objects);
            drop(snapshot);
            Ok(desk
                .inner
                .jobs
                .start(JobKind::Compile, title, Some(key), move |job| {
                    // What is still at servers is fetched as long as the job runs.
                    let objects = (*objects).clone().until(job.token());
                    let made = worker.run_compile(&objects, &plan, &out, &settings, job)?;
                    Ok(compiled(revision, &out, &made))
                }))
        })
        .await
    }

    /// Removes what a compile that was killed left in the workspace.
    pub(super) fn clear_compiled(&self) {
        let cleared = self.inner.workspace.folder(COMPILED).and_then(|folder| {
            media::remove_abandoned(&folder).map_err(|error| Failure::io(folder.display(), &error))
        });
        match cleared {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "removed what killed compiles left"),
            // It is in nobody's way but the disk's.
            Err(failure) => tracing::warn!("{failure}"),
        }
    }

    fn compiled_place(&self, title: &str, hash: &str) -> Result<PathBuf, Failure> {
        let short = hash.get(..8).unwrap_or(hash);
        let name = format!("{} {short}.mp4", file_words(title));
        Ok(self.inner.workspace.folder(COMPILED)?.join(name))
    }

    fn run_compile(
        &self,
        objects: &Objects,
        plan: &conform::CutPlan,
        out: &Path,
        settings: &CompileSettings,
        job: &JobHandle,
    ) -> Result<Result<Report, Box<Report>>, Failure> {
        let progress = |step: media::Progress| {
            let stage = match step.stage {
                Stage::Write => "Writing",
                Stage::Verify => "Verifying",
                Stage::Done => "Done",
            };
            job.progress(stage, step.done, step.total, "frames", step.bytes);
        };
        let workspace = &self.inner.workspace;
        let made = crate::compile::attempt(
            Some(workspace),
            objects,
            plan,
            out,
            settings,
            &progress,
            job.token(),
        )?;
        let verification = made
            .as_ref()
            .ok()
            .and_then(|made| made.verification.as_ref());
        if verification.is_some_and(|verification| verification.ok) {
            self.step_done(Step::Compiled);
        }
        self.tell_workspace();
        Ok(made)
    }

    /// Publishes what a compile made.
    ///
    /// # Errors
    /// The job made no file.
    pub async fn publish_start(&self, args: ipc::PublishArgs) -> Result<String, Failure> {
        let worker = self.clone();
        let job_id = args.job_id;
        let file = blocking(move || worker.result_path(&job_id)).await?;
        let title = args.title.trim().to_owned();
        let settings = PublishSettings {
            label: (!title.is_empty()).then(|| title.clone()),
            report: None,
        };
        let desk = self.clone();
        let key = format!("file {}", file.display());
        Ok(self.inner.jobs.start(
            JobKind::Publish,
            format!("Publish {title}"),
            Some(key),
            move |job| desk.run_publish(&file, &settings, job),
        ))
    }

    fn run_publish(
        &self,
        file: &Path,
        settings: &PublishSettings,
        job: &JobHandle,
    ) -> Result<JobResult, Failure> {
        job.progress("Registering", 0, 0, "bytes", 0);
        let workspace = &self.inner.workspace;
        let published = workspace.publish(file, settings, job.token())?;
        self.tell_outbox();
        self.tell_sources();
        let mut queued = published.queued.len();
        if queued > 0 {
            let progress = |done: u64, total: u64| {
                job.progress("Uploading", done, total, "bytes", done);
            };
            let sent = Handle::current().block_on(workspace.wait_for(
                &published.queued,
                &progress,
                job.token(),
            ));
            self.note_store();
            self.tell_outbox();
            match sent {
                Ok(()) => queued = 0,
                // Everything local is done; the rest is in the outbox, and shown there.
                Err(failure) if matches!(failure.code, Code::Unreachable | Code::Cancelled) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(JobResult::Published {
            compilation_id: published.compilation_id.to_string(),
            object_url: published.object_url,
            play_url: published.play_url.unwrap_or_default(),
            queued: small(queued as u64),
            issues: published.issues,
        })
    }

    /// Prints codes.
    ///
    /// # Errors
    /// The compilation is not known, or no place is named.
    pub async fn sheet_start(&self, args: ipc::SheetArgs) -> Result<String, Failure> {
        let id: Uuid = args.compilation_id.parse().map_err(|_| {
            Failure::bad_input(
                format!("`{}` is no compilation", args.compilation_id),
                "Choose one from the list.",
            )
        })?;
        let worker = self.clone();
        let record = blocking(move || worker.inner.workspace.compilation(id)).await?;
        let rows = sheet_rows(id, &args.placements)?;
        let settings = SheetSettings {
            template: args.template,
            local: args.local,
            rows,
            ..SheetSettings::default()
        };
        let desk = self.clone();
        Ok(self.inner.jobs.start(
            JobKind::Sheet,
            format!("Sheet for {}", record.title),
            Some("sheet".to_owned()),
            move |job| desk.run_sheet(&record.title, &settings, job),
        ))
    }

    fn run_sheet(
        &self,
        title: &str,
        settings: &SheetSettings,
        job: &JobHandle,
    ) -> Result<JobResult, Failure> {
        let codes = settings.rows.len() as u64;
        job.progress("Printing and reading back", 0, codes, "codes", 0);
        let workspace = &self.inner.workspace;
        // `2026-11-22T22:16:16.123Z` as part of a file name.
        let now = crate::records::date(workspace.clock.now());
        let now: String = now.chars().take(19).collect();
        let now = now.replace('T', " ").replace(':', "");
        let name = format!("{} {} {now}.pdf", file_words(title), settings.template);
        let out = workspace.folder("sheets")?.join(name);
        let printed = workspace.print_sheet(settings, &out, job.token())?;
        self.step_done(Step::Printed);
        Ok(JobResult::Printed {
            sheet: sheet_view(&printed, settings.local)?,
        })
    }

    /// Works the outbox off.
    ///
    /// # Errors
    /// None at once.
    pub async fn sync_start(&self, _: ipc::NoArgs) -> Result<String, Failure> {
        let desk = self.clone();
        Ok(self.inner.jobs.start(
            JobKind::Sync,
            "Send what waits".to_owned(),
            Some("sync".to_owned()),
            move |job| {
                let progress = |done: u64, total: u64| {
                    job.progress("Uploading", done, total, "bytes", done);
                };
                let workspace = &desk.inner.workspace;
                let synced = Handle::current().block_on(workspace.sync(&progress, job.token()));
                desk.note_store();
                desk.tell_outbox();
                let synced = synced?;
                Ok(JobResult::Synced {
                    done: small(synced.done as u64),
                    waiting: small(synced.waiting as u64),
                    dead: small(synced.dead as u64),
                })
            },
        ))
    }

    /// Sends what is due, as long as the window is open.
    pub(super) fn work_outbox_off(&self) {
        let desk = self.clone();
        let stop = self.inner.stop.clone();
        // The upload itself sees the token, and puts its entry back before it ends.
        self.inner.tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(OUTBOX_EVERY) => {}
                }
                let worker = desk.clone();
                let sent = blocking(move || worker.send_what_is_due()).await;
                if let Err(failure) = sent
                    && !stop.is_cancelled()
                {
                    desk.failed(&failure);
                }
            }
        });
    }

    fn send_what_is_due(&self) -> Result<(), Failure> {
        let workspace = &self.inner.workspace;
        workspace.queue_events()?;
        if workspace.outbox()?.is_empty() {
            self.note_store();
            return Ok(());
        }
        let last = Mutex::new(Instant::now());
        let progress = |_, _| {
            let mut last = lock(&last);
            if last.elapsed() > TOLD_EVERY {
                *last = Instant::now();
                self.tell_outbox();
            }
        };
        let work = workspace.work_off(&progress, &self.inner.stop);
        let sent = Handle::current().block_on(work);
        self.note_store();
        self.tell_outbox();
        sent.map(|_| ())
    }

    /// Remembers whether the store answers: something waits for the network, or nothing does.
    fn note_store(&self) {
        let Ok(items) = self.outbox_items() else {
            return;
        };
        let offline = items
            .iter()
            .any(|item| item.waiting_for.as_deref() == Some("network"));
        {
            let mut since = lock(&self.inner.offline_since);
            if offline == since.is_some() {
                return;
            }
            *since = offline.then(|| crate::records::date(self.inner.workspace.clock.now()));
        }
        self.tell_workspace();
    }

    /// Stops a job.
    ///
    /// # Errors
    /// There is no such job.
    pub async fn job_cancel(&self, args: ipc::JobArgs) -> Result<(), Failure> {
        self.inner.jobs.cancel(&args.job_id)
    }

    /// Puts a finished job away.
    ///
    /// # Errors
    /// There is no such job, or it runs.
    pub async fn job_dismiss(&self, args: ipc::JobArgs) -> Result<(), Failure> {
        self.inner.jobs.dismiss(&args.job_id)
    }

    /// The file that a finished job made.
    ///
    /// # Errors
    /// There is no such job, it made none, or the file is gone.
    pub fn result_path(&self, job_id: &str) -> Result<PathBuf, Failure> {
        let (folder, file) = match self.inner.jobs.result(job_id) {
            Some(JobResult::Compiled {
                folder,
                file,
                kept: true,
                ..
            }) => (folder, file),
            Some(JobResult::Printed { sheet }) => (sheet.folder, sheet.file),
            _ => {
                return Err(Failure::new(
                    Code::NotFound,
                    "the job made no file",
                    "Choose a job that compiled or printed something.",
                ));
            }
        };
        let path = Path::new(&folder).join(file);
        if !path.is_file() {
            return Err(Failure::new(
                Code::NotFound,
                format!("{} is gone", path.display()),
                "Make it again.",
            ));
        }
        Ok(path)
    }

    pub(super) fn tell_sources(&self) {
        let _in_order = lock(&self.inner.telling);
        match self.source_views() {
            Ok(sources) => self.tell(DeskEvent::Sources { sources }),
            Err(failure) => self.failed(&failure),
        }
    }

    pub(super) fn tell_outbox(&self) {
        let _in_order = lock(&self.inner.telling);
        match self.outbox_items() {
            Ok(outbox) => self.tell(DeskEvent::Outbox { outbox }),
            Err(failure) => self.failed(&failure),
        }
    }
}

/// What a compile made, or what is known of an output that was not as planned and is gone.
fn compiled(revision: u32, out: &Path, made: &Result<Report, Box<Report>>) -> JobResult {
    let (report, kept) = match made {
        Ok(report) => (report, true),
        Err(faulty) => (&**faulty, false),
    };
    let folder = out.parent().unwrap_or(Path::new(""));
    JobResult::Compiled {
        file: file_name(out),
        folder: folder.display().to_string(),
        kept,
        sha256: report.sha256.clone(),
        plan_hash: report.plan.hash.clone(),
        revision,
        frames: small(report.frames),
        copied_frames: small(report.copied_frames),
        encoded_frames: small(report.encoded_frames),
        bytes: report.size,
        verified: report.verification.as_ref().map(verified),
    }
}

fn verified(found: &Verification) -> VerifiedView {
    let check = |check: &media::Check| ipc::JointView {
        frame: None,
        title: check.name.clone(),
        ok: check.ok,
        detail: check.detail.clone(),
    };
    let joint = |joint: &media::Joint| ipc::JointView {
        frame: Some(small(joint.frame)),
        title: joint.kinds.clone(),
        ok: joint.ok,
        detail: joint.detail.clone(),
    };
    VerifiedView {
        ok: found.ok,
        frames: small(found.frames),
        checks: found.checks.iter().map(check).collect(),
        joints: found.joints.iter().map(joint).collect(),
    }
}

fn sheet_rows(id: Uuid, placements: &[String]) -> Result<Vec<SheetRow>, Failure> {
    let named: Vec<&str> = placements
        .iter()
        .map(|placement| placement.trim())
        .filter(|placement| !placement.is_empty())
        .collect();
    if named.len() > MOST_CODES {
        return Err(Failure::bad_input(
            format!("{} places, and {MOST_CODES} is the most here", named.len()),
            "Print long lists with `stringout sheet --csv FILE`.",
        ));
    }
    // A code without a place is still a code.
    let named = if named.is_empty() { vec![""] } else { named };
    Ok(named
        .into_iter()
        .enumerate()
        .map(|(line, placement)| SheetRow {
            origin: format!("placement {}", line + 1),
            compilation_id: id,
            placement: placement.to_owned(),
            copies: 1,
            ..SheetRow::default()
        })
        .collect())
}

fn sheet_view(printed: &PrintedSheet, local: bool) -> Result<SheetView, Failure> {
    let codes = printed.codes.iter().map(|code| {
        Ok(ipc::CodeView {
            id: code.id.grouped(),
            url: code.url.clone(),
            placement: code.placement.clone(),
            page: small(code.page as u64),
            verified: code.verified,
            modules: sheets::Code::new(&code.url)?.rows(),
        })
    });
    let folder = printed.out.parent().unwrap_or(Path::new(""));
    Ok(SheetView {
        file: file_name(&printed.out),
        folder: folder.display().to_string(),
        pages: small(printed.pages as u64),
        pdf_ms: printed.pdf_ms,
        verify_ms: printed.verify_ms,
        codes: codes.collect::<Result<_, Failure>>()?,
        preview_pages: small(printed.pages as u64),
        local,
        issues: printed.issues.clone(),
    })
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A title as part of a file name that every system takes.
fn file_words(title: &str) -> String {
    let kept: String = title
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                ' '
            }
        })
        .collect();
    let words = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = words.chars().take(60).collect();
    let short = short.trim_matches(['.', ' ']);
    if short.is_empty() {
        "Untitled".to_owned()
    } else {
        short.to_owned()
    }
}
