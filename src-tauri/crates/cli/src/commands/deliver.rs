//! `publish`, `compilations`, `where-used`, `outbox`, `sync`.

use super::Place;
use super::browse::parse_timerange;
use super::make::{open_edit, progress_bar, show, wanted};
use crate::arguments::{KeepArgument, OutboxCommand};
use crate::output::Output;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workstation::{
    Code, CompileSettings, Counting, Failure, Keep, OutboxLine, OutboxState, PublishSettings,
    Published, Workspace, place_and_id,
};

/// What to publish.
#[derive(Debug)]
pub(crate) struct Publish {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) rate: Option<Counting>,
    pub(crate) clips: Vec<String>,
    pub(crate) label: Option<String>,
    pub(crate) report: Option<PathBuf>,
    pub(crate) by_reference: bool,
    pub(crate) wait: bool,
}

pub(crate) async fn publish(
    what: Publish,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let workspace = place.open()?;
    let published = make_and_publish(&workspace, &what, output, cancel)?;
    for issue in &published.issues {
        output.note(&format!("note: {issue}"));
    }
    let mut waited = Ok(());
    if what.wait {
        let bar = upload_bar(output);
        let progress = |done: u64, total: u64| {
            bar.set_length(total);
            bar.set_position(done);
        };
        waited = workspace
            .wait_for(&published.queued, &progress, cancel)
            .await;
        bar.finish_and_clear();
    }
    let text = |queued: &str| {
        format!(
            "compilation {}\n  object  {}\n  link    {}\n  source  {}\n  flow    {}{queued}",
            published.compilation_id,
            published.object_url,
            published.play_url.as_deref().unwrap_or("-"),
            published.source_id,
            published.flow_id
        )
    };
    if let Err(failure) = waited {
        return output.answer_and_fail(&published, || text(QUEUED), failure);
    }
    let queued = !published.queued.is_empty() && !what.wait;
    output.answer(&published, || text(if queued { QUEUED } else { "" }))
}

/// What is said of a result that still has to reach a remote.
pub(super) const QUEUED: &str = "\n  queued: `stringout sync` sends it";

