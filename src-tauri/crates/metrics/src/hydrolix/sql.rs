//! The queries. Their text is made of the templates here and of checked names; values travel as typed
//! parameters.
//!
//! Events that came twice are joined first (`r_…`, by session and sequence number), then sessions are
//! made of them (`s_…`), as the fold over local events does. Whole numbers come back; what is shown
//! is computed from them in one place for both.

use jiff::Timestamp;
use uuid::Uuid;

use super::columns::{Columns, Name, TableName};
use super::summaries::SummaryTable;
use crate::audience::Span;
use crate::playing::WATCHED;
use crate::retention::LONGEST_MS;

/// The latest time that is asked for, in milliseconds: the end of the year 2199.
const LATEST_MS: i64 = 7_258_118_399_999;

/// What comes out of a summary table. The names of its columns are the user's, and in ClickHouse a
/// name given to a result stands for it everywhere in the query; so results are named twice.
const SUMMARY: &str = "s_views AS views, s_plays AS plays, s_scans AS scans, s_watch AS watch_ms";

/// The text of a query and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// What it is for, in a comment that operators of the cluster see.
    pub(crate) purpose: &'static str,
    pub(crate) text: String,
    pub(crate) params: Vec<(&'static str, String)>,
}

/// What is wanted of events that are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    At,
    Began,
    Failed,
    Scan,
    Watch,
    Total,
    Position,
    Length,
    Delay,
    Stalled,
    Device,
    Code,
}

/// Queries over one table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queries<'c> {
    pub(crate) table: &'c TableName,
    pub(crate) columns: &'c Columns,
}

