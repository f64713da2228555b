//! How long a monitor takes to show a frame: `cargo bench -p tests --bench seek`.
//!
//! 1080p with key frames two seconds apart, shown at 960×540 as RGBA, decoded by libav on both sides. Timed is
//! from the request to the pixels. The peer is GStreamer's own exact seek (`FLUSH | ACCURATE`) in a pipeline of
//! the same decoder, which is what editors on GStreamer do.

#![allow(
    clippy::expect_used,
    reason = "a bench stops where something is missing"
)]

mod monitor;

use gst::prelude::*;
use media::{Preview, PreviewFrame, Sound};
use monitor::{FRAMES, GOP, RATE, SHOWN, file, preview};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// Steps back from the end of a GOP.
const STEPS: u32 = 8;
/// Places gone to, spread so that neighbours in time are far apart in the file.
const PLACES: u32 = 60;

fn main() {
    let file = file();
    let mut monitor = Monitor::open(&file);
    let mut peer = Peer::open(&file);
    let (mut exact, mut theirs) = (Vec::new(), Vec::new());
    for place in places() {
        exact.push(monitor.seek(place));
        theirs.push(peer.seek(place));
    }
    let (mut back, mut again) = (Vec::new(), Vec::new());
    for place in places() {
        let end = (place / GOP * GOP + GOP - 1).min(FRAMES - 1);
        monitor.seek(end);
        back.extend((0..STEPS).map(|_| monitor.step(-1)));
        monitor.seek(end);
        again.extend((0..STEPS).map(|_| monitor.step(-1)));
    }
    let mut key = Vec::new();
    for place in places() {
        key.push(monitor.scrub(place));
    }
    println!("seek in 1080p, GOP {GOP}, to {}×{} RGBA", SHOWN.0, SHOWN.1);
    row("GStreamer, FLUSH | ACCURATE", &mut theirs);
    row("exact, anywhere", &mut exact);
    row("a step back, at once behind that", &mut back);
    row("a step back in a cached GOP", &mut again);
    row("while dragging, the first picture", &mut key);
}

/// Prints median and 95th percentile.
fn row(name: &str, times: &mut [Duration]) {
    times.sort();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
    println!(
        "  {name:<36} median {:>7.1} ms   95 % {:>7.1} ms",
        at(50),
        at(95)
    );
}

fn places() -> impl Iterator<Item = u32> {
    // 1,097 has no factor in common with the number of frames.
    (1..=PLACES).map(|number| number * 1_097 % FRAMES)
}

struct Monitor {
    preview: Preview,
    frames: watch::Receiver<Option<Arc<PreviewFrame>>>,
    runtime: Runtime,
    frame: u64,
}

impl Monitor {
    fn open(file: &Path) -> Self {
        let preview = preview(file, Sound::Clock);
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let mut monitor = Self {
            frames: preview.frames(),
            preview,
            runtime: runtime.expect("a runtime"),
            frame: 0,
        };
        monitor.wait(|frame| frame.exact);
        monitor
    }

    fn seek(&mut self, frame: u32) -> Duration {
        let begun = Instant::now();
        self.frame = frame.into();
        self.preview.seek(self.frame);
        let wanted = self.frame;
        self.wait(|frame| frame.exact && frame.frame == wanted);
        begun.elapsed()
    }

    fn step(&mut self, frames: i64) -> Duration {
        let begun = Instant::now();
        self.frame = self.frame.saturating_add_signed(frames);
        self.preview.step(frames);
        let wanted = self.frame;
        self.wait(|frame| frame.exact && frame.frame == wanted);
        begun.elapsed()
    }

    /// Until the frame itself or its stand-in is there.
    fn scrub(&mut self, frame: u32) -> Duration {
        let begun = Instant::now();
        let (key, wanted) = (u64::from(frame / GOP * GOP), u64::from(frame));
        self.preview.scrub(wanted);
        self.wait(|frame| (key..=wanted).contains(&frame.frame));
        let took = begun.elapsed();
        self.wait(|frame| frame.exact && frame.frame == wanted);
        took
    }

    fn wait(&mut self, wanted: impl Fn(&PreviewFrame) -> bool) {
        let found = self
            .frames
            .wait_for(|frame| frame.as_deref().is_some_and(&wanted));
        self.runtime.block_on(found).expect("a picture");
    }
}

/// A pipeline that is paused, and sought.
struct Peer {
    pipeline: gst::Pipeline,
    sink: gst_app::AppSink,
}

impl Peer {
    fn open(file: &Path) -> Self {
        gst::init().expect("GStreamer is here");
        let description = format!(
            "filesrc location=\"{}\" ! qtdemux ! h264parse ! avdec_h264 ! videoconvert ! videoscale \
             ! video/x-raw,format=RGBA,width={},height={} ! appsink name=out sync=false",
            file.display(),
            SHOWN.0,
            SHOWN.1
        );
        let pipeline = gst::parse::launch(&description).expect("the elements are here");
        let pipeline = pipeline.downcast::<gst::Pipeline>().expect("a pipeline");
        let sink = pipeline.by_name("out").expect("it is named");
        let sink = sink.downcast::<gst_app::AppSink>().expect("an appsink");
        let peer = Self { pipeline, sink };
        let paused = peer.pipeline.set_state(gst::State::Paused);
        paused.expect("the pipeline starts");
        peer.sink.pull_preroll().expect("a first picture");
        peer
    }

    fn seek(&mut self, frame: u32) -> Duration {
        let begun = Instant::now();
        let at = gst::ClockTime::SECOND * u64::from(frame) / u64::from(RATE);
        let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::ACCURATE;
        self.pipeline
            .seek_simple(flags, at)
            .expect("it can be sought");
        self.sink.pull_preroll().expect("a picture");
        begun.elapsed()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Nothing is left to be told when it can't be stopped.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}
