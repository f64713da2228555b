//! One view over HTTP: the requests of the play page, paced as a player plays.

use super::report::{Event, Moment, Reports};
use super::{View, Watched, did_not_play};
use crate::Failure;
use mediatime::Clock;
use reqwest::header::{CONTENT_RANGE, CONTENT_TYPE, RANGE, USER_AGENT};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use url::Url;
use uuid::Uuid;

const ANSWER: Duration = Duration::from_secs(30);
/// Pages and answers are much shorter.
const LONGEST_ANSWER: usize = 4 << 20;
/// A player asks for this much first, to learn what the file is.
const FIRST_BYTES: u64 = 64 << 10;
/// A player fetches and plays so much at a time.
const STEP: Duration = Duration::from_secs(1);

const CARD: &str = r#"<script type="application/json" id="card">"#;
const REPORT_TYPE: &str = "application/cmcd";

/// What the page knows of its link.
#[derive(Deserialize)]
struct Card {
    /// `live`, `expired`, `revoked`, …
    state: String,
    /// Where a session of the link is opened.
    open: String,
    /// The printed code with its dashes.
    code: Option<String>,
}

/// What the server says when a session is opened.
#[derive(Deserialize)]
struct Session {
    compilation_id: Uuid,
    title: String,
    duration_ms: u64,
    sources: Vec<Source>,
    cmcd: Cmcd,
}

#[derive(Deserialize)]
struct Source {
    url: String,
}

#[derive(Deserialize)]
struct Cmcd {
    url: String,
    /// Seconds between two reports while playing.
    interval: u64,
    prefix: String,
}

/// Makes views over HTTP.
pub(super) struct Client<'c> {
    http: reqwest::Client,
    clock: &'c dyn Clock,
}

impl<'c> Client<'c> {
    pub(super) fn new(clock: &'c dyn Clock) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(ANSWER)
            .build()
            .map_err(Failure::internal)?;
        Ok(Self { http, clock })
    }

    /// Makes one view, in real time.
    ///
    /// # Errors
    /// The link leads to no video, or a request of the page fails.
    pub(super) async fn watch(&self, view: &View) -> Result<Watched, Failure> {
        let time = view.watch_time()?;
        let (page, card) = self.open_page(view).await?;
        let sid = Uuid::new_v4();
        let session: Session = self.open_session(view, &page, &card, sid).await?;
        let duration = Duration::from_millis(session.duration_ms);
        let mut reports = Reports::new(sid, session.compilation_id);
        reports.prefix.clone_from(&session.cmcd.prefix);
        reports.code = card.code.map(|code| code.replace('-', ""));
        reports.duration_ms = session.duration_ms;
        reports.touch = view.device.appearance().touch;
        let mut visit = Visit {
            client: self,
            view,
            collector: self.beside(view, &page, &session.cmcd.url)?,
            interval: Duration::from_secs(session.cmcd.interval.max(1)),
            reports,
            played: Duration::ZERO,
        };
        let source = session.sources.first();
        let source = source.ok_or_else(|| visit.failed("the session has no video"))?;
        let media = Media {
            url: self.beside(view, &page, &source.url)?,
            duration,
            length: None,
            fetched: 0,
        };
        let scanned = page
            .path()
            .get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case("/p/"));
        visit.arrive(scanned).await?;
        visit.play(media, time.min(duration)).await?;
        visit.leave(time >= duration).await?;
        Ok(Watched {
            url: view.url.clone(),
            seconds: visit.played.as_secs_f64(),
            title: session.title,
            screenshot_png: None,
        })
    }

    /// The page's address, and what it knows of its link.
    async fn open_page(&self, view: &View) -> Result<(Url, Card), Failure> {
        let page = self.ask(view, self.http.get(&view.url)).await?;
        let url = page.url().clone();
        let body = bounded(page)
            .await
            .map_err(|why| did_not_play(&view.url, why))?;
        let html = String::from_utf8_lossy(&body);
        let card = html
            .split_once(CARD)
            .and_then(|(_, rest)| rest.split_once("</script>"))
            .and_then(|(json, _)| serde_json::from_str::<Card>(json).ok())
            .ok_or_else(|| did_not_play(&view.url, "it is no play page"))?;
        if card.state != "live" {
            return Err(did_not_play(
                &view.url,
                format!("its link is {}", card.state),
            ));
        }
        Ok((url, card))
    }

    async fn open_session<T: DeserializeOwned>(
        &self,
        view: &View,
        page: &Url,
        card: &Card,
        sid: Uuid,
    ) -> Result<T, Failure> {
        let url = self.beside(view, page, &card.open)?;
        let post = self.http.post(url).json(&json!({ "sid": sid }));
        let answer = self.ask(view, post).await?;
        let status = answer.status();
        if status != StatusCode::OK {
            return Err(did_not_play(
                &view.url,
                format!("no session: the server answers {status}"),
            ));
        }
        let body = bounded(answer)
            .await
            .map_err(|why| did_not_play(&view.url, why))?;
        serde_json::from_slice(&body)
            .map_err(|why| did_not_play(&view.url, format!("its session can't be read: {why}")))
    }

    /// An address that the page names; it never leads to another server.
    fn beside(&self, view: &View, page: &Url, path: &str) -> Result<Url, Failure> {
        page.join(path)
            .ok()
            .filter(|url| url.origin() == page.origin())
            .ok_or_else(|| did_not_play(&view.url, "it leads to another server"))
    }

    async fn ask(
        &self,
        view: &View,
        request: reqwest::RequestBuilder,
    ) -> Result<Response, Failure> {
        let request = request.header(USER_AGENT, view.device.appearance().user_agent);
        // The address of the media opens it, so it stays out of messages.
        let answer = request.send().await.map_err(reqwest::Error::without_url);
        answer.map_err(|error| did_not_play(&view.url, chain(&error)))
    }
}