impl Queries<'_> {
    pub(crate) fn overview(self, video: Uuid, span: Span) -> Statement {
        use Part::{Began, Delay, Device, Failed, Length, Position, Scan, Stalled, Total, Watch};
        let parts = [
            Began, Failed, Scan, Watch, Total, Position, Length, Delay, Stalled, Device,
        ];
        let reached = |percent: u8| {
            format!(
                "countIf(s_length > 0 AND s_far > 0 \
                 AND toUInt128(s_far) * 100 >= toUInt128(s_length) * {percent})"
            )
        };
        let text = format!(
            "SELECT count() AS sessions, countIf(s_viewed) AS views, countIf(s_played) AS plays, \
             countIf(tupleElement(s_device, 1) IN ('mobile', 'tablet')) AS mobile, \
             sum(s_scans) AS scans, sum(s_watch) AS watch_ms, sum(s_stalled) AS stalled_ms, \
             countIf(s_failed) AS failed, countIf(s_viewed AND NOT s_played) AS unplayed, \
             countIf(s_delay IS NOT NULL) AS delays, \
             quantileExactIf(0.5)(assumeNotNull(s_delay), s_delay IS NOT NULL) AS startup_p50_ms, \
             quantileExactIf(0.95)(assumeNotNull(s_delay), s_delay IS NOT NULL) AS startup_p95_ms, \
             countIf(s_length > 0 AND s_far > 0) AS started, {} AS quarter, {} AS half, \
             {} AS three_quarters, {} AS complete FROM ({})",
            reached(25),
            reached(50),
            reached(75),
            reached(95),
            self.sessions(&parts, false)
        );
        self.about("overview", text, video, span)
    }

    /// `bucket` is the step's number.
    pub(crate) fn series(self, video: Uuid, span: Span, step_ms: i64) -> Statement {
        let rows = self.rows(&[Part::At, Part::Began, Part::Scan, Part::Watch], false);
        let text = format!(
            "SELECT intDiv(tupleElement(p, 1) - {{from_ms:Int64}}, {{step_ms:Int64}}) AS bucket, \
             sum(tupleElement(p, 2)) AS views, sum(tupleElement(p, 3)) AS scans, \
             sum(tupleElement(p, 4)) AS watch_ms FROM (SELECT arrayJoin(arrayConcat(\
             if(max(r_began) > 0, [(minIf(r_at, r_began > 0), toUInt64(1), toUInt64(0), toUInt64(0))], []), \
             groupArrayIf((r_at, toUInt64(0), toUInt64(r_scan), ifNull(r_watch, toUInt64(0))), \
             r_scan > 0 OR ifNull(r_watch, 0) > 0))) AS p FROM ({rows}) GROUP BY r_sid) \
             GROUP BY bucket ORDER BY bucket"
        );
        let mut statement = self.about("series", text, video, span);
        statement.params.push(("from_ms", span.from_ms.to_string()));
        statement.params.push(("step_ms", step_ms.to_string()));
        statement
    }

    /// Bucket 0 counts the sessions that watched anything; bucket `n + 1` is the `n`-th of the media.
    pub(crate) fn retention(self, video: Uuid, span: Span, bucket_ms: u64) -> Statement {
        let rows = self.rows(&[Part::Watch, Part::Position], false);
        let far = format!("toInt64(least(assumeNotNull(r_pos), {LONGEST_MS}))");
        let seen = format!("toInt64(least(assumeNotNull(r_watch), {LONGEST_MS}))");
        let text = format!(
            "SELECT bucket, uniqExact(r_sid) AS sessions, count() AS plays FROM (\
             SELECT r_sid, arrayJoin(arrayPushFront(range(\
             toUInt32(intDiv(greatest({far} - {seen}, 0), {{bucket_ms:Int64}}) + 1), \
             toUInt32(intDiv({far} + {{bucket_ms:Int64}} - 1, {{bucket_ms:Int64}}) + 1)), 0)) AS bucket \
             FROM ({rows}) WHERE ifNull(r_watch, 0) > 0 AND r_pos IS NOT NULL) \
             GROUP BY bucket ORDER BY bucket"
        );
        let mut statement = self.about("retention", text, video, span);
        statement.params.push(("bucket_ms", bucket_ms.to_string()));
        statement
    }

    pub(crate) fn placements(self, video: Uuid, span: Span) -> Statement {
        use Part::{Code, Delay, Scan, Total, Watch};
        let sessions = self.sessions(&[Scan, Watch, Total, Delay, Code], false);
        let text = format!(
            "SELECT tupleElement(s_code, 1) AS short_id, tupleElement(s_code, 2) AS placement, \
             count() AS sessions, sum(s_scans) AS scans, countIf(s_played) AS plays, \
             sum(s_watch) AS watch_ms, countIf(s_scans > 0) AS scanned, \
             countIf(s_scans > 0 AND s_played) AS scanned_plays FROM ({sessions}) \
             WHERE tupleElement(s_code, 1) != '' GROUP BY short_id, placement"
        );
        self.about("placements", text, video, span)
    }

    pub(crate) fn devices(self, video: Uuid, span: Span) -> Statement {
        let sessions = self.plain_sessions(&format!("max({}) AS s_device", self.device()));
        let text = format!(
            "SELECT tupleElement(s_device, 1) AS device_type, tupleElement(s_device, 2) AS os, \
             tupleElement(s_device, 3) AS browser, count() AS sessions FROM ({sessions}) \
             GROUP BY device_type, os, browser"
        );
        self.about("devices", text, video, span)
    }

    pub(crate) fn countries(self, video: Uuid, span: Span) -> Statement {
        let country = text_of(self.columns.country.as_ref());
        let sessions = self.plain_sessions(&format!("max({country}) AS s_country"));
        let text = format!(
            "SELECT s_country AS name, count() AS sessions FROM ({sessions}) GROUP BY name"
        );
        self.about("countries", text, video, span)
    }

    /// Sessions that play, by compilation. What was received `{since}` or later counts.
    pub(crate) fn playing(self, videos: &[Uuid], span: Span, since_ms: i64) -> Statement {
        let (session, video) = (self.columns.session.quoted(), self.columns.video.quoted());
        let state = text_of(self.columns.state.as_ref());
        let received = self.columns.received.as_ref().unwrap_or(&self.columns.ts);
        let text = format!(
            "SELECT s_video AS video, countIf(tupleElement(s_last, 3) IN ('{}') \
             AND s_received >= {{since_ms:Int64}}) AS sessions FROM (\
             SELECT toString({video}) AS s_video, toString({session}) AS s_sid, \
             maxIf(({}, {}, {state}), {state} != '') AS s_last, max({}) AS s_received \
             FROM {} WHERE {} GROUP BY s_video, s_sid) GROUP BY video",
            WATCHED.join("', '"),
            self.seq(),
            millis(&self.columns.ts),
            nullable_millis(received),
            self.table.quoted(),
            self.filter(true),
        );
        let mut statement = self.among("now playing", text, videos, span);
        statement.params.push(("since_ms", since_ms.to_string()));
        statement
    }

    pub(crate) fn library(self, videos: &[Uuid], span: Span) -> Statement {
        use Part::{Began, Delay, Scan, Total, Watch};
        let sessions = self.sessions(&[Began, Scan, Watch, Total, Delay], true);
        let text = format!(
            "SELECT r_video AS video, countIf(s_viewed) AS views, countIf(s_played) AS plays, \
             sum(s_watch) AS watch_ms, sum(s_scans) AS scans FROM ({sessions}) GROUP BY video"
        );
        self.among("library", text, videos, span)
    }

    /// The columns the table has and their types.
    pub(crate) fn describe(self) -> Statement {
        Statement {
            purpose: "describe",
            text: format!("DESCRIBE TABLE {} FORMAT JSONCompact", self.table.quoted()),
            params: Vec::new(),
        }
    }

    fn about(self, purpose: &'static str, text: String, video: Uuid, span: Span) -> Statement {
        let video = ("vid", video.to_string());
        finished(purpose, text, video, span)
    }

    fn among(self, purpose: &'static str, text: String, videos: &[Uuid], span: Span) -> Statement {
        finished(purpose, text, ("vids", array(videos)), span)
    }

    fn filter(self, many: bool) -> String {
        let wanted = if many {
            "IN {vids:Array(String)}"
        } else {
            "= {vid:String}"
        };
        format!(
            "{} AND {} {wanted} AND {} != ''",
            in_span(&self.columns.ts),
            self.columns.video.quoted(),
            self.columns.session.quoted()
        )
    }

    fn plain_sessions(self, wanted: &str) -> String {
        format!(
            "SELECT {wanted} FROM {} WHERE {} GROUP BY {}",
            self.table.quoted(),
            self.filter(false),
            self.columns.session.quoted()
        )
    }

    /// One row for each event, however often it came.
    fn rows(self, parts: &[Part], many: bool) -> String {
        let mut wanted = vec![
            format!("toString({}) AS r_sid", self.columns.session.quoted()),
            format!("{} AS r_seq", self.seq()),
        ];
        let mut group = "r_sid, r_seq";
        if many {
            wanted.push(format!(
                "toString({}) AS r_video",
                self.columns.video.quoted()
            ));
            group = "r_video, r_sid, r_seq";
        }
        wanted.extend(parts.iter().map(|part| self.part(*part)));
        format!(
            "SELECT {} FROM {} WHERE {} GROUP BY {group}",
            wanted.join(", "),
            self.table.quoted(),
            self.filter(many),
        )
    }

    fn part(self, part: Part) -> String {
        let columns = self.columns;
        let event = text_of(columns.event.as_ref());
        match part {
            Part::At => format!("min({}) AS r_at", millis(&columns.ts)),
            // A table of requests: a session is viewed from its first one.
            Part::Began if columns.event.is_none() || columns.state.is_none() => {
                "max(toUInt8(1)) AS r_began".to_owned()
            }
            Part::Began => {
                let state = text_of(columns.state.as_ref());
                format!("max({event} = 'ps' AND {state} = 's') AS r_began")
            }
            Part::Failed => format!("max({event} = 'e') AS r_failed"),
            Part::Scan => format!(
                "max(ifNull({}, 0) > 0) AS r_scan",
                number_of(columns.qr_scan.as_ref())
            ),
            Part::Watch => format!("max({}) AS r_watch", number_of(columns.watch_ms.as_ref())),
            Part::Total => format!(
                "max({}) AS r_total",
                number_of(columns.watch_total_ms.as_ref())
            ),
            Part::Position => format!("max({}) AS r_pos", number_of(columns.pos_ms.as_ref())),
            Part::Length => format!("max({}) AS r_length", number_of(columns.dur_ms.as_ref())),
            Part::Delay => format!("min({}) AS r_delay", number_of(columns.msd_ms.as_ref())),
            Part::Stalled => format!("max({}) AS r_stalled", number_of(columns.bsd_ms.as_ref())),
            Part::Device => format!("max({}) AS r_device", self.device()),
            Part::Code => {
                let (code, place) = (
                    text_of(columns.short_id.as_ref()),
                    text_of(columns.placement.as_ref()),
                );
                format!("maxIf(({code}, {place}), {code} != '') AS r_code")
            }
        }
    }

    /// One row for each session.
    fn sessions(self, parts: &[Part], many: bool) -> String {
        let mut wanted: Vec<&str> = parts
            .iter()
            .filter_map(|part| {
                Some(match part {
                    Part::Began => "max(r_began) > 0 AS s_viewed",
                    Part::Failed => "max(r_failed) > 0 AS s_failed",
                    Part::Scan => "sum(r_scan) AS s_scans",
                    Part::Position => "ifNull(max(r_pos), 0) AS s_far",
                    Part::Length => "ifNull(max(r_length), 0) AS s_length",
                    Part::Stalled => "ifNull(sum(r_stalled), 0) AS s_stalled",
                    Part::Device => "max(r_device) AS s_device",
                    Part::Code => "max(r_code) AS s_code",
                    Part::Delay => "min(r_delay) AS s_delay",
                    // The running total outlives lost reports.
                    Part::Total => "coalesce(max(r_total), sum(r_watch), 0) AS s_watch",
                    Part::Watch | Part::At => return None,
                })
            })
            .collect();
        wanted.push(
            "(coalesce(max(r_total), sum(r_watch), 0) > 0 OR min(r_delay) IS NOT NULL) AS s_played",
        );
        let group = if many {
            wanted.push("r_video");
            "r_video, r_sid"
        } else {
            "r_sid"
        };
        let rows = self.rows(parts, many);
        format!(
            "SELECT {} FROM ({rows}) GROUP BY {group}",
            wanted.join(", ")
        )
    }

    fn seq(self) -> String {
        self.columns.seq.as_ref().map_or_else(
            || format!("toUInt64({})", millis(&self.columns.ts)),
            |seq| format!("toUInt64(ifNull({}, 0))", seq.quoted()),
        )
    }

    /// Kind of device, system and browser, empty where unknown.
    fn device(self) -> String {
        let columns = self.columns;
        let kind = match (&columns.device_type, &columns.user_agent) {
            (Some(_), _) => {
                let kind = text_of(columns.device_type.as_ref());
                format!("if({kind} = 'unknown', '', {kind})")
            }
            (None, Some(_)) => kind_of(&text_of(columns.user_agent.as_ref())),
            (None, None) => "''".to_owned(),
        };
        format!(
            "({kind}, {}, {})",
            text_of(columns.os.as_ref()),
            text_of(columns.browser.as_ref())
        )
    }
}

