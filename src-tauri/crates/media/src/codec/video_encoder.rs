//! Encoding pictures: raw frames in, access units and parameter sets out, in presentation order.
//!
//! No B pictures, so the k-th access unit is the k-th frame and no reordering has to match that of
//! neighbouring copies.

use super::captions::Captions;
use super::{EncoderChoice, Running};
use crate::{MediaError, hevc};
use conform::VideoCodec;
use gst::prelude::*;
use mediatime::FrameRate;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio_util::sync::CancellationToken;

/// Frames that wait in front of an encoder, which is what takes the time. By bytes alone, those of small
/// pictures would be a minute's worth.
const AHEAD: u64 = 32;

/// What has to come out.
#[derive(Clone, Debug)]
pub(crate) struct EncoderTask {
    pub(crate) choice: EncoderChoice,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Bits per sample, and `chroma_format_idc`.
    pub(crate) kind: (u8, u8),
    pub(crate) pixel_aspect: (u32, u32),
    /// Written into the stream; `None` when frame durations vary.
    pub(crate) frame_rate: Option<FrameRate>,
    /// `profile_idc` to keep to.
    pub(crate) profile_idc: u8,
    /// What stands beside the pictures, when they go between copies.
    pub(crate) splice: Option<Splice>,
    /// The quantiser of all pictures that go between copies.
    pub(crate) quantiser: u8,
    /// References a decoder of the neighbouring copies keeps anyway.
    pub(crate) references: u32,
    /// `level_idc` of the neighbouring copies; `None` lets the encoder choose.
    pub(crate) level_idc: Option<u8>,
    /// Clockwise degrees to turn the pictures by.
    pub(crate) turn: u16,
    /// Frames from one key frame to the next at most.
    pub(crate) key_interval: u32,
    /// GStreamer's text of the colorimetry of the whole output: that of the first picture encoded, where
    /// none was set before. Parameter sets of one id must not differ in it.
    pub(crate) colours: Arc<OnceLock<String>>,
    /// The range of pictures that say nothing of their colours.
    pub(crate) full_range: bool,
    /// Their colours are not those of the output.
    pub(crate) recoloured: bool,
}

impl EncoderTask {
    /// The quantiser as reports tell it: that of parts between copies.
    pub(crate) fn quantiser_told(&self) -> Option<u8> {
        self.splice.as_ref().map(|_| self.quantiser)
    }
}

/// Copies that encoded pictures stand between.
#[derive(Clone, Debug)]
pub(crate) struct Splice {
    /// Their video parameter sets.
    pub(crate) vps: Vec<Vec<u8>>,
    /// Their sequence parameter set.
    pub(crate) sps: Vec<u8>,
    /// Parameter-set ids that they don't use.
    pub(crate) free: Vec<u8>,
    /// The encoders' different parameter sets so far, over the whole output: each has the free id of its
    /// place.
    pub(crate) given: Arc<Mutex<Vec<ParameterSets>>>,
}

/// Sequence and picture parameter sets as an encoder wrote them.
pub(crate) type ParameterSets = (Vec<Vec<u8>>, Vec<Vec<u8>>);

impl Splice {
    /// The id for an encoder's parameter sets; `None` when all are taken.
    pub(crate) fn id(&self, sets: ParameterSets) -> Option<u8> {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let known = given.iter().position(|other| *other == sets);
        let place = known.unwrap_or_else(|| {
            given.push(sets);
            given.len() - 1
        });
        self.free.get(place).copied()
    }
}

