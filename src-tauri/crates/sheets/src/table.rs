//! A table of placements, as spreadsheets save it (CSV, RFC 4180; commas, semicolons or tabs).

use crate::SheetError;
use csv::ByteRecord;
use std::fmt::Write;

/// Rows in one table.
const MAX_ROWS: usize = 100_000;
/// Bytes of one table.
const MAX_BYTES: usize = 64 << 20;
/// Columns in one table.
const MAX_COLUMNS: usize = 200;
/// Bad rows that are named; further ones are counted.
const MAX_BAD: usize = 1_000;
/// Bytes in one cell.
const MAX_CELL: usize = 4_000;
/// The farthest a code is read from, in metres.
const MAX_DISTANCE_M: f64 = 100.0;
/// What a header may hold.
const COLUMNS: [&str; 6] = [
    "compilation_id",
    "placement",
    "title",
    "copies",
    "expires",
    "distance",
];
/// Those that must be there.
const NEEDED: usize = 2;

/// One row: a code to be printed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlacementRow {
    /// 1-based line in the file, for messages.
    pub line: u64,
    /// Which compilation it leads to, as written.
    pub compilation_id: String,
    /// Where it hangs.
    pub placement: String,
    /// Printed instead of the compilation's title.
    pub title: Option<String>,
    /// How often it is printed; 1 when not said.
    pub copies: Option<u32>,
    /// When it ends, as written.
    pub expires: Option<String>,
    /// From how far it is read, in metres (column `distance`).
    pub distance_m: Option<f64>,
}

/// A row that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// 1-based line in the file.
    pub line: u64,
    /// Names the column and what is wrong in it.
    pub reason: String,
    /// The row as it was read; what is no UTF-8 is replaced.
    pub cells: Vec<String>,
}

/// A table that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What can be printed.
    pub rows: Vec<PlacementRow>,
    /// What can't; at most 1,000 are kept.
    pub bad: Vec<BadRow>,
    /// Bad rows beyond those.
    pub more_bad: usize,
    /// Columns that nothing was read from.
    pub ignored: Vec<String>,
}

impl Table {
    /// The bad rows as a table for a spreadsheet: line, reason, and the cells as they were. No cell
    /// of it is taken for a formula.
    #[must_use]
    pub fn report_csv(&self) -> String {
        let mut report = "line,reason,cells\r\n".to_owned();
        for row in &self.bad {
            // Writing to a String can't fail.
            let _ = write!(report, "{},{}", row.line, quoted(&row.reason));
            for cell in &row.cells {
                report.push(',');
                report.push_str(&quoted(cell));
            }
            report.push_str("\r\n");
        }
        report
    }
}

/// Which columns of a file are which of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnMap {
    /// A file's column name, and ours.
    names: Vec<(String, &'static str)>,
}

impl ColumnMap {
    /// From pairs of the form `place=placement`: the file's name, then ours. Columns that bear our
    /// names need none.
    ///
    /// # Errors
    /// [`SheetError::Option`] when a pair is none, names no column of ours, or one twice.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = &'a str>) -> Result<Self, SheetError> {
        let mut names: Vec<(String, &'static str)> = Vec::new();
        for pair in pairs {
            let refuse = |why: String| SheetError::Option {
                option: "column mapping",
                why,
            };
            let (theirs, ours) = pair
                .rsplit_once('=')
                .ok_or_else(|| refuse(format!("`{pair}` is not of the form THEIRS=OURS")))?;
            let ours = COLUMNS
                .iter()
                .find(|known| **known == ours.trim())
                .ok_or_else(|| {
                    let known = COLUMNS.join(", ");
                    refuse(format!("`{ours}` is no column; there are: {known}"))
                })?;
            if names.iter().any(|(_, known)| known == ours) {
                return Err(refuse(format!("`{ours}` is mapped twice")));
            }
            names.push((theirs.trim().to_owned(), ours));
        }
        Ok(Self { names })
    }

    /// Where each of our columns stands in the header.
    fn places(&self, header: &[String]) -> Result<[Option<usize>; COLUMNS.len()], SheetError> {
        for (theirs, _) in &self.names {
            if !header.iter().any(|name| same(name, theirs)) {
                return Err(table(1, format!("the column `{theirs}` is missing")));
            }
        }
        let mut places = [None; COLUMNS.len()];
        for (place, ours) in places.iter_mut().zip(COLUMNS) {
            let mapped = self.names.iter().find(|(_, known)| *known == ours);
            let wanted = mapped.map_or(ours, |(theirs, _)| theirs);
            let mut found = header
                .iter()
                .enumerate()
                .filter(|(_, name)| same(name, wanted));
            *place = found.next().map(|(at, _)| at);
            if found.next().is_some() {
                return Err(table(1, format!("the column `{wanted}` is there twice")));
            }
        }
        for (place, ours) in places.iter().zip(COLUMNS).take(NEEDED) {
            if place.is_none() {
                return Err(table(1, format!("the column `{ours}` is missing")));
            }
        }
        Ok(places)
    }
}

