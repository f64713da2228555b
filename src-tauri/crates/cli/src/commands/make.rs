//! `plan`, `convert`, `compile`, `verify`.

use super::Place;
use crate::arguments::{CompatArgument, EditArguments, MakingArguments, ModeArgument};
use crate::output::Output;
use conform::{AudioSpan, Container, CutPlan, SpanKind, VideoSpan};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use workstation::{
    CompileSettings, Counting, EditForm, Failure, Fetching, Issue, Mode, OpenEdit, Progress, Stage,
    WantedClip, WantedEdit, Workspace, only_files, write_report,
};

pub(crate) fn settings(making: &MakingArguments) -> CompileSettings {
    CompileSettings {
        mode: match making.mode {
            ModeArgument::Auto => Mode::Auto,
            ModeArgument::Copy => Mode::Copy,
            ModeArgument::Smart => Mode::Smart,
            ModeArgument::Render => Mode::Render,
        },
        encoder: making.encoder.clone(),
        single_parameter_set: making.compat == Some(CompatArgument::Single),
        ..CompileSettings::default()
    }
}

pub(crate) fn plan(
    edit: &EditArguments,
    making: &MakingArguments,
    out: Option<&Path>,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let edit = wanted(&edit.what.files, &edit.what.clips, edit.rate, output)?;
    let workspace = place.open_if(!only_files(&edit)?)?;
    let opened = open_edit(workspace.as_ref(), &edit, output, cancel)?;
    let settings = CompileSettings {
        pace: pace(workspace.as_ref())?,
        ..settings(making)
    };
    let (plan, issues) = workstation::plan(&opened, &settings)?;
    if let Some(out) = out {
        let text = serde_json::to_vec_pretty(&plan).map_err(Failure::internal)?;
        workstation::write_file(out, &text)?;
    }
    let mut document = serde_json::to_value(&plan).map_err(Failure::internal)?;
    if let Some(document) = document.as_object_mut() {
        document.insert("issues".to_owned(), json!(issues));
        document.insert("parameter_sets".to_owned(), json!(plan.parameter_sets()));
        document.insert(
            "may_refuse".to_owned(),
            json!(workstation::may_refuse(&plan)),
        );
        document.insert("snaps".to_owned(), json!(workstation::snaps(&opened)));
    }
    output.answer(&document, || describe(&plan, &issues))
}

/// Edits and the clips named one by one, one behind the other; `rate` counts the frames of lists.
pub(crate) fn wanted(
    files: &[PathBuf],
    clips: &[String],
    rate: Option<Counting>,
    output: &Output,
) -> Result<WantedEdit, Failure> {
    let is_list = |file: &PathBuf| EditForm::of(file) == Some(EditForm::Edl);
    if rate.is_some() && !files.iter().any(is_list) {
        output.note("note: no edit decision list is named, so --rate counts nothing");
    }
    let mut wanted = WantedEdit::default();
    for file in files {
        let (edit, notes) = workstation::read_edit(file, rate)?;
        for note in notes {
            output.note(&format!("note: {}: {note}", file.display()));
        }
        wanted.append(edit)?;
    }
    let clips: Result<Vec<_>, _> = clips.iter().map(|clip| WantedClip::parse(clip)).collect();
    let clips = clips?;
    if !clips.is_empty() {
        wanted.append(WantedEdit::of(clips))?;
    }
    Ok(wanted)
}

/// Opens clips; shows how media of servers arrives.
pub(crate) fn open_edit(
    workspace: Option<&Workspace>,
    edit: &WantedEdit,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<OpenEdit, Failure> {
    let bar = if output.draws() {
        ProgressBar::new(0)
    } else {
        ProgressBar::hidden()
    };
    let style = "fetching {wide_bar} {pos}/{len} objects, {msg}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    let progress = |here: usize, all: usize, bytes: u64| {
        bar.set_length(all as u64);
        bar.set_position(here as u64);
        bar.set_message(HumanBytes(bytes).to_string());
    };
    let fetching = Fetching {
        progress: &progress,
        cancel,
    };
    let opened = std::thread::scope(|scope| {
        scope.spawn(workstation::warm_up);
        workstation::open_edit(workspace, edit, &fetching)
    });
    bar.finish_and_clear();
    let opened = opened?;
    for note in &opened.notes {
        output.note(&format!("note: {note}"));
    }
    Ok(opened)
}

