//! Sheets: printed codes that lead to compilations.

use crate::describe::in_words;
use crate::{Code, Failure, Workspace};
use mediatime::Timestamp;
use record::{CompilationRecord, Placement, PlacementState, ShortId};
use serde::Serialize;
use sheets::{
    Brand, ColumnMap, Depth, Picture, PrintOptions, SheetError, SheetItem, SheetJob, SystemFonts,
    Template,
};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;
use store::StoreError;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What is to be printed.
#[derive(Clone, Debug, Default)]
pub struct SheetSettings {
    /// Name of the template.
    pub template: String,
    /// Codes that work on this network only.
    pub local: bool,
    /// What to print.
    pub rows: Vec<SheetRow>,
    /// How.
    pub choices: PrintChoices,
}

/// How sheets are printed. The default is for an office printer and unused sheets.
#[derive(Clone, Debug, Default)]
pub struct PrintChoices {
    /// For a printing house: black ink alone, bleed and crop marks.
    pub press: bool,
    /// The label that the first code goes to, from 1; the first when 0.
    pub start: usize,
    /// Moves everything right and down, in millimetres.
    pub offset_mm: (f64, f64),
    /// Who it is from; printed above the title.
    pub brand: Option<String>,
    /// What to do, instead of `Scan to watch`.
    pub call: Option<String>,
}

impl PrintChoices {
    fn options(&self, template: &Template) -> PrintOptions {
        let mut options = match self.press {
            true => PrintOptions::press(template),
            false => PrintOptions::default(),
        };
        options.start_at = self.start.max(1);
        options.offset_mm = self.offset_mm;
        options.brand = self.brand.as_ref().map(|name| Brand {
            name: name.clone(),
            ..Brand::default()
        });
        if let Some(call) = &self.call {
            options.wording.call_to_action.clone_from(call);
        }
        options
    }
}

/// One code to print.
#[derive(Clone, Debug, Default)]
pub struct SheetRow {
    /// Where the row comes from, for errors: `--compilation …` or `line 3`.
    pub origin: String,
    /// The compilation it leads to.
    pub compilation_id: Uuid,
    /// Where it will hang.
    pub placement: String,
    /// Printed instead of the compilation's title.
    pub title: Option<String>,
    /// How often it is printed.
    pub copies: u32,
    /// When it ends (UTC since the Unix epoch).
    pub expires: Option<Timestamp>,
    /// From how far away it has to be read, in metres.
    pub distance_m: Option<f64>,
}

/// What was printed.
#[derive(Clone, Debug, Serialize)]
pub struct PrintedSheet {
    /// The file.
    pub out: PathBuf,
    /// Pages in it.
    pub pages: usize,
    /// Milliseconds to lay out and write the file.
    pub pdf_ms: u64,
    /// Milliseconds to read every code back from it.
    pub verify_ms: u64,
    /// The codes in the order of the pages.
    pub codes: Vec<SheetCode>,
    /// What the user should know.
    pub issues: Vec<String>,
}

/// One printed code.
#[derive(Clone, Debug, Serialize)]
pub struct SheetCode {
    /// What is printed under it.
    pub id: ShortId,
    /// The exact payload.
    pub url: String,
    /// Where it leads.
    pub compilation_id: Uuid,
    /// Where it hangs.
    pub placement: String,
    /// From 1.
    pub page: usize,
    /// It was read back from the file: every page at 150 dpi, one in ten at 300 too.
    pub verified: bool,
}

impl Workspace {
    /// The templates that come with the program, and those in the workspace's folder `templates`; what is
    /// wrong with files there is told.
    #[must_use]
    pub fn templates(&self) -> (Vec<Template>, Vec<String>) {
        let shelf = sheets::templates_with(&self.dir().join("templates"));
        let refused = shelf.refused.iter().map(ToString::to_string).collect();
        (shelf.templates, refused)
    }

    fn template(&self, name: &str) -> Result<Template, Failure> {
        let (templates, _) = self.templates();
        Ok(sheets::find_template(&templates, name)?.clone())
    }

