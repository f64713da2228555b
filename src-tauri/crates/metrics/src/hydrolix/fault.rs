//! What went wrong between us and a cluster, by what it said: it answers 400 to almost everything.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

/// More of a server's message than this helps nobody.
const DETAIL_CHARS: usize = 200;

/// Why a cluster did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The credentials are wrong, or no longer valid.
    #[error("Hydrolix does not know these credentials, or no longer: {detail}")]
    SignIn {
        /// What it said.
        detail: String,
    },
    /// It knows who asks, and refuses.
    #[error("Hydrolix does not allow this: {detail}")]
    Forbidden {
        /// What it said.
        detail: String,
    },
    /// No connection comes about, and nothing says why: a wall between, or the cluster's own list.
    #[error("{host} can't be reached, or the address of this computer is not on its allow-list")]
    Blocked {
        /// Where it was tried.
        host: String,
    },
    /// No connection comes about.
    #[error("{host} can't be reached: {why}")]
    Offline {
        /// Where it was tried.
        host: String,
        /// Why.
        why: String,
    },
    /// The connection ended before the answer did.
    #[error("the connection to {host} was cut")]
    Cut {
        /// To where.
        host: String,
    },
    /// The query took too long.
    #[error("the query took too long; a shorter range or longer steps are faster")]
    Slow,
    /// The cluster allows no range as long.
    #[error("the cluster allows no range as long as this{}", most(*.most_seconds))]
    Range {
        /// The longest, where it says so.
        most_seconds: Option<u64>,
    },
    /// The query needs more than one of the cluster's limits, or one of ours, allows.
    #[error("the query is over a limit: {detail}")]
    Limit {
        /// Which one.
        detail: String,
    },
    /// The cluster has no room for the query at the moment.
    #[error("the cluster is busy: {detail}")]
    Busy {
        /// What it said.
        detail: String,
        /// When it wants to be asked again.
        after: Option<Duration>,
    },
    /// There is no such table or project.
    #[error("there is no table {table}: {detail}")]
    NoTable {
        /// As configured.
        table: String,
        /// What it said.
        detail: String,
    },
    /// The table has no such column, or one of another type.
    #[error("the columns of {table} are not as configured: {detail}")]
    Columns {
        /// As configured.
        table: String,
        /// What it said.
        detail: String,
    },
    /// The cluster is too old for queries with parameters.
    #[error("this cluster has version {found}; queries need 5.11 or later")]
    TooOld {
        /// Its version.
        found: String,
    },
    /// What it was sent is refused and will always be.
    #[error("Hydrolix refuses what it was sent: {detail}")]
    Refused {
        /// What it said.
        detail: String,
    },
    /// It was sent too much at once.
    #[error("Hydrolix takes less at once")]
    TooLarge,
    /// It failed.
    #[error("Hydrolix failed ({status}): {detail}")]
    Server {
        /// The HTTP status.
        status: u16,
        /// What it said.
        detail: String,
    },
    /// What came is no answer of Hydrolix.
    #[error("this is no answer of Hydrolix: {detail}")]
    BadAnswer {
        /// What is wrong with it.
        detail: String,
    },
    /// It was cancelled.
    #[error("cancelled")]
    Cancelled,
}

fn most(seconds: Option<u64>) -> String {
    seconds.map_or_else(String::new, |seconds| {
        format!("; the longest is {seconds} s")
    })
}

/// What a panel shows when there are no numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PanelState {
    /// There are no settings.
    NotConfigured,
    /// Sign in again.
    SignIn,
    /// The host is not reachable from here, or refuses who asks.
    Blocked,
    /// No network.
    Offline,
    /// Narrow the range.
    TooSlow,
    /// The table, or a column of it, is not there.
    TableMissing,
    /// A limit is in the way.
    OverLimits,
    /// Try again later.
    Busy,
    /// Something is wrong that the user can't mend.
    ServerError,
}

impl Fault {
    /// What the panel shows.
    #[must_use]
    pub const fn state(&self) -> PanelState {
        match self {
            Self::SignIn { .. } => PanelState::SignIn,
            Self::Forbidden { .. } | Self::Blocked { .. } => PanelState::Blocked,
            Self::Offline { .. } | Self::Cut { .. } | Self::Cancelled => PanelState::Offline,
            Self::Slow => PanelState::TooSlow,
            Self::NoTable { .. } | Self::Columns { .. } => PanelState::TableMissing,
            Self::Range { .. } | Self::Limit { .. } | Self::TooLarge => PanelState::OverLimits,
            Self::Busy { .. } => PanelState::Busy,
            Self::TooOld { .. }
            | Self::Refused { .. }
            | Self::Server { .. }
            | Self::BadAnswer { .. } => PanelState::ServerError,
        }
    }

