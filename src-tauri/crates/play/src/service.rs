//! The state of the service, and how it looks links up.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use mediatime::{Clock, Timestamp};

use crate::card::{Card, Link, Target};
use crate::cmcd::Keys;
use crate::failure::{Failure, blocking};
use crate::limit::Limiter;
use crate::page::Page;
use crate::session::Sessions;
use crate::{Placements, PlayError, Publisher, Rate, Spool};

/// How the service presents itself.
#[derive(Clone, Debug)]
pub struct PlayOptions {
    /// The public base of links, without a slash at its end, if there is one.
    pub base_url: Option<String>,
    /// Who is behind the page.
    pub publisher: Publisher,
    /// Reverse domain name that our own CMCD keys begin with.
    pub cmcd_prefix: String,
    /// Seconds between two reports while playing.
    pub report_interval_s: u32,
    /// What one network address may ask.
    pub rate: Rate,
}

impl Default for PlayOptions {
    fn default() -> Self {
        Self {
            base_url: None,
            publisher: Publisher::default(),
            cmcd_prefix: "com.stringout".to_owned(),
            report_interval_s: 10,
            rate: Rate::default(),
        }
    }
}

/// The state of the service; clones share it.
#[derive(Clone)]
pub struct Play(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) records: Arc<dyn Placements>,
    pub(crate) spool: Spool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: PlayOptions,
    pub(crate) keys: Keys,
    page: Page,
    pub(crate) sessions: Sessions,
    pub(crate) limiter: Limiter,
}

impl Play {
    /// A service that looks links up in `records` and writes events to `spool`.
    ///
    /// # Errors
    ///
    /// [`PlayError::Prefix`] when CMCD keys can't begin with the configured prefix.
    pub fn new(
        records: Arc<dyn Placements>,
        spool: Spool,
        clock: Arc<dyn Clock>,
        options: PlayOptions,
    ) -> Result<Self, PlayError> {
        let Some(keys) = Keys::new(&options.cmcd_prefix) else {
            return Err(PlayError::Prefix {
                prefix: options.cmcd_prefix,
            });
        };
        let base_url = options
            .base_url
            .as_ref()
            .map(|base| base.trim_end_matches('/').to_owned());
        Ok(Self(Arc::new(Inner {
            page: Page::new(base_url)?,
            limiter: Limiter::new(options.rate),
            sessions: Sessions::default(),
            records,
            spool,
            clock,
            options,
            keys,
        })))
    }

    pub(crate) fn now_ms(&self) -> i64 {
        millis(self.0.clock.now())
    }

    /// Looks a link up off the event loop.
    pub(crate) async fn target(&self, link: Link) -> Result<Target, Failure> {
        let (records, now) = (Arc::clone(&self.0.records), self.0.clock.now());
        blocking(move || Target::of(&link, records.as_ref(), now)).await
    }

    pub(crate) fn page(&self, target: &Target) -> Response {
        self.0.page.answer(
            target.status(),
            &Card::of(target, &self.0.options.publisher),
        )
    }

    /// The page of a link, which also says so when the link can't be looked up.
    pub(crate) async fn page_of(&self, link: Link) -> Response {
        let open = link.open();
        match self.target(link).await {
            Ok(target) => self.page(&target),
            Err(failure) => {
                let status = failure.into_response().status();
                self.0
                    .page
                    .answer(status, &Card::failed(open, &self.0.options.publisher))
            }
        }
    }
}

/// Milliseconds since the Unix epoch.
fn millis(time: Timestamp) -> i64 {
    i64::try_from(time.nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX)
}
