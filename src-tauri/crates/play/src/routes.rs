//! The service over HTTP.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Extension, Path, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER, USER_AGENT,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use loopback::Listener;
use record::PlacementState;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::card::{Link, Target};
use crate::collector::{self, Arrival, BODY_BYTES, Report};
use crate::failure::{Failure, blocking};
use crate::opening::{open_printed, open_shared};
use crate::{Play, media};

/// Where the page sends its reports.
pub(crate) const COLLECTOR: &str = "/cmcd";
const SESSION_BODY_BYTES: usize = 4 << 10;

/// The routes of the service. Peers are known when the server gives their `ConnectInfo`, as
/// [`serve`] does.
pub fn router(play: Play) -> Router {
    let limited = Router::new()
        .route("/P/{code}", get(printed))
        .route("/p/{code}", get(printed))
        .route("/play/{compilation}", get(shared))
        .route("/mobile/play/{compilation}", get(shared))
        .route(
            "/s/{code}",
            post(open_printed).layer(DefaultBodyLimit::max(SESSION_BODY_BYTES)),
        )
        .route(
            "/s/c/{compilation}",
            post(open_shared).layer(DefaultBodyLimit::max(SESSION_BODY_BYTES)),
        )
        .route("/poster/{file}", get(poster))
        .layer(middleware::from_fn_with_state(play.clone(), limit));
    Router::new()
        .merge(limited)
        .route("/m/{session}/{file}", get(session_media))
        .route(
            COLLECTOR,
            post(report).layer(DefaultBodyLimit::max(BODY_BYTES)),
        )
        .route("/healthz", get(async || "ok\n"))
        .fallback(nothing)
        .layer(middleware::map_response(secured))
        .with_state(play)
}

/// Serves the routes until `shutdown` is cancelled, and returns the address they were bound to.
pub async fn serve(listener: Listener, play: Play, shutdown: CancellationToken) -> SocketAddr {
    listener.serve(router(play), shutdown).await
}

async fn secured(mut response: Response) -> Response {
    const COMMON: [(HeaderName, &str); 4] = [
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (CACHE_CONTROL, "no-store"),
    ];
    let headers = response.headers_mut();
    for (name, value) in COMMON {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("same-origin"),
    );
    response
}

/// The address that is charged for a request. A proxy on this machine names whom it speaks for.
fn charged(peer: Option<SocketAddr>, headers: &HeaderMap) -> IpAddr {
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    if !peer.is_loopback() {
        return peer;
    }
    let forwarded = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok());
    let last = forwarded.and_then(|list| list.rsplit(',').next());
    last.and_then(|address| address.trim().parse().ok())
        .unwrap_or(peer)
}

type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

fn peer_of(peer: Peer) -> Option<SocketAddr> {
    peer.map(|Extension(ConnectInfo(address))| address)
}

async fn limit(State(play): State<Play>, peer: Peer, request: Request, next: Next) -> Response {
    let address = charged(peer_of(peer), request.headers());
    if play.0.limiter.take(address, 1, play.now_ms()) {
        next.run(request).await
    } else {
        too_many()
    }
}

fn too_many() -> Response {
    let wait = [(RETRY_AFTER, "2")];
    (
        StatusCode::TOO_MANY_REQUESTS,
        wait,
        "too many requests from this network; wait a moment\n",
    )
        .into_response()
}

async fn printed(State(play): State<Play>, Path(code): Path<String>) -> Response {
    play.page_of(Link::Code(code)).await
}

async fn shared(State(play): State<Play>, Path(id): Path<String>) -> Response {
    play.page_of(Link::Compilation(id)).await
}

async fn nothing(State(play): State<Play>) -> Response {
    play.page(&Target::NotFound)
}

async fn session_media(
    State(play): State<Play>,
    Path((session, file)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let Some(grant) = play.0.sessions.grant(&session, play.now_ms()) else {
        return Ok((
            StatusCode::GONE,
            "the session has ended; open the link again\n",
        )
            .into_response());
    };
    if let Some(code) = grant.code.clone() {
        let records = Arc::clone(&play.0.records);
        let placement = blocking(move || records.placement(&code)).await?;
        if placement.is_none_or(|placement| placement.state == PlacementState::Revoked) {
            return Ok((StatusCode::GONE, "this code was taken back\n").into_response());
        }
    }
    if file == media::file_name(&grant.content_type) {
        return Ok(media::answer(&method, &headers, &grant.media, &grant.content_type).await);
    }
    let number = file
        .strip_prefix("captions-")
        .and_then(|rest| rest.strip_suffix(".vtt"));
    let track = number
        .and_then(|n| n.parse::<usize>().ok())
        .and_then(|n| grant.captions.get(n));
    match track {
        Some(path) => Ok(media::answer(&method, &headers, path, "text/vtt; charset=utf-8").await),
        None => Ok((StatusCode::NOT_FOUND, "the session has no such file\n").into_response()),
    }
}

async fn poster(State(play): State<Play>, Path(file): Path<String>) -> Result<Response, Failure> {
    let id = file
        .strip_suffix(".jpg")
        .and_then(|id| Uuid::try_parse(id).ok());
    let found = match id {
        Some(id) => {
            let records = Arc::clone(&play.0.records);
            blocking(move || records.compilation(id)).await?
        }
        None => None,
    };
    let Some(jpeg) = found.and_then(|playable| playable.poster) else {
        return Ok((StatusCode::NOT_FOUND, "there is no such poster\n").into_response());
    };
    Ok((
        [
            (CONTENT_TYPE, "image/jpeg"),
            (CACHE_CONTROL, "public, max-age=300"),
        ],
        jpeg,
    )
        .into_response())
}

async fn report(
    State(play): State<Play>,
    peer: Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if kind != "application/cmcd" && kind != "text/plain" {
        return Ok((
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send reports as application/cmcd\n",
        )
            .into_response());
    }
    let parsed = Report::parse(&body, &play.0.keys);
    let cost = parsed.as_ref().map_or(1, |report| report.cost);
    let (now, now_ms) = (play.0.clock.now(), play.now_ms());
    if !play
        .0
        .limiter
        .take(charged(peer_of(peer), &headers), cost, now_ms)
    {
        return Ok(too_many());
    }
    let report = parsed?;
    let user_agent = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    tokio::task::spawn_blocking(move || {
        let inner = &play.0;
        let arrival = Arrival {
            now,
            now_ms,
            user_agent: &user_agent,
        };
        collector::collect(
            report,
            &arrival,
            inner.records.as_ref(),
            &inner.sessions,
            &inner.spool,
        )
    })
    .await??;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_of_this_machine_names_whom_it_speaks_for() {
        let headers = |list: &'static str| {
            HeaderMap::from_iter([(
                HeaderName::from_static("x-forwarded-for"),
                HeaderValue::from_static(list),
            )])
        };
        let peer = |text: &str| Some(text.parse::<SocketAddr>().unwrap());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(
            charged(peer("127.0.0.1:9"), &headers("6.6.6.6, 10.1.2.3")),
            address("10.1.2.3")
        );
        assert_eq!(
            charged(peer("127.0.0.1:9"), &headers("nobody")),
            address("127.0.0.1")
        );
        assert_eq!(charged(peer("[::1]:9"), &HeaderMap::new()), address("::1"));
        assert_eq!(
            charged(peer("10.0.0.9:9"), &headers("10.1.2.3")),
            address("10.0.0.9")
        );
        assert_eq!(charged(None, &HeaderMap::new()), address("0.0.0.0"));
    }
}
