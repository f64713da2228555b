//! Pixels as monitors get them, and the elements that make them out of decoded pictures.

use super::cache::Look;
use super::frame::PixelFormat;
use super::layout::Shot;
use crate::MediaError;
use crate::blend::blend;
use crate::codec::{PictureOut, TO_JPEG_INPUT, encode_jpeg, is_decodable_video, recolour};
use bytes::Bytes;
use conform::SequenceFacts;
use gst_video::prelude::*;

/// `MatrixCoefficients` of ISO/IEC 23091-2 §8.3.
const RGB: u8 = 0;
const BT709: u8 = 1;
const BT601: u8 = 6;

/// Pixels as they are given out.
#[derive(Clone, Debug)]
pub(super) struct Pixels {
    pub(super) strides: [u32; 2],
    pub(super) matrix: u8,
    pub(super) full_range: bool,
    pub(super) data: Bytes,
}

/// What stands behind the decoder: turn, size, shape, pixel format.
pub(super) fn tail(shot: &Shot, look: Look) -> Result<String, MediaError> {
    let media = &shot.media;
    let track = media.track().ok_or_else(|| MediaError::MissingObject {
        object: media.object_id.to_string(),
    })?;
    if !is_decodable_video(&track.codec) {
        return Err(MediaError::Unsupported {
            object: media.object_id.to_string(),
            what: format!("video in {}", track.codec),
            hint: "use a file with H.264, HEVC or ProRes".to_owned(),
        });
    }
    let turn = match track.rotation {
        90 => "videoconvert ! videoflip method=clockwise ! ",
        180 => "videoconvert ! videoflip method=rotate-180 ! ",
        270 => "videoconvert ! videoflip method=counterclockwise ! ",
        _ => "",
    };
    let unit = track.units.get(shot.unit);
    let facts = unit
        .and_then(|unit| track.configs.get(usize::from(unit.config)))
        .map(|config| &config.facts);
    let format = match look.format {
        PixelFormat::Rgba => "capsfilter caps=\"video/x-raw,format=RGBA\"".to_owned(),
        PixelFormat::I420 => {
            let colorimetry = colorimetry(facts);
            format!("capsfilter caps=\"video/x-raw,format=I420{colorimetry}\"")
        }
        PixelFormat::Jpeg => format!("{TO_JPEG_INPUT} ! jpegenc quality=80"),
    };
    Ok(format!(
        "{turn}videoscale add-borders={} ! video/x-raw,width={},height={},pixel-aspect-ratio=1/1 \
         ! videoconvert ! {format}",
        shot.bordered, look.width, look.height
    ))
}

/// Monitors know the matrices of BT.709 and BT.601; everything else is brought to the first.
fn colorimetry(facts: Option<&SequenceFacts>) -> &'static str {
    match facts.map(|facts| facts.colour.2) {
        None | Some(1 | 2 | 5 | 6) => "",
        Some(_) => ",colorimetry=bt709",
    }
}

/// A picture as it is given out: planes without gaps, or a JPEG file.
pub(super) fn pixels(picture: &PictureOut, look: Look) -> Option<Pixels> {
    if look.format == PixelFormat::Jpeg {
        let data = picture.buffer.map_readable().ok()?;
        return Some(Pixels {
            strides: [0, 0],
            matrix: BT601,
            full_range: true,
            data: Bytes::copy_from_slice(&data),
        });
    }
    let info = gst_video::VideoInfo::from_caps(&picture.caps).ok()?;
    if (info.width(), info.height()) != (look.width, look.height) {
        return None;
    }
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(&picture.buffer, &info).ok()?;
    let mut data = Vec::with_capacity(look.bytes());
    let (width, height) = (look.width as usize, look.height as usize);
    match look.format {
        PixelFormat::Rgba => plane(&frame, 0, width * 4, height, &mut data)?,
        PixelFormat::I420 | PixelFormat::Jpeg => {
            plane(&frame, 0, width, height, &mut data)?;
            plane(&frame, 1, width / 2, height / 2, &mut data)?;
            plane(&frame, 2, width / 2, height / 2, &mut data)?;
        }
    }
    let colorimetry = info.colorimetry();
    Some(Pixels {
        strides: plain_strides(look),
        matrix: matrix(colorimetry.matrix()),
        full_range: colorimetry.range() == gst_video::VideoColorRange::Range0_255,
        data: Bytes::from(data),
    })
}

