//! One pass over the file: pictures counted and hashed, the GOPs at joints decoded.

use super::joints::Decoded;
use crate::MediaError;
use crate::codec::{Running, require};
use crate::coding::{self, Part};
use crate::execute::hex;
use crate::nal_units::NalUnits;
use crate::report::{Report, SpanReport};
use bytes::Bytes;
use conform::{Container, UnitKind, VideoCodec};
use gst::prelude::*;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// What the pass found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Pictures.
    pub(super) frames: u64,
    /// When they are shown, ascending, in nanoseconds from the file's start (edit list applied).
    pub(super) shown: Vec<i64>,
    /// What has to be taken from the times of the sound, to count them from the first picture too.
    pub(super) begins: i64,
    /// Hash over the access units of each span of the report, in decode order, by the algorithm of the report.
    pub(super) span_hashes: Vec<String>,
    /// First and last moment of the sound, in nanoseconds from the file's start.
    pub(super) sound: Option<(i64, i64)>,
    /// What decoding gave.
    pub(super) decoded: Decoded,
}

struct Picture {
    pts: i64,
    data: Bytes,
}

/// Reads the whole file once.
pub(super) fn run(
    path: &Path,
    report: &Report,
    cancel: &CancellationToken,
) -> Result<Found, MediaError> {
    let demuxer = demuxer(report.container);
    require(demuxer)?;
    // GStreamer's own message for a missing file names an element, not the file.
    std::fs::File::open(path).map_err(MediaError::io(path.display().to_string()))?;
    let [pictures, sounds] = pads(report.container);
    let running = Running::start(
        &format!(
            "filesrc name=file ! {demuxer} name=d \
             d.{pictures} ! queue max-size-time=0 max-size-buffers=0 max-size-bytes=4194304 ! appsink name=video \
             d.{sounds} ! queue max-size-time=0 max-size-buffers=0 max-size-bytes=4194304 ! appsink name=audio"
        ),
        "checking the output",
    )?;
    let file: gst::Element = running.element("file")?;
    file.set_property("location", path);
    let video = running.sink("video", 64)?;
    let audio = running.sink("audio", 64)?;
    // A file without sound plays, too. Only a sink that never waits may be without `async`: it takes
    // buffers as soon as it is paused, and one that is full keeps the lock that its own change to
    // playing needs (`render` in gstbasesink.c), for ever if who changes it is to empty it.
    audio.set_property("async", false);
    let sound = listen(&audio);
    let known = Arc::new(AtomicBool::new(false));
    let tracks_known = Arc::clone(&known);
    let element: gst::Element = running.element("d")?;
    element.connect_no_more_pads(move |_| tracks_known.store(true, Ordering::Release));
    running.play()?;
    let mut pass = Pass::new(report);
    // Nothing ever comes, nor ends, where the demuxer finds no pictures.
    let no_pictures = || known.load(Ordering::Acquire) && !running.has_pad("d", pictures);
    while let Some(sample) = running.pull_unless(&video, &no_pictures, cancel)? {
        pass.take(&sample, cancel)?;
    }
    let mut found = pass.finish(cancel)?;
    let heard = sound.wait(&running, sounds, cancel)?;
    found.sound = heard.map(|(start, end)| (start - found.begins, end - found.begins));
    Ok(found)
}

/// GStreamer's demuxer of a container.
fn demuxer(container: Container) -> &'static str {
    match container {
        Container::Mp4 | Container::Mov => "qtdemux",
        Container::Matroska => "matroskademux",
        Container::MpegTs => "tsdemux",
    }
}

/// What the demuxer calls pictures and sound. In a transport stream they are called by their
/// programme's number and their own.
fn pads(container: Container) -> [&'static str; 2] {
    match container {
        Container::MpegTs => ["video_0_0100", "audio_0_0101"],
        _ => ["video_0", "audio_0"],
    }
}

/// How long the end of the sound may come after the end of the pictures; there is no end to wait
/// for when the file has no sound.
const SOUND_PATIENCE: Duration = Duration::from_secs(5);

/// When the sound begins and ends.
struct Sound {
    heard: Arc<Mutex<Option<(i64, i64)>>>,
    ended: Receiver<()>,
}

