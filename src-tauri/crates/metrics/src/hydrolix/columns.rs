//! Which column of a table holds what: our own table, and those that Hydrolix makes of CDN logs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::MetricsError;

/// No name of a column, table or project is longer.
const NAME_CHARS: usize = 128;

/// The name of a column, of a table or of a project. It may be written into a query: it holds nothing
/// but letters, digits and `_ . : - ( )`, and is always quoted there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// The name itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For a query: in back quotes.
    pub(crate) fn quoted(&self) -> String {
        format!("`{}`", self.0)
    }
}

impl FromStr for Name {
    type Err = MetricsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-' | '(' | ')');
        let begins = text
            .chars()
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if begins && text.len() <= NAME_CHARS && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(MetricsError::Name {
                text: text.chars().take(NAME_CHARS).collect(),
            })
        }
    }
}

impl TryFrom<String> for Name {
    type Error = MetricsError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A table in its project, `project.table`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TableName {
    /// The project.
    pub project: Name,
    /// The table in it.
    pub table: Name,
}

impl TableName {
    pub(crate) fn quoted(&self) -> String {
        format!("{}.{}", self.project.quoted(), self.table.quoted())
    }
}

impl FromStr for TableName {
    type Err = MetricsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = text
            .split_once('.')
            .filter(|(_, table)| !table.contains('.'));
        let (project, table) = names.ok_or_else(|| MetricsError::Table {
            text: text.chars().take(2 * NAME_CHARS).collect(),
        })?;
        Ok(Self {
            project: project.parse()?,
            table: table.parse()?,
        })
    }
}

impl TryFrom<String> for TableName {
    type Error = MetricsError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TableName> for String {
    fn from(name: TableName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.project, self.table)
    }
}

/// Where a table keeps what a view event holds. `None`: it doesn't, and what needs it is said to be
/// unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The primary timestamp: when it happened.
    pub ts: Name,
    /// The playback session.
    pub session: Name,
    /// The compilation.
    pub video: Name,
    /// When the collector received it, a time; by it one knows who plays now.
    pub received: Option<Name>,
    /// The sequence number within the session. Without one, rows of a session with the same time are
    /// one event.
    pub seq: Option<Name>,
    /// CMCD `e`. Without it a session counts as viewed from its first row.
    pub event: Option<Name>,
    /// CMCD `sta`.
    pub state: Option<Name>,
    /// Playhead in milliseconds.
    pub pos_ms: Option<Name>,
    /// Duration of the media in milliseconds.
    pub dur_ms: Option<Name>,
    /// Milliseconds watched since the last report.
    pub watch_ms: Option<Name>,
    /// Milliseconds watched in the session so far.
    pub watch_total_ms: Option<Name>,
    /// Media start delay in milliseconds.
    pub msd_ms: Option<Name>,
    /// Buffer starvation in milliseconds.
    pub bsd_ms: Option<Name>,
    /// The printed code.
    pub short_id: Option<Name>,
    /// Where the code hangs.
    pub placement: Option<Name>,
    /// 1 where a printed code was scanned.
    pub qr_scan: Option<Name>,
    /// `mobile`, `tablet`, `desktop`, `tv`.
    pub device_type: Option<Name>,
    /// Family of the operating system.
    pub os: Option<Name>,
    /// Family of the browser.
    pub browser: Option<Name>,
    /// The raw user agent, from which the kind of device is read where no column tells it.
    pub user_agent: Option<Name>,
    /// The country's code.
    pub country: Option<Name>,
}

/// The column maps that come with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// The table that this program makes: one row per event of the player page.
    Stringout,
    /// What Hydrolix makes of Akamai DataStream 2 with CMCD: one row per request of media.
    Akamai,
    /// What Hydrolix makes of CloudFront's real-time logs with CMCD: one row per request of media.
    CloudFront,
}

impl Columns {
    /// The columns of a preset.
    #[must_use]
    pub fn preset(preset: Preset) -> Self {
        match preset {
            Preset::Stringout => Self::stringout(),
            Preset::Akamai => Self {
                user_agent: some("UA"),
                country: some("country"),
                ..Self::bare("reqTimeSec", "cmcd_session_id", "cmcd_content_id")
            },
            Preset::CloudFront => Self {
                user_agent: some("cs_user_agent"),
                country: some("c_country"),
                ..Self::bare("timestamp", "cmcd_session_id", "cmcd_content_id")
            },
        }
    }

    fn stringout() -> Self {
        Self {
            received: some("recv_ts"),
            seq: some("seq"),
            event: some("event"),
            state: some("state"),
            pos_ms: some("pos_ms"),
            dur_ms: some("dur_ms"),
            watch_ms: some("watch_ms"),
            watch_total_ms: some("watch_total_ms"),
            msd_ms: some("msd_ms"),
            bsd_ms: some("bsd_ms"),
            short_id: some("short_id"),
            placement: some("placement"),
            qr_scan: some("qr_scan"),
            device_type: some("device_type"),
            os: some("os"),
            browser: some("browser"),
            country: some("country"),
            ..Self::bare("ts", "session_id", "video_id")
        }
    }

    fn bare(ts: &str, session: &str, video: &str) -> Self {
        let name = |name: &str| Name(name.to_owned());
        Self {
            ts: name(ts),
            session: name(session),
            video: name(video),
            received: None,
            seq: None,
            event: None,
            state: None,
            pos_ms: None,
            dur_ms: None,
            watch_ms: None,
            watch_total_ms: None,
            msd_ms: None,
            bsd_ms: None,
            short_id: None,
            placement: None,
            qr_scan: None,
            device_type: None,
            os: None,
            browser: None,
            user_agent: None,
            country: None,
        }
    }
}

fn some(name: &str) -> Option<Name> {
    Some(Name(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_nothing_that_ends_a_quote() {
        for good in ["ts", "_x", "cmcd.sid", "a-b", "Ab9:c", "sum(x)"] {
            assert_eq!(good.parse::<Name>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "9a",
            "a b",
            "a`",
            "a;",
            "a'",
            "a\\",
            "ä",
            "a\0",
            ".a",
            &"a".repeat(129),
        ] {
            bad.parse::<Name>().unwrap_err();
        }
        assert_eq!("a-b".parse::<Name>().unwrap().quoted(), "`a-b`");
    }

    #[test]
    fn a_table_has_a_project() {
        let table: TableName = "vod.cmcd-events".parse().unwrap();
        assert_eq!(table.quoted(), "`vod`.`cmcd-events`");
        assert_eq!(table.to_string(), "vod.cmcd-events");
        for bad in ["events", "a.b.c", ".b", "a.", "a. b"] {
            bad.parse::<TableName>().unwrap_err();
        }
    }

    #[test]
    fn presets_are_all_valid_names() {
        for preset in [Preset::Stringout, Preset::Akamai, Preset::CloudFront] {
            let columns = Columns::preset(preset);
            let json = serde_json::to_value(&columns).unwrap();
            assert_eq!(serde_json::from_value::<Columns>(json).unwrap(), columns);
        }
        let wrong = serde_json::json!({"ts": "a`b", "session": "s", "video": "v"});
        serde_json::from_value::<Columns>(wrong).unwrap_err();
    }
}
