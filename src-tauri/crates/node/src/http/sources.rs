//! `/sources…`.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::Node;
use super::answer::{Failure, ok};
use super::paging::{Paging, Target};
use super::path::{Path, path_id};
use super::properties as property;
use super::query::{NoQuery, Query};
use crate::{SourceFilter, SourceSort};

pub(super) fn routes() -> Router<Node> {
    Router::new()
        .route("/sources", get(list))
        .route("/sources/{id}", get(read))
        .route(
            "/sources/{id}/label",
            property::of_source("label", |source| &mut source.label),
        )
        .route(
            "/sources/{id}/description",
            property::of_source("description", |source| &mut source.description),
        )
        .route("/sources/{id}/tags", get(property::source_tags))
        .route(
            "/sources/{id}/tags/{name}",
            get(property::source_tag)
                .put(property::set_source_tag)
                .delete(property::remove_source_tag),
        )
}

async fn list(
    State(node): State<Node>,
    target: Target,
    mut query: Query,
) -> Result<Response, Failure> {
    let sorts = [
        ("created", SourceSort::Created),
        ("updated", SourceSort::Updated),
        ("label", SourceSort::Label),
    ];
    let filter = SourceFilter {
        label: query.text("label")?,
        format: query.value("format", "a content format URN")?,
        tags: query.tags("")?,
        collected_by: query.ids("collected_by_ids")?,
        sort: query.word("sort_by", &sorts)?.unwrap_or_default(),
        reverse: query.flag("reverse_order")?.unwrap_or(false),
    };
    let page = query.page()?;
    query.end()?;
    let (reverse, wanted) = (filter.reverse, page.clone());
    let found = node
        .run(move |catalogue| catalogue.sources(&filter, &wanted))
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
    _: NoQuery,
) -> Result<Response, Failure> {
    let id = path_id("source", &id)?;
    ok(&node.run(move |catalogue| catalogue.source(id)).await?)
}
