//! MPEG-2 transport streams (ISO/IEC 13818-1): one program with H.264 or HEVC pictures, AAC sound in ADTS
//! frames, or both, written in one pass.
//!
//! Times come in 90 kHz ticks from the output's start and go out 1.4 s later, modulo 2³³. The
//! clock of a receiver follows the pictures' decode times, [`DELAY`] behind them: that is how much
//! earlier than it is needed everything arrives.

mod adts;
mod packet;
mod pes;

use conform::VideoCodec;
use std::io::{self, Write};

use adts::{AdtsFormat, HEADER_LEN};
use packet::{Lane, Marks, PAT_PID, PMT_PID, Packets, language, program_association, program_map};
use pes::{SOUND_ID, VIDEO_ID, begin_pes, byte_stream, end_pes, stamp};

/// The clock is this many ticks behind the decode time of the picture it stands at: 0.7 s, so that
/// sound half a second behind the pictures is still in time.
const DELAY: i64 = 63_000;

/// Ticks between clock references at most: 40 ms. §2.7.2 wants 100 ms, broadcasters 40.
const CLOCK_INTERVAL: i64 = 3_600;

/// Ticks between tables at most: 100 ms.
const TABLES_INTERVAL: i64 = 9_000;

/// Clock references in a gap between pictures at most, so that a wrong time can't fill the disk;
/// these are enough for ten minutes.
const MOST_BETWEEN: i64 = 15_000;

/// Ticks of sound in a PES packet at most, beside pictures: 8 frames at 48 kHz.
const SOUND_SPAN: i64 = 15_360;

/// Frames of sound in a PES packet at most.
const SOUND_FRAMES: u32 = 8;

/// Bytes of a PES packet of sound at most, unless one frame is longer: 16 transport packets.
const SOUND_BYTES: usize = 16 * 184;

/// Collected sound is written when the pictures are this many ticks further: 0.25 s.
const SOUND_WAIT: i64 = 22_500;

/// Sound further than this in front of the pictures moves the clock, as there may be no more of
/// them: 0.25 s. With [`DELAY`] that keeps it in a receiver's buffer for less than the second that
/// §2.4.2.6 allows.
const SOUND_LEAD: i64 = 22_500;

/// Where the clock starts in front of sound that comes before all pictures: 0.2 s before the
/// output's start, as the first picture's decode time can be earlier than the start.
const BEFORE_PICTURES: i64 = 18_000;

/// Frames of sound follow each other when their times do by this many ticks, which is more than
/// times are rounded by: 0.1 ms.
const SOUND_TOLERANCE: u64 = 9;

const VIDEO_PID: u16 = 0x100;
const SOUND_PID: u16 = 0x101;

/// `stream_type`, table 2-34: H.264, HEVC, and AAC in ADTS frames.
const H264: u8 = 0x1b;
const HEVC: u8 = 0x24;
const ADTS: u8 = 0x0f;

/// Writes a transport stream; `W` should be buffered, as it gets packets of 188 bytes.
pub(crate) struct TsWriter<W: Write> {
    packets: Packets<W>,
    association: Vec<u8>,
    association_lane: Lane,
    map: Vec<u8>,
    map_lane: Lane,
    video: Option<Lane>,
    codec: VideoCodec,
    sound: Option<Lane>,
    /// The time that the last clock reference stands for.
    clock: Option<i64>,
    /// The time at which the tables were last written, and the bytes written up to their end.
    tables: Option<(i64, u64)>,
    /// The PES packet of the picture at hand.
    picture: Vec<u8>,
    collected: Collected,
}

/// Frames of sound that will be one PES packet.
#[derive(Debug, Default)]
struct Collected {
    pes: Vec<u8>,
    frames: u32,
    /// Time of the first frame.
    pts: i64,
    /// Where the last frame ends.
    end: i64,
}

impl Collected {
    /// Whether a frame of `len` bytes at `pts` to `end` may follow in the same PES packet.
    fn takes(&self, pts: i64, end: i64, len: usize, span: i64) -> bool {
        self.frames < SOUND_FRAMES
            && self.pes.len() + len <= SOUND_BYTES
            && self.end.abs_diff(pts) <= SOUND_TOLERANCE
            && end.saturating_sub(self.pts) <= span
    }
}

