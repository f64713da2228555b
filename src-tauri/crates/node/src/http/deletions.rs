//! `/flow-delete-requests…`.

use axum::extract::State;
use axum::response::Response;

use super::Node;
use super::answer::{Failure, ok};
use super::paging::{Paging, Target};
use super::path::{Path, path_id};
use super::query::{NoQuery, Query};

pub(super) async fn list(
    State(node): State<Node>,
    target: Target,
    mut query: Query,
) -> Result<Response, Failure> {
    let by_expiry = query
        .word("sort_by", &[("created", false), ("expiry", true)])?
        .unwrap_or(false);
    let reverse = query.flag("reverse_order")?.unwrap_or(false);
    let page = query.page()?;
    query.end()?;
    let wanted = page.clone();
    let found = node
        .run(move |catalogue| catalogue.deletions(by_expiry, reverse, &wanted))
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

pub(super) async fn read(
    State(node): State<Node>,
    Path(id): Path<String>,
    _: NoQuery,
) -> Result<Response, Failure> {
    let id = path_id("deletion request", &id)?;
    ok(&node.run(move |catalogue| catalogue.deletion(id)).await?)
}
