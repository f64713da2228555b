//! Audio frames from PES packets, wherever their borders lie.

use std::collections::VecDeque;

use conform::{AudioFrame, AudioTrack};

use super::pes::{PesStart, Places, Splitter, Tail};
use super::sound_head::{SoundHead, SoundKind};
use super::{TICKS, Trouble};
use crate::aac::{AdtsHeader, AudioSpecificConfig};

/// A time stamp this near to the running count of samples is that count, rounded.
const ROUNDING: i64 = 2;
/// Bytes to look for the first frame in.
const MOST_JUNK: usize = 1 << 20;

/// Time by counting samples from one time stamp on.
#[derive(Clone, Copy, Debug)]
struct SampleClock {
    anchor: i64,
    samples: u64,
    rate: u32,
}

impl SampleClock {
    fn now(&self) -> i64 {
        let rate = u128::from(self.rate.max(1));
        let ticks = (u128::from(self.samples) * u128::from(TICKS) + rate / 2) / rate;
        self.anchor
            .saturating_add(i64::try_from(ticks).unwrap_or(i64::MAX))
    }
}

/// Splits an audio stream into frames.
#[derive(Debug)]
pub(super) struct SoundSplitter {
    kind: SoundKind,
    buffer: Vec<u8>,
    /// Elementary-stream position of the buffer's first byte.
    buffer_at: u64,
    starts: VecDeque<PesStart>,
    clock: Option<SampleClock>,
    first: Option<(SoundHead, Vec<u8>)>,
    frames: Vec<AudioFrame>,
    /// Elementary-stream position behind each frame's last byte, for the last frames.
    end: u64,
    last_end: u64,
    /// No more bytes will come.
    ended: bool,
    /// ISO 639-2, when one is said.
    language: Option<String>,
}

impl SoundSplitter {
    pub(super) fn new(kind: SoundKind) -> Self {
        Self {
            kind,
            buffer: Vec::new(),
            buffer_at: 0,
            starts: VecDeque::new(),
            clock: None,
            first: None,
            frames: Vec::new(),
            end: 0,
            last_end: 0,
            ended: false,
            language: None,
        }
    }

    pub(super) fn in_language(self, language: Option<String>) -> Self {
        Self { language, ..self }
    }