impl Sound {
    /// Waits for the end of the sound; `None` when there is none.
    fn wait(
        self,
        running: &Running,
        pad: &str,
        cancel: &CancellationToken,
    ) -> Result<Option<(i64, i64)>, MediaError> {
        let deadline = Instant::now() + SOUND_PATIENCE;
        let step = Duration::from_millis(50);
        loop {
            let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            match self.ended.recv_timeout(step) {
                Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                    return Ok(*self.heard.lock().unwrap_or_else(PoisonError::into_inner));
                }
                Err(RecvTimeoutError::Timeout) if heard.is_none() && !running.has_pad("d", pad) => {
                    return Ok(None);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(error) = running.failure() {
                return Err(error);
            }
            if cancel.is_cancelled() {
                return Err(MediaError::Cancelled);
            }
            if deadline < Instant::now() {
                return Ok(heard);
            }
        }
    }
}

/// Notes when the sound begins and ends.
fn listen(sink: &gst_app::AppSink) -> Sound {
    let heard = Arc::new(Mutex::new(None));
    let shared = Arc::clone(&heard);
    let (end, ended) = channel();
    sink.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .eos(move |_| {
                // Nobody waits any more when the pictures failed.
                let _ = end.send(());
            })
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                let duration = sample.buffer().and_then(|b| b.duration()).map_or(0, nanos);
                if let Some(start) = running_time(&sample) {
                    let mut heard = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    let first = heard.map_or(start, |(first, _)| first);
                    *heard = Some((first, start + duration));
                }
                Ok(gst::FlowSuccess::Ok)
            })
            .build(),
    );
    Sound { heard, ended }
}

fn nanos(time: gst::ClockTime) -> i64 {
    i64::try_from(time.nseconds()).unwrap_or(i64::MAX)
}

/// When a sample is due, from the file's start, with the edit list applied; negative for what lies
/// in front of it.
fn running_time(sample: &gst::Sample) -> Option<i64> {
    let segment = sample.segment()?.downcast_ref::<gst::ClockTime>()?;
    let pts = sample.buffer()?.pts()?;
    Some(match segment.to_running_time_full(pts)? {
        gst::Signed::Positive(time) => nanos(time),
        gst::Signed::Negative(time) => -nanos(time),
    })
}

/// The hash of a copied span that the report expects.
pub(super) fn expected(span: &SpanReport) -> Option<&String> {
    span.blake3.as_ref().or(span.sha256.as_ref())
}

/// The algorithm by which a span was hashed when it was copied.
enum SpanHash {
    Blake3(Box<blake3::Hasher>),
    Sha256(Sha256),
    /// Of what was encoded nobody knows the bytes.
    Nothing,
}

impl SpanHash {
    fn of(span: Option<&SpanReport>) -> Self {
        match span {
            Some(span) if span.blake3.is_some() => Self::Blake3(Box::default()),
            Some(span) if span.sha256.is_some() => Self::Sha256(Sha256::new()),
            _ => Self::Nothing,
        }
    }

    fn update(&mut self, data: &[u8]) {
        match self {
            Self::Blake3(hash) => {
                hash.update(data);
            }
            Self::Sha256(hash) => hash.update(data),
            Self::Nothing => {}
        }
    }

    fn finish(self) -> String {
        match self {
            Self::Blake3(hash) => hash.finalize().to_hex().to_string(),
            Self::Sha256(hash) => hex(&hash.finalize()),
            Self::Nothing => String::new(),
        }
    }
}

struct Pass<'a> {
    report: &'a Report,
    found: Found,
    span: usize,
    span_left: u64,
    hash: SpanHash,
    gop: Vec<Picture>,
    /// The GOP before, where it was not decoded and leading pictures may need it.
    before: Gop,
    /// Frames in front of this one went into the decoder last.
    decoded_until: u64,
    decode: Option<super::joints::JointDecoder>,
    /// The parameter sets seen so far.
    config: Option<conform::VideoConfig>,
}

/// A picture as the file holds it.
struct Unit {
    /// With 4-byte lengths, for the decoder.
    data: Bytes,
    /// The same as the report counts it, where that differs.
    essence: Option<Bytes>,
    key: bool,
}

/// Pictures from a key frame on, in decode order; `end` is the frame behind them.
#[derive(Default)]
struct Gop {
    end: u64,
    pictures: Vec<Picture>,
}

impl Gop {
    fn start(&self) -> u64 {
        self.end - self.pictures.len() as u64
    }

    /// Its pictures may look past its key frame.
    fn is_open(&self, codec: VideoCodec) -> bool {
        let first = self.pictures.first().map(|picture| &picture.data[..]);
        let mut parts = NalUnits::new(first.unwrap_or_default(), Some(4)).filter_map(Result::ok);
        parts.any(|unit| coding::part(codec, unit) == Part::Slice(UnitKind::Recovery))
    }

