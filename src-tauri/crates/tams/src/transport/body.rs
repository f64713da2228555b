//! Reading a whole body into memory, and no more than that.

use std::io::Read;

use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::failure::body_failure;
use crate::error::{Place, TamsError};

/// Reads `body` to its end and unpacks it; `limit` holds before and after unpacking.
pub(crate) async fn read_bounded(
    mut body: Incoming,
    headers: &HeaderMap,
    limit: usize,
    at: &Place,
) -> Result<Bytes, TamsError> {
    let too_large = || TamsError::TooLarge {
        at: at.clone(),
        limit,
    };
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| body_failure(&error, at.clone()))?;
        if let Ok(data) = frame.into_data() {
            if read.len() + data.len() > limit {
                return Err(too_large());
            }
            read.extend_from_slice(&data);
        }
    }
    let packed = headers
        .get(CONTENT_ENCODING)
        .and_then(|encoding| encoding.to_str().ok())
        .is_some_and(|encoding| {
            let encoding = encoding.trim();
            encoding.eq_ignore_ascii_case("gzip") || encoding.eq_ignore_ascii_case("x-gzip")
        });
    if !packed || read.is_empty() {
        return Ok(read.freeze());
    }
    let mut unpacked = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(&read[..])
        .take(most)
        .read_to_end(&mut unpacked)
        .map_err(|wrong| TamsError::BadAnswer {
            at: at.clone(),
            what: "gzip",
            detail: wrong.to_string(),
        })?;
    if unpacked.len() > limit {
        return Err(too_large());
    }
    Ok(unpacked.into())
}