/// GStreamer's text for the colour of a stream (ITU-T H.273 numbers); of one that does not say, what
/// decoders take it for.
pub(crate) fn colorimetry(colour: (u8, u8, u8), full_range: bool, height: u32) -> String {
    let (primaries, transfer, matrix) = match colour {
        (2, 2, 2) if !full_range => {
            return if height > 576 { "bt709" } else { "bt601" }.to_owned();
        }
        (2, 2, 2) if height > 576 => (1, 1, 1),
        (2, 2, 2) => (6, 6, 6),
        told => told,
    };
    let range = if full_range {
        gst_video::VideoColorRange::Range0_255
    } else {
        gst_video::VideoColorRange::Range16_235
    };
    gst_video::VideoColorimetry::new(
        range,
        gst_video::VideoColorMatrix::from_iso(u32::from(matrix)),
        gst_video::VideoTransferFunction::from_iso(u32::from(transfer)),
        gst_video::VideoColorPrimaries::from_iso(u32::from(primaries)),
    )
    .to_string()
}

/// A running encoder.
#[derive(Debug)]
pub(crate) struct VideoEncoder {
    running: Running,
    source: gst_app::AppSrc,
    sink: gst_app::AppSink,
    rate: gst::Fraction,
    filters: [gst::Element; 2],
    codec: VideoCodec,
    colours: Arc<OnceLock<String>>,
    full_range: bool,
    captions: Captions,
}

/// The side that takes frames; usable from another thread.
#[derive(Clone, Debug)]
pub(crate) struct FrameInput {
    source: gst_app::AppSrc,
    rate: gst::Fraction,
    filters: [gst::Element; 2],
    colours: Arc<OnceLock<String>>,
    full_range: bool,
    captions: Captions,
    count: u64,
    has_caps: bool,
}

impl VideoEncoder {
    pub(crate) fn start(task: &EncoderTask) -> Result<Self, MediaError> {
        super::require(task.choice.element())?;
        let (name, profile) = match task.choice.codec() {
            VideoCodec::H264 => ("h264", profile(task)),
            VideoCodec::Hevc => ("h265", String::new()),
        };
        let description = format!(
            "appsrc name=in ! {} \
             ! {} ! video/x-{name},stream-format=byte-stream,alignment=au{profile} ! appsink name=out",
            shape(task, pixels(task.kind)?),
            encoder(task),
        );
        let running = Running::start(&description, "encoding pictures")?;
        let filters = [running.element("colours")?, running.element("through")?];
        let source: gst_app::AppSrc = running.element("in")?;
        source.set_format(gst::Format::Time);
        source.set_block(true);
        source.set_max_bytes(32 << 20);
        source.set_max_buffers(AHEAD);
        let sink = running.sink("out", 64)?;
        running.play()?;
        let rate = task.frame_rate.map_or(gst::Fraction::new(25, 1), |rate| {
            gst::Fraction::new(
                i32::try_from(rate.numerator()).unwrap_or(25),
                i32::try_from(rate.denominator()).unwrap_or(1),
            )
        });
        Ok(Self {
            running,
            source,
            sink,
            rate,
            filters,
            codec: task.choice.codec(),
            colours: Arc::clone(&task.colours),
            full_range: task.full_range,
            captions: Captions::of(task.choice.codec()),
        })
    }

    /// Where frames go in.
    pub(crate) fn input(&self) -> FrameInput {
        FrameInput {
            source: self.source.clone(),
            rate: self.rate,
            filters: self.filters.clone(),
            colours: Arc::clone(&self.colours),
            full_range: self.full_range,
            captions: self.captions.clone(),
            count: 0,
            has_caps: false,
        }
    }

    /// The next access unit (Annex B, parameter sets in band), whether it is an IDR picture; `None`
    /// at the end.
    pub(crate) fn next(
        &self,
        cancel: &CancellationToken,
    ) -> Result<Option<(Vec<u8>, bool)>, MediaError> {
        let Some(sample) = self.running.pull(&self.sink, cancel)? else {
            return Ok(None);
        };
        let buffer = sample
            .buffer()
            .ok_or_else(|| self.running.error("a sample without data".to_owned()))?;
        let data = buffer
            .map_readable()
            .map_err(|error| self.running.error(error.to_string()))?;
        let key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let unit = match self.codec {
            VideoCodec::H264 => data.to_vec(),
            VideoCodec::Hevc => hevc::without_preamble(&data),
        };
        Ok(Some((self.captions.put_into(unit), key)))
    }