/// The series of a summary table. `bucket` is the step's number.
pub(crate) fn summary_series(
    summary: &SummaryTable,
    video: Uuid,
    span: Span,
    step_ms: i64,
) -> Statement {
    let text = format!(
        "SELECT s_key AS bucket, {SUMMARY} FROM (\
         SELECT intDiv(greatest({} - {{from_ms:Int64}}, 0), {{step_ms:Int64}}) AS s_key, {} \
         FROM {} WHERE {} AND {} = {{vid:String}} GROUP BY s_key) ORDER BY bucket",
        millis(&summary.ts),
        summary.sums(),
        summary.table.quoted(),
        in_span(&summary.ts),
        summary.video.quoted(),
    );
    let video = ("vid", video.to_string());
    let mut statement = finished("series of a summary", text, video, summary.whole(span));
    statement.params.push(("from_ms", span.from_ms.to_string()));
    statement.params.push(("step_ms", step_ms.to_string()));
    statement
}

/// The library of a summary table.
pub(crate) fn summary_library(summary: &SummaryTable, videos: &[Uuid], span: Span) -> Statement {
    let text = format!(
        "SELECT s_key AS video, {SUMMARY} FROM (SELECT toString({}) AS s_key, {} FROM {} \
         WHERE {} AND {} IN {{vids:Array(String)}} GROUP BY s_key)",
        summary.video.quoted(),
        summary.sums(),
        summary.table.quoted(),
        in_span(&summary.ts),
        summary.video.quoted(),
    );
    finished(
        "library of a summary",
        text,
        ("vids", array(videos)),
        summary.whole(span),
    )
}