fn make_and_publish(
    workspace: &Workspace,
    what: &Publish,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<Published, Failure> {
    let usage = |detail: String, hint: &str| Failure::new(Code::Usage, detail, hint);
    let settings = PublishSettings {
        label: what.label.clone(),
        report: what.report.clone(),
    };
    let compiled = match what.files.as_slice() {
        [file] if !workstation::is_edit(file) => Some(file),
        [] if what.clips.is_empty() => {
            return Err(usage(
                "nothing to publish was named".to_owned(),
                "Name a compiled file, or clips with `--clip`.",
            ));
        }
        files => {
            if let Some(file) = files.iter().find(|file| !workstation::is_edit(file)) {
                return Err(usage(
                    format!(
                        "{} is no edit, and stands beside other files",
                        file.display()
                    ),
                    "Publish one compiled file at a time; name parts of files with `--clip`.",
                ));
            }
            None
        }
    };
    if let Some(file) = compiled {
        if what.by_reference {
            return Err(usage(
                format!("{} is one file: there is nothing to reuse", file.display()),
                "Name an edit, or clips of flows with `--clip`.",
            ));
        }
        return workspace.publish(file, &settings, cancel);
    }
    let edit = wanted(&what.files, &what.clips, what.rate, output)?;
    let opened = open_edit(Some(workspace), &edit, output, cancel)?;
    let making = CompileSettings {
        // Objects are reused as they are coded.
        plays_everywhere: !what.by_reference,
        overwrite: true,
        ..CompileSettings::default()
    };
    let (plan, issues) = workstation::plan(&opened, &making)?;
    for issue in &issues {
        output.note(&format!("note: {}: {}", issue.clip, issue.what));
    }
    // The plan says all that is needed of the clips.
    let objects = Arc::clone(&opened.objects);
    drop(opened);
    let bar = progress_bar(output, plan.frames);
    let progress = |progress: workstation::Progress| show(&bar, progress);
    if what.by_reference {
        let published =
            workspace.publish_by_reference(&objects, &plan, &settings, &progress, cancel);
        bar.finish_and_clear();
        return published;
    }
    let out = workspace.compiled_path(&plan)?;
    let report = workstation::compile(
        Some(workspace),
        &objects,
        &plan,
        &out,
        &making,
        &progress,
        cancel,
    );
    bar.finish_and_clear();
    workspace.publish(&report?.out, &settings, cancel)
}

fn upload_bar(output: &Output) -> ProgressBar {
    let bar = if output.draws() {
        ProgressBar::new(0)
    } else {
        ProgressBar::hidden()
    };
    let template = "uploading {wide_bar} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

pub(crate) async fn shared_compilations(place: &Place, output: &Output) -> Result<(), Failure> {
    let (records, unreadable) = place.open()?.shared_compilations().await?;
    if unreadable > 0 {
        output.note(&format!(
            "note: {unreadable} rows make no sense and are left out"
        ));
    }
    output.answer(&records, || {
        if records.is_empty() {
            return "no compilations there yet".to_owned();
        }
        let line = |record: &workstation::SharedCompilation| {
            let compilation = &record.compilation;
            format!(
                "{}  {}  {}  {}",
                compilation.id, compilation.created, record.device, compilation.title
            )
        };
        records.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

pub(crate) fn compilations(
    id: Option<Uuid>,
    place: &Place,
    output: &Output,
) -> Result<(), Failure> {
    let workspace = place.open()?;
    if let Some(id) = id {
        let record = workspace.compilation(id)?;
        return output.answer(&record, || {
            serde_json::to_string_pretty(&record).unwrap_or_else(|error| error.to_string())
        });
    }
    let records = workspace.compilations()?;
    output.answer(&records, || {
        if records.is_empty() {
            return "no compilations yet: `stringout publish FILE`".to_owned();
        }
        let line = |record: &workstation::CompilationLine| {
            format!("{}  {}  {}", record.id, record.created, record.title)
        };
        records.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

pub(crate) fn where_used(
    flow: &str,
    timerange: Option<&str>,
    place: &Place,
    output: &Output,
) -> Result<(), Failure> {
    // Records name flows by their ids, wherever they are.
    let (_, flow) = place_and_id(flow, flow.strip_prefix("flow:").unwrap_or(flow))?;
    let timerange = timerange.map(parse_timerange).transpose()?;
    let uses = place.open()?.where_used(&flow.to_string(), timerange)?;
    output.answer(&uses, || {
        if uses.is_empty() {
            return "it is used nowhere".to_owned();
        }
        let line = |used: &workstation::UseLine| {
            format!(
                "{}  {}  {}",
                used.compilation.id, used.timerange, used.compilation.title
            )
        };
        uses.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

pub(crate) async fn outbox(
    command: Option<OutboxCommand>,
    place: &Place,
    output: &Output,
) -> Result<(), Failure> {
    let workspace = place.open()?;
    let lines = match command {
        None | Some(OutboxCommand::List) => workspace.outbox()?,
        Some(OutboxCommand::Retry { id, keep: None }) => vec![workspace.retry(id)?],
        Some(OutboxCommand::Retry {
            id,
            keep: Some(keep),
        }) => {
            let keep = match keep {
                KeepArgument::Ours => Keep::Ours,
                KeepArgument::Theirs => Keep::Theirs,
            };
            vec![workspace.settle(id, keep).await?]
        }
        Some(OutboxCommand::Cancel { id }) => workspace.cancel(id)?,
    };
    output.answer(&lines, || {
        if lines.is_empty() {
            return "nothing is queued".to_owned();
        }
        let line = |entry: &OutboxLine| {
            let waits = entry
                .waiting_for
                .as_ref()
                .map_or(String::new(), |what| format!("  waits for {what}"));
            let error = entry
                .last_error
                .as_ref()
                .map_or(String::new(), |error| format!("\n    {error}"));
            format!(
                "{}  {}  {:?}{waits}{error}",
                entry.id, entry.kind, entry.state
            )
        };
        lines.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

pub(crate) async fn sync(
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let workspace = place.open()?;
    let bar = upload_bar(output);
    let progress = |done: u64, total: u64| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let synced = workspace.sync(&progress, cancel).await;
    bar.finish_and_clear();
    let outbox = synced?;
    let (pins, missing) = workspace.keep_pins(&|_, _, _| (), cancel).await?;
    let synced = Synced {
        outbox,
        pins,
        pins_missing: missing.len(),
    };
    let text = || {
        let pins = match (pins, missing.len()) {
            (0, 0) => String::new(),
            (whole, 0) => format!(", {whole} pins are here"),
            (whole, missing) => format!(", {whole} pins are here and {missing} are not"),
        };
        format!(
            "{} done, {} waiting, {} need you{pins}",
            outbox.done, outbox.waiting, outbox.dead
        )
    };
    let entries = workspace.outbox()?;
    let error_of = |dead: bool| {
        let entry = entries
            .iter()
            .find(|entry| (entry.state == OutboxState::Dead) == dead);
        entry.map_or_else(String::new, |entry| {
            let error = entry.last_error.clone();
            error.unwrap_or_else(|| format!("another process is at {}", entry.id))
        })
    };
    if outbox.dead > 0 {
        let hint =
            "Correct it, then `stringout outbox retry ID`; `stringout outbox` lists the ids.";
        let failure = Failure::new(Code::Refused, error_of(true), hint);
        return output.answer_and_fail(&synced, text, failure);
    }
    if outbox.waiting > 0 {
        let hint = "The rest stays queued; `stringout outbox` lists it.";
        let credentials = entries
            .iter()
            .any(|entry| entry.waiting_for.as_deref() == Some("credentials"));
        let code = if credentials {
            Code::CredentialsRefused
        } else {
            Code::Unreachable
        };
        let failure = Failure::new(code, error_of(false), hint);
        return output.answer_and_fail(&synced, text, failure);
    }
    // What only a person can mend, such as a server that is not configured any more, stands in no way.
    let (waits, odd): (Vec<&Failure>, Vec<&Failure>) =
        missing.iter().partition(|failure| failure.retryable);
    for failure in odd {
        output.note(&format!("note: a pin: {failure}"));
    }
    if let Some(failure) = waits.first() {
        return output.answer_and_fail(&synced, text, (*failure).clone());
    }
    output.answer(&synced, text)
}

/// What came of it.
#[derive(Serialize)]
struct Synced {
    #[serde(flatten)]
    outbox: workstation::Synced,
    /// Pins that are whole.
    pins: usize,
    /// Pins that could not be brought.
    pins_missing: usize,
}
