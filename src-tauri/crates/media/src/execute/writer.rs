//! The writer of the output's container.

use super::sound::{CodedFrame, SoundTrack};
use crate::mux::{
    AudioIndex, FragmentedWriter, MatroskaAudio, MatroskaIndex, MatroskaWriter, Mp4Capacity,
    Mp4Flavour, Mp4Index, Mp4Writer, Timecode, TsWriter,
};
use conform::{Container, CutPlan, VideoConfig};
use std::io::{self, Seek, Write};
use std::path::Path;

/// The container that a file's name asks for; `None` for one that can't be written.
#[must_use]
pub fn container_of(path: &Path) -> Option<Container> {
    container_named(&path.extension()?.to_string_lossy())
}

/// The container of that name: the extension of its files.
#[must_use]
pub fn container_named(name: &str) -> Option<Container> {
    Some(match name.to_ascii_lowercase().as_str() {
        "mp4" | "m4v" => Container::Mp4,
        "mov" | "qt" => Container::Mov,
        "mkv" => Container::Matroska,
        "ts" | "mts" | "m2t" => Container::MpegTs,
        _ => return None,
    })
}

/// When a picture is decoded and shown, in ticks of the output's time scale from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PictureTime {
    pub(crate) pts: i64,
    /// When it would be decoded if nothing had to be reordered: usually the start of the frame whose place
    /// in presentation order is this one's in decode order.
    pub(crate) slot: i64,
}

/// Writes pictures and sound into a container.
pub(crate) struct ContainerWriter<W: Write + Seek> {
    kind: Kind<W>,
    time_scale: u32,
    /// Ticks by which pictures are decoded earlier than their slots, so that none comes too late.
    delay: i64,
    /// Of the first picture.
    timecode: Option<Timecode>,
}

enum Kind<W: Write + Seek> {
    Mp4(Mp4Writer<W>),
    Fragmented(FragmentedWriter<W>),
    Matroska(MatroskaWriter<W>),
    Ts(Box<TsWriter<W>>),
}

impl<W: Write + Seek> ContainerWriter<W> {
    /// `interleave` is how often a second the writer is switched between tracks.
    pub(crate) fn new(
        out: W,
        (container, fragmented): (Container, bool),
        plan: &CutPlan,
        time_scale: u32,
        interleave: u64,
    ) -> io::Result<Self> {
        let samples: u64 = plan.audio.iter().map(|span| span.samples).sum();
        let seconds = u64::try_from(plan.duration.nanos() / 1_000_000_000).unwrap_or(0);
        let capacity = Mp4Capacity {
            video: plan.frames,
            // AAC frames hold 960 samples at least, and some lie in front and behind.
            audio: samples / 960 + 8,
            chunks: (seconds + 2) * interleave * 2 + 2 * plan.video.len() as u64 + 8,
        };
        let has_sound = plan.format.audio.is_some() && !plan.audio.is_empty();
        let timecode = plan.format.timecode.zip(plan.frame_rate);
        let timecode = timecode.and_then(|(begins, rate)| {
            Some(Timecode {
                frame: u32::try_from(begins.frame).ok()?,
                drop_frame: begins.drop_frame,
                rate,
            })
        });
        let kind = match container {
            Container::Mp4 if fragmented => {
                Kind::Fragmented(FragmentedWriter::new(out, plan.format.codec, time_scale)?)
            }
            Container::Mp4 => {
                let flavour = (Mp4Flavour::Mp4, plan.format.codec);
                Kind::Mp4(Mp4Writer::new(out, capacity, flavour, timecode)?)
            }
            Container::Mov => {
                let flavour = (Mp4Flavour::QuickTime, plan.format.codec);
                Kind::Mp4(Mp4Writer::new(out, capacity, flavour, timecode)?)
            }
            Container::Matroska => Kind::Matroska(MatroskaWriter::new(out)?),
            Container::MpegTs => {
                let language = plan.format.language.as_deref();
                Kind::Ts(Box::new(TsWriter::new(
                    out,
                    Some(plan.format.codec),
                    has_sound,
                    language,
                )?))
            }
        };
        Ok(Self {
            kind,
            time_scale: time_scale.max(1),
            delay: 0,
            timecode,
        })
    }

    /// Up to which time, in ticks from the output's start, sound has to be in front of a picture. `None`
    /// where it may follow.
    pub(crate) fn sound_before(&self, time: PictureTime) -> Option<i64> {
        // A receiver of a transport stream has the clock of the pictures' decode times, and a fragment holds
        // what plays together.
        let dts = time.slot.saturating_sub(self.delay);
        self.needs_delay().then_some(dts)
    }

    /// Whether decode times are written beside the pictures, so that [`set_delay`](Self::set_delay)
    /// has to come first.
    pub(crate) fn needs_delay(&self) -> bool {
        matches!(self.kind, Kind::Ts(_) | Kind::Fragmented(_))
    }

    /// Pictures stand in a byte stream, where everything that is told of them stands between them.
    pub(crate) fn is_byte_stream(&self) -> bool {
        matches!(self.kind, Kind::Ts(_))
    }

    /// By how much pictures are decoded earlier than their slots, where decode times are written.
    pub(crate) fn delay(&self) -> Option<i64> {
        self.needs_delay().then_some(self.delay)
    }

    /// By how much pictures are decoded earlier than their slots.
    pub(crate) fn set_delay(&mut self, delay: i64) {
        self.delay = delay;
        if let Kind::Fragmented(writer) = &mut self.kind {
            writer.set_delay(delay);
        }
    }

