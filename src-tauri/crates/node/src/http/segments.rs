//! `/flows/{id}/segments` and `/flows/{id}/storage`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use mediatime::TimeRange;
use serde_json::Value;
use tams_model::{
    FailedSegment, FailedSegments, FlowSegment, HttpRequest, InitObject, MediaObject, SegmentPost,
    StorageRequest, StorageResponse,
};

use super::Node;
use super::answer::{Failure, json, ok};
use super::body::{Json, parse};
use super::flows::deleted;
use super::get_urls::{UrlFilter, UrlMaker};
use super::paging::{Paging, Target};
use super::path::{Path, path_id};
use super::query::{NoQuery, Query};
use crate::media_url::Purpose;
use crate::schema::{Schema, check, under};
use crate::{NodeError, SegmentFilter};

pub(super) async fn list(
    State(node): State<Node>,
    Path(id): Path<String>,
    target: Target,
    mut query: Query,
) -> Result<Response, Failure> {
    let flow = path_id("flow", &id)?;
    let filter = SegmentFilter {
        timerange: query.timerange("timerange")?.unwrap_or(TimeRange::ETERNITY),
        object_id: query.text("object_id")?,
        reverse: query.flag("reverse_order")?.unwrap_or(false),
    };
    let urls = UrlFilter::take(&mut query)?;
    let with_object_timerange = query.flag("include_object_timerange")?.unwrap_or(false);
    let page = query.page()?;
    query.end()?;

    let (reverse, wanted) = (filter.reverse, page.clone());
    let found = node
        .run(move |catalogue| catalogue.stored_segments(flow, &filter, &wanted))
        .await?;
    let maker = UrlMaker::new(&node, &target.base, &urls)?;
    let covered = found
        .items
        .iter()
        .fold(TimeRange::NEVER, |covered, stored| {
            covered.extend_to_encompass(&stored.segment.timerange)
        });
    let next = found.next;
    let segments: Vec<FlowSegment> = found
        .items
        .into_iter()
        .map(|stored| FlowSegment {
            get_urls: Some(maker.urls(&stored.segment.object_id, &stored.urls)),
            init_object: stored.segment.init_object.map(|init| InitObject {
                get_urls: Some(maker.urls(&init.object_id, &stored.init_urls)),
                ..init
            }),
            object_timerange: stored
                .segment
                .object_timerange
                .filter(|_| with_object_timerange),
            ..stored.segment
        })
        .collect();
    let paging = Paging {
        page: &page,
        next: next.as_ref(),
        count: Some(segments.len()),
        reverse: Some(reverse),
        timerange: Some(covered.to_string()),
    };
    Ok(paging.on(ok(&segments)?, &target))
}

pub(super) async fn add(
    State(node): State<Node>,
    Path(id): Path<String>,
    _: NoQuery,
    body: Json,
) -> Result<Response, Failure> {
    let flow = path_id("flow", &id)?;
    let (segments, several) = posted(body.0)?;
    let failed = node
        .run(move |catalogue| catalogue.add_segments(flow, segments))
        .await?;
    if several && !failed.is_empty() {
        return ok(&FailedSegments {
            failed_segments: failed,
        });
    }
    match failed.into_iter().next() {
        None => Ok(StatusCode::CREATED.into_response()),
        Some(only) => Err(refusal(only)),
    }
}

/// The segments of a body, and whether it was a list.
fn posted(body: Value) -> Result<(Vec<SegmentPost>, bool), NodeError> {
    match body {
        Value::Array(items) => {
            let read = |(place, item): (usize, Value)| {
                check(Schema::SegmentPost, &item)
                    .and_then(|()| parse(item))
                    .map_err(|wrong| under(&format!("/{place}"), wrong))
            };
            let segments: Result<_, _> = items.into_iter().enumerate().map(read).collect();
            Ok((segments?, true))
        }
        single => {
            check(Schema::SegmentPost, &single)?;
            Ok((vec![parse(single)?], false))
        }
    }
}

pub(super) async fn delete(
    State(node): State<Node>,
    Path(id): Path<String>,
    target: Target,
    mut query: Query,
) -> Result<Response, Failure> {
    let timerange = query.timerange("timerange")?.unwrap_or(TimeRange::ETERNITY);
    let object_id = query.text("object_id")?;
    query.end()?;
    let flow = path_id("flow", &id)?;
    let deletion = node
        .run(move |catalogue| catalogue.delete_segments(flow, timerange, object_id.as_deref()))
        .await?;
    deleted(&node, &target, deletion)
}

pub(super) async fn allocate(
    State(node): State<Node>,
    Path(id): Path<String>,
    target: Target,
    _: NoQuery,
    body: Json,
) -> Result<Response, Failure> {
    let flow = path_id("flow", &id)?;
    let request: StorageRequest = match body.0 {
        Value::Null => StorageRequest::default(),
        value => Json(value).checked(Schema::StoragePost)?,
    };
    if request.presigned == Some(false) {
        return Err(
            NodeError::invalid("/presigned", "this store gives presigned URLs only").into(),
        );
    }
    let allocated = node
        .run(move |catalogue| catalogue.allocate(flow, &request))
        .await?;
    let expires = node.url_expiry()?;
    let key = node.catalogue.media_key();
    let media_objects = allocated
        .into_iter()
        .map(|allocation| MediaObject {
            put_url: HttpRequest {
                url: key.url(&target.base, Purpose::Write, &allocation.object_id, expires),
                content_type: Some(allocation.content_type.to_string()),
                ..HttpRequest::default()
            },
            object_id: allocation.object_id,
            presigned: Some(true),
        })
        .collect();
    json(StatusCode::CREATED, &StorageResponse { media_objects })
}

/// A single segment that failed fails its request.
fn refusal(failed: FailedSegment) -> Failure {
    match failed.error {
        Some(error) => match error.pointer {
            Some(field) => {
                let why = error
                    .summary
                    .strip_prefix(&format!("{field}: "))
                    .unwrap_or(&error.summary);
                NodeError::invalid(field, why).into()
            }
            None => NodeError::Conflict { why: error.summary }.into(),
        },
        None => NodeError::Conflict {
            why: "the segment was refused".to_owned(),
        }
        .into(),
    }
}
