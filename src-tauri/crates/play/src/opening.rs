//! Opens sessions.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::card::{Card, Link, Target};
use crate::cmcd::is_session_id;
use crate::failure::Failure;
use crate::routes::COLLECTOR;
use crate::session::{Grant, LEASE_MS};
use crate::{CaptionTrack, Play, Playable, media};

pub(crate) async fn open_printed(
    State(play): State<Play>,
    Path(code): Path<String>,
    body: Bytes,
) -> Result<Response, Failure> {
    open(play, Link::Code(code), &body).await
}

pub(crate) async fn open_shared(
    State(play): State<Play>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Failure> {
    open(play, Link::Compilation(id), &body).await
}

/// What a page may say when it opens a session; an empty body says nothing.
#[derive(Default, Deserialize)]
struct Opening {
    /// The CMCD session id that its reports will carry.
    sid: Option<String>,
}

/// The answer that leads to a video: the card and what is needed to play it.
#[derive(Serialize)]
struct Session<'a> {
    #[serde(flatten)]
    card: Card,
    session: &'a str,
    lease_s: i64,
    sources: [Source<'a>; 1],
    captions: Vec<Captions<'a>>,
    placement: Option<&'a str>,
    cmcd: Cmcd<'a>,
}

#[derive(Serialize)]
struct Source<'a> {
    r#type: &'a str,
    url: String,
}

#[derive(Serialize)]
struct Captions<'a> {
    lang: &'a str,
    label: &'a str,
    url: String,
}

#[derive(Serialize)]
struct Cmcd<'a> {
    url: &'static str,
    interval: u32,
    prefix: &'a str,
}

async fn open(play: Play, link: Link, body: &Bytes) -> Result<Response, Failure> {
    let opening = if body.is_empty() {
        Opening::default()
    } else {
        serde_json::from_slice(body)?
    };
    if opening
        .sid
        .as_deref()
        .is_some_and(|sid| !is_session_id(sid))
    {
        return Err(Failure::Opening(
            "`sid` is 8 to 64 letters, digits, - or _".to_owned(),
        ));
    }
    let target = play.target(link).await?;
    let card = Card::of(&target, &play.0.options.publisher);
    let Target::Live {
        placement,
        playable,
    } = &target
    else {
        return Ok((target.status(), Json(card)).into_response());
    };
    if let Err(error) = tokio::fs::metadata(&playable.media).await {
        return Err(Failure::Media {
            id: playable.id,
            error,
        });
    }
    let grant = Grant {
        compilation: playable.id,
        code: placement.as_ref().map(|placement| placement.id.clone()),
        media: playable.media.clone(),
        content_type: playable.content_type.clone(),
        captions: playable
            .captions
            .iter()
            .map(|track| track.path.clone())
            .collect(),
    };
    let id = play.0.sessions.open(grant, opening.sid, play.now_ms());
    let options = &play.0.options;
    let answer = Session {
        card,
        session: &id,
        lease_s: LEASE_MS / 1000,
        sources: [Source {
            r#type: &playable.content_type,
            url: format!("/m/{id}/{}", media::file_name(&playable.content_type)),
        }],
        captions: captions(playable, &id),
        placement: placement
            .as_ref()
            .map(|placement| placement.placement.as_str())
            .filter(|name| !name.is_empty()),
        cmcd: Cmcd {
            url: COLLECTOR,
            interval: options.report_interval_s,
            prefix: play.0.keys.prefix(),
        },
    };
    Ok(Json(answer).into_response())
}

fn captions<'a>(playable: &'a Playable, session: &str) -> Vec<Captions<'a>> {
    let track = |(n, track): (usize, &'a CaptionTrack)| Captions {
        lang: &track.lang,
        label: &track.label,
        url: format!("/m/{session}/captions-{n}.vtt"),
    };
    playable.captions.iter().enumerate().map(track).collect()
}