pub(crate) fn convert(
    input: &Path,
    out: &Path,
    rate: Option<Counting>,
    overwrite: bool,
    output: &Output,
) -> Result<(), Failure> {
    let converted = workstation::convert(input, out, rate, overwrite)?;
    output.answer(&converted, || {
        let issues = converted.issues.iter();
        let notes = issues.map(|issue| format!("\nnote: {}: {}", issue.place, issue.what));
        format!(
            "{}\n  {} clips, from {} to {}{}",
            converted.out.display(),
            converted.clips,
            converted.from,
            converted.to,
            notes.collect::<String>()
        )
    })
}

fn pace(workspace: Option<&Workspace>) -> Result<workstation::Pace, Failure> {
    workspace.map_or(Ok(workstation::Pace::default()), Workspace::pace)
}

/// Where a compile goes.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) out: PathBuf,
    pub(crate) format: Option<String>,
    pub(crate) report: Option<PathBuf>,
    pub(crate) overwrite: bool,
    pub(crate) no_verify: bool,
}

pub(crate) fn compile(
    edit: &EditArguments,
    making: &MakingArguments,
    target: &Target,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let (container, fragmented) = container(target)?;
    let edit = wanted(&edit.what.files, &edit.what.clips, edit.rate, output)?;
    let workspace = place.open_if(!only_files(&edit)?)?;
    let opened = open_edit(workspace.as_ref(), &edit, output, cancel)?;
    let settings = CompileSettings {
        container: Some(container),
        fragmented,
        overwrite: target.overwrite,
        no_verify: target.no_verify,
        pace: pace(workspace.as_ref())?,
        ..settings(making)
    };
    let (plan, issues) = workstation::plan(&opened, &settings)?;
    for issue in &issues {
        output.note(&format!("note: {}: {}", issue.clip, issue.what));
    }
    if fragmented && plan.format.timecode.is_some() {
        output.note("note: MP4 in fragments has no timecode here: it is left out");
    }
    if let Some(path) = &target.report {
        // Before an old output is replaced.
        workstation::check_writable(path)?;
    }
    // The plan says all that is needed of the clips.
    let objects = Arc::clone(&opened.objects);
    drop(opened);
    let bar = progress_bar(output, plan.frames);
    let report = workstation::compile(
        workspace.as_ref(),
        &objects,
        &plan,
        &target.out,
        &settings,
        &|progress| show(&bar, progress),
        cancel,
    );
    bar.finish_and_clear();
    let report = report?;
    if let Some(path) = &target.report {
        write_report(&report, path)?;
    }
    let verified = report
        .verification
        .as_ref()
        .is_some_and(|verification| verification.ok);
    let document = json!({
        "out": report.out,
        "frames": report.frames,
        "duration": report.plan.duration,
        "plan_hash": report.plan.hash,
        "sha256": report.sha256,
        "size": report.size,
        "copied_bytes": report.copied_bytes,
        "copied_frames": report.copied_frames,
        "encoded_frames": report.encoded_frames,
        "encoder": report.encoder,
        "seconds": {
            "estimated": workstation::estimated(&report.plan),
            "taken": workstation::taken(&report),
        },
        "verified": verified,
        "issues": issues,
    });
    output.answer(&document, || {
        format!(
            "{}\n  {} frames, {} copied, {} encoded; {} bytes\n  pictures made in {:.1} s, estimated {:.1} s\n  plan    {}\n  sha256  {}\n  {}",
            report.out.display(),
            report.frames,
            report.copied_frames,
            report.encoded_frames,
            report.size,
            seconds(workstation::taken(&report)),
            seconds(workstation::estimated(&report.plan)),
            report.plan.hash,
            report.sha256,
            if verified {
                "verified: every frame and joint is as planned"
            } else {
                "not verified"
            },
        )
    })
}

