//! Executing a cut plan: the one way an output comes to be.
//!
//! Pictures are taken or encoded span by span in the calling thread and written as they come; sound
//! is made in a thread of its own with a bounded queue between. Memory does not grow with the
//! length of the output.

mod clock;
mod digest;
mod dissolve;
mod encode;
mod mixing;
mod objects;
mod output;
mod progress;
mod quality;
mod selection;
mod signature;
mod sound;
mod video;
mod writer;

use crate::MediaError;
use crate::codec::{EncoderChoice, choose_encoder, init, versions};
use crate::report::{AudioReport, Report};
use crate::verify::{Verification, verify_written};
use conform::{Container, CutPlan, SpanKind};
use output::PartialFile;
pub use output::remove_abandoned;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::Path;
use tokio_util::sync::CancellationToken;

pub(crate) use digest::Digester;
pub use objects::{MediaObject, ObjectSource};
pub use progress::{Progress, Stage};
pub use writer::{container_named, container_of};

pub(crate) use selection::{
    PieceUnits, count_mismatch, is_mixed, layer_of, select_piece, shown_in_output, source_times,
};
pub use signature::Signature;
pub(crate) use signature::luma_signature;
pub(crate) use sound::{produce, read_coded_frame, sound_track};

/// How to execute a plan.
#[derive(Clone, Debug, Default)]
pub struct CompileOptions {
    /// GStreamer's name of the video encoder; the first of our list when `None`.
    pub encoder: Option<String>,
    /// What it is wrapped in; told by the file's name when `None`, and MP4 where that tells nothing.
    pub container: Option<Container>,
    /// An existing file is replaced.
    pub overwrite: bool,
    /// The output is not checked against the plan.
    pub no_verify: bool,
}

/// Executes a plan into `out`.
///
/// The file appears under its name only when it is complete and verified: until then it is called
/// `.NAME.partial`. A failure or a cancel leaves nothing behind and an old file untouched.
///
/// # Errors
/// See [`MediaError`].
pub fn compile(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
    out: &Path,
    options: &CompileOptions,
    progress: &(dyn Fn(Progress) + Sync),
    cancel: &CancellationToken,
) -> Result<Report, MediaError> {
    // A plan of copies alone needs no element, but the report names their versions.
    init()?;
    let encodes = plan.video.iter().any(|span| span.kind != SpanKind::Copy);
    let encoder = if encodes {
        Some(choose_encoder(
            options.encoder.as_deref(),
            plan.format.codec,
        )?)
    } else {
        None
    };
    let file = PartialFile::create(out, options.overwrite)?;
    let container = options
        .container
        .or_else(|| container_of(out))
        .unwrap_or(Container::Mp4);
    if container == Container::MpegTs && plan.format.rotation != 0 {
        return Err(MediaError::Unsupported {
            object: out.display().to_string(),
            what: "a transport stream of turned pictures".to_owned(),
            hint: "a transport stream can't say that they are turned: write .mp4, .mov or .mkv"
                .to_owned(),
        });
    }
    let mut report = write(plan, objects, &file, (container, encoder), progress, cancel)?;
    file.sync()?;
    // Hashing and checking both read the whole file, each on a core of its own.
    let (hash, verification) = std::thread::scope(|scope| {
        let path = file.path();
        let hash = scope.spawn(move || sha256(path, cancel));
        let verification = if options.no_verify {
            Ok(None)
        } else {
            progress(Progress {
                stage: Stage::Verify,
                done: 0,
                total: 1,
                bytes: report.size,
            });
            verify_written(file.path(), &report, cancel).map(Some)
        };
        let hash = hash.join().unwrap_or_else(|_| {
            Err(MediaError::Mismatch(
                "the hashing thread broke off".to_owned(),
            ))
        });
        (hash, verification)
    });
    report.verification = verification?;
    let fault = report.verification.as_ref();
    if let Some(why) = fault.and_then(Verification::first_fault) {
        return Err(MediaError::Mismatch(why));
    }
    report.sha256 = hash?;
    file.keep()?;
    out.clone_into(&mut report.out);
    progress(Progress {
        stage: Stage::Done,
        done: 1,
        total: 1,
        bytes: report.size,
    });
    Ok(report)
}

fn write(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
    file: &PartialFile,
    (container, encoder): (Container, Option<EncoderChoice>),
    progress: &(dyn Fn(Progress) + Sync),
    cancel: &CancellationToken,
) -> Result<Report, MediaError> {
    let mut output = output::Output::new(plan, file, container, progress)?;
    // A child token stops the sound when the pictures fail, and the other way round.
    let stop = cancel.child_token();
    let (video, audio) = std::thread::scope(|scope| {
        let _stop_on_return = stop.clone().drop_guard();
        output.attach(sound::start(scope, plan, objects, &stop)?);
        let written = video::run(plan, objects, encoder, &mut output, &stop)
            .and_then(|video| Ok((video, output.finish_sound()?)));
        // The sound thread may wait for room in its queue: without a reader it ends.
        output.detach();
        written
    })
    .map_err(|error| match error {
        // The inner token is also cancelled when one half failed first: report that failure.
        MediaError::Cancelled if !cancel.is_cancelled() => {
            MediaError::Mismatch("one half of the compile stopped the other".to_owned())
        }
        error => error,
    })?;
    let size = output.finish(&video, audio.as_ref())?;
    let mut tools = versions(&[
        "avdec_h264",
        "avdec_aac",
        "avenc_aac",
        encoder.map_or("x264enc", EncoderChoice::element),
    ]);
    tools.push(("stringout".to_owned(), env!("CARGO_PKG_VERSION").to_owned()));
    Ok(Report {
        plan: plan.clone(),
        out: file.path().to_owned(),
        container,
        sha256: String::new(),
        size,
        frames: plan.frames,
        copied_bytes: video.copied_bytes,
        copied_frames: plan.copied_frames(),
        encoded_frames: video.encoded_frames,
        encoder: encoder.map(|encoder| encoder.element().to_owned()),
        time_scale: video.time_scale,
        presentation: video.presentation,
        spans: video.spans,
        audio: audio.map(|audio| AudioReport {
            sample_rate: audio.format.sample_rate,
            channels: audio.format.channels,
            samples: audio.play,
            skip: audio.skip,
        }),
        tool_versions: tools.into_iter().collect(),
        verification: None,
    })
}

/// SHA-256 of a file, hex.
///
/// # Errors
/// Reading fails, or the user cancels.
pub fn sha256(path: &Path, cancel: &CancellationToken) -> Result<String, MediaError> {
    let name = path.display().to_string();
    let mut file = std::fs::File::open(path).map_err(MediaError::io(&name))?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        if cancel.is_cancelled() {
            return Err(MediaError::Cancelled);
        }
        let count = file.read(&mut block).map_err(MediaError::io(&name))?;
        if count == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&block[..count]);
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