impl<W: Write> TsWriter<W> {
    /// Begins a stream that holds pictures, sound, or both; the sound in a language of ISO 639-2.
    ///
    /// # Errors
    /// `InvalidInput` when it would hold neither.
    pub(crate) fn new(
        out: W,
        pictures: Option<VideoCodec>,
        sound: bool,
        spoken: Option<&str>,
    ) -> io::Result<Self> {
        let codec = pictures.unwrap_or_default();
        let video = pictures.map(|_| Lane::new(VIDEO_PID));
        let sound = sound.then(|| Lane::new(SOUND_PID));
        let clock = video.or(sound).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "a transport stream needs pictures or sound",
            )
        })?;
        let kind = match codec {
            VideoCodec::H264 => H264,
            VideoCodec::Hevc => HEVC,
        };
        let streams = [(kind, video, Vec::new()), (ADTS, sound, language(spoken))];
        let streams: Vec<(u8, u16, Vec<u8>)> = streams
            .into_iter()
            .filter_map(|(kind, lane, descriptors)| Some((kind, lane?.pid(), descriptors)))
            .collect();
        Ok(Self {
            packets: Packets::new(out),
            association: program_association(),
            association_lane: Lane::new(PAT_PID),
            map: program_map(clock.pid(), &streams),
            map_lane: Lane::new(PMT_PID),
            video,
            codec,
            sound,
            clock: None,
            tables: None,
            picture: Vec::new(),
            collected: Collected::default(),
        })
    }

    /// Bytes written so far. Sound that is still collected is not among them.
    pub(crate) fn position(&self) -> u64 {
        self.packets.position()
    }

    /// Appends a picture with 4-byte NAL lengths, in decode order. The times may be slightly
    /// negative, and `dts` never goes back. In front of a `key` picture go `sets`, the NAL units of
    /// its parameter sets, unless it has them all.
    ///
    /// # Errors
    /// `InvalidInput` when the stream has no pictures or the times are in the wrong order,
    /// `InvalidData` when the unit can't be read, and what the writer says.
    pub(crate) fn picture(
        &mut self,
        unit: &[u8],
        pts: i64,
        dts: i64,
        key: bool,
        sets: &[&[u8]],
    ) -> io::Result<()> {
        if self.video.is_none() {
            return Err(not_begun("pictures"));
        }
        if pts < dts {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a picture is shown before it is decoded",
            ));
        }
        self.picture.clear();
        begin_pes(&mut self.picture, VIDEO_ID, pts, dts);
        byte_stream(
            &mut self.picture,
            self.codec,
            unit,
            if key { sets } else { &[] },
        )?;
        end_pes(&mut self.picture);

        if dts.saturating_sub(self.collected.pts) > SOUND_WAIT {
            self.write_sound()?;
        }
        self.reach(dts)?;
        if key {
            self.write_tables()?;
        }
        let marks = self.marks(key);
        if let Some(lane) = &mut self.video {
            self.packets.pes(lane, marks, &self.picture)?;
        }
        Ok(())
    }

    /// Appends a raw AAC frame, whose `AudioSpecificConfig` is `config`. The time may be slightly
    /// negative.
    ///
    /// # Errors
    /// `InvalidInput` when the stream has no sound, `InvalidData` when ADTS can't hold the frame,
    /// and what the writer says.
    pub(crate) fn sound(&mut self, frame: &[u8], config: &[u8], pts: i64) -> io::Result<()> {
        if self.sound.is_none() {
            return Err(not_begun("sound"));
        }
        let format = AdtsFormat::of(config)?;
        let header = format.header(frame.len())?;
        let end = pts.saturating_add(format.frame_ticks());
        // Without pictures the clock is in the packets of sound.
        let span = match self.video {
            Some(_) => SOUND_SPAN,
            None => CLOCK_INTERVAL,
        };
        let len = HEADER_LEN + frame.len();
        if self.collected.frames > 0 && !self.collected.takes(pts, end, len, span) {
            self.write_sound()?;
        }
        let collected = &mut self.collected;
        if collected.frames == 0 {
            begin_pes(&mut collected.pes, SOUND_ID, pts, pts);
            collected.pts = pts;
        }
        collected.pes.extend_from_slice(&header);
        collected.pes.extend_from_slice(frame);
        collected.frames += 1;
        collected.end = end;
        Ok(())
    }

    /// Writes what is collected; returns the size of the stream and the writer.
    ///
    /// # Errors
    /// What the writer says.
    pub(crate) fn finish(mut self) -> io::Result<(u64, W)> {
        self.write_sound()?;
        if self.tables.is_none() {
            self.write_tables()?;
        }
        let size = self.packets.position();
        let mut out = self.packets.into_inner();
        out.flush()?;
        Ok((size, out))
    }

    fn write_sound(&mut self) -> io::Result<()> {
        if self.collected.frames == 0 {
            return Ok(());
        }
        let pts = self.collected.pts;
        let marks = if self.video.is_none() {
            self.reach(pts)?;
            self.marks(true)
        } else {
            let from = match self.clock {
                Some(_) => pts.saturating_sub(SOUND_LEAD),
                None => pts.min(0).saturating_sub(BEFORE_PICTURES),
            };
            if self.clock.is_none_or(|clock| clock < from) {
                self.reach(from)?;
                self.write_clock()?;
            }
            None
        };
        end_pes(&mut self.collected.pes);
        if let Some(lane) = &mut self.sound {
            self.packets.pes(lane, marks, &self.collected.pes)?;
        }
        self.collected.pes.clear();
        self.collected.frames = 0;
        Ok(())
    }

    /// Moves the clock to `time`, but never back. References and tables that are due on the way are
    /// written; the reference for `time` itself is left to the caller.
    fn reach(&mut self, time: i64) -> io::Result<()> {
        let Some(last) = self.clock else {
            self.clock = Some(time);
            return self.write_tables();
        };
        let gap = time.saturating_sub(last).max(0);
        let between = ((gap - 1).max(0) / CLOCK_INTERVAL).min(MOST_BETWEEN);
        let step = gap / (between + 1);
        for number in 1..=between {
            self.clock = Some(last + step * number);
            self.write_due_tables()?;
            self.write_clock()?;
        }
        self.clock = Some(last + gap);
        self.write_due_tables()
    }

    /// The clock as the adaptation field tells it.
    fn marks(&self, random_access: bool) -> Option<Marks> {
        let clock = stamp(self.clock?.saturating_sub(DELAY));
        Some(Marks {
            clock,
            random_access,
        })
    }

    /// Writes a packet with nothing but the clock.
    fn write_clock(&mut self) -> io::Result<()> {
        let marks = self.marks(false);
        if let (Some(marks), Some(lane)) = (marks, self.video.as_mut().or(self.sound.as_mut())) {
            self.packets.clock(lane, marks.clock)?;
        }
        Ok(())
    }

    /// Writes the tables when they would be late at the next clock reference.
    fn write_due_tables(&mut self) -> io::Result<()> {
        let age = match (self.clock, self.tables) {
            (Some(now), Some((last, _))) => now.saturating_sub(last),
            _ => TABLES_INTERVAL,
        };
        if age > TABLES_INTERVAL - CLOCK_INTERVAL {
            self.write_tables()?;
        }
        Ok(())
    }

    /// Writes the tables, unless they were the last thing written.
    fn write_tables(&mut self) -> io::Result<()> {
        if self
            .tables
            .is_some_and(|(_, end)| end == self.packets.position())
        {
            return Ok(());
        }
        self.packets
            .section(&mut self.association_lane, &self.association)?;
        self.packets.section(&mut self.map_lane, &self.map)?;
        self.tables = Some((self.clock.unwrap_or(0), self.packets.position()));
        Ok(())
    }
}

fn invalid(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

fn not_begun(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("the transport stream was begun without {what}"),
    )
}

#[cfg(test)]
mod tests;
