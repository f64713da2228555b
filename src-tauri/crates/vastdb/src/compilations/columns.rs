//! The columns of the two tables, and how a record becomes values of them and back.

use mediatime::{FrameRate, TimeRange, Timestamp};
use record::{CompilationRecord, InputRef, MediaFacts};
use uuid::Uuid;

use super::{COMPILATIONS, CompilationSummary, INPUTS, Revision, StoredCompilation};
use crate::cells::Row;
use crate::column::{Column, ColumnKind};
use crate::error::VastError;
use crate::predicate::Value;
use crate::rows::Rows;

use ColumnKind::{Int64, Text, TimestampMicros, UInt64};

/// Columns of [`COMPILATIONS`]. Times in nanoseconds are exact; `created` is for other tools.
const COMPILATION_COLUMNS: &[(&str, ColumnKind)] = &[
    ("id", Text),
    ("op_id", Text),
    ("version", Int64),
    ("status", Text),
    ("device", Text),
    ("title", Text),
    ("created", TimestampMicros),
    ("created_ns", Int64),
    ("plan_hash", Text),
    ("sha256", Text),
    ("container", Text),
    ("size", UInt64),
    ("frames", UInt64),
    ("rate_num", Int64),
    ("rate_den", Int64),
    ("duration_ns", Int64),
    ("width", Int64),
    ("height", Int64),
    ("video_codec", Text),
    ("audio_codec", Text),
    ("sample_rate", Int64),
    ("channels", Int64),
    ("object_url", Text),
    ("play_url", Text),
    ("source_id", Text),
    ("flow_id", Text),
    ("object_id", Text),
    ("tool_versions", Text),
    ("plan", Text),
];

/// Columns that an update may change; of a published file, the rest never changes.
pub(super) const CHANGEABLE: &[&str] = &[
    "op_id",
    "version",
    "status",
    "device",
    "title",
    "object_url",
    "play_url",
];

/// Columns of [`INPUTS`]. `timerange` is the TAMS text; the nanoseconds are for other tools, and
/// missing where the range has no bound.
const INPUT_COLUMNS: &[(&str, ColumnKind)] = &[
    ("compilation_id", Text),
    ("ord", Int64),
    ("flow_id", Text),
    ("object_id", Text),
    ("timerange", Text),
    ("in_ns", Int64),
    ("out_ns", Int64),
];

pub(super) fn compilation_columns() -> Vec<Column> {
    columns(COMPILATION_COLUMNS)
}

pub(super) fn input_columns() -> Vec<Column> {
    columns(INPUT_COLUMNS)
}

fn columns(list: &[(&str, ColumnKind)]) -> Vec<Column> {
    list.iter()
        .map(|(name, kind)| Column::new(*name, kind.clone()))
        .collect()
}

/// Names of all columns of [`COMPILATIONS`].
pub(super) fn compilation_names() -> Vec<&'static str> {
    COMPILATION_COLUMNS.iter().map(|(name, _)| *name).collect()
}

/// Names of the columns a [`CompilationSummary`] is made of.
pub(super) fn summary_names() -> Vec<&'static str> {
    const LEFT_OUT: &[&str] = &["plan", "tool_versions", "created"];
    let mut names = compilation_names();
    names.retain(|name| !LEFT_OUT.contains(name));
    names
}

/// Names of all columns of [`INPUTS`].
pub(super) fn input_names() -> Vec<&'static str> {
    INPUT_COLUMNS.iter().map(|(name, _)| *name).collect()
}

fn text(text: impl Into<String>) -> Option<Value> {
    Some(Value::Text(text.into()))
}

fn number(number: u32) -> Option<Value> {
    Some(Value::Int64(i64::from(number)))
}

fn nanos(time: Timestamp) -> Option<i64> {
    i64::try_from(time.nanos()).ok()
}

