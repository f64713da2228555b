//! What viewers did: views, watch time, mobile share and scans from view events.
//!
//! An [`Audience`] is asked a [`Query`]: [`LocalViews`] answers from the collector's store on this
//! computer, [`hydrolix::Hydrolix`] from a table in Hydrolix. The numbers mean the same, whichever
//! answers:
//!
//! | number | definition |
//! |---|---|
//! | session views | sessions that began to play (`e=ps`, `sta=s`) |
//! | plays | sessions in which pictures moved (watched more than nothing, or a start delay was measured) |
//! | watch time | per session its largest running total, else the sum of its reports |
//! | mobile share | sessions from phones and tablets among all sessions |
//! | scans | `qr-scan` events, each once |
//! | completion | sessions by the furthest position they reached |
//! | scan to play | of the sessions that scanned a code, those in which pictures moved |
//! | retention | sessions by the parts of the media that their reports say were watched |
//! | startup | per session its start delay; of *n* sorted ones the one with index ⌊*n*·p⌋ |
//! | rebuffering | starvation in percent of starvation and watch time |
//!
//! # Example
//!
//! ```
//! # use std::sync::Arc;
//! # use mediatime::{FixedClock, Timestamp};
//! # use metrics::{Answer, Audience, LocalViews, Query, Span, Views, ViewsError, parse_range};
//! # use tokio_util::sync::CancellationToken;
//! # struct Empty;
//! # impl Views for Empty {
//! #     fn events(&self, _: uuid::Uuid, _: i64, _: i64) -> Result<Vec<record::ViewEvent>, ViewsError> {
//! #         Ok(Vec::new())
//! #     }
//! # }
//! # let clock = Arc::new(FixedClock::new(Timestamp::ZERO));
//! # let (store, video, now_ms) = (Arc::new(Empty), uuid::Uuid::nil(), 1_800_000_000_000);
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let audience: Box<dyn Audience> = Box::new(LocalViews::new(store, clock));
//! let span = Span::until(parse_range("24h")?, now_ms);
//! let query = Query::Overview { video, span };
//! let reply = audience.ask(&query, &CancellationToken::new()).await?;
//! if let Answer::Overview(overview) = reply.answer {
//!     assert_eq!(overview.summary.session_views, Some(0));
//!     assert_eq!(overview.summary.mobile_percent, None);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Invariants
//!
//! - Unknown is `None`, never 0: what could not be read has no number, and a share of nothing has
//!   none either. What a table has no column for is `None` and is listed in [`Reply::cannot`].
//! - The order in which events arrived, and how often, changes no number: an event is identified by
//!   its session and sequence number.
//! - No row of a table tells of fewer than [`FEWEST_SESSIONS`] sessions.
//! - Nothing a user or a server said becomes part of a query's text: values travel as typed
//!   parameters, names of columns and tables are checked when they are read.

#![deny(missing_docs)]

mod audience;
mod compare;
mod error;
pub mod hydrolix;
mod local;
mod playing;
mod privacy;
mod range;
mod retention;
mod sessions;
mod summary;
mod tables;
mod tally;
mod views;

pub use audience::{
    Answer, AskError, Audience, Breakdown, CountryFigures, DeviceFigures, Lack, LibraryRow,
    MOST_VIDEOS, PlacementFigures, Playing, Query, Reply, SeriesPoint, Span,
};
pub use compare::{Change, change, sparkline};
pub use error::MetricsError;
pub use local::LocalViews;
pub use privacy::{FEWEST_SESSIONS, Hidden};
pub use range::{Range, parse_range};
pub use retention::{Retention, RetentionPoint, retention_bucket_ms};
pub use summary::{Completion, Summary, summarise};
pub use tables::{PlacementRow, Point, by_placement, series};
pub use tally::Overview;
pub use views::{CLOCK_ERROR_MS, Views, ViewsError, query};