/// An open session.
struct Visit<'c> {
    client: &'c Client<'c>,
    view: &'c View,
    collector: Url,
    interval: Duration,
    reports: Reports,
    played: Duration,
}

impl Visit<'_> {
    async fn arrive(&mut self, scanned: bool) -> Result<(), Failure> {
        let ready = Event::State("d");
        if scanned {
            self.report(&[Event::Scanned, ready]).await
        } else {
            self.report(&[ready]).await
        }
    }

    /// Plays until `end` of the video.
    async fn play(&mut self, mut media: Media, end: Duration) -> Result<(), Failure> {
        let tapped = Instant::now();
        self.report(&[Event::State("s")]).await?;
        media.fetch(self, FIRST_BYTES).await?;
        let delay = u64::try_from(tapped.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.report(&[Event::Started(delay)]).await?;
        let mut reported = self.played;
        while self.played < end {
            let next = (self.played + STEP).min(end);
            media.fetch_to(self, next).await?;
            sleep(next - self.played).await;
            self.played = next;
            if self.played - reported >= self.interval {
                reported = self.played;
                self.report(&[Event::Interval]).await?;
            }
        }
        Ok(())
    }

    async fn leave(&mut self, ended: bool) -> Result<(), Failure> {
        if ended {
            self.report(&[Event::State("e")]).await?;
        }
        self.report(&[Event::State("q"), Event::Hidden]).await
    }

    async fn report(&mut self, events: &[Event]) -> Result<(), Failure> {
        let moment = Moment {
            ts_ms: i64::try_from(self.client.clock.now().nanos().div_euclid(1_000_000))
                .unwrap_or(i64::MAX),
            watched_ms: u64::try_from(self.played.as_millis()).unwrap_or(u64::MAX),
        };
        let lines: Result<Vec<String>, Failure> = events
            .iter()
            .map(|event| self.reports.line(*event, moment))
            .collect();
        let post = self
            .client
            .http
            .post(self.collector.clone())
            .header(CONTENT_TYPE, REPORT_TYPE)
            .body(lines?.join("\n"));
        let status = self.client.ask(self.view, post).await?.status();
        if status == StatusCode::NO_CONTENT {
            Ok(())
        } else {
            Err(self.failed(format!("the collector answers {status}")))
        }
    }

    fn failed(&self, why: impl fmt::Display) -> Failure {
        did_not_play(&self.view.url, why)
    }
}

/// The media file, fetched from its start as far as it is played.
struct Media {
    url: Url,
    duration: Duration,
    /// Known after the first answer.
    length: Option<u64>,
    fetched: u64,
}

impl Media {
    /// Fetches what is played before `position`, taking the bit rate for constant.
    async fn fetch_to(&mut self, visit: &Visit<'_>, position: Duration) -> Result<(), Failure> {
        let length = u128::from(self.length.unwrap_or(0));
        let share = length * position.as_millis() / self.duration.as_millis().max(1);
        let end = u64::try_from(share).unwrap_or(u64::MAX);
        if end > self.fetched {
            self.fetch(visit, end).await?;
        }
        Ok(())
    }

    /// Fetches the bytes before `end`.
    async fn fetch(&mut self, visit: &Visit<'_>, end: u64) -> Result<(), Failure> {
        let range = format!("bytes={}-{}", self.fetched, end - 1);
        let get = visit.client.http.get(self.url.clone()).header(RANGE, range);
        let mut answer = visit.client.ask(visit.view, get).await?;
        let status = answer.status();
        let length = total(&answer);
        let (StatusCode::PARTIAL_CONTENT, Some(length)) = (status, length) else {
            return Err(visit.failed(format!("its video's server answers {status} to a range")));
        };
        let end = end.min(length);
        self.length = Some(length);
        while let Some(bytes) = answer
            .chunk()
            .await
            .map_err(|error| visit.failed(chain(&error.without_url())))?
        {
            self.fetched += bytes.len() as u64;
            if self.fetched > end {
                break;
            }
        }
        if self.fetched == end {
            Ok(())
        } else {
            Err(visit.failed("its video's server sends another range than it was asked for"))
        }
    }
}

/// Bytes of the whole file: `Content-Range: bytes 0-99/1234`.
fn total(answer: &Response) -> Option<u64> {
    let range = answer.headers().get(CONTENT_RANGE)?.to_str().ok()?;
    range.rsplit('/').next()?.parse().ok()
}

/// A body that fits into memory.
async fn bounded(mut answer: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(bytes) = answer
        .chunk()
        .await
        .map_err(|error| chain(&error.without_url()))?
    {
        if body.len() + bytes.len() > LONGEST_ANSWER {
            return Err(format!("its server sends more than {LONGEST_ANSWER} bytes"));
        }
        body.extend_from_slice(&bytes);
    }
    Ok(body)
}

/// An error with its causes, where the reason is.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