fn seconds(time: workstation::Seconds) -> f64 {
    time.millis as f64 / 1000.0
}

/// The container that is asked for, by `--format` or the file's name.
fn container(target: &Target) -> Result<(Container, bool), Failure> {
    let unknown = |format: &str| {
        Failure::new(
            workstation::Code::Unsupported,
            format!("{}: `{format}` can't be written", target.out.display()),
            "Name a .mp4, .mov, .mkv or .ts file, or pass `--format mp4`, or `fmp4` for MP4 in fragments.",
        )
    };
    let format = target.format.as_deref().unwrap_or_default();
    let fragmented = format.eq_ignore_ascii_case("fmp4");
    let container = match (&target.format, target.out.extension()) {
        (Some(_), _) if fragmented => Ok(Container::Mp4),
        (Some(name), _) => workstation::container_named(name).ok_or_else(|| unknown(name)),
        (None, Some(extension)) => workstation::container_of(&target.out)
            .ok_or_else(|| unknown(&extension.to_string_lossy())),
        (None, None) => Ok(Container::Mp4),
    };
    Ok((container?, fragmented))
}

/// A bar in frames on a terminal, nothing elsewhere.
pub(crate) fn progress_bar(output: &Output, frames: u64) -> ProgressBar {
    let bar = if output.draws() {
        ProgressBar::new(frames)
    } else {
        ProgressBar::hidden()
    };
    let template = "{msg} {wide_bar} {pos}/{len} frames  {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

pub(crate) fn show(bar: &ProgressBar, progress: Progress) {
    match progress.stage {
        Stage::Write => bar.set_message("compiling"),
        Stage::Verify => bar.set_message("checking"),
        Stage::Done => return,
    }
    if progress.stage == Stage::Write {
        bar.set_position(progress.done);
    }
}

pub(crate) fn verify(
    file: &Path,
    report: &Path,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let verification = workstation::verify(file, report, cancel)?;
    let text = || {
        let check = |ok: bool| if ok { "✓" } else { "✗" };
        let checks = verification
            .checks
            .iter()
            .map(|c| format!("{} {}: {}", check(c.ok), c.name, c.detail));
        let joints = verification.joints.iter().map(|j| {
            format!(
                "{} joint at frame {} ({}, {}): {}",
                check(j.ok),
                j.frame,
                j.at,
                j.kinds,
                j.detail
            )
        });
        checks.chain(joints).collect::<Vec<_>>().join("\n")
    };
    let Some(why) = verification.first_fault() else {
        return output.answer(&verification, text);
    };
    let failure = Failure::new(
        workstation::Code::Mismatch,
        format!("{}: {why}", file.display()),
        "Compile it again, or get an undamaged copy.",
    );
    output.answer_and_fail(&verification, text, failure)
}

fn describe(plan: &CutPlan, issues: &[Issue]) -> String {
    let rate = plan
        .frame_rate
        .map_or("varying".to_owned(), |rate| rate.to_string());
    let mut lines = vec![format!(
        "{} frames at {rate} fps, {} s, {}×{}\nplan {}",
        plan.frames, plan.duration, plan.format.width, plan.format.height, plan.hash
    )];
    lines.extend(plan.video.iter().map(|span: &VideoSpan| {
        format!(
            "video {:<8} {:>12} {:>8} frames   {}",
            name(span.kind),
            span.at,
            span.frames,
            span.reason
        )
    }));
    lines.extend(plan.audio.iter().map(|span: &AudioSpan| {
        format!(
            "audio {:<8} {:>12} {:>8} samples  {}",
            name(span.kind),
            span.at,
            span.samples,
            span.reason
        )
    }));
    lines.extend(
        issues
            .iter()
            .map(|issue| format!("note: {}: {}", issue.clip, issue.what)),
    );
    lines.extend(
        workstation::may_refuse(plan)
            .map(|who| format!("note: {who}; `--compat single` renders it with one")),
    );
    lines.join("\n")
}

fn name(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Copy => "copy",
        SpanKind::Encode => "encode",
        SpanKind::Compose => "compose",
        SpanKind::Fill => "fill",
        SpanKind::Reference => "reference",
    }
}
