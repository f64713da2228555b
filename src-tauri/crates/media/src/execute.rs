//! Executing a cut plan: the one way an output comes to be.
//!
//! Pictures are written span by span in the calling thread: what is copied is read there, what is encoded of
//! one source comes from threads a little ahead. Sound is made in a thread of its own. The queues between
//! are bounded. Memory does not grow with the
//! length of the output.

mod ahead;
mod clock;
mod coded_sound;
mod digest;
mod dissolve;
mod encode;
mod mixing;
mod objects;
mod output;
mod preparation;
mod progress;
mod quality;
mod rehearsal;
mod selection;
mod signature;
mod sink;
mod sound;
mod video;
mod writer;

use crate::MediaError;
use crate::codec::{EncoderChoice, choose_encoder, init, preload, versions};
use crate::report::{AudioReport, Report};
use crate::verify::verify_written;
use conform::{Container, CutPlan, SpanKind};
pub use output::remove_abandoned;
use output::{Output, PartialFile, WrittenSound};
use rehearsal::Taking;
use sha2::{Digest, Sha256};
use sink::Sink;
use std::io::Read;
use std::path::Path;
use tokio_util::sync::CancellationToken;

pub use objects::{MediaObject, ObjectSource};
pub use progress::{Progress, Stage};
use video::VideoResult;
pub use writer::{container_named, container_of};

pub(crate) use coded_sound::{read_coded_frame, sound_track};
pub(crate) use selection::{
    PieceUnits, count_mismatch, is_mixed, layer_of, select_piece, shown_in_output, source_times,
};
pub use signature::Signature;
pub(crate) use signature::luma_signature;
pub(crate) use sound::produce;

/// How to execute a plan.
#[derive(Clone, Debug, Default)]
pub struct CompileOptions {
    /// GStreamer's name of the video encoder; the first of our list when `None`.
    pub encoder: Option<String>,
    /// What it is wrapped in; told by the file's name when `None`, and MP4 where that tells nothing.
    pub container: Option<Container>,
    /// MP4 in fragments.
    pub fragmented: bool,
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
    // Checking copies needs a decoder, which nothing before does.
    let decoder = (!options.no_verify && encoder.is_none()).then_some("avdec_h264");
    let fragmented = options.fragmented && container == Container::Mp4;
    let means = Means {
        form: (container, fragmented),
        encoder,
        decoder,
    };
    let mut report = write(plan, objects, &file, &means, progress, cancel)?;
    file.sync()?;
    // Hashing, where that was not done yet, and checking both read the whole file, each on a core of its own.
    let (hash, verification) = std::thread::scope(|scope| {
        let (path, known) = (file.path(), std::mem::take(&mut report.sha256));
        let hash = scope.spawn(move || match known.is_empty() {
            true => sha256(path, cancel),
            false => Ok(known),
        });
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
    if report.verification.as_ref().is_some_and(|found| !found.ok) {
        return Err(MediaError::NotAsPlanned(Box::new(report)));
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

/// What an output is made with.
struct Means {
    /// The container, and whether it is in fragments.
    form: (Container, bool),
    encoder: Option<EncoderChoice>,
    /// What is needed later, to be loaded meanwhile.
    decoder: Option<&'static str>,
}

fn write(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
    file: &PartialFile,
    means: &Means,
    progress: &(dyn Fn(Progress) + Sync),
    cancel: &CancellationToken,
) -> Result<Report, MediaError> {
    let Means {
        form,
        encoder,
        decoder,
    } = *means;
    let foretold = rehearsal::foretell(plan, objects, form, cancel);
    let sink = file.sink(foretold)?;
    let mut output = Output::new(plan, (&file.name(), sink), form, progress)?;
    let (video, audio) = perform(
        plan,
        objects,
        (encoder, decoder),
        &mut output,
        Taking::Bytes,
        cancel,
    )?;
    let (size, sink) = output.finish(&video, audio.as_ref())?;
    let sha256 = match sink {
        Sink::File(written) => written.finish().map_err(MediaError::io(file.name()))?,
        Sink::Head(_) => None,
    };
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
        container: form.0,
        sha256: sha256.unwrap_or_default(),
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

/// Writes the pictures of a plan, and its sound beside them. Meanwhile a decoder is loaded that is needed later:
/// not before all threads are there, as none can begin while libraries are being loaded.
fn perform(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
    (encoder, decoder): (Option<EncoderChoice>, Option<&str>),
    output: &mut Output<'_>,
    taking: Taking,
    cancel: &CancellationToken,
) -> Result<(VideoResult, Option<WrittenSound>), MediaError> {
    // A child token stops the sound when the pictures fail, and the other way round.
    let stop = cancel.child_token();
    std::thread::scope(|scope| {
        let _stop_on_return = stop.clone().drop_guard();
        output.attach(sound::start(scope, plan, objects, taking, &stop)?);
        if let Some(decoder) = decoder {
            scope.spawn(move || preload(decoder));
        }
        let written = video::run(plan, objects, encoder, output, taking, &stop)
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
