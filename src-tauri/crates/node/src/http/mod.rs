//! The TAMS 8.2 HTTP API over a catalogue.

mod answer;
mod body;
mod deletions;
mod flows;
mod get_urls;
mod media;
mod objects;
mod paging;
mod path;
mod properties;
mod query;
mod range;
mod segments;
mod service;
mod sources;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response_with_state;
use axum::routing::{get, post};
use mediatime::Timestamp;
use tams_model::Id;
use tokio_util::sync::CancellationToken;

use crate::{Catalogue, NodeError};
use answer::Failure;

/// How the node serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeOptions {
    /// How long signed media URLs are good; 30 s at least, an hour by default.
    pub url_life: Duration,
    /// The largest object that may be uploaded, in bytes.
    pub max_object_bytes: u64,
}

impl Default for NodeOptions {
    fn default() -> Self {
        Self {
            url_life: Duration::from_secs(3600),
            max_object_bytes: 64 << 30,
        }
    }
}

/// The longest JSON body, in bytes: some thousand segments.
const JSON_BYTES: usize = 8 << 20;

/// The 8.2 API of `catalogue`, and its media under `/media/`.
///
/// Serve it at the root of a host, inside a [Tokio] runtime. `Host` decides the URLs it answers, so
/// the server must check that header. Media URLs carry a signature of their own: a policy that
/// requires a token must leave `/media/` open.
///
/// Webhooks are answered with 404, as the specification says for a store without them.
///
/// [Tokio]: https://tokio.rs
pub fn router(catalogue: Catalogue, options: NodeOptions) -> Router {
    let node = Node {
        catalogue,
        options: Arc::new(options),
    };
    let media = get(media::read)
        .put(media::write)
        .layer(DefaultBodyLimit::disable());
    Router::new()
        .route("/", get(service::root))
        .route("/service", get(service::read).post(service::update))
        .route("/service/storage-backends", get(service::storage_backends))
        .route("/service/profiles", get(service::profiles))
        .route(
            "/service/profiles/{id}",
            get(service::profile).post(service::create_profile),
        )
        .route(
            "/service/webhooks",
            get(service::no_webhooks).post(service::no_webhooks),
        )
        .route(
            "/service/webhooks/{id}",
            get(service::no_webhooks)
                .put(service::no_webhooks)
                .delete(service::no_webhooks),
        )
        .merge(sources::routes())
        .merge(flows::routes())
        .route(
            "/flows/{id}/segments",
            get(segments::list)
                .post(segments::add)
                .delete(segments::delete),
        )
        .route("/flows/{id}/storage", post(segments::allocate))
        .route("/objects/{id}", get(objects::read))
        .route(
            "/objects/{id}/instances",
            post(objects::add_copy).delete(objects::remove_copy),
        )
        .route("/flow-delete-requests", get(deletions::list))
        .route("/flow-delete-requests/{id}", get(deletions::read))
        .route("/media/{object_id}", media)
        .method_not_allowed_fallback(answer::other_method)
        .fallback(async || Failure::no_such_path())
        .layer(DefaultBodyLimit::max(JSON_BYTES))
        .layer(map_response_with_state(
            node.clone(),
            answer::render_failure,
        ))
        .with_state(node)
}

/// Collects garbage now and every `period` until `shutdown` is cancelled. One such loop per store is
/// enough.
pub async fn maintain(catalogue: Catalogue, period: Duration, shutdown: CancellationToken) {
    loop {
        let catalogue = catalogue.clone();
        match blocking(move || catalogue.collect_garbage()).await {
            Ok(garbage) => tracing::debug!(?garbage, "collected garbage"),
            Err(error) => tracing::warn!(%error, "can't collect garbage"),
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(period) => {}
        }
    }
}

/// What every handler has.
#[derive(Clone)]
struct Node {
    catalogue: Catalogue,
    options: Arc<NodeOptions>,
}

impl Node {
    /// Runs a catalogue method where blocking is allowed.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Catalogue) -> Result<T, NodeError> + Send + 'static,
    ) -> Result<T, Failure> {
        let catalogue = self.catalogue.clone();
        Ok(blocking(move || work(&catalogue)).await?)
    }

    /// When a media URL made now ends: never later than a new object that nobody uses.
    fn url_expiry(&self) -> Result<Timestamp, NodeError> {
        Ok(self.catalogue.now()?.saturating_add(self.url_life()))
    }

    fn url_life(&self) -> Timestamp {
        let nanos = self
            .options
            .url_life
            .max(Duration::from_secs(30))
            .as_nanos();
        i128::try_from(nanos)
            .ok()
            .and_then(Timestamp::from_nanos)
            .unwrap_or(Timestamp::MAX)
            .min(self.catalogue.options().min_object_timeout)
    }

    /// Brings a deletion to its end in the background. What a crash interrupts, the next garbage
    /// collection finishes.
    fn finish_deletion(&self, id: Id) {
        let node = self.clone();
        tokio::spawn(async move {
            loop {
                match node
                    .run(move |catalogue| catalogue.advance_deletion(id))
                    .await
                {
                    Ok(request) if request.status.is_over() => return,
                    Ok(_) => {}
                    Err(failure) => {
                        tracing::warn!(%id, summary = failure.summary(), "deletion stopped");
                        return;
                    }
                }
            }
        });
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NodeError> + Send + 'static,
) -> Result<T, NodeError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|broken| {
            Err(NodeError::Storage {
                doing: "a catalogue task broke off".to_owned(),
                source: std::io::Error::other(broken),
            })
        })
}
