//! Pictures of two sources that turn into one another, or of one that comes out of black or goes into
//! it.
//!
//! Each side is decoded and brought to the form of the output in threads of its own, a few pictures
//! ahead; frame by frame both are mixed and encoded. The captions are those of the side that is seen more.

use super::encode::{Chosen, Prints, Target, Wanted, decode_span, encoded, lock, wanted_frames};
use super::selection::{PieceUnits, layer_of};
use super::video::{config_of, turn_of};
use crate::MediaError;
use crate::codec::{EncoderTask, PictureShaper, Stopper, captions_of};
use conform::{Fade, FadeWay, VideoConfig, VideoSpan};
use gst_video::prelude::*;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;

/// Pictures of a side that wait to be mixed.
const AHEAD: usize = 4;

/// A picture of a side, and what it says.
struct Shown {
    picture: gst::Sample,
    captions: Option<Vec<u8>>,
}

/// One side of a mix.
struct Side {
    pieces: Vec<PieceUnits>,
    wanted: Vec<Wanted>,
    fade: Fade,
    task: EncoderTask,
}

/// Encodes the mixed pictures of a span.
pub(super) fn mix_span(
    (span, pieces): (&VideoSpan, Vec<PieceUnits>),
    rotation: u16,
    black: &gst::Sample,
    task: &EncoderTask,
    target: &mut Target<'_, '_>,
    stop: &CancellationToken,
) -> Result<VideoConfig, MediaError> {
    let sides = sides(span, pieces, rotation, task)?;
    let task = EncoderTask {
        turn: 0,
        ..task.clone()
    };
    let frames = span.frames;
    // Both sides were brought to the colours of the output.
    let black_info = black
        .caps()
        .and_then(|caps| gst_video::VideoInfo::from_caps(caps).ok());
    let full_range = black_info
        .is_some_and(|info| info.colorimetry().range() == gst_video::VideoColorRange::Range0_255);
    let mut prints = Prints::of((target.report.first_frame, frames), full_range);
    let first_frame = target.report.first_frame;
    let (config, prints) = encoded(&task, target, stop, |mut input, stopper, half| {
        std::thread::scope(|scope| {
            let mut running = Vec::new();
            let mut coming: Vec<(Fade, Receiver<Shown>)> = Vec::new();
            for side in &sides {
                let (sender, receiver) = sync_channel(AHEAD);
                coming.push((side.fade, receiver));
                running.push(scope.spawn(move || decode_side(side, sender, stopper, half)));
            }
            for frame in 0..frames {
                let Some(picture) = mixed(&coming, black, frame)? else {
                    break;
                };
                prints.look(&picture, first_frame + frame);
                // Refused only when the encoder was stopped; whoever pulls tells why.
                if input.push(&picture, 1).is_err() {
                    break;
                }
            }
            // A side that waits for room ends without anybody to take its pictures.
            drop(coming);
            for side in running {
                side.join().unwrap_or_else(|_| {
                    Err(MediaError::Mismatch(
                        "the decoding thread broke off".to_owned(),
                    ))
                })?;
            }
            Ok(prints)
        })
    })?;
    target.report.signatures = prints.into_kept();
    Ok(config)
}

fn sides(
    span: &VideoSpan,
    pieces: Vec<PieceUnits>,
    rotation: u16,
    task: &EncoderTask,
) -> Result<Vec<Side>, MediaError> {
    let mut of_layers = [Vec::new(), Vec::new()];
    for (piece, units) in span.sources.iter().zip(pieces) {
        if let Some(layer) = of_layers.get_mut(usize::from(piece.layer)) {
            layer.push(units);
        }
    }
    let mut sides = Vec::new();
    for (layer, pieces) in (0..).zip(of_layers) {
        let (Some((own, fade)), Some(first)) = (layer_of(span, layer), pieces.first()) else {
            continue;
        };
        let task = EncoderTask {
            turn: turn_of(first, rotation)?,
            full_range: config_of(first, first.decode.start)?.facts.full_range,
            ..task.clone()
        };
        let mut wanted = wanted_frames(&own, &pieces, task.frame_rate)?;
        let held = match fade.way {
            FadeWay::In => wanted.first_mut(),
            FadeWay::Out => wanted.last_mut(),
        };
        if let Some(held) = held {
            held.times += u32::try_from(fade.hold).unwrap_or(u32::MAX);
        }
        sides.push(Side {
            pieces,
            wanted,
            fade,
            task,
        });
    }
    Ok(sides)
}

