//! The output file: pictures and sound interleaved, under a temporary name until it is complete.

use super::progress::{Progress, Stage};
use super::sink::{OutputFile, Sink};
use super::sound::{CodedFrame, SoundTrack};
use super::video::VideoResult;
use super::writer::{ContainerWriter, PictureTime};
use crate::mux::{AudioFormat, AudioIndex, Mp4Index};
use crate::report::Presentation;
use crate::{MediaError, coding};
use conform::{Container, CutPlan, VideoCodec, VideoConfig};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;

/// Sound is written at most this far behind the pictures, in parts of a second.
const INTERLEAVE: u64 = 2;

/// A file that gets its name when it is complete; dropped before, it is gone.
#[derive(Debug)]
pub(crate) struct PartialFile {
    file: File,
    path: PathBuf,
    target: PathBuf,
    kept: std::cell::Cell<bool>,
}

impl PartialFile {
    /// Creates `.NAME.partial` beside `target`. What a killed compile left there is overwritten; a
    /// running one holds a lock on it.
    pub(crate) fn create(target: &Path, overwrite: bool) -> Result<Self, MediaError> {
        let shown = target.display().to_string();
        let refuse = |kind, why: &str| MediaError::Io {
            object: shown.clone(),
            source: io::Error::new(kind, why.to_owned()),
        };
        if target.is_dir() {
            return Err(refuse(
                io::ErrorKind::IsADirectory,
                "it is a folder, name a file",
            ));
        }
        if target.exists() && !overwrite {
            let why = "it exists already; `--overwrite` replaces it";
            return Err(refuse(io::ErrorKind::AlreadyExists, why));
        }
        let name = target
            .file_name()
            .ok_or_else(|| refuse(io::ErrorKind::InvalidInput, "it names no file"))?;
        let path = target.with_file_name(format!(".{}.partial", name.to_string_lossy()));
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(MediaError::io(&shown))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(refuse(
                    io::ErrorKind::ResourceBusy,
                    "another compile is writing it",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(MediaError::io(shown)(error)),
        }
        file.set_len(0).map_err(MediaError::io(&shown))?;
        Ok(Self {
            file,
            path,
            target: target.to_owned(),
            kept: std::cell::Cell::new(false),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where its bytes go. They are hashed on the way when it is said what they will begin with.
    pub(super) fn sink(&self, foretold: Option<Vec<u8>>) -> Result<Sink, MediaError> {
        let file = self.file.try_clone().map_err(MediaError::io(self.name()))?;
        Ok(Sink::File(match foretold {
            Some(head) => OutputFile::hashed(file, head),
            None => OutputFile::plain(file),
        }))
    }

    pub(super) fn name(&self) -> String {
        self.target.display().to_string()
    }

    pub(crate) fn sync(&self) -> Result<(), MediaError> {
        self.file.sync_all().map_err(MediaError::io(self.name()))
    }

    /// Gives the file its name.
    pub(crate) fn keep(&self) -> Result<(), MediaError> {
        std::fs::rename(&self.path, &self.target).map_err(MediaError::io(self.name()))?;
        self.kept.set(true);
        // The rename is durable when the folder is; not every system can sync a folder.
        if let Some(folder) = self.target.parent()
            && let Ok(folder) = File::open(if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            })
        {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.kept.get() {
            // Nothing more can be done about a file that can't be removed; the next compile
            // overwrites it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Removes what compiles that were killed left in `folder`, and tells how many files that were. What
/// a running compile writes is locked and stays.
///
/// # Errors
/// The folder can't be read, or a file in it can't be removed.
pub fn remove_abandoned(folder: &Path) -> io::Result<usize> {
    let mut removed = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !(name.starts_with('.') && name.ends_with(".partial")) {
            continue;
        }
        // The lock goes when the file is closed, which is after it was removed.
        let file = OpenOptions::new().write(true).open(&path)?;
        if file.try_lock().is_ok() {
            std::fs::remove_file(&path)?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// The output while it is written.
pub(crate) struct Output<'a> {
    writer: ContainerWriter<Sink>,
    name: String,
    time_scale: u32,
    sound: Option<Receiver<Result<CodedFrame, MediaError>>>,
    track: Option<SoundTrack>,
    /// Samples written, with those in front of the first that plays.
    written: u64,
    frames: u64,
    total: u64,
    progress: &'a (dyn Fn(Progress) + Sync),
}

/// The sound that was written.
#[derive(Debug)]
pub(crate) struct WrittenSound {
    pub(crate) format: AudioFormat,
    pub(crate) skip: u64,
    pub(crate) play: u64,
}

impl<'a> Output<'a> {
    pub(crate) fn new(
        plan: &CutPlan,
        (name, sink): (&str, Sink),
        container: (Container, bool),
        progress: &'a (dyn Fn(Progress) + Sync),
    ) -> Result<Self, MediaError> {
        let name = name.to_owned();
        let time_scale = time_scale(plan);
        let writer = ContainerWriter::new(sink, container, plan, time_scale, INTERLEAVE);
        Ok(Self {
            writer: writer.map_err(MediaError::io(&name))?,
            name,
            time_scale,
            sound: None,
            track: None,
            written: 0,
            frames: 0,
            total: plan.frames,
            progress,
        })
    }

    /// Ticks per second of the video track.
    pub(crate) fn time_scale(&self) -> u32 {
        self.time_scale
    }

    /// Whether [`set_delay`](Self::set_delay) has to come before the first picture.
    pub(crate) fn needs_delay(&self) -> bool {
        self.writer.needs_delay()
    }

    /// Pictures stand in a byte stream, where everything that is told of them stands between them.
    pub(crate) fn is_byte_stream(&self) -> bool {
        self.writer.is_byte_stream()
    }

    /// What [`set_delay`](Self::set_delay) was given, where it matters.
    pub(crate) fn delay(&self) -> Option<i64> {
        self.writer.delay()
    }

    /// By how much pictures are decoded earlier than their slots.
    pub(crate) fn set_delay(&mut self, delay: i64) {
        self.writer.set_delay(delay);
    }

    /// Takes the sound that a thread makes.
    pub(crate) fn attach(
        &mut self,
        sound: Option<(SoundTrack, Receiver<Result<CodedFrame, MediaError>>)>,
    ) {
        if let Some((track, receiver)) = sound {
            self.track = Some(track);
            self.sound = Some(receiver);
        }
    }

    /// Appends a picture, and the sound that belongs beside it.
    pub(crate) fn picture(
        &mut self,
        data: &[u8],
        time: PictureTime,
        sync: bool,
        config: &VideoConfig,
    ) -> Result<(), MediaError> {
        if let Some(until) = self.writer.sound_before(time) {
            let skip = self.track.as_ref().map_or(0, |track| track.skip);
            self.pull_sound(self.samples_at(until).saturating_add(skip))?;
        }
        self.writer
            .picture(data, time, sync, config)
            .map_err(MediaError::io(&self.name))?;
        self.frames += 1;
        if self.frames.is_multiple_of(8) || self.frames == self.total {
            (self.progress)(Progress {
                stage: Stage::Write,
                done: self.frames,
                total: self.total,
                bytes: self.writer.position(),
            });
        }
        let (Some(track), None) = (&self.track, self.writer.sound_before(time)) else {
            return Ok(());
        };
        let rate = u64::from(track.sample_rate);
        let reached = self.samples_at(time.pts);
        // In blocks, so that neither track is scattered in small chunks.
        if reached >= self.written + rate / INTERLEAVE {
            self.pull_sound(reached)?;
        }
        Ok(())
    }

    /// Samples of sound until a time in ticks.
    fn samples_at(&self, ticks: i64) -> u64 {
        let rate = self.track.as_ref().map_or(0, |track| track.sample_rate);
        u64::try_from(ticks.max(0)).unwrap_or(0) * u64::from(rate)
            / u64::from(self.time_scale.max(1))
    }

    /// Takes no more sound.
    pub(crate) fn detach(&mut self) {
        self.sound = None;
    }

    fn pull_sound(&mut self, until: u64) -> Result<(), MediaError> {
        while self.written < until {
            let Some(receiver) = &self.sound else {
                return Ok(());
            };
            let Ok(frame) = receiver.recv() else {
                self.sound = None;
                return Ok(());
            };
            let frame = frame?;
            let Some(track) = &mut self.track else {
                return Ok(());
            };
            track.learn(&frame);
            // The last coded frame may reach past the end: its duration says so.
            let left = (track.skip + track.play).saturating_sub(self.written);
            let duration = u64::from(frame.samples).min(left.max(1));
            let duration = u32::try_from(duration).unwrap_or(frame.samples);
            self.writer
                .sound(&frame, duration, self.written, track)
                .map_err(MediaError::io(&self.name))?;
            self.written += u64::from(frame.samples);
        }
        Ok(())
    }

    /// Writes the rest of the sound.
    pub(crate) fn finish_sound(&mut self) -> Result<Option<WrittenSound>, MediaError> {
        self.pull_sound(u64::MAX)?;
        let Some(track) = self.track.take() else {
            return Ok(None);
        };
        if self.written < track.skip + track.play {
            return Err(MediaError::Mismatch(format!(
                "{} samples of sound came out, the plan has {}",
                self.written.saturating_sub(track.skip),
                track.play
            )));
        }
        Ok(Some(WrittenSound {
            format: AudioFormat {
                sample_rate: track.sample_rate,
                channels: track.channels,
                bit_rate: track.bit_rate(),
                config: track.config,
                language: track.language,
            },
            skip: track.skip,
            play: track.play,
        }))
    }

    /// Writes the index; returns the size of the file and where it went.
    pub(crate) fn finish(
        self,
        video: &VideoResult,
        sound: Option<&WrittenSound>,
    ) -> Result<(u64, Sink), MediaError> {
        let index = Mp4Index {
            video: &video.format,
            video_duration: video.duration,
            frame_duration: match video.presentation {
                Presentation::Even(ticks) => Some(ticks),
                Presentation::Listed(_) => None,
            },
            audio: sound.map(|sound| AudioIndex {
                format: &sound.format,
                skip: sound.skip,
                play: sound.play,
            }),
        };
        self.writer
            .finish(&index, self.written)
            .map_err(MediaError::io(self.name))
    }
}

/// The plan's time scale, made finer where it is coarse: some players round by it.
fn time_scale(plan: &CutPlan) -> u32 {
    let mut scale = plan.format.time_scale.max(1);
    while scale < 10_000 {
        scale *= 2;
    }
    scale
}

/// Room for the parameter sets of the copies and of the encoded parts.
pub(crate) fn merged_sets(
    codec: VideoCodec,
    configs: &[conform::VideoConfig],
    name: &str,
) -> Result<Vec<u8>, MediaError> {
    let mut merged = configs
        .first()
        .cloned()
        .ok_or_else(|| MediaError::Mismatch(format!("{name}: no parameter sets were written")))?;
    for config in configs.iter().skip(1) {
        for set in &config.vps {
            if !merged.vps.contains(set) {
                merged.vps.push(set.clone());
            }
        }
        for set in &config.sps {
            if !merged.sps.contains(set) {
                merged.sps.push(set.clone());
            }
        }
        for set in &config.pps {
            if !merged.pps.contains(set) {
                merged.pps.push(set.clone());
            }
        }
    }
    merged.nal_length_size = Some(4);
    coding::build_record(codec, &merged).map_err(|error| MediaError::Mismatch(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_compile_left_goes_and_the_rest_stays() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        for name in [".killed.mp4.partial", "whole.mp4", ".hidden", "a.partial"] {
            std::fs::write(place(name), "x").unwrap();
        }
        let running = PartialFile::create(&place("running.mp4"), false).unwrap();
        assert_eq!(remove_abandoned(folder.path()).unwrap(), 1);
        assert!(!place(".killed.mp4.partial").exists());
        for name in ["whole.mp4", ".hidden", "a.partial", ".running.mp4.partial"] {
            assert!(place(name).exists(), "{name}");
        }
        drop(running);
        assert!(remove_abandoned(&place("nowhere")).is_err());
    }
}
