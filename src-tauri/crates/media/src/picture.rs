//! A frame of a file as a picture, for posters and thumbnails.

use crate::codec::{Keep, PictureDecoder, PictureOut, decoder_unit};
use crate::demux::TrackKind;
use crate::{MediaError, MediaObject, h264};
use conform::UnitKind;
use mediatime::RationalTime;
use std::collections::HashMap;
use tokio_util::sync::CancellationToken;

/// Pixels in RGB, row by row without padding, as they are meant to be seen: square pixels, turned.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Three bytes a pixel.
    pub rgb: Vec<u8>,
}

/// The frame that is shown at `time` on the object's own timeline; the last one behind its end.
///
/// # Errors
/// There is no video, or the frame can't be decoded.
pub fn picture_at(
    object: &MediaObject,
    name: &str,
    time: RationalTime,
    cancel: &CancellationToken,
) -> Result<Picture, MediaError> {
    let tail = "videoscale ! capsfilter caps=\"video/x-raw,format=RGB,pixel-aspect-ratio=1/1\"";
    let picture = decode_at(object, name, time, tail, cancel)?;
    pixels(&picture).ok_or_else(|| undecodable(name, time))
}

fn undecodable(name: &str, time: RationalTime) -> MediaError {
    MediaError::Damaged {
        object: name.to_owned(),
        at: Some(time),
        why: "the frame can't be decoded".to_owned(),
    }
}

/// The frame that is shown at `time`, turned as it is meant to be seen, behind `tail`.
pub(crate) fn decode_at(
    object: &MediaObject,
    name: &str,
    time: RationalTime,
    tail: &str,
    cancel: &CancellationToken,
) -> Result<PictureOut, MediaError> {
    let no_video = || MediaError::Unsupported {
        object: name.to_owned(),
        what: "a picture of something without video".to_owned(),
        hint: "choose a file with video".to_owned(),
    };
    let track = object.index.video.as_ref().ok_or_else(no_video)?;
    let shown = track.presented();
    let at = shown.partition_point(|i| track.time(track.units[*i].pts) <= time);
    let wanted = *shown.get(at.saturating_sub(1)).ok_or_else(no_video)?;
    let from = track.entry(wanted, track.units[wanted].pts).unwrap_or(0);
    let to = track.gop_end(wanted);
    let mut order: Vec<usize> = (from..to).collect();
    order.sort_by_key(|i| track.units[*i].pts);
    let ranks: HashMap<usize, u64> = order.into_iter().zip(0..).collect();
    let rank_of = |unit: usize| ranks.get(&unit).copied().unwrap_or(0);
    let config = track
        .configs
        .get(usize::from(track.units[from].config))
        .ok_or_else(no_video)?;
    let turn = match track.rotation {
        90 => "videoflip method=clockwise ! ",
        180 => "videoflip method=rotate-180 ! ",
        270 => "videoflip method=counterclockwise ! ",
        _ => "",
    };
    let mut decoder = PictureDecoder::start(&track.codec, &format!("videoconvert ! {turn}{tail}"))?;
    decoder.keep(Keep {
        all: false,
        ranks: [rank_of(wanted)].into(),
    });
    let mut reader = object.reader()?;
    let mut bytes = Vec::new();
    for unit in from..to {
        if cancel.is_cancelled() {
            return Err(MediaError::Cancelled);
        }
        let picture = &track.units[unit];
        reader.read(TrackKind::Video, &picture.location, &mut bytes)?;
        let mut data = Vec::with_capacity(bytes.len() + 16);
        decoder_unit(&track.codec, &bytes, config, &mut data)
            .map_err(|error| MediaError::damaged(name, Some(track.time(picture.pts)), &error))?;
        if unit != wanted && track.codec == "h264" && h264::is_disposable(&data) {
            continue;
        }
        let key = picture.kind != UnitKind::Delta;
        let mut out = decoder.push(config, data, rank_of(unit), unit as u64, key)?;
        if let Some(found) = out.pop() {
            return Ok(found);
        }
    }
    decoder.drain().pop().ok_or_else(|| undecodable(name, time))
}

fn pixels(picture: &PictureOut) -> Option<Picture> {
    use gst_video::prelude::*;
    let info = gst_video::VideoInfo::from_caps(&picture.caps).ok()?;
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(&picture.buffer, &info).ok()?;
    let stride = usize::try_from(*frame.plane_stride().first()?).ok()?;
    let row = info.width() as usize * 3;
    let plane = frame.plane_data(0).ok()?;
    let mut rgb = Vec::with_capacity(row * info.height() as usize);
    for line in 0..info.height() as usize {
        rgb.extend_from_slice(plane.get(line * stride..line * stride + row)?);
    }
    Some(Picture {
        width: info.width(),
        height: info.height(),
        rgb,
    })
}