    /// Reads the rows of a placement table, whose columns `map` may call otherwise: `place=placement`. What
    /// is wrong with rows is the second answer, one text each.
    ///
    /// # Errors
    /// The file can't be read, or is no table.
    pub fn sheet_table(
        &self,
        path: &Path,
        map: &[String],
    ) -> Result<(Vec<SheetRow>, Vec<String>), Failure> {
        let bytes = std::fs::read(path).map_err(|error| Failure::io(path.display(), &error))?;
        let map = ColumnMap::from_pairs(map.iter().map(String::as_str))?;
        let table = sheets::read_rows(&bytes, &map)?;
        let mut bad: Vec<String> = table
            .bad
            .iter()
            .map(|row| format!("{}, line {}: {}", path.display(), row.line, row.reason))
            .collect();
        if table.more_bad > 0 {
            bad.push(format!("and {} more rows", table.more_bad));
        }
        let mut rows = Vec::new();
        for row in table.rows {
            let origin = format!("{}, line {}", path.display(), row.line);
            let expires = row.expires.filter(|text| !text.is_empty());
            let expires = expires.map(|text| parse_expiry(&text)).transpose();
            let read = match (row.compilation_id.parse(), expires) {
                (Err(_), _) => Err(format!("compilation_id: `{}` is no id", row.compilation_id)),
                (_, Err(why)) => Err(format!("expires: {why}")),
                (Ok(compilation_id), Ok(expires)) => Ok((compilation_id, expires)),
            };
            match read {
                Ok((compilation_id, expires)) => rows.push(SheetRow {
                    compilation_id,
                    placement: row.placement,
                    title: row.title.filter(|title| !title.is_empty()),
                    copies: row.copies.unwrap_or(1),
                    expires,
                    distance_m: row.distance_m,
                    origin,
                }),
                Err(why) => bad.push(format!("{origin}: {why}")),
            }
        }
        Ok((rows, bad))
    }

    /// Writes a page that shows where a printer puts a template's grid, with a ruler.
    ///
    /// # Errors
    /// There is no such template, or the file can't be written.
    pub fn print_test_page(
        &self,
        template: &str,
        choices: &PrintChoices,
        out: &Path,
    ) -> Result<(), Failure> {
        let template = self.template(template)?;
        let pdf = sheets::test_page(&template, &choices.options(&template))?;
        crate::write_file(out, &pdf)
    }

    /// Prints codes into a PDF, and reads every one of them back before the file gets its name.
    ///
    /// A code that was printed for the same compilation, place, template and base keeps its id.
    ///
    /// # Errors
    /// No public address, an unknown compilation, a code that does not decode.
    pub fn print_sheet(
        &self,
        settings: &SheetSettings,
        out: &Path,
        cancel: &CancellationToken,
    ) -> Result<PrintedSheet, Failure> {
        let go_on = || {
            let stopped = || Failure::new(Code::Cancelled, "nothing was written", "");
            if cancel.is_cancelled() {
                Err(stopped())
            } else {
                Ok(())
            }
        };
        let template = self.template(&settings.template)?;
        let base_url = self.print_base(settings.local)?;
        let mut targets: HashMap<ShortId, (Uuid, String)> = HashMap::new();
        let mut items = Vec::with_capacity(settings.rows.len());
        let mut minted: Vec<Placement> = Vec::new();
        let mut pictures: HashMap<Uuid, Option<Picture>> = HashMap::new();
        for row in &settings.rows {
            go_on()?;
            let record = self.work.compilation(row.compilation_id)?.ok_or_else(|| {
                Failure::new(
                    Code::NotFound,
                    format!(
                        "{}: there is no compilation {}",
                        row.origin, row.compilation_id
                    ),
                    "`stringout compilations` lists them.",
                )
            })?;
            if record.object_id.is_empty() {
                return Err(Failure::bad_input(
                    format!(
                        "{}: compilation {} is made of objects in place: a phone has no file of it to play",
                        row.origin, record.id
                    ),
                    "Publish its edit without `--by-reference`, and print that.",
                ));
            }
            let placement = self.placement_for(row, &template.name, &base_url, &mut minted)?;
            targets.insert(placement.id.clone(), (record.id, row.placement.clone()));
            let picture = match pictures.get(&record.id) {
                Some(picture) => picture.clone(),
                None => {
                    let picture = self.poster_picture(record.id)?;
                    pictures.insert(record.id, picture.clone());
                    picture
                }
            };
            items.push(sheet_item(row, &record, &placement, picture));
        }
        let job = SheetJob {
            template,
            items,
            local_note: settings.local,
        };
        let started = Instant::now();
        let options = settings.choices.options(&job.template);
        let mut sheet = sheets::render_with(&job, &options, &SystemFonts::new())?;
        go_on()?;
        let pdf_ms = millis(started);
        let started = Instant::now();
        sheets::verify_while(&mut sheet, Depth::Usual, &|_| !cancel.is_cancelled())?;
        go_on()?;
        let verify_ms = millis(started);
        let failed = sheet.failed();
        if !failed.is_empty() {
            const SHOWN: usize = 10;
            let each = failed
                .iter()
                .take(SHOWN)
                .map(|code| format!("{} on page {}: {}", code.id.grouped(), code.page, code.why));
            let each = each.collect::<Vec<_>>().join("; ");
            let more = match failed.len() {
                count if count > SHOWN => format!("; and {} more", count - SHOWN),
                _ => String::new(),
            };
            return Err(Failure::new(
                Code::Unverified,
                format!("{each}{more}"),
                "Nothing was written. Use a larger template or a shorter base URL.",
            ));
        }
        // Before the file: a code on paper that nobody knows would be a dead one.
        self.work.transaction(|tx| {
            for placement in &minted {
                tx.insert_placement(placement)?;
            }
            Ok::<_, StoreError>(())
        })?;
        let out = std::path::absolute(out).map_err(|error| Failure::io(out.display(), &error))?;
        crate::write_file(&out, &sheet.pdf)?;
        Ok(PrintedSheet {
            out,
            pages: sheet.pages,
            pdf_ms,
            verify_ms,
            codes: sheet
                .codes
                .into_iter()
                .filter_map(|code| {
                    let (compilation_id, placement) = targets.get(&code.id)?.clone();
                    Some(SheetCode {
                        id: code.id,
                        url: code.url,
                        compilation_id,
                        placement,
                        page: code.page,
                        verified: code.verified,
                    })
                })
                .collect(),
            issues: sheet.issues.iter().map(ToString::to_string).collect(),
        })
    }

