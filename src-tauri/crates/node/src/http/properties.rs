//! The sub-resources of flows and sources: one property each, with `GET`, `PUT` and `DELETE`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tams_model::{Flow, FlowCollectionItem, Source, TagValue, Tags};

use super::Node;
use super::answer::{Failure, ok};
use super::body::{Json, parse};
use super::path::{Path, path_id};
use super::query::NoQuery;
use crate::NodeError;
use crate::schema::{Schema, check};

type Place<T, P> = fn(&mut T) -> &mut Option<P>;

fn changed() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// A property that is set gets answered, another one is not there.
fn answer<P: Serialize>(
    name: &'static str,
    property: Option<P>,
    id: &str,
) -> Result<Response, Failure> {
    match property {
        Some(value) => ok(&value),
        None => Err(NodeError::not_found(name, format!("of {id}")).into()),
    }
}

/// `/flows/{id}/{name}` of a property that is text or a number.
pub(super) fn of_flow<P>(name: &'static str, place: Place<Flow, P>) -> MethodRouter<Node>
where
    P: Serialize + DeserializeOwned + Send + 'static,
{
    let read = async move |State(node): State<Node>, Path(id): Path<String>, _: NoQuery| {
        let flow_id = path_id("flow", &id)?;
        let mut flow = node.run(move |catalogue| catalogue.flow(flow_id)).await?;
        answer(name, place(&mut flow).take(), &id)
    };
    let write =
        async move |State(node): State<Node>, Path(id): Path<String>, _: NoQuery, body: Json| {
            let flow_id = path_id("flow", &id)?;
            let value: P = body.parsed()?;
            set_flow(&node, flow_id, move |flow| *place(flow) = Some(value)).await
        };
    let remove = async move |State(node): State<Node>, Path(id): Path<String>, _: NoQuery| {
        let flow_id = path_id("flow", &id)?;
        set_flow(&node, flow_id, move |flow| *place(flow) = None).await
    };
    get(read).put(write).delete(remove)
}

/// `/sources/{id}/{name}` of a property that is text.
pub(super) fn of_source(name: &'static str, place: Place<Source, String>) -> MethodRouter<Node> {
    let read = async move |State(node): State<Node>, Path(id): Path<String>, _: NoQuery| {
        let source_id = path_id("source", &id)?;
        let mut source = node
            .run(move |catalogue| catalogue.source(source_id))
            .await?;
        answer(name, place(&mut source).take(), &id)
    };
    let write =
        async move |State(node): State<Node>, Path(id): Path<String>, _: NoQuery, body: Json| {
            let source_id = path_id("source", &id)?;
            let value: String = body.parsed()?;
            set_source(&node, source_id, move |source| *place(source) = Some(value)).await
        };
    let remove = async move |State(node): State<Node>, Path(id): Path<String>, _: NoQuery| {
        let source_id = path_id("source", &id)?;
        set_source(&node, source_id, move |source| *place(source) = None).await
    };
    get(read).put(write).delete(remove)
}

async fn set_flow(
    node: &Node,
    id: tams_model::Id,
    change: impl FnOnce(&mut Flow) + Send + 'static,
) -> Result<Response, Failure> {
    node.run(move |catalogue| catalogue.update_flow(id, change))
        .await?;
    Ok(changed())
}

async fn set_source(
    node: &Node,
    id: tams_model::Id,
    change: impl FnOnce(&mut Source) + Send + 'static,
) -> Result<Response, Failure> {
    node.run(move |catalogue| catalogue.update_source(id, change))
        .await?;
    Ok(changed())
}

pub(super) async fn read_only(
    State(node): State<Node>,
    Path(id): Path<String>,
    _: NoQuery,
) -> Result<Response, Failure> {
    let id = path_id("flow", &id)?;
    let flow = node.run(move |catalogue| catalogue.flow(id)).await?;
    ok(&flow.read_only.unwrap_or(false))
}

pub(super) async fn set_read_only(
    State(node): State<Node>,
    Path(id): Path<String>,
    _: NoQuery,
    body: Json,
) -> Result<Response, Failure> {
    let id = path_id("flow", &id)?;
    let read_only: bool = body.parsed()?;
    node.run(move |catalogue| catalogue.set_read_only(id, read_only))
        .await?;
    Ok(changed())
}

pub(super) async fn collection(
    State(node): State<Node>,
    Path(id): Path<String>,
    _: NoQuery,
) -> Result<Response, Failure> {
    let id = path_id("flow", &id)?;
    let flow = node.run(move |catalogue| catalogue.flow(id)).await?;
    ok(&flow.flow_collection.unwrap_or_default())
}

pub(super) async fn set_collection(
    State(node): State<Node>,
    Path(id): Path<String>,
    _: NoQuery,
    body: Json,
) -> Result<Response, Failure> {
    let id = path_id("flow", &id)?;
    check(Schema::FlowCollection, &body.0)?;
    let items: Vec<FlowCollectionItem> = body.parsed()?;
    set_flow(&node, id, move |flow| flow.flow_collection = Some(items)).await
}

pub(super) async fn remove_collection(
    State(node): State<Node>,
    Path(id): Path<String>,
    _: NoQuery,
) -> Result<Response, Failure> {
    let id = path_id("flow", &id)?;
    set_flow(&node, id, |flow| flow.flow_collection = None).await
}

/// A tag value as the specification has it; the tolerant reader takes more.
fn tag_value(body: Json) -> Result<TagValue, NodeError> {
    let is_text = |value: &Value| value.is_string();
    let allowed = match &body.0 {
        Value::Array(values) => values.iter().all(is_text),
        value => is_text(value),
    };
    if !allowed {
        return Err(NodeError::invalid(
            "/",
            "a tag value is a string or an array of strings",
        ));
    }
    parse(body.0)
}

fn tag_of(tags: Option<Tags>, name: &str) -> Result<TagValue, NodeError> {
    tags.unwrap_or_default()
        .remove(name)
        .ok_or_else(|| NodeError::not_found("tag", name))
}

pub(super) async fn flow_tags(
    State(node): State<Node>,
    Path(id): Path<String>,
    _: NoQuery,
) -> Result<Response, Failure> {
    let id = path_id("flow", &id)?;
    ok(&node
        .run(move |catalogue| catalogue.flow(id))
        .await?
        .tags
        .unwrap_or_default())
}

pub(super) async fn flow_tag(
    State(node): State<Node>,
    Path((id, name)): Path<(String, String)>,
    _: NoQuery,
) -> Result<Response, Failure> {
    let id = path_id("flow", &id)?;
    let flow = node.run(move |catalogue| catalogue.flow(id)).await?;
    ok(&tag_of(flow.tags, &name)?)
}

pub(super) async fn set_flow_tag(
    State(node): State<Node>,
    Path((id, name)): Path<(String, String)>,
    _: NoQuery,
    body: Json,
) -> Result<Response, Failure> {
    let id = path_id("flow", &id)?;
    let value = tag_value(body)?;
    set_flow(&node, id, move |flow| {
        flow.tags.get_or_insert_default().insert(name, value);
    })
    .await
}

pub(super) async fn remove_flow_tag(
    State(node): State<Node>,
    Path((id, name)): Path<(String, String)>,
    _: NoQuery,
) -> Result<Response, Failure> {
    let id = path_id("flow", &id)?;
    let known = name.clone();
    let flow = node.run(move |catalogue| catalogue.flow(id)).await?;
    tag_of(flow.tags, &known)?;
    set_flow(&node, id, move |flow| {
        flow.tags.get_or_insert_default().remove(&name);
    })
    .await
}

pub(super) async fn source_tags(
    State(node): State<Node>,
    Path(id): Path<String>,
    _: NoQuery,
) -> Result<Response, Failure> {
    let id = path_id("source", &id)?;
    ok(&node
        .run(move |catalogue| catalogue.source(id))
        .await?
        .tags
        .unwrap_or_default())
}

pub(super) async fn source_tag(
    State(node): State<Node>,
    Path((id, name)): Path<(String, String)>,
    _: NoQuery,
) -> Result<Response, Failure> {
    let id = path_id("source", &id)?;
    let source = node.run(move |catalogue| catalogue.source(id)).await?;
    ok(&tag_of(source.tags, &name)?)
}

pub(super) async fn set_source_tag(
    State(node): State<Node>,
    Path((id, name)): Path<(String, String)>,
    _: NoQuery,
    body: Json,
) -> Result<Response, Failure> {
    let id = path_id("source", &id)?;
    let value = tag_value(body)?;
    set_source(&node, id, move |source| {
        source.tags.get_or_insert_default().insert(name, value);
    })
    .await
}

pub(super) async fn remove_source_tag(
    State(node): State<Node>,
    Path((id, name)): Path<(String, String)>,
    _: NoQuery,
) -> Result<Response, Failure> {
    let id = path_id("source", &id)?;
    let known = name.clone();
    let source = node.run(move |catalogue| catalogue.source(id)).await?;
    tag_of(source.tags, &known)?;
    set_source(&node, id, move |source| {
        source.tags.get_or_insert_default().remove(&name);
    })
    .await
}