/// Spreadsheets change the case of headers.
fn same(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

/// Reads a table with the columns `compilation_id` and `placement`, and optionally `title`,
/// `copies`, `expires` and `distance`, in any order; every row must be sound.
///
/// # Errors
/// [`SheetError::Table`] names the first line that is not, and the column.
pub fn read_table(csv: &[u8]) -> Result<Vec<PlacementRow>, SheetError> {
    let read = read_rows(csv, &ColumnMap::default())?;
    if let Some(name) = read.ignored.first() {
        let known = COLUMNS.join(", ");
        let why = format!("the column `{name}` is not known; there are: {known}");
        return Err(table(1, why));
    }
    match read.bad.into_iter().next() {
        Some(bad) => Err(table(bad.line, bad.reason)),
        None => Ok(read.rows),
    }
}

/// Reads a table whose columns are named otherwise, and goes on after bad rows.
///
/// # Errors
/// [`SheetError::Table`] when the table as a whole can't be used: no text, a column missing, more
/// rows or bytes than one table may have.
pub fn read_rows(csv: &[u8], columns: &ColumnMap) -> Result<Table, SheetError> {
    let csv = text_of(csv)?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .delimiter(delimiter(csv))
        .from_reader(csv);
    let header = reader.byte_headers().map_err(|e| table(1, e.to_string()))?;
    if header.len() > MAX_COLUMNS {
        let why = format!("{} columns; at most {MAX_COLUMNS}", header.len());
        return Err(table(1, why));
    }
    let header = texts(header).map_err(|why| table(1, why))?;
    let places = columns.places(&header)?;
    let used = |at: usize| places.contains(&Some(at));
    let unused = header
        .iter()
        .enumerate()
        .filter(|(at, name)| !used(*at) && !name.is_empty());
    let mut read = Table {
        ignored: unused.map(|(_, name)| name.clone()).collect(),
        ..Table::default()
    };
    let mut lines = Lines::new(csv);
    let mut record = ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(false) => break,
            Ok(true) => {}
            Err(error) => return Err(table(lines.of(error.position()), error.to_string())),
        }
        let line = lines.of(record.position());
        if record.iter().all(<[u8]>::is_empty) {
            continue;
        }
        if read.rows.len() + read.bad.len() + read.more_bad == MAX_ROWS {
            let why = format!("more than {MAX_ROWS} rows: split the table");
            return Err(table(line, why));
        }
        match row(&record, header.len(), &places, line) {
            Ok(row) => read.rows.push(row),
            Err(_) if read.bad.len() == MAX_BAD => read.more_bad += 1,
            Err(reason) => read.bad.push(BadRow {
                line,
                reason,
                cells: record.iter().take(header.len()).map(shown).collect(),
            }),
        }
    }
    Ok(read)
}

/// The table without the byte order mark that spreadsheets put before UTF-8.
fn text_of(csv: &[u8]) -> Result<&[u8], SheetError> {
    if csv.len() > MAX_BYTES {
        let why = format!("{} bytes; a table has at most {MAX_BYTES}", csv.len());
        return Err(table(1, why));
    }
    if csv.starts_with(b"\xff\xfe") || csv.starts_with(b"\xfe\xff") {
        let why = "the text is UTF-16: save the table as CSV in UTF-8".to_owned();
        return Err(table(1, why));
    }
    Ok(csv.strip_prefix(b"\xef\xbb\xbf").unwrap_or(csv))
}

/// What stands between the cells of the first line: the most frequent of comma, semicolon and tab
/// outside of quotation marks.
fn delimiter(csv: &[u8]) -> u8 {
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in csv {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts
                .iter_mut()
                .filter(|(known, _)| known == byte)
                .for_each(|(_, count)| *count += 1),
        }
    }
    // Of equals the first wins.
    let best = counts.iter().rev().max_by_key(|(_, count)| *count);
    best.map_or(b',', |(byte, _)| *byte)
}

fn texts(record: &ByteRecord) -> Result<Vec<String>, String> {
    let text = |cell: &[u8]| String::from_utf8(cell.to_vec());
    record
        .iter()
        .map(|cell| text(cell).map_err(|_| "the text is not UTF-8".to_owned()))
        .collect()
}

