//! `/` and `/service…`: the store itself, its storage backend and profiles.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tams_model::{Profile, Service, ServiceUpdate};

use super::Node;
use super::answer::{Failure, json, ok};
use super::body::Json;
use super::paging::{Paging, Target};
use super::path::{Path, path_id};
use super::query::{NoQuery, Query};
use crate::schema::Schema;
use crate::{NodeError, ProfileFilter};

pub(super) async fn root(_: NoQuery) -> Result<Response, Failure> {
    ok(&["service", "flows", "sources", "flow-delete-requests"])
}

pub(super) async fn read(State(node): State<Node>, _: NoQuery) -> Result<Response, Failure> {
    let service = node.run(crate::Catalogue::service).await?;
    ok(&Service {
        min_presigned_url_timeout: Some(node.url_life()),
        ..service
    })
}

pub(super) async fn update(
    State(node): State<Node>,
    _: NoQuery,
    body: Json,
) -> Result<Response, Failure> {
    let update: ServiceUpdate = body.checked(Schema::ServicePost)?;
    node.run(move |catalogue| catalogue.update_service(&update))
        .await?;
    Ok(StatusCode::OK.into_response())
}

pub(super) async fn storage_backends(
    State(node): State<Node>,
    target: Target,
    mut query: Query,
) -> Result<Response, Failure> {
    let tags = query.tags("")?;
    let reverse = query.flag("reverse_order")?.unwrap_or(false);
    let page = query.page()?;
    query.end()?;
    if page.key.is_some() {
        return Err(
            NodeError::invalid("page", "is no page key of this list, which has one page").into(),
        );
    }
    // The one backend has no tags.
    let selected = tags.values.is_empty() && tags.exists.iter().all(|(_, exists)| !exists);
    let backends = if selected {
        vec![node.catalogue.storage_backend()]
    } else {
        Vec::new()
    };
    let paging = Paging {
        page: &page,
        next: None,
        count: Some(backends.len()),
        reverse: Some(reverse),
        timerange: None,
    };
    Ok(paging.on(ok(&backends)?, &target))
}

pub(super) async fn profiles(
    State(node): State<Node>,
    target: Target,
    mut query: Query,
) -> Result<Response, Failure> {
    let filter = ProfileFilter {
        format: query.value("format", "a content format URN")?,
        codec: query.mime("codec")?,
        label: query.text("label")?,
    };
    let page = query.page()?;
    query.end()?;
    let wanted = page.clone();
    let found = node
        .run(move |catalogue| catalogue.profiles(&filter, &wanted))
        .await?;
    let paging = Paging {
        page: &page,
        next: found.next.as_ref(),
        count: None,
        reverse: None,
        timerange: None,
    };
    Ok(paging.on(ok(&found.items)?, &target))
}

pub(super) async fn profile(
    State(node): State<Node>,
    Path(id): Path<String>,
    _: NoQuery,
) -> Result<Response, Failure> {
    let id = path_id("profile", &id)?;
    ok(&node.run(move |catalogue| catalogue.profile(id)).await?)
}

pub(super) async fn create_profile(
    State(node): State<Node>,
    Path(id): Path<String>,
    _: NoQuery,
    body: Json,
) -> Result<Response, Failure> {
    let id = path_id("profile", &id)?;
    let profile: Profile = body.checked(Schema::Profile)?;
    if profile.id != id {
        return Err(NodeError::invalid("/id", "must be the id in the path").into());
    }
    let created = node
        .run(move |catalogue| catalogue.create_profile(profile))
        .await?;
    json(StatusCode::CREATED, &created)
}

pub(super) async fn no_webhooks() -> Failure {
    Failure::new(
        StatusCode::NOT_FOUND,
        "not_found",
        "this store has no webhooks; poll it instead",
    )
}
