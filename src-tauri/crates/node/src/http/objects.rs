//! `/objects/{id}…`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tams_model::{InitObjectInfo, InstancePost, ObjectInfo};

use super::Node;
use super::answer::{Failure, ok};
use super::body::Json;
use super::get_urls::{UrlFilter, UrlMaker};
use super::paging::{Paging, Target};
use super::path::Path;
use super::query::{NoQuery, Query};
use crate::schema::Schema;
use crate::{Catalogue, NodeError};

pub(super) async fn read(
    State(node): State<Node>,
    Path(id): Path<String>,
    target: Target,
    mut query: Query,
) -> Result<Response, Failure> {
    let urls = UrlFilter::take(&mut query)?;
    let flows = query.tags("flow_")?;
    let page = query.page()?;
    query.end()?;
    let (object_id, wanted) = (id.clone(), page.clone());
    let (stored, next) = node
        .run(move |catalogue| catalogue.object_page(&object_id, &flows, &wanted))
        .await?;
    let maker = UrlMaker::new(&node, &target.base, &urls)?;
    let object = ObjectInfo {
        get_urls: Some(maker.urls(&id, &stored.urls)),
        init_object: stored.info.init_object.map(|init| InitObjectInfo {
            get_urls: Some(maker.urls(&init.id, &stored.init_urls)),
            ..init
        }),
        ..stored.info
    };
    let paging = Paging {
        page: &page,
        next: next.as_ref(),
        count: None,
        reverse: None,
        timerange: None,
    };
    Ok(paging.on(ok(&object)?, &target))
}

pub(super) async fn add_copy(
    State(node): State<Node>,
    Path(id): Path<String>,
    _: NoQuery,
    body: Json,
) -> Result<Response, Failure> {
    let instance: InstancePost = body.checked(Schema::InstancePost)?;
    node.run(move |catalogue| match instance {
        InstancePost::Uncontrolled(copy) => catalogue.add_copy(&id, &copy),
        InstancePost::Controlled { storage_id } => refuse_to_copy(catalogue, &id, storage_id),
    })
    .await?;
    Ok(StatusCode::CREATED.into_response())
}

/// There is one backend: either the bytes are there already, or they would have to be fetched from
/// elsewhere, which this store does not do.
fn refuse_to_copy(
    catalogue: &Catalogue,
    id: &str,
    storage_id: tams_model::Id,
) -> Result<(), NodeError> {
    catalogue.object(id)?;
    let why = if storage_id != catalogue.storage_id() {
        "is no storage backend of this store"
    } else if catalogue.object_path(id)?.is_some() {
        "has an instance of the object already"
    } else {
        "this store does not fetch objects from elsewhere; upload it as a new object"
    };
    Err(NodeError::invalid("/storage_id", why))
}

pub(super) async fn remove_copy(
    State(node): State<Node>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Response, Failure> {
    let (label, storage_id) = (query.text("label")?, query.id("storage_id")?);
    query.end()?;
    node.run(move |catalogue| {
        catalogue.object(&id)?;
        match (label, storage_id) {
            (Some(label), None) => catalogue.remove_copy(&id, &label),
            (None, Some(_)) => Err(NodeError::invalid(
                "storage_id",
                "the store keeps its own copy while segments use the object; delete those instead",
            )),
            _ => Err(NodeError::invalid(
                "label",
                "give either label or storage_id",
            )),
        }
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