fn row(
    record: &ByteRecord,
    width: usize,
    places: &[Option<usize>; COLUMNS.len()],
    line: u64,
) -> Result<PlacementRow, String> {
    if record.len() != width {
        return Err(format!(
            "{} values where the header has {width} columns",
            record.len()
        ));
    }
    let cell = |column: usize| -> Result<Option<String>, String> {
        let name = COLUMNS.get(column).copied().unwrap_or_default();
        let Some(at) = places.get(column).copied().flatten() else {
            return Ok(None);
        };
        let bytes = record.get(at).unwrap_or_default();
        if bytes.len() > MAX_CELL {
            return Err(format!(
                "column {} (`{name}`): {} bytes, at most {MAX_CELL}; is a quotation mark left open?",
                at + 1,
                bytes.len()
            ));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|_| format!("column {} (`{name}`): the text is not UTF-8", at + 1))?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    };
    let number = |column: usize| {
        let at = places.get(column).copied().flatten().unwrap_or(0);
        format!("column {}", at + 1)
    };
    let compilation_id = cell(0)?.ok_or("`compilation_id` is empty")?;
    let copies = cell(3)?.map(|text| {
        let copies = text.parse::<u32>();
        copies.map_err(|_| {
            format!(
                "{}: `copies` is `{text}`, not a number of copies",
                number(3)
            )
        })
    });
    let distance_m = cell(5)?.map(|text| {
        // Where the comma stands for the point.
        let distance = text.replace(',', ".").parse::<f64>().ok();
        let distance = distance.filter(|d| *d > 0.0 && *d <= MAX_DISTANCE_M);
        distance.ok_or_else(|| {
            format!(
                "{}: `distance` is `{text}`, not up to {MAX_DISTANCE_M} metres",
                number(5)
            )
        })
    });
    Ok(PlacementRow {
        line,
        compilation_id,
        placement: cell(1)?.unwrap_or_default(),
        title: cell(2)?,
        copies: copies.transpose()?,
        expires: cell(4)?,
        distance_m: distance_m.transpose()?,
    })
}

fn shown(cell: &[u8]) -> String {
    const SHOWN: usize = 200;
    let text = String::from_utf8_lossy(cell.get(..SHOWN).unwrap_or(cell));
    text.into_owned()
}

/// A text as a cell that no spreadsheet takes for a formula: one that begins like a formula gets an
/// apostrophe.
#[must_use]
pub fn cell_text(text: &str) -> String {
    let begins = text.trim_start_matches([' ', '\u{a0}', '\u{feff}']);
    let formula = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if begins.starts_with(formula) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", cell_text(text).replace('"', "\"\""))
}

/// Line numbers as an editor shows them. The reader's own count is late after CR LF and after
/// empty lines, because it sees those only when it reads on.
struct Lines<'a> {
    csv: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn new(csv: &'a [u8]) -> Self {
        Self {
            csv,
            at: 0,
            line: 1,
        }
    }

    /// The line of the first visible byte at or after a position; positions must not go back.
    fn of(&mut self, position: Option<&csv::Position>) -> u64 {
        let start = position
            .and_then(|p| usize::try_from(p.byte()).ok())
            .unwrap_or(self.at);
        while let Some(byte) = self.csv.get(self.at) {
            if self.at >= start && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            // A carriage return ends a line by itself, too, as the reader has it.
            let alone = *byte == b'\r' && self.csv.get(self.at + 1) != Some(&b'\n');
            self.line += u64::from(*byte == b'\n' || alone);
            self.at += 1;
        }
        self.line
    }
}

