//! `pin`, `unpin`.

use super::Place;
use super::browse::parse_timerange;
use crate::output::Output;
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;
use workstation::{Failure, PinLine};

pub(crate) async fn pin(
    flow: Option<&str>,
    timerange: &str,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let workspace = place.open()?;
    let Some(flow) = flow else {
        return list(&workspace.pins()?, "nothing is pinned", output);
    };
    let range = parse_timerange(timerange)?;
    let bar = if output.draws() {
        ProgressBar::new(0)
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("fetching {wide_bar} {pos}/{len} objects {msg}")
    {
        bar.set_style(style);
    }
    // Before anything is fetched, so that whoever does not want so much can stop it.
    let told = |line: &PinLine| output.note(&words(line));
    let progress = |done: usize, total: usize, bytes: u64| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        bar.set_message(size(bytes));
    };
    let pinned = workspace.pin(flow, range, &told, &progress, cancel).await;
    bar.finish_and_clear();
    let pinned = pinned?;
    output.answer(&pinned, || words(&pinned))
}

pub(crate) fn unpin(
    flow: &str,
    timerange: &str,
    place: &Place,
    output: &Output,
) -> Result<(), Failure> {
    let workspace = place.open()?;
    let left = workspace.unpin(flow, parse_timerange(timerange)?)?;
    list(&left, "nothing of it is pinned any more", output)
}

fn list(pins: &[PinLine], none: &str, output: &Output) -> Result<(), Failure> {
    output.answer(&pins, || {
        if pins.is_empty() {
            return none.to_owned();
        }
        pins.iter().map(words).collect::<Vec<_>>().join("\n")
    })
}

fn words(line: &PinLine) -> String {
    let PinLine {
        flow, timerange, ..
    } = line;
    let Some(objects) = line.objects else {
        return format!("{flow}  {timerange}  never listed: `stringout sync` asks for it");
    };
    let about = line
        .bytes
        .map_or_else(String::new, |bytes| format!(", {}", size(bytes)));
    let missing = match line.missing_bytes {
        _ if line.is_here() => "all here".to_owned(),
        Some(bytes) => format!("{} here, about {} to come", line.here, size(bytes)),
        None => format!("{} here", line.here),
    };
    format!("{flow}  {timerange}  {objects} objects{about}: {missing}")
}

/// `12.3 MB`.
fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}
