//! `/media/{object_id}`: the bytes of objects, behind signed URLs.

use std::io::{self, SeekFrom};

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    IF_RANGE, RANGE, TRANSFER_ENCODING,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tams_model::MimeType;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::{ReaderStream, StreamReader, SyncIoBridge};

use super::answer::{Failure, header};
use super::path::Path;
use super::range::{Part, requested};
use super::{Node, blocking};
use crate::NodeError;
use crate::catalogue::HeldBytes;
use crate::media_url::{Purpose, Refused, hex};

fn check_signature(
    node: &Node,
    purpose: Purpose,
    object_id: &str,
    query: Option<&str>,
) -> Result<(), Failure> {
    let now = node.catalogue.now()?;
    let why =
        match node
            .catalogue
            .media_key()
            .check(purpose, object_id, query.unwrap_or_default(), now)
        {
            Ok(()) => return Ok(()),
            Err(Refused::Unsigned) => "media URLs are signed; take one from get_urls or put_url",
            Err(Refused::Tampered) => "the signature is not for this object and method",
            Err(Refused::Expired) => "the URL has expired; ask for a new one",
        };
    Err(Failure::new(StatusCode::FORBIDDEN, "signature", why))
}

/// The value of a header, when it is text.
fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

pub(super) async fn read(
    State(node): State<Node>,
    Path(object_id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    check_signature(&node, Purpose::Read, &object_id, query.as_deref())?;
    let held = node
        .run(move |catalogue| catalogue.held_bytes(&object_id))
        .await?;
    let failed = |wrong| NodeError::storage("can't read", &held.path, wrong);
    let mut file = File::open(&held.path).await.map_err(failed)?;
    let size = file.metadata().await.map_err(failed)?.len();
    let etag = etag(&held);
    if is_known(&headers, etag.as_ref()) {
        return Ok(described(
            StatusCode::NOT_MODIFIED,
            &held,
            etag,
            Body::empty(),
        ));
    }
    let fresh = match text(&headers, &IF_RANGE) {
        Some(condition) => etag.as_ref().is_some_and(|etag| etag == condition),
        None => true,
    };
    let range = text(&headers, &RANGE).filter(|_| fresh);
    let (status, first, length) = match requested(range, size) {
        Part::Whole => (StatusCode::OK, 0, size),
        Part::Bytes { first, last } => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Part::Unsatisfiable => {
            let mut response = described(
                StatusCode::RANGE_NOT_SATISFIABLE,
                &held,
                etag,
                Body::empty(),
            );
            set(&mut response, CONTENT_RANGE, &format!("bytes */{size}"));
            return Ok(response);
        }
    };
    file.seek(SeekFrom::Start(first)).await.map_err(failed)?;
    let body = Body::from_stream(ReaderStream::with_capacity(file.take(length), 256 << 10));
    let mut response = described(status, &held, etag, body);
    set(&mut response, CONTENT_LENGTH, &length.to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        let last = first + length - 1;
        set(
            &mut response,
            CONTENT_RANGE,
            &format!("bytes {first}-{last}/{size}"),
        );
    }
    Ok(response)
}

fn etag(held: &HeldBytes) -> Option<HeaderValue> {
    held.sha256
        .as_ref()
        .and_then(|sha256| header(&format!("\"{}\"", hex(sha256))))
}

fn is_known(headers: &HeaderMap, etag: Option<&HeaderValue>) -> bool {
    let (Some(known), Some(etag)) = (text(headers, &IF_NONE_MATCH), etag) else {
        return false;
    };
    known
        .split(',')
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == "*" || etag == tag)
}

fn described(
    status: StatusCode,
    held: &HeldBytes,
    etag: Option<HeaderValue>,
    body: Body,
) -> Response {
    let mut response = (status, body).into_response();
    let kind = held
        .content_type
        .as_ref()
        .map_or("application/octet-stream", MimeType::as_str);
    set(&mut response, CONTENT_TYPE, kind);
    set(&mut response, ACCEPT_RANGES, "bytes");
    set(
        &mut response,
        CACHE_CONTROL,
        "private, immutable, max-age=31536000",
    );
    if let Some(etag) = etag {
        response.headers_mut().insert(ETAG, etag);
    }
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Some(value) = header(value) {
        response.headers_mut().insert(name, value);
    }
}

pub(super) async fn write(
    State(node): State<Node>,
    Path(object_id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    check_signature(&node, Purpose::Write, &object_id, query.as_deref())?;
    let length = content_length(&node, &headers)?;
    let id = object_id.clone();
    let expected = node
        .run(move |catalogue| catalogue.expected_type(&id))
        .await?;
    check_content_type(&headers, expected.as_ref())?;

    let mut writer = node
        .run(move |catalogue| catalogue.object_writer(&object_id))
        .await?;
    let stream = StreamReader::new(body.into_data_stream().map_err(io::Error::other));
    let mut bytes = SyncIoBridge::new(stream);
    let stored = blocking(move || {
        let received = io::copy(&mut bytes, &mut writer).map_err(|source| NodeError::Storage {
            doing: "the upload broke off".to_owned(),
            source,
        })?;
        if received != length {
            return Err(NodeError::invalid(
                "Content-Length",
                format!("says {length} bytes, but {received} came"),
            ));
        }
        writer.finish()
    })
    .await
    .map_err(|wrong| match wrong {
        conflict @ NodeError::Conflict { .. } => {
            Failure::from(conflict).with_status(StatusCode::CONFLICT)
        }
        other => other.into(),
    })?;
    let mut response = StatusCode::OK.into_response();
    set(&mut response, ETAG, &format!("\"{}\"", hex(&stored.sha256)));
    Ok(response)
}

fn content_length(node: &Node, headers: &HeaderMap) -> Result<u64, Failure> {
    let length = match text(headers, &CONTENT_LENGTH) {
        Some(length) => length.parse().ok(),
        // Without either header there is no body (RFC 9112 §6.3).
        None if !headers.contains_key(TRANSFER_ENCODING) => Some(0),
        None => None,
    };
    let Some(length) = length else {
        return Err(Failure::new(
            StatusCode::LENGTH_REQUIRED,
            "length",
            "send the object with Content-Length, not in chunks",
        ));
    };
    let most = node.options.max_object_bytes;
    if length > most {
        return Err(Failure::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "length",
            format!("an object has {most} bytes at most; write shorter segments"),
        ));
    }
    Ok(length)
}

fn check_content_type(headers: &HeaderMap, expected: Option<&MimeType>) -> Result<(), NodeError> {
    let Some(expected) = expected else {
        return Ok(());
    };
    let sent = text(headers, &CONTENT_TYPE).and_then(|sent| sent.parse::<MimeType>().ok());
    if sent.is_some_and(|sent| sent.same_type(expected)) {
        return Ok(());
    }
    Err(NodeError::invalid(
        "Content-Type",
        format!("must be {expected}, as put_url says"),
    ))
}
