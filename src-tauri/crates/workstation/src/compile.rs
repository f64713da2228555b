//! Plan, compile, verify.

use crate::{Failure, Objects, OpenEdit, Workspace};
use conform::{CutPlan, Issue, Mode, Options, Pace, Snap, VideoCodec};
use media::{CompileOptions, MediaError, Progress, Report, Verification};
use std::io::Write;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// The folder of a workspace where outputs are kept when no place was named.
pub(crate) const COMPILED: &str = "compiled";

/// How an output is to be made.
#[derive(Clone, Debug, Default)]
pub struct CompileSettings {
    /// Copy, smart, render, or whatever fits.
    pub mode: Mode,
    /// GStreamer's name of the video encoder.
    pub encoder: Option<String>,
    /// At most one sequence parameter set in the output.
    pub single_parameter_set: bool,
    /// H.264, which every phone and browser plays, whatever it is cut from.
    pub plays_everywhere: bool,
    /// What it is wrapped in; told by the file's name when `None`.
    pub container: Option<conform::Container>,
    /// MP4 in fragments.
    pub fragmented: bool,
    /// An existing file is replaced.
    pub overwrite: bool,
    /// The output is not checked against the plan.
    pub no_verify: bool,
    /// How fast this machine is, see [`Workspace::pace`].
    pub pace: Pace,
}

/// Resolves an edit into its plan.
///
/// # Errors
/// A clip or mark is wrong, or the encoder asked for is not there.
pub fn plan(edit: &OpenEdit, settings: &CompileSettings) -> Result<(CutPlan, Vec<Issue>), Failure> {
    let options = Options {
        mode: settings.mode,
        encoders: media::encoders(settings.encoder.as_deref())?,
        codec: settings.plays_everywhere.then_some(VideoCodec::H264),
        single_parameter_set: settings.single_parameter_set,
        pace: settings.pace,
    };
    Ok(conform::conform(&edit.edit, &options)?)
}

/// Which players may refuse what comes of a plan; `None` where nothing is known against it.
#[must_use]
pub fn may_refuse(plan: &CutPlan) -> Option<&'static str> {
    (plan.parameter_sets() > 1).then_some(
        "televisions and set-top boxes may show no more than what has the first of its two parameter sets",
    )
}

/// Where the marks of a clip may lie so that nothing of it has to be encoded.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ClipSnaps {
    /// The clip, as written.
    pub clip: String,
    /// Its in point, in frames of its source.
    pub r#in: Snap,
    /// Its out point.
    pub out: Snap,
}