    /// Stops at once: whoever waits in `FrameInput::push` returns.
    pub(crate) fn stop(&self) {
        self.running.stop();
    }
}

/// GStreamer's word for planar pictures of so many bits and such chroma.
pub(super) fn pixels((bit_depth, chroma_format_idc): (u8, u8)) -> Result<&'static str, MediaError> {
    Ok(match (bit_depth, chroma_format_idc) {
        (8, 1) => "I420",
        (10, 1) => "I420_10LE",
        (12, 1) => "I420_12LE",
        (8, 2) => "Y42B",
        (10, 2) => "I422_10LE",
        (12, 2) => "I422_12LE",
        (8, 3) => "Y444",
        (10, 3) => "Y444_10LE",
        (12, 3) => "Y444_12LE",
        _ => {
            return Err(MediaError::Mismatch(format!(
                "pictures of {bit_depth} bits and chroma format {chroma_format_idc} can't be encoded"
            )));
        }
    })
}

/// Elements that bring any picture to the form of the output; `colours` sets its colorimetry, `through`
/// what it is on the way.
pub(super) fn shape(task: &EncoderTask, pixels: &str) -> String {
    let turn = match task.turn % 360 {
        90 => "videoflip method=clockwise ! ",
        180 => "videoflip method=rotate-180 ! ",
        270 => "videoflip method=counterclockwise ! ",
        _ => "",
    };
    let (aspect_num, aspect_den) = task.pixel_aspect;
    format!(
        "videoconvert ! capsfilter name=through ! videoconvert ! {turn}videoscale method=lanczos add-borders=true \
         ! video/x-raw,format={pixels},width={},height={},pixel-aspect-ratio={aspect_num}/{aspect_den},chroma-site=mpeg2 \
         ! capsfilter name=colours",
        task.width, task.height,
    )
}

/// Caps of decoded pictures with their colours told.
pub(super) struct Coloured {
    pub(super) caps: gst::Caps,
    /// What the output's colours are.
    common: gst::Caps,
    /// What a picture is on the way to them.
    through: gst::Caps,
}

impl Coloured {
    /// Sets the filters of [`shape`].
    pub(super) fn set(&self, filter: impl Fn(&str) -> Option<gst::Element>) -> Option<()> {
        filter("colours")?.set_property("caps", &self.common);
        filter("through")?.set_property("caps", &self.through);
        Some(())
    }
}

/// How decoded pictures come to the colours of the output: those of the first picture of all, where none
/// were set.
pub(super) fn coloured(
    sample: &gst::Sample,
    full_range: bool,
    common: &OnceLock<String>,
) -> Option<Coloured> {
    let mut caps = sample.caps_owned()?;
    let own = colours_of(&caps, full_range);
    // Where no colours are told, GStreamer takes chroma for centred and has the encoder say so
    // (`set_default_colorimetry` in video-info.c). It lies left, as in all H.264 that says
    // nothing.
    caps.make_mut().set("colorimetry", &own);
    let common = common.get_or_init(|| own.clone());
    let through = match differ_in_range_alone(&own, common) {
        true => gst::Caps::builder("video/x-raw")
            .field("format", "ARGB64")
            .build(),
        false => gst::Caps::new_any(),
    };
    let common = gst::Caps::builder("video/x-raw").field("colorimetry", common);
    Some(Coloured {
        caps,
        common: common.build(),
        through,
    })
}

/// GStreamer's converter leaves the range as it is between YUV of one matrix (1.22, `setup_scale` and the
/// fast paths of video-converter.c compare matrices alone), so such pictures have to go by way of RGB.
fn differ_in_range_alone(one: &str, other: &str) -> bool {
    let read = |text: &str| text.parse::<gst_video::VideoColorimetry>().ok();
    match (read(one), read(other)) {
        (Some(one), Some(other)) => one.range() != other.range() && one.matrix() == other.matrix(),
        _ => false,
    }
}

