//! The table for events: what it looks like, made through the cluster's configuration where that is
//! allowed, else as text to paste.

use std::fmt::Write;

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use http_body_util::Full;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::auth::unsendable;
use super::client::{Hydrolix, get};
use super::columns::{Name, TableName};
use super::fault::{Fault, classify};
use super::summaries::{Step, SummaryTable};

/// What the transform is called where the settings name none.
pub const TRANSFORM: &str = "stringout_events";
/// So many pages of a list are read.
const PAGES: u32 = 20;

/// Columns of text, of small numbers and of large ones.
const TEXTS: [&str; 12] = [
    "event",
    "state",
    "cen",
    "session_id",
    "video_id",
    "error_code",
    "src",
    "short_id",
    "placement",
    "device_type",
    "os",
    "browser",
];
const FLAGS: [&str; 3] = ["bg", "qr_scan", "cmcd_version"];
const NUMBERS: [&str; 7] = [
    "seq",
    "pos_ms",
    "dur_ms",
    "watch_ms",
    "watch_total_ms",
    "msd_ms",
    "bsd_ms",
];

/// What was made, and what was there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
    /// The project was made.
    pub project: bool,
    /// The table was made.
    pub table: bool,
    /// The transform was made.
    pub transform: bool,
}

/// The transform of the table of events, as the configuration takes it.
#[must_use]
pub fn transform(name: &str) -> Value {
    let column = |name: &str, datatype: Value| json!({"name": name, "datatype": datatype});
    let time = |primary: bool| json!({"type": "epoch", "primary": primary, "format": "ms", "resolution": "ms"});
    let mut columns = vec![column("ts", time(true)), column("recv_ts", time(false))];
    columns.extend(TEXTS.map(|name| column(name, json!({"type": "string"}))));
    columns.push(column("country", json!({"type": "string"})));
    columns.extend(FLAGS.map(|name| column(name, json!({"type": "uint8"}))));
    columns.extend(NUMBERS.map(|name| column(name, json!({"type": "uint64"}))));
    json!({
        "name": name,
        "type": "json",
        "description": "What player pages reported, one row per event; nothing in it names a person.",
        "settings": {
            "is_default": true,
            "compression": "none",
            "null_values": [""],
            "format_details": {"flattening": {"active": false}},
            "output_columns": columns,
        },
    })
}

/// The SQL of a summary table over the table of events, for long ranges. Sessions and scans in it are
/// counted approximately; an event that arrived twice counts twice in the time watched.
#[must_use]
pub fn summary_sql(table: &TableName, step: Step) -> String {
    let start = match step {
        Step::Minute => "toStartOfMinute",
        Step::Hour => "toStartOfHour",
        Step::Day => "toStartOfDay",
    };
    format!(
        "SELECT {start}(ts) AS bucket, video_id, uniq(view), uniq(play), uniq(scan), sum(watch_ms) \
         FROM (SELECT ts, video_id, watch_ms, \
         if(event = 'ps' AND state = 's', session_id, NULL) AS view, \
         if(watch_ms > 0 OR watch_total_ms > 0 OR msd_ms IS NOT NULL, session_id, NULL) AS play, \
         if(qr_scan > 0, concat(session_id, '/', toString(seq)), NULL) AS scan FROM {}) \
         GROUP BY bucket, video_id SETTINGS hdx_primary_key = 'bucket'",
        table.quoted()
    )
}

/// The settings of a summary table that was made by [`summary_sql`].
///
/// # Errors
///
/// Never for the names here.
pub fn summary_table(table: TableName, step: Step) -> Result<SummaryTable, crate::MetricsError> {
    let name = |text: &str| text.parse::<Name>();
    Ok(SummaryTable {
        table,
        step,
        ts: name("bucket")?,
        video: name("video_id")?,
        views: name("uniq(view)")?,
        plays: Some(name("uniq(play)")?),
        scans: Some(name("uniq(scan)")?),
        watch_ms: Some(name("sum(watch_ms)")?),
    })
}

/// What to do by hand where the configuration may not be changed from here.
#[must_use]
pub fn to_paste(table: &TableName, transform_name: Option<&str>) -> String {
    let transform = transform(transform_name.unwrap_or(TRANSFORM));
    let mut text = String::new();
    let pretty = serde_json::to_string_pretty(&transform).unwrap_or_default();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "1. Make the project `{}`, if there is none.",
        table.project
    );
    let _ = writeln!(text, "2. Make the table `{}` in it.", table.table);
    let _ = writeln!(text, "3. Add this transform to the table:\n\n{pretty}\n");
    let _ = writeln!(
        text,
        "4. For ranges of months, make a summary table by the hour and one by the day:\n\n{}\n\n{}",
        summary_sql(table, Step::Hour),
        summary_sql(table, Step::Day)
    );
    text
}

impl Hydrolix {
    /// Makes the project, the table and the transform that are not there yet.
    ///
    /// # Errors
    ///
    /// [`Fault::Forbidden`] and [`Fault::SignIn`] when these credentials may not: then [`to_paste`]
    /// tells what somebody else can do.
    pub async fn create_table(&self, cancel: &CancellationToken) -> Result<Created, Fault> {
        let name = &self.config.table;
        let orgs = self.config.base.at("config/v1/orgs/");
        let org = match self.organisation().await? {
            Some(org) => org,
            None => self
                .first(&orgs, cancel)
                .await?
                .ok_or_else(|| Fault::Forbidden {
                    detail: "no organisation is to be seen".to_owned(),
                })?,
        };
        let projects = under(&orgs, &[&org, "projects"]);
        let (project, new_project) = self
            .ensure(&projects, json!({"name": name.project.as_str()}), cancel)
            .await?;
        let tables = under(&projects, &[&project, "tables"]);
        let (table, new_table) = self
            .ensure(&tables, json!({"name": name.table.as_str()}), cancel)
            .await?;
        let transforms = under(&tables, &[&table, "transforms"]);
        let wanted = self.config.ingest.transform.as_deref().unwrap_or(TRANSFORM);
        let (_, new_transform) = self.ensure(&transforms, transform(wanted), cancel).await?;
        Ok(Created {
            project: new_project,
            table: new_table,
            transform: new_transform,
        })
    }

