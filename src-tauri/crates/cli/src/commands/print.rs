//! `sheet`, `metrics`.

use super::Place;
use crate::arguments::{SheetArguments, SheetCommand};
use crate::output::Output;
use std::path::Path;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use workstation::{Code, Failure, SheetRow, SheetSettings};

pub(crate) fn sheet(
    command: Option<SheetCommand>,
    arguments: SheetArguments,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    if let Some(SheetCommand::Templates) = command {
        let templates = workstation::templates();
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
    let rows = match &arguments.csv {
        Some(csv) => workspace.sheet_table(csv)?,
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
    let settings = SheetSettings {
        template,
        local: arguments.local,
        rows,
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

pub(crate) fn metrics(
    id: Uuid,
    range: &str,
    place: &Place,
    output: &Output,
) -> Result<(), Failure> {
    let summary = place.open()?.metrics(id, range)?;
    output.answer(&summary, || {
        let known = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
        format!(
            "session views  {}\nmobile         {}\nQR scans       {}\nwatched        {}",
            known(summary.session_views.map(|n| n.to_string())),
            known(summary.mobile_percent.map(|n| format!("{n:.0} %"))),
            known(summary.qr_scans.map(|n| n.to_string())),
            known(summary.watch_seconds.map(|n| format!("{n:.1} s"))),
        )
    })
}
