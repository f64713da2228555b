//! Serves a file by byte range (RFC 9110 §14): phones play nothing without it.

use std::io::SeekFrom;
use std::ops::Range;
use std::path::Path;
use std::time::UNIX_EPOCH;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    IF_RANGE, RANGE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::fs::File;
use tokio::io::{self, AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

const CHUNK: usize = 256 << 10;

/// Answers a GET or HEAD for the file at `path`.
pub(crate) async fn answer(
    method: &Method,
    headers: &HeaderMap,
    path: &Path,
    content_type: &str,
) -> Response {
    match file(method, headers, path, content_type).await {
        Ok(response) => response,
        Err(error) => {
            tracing::warn!(%error, path = %path.display(), "can't serve the media file");
            (StatusCode::NOT_FOUND, "the media file is not there\n").into_response()
        }
    }
}

async fn file(
    method: &Method,
    headers: &HeaderMap,
    path: &Path,
    content_type: &str,
) -> io::Result<Response> {
    let mut file = File::open(path).await?;
    let facts = file.metadata().await?;
    let length = facts.len();
    let changed = facts
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .unwrap_or_default();
    let tag = format!("\"{length:x}-{:x}\"", changed.as_nanos());

    let mut response = Response::new(Body::empty());
    let out = response.headers_mut();
    out.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    out.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=600, no-transform"),
    );
    out.insert(CONTENT_TYPE, value(content_type));
    out.insert(ETAG, value(&tag));

    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if text(IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    // A range of another version than the one the client holds would not fit together.
    let fits = text(IF_RANGE).is_none_or(|known| known == tag);
    let range = match text(RANGE)
        .filter(|_| fits)
        .map_or(Asked::Whole, |asked| asked_range(asked, length))
    {
        Asked::Whole => 0..length,
        Asked::Part(range) => {
            let bytes = format!(
                "bytes {}-{}/{length}",
                range.start,
                range.end.saturating_sub(1)
            );
            response.headers_mut().insert(CONTENT_RANGE, value(&bytes));
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            range
        }
        Asked::Outside => {
            response
                .headers_mut()
                .insert(CONTENT_RANGE, value(&format!("bytes */{length}")));
            response.headers_mut().remove(CACHE_CONTROL);
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            return Ok(response);
        }
    };
    let bytes = range.end - range.start;
    response.headers_mut().insert(CONTENT_LENGTH, bytes.into());
    if method != Method::HEAD {
        file.seek(SeekFrom::Start(range.start)).await?;
        *response.body_mut() =
            Body::from_stream(ReaderStream::with_capacity(file.take(bytes), CHUNK));
    }
    Ok(response)
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// No range, one that can't be read, or several: the whole file is a right answer to all.
    Whole,
    Part(Range<u64>),
    Outside,
}

fn asked_range(header: &str, length: u64) -> Asked {
    let Some((first, last)) = header
        .trim()
        .strip_prefix("bytes=")
        .and_then(|spec| spec.split_once('-'))
    else {
        return Asked::Whole;
    };
    let (first, last) = (first.trim(), last.trim());
    let number = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| text.parse::<u64>().ok())
            .flatten()
    };
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(length),
        (Some(first), None) if last.is_empty() => first..length,
        (None, Some(suffix)) if first.is_empty() => length.saturating_sub(suffix)..length,
        _ => return Asked::Whole,
    };
    if range.start >= range.end {
        Asked::Outside
    } else {
        Asked::Part(range)
    }
}

/// The last part of a media file's address.
pub(crate) fn file_name(content_type: &str) -> &'static str {
    match content_type.split(';').next().unwrap_or_default().trim() {
        "video/quicktime" => "video.mov",
        "video/webm" => "video.webm",
        "video/x-matroska" => "video.mkv",
        "video/mp2t" => "video.ts",
        _ => "video.mp4",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (header, asked) in [
            ("bytes=0-", Asked::Part(0..10)),
            ("bytes=0-0", Asked::Part(0..1)),
            ("bytes=2-5", Asked::Part(2..6)),
            ("bytes=9-99", Asked::Part(9..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-30", Asked::Part(0..10)),
            ("bytes=-0", Asked::Outside),
            ("bytes=10-", Asked::Outside),
            ("bytes=10-12", Asked::Outside),
            ("bytes=5-2", Asked::Whole),
            ("bytes=0-1,4-5", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("bytes=+1-2", Asked::Whole),
            ("items=0-1", Asked::Whole),
            ("bytes=0-18446744073709551615", Asked::Part(0..10)),
            ("bytes=99999999999999999999-", Asked::Whole),
        ] {
            assert_eq!(asked_range(header, 10), asked, "{header}");
        }
        assert_eq!(asked_range("bytes=0-", 0), Asked::Outside);
    }
}