    pub(super) fn codec(&self) -> &'static str {
        self.kind.codec()
    }

    fn split(&mut self, places: &mut Places) -> Result<(), Trouble> {
        let mut at = 0;
        while let Some(rest) = self.buffer.get(at..)
            && rest.len() >= self.kind.head_len()
        {
            let Some(head) = self.kind.parse(rest).filter(|head| head.len > 0) else {
                self.junk()?;
                at += 1;
                continue;
            };
            let len = head.len as usize;
            if self.frames.is_empty() && !self.is_confirmed(rest, len) {
                if self.ended || rest.len() >= len + self.kind.head_len() {
                    at += 1;
                    continue;
                }
                break;
            }
            if rest.len() < len {
                break;
            }
            self.check_format(head, at)?;
            self.add(head, self.buffer_at + at as u64, places)?;
            at += len;
        }
        self.buffer.drain(..at.min(self.buffer.len()));
        self.buffer_at += at as u64;
        places.forget_before(self.buffer_at);
        Ok(())
    }

    /// What looks like a first frame is one when another follows it.
    fn is_confirmed(&self, rest: &[u8], len: usize) -> bool {
        let follows = rest.get(len..).and_then(|next| self.kind.parse(next));
        follows.is_some() || self.ended && rest.len() == len
    }

    fn junk(&self) -> Result<(), Trouble> {
        let last = self.frames.last();
        if last.is_none() && self.buffer_at < MOST_JUNK as u64 {
            return Ok(());
        }
        Err(Trouble::Damaged {
            at: last.map(|frame| frame.pts),
            why: format!(
                "the sound can't be followed behind byte {}: no frame begins where one should",
                last.map_or(0, |frame| frame.location.offset)
            ),
        })
    }

    fn check_format(&mut self, head: SoundHead, at: usize) -> Result<(), Trouble> {
        let Some((first, _)) = &self.first else {
            let bytes = self.buffer.get(at..).unwrap_or_default();
            let config = match self.kind {
                SoundKind::Adts => AdtsHeader::parse(bytes).map(|head| head.config()),
                _ => None,
            };
            let config = config.transpose().map_err(|_| Trouble::Unsupported {
                what: "AAC that lays out its channels inside of the stream".to_owned(),
                hint: "convert the sound to AAC with a standard channel layout".to_owned(),
            })?;
            self.first = Some((head, config.unwrap_or_default()));
            return Ok(());
        };
        let same = (first.sample_rate, first.channels, first.object_type)
            == (head.sample_rate, head.channels, head.object_type);
        if same {
            return Ok(());
        }
        let seconds = self.clock.map_or(0, |clock| clock.now() / i64::from(TICKS));
        Err(Trouble::Unsupported {
            what: format!(
                "sound that changes from {} Hz, {} channels to {} Hz, {} channels (at {seconds} s)",
                first.sample_rate, first.channels, head.sample_rate, head.channels
            ),
            hint: "cut the recording into parts there".to_owned(),
        })
    }

    fn add(&mut self, head: SoundHead, position: u64, places: &Places) -> Result<(), Trouble> {
        let mut stamp = None;
        while let Some(start) = self.starts.front()
            && start.position <= position
        {
            stamp = start.pts;
            self.starts.pop_front();
        }
        let running = self.clock.map(|clock| clock.now());
        if let Some(pts) = stamp
            && running.is_none_or(|running| (pts - running).abs() > ROUNDING)
        {
            self.clock = Some(SampleClock {
                anchor: pts,
                samples: 0,
                rate: head.sample_rate,
            });
        }
        let Some(clock) = &mut self.clock else {
            // No time stamp yet: the frame can't be placed.
            return Ok(());
        };
        let pts = clock.now();
        clock.samples += u64::from(head.samples);
        let duration = u32::try_from(clock.now() - pts).unwrap_or(0);
        if let Some(last) = self.frames.last()
            && pts <= last.pts
        {
            return Err(Trouble::Damaged {
                at: Some(last.pts),
                why: format!(
                    "its sound jumps back by {} ms",
                    (last.pts - pts) * 1000 / i64::from(TICKS)
                ),
            });
        }
        let mut location = places.locate(position);
        location.len = head.len;
        self.last_end = self.end;
        self.end = position + u64::from(head.len);
        self.frames.push(AudioFrame {
            pts,
            duration,
            location,
        });
        Ok(())
    }

    /// The track, without frames behind a break.
    pub(super) fn finish(
        mut self,
        pid: u16,
        tail: Tail,
        places: &mut Places,
    ) -> Result<Option<AudioTrack>, Trouble> {
        self.ended = true;
        if self.frames.is_empty() {
            self.split(places)?;
        }
        Ok(self.into_track(pid, tail))
    }

    fn into_track(mut self, pid: u16, tail: Tail) -> Option<AudioTrack> {
        if let Tail::Broken(position) = tail
            && self.end > position
        {
            self.frames.pop();
            if self.last_end > position {
                self.frames.pop();
            }
        }
        let (head, config) = self.first?;
        let first = self.frames.first()?.pts;
        let last = self.frames.last()?;
        let end = last.pts.saturating_add(i64::from(last.duration));
        let parsed = AudioSpecificConfig::parse(&config).ok();
        Some(AudioTrack {
            track_id: u32::from(pid),
            codec: self.kind.codec().to_owned(),
            time_scale: TICKS,
            sample_rate: parsed.map_or(head.sample_rate, |config| config.sample_rate),
            channels: parsed.map_or(head.channels, |config| config.channels),
            config,
            samples_per_frame: head.samples,
            frames: self.frames,
            presented: first..end,
            language: self.language,
        })
    }
}

impl Splitter for SoundSplitter {
    fn begin(&mut self, start: PesStart, _: &mut Places) -> Result<(), Trouble> {
        self.starts.push_back(start);
        Ok(())
    }