    /// The id of the thing with the name of `wanted` in a list, and whether it was made now.
    async fn ensure(
        &self,
        list: &Url,
        wanted: Value,
        cancel: &CancellationToken,
    ) -> Result<(String, bool), Fault> {
        let name = wanted.get("name").and_then(Value::as_str);
        if let Some(id) = self.find(list, name, cancel).await? {
            return Ok((id, false));
        }
        let body = Bytes::from(wanted.to_string());
        let request = || {
            Request::post(list.as_str())
                .header(CONTENT_TYPE, "application/json")
                .body(Full::new(body.clone()))
                .map_err(unsendable)
        };
        let made = self.configure(&request, cancel).await?;
        let id = made.get("uuid").and_then(Value::as_str);
        let id = id.ok_or_else(|| no_list("what was made has no uuid"))?;
        Ok((id.to_owned(), true))
    }

    async fn first(&self, list: &Url, cancel: &CancellationToken) -> Result<Option<String>, Fault> {
        self.find(list, None, cancel).await
    }

    /// The id of the first thing in a list, or of the first with this name.
    async fn find(
        &self,
        list: &Url,
        name: Option<&str>,
        cancel: &CancellationToken,
    ) -> Result<Option<String>, Fault> {
        for page in 1..=PAGES {
            let mut url = list.clone();
            if page > 1 {
                url.query_pairs_mut().append_pair("page", &page.to_string());
            }
            let answer = self.configure(&|| get(&url), cancel).await?;
            let things = match &answer {
                Value::Array(things) => things,
                other => other
                    .get("results")
                    .and_then(Value::as_array)
                    .ok_or_else(|| no_list("a list was expected"))?,
            };
            let found = things
                .iter()
                .find(|thing| name.is_none() || thing.get("name").and_then(Value::as_str) == name);
            if let Some(id) = found.and_then(|thing| thing.get("uuid")) {
                return Ok(id.as_str().map(str::to_owned));
            }
            let more = answer.get("next").is_some_and(|next| !next.is_null());
            if !more {
                break;
            }
        }
        Ok(None)
    }

    async fn configure(
        &self,
        request: &(dyn Fn() -> Result<Request<Full<Bytes>>, Fault> + Sync),
        cancel: &CancellationToken,
    ) -> Result<Value, Fault> {
        let answer = self.send(request, true, 1, cancel).await?;
        if !(200..300).contains(&answer.status) {
            let table = self.config.table.to_string();
            return Err(classify(answer.status, &answer.body, &table, answer.after));
        }
        serde_json::from_slice(&answer.body).map_err(|_| no_list("it is no JSON"))
    }
}

/// A list further down; ids become single segments, whatever they hold.
fn under(list: &Url, segments: &[&str]) -> Url {
    let mut url = list.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments).push("");
    }
    url
}

fn no_list(detail: &str) -> Fault {
    Fault::BadAnswer {
        detail: detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::answers;
    use super::super::columns::{Columns, Preset};
    use super::*;

    #[test]
    fn the_transform_has_every_column_of_the_map_and_of_events() {
        let transform = transform("t");
        let columns = transform["settings"]["output_columns"].as_array().unwrap();
        let names: Vec<_> = columns.iter().filter_map(|c| c["name"].as_str()).collect();
        let map = Columns::preset(Preset::Stringout);
        for column in answers::columns(&map) {
            assert!(names.contains(&column), "{column}");
        }
        let full = record::ViewEvent {
            state: "s".to_owned(),
            cen: "c".to_owned(),
            pos_ms: Some(1),
            dur_ms: Some(1),
            watch_ms: Some(1),
            watch_total_ms: Some(1),
            msd_ms: Some(1),
            bsd_ms: Some(1),
            bg: true,
            error_code: "e".to_owned(),
            src: "qr".to_owned(),
            short_id: "s".to_owned(),
            placement: "p".to_owned(),
            qr_scan: true,
            os: "o".to_owned(),
            browser: "b".to_owned(),
            ..record::ViewEvent::default()
        };
        let event = serde_json::to_value(&full).unwrap();
        for column in event.as_object().unwrap().keys() {
            assert!(names.contains(&column.as_str()), "{column}");
        }
        let primary = columns.iter().filter(|c| c["datatype"]["primary"] == true);
        assert_eq!(primary.count(), 1);
    }

    #[test]
    fn what_to_paste_names_all() {
        let text = to_paste(&"vod.events".parse().unwrap(), None);
        for part in [
            "`vod`",
            "`events`",
            TRANSFORM,
            "output_columns",
            "toStartOfDay",
        ] {
            assert!(text.contains(part), "{part}");
        }
    }

    #[test]
    fn ids_stay_in_their_segment() {
        let list = Url::parse("https://h/config/v1/orgs/").unwrap();
        let url = under(&list, &["../../x?y#z", "projects"]);
        assert!(
            url.as_str().starts_with("https://h/config/v1/orgs/"),
            "{url}"
        );
        assert!(
            url.as_str().ends_with("/projects/") && url.query().is_none(),
            "{url}"
        );
    }
}