fn finished(
    purpose: &'static str,
    text: String,
    wanted: (&'static str, String),
    span: Span,
) -> Statement {
    Statement {
        purpose,
        text: format!("{text} FORMAT JSONCompact"),
        params: vec![
            ("from", moment(span.from_ms)),
            ("to", moment(span.to_ms)),
            wanted,
        ],
    }
}

fn in_span(ts: &Name) -> String {
    let ts = ts.quoted();
    format!("{ts} >= {{from:DateTime64(3)}} AND {ts} < {{to:DateTime64(3)}}")
}

/// A time as a server takes it: to the millisecond, without a zone, which is UTC.
fn moment(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms.clamp(0, LATEST_MS)).unwrap_or_default();
    let civil = time.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second(),
        civil.millisecond()
    )
}

fn array(videos: &[Uuid]) -> String {
    let quoted: Vec<String> = videos.iter().map(|video| format!("'{video}'")).collect();
    format!("[{}]", quoted.join(","))
}

fn millis(ts: &Name) -> String {
    format!("toUnixTimestamp64Milli(toDateTime64({}, 3))", ts.quoted())
}

/// Of a time that may be absent.
fn nullable_millis(ts: &Name) -> String {
    format!(
        "toUnixTimestamp64Milli(toDateTime64(ifNull({}, toDateTime64(0, 3)), 3))",
        ts.quoted()
    )
}