/// Copies a plane without what pads its rows.
fn plane(
    frame: &gst_video::VideoFrameRef<&gst::BufferRef>,
    number: u32,
    row: usize,
    rows: usize,
    out: &mut Vec<u8>,
) -> Option<()> {
    let stride = usize::try_from(*frame.plane_stride().get(number as usize)?).ok()?;
    let bytes = frame.plane_data(number).ok()?;
    if stride == row {
        out.extend_from_slice(bytes.get(..row * rows)?);
        return Some(());
    }
    for line in 0..rows {
        out.extend_from_slice(bytes.get(line * stride..line * stride + row)?);
    }
    Some(())
}

/// `MatrixCoefficients` of ISO/IEC 23091-2 §8.3.
fn matrix(matrix: gst_video::VideoColorMatrix) -> u8 {
    match matrix {
        gst_video::VideoColorMatrix::Rgb => RGB,
        gst_video::VideoColorMatrix::Bt601 => BT601,
        _ => BT709,
    }
}

/// A black picture.
pub(super) fn black(look: Look) -> Result<Pixels, MediaError> {
    let pixels = look.width as usize * look.height as usize;
    let planes = |black: u8| {
        let mut planes = vec![black; pixels];
        planes.resize(pixels * 3 / 2, 128);
        planes
    };
    let (matrix, full_range, data) = match look.format {
        PixelFormat::Rgba => (RGB, true, [0, 0, 0, 255].repeat(pixels)),
        PixelFormat::I420 => (BT709, false, planes(16)),
        PixelFormat::Jpeg => (
            BT601,
            true,
            encode_jpeg((look.width, look.height), planes(0), "1:4:7:1")?,
        ),
    };
    Ok(Pixels {
        strides: plain_strides(look),
        matrix,
        full_range,
        data: Bytes::from(data),
    })
}

/// Two pictures in one, black where one is absent: a share of the second, the rest of the first.
pub(super) fn mixed(
    out: Option<&Pixels>,
    into: Option<&Pixels>,
    share: (u64, u64),
    look: Look,
) -> Result<Pixels, MediaError> {
    let plain = Look {
        format: match look.format {
            PixelFormat::Jpeg => PixelFormat::I420,
            format => format,
        },
        ..look
    };
    let kind = |pixels: &Pixels| (pixels.matrix, pixels.full_range);
    let dark = |like: Option<&Pixels>| {
        let mut dark = black(plain)?;
        if let Some(like) = like.filter(|_| plain.format == PixelFormat::I420) {
            (dark.matrix, dark.full_range) = kind(like);
            if like.full_range {
                let mut planes = dark.data.to_vec();
                let luma = planes.len() * 2 / 3;
                planes.iter_mut().take(luma).for_each(|byte| *byte = 0);
                dark.data = Bytes::from(planes);
            }
        }
        Ok::<_, MediaError>(dark)
    };
    let out = out.cloned().map_or_else(|| dark(into), Ok)?;
    let mut into = into.cloned().map_or_else(|| dark(Some(&out)), Ok)?;
    if kind(&out) != kind(&into) {
        let size = (look.width, look.height);
        let (from, to) = (colours(&into), colours(&out));
        into.data = Bytes::from(recolour(size, into.data.to_vec(), from, to)?);
    }
    let mut data = vec![0; out.data.len()];
    blend(&out.data, &into.data, share, &mut data);
    if look.format != PixelFormat::Jpeg {
        return Ok(Pixels {
            data: Bytes::from(data),
            ..out
        });
    }
    let file = encode_jpeg((look.width, look.height), data, colours(&out))?;
    Ok(Pixels {
        strides: plain_strides(look),
        matrix: BT601,
        full_range: true,
        data: Bytes::from(file),
    })
}

/// GStreamer's text for the colours of planes: range, matrix, transfer and primaries by its numbers.
fn colours(pixels: &Pixels) -> &'static str {
    match (pixels.matrix, pixels.full_range) {
        (BT601, false) => "bt601",
        (BT601, true) => "1:4:16:4",
        (_, false) => "bt709",
        (_, true) => "1:3:5:1",
    }
}

/// Bytes a row of planes without gaps.
fn plain_strides(look: Look) -> [u32; 2] {
    match look.format {
        PixelFormat::Rgba => [look.width * 4, 0],
        PixelFormat::I420 => [look.width, look.width / 2],
        PixelFormat::Jpeg => [0, 0],
    }
}
