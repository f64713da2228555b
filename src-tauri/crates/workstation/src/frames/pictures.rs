//! Single pictures, peaks and sheet pages over HTTP.

use super::{HIGHEST, Shared};
use crate::{Code, Failure};
use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A panel is never wider than this in pixels.
const MOST_BINS: u32 = 4096;
/// A flow's frame and its sound never change under the same ids.
const FOREVER: &str = "private, max-age=31536000, immutable";
const ANEW: &str = "no-store";

#[derive(Deserialize)]
pub(super) struct PictureQuery {
    height: u32,
}

#[derive(Deserialize)]
pub(super) struct PeaksQuery {
    first: u64,
    frames: u64,
    bins: u32,
}

/// A JPEG of a frame.
pub(super) async fn picture(
    State(shared): State<Shared>,
    path: Result<Path<(String, String, u64)>, PathRejection>,
    query: Result<Query<PictureQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let Path((_, flow, frame)) = path?;
    let Query(PictureQuery { height }) = query?;
    within("height", height, HIGHEST)?;
    let pictures = Arc::clone(&shared.pictures);
    let jpeg = blocking(&shared.decoding, move || {
        pictures.picture(&flow, frame, height)
    })
    .await?;
    Ok(bytes(jpeg, "image/jpeg", FOREVER))
}

/// The peaks of the sound under some frames.
pub(super) async fn peaks(
    State(shared): State<Shared>,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Result<Query<PeaksQuery>, QueryRejection>,
) -> Result<Response, Failure> {
    let Path((_, flow)) = path?;
    let Query(PeaksQuery {
        first,
        frames,
        bins,
    }) = query?;
    within("bins", bins, MOST_BINS)?;
    let pictures = Arc::clone(&shared.pictures);
    let read = move || pictures.peaks(&flow, first, frames, bins);
    let peaks = blocking(&shared.measuring, read).await?;
    Ok(bytes(peaks, "application/octet-stream", FOREVER))
}

/// A PNG of a page of what a job printed.
pub(super) async fn sheet_page(
    State(shared): State<Shared>,
    path: Result<Path<(String, String, u32)>, PathRejection>,
) -> Result<Response, Failure> {
    let Path((_, job, page)) = path?;
    let pictures = Arc::clone(&shared.pictures);
    let png = blocking(&shared.decoding, move || pictures.sheet_page(&job, page)).await?;
    Ok(bytes(png, "image/png", ANEW))
}

/// Runs what takes its time where it holds nobody up, when its turn has come. Whoever leaves before
/// that costs nothing.
async fn blocking(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> Result<Vec<u8>, Failure> + Send + 'static,
) -> Result<Vec<u8>, Failure> {
    let turn = Arc::clone(turns).acquire_owned().await;
    let turn = turn.map_err(Failure::internal)?;
    tokio::task::spawn_blocking(move || {
        // It ends with the work, also when the client has left meanwhile.
        let _turn = turn;
        work()
    })
    .await
    .map_err(Failure::internal)?
}

fn bytes(body: Vec<u8>, kind: &'static str, caching: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, caching)], body).into_response()
}

fn within(name: &str, value: u32, most: u32) -> Result<(), Failure> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    Err(Failure::bad_input(
        format!("{name} is {value}"),
        format!("Ask for 1 to {most}."),
    ))
}

impl From<PathRejection> for Failure {
    fn from(rejection: PathRejection) -> Self {
        Self::bad_input(rejection.body_text(), "Correct the address.")
    }
}

impl From<QueryRejection> for Failure {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_input(rejection.body_text(), "Correct the address.")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match self.code {
            Code::Usage | Code::BadInput | Code::OutOfRange => StatusCode::BAD_REQUEST,
            Code::NotFound | Code::MissingObject => StatusCode::NOT_FOUND,
            Code::NotMedia | Code::Damaged | Code::Unsupported => StatusCode::UNPROCESSABLE_ENTITY,
            Code::Busy | Code::Cancelled | Code::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(json!({ "error": self }))).into_response()
    }
}