/// The lossless places nearest to the marks of an edit's pictures.
#[must_use]
pub fn snaps(edit: &OpenEdit) -> Vec<ClipSnaps> {
    let shown = edit.edit.tracks.iter().filter(|track| track.pictures);
    let clips = shown.flat_map(|track| &track.clips);
    clips
        .filter_map(|clip| {
            let (r#in, out) = conform::snap_clip(clip).ok()?;
            Some(ClipSnaps {
                clip: clip.label.clone(),
                r#in,
                out,
            })
        })
        .collect()
}

/// Executes a plan into `out`, and keeps its report in the workspace when one is given, so that a
/// publish finds the plan by the file's SHA-256.
///
/// Of the edit that was planned only its objects are needed: hours of clips, with every frame of what
/// they are cut from, may be dropped before.
///
/// # Errors
/// See [`Failure`]; nothing is left behind.
pub fn compile(
    workspace: Option<&Workspace>,
    objects: &Objects,
    plan: &CutPlan,
    out: &Path,
    settings: &CompileSettings,
    progress: &(dyn Fn(Progress) + Sync),
    cancel: &CancellationToken,
) -> Result<Report, Failure> {
    let made = attempt(workspace, objects, plan, out, settings, progress, cancel)?;
    made.map_err(|faulty| MediaError::NotAsPlanned(faulty).into())
}

/// As [`compile`]. When checking finds the output other than planned, what it found is the inner error, and
/// nothing else is left.
pub(crate) fn attempt(
    workspace: Option<&Workspace>,
    objects: &Objects,
    plan: &CutPlan,
    out: &Path,
    settings: &CompileSettings,
    progress: &(dyn Fn(Progress) + Sync),
    cancel: &CancellationToken,
) -> Result<Result<Report, Box<Report>>, Failure> {
    let options = CompileOptions {
        encoder: settings.encoder.clone(),
        container: settings.container,
        fragmented: settings.fragmented,
        overwrite: settings.overwrite,
        no_verify: settings.no_verify,
    };
    // What is at servers is on its way while the first spans are made.
    let ended = cancel.child_token();
    let _stops_fetching = ended.clone().drop_guard();
    // What has to come first says nothing of this machine.
    let all_here = plan.objects().iter().all(|id| objects.is_here(id));
    objects.fetch_ahead(plan.objects().into_iter(), &ended)?;
    let out = std::path::absolute(out).map_err(|error| Failure::io(out.display(), &error))?;
    let report = match media::compile(plan, objects, &out, &options, progress, cancel) {
        Ok(report) => report,
        Err(MediaError::NotAsPlanned(faulty)) => return Ok(Err(faulty)),
        Err(error) => return Err(target_failure(error.into())),
    };
    if let Some(workspace) = workspace {
        let json = serde_json::to_value(&report).map_err(Failure::internal)?;
        let path = out.display().to_string();
        workspace
            .work
            .save_report(&report.sha256, Some(&report.plan.hash), &path, &json)?;
        // Estimates are no reason to lose a result.
        if all_here && let Err(failure) = workspace.learn_pace(&report) {
            tracing::warn!("{failure}");
        }
    }
    Ok(Ok(report))
}

impl Workspace {
    /// Where the output of a plan is kept when no file was named.
    ///
    /// # Errors
    /// The workspace can't be written.
    pub fn compiled_path(&self, plan: &CutPlan) -> Result<PathBuf, Failure> {
        let name = plan.hash.get(..16).unwrap_or(&plan.hash);
        Ok(self.folder(COMPILED)?.join(format!("{name}.mp4")))
    }
}

/// A folder that is not there is a target that can't be written, not something to look for.
fn target_failure(failure: Failure) -> Failure {
    if failure.code == crate::Code::NotFound {
        return Failure::new(
            crate::Code::NotWritable,
            failure.detail,
            "Make the folder first, or choose another one.",
        );
    }
    failure
}

/// Checks a file against a report again.
///
/// # Errors
/// The file or the report can't be read.
pub fn verify(
    file: &Path,
    report: &Path,
    cancel: &CancellationToken,
) -> Result<Verification, Failure> {
    let report = read_report(report)?;
    Ok(media::verify(file, &report, cancel)?)
}

/// Reads a report that a compile wrote.
///
/// # Errors
/// The file can't be read or is no report.
pub fn read_report(path: &Path) -> Result<Report, Failure> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::io(path.display(), &error))?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::bad_input(
            format!("{} is no compile report: {error}", path.display()),
            "Name the file that `compile --report FILE` wrote.",
        )
    })
}

/// Writes a report: to a temporary name first.
///
/// # Errors
/// The target can't be written.
pub fn write_report(report: &Report, path: &Path) -> Result<(), Failure> {
    let text = serde_json::to_vec_pretty(report).map_err(Failure::internal)?;
    write_file(path, &text)
}

/// Tells early whether [`write_file`] can write there: its temporary file is made and removed.
///
/// # Errors
/// The target can't be written.
pub fn check_writable(path: &Path) -> Result<(), Failure> {
    let partial = partial_of(path)?;
    if path.is_dir() {
        let error = std::io::ErrorKind::IsADirectory.into();
        return Err(target_failure(Failure::io(path.display(), &error)));
    }
    let made = std::fs::File::create(&partial).and_then(|_| std::fs::remove_file(&partial));
    made.map_err(|error| target_failure(Failure::io(path.display(), &error)))
}

/// What a file is called until it is complete.
fn partial_of(path: &Path) -> Result<PathBuf, Failure> {
    let name = path.file_name().ok_or_else(|| {
        Failure::bad_input(format!("{} names no file", path.display()), "Name a file.")
    })?;
    Ok(path.with_file_name(format!(".{}.partial", name.to_string_lossy())))
}

/// Writes a whole file under a temporary name first, so that a failure leaves an old one untouched.
///
/// # Errors
/// The target can't be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    write_file_with(path, |file| file.write_all(bytes))
}

/// The same for what is not in memory as a whole.
pub(crate) fn write_file_with(
    path: &Path,
    write: impl FnOnce(&mut std::fs::File) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let partial = partial_of(path)?;
    let written = std::fs::File::create(&partial)
        .and_then(|mut file| write(&mut file).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&partial, path));
    written.map_err(|error| {
        // Nothing more can be done about a partial file that can't be removed.
        let _ = std::fs::remove_file(&partial);
        target_failure(Failure::io(path.display(), &error))
    })
}
