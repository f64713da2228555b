//! `ingest`, `sources`, `flows`, `segments`.

use super::Place;
use crate::output::Output;
use indicatif::{ProgressBar, ProgressStyle};
use mediatime::TimeRange;
use std::path::{Path, PathBuf};
use tams_model::Id;
use tokio_util::sync::CancellationToken;
use workstation::{At, Browsed, Failure, Found, IngestSettings, Ingested, place_and_id};

pub(crate) fn ingest(
    files: &[PathBuf],
    label: Option<String>,
    segment_duration: &str,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let settings = IngestSettings {
        label,
        segment_duration: duration(segment_duration)?,
        ..IngestSettings::default()
    };
    let workspace = place.open()?;
    let mut done = Vec::with_capacity(files.len());
    for file in files {
        done.push(ingest_one(&workspace, file, &settings, output, cancel)?);
    }
    for issue in done.iter().flat_map(|ingested| &ingested.issues) {
        output.note(&format!("note: {issue}"));
    }
    let text = || {
        let line = |ingested: &Ingested| {
            let flow = ingested.flows.first();
            format!(
                "{}\n  source  {}\n  flow    {}  {}  {}",
                ingested.file,
                ingested.source_id,
                flow.map_or(String::new(), |flow| flow.id.to_string()),
                counted(flow.map_or(0, |flow| flow.segments), "segment"),
                flow.map_or(String::new(), |flow| flow.timerange.to_string()),
            ) + match ingested.queued.as_slice() {
                [] => "",
                _ => super::deliver::QUEUED,
            }
        };
        done.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    match done.as_slice() {
        [one] => output.answer(one, text),
        all => output.answer(&all, text),
    }
}

fn ingest_one(
    workspace: &workstation::Workspace,
    file: &Path,
    settings: &IngestSettings,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<Ingested, Failure> {
    let bar = if output.draws() {
        ProgressBar::new(0)
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} segments") {
        bar.set_style(style);
    }
    bar.set_message(file.display().to_string());
    let progress = |stored: usize, total: usize| {
        bar.set_length(total as u64);
        bar.set_position(stored as u64);
    };
    let ingested = workspace.ingest(file, settings, &progress, cancel);
    bar.finish_and_clear();
    ingested
}

fn duration(text: &str) -> Result<mediatime::RationalTime, Failure> {
    let wrong = || {
        Failure::new(
            workstation::Code::Usage,
            format!("--segment-duration `{text}` is no length"),
            "Write seconds, such as `2s` or `1.5s`.",
        )
    };
    let text = if text.ends_with('s') {
        text.to_owned()
    } else {
        format!("{text}s")
    };
    match conform::Mark::parse(&text) {
        Ok(conform::Mark::Offset(seconds)) if mediatime::RationalTime::ZERO < seconds => {
            Ok(seconds)
        }
        _ => Err(wrong()),
    }
}

/// Which flows.
#[derive(Debug)]
pub(crate) struct Which<'a> {
    pub(crate) source: Option<&'a str>,
    pub(crate) from: Option<&'a str>,
}

pub(crate) async fn sources(
    from: Option<&str>,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let browsed = place.open()?.browse_sources(from, cancel).await?;
    tell(&browsed, output);
    output.answer(&browsed.found, || {
        lines(
            &browsed.found,
            nothing(&browsed, "no sources yet: `stringout ingest FILE`"),
            |found| {
                let source = &found.item;
                format!(
                    "{}  {}  {}",
                    name(found, source.id),
                    source.format,
                    source.label.as_deref().unwrap_or("")
                )
            },
        )
    })
}

pub(crate) async fn flows(
    which: &Which<'_>,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let source = which
        .source
        .map(|text| place_and_id(text, text.strip_prefix("source:").unwrap_or(text)))
        .transpose()?;
    if let (Some((at, _)), Some(from)) = (&source, which.from) {
        let elsewhere = match at {
            At::Named(name) => name != from,
            At::Host(_) => true,
            // An id alone may be anywhere.
            At::Local => {
                from != "local" && which.source.is_some_and(|text| text.contains("local/"))
            }
        };
        if elsewhere {
            return Err(Failure::new(
                workstation::Code::Usage,
                format!(
                    "--source {} names another place than --from {from}",
                    which.source.unwrap_or_default()
                ),
                "Leave `--from` out.",
            ));
        }
    }
    let workspace = place.open()?;
    let browsed = workspace.browse_flows(source, which.from, cancel).await?;
    tell(&browsed, output);
    output.answer(&browsed.found, || {
        lines(
            &browsed.found,
            nothing(&browsed, "no flows yet: `stringout ingest FILE`"),
            |found| {
                let flow = &found.item;
                let codec = flow
                    .technical
                    .codec
                    .as_ref()
                    .map_or("multi".to_owned(), ToString::to_string);
                let timerange = flow
                    .timerange
                    .map_or(String::new(), |timerange| timerange.to_string());
                format!(
                    "{}  {codec:<12}  {timerange:<24}  {}",
                    name(found, flow.id),
                    flow.label.as_deref().unwrap_or("")
                )
            },
        )
    })
}

pub(crate) async fn segments(
    flow: &str,
    timerange: &str,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let (at, flow) = place_and_id(flow, flow.strip_prefix("flow:").unwrap_or(flow))?;
    let range = parse_timerange(timerange)?;
    let workspace = place.open()?;
    let browsed = workspace.browse_segments(&at, flow, range, cancel).await?;
    tell(&browsed, output);
    output.answer(&browsed.found, || {
        lines(&browsed.found, "no segments there", |found| {
            let segment = &found.item;
            format!(
                "{:<32}  {}",
                segment.timerange.to_string(),
                segment.object_id
            )
        })
    })
}

/// What stands where nothing was found: with a server that did not answer, nobody knows what there is.
fn nothing<'a, T>(browsed: &Browsed<T>, empty: &'a str) -> &'a str {
    if browsed.notes.is_empty() {
        empty
    } else {
        "nothing that is known"
    }
}

fn tell<T>(browsed: &Browsed<T>, output: &Output) {
    for note in &browsed.notes {
        output.note(&format!("note: {note}"));
    }
}

/// The id as other commands take it.
fn name<T>(found: &Found<T>, id: Id) -> String {
    match &found.connection {
        Some(connection) => format!("{connection}/{id}"),
        None => id.to_string(),
    }
}

/// Reads a TAMS timerange.
pub(crate) fn parse_timerange(text: &str) -> Result<TimeRange, Failure> {
    const HINT: &str = "Write it like `[0:0_10:0)`.";
    let range: TimeRange = text
        .parse()
        .map_err(|error| Failure::bad_input(format!("timerange `{text}`: {error}"), HINT))?;
    // TAMS reads a range that ends before it begins as one without anything in it.
    if range.is_empty() && text.contains('_') {
        let why = format!("timerange `{text}` holds nothing: it ends where or before it begins");
        return Err(Failure::bad_input(why, HINT));
    }
    Ok(range)
}

/// `1 segment`, `3 segments`.
fn counted(number: usize, one: &str) -> String {
    let many = if number == 1 { "" } else { "s" };
    format!("{number} {one}{many}")
}

fn lines<T>(items: &[T], none: &str, line: impl Fn(&T) -> String) -> String {
    if items.is_empty() {
        return none.to_owned();
    }
    items.iter().map(line).collect::<Vec<_>>().join("\n")
}
