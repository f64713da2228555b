//! The head of an output, before there is any of it.
//!
//! SHA-256 takes bytes in order, and the index that stands in front of the media is known last. Where nothing
//! is encoded the lengths of everything are known before: the output is written once with these alone, into
//! nowhere, and what comes of its head is hashed while the true one is still being written. A length that was
//! guessed wrongly costs that hash and nothing else, see [`OutputFile`](super::sink::OutputFile).

use super::objects::ObjectSource;
use super::output::Output;
use super::perform;
use super::sink::{Head, Sink};
use crate::MediaError;
use conform::{Container, CutPlan, SpanKind};
use tokio_util::sync::CancellationToken;

/// What is taken of access units and coded frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taking {
    /// Their bytes.
    Bytes,
    /// As many zeros as they have bytes.
    Lengths,
}

/// What an output will begin with; `None` where that can't be told. Reads no object.
pub(super) fn foretell(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
    (container, fragmented): (Container, bool),
    cancel: &CancellationToken,
) -> Option<Vec<u8>> {
    match container {
        // Nothing of it is written twice.
        Container::MpegTs => Some(Vec::new()),
        Container::Mp4 | Container::Mov if is_copied(plan) && !fragmented => {
            rehearse(plan, objects, container, cancel).ok()
        }
        _ => None,
    }
}

/// Whether everything in an output is copied.
fn is_copied(plan: &CutPlan) -> bool {
    let mut kinds = plan
        .video
        .iter()
        .map(|span| span.kind)
        .chain(plan.audio.iter().map(|span| span.kind));
    kinds.all(|kind| kind == SpanKind::Copy) && plan.audio.len() < 2
}

fn rehearse(
    plan: &CutPlan,
    objects: &dyn ObjectSource,
    container: Container,
    cancel: &CancellationToken,
) -> Result<Vec<u8>, MediaError> {
    let sink = Sink::Head(Head::default());
    let mut output = Output::new(plan, ("its rehearsal", sink), (container, false), &|_| {})?;
    let (video, audio) = perform(
        plan,
        objects,
        (None, None),
        &mut output,
        Taking::Lengths,
        cancel,
    )?;
    match output.finish(&video, audio.as_ref())? {
        (_, Sink::Head(head)) => Ok(head.bytes),
        (_, Sink::File(_)) => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CompileOptions, MediaObject, compile, index_file};
    use conform::{Clip, Edit, Encoders, Mark, Mode, Options, Source};
    use std::path::Path;
    use std::process::Command;
    use std::sync::Arc;

    struct One(MediaObject);

    impl ObjectSource for One {
        fn object(&self, _: &str) -> Result<MediaObject, MediaError> {
            Ok(self.0.clone())
        }
    }

    fn make(path: &Path, codec: &str) {
        let made = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-y", "-f", "lavfi"])
            .args(["-i", "testsrc2=s=160x96:r=25:d=4", "-f", "lavfi"])
            .args(["-i", "sine=f=440:r=48000:d=4", "-c:v", codec])
            // Several slices a picture, and messages in front of them.
            .args(["-g", "25", "-x264-params", "slices=3:nal-hrd=vbr:vbv-maxrate=900:vbv-bufsize=900"])
            .args(["-x265-params", "log-level=none:keyint=25:open-gop=0", "-c:a", "aac"])
            .arg(path)
            .output()
            .expect("ffmpeg is needed: install it");
        let log = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "ffmpeg: {log}");
    }

    #[test]
    fn copies_begin_as_foretold() {
        let cancel = CancellationToken::new();
        for (name, codec) in [
            ("a.ts", "libx264"),
            ("a.mp4", "libx264"),
            ("a.mkv", "libx264"),
            ("b.mp4", "libx265"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let source = folder.path().join(name);
            make(&source, codec);
            let index = Arc::new(index_file(&source, &cancel, &mut |_, _| {}).unwrap());
            let edit = Edit::of([Clip {
                label: "a second in the middle".to_owned(),
                source: Arc::new(Source::file("in".to_owned(), Arc::clone(&index))),
                mark_in: Some(Mark::Frame(25)),
                mark_out: Some(Mark::Frame(75)),
            }]);
            let options = Options {
                mode: Mode::Auto,
                encoders: Encoders::H264,
                codec: None,
                single_parameter_set: false,
                pace: conform::Pace::default(),
            };
            let (plan, _) = conform::conform(&edit, &options).unwrap();
            let objects = One(MediaObject::here(source, index));
            for (out, container) in [("out.mp4", Container::Mp4), ("out.mov", Container::Mov)] {
                let foretold = foretell(&plan, &objects, (container, false), &cancel).expect(name);
                let out = folder.path().join(out);
                let options = CompileOptions::default();
                compile(&plan, &objects, &out, &options, &|_| {}, &cancel).unwrap();
                let bytes = std::fs::read(&out).unwrap();
                assert!(
                    bytes.starts_with(&foretold),
                    "{name} into {}",
                    out.display()
                );
                assert!(foretold.len() > 4096 && foretold.windows(4).any(|four| four == b"moov"));
            }
        }
    }
}
