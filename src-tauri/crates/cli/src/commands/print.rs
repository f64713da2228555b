//! `sheet`, `metrics`.

use super::Place;
use crate::arguments::{PlacementCommand, PrintArguments, SheetArguments, SheetCommand};
use crate::output::Output;
use std::path::Path;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workstation::{Code, Depth, Failure, PrintChoices, SheetRow, SheetSettings};

pub(crate) fn sheet(
    command: Option<SheetCommand>,
    arguments: SheetArguments,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    if let Some(SheetCommand::TestPage {
        template,
        out,
        choices,
    }) = &command
    {
        let workspace = place.open()?;
        workspace.print_test_page(template, &self::choices(choices), out)?;
        return output.answer(&serde_json::json!({ "out": out }), || {
            format!(
                "{}: print it at 100 %, and lay it on a sheet of labels",
                out.display()
            )
        });
    }
    if command.is_some() {
        let (templates, refused) = place.open()?.templates();
        for refused in &refused {
            output.note(&format!("note: {refused}"));
        }
        return output.answer(&templates, || {
            let line = |template: &workstation::Template| {
                let (width, height) = template.page_mm;
                format!(
                    "{:<16} {:<24} {width} × {height} mm, {} a page",
                    template.name, template.title, template.codes_per_page
                )
            };
            templates.iter().map(line).collect::<Vec<_>>().join("\n")
        });
    }
    let usage = |detail: &str| {
        Failure::new(
            Code::Usage,
            detail,
            "stringout sheet --compilation ID --template NAME --out FILE.pdf",
        )
    };
    let template = arguments
        .template
        .ok_or_else(|| usage("--template is missing"))?;
    let out = arguments.out.ok_or_else(|| usage("--out is missing"))?;
    let workspace = place.open()?;
    let mut rows: Vec<SheetRow> = match &arguments.csv {
        Some(csv) => {
            let (rows, bad) = workspace.sheet_table(csv, &arguments.map)?;
            for row in &bad {
                output.note(&format!("note: {row}"));
            }
            if let Some(first) = bad.first().filter(|_| !arguments.skip_bad) {
                let more = match bad.len() {
                    1 => String::new(),
                    count => format!("; and {} more", count - 1),
                };
                return Err(Failure::bad_input(
                    format!("{first}{more}"),
                    "Correct the table, or print the rest with `--skip-bad`.",
                ));
            }
            rows
        }
        None if arguments.compilations.is_empty() => {
            return Err(usage("--compilation or --csv is missing"));
        }
        None => arguments
            .compilations
            .iter()
            .map(|id| SheetRow {
                origin: format!("--compilation {id}"),
                compilation_id: *id,
                copies: 1,
                ..SheetRow::default()
            })
            .collect(),
    };
    if arguments.distance.is_some() {
        for row in rows.iter_mut().filter(|row| row.distance_m.is_none()) {
            row.distance_m = arguments.distance;
        }
    }
    let settings = SheetSettings {
        template,
        local: arguments.local,
        rows,
        choices: choices(&arguments.choices),
    };
    let sheet = workspace.print_sheet(&settings, &out, cancel)?;
    for issue in &sheet.issues {
        output.note(&format!("note: {issue}"));
    }
    output.answer(&sheet, || {
        let codes = sheet.codes.iter().map(|code| {
            format!(
                "  {}  page {}  {}  {}",
                code.id.grouped(),
                code.page,
                code.url,
                code.placement
            )
        });
        format!(
            "{}: pages {}, codes {}, all read back\n{}",
            sheet.out.display(),
            sheet.pages,
            sheet.codes.len(),
            codes.collect::<Vec<_>>().join("\n")
        )
    })
}