    /// What the user can do; empty when nothing.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "Sign in again, or put in a new token.",
            Self::Forbidden { .. } => "Ask for a role that may read this table.",
            Self::Blocked { .. } => {
                "Check the address, and ask whether this computer's IP address is on the allow-list."
            }
            Self::Offline { .. } | Self::Cut { .. } => "Check the address and the network.",
            Self::Slow => "Choose a shorter range.",
            Self::Range { .. } => "Choose a shorter range.",
            Self::Limit { .. } => "Choose a shorter range, or configure summary tables.",
            Self::Busy { .. } => "It is asked again by and by.",
            Self::NoTable { .. } => "Check project.table in the settings, or create the table.",
            Self::Columns { .. } => "Check the column map in the settings.",
            Self::TooOld { .. } => "Have the cluster updated.",
            Self::TooLarge
            | Self::Refused { .. }
            | Self::Server { .. }
            | Self::BadAnswer { .. }
            | Self::Cancelled => "",
        }
    }

    /// The same request may succeed in a moment.
    #[must_use]
    pub const fn passes(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Cut { .. })
    }
}

/// Reads what a cluster says where it does not answer. `table` is the one that was asked.
pub(crate) fn classify(status: u16, body: &[u8], table: &str, after: Option<Duration>) -> Fault {
    let said = message(body);
    let detail = shown(&said);
    let has = |words: &str| said.contains(words);
    let busy = |detail| Fault::Busy { detail, after };
    let (table, limit) = (table.to_owned(), |detail| Fault::Limit { detail });
    if has("hdx_query_timerange_required") {
        // A query of ours without a filter on the primary timestamp.
        return Fault::Refused { detail };
    }
    if has("Maximum time range exceeded") {
        return Fault::Range {
            most_seconds: number_after(&said, "maximum is"),
        };
    }
    if has("no authentication token provided") {
        return Fault::SignIn { detail };
    }
    if has("Maximum number of partitions") || has("Maximum number of rows") {
        return limit(detail);
    }
    if has("No peers available")
        || (has("Pool name") && has("does not exist"))
        || (has("CatalogError") && has("timeout"))
    {
        return busy(detail);
    }
    match number_after(&said, "Code:") {
        Some(192..=195 | 516) => return Fault::SignIn { detail },
        Some(497) => return Fault::Forbidden { detail },
        Some(159 | 160) => return Fault::Slow,
        Some(158 | 161 | 241 | 307 | 396) => return limit(detail),
        Some(202 | 209 | 210 | 279) => return busy(detail),
        Some(60 | 81) => return Fault::NoTable { table, detail },
        Some(10 | 16 | 43 | 47 | 53 | 70) => return Fault::Columns { table, detail },
        _ => {}
    }
    if has("AUTHENTICATION_FAILED") {
        return Fault::SignIn { detail };
    }
    let missing = has("doesn't exist") || has("does not exist");
    if missing && (has("Database") || has("Table") || has("table")) || has("Table _local.") {
        return Fault::NoTable { table, detail };
    }
    match status {
        401 => Fault::SignIn { detail },
        403 => Fault::Forbidden { detail },
        408 | 429 | 502..=504 => busy(detail),
        413 => Fault::TooLarge,
        300..=399 | 404 => Fault::BadAnswer {
            detail: format!("status {status}"),
        },
        400..=499 => Fault::Refused { detail },
        _ => Fault::Server { status, detail },
    }
}

/// The text of an error, without the query it repeats.
fn message(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..body.len().min(64 << 10)).unwrap_or(body));
    if let Ok(Value::Object(fields)) = serde_json::from_str(&text) {
        let field = |name| fields.get(name).and_then(Value::as_str);
        let said = ["error", "detail", "message", "exception"];
        return said
            .into_iter()
            .find_map(field)
            .unwrap_or_default()
            .to_owned();
    }
    if text.trim_start().starts_with('<') {
        return "(a page of HTML)".to_owned();
    }
    text.into_owned()
}

/// As it may be shown: one short line without the query, which holds values.
pub(crate) fn shown(said: &str) -> String {
    let end = ["In scope", ": While executing", "(query:", "SELECT "]
        .into_iter()
        .filter_map(|mark| said.find(mark))
        .min()
        .unwrap_or(said.len());
    let line: Vec<&str> = said
        .get(..end)
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let line = line.join(" ");
    if line.chars().nth(DETAIL_CHARS).is_none() {
        return line;
    }
    line.chars().take(DETAIL_CHARS).chain(['…']).collect()
}