fn decode_side(
    side: &Side,
    sender: SyncSender<Shown>,
    stopper: &Stopper,
    stop: &CancellationToken,
) -> Result<(), MediaError> {
    let mut shaper = PictureShaper::start(&side.task)?;
    let failure: Arc<Mutex<Option<MediaError>>> = Arc::default();
    let failed = Arc::clone(&failure);
    let (gone, alone) = (Arc::new(Mutex::new(false)), stop.child_token());
    let nobody = Arc::clone(&gone);
    let chosen = Chosen::new(side.wanted.clone(), move |sample, wanted| {
        let picture = shaper.shape(sample).map_err(|error| {
            lock(&failed).get_or_insert(error);
            gst::FlowError::Error
        })?;
        // What is shown again has said it already.
        let mut captions = captions_of(sample);
        for _ in 0..wanted.times {
            let shown = Shown {
                picture: picture.clone(),
                captions: captions.take(),
            };
            if sender.send(shown).is_err() {
                *lock(&nobody) = true;
                return Err(gst::FlowError::Error);
            }
        }
        Ok(())
    });
    let decoded = decode_span(&side.pieces, &chosen, stopper, &alone);
    // Whoever mixes has stopped taking pictures, and says why.
    if *lock(&gone) {
        return Ok(());
    }
    match lock(&failure).take() {
        Some(error) => Err(error),
        None => decoded,
    }
}

/// The next picture of all sides; `None` when a side has no more, which it tells itself.
fn mixed(
    coming: &[(Fade, Receiver<Shown>)],
    black: &gst::Sample,
    frame: u64,
) -> Result<Option<gst::Sample>, MediaError> {
    let (mut out, mut into, mut share) = (None, None, (0, 1));
    for (fade, pictures) in coming {
        let Ok(picture) = pictures.recv() else {
            return Ok(None);
        };
        share = (fade.step(frame), fade.steps());
        match fade.way {
            FadeWay::Out => out = Some(picture),
            FadeWay::In => into = Some(picture),
        }
    }
    let captions = match (&out, &into) {
        (Some(out), Some(_)) if 2 * share.0 < share.1 => &out.captions,
        (_, Some(into)) => &into.captions,
        (out, None) => out.as_ref().map_or(&None, |out| &out.captions),
    };
    let from = out.as_ref().map_or(black, |shown| &shown.picture);
    let to = into.as_ref().map_or(black, |shown| &shown.picture);
    blend((from, to), share, captions.as_deref()).map(Some)
}

/// A share of one picture, and the rest of the one before. Both have the form of the output.
fn blend(
    (from, to): (&gst::Sample, &gst::Sample),
    share: (u64, u64),
    captions: Option<&[u8]>,
) -> Result<gst::Sample, MediaError> {
    let broken = || MediaError::Pipeline {
        what: "mixing pictures".to_owned(),
        why: "they have different forms".to_owned(),
    };
    let info = |sample: &gst::Sample| {
        let caps = sample.caps().ok_or_else(broken)?;
        gst_video::VideoInfo::from_caps(caps).map_err(|_| broken())
    };
    let (from_info, to_info) = (info(from)?, info(to)?);
    let caps = from.caps_owned().ok_or_else(broken)?;
    let (Some(one), Some(other)) = (from.buffer(), to.buffer()) else {
        return Err(broken());
    };
    let one = gst_video::VideoFrameRef::from_buffer_ref_readable(one, &from_info)
        .map_err(|_| broken())?;
    let other = gst_video::VideoFrameRef::from_buffer_ref_readable(other, &to_info)
        .map_err(|_| broken())?;
    let mut buffer = gst::Buffer::with_size(from_info.size()).map_err(|_| broken())?;
    {
        let buffer = buffer.get_mut().ok_or_else(broken)?;
        if let Some(captions) = captions {
            let kind = gst_video::VideoCaptionType::Cea708Raw;
            gst_video::VideoCaptionMeta::add(buffer, kind, captions);
        }
        let plain = gst_video::VideoInfo::builder(
            from_info.format(),
            from_info.width(),
            from_info.height(),
        );
        let plain = plain.build().map_err(|_| broken())?;
        let mut mixed = gst_video::VideoFrameRef::from_buffer_ref_writable(buffer, &plain)
            .map_err(|_| broken())?;
        for plane in 0..from_info.n_planes() {
            let stride = |strides: &[i32]| {
                let stride = strides.get(plane as usize).copied();
                stride.and_then(|stride| usize::try_from(stride).ok())
            };
            let strides = (
                stride(one.plane_stride()).ok_or_else(broken)?,
                stride(other.plane_stride()).ok_or_else(broken)?,
                stride(mixed.plane_stride()).ok_or_else(broken)?,
            );
            let width = one.comp_width(plane) as usize;
            let height = one.comp_height(plane) as usize;
            let lines = one
                .plane_data(plane)
                .map_err(|_| broken())?
                .chunks(strides.0);
            let others = other
                .plane_data(plane)
                .map_err(|_| broken())?
                .chunks(strides.1);
            let into = mixed.plane_data_mut(plane).map_err(|_| broken())?;
            let into = into.chunks_mut(strides.2).take(height);
            for ((line, a), b) in into.zip(lines).zip(others) {
                let (Some(line), Some(a), Some(b)) =
                    (line.get_mut(..width), a.get(..width), b.get(..width))
                else {
                    return Err(broken());
                };
                crate::blend::blend(a, b, share, line);
            }
        }
    }
    Ok(gst::Sample::builder().buffer(&buffer).caps(&caps).build())
}