    /// The code for a row: the one that was printed before, or one that is minted now. The same row twice
    /// is the same code.
    fn placement_for(
        &self,
        row: &SheetRow,
        template: &str,
        base_url: &str,
        minted: &mut Vec<Placement>,
    ) -> Result<Placement, Failure> {
        let known = self.work.find_placement(
            row.compilation_id,
            &row.placement,
            template,
            base_url,
            row.expires,
        )?;
        if let Some(known) = known {
            return Ok(known);
        }
        let alike = |other: &&Placement| {
            other.compilation_id == row.compilation_id
                && other.placement == row.placement
                && other.expires == row.expires
        };
        if let Some(known) = minted.iter().rev().find(alike) {
            return Ok(known.clone());
        }
        loop {
            let id = random_id();
            // Taken once in 10^16, but printed things can't be taken back.
            if self.work.placement(&id)?.is_some() || minted.iter().any(|other| other.id == id) {
                continue;
            }
            let placement = Placement {
                id,
                compilation_id: row.compilation_id,
                placement: row.placement.clone(),
                template: template.to_owned(),
                base_url: base_url.to_owned(),
                state: PlacementState::Live,
                expires: row.expires,
                created: self.clock.now(),
            };
            minted.push(placement.clone());
            return Ok(placement);
        }
    }