    /// Its pictures with the frame that each one is.
    fn ranked(&self) -> impl Iterator<Item = (Vec<u8>, u64)> {
        let mut order: Vec<usize> = (0..self.pictures.len()).collect();
        order.sort_by_key(|i| self.pictures.get(*i).map(|picture| picture.pts));
        let mut ranks = vec![0; order.len()];
        for (rank, i) in (self.start()..).zip(order) {
            if let Some(slot) = ranks.get_mut(i) {
                *slot = rank;
            }
        }
        let pictures = self.pictures.iter().zip(ranks);
        pictures.map(|(picture, rank)| (picture.data.to_vec(), rank))
    }
}

/// The decoder is told that what was decoded before has nothing to do with these pictures.
fn anew(codec: VideoCodec, mut pictures: Vec<(Vec<u8>, u64)>) -> Vec<(Vec<u8>, u64)> {
    if let Some((first, _)) = pictures.first_mut() {
        coding::begin_anew(codec, first, true);
    }
    pictures
}

impl<'a> Pass<'a> {
    fn new(report: &'a Report) -> Self {
        Self {
            report,
            found: Found::default(),
            span: 0,
            span_left: report.spans.first().map_or(0, |span| span.frames),
            hash: SpanHash::of(report.spans.first()),
            gop: Vec::new(),
            before: Gop::default(),
            decoded_until: 0,
            decode: None,
            config: None,
        }
    }

    fn take(&mut self, sample: &gst::Sample, cancel: &CancellationToken) -> Result<(), MediaError> {
        let broken = |why: &str| MediaError::Pipeline {
            what: "checking the output".to_owned(),
            why: why.to_owned(),
        };
        let buffer = sample
            .buffer()
            .ok_or_else(|| broken("a picture without data"))?;
        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let data = buffer
            .to_owned()
            .into_mapped_buffer_readable()
            .map_err(|_| broken("a picture can't be read"))?;
        let pts = running_time(sample).ok_or_else(|| broken("a picture without time"))?;
        let codec = self.report.plan.format.codec;
        let unit = if self.report.container == Container::MpegTs {
            self.read_byte_stream(codec, &data)
                .map_err(|why| broken(&why))?
        } else {
            if self.config.is_none() {
                self.config = Some(config_of(codec, sample).map_err(|why| broken(&why))?);
            }
            Unit {
                data: Bytes::from_owner(data),
                essence: None,
                key,
            }
        };
        if unit.key {
            self.end_gop(cancel)?;
        }
        let essence = unit.essence.as_ref().unwrap_or(&unit.data);
        match codec {
            VideoCodec::H264 => self.hash.update(essence),
            VideoCodec::Hevc => {
                let mut essence = essence.to_vec();
                coding::as_in_source(codec, &mut essence);
                self.hash.update(&essence);
            }
        }
        self.found.frames += 1;
        self.found.shown.push(pts);
        self.gop.push(Picture {
            pts,
            data: unit.data,
        });
        self.span_left = self.span_left.saturating_sub(1);
        if self.span_left == 0 {
            self.end_span();
        }
        Ok(())
    }

    /// A picture of a transport stream: start codes, and parameter sets in front of key pictures.
    fn read_byte_stream(&mut self, codec: VideoCodec, data: &[u8]) -> Result<Unit, String> {
        let mut unit = Vec::with_capacity(data.len());
        let (mut key, mut vps) = (false, Vec::new());
        for nal in NalUnits::new(data, None) {
            let nal = nal.map_err(|error| error.to_string())?;
            match coding::part(codec, nal) {
                Part::Vps => vps.push(nal.to_vec()),
                Part::Sps => self.learn(codec, nal, |config| &mut config.sps)?,
                Part::Pps => self.learn(codec, nal, |config| &mut config.pps)?,
                Part::Slice(kind) => key |= kind != UnitKind::Delta,
                _ => {}
            }
            let length = u32::try_from(nal.len()).map_err(|error| error.to_string())?;
            unit.extend_from_slice(&length.to_be_bytes());
            unit.extend_from_slice(nal);
        }
        if let Some(config) = &mut self.config {
            vps.retain(|set| !config.vps.contains(set));
            config.vps.append(&mut vps);
        }
        let config = self.config.as_ref();
        let config = config.ok_or("the first picture has no parameter sets")?;
        let mut essence = Vec::with_capacity(data.len());
        coding::to_length_prefixed(codec, data, config, &mut essence)
            .map_err(|error| error.to_string())?;
        Ok(Unit {
            data: unit.into(),
            essence: Some(essence.into()),
            key,
        })
    }