pub(crate) fn identify(photo: &Path, place: &Place, output: &Output) -> Result<(), Failure> {
    let found = place.open()?.identify(photo)?;
    output.answer(&found, || {
        let line = |code: &workstation::IdentifiedCode| {
            let title = code
                .title
                .as_deref()
                .unwrap_or("not one of this workspace's codes");
            format!(
                "{}  {title}  {}",
                code.url,
                code.placement.as_deref().unwrap_or("")
            )
        };
        found.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

/// Printed codes.
pub(crate) fn placements(
    command: Option<PlacementCommand>,
    place: &Place,
    output: &Output,
) -> Result<(), Failure> {
    let workspace = place.open()?;
    let code = |text: &str| {
        text.parse().map_err(|_| {
            Failure::bad_input(
                format!("`{text}` is no printed code"),
                "Write the 12 characters that stand under it.",
            )
        })
    };
    let lines = match command {
        None => workspace.placements(None)?,
        Some(PlacementCommand::List { compilation }) => workspace.placements(compilation)?,
        Some(PlacementCommand::Revoke { id }) => vec![workspace.set_placement(&code(&id)?, false)?],
        Some(PlacementCommand::Restore { id }) => vec![workspace.set_placement(&code(&id)?, true)?],
        Some(PlacementCommand::Retarget { id, compilation }) => {
            vec![workspace.retarget(&code(&id)?, compilation)?]
        }
    };
    output.answer(&lines, || {
        if lines.is_empty() {
            return "no codes were printed yet: `stringout sheet`".to_owned();
        }
        let line = |line: &workstation::PlacementLine| {
            let ends = line
                .expires
                .as_deref()
                .map_or(String::new(), |end| format!(" until {end}"));
            format!(
                "{}  {}{ends}  {}  {}",
                line.id.grouped(),
                line.state,
                line.placement,
                line.title.as_deref().unwrap_or("its compilation is gone")
            )
        };
        lines.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

fn choices(arguments: &PrintArguments) -> PrintChoices {
    PrintChoices {
        press: arguments.press,
        start: arguments.start,
        offset_mm: arguments.offset.unwrap_or_default(),
        brand: arguments.brand.clone(),
        call: arguments.call.clone(),
    }
}

pub(crate) async fn metrics(
    id: Uuid,
    range: &str,
    details: bool,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let depth = if details { Depth::All } else { Depth::Numbers };
    let measured = place.open()?.metrics(id, range, depth, cancel).await?;
    for lack in &measured.cannot {
        output.note(&format!("note: {} can't be told: {}", lack.part, lack.why));
    }
    output.answer(&measured, || {
        let numbers = &measured.overview;
        let summary = &numbers.summary;
        let known = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
        let change = |part: &str| {
            let change = measured.changes.iter().find(|change| change.part == part);
            let percent = change.and_then(|change| change.change.percent);
            percent.map_or(String::new(), |percent| format!("  {percent:+.0} %"))
        };
        let milliseconds = |value: Option<u64>| known(value.map(|ms| format!("{ms} ms")));
        let percent = |value: Option<f64>| known(value.map(|n| format!("{n:.1} %")));
        format!(
            "session views  {}{}\nmobile         {}{}\nQR scans       {}{}\nwatched        {}{}\n\
             start-up       {}, 95 of 100 below {}\nwaiting        {}\nerrors         {}\n\
             playing now    {}\nfrom {}, as of {}",
            known(summary.session_views.map(|n| n.to_string())),
            change("session_views"),
            known(summary.mobile_percent.map(|n| format!("{n:.0} %"))),
            change("mobile_percent"),
            known(summary.qr_scans.map(|n| n.to_string())),
            change("qr_scans"),
            known(summary.watch_seconds.map(|n| format!("{n:.1} s"))),
            change("watch_seconds"),
            milliseconds(numbers.startup_p50_ms),
            milliseconds(numbers.startup_p95_ms),
            percent(numbers.rebuffer_percent),
            percent(numbers.error_percent),
            known(measured.now_playing.map(|n| n.to_string())),
            measured.source,
            summary.as_of.as_deref().unwrap_or("-"),
        )
    })
}