    fn poster_picture(&self, id: Uuid) -> Result<Option<Picture>, Failure> {
        match std::fs::read(self.poster_path(id)?) {
            Ok(bytes) => Ok(Some(Picture::from_file_bytes(&bytes)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::io("the poster picture", &error)),
        }
    }
}

/// A code that was found in a photo.
#[derive(Clone, Debug, Serialize)]
pub struct IdentifiedCode {
    /// Its payload.
    pub url: String,
    /// Its short id, when it is one of ours.
    pub id: Option<ShortId>,
    /// The compilation it leads to; `None` for codes of others.
    pub compilation_id: Option<Uuid>,
    /// What that is called.
    pub title: Option<String>,
    /// Where the code hangs.
    pub placement: Option<String>,
    /// `live`, `expired` or `revoked`; `None` for codes of others.
    pub state: Option<&'static str>,
    /// When it ends, RFC 3339.
    pub expires: Option<String>,
}

impl Workspace {
    /// Which compilations and placements the codes in a photo lead to.
    ///
    /// # Errors
    /// The photo can't be read, or no code is found in it.
    pub fn identify(&self, photo: &Path) -> Result<Vec<IdentifiedCode>, Failure> {
        let bytes = std::fs::read(photo).map_err(|error| Failure::io(photo.display(), &error))?;
        let codes = sheets::read_photo(&bytes)?;
        if codes.is_empty() {
            return Err(Failure::bad_input(
                format!("{}: no code is found in it", photo.display()),
                "Take the photo closer, straight on and sharp.",
            ));
        }
        codes
            .into_iter()
            .map(|url| {
                let id: Option<ShortId> =
                    url.rsplit_once("/P/").and_then(|(_, id)| id.parse().ok());
                let placement = match &id {
                    Some(id) => self.work.placement(id)?,
                    None => None,
                };
                let record = match &placement {
                    Some(placement) => self.work.compilation(placement.compilation_id)?,
                    None => None,
                };
                Ok(IdentifiedCode {
                    url,
                    id,
                    compilation_id: record.as_ref().map(|record| record.id),
                    title: record.map(|record| record.title),
                    state: placement.as_ref().map(|placement| self.state_of(placement)),
                    expires: placement
                        .as_ref()
                        .and_then(|placement| placement.expires)
                        .map(crate::records::date),
                    placement: placement.map(|placement| placement.placement),
                })
            })
            .collect()
    }
}

fn random_id() -> ShortId {
    // Two random (version 4) UUIDs have 244 random bits; fixed bits are only at known places, and
    // those bytes are left out.
    let (a, b) = (Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes());
    let mut bytes = [0; 22];
    let random = a
        .iter()
        .chain(&b)
        .enumerate()
        .filter(|(i, _)| !matches!(i % 16, 6 | 8));
    for (slot, (_, byte)) in bytes.iter_mut().zip(random) {
        *slot = *byte;
    }
    ShortId::from_random(bytes)
}

fn sheet_item(
    row: &SheetRow,
    record: &CompilationRecord,
    placement: &Placement,
    picture: Option<Picture>,
) -> SheetItem {
    SheetItem {
        id: placement.id.clone(),
        url: placement.payload(),
        title: row.title.clone().unwrap_or_else(|| record.title.clone()),
        description: String::new(),
        picture,
        duration_text: match record.media.audio_codec {
            Some(_) => format!("{}, with sound", in_words(record.media.duration)),
            None => in_words(record.media.duration),
        },
        expires_text: row.expires.map_or_else(String::new, day_in_words),
        placement: row.placement.clone(),
        copies: row.copies,
        viewing_distance_m: row.distance_m,
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// `2027-01-31` ends with that day (UTC); `2027-01-31T18:00:00Z` at that moment.
fn parse_expiry(text: &str) -> Result<Timestamp, String> {
    let moment: Result<jiff::Timestamp, _> = text.parse();
    let moment = match moment {
        Ok(moment) => moment,
        Err(_) => {
            let day: jiff::civil::Date = text.parse().map_err(|_| {
                format!("`{text}` is no date; write 2027-01-31 or 2027-01-31T18:00:00Z")
            })?;
            let next = day.tomorrow().map_err(|error| error.to_string())?;
            next.to_zoned(jiff::tz::TimeZone::UTC)
                .map_err(|error| error.to_string())?
                .timestamp()
        }
    };
    Timestamp::from_nanos(moment.as_nanosecond()).ok_or_else(|| format!("`{text}` is out of range"))
}

fn day_in_words(expires: Timestamp) -> String {
    // An expiry at midnight ends the day before.
    let nanos = expires.nanos().saturating_sub(1);
    jiff::Timestamp::from_nanosecond(nanos).map_or_else(
        |_| String::new(),
        |moment| {
            moment
                .to_zoned(jiff::tz::TimeZone::UTC)
                .strftime("%-d %B %Y")
                .to_string()
        },
    )
}

impl From<SheetError> for Failure {
    fn from(error: SheetError) -> Self {
        let hint = match &error {
            SheetError::Template { .. } => "`stringout sheet templates` lists them.",
            SheetError::Table { .. } => "Correct the table.",
            _ => "",
        };
        match &error {
            SheetError::Pdf(_) | SheetError::Unreadable(_) => Self::internal(error),
            _ => Self::bad_input(error.to_string(), hint),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_its_end() {
        let day = parse_expiry("2027-01-31").unwrap();
        assert_eq!(day, parse_expiry("2027-02-01T00:00:00Z").unwrap());
        assert_eq!(day_in_words(day), "31 January 2027");
        assert_eq!(
            day_in_words(parse_expiry("2027-01-31T18:00:00Z").unwrap()),
            "31 January 2027"
        );
        assert!(parse_expiry("31.1.2027").is_err());
    }
}