    /// Bytes so far.
    pub(crate) fn position(&self) -> u64 {
        match &self.kind {
            Kind::Mp4(writer) => writer.position(),
            Kind::Fragmented(writer) => writer.position(),
            Kind::Matroska(writer) => writer.position(),
            Kind::Ts(writer) => writer.position(),
        }
    }

    /// Appends a picture with 4-byte NAL lengths, in decode order.
    pub(crate) fn picture(
        &mut self,
        data: &[u8],
        time: PictureTime,
        sync: bool,
        config: &VideoConfig,
    ) -> io::Result<()> {
        let scale = self.time_scale;
        match &mut self.kind {
            Kind::Mp4(writer) => writer.write_video(data, time.pts, sync),
            Kind::Fragmented(writer) => writer.write_video(data, time.pts, time.slot, sync),
            Kind::Matroska(writer) => {
                let nanos = rescale(time.pts, scale, 1_000_000_000);
                writer.write_video(data, u64::try_from(nanos).unwrap_or(0), sync)
            }
            Kind::Ts(writer) => {
                let sets = config.vps.iter().chain(&config.sps).chain(&config.pps);
                let sets: Vec<&[u8]> = sets.map(Vec::as_slice).collect();
                // Later by the delay, so that the first picture is decoded at the start.
                let pts = rescale(time.pts.saturating_add(self.delay), scale, 90_000);
                let dts = rescale(time.slot, scale, 90_000);
                writer.picture(data, pts, dts, sync, &sets)
            }
        }
    }

    /// Appends a coded frame of sound, `duration` of whose samples count, `written` behind the first
    /// coded one.
    pub(crate) fn sound(
        &mut self,
        frame: &CodedFrame,
        duration: u32,
        written: u64,
        track: &SoundTrack,
    ) -> io::Result<()> {
        let written = i64::try_from(written).unwrap_or(i64::MAX);
        match &mut self.kind {
            Kind::Mp4(writer) => writer.write_audio(&frame.data, duration),
            Kind::Fragmented(writer) => writer.write_audio(&frame.data, written, duration),
            Kind::Matroska(writer) => {
                let nanos = rescale(written, track.sample_rate, 1_000_000_000);
                writer.write_audio(&frame.data, u64::try_from(nanos).unwrap_or(0))
            }
            Kind::Ts(writer) => {
                let skip = i64::try_from(track.skip).unwrap_or(i64::MAX);
                let pts = rescale(written.saturating_sub(skip), track.sample_rate, 90_000);
                let pts = pts.saturating_add(rescale(self.delay, self.time_scale, 90_000));
                writer.sound(&frame.data, &frame.config, pts)
            }
        }
    }

    /// Writes what belongs at the ends; returns the size of the file and where it went. `coded` samples of sound were
    /// written in all.
    pub(crate) fn finish(self, index: &Mp4Index<'_>, coded: u64) -> io::Result<(u64, W)> {
        match self.kind {
            Kind::Mp4(writer) => writer.finish(index),
            Kind::Fragmented(writer) => writer.finish(index),
            Kind::Matroska(writer) => {
                let scale = self.time_scale;
                let nanos =
                    |ticks| u64::try_from(rescale(ticks, scale, 1_000_000_000)).unwrap_or(0);
                let audio = index.audio.as_ref();
                let timecode = self.timecode.and_then(|timecode| {
                    let Timecode {
                        frame,
                        drop_frame,
                        rate,
                    } = timecode;
                    let written =
                        mediatime::Timecode::from_frame(i64::from(frame), rate, drop_frame);
                    written.ok().map(|written| written.to_string())
                });
                let index = MatroskaIndex {
                    timecode: timecode.as_deref(),
                    video: Some(index.video),
                    duration: nanos(index.video_duration),
                    frame_duration: index.frame_duration.map(nanos),
                    audio: audio.map(|audio: &AudioIndex<'_>| MatroskaAudio {
                        format: audio.format,
                        skip: audio.skip,
                        play: audio.play,
                        last_padding: coded.saturating_sub(audio.skip + audio.play),
                    }),
                    language: audio.and_then(|audio| audio.format.language.as_deref()),
                };
                writer.finish(&index)
            }
            Kind::Ts(writer) => writer.finish(),
        }
    }
}

/// Ticks of one clock as those of another, to the nearest.
fn rescale(ticks: i64, from: u32, to: u32) -> i64 {
    let from = i128::from(from.max(1));
    let scaled = (i128::from(ticks) * i128::from(to) * 2 + from).div_euclid(2 * from);
    i64::try_from(scaled).unwrap_or(if ticks < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_containers() {
        let of = |name: &str| container_of(Path::new(name));
        assert_eq!(of("a.MP4"), Some(Container::Mp4));
        assert_eq!(of("a.b.mov"), Some(Container::Mov));
        assert_eq!(of("a.mkv"), Some(Container::Matroska));
        assert_eq!(of("a.ts"), Some(Container::MpegTs));
        assert_eq!(of("a.avi"), None);
        assert_eq!(of("mp4"), None);
    }

    #[test]
    fn ticks_are_rounded_to_the_nearest() {
        assert_eq!(rescale(1001, 30_000, 90_000), 3003);
        assert_eq!(rescale(-1024, 48_000, 90_000), -1920);
        assert_eq!(rescale(-1, 44_100, 90_000), -2);
        assert_eq!(rescale(1, 3, 1), 0);
        assert_eq!(rescale(2, 3, 1), 1);
    }
}