    /// Takes note of a parameter set. Their order is that of the stream, so a sequence parameter set
    /// comes first.
    fn learn(
        &mut self,
        codec: VideoCodec,
        set: &[u8],
        list: impl Fn(&mut conform::VideoConfig) -> &mut Vec<Vec<u8>>,
    ) -> Result<(), String> {
        let config = match &mut self.config {
            Some(config) => config,
            None => self.config.insert(conform::VideoConfig {
                vps: Vec::new(),
                record: Vec::new(),
                sps: Vec::new(),
                pps: Vec::new(),
                nal_length_size: None,
                facts: coding::sequence_facts(codec, set).map_err(|error| error.to_string())?,
            }),
        };
        let list = list(config);
        if !list.iter().any(|known| known == set) {
            list.push(set.to_vec());
        }
        Ok(())
    }

    fn end_span(&mut self) {
        if self.span >= self.report.spans.len() {
            return;
        }
        self.span += 1;
        let next = SpanHash::of(self.report.spans.get(self.span));
        let hash = std::mem::replace(&mut self.hash, next);
        self.found.span_hashes.push(hash.finish());
        self.span_left = self
            .report
            .spans
            .get(self.span)
            .map_or(0, |span| span.frames);
    }

    /// Decodes the finished GOP when a joint or an encoded span touches it.
    fn end_gop(&mut self, cancel: &CancellationToken) -> Result<(), MediaError> {
        let gop = Gop {
            end: self.found.frames,
            pictures: std::mem::take(&mut self.gop),
        };
        let codec = self.report.plan.format.codec;
        let before = std::mem::take(&mut self.before);
        let Some(config) = &self.config else {
            return Ok(());
        };
        let decoded = super::joints::to_decode(self.report, gop.start()..gop.end);
        if gop.pictures.is_empty() || decoded.is_empty() {
            if codec == VideoCodec::Hevc {
                self.before = gop;
            }
            return Ok(());
        }
        if cancel.is_cancelled() {
            return Err(MediaError::Cancelled);
        }
        let decoder = match &mut self.decode {
            Some(decoder) => decoder,
            None => self
                .decode
                .insert(super::joints::JointDecoder::start(config, self.report)?),
        };
        let follows = self.decoded_until == gop.start();
        // Leading pictures look past the key frame, into the GOP in front of it.
        let leads = !follows && gop.is_open(codec) && before.end == gop.start();
        if leads {
            decoder.lead(anew(codec, before.ranked().collect()).into_iter());
        }
        self.decoded_until = gop.end;
        let pictures = gop.ranked().filter(|(_, rank)| decoded.contains(rank));
        let pictures = match follows || leads {
            true => pictures.collect(),
            false => anew(codec, pictures.collect()),
        };
        decoder.decode(decoded.clone(), pictures.into_iter());
        Ok(())
    }

    fn finish(mut self, cancel: &CancellationToken) -> Result<Found, MediaError> {
        self.end_gop(cancel)?;
        if let Some(decoder) = self.decode.take() {
            self.found.decoded = decoder.finish(cancel)?;
        }
        self.found.shown.sort_unstable();
        if self.report.container == Container::MpegTs
            && let Some(first) = self.found.shown.first().copied()
        {
            // A transport stream has no zero: its demuxer counts from whatever comes first.
            self.found.begins = first;
            for shown in &mut self.found.shown {
                *shown -= first;
            }
        }
        Ok(self.found)
    }
}

fn config_of(codec: VideoCodec, sample: &gst::Sample) -> Result<conform::VideoConfig, String> {
    let caps = sample.caps().ok_or("the video track has no type")?;
    let structure = caps.structure(0).ok_or("the video track has no type")?;
    let record = structure
        .get::<gst::Buffer>("codec_data")
        .map_err(|_| "the video track has no decoder configuration")?;
    let record = record.map_readable().map_err(|error| error.to_string())?;
    let (_, config) = coding::parse_record(codec, &record).map_err(|error| error.to_string())?;
    config.ok_or_else(|| "the decoder configuration has no parameter sets".to_owned())
}