fn text_of(column: Option<&Name>) -> String {
    column.map_or_else(
        || "''".to_owned(),
        |column| format!("ifNull(toString({}), '')", column.quoted()),
    )
}

fn number_of(column: Option<&Name>) -> String {
    column.map_or_else(
        || "CAST(NULL, 'Nullable(UInt64)')".to_owned(),
        |column| format!("CAST({}, 'Nullable(UInt64)')", column.quoted()),
    )
}

/// The kind of device that a user agent tells.
fn kind_of(agent: &str) -> String {
    let has = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        format!(
            "multiSearchAnyCaseInsensitive({agent}, [{}]) > 0",
            words.join(", ")
        )
    };
    let television = has(&[
        "smart-tv", "smarttv", "appletv", "googletv", "hbbtv", "web0s", "bravia", "roku", "crkey",
    ]);
    let tablet = has(&["ipad", "tablet", "kindle", "silk/"]);
    let phone = has(&["iphone", "ipod", "mobile"]);
    let android = has(&["android"]);
    let desktop = has(&["windows nt", "macintosh", "x11", "cros"]);
    format!(
        "multiIf({television}, 'tv', {tablet}, 'tablet', {phone}, 'mobile', \
         {android}, 'tablet', {desktop}, 'desktop', '')"
    )
}