/// The values of a record in the order of [`compilation_names`].
pub(super) fn compilation_row(
    record: &CompilationRecord,
    revision: &Revision,
    plan: Option<&str>,
) -> Result<Row, VastError> {
    let refuse = |field: &str| {
        VastError::input(
            format!("record {}", record.id),
            format!("{field} lies outside of what 64 bits of nanoseconds can tell"),
        )
    };
    let media = &record.media;
    let created = nanos(record.created).ok_or_else(|| refuse("created"))?;
    let duration = nanos(media.duration).ok_or_else(|| refuse("duration"))?;
    let tools = serde_json::to_string(&record.tool_versions)
        .map_err(|wrong| VastError::input("tool_versions", wrong.to_string()))?;
    Ok(COMPILATION_COLUMNS
        .iter()
        .map(|(name, _)| match *name {
            "id" => text(record.id.to_string()),
            "op_id" => text(&revision.op_id),
            "version" => Some(Value::Int64(revision.version)),
            "status" => text(&revision.status),
            "device" => text(&revision.device),
            "title" => text(&record.title),
            "created" => Some(Value::TimestampMicros(created.div_euclid(1000))),
            "created_ns" => Some(Value::Int64(created)),
            "plan_hash" => record.plan_hash.as_ref().and_then(text),
            "sha256" => text(&record.sha256),
            "container" => text(&media.container),
            "size" => Some(Value::UInt64(media.size)),
            "frames" => Some(Value::UInt64(media.frames)),
            "rate_num" => media.frame_rate.and_then(|rate| number(rate.numerator())),
            "rate_den" => media.frame_rate.and_then(|rate| number(rate.denominator())),
            "duration_ns" => Some(Value::Int64(duration)),
            "width" => number(media.width),
            "height" => number(media.height),
            "video_codec" => text(&media.video_codec),
            "audio_codec" => media.audio_codec.as_ref().and_then(text),
            "sample_rate" => media.sample_rate.and_then(number),
            "channels" => media.channels.and_then(number),
            "object_url" => text(&record.object_url),
            "play_url" => record.play_url.as_ref().and_then(text),
            "source_id" => text(record.source_id.to_string()),
            "flow_id" => text(record.flow_id.to_string()),
            "object_id" => text(&record.object_id),
            "tool_versions" => text(tools.as_str()),
            "plan" => plan.and_then(text),
            _ => None,
        })
        .collect())
}

/// The values of a record's inputs in the order of [`input_names`].
pub(super) fn input_rows(record: &CompilationRecord) -> Vec<Row> {
    record
        .inputs
        .iter()
        .zip(0_i64..)
        .map(|(input, ord)| {
            let bound = |time: Option<Timestamp>| time.and_then(nanos).map(Value::Int64);
            vec![
                text(record.id.to_string()),
                Some(Value::Int64(ord)),
                input.flow_id.as_ref().and_then(text),
                text(&input.object_id),
                text(input.timerange.to_string()),
                bound(input.timerange.start()),
                bound(input.timerange.end()),
            ]
        })
        .collect()
}

/// One row of an answer, read by column.
pub(super) struct Reader<'a> {
    rows: &'a Rows,
    row: usize,
    table: &'static str,
    key: &'static str,
}

impl<'a> Reader<'a> {
    pub(super) fn compilation(rows: &'a Rows, row: usize) -> Self {
        Self {
            rows,
            row,
            table: COMPILATIONS,
            key: "id",
        }
    }

    fn input(rows: &'a Rows, row: usize) -> Self {
        Self {
            rows,
            row,
            table: INPUTS,
            key: "compilation_id",
        }
    }

    fn wrong(&self, column: &str, reason: &str) -> VastError {
        let key = self.maybe_text(self.key).unwrap_or("without a key");
        VastError::UnreadableRow {
            table: self.table.to_owned(),
            // A key of another program may be anything.
            row: key.chars().take(64).collect(),
            column: column.to_owned(),
            reason: reason.to_owned(),
        }
    }