    fn data(&mut self, bytes: &[u8], places: &mut Places) -> Result<(), Trouble> {
        self.buffer.extend_from_slice(bytes);
        self.split(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ADTS frame of 100 bytes, 44.1 kHz, stereo.
    fn frame() -> Vec<u8> {
        let mut bytes = vec![
            0xff,
            0xf1,
            0x50,
            0x80,
            100 >> 3,
            (100 & 7) << 5 | 0x1f,
            0xfc,
        ];
        bytes.resize(100, 0x11);
        bytes
    }

    fn start(position: u64, pts: Option<i64>) -> PesStart {
        PesStart {
            position,
            pts,
            dts: pts,
            random_access: false,
        }
    }

    #[test]
    fn frames_run_on_across_packets_and_follow_new_time_stamps() {
        let mut splitter = SoundSplitter::new(SoundKind::Adts);
        let mut places = Places::default();
        let stream: Vec<u8> = (0..6).flat_map(|_| frame()).collect();
        // Junk, then two and a half frames, then the rest in two packets of which the last jumps.
        splitter.begin(start(0, Some(9000)), &mut places).unwrap();
        splitter.data(&[0xff, 0xf0, 0], &mut places).unwrap();
        splitter.data(&stream[..250], &mut places).unwrap();
        splitter
            .begin(start(253, Some(9000 + 6268)), &mut places)
            .unwrap();
        splitter.data(&stream[250..450], &mut places).unwrap();
        splitter
            .begin(start(453, Some(50_000)), &mut places)
            .unwrap();
        splitter.data(&stream[450..], &mut places).unwrap();
        let track = splitter
            .finish(257, Tail::Whole, &mut places)
            .unwrap()
            .unwrap();
        let pts: Vec<i64> = track.frames.iter().map(|f| f.pts - 9000).collect();
        // 1024 samples are 2089.8 ticks; 6268 is one tick short of three frames and so the same.
        assert_eq!(pts, [0, 2090, 4180, 6269, 8359, 41_000]);
        assert_eq!((track.sample_rate, track.channels), (44_100, 2));
        assert_eq!(track.config, [0x12, 0x10]);
        assert_eq!(track.presented, 9000..52_090);
    }

    #[test]
    fn a_single_frame_is_taken_at_the_end() {
        let mut splitter = SoundSplitter::new(SoundKind::Adts);
        let mut places = Places::default();
        splitter.begin(start(0, Some(5)), &mut places).unwrap();
        splitter.data(&frame(), &mut places).unwrap();
        let track = splitter
            .finish(257, Tail::Whole, &mut places)
            .unwrap()
            .unwrap();
        assert_eq!(track.frames.len(), 1);
        let nothing = SoundSplitter::new(SoundKind::Adts);
        assert!(
            nothing
                .finish(257, Tail::Whole, &mut places)
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn what_can_not_be_followed_is_named() {
        let mut splitter = SoundSplitter::new(SoundKind::Adts);
        let mut places = Places::default();
        splitter.begin(start(0, Some(0)), &mut places).unwrap();
        splitter
            .data(&[frame(), frame()].concat(), &mut places)
            .unwrap();
        let junk = splitter.data(&[0; 20], &mut places);
        assert!(matches!(junk, Err(Trouble::Damaged { at: Some(2090), .. })));

        let mut splitter = SoundSplitter::new(SoundKind::Adts);
        splitter.begin(start(0, Some(0)), &mut places).unwrap();
        let mut other = frame();
        other[2] = 0x4c;
        let change = splitter.data(&[frame(), frame(), other].concat(), &mut places);
        assert!(matches!(change, Err(Trouble::Unsupported { what, .. }) if what.contains("48000")));

        let mut splitter = SoundSplitter::new(SoundKind::Adts);
        splitter.begin(start(0, Some(9000)), &mut places).unwrap();
        splitter
            .data(&[frame(), frame()].concat(), &mut places)
            .unwrap();
        splitter.begin(start(200, Some(100)), &mut places).unwrap();
        assert!(matches!(
            splitter.data(&frame(), &mut places),
            Err(Trouble::Damaged { .. })
        ));
    }
}