fn table(line: u64, why: String) -> SheetError {
    SheetError::Table { line, why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(csv: &str) -> String {
        read_table(csv.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_table_is_read_in_any_order_of_columns() {
        let csv = "\u{feff}placement,compilation_id,copies,title\r\n\
                   \"Foyer, left\",a1, 3 ,\r\n\r\nTram stop,b2,,Open-air\r\n";
        let rows = read_table(csv.as_bytes()).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (rows[0].placement.as_str(), rows[0].copies),
            ("Foyer, left", Some(3))
        );
        assert_eq!((rows[0].title.as_deref(), rows[0].line), (None, 2));
        assert_eq!(
            (rows[1].title.as_deref(), rows[1].copies),
            (Some("Open-air"), None)
        );
    }

    #[test]
    fn mistakes_name_their_line_and_column() {
        assert_eq!(
            failure("placement\nFoyer\n"),
            "line 1: the column `compilation_id` is missing"
        );
        assert!(failure("compilation_id,placement,colour\n").contains("`colour`"));
        let wrong = failure("compilation_id,placement,copies\na,b,1\na,b,many\n");
        assert!(wrong.starts_with("line 3: column 3:"), "{wrong}");
        let short = failure("compilation_id,placement\na\n");
        assert_eq!(short, "line 2: 1 values where the header has 2 columns");
        let returns = failure("compilation_id,placement\ra,b\ra\r");
        assert!(returns.starts_with("line 3: 1 values"), "{returns}");
        assert_eq!(
            failure("compilation_id,placement\n,b\n"),
            "line 2: `compilation_id` is empty"
        );
        assert!(failure("placement,compilation_id,Placement\n").contains("twice"));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let error = read_table(b"compilation_id,placement\na,\xff\n").unwrap_err();
        assert!(error.to_string().contains("UTF-8"), "{error}");
        let error = read_table(b"\xff\xfec\0").unwrap_err();
        assert!(error.to_string().contains("UTF-16"), "{error}");
    }

    #[test]
    fn bad_rows_are_reported_and_the_others_read() {
        let csv = b"compilation_id,placement,copies,distance\na,one,1,2.5\n,two,,\nb,three,-1,\n\
                    c,\xff,,\nd,four\ne,five,2,\"0,8\"\nf,six,,-3\n";
        let read = read_rows(csv, &ColumnMap::default()).unwrap();
        let good: Vec<&str> = read.rows.iter().map(|row| row.placement.as_str()).collect();
        assert_eq!(good, ["one", "five"]);
        assert_eq!(read.rows[1].distance_m, Some(0.8));
        let bad: Vec<(u64, &str)> = read
            .bad
            .iter()
            .map(|b| (b.line, b.reason.as_str()))
            .collect();
        assert_eq!(
            bad.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
            [3, 4, 5, 6, 8]
        );
        assert!(bad[1].1.contains("`copies` is `-1`"), "{bad:?}");
        assert!(
            bad[2].1.contains("column 2") && bad[4].1.contains("distance"),
            "{bad:?}"
        );
    }

    #[test]
    fn columns_are_mapped_and_others_ignored() {
        let csv = "Film;Ort;Notiz\na;\"Foyer; links\";x\n";
        let map = ColumnMap::from_pairs(["film=compilation_id", "Ort = placement"]).unwrap();
        let read = read_rows(csv.as_bytes(), &map).unwrap();
        assert_eq!(read.rows[0].placement, "Foyer; links");
        assert_eq!(read.ignored, ["Notiz"]);
        let tabs = "compilation_id\tplacement\na\tone, two\n";
        assert_eq!(
            read_table(tabs.as_bytes()).unwrap()[0].placement,
            "one, two"
        );
        for wrong in [vec!["place"], vec!["a=colour"], vec!["a=title", "b=title"]] {
            assert!(ColumnMap::from_pairs(wrong).is_err());
        }
        let absent = ColumnMap::from_pairs(["place=placement"]).unwrap();
        assert!(read_rows(b"compilation_id,placement\n", &absent).is_err());
    }

    #[test]
    fn what_goes_back_into_a_spreadsheet_is_no_formula() {
        let csv = "compilation_id,placement,copies\na,\"=HYPERLINK(\"\"http://x\"\")\",many\n";
        let read = read_rows(csv.as_bytes(), &ColumnMap::default()).unwrap();
        let report = read.report_csv();
        assert!(
            report.contains("\"'=HYPERLINK(\"\"http://x\"\")\""),
            "{report}"
        );
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "＝1"] {
            assert!(cell_text(text).starts_with('\''), "{text:?}");
        }
        for text in ["", "Foyer", "1 - 2", "a=b"] {
            assert_eq!(cell_text(text), text);
        }
    }

    #[test]
    fn a_hundred_thousand_rows_are_read_and_one_more_is_refused() {
        let mut csv = "compilation_id,placement,title\n".to_owned();
        for n in 0..MAX_ROWS {
            let _ = writeln!(csv, "c{n},\"Stop {n}, left\",=cmd|' /C calc'!A0");
        }
        let rows = read_table(csv.as_bytes()).unwrap();
        assert_eq!(rows.len(), MAX_ROWS);
        assert_eq!(rows.last().unwrap().line, 100_001);
        csv.push_str("more,more,\n");
        let error = read_table(csv.as_bytes()).unwrap_err().to_string();
        assert!(
            error.starts_with("line 100002: more than 100000 rows"),
            "{error}"
        );
    }

    #[test]
    fn a_quotation_mark_left_open_costs_one_row() {
        let mut csv = "compilation_id,placement\na,\"Foyer\n".to_owned();
        csv.push_str(&"b,Stop\n".repeat(5_000));
        let read = read_rows(csv.as_bytes(), &ColumnMap::default()).unwrap();
        assert_eq!((read.rows.len(), read.bad.len()), (0, 1));
        assert!(read.bad[0].reason.contains("left open"), "{:?}", read.bad);
    }
}
