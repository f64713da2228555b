//! A small picture of one frame, as a JPEG file.

use crate::codec::TO_JPEG_INPUT;
use crate::picture::decode_at;
use crate::{MediaError, MediaObject};
use mediatime::RationalTime;
use tokio_util::sync::CancellationToken;

/// Pixels: no picture is higher than what a track can hold.
const HIGHEST: u32 = 4320;

/// The frame that is shown at `time` on the object's own timeline (the last one behind its end) as a
/// JPEG file of that height, as it is meant to be seen: square pixels, turned. `name` is what errors
/// call the object.
///
/// # Errors
/// There is no video, or the frame can't be decoded; the object can't be read; the caller cancels.
pub fn thumbnail(
    object: &MediaObject,
    name: &str,
    time: RationalTime,
    height: u32,
    cancel: &CancellationToken,
) -> Result<Vec<u8>, MediaError> {
    crate::codec::require("jpegenc")?;
    let height = height.clamp(16, HIGHEST);
    let tail = format!(
        "videoscale ! video/x-raw,height={height},pixel-aspect-ratio=1/1 \
         ! {TO_JPEG_INPUT} ! jpegenc quality=80"
    );
    let picture = decode_at(object, name, time, &tail, cancel)?;
    let data = picture
        .buffer
        .map_readable()
        .map_err(|error| MediaError::Pipeline {
            what: "making a small picture".to_owned(),
            why: error.to_string(),
        })?;
    Ok(data.to_vec())
}
