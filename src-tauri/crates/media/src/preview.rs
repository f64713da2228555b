//! One monitor: pictures of a cut plan for the screen, and its sound for the ears.
//!
//! A [`Preview`] plays the plan that a compile would execute, so what is seen is what will be
//! written. Two threads serve a monitor: one decodes what is wanted next into a cache of pictures,
//! the other gives them out when they are due. Sound is decoded and played by threads of its own
//! while playing at normal speed, and its position is then the clock; otherwise the system's
//! monotonic clock is.
//!
//! Invariants
//! - A picture's frame number is that of the frame it was decoded from; only a stand-in
//!   (`exact` is `false`) may show another frame than the one asked for.
//! - The newest request wins. Nothing queues up.
//! - Decoded pictures take no more than `cache_bytes`, give or take one picture.
//! - A monitor that is paused and has what it needs does nothing.
//! - Whoever calls is never blocked by decoding, files or sound.

mod board;
mod cache;
mod decode;
mod frame;
mod layout;
mod levels;
mod pixels;
mod playing;
mod present;
mod sound;

use crate::{MediaError, ObjectSource};
use board::{Board, Motion};
use conform::CutPlan;
use std::sync::Arc;
use tokio::sync::watch;

pub use frame::{Loudness, PictureBox, PixelFormat, PreviewFrame, PreviewStatus};
pub use playing::Stretch;

/// What a monitor may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewOptions {
    /// Bytes of decoded pictures that are kept.
    pub cache_bytes: usize,
    /// What becomes of the sound.
    pub sound: Sound,
}

/// What becomes of the sound of a monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// It is played on the system's device, whose clock times the pictures. Without a device it is
    /// decoded all the same, for the levels.
    Device,
    /// It goes into a sink that keeps time, written as `gst-launch-1.0` takes it.
    Sink(String),
    /// There is none; the system's clock times the pictures.
    Clock,
}

/// One monitor. Dropping it stops and joins its threads.
#[derive(Debug)]
pub struct Preview {
    board: Arc<Board>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

/// Fastest speed, forwards and backwards.
const FASTEST: i32 = 8;

impl Preview {
    /// Starts a monitor with nothing loaded.
    ///
    /// # Errors
    /// GStreamer does not start, or the system gives no threads.
    pub fn new(options: PreviewOptions) -> Result<Self, MediaError> {
        crate::codec::init()?;
        let board = Arc::new(Board::new(options));
        let mut preview = Self {
            board,
            threads: Vec::new(),
        };
        // Should the second thread not start, dropping ends the first.
        preview.spawn("preview decode", |board| decode::run(&board))?;
        preview.spawn("preview", |board| present::run(&board))?;
        Ok(preview)
    }

    fn spawn(
        &mut self,
        name: &str,
        run: impl FnOnce(Arc<Board>) + Send + 'static,
    ) -> Result<(), MediaError> {
        let board = Arc::clone(&self.board);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run(board))
            .map_err(MediaError::io("starting a monitor"))?;
        self.threads.push(thread);
        Ok(())
    }

    /// Shows `frame` of a plan, paused. The last picture stays until the new one is there.
    ///
    /// `generation` goes into every picture that comes from this plan.
    pub fn load(
        &self,
        plan: Arc<CutPlan>,
        objects: Arc<dyn ObjectSource + Send + Sync>,
        generation: u32,
        frame: u64,
    ) {
        self.board.load(plan, objects, generation, frame);
    }

    /// Goes on with a longer plan that begins like the one that is loaded: nothing that is shown or heard is
    /// interrupted. While it is `open`, more may come. Does nothing when another generation is loaded.
    ///
    /// What the new part shows is looked up before this returns.
    pub fn extend(&self, plan: Arc<CutPlan>, generation: u32, open: bool) {
        self.board.extend(plan, generation, open);
    }

    /// Unloads the plan and takes the picture away.
    pub fn clear(&self, generation: u32) {
        self.board.clear(generation);
    }

    /// Goes to a frame and shows exactly that; stops playing. Clamped to the last frame.
    pub fn seek(&self, frame: u64) {
        self.board.go(frame, Motion::Seek);
    }

    /// As [`seek`](Self::seek), while a pointer moves: the key frame in front may be shown until
    /// the frame itself is decoded.
    pub fn scrub(&self, frame: u64) {
        self.board.go(frame, Motion::Scrub);
    }

    /// Goes so many frames on, or back when negative; stops playing.
    pub fn step(&self, frames: i64) {
        self.board.step(frames);
    }

    /// Plays at a rate from −8 to 8; 0 is [`pause`](Self::pause). Sound is heard at 1 and, twice as
    /// high, at 2. Played to its end forwards, the plan begins again.
    pub fn play(&self, rate: i32) {
        self.board.play(rate.clamp(-FASTEST, FASTEST));
    }

    /// Plays a stretch at normal speed. Clamped to what there is; nothing happens when that is nothing.
    pub fn play_between(&self, stretch: Stretch) {
        self.board.play_between(stretch);
    }

    /// Stops on the frame that is shown.
    pub fn pause(&self) {
        self.board.play(0);
    }

    /// Says how large pictures are to be and in what form. The current one comes again.
    pub fn show(&self, wanted: PictureBox) {
        self.board.show(wanted);
    }

    /// The newest picture; `None` before the first one and when nothing is loaded.
    #[must_use]
    pub fn frames(&self) -> watch::Receiver<Option<Arc<PreviewFrame>>> {
        self.board.frames()
    }

    /// How the monitor stands.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<PreviewStatus> {
        self.board.status()
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        self.board.close();
        for thread in self.threads.drain(..) {
            // A thread that broke off has nothing left to stop.
            let _ = thread.join();
        }
    }
}
