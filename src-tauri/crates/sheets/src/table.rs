//! A table of placements, as spreadsheets save it (CSV, RFC 4180).

use crate::SheetError;
use serde::Deserialize;

/// Rows in one table.
const MAX_ROWS: usize = 20_000;
/// What a header may hold.
const COLUMNS: [&str; 5] = ["compilation_id", "placement", "title", "copies", "expires"];

/// One row: a code to be printed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PlacementRow {
    /// 1-based line in the file, for messages.
    #[serde(skip)]
    pub line: u64,
    /// Which compilation it leads to, as written.
    pub compilation_id: String,
    /// Where it hangs.
    pub placement: String,
    /// Printed instead of the compilation's title.
    #[serde(default)]
    pub title: Option<String>,
    /// How often it is printed; 1 when not said.
    #[serde(default)]
    pub copies: Option<u32>,
    /// When it ends, as written.
    #[serde(default)]
    pub expires: Option<String>,
}

/// Reads a table with the columns `compilation_id` and `placement`, and optionally `title`,
/// `copies` and `expires`, in any order.
///
/// # Errors
/// [`SheetError::Table`] names the line and the column.
pub fn read_table(csv: &[u8]) -> Result<Vec<PlacementRow>, SheetError> {
    // Spreadsheets put a byte order mark before UTF-8.
    let csv = csv.strip_prefix(b"\xef\xbb\xbf").unwrap_or(csv);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(csv);
    let header = reader.headers().map_err(|error| refuse(1, &error))?.clone();
    check_header(&header)?;
    let mut rows = Vec::new();
    let mut lines = Lines::new(csv);
    for record in reader.records() {
        let record = record.map_err(|error| refuse(lines.of(error.position()), &error))?;
        let line = lines.of(record.position());
        if record.iter().all(str::is_empty) {
            continue;
        }
        if rows.len() == MAX_ROWS {
            return Err(table(
                line,
                format!("more than {MAX_ROWS} rows: split the table"),
            ));
        }
        let mut row: PlacementRow = record
            .deserialize(Some(&header))
            .map_err(|error| refuse(line, &error))?;
        row.line = line;
        if row.compilation_id.is_empty() {
            return Err(table(line, "`compilation_id` is empty".to_owned()));
        }
        rows.push(row);
    }
    Ok(rows)
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

fn check_header(header: &csv::StringRecord) -> Result<(), SheetError> {
    for needed in &COLUMNS[..2] {
        if !header.iter().any(|name| name == *needed) {
            return Err(table(1, format!("the column `{needed}` is missing")));
        }
    }
    for name in header {
        if !COLUMNS.contains(&name) {
            let known = COLUMNS.join(", ");
            return Err(table(
                1,
                format!("the column `{name}` is not known; there are: {known}"),
            ));
        }
    }
    Ok(())
}

fn refuse(line: u64, error: &csv::Error) -> SheetError {
    let why = match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => {
            format!("{len} values where the header has {expected_len} columns")
        }
        csv::ErrorKind::Deserialize { err, .. } => {
            let column = err.field().and_then(|at| usize::try_from(at).ok());
            format!("column {}: {}", column.map_or(0, |at| at + 1), err.kind())
        }
        csv::ErrorKind::Utf8 { .. } => "the text is not UTF-8".to_owned(),
        _ => error.to_string(),
    };
    table(line, why)
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
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let error = read_table(b"compilation_id,placement\na,\xff\n").unwrap_err();
        assert!(error.to_string().contains("UTF-8"), "{error}");
    }
}