    pub(super) fn maybe_text(&self, column: &str) -> Option<&'a str> {
        self.rows.text(column, self.row)
    }

    pub(super) fn text(&self, column: &str) -> Result<&'a str, VastError> {
        self.maybe_text(column)
            .ok_or_else(|| self.wrong(column, "is missing"))
    }

    pub(super) fn int(&self, column: &str) -> Result<i64, VastError> {
        self.rows
            .int64(column, self.row)
            .ok_or_else(|| self.wrong(column, "is missing"))
    }

    fn uint(&self, column: &str) -> Result<u64, VastError> {
        self.rows
            .uint64(column, self.row)
            .ok_or_else(|| self.wrong(column, "is missing"))
    }

    pub(super) fn row_id(&self) -> Result<u64, VastError> {
        self.rows
            .row_id(self.row)
            .ok_or_else(|| self.wrong(crate::query::ROW_ID, "is missing"))
    }

    fn maybe_small(&self, column: &str) -> Result<Option<u32>, VastError> {
        match self.rows.int64(column, self.row) {
            None => Ok(None),
            Some(number) => u32::try_from(number)
                .map(Some)
                .map_err(|_| self.wrong(column, "is out of range")),
        }
    }

    fn small(&self, column: &str) -> Result<u32, VastError> {
        self.maybe_small(column)?
            .ok_or_else(|| self.wrong(column, "is missing"))
    }

    fn time(&self, column: &str) -> Result<Timestamp, VastError> {
        Timestamp::from_nanos(i128::from(self.int(column)?))
            .ok_or_else(|| self.wrong(column, "is out of range"))
    }

    fn uuid(&self, column: &str) -> Result<Uuid, VastError> {
        Uuid::parse_str(self.text(column)?).map_err(|_| self.wrong(column, "is no UUID"))
    }

    fn rate(&self) -> Result<Option<FrameRate>, VastError> {
        match (self.maybe_small("rate_num")?, self.maybe_small("rate_den")?) {
            (None, None) => Ok(None),
            (Some(num), Some(den)) => FrameRate::new(num, den)
                .map(Some)
                .ok_or_else(|| self.wrong("rate_num", "is no frame rate")),
            _ => Err(self.wrong("rate_num", "is half a frame rate")),
        }
    }

    /// The whole record, with `inputs` that were read elsewhere.
    pub(super) fn stored(&self, inputs: Vec<InputRef>) -> Result<StoredCompilation, VastError> {
        let json = |column: &str, text: &str| {
            serde_json::from_str(text).map_err(|_| self.wrong(column, "is no JSON"))
        };
        let plan = match self.maybe_text("plan") {
            Some(text) => Some(json("plan", text)?),
            None => None,
        };
        let tool_versions = serde_json::from_str(self.text("tool_versions")?)
            .map_err(|_| self.wrong("tool_versions", "are no names with versions"))?;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Ok(StoredCompilation {
            record: CompilationRecord {
                id: self.uuid("id")?,
                title: self.text("title")?.to_owned(),
                created: self.time("created_ns")?,
                plan_hash: owned(self.maybe_text("plan_hash")),
                sha256: self.text("sha256")?.to_owned(),
                media: MediaFacts {
                    container: self.text("container")?.to_owned(),
                    size: self.uint("size")?,
                    frames: self.uint("frames")?,
                    frame_rate: self.rate()?,
                    duration: self.time("duration_ns")?,
                    width: self.small("width")?,
                    height: self.small("height")?,
                    video_codec: self.text("video_codec")?.to_owned(),
                    audio_codec: owned(self.maybe_text("audio_codec")),
                    sample_rate: self.maybe_small("sample_rate")?,
                    channels: self.maybe_small("channels")?,
                },
                object_url: self.text("object_url")?.to_owned(),
                play_url: owned(self.maybe_text("play_url")),
                source_id: self.uuid("source_id")?,
                flow_id: self.uuid("flow_id")?,
                object_id: self.text("object_id")?.to_owned(),
                inputs,
                tool_versions,
                plan,
            },
            op_id: self.text("op_id")?.to_owned(),
            version: self.int("version")?,
            status: self.text("status")?.to_owned(),
            device: self.text("device")?.to_owned(),
        })
    }

    pub(super) fn summary(&self) -> Result<CompilationSummary, VastError> {
        Ok(CompilationSummary {
            id: self.uuid("id")?,
            title: self.text("title")?.to_owned(),
            created: self.time("created_ns")?,
            plan_hash: self.maybe_text("plan_hash").map(str::to_owned),
            sha256: self.text("sha256")?.to_owned(),
            size: self.uint("size")?,
            duration: self.time("duration_ns")?,
            object_url: self.text("object_url")?.to_owned(),
            play_url: self.maybe_text("play_url").map(str::to_owned),
            source_id: self.uuid("source_id")?,
            flow_id: self.uuid("flow_id")?,
            version: self.int("version")?,
            status: self.text("status")?.to_owned(),
            device: self.text("device")?.to_owned(),
        })
    }
}

/// The inputs in `rows`, which are of one compilation: in order, each once.
pub(super) fn inputs(rows: &Rows) -> Result<Vec<InputRef>, VastError> {
    let mut found = std::collections::BTreeMap::new();
    for row in 0..rows.len() {
        let reader = Reader::input(rows, row);
        let timerange: TimeRange = reader
            .text("timerange")?
            .parse()
            .map_err(|_| reader.wrong("timerange", "is no timerange"))?;
        let input = InputRef {
            flow_id: reader.maybe_text("flow_id").map(str::to_owned),
            object_id: reader.text("object_id")?.to_owned(),
            timerange,
        };
        found.entry(reader.int("ord")?).or_insert(input);
    }
    Ok(found.into_values().collect())
}
