//! `/flows…` but for segments and storage.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::LOCATION;
use mediatime::TimeRange;
use tams_model::{Flow, FlowStatus};

use super::Node;
use super::answer::{Failure, header, json, ok};
use super::body::Json;
use super::paging::{Paging, Target};
use super::path::{Path, path_id};
use super::properties as property;
use super::query::{NoQuery, Query};
use crate::schema::Schema;
use crate::{Deletion, FlowFilter, FlowSort, NodeError};

pub(super) fn routes() -> Router<Node> {
    Router::new()
        .route("/flows", get(list))
        .route("/flows/{id}", get(read).put(write).delete(delete))
        .route(
            "/flows/{id}/label",
            property::of_flow("label", |flow| &mut flow.label),
        )
        .route(
            "/flows/{id}/description",
            property::of_flow("description", |flow| &mut flow.description),
        )
        .route(
            "/flows/{id}/max_bit_rate",
            property::of_flow("max_bit_rate", |flow| &mut flow.max_bit_rate),
        )
        .route(
            "/flows/{id}/avg_bit_rate",
            property::of_flow("avg_bit_rate", |flow| &mut flow.technical.avg_bit_rate),
        )
        .route(
            "/flows/{id}/read_only",
            get(property::read_only).put(property::set_read_only),
        )
        .route(
            "/flows/{id}/flow_collection",
            get(property::collection)
                .put(property::set_collection)
                .delete(property::remove_collection),
        )
        .route("/flows/{id}/tags", get(property::flow_tags))
        .route(
            "/flows/{id}/tags/{name}",
            get(property::flow_tag)
                .put(property::set_flow_tag)
                .delete(property::remove_flow_tag),
        )
}

const STATUSES: [(&str, FlowStatus); 4] = [
    ("awaiting_content", FlowStatus::AwaitingContent),
    ("ingesting", FlowStatus::Ingesting),
    ("replication_in_progress", FlowStatus::ReplicationInProgress),
    ("closed_complete", FlowStatus::ClosedComplete),
];

const SORTS: [(&str, FlowSort); 3] = [
    ("created", FlowSort::Created),
    ("metadata_updated", FlowSort::MetadataUpdated),
    ("label", FlowSort::Label),
];

async fn list(
    State(node): State<Node>,
    target: Target,
    mut query: Query,
) -> Result<Response, Failure> {
    let filter = FlowFilter {
        source_id: query.id("source_id")?,
        timerange: query.timerange("timerange")?,
        format: query.value("format", "a content format URN")?,
        codec: query.mime("codec")?,
        profile_id: query.id("profile_id")?,
        label: query.text("label")?,
        status: query.word("status", &STATUSES)?,
        tags: query.tags("")?,
        frame_width: query.integer("frame_width")?,
        frame_height: query.integer("frame_height")?,
        init_segments: query.flag("init_segments")?,
        collected_by: query.ids("collected_by_ids")?,
        sort: query.word("sort_by", &SORTS)?.unwrap_or_default(),
        reverse: query.flag("reverse_order")?.unwrap_or(false),
    };
    let page = query.page()?;
    query.end()?;
    let (reverse, wanted) = (filter.reverse, page.clone());
    let found = node
        .run(move |catalogue| catalogue.flows(&filter, &wanted))
        .await?;
    let paging = Paging {
        page: &page,
        next: found.next.as_ref(),
        count: Some(found.items.len()),
        reverse: Some(reverse),
        timerange: None,
    };
    Ok(paging.on(ok(&found.items)?, &target))
}

async fn read(
    State(node): State<Node>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Response, Failure> {
    let with_timerange = query.flag("include_timerange")?.unwrap_or(false);
    let within = query.timerange("timerange")?.unwrap_or(TimeRange::ETERNITY);
    query.end()?;
    let id = path_id("flow", &id)?;
    let flow = node
        .run(move |catalogue| {
            let flow = catalogue.flow(id)?;
            if !with_timerange {
                return Ok(flow);
            }
            Ok(Flow {
                timerange: Some(catalogue.flow_timerange(id, within)?),
                ..flow
            })
        })
        .await?;
    ok(&flow)
}

async fn write(
    State(node): State<Node>,
    Path(id): Path<String>,
    _: NoQuery,
    body: Json,
) -> Result<Response, Failure> {
    let id = path_id("flow", &id)?;
    let flow: Flow = body.checked(Schema::FlowPut)?;
    if flow.id != id {
        return Err(NodeError::invalid("/id", "must be the id in the path").into());
    }
    let put = node.run(move |catalogue| catalogue.put_flow(flow)).await?;
    if put.created {
        json(StatusCode::CREATED, &put.flow)
    } else {
        Ok(StatusCode::NO_CONTENT.into_response())
    }
}

async fn delete(
    State(node): State<Node>,
    Path(id): Path<String>,
    target: Target,
    _: NoQuery,
) -> Result<Response, Failure> {
    let id = path_id("flow", &id)?;
    let deletion = node.run(move |catalogue| catalogue.delete_flow(id)).await?;
    deleted(&node, &target, deletion)
}

/// 204 when it is done; 202 with where to watch it when it goes on in the background.
pub(super) fn deleted(
    node: &Node,
    target: &Target,
    deletion: Deletion,
) -> Result<Response, Failure> {
    let Deletion::Pending(request) = deletion else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    node.finish_deletion(request.id);
    let mut response = json(StatusCode::ACCEPTED, &request)?;
    if let Some(location) = header(&format!(
        "{}/flow-delete-requests/{}",
        target.base, request.id
    )) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}