fn colours_of(caps: &gst::Caps, full_range: bool) -> String {
    let structure = caps.structure(0);
    let told = structure.and_then(|caps| caps.get::<String>("colorimetry").ok());
    let read = told
        .as_ref()
        .and_then(|text| text.parse::<gst_video::VideoColorimetry>().ok());
    // A stream may tell the range alone; without a matrix GStreamer takes nothing of it.
    let matrix = read.as_ref().map(|read| read.matrix());
    if let (Some(told), Some(matrix)) = (told, matrix)
        && matrix != gst_video::VideoColorMatrix::Unknown
    {
        return told;
    }
    let height = structure.and_then(|caps| caps.get::<i32>("height").ok());
    let height = height.and_then(|height| u32::try_from(height).ok());
    colorimetry((2, 2, 2), full_range, height.unwrap_or(0))
}

/// A black picture, as it goes into the encoder. `colorimetry` is GStreamer's text.
pub(crate) fn black_frame(
    task: &EncoderTask,
    colorimetry: &str,
    full_range: bool,
) -> Result<gst::Sample, MediaError> {
    super::init()?;
    let broken = || MediaError::Pipeline {
        what: "making a black picture".to_owned(),
        why: "it has no size".to_owned(),
    };
    let size = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
    let (num, den) = task.pixel_aspect;
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", size(task.width))
        .field("height", size(task.height))
        .field("interlace-mode", "progressive")
        .field(
            "pixel-aspect-ratio",
            gst::Fraction::new(size(num), size(den)),
        )
        .field("chroma-site", "mpeg2")
        .field("colorimetry", colorimetry)
        .field("framerate", gst::Fraction::new(25, 1))
        .build();
    let info = gst_video::VideoInfo::from_caps(&caps).map_err(|_| broken())?;
    // Black is 16 in limited range; colour is in the middle in both.
    let mut pixels = vec![if full_range { 0 } else { 16 }; info.size()];
    let chroma = info.offset().get(1).copied().ok_or_else(broken)?;
    pixels.get_mut(chroma..).ok_or_else(broken)?.fill(128);
    let buffer = gst::Buffer::from_mut_slice(pixels);
    Ok(gst::Sample::builder().buffer(&buffer).caps(&caps).build())
}

impl FrameInput {
    /// Pushes a frame `times` times.
    pub(crate) fn push(&mut self, sample: &gst::Sample, times: u32) -> Result<(), gst::FlowError> {
        if !self.has_caps {
            let coloured = coloured(sample, self.full_range, &self.colours);
            let mut coloured = coloured.ok_or(gst::FlowError::NotNegotiated)?;
            coloured.caps.make_mut().set("framerate", self.rate);
            let found = coloured.set(|name| {
                let filters = self.filters.iter();
                let mut named = filters.filter(|filter| filter.name() == name);
                named.next().cloned()
            });
            found.ok_or(gst::FlowError::NotNegotiated)?;
            let caps = coloured.caps;
            self.source.set_caps(Some(&caps));
            self.has_caps = true;
        }
        for time in 0..times {
            let mut buffer = sample.buffer_owned().ok_or(gst::FlowError::Error)?;
            let buffer_ref = buffer.make_mut();
            let at = |count: u64| {
                let num = u64::try_from(self.rate.numer()).unwrap_or(1).max(1);
                let den = u64::try_from(self.rate.denom()).unwrap_or(1);
                gst::ClockTime::SECOND
                    .mul_div_floor(count.saturating_mul(den), num)
                    .unwrap_or(gst::ClockTime::ZERO)
            };
            buffer_ref.set_pts(at(self.count));
            buffer_ref.set_dts(gst::ClockTime::NONE);
            buffer_ref.set_duration(at(self.count + 1) - at(self.count));
            self.captions.take_off(buffer_ref, time > 0);
            self.count += 1;
            self.source.push_buffer(buffer)?;
        }
        Ok(())
    }