/// The number that follows `mark`.
fn number_after(said: &str, mark: &str) -> Option<u64> {
    let (_, behind) = said.split_once(mark)?;
    let behind = behind.trim_start();
    let digits = behind
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(behind.len());
    behind.get(..digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(status: u16, body: &str) -> PanelState {
        classify(status, body.as_bytes(), "p.t", None).state()
    }

    #[test]
    fn every_row_of_the_table_of_errors() {
        use PanelState::{Blocked, Busy, OverLimits, ServerError, SignIn, TableMissing, TooSlow};
        for (status, body, expected) in [
            (
                400,
                r#"{"error":"Code: 516. DB::Exception: u: Authentication failed. (AUTHENTICATION_FAILED)","query":"SELECT 1"}"#,
                SignIn,
            ),
            (
                400,
                r#"{"error":"ContextError no authentication token provided"}"#,
                SignIn,
            ),
            (401, r#"{"detail":"Token has expired"}"#, SignIn),
            (
                400,
                r#"{"error":"hdx_query_timerange_required is set to true"}"#,
                ServerError,
            ),
            (
                400,
                r#"{"error":"Maximum time range exceeded: 9 s (maximum is 2764800)"}"#,
                OverLimits,
            ),
            (
                400,
                r#"{"error":"Code: 159. DB::Exception: Timeout exceeded: elapsed 20.1 seconds"}"#,
                TooSlow,
            ),
            (
                400,
                r#"{"error":"Code: 241. DB::Exception: Memory limit (total) exceeded"}"#,
                OverLimits,
            ),
            (
                400,
                r#"{"error":"Code: 396. DB::Exception: Limit for result exceeded, max rows: 20.00 thousand"}"#,
                OverLimits,
            ),
            (
                400,
                r#"{"error":"Code: 161. DB::Exception: Limit for number of columns to read exceeded"}"#,
                OverLimits,
            ),
            (
                400,
                r#"{"error":"Maximum number of partitions exceeded"}"#,
                OverLimits,
            ),
            (
                400,
                r#"{"error":"Maximum number of rows exceeded"}"#,
                OverLimits,
            ),
            (400, r#"{"error":"No peers available in pool q"}"#, Busy),
            (400, r#"{"error":"Pool name q does not exist"}"#, Busy),
            (
                500,
                r#"{"error":"CatalogError: canceling statement due to statement timeout"}"#,
                Busy,
            ),
            (
                400,
                r#"{"error":"Database vod doesn't exist"}"#,
                TableMissing,
            ),
            (
                400,
                r#"{"error":"Code: 60. DB::Exception: Table _local.t does not exist"}"#,
                TableMissing,
            ),
            (
                400,
                r#"{"error":"Code: 47. DB::Exception: Unknown identifier `x`"}"#,
                TableMissing,
            ),
            (403, r#"{"error":"forbidden"}"#, Blocked),
            (429, "", Busy),
            (503, "<html>", Busy),
            (500, "boom", ServerError),
            (404, "<html>", ServerError),
            (302, "", ServerError),
            (400, "", ServerError),
            (413, "", OverLimits),
        ] {
            assert_eq!(state(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn the_longest_range_is_read() {
        let fault = |body: &str| classify(400, body.as_bytes(), "p.t", None);
        let range = |most_seconds| Fault::Range { most_seconds };
        assert_eq!(
            fault("Maximum time range exceeded (maximum is 3600)"),
            range(Some(3_600))
        );
        assert_eq!(fault("Maximum time range exceeded"), range(None));
        let shown = range(Some(3_600)).to_string();
        assert!(shown.ends_with("the longest is 3600 s"), "{shown}");
    }

    #[test]
    fn only_what_passes_is_tried_again() {
        let passes = |status, body: &str| classify(status, body.as_bytes(), "p.t", None).passes();
        assert!(passes(503, "") && passes(429, "") && passes(400, "No peers available"));
        assert!(!passes(400, "Code: 516. x") && !passes(500, "") && !passes(400, "Code: 159. x"));
    }

    #[test]
    fn queries_are_not_repeated_to_the_user() {
        let body = r#"{"error":"Code: 47. DB::Exception: Unknown identifier `x` In scope SELECT x WHERE v = 'secret'","query":"SELECT 'secret'"}"#;
        let fault = classify(400, body.as_bytes(), "p.t", None);
        assert!(!format!("{fault} {fault:?}").contains("secret"));
        let long = classify(500, "x".repeat(9_000).as_bytes(), "p.t", None).to_string();
        assert!(long.chars().count() < 300);
        assert!(
            classify(500, &[0xff, 0xfe], "p.t", None)
                .to_string()
                .contains("500")
        );
    }
}