    /// No frame follows.
    pub(crate) fn end(&self) {
        // Refused only when the pipeline already stopped; the puller reports why.
        let _ = self.source.end_of_stream();
    }
}

/// x264 at a constant quality (a `bitrate` of 2 Mbit/s would cap it otherwise), or openh264 with a
/// quantiser range. Between copies both quantise evenly, and x264 takes more care: to come near a picture
/// that was coded before takes more than to come near one that never was.
fn encoder(task: &EncoderTask) -> String {
    let (quantiser, key_interval) = (task.quantiser.min(51), task.key_interval);
    match task.choice {
        EncoderChoice::X264 => {
            let mut options = format!("scenecut=0:ref={}:open-gop=0", task.references.clamp(1, 16));
            if let Some(level) = task.level_idc {
                options.push_str(&format!(":level={level}"));
            }
            // `qp-min` and `qp-max` rather than `pass=quant`, which would put the quantiser into the picture
            // parameter set: parts of different quality share one.
            let quality = match task.splice {
                Some(_) => {
                    options.push_str(":aq-mode=0:no-psy=1");
                    // x264 counts these two from the finest quantiser of its bit depth (`QP_BD_OFFSET`), and
                    // the quality from that of 8 bits.
                    let limit = quantiser + 6 * (task.kind.0.max(8) - 8);
                    format!(
                        "quantizer={quantiser} qp-min={limit} qp-max={limit} mb-tree=false rc-lookahead=0 speed-preset=fast"
                    )
                }
                None => "quantizer=17 speed-preset=veryfast".to_owned(),
            };
            format!(
                "x264enc pass=qual {quality} bitrate=2000000 vbv-buf-capacity=0 \
                 bframes=0 b-adapt=false key-int-max={key_interval} byte-stream=true option-string=\"{options}\""
            )
        }
        EncoderChoice::X265 => {
            // Frames only refer back, and to as few as the copies' decoder keeps. The encoder counts one
            // more picture as kept than it needs for that.
            let mut options = format!(
                "bframes=0:open-gop=0:scenecut=0:keyint={key_interval}:min-keyint={key_interval}:ref={}:\
                 repeat-headers=1:hrd=0:aud=0:weightp=0:rc-lookahead=0:lookahead-slices=0",
                task.references.clamp(1, 4)
            );
            // `cutree` needs the look-ahead that would keep frames back.
            options.push_str(":cutree=0");
            let preset = match task.splice {
                Some(_) => {
                    options.push_str(&format!(
                        ":qp={quantiser}:ipratio=1:aq-mode=0:psy-rd=0:psy-rdoq=0"
                    ));
                    "fast"
                }
                None => {
                    options.push_str(":crf=18");
                    "veryfast"
                }
            };
            // The element's own rate would be a limit.
            format!(
                "x265enc log-level=error bitrate=100000 tune=0 speed-preset={preset} \
                 key-int-max={key_interval} option-string=\"{options}\""
            )
        }
        EncoderChoice::OpenH264 => {
            let quality = match task.splice {
                // The rate is out of reach: the range decides.
                Some(_) => format!(
                    "rate-control=quality bitrate=200000000 qp-min={quantiser} qp-max={quantiser}"
                ),
                None => "rate-control=off qp-min=14 qp-max=24".to_owned(),
            };
            format!(
                "openh264enc {quality} complexity=high gop-size={key_interval} multi-thread=0 \
                 scene-change-detection=false"
            )
        }
    }
}

fn profile(task: &EncoderTask) -> String {
    let name = match (task.choice, task.profile_idc, task.kind) {
        (_, _, (_, 2)) => "high-4:2:2",
        (_, _, (10, _)) => "high-10",
        (_, 66, _) => "constrained-baseline",
        (_, 77, _) => "main",
        (EncoderChoice::OpenH264, ..) if task.splice.is_none() => return String::new(),
        _ => "high",
    };
    format!(",profile={name}")
}
